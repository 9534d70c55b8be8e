//! receive = server -> peer, size, header -> inbox.
//!
//! The bytes are stored before anything about them is decided beyond whose they are, how many, and what the
//! header says; only then is the caller answered.

use super::inspect::{Caller, Sight, look, stranger};
use super::{Arrived, Context};
use crate::base::Digest256;
use crate::exchange::seal::sha256;
use crate::exchange::wire::{Came, Envelope, PeerCertificate, Reply};
use crate::store::{
    Arrival, InboxDraft, JournalDraft, PartOf, StoreError, inbox_hold, inbox_hold_alone, journal_append,
    part_use,
};
use bytes::Bytes;

/// Stores what a caller sent and answers it: 202 when it is held, a fault when it cannot be, 503 when it cannot be
/// stored.
pub async fn receive(caller: Caller<'_>, arrived: impl Into<Arrived>, ctx: &Context) -> Reply {
    match try_receive(caller, arrived.into(), ctx).await {
        Ok(reply) => reply,
        Err(error) => {
            tell_unstored(&error);
            unstored()
        }
    }
}

pub(super) fn tell_unstored(error: &StoreError) {
    if error.is_told() {
        tracing::debug!(%error, "a message could not be stored; its sender will try again");
    } else {
        tracing::error!(error = ?error, "a message could not be stored; its sender will try again");
    }
}

/// The same for a caller of this that tells the operator itself what could not be stored.
///
/// # Errors
/// The database did not take it; the sender is to be answered with [`unstored`].
pub async fn try_receive(caller: Caller<'_>, arrived: Arrived, ctx: &Context) -> Result<Reply, StoreError> {
    let sight = look(caller, &arrived.came, ctx);
    let answer = sight.answer(ctx);
    hold(&sight, &arrived, ctx).await?;
    if matches!(sight.arrival, Arrival::Held) {
        ctx.wake.inbox();
    }
    Ok(answer)
}

/// The answer to what is not stored: it is nobody's fault on the other side, who tries again.
pub fn unstored() -> Reply {
    Reply { status: 503, body: Bytes::new() }
}

/// The answer to a stranger, of whom enough is stored already.
pub fn answer_stranger(caller: &PeerCertificate, ctx: &Context) -> Reply {
    stranger(caller.as_stranger()).answer(ctx)
}

impl Sight {
    /// 202 and nothing, or a fault; never a fault on a fault (D5 ¶89).
    fn answer(&self, ctx: &Context) -> Reply {
        let Some((status, fault)) = &self.fault else { return Reply { status: 202, body: Bytes::new() } };
        let from = format!("EAEU://{}/SR/gate", ctx.state);
        let id = ctx.random.uuid().urn().to_string();
        let write = |problem| Envelope::write_fault(fault, (&from, &id), &self.headers, problem);
        let problem = self.failed.as_deref().and_then(|bytes| std::str::from_utf8(bytes).ok());
        let body = write(problem).or_else(|_unwritable| write(None)).unwrap_or_default();
        Reply { status: *status, body: body.into() }
    }
}

async fn hold(sight: &Sight, Arrived { came, parts }: &Arrived, ctx: &Context) -> Result<(), StoreError> {
    let now = ctx.clock.now();
    let bytes = came.bytes();
    let digest: Digest256 = sha256(bytes);
    let is_whole = matches!(came, Came::Whole(_)) && sight.is_of_peer;
    let raw = if is_whole { bytes } else { beginning(bytes, ctx.limits.refused_bytes_max) };
    let detail = match bytes.len() - raw.len() {
        0 => sight.detail.clone(),
        _ => format!("{}; of {} bytes the first {} are kept", sight.detail, bytes.len(), raw.len()),
    };
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
    let code = match &sight.arrival {
        Arrival::Held => None,
        Arrival::Returned { code } | Arrival::Quarantined { code } => Some(code.as_str()),
    };
    let entry = JournalDraft::at(now, kind, detail)
        .coded(code)
        .of_arrival(&draft)
        .on_the_way(sight.headers.to.as_deref(), sight.headers.reply_to.as_deref());
    let mut tx = ctx.store.begin().await?;
    journal_append(&mut tx, &entry).await?;
    if parts.is_empty() || !sight.is_of_peer {
        inbox_hold_alone(&mut tx, &draft).await?;
        return tx.commit().await;
    }
    let row = inbox_hold(&mut tx, &draft).await?;
    for (content_id, part) in parts {
        part_use(&mut tx, PartOf::Inbox(row), content_id, part.id).await?;
    }
    tx.commit().await
}

fn beginning(bytes: &[u8], bytes_max: usize) -> &[u8] {
    bytes.get(..bytes_max).unwrap_or(bytes)
}
