//! Reads a body as far as it goes and as far as the limits allow: size, pace, memory and content coding.

use super::seats::{Held, Share};
use crate::base::{Limits, with_causes};
use crate::exchange::wire::{Came, GZIP, InflateError, Inflater, is_package};
use crate::flow::{Arrived, Context, NotTaken, take_package};
use crate::store::StoreError;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use futures_util::stream;
use http_body_util::BodyExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

/// The memory of a peer's share is taken by its other bodies; it may try again.
#[derive(Debug)]
pub(super) struct Busy;

/// Reads a body of at most `bytes_max`; an announced excess is not read at all. What it holds is free when it is
/// dropped. A package is taken apart for him who may send one, and its attachments are kept as they come.
pub(super) async fn read_body(
    request: Request,
    (bytes_max, is_peer): (usize, bool),
    share: &Arc<Share>,
    ctx: &Context,
) -> Result<(Arrived, Held), Unread> {
    let limits = &ctx.limits;
    let mut held = share.hold();
    let announced = announced(request.headers());
    let length = announced.map(|length| usize::try_from(length).unwrap_or(usize::MAX));
    let package = package_type(request.headers()).filter(|_| is_peer);
    let (taken, wanted) = match coding(request.headers()) {
        Coding::Other(coding) => return Ok((Came::UnknownCoding { coding }.into(), held)),
        Coding::Plain => (Taken::Plain { kept: BytesMut::new(), bytes_max }, length),
        Coding::Gzip => {
            let inflater = Box::new(Inflater::new(bytes_max));
            (Taken::Gzip { inflater, came: 0, bytes_max }, None)
        }
    };
    if length.is_some_and(|length| length > bytes_max) {
        return Ok((Came::TooLarge { kept: Bytes::new(), announced }.into(), held));
    }
    let mut feed =
        Feed { body: request.into_body(), announced, wanted, taken, pace: Pace::start(limits), on: None };
    let Some(content_type) = package else {
        let came = feed.run(&mut held).await.map_err(|Busy| Unread::Busy)?;
        return Ok((came.into(), held));
    };
    let (sender, mut receiver) = mpsc::channel(1);
    let grown = Arc::new(AtomicUsize::new(0));
    feed.wanted = None;
    feed.on = Some(Onward { sender, grown: grown.clone(), given: 0 });
    let pieces = stream::poll_fn(move |cx| receiver.poll_recv(cx));
    let fed = async {
        let came = feed.run(&mut held).await;
        feed.on = None; // that was all
        came
    };
    let (fed, arrived) = tokio::join!(fed, take_package(&content_type, pieces, grown, ctx));
    match fed.map_err(|Busy| Unread::Busy)? {
        Came::Whole(_rest) => match arrived {
            Ok(arrived) => Ok((arrived, held)),
            Err(NotTaken::Store(error)) => Err(Unread::Unkept(error)),
            // what is fed here ends or comes; it never fails to be read
            Err(NotTaken::Read(_)) => Ok((Came::Broken { kept: Bytes::new(), announced }.into(), held)),
        },
        failed @ (Came::TooLarge { .. }
        | Came::Broken { .. }
        | Came::TooSlow { .. }
        | Came::Spoilt { .. }
        | Came::Unpackable { .. }
        | Came::UnknownCoding { .. }) => Ok((failed.into(), held)),
    }
}

/// Why a body was not read; its sender may try again.
#[derive(Debug)]
pub(super) enum Unread {
    /// As [`Busy`].
    Busy,
    /// Its attachments cannot be kept.
    Unkept(StoreError),
}

/// A body that is being read.
struct Feed {
    body: Body,
    announced: Option<u64>,
    wanted: Option<usize>,
    taken: Taken,
    pace: Pace,
    /// Where the bytes go on to, if they are a package.
    on: Option<Onward>,
}

/// Gives the bytes of a package on to him who takes it apart.
struct Onward {
    sender: mpsc::Sender<std::io::Result<Bytes>>,
    /// How large the envelope has become.
    grown: Arc<AtomicUsize>,
    given: usize,
}

impl Feed {
    async fn run(&mut self, held: &mut Held) -> Result<Came, Busy> {
        let announced = self.announced;
        loop {
            let frame = match timeout_at(self.pace.deadline(), next(&mut self.body)).await {
                Err(_elapsed) => return Ok(Came::TooSlow { kept: self.taken.kept(), announced }),
                Ok(Frame::End) => {
                    let came = self.taken.finish();
                    let bytes_max = self.taken.bytes_max();
                    return Ok(match (&mut self.on, came) {
                        (Some(on), Came::Whole(rest)) => on
                            .give(rest, bytes_max)
                            .await
                            .map_or_else(|kept| kept, |()| Came::Whole(Bytes::new())),
                        (_, came) => came,
                    });
                }
                Ok(Frame::Broken) => return Ok(Came::Broken { kept: self.taken.kept(), announced }),
                Ok(Frame::Bytes(frame)) => frame,
            };
            self.pace.came(frame.len());
            for part in frame.chunks(PART_BYTES) {
                let waits_until = Instant::now() + self.pace.stall;
                let needed = self.needed().saturating_add(part.len());
                timeout_at(waits_until, held.grow_to(needed, self.wanted)).await.map_err(|_elapsed| Busy)?;
                if let Err(came) = self.taken.push(part, announced) {
                    return Ok(came);
                }
                if let Some(on) = &mut self.on {
                    let ready = self.taken.drain();
                    if let Err(came) = on.give(ready, self.taken.bytes_max()).await {
                        return Ok(came);
                    }
                    self.pace.last = Instant::now(); // how long we took to keep it is not his matter
                }
            }
        }
    }

    /// How much memory it takes.
    fn needed(&self) -> usize {
        match &self.on {
            None => self.taken.len(),
            Some(on) => on.grown.load(Ordering::Relaxed).saturating_add(PACKAGE_BYTES),
        }
    }
}

impl Onward {
    async fn give(&mut self, bytes: Bytes, bytes_max: usize) -> Result<(), Came> {
        self.given = self.given.saturating_add(bytes.len());
        if self.given > bytes_max {
            return Err(Came::TooLarge { kept: Bytes::new(), announced: None });
        }
        // he may have read enough, or given up; what is left is read so that the sender hears why
        let _ended = self.sender.send(Ok(bytes)).await;
        Ok(())
    }
}

fn package_type(headers: &HeaderMap) -> Option<String> {
    let content_type = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    is_package(content_type).then(|| content_type.to_owned())
}

enum Frame {
    Bytes(Bytes),
    End,
    Broken,
}

/// The next bytes; trailers mean nothing here.
async fn next(body: &mut Body) -> Frame {
    loop {
        match body.frame().await {
            None => return Frame::End,
            Some(Err(_broken)) => return Frame::Broken,
            Some(Ok(frame)) => {
                if let Ok(bytes) = frame.into_data() {
                    return Frame::Bytes(bytes);
                }
            }
        }
    }
}

enum Coding {
    Plain,
    Gzip,
    Other(String),
}

fn coding(headers: &HeaderMap) -> Coding {
    let values = headers.get_all(header::CONTENT_ENCODING);
    let text = values.iter().map(|value| value.to_str().unwrap_or("of unreadable name"));
    let text = text.collect::<Vec<_>>().join(", ").trim().to_ascii_lowercase();
    match text.as_str() {
        "" | "identity" => Coding::Plain,
        GZIP | "x-gzip" => Coding::Gzip,
        other => Coding::Other(other.chars().filter(|c| !c.is_control()).take(CODING_CHARS_MAX).collect()),
    }
}

fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// What was taken so far.
enum Taken {
    Plain { kept: BytesMut, bytes_max: usize },
    Gzip { inflater: Box<Inflater>, came: usize, bytes_max: usize },
}

impl Taken {
    fn len(&self) -> usize {
        match self {
            Self::Plain { kept, .. } => kept.len(),
            Self::Gzip { inflater, .. } => inflater.len(),
        }
    }

    fn bytes_max(&self) -> usize {
        match self {
            Self::Plain { bytes_max, .. } | Self::Gzip { bytes_max, .. } => *bytes_max,
        }
    }

    /// What is there to be given on, while more comes.
    fn drain(&mut self) -> Bytes {
        match self {
            Self::Plain { kept, .. } => kept.split().freeze(),
            Self::Gzip { inflater, .. } => inflater.take(),
        }
    }

    fn kept(&mut self) -> Bytes {
        match self {
            Self::Plain { kept, .. } => std::mem::take(kept).freeze(),
            Self::Gzip { inflater, .. } => inflater.take(),
        }
    }

    fn push(&mut self, part: &[u8], announced: Option<u64>) -> Result<(), Came> {
        match self {
            Self::Plain { kept, bytes_max } if kept.len() + part.len() > *bytes_max => {
                Err(Came::TooLarge { kept: self.kept(), announced })
            }
            Self::Plain { kept, .. } => {
                kept.extend_from_slice(part);
                Ok(())
            }
            Self::Gzip { inflater, came, bytes_max } => {
                *came += part.len();
                if *came > *bytes_max {
                    return Err(Came::TooLarge { kept: inflater.take(), announced });
                }
                inflater.push(part).map_err(|error| spoilt(&error, inflater))
            }
        }
    }

    /// The end of the body; one of a known length never ends early without being broken.
    fn finish(&mut self) -> Came {
        match self {
            Self::Plain { .. } => Came::Whole(self.kept()),
            Self::Gzip { inflater, .. } => match inflater.finish() {
                Ok(bytes) => Came::Whole(bytes),
                Err(error) => spoilt(&error, inflater),
            },
        }
    }
}

/// A bomb announces a small length: only what comes out counts, so that is not told as the reason.
fn spoilt(error: &InflateError, inflater: &mut Inflater) -> Came {
    let kept = inflater.take();
    match error {
        InflateError::TooLarge { .. } => Came::TooLarge { kept, announced: None },
        InflateError::Spoilt(_) => Came::Spoilt { kept, reason: with_causes(error) },
    }
}

/// How fast a body must come.
struct Pace {
    began: Instant,
    last: Instant,
    bytes: u64,
    stall: Duration,
    bytes_per_second_min: u64,
}

impl Pace {
    fn start(limits: &Limits) -> Self {
        let now = Instant::now();
        let per_second = u64::try_from(limits.body_bytes_per_second_min).unwrap_or(u64::MAX);
        Self {
            began: now,
            last: now,
            bytes: 0,
            stall: Duration::from_millis(limits.body_stall_ms),
            bytes_per_second_min: per_second.max(1),
        }
    }

    fn came(&mut self, bytes: usize) {
        self.last = Instant::now();
        self.bytes = self.bytes.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
    }

    /// When the next bytes must be here: no standstill, and no dripping on the whole.
    fn deadline(&self) -> Instant {
        let lawful = Duration::from_millis(self.bytes.saturating_mul(1000) / self.bytes_per_second_min);
        (self.last + self.stall).min(self.began + self.stall + lawful)
    }
}

/// So much is taken between two looks at the memory; deflated, it becomes 8 MB at most.
const PART_BYTES: usize = 8 * 1024;

/// What a package takes beside its envelope: an attachment is kept piece by piece.
const PACKAGE_BYTES: usize = 4 * 1024 * 1024;

/// As much of a name as an operator reads.
const CODING_CHARS_MAX: usize = 40;
