//! `stazh sign`: seals an XML document.

use super::{Exit, Misused, show};
use crate::base::{DocumentId, Limits, OsRandom, Random};
use crate::exchange::seal::{SignerPlan, Signers, canonicalize, seal_unchecked};
use anyhow::{Context, Result};
use std::io::Write;
use std::path::PathBuf;

/// Seal an XML document: put it into a SignedDoc with our signature.
///
///   stazh sign record.xml --key seal.key.pem --certificate seal.pem --out sealed.xml
///   stazh sign record.xml --pkcs12 seal.p12 --password-file seal.password
///   stazh sign record.xml --key a.key --certificate a.pem --key b.key --certificate b.pem
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Sign {
    /// The document.
    file: PathBuf,
    /// The key as PEM; where several sign, each with its certificate, in one
    /// order.
    #[arg(long, required_unless_present = "pkcs12")]
    key: Vec<PathBuf>,
    /// Its certificate as PEM, and those above it.
    #[arg(long)]
    certificate: Vec<PathBuf>,
    /// A key with its certificates in one PKCS#12 file.
    #[arg(long)]
    pkcs12: Vec<PathBuf>,
    /// A file that holds the password of the keys, if they have one.
    #[arg(long)]
    password_file: Option<PathBuf>,
    /// Where to write the SignedDoc; the terminal if absent.
    #[arg(long)]
    out: Option<PathBuf>,
}

impl Sign {
    pub(super) fn run(self) -> Result<Exit> {
        let bytes = std::fs::read(&self.file).with_context(|| format!("read {}", self.file.display()))?;
        let document = match canonicalize(&bytes, &Limits::default()) {
            Ok(document) => document,
            Err(error) => {
                show::error(
                    &anyhow::Error::from(error)
                        .context(format!("read the document in {}", self.file.display())),
                );
                return Ok(Exit::Refused);
            }
        };
        if self.key.len() != self.certificate.len() {
            return Err(Misused("sign: give each --key its --certificate".to_owned()).into());
        }
        let certificates = self.certificate.iter().map(Some).chain(self.pkcs12.iter().map(|_| None));
        let plans = self.key.iter().chain(&self.pkcs12).zip(certificates);
        let signers = plans.map(|(key, certificate)| {
            let (key, certificate, password) =
                (key.clone(), certificate.cloned(), self.password_file.clone());
            SignerPlan::Files { key, certificate, password }.signer()
        });
        let signers = Signers::new(signers.collect::<Result<_, _>>()?)?;
        let sealed = seal_unchecked(&document, DocumentId::from_uuid(OsRandom::default().uuid()), &signers)
            .with_context(|| format!("seal {}", self.file.display()))?;
        match &self.out {
            Some(out) => {
                std::fs::write(out, sealed.as_bytes()).with_context(|| format!("write {}", out.display()))?
            }
            None => std::io::stdout().write_all(sealed.as_bytes()).context("write to the terminal")?,
        }
        Ok(Exit::Done)
    }
}
