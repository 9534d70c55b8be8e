//! Our signing key with its certificate.

use super::error::SealError;
use super::plan::SignerPlan;
use super::suites::PrivateKey;
use super::suites::PublicKey;
use super::suites::Suite;
use super::suites::own_key;
use super::suites::sha256;
use super::suites::suite_for;
use super::suites::suite_named;
use super::suites::unknown;
use super::token::TokenKey;
use crate::base::Digest256;
use crate::base::with_causes;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openssl::x509::X509;
use std::fmt;
use std::path::Path;

/// A private key, its certificate and the certificates above it. Never prints the key.
pub struct Signer {
    suite: &'static Suite,
    key: SignerKey,
    public: PublicKey,
    chain: Vec<X509>,
    certificate: String,
}

/// Where the key is.
pub(super) enum SignerKey {
    /// In our memory.
    Here(PrivateKey),
    /// On a token, which signs for us.
    OnToken(TokenKey),
}

impl Signer {
    /// Reads the key and the certificates from two PEM files; the first certificate is the key's own.
    pub fn from_files(key: &Path, certificates: &Path) -> Result<Self, SealError> {
        SignerPlan::pem(key, certificates).signer()
    }

    /// The same from PEM text. A key under a password is refused rather than asked for.
    pub fn from_pem(key: &[u8], certificates: &[u8]) -> Result<Self, SealError> {
        let reason = "the certificates are not PEM";
        let key = PrivateKey::from_pem(key)?;
        let chain = X509::stack_from_pem(certificates).map_err(|_cause| SealError::Key { reason })?;
        Self::of(SignerKey::Here(key), chain)
    }

    /// A key with its certificates, its own first.
    pub(super) fn of(key: SignerKey, chain: Vec<X509>) -> Result<Self, SealError> {
        let refused = |reason| SealError::Key { reason };
        let mut chain = chain.into_iter();
        let own = chain.next().ok_or(refused("there is no certificate"))?;
        let public = PublicKey::of(&own).map_err(own_key)?;
        let suite = suite_for(&public).ok_or(refused("the key is of no algorithm known here"))?;
        match &key {
            SignerKey::Here(private) if !public.is_of(private) => {
                return Err(refused("the first certificate is not that of the key"));
            }
            SignerKey::OnToken(_) if suite.scheme().on_token().is_none() => {
                return Err(refused(
                    "a token signs by RSA or ECDSA, and its certificate is of another algorithm",
                ));
            }
            SignerKey::Here(_) | SignerKey::OnToken(_) => {}
        }
        let certificate = STANDARD.encode(own.to_der()?);
        Ok(Self { suite, key, public, chain: chain.collect(), certificate })
    }

    /// The same key by another signature algorithm that fits it: an RSA key signs by PKCS#1 unless PSS is asked for.
    ///
    /// # Errors
    /// The algorithm is unknown, or the key is not made for it.
    pub fn using(self, signature_uri: &str) -> Result<Self, SealError> {
        let suite = suite_named(signature_uri).ok_or_else(|| unknown(signature_uri))?;
        if !suite.scheme().is_fit(&self.public) {
            return Err(SealError::Key { reason: "it does not fit the algorithm" });
        }
        Ok(Self { suite, ..self })
    }

    /// The algorithm of the key.
    pub fn suite(&self) -> &'static Suite {
        self.suite
    }

    /// Signs something and sees that the signature is good: whether the key is there and its algorithm is loaded.
    ///
    /// # Errors
    /// It cannot.
    pub fn try_out(&self) -> Result<(), SealError> {
        let probe = b"stazh";
        let signature = self.sign(probe)?;
        match self.suite.scheme().is_signature(&self.public, probe, &signature) {
            true => Ok(()),
            false => Err(SealError::Key { reason: "its signatures are not those of its certificate" }),
        }
    }

    /// The key's certificate and those above it, as PEM.
    pub fn certificates_pem(&self) -> Result<Vec<u8>, SealError> {
        let own = X509::from_der(&self.certificate_der()?)?.to_pem()?;
        Ok([own, self.chain_pem()?].concat())
    }

    /// The certificates above the key's own, as PEM, for peers to put beside their trust anchors.
    pub fn chain_pem(&self) -> Result<Vec<u8>, SealError> {
        let mut pem = Vec::new();
        for certificate in &self.chain {
            pem.extend(certificate.to_pem()?);
        }
        Ok(pem)
    }

    /// The SHA-256 of the key's certificate.
    pub fn fingerprint(&self) -> Result<Digest256, SealError> {
        Ok(sha256(&self.certificate_der()?))
    }

    /// The key's certificate.
    pub(super) fn certificate_der(&self) -> Result<Vec<u8>, SealError> {
        let reason = "its certificate cannot be read";
        STANDARD.decode(&self.certificate).map_err(|_cause| SealError::Key { reason })
    }

    /// Those above it.
    pub(super) fn chain_der(&self) -> Result<Vec<Vec<u8>>, SealError> {
        Ok(self.chain.iter().map(|above| above.to_der()).collect::<Result<_, _>>()?)
    }

    /// The key's certificate as XML Signature writes it.
    pub(super) fn certificate_base64(&self) -> &str {
        &self.certificate
    }

    pub(super) fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>, SealError> {
        let scheme = self.suite.scheme();
        let token = match &self.key {
            SignerKey::Here(key) => return scheme.sign(key, bytes),
            SignerKey::OnToken(token) => token,
        };
        let reason = "a token does not sign by this algorithm";
        let signature = token.sign(scheme.on_token().ok_or(SealError::Key { reason })?, bytes)?;
        // who signs beside us is not believed: the key could be another, or the token broken
        if !scheme.is_signature(&self.public, bytes, &signature) {
            let detail =
                "what it signed is not by the key of the certificate; name the key that belongs to it";
            return Err(SealError::Token { detail: detail.to_owned() });
        }
        Ok(signature)
    }

    /// Sees that a token signs by the key of the certificate. One that is away is waited for.
    pub(super) fn await_token(&self) -> Result<(), SealError> {
        if let SignerKey::Here(_) = self.key {
            return Ok(());
        }
        match self.sign(TRIAL) {
            Err(error @ SealError::TokenAway { .. }) => {
                tracing::warn!(error = %with_causes(&error), "the token of the signing key is away");
                Ok(())
            }
            outcome => outcome.map(drop),
        }
    }
}

/// One signer is all of them.
impl AsRef<[Signer]> for Signer {
    fn as_ref(&self) -> &[Signer] {
        std::slice::from_ref(self)
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("suite", &self.suite.signature_uri()).finish_non_exhaustive()
    }
}

/// What a token signs first: no document, and never to be taken for one.
const TRIAL: &[u8] = b"stazh tries its token\0";

/// Reads a file of ours.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, SealError> {
    std::fs::read(path).map_err(|source| SealError::ReadFile { path: path.to_owned(), source })
}
