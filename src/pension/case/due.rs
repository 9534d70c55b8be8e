//! By which day a document of a case is to be answered.

use super::entry::Filed;
use super::stage::Waiting;
use crate::base::Texts;
use crate::exchange::canonical::case::CaseDocumentKind;
use crate::pension::{Calendars, Days, Terms, days_in_transit, transit};
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
    pub fn is_due<'t>(
        &self,
        filed: Option<&Filed>,
        (terms, calendars): (&'t Terms, &Calendars),
    ) -> Option<Due<'t>> {
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

/// The kind of message that a term is told for; a clarification has only the day that it names.
fn term_of(kind: CaseDocumentKind) -> Option<&'static str> {
    use CaseDocumentKind as Kind;
    Some(match kind {
        Kind::PensionClaim => "decision",
        Kind::ExaminationRequest => "examination",
        Kind::FamilyInquiry => "family",
        Kind::AmountsInquiry => "amounts",
        Kind::WithholdingRequest => "withholding",
        Kind::VerificationRequest => "verification",
        Kind::RelocationNotice => "relocation",
        Kind::CertificateRequest => "certificate",
        Kind::CommissionInquiry => "commission",
        Kind::PensionDecision
        | Kind::ExaminationRecord
        | Kind::DisabilityDecision
        | Kind::FamilyRecord
        | Kind::CircumstanceNotice
        | Kind::AmountsRecord
        | Kind::WithholdingAnswer
        | Kind::VerificationRecord
        | Kind::PaymentCertificate
        | Kind::BodyDirectory
        | Kind::LawChange
        | Kind::CommissionAnswer
        | Kind::Clarification
        | Kind::ClarificationAnswer
        | Kind::Rejection
        | Kind::Reminder
        | Kind::Update
        | Kind::Invalidation
        | Kind::Forwarding
        | Kind::Closure => return None,
    })
}
