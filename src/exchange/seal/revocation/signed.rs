//! The signature of a list or an answer: by the algorithm it names, under the key of whoever should have made it.

use super::super::error::SealError;
use super::super::suites::{DigestAlgorithm, PublicKey, suite_of_pss, suite_of_signature, unknown};
use super::{not_der, unusable};
use der::asn1::ObjectIdentifier;
use der::{Decode, Encode, Sequence};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::sign::Verifier;
use x509_cert::spki::AlgorithmIdentifierOwned;

/// Sees that the key made this signature.
///
/// # Errors
/// It did not; or the algorithm is not known here, which says nothing of the signature.
pub(super) fn check(
    signed: &[u8],
    algorithm: &AlgorithmIdentifierOwned,
    signature: &[u8],
    key: &PublicKey,
) -> Result<(), SealError> {
    let oid = algorithm.oid.to_string();
    let suite = match oid.as_str() {
        PSS => suite_of_pss(pss_digest(algorithm)?).ok_or_else(|| unknown(&oid))?,
        _ if algorithm.parameters.as_ref().is_some_and(|parameters| !parameters.is_null()) => {
            return Err(unusable("its algorithm has parameters that are not known here"));
        }
        _ => suite_of_signature(&oid)?,
    };
    let scheme = suite.scheme();
    let is_good = if scheme.is_fit(key) {
        scheme.read_cms(signature).is_ok_and(|signature| scheme.is_signature(key, signed, &signature))
    } else {
        is_of_another_curve(signed, &oid, signature, key)
    };
    if is_good { Ok(()) } else { Err(unusable("its signature is not that of its authority or responder")) }
}

/// An authority may well sign by a digest that is not as long as its curve.
fn is_of_another_curve(signed: &[u8], oid: &str, signature: &[u8], key: &PublicKey) -> bool {
    let digest = match oid {
        "1.2.840.10045.4.3.2" => MessageDigest::sha256(),
        "1.2.840.10045.4.3.3" => MessageDigest::sha384(),
        _ => return false,
    };
    let PublicKey::Library(key) = key else { return false };
    let curve = key.ec_key().ok().and_then(|key| key.group().curve_name());
    curve.is_some_and(|curve| [Nid::X9_62_PRIME256V1, Nid::SECP384R1].contains(&curve))
        && Verifier::new(digest, key)
            .and_then(|mut verifier| verifier.verify_oneshot(signature, signed))
            .unwrap_or(false) // what the library cannot even read is no signature
}

/// The parameters of RSASSA-PSS (RFC 4055), as far as they differ from those we never take.
#[derive(Sequence)]
struct PssParameters {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    hash: Option<AlgorithmIdentifierOwned>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    mask: Option<AlgorithmIdentifierOwned>,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT", optional = "true")]
    salt: Option<u16>,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT", optional = "true")]
    trailer: Option<u8>,
}

/// The one digest of message and mask; the salt is as long as that, which the verification asks for.
fn pss_digest(algorithm: &AlgorithmIdentifierOwned) -> Result<DigestAlgorithm, SealError> {
    let sha1 = || unknown("RSASSA-PSS with SHA-1");
    let parameters = algorithm.parameters.as_ref().ok_or_else(sha1)?.to_der().map_err(not_der)?;
    let parameters = PssParameters::from_der(&parameters).map_err(not_der)?;
    let hash = parameters.hash.ok_or_else(sha1)?;
    let mask = parameters.mask.and_then(|mask| mask.parameters).ok_or_else(sha1)?;
    let mask = AlgorithmIdentifierOwned::from_der(&mask.to_der().map_err(not_der)?).map_err(not_der)?;
    if mask.oid != hash.oid || parameters.salt.is_none() || parameters.trailer.is_some_and(|it| it != 1) {
        return Err(unknown("RSASSA-PSS with other parameters"));
    }
    DigestAlgorithm::of_oid(&ObjectIdentifier::to_string(&hash.oid))
}

const PSS: &str = "1.2.840.113549.1.1.10";
