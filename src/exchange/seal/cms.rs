//! Signed content of CMS (RFC 5652) by every suite that is known here: what a trusted third party or a time-stamping
//! authority says.
//!
//! One signer, attributes that name content and certificate, DER throughout. OpenSSL does the same for the algorithms
//! that it knows; bign is not among them.

use super::error::SealError;
use super::signer::Signer;
use super::suites::{DigestAlgorithm, Suite, check_fit, cms_names, sha256, suite_of_cms};
use super::trust::TrustStore;
use super::verify::SignerCertificate;
use cms::cert::{CertificateChoices, IssuerAndSerialNumber};
use cms::content_info::{CmsVersion, ContentInfo};
use cms::signed_data::{
    CertificateSet, EncapsulatedContentInfo, SignedData, SignerIdentifier, SignerInfo, SignerInfos,
};
use der::asn1::{Any, Null, ObjectIdentifier, OctetString, OctetStringRef, SetOfVec, UtcTime};
use der::{Decode, DecodeOwned, Encode, Sequence};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use x509_cert::Certificate;
use x509_cert::attr::Attribute;
use x509_cert::ext::pkix::SubjectKeyIdentifier;
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_cert::time::Time;

/// A content with one signature, which nobody has checked yet.
pub(super) struct SignedContent {
    content: Vec<u8>,
    /// What is signed: the attributes, as a SET.
    attributes: Vec<u8>,
    told_digest: Vec<u8>,
    suite: &'static Suite,
    digest: DigestAlgorithm,
    signature: Vec<u8>,
    certificate: Vec<u8>,
    /// Whether the attributes that are signed name the certificate.
    names_certificate: bool,
    /// The signature as it stands there, and a time stamp of it if there is one.
    stamped: (Vec<u8>, Option<Vec<u8>>),
    signed_at: Option<Timestamp>,
}

impl SignedContent {
    /// Reads a `SignedData` around a content of this type.
    ///
    /// # Errors
    /// It is none, or not of the profile; or its algorithms are not known here.
    pub(super) fn read(der: &[u8], content_type: ObjectIdentifier) -> Result<Self, SealError> {
        Self::read_around(der, content_type, None)
    }

    /// Reads a `SignedData` whose content, data of no type, stands beside it.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub(super) fn read_beside(der: &[u8], content: Vec<u8>) -> Result<Self, SealError> {
        Self::read_around(der, DATA, Some(content))
    }

    fn read_around(
        der: &[u8],
        content_type: ObjectIdentifier,
        beside: Option<Vec<u8>>,
    ) -> Result<Self, SealError> {
        let outer = ContentInfo::from_der(der).map_err(unreadable)?;
        if outer.content_type != SIGNED_DATA {
            return Err(wrong("it is not SignedData"));
        }
        let signed: SignedData = outer.content.decode_as().map_err(unreadable)?;
        let inner = &signed.encap_content_info;
        if inner.econtent_type != content_type {
            return Err(wrong("it signs a content of another type"));
        }
        let content = match (&inner.econtent, beside) {
            (Some(inside), None) => {
                let inside: OctetString = inside.decode_as().map_err(unreadable)?;
                inside.into_bytes().into_vec()
            }
            (None, Some(beside)) => beside,
            (None, None) => return Err(wrong("its content is not inside")),
            (Some(_), Some(_)) => return Err(wrong("it has a content of its own")),
        };
        let [signer] = signed.signer_infos.0.as_slice() else { return Err(wrong("it has not one signer")) };
        let attributes = signer.signed_attrs.as_ref().ok_or(wrong("it has no signed attributes"))?;
        let told_type: ObjectIdentifier = one(attributes, CONTENT_TYPE)?.ok_or(wrong("it tells no type"))?;
        if told_type != content_type {
            return Err(wrong("its attributes are about another type"));
        }
        let told_digest: OctetString = one(attributes, MESSAGE_DIGEST)?.ok_or(wrong("it tells no digest"))?;
        let certificate = certificate_of(&signed, signer)?;
        let signed_at = one::<Time>(attributes, SIGNING_TIME)?.map(|told| told.to_unix_duration().as_secs());
        let signed_at = signed_at.and_then(|told| Timestamp::from_second(i64::try_from(told).ok()?).ok());
        let oid = |algorithm: &AlgorithmIdentifierOwned| algorithm.oid.to_string();
        let (suite, digest) = suite_of_cms(&oid(&signer.signature_algorithm), &oid(&signer.digest_alg))?;
        let v2 = one::<SigningCertificateV2>(attributes, SIGNING_CERTIFICATE_V2)?;
        let named = [
            one::<SigningCertificate>(attributes, SIGNING_CERTIFICATE)?.map(|told| told.names(&certificate)),
            v2.map(|told| told.names(&certificate)).transpose()?,
        ];
        if named.contains(&Some(false)) {
            return Err(wrong("its attributes name another certificate"));
        }
        let stamp = match &signer.unsigned_attrs {
            // there may be several; the first is looked at
            Some(beside) => {
                let mut stamps = beside.iter().filter(|attribute| attribute.oid == SIGNATURE_TIME_STAMP);
                stamps.next().and_then(|attribute| attribute.values.get(0)).cloned()
            }
            None => None,
        };
        let stamp = stamp.map(|stamp: Any| stamp.to_der()).transpose().map_err(unreadable)?;
        Ok(Self {
            content,
            attributes: attributes.to_der().map_err(unreadable)?,
            told_digest: told_digest.into_bytes().into_vec(),
            suite,
            digest,
            signature: suite.scheme().read_cms(signer.signature.as_bytes())?,
            certificate,
            names_certificate: named.contains(&Some(true)),
            stamped: (signer.signature.as_bytes().to_vec(), stamp),
            signed_at,
        })
    }

    /// The certificate it brings.
    pub(super) fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// When it was signed, as its signer tells.
    pub(super) fn signed_at(&self) -> Option<Timestamp> {
        self.signed_at
    }

    /// What is signed, before anybody has seen whether it is.
    pub(super) fn claimed_content(&self) -> &[u8] {
        &self.content
    }

    /// Whether its signature binds the certificate (RFC 5035), so that no other of the same key can take its place.
    pub(super) fn names_certificate(&self) -> bool {
        self.names_certificate
    }

    /// The octets of the signature, which a time stamp of it is about, and that time stamp if there is one.
    pub(super) fn stamped(&self) -> (&[u8], Option<&[u8]>) {
        (&self.stamped.0, self.stamped.1.as_deref())
    }

    /// Sees that the content is what was signed, by whom the certificate says; whoever that is.
    ///
    /// # Errors
    /// It is not.
    pub(super) fn signed_by(&self) -> Result<Arc<SignerCertificate>, SealError> {
        if self.digest.of(&self.content)? != self.told_digest {
            return Err(SealError::DigestMismatch);
        }
        let signer = Arc::new(SignerCertificate::read(&self.certificate)?);
        check_fit(self.suite.scheme(), &signer.key)?;
        if !self.suite.scheme().is_signature(&signer.key, &self.attributes, &self.signature) {
            return Err(SealError::SignatureMismatch);
        }
        Ok(signer)
    }

    /// The same, and that we trust him at `now`.
    ///
    /// # Errors
    /// It is not.
    pub(super) fn verify(
        self,
        trust: &TrustStore,
        now: Timestamp,
    ) -> Result<(Vec<u8>, Arc<SignerCertificate>), SealError> {
        let signer = self.signed_by()?;
        trust.check(self.certificate, signer.clone(), now)?;
        Ok((self.content, signer))
    }
}

/// Signs a content of this type.
///
/// # Errors
/// The key refuses, or CMS has no name for its algorithm.
pub(super) fn sign_content(
    content_type: ObjectIdentifier,
    content: &[u8],
    signer: &Signer,
    at: Timestamp,
) -> Result<Vec<u8>, SealError> {
    sign_around((content_type, content, true), true, signer, at)
}

/// The same, and its certificates come along or not, as who asked wishes.
///
/// # Errors
/// As [`sign_content`].
pub(super) fn sign_content_bare(
    (content_type, content): (ObjectIdentifier, &[u8]),
    has_certificates: bool,
    signer: &Signer,
    at: Timestamp,
) -> Result<Vec<u8>, SealError> {
    sign_around((content_type, content, true), has_certificates, signer, at)
}

/// Signs data of no type that stands beside its signature.
///
/// # Errors
/// As [`sign_content`].
pub(super) fn sign_beside(content: &[u8], signer: &Signer, at: Timestamp) -> Result<Vec<u8>, SealError> {
    sign_around((DATA, content, false), true, signer, at)
}

/// Puts a time stamp beside the signature that it is of, where nothing signs it (`signature-time-stamp` of CAdES).
///
/// # Errors
/// One of the two is not in DER.
pub(super) fn with_stamp(signed: &[u8], stamp: &[u8]) -> Result<Vec<u8>, SealError> {
    let coded = || {
        let outer = ContentInfo::from_der(signed)?;
        let mut signed: SignedData = outer.content.decode_as()?;
        let mut signers = signed.signer_infos.0.into_vec();
        for signer in &mut signers {
            let stamp = Attribute {
                oid: SIGNATURE_TIME_STAMP,
                values: SetOfVec::try_from(vec![Any::from_der(stamp)?])?,
            };
            signer.unsigned_attrs = Some(SetOfVec::try_from(vec![stamp])?);
        }
        signed.signer_infos = SignerInfos::try_from(signers)?;
        ContentInfo { content_type: SIGNED_DATA, content: Any::encode_from(&signed)? }.to_der()
    };
    coded().map_err(unreadable)
}

fn sign_around(
    (content_type, content, is_inside): (ObjectIdentifier, &[u8], bool),
    has_certificates: bool,
    signer: &Signer,
    at: Timestamp,
) -> Result<Vec<u8>, SealError> {
    let reason = "CMS has no name for its algorithm";
    let (signature_oid, digest) = cms_names(signer.suite()).ok_or(SealError::Key { reason })?;
    let told_digest = digest.of(content)?;
    let certificate = signer.certificate_der()?;
    let coded = (|| {
        let own = Certificate::from_der(&certificate)?;
        let since = Duration::from_secs(u64::try_from(at.as_second()).unwrap_or_default());
        let named = SigningCertificateV2 { certs: vec![CertificateIdV2::of(&certificate)?], policies: None };
        let attributes = SetOfVec::try_from(vec![
            attribute(CONTENT_TYPE, &content_type)?,
            attribute(MESSAGE_DIGEST, &OctetStringRef::new(&told_digest)?)?,
            attribute(SIGNING_TIME, &UtcTime::from_unix_duration(since)?)?,
            attribute(SIGNING_CERTIFICATE_V2, &named)?,
        ])?;
        der::Result::Ok((own, attributes))
    })();
    let (own, attributes) = coded.map_err(unwritable)?;
    let octets = attributes.to_der().map_err(unwritable)?;
    let signature = signer.suite().scheme().write_cms(signer.sign(&octets)?)?;
    let chain = signer.chain_der()?;
    let coded = (|| {
        let digest_algorithm = algorithm(digest.oid(), false)?;
        let tbs = own.tbs_certificate();
        let sid = SignerIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
            issuer: tbs.issuer().clone(),
            serial_number: tbs.serial_number().clone(),
        });
        let info = SignerInfo {
            version: CmsVersion::V1,
            sid,
            digest_alg: digest_algorithm.clone(),
            signed_attrs: Some(attributes),
            signature_algorithm: algorithm(signature_oid, signature_oid.starts_with(RSA))?,
            signature: OctetString::new(signature)?,
            unsigned_attrs: None,
        };
        let mut certificates = vec![CertificateChoices::Certificate(own)];
        for above in &chain {
            certificates.push(CertificateChoices::Certificate(Certificate::from_der(above)?));
        }
        let inside = is_inside.then(|| Any::encode_from(&OctetStringRef::new(content)?)).transpose()?;
        let signed = SignedData {
            version: if content_type == DATA { CmsVersion::V1 } else { CmsVersion::V3 },
            digest_algorithms: SetOfVec::try_from(vec![digest_algorithm])?,
            encap_content_info: EncapsulatedContentInfo { econtent_type: content_type, econtent: inside },
            certificates: has_certificates.then(|| CertificateSet::try_from(certificates)).transpose()?,
            crls: None,
            signer_infos: SignerInfos::try_from(vec![info])?,
        };
        ContentInfo { content_type: SIGNED_DATA, content: Any::encode_from(&signed)? }.to_der()
    })();
    coded.map_err(unwritable)
}

/// Which certificate was used, as its signature binds it (RFC 5035).
#[derive(Sequence)]
struct SigningCertificateV2 {
    certs: Vec<CertificateIdV2>,
    #[asn1(optional = "true")]
    policies: Option<Any>,
}

impl SigningCertificateV2 {
    fn names(&self, certificate: &[u8]) -> Result<bool, SealError> {
        self.certs.first().map_or(Ok(false), |first| first.is_of(certificate))
    }
}

/// The same by SHA-1, as older authorities write it (RFC 2634): it binds a certificate, it vouches for nothing.
#[derive(Sequence)]
struct SigningCertificate {
    certs: Vec<CertificateId>,
    #[asn1(optional = "true")]
    policies: Option<Any>,
}

impl SigningCertificate {
    fn names(&self, certificate: &[u8]) -> bool {
        let own = openssl::sha::sha1(certificate);
        self.certs.first().is_some_and(|first| first.hash.as_bytes() == own)
    }
}

/// A certificate by its SHA-1.
#[derive(Sequence)]
struct CertificateId {
    hash: OctetString,
    #[asn1(optional = "true")]
    issuer_serial: Option<Any>,
}

/// A certificate by its digest: SHA-256 unless another is named.
#[derive(Sequence)]
struct CertificateIdV2 {
    #[asn1(optional = "true")]
    algorithm: Option<AlgorithmIdentifierOwned>,
    hash: OctetString,
    #[asn1(optional = "true")]
    issuer_serial: Option<Any>,
}

impl CertificateIdV2 {
    fn of(certificate: &[u8]) -> der::Result<Self> {
        let hash = OctetString::new(sha256(certificate).0.to_vec())?;
        Ok(Self { algorithm: None, hash, issuer_serial: None })
    }

    /// # Errors
    /// Its digest is not known here, or not loaded: nothing is said of the certificate.
    fn is_of(&self, certificate: &[u8]) -> Result<bool, SealError> {
        let digest = match &self.algorithm {
            Some(named) => DigestAlgorithm::of_oid(&named.oid.to_string())?,
            None => DigestAlgorithm::Sha256,
        };
        Ok(digest.of(certificate)? == self.hash.as_bytes())
    }
}

/// The certificate that the signer names.
fn certificate_of(signed: &SignedData, signer: &SignerInfo) -> Result<Vec<u8>, SealError> {
    let is_named = |certificate: &Certificate| {
        let tbs = certificate.tbs_certificate();
        match &signer.sid {
            SignerIdentifier::IssuerAndSerialNumber(named) => {
                named.issuer == *tbs.issuer() && named.serial_number == *tbs.serial_number()
            }
            SignerIdentifier::SubjectKeyIdentifier(named) => {
                let own = tbs.get_extension::<SubjectKeyIdentifier>();
                own.is_ok_and(|own| own.is_some_and(|(_, own)| own == *named))
            }
        }
    };
    let enclosed = signed.certificates.as_ref().map(|set| set.0.iter()).into_iter().flatten();
    let certificate = enclosed
        .filter_map(|choice| match choice {
            CertificateChoices::Certificate(certificate) => Some(certificate),
            CertificateChoices::Other(_) => None,
        })
        .find(|certificate| is_named(certificate));
    certificate.ok_or(wrong("its certificate is not inside"))?.to_der().map_err(unreadable)
}

/// The one value of an attribute that stands once or not at all.
fn one<T: DecodeOwned<Error = der::Error>>(
    attributes: &SetOfVec<Attribute>,
    oid: ObjectIdentifier,
) -> Result<Option<T>, SealError> {
    let mut found = attributes.iter().filter(|attribute| attribute.oid == oid);
    let Some(attribute) = found.next() else { return Ok(None) };
    let [value] = attribute.values.as_slice() else { return Err(wrong("an attribute has not one value")) };
    if found.next().is_some() {
        return Err(wrong("an attribute stands twice"));
    }
    let octets = value.to_der().map_err(unreadable)?;
    T::from_der(&octets).map(Some).map_err(unreadable)
}

fn attribute(oid: ObjectIdentifier, value: &impl Encode) -> der::Result<Attribute> {
    let value = Any::from_der(&value.to_der()?)?;
    Ok(Attribute { oid, values: SetOfVec::try_from(vec![value])? })
}

fn algorithm(oid: &str, has_null: bool) -> der::Result<AlgorithmIdentifierOwned> {
    let parameters = if has_null { Some(Any::encode_from(&Null)?) } else { None };
    Ok(AlgorithmIdentifierOwned { oid: ObjectIdentifier::new(oid).map_err(|_cause| CODING)?, parameters })
}

fn wrong(reason: &'static str) -> SealError {
    SealError::Cms { reason }
}

fn unreadable(_cause: der::Error) -> SealError {
    wrong("it is not in DER, or a part of it is missing")
}

fn unwritable(_cause: der::Error) -> SealError {
    SealError::Key { reason: "what it signs cannot be written in DER" }
}

const CODING: der::ErrorKind = der::ErrorKind::Failed;
const RSA: &str = "1.2.840.113549.1.1.";
const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_TIME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.5");
const SIGNING_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.12");
const SIGNATURE_TIME_STAMP: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.14");
const SIGNING_CERTIFICATE_V2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");
