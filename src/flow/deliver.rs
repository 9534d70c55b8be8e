//! deliver = claim -> envelope -> client -> outcome.
//!
//! The claim commits, with the message id of the try; the post runs with no transaction; the outcome commits.

use super::conversation::{Happened, advance};
use super::note::calls_a_person;
use super::{Context, FlowError};
use crate::base::{ConversationId, MessageId, Verdict, with_causes};
use crate::exchange::transit::{Action, Event, Headers};
use crate::exchange::wire::{Envelope, Reply, WireError};
use crate::store::{
    JournalDraft, OutboxKind, OutboxRow, Role, Tx, conversation_find, delivery_put, journal_append,
    outbox_claim, outbox_parked, outbox_retry, outbox_returned, outbox_sent,
};
use jiff::{SignedDuration, Timestamp};

/// Claims the due messages to a peer, each under the message id of its next try.
///
/// # Errors
/// The database does not answer.
pub async fn claim(peer: &str, limit: u32, ctx: &Context) -> Result<Vec<(OutboxRow, MessageId)>, FlowError> {
    let now = ctx.clock.now();
    let lease_until = later(now, ctx.limits.lease_ms);
    let mut tx = ctx.store.begin().await?;
    let rows = outbox_claim(&mut tx, peer, now, lease_until, limit).await?;
    let mut claimed = Vec::with_capacity(rows.len());
    for row in rows {
        let message_id = MessageId::from_uuid(ctx.random.uuid());
        delivery_put(&mut tx, message_id, row.id, now).await?;
        claimed.push((row, message_id));
    }
    tx.commit().await?;
    Ok(claimed)
}

/// Whether a try found the peer's node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// It answered, whatever it said.
    Reached,
    /// Nobody answered.
    Missed,
}

/// Sends one claimed message and records what became of it; tells whether the peer was reached.
///
/// # Errors
/// The outcome could not be stored; the lease runs out and the message is sent again.
pub async fn deliver(row: &OutboxRow, message_id: MessageId, ctx: &Context) -> Result<Reach, FlowError> {
    let outcome = match envelope(row, message_id, ctx).await {
        Ok(envelope) => Sent::of(ctx.wire.post(&row.draft.peer, envelope.into()).await),
        Err(error) => Sent::Stuck { code: "flow.envelope", detail: error.to_string() },
    };
    let reach = match outcome {
        Sent::Missed { .. } => Reach::Missed,
        Sent::Held | Sent::Faulted { .. } | Sent::Stuck { .. } => Reach::Reached,
    };
    // A deadlock on a shared database undoes the record; the message need not be sent again for that.
    let mut tries_left = RECORD_TRIES;
    loop {
        tries_left -= 1;
        match record(row, message_id, &outcome, ctx).await {
            Err(error) if tries_left > 0 && matches!(error.verdict(), Verdict::Retry { .. }) => {
                tracing::debug!(%error, "the outcome of a delivery is recorded once more");
            }
            recorded => return recorded.map(|()| reach),
        }
    }
}

/// What became of a try.
enum Sent {
    /// The peer holds it.
    Held,
    /// The network or the peer's machine failed; try again.
    Missed { detail: String },
    /// The peer answered with a fault.
    Faulted { detail: String },
    /// Ours is the fault; a person must act.
    Stuck { code: &'static str, detail: String },
}

impl Sent {
    fn of(outcome: Result<Reply, WireError>) -> Self {
        match outcome {
            Ok(Reply { status: 200..=299, .. }) => Self::Held,
            Ok(Reply { status: 400..=499, body }) => {
                let detail = String::from_utf8_lossy(&body).into_owned();
                Self::Faulted { detail: fault_text(&detail) }
            }
            Ok(Reply { status, .. }) => Self::Missed { detail: format!("the peer answered {status}") },
            Err(error) => match error.verdict() {
                Verdict::Retry { .. } => Self::Missed { detail: with_causes(&error) },
                Verdict::Return { code } | Verdict::Quarantine { code } | Verdict::Park { code } => {
                    Self::Stuck { code, detail: with_causes(&error) }
                }
            },
        }
    }
}

async fn envelope(row: &OutboxRow, message_id: MessageId, ctx: &Context) -> Result<Vec<u8>, FlowError> {
    let draft = &row.draft;
    let action: Action = draft.action.parse()?;
    let transaction = ctx.catalogue.process(&action.process)?.transaction(&action.transaction)?;
    let role = role_in(draft.conversation_id, ctx).await?;
    let (to, reply_to) = ctx.addresses(&draft.peer, role, &action.process, transaction);
    let headers = Headers {
        to,
        reply_to,
        action,
        message_id,
        relates_to: draft.relates_to,
        procedure_id: draft.procedure_id.clone(),
        conversation_id: draft.conversation_id,
    };
    Ok(Envelope::write(&headers, &draft.body)?)
}

/// The side we play in a conversation; no state is its own peer, so there is one.
async fn role_in(id: ConversationId, ctx: &Context) -> Result<Role, FlowError> {
    let mut tx = ctx.store.read().await?;
    let began = conversation_find(&mut tx, id, Role::Initiator).await?.is_some();
    Ok(if began { Role::Initiator } else { Role::Respondent })
}

async fn record(row: &OutboxRow, id: MessageId, sent: &Sent, ctx: &Context) -> Result<(), FlowError> {
    let now = ctx.clock.now();
    let mut tx = ctx.store.begin().await?;
    let (kind, code, detail) = match sent {
        Sent::Held => {
            let _overtaken = outbox_sent(&mut tx, row.id).await?; // an answer may be faster than our record
            happened(&mut tx, row, Event::Sent, now, ctx).await?;
            ("sent", None, row.draft.action.clone())
        }
        Sent::Missed { detail } => {
            let attempts = row.attempts.saturating_add(1);
            let next_at = ctx.retry.next_at(attempts, ctx.random.permille(), now);
            let _overtaken = outbox_retry(&mut tx, row.id, next_at, attempts).await?; // as above
            ("missed", Some("wire.unreachable"), format!("{detail}; next try at {next_at}"))
        }
        Sent::Faulted { detail } => {
            outbox_returned(&mut tx, row.id, "wire.fault").await?;
            happened(&mut tx, row, Event::Sent, now, ctx).await?;
            happened(&mut tx, row, Event::Fault, now, ctx).await?;
            ("faulted", Some("wire.fault"), detail.clone())
        }
        Sent::Stuck { code, detail } => {
            outbox_parked(&mut tx, row.id, code).await?;
            ("parked", Some(*code), detail.clone())
        }
    };
    let mut entry = JournalDraft::at(now, kind, detail);
    entry.message_id = Some(id);
    entry.conversation_id = Some(row.draft.conversation_id);
    entry.document_id = row.draft.document_id;
    entry.peer = Some(row.draft.peer.clone());
    entry.code = code.map(str::to_owned);
    journal_append(&mut tx, &entry).await?;
    let tries = row.attempts.saturating_add(1);
    if matches!(sent, Sent::Missed { .. }) && calls_a_person(tries) {
        let detail =
            format!("the peer was not reached {tries} times in a row; it is tried on, but call its operator");
        let entry = JournalDraft { kind: "ask_person".to_owned(), detail, ..entry };
        journal_append(&mut tx, &entry).await?;
        tracing::warn!(peer = row.draft.peer, tries, "a peer cannot be reached; a person must act");
    }
    tx.commit().await?;
    Ok(())
}

/// Only the request of a conversation we began moves it; answers and signals have no terms here.
async fn happened(
    tx: &mut Tx,
    row: &OutboxRow,
    event: Event,
    now: Timestamp,
    ctx: &Context,
) -> Result<(), FlowError> {
    if row.draft.kind == OutboxKind::Application && row.draft.relates_to.is_none() {
        advance(tx, row.draft.conversation_id, Happened { event, now }, ctx).await?;
    }
    Ok(())
}

fn later(now: Timestamp, ms: i64) -> Timestamp {
    now.checked_add(SignedDuration::from_millis(ms)).unwrap_or(Timestamp::MAX)
}

/// The Russian reason of a fault, or the beginning of whatever else came.
fn fault_text(body: &str) -> String {
    let reason = body.split_once("xml:lang=\"en\">").and_then(|(_, rest)| rest.split_once('<'));
    match reason {
        Some((text, _)) => text.to_owned(),
        None => "the peer refused the envelope without a fault that could be read".to_owned(),
    }
}

/// How often the outcome of a delivery is recorded before it is left to the end of the lease.
const RECORD_TRIES: u32 = 3;
