//! What the local system asks for under a key of its own is begun once, however often it asks.

use super::compose::prepare;
use super::{Begin, Composed, Context, FlowError};
use crate::base::Digest256;
use crate::store::{LocalRequest, local_request_find, local_request_put};

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// It is begun now.
    First(Composed),
    /// It was begun before.
    Again(Composed),
    /// Something else was asked under this key before.
    OtherBody,
}

/// Begins a transaction for a request with this key and SHA-256, unless it was begun before.
///
/// # Errors
/// As [`super::begin`].
pub async fn begin_once(
    what: Begin<'_>,
    (key, digest): (&str, Digest256),
    ctx: &Context,
) -> Result<Asked, FlowError> {
    let mut tx = ctx.store.read().await?;
    let known = local_request_find(&mut tx, key).await?;
    drop(tx);
    if let Some(known) = known {
        return Ok(of(known, digest));
    }
    let prepared = prepare(what, ctx).await?;
    let Composed { conversation_id, document_id, procedure_id } = prepared.composed();
    let at = ctx.clock.now();
    let request =
        LocalRequest { key: key.to_owned(), digest, conversation_id, document_id, procedure_id, at };
    let mut tx = ctx.store.begin().await?;
    if !local_request_put(&mut tx, &request).await? {
        let known = local_request_find(&mut tx, key).await?; // another one with this key was faster
        return known.map(|known| of(known, digest)).ok_or(FlowError::CutOff);
    }
    let composed = prepared.put(&mut tx).await?;
    tx.commit().await?;
    ctx.wake.outbox();
    Ok(Asked::First(composed))
}

fn of(known: LocalRequest, digest: Digest256) -> Asked {
    if known.digest != digest {
        return Asked::OtherBody;
    }
    let LocalRequest { conversation_id, document_id, procedure_id, .. } = known;
    Asked::Again(Composed { conversation_id, document_id, procedure_id })
}
