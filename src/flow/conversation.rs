//! Drives the stored conversation through the pure machine of `transit`, inside the caller's transaction.

use super::{Context, FlowError};
use crate::base::ConversationId;
use crate::exchange::transit::{Effect, Event, Request, Stage, Step, Terms};
use crate::store::{
    Conversation, ConversationState, JournalDraft, OutboxState, Resend, Role, Tx, conversation_due,
    conversation_lock, conversation_update, journal_append, outbox_requeue,
};
use jiff::{SignedDuration, Timestamp};

/// An event of a conversation and its instant.
#[derive(Debug, Clone, Copy)]
pub(super) struct Happened {
    pub(super) event: Event,
    pub(super) now: Timestamp,
}

/// Moves the conversation we began; tells what is to be done about the event.
pub(super) async fn advance(
    tx: &mut Tx,
    id: ConversationId,
    happened: Happened,
    ctx: &Context,
) -> Result<Effect, FlowError> {
    let Some(mut conversation) = conversation_lock(tx, id, Role::Initiator).await? else {
        return Ok(Effect::Unexpected);
    };
    let terms = terms_of(&conversation, ctx)?;
    let Step { request, effect } = restore(&conversation, &terms).step(happened.event, happened.now, &terms);
    if conversation.state != ConversationState::Open {
        return Ok(if happened.event == Event::Tick { Effect::Rest } else { Effect::Late });
    }
    store(&mut conversation, &request, &terms, happened.now);
    conversation_update(tx, &conversation).await?;
    match effect {
        Effect::Resend => resend(tx, &conversation, ctx).await?,
        Effect::AskPerson => ask_person(tx, &conversation, happened.now).await?,
        Effect::Rest | Effect::Complete | Effect::Unexpected | Effect::Late => {}
    }
    Ok(effect)
}

/// Steps every conversation one of whose terms ran out.
///
/// # Errors
/// The database does not answer.
pub async fn watch_terms(ctx: &Context) -> Result<(), FlowError> {
    let now = ctx.clock.now();
    let due = conversation_due(&mut ctx.store.read().await?, now, DUE_AT_ONCE).await?;
    for conversation in due {
        let mut tx = ctx.store.begin().await?;
        advance(&mut tx, conversation.id, Happened { event: Event::Tick, now }, ctx).await?;
        tx.commit().await?;
    }
    Ok(())
}

pub(super) fn terms_of(conversation: &Conversation, ctx: &Context) -> Result<Terms, FlowError> {
    let process = ctx.catalogue.process(&conversation.process)?;
    let card = process.transaction(&conversation.transaction)?;
    let factor = i64::from(ctx.peers.of_name(&conversation.peer)?.term_factor);
    let longer = |ms: Option<i64>| ms.map(|ms| ms.saturating_mul(factor));
    Ok(Terms {
        t1_ms: longer(card.t1_ms),
        t2_ms: longer(card.t2_ms),
        t3_ms: longer(card.t3_ms),
        repeats: card.repeats,
    })
}

fn restore(conversation: &Conversation, terms: &Terms) -> Request {
    let stage = Stage::of_word(&conversation.step).unwrap_or(Stage::Queued);
    let timers = [
        (conversation.t1_at, terms.t1_ms),
        (conversation.t2_at, terms.t2_ms),
        (conversation.t3_at, terms.t3_ms),
    ];
    let sent_at = timers.into_iter().find_map(|(at, ms)| {
        at.zip(ms).and_then(|(at, ms)| at.checked_sub(SignedDuration::from_millis(ms)).ok())
    });
    Request::restore(stage, conversation.attempts, sent_at)
}

fn store(conversation: &mut Conversation, request: &Request, terms: &Terms, now: Timestamp) {
    let stage = request.stage();
    let timer = |ms: Option<i64>, is_open: bool| {
        let sent_at = request.sent_at().filter(|_| is_open)?;
        sent_at.checked_add(SignedDuration::from_millis(ms?)).ok()
    };
    conversation.step = stage.as_str().to_owned();
    conversation.attempts = request.sends();
    conversation.t1_at = timer(terms.t1_ms, stage == Stage::Asked);
    conversation.t2_at = timer(terms.t2_ms, matches!(stage, Stage::Asked | Stage::Received));
    conversation.t3_at =
        timer(terms.t3_ms, matches!(stage, Stage::Asked | Stage::Received | Stage::Accepted));
    (conversation.state, conversation.outcome) = match stage {
        Stage::Queued | Stage::Asked | Stage::Received | Stage::Accepted => (ConversationState::Open, None),
        Stage::Answered => (ConversationState::Completed, Some(stage.as_str().to_owned())),
        Stage::Refused => (ConversationState::Failed, Some(stage.as_str().to_owned())),
        Stage::Unanswered => (ConversationState::Expired, Some(stage.as_str().to_owned())),
    };
    conversation.finished_at = (conversation.state != ConversationState::Open).then_some(now);
}

async fn resend(tx: &mut Tx, conversation: &Conversation, ctx: &Context) -> Result<(), FlowError> {
    let Some(request) = conversation.request_outbox_id else { return Ok(()) };
    match outbox_requeue(tx, request).await? {
        Resend::Queued => ctx.wake.outbox(),
        Resend::Unchanged(state) => {
            let is_on_its_way = matches!(state, OutboxState::Queued | OutboxState::Leased);
            tracing::debug!(%state, is_on_its_way, "a request was not queued again");
        }
    }
    Ok(())
}

async fn ask_person(tx: &mut Tx, conversation: &Conversation, now: Timestamp) -> Result<(), FlowError> {
    let detail =
        "the transaction ended without its answer; see the journal of this conversation and call the peer";
    let mut entry = JournalDraft::at(now, "ask_person", detail);
    entry.conversation_id = Some(conversation.id);
    entry.document_id = conversation.request_document_id;
    entry.peer = Some(conversation.peer.clone());
    entry.code = conversation.outcome.as_ref().map(|outcome| format!("transit.{outcome}"));
    journal_append(tx, &entry).await?;
    tracing::warn!(conversation = %conversation.id, outcome = ?conversation.outcome, "a person must act");
    Ok(())
}

/// How many overdue conversations are stepped in one look; the rest follow in the next.
const DUE_AT_ONCE: u32 = 100;
