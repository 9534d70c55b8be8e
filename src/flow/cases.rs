//! Pension cases: each document is judged by those before it, on both sides, and remembered with what it means for the case.

use super::{Context, FlowError};
use crate::base::{DocumentId, Findings};
use crate::exchange::canonical::case::CaseDocument;
use crate::exchange::canonical::{RecordId, State};
use crate::pension::{CaseEntry, CaseFile, agreement, judge};
use crate::store::{Tx, case_entries, case_list, case_put};
use jiff::Timestamp;

/// A document of a case, on its way to or from the border.
#[derive(Debug, Clone)]
pub(super) struct Belonging {
    case: RecordId,
    entry: CaseEntry,
}

impl Belonging {
    /// Where a document belongs; nothing if it is of no case.
    pub(super) fn of(document: &CaseDocument, (id, to): (DocumentId, State), at: Timestamp) -> Option<Self> {
        let case = document.head().case.clone()?;
        Some(Self { case, entry: CaseEntry::of(document, id, to, at) })
    }

    /// What the documents before it speak against it.
    pub(super) async fn judged(&self, ctx: &Context) -> Result<Findings, FlowError> {
        let mut tx = ctx.store.read().await?;
        let mut known = case_entries(&mut tx, &self.case).await?;
        known.retain(|entry| entry.document_id != self.entry.document_id);
        Ok(judge(&CaseFile::new(known), &self.entry, agreement()))
    }

    /// Remembers it.
    pub(super) async fn put(&self, tx: &mut Tx) -> Result<(), FlowError> {
        Ok(case_put(tx, &self.case, &self.entry).await?)
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

/// Up to `limit` cases after a number, in the order of their numbers; the empty number is before all.
///
/// # Errors
/// The database does not answer.
pub async fn cases_after(after: &str, limit: u32, ctx: &Context) -> Result<Vec<KnownCase>, FlowError> {
    let mut tx = ctx.store.read().await?;
    let mut cases = Vec::new();
    for id in case_list(&mut tx, after, limit).await? {
        let file = CaseFile::new(case_entries(&mut tx, &id).await?);
        cases.push(KnownCase { id, file });
    }
    Ok(cases)
}
