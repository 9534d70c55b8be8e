//! Passwords: kept as argon2id, judged by the policy (A7), never shown.

use super::Policy;
use crate::base::{Random, Secret, random_octets};
use argon2::password_hash::phc;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use std::fmt;

/// What is kept of a password: its argon2id with salt and parameters, as a PHC string.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

/// A password that could not be kept.
#[derive(Debug, thiserror::Error)]
#[error("keep a password: {0}")]
pub struct PasswordError(argon2::password_hash::Error);

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weakness {
    /// It is too short.
    Short,
    /// It is longer than anybody types.
    Long,
    /// It holds the login or a part of the name.
    Named,
    /// It is made of too few different characters.
    Monotonous,
    /// It was used before, or is the one in use.
    Used,
}

impl PasswordHash {
    /// Works out what is kept. It takes a noticeable part of a second, and is meant to.
    ///
    /// # Errors
    /// The library refuses, as it does for a password of gigabytes.
    pub fn of(password: &Secret<String>, random: &dyn Random) -> Result<Self, PasswordError> {
        let salt = random_octets::<16>(random);
        let hash: phc::PasswordHash = Argon2::default()
            .hash_password_with_salt(password.expose().as_bytes(), &salt)
            .map_err(PasswordError)?;
        Ok(Self(hash.to_string()))
    }

    /// What was kept.
    pub fn kept(text: String) -> Self {
        Self(text)
    }

    /// The text to be kept.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the password. It takes as long as [`PasswordHash::of`].
    pub fn fits(&self, password: &Secret<String>) -> bool {
        Argon2::default().verify_password(password.expose().as_bytes(), self.0.as_str()).is_ok()
    }

    /// Takes as long as for a password that is kept, so that nobody learns which logins there are.
    pub fn waste(password: &Secret<String>) {
        Self(NOBODYS.to_owned()).fits(password);
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// What a password must not hold, and was before.
#[derive(Debug, Clone, Copy)]
pub struct Against<'a> {
    /// Whose it is.
    pub login: &'a str,
    /// What he is called.
    pub name: &'a str,
    /// The password in use and those before it, the latest first.
    pub before: &'a [PasswordHash],
}

/// All that is wrong with a password that somebody chose.
pub fn weaknesses(password: &Secret<String>, against: Against<'_>, policy: &Policy) -> Vec<Weakness> {
    let text = password.expose();
    let letters = text.chars().count();
    let lower = text.to_lowercase();
    let is_named = std::iter::once(against.login)
        .chain(against.name.split_whitespace())
        .filter(|word| word.chars().count() >= NAME_LETTERS_MIN)
        .any(|word| lower.contains(&word.to_lowercase()));
    let different: std::collections::BTreeSet<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut find = |weakness, is_found: bool| {
        if is_found {
            found.push(weakness);
        }
    };
    let wanted = usize::try_from(policy.password_length.count).unwrap_or(usize::MAX);
    find(Weakness::Short, letters < wanted);
    find(Weakness::Long, letters > LETTERS_MAX);
    find(Weakness::Named, is_named);
    find(Weakness::Monotonous, different.len() < DIFFERENT_MIN);
    if found.is_empty() {
        // each costs as much as an entry, so they are asked about only when all else is well
        let reach = usize::try_from(policy.password_history.count).unwrap_or(usize::MAX);
        if against.before.iter().take(reach).any(|before| before.fits(password)) {
            found.push(Weakness::Used);
        }
    }
    found
}

/// A password for the first entry: 80 random bits, without letters that look alike.
pub fn temporary_password(random: &dyn Random) -> Secret<String> {
    let drawn = random_octets::<16>(random);
    let mut text = String::with_capacity(19);
    for (at, octet) in drawn.into_iter().enumerate() {
        if at > 0 && at % 4 == 0 {
            text.push('-');
        }
        let letter = LETTERS.get(usize::from(octet) % LETTERS.len()).copied().unwrap_or(b'x');
        text.push(char::from(letter));
    }
    Secret::new(text)
}

/// 32 of them, so that each octet gives five bits evenly.
const LETTERS: [u8; 32] = *b"abcdefghijkmnpqrstuvwxyz23456789";
const LETTERS_MAX: usize = 256;
const NAME_LETTERS_MIN: usize = 3;
const DIFFERENT_MIN: usize = 5;
/// The argon2id of a text that nobody knows any more, with the parameters of all others.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$T5OPfFbG/SPm4VxKxQnVCw$KoZb1mJ8mG0fYd1kEBnF1gcKp0zLZ0i9m2m4cN7rX0E";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Numbers;
    use crate::base::SeededRandom;

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    fn found(text: &str, before: &[PasswordHash]) -> Vec<Weakness> {
        let against = Against { login: "a.akhmetova", name: "Ахметова Айгуль", before };
        weaknesses(&secret(text), against, &Numbers::built_in().policy)
    }

    /// A7: length and history are enforced.
    #[test]
    fn a7_a_password_that_is_short_named_or_used_is_refused() {
        assert_eq!(found("correct horse", &[]), []);
        assert_eq!(found("short", &[]), [Weakness::Short, Weakness::Monotonous][..1].to_vec());
        assert_eq!(found("ababababababab", &[]), [Weakness::Monotonous]);
        assert_eq!(found("x-A.Akhmetova-9", &[]), [Weakness::Named]);
        assert_eq!(found("мой айгуль пароль", &[]), [Weakness::Named]);
        assert_eq!(found(&"long".repeat(100), &[]), [Weakness::Long, Weakness::Monotonous]);
        let random = SeededRandom::new(1);
        let before = [PasswordHash::of(&secret("correct horse"), &random).unwrap()];
        assert_eq!(found("correct horse", &before), [Weakness::Used]);
        assert_eq!(found("correct horsf", &before), []);
    }

    #[test]
    fn a_password_fits_its_own_hash_and_no_other() {
        let random = SeededRandom::new(1);
        let of = |text: &str| PasswordHash::of(&secret(text), &random).unwrap();
        let (one, two) = (of("correct horse"), of("correct horse"));
        assert_ne!(one, two, "each has a salt of its own");
        assert!(one.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(one.fits(&secret("correct horse")) && two.fits(&secret("correct horse")));
        assert!(!one.fits(&secret("correct horsE")));
        assert!(!PasswordHash::kept("nonsense".to_owned()).fits(&secret("x")));
        assert!(!format!("{one:?}").contains("argon2"));
        assert!(phc::PasswordHash::new(NOBODYS).is_ok(), "else it would not take its time");
    }

    #[test]
    fn temporary_passwords_differ_and_pass_the_policy() {
        let random = SeededRandom::new(7);
        let drawn: std::collections::BTreeSet<String> =
            (0..1_000).map(|_| temporary_password(&random).expose().clone()).collect();
        assert_eq!(drawn.len(), 1_000);
        assert!(drawn.iter().all(|text| text.len() == 19 && !text.contains(['l', 'o', '0', '1'])));
    }
}
