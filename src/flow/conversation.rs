//! Drives the stored conversation through the pure machine of `transit`, inside the caller's transaction.

use super::signals::{About, error, put_signal};
use super::{Context, FlowError};
use crate::base::{ConversationId, with_causes};
use crate::exchange::rules::Transaction;
use crate::exchange::transit::{Course, Effect, ErrorCode, Event, Plan, Role, Stage, Step, Terms};
use crate::store::{
    Conversation, ConversationState, JournalDraft, OutboxState, Resend, Tx, case_void, conversation_due,
    conversation_lock, conversation_update, inbox_resume, journal_append, ledger_outcome, outbox_find,
    outbox_requeue,
};
use jiff::{SignedDuration, Timestamp};

/// An event of a conversation and its instant.
#[derive(Debug, Clone, Copy)]
pub(super) struct Happened {
    pub(super) event: Event,
    pub(super) now: Timestamp,
}

/// Moves our side of a conversation; tells what is to be done about the event.
pub(super) async fn advance(
    tx: &mut Tx,
    (id, role): (ConversationId, Role),
    happened: Happened,
    ctx: &Context,
) -> Result<Effect, FlowError> {
    match conversation_lock(tx, id, role).await? {
        Some(mut conversation) => Ok(step(tx, &mut conversation, happened, ctx).await?.effect),
        None => Ok(Effect::Unexpected),
    }
}

/// The same for a conversation that the caller has locked.
pub(super) async fn step(
    tx: &mut Tx,
    conversation: &mut Conversation,
    happened: Happened,
    ctx: &Context,
) -> Result<Step, FlowError> {
    let plan = plan_of(conversation, ctx)?;
    let step = restore(conversation, &plan).step(happened.event, happened.now, &plan);
    if conversation.state == ConversationState::Open {
        store(conversation, &step.course, &plan, happened.now);
        conversation_update(tx, conversation).await?;
        if plan.is_atomic() && step.course.stage().is_end() {
            inbox_resume(tx, conversation.id, &conversation.peer).await?;
            ctx.wake.inbox();
        }
        // what the peer refused, or was cancelled, had no effect there, and has none in a case here
        if let (Role::Initiator, ConversationState::Failed, Some(request)) =
            (conversation.role, conversation.state, conversation.request_document_id)
        {
            case_void(tx, request).await?;
        }
    }
    match step.effect {
        Effect::Resend => resend(tx, conversation, happened, ctx).await?,
        Effect::AskPerson => ask_person(tx, conversation, happened.now).await?,
        Effect::Cancel => {
            cancel(tx, conversation, ctx).await?;
            ask_person(tx, conversation, happened.now).await?;
        }
        Effect::Rest | Effect::Complete | Effect::Unexpected | Effect::Late => {}
    }
    Ok(step)
}

/// Steps every conversation one of whose terms ran out. One that cannot be stepped any more does not hold up others.
///
/// # Errors
/// The database does not answer.
pub async fn watch_terms(ctx: &Context) -> Result<(), FlowError> {
    let now = ctx.clock.now();
    let due = conversation_due(&mut ctx.store.read().await?, now, DUE_AT_ONCE).await?;
    for conversation in due {
        let mut tx = ctx.store.begin().await?;
        let happened = Happened { event: Event::Tick, now };
        match advance(&mut tx, (conversation.id, conversation.role), happened, ctx).await {
            Ok(_effect) => tx.commit().await?,
            Err(error @ FlowError::Store(_)) => return Err(error),
            Err(error) => {
                drop(tx);
                give_up(&conversation, &with_causes(&error), ctx).await?;
            }
        }
    }
    Ok(())
}

/// Ends a conversation whose peer or process is not known any more.
async fn give_up(conversation: &Conversation, why: &str, ctx: &Context) -> Result<(), FlowError> {
    let now = ctx.clock.now();
    let mut tx = ctx.store.begin().await?;
    let Some(mut known) = conversation_lock(&mut tx, conversation.id, conversation.role).await? else {
        return Ok(());
    };
    if known.state != ConversationState::Open {
        return Ok(());
    }
    (known.t1_at, known.t2_at, known.t3_at) = (None, None, None);
    known.state = ConversationState::Expired;
    known.outcome = Some("unplanned".to_owned());
    known.finished_at = Some(now);
    conversation_update(&mut tx, &known).await?;
    let entry = JournalDraft::at(now, "ask_person", format!("the terms cannot be watched any more: {why}"))
        .coded(Some("transit.unplanned"))
        .of_conversation(&known);
    journal_append(&mut tx, &entry).await?;
    tx.commit().await?;
    tracing::warn!(conversation = %known.id, why, "a conversation is given up; a person must act");
    Ok(())
}

/// The card of a transaction as one side of it sees it.
pub(super) fn plan(card: &Transaction, role: Role, peer: &str, ctx: &Context) -> Result<Plan, FlowError> {
    let factor = i64::from(ctx.peers.of_name(peer)?.term_factor);
    let longer = |ms: Option<i64>| ms.map(|ms| ms.saturating_mul(factor));
    let terms = Terms {
        t1_ms: longer(card.t1_ms),
        t2_ms: longer(card.t2_ms),
        t3_ms: longer(card.t3_ms),
        repeats: card.repeats,
    };
    Ok(Plan { role, pattern: card.pattern, terms })
}

fn plan_of(conversation: &Conversation, ctx: &Context) -> Result<Plan, FlowError> {
    let card = ctx.catalogue.process(&conversation.process)?.transaction(&conversation.transaction)?;
    plan(card, conversation.role, &conversation.peer, ctx)
}

/// Where our side of a conversation stands.
pub(super) fn stage_of(conversation: &Conversation) -> Stage {
    Stage::of_word(&conversation.step).unwrap_or(match conversation.role {
        Role::Initiator => Stage::Queued,
        Role::Respondent => Stage::Working,
    })
}

fn restore(conversation: &Conversation, plan: &Plan) -> Course {
    let (stage, sends) = (stage_of(conversation), conversation.attempts);
    let terms = Course::restore(stage, sends, None).open_terms(plan);
    let timers = [conversation.t1_at, conversation.t2_at, conversation.t3_at];
    let since = timers.into_iter().zip(terms).find_map(|(at, ms)| {
        at.zip(ms).and_then(|(at, ms)| at.checked_sub(SignedDuration::from_millis(ms)).ok())
    });
    Course::restore(stage, sends, since)
}

fn store(conversation: &mut Conversation, course: &Course, plan: &Plan, now: Timestamp) {
    let stage = course.stage();
    let [t1_at, t2_at, t3_at] =
        course.open_terms(plan).map(|ms| course.since()?.checked_add(SignedDuration::from_millis(ms?)).ok());
    (conversation.t1_at, conversation.t2_at, conversation.t3_at) = (t1_at, t2_at, t3_at);
    conversation.step = stage.as_str().to_owned();
    conversation.attempts = course.sends();
    conversation.state = match stage {
        Stage::Working
        | Stage::Queued
        | Stage::Sent
        | Stage::Received
        | Stage::Accepted
        | Stage::Objectable => ConversationState::Open,
        Stage::Completed => ConversationState::Completed,
        Stage::Refused | Stage::Rejected | Stage::Cancelled => ConversationState::Failed,
        Stage::Unanswered => ConversationState::Expired,
    };
    if stage.is_end() {
        // A completed one may name the message that completed it.
        if stage != Stage::Completed || conversation.outcome.is_none() {
            conversation.outcome = Some(stage.as_str().to_owned());
        }
        conversation.finished_at = Some(now);
    }
}

/// At once after a missed term, which was long; after a fault with the waits of the network's failures.
async fn resend(
    tx: &mut Tx,
    conversation: &Conversation,
    happened: Happened,
    ctx: &Context,
) -> Result<(), FlowError> {
    let Some(own) = conversation.own_outbox_id else { return Ok(()) };
    let not_before = match happened.event {
        Event::Fault => ctx.retry.next_at(conversation.attempts, ctx.random.permille(), happened.now),
        Event::Sent
        | Event::Rcv
        | Event::Prs
        | Event::Err
        | Event::Response
        | Event::Replied
        | Event::Reject
        | Event::Tick => happened.now,
    };
    match outbox_requeue(tx, own, not_before).await? {
        Resend::Queued => ctx.wake.outbox(),
        Resend::Unchanged(state) => {
            let is_on_its_way = matches!(state, OutboxState::Queued | OutboxState::Leased);
            tracing::debug!(%state, is_on_its_way, "a message was not queued again");
        }
    }
    Ok(())
}

/// Tells the peer that nothing of the transaction has effect here (D5 ¶122, ¶124).
async fn cancel(tx: &mut Tx, conversation: &Conversation, ctx: &Context) -> Result<(), FlowError> {
    let Some(own) = conversation.own_outbox_id else { return Ok(()) };
    let Some(response) = outbox_find(tx, own).await? else { return Ok(()) };
    let detail = "the response was not confirmed in time; the transaction is cancelled on both sides";
    let Some(about) = About::answered_by(&response.draft)? else { return Ok(()) };
    let objection = error(ErrorCode::FatalError, detail, None);
    let objection = put_signal(tx, &about, &conversation.peer, objection, ctx).await?;
    if let Some(request) = conversation.request_document_id {
        ledger_outcome(tx, &conversation.peer, request, &[objection]).await?; // a repeat is told so, too
    }
    ctx.wake.outbox();
    Ok(())
}

async fn ask_person(tx: &mut Tx, conversation: &Conversation, now: Timestamp) -> Result<(), FlowError> {
    let (end, detail) = match (conversation.state, conversation.outcome.as_deref()) {
        (ConversationState::Completed, _) => (
            "refused_after_end",
            "the peer refuses what was complete here; see the journal of this conversation and call the peer",
        ),
        (_, outcome) => (
            outcome.unwrap_or("open"),
            "the transaction ended without its result; see the journal of this conversation and call the peer",
        ),
    };
    let code = format!("transit.{end}");
    let entry = JournalDraft::at(now, "ask_person", detail).coded(Some(&code)).of_conversation(conversation);
    journal_append(tx, &entry).await?;
    tracing::warn!(conversation = %conversation.id, end, "a person must act");
    Ok(())
}

/// How many overdue conversations are stepped in one look; the rest follow in the next.
const DUE_AT_ONCE: u32 = 100;
