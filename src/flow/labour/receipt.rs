//! Receipts of peers: up to which change they have applied, and with that which erasures. Who is believed is known by the
//! certificate of the line; a signature of the key of its seals is kept beside, and how that was judged.

use super::Refusal;
use crate::exchange::canonical::State;
use crate::exchange::seal::is_attested;
use crate::flow::{Context, FlowError};
use crate::labour::sync::{StreamKind, SyncReceipt};
use crate::store::{JournalDraft, journal_append, stream_acknowledge, stream_find, target_confirm};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Takes a receipt of a peer; how many erasures it confirms that were not confirmed before.
///
/// # Errors
/// This node exchanges no jobs; the receipt is of another epoch, or beyond our head; the database.
pub async fn take_receipt(peer: State, receipt: &SyncReceipt, ctx: &Context) -> Result<u64, Refusal> {
    if !ctx.labour.is_enabled {
        return Err(Refusal::Off);
    }
    let now = ctx.clock.now();
    let signer = judge(peer, receipt, ctx)?;
    let mut tx = ctx.store.begin().await?;
    let row = stream_find(&mut tx, peer.as_code(), receipt.stream).await?;
    let is_of_it = row
        .is_some_and(|row| row.head.stream_epoch == receipt.stream_epoch && row.head.head_seq >= receipt.seq);
    if !is_of_it {
        return Err(Refusal::OtherEpoch);
    }
    let at = (receipt.stream_epoch.as_str(), receipt.seq);
    stream_acknowledge(&mut tx, (peer.as_code(), receipt.stream), at, now).await?;
    let mut confirmed = 0;
    if receipt.stream == StreamKind::Profile {
        let signature = receipt.signature.as_deref();
        confirmed = target_confirm(&mut tx, (peer.as_code(), receipt.seq), (signature, signer), now).await?;
    }
    if confirmed > 0 {
        let detail =
            format!("{peer} confirms {confirmed} erasures, up to change {}; by {signer}", receipt.seq);
        let entry = JournalDraft {
            peer: Some(peer.to_string()),
            ..JournalDraft::at(now, "erasure_confirmed", detail)
        };
        journal_append(&mut tx, &entry).await?;
    }
    tx.commit().await?;
    Ok(confirmed)
}

/// By whom a receipt is vouched for, in words that are kept.
fn judge(peer: State, receipt: &SyncReceipt, ctx: &Context) -> Result<&'static str, FlowError> {
    let (Some(signature), Some(certificate)) = (&receipt.signature, &receipt.certificate) else {
        return Ok("the certificate of the line alone");
    };
    let trust = ctx.peers.of_name(peer.as_code())?.trust.as_ref().map(|shelf| shelf.get());
    let Some(trust) = trust else {
        return Ok("the certificate of the line; its signature is not judged here");
    };
    let Ok(signature) = STANDARD.decode(signature) else {
        return Ok("the certificate of the line; its signature is none");
    };
    let sentence = receipt.sentence(peer.as_code(), ctx.state.as_code());
    let judged = is_attested((&sentence, &signature), certificate.as_bytes(), &trust, ctx.clock.now());
    Ok(match judged {
        Ok(true) => "the certificate of the line and the key of its seals",
        Ok(false) => "the certificate of the line; its signature is of something else",
        Err(_cause) => "the certificate of the line; the certificate of its signature leads nowhere now",
    })
}
