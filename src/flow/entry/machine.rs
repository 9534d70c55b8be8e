//! Acts at the command line of the machine: who sits there is known by the operating system alone (A2, A40).

use super::acts::{act, id};
use super::decide::{execute, line, passwords};
use super::requests::{SentFile, judge, row_of};
use super::{EntryError, Issued};
use crate::access::{AccessRequest, AccountError, Action, Actor, Event, Role, Standing, Via};
use crate::base::{Clock, Code, Random};
use crate::flow::Context;
use crate::store::{
    Act, RequestState, Store, StoreError, access_file_put, account_lock, account_others, account_update,
    act_append, entry_try_forget, login_line_put, reply_wipe, request_decide, request_find, request_put,
    session_end_others,
};
use std::collections::BTreeSet;

/// Journals an act at the command line of a machine, by a user of its operating system.
///
/// # Errors
/// The database does not answer.
pub async fn note_command(
    (user, command, object): (&str, &str, &str),
    code: Option<Code>,
    store: &Store,
    (clock, random): (&dyn Clock, &dyn Random),
) -> Result<(), StoreError> {
    let at = clock.now();
    let act = Act {
        id: random.id(at),
        at,
        login: user.to_owned(),
        role: None,
        via: Via::CommandLine.word().to_owned(),
        command: command.to_owned(),
        object: object.to_owned(),
        subject: None,
        purpose: None,
        served: None,
        code: code.map(str::to_owned),
        stage: None,
        flag: None,
    };
    let mut tx = store.begin().await?;
    act_append(&mut tx, &act).await?;
    tx.commit().await
}

/// Registers the first administrator of a kind, on a request that is recorded like any other; refused once one can enter.
///
/// # Errors
/// The request is not in order, is not about an administrator, or there is one already.
pub async fn register_first(
    user: &str,
    request: AccessRequest,
    file: SentFile<'_>,
    ctx: &Context,
) -> Result<Vec<Issued>, EntryError> {
    let role = request.role;
    let is_first_of = matches!(role, Role::CyberAdministrator | Role::SystemAdministrator);
    if !is_first_of || request.action != Action::Grant {
        return Err(EntryError::NotThere { what: "a first administrator in this request" });
    }
    let actor = Actor {
        login: user.to_owned(),
        role,
        functions: BTreeSet::new(),
        is_complete: true,
        via: Via::CommandLine,
    };
    let by = Act { role: None, ..act(&actor, "account-first", "", ctx) };
    let outcome = register(&by, request, file, ctx).await;
    if let Err(error) = &outcome {
        let mut tx = ctx.store.begin().await?;
        let code = error.code().map(str::to_owned);
        act_append(&mut tx, &Act { id: id(ctx), code, object: role.word().to_owned(), ..by }).await?;
        tx.commit().await?;
    }
    outcome
}

/// Issues a temporary password anew to an administrator whose registration was cut off, or whose second factor is locked under a
/// key that is lost: the request that gave him his login is executed once more, and gives nothing beyond.
///
/// # Errors
/// There is no such account, it is none of an administrator, it is blocked, or he can come in by himself.
pub async fn reissue_first(user: &str, login: &str, ctx: &Context) -> Result<Issued, EntryError> {
    let actor = Actor {
        login: user.to_owned(),
        role: Role::SystemAdministrator,
        functions: BTreeSet::new(),
        is_complete: true,
        via: Via::CommandLine,
    };
    let by = Act { role: None, ..act(&actor, "account-again", login, ctx) };
    let outcome = reissue(&by, login, ctx).await;
    if let Err(error) = &outcome {
        let mut tx = ctx.store.begin().await?;
        act_append(&mut tx, &Act { id: id(ctx), code: error.code().map(str::to_owned), ..by }).await?;
        tx.commit().await?;
    }
    outcome
}

async fn reissue(by: &Act, login: &str, ctx: &Context) -> Result<Issued, EntryError> {
    let fresh = passwords(1, ctx).await?.pop();
    let (password, hash) = fresh.ok_or(EntryError::NotThere { what: "a temporary password" })?;
    let now = ctx.clock.now();
    let mut tx = ctx.store.begin().await?;
    let found = account_lock(&mut tx, login).await?;
    let mut account = found.ok_or(EntryError::NotThere { what: "the account" })?;
    if !matches!(account.role, Role::CyberAdministrator | Role::SystemAdministrator) {
        return Err(EntryError::NotThere { what: "an administrator of this login" });
    }
    let has_lost_factor =
        account.factor.as_ref().is_some_and(|kept| ctx.entry.open_factor(login, kept).is_err());
    if account.standing == Standing::Active && !has_lost_factor {
        return Err(AccountError::Step.into());
    }
    account.standing = Standing::after(Some(account.standing), &Event::Again)?;
    account.history.extend(account.password.take());
    account.password = Some(hash);
    (account.password_at, account.used_at) = (now, now);
    (account.tries, account.shut_until) = (0, None);
    (account.factor, account.factor_step, account.factor_offered) = (None, None, None);
    reply_wipe(&mut tx, login, now).await?; // a password that was issued before is dead
    account_update(&mut tx, &account).await?;
    session_end_others(&mut tx, login, "").await?;
    entry_try_forget(&mut tx, login).await?;
    if let Some(row) = request_find(&mut tx, account.request_id).await? {
        login_line_put(&mut tx, &line(&row, &account, &by.login, ctx)).await?;
    }
    let act =
        Act { subject: account.person.clone(), served: Some(account.request_id.to_string()), ..by.clone() };
    act_append(&mut tx, &act).await?;
    tx.commit().await?;
    Ok(Issued { login: account.login, temporary: Some(password) })
}

async fn register(
    by: &Act,
    request: AccessRequest,
    file: SentFile<'_>,
    ctx: &Context,
) -> Result<Vec<Issued>, EntryError> {
    let role = request.role;
    let (request, file) = judge(request, Some(file), ctx).map_err(EntryError::NotInOrder)?;
    let fresh = passwords(request.users.len(), ctx).await?;
    let row = row_of(id(ctx), request, &by.login, ctx);
    let mut tx = ctx.store.begin().await?;
    let (open, _) = account_others(&mut tx, role, "").await?;
    if open > 0 {
        return Err(AccountError::There.into());
    }
    access_file_put(&mut tx, &file, row.filed_at).await?;
    request_put(&mut tx, &row).await?;
    request_decide(&mut tx, row.id, RequestState::Granted, (&by.login, row.filed_at), None).await?;
    let issued = execute(&mut tx, (by, &row.body.applicant.head_name), &row, fresh, ctx).await?;
    tx.commit().await?;
    Ok(issued)
}
