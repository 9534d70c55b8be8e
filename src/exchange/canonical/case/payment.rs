//! Documents about its payment: circumstances, amounts, overpayment, certificate (needs F, G, H, K).

use super::CaseHead;
use super::parts::{Installment, Payment, PensionComponent};
use crate::exchange::canonical::{
    Coded, Country, Evidence, Interval, Money, Number, Person, RecordId, Remark,
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What changes the amount of a pension or ends its payment (T37).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CircumstanceNotice {
    /// Whose document of which case it is.
    pub head: CaseHead,
    /// About whom.
    pub person: Person,
    /// A code of the list of circumstances.
    pub circumstance: Coded,
    /// When it came about.
    pub on: Date,
    /// In which country.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
    /// In words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Remark>,
    /// What proves it, with copies where there are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
}

/// Asks what was paid to a person (T15).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AmountsInquiry {
    /// Whose document of which case it is.
    pub head: CaseHead,
    /// About whom.
    pub person: Person,
    /// Of which pensions; none means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<Coded>,
    /// For which days.
    pub days: Interval,
    /// The bulk check that found him, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<RecordId>,
}

/// What was paid to a person, month by month (T15).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AmountsRecord {
    /// Whose document of which case it is.
    pub head: CaseHead,
    /// About whom.
    pub person: Person,
    /// For which days.
    pub days: Interval,
    /// What was paid; none if nothing was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub payments: Vec<Payment>,
    /// As of when.
    pub as_of: Date,
}

/// Asks another state to withhold what was overpaid (T40).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WithholdingRequest {
    /// Whose document of which case it is.
    pub head: CaseHead,
    /// About whom.
    pub person: Person,
    /// Of which pension.
    pub kind: Coded,
    /// For which days too much was paid.
    pub days: Interval,
    /// How much.
    pub amount: Money,
    /// Why.
    pub explanation: Remark,
    /// Where to it is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Remark>,
    /// What proves it, with copies where there are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
}

/// Whether and how an overpayment is withheld (T40).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WithholdingAnswer {
    /// Whose document of which case it is.
    pub head: CaseHead,
    /// About whom.
    pub person: Person,
    /// A code of the list of answers.
    pub answer: Coded,
    /// From which pension.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Coded>,
    /// What is withheld, month by month.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub installments: Vec<Installment>,
    /// In words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Remark>,
}

/// Asks for the certificate by which payment is taken over or stopped.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateRequest {
    /// Whose document of which case it is.
    pub head: CaseHead,
    /// About whom.
    pub person: Person,
    /// A code of the list of purposes.
    pub purpose: Coded,
    /// Of which pension.
    pub kind: Coded,
    /// In words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Remark>,
}

/// Up to which day a pension was paid, and whether it is stopped.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaymentCertificate {
    /// Whose document of which case it is.
    pub head: CaseHead,
    /// About whom.
    pub person: Person,
    /// A code of the list of purposes.
    pub purpose: Coded,
    /// Of which pension.
    pub kind: Coded,
    /// The pension file.
    pub file: Number,
    /// What was paid a month.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<PensionComponent>,
    /// The last day for which it was paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_until: Option<Date>,
    /// From when it is not paid any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_from: Option<Date>,
    /// What was paid too much.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overpaid: Option<Money>,
}
