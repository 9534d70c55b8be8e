//! compose = Record -> encode -> check -> sign -> outbox.
//!
//! Pure work first, then one transaction; whoever asked is told once it is committed.

use super::answer::sealed;
use super::copies::OwnParts;
use super::{Context, FlowError};
use crate::base::{ConversationId, DocumentId, ProcedureId};
use crate::exchange::canonical::{Inquiry, InsuranceRecord, ResourceStatus, State};
use crate::exchange::document::codec::{Header, encode_inquiry, encode_record, encode_status};
use crate::exchange::rules::{Carries, MessageKind, Process, Transaction};
use crate::exchange::transit::{Action, Course, MessageCode, Role};
use crate::store::{
    Conversation, ConversationState, JournalDraft, OutboxDraft, OutboxId, OutboxKind, conversation_put,
    journal_append, outbox_put,
};

/// What was composed, by the ids that follow it everywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Composed {
    /// The transaction it begins.
    pub conversation_id: ConversationId,
    /// The document.
    pub document_id: DocumentId,
    /// The procedure it belongs to; further ones may be nested in it.
    pub procedure_id: ProcedureId,
}

/// What a transaction begins with.
#[derive(Debug, Clone, Copy)]
pub enum Opening<'a> {
    /// A question about a person.
    Inquiry(&'a Inquiry),
    /// A record of our own state, unasked.
    Record(&'a InsuranceRecord),
    /// The state of a resource: ours told, or theirs asked for.
    Status(&'a ResourceStatus),
}

/// A transaction to begin.
#[derive(Debug, Clone)]
pub struct Begin<'a> {
    /// With what.
    pub opening: Opening<'a>,
    /// The state it goes to.
    pub to: State,
    /// Which transaction of the catalogue, by its code.
    pub transaction: &'a str,
    /// The procedure it is nested in, if any (D5 ¶39).
    pub within: Option<ProcedureId>,
    /// The earlier document it refers to, if any: the peer deals with that one first.
    pub refers_to: Option<DocumentId>,
}

/// Puts an inquiry into the outbox, sealed; it leaves when the peer can be reached.
///
/// # Errors
/// The inquiry is of another state, the asked state is no peer, the inquiry makes no lawful document, the database does not answer.
pub async fn compose(inquiry: &Inquiry, ctx: &Context) -> Result<Composed, FlowError> {
    let (_process, transaction) = ctx.catalogue.beginning_with(Carries::Inquiry)?;
    let opening = Opening::Inquiry(inquiry);
    begin(
        Begin { opening, to: inquiry.asked, transaction: &transaction.code, within: None, refers_to: None },
        ctx,
    )
    .await
}

/// Begins a transaction of the catalogue: its first message is put into the outbox, sealed.
///
/// # Errors
/// The content is of another state, does not fit the transaction or makes no lawful document; the peer or transaction is not known; the database does not answer.
pub async fn begin(what: Begin<'_>, ctx: &Context) -> Result<Composed, FlowError> {
    let now = ctx.clock.now();
    let Encoded { peer, process, transaction, message, document_id, document, parts } =
        encoded(&what, ctx).await?;
    let sealed = sealed((document, parts), document_id, message, ctx).await?;
    let action = Action {
        process: process.code.clone(),
        version: process.version.clone(),
        procedure: transaction.procedure.clone(),
        transaction: transaction.code.clone(),
        message: MessageCode::Application(message.code.clone()),
    };
    let conversation_id = ConversationId::from_uuid(ctx.random.uuid());
    let procedure_id = match &what.within {
        Some(outer) => outer.nest(ctx.random.uuid()),
        None => ProcedureId::start(ctx.random.uuid()),
    };
    let draft = OutboxDraft {
        peer,
        conversation_id,
        procedure_id: procedure_id.clone(),
        document_id: Some(document_id),
        kind: OutboxKind::Application,
        role: Role::Initiator,
        action: action.to_string(),
        digest: sealed.digest,
        body: sealed.bytes,
        relates_to: None,
        created_at: now,
    };
    let mut tx = ctx.store.begin().await?;
    let request = outbox_put(&mut tx, &draft).await?;
    sealed.parts.used_by(&mut tx, request).await?;
    let conversation = opened(&draft, request, (&process.code, &transaction.code));
    conversation_put(&mut tx, &conversation).await?;
    let entry = JournalDraft::at(now, "composed", draft.action.clone()).of_outbox(&draft, None);
    journal_append(&mut tx, &entry).await?;
    tx.commit().await?;
    ctx.wake.outbox();
    Ok(Composed { conversation_id, document_id, procedure_id })
}

/// The first message of a transaction as a document, not yet sealed.
pub(super) struct Encoded<'c> {
    /// To whom.
    pub(super) peer: String,
    pub(super) process: &'c Process,
    pub(super) transaction: &'c Transaction,
    pub(super) message: &'c MessageKind,
    pub(super) document_id: DocumentId,
    pub(super) document: Vec<u8>,
    pub(super) parts: OwnParts,
}

/// Writes the first message of a transaction.
pub(super) async fn encoded<'c>(what: &Begin<'_>, ctx: &'c Context) -> Result<Encoded<'c>, FlowError> {
    let asking = match what.opening {
        Opening::Inquiry(inquiry) => inquiry.asking,
        Opening::Record(record) => record.state,
        Opening::Status(_) => ctx.state,
    };
    if asking != ctx.state {
        return Err(FlowError::NotOurs { asking, ours: ctx.state });
    }
    let peer = ctx.peers.of_name(what.to.as_code())?;
    let (process, transaction) = ctx.catalogue.transaction(what.transaction)?;
    if !peer.may_take_part(&process.code) {
        let (peer, process) = (peer.state.to_string(), process.code.clone());
        return Err(FlowError::ProcessNotAllowed { peer, process });
    }
    let peer = peer.state.to_string();
    let message = process.message(&transaction.request)?;
    let document_id = DocumentId::from_uuid(ctx.random.uuid());
    let header =
        Header::new((&message.code, &message.structure), document_id, what.refers_to, ctx.clock.now());
    let mut parts = OwnParts::default();
    let (carries, document) = match what.opening {
        Opening::Inquiry(inquiry) => (Carries::Inquiry, encode_inquiry(inquiry, &header)?),
        Opening::Record(record) => {
            let mut record = record.clone();
            let left_out;
            (parts, left_out) = OwnParts::of(&mut record, ctx).await?;
            if left_out > 0 {
                return Err(FlowError::TooMuch { left_out });
            }
            (Carries::InsuranceRecord, encode_record(&record, &header)?)
        }
        Opening::Status(status) => (Carries::Status, encode_status(status, &header)?),
    };
    if carries != message.carries {
        return Err(FlowError::OtherContent {
            transaction: transaction.code.clone(),
            carries: message.carries,
        });
    }
    Ok(Encoded { peer, process, transaction, message, document_id, document, parts })
}

/// The conversation that a request of ours opens.
pub(super) fn opened(
    request: &OutboxDraft,
    own: OutboxId,
    (process, transaction): (&str, &str),
) -> Conversation {
    Conversation {
        id: request.conversation_id,
        role: Role::Initiator,
        peer: request.peer.clone(),
        process: process.to_owned(),
        transaction: transaction.to_owned(),
        procedure_id: request.procedure_id.clone(),
        request_document_id: request.document_id,
        own_outbox_id: Some(own),
        state: ConversationState::Open,
        step: Course::start(Role::Initiator).stage().as_str().to_owned(),
        t1_at: None,
        t2_at: None,
        t3_at: None,
        attempts: 0,
        outcome: None,
        started_at: request.created_at,
        finished_at: None,
    }
}
