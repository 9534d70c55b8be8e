//! A vacancy as `PositionOpening`.

use super::pen::Pen;
use super::{ISCED, LANGUAGES, PROFILE_VERSION, SKILLS};
use crate::exchange::canonical::job::{
    Contact, ContactChannel, LanguageSkill, Place, Schedule, Skill, Vacancy, VacancyStatus,
};
use crate::exchange::document::WriteError;

/// Whether the contacts of a vacancy are told. They are data of persons (`privacy.md` (d)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contacts {
    /// They are left out.
    Kept,
    /// They are told.
    Shown,
}

/// Writes a vacancy. Its status is that of the record (D11).
///
/// # Errors
/// None that a vacancy can cause.
pub fn write_opening(vacancy: &Vacancy, contacts: Contacts) -> Result<Vec<u8>, WriteError> {
    let mut pen = Pen::new();
    let (reference, posted_on) = (&vacancy.reference, vacancy.posted_on.to_string());
    pen.root("PositionOpening", Some(&posted_on));
    let state = reference.state.as_code();
    let agency = [
        ("schemeID", reference.source.as_str()),
        ("schemeAgencyID", state),
        ("schemeAgencyName", state),
        ("schemeVersionID", PROFILE_VERSION),
    ];
    pen.coded("DocumentID", &agency, reference.id.as_str());
    let status = match vacancy.status {
        VacancyStatus::Open => ACTIVE,
        VacancyStatus::Closed => CLOSED,
    };
    pen.coded("PositionOpeningStatusCode", &[("name", status)], status);
    requester(&mut pen, vacancy, contacts);
    let language = vacancy.language.map(|language| language.to_string());
    let attributes: Vec<(&str, &str)> =
        language.iter().map(|language| ("languageCode", language.as_str())).collect();
    pen.start("PositionProfile", &attributes);
    profile(&mut pen, vacancy);
    pen.end().end();
    pen.finish()
}

fn requester(pen: &mut Pen, vacancy: &Vacancy, contacts: Contacts) {
    let attributes: &[_] = if vacancy.is_of_agency { &[("agencyRoleCode", AGENCY)] } else { &[] };
    pen.start("PostingRequester", attributes);
    pen.coded(
        "PartyID",
        &[("schemeAgencyID", vacancy.reference.state.as_code())],
        vacancy.reference.source.as_str(),
    );
    let shown: &[Contact] = if contacts == Contacts::Shown { &vacancy.contacts } else { &[] };
    persons(pen, shown);
    pen.end();
}

/// Whom to ask for, and by what.
fn persons(pen: &mut Pen, contacts: &[Contact]) {
    let mut names = contacts.iter().filter(|contact| contact.channel == ContactChannel::Person);
    pen.around("PersonContact", !contacts.is_empty(), |pen| {
        if let Some(name) = names.next() {
            pen.start("PersonName", &[]).leaf("FormattedName", &name.value).end();
        }
        contacts.iter().for_each(|contact| {
            pen.communication(contact);
        });
    });
    for name in names {
        pen.start("PersonContact", &[])
            .start("PersonName", &[])
            .leaf("FormattedName", &name.value)
            .end()
            .end();
    }
}

fn profile(pen: &mut Pen, vacancy: &Vacancy) {
    if let Some(page) = &vacancy.page {
        pen.start("PostingInstruction", &[]).start("ApplicationMethod", &[]);
        pen.leaf("Instructions", page).end().end();
    }
    pen.leaf("PositionTitle", vacancy.title.as_str());
    for place in told_places(&vacancy.places) {
        pen.start("PositionLocation", &[]).start("Address", &[]).place(place).end().end();
    }
    organization(pen, vacancy);
    pen.leaf("PositionOpenQuantity", vacancy.posts);
    vacancy.occupations.iter().for_each(|occupation| {
        pen.occupation(occupation);
    });
    pen.mapped(&vacancy.occupations);
    pen.some("PositionOfferingTypeCode", vacancy.offering);
    qualifications(pen, vacancy);
    if let Some(description) = &vacancy.description {
        pen.start("PositionFormattedDescription", &[]).leaf("Content", description.as_str()).end();
    }
    let schedule = vacancy.schedule.filter(is_of_profile);
    pen.some("PositionScheduleTypeCode", schedule);
    pen.some("ApplicationCloseDate", vacancy.closes_on);
    pen.start("UserArea", &[]);
    pen.remote(vacancy.remote).pay(vacancy.pay.as_ref()).mappings(&vacancy.occupations);
    pen.some("x:Schedule", vacancy.schedule.filter(|schedule| !is_of_profile(schedule)));
    for certificate in &vacancy.certificates {
        let valid_to = certificate.valid_to.map(|month| month.to_string());
        let attributes: Vec<_> = valid_to.iter().map(|month| ("validTo", month.as_str())).collect();
        pen.coded("x:Certificate", &attributes, certificate.code.as_str());
    }
    vacancy.quotas.iter().for_each(|code| {
        pen.leaf("x:Quota", code.as_str());
    });
    vacancy.benefits.iter().for_each(|code| {
        pen.leaf("x:Benefit", code.as_str());
    });
    pen.leaf("x:ChangedAt", vacancy.changed_at).end();
}

/// Whether HR-XML has a code for it.
pub(super) fn is_of_profile(schedule: &Schedule) -> bool {
    !matches!(schedule, Schedule::Shift | Schedule::Rotation)
}

/// The places without those that say only a country of which another says more, each once.
fn told_places(places: &[Place]) -> Vec<&Place> {
    let is_bare = |place: &Place| place.region.is_none() && place.name.is_none();
    let has_nearer = |place: &Place| places.iter().any(|own| own.country == place.country && !is_bare(own));
    let mut told: Vec<&Place> = Vec::new();
    for place in places.iter().filter(|place| !is_bare(place) || !has_nearer(place)) {
        if !told.contains(&place) {
            told.push(place);
        }
    }
    told
}

fn organization(pen: &mut Pen, vacancy: &Vacancy) {
    let employer = vacancy.employer.as_ref();
    let is_there = employer.is_some() || !vacancy.industries.is_empty();
    pen.around("PositionOrganization", is_there, |pen| {
        if let Some(employer) = employer {
            pen.start("OrganizationIdentifiers", &[]);
            pen.some("OrganizationName", employer.name.as_ref().map(|name| name.as_str()));
            if let Some(number) = &employer.number {
                pen.coded(
                    "OrganizationLegalID",
                    &[("schemeID", number.kind.as_str())],
                    number.value.as_str(),
                );
            }
            pen.some("x:EmployerCountry", employer.state).end();
        }
        vacancy.industries.iter().for_each(|code| {
            pen.leaf("IndustryCode", code.as_str());
        });
    });
}

fn qualifications(pen: &mut Pen, vacancy: &Vacancy) {
    let Vacancy { languages, skills, schooling, experience_months, licences, .. } = vacancy;
    let is_there = !(languages.is_empty() && skills.is_empty() && licences.is_empty())
        || schooling.is_some()
        || experience_months.is_some();
    pen.around("PositionQualifications", is_there, |pen| {
        languages.iter().for_each(|language| demanded_language(pen, language));
        skills.iter().for_each(|skill| demanded_skill(pen, skill));
        if let Some(level) = schooling {
            pen.start("EducationRequirement", &[]);
            pen.coded("EducationLevelCode", &[("listName", ISCED.0), ("listVersionID", ISCED.1)], level)
                .end();
        }
        if let Some(months) = experience_months {
            let (count, unit) = if months % 12 == 0 { (months / 12, "year") } else { (*months, "month") };
            pen.start("ExperienceSummary", &[]).start("ExperienceCategory", &[]);
            pen.coded("Measure", &[("unitCode", unit)], count).end().end();
        }
        licences.iter().for_each(|licence| {
            pen.leaf("LicenseTypeCode", licence);
        });
    });
}

/// A level that is not told leaves its element empty: the element alone says whether the language is demanded.
fn demanded_language(pen: &mut Pen, skill: &LanguageSkill) {
    pen.start("PositionCompetency", &[]);
    pen.coded("CompetencyID", &[("schemeID", LANGUAGES.0), ("schemeVersionID", LANGUAGES.1)], skill.language);
    pen.leaf("TaxonomyID", "language");
    demand(pen, skill.is_required, skill.level);
    pen.end();
}

fn demanded_skill(pen: &mut Pen, skill: &Skill) {
    pen.start("PositionCompetency", &[]);
    if let Some(code) = &skill.code {
        pen.coded("CompetencyID", &[("schemeID", SKILLS)], code.as_str());
    }
    pen.leaf("TaxonomyID", "other").some("CompetencyName", skill.name.as_ref().map(|name| name.as_str()));
    demand(pen, skill.is_required, None::<&str>);
    pen.end();
}

fn demand(pen: &mut Pen, is_required: bool, level: Option<impl std::fmt::Display>) {
    let element = if is_required { "RequiredProficiencyLevel" } else { "DesiredProficiencyLevel" };
    pen.around(element, is_required || level.is_some(), |pen| {
        pen.some("ScoreText", level);
    });
}

pub(super) const ACTIVE: &str = "Active";
pub(super) const CLOSED: &str = "Closed";
pub(super) const AGENCY: &str = "X-AGENCY";
