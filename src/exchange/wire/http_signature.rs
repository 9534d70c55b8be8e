//! HTTP message signatures (RFC 9421) over a request of ours, with the digest of the body (RFC 9530) among what is signed: by our
//! own key (Ed25519), or under a secret that both sides know (HMAC-SHA256).

use crate::base::Secret;
use crate::exchange::seal::sha256;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{Id, PKey, Private};
use openssl::sign::Signer;

/// By what a request is signed.
pub(super) enum SigningKey {
    /// A secret that both sides know.
    Shared(Secret<Vec<u8>>),
    /// Our own key, Ed25519: its taker has the public half, and cannot sign as we do.
    Own(PKey<Private>),
}

impl SigningKey {
    /// From the PEM of an Ed25519 key.
    pub(super) fn own(pem: &[u8]) -> Result<Self, ErrorStack> {
        let key = PKey::private_key_from_pem(pem)?;
        // a key of another kind has no such octets
        let octets = Secret::new(key.raw_private_key()?);
        Ok(Self::Own(PKey::private_key_from_raw_bytes(octets.expose(), Id::ED25519)?))
    }

    fn algorithm(&self) -> &'static str {
        match self {
            Self::Shared(_) => "hmac-sha256",
            Self::Own(_) => "ed25519",
        }
    }

    fn sign(&self, base: &[u8]) -> Result<Vec<u8>, ErrorStack> {
        match self {
            Self::Shared(secret) => hmac(base, secret),
            Self::Own(key) => Signer::new_without_digest(key)?.sign_oneshot_to_vec(base),
        }
    }
}

/// A request as far as it is signed.
pub(super) struct Signable<'a> {
    pub(super) method: &'a str,
    /// The address as the settings have it, not as a proxy may have made it.
    pub(super) url: &'a str,
    /// The header `Idempotency-Key`.
    pub(super) key: &'a str,
    pub(super) body: &'a [u8],
}

/// The three headers that show who sent a request, and that nobody changed it.
pub(super) struct SignatureHeaders {
    pub(super) content_digest: String,
    pub(super) signature_input: String,
    pub(super) signature: String,
}

/// Signs a request of `now` by the key of this name.
pub(super) fn sign(
    request: &Signable<'_>,
    (key_id, key_of): (&str, &SigningKey),
    now: Timestamp,
) -> Result<SignatureHeaders, ErrorStack> {
    let Signable { method, url, key, body } = request;
    let content_digest = format!("sha-256=:{}:", STANDARD.encode(sha256(body).0));
    let (created, algorithm) = (now.as_second(), key_of.algorithm());
    let parameters = format!("({COVERED});created={created};keyid=\"{key_id}\";alg=\"{algorithm}\"");
    let base = format!(
        "\"@method\": {method}\n\"@target-uri\": {url}\n\"content-digest\": {content_digest}\n\
         \"idempotency-key\": {key}\n\"@signature-params\": {parameters}"
    );
    let signature = STANDARD.encode(key_of.sign(base.as_bytes())?);
    Ok(SignatureHeaders {
        content_digest,
        signature_input: format!("{LABEL}={parameters}"),
        signature: format!("{LABEL}=:{signature}:"),
    })
}

fn hmac(base: &[u8], secret: &Secret<Vec<u8>>) -> Result<Vec<u8>, ErrorStack> {
    let key = PKey::hmac(secret.expose())?;
    Signer::new(MessageDigest::sha256(), &key)?.sign_oneshot_to_vec(base)
}

const LABEL: &str = "stazh";
const COVERED: &str = "\"@method\" \"@target-uri\" \"content-digest\" \"idempotency-key\"";

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9421, B.1.5 and B.2.5.
    #[test]
    fn the_example_of_the_standard_is_computed_alike() {
        let secret = STANDARD
            .decode(
                "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==",
            )
            .unwrap();
        let base = "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n\"@authority\": example.com\n\
            \"content-type\": application/json\n\"@signature-params\": (\"date\" \"@authority\" \
            \"content-type\");created=1618884473;keyid=\"test-shared-secret\"";
        let computed = hmac(base.as_bytes(), &Secret::new(secret)).unwrap();
        assert_eq!(STANDARD.encode(computed), "pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=");
    }

    /// RFC 9421, B.1.4 and B.2.6.
    #[test]
    fn the_example_of_the_standard_for_ed25519_is_computed_alike() {
        let pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF\n\
            -----END PRIVATE KEY-----\n";
        let base = "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n\"@method\": POST\n\"@path\": /foo\n\
            \"@authority\": example.com\n\"content-type\": application/json\n\"content-length\": 18\n\
            \"@signature-params\": (\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" \"content-length\")\
            ;created=1618884473;keyid=\"test-key-ed25519\"";
        let signed = SigningKey::own(pem.as_bytes()).unwrap().sign(base.as_bytes()).unwrap();
        let wanted =
            "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==";
        assert_eq!(STANDARD.encode(signed), wanted);
    }

    #[test]
    fn a_key_of_another_kind_is_refused() {
        let rsa = PKey::from_rsa(openssl::rsa::Rsa::generate(2048).unwrap()).unwrap();
        for pem in [rsa.private_key_to_pem_pkcs8().unwrap(), b"no key".to_vec()] {
            assert!(SigningKey::own(&pem).is_err());
        }
    }

    #[test]
    fn what_is_signed_names_method_address_digest_and_key() {
        let request = Signable {
            method: "POST",
            url: "https://a.example/x",
            key: "\"1\"",
            body: b"{\"hello\": \"world\"}",
        };
        let secret = SigningKey::Shared(Secret::new(vec![7; 32]));
        let now: Timestamp = "2026-11-30T00:00:00Z".parse().unwrap();
        let signed = sign(&request, ("stazh-ru", &secret), now).unwrap();
        // RFC 9530, B.1 gives the digest of these bytes
        assert_eq!(signed.content_digest, "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:");
        assert_eq!(
            signed.signature_input,
            "stazh=(\"@method\" \"@target-uri\" \"content-digest\" \"idempotency-key\");created=1795996800;\
             keyid=\"stazh-ru\";alg=\"hmac-sha256\""
        );
        let other =
            sign(&Signable { url: "https://b.example/x", ..request }, ("stazh-ru", &secret), now).unwrap();
        assert_ne!(signed.signature, other.signature);
    }
}
