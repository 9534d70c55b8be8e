//! Signals: ours are outbox rows of the transaction that records what they report; the peer's move a conversation.

use super::conversation::{Happened, advance};
use super::{Context, FlowError};
use crate::base::DocumentId;
use crate::exchange::seal::sha256;
use crate::exchange::transit::{Effect, ErrorCode, Event, Headers, Signal, SignalBody, SignalError};
use crate::exchange::wire::Envelope;
use crate::store::{
    InboxRow, JournalDraft, OutboxDraft, OutboxId, OutboxKind, OutboxState, Tx, delivery_find, inbox_settled,
    journal_append, outbox_confirmed, outbox_find, outbox_put,
};

/// Puts a signal about a message into the outbox.
pub(super) async fn put_signal(
    tx: &mut Tx,
    about: &Headers,
    peer: &str,
    (signal, errors): (Signal, Vec<SignalError>),
    ctx: &Context,
) -> Result<OutboxId, FlowError> {
    let at = ctx.clock.now();
    let body = SignalBody { signal, id: ctx.random.uuid(), at, errors }.encode()?;
    let draft = OutboxDraft {
        peer: peer.to_owned(),
        conversation_id: about.conversation_id,
        procedure_id: about.procedure_id.clone(),
        document_id: None,
        kind: OutboxKind::Signal,
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

/// Settles a signal from a peer.
pub(super) async fn settle_signal(
    row: &InboxRow,
    (headers, signal): (&Headers, Signal),
    envelope: &Envelope,
    ctx: &Context,
) -> Result<(), FlowError> {
    let bytes = row.raw.get(envelope.body.clone()).unwrap_or_default();
    let body = SignalBody::decode(signal, bytes, &envelope.scope, &ctx.limits);
    let now = ctx.clock.now();
    let mut tx = ctx.store.begin().await?;
    let about = match headers.relates_to {
        Some(message_id) => delivery_find(&mut tx, message_id).await?,
        None => None,
    };
    let about = match about {
        Some(id) => outbox_find(&mut tx, id).await?.filter(|sent| {
            sent.draft.conversation_id == headers.conversation_id && sent.draft.peer == row.peer
        }),
        None => None,
    };
    let (kind, code, detail) = match (about, body) {
        (Some(sent), Ok(body)) => {
            if matches!(sent.state, OutboxState::Queued | OutboxState::Leased | OutboxState::Sent) {
                outbox_confirmed(&mut tx, sent.id).await?;
            }
            let event = match signal {
                Signal::Received => Event::Rcv,
                Signal::Accepted => Event::Prs,
                Signal::Error => Event::Err,
            };
            let is_request = sent.draft.kind == OutboxKind::Application && sent.draft.relates_to.is_none();
            let effect = if is_request {
                advance(&mut tx, headers.conversation_id, Happened { event, now }, ctx).await?
            } else {
                Effect::Rest
            };
            let detail: Vec<String> =
                body.errors.iter().map(|e| format!("; {}: {}", e.code.as_text(), e.description)).collect();
            let code = (signal == Signal::Error).then_some("transit.refused_by_peer");
            ("signal".to_owned(), code, format!("{}{}{}", signal.as_code(), late(effect), detail.concat()))
        }
        (None, _) => {
            if signal != Signal::Error {
                let unexpected =
                    error(ErrorCode::UnexpectedMessage, "the signal answers no message of this node", None);
                put_signal(&mut tx, headers, &row.peer, unexpected, ctx).await?;
            }
            (
                signal.as_code().to_owned(),
                Some("transit.unexpected"),
                "it answers no message of this node".to_owned(),
            )
        }
        (Some(_), Err(cause)) => {
            if signal != Signal::Error {
                put_signal(
                    &mut tx,
                    headers,
                    &row.peer,
                    error(ErrorCode::DataError, &cause.to_string(), None),
                    ctx,
                )
                .await?;
            }
            (signal.as_code().to_owned(), Some("transit.signal_structure"), cause.to_string())
        }
    };
    inbox_settled(&mut tx, row.id).await?;
    let mut entry = JournalDraft::at(now, kind, detail);
    entry.message_id = row.message_id;
    entry.conversation_id = row.conversation_id;
    entry.peer = Some(row.peer.clone());
    entry.code = code.map(str::to_owned);
    journal_append(&mut tx, &entry).await?;
    tx.commit().await?;
    ctx.wake.outbox();
    Ok(())
}

fn late(effect: Effect) -> &'static str {
    match effect {
        Effect::Late => ", after the end",
        Effect::Unexpected => ", which the process does not use",
        Effect::Rest | Effect::Resend | Effect::Complete | Effect::AskPerson => "",
    }
}
