//! Settles a document: verify -> structure -> rules -> decode -> Record -> local system -> outcome and answer.
//!
//! RCV and PRS are put into the outbox in the transaction that records the stage they report, so each is sent if
//! and only if its stage is stored; a document that comes back after a crash goes on from the stage it had reached.

use super::acknowledge::Expected;
use super::{Context, FlowError};
use crate::base::Finding;
use crate::exchange::accept;
use crate::exchange::canonical::{Inquiry, InsuranceRecord};
use crate::exchange::document::codec::{CodecError, Header};
use crate::exchange::rules::{Carries, MessageKind, Process, Transaction};
use crate::exchange::seal::{SealError, VerifiedDocument, open_within, verify};
use crate::exchange::transit::{ErrorCode, Headers, MessageCode};
use crate::exchange::wire::Envelope;
use crate::store::{InboxRow, Role};

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
pub(super) struct Case<'a> {
    pub(super) row: &'a InboxRow,
    pub(super) headers: &'a Headers,
    pub(super) process: &'a Process,
    pub(super) transaction: &'a Transaction,
    pub(super) message: &'a MessageKind,
    pub(super) role: Role,
    pub(super) ctx: &'a Context,
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
        let misfits = self.misfits(&content).await?;
        if !misfits.is_empty() {
            return self
                .refuse(&misfits, |finding| ErrorCode::Rule(finding.code.clone()), "flow.misfit")
                .await;
        }
        self.accept().await?;
        match content {
            Content::Inquiry(inquiry) => self.answer(*inquiry, &header).await,
            Content::Record(record) => self.hand_over(*record, &header).await,
            Content::Notice => {
                self.complete(
                    &header,
                    "the peer has no record of the person, or needs an identifier to tell him",
                )
                .await
            }
        }
    }

    async fn verify(&self, envelope: &Envelope) -> Result<Result<VerifiedDocument, SealError>, FlowError> {
        let bytes = self.row.raw.get(envelope.body.clone()).unwrap_or_default().to_vec();
        let scope = envelope.scope.clone();
        let peer = self.ctx.peers.of_name(&self.row.peer)?;
        let (trust, signer) = (peer.trust.clone(), peer.signer.clone());
        let (limits, now) = (self.ctx.limits, self.ctx.clock.now());
        Context::aside(move || {
            let verified = verify(open_within(&bytes, &scope, &limits)?, &trust, now)?;
            let is_his = signer.is_none_or(|signer| signer == verified.signer());
            if is_his { Ok(verified) } else { Err(SealError::OtherSigner) }
        })
        .await
    }
}

/// What a document carries.
pub(super) enum Content {
    Inquiry(Box<Inquiry>),
    Record(Box<InsuranceRecord>),
    Notice,
}
