//! What a database tells of one person while an inquiry waits, alone and beside files.

use crate::base::Findings;
use crate::base::Limits;
use crate::base::Verdict;
use crate::exchange::adapter::Answered;
use crate::exchange::adapter::Found;
use crate::exchange::adapter::LIVE_NAMES;
use crate::exchange::adapter::LiveAnswer;
use crate::exchange::adapter::ProfileBook;
use crate::exchange::adapter::Source;
use crate::exchange::adapter::live_sets;
use crate::exchange::canonical::Inquiry;
use crate::exchange::canonical::State;
use jiff::civil::date;
use std::fs;
use std::path::Path;
use std::sync::Arc;

const FORM: &str = "[profile]\nstate = \"KZ\"\nrecord = \"contribution\"\nversion = \"1.0.0\"\nfiles = \"pay-*.csv\"\n\
    format = \"csv\"\n";
const MAPS: [(&str, &str, &str); 7] = [
    ("iin", "person.identifiers", "convert = \"identifier\"\nkind = \"iin\"\noptional = true"),
    ("family", "person.name.family", "optional = true"),
    ("given", "person.name.given", "optional = true"),
    ("born", "person.birth_date", "convert = \"date\"\npattern = \"%Y-%m-%d\"\noptional = true"),
    ("month", "contribution.month", "convert = \"month\"\npattern = \"%Y-%m\""),
    ("amount", "contribution.amount", "convert = \"decimal\"\ncurrency = \"KZT\""),
    ("kind", "contribution.kind", "convert = \"codes\"\ntable = { \"A\" = \"opv\" }\ndefault = \"A\""),
];
const COLUMNS: [&str; 6] = ["iin", "family", "given", "born", "month", "amount"];
const KIM: &str = "900722400015";

/// A folder with the profile that reads the query, and files of these contents.
fn source(folder: &Path, files: &[&str]) -> Source {
    let profiles = folder.join("profiles");
    fs::create_dir_all(&profiles).unwrap();
    fs::create_dir_all(folder.join("local")).unwrap();
    let id = "[[map]]\ncanonical = \"contribution.id\"\nconvert = \"digest\"\nof = [\"iin\", \"family\", \"month\", \"amount\"]\n";
    let map = |(local, canonical, more): &(&str, &str, &str)| {
        format!("[[map]]\nlocal = \"{local}\"\ncanonical = \"{canonical}\"\n{more}\n")
    };
    let maps: String = MAPS.iter().map(map).collect();
    fs::write(profiles.join("pay.toml"), format!("{FORM}{id}{maps}")).unwrap();
    for (number, text) in files.iter().enumerate() {
        let text = format!("{},kind\n{text}", COLUMNS.join(","));
        fs::write(folder.join(format!("local/pay-{number}.csv")), text).unwrap();
    }
    let book = Arc::new(ProfileBook::new(State::Kz, Some(profiles)));
    Source::open_with(book, folder.join("local"), Limits::default()).unwrap()
}

fn answer(rows: &[[&str; 6]]) -> LiveAnswer {
    let row =
        |row: &[&str; 6]| row.iter().map(|text| (!text.is_empty()).then(|| (*text).to_owned())).collect();
    LiveAnswer {
        source: "live.pay".to_owned(),
        form: "pay".to_owned(),
        columns: COLUMNS.map(str::to_owned).to_vec(),
        rows: rows.iter().map(row).collect(),
    }
}

fn inquiry(number: Option<&str>, [family, given, born]: [&str; 3]) -> Inquiry {
    let identifiers = number.map(|number| serde_json::json!({ "kind": "iin", "value": number }));
    let text = serde_json::json!({
        "asking": "RU", "asked": "KZ", "purpose": "pension",
        "person": {
            "name": { "family": family, "given": given }, "birth_date": born,
            "identifiers": identifiers.into_iter().collect::<Vec<_>>()
        }
    });
    serde_json::from_value(text).unwrap()
}

fn ask(source: &Source, inquiry: &Inquiry, rows: &[[&str; 6]]) -> Answered {
    source.answer(inquiry, date(2026, 11, 23), &[answer(rows)]).unwrap()
}

/// The amounts that are told, or why none is.
fn told(answered: &Answered) -> String {
    match &answered.found {
        Found::Record(record, _) => {
            let amounts = record.contributions.iter().map(|one| one.amount.amount.to_string());
            amounts.collect::<Vec<_>>().join(" ")
        }
        Found::Nobody => "nobody".to_owned(),
        Found::Several => "several".to_owned(),
        Found::Unsure(_) => "unsure".to_owned(),
    }
}

fn codes(findings: &Findings) -> Vec<&str> {
    findings.iter().map(|finding| finding.code.as_ref()).collect()
}

#[test]
fn rows_of_a_query_are_read_and_matched_as_those_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let source = source(folder.path(), &[]);
    let kim = ["Ким", "Анна", "1990-07-22"];
    let [anna, later] = ["2020-01", "2020-02"].map(|month| [KIM, "Ким", "Анна", "1990-07-22", month, "10"]);
    let by_number = inquiry(Some(KIM), kim);
    assert_eq!(told(&ask(&source, &by_number, &[anna, later])), "10 10");
    assert_eq!(told(&ask(&source, &inquiry(None, kim), &[anna])), "10", "by name and day of birth");
    assert_eq!(told(&ask(&source, &by_number, &[])), "nobody");
    let slip = inquiry(Some(KIM), ["Ли", "Вера", "1970-01-01"]);
    assert_eq!(
        told(&ask(&source, &slip, &[anna])),
        "nobody",
        "a number is not believed against name and day"
    );
    let namesake = ["850315300019", "Ким", "Анна", "1990-07-22", "2020-03", "5"];
    assert_eq!(told(&ask(&source, &inquiry(None, kim), &[anna, namesake])), "several");
    assert_eq!(told(&ask(&source, &by_number, &[anna, namesake])), "10", "a stranger's rows are not hers");
    let Found::Record(_, read_by) = ask(&source, &by_number, &[anna]).found else { panic!() };
    assert_eq!(read_by.to_vec(), ["pay.toml 1.0.0"]);
}

#[test]
fn bad_rows_are_set_aside_with_their_number_and_without_a_value() {
    let folder = tempfile::tempdir().unwrap();
    let source = source(folder.path(), &[]);
    let row = |month, amount| [KIM, "Ким", "Анна", "1990-07-22", month, amount];
    let rows = [row("2020-01", "10"), row("2020-13", "11"), row("2020-02", "1,5x"), row("2020-01", "10")];
    let answered = ask(&source, &inquiry(Some(KIM), ["Ким", "Анна", "1990-07-22"]), &rows);
    assert_eq!((told(&answered).as_str(), answered.aside), ("10", 2));
    let places: Vec<&str> = answered.findings.iter().map(|finding| finding.path.as_str()).collect();
    assert_eq!(places, ["live.pay:2 month", "live.pay:3 amount", "live.pay:4"]);
    assert_eq!(codes(&answered.findings)[2], "adapter.row_twice");
    let said = format!("{:?}", answered.findings);
    assert!(!said.contains("Ким") && !said.contains(KIM) && !said.contains("1,5x"), "{said}");
}

#[test]
fn two_rows_of_one_key_are_both_used_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let source = source(folder.path(), &[]);
    let path = folder.path().join("profiles/pay.toml");
    let keyed = fs::read_to_string(&path).unwrap().replace(", \"amount\"]", "]");
    fs::write(&path, keyed).unwrap();
    let row = |amount| [KIM, "Ким", "Анна", "1990-07-22", "2020-01", amount];
    let kim = inquiry(Some(KIM), ["Ким", "Анна", "1990-07-22"]);
    let answered = ask(&source, &kim, &[row("10"), row("12")]);
    assert_eq!(told(&answered), "10 12");
    assert_eq!(codes(&answered.findings), ["adapter.row_differs"]);
}

#[test]
fn files_and_queries_tell_of_the_same_person_together() {
    let folder = tempfile::tempdir().unwrap();
    let file = format!(
        "{KIM},Ким,Анна,1990-07-22,2019-01,7,A\n{KIM},,,,2019-13,8,A\n850315300019,Ли,Вера,1985-03-15,2019-01,9,A\n"
    );
    let source = source(folder.path(), &[&file]);
    let kim = inquiry(Some(KIM), ["Ким", "Анна", "1990-07-22"]);
    let bare = [KIM, "", "", "", "2020-01", "10"];
    let answered = ask(&source, &kim, &[bare]);
    assert_eq!((told(&answered).as_str(), answered.aside), ("7 10", 1), "the file tells whose number it is");
    let again = [KIM, "", "", "", "2019-01", "7"];
    let by_name = inquiry(None, ["Ким", "Анна", "1990-07-22"]);
    assert_eq!(
        told(&ask(&source, &by_name, &[again, bare])),
        "7 7 10",
        "ids of rows differ, so both are told"
    );
    assert_eq!(told(&ask(&source, &kim, &[])), "7");
    let vera = inquiry(Some("850315300019"), ["Ли", "Вера", "1985-03-15"]);
    assert_eq!(told(&ask(&source, &vera, &[bare])), "9", "rows of another person change nothing");
}

#[test]
fn a_form_or_column_that_is_missing_is_never_taken_for_no_record() {
    let folder = tempfile::tempdir().unwrap();
    let source = source(folder.path(), &[]);
    let kim = inquiry(Some(KIM), ["Ким", "Анна", "1990-07-22"]);
    let mut without = answer(&[]);
    without.columns.retain(|column| column != "amount");
    let error = source.answer(&kim, date(2026, 11, 23), &[without]).unwrap_err();
    assert_eq!(error.verdict(), Verdict::Park { code: "adapter.live" });
    assert!(error.to_string().contains("no column amount"), "{error}");
    let unread = LiveAnswer { form: "payments".to_owned(), ..answer(&[]) };
    let error = source.answer(&kim, date(2026, 11, 23), &[unread]).unwrap_err();
    assert!(error.to_string().contains("no profile payments.toml"), "{error}");
}

#[test]
fn a_person_is_asked_about_by_each_number_of_the_state_and_each_name() {
    let mut asked = inquiry(Some(KIM), ["Ким", "Анна", "1990-07-22"]).person;
    let texts =
        |set: &[Option<String>]| set.iter().map(|text| text.clone().unwrap_or_default()).collect::<Vec<_>>();
    let sets = live_sets(&asked, State::Kz);
    assert_eq!(sets.len(), 1);
    assert_eq!(LIVE_NAMES.len(), sets[0].len());
    assert_eq!(texts(&sets[0]), ["iin", KIM, "Ким", "Анна", "", "1990-07-22"]);
    assert_eq!(texts(&live_sets(&asked, State::Ru)[0])[..2], ["", ""], "a number of another state is none");
    asked
        .identifiers
        .push(serde_json::from_value(serde_json::json!({ "kind": "iin", "value": "850315300019" })).unwrap());
    assert_eq!(live_sets(&asked, State::Kz).len(), 2);
}
