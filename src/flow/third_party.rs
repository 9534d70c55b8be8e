//! Asks our trusted third party: about a document that came, and for the receipt of one that leaves.
//!
//! A state relies on its own third party for foreign signatures. What it said of a document that came is kept beside
//! it; when nothing came of asking, the document waits and it is asked again: that says nothing of the document.

use super::document::Case;
use super::note::note;
use super::parts::{Kept, parts_by_name};
use super::revocation::ask_statuses;
use super::{Context, FlowError};
use crate::base::Shelf;
use crate::exchange::document::Scope;
use crate::exchange::seal::{
    Answer, DigestAlgorithm, Judged, Outcome, Question, ReceiptTrust, Said, SealError, SealedDocument,
    includes, open_receipt, with_receipt,
};
use crate::exchange::wire::{AskedBy, Inquest, ThirdPartyWire};
use crate::store::{Part, PartOf, Receipt, Store, receipt_find, receipt_put, receipt_told};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use jiff::Timestamp;
use std::collections::HashMap;
use std::io::Write;
use std::sync::Arc;

/// Our trusted third party, as the settings name it.
pub struct OwnThirdParty {
    /// The way to it.
    pub wire: Box<dyn ThirdPartyWire>,
    /// Whose receipts count.
    pub trust: Shelf<ReceiptTrust>,
    /// Whether documents of ours leave with its receipt.
    pub gives_receipts: bool,
}

impl Case<'_> {
    /// What our third party says of the document of this case: what it said before, or what it says now.
    pub(super) async fn judged(
        &self,
        third: &OwnThirdParty,
        (body, scope): (&[u8], &Scope),
    ) -> Result<Judged, FlowError> {
        let (row, ctx) = (self.row, self.ctx);
        let parts = parts_by_name(PartOf::Inbox(row.id), ctx).await?;
        let whole = Whole::of(body, scope, &parts, ctx)?;
        let mut tx = ctx.store.read().await?;
        let known = receipt_find(&mut tx, row.id).await?;
        tx.commit().await?;
        if let Some(known) = &known {
            match self.read(known, third, &whole).await {
                Ok((judged, said_at)) => {
                    self.tell_once(&judged, said_at).await?;
                    return Ok(judged);
                }
                Err(error @ FlowError::Seal(SealError::StatusUnknown { .. })) => return Err(error),
                // whose receipts count has changed since: it is asked anew
                Err(FlowError::ThirdParty { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        let receipt = ask(third, &whole, ctx).await?;
        let read = self.read(&receipt, third, &whole).await;
        let is_kept = matches!(&read, Ok(_) | Err(FlowError::Seal(SealError::StatusUnknown { .. })));
        if is_kept {
            self.keep(&receipt).await?;
        }
        let (judged, said_at) = read?;
        self.tell_once(&judged, said_at).await?;
        Ok(judged)
    }

    /// What a receipt says of the document, and when it said so.
    async fn read(
        &self,
        receipt: &Receipt,
        third: &OwnThirdParty,
        whole: &Whole,
    ) -> Result<(Judged, Option<Timestamp>), FlowError> {
        let Receipt { question, asked_at, answer, came_at } = receipt;
        let question = Question::new(*question, *asked_at).map_err(unusable)?;
        let answer = question.read_answer(answer, &third.trust.get(), *came_at).map_err(unusable)?;
        check_time(&answer, receipt)?;
        let digest = match answer.digest() {
            Some(algorithm) => whole.digest(algorithm, self.ctx).await?,
            None => Vec::new(),
        };
        let said_at = answer.said_at();
        match answer.of_document(&digest).map_err(unusable)? {
            Judged::Impossible { text } => Err(undecided(format!("it is impossible to check: {text}"))),
            judged @ (Judged::Confirmed(_) | Judged::NotConfirmed { .. }) => Ok((judged, said_at)),
        }
    }

    /// Keeps the receipt of a document that came, in place of an earlier one, and tells of asking (D5 App.4).
    async fn keep(&self, receipt: &Receipt) -> Result<(), FlowError> {
        let (row, ctx) = (self.row, self.ctx);
        let mut tx = ctx.store.begin().await?;
        receipt_put(&mut tx, row.id, receipt).await?;
        let asked = format!("asked at {}, question {}", receipt.asked_at, receipt.question);
        note(&mut tx, row, ("to_third_party", None), &asked, ctx).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Tells what came of asking (D5 App.4), unless that was told.
    async fn tell_once(&self, judged: &Judged, said_at: Option<Timestamp>) -> Result<(), FlowError> {
        let (row, ctx) = (self.row, self.ctx);
        let at = said_at.map(|at| format!(" at {at}")).unwrap_or_default();
        let (code, said) = match judged {
            Judged::Confirmed(_) => (None, format!("confirmed{at}")),
            Judged::NotConfirmed { code, text } => {
                (code.map(|code| code.as_str()), format!("not confirmed{at}: {text}"))
            }
            Judged::Impossible { text } => (None, text.clone()),
        };
        let mut tx = ctx.store.begin().await?;
        if receipt_told(&mut tx, row.id).await? {
            note(&mut tx, row, ("from_third_party", code), &said, ctx).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

/// A document of ours with the receipt of our third party, if it is to have one.
pub(super) async fn receipted(
    sealed: SealedDocument,
    parts: &HashMap<String, Part>,
    ctx: &Context,
) -> Result<SealedDocument, FlowError> {
    let Some(third) = ctx.third_party.as_ref().filter(|third| third.gives_receipts) else {
        return Ok(sealed);
    };
    let scope = Scope::default();
    let whole = Whole::of(sealed.as_bytes(), &scope, parts, ctx)?;
    let receipt = third.wire.ask(whole.inquest(AskedBy::Xml, (Vec::new(), Vec::new()), ctx)).await;
    let receipt = receipt.map_err(|error| undecided(crate::base::with_causes(&error)))?;
    let receipt =
        std::str::from_utf8(&receipt).map_err(|_cause| undecided("its receipt is no text".to_owned()))?;
    let sealed = with_receipt(sealed, receipt.trim(), &ctx.limits).map_err(unusable)?;
    let mut said = said_of(&sealed, parts, third, ctx).await;
    if let Err(FlowError::Seal(SealError::StatusUnknown { asks, .. })) = &said {
        ask_statuses(asks, ctx).await?;
        said = said_of(&sealed, parts, third, ctx).await;
    }
    match said?.outcome {
        Outcome::Confirmed => Ok(sealed),
        Outcome::NotConfirmed { text, .. } | Outcome::Impossible { text } => {
            Err(undecided(format!("it does not confirm our own signature: {text}")))
        }
    }
}

/// What the receipt in a document of ours says of it.
async fn said_of(
    sealed: &SealedDocument,
    parts: &HashMap<String, Part>,
    third: &OwnThirdParty,
    ctx: &Context,
) -> Result<Said, FlowError> {
    let (subject, opened) =
        open_receipt(sealed.as_bytes(), &Scope::default(), &ctx.limits).map_err(unusable)?;
    let opened = opened.ok_or_else(|| undecided("it gave no receipt".to_owned()))?;
    let mut filling = opened.filling(&subject).map_err(unusable)?;
    super::parts::fill(&mut filling, parts, ctx).await?.map_err(unusable)?;
    let filled = filling.finish().map_err(unusable)?;
    opened.verify((&subject, &filled), &third.trust.get(), ctx.clock.now()).map_err(unusable)
}

async fn ask(third: &OwnThirdParty, whole: &Whole, ctx: &Context) -> Result<Receipt, FlowError> {
    let (id, asked_at) = (ctx.random.uuid(), whole_second(ctx.clock.now()));
    let question = Question::new(id, asked_at).map_err(unusable)?;
    let frame = question.frame(whole.bytes).map_err(unusable)?;
    let answer = third.wire.ask(whole.inquest(AskedBy::Dvcs, frame, ctx)).await;
    let answer = answer.map_err(|error| undecided(crate::base::with_causes(&error)))?.to_vec();
    Ok(Receipt { question: id, asked_at, answer, came_at: ctx.clock.now() })
}

/// A receipt of another time than ours was not given now.
fn check_time(answer: &Answer, receipt: &Receipt) -> Result<(), FlowError> {
    if !answer.is_of(receipt.asked_at, receipt.came_at) {
        let said_at = answer.said_at().unwrap_or_default();
        return Err(undecided(format!("its receipt is of {said_at}, which is not now; compare both clocks")));
    }
    Ok(())
}

fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// A document with its attachments where they belong, fed from wherever they lie.
pub(super) struct Whole {
    segments: Arc<[Segment]>,
    bytes: u64,
}

enum Segment {
    Text(Bytes),
    /// To be fed as base64.
    Part(Part),
}

impl Whole {
    pub(super) fn of(
        body: &[u8],
        scope: &Scope,
        parts: &HashMap<String, Part>,
        ctx: &Context,
    ) -> Result<Self, FlowError> {
        let alone = scope.declared_on(body, &ctx.limits).map_err(SealError::from)?.into_owned();
        let text = Bytes::from(alone);
        let (mut segments, mut from) = (Vec::new(), 0);
        for (range, name) in includes(&text) {
            let part = parts.get(&name).ok_or(SealError::NoPart { content_id: name })?;
            segments.push(Segment::Text(text.slice(from..range.start)));
            segments.push(Segment::Part(*part));
            from = range.end;
        }
        segments.push(Segment::Text(text.slice(from..)));
        let length = |segment: &Segment| match segment {
            Segment::Text(text) => u64::try_from(text.len()).unwrap_or(u64::MAX),
            Segment::Part(part) => part.bytes.div_ceil(3).saturating_mul(4),
        };
        let bytes = segments.iter().map(length).fold(0, u64::saturating_add);
        Ok(Self { segments: segments.into(), bytes })
    }

    pub(super) fn stream(&self, store: &Store) -> BoxStream<'static, std::io::Result<Bytes>> {
        let begin = (self.segments.clone(), 0_usize, None, store.clone());
        stream::try_unfold(begin, |(segments, mut place, mut open, store)| async move {
            loop {
                let mut chunks = match open.take() {
                    Some(chunks) => chunks,
                    None => match segments.get(place) {
                        None => return Ok(None),
                        Some(Segment::Text(text)) => {
                            let text = text.clone();
                            return Ok(Some((text, (segments, place + 1, None, store))));
                        }
                        Some(Segment::Part(part)) => Kept { store: store.clone(), id: part.id }.chunks(),
                    },
                };
                // all chunks but the last are whole base64
                if let Some(chunk) = chunks.next().await.map_err(std::io::Error::other)? {
                    let coded = Bytes::from(STANDARD.encode(chunk));
                    return Ok(Some((coded, (segments, place, Some(chunks), store))));
                }
                place += 1;
                open = None;
            }
        })
        .boxed()
    }

    fn inquest(&self, form: AskedBy, (before, after): (Vec<u8>, Vec<u8>), ctx: &Context) -> Inquest {
        let around = u64::try_from(before.len() + after.len()).unwrap_or(u64::MAX);
        let one = |bytes: Vec<u8>| stream::once(async move { Ok(Bytes::from(bytes)) });
        let body = one(before).chain(self.stream(&ctx.store)).chain(one(after)).boxed();
        Inquest { form, bytes: self.bytes.saturating_add(around), body }
    }

    pub(super) async fn digest(
        &self,
        algorithm: DigestAlgorithm,
        ctx: &Context,
    ) -> Result<Vec<u8>, FlowError> {
        let mut hasher = algorithm.hasher()?;
        let mut stream = self.stream(&ctx.store);
        while let Some(piece) = stream.try_next().await.map_err(|error| undecided(error.to_string()))? {
            hasher.write_all(&piece).map_err(|error| undecided(error.to_string()))?;
        }
        Ok(hasher.finish()?.take(algorithm)?)
    }
}

/// Its answer proves nothing: neither for the document nor against it.
fn unusable(error: SealError) -> FlowError {
    if let SealError::StatusUnknown { .. } = error {
        return error.into(); // whoever knows is asked, and then it is tried again
    }
    undecided(crate::base::with_causes(&error))
}

fn undecided(detail: String) -> FlowError {
    FlowError::ThirdParty { detail }
}
