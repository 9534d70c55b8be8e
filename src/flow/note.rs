//! Entries of the journal, each in the transaction of what it tells.

use super::{Context, FlowError};
use crate::base::Finding;
use crate::store::{InboxRow, JournalDraft, Tx, journal_append};

/// An entry about a message that came.
pub(super) async fn note(
    tx: &mut Tx,
    row: &InboxRow,
    (kind, code): (&str, Option<&str>),
    detail: &str,
    ctx: &Context,
) -> Result<(), FlowError> {
    let entry = JournalDraft::at(ctx.clock.now(), kind, detail).coded(code).of_inbox(row);
    journal_append(tx, &entry).await?;
    Ok(())
}

/// Whether so many failures in a row are a person's business: by the default schedule after most of an hour, and
/// again each day. The work itself is tried on.
pub(super) fn calls_a_person(attempts: u32) -> bool {
    attempts == TRIES_BEFORE_A_PERSON || (attempts > 0 && attempts.is_multiple_of(TRIES_A_DAY))
}

/// Journals what is wrong with the local records, once for each time they are read.
///
/// # Errors
/// The database does not answer.
pub async fn note_local_findings(ctx: &Context) -> Result<(), FlowError> {
    let desk = ctx.desk.clone();
    let findings = Context::aside(move || desk.take_findings()).await?;
    if findings.is_empty() {
        return Ok(());
    }
    let now = ctx.clock.now();
    let mut tx = ctx.store.begin().await?;
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
    tracing::warn!(errors, warnings = findings.len() - errors, "local records need a look; see the journal");
    Ok(())
}

/// How many findings of one reading are journalled; files with more are broken as a whole.
const FINDINGS_MAX: usize = 500;

/// 250 ms, doubled up to 5 minutes: 20 tries take about 50 minutes.
const TRIES_BEFORE_A_PERSON: u32 = 20;
/// One each 5 minutes.
const TRIES_A_DAY: u32 = 288;
