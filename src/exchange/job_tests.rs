//! Documents of the labour half: what is written is lawful, and read back the same; what they may not say is told.

use super::document::codec::{Dice, Header, decode_job, encode_job, invent_job, job_root};
use crate::base::{DocumentId, Limits};
use crate::exchange::canonical::job::{CandidateProfile, Contract, JobDocument, JobDocumentKind, Pay, Skill};
use crate::exchange::canonical::{Name, NameParts};
use crate::exchange::rules::{Catalogue, CodeLists, MessageKind, Rules};
use proptest::prelude::*;
use std::sync::LazyLock;

static LISTS: LazyLock<CodeLists> = LazyLock::new(|| CodeLists::built_in().unwrap());
static RULES: LazyLock<Rules> = LazyLock::new(|| Rules::built_in(Limits::default()).unwrap());
static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::built_in().unwrap());

fn message(kind: JobDocumentKind) -> &'static MessageKind {
    let (root, namespace) = job_root(kind);
    CATALOGUE.message_of_root(namespace, root).unwrap()
}

fn header(kind: JobDocumentKind) -> Header {
    let message = message(kind);
    let id = DocumentId::from_uuid(uuid::Uuid::from_u128(7));
    Header::new((&message.code, &message.structure), id, None, "2036-02-10T08:00:00Z".parse().unwrap())
}

/// As the dice fall, with days in the order that the rules demand and no words where a profile has none.
fn invented(kind: JobDocumentKind, octets: &[u8]) -> JobDocument {
    let codes = |list: &str| LISTS.list(list).unwrap().codes().map(|(code, _)| code.to_owned()).collect();
    let mut document = invent_job(kind, &mut Dice::new(octets, &codes)).unwrap();
    match &mut document {
        JobDocument::Vacancy(it) => {
            it.closes_on = it.closes_on.map(|day| day.max(it.posted_on));
            it.skills.iter_mut().for_each(with_code);
        }
        JobDocument::CandidateProfile(it) => without_words(it),
        JobDocument::Reveal(it) => {
            it.expires_at = it.expires_at.max(it.given_at);
            it.revealed.name.get_or_insert_with(|| family("Токтосунов"));
        }
        JobDocument::JobOffer(it) => it.answer_by = it.answer_by.min(it.starts_on),
        JobDocument::EmploymentRecord(it) => {
            if let Some(contract) = &mut it.contract {
                contract.ends_on = contract.ends_on.map(|day| day.max(contract.starts_on));
            }
            if it.contract.is_none() && it.periods.is_empty() && it.contributions.is_empty() {
                let more = invent_job(kind, &mut Dice::new(&[255; 64], &codes)).unwrap();
                let JobDocument::EmploymentRecord(more) = more else { panic!() };
                it.contract = more.contract.map(|it| Contract { ends_on: None, ..it });
            }
        }
        JobDocument::Interest(_) | JobDocument::RevealEnd(_) => {}
    }
    document
}

fn family(word: &str) -> Name {
    let parts = NameParts { family: Some(word.to_owned()), ..Default::default() };
    parts.try_into().unwrap()
}

fn with_code(skill: &mut Skill) {
    skill.code.get_or_insert("X0101".parse().unwrap());
}

fn without_words(profile: &mut CandidateProfile) {
    for skill in &mut profile.skills {
        with_code(skill);
        skill.name = None;
    }
    let places = profile.wishes.places.iter_mut().chain(profile.home.as_mut());
    places.for_each(|place| place.name = None);
}

fn there_and_back(document: &JobDocument) -> Vec<u8> {
    let header = header(document.kind());
    let bytes = encode_job(document, &header).unwrap();
    let (read_header, read) = decode_job(&bytes, &Limits::default()).unwrap();
    assert_eq!(read_header, header);
    assert!(read == *document, "{}", String::from_utf8_lossy(&bytes));
    bytes
}

fn sample(kind: JobDocumentKind) -> JobDocument {
    let path = format!("{}/fixtures/jobs/{}.json", env!("CARGO_MANIFEST_DIR"), kind.as_code());
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// What is found against a sample in which one text is another: code and place.
fn found(kind: JobDocumentKind, from: &str, to: &str) -> Vec<(String, String)> {
    let text = String::from_utf8(encode_job(&sample(kind), &header(kind)).unwrap()).unwrap();
    assert!(text.contains(from), "{from} is not in {text}");
    let changed = text.replacen(from, to, 1);
    let findings = RULES.check(changed.as_bytes(), message(kind)).err().unwrap_or_default();
    assert!(findings.iter().all(|it| !it.to_string().contains(to)), "{findings:?}");
    findings.into_iter().map(|it| (it.code, it.path)).collect()
}

fn one(code: &str, path: &str) -> Vec<(String, String)> {
    vec![(code.to_owned(), path.to_owned())]
}

#[test]
fn the_simplest_of_each_kind_is_lawful() {
    for kind in JobDocumentKind::ALL {
        let document = invented(*kind, &[]);
        let bytes = there_and_back(&document);
        if let Err(findings) = RULES.check(&bytes, message(*kind)) {
            panic!("{}: {findings:#?}", kind.as_code());
        }
        let json = serde_json::to_string(&document).unwrap();
        assert!(json.contains(&format!("\"document\":\"{}\"", kind.as_code())), "{json}");
    }
}

#[test]
fn the_contacts_of_a_vacancy_do_not_cross() {
    let JobDocument::Vacancy(mut vacancy) = sample(JobDocumentKind::Vacancy) else { panic!() };
    vacancy.contacts =
        serde_json::from_str(r#"[{ "channel": "Email", "value": "hr@sary.example" }]"#).unwrap();
    let bytes =
        encode_job(&JobDocument::Vacancy(vacancy.clone()), &header(JobDocumentKind::Vacancy)).unwrap();
    assert!(!String::from_utf8_lossy(&bytes).contains("hr@sary.example"));
    let (_header, read) = decode_job(&bytes, &Limits::default()).unwrap();
    assert!(read == JobDocument::Vacancy(Box::new(vacancy.without_contacts())));
}

#[test]
fn pay_whose_ends_are_crossed_is_told_with_its_place_and_never_becomes_pay() {
    let kind = JobDocumentKind::Vacancy;
    for (from, to, place) in [
        (">350000<", ">350000000<", "PayMaxAmount"),
        (">350000<", ">0<", "PayMinAmount"),
        (">350000<", ">-1<", "PayMinAmount"),
        ("currencyCode=\"KZT\"", "currencyCode=\"RUB\"", "PayMaxAmount"),
    ] {
        assert_eq!(found(kind, from, to), one("rules.fill", &format!("/Vacancy/PayDetails/{place}")), "{to}");
        let text = String::from_utf8(encode_job(&sample(kind), &header(kind)).unwrap()).unwrap();
        let error = decode_job(text.replacen(from, to, 1).as_bytes(), &Limits::default()).unwrap_err();
        assert!(format!("{error:?}").contains("canonical.pay"), "{error:?}");
    }
    assert_eq!(
        found(kind, "currencyCode=\"KZT\"", "currencyCode=\"XXX\"").first(),
        Some(&("rules.fill".to_owned(), "/Vacancy/PayDetails/PayMaxAmount".to_owned()))
    );
    let crossed = r#"{ "min": "2", "max": "1", "currency": "KZT", "interval": "month" }"#;
    assert!(serde_json::from_str::<Pay>(crossed).unwrap_err().to_string().contains("above the upper one"));
}

#[test]
fn a_code_of_another_list_is_told_with_its_place() {
    let kind = JobDocumentKind::Vacancy;
    let list = found(kind, "codeListId=\"XJS\"", "codeListId=\"XJO\"");
    assert_eq!(list, one("rules.code_list_id", "/Vacancy/ScheduleCode/@codeListId"));
    assert_eq!(found(kind, ">X-Rotation<", ">DirectHire<"), one("rules.code_list", "/Vacancy/ScheduleCode"));
    assert_eq!(
        found(kind, ">7212-1<", ">Welder<"),
        one("rules.structure", "/Vacancy/OccupationDetails[1]/OccupationCode")
    );
}

#[test]
fn mark_up_and_contacts_in_a_text_are_told_with_their_place() {
    let text = "/Vacancy/VacancyText";
    for html in ["&lt;p&gt;Сварка&lt;/p&gt;", "Сварка&lt;br/&gt;", "Сварка &amp;nbsp; труб"]
    {
        assert_eq!(
            found(JobDocumentKind::Vacancy, "Сварка металлоконструкций", html),
            one("rules.fill", text),
            "{html}"
        );
    }
    for contact in ["звоните +7 701 234 56 78", "пишите hr@sary.example"] {
        assert_eq!(
            found(JobDocumentKind::Vacancy, "Сварка металлоконструкций", contact),
            one("rules.fill", text),
            "{contact}"
        );
        let title = found(JobDocumentKind::Interest, "Электросварщик ручной сварки", contact);
        assert_eq!(title, one("rules.fill", "/Interest/VacancyName"));
    }
}

#[test]
fn a_profile_has_no_room_for_a_name_an_address_or_a_number_of_a_person() {
    let kind = JobDocumentKind::CandidateProfile;
    let personal = [
        "Токтосунов",
        "Toktosunov",
        "TOKTOSUNOV",
        "bakyt@primer.kg",
        "+996555123456",
        "21503198500017",
        "85-03-15-77",
    ];
    for (place, from) in [
        ("WorkedDetails[1]/OccupationDetails/OccupationCode", ">7212<"),
        ("SkillDetails[1]/SkillCode", ">X0101<"),
        ("CertificateDetails/CertificateCode", ">XW-1<"),
        ("HomePlaceDetails/PlaceRegionCode", ">41711<"),
        ("WorkedDetails[1]/OccupationDetails/OccupationEditionCode", ">2008<"),
    ] {
        for word in personal {
            let told = found(kind, from, &format!(">{word}<"));
            let path = format!("/CandidateProfile/{place}");
            assert!(told.iter().any(|(_, at)| *at == path), "{word} at {place}: {told:?}");
        }
    }
    // words of a person, whatever they say
    let JobDocument::CandidateProfile(mut profile) = sample(kind) else { panic!() };
    profile.skills[1].name = "варю трубы, Бакыт".parse().ok();
    profile.home.as_mut().unwrap().name = "Бишкек, дом брата".parse().ok();
    profile.wishes.places[0].name = "Астана".parse().ok();
    let bytes = encode_job(&JobDocument::CandidateProfile(profile), &header(kind)).unwrap();
    let told = RULES.check(&bytes, message(kind)).unwrap_err();
    let paths: Vec<&str> = told.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "/CandidateProfile/SkillDetails[2]/SkillName",
            "/CandidateProfile/HomePlaceDetails/PlaceName",
            "/CandidateProfile/WishDetails/PlaceDetails/PlaceName",
        ]
    );
    assert!(!format!("{told:?}").contains("Бакыт"));
}

#[test]
fn no_transaction_begins_with_a_profile() {
    assert!(CATALOGUE.beginning_with_root(job_root(JobDocumentKind::CandidateProfile)).is_err());
    for kind in JobDocumentKind::ALL.iter().filter(|kind| **kind != JobDocumentKind::CandidateProfile) {
        assert!(CATALOGUE.beginning_with_root(job_root(*kind)).is_ok(), "{kind:?}");
    }
}

#[test]
fn every_value_of_a_closed_list_has_its_code_in_the_list_and_the_other_way() {
    use crate::exchange::canonical::job::{
        ContactChannel, ContractKind, DrivingLicence, EmploymentBasis, ExperienceBand, LanguageLevel,
        Offering, PayInterval, PayTax, Relation, Remote, Schedule, Schooling, VacancyStatus,
    };
    macro_rules! same {
        ($($name:ident = $list:literal)*) => {
            $(
                let mut codes: Vec<&str> = LISTS.list($list).unwrap().codes().map(|(code, _)| code).collect();
                let mut values: Vec<&str> = $name::ALL.iter().map(|value| value.as_code()).collect();
                codes.sort_unstable();
                values.sort_unstable();
                assert_eq!(codes, values, "{}", $list);
            )*
        };
    }
    same! {
        ContactChannel = "XJH"
        ContractKind = "XJN"
        DrivingLicence = "XJD"
        EmploymentBasis = "XJK"
        ExperienceBand = "XJB"
        LanguageLevel = "XJL"
        Offering = "XJO"
        PayInterval = "XJI"
        PayTax = "XJT"
        Relation = "XJM"
        Remote = "XJR"
        Schedule = "XJS"
        Schooling = "XJE"
        VacancyStatus = "XJV"
    }
}

proptest! {
    /// `PROPTEST_CASES` takes as many of each kind as one likes.
    #[test]
    fn every_invented_document_is_read_back_the_same(octets in prop::collection::vec(any::<u8>(), 0..600)) {
        for kind in JobDocumentKind::ALL {
            let document = invented(*kind, &octets);
            there_and_back(&document);
            let json = serde_json::to_string(&document).unwrap();
            prop_assert!(serde_json::from_str::<JobDocument>(&json).unwrap() == document, "{json}");
        }
    }

    #[test]
    fn no_bytes_make_a_document_panic(bytes in "\\PC{0,80}", cut in 0_usize..4000) {
        let _ = decode_job(bytes.as_bytes(), &Limits::default()); // only that it returns
        let kind = JobDocumentKind::Vacancy;
        let mut document = encode_job(&sample(kind), &header(kind)).unwrap();
        document.truncate(cut);
        let _ = decode_job(&document, &Limits::default()); // likewise
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_invented_document_is_lawful(octets in prop::collection::vec(any::<u8>(), 0..600)) {
        for kind in JobDocumentKind::ALL {
            let bytes = there_and_back(&invented(*kind, &octets));
            let checked = RULES.check(&bytes, message(*kind));
            prop_assert!(checked.is_ok(), "{}: {checked:#?} {}", kind.as_code(), String::from_utf8_lossy(&bytes));
        }
    }
}
