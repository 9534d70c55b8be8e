//! A list of revoked certificates (RFC 5280, 5): of one authority, by itself, about all reasons.
//!
//! Others cannot be used here and are refused rather than half understood: lists of changes, lists that speak for other
//! authorities or of some reasons only, and those with a critical extension that is not known.

use super::super::asn1::signed_part;
use super::super::error::SealError;
use super::issuer::{Issuer, Link, full_names};
use super::signed::check;
use super::{Reason, Revoked, Said, Window, instant, not_der, unusable};
use der::asn1::{GeneralizedTime, ObjectIdentifier, Uint};
use der::{Decode, Document, Encode};
use openssl::x509::X509KeyUsage;
use std::collections::HashMap;
use x509_cert::crl::{CertificateList, RevokedCert};
use x509_cert::ext::Extensions;
use x509_cert::ext::pkix::CrlReason;
use x509_cert::ext::pkix::crl::dp::IssuingDistributionPoint;
use x509_cert::time::Time;

/// A list whose signature is good.
pub(super) struct Crl {
    pub(super) der: Vec<u8>,
    pub(super) window: Window,
    number: Option<Vec<u8>>,
    revoked: HashMap<Vec<u8>, Revoked>,
    scope: Scope,
}

/// Which certificates of its authority a list is about.
#[derive(Default)]
struct Scope {
    holders_only: bool,
    authorities_only: bool,
    /// Only those that name one of these places as theirs.
    points: Option<Vec<Vec<u8>>>,
}

impl Crl {
    /// Reads a list, in DER or PEM, that this authority must have signed.
    ///
    /// # Errors
    /// It cannot be used.
    pub(super) fn read(bytes: &[u8], issuer: &Issuer) -> Result<Self, SealError> {
        let der = der_of(bytes)?;
        let list = CertificateList::<x509_cert::certificate::Rfc5280>::from_der(&der).map_err(not_der)?;
        let signed = &list.tbs_cert_list;
        if signed.issuer.to_der().map_err(not_der)? != issuer.name {
            return Err(unusable(OTHER_AUTHORITY));
        }
        if signed.signature != list.signature_algorithm {
            return Err(unusable("it names two algorithms"));
        }
        let usage = issuer.certificate.key_usage();
        if usage.is_some_and(|usage| !usage.contains(X509KeyUsage::CRL_SIGN)) {
            return Err(unusable("its authority may not sign lists"));
        }
        let octets = signed_part(&der).ok_or(unusable("it is not in DER"))?;
        let signature = list.signature.as_bytes().ok_or(unusable("its signature has loose bits"))?;
        check(&octets, &list.signature_algorithm, signature, &issuer.key)?;
        let (number, scope) = extensions(signed.crl_extensions.as_ref())?;
        let next_update = signed.next_update.ok_or(unusable("it does not tell when the next one comes"))?;
        let window =
            Window { this_update: seconds(signed.this_update)?, next_update: Some(seconds(next_update)?) };
        let mut revoked = HashMap::new();
        for entry in signed.revoked_certificates.iter().flatten() {
            revoked.insert(entry.serial_number.as_bytes().to_vec(), entry_of(entry)?);
        }
        Ok(Self { window, number, revoked, scope, der })
    }

    /// The same for a list at hand; nothing if it is another authority's.
    pub(super) fn of_issuer(bytes: &[u8], issuer: &Issuer) -> Option<Result<Self, SealError>> {
        match Self::read(bytes, issuer) {
            Err(SealError::StatusAnswer { reason: OTHER_AUTHORITY }) => None,
            read => Some(read),
        }
    }

    /// What it says of a certificate of its authority; nothing if it is not about it.
    pub(super) fn says_of(&self, link: &Link) -> Option<Said> {
        if let Some(revoked) = self.revoked.get(&link.serial) {
            return Some(Said::Revoked(*revoked));
        }
        let is_excluded =
            if link.is_authority { self.scope.holders_only } else { self.scope.authorities_only };
        let is_elsewhere = self
            .scope
            .points
            .as_ref()
            .is_some_and(|points| !points.iter().any(|point| link.points.contains(point)));
        (!is_excluded && !is_elsewhere).then_some(Said::Good)
    }

    /// Whether it is older than another of the same authority.
    pub(super) fn is_before(&self, other: &Self) -> bool {
        let is_less = |own: &Vec<u8>, others: &Vec<u8>| (own.len(), own) < (others.len(), others);
        let by_number =
            self.number.as_ref().zip(other.number.as_ref()).is_some_and(|(own, others)| is_less(own, others));
        by_number || self.window.this_update < other.window.this_update
    }
}

fn der_of(bytes: &[u8]) -> Result<Vec<u8>, SealError> {
    if !bytes.starts_with(b"-----BEGIN") {
        return Ok(bytes.to_vec());
    }
    let text = std::str::from_utf8(bytes).map_err(|_cause| unusable("it is no PEM"))?;
    let (label, document) = Document::from_pem(text.trim()).map_err(|_cause| unusable("it is no PEM"))?;
    if label != "X509 CRL" {
        return Err(unusable("it is a PEM of something else"));
    }
    Ok(document.as_bytes().to_vec())
}

/// The number of a list, and what it is about.
fn extensions(extensions: Option<&Extensions>) -> Result<(Option<Vec<u8>>, Scope), SealError> {
    let (mut number, mut scope) = (None, Scope::default());
    for extension in extensions.into_iter().flatten() {
        let value = extension.extn_value.as_bytes();
        if extension.extn_id == CRL_NUMBER {
            number = Some(Uint::from_der(value).map_err(not_der)?.as_bytes().to_vec());
        } else if extension.extn_id == DELTA_INDICATOR {
            return Err(unusable("it is a list of changes (delta), which is not taken"));
        } else if extension.extn_id == ISSUING_POINT {
            scope = scope_of(&IssuingDistributionPoint::from_der(value).map_err(not_der)?)?;
        } else if extension.critical && extension.extn_id != AUTHORITY_KEY {
            return Err(unusable("it has a critical extension that is not known here"));
        }
    }
    Ok((number, scope))
}

fn scope_of(point: &IssuingDistributionPoint) -> Result<Scope, SealError> {
    if point.indirect_crl {
        return Err(unusable("it speaks for other authorities (indirect), which is not taken"));
    }
    if point.only_some_reasons.is_some() || point.only_contains_attribute_certs {
        return Err(unusable("it is about some reasons or about attributes only, which is not taken"));
    }
    Ok(Scope {
        holders_only: point.only_contains_user_certs,
        authorities_only: point.only_contains_ca_certs,
        points: point.distribution_point.as_ref().map(full_names).transpose().map_err(not_der)?,
    })
}

fn entry_of(entry: &RevokedCert) -> Result<Revoked, SealError> {
    let (mut since, mut reason) = (seconds(entry.revocation_date)?, Reason::Unspecified);
    for extension in entry.crl_entry_extensions.iter().flatten() {
        let value = extension.extn_value.as_bytes();
        if extension.extn_id == REASON_CODE {
            reason = reason_of(CrlReason::from_der(value).map_err(not_der)?)?;
        } else if extension.extn_id == INVALIDITY_DATE {
            let date = GeneralizedTime::from_der(value).map_err(not_der)?;
            since = since.min(seconds(Time::GeneralTime(date))?);
        } else if extension.critical {
            return Err(unusable("an entry of it has a critical extension that is not known here"));
        }
    }
    let since = jiff::Timestamp::from_second(since).map_err(|_cause| unusable("a time in it is none"))?;
    Ok(Revoked { since, reason })
}

/// Why, as both kinds of answers tell it.
pub(super) fn reason_of(reason: CrlReason) -> Result<Reason, SealError> {
    Ok(match reason {
        CrlReason::Unspecified => Reason::Unspecified,
        CrlReason::KeyCompromise => Reason::KeyCompromise,
        CrlReason::CaCompromise => Reason::CaCompromise,
        CrlReason::AffiliationChanged => Reason::AffiliationChanged,
        CrlReason::Superseded => Reason::Superseded,
        CrlReason::CessationOfOperation => Reason::CessationOfOperation,
        CrlReason::CertificateHold => Reason::CertificateHold,
        CrlReason::PrivilegeWithdrawn => Reason::PrivilegeWithdrawn,
        CrlReason::AaCompromise => Reason::AaCompromise,
        CrlReason::RemoveFromCRL => {
            return Err(unusable("it gives removeFromCRL as a reason, which only a list of changes may"));
        }
    })
}

fn seconds(time: Time) -> Result<i64, SealError> {
    Ok(instant(time.to_unix_duration().as_secs())?.as_second())
}

const OTHER_AUTHORITY: &str = "it is of another authority";
const AUTHORITY_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.35");
const CRL_NUMBER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.20");
const REASON_CODE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.21");
const INVALIDITY_DATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.24");
const DELTA_INDICATOR: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.27");
const ISSUING_POINT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.28");
