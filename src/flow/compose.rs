//! compose = Record -> encode -> check -> sign -> outbox.
//!
//! Pure work first, then one transaction; whoever asked is told once it is committed.

use super::answer::sealed;
use super::{Context, FlowError};
use crate::base::{ConversationId, DocumentId, ProcedureId};
use crate::exchange::canonical::Inquiry;
use crate::exchange::document::codec::{Header, HeaderText, encode_inquiry};
use crate::exchange::rules::Carries;
use crate::exchange::transit::{Action, MessageCode, Request};
use crate::store::{
    Conversation, ConversationState, JournalDraft, OutboxDraft, OutboxKind, Role, conversation_put,
    journal_append, outbox_put,
};

/// What was composed, by the ids that follow it everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Composed {
    /// The transaction it begins.
    pub conversation_id: ConversationId,
    /// The document.
    pub document_id: DocumentId,
}

/// Puts an inquiry into the outbox, sealed; it leaves when the peer can be reached.
///
/// # Errors
/// The inquiry is of another state, the asked state is no peer, the inquiry makes no lawful document, the database does not answer.
pub async fn compose(inquiry: &Inquiry, ctx: &Context) -> Result<Composed, FlowError> {
    if inquiry.asking != ctx.state {
        return Err(FlowError::NotOurs { asking: inquiry.asking, ours: ctx.state });
    }
    let now = ctx.clock.now();
    let peer = ctx.peers.of_name(inquiry.asked.as_code())?.state.to_string();
    let (process, transaction) = ctx.catalogue.beginning_with(Carries::Inquiry)?;
    let message = process.message(&transaction.request)?;
    let document_id = DocumentId::from_uuid(ctx.random.uuid());
    let header = Header {
        message: message.code.clone(),
        structure: message.structure.clone(),
        document_id,
        answers: None,
        made_at: HeaderText::of(now),
    };
    let document = encode_inquiry(inquiry, &header)?;
    let sealed = sealed(document, document_id, message, ctx).await?;
    let action = Action {
        process: process.code.clone(),
        version: process.version.clone(),
        procedure: transaction.procedure.clone(),
        transaction: transaction.code.clone(),
        message: MessageCode::Application(message.code.clone()),
    };
    let conversation_id = ConversationId::from_uuid(ctx.random.uuid());
    let draft = OutboxDraft {
        peer: peer.clone(),
        conversation_id,
        procedure_id: ProcedureId::start(ctx.random.uuid()),
        document_id: Some(document_id),
        kind: OutboxKind::Application,
        action: action.to_string(),
        digest: sealed.digest,
        body: sealed.bytes,
        relates_to: None,
        created_at: now,
    };
    let mut tx = ctx.store.begin().await?;
    let request = outbox_put(&mut tx, &draft).await?;
    let conversation = Conversation {
        id: conversation_id,
        role: Role::Initiator,
        peer: peer.clone(),
        process: process.code.clone(),
        transaction: transaction.code.clone(),
        procedure_id: draft.procedure_id.clone(),
        request_document_id: Some(document_id),
        request_outbox_id: Some(request),
        state: ConversationState::Open,
        step: Request::start().stage().as_str().to_owned(),
        t1_at: None,
        t2_at: None,
        t3_at: None,
        attempts: 0,
        outcome: None,
        started_at: now,
        finished_at: None,
    };
    conversation_put(&mut tx, &conversation).await?;
    let mut entry = JournalDraft::at(now, "composed", draft.action.clone());
    entry.conversation_id = Some(conversation_id);
    entry.document_id = Some(document_id);
    entry.peer = Some(peer);
    journal_append(&mut tx, &entry).await?;
    tx.commit().await?;
    ctx.wake.outbox();
    Ok(Composed { conversation_id, document_id })
}
