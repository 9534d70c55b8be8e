//! `stazh account again`: a way back in for an administrator whose registration was cut off.

use super::{Exit, local};
use crate::flow::entry::reissue_first;
use crate::node::os_user;
use anyhow::Result;
use std::path::PathBuf;

/// Issue a new temporary password to an administrator who cannot come in.
///
/// For an administrator of cyber security or of the system whose registration is
/// not complete (he used the temporary password once, and lost his session before he
/// chose one of his own), or whose second factor was locked under a key file that
/// is lost. It is the execution of the same request once more: nothing is widened,
/// and it is journalled. Everybody else asks for it by an access request.
///
///   stazh account again kz --login a.serik
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Again {
    /// The node's folder, or its settings file.
    node: PathBuf,
    /// His login.
    #[arg(long)]
    login: String,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Again {
    pub(super) fn run(self) -> Result<Exit> {
        local::with_flows(&self.node, async |ctx| {
            let issued = reissue_first(&os_user(), &self.login, ctx).await?;
            let password = issued.temporary.as_ref().map(|password| password.expose().as_str());
            super::first::tell(self.json, &issued.login, password.unwrap_or_default());
            Ok(Exit::Done)
        })
    }
}
