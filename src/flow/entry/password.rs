//! What a person changes of his own account: password, second factor, the rules he acknowledges.

use super::EntryError;
use super::acts::{act, coded};
use super::sign_in::door_of;
use crate::access::{Against, Door, Event, PasswordHash, Session, Standing, wait_after, weaknesses};
use crate::base::Secret;
use crate::flow::Context;
use crate::store::{
    AccountRow, Tx, account_find, account_lock, account_update, act_append, session_end_others,
};
use std::sync::Arc;

/// Changes a password; the first time that completes the registration (A30). All other sessions of his end.
///
/// # Errors
/// The old password is wrong, the new one is weak (A7), or there were too many wrong ones.
pub async fn change_password(
    session: &Session,
    old: &Secret<String>,
    new: &Secret<String>,
    ctx: &Context,
) -> Result<(), EntryError> {
    let login = &session.actor.login;
    let gone = || EntryError::NotThere { what: "the account" };
    let account = account_find(&mut ctx.store.read().await?, login).await?.ok_or_else(gone)?;
    let judged = judge(&account, old, new, ctx).await?;
    let now = ctx.clock.now();
    let mut tx = ctx.store.begin().await?;
    let mut account = account_lock(&mut tx, login).await?.ok_or_else(gone)?;
    let outcome = match (account.shut_until.filter(|until| *until > now), judged) {
        (Some(until), _) => Err(EntryError::Wait { until }),
        (None, Judged::Wrong) => {
            slow_down(&mut tx, &mut account, ctx).await?;
            Err(EntryError::Credentials)
        }
        (None, Judged::Weak(found)) => Err(EntryError::Weak(found)),
        (None, Judged::Good { kept, .. }) if account.password.as_ref() != Some(&kept) => {
            Err(EntryError::Credentials) // another one changed it meanwhile
        }
        (None, Judged::Good { kept, new }) => {
            match Standing::after(Some(account.standing), &Event::PasswordChosen) {
                Ok(standing) => {
                    let reach = usize::try_from(ctx.entry.numbers.policy.password_history.count);
                    account.history.insert(0, kept);
                    account.history.truncate(reach.unwrap_or(usize::MAX));
                    (account.standing, account.password, account.password_at) = (standing, Some(new), now);
                    (account.tries, account.shut_until) = (0, None);
                    Ok(())
                }
                Err(error) => Err(error.into()),
            }
        }
    };
    account_update(&mut tx, &account).await?;
    if outcome.is_ok() {
        session_end_others(&mut tx, login, &session.id).await?;
    }
    if let Err(error) = &outcome {
        act_append(&mut tx, &coded(act(&session.actor, "password-change", login, ctx), error.code())).await?;
    }
    tx.commit().await?;
    outcome
}

/// Counts a wrong password of somebody who is in, and journals what he wanted by it.
pub(super) async fn count_wrong(session: &Session, command: &str, ctx: &Context) -> Result<(), EntryError> {
    let mut tx = ctx.store.begin().await?;
    if let Some(mut account) = account_lock(&mut tx, &session.actor.login).await? {
        slow_down(&mut tx, &mut account, ctx).await?;
        account_update(&mut tx, &account).await?;
        let code = EntryError::Credentials.code();
        act_append(&mut tx, &coded(act(&session.actor, command, &account.login, ctx), code)).await?;
    }
    Ok(tx.commit().await?)
}

async fn slow_down(tx: &mut Tx, account: &mut AccountRow, ctx: &Context) -> Result<(), EntryError> {
    account.tries = account.tries.saturating_add(1);
    let door = door_of(tx, account).await?;
    let wait = wait_after(account.tries, door, &ctx.entry.numbers.policy);
    account.shut_until = match door {
        Door::Common => ctx.clock.now().checked_add(wait).ok(),
        Door::LastAdministrator => None, // his door stays open; his session ends by its time
    };
    Ok(())
}

enum Judged {
    Wrong,
    Weak(Vec<crate::access::Weakness>),
    Good { kept: PasswordHash, new: PasswordHash },
}

/// All that takes its time, on a thread of its own.
async fn judge(
    account: &AccountRow,
    old: &Secret<String>,
    new: &Secret<String>,
    ctx: &Context,
) -> Result<Judged, EntryError> {
    let (old, new, random) = (old.clone(), new.clone(), Arc::clone(&ctx.random));
    let (login, name) = (account.login.clone(), account.name.clone());
    let kept = account.password.clone();
    let before: Vec<PasswordHash> = kept.iter().chain(&account.history).cloned().collect();
    let policy = ctx.entry.numbers.policy.clone();
    let judging = Context::aside(move || {
        let Some(kept) = kept.filter(|kept| kept.fits(&old)) else { return Ok(Judged::Wrong) };
        let found = weaknesses(&new, Against { login: &login, name: &name, before: &before }, &policy);
        if !found.is_empty() {
            return Ok(Judged::Weak(found));
        }
        PasswordHash::of(&new, random.as_ref()).map(|new| Judged::Good { kept, new })
    });
    Ok(judging.await??)
}
