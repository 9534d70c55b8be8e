//! How far peers are behind our streams, and which erasures they have not confirmed in time.

use crate::flow::{Context, FlowError};
use crate::labour::sync::StreamKind;
use crate::store::{JournalDraft, StreamRow, Tx, journal_append, stream_list, target_missing, told_once};
use jiff::{SignedDuration, Timestamp};

/// How far a peer is behind a stream of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamLag {
    /// The stream.
    pub row: StreamRow,
    /// How many changes it has not confirmed.
    pub changes: u64,
    /// For how long the oldest of them waits.
    pub age: Option<SignedDuration>,
}

/// The lag of every stream of ours.
///
/// # Errors
/// The database.
pub async fn lags(tx: &mut Tx, now: Timestamp) -> Result<Vec<StreamLag>, FlowError> {
    let lag = |row: StreamRow| StreamLag {
        changes: row.head.head_seq.saturating_sub(row.acked_seq),
        age: row.waits_since.map(|since| now.duration_since(since)),
        row,
    };
    Ok(stream_list(tx).await?.into_iter().map(lag).collect())
}

/// Asks a person about each erasure that a peer has not confirmed within the term: once.
///
/// # Errors
/// The database.
pub async fn note_missing_receipts(ctx: &Context) -> Result<(), FlowError> {
    let now = ctx.clock.now();
    let term = SignedDuration::from_hours(i64::from(ctx.labour.receipt_hours));
    let missing = target_missing(&mut ctx.store.read().await?, AT_ONCE).await?;
    for target in missing {
        let is_late = target.erased_at.is_some_and(|at| now.duration_since(at) > term);
        if !is_late {
            break; // the oldest come first
        }
        let detail = format!(
            "{} has not confirmed within {} hours that the {} of consent {} is erased",
            target.peer,
            ctx.labour.receipt_hours,
            StreamKind::Profile.as_str(),
            target.consent_id
        );
        let mut tx = ctx.store.begin().await?;
        if told_once(&mut tx, &detail, now).await? {
            let entry = JournalDraft::at(now, "ask_person", &detail).coded(Some("labour.receipt_missing"));
            let entry = JournalDraft { peer: Some(target.peer.clone()), ..entry };
            journal_append(&mut tx, &entry).await?;
            tracing::warn!(peer = target.peer, "a peer has not confirmed an erasure in time");
        }
        tx.commit().await?;
    }
    Ok(())
}

const AT_ONCE: u32 = 500;
