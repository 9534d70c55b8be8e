//! A second pair of eyes: what is asked for waits, and another person approves exactly that.

use super::EntryError;
use super::acts::{act_by, coded, id, shown};
use super::requests::PAGE_ROWS;
use crate::access::{Actor, Commands, Permit, Refusal, may_approve};
use crate::flow::Context;
use crate::store::{
    ApprovalRow, ApprovalState, Tx, act_append, approval_decide, approval_find, approval_page,
    approval_page_of, approval_put, approvals_of,
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

/// A page of what waits, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ApprovalPage {
    /// What waits.
    pub approvals: Vec<ApprovalView>,
    /// Where the next page begins; nothing if there is none.
    #[schemars(with = "Option<String>")]
    pub next: Option<Uuid>,
}

/// What waits, or waited, for a second pair of eyes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ApprovalView {
    /// Its number.
    #[schemars(with = "String")]
    pub id: Uuid,
    /// The command that is to be done.
    pub command: String,
    /// To what.
    pub object: String,
    /// Exactly what is to be done.
    pub body: Value,
    /// Who asks.
    pub asked_by: String,
    /// When.
    #[schemars(with = "String")]
    pub asked_at: Timestamp,
    /// waiting, approved, rejected or withdrawn.
    pub state: &'static str,
    /// Whether whoever reads it may approve it.
    pub is_mine_to_decide: bool,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When.
    #[schemars(with = "Option<String>")]
    pub decided_at: Option<Timestamp>,
    /// Why.
    pub reason: Option<String>,
}

/// What a second person says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Eyes {
    /// It is to be done.
    Approve,
    /// It is not to be done; a reason must be told.
    Reject,
    /// Who asked takes it back.
    Withdraw,
}

/// Something that was approved: proof for whoever does it, in the same transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approved {
    id: Uuid,
    command: String,
    object: String,
    body: Value,
    asked_by: String,
    approved_by: String,
}

impl Approved {
    /// The number of the approval.
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// The command to be done.
    pub fn command(&self) -> &str {
        &self.command
    }

    /// To what.
    pub fn object(&self) -> &str {
        &self.object
    }

    /// Exactly what is to be done.
    pub fn body(&self) -> &Value {
        &self.body
    }

    /// Who asked for it.
    pub fn asked_by(&self) -> &str {
        &self.asked_by
    }

    /// Who approved it.
    pub fn approved_by(&self) -> &str {
        &self.approved_by
    }
}

/// Lets something wait for a second pair of eyes; the same a second time waits once. The permit says that it needs them.
///
/// # Errors
/// The permit needs no approval; the database does not answer.
pub async fn ask_approval(permit: &Permit, body: &Value, ctx: &Context) -> Result<Uuid, EntryError> {
    ask_approval_of(permit, permit.object(), body, ctx).await
}

/// The same where what is to be changed stands not in the path of the call.
///
/// # Errors
/// As [`ask_approval`].
pub async fn ask_approval_of(
    permit: &Permit,
    object: &str,
    body: &Value,
    ctx: &Context,
) -> Result<Uuid, EntryError> {
    if !permit.needs_approval() {
        return Err(EntryError::NotThere { what: "an approval for what needs none" });
    }
    let body = body.to_string();
    let mut tx = ctx.store.begin().await?;
    let waiting = approvals_of(&mut tx, permit.command(), object).await?.into_iter().find(|row| {
        row.state == ApprovalState::Waiting && row.body == body && row.asked_by == permit.login()
    });
    if let Some(row) = waiting {
        return Ok(row.id);
    }
    let row = ApprovalRow {
        id: id(ctx),
        command: permit.command().to_owned(),
        object: object.to_owned(),
        body,
        asked_by: permit.login().to_owned(),
        asked_at: ctx.clock.now(),
        state: ApprovalState::Waiting,
        decided_by: None,
        decided_at: None,
        reason: None,
    };
    approval_put(&mut tx, &row).await?;
    tx.commit().await?;
    Ok(row.id)
}

/// A page of approvals of a state, after a cursor.
///
/// # Errors
/// The permit is for another act; the database does not answer.
pub async fn approvals(
    permit: &Permit,
    state: ApprovalState,
    after: Option<Uuid>,
    reader: &Actor,
    ctx: &Context,
) -> Result<ApprovalPage, EntryError> {
    shown(permit, &["approval-list"])?;
    let rows = approval_page(&mut ctx.store.read().await?, state, after, PAGE_ROWS).await?;
    let is_full = u32::try_from(rows.len()).is_ok_and(|count| count >= PAGE_ROWS);
    let next = rows.last().filter(|_| is_full).map(|row| row.id);
    Ok(ApprovalPage { approvals: rows.into_iter().map(|row| view(row, reader)).collect(), next })
}

/// One of them.
///
/// # Errors
/// There is none of this number; the permit is for another act.
pub async fn approval(
    permit: &Permit,
    id: Uuid,
    reader: &Actor,
    ctx: &Context,
) -> Result<ApprovalView, EntryError> {
    shown(permit, &["approval-list", "approval-decide"])?;
    let found = approval_find(&mut ctx.store.read().await?, id).await?;
    found.map(|row| view(row, reader)).ok_or(EntryError::NotThere { what: "the approval" })
}

/// What a person has asked others to approve, the latest first, before a cursor.
///
/// # Errors
/// The permit is for another act; the database does not answer.
pub async fn own_approvals(
    permit: &Permit,
    before: Option<Uuid>,
    reader: &Actor,
    ctx: &Context,
) -> Result<ApprovalPage, EntryError> {
    shown(permit, &["approval-own"])?;
    let rows = approval_page_of(&mut ctx.store.read().await?, permit.login(), before, PAGE_ROWS).await?;
    let is_full = u32::try_from(rows.len()).is_ok_and(|count| count >= PAGE_ROWS);
    let next = rows.last().filter(|_| is_full).map(|row| row.id);
    Ok(ApprovalPage { approvals: rows.into_iter().map(|row| view(row, reader)).collect(), next })
}

/// One of those.
///
/// # Errors
/// There is none of this number, or it is another's; the permit is for another act.
pub async fn own_approval(
    permit: &Permit,
    id: Uuid,
    reader: &Actor,
    ctx: &Context,
) -> Result<ApprovalView, EntryError> {
    shown(permit, &["approval-own", "approval-withdraw"])?;
    let found = approval_find(&mut ctx.store.read().await?, id).await?;
    let own = found.filter(|row| row.asked_by == permit.login());
    own.map(|row| view(row, reader)).ok_or(EntryError::NotThere { what: "the approval" })
}

/// Takes back what one has asked for.
///
/// # Errors
/// It is another's, or decided; the permit is for another act.
pub async fn withdraw_approval(
    permit: &Permit,
    actor: &Actor,
    id: Uuid,
    ctx: &Context,
) -> Result<(), EntryError> {
    shown(permit, &["approval-withdraw"])?;
    own_approval(permit, id, actor, ctx).await?;
    let mut tx = ctx.store.begin().await?;
    let decided = decide_approval(&mut tx, (permit, actor), (id, Eyes::Withdraw, ""), ctx).await?;
    tx.commit().await?;
    decided.map(drop)
}

fn view(row: ApprovalRow, reader: &Actor) -> ApprovalView {
    let command = Commands::built_in().find(&row.command);
    let may = command.is_ok_and(|command| may_approve(command, &row.asked_by, reader).is_ok());
    ApprovalView {
        is_mine_to_decide: may && row.state == ApprovalState::Waiting,
        id: row.id,
        command: row.command,
        object: row.object,
        body: serde_json::from_str(&row.body).unwrap_or_default(),
        asked_by: row.asked_by,
        asked_at: row.asked_at,
        state: row.state.as_str(),
        decided_by: row.decided_by,
        decided_at: row.decided_at,
        reason: row.reason,
    }
}

/// Decides what waits, in the transaction of the caller, who does what was approved and commits. The inner result is to be
/// committed in every case: a refusal is journalled too. Nothing is approved where it says nothing.
///
/// # Errors
/// The database does not answer.
pub async fn decide_approval(
    tx: &mut Tx,
    (permit, actor): (&Permit, &Actor),
    (id, eyes, reason): (Uuid, Eyes, &str),
    ctx: &Context,
) -> Result<Result<Option<Approved>, EntryError>, EntryError> {
    let decided = decide(tx, (permit, actor), (id, eyes, reason), ctx).await?;
    if let Err(error) = &decided {
        act_append(tx, &coded(act_by(permit, &id.to_string(), ctx), error.code())).await?;
    }
    Ok(decided)
}

async fn decide(
    tx: &mut Tx,
    (permit, actor): (&Permit, &Actor),
    (id, eyes, reason): (Uuid, Eyes, &str),
    ctx: &Context,
) -> Result<Result<Option<Approved>, EntryError>, EntryError> {
    let now = ctx.clock.now();
    let Some(row) = approval_find(tx, id).await? else {
        return Ok(Err(EntryError::NotThere { what: "the approval" }));
    };
    let state = match eyes {
        Eyes::Approve => ApprovalState::Approved,
        Eyes::Reject => ApprovalState::Rejected,
        Eyes::Withdraw => ApprovalState::Withdrawn,
    };
    if permit.login() != actor.login || (eyes != Eyes::Withdraw && permit.command() != COMMAND) {
        return Ok(Err(shown(permit, &[COMMAND]).err().unwrap_or(EntryError::OneSelf)));
    }
    let may = match eyes {
        Eyes::Withdraw if row.asked_by == actor.login => Ok(()),
        Eyes::Withdraw => Err(Refusal::Role { role: actor.role }),
        Eyes::Approve | Eyes::Reject => match Commands::built_in().find(&row.command) {
            Ok(command) => may_approve(command, &row.asked_by, actor),
            Err(error) => Err(error.into()),
        },
    };
    if let Err(refusal) = may {
        return Ok(Err(refusal.into()));
    }
    if eyes == Eyes::Reject && reason.trim().is_empty() {
        let text = "say why it is rejected";
        let finding = crate::base::Finding::error("access.request", "reason", "four eyes", "", text);
        return Ok(Err(EntryError::NotInOrder(vec![finding])));
    }
    if !approval_decide(tx, id, state, (&actor.login, now), reason).await? {
        return Ok(Err(EntryError::Decided));
    }
    Ok(Ok((eyes == Eyes::Approve).then(|| Approved {
        id,
        body: serde_json::from_str(&row.body).unwrap_or_default(),
        command: row.command,
        object: row.object,
        asked_by: row.asked_by,
        approved_by: actor.login.clone(),
    })))
}

const COMMAND: &str = "approval-decide";
