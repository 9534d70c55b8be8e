//! A form or call that comes twice under one key is done once, and answered alike.

use super::{Context, FlowError};
use crate::store::{once_begin, once_drop, once_end, once_find, once_forget};
use jiff::SignedDuration;

/// Whether something is to be done under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Once {
    /// It is: nobody did before.
    First,
    /// It was done, and answered so.
    Again(String),
    /// It is being done, or was broken off.
    Now,
    /// Something else was asked under this key.
    Other,
}

/// Notes that something is being done under a key of a login.
///
/// # Errors
/// The database does not answer.
pub async fn begin_only_once(login: &str, key: &str, digest: &str, ctx: &Context) -> Result<Once, FlowError> {
    let now = ctx.clock.now();
    let mut tx = ctx.store.begin().await?;
    once_forget(&mut tx, now.checked_sub(KEPT).unwrap_or(now)).await?;
    let is_first = once_begin(&mut tx, (login, key), digest, now).await?;
    let known = if is_first { None } else { once_find(&mut tx, login, key).await? };
    tx.commit().await?;
    Ok(match known {
        None if is_first => Once::First,
        None => Once::Now,
        Some((asked, _)) if asked != digest => Once::Other,
        Some((_, answer)) if answer.is_empty() => Once::Now,
        Some((_, answer)) => Once::Again(answer),
    })
}

/// Notes the answer; without one it was not done, and may come again.
///
/// # Errors
/// The database does not answer.
pub async fn end_only_once(
    login: &str,
    key: &str,
    answer: Option<&str>,
    ctx: &Context,
) -> Result<(), FlowError> {
    let mut tx = ctx.store.begin().await?;
    match answer {
        Some(answer) => once_end(&mut tx, (login, key), answer).await?,
        None => once_drop(&mut tx, (login, key)).await?,
    }
    Ok(tx.commit().await?)
}

/// How long a key is known.
const KEPT: SignedDuration = SignedDuration::from_hours(48);
