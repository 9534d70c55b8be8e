//! Jobs: a post that an employer wants filled, and what a person offers without saying who he is.
//!
//! Texts of a vacancy are plain: no mark-up passes the border. What names a person stands in fields of its own
//! ([`Contact`], [`Candidate`]) and has a redacting `Debug`.

mod candidate;
mod code;
mod document;
mod employment;
mod event;
mod pay;
mod place;
mod reach;
mod vacancy;

pub use candidate::{Candidate, CandidateProfile, ExperienceBand, PastWork, ProfileRef, Wishes, Worked};
pub use code::{
    Certificate, DrivingLicence, IscoCode, LanguageCode, LanguageLevel, LanguageSkill, Occupation, Offering,
    Relation, Schedule, Schooling, Skill,
};
pub use document::{JobDocument, JobDocumentKind};
pub use employment::{Contract, ContractKind, EmploymentBasis, EmploymentPeriod, EmploymentRecord};
pub use event::{EmploymentEvent, EventKind};
pub use pay::{Pay, PayInterval, PayTax};
pub use place::{Place, Remote};
pub use reach::{Application, ApplicationId, Interest, JobOffer, Reveal, RevealEnd, RevealId, Revealed};
pub use vacancy::{Contact, ContactChannel, Vacancy, VacancyRef, VacancyStatus};
