//! HTTP message signatures (RFC 9421) over a request of ours, under a secret that both sides know: HMAC-SHA256, with the
//! digest of the body (RFC 9530) among what is signed.

use crate::base::Secret;
use crate::exchange::seal::sha256;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;

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

/// Signs a request of `now` by the secret of this name.
pub(super) fn sign(
    request: &Signable<'_>,
    (key_id, secret): (&str, &Secret<Vec<u8>>),
    now: Timestamp,
) -> Result<SignatureHeaders, ErrorStack> {
    let Signable { method, url, key, body } = request;
    let content_digest = format!("sha-256=:{}:", STANDARD.encode(sha256(body).0));
    let parameters =
        format!("({COVERED});created={};keyid=\"{key_id}\";alg=\"hmac-sha256\"", now.as_second());
    let base = format!(
        "\"@method\": {method}\n\"@target-uri\": {url}\n\"content-digest\": {content_digest}\n\
         \"idempotency-key\": {key}\n\"@signature-params\": {parameters}"
    );
    let signature = STANDARD.encode(hmac(base.as_bytes(), secret)?);
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

    #[test]
    fn what_is_signed_names_method_address_digest_and_key() {
        let request = Signable {
            method: "POST",
            url: "https://a.example/x",
            key: "\"1\"",
            body: b"{\"hello\": \"world\"}",
        };
        let secret = Secret::new(vec![7; 32]);
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
