//! Signing in: password, second factor, first entry, and what failed tries cost.

use super::acts::{coded, id};
use super::sessions::session_from;
use super::{EntryError, day_in};
use crate::access::{Door, Event, Ground, PasswordHash, Role, Session, Standing, Via, login_of, wait_after};
use crate::base::{Secret, random_octets};
use crate::exchange::seal::sha256;
use crate::flow::Context;
use crate::store::{
    AccountRow, Act, SessionRow, Tx, account_find, account_lock, account_others, account_update, act_append,
    entry_try_find, entry_try_forget, entry_try_put, reply_wipe, session_end_others, session_list,
    session_put, storable,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use std::net::IpAddr;

/// What somebody who wants in has typed, and where.
#[derive(Debug)]
pub struct SignIn<'a> {
    /// The login.
    pub login: &'a str,
    /// The password, or the temporary one.
    pub password: &'a Secret<String>,
    /// The one-time code of his authenticator, if he typed one.
    pub code: Option<&'a str>,
    /// Where he comes from.
    pub address: IpAddr,
    /// The program he comes with.
    pub agent: &'a str,
}

/// Somebody who is in.
#[derive(Debug)]
pub struct SignedIn {
    /// What his browser holds; it is kept nowhere else.
    pub token: Secret<String>,
    /// His session.
    pub session: Session,
}

/// Lets somebody in.
///
/// # Errors
/// Login, password or code are wrong; he must wait; the account is blocked; the temporary password is over.
pub async fn sign_in(asked: SignIn<'_>, ctx: &Context) -> Result<SignedIn, EntryError> {
    let found = match login_of(asked.login) {
        Some(login) => account_find(&mut ctx.store.read().await?, &login).await?,
        None => None,
    };
    let kept = found.as_ref().and_then(|account| account.password.clone());
    let typed = asked.password.clone();
    let of = kept.clone();
    let fits = Context::aside(move || match of {
        Some(kept) => kept.fits(&typed),
        None => {
            PasswordHash::waste(&typed);
            false
        }
    });
    let fits = fits.await?;
    let mut tx = ctx.store.begin().await?;
    let account = match &found {
        Some(account) => account_lock(&mut tx, &account.login).await?,
        None => None,
    };
    let outcome = match account {
        // a password that was changed meanwhile was not the one that fits
        Some(account) if account.password.is_some() => {
            let fits = fits && account.password == kept;
            try_door(&mut tx, account, fits, &asked, ctx).await?
        }
        Some(_) | None => try_nothing(&mut tx, &asked, ctx).await?,
    };
    tx.commit().await?;
    outcome
}

/// The inner result is what is committed: a refusal has its traces too.
type Outcome = Result<Result<SignedIn, EntryError>, EntryError>;

async fn try_door(
    tx: &mut Tx,
    mut account: AccountRow,
    fits: bool,
    asked: &SignIn<'_>,
    ctx: &Context,
) -> Outcome {
    let now = ctx.clock.now();
    let door = door_of(tx, &account).await?;
    let from = asked.address.to_string();
    let here = match door {
        Door::Common => (account.tries, account.shut_until),
        Door::LastAdministrator => {
            let tried = entry_try_find(tx, &account.login, &from).await?;
            tried.map_or((0, None), |(tries, until)| (tries, Some(until)))
        }
    };
    let refuse = |account: &AccountRow, error: EntryError| (act(account, ctx), error);
    let (tries, shut_until) = here;
    if let Some(until) = shut_until.filter(|until| *until > now) {
        return refused(tx, refuse(&account, EntryError::Wait { until })).await;
    }
    let mut step = account.factor_step;
    let is_proven = fits
        && match (&account.factor, asked.code) {
            (None, _) => true,
            (Some(_), None) => {
                return refused(tx, refuse(&account, EntryError::CodeWanted)).await;
            }
            (Some(kept), Some(code)) => {
                let factor = match ctx.entry.open_factor(&account.login, kept) {
                    Ok(factor) => factor,
                    Err(error) => return refused(tx, refuse(&account, error)).await,
                };
                let found = factor.step(code, now, account.factor_step);
                step = found.or(step);
                found.is_some()
            }
        };
    if !is_proven {
        let tries = tries.saturating_add(1);
        let until = now.checked_add(wait_after(tries, door, &ctx.entry.numbers.policy)).unwrap_or(now);
        match door {
            Door::Common => (account.tries, account.shut_until) = (tries, Some(until)),
            Door::LastAdministrator => entry_try_put(tx, (&account.login, &from), tries, until).await?,
        }
        account_update(tx, &account).await?;
        return refused(tx, refuse(&account, EntryError::Credentials)).await;
    }
    block_if_idle(tx, &mut account, ctx).await?;
    let is_first = match account.standing {
        Standing::Blocked(ground) => {
            return refused(tx, refuse(&account, EntryError::Blocked { ground })).await;
        }
        Standing::Entered => return refused(tx, refuse(&account, EntryError::TemporaryOver)).await,
        Standing::Issued if is_over(&account, now, ctx) => {
            return refused(tx, refuse(&account, EntryError::TemporaryOver)).await;
        }
        Standing::Issued => true,
        Standing::Active => false,
    };
    if is_first {
        account.standing = Standing::after(Some(account.standing), &Event::FirstEntry)?;
        reply_wipe(tx, &account.login, now).await?; // it is of no more use
    }
    (account.tries, account.shut_until, account.factor_step, account.used_at) = (0, None, step, now);
    account_update(tx, &account).await?;
    entry_try_forget(tx, &account.login).await?;
    Ok(Ok(let_in(tx, &account, asked, ctx).await?))
}

/// Nobody has this login, or only a program: the same as with a wrong password, and as slow.
async fn try_nothing(tx: &mut Tx, asked: &SignIn<'_>, ctx: &Context) -> Outcome {
    let now = ctx.clock.now();
    // what was typed may be a password in the wrong field
    let key = ctx.entry.digest("login", asked.login)?;
    let act = Act { role: None, login: String::new(), ..act_of("", None, key.as_str(), ctx) };
    let tried = entry_try_find(tx, key.as_str(), "").await?;
    if let Some((_, until)) = tried.filter(|(_, until)| *until > now) {
        return refused(tx, (act, EntryError::Wait { until })).await;
    }
    let tries = tried.map_or(0, |(tries, _)| tries).saturating_add(1);
    let until = now.checked_add(wait_after(tries, Door::Common, &ctx.entry.numbers.policy)).unwrap_or(now);
    entry_try_put(tx, (key.as_str(), ""), tries, until).await?;
    refused(tx, (act, EntryError::Credentials)).await
}

async fn refused(tx: &mut Tx, (act, error): (Act, EntryError)) -> Outcome {
    act_append(tx, &coded(act, error.code())).await?;
    Ok(Err(error))
}

async fn let_in(
    tx: &mut Tx,
    account: &AccountRow,
    asked: &SignIn<'_>,
    ctx: &Context,
) -> Result<SignedIn, EntryError> {
    let now = ctx.clock.now();
    let token = URL_SAFE_NO_PAD.encode(random_octets::<32>(ctx.random.as_ref()));
    let row = SessionRow {
        token: sha256(token.as_bytes()),
        id: id(ctx).to_string(),
        login: account.login.clone(),
        csrf: URL_SAFE_NO_PAD.encode(random_octets::<16>(ctx.random.as_ref())),
        address: asked.address.to_string(),
        agent: storable(asked.agent).chars().take(AGENT_LETTERS).collect(),
        began_at: now,
        used_at: now,
        ends_at: now.checked_add(ctx.entry.numbers.policy.session_total.duration()).unwrap_or(now),
    };
    // A6: a second session at once, or another computer than the one of the request, is an alert
    let idle = ctx.entry.numbers.policy.session_idle.duration();
    let is_alive = |other: &SessionRow| other.used_at.checked_add(idle).is_ok_and(|until| until > now);
    let is_parallel = session_list(tx, &account.login).await?.iter().any(is_alive);
    let is_elsewhere = account.details.address.parse::<IpAddr>().is_ok_and(|known| known != asked.address);
    session_put(tx, &row).await?;
    let entry = act_of(&account.login, Some(account.role), &row.id, ctx);
    act_append(tx, &entry).await?;
    for (is_found, code) in [(is_parallel, "access.parallel"), (is_elsewhere, "access.elsewhere")] {
        if is_found {
            let alert =
                Act { command: ALERT.to_owned(), ..act_of(&account.login, Some(account.role), &row.id, ctx) };
            act_append(tx, &coded(alert, Some(code))).await?;
        }
    }
    Ok(SignedIn { token: Secret::new(token), session: session_from(&row, account, ctx) })
}

/// Whose door it is: the last active administrator of either kind is never locked out.
pub(super) async fn door_of(tx: &mut Tx, account: &AccountRow) -> Result<Door, EntryError> {
    let is_administrator = matches!(account.role, Role::SystemAdministrator | Role::CyberAdministrator);
    if !is_administrator || !account.standing.is_active() {
        return Ok(Door::Common);
    }
    let (_, others) = account_others(tx, account.role, &account.login).await?;
    Ok(if others == 0 { Door::LastAdministrator } else { Door::Common })
}

/// A33: blocks an account that was not entered for longer than the Rules allow; tells whether it did.
pub(super) async fn block_if_idle(
    tx: &mut Tx,
    account: &mut AccountRow,
    ctx: &Context,
) -> Result<bool, EntryError> {
    let now = ctx.clock.now();
    let last_day = day_in(ctx.state, account.used_at)
        .checked_add(jiff::ToSpan::days(i64::from(ctx.entry.numbers.law.idle.count)));
    let is_idle = last_day.is_ok_and(|last| day_in(ctx.state, now) > last);
    if !is_idle || !account.standing.is_open() {
        return Ok(false);
    }
    account.standing = Standing::after(Some(account.standing), &Event::Blocked(Ground::Idle))?;
    account_update(tx, account).await?;
    session_end_others(tx, &account.login, "").await?;
    let act = Act {
        command: "account-block".to_owned(),
        object: account.login.clone(),
        served: Some(ctx.entry.numbers.law.idle.source.clone()),
        ..act_of(NODE, None, "", ctx)
    };
    act_append(tx, &act).await?;
    Ok(true)
}

/// Whether a temporary password has waited too long.
fn is_over(account: &AccountRow, now: Timestamp, ctx: &Context) -> bool {
    let until = account.password_at.checked_add(ctx.entry.numbers.policy.temporary_password.duration());
    until.is_ok_and(|until| until < now)
}

fn act(account: &AccountRow, ctx: &Context) -> Act {
    act_of(&account.login, Some(account.role), "", ctx)
}

fn act_of(login: &str, role: Option<Role>, object: &str, ctx: &Context) -> Act {
    Act {
        id: id(ctx),
        at: ctx.clock.now(),
        login: login.to_owned(),
        role: role.map(|role| role.word().to_owned()),
        via: Via::Console.word().to_owned(),
        command: "session-sign-in".to_owned(),
        object: object.to_owned(),
        subject: None,
        purpose: None,
        served: None,
        code: None,
        stage: None,
        flag: None,
    }
}

/// Who acts where nobody does.
pub(super) const NODE: &str = "node";
/// The command of an alert is the one it is about.
const ALERT: &str = "session-sign-in";
const AGENT_LETTERS: usize = 200;
