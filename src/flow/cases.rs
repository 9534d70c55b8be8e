//! Pension cases: each document is judged by those before it, on both sides, and noted with what it means for the case in
//! the transaction that judges it.

use super::facts::day_of;
use super::{Context, FlowError};
use crate::base::{DocumentId, Findings};
use crate::exchange::canonical::case::{BodyDirectory, CaseDocument};
use crate::exchange::canonical::{RecordId, RegisterNumber, State};
use crate::pension::{CaseEntry, CaseFile, CaseStage, TermBook, agreement, judge, judge_body, late_changes};
use crate::store::{
    InboxId, JournalDraft, Tx, case_ended, case_entries, case_forget, case_held, case_list, case_lock,
    case_put, case_unwatch, case_voided, case_watched, directory_find, directory_put, journal_append,
};
use jiff::{Span, Timestamp};
use std::sync::Arc;

/// A document, on its way to or from the border, and what it means for those that follow.
#[derive(Debug, Clone)]
pub(super) struct Belonging {
    /// Its case; documents about bodies and laws belong to none.
    case: Option<RecordId>,
    entry: CaseEntry,
    /// The number of the body that wrote it.
    body: Option<RegisterNumber>,
    /// The bodies of a state, if it tells them.
    directory: Option<Box<BodyDirectory>>,
    /// By which terms.
    book: Arc<TermBook>,
}

impl Belonging {
    /// Where a document belongs.
    pub(super) fn of(
        document: &CaseDocument,
        (id, to): (DocumentId, State),
        at: Timestamp,
        ctx: &Context,
    ) -> Self {
        let head = document.head();
        let directory = if let CaseDocument::BodyDirectory(it) = document { Some(it.clone()) } else { None };
        let (case, body) = (head.case.clone(), head.body.id.clone());
        let book = ctx.cases.book.get();
        Self { case, entry: CaseEntry::of(document, id, to, at), body, directory, book }
    }

    /// What the documents before it speak against it.
    pub(super) async fn judged(&self, tx: &mut Tx) -> Result<Findings, FlowError> {
        let mut findings = Findings::new();
        if let Some(case) = &self.case {
            let mut known = case_entries(tx, case).await?;
            known.extend(case_held(tx, case).await?);
            known.retain(|entry| entry.document_id != self.entry.document_id);
            findings = judge(&CaseFile::new(known), &self.entry, agreement());
        }
        // a directory tells of itself
        if let (Some(body), None) = (&self.body, &self.directory)
            && let Some(bodies) = directory_find(tx, self.entry.from).await?
        {
            findings.extend(judge_body(&bodies, body, day_of(self.entry.at)));
        }
        Ok(findings)
    }

    /// Judges it once more and notes it if nothing speaks against it; nobody else writes to its case before this
    /// transaction ends, so that of two that exclude each other the second is judged by the first. `by` is the row it
    /// came by, and it counts when that is settled.
    pub(super) async fn enter(&self, tx: &mut Tx, by: Option<InboxId>) -> Result<Findings, FlowError> {
        if let Some(case) = &self.case {
            case_lock(tx, case).await?;
        }
        let findings = self.judged(tx).await?;
        if let (Some(case), true) = (&self.case, findings.is_empty()) {
            case_put(tx, case, &self.entry, by).await?;
        }
        Ok(findings)
    }

    /// Keeps what it tells when it has its effect: what it says of bodies, and, of one that was accepted before documents
    /// were noted then, that it belongs to its case.
    pub(super) async fn keep(&self, tx: &mut Tx, by: Option<InboxId>) -> Result<(), FlowError> {
        if let (Some(case), Some(_)) = (&self.case, by) {
            case_lock(tx, case).await?;
            case_put(tx, case, &self.entry, by).await?;
        }
        if let Some(directory) = &self.directory {
            self.note_late(directory, tx).await?;
            directory_put(tx, directory).await?;
        }
        Ok(())
    }
}

impl Belonging {
    /// Journals what a directory tells later than the Agreement has it (T46); that refuses nothing.
    async fn note_late(&self, directory: &BodyDirectory, tx: &mut Tx) -> Result<(), FlowError> {
        let CaseEntry { from: state, at, .. } = self.entry;
        let Some(known) = directory_find(tx, state).await? else { return Ok(()) };
        let late = late_changes(&known, &directory.entries, (state, day_of(at)), &self.book);
        if late.is_empty() {
            return Ok(());
        }
        let changes: Vec<String> =
            late.iter().map(|change| format!("of {}, due by {}", change.on, change.due)).collect();
        let detail =
            format!("the directory of {state} tells late what changed: {} (T46)", changes.join("; "));
        let entry = JournalDraft::at(at, "hint", detail).coded(Some("case.directory_late"));
        Ok(journal_append(tx, &entry).await?)
    }
}

/// A case that is known here.
#[derive(Debug, Clone)]
pub struct KnownCase {
    /// Its number.
    pub id: RecordId,
    /// Its documents.
    pub file: CaseFile,
}

/// A case by its number; none if no document of it left or came.
///
/// # Errors
/// The database does not answer.
pub async fn case_of(id: &RecordId, ctx: &Context) -> Result<Option<KnownCase>, FlowError> {
    let mut tx = ctx.store.read().await?;
    let file = CaseFile::new(case_entries(&mut tx, id).await?);
    Ok((!file.entries().is_empty()).then(|| KnownCase { id: id.clone(), file }))
}

/// The documents of a case that left and had no effect: the peer refused them, or their transaction was cancelled.
///
/// # Errors
/// The database does not answer.
pub async fn voided_of(id: &RecordId, ctx: &Context) -> Result<Vec<CaseEntry>, FlowError> {
    Ok(case_voided(&mut ctx.store.read().await?, id).await?)
}

/// Up to `limit` cases after a number, in the order of their numbers; the empty number is before all.
///
/// # Errors
/// The database does not answer.
pub async fn cases_after(after: &str, limit: u32, ctx: &Context) -> Result<Vec<KnownCase>, FlowError> {
    let mut tx = ctx.store.read().await?;
    let ids = case_list(&mut tx, after, limit).await?;
    known(&mut tx, ids).await
}

/// The same of those in which something may wait for its answer.
pub(super) async fn cases_watched(
    after: &str,
    limit: u32,
    ctx: &Context,
) -> Result<Vec<KnownCase>, FlowError> {
    let mut tx = ctx.store.read().await?;
    let ids = case_watched(&mut tx, after, limit).await?;
    known(&mut tx, ids).await
}

/// Has a case watched no more until its next document, unless something waits after all or is about to come.
pub(super) async fn leave(case: &RecordId, ctx: &Context) -> Result<(), FlowError> {
    let mut tx = ctx.store.begin().await?;
    case_unwatch(&mut tx, case).await?; // nobody writes to it until the end of this transaction
    let file = CaseFile::new(case_entries(&mut tx, case).await?);
    if file.stage() != CaseStage::Waiting && case_held(&mut tx, case).await?.is_empty() {
        tx.commit().await?;
    }
    Ok(())
}

/// Forgets the cases that are closed and of which every document is older than the settings keep (T43: how long is law of each
/// state, so that nothing is forgotten where they do not say). Tells how many.
///
/// # Errors
/// The database does not answer.
pub async fn forget_cases(ctx: &Context) -> Result<usize, FlowError> {
    let Some(days) = ctx.cases.keep_days else { return Ok(0) };
    let kept = Span::new().hours(24 * i64::from(days.min(DAYS_MAX)));
    let Ok(before) = ctx.clock.now().checked_sub(kept) else { return Ok(0) };
    let (mut after, mut count) = (String::new(), 0);
    loop {
        let mut tx = ctx.store.read().await?;
        let cases = case_ended(&mut tx, &after, before, AT_ONCE).await?;
        drop(tx);
        let Some(last) = cases.last() else { return Ok(count) };
        last.as_str().clone_into(&mut after);
        for case in &cases {
            count += usize::from(forget(case, before, ctx).await?);
        }
    }
}

/// Forgets a case, unless somebody has written to it since.
async fn forget(case: &RecordId, before: Timestamp, ctx: &Context) -> Result<bool, FlowError> {
    let mut tx = ctx.store.begin().await?;
    case_lock(&mut tx, case).await?; // nobody writes to it until the end of this transaction
    let file = CaseFile::new(case_entries(&mut tx, case).await?);
    let is_ended = file.stage() == CaseStage::Closed && file.entries().iter().all(|entry| entry.at < before);
    let Some(last) = file.entries().last().filter(|_| is_ended) else { return Ok(false) };
    if !case_held(&mut tx, case).await?.is_empty() {
        return Ok(false);
    }
    case_forget(&mut tx, case).await?;
    let detail =
        format!("case {} is closed, and its last document was of {}", case.as_str(), day_of(last.at));
    journal_append(&mut tx, &JournalDraft::at(ctx.clock.now(), "forgotten", detail)).await?;
    tx.commit().await?;
    Ok(true)
}

/// Cases that are looked at in one read.
const AT_ONCE: u32 = 500;
/// Some 2,700 years.
const DAYS_MAX: u32 = 1_000_000;

async fn known(tx: &mut Tx, ids: Vec<RecordId>) -> Result<Vec<KnownCase>, FlowError> {
    let mut cases = Vec::new();
    for id in ids {
        let file = CaseFile::new(case_entries(tx, &id).await?);
        cases.push(KnownCase { id, file });
    }
    Ok(cases)
}
