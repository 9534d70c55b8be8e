//! By what a person is recognised in a check: each number by itself, and the name with the day of birth.

use crate::exchange::canonical::{IdentifierKind, Matcher, Person, RecordId};
use sha2::{Digest, Sha512};
use std::fmt;

/// What a value was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyKind {
    /// A number of this kind.
    Number(IdentifierKind),
    /// Family and given name in the folded letters of passports, with the day of birth. Others may share them.
    NameAndBirth,
}

/// The kinds of keys by which a person was found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KeyKinds(u8);

/// One key of a person: 64 bytes that are uniform to who does not know him.
#[derive(Clone)]
pub struct CheckKey {
    /// Of which kind.
    pub kind: KeyKind,
    /// SHA-512 of what it was made of.
    pub digest: [u8; 64],
}

impl KeyKind {
    /// The kind of a number that [`KeyKind::as_number`] gave.
    pub fn of_number(number: u8) -> Option<Self> {
        match number.checked_sub(1) {
            None => Some(Self::NameAndBirth),
            Some(at) => IdentifierKind::ALL.get(usize::from(at)).copied().map(Self::Number),
        }
    }

    /// A number below 8 for it.
    pub fn as_number(self) -> u8 {
        let at = match self {
            Self::NameAndBirth => return 0,
            Self::Number(kind) => IdentifierKind::ALL.iter().position(|own| *own == kind),
        };
        at.and_then(|at| u8::try_from(at + 1).ok()).unwrap_or_default()
    }

    /// As outcomes name it.
    pub fn as_word(self) -> &'static str {
        match self {
            Self::Number(kind) => kind.as_code(),
            Self::NameAndBirth => "name-and-birth",
        }
    }
}

impl KeyKinds {
    /// Those that [`KeyKinds::as_bits`] gave.
    pub fn of_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// A bit for each.
    pub fn as_bits(self) -> u8 {
        self.0
    }

    /// Adds one.
    pub fn add(&mut self, kind: KeyKind) {
        self.0 |= 1 << kind.as_number();
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether no number is among them.
    pub fn is_weak(self) -> bool {
        self.0 == 1 << KeyKind::NameAndBirth.as_number()
    }

    /// All of them, the name last.
    pub fn all(self) -> impl Iterator<Item = KeyKind> {
        let kinds = (1..8).chain([0]).filter(move |number| self.0 & (1 << number) != 0);
        kinds.filter_map(KeyKind::of_number)
    }
}

impl fmt::Display for KeyKinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, kind) in self.all().enumerate() {
            f.write_str(if place > 0 { " " } else { "" })?;
            f.write_str(kind.as_word())?;
        }
        Ok(())
    }
}

/// All keys of a person for one check. Nobody without a number and without a day of birth has any.
///
/// A key is domain-separated by the scheme, by the number of the check and by its kind.
pub fn keys_of(person: &Person, check: &RecordId, matcher: &Matcher) -> Vec<CheckKey> {
    let number = |held: &crate::exchange::canonical::HeldIdentifier| {
        let kind = KeyKind::Number(held.identifier.kind());
        key(check, kind, &[held.identifier.as_str()])
    };
    let told = person.identifiers.iter().filter(|held| !is_filler(held.identifier.as_str()));
    let mut keys: Vec<CheckKey> = told.map(number).collect();
    let birth = person.birth_date.to_string();
    let original = person.original_name.iter().map(|own| (&own.name, Some(own.language.as_str())));
    for (name, language) in std::iter::once((&person.name, None)).chain(original) {
        if let Some((family, given)) = matcher.folded_name(name, language) {
            keys.push(key(check, KeyKind::NameAndBirth, &[&family, &given, &birth]));
        }
    }
    keys.sort_by_key(|key| (key.kind, key.digest));
    keys.dedup_by_key(|key| (key.kind, key.digest));
    keys
}

/// What is written where a number is not known is nobody's number, and would make hits of strangers.
fn is_filler(number: &str) -> bool {
    let first = number.chars().next();
    number.chars().all(|c| Some(c) == first)
}

fn key(check: &RecordId, kind: KeyKind, parts: &[&str]) -> CheckKey {
    let mut hash = Sha512::new();
    let head = [super::CHECK_SCHEME, check.as_str(), kind.as_word()];
    for part in head.iter().chain(parts) {
        hash.update(part.as_bytes());
        hash.update([0x1f]); // stands in none of them: texts hold no control character
    }
    CheckKey { kind, digest: hash.finalize().into() }
}
