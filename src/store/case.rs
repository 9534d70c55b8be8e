//! The documents of pension cases, each once.
//!
//! What came counts when its row of the inbox is settled: until then it may still be cancelled with its transaction. It
//! is noted before, so that what comes next is judged by it. What left counts until the peer refuses it.

use super::InboxId;
use super::StoreError;
use super::Tx;
use super::case_board::case_stale;
use super::row::RowReader;
use super::tx::change;
use super::tx::on;
use crate::base::{Digest256, DocumentId};
use crate::exchange::canonical::case::{BodyDirectory, DirectoryEntry};
use crate::exchange::canonical::{RecordId, State};
use crate::pension::CaseEntry;
use jiff::Timestamp;

/// Lets nobody else write to a case before this transaction ends, and has the case looked at for what is due.
pub async fn case_lock(tx: &mut Tx, case: &RecordId) -> Result<(), StoreError> {
    change!(tx, "lock a case", sqlx::query(LOCK).bind(case.as_str()))?;
    Ok(())
}

/// Notes that a document belongs to a case, and by which row it came, if it is not our own; again, it changes nothing.
pub async fn case_put(
    tx: &mut Tx,
    case: &RecordId,
    entry: &CaseEntry,
    by: Option<InboxId>,
) -> Result<(), StoreError> {
    let id = entry.document_id.as_uuid().to_string();
    let unwritable = |_cause| RowReader { table: "case_document", id: &id }.fault("said");
    let said = serde_json::to_string(&entry.said).map_err(unwritable)?;
    change!(
        tx,
        "note a document of a case",
        sqlx::query(PUT)
            .bind(&id)
            .bind(case.as_str())
            .bind(entry.kind.as_code())
            .bind(entry.from.as_code())
            .bind(entry.to.as_code())
            .bind(entry.about.map(|about| about.as_uuid().to_string()))
            .bind(entry.at.as_millisecond())
            .bind(said)
            .bind(by.map(|by| by.0))
    )?;
    Ok(())
}

/// What is known of the documents of a case that count.
pub async fn case_entries(tx: &mut Tx, case: &RecordId) -> Result<Vec<CaseEntry>, StoreError> {
    let rows: Vec<Row> = on!(tx, "list the documents of a case", connection =>
        sqlx::query_as(OF_CASE).bind(case.as_str()).fetch_all(connection))?;
    rows.into_iter().map(parse).collect()
}

/// The same of those that are accepted and do not count yet.
pub async fn case_held(tx: &mut Tx, case: &RecordId) -> Result<Vec<CaseEntry>, StoreError> {
    let rows: Vec<Row> = on!(tx, "list the documents of a case that are held", connection =>
        sqlx::query_as(HELD).bind(case.as_str()).fetch_all(connection))?;
    rows.into_iter().map(parse).collect()
}

/// Has a document of ours count no more, since it had no effect on the other side; any other document is let be.
pub async fn case_void(tx: &mut Tx, id: DocumentId) -> Result<(), StoreError> {
    change!(tx, "take a document out of its case", sqlx::query(VOID).bind(id.as_uuid().to_string()))?;
    case_stale(tx, id).await
}

/// The documents of a case that count no more for that.
pub async fn case_voided(tx: &mut Tx, case: &RecordId) -> Result<Vec<CaseEntry>, StoreError> {
    let rows: Vec<Row> = on!(tx, "list the documents taken out of a case", connection =>
        sqlx::query_as(VOIDED).bind(case.as_str()).fetch_all(connection))?;
    rows.into_iter().map(parse).collect()
}

/// Has it count again, since it is sent again.
pub async fn case_restore(tx: &mut Tx, id: DocumentId) -> Result<(), StoreError> {
    change!(tx, "put a document back into its case", sqlx::query(RESTORE).bind(id.as_uuid().to_string()))?;
    case_stale(tx, id).await
}

/// The numbers of up to `limit` cases after one, in their order.
pub async fn case_list(tx: &mut Tx, after: &str, limit: u32) -> Result<Vec<RecordId>, StoreError> {
    let rows: Vec<String> = on!(tx, "list the cases", connection =>
        sqlx::query_scalar(CASES).bind(after).bind(i64::from(limit)).fetch_all(connection))?;
    rows.iter().map(|id| RowReader { table: "case_document", id }.text("case_id", id)).collect()
}

/// The numbers of up to `limit` cases after one that are watched, in their order.
pub async fn case_watched(tx: &mut Tx, after: &str, limit: u32) -> Result<Vec<RecordId>, StoreError> {
    let rows: Vec<String> = on!(tx, "list the cases that are watched", connection =>
        sqlx::query_scalar(WATCHED).bind(after).bind(i64::from(limit)).fetch_all(connection))?;
    rows.iter().map(|id| RowReader { table: "pension_case", id }.text("case_id", id)).collect()
}

/// Has a case looked at no more until somebody writes to it.
pub async fn case_unwatch(tx: &mut Tx, case: &RecordId) -> Result<(), StoreError> {
    change!(tx, "watch a case no more", sqlx::query(UNWATCH).bind(case.as_str()))?;
    Ok(())
}

/// The numbers of up to `limit` cases after one that are closed, as the board last drew them, and of which no document is of an
/// instant or later.
pub async fn case_ended(
    tx: &mut Tx,
    after: &str,
    before: Timestamp,
    limit: u32,
) -> Result<Vec<RecordId>, StoreError> {
    let rows: Vec<String> = on!(tx, "list the cases that ended", connection => sqlx::query_scalar(ENDED)
        .bind(after)
        .bind(before.as_millisecond())
        .bind(i64::from(limit))
        .fetch_all(connection))?;
    rows.iter().map(|id| RowReader { table: "pension_case", id }.text("case_id", id)).collect()
}

/// Takes away what a case remembers: its documents' part in it, drafts, pages and the records it rests on. The sealed documents
/// stay where messages are.
pub async fn case_forget(tx: &mut Tx, case: &RecordId) -> Result<(), StoreError> {
    for statement in FORGET {
        change!(tx, "forget a case", sqlx::query(statement).bind(case.as_str()))?;
    }
    Ok(())
}

/// The case that a document was noted in, whatever became of it.
pub async fn case_of_document(tx: &mut Tx, id: DocumentId) -> Result<Option<RecordId>, StoreError> {
    let id = id.as_uuid().to_string();
    let row: Option<String> = on!(tx, "find the case of a document", connection =>
        sqlx::query_scalar(CASE_OF).bind(&id).fetch_optional(connection))?;
    row.map(|case| RowReader { table: "case_document", id: &id }.text("case_id", &case)).transpose()
}

/// A page on paper that was noted in a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CasePage {
    /// The document that it is a page of.
    pub document_id: DocumentId,
    /// The digest that its code tells; none if the document bore no seal.
    pub digest: Option<Digest256>,
    /// Which page, from 1.
    pub page: u32,
    /// Of how many.
    pub pages: u32,
    /// When it was noted.
    pub noted_at: Timestamp,
}

/// Notes a page on paper in a case; false if it was noted before.
pub async fn case_page_put(tx: &mut Tx, case: &RecordId, page: &CasePage) -> Result<bool, StoreError> {
    let rows = change!(
        tx,
        "note a page in a case",
        sqlx::query(PUT_PAGE)
            .bind(case.as_str())
            .bind(page.document_id.as_uuid().to_string())
            .bind(page.digest.map_or_else(String::new, |digest| digest.to_string()))
            .bind(i64::from(page.page))
            .bind(i64::from(page.pages))
            .bind(page.noted_at.as_millisecond())
    )?;
    Ok(rows == 1)
}

/// The pages on paper that were noted in a case, by document and number.
pub async fn case_pages(tx: &mut Tx, case: &RecordId) -> Result<Vec<CasePage>, StoreError> {
    let rows: Vec<PageRow> = on!(tx, "list the pages of a case", connection =>
        sqlx::query_as(PAGES).bind(case.as_str()).fetch_all(connection))?;
    rows.into_iter().map(parse_page).collect()
}

/// Keeps the directory of a state in place of an older one.
pub async fn directory_put(tx: &mut Tx, directory: &BodyDirectory) -> Result<(), StoreError> {
    let state = directory.head.state.as_code();
    let unwritable = |_cause| RowReader { table: "body_directory", id: &state }.fault("entries");
    let entries = serde_json::to_string(&directory.entries).map_err(unwritable)?;
    change!(
        tx,
        "keep the directory of a state",
        sqlx::query(PUT_DIRECTORY).bind(state).bind(directory.as_of.to_string()).bind(entries)
    )?;
    Ok(())
}

/// The bodies of a state, as it last told them; none if it never did.
pub async fn directory_find(tx: &mut Tx, state: State) -> Result<Option<Vec<DirectoryEntry>>, StoreError> {
    let row: Option<String> = on!(tx, "find the directory of a state", connection =>
        sqlx::query_scalar(FIND_DIRECTORY).bind(state.as_code()).fetch_optional(connection))?;
    let reader = RowReader { table: "body_directory", id: &state };
    row.map(|entries| reader.json("entries", &entries)).transpose()
}

type PageRow = (String, String, i64, i64, i64);

fn parse_page((document, digest, page, pages, noted_at): PageRow) -> Result<CasePage, StoreError> {
    let reader = RowReader { table: "case_page", id: &document };
    let digest = Some(digest).filter(|digest| !digest.is_empty());
    Ok(CasePage {
        document_id: reader.text("document_id", &document)?,
        digest: reader.text_if_any("digest", digest.as_deref())?,
        page: reader.count("page", page)?,
        pages: reader.count("pages", pages)?,
        noted_at: reader.instant("noted_at", noted_at)?,
    })
}

type Row = (String, String, String, String, Option<String>, i64, String);

fn parse((id, kind, sender, recipient, about, at, said): Row) -> Result<CaseEntry, StoreError> {
    let reader = RowReader { table: "case_document", id: &id };
    Ok(CaseEntry {
        document_id: reader.text("document_id", &id)?,
        kind: reader.text("kind", &kind)?,
        from: reader.text("sender", &sender)?,
        to: reader.text("recipient", &recipient)?,
        about: reader.text_if_any("about", about.as_deref())?,
        at: reader.instant("at", at)?,
        said: reader.json("said", &said)?,
    })
}

const LOCK: &str = "
    INSERT INTO pension_case (case_id, is_watched) VALUES ($1, 1)
    ON CONFLICT (case_id) DO UPDATE SET is_watched = 1, is_fresh = 0";

const PUT: &str = "
    INSERT INTO case_document (document_id, case_id, kind, sender, recipient, about, at, said, inbox_id)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (document_id) DO NOTHING";

const PUT_DIRECTORY: &str = "
    INSERT INTO body_directory (state, as_of, entries) VALUES ($1, $2, $3)
    ON CONFLICT (state) DO UPDATE SET as_of = excluded.as_of, entries = excluded.entries
    WHERE body_directory.as_of <= excluded.as_of";

const FIND_DIRECTORY: &str = "SELECT entries FROM body_directory WHERE state = $1";

const OF_CASE: &str = "
    SELECT document_id, kind, sender, recipient, about, at, said FROM case_document
    WHERE case_id = $1 AND is_void = 0
        AND NOT EXISTS (SELECT 1 FROM inbox WHERE inbox.id = case_document.inbox_id AND inbox.state <> 'settled')
    ORDER BY at, document_id";

const HELD: &str = "
    SELECT document_id, kind, sender, recipient, about, at, said FROM case_document
    WHERE case_id = $1 AND EXISTS (
        SELECT 1 FROM inbox WHERE inbox.id = case_document.inbox_id AND inbox.state NOT IN ('settled', 'returned'))
    ORDER BY at, document_id";

const CASE_OF: &str = "SELECT case_id FROM case_document WHERE document_id = $1";

const VOIDED: &str = "
    SELECT document_id, kind, sender, recipient, about, at, said FROM case_document
    WHERE case_id = $1 AND is_void = 1 ORDER BY at, document_id";

const VOID: &str = "UPDATE case_document SET is_void = 1 WHERE document_id = $1 AND inbox_id IS NULL";

const RESTORE: &str = "UPDATE case_document SET is_void = 0 WHERE document_id = $1";

const PUT_PAGE: &str = "
    INSERT INTO case_page (case_id, document_id, digest, page, pages, noted_at)
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (case_id, document_id, digest, page) DO NOTHING";

const PAGES: &str = "
    SELECT document_id, digest, page, pages, noted_at FROM case_page
    WHERE case_id = $1 ORDER BY document_id, digest, page";

const CASES: &str = "
    SELECT DISTINCT case_id FROM case_document
    WHERE case_id > $1 AND is_void = 0
        AND NOT EXISTS (SELECT 1 FROM inbox WHERE inbox.id = case_document.inbox_id AND inbox.state <> 'settled')
    ORDER BY case_id LIMIT $2";

const WATCHED: &str =
    "SELECT case_id FROM pension_case WHERE is_watched = 1 AND case_id > $1 ORDER BY case_id LIMIT $2";

const UNWATCH: &str = "UPDATE pension_case SET is_watched = 0 WHERE case_id = $1";

/// A closed case waits for nothing, so it stands on the board without a day.
pub(super) const ENDED: &str = "
    SELECT case_id FROM pension_case
    WHERE stage = 'closed' AND due_on = '9999-12-31' AND case_id > $1
        AND NOT EXISTS (SELECT 1 FROM case_document
            WHERE case_document.case_id = pension_case.case_id AND case_document.at >= $2)
    ORDER BY case_id LIMIT $3";

const FORGET: [&str; 5] = [
    "DELETE FROM case_draft WHERE case_id = $1",
    "DELETE FROM case_page WHERE case_id = $1",
    "DELETE FROM case_record WHERE case_id = $1",
    "DELETE FROM case_document WHERE case_id = $1",
    "DELETE FROM pension_case WHERE case_id = $1",
];
