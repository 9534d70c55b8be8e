//! A message of ours that nobody took from a queue in time comes back whole (D5 App.1: expiry with full data).

use super::deliver::met_a_fault;
use super::{Context, FlowError};
use crate::base::MessageId;
use crate::exchange::wire::Envelope;
use crate::store::{JournalDraft, OutboxState, delivery_find, journal_append, outbox_find};

/// Records that a message came back: it is sent again where its course allows that, else a person is asked.
///
/// # Errors
/// The database does not answer; the message comes back once more.
pub async fn came_back(raw: &[u8], ctx: &Context) -> Result<(), FlowError> {
    let headers = Envelope::read(raw, &ctx.limits)?.headers;
    let message_id: Option<MessageId> = headers.message_id.and_then(|text| text.parse().ok());
    let now = ctx.clock.now();
    let mut tx = ctx.store.begin().await?;
    let sent = match message_id {
        Some(message_id) => delivery_find(&mut tx, message_id).await?.map(|id| (message_id, id)),
        None => None,
    };
    let entry =
        JournalDraft::at(now, "expired", "a message came back: nobody took it from its queue in time")
            .coded(Some("wire.expired"));
    let sent = match sent {
        Some((message_id, id)) => outbox_find(&mut tx, id).await?.map(|row| (message_id, row)),
        None => None,
    };
    if let Some((message_id, row)) = sent {
        journal_append(&mut tx, &entry.of_outbox(&row.draft, Some(message_id))).await?;
        if row.state == OutboxState::Sent {
            met_a_fault(&mut tx, (&row, message_id), now, ctx).await?;
        }
    } else {
        journal_append(&mut tx, &JournalDraft { message_id, ..entry }).await?;
    }
    tx.commit().await?;
    ctx.wake.outbox();
    Ok(())
}
