//! Documents that came or left, read again from what the node keeps.

use crate::base::{ConversationId, Digest256, DocumentId, HeldPart};
use crate::exchange::canonical::case::CaseDocument;
use crate::exchange::canonical::job::JobDocument;
use crate::exchange::canonical::{InsuranceRecord, State};
use crate::exchange::document::Scope;
use crate::exchange::wire::Envelope;
use crate::exchange::{KeptDocument, KeptError, OnTheWay, RecordOrJob};
use crate::flow::jobs::insurance_of;
use crate::flow::parts::parts_by_name;
use crate::flow::{Context, FlowError};
use crate::pension::{CaseEntry, CaseFile};
use crate::store::{PartOf, inbox_find, ledger_find, outbox_of_document};
use std::collections::HashMap;

/// A document as the node has it.
pub(in crate::flow) struct Kept {
    pub(super) sealed: Vec<u8>,
    pub(super) scope: Scope,
    pub(super) digest: Digest256,
    parts: HashMap<String, HeldPart>,
    pub(super) conversation_id: Option<ConversationId>,
}

impl Kept {
    /// One that came from a peer.
    pub(super) async fn came(peer: &str, id: DocumentId, ctx: &Context) -> Result<Option<Self>, FlowError> {
        let mut tx = ctx.store.read().await?;
        let Some((row, digest)) = ledger_find(&mut tx, peer, id).await? else { return Ok(None) };
        let Some(row) = inbox_find(&mut tx, row).await? else { return Ok(None) };
        drop(tx);
        if row.raw.is_empty() {
            return Ok(None); // erased: its time was over
        }
        let Envelope { body, scope, .. } = Envelope::read(&row.raw, &ctx.limits)?;
        let sealed = row.raw.get(body).unwrap_or_default().to_vec();
        let parts = parts(PartOf::Inbox(row.id), ctx).await?;
        Ok(Some(Self { sealed, scope, digest, parts, conversation_id: row.conversation_id }))
    }

    /// One that came from any peer or left to any; none if none of them had anything to do with it. And who was to read it.
    pub(in crate::flow) async fn of_any(
        id: DocumentId,
        ctx: &Context,
    ) -> Result<Option<(Self, State)>, FlowError> {
        for peer in ctx.peers.names() {
            if let Some(found) = Self::came(&peer, id, ctx).await? {
                return Ok(Some((found, ctx.state)));
            }
            if let Some(found) = Self::left(&peer, id, ctx).await? {
                return Ok(Some((found, ctx.peers.of_name(&peer)?.state)));
            }
        }
        Ok(None)
    }

    /// What it adds to a person's way from a post to his pension; none, with a line in the log, if it cannot be read again.
    pub(in crate::flow) async fn on_the_way(
        self,
        asked: State,
        ctx: &Context,
    ) -> Result<Option<OnTheWay>, FlowError> {
        let limits = ctx.limits;
        Ok(told(Context::aside(move || self.document().on_the_way(asked, &limits)).await?))
    }

    /// One of a case.
    pub(super) async fn of_entry(entry: &CaseEntry, ctx: &Context) -> Result<Option<Self>, FlowError> {
        match entry.from == ctx.state {
            true => Self::left(entry.to.as_code(), entry.document_id, ctx).await,
            false => Self::came(entry.from.as_code(), entry.document_id, ctx).await,
        }
    }

    /// One of ours to a peer.
    async fn left(peer: &str, id: DocumentId, ctx: &Context) -> Result<Option<Self>, FlowError> {
        let found = outbox_of_document(&mut ctx.store.read().await?, peer, id).await?;
        let Some(row) = found.filter(|row| !row.draft.body.is_empty()) else { return Ok(None) };
        let parts = parts(PartOf::Outbox(row.id), ctx).await?;
        let draft = row.draft;
        let conversation_id = Some(draft.conversation_id);
        let (sealed, digest) = (draft.body, draft.digest);
        Ok(Some(Self { sealed, scope: Scope::default(), digest, parts, conversation_id }))
    }

    /// The insurance record in it, or what an employment record makes of one; none, with a line in the log, if it cannot be read again.
    pub(super) async fn record(self, ctx: &Context) -> Result<Option<InsuranceRecord>, FlowError> {
        let limits = ctx.limits;
        let read = Context::aside(move || self.document().record_or_job(&limits)).await?;
        match told(read) {
            Some(RecordOrJob::Record(record)) => Ok(Some(*record)),
            Some(RecordOrJob::Job(document)) => match *document {
                JobDocument::EmploymentRecord(record) => insurance_of(&record).map(Some),
                JobDocument::Vacancy(_)
                | JobDocument::CandidateProfile(_)
                | JobDocument::Interest(_)
                | JobDocument::Reveal(_)
                | JobDocument::RevealEnd(_)
                | JobDocument::JobOffer(_) => Ok(None),
            },
            None => Ok(None),
        }
    }

    /// The document of a case that it is; likewise.
    pub(super) async fn case_document(self, ctx: &Context) -> Result<Option<CaseDocument>, FlowError> {
        let limits = ctx.limits;
        let read = Context::aside(move || self.document().case_document(&limits)).await?;
        Ok(told(read).map(|(_header, document)| document))
    }

    fn document(&self) -> KeptDocument<'_> {
        KeptDocument { sealed: &self.sealed, scope: &self.scope, digest: self.digest, parts: &self.parts }
    }
}

/// A document of a case with its content, if that can be read.
pub(super) struct ReadEntry<'f> {
    pub(super) entry: &'f CaseEntry,
    pub(super) conversation_id: Option<ConversationId>,
    pub(super) document: Option<CaseDocument>,
}

/// The last documents of a case with their contents, in their order.
pub(super) async fn read_case<'f>(
    file: &'f CaseFile,
    ctx: &Context,
) -> Result<Vec<ReadEntry<'f>>, FlowError> {
    let mut read = Vec::new();
    let skipped = file.entries().len().saturating_sub(READ_MAX);
    for entry in file.entries().iter().skip(skipped) {
        let kept = Kept::of_entry(entry, ctx).await?;
        let conversation_id = kept.as_ref().and_then(|kept| kept.conversation_id);
        let document = match kept {
            Some(kept) => kept.case_document(ctx).await?,
            None => None,
        };
        read.push(ReadEntry { entry, conversation_id, document });
    }
    Ok(read)
}

async fn parts(of: PartOf, ctx: &Context) -> Result<HashMap<String, HeldPart>, FlowError> {
    let held = |part: crate::store::Part| HeldPart { digest: part.digest, bytes: part.bytes };
    Ok(parts_by_name(of, ctx).await?.into_iter().map(|(name, part)| (name, held(part))).collect())
}

fn told<T>(read: Result<T, KeptError>) -> Option<T> {
    read.inspect_err(|error| {
        let cause = crate::base::with_causes(error);
        tracing::warn!(cause, "a document that is kept cannot be read again");
    })
    .ok()
}

/// Documents of one case that are read at once; a case of more shows the rest without what they say.
const READ_MAX: usize = 60;
