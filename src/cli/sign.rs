//! `stazh sign`: seals an XML document.

use super::{Exit, show};
use crate::base::{DocumentId, Limits, OsRandom, Random};
use crate::exchange::seal::{Signer, canonicalize, seal_unchecked};
use anyhow::{Context, Result};
use std::io::Write;
use std::path::PathBuf;

/// Seal an XML document: put it into a SignedDoc with our signature.
///
///   stazh sign record.xml --key seal.key.pem --certificate seal.pem --out sealed.xml
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Sign {
    /// The document.
    file: PathBuf,
    /// The key, as unencrypted PEM.
    #[arg(long)]
    key: PathBuf,
    /// Its certificate as PEM, and those above it.
    #[arg(long)]
    certificate: PathBuf,
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
        let signer = Signer::from_files(&self.key, &self.certificate)?;
        let sealed = seal_unchecked(&document, DocumentId::from_uuid(OsRandom.uuid()), &signer)
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
