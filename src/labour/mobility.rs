//! The mobility case: one person's way from a vacancy to the question for his pension, as links, each with what it came from and why
//! it may be kept. Two channels meet here and do not mix (`privacy.md`): what a person consented to is his to take back, what the
//! Agreement lets two institutions tell each other is not. So the consent channel's links never reach the treaty channel.

use crate::exchange::canonical::job::{EmploymentRecord, JobDocument, VacancyRef};
use crate::exchange::canonical::{Inquiry, State};
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

/// Why something of a person may cross a border.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Channel {
    /// He consented, and may take it back.
    Consent,
    /// The Agreement of 2019 says so.
    Treaty,
}

impl Channel {
    /// As people read it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Consent => "consent",
            Self::Treaty => "treaty",
        }
    }
}

/// What a link is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkKind {
    /// An employer's interest for a vacancy.
    Interest(VacancyRef),
    /// He showed himself to that employer, by a consent.
    Reveal(Uuid),
    /// He applied, and was offered the post.
    Offer(Uuid),
    /// He works: entries of the employment record that count.
    Employment(usize),
    /// Months paid.
    Contributions(usize),
    /// His pension is asked about.
    Inquiry(State),
}

/// A link of the case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What it is.
    pub kind: LinkKind,
    /// Whose node it came from.
    pub source: State,
    /// Since when, if the document says it.
    pub on: Option<Date>,
}

impl Link {
    /// Why it may be kept.
    pub fn channel(&self) -> Channel {
        match self.kind {
            LinkKind::Interest(_) | LinkKind::Reveal(_) | LinkKind::Offer(_) => Channel::Consent,
            LinkKind::Employment(_) | LinkKind::Contributions(_) | LinkKind::Inquiry(_) => Channel::Treaty,
        }
    }

    /// What it is, as people read it.
    pub fn told(&self) -> String {
        match &self.kind {
            LinkKind::Interest(vacancy) => {
                format!("vacancy {}/{}/{}", vacancy.state, vacancy.source.as_str(), vacancy.id.as_str())
            }
            LinkKind::Reveal(id) => format!("reveal rvl_{}", id.simple()),
            LinkKind::Offer(id) => format!("application app_{}", id.simple()),
            LinkKind::Employment(entries) => format!("employment record, {entries} periods in force"),
            LinkKind::Contributions(months) => format!("contributions of {months} months"),
            LinkKind::Inquiry(asked) => format!("inquiry for the record that {asked} has"),
        }
    }

    /// By which document, of which process.
    pub fn basis(&self) -> &'static str {
        match self.kind {
            LinkKind::Interest(_) => "P.XL.01, the consent to be found",
            LinkKind::Reveal(_) => "P.XL.01, the consent to be shown",
            LinkKind::Offer(_) => "P.XL.02, the consent to be shown",
            LinkKind::Employment(_) | LinkKind::Contributions(_) => "P.XL.03, the Agreement (T21)",
            LinkKind::Inquiry(_) => "P.XP.01, the Agreement (T21)",
        }
    }
}

/// Something of the consent channel was to be carried into the treaty channel.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("carry {what} into the treaty's channel: it came by consent, and ends with it")]
pub struct WallFault {
    /// What it was.
    pub what: String,
}

/// One person's way, link by link.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MobilityCase {
    links: Vec<Link>,
}

impl MobilityCase {
    /// Takes what a document adds. A profile and a vacancy that nobody is interested in add nothing: they lead to no person's case.
    pub fn take(&mut self, document: &JobDocument) {
        let (kind, on) = match document {
            JobDocument::Interest(interest) => (LinkKind::Interest(interest.vacancy.clone()), None),
            JobDocument::Reveal(reveal) => (LinkKind::Reveal(reveal.id.0), Some(day(reveal.given_at))),
            JobDocument::JobOffer(offer) => {
                (LinkKind::Offer(offer.application.id.0), Some(day(offer.application.made_at)))
            }
            JobDocument::EmploymentRecord(record) => return self.employ(record),
            JobDocument::Vacancy(_) | JobDocument::CandidateProfile(_) | JobDocument::RevealEnd(_) => return,
        };
        self.links.push(Link { kind, source: document.state(), on });
    }

    /// Takes the question for his record.
    pub fn ask(&mut self, inquiry: &Inquiry) {
        let kind = LinkKind::Inquiry(inquiry.asked);
        self.links.push(Link { kind, source: inquiry.asking, on: None });
    }

    fn employ(&mut self, record: &EmploymentRecord) {
        let is_replaced = |id: &str, by: &[Option<&str>]| by.contains(&Some(id));
        let periods = &record.periods;
        let newer: Vec<_> = periods.iter().map(|one| one.supersedes.as_ref().map(|id| id.as_str())).collect();
        let standing =
            periods.iter().filter(|one| one.cancelled_on.is_none() && !is_replaced(one.id.as_str(), &newer));
        let kind = LinkKind::Employment(standing.count());
        let on = record.contract.as_ref().map(|contract| contract.signed_on);
        self.links.push(Link { kind, source: record.state, on });
        let mut months: Vec<_> = record.contributions.iter().map(|one| one.month).collect();
        months.sort();
        months.dedup();
        let kind = LinkKind::Contributions(months.len());
        self.links.push(Link { kind, source: record.state, on: Some(record.as_of) });
    }

    /// All links, in the order in which they came.
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// What an institution gets by the Agreement: the treaty channel's links alone.
    pub fn for_institution(&self) -> impl Iterator<Item = &Link> {
        self.links.iter().filter(|link| link.channel() == Channel::Treaty)
    }

    /// What is left when the person has taken his consents back: the treaty channel's links are no longer his to end.
    pub fn end_consents(&mut self) {
        self.links.retain(|link| link.channel() == Channel::Treaty);
    }
}

/// Lets a document of the labour half into the treaty channel, or refuses it.
///
/// # Errors
/// It came by consent.
pub fn through_the_wall(document: &JobDocument) -> Result<&EmploymentRecord, WallFault> {
    match document {
        JobDocument::EmploymentRecord(record) => Ok(record),
        JobDocument::Vacancy(_)
        | JobDocument::CandidateProfile(_)
        | JobDocument::Interest(_)
        | JobDocument::Reveal(_)
        | JobDocument::RevealEnd(_)
        | JobDocument::JobOffer(_) => Err(WallFault { what: document.kind().as_code().to_owned() }),
    }
}

fn day(at: Timestamp) -> Date {
    at.to_zoned_datetime(jiff::tz::TimeZone::UTC).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn documents() -> Vec<JobDocument> {
        [
            include_str!("../../fixtures/jobs/vacancy.json"),
            include_str!("../../fixtures/jobs/candidate-profile.json"),
            include_str!("../../fixtures/jobs/interest.json"),
            include_str!("../../fixtures/jobs/reveal.json"),
            include_str!("../../fixtures/jobs/job-offer.json"),
            include_str!("../../fixtures/jobs/employment-record.json"),
            include_str!("../../fixtures/jobs/reveal-end.json"),
        ]
        .map(|text| serde_json::from_str(text).unwrap())
        .into()
    }

    #[test]
    fn a_case_links_what_came_and_an_institution_sees_the_treatys_part_alone() {
        let mut case = MobilityCase::default();
        documents().iter().for_each(|document| case.take(document));
        let told = |links: &mut dyn Iterator<Item = &Link>| {
            links.map(|link| format!("{} {}", link.channel().as_str(), link.told())).collect::<Vec<_>>()
        };
        assert_eq!(
            told(&mut case.links().iter()),
            [
                "consent vacancy KZ/enbek/V-2025-004417",
                "consent reveal rvl_9b0f6a342f0d4a449a513c7d5b2e8f10",
                "consent application app_c4e1f7a890b14d2c83e517f6a9b0c2d3",
                "treaty employment record, 1 periods in force",
                "treaty contributions of 2 months",
            ]
        );
        let treaty = told(&mut case.for_institution());
        assert_eq!(treaty.len(), 2);
        assert!(treaty.iter().all(|link| link.starts_with("treaty")), "{treaty:?}");
        let sources: Vec<State> = case.links().iter().map(|link| link.source).collect();
        assert_eq!(sources, [State::Kz, State::Kg, State::Kz, State::Kz, State::Kz]);
        case.end_consents();
        assert_eq!(told(&mut case.links().iter()), treaty, "what he took back is gone, his record is not");
    }

    #[test]
    fn nothing_that_came_by_consent_passes_the_wall() {
        for document in documents() {
            let is_record = matches!(document, JobDocument::EmploymentRecord(_));
            assert_eq!(through_the_wall(&document).is_ok(), is_record, "{document:?}");
        }
        let fault = through_the_wall(&documents()[3]).unwrap_err();
        assert!(fault.to_string().contains("reveal"), "{fault}");
    }
}
