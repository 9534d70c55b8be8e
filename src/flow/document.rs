//! Settles a document: verify -> structure -> rules -> decode -> Record -> local system -> outcome and answer.
//!
//! RCV and PRS are put into the outbox in the transaction that records the stage they report, so each is sent if
//! and only if its stage is stored; a document that comes back after a crash goes on from the stage it had reached.
//! One that is found good at once reaches both stages in one transaction.

use super::acknowledge::Taken;
use super::conversation::plan;
use super::copies::keep_contents;
use super::parts::{fill, parts_by_name};
use super::revocation::ask_statuses;
use super::{Context, FlowError, OwnThirdParty};
use crate::base::{Code, Digest256, Finding, Findings, Limits, Shelf};
use crate::exchange::canonical::case::CaseDocument;
use crate::exchange::canonical::job::JobDocument;
use crate::exchange::canonical::{
    CheckDocument, Fact, FactInquiry, FactOffer, Inquiry, InsuranceRecord, Person, ResourceStatus, State,
};
use crate::exchange::document::Scope;
use crate::exchange::document::codec::{CodecError, Header, ProcessingResult};
use crate::exchange::rules::{Carries, MessageKind, Process, Rules, Transaction};
use crate::exchange::seal::{
    Ask, Judged, OpenedDocument, SealError, UnsignedDocument, VerifiedDocument, confirm, open_within,
    take_unsigned, verify, verify_filled,
};
use crate::exchange::transit::{ErrorCode, Headers, MessageCode, Plan, Role, Stage};
use crate::exchange::wire::Envelope;
use crate::exchange::{AcceptedDocument, accept};
use crate::store::{InboxRow, PartOf};

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
    let plan = plan(transaction, role, &row.peer, ctx)?;
    Case { row, headers, process, transaction, message, plan, ctx }.settle(envelope).await
}

/// One document with all that the catalogue says of it.
pub(super) struct Case<'a> {
    pub(super) row: &'a InboxRow,
    pub(super) headers: &'a Headers,
    pub(super) process: &'a Process,
    pub(super) transaction: &'a Transaction,
    pub(super) message: &'a MessageKind,
    /// The transaction as we see it, who take this document.
    pub(super) plan: Plan,
    pub(super) ctx: &'a Context,
}

impl Case<'_> {
    async fn settle(&self, envelope: &Envelope) -> Result<(), FlowError> {
        let verified = match self.verify_asking(envelope).await? {
            Ok(verified) => verified,
            Err(error) => return self.refuse_seal(error).await,
        };
        let ctx = self.ctx;
        let (rules, message, limits, asked) =
            (ctx.rules.clone(), self.message.clone(), ctx.limits, ctx.state);
        let (verified, read) = Context::aside(move || {
            let read = read(&verified, &message, &rules, (asked, &limits));
            (verified, read)
        })
        .await?;
        let (header, content) = match read? {
            Read::Broken(findings) => {
                return self.refuse(&findings, |_| ErrorCode::DataError, "rules.structure", None).await;
            }
            Read::Whole(header, content) => (header, content),
        };
        let (content, inside) = match content {
            Ok(Ok(read)) => read,
            Ok(Err(CodecError::Values(findings))) | Err(findings) => {
                let code_of = |finding: &Finding| content_code(finding, &ctx.rules);
                return self.refuse_received(&verified, &header, &findings, (code_of, "rules.content")).await;
            }
            Ok(Err(error)) => return Err(error.into()),
        };
        let misfits = self.misfits(&header, &content).await?;
        if !misfits.is_empty() {
            return self.refuse_received(&verified, &header, &misfits, (misfit_code, "flow.misfit")).await;
        }
        keep_contents(inside, ctx).await?;
        let Some(stage) = self.accept(&verified, &header, &content).await? else { return Ok(()) };
        let taken = Accepted { content: &content, header: &header, digest: verified.digest() };
        let stage = match (stage, self.plan.role) {
            (Stage::Working, Role::Respondent) => match self.answer(taken).await? {
                Some(stage) => stage,
                None => return Ok(()),
            },
            (stage, _) => stage,
        };
        self.conclude(taken, stage).await
    }

    /// Refuses a document whose structure is in order: it is received first.
    async fn refuse_received(
        &self,
        verified: &VerifiedDocument,
        header: &Header,
        findings: &Findings,
        (code_of, code): (impl Fn(&Finding) -> ErrorCode, Code),
    ) -> Result<(), FlowError> {
        match self.receive(verified, header).await? {
            Taken::GoesOn => self.refuse(findings, code_of, code, Some(header)).await,
            Taken::Settled => Ok(()),
        }
    }

    /// The same as [`Self::verify`]; where it is not known whether a certificate is revoked, its authority is asked first.
    async fn verify_asking(
        &self,
        envelope: &Envelope,
    ) -> Result<Result<VerifiedDocument, SealError>, FlowError> {
        let mut asked: Vec<Ask> = Vec::new();
        loop {
            let verified = self.verify(envelope).await;
            let asks = match &verified {
                Ok(Err(SealError::StatusUnknown { asks, .. }))
                | Err(FlowError::Seal(SealError::StatusUnknown { asks, .. })) => asks,
                Ok(_) | Err(_) => return verified,
            };
            // each signature has its own; what was asked before is not known yet
            let new: Vec<Ask> = asks.iter().filter(|ask| !asked.contains(ask)).cloned().collect();
            if new.is_empty() {
                return verified;
            }
            ask_statuses(&new, self.ctx).await?;
            asked.extend(new);
        }
    }

    /// Opens the document, with the attachments it refers to, and sees that its seal was good when it came.
    async fn verify(&self, envelope: &Envelope) -> Result<Result<VerifiedDocument, SealError>, FlowError> {
        let bytes = self.row.raw.get(envelope.body.clone()).unwrap_or_default().to_vec();
        let scope = envelope.scope.clone();
        let peer = self.ctx.peers.of_name(&self.row.peer)?;
        let (trust, lawful) = (peer.trust.as_ref().map(Shelf::get), peer.signers.clone());
        let (limits, at, is_signed) = (self.ctx.limits, self.row.received_at, self.message.signed);
        let is_his = move |verified: VerifiedDocument| {
            let is_lawful = |signer: &str| lawful.iter().any(|name| name == signer);
            match lawful.is_empty() || verified.signers().any(is_lawful) {
                true => Ok(verified),
                false => Err(SealError::OtherSigner),
            }
        };
        if is_signed && let Some(third) = &self.ctx.third_party {
            let confirmed = self.confirm(third, (bytes, scope)).await?;
            return Ok(confirmed.and_then(is_his));
        }
        let reason = "this peer has none, and no third party judges its seals; add seal_authorities";
        let trust = trust.ok_or(SealError::TrustBundle { reason })?;
        let alone_trust = trust.clone();
        let alone_is_his = is_his.clone();
        let opened = Context::aside(move || {
            if !is_signed {
                return take_unsigned(&bytes, &scope, &limits).map(Opened::Bare);
            }
            let opened = open_within(&bytes, &scope, &limits)?;
            if opened.has_holes() {
                return Ok(Opened::WithParts(opened));
            }
            verify(opened, &alone_trust, at).and_then(alone_is_his).map(Opened::Verified)
        })
        .await?;
        let parts = async || parts_by_name(PartOf::Inbox(self.row.id), self.ctx).await;
        Ok(match opened {
            Err(error) => Err(error),
            Ok(Opened::Verified(verified)) => Ok(verified),
            Ok(Opened::Bare(bare)) => {
                let mut filling = bare.filling()?;
                if filling.open_hole().is_some()
                    && let Err(error) = fill(&mut filling, &parts().await?, self.ctx).await?
                {
                    return Ok(Err(error));
                }
                let filled = filling.finish()?;
                bare.taken(filled)
            }
            Ok(Opened::WithParts(opened)) => {
                let mut filling = match opened.filling() {
                    Ok(filling) => filling,
                    Err(error) => return Ok(Err(error)),
                };
                if let Err(error) = fill(&mut filling, &parts().await?, self.ctx).await? {
                    return Ok(Err(error));
                }
                let filled = filling.finish()?;
                Context::aside(move || verify_filled(opened, filled, &trust, at).and_then(is_his)).await?
            }
        })
    }
}

/// What a verified document says.
enum Read {
    /// Nothing: its structure is not in order.
    Broken(Findings),
    /// Its header, and its content with the attachments inside, or why the rules refuse it.
    Whole(Header, Result<Result<Contents, CodecError>, Findings>),
}

/// What a document carries, with the attachments inside.
type Contents = (Content, Vec<Vec<u8>>);

/// Structural control, then format-logical control; keeps a processor busy.
fn read(
    verified: &VerifiedDocument,
    message: &MessageKind,
    rules: &Rules,
    (asked, limits): (State, &Limits),
) -> Result<Read, CodecError> {
    let findings = rules.structure(verified.document());
    if findings.iter().any(Finding::is_error) {
        return Ok(Read::Broken(findings));
    }
    let header = Header::read(verified.document(), limits)?;
    let beside = verified.parts().len();
    let content = accept(verified, message, rules)
        .map(|accepted| Content::read(&accepted, (message.carries, asked), beside, limits));
    Ok(Read::Whole(header, content))
}

/// A document on its way to being verified.
enum Opened {
    /// It had no attachments beside it.
    Verified(VerifiedDocument),
    /// Its attachments are to be fed in.
    WithParts(OpenedDocument),
    /// Nobody had to sign it.
    Bare(UnsignedDocument),
}

impl Case<'_> {
    /// The same by our third party: whose receipt is proof enough, and the only one.
    async fn confirm(
        &self,
        third: &OwnThirdParty,
        (bytes, scope): (Vec<u8>, Scope),
    ) -> Result<Result<VerifiedDocument, SealError>, FlowError> {
        let limits = self.ctx.limits;
        let opening = (bytes.clone(), scope.clone());
        let opened = Context::aside(move || open_within(&opening.0, &opening.1, &limits)).await?;
        let opened = match opened {
            Ok(opened) => opened,
            Err(error) => return Ok(Err(error)),
        };
        let confirmation = match self.judged(third, (&bytes, &scope)).await? {
            Judged::Confirmed(confirmation) => confirmation,
            Judged::NotConfirmed { code, text } => {
                let code = code.map_or("no code", |code| code.as_str());
                return Ok(Err(SealError::NotConfirmed { reason: format!("{code}; {text}") }));
            }
            Judged::Impossible { text } => return Err(FlowError::ThirdParty { detail: text }),
        };
        let parts = parts_by_name(PartOf::Inbox(self.row.id), self.ctx).await?;
        let mut filling = opened.filling()?;
        if let Err(error) = fill(&mut filling, &parts, self.ctx).await? {
            return Ok(Err(error));
        }
        let filled = filling.finish()?;
        Ok(confirm(opened, filled, &confirmation))
    }
}

/// A numbered rule is told by its number (D5 ¶119); a value that means nothing by a code of ours; what is wrong with
/// the structure after all as structural control tells it.
fn content_code(finding: &Finding, rules: &Rules) -> ErrorCode {
    if rules.text_of(&finding.rule).is_some() {
        ErrorCode::Rule(finding.rule.clone())
    } else if finding.code.starts_with("canonical.") {
        ErrorCode::Rule("X.VALUE".to_owned())
    } else {
        ErrorCode::DataError
    }
}

/// What does not fit is told by a code of ours.
pub(super) fn misfit_code(finding: &Finding) -> ErrorCode {
    ErrorCode::Rule(format!("X.{}", finding.code.to_uppercase().replace('_', ".")))
}

/// A document that is accepted, on its way to its effect.
#[derive(Clone, Copy)]
pub(super) struct Accepted<'a> {
    pub(super) content: &'a Content,
    pub(super) header: &'a Header,
    /// SHA-256 of what was sealed.
    pub(super) digest: Digest256,
}

/// What a document carries.
pub(super) enum Content {
    Inquiry(Box<Inquiry>),
    Record(Box<InsuranceRecord>),
    Status(ResourceStatus),
    Notice(ProcessingResult),
    FactInquiry(Box<FactInquiry>),
    Fact(Box<Fact>),
    FactOffer(Box<FactOffer>),
    Case(Box<CaseDocument>),
    Check(Box<CheckDocument>),
    Job(Box<JobDocument>),
}

impl Content {
    /// What an accepted document carries, and its attachments that are inside; `beside` is how many came beside it.
    fn read(
        accepted: &AcceptedDocument<'_>,
        (carries, asked): (Carries, State),
        beside: usize,
        limits: &Limits,
    ) -> Result<Contents, CodecError> {
        Ok(match carries {
            Carries::Inquiry => Self::Inquiry(Box::new(accepted.inquiry(asked, limits)?.1)).alone(),
            Carries::InsuranceRecord => {
                let (_, record) = accepted.record(limits)?;
                let has_more = record.copies().count() > beside;
                let inside = if has_more { accepted.contents_inside(limits)? } else { Vec::new() };
                (Self::Record(Box::new(record)), inside)
            }
            Carries::CaseDocument => {
                let (_, document) = accepted.case_document(limits)?;
                let has_more = document.copies().count() > beside;
                let inside = if has_more { accepted.contents_inside(limits)? } else { Vec::new() };
                (Self::Case(Box::new(document)), inside)
            }
            Carries::CheckDocument => Self::Check(Box::new(accepted.check_document(limits)?.1)).alone(),
            Carries::JobDocument => Self::Job(Box::new(accepted.job_document(limits)?.1)).alone(),
            Carries::Notice => Self::Notice(accepted.notice(limits)?.1).alone(),
            Carries::Status => Self::Status(accepted.status(limits)?.1).alone(),
            Carries::FactInquiry => {
                Self::FactInquiry(Box::new(accepted.fact_inquiry(asked, limits)?.1)).alone()
            }
            Carries::Fact => Self::Fact(Box::new(accepted.fact(limits)?.1)).alone(),
            Carries::FactOffer => Self::FactOffer(Box::new(accepted.fact_offer(limits)?.1)).alone(),
        })
    }

    /// Whom it is about, if it is about one person.
    pub(super) fn person(&self) -> Option<&Person> {
        match self {
            Self::Inquiry(inquiry) => Some(&inquiry.person),
            Self::Record(record) => Some(&record.person),
            Self::FactInquiry(inquiry) => Some(&inquiry.person),
            Self::Fact(fact) => Some(&fact.person),
            Self::FactOffer(offer) => Some(&offer.fact.person),
            Self::Case(document) => document.person(),
            Self::Job(document) => document.person(),
            Self::Status(_) | Self::Notice(_) | Self::Check(_) => None,
        }
    }

    /// With no attachments inside.
    fn alone(self) -> Contents {
        (self, Vec::new())
    }
}
