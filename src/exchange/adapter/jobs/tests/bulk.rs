//! The bulk sets of trudvsem: both generations of names, as JSON, JSON Lines and cells.

use super::{cleaner, sample};
use crate::base::Limits;
use crate::exchange::adapter::jobs::{Cleaner, Entry, EntryForm, JobTally, NamelessCandidate};
use crate::exchange::canonical::job::{ExperienceBand, LanguageLevel, Schedule, Schooling, Vacancy};
use jiff::civil::date;
use serde_json::{Value, json};
use std::ops::ControlFlow;

const SNAKE: &str = include_str!("../../../../../fixtures/vacancies/trudvsem-snake-case.json");

fn entries(form: EntryForm, text: &str) -> Vec<(Value, usize)> {
    let mut all = Vec::new();
    let told = form.read("f", &mut text.as_bytes(), &Limits::default(), &mut |entry| {
        match entry {
            Entry::Read(value, line) => all.push((value, line)),
            Entry::Aside(finding) => panic!("{finding}"),
        }
        ControlFlow::Continue(())
    });
    told.unwrap();
    all
}

/// The sample of the set is of 2024.
fn old() -> Cleaner {
    Cleaner::built_in(date(2024, 6, 1)).unwrap()
}

fn snake() -> Value {
    entries(EntryForm::Json, SNAKE).remove(0).0
}

/// The same entry in the names of the other generation.
fn camel() -> Value {
    let snake = snake();
    let company =
        json!({ "companyCode": "1", "inn": snake["company"]["inn"], "url": snake["company"]["url"] });
    let list = json!([{ "contactType": "Телефон", "contactValue": "REDACTED" }]);
    json!({
        "id": snake["id"], "vacancyName": snake["vacancy_name"], "vacancyUrl": snake["vac_url"], "status": "ACCEPTED",
        "visibility": "VISIBLE_TO_ALL", "deleted": false, "creationDate": snake["date_create"],
        "dateModify": snake["date_modify"], "codeProfession": "100656", "salaryMin": 23000, "salaryMax": 0,
        "busyType": snake["busy_type"], "scheduleType": snake["schedule_type"], "workPlaces": 2, "isQuoted": true,
        "socialProtecteds": ["инвалиды"], "experienceRequirements": 1,
        "educationRequirements": { "educationType": snake["education"] },
        "positionResponsibilities": snake["position_responsibilities"], "positionRequirements": snake["position_requirements"],
        "additionalRequirements": snake["additional_requirements"], "otherVacancyBenefit": snake["other_vacancy_benefit"],
        "fullCompanyName": "ООО «REDACTED»", "company": company, "vacancyAddress": snake["vacancy_address"],
        "addressCode": "7100000000000", "contactPerson": "REDACTED", "contactList": list,
    })
}

#[test]
fn both_generations_tell_the_same_vacancy() {
    let read = |entry: &Value| old().trudvsem(entry, "f:1").unwrap().record;
    let one = read(&snake());
    assert_eq!(one.title.as_str(), "Аппаратчик 5 разряда");
    assert!(
        one.description.as_ref().unwrap().as_str().contains("Квотируемое рабочее место для трудоустройства")
    );
    assert_eq!(
        (one.posts, one.schedule, one.schooling),
        (2, Some(Schedule::FullTime), Some(Schooling::PostSecondary))
    );
    let quotas: Vec<&str> = one.quotas.iter().map(|code| code.as_str()).collect();
    assert_eq!(quotas, ["X-DISABILITY", "X-QUOTA"]);
    assert_eq!(one.changed_at.to_string(), "2024-03-05T21:00:00Z");
    assert_eq!(one.places[0].region.as_ref().unwrap().as_str(), "71");
    let two = read(&camel());
    let bare = |vacancy: Vacancy| Vacancy { contacts: Vec::new(), page: None, ..vacancy };
    assert_eq!(bare(two), bare(one));
}

#[test]
fn json_lines_and_cells_tell_the_same_as_json() {
    let whole = camel();
    let lines = format!("{whole}\n{whole}\n");
    let all = entries(EntryForm::JsonLines, &lines);
    assert_eq!((all.len(), all[1].1), (2, 2));
    let fields = whole.as_object().unwrap();
    let cell = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let quoted = |text: String| format!("\"{}\"", text.replace('"', "\"\""));
    let header: Vec<&str> = fields.keys().map(String::as_str).collect();
    let row: Vec<String> = fields.values().map(|value| quoted(cell(value))).collect();
    let cells = format!("{}\n{}\n", header.join("|"), row.join("|"));
    let (entry, line) = entries(EntryForm::Csv { delimiter: Some('|') }, &cells).remove(0);
    let read = |entry: &Value| old().trudvsem(entry, "f:1").unwrap().record;
    assert_eq!((read(&entry), line), (read(&whole), 2));
}

#[test]
fn what_is_met_again_or_left_out_is_counted_with_the_place_where_it_was_met_first() {
    let mut tally = JobTally::default();
    for (number, id) in [(1, "a"), (2, "a"), (3, ""), (4, "b")] {
        let mut entry = sample();
        entry["id"] = json!(id);
        let place = format!("v.json:{number}");
        match cleaner().trudvsem(&entry, &place) {
            Ok(taken) if tally.is_new(&taken.record.reference.id, &place) => {
                tally.take(false, &taken.findings)
            }
            Ok(_) => {}
            Err(finding) => tally.set_aside(&finding),
        }
    }
    assert_eq!((tally.taken, tally.aside_count()), (2, 2));
    let aside: Vec<&str> = tally.aside.iter().map(|one| one.code.as_str()).collect();
    assert_eq!(aside, ["adapter.job_repeated", "adapter.job_unreadable"]);
    assert!(tally.aside[0].first.starts_with("v.json:2 id: "), "{}", tally.aside[0].first);
    assert_eq!((tally.left_out[0].field.as_str(), tally.left_out[0].count), ("experience", 2));
    assert!(tally.left_out[0].first.starts_with("v.json:1 experience: "));
}

fn cv() -> Value {
    json!({
        "id": "00000000-0000-11ed-0000-00000000000a", "birthday": "1990-01-01", "age": 36, "gender": "Мужской",
        "stateRegionCode": "7100000000000", "positionName": "Сварщик", "dateModify": "2026-07-01T14:54:42+0000",
        "driveLicenses": "В, С", "experience": 5, "salary": 22000, "scheduleType": "Вахтовый метод",
        "busyType": "Полная занятость", "relocation": "Да", "skills": "сварка, резка",
        "desirableRelocationRegions": [{ "regionCode": "7700000000000" }],
        "professionList": [{ "codeProfessionalSphere": "Finances", "codeProfession": "233699" }],
        "educationList": [{ "level": "Среднее профессиональное" }, { "level": "Высшее" }],
        "languageKnowledge": [{ "codeLanguage": "Английский", "level": "A1 — начальный" },
            { "codeLanguage": "Русский", "level": "BASIC", "isPreferred": true }],
        "workExperienceList": [{ "dateFrom": "2015-02-01", "dateTo": "2020-03-01", "companyName": "ООО «Заря»", "jobTitle": "Сварщик" },
            { "dateFrom": "", "companyName": "ООО «Вчера»" }],
        "innerInfo": { "idUser": "x", "rfCitizen": true, "visibility": "VISIBLE_TO_ALL", "deleted": false },
    })
}

#[test]
fn a_cv_gives_a_profile_and_times_of_work_and_nothing_of_who_it_is() {
    let taken = cleaner().trudvsem_cv(&cv(), "cv.csv:2").unwrap();
    let NamelessCandidate { profile, history } = &taken.record;
    assert_eq!(profile.work[0].experience, Some(ExperienceBand::TwoToFive));
    assert_eq!(profile.schooling, Some(Schooling::Bachelor));
    assert_eq!((profile.licences.len(), profile.skills.len(), history.len()), (2, 2, 1));
    assert_eq!(profile.languages[1].level, Some(LanguageLevel::Native));
    assert_eq!(profile.home.as_ref().unwrap().region.as_ref().unwrap().as_str(), "71");
    assert!(profile.wishes.would_move && profile.wishes.schedules == [Schedule::Rotation]);
    assert_eq!(profile.changed.to_string(), "2026-07");
    let written = serde_json::to_string(&taken.record).unwrap();
    for private in ["1990", "Мужской", "\"age\"", "gender"] {
        assert!(!written.contains(private), "{private}");
    }
    assert_eq!(taken.findings.len(), 1, "{:?}", taken.findings);
    for (name, value) in
        [("id", json!("7")), ("dateModify", json!("")), ("innerInfo", json!({ "deleted": true }))]
    {
        let mut entry = cv();
        entry[name] = value;
        assert!(cleaner().trudvsem_cv(&entry, "cv.csv:2").is_err(), "{name}");
    }
}
