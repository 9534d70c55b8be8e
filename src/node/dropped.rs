//! A folder whose files are inquiries: each is asked once, then moved to `sent` or `refused`, with what came of it beside
//! it.
//!
//! A file is taken once it has stood still from one look to the next, so that one half written is left alone. The same
//! content is the same inquiry: it is not asked twice, whatever its name.

use super::{Settings, StartError};
use crate::base::{Verdict, from_json, with_causes};
use crate::exchange::canonical::Inquiry;
use crate::exchange::rules::Carries;
use crate::exchange::seal::sha256;
use crate::flow::{Asked, Begin, Composed, Context, FlowError, Opening, begin_once};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::watch;

/// The folder as it is watched.
pub(super) struct Dropped {
    folder: PathBuf,
    /// Files as they were at the last look.
    seen: HashMap<PathBuf, (u64, SystemTime)>,
    /// Trouble is told once, not at each look.
    is_told: bool,
}

/// What came of a file.
enum Outcome {
    Sent(Value),
    Refused(Value),
    /// It stays and is tried again.
    Later(String),
}

impl Dropped {
    /// The folder of the settings, if they name one; it is made if it is not there.
    ///
    /// # Errors
    /// It cannot be made.
    pub(super) fn open(settings: &Settings) -> Result<Option<Self>, StartError> {
        let Some(folder) = settings.inquiries.clone() else { return Ok(None) };
        for made in [folder.join(SENT), folder.join(REFUSED)] {
            let refuse = |source| StartError::Folder { path: made.clone(), source };
            std::fs::create_dir_all(&made).map_err(refuse)?;
        }
        Ok(Some(Self { folder, seen: HashMap::new(), is_told: false }))
    }

    /// The files that have stood still since the last look, by name.
    fn still(&mut self) -> std::io::Result<Vec<PathBuf>> {
        let mut now = HashMap::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let entry = entry?;
            let is_one = entry.file_name().to_str().is_some_and(|name| {
                !name.starts_with('.') && Path::new(name).extension().is_some_and(|it| it == "json")
            });
            let found = entry.metadata();
            if let Ok(found) = found
                && is_one
                && found.is_file()
            {
                now.insert(entry.path(), (found.len(), found.modified()?));
            }
        }
        let is_still = |(path, stamp): &(&PathBuf, &(u64, SystemTime))| self.seen.get(*path) == Some(*stamp);
        let mut still: Vec<PathBuf> = now.iter().filter(is_still).map(|(path, _)| path.clone()).collect();
        still.sort();
        self.seen = now;
        Ok(still)
    }

    async fn look(&mut self, ctx: &Context) {
        let mut trouble = None;
        match self.still() {
            Ok(still) => {
                for path in still {
                    trouble = deal_with(&path, ctx).await.err().or(trouble);
                }
            }
            Err(error) => trouble = Some(format!("{}: {error}", self.folder.display())),
        }
        if let Some(trouble) = trouble.as_ref().filter(|_| !self.is_told) {
            tracing::warn!(trouble, "an inquiry in the watched folder waits; it is tried on");
        }
        self.is_told = trouble.is_some();
    }
}

/// Watches the folder until `stop` turns true.
pub(super) async fn run_dropped(mut dropped: Dropped, mut stop: watch::Receiver<bool>, ctx: Arc<Context>) {
    loop {
        dropped.look(&ctx).await;
        tokio::select! {
            _ = stop.wait_for(|is_over| *is_over) => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// Asks what a file says and moves it; an error is why it stays.
async fn deal_with(path: &Path, ctx: &Context) -> Result<(), String> {
    let told = |error: std::io::Error| format!("{}: {error}", path.display());
    let length = std::fs::metadata(path).map_err(told)?.len();
    let outcome = if length > FILE_BYTES_MAX {
        let what = format!("it has more than {FILE_BYTES_MAX} bytes");
        Outcome::Refused(json!({ "code": "http.body", "what": what }))
    } else {
        ask(&std::fs::read(path).map_err(told)?, ctx).await
    };
    let (folder, ending, said) = match outcome {
        Outcome::Sent(said) => (SENT, "sent.json", said),
        Outcome::Refused(said) => (REFUSED, "findings.json", said),
        Outcome::Later(why) => return Err(why),
    };
    let (Some(home), Some(name)) = (path.parent(), path.file_name().and_then(|name| name.to_str())) else {
        return Ok(()); // it was found in a folder, by a name that is text
    };
    let folder = home.join(folder);
    // what came of it is there before the file itself; both are written over by a repeat
    std::fs::write(folder.join(format!("{name}.{ending}")), format!("{said:#}\n")).map_err(told)?;
    std::fs::rename(path, folder.join(name)).map_err(told)
}

async fn ask(bytes: &[u8], ctx: &Context) -> Outcome {
    let inquiry: Inquiry = match from_json(bytes) {
        Ok(inquiry) => inquiry,
        Err(fault) => {
            let place = format!("line {}, column {}", fault.line, fault.column);
            return Outcome::Refused(json!({ "code": "http.not_json", "where": place, "what": fault.what }));
        }
    };
    let digest = sha256(bytes);
    let asked = async {
        let (_process, transaction) = ctx.catalogue.beginning_with(Carries::Inquiry)?;
        let (opening, to) = (Opening::Inquiry(&inquiry), inquiry.asked);
        let what = Begin { opening, to, transaction: &transaction.code, within: None, refers_to: None };
        // a space cannot stand in the key of a call: those are never mistaken for these
        begin_once(what, (&format!("file {digest}"), digest), ctx).await
    };
    match asked.await {
        Ok(Asked::First(composed)) => Outcome::Sent(ids(&composed, false)),
        Ok(Asked::Again(composed)) => Outcome::Sent(ids(&composed, true)),
        Ok(Asked::OtherBody) => Outcome::Later("two contents have one digest".to_owned()),
        Err(error) => not_asked(&error),
    }
}

fn not_asked(error: &FlowError) -> Outcome {
    let what = with_causes(error);
    match error.verdict() {
        Verdict::Retry { .. } => Outcome::Later(what),
        Verdict::Return { code }
        | Verdict::Quarantine { code }
        | Verdict::Park { code: code @ "flow.unknown_peer" } => {
            Outcome::Refused(json!({ "code": code, "what": what }))
        }
        Verdict::Park { .. } => Outcome::Later(what), // our own side is at fault, not the file
    }
}

fn ids(composed: &Composed, is_repeat: bool) -> Value {
    json!({
        "conversation_id": composed.conversation_id.as_uuid().to_string(),
        "document_id": composed.document_id.as_uuid().to_string(),
        "procedure_id": composed.procedure_id.to_string(),
        "is_repeat": is_repeat,
    })
}

const SENT: &str = "sent";
const REFUSED: &str = "refused";
const LOOK_EVERY: Duration = Duration::from_secs(1);
const FILE_BYTES_MAX: u64 = 1024 * 1024;
