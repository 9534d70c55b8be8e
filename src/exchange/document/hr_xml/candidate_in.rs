//! A `Candidate` as a person who seeks work, or as a profile where it does not say who that is.

use super::HrXmlError;
use super::opening_in::schooling;
use super::sheet::{
    Sheet, below, child, children, contact, language_of, left_out, level, occupations, parsed, pay, place,
    remote, tell_unread, text, unfit, value, values,
};
use crate::base::{Findings, Limits};
use crate::exchange::canonical::job::{
    Candidate, CandidateProfile, Certificate, ExperienceBand, LanguageSkill, PastWork, Place, ProfileRef,
    Skill, Wishes, Worked,
};
use crate::exchange::canonical::{Coded, Interval, Name, NameParts, Person, State, YearMonth};
use crate::exchange::document::Element;
use jiff::civil::Date;
use uuid::Uuid;

/// What a document tells of a candidate.
#[expect(clippy::large_enum_variant, reason = "there is one per document, never a collection")]
#[derive(Debug, Clone, PartialEq)]
pub enum ReadCandidate {
    /// It says who it is.
    Person(Candidate),
    /// It does not.
    Profile(CandidateProfile),
}

/// Reads a candidate, and tells what is left out.
///
/// # Errors
/// Bytes that are no `Candidate`, or one without id, state or the month of its last change.
pub fn read_candidate(document: &[u8], limits: &Limits) -> Result<(ReadCandidate, Findings), HrXmlError> {
    let Sheet { root, mut findings } = Sheet::read(document, "Candidate", limits)?;
    let notes = &mut findings;
    let id = child(&root, "DocumentID").ok_or_else(|| unfit("DocumentID", "the document has no id"))?;
    let (reference, state) =
        reference(id).ok_or_else(|| unfit("DocumentID", "write state and reference of the profile"))?;
    let told = child(&root, "CandidateProfile")
        .ok_or_else(|| unfit("CandidateProfile", "the profile is missing"))?;
    let person = child(&root, "CandidatePerson");
    let area = child(told, "UserArea");
    let changed: Option<YearMonth> = area.and_then(|area| value(child(area, "x:Changed"), notes));
    let changed = changed.ok_or_else(|| unfit("UserArea/Changed", "write the month of the last change"))?;
    let certificates = child(told, "Certifications").map(|all| certificates(all, notes)).unwrap_or_default();
    let residency = person.and_then(|person| value(child(person, "ResidencyCountryCode"), notes));
    let home = area.and_then(|area| place(child(area, "x:Home")?, notes));
    let profile = CandidateProfile {
        reference,
        state,
        work: worked(told, area, notes),
        skills: skills(told, notes),
        schooling: highest(told, notes),
        languages: languages(told, notes),
        licences: licences(told, notes),
        certificates,
        home: home.or_else(|| residency.map(|country| Place { country, region: None, name: None })),
        wishes: wishes(told, area, notes),
        changed,
    };
    let read = match person.and_then(|person| Some((person, named(person, notes)?))) {
        None => ReadCandidate::Profile(profile),
        Some((told_person, person)) => {
            let communications = || children(told_person, "Communication");
            let address = communications().find_map(|one| below(one, "Address/oa:AddressLine"));
            ReadCandidate::Person(Candidate {
                citizenships: person.citizenships.clone(),
                contacts: communications().filter_map(|one| contact(one, notes)).collect(),
                address: value(address, notes),
                summary: value(child(told, "ExecutiveSummary"), notes),
                history: history(told, notes),
                person: Person { citizenships: Vec::new(), ..person },
                profile,
            })
        }
    };
    tell_unread(&root, READ, notes);
    Ok((read, findings))
}

fn reference(id: &Element<'_>) -> Option<(ProfileRef, State)> {
    let text = id.token();
    let uuid = Uuid::parse_str(text.strip_prefix("prf_").unwrap_or(&text)).ok()?;
    Some((ProfileRef(uuid), id.attribute("schemeAgencyID")?.parse().ok()?))
}

/// Who it is: by name and day of birth, without which nobody is meant.
fn named(person: &Element<'_>, findings: &mut Findings) -> Option<Person> {
    let told = child(person, "PersonName")?;
    let parts = NameParts {
        family: text(child(told, "FamilyName")),
        given: text(child(told, "oa:GivenName")),
        patronymic: text(child(told, "oa:MiddleName")),
    };
    let name = Name::try_from(parts).ok()?;
    let birth_date = date(child(person, "BirthDate"), findings)?;
    let sex = match text(child(person, "GenderCode")).as_deref() {
        Some("Male") => Some("1"),
        Some("Female") => Some("2"),
        Some("NotKnown") => Some("0"),
        Some("NotSpecified") | None => None,
        Some(other) => {
            left_out("GenderCode", other, findings);
            None
        }
    };
    let citizenships = values(person, "NationalityCode", findings);
    let sex = sex.and_then(|sex| sex.parse().ok());
    Some(Person { name, original_name: None, birth_date, sex, citizenships, identifiers: Vec::new() })
}

/// A day, of which a time of day may follow.
fn date(element: Option<&Element<'_>>, findings: &mut Findings) -> Option<Date> {
    let element = element?;
    let held = child(element, "FormattedDateTime").or_else(|| child(element, "DateText")).unwrap_or(element);
    let text = text(Some(held))?;
    parsed(text.get(..10).unwrap_or(&text), &element.local, findings)
}

fn interval(period: Option<&Element<'_>>, findings: &mut Findings) -> Option<Interval> {
    let period = period?;
    let from = date(child(period, "StartDate"), findings)?;
    let to = date(child(period, "EndDate"), findings);
    let interval = Interval::new(from, to);
    if interval.is_err() {
        left_out("EmploymentPeriod", "", findings);
    }
    interval.ok()
}

fn worked(told: &Element<'_>, area: Option<&Element<'_>>, findings: &mut Findings) -> Vec<Worked> {
    let categories =
        children(told, "CandidatePositionPreferences").flat_map(|one| children(one, "JobCategory"));
    let codes = categories.flat_map(|category| children(category, "JobCategoryCode"));
    let bands: Vec<_> = area.into_iter().flat_map(|area| children(area, "x:Experience")).collect();
    let mut all = Vec::new();
    for occupation in occupations(codes, area, findings) {
        let of = |band: &&&Element<'_>| {
            band.attribute("listName") == Some(occupation.scheme.as_str())
                && band.attribute("code") == Some(occupation.code.as_str())
        };
        let band = bands.iter().find(of).copied();
        let experience: Option<ExperienceBand> = value(band, findings);
        all.push(Worked { occupation, experience });
    }
    all
}

fn competencies<'e>(told: &'e Element<'e>) -> impl Iterator<Item = &'e Element<'e>> {
    children(told, "PersonQualifications").flat_map(|one| children(one, "PersonCompetency"))
}

fn languages(told: &Element<'_>, findings: &mut Findings) -> Vec<LanguageSkill> {
    let mut all = Vec::new();
    for competency in competencies(told) {
        let Some(Some(language)) = language_of(competency, findings) else { continue };
        let score = text(below(competency, "ProficiencyLevel/ScoreText"));
        let level = score.and_then(|score| level(&score, findings));
        all.push(LanguageSkill { language, level, is_required: false });
    }
    all
}

fn skills(told: &Element<'_>, findings: &mut Findings) -> Vec<Skill> {
    let mut all = Vec::new();
    for competency in competencies(told).filter(|one| language_of(one, &mut Vec::new()).is_none()) {
        let code = value(child(competency, "CompetencyID"), findings);
        let name = value(child(competency, "CompetencyName"), findings);
        if code.is_some() || name.is_some() {
            all.push(Skill { code, name, is_required: false });
        }
    }
    all
}

fn highest(
    told: &Element<'_>,
    findings: &mut Findings,
) -> Option<crate::exchange::canonical::job::Schooling> {
    let attended =
        children(told, "EducationHistory").flat_map(|one| children(one, "EducationOrganizationAttendance"));
    attended.filter_map(|one| schooling(child(one, "EducationLevelCode"), findings)).max()
}

fn licences(
    told: &Element<'_>,
    findings: &mut Findings,
) -> Vec<crate::exchange::canonical::job::DrivingLicence> {
    let licences = children(told, "Licenses").flat_map(|one| children(one, "License"));
    licences.filter_map(|one| value(child(one, "LicenseTypeCode"), findings)).collect()
}

fn certificates(all: &Element<'_>, findings: &mut Findings) -> Vec<Certificate> {
    let mut read = Vec::new();
    for told in children(all, "Certification") {
        let code: Option<Coded> = value(child(told, "CertificationTypeCode"), findings);
        let end = below(told, "FreeFormEffectivePeriod/EndDate/DateText");
        let valid_to = text(end).and_then(|text| parsed(text.get(..7).unwrap_or(&text), "EndDate", findings));
        read.extend(code.map(|code| Certificate { code, valid_to }));
    }
    read
}

fn wishes(told: &Element<'_>, area: Option<&Element<'_>>, findings: &mut Findings) -> Wishes {
    let mut wishes = Wishes::default();
    if let Some(told) = child(told, "CandidatePositionPreferences") {
        for preferred in children(told, "PreferredLocation").filter_map(|one| child(one, "ReferenceLocation"))
        {
            let Some(place) = place(preferred, findings) else { continue };
            let state = place.country.as_code().parse::<State>().ok();
            match state.filter(|_| place.region.is_none() && place.name.is_none()) {
                Some(state) => wishes.states.push(state),
                None => wishes.places.push(place),
            }
        }
        wishes.offerings = values(told, "PositionOfferingTypeCode", findings);
        wishes.schedules = values(told, "PositionScheduleTypeCode", findings);
    }
    if let Some(area) = area {
        wishes.schedules.extend(values::<crate::exchange::canonical::job::Schedule>(
            area,
            "x:Schedule",
            findings,
        ));
        wishes.would_move = text(child(area, "x:WouldMove")).as_deref() == Some("true");
        wishes.remote = remote(area, findings);
        wishes.pay = pay(area, findings);
        wishes.from = value(child(area, "x:AvailableFrom"), findings);
    }
    wishes
}

fn history(told: &Element<'_>, findings: &mut Findings) -> Vec<PastWork> {
    let mut all = Vec::new();
    for employer in children(told, "EmploymentHistory").flat_map(|one| children(one, "EmployerHistory")) {
        let name = child(employer, "OrganizationName");
        let own = child(employer, "EmploymentPeriod");
        let positions: Vec<&Element<'_>> = children(employer, "PositionHistory").collect();
        for position in positions.iter().map(|one| Some(*one)).chain(positions.is_empty().then_some(None)) {
            let period = position.and_then(|one| child(one, "EmploymentPeriod")).or(own);
            let Some(interval) = interval(period, findings) else { continue };
            let codes = position.into_iter().flat_map(|one| children(one, "JobCategoryCode"));
            all.push(PastWork {
                interval,
                employer: value(name, findings),
                position: position.and_then(|one| value(child(one, "PositionTitle"), findings)),
                occupation: occupations(codes, position, findings).into_iter().next(),
            });
        }
    }
    all
}

/// The ends of the paths of elements that are read, or need not be.
const READ: &[&str] = &[
    "/DocumentID",
    "/CandidateSupplier/PartyID",
    "/CandidateSupplier/PartyName",
    "/CandidateSupplier/PrecedenceCode",
    "/CandidatePerson/PersonName/GivenName",
    "/CandidatePerson/PersonName/MiddleName",
    "/CandidatePerson/PersonName/FamilyName",
    "/Communication/ChannelCode",
    "/Communication/DialNumber",
    "/Communication/URI",
    "/Communication/Address/AddressLine",
    "/CandidatePerson/ResidencyCountryCode",
    "/CandidatePerson/NationalityCode",
    "/CandidatePerson/BirthDate",
    "/CandidatePerson/GenderCode",
    "/CandidatePerson/PrimaryLanguageCode",
    "/ExecutiveSummary",
    "/ReferenceLocation/CityName",
    "/ReferenceLocation/CountrySubDivisionCode",
    "/ReferenceLocation/CountryCode",
    "/JobCategoryCode",
    "/PositionOfferingTypeCode",
    "/PositionScheduleTypeCode",
    "/EmployerHistory/OrganizationName",
    "/StartDate/FormattedDateTime",
    "/StartDate/DateText",
    "/EndDate/FormattedDateTime",
    "/EndDate/DateText",
    "/PositionHistory/PositionTitle",
    "/PositionHistory/Mapping",
    "/EducationOrganizationAttendance/EducationLevelCode",
    "/License/LicenseTypeCode",
    "/Certification/CertificationTypeCode",
    "/PersonCompetency/CompetencyID",
    "/PersonCompetency/TaxonomyID",
    "/PersonCompetency/CompetencyName",
    "/ProficiencyLevel/ScoreText",
    "/UserArea/RemoteWorkIndicator",
    "/UserArea/Remote",
    "/UserArea/Mapping",
    "/UserArea/Experience",
    "/UserArea/Schedule",
    "/UserArea/WouldMove",
    "/UserArea/AvailableFrom",
    "/Home/CityName",
    "/Home/CountrySubDivisionCode",
    "/Home/CountryCode",
    "/UserArea/Changed",
];
