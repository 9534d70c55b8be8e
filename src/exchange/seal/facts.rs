//! What a certificate says of itself, for those who watch over it: when it ends, what it is for.

use super::error::SealError;
use super::path::is_signed_by;
use super::suites::sha256;
use super::trust::{may_sign, unix_seconds};
use super::verify::name_of;
use crate::base::Digest256;
use jiff::Timestamp;
use openssl::asn1::Asn1TimeRef;
use openssl::x509::X509;
use std::cmp::Ordering;

/// What a certificate says of itself; nobody has checked it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFacts {
    /// The SHA-256 of the certificate.
    pub fingerprint: Digest256,
    /// Its subject. It may be a person: for a terminal, never for a log.
    pub name: String,
    /// From when on it is valid.
    pub not_before: Timestamp,
    /// Until when.
    pub not_after: Timestamp,
    /// Whether it is made for signing documents.
    pub may_sign: bool,
    /// Whether the next certificate of its bundle issued it, or it itself did.
    pub is_issuer_beside: bool,
}

/// The certificates of a PEM bundle, in its order.
///
/// # Errors
/// They are not PEM, or there is none.
pub fn certificates_in(pem: &[u8]) -> Result<Vec<CertificateFacts>, SealError> {
    let all = X509::stack_from_pem(pem)
        .map_err(|_cause| SealError::TrustBundle { reason: "not PEM certificates" })?;
    if all.is_empty() {
        return Err(SealError::TrustBundle { reason: "no certificate in it" });
    }
    let next = all.iter().skip(1).map(Some).chain([None]);
    all.iter().zip(next).map(|(certificate, next)| facts_of(certificate, next)).collect()
}

fn facts_of(certificate: &X509, next: Option<&X509>) -> Result<CertificateFacts, SealError> {
    let is_by = |issuer: &X509| {
        let is_named = issuer.subject_name().try_cmp(certificate.issuer_name());
        // what cannot be judged here, for want of an engine, is not called wrong
        is_named.is_ok_and(Ordering::is_eq) && is_signed_by(certificate, issuer).unwrap_or(true)
    };
    Ok(CertificateFacts {
        fingerprint: sha256(&certificate.to_der()?),
        name: name_of(certificate.subject_name()),
        not_before: instant(certificate.not_before())?,
        not_after: instant(certificate.not_after())?,
        may_sign: may_sign(certificate),
        is_issuer_beside: is_by(certificate) || next.is_some_and(is_by),
    })
}

fn instant(time: &Asn1TimeRef) -> Result<Timestamp, SealError> {
    let reason = "a date that no calendar has";
    Timestamp::from_second(unix_seconds(time)?).map_err(|_cause| SealError::Certificate { reason })
}

#[cfg(test)]
mod tests {
    use super::super::{KeyKind, ThrowAwayAuthority};
    use super::*;
    use jiff::ToSpan;

    #[test]
    fn a_bundle_tells_when_each_certificate_ends_and_who_issued_it() {
        let now: Timestamp = "2026-11-24T10:00:00Z".parse().unwrap();
        for kind in [KeyKind::Rsa2048, KeyKind::Bign] {
            let authority = ThrowAwayAuthority::of_kind(kind, "seals", "KZ", now).unwrap();
            let issued = authority.issue_seal("fund", kind).unwrap();
            let facts = certificates_in(&issued.chain_pem).unwrap();
            let [fund, above] = facts.as_slice() else { panic!("{facts:?}") };
            assert_eq!((fund.name.as_str(), fund.may_sign, above.may_sign), ("C=KZ, CN=fund", true, false));
            assert_eq!(fund.not_after, now.checked_add((24 * 90).hours()).unwrap());
            assert!(fund.is_issuer_beside && above.is_issuer_beside);
            let alone = X509::stack_from_pem(&issued.chain_pem).unwrap().remove(0).to_pem().unwrap();
            assert!(!certificates_in(&alone).unwrap()[0].is_issuer_beside);
        }
        assert!(certificates_in(b"").is_err());
    }
}
