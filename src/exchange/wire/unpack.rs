//! Takes a MIME package apart while it comes (RFC 2387, XOP): the envelope into memory, its attachments to whoever
//! keeps them.

use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, StreamExt};
use multer::{Field, Multipart};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

/// Keeps the attachments of a package, one after the other.
pub trait PartKeeper: Send {
    /// What it cannot do.
    type Error;

    /// Takes the next bytes of the attachment that is coming.
    fn take(&mut self, bytes: Bytes) -> BoxFuture<'_, Result<(), Self::Error>>;

    /// The attachment has come to its end, under this name.
    fn end(&mut self, content_id: String) -> BoxFuture<'_, Result<(), Self::Error>>;
}

/// Why a package could not be taken apart.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError<E> {
    /// Its bytes could not be read on this side.
    #[error("read a package")]
    Read(#[source] std::io::Error),
    /// It is not one that is taken; or its bytes broke off.
    #[error("unpack a message: {reason}")]
    Package {
        /// What is wrong with it.
        reason: String,
    },
    /// The envelope alone is larger than it may be.
    #[error("unpack a message: its envelope exceeds {bytes_max} bytes; send attachments beside it")]
    Envelope {
        /// The limit.
        bytes_max: usize,
    },
    /// Its attachments cannot be kept.
    #[error("keep an attachment")]
    Keep(E),
}

/// Whether a body of this content type is a package.
pub fn is_package(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case(super::parcel::PACKAGE_TYPE)
}

/// Takes a package apart; gives its envelope. `grown` is told how large that has become.
///
/// # Errors
/// It is no package, has no envelope, one attachment twice or too many, or these cannot be kept.
pub async fn unpack<K: PartKeeper>(
    content_type: &str,
    body: impl Stream<Item = std::io::Result<Bytes>> + Send + 'static,
    keeper: &mut K,
    (envelope_max, grown): (usize, Arc<AtomicUsize>),
) -> Result<Bytes, UnpackError<K::Error>> {
    let boundary = multer::parse_boundary(content_type_for_boundary(content_type)).map_err(package)?;
    let start = parameter(content_type, "start").map(|start| bare_id(&start).to_owned());
    let idle = Arc::new(AtomicUsize::new(0));
    let counted = bounded(body, idle.clone());
    let mut parts = Multipart::new(counted, boundary);
    let mut envelope: Option<BytesMut> = None;
    let mut names: Vec<String> = Vec::new();
    while let Some(mut part) = parts.next_field().await.map_err(package)? {
        idle.store(0, Ordering::Relaxed);
        let name = name_of(&part);
        let is_envelope = match &start {
            Some(start) => name.as_ref() == Some(start),
            None => envelope.is_none() && names.is_empty(),
        };
        refuse_coding(&part)?;
        if is_envelope {
            if envelope.is_some() {
                return Err(wrong("it has two envelopes"));
            }
            let mut root = BytesMut::new();
            while let Some(piece) = part.chunk().await.map_err(package)? {
                idle.store(0, Ordering::Relaxed);
                if root.len() + piece.len() > envelope_max {
                    return Err(UnpackError::Envelope { bytes_max: envelope_max });
                }
                root.extend_from_slice(&piece);
                grown.store(root.len(), Ordering::Relaxed);
            }
            envelope = Some(root);
            continue;
        }
        let name =
            name.ok_or_else(|| wrong("an attachment has no Content-ID of up to 255 printable characters"))?;
        if names.contains(&name) {
            return Err(wrong("two attachments have the same Content-ID"));
        }
        if names.len() == PARTS_MAX {
            return Err(wrong("it has more than 1000 attachments"));
        }
        while let Some(piece) = part.chunk().await.map_err(package)? {
            idle.store(0, Ordering::Relaxed);
            keeper.take(piece).await.map_err(UnpackError::Keep)?;
        }
        keeper.end(name.clone()).await.map_err(UnpackError::Keep)?;
        names.push(name);
    }
    envelope.map(BytesMut::freeze).ok_or_else(|| wrong("it has no envelope; see its parameter start"))
}

/// The stream in small gulps: the library reads until nothing is ready, which of a file or a fast line would be all of
/// it. It ends where more has come, without anything being made of it, than the head of a part may be long.
fn bounded(
    body: impl Stream<Item = std::io::Result<Bytes>> + Send + 'static,
    idle: Arc<AtomicUsize>,
) -> impl Stream<Item = std::io::Result<Bytes>> + Send + 'static {
    let mut body = Box::pin(body);
    let mut rests = false;
    stream::poll_fn(move |cx| {
        rests = !rests;
        if !rests {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let Poll::Ready(piece) = body.poll_next_unpin(cx) else {
            rests = false; // it is ready when it wakes us
            return Poll::Pending;
        };
        let before = idle.fetch_add(
            piece.as_ref().map_or(0, |piece| piece.as_ref().map_or(0, Bytes::len)),
            Ordering::Relaxed,
        );
        let is_too_long = before > HEAD_BYTES_MAX;
        let too_long = || std::io::Error::new(HEAD_TOO_LONG, "the head of a part is too long");
        Poll::Ready(if is_too_long { Some(Err(too_long())) } else { piece })
    })
}

fn name_of(part: &Field<'_>) -> Option<String> {
    let name = part.headers().get("content-id")?.to_str().ok()?;
    let name = bare_id(name);
    ((1..=NAME_CHARS_MAX).contains(&name.len()) && name.bytes().all(|c| c.is_ascii_graphic()))
        .then(|| name.to_owned())
}

/// MIME may write a part in base64; on the wire nobody does, and read as it stands it would be another content.
fn refuse_coding<E>(part: &Field<'_>) -> Result<(), UnpackError<E>> {
    let coding =
        part.headers().get("content-transfer-encoding").map(|value| value.to_str().unwrap_or_default());
    match coding.map(str::trim).map(str::to_ascii_lowercase).as_deref() {
        None | Some("binary" | "8bit" | "7bit") => Ok(()),
        Some(_) => Err(wrong("a part is coded for transfer; send it as binary")),
    }
}

fn bare_id(id: &str) -> &str {
    let id = id.trim();
    id.strip_prefix('<').and_then(|id| id.strip_suffix('>')).unwrap_or(id)
}

/// The library wants the name of the form that browsers send; the boundary is written alike in both.
fn content_type_for_boundary(content_type: &str) -> String {
    let parameters = content_type.split_once(';').map_or("", |(_, parameters)| parameters);
    format!("multipart/form-data;{parameters}")
}

/// A parameter of a content type, without its quotes.
fn parameter(content_type: &str, name: &str) -> Option<String> {
    let parsed: mime::Mime = content_type.parse().ok()?;
    parsed.get_param(name).map(|value| value.as_str().to_owned())
}

fn package<E>(error: multer::Error) -> UnpackError<E> {
    if let multer::Error::StreamReadFailed(cause) = error {
        return match cause.downcast::<std::io::Error>() {
            Ok(cause) if cause.kind() != HEAD_TOO_LONG => UnpackError::Read(*cause),
            Ok(cause) => wrong(&cause.to_string()),
            Err(other) => wrong(&other.to_string()),
        };
    }
    UnpackError::Package { reason: crate::base::with_causes(&error) }
}

fn wrong<E>(reason: &str) -> UnpackError<E> {
    UnpackError::Package { reason: reason.to_owned() }
}

/// The most attachments of one package.
const PARTS_MAX: usize = 1_000;
/// The most bytes that are looked through for the end of a part's head.
const HEAD_BYTES_MAX: usize = 1024 * 1024;
/// No source of bytes says this of itself.
const HEAD_TOO_LONG: std::io::ErrorKind = std::io::ErrorKind::FileTooLarge;
/// Longer names are nobody's.
const NAME_CHARS_MAX: usize = 255;

#[cfg(test)]
mod tests {
    use super::super::parcel::{PackedPart, Parcel, PartContent};
    use super::*;
    use futures_util::FutureExt;
    use futures_util::stream::TryStreamExt;
    use proptest::prelude::*;

    #[derive(Debug, Default, PartialEq, Eq)]
    struct Kept {
        coming: Vec<u8>,
        all: Vec<(String, Vec<u8>)>,
        largest: usize,
    }

    impl PartKeeper for Kept {
        type Error = std::convert::Infallible;

        fn take(&mut self, bytes: Bytes) -> BoxFuture<'_, Result<(), Self::Error>> {
            self.largest = self.largest.max(bytes.len());
            self.coming.extend_from_slice(&bytes);
            async { Ok(()) }.boxed()
        }

        fn end(&mut self, content_id: String) -> BoxFuture<'_, Result<(), Self::Error>> {
            self.all.push((content_id, std::mem::take(&mut self.coming)));
            async { Ok(()) }.boxed()
        }
    }

    struct Pieces(Vec<u8>, usize);

    impl PartContent for Pieces {
        fn piece(&self, place: u32) -> BoxFuture<'_, std::io::Result<Option<Bytes>>> {
            let piece = self.0.chunks(self.1).nth(usize::try_from(place).unwrap());
            async move { Ok(piece.map(Bytes::copy_from_slice)) }.boxed()
        }
    }

    fn parcel(envelope: &[u8], parts: &[(String, Vec<u8>)], piece: usize) -> Parcel {
        let packed = parts.iter().map(|(content_id, content)| PackedPart {
            content_id: content_id.clone(),
            bytes: content.len().try_into().unwrap(),
            content: Arc::new(Pieces(content.clone(), piece)),
        });
        Parcel::new(Bytes::copy_from_slice(envelope), packed.collect(), "between-4711".to_owned())
    }

    fn take(content_type: &str, bytes: &[u8], gulp: usize) -> Result<(Bytes, Kept), String> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let pieces: Vec<_> = bytes.chunks(gulp).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        let mut kept = Kept::default();
        let taken = unpack(content_type, stream::iter(pieces), &mut kept, (1 << 20, Arc::default()));
        let envelope = runtime.block_on(taken).map_err(|error| error.to_string())?;
        Ok((envelope, kept))
    }

    proptest! {
        #[test]
        fn what_was_packed_is_unpacked(
            envelope in prop::collection::vec(any::<u8>(), 0..60),
            parts in prop::collection::btree_map("[a-z0-9@.-]{1,12}", prop::collection::vec(
                prop_oneof![any::<u8>(), Just(b'\r'), Just(b'\n'), Just(b'-')], 0..120), 1..4),
            (piece, gulp) in (1_usize..40, 1_usize..90),
        ) {
            let parts: Vec<_> = parts.into_iter().collect();
            let parcel = parcel(&envelope, &parts, piece);
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let bytes = runtime.block_on(parcel.collect()).unwrap();
            prop_assert_eq!(u64::try_from(bytes.len()).unwrap(), parcel.bytes());
            let (read, kept) = take(&parcel.content_type(), &bytes, gulp).unwrap();
            prop_assert_eq!(read, envelope);
            prop_assert_eq!(kept.all, parts);
        }

        #[test]
        fn no_bytes_make_it_panic_or_keep_half_a_part_as_a_whole(bytes in prop::collection::vec(any::<u8>(), 0..300), end in 0_usize..200) {
            let parts = [("a".to_owned(), vec![7; 50])];
            let parcel = parcel(b"<a/>", &parts, 9);
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let whole = runtime.block_on(parcel.collect()).unwrap();
            let _ = take(&parcel.content_type(), &bytes, 13); // it returns
            if let Ok((_, kept)) = take(&parcel.content_type(), &whole[..end.min(whole.len() - 8)], 13) {
                return Err(TestCaseError::fail(format!("a package cut at {end} was taken: {kept:?}")));
            }
        }
    }

    fn package(heads: &[&str]) -> (String, Vec<u8>) {
        let mut bytes = Vec::new();
        for head in heads {
            bytes.extend(format!("--b\r\n{head}\r\n\r\n<x/>\r\n").bytes());
        }
        bytes.extend(b"--b--");
        ("multipart/related; boundary=b; start=\"<root>\"".to_owned(), bytes)
    }

    #[test]
    fn the_envelope_is_where_the_start_says_in_any_order() {
        let (content_type, bytes) = package(&["Content-ID: <scan>", "Content-ID: <root>"]);
        let (envelope, kept) = take(&content_type, &bytes, 5).unwrap();
        assert_eq!((&*envelope, kept.all.len()), (b"<x/>".as_slice(), 1));
        let (envelope, kept) = take("Multipart/Related;boundary=b", &bytes, 5).unwrap();
        assert_eq!(
            (&*envelope, kept.all[0].0.as_str()),
            (b"<x/>".as_slice(), "root"),
            "else it is the first"
        );
    }

    #[test]
    fn a_package_that_cannot_be_meant_is_told() {
        for (heads, told) in [
            (&["Content-ID: <root>", "Content-ID: <a>", "Content-ID: <a>"][..], "same Content-ID"),
            (&["Content-ID: <root>", "Content-ID: <root>"], "two envelopes"),
            (&["Content-ID: <a>"], "no envelope"),
            (&["Content-ID: <root>", "Content-Type: image/png"], "no Content-ID"),
            (&["Content-ID: <root>", "Content-ID: <a b>"], "no Content-ID"),
            (
                &["Content-ID: <root>", "Content-ID: <a>\r\nContent-Transfer-Encoding: base64"],
                "coded for transfer",
            ),
        ] {
            let (content_type, bytes) = package(heads);
            let error = take(&content_type, &bytes, 7).unwrap_err();
            assert!(error.contains(told), "{error}");
        }
        assert!(take("multipart/related", b"", 7).is_err(), "no boundary");
    }

    #[test]
    fn a_head_without_end_and_an_envelope_too_large_are_cut_off() {
        let (content_type, _) = package(&[]);
        let endless = ["--b\r\nX: ".as_bytes(), &vec![b'a'; 3 << 20]].concat();
        assert!(take(&content_type, &endless, 8192).unwrap_err().contains("head of a part is too long"));
        let large =
            ["--b\r\nContent-ID: <root>\r\n\r\n".as_bytes(), &vec![b'a'; 2 << 20], b"\r\n--b--"].concat();
        assert!(take(&content_type, &large, 8192).unwrap_err().contains("exceeds 1048576 bytes"));
    }

    #[test]
    fn bytes_that_cannot_be_read_are_not_their_senders_fault() {
        let (content_type, bytes) = package(&["Content-ID: <root>", "Content-ID: <scan>"]);
        for end in [0, 3, bytes.len() / 2, bytes.len() - 6] {
            let broken = std::io::Error::from_raw_os_error(5);
            let body = stream::iter([Ok(Bytes::copy_from_slice(&bytes[..end])), Err(broken)]);
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let mut kept = Kept::default();
            let read = runtime.block_on(unpack(&content_type, body, &mut kept, (1 << 20, Arc::default())));
            assert!(
                matches!(&read, Err(UnpackError::Read(error)) if error.raw_os_error() == Some(5)),
                "{read:?}"
            );
        }
    }

    #[test]
    fn an_attachment_is_never_in_memory_as_a_whole() {
        let parts = [("a".to_owned(), vec![7; 3 << 20])];
        let parcel = parcel(b"<a/>", &parts, 100_000);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut kept = Kept::default();
        let body = parcel.stream().map_ok(|piece| piece);
        let content_type = parcel.content_type();
        let envelope = runtime.block_on(unpack(&content_type, body, &mut kept, (1 << 20, Arc::default())));
        assert_eq!(envelope.unwrap(), b"<a/>".as_slice());
        assert!(kept.all == parts && kept.largest < 300_000, "{}", kept.largest);
    }
}
