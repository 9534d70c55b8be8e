//! Acknowledges a document: received with RCV, accepted with PRS (D5 ¶114, ¶115).
//!
//! Each signal is put into the outbox in the transaction that records its stage.

use super::FlowError;
use super::document::Case;
use super::note::note;
use super::signals::put_signal;
use crate::base::Finding;
use crate::exchange::document::codec::Header;
use crate::exchange::seal::VerifiedDocument;
use crate::exchange::transit::{ErrorCode, Signal};
use crate::store::{
    Conversation, ConversationState, InboxState, OutboxDraft, Role, Seen, Tx, conversation_lock,
    conversation_put, inbox_accepted, inbox_received, inbox_settled, ledger_answers, ledger_outcome,
    ledger_record, outbox_find, outbox_put,
};

impl Case<'_> {
    /// Records the document as received, with RCV; finds out whether it was expected and is new.
    pub(super) async fn receive(
        &self,
        verified: &VerifiedDocument,
        header: &Header,
    ) -> Result<Expected, FlowError> {
        let (row, ctx) = (self.row, self.ctx);
        let mut tx = ctx.store.begin().await?;
        let id = self.headers.conversation_id;
        let conversation = conversation_lock(&mut tx, id, self.role).await?;
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
            (Role::Respondent, Some(known)) => {
                known.request_document_id == Some(header.document_id) && known.peer == row.peer
            }
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
    pub(super) async fn accept(&self) -> Result<(), FlowError> {
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
pub(super) enum Expected {
    Yes,
    Settled,
}
