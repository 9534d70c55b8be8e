//! What peers are answered about our streams. A consent is judged anew at each answer: its end needs nobody to note it.

use super::consents::{end_expired, is_suspended};
use super::{LabourError, PAGE_MAX, REFS_MAX};
use crate::base::Code;
use crate::exchange::canonical::State;
use crate::flow::{Context, FlowError};
use crate::labour::consent::Purpose;
use crate::labour::live::QuestionFault;
use crate::labour::sync::{
    ChangePage, Detail, DetailOutcome, Details, DetailsAsked, Ping, SnapshotPage, StreamHead, StreamKind,
};
use crate::store::{
    Published, PublishedState, Tx, change_page, consent_find, published_find, snapshot_page, stream_find,
    stream_open, stream_renew,
};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// Why a peer is not answered.
#[derive(Debug)]
pub enum Refusal {
    /// This node exchanges no jobs.
    Off,
    /// More was asked for than is answered.
    TooMany {
        /// The most.
        max: usize,
    },
    /// It is of another epoch.
    OtherEpoch,
    /// It is a question that is not answered.
    Question(QuestionFault),
    /// There is nothing yet to search in.
    NoIndex,
    /// We cannot, for now.
    Failed(FlowError),
}

impl Refusal {
    /// Its stable code.
    pub fn code(&self) -> Code {
        match self {
            Self::Off => "labour.off",
            Self::TooMany { .. } => "labour.too_many",
            Self::OtherEpoch => "labour.sync_epoch",
            Self::Question(fault) => fault.code(),
            Self::NoIndex => "http.later",
            Self::Failed(error) => error.verdict().code().unwrap_or("http.later"),
        }
    }
}

impl<E: Into<FlowError>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Where our streams for a peer stand.
///
/// # Errors
/// This node exchanges no jobs; the database.
pub async fn answer_ping(peer: State, ctx: &Context) -> Result<Ping, Refusal> {
    let mut streams = BTreeMap::new();
    for kind in StreamKind::ALL {
        streams.insert(*kind, head(peer, *kind, ctx).await?);
    }
    Ok(Ping { node: ctx.state.to_string(), streams, schema_versions: vec![1] })
}

/// A page of what is there.
///
/// # Errors
/// As [`answer_ping`].
pub async fn answer_snapshot(
    peer: State,
    kind: StreamKind,
    (cursor, limit): (u64, u32),
    ctx: &Context,
) -> Result<SnapshotPage, Refusal> {
    head(peer, kind, ctx).await?;
    let limit = limit.clamp(1, PAGE_MAX);
    let mut tx = ctx.store.read().await?;
    let head = opened(&mut tx, peer, kind).await?;
    let of = (peer.as_code(), kind);
    let mut items = snapshot_page(&mut tx, of, cursor, limit.saturating_add(1)).await?;
    let has_more = is_cut(&mut items, limit);
    let next_cursor = items.last().map_or(cursor, |item| item.seq);
    Ok(SnapshotPage { head, items, next_cursor, has_more })
}

/// A page of changes. Whoever asks from beyond our head has followed a database that was restored to a state of before; whoever
/// asks from below our floor was restored himself, and was not told of erasures that are not kept any more. The stream gets
/// another epoch, and he takes everything anew.
///
/// # Errors
/// As [`answer_ping`].
pub async fn answer_changes(
    peer: State,
    kind: StreamKind,
    (since, limit): (u64, u32),
    ctx: &Context,
) -> Result<ChangePage, Refusal> {
    let before = head(peer, kind, ctx).await?;
    let row = stream_find(&mut ctx.store.read().await?, peer.as_code(), kind).await?;
    let floor = row.map_or(0, |row| row.floor_seq);
    if since > before.head_seq || since < floor {
        let mut tx = ctx.store.begin().await?;
        stream_renew(&mut tx, peer.as_code(), kind, ctx.random.uuid()).await?;
        tx.commit().await?;
        tracing::warn!(peer = %peer, kind = kind.as_str(), "a peer has lost its place in our stream; it takes everything anew");
    }
    let limit = limit.clamp(1, PAGE_MAX);
    let mut tx = ctx.store.read().await?;
    let head = opened(&mut tx, peer, kind).await?;
    let mut changes = change_page(&mut tx, (peer.as_code(), kind), since, limit.saturating_add(1)).await?;
    let has_more = is_cut(&mut changes, limit);
    let next_seq = changes.last().map_or(since.min(head.head_seq), |change| change.seq);
    Ok(ChangePage { head, changes, next_seq, has_more })
}

/// Contents, each record by itself (D5). What does not fit into an answer is left out, and is asked for again.
///
/// # Errors
/// More records than are answered at once; as [`answer_ping`].
pub async fn answer_details(peer: State, asked: &DetailsAsked, ctx: &Context) -> Result<Details, Refusal> {
    if asked.refs.len() > REFS_MAX {
        return Err(Refusal::TooMany { max: REFS_MAX });
    }
    head(peer, asked.stream, ctx).await?;
    let mut tx = ctx.store.read().await?;
    let is_barred = asked.stream == StreamKind::Profile && is_suspended(&mut tx, peer.as_code(), ctx).await?;
    let (mut results, mut bytes) = (Vec::new(), 0_usize);
    for some in asked.refs.chunks(AT_ONCE) {
        let mut found = published_find(&mut tx, (peer.as_code(), asked.stream), some).await?;
        for reference in some {
            let outcome = match found.remove(reference) {
                None => DetailOutcome::NotFound,
                Some(_) if is_barred => DetailOutcome::Failed { reason: "labour.suspended".to_owned() },
                Some(record) => outcome(&mut tx, peer, record, ctx).await?,
            };
            if let DetailOutcome::Ok { content, .. } = &outcome {
                bytes = bytes.saturating_add(content.get().len());
                if bytes > CONTENT_BYTES_MAX && !results.is_empty() {
                    return Ok(Details { results });
                }
            }
            results.push(Detail { reference: reference.clone(), outcome });
        }
    }
    Ok(Details { results })
}

async fn outcome(
    tx: &mut Tx,
    peer: State,
    record: Published,
    ctx: &Context,
) -> Result<DetailOutcome, Refusal> {
    let Some((content, hash)) = record.content.filter(|_| record.state == PublishedState::Active) else {
        return Ok(DetailOutcome::Closed);
    };
    let until = match record.consent_id {
        None => None,
        Some(id) => {
            // D10: whatever was listed, it is the consent of this instant that counts
            let consent = consent_find(tx, id).await?;
            let now = ctx.clock.now();
            let Some(consent) =
                consent.filter(|consent| consent.permits(Purpose::CvSearch, peer, now).is_ok())
            else {
                return Ok(DetailOutcome::Closed);
            };
            Some(day_of(consent.terms().expires_at))
        }
    };
    match RawValue::from_string(content) {
        Ok(content) => Ok(DetailOutcome::Ok { content, hash, until }),
        Err(_cause) => Ok(DetailOutcome::Failed { reason: "store.row".to_owned() }),
    }
}

/// The head of a stream, which is opened if nobody asked for it before. Consents that have ended are noted first, so that what
/// is listed by them is told as erased.
async fn head(peer: State, kind: StreamKind, ctx: &Context) -> Result<StreamHead, Refusal> {
    if !ctx.labour.is_enabled {
        return Err(Refusal::Off);
    }
    if kind == StreamKind::Profile {
        end_expired(ctx).await?;
    }
    let mut tx = ctx.store.read().await?;
    if let Some(row) = stream_find(&mut tx, peer.as_code(), kind).await? {
        return Ok(row.head);
    }
    drop(tx);
    let mut tx = ctx.store.begin().await?;
    stream_open(&mut tx, peer.as_code(), kind, ctx.random.uuid()).await?;
    let head = opened(&mut tx, peer, kind).await?;
    tx.commit().await?;
    Ok(head)
}

async fn opened(tx: &mut Tx, peer: State, kind: StreamKind) -> Result<StreamHead, Refusal> {
    let row = stream_find(tx, peer.as_code(), kind).await?;
    row.map(|row| row.head).ok_or_else(|| Refusal::Failed(LabourError::Off.into()))
}

/// The first instant of a day: an end to the millisecond would tell when the person consented.
fn day_of(at: Timestamp) -> Timestamp {
    let first = at.to_zoned_datetime(TimeZone::UTC).date().to_zoned_datetime(TimeZone::UTC);
    first.map_or(at, |first| first.timestamp())
}

/// Takes what is beyond the limit away; whether there was something.
fn is_cut<T>(items: &mut Vec<T>, limit: u32) -> bool {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let is_cut = items.len() > limit;
    items.truncate(limit);
    is_cut
}

/// Half of what a peer takes: a content may be written longer than it is kept.
pub(in crate::flow) const CONTENT_BYTES_MAX: usize = 4 * 1024 * 1024;
const AT_ONCE: usize = 100;
