//! compose = Record -> encode -> check -> sign -> outbox.
//!
//! Pure work first, then one transaction; whoever asked is told once it is committed.

use super::answer::sealed;
use super::cases::Belonging;
use super::copies::OwnParts;
use super::facts::may_begin;
use super::labour::{note_reveal, subject_of_job};
use super::persons::subjects_of;
use super::{Context, FlowError};
use crate::base::{ConversationId, Digest256, DocumentId, ProcedureId};
use crate::exchange::canonical::case::CaseDocument;
use crate::exchange::canonical::job::JobDocument;
use crate::exchange::canonical::{
    CheckDocument, FactInquiry, FactOffer, Inquiry, InsuranceRecord, Person, ResourceStatus, State,
};
use crate::exchange::document::codec::{
    Header, case_root, check_root, encode_case, encode_check, encode_fact_inquiry, encode_fact_offer,
    encode_inquiry, encode_job, encode_record, encode_status, job_root,
};
use crate::exchange::rules::{Carries, MessageKind, Process, Transaction};
use crate::exchange::transit::{Action, Course, MessageCode, Role};
use crate::store::{
    Conversation, ConversationState, JournalDraft, OutboxDraft, OutboxId, OutboxKind, PersonRef, Tx,
    conversation_put, fact_offer_sent, journal_append, outbox_put, person_ref_put,
};
use uuid::Uuid;

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
    /// A document of a pension case.
    Case(&'a CaseDocument),
    /// A document of a bulk check.
    Check(&'a CheckDocument),
    /// A document of the labour half.
    Job(&'a JobDocument),
    /// A question for a fact.
    FactInquiry(&'a FactInquiry),
    /// A fact of our own state, unasked.
    FactOffer {
        /// The offer.
        offer: &'a FactOffer,
        /// To whom it goes.
        to: State,
        /// Its row, if it was made by an event.
        row: Option<Uuid>,
    },
}

impl<'a> Opening<'a> {
    /// Whom it is about, if it is about one person.
    fn person(self) -> Option<&'a Person> {
        match self {
            Self::Inquiry(inquiry) => Some(&inquiry.person),
            Self::Record(record) => Some(&record.person),
            Self::Case(document) => document.person(),
            Self::Job(document) => document.person(),
            Self::FactInquiry(inquiry) => Some(&inquiry.person),
            Self::FactOffer { offer, .. } => Some(&offer.fact.person),
            Self::Status(_) | Self::Check(_) => None,
        }
    }
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
    let (opening, to) = (what.opening, what.to);
    let prepared = prepare(what, ctx).await?;
    let mut tx = ctx.store.begin().await?;
    let composed = prepared.put(&mut tx).await?;
    if let Opening::FactOffer { row: Some(row), .. } = opening
        && !fact_offer_sent(&mut tx, row, composed.conversation_id).await?
    {
        return Err(FlowError::OfferGone);
    }
    if let Opening::Job(JobDocument::Reveal(reveal)) = opening {
        note_reveal(&mut tx, reveal, (to, composed.document_id), ctx).await?;
    }
    tx.commit().await?;
    ctx.wake.outbox();
    Ok(composed)
}

/// A first message that is sealed and not stored yet.
pub(super) struct Prepared {
    draft: OutboxDraft,
    document_id: DocumentId,
    parts: OwnParts,
    process: String,
    transaction: String,
    /// What it means for documents that follow, if it is of a case.
    belonging: Option<Belonging>,
    /// Whom it is about.
    subjects: Vec<Digest256>,
}

impl Prepared {
    /// The ids it will have.
    pub(super) fn composed(&self) -> Composed {
        let OutboxDraft { conversation_id, procedure_id, .. } = &self.draft;
        let (document_id, procedure_id) = (self.document_id, procedure_id.clone());
        Composed { conversation_id: *conversation_id, document_id, procedure_id }
    }

    /// Puts it into the outbox, if its case still lets it.
    pub(super) async fn put(&self, tx: &mut Tx) -> Result<Composed, FlowError> {
        let draft = &self.draft;
        if let Some(belonging) = &self.belonging {
            let findings = belonging.enter(tx, None).await?;
            if !findings.is_empty() {
                return Err(FlowError::Unlawful(findings)); // another document of the case was quicker
            }
            belonging.keep(tx, None).await?;
        }
        let request = outbox_put(tx, draft).await?;
        self.parts.used_by(tx, request).await?;
        let of = PersonRef {
            document_id: self.document_id,
            conversation_id: Some(draft.conversation_id),
            at: draft.created_at,
        };
        person_ref_put(tx, &self.subjects, &of).await?;
        let conversation = opened(draft, request, (&self.process, &self.transaction));
        conversation_put(tx, &conversation).await?;
        let entry =
            JournalDraft::at(draft.created_at, "composed", draft.action.clone()).of_outbox(draft, None);
        journal_append(tx, &entry).await?;
        Ok(self.composed())
    }
}

/// All of [`begin`] but its transaction.
pub(super) async fn prepare(what: Begin<'_>, ctx: &Context) -> Result<Prepared, FlowError> {
    let now = ctx.clock.now();
    let Encoded { peer, process, transaction, message, document_id, document, parts } =
        encoded(&what, ctx).await?;
    let belonging = match what.opening {
        Opening::Case(document) => Some(Belonging::of(document, (document_id, what.to), now, ctx)),
        Opening::Inquiry(_)
        | Opening::Record(_)
        | Opening::Status(_)
        | Opening::Check(_)
        | Opening::Job(_)
        | Opening::FactInquiry(_)
        | Opening::FactOffer { .. } => None,
    };
    if let Some(belonging) = &belonging {
        let findings = belonging.judged(&mut ctx.store.read().await?).await?;
        if !findings.is_empty() {
            return Err(FlowError::Unlawful(findings));
        }
    }
    let sealed = sealed((document, parts), document_id, message, ctx).await?;
    let action = Action {
        process: process.code.clone(),
        version: process.version.clone(),
        procedure: transaction.procedure.clone(),
        transaction: transaction.code.clone(),
        message: MessageCode::Application(message.code.clone()),
    };
    let conversation_id = ConversationId::from_uuid(ctx.random.id(now));
    let procedure_id = match &what.within {
        Some(outer) => outer.nest(ctx.random.id(now)),
        None => ProcedureId::start(ctx.random.id(now)),
    };
    let draft = OutboxDraft {
        peer,
        conversation_id,
        procedure_id,
        document_id: Some(document_id),
        kind: OutboxKind::Application,
        role: Role::Initiator,
        action: action.to_string(),
        digest: sealed.digest,
        body: sealed.bytes,
        relates_to: None,
        created_at: now,
    };
    let (process, transaction) = (process.code.clone(), transaction.code.clone());
    let peer_of_job = what.to.to_string();
    let mut subjects = subjects_of(what.opening.person(), ctx)?;
    if let Opening::Job(document) = what.opening {
        subjects.extend(subject_of_job(&mut ctx.store.read().await?, document, &peer_of_job).await?);
    }
    Ok(Prepared { draft, document_id, parts: sealed.parts, process, transaction, belonging, subjects })
}

/// The first document of a transaction, what it carries, and the attachments beside it.
async fn written(
    opening: Opening<'_>,
    header: &Header,
    ctx: &Context,
) -> Result<(Carries, Vec<u8>, OwnParts), FlowError> {
    let (carries, document) = match opening {
        Opening::Inquiry(inquiry) => (Carries::Inquiry, encode_inquiry(inquiry, header)?),
        Opening::Record(record) => {
            let mut record = record.clone();
            let parts = whole(OwnParts::of(&mut record, ctx).await?)?;
            return Ok((Carries::InsuranceRecord, encode_record(&record, header)?, parts));
        }
        Opening::Case(document) => {
            let mut document = document.clone();
            let parts = whole(OwnParts::of_case(&mut document, ctx).await?)?;
            return Ok((Carries::CaseDocument, encode_case(&document, header)?, parts));
        }
        Opening::Check(document) => (Carries::CheckDocument, encode_check(document, header)?),
        Opening::Job(document) => (Carries::JobDocument, encode_job(document, header)?),
        Opening::Status(status) => (Carries::Status, encode_status(status, header)?),
        Opening::FactInquiry(inquiry) => (Carries::FactInquiry, encode_fact_inquiry(inquiry, header)?),
        Opening::FactOffer { offer, .. } => (Carries::FactOffer, encode_fact_offer(offer, header)?),
    };
    Ok((carries, document, OwnParts::default()))
}

/// Attachments of which none was left out.
fn whole((parts, left_out): (OwnParts, usize)) -> Result<OwnParts, FlowError> {
    if left_out > 0 { Err(FlowError::TooMuch { left_out }) } else { Ok(parts) }
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
        Opening::Status(_) | Opening::Check(_) => ctx.state,
        Opening::Case(document) => document.head().state,
        Opening::Job(document) => document.state(),
        Opening::FactInquiry(inquiry) => inquiry.asking,
        Opening::FactOffer { offer, .. } => offer.fact.state,
    };
    if asking != ctx.state {
        return Err(FlowError::NotOurs { asking, ours: ctx.state });
    }
    may_begin(what.opening, ctx)?;
    let peer = ctx.peers.of_name(what.to.as_code())?;
    let (process, transaction) = ctx.catalogue.transaction(what.transaction)?;
    if !peer.may_take_part(&process.code) {
        let (peer, process) = (peer.state.to_string(), process.code.clone());
        return Err(FlowError::ProcessNotAllowed { peer, process });
    }
    let peer = peer.state.to_string();
    let message = process.message(&transaction.request)?;
    let now = ctx.clock.now();
    let document_id = DocumentId::from_uuid(ctx.random.id(now));
    let about = match what.opening {
        Opening::Case(document) => document.head().about,
        Opening::Inquiry(_)
        | Opening::Record(_)
        | Opening::Status(_)
        | Opening::Check(_)
        | Opening::Job(_)
        | Opening::FactInquiry(_)
        | Opening::FactOffer { .. } => None,
    };
    let refers_to = what.refers_to.or(about);
    let header = Header::new((&message.code, &message.structure), document_id, refers_to, now);
    let (carries, document, parts) = written(what.opening, &header, ctx).await?;
    let is_its_root = match what.opening {
        Opening::Case(document) => {
            case_root(document.kind()) == (message.root.as_str(), message.namespace.as_str())
        }
        Opening::Check(document) => {
            check_root(document) == (message.root.as_str(), message.namespace.as_str())
        }
        Opening::Job(document) => {
            job_root(document.kind()) == (message.root.as_str(), message.namespace.as_str())
        }
        Opening::Inquiry(_)
        | Opening::Record(_)
        | Opening::Status(_)
        | Opening::FactInquiry(_)
        | Opening::FactOffer { .. } => true,
    };
    if carries != message.carries || !is_its_root {
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
