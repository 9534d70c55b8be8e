//! Acts at the command line of the machine: who sits there is known by the operating system alone (A2, A40).

use super::acts::{act, id};
use super::decide::{execute, passwords};
use super::requests::{SentFile, judge, row_of};
use super::{EntryError, Issued};
use crate::access::{AccessRequest, AccountError, Action, Actor, Role, Via};
use crate::base::{Clock, Code, Random};
use crate::flow::Context;
use crate::store::{
    Act, RequestState, Store, StoreError, access_file_put, account_others, act_append, request_decide,
    request_put,
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
