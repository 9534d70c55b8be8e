//! The error catalogue: every code of the program stands in it, and no other.

use crate::sources::sources;
use std::collections::BTreeSet;
use std::process::Command;

#[test]
fn every_code_of_the_program_is_explained_and_no_other() {
    let used = codes_in_sources();
    assert!(used.len() > 100, "the codes are not found any more");
    let explained: BTreeSet<String> = stazh::base::explanations().map(|(code, _)| code.to_owned()).collect();
    let missing: Vec<_> = used.difference(&explained).collect();
    let dead: Vec<_> = explained.difference(&used).collect();
    assert!(missing.is_empty(), "put them into schemas/errors.toml: {missing:?}");
    assert!(dead.is_empty(), "nothing gives them any more, take them out of schemas/errors.toml: {dead:?}");
}

/// String literals of the form of a code, outside of tests.
fn codes_in_sources() -> BTreeSet<String> {
    let stages = [
        "access",
        "adapter",
        "canonical",
        "case",
        "check",
        "doctor",
        "document",
        "flow",
        "http",
        "labour",
        "paper",
        "pension",
        "rules",
        "seal",
        "store",
        "transit",
        "wire",
    ];
    let mut codes = BTreeSet::new();
    for (file, text) in sources() {
        if file.contains("tests") || file.starts_with("simulation/") {
            continue;
        }
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        for literal in code.lines().filter(|line| !line.trim_start().starts_with("//")).flat_map(literals) {
            let Some((stage, name)) = literal.split_once('.') else { continue };
            let is_name = !name.is_empty()
                && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
            let is_file = ["xml", "toml", "json"].contains(&name);
            if stages.contains(&stage) && is_name && !is_file {
                codes.insert(literal.to_owned());
            }
        }
    }
    codes
}

fn literals(line: &str) -> impl Iterator<Item = &str> {
    line.split('"').skip(1).step_by(2)
}

#[test]
fn a_code_is_explained_in_the_readers_language() {
    let told = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_stazh")).arg("explain").args(args).output().unwrap();
        (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    let (code, english) = told(&["seal.expired"]);
    assert!(code == Some(0) && english.contains("past its time"), "{english}");
    let (code, russian) = told(&["seal.expired", "--language", "ru"]);
    assert!(code == Some(0) && russian.contains("Срок действия"), "{russian}");
    let (code, all) = told(&["--json"]);
    assert!(code == Some(0) && all.lines().count() == stazh::base::explanations().count());
    let (code, nothing) = told(&["seal.nothing"]);
    assert!(code == Some(2) && nothing.contains("no code of this program"), "{nothing}");
}
