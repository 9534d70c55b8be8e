//! Concludes a document: answered, handed over, deferred, returned or kept apart, each in one transaction with its
//! answer.

use super::answer::answer;
use super::checks;
use super::conversation::{Happened, advance, stage_of, step};
use super::copies::hand_over_copies;
use super::document::{Accepted, Case, Content};
use super::facts::{declined, keep, refusal_in};
use super::labour::note_shown;
use super::note::note;
use super::offers::answered;
use super::signals::error;
use super::{Context, FlowError, Origin};
use crate::base::{Code, Finding, Findings, Verdict, with_causes};
use crate::exchange::canonical::{CheckDocument, Coded, Fact};
use crate::exchange::document::codec::{Header, NoticeCode};
use crate::exchange::rules::Refusal;
use crate::exchange::seal::SealError;
use crate::exchange::transit::{ErrorCode, Event, Role, Signal, SignalError, Stage};
use crate::store::{
    OutboxDraft, OutboxKind, PersonRef, Tx, conversation_lock, handover_put, inbox_deferred,
    inbox_quarantined, inbox_returned, inbox_settled, ledger_outcome, outbox_put, person_ref_put,
};

impl Case<'_> {
    /// Makes the response and puts it into the outbox; tells where the transaction stands then, or nothing if the
    /// document is settled with that.
    pub(super) async fn answer(&self, taken: Accepted<'_>) -> Result<Option<Stage>, FlowError> {
        let (row, ctx) = (self.row, self.ctx);
        let Accepted { content, header, .. } = taken;
        if let Content::Check(document) = content
            && let CheckDocument::Opening(opening) = &**document
            && self.waits_for_values(opening, header).await?
        {
            return Ok(None);
        }
        if !self.plan.is_atomic() {
            self.hand_over(taken).await?; // the response says that it was
        }
        let asked = (header, row.received_at, row.peer.as_str());
        let made = answer(content, asked, (self.process, self.transaction), ctx).await?;
        let draft = OutboxDraft {
            peer: row.peer.clone(),
            conversation_id: self.headers.conversation_id,
            procedure_id: self.headers.procedure_id.clone(),
            document_id: Some(made.document_id),
            kind: OutboxKind::Application,
            role: Role::Respondent,
            action: self.headers.action.reply(&made.message).to_string(),
            body: made.document.bytes,
            relates_to: Some(self.headers.message_id),
            digest: made.document.digest,
            created_at: ctx.clock.now(),
        };
        let mut tx = ctx.store.begin().await?;
        let whose = (draft.conversation_id, Role::Respondent);
        let Some(mut conversation) = conversation_lock(&mut tx, whose.0, whose.1).await? else {
            return Ok(None);
        };
        if stage_of(&conversation) != Stage::Working {
            return Ok(Some(stage_of(&conversation))); // it was cancelled while the answer was made
        }
        let answered = outbox_put(&mut tx, &draft).await?;
        made.document.parts.used_by(&mut tx, answered).await?;
        let of = PersonRef {
            document_id: made.document_id,
            conversation_id: Some(draft.conversation_id),
            at: draft.created_at,
        };
        person_ref_put(&mut tx, &made.subjects, &of).await?;
        conversation.own_outbox_id = Some(answered);
        conversation.outcome = Some(made.message.clone());
        let happened = Happened { event: Event::Replied, now: ctx.clock.now() };
        let step = step(&mut tx, &mut conversation, happened, ctx).await?;
        note(&mut tx, row, ("answering", None), &made.message, ctx).await?;
        if !made.made_by.is_empty() {
            note(&mut tx, row, ("translated", None), &made.made_by.join(", "), ctx).await?;
        }
        for remark in &made.remarks {
            note(&mut tx, row, (remark.kind, remark.code), &remark.text, ctx).await?;
        }
        if let Content::Check(document) = content
            && let CheckDocument::Batch(batch) = &**document
        {
            checks::note_answered(&mut tx, batch, (self, header)).await?;
        }
        ledger_outcome(&mut tx, &row.peer, header.document_id, &[answered]).await?;
        let is_settled = !self.plan.is_atomic();
        if is_settled {
            self.record_handover(&mut tx, taken).await?;
            inbox_settled(&mut tx, row.id).await?;
        }
        tx.commit().await?;
        ctx.wake.outbox();
        Ok((!is_settled).then(|| step.course.stage()))
    }

    /// Gives an accepted document its effect, or none, or lets it wait for the end of its transaction.
    pub(super) async fn conclude(&self, taken: Accepted<'_>, stage: Stage) -> Result<(), FlowError> {
        if self.plan.is_atomic() && stage != Stage::Completed {
            return self.defer_or_withdraw().await;
        }
        self.hand_over(taken).await?;
        let (row, ctx) = (self.row, self.ctx);
        let mut tx = ctx.store.begin().await?;
        self.record_handover(&mut tx, taken).await?;
        let kind = if self.plan.role == Role::Initiator { "answered" } else { "taken" };
        note(&mut tx, row, (kind, None), &taken.content.told(), ctx).await?;
        inbox_settled(&mut tx, row.id).await?;
        tx.commit().await?;
        if matches!(taken.content, Content::Check(_)) {
            ctx.wake.checks();
        }
        Ok(())
    }

    /// A document of mutual obligations waits until all of it is complete; if it is cancelled it never had an effect
    /// (D5 ¶98, ¶122).
    async fn defer_or_withdraw(&self) -> Result<(), FlowError> {
        let (row, ctx) = (self.row, self.ctx);
        let mut tx = ctx.store.begin().await?;
        let id = self.headers.conversation_id;
        let stage = conversation_lock(&mut tx, id, self.plan.role).await?.as_ref().map(stage_of);
        match stage {
            // It ended between two looks: the next one gives it its effect.
            Some(Stage::Completed) => return Err(FlowError::CutOff),
            Some(stage) if !stage.is_end() => {
                inbox_deferred(&mut tx, row.id).await?;
                note(
                    &mut tx,
                    row,
                    ("deferred", None),
                    "it has its effect when the transaction is complete",
                    ctx,
                )
                .await?;
            }
            Some(_) | None => {
                let code = "transit.cancelled";
                inbox_returned(&mut tx, row.id, code).await?;
                note(
                    &mut tx,
                    row,
                    ("returned", Some(code)),
                    "the transaction was cancelled; it has no effect",
                    ctx,
                )
                .await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }

    /// Tells the local system; told twice after a crash, once in effect.
    async fn hand_over(&self, taken: Accepted<'_>) -> Result<(), FlowError> {
        let origin = Origin {
            document_id: taken.header.document_id,
            conversation_id: self.headers.conversation_id,
            sender: self.row.peer.clone(),
            message: self.message.code.clone(),
            digest: taken.digest,
        };
        let desk = self.ctx.desk.clone();
        match taken.content {
            Content::Record(record) => {
                hand_over_copies(origin.document_id, record.copies(), self.ctx).await?;
                let record = record.clone();
                Context::aside(move || desk.hand_over(&origin, &record)).await??;
            }
            Content::Case(document) => {
                hand_over_copies(origin.document_id, document.copies(), self.ctx).await?;
                let document = document.clone();
                Context::aside(move || desk.hand_over_case(&origin, &document)).await??;
            }
            Content::Job(document) => self.hand_over_job(origin, document).await?,
            Content::Check(document) => {
                if let CheckDocument::Result(result) = &**document {
                    checks::take_result(result, self.ctx).await?;
                }
            }
            Content::Notice(notice) if notice.code == NoticeCode::received() => {
                self.hand_over_own_job().await?;
            }
            Content::Inquiry(_)
            | Content::Status(_)
            | Content::Notice(_)
            | Content::FactInquiry(_)
            | Content::Fact(_)
            | Content::FactOffer(_) => {}
        }
        if let Some((event, fact)) = self.fact_to_take(taken.content) {
            let (desk, id) = (self.ctx.desk.clone(), taken.header.document_id);
            let (event, fact) = (event.cloned(), fact.clone());
            Context::aside(move || desk.hand_over_fact(id, event.as_ref(), &fact)).await??;
        }
        Ok(())
    }

    /// The fact that a document gives us: an answer, or an offer that we do not decline.
    fn fact_to_take<'c>(&self, content: &'c Content) -> Option<(Option<&'c Coded>, &'c Fact)> {
        match content {
            Content::Fact(fact) => Some((None, fact)),
            Content::FactOffer(offer) => {
                let is_taken = declined(offer, self.row.received_at, self.ctx).is_none();
                is_taken.then_some((Some(&offer.event), &offer.fact))
            }
            Content::Inquiry(_)
            | Content::Record(_)
            | Content::Status(_)
            | Content::Notice(_)
            | Content::FactInquiry(_)
            | Content::Check(_)
            | Content::Job(_)
            | Content::Case(_) => None,
        }
    }

    async fn record_handover(&self, tx: &mut Tx, taken: Accepted<'_>) -> Result<(), FlowError> {
        let Accepted { content, header, .. } = taken;
        let now = self.ctx.clock.now();
        let fact = self.fact_to_take(content).map(|(_event, fact)| fact);
        if matches!(content, Content::Record(_) | Content::Case(_) | Content::Job(_)) || fact.is_some() {
            handover_put(tx, header.document_id, now).await?; // again it changes nothing, see hand_over
        }
        if let Some(fact) = fact {
            keep(tx, header.document_id, fact, now).await?;
        }
        if let Content::Job(document) = content {
            let of = (self.row.peer.as_str(), header.document_id, self.headers.conversation_id);
            note_shown(tx, document, of, self.ctx).await?;
        }
        if let Content::Case(document) = content {
            self.belonging(document, header).keep(tx, Some(self.row.id)).await?;
        }
        if let Content::Check(document) = content {
            checks::conclude(tx, document, now).await?;
        }
        if let Content::Notice(notice) = content {
            let is_taken = notice.code == NoticeCode::received();
            answered(tx, self.headers.conversation_id, is_taken).await?;
            if !self.ctx.checks.peers.is_empty() {
                checks::received(tx, header.answers, now).await?;
            }
        }
        Ok(())
    }

    /// Tells the sender what is wrong with the seal; what we cannot judge for want of our own waits for a person.
    pub(super) async fn refuse_seal(&self, cause: SealError) -> Result<(), FlowError> {
        let detail = with_causes(&cause);
        match cause.verdict() {
            Verdict::Quarantine { code } => {
                self.quarantine(ErrorCode::Rule("X.SEAL".to_owned()), &detail, code).await
            }
            Verdict::Park { .. } => Err(cause.into()),
            Verdict::Return { code } => {
                let finding = Finding::error(code, "/", "SignedDoc", "", detail);
                self.refuse(&vec![finding], |_| ErrorCode::DataError, code, None).await
            }
            Verdict::Retry { .. } => Err(cause.into()), // it waits
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
        self.signal(&mut tx, error(told, detail, None)).await?;
        inbox_quarantined(&mut tx, row.id, code).await?;
        note(&mut tx, row, ("quarantined", Some(code)), detail, ctx).await?;
        tx.commit().await?;
        ctx.wake.outbox();
        Ok(())
    }

    /// Returns the document with every finding. One whose header is known was recorded: a repeat of it gets the same
    /// refusal, and a transaction that it began ends with it.
    pub(super) async fn refuse(
        &self,
        findings: &Findings,
        code_of: impl Fn(&Finding) -> ErrorCode,
        code: Code,
        recorded: Option<&Header>,
    ) -> Result<(), FlowError> {
        let (row, ctx) = (self.row, self.ctx);
        let rules = &ctx.rules;
        let told = |f: &Finding| SignalError::of_finding(code_of(f), f, rules.text_of(&f.rule), None);
        let errors = findings.iter().map(told).collect();
        let mut tx = ctx.store.begin().await?;
        let refusal = self.signal(&mut tx, (Signal::Error, errors)).await?;
        if let Some(header) = recorded {
            ledger_outcome(&mut tx, &row.peer, header.document_id, &[refusal]).await?;
            if self.plan.role == Role::Respondent {
                let happened = Happened { event: Event::Reject, now: ctx.clock.now() };
                let whose = (self.headers.conversation_id, Role::Respondent);
                advance(&mut tx, whose, happened, ctx).await?;
            }
        }
        inbox_returned(&mut tx, row.id, code).await?;
        let detail: Vec<String> = findings.iter().map(ToString::to_string).collect();
        note(&mut tx, row, ("returned", Some(code)), &detail.join("; "), ctx).await?;
        tx.commit().await?;
        ctx.wake.outbox();
        Ok(())
    }
}

impl Content {
    /// What the journal says of it.
    fn told(&self) -> String {
        match self {
            Self::Inquiry(_) => "the inquiry is answered".to_owned(),
            Self::Record(_) => "the record is with the local system".to_owned(),
            Self::Notice(notice) if notice.code == NoticeCode::refused() => {
                let refusal = notice.description.as_deref().and_then(refusal_in);
                format!("the peer refuses: {}", refusal.map_or("it does not say why", Refusal::code))
            }
            Self::Notice(notice) if notice.code == NoticeCode::unknown() => {
                "the peer does not know at present; ask again later".to_owned()
            }
            Self::Notice(notice) if notice.code == NoticeCode::received() => {
                "the peer has received it".to_owned()
            }
            Self::Notice(_) => {
                "the peer has no record of the person, or needs an identifier to tell him".to_owned()
            }
            Self::FactInquiry(_) => "the question is answered".to_owned(),
            Self::Fact(_) => "the fact is with the local system".to_owned(),
            Self::FactOffer(_) => "the offer is answered".to_owned(),
            Self::Case(document) => {
                let (what, case) = (document.kind().as_code(), document.head().case.as_ref());
                let of = case.map_or_else(String::new, |case| format!(" of case {}", case.as_str()));
                format!("{what}{of} is with the local system")
            }
            Self::Job(document) => format!("{} is with the local system", document.kind().as_code()),
            Self::Check(document) => {
                format!("{} of check {} is taken", document.as_word(), document.number().as_str())
            }
            Self::Status(status) => match &status.updated_at {
                Some(at) if at.instant().is_none() => {
                    format!("the peer's records are those of {at}; it does not say in which zone")
                }
                Some(at) => format!("the peer's records are those of {at}"),
                None => "the peer does not say when its records were brought up to date".to_owned(),
            },
        }
    }
}
