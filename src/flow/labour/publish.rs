//! Vacancies into the streams of all peers. What has not changed makes no change: the hash of the content tells.

use super::{LabourError, enabled};
use crate::base::{Finding, Findings};
use crate::exchange::canonical::job::{Vacancy, VacancyRef, VacancyStatus};
use crate::exchange::seal::sha256;
use crate::flow::{Context, FlowError};
use crate::labour::contact_in;
use crate::labour::sync::{StreamKind, is_name};
use crate::store::{
    Published, PublishedState, Tx, published_find, published_hashes, published_put, published_untouched,
    stream_lock, stream_open, stream_put,
};
use jiff::Timestamp;
use std::collections::HashMap;

/// What came of vacancies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PublishedSum {
    /// New, or open again.
    pub created: u64,
    /// Other than before.
    pub modified: u64,
    /// Closed.
    pub closed: u64,
    /// As they were.
    pub unchanged: u64,
}

/// How a vacancy is called between nodes.
pub fn vacancy_name(reference: &VacancyRef) -> String {
    format!("{}/{}/{}", reference.state, reference.source.as_str(), reference.id.as_str())
}

/// Publishes vacancies to all peers in one transaction, without their contacts.
///
/// # Errors
/// A vacancy of another state, one whose title holds a contact, or the database; then none of them is published.
pub async fn publish_vacancies(vacancies: &[Vacancy], ctx: &Context) -> Result<PublishedSum, FlowError> {
    enabled(ctx)?;
    let now = ctx.clock.now();
    let mut records: HashMap<String, Published> = HashMap::new();
    for vacancy in vacancies {
        let record = record(vacancy, now, ctx)?;
        records.insert(record.reference.clone(), record); // of two lines for one vacancy the last counts
    }
    let mut records: Vec<Published> = records.into_values().collect();
    records.sort_by(|one, other| one.reference.cmp(&other.reference));
    let mut tx = ctx.store.begin().await?;
    let sum = put(&mut tx, &records, now, ctx).await?;
    tx.commit().await?;
    Ok(sum)
}

/// Closes up to `limit` open vacancies of a source that were not published again since an instant; how many.
///
/// # Errors
/// The database.
pub async fn close_untouched(
    source: &str,
    before: Timestamp,
    limit: u32,
    ctx: &Context,
) -> Result<u64, FlowError> {
    enabled(ctx)?;
    let now = ctx.clock.now();
    let mut tx = ctx.store.begin().await?;
    let prefix = format!("{}/{source}/", ctx.state);
    let names = published_untouched(&mut tx, &prefix, before, limit).await?;
    let found = published_find(&mut tx, ("", StreamKind::Vacancy), &names).await?;
    let mut records = Vec::new();
    for published in found.into_values() {
        let Some((content, _)) = &published.content else { continue };
        let vacancy: Vacancy = serde_json::from_str(content).map_err(|_cause| LabourError::Unwritable)?;
        records.push(record(&Vacancy { status: VacancyStatus::Closed, ..vacancy }, now, ctx)?);
    }
    records.sort_by(|one, other| one.reference.cmp(&other.reference));
    let sum = put(&mut tx, &records, now, ctx).await?;
    tx.commit().await?;
    Ok(sum.closed)
}

/// What is published of a vacancy: its status is that of the record, whatever a source writes later (D11).
fn record(vacancy: &Vacancy, now: Timestamp, ctx: &Context) -> Result<Published, FlowError> {
    let reference = vacancy_name(&vacancy.reference);
    let mut findings = Findings::new();
    if vacancy.reference.state != ctx.state {
        let message = "it is of another state; each node publishes its own";
        findings.push(Finding::error("labour.vacancy", "reference/state", "own state", "", message));
    }
    if !is_name(&reference) {
        let message = "its reference is too long; shorten the source or the id";
        findings.push(Finding::error("labour.vacancy", "reference", "1–300 bytes", &reference, message));
    }
    if let Some(message) = contact_in(vacancy.title.as_str()) {
        findings.push(Finding::error("labour.vacancy", "title", "no contact in public texts", "", message));
    }
    if !findings.is_empty() {
        return Err(LabourError::Vacancy(findings).into());
    }
    let text =
        serde_json::to_string(&vacancy.without_contacts()).map_err(|_cause| LabourError::Unwritable)?;
    let hash = sha256(text.as_bytes());
    let state = match vacancy.status {
        VacancyStatus::Open => PublishedState::Active,
        VacancyStatus::Closed => PublishedState::Closed,
    };
    Ok(Published {
        kind: StreamKind::Vacancy,
        reference,
        peer: String::new(),
        state,
        content: Some((text, hash)),
        consent_id: None,
        changed_at: now,
    })
}

async fn put(
    tx: &mut Tx,
    records: &[Published],
    now: Timestamp,
    ctx: &Context,
) -> Result<PublishedSum, FlowError> {
    // the streams first, in the order of peers: who publishes at the same time waits here
    let mut heads = Vec::new();
    for peer in ctx.peers.names() {
        stream_open(tx, &peer, StreamKind::Vacancy, ctx.random.uuid()).await?;
        let head = stream_lock(tx, &peer, StreamKind::Vacancy).await?;
        heads.push((peer, head));
    }
    let names: Vec<&str> = records.iter().map(|record| record.reference.as_str()).collect();
    let known = published_hashes(tx, StreamKind::Vacancy, &names).await?;
    let mut sum = PublishedSum::default();
    let mut changes = Vec::new();
    for record in records {
        let hash = record.content.as_ref().map(|(_, hash)| *hash);
        let before = known.get(&record.reference);
        match (record.state, before) {
            (PublishedState::Active, Some((PublishedState::Active, old))) if *old == hash => {
                sum.unchanged += 1;
                published_put(tx, record).await?; // that it was seen
                continue;
            }
            (PublishedState::Active, Some((PublishedState::Active, _))) => sum.modified += 1,
            (PublishedState::Active, _) => sum.created += 1,
            // one that was never open, or is closed already, is no change to anybody
            (
                PublishedState::Closed | PublishedState::Erased,
                None | Some((PublishedState::Closed | PublishedState::Erased, _)),
            ) => {
                sum.unchanged += 1;
                continue;
            }
            (PublishedState::Closed | PublishedState::Erased, Some((PublishedState::Active, _))) => {
                sum.closed += 1;
            }
        }
        published_put(tx, record).await?;
        changes.push((record.reference.as_str(), record.state, hash));
    }
    for (peer, head) in heads {
        if !changes.is_empty() {
            stream_put(tx, (&peer, StreamKind::Vacancy, head), &changes, now).await?;
        }
    }
    Ok(sum)
}
