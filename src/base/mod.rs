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
mod language;
mod limits;
mod phrases;
mod random;
mod secret;
mod shelf;
mod twister;
mod verdict;
mod whole_file;
mod words;
mod working_days;

pub use causes::with_causes;
pub use clock::{AheadClock, Clock, FixedClock, SystemClock};
pub use digest::{Digest256, DigestError, HeldPart};
pub use explain::{Again, Explanation, Texts, Turn, explain, explanations};
pub use finding::{Finding, Findings, Severity};
pub use ids::{ConversationId, DocumentId, IdError, MessageId, ProcedureId};
pub use json::{JsonFault, from_json};
pub use language::{Language, Written};
pub use limits::Limits;
pub use phrases::{Phrases, phrases};
pub use random::{OsRandom, Random, SeededRandom, random_octets};
pub use secret::Secret;
pub use shelf::Shelf;
pub use twister::Twister;
pub use verdict::{Code, Verdict};
pub use whole_file::WholeFile;
pub use words::collapsed;
pub use working_days::WorkingDays;
