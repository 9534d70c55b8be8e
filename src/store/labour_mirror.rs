//! What peers published of jobs, and how far each of their streams is taken. Rows and place move in one transaction.

use super::labour_stream::{AT_ONCE, places};
use super::row::RowReader;
use super::state::word_enum;
use super::tx::{change, on};
use super::{StoreError, Tx};
use crate::base::Digest256;
use crate::labour::sync::StreamKind;
use jiff::Timestamp;
use sqlx::AssertSqlSafe;
use std::collections::HashMap;

word_enum!(
    /// How a record of a peer stands here.
    MirrorState {
        /// It is here.
        Held = "held",
        /// It could not be had, and is asked for again.
        Wanted = "wanted",
        /// The peer closed it; nothing of it is kept.
        Closed = "closed",
        /// The peer had it erased; nothing of it is left.
        Erased = "erased",
    }
);

/// How far a stream of a peer is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Whose.
    pub peer: String,
    /// Of what.
    pub kind: StreamKind,
    /// The epoch of what was taken.
    pub epoch: String,
    /// Up to which change.
    pub seq: u64,
    /// The last change that the peer told of.
    pub head_seq: u64,
    /// While everything is taken anew: how far that is.
    pub snapshot_after: Option<u64>,
    /// Which taking of everything it is.
    pub generation: u64,
    /// Up to which change the peer was told that it is applied.
    pub acked_seq: u64,
    /// How many erasures were of records that were never here.
    pub unknown: u64,
    /// How often the place was moved: who moves it from another count comes too late.
    pub moves: u64,
    /// When the peer was heard last.
    pub heard_at: Timestamp,
    /// Why the stream is not gone on with.
    pub code: Option<String>,
}

/// What a record of a peer becomes here.
#[derive(Clone, PartialEq, Eq)]
pub enum MirrorMove {
    /// It is this.
    Hold {
        /// As the peer wrote it.
        content: String,
        /// Its SHA-256.
        hash: Digest256,
        /// Until when it may be kept.
        until: Option<Timestamp>,
    },
    /// It is as it was.
    Same,
    /// It could not be had.
    Want {
        /// Why.
        code: String,
    },
}

impl std::fmt::Debug for MirrorMove {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Hold { .. } => "Hold(…)",
            Self::Same => "Same",
            Self::Want { .. } => "Want",
        })
    }
}

/// A record of a peer.
#[derive(Clone, PartialEq, Eq)]
pub struct Mirrored {
    /// Which.
    pub reference: String,
    /// How it stands.
    pub state: MirrorState,
    /// What it is, and the SHA-256 of that.
    pub content: Option<(String, Digest256)>,
    /// Until when it may be kept.
    pub until: Option<Timestamp>,
    /// Since when it stands so.
    pub at: Timestamp,
    /// Why it could not be had.
    pub code: Option<String>,
}

impl std::fmt::Debug for Mirrored {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mirrored({}, {}, …)", self.reference, self.state)
    }
}

/// How far a stream is taken; none of a stream that was never asked for.
pub async fn cursor_find(tx: &mut Tx, peer: &str, kind: StreamKind) -> Result<Option<Cursor>, StoreError> {
    let row: Option<Columns> = on!(tx, "find how far a stream is taken", connection =>
        sqlx::query_as(FIND).bind(peer).bind(kind.as_str()).fetch_optional(connection))?;
    row.map(cursor).transpose()
}

/// How far all streams of peers are taken.
pub async fn cursor_list(tx: &mut Tx) -> Result<Vec<Cursor>, StoreError> {
    let rows: Vec<Columns> = on!(tx, "list how far streams are taken", connection =>
        sqlx::query_as(LIST).fetch_all(connection))?;
    rows.into_iter().map(cursor).collect()
}

/// Moves the place in a stream; false if somebody else has moved it since it was read.
pub async fn cursor_move(tx: &mut Tx, cursor: &Cursor) -> Result<bool, StoreError> {
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    Ok(change!(
        tx,
        "move the place in a stream",
        sqlx::query(MOVE)
            .bind(&cursor.peer)
            .bind(cursor.kind.as_str())
            .bind(&cursor.epoch)
            .bind(number(cursor.seq))
            .bind(number(cursor.head_seq))
            .bind(cursor.snapshot_after.map(number))
            .bind(number(cursor.generation))
            .bind(number(cursor.acked_seq))
            .bind(number(cursor.unknown))
            .bind(number(cursor.moves))
            .bind(cursor.heard_at.as_millisecond())
            .bind(&cursor.code)
    )? == 1)
}

/// The hashes of records of a peer by their references; of those that are here alone.
pub async fn mirror_hashes(
    tx: &mut Tx,
    (peer, kind): (&str, StreamKind),
    references: &[&str],
) -> Result<HashMap<String, Digest256>, StoreError> {
    let mut found = HashMap::new();
    for some in references.chunks(AT_ONCE) {
        let text = format!(
            "SELECT ref, hash FROM labour_mirror WHERE peer = $1 AND kind = $2 AND hash IS NOT NULL AND ref IN ({})",
            places(3, some.len())
        );
        let rows: Vec<(String, String)> = on!(tx, "look for records of a peer", connection => {
            let mut query = sqlx::query_as(AssertSqlSafe(text.clone())).bind(peer).bind(kind.as_str());
            for reference in some {
                query = query.bind(*reference);
            }
            query.fetch_all(connection)
        })?;
        for (reference, hash) in rows {
            let hash = RowReader { table: "labour_mirror", id: &reference }.text("hash", &hash)?;
            found.insert(reference, hash);
        }
    }
    Ok(found)
}

/// Keeps what a record of a peer has become.
pub async fn mirror_put(
    tx: &mut Tx,
    (peer, kind, reference): (&str, StreamKind, &str),
    (becomes, generation): (&MirrorMove, u64),
    now: Timestamp,
) -> Result<(), StoreError> {
    let generation = i64::try_from(generation).unwrap_or(i64::MAX);
    let at = now.as_millisecond();
    match becomes {
        MirrorMove::Hold { content, hash, until } => {
            let until = until.map(|until| until.as_millisecond());
            change!(
                tx,
                "keep a record of a peer",
                sqlx::query(HOLD)
                    .bind(peer)
                    .bind(kind.as_str())
                    .bind(reference)
                    .bind(content)
                    .bind(hash.to_string())
                    .bind(until)
                    .bind(generation)
                    .bind(at)
            )?;
        }
        MirrorMove::Same => {
            change!(
                tx,
                "see a record of a peer again",
                sqlx::query(SAME).bind(peer).bind(kind.as_str()).bind(reference).bind(generation)
            )?;
        }
        MirrorMove::Want { code } => {
            change!(
                tx,
                "note a record of a peer that could not be had",
                sqlx::query(WANT)
                    .bind(peer)
                    .bind(kind.as_str())
                    .bind(reference)
                    .bind(generation)
                    .bind(at)
                    .bind(code)
            )?;
        }
    }
    Ok(())
}

/// Blanks a record of a peer, content and hash together; false if it was never here, or is blank already.
pub async fn mirror_blank(
    tx: &mut Tx,
    (peer, kind, reference): (&str, StreamKind, &str),
    to: MirrorState,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(change!(
        tx,
        "blank a record of a peer",
        sqlx::query(BLANK)
            .bind(peer)
            .bind(kind.as_str())
            .bind(reference)
            .bind(to.as_str())
            .bind(now.as_millisecond())
    )? == 1)
}

/// Blanks every record of a stream that the last taking of everything did not see; how many.
pub async fn mirror_sweep(
    tx: &mut Tx,
    (peer, kind): (&str, StreamKind),
    generation: u64,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let generation = i64::try_from(generation).unwrap_or(i64::MAX);
    change!(
        tx,
        "blank what a peer has no more",
        sqlx::query(SWEEP).bind(peer).bind(kind.as_str()).bind(generation).bind(now.as_millisecond())
    )
}

/// Blanks what may be kept no longer; how many.
pub async fn mirror_expire(tx: &mut Tx, now: Timestamp) -> Result<u64, StoreError> {
    change!(tx, "blank what may be kept no longer", sqlx::query(EXPIRE).bind(now.as_millisecond()))
}

/// References of records that could not be had, those first that were asked for longest ago.
pub async fn mirror_wanted(
    tx: &mut Tx,
    (peer, kind): (&str, StreamKind),
    limit: u32,
) -> Result<Vec<String>, StoreError> {
    on!(tx, "list records that could not be had", connection => sqlx::query_scalar(WANTED)
        .bind(peer).bind(kind.as_str()).bind(i64::from(limit)).fetch_all(connection))
}

/// A record of a peer.
pub async fn mirror_find(
    tx: &mut Tx,
    (peer, kind, reference): (&str, StreamKind, &str),
) -> Result<Option<Mirrored>, StoreError> {
    let row: Option<MirrorColumns> = on!(tx, "find a record of a peer", connection => sqlx::query_as(FIND_ONE)
        .bind(peer).bind(kind.as_str()).bind(reference).fetch_optional(connection))?;
    row.map(mirrored).transpose()
}

/// Up to `limit` records of a peer that are here and may be shown, by their references after one.
pub async fn mirror_page(
    tx: &mut Tx,
    (peer, kind): (&str, StreamKind),
    (after, limit): (&str, u32),
    now: Timestamp,
) -> Result<Vec<Mirrored>, StoreError> {
    let rows: Vec<MirrorColumns> = on!(tx, "page the records of a peer", connection => sqlx::query_as(PAGE)
        .bind(peer).bind(kind.as_str()).bind(after).bind(now.as_millisecond()).bind(i64::from(limit))
        .fetch_all(connection))?;
    rows.into_iter().map(mirrored).collect()
}

/// How many records of each peer stand how.
pub async fn mirror_counts(tx: &mut Tx) -> Result<Vec<(String, StreamKind, MirrorState, u64)>, StoreError> {
    let rows: Vec<(String, String, String, i64)> =
        on!(tx, "count what peers published", connection => sqlx::query_as(COUNTS).fetch_all(connection))?;
    let row = |(peer, kind, state, count): (String, String, String, i64)| {
        let reader = RowReader { table: "labour_mirror", id: &peer };
        let (kind, state) = (reader.text("kind", &kind)?, reader.text("state", &state)?);
        let count = reader.length("count", count)?;
        Ok((peer, kind, state, count))
    };
    rows.into_iter().map(row).collect()
}

type Columns = (String, String, String, i64, i64, Option<i64>, i64, i64, i64, i64, i64, Option<String>);

fn cursor(columns: Columns) -> Result<Cursor, StoreError> {
    let (peer, kind, epoch, seq, head, after, generation, acked, unknown, moves, heard_at, code) = columns;
    let reader = RowReader { table: "labour_cursor", id: &peer };
    Ok(Cursor {
        kind: reader.text("kind", &kind)?,
        epoch,
        seq: reader.length("seq", seq)?,
        head_seq: reader.length("head_seq", head)?,
        snapshot_after: after.map(|after| reader.length("snapshot_after", after)).transpose()?,
        generation: reader.length("generation", generation)?,
        acked_seq: reader.length("acked_seq", acked)?,
        unknown: reader.length("unknown", unknown)?,
        moves: reader.length("moves", moves)?,
        heard_at: reader.instant("heard_at", heard_at)?,
        code,
        peer: peer.clone(),
    })
}

type MirrorColumns = (String, String, Option<String>, Option<String>, Option<i64>, i64, Option<String>);

fn mirrored(columns: MirrorColumns) -> Result<Mirrored, StoreError> {
    let (reference, state, content, hash, until, at, code) = columns;
    let reader = RowReader { table: "labour_mirror", id: &reference };
    let hash: Option<Digest256> = reader.text_if_any("hash", hash.as_deref())?;
    let content = match (content, hash) {
        (Some(content), Some(hash)) => Some((content, hash)),
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => return Err(reader.fault("hash")),
    };
    Ok(Mirrored {
        state: reader.text("state", &state)?,
        content,
        until: reader.instant_if_any("until", until)?,
        at: reader.instant("at", at)?,
        code,
        reference: reference.clone(),
    })
}

/// The columns of a place.
macro_rules! cursor_columns {
    ($which:literal) => {
        concat!(
            "SELECT peer, kind, epoch, seq, head_seq, snapshot_after, generation, acked_seq, unknown, moves, heard_at, code
    FROM labour_cursor ",
            $which
        )
    };
}

pub(super) const FIND: &str = cursor_columns!("WHERE peer = $1 AND kind = $2");
const LIST: &str = cursor_columns!("ORDER BY peer, kind");

const MOVE: &str = "
    INSERT INTO labour_cursor (peer, kind, epoch, seq, head_seq, snapshot_after, generation, acked_seq, unknown, moves,
        heard_at, code)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10 + 1, $11, $12)
    ON CONFLICT (peer, kind) DO UPDATE SET epoch = excluded.epoch, seq = excluded.seq, head_seq = excluded.head_seq,
        snapshot_after = excluded.snapshot_after, generation = excluded.generation, acked_seq = excluded.acked_seq,
        unknown = excluded.unknown, moves = excluded.moves, heard_at = excluded.heard_at, code = excluded.code
    WHERE labour_cursor.moves = excluded.moves - 1";

const HOLD: &str = "
    INSERT INTO labour_mirror (peer, kind, ref, state, content, hash, until, generation, at)
    VALUES ($1, $2, $3, 'held', $4, $5, $6, $7, $8)
    ON CONFLICT (peer, kind, ref) DO UPDATE SET state = excluded.state, content = excluded.content, hash = excluded.hash,
        until = excluded.until, generation = excluded.generation, at = excluded.at, code = NULL";

const SAME: &str = "UPDATE labour_mirror SET generation = $4 WHERE peer = $1 AND kind = $2 AND ref = $3";

const WANT: &str = "
    INSERT INTO labour_mirror (peer, kind, ref, state, generation, at, code) VALUES ($1, $2, $3, 'wanted', $4, $5, $6)
    ON CONFLICT (peer, kind, ref) DO UPDATE SET state = 'wanted', content = NULL, hash = NULL, until = NULL,
        generation = excluded.generation, at = excluded.at, code = excluded.code";

pub(super) const BLANK: &str = "
    UPDATE labour_mirror SET state = $4, content = NULL, hash = NULL, until = NULL, at = $5, code = NULL
    WHERE peer = $1 AND kind = $2 AND ref = $3 AND state IN ('held', 'wanted')";

const SWEEP: &str = "
    UPDATE labour_mirror SET state = 'erased', content = NULL, hash = NULL, until = NULL, at = $4, code = NULL
    WHERE peer = $1 AND kind = $2 AND generation < $3 AND state IN ('held', 'wanted')";

pub(super) const EXPIRE: &str = "
    UPDATE labour_mirror SET state = 'erased', content = NULL, hash = NULL, until = NULL, at = $1
    WHERE until <= $1";

pub(super) const WANTED: &str = "
    SELECT ref FROM labour_mirror WHERE peer = $1 AND kind = $2 AND state = 'wanted' ORDER BY at LIMIT $3";

const FIND_ONE: &str = "
    SELECT ref, state, content, hash, until, at, code FROM labour_mirror WHERE peer = $1 AND kind = $2 AND ref = $3";

pub(super) const PAGE: &str = "
    SELECT ref, state, content, hash, until, at, code FROM labour_mirror
    WHERE peer = $1 AND kind = $2 AND ref > $3 AND state = 'held' AND (until IS NULL OR until > $4)
    ORDER BY ref LIMIT $5";

const COUNTS: &str = "
    SELECT peer, kind, state, COUNT(*) FROM labour_mirror GROUP BY peer, kind, state ORDER BY peer, kind, state";
