//! `stazh ttp`: runs the trusted third party of a sandbox.

use super::{Exit, show};
use crate::node::{ThirdPartyNode, ThirdPartyPlan};
use anyhow::{Context, Result};
use std::path::PathBuf;
use tokio::signal::unix::{SignalKind, signal};

/// Run a trusted third party for a sandbox until it is told to stop (Ctrl-C or
/// SIGTERM).
///
/// It judges the signatures of the states that are registered with it, by RFC
/// 3029 (VSD) and in XML, and signs receipts with its own key:
///
///   stazh init ttp-kz --third-party --state KZ --listen 127.0.0.1:7712
///   stazh init ttp-kz --trust kz --trust ru ; stazh init kz --trust ttp-kz
///   stazh ttp ttp-kz
///
/// Where its settings have a section time_stamps it also gives time stamps (RFC 3161), by
/// a key that is made for nothing else.
///
/// A state's real one is run by its certification authority, and keeps for five
/// years what it judged; this one keeps nothing.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Ttp {
    /// The third party's folder, or its settings file.
    folder: PathBuf,
}

impl Ttp {
    pub(super) fn run(self) -> Result<Exit> {
        let file = if self.folder.is_dir() { self.folder.join("ttp.toml") } else { self.folder };
        let plan = ThirdPartyPlan::read(&file)?;
        super::local::block_on(async {
            let party = ThirdPartyNode::start(&plan).await?;
            let state = plan.third_party.state;
            show::line(&format!("third party of {state} ready at https://{}/", party.address()));
            let mut end = signal(SignalKind::terminate()).context("listen for SIGTERM")?;
            tokio::select! {
                interrupted = tokio::signal::ctrl_c() => interrupted.context("listen for Ctrl-C")?,
                _ = end.recv() => {}
            }
            party.stop().await;
            show::line(&format!("third party of {state} stopped"));
            Ok(Exit::Done)
        })
    }
}
