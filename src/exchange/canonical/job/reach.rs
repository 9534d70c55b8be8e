//! How an employer and a person come together: interest, reveal, its end, application, offer (`privacy.md` §6).
//!
//! Until a reveal the employer knows a [`ProfileRef`] and nothing else; what a reveal tells has a redacting `Debug`.

use super::{Contact, PastWork, Pay, ProfileRef, VacancyRef};
use crate::exchange::canonical::{Coded, Employer, Name, Remark, State, Title};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// A random id with a prefix by which people tell it from others.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.simple())
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            /// Reads the bare UUID, as documents hold it.
            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map(Self)
            }
        }
    };
}

id!(
    /// One reveal.
    RevealId, "rvl"
);
id!(
    /// One application.
    ApplicationId, "app"
);

/// An employer is interested in whoever stands behind a profile. It goes to the node that keeps the person, and holds
/// what the person must see before he decides, in no words of anybody but the title of the post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interest {
    /// For which vacancy; the node of its state sends the interest.
    pub vacancy: VacancyRef,
    /// In whom.
    pub profile: ProfileRef,
    /// Who employs.
    pub employer: Employer,
    /// What the post is called.
    pub title: Title,
    /// In which state the work is done.
    pub works_in: State,
    /// What is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pay: Option<Pay>,
    /// The last day to answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closes_on: Option<Date>,
}

/// A person shows himself to one employer, for one vacancy, by an act of his own.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reveal {
    /// Which.
    pub id: RevealId,
    /// The state whose node keeps the person; it sends the reveal.
    pub state: State,
    /// By which consent.
    pub consent: Uuid,
    /// As whom the employer knew the person so far.
    pub profile: ProfileRef,
    /// To whom, and to nobody else.
    pub employer: Employer,
    /// For which vacancy.
    pub vacancy: VacancyRef,
    /// Since when.
    pub given_at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
    /// A code of the list of levels of signature (XCL).
    pub level: Coded,
    /// What the person chose to show.
    pub revealed: Revealed,
}

/// What a person shows: what he did not choose is absent, so that a reveal cannot name a field and hold another.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revealed {
    /// His name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
    /// How to reach him.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<Contact>,
    /// What he says of himself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Remark>,
    /// Where he worked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<PastWork>,
}

impl Revealed {
    /// Which fields are shown, by the words of the record of a reveal.
    pub fn fields(&self) -> Vec<&'static str> {
        let all = [
            (self.name.is_some(), "name"),
            (!self.contacts.is_empty(), "contacts"),
            (self.summary.is_some(), "summary"),
            (!self.history.is_empty(), "experience_history"),
        ];
        all.into_iter().filter_map(|(is_shown, field)| is_shown.then_some(field)).collect()
    }
}

/// A person ends a reveal: the employer's node erases what it told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevealEnd {
    /// Which reveal.
    pub reveal: RevealId,
    /// The state whose node keeps the person; it sends the end.
    pub state: State,
    /// Since when it is ended.
    pub ended_at: Timestamp,
}

/// A person who showed himself applies for the vacancy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Application {
    /// Which.
    pub id: ApplicationId,
    /// By which reveal the employer knows who applies.
    pub reveal: RevealId,
    /// For which vacancy.
    pub vacancy: VacancyRef,
    /// When.
    pub made_at: Timestamp,
}

/// An employer offers the post to a person who applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobOffer {
    /// To whom, and for which vacancy; the node of the vacancy's state sends the offer.
    pub application: Application,
    /// What is paid.
    pub pay: Pay,
    /// The first day of work.
    pub starts_on: Date,
    /// The last day to answer.
    pub answer_by: Date,
}

impl fmt::Debug for Reveal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reveal({}, {}, …)", self.id, self.state)
    }
}

impl fmt::Debug for Revealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Revealed({}, …)", self.fields().join(", "))
    }
}
