//! The terms and working days that a node goes by: those of the program, or an operator's own in their place.

use super::case::waited_terms;
use super::{Calendars, Terms, TermsError, calendars, terms};

/// Legal terms, and the days that are worked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TermBook {
    /// By when an answer is due.
    pub terms: Terms,
    /// Which days count.
    pub calendars: Calendars,
}

impl TermBook {
    /// What the program knows.
    pub fn built_in() -> Self {
        Self { terms: terms().clone(), calendars: calendars().clone() }
    }

    /// The same with a file of terms in place of its own, and one of working days beside and before its own
    /// ([`Calendars::extended`]).
    ///
    /// # Errors
    /// A file of another form, of which the cause names the line, or terms that leave an answer without one.
    pub fn with(self, own_terms: Option<&str>, own_calendars: Option<&str>) -> Result<Self, TermsError> {
        Ok(Self {
            terms: match own_terms {
                Some(text) => Terms::read(text)?.complete(waited_terms())?,
                None => self.terms,
            },
            calendars: match own_calendars {
                Some(text) => self.calendars.extended(text)?,
                None => self.calendars,
            },
        })
    }
}
