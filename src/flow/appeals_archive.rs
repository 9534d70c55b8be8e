//! The archive of appeals (A21): each month of answered appeals is a file that the node signs, made when the month is over.
//!
//! The appeals themselves stay in the database; of what was attached the archive has name and digest.

use super::signed_file::sign_lines;
use super::{Context, FlowError};
use crate::exchange::seal::sha256;
use crate::store::{
    AppealRow, JournalDraft, appeal_file, appeal_first_answer, appeals_answered, journal_append,
};
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

/// Where archives are kept. May block.
pub trait ArchivePlace: Send + Sync {
    /// Whether a file of this name is there.
    fn has(&self, name: &str) -> bool;

    /// Puts it there, whole.
    ///
    /// # Errors
    /// The disk.
    fn keep(&self, name: &str, bytes: &[u8]) -> Result<(), FlowError>;
}

/// Archives the earliest month that is over and not archived here; tells its file, or nothing if there is none.
///
/// # Errors
/// The database does not answer, the key cannot sign now, or the disk.
pub async fn archive_appeals(ctx: &Context) -> Result<Option<String>, FlowError> {
    let Some(place) = ctx.archive.clone() else { return Ok(None) };
    let first = appeal_first_answer(&mut ctx.store.read().await?).await?;
    let (Some(first), this_month) = (first, month_of(ctx.clock.now())) else { return Ok(None) };
    let mut month = month_of(first);
    while month < this_month {
        let next = next_month(month);
        let name = format!("appeals-{}.jsonl", month.strftime("%Y-%m"));
        let (asked, looked) = (place.clone(), name.clone());
        if !Context::aside(move || asked.has(&looked)).await? {
            let lines = told((starts(month), starts(next)), ctx).await?;
            let count = lines.len();
            let bytes =
                sign_lines(("appeals", json!({ "month": month.strftime("%Y-%m").to_string() })), lines, ctx)
                    .await?;
            let (digest, kept) = (sha256(&bytes), name.clone());
            Context::aside(move || place.keep(&kept, &bytes)).await??;
            let text = format!("{name}: {count} appeals, sha-256 {digest}");
            let mut tx = ctx.store.begin().await?;
            journal_append(&mut tx, &JournalDraft::at(ctx.clock.now(), "archived", text)).await?;
            tx.commit().await?;
            return Ok(Some(name));
        }
        month = next;
    }
    Ok(None)
}

/// The appeals that were answered in a time, a line each.
async fn told(span: (Timestamp, Timestamp), ctx: &Context) -> Result<Vec<String>, FlowError> {
    let mut lines = Vec::new();
    let mut after = None;
    loop {
        let mut tx = ctx.store.read().await?;
        let rows = appeals_answered(&mut tx, span, after, PAGE).await?;
        let Some(last) = rows.last() else { return Ok(lines) };
        after = last.answered.as_ref().map(|(_, at, _)| (*at, last.draft.id));
        for row in &rows {
            let file = match &row.file_name {
                Some(name) => {
                    let bytes = appeal_file(&mut tx, row.draft.id).await?.unwrap_or_default();
                    json!({ "name": name, "sha256": sha256(&bytes).to_string(), "bytes": bytes.len() })
                }
                None => Value::Null,
            };
            lines.push(line(row, file).to_string());
        }
    }
}

fn line(row: &AppealRow, file: Value) -> Value {
    let draft = &row.draft;
    let (reacted_at, reacted_by) = row.reacted.as_ref().map(|(at, by)| (at, by)).unzip();
    let answered = row.answered.as_ref();
    json!({
        "id": draft.id, "kind": draft.kind, "source": draft.source.as_str(), "channel": draft.channel,
        "login": draft.login, "contact": draft.contact, "subject": draft.subject, "body": draft.body, "file": file,
        "filed_at": draft.filed_at, "due_on": draft.due_on, "reacted_at": reacted_at, "reacted_by": reacted_by,
        "answer": answered.map(|(answer, _, _)| answer), "answered_at": answered.map(|(_, at, _)| at),
        "answered_by": answered.map(|(_, _, by)| by),
    })
}

fn month_of(at: Timestamp) -> Date {
    at.to_zoned_datetime(TimeZone::UTC).date().first_of_month()
}

fn next_month(month: Date) -> Date {
    month.checked_add(1.month()).unwrap_or(date(9999, 12, 1))
}

fn starts(month: Date) -> Timestamp {
    TimeZone::UTC.to_timestamp(month.at(0, 0, 0, 0)).unwrap_or(Timestamp::MAX)
}

const PAGE: u32 = 100;
