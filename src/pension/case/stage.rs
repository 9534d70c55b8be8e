//! Where a case stands.

use super::entry::{CaseEntry, Filed, answers_to};
use crate::base::DocumentId;
use crate::exchange::canonical::State;
use crate::exchange::canonical::case::CaseDocumentKind;
use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

/// A case: its documents in the order in which they left or came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaseFile {
    entries: Vec<CaseEntry>,
}

/// What a case is about, by the document that opened it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CaseSort {
    /// A claim for a pension.
    Claim,
    /// A question: of examinations, families, amounts, documents, certificates.
    Inquiry,
    /// Something changed in a person's life.
    Change,
    /// Something was paid too much.
    Overpayment,
    /// A bulk check found a person whom both states pay.
    BulkCheck,
}

/// How far a case is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CaseStage {
    /// A document of it waits for its answer.
    Waiting,
    /// Nothing is waited for, and nothing was decided.
    Open,
    /// A decision was taken, and nothing is waited for.
    Decided,
    /// It is closed.
    Closed,
}

/// A document that waits for its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Which.
    pub document_id: DocumentId,
    /// Of what kind.
    pub kind: CaseDocumentKind,
    /// Who asks.
    pub asks: State,
    /// Who is to answer.
    pub who: State,
    /// Since when.
    pub since: Timestamp,
    /// Until when, if it says so itself.
    pub due: Option<Date>,
    /// How often it was reminded of.
    pub reminders: usize,
    /// When last.
    pub reminded_at: Option<Timestamp>,
}

/// What became of one document of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It waits for its answer.
    Waits,
    /// It was answered.
    Answered,
    /// It was declared invalid, or another took its place.
    Withdrawn,
    /// It asks for nothing.
    Stands,
}

impl CaseFile {
    /// A case out of its documents, put in their order.
    pub fn new(mut entries: Vec<CaseEntry>) -> Self {
        entries.sort_by_key(|entry| (entry.at, entry.document_id));
        Self { entries }
    }

    /// Its documents, in their order.
    pub fn entries(&self) -> &[CaseEntry] {
        &self.entries
    }

    /// A document of it.
    pub fn entry(&self, id: DocumentId) -> Option<&CaseEntry> {
        self.entries.iter().find(|entry| entry.document_id == id)
    }

    /// What became of a document of it.
    pub fn standing(&self, id: DocumentId) -> Option<Standing> {
        let entry = self.entry(id)?;
        Some(if !self.counting().any(|other| other.document_id == id) {
            Standing::Withdrawn
        } else if answers_to(entry.kind).is_empty() {
            Standing::Stands
        } else if self.is_answered(entry) {
            Standing::Answered
        } else {
            Standing::Waits
        })
    }

    /// What it is about.
    pub fn sort(&self) -> CaseSort {
        if self.entries.first().is_some_and(|first| first.said.check.is_some()) {
            return CaseSort::BulkCheck;
        }
        match self.entries.first().map(|first| first.kind) {
            Some(CaseDocumentKind::PensionClaim | CaseDocumentKind::PensionDecision) => CaseSort::Claim,
            Some(CaseDocumentKind::CircumstanceNotice | CaseDocumentKind::RelocationNotice) => {
                CaseSort::Change
            }
            Some(CaseDocumentKind::WithholdingRequest | CaseDocumentKind::WithholdingAnswer) => {
                CaseSort::Overpayment
            }
            Some(_) | None => CaseSort::Inquiry,
        }
    }

    /// When and where the claim was filed, as the first document that says so has it (T8).
    pub fn filed(&self) -> Option<&Filed> {
        self.entries.iter().find_map(|entry| entry.said.filed.as_ref())
    }

    /// How far it is.
    pub fn stage(&self) -> CaseStage {
        if self.is_closed() {
            CaseStage::Closed
        } else if !self.waiting().is_empty() {
            CaseStage::Waiting
        } else if self.counting().any(|entry| entry.kind == CaseDocumentKind::PensionDecision) {
            CaseStage::Decided
        } else {
            CaseStage::Open
        }
    }

    /// Closed by the last closure, unless a claim or a decision opened it again.
    pub(super) fn is_closed(&self) -> bool {
        let opens = |kind| matches!(kind, CaseDocumentKind::PensionClaim);
        let last = self.counting().filter(|it| it.kind == CaseDocumentKind::Closure || opens(it.kind)).last();
        last.is_some_and(|entry| entry.kind == CaseDocumentKind::Closure)
    }

    /// Its documents that were neither declared invalid nor replaced.
    pub(super) fn counting(&self) -> impl Iterator<Item = &CaseEntry> {
        let is_out = |id: DocumentId| {
            let ends = |kind| matches!(kind, CaseDocumentKind::Invalidation | CaseDocumentKind::Update);
            self.entries.iter().any(|entry| ends(entry.kind) && entry.about == Some(id))
        };
        self.entries.iter().filter(move |entry| !is_out(entry.document_id))
    }

    /// What waits for its answer, the oldest first.
    pub fn waiting(&self) -> Vec<Waiting> {
        let waits = |entry: &&CaseEntry| !answers_to(entry.kind).is_empty() && !self.is_answered(entry);
        let waiting = |entry: &CaseEntry| Waiting {
            document_id: entry.document_id,
            kind: entry.kind,
            asks: entry.from,
            who: entry.to,
            since: entry.at,
            due: entry.said.due,
            reminders: self.about(entry.document_id, &[CaseDocumentKind::Reminder]).count(),
            reminded_at: self
                .about(entry.document_id, &[CaseDocumentKind::Reminder])
                .last()
                .map(|reminder| reminder.at),
        };
        self.counting().filter(waits).map(waiting).collect()
    }

    /// By a document that names it, or, where one does not, by one of the right kind that came later from whom it went
    /// to: each state answers on its own initiative as well (T36).
    fn is_answered(&self, asked: &CaseEntry) -> bool {
        let kinds = answers_to(asked.kind);
        let is_named = self.about(asked.document_id, kinds).next().is_some()
            || self.about(asked.document_id, &[CaseDocumentKind::Rejection]).next().is_some();
        is_named
            || self.counting().any(|entry| {
                entry.about.is_none()
                    && kinds.contains(&entry.kind)
                    && (entry.from, entry.to) == (asked.to, asked.from)
                    && entry.at >= asked.at
            })
    }

    fn about<'c>(
        &'c self,
        id: DocumentId,
        kinds: &'c [CaseDocumentKind],
    ) -> impl Iterator<Item = &'c CaseEntry> {
        self.counting().filter(move |entry| entry.about == Some(id) && kinds.contains(&entry.kind))
    }
}
