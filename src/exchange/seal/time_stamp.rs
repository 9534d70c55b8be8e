//! Time stamps by RFC 3161: what is asked of a time-stamping authority, and what it answered.
//!
//! A time stamp shows that some octets were there at its time, whatever became of the keys that signed them later.
//! Three things come of a request, and they are kept apart: it is stamped, it is refused with a reason, or what came is
//! none that can be used, which says nothing at all.

use super::asn1::{parts, sequence, strings, trimmed};
use super::cms::SignedContent;
use super::error::SealError;
use super::revocation::StatusKind;
use super::suites::DigestAlgorithm;
use super::trust::{TrustStore, unix_seconds};
use crate::base::Digest256;
use der::asn1::{AnyRef, BitStringRef, Int, Null, ObjectIdentifier, OctetStringRef};
use der::{Decode, Encode, Tag, Tagged};
use jiff::{SignedDuration, Timestamp};
use openssl::x509::X509;
use std::fmt;
use uuid::Uuid;

/// The octets that a time stamp is about, by their digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imprint {
    /// By which algorithm.
    pub algorithm: DigestAlgorithm,
    /// The digest.
    pub digest: Vec<u8>,
}

impl Imprint {
    /// The imprint of some bytes.
    ///
    /// # Errors
    /// The algorithm is not loaded.
    pub fn of(algorithm: DigestAlgorithm, bytes: &[u8]) -> Result<Self, SealError> {
        Ok(Self { algorithm, digest: algorithm.of(bytes)? })
    }

    /// `MessageImprint`.
    pub(super) fn to_der(&self) -> der::Result<Vec<u8>> {
        sequence(&[&algorithm_der(self.algorithm)?, &OctetStringRef::new(&self.digest)?.to_der()?])
    }

    /// Reads one; nothing where there is none.
    ///
    /// # Errors
    /// Its algorithm is not known here.
    pub(super) fn read(der: &[u8]) -> Result<Option<Self>, SealError> {
        let Ok(fields) = parts(der) else { return Ok(None) };
        let [algorithm, digest] = fields.as_slice() else { return Ok(None) };
        let Some(algorithm) = read_algorithm(algorithm)? else { return Ok(None) };
        let digest = <&OctetStringRef>::from_der(digest).ok();
        Ok(digest.map(|digest| Self { algorithm, digest: digest.as_bytes().to_vec() }))
    }
}

/// `AlgorithmIdentifier` of a digest, as its makers write it.
pub(super) fn algorithm_der(algorithm: DigestAlgorithm) -> der::Result<Vec<u8>> {
    let oid = ObjectIdentifier::new(algorithm.oid()).map_err(|_cause| der::ErrorKind::Failed)?.to_der()?;
    match algorithm {
        DigestAlgorithm::Sha256 | DigestAlgorithm::Sha384 | DigestAlgorithm::Sha512 => {
            sequence(&[&oid, &Null.to_der()?])
        }
        DigestAlgorithm::Streebog256 | DigestAlgorithm::Streebog512 | DigestAlgorithm::Belt => {
            sequence(&[&oid])
        }
    }
}

/// The digest that an `AlgorithmIdentifier` names; nothing where there is none.
///
/// # Errors
/// It is not known here.
pub(super) fn read_algorithm(der: &[u8]) -> Result<Option<DigestAlgorithm>, SealError> {
    let Ok(fields) = parts(der) else { return Ok(None) };
    let oid = match fields.as_slice() {
        [oid] => *oid,
        [oid, nothing] if Null::from_der(nothing).is_ok() => *oid,
        _ => return Ok(None),
    };
    let oid: Option<ObjectIdentifier> = ObjectIdentifier::from_der(oid).ok();
    oid.map(|oid| DigestAlgorithm::of_oid(&oid.to_string())).transpose()
}

/// Whose time stamps count: of a certificate that is made for nothing else, under these authorities.
#[derive(Debug)]
pub struct StampTrust {
    trust: TrustStore,
    signer: Option<String>,
}

impl StampTrust {
    /// The same with certificates and answers that came beside what is judged.
    pub(super) fn beside(&self, certificates: &[X509], answers: Vec<(StatusKind, Vec<u8>)>) -> Self {
        Self { trust: self.trust.beside(certificates, answers, (None, None)), signer: self.signer.clone() }
    }

    /// Authorities, and the subject of the one certificate if no other of theirs counts.
    pub fn new(trust: TrustStore, signer: Option<String>) -> Self {
        Self { trust, signer }
    }

    /// The certificates of the authorities.
    ///
    /// # Errors
    /// One cannot be written.
    pub fn fingerprints(&self) -> Result<Vec<Digest256>, SealError> {
        self.trust.fingerprints()
    }
}

/// A request for a time stamp, as long as its answer is awaited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StampQuestion {
    imprint: Imprint,
    nonce: Vec<u8>,
    asked_at: Timestamp,
}

impl StampQuestion {
    /// Asks for a time stamp of these octets; the last half of `id` is the nonce that must come back.
    pub fn new(imprint: Imprint, id: Uuid, asked_at: Timestamp) -> Self {
        let (_time, nonce) = id.as_bytes().split_at(8);
        Self { imprint, nonce: [&[0], nonce].concat(), asked_at }
    }

    /// `TimeStampReq`, which asks for the certificate too.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn to_der(&self) -> Result<Vec<u8>, SealError> {
        let coded = || {
            let nonce = Int::new(trimmed(&self.nonce))?.to_der()?;
            sequence(&[&VERSION.to_der()?, &self.imprint.to_der()?, &nonce, &true.to_der()?])
        };
        coded().map_err(|_cause: der::Error| wrong("the request cannot be written in DER"))
    }

    /// Reads what the authority answered to it, at `now`.
    ///
    /// # Errors
    /// It is no answer, or its time stamp is about something else, of another time, or not by whom we trust: nothing
    /// came of asking.
    pub fn read_answer(
        &self,
        answer: &[u8],
        trust: &StampTrust,
        now: Timestamp,
    ) -> Result<StampAnswer, SealError> {
        let fields = parts(answer).map_err(|_cause| wrong(NO_ANSWER))?;
        let (status, token) = match fields.as_slice() {
            [status] => (*status, None),
            [status, token] => (*status, Some(*token)),
            _ => return Err(wrong(NO_ANSWER)),
        };
        let refusal = StampRefusal::read(status).ok_or(wrong(NO_ANSWER))?;
        let token = match (refusal.status, token) {
            (GRANTED | GRANTED_WITH_MODS, Some(token)) => token,
            (GRANTED | GRANTED_WITH_MODS, None) => return Err(wrong("it is granted, and there is none")),
            (_, Some(_)) => return Err(wrong("it is refused, and there is one all the same")),
            (_, None) => return Ok(StampAnswer::Refused(refusal)),
        };
        let stamp = TimeStamp::verify(token, &self.imprint, trust, now)?;
        if stamp.nonce.as_deref() != Some(trimmed(&self.nonce)) {
            return Err(wrong("it answers another request"));
        }
        let is_now = stamp.at.duration_since(self.asked_at) >= -SKEW;
        if is_now { Ok(StampAnswer::Stamped(stamp)) } else { Err(wrong(OTHER_TIME)) }
    }
}

/// What a time-stamping authority answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StampAnswer {
    /// A time stamp that is good.
    Stamped(TimeStamp),
    /// None, and why.
    Refused(StampRefusal),
}

/// Why there is no time stamp, in the words of the authority (`PKIStatusInfo`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StampRefusal {
    pub(super) status: u8,
    /// The bits of `PKIFailureInfo`, by their names.
    pub failures: Vec<&'static str>,
    /// What it says for people.
    pub text: String,
}

impl StampRefusal {
    /// The status by its name.
    pub fn status(&self) -> &'static str {
        STATUSES.get(usize::from(self.status)).copied().unwrap_or("unknown")
    }

    fn read(der: &[u8]) -> Option<Self> {
        let fields = parts(der).ok()?;
        let (status, rest) = fields.split_first()?;
        let status = u8::from_der(status).ok()?;
        let (mut text, mut failures) = (String::new(), Vec::new());
        for field in rest {
            if AnyRef::from_der(field).ok()?.tag() == Tag::Sequence {
                text = strings(field).join("; ");
                continue;
            }
            let bits: Vec<bool> = <BitStringRef<'_>>::from_der(field).ok()?.bits().collect();
            let is_set = |place: usize| bits.get(place).copied().unwrap_or(false);
            failures = FAILURES.iter().filter(|(place, _)| is_set(*place)).map(|(_, name)| *name).collect();
        }
        Some(Self { status, failures, text })
    }
}

impl fmt::Display for StampRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status())?;
        for failure in &self.failures {
            write!(f, ", {failure}")?;
        }
        if self.text.is_empty() { Ok(()) } else { write!(f, ": {}", self.text) }
    }
}

/// A time stamp that is good; only verifying makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeStamp {
    token: Vec<u8>,
    at: Timestamp,
    policy: String,
    signer: String,
    good_until: Timestamp,
    nonce: Option<Vec<u8>>,
}

impl TimeStamp {
    /// Sees that a token is a time stamp of these octets, by whom we trust at `judged_at`.
    ///
    /// # Errors
    /// It is not.
    pub fn verify(
        token: &[u8],
        imprint: &Imprint,
        trust: &StampTrust,
        judged_at: Timestamp,
    ) -> Result<Self, SealError> {
        let signed = SignedContent::read(token, TST_INFO)?;
        if !signed.names_certificate() {
            return Err(wrong("its signature binds no certificate"));
        }
        // whoever was revoked later, for no theft, stamped well before (RFC 3161, 4)
        let claimed_at = Told::read(signed.claimed_content())?.ok_or(wrong(UNREADABLE))?.at;
        let at_its_time = trust.trust.as_of_stamp(claimed_at);
        let (content, signer) = signed.verify(&at_its_time, judged_at)?;
        if !signer.is_for_alone(TIME_STAMPING_PURPOSE) {
            return Err(wrong("its certificate is not made for time stamps alone"));
        }
        if trust.signer.as_ref().is_some_and(|name| *name != signer.name) {
            return Err(wrong("it is of another signer than the configured one"));
        }
        let told = Told::read(&content)?.ok_or(wrong(UNREADABLE))?;
        if told.imprint != *imprint {
            return Err(wrong("it is about something else"));
        }
        let begun = unix_seconds(signer.certificate.not_before())?;
        if told.at.as_second() < begun || told.at.duration_since(judged_at) > SKEW {
            return Err(wrong(OTHER_TIME));
        }
        let der = signer.certificate.to_der()?;
        let good_until = at_its_time.good_until(&der).unwrap_or(judged_at);
        Ok(Self {
            token: token.to_vec(),
            at: told.at,
            policy: told.policy,
            signer: signer.name.clone(),
            good_until,
            nonce: told.nonce,
        })
    }

    /// The token as it came.
    pub fn token(&self) -> &[u8] {
        &self.token
    }

    /// The time it tells.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// The policy it was given under.
    pub fn policy(&self) -> &str {
        &self.policy
    }

    /// The subject of the certificate.
    pub fn signer(&self) -> &str {
        &self.signer
    }

    /// Until when the chain of the certificate is valid: before that it needs to be stamped again.
    pub fn good_until(&self) -> Timestamp {
        self.good_until
    }
}

/// Whether a token was changed, or is about something else than these octets; by whom it is, nobody has looked at.
pub(super) fn is_spoilt(token: &[u8], octets: &[u8]) -> bool {
    let intact = || {
        let signed = SignedContent::read(token, TST_INFO)?;
        signed.signed_by()?;
        let told = Told::read(signed.claimed_content())?.ok_or(wrong(UNREADABLE))?;
        Ok(told.imprint == Imprint::of(told.imprint.algorithm, octets)?)
    };
    let is_changed =
        |error: SealError| matches!(error, SealError::DigestMismatch | SealError::SignatureMismatch);
    // what is only not of our profile was not changed by that
    intact().map_or_else(is_changed, |is_its| !is_its)
}

/// The time that a token tells and the digest it tells it of, before anybody has looked at its signature.
///
/// # Errors
/// It is no time stamp, or its algorithm is not known here.
pub(super) fn claimed(token: &[u8]) -> Result<(Timestamp, Imprint), SealError> {
    let signed = SignedContent::read(token, TST_INFO)?;
    let told = Told::read(signed.claimed_content())?.ok_or(wrong(UNREADABLE))?;
    Ok((told.at, told.imprint))
}

/// `TSTInfo`, as far as we need it.
struct Told {
    policy: String,
    imprint: Imprint,
    at: Timestamp,
    nonce: Option<Vec<u8>>,
}

impl Told {
    /// Nothing where it cannot be read.
    ///
    /// # Errors
    /// Its algorithm is not known here.
    fn read(content: &[u8]) -> Result<Option<Self>, SealError> {
        let Ok(fields) = parts(content) else { return Ok(None) };
        let [version, policy, imprint, serial, at, rest @ ..] = fields.as_slice() else { return Ok(None) };
        let is_known = u8::from_der(version).is_ok_and(|version| version == VERSION)
            && AnyRef::from_der(serial).is_ok_and(|serial| serial.tag() == Tag::Integer)
            && !rest.iter().any(|field| has_critical(field));
        let (Some(imprint), Some(at), Some(policy)) = (Imprint::read(imprint)?, instant(at), oid(policy))
        else {
            return Ok(None);
        };
        let nonce = rest.iter().filter_map(|field| AnyRef::from_der(field).ok());
        let nonce = nonce.filter(|field| field.tag() == Tag::Integer).map(|field| field.value().to_vec());
        let mut nonces = nonce;
        let nonce = nonces.next();
        let is_once = nonces.next().is_none();
        Ok((is_known && is_once).then_some(Self { policy, imprint, at, nonce }))
    }
}

/// Whether this is the list of extensions with one that nobody may pass over.
fn has_critical(field: &[u8]) -> bool {
    let Some(&EXTENSIONS) = field.first() else { return false };
    let list = super::asn1::retagged(field, Tag::Sequence).unwrap_or_default();
    let is_critical = |extension: &&[u8]| {
        parts(extension).is_ok_and(|fields| fields.iter().any(|it| bool::from_der(it).unwrap_or(false)))
    };
    parts(&list).map_or(true, |list| list.iter().any(is_critical))
}

/// An identifier in digits, or in hex where a number of it is larger than any that is used.
fn oid(der: &[u8]) -> Option<String> {
    let any = AnyRef::from_der(der).ok().filter(|any| any.tag() == Tag::ObjectIdentifier)?;
    let hex = || any.value().iter().map(|octet| format!("{octet:02x}")).collect();
    let known: der::Result<ObjectIdentifier> = ObjectIdentifier::from_der(der);
    Some(known.map_or_else(|_large| hex(), |oid| oid.to_string()))
}

/// `GeneralizedTime` in UTC, perhaps with a fraction of a second, which `der` does not read.
fn instant(der: &[u8]) -> Option<Timestamp> {
    let any = AnyRef::from_der(der).ok().filter(|any| any.tag() == Tag::GeneralizedTime)?;
    let text = std::str::from_utf8(any.value()).ok()?.strip_suffix('Z')?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    if whole.len() != 14 || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let (date, time) = whole.split_at_checked(8)?;
    let fraction = fraction.get(..fraction.len().min(9))?;
    format!("{date}T{time}.{fraction}Z").parse().ok()
}

pub(super) fn wrong(reason: &'static str) -> SealError {
    SealError::TimeStamp { reason }
}

/// `id-kp-timeStamping`.
pub(super) const TIME_STAMPING_PURPOSE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8");
/// `id-ct-TSTInfo`.
pub(super) const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
pub(super) const VERSION: u8 = 1;
pub(super) const GRANTED: u8 = 0;
const GRANTED_WITH_MODS: u8 = 1;
pub(super) const REJECTION: u8 = 2;
/// `[1]`, which holds others.
const EXTENSIONS: u8 = 0xa1;
const STATUSES: [&str; 6] =
    ["granted", "grantedWithMods", "rejection", "waiting", "revocationWarning", "revocationNotification"];
/// The bits of `PKIFailureInfo` that RFC 3161 names.
pub(super) const FAILURES: [(usize, &str); 8] = [
    (0, "badAlg"),
    (2, "badRequest"),
    (5, "badDataFormat"),
    (14, "timeNotAvailable"),
    (15, "unacceptedPolicy"),
    (16, "unacceptedExtension"),
    (17, "addInfoNotAvailable"),
    (25, "systemFailure"),
];
const NO_ANSWER: &str = "what came is no answer of RFC 3161";
const UNREADABLE: &str = "it cannot be read, or must not be passed over in a part";
const OTHER_TIME: &str = "it is of another time than its own; compare both clocks";
/// How far the authority's clock may be from ours.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

#[cfg(test)]
mod tests;
