//! Acknowledges a document: received with RCV, accepted with PRS (D5 ¶114, ¶115).
//!
//! Each signal is put into the outbox in the transaction that records its stage.

use super::FlowError;
use super::conversation::{Happened, stage_of, step};
use super::document::{Case, Content, misfit_code};
use super::labour::subject_of_job;
use super::note::{calls_a_person, note};
use super::persons::subjects_of;
use super::signals::{About, put_signal};
use crate::base::{DocumentId, Finding};
use crate::exchange::document::codec::Header;
use crate::exchange::seal::VerifiedDocument;
use crate::exchange::transit::{Course, Effect, ErrorCode, Event, Role, Signal, SignalError, Stage};
use crate::store::{
    Conversation, ConversationState, InboxState, OutboxDraft, OutboxId, PersonRef, Seen, Tx,
    conversation_lock, conversation_put, delivery_find, inbox_accepted, inbox_accepted_at_once, inbox_find,
    inbox_received, inbox_retry, inbox_settled, ledger_answers, ledger_knows, ledger_outcome, ledger_record,
    outbox_find, outbox_knows, outbox_put, person_ref_put,
};

/// Whether a document goes on to the next stage.
#[derive(PartialEq, Eq)]
pub(super) enum Taken {
    GoesOn,
    Settled,
}

/// Whether a document belongs to a transaction that is under way, or begins one.
enum Belongs {
    Yes,
    /// Its transaction is over.
    Late,
    No(&'static str),
}

impl Case<'_> {
    /// Records the document as received, with RCV; finds out whether it was expected and is new.
    pub(super) async fn receive(
        &self,
        verified: &VerifiedDocument,
        header: &Header,
    ) -> Result<Taken, FlowError> {
        if self.passed_here() {
            return Ok(Taken::GoesOn);
        }
        let Some((mut tx, _)) = self.take_in(verified, header).await? else { return Ok(Taken::Settled) };
        inbox_received(&mut tx, self.row.id).await?;
        tx.commit().await?;
        self.ctx.wake.outbox();
        Ok(Taken::GoesOn)
    }

    /// Whether it was received before.
    fn passed_here(&self) -> bool {
        !matches!(self.row.state, InboxState::Leased | InboxState::Held)
    }

    /// The same in a transaction that is still to be committed, with its conversation, but for the stage of the row;
    /// nothing if it is settled.
    async fn take_in(
        &self,
        verified: &VerifiedDocument,
        header: &Header,
    ) -> Result<Option<(Tx, Conversation)>, FlowError> {
        let (row, ctx) = (self.row, self.ctx);
        let mut tx = ctx.store.begin().await?;
        let id = self.headers.conversation_id;
        let conversation = conversation_lock(&mut tx, id, self.plan.role).await?;
        if self.plan.role == Role::Respondent
            && let Some(earlier) = header.answers
            && !ledger_knows(&mut tx, &row.peer, earlier).await?
            && !outbox_knows(&mut tx, &row.peer, earlier).await?
        {
            self.wait_for(&mut tx, earlier).await?;
            tx.commit().await?;
            return Ok(None);
        }
        match ledger_record(&mut tx, &row.peer, header.document_id, verified.digest(), row.id).await? {
            Seen::New => {}
            Seen::Repeat { inbox_id } => {
                let first = inbox_find(&mut tx, inbox_id).await?.map(|first| first.state);
                let (code, detail) = match first {
                    Some(InboxState::Returned | InboxState::Quarantined) => (
                        "ledger.already_rejected",
                        "it was refused before; the stored refusal goes out again",
                    ),
                    // Begun again in another conversation while the first is at work: it waits for that answer.
                    Some(
                        InboxState::Held | InboxState::Leased | InboxState::Received | InboxState::Accepted,
                    ) => {
                        let attempts = row.attempts.saturating_add(1);
                        let next_at = ctx.retry.next_at(attempts, ctx.random.permille(), ctx.clock.now());
                        inbox_retry(&mut tx, row.id, next_at, attempts).await?;
                        tx.commit().await?;
                        return Ok(None);
                    }
                    Some(InboxState::Settled | InboxState::Deferred | InboxState::Parked) | None => {
                        ("ledger.already_received", "seen before; the stored answer goes out again")
                    }
                };
                self.answer_again(&mut tx, header).await?;
                inbox_settled(&mut tx, row.id).await?;
                note(&mut tx, row, ("repeated", Some(code)), detail, ctx).await?;
                tx.commit().await?;
                ctx.wake.outbox();
                return Ok(None);
            }
            Seen::Conflict { .. } => {
                drop(tx);
                let detail = "the document id was used before for other content";
                self.quarantine(ErrorCode::Rule("X.CONFLICT".to_owned()), detail, "store.conflict").await?;
                return Ok(None);
            }
        }
        match self.belongs(&mut tx, conversation.as_ref(), header).await? {
            Belongs::Yes => {}
            Belongs::Late => {
                drop(tx);
                self.not_expected("transit.late", "the transaction was over before it came").await?;
                return Ok(None);
            }
            Belongs::No(why) => {
                drop(tx);
                self.not_expected("transit.unexpected", why).await?;
                return Ok(None);
            }
        }
        if self.plan.sent().rcv_ms.is_some() {
            let rcv = self.signal(&mut tx, (Signal::Received, Vec::new())).await?;
            ledger_outcome(&mut tx, &row.peer, header.document_id, &[rcv]).await?;
        }
        let conversation = match conversation {
            Some(conversation) => conversation,
            None => {
                let begun = self.conversation(header);
                conversation_put(&mut tx, &begun).await?;
                begun
            }
        };
        note(&mut tx, row, ("received", None), &self.message.code, ctx).await?;
        Ok(Some((tx, conversation)))
    }

    /// Records the document as accepted, with PRS, and as received before that; tells where our side of the transaction
    /// stands then, unless the document is settled or the transaction has ended in the meantime. A document of a case is
    /// judged and noted with it, so that one that excludes it does not slip in between.
    pub(super) async fn accept(
        &self,
        verified: &VerifiedDocument,
        header: &Header,
        content: &Content,
    ) -> Result<Option<Stage>, FlowError> {
        let (row, ctx) = (self.row, self.ctx);
        let taken = match self.passed_here() {
            true => self.lock().await?,
            false => self.take_in(verified, header).await?,
        };
        let Some((mut tx, mut conversation)) = taken else { return Ok(None) };
        if row.state == InboxState::Accepted {
            return Ok(Some(stage_of(&conversation)));
        }
        if let Content::Case(document) = content {
            let findings = self.belonging(document, header).enter(&mut tx, Some(row.id)).await?;
            if !findings.is_empty() {
                if !self.passed_here() {
                    inbox_received(&mut tx, row.id).await?;
                }
                tx.commit().await?; // it is received; another document of the case was quicker
                self.refuse(&findings, misfit_code, "flow.misfit", Some(header)).await?;
                return Ok(None);
            }
        }
        let of = PersonRef {
            document_id: header.document_id,
            conversation_id: Some(conversation.id),
            at: row.received_at,
        };
        person_ref_put(&mut tx, &subjects_of(content.person(), ctx)?, &of).await?;
        if let Content::Job(document) = content
            && let Some(subject) = subject_of_job(&mut tx, document, &row.peer).await?
        {
            person_ref_put(&mut tx, &[subject], &of).await?;
        }
        if self.plan.sent().prs_ms.is_some() {
            let prs = self.signal(&mut tx, (Signal::Accepted, Vec::new())).await?;
            ledger_outcome(&mut tx, &row.peer, header.document_id, &[prs]).await?;
        }
        note(&mut tx, row, ("accepted", None), &self.message.code, ctx).await?;
        match self.passed_here() {
            true => inbox_accepted(&mut tx, row.id).await?,
            false => inbox_accepted_at_once(&mut tx, row.id).await?,
        }
        let event = match (self.plan.role, self.plan.pattern.has_response()) {
            (Role::Initiator, _) => Some(Event::Response),
            (Role::Respondent, false) => Some(Event::Replied),
            (Role::Respondent, true) => None, // it is still to be answered
        };
        if let Some(event) = event {
            let happened = Happened { event, now: ctx.clock.now() };
            let step = step(&mut tx, &mut conversation, happened, ctx).await?;
            if matches!(step.effect, Effect::Late | Effect::Unexpected) {
                drop(tx);
                self.not_expected("transit.late", "the transaction was over before it was accepted").await?;
                return Ok(None);
            }
        }
        tx.commit().await?;
        ctx.wake.outbox();
        Ok(Some(stage_of(&conversation)))
    }

    /// The conversation of a document that was received before.
    async fn lock(&self) -> Result<Option<(Tx, Conversation)>, FlowError> {
        let mut tx = self.ctx.store.begin().await?;
        let id = self.headers.conversation_id;
        if let Some(conversation) = conversation_lock(&mut tx, id, self.plan.role).await? {
            return Ok(Some((tx, conversation)));
        }
        drop(tx);
        self.not_expected("transit.unexpected", "its conversation is not known any more").await?;
        Ok(None)
    }

    /// Puts a signal about this document into the outbox.
    pub(super) async fn signal(
        &self,
        tx: &mut Tx,
        signal: (Signal, Vec<SignalError>),
    ) -> Result<OutboxId, FlowError> {
        let about = About::taken(self.headers, self.plan.role);
        put_signal(tx, &about, &self.row.peer, signal, self.ctx).await
    }

    /// A document may refer to an earlier one that is still on its way: it waits, and its case alone with it. After a
    /// term a person is asked, and again each day; it is looked for on.
    async fn wait_for(&self, tx: &mut Tx, earlier: DocumentId) -> Result<(), FlowError> {
        let (row, ctx) = (self.row, self.ctx);
        let (now, code) = (ctx.clock.now(), "flow.gap");
        let attempts = row.attempts.saturating_add(1);
        let next_at = ctx.retry.next_at(attempts, ctx.random.permille(), now);
        inbox_retry(tx, row.id, next_at, attempts).await?;
        if attempts == 1 {
            let detail =
                format!("it refers to document {earlier}, which has not come yet; it waits for that");
            note(tx, row, ("waits", Some(code)), &detail, ctx).await?;
        }
        if calls_a_person(attempts) {
            let detail =
                format!("document {earlier} has not come; ask the peer to begin its transaction again");
            note(tx, row, ("ask_person", Some(code)), &detail, ctx).await?;
        }
        Ok(())
    }

    /// The linkage by headers and by documents, two chains that must both hold (D5 ¶102, ¶117).
    async fn belongs(
        &self,
        tx: &mut Tx,
        conversation: Option<&Conversation>,
        header: &Header,
    ) -> Result<Belongs, FlowError> {
        let headers = self.headers;
        let known = match (self.plan.role, conversation) {
            (Role::Respondent, None) if headers.relates_to.is_none() => return Ok(Belongs::Yes),
            (Role::Respondent, None) => {
                return Ok(Belongs::No("it begins a transaction, so it relates to no message"));
            }
            (Role::Initiator, None) => return Ok(Belongs::No("it belongs to no running transaction")),
            (_, Some(known)) => known,
        };
        let is_its_transaction = known.peer == self.row.peer
            && known.process == self.process.code
            && known.transaction == self.transaction.code
            && known.procedure_id == headers.procedure_id;
        if !is_its_transaction {
            return Ok(Belongs::No("its conversation is one of another peer, transaction or procedure"));
        }
        if self.plan.role == Role::Respondent {
            let is_request = known.request_document_id == Some(header.document_id);
            let other = Belongs::No("its conversation began with another document");
            return Ok(if is_request { Belongs::Yes } else { other });
        }
        if known.request_document_id != header.answers {
            return Ok(Belongs::No("it answers another document than the one that asked"));
        }
        let answered = match headers.relates_to {
            Some(message_id) => delivery_find(tx, message_id).await?,
            None => None,
        };
        if answered.is_none() || answered != known.own_outbox_id {
            return Ok(Belongs::No("it relates to another message than the one that asked"));
        }
        let is_open = known.state == ConversationState::Open && stage_of(known) != Stage::Objectable;
        Ok(if is_open { Belongs::Yes } else { Belongs::Late })
    }

    async fn not_expected(&self, code: crate::base::Code, why: &str) -> Result<(), FlowError> {
        let finding = Finding::error(code, "/", "D5 ¶117", "", why);
        self.refuse(&vec![finding], |_| ErrorCode::UnexpectedMessage, code, None).await
    }

    /// A repeat gets the stored answers again, linked to its own message and conversation (D5 ¶101, ¶102).
    async fn answer_again(&self, tx: &mut Tx, header: &Header) -> Result<(), FlowError> {
        for id in ledger_answers(tx, &self.row.peer, header.document_id).await? {
            if let Some(stored) = outbox_find(tx, id).await? {
                let again = OutboxDraft {
                    conversation_id: self.headers.conversation_id,
                    procedure_id: self.headers.procedure_id.clone(),
                    relates_to: Some(self.headers.message_id),
                    created_at: self.ctx.clock.now(),
                    ..stored.draft
                };
                outbox_put(tx, &again).await?;
            }
        }
        Ok(())
    }

    fn conversation(&self, header: &Header) -> Conversation {
        Conversation {
            id: self.headers.conversation_id,
            role: Role::Respondent,
            peer: self.row.peer.clone(),
            process: self.process.code.clone(),
            transaction: self.transaction.code.clone(),
            procedure_id: self.headers.procedure_id.clone(),
            request_document_id: Some(header.document_id),
            own_outbox_id: None,
            state: ConversationState::Open,
            step: Course::start(Role::Respondent).stage().as_str().to_owned(),
            t1_at: None,
            t2_at: None,
            t3_at: None,
            attempts: 0,
            outcome: None,
            started_at: self.ctx.clock.now(),
            finished_at: None,
        }
    }
}
