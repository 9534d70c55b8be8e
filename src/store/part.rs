//! Parts: the attachments of messages, in chunks and beside them.
//!
//! A part is kept under its digest, so the same content is kept once however often it comes. Whoever refers to it says
//! so; one that nobody refers to is what is left of a message that never came to its end.

use super::InboxId;
use super::OutboxId;
use super::StoreError;
use super::Tx;
use super::row::RowReader;
use super::sqlite_query::row_struct;
use super::tx::change;
use super::tx::on;
use crate::base::Digest256;
use jiff::Timestamp;
use std::fmt;
use uuid::Uuid;

/// A part that is kept, or is coming.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PartId(Uuid);

/// A part that is kept as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Its key.
    pub id: PartId,
    /// The digest of its content.
    pub digest: Digest256,
    /// How long it is.
    pub bytes: u64,
}

/// The message that refers to a part, or whose document has a time stamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartOf {
    /// One that came.
    Inbox(InboxId),
    /// One that leaves.
    Outbox(OutboxId),
}

/// The most bytes in one chunk: a multiple of three, so that each but the last is whole base64 by itself.
pub const PART_CHUNK_BYTES: usize = 768 * 1024;

impl PartId {
    /// The id of a part that begins to come.
    pub fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid)
    }
}

impl fmt::Display for PartId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "part_{}", self.0)
    }
}

impl PartOf {
    pub(super) fn key(self) -> (&'static str, i64) {
        match self {
            Self::Inbox(id) => ("inbox", id.0),
            Self::Outbox(id) => ("outbox", id.0),
        }
    }
}

/// Begins a part of which nothing is here yet.
pub async fn part_begin(tx: &mut Tx, id: PartId, now: Timestamp) -> Result<(), StoreError> {
    change!(tx, "begin a part", sqlx::query(BEGIN).bind(id.0.to_string()).bind(now.as_millisecond()))?;
    Ok(())
}

/// Stores a chunk of a part; places count from 0.
pub async fn part_chunk_put(tx: &mut Tx, id: PartId, place: u32, content: &[u8]) -> Result<(), StoreError> {
    change!(
        tx,
        "store a chunk of a part",
        sqlx::query(PUT_CHUNK).bind(id.0.to_string()).bind(i64::from(place)).bind(content)
    )?;
    Ok(())
}

/// The part is here as a whole. If the same content was here before, that one is kept and this one is not.
pub async fn part_finish(
    tx: &mut Tx,
    id: PartId,
    (digest, bytes): (Digest256, u64),
    now: Timestamp,
) -> Result<Part, StoreError> {
    if let Some(known) = part_find(tx, digest).await? {
        part_drop(tx, id).await?;
        change!(
            tx,
            "meet a part again",
            sqlx::query(TOUCH).bind(known.id.0.to_string()).bind(now.as_millisecond())
        )?;
        return Ok(known);
    }
    let length = i64::try_from(bytes).unwrap_or(i64::MAX);
    change!(
        tx,
        "finish a part",
        sqlx::query(FINISH).bind(id.0.to_string()).bind(digest.0.as_slice()).bind(length)
    )?;
    Ok(Part { id, digest, bytes })
}

/// Forgets a part that will not come to its end.
pub async fn part_drop(tx: &mut Tx, id: PartId) -> Result<(), StoreError> {
    change!(tx, "drop the chunks of a part", sqlx::query(DROP_CHUNKS).bind(id.0.to_string()))?;
    change!(tx, "drop a part", sqlx::query(DROP).bind(id.0.to_string()))?;
    Ok(())
}

/// The part of this content, if it is here.
pub async fn part_find(tx: &mut Tx, digest: Digest256) -> Result<Option<Part>, StoreError> {
    let row: Option<RawPart> = on!(tx, "find a part", connection =>
        sqlx::query_as(FIND).bind(digest.0.as_slice()).fetch_optional(connection))?;
    row.map(|row| row.parse().map(|(_name, part)| part)).transpose()
}

/// A chunk of a part; none behind the last one.
pub async fn part_chunk(tx: &mut Tx, id: PartId, place: u32) -> Result<Option<Vec<u8>>, StoreError> {
    on!(tx, "read a chunk of a part", connection => sqlx::query_scalar(CHUNK)
        .bind(id.0.to_string())
        .bind(i64::from(place))
        .fetch_optional(connection))
}

/// Notes that a message refers to a part by this name. A message that says so twice says it once.
pub async fn part_use(tx: &mut Tx, of: PartOf, content_id: &str, part: PartId) -> Result<(), StoreError> {
    let (side, row) = of.key();
    change!(
        tx,
        "note whose a part is",
        sqlx::query(USE).bind(side).bind(row).bind(content_id).bind(part.0.to_string())
    )?;
    Ok(())
}

/// The parts that a message refers to, by name.
pub async fn parts_of(tx: &mut Tx, of: PartOf) -> Result<Vec<(String, Part)>, StoreError> {
    let (side, row) = of.key();
    let rows: Vec<RawPart> = on!(tx, "list the parts of a message", connection =>
        sqlx::query_as(OF).bind(side).bind(row).fetch_all(connection))?;
    rows.into_iter().map(RawPart::parse).collect()
}

/// Forgets the parts that nobody refers to and that were not met since `before`, at most `limit` of them.
pub async fn parts_forget(tx: &mut Tx, before: Timestamp, limit: u32) -> Result<usize, StoreError> {
    let ids: Vec<String> = on!(tx, "find parts nobody refers to", connection => sqlx::query_scalar(UNUSED)
        .bind(before.as_millisecond())
        .bind(i64::from(limit))
        .fetch_all(connection))?;
    for id in &ids {
        let id = RowReader { table: "part", id }.text("id", id)?;
        part_drop(tx, PartId(id)).await?;
    }
    Ok(ids.len())
}

row_struct! {
    struct RawPart {
        content_id: String,
        id: String,
        digest: Vec<u8>,
        bytes: i64,
    }
}

impl RawPart {
    fn parse(self) -> Result<(String, Part), StoreError> {
        let reader = RowReader { table: "part", id: &self.id };
        let part = Part {
            id: PartId(reader.text("id", &self.id)?),
            digest: reader.digest("digest", &self.digest)?,
            bytes: reader.length("bytes", self.bytes)?,
        };
        Ok((self.content_id, part))
    }
}

const BEGIN: &str = "INSERT INTO part (id, digest, bytes, at) VALUES ($1, NULL, 0, $2)";

const PUT_CHUNK: &str = "INSERT INTO part_chunk (part_id, place, content) VALUES ($1, $2, $3)";

const FINISH: &str = "UPDATE part SET digest = $2, bytes = $3 WHERE id = $1";

const TOUCH: &str = "UPDATE part SET at = $2 WHERE id = $1";

const DROP_CHUNKS: &str = "DELETE FROM part_chunk WHERE part_id = $1";

const DROP: &str = "DELETE FROM part WHERE id = $1";

const FIND: &str = "
    SELECT '' AS content_id, id, digest, bytes FROM part WHERE digest = $1 ORDER BY id LIMIT 1";

const CHUNK: &str = "SELECT content FROM part_chunk WHERE part_id = $1 AND place = $2";

const USE: &str = "
    INSERT INTO part_use (side, row_id, content_id, part_id) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";

const OF: &str = "
    SELECT part_use.content_id, part.id, part.digest, part.bytes
    FROM part_use JOIN part ON part.id = part_use.part_id
    WHERE part_use.side = $1 AND part_use.row_id = $2
    ORDER BY part_use.content_id";

const UNUSED: &str = "
    SELECT part.id FROM part
    WHERE part.at < $1 AND NOT EXISTS (SELECT 1 FROM part_use WHERE part_use.part_id = part.id)
    ORDER BY part.id LIMIT $2";
