//! What a case remembers of one of its documents: no more than where the case stands follows from.

use crate::base::DocumentId;
use crate::exchange::canonical::case::{CaseDocument, CaseDocumentKind};
use crate::exchange::canonical::{Coded, RecordId, State, WrittenInstant};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A document of a case, without the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseEntry {
    /// Which.
    pub document_id: DocumentId,
    /// Of what kind.
    pub kind: CaseDocumentKind,
    /// Who wrote it.
    pub from: State,
    /// To whom.
    pub to: State,
    /// The document that it is about or answers.
    pub about: Option<DocumentId>,
    /// When it was put into our outbox, or came.
    pub at: Timestamp,
    /// What it says that counts for the case.
    pub said: Said,
}

/// What a document says that counts for its case.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Said {
    /// When and where the claim was filed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filed: Option<Filed>,
    /// The pensions it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pensions: Vec<Coded>,
    /// What was decided, if it is a decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Coded>,
    /// Why it refuses: judged when it is written and when it comes, and not kept.
    #[serde(skip)]
    pub reason: Option<Coded>,
    /// Until when it wants an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Date>,
    /// The bulk check that it comes of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<RecordId>,
}

/// When and where a claim was filed (T8).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filed {
    /// Where.
    pub state: State,
    /// When, as it was written.
    pub at: WrittenInstant,
}

impl CaseEntry {
    /// What is remembered of a document.
    pub fn of(document: &CaseDocument, document_id: DocumentId, to: State, at: Timestamp) -> Self {
        let head = document.head();
        let filed = head.filing.as_ref().map(|filing| Filed { state: filing.state, at: filing.at.clone() });
        let (pensions, decision, due) = said(document);
        let check = if let CaseDocument::AmountsInquiry(it) = document { it.check.clone() } else { None };
        let reason = if let CaseDocument::PensionDecision(it) = document { it.reason.clone() } else { None };
        let said = Said { filed, pensions, decision, reason, due, check };
        Self { document_id, kind: document.kind(), from: head.state, to, about: head.about, at, said }
    }
}

/// The pensions a document is about, what it decides, and until when it wants an answer.
fn said(document: &CaseDocument) -> (Vec<Coded>, Option<Coded>, Option<Date>) {
    let of = |kind: &Coded| (vec![kind.clone()], None, None);
    match document {
        CaseDocument::PensionClaim(claim) => (claim.kinds.clone(), None, None),
        CaseDocument::PensionDecision(it) => (vec![it.kind.clone()], Some(it.decision.clone()), None),
        CaseDocument::ExaminationRequest(it) => of(&it.kind),
        CaseDocument::AmountsInquiry(it) => (it.kinds.clone(), None, None),
        CaseDocument::WithholdingRequest(it) => of(&it.kind),
        CaseDocument::CertificateRequest(it) => of(&it.kind),
        CaseDocument::PaymentCertificate(it) => of(&it.kind),
        CaseDocument::LawChange(it) => (it.kinds.clone(), None, None),
        CaseDocument::CommissionInquiry(it) => (Vec::new(), None, it.due),
        CaseDocument::Clarification(it) => (Vec::new(), None, it.due),
        CaseDocument::Reminder(it) => (Vec::new(), None, Some(it.due)),
        CaseDocument::ExaminationRecord(_)
        | CaseDocument::DisabilityDecision(_)
        | CaseDocument::FamilyInquiry(_)
        | CaseDocument::FamilyRecord(_)
        | CaseDocument::CircumstanceNotice(_)
        | CaseDocument::AmountsRecord(_)
        | CaseDocument::WithholdingAnswer(_)
        | CaseDocument::VerificationRequest(_)
        | CaseDocument::VerificationRecord(_)
        | CaseDocument::RelocationNotice(_)
        | CaseDocument::BodyDirectory(_)
        | CaseDocument::CommissionAnswer(_)
        | CaseDocument::ClarificationAnswer(_)
        | CaseDocument::Rejection(_)
        | CaseDocument::Update(_)
        | CaseDocument::Invalidation(_)
        | CaseDocument::Forwarding(_)
        | CaseDocument::Closure(_) => (Vec::new(), None, None),
    }
}

/// What answers a document of a kind, but for a rejection, which answers any; nothing where none is waited for.
pub fn answers_to(kind: CaseDocumentKind) -> &'static [CaseDocumentKind] {
    asked(kind).map_or(&[], |(answers, _)| answers)
}

/// The kind of message whose term counts for the answer to a document; a clarification has only the day that it names.
pub(super) fn term_of(kind: CaseDocumentKind) -> Option<&'static str> {
    asked(kind).and_then(|(_, term)| term)
}

/// The kinds of message that must have a term.
pub(in crate::pension) fn waited_terms() -> impl Iterator<Item = &'static str> {
    CaseDocumentKind::ALL.iter().filter_map(|kind| term_of(*kind))
}

/// What a document of a kind asks for, if anything: its answers, and the kind of message whose term counts.
fn asked(kind: CaseDocumentKind) -> Option<(&'static [CaseDocumentKind], Option<&'static str>)> {
    use CaseDocumentKind as Kind;
    Some(match kind {
        Kind::PensionClaim => (&[Kind::PensionDecision], Some("decision")),
        Kind::ExaminationRequest => {
            (&[Kind::ExaminationRecord, Kind::DisabilityDecision], Some("examination"))
        }
        Kind::FamilyInquiry => (&[Kind::FamilyRecord], Some("family")),
        Kind::AmountsInquiry => (&[Kind::AmountsRecord], Some("amounts")),
        Kind::WithholdingRequest => (&[Kind::WithholdingAnswer], Some("withholding")),
        Kind::VerificationRequest => (&[Kind::VerificationRecord], Some("verification")),
        Kind::RelocationNotice => (&[Kind::PensionDecision], Some("relocation")),
        Kind::CertificateRequest => (&[Kind::PaymentCertificate], Some("certificate")),
        Kind::CommissionInquiry => (&[Kind::CommissionAnswer], Some("commission")),
        Kind::Clarification => (&[Kind::ClarificationAnswer], None),
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
        | Kind::ClarificationAnswer
        | Kind::Rejection
        | Kind::Reminder
        | Kind::Update
        | Kind::Invalidation
        | Kind::Forwarding
        | Kind::Closure => return None,
    })
}
