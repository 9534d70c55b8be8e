//! `stazh evidence`: writes the evidence container of a document.

use super::{Exit, Misused, local, show};
use crate::base::{DocumentId, with_causes};
use crate::flow::evidence_of;
use anyhow::{Context, Result};
use std::path::PathBuf;

/// Write what shows what became of one document into a file of its own.
///
/// An ASiC-E container, signed by the node: the document with its attachments,
/// its envelope, what the third party said of it, since when it is there by a
/// time stamp, and the journal. A document without a time stamp is stamped now,
/// where an authority is configured. Anyone checks it without the node, by
/// stazh verify:
///
///   stazh evidence ru 91a41bf3-3a84-416a-be2f-d675337ceef1 --out case.asice
///   stazh verify case.asice --trust kz-authorities.pem --trust own.pem
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Evidence {
    /// The node's folder, or its settings file.
    node: PathBuf,
    /// The document's id, as the journal and the files of handed-over name it.
    document: String,
    /// Where to write the container.
    #[arg(long)]
    out: PathBuf,
}

impl Evidence {
    pub(super) fn run(self) -> Result<Exit> {
        let settings = local::settings(&self.node)?;
        let id = self.document.strip_prefix("doc_").unwrap_or(&self.document);
        let id: DocumentId =
            id.parse().map_err(|error| Misused(format!("read the id {}: {error}", self.document)))?;
        local::block_on(async {
            let ctx = local::context(&settings).await?;
            let evidence = evidence_of(id, &ctx).await?;
            ctx.store.close().await;
            let Some(evidence) = evidence else {
                show::aside(
                    "no document of this id came or left; stazh journal list shows their ids with --json",
                );
                return Ok(Exit::Refused);
            };
            std::fs::write(&self.out, evidence.container)
                .with_context(|| format!("write {}", self.out.display()))?;
            show::line(&format!("{} holds the evidence of document {id}", self.out.display()));
            if let Some(error) = evidence.unstamped {
                let why = with_causes(&error);
                show::aside(&format!(
                    "it lacks a time stamp, failed to {why}; write it again when that is mended"
                ));
            }
            Ok(Exit::Done)
        })
    }
}
