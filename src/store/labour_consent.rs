//! Consents of persons who seek work, where each lets a profile go, and what peers confirmed of its end.

use super::row::RowReader;
use super::tx::{change, later, on};
use super::{StoreError, Tx};
use crate::base::Digest256;
use crate::exchange::canonical::job::{Candidate, IscoCode};
use crate::exchange::canonical::{Coded, RecordId};
use crate::labour::CellCount;
use crate::labour::consent::{Consent, ConsentState, ConsentTerms, Purpose};
use jiff::Timestamp;
use uuid::Uuid;

/// Where a consent lets a profile go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentTarget {
    /// By which consent.
    pub consent_id: Uuid,
    /// To which peer.
    pub peer: String,
    /// How the profile is called there; none while it is not published.
    pub reference: Option<String>,
    /// By which change of the peer's stream it was erased.
    pub erased_seq: Option<u64>,
    /// When.
    pub erased_at: Option<Timestamp>,
    /// When the peer confirmed that.
    pub confirmed_at: Option<Timestamp>,
    /// Its signature, in base64, if it gave one.
    pub signature: Option<String>,
    /// Who signed, and how that was judged.
    pub signer: Option<String>,
}

/// Keeps a consent that is given, with what a profile is made of and since when that counts; and when the person is to be asked
/// whether he renews it.
pub async fn consent_put(
    tx: &mut Tx,
    consent: &Consent,
    state: ConsentState,
    candidate: Option<(&Candidate, Timestamp)>,
    renew_at: Timestamp,
) -> Result<(), StoreError> {
    let terms = consent.terms();
    let row = RowReader { table: "labour_consent", id: &terms.id };
    let text = serde_json::to_string(terms).map_err(|_cause| row.fault("terms"))?;
    let profile_at = candidate.map(|(_, since)| since.as_millisecond());
    let candidate = candidate.map(|(candidate, _)| serde_json::to_string(candidate)).transpose();
    let candidate = candidate.map_err(|_cause| row.fault("candidate"))?;
    change!(
        tx,
        "keep a consent",
        sqlx::query(PUT)
            .bind(terms.id.to_string())
            .bind(terms.subject.to_string())
            .bind(terms.purpose.as_str())
            .bind(state.as_str())
            .bind(text)
            .bind(candidate)
            .bind(terms.given_at.as_millisecond())
            .bind(terms.expires_at.as_millisecond())
            .bind(profile_at)
            .bind(renew_at.as_millisecond())
    )?;
    Ok(())
}

/// Up to `limit` consents in force whose renewal is to be asked for and was not.
pub async fn renewals_due(tx: &mut Tx, now: Timestamp, limit: u32) -> Result<Vec<Consent>, StoreError> {
    let rows: Vec<Columns> = on!(tx, "list consents to be renewed", connection =>
        sqlx::query_as(RENEWALS).bind(now.as_millisecond()).bind(i64::from(limit)).fetch_all(connection))?;
    rows.into_iter().map(consent).collect()
}

/// Notes that a renewal was asked for; false if another was quicker.
pub async fn renewal_asked(tx: &mut Tx, id: Uuid) -> Result<bool, StoreError> {
    Ok(change!(tx, "note that a renewal was asked for", sqlx::query(RENEWAL_ASKED).bind(id.to_string()))?
        == 1)
}

/// Ends a consent that is in force, and blanks what profiles were made of; false if it is not in force any more. Nobody else
/// changes it before this transaction ends.
pub async fn consent_end(
    tx: &mut Tx,
    id: Uuid,
    (state, channel): (ConsentState, Option<&RecordId>),
    now: Timestamp,
) -> Result<bool, StoreError> {
    let rows = change!(
        tx,
        "end a consent",
        sqlx::query(END)
            .bind(id.to_string())
            .bind(state.as_str())
            .bind(now.as_millisecond())
            .bind(channel.map(|channel| channel.as_str()))
    )?;
    change!(tx, "count a person no more", sqlx::query(UNCOUNT).bind(id.to_string()))?;
    Ok(rows == 1)
}

/// Locks a consent in force, so that it does not end before this transaction does; false if it is not.
pub async fn consent_lock(tx: &mut Tx, id: Uuid) -> Result<bool, StoreError> {
    Ok(change!(tx, "lock a consent", sqlx::query(LOCK).bind(id.to_string()))? == 1)
}

/// A consent.
pub async fn consent_find(tx: &mut Tx, id: Uuid) -> Result<Option<Consent>, StoreError> {
    let row: Option<Columns> = on!(tx, "find a consent", connection =>
        sqlx::query_as(FIND).bind(id.to_string()).fetch_optional(connection))?;
    row.map(consent).transpose()
}

/// What profiles are made of under a consent; none once it has ended.
pub async fn consent_candidate(tx: &mut Tx, id: Uuid) -> Result<Option<Candidate>, StoreError> {
    let text: Option<Option<String>> = on!(tx, "find a candidate", connection =>
        sqlx::query_scalar(CANDIDATE).bind(id.to_string()).fetch_optional(connection))?;
    let reader = RowReader { table: "labour_consent", id: &id };
    text.flatten().map(|text| reader.json("candidate", &text)).transpose()
}

/// The consent of a person for a purpose that is noted as in force.
pub async fn consent_active(
    tx: &mut Tx,
    subject: Digest256,
    purpose: Purpose,
) -> Result<Option<Consent>, StoreError> {
    let row: Option<Columns> = on!(tx, "find the consent in force", connection =>
        sqlx::query_as(ACTIVE).bind(subject.to_string()).bind(purpose.as_str()).fetch_optional(connection))?;
    row.map(consent).transpose()
}

/// All consents of a person, the latest first.
pub async fn consent_list(tx: &mut Tx, subject: Digest256) -> Result<Vec<Consent>, StoreError> {
    let rows: Vec<Columns> = on!(tx, "list the consents of a person", connection =>
        sqlx::query_as(LIST).bind(subject.to_string()).fetch_all(connection))?;
    rows.into_iter().map(consent).collect()
}

/// Up to `limit` consents to be found that are noted as in force, those first that end first, after one of them: its end and
/// its number.
pub async fn consent_page(
    tx: &mut Tx,
    after: Option<(Timestamp, Uuid)>,
    limit: u32,
) -> Result<Vec<Consent>, StoreError> {
    let (at, id) = after.map_or((i64::MIN, String::new()), |(at, id)| (at.as_millisecond(), id.to_string()));
    let rows: Vec<Columns> = on!(tx, "page the consents in force", connection =>
        sqlx::query_as(IN_FORCE).bind(at).bind(&id).bind(i64::from(limit)).fetch_all(connection))?;
    rows.into_iter().map(consent).collect()
}

/// Up to `limit` consents that are past their end and not noted so.
pub async fn consent_due(tx: &mut Tx, now: Timestamp, limit: u32) -> Result<Vec<Uuid>, StoreError> {
    let rows: Vec<String> = on!(tx, "list consents past their end", connection =>
        sqlx::query_scalar(DUE).bind(now.as_millisecond()).bind(i64::from(limit)).fetch_all(connection))?;
    rows.iter().map(|id| RowReader { table: "labour_consent", id }.text("id", id)).collect()
}

/// Counts a person in groups of occupations, in a region.
pub async fn cell_put(
    tx: &mut Tx,
    consent_id: Uuid,
    region: Option<&Coded>,
    groups: impl IntoIterator<Item = IscoCode>,
) -> Result<(), StoreError> {
    let (id, region) = (consent_id.to_string(), region.map_or("", Coded::as_str));
    for group in groups {
        later!(tx, "count a person", "labour_cell", COUNT_IN, [group.as_code(), id.as_str(), region])?;
    }
    Ok(())
}

/// How many persons a group has, region by region.
pub async fn cell_counts(tx: &mut Tx, group: IscoCode) -> Result<Vec<CellCount>, StoreError> {
    let rows: Vec<(String, i64)> = on!(tx, "count the persons of a group", connection =>
        sqlx::query_as(CELLS).bind(group.as_code()).fetch_all(connection))?;
    let row = |(region, persons): (String, i64)| {
        let reader = RowReader { table: "labour_cell", id: &region };
        let some = Some(region.as_str()).filter(|region| !region.is_empty());
        let persons = reader.count("persons", persons)?;
        Ok(CellCount { region: reader.text_if_any("region", some)?, isco: group, persons })
    };
    rows.into_iter().map(row).collect()
}

/// Notes that a consent lets a profile go to a peer, not before an instant.
pub async fn target_put(
    tx: &mut Tx,
    consent_id: Uuid,
    peer: &str,
    (now, publish_at): (Timestamp, Timestamp),
) -> Result<(), StoreError> {
    change!(
        tx,
        "note where a profile may go",
        sqlx::query(TARGET)
            .bind(consent_id.to_string())
            .bind(peer)
            .bind(now.as_millisecond())
            .bind(publish_at.as_millisecond())
    )?;
    Ok(())
}

/// Where a consent lets a profile go.
pub async fn target_list(tx: &mut Tx, consent_id: Uuid) -> Result<Vec<ConsentTarget>, StoreError> {
    let rows: Vec<TargetColumns> = on!(tx, "list where a profile may go", connection =>
        sqlx::query_as(TARGETS).bind(consent_id.to_string()).fetch_all(connection))?;
    rows.into_iter().map(target).collect()
}

/// Up to `limit` of those that are not published and may be, those first that were tried longest ago.
pub async fn target_waiting(
    tx: &mut Tx,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<(Uuid, String)>, StoreError> {
    let rows: Vec<(String, String)> = on!(tx, "list profiles that wait", connection => sqlx::query_as(WAITING)
        .bind(now.as_millisecond()).bind(i64::from(limit)).fetch_all(connection))?;
    let row = |(id, peer): (String, String)| {
        Ok((RowReader { table: "labour_target", id: &id }.text("consent_id", &id)?, peer))
    };
    rows.into_iter().map(row).collect()
}

/// Notes that publishing was tried, and under which reference it was done, if it was.
pub async fn target_tried(
    tx: &mut Tx,
    (consent_id, peer): (Uuid, &str),
    reference: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    change!(
        tx,
        "note that a profile was published",
        sqlx::query(TRIED).bind(consent_id.to_string()).bind(peer).bind(reference).bind(now.as_millisecond())
    )?;
    Ok(())
}

/// Notes that a profile was erased, by which change of the stream if it was published.
pub async fn target_erased(
    tx: &mut Tx,
    (consent_id, peer): (Uuid, &str),
    seq: Option<u64>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let seq = seq.map(|seq| i64::try_from(seq).unwrap_or(i64::MAX));
    change!(
        tx,
        "note that a profile was erased",
        sqlx::query(ERASED).bind(consent_id.to_string()).bind(peer).bind(seq).bind(now.as_millisecond())
    )?;
    Ok(())
}

/// Notes that a peer has applied its erasures up to a change; how many that were not confirmed before.
pub async fn target_confirm(
    tx: &mut Tx,
    (peer, seq): (&str, u64),
    (signature, signer): (Option<&str>, &str),
    now: Timestamp,
) -> Result<u64, StoreError> {
    let seq = i64::try_from(seq).unwrap_or(i64::MAX);
    change!(
        tx,
        "note that erasures are confirmed",
        sqlx::query(CONFIRM).bind(peer).bind(seq).bind(now.as_millisecond()).bind(signature).bind(signer)
    )
}

/// Erasures that peers have not confirmed, the oldest first.
pub async fn target_missing(tx: &mut Tx, limit: u32) -> Result<Vec<ConsentTarget>, StoreError> {
    let rows: Vec<TargetColumns> = on!(tx, "list erasures that are not confirmed", connection =>
        sqlx::query_as(MISSING).bind(i64::from(limit)).fetch_all(connection))?;
    rows.into_iter().map(target).collect()
}

/// When the oldest erasure was made that a peer has not confirmed.
pub async fn target_oldest(tx: &mut Tx, peer: &str) -> Result<Option<Timestamp>, StoreError> {
    let at: Option<i64> = on!(tx, "find the oldest erasure that is not confirmed", connection =>
        sqlx::query_scalar(OLDEST).bind(peer).fetch_optional(connection))?;
    RowReader { table: "labour_target", id: &peer }.instant_if_any("erased_at", at)
}

type Columns = (String, String, String, Option<i64>);

fn consent((id, state, terms, ended_at): Columns) -> Result<Consent, StoreError> {
    let reader = RowReader { table: "labour_consent", id: &id };
    let terms: ConsentTerms = reader.json("terms", &terms)?;
    Ok(Consent::kept(terms, reader.text("state", &state)?, reader.instant_if_any("ended_at", ended_at)?))
}

type TargetColumns =
    (String, String, Option<String>, Option<i64>, Option<i64>, Option<i64>, Option<String>, Option<String>);

fn target(columns: TargetColumns) -> Result<ConsentTarget, StoreError> {
    let (id, peer, reference, erased_seq, erased_at, confirmed_at, signature, signer) = columns;
    let reader = RowReader { table: "labour_target", id: &id };
    Ok(ConsentTarget {
        consent_id: reader.text("consent_id", &id)?,
        peer,
        reference,
        erased_seq: erased_seq.map(|seq| reader.length("erased_seq", seq)).transpose()?,
        erased_at: reader.instant_if_any("erased_at", erased_at)?,
        confirmed_at: reader.instant_if_any("confirmed_at", confirmed_at)?,
        signature,
        signer,
    })
}

const PUT: &str = "
    INSERT INTO labour_consent (id, subject, purpose, state, terms, candidate, given_at, expires_at, profile_at, renew_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

pub(super) const RENEWALS: &str = "
    SELECT id, state, terms, ended_at FROM labour_consent
    WHERE state = 'active' AND renew_at <= $1 ORDER BY renew_at LIMIT $2";

const RENEWAL_ASKED: &str =
    "UPDATE labour_consent SET renew_at = NULL WHERE id = $1 AND state = 'active' AND renew_at IS NOT NULL";

const END: &str = "
    UPDATE labour_consent SET state = $2, candidate = NULL, ended_at = $3, channel = $4
    WHERE id = $1 AND state = 'active'";

const LOCK: &str = "UPDATE labour_consent SET state = state WHERE id = $1 AND state = 'active'";

const FIND: &str = "SELECT id, state, terms, ended_at FROM labour_consent WHERE id = $1";

const CANDIDATE: &str = "SELECT candidate FROM labour_consent WHERE id = $1 AND state = 'active'";

pub(super) const ACTIVE: &str = "
    SELECT id, state, terms, ended_at FROM labour_consent WHERE subject = $1 AND purpose = $2 AND state = 'active'";

pub(super) const LIST: &str = "
    SELECT id, state, terms, ended_at FROM labour_consent WHERE subject = $1 ORDER BY given_at DESC LIMIT 1000";

pub(super) const IN_FORCE: &str = "
    SELECT id, state, terms, ended_at FROM labour_consent
    WHERE state = 'active' AND purpose = 'cv_search' AND (expires_at, id) > ($1, $2)
    ORDER BY expires_at, id LIMIT $3";

pub(super) const DUE: &str = "
    SELECT id FROM labour_consent WHERE state = 'active' AND expires_at <= $1 ORDER BY expires_at LIMIT $2";

const COUNT_IN: &str = "
    INSERT INTO labour_cell (isco, consent_id, region) VALUES ($1, $2, $3) ON CONFLICT (isco, consent_id) DO NOTHING";

const UNCOUNT: &str = "DELETE FROM labour_cell WHERE consent_id = $1";

pub(super) const CELLS: &str = "SELECT region, COUNT(*) FROM labour_cell WHERE isco = $1 GROUP BY region";

const TARGET: &str = "
    INSERT INTO labour_target (consent_id, peer, tried_at, publish_at) VALUES ($1, $2, $3, $4) ON CONFLICT (consent_id, peer) DO NOTHING";

/// The columns of a target.
macro_rules! targets {
    ($which:literal) => {
        concat!(
            "SELECT consent_id, peer, ref, erased_seq, erased_at, confirmed_at, signature, signer FROM labour_target ",
            $which
        )
    };
}

const TARGETS: &str = targets!("WHERE consent_id = $1 ORDER BY peer");

pub(super) const MISSING: &str =
    targets!("WHERE erased_seq IS NOT NULL AND confirmed_at IS NULL ORDER BY erased_at LIMIT $1");

pub(super) const WAITING: &str = "
    SELECT consent_id, peer FROM labour_target WHERE ref IS NULL AND erased_at IS NULL AND publish_at <= $1
    ORDER BY tried_at LIMIT $2";

const TRIED: &str = "
    UPDATE labour_target SET tried_at = $4, ref = COALESCE($3, ref) WHERE consent_id = $1 AND peer = $2";

const ERASED: &str =
    "UPDATE labour_target SET erased_seq = $3, erased_at = $4 WHERE consent_id = $1 AND peer = $2";

pub(super) const CONFIRM: &str = "
    UPDATE labour_target SET confirmed_at = $3, signature = $4, signer = $5
    WHERE peer = $1 AND erased_seq IS NOT NULL AND confirmed_at IS NULL AND erased_seq <= $2";

pub(super) const OLDEST: &str = "
    SELECT erased_at FROM labour_target WHERE peer = $1 AND erased_seq IS NOT NULL AND confirmed_at IS NULL
    ORDER BY erased_at LIMIT 1";
