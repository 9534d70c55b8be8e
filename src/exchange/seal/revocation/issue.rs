//! Lists and answers of throw-away authorities, for tests and sandboxes.

use super::super::asn1::{parts, sequence};
use super::super::error::SealError;
use super::super::issue::{Issued, ThrowAwayAuthority, certificate_digest};
use super::super::suites::{BIGN_SIGNATURE_OID, PrivateKey, sign_by_bign};
use super::issuer::Issuer;
use super::ocsp::{
    BASIC, CertId, CertStatus, NONCE, ResponderId, ResponseBytes, ResponseData, RevokedInfo, SingleResponse,
};
use super::{Reason, Revoked};
use der::asn1::{
    Any, AnyRef, BitString, GeneralizedTime, Null, ObjectIdentifier, OctetString, Uint, UtcTime,
};
use der::{Decode, Encode, Tag, TagNumber};
use jiff::Timestamp;
use openssl::pkey::Id;
use openssl::sign::Signer;
use openssl::x509::X509;
use std::time::Duration;
use x509_cert::Version;
use x509_cert::crl::{CertificateList, RevokedCert, TbsCertList};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::CrlReason;
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_cert::time::Time;

/// A certificate that an authority revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    serial: Vec<u8>,
    revoked: Revoked,
}

impl Revocation {
    /// Of the first certificate in a PEM text.
    ///
    /// # Errors
    /// There is none.
    pub fn of_pem(chain: &[u8], since: Timestamp, reason: Reason) -> Result<Self, SealError> {
        let certificates = X509::stack_from_pem(chain)?;
        let own = certificates.first().ok_or(SealError::Key { reason: "there is no certificate" })?;
        let read = super::issuer::read(own)?;
        let serial = read.tbs_certificate().serial_number().as_bytes().to_vec();
        Ok(Self { serial, revoked: Revoked { since, reason } })
    }
}

impl ThrowAwayAuthority {
    /// A list of what it revoked, under a number, made at `from` and good until `to`.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn issue_list(
        &self,
        revoked: &[Revocation],
        number: u32,
        (from, to): (Timestamp, Timestamp),
    ) -> Result<Vec<u8>, SealError> {
        let value = Uint::new(&number.to_be_bytes()).and_then(|number| number.to_der()).map_err(coding)?;
        let entries = revoked.iter().map(entry).collect::<der::Result<Vec<_>>>().map_err(coding)?;
        self.list(entries, vec![extension(CRL_NUMBER, false, &value).map_err(coding)?], (from, to))
    }

    /// A list of these entries with these extensions.
    pub(super) fn list(
        &self,
        entries: Vec<RevokedCert>,
        extensions: Vec<Extension>,
        (from, to): (Timestamp, Timestamp),
    ) -> Result<Vec<u8>, SealError> {
        let coded = || {
            let issuer = Name::from_der(&name_of(self)?)?;
            let algorithm = algorithm(&self.key)?;
            der::Result::Ok(TbsCertList::<x509_cert::certificate::Rfc5280> {
                version: Version::V2,
                signature: algorithm,
                issuer,
                this_update: time(from)?,
                next_update: Some(time(to)?),
                revoked_certificates: (!entries.is_empty()).then_some(entries),
                crl_extensions: Some(extensions),
            })
        };
        let tbs_cert_list = coded().map_err(coding)?;
        let signature = sign(&self.key, &tbs_cert_list.to_der().map_err(coding)?)?;
        let signature_algorithm = tbs_cert_list.signature.clone();
        let signature = BitString::from_bytes(&signature).map_err(coding)?;
        let list = CertificateList { tbs_cert_list, signature_algorithm, signature };
        list.to_der().map_err(coding)
    }

    /// Answers a question about the certificates it revoked; `by` signs if somebody is in its place. Each is good for
    /// `from..to`, or as long as its reader likes.
    ///
    /// # Errors
    /// The question cannot be read, or the answer not be written.
    pub fn answer_status(
        &self,
        request: &[u8],
        revoked: &[Revocation],
        window: (Timestamp, Option<Timestamp>),
        by: Option<&Issued>,
    ) -> Result<Vec<u8>, SealError> {
        let asked = question(request).map_err(coding)?;
        let certificate = CertId::from_der(&asked.0).map_err(coding)?;
        let status = match revoked.iter().find(|one| one.serial == certificate.serial.as_bytes()) {
            None => CertStatus::Good(Null),
            Some(one) => CertStatus::Revoked(RevokedInfo {
                time: general(one.revoked.since).map_err(coding)?,
                reason: Some(crl_reason(one.revoked.reason)),
            }),
        };
        self.answer(asked, status, window, by)
    }

    /// Answers a question as a responder that lost its books does.
    #[cfg(test)]
    pub(super) fn answer_unknown(
        &self,
        request: &[u8],
        window: (Timestamp, Option<Timestamp>),
    ) -> Result<Vec<u8>, SealError> {
        self.answer(question(request).map_err(coding)?, CertStatus::Unknown(Null), window, None)
    }

    fn answer(
        &self,
        (asked, extensions): Asked,
        status: CertStatus,
        (from, to): (Timestamp, Option<Timestamp>),
        by: Option<&Issued>,
    ) -> Result<Vec<u8>, SealError> {
        let certificate = CertId::from_der(&asked).map_err(coding)?;
        let (this_update, next_update) = (general(from), to.map(general).transpose());
        let single = SingleResponse {
            certificate,
            status,
            this_update: this_update.map_err(coding)?,
            next_update: next_update.map_err(coding)?,
            extensions: None,
        };
        let (own, key) = match by {
            None => (self.certificate.to_owned(), None),
            Some(by) => {
                let own = X509::stack_from_pem(&by.chain_pem)?;
                let own =
                    own.into_iter().next().ok_or(SealError::Key { reason: "there is no certificate" })?;
                (own, Some(PrivateKey::from_pem(&by.key_pem)?))
            }
        };
        let name = Name::from_der(&Issuer::of(&own)?.name).map_err(coding)?;
        let signed = ResponseData {
            version: None,
            responder: ResponderId::Name(name),
            produced_at: general(from).map_err(coding)?,
            responses: vec![single],
            extensions,
        };
        let octets = signed.to_der().map_err(coding)?;
        let key = key.as_ref().unwrap_or(&self.key);
        let signature = sign(key, &octets)?;
        let coded = || {
            let signature = BitString::from_bytes(&signature)?.to_der()?;
            let certificates = sequence(&[&own.to_der().map_err(|_cause| der::ErrorKind::Failed)?])?;
            let certificates = AnyRef::new(CERTIFICATES, &certificates)?.to_der()?;
            let basic = sequence(&[&octets, &algorithm(key)?.to_der()?, &signature, &certificates])?;
            let bytes = ResponseBytes { kind: BASIC, response: OctetString::new(basic)? }.to_der()?;
            let status = AnyRef::new(Tag::Enumerated, &[0])?.to_der()?;
            sequence(&[&status, &AnyRef::new(CERTIFICATES, &bytes)?.to_der()?])
        };
        coded().map_err(coding)
    }
}

/// The certificate that is asked about, and what of the question must be repeated.
type Asked = (Vec<u8>, Option<Vec<Extension>>);

fn question(request: &[u8]) -> der::Result<Asked> {
    let fail = || der::Error::from(der::ErrorKind::Failed);
    let signed = parts(request)?.first().copied().ok_or_else(fail)?;
    let fields = parts(signed)?;
    let list = fields.iter().find(|field| field.first() == Some(&SEQUENCE)).ok_or_else(fail)?;
    let first = parts(list)?.first().copied().ok_or_else(fail)?;
    let certificate = parts(first)?.first().copied().ok_or_else(fail)?.to_vec();
    let extensions = fields.iter().find(|field| field.first() == Some(&QUESTION_EXTENSIONS));
    let extensions = extensions.map(|field| Vec::<Extension>::from_der(AnyRef::from_der(field)?.value()));
    let nonce = |all: Vec<Extension>| all.into_iter().filter(|one| one.extn_id == NONCE).collect::<Vec<_>>();
    Ok((certificate, extensions.transpose()?.map(nonce).filter(|all| !all.is_empty())))
}

pub(super) fn entry(one: &Revocation) -> der::Result<RevokedCert> {
    let reason = crl_reason(one.revoked.reason).to_der()?;
    Ok(RevokedCert {
        serial_number: SerialNumber::new(&one.serial)?,
        revocation_date: time(one.revoked.since)?,
        crl_entry_extensions: Some(vec![extension(REASON_CODE, false, &reason)?]),
    })
}

pub(super) fn extension(id: ObjectIdentifier, critical: bool, value: &[u8]) -> der::Result<Extension> {
    Ok(Extension { extn_id: id, critical, extn_value: OctetString::new(value)? })
}

fn name_of(authority: &ThrowAwayAuthority) -> der::Result<Vec<u8>> {
    authority.certificate.subject_name().to_der().map_err(|_cause| der::ErrorKind::Failed.into())
}

fn crl_reason(reason: Reason) -> CrlReason {
    match reason {
        Reason::Unspecified => CrlReason::Unspecified,
        Reason::KeyCompromise => CrlReason::KeyCompromise,
        Reason::CaCompromise => CrlReason::CaCompromise,
        Reason::AffiliationChanged => CrlReason::AffiliationChanged,
        Reason::Superseded => CrlReason::Superseded,
        Reason::CessationOfOperation => CrlReason::CessationOfOperation,
        Reason::CertificateHold => CrlReason::CertificateHold,
        Reason::PrivilegeWithdrawn => CrlReason::PrivilegeWithdrawn,
        Reason::AaCompromise => CrlReason::AaCompromise,
    }
}

/// How certificates name the algorithm that this key signs by.
fn algorithm(key: &PrivateKey) -> der::Result<AlgorithmIdentifierOwned> {
    let (oid, has_null) = match key {
        PrivateKey::Bign(_) => (BIGN_SIGNATURE_OID, true),
        PrivateKey::Library(key) if key.id() == Id::RSA => ("1.2.840.113549.1.1.11", true),
        PrivateKey::Library(key) => match key.id().as_raw() {
            979 => ("1.2.643.7.1.1.3.2", false),
            980 => ("1.2.643.7.1.1.3.3", false),
            _ => ("1.2.840.10045.4.3.2", false),
        },
    };
    let parameters = if has_null { Some(Any::encode_from(&Null)?) } else { None };
    let oid = ObjectIdentifier::new(oid).map_err(|_cause| der::ErrorKind::Failed)?;
    Ok(AlgorithmIdentifierOwned { oid, parameters })
}

fn sign(key: &PrivateKey, octets: &[u8]) -> Result<Vec<u8>, SealError> {
    match key {
        PrivateKey::Library(key) => {
            Ok(Signer::new(certificate_digest(key)?, key)?.sign_oneshot_to_vec(octets)?)
        }
        PrivateKey::Bign(_) => sign_by_bign(key, octets),
    }
}

fn time(at: Timestamp) -> der::Result<Time> {
    UtcTime::from_unix_duration(since(at)).map(Time::UtcTime)
}

fn general(at: Timestamp) -> der::Result<GeneralizedTime> {
    GeneralizedTime::from_unix_duration(since(at))
}

fn since(at: Timestamp) -> Duration {
    Duration::from_secs(u64::try_from(at.as_second()).unwrap_or_default())
}

fn coding(_cause: der::Error) -> SealError {
    SealError::Key { reason: "what it signs cannot be read or written in DER" }
}

const SEQUENCE: u8 = 0x30;
const QUESTION_EXTENSIONS: u8 = 0xa2;
const CERTIFICATES: Tag = Tag::ContextSpecific { constructed: true, number: TagNumber(0) };
const CRL_NUMBER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.20");
const REASON_CODE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.21");
