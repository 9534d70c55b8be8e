//! Attachments on their way in and out: kept piece by piece, never in memory as a whole.

use super::receive::tell_unstored;
use super::{Context, FlowError};
use crate::base::{HeldPart, with_causes};
use crate::exchange::seal::{Filling, SealError, Sha256Hasher, includes, sha256_hasher};
use crate::exchange::wire::{Came, PackedPart, Parcel, PartContent, PartKeeper, UnpackError, unpack};
use crate::store::{
    OutboxRow, PART_CHUNK_BYTES, Part, PartId, PartOf, Store, StoreError, part_begin, part_chunk,
    part_chunk_put, part_drop, part_finish, parts_forget, parts_of,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, Stream};
use jiff::SignedDuration;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

/// A message as it came, with the attachments that are kept already.
#[derive(Debug)]
pub struct Arrived {
    /// The envelope, or what came of it.
    pub came: Came,
    /// Its attachments, by the names it gives them.
    pub parts: Vec<(String, Part)>,
}

impl From<Came> for Arrived {
    fn from(came: Came) -> Self {
        Self { came, parts: Vec::new() }
    }
}

/// Why a package was not taken: nothing of it is decided, and it is brought again.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// Its attachments cannot be kept.
    #[error("keep the attachments of a package")]
    Store(#[source] StoreError),
    /// It cannot be read from where it lies with us.
    #[error("read a package")]
    Read(#[source] std::io::Error),
}

impl NotTaken {
    /// Tells the operator, unless he knows.
    pub fn tell(&self) {
        match self {
            Self::Store(error) => tell_unstored(error),
            Self::Read(_) => tracing::warn!(error = %with_causes(self), "it stays where it is"),
        }
    }
}

/// Takes a package apart: its attachments are kept while it comes. `grown` is told how large its envelope is.
///
/// # Errors
/// It cannot be read or kept; the sender tries again.
pub async fn take_package(
    content_type: &str,
    body: impl Stream<Item = std::io::Result<Bytes>> + Send + 'static,
    grown: Arc<AtomicUsize>,
    ctx: &Context,
) -> Result<Arrived, NotTaken> {
    let mut keeping = Keeping::new(ctx);
    let envelope_max = ctx.limits.xml_bytes_max.min(ctx.limits.body_bytes_max);
    let came = match unpack(content_type, body, &mut keeping, (envelope_max, grown)).await {
        Ok(envelope) => return Ok(Arrived { came: Came::Whole(envelope), parts: keeping.kept }),
        Err(UnpackError::Keep(error)) => {
            keeping.forget().await;
            return Err(NotTaken::Store(error));
        }
        Err(UnpackError::Read(error)) => {
            keeping.forget().await;
            return Err(NotTaken::Read(error));
        }
        Err(UnpackError::Envelope { .. }) => Came::TooLarge { kept: Bytes::new(), announced: None },
        Err(error @ UnpackError::Package { .. }) => Came::Unpackable { reason: error.to_string() },
    };
    keeping.forget().await;
    Ok(came.into())
}

/// Keeps attachments as they come.
pub(super) struct Keeping<'c> {
    ctx: &'c Context,
    coming: Option<Coming>,
    kept: Vec<(String, Part)>,
}

/// An attachment that is coming.
struct Coming {
    id: PartId,
    place: u32,
    buffer: BytesMut,
    hasher: Sha256Hasher,
    bytes: u64,
}

impl<'c> Keeping<'c> {
    pub(super) fn new(ctx: &'c Context) -> Self {
        Self { ctx, coming: None, kept: Vec::new() }
    }

    /// What was kept, in its order.
    pub(super) fn kept(self) -> Vec<Part> {
        self.kept.into_iter().map(|(_name, part)| part).collect()
    }

    pub(super) async fn push(&mut self, mut bytes: Bytes) -> Result<(), StoreError> {
        let ctx = self.ctx;
        let coming = match &mut self.coming {
            Some(coming) => coming,
            None => self.coming.insert(Coming::begin(ctx).await?),
        };
        // feeding a digest never fails
        let _fed = std::io::Write::write_all(&mut coming.hasher, &bytes);
        coming.bytes = coming.bytes.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        while !bytes.is_empty() {
            let room = PART_CHUNK_BYTES - coming.buffer.len();
            coming.buffer.extend_from_slice(&bytes.split_to(room.min(bytes.len())));
            if coming.buffer.len() == PART_CHUNK_BYTES {
                coming.store(ctx).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn close(&mut self, name: String) -> Result<Part, StoreError> {
        let ctx = self.ctx;
        let mut coming = match self.coming.take() {
            Some(coming) => coming,
            None => Coming::begin(ctx).await?, // it is empty
        };
        if !coming.buffer.is_empty() {
            coming.store(ctx).await?;
        }
        let digest = coming.hasher.finish();
        let mut tx = ctx.store.begin().await?;
        let part = part_finish(&mut tx, coming.id, (digest, coming.bytes), ctx.clock.now()).await?;
        tx.commit().await?;
        self.kept.push((name, part));
        Ok(part)
    }

    /// What had begun will not come to its end; what is left of it is swept up later, should this fail.
    pub(super) async fn forget(self) {
        let Some(coming) = self.coming else { return };
        let dropped = async {
            let mut tx = self.ctx.store.begin().await?;
            part_drop(&mut tx, coming.id).await?;
            tx.commit().await
        };
        if let Err(error) = dropped.await {
            tracing::debug!(%error, "half an attachment is left to the sweep");
        }
    }
}

impl Coming {
    async fn begin(ctx: &Context) -> Result<Self, StoreError> {
        let id = PartId::from_uuid(ctx.random.uuid());
        let mut tx = ctx.store.begin().await?;
        part_begin(&mut tx, id, ctx.clock.now()).await?;
        tx.commit().await?;
        Ok(Self { id, place: 0, buffer: BytesMut::new(), hasher: sha256_hasher(), bytes: 0 })
    }

    async fn store(&mut self, ctx: &Context) -> Result<(), StoreError> {
        let mut tx = ctx.store.begin().await?;
        part_chunk_put(&mut tx, self.id, self.place, &self.buffer).await?;
        tx.commit().await?;
        self.place = self.place.saturating_add(1);
        self.buffer.clear();
        Ok(())
    }
}

impl PartKeeper for Keeping<'_> {
    type Error = StoreError;

    fn take(&mut self, bytes: Bytes) -> BoxFuture<'_, Result<(), StoreError>> {
        self.push(bytes).boxed()
    }

    fn end(&mut self, content_id: String) -> BoxFuture<'_, Result<(), StoreError>> {
        async move { self.close(content_id).await.map(|_part| ()) }.boxed()
    }
}

/// Reads a kept attachment piece by piece.
pub(super) struct Kept {
    pub(super) store: Store,
    pub(super) id: PartId,
}

impl Kept {
    pub(super) async fn chunk(&self, place: u32) -> Result<Option<Vec<u8>>, StoreError> {
        let mut tx = self.store.read().await?;
        let chunk = part_chunk(&mut tx, self.id, place).await?;
        tx.commit().await?;
        Ok(chunk)
    }
}

/// The chunks of a kept attachment, one after the other.
pub(super) struct Chunks {
    kept: Kept,
    place: u32,
}

impl Kept {
    pub(super) fn chunks(self) -> Chunks {
        Chunks { kept: self, place: 0 }
    }
}

impl Chunks {
    pub(super) async fn next(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        let chunk = self.kept.chunk(self.place).await?;
        self.place = self.place.saturating_add(1);
        Ok(chunk)
    }
}

impl PartContent for Kept {
    fn piece(&self, place: u32) -> BoxFuture<'_, std::io::Result<Option<Bytes>>> {
        async move {
            let chunk = self.chunk(place).await.map_err(std::io::Error::other)?;
            Ok(chunk.map(Bytes::from))
        }
        .boxed()
    }
}

/// Feeds a digest the attachments that its document refers to.
pub(super) async fn fill(
    filling: &mut Filling<'_>,
    parts: &HashMap<String, Part>,
    ctx: &Context,
) -> Result<Result<(), SealError>, FlowError> {
    while let Some(hole) = filling.open_hole() {
        let Some(part) = parts.get(&hole.content_id) else {
            let content_id = hole.content_id.clone();
            return Ok(Err(SealError::NoPart { content_id }));
        };
        let mut chunks = Kept { store: ctx.store.clone(), id: part.id }.chunks();
        while let Some(chunk) = chunks.next().await? {
            filling.push(&chunk)?;
        }
        filling.close_hole(HeldPart { digest: part.digest, bytes: part.bytes })?;
    }
    Ok(Ok(()))
}

/// The attachments of a message, by the names it gives them.
pub(super) async fn parts_by_name(of: PartOf, ctx: &Context) -> Result<HashMap<String, Part>, FlowError> {
    let mut tx = ctx.store.read().await?;
    let parts = parts_of(&mut tx, of).await?;
    tx.commit().await?;
    Ok(parts.into_iter().collect())
}

/// Puts small attachments into the body they belong into and tells which are to travel beside it: XOP is a matter of
/// the road alone (D5 ¶22–25).
pub(super) async fn unfold<'r>(
    row: &'r OutboxRow,
    ctx: &Context,
) -> Result<(Cow<'r, [u8]>, Vec<PackedPart>), FlowError> {
    let body = &row.draft.body;
    let references = includes(body);
    if references.is_empty() {
        return Ok((Cow::Borrowed(body), Vec::new()));
    }
    let parts = parts_by_name(PartOf::Outbox(row.id), ctx).await?;
    let (mut unfolded, mut beside, mut from) = (Vec::new(), Vec::new(), 0);
    for (range, name) in references {
        let missing = || SealError::NoPart { content_id: name.clone() };
        let part = parts.get(&name).ok_or_else(missing)?;
        let kept = Kept { store: ctx.store.clone(), id: part.id };
        if part.bytes > ctx.limits.attachment_inside_bytes_max {
            let content: Arc<dyn PartContent> = Arc::new(kept);
            beside.push(PackedPart { content_id: name.clone(), bytes: part.bytes, content });
            continue;
        }
        unfolded.extend_from_slice(body.get(from..range.start).unwrap_or_default());
        from = range.end;
        let mut chunks = kept.chunks();
        while let Some(chunk) = chunks.next().await? {
            unfolded.extend_from_slice(STANDARD.encode(chunk).as_bytes()); // all but the last are whole base64
        }
    }
    unfolded.extend_from_slice(body.get(from..).unwrap_or_default());
    Ok((Cow::Owned(unfolded), beside))
}

/// An envelope with what travels beside it.
pub(super) fn parcel(envelope: Vec<u8>, beside: Vec<PackedPart>, ctx: &Context) -> Parcel {
    match beside.is_empty() {
        true => envelope.into(),
        false => Parcel::new(envelope.into(), beside, format!("stazh-{}", ctx.random.uuid())),
    }
}

/// Forgets what is left of messages that never came to their end.
///
/// # Errors
/// The database does not answer.
pub async fn forget_parts(ctx: &Context) -> Result<(), FlowError> {
    let before = ctx.clock.now().checked_sub(LEFT_FOR).unwrap_or(jiff::Timestamp::MIN);
    loop {
        let mut tx = ctx.store.begin().await?;
        let forgotten = parts_forget(&mut tx, before, FORGET_AT_ONCE).await?;
        tx.commit().await?;
        if forgotten == 0 {
            return Ok(());
        }
        tracing::info!(forgotten, "attachments that no message refers to were forgotten");
    }
}

/// As long may a message take from its first attachment to its being stored.
const LEFT_FOR: SignedDuration = SignedDuration::from_hours(24);
const FORGET_AT_ONCE: u32 = 8;
