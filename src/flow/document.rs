//! Settles a document: verify -> structure -> rules -> decode -> Record -> local system -> outcome and answer.
//!
//! RCV and PRS are put into the outbox in the transaction that records the stage they report, so each is sent if
//! and only if its stage is stored; a document that comes back after a crash goes on from the stage it had reached.

use super::answer::answer;
use super::conversation::{Happened, advance};
use super::settle::note;
use super::signals::{error, put_signal};
use super::{Context, FlowError};
use crate::base::{Code, Finding, Findings, Verdict};
use crate::exchange::accept;
use crate::exchange::canonical::{Inquiry, InsuranceRecord};
use crate::exchange::document::codec::{CodecError, Header};
use crate::exchange::rules::{Carries, MessageKind, Process, Transaction};
use crate::exchange::seal::{SealError, VerifiedDocument, open_within, verify};
use crate::exchange::transit::{Effect, ErrorCode, Event, Headers, MessageCode, Signal, SignalError};
use crate::exchange::wire::Envelope;
use crate::store::{
    Conversation, ConversationState, InboxRow, InboxState, OutboxDraft, OutboxKind, Role, Seen, Tx,
    conversation_find, conversation_put, conversation_update, handover_record, inbox_accepted,
    inbox_quarantined, inbox_received, inbox_returned, inbox_settled, ledger_answers, ledger_outcome,
    ledger_record, outbox_find, outbox_put,
};

/// Settles a document that a peer sent.
pub(super) async fn settle_document(
    row: &InboxRow,
    headers: &Headers,
    envelope: &Envelope,
    ctx: &Context,
) -> Result<(), FlowError> {
    let process = ctx.catalogue.process(&headers.action.process)?;
    let transaction = process.transaction(&headers.action.transaction)?;
    let MessageCode::Application(code) = &headers.action.message else { return Ok(()) };
    let message = process.message(code)?;
    let role = if transaction.request == *code { Role::Respondent } else { Role::Initiator };
    Case { row, headers, process, transaction, message, role, ctx }.settle(envelope).await
}

/// One document with all that the catalogue says of it.
struct Case<'a> {
    row: &'a InboxRow,
    headers: &'a Headers,
    process: &'a Process,
    transaction: &'a Transaction,
    message: &'a MessageKind,
    role: Role,
    ctx: &'a Context,
}

impl Case<'_> {
    async fn settle(&self, envelope: &Envelope) -> Result<(), FlowError> {
        let verified = match self.verify(envelope).await? {
            Ok(verified) => verified,
            Err(error) => return self.refuse_seal(&error).await,
        };
        let ctx = self.ctx;
        let (rules, message, limits) = (ctx.rules.clone(), self.message.clone(), ctx.limits);
        let (verified, findings) = Context::aside(move || {
            let findings = rules.structure(verified.document());
            (verified, findings)
        })
        .await?;
        if findings.iter().any(Finding::is_error) {
            return self.refuse(&findings, |_| ErrorCode::DataError, "rules.structure").await;
        }
        let header = Header::read(verified.document(), &limits)?;
        match self.receive(&verified, &header).await? {
            Expected::Yes => {}
            Expected::Settled => return Ok(()),
        }
        let rules = ctx.rules.clone();
        let (asked, carries) = (ctx.state, self.message.carries);
        let content = Context::aside(move || {
            let accepted = accept(&verified, &message, &rules)?;
            Ok(match carries {
                Carries::Inquiry => {
                    accepted.inquiry(asked, &limits).map(|(_, inquiry)| Content::Inquiry(Box::new(inquiry)))
                }
                Carries::InsuranceRecord => {
                    accepted.record(&limits).map(|(_, record)| Content::Record(Box::new(record)))
                }
                Carries::Notice => accepted.notice(&limits).map(|_| Content::Notice),
            })
        })
        .await?;
        let content = match content {
            Ok(Ok(content)) => content,
            Ok(Err(CodecError::Values(findings))) | Err(findings) => {
                return self
                    .refuse(&findings, |finding| ErrorCode::Rule(finding.rule.clone()), "rules.content")
                    .await;
            }
            Ok(Err(error)) => return Err(error.into()),
        };
        self.accept().await?;
        match content {
            Content::Inquiry(inquiry) => self.answer(*inquiry, &header).await,
            Content::Record(record) => self.hand_over(*record, &header).await,
            Content::Notice => self.complete(&header, "the peer has no record of the person").await,
        }
    }

    async fn verify(&self, envelope: &Envelope) -> Result<Result<VerifiedDocument, SealError>, FlowError> {
        let bytes = self.row.raw.get(envelope.body.clone()).unwrap_or_default().to_vec();
        let scope = envelope.scope.clone();
        let trust = self.ctx.peers.of_name(&self.row.peer)?.trust.clone();
        let (limits, now) = (self.ctx.limits, self.ctx.clock.now());
        Context::aside(move || verify(open_within(&bytes, &scope, &limits)?, &trust, now)).await
    }

    /// Records the document as received, with RCV; finds out whether it was expected and is new.
    async fn receive(&self, verified: &VerifiedDocument, header: &Header) -> Result<Expected, FlowError> {
        let (row, ctx) = (self.row, self.ctx);
        let mut tx = ctx.store.begin().await?;
        let id = self.headers.conversation_id;
        let conversation = conversation_find(&mut tx, id, self.role).await?;
        let seen = ledger_record(&mut tx, &row.peer, header.document_id, verified.digest(), row.id).await?;
        match seen {
            Seen::New => {}
            Seen::Repeat { .. } => {
                self.answer_again(&mut tx, header).await?;
                inbox_settled(&mut tx, row.id).await?;
                note(&mut tx, row, ("repeated", None), "seen before; the stored answer goes out again", ctx)
                    .await?;
                tx.commit().await?;
                ctx.wake.outbox();
                return Ok(Expected::Settled);
            }
            Seen::Conflict { .. } => {
                drop(tx);
                let detail = "the document id was used before for other content";
                self.quarantine(ErrorCode::Rule("X.CONFLICT".to_owned()), detail, "store.conflict").await?;
                return Ok(Expected::Settled);
            }
        }
        let is_expected = match (self.role, &conversation) {
            (Role::Respondent, None) => self.headers.relates_to.is_none(),
            (Role::Respondent, Some(known)) => known.request_document_id == Some(header.document_id),
            (Role::Initiator, Some(known)) => {
                known.request_document_id == header.answers && known.peer == row.peer
            }
            (Role::Initiator, None) => false,
        };
        if !is_expected {
            drop(tx);
            let finding = Finding::error(
                "transit.unexpected",
                "/",
                "D5 ¶117",
                "",
                "it belongs to no running transaction",
            );
            self.refuse(&vec![finding], |_| ErrorCode::UnexpectedMessage, "transit.unexpected").await?;
            return Ok(Expected::Settled);
        }
        if row.state == InboxState::Leased || row.state == InboxState::Held {
            inbox_received(&mut tx, row.id).await?;
            if self.role == Role::Respondent {
                if conversation.is_none() {
                    conversation_put(&mut tx, &self.conversation(header)).await?;
                }
                if self.transaction.t1_ms.is_some() {
                    let rcv =
                        put_signal(&mut tx, self.headers, &row.peer, (Signal::Received, Vec::new()), ctx)
                            .await?;
                    ledger_outcome(&mut tx, &row.peer, header.document_id, &[rcv]).await?;
                }
            }
            note(&mut tx, row, ("received", None), &self.message.code, ctx).await?;
        }
        tx.commit().await?;
        ctx.wake.outbox();
        Ok(Expected::Yes)
    }

    /// Records the document as accepted, with PRS.
    async fn accept(&self) -> Result<(), FlowError> {
        let (row, ctx) = (self.row, self.ctx);
        if row.state == InboxState::Accepted {
            return Ok(());
        }
        let mut tx = ctx.store.begin().await?;
        inbox_accepted(&mut tx, row.id).await?;
        if self.role == Role::Respondent && self.transaction.t2_ms.is_some() {
            put_signal(&mut tx, self.headers, &row.peer, (Signal::Accepted, Vec::new()), ctx).await?;
        }
        note(&mut tx, row, ("accepted", None), &self.message.code, ctx).await?;
        tx.commit().await?;
        ctx.wake.outbox();
        Ok(())
    }

    /// Asks the local system and puts its answer into the outbox, together with the outcome.
    async fn answer(&self, inquiry: Inquiry, header: &Header) -> Result<(), FlowError> {
        let (row, ctx) = (self.row, self.ctx);
        let made = answer(inquiry, header, (self.process, self.transaction), ctx).await?;
        let draft = OutboxDraft {
            peer: row.peer.clone(),
            conversation_id: self.headers.conversation_id,
            procedure_id: self.headers.procedure_id.clone(),
            document_id: Some(made.document_id),
            kind: OutboxKind::Application,
            action: self.headers.action.reply(&made.message).to_string(),
            body: made.document.bytes,
            relates_to: Some(self.headers.message_id),
            digest: made.document.digest,
            created_at: ctx.clock.now(),
        };
        let mut tx = ctx.store.begin().await?;
        let answered = outbox_put(&mut tx, &draft).await?;
        ledger_outcome(&mut tx, &row.peer, header.document_id, &[answered]).await?;
        if let Some(mut conversation) =
            conversation_find(&mut tx, draft.conversation_id, Role::Respondent).await?
            && conversation.state == ConversationState::Open
        {
            conversation.state = ConversationState::Completed;
            conversation.step = "answered".to_owned();
            conversation.outcome = Some(made.message.clone());
            conversation.finished_at = Some(ctx.clock.now());
            conversation_update(&mut tx, &conversation).await?;
        }
        inbox_settled(&mut tx, row.id).await?;
        note(&mut tx, row, ("answering", None), &made.message, ctx).await?;
        tx.commit().await?;
        ctx.wake.outbox();
        Ok(())
    }

    /// Hands the record to the local system, then records that it is there.
    async fn hand_over(&self, record: InsuranceRecord, header: &Header) -> Result<(), FlowError> {
        let (desk, id) = (self.ctx.desk.clone(), header.document_id);
        Context::aside(move || desk.hand_over(id, &record)).await??;
        self.complete(header, "the record is with the local system").await
    }

    /// Ends the conversation we began.
    async fn complete(&self, header: &Header, detail: &str) -> Result<(), FlowError> {
        let (row, ctx) = (self.row, self.ctx);
        let now = ctx.clock.now();
        let mut tx = ctx.store.begin().await?;
        let _first = handover_record(&mut tx, header.document_id, now).await?; // told twice after a crash, once in effect
        let happened = Happened { event: Event::Response, now };
        let effect = advance(&mut tx, self.headers.conversation_id, happened, ctx).await?;
        inbox_settled(&mut tx, row.id).await?;
        let kind = if effect == Effect::Late { "answered_late" } else { "answered" };
        note(&mut tx, row, (kind, None), detail, ctx).await?;
        tx.commit().await?;
        Ok(())
    }

    /// A repeat gets the stored answers again, linked to its own message id (D5 ¶101, ¶102).
    async fn answer_again(&self, tx: &mut Tx, header: &Header) -> Result<(), FlowError> {
        for id in ledger_answers(tx, &self.row.peer, header.document_id).await? {
            if let Some(stored) = outbox_find(tx, id).await? {
                let again = OutboxDraft {
                    relates_to: Some(self.headers.message_id),
                    created_at: self.ctx.clock.now(),
                    ..stored.draft
                };
                outbox_put(tx, &again).await?;
            }
        }
        Ok(())
    }

    async fn refuse_seal(&self, cause: &SealError) -> Result<(), FlowError> {
        let detail = super::settle::chain(cause);
        match cause.verdict() {
            Verdict::Quarantine { code } => {
                self.quarantine(ErrorCode::Rule("X.SEAL".to_owned()), &detail, code).await
            }
            Verdict::Return { code } | Verdict::Park { code } => {
                let finding = Finding::error(code, "/", "SignedDoc", "", detail);
                self.refuse(&vec![finding], |_| ErrorCode::DataError, code).await
            }
            Verdict::Retry { .. } => Err(FlowError::CutOff),
        }
    }

    /// Keeps the document apart, tells the sender, alerts.
    async fn quarantine(&self, told: ErrorCode, detail: &str, code: Code) -> Result<(), FlowError> {
        let (row, ctx) = (self.row, self.ctx);
        tracing::warn!(row = %row.id, code, "a document is quarantined");
        let mut tx = ctx.store.begin().await?;
        put_signal(&mut tx, self.headers, &row.peer, error(told, detail, None), ctx).await?;
        inbox_quarantined(&mut tx, row.id, code).await?;
        note(&mut tx, row, ("quarantined", Some(code)), detail, ctx).await?;
        tx.commit().await?;
        ctx.wake.outbox();
        Ok(())
    }

    /// Returns the document with every finding.
    async fn refuse(
        &self,
        findings: &Findings,
        code_of: impl Fn(&Finding) -> ErrorCode,
        code: Code,
    ) -> Result<(), FlowError> {
        let (row, ctx) = (self.row, self.ctx);
        let errors = findings.iter().map(|f| SignalError::of_finding(code_of(f), f, None)).collect();
        let mut tx = ctx.store.begin().await?;
        put_signal(&mut tx, self.headers, &row.peer, (Signal::Error, errors), ctx).await?;
        inbox_returned(&mut tx, row.id, code).await?;
        let detail: Vec<String> = findings.iter().map(ToString::to_string).collect();
        note(&mut tx, row, ("returned", Some(code)), &detail.join("; "), ctx).await?;
        tx.commit().await?;
        ctx.wake.outbox();
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
            request_outbox_id: None,
            state: ConversationState::Open,
            step: "received".to_owned(),
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

/// Whether a document goes on to the rules.
#[derive(PartialEq, Eq)]
enum Expected {
    Yes,
    Settled,
}

/// What a document carries.
enum Content {
    Inquiry(Box<Inquiry>),
    Record(Box<InsuranceRecord>),
    Notice,
}
