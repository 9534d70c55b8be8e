//! The way from a certificate to a trust anchor where OpenSSL cannot go: through keys and signatures of bign.
//!
//! It asks what RFC 5280 asks of a chain without policies: names, signatures, validity, authority, length, and no
//! critical extension that is not known here. Everything else is refused rather than passed over.

use super::asn1::signed_part;
use super::breach::Breach;
use super::error::SealError;
use super::suites::{BIGN_SIGNATURE_OID, PublicKey, suite_for};
use super::trust::{Chain, Validity, unix_seconds};
use der::Decode;
use jiff::Timestamp;
use openssl::nid::Nid;
use openssl::x509::{X509, X509KeyUsage, X509Ref};
use std::cell::Cell;
use std::cmp::Ordering;
use x509_cert::Certificate;
use x509_cert::ext::pkix::BasicConstraints;

/// Whether OpenSSL cannot judge this certificate.
pub(super) fn is_beyond_library(certificate: &X509Ref, key: &PublicKey) -> bool {
    matches!(key, PublicKey::Bign(_)) || is_signed_by_bign(certificate)
}

/// Finds a way up, all of it valid at `now`.
///
/// # Errors
/// There is none; the error tells of the last one that was tried.
pub(super) fn climb(
    certificate: &X509Ref,
    anchors: &[X509],
    intermediates: &[X509],
    now: Timestamp,
) -> Result<Chain, SealError> {
    Way { anchors, intermediates, now, tries: Cell::new(TRIES_MAX) }.up(certificate, 0)
}

/// Whether this key made the signature of the certificate, by an algorithm that we take.
pub(super) fn is_signed_by(certificate: &X509Ref, issuer: &X509Ref) -> Result<bool, SealError> {
    let key = PublicKey::of(issuer)?;
    let Some(suite) = suite_for(&key) else { return Ok(false) };
    match &key {
        PublicKey::Bign(_) => {
            let der = certificate.to_der()?;
            let signature = certificate.signature().as_slice();
            let is_good = |part: Vec<u8>| suite.scheme().is_signature(&key, &part, signature);
            Ok(is_signed_by_bign(certificate) && signed_part(&der).is_some_and(is_good))
        }
        PublicKey::Library(library) => {
            let algorithm = certificate.signature_algorithm().object().nid();
            // a signature the library cannot even read is no signature of this key
            Ok(LINK_ALGORITHMS.contains(&algorithm) && certificate.verify(library).unwrap_or(false))
        }
    }
}

/// Whether an authority itself issued a certificate, which must be valid at `now`.
pub(super) fn is_issued_by(
    certificate: &X509Ref,
    issuer: &X509Ref,
    now: Timestamp,
) -> Result<bool, SealError> {
    let is_named = issuer.subject_name().try_cmp(certificate.issuer_name())? == Ordering::Equal;
    if !is_named || !is_signed_by(certificate, issuer)? {
        return Ok(false);
    }
    Way { anchors: &[], intermediates: &[], now, tries: Cell::new(0) }.own(certificate).map(|_validity| true)
}

fn is_signed_by_bign(certificate: &X509Ref) -> bool {
    certificate.signature_algorithm().object().to_string() == BIGN_SIGNATURE_OID
}

struct Way<'a> {
    anchors: &'a [X509],
    intermediates: &'a [X509],
    now: Timestamp,
    /// How many steps may still be tried: certificates that came with a document could lead in circles.
    tries: Cell<u32>,
}

impl Way<'_> {
    /// `below` authorities stand under this certificate already, it included if it is one.
    fn up(&self, certificate: &X509Ref, below: usize) -> Result<Chain, SealError> {
        if below > CHAIN_DEPTH_MAX {
            return Err(Breach::ChainLength.into());
        }
        let mut refused = SealError::Foreign;
        let anchors = self.anchors.iter().map(|anchor| (anchor, true));
        for (issuer, is_anchor) in anchors.chain(self.intermediates.iter().map(|it| (it, false))) {
            let is_named = issuer.subject_name().try_cmp(certificate.issuer_name())? == Ordering::Equal;
            if !is_named {
                continue;
            }
            self.tries
                .set(self.tries.get().checked_sub(1).ok_or(SealError::Chain { reason: "it is a maze" })?);
            if !is_signed_by(certificate, issuer)? {
                continue;
            }
            let above = may_issue(issuer, below).and_then(|()| match is_anchor {
                true => self.own(issuer).map(|validity| Chain::of_anchor(issuer, validity)),
                false => self.up(issuer, below + 1),
            });
            match above.and_then(|above| Ok((above, self.own(certificate)?))) {
                Ok((above, own)) => return Ok(above.with(certificate, own)),
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }

    /// What is asked of each certificate by itself.
    fn own(&self, certificate: &X509Ref) -> Result<Validity, SealError> {
        let from = unix_seconds(certificate.not_before())?;
        let to = unix_seconds(certificate.not_after())?;
        if self.now.as_second() < from {
            return Err(SealError::NotYetValid);
        }
        if self.now.as_second() > to {
            return Err(SealError::Expired);
        }
        let read = read(certificate)?;
        let is_known = |oid: String| CRITICAL_KNOWN.contains(&oid.as_str());
        for extension in read.tbs_certificate().extensions().into_iter().flatten() {
            if extension.critical && !is_known(extension.extn_id.to_string()) {
                return Err(Breach::CriticalExtension.into());
            }
        }
        Ok(Validity { from, to })
    }
}

/// Whether this is a certificate of an authority that may stand above `below` others.
fn may_issue(issuer: &X509Ref, below: usize) -> Result<(), SealError> {
    let refused = |reason| SealError::Chain { reason };
    let read = read(issuer)?;
    let constraints = read.tbs_certificate().get_extension::<BasicConstraints>();
    let constraints = constraints.map_err(|_cause| refused("basic constraints that cannot be read"))?;
    let (_, constraints) = constraints.filter(|(_, it)| it.ca).ok_or(Breach::NoAuthority)?;
    if constraints.path_len_constraint.is_some_and(|most| below > usize::from(most)) {
        return Err(Breach::ChainLength.into());
    }
    if issuer.key_usage().is_some_and(|usage| !usage.contains(X509KeyUsage::KEY_CERT_SIGN)) {
        return Err(Breach::NoAuthority.into());
    }
    Ok(())
}

fn read(certificate: &X509Ref) -> Result<Certificate, SealError> {
    let reason = "a certificate that cannot be read";
    let read = Certificate::from_der(&certificate.to_der()?);
    let read = read.map_err(|_cause| SealError::Chain { reason })?;
    if read.signature_algorithm() != read.tbs_certificate().signature() {
        return Err(SealError::Chain { reason: "a certificate that names two algorithms" });
    }
    Ok(read)
}

/// What an authority of another algorithm may sign a certificate with: no SHA-1 among them.
const LINK_ALGORITHMS: [Nid; 7] = [
    Nid::SHA256WITHRSAENCRYPTION,
    Nid::SHA384WITHRSAENCRYPTION,
    Nid::SHA512WITHRSAENCRYPTION,
    Nid::ECDSA_WITH_SHA256,
    Nid::ECDSA_WITH_SHA384,
    Nid::from_raw(985), // GOST R 34.10-2012 with Streebog, 256 bits
    Nid::from_raw(986), // and 512
];
/// Key usage, subject's other names, basic constraints, policies, extended key usage.
const CRITICAL_KNOWN: [&str; 5] = ["2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.32", "2.5.29.37"];
const CHAIN_DEPTH_MAX: usize = 8;
const TRIES_MAX: u32 = 256;

#[cfg(test)]
mod tests {
    use super::super::{
        KeyKind, SealError, Signer, ThrowAwayAuthority, TrustStore, open, seal_unchecked, verify,
    };
    use crate::base::{DocumentId, Limits};
    use jiff::{Timestamp, ToSpan};

    fn now() -> Timestamp {
        "2026-11-24T00:00:00Z".parse().unwrap()
    }

    fn authority(kind: KeyKind) -> ThrowAwayAuthority {
        ThrowAwayAuthority::of_kind(kind, "seals", "BY", now()).unwrap()
    }

    /// What becomes of a document sealed by a key of `kind` that `signing` vouches for, judged by whom `trusted` names.
    fn judged(
        (signing, kind): (&ThrowAwayAuthority, KeyKind),
        trusted: &[u8],
        at: Timestamp,
    ) -> Result<(), SealError> {
        let issued = signing.issue_seal("fund", kind).unwrap();
        let signer = Signer::from_pem(&issued.key_pem, &issued.chain_pem).unwrap();
        let id: DocumentId = "7d2a1c58-0c5e-4f0f-9b8e-2f7f0d5b6a77".parse().unwrap();
        let sealed = seal_unchecked(b"<a></a>", id, &signer).unwrap().into_bytes();
        verify(open(&sealed, &Limits::default())?, &TrustStore::from_pem(trusted)?, at).map(drop)
    }

    #[test]
    fn a_chain_of_either_kind_leads_up_and_no_other_authority_of_the_same_name_does() {
        for (above, own) in
            [(KeyKind::Bign, KeyKind::Bign), (KeyKind::P256, KeyKind::Bign), (KeyKind::Bign, KeyKind::P384)]
        {
            let signing = authority(above);
            judged((&signing, own), &signing.pem().unwrap(), now()).unwrap();
            let other = authority(above).pem().unwrap();
            let error = judged((&signing, own), &other, now()).unwrap_err();
            assert!(matches!(error, SealError::Foreign), "{above:?} {own:?}: {error}");
        }
    }

    #[test]
    fn a_chain_has_its_time() {
        let signing = authority(KeyKind::Bign);
        let anchor = signing.pem().unwrap();
        let at = |hours: i64| {
            judged((&signing, KeyKind::Bign), &anchor, now().saturating_add(hours.hours()).unwrap())
        };
        assert!(matches!(at(-2), Err(SealError::NotYetValid)));
        assert!(at(24 * 89).is_ok());
        assert!(matches!(at(24 * 91), Err(SealError::Expired)));
    }

    #[test]
    fn nobody_vouches_for_others_who_is_no_authority() {
        let signing = authority(KeyKind::Bign);
        let issued = signing.issue_seal("fund", KeyKind::Bign).unwrap();
        let chain = openssl::x509::X509::stack_from_pem(&issued.chain_pem).unwrap();
        let [leaf, anchor] = chain.as_slice() else { panic!("a leaf and its authority") };
        assert!(super::is_signed_by(leaf, anchor).unwrap() && super::is_signed_by(anchor, anchor).unwrap());
        assert!(!super::is_signed_by(anchor, leaf).unwrap());
        assert!(super::may_issue(anchor, 0).is_ok());
        assert!(matches!(super::may_issue(leaf, 0), Err(SealError::Breach(super::Breach::NoAuthority))));
        let mut der = leaf.to_der().unwrap();
        let at = der.windows(4).position(|name| name == b"fund").unwrap();
        der[at] = b'F';
        let forged = openssl::x509::X509::from_der(&der).unwrap();
        assert!(!super::is_signed_by(&forged, anchor).unwrap());
    }
}
