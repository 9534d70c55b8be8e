//! Every state's own forms on running nodes, and the tools for who writes a profile.

use crate::cli::stazh;
use crate::exchange::{ended, journal};
use crate::nodes::{TestDesk, World};
use stazh::base::Limits;
use stazh::exchange::adapter::{Found, ProfileBook, Source};
use stazh::exchange::canonical::{Inquiry, State};
use stazh::flow::{Desk, compose};
use stazh::node::FolderDesk;
use stazh::store::ConversationState;
use std::path::Path;
use std::sync::Arc;

fn fixtures(folder: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(folder)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_state_answers_from_its_own_forms_and_the_journal_names_them() {
    for (asking, asked) in [("RU", "BY"), ("BY", "KG"), ("KG", "AM"), ("AM", "KZ"), ("KZ", "RU")] {
        let (world, state) = (World::new(), asked.parse::<State>().unwrap());
        let local = fixtures("local").join(asked.to_lowercase());
        let known = Source::open(state, &local).unwrap().everybody("2026-11-24".parse().unwrap()).unwrap();
        let full = known.iter().max_by_key(|record| record.contributions.len() * 100 + record.periods.len());
        let expected = full.unwrap().clone();
        let out = world.folder("out");
        let book = ProfileBook::new(state, None);
        let desk = Arc::new(FolderDesk::over(book, &local, &out, Limits::default()).unwrap());
        let told = Arc::new(TestDesk::default());
        let (one, other) = world.pair_of((asking, told.clone()), (asked, desk)).await;
        let inquiry = serde_json::json!({
            "asking": asking, "asked": asked, "person": expected.person, "purpose": "old-age",
        });
        let inquiry: Inquiry = serde_json::from_value(inquiry).unwrap();
        let id = compose(&inquiry, one.flows()).await.unwrap().conversation_id;
        assert_eq!(ended(&one, id).await, ConversationState::Completed, "{}", journal(one.flows(), id).await);
        told.all_told(1).await;
        let (record, _) = told.told.lock().unwrap().values().next().unwrap().clone();
        assert_eq!((&record.person, record.state), (&expected.person, state));
        assert!(record.periods == expected.periods && record.contributions == expected.contributions);
        let lines = journal(other.flows(), id).await;
        let by = lines.lines().find(|line| line.starts_with("translated")).unwrap_or_default();
        assert!(by.contains(&format!("{}/", asked.to_lowercase())) && by.contains("1.0.0"), "{lines}");
        one.stop().await;
        other.stop().await;
    }
}

#[test]
fn invented_files_of_every_state_are_whole_there_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let run = |words: &[&str]| stazh(folder.path(), words);
    for state in ["AM", "BY", "KG", "KZ", "RU"] {
        let (code, out, err) = run(&["synth", state, "--state", state, "--persons", "40"]);
        assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
        for line in out.lines() {
            let (file, profile) = line.split_once(": ").unwrap();
            let profile = profile.rsplit(' ').nth(1).unwrap();
            let (code, told, err) = run(&["profile", "test", profile, file]);
            assert_eq!((code, err.as_str()), (Some(0), ""), "{told}");
            assert!(told.ends_with("0 mistakes, 0 warnings\nwritten again: the same bytes\n"), "{told}");
        }
        let (code, out, err) = run(&["translate", state, "--state", state]);
        assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
        assert!(out.starts_with("40 persons, 0 rows refused"), "{out}");
        let (_, again, _) = run(&["synth", "again", "--state", state, "--persons", "40"]);
        let (file, _) = again.lines().next().unwrap().split_once(": ").unwrap();
        let same = file.replace("again", state);
        let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
        assert!(read(file) == read(&same), "the same seed makes the same files");
    }
}

const SAMPLE: &str = "ИИН;Работодатель;БИН;Месяц;Сумма взноса;Вид\n\
    850315300019;ТОО А;051140000018;01.2020;100,50;Г\n\
    900722400456;ТОО Б;051140000018;02.2020;200;Д\n";

#[test]
fn a_new_form_is_connected_by_a_text_file_alone() {
    let folder = tempfile::tempdir().unwrap();
    let run = |words: &[&str]| stazh(folder.path(), words);
    let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    put("fund-1.csv", SAMPLE);
    let (code, draft, err) =
        run(&["profile", "new", "fund-1.csv", "--state", "KZ", "--record", "contribution"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(!draft.contains("850315300019") && !draft.contains("ТОО"), "no value is told: {draft}");
    put("fund.toml", &draft);
    let (code, out, err) = run(&["profile", "check", "fund.toml"]);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(err.contains("fund.toml, line ") && err.contains("write what Г means"), "{err}");
    put("fund.toml", &draft.replace("\"?Г\"", "\"opv\"").replace("\"?Д\"", "\"voluntary\""));
    let (code, out, err) = run(&["profile", "check", "fund.toml"]);
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    let (code, out, err) = run(&["profile", "test", "fund.toml", "fund-1.csv"]);
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    assert!(out.contains("2 rows read, 0 mistakes"), "{out}");

    std::fs::create_dir_all(folder.path().join("profiles")).unwrap();
    std::fs::create_dir_all(folder.path().join("local")).unwrap();
    std::fs::copy(folder.path().join("fund.toml"), folder.path().join("profiles/fund.toml")).unwrap();
    put("local/fund-1.csv", SAMPLE);
    put(
        "local/depositors.csv",
        "iin,family,given,patronymic,birth_date,sex,citizenship\n850315300019,Ким,Олег,,15.03.1985,М,KZ\n\
         900722400456,Ким,Анна,,22.07.1990,Ж,KZ\n",
    );
    let (code, out, err) = run(&["translate", "local", "--state", "KZ", "--profiles", "profiles"]);
    assert_eq!((code, out.as_str(), err.as_str()), (Some(0), "2 persons, 0 rows refused, 0 warnings\n", ""));
    let inquiry = r#"{ "asking": "RU", "asked": "KZ", "purpose": "old-age", "person": {
        "name": { "family": "Ким", "given": "Олег" }, "birth_date": "1985-03-15" } }"#;
    put("inquiry.json", inquiry);
    let words =
        ["translate", "local", "--state", "KZ", "--profiles", "profiles", "--inquiry", "inquiry.json"];
    let (code, out, err) = run(&words);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let record: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(record["contributions"][0]["amount"]["amount"], "100.50");
}

const FUND: &str = r#"[profile]
state = "KZ"
record = "contribution"
version = "1"
files = "fund*.csv"
format = "csv"

[[map]]
canonical = "contribution.id"
convert = "digest"
of = ["ИИН", "Месяц", "Вид", "Сумма"]

[[map]]
local = "ИИН"
canonical = "person.identifiers"
convert = "identifier"
kind = "iin"

[[map]]
local = "Месяц"
canonical = "contribution.month"
convert = "month"
pattern = "%m.%Y"

[[map]]
local = "Вид"
canonical = "contribution.kind"
convert = "codes"
list = "fund-kinds"

[[map]]
local = "Сумма"
canonical = "contribution.amount"
convert = "decimal"
currency = "KZT"
"#;

const KINDS: &str = r#"id = "FUND-7"
edition = "2026-11"

[codes]
"Г" = { means = "opv", name = "Главный" }
"Г1" = { means = "opv", read_only = true }
"#;

#[test]
fn a_new_record_type_is_a_text_file_and_a_code_list_which_a_running_node_takes_up() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for name in ["profiles", "codelists", "local", "out"] {
        std::fs::create_dir_all(at(name)).unwrap();
    }
    let put = |name: &str, text: &str| std::fs::write(at(name), text).unwrap();
    put(
        "local/identity.jsonl",
        r#"{ "answer": "yes", "iin": "850315300019", "family": "Ким", "given": "Олег", "birth_date": "1985-03-15" }"#,
    );
    put(
        "local/fund-1.csv",
        "ИИН,Месяц,Вид,Сумма\n850315300019,01.2020,Г,100\n850315300019,02.2020,Г1,110\n850315300019,03.2020,Д,120\n",
    );
    let book = ProfileBook::new(State::Kz, Some(at("profiles")));
    let desk = FolderDesk::over(book, &at("local"), &at("out"), Limits::default()).unwrap();
    let inquiry: Inquiry = serde_json::from_str(
        r#"{ "asking": "RU", "asked": "KZ", "purpose": "old-age", "person": {
            "name": { "family": "Ким", "given": "Олег" }, "birth_date": "1985-03-15" } }"#,
    )
    .unwrap();
    let kinds = || match desk.find(&inquiry, "2026-11-30".parse().unwrap()).unwrap() {
        Found::Record(record, _) => {
            record.contributions.iter().map(|one| one.kind.as_str().to_owned()).collect::<Vec<_>>()
        }
        other @ (Found::Nobody | Found::Several | Found::Unsure(_)) => panic!("{other:?}"),
    };
    assert_eq!(kinds(), [""; 0]);
    put("codelists/fund-kinds.toml", KINDS);
    put("profiles/fund.toml", FUND);
    assert_eq!(kinds(), ["opv", "opv"], "the third has a code that the list lacks");
    let findings = desk.take_reading().unwrap().findings;
    assert_eq!(findings.iter().map(|one| one.code.as_str()).collect::<Vec<_>>(), ["adapter.code"]);
    put("codelists/fund-kinds.toml", &format!("{KINDS}\"Д\" = {{ means = \"voluntary\" }}\n"));
    assert_eq!(kinds(), ["opv", "opv", "voluntary"], "a list counts at once");

    let run = |words: &[&str]| stazh(folder.path(), words);
    let (code, out, err) = run(&["profile", "test", "profiles/fund.toml", "local/fund-1.csv"]);
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    assert!(out.contains("3 rows read, 0 mistakes, 0 warnings"), "{out}");
    put("codelists/fund-kinds.toml", &KINDS.replace("means", "mean"));
    let (code, _, err) = run(&["profile", "check", "profiles/fund.toml"]);
    assert!(code == Some(1) && err.contains("codelists/fund-kinds.toml, line 5"), "{err}");
    std::fs::remove_file(at("codelists/fund-kinds.toml")).unwrap();
    let (code, _, err) = run(&["profile", "check", "profiles/fund.toml"]);
    assert!(code == Some(1) && err.contains("no list fund-kinds.toml in the folder codelists"), "{err}");
}

#[test]
fn a_profile_is_told_in_words_and_what_it_lacks_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let run = |words: &[&str]| stazh(folder.path(), words);
    let (code, out, err) = run(&["profile", "explain", "by/pu-2"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(out.contains("«исходная» tells, «корректирующая» replaces, «отменяющая» takes back"), "{out}");
    let (code, out, _) = run(&["profile", "coverage", "kg/accounts", "--json"]);
    assert_eq!(code, Some(0));
    let told: serde_json::Value = serde_json::from_str(&out).unwrap();
    let place = |name: &str| {
        let all = told["places"].as_array().unwrap();
        let one = all.iter().find(|one| one["place"] == name).unwrap();
        (one["read"].as_bool().unwrap(), one["written"].as_bool().unwrap())
    };
    assert_eq!(place("contribution.id"), (true, false));
    assert_eq!(place("contribution.supersedes"), (true, true));
    assert_eq!(place("person.birth_date"), (false, false));
    for state in ["AM", "BY", "KG", "KZ", "RU"] {
        assert_eq!(run(&["profile", "coverage", "--state", state]).0, Some(0));
    }
    let (code, _, err) = run(&["profile", "explain", "kz/nothing"]);
    assert_eq!(code, Some(3));
    assert_eq!(err, "stazh: failed to find the profile kz/nothing: neither a file nor built in\n");
    let (code, _, err) = run(&["profile", "new", "form.xml", "--state", "KZ", "--record", "person"]);
    assert_eq!(code, Some(3), "it is not there: {err}");
    let (code, ..) = run(&["profile", "new", "x.csv", "--state", "KZ", "--record", "wage"]);
    assert_eq!(code, Some(2));
}

#[test]
fn every_element_of_a_document_is_traced_to_its_field() {
    let folder = tempfile::tempdir().unwrap();
    let local = fixtures("local/kz").to_str().unwrap().to_owned();
    let inquiry = fixtures("inquiries/ru-kz-by-number.json").to_str().unwrap().to_owned();
    let rows = traced(folder.path(), &local, &inquiry);
    let month = rows.iter().find(|row| row[0].ends_with("ContributionDetails[1]/ContributionMonth")).unwrap();
    assert_eq!(
        (month[1].as_str(), month[3].as_str()),
        ("contributions[0].month", "a month, %m.%Y (kz/contributions.toml 1.1.0)")
    );
    assert!(month[2].starts_with("contributions.csv:") && month[2].ends_with(" month"), "{month:?}");

    // work that is told by the contract register alone, of who is known by the identity base alone
    let alone = folder.path().join("alone");
    std::fs::create_dir_all(&alone).unwrap();
    let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    put(
        "alone/contract-register.json",
        r#"[
        { "record": "contract", "iin": "850315300019", "bin": "051140000018", "employer": "ТОО А", "full_name": "Ким Олег",
          "start_date": "2024-03-04", "position": "Сварщик" },
        { "record": "amendment", "iin": "850315300019", "bin": "051140000018", "employer": "ТОО А", "full_name": "Ким Олег",
          "changed_on": "2024-09-01", "position": "Мастер" },
        { "record": "termination", "iin": "850315300019", "bin": "051140000018", "employer": "ТОО А", "full_name": "Ким Олег",
          "termination_date": "2025-04-30", "ground": "статья 56" } ]"#,
    );
    put(
        "alone/identity.jsonl",
        r#"{ "answer": "yes", "iin": "850315300019", "family": "Ким", "given": "Олег", "birth_date": "1985-03-15", "sex": "male" }"#,
    );
    put(
        "inquiry.json",
        r#"{ "asking": "RU", "asked": "KZ", "purpose": "old-age", "person": {
        "name": { "family": "Ким", "given": "Олег" }, "birth_date": "1985-03-15" } }"#,
    );
    let rows = traced(folder.path(), alone.to_str().unwrap(), "inquiry.json");
    let position = rows.iter().find(|row| row[1] == "periods[1].position").unwrap();
    assert!(
        position[2].contains("contract-register.json:") && position[3].contains("kz/contract-register.toml"),
        "{position:?}"
    );
    let end = rows.iter().find(|row| row[1] == "periods[1].interval.to").unwrap();
    assert!(end[2].contains("termination_date"), "{end:?}");
    let birth = rows.iter().find(|row| row[1] == "person.birth_date").unwrap();
    assert!(birth[3].contains("kz/identity.toml"), "{birth:?}");
}

/// The rows of a trace: each element of the document that holds a value stands there once, with its field.
fn traced(folder: &Path, local: &str, inquiry: &str) -> Vec<[String; 4]> {
    let words = ["translate", local, "--state", "KZ", "--inquiry", inquiry];
    let (code, document, err) = stazh(folder, &[&words[..], &["--to", "xml"]].concat());
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let (code, traced, err) = stazh(folder, &[&words[..], &["--trace"]].concat());
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let rows: Vec<Vec<&str>> = traced
        .lines()
        .map(|line| line.trim_matches('│').split('┆').map(str::trim).collect())
        .filter(|cells: &Vec<&str>| cells.len() == 4 && cells[0].starts_with('/'))
        .collect();
    let leaves = document.matches("</").count() - document.matches("></").count();
    assert_eq!(rows.len(), leaves, "each element that holds a value, once");
    for row in &rows {
        let (element, place, field, how) = (row[0], row[1], row[2], row[3]);
        assert!(!how.is_empty(), "{row:?}");
        let is_made = element.contains("/EDocHeader/") || ["state", "as_of"].contains(&place);
        let is_constant = how.starts_with("always") || how.starts_with("drawn from");
        assert!(is_made || is_constant || field.contains(':'), "{row:?}");
    }
    let record = stazh(folder, &[&words[..], &["--to", "json"]].concat()).1;
    let record: serde_json::Value = serde_json::from_str(&record).unwrap();
    let family = record["person"]["name"]["family"].as_str().unwrap();
    assert!(document.contains(family) && !traced.contains(family), "no value is shown");
    rows.into_iter().map(|row| [row[0], row[1], row[2], row[3]].map(str::to_owned)).collect()
}

#[test]
fn two_persons_are_compared_and_the_reasons_show_no_value() {
    let folder = tempfile::tempdir().unwrap();
    let run = |words: &[&str]| stazh(folder.path(), words);
    let asked = fixtures("inquiries/ru-kz-by-number.json").to_str().unwrap().to_owned();
    let person =
        r#"{ "name": { "family": "AKHMETOV", "given": "YERLAN" }, "birth_date": "1968-03-15", "sex": "1" }"#;
    std::fs::write(folder.path().join("b.json"), person).unwrap();
    let (code, told, err) = run(&["match", &asked, "b.json"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    for expected in
        ["birth.same", "+14.4", "family.common", "given.letters", "patronymic.missing", "possible: 2"]
    {
        assert!(told.contains(expected), "{expected}: {told}");
    }
    let (_, russian, _) = run(&["match", &asked, "b.json", "--language", "ru"]);
    assert!(russian.contains("совпадает дата рождения"), "{russian}");
    let (_, json, _) = run(&["match", "b.json", &asked, "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["resemblance"], "possible");
    let sum: f64 =
        json["reasons"].as_array().unwrap().iter().map(|one| one["weight"].as_f64().unwrap()).sum();
    assert!((sum - json["score"].as_f64().unwrap()).abs() < 1e-6, "the reasons are the score");
    for personal in ["AKHMETOV", "Ахметов", "1968", "680315306061"] {
        assert!(!told.contains(personal) && !russian.contains(personal), "{told}");
    }
    let (code, _, err) = run(&["match", &asked, "none.json"]);
    assert_eq!(code, Some(3), "{err}");
    std::fs::write(folder.path().join("b.json"), person.replace("1968-03-15", "15.03.1968")).unwrap();
    let (code, _, err) = run(&["match", &asked, "b.json"]);
    assert!(
        code == Some(3) && err.contains("understand the person in b.json") && !err.contains("15.03.1968"),
        "{err}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_only_resembles_a_person_is_told_to_a_clerk_with_reasons_and_to_no_peer() {
    let world = World::new();
    let (local, out) = (world.folder("local"), world.folder("out"));
    std::fs::create_dir_all(&local).unwrap();
    std::fs::write(
        local.join("depositors.csv"),
        "iin,family,given,patronymic,birth_date,sex,citizenship\n\
         850315300019,Қасымбеков,Ерлан,Серікұлы,12.03.1985,М,KZ\n",
    )
    .unwrap();
    let desk = FolderDesk::over(ProfileBook::new(State::Kz, None), &local, &out, Limits::default()).unwrap();
    let told = Arc::new(TestDesk::default());
    let (one, other) = world.pair_of(("RU", told.clone()), ("KZ", Arc::new(desk))).await;
    let inquiry = r#"{ "asking": "RU", "asked": "KZ", "purpose": "old-age", "person": { "birth_date": "1985-03-12",
        "name": { "family": "Касымбеков", "given": "Ерлан", "patronymic": "Серикович" }, "sex": "1" } }"#;
    let id = compose(&serde_json::from_str(inquiry).unwrap(), one.flows()).await.unwrap().conversation_id;
    assert_eq!(ended(&one, id).await, ConversationState::Completed);
    let lines = journal(other.flows(), id).await;
    let asked = lines.lines().find(|line| line.starts_with("ask_person")).unwrap_or_default();
    assert!(asked.contains("Somebody resembles him: ") && asked.contains("family.letters +"), "{lines}");
    assert!(!lines.contains("асымбеков") && !lines.contains("1985"), "{lines}");
    assert!(told.told.lock().unwrap().is_empty(), "no record was told");
    one.stop().await;
    other.stop().await;
}
