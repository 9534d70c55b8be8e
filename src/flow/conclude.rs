//! Concludes a document: answered, handed over, returned or kept apart, each in one transaction with its answer.

use super::answer::answer;
use super::conversation::{Happened, advance};
use super::document::Case;
use super::note::note;
use super::signals::{error, put_signal};
use super::{Context, FlowError};
use crate::base::{Code, Finding, Findings, Verdict, with_causes};
use crate::exchange::canonical::{Inquiry, InsuranceRecord};
use crate::exchange::document::codec::Header;
use crate::exchange::seal::SealError;
use crate::exchange::transit::{Effect, ErrorCode, Event, Signal, SignalError};
use crate::store::{
    ConversationState, OutboxDraft, OutboxKind, Role, conversation_lock, conversation_update,
    handover_record, inbox_quarantined, inbox_returned, inbox_settled, ledger_outcome, outbox_put,
};

impl Case<'_> {
    /// Asks the local system and puts its answer into the outbox, together with the outcome.
    pub(super) async fn answer(&self, inquiry: Inquiry, header: &Header) -> Result<(), FlowError> {
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
            conversation_lock(&mut tx, draft.conversation_id, Role::Respondent).await?
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
        if let Some(remark) = made.remark {
            note(&mut tx, row, ("ask_person", None), remark, ctx).await?;
        }
        tx.commit().await?;
        ctx.wake.outbox();
        Ok(())
    }

    /// Hands the record to the local system, then records that it is there.
    pub(super) async fn hand_over(&self, record: InsuranceRecord, header: &Header) -> Result<(), FlowError> {
        let (desk, id) = (self.ctx.desk.clone(), header.document_id);
        Context::aside(move || desk.hand_over(id, &record)).await??;
        self.complete(header, "the record is with the local system").await
    }

    /// Ends the conversation we began.
    pub(super) async fn complete(&self, header: &Header, detail: &str) -> Result<(), FlowError> {
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

    pub(super) async fn refuse_seal(&self, cause: &SealError) -> Result<(), FlowError> {
        let detail = with_causes(cause);
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
    pub(super) async fn quarantine(
        &self,
        told: ErrorCode,
        detail: &str,
        code: Code,
    ) -> Result<(), FlowError> {
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
    pub(super) async fn refuse(
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
}
