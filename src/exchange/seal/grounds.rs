//! What a judgement of a document stands on beside the document: the certificates of those who signed, up to their
//! anchors, and the answers whether any of them was revoked. Files of an evidence container, and read from one.

use super::cms::SignedContent;
use super::dvcs::signed_answer;
use super::error::SealError;
use super::open::open;
use super::receipt::open_receipt;
use super::revocation::StatusKind;
use super::signer::Signer;
use super::suites::sha256;
use super::third_party::ReceiptTrust;
use super::trust::TrustStore;
use super::verify::SignerCertificate;
use crate::base::Limits;
use crate::exchange::document::Scope;
use jiff::Timestamp;
use openssl::x509::X509;
use std::collections::BTreeMap;

/// By whom a node lets documents be judged.
pub struct Grounding<'a> {
    /// Those behind the signatures of documents.
    pub trusts: Vec<&'a TrustStore>,
    /// Those behind the receipts of third parties.
    pub receipts: Option<&'a ReceiptTrust>,
    /// Our own seal, which signs the container.
    pub own: &'a Signer,
}

/// The files of a container that show on what the signatures of a document, of its receipt, and of what a third party
/// answered about it stand at `at`.
///
/// # Errors
/// The cryptographic library fails. Who cannot be traced to an anchor is told by his certificate alone.
pub fn grounds(
    document: &[u8],
    answer: Option<&[u8]>,
    judges: &Grounding<'_>,
    at: Timestamp,
    limits: &Limits,
) -> Result<BTreeMap<String, Vec<u8>>, SealError> {
    let mut signers = vec![judges.own.certificate_der()?];
    let opened = open(document, limits);
    signers.extend(
        opened.into_iter().flat_map(|opened| opened.signatures).map(|signature| signature.certificate),
    );
    let receipt = open_receipt(document, &Scope::default(), limits).ok().and_then(|(_, receipt)| receipt);
    signers.extend(receipt.map(|receipt| receipt.certificate().to_vec()));
    let answer = answer.and_then(|answer| signed_answer(answer).ok());
    signers.extend(answer.as_ref().map(|answer: &SignedContent| answer.certificate().to_vec()));
    let trusts: Vec<&TrustStore> =
        judges.trusts.iter().copied().chain(judges.receipts.map(|receipts| receipts.trust())).collect();
    let mut files = BTreeMap::new();
    for above in judges.own.chain_der()? {
        put_certificate(&mut files, &X509::from_der(&above)?)?;
    }
    for der in signers {
        let Ok(signer) = SignerCertificate::read(&der) else { continue };
        put_certificate(&mut files, &signer.certificate)?;
        for trust in &trusts {
            let Ok(chain) = trust.chain(&signer, at) else { continue };
            for certificate in &chain.certificates {
                put_certificate(&mut files, certificate)?;
            }
            for (kind, answer) in trust.answers_about(&chain)? {
                files.insert(format!("{REVOCATION}{}{}", name_of(&answer), ending(kind)), answer);
            }
        }
    }
    Ok(files)
}

/// What [`grounds`] wrote, as it stands in a container.
pub(super) fn read_grounds(files: &BTreeMap<String, Vec<u8>>) -> (Vec<X509>, Vec<(StatusKind, Vec<u8>)>) {
    let certificates = files.iter().filter(|(name, _)| name.starts_with(CERTIFICATES)).take(CERTIFICATES_MAX);
    let certificates = certificates.filter_map(|(_, pem)| X509::from_pem(pem).ok()).collect();
    let mut answers = Vec::new();
    let mut left = ANSWERS_BYTES_MAX;
    for (name, content) in files.iter().filter(|(name, _)| name.starts_with(REVOCATION)).take(ANSWERS_MAX) {
        let Some(rest) = left.checked_sub(content.len()) else { break };
        left = rest;
        let kind = [StatusKind::Crl, StatusKind::Ocsp].into_iter().find(|kind| name.ends_with(ending(*kind)));
        answers.extend(kind.map(|kind| (kind, content.clone())));
    }
    (certificates, answers)
}

fn put_certificate(files: &mut BTreeMap<String, Vec<u8>>, certificate: &X509) -> Result<(), SealError> {
    let name = format!("{CERTIFICATES}{}.pem", name_of(&certificate.to_der()?));
    files.insert(name, certificate.to_pem()?);
    Ok(())
}

/// The beginning of the digest: the same content has one name.
fn name_of(content: &[u8]) -> String {
    sha256(content).to_string().chars().take(NAME_CHARS).collect()
}

fn ending(kind: StatusKind) -> &'static str {
    match kind {
        StatusKind::Crl => ".crl",
        StatusKind::Ocsp => ".ocsp",
    }
}

const CERTIFICATES: &str = "certificates/";
const REVOCATION: &str = "revocation/";
const NAME_CHARS: usize = 16;
/// As many answers as there are certificates, and a list of a million among them.
const ANSWERS_MAX: usize = 64;
const ANSWERS_BYTES_MAX: usize = 64 * 1024 * 1024;
/// More certificates than a document has signers and chains are an attack.
const CERTIFICATES_MAX: usize = 32;
