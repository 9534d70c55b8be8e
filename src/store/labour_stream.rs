//! What this node publishes of jobs, and the streams in which peers learn of it: one for each peer and kind, in which each record
//! stands once, with the last that became of it, under a number that grows in the order of commits.

use super::row::RowReader;
use super::state::word_enum;
use super::tx::{change, later, on};
use super::{StoreError, Tx};
use crate::base::Digest256;
use crate::labour::sync::{Change, ChangeKind, SnapshotItem, StreamHead, StreamKind};
use jiff::Timestamp;
use sqlx::AssertSqlSafe;
use std::collections::HashMap;
use uuid::Uuid;

word_enum!(
    /// How a published record stands.
    PublishedState {
        /// It is there to be seen.
        Active = "active",
        /// It is open no more.
        Closed = "closed",
        /// Nothing of it is left.
        Erased = "erased",
    }
);

/// A record to be published.
#[derive(Clone, PartialEq, Eq)]
pub struct Published {
    /// Of which kind.
    pub kind: StreamKind,
    /// Which.
    pub reference: String,
    /// The one peer that may see it; empty if all may.
    pub peer: String,
    /// How it stands.
    pub state: PublishedState,
    /// As JSON, and its SHA-256; neither where it is erased.
    pub content: Option<(String, Digest256)>,
    /// By which consent, of a profile.
    pub consent_id: Option<Uuid>,
    /// When it was changed.
    pub changed_at: Timestamp,
}

impl std::fmt::Debug for Published {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Published({}, {}, {}, …)", self.kind.as_str(), self.reference, self.state)
    }
}

/// Where a stream of ours stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamRow {
    /// The peer.
    pub peer: String,
    /// Of what.
    pub kind: StreamKind,
    /// Its epoch and the number of its last change.
    pub head: StreamHead,
    /// Up to which change records that were erased may be missing.
    pub floor_seq: u64,
    /// Up to which change the peer has confirmed.
    pub acked_seq: u64,
    /// When it did last.
    pub acked_at: Option<Timestamp>,
    /// When the first change was made that it has not confirmed.
    pub waits_since: Option<Timestamp>,
}

/// Opens a stream if it is not there. A new one of vacancies begins with all that are open.
pub async fn stream_open(tx: &mut Tx, peer: &str, kind: StreamKind, epoch: Uuid) -> Result<(), StoreError> {
    let epoch = epoch.simple().to_string();
    let rows = change!(tx, "open a stream", sqlx::query(OPEN).bind(peer).bind(kind.as_str()).bind(epoch))?;
    if rows == 1 && kind == StreamKind::Vacancy {
        let filled = change!(tx, "fill a stream", sqlx::query(FILL).bind(peer))?;
        let filled = i64::try_from(filled).unwrap_or(i64::MAX);
        change!(tx, "fill a stream", sqlx::query(HEAD).bind(peer).bind(kind.as_str()).bind(filled))?;
    }
    Ok(())
}

/// Locks a stream, so that nobody else gives numbers before this transaction ends. Of several, lock in the order of peers.
pub async fn stream_lock(tx: &mut Tx, peer: &str, kind: StreamKind) -> Result<u64, StoreError> {
    let head: Option<i64> = on!(tx, "lock a stream", connection =>
        sqlx::query_scalar(LOCK).bind(peer).bind(kind.as_str()).fetch_optional(connection))?;
    let reader = RowReader { table: "labour_stream", id: &peer };
    match head {
        Some(head) => reader.length("head_seq", head),
        None => Err(StoreError::Missing { table: "labour_stream", id: peer.to_owned() }),
    }
}

/// Puts changes behind the head of a stream that is locked: references with what they are now.
pub async fn stream_put(
    tx: &mut Tx,
    (peer, kind, head): (&str, StreamKind, u64),
    changes: &[(&str, PublishedState, Option<Digest256>)],
    now: Timestamp,
) -> Result<u64, StoreError> {
    let mut seq = i64::try_from(head).unwrap_or(i64::MAX);
    for (at, (reference, state, hash)) in changes.iter().enumerate() {
        seq = seq.saturating_add(1);
        let hash = hash.map(|hash| hash.to_string());
        if at % PUT_OFF == PUT_OFF - 1 {
            change!(
                tx,
                "put a change into a stream",
                sqlx::query(CHANGE)
                    .bind(peer)
                    .bind(kind.as_str())
                    .bind(*reference)
                    .bind(seq)
                    .bind(state.as_str())
                    .bind(hash)
                    .bind(now.as_millisecond())
            )?;
        } else {
            later!(
                tx,
                "put a change into a stream",
                "labour_change",
                CHANGE,
                [peer, kind.as_str(), *reference, seq, state.as_str(), hash, now.as_millisecond()]
            )?;
        }
    }
    change!(tx, "advance a stream", sqlx::query(HEAD).bind(peer).bind(kind.as_str()).bind(seq))?;
    RowReader { table: "labour_stream", id: &peer }.length("head_seq", seq)
}

/// Gives a stream another epoch: whoever follows it takes everything anew.
pub async fn stream_renew(tx: &mut Tx, peer: &str, kind: StreamKind, epoch: Uuid) -> Result<(), StoreError> {
    let epoch = epoch.simple().to_string();
    change!(tx, "renew a stream", sqlx::query(RENEW).bind(peer).bind(kind.as_str()).bind(epoch))?;
    Ok(())
}

/// Where a stream of ours stands; none if it was never opened.
pub async fn stream_find(tx: &mut Tx, peer: &str, kind: StreamKind) -> Result<Option<StreamRow>, StoreError> {
    let row: Option<Columns> = on!(tx, "find a stream", connection =>
        sqlx::query_as(FIND).bind(peer).bind(kind.as_str()).fetch_optional(connection))?;
    row.map(stream_row).transpose()
}

/// All streams of ours.
pub async fn stream_list(tx: &mut Tx) -> Result<Vec<StreamRow>, StoreError> {
    let rows: Vec<Columns> =
        on!(tx, "list the streams", connection => sqlx::query_as(LIST).fetch_all(connection))?;
    rows.into_iter().map(stream_row).collect()
}

/// Notes up to where a peer has confirmed; false if it had confirmed more, or the stream has another epoch.
pub async fn stream_acknowledge(
    tx: &mut Tx,
    (peer, kind): (&str, StreamKind),
    (epoch, seq): (&str, u64),
    now: Timestamp,
) -> Result<bool, StoreError> {
    let seq = i64::try_from(seq).unwrap_or(i64::MAX);
    Ok(change!(
        tx,
        "note what a peer confirmed",
        sqlx::query(ACKNOWLEDGE)
            .bind(peer)
            .bind(kind.as_str())
            .bind(epoch)
            .bind(seq)
            .bind(now.as_millisecond())
    )? == 1)
}

/// Up to `limit` changes after a number.
pub async fn change_page(
    tx: &mut Tx,
    (peer, kind): (&str, StreamKind),
    since: u64,
    limit: u32,
) -> Result<Vec<Change>, StoreError> {
    let since = i64::try_from(since).unwrap_or(i64::MAX);
    let rows: Vec<(String, i64, i64, String, Option<String>, i64)> = on!(tx, "page a stream", connection =>
        sqlx::query_as(PAGE).bind(peer).bind(kind.as_str()).bind(since).bind(i64::from(limit)).fetch_all(connection))?;
    let row =
        |(reference, seq, first_seq, state, hash, at): (String, i64, i64, String, Option<String>, i64)| {
            let reader = RowReader { table: "labour_change", id: &reference };
            let kind = match reader.text::<PublishedState>("state", &state)? {
                PublishedState::Active if first_seq > since => ChangeKind::Created,
                PublishedState::Active => ChangeKind::Modified,
                PublishedState::Closed => ChangeKind::Closed,
                PublishedState::Erased => ChangeKind::Erased,
            };
            let hash = reader.text_if_any("hash", hash.as_deref())?.filter(|_| kind.has_content());
            let (seq, at) = (reader.length("seq", seq)?, reader.instant("at", at)?);
            Ok(Change { seq, kind, hash, at, reference })
        };
    rows.into_iter().map(row).collect()
}

/// Up to `limit` records that are there, whose last changes are after a number.
pub async fn snapshot_page(
    tx: &mut Tx,
    (peer, kind): (&str, StreamKind),
    after: u64,
    limit: u32,
) -> Result<Vec<SnapshotItem>, StoreError> {
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    let rows: Vec<(String, i64, String)> = on!(tx, "page what is there", connection =>
        sqlx::query_as(SNAPSHOT).bind(peer).bind(kind.as_str()).bind(after).bind(i64::from(limit)).fetch_all(connection))?;
    let row = |(reference, seq, hash): (String, i64, String)| {
        let reader = RowReader { table: "labour_change", id: &reference };
        Ok(SnapshotItem { seq: reader.length("seq", seq)?, hash: reader.text("hash", &hash)?, reference })
    };
    rows.into_iter().map(row).collect()
}

/// Up to `limit` open vacancies that this node published, by their references after one: reference and content.
pub async fn published_page(
    tx: &mut Tx,
    after: &str,
    limit: u32,
) -> Result<Vec<(String, String)>, StoreError> {
    on!(tx, "page published vacancies", connection =>
        sqlx::query_as(OWN).bind(after).bind(i64::from(limit)).fetch_all(connection))
}

/// Publishes a record in place of what stood under its reference.
pub async fn published_put(tx: &mut Tx, record: &Published) -> Result<(), StoreError> {
    let (content, hash) =
        record.content.as_ref().map(|(text, hash)| (text.as_str(), hash.to_string())).unzip();
    let consent = record.consent_id.map(|id| id.to_string());
    let at = record.changed_at.as_millisecond();
    change!(
        tx,
        "publish a record",
        sqlx::query(PUBLISH)
            .bind(record.kind.as_str())
            .bind(&record.reference)
            .bind(&record.peer)
            .bind(record.state.as_str())
            .bind(content)
            .bind(hash.clone())
            .bind(consent.clone())
            .bind(at)
    )?;
    Ok(())
}

/// The hashes and states of published records by their references; those that are not there are left out.
pub async fn published_hashes(
    tx: &mut Tx,
    kind: StreamKind,
    references: &[&str],
) -> Result<HashMap<String, (PublishedState, Option<Digest256>)>, StoreError> {
    let mut found = HashMap::new();
    for some in references.chunks(AT_ONCE) {
        let text = format!(
            "SELECT ref, state, hash FROM labour_published WHERE kind = $1 AND ref IN ({})",
            places(2, some.len())
        );
        let rows: Vec<(String, String, Option<String>)> = on!(tx, "look for published records", connection => {
            let mut query = sqlx::query_as(AssertSqlSafe(text.clone())).bind(kind.as_str()); // numbers alone
            for reference in some {
                query = query.bind(*reference);
            }
            query.fetch_all(connection)
        })?;
        for (reference, state, hash) in rows {
            let reader = RowReader { table: "labour_published", id: &reference };
            let known = (reader.text("state", &state)?, reader.text_if_any("hash", hash.as_deref())?);
            found.insert(reference, known);
        }
    }
    Ok(found)
}

/// Published records by their references, as a peer may see them.
pub async fn published_find(
    tx: &mut Tx,
    (peer, kind): (&str, StreamKind),
    references: &[String],
) -> Result<HashMap<String, Published>, StoreError> {
    let mut found = HashMap::new();
    for some in references.chunks(AT_ONCE) {
        let text = format!(
            "SELECT ref, peer, state, content, hash, consent_id, changed_at FROM labour_published
             WHERE kind = $1 AND peer IN ('', $2) AND ref IN ({})",
            places(3, some.len())
        );
        type Row = (String, String, String, Option<String>, Option<String>, Option<String>, i64);
        let rows: Vec<Row> = on!(tx, "find published records", connection => {
            let mut query = sqlx::query_as(AssertSqlSafe(text.clone())).bind(kind.as_str()).bind(peer);
            for reference in some {
                query = query.bind(reference);
            }
            query.fetch_all(connection)
        })?;
        for (reference, peer, state, content, hash, consent, changed_at) in rows {
            let reader = RowReader { table: "labour_published", id: &reference };
            let hash: Option<Digest256> = reader.text_if_any("hash", hash.as_deref())?;
            let content = match (content, hash) {
                (Some(content), Some(hash)) => Some((content, hash)),
                (None, None) => None,
                (Some(_), None) | (None, Some(_)) => return Err(reader.fault("hash")),
            };
            let record = Published {
                kind,
                peer,
                state: reader.text("state", &state)?,
                content,
                consent_id: reader.text_if_any("consent_id", consent.as_deref())?,
                changed_at: reader.instant("changed_at", changed_at)?,
                reference: reference.clone(),
            };
            found.insert(reference, record);
        }
    }
    Ok(found)
}

/// Erases what was published by a consent, content and hash together; where, and under which references.
pub async fn published_erase(
    tx: &mut Tx,
    consent_id: Uuid,
    now: Timestamp,
) -> Result<Vec<(String, String)>, StoreError> {
    on!(tx, "erase what was published", connection =>
        sqlx::query_as(ERASE).bind(consent_id.to_string()).bind(now.as_millisecond()).fetch_all(connection))
}

/// References of open vacancies of a source that were not touched since an instant: after the whole source was published, they are
/// those that it has no more.
pub async fn published_untouched(
    tx: &mut Tx,
    source: &str,
    before: Timestamp,
    limit: u32,
) -> Result<Vec<String>, StoreError> {
    on!(tx, "find vacancies that a source has no more", connection => sqlx::query_scalar(UNTOUCHED)
        .bind(source).bind(before.as_millisecond()).bind(i64::from(limit)).fetch_all(connection))
}

/// How many records stand how, by kind.
pub async fn published_counts(tx: &mut Tx) -> Result<Vec<(StreamKind, PublishedState, u64)>, StoreError> {
    let rows: Vec<(String, String, i64)> =
        on!(tx, "count what is published", connection => sqlx::query_as(COUNTS).fetch_all(connection))?;
    let row = |(kind, state, count): (String, String, i64)| {
        let reader = RowReader { table: "labour_published", id: &kind };
        Ok((reader.text("kind", &kind)?, reader.text("state", &state)?, reader.length("count", count)?))
    };
    rows.into_iter().map(row).collect()
}

type Columns = (String, String, String, i64, i64, i64, Option<i64>, Option<i64>);

fn stream_row(columns: Columns) -> Result<StreamRow, StoreError> {
    let (peer, kind, epoch, head_seq, floor_seq, acked_seq, acked_at, waits_since) = columns;
    let reader = RowReader { table: "labour_stream", id: &peer };
    Ok(StreamRow {
        kind: reader.text("kind", &kind)?,
        head: StreamHead { stream_epoch: epoch, head_seq: reader.length("head_seq", head_seq)? },
        floor_seq: reader.length("floor_seq", floor_seq)?,
        acked_seq: reader.length("acked_seq", acked_seq)?,
        acked_at: reader.instant_if_any("acked_at", acked_at)?,
        waits_since: reader.instant_if_any("at", waits_since)?,
        peer: peer.clone(),
    })
}

/// `$2, $3, …`
pub(super) fn places(first: usize, count: usize) -> String {
    (first..first + count).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ")
}

/// Few: SQLite looks for the place of each numbered value among all of them.
pub(super) const AT_ONCE: usize = 100;
/// So many statements are put off and run together.
pub(super) const PUT_OFF: usize = 16;

const OPEN: &str = "
    INSERT INTO labour_stream (peer, kind, epoch, head_seq, acked_seq) VALUES ($1, $2, $3, 0, 0)
    ON CONFLICT (peer, kind) DO NOTHING";

const FILL: &str = "
    INSERT INTO labour_change (peer, kind, ref, seq, first_seq, state, hash, at)
    SELECT $1, kind, ref, ROW_NUMBER() OVER (ORDER BY ref), ROW_NUMBER() OVER (ORDER BY ref), state, hash, changed_at
    FROM labour_published WHERE kind = 'vacancy' AND state = 'active'";

const LOCK: &str = "
    UPDATE labour_stream SET head_seq = head_seq WHERE peer = $1 AND kind = $2 RETURNING head_seq";

const HEAD: &str = "UPDATE labour_stream SET head_seq = $3 WHERE peer = $1 AND kind = $2";

const RENEW: &str = "UPDATE labour_stream SET epoch = $3, acked_seq = 0 WHERE peer = $1 AND kind = $2";

pub(super) const ACKNOWLEDGE: &str = "
    UPDATE labour_stream SET acked_seq = $4, acked_at = $5
    WHERE peer = $1 AND kind = $2 AND epoch = $3 AND acked_seq <= $4 AND head_seq >= $4";

/// The columns of a stream, with the first change that its peer has not confirmed.
macro_rules! stream {
    ($which:literal) => {
        concat!(
            "SELECT peer, kind, epoch, head_seq, floor_seq, acked_seq, acked_at,
        (SELECT c.at FROM labour_change c
         WHERE c.peer = labour_stream.peer AND c.kind = labour_stream.kind AND c.seq > labour_stream.acked_seq
         ORDER BY c.seq LIMIT 1)
    FROM labour_stream ",
            $which
        )
    };
}

pub(super) const FIND: &str = stream!("WHERE peer = $1 AND kind = $2");
const LIST: &str = stream!("ORDER BY peer, kind");

const CHANGE: &str = "
    INSERT INTO labour_change (peer, kind, ref, seq, first_seq, state, hash, at) VALUES ($1, $2, $3, $4, $4, $5, $6, $7)
    ON CONFLICT (peer, kind, ref) DO UPDATE SET seq = excluded.seq, state = excluded.state, hash = excluded.hash,
        at = excluded.at,
        first_seq = CASE WHEN labour_change.state = 'active' THEN labour_change.first_seq ELSE excluded.seq END";

pub(super) const PAGE: &str = "
    SELECT ref, seq, first_seq, state, hash, at FROM labour_change
    WHERE peer = $1 AND kind = $2 AND seq > $3 ORDER BY seq LIMIT $4";

pub(super) const SNAPSHOT: &str = "
    SELECT ref, seq, hash FROM labour_change
    WHERE peer = $1 AND kind = $2 AND state = 'active' AND seq > $3 ORDER BY seq LIMIT $4";

const OWN: &str = "
    SELECT ref, content FROM labour_published
    WHERE kind = 'vacancy' AND state = 'active' AND content IS NOT NULL AND ref > $1 ORDER BY ref LIMIT $2";

const PUBLISH: &str = "
    INSERT INTO labour_published (kind, ref, peer, state, content, hash, consent_id, created_at, changed_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
    ON CONFLICT (kind, ref) DO UPDATE SET state = excluded.state, content = excluded.content, hash = excluded.hash,
        changed_at = excluded.changed_at";

pub(super) const ERASE: &str = "
    UPDATE labour_published SET state = 'erased', content = NULL, hash = NULL, changed_at = $2
    WHERE consent_id = $1 AND state <> 'erased' RETURNING peer, ref";

/// Not by a range of references: how they are ordered is a matter of the database.
pub(super) const UNTOUCHED: &str = "
    SELECT ref FROM labour_published
    WHERE kind = 'vacancy' AND state = 'active' AND changed_at < $2 AND SUBSTR(ref, 1, LENGTH($1)) = $1
    ORDER BY changed_at LIMIT $3";

const COUNTS: &str =
    "SELECT kind, state, COUNT(*) FROM labour_published GROUP BY kind, state ORDER BY kind, state";
