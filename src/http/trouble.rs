//! Tells the operator once when what comes cannot be stored, and once when it can again.

use crate::base::with_causes;
use crate::flow::Context;
use crate::store::{JournalDraft, StoreError, journal_append};
use jiff::Timestamp;
use std::sync::{Mutex, PoisonError};

/// Whether messages can be stored.
#[derive(Debug, Default)]
pub(super) struct Trouble(Mutex<Option<Since>>);

#[derive(Debug)]
struct Since {
    at: Timestamp,
    refused: u64,
    cause: String,
}

impl Trouble {
    /// A message could not be stored.
    pub(super) fn met(&self, error: &StoreError, ctx: &Context) {
        let mut trouble = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(since) = trouble.as_mut() {
            since.refused += 1;
            return;
        }
        let cause = with_causes(error);
        tracing::error!(
            error = %cause,
            "messages cannot be stored; peers are answered 503 and try again; give the database room or the right to write, the node goes on by itself"
        );
        *trouble = Some(Since { at: ctx.clock.now(), refused: 1, cause });
    }

    /// A message was stored.
    pub(super) async fn passed(&self, ctx: &Context) {
        let since = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Since { at, refused, cause }) = since else { return };
        let detail = format!(
            "messages are stored again; since {at} {refused} were answered 503 and left to their senders: {cause}"
        );
        tracing::warn!("{detail}");
        let mut entry = JournalDraft::at(ctx.clock.now(), "store_back", detail);
        entry.code = Some("store.unwritable".to_owned());
        let journalled = async {
            let mut tx = ctx.store.begin().await?;
            journal_append(&mut tx, &entry).await?;
            tx.commit().await
        };
        if let Err(error) = journalled.await {
            tracing::error!(error = ?error, "the journal could not be written");
        }
    }
}
