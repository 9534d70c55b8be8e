//! A `PositionOpening` as a vacancy.

use super::HrXmlError;
use super::opening_out::{ACTIVE, AGENCY, CLOSED};
use super::sheet::{
    Sheet, below, child, children, contact, language_of, left_out, level, named, occupations, parsed, pay,
    place, remote, tell_unread, text, unfit, value, values,
};
use crate::base::{Findings, Limits};
use crate::exchange::canonical::job::{
    Certificate, Contact, LanguageSkill, Schooling, Skill, Vacancy, VacancyRef, VacancyStatus,
};
use crate::exchange::canonical::{Coded, Employer, EmployerNumber, YearMonth};
use crate::exchange::document::Element;
use jiff::Timestamp;

/// Reads a vacancy, and tells what is left out of it.
///
/// # Errors
/// Bytes that are no `PositionOpening`, or one without id, state, status, title or day.
pub fn read_opening(document: &[u8], limits: &Limits) -> Result<(Vacancy, Findings), HrXmlError> {
    let Sheet { root, mut findings } = Sheet::read(document, "PositionOpening", limits)?;
    let notes = &mut findings;
    let id = child(&root, "DocumentID").ok_or_else(|| unfit("DocumentID", "the document has no id"))?;
    let reference =
        reference(id).ok_or_else(|| unfit("DocumentID", "write state, source and id of the vacancy"))?;
    let status = text(child(&root, "PositionOpeningStatusCode"));
    let status = match status.as_deref() {
        Some(ACTIVE) => VacancyStatus::Open,
        Some(CLOSED | "Inactive" | "Cancelled" | "Filled") => VacancyStatus::Closed,
        Some(_) | None => return Err(unfit("PositionOpeningStatusCode", "write Active or Closed")),
    };
    let profile =
        child(&root, "PositionProfile").ok_or_else(|| unfit("PositionProfile", "the profile is missing"))?;
    let title = text(child(profile, "PositionTitle")).and_then(|title| title.parse().ok());
    let title = title.ok_or_else(|| unfit("PositionTitle", "the title is missing or too long"))?;
    let area = child(profile, "UserArea");
    let posted_on = root.attribute("validFrom").and_then(|day| day.get(..10)?.parse().ok());
    let changed_at: Option<Timestamp> = area.and_then(|area| value(child(area, "x:ChangedAt"), notes));
    let posted_on = posted_on.or_else(|| Some(changed_at?.to_zoned_datetime(jiff::tz::TimeZone::UTC).date()));
    let posted_on: jiff::civil::Date =
        posted_on.ok_or_else(|| unfit("validFrom", "write since which day it is published"))?;
    let midnight = || posted_on.to_zoned_datetime(jiff::tz::TimeZone::UTC).map(|at| at.timestamp());
    let changed_at = match changed_at {
        Some(at) => at,
        None => midnight().map_err(|_cause| unfit("validFrom", "the day is out of range"))?,
    };
    let needs = child(profile, "PositionQualifications");
    let requester = child(&root, "PostingRequester");
    let schedule = value(child(profile, "PositionScheduleTypeCode"), notes);
    let schedule = schedule.or_else(|| value(child(area?, "x:Schedule"), notes));
    let codes = |name| area.map(|area| move |notes: &mut Findings| values::<Coded>(area, name, notes));
    let vacancy = Vacancy {
        reference,
        status,
        title,
        language: profile.attribute("languageCode").and_then(|code| parsed(code, "languageCode", notes)),
        description: value(below(profile, "PositionFormattedDescription/Content"), notes),
        occupations: occupations(children(profile, "JobCategoryCode"), area, notes),
        employer: employer(profile, notes),
        is_of_agency: requester.and_then(|one| one.attribute("agencyRoleCode")) == Some(AGENCY),
        places: places(profile, notes),
        remote: area.and_then(|area| remote(area, notes)),
        pay: area.and_then(|area| pay(area, notes)),
        offering: value(child(profile, "PositionOfferingTypeCode"), notes),
        schedule,
        skills: needs.map(|needs| skills(needs, notes)).unwrap_or_default(),
        languages: needs.map(|needs| languages(needs, notes)).unwrap_or_default(),
        licences: needs.map(|needs| values(needs, "LicenseTypeCode", notes)).unwrap_or_default(),
        certificates: area.map(|area| certificates(area, notes)).unwrap_or_default(),
        schooling: needs
            .and_then(|needs| schooling(below(needs, "EducationRequirement/EducationLevelCode"), notes)),
        experience_months: needs.and_then(|needs| months(needs, notes)),
        posts: value(child(profile, "PositionOpenQuantity"), notes).filter(|posts| *posts > 0).unwrap_or(1),
        quotas: codes("x:Quota").map(|read| read(notes)).unwrap_or_default(),
        benefits: codes("x:Benefit").map(|read| read(notes)).unwrap_or_default(),
        industries: child(profile, "PositionOrganization")
            .map(|one| values(one, "IndustryCode", notes))
            .unwrap_or_default(),
        posted_on,
        changed_at,
        closes_on: value(child(profile, "ApplicationCloseDate"), notes),
        page: page(profile),
        contacts: requester.map(|requester| contacts(requester, notes)).unwrap_or_default(),
    };
    if children(&root, "PositionProfile").count() > 1 {
        left_out("PositionProfile", "more than one", notes);
    }
    tell_unread(&root, READ, notes);
    Ok((vacancy, findings))
}

fn reference(id: &Element<'_>) -> Option<VacancyRef> {
    let state = id.attribute("schemeAgencyID")?.parse().ok()?;
    let source = id.attribute("schemeID")?.parse().ok()?;
    Some(VacancyRef { state, source, id: id.token().parse().ok()? })
}

fn employer(profile: &Element<'_>, findings: &mut Findings) -> Option<Employer> {
    let told = below(profile, "PositionOrganization/OrganizationIdentifiers")?;
    let number = child(told, "OrganizationLegalID").and_then(|number| {
        let kind = parsed(number.attribute("schemeID")?, "OrganizationLegalID", findings)?;
        Some(EmployerNumber { kind, value: value(Some(number), findings)? })
    });
    let name = value(child(told, "OrganizationName"), findings);
    let state = value(child(told, "x:EmployerCountry"), findings);
    (name.is_some() || number.is_some()).then_some(Employer { state, name, number })
}

fn places(profile: &Element<'_>, findings: &mut Findings) -> Vec<crate::exchange::canonical::job::Place> {
    let addresses = children(profile, "PositionLocation").filter_map(|location| child(location, "Address"));
    let mut places = Vec::new();
    for place in addresses.filter_map(|address| place(address, findings)).collect::<Vec<_>>() {
        if !places.contains(&place) {
            places.push(place);
        }
    }
    places
}

fn demand(competency: &Element<'_>) -> (bool, Option<String>) {
    let required = child(competency, "RequiredProficiencyLevel");
    let told = required.or_else(|| child(competency, "DesiredProficiencyLevel"));
    (required.is_some(), told.and_then(|told| text(child(told, "ScoreText"))))
}

fn languages(needs: &Element<'_>, findings: &mut Findings) -> Vec<LanguageSkill> {
    let mut all = Vec::new();
    for competency in children(needs, "PositionCompetency") {
        let Some(Some(language)) = language_of(competency, findings) else { continue };
        let (is_required, score) = demand(competency);
        let level = score.and_then(|score| level(&score, findings));
        all.push(LanguageSkill { language, level, is_required });
    }
    all
}

fn skills(needs: &Element<'_>, findings: &mut Findings) -> Vec<Skill> {
    let mut all = Vec::new();
    let is_skill = |one: &&Element<'_>| language_of(one, &mut Vec::new()).is_none();
    for competency in children(needs, "PositionCompetency").filter(is_skill) {
        let code = value(child(competency, "CompetencyID"), findings);
        let name = value(child(competency, "CompetencyName"), findings);
        let (is_required, _) = demand(competency);
        if code.is_some() || name.is_some() {
            all.push(Skill { code, name, is_required });
        }
    }
    all
}

/// A level of ISCED; 9, which EURES adds for all others, is known and says none.
pub(super) fn schooling(element: Option<&Element<'_>>, findings: &mut Findings) -> Option<Schooling> {
    let is_other = text(element).as_deref() == Some("9");
    if is_other { None } else { value(element, findings) }
}

pub(super) fn certificates(area: &Element<'_>, findings: &mut Findings) -> Vec<Certificate> {
    let mut all = Vec::new();
    for told in children(area, "x:Certificate") {
        let valid_to: Option<YearMonth> =
            told.attribute("validTo").and_then(|month| parsed(month, "validTo", findings));
        all.extend(value(Some(told), findings).map(|code| Certificate { code, valid_to }));
    }
    all
}

/// The experience that is asked for; of several occupations the most.
fn months(needs: &Element<'_>, findings: &mut Findings) -> Option<u16> {
    let categories = children(needs, "ExperienceSummary").flat_map(|one| children(one, "ExperienceCategory"));
    let mut most = None;
    for measure in categories.filter_map(|category| child(category, "Measure")) {
        let factor = match measure.attribute("unitCode") {
            Some("year") => 12,
            Some("month") => 1,
            Some(_) | None => {
                left_out("Measure", &measure.token(), findings);
                continue;
            }
        };
        let count: Option<u16> = value(Some(measure), findings);
        most = most.max(count.map(|count| count.saturating_mul(factor)));
    }
    most
}

fn page(profile: &Element<'_>) -> Option<String> {
    let told = text(below(profile, "PostingInstruction/ApplicationMethod/Instructions"))?;
    (told.starts_with("https://") && !told.contains(' ')).then_some(told)
}

fn contacts(requester: &Element<'_>, findings: &mut Findings) -> Vec<Contact> {
    let mut all = Vec::new();
    for person in children(requester, "PersonContact") {
        all.extend(named(person));
        for communication in children(person, "Communication") {
            all.extend(contact(communication, findings));
        }
    }
    all
}

/// The ends of the paths of elements that are read, or need not be.
const READ: &[&str] = &[
    "/DocumentID",
    "/PositionOpeningStatusCode",
    "/PostingRequester/PartyID",
    "/PostingRequester/PartyName",
    "/PersonName/FormattedName",
    "/PersonName/GivenName",
    "/PersonName/FamilyName",
    "/Communication/ChannelCode",
    "/Communication/DialNumber",
    "/Communication/URI",
    "/ApplicationMethod/Instructions",
    "/PositionTitle",
    "/PositionLocation/Address/CityName",
    "/PositionLocation/Address/CountrySubDivisionCode",
    "/PositionLocation/Address/CountryCode",
    "/OrganizationIdentifiers/OrganizationName",
    "/OrganizationIdentifiers/OrganizationLegalID",
    "/OrganizationIdentifiers/EmployerCountry",
    "/PositionOrganization/IndustryCode",
    "/PositionOpenQuantity",
    "/PositionProfile/JobCategoryCode",
    "/PositionOfferingTypeCode",
    "/PositionCompetency/CompetencyID",
    "/PositionCompetency/TaxonomyID",
    "/PositionCompetency/CompetencyName",
    "ProficiencyLevel/ScoreText",
    "/EducationRequirement/EducationLevelCode",
    "/ExperienceCategory/CategoryCode",
    "/ExperienceCategory/Measure",
    "/PositionQualifications/LicenseTypeCode",
    "/PositionFormattedDescription/Content",
    "/PositionScheduleTypeCode",
    "/ApplicationCloseDate",
    "/UserArea/RemoteWorkIndicator",
    "/UserArea/Remote",
    "/UserArea/Mapping",
    "/UserArea/Schedule",
    "/UserArea/Certificate",
    "/UserArea/Quota",
    "/UserArea/Benefit",
    "/UserArea/ChangedAt",
];
