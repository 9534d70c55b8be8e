//! What the clocks of the labour half look at (`privacy.md` §7), and what is done when one is over. Each list is bounded and leaves
//! out what a legal hold keeps; whether something is due is judged by dates, under the lock of the record.

use super::row::RowReader;
use super::tx::{change, on};
use super::{StoreError, Tx};
use crate::base::{Digest256, DocumentId};
use jiff::Timestamp;
use uuid::Uuid;

/// What a person of another state showed an employer of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownRow {
    /// The node of the person.
    pub peer: String,
    /// Which reveal.
    pub reveal: Uuid,
    /// The document that brought it, if it came.
    pub document_id: Option<DocumentId>,
    /// Its conversation.
    pub conversation_id: Option<Uuid>,
    /// For which vacancy.
    pub vacancy: Option<String>,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// When the person ended it.
    pub ended_at: Option<Timestamp>,
    /// When the vacancy closed, if it is closed.
    pub vacancy_closed_at: Option<Timestamp>,
}

/// Consents in force whose profiles count since before an instant, the oldest first.
pub async fn profiles_since(
    tx: &mut Tx,
    before: Timestamp,
    (now, limit): (Timestamp, u32),
) -> Result<Vec<(Uuid, Timestamp)>, StoreError> {
    let rows: Vec<(String, i64)> = on!(tx, "list profiles by their age", connection => sqlx::query_as(PROFILES)
        .bind(before.as_millisecond()).bind(now.as_millisecond()).bind(i64::from(limit)).fetch_all(connection))?;
    rows.into_iter().map(dated).collect()
}

/// Consents whose profiles were erased and confirmed by every peer before an instant, with the last confirmation.
pub async fn tombstones_since(
    tx: &mut Tx,
    before: Timestamp,
    (now, limit): (Timestamp, u32),
) -> Result<Vec<(Uuid, Timestamp)>, StoreError> {
    let rows: Vec<(String, i64)> = on!(tx, "list what is left of erased profiles", connection =>
        sqlx::query_as(TOMBSTONES).bind(before.as_millisecond()).bind(now.as_millisecond()).bind(i64::from(limit))
            .fetch_all(connection))?;
    rows.into_iter().map(dated).collect()
}

/// Consents that ended before an instant and of which nothing else is kept, the oldest first.
pub async fn consents_since(
    tx: &mut Tx,
    before: Timestamp,
    (now, limit): (Timestamp, u32),
) -> Result<Vec<(Uuid, Timestamp)>, StoreError> {
    let rows: Vec<(String, i64)> = on!(tx, "list consents that ended", connection => sqlx::query_as(CONSENTS)
        .bind(before.as_millisecond()).bind(now.as_millisecond()).bind(i64::from(limit)).fetch_all(connection))?;
    rows.into_iter().map(dated).collect()
}

/// Reveals that were over before an instant.
pub async fn reveals_since(
    tx: &mut Tx,
    before: Timestamp,
    (now, limit): (Timestamp, u32),
) -> Result<Vec<Uuid>, StoreError> {
    let rows: Vec<String> = on!(tx, "list reveals that are over", connection => sqlx::query_scalar(REVEALS)
        .bind(before.as_millisecond()).bind(now.as_millisecond()).bind(i64::from(limit)).fetch_all(connection))?;
    rows.iter().map(|id| RowReader { table: "labour_reveal", id }.text("id", id)).collect()
}

/// What was shown and is still here, if its reveal is over or its vacancy closed before an instant.
pub async fn shown_since(
    tx: &mut Tx,
    closed_before: Timestamp,
    (now, limit): (Timestamp, u32),
) -> Result<Vec<ShownRow>, StoreError> {
    let rows: Vec<ShownColumns> = on!(tx, "list what was shown and is over", connection => sqlx::query_as(SHOWN)
        .bind(closed_before.as_millisecond()).bind(now.as_millisecond()).bind(i64::from(limit)).fetch_all(connection))?;
    rows.into_iter().map(shown).collect()
}

/// Vacancies that closed before an instant and whose content is still here, with when.
pub async fn vacancies_since(
    tx: &mut Tx,
    before: Timestamp,
    (now, limit): (Timestamp, u32),
) -> Result<Vec<(String, Timestamp)>, StoreError> {
    let rows: Vec<(String, i64)> = on!(tx, "list vacancies that closed", connection => sqlx::query_as(VACANCIES)
        .bind(before.as_millisecond()).bind(now.as_millisecond()).bind(i64::from(limit)).fetch_all(connection))?;
    let row = |(reference, at): (String, i64)| {
        let at = RowReader { table: "labour_published", id: &reference }.instant("changed_at", at)?;
        Ok((reference, at))
    };
    rows.into_iter().map(row).collect()
}

/// Locks a consent in whatever state, so that nobody puts a hold on it before this transaction ends; false if it is gone.
pub async fn consent_touch(tx: &mut Tx, id: Uuid) -> Result<bool, StoreError> {
    Ok(change!(tx, "lock a consent for good", sqlx::query(TOUCH_CONSENT).bind(id.to_string()))? == 1)
}

/// The same of a vacancy of ours.
pub async fn vacancy_touch(tx: &mut Tx, reference: &str) -> Result<bool, StoreError> {
    Ok(change!(tx, "lock a vacancy", sqlx::query(TOUCH_VACANCY).bind(reference))? == 1)
}

/// The same of what was shown.
pub async fn shown_touch(tx: &mut Tx, reveal: Uuid) -> Result<bool, StoreError> {
    Ok(change!(tx, "lock what was shown", sqlx::query(TOUCH_SHOWN).bind(reveal.to_string()))? >= 1)
}

/// Forgets what is left of an erased profile in the stream of a peer, which is locked: whoever comes from before its number takes
/// everything anew. False if it is not erased, or not there.
pub async fn tombstone_delete(
    tx: &mut Tx,
    (consent, peer, reference): (Uuid, &str, &str),
) -> Result<bool, StoreError> {
    let seq: Option<i64> = on!(tx, "forget a record in a stream", connection =>
        sqlx::query_scalar(FORGET_CHANGE).bind(peer).bind(reference).fetch_optional(connection))?;
    if let Some(seq) = seq {
        change!(tx, "raise the floor of a stream", sqlx::query(FLOOR).bind(peer).bind(seq))?;
    }
    change!(tx, "forget a published profile", sqlx::query(FORGET_PUBLISHED).bind(peer).bind(reference))?;
    change!(
        tx,
        "forget how a profile was called",
        sqlx::query(FORGET_TARGET).bind(consent.to_string()).bind(peer)
    )?;
    Ok(seq.is_some())
}

/// Deletes a consent that has ended, with its receipts; false if it is in force or gone.
pub async fn consent_delete(tx: &mut Tx, id: Uuid) -> Result<bool, StoreError> {
    let rows = change!(tx, "delete a consent", sqlx::query(DELETE_CONSENT).bind(id.to_string()))?;
    if rows == 1 {
        change!(tx, "delete the receipts of a consent", sqlx::query(DELETE_TARGETS).bind(id.to_string()))?;
    }
    Ok(rows == 1)
}

/// Deletes the record of a reveal, and blanks the document by which the person showed himself; false if it is gone.
pub async fn reveal_delete(tx: &mut Tx, id: Uuid) -> Result<bool, StoreError> {
    let document: Option<Option<String>> = on!(tx, "delete the record of a reveal", connection =>
        sqlx::query_scalar(DELETE_REVEAL).bind(id.to_string()).fetch_optional(connection))?;
    if let Some(Some(document)) = &document {
        change!(tx, "blank what left", sqlx::query(BLANK_SENT).bind(document).bind(Vec::<u8>::new()))?;
        change!(tx, "forget whom a document is about", sqlx::query(UNREFER).bind(document))?;
    }
    Ok(document.is_some())
}

/// Notes what a person of another state showed an employer of ours. An end that came before stands, and so does an erasure of the
/// same document; one that another document stands in place of is to be erased first.
pub async fn shown_put(tx: &mut Tx, row: &ShownRow) -> Result<(), StoreError> {
    change!(
        tx,
        "note what was shown",
        sqlx::query(SHOW)
            .bind(&row.peer)
            .bind(row.reveal.to_string())
            .bind(row.document_id.map(|id| id.as_uuid().to_string()))
            .bind(row.conversation_id.map(|id| id.to_string()))
            .bind(&row.vacancy)
            .bind(row.expires_at.as_millisecond())
    )?;
    Ok(())
}

/// Notes that a person ended a reveal, be it known here or not.
pub async fn shown_end(tx: &mut Tx, (peer, reveal): (&str, Uuid), at: Timestamp) -> Result<(), StoreError> {
    let (reveal, at) = (reveal.to_string(), at.as_millisecond());
    change!(tx, "note that a reveal is over", sqlx::query(SHOWN_END).bind(peer).bind(reveal).bind(at))?;
    Ok(())
}

/// What was shown by one reveal and is still here.
pub async fn shown_find(tx: &mut Tx, (peer, reveal): (&str, Uuid)) -> Result<Option<ShownRow>, StoreError> {
    let row: Option<ShownColumns> = on!(tx, "find what was shown", connection =>
        sqlx::query_as(SHOWN_FIND).bind(peer).bind(reveal.to_string()).fetch_optional(connection))?;
    row.map(shown).transpose()
}

/// Everything that was shown and is still here, up to `limit`.
pub async fn shown_open(tx: &mut Tx, limit: u32) -> Result<Vec<ShownRow>, StoreError> {
    let rows: Vec<ShownColumns> = on!(tx, "list what was shown", connection =>
        sqlx::query_as(SHOWN_OPEN).bind(i64::from(limit)).fetch_all(connection))?;
    rows.into_iter().map(shown).collect()
}

/// Erases what was shown: every message of its conversation that is of its kind is blank from now on. False if that was done.
pub async fn shown_erase(tx: &mut Tx, row: &ShownRow, now: Timestamp) -> Result<bool, StoreError> {
    let done = change!(
        tx,
        "note that what was shown is erased",
        sqlx::query(SHOWN_ERASED).bind(&row.peer).bind(row.reveal.to_string()).bind(now.as_millisecond())
    )?;
    if let (1, Some(document)) = (done, row.document_id) {
        let document = document.as_uuid().to_string();
        change!(
            tx,
            "blank what came",
            sqlx::query(BLANK_CAME).bind(&row.peer).bind(&document).bind(Vec::<u8>::new())
        )?;
        change!(tx, "forget whom a document is about", sqlx::query(UNREFER).bind(&document))?;
    }
    Ok(done == 1)
}

/// Blanks a vacancy that has closed; false if it is open again, or blank.
pub async fn vacancy_blank(tx: &mut Tx, reference: &str) -> Result<bool, StoreError> {
    Ok(change!(tx, "blank a vacancy", sqlx::query(BLANK_VACANCY).bind(reference))? == 1)
}

/// Forgets what is left of up to `limit` records of peers that were gone before an instant; how many.
pub async fn mirror_forget(tx: &mut Tx, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
    let limit = i64::from(limit);
    change!(
        tx,
        "forget records of peers that are gone",
        sqlx::query(FORGET_MIRROR).bind(before.as_millisecond()).bind(limit)
    )
}

/// Keeps the hash of a record that is deleted.
pub async fn hash_put(tx: &mut Tx, class: &str, hash: Digest256, now: Timestamp) -> Result<(), StoreError> {
    let (hash, at) = (hash.to_string(), now.as_millisecond());
    change!(tx, "keep the hash of a record", sqlx::query(HASH).bind(class).bind(hash).bind(at))?;
    Ok(())
}

/// How many records of a class were deleted whose hash is kept.
pub async fn hash_count(tx: &mut Tx, class: &str) -> Result<u64, StoreError> {
    let count: i64 = on!(tx, "count hashes", connection =>
        sqlx::query_scalar("SELECT COUNT(*) FROM labour_hash WHERE class = $1").bind(class).fetch_one(connection))?;
    RowReader { table: "labour_hash", id: &class }.length("count", count)
}

/// How many profiles are published, tombstones, consents, records of reveals, shown and closed vacancies there are, and since when
/// the first of each.
pub async fn clock_counts(tx: &mut Tx) -> Result<Vec<(u64, Option<Timestamp>)>, StoreError> {
    let mut counts = Vec::new();
    for text in
        [COUNT_PROFILES, COUNT_TOMBSTONES, COUNT_CONSENTS, COUNT_REVEALS, COUNT_SHOWN, COUNT_VACANCIES]
    {
        let (count, first): (i64, Option<i64>) =
            on!(tx, "count what is kept", connection => sqlx::query_as(text).fetch_one(connection))?;
        let reader = RowReader { table: "labour_consent", id: &"count" };
        counts.push((reader.length("count", count)?, reader.instant_if_any("first", first)?));
    }
    Ok(counts)
}

fn dated((id, at): (String, i64)) -> Result<(Uuid, Timestamp), StoreError> {
    let reader = RowReader { table: "labour_consent", id: &id };
    Ok((reader.text("id", &id)?, reader.instant("at", at)?))
}

type ShownColumns =
    (String, String, Option<String>, Option<String>, Option<String>, i64, Option<i64>, Option<i64>);

fn shown(columns: ShownColumns) -> Result<ShownRow, StoreError> {
    let (peer, reveal, document, conversation, vacancy, expires_at, ended_at, closed_at) = columns;
    let reader = RowReader { table: "labour_shown", id: &reveal };
    Ok(ShownRow {
        reveal: reader.text("reveal_id", &reveal)?,
        document_id: reader.text_if_any("document_id", document.as_deref())?,
        conversation_id: reader.text_if_any("conversation_id", conversation.as_deref())?,
        vacancy,
        expires_at: reader.instant("expires_at", expires_at)?,
        ended_at: reader.instant_if_any("ended_at", ended_at)?,
        vacancy_closed_at: reader.instant_if_any("changed_at", closed_at)?,
        peer,
    })
}

/// Nothing that a hold keeps.
macro_rules! unheld {
    ($kind:literal, $record:literal) => {
        concat!(
            "NOT EXISTS (SELECT 1 FROM legal_hold h WHERE h.kind = '",
            $kind,
            "' AND h.record = ",
            $record,
            " AND h.lifted_at IS NULL AND h.until > $2)"
        )
    };
}

pub(super) const PROFILES: &str = concat!(
    "SELECT id, profile_at FROM labour_consent WHERE state = 'active' AND profile_at <= $1 AND ",
    unheld!("consent", "labour_consent.id"),
    " ORDER BY profile_at LIMIT $3"
);

/// Each consent once: by that target which was confirmed last.
pub(super) const TOMBSTONES: &str = concat!(
    "SELECT t.consent_id, MAX(t.confirmed_at) FROM labour_target t
     WHERE t.ref IS NOT NULL AND t.confirmed_at <= $1 AND NOT EXISTS (
        SELECT 1 FROM labour_target o WHERE o.consent_id = t.consent_id AND o.erased_seq IS NOT NULL
          AND (o.confirmed_at IS NULL OR o.confirmed_at > $1)) AND ",
    unheld!("consent", "t.consent_id"),
    " GROUP BY t.consent_id LIMIT $3"
);

pub(super) const CONSENTS: &str = concat!(
    "SELECT id, ended_at FROM labour_consent WHERE state <> 'active' AND ended_at <= $1
       AND NOT EXISTS (SELECT 1 FROM labour_target t
         WHERE t.consent_id = labour_consent.id AND t.erased_seq IS NOT NULL AND t.ref IS NOT NULL)
       AND NOT EXISTS (SELECT 1 FROM labour_reveal r WHERE r.consent_id = labour_consent.id) AND ",
    unheld!("consent", "labour_consent.id"),
    " ORDER BY ended_at LIMIT $3"
);

pub(super) const REVEALS: &str = concat!(
    "SELECT id FROM labour_reveal WHERE (ended_at <= $1 OR expires_at <= $1) AND ",
    unheld!("reveal", "labour_reveal.id"),
    " AND ",
    unheld!("consent", "labour_reveal.consent_id"),
    " LIMIT $3"
);

/// The columns of what was shown.
macro_rules! shown {
    ($which:expr) => {
        concat!(
            "SELECT s.peer, s.reveal_id, s.document_id, s.conversation_id, s.vacancy, s.expires_at, s.ended_at, v.changed_at
     FROM labour_shown s LEFT JOIN labour_published v
       ON v.kind = 'vacancy' AND v.ref = s.vacancy AND v.state IN ('closed', 'erased')
     WHERE s.erased_at IS NULL ",
            $which
        )
    };
}

pub(super) const SHOWN: &str = shown!(concat!(
    "AND (s.ended_at <= $2 OR s.expires_at <= $2 OR v.changed_at <= $1) AND ",
    unheld!("reveal", "s.reveal_id"),
    " ORDER BY s.expires_at LIMIT $3"
));
const SHOWN_FIND: &str = shown!("AND s.peer = $1 AND s.reveal_id = $2");
const SHOWN_OPEN: &str = shown!("ORDER BY s.expires_at LIMIT $1");

pub(super) const VACANCIES: &str = concat!(
    "SELECT ref, changed_at FROM labour_published
     WHERE kind = 'vacancy' AND state = 'closed' AND changed_at <= $1 AND ",
    unheld!("vacancy", "labour_published.ref"),
    " ORDER BY changed_at LIMIT $3"
);

const TOUCH_CONSENT: &str = "UPDATE labour_consent SET state = state WHERE id = $1";
const TOUCH_VACANCY: &str = "UPDATE labour_published SET state = state WHERE kind = 'vacancy' AND ref = $1";
const TOUCH_SHOWN: &str = "UPDATE labour_shown SET peer = peer WHERE reveal_id = $1 AND erased_at IS NULL";

const FORGET_CHANGE: &str = "
    DELETE FROM labour_change WHERE peer = $1 AND kind = 'profile' AND ref = $2 AND state = 'erased' RETURNING seq";

const FLOOR: &str =
    "UPDATE labour_stream SET floor_seq = $2 WHERE peer = $1 AND kind = 'profile' AND floor_seq < $2";

const FORGET_PUBLISHED: &str =
    "DELETE FROM labour_published WHERE kind = 'profile' AND peer = $1 AND ref = $2 AND state = 'erased'";

const FORGET_TARGET: &str = "
    UPDATE labour_target SET ref = NULL WHERE consent_id = $1 AND peer = $2 AND erased_at IS NOT NULL";

const DELETE_CONSENT: &str = "DELETE FROM labour_consent WHERE id = $1 AND state <> 'active'";
const DELETE_TARGETS: &str = "DELETE FROM labour_target WHERE consent_id = $1";
const DELETE_REVEAL: &str = "DELETE FROM labour_reveal WHERE id = $1 RETURNING document_id";

const BLANK_SENT: &str = "
    UPDATE outbox_body SET body = $2 WHERE outbox_id IN (SELECT id FROM outbox WHERE document_id = $1)";

/// The message that brought the document first, and each that repeated it.
const BLANK_CAME: &str = "
    UPDATE inbox_raw SET raw = $3 WHERE inbox_id IN (
        SELECT same.id FROM ledger l JOIN inbox came ON came.id = l.inbox_id
        JOIN inbox same ON same.conversation_id = came.conversation_id AND same.peer = came.peer
          AND same.action = came.action
        WHERE l.peer = $1 AND l.document_id = $2)";

const UNREFER: &str = "DELETE FROM person_ref WHERE document_id = $1";

const SHOW: &str = "
    INSERT INTO labour_shown (peer, reveal_id, document_id, conversation_id, vacancy, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (peer, reveal_id) DO UPDATE SET document_id = excluded.document_id,
        conversation_id = excluded.conversation_id, vacancy = excluded.vacancy, expires_at = excluded.expires_at,
        erased_at = CASE WHEN labour_shown.document_id = excluded.document_id THEN labour_shown.erased_at END";

const SHOWN_END: &str = "
    INSERT INTO labour_shown (peer, reveal_id, expires_at, ended_at) VALUES ($1, $2, $3, $3)
    ON CONFLICT (peer, reveal_id) DO UPDATE SET ended_at = COALESCE(labour_shown.ended_at, excluded.ended_at)";

const SHOWN_ERASED: &str = "
    UPDATE labour_shown SET erased_at = $3 WHERE peer = $1 AND reveal_id = $2 AND erased_at IS NULL";

const BLANK_VACANCY: &str = "
    UPDATE labour_published SET state = 'erased', content = NULL, hash = NULL
    WHERE kind = 'vacancy' AND ref = $1 AND state = 'closed'";

pub(super) const FORGET_MIRROR: &str = "
    DELETE FROM labour_mirror WHERE (peer, kind, ref) IN (
        SELECT peer, kind, ref FROM labour_mirror WHERE state IN ('closed', 'erased') AND at <= $1 ORDER BY at LIMIT $2)";

const HASH: &str =
    "INSERT INTO labour_hash (class, hash, at) VALUES ($1, $2, $3) ON CONFLICT (class, hash) DO NOTHING";

const COUNT_PROFILES: &str =
    "SELECT COUNT(*), MIN(profile_at) FROM labour_consent WHERE state = 'active' AND profile_at IS NOT NULL";
const COUNT_TOMBSTONES: &str = "
    SELECT COUNT(*), MIN(last) FROM (
        SELECT CASE WHEN COUNT(*) = COUNT(confirmed_at) THEN MAX(confirmed_at) END AS last
        FROM labour_target WHERE erased_seq IS NOT NULL AND ref IS NOT NULL GROUP BY consent_id) AS left_over";
const COUNT_CONSENTS: &str = "SELECT COUNT(*), MIN(ended_at) FROM labour_consent";
const COUNT_REVEALS: &str = "
    SELECT COUNT(*), MIN(CASE WHEN ended_at < expires_at THEN ended_at ELSE expires_at END) FROM labour_reveal";
const COUNT_SHOWN: &str = "
    SELECT COUNT(*), MIN(CASE WHEN ended_at < expires_at THEN ended_at ELSE expires_at END) FROM labour_shown
    WHERE erased_at IS NULL AND document_id IS NOT NULL";
const COUNT_VACANCIES: &str = "
    SELECT COUNT(*), MIN(changed_at) FROM labour_published WHERE kind = 'vacancy' AND state = 'closed'";
