//! Reads a body as far as it goes and as far as the limits allow: size, pace, memory and content coding.

use super::seats::{Held, Share};
use crate::base::{Limits, with_causes};
use crate::exchange::wire::{Came, GZIP, InflateError, Inflater};
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// The memory of a peer's share is taken by its other bodies; it may try again.
#[derive(Debug)]
pub(super) struct Busy;

/// Reads a body of at most `bytes_max`; an announced excess is not read at all. What it holds is free when it is dropped.
pub(super) async fn read_body(
    request: Request,
    bytes_max: usize,
    share: &Arc<Share>,
    limits: &Limits,
) -> Result<(Came, Held), Busy> {
    let mut held = share.hold();
    let announced = announced(request.headers());
    let mut taken = match coding(request.headers()) {
        Coding::Plain => Taken::Plain { kept: BytesMut::new(), bytes_max },
        Coding::Gzip => Taken::Gzip { inflater: Box::new(Inflater::new(bytes_max)), came: 0, bytes_max },
        Coding::Other(coding) => return Ok((Came::UnknownCoding { coding }, held)),
    };
    let length = announced.map(|length| usize::try_from(length).unwrap_or(usize::MAX));
    if length.is_some_and(|length| length > bytes_max) {
        return Ok((Came::TooLarge { kept: Bytes::new(), announced }, held));
    }
    let wanted = match taken {
        Taken::Plain { .. } => length,
        Taken::Gzip { .. } => None,
    };
    let mut body = request.into_body();
    let mut pace = Pace::start(limits);
    let came = loop {
        let frame = match timeout_at(pace.deadline(), next(&mut body)).await {
            Err(_elapsed) => break Came::TooSlow { kept: taken.kept(), announced },
            Ok(Frame::End) => break taken.finish(),
            Ok(Frame::Broken) => break Came::Broken { kept: taken.kept(), announced },
            Ok(Frame::Bytes(frame)) => frame,
        };
        pace.came(frame.len());
        let mut excess = None;
        for part in frame.chunks(PART_BYTES) {
            let waits_until = Instant::now() + pace.stall;
            let needed = taken.len() + part.len();
            timeout_at(waits_until, held.grow_to(needed, wanted)).await.map_err(|_elapsed| Busy)?;
            excess = taken.push(part, announced).err();
            if excess.is_some() {
                break;
            }
        }
        if let Some(came) = excess {
            break came;
        }
    };
    Ok((came, held))
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

/// As much of a name as an operator reads.
const CODING_CHARS_MAX: usize = 40;
