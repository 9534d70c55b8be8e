//! Pages on paper: the case of the document they are prints of, and the note that one came. Nothing is decided by paper.

use super::FlowError;
use super::cases::KnownCase;
use crate::base::DocumentId;
use crate::exchange::canonical::RecordId;
use crate::pension::{CaseEntry, CaseFile};
use crate::store::{
    CasePage, JournalDraft, Store, case_entries, case_held, case_of_document, case_page_put, case_pages,
    journal_append,
};

/// A document that belongs to a case.
#[derive(Debug, Clone)]
pub struct InCase {
    /// The case, with the documents that count.
    pub case: KnownCase,
    /// Whether it is accepted, and counts when its transaction is complete.
    pub is_held: bool,
}

/// What came of a page that was to be noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageNoted {
    /// It is noted.
    Now,
    /// It was noted before.
    Before,
    /// No document of such a case left or came.
    NoCase,
    /// The document it is a page of belongs to this case.
    OtherCase(RecordId),
}

impl PageNoted {
    /// Whether the note is there now.
    pub fn is_there(&self) -> bool {
        matches!(self, Self::Now | Self::Before)
    }
}

/// The case of a document that left or came; none if it belongs to none, or was refused.
///
/// # Errors
/// The database does not answer.
pub async fn in_case(id: DocumentId, store: &Store) -> Result<Option<InCase>, FlowError> {
    let mut tx = store.read().await?;
    let Some(case) = case_of_document(&mut tx, id).await? else { return Ok(None) };
    let is_it = |held: &CaseEntry| held.document_id == id;
    let is_held = case_held(&mut tx, &case).await?.iter().any(is_it);
    let file = CaseFile::new(case_entries(&mut tx, &case).await?);
    let is_there = is_held || file.entry(id).is_some();
    Ok(is_there.then_some(InCase { case: KnownCase { id: case, file }, is_held }))
}

/// Notes in a case, and in the journal, that a page came on paper.
///
/// # Errors
/// The database does not answer.
pub async fn note_page(case: &RecordId, page: &CasePage, store: &Store) -> Result<PageNoted, FlowError> {
    let mut tx = store.begin().await?;
    if let Some(other) = case_of_document(&mut tx, page.document_id).await?.filter(|other| other != case) {
        return Ok(PageNoted::OtherCase(other));
    }
    if case_entries(&mut tx, case).await?.is_empty() {
        return Ok(PageNoted::NoCase);
    }
    if !case_page_put(&mut tx, case, page).await? {
        return Ok(PageNoted::Before);
    }
    let CasePage { page: number, pages, .. } = page;
    let detail = format!("case {}: page {number} of {pages} of a document came on paper", case.as_str());
    let entry = JournalDraft::at(page.noted_at, "paper", detail);
    journal_append(&mut tx, &JournalDraft { document_id: Some(page.document_id), ..entry }).await?;
    tx.commit().await?;
    Ok(PageNoted::Now)
}

/// The pages on paper that were noted in a case.
///
/// # Errors
/// The database does not answer.
pub async fn pages_of(case: &RecordId, store: &Store) -> Result<Vec<CasePage>, FlowError> {
    Ok(case_pages(&mut store.read().await?, case).await?)
}
