//! By which day a document of a case is to be answered.

use super::entry::{Filed, term_of};
use super::stage::Waiting;
use crate::base::Texts;
use crate::exchange::canonical::case::CaseDocumentKind;
use crate::pension::{Days, TermBook, days_in_transit, transit};
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// The last day of an answer, and why it is that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due<'t> {
    /// From when it runs.
    pub start: Date,
    /// The day.
    pub day: Date,
    /// By which act or agreement; none where the document names its day itself.
    pub basis: Option<&'t Texts>,
    /// How many days a claim was on its way: they are no part of the term (T9).
    pub transit: i32,
}

impl Waiting {
    /// By which day it is to be answered: as it says itself, or as the term of its kind between these states has it.
    /// The term of a claim runs from the day of filing, without the days on which it was on its way (T8, T9).
    pub fn is_due<'t>(&self, filed: Option<&Filed>, book: &'t TermBook) -> Option<Due<'t>> {
        let TermBook { terms, calendars } = book;
        let came = self.since.to_zoned_datetime(TimeZone::UTC).date();
        if let Some(day) = self.due {
            return Some(Due { start: came, day, basis: None, transit: 0 });
        }
        let filed_on =
            filed.filter(|_| self.kind == CaseDocumentKind::PensionClaim).and_then(|it| it.at.day());
        let start = filed_on.unwrap_or(came);
        let days = filed_on.map_or(Days::NONE, |filed_on| transit(filed_on, came));
        let term = terms.term(term_of(self.kind)?, self.asks, self.who)?;
        let day = term.due(start, &days, calendars.of(self.who)?)?;
        Some(Due { start, day, basis: Some(&term.basis), transit: days_in_transit(start, came) })
    }
}
