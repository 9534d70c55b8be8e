//! `stazh send --dry-run`: would the peer take this? Nothing is sealed, stored or sent.

use super::{Exit, show};
use crate::base::{Clock, SystemClock, WholeFile};
use crate::exchange::wire::{NodeIdentity, View};
use crate::flow::{Begin, Context as Flows, FlowError, Misfit, Tried, try_out};
use crate::node::{Settings, look_at};
use anyhow::{Context, Result};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::PathBuf;

/// What a peer announced, kept for when it is away.
#[derive(Serialize, Deserialize)]
struct Kept {
    seen_at: Timestamp,
    view: View,
}

/// What is known of how a peer judges.
enum Known {
    /// It told so just now, or when it was last there.
    View(Kept),
    /// It is there and tells nothing: it is of another program.
    Silent,
    /// It is not there, and was never asked.
    Away(String),
    /// It is reached by files or queues, through which nothing can be asked.
    Unasked,
}

/// Tells whether the peer would take it; the worst of it is the exit code.
pub(super) async fn tell(
    (name, what): (&str, Begin<'_>),
    (settings, ctx): (&Settings, &Flows),
    json: bool,
) -> Result<Exit> {
    let to = what.to;
    let tried = match try_out(what, ctx).await {
        Ok(tried) => tried,
        Err(FlowError::Unlawful(findings)) => {
            show::line(&format!("{name}: our own rules refuse it"));
            findings.iter().for_each(|finding| show::line(&format!("  {finding}")));
            return Ok(Exit::Refused);
        }
        Err(error) => return Err(error).with_context(|| format!("try {name}")),
    };
    let known = known(&tried.peer, settings).await?;
    let (word, exit, misfits) = judged(&tried, &known);
    if json {
        let told = |one: &Misfit| serde_json::json!({ "certain": one.is_certain, "told": one.told });
        let seen_at = match &known {
            Known::View(kept) => Some(kept.seen_at.to_string()),
            Known::Silent | Known::Away(_) | Known::Unasked => None,
        };
        show::json_line(&serde_json::json!({
            "name": name, "peer": to.to_string(), "process": tried.process, "structure": tried.structure,
            "lists": tried.lists, "bytes": tried.bytes, "seen_at": seen_at, "verdict": word,
            "misfits": misfits.iter().map(told).collect::<Vec<_>>(), "warnings": tried.warnings,
        }));
        return Ok(exit);
    }
    let (structure, version) = &tried.structure;
    show::line(&format!("{name}: {structure} {version} of {} bytes for {to}: {word}", tried.bytes));
    match &known {
        Known::View(kept) => show::line(&format!("  as it announced at {}", kept.seen_at)),
        Known::Away(why) => show::line(&format!("  it is away and was never asked: {why}")),
        Known::Silent | Known::Unasked => {}
    }
    for Misfit { told, .. } in &misfits {
        show::line(&format!("  {told}"));
    }
    tried.warnings.iter().for_each(|finding| show::line(&format!("  {finding}")));
    Ok(exit)
}

fn judged(tried: &Tried, known: &Known) -> (&'static str, Exit, Vec<Misfit>) {
    let view = match known {
        Known::View(kept) => &kept.view,
        Known::Away(_) => {
            return ("lawful by our own rules; ask again when it is there", Exit::Later, Vec::new());
        }
        Known::Silent => return (ANNOUNCES_NOTHING, Exit::Done, Vec::new()),
        Known::Unasked => {
            return (
                "lawful by our own rules; it is reached by files or queues, and cannot be asked",
                Exit::Done,
                Vec::new(),
            );
        }
    };
    match tried.misfits(view) {
        None => (ANNOUNCES_NOTHING, Exit::Done, Vec::new()),
        Some(misfits) if misfits.iter().any(|one| one.is_certain) => {
            ("it would be refused", Exit::Refused, misfits)
        }
        Some(misfits) if misfits.is_empty() => ("it would be accepted", Exit::Done, misfits),
        Some(misfits) => ("it may be refused", Exit::Done, misfits),
    }
}

/// Asks the peer, and keeps what it says; where it is away, what it said last.
async fn known(name: &str, settings: &Settings) -> Result<Known> {
    let peer = settings.peers.iter().find(|peer| peer.state.as_code() == name);
    let Some(peer) = peer.filter(|peer| peer.url.starts_with("https:")) else { return Ok(Known::Unasked) };
    let folder = settings.data.join("peers");
    let place = folder.join(format!("{name}.json"));
    let files = &settings.wire;
    let identity = NodeIdentity::read(&files.certificate, &files.key, &files.authorities)?;
    match look_at(peer, settings, &identity).await {
        Ok(seen) => {
            let Some(view) = seen.view else { return Ok(Known::Silent) };
            let kept = Kept { seen_at: SystemClock.now(), view };
            std::fs::create_dir_all(&folder).with_context(|| format!("make {}", folder.display()))?;
            keep(&kept, place.clone()).with_context(|| format!("write {}", place.display()))?;
            Ok(Known::View(kept))
        }
        Err(why) => {
            let text = std::fs::read_to_string(&place).ok();
            let kept = text.and_then(|text| serde_json::from_str(&text).ok());
            Ok(kept.map_or(Known::Away(why), Known::View))
        }
    }
}

fn keep(kept: &Kept, place: PathBuf) -> std::io::Result<()> {
    let mut file = WholeFile::create(place.with_extension("part"), place)?;
    file.write_all(serde_json::to_string_pretty(kept)?.as_bytes())?;
    file.finish()
}

const ANNOUNCES_NOTHING: &str =
    "lawful by our own rules; it is of another program or an older one, and announces nothing to judge by";
