//! Service messages: a peer's question for our journal, and the records it sends when we asked (D5 App.4 ¶6–8).

use super::deliver::post_once;
use super::journal::answer_journal;
use super::note::note;
use super::settle::refuse;
use super::{Context, FlowError};
use crate::base::MessageId;
use crate::exchange::canonical::State;
use crate::exchange::transit::{GetJournal, LogicalAddress, PutJournal, ServiceAction, ServiceHeaders};
use crate::exchange::wire::Envelope;
use crate::store::{InboxRow, JournalDraft, inbox_settled, journal_append};

/// Settles a service message that the technological control let in.
pub(super) async fn settle_service(
    row: &InboxRow,
    action: ServiceAction,
    envelope: &Envelope,
    ctx: &Context,
) -> Result<(), FlowError> {
    let headers = match ServiceHeaders::parse(action, &envelope.headers, ctx.state.as_code(), &row.peer) {
        Ok(headers) => headers,
        Err(faults) => {
            let detail = faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
            return refuse(row, None, &detail, "wire.header", ctx).await;
        }
    };
    let body = row.raw.get(envelope.body.clone()).unwrap_or_default();
    let told = match action {
        ServiceAction::JournalGet => {
            let question = GetJournal::decode(body, &envelope.scope, &ctx.limits)?;
            let answer = answer_journal(&headers, &question, &row.peer, ctx).await?;
            if let Err(detail) = post_once(&row.peer, answer, ctx).await {
                if row.attempts.saturating_add(1) < TRIES_MAX {
                    return Err(FlowError::NotTaken { peer: row.peer.clone(), detail });
                }
                // who asks can ask again; the question is no obligation
                return refuse(row, None, &detail, "flow.journal_unheard", ctx).await;
            }
            ("journal_told", "the peer asked for our journal of a message and was told".to_owned())
        }
        ServiceAction::JournalPut => {
            let records = PutJournal::decode(body, &envelope.scope, &ctx.limits)?.records.len();
            ("journal_learnt", format!("{records} records of the peer's journal"))
        }
    };
    let mut tx = ctx.store.begin().await?;
    inbox_settled(&mut tx, row.id).await?;
    note(&mut tx, row, (told.0, None), &told.1, ctx).await?;
    tx.commit().await?;
    Ok(())
}

/// Asks a peer for its journal of a message; its records come to our door as a message that relates to the returned id.
///
/// # Errors
/// A peer that is not configured, or that did not take the question.
pub async fn ask_journal(peer: State, question: &GetJournal, ctx: &Context) -> Result<MessageId, FlowError> {
    let name = peer.to_string();
    ctx.peers.of_name(&name)?;
    let headers = ServiceHeaders {
        to: LogicalAddress::of_service(&name, "JOURNAL/GET"),
        reply_to: LogicalAddress::of_gate(ctx.state.as_code()),
        action: ServiceAction::JournalGet,
        message_id: MessageId::from_uuid(ctx.random.uuid()),
        relates_to: None,
    };
    let envelope = Envelope::write_service(&headers, &question.encode()?)?;
    // journalled before it leaves, so that the answer finds its question
    let now = ctx.clock.now();
    let entry = JournalDraft {
        message_id: Some(headers.message_id),
        peer: Some(name.clone()),
        action: Some(headers.action.as_uri().to_owned()),
        ..JournalDraft::at(now, "journal_asked", "the peer is asked for its journal of a message")
    };
    let mut tx = ctx.store.begin().await?;
    journal_append(&mut tx, &entry).await?;
    tx.commit().await?;
    match post_once(&name, envelope, ctx).await {
        Ok(()) => Ok(headers.message_id),
        Err(detail) => Err(FlowError::NotTaken { peer: name, detail }),
    }
}

/// The records in an envelope that came from a peer.
///
/// # Errors
/// Not an envelope of journal records.
pub fn journal_records(envelope: &[u8], ctx: &Context) -> Result<PutJournal, FlowError> {
    let read = Envelope::read(envelope, &ctx.limits)?;
    let body = envelope.get(read.body.clone()).unwrap_or_default();
    Ok(PutJournal::decode(body, &read.scope, &ctx.limits)?)
}

/// An answer that cannot be delivered so often is given up.
const TRIES_MAX: u32 = 20;
