//! Tests of crosswalks, and of the coder with the tables of this repository.

use super::*;
use crate::base::{Findings, Twister};
use crate::exchange::canonical::Coded;
use crate::exchange::canonical::job::{IscoCode, Relation};
use jiff::civil::{Date, date};
use proptest::prelude::*;
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;

const DAY: Date = date(2026, 11, 30);

fn isco(code: &str) -> IscoCode {
    code.parse().unwrap()
}

fn table(head: &str, rows: &str) -> String {
    format!("{head}\nedition = \"1\"\ntitle = \"t\"\nsource = \"an act\"\n{rows}")
}

fn findings(text: &str) -> Findings {
    let mut crosswalks = Crosswalks::built_in().clone();
    match crosswalks.add("t.toml", text) {
        Ok(findings) | Err(findings) => findings,
    }
}

fn targets(crosswalks: &Crosswalks, scheme: &str, code: &str, on: Date) -> Vec<(String, Relation)> {
    match crosswalks.map(scheme, code, on) {
        Mapping::Mapped(targets) => targets.iter().map(|to| (to.isco.to_string(), to.relation)).collect(),
        Mapping::Unmapped(_) => Vec::new(),
    }
}

#[test]
fn digits_are_read_only_where_the_table_says_so() {
    let all = Crosswalks::built_in();
    for code in ["7212", "7212.3", "7212-3"] {
        assert_eq!(targets(all, "okz", code, DAY), [("7212".to_owned(), Relation::Exact)], "{code}");
    }
    assert_eq!(targets(all, "isco-08", "7212", DAY).len(), 1);
    // codes whose first four digits are groups of ISCO-08
    for (scheme, code) in [("nkrk-01", "7212-1"), ("okrb-014", "7212-001"), ("okpdtr", "721234")] {
        assert_eq!(all.map(scheme, code, DAY), Mapping::Unmapped(Unmapped::NoTable), "{scheme}");
    }
    assert_eq!(all.map("okz", "9999", DAY), Mapping::Unmapped(Unmapped::UnknownCode));
    assert_eq!(all.map("okz", "721", DAY), Mapping::Unmapped(Unmapped::UnknownCode), "no unit group");
    assert_eq!(all.map("soc-2010", "7212", DAY), Mapping::Unmapped(Unmapped::NoTable));
}

#[test]
fn a_table_of_an_operator_maps_to_none_one_or_more() {
    let mut all = Crosswalks::built_in().clone();
    let rows = "[[code]]\ncode = \"7212-1\"\nisco = [\"7212\"]\nrelation = \"exact\"\n\
                [[code]]\ncode = \"7212-9\"\nisco = [\"7212\", \"7213\"]\nrelation = \"narrower\"\nsource = \"the ministry\"\n\
                [[code]]\ncode = \"9999-9\"\nisco = []\n";
    let warnings = all.add("kz.toml", &table("scheme = \"nkrk-01\"", rows)).unwrap();
    assert!(warnings.iter().all(|finding| finding.code == "labour.count_differs" && !finding.is_error()));
    assert_eq!(targets(&all, "nkrk-01", "7212-1", DAY), [("7212".to_owned(), Relation::Exact)]);
    assert_eq!(targets(&all, "nkrk-01", "7212-9", DAY).len(), 2);
    assert_eq!(all.map("nkrk-01", "9999-9", DAY), Mapping::Unmapped(Unmapped::NoTarget));
    assert_eq!(all.map("nkrk-01", "7212-2", DAY), Mapping::Unmapped(Unmapped::UnknownCode));
    let coded = |text: &str| text.parse::<Coded>().unwrap();
    let made = all.occupations(&coded("nkrk-01"), &coded("01-2017"), &coded("7212-9"), DAY);
    assert_eq!(made.iter().filter_map(|one| one.isco).collect::<Vec<_>>(), [isco("7212"), isco("7213")]);
    assert!(made.iter().all(|one| one.code == coded("7212-9") && one.relation == Some(Relation::Narrower)));
    let made = all.occupations(&coded("nkrk-01"), &coded("01-2017"), &coded("9999-9"), DAY);
    assert_eq!((made.len(), made[0].isco, made[0].relation), (1, None, None), "the code is kept");
}

#[test]
fn a_row_counts_on_its_days() {
    let mut all = Crosswalks::built_in().clone();
    let rows = "[[code]]\ncode = \"1\"\nisco = [\"7212\"]\nrelation = \"close\"\nvalid_to = \"2025-12-31\"\n\
                [[code]]\ncode = \"1\"\nisco = [\"7213\"]\nrelation = \"close\"\nvalid_from = \"2026-01-01\"\n";
    all.add("t", &table("scheme = \"am-1\"\nvalid_from = \"2020-01-01\"", rows)).unwrap();
    let on = |day| targets(&all, "am-1", "1", day).into_iter().map(|(code, _)| code).collect::<Vec<_>>();
    assert_eq!(on(date(2025, 12, 31)), ["7212"]);
    assert_eq!(on(date(2026, 1, 1)), ["7213"]);
    assert_eq!(on(date(2019, 12, 31)), [""; 0]);
}

#[test]
fn all_that_is_wrong_with_a_table_is_told_with_its_line() {
    let rows = "[[code]]\ncode = \"100657\"\nisco = [\"7212\"]\nrelation = \"exact\"\n\
                [[code]]\ncode = \"10-1\"\nisco = [\"7212\"]\nrelation = \"exact\"\n\
                [[code]]\ncode = \"233699\"\nisco = [\"7299\", \"721\", \"7212\", \"7212\"]\nrelation = \"broader\"\n\
                [[code]]\ncode = \"100656\"\nisco = [\"7212\"]\n\
                [[code]]\ncode = \"10066\"\nisco = []\nrelation = \"close\"\n\
                [[code]]\ncode = \"10067\"\nisco = [\"7212\", \"7213\"]\nrelation = \"exact\"\nvalid_from = \"2026-02-01\"\nvalid_to = \"2026-01-01\"\n";
    let found = findings(&table("scheme = \"okpdtr\"", rows));
    let told: Vec<_> = found.iter().map(|finding| (finding.code.as_str(), finding.path.as_str())).collect();
    assert_eq!(
        told,
        [
            ("labour.control_digit", "t.toml:6"),
            ("labour.code_shape", "t.toml:10"),
            ("labour.isco_unknown", "t.toml:14"),
            ("labour.isco_unknown", "t.toml:14"),
            ("labour.isco_unknown", "t.toml:14"),
            ("labour.relation", "t.toml:18"),
            ("labour.code_twice", "t.toml:18"),
            ("labour.relation", "t.toml:21"),
            ("labour.relation", "t.toml:25"),
            ("labour.validity", "t.toml:25"),
        ]
    );
    assert!(!found[0].is_error() && found[1..].iter().all(crate::base::Finding::is_error));
    assert!(found.iter().all(|finding| !finding.to_string().contains("100657")), "no value is shown");
    let form = findings("scheme = \"okz\"\nedition = \"1\"\ncolour = 1\n");
    assert_eq!((form[0].code.as_str(), form[0].path.as_str()), ("labour.crosswalk_form", "t.toml:3"));
    let by_digits = findings(&table("scheme = \"am-1\"\nby_digits = \"close\"", ""));
    assert_eq!(by_digits[0].code, "labour.crosswalk_form", "digits are exact or no mapping");
    assert_eq!(
        findings(&table("scheme = \"okz\"", "").replace("an act", " "))[0].code,
        "labour.crosswalk_form"
    );
}

/// The sizes that section 4.1 of `labour.md` has: a whole list has no warning, one row less has.
#[test]
fn the_list_of_kazakhstan_is_counted() {
    let mut codes = Vec::new();
    let counts: [(u32, [u32; 4]); 9] = [
        (1, [4, 12, 38, 67]),
        (2, [6, 29, 114, 368]),
        (3, [5, 21, 71, 169]),
        (4, [5, 9, 21, 55]),
        (5, [4, 14, 27, 77]),
        (6, [3, 7, 15, 35]),
        (7, [5, 21, 68, 188]),
        (8, [3, 17, 60, 243]),
        (9, [6, 11, 25, 67]),
    ];
    for (major, [subs, minors, units, occupations]) in counts {
        for number in 0..occupations {
            let unit = number % units;
            let minor = unit % minors;
            let digits = (minor % subs + 1, minor / subs, unit / minors);
            codes.push(format!("{major}{}{}{}-{}", digits.0, digits.1, digits.2, number / units));
        }
    }
    let rows = |codes: &[String]| {
        codes.iter().map(|code| format!("[[code]]\ncode = \"{code}\"\nisco = []\n")).collect::<String>()
    };
    let whole = findings(&table("scheme = \"nkrk-01\"", &rows(&codes)));
    assert!(whole.is_empty(), "{whole:#?}");
    let less = findings(&table("scheme = \"nkrk-01\"", &rows(&codes[1..])));
    assert!(
        less.iter().any(|finding| finding.message.starts_with("66 groups of occupations of major group 1"))
    );
    assert!(less.iter().all(|finding| finding.code == "labour.count_differs" && !finding.is_error()));
}

#[test]
fn the_tables_of_this_repository_are_in_order_and_invent_nothing() {
    let mapped: Vec<&str> = Crosswalks::built_in()
        .tables()
        .iter()
        .filter(|table| !table.is_empty())
        .map(|table| table.scheme().as_str())
        .collect();
    assert_eq!(mapped, ["okz", "isco-08"]);
}

#[test]
fn a_title_is_coded_in_every_language() {
    for title in [
        "Электрогазосварщик 5 разряда",
        "СРОЧНО! Требуется сварщик, г. Москва, з/п от 120 000 руб.",
        "дәнекерлеуші",
        "dänekerleuşı",
        "ширетүүчү керек",
        "եռակցող",
        "зваршчык",
        "Welder (m/f)",
    ] {
        let coding = Coder::built_in().code(title);
        assert_eq!(coding.answer, Some(isco("7212")), "{title}: {coding:?}");
    }
}

#[test]
fn what_is_no_title_has_no_answer() {
    for text in ["", "   ", "вахта 60/30", "от 100 000 руб.", "qwrtpsdf", "Москва", "12345", "🙂🙂"]
    {
        let coding = Coder::built_in().code(text);
        assert_eq!(coding.answer, None, "{text}: {coding:?}");
    }
}

#[test]
fn the_first_name_of_each_group_is_coded_as_of_it() {
    for group in OccupationTree::built_in().units() {
        for language in crate::base::Language::ALL {
            for name in group.names(language).iter().take(1) {
                let coding = Coder::built_in().code(name);
                let best = coding.candidates.iter().take(3).map(|candidate| candidate.group);
                assert!(best.clone().any(|best| best == group.code), "{name} of {}: {coding:?}", group.code);
            }
        }
    }
}

#[test]
fn more_names_are_found_than_by_the_baseline() {
    let mut twister = Twister::new(7);
    let all = OccupationTree::built_in().named();
    let trial =
        Trial::of(&all, |count| usize::try_from(twister.below(u32::try_from(count).unwrap())).unwrap());
    assert!(trial.questions.len() > 2_000 && trial.questions.len() < trial.held_out);
    let (coder, baseline) = (Coder::of(&trial.known), Baseline::of(&trial.known));
    let some: Vec<&Question> = trial.questions.iter().step_by(10).collect();
    let ours = some.iter().filter(|question| coder.judge(question).rank == Some(0)).count();
    let theirs = some.iter().filter(|question| baseline.judge(question).0 == Some(0)).count();
    assert!(ours > theirs + some.len() / 30, "{ours} of {}, baseline {theirs}", some.len());
}

/// A coder with few names, so that many texts are tried.
static SMALL: LazyLock<Coder> = LazyLock::new(|| {
    let named = OccupationTree::built_in().named();
    Coder::of(&named[..120])
});

proptest! {
    #[test]
    fn any_text_is_coded_alike_each_time_and_in_each_form(text in "\\PC{0,60}") {
        let coding = SMALL.code(&text);
        prop_assert_eq!(&coding, &SMALL.code(&text));
        let mut last = f64::INFINITY;
        for candidate in &coding.candidates {
            prop_assert!((0.0..=1.0).contains(&candidate.confidence) && candidate.confidence <= last);
            last = candidate.confidence;
        }
        let all: f64 = coding.candidates.iter().map(|candidate| candidate.confidence).sum();
        prop_assert!(all <= 1.0 + 1e-9, "{all}");
        prop_assert!(coding.candidates.len() <= Coder::CANDIDATES);
        prop_assert!(coding.answer.is_none_or(|answer| coding.candidates[0].group == answer));
    }

    #[test]
    fn the_form_of_unicode_changes_no_coding(text in "[а-яёіїўәғқңөұүһԱ-Ֆա-ևA-Za-z0-9 .,/()-]{0,40}") {
        let (composed, apart): (String, String) = (text.nfc().collect(), text.nfd().collect());
        prop_assert_eq!(SMALL.code(&composed), SMALL.code(&apart));
    }

    #[test]
    fn no_table_makes_the_reader_panic(text in "\\PC{0,200}") {
        let _ = findings(&text); // whatever is found
    }
}
