//! Signals: ours are outbox rows of the transaction that records what they report; the peer's move a conversation.

use super::conversation::{Happened, advance};
use super::note::note;
use super::{Context, FlowError};
use crate::base::{ConversationId, DocumentId, MessageId, ProcedureId};
use crate::exchange::seal::sha256;
use crate::exchange::transit::{
    Action, Effect, ErrorCode, Event, Headers, Role, Signal, SignalBody, SignalError,
};
use crate::exchange::wire::Envelope;
use crate::store::{
    InboxRow, OutboxDraft, OutboxId, OutboxKind, OutboxRow, OutboxState, Tx, inbox_settled, outbox_confirmed,
    outbox_of_delivery, outbox_put, outbox_returned,
};

/// The message that a signal of ours is about.
pub(super) struct About {
    /// The side we play, who take it.
    role: Role,
    conversation_id: ConversationId,
    procedure_id: ProcedureId,
    action: Action,
    message_id: MessageId,
}

impl About {
    /// The message with this header, which we take as this side of its transaction.
    pub(super) fn taken(headers: &Headers, role: Role) -> Self {
        Self {
            role,
            conversation_id: headers.conversation_id,
            procedure_id: headers.procedure_id.clone(),
            action: headers.action.clone(),
            message_id: headers.message_id,
        }
    }

    /// The message of the peer that a message of ours answers, if it answers one.
    pub(super) fn answered_by(ours: &OutboxDraft) -> Result<Option<Self>, FlowError> {
        let Some(message_id) = ours.relates_to else { return Ok(None) };
        Ok(Some(Self {
            role: ours.role,
            conversation_id: ours.conversation_id,
            procedure_id: ours.procedure_id.clone(),
            action: ours.action.parse()?,
            message_id,
        }))
    }
}

/// Puts a signal about a message into the outbox.
pub(super) async fn put_signal(
    tx: &mut Tx,
    about: &About,
    peer: &str,
    (signal, errors): (Signal, Vec<SignalError>),
    ctx: &Context,
) -> Result<OutboxId, FlowError> {
    let at = ctx.clock.now();
    let body = SignalBody { signal, id: ctx.random.id(at), at, errors }.encode()?;
    let draft = OutboxDraft {
        peer: peer.to_owned(),
        conversation_id: about.conversation_id,
        procedure_id: about.procedure_id.clone(),
        document_id: None,
        kind: OutboxKind::Signal,
        role: about.role,
        action: about.action.signal(signal).to_string(),
        digest: sha256(&body),
        body,
        relates_to: Some(about.message_id),
        created_at: at,
    };
    Ok(outbox_put(tx, &draft).await?)
}

/// One error as the only content of an ERR signal.
pub(super) fn error(
    code: ErrorCode,
    detail: &str,
    document: Option<DocumentId>,
) -> (Signal, Vec<SignalError>) {
    (Signal::Error, vec![SignalError::of(code, detail, document)])
}

/// What is told about a signal: its kind in the journal, a code, a sentence; and what the peer is told.
struct Judged {
    code: Option<&'static str>,
    detail: String,
    objection: Option<ErrorCode>,
}

/// Settles a signal from a peer.
pub(super) async fn settle_signal(
    row: &InboxRow,
    (headers, signal): (&Headers, Signal),
    envelope: &Envelope,
    ctx: &Context,
) -> Result<(), FlowError> {
    let bytes = row.raw.get(envelope.body.clone()).unwrap_or_default();
    let body = SignalBody::decode(signal, bytes, &envelope.scope, &ctx.limits);
    let mut tx = ctx.store.begin().await?;
    let about = about(&mut tx, row, headers).await?;
    let role = about.as_ref().map(|sent| sent.draft.role);
    let judged = match (about, body) {
        (Some(sent), Ok(body)) => {
            let effect = take(&mut tx, &sent, signal, ctx).await?;
            let told = body.errors.iter().map(|e| format!("; {}: {}", e.code.as_text(), e.description));
            let is_unexpected = effect == Effect::Unexpected && signal != Signal::Error;
            Judged {
                code: match (signal, is_unexpected) {
                    (Signal::Error, _) => Some("transit.refused_by_peer"),
                    (Signal::Received | Signal::Accepted, true) => Some("transit.unexpected"),
                    (Signal::Received | Signal::Accepted, false) => None,
                },
                detail: format!("{}{}{}", signal.as_code(), remark(effect), told.collect::<String>()),
                objection: is_unexpected.then_some(ErrorCode::UnexpectedMessage),
            }
        }
        (None, _) => Judged {
            code: Some("transit.unexpected"),
            detail: format!("{} answers no message of this node", signal.as_code()),
            objection: Some(ErrorCode::UnexpectedMessage),
        },
        (Some(_), Err(cause)) => Judged {
            code: Some("transit.signal_structure"),
            detail: format!("{}: {cause}", signal.as_code()),
            objection: Some(ErrorCode::DataError),
        },
    };
    // ERR is never answered with ERR.
    if let Some(code) = judged.objection.filter(|_| signal != Signal::Error) {
        // To nothing of ours it is answered as by a respondent: what the peer believes is not known.
        let about = About::taken(headers, role.unwrap_or(Role::Respondent));
        put_signal(&mut tx, &about, &row.peer, error(code, &judged.detail, None), ctx).await?;
    }
    note(&mut tx, row, ("signal", judged.code), &judged.detail, ctx).await?;
    inbox_settled(&mut tx, row.id).await?;
    tx.commit().await?;
    ctx.wake.outbox();
    Ok(())
}

/// The message of ours that a signal is about, if it is one to this peer and of this conversation.
async fn about(tx: &mut Tx, row: &InboxRow, headers: &Headers) -> Result<Option<OutboxRow>, FlowError> {
    let Some(message_id) = headers.relates_to else { return Ok(None) };
    let sent = outbox_of_delivery(tx, message_id).await?;
    Ok(sent
        .filter(|sent| sent.draft.conversation_id == headers.conversation_id && sent.draft.peer == row.peer))
}

/// Records what a signal says of a message of ours, and moves its conversation.
async fn take(tx: &mut Tx, sent: &OutboxRow, signal: Signal, ctx: &Context) -> Result<Effect, FlowError> {
    let event = match signal {
        Signal::Received => Event::Rcv,
        Signal::Accepted => Event::Prs,
        Signal::Error => Event::Err,
    };
    if matches!(sent.state, OutboxState::Queued | OutboxState::Leased | OutboxState::Sent) {
        match signal {
            Signal::Received | Signal::Accepted => outbox_confirmed(tx, sent.id).await?,
            Signal::Error => outbox_returned(tx, sent.id, "transit.refused_by_peer").await?,
        }
    }
    // The peer may object to what we signalled (D5 ¶124); but a signal confirms no signal.
    if sent.draft.kind != OutboxKind::Application && signal != Signal::Error {
        return Ok(Effect::Unexpected);
    }
    let happened = Happened { event, now: ctx.clock.now() };
    advance(tx, (sent.draft.conversation_id, sent.draft.role), happened, ctx).await
}

fn remark(effect: Effect) -> &'static str {
    match effect {
        Effect::Late => ", after the end",
        Effect::Unexpected => ", which the transaction does not use",
        Effect::Rest | Effect::Resend | Effect::Complete | Effect::AskPerson | Effect::Cancel => "",
    }
}
