//! What is on this machine: folders, local forms, the database.

use super::{Check, Settings};
use crate::base::with_causes;
use crate::exchange::adapter::AdapterError;
use crate::flow::{Desk, day_of, late_feeds};
use crate::node::{FolderDesk, Node};
use crate::store::ChainCounts;
use crate::store::chain_counts;
use jiff::Timestamp;
use std::path::Path;

/// Whether the node can write where it must.
pub(super) fn folders(settings: &Settings, tell: &mut (dyn FnMut(Check) + Send)) {
    for (of, folder) in
        [("the data folder", &settings.data), ("the folder handed-over", &settings.handed_over)]
    {
        tell(match try_to_write(folder) {
            Ok(()) => Check::good(of, format!("{} can be written", folder.display())),
            Err(error) => {
                Check::bad(of, "doctor.folder", format!("{} cannot be written: {error}", folder.display()))
            }
        });
    }
}

fn try_to_write(folder: &Path) -> std::io::Result<()> {
    let probe = folder.join(format!(".doctor-{}", std::process::id()));
    std::fs::write(&probe, b"written by stazh doctor; it may be deleted")?;
    std::fs::remove_file(&probe)
}

/// Whether the local forms can be read.
pub(super) async fn local(settings: &Settings, tell: &mut (dyn FnMut(Check) + Send)) {
    const OF: &str = "the local forms";
    let own = settings.clone();
    let today = settings.clock().now().to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
    let read = tokio::task::spawn_blocking(move || {
        let desk = FolderDesk::reading(&own)?;
        let late = desk.late_feeds(today)?;
        let findings = desk.take_reading().map(|read| read.findings).unwrap_or_default();
        Ok::<_, AdapterError>((findings, late, desk.updated_at().ok().flatten()))
    });
    let read = match read.await {
        Ok(Ok((findings, late, updated_at))) => {
            for feed in late {
                let told = format!("{}: {} ({})", feed.path, feed.message, feed.rule);
                tell(Check::warning(OF, "adapter.stale", told));
            }
            Ok(Ok((findings, updated_at)))
        }
        Ok(Err(error)) => Ok(Err(error)),
        Err(error) => Err(error),
    };
    tell(match read {
        Ok(Ok((findings, updated_at))) if findings.is_empty() => {
            Check::good(OF, format!("all rows can be read; {}", age(updated_at)))
        }
        Ok(Ok((findings, _))) => {
            let first = findings.first().map(ToString::to_string).unwrap_or_default();
            Check::warning(OF, "doctor.local", format!("{} findings; the first: {first}", findings.len()))
        }
        Ok(Err(error)) => Check::failed(OF, error.code(), &error),
        Err(error) => Check::failed(OF, "doctor.local", &error),
    });
}

/// How old what the local forms say is.
fn age(updated_at: Option<Timestamp>) -> String {
    updated_at.map_or("there is no file yet".to_owned(), |at| format!("they are as of {at:.0}"))
}

/// Whether terms and working days of one's own can be used; nothing where there are none.
pub(super) fn treaty(settings: &Settings, tell: &mut (dyn FnMut(Check) + Send)) {
    const OF: &str = "the files of [treaty]";
    if !settings.treaty.is_of_ones_own() {
        return;
    }
    tell(match settings.treaty.book() {
        Ok(_) => Check::good(OF, "each answer has a term between any two states"),
        Err(error) => Check::failed(OF, "pension.terms", &error),
    });
}

/// Whether the facts of the settings can be exchanged, and their feeds are in time; nothing where there are none.
pub(super) async fn facts(settings: &Settings, now: Timestamp, tell: &mut (dyn FnMut(Check) + Send)) {
    const OF: &str = "the facts";
    if settings.facts.gives.is_empty() && settings.facts.takes.is_empty() {
        return;
    }
    let facts = match settings.facts.of(settings.state) {
        Ok(facts) => facts,
        Err(error) => return tell(Check::failed(OF, "doctor.facts", &error)),
    };
    let own = settings.clone();
    let look = move || {
        let desk = FolderDesk::open(&own).map_err(|error| with_causes(&error))?;
        late_feeds(&facts, &desk, day_of(now)).map_err(|error| with_causes(&error))
    };
    match tokio::task::spawn_blocking(look).await {
        Ok(Ok(late)) if late.is_empty() => tell(Check::good(OF, "all feeds are in time")),
        Ok(Ok(late)) => {
            late.into_iter().for_each(|told| tell(Check::warning(OF, "flow.fact_feed_late", told)));
        }
        Ok(Err(told)) => tell(Check::bad(OF, "doctor.facts", told)),
        Err(error) => tell(Check::failed(OF, "doctor.facts", &error)),
    }
}

/// Whether the database answers, and can keep what was acknowledged.
pub(super) async fn database(settings: &Settings, tell: &mut (dyn FnMut(Check) + Send)) {
    const OF: &str = "the database";
    if settings.database.is_none() && !settings.data.join("stazh.db").exists() {
        return tell(Check::warning(
            OF,
            "doctor.database",
            "it is not there; the node has never been started",
        ));
    }
    let store = match Node::store(settings).await {
        Ok(store) => store,
        Err(error) => return tell(Check::failed(OF, "doctor.database", &error)),
    };
    if let Some(gap) = store.failover_gap() {
        tell(Check::warning(OF, "doctor.database", gap));
    }
    let counted = async {
        let mut tx = store.read().await?;
        chain_counts(&mut tx).await
    };
    tell(match counted.await {
        Ok(ChainCounts { linked, unlinked }) if unlinked > UNLINKED_ODD => {
            let told = format!("{unlinked} entries of the journal wait for their link behind {linked}");
            Check::warning(OF, "doctor.journal", told)
        }
        Ok(ChainCounts { linked, .. }) => {
            Check::good(OF, format!("it answers; {linked} entries of the journal are chained"))
        }
        Err(error) => Check::bad(OF, "doctor.database", with_causes(&error)),
    });
    store.close().await;
}

/// A running node links each second.
const UNLINKED_ODD: i64 = 10_000;
