//! receive = server -> peer, size, header -> inbox.
//!
//! The bytes are stored before anything about them is decided beyond whose they are, how many, and what the
//! header says; only then is the caller answered.

use super::Context;
use super::inspect::{Sight, look};
use crate::base::Digest256;
use crate::exchange::seal::sha256;
use crate::exchange::wire::{Came, Envelope, PeerCertificate, Reply, WireError};
use crate::store::{Arrival, InboxDraft, JournalDraft, StoreError, inbox_hold, journal_append};
use bytes::Bytes;

/// Stores what a caller sent and answers it: 202 when it is held, a fault when it cannot be.
pub async fn receive(caller: &PeerCertificate, came: Came, ctx: &Context) -> Reply {
    let sight = look(caller, &came, ctx);
    let answer = sight.answer(ctx);
    match hold(&sight, &came, ctx).await {
        Ok(()) => {
            if matches!(sight.arrival, Arrival::Held) {
                ctx.wake.inbox();
            }
            answer
        }
        Err(error) => {
            tracing::error!(error = ?error, "a message could not be stored; its sender will try again");
            Reply { status: 503, body: Bytes::new() }
        }
    }
}

/// Journals a caller that never proved who it is.
pub async fn turn_away(error: &WireError, ctx: &Context) {
    tracing::warn!(error = ?error, "a caller was turned away");
    let code = error.verdict().code().unwrap_or("wire.handshake");
    let mut entry = JournalDraft::at(ctx.clock.now(), "turned_away", error.to_string());
    entry.code = Some(code.to_owned());
    if let Err(error) = journal_once(&entry, ctx).await {
        tracing::error!(error = ?error, "the journal could not be written");
    }
}

impl Sight {
    /// 202 and nothing, or a fault; never a fault on a fault (D5 ¶89).
    fn answer(&self, ctx: &Context) -> Reply {
        let Some((status, fault)) = &self.fault else { return Reply { status: 202, body: Bytes::new() } };
        let from = format!("EAEU://{}/SR/gate", ctx.state);
        let id = ctx.random.uuid().urn().to_string();
        let body = Envelope::write_fault(fault, &from, &id, &self.headers).unwrap_or_default();
        Reply { status: *status, body: body.into() }
    }
}

async fn hold(sight: &Sight, came: &Came, ctx: &Context) -> Result<(), StoreError> {
    let now = ctx.clock.now();
    let raw = came.bytes();
    let digest: Digest256 = sha256(raw);
    let id_of = |text: &Option<String>| text.as_deref().and_then(|text| text.parse().ok());
    let draft = InboxDraft {
        peer: sight.peer.clone(),
        message_id: id_of(&sight.headers.message_id),
        relates_to: id_of(&sight.headers.relates_to),
        conversation_id: sight.headers.conversation_id.as_deref().and_then(|text| text.parse().ok()),
        procedure_id: sight.headers.procedure_id.as_deref().and_then(|text| text.parse().ok()),
        action: sight.headers.action.clone().unwrap_or_default(),
        raw: raw.to_vec(),
        digest,
        headers: String::new(),
        received_at: now,
        arrival: sight.arrival.clone(),
    };
    let kind = match &sight.arrival {
        Arrival::Held => "held",
        Arrival::Returned { .. } => "returned",
        Arrival::Quarantined { .. } => "quarantined",
    };
    let mut entry = JournalDraft::at(now, kind, sight.detail.clone());
    entry.message_id = draft.message_id;
    entry.conversation_id = draft.conversation_id;
    entry.peer = Some(draft.peer.clone());
    entry.code = match &sight.arrival {
        Arrival::Held => None,
        Arrival::Returned { code } | Arrival::Quarantined { code } => Some(code.clone()),
    };
    let mut tx = ctx.store.begin().await?;
    inbox_hold(&mut tx, &draft).await?;
    journal_append(&mut tx, &entry).await?;
    tx.commit().await
}

async fn journal_once(entry: &JournalDraft, ctx: &Context) -> Result<(), StoreError> {
    let mut tx = ctx.store.begin().await?;
    journal_append(&mut tx, entry).await?;
    tx.commit().await
}
