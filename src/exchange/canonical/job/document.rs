//! The documents of the labour half that cross a border, as one type: which they are, and whose.

use super::{CandidateProfile, EmploymentRecord, Interest, JobOffer, Reveal, RevealEnd, Vacancy};
use crate::base::Finding;
use crate::exchange::canonical::{Person, State};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

macro_rules! documents {
    ($($(#[$doc:meta])* $name:ident($of:ident) = $code:literal,)*) => {
        /// A document of the labour half.
        #[derive(Clone, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "document", rename_all = "kebab-case")]
        pub enum JobDocument {
            $($(#[$doc])* $name(Box<$of>),)*
        }

        /// Which document of the labour half.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum JobDocumentKind {
            $($(#[$doc])* $name,)*
        }

        impl JobDocumentKind {
            /// All there are.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// As records name it.
            pub fn as_code(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)*
                }
            }
        }

        impl FromStr for JobDocumentKind {
            type Err = Finding;

            fn from_str(text: &str) -> Result<Self, Finding> {
                Self::ALL.iter().copied().find(|kind| kind.as_code() == text).ok_or_else(|| {
                    let message = concat!("no document of the labour half is called so; write one of", $(" ", $code,)*);
                    Finding::error("canonical.job_code", "document", "documents of the labour half", text, message)
                })
            }
        }

        impl JobDocument {
            /// Which it is.
            pub fn kind(&self) -> JobDocumentKind {
                match self {
                    $(Self::$name(_) => JobDocumentKind::$name,)*
                }
            }
        }
    };
}

documents! {
    /// A vacancy, without contacts.
    Vacancy(Vacancy) = "vacancy",
    /// What a person offers, without who he is.
    CandidateProfile(CandidateProfile) = "candidate-profile",
    /// Interest of an employer.
    Interest(Interest) = "interest",
    /// A person shows himself.
    Reveal(Reveal) = "reveal",
    /// The end of that.
    RevealEnd(RevealEnd) = "reveal-end",
    /// An offer of a post.
    JobOffer(JobOffer) = "job-offer",
    /// Contract, periods and contributions.
    EmploymentRecord(EmploymentRecord) = "employment-record",
}

impl JobDocument {
    /// The state whose document it is: its node sends it.
    pub fn state(&self) -> State {
        match self {
            Self::Vacancy(it) => it.reference.state,
            Self::CandidateProfile(it) => it.state,
            Self::Interest(it) => it.vacancy.state,
            Self::Reveal(it) => it.state,
            Self::RevealEnd(it) => it.state,
            Self::JobOffer(it) => it.application.vacancy.state,
            Self::EmploymentRecord(it) => it.state,
        }
    }

    /// Whom it is about, where his node and another may know it: only an employment record says so.
    pub fn person(&self) -> Option<&Person> {
        match self {
            Self::EmploymentRecord(it) => Some(&it.person),
            Self::Vacancy(_)
            | Self::CandidateProfile(_)
            | Self::Interest(_)
            | Self::Reveal(_)
            | Self::RevealEnd(_)
            | Self::JobOffer(_) => None,
        }
    }
}

impl fmt::Debug for JobDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JobDocument({}, …)", self.kind().as_code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reveal_and_an_employment_record_show_nothing_of_the_person() {
        for (file, personal) in [
            (
                include_str!("../../../../fixtures/jobs/reveal.json"),
                ["Токтосунов", "Бакыт", "+996", "bakyt@", "сварщиком"],
            ),
            (
                include_str!("../../../../fixtures/jobs/employment-record.json"),
                ["Токтосунов", "Бакыт", "2026-", "ТД-17", "Электросварщик"],
            ),
        ] {
            let document: JobDocument = serde_json::from_str(file).unwrap();
            let parts = match &document {
                JobDocument::Reveal(it) => format!("{it:?} {:?}", it.revealed),
                JobDocument::EmploymentRecord(it) => {
                    format!("{it:?} {:?} {:?}", it.contract, it.periods)
                }
                JobDocument::Vacancy(_)
                | JobDocument::CandidateProfile(_)
                | JobDocument::Interest(_)
                | JobDocument::RevealEnd(_)
                | JobDocument::JobOffer(_) => panic!("{document:?}"),
            };
            let shown = format!("{document:?} {parts}");
            for word in personal {
                assert!(file.contains(word) && !shown.contains(word), "{word} in {shown}");
            }
        }
    }

    #[test]
    fn every_document_is_told_by_its_word() {
        for kind in JobDocumentKind::ALL {
            assert_eq!(kind.as_code().parse::<JobDocumentKind>().unwrap(), *kind);
        }
        assert_eq!("pension-claim".parse::<JobDocumentKind>().unwrap_err().code, "canonical.job_code");
    }
}
