//! What depends on days: which code counts on the day of a document, and which days cannot be.

use super::{message, root, rules, sample, told};
use stazh::base::{Findings, Limits};
use stazh::exchange::rules::{Rules, SchemaFiles};
use std::fs;
use std::path::Path;

/// The schemas of a node whose operator put other texts in the place of some.
pub(crate) fn rules_with(texts: &[(&str, &str)]) -> Rules {
    let folder = tempfile::tempdir().unwrap();
    for part in ["base", "codelists", "envelope", "facts", "pension", "seal"] {
        fs::create_dir_all(folder.path().join(part)).unwrap();
        for entry in fs::read_dir(root().join("schemas").join(part)).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), folder.path().join(part).join(entry.file_name())).unwrap();
        }
    }
    for (path, text) in texts {
        fs::write(folder.path().join(path), text).unwrap();
    }
    Rules::of(&SchemaFiles::from_folder(folder.path()).unwrap(), Limits::default()).unwrap()
}

pub(crate) fn schema(path: &str) -> String {
    fs::read_to_string(root().join("schemas").join(Path::new(path))).unwrap()
}

/// What rules say of the record, dated another day.
fn findings_on(rules: &Rules, day: &str) -> Findings {
    let text = sample("insurance-record").replace("2026-11-23T", &format!("{day}T"));
    match rules.check(text.as_bytes(), &message("P.XP.01.MSG.002")) {
        Ok(valid) => valid.warnings().to_vec(),
        Err(findings) => findings,
    }
}

#[test]
fn a_code_of_an_expired_edition_is_told_with_its_day_and_what_stands_in_its_place() {
    let list = schema("codelists/contribution-kinds.toml");
    let edited = list.replace(
        "opv = { ",
        "opv-new = { ru = \"Взнос\", en = \"Contribution\", from = \"2026-12-01\" }\nopv = { to = \"2026-11-30\", replaced_by = \"opv-new\", ",
    );
    assert_ne!(edited, list);
    let rules = rules_with(&[("codelists/contribution-kinds.toml", &edited)]);
    assert_eq!(findings_on(&rules, "2026-11-30"), []);
    let told = findings_on(&rules, "2026-12-01");
    let [finding] = told.as_slice() else { panic!("{told:#?}") };
    assert!(finding.is_error());
    assert_eq!((finding.code.as_str(), finding.rule.as_str()), ("rules.code_expired", "R.XP.XP.01.002/30"));
    assert_eq!(finding.path, "/InsuranceRecord/ContributionDetails[1]/ContributionKindCode");
    assert_eq!(
        finding.message,
        "the kind of contribution must be in the code list; this code is out since 2026-12-01; opv-new stands in its place"
    );
}

#[test]
fn a_rule_may_name_the_day_by_which_a_code_is_judged() {
    let written = schema("pension/R.XP.XP.01.002.rules.toml");
    let list = schema("codelists/period-kinds.toml").replace("work = { ", "work = { from = \"2013-01-01\", ");
    let places = |on: &str| {
        let judged = written.replace("list = \"XPK\"", &format!("list = \"XPK\"\n{on}"));
        let texts =
            [("codelists/period-kinds.toml", &*list), ("pension/R.XP.XP.01.002.rules.toml", &*judged)];
        let told = findings_on(&rules_with(&texts), "2026-11-23");
        assert!(told.iter().all(|finding| finding.code == "rules.code_early" && !finding.is_error()));
        told.into_iter().map(|finding| finding.path).collect::<Vec<_>>()
    };
    assert_eq!(places(""), [""; 0]);
    let first = "/InsuranceRecord/InsurancePeriodDetails[1]/InsurancePeriodKindCode";
    assert_eq!(places("on = \"StartDate\""), [first]);
    assert_eq!(places("on = \"/PersonDetails/BirthDate\"").len(), 3);
}

/// What the built-in rules say of a sample in which texts are replaced.
pub(crate) fn findings(name: &str, code: &str, changes: &[(&str, &str)]) -> Findings {
    let change = |text: String, (from, to): &(&str, &str)| {
        assert!(text.contains(from), "{from} is not in {name}");
        text.replacen(from, to, 1)
    };
    let text = changes.iter().fold(sample(name), change);
    match rules().check(text.as_bytes(), &message(code)) {
        Ok(valid) => valid.warnings().to_vec(),
        Err(findings) => findings,
    }
}

/// Changes of the record, what comes of them by number and place, and whether it refuses the record.
type Case<'c> = (&'c [(&'c str, &'c str)], &'c [(u32, &'c str)], bool);

#[test]
fn days_that_cannot_be_are_refused_and_those_that_are_odd_are_shown_to_a_person() {
    let start = |state: &str| {
        format!(
            "{state}</csdo:UnifiedCountryCode><csdo:StartDate xmlns:csdo=\"urn:EEC:M:SimpleDataObjects:v0.4.12\">2009-06-01"
        )
    };
    let (in_kz, in_ru) = (start("KZ"), start("RU"));
    let cases: &[Case<'_>] = &[
        (&[(">2009-06-01<", ">1985-03-14<")], &[(33, "InsurancePeriodDetails[1]/StartDate")], true),
        (&[(">2009-06-01<", ">1985-03-15<")], &[], false),
        (&[(">2009-06<", ">1985-02<")], &[(34, "ContributionDetails[1]/ContributionMonth")], true),
        (&[(">2009-06<", ">1985-03<")], &[], false),
        (&[(">2026-11-20<", ">2026-11-25<")], &[(35, "AsOfDate")], true),
        // it is that day already where the sun rises
        (&[(">2026-11-20<", ">2026-11-24<")], &[], false),
        (&[(">2024-03-01<", ">2026-11-21<")], &[(36, "InsurancePeriodDetails[4]/StartDate")], false),
        (&[(">2013-08-31<", ">2026-11-21<")], &[(37, "InsurancePeriodDetails[1]/EndDate")], false),
        // one that Russia tells beside one of Kazakhstan (T22), and one without an end beside all that follow
        (
            &[(in_kz.as_str(), in_ru.as_str()), (">2013-08-31<", ">2013-09-10<")],
            &[(38, "InsurancePeriodDetails[3]")],
            false,
        ),
        (&[(in_kz.as_str(), in_ru.as_str())], &[], false),
        (
            &[
                (in_kz.as_str(), in_ru.as_str()),
                (
                    "<csdo:EndDate xmlns:csdo=\"urn:EEC:M:SimpleDataObjects:v0.4.12\">2013-08-31</csdo:EndDate>",
                    "",
                ),
            ],
            &[(38, "InsurancePeriodDetails[3]"), (38, "InsurancePeriodDetails[4]")],
            false,
        ),
        (
            &[("<xpdo:CancelledDate>2016-05-01</xpdo:CancelledDate>", "")],
            &[(39, "InsurancePeriodDetails[3]")],
            false,
        ),
        (&[(">2024-03-01<", ">2016-11-19<")], &[(40, "InsurancePeriodDetails[4]/EndDate")], false),
        (&[(">2024-03-01<", ">2016-11-20<")], &[], false),
        (
            &[
                (">1985-03-15<", ">1955-03-15<"),
                (">2024-03-01<", ">1976-11-19<"),
                (">military-service<", ">other<"),
            ],
            &[(41, "InsurancePeriodDetails[4]/EndDate")],
            false,
        ),
        (
            &[(">2009-05-28<", ">2026-11-21<")],
            &[(42, "InsurancePeriodDetails[1]/EvidenceDetails/DocCreationDate")],
            false,
        ),
    ];
    for (changes, wanted, is_refused) in cases {
        let found = findings("insurance-record", "P.XP.01.MSG.002", changes);
        let wanted: Vec<_> = wanted
            .iter()
            .map(|(number, at)| (format!("R.XP.XP.01.002/{number}"), format!("/InsuranceRecord/{at}")))
            .collect();
        let wanted: Vec<_> =
            wanted.iter().map(|(rule, path)| ("rules.fill", rule.as_str(), path.as_str())).collect();
        assert_eq!(told(&found), wanted, "{changes:?}");
        assert_eq!(found.iter().any(|finding| finding.is_error()), *is_refused, "{changes:?}");
    }
}

#[test]
fn everything_wrong_with_the_days_is_told_at_once() {
    let changes = [(">1985-03-15<", ">2026-11-25<"), (">2013-08-31<", ">2008-08-31<")];
    let found = findings("insurance-record", "P.XP.01.MSG.002", &changes);
    let mut numbers: Vec<_> = found.iter().filter_map(|one| one.rule.rsplit('/').next()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, ["101", "18", "33", "33", "33", "33", "34", "34"]);
}

#[test]
fn a_person_of_an_inquiry_is_born_before_it_is_written() {
    let born = sample("inquiry");
    let (_, rest) = born.split_once("<csdo:BirthDate").unwrap();
    let day = rest.split_once('>').unwrap().1.get(..10).unwrap();
    let found = findings("inquiry", "P.XP.01.MSG.001", &[(&format!(">{day}<"), ">2099-01-01<")]);
    let path = "/InsuranceRecordInquiry/PersonDetails/BirthDate";
    assert_eq!(told(&found), [("rules.fill", "R.XP.XP.01.001/101", path)]);
}
