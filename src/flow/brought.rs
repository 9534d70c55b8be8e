//! What the local system brings and fetches by itself: rows of its forms, and what was handed over.

use super::{Context, FlowError, note_local_findings};
use crate::base::{ConversationId, Findings};
use crate::store::{
    Conversation, HandedOver, JournalDraft, Role, conversation_find, handover_acknowledge,
    handover_acknowledged, handover_number, handover_page, journal_append,
};

/// Rows that are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRows {
    /// How many can be read.
    pub rows: usize,
    /// What is wrong or odd about the others.
    pub findings: Findings,
}

/// One record of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handed {
    /// Which, and its place in the order.
    pub over: HandedOver,
    /// The record as JSON; nothing if the local system has taken it away.
    pub record: Option<Vec<u8>>,
}

/// Some of what was handed over, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandedPage {
    /// The records.
    pub items: Vec<Handed>,
    /// From where to go on.
    pub next: i64,
    /// Whether there is more.
    pub has_more: bool,
}

/// Keeps a file of local rows, whole; it counts at once.
///
/// # Errors
/// No profile describes a file of this name, it is not of its form, or the local system has no place for it.
pub async fn keep_rows(name: String, bytes: Vec<u8>, ctx: &Context) -> Result<KeptRows, FlowError> {
    let (desk, file) = (ctx.desk.clone(), name.clone());
    let kept = Context::aside(move || desk.keep_rows(&file, &bytes)).await??;
    let detail = format!("{name}: {} rows kept, {} findings", kept.rows, kept.findings.len());
    journal("local_pushed", &detail, ctx).await?;
    Ok(kept)
}

/// What was handed over after `after`, or after what the local system is known to have: up to `limit` records and
/// about `bytes_max` bytes, at least one record if there is one.
///
/// # Errors
/// Records are handed over in a way that keeps none here, or the database does not answer.
pub async fn handed_over(
    after: Option<i64>,
    (limit, bytes_max): (u32, usize),
    ctx: &Context,
) -> Result<HandedPage, FlowError> {
    let mut tx = ctx.store.begin().await?;
    handover_number(&mut tx, NUMBERED_AT_ONCE).await?;
    let after = match after {
        Some(after) => after,
        None => handover_acknowledged(&mut tx).await?,
    };
    let found = handover_page(&mut tx, after, limit.saturating_add(1)).await?;
    tx.commit().await?;
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let (mut items, mut bytes, mut has_more) = (Vec::new(), 0, false);
    for over in found {
        if items.len() >= wanted || (bytes >= bytes_max && !items.is_empty()) {
            has_more = true;
            break;
        }
        let desk = ctx.desk.clone();
        let record = Context::aside(move || desk.handed(over.document_id)).await??;
        bytes += record.as_ref().map_or(0, Vec::len);
        items.push(Handed { over, record });
    }
    let next = items.last().map_or(after, |last| last.over.number);
    if let Some(first) = items.first() {
        journal("local_pulled", &format!("handed over: {} to {next}", first.over.number), ctx).await?;
    }
    Ok(HandedPage { items, next, has_more })
}

/// Notes that the local system has all up to `number`; false if there is no such number.
///
/// # Errors
/// The database does not answer.
pub async fn acknowledge_handed_over(number: i64, ctx: &Context) -> Result<bool, FlowError> {
    let mut tx = ctx.store.begin().await?;
    let is_there = handover_acknowledge(&mut tx, number).await?;
    tx.commit().await?;
    Ok(is_there)
}

/// A conversation, as seen from the side that began it where both are ours.
///
/// # Errors
/// The database does not answer.
pub async fn conversation_of(id: ConversationId, ctx: &Context) -> Result<Option<Conversation>, FlowError> {
    let mut tx = ctx.store.read().await?;
    Ok(match conversation_find(&mut tx, id, Role::Initiator).await? {
        Some(conversation) => Some(conversation),
        None => conversation_find(&mut tx, id, Role::Respondent).await?,
    })
}

/// Journals that a source of the settings brought rows, and what is wrong with them.
///
/// # Errors
/// The database does not answer.
pub async fn note_polled(source: &str, rows: usize, ctx: &Context) -> Result<(), FlowError> {
    journal("local_polled", &format!("{source}: {rows} rows"), ctx).await?;
    note_local_findings(ctx).await
}

async fn journal(kind: &str, detail: &str, ctx: &Context) -> Result<(), FlowError> {
    let mut tx = ctx.store.begin().await?;
    journal_append(&mut tx, &JournalDraft::at(ctx.clock.now(), kind, detail)).await?;
    tx.commit().await?;
    Ok(())
}

/// So that the first call on an old node does not hold up those who hand over.
const NUMBERED_AT_ONCE: u32 = 10_000;
