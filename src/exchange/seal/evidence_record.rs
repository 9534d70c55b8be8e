//! Evidence records by RFC 4998: one time stamp for many documents, and each document with a record of its own.
//!
//! A record is a sequence of chains. Within a chain each time stamp is about the one before, so that it is judged as of
//! when the next one was given; a new chain begins when the digest of the old one grows weak, and is about the document
//! and all that was before. Whoever has the document and the record needs nobody else to see when it was there.

use super::asn1::{context, parts, retagged, sequence};
use super::error::SealError;
use super::hash_tree::{HashTree, Way, climb};
use super::suites::DigestAlgorithm;
use super::time_stamp::{
    Imprint, StampTrust, TimeStamp, VERSION, algorithm_der, claimed, read_algorithm, wrong,
};
use der::asn1::{AnyRef, OctetStringRef};
use der::{Decode, Encode, Tag, Tagged};
use jiff::Timestamp;

/// Digests that are stamped together.
#[derive(Debug)]
pub struct StampBatch {
    algorithm: DigestAlgorithm,
    tree: HashTree,
}

impl StampBatch {
    /// A batch of digests by one algorithm; one that stands there twice counts once.
    ///
    /// # Errors
    /// There is none, or the algorithm is not loaded.
    pub fn over(algorithm: DigestAlgorithm, digests: Vec<Vec<u8>>) -> Result<Self, SealError> {
        Ok(Self { algorithm, tree: HashTree::over(algorithm, digests)? })
    }

    /// What is to be stamped.
    pub fn imprint(&self) -> Imprint {
        Imprint { algorithm: self.algorithm, digest: self.tree.root().to_vec() }
    }

    fn stamped(&self, leaf: &[u8], stamp: &TimeStamp) -> Result<ArchiveStamp, SealError> {
        let way = self.tree.way(leaf).ok_or(wrong("it is of another batch"))?;
        ArchiveStamp::new(self.algorithm, way, stamp.token().to_vec())
    }
}

/// What shows since when a document is there (`EvidenceRecord`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceRecord {
    chains: Vec<Vec<ArchiveStamp>>,
}

/// `ArchiveTimeStamp`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ArchiveStamp {
    algorithm: DigestAlgorithm,
    way: Way,
    token: Vec<u8>,
    der: Vec<u8>,
}

/// Since when a document is shown to be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamped {
    /// The time of the first time stamp.
    pub at: Timestamp,
    /// Who gave it.
    pub by: String,
    /// When it was stamped again.
    pub again: Vec<Timestamp>,
    /// Until when the last one can be judged by its own certificate.
    pub good_until: Timestamp,
}

impl EvidenceRecord {
    /// The record of a document in a batch that was stamped.
    ///
    /// # Errors
    /// The document is not in the batch.
    pub fn first(digest: &[u8], batch: &StampBatch, stamp: &TimeStamp) -> Result<Self, SealError> {
        Ok(Self { chains: vec![vec![batch.stamped(digest, stamp)?]] })
    }

    /// The algorithm that a renewal by time stamp must keep to.
    pub fn algorithm(&self) -> Option<DigestAlgorithm> {
        self.last().map(|last| last.algorithm)
    }

    /// What a renewal by time stamp is about (RFC 4998 5.2): the digest of the last time stamp. Records of one batch
    /// have it in common.
    ///
    /// # Errors
    /// The algorithm is not loaded.
    pub fn to_renew(&self) -> Result<Vec<u8>, SealError> {
        let last = self.last().ok_or(EMPTY)?;
        last.algorithm.of(&last.token)
    }

    /// The record with one more time stamp, over a batch that holds [`Self::to_renew`].
    ///
    /// # Errors
    /// The batch does not hold it, or is by another algorithm.
    pub fn renewed(mut self, batch: &StampBatch, stamp: &TimeStamp) -> Result<Self, SealError> {
        if self.algorithm() != Some(batch.algorithm) {
            return Err(wrong("it is renewed by another algorithm than its own"));
        }
        let more = batch.stamped(&self.to_renew()?, stamp)?;
        self.chains.last_mut().ok_or(EMPTY)?.push(more);
        Ok(self)
    }

    /// What a renewal by hash tree is about (RFC 4998 5.3): the document, by its digest under the new algorithm, with
    /// all that the record holds so far.
    ///
    /// # Errors
    /// The algorithm is not loaded.
    pub fn to_rehash(&self, algorithm: DigestAlgorithm, digest: &[u8]) -> Result<Vec<u8>, SealError> {
        rehashed(algorithm, digest, &self.chains)
    }

    /// The record with a new chain, over a batch that holds [`Self::to_rehash`].
    ///
    /// # Errors
    /// The batch does not hold it.
    pub fn rehashed(
        mut self,
        digest: &[u8],
        batch: &StampBatch,
        stamp: &TimeStamp,
    ) -> Result<Self, SealError> {
        let leaf = self.to_rehash(batch.algorithm, digest)?;
        self.chains.push(vec![batch.stamped(&leaf, stamp)?]);
        Ok(self)
    }

    /// As it is kept.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn to_der(&self) -> Result<Vec<u8>, SealError> {
        let coded = || {
            let mut algorithms: Vec<DigestAlgorithm> = Vec::new();
            for stamp in self.chains.iter().flatten() {
                if !algorithms.contains(&stamp.algorithm) {
                    algorithms.push(stamp.algorithm);
                }
            }
            let algorithms = algorithms.into_iter().map(algorithm_der).collect::<der::Result<Vec<_>>>()?;
            sequence(&[&VERSION.to_der()?, &list(&algorithms)?, &sequence_der(&self.chains)?])
        };
        coded().map_err(unwritable)
    }

    /// Reads a record; nobody has looked at its time stamps yet.
    ///
    /// # Errors
    /// It is none, or its algorithm is not known here.
    pub fn read(der: &[u8]) -> Result<Self, SealError> {
        let fields = parts(der).map_err(unreadable)?;
        let [version, algorithms, rest @ ..] = fields.as_slice() else { return Err(UNREADABLE) };
        let is_first = u8::from_der(version).is_ok_and(|version| version == VERSION);
        let algorithms = parts(algorithms).map_err(unreadable)?;
        let algorithms = algorithms.into_iter().map(read_algorithm).collect::<Result<Vec<_>, _>>()?;
        if !is_first {
            return Err(UNREADABLE);
        }
        let chains = match rest {
            [chains] => chains,
            [informations, chains] if informations.first() == Some(&CRYPTO_INFOS) => chains,
            _ => return Err(wrong("the record is of an encrypted document, or none")),
        };
        let chains = parts(chains).map_err(unreadable)?;
        let read = |chain: &&[u8]| {
            parts(chain)
                .map_err(unreadable)?
                .into_iter()
                .map(ArchiveStamp::read)
                .collect::<Result<Vec<_>, _>>()
        };
        let chains = chains.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let stamps = chains.iter().map(Vec::len).sum::<usize>();
        if chains.is_empty() || chains.iter().any(Vec::is_empty) || stamps > STAMPS_MAX {
            return Err(wrong("the record holds no time stamp, or too many"));
        }
        if chains.iter().flatten().any(|stamp| !algorithms.contains(&Some(stamp.algorithm))) {
            return Err(wrong("the record uses an algorithm that it does not name"));
        }
        Ok(Self { chains })
    }

    /// Sees since when the document is there whose digest by any algorithm `digest_of` computes. Each time stamp is judged
    /// as of when the next one was given, the last one at `now`.
    ///
    /// # Errors
    /// The record does not show it.
    pub fn verify(
        &self,
        digest_of: &mut dyn FnMut(DigestAlgorithm) -> Result<Vec<u8>, SealError>,
        trust: &StampTrust,
        now: Timestamp,
    ) -> Result<Stamped, SealError> {
        let mut abouts = Vec::new();
        for (number, chain) in self.chains.iter().enumerate() {
            let mut before: Option<&ArchiveStamp> = None;
            for stamp in chain {
                let about = match before {
                    Some(before) if before.algorithm != stamp.algorithm => {
                        return Err(wrong("a chain of it changes the algorithm"));
                    }
                    Some(before) => stamp.algorithm.of(&before.token)?,
                    None => {
                        let digest = digest_of(stamp.algorithm)?;
                        match self.chains.get(..number).unwrap_or_default() {
                            [] => digest,
                            older => rehashed(stamp.algorithm, &digest, older)?,
                        }
                    }
                };
                let digest = climb(stamp.algorithm, &about, &stamp.way)?;
                let digest = digest.ok_or(wrong("it is about another document or time stamp"))?;
                abouts.push((stamp, Imprint { algorithm: stamp.algorithm, digest }));
                before = Some(stamp);
            }
        }
        let times = abouts.iter().map(|(stamp, _)| Ok(claimed(&stamp.token)?.0));
        let times = times.collect::<Result<Vec<_>, SealError>>()?;
        if times.windows(2).any(|pair| pair.first() > pair.get(1)) {
            return Err(wrong("its time stamps do not stand in the order of their times"));
        }
        let judged = times.iter().skip(1).copied().chain([now]);
        let stamps = abouts.iter().zip(judged);
        let stamps = stamps.map(|((stamp, imprint), at)| TimeStamp::verify(&stamp.token, imprint, trust, at));
        let stamps = stamps.collect::<Result<Vec<_>, _>>()?;
        let (Some(first), Some(last)) = (stamps.first(), stamps.last()) else { return Err(EMPTY) };
        Ok(Stamped {
            at: first.at(),
            by: first.signer().to_owned(),
            again: times.get(1..).unwrap_or_default().to_vec(),
            good_until: last.good_until(),
        })
    }

    fn last(&self) -> Option<&ArchiveStamp> {
        self.chains.last().and_then(|chain| chain.last())
    }
}

impl ArchiveStamp {
    fn new(algorithm: DigestAlgorithm, way: Way, token: Vec<u8>) -> Result<Self, SealError> {
        let coded = || {
            let named = retagged(&algorithm_der(algorithm)?, context(0, true))?;
            let octets = |digest: &Vec<u8>| OctetStringRef::new(digest)?.to_der();
            let partial =
                |digests: &Vec<Vec<u8>>| list(&digests.iter().map(octets).collect::<der::Result<Vec<_>>>()?);
            let lists = way.iter().map(partial).collect::<der::Result<Vec<_>>>()?;
            let reduced = match lists.is_empty() {
                true => Vec::new(),
                false => retagged(&list(&lists)?, context(2, true))?,
            };
            sequence(&[&named, &reduced, &token])
        };
        let der = coded().map_err(unwritable)?;
        Ok(Self { algorithm, way, token, der })
    }

    fn read(der: &[u8]) -> Result<Self, SealError> {
        let fields = parts(der).map_err(unreadable)?;
        let (token, fields) = fields.split_last().ok_or(UNREADABLE)?;
        let (mut algorithm, mut way, mut before) = (None, Way::new(), None);
        for field in fields {
            let tag = AnyRef::from_der(field).map_err(unreadable)?.tag();
            let place = (0..3).find(|place| tag == context(*place, true)).ok_or(UNREADABLE)?;
            if before.is_some_and(|before| before >= place) {
                return Err(UNREADABLE);
            }
            before = Some(place);
            let field = retagged(field, Tag::Sequence).map_err(unreadable)?;
            match place {
                0 => algorithm = Some(read_algorithm(&field)?.ok_or(UNREADABLE)?),
                2 => way = read_way(&field).ok_or(UNREADABLE)?,
                _ => {} // attributes say nothing that is needed
            }
        }
        let algorithm = match algorithm {
            Some(algorithm) => algorithm,
            None => claimed(token)?.1.algorithm,
        };
        Ok(Self { algorithm, way, token: token.to_vec(), der: der.to_vec() })
    }
}

fn read_way(lists: &[u8]) -> Option<Way> {
    let octets = |der: &&[u8]| Some(<&OctetStringRef>::from_der(der).ok()?.as_bytes().to_vec());
    let lists = parts(lists).ok().filter(|lists| (1..=LISTS_MAX).contains(&lists.len()))?;
    let read = |list: &&[u8]| parts(list).ok()?.iter().map(octets).collect::<Option<Vec<_>>>();
    lists.iter().map(read).collect()
}

/// The digest of a document together with all that was stamped of it before.
fn rehashed(
    algorithm: DigestAlgorithm,
    digest: &[u8],
    older: &[Vec<ArchiveStamp>],
) -> Result<Vec<u8>, SealError> {
    let older = algorithm.of(&sequence_der(older).map_err(unwritable)?)?;
    algorithm.of(&[digest, &older].concat())
}

/// `ArchiveTimeStampSequence`.
fn sequence_der(chains: &[Vec<ArchiveStamp>]) -> der::Result<Vec<u8>> {
    let chain =
        |stamps: &Vec<ArchiveStamp>| list(&stamps.iter().map(|stamp| stamp.der.clone()).collect::<Vec<_>>());
    list(&chains.iter().map(chain).collect::<der::Result<Vec<_>>>()?)
}

fn list(elements: &[Vec<u8>]) -> der::Result<Vec<u8>> {
    sequence(&elements.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

fn unreadable(_cause: der::Error) -> SealError {
    UNREADABLE
}

fn unwritable(_cause: der::Error) -> SealError {
    wrong("the record cannot be written in DER")
}

const UNREADABLE: SealError = SealError::TimeStamp { reason: "it is no evidence record of RFC 4998" };
const EMPTY: SealError = SealError::TimeStamp { reason: "the record holds no time stamp" };
/// `[0]`, which holds others.
const CRYPTO_INFOS: u8 = 0xa0;
/// A tree of any size that is used is lower.
const LISTS_MAX: usize = 64;
/// A time stamp a year for longer than anybody keeps a document.
const STAMPS_MAX: usize = 200;

#[cfg(test)]
mod tests;
