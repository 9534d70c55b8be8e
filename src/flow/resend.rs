//! What a person begins again: a transaction that ended without its result (D5 ¶100, ¶110).

use super::compose::opened;
use super::{Context, FlowError};
use crate::base::ConversationId;
use crate::exchange::transit::Role;
use crate::store::{
    JournalDraft, OutboxDraft, case_restore, check_step_resent, conversation_ended, conversation_find,
    conversation_put, conversation_resent, fact_offer_resent, journal_append, outbox_find, outbox_put,
};

/// What came of asking for a transaction to begin again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resent {
    /// It began again, as this conversation.
    As(ConversationId),
    /// It goes on, is complete, was begun again before, or is not one that this node began.
    NotEnded,
}

/// Begins a transaction again under a new conversation: the same document, so that a peer who knows it answers as it
/// answered before (D5 ¶101).
///
/// # Errors
/// The database does not answer.
pub async fn resend(id: ConversationId, ctx: &Context) -> Result<Resent, FlowError> {
    let now = ctx.clock.now();
    let mut tx = ctx.store.begin().await?;
    let Some(ended) = conversation_find(&mut tx, id, Role::Initiator).await? else {
        return Ok(Resent::NotEnded);
    };
    let request = match ended.own_outbox_id {
        Some(own) => outbox_find(&mut tx, own).await?,
        None => None,
    };
    let Some(request) = request else { return Ok(Resent::NotEnded) };
    if !conversation_resent(&mut tx, id).await? {
        return Ok(Resent::NotEnded);
    }
    let conversation_id = ConversationId::from_uuid(ctx.random.id(now));
    let draft = OutboxDraft { conversation_id, created_at: now, ..request.draft };
    let own = outbox_put(&mut tx, &draft).await?;
    let again = opened(&draft, own, (&ended.process, &ended.transaction));
    conversation_put(&mut tx, &again).await?;
    if let Some(document) = draft.document_id {
        case_restore(&mut tx, document).await?;
    }
    let _is_step = check_step_resent(&mut tx, id, conversation_id).await?; // as below
    let _is_offer = fact_offer_resent(&mut tx, id, conversation_id).await?; // most are none
    for (at, detail) in [
        (id, format!("begun again by the operator as {}", conversation_id.as_uuid())),
        (conversation_id, format!("begun again by the operator in place of {}", id.as_uuid())),
    ] {
        let told = OutboxDraft { conversation_id: at, ..draft.clone() };
        journal_append(&mut tx, &JournalDraft::at(now, "resent", detail).of_outbox(&told, None)).await?;
    }
    tx.commit().await?;
    ctx.wake.outbox();
    Ok(Resent::As(conversation_id))
}

/// The transactions that this node began and that ended without their result, oldest first.
///
/// # Errors
/// The database does not answer.
pub async fn ended_without_result(
    peer: Option<&str>,
    limit: u32,
    ctx: &Context,
) -> Result<Vec<ConversationId>, FlowError> {
    let ended = conversation_ended(&mut ctx.store.read().await?, limit).await?;
    let is_meant = |of: &str| peer.is_none_or(|peer| peer == of);
    Ok(ended.into_iter().filter(|ended| is_meant(&ended.peer)).map(|ended| ended.id).collect())
}
