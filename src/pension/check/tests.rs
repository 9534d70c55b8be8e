//! The intersection is that of plain sets, whoever raises first; what is no value is refused.

use super::*;
use crate::base::SeededRandom;
use crate::exchange::canonical::{IdentifierKind, Matcher, Person, Points, RecordId};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn secret(seed: u64) -> CheckSecret {
    CheckSecret::draw(&SeededRandom::new(seed))
}

fn check() -> RecordId {
    "KZ-1".parse().unwrap()
}

/// A key of its own for each number.
fn key(number: u32) -> CheckKey {
    let person = person(
        &format!(r#"{{ "kind": "snils", "value": "{:011}" }}"#, 11_000_000_000_u64 + u64::from(number)),
        "Ким",
        "Ан",
    );
    let is_number = |key: &CheckKey| matches!(key.kind, KeyKind::Number(_));
    keys_of(&person, &check(), Matcher::built_in().unwrap()).into_iter().find(is_number).unwrap()
}

fn person(identifiers: &str, family: &str, given: &str) -> Person {
    let text = format!(
        r#"{{ "name": {{ "family": "{family}", "given": "{given}" }}, "birth_date": "1960-02-03", "identifiers": [{identifiers}] }}"#
    );
    serde_json::from_str(&text).unwrap()
}

fn values(keys: &[CheckKey], secret: &CheckSecret) -> OwnValues {
    let points = secret.blind(keys);
    let kind = KeyKind::Number(IdentifierKind::Snils).as_number();
    let value = |(point, row)| OwnValue { point, row, kind };
    OwnValues::new(points.into_iter().zip(0..).map(value).collect())
}

/// The rows of both sides that the protocol tells as hits.
fn intersect(ours: &[u32], theirs: &[u32], batch: u32) -> (BTreeSet<u32>, BTreeSet<u32>) {
    let (a, b) = (secret(1), secret(2));
    let keys = |numbers: &[u32]| numbers.iter().map(|number| key(*number)).collect::<Vec<_>>();
    let (own, peers) = (values(&keys(ours), &a), values(&keys(theirs), &b));
    let passes = 3;
    let (mut our_hits, mut their_hits) = (BTreeSet::new(), BTreeSet::new());
    for pass in 0..passes {
        let mut table = RaisedTable::begin(pass, passes);
        let mut owners = Vec::new();
        for ((points, of), place) in own.batches(batch).zip(0..) {
            table.add(place * batch, &Points::new(b.raise(points.as_slice()).unwrap()));
            owners.extend(of);
        }
        table.finish();
        for (points, of) in peers.batches(batch) {
            let first = of.first().unwrap().value;
            for (point, at) in a.raise(points.as_slice()).unwrap().iter().zip(first..) {
                if let Some(found) = table.find(point) {
                    our_hits
                        .extend(owners.iter().filter(|owner| owner.value == found).map(|owner| owner.row));
                    their_hits.extend(of.iter().filter(|owner| owner.value == at).map(|owner| owner.row));
                }
            }
        }
    }
    (our_hits, their_hits)
}

#[test]
fn a_value_under_both_secrets_is_the_same_whoever_raised_it_first() {
    let (a, b) = (secret(1), secret(2));
    let keys: Vec<CheckKey> = (0..200).map(key).collect();
    let (ab, ba) = (b.raise(&a.blind(&keys)).unwrap(), a.raise(&b.blind(&keys)).unwrap());
    assert_eq!(ab, ba);
    assert_ne!(a.blind(&keys), b.blind(&keys));
    let kept = CheckSecret::of_bytes(*a.to_bytes().expose()).unwrap();
    assert_eq!(kept.blind(&keys), a.blind(&keys));
    assert_eq!(format!("{a:?}"), "CheckSecret(…)");
}

#[test]
fn what_is_no_value_is_refused_with_its_place() {
    let a = secret(1);
    let good = a.blind(&[key(1)])[0];
    assert_eq!(a.raise(&[good, [0; 32]]), Err(PointFault::Identity { place: 1 }));
    let mut last = good;
    last[31] |= 0x80; // not the one form of a point
    let minus_one = {
        let mut bytes = [0xff; 32];
        (bytes[0], bytes[31]) = (0xec, 0x7f);
        bytes
    };
    for bytes in [last, [0xff; 32], minus_one, [1; 32]] {
        assert_eq!(a.raise(&[bytes]), Err(PointFault::NotCanonical { place: 0 }), "{bytes:?}");
    }
    assert!(CheckSecret::of_bytes([0; 32]).is_none() && CheckSecret::of_bytes([0xff; 32]).is_none());
}

#[test]
fn a_person_is_known_by_each_number_and_by_name_with_birth_whatever_the_letters() {
    let matcher = Matcher::built_in().unwrap();
    let keys = |person: &Person, check: &str| -> Vec<(KeyKind, [u8; 64])> {
        keys_of(person, &check.parse().unwrap(), matcher)
            .into_iter()
            .map(|key| (key.kind, key.digest))
            .collect()
    };
    let cyrillic = person(r#"{ "kind": "snils", "value": "11010000007" }"#, "Щеглова", "Юлия");
    let latin = person("", "SHCHEGLOVA", "IULIIA");
    let own = keys(&cyrillic, "KZ-1");
    assert_eq!(own.len(), 2);
    assert!(own.contains(&keys(&latin, "KZ-1")[0]));
    assert!(!own.contains(&keys(&latin, "KZ-2")[0]), "another check has other keys");
    assert!(!own.contains(&keys(&person("", "Щеглова", "Юлиана"), "KZ-1")[0]));
    let several = person(
        r#"{ "kind": "snils", "value": "11010000007" }, { "kind": "snils", "value": "11010000007" }, { "kind": "snils", "value": "11010000008" }"#,
        "Ким",
        "Ан",
    );
    let filler = person(r#"{ "kind": "snils", "value": "00000000000" }"#, "Ким", "Ан");
    assert_eq!(keys(&filler, "KZ-1").len(), 1, "nobody has this number");
    assert_eq!(keys(&several, "KZ-1").len(), 3, "the same number twice is one key");
    for kind in IdentifierKind::ALL.map(KeyKind::Number).into_iter().chain([KeyKind::NameAndBirth]) {
        assert_eq!(KeyKind::of_number(kind.as_number()), Some(kind));
    }
    assert_eq!((KeyKind::of_number(6), KeyKind::of_number(255)), (None, None));
    let mut kinds = KeyKinds::default();
    assert!(kinds.is_empty() && !kinds.is_weak());
    kinds.add(KeyKind::NameAndBirth);
    assert!(kinds.is_weak());
    kinds.add(KeyKind::Number(IdentifierKind::Iin));
    assert_eq!((kinds.is_weak(), kinds.to_string().as_str()), (false, "iin name-and-birth"));
    assert_eq!(KeyKinds::of_bits(kinds.as_bits()), kinds);
}

#[test]
fn a_row_that_stands_twice_is_told_once_and_found_twice() {
    assert_eq!(intersect(&[5, 7, 5, 9], &[5], 2), ([0, 2].into(), [0].into()));
    let own = values(&[key(5), key(7), key(5)], &secret(1));
    assert_eq!(own.size(), 2);
    let owners: Vec<Owner> = own.batches(1).flat_map(|(_, owners)| owners).collect();
    let bytes: Vec<u8> = owners.iter().flat_map(|owner| owner.to_bytes()).collect();
    assert_eq!(Owner::all_of(&bytes), Some(owners));
    assert_eq!(Owner::all_of(&bytes[1..]), None);
    assert_eq!(values(&[], &secret(1)).batches(3).count(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_hits_are_those_of_plain_sets(
        ours in prop::collection::vec(0_u32..60, 0..40), theirs in prop::collection::vec(0_u32..60, 0..40), batch in 1_u32..20,
    ) {
        let rows = |of: &[u32], other: &[u32]| -> BTreeSet<u32> {
            of.iter().zip(0..).filter(|(number, _)| other.contains(number)).map(|(_, row)| row).collect()
        };
        prop_assert_eq!(intersect(&ours, &theirs, batch), (rows(&ours, &theirs), rows(&theirs, &ours)));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in any::<[u8; 32]>()) {
        let _ = secret(1).raise(&[bytes]); // only that it returns
    }
}
