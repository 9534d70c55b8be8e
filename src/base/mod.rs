//! What every layer may rely on: ids, clock, randomness, limits, findings and verdicts.
//!
//! It knows nothing of records, messages or databases.

mod causes;
mod clock;
mod digest;
mod explain;
mod finding;
mod ids;
mod json;
mod limits;
mod random;
mod secret;
mod shelf;
mod verdict;
mod whole_file;
mod words;

pub use causes::with_causes;
pub use clock::{AheadClock, Clock, FixedClock, SystemClock};
pub use digest::{Digest256, DigestError, HeldPart};
pub use explain::{Again, Explanation, Language, Texts, Turn, explain, explanations};
pub use finding::{Finding, Findings, Severity};
pub use ids::{ConversationId, DocumentId, IdError, MessageId, ProcedureId};
pub use json::{JsonFault, from_json};
pub use limits::Limits;
pub use random::{OsRandom, Random, SeededRandom};
pub use secret::Secret;
pub use shelf::Shelf;
pub use verdict::{Code, Verdict};
pub use whole_file::WholeFile;
pub use words::collapsed;
