//! The second factor: one-time codes by time (RFC 6238; SHA-1, six digits, 30 seconds, as every authenticator has them).

use crate::base::{Random, Secret, random_octets};
use jiff::Timestamp;
use totp_rs::{Builder, Totp};

/// What an authenticator and the node share.
#[derive(Debug, Clone)]
pub struct SecondFactor(Secret<Vec<u8>>);

impl SecondFactor {
    /// A new one, of 160 random bits.
    pub fn draw(random: &dyn Random) -> Self {
        Self::kept(random_octets::<20>(random).to_vec())
    }

    /// One that was kept.
    pub fn kept(octets: Vec<u8>) -> Self {
        Self(Secret::new(octets))
    }

    /// The octets to be kept.
    pub fn octets(&self) -> &[u8] {
        self.0.expose()
    }

    /// The same as a person types it into an authenticator: Base32.
    pub fn words(&self) -> Secret<String> {
        Secret::new(totp_rs::Secret::from(self.octets()).to_base32())
    }

    /// The same as an authenticator reads it from a picture.
    pub fn uri(&self, login: &str, state: &str) -> Secret<String> {
        let words = self.words();
        Secret::new(format!(
            "otpauth://totp/Stazh%20{state}:{login}?secret={}&issuer=Stazh%20{state}",
            words.expose()
        ))
    }

    /// The step of a code that fits, one step before or after included; none if it does not, or if it or a later one
    /// was used.
    pub fn step(&self, code: &str, at: Timestamp, used: Option<i64>) -> Option<i64> {
        let code = code.trim();
        if code.len() != DIGITS || !code.bytes().all(|octet| octet.is_ascii_digit()) {
            return None;
        }
        let seconds = u64::try_from(at.as_second()).ok()?;
        let step = i64::try_from(self.codes()?.check(code, seconds)?).ok()?;
        used.is_none_or(|used| step > used).then_some(step)
    }

    /// The code of an instant, as an authenticator shows it.
    pub fn code(&self, at: Timestamp) -> Option<String> {
        let seconds = u64::try_from(at.as_second()).ok()?;
        Some(self.codes()?.generate(seconds).to_string())
    }

    /// Nothing for a secret that is too short.
    fn codes(&self) -> Option<Totp> {
        Builder::new().with_secret(self.octets()).build().ok()
    }
}

/// A second factor as it is kept: locked under a key of the node, or bare, as it was kept before there was one.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptFactor(Vec<u8>);

impl KeptFactor {
    /// Of what is kept.
    pub fn of(octets: Vec<u8>) -> Self {
        Self(octets)
    }

    /// What is kept.
    pub fn octets(&self) -> &[u8] {
        &self.0
    }

    /// Whether it is the secret itself.
    pub fn is_bare(&self) -> bool {
        self.0.len() == BARE
    }
}

impl std::fmt::Debug for KeptFactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeptFactor(…)")
    }
}

/// Octets of a secret.
const BARE: usize = 20;
const DIGITS: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// RFC 6238, appendix B (SHA-1), the last six digits.
    #[test]
    fn the_codes_are_those_of_the_standard() {
        let factor = SecondFactor::kept(b"12345678901234567890".to_vec());
        for (second, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
        ] {
            assert_eq!(factor.code(at(second)).as_deref(), Some(code));
            assert_eq!(factor.step(code, at(second), None), Some(second / 30));
        }
        assert_eq!(factor.words().expose(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    }

    #[test]
    fn one_step_of_drift_is_allowed_and_no_step_is_used_twice() {
        let factor = SecondFactor::draw(&crate::base::SeededRandom::new(3));
        let code = factor.code(at(3_000)).unwrap();
        for (second, is_taken) in
            [(2_940, false), (2_970, true), (3_029, true), (3_059, true), (3_060, false)]
        {
            assert_eq!(factor.step(&code, at(second), None).is_some(), is_taken, "{second}");
        }
        assert_eq!(factor.step(&code, at(3_000), Some(99)), Some(100));
        assert_eq!(factor.step(&code, at(3_000), Some(100)), None, "it was used");
        assert_eq!(factor.step(&code, at(3_000), Some(101)), None, "a later one was used");
        for wrong in ["", "12345", "1234567", "12345a", "１２３４５６"] {
            assert_eq!(factor.step(wrong, at(3_000), None), None);
        }
        assert_eq!(SecondFactor::kept(vec![1; 4]).code(at(1)), None);
    }
}
