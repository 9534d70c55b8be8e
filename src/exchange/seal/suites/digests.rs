//! Digests: which one a URI names, and how content is fed through it.
//!
//! A signature tells the digest of its suite, 32 to 64 octets long. The ledger, the journal and the search for repeats
//! know a document by one kind of digest only, the SHA-256 of its signed content. All are computed here, in one pass,
//! each once however many signatures tell it.

use super::super::error::SealError;
use super::names::{DIGESTS, Uris};
use super::{gost, unknown};
use crate::base::Digest256;
use belt_hash::{BeltHash, Digest as _};
use openssl::hash::{Hasher, MessageDigest};
use openssl::sha::Sha256;
use std::io::Write;

/// An algorithm that digests the signed content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DigestAlgorithm {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
    /// GOST R 34.11-2012 with 256 bits.
    Streebog256,
    /// GOST R 34.11-2012 with 512 bits.
    Streebog512,
    /// belt-hash of STB 34.101.31.
    Belt,
}

impl DigestAlgorithm {
    /// The digest that a URI names.
    pub(super) fn named(uri: &str) -> Result<Self, SealError> {
        let row = DIGESTS.iter().find(|row| row.uris.has(uri));
        row.map(|row| row.digest).ok_or_else(|| unknown(uri))
    }

    /// The digest that CMS names so.
    pub(in super::super) fn of_oid(oid: &str) -> Result<Self, SealError> {
        let row = DIGESTS.iter().find(|row| row.oid == oid);
        row.map(|row| row.digest).ok_or_else(|| unknown(oid))
    }

    /// What CMS calls it.
    pub(in super::super) fn oid(self) -> &'static str {
        DIGESTS.iter().find(|row| row.digest == self).map_or("", |row| row.oid)
    }

    /// The digest of some bytes.
    ///
    /// # Errors
    /// As [`Self::hasher`].
    pub(in super::super) fn of(self, bytes: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut hasher = self.hasher()?;
        hasher.write_all(bytes).map_err(|_never| SealError::Hole)?;
        hasher.finish()?.take(self)
    }

    /// The URI that is written for it.
    pub fn uri(self) -> &'static str {
        let Uris { writes, .. } = match self {
            Self::Sha256 => &super::names::SHA256,
            Self::Sha384 => &super::names::SHA384,
            Self::Sha512 => &super::names::SHA512,
            Self::Streebog256 => &super::names::STREEBOG256,
            Self::Streebog512 => &super::names::STREEBOG512,
            Self::Belt => &super::names::BELT,
        };
        writes
    }

    /// Begins the digests of a content.
    ///
    /// # Errors
    /// The GOST engine is not loaded.
    pub fn hasher(self) -> Result<ContentHasher, SealError> {
        ContentHasher::of([self])
    }

    /// What computes it; nothing if that is the digest of the ledger.
    fn suite_hasher(self) -> Result<Option<SuiteHasher>, SealError> {
        let library = |digest| Hasher::new(digest).map(SuiteHasher::Library);
        Ok(match self {
            Self::Sha256 => None,
            Self::Sha384 => Some(library(MessageDigest::sha384())?),
            Self::Sha512 => Some(library(MessageDigest::sha512())?),
            Self::Streebog256 => Some(library(gost::digest(gost::STREEBOG256)?)?),
            Self::Streebog512 => Some(library(gost::digest(gost::STREEBOG512)?)?),
            Self::Belt => Some(SuiteHasher::Belt(BeltHash::new())),
        })
    }
}

/// What is known of a content that was fed through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentDigests {
    /// SHA-256: by this the ledger knows the document, whatever it was signed with.
    pub ledger: Digest256,
    /// What signatures tell, beside SHA-256.
    signed: Vec<(DigestAlgorithm, Vec<u8>)>,
}

impl ContentDigests {
    /// The digest by this algorithm, if it was asked for.
    pub fn by(&self, algorithm: DigestAlgorithm) -> Option<&[u8]> {
        if algorithm == DigestAlgorithm::Sha256 {
            return Some(&self.ledger.0);
        }
        self.signed.iter().find(|(known, _)| *known == algorithm).map(|(_, digest)| digest.as_slice())
    }

    /// The same of one that was asked for.
    ///
    /// # Errors
    /// It was not.
    pub fn take(self, algorithm: DigestAlgorithm) -> Result<Vec<u8>, SealError> {
        self.by(algorithm).map(<[u8]>::to_vec).ok_or(SealError::Hole)
    }
}

/// Digests a content that is fed piece by piece.
pub struct ContentHasher {
    ledger: Sha256,
    signed: Vec<(DigestAlgorithm, SuiteHasher)>,
}

enum SuiteHasher {
    Library(Hasher),
    Belt(BeltHash),
}

impl Write for ContentHasher {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        for (_, hasher) in &mut self.signed {
            match hasher {
                SuiteHasher::Library(hasher) => hasher.update(bytes)?,
                SuiteHasher::Belt(hasher) => hasher.update(bytes),
            }
        }
        self.ledger.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl ContentHasher {
    /// Begins the digests of a content by these algorithms, and by SHA-256.
    ///
    /// # Errors
    /// The GOST engine is not loaded.
    pub fn of(algorithms: impl IntoIterator<Item = DigestAlgorithm>) -> Result<Self, SealError> {
        let mut signed: Vec<(DigestAlgorithm, SuiteHasher)> = Vec::new();
        for algorithm in algorithms {
            if signed.iter().all(|(known, _)| *known != algorithm)
                && let Some(hasher) = algorithm.suite_hasher()?
            {
                signed.push((algorithm, hasher));
            }
        }
        Ok(Self { ledger: Sha256::new(), signed })
    }

    /// The digests of all that it was fed.
    ///
    /// # Errors
    /// The cryptographic library failed.
    pub fn finish(self) -> Result<ContentDigests, SealError> {
        let ledger = Digest256(self.ledger.finish());
        let mut signed = Vec::new();
        for (algorithm, hasher) in self.signed {
            signed.push((
                algorithm,
                match hasher {
                    SuiteHasher::Library(mut hasher) => hasher.finish()?.to_vec(),
                    SuiteHasher::Belt(hasher) => hasher.finalize().to_vec(),
                },
            ));
        }
        Ok(ContentDigests { ledger, signed })
    }
}

/// SHA-256 of what is fed piece by piece; feeding it never fails.
#[derive(Default)]
pub struct Sha256Hasher(Sha256);

impl Sha256Hasher {
    /// The digest of all that it was fed.
    pub fn finish(self) -> Digest256 {
        Digest256(self.0.finish())
    }
}

impl Write for Sha256Hasher {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The SHA-256 of some bytes.
pub fn sha256(bytes: &[u8]) -> Digest256 {
    Digest256(openssl::sha::sha256(bytes))
}

/// Computes the SHA-256 of some bytes piece by piece.
pub fn sha256_hasher() -> Sha256Hasher {
    Sha256Hasher::default()
}
