//! settle = claim -> signal | fault | document -> outcome and answer.
//!
//! Whatever fails gets its verdict here and is carried out: tried again, returned, quarantined or parked.

use super::deliver::met_a_fault;
use super::document::settle_document;
use super::note::{calls_a_person, note};
use super::service::settle_service;
use super::signals::{About, error, put_signal, settle_signal};
use super::{Context, FlowError};
use crate::base::{Verdict, with_causes};
use crate::exchange::rules::Transaction;
use crate::exchange::transit::{ErrorCode, Headers, MessageCode, Role, ServiceAction};
use crate::exchange::wire::Envelope;
use crate::store::{
    InboxId, InboxRow, OutboxState, inbox_claim, inbox_extend, inbox_parked, inbox_quarantined, inbox_retry,
    inbox_returned, inbox_settled, outbox_of_delivery,
};
use jiff::{SignedDuration, Timestamp};

/// Claims what is held and due; documents of the `busy` peers are left for later.
///
/// # Errors
/// The database does not answer.
pub async fn claim_inbox(limit: u32, busy: &[&str], ctx: &Context) -> Result<Vec<InboxRow>, FlowError> {
    let now = ctx.clock.now();
    let mut tx = ctx.store.begin_single().await?;
    let rows = inbox_claim(&mut tx, now, lease_until(now, ctx), limit, busy).await?;
    tx.commit().await?;
    Ok(rows)
}

/// Keeps a claimed message claimed while it is being settled: a local system that takes its time must not get the
/// same message from a second worker.
///
/// # Errors
/// The database does not answer.
pub async fn extend_lease(id: InboxId, ctx: &Context) -> Result<(), FlowError> {
    let mut tx = ctx.store.begin().await?;
    inbox_extend(&mut tx, id, lease_until(ctx.clock.now(), ctx)).await?;
    tx.commit().await?;
    Ok(())
}

fn lease_until(now: Timestamp, ctx: &Context) -> Timestamp {
    now.checked_add(SignedDuration::from_millis(ctx.limits.lease_ms)).unwrap_or(Timestamp::MAX)
}

/// Settles one claimed message; whatever happens, its state says so.
///
/// # Errors
/// The database does not answer; the lease runs out and the message is settled again.
pub async fn settle(row: InboxRow, ctx: &Context) -> Result<(), FlowError> {
    match settle_row(&row, ctx).await {
        Ok(()) => Ok(()),
        Err(error) if error.is_lost_race() => Err(error), // the row is another worker's now
        Err(error) => give_back(&row, &error, ctx).await,
    }
}

async fn settle_row(row: &InboxRow, ctx: &Context) -> Result<(), FlowError> {
    let envelope = Envelope::read(&row.raw, &ctx.limits)?;
    if envelope.is_fault {
        return settle_fault(row, ctx).await;
    }
    if let Some(action) = ServiceAction::of(&envelope.headers) {
        return settle_service(row, action, &envelope, ctx).await;
    }
    let headers = match Headers::parse(&envelope.headers) {
        Ok(headers) => headers,
        Err(faults) => return refuse(row, None, &format!("{faults:?}"), "wire.header", ctx).await,
    };
    match &headers.action.message {
        MessageCode::Signal(signal) => settle_signal(row, (&headers, *signal), &envelope, ctx).await,
        MessageCode::Application(_) => settle_document(row, &headers, &envelope, ctx).await,
    }
}

/// A fault about a message of ours: it permits a resend, and is never answered (D5 ¶89, ¶100).
async fn settle_fault(row: &InboxRow, ctx: &Context) -> Result<(), FlowError> {
    let now = ctx.clock.now();
    let mut tx = ctx.store.begin().await?;
    if let Some(message_id) = row.relates_to
        && let Some(sent) = outbox_of_delivery(&mut tx, message_id).await?
        && sent.draft.peer == row.peer
        && sent.state == OutboxState::Sent
    {
        met_a_fault(&mut tx, (&sent, message_id), now, ctx).await?;
    }
    inbox_settled(&mut tx, row.id).await?;
    note(&mut tx, row, ("fault", None), "a fault came from the peer", ctx).await?;
    tx.commit().await?;
    Ok(())
}

/// Returns a message for good, with an ERR signal where its header can be answered.
pub(super) async fn refuse(
    row: &InboxRow,
    headers: Option<&Headers>,
    detail: &str,
    code: &str,
    ctx: &Context,
) -> Result<(), FlowError> {
    let mut tx = ctx.store.begin().await?;
    if let Some(headers) = headers {
        put_signal(
            &mut tx,
            &About::taken(headers, role_of(headers, ctx)),
            &row.peer,
            error(ErrorCode::FatalError, code, None),
            ctx,
        )
        .await?;
    }
    inbox_returned(&mut tx, row.id, code).await?;
    note(&mut tx, row, ("returned", Some(code)), detail, ctx).await?;
    tx.commit().await?;
    ctx.wake.outbox();
    Ok(())
}

/// The side we play who take this message: whoever takes the first one is the respondent.
fn role_of(headers: &Headers, ctx: &Context) -> Role {
    let action = &headers.action;
    let process = ctx.catalogue.process(&action.process);
    let is_answer = |card: &Transaction| matches!(&action.message, MessageCode::Application(code) if card.responses.contains(code));
    match process.and_then(|process| process.transaction(&action.transaction)) {
        Ok(card) if is_answer(card) => Role::Initiator,
        Ok(_) | Err(_) => Role::Respondent,
    }
}

/// Carries out the verdict of a failure.
async fn give_back(row: &InboxRow, error: &FlowError, ctx: &Context) -> Result<(), FlowError> {
    let detail = with_causes(error);
    tracing::warn!(row = %row.id, error = %detail, "a message could not be settled");
    match error.verdict() {
        Verdict::Retry { not_before } => {
            let attempts = row.attempts.saturating_add(1);
            let next_at = ctx.retry.next_at(attempts, ctx.random.permille(), ctx.clock.now());
            let next_at = not_before.map_or(next_at, |at| at.max(next_at));
            let mut tx = ctx.store.begin().await?;
            inbox_retry(&mut tx, row.id, next_at, attempts).await?;
            note(&mut tx, row, ("postponed", None), &format!("{detail}; next try at {next_at}"), ctx).await?;
            if calls_a_person(attempts) {
                let detail = format!("a message of the peer could not be settled {attempts} times: {detail}");
                note(&mut tx, row, ("ask_person", Some("flow.postponed")), &detail, ctx).await?;
            }
            tx.commit().await?;
            Ok(())
        }
        Verdict::Return { code } => {
            let envelope = Envelope::read(&row.raw, &ctx.limits).ok();
            let headers = envelope.and_then(|envelope| Headers::parse(&envelope.headers).ok());
            refuse(row, headers.as_ref(), &detail, code, ctx).await
        }
        Verdict::Quarantine { code } => {
            let mut tx = ctx.store.begin().await?;
            inbox_quarantined(&mut tx, row.id, code).await?;
            note(&mut tx, row, ("quarantined", Some(code)), &detail, ctx).await?;
            tx.commit().await?;
            Ok(())
        }
        Verdict::Park { code } => {
            let mut tx = ctx.store.begin().await?;
            inbox_parked(&mut tx, row.id, code).await?;
            note(&mut tx, row, ("parked", Some(code)), &detail, ctx).await?;
            tx.commit().await?;
            Ok(())
        }
    }
}
