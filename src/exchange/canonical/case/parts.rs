//! What documents of a case are made of.

use crate::exchange::canonical::{
    Coded, Country, Interval, Money, Number, Person, RegisterNumber, Remark, State, Title, WrittenInstant,
    YearMonth,
};
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A competent or authorised body of a state (T46).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// Its number in the directory of bodies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<RegisterNumber>,
    /// What it is called.
    pub name: Title,
}

/// When and where the claim was filed: for every state, whatever the day on which it came there (T8).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filing {
    /// Where.
    pub state: State,
    /// With whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
    /// When, with its zone.
    pub at: WrittenInstant,
}

/// Where a person lives.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Residence {
    /// In which country.
    pub country: Country,
    /// First level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Title>,
    /// Town or village.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locality: Option<Title>,
    /// The rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Remark>,
}

/// A pension that a person receives.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceivedPension {
    /// Who pays it.
    pub state: State,
    /// A code of the list of pension kinds.
    pub kind: Coded,
    /// Since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
}

/// Who acts for the applicant.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Representative {
    /// A code of the list of applicants and representatives.
    pub kind: Coded,
    /// Who it is.
    pub person: Person,
}

/// A part of a pension; some are paid to residents only (T14).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PensionComponent {
    /// A code of the list of components.
    pub component: Coded,
    /// How much a month.
    pub amount: Money,
    /// From when, and until when.
    pub days: Interval,
}

/// Service that was counted, by the state where it was acquired.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceTotal {
    /// Where it was acquired.
    pub state: State,
    /// Years.
    pub years: u16,
    /// Months beside the years.
    pub months: u16,
    /// Days beside the months.
    pub days: u16,
}

/// A question that a person answers.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Which: the answer names it.
    pub number: u16,
    /// Which element of the document it is about, if one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<Title>,
    /// What is asked.
    pub text: Remark,
}

/// The answer to a question.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Which question.
    pub number: u16,
    /// What is answered.
    pub text: Remark,
    /// The figure, where one was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Decimal>,
}

/// What a laboratory or instrumental examination came to (T31).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestResult {
    /// A code of the list of examinations.
    pub kind: Coded,
    /// When.
    pub taken_on: Date,
    /// A code of the list of results.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Coded>,
    /// In words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Remark>,
}

/// A disability as a body of medical-social expertise states it (T30).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disability {
    /// A code of the list of groups.
    pub group: Coded,
    /// A code of the list of causes.
    pub cause: Coded,
    /// From when, and until when; without an end it is without term.
    pub days: Interval,
}

/// A member of a worker's family (T17, T18).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FamilyMember {
    /// Who it is.
    pub person: Person,
    /// A code of the list of degrees of kinship.
    pub kinship: Coded,
    /// Whether the worker supported him.
    pub is_dependant: bool,
    /// How he studies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub education: Option<Coded>,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub studies_until: Option<Date>,
    /// His group of disability.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disability: Option<Coded>,
}

/// What was paid for a month (T15).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payment {
    /// A code of the list of pension kinds.
    pub kind: Coded,
    /// For which month.
    pub month: YearMonth,
    /// Which part, where they are told apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<Coded>,
    /// How much.
    pub amount: Money,
}

/// What is withheld from the pension of a month (T40).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Installment {
    /// From which month's pension.
    pub month: YearMonth,
    /// How much.
    pub amount: Money,
}

/// What the body that issued a document says of it (T39).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifiedDocument {
    /// Which document, by its number.
    pub number: Number,
    /// A code of the list of results.
    pub result: Coded,
    /// In words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Remark>,
}

/// A body in the directory of a state (T46).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectoryEntry {
    /// Which.
    pub body: Body,
    /// A code of the list of roles.
    pub role: Coded,
    /// The kinds of pension that it deals with; none means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<Coded>,
    /// Where it is reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Remark>,
    /// Since when it is competent, and until when.
    pub days: Interval,
}
