//! A key with its certificates in a PKCS#12 file (RFC 7292).
//!
//! OpenSSL reads it: what it protects by AES (PBES2) or triple DES is taken, the RC2 of old programs is not. A file
//! without a MAC is not taken: nothing would tell a wrong password from a broken file, or a changed one from either.

use super::suites::PrivateKey;
use openssl::error::ErrorStack;
use openssl::pkcs12::Pkcs12;
use openssl::x509::X509;

/// The key and its certificates, its own first.
///
/// # Errors
/// What is wrong, and what to do.
pub(super) fn read_pkcs12(
    der: &[u8],
    password: Option<&str>,
) -> Result<(PrivateKey, Vec<X509>), &'static str> {
    let file = Pkcs12::from_der(der).map_err(|_cause| "it is neither PEM nor PKCS#12")?;
    // the library keeps a copy of the password for as long as it reads
    let parsed = file.parse2(password.unwrap_or_default());
    let parsed = parsed.map_err(|error| reason_of(&error, password.is_some()))?;
    let key = parsed.pkey.ok_or("it holds no key")?;
    let own = parsed.cert.ok_or("it holds no certificate of its key")?;
    let above = parsed.ca.into_iter().flatten();
    Ok((PrivateKey::Library(key), std::iter::once(own).chain(above).collect()))
}

/// What the library means.
fn reason_of(error: &ErrorStack, has_password: bool) -> &'static str {
    let is = |words: &[&str]| {
        let reasons = error.errors().iter().filter_map(|error| error.reason());
        reasons.map(str::to_ascii_lowercase).any(|reason| words.iter().any(|word| reason.contains(word)))
    };
    if is(&["mac absent", "mac is absent"]) {
        "it has no MAC, so nothing shows that it is whole; write it again with one"
    } else if is(&["mac verify", "mac generation", "mac setup"]) && !has_password {
        "it is under a password; name its password_file"
    } else if is(&["mac verify"]) {
        "its password is wrong, or it was changed"
    } else if is(&["unsupported private key", "unknown key", "decode error"]) {
        BEYOND
    } else if is(&["unsupported", "unknown cipher", "unknown pbe", "unknown digest"]) {
        "it is protected by an algorithm that is not taken (RC2 of old programs, belt or GOST without its engine); \
         write it again with AES: openssl pkcs12 -legacy -in OLD -nodes | openssl pkcs12 -export -out NEW"
    } else {
        BEYOND
    }
}

const BEYOND: &str =
    "what it holds cannot be read by OpenSSL (a bign key, or a GOST key without the engine, is kept as PEM)";
