//! Questions whether one certificate was revoked, and the answers (OCSP, RFC 6960).
//!
//! The authority answers itself, or somebody to whom it gave a certificate for this purpose, or whom the settings name.
//! An answer that repeats another nonce than that of its question is refused; one that repeats none, as those that are
//! made in advance, counts by its times alone.

use super::super::asn1::{sequence, signed_part};
use super::super::error::SealError;
use super::super::path::is_issued_by;
use super::super::suites::{DigestAlgorithm, PublicKey};
use super::super::trust::unix_seconds;
use super::super::verify::SignerCertificate;
use super::crl::reason_of;
use super::issuer::{Issuer, Link, read};
use super::signed::check;
use super::{Reason, Revoked, Said, Window, instant, not_der, unusable};
use der::asn1::{
    Any, AnyRef, BitString, GeneralizedTime, Int, Null, ObjectIdentifier, OctetString, OctetStringRef,
};
use der::{Choice, Decode, Encode, Enumerated, Sequence, Tag, TagNumber};
use jiff::Timestamp;
use openssl::sha::sha1;
use openssl::x509::{X509, X509Ref};
use x509_cert::ext::Extensions;
use x509_cert::ext::pkix::{CrlReason, ExtendedKeyUsage};
use x509_cert::name::Name;
use x509_cert::spki::AlgorithmIdentifierOwned;

/// A question about one certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusQuestion {
    pub(super) nonce: Vec<u8>,
    /// The request, to be posted as `application/ocsp-request`.
    pub request: Vec<u8>,
}

impl StatusQuestion {
    /// A question about a certificate of this authority.
    pub(super) fn new(issuer: &Issuer, serial: &[u8], nonce: Vec<u8>) -> Result<Self, SealError> {
        let coded = || {
            let certificate = CertId::of(issuer, serial)?.to_der()?;
            let list = sequence(&[&sequence(&[&certificate])?])?;
            let value = OctetStringRef::new(&nonce)?.to_der()?;
            let nonce = sequence(&[&NONCE.to_der()?, &OctetStringRef::new(&value)?.to_der()?])?;
            let extensions = AnyRef::new(EXTENSIONS, &sequence(&[&nonce])?)?.to_der()?;
            sequence(&[&sequence(&[&list, &extensions])?])
        };
        let request = coded().map_err(not_der)?;
        Ok(Self { nonce, request })
    }
}

/// An answer whose signature is good.
pub(super) struct OcspAnswer {
    pub(super) der: Vec<u8>,
    answers: Vec<Single>,
    nonce: Option<Vec<u8>>,
    /// The certificate of him who answers for the authority, if that may itself have been revoked.
    pub(super) responder: Option<Link>,
}

struct Single {
    certificate: CertId,
    said: Said,
    window: Window,
}

impl OcspAnswer {
    /// Reads an answer that this authority, one of `signers`, or somebody in the authority's place must have signed;
    /// his certificate was valid when he did, and is at each of `instants`.
    ///
    /// # Errors
    /// It cannot be used.
    pub(super) fn read(
        der: &[u8],
        issuer: &Issuer,
        signers: &[X509],
        instants: &[Timestamp],
    ) -> Result<Self, SealError> {
        let outer = Response::from_der(der).map_err(not_der)?;
        let bytes = match (outer.status, outer.bytes) {
            (ResponseStatus::Successful, Some(bytes)) => bytes,
            (ResponseStatus::Successful, None) => return Err(unusable("it holds nothing")),
            (other, _) => return Err(unusable(other.told())),
        };
        if bytes.kind != BASIC {
            return Err(unusable("it is of another kind than basic"));
        }
        let whole = bytes.response.as_bytes();
        let basic = Basic::from_der(whole).map_err(not_der)?;
        let octets = signed_part(whole).ok_or(unusable("it is not in DER"))?;
        let signed = ResponseData::from_der(&octets).map_err(not_der)?;
        let produced_at = instant(signed.produced_at.to_unix_duration().as_secs())?;
        let (responder, key) =
            Self::responder(&basic, &signed, (issuer, signers), &[&[produced_at], instants].concat())?;
        let signature = basic.signature.as_bytes().ok_or(unusable("its signature has loose bits"))?;
        check(&octets, &basic.algorithm, signature, key.as_ref().unwrap_or(&issuer.key))?;
        let nonce = nonce(signed.extensions.as_ref())?;
        let answers = signed.responses.into_iter().map(Single::of).collect::<Result<_, _>>()?;
        Ok(Self { der: der.to_vec(), answers, nonce, responder })
    }

    /// The same for an answer at hand; nothing if it is not about this certificate.
    pub(super) fn about(der: &[u8], issuer: &Issuer, serial: &[u8]) -> Option<Result<Self, SealError>> {
        let bytes = Response::from_der(der).ok()?.bytes?;
        let signed = signed_part(bytes.response.as_bytes())?;
        let told = ResponseData::from_der(&signed).ok()?.responses;
        let is_about = told.iter().any(|single| single.certificate.is_of(issuer, serial));
        is_about.then(|| Self::read(der, issuer, &[], &[]))
    }

    /// Whether it may be the answer to this question.
    pub(super) fn answers(&self, question: &StatusQuestion) -> Result<(), SealError> {
        match &self.nonce {
            Some(nonce) if *nonce != question.nonce => Err(unusable("it answers another question")),
            Some(_) | None => Ok(()),
        }
    }

    /// What it says of a certificate of this authority; nothing if it is not about it.
    pub(super) fn says_of(&self, issuer: &Issuer, serial: &[u8]) -> Option<(Said, Window)> {
        let its = self.answers.iter().find(|single| single.certificate.is_of(issuer, serial));
        its.map(|single| (single.said, single.window))
    }

    /// Who signed, and with which key if it is not the authority's own.
    fn responder(
        basic: &Basic,
        signed: &ResponseData,
        (issuer, signers): (&Issuer, &[X509]),
        instants: &[Timestamp],
    ) -> Result<(Option<Link>, Option<PublicKey>), SealError> {
        if signed.responder.is(&issuer.name, &issuer.key_bits) {
            return Ok((None, None));
        }
        for signer in signers {
            let own = Issuer::of(signer)?;
            if signed.responder.is(&own.name, &own.key_bits) {
                let validity = unix_seconds(signer.not_before())?..=unix_seconds(signer.not_after())?;
                let is_valid = instants.iter().all(|instant| validity.contains(&instant.as_second()));
                return if is_valid { Ok((None, Some(own.key))) } else { Err(unusable(OUT_OF_TIME)) };
            }
        }
        for enclosed in basic.certificates.iter().flatten().take(CERTIFICATES_MAX) {
            let der = enclosed.to_der().map_err(not_der)?;
            // no byte of it may differ unseen from what the authority signed
            let Ok(SignerCertificate { certificate, .. }) = SignerCertificate::read(&der) else { continue };
            let Ok(own) = Issuer::of(&certificate) else { continue };
            if signed.responder.is(&own.name, &own.key_bits) {
                let link = delegated(&certificate, issuer, instants)?;
                return Ok((link, Some(own.key)));
            }
        }
        Err(unusable("it is signed by somebody who is neither the authority nor in its place"))
    }
}

/// Sees that the authority gave this certificate to somebody who is to answer in its place.
fn delegated(
    certificate: &X509Ref,
    issuer: &Issuer,
    instants: &[Timestamp],
) -> Result<Option<Link>, SealError> {
    for instant in instants {
        match is_issued_by(certificate, &issuer.certificate, *instant) {
            Ok(true) => {}
            Ok(false) => return Err(unusable("its responder's certificate is of another authority")),
            Err(SealError::Expired | SealError::NotYetValid) => return Err(unusable(OUT_OF_TIME)),
            Err(other) => return Err(other),
        }
    }
    let read = read(certificate)?;
    let tbs = read.tbs_certificate();
    let purposes = tbs.get_extension::<ExtendedKeyUsage>().map_err(not_der)?;
    if !purposes.is_some_and(|(_, purposes)| purposes.0.contains(&OCSP_PURPOSE)) {
        return Err(unusable("its responder's certificate is not made for OCSP"));
    }
    if tbs.extensions().is_some_and(|all| all.iter().any(|one| one.extn_id == NO_CHECK)) {
        return Ok(None);
    }
    let issuer = std::sync::Arc::new(Issuer::of(&issuer.certificate)?);
    Link::of(certificate, issuer).map(Some)
}

impl Single {
    fn of(response: SingleResponse) -> Result<Self, SealError> {
        refuse_critical(response.extensions.as_ref())?;
        let said = match response.status {
            CertStatus::Good(_) => Said::Good,
            CertStatus::Unknown(_) => Said::Unknown,
            CertStatus::Revoked(told) => Said::Revoked(Revoked {
                since: instant(told.time.to_unix_duration().as_secs())?,
                reason: told.reason.map(reason_of).transpose()?.unwrap_or(Reason::Unspecified),
            }),
        };
        let second =
            |time: &GeneralizedTime| instant(time.to_unix_duration().as_secs()).map(|it| it.as_second());
        let next_update = response.next_update.as_ref().map(second).transpose()?;
        let window = Window { this_update: second(&response.this_update)?, next_update };
        Ok(Self { certificate: response.certificate, said, window })
    }
}

fn nonce(extensions: Option<&Extensions>) -> Result<Option<Vec<u8>>, SealError> {
    refuse_critical(extensions)?;
    let mut all = extensions.into_iter().flatten();
    let Some(extension) = all.find(|extension| extension.extn_id == NONCE) else { return Ok(None) };
    let value = extension.extn_value.as_bytes();
    // some write the octets as they are
    let inner = OctetString::from_der(value).map(OctetString::into_bytes).map(|bytes| bytes.to_vec());
    Ok(Some(inner.unwrap_or_else(|_bare| value.to_vec())))
}

fn refuse_critical(extensions: Option<&Extensions>) -> Result<(), SealError> {
    let mut all = extensions.into_iter().flatten();
    if all.any(|extension| extension.critical && extension.extn_id != NONCE) {
        return Err(unusable("it has a critical extension that is not known here"));
    }
    Ok(())
}

impl CertId {
    /// By SHA-1, which every responder knows; it only says which certificate is meant, of an authority that is known.
    pub(super) fn of(issuer: &Issuer, serial: &[u8]) -> der::Result<Self> {
        let parameters = Some(Any::encode_from(&Null)?);
        Ok(Self {
            algorithm: AlgorithmIdentifierOwned { oid: SHA1, parameters },
            name_hash: OctetString::new(sha1(&issuer.name).to_vec())?,
            key_hash: OctetString::new(sha1(&issuer.key_bits).to_vec())?,
            serial: Int::new(serial)?,
        })
    }

    fn is_of(&self, issuer: &Issuer, serial: &[u8]) -> bool {
        let digest = |octets: &[u8]| match self.algorithm.oid {
            SHA1 => Some(sha1(octets).to_vec()),
            other => DigestAlgorithm::of_oid(&other.to_string()).and_then(|digest| digest.of(octets)).ok(),
        };
        self.serial.as_bytes() == serial
            && digest(&issuer.name).is_some_and(|hash| hash == self.name_hash.as_bytes())
            && digest(&issuer.key_bits).is_some_and(|hash| hash == self.key_hash.as_bytes())
    }
}

impl ResponderId {
    fn is(&self, name: &[u8], key_bits: &[u8]) -> bool {
        match self {
            Self::Name(told) => told.to_der().is_ok_and(|told| told == name),
            Self::Key(told) => told.as_bytes() == sha1(key_bits),
        }
    }
}

#[derive(Sequence)]
struct Response {
    status: ResponseStatus,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    bytes: Option<ResponseBytes>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Enumerated)]
#[repr(u8)]
enum ResponseStatus {
    Successful = 0,
    MalformedRequest = 1,
    InternalError = 2,
    TryLater = 3,
    SigRequired = 5,
    Unauthorized = 6,
}

impl ResponseStatus {
    fn told(self) -> &'static str {
        match self {
            Self::Successful => "the responder answers",
            Self::MalformedRequest => "the responder does not understand the question",
            Self::InternalError => "the responder has trouble of its own",
            Self::TryLater => "the responder wants to be asked later",
            Self::SigRequired => "the responder wants signed questions",
            Self::Unauthorized => "the responder does not answer for this authority, or not to us",
        }
    }
}

#[derive(Sequence)]
pub(super) struct ResponseBytes {
    pub(super) kind: ObjectIdentifier,
    pub(super) response: OctetString,
}

#[derive(Sequence)]
struct Basic {
    _signed: Any,
    algorithm: AlgorithmIdentifierOwned,
    signature: BitString,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    certificates: Option<Vec<Any>>,
}

#[derive(Sequence)]
pub(super) struct ResponseData {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) version: Option<u8>,
    pub(super) responder: ResponderId,
    pub(super) produced_at: GeneralizedTime,
    pub(super) responses: Vec<SingleResponse>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) extensions: Option<Extensions>,
}

#[derive(Choice)]
pub(super) enum ResponderId {
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", constructed = "true")]
    Name(Name),
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT", constructed = "true")]
    Key(OctetString),
}

#[derive(Sequence)]
pub(super) struct SingleResponse {
    pub(super) certificate: CertId,
    pub(super) status: CertStatus,
    pub(super) this_update: GeneralizedTime,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) next_update: Option<GeneralizedTime>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) extensions: Option<Extensions>,
}

/// Which certificate is meant.
#[derive(Sequence)]
pub(super) struct CertId {
    algorithm: AlgorithmIdentifierOwned,
    name_hash: OctetString,
    key_hash: OctetString,
    pub(super) serial: Int,
}

#[derive(Choice)]
pub(super) enum CertStatus {
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT")]
    Good(Null),
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", constructed = "true")]
    Revoked(RevokedInfo),
    #[asn1(context_specific = "2", tag_mode = "IMPLICIT")]
    Unknown(Null),
}

#[derive(Sequence)]
pub(super) struct RevokedInfo {
    pub(super) time: GeneralizedTime,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) reason: Option<CrlReason>,
}

const OUT_OF_TIME: &str = "its responder's certificate was not valid at that time";
const EXTENSIONS: Tag = Tag::ContextSpecific { constructed: true, number: TagNumber(2) };
/// More certificates than a chain has are an attack.
const CERTIFICATES_MAX: usize = 8;
const SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");
pub(super) const BASIC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.1");
pub(super) const NONCE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.2");
/// `id-pkix-ocsp-nocheck`.
pub(crate) const NO_CHECK: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.5");
/// `id-kp-OCSPSigning`.
pub(crate) const OCSP_PURPOSE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.9");
