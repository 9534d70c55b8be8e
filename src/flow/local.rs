//! What became of the local records: told in the journal, and kept, so that a person sees what is set aside.

use super::{Context, FlowError};
use crate::base::{Finding, Findings};
use crate::exchange::adapter::LocalReading;
use crate::store::{
    JournalDraft, LocalFile, Tx, journal_append, local_files, local_forget, local_put, local_set_aside,
};
use jiff::Timestamp;

/// Journals what is wrong with the local records, and keeps what is set aside, once for each time they are read.
///
/// # Errors
/// The database does not answer.
pub async fn note_local_findings(ctx: &Context) -> Result<(), FlowError> {
    let desk = ctx.desk.clone();
    let Some(reading) = Context::aside(move || desk.take_reading()).await? else { return Ok(()) };
    let now = ctx.clock.now();
    let findings = &reading.findings;
    let mut tx = ctx.store.begin().await?;
    keep(&mut tx, &reading, now).await?;
    let told =
        |finding: &Finding| JournalDraft::at(now, "local", finding.to_string()).coded(Some(&finding.code));
    for entry in findings.iter().take(FINDINGS_MAX).map(told) {
        journal_append(&mut tx, &entry).await?;
    }
    let errors = findings.iter().filter(|finding| finding.is_error()).count();
    let more = findings.len().saturating_sub(FINDINGS_MAX);
    if more > 0 {
        let detail = format!("{more} more findings; stazh translate shows all");
        journal_append(&mut tx, &JournalDraft::at(now, "local", detail)).await?;
    }
    tx.commit().await?;
    if !findings.is_empty() {
        let warnings = findings.len() - errors;
        tracing::warn!(errors, warnings, "local records need a look; see the journal");
    }
    Ok(())
}

/// What a replay came to.
#[derive(Debug)]
pub struct Replayed {
    /// The files as they were read before.
    pub before: Vec<LocalFile>,
    /// The files as they are now.
    pub now: Vec<LocalFile>,
    /// Why rows are still set aside.
    pub set_aside: Findings,
}

/// Reads the local files as they are now, and tells what became of the rows that were set aside.
///
/// # Errors
/// The database does not answer.
pub async fn replay(ctx: &Context) -> Result<Replayed, FlowError> {
    let desk = ctx.desk.clone();
    let reading = Context::aside(move || desk.take_reading()).await?;
    let now = ctx.clock.now();
    let mut tx = ctx.store.begin().await?;
    let before = local_files(&mut tx).await?;
    if let Some(reading) = reading {
        keep(&mut tx, &reading, now).await?;
    }
    let replayed = Replayed {
        before,
        now: local_files(&mut tx).await?,
        set_aside: local_set_aside(&mut tx, ASIDE_MAX).await?,
    };
    let detail = format!("{} rows taken, {} set aside", replayed.taken(), replayed.aside());
    journal_append(&mut tx, &JournalDraft::at(now, "replayed", detail)).await?;
    tx.commit().await?;
    Ok(replayed)
}

impl Replayed {
    /// How many rows the files give.
    pub fn taken(&self) -> u64 {
        self.now.iter().map(|file| file.taken).sum()
    }

    /// How many are set aside.
    pub fn aside(&self) -> u64 {
        self.now.iter().map(|file| file.aside).sum()
    }
}

/// Where a file is refused the others were not read, and what is known of them stands.
async fn keep(tx: &mut Tx, reading: &LocalReading, now: Timestamp) -> Result<(), FlowError> {
    for file in &reading.files {
        let kept = LocalFile {
            name: file.name.clone(),
            taken: file.taken,
            aside: file.aside,
            refused: file.refused.clone(),
            read_at: now,
        };
        local_put(tx, &kept, &file.why).await?;
    }
    if reading.is_whole() {
        local_forget(tx, now).await?;
    }
    Ok(())
}

/// How many findings of one reading are journalled; files with more are broken as a whole.
const FINDINGS_MAX: usize = 500;
/// As many as a person reads.
const ASIDE_MAX: u32 = 1_000;
