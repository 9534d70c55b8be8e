//! Acts: decided, and journalled with their refusals (A2).

use super::{Approved, EntryError};
use crate::access::{Actor, Ask, CommandError, Commands, Permit, Refusal, decide};
use crate::base::Code;
use crate::flow::Context;
use crate::store::{Act, ActStage, StoreError, Subject, Tx, act_append, case_stage};
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
    permit_at(actor, ask, (subject, None), ctx).await
}

/// The same where the act has a stage: its form is opened, or it is asked for and [`note_outcome`] tells what came of it.
///
/// # Errors
/// As [`permit`].
pub async fn permit_at(
    actor: &Actor,
    ask: Ask<'_>,
    (subject, stage): (Option<&Subject>, Option<ActStage>),
    ctx: &Context,
) -> Result<Permit, EntryError> {
    let mut tx = ctx.store.begin().await?;
    let decided = permit_in(&mut tx, actor, ask, (subject, stage), ctx).await?;
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
    (subject, stage): (Option<&Subject>, Option<ActStage>),
    ctx: &Context,
) -> Result<Result<Permit, Refusal>, StoreError> {
    let decided = decide(Commands::built_in(), actor, ask);
    let code = decided.as_ref().err().map(Refusal::code);
    let mut act = act(actor, ask.command, ask.object, ctx);
    act.subject = subject.map(|subject| subject.as_str().to_owned());
    act.purpose = ask.purpose.map(|purpose| purpose.code.clone());
    act.served = ask.purpose.map(|purpose| purpose.case.clone());
    if let Ok(permit) = &decided {
        act.stage = stage.map(|stage| stage.as_str().to_owned());
        act.flag = flag(tx, permit).await?.map(str::to_owned);
    }
    act_append(tx, &coded(act, code)).await?;
    Ok(decided)
}

/// Why the administrator of cyber security should look at a query for data of a person: it serves no case that is open here (A5).
/// Cases belong to the body as a whole: whoever of it works on one names its number.
async fn flag(tx: &mut Tx, permit: &Permit) -> Result<Option<&'static str>, StoreError> {
    let Some(purpose) = permit.purpose() else { return Ok(None) };
    let is_personal = Commands::built_in().find(permit.command()).is_ok_and(|command| command.is_personal);
    if !is_personal {
        return Ok(None);
    }
    Ok(match case_stage(tx, purpose.case.trim()).await?.as_deref() {
        None | Some("closed" | "none") => Some(NO_OPEN_CASE),
        Some(_) => None,
    })
}

/// Journals what came of an act that was asked for: it was done, it waits for a second person, or it failed for the reason of a code.
///
/// # Errors
/// The database does not answer.
pub async fn note_outcome(permit: &Permit, code: Option<Code>, ctx: &Context) -> Result<(), EntryError> {
    let mut act = coded(act_by(permit, permit.object(), ctx), code);
    act.purpose = permit.purpose().map(|purpose| purpose.code.clone());
    act.served = permit.purpose().map(|purpose| purpose.case.clone());
    if permit.needs_approval() && code.is_none() {
        act.stage = Some(ActStage::Waiting.as_str().to_owned());
    }
    let mut tx = ctx.store.begin().await?;
    act_append(&mut tx, &act).await?;
    Ok(tx.commit().await?)
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
        stage: None,
        flag: None,
    }
}

/// The same of whoever has a permit, and it was done.
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
        stage: Some(ActStage::Done.as_str().to_owned()),
        flag: None,
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

/// The same with its outcome: what was to be done and has a code failed.
pub(super) fn coded(act: Act, code: Option<Code>) -> Act {
    let is_done = act.stage.as_deref() == Some(ActStage::Done.as_str());
    let stage =
        if is_done && code.is_some() { Some(ActStage::Failed.as_str().to_owned()) } else { act.stage };
    Act { code: code.map(str::to_owned), stage, ..act }
}

/// Journals that what one person asked for was done when another approved it, in the transaction in which it is done.
pub(in crate::flow) async fn note_approved(
    tx: &mut Tx,
    permit: &Permit,
    approved: &Approved,
    ctx: &Context,
) -> Result<(), StoreError> {
    let act = Act {
        command: approved.command().to_owned(),
        served: Some(format!("asked for by {}, approved as {}", approved.asked_by(), approved.id())),
        ..act_by(permit, approved.object(), ctx)
    };
    act_append(tx, &act).await
}

/// A query for data of a person that serves no case that is open here.
const NO_OPEN_CASE: &str = "access.no_open_case";

/// A number for a row; later ones are greater.
pub(super) fn id(ctx: &Context) -> Uuid {
    ctx.random.id(ctx.clock.now())
}
