//! A person who seeks work as `Candidate`: whole, or the coded profile alone.

use super::opening_out::is_of_profile;
use super::pen::Pen;
use super::{ISCED, LANGUAGES, PROFILE_VERSION, SKILLS};
use crate::exchange::canonical::job::{Candidate, CandidateProfile, LanguageLevel, PastWork, Place};
use crate::exchange::canonical::{Interval, Name, Person};
use crate::exchange::document::WriteError;

/// How much of a candidate is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// The coded profile: what may leave the home node before a reveal (`privacy.md` §5).
    Profile,
    /// Who it is, too.
    Person,
}

/// Writes a candidate. Numbers of the person and his name at home have no element, and are never written.
///
/// # Errors
/// None that a candidate can cause.
pub fn write_candidate(candidate: &Candidate, told: Told) -> Result<Vec<u8>, WriteError> {
    let whole = (told == Told::Person).then_some(candidate);
    write(&candidate.profile, whole)
}

/// Writes a profile.
///
/// # Errors
/// None that a profile can cause.
pub fn write_profile(profile: &CandidateProfile) -> Result<Vec<u8>, WriteError> {
    write(profile, None)
}

fn write(profile: &CandidateProfile, whole: Option<&Candidate>) -> Result<Vec<u8>, WriteError> {
    let mut pen = Pen::new();
    pen.root("Candidate", None);
    let state = profile.state.as_code();
    let agency = [
        ("schemeID", PROFILE),
        ("schemeAgencyID", state),
        ("schemeAgencyName", state),
        ("schemeVersionID", PROFILE_VERSION),
    ];
    pen.coded("DocumentID", &agency, profile.reference);
    pen.start("CandidateSupplier", &[]).leaf("PartyID", state).leaf("PartyName", state);
    pen.leaf("PrecedenceCode", 1).end();
    person(&mut pen, profile, whole);
    pen.start("CandidateProfile", &[]);
    pen.some("ExecutiveSummary", whole.and_then(|whole| whole.summary.as_ref()).map(|text| text.as_str()));
    preferences(&mut pen, profile);
    let history: &[PastWork] = whole.map(|whole| whole.history.as_slice()).unwrap_or_default();
    pen.around("EmploymentHistory", !history.is_empty(), |pen| {
        history.iter().for_each(|past| employed(pen, past))
    });
    pen.around("EducationHistory", profile.schooling.is_some(), |pen| {
        pen.start("EducationOrganizationAttendance", &[]);
        if let Some(level) = profile.schooling {
            pen.coded("EducationLevelCode", &[("listName", ISCED.0), ("listVersionID", ISCED.1)], level);
        }
        pen.end();
    });
    pen.around("Licenses", !profile.licences.is_empty(), |pen| {
        for licence in &profile.licences {
            pen.start("License", &[]).leaf("LicenseTypeCode", licence).end();
        }
    });
    pen.around("Certifications", !profile.certificates.is_empty(), |pen| {
        for certificate in &profile.certificates {
            pen.start("Certification", &[]).leaf("CertificationTypeCode", certificate.code.as_str());
            if let Some(month) = certificate.valid_to {
                pen.start("FreeFormEffectivePeriod", &[])
                    .start("EndDate", &[])
                    .leaf("DateText", month)
                    .end()
                    .end();
            }
            pen.end();
        }
    });
    competencies(&mut pen, profile, whole.is_some());
    area(&mut pen, profile, whole.is_some());
    pen.end().end();
    pen.finish()
}

fn person(pen: &mut Pen, profile: &CandidateProfile, whole: Option<&Candidate>) {
    pen.start("CandidatePerson", &[]);
    if let Some(Candidate { person, contacts, address, .. }) = whole {
        name(pen, &person.name);
        contacts.iter().for_each(|contact| {
            pen.communication(contact);
        });
        if let Some(address) = address {
            pen.start("Communication", &[]).start("Address", &[("currentAddressIndicator", "true")]);
            pen.leaf("oa:AddressLine", address.as_str()).end().end();
        }
    }
    pen.some("ResidencyCountryCode", profile.home.as_ref().map(|home| home.country));
    let nationalities = whole.map(|whole| whole.citizenships.as_slice()).unwrap_or_default();
    nationalities.iter().for_each(|country| {
        pen.leaf("NationalityCode", country);
    });
    pen.some("BirthDate", whole.map(|whole| whole.person.birth_date));
    pen.leaf("GenderCode", whole.map_or(NOT_SPECIFIED, |whole| gender(&whole.person)));
    let native = profile.languages.iter().filter(|skill| skill.level == Some(LanguageLevel::Native));
    native.for_each(|skill| {
        pen.leaf("PrimaryLanguageCode", skill.language);
    });
    pen.end();
}

fn name(pen: &mut Pen, name: &Name) {
    pen.start("PersonName", &[]).some("oa:GivenName", name.given());
    pen.some("oa:MiddleName", name.patronymic()).some("FamilyName", name.family()).end();
}

fn gender(person: &Person) -> &'static str {
    match person.sex.as_ref().map(|code| code.as_str()) {
        Some("1") => "Male",
        Some("2") => "Female",
        Some("0") => "NotKnown",
        Some(_) | None => NOT_SPECIFIED,
    }
}

fn preferences(pen: &mut Pen, profile: &CandidateProfile) {
    let wishes = &profile.wishes;
    let schedules = || wishes.schedules.iter().filter(|schedule| is_of_profile(schedule));
    let has_place = !wishes.states.is_empty() || !wishes.places.is_empty();
    let has_work = !profile.work.is_empty() || !wishes.offerings.is_empty() || schedules().next().is_some();
    let is_there = has_place || has_work;
    pen.around("CandidatePositionPreferences", is_there, |pen| {
        let of_state = |state: &crate::exchange::canonical::State| Place {
            country: (*state).into(),
            region: None,
            name: None,
        };
        for place in wishes.states.iter().map(of_state).chain(wishes.places.iter().cloned()) {
            pen.start("PreferredLocation", &[]).start("ReferenceLocation", &[]).place(&place).end().end();
        }
        let occupations: Vec<_> = profile.work.iter().map(|worked| worked.occupation.clone()).collect();
        pen.around("JobCategory", !occupations.is_empty(), |pen| {
            occupations.iter().for_each(|occupation| {
                pen.occupation(occupation);
            });
            pen.mapped(&occupations);
        });
        wishes.offerings.iter().for_each(|offering| {
            pen.leaf("PositionOfferingTypeCode", offering);
        });
        schedules().for_each(|schedule| {
            pen.leaf("PositionScheduleTypeCode", schedule);
        });
    });
}

fn employed(pen: &mut Pen, past: &PastWork) {
    pen.start("EmployerHistory", &[])
        .some("OrganizationName", past.employer.as_ref().map(|name| name.as_str()));
    period(pen, past.interval);
    if past.position.is_some() || past.occupation.is_some() {
        pen.start("PositionHistory", &[])
            .some("PositionTitle", past.position.as_ref().map(|title| title.as_str()));
        period(pen, past.interval);
        let occupations: Vec<_> = past.occupation.iter().cloned().collect();
        occupations.iter().for_each(|occupation| {
            pen.occupation(occupation);
        });
        pen.mapped(&occupations).mappings(&occupations).end();
    }
    pen.end();
}

fn period(pen: &mut Pen, interval: Interval) {
    pen.start("EmploymentPeriod", &[])
        .start("StartDate", &[])
        .leaf("FormattedDateTime", interval.from())
        .end();
    if let Some(to) = interval.to() {
        pen.start("EndDate", &[]).leaf("FormattedDateTime", to).end();
    }
    pen.end();
}

/// Languages and skills; of a profile that leaves its node only skills with a code.
fn competencies(pen: &mut Pen, profile: &CandidateProfile, is_whole: bool) {
    let skills = || profile.skills.iter().filter(|skill| is_whole || skill.code.is_some());
    let is_there = !profile.languages.is_empty() || skills().next().is_some();
    pen.around("PersonQualifications", is_there, |pen| {
        for skill in &profile.languages {
            pen.start("PersonCompetency", &[]);
            pen.coded(
                "CompetencyID",
                &[("schemeID", LANGUAGES.0), ("schemeVersionID", LANGUAGES.1)],
                skill.language,
            );
            pen.leaf("TaxonomyID", "language");
            if let Some(level) = skill.level {
                pen.start("ProficiencyLevel", &[]).leaf("ScoreText", level).end();
            }
            pen.end();
        }
        for skill in skills() {
            pen.start("PersonCompetency", &[]);
            if let Some(code) = &skill.code {
                pen.coded("CompetencyID", &[("schemeID", SKILLS)], code.as_str());
            }
            let name = skill.name.as_ref().filter(|_| is_whole).map(|name| name.as_str());
            pen.leaf("TaxonomyID", "other").some("CompetencyName", name).end();
        }
    });
}

/// What the profile of EURES has no element for.
fn area(pen: &mut Pen, profile: &CandidateProfile, is_whole: bool) {
    let wishes = &profile.wishes;
    pen.start("UserArea", &[]);
    for worked in &profile.work {
        let Some(band) = worked.experience else { continue };
        let attributes =
            [("listName", worked.occupation.scheme.as_str()), ("code", worked.occupation.code.as_str())];
        pen.coded("x:Experience", &attributes, band);
    }
    let occupations: Vec<_> = profile.work.iter().map(|worked| worked.occupation.clone()).collect();
    pen.mappings(&occupations).remote(wishes.remote).pay(wishes.pay.as_ref());
    wishes.schedules.iter().filter(|own| !is_of_profile(own)).for_each(|own| {
        pen.leaf("x:Schedule", own);
    });
    if wishes.would_move {
        pen.leaf("x:WouldMove", true);
    }
    pen.some("x:AvailableFrom", wishes.from);
    if let Some(home) = &profile.home {
        // what the settlement is called does not leave the node with a profile
        let name = home.name.clone().filter(|_| is_whole);
        pen.start("x:Home", &[]).place(&Place { name, ..home.clone() }).end();
    }
    pen.leaf("x:Changed", profile.changed).end();
}

pub(super) const PROFILE: &str = "X-PROFILE";
const NOT_SPECIFIED: &str = "NotSpecified";
