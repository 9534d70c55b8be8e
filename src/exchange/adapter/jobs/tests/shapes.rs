//! The interface of trudvsem: its sample, and every variant of shape of it.

use super::{cleaner, sample};
use crate::base::Finding;
use crate::exchange::adapter::jobs::Taken;
use crate::exchange::canonical::job::{ContactChannel, Remote, Schedule, Schooling, Vacancy, VacancyStatus};
use proptest::prelude::*;
use serde_json::{Value, json};

fn read(entry: &Value) -> Result<Taken<Vacancy>, Finding> {
    cleaner().trudvsem(entry, "v.json:1")
}

fn taken(entry: &Value) -> Vacancy {
    read(entry).unwrap().record
}

fn with(changes: Value) -> Value {
    let mut entry = sample();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            entry.as_object_mut().unwrap().remove(name);
        } else {
            entry[name] = value.clone();
        }
    }
    entry
}

/// Codes and fields of what is left out, in order.
fn left_out(entry: &Value) -> Vec<(String, String)> {
    let findings = read(entry).unwrap().findings;
    let field = |finding: &Finding| finding.path.strip_prefix("v.json:1 ").unwrap().to_owned();
    assert!(findings.iter().all(|finding| !finding.is_error()));
    findings.iter().map(|finding| (finding.code.clone(), field(finding))).collect()
}

#[test]
fn the_sample_is_read_whole() {
    let Taken { record, findings } = read(&sample()).unwrap();
    assert_eq!(record.reference.id.as_str(), "00000000-0000-11ee-0000-000000000001");
    assert_eq!(
        (record.title.as_str(), record.status, record.posts),
        ("Электромонтажник", VacancyStatus::Open, 2)
    );
    let description = record.description.as_ref().unwrap().as_str();
    assert_eq!(description, "Монтаж кабельных линий Группа допуска III 5 разряд");
    let pay = record.pay.unwrap();
    assert_eq!(
        (pay.min().unwrap().to_string().as_str(), pay.max(), pay.currency().as_code()),
        ("60000", None, "RUB")
    );
    let occupation = &record.occupations[0];
    assert_eq!(
        (occupation.scheme.as_str(), occupation.code.as_str(), occupation.isco),
        ("okpdtr", "198067", None)
    );
    assert_eq!(record.schedule, Some(Schedule::FullTime));
    assert_eq!(record.offering, None, "full time is no kind of contract");
    assert_eq!(record.schooling, Some(Schooling::PostSecondary));
    let place = &record.places[0];
    assert_eq!(
        (place.region.as_ref().unwrap().as_str(), place.name.as_ref().unwrap().as_str()),
        ("77", "г Москва")
    );
    assert_eq!(record.skills[0].name.as_ref().unwrap().as_str(), "Чтение схем");
    assert_eq!(record.posted_on.to_string(), "2026-07-15");
    assert_eq!(record.changed_at.to_string(), "2026-07-16T00:00:00Z");
    assert!(record.page.is_some() && !record.is_of_agency);
    let channels: Vec<ContactChannel> = record.contacts.iter().map(|contact| contact.channel).collect();
    assert_eq!(
        channels,
        [ContactChannel::Person, ContactChannel::Email],
        "what is written twice stands once"
    );
    let told: Vec<(&str, &str)> = findings.iter().map(|one| (one.code.as_str(), one.path.as_str())).collect();
    assert_eq!(told, [("adapter.job_code", "v.json:1 experience")], "its numbers are not documented");
}

#[test]
fn every_shape_of_a_field_is_read_alike() {
    let whole = taken(&sample());
    let same = [
        json!({ "region": "Город Москва" }),
        json!({ "region": null }),
        json!({ "skills": "Чтение схем" }),
        json!({ "skills": [{ "name": "Чтение схем" }] }),
        json!({ "addresses": { "address": { "location": "г Москва" } } }),
        json!({ "addresses": { "address": "г Москва" } }),
        json!({ "employment": { "name": "Полная занятость" }, "schedule": { "name": "Полный рабочий день" } }),
        json!({ "employment": null }),
        json!({ "schedule": null }),
        json!({ "salary_min": "60000", "salary_max": "0.00", "currency": "RUR" }),
        json!({ "salary_max": null }),
        json!({ "code_profession": 198067 }),
        json!({ "work_places": "2" }),
        json!({ "status": "ACCEPTED" }),
        json!({ "state": "active", "deleted": false, "archived": "false", "is-invalid": 0 }),
        json!({ "expiration-date": null }),
        json!({ "creation-date": "2026-07-15T10:00:00+0300", "date_modify": "2026-07-16T03:00:00+0300" }),
        json!({ "unheard_of": { "a": [1] } }),
    ];
    for changes in same {
        let vacancy = Vacancy { closes_on: None, ..taken(&with(changes.clone())) };
        assert_eq!(vacancy, whole, "{changes}");
    }
    let nested = json!({ "vacancy": sample() });
    assert_eq!(taken(&nested), whole);
    let bare = taken(&with(
        json!({ "requirement": "Знание норм", "skills": null, "company": "ООО «Пример»", "addresses": {} }),
    ));
    assert_eq!((bare.schooling, bare.skills.len(), bare.places.len()), (None, 0, 0));
    assert!(bare.description.unwrap().as_str().contains("Знание норм"));
    assert_eq!(bare.employer.unwrap().name.unwrap().as_str(), "ООО «Пример»");
}

#[test]
fn the_end_of_a_vacancy_is_told_under_several_names() {
    for changes in [
        json!({ "deleted": true }),
        json!({ "archived": "true" }),
        json!({ "is-invalid": true }),
        json!({ "status": "CLOSED" }),
        json!({ "state": "archived" }),
        json!({ "expiration-date": "2026-07-31" }),
    ] {
        assert_eq!(taken(&with(changes.clone())).status, VacancyStatus::Closed, "{changes}");
    }
    let strange = with(json!({ "status": "PERHAPS" }));
    assert_eq!(taken(&strange).status, VacancyStatus::Closed, "nobody shall apply in vain");
    assert!(left_out(&strange).contains(&("adapter.job_code".to_owned(), "status".to_owned())));
    let last = taken(&with(json!({ "expiration-date": "2026-08-01" })));
    assert_eq!(
        (last.status, last.closes_on.unwrap().to_string().as_str()),
        (VacancyStatus::Open, "2026-08-01")
    );
}

#[test]
fn what_nobody_knows_is_absent_and_told_never_guessed() {
    let entry = with(json!({
        "employment": "По настроению", "schedule": "Ночами", "requirement": { "education": "Самоучка", "experience": 9 },
        "required_drive_license": "Я", "social_protected": "Поэты", "code_profession": "198068",
        "languageKnowledge": [{ "codeLanguage": "Эльфийский", "level": "A1" }, { "codeLanguage": "Английский", "level": "Так себе" }],
    }));
    let vacancy = taken(&entry);
    assert_eq!((vacancy.offering, vacancy.schedule, vacancy.remote), (None, None, None));
    assert_eq!((vacancy.schooling, vacancy.experience_months, vacancy.licences.len()), (None, None, 0));
    assert!(vacancy.quotas.is_empty());
    assert_eq!((vacancy.languages.len(), vacancy.languages[0].level), (1, None));
    assert_eq!(
        vacancy.occupations[0].code.as_str(),
        "198068",
        "a failed check is a warning, never a silent fix"
    );
    let told: Vec<String> = left_out(&entry).into_iter().map(|(_, field)| field).collect();
    for field in [
        "schedule",
        "employment",
        "education",
        "experience",
        "required_drive_license",
        "social_protected",
        "code_profession",
        "languageKnowledge",
        "languageKnowledge/level",
    ] {
        assert!(told.iter().any(|own| own == field), "{field} in {told:?}");
    }
}

#[test]
fn remote_work_is_a_flag_though_the_portal_calls_it_employment() {
    let vacancy = taken(&with(json!({ "employment": "Удаленная", "schedule": "Вахтовый метод" })));
    assert_eq!(
        (vacancy.remote, vacancy.schedule, vacancy.offering),
        (Some(Remote::Only), Some(Schedule::Rotation), None)
    );
}

#[test]
fn pay_that_makes_no_sense_costs_only_itself() {
    for (changes, code) in [
        (json!({ "currency": "фантик" }), "adapter.job_currency"),
        (json!({ "salary_min": 100, "salary_max": 50 }), "adapter.job_pay"),
        (json!({ "salary_min": "договорная" }), "adapter.job_pay"),
    ] {
        let entry = with(changes);
        assert_eq!(taken(&entry).pay, None);
        assert!(left_out(&entry).iter().any(|(own, _)| own == code), "{code}");
    }
}

#[test]
fn contacts_stand_in_their_fields_alone() {
    let entry = with(json!({
        "contact_person": "Иванова Мария Петровна",
        "contact_list": [{ "contact_type": "Телефон", "contact_value": "+7 912 345-67-89" }],
        "duty": "<p>Звонить Ивановой? Нет: Иванова М.П., 8-912-345-67-89, или t.me/somebody</p>",
        "job-name": "Сварщик (тел. 8 912 345 67 89)",
        "skills": ["сварка, mail@example.invalid"],
    }));
    let vacancy = taken(&entry);
    let public = serde_json::to_string(&vacancy.without_contacts()).unwrap();
    for private in ["912", "somebody", "mail@", "Иванова М", "hr@example", "contact"] {
        assert!(!public.contains(private), "{private}: {public}");
    }
    let mut channels: Vec<&str> = vacancy.contacts.iter().map(|contact| contact.channel.as_code()).collect();
    channels.sort_unstable();
    assert_eq!(channels, ["Email", "Email", "InstantMessage", "Telephone", "X-Person"]);
}

#[test]
fn an_entry_without_what_it_is_about_is_set_aside_with_its_place() {
    for (changes, code, field) in [
        (json!({ "id": "" }), "adapter.job_unreadable", "id"),
        (json!({ "job-name": "<p> </p>" }), "adapter.job_unreadable", "job-name"),
        (json!({ "creation-date": null, "date_modify": "вчера" }), "adapter.job_unreadable", "date_modify"),
        (
            json!({ "creation-date": "2019-01-01", "date_modify": "2019-01-02" }),
            "adapter.job_stale",
            "date_modify",
        ),
        (json!({ "visibility": "ONLY_ME" }), "adapter.job_hidden", "visibility"),
    ] {
        let finding = read(&with(changes)).unwrap_err();
        assert_eq!((finding.code.as_str(), finding.path.clone()), (code, format!("v.json:1 {field}")));
        assert!(finding.is_error());
    }
    for nonsense in [json!(null), json!(1), json!([]), json!({}), json!({ "vacancy": [] })] {
        assert!(read(&nonsense).is_err(), "{nonsense}");
    }
}

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-zА-я<>&;@+0-9 \u{0}-\u{8}]{0,12}".prop_map(Value::from),
        Just(json!("2026-07-15")),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("(name|id|address|location|level|education)", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_value_in_any_field_is_taken_or_set_aside_and_what_is_taken_is_lawful(
        name in prop::sample::select(sample().as_object().unwrap().keys().cloned().collect::<Vec<_>>()),
        value in anything(),
    ) {
        let mut entry = sample();
        entry[&name] = value;
        if let Ok(Taken { record, findings }) = read(&entry) {
            prop_assert!(findings.iter().all(|finding| !finding.is_error()));
            let written = serde_json::to_string(&record).unwrap();
            prop_assert_eq!(serde_json::from_str::<Vacancy>(&written).unwrap(), record);
        }
    }
}
