//! Acts: decided, and journalled with their refusals (A2).

use super::EntryError;
use crate::access::{Actor, Ask, CommandError, Commands, Permit, Refusal, decide};
use crate::base::Code;
use crate::flow::Context;
use crate::store::{Act, StoreError, Subject, Tx, act_append};
use uuid::Uuid;

/// Decides whether an actor may do what he asks, and journals it, in a transaction of its own.
///
/// # Errors
/// He may not, which is journalled too; the database does not answer.
pub async fn permit(
    actor: &Actor,
    ask: Ask<'_>,
    subject: Option<&Subject>,
    ctx: &Context,
) -> Result<Permit, EntryError> {
    let mut tx = ctx.store.begin().await?;
    let decided = permit_in(&mut tx, actor, ask, subject, ctx).await?;
    tx.commit().await?;
    Ok(decided?)
}

/// The same in the transaction of the act. After a refusal commit it, or the refusal is not journalled.
///
/// # Errors
/// The database does not answer.
pub async fn permit_in(
    tx: &mut Tx,
    actor: &Actor,
    ask: Ask<'_>,
    subject: Option<&Subject>,
    ctx: &Context,
) -> Result<Result<Permit, Refusal>, StoreError> {
    let decided = decide(Commands::built_in(), actor, ask);
    let code = decided.as_ref().err().map(Refusal::code);
    let mut act = act(actor, ask.command, ask.object, ctx);
    act.subject = subject.map(|subject| subject.as_str().to_owned());
    act.purpose = ask.purpose.map(|purpose| purpose.code.clone());
    act.served = ask.purpose.map(|purpose| purpose.case.clone());
    act_append(tx, &coded(act, code)).await?;
    Ok(decided)
}

/// Sees that a permit is for what is to be shown.
///
/// # Errors
/// It is for another command.
pub(super) fn shown(permit: &Permit, commands: &[&str]) -> Result<(), EntryError> {
    if commands.contains(&permit.command()) {
        return Ok(());
    }
    let wanted = commands.first().copied().unwrap_or_default();
    Err(EntryError::Refused(Refusal::Unknown(CommandError(format!("{} for {wanted}", permit.command())))))
}

/// An act of an actor, now.
pub(super) fn act(actor: &Actor, command: &str, object: &str, ctx: &Context) -> Act {
    let now = ctx.clock.now();
    Act {
        id: id(ctx),
        at: now,
        login: actor.login.clone(),
        role: Some(actor.role.word().to_owned()),
        via: actor.via.word().to_owned(),
        command: command.to_owned(),
        object: object.to_owned(),
        subject: None,
        purpose: None,
        served: None,
        code: None,
    }
}

/// The same of whoever has a permit: what became of what he may.
pub(super) fn act_by(permit: &Permit, object: &str, ctx: &Context) -> Act {
    Act {
        id: id(ctx),
        at: ctx.clock.now(),
        login: permit.login().to_owned(),
        role: Some(permit.role().word().to_owned()),
        via: permit.via().word().to_owned(),
        command: permit.command().to_owned(),
        object: object.to_owned(),
        subject: None,
        purpose: None,
        served: None,
        code: None,
    }
}

/// Journals that what a permit was for was not done, and why.
pub(super) async fn note_failure(
    permit: &Permit,
    object: &str,
    error: &EntryError,
    ctx: &Context,
) -> Result<(), EntryError> {
    let mut tx = ctx.store.begin().await?;
    act_append(&mut tx, &coded(act_by(permit, object, ctx), error.code())).await?;
    Ok(tx.commit().await?)
}

/// The same with its outcome.
pub(super) fn coded(act: Act, code: Option<Code>) -> Act {
    Act { code: code.map(str::to_owned), ..act }
}

/// A number for a row; later ones are greater.
pub(super) fn id(ctx: &Context) -> Uuid {
    ctx.random.id(ctx.clock.now())
}
