//! `stazh send`: puts an inquiry into a node's outbox.

use super::{Exit, local, show};
use crate::exchange::canonical::Inquiry;
use crate::exchange::wire::NodeIdentity;
use crate::flow::compose;
use crate::node::{FolderDesk, Node};
use anyhow::{Context, Result};
use std::path::PathBuf;
use std::sync::Arc;

/// Ask another state for a worker's insurance record.
///
/// The inquiry is checked, sealed and stored before this command ends; the
/// running node sends it, now or as soon as the other node can be reached.
/// Follow it with `stazh status`.
///
///   stazh send ru fixtures/demo/inquiry-1.json
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Send {
    /// The node's folder, or its settings file.
    node: PathBuf,
    /// Inquiries as JSON, one a file.
    #[arg(required = true)]
    inquiries: Vec<PathBuf>,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

impl Send {
    pub(super) fn run(self) -> Result<Exit> {
        let settings = local::settings(&self.node)?;
        let mut read = Vec::new();
        for file in &self.inquiries {
            let inquiry: Inquiry = local::read_json(file, "inquiry")?;
            read.push((file, inquiry));
        }
        local::block_on(async {
            let files = &settings.wire;
            let identity = NodeIdentity::read(&files.certificate, &files.key, &files.authorities)?;
            let desk = Arc::new(FolderDesk::open(settings.state, &settings.local, &settings.handed_over)?);
            let ctx = Node::context(&settings, &identity, desk).await?;
            for (file, inquiry) in read {
                let composed = compose(&inquiry, &ctx)
                    .await
                    .with_context(|| format!("send the inquiry in {}", file.display()))?;
                let (conversation, document) =
                    (composed.conversation_id.as_uuid(), composed.document_id.as_uuid());
                if self.json {
                    show::json_line(
                        &serde_json::json!({ "conversation": conversation, "document": document }),
                    );
                } else {
                    show::line(&format!(
                        "{} is in the outbox for {}: conversation {conversation}",
                        file.display(),
                        inquiry.asked
                    ));
                }
            }
            ctx.store.close().await;
            Ok(Exit::Done)
        })
    }
}
