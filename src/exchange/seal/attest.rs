//! A sentence of the node under the key of its seal: no document, and never to be taken for one.

use super::error::SealError;
use super::signer::Signer;
use super::suites::{PublicKey, Suite, own_key, sha256, suite_for};
use super::trust::TrustStore;
use super::verify::SignerCertificate;
use crate::base::Digest256;
use jiff::Timestamp;
use openssl::x509::X509;
use std::fmt;
use std::sync::Arc;

/// Signs a sentence.
pub fn attest(sentence: &str, signer: &Signer) -> Result<Vec<u8>, SealError> {
    signer.sign(&octets(sentence))
}

/// Whether a sentence is signed with the first certificate of a PEM text, which may sign and leads to an authority of `trust`.
///
/// # Errors
/// The certificate cannot be read, or does not lead there now.
pub fn is_attested(
    (sentence, signature): (&str, &[u8]),
    certificates_pem: &[u8],
    trust: &TrustStore,
    now: Timestamp,
) -> Result<bool, SealError> {
    let reason = "the certificates are not PEM";
    let all = X509::stack_from_pem(certificates_pem).map_err(|_cause| SealError::Key { reason })?;
    let own = all.into_iter().next().ok_or(SealError::Key { reason: "there is no certificate" })?;
    let der = own.to_der()?;
    trust.check(der.clone(), Arc::new(SignerCertificate::read(&der)?), now)?;
    let mut witness = Witness::default();
    witness.add_der(&der)?;
    Ok(witness.confirms(&sha256(&der), sentence, signature) == Some(true))
}

/// Certificates that sentences may have been signed with.
#[derive(Default)]
pub struct Witness(Vec<Known>);

struct Known {
    fingerprint: Digest256,
    suite: &'static Suite,
    key: PublicKey,
    der: Vec<u8>,
}

impl Witness {
    /// Adds the first certificate of a PEM text: the signer's own, as in the files of a node.
    pub fn add_pem(&mut self, pem: &[u8]) -> Result<(), SealError> {
        let refused = |reason| SealError::Key { reason };
        let certificates =
            X509::stack_from_pem(pem).map_err(|_cause| refused("the certificates are not PEM"))?;
        let own = certificates.into_iter().next().ok_or(refused("there is no certificate"))?;
        self.add(&own)
    }

    /// Adds a certificate in DER.
    pub fn add_der(&mut self, der: &[u8]) -> Result<(), SealError> {
        let reason = "the certificate cannot be read";
        self.add(&X509::from_der(der).map_err(|_cause| SealError::Key { reason })?)
    }

    fn add(&mut self, certificate: &X509) -> Result<(), SealError> {
        let key = PublicKey::of(certificate).map_err(own_key)?;
        let reason = "the key is of no algorithm known here";
        let suite = suite_for(&key).ok_or(SealError::Key { reason })?;
        let der = certificate.to_der()?;
        self.0.push(Known { fingerprint: sha256(&der), suite, key, der });
        Ok(())
    }

    /// The certificates in DER.
    pub fn certificates(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(|known| known.der.as_slice())
    }

    /// The SHA-256 of each certificate.
    pub fn fingerprints(&self) -> impl Iterator<Item = Digest256> {
        self.0.iter().map(|known| known.fingerprint)
    }

    /// Whether `signature` is that of the certificate `signer` over the sentence; nothing if it is not here.
    pub fn confirms(&self, signer: &Digest256, sentence: &str, signature: &[u8]) -> Option<bool> {
        let known = self.0.iter().find(|known| known.fingerprint == *signer)?;
        Some(known.suite.scheme().is_signature(&known.key, &octets(sentence), signature))
    }
}

impl fmt::Debug for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.fingerprints().map(|print| print.to_string())).finish()
    }
}

/// What is signed of a document begins with `<`; this does not.
fn octets(sentence: &str) -> Vec<u8> {
    [DOMAIN, sentence.as_bytes()].concat()
}

const DOMAIN: &[u8] = b"stazh attests 1\0";

#[cfg(test)]
mod tests {
    use super::super::{KeyKind, ThrowAwayAuthority};
    use super::*;

    #[test]
    fn a_sentence_is_confirmed_by_its_own_certificate_alone_and_to_the_letter() {
        let now = "2026-11-23T00:00:00Z".parse().unwrap();
        let authority = ThrowAwayAuthority::new("test", "KZ", now).unwrap();
        for kind in [KeyKind::Rsa2048, KeyKind::P256] {
            let issued = authority.issue_seal("fund", kind).unwrap();
            let signer = Signer::from_pem(&issued.key_pem, &issued.chain_pem).unwrap();
            let other = authority.issue_seal("other", kind).unwrap();
            let other = Signer::from_pem(&other.key_pem, &other.chain_pem).unwrap();
            let mut witness = Witness::default();
            witness.add_pem(&issued.chain_pem).unwrap();
            let print = signer.fingerprint().unwrap();
            assert_eq!(witness.fingerprints().collect::<Vec<_>>(), [print]);
            let signature = attest("one", &signer).unwrap();
            assert_eq!(witness.confirms(&print, "one", &signature), Some(true));
            assert_eq!(witness.confirms(&print, "two", &signature), Some(false));
            assert_eq!(witness.confirms(&print, "one", &attest("one", &other).unwrap()), Some(false));
            assert_eq!(witness.confirms(&other.fingerprint().unwrap(), "one", &signature), None);
            let mut by_der = Witness::default();
            by_der.add_der(witness.certificates().next().unwrap()).unwrap();
            assert_eq!(by_der.confirms(&print, "one", &signature), Some(true));
            let trust = TrustStore::from_pem(&authority.pem().unwrap()).unwrap();
            let attested = |sentence, trust: &TrustStore| {
                is_attested((sentence, signature.as_slice()), &issued.chain_pem, trust, now)
            };
            assert!(attested("one", &trust).unwrap() && !attested("two", &trust).unwrap());
            let foreign = ThrowAwayAuthority::new("foreign", "RU", now).unwrap().pem().unwrap();
            assert!(attested("one", &TrustStore::from_pem(&foreign).unwrap()).is_err());
        }
    }
}
