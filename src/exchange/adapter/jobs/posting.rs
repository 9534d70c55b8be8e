//! A vacancy as `JobPosting` of schema.org (JSON-LD), as search engines read it. It is public: no contact stands in it, and
//! nothing of citizenship.

use crate::exchange::canonical::Country;
use crate::exchange::canonical::job::{
    Offering, Pay, PayInterval, Place, Remote, Schedule, Vacancy, VacancyStatus,
};
use serde_json::{Map, Value, json};

/// The posting of an open vacancy; none of a closed one, which nobody may find. What is absent is absent.
pub fn job_posting(vacancy: &Vacancy) -> Option<Value> {
    if vacancy.status == VacancyStatus::Closed {
        return None;
    }
    let mut posting = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            posting.insert(name.to_owned(), value);
        }
    };
    let texts = |all: Vec<&str>| (!all.is_empty()).then(|| json!(all));
    let reference = &vacancy.reference;
    put("@context", Some(json!("https://schema.org")));
    put("@type", Some(json!("JobPosting")));
    put("title", Some(json!(vacancy.title)));
    put("description", vacancy.description.as_ref().map(|text| json!(text)));
    put("inLanguage", vacancy.language.map(|language| json!(language)));
    put("datePosted", Some(json!(vacancy.posted_on)));
    put("validThrough", vacancy.closes_on.map(|day| json!(day)));
    put("employmentType", texts(kinds(vacancy)));
    put("hiringOrganization", organization(vacancy));
    let locations: Vec<Value> = vacancy.places.iter().map(location).collect();
    put("jobLocation", (!locations.is_empty()).then(|| json!(locations)));
    if vacancy.remote == Some(Remote::Only) {
        put("jobLocationType", Some(json!("TELECOMMUTE")));
        let areas: Vec<Value> = vacancy.places.iter().map(area).collect();
        put("applicantLocationRequirements", (!areas.is_empty()).then(|| json!(areas)));
    }
    put("baseSalary", vacancy.pay.as_ref().map(salary));
    let mut categories: Vec<Value> = Vec::new();
    for occupation in &vacancy.occupations {
        categories.push(category(occupation.scheme.as_str(), occupation.code.as_str()));
        categories.extend(occupation.isco.map(|isco| category("isco-08", isco.as_code())));
    }
    categories.dedup();
    put("occupationalCategory", (!categories.is_empty()).then(|| json!(categories)));
    put(
        "educationRequirements",
        vacancy.schooling.map(|level| {
            let told = format!("ISCED 2011 level {level}");
            json!({ "@type": "EducationalOccupationalCredential", "credentialCategory": told })
        }),
    );
    put(
        "experienceRequirements",
        vacancy.experience_months.map(
            |months| json!({ "@type": "OccupationalExperienceRequirements", "monthsOfExperience": months }),
        ),
    );
    put(
        "skills",
        texts(vacancy.skills.iter().filter_map(|skill| Some(skill.name.as_ref()?.as_str())).collect()),
    );
    put("industry", texts(vacancy.industries.iter().map(|code| code.as_str()).collect()));
    put("totalJobOpenings", Some(json!(vacancy.posts)));
    put(
        "identifier",
        Some(json!({
            "@type": "PropertyValue", "name": format!("{}/{}", reference.state, reference.source.as_str()), "value": reference.id,
        })),
    );
    put("url", vacancy.page.as_ref().map(|page| json!(page)));
    put("workHours", vacancy.schedule.and_then(hours).map(|told| json!(told)));
    Some(Value::Object(posting))
}

/// What schema.org has words for; the rest stays untold.
fn kinds(vacancy: &Vacancy) -> Vec<&'static str> {
    let by_schedule = vacancy.schedule.and_then(|schedule| match schedule {
        Schedule::FullTime | Schedule::Shift | Schedule::Rotation => Some("FULL_TIME"),
        Schedule::PartTime => Some("PART_TIME"),
        Schedule::FlexTime | Schedule::Any => None,
    });
    let by_offering = vacancy.offering.and_then(|offering| match offering {
        Offering::Temporary | Offering::TemporaryToHire | Offering::Seasonal => Some("TEMPORARY"),
        Offering::Contract | Offering::ContractToHire | Offering::SelfEmployed => Some("CONTRACTOR"),
        Offering::Internship => Some("INTERN"),
        Offering::Volunteer => Some("VOLUNTEER"),
        Offering::OnCall => Some("PER_DIEM"),
        Offering::Apprenticeship | Offering::RecruitmentReserve => Some("OTHER"),
        Offering::DirectHire => None,
    });
    // work in shifts or away from home may be for a part of the time: they are told as hours
    let by_schedule =
        by_schedule.filter(|_| !matches!(vacancy.schedule, Some(Schedule::Shift | Schedule::Rotation)));
    by_schedule.into_iter().chain(by_offering).collect()
}

fn hours(schedule: Schedule) -> Option<&'static str> {
    match schedule {
        Schedule::FlexTime => Some("flexible hours"),
        Schedule::Shift => Some("shifts"),
        Schedule::Rotation => Some("rotation away from home"),
        Schedule::FullTime | Schedule::PartTime | Schedule::Any => None,
    }
}

fn organization(vacancy: &Vacancy) -> Option<Value> {
    let employer = vacancy.employer.as_ref()?;
    let mut told = Map::new();
    told.insert("@type".to_owned(), json!("Organization"));
    if let Some(name) = &employer.name {
        told.insert("name".to_owned(), json!(name));
    }
    if let Some(number) = &employer.number {
        let value = json!({ "@type": "PropertyValue", "name": number.kind, "value": number.value });
        told.insert("identifier".to_owned(), value);
    }
    Some(Value::Object(told))
}

fn location(place: &Place) -> Value {
    let mut address = Map::new();
    address.insert("@type".to_owned(), json!("PostalAddress"));
    address.insert("addressCountry".to_owned(), json!(place.country));
    if let Some(name) = &place.name {
        address.insert("addressLocality".to_owned(), json!(name));
    }
    json!({ "@type": "Place", "address": address })
}

/// From where one may work; no word of whose citizen one is.
fn area(place: &Place) -> Value {
    let country: Country = place.country;
    let name = place.name.as_ref().map_or(country.as_code(), |name| name.as_str());
    json!({ "@type": "AdministrativeArea", "name": name })
}

fn salary(pay: &Pay) -> Value {
    let mut value = Map::new();
    value.insert("@type".to_owned(), json!("QuantitativeValue"));
    for (name, end) in [("minValue", pay.min()), ("maxValue", pay.max())] {
        let number = end.and_then(|end| end.normalize().to_string().parse::<serde_json::Number>().ok());
        value.extend(number.map(|number| (name.to_owned(), json!(number))));
    }
    let unit = match pay.interval() {
        PayInterval::Hour => Some("HOUR"),
        PayInterval::Day => Some("DAY"),
        PayInterval::Week => Some("WEEK"),
        PayInterval::Month => Some("MONTH"),
        PayInterval::Year => Some("YEAR"),
        PayInterval::Once => None,
    };
    value.extend(unit.map(|unit| ("unitText".to_owned(), json!(unit))));
    json!({ "@type": "MonetaryAmount", "currency": pay.currency(), "value": value })
}

fn category(list: &str, code: &str) -> Value {
    json!({ "@type": "CategoryCode", "inCodeSet": list, "codeValue": code })
}
