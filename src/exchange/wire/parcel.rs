//! What leaves for a peer: an envelope, alone or with attachments beside it as a MIME package (XOP, D5 ¶22–25).
//!
//! A package is made while it is sent: an attachment is asked for piece by piece and never in memory as a whole.

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use std::sync::Arc;

/// An envelope with its attachments.
#[derive(Clone)]
pub struct Parcel {
    envelope: Bytes,
    parts: Vec<PackedPart>,
    /// Stands between the pieces and nowhere in them: it is drawn after all of them are there.
    boundary: String,
}

/// An attachment that travels beside its envelope.
#[derive(Clone)]
pub struct PackedPart {
    /// By which name the envelope refers to it.
    pub content_id: String,
    /// How long it is.
    pub bytes: u64,
    /// Where its content comes from.
    pub content: Arc<dyn PartContent>,
}

/// The content of an attachment.
pub trait PartContent: Send + Sync {
    /// The piece at this place, counted from 0; none behind the last.
    fn piece(&self, place: u32) -> BoxFuture<'_, std::io::Result<Option<Bytes>>>;
}

impl<B: Into<Bytes>> From<B> for Parcel {
    fn from(envelope: B) -> Self {
        Self { envelope: envelope.into(), parts: Vec::new(), boundary: String::new() }
    }
}

impl Parcel {
    /// An envelope with these attachments; `boundary` is one that nobody can have foreseen.
    pub fn new(envelope: Bytes, parts: Vec<PackedPart>, boundary: String) -> Self {
        Self { envelope, parts, boundary }
    }

    /// The envelope, if it travels alone.
    pub fn alone(&self) -> Option<&Bytes> {
        self.parts.is_empty().then_some(&self.envelope)
    }

    /// The envelope.
    pub fn envelope(&self) -> &Bytes {
        &self.envelope
    }

    /// The media type of the whole.
    pub fn content_type(&self) -> String {
        if self.parts.is_empty() {
            return ENVELOPE_TYPE.to_owned();
        }
        format!(
            "{PACKAGE_TYPE}; boundary=\"{}\"; type=\"application/xop+xml\"; start=\"<{ROOT}>\"; \
             start-info=\"application/soap+xml\"",
            self.boundary
        )
    }

    /// How long the whole is.
    pub fn bytes(&self) -> u64 {
        let plain = length(self.envelope.len());
        if self.parts.is_empty() {
            return plain;
        }
        let of_part = |part: &PackedPart| length(self.head_of(part).len()).saturating_add(part.bytes);
        let parts = self.parts.iter().map(of_part).fold(0, u64::saturating_add);
        length(self.head().len() + self.tail().len()).saturating_add(plain).saturating_add(parts)
    }

    /// How much longer than any message it may take: over a slow line it is still on its way.
    pub(super) fn slowest_ms(&self) -> u64 {
        if self.parts.is_empty() { 0 } else { self.bytes() / BYTES_PER_MS_MIN }
    }

    /// The whole, piece by piece.
    pub fn stream(&self) -> BoxStream<'static, std::io::Result<Bytes>> {
        let envelope = self.envelope.clone();
        if self.parts.is_empty() {
            return stream::once(async move { Ok(envelope) }).boxed();
        }
        let ready = |bytes: Bytes| stream::once(async move { Ok(bytes) });
        let mut all = ready(self.head()).chain(ready(envelope)).boxed();
        for part in &self.parts {
            all = all.chain(ready(self.head_of(part))).chain(pieces(part)).boxed();
        }
        all.chain(ready(self.tail())).boxed()
    }

    /// The whole in memory, for a road that cannot carry it otherwise.
    ///
    /// # Errors
    /// An attachment cannot be read.
    pub async fn collect(&self) -> std::io::Result<Bytes> {
        if let Some(envelope) = self.alone() {
            return Ok(envelope.clone());
        }
        let mut all = Vec::with_capacity(usize::try_from(self.bytes()).unwrap_or_default());
        let mut stream = self.stream();
        while let Some(piece) = stream.try_next().await? {
            all.extend_from_slice(&piece);
        }
        Ok(all.into())
    }

    fn head(&self) -> Bytes {
        let head = format!(
            "--{}\r\nContent-Type: application/xop+xml; charset=UTF-8; type=\"application/soap+xml\"\r\n\
             Content-Transfer-Encoding: 8bit\r\nContent-ID: <{ROOT}>\r\n\r\n",
            self.boundary
        );
        head.into()
    }

    fn head_of(&self, part: &PackedPart) -> Bytes {
        let head = format!(
            "\r\n--{}\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\
             Content-ID: <{}>\r\n\r\n",
            self.boundary, part.content_id
        );
        head.into()
    }

    fn tail(&self) -> Bytes {
        format!("\r\n--{}--\r\n", self.boundary).into()
    }
}

impl std::fmt::Debug for Parcel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Parcel({} bytes, {} attachments)", self.bytes(), self.parts.len())
    }
}

/// The pieces of an attachment. One that is not as long as it was said to be breaks the package off, for its length
/// was announced.
fn pieces(part: &PackedPart) -> impl stream::Stream<Item = std::io::Result<Bytes>> + Send + 'static {
    let begin = (part.content.clone(), 0_u32, part.bytes);
    stream::try_unfold(begin, |(content, place, left)| async move {
        let Some(piece) = content.piece(place).await? else {
            let cut = std::io::Error::new(
                std::io::ErrorKind::UnexpectedEof,
                "an attachment is shorter than it was",
            );
            return if left == 0 { Ok(None) } else { Err(cut) };
        };
        let left = left.checked_sub(length(piece.len()));
        let grown =
            || std::io::Error::new(std::io::ErrorKind::InvalidData, "an attachment is longer than it was");
        Ok(Some((piece, (content, place.saturating_add(1), left.ok_or_else(grown)?))))
    })
}

fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// The media type of SOAP 1.2.
pub(super) const ENVELOPE_TYPE: &str = "application/soap+xml; charset=utf-8";
/// The media type of an envelope with attachments (RFC 2387).
pub(super) const PACKAGE_TYPE: &str = "multipart/related";
/// 64 kB a second: a slower line does not carry attachments.
const BYTES_PER_MS_MIN: u64 = 64;
/// The Content-ID of the envelope.
const ROOT: &str = "envelope@stazh";
