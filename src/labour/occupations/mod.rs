//! Occupations: the tree of ISCO-08, skills, national lists and how their codes map to it, and the coder of titles.
//!
//! Titles and names are our own; no official text is copied. A national code is mapped by an explicit table or not at all:
//! cutting its digits would be a guess (`labour.md`, section 4.3).

mod coder;
mod crosswalk;
mod digit;
mod scheme;
mod skills;
#[cfg(test)]
mod tests;
mod tree;

pub use coder::{Baseline, Candidate, Coder, Coding, Named, Outcome, Question, Trial, VIEWS};
pub use crosswalk::{Crosswalk, Crosswalks, Mapping, Target, Unmapped};
pub use digit::control_digit;
pub use skills::{SkillEntry, SkillList};
pub use tree::{Group, OccupationTree};
