//! Sessions: found by what the browser holds, used, ended.

use super::EntryError;
use crate::access::{Actor, First, Session, Standing, Via};
use crate::base::Language;
use crate::exchange::canonical::State;
use crate::exchange::seal::sha256;
use crate::flow::Context;
use crate::store::{AccountRow, SessionRow, account_find, session_end, session_find, session_touch};
use jiff::SignedDuration;

/// The session of a token that a browser holds; nothing if it has ended, or the account is not open.
///
/// # Errors
/// The database does not answer.
pub async fn session_of(token: &str, ctx: &Context) -> Result<Option<Session>, EntryError> {
    let now = ctx.clock.now();
    let mut tx = ctx.store.read().await?;
    let Some(row) = session_find(&mut tx, &sha256(token.as_bytes())).await? else { return Ok(None) };
    let Some(account) = account_find(&mut tx, &row.login).await? else { return Ok(None) };
    drop(tx);
    let idle = ctx.entry.numbers.policy.session_idle.duration();
    let is_used = row.used_at.checked_add(idle).is_ok_and(|until| now < until);
    let may = match account.standing {
        Standing::Entered | Standing::Active => true,
        Standing::Issued | Standing::Blocked(_) => false,
    };
    if !may || !is_used || now >= row.ends_at {
        return Ok(None);
    }
    if now.duration_since(row.used_at) >= TOUCH_EVERY {
        let mut tx = ctx.store.begin().await?;
        session_touch(&mut tx, &row.token, now).await?;
        tx.commit().await?;
    }
    Ok(Some(session_from(&row, &account, ctx)))
}

/// Ends a session by whose it is; his door has journalled the act.
///
/// # Errors
/// The database does not answer.
pub async fn sign_out(session: &Session, ctx: &Context) -> Result<(), EntryError> {
    let mut tx = ctx.store.begin().await?;
    session_end(&mut tx, &session.actor.login, &session.id).await?;
    Ok(tx.commit().await?)
}

/// What a stored session is worth now.
pub(super) fn session_from(row: &SessionRow, account: &AccountRow, ctx: &Context) -> Session {
    let first = first_of(account, ctx);
    Session {
        id: row.id.clone(),
        actor: Actor {
            login: account.login.clone(),
            role: account.role,
            functions: account.details.functions.clone(),
            is_complete: account.standing.is_active() && first.is_none(),
            via: Via::Console,
        },
        name: account.name.clone(),
        language: account.details.language.unwrap_or(language_of(ctx.state)),
        csrf: row.csrf.clone(),
        first,
        began_at: row.began_at,
        ends_at: row.ends_at,
    }
}

/// What must be done before anything else: a password of his own (A30), a new one (A7), the rules of the day (A36).
fn first_of(account: &AccountRow, ctx: &Context) -> Option<First> {
    let age = ctx.entry.numbers.policy.password_age.duration();
    let is_old = account.password_at.checked_add(age).is_ok_and(|until| until <= ctx.clock.now());
    if !account.standing.is_active() || is_old {
        return Some(First::Password);
    }
    let rules = ctx.entry.rules.as_ref()?;
    (account.rules.as_ref() != Some(&rules.version)).then_some(First::Rules)
}

/// What is read where nobody said otherwise.
fn language_of(state: State) -> Language {
    match state {
        State::Am => Language::Hy,
        State::By | State::Kg | State::Kz | State::Ru => Language::Ru,
    }
}

const TOUCH_EVERY: SignedDuration = SignedDuration::from_mins(1);
