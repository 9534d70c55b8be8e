//! Short secrets that lie in a database, locked under a key that lies elsewhere: AES-256-GCM, bound to whose they are.

use super::{SealError, sha256};
use crate::base::{Digest256, Random, Secret, random_octets};
use openssl::symm::{Cipher, decrypt_aead, encrypt_aead};

/// The key that locks.
#[derive(Debug, Clone)]
pub struct LockKey(Secret<Vec<u8>>);

impl LockKey {
    /// A new one, of 256 random bits.
    pub fn draw(random: &dyn Random) -> Self {
        Self(Secret::new(random_octets::<KEY>(random).to_vec()))
    }

    /// From the hexadecimal text of its file; nothing if it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let digest: Digest256 = text.trim().parse().ok()?;
        Some(Self(Secret::new(digest.0.to_vec())))
    }

    /// The text of its file.
    pub fn to_text(&self) -> Secret<String> {
        let digits = self.0.expose().iter().map(|octet| format!("{octet:02x}"));
        Secret::new(digits.collect::<String>() + "\n")
    }

    /// By which a key is told without being shown: the first half of the SHA-256 of its text.
    pub fn name(&self) -> String {
        sha256(self.to_text().expose().as_bytes()).to_string().chars().take(32).collect()
    }

    /// Locks a secret of somebody: nobody else's place opens it.
    ///
    /// # Errors
    /// The library refuses.
    pub fn lock(&self, secret: &[u8], of: &str, random: &dyn Random) -> Result<Vec<u8>, SealError> {
        let nonce = random_octets::<NONCE>(random);
        let mut tag = [0; TAG];
        let key = self.0.expose();
        let locked = encrypt_aead(Cipher::aes_256_gcm(), key, Some(&nonce), of.as_bytes(), secret, &mut tag)?;
        Ok([&[VERSION][..], &nonce, &tag, &locked].concat())
    }

    /// Opens what was locked; nothing if it was locked under another key, for somebody else, or was changed.
    pub fn open(&self, locked: &[u8], of: &str) -> Option<Secret<Vec<u8>>> {
        let (version, rest) = locked.split_first()?;
        let (nonce, rest) = rest.split_at_checked(NONCE)?;
        let (tag, locked) = rest.split_at_checked(TAG)?;
        if *version != VERSION {
            return None;
        }
        let key = self.0.expose();
        decrypt_aead(Cipher::aes_256_gcm(), key, Some(nonce), of.as_bytes(), locked, tag)
            .ok()
            .map(Secret::new)
    }
}

/// How the octets stand: this one, nonce, tag, content.
const VERSION: u8 = 1;
const KEY: usize = 32;
const NONCE: usize = 12;
const TAG: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::SeededRandom;

    #[test]
    fn what_is_locked_is_opened_by_its_key_for_its_owner_alone() {
        let random = SeededRandom::new(7);
        let (key, other) = (LockKey::draw(&random), LockKey::draw(&random));
        let locked = key.lock(b"a secret of twenty o", "a.clerk", &random).unwrap();
        assert_ne!(locked, key.lock(b"a secret of twenty o", "a.clerk", &random).unwrap());
        let opened = |key: &LockKey, locked: &[u8], of| key.open(locked, of).map(|it| it.expose().clone());
        assert_eq!(opened(&key, &locked, "a.clerk").as_deref(), Some(&b"a secret of twenty o"[..]));
        assert_eq!(opened(&key, &locked, "b.clerk"), None);
        assert_eq!(opened(&other, &locked, "a.clerk"), None);
        for at in 0..locked.len() {
            let mut changed = locked.clone();
            changed[at] ^= 1;
            assert_eq!(opened(&key, &changed, "a.clerk"), None, "octet {at}");
            assert_eq!(opened(&key, &locked[..at], "a.clerk"), None);
        }
    }

    #[test]
    fn a_key_is_read_from_its_file() {
        let random = SeededRandom::new(8);
        let key = LockKey::draw(&random);
        let read = LockKey::parse(key.to_text().expose()).unwrap();
        assert_eq!(read.name(), key.name());
        let locked = key.lock(b"x", "a", &random).unwrap();
        assert!(read.open(&locked, "a").is_some());
        for wrong in ["", "00", &"g".repeat(64)] {
            assert!(LockKey::parse(wrong).is_none(), "{wrong}");
        }
        assert!(!format!("{key:?}").contains(key.to_text().expose().trim()));
    }
}
