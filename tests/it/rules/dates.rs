//! What depends on days: which code counts on the day of a document, and which days cannot be.

use super::{message, root, sample};
use stazh::base::{Findings, Limits};
use stazh::exchange::rules::{Rules, SchemaFiles};
use std::fs;
use std::path::Path;

/// The schemas of a node whose operator put other texts in the place of some.
fn rules_with(texts: &[(&str, &str)]) -> Rules {
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

fn schema(path: &str) -> String {
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
