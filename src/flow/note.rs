//! Entries of the journal, each in the transaction of what it tells.

use super::{Context, FlowError};
use crate::store::{InboxRow, JournalDraft, Tx, journal_append, told_once};

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

/// Asks a person once, whichever replica comes first.
pub(super) async fn tell_once(detail: &str, code: &str, ctx: &Context) -> Result<(), FlowError> {
    let now = ctx.clock.now();
    let mut tx = ctx.store.begin().await?;
    if told_once(&mut tx, detail, now).await? {
        journal_append(&mut tx, &JournalDraft::at(now, "ask_person", detail).coded(Some(code))).await?;
        tracing::warn!(code, "{detail}");
    }
    Ok(tx.commit().await?)
}

/// 250 ms, doubled up to 5 minutes: 20 tries take about 50 minutes.
const TRIES_BEFORE_A_PERSON: u32 = 20;
/// One each 5 minutes.
const TRIES_A_DAY: u32 = 288;
