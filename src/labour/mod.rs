//! The labour half: occupations and how they are told apart, matching with its reasons, consent, and the case of one
//! person's way from a vacancy to a pension. Pure: no file, no database, no peer.

mod cells;
pub mod consent;
mod duplicates;
mod employment;
pub mod evaluation;
mod events;
mod leak;
pub mod live;
pub mod matching;
mod mobility;
pub mod occupations;
mod profile;
pub mod retention;
pub mod sync;
mod words;

pub use cells::{CellCount, CellCounts, ShownCells, groups_of};
pub use duplicates::{Duplicate, Sameness, duplicates};
pub use employment::{doubts, insurance_record};
pub use events::{Drawn, draw};
pub use leak::{Known, contact_in, leaks};
pub use mobility::{Channel, Link, LinkKind, MobilityCase, WallFault, through_the_wall};
pub use profile::{Withheld, profile_for};
pub use words::WordFault;
