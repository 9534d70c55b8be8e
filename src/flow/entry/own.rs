//! What a person does about his own account beside the password: second factor, rules, sessions. His door has journalled the
//! act; what fails is journalled here.

use super::EntryError;
use crate::access::{SecondFactor, Session};
use crate::base::Secret;
use crate::flow::Context;
use crate::store::{AccountRow, account_find, account_lock, account_update, session_end, session_list};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// One of his sessions, as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OwnSession {
    /// Its public id.
    pub id: String,
    /// The address it was begun from.
    pub address: String,
    /// The program it was begun with.
    pub agent: String,
    /// When it began.
    #[schemars(with = "String")]
    pub began_at: Timestamp,
    /// When it was last used.
    #[schemars(with = "String")]
    pub used_at: Timestamp,
    /// When it ends at the latest.
    #[schemars(with = "String")]
    pub ends_at: Timestamp,
    /// Whether it is the one that asks.
    pub is_this: bool,
}

/// Draws a second factor for somebody who shows his password once more; it counts when he has shown a code of it
/// ([`set_second_factor`]).
///
/// # Errors
/// The password is wrong.
pub async fn offer_second_factor(
    session: &Session,
    password: &Secret<String>,
    ctx: &Context,
) -> Result<SecondFactor, EntryError> {
    let account = account_find(&mut ctx.store.read().await?, &session.actor.login).await?.ok_or_else(gone)?;
    let (kept, typed) = (account.password, password.clone());
    if !Context::aside(move || kept.is_some_and(|kept| kept.fits(&typed))).await? {
        super::password::count_wrong(session, "second-factor-set", ctx).await?;
        return Err(EntryError::Credentials);
    }
    let factor = SecondFactor::draw(ctx.random.as_ref());
    let drawn = ctx.entry.lock_factor(&session.actor.login, &factor, ctx.random.as_ref())?;
    change(session, ctx, |account| {
        account.factor_offered = Some(drawn);
        Ok(())
    })
    .await?;
    Ok(factor)
}

/// Sets the second factor that was drawn, by a code of it.
///
/// # Errors
/// The code does not fit, or none was drawn.
pub async fn set_second_factor(session: &Session, code: &str, ctx: &Context) -> Result<(), EntryError> {
    let now = ctx.clock.now();
    let set = change(session, ctx, |account| {
        let offered = account.factor_offered.clone();
        let kept = offered.ok_or(EntryError::NotThere { what: "a second factor that was drawn" })?;
        let factor = ctx.entry.open_factor(&account.login, &kept)?;
        let step = factor.step(code, now, None).ok_or(EntryError::Credentials)?;
        (account.factor, account.factor_step, account.factor_offered) = (Some(kept), Some(step), None);
        Ok(())
    });
    let set = set.await;
    if let Err(EntryError::Credentials) = &set {
        super::password::count_wrong(session, "second-factor-set", ctx).await?;
    }
    set
}

/// Notes that a person has read the rules of cyber security of this version (A36).
///
/// # Errors
/// The rules of the day are others.
pub async fn acknowledge_rules(session: &Session, version: &str, ctx: &Context) -> Result<(), EntryError> {
    let now = ctx.clock.now();
    let is_of_day = ctx.entry.rules.as_ref().is_some_and(|rules| rules.version == version);
    if !is_of_day {
        return Err(EntryError::NotThere { what: "rules of this version; they have changed" });
    }
    change(session, ctx, |account| {
        (account.rules, account.rules_at) = (Some(version.to_owned()), Some(now));
        Ok(())
    })
    .await
}

/// The sessions of whoever asks, the latest first.
///
/// # Errors
/// The database does not answer.
pub async fn sessions_of(session: &Session, ctx: &Context) -> Result<Vec<OwnSession>, EntryError> {
    let now = ctx.clock.now();
    let idle = ctx.entry.numbers.policy.session_idle.duration();
    let rows = session_list(&mut ctx.store.read().await?, &session.actor.login).await?;
    let alive = rows
        .into_iter()
        .filter(|row| now < row.ends_at && row.used_at.checked_add(idle).is_ok_and(|until| now < until));
    Ok(alive
        .map(|row| OwnSession {
            is_this: row.id == session.id,
            id: row.id,
            address: row.address,
            agent: row.agent,
            began_at: row.began_at,
            used_at: row.used_at,
            ends_at: row.ends_at,
        })
        .collect())
}

/// Ends one of the sessions of whoever asks.
///
/// # Errors
/// It is not his, or not there.
pub async fn end_session(session: &Session, id: &str, ctx: &Context) -> Result<(), EntryError> {
    let mut tx = ctx.store.begin().await?;
    let is_ended = session_end(&mut tx, &session.actor.login, id).await?;
    tx.commit().await?;
    if is_ended { Ok(()) } else { Err(EntryError::NotThere { what: "the session" }) }
}

/// Changes the account of a session; what could not be decided changes nothing.
async fn change(
    session: &Session,
    ctx: &Context,
    decide: impl FnOnce(&mut AccountRow) -> Result<(), EntryError>,
) -> Result<(), EntryError> {
    let mut tx = ctx.store.begin().await?;
    let mut account = account_lock(&mut tx, &session.actor.login).await?.ok_or_else(gone)?;
    decide(&mut account)?;
    account_update(&mut tx, &account).await?;
    Ok(tx.commit().await?)
}

fn gone() -> EntryError {
    EntryError::NotThere { what: "the account" }
}
