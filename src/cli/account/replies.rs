//! `stazh account replies`: answers to access requests, for whoever sends them.

use super::{Exit, noted, show};
use crate::flow::entry::{replies, take_reply};
use crate::store::Reply;
use anyhow::{Context, Result};
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

/// Hand over the answers to access requests, each once, as files of mail (RFC 5322).
///
/// The node sends no mail itself: a person or a mail program takes the files and
/// sends them to the corporate address in each. Only this account can read them,
/// since they hold temporary passwords; what was taken is wiped from the database.
///
///   stazh account replies kz --into outgoing
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Replies {
    /// The node's folder, or its settings file.
    node: PathBuf,
    /// The folder for the files.
    #[arg(long, value_name = "FOLDER")]
    into: PathBuf,
}

impl Replies {
    pub(super) fn run(self) -> Result<Exit> {
        std::fs::create_dir_all(&self.into).with_context(|| format!("make {}", self.into.display()))?;
        noted::with_flows_noted(&self.node, ("reply-take", ""), async |ctx| {
            let waiting = replies(ctx).await?;
            for reply in &waiting {
                // first the file, then the mark: a crash between leaves the same file to be written again
                self.write(reply)?;
                take_reply(reply.id, ctx).await?;
            }
            show::line(&format!("{} answers are in {}", waiting.len(), self.into.display()));
            Ok(Exit::Done)
        })
    }

    fn write(&self, reply: &Reply) -> Result<()> {
        let path = self.into.join(format!("{}.eml", reply.id));
        let text = format!(
            "To: {}\r\nDate: {}\r\nSubject: {}\r\nMessage-ID: <{}@stazh>\r\nMIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{}\r\n",
            reply.address,
            reply.at.strftime("%a, %d %b %Y %H:%M:%S +0000"),
            reply.request_id,
            reply.id,
            reply.body.expose().replace('\n', "\r\n"),
        );
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path);
        file.and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
            .with_context(|| format!("write {}", path.display()))
    }
}
