//! A pension case out of its documents: where it stands, what it waits for, and what may not be written next. Pure.
//!
//! Nothing but the documents is kept: where a case stands follows from them, in their order, on both sides alike.

mod bodies;
mod branch;
mod due;
mod entry;
mod judge;
mod provisional;
mod stage;

pub use bodies::{LateChange, late_changes};
pub use branch::Lacking;
pub use due::Due;
pub(super) use entry::waited_terms;
pub use entry::{CaseEntry, Filed, Said, answers_to};
pub use judge::{judge, judge_body};
pub use provisional::Provisional;
pub use stage::{CaseFile, CaseSort, CaseStage, Standing, Waiting};

#[cfg(test)]
mod tests;
