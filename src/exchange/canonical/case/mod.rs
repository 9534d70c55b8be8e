//! What competent bodies write each other about a pension case: needs A to M of the Agreement, and what every case system
//! needs beside them. The insurance record (need B) is a document of its own, [`super::InsuranceRecord`].

mod award;
mod bodies;
mod parts;
mod payment;
mod upkeep;

pub use award::{
    DisabilityDecision, ExaminationRecord, ExaminationRequest, FamilyInquiry, FamilyRecord, PensionClaim,
    PensionDecision, RelocationNotice, VerificationRecord, VerificationRequest,
};
pub use bodies::{BodyDirectory, CommissionAnswer, CommissionInquiry, LawChange};
pub use parts::{
    Answer, Body, DirectoryEntry, Disability, FamilyMember, Filing, Installment, Payment, PensionComponent,
    Question, ReceivedPension, Representative, Residence, ServiceTotal, TestResult, VerifiedDocument,
};
pub use payment::{
    AmountsInquiry, AmountsRecord, CertificateRequest, CircumstanceNotice, PaymentCertificate,
    WithholdingAnswer, WithholdingRequest,
};
pub use upkeep::{
    Clarification, ClarificationAnswer, Closure, Forwarding, Invalidation, Rejection, Reminder, Update,
};

use super::{CopyOfDocument, Evidence, Person, RecordId, State};
use crate::base::{DocumentId, Finding};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Whose document of which case it is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseHead {
    /// The number of the case, given where the claim was filed; it travels with every document of the case. Documents
    /// about bodies and laws belong to none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<RecordId>,
    /// The state that writes.
    pub state: State,
    /// Its body that writes.
    pub body: Body,
    /// When and where the claim was filed (T8).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filing: Option<Filing>,
    /// The earlier document that this one is about or answers; stands in EDocHeader as EDocRefId.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<DocumentId>,
}

/// What these hold is about persons, and is never shown in a log.
macro_rules! hidden {
    ($($name:ident),*) => {
        $(impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        })*
    };
}

macro_rules! documents {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)*) => {
        /// A document of a pension case.
        #[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "document", rename_all = "kebab-case")]
        pub enum CaseDocument {
            $($(#[$doc])* $name(Box<$name>),)*
        }

        /// Which document of a pension case.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum CaseDocumentKind {
            $($(#[$doc])* $name,)*
        }

        impl CaseDocumentKind {
            /// All there are.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// As records name it.
            pub fn as_code(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)*
                }
            }
        }

        impl FromStr for CaseDocumentKind {
            type Err = Finding;

            fn from_str(text: &str) -> Result<Self, Finding> {
                Self::ALL.iter().copied().find(|kind| kind.as_code() == text).ok_or_else(|| {
                    let message = "no document of a case is called so; see stazh case kinds";
                    Finding::error("canonical.case_document", "document", "documents of cases", text, message)
                })
            }
        }

        impl CaseDocument {
            /// Which it is.
            pub fn kind(&self) -> CaseDocumentKind {
                match self {
                    $(Self::$name(_) => CaseDocumentKind::$name,)*
                }
            }

            /// Whose document of which case it is.
            pub fn head(&self) -> &CaseHead {
                match self {
                    $(Self::$name(document) => &document.head,)*
                }
            }

            /// The same, to be written.
            pub fn head_mut(&mut self) -> &mut CaseHead {
                match self {
                    $(Self::$name(document) => &mut document.head,)*
                }
            }
        }

        $(hidden!($name);)*
    };
}

hidden!(
    CaseHead,
    Answer,
    Body,
    DirectoryEntry,
    Disability,
    FamilyMember,
    Filing,
    Installment,
    Payment,
    PensionComponent,
    Question,
    ReceivedPension,
    Representative,
    Residence,
    ServiceTotal,
    TestResult,
    VerifiedDocument
);

documents! {
    /// Claim for a pension.
    PensionClaim = "pension-claim",
    /// Decision on a pension.
    PensionDecision = "pension-decision",
    /// Request for medical data.
    ExaminationRequest = "examination-request",
    /// Record of an examination.
    ExaminationRecord = "examination-record",
    /// Decision on disability.
    DisabilityDecision = "disability-decision",
    /// Inquiry about a family.
    FamilyInquiry = "family-inquiry",
    /// Composition of a family.
    FamilyRecord = "family-record",
    /// Notice of circumstances.
    CircumstanceNotice = "circumstance-notice",
    /// Inquiry about amounts paid.
    AmountsInquiry = "amounts-inquiry",
    /// Amounts paid.
    AmountsRecord = "amounts-record",
    /// Request to withhold an overpayment.
    WithholdingRequest = "withholding-request",
    /// Answer on withholding.
    WithholdingAnswer = "withholding-answer",
    /// Request to verify documents.
    VerificationRequest = "verification-request",
    /// Result of a verification.
    VerificationRecord = "verification-record",
    /// Notice of relocation.
    RelocationNotice = "relocation-notice",
    /// Request for a payment certificate.
    CertificateRequest = "certificate-request",
    /// Payment certificate.
    PaymentCertificate = "payment-certificate",
    /// Directory of bodies.
    BodyDirectory = "body-directory",
    /// Notice of a change of law.
    LawChange = "law-change",
    /// Inquiry of the Commission.
    CommissionInquiry = "commission-inquiry",
    /// Answer to the Commission.
    CommissionAnswer = "commission-answer",
    /// Request to clarify.
    Clarification = "clarification",
    /// Clarification.
    ClarificationAnswer = "clarification-answer",
    /// Rejection.
    Rejection = "rejection",
    /// Reminder.
    Reminder = "reminder",
    /// Update.
    Update = "update",
    /// Invalidation.
    Invalidation = "invalidation",
    /// Forwarding.
    Forwarding = "forwarding",
    /// Closure.
    Closure = "closure",
}

impl fmt::Debug for CaseDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CaseDocument({}, …)", self.kind().as_code())
    }
}

/// Some documents come with evidence, others say all themselves.
macro_rules! evidence_of {
    ($document:expr, $it:ident => $some:expr, $none:expr) => {
        match $document {
            CaseDocument::PensionClaim($it) => $some,
            CaseDocument::ExaminationRequest($it) => $some,
            CaseDocument::ExaminationRecord($it) => $some,
            CaseDocument::FamilyRecord($it) => $some,
            CaseDocument::CircumstanceNotice($it) => $some,
            CaseDocument::WithholdingRequest($it) => $some,
            CaseDocument::VerificationRequest($it) => $some,
            CaseDocument::VerificationRecord($it) => $some,
            CaseDocument::RelocationNotice($it) => $some,
            CaseDocument::LawChange($it) => $some,
            CaseDocument::ClarificationAnswer($it) => $some,
            CaseDocument::PensionDecision(_)
            | CaseDocument::DisabilityDecision(_)
            | CaseDocument::FamilyInquiry(_)
            | CaseDocument::AmountsInquiry(_)
            | CaseDocument::AmountsRecord(_)
            | CaseDocument::WithholdingAnswer(_)
            | CaseDocument::CertificateRequest(_)
            | CaseDocument::PaymentCertificate(_)
            | CaseDocument::BodyDirectory(_)
            | CaseDocument::CommissionInquiry(_)
            | CaseDocument::CommissionAnswer(_)
            | CaseDocument::Clarification(_)
            | CaseDocument::Rejection(_)
            | CaseDocument::Reminder(_)
            | CaseDocument::Update(_)
            | CaseDocument::Invalidation(_)
            | CaseDocument::Forwarding(_)
            | CaseDocument::Closure(_) => $none,
        }
    };
}

impl CaseDocument {
    /// The person it is about, if it is about one.
    pub fn person(&self) -> Option<&Person> {
        match self {
            Self::PensionClaim(it) => Some(&it.person),
            Self::PensionDecision(it) => Some(&it.person),
            Self::ExaminationRequest(it) => Some(&it.person),
            Self::ExaminationRecord(it) => Some(&it.person),
            Self::DisabilityDecision(it) => Some(&it.person),
            Self::FamilyInquiry(it) => Some(&it.person),
            Self::FamilyRecord(it) => Some(&it.person),
            Self::CircumstanceNotice(it) => Some(&it.person),
            Self::AmountsInquiry(it) => Some(&it.person),
            Self::AmountsRecord(it) => Some(&it.person),
            Self::WithholdingRequest(it) => Some(&it.person),
            Self::WithholdingAnswer(it) => Some(&it.person),
            Self::RelocationNotice(it) => Some(&it.person),
            Self::CertificateRequest(it) => Some(&it.person),
            Self::PaymentCertificate(it) => Some(&it.person),
            Self::VerificationRequest(it) => it.person.as_ref(),
            Self::VerificationRecord(it) => it.person.as_ref(),
            Self::BodyDirectory(_)
            | Self::LawChange(_)
            | Self::CommissionInquiry(_)
            | Self::CommissionAnswer(_)
            | Self::Clarification(_)
            | Self::ClarificationAnswer(_)
            | Self::Rejection(_)
            | Self::Reminder(_)
            | Self::Update(_)
            | Self::Invalidation(_)
            | Self::Forwarding(_)
            | Self::Closure(_) => None,
        }
    }

    /// The day on which the person it is about died, if it tells one: an inquiry or record of a family, or a notice of
    /// death.
    pub fn died_on(&self) -> Option<Date> {
        if let Self::FamilyInquiry(it) = self {
            it.died_on
        } else if let Self::FamilyRecord(it) = self {
            it.died_on
        } else if let Self::CircumstanceNotice(it) = self {
            DEATHS.contains(&it.circumstance.as_str()).then_some(it.on)
        } else {
            None
        }
    }

    /// The copies of documents that it carries, in its order.
    pub fn copies(&self) -> impl Iterator<Item = &CopyOfDocument> {
        self.evidence().iter().filter_map(|evidence| evidence.copy.as_ref())
    }

    /// What proves it.
    pub fn evidence(&self) -> &[Evidence] {
        evidence_of!(self, it => &it.evidence, &[])
    }

    /// The same, to be written.
    pub fn evidence_mut(&mut self) -> &mut [Evidence] {
        evidence_of!(self, it => &mut it.evidence, &mut [])
    }
}

/// Codes of the list of circumstances that tell a death.
const DEATHS: [&str; 2] = ["death", "declared-dead"];

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn document(change: Value) -> CaseDocument {
        let mut document = json!({
            "head": { "case": "RU-2026-1", "state": "RU", "body": { "name": "Фонд" } },
            "person": { "name": { "family": "Осмонов" }, "birth_date": "1964-04-09" },
        });
        let Value::Object(more) = change else { panic!("no object") };
        document.as_object_mut().unwrap().extend(more);
        serde_json::from_value(document).unwrap()
    }

    #[test]
    fn a_death_is_told_by_families_and_by_notices_of_death_alone() {
        let day = Some("2025-06-01".parse().unwrap());
        let family = json!({ "document": "family-record", "died_on": "2025-06-01", "as_of": "2026-01-01" });
        assert_eq!(document(family).died_on(), day);
        assert_eq!(document(json!({ "document": "family-record", "as_of": "2026-01-01" })).died_on(), None);
        assert_eq!(document(json!({ "document": "family-inquiry", "died_on": "2025-06-01" })).died_on(), day);
        for (circumstance, wanted) in [("death", day), ("declared-dead", day), ("relocation", None)] {
            let notice = json!({
                "document": "circumstance-notice", "circumstance": circumstance, "on": "2025-06-01",
            });
            assert_eq!(document(notice).died_on(), wanted, "{circumstance}");
        }
    }
}
