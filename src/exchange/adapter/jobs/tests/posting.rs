//! JobPosting of schema.org.

use super::{cleaner, sample};
use crate::exchange::adapter::jobs::job_posting;
use crate::exchange::canonical::job::{Remote, Vacancy, VacancyStatus};
use serde_json::{Value, json};

fn vacancy() -> Vacancy {
    cleaner().trudvsem(&sample(), "v.json:1").unwrap().record
}

#[test]
fn a_posting_tells_the_vacancy_and_no_contact() {
    let posting = job_posting(&vacancy()).unwrap();
    for (place, told) in [
        ("/@type", json!("JobPosting")),
        ("/title", json!("Электромонтажник")),
        ("/datePosted", json!("2026-07-15")),
        ("/employmentType", json!(["FULL_TIME"])),
        ("/hiringOrganization/name", json!("ООО «Пример»")),
        ("/jobLocation/0/address/addressCountry", json!("RU")),
        ("/baseSalary/currency", json!("RUB")),
        ("/baseSalary/value/minValue", json!(60000)),
        ("/baseSalary/value/unitText", json!("MONTH")),
        ("/occupationalCategory/0/codeValue", json!("198067")),
        ("/educationRequirements/credentialCategory", json!("ISCED 2011 level 4")),
        ("/totalJobOpenings", json!(2)),
        ("/identifier/name", json!("RU/trudvsem")),
        ("/skills", json!(["Чтение схем"])),
    ] {
        assert_eq!(posting.pointer(place), Some(&told), "{place}");
    }
    let text = posting.to_string();
    assert!(!text.contains("null") && !text.contains("hr@example") && !text.contains("REDACTED"), "{text}");
    for absent in
        ["/validThrough", "/jobLocationType", "/applicantLocationRequirements", "/baseSalary/value/maxValue"]
    {
        assert_eq!(posting.pointer(absent), None, "{absent}");
    }
}

#[test]
fn work_from_afar_says_from_where_and_a_closed_vacancy_is_not_posted() {
    let posting = job_posting(&Vacancy { remote: Some(Remote::Only), ..vacancy() }).unwrap();
    assert_eq!(posting["jobLocationType"], "TELECOMMUTE");
    assert_eq!(posting["applicantLocationRequirements"][0]["@type"], "AdministrativeArea");
    assert_eq!(job_posting(&Vacancy { status: VacancyStatus::Closed, ..vacancy() }), None::<Value>);
}
