//! What matching must be told of occupations and skills; the tables themselves are another module's.

use crate::exchange::canonical::Coded;
use crate::exchange::canonical::job::{IscoCode, LanguageCode};

/// Occupations and skills, as far as matching asks about them.
pub trait Tables: Sync {
    /// Whether one skill does in part for another; asked both ways.
    fn are_kin(&self, one: &Coded, other: &Coded) -> bool;

    /// Which groups a title may mean, the likeliest first; none where nobody can tell.
    fn guesses(&self, title: &str, language: Option<LanguageCode>) -> Vec<Guess>;
}

/// A group that a title may mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guess {
    /// Which.
    pub group: IscoCode,
    /// How sure, of 1000.
    pub certainty: u16,
}

/// No table: no skill is near another, no title is understood.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoTables;

impl Tables for NoTables {
    fn are_kin(&self, _one: &Coded, _other: &Coded) -> bool {
        false
    }

    fn guesses(&self, _title: &str, _language: Option<LanguageCode>) -> Vec<Guess> {
        Vec::new()
    }
}
