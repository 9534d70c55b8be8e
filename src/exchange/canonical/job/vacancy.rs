//! A vacancy: a post that an employer wants filled.

use super::code::coded;
use super::{
    Certificate, DrivingLicence, LanguageCode, LanguageSkill, Occupation, Offering, Pay, Place, Remote,
    Schedule, Schooling, Skill,
};
use crate::base::Finding;
use crate::exchange::canonical::{Coded, Employer, RecordId, Remark, State, Title};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Which vacancy: unique among all states.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VacancyRef {
    /// Whose node published it.
    pub state: State,
    /// The system of that state it comes from, such as `trudvsem`.
    pub source: Coded,
    /// Its id there.
    pub id: RecordId,
}

/// A post that an employer wants filled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vacancy {
    /// Which.
    pub reference: VacancyRef,
    /// Whether it is still open.
    pub status: VacancyStatus,
    /// What the post is called.
    pub title: Title,
    /// In which language its texts are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<LanguageCode>,
    /// Duties and demands, as plain text without contacts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Remark>,
    /// The occupation, by one or more lists.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub occupations: Vec<Occupation>,
    /// Who employs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub employer: Option<Employer>,
    /// Whether an agency seeks for another.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_of_agency: bool,
    /// Where the work is done; not where the employer is registered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<Place>,
    /// Whether it is done from afar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<Remote>,
    /// What is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pay: Option<Pay>,
    /// Which contract.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offering: Option<Offering>,
    /// How much of the time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// What the person should be able to do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skills: Vec<Skill>,
    /// Which languages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<LanguageSkill>,
    /// Which driving licences, all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub licences: Vec<DrivingLicence>,
    /// Which certificates, all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub certificates: Vec<Certificate>,
    /// The least schooling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schooling: Option<Schooling>,
    /// The least experience in the occupation, in months.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub experience_months: Option<u16>,
    /// How many posts.
    pub posts: u32,
    /// For whom posts are kept by quota, by codes of the source. A filter that a person switches on, never a score.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quotas: Vec<Coded>,
    /// What comes with the pay, by codes of the EURES list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub benefits: Vec<Coded>,
    /// The branch of the employer, as EURES writes it (`C33.1.7`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub industries: Vec<Coded>,
    /// When it was first published.
    pub posted_on: Date,
    /// When the source changed it last.
    pub changed_at: Timestamp,
    /// The last day to apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closes_on: Option<Date>,
    /// The page of the national system that shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// Whom to write or call: personal data, never in what is published (`privacy.md` (d)).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<Contact>,
}

coded! {
    /// Whether a vacancy is open.
    VacancyStatus, "status of a vacancy", "open or closed", {
        /// One may apply.
        Open = "open",
        /// One may not.
        Closed = "closed",
    }
}

/// A way to reach an employer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// By what.
    pub channel: ContactChannel,
    /// The number, address or name.
    pub value: String,
}

impl fmt::Debug for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Contact({}, …)", self.channel)
    }
}

coded! {
    /// By what a person is reached (HR-XML `ChannelCode`), or who he is.
    ContactChannel, "channel", "HR-XML 3.2", {
        /// A telephone.
        Telephone = "Telephone",
        /// A mobile telephone.
        Mobile = "MobileTelephone",
        /// A fax.
        Fax = "Fax",
        /// Electronic mail.
        Email = "Email",
        /// A messenger.
        Messenger = "InstantMessage",
        /// A page.
        Web = "Web",
        /// The name of the person to ask for.
        Person = "X-Person",
    }
}

impl Vacancy {
    /// What may be published: the same without contacts.
    pub fn without_contacts(&self) -> Self {
        Self { contacts: Vec::new(), ..self.clone() }
    }

    /// The groups of ISCO-08 that its occupations are mapped to.
    pub fn isco(&self) -> impl Iterator<Item = super::IscoCode> + '_ {
        self.occupations.iter().filter_map(|occupation| occupation.isco)
    }
}
