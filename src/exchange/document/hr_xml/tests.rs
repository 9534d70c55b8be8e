//! There and back, field by field; and the defects that were seen elsewhere (D6, D7, D11, D12, D15).

use super::*;
use crate::base::Limits;
use crate::exchange::canonical::job::{
    Candidate, CandidateProfile, Contact, ContactChannel, Vacancy, VacancyStatus,
};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A vacancy with a value in every field.
fn vacancy() -> Value {
    json!({
        "reference": { "state": "KZ", "source": "enbek", "id": "v-1" }, "status": "open", "title": "Сварщик & монтажник",
        "language": "ru", "description": "Сварка < 5 мм ]]> • чтение чертежей",
        "occupations": [
            { "scheme": "nkrk-01", "edition": "2017", "code": "7212-1", "isco": "7212", "relation": "exact" },
            { "scheme": "isco-08", "edition": "2008", "code": "7213", "isco": "7213" },
            { "scheme": "okpdtr", "edition": "OK 016-94", "code": "197567" }],
        "employer": { "state": "KZ", "name": "ТОО «Дала»", "number": { "kind": "bin", "value": "012345678901" } },
        "is_of_agency": true,
        "places": [{ "country": "KZ", "region": "75", "name": "Алматы" }, { "country": "RU", "region": "77" }],
        "remote": "possible", "pay": { "min": "250000", "max": "300000.50", "currency": "KZT", "interval": "month", "tax": "net" },
        "offering": "Temporary", "schedule": "FullTime",
        "skills": [{ "code": "X0101", "name": "сварка", "is_required": true }, { "name": "резка" }, { "code": "X0102" }],
        "languages": [{ "language": "kk", "level": "B2", "is_required": true }, { "language": "ru", "level": "native" },
            { "language": "en", "is_required": true }, { "language": "de" }],
        "licences": ["B", "C1E"], "certificates": [{ "code": "X-WELD-3", "valid_to": "2027-05" }, { "code": "X-WELD-4" }],
        "schooling": "4", "experience_months": 18, "posts": 3, "quotas": ["X-QUOTA"], "benefits": ["1", "4"],
        "industries": ["C33.1.7"], "posted_on": "2026-07-01", "changed_at": "2026-07-02T10:11:12Z",
        "closes_on": "2026-09-01", "page": "https://enbek.example/v-1?a=1&b=2",
        "contacts": [{ "channel": "X-Person", "value": "Ахметова Айгуль" }, { "channel": "Email", "value": "hr@example.invalid" },
            { "channel": "MobileTelephone", "value": "+7 701 000 00 00" }, { "channel": "InstantMessage", "value": "tg:somebody" }],
    })
}

fn of<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap()
}

fn back(vacancy: &Vacancy) -> (Vacancy, Vec<String>) {
    let document = write_opening(vacancy, Contacts::Shown).unwrap();
    let (read, findings) = read_opening(&document, &Limits::default()).unwrap();
    (read, findings.iter().map(ToString::to_string).collect())
}

#[test]
fn every_field_of_a_vacancy_comes_back_alone_and_with_all_others() {
    let whole: Vacancy = of(&vacancy());
    assert_eq!(back(&whole), (whole.clone(), vec![]));
    let needed = ["reference", "status", "title", "posts", "posted_on", "changed_at"];
    let all = vacancy();
    let mut bare = json!({});
    needed.iter().for_each(|name| bare[*name] = all[*name].clone());
    let alone: Vacancy = of(&bare);
    assert_eq!(back(&alone), (alone, vec![]));
    for (name, value) in all.as_object().unwrap() {
        let mut one = bare.clone();
        one[name] = value.clone();
        let one: Vacancy = of(&one);
        assert_eq!(back(&one), (one, vec![]), "{name} alone");
        if !needed.contains(&name.as_str()) {
            let mut without = all.clone();
            without.as_object_mut().unwrap().remove(name);
            let without: Vacancy = of(&without);
            assert_eq!(back(&without), (without, vec![]), "without {name}");
        }
    }
}

#[test]
fn every_code_of_a_list_comes_back() {
    let lists: [(&str, Vec<&str>); 6] = [
        (
            "offering",
            crate::exchange::canonical::job::Offering::ALL.iter().map(|one| one.as_code()).collect(),
        ),
        (
            "schedule",
            crate::exchange::canonical::job::Schedule::ALL.iter().map(|one| one.as_code()).collect(),
        ),
        ("remote", crate::exchange::canonical::job::Remote::ALL.iter().map(|one| one.as_code()).collect()),
        (
            "schooling",
            crate::exchange::canonical::job::Schooling::ALL.iter().map(|one| one.as_code()).collect(),
        ),
        ("status", VacancyStatus::ALL.iter().map(|one| one.as_code()).collect()),
        ("language", vec!["hy", "be"]),
    ];
    for (name, codes) in lists {
        for code in codes {
            let mut one = vacancy();
            one[name] = json!(code);
            let one: Vacancy = of(&one);
            assert_eq!(back(&one).0, one, "{name} {code}");
        }
    }
    for months in [0, 1, 12, 18, 60] {
        let one = Vacancy { experience_months: Some(months), ..of(&vacancy()) };
        assert_eq!(back(&one).0, one, "{months} months");
    }
}

#[test]
fn what_is_absent_is_not_printed_and_no_contact_is_told_unasked() {
    let text =
        |vacancy: &Vacancy, contacts| String::from_utf8(write_opening(vacancy, contacts).unwrap()).unwrap();
    let mut bare = vacancy();
    for name in [
        "employer",
        "offering",
        "schedule",
        "schooling",
        "page",
        "pay",
        "closes_on",
        "language",
        "description",
    ] {
        bare.as_object_mut().unwrap().remove(name);
    }
    let told = text(&of(&bare), Contacts::Kept);
    assert!(!told.contains("null") && !told.contains("DirectHire") && !told.contains("FullTime"), "{told}");
    assert!(!told.contains("></") || told.contains("<RequiredProficiencyLevel></"), "{told}");
    for private in ["Ахметова", "hr@example", "701", "somebody"] {
        assert!(!told.contains(private), "{private}");
        assert!(text(&of(&vacancy()), Contacts::Shown).contains(private), "{private}");
    }
}

#[test]
fn the_status_is_that_of_the_record_and_mail_stands_in_its_own_element() {
    let closed = Vacancy { status: VacancyStatus::Closed, ..of(&vacancy()) };
    let text = String::from_utf8(write_opening(&closed, Contacts::Shown).unwrap()).unwrap();
    assert!(
        text.contains(r#"<PositionOpeningStatusCode name="Closed">Closed</"#) && !text.contains("Active")
    );
    assert!(text.contains(
        "<ChannelCode>Email</ChannelCode><oa:URI xmlns:oa=\"http://www.openapplications.org/oagis/9\">hr@"
    ));
    assert_eq!(text.matches("DialNumber xmlns").count(), 1, "only the number is a number");
}

#[test]
fn characters_that_xml_does_not_allow_are_filtered_in_every_section() {
    let mut odd: Vacancy = of(&vacancy());
    odd.contacts =
        vec![Contact { channel: ContactChannel::Email, value: "a\u{1}b\u{ffff}@example.invalid".to_owned() }];
    odd.page = Some("https://example.invalid/\u{b}x".to_owned());
    let (read, _) = back(&odd);
    assert_eq!(read.contacts[0].value, "ab@example.invalid");
    assert_eq!(read.page.as_deref(), Some("https://example.invalid/x"));
}

#[test]
fn a_country_alone_is_dropped_where_a_nearer_place_is_told_and_repeats_are_folded() {
    let mut many = vacancy();
    many["places"] = json!([{ "country": "KZ" }, { "country": "KZ", "region": "75" }, { "country": "KZ", "region": "75" }, { "country": "KG" }]);
    let (read, _) = back(&of(&many));
    assert_eq!(json!(read.places), json!([{ "country": "KZ", "region": "75" }, { "country": "KG" }]));
}

#[test]
fn what_is_no_value_of_its_list_or_has_no_place_is_left_out_and_told() {
    let document = String::from_utf8(write_opening(&of(&vacancy()), Contacts::Kept).unwrap()).unwrap();
    for (from, to, place) in [
        (">Temporary<", ">Forever<", "PositionOfferingTypeCode"),
        (">FullTime<", ">Sometimes<", "PositionScheduleTypeCode"),
        (">B2<", ">B9<", "ScoreText"),
        (">4</EducationLevelCode>", ">44</EducationLevelCode>", "EducationLevelCode"),
        (">2026-09-01<", ">soon<", "ApplicationCloseDate"),
        (
            "<PositionOpenQuantity>",
            "<PositionPeriod><StartDate><DateText>2026-08-01</DateText></StartDate></PositionPeriod><PositionOpenQuantity>",
            "DateText",
        ),
        (
            "<PositionOpenQuantity>",
            "<WorkingLanguageCode>kk</WorkingLanguageCode><PositionOpenQuantity>",
            "WorkingLanguageCode",
        ),
    ] {
        assert!(document.contains(from), "{from}");
        let (_, findings) =
            read_opening(document.replacen(from, to, 1).as_bytes(), &Limits::default()).unwrap();
        assert_eq!(findings.len(), 1, "{to}: {findings:?}");
        assert!(
            findings[0].path.ends_with(place) && findings[0].code == "document.hr_xml_value",
            "{}",
            findings[0]
        );
    }
    let (read, _) =
        read_opening(document.replacen(">Temporary<", ">Forever<", 1).as_bytes(), &Limits::default())
            .unwrap();
    assert_eq!(read.offering, None, "never DirectHire");
}

#[test]
fn a_document_without_what_each_must_have_is_refused() {
    let document = String::from_utf8(write_opening(&of(&vacancy()), Contacts::Kept).unwrap()).unwrap();
    for (from, to) in [
        ("DocumentID", "Dokument"),
        ("schemeAgencyID=\"KZ\"", "schemeAgencyID=\"ZZ\""),
        (">Active<", ">Perhaps<"),
        ("PositionTitle", "Title"),
        ("PositionOpening", "PositionOpenings"),
        ("http://www.hr-xml.org/3", "http://www.hr-xml.org/4"),
    ] {
        let error = read_opening(document.replace(from, to).as_bytes(), &Limits::default()).unwrap_err();
        assert_eq!(error.code(), "document.hr_xml", "{from}: {error}");
    }
    let bomb = "<!DOCTYPE a [<!ENTITY b 'c'>]><PositionOpening xmlns='http://www.hr-xml.org/3'/>";
    assert_eq!(read_opening(bomb.as_bytes(), &Limits::default()).unwrap_err().code(), "document.dtd");
    let small = Limits { xml_bytes_max: 100, ..Limits::default() };
    assert_eq!(read_opening(document.as_bytes(), &small).unwrap_err().code(), "document.too_large");
}

/// A candidate with a value in every field that HR-XML tells.
fn candidate() -> Value {
    json!({
        "person": { "name": { "family": "Асанов", "given": "Бакыт", "patronymic": "Токтосунович" }, "birth_date": "1990-05-06", "sex": "1" },
        "citizenships": ["KG", "RU"],
        "contacts": [{ "channel": "Email", "value": "b@example.invalid" }, { "channel": "Telephone", "value": "+996 555 000000" }],
        "address": "Бишкек, ул. Чуй, 1", "summary": "Сварщик с опытом",
        "history": [
            { "interval": { "from": "2012-01-01", "to": "2015-02-03" }, "employer": "ОсОО «Мост»", "position": "Сварщик",
              "occupation": { "scheme": "isco-08", "edition": "2008", "code": "7212", "isco": "7212" } },
            { "interval": { "from": "2016-01-01" }, "employer": "ОсОО «Дом»" },
            { "interval": { "from": "2011-01-01", "to": "2011-12-31" }, "position": "Ученик",
              "occupation": { "scheme": "okpdtr", "edition": "OK 016-94", "code": "197567", "isco": "7212", "relation": "close" } }],
        "profile": {
            "reference": "018f2f6e-0000-7000-8000-000000000001", "state": "KG",
            "work": [
                { "occupation": { "scheme": "isco-08", "edition": "2008", "code": "7212", "isco": "7212" }, "experience": "E" },
                { "occupation": { "scheme": "okpdtr", "edition": "OK 016-94", "code": "197567", "isco": "7212", "relation": "broader" } }],
            "skills": [{ "code": "X0101", "name": "сварка" }, { "name": "резка" }], "schooling": "4",
            "languages": [{ "language": "ky", "level": "native" }, { "language": "ru", "level": "C1" }, { "language": "en" }],
            "licences": ["B", "CE"], "certificates": [{ "code": "X-WELD-3", "valid_to": "2027-05" }, { "code": "X-A" }],
            "home": { "country": "KG", "region": "41711", "name": "Бишкек" },
            "wishes": { "states": ["KZ", "RU"], "places": [{ "country": "RU", "region": "77" }], "would_move": true, "remote": "no",
                "offerings": ["DirectHire", "Seasonal"], "schedules": ["FullTime", "X-Rotation"],
                "pay": { "min": "90000", "currency": "RUB", "interval": "month" }, "from": "2026-09" },
            "changed": "2026-07" },
    })
}

fn candidate_back(candidate: &Candidate) -> (ReadCandidate, Vec<String>) {
    let document = write_candidate(candidate, Told::Person).unwrap();
    let (read, findings) = read_candidate(&document, &Limits::default()).unwrap();
    (read, findings.iter().map(ToString::to_string).collect())
}

#[test]
fn every_field_of_a_candidate_comes_back_alone_and_with_all_others() {
    let whole: Candidate = of(&candidate());
    assert_eq!(candidate_back(&whole), (ReadCandidate::Person(whole), vec![]));
    let optional = |of: &str| -> Vec<String> {
        let value = candidate();
        let fields = value.pointer(of).unwrap().as_object().unwrap();
        fields.keys().filter(|name| !NEEDED.contains(&name.as_str())).cloned().collect()
    };
    for place in ["", "/person", "/person/name", "/profile", "/profile/wishes"] {
        for name in optional(place) {
            let mut without = candidate();
            without.pointer_mut(place).unwrap().as_object_mut().unwrap().remove(&name);
            let without: Candidate = of(&without);
            assert_eq!(
                candidate_back(&without),
                (ReadCandidate::Person(without), vec![]),
                "without {place}/{name}"
            );
            let mut alone = candidate();
            let fields = alone.pointer_mut(place).unwrap().as_object_mut().unwrap();
            fields.retain(|own, _| own == &name || NEEDED.contains(&own.as_str()));
            let alone: Candidate = of(&alone);
            assert_eq!(
                candidate_back(&alone),
                (ReadCandidate::Person(alone), vec![]),
                "{place}/{name} alone"
            );
        }
    }
}

const NEEDED: &[&str] =
    &["person", "profile", "name", "birth_date", "family", "reference", "state", "work", "wishes", "changed"];

#[test]
fn only_the_coded_profile_leaves_unless_the_person_is_asked_for() {
    let whole: Candidate = of(&candidate());
    let document = write_candidate(&whole, Told::Profile).unwrap();
    let text = String::from_utf8(document.clone()).unwrap();
    for private in [
        "Асанов",
        "Бакыт",
        "1990",
        "Male",
        "example.invalid",
        "996",
        "Чуй",
        "опытом",
        "Мост",
        "2012",
        "резка",
        "Nationality",
    ] {
        assert!(!text.contains(private), "{private} in {text}");
    }
    assert!(text.contains("<GenderCode>NotSpecified</GenderCode>"));
    assert_eq!(document, write_profile(&whole.profile).unwrap());
    let (read, findings) = read_candidate(&document, &Limits::default()).unwrap();
    let mut coded: CandidateProfile = whole.profile;
    coded.skills.retain(|skill| skill.code.is_some());
    coded.skills.iter_mut().for_each(|skill| skill.name = None);
    coded.home.iter_mut().for_each(|home| home.name = None);
    assert_eq!((read, findings), (ReadCandidate::Profile(coded), vec![]));
}

proptest! {
    #[test]
    fn any_xml_is_read_or_refused(text in "(<(PositionOpening|Candidate|DocumentID|PositionProfile|UserArea)?( xmlns='http://www.hr-xml.org/3')?/?>|</[a-zA-Z]{0,9}>|[a-z&;]{0,5}){0,12}") {
        let _ = read_opening(text.as_bytes(), &Limits::default()); // it ends, whatever it says
        let _ = read_candidate(text.as_bytes(), &Limits::default());
    }

    #[test]
    fn a_document_with_any_element_emptied_or_renamed_is_read_or_refused(at in 0_usize..200, fill in "(|null|X|99|ж)") {
        for document in [write_opening(&of(&vacancy()), Contacts::Shown).unwrap(), write_candidate(&of(&candidate()), Told::Person).unwrap()] {
            let text = String::from_utf8(document).unwrap();
            let Some((begin, _)) = text.match_indices('>').nth(at) else { continue };
            let end = text[begin..].find('<').map(|end| begin + end);
            let changed = format!("{}>{fill}{}", &text[..begin], end.map_or("", |end| &text[end..]));
            if let Ok((vacancy, _)) = read_opening(changed.as_bytes(), &Limits::default()) {
                prop_assert!(back(&vacancy).1.is_empty());
            }
            let _ = read_candidate(changed.as_bytes(), &Limits::default());
        }
    }
}
