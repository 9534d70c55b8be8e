//! What the Agreement says of a claim: the story of one worker, told as it is to be checked by hand.

use crate::cli::stazh;
use crate::fixtures::fixture;
use stazh::exchange::rules::CodeLists;
use stazh::pension::agreement;
use std::path::Path;

/// Azamat, a citizen of Kyrgyzstan: 7 years there, 9 in Russia, 4 in Kazakhstan of which one overlaps.
fn told(words: &[&str]) -> (Option<i32>, String, String) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let story = [
        "totalise",
        "fixtures/pension/claim.json",
        "fixtures/pension/record-kg.json",
        "fixtures/pension/record-ru.json",
        "fixtures/pension/record-kz.json",
    ];
    stazh(root, &[&story[..], words].concat())
}

#[test]
fn the_story_of_azamat_is_told_line_by_line_in_both_languages() {
    for (language, file) in [("en", "pension/advice-en.txt"), ("ru", "pension/advice-ru.txt")] {
        let (code, out, err) = told(&["--language", language]);
        assert_eq!((code, err.as_str()), (Some(0), ""));
        if std::env::var_os("STAZH_UPDATE").is_some() {
            std::fs::write(fixture(file), &out).unwrap();
        }
        assert_eq!(out, std::fs::read_to_string(fixture(file)).unwrap(), "{file}; STAZH_UPDATE=1 writes it");
    }
    let (_, out, _) = told(&["--json"]);
    let advice: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(advice["right"], "added");
    let of =
        |key: &'static str| advice["steps"].as_array().unwrap().iter().filter(move |step| step["key"] == key);
    let years: Vec<_> = of("added").map(|step| step["result"]["years"].as_u64().unwrap()).collect();
    assert_eq!(years, [3, 7], "of Kazakhstan what does not overlap, and Kyrgyzstan");
    assert_eq!(of("total").next().unwrap()["result"]["years"], 19);
}

#[test]
fn what_is_wrong_with_a_claim_is_told_with_its_rule_and_shows_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let claim = std::fs::read_to_string(fixture("pension/claim.json")).unwrap();
    let wrong = claim.replace("ru-old-age", "kg-old-age").replace("2028-03-01", "2028-01-01");
    std::fs::write(folder.path().join("claim.json"), wrong).unwrap();
    let mut record = std::fs::read_to_string(fixture("pension/record-kg.json")).unwrap();
    record = record.replace("2009-01-01", "1949-01-01");
    std::fs::write(folder.path().join("kg.json"), record).unwrap();
    let (code, out, err) = stazh(folder.path(), &["totalise", "claim.json", "kg.json"]);
    assert_eq!(code, Some(1));
    for code in ["pension.filed_later", "pension.kind_of_another_state", "pension.before_birth"] {
        assert!(err.contains(code), "{code} in {err}");
    }
    assert!(!err.contains("Осмонов") && !err.contains("1949"), "{err}");
    assert!(out.ends_with("not covered by the Agreement\n"), "{out}");
    std::fs::write(folder.path().join("claim.json"), claim.replace("filed_on", "filed")).unwrap();
    let (code, _, err) = stazh(folder.path(), &["totalise", "claim.json", "kg.json"]);
    assert!(code == Some(3) && err.contains("line"), "{err}");
    let (code, out, _) = stazh(folder.path(), &["totalise", "--kinds", "--language", "ru"]);
    assert!(
        code == Some(0) && out.contains("страховая пенсия по старости") && !out.contains("kz-basic"),
        "{out}"
    );
    assert_eq!(stazh(folder.path(), &["totalise"]).0, Some(2));
}

#[test]
fn a_kind_of_pension_has_one_code_and_one_name_in_the_agreement_and_in_documents() {
    let lists = CodeLists::built_in().unwrap();
    let mut codes: Vec<&str> = lists.list("XPT").unwrap().codes().map(|(code, _)| code).collect();
    for (kind, of_agreement) in agreement().kinds() {
        let code = lists.list("XPT").unwrap().code(kind).unwrap_or_else(|| panic!("{kind} is in no list"));
        assert_eq!(code.state, Some(of_agreement.state), "{kind}");
        assert_eq!(code.names.ru, of_agreement.names().of(stazh::base::Language::Ru), "{kind}");
        codes.retain(|code| *code != kind);
    }
    assert_eq!(codes, [""; 0], "a kind that the Agreement does not cover (T3)");
}

#[test]
fn a_state_has_components_for_residents_where_the_agreement_lists_some() {
    let lists = CodeLists::built_in().unwrap();
    for state in stazh::exchange::canonical::State::ALL {
        let mut own = lists.list("XPC").unwrap().codes().filter(|(_, code)| code.state == Some(state));
        let is_told = own.any(|(_, code)| code.rule.as_deref() == Some("T14"));
        assert_eq!(is_told, agreement().residence_only(state).is_some(), "{state}");
    }
}
