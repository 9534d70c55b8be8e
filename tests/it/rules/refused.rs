//! Each document of pension provision stands in `fixtures/documents/refused` as well, with all that can be wrong in it at once.

use super::{root, rules};
use crate::fixtures::every_file_of;
use crate::shared::message_of;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// What is odd in a record (days that overlap, periods left open or after the day of the record, what stands there twice) is told in
/// tests of its own, in `super` and `super::dates`.
const ELSEWHERE: (&str, [u64; 10]) = ("R.XP.XP.01.002", [24, 26, 27, 36, 37, 38, 39, 40, 41, 42]);

/// A file of rules, and the numbers of those that stand in it.
fn numbers(path: &str) -> (toml::Table, BTreeSet<u64>) {
    let text = fs::read_to_string(root().join("schemas").join(path)).unwrap();
    let table: toml::Table = toml::from_str(&text).unwrap();
    let rules = table["rule"].as_array().unwrap();
    let numbers = rules.iter().map(|rule| u64::try_from(rule["number"].as_integer().unwrap()).unwrap());
    let numbers = numbers.collect();
    (table, numbers)
}

/// The rules that the refused files break, by structure.
fn broken() -> BTreeMap<String, BTreeSet<u64>> {
    let (rules, mut told) = (rules(), BTreeMap::<String, BTreeSet<u64>>::new());
    for path in every_file_of("documents/refused") {
        if path.extension().is_some_and(|ending| ending == "findings") {
            continue;
        }
        let document = fs::read_to_string(&path).unwrap();
        let message = message_of(&document);
        let Err(findings) = rules.check(document.as_bytes(), &message) else { continue };
        let numbers = findings.iter().filter_map(|finding| {
            let (structure, number) = finding.rule.split_once('/')?;
            (structure == message.structure).then(|| number.parse::<u64>().ok()).flatten()
        });
        told.entry(message.structure.clone()).or_default().extend(numbers);
    }
    told
}

#[test]
fn every_fill_rule_of_pension_documents_is_broken_by_a_file_that_tells_all_at_once() {
    let told = broken();
    let mut structures = 0;
    for entry in fs::read_dir(root().join("schemas/pension")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if !name.ends_with(".rules.toml") {
            continue;
        }
        let (table, mut wanted) = numbers(&format!("pension/{name}"));
        let structure = table["structure"].as_str().unwrap();
        if structure == ELSEWHERE.0 {
            ELSEWHERE.1.iter().for_each(|number| assert!(wanted.remove(number), "{structure}/{number}"));
        }
        let told = told.get(structure).cloned().unwrap_or_default();
        let missing: Vec<&u64> = wanted.difference(&told).collect();
        assert!(missing.is_empty(), "{structure}: no refused file breaks {missing:?}, which {name} has");
        structures += 1;
    }
    assert_eq!(structures, 36);
    let all: BTreeSet<u64> = told.into_values().flatten().collect();
    for part in ["header", "person"] {
        let (_, wanted) = numbers(&format!("base/{part}.rules.part.toml"));
        let missing: Vec<&u64> = wanted.difference(&all).collect();
        assert!(missing.is_empty(), "no refused file breaks {missing:?} of what documents share");
    }
}
