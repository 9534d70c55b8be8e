//! Copies of documents between the local system and the messages that carry them.

use super::parts::{Keeping, Kept};
use super::{Context, FlowError};
use crate::base::{DocumentId, Limits, Verdict};
use crate::exchange::canonical::case::CaseDocument;
use crate::exchange::canonical::{CopyOfDocument, Evidence, InsuranceRecord, Person};
use crate::store::{OutboxId, Part, PartOf, StoreError, Tx, part_find, part_use};
use bytes::Bytes;
use std::collections::{HashMap, HashSet};
use std::io::{Read, Write};

/// Where a copy is written: whole or not at all.
pub trait CopyWriter: Write + Send {
    /// All of it was written.
    ///
    /// # Errors
    /// The local system cannot take it.
    fn finish(self: Box<Self>) -> Result<(), FlowError>;
}

/// The attachments of a message of ours, in the order of its document.
#[derive(Debug, Default)]
pub(super) struct OwnParts(Vec<Part>);

impl OwnParts {
    /// Keeps the copies of a record of ours for the message that will carry it, and leaves out those that are too much
    /// for one message; tells how many that are.
    pub(super) async fn of(record: &mut InsuranceRecord, ctx: &Context) -> Result<(Self, usize), FlowError> {
        let periods = record.periods.iter_mut().flat_map(|period| &mut period.evidence);
        let left_out = leave_out_excess(periods.chain(&mut record.evidence), &ctx.limits);
        Ok((Self::kept(&record.person, record.copies(), ctx).await?, left_out))
    }

    /// The same of a document of a case.
    pub(super) async fn of_case(
        document: &mut CaseDocument,
        ctx: &Context,
    ) -> Result<(Self, usize), FlowError> {
        let left_out = leave_out_excess(document.evidence_mut().iter_mut(), &ctx.limits);
        let Some(person) = document.person() else {
            // copies are found by the person whom they are about
            return if document.copies().next().is_none() {
                Ok((Self::default(), left_out))
            } else {
                Err(nobodys())
            };
        };
        Ok((Self::kept(person, document.copies(), ctx).await?, left_out))
    }

    async fn kept(
        person: &Person,
        copies: impl Iterator<Item = &CopyOfDocument>,
        ctx: &Context,
    ) -> Result<Self, FlowError> {
        let mut keeping = Keeping::new(ctx);
        for copy in copies {
            keep_local(&mut keeping, person, copy, ctx).await?;
        }
        Ok(Self(keeping.kept()))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// By which names the document refers to them; the same content twice is named twice.
    pub(super) fn names(&self) -> Vec<String> {
        let name = |(place, part): (usize, &Part)| format!("{place}.{}@stazh", part.digest);
        self.0.iter().enumerate().map(name).collect()
    }

    pub(super) fn by_name(&self) -> HashMap<String, Part> {
        self.names().into_iter().zip(self.0.iter().copied()).collect()
    }

    /// Notes that a message of ours refers to them.
    pub(super) async fn used_by(&self, tx: &mut Tx, row: OutboxId) -> Result<(), StoreError> {
        for (name, part) in self.by_name() {
            part_use(tx, PartOf::Outbox(row), &name, part.id).await?;
        }
        Ok(())
    }
}

/// Reads a copy of the local system into a part. It must be what the record says it is.
async fn keep_local(
    keeping: &mut Keeping<'_>,
    person: &Person,
    copy: &CopyOfDocument,
    ctx: &Context,
) -> Result<(), FlowError> {
    let (desk, person, wanted) = (ctx.desk.clone(), person.clone(), copy.clone());
    let mut reader = Context::aside(move || desk.open_copy(&person, &wanted)).await??;
    loop {
        let (piece, again) = Context::aside(move || {
            let mut piece = Vec::with_capacity(PIECE_BYTES);
            let limit = u64::try_from(PIECE_BYTES).unwrap_or(u64::MAX);
            let read = Read::by_ref(&mut reader).take(limit).read_to_end(&mut piece);
            (read.map(|_length| piece), reader)
        })
        .await?;
        reader = again;
        let piece = piece.map_err(|error| changed(&error.to_string()))?;
        if piece.is_empty() {
            break;
        }
        keeping.push(piece.into()).await?;
    }
    let part = keeping.close(copy.sha256.to_string()).await?;
    if part.digest == copy.sha256 { Ok(()) } else { Err(changed("its content is another")) }
}

fn nobodys() -> FlowError {
    let verdict = Verdict::Return { code: "flow.no_copy" };
    let detail = "a document about no person carries copies; leave them out, or name the person".to_owned();
    FlowError::Local { verdict, detail }
}

fn changed(how: &str) -> FlowError {
    let detail = format!("a copy of a document changed while it was read: {how}");
    FlowError::Local { verdict: Verdict::Retry { not_before: None }, detail }
}

/// Leaves out the copies that would make the message too large, in their order; what they prove is still told.
fn leave_out_excess<'e>(all: impl Iterator<Item = &'e mut Evidence>, limits: &Limits) -> usize {
    let room = limits.body_bytes_max - (limits.body_bytes_max / RESERVE).max(1);
    let mut room = u64::try_from(room).unwrap_or(u64::MAX);
    let mut left_out = 0;
    let admit = |evidence: &mut Evidence| {
        let Some(copy) = &evidence.copy else { return };
        if copy.bytes == 0 {
            evidence.copy = None; // there is nothing to carry
            return;
        }
        let coded = if copy.bytes > limits.attachment_inside_bytes_max { 0 } else { copy.bytes / 2 }; // base64 is a third longer
        let needed = copy.bytes.saturating_add(coded).saturating_add(OVERHEAD_BYTES);
        match room.checked_sub(needed) {
            Some(left) => room = left,
            None => {
                evidence.copy = None;
                left_out += 1;
            }
        }
    };
    all.for_each(admit);
    left_out
}

/// Keeps contents that stood inside a document as those are kept that came beside it.
pub(super) async fn keep_contents(contents: Vec<Vec<u8>>, ctx: &Context) -> Result<(), FlowError> {
    let mut keeping = Keeping::new(ctx);
    for content in contents {
        keeping.push(Bytes::from(content)).await?;
        keeping.close(String::new()).await?;
    }
    Ok(())
}

/// Gives the local system the copies of a record, before the record itself.
pub(super) async fn hand_over_copies(
    id: DocumentId,
    copies: impl Iterator<Item = &CopyOfDocument>,
    ctx: &Context,
) -> Result<(), FlowError> {
    let mut given = HashSet::new();
    for copy in copies.filter(|copy| given.insert(copy.sha256)) {
        let (desk, wanted) = (ctx.desk.clone(), copy.clone());
        let Some(mut writer) = Context::aside(move || desk.take_copy(id, &wanted)).await?? else { continue };
        let mut tx = ctx.store.read().await?;
        let part = part_find(&mut tx, copy.sha256).await?;
        tx.commit().await?;
        let gone = || FlowError::Local {
            verdict: Verdict::Park { code: "flow.no_copy" },
            detail: "the copy of a document is not kept any more; ask the peer to send it again".to_owned(),
        };
        let mut chunks = Kept { store: ctx.store.clone(), id: part.ok_or_else(gone)?.id }.chunks();
        while let Some(chunk) = chunks.next().await? {
            writer =
                Context::aside(move || writer.write_all(&chunk).map(|()| writer)).await?.map_err(disk)?;
        }
        Context::aside(move || writer.finish()).await??;
    }
    Ok(())
}

fn disk(error: std::io::Error) -> FlowError {
    let detail = format!("the copy of a document cannot be written: {error}");
    FlowError::Local { verdict: Verdict::Retry { not_before: None }, detail }
}

/// One part in so many of a message is for the envelope and the record.
const RESERVE: usize = 20;
/// The head of a part, and the reference to it.
const OVERHEAD_BYTES: u64 = 1024;
const PIECE_BYTES: usize = 256 * 1024;
