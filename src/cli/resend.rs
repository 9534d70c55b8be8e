//! `stazh resend`: begins again what ended without its result.

use super::{Exit, Misused, local, noted, show};
use crate::base::ConversationId;
use crate::flow::{Resent, ended_without_result, resend};
use anyhow::{Context, Result};
use std::path::PathBuf;

/// Begin transactions again that ended without their result.
///
/// The same document goes out in a new conversation. A peer that has dealt with
/// it answers as it answered before; one that has never seen it deals with it
/// now. What is complete or still goes on is left alone.
///
///   stazh resend ru 6a1b7f0c-3c1e-4c39-8f2b-1b7f5b8a0c11
///   stazh resend ru --all --peer KZ
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Resend {
    /// The node's folder, or its settings file.
    node: PathBuf,
    /// The conversations, as `stazh send` and the journal name them.
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    conversations: Vec<String>,
    /// All that ended without their result.
    #[arg(long)]
    all: bool,
    /// With --all, only those with this state.
    #[arg(long, requires = "all", value_name = "STATE")]
    peer: Option<String>,
}

impl Resend {
    pub(super) fn run(self) -> Result<Exit> {
        let settings = local::settings(&self.node)?;
        let named = self
            .conversations
            .iter()
            .map(|id| id.parse().map_err(|error| Misused(format!("read {id}: {error}"))))
            .collect::<Result<Vec<ConversationId>, _>>()?;
        local::block_on(async {
            let ctx = local::context(&settings).await?;
            let ids = if self.all {
                ended_without_result(self.peer.as_deref(), AT_ONCE, &ctx).await?
            } else {
                named
            };
            let mut exit = Exit::Done;
            for id in &ids {
                let shown = id.as_uuid();
                let object = format!("conversation:{shown}");
                let work = async { resend(*id, &ctx).await.with_context(|| format!("begin {shown} again")) };
                let of = (&ctx.store, ctx.clock.as_ref());
                match noted::noted(("message-resend", &object), of, work).await? {
                    Resent::As(new) => show::line(&format!("{shown} begins again as {}", new.as_uuid())),
                    Resent::NotEnded => {
                        exit = Exit::Refused;
                        show::aside(&format!(
                            "{shown} did not end without its result in a transaction of this node; \
                             stazh journal list {} --conversation {shown} shows what became of it",
                            self.node.display()
                        ));
                    }
                }
            }
            if ids.is_empty() {
                show::line("nothing ended without its result");
            }
            ctx.store.close().await;
            Ok(exit)
        })
    }
}

/// More than this at once is done by calling again.
const AT_ONCE: u32 = 10_000;
