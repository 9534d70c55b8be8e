//! What was approved, put in place on this machine.

use super::{KEYS, TEXT, Try, make};
use crate::base::with_causes;
use crate::flow::{Context, FlowError};
use crate::store::{ApprovalRow, JournalDraft, approval_find, approvals_done, journal_append};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// What one machine has told of what it could not put in place.
#[derive(Debug, Default)]
pub struct Placing {
    told: BTreeMap<Uuid, String>,
}

/// Puts in place, on this machine, the change of each object that was approved last, unless it was put there before; tells
/// which could not be.
///
/// What is there is not looked at: who edits a file by hand is not undone. A reason is journalled once, until it is another.
///
/// # Errors
/// The database does not answer.
pub async fn put_approved(placing: &mut Placing, ctx: &Context) -> Result<Vec<Uuid>, FlowError> {
    let mut open = Vec::new();
    for command in [KEYS, TEXT] {
        let done = approvals_done(&mut ctx.store.read().await?, command, DONE_MAX).await?;
        let mut seen = BTreeSet::new();
        for (id, object) in done {
            if !seen.insert(object.clone()) || placed(&object, ctx).await? == Some(id) {
                continue; // a later one was approved, or it is there
            }
            let Some(row) = approval_find(&mut ctx.store.read().await?, id).await? else { continue };
            match put(&row, ctx).await {
                Ok(()) => {
                    placing.told.remove(&id);
                    let text = format!("{command} of {object} is in place here, as approved by {id}");
                    journal(JournalDraft::at(ctx.clock.now(), "placed", text), ctx).await?;
                }
                Err(error) => {
                    let why = with_causes(&error);
                    if placing.told.insert(id, why.clone()).as_ref() != Some(&why) {
                        let text = format!("{command} of {object}, as approved by {id}: failed to {why}");
                        let entry = JournalDraft::at(ctx.clock.now(), "not_placed", text);
                        journal(entry.coded(Some("access.not_placed")), ctx).await?;
                    }
                    open.push(id);
                }
            }
        }
    }
    Ok(open)
}

/// Whether a change was approved, and last of its object, and is not in place on this machine yet.
///
/// # Errors
/// The database does not answer.
pub async fn is_open_here(
    (id, command, object): (Uuid, &str, &str),
    ctx: &Context,
) -> Result<bool, FlowError> {
    if ![KEYS, TEXT].contains(&command) {
        return Ok(false);
    }
    let done = approvals_done(&mut ctx.store.read().await?, command, DONE_MAX).await?;
    let is_last = done.iter().find(|(_, of)| of == object).is_some_and(|(last, _)| *last == id);
    Ok(is_last && placed(object, ctx).await? != Some(id))
}

async fn put(row: &ApprovalRow, ctx: &Context) -> Result<(), FlowError> {
    let body = serde_json::from_str(&row.body).unwrap_or_default();
    make(&row.command, &body, Try::Do, ctx).await?;
    let Some(rules) = ctx.own_rules.clone() else { return Ok(()) };
    let (object, id) = (row.object.clone(), row.id);
    Context::aside(move || rules.note_placed(&object, id)).await?
}

async fn placed(object: &str, ctx: &Context) -> Result<Option<Uuid>, FlowError> {
    let Some(rules) = ctx.own_rules.clone() else { return Ok(None) };
    let object = object.to_owned();
    Context::aside(move || rules.placed(&object)).await?
}

async fn journal(entry: JournalDraft, ctx: &Context) -> Result<(), FlowError> {
    let mut tx = ctx.store.begin().await?;
    journal_append(&mut tx, &entry).await?;
    tx.commit().await?;
    Ok(())
}

/// More changes than a node sees in years; those before them were put in place long ago.
const DONE_MAX: u32 = 500;
