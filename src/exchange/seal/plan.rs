//! Where the key of a signer is kept, and how it is read from there.

use super::error::SealError;
use super::pkcs12::read_pkcs12;
use super::signer::{Signer, SignerKey, read};
use super::suites::PrivateKey;
use super::token::{TokenKey, TokenPlan};
use openssl::x509::X509;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Where a signer's key and certificates are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignerPlan {
    /// In files.
    Files {
        /// The key: PKCS#8 in PEM, or PKCS#12.
        key: PathBuf,
        /// Its certificate as PEM, and those above it; those in the PKCS#12 file if absent.
        certificate: Option<PathBuf>,
        /// What holds the password of the key, if it has one.
        password: Option<PathBuf>,
    },
    /// On a PKCS#11 token, which it never leaves.
    Token(TokenPlan),
}

impl SignerPlan {
    /// A key and its certificates in two PEM files.
    pub fn pem(key: &Path, certificate: &Path) -> Self {
        Self::Files { key: key.to_owned(), certificate: Some(certificate.to_owned()), password: None }
    }

    /// Reads it. A token that is away is waited for if the certificate is in a file.
    ///
    /// # Errors
    /// A file is missing or unusable, or the parts do not belong together.
    pub fn signer(&self) -> Result<Signer, SealError> {
        let (key, chain) = match self {
            Self::Files { key, certificate, password } => {
                let (private, inside) = read_key(key, password.as_deref())?;
                let chain = match certificate {
                    Some(file) => chain_of(file)?,
                    None if inside.is_empty() => {
                        let reason = "a PEM file holds a key alone; name its certificate";
                        return Err(SealError::KeyFile { path: key.clone(), reason });
                    }
                    None => inside,
                };
                (SignerKey::Here(private), chain)
            }
            Self::Token(plan) => {
                let key = TokenKey::new(plan.clone());
                let chain = match &plan.certificate {
                    Some(file) => chain_of(file)?,
                    None => vec![key.certificate()?],
                };
                (SignerKey::OnToken(key), chain)
            }
        };
        let signer = Signer::of(key, chain)?;
        signer.await_token()?;
        Ok(signer)
    }

    /// The key's certificate as PEM, with those above it where they stand in a file of their own. The key is not touched
    /// then.
    ///
    /// # Errors
    /// As [`Self::signer`].
    pub fn certificate_pem(&self) -> Result<Vec<u8>, SealError> {
        match self.certificate_file() {
            Some(file) => read(file),
            None => self.signer()?.certificates_pem(),
        }
    }

    /// Where its certificates are, if they are in a file of their own.
    pub fn certificate_file(&self) -> Option<&Path> {
        let (Self::Files { certificate, .. } | Self::Token(TokenPlan { certificate, .. })) = self;
        certificate.as_deref()
    }

    /// The same with paths that a folder stands before.
    pub fn within(self, folder: &Path) -> Self {
        let at = |file: PathBuf| folder.join(file);
        match self {
            Self::Files { key, certificate, password } => {
                Self::Files { key: at(key), certificate: certificate.map(at), password: password.map(at) }
            }
            Self::Token(plan) => Self::Token(TokenPlan {
                module: at(plan.module),
                pin: at(plan.pin),
                certificate: plan.certificate.map(at),
                ..plan
            }),
        }
    }

    /// The files it is read from.
    pub fn files(&self) -> Vec<&Path> {
        match self {
            Self::Files { key, certificate, password } => {
                [Some(key), certificate.as_ref(), password.as_ref()]
                    .into_iter()
                    .flatten()
                    .map(PathBuf::as_path)
                    .collect()
            }
            Self::Token(TokenPlan { pin, certificate, .. }) => {
                [Some(pin), certificate.as_ref()].into_iter().flatten().map(PathBuf::as_path).collect()
            }
        }
    }
}

/// The certificates of a PEM file.
fn chain_of(file: &Path) -> Result<Vec<X509>, SealError> {
    let reason = "the certificates are not PEM";
    X509::stack_from_pem(&read(file)?).map_err(|_cause| SealError::KeyFile { path: file.to_owned(), reason })
}

/// The key of a file, and the certificates that stand beside it there.
fn read_key(file: &Path, password: Option<&Path>) -> Result<(PrivateKey, Vec<X509>), SealError> {
    let bytes = Zeroizing::new(read(file)?);
    let password = password.map(read_password).transpose()?;
    let password = password.as_ref().map(|password| password.as_str());
    let refused = |reason| SealError::KeyFile { path: file.to_owned(), reason };
    // SEQUENCE: not a character that a PEM file begins with
    if bytes.first() == Some(&0x30) {
        return read_pkcs12(&bytes, password).map_err(refused);
    }
    match PrivateKey::from_pem_under(&bytes, password.map(str::as_bytes)) {
        Ok(key) => Ok((key, Vec::new())),
        Err(SealError::Key { reason }) => Err(refused(reason)),
        Err(error) => Err(error),
    }
}

/// The text of a file, without the end of its line.
pub(super) fn read_password(file: &Path) -> Result<Zeroizing<String>, SealError> {
    let bytes = Zeroizing::new(read(file)?);
    let reason = "the password is no text";
    let text = std::str::from_utf8(&bytes);
    let text = text.map_err(|_cause| SealError::KeyFile { path: file.to_owned(), reason })?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.contains('\0') {
        return Err(SealError::KeyFile { path: file.to_owned(), reason });
    }
    Ok(Zeroizing::new(text.to_owned()))
}
