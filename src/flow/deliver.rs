//! deliver = claim -> envelope -> client -> outcome.
//!
//! The claim commits, with the message id of the try; the post runs with no transaction; the outcome commits.

use super::conversation::{Happened, advance};
use super::note::calls_a_person;
use super::parts::{parcel, unfold};
use super::{Context, FlowError};
use crate::base::{MessageId, Verdict, with_causes};
use crate::exchange::transit::{Action, Effect, Event, Headers, LogicalAddress};
use crate::exchange::wire::{Envelope, Parcel, Reply, WireError};
use crate::store::{
    JournalDraft, OutboxKind, OutboxRow, Outcome, Tx, delivery_put, journal_append, outbox_claim,
    outbox_extend, outbox_parked, outbox_probe, outbox_quarantined, outbox_retry, outbox_sent,
};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// Claims the due messages to a peer, each under the message id of its next try.
///
/// # Errors
/// The database does not answer.
pub async fn claim(peer: &str, room: Room, ctx: &Context) -> Result<Vec<(OutboxRow, MessageId)>, FlowError> {
    let now = ctx.clock.now();
    let lease_until = later(now, ctx.limits.lease_ms);
    let mut tx = ctx.store.begin().await?;
    let rows = match room {
        Room::For(limit) => outbox_claim(&mut tx, peer, now, lease_until, limit).await?,
        Room::ToKnock => outbox_probe(&mut tx, peer, now, lease_until).await?,
    };
    let mut claimed = Vec::with_capacity(rows.len());
    for row in rows {
        let message_id = MessageId::from_uuid(ctx.random.id(now));
        delivery_put(&mut tx, message_id, row.id, now).await?;
        claimed.push((row, message_id));
    }
    tx.commit().await?;
    Ok(claimed)
}

/// How many messages may leave to a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// So many.
    For(u32),
    /// One, to find out whether the peer is back.
    ToKnock,
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
    let (outcome, addresses) = match envelope(row, message_id, ctx).await {
        Ok((parcel, addresses)) => (Sent::of(post(row, parcel, ctx).await, ctx), Some(addresses)),
        Err(error) if matches!(error.verdict(), Verdict::Retry { .. }) => return Err(error),
        Err(error) => (Sent::Stuck { code: "flow.envelope", detail: error.to_string() }, None),
    };
    let tried = Try { row, message_id, addresses };
    let reach = match outcome {
        Sent::Missed { .. } => Reach::Missed,
        Sent::Held | Sent::Faulted { .. } | Sent::Stuck { .. } => Reach::Reached,
    };
    // A deadlock on a shared database undoes the record; the message need not be sent again for that.
    let mut tries_left = RECORD_TRIES;
    loop {
        tries_left -= 1;
        match record(&tried, &outcome, ctx).await {
            Err(error) if tries_left > 0 && matches!(error.verdict(), Verdict::Retry { .. }) => {
                tracing::debug!(%error, "the outcome of a delivery is recorded once more");
            }
            recorded => return recorded.map(|()| reach),
        }
    }
}

/// Sends a message; one that takes its time stays claimed meanwhile.
async fn post(row: &OutboxRow, parcel: Parcel, ctx: &Context) -> Result<Reply, WireError> {
    if parcel.alone().is_some() {
        return ctx.wire.post(&row.draft.peer, parcel).await;
    }
    let third = Duration::from_millis(u64::try_from(ctx.limits.lease_ms / 3).unwrap_or(1).max(1));
    let mut posting = ctx.wire.post(&row.draft.peer, parcel);
    loop {
        match tokio::time::timeout(third, &mut posting).await {
            Ok(outcome) => return outcome,
            Err(_it_goes_on) => {
                if let Err(error) = extend(row, ctx).await {
                    tracing::debug!(%error, "the lease of a message could not be extended; it may be sent twice");
                }
            }
        }
    }
}

async fn extend(row: &OutboxRow, ctx: &Context) -> Result<(), FlowError> {
    let mut tx = ctx.store.begin().await?;
    outbox_extend(&mut tx, row.id, later(ctx.clock.now(), ctx.limits.lease_ms)).await?;
    tx.commit().await?;
    Ok(())
}

/// Sends an envelope that is not kept for another try; why it was not taken.
pub(super) async fn post_once(peer: &str, envelope: Vec<u8>, ctx: &Context) -> Result<(), String> {
    match Sent::of(ctx.wire.post(peer, envelope.into()).await, ctx) {
        Sent::Held => Ok(()),
        Sent::Missed { detail } | Sent::Faulted { detail } | Sent::Stuck { detail, .. } => Err(detail),
    }
}

/// What became of a try.
enum Sent {
    /// The peer holds it.
    Held,
    /// The network or the peer's machine failed; try again.
    Missed { detail: String },
    /// The peer answered with a fault that could be read: it was reached, and cannot take this message.
    Faulted { detail: String },
    /// Ours is the fault; a person must act.
    Stuck { code: &'static str, detail: String },
}

impl Sent {
    /// A fault is one by its body, whatever the status; without one, something on the way refused the message.
    fn of(outcome: Result<Reply, WireError>, ctx: &Context) -> Self {
        match outcome {
            Ok(Reply { status, body }) => match (Said::of(&body, ctx), status) {
                (Said::Fault(detail), _) => Self::Faulted { detail },
                (Said::Nothing | Said::Message, 200..=299) => Self::Held,
                (Said::Other, 200..=299) => Self::Missed {
                    detail: format!(
                        "the peer answered {status} with {} bytes that are no envelope; is it a node at this address?",
                        body.len()
                    ),
                },
                (Said::Nothing | Said::Message | Said::Other, _) => {
                    Self::Missed { detail: format!("the peer answered {status} and no fault") }
                }
            },
            Err(error) => match error.verdict() {
                Verdict::Retry { .. } => Self::Missed { detail: with_causes(&error) },
                Verdict::Return { code } | Verdict::Quarantine { code } | Verdict::Park { code } => {
                    Self::Stuck { code, detail: with_causes(&error) }
                }
            },
        }
    }
}

/// One sending of a message.
struct Try<'a> {
    row: &'a OutboxRow,
    message_id: MessageId,
    /// To and ReplyTo, if it came as far as that.
    addresses: Option<(LogicalAddress, LogicalAddress)>,
}

impl Try<'_> {
    fn entry(&self, now: Timestamp, (kind, code): (&str, Option<&str>), detail: &str) -> JournalDraft {
        let (to, reply_to) = match &self.addresses {
            Some((to, reply_to)) => (Some(to.to_string()), Some(reply_to.to_string())),
            None => (None, None),
        };
        JournalDraft::at(now, kind, detail)
            .coded(code)
            .of_outbox(&self.row.draft, Some(self.message_id))
            .on_the_way(to.as_deref(), reply_to.as_deref())
    }
}

async fn envelope(
    row: &OutboxRow,
    message_id: MessageId,
    ctx: &Context,
) -> Result<(Parcel, (LogicalAddress, LogicalAddress)), FlowError> {
    let draft = &row.draft;
    let action: Action = draft.action.parse()?;
    let transaction = ctx.catalogue.process(&action.process)?.transaction(&action.transaction)?;
    let (to, reply_to) = ctx.addresses(&draft.peer, draft.role, &action.process, transaction);
    let headers = Headers {
        to,
        reply_to,
        action,
        message_id,
        relates_to: draft.relates_to,
        procedure_id: draft.procedure_id.clone(),
        conversation_id: draft.conversation_id,
    };
    let (body, beside) = unfold(row, ctx).await?;
    let envelope = Envelope::write(&headers, &body)?;
    Ok((parcel(envelope, beside, ctx), (headers.to, headers.reply_to)))
}

async fn record(tried: &Try<'_>, sent: &Sent, ctx: &Context) -> Result<(), FlowError> {
    let (row, id) = (tried.row, tried.message_id);
    let now = ctx.clock.now();
    let mut tx = ctx.store.begin().await?;
    let (kind, code, detail) = match sent {
        Sent::Held => {
            journal_append(&mut tx, &tried.entry(now, ("sent", None), &row.draft.action)).await?;
            let _overtaken = outbox_sent(&mut tx, row.id).await?; // an answer may be faster than our record
            happened(&mut tx, row, Event::Sent, now, ctx).await?;
            tx.commit().await?;
            return Ok(());
        }
        Sent::Missed { detail } => {
            let attempts = row.attempts.saturating_add(1);
            let next_at = ctx.retry.next_at(attempts, ctx.random.permille(), now);
            let _overtaken = outbox_retry(&mut tx, row.id, next_at, attempts).await?; // as above
            ("missed", Some("wire.unreachable"), format!("{detail}; next try at {next_at}"))
        }
        Sent::Faulted { detail } => match outbox_sent(&mut tx, row.id).await? {
            Outcome::Overtaken => {
                ("faulted", None, format!("{detail}; but the peer has confirmed the message"))
            }
            Outcome::Recorded => {
                happened(&mut tx, row, Event::Sent, now, ctx).await?;
                met_a_fault(&mut tx, (row, id), now, ctx).await?;
                ("faulted", Some("wire.fault"), detail.clone())
            }
        },
        Sent::Stuck { code, detail } => {
            outbox_parked(&mut tx, row.id, code).await?;
            ("parked", Some(*code), detail.clone())
        }
    };
    journal_append(&mut tx, &tried.entry(now, (kind, code), &detail)).await?;
    tx.commit().await?;
    Ok(())
}

/// Journals that a peer is not reached, if it has been so long enough for a person to be asked. The lane counts: it
/// knocks with one message at a time.
///
/// # Errors
/// The database does not answer.
pub async fn note_misses(peer: &str, misses: u32, ctx: &Context) -> Result<(), FlowError> {
    if !calls_a_person(misses) {
        return Ok(());
    }
    let detail =
        format!("the peer was not reached {misses} times in a row; it is tried on, but call its operator");
    tracing::warn!(peer, misses, "a peer cannot be reached; a person must act");
    let mut entry = JournalDraft::at(ctx.clock.now(), "ask_person", detail);
    entry.peer = Some(peer.to_owned());
    entry.code = Some("wire.unreachable".to_owned());
    let mut tx = ctx.store.begin().await?;
    journal_append(&mut tx, &entry).await?;
    tx.commit().await?;
    Ok(())
}

/// The peer cannot take a message that was sent: it is sent again where its course allows that, else kept (D5 ¶100,
/// ¶103).
pub(super) async fn met_a_fault(
    tx: &mut Tx,
    (row, id): (&OutboxRow, MessageId),
    now: Timestamp,
    ctx: &Context,
) -> Result<(), FlowError> {
    let effect = happened(tx, row, Event::Fault, now, ctx).await?;
    if effect != Effect::Resend {
        outbox_quarantined(tx, row.id, "wire.fault").await?;
        let entry = JournalDraft::at(now, "ask_person", CANNOT_TAKE).coded(Some("wire.fault"));
        journal_append(tx, &entry.of_outbox(&row.draft, Some(id))).await?;
        tracing::warn!(peer = row.draft.peer, row = %row.id, "a peer cannot take a message; a person must act");
    }
    Ok(())
}

/// Documents move their conversation; signals have no terms.
async fn happened(
    tx: &mut Tx,
    row: &OutboxRow,
    event: Event,
    now: Timestamp,
    ctx: &Context,
) -> Result<Effect, FlowError> {
    match row.draft.kind {
        OutboxKind::Application => {
            let whose = (row.draft.conversation_id, row.draft.role);
            advance(tx, whose, Happened { event, now }, ctx).await
        }
        OutboxKind::Signal | OutboxKind::Fault => Ok(Effect::Rest),
    }
}

fn later(now: Timestamp, ms: i64) -> Timestamp {
    now.checked_add(SignedDuration::from_millis(ms)).unwrap_or(Timestamp::MAX)
}

/// What a reply says at once.
enum Said {
    /// An empty body, as a node has it.
    Nothing,
    /// A fault: its reason in English if it has one, in Russian otherwise.
    Fault(String),
    /// An envelope that is none.
    Message,
    /// Something that comes from no node.
    Other,
}

impl Said {
    fn of(reply: &Bytes, ctx: &Context) -> Self {
        if reply.is_empty() {
            return Self::Nothing;
        }
        match Envelope::read(reply, &ctx.limits) {
            Ok(envelope) if envelope.is_fault => Self::Fault(reason(reply)),
            Ok(_) => Self::Message,
            Err(_) => Self::Other,
        }
    }
}

fn reason(fault: &Bytes) -> String {
    let text = String::from_utf8_lossy(fault);
    let after = |mark: &str| text.split_once(mark).and_then(|(_, rest)| rest.split_once('<'));
    let reason = after("xml:lang=\"en\">").or_else(|| after("xml:lang=\"ru\">"));
    reason
        .map_or("the peer answered with a fault that gives no reason".to_owned(), |(text, _)| text.to_owned())
}

const CANNOT_TAKE: &str = "the peer cannot take this message and it is not sent again; see the fault, mend its cause and release it";

/// How often the outcome of a delivery is recorded before it is left to the end of the lease.
const RECORD_TRIES: u32 = 3;
