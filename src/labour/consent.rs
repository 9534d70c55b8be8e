//! Consent of a person who seeks work (`privacy.md` §4): one purpose, named sections, named states, an end. It is a thing of its
//! own and is judged whenever something is served by it; that it has expired needs nobody to note it.

use super::words::words;
use crate::base::{Code, Digest256};
use crate::exchange::canonical::job::LanguageCode;
use crate::exchange::canonical::{RecordId, State, Title};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use uuid::Uuid;

words! {
    /// What a consent is for: one thing each.
    Purpose {
        /// Employers of the named states may find the profile.
        CvSearch = "cv_search",
        /// The person is told of posts.
        Alert = "alert",
        /// One employer learns who the person is.
        Reveal = "reveal",
        /// One file from the post to the pension.
        MobilityCase = "mobility_case",
    }
}

words! {
    /// A part of what a person told of himself.
    Section {
        /// Occupations.
        Occupation = "occupation",
        /// How long, in bands.
        ExperienceYears = "experience_years",
        /// Where and when; in no profile before a reveal.
        ExperienceHistory = "experience_history",
        /// The level of schooling.
        Education = "education",
        /// Languages.
        Languages = "languages",
        /// Driving licences.
        Licences = "licences",
        /// Certificates, by code.
        Certificates = "certificates",
        /// Coded skills.
        Skills = "skills",
        /// The region of the home, as the guard of small cells lets it be told.
        Location = "location",
        /// Where the person would work.
        Relocation = "relocation",
        /// The least pay.
        SalaryWish = "salary_wish",
        /// Kinds of contract, schedules, and from which month.
        Schedule = "schedule",
        /// What the person writes of himself; in no profile before a reveal.
        Summary = "summary",
        /// Whether posts of quotas are looked for; in no profile.
        DisabilityFilter = "disability_filter",
    }
}

words! {
    /// Which employers.
    EmployerClass {
        /// Only public employment services.
        PublicEmploymentService = "public_employment_service",
        /// Employers whom a node has verified, too.
        VerifiedEmployer = "verified_employer",
    }
}

words! {
    /// How the person said yes.
    SignatureLevel {
        /// By a qualified signature.
        QualifiedSignature = "qualified_signature",
        /// By a password that came once by SMS.
        OneTimeSms = "one_time_sms",
        /// Before an operator.
        InPerson = "in_person",
    }
}

words! {
    /// Where a consent stands.
    ConsentState {
        /// Shown to the person, who has not said yes.
        Draft = "draft",
        /// In force.
        Active = "active",
        /// Past its end.
        Expired = "expired",
        /// Taken back by the person.
        Withdrawn = "withdrawn",
        /// Another one stands in its place.
        Superseded = "superseded",
    }
}

/// What a person agrees to. It is never changed: other sections or states make a new consent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsentTerms {
    /// Random.
    pub id: Uuid,
    /// Whose: a keyed digest that only the home node can make.
    pub subject: Digest256,
    /// For what.
    pub purpose: Purpose,
    /// Which parts.
    pub sections: BTreeSet<Section>,
    /// To which states.
    pub target_states: BTreeSet<State>,
    /// To which employers.
    pub employer_class: EmployerClass,
    /// Whether agencies are left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_agency_excluded: bool,
    /// The very text that was shown.
    pub text: ConsentText,
    /// When the person said yes.
    pub given_at: Timestamp,
    /// From when on it counts no more.
    pub expires_at: Timestamp,
    /// How the person said yes.
    pub signature_level: SignatureLevel,
    /// The signed object, the event of the SMS or the hash of the scan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<RecordId>,
    /// Act and article of the home state; in Kazakhstan the number of the request in the state service, if it was used.
    pub legal_basis: Title,
}

/// The text that was shown to a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsentText {
    /// Its version.
    pub version: RecordId,
    /// The SHA-256 of it.
    pub sha256: Digest256,
    /// In which language.
    pub language: LanguageCode,
}

/// A consent and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    terms: ConsentTerms,
    state: ConsentState,
    ended_at: Option<Timestamp>,
}

/// What happens to a consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsentStep {
    /// The person says yes.
    Sign,
    /// Its end has come.
    Expire,
    /// The person takes it back.
    Withdraw,
    /// A new one stands in its place.
    Supersede,
}

/// Why something may not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConsentFault {
    /// No state is named.
    #[error("name at least one state that the profile may go to")]
    NoState,
    /// The home state is named.
    #[error("leave the home state out of the target states: at home nothing is sent")]
    Home,
    /// No section is named.
    #[error("name at least one section that may be told")]
    NoSection,
    /// It ends before it begins, or too late.
    #[error("let the consent end after it begins and within {days_max} days")]
    Span {
        /// The longest that is lawful here.
        days_max: u32,
    },
    /// The profile was changed too long ago.
    #[error("consent to a profile that was looked through since; it was changed too long ago")]
    Stale,
    /// What was asked for does not follow from where it stands.
    #[error("take this step with a consent that is {}", .0.as_str())]
    Step(ConsentState),
    /// It is not in force.
    #[error("serve by a consent that is {}", .0.as_str())]
    NotInForce(ConsentState),
    /// It is for something else.
    #[error("serve by a consent for {}", .0.as_str())]
    OtherPurpose(Purpose),
    /// It does not name the state.
    #[error("serve {0}, which the consent does not name")]
    OtherState(State),
}

impl ConsentFault {
    /// Its stable code.
    pub fn code(&self) -> Code {
        match self {
            Self::NoState | Self::Home | Self::NoSection | Self::Span { .. } | Self::Stale => {
                "labour.consent_terms"
            }
            Self::Step(_) | Self::NotInForce(_) | Self::OtherPurpose(_) | Self::OtherState(_) => {
                "labour.consent"
            }
        }
    }
}

impl Consent {
    /// A draft: its terms are lawful, nobody has said yes.
    ///
    /// # Errors
    /// No state, the home state, no section, or a span that is too long or none.
    pub fn draft(terms: ConsentTerms, home: State, days_max: u32) -> Result<Self, ConsentFault> {
        if terms.target_states.is_empty() {
            return Err(ConsentFault::NoState);
        }
        if terms.target_states.contains(&home) {
            return Err(ConsentFault::Home);
        }
        if terms.sections.is_empty() {
            return Err(ConsentFault::NoSection);
        }
        let span = terms.expires_at.duration_since(terms.given_at);
        if span <= SignedDuration::ZERO || span > SignedDuration::from_hours(i64::from(days_max) * 24) {
            return Err(ConsentFault::Span { days_max });
        }
        Ok(Self { terms, state: ConsentState::Draft, ended_at: None })
    }

    /// One that was kept.
    pub fn kept(terms: ConsentTerms, state: ConsentState, ended_at: Option<Timestamp>) -> Self {
        Self { terms, state, ended_at }
    }

    /// What was agreed.
    pub fn terms(&self) -> &ConsentTerms {
        &self.terms
    }

    /// When it ended, if that was noted.
    pub fn ended_at(&self) -> Option<Timestamp> {
        self.ended_at
    }

    /// Where it stands at an instant: one that is past its end is expired, whether that was noted or not.
    pub fn state(&self, now: Timestamp) -> ConsentState {
        let is_past = self.state == ConsentState::Active && self.terms.expires_at <= now;
        if is_past { ConsentState::Expired } else { self.state }
    }

    /// Takes a step.
    ///
    /// # Errors
    /// It does not follow: what has ended begins no more, what was never given is not taken back.
    pub fn step(self, step: ConsentStep, now: Timestamp) -> Result<Self, ConsentFault> {
        let to = match (self.state, step) {
            (ConsentState::Draft, ConsentStep::Sign) if now < self.terms.expires_at => ConsentState::Active,
            (ConsentState::Active, ConsentStep::Expire) if self.terms.expires_at <= now => {
                ConsentState::Expired
            }
            (ConsentState::Active, ConsentStep::Withdraw) => ConsentState::Withdrawn,
            (ConsentState::Active, ConsentStep::Supersede) => ConsentState::Superseded,
            (
                state @ (ConsentState::Draft
                | ConsentState::Active
                | ConsentState::Expired
                | ConsentState::Withdrawn
                | ConsentState::Superseded),
                _,
            ) => return Err(ConsentFault::Step(state)),
        };
        let ended_at = (to != ConsentState::Active).then_some(now);
        Ok(Self { terms: self.terms, state: to, ended_at })
    }

    /// Whether something may be served to a state for a purpose at this instant.
    ///
    /// # Errors
    /// It is not in force, is for something else, or does not name the state.
    pub fn permits(&self, purpose: Purpose, peer: State, now: Timestamp) -> Result<(), ConsentFault> {
        let state = self.state(now);
        if state != ConsentState::Active {
            return Err(ConsentFault::NotInForce(state));
        }
        if self.terms.purpose != purpose {
            return Err(ConsentFault::OtherPurpose(self.terms.purpose));
        }
        if !self.terms.target_states.contains(&peer) {
            return Err(ConsentFault::OtherState(peer));
        }
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(crate) fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + seconds).unwrap()
    }

    pub(crate) fn terms(sections: &[Section]) -> ConsentTerms {
        ConsentTerms {
            id: Uuid::from_u128(1),
            subject: Digest256([1; 32]),
            purpose: Purpose::CvSearch,
            sections: sections.iter().copied().collect(),
            target_states: [State::Ru, State::Kz].into(),
            employer_class: EmployerClass::VerifiedEmployer,
            is_agency_excluded: false,
            text: ConsentText {
                version: "1".parse().unwrap(),
                sha256: Digest256([2; 32]),
                language: "ru".parse().unwrap(),
            },
            given_at: at(0),
            expires_at: at(1_000),
            signature_level: SignatureLevel::InPerson,
            evidence: None,
            legal_basis: "KG 58, art. 9".parse().unwrap(),
        }
    }

    pub(crate) fn active(sections: &[Section]) -> Consent {
        let draft = Consent::draft(terms(sections), State::Kg, 365).unwrap();
        draft.step(ConsentStep::Sign, at(0)).unwrap()
    }

    #[test]
    fn unlawful_terms_are_no_draft() {
        let of = |change: &dyn Fn(&mut ConsentTerms)| {
            let mut terms = terms(&[Section::Occupation]);
            change(&mut terms);
            Consent::draft(terms, State::Kg, 365).map(drop)
        };
        assert_eq!(of(&|_| ()), Ok(()));
        assert_eq!(of(&|terms| terms.target_states.clear()), Err(ConsentFault::NoState));
        assert_eq!(of(&|terms| assert!(terms.target_states.insert(State::Kg))), Err(ConsentFault::Home));
        assert_eq!(of(&|terms| terms.sections.clear()), Err(ConsentFault::NoSection));
        let span = Err(ConsentFault::Span { days_max: 365 });
        assert_eq!(of(&|terms| terms.expires_at = terms.given_at), span);
        assert_eq!(of(&|terms| terms.expires_at = at(365 * 86_400)), Ok(()));
        assert_eq!(of(&|terms| terms.expires_at = at(365 * 86_400 + 1)), span);
    }

    #[test]
    fn it_serves_its_purpose_and_its_states_until_its_end_without_a_job() {
        let consent = active(&[Section::Occupation]);
        let permits = |purpose, peer, now| consent.permits(purpose, peer, at(now));
        assert_eq!(permits(Purpose::CvSearch, State::Ru, 999), Ok(()));
        let expired = Err(ConsentFault::NotInForce(ConsentState::Expired));
        assert_eq!(permits(Purpose::CvSearch, State::Ru, 1_000), expired);
        assert_eq!(permits(Purpose::CvSearch, State::By, 1), Err(ConsentFault::OtherState(State::By)));
        let other = Err(ConsentFault::OtherPurpose(Purpose::CvSearch));
        assert_eq!(permits(Purpose::Reveal, State::Ru, 1), other);
        let withdrawn = consent.step(ConsentStep::Withdraw, at(5)).unwrap();
        assert_eq!(withdrawn.ended_at(), Some(at(5)));
        assert!(withdrawn.permits(Purpose::CvSearch, State::Ru, at(6)).is_err());
    }

    proptest! {
        /// Whatever happens in whatever order: what has ended never serves again.
        #[test]
        fn what_has_ended_stays_ended(steps in proptest::collection::vec((0..4_u8, 0..2_000_i64), 0..20)) {
            let mut consent = Consent::draft(terms(&[Section::Skills]), State::Kg, 365).unwrap();
            let (mut now, mut has_ended) = (0, false);
            for (step, after) in steps {
                now += after % 400;
                let step = [ConsentStep::Sign, ConsentStep::Expire, ConsentStep::Withdraw, ConsentStep::Supersede]
                    [usize::from(step)];
                if let Ok(next) = consent.clone().step(step, at(now)) {
                    prop_assert!(!has_ended, "it began anew");
                    consent = next;
                }
                has_ended = !matches!(consent.state(at(now)), ConsentState::Draft | ConsentState::Active)
                    && consent.ended_at().is_some();
                let serves = consent.permits(Purpose::CvSearch, State::Ru, at(now)).is_ok();
                prop_assert!(!(has_ended && serves));
                prop_assert!(!serves || now < 1_000);
            }
        }
    }
}
