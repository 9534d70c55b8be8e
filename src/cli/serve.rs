//! `stazh serve`: runs a node.

use super::{Exit, local, show};
use crate::node::{Door, FolderDesk, Node};
use anyhow::{Context, Result};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};

/// Run a node until it is told to stop (Ctrl-C or SIGTERM).
///
/// Prints one line when it is ready. It may be killed at any moment: what was
/// committed is kept, and what was under way goes on at the next start.
///
///   stazh serve ru
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Serve {
    /// The node's folder, or its settings file.
    node: PathBuf,
}

impl Serve {
    pub(super) fn run(self) -> Result<Exit> {
        let settings = local::settings(&self.node)?;
        local::block_on(async {
            let desk = Arc::new(FolderDesk::open(&settings)?);
            desk.try_out().await?;
            let door = Door::open(&settings).await?;
            let (address, health) = (door.address()?, door.health_address()?);
            let local = door.local_url()?.map(|url| format!("the local system at {url}, "));
            let console = door.console_url()?.map(|url| format!("people at {url}/console, "));
            let node = Node::start(door, &settings, desk).await?;
            show::line(&format!(
                "node {} ready: peers at https://{address}/, {}{}watchers at http://{health}/ready",
                settings.state,
                local.unwrap_or_default(),
                console.unwrap_or_default()
            ));
            let mut end = signal(SignalKind::terminate()).context("listen for SIGTERM")?;
            tokio::select! {
                interrupted = tokio::signal::ctrl_c() => interrupted.context("listen for Ctrl-C")?,
                _ = end.recv() => {}
            }
            node.stop().await;
            show::line(&format!("node {} stopped", settings.state));
            Ok(Exit::Done)
        })
    }
}
