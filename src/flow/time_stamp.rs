//! Time stamps of what was exchanged: many documents by one, a record kept beside each, and renewed before its end.
//!
//! Nothing waits for them. A document is claimed, its digest computed and the authority asked while no transaction is
//! open; the records are kept in one. When nothing came of asking, the documents wait and it is asked again.

use super::note::calls_a_person;
use super::parts::parts_by_name;
use super::third_party::Whole;
use super::{Context, FlowError};
use crate::base::{Shelf, Verdict, with_causes};
use crate::exchange::document::Scope;
use crate::exchange::seal::{
    DigestAlgorithm, EvidenceRecord, Imprint, SealError, StampAnswer, StampBatch, StampQuestion, StampTrust,
    TimeStamp,
};
use crate::exchange::wire::{AskedBy, Envelope, Inquest, ThirdPartyWire};
use crate::store::{
    JournalDraft, KeptStamp, PartOf, Tx, inbox_find, journal_append, outbox_find, time_stamp_claim,
    time_stamp_ending, time_stamp_forgo, time_stamp_free, time_stamp_put, time_stamp_reach, time_stamp_renew,
    time_stamp_waits,
};
use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// Our time-stamping authority, as the settings name it.
pub struct OwnTimeStamps {
    /// The way to it.
    pub wire: Box<dyn ThirdPartyWire>,
    /// Whose time stamps count.
    pub trust: Shelf<StampTrust>,
    /// What is exchanged in so much time is stamped together.
    pub every_ms: u64,
    /// How long before its end a time stamp is stamped again.
    pub renew_before: SignedDuration,
}

impl OwnTimeStamps {
    /// Between when a time stamp ends that is stamped again now.
    fn ending(&self, now: Timestamp) -> (Timestamp, Timestamp) {
        (now, now.saturating_add(self.renew_before).unwrap_or(now))
    }
}

/// What came of one batch.
#[derive(Debug, Default)]
pub struct Stamping {
    /// Whether a time stamp was had.
    pub was_had: bool,
    /// Whether more may wait.
    pub more_waits: bool,
    /// Why some wait longer, if it is our fault.
    pub set_aside: Option<FlowError>,
}

/// Stamps one batch of the documents that have no record.
///
/// # Errors
/// The database or the authority does not answer; the documents wait.
pub async fn stamp_documents(own: &OwnTimeStamps, ctx: &Context) -> Result<Stamping, FlowError> {
    let now = ctx.clock.now();
    let mut tx = ctx.store.begin().await?;
    let claimed = time_stamp_claim(&mut tx, now, lease_end(ctx), BATCH).await?;
    tx.commit().await?;
    if claimed.is_empty() {
        return Ok(Stamping::default());
    }
    let stamped = stamp_these(&claimed, own, ctx).await;
    if stamped.is_err() {
        give_back(claimed.iter().copied(), now, ctx).await;
    }
    stamped
}

async fn stamp_these(claimed: &[PartOf], own: &OwnTimeStamps, ctx: &Context) -> Result<Stamping, FlowError> {
    let (mut digests, mut lost, mut waiting) = (Vec::new(), Vec::new(), Vec::new());
    let mut set_aside = None;
    for of in claimed {
        let error = match digest_of(*of, ctx).await {
            Ok(digest) => {
                digests.push((*of, digest));
                continue;
            }
            Err(error) => error,
        };
        match error.verdict() {
            Verdict::Retry { .. } => return Err(error),
            Verdict::Return { .. } | Verdict::Quarantine { .. } => lost.push((*of, error)),
            Verdict::Park { .. } => {
                waiting.push(*of);
                set_aside = Some(error);
            }
        }
    }
    let mut kept = Vec::new();
    let mut told = None;
    if !digests.is_empty() {
        let leaves = digests.iter().map(|(_, digest)| digest.clone()).collect();
        let batch = StampBatch::over(DIGEST, leaves).map_err(unusable)?;
        let stamp = ask(batch.imprint(), own, ctx).await?;
        for (of, digest) in &digests {
            let record = EvidenceRecord::first(digest, &batch, &stamp).map_err(unusable)?;
            kept.push((*of, kept_of(&record, stamp.at(), &stamp)?));
        }
        told = Some(sentence("were stamped", digests.len(), &stamp));
    }
    let mut tx = ctx.store.begin().await?;
    for (of, record) in &kept {
        time_stamp_put(&mut tx, *of, record).await?;
    }
    let later = ctx.clock.now().saturating_add(AN_HOUR).unwrap_or(Timestamp::MAX);
    for of in waiting {
        time_stamp_free(&mut tx, of, later).await?;
    }
    for (of, error) in &lost {
        time_stamp_forgo(&mut tx, *of).await?;
        let detail = format!("a document of ours can get no time stamp: {}", with_causes(error));
        tracing::warn!(detail, "a person must act");
        let entry = JournalDraft::at(ctx.clock.now(), "ask_person", detail).coded(Some(CODE));
        journal_append(&mut tx, &entry).await?;
    }
    if let Some(told) = told {
        journal_append(&mut tx, &JournalDraft::at(ctx.clock.now(), "time_stamped", told)).await?;
    }
    tx.commit().await?;
    Ok(Stamping { was_had: !digests.is_empty(), more_waits: is_full(claimed.len()), set_aside })
}

/// Stamps one batch of records again whose last time stamp is near its end.
///
/// # Errors
/// The database or the authority does not answer; the records wait.
pub async fn renew_time_stamps(own: &OwnTimeStamps, ctx: &Context) -> Result<Stamping, FlowError> {
    let now = ctx.clock.now();
    let mut tx = ctx.store.begin().await?;
    let claimed = time_stamp_ending(&mut tx, own.ending(now), lease_end(ctx), BATCH).await?;
    tx.commit().await?;
    if claimed.is_empty() {
        return Ok(Stamping::default());
    }
    let renewed = renew_these(&claimed, own, ctx).await;
    if renewed.is_err() {
        give_back(claimed.iter().map(|(of, _)| *of), now, ctx).await;
    }
    renewed.map(|()| Stamping { was_had: true, more_waits: is_full(claimed.len()), set_aside: None })
}

async fn renew_these(
    claimed: &[(PartOf, KeptStamp)],
    own: &OwnTimeStamps,
    ctx: &Context,
) -> Result<(), FlowError> {
    // a chain keeps its algorithm, so those of another one get a time stamp of their own
    let mut by_algorithm: BTreeMap<&str, Vec<(PartOf, KeptStamp, EvidenceRecord)>> = BTreeMap::new();
    for (of, kept) in claimed {
        let record = EvidenceRecord::read(&kept.record).map_err(unusable)?;
        let algorithm = record.algorithm().unwrap_or(DIGEST).uri();
        by_algorithm.entry(algorithm).or_default().push((*of, kept.clone(), record));
    }
    for records in by_algorithm.into_values() {
        let algorithm = records.first().and_then(|(_, _, record)| record.algorithm()).unwrap_or(DIGEST);
        let leaves = records.iter().map(|(_, _, record)| record.to_renew());
        let leaves = leaves.collect::<Result<Vec<_>, _>>().map_err(unusable)?;
        let batch = StampBatch::over(algorithm, leaves).map_err(unusable)?;
        let stamp = ask(batch.imprint(), own, ctx).await?;
        let (longer, others): (Vec<_>, Vec<_>) =
            records.into_iter().partition(|(_, kept, _)| kept.good_until < stamp.good_until());
        let now = ctx.clock.now();
        let mut tx = ctx.store.begin().await?;
        if !longer.is_empty() {
            let told = sentence("were stamped again", longer.len(), &stamp);
            journal_append(&mut tx, &JournalDraft::at(now, "time_stamped", told)).await?;
        }
        for (of, kept, record) in longer {
            let record = record.renewed(&batch, &stamp).map_err(unusable)?;
            time_stamp_renew(&mut tx, of, &kept_of(&record, kept.stamped_at, &stamp)?).await?;
        }
        if !others.is_empty() {
            put_off(&stamp, &mut tx, now).await?;
        }
        for (of, _, _) in others {
            time_stamp_free(&mut tx, of, now).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

/// No record that lasts as long as this time stamp is tried again before tomorrow, and a person is told so once.
async fn put_off(stamp: &TimeStamp, tx: &mut Tx, now: Timestamp) -> Result<(), FlowError> {
    let end = stamp.good_until();
    let tomorrow = now.saturating_add(A_DAY).unwrap_or(Timestamp::MAX);
    if time_stamp_reach(tx, end, (now, tomorrow)).await? {
        let detail = format!(
            "time stamps cannot be prolonged: the certificate of the authority of [time_stamps] ends at {end} as they \
             do; ask its operator when it gets another"
        );
        tracing::warn!(detail, "a person must act");
        journal_append(tx, &JournalDraft::at(now, "ask_person", detail).coded(Some(CODE))).await?;
    }
    Ok(())
}

/// Stamps one document by itself, and keeps its record.
pub(super) async fn stamp_now(
    of: PartOf,
    whole: &Whole,
    own: &OwnTimeStamps,
    ctx: &Context,
) -> Result<KeptStamp, FlowError> {
    let digest = whole.digest(DIGEST, ctx).await?;
    let batch = StampBatch::over(DIGEST, vec![digest.clone()]).map_err(unusable)?;
    let stamp = ask(batch.imprint(), own, ctx).await?;
    let record = EvidenceRecord::first(&digest, &batch, &stamp).map_err(unusable)?;
    let kept = kept_of(&record, stamp.at(), &stamp)?;
    let mut tx = ctx.store.begin().await?;
    time_stamp_put(&mut tx, of, &kept).await?;
    let told = sentence("were stamped", 1, &stamp);
    journal_append(&mut tx, &JournalDraft::at(ctx.clock.now(), "time_stamped", told)).await?;
    tx.commit().await?;
    Ok(kept)
}

/// Asks the authority for one time stamp.
pub(super) async fn ask(
    imprint: Imprint,
    own: &OwnTimeStamps,
    ctx: &Context,
) -> Result<TimeStamp, FlowError> {
    let question = StampQuestion::new(imprint, ctx.random.uuid(), ctx.clock.now());
    let request = Bytes::from(question.to_der().map_err(unusable)?);
    let bytes = u64::try_from(request.len()).unwrap_or(u64::MAX);
    let body = stream::once(async move { Ok(request) }).boxed();
    let answer = own.wire.ask(Inquest { form: AskedBy::TimeStamp, bytes, body }).await;
    let answer = answer.map_err(|error| unstamped(with_causes(&error)))?;
    match question.read_answer(&answer, &own.trust.get(), ctx.clock.now()).map_err(unusable)? {
        StampAnswer::Stamped(stamp) => Ok(stamp),
        StampAnswer::Refused(refusal) => Err(unstamped(format!("it refuses: {refusal}"))),
    }
}

/// Whether anything waits for a time stamp, be it that another replica has claimed it.
///
/// # Errors
/// The database does not answer.
pub async fn time_stamps_wait(own: &OwnTimeStamps, ctx: &Context) -> Result<bool, FlowError> {
    let mut tx = ctx.store.read().await?;
    let waits = time_stamp_waits(&mut tx, own.ending(ctx.clock.now())).await?;
    tx.commit().await?;
    Ok(waits)
}

/// Tells a person when the authority has given no time stamp for long.
///
/// # Errors
/// The database does not answer.
pub async fn note_unstamped(misses: u32, ctx: &Context) -> Result<(), FlowError> {
    if !calls_a_person(misses) {
        return Ok(());
    }
    let detail = format!(
        "no time stamp was had {misses} times in a row; it is tried on, but look at [time_stamps] and call its operator"
    );
    tracing::warn!(misses, "no time stamps can be had; a person must act");
    let mut tx = ctx.store.begin().await?;
    let entry = JournalDraft::at(ctx.clock.now(), "ask_person", detail).coded(Some(CODE));
    journal_append(&mut tx, &entry).await?;
    tx.commit().await?;
    Ok(())
}

/// Tells a person that documents wait for their time stamps, or all of them do, by a fault of ours.
///
/// # Errors
/// The database does not answer.
pub async fn note_set_aside(error: &FlowError, ctx: &Context) -> Result<(), FlowError> {
    let detail = format!(
        "documents wait for their time stamps, and are tried again within the hour, because it failed to {}",
        with_causes(error)
    );
    tracing::warn!(detail, "a person must act");
    let mut tx = ctx.store.begin().await?;
    let entry = JournalDraft::at(ctx.clock.now(), "ask_person", detail).coded(error.verdict().code());
    journal_append(&mut tx, &entry).await?;
    tx.commit().await?;
    Ok(())
}

/// The digest of a document with its attachments in place.
async fn digest_of(of: PartOf, ctx: &Context) -> Result<Vec<u8>, FlowError> {
    let mut tx = ctx.store.read().await?;
    let (body, scope) = match of {
        PartOf::Inbox(id) => {
            let row = inbox_find(&mut tx, id).await?;
            let raw = row.map(|row| row.raw).unwrap_or_default();
            let envelope = Envelope::read(&raw, &ctx.limits)?;
            (raw.get(envelope.body).unwrap_or_default().to_vec(), envelope.scope)
        }
        PartOf::Outbox(id) => {
            let row = outbox_find(&mut tx, id).await?;
            (row.map(|row| row.draft.body).unwrap_or_default(), Scope::default())
        }
    };
    tx.commit().await?;
    let parts = parts_by_name(of, ctx).await?;
    Whole::of(&body, &scope, &parts, ctx)?.digest(DIGEST, ctx).await
}

/// What was claimed is tried again when the authority is, not when its lease ends.
async fn give_back(claimed: impl Iterator<Item = PartOf>, now: Timestamp, ctx: &Context) {
    let given = async {
        let mut tx = ctx.store.begin().await?;
        for of in claimed {
            time_stamp_free(&mut tx, of, now).await?;
        }
        tx.commit().await
    };
    if let Err(error) = given.await {
        tracing::debug!(%error, "documents to be stamped are left to the end of their lease");
    }
}

fn kept_of(
    record: &EvidenceRecord,
    stamped_at: Timestamp,
    stamp: &TimeStamp,
) -> Result<KeptStamp, FlowError> {
    let record = record.to_der().map_err(unusable)?;
    Ok(KeptStamp { record, stamped_at, good_until: stamp.good_until() })
}

fn sentence(what: &str, documents: usize, stamp: &TimeStamp) -> String {
    let (at, by, end) = (stamp.at(), stamp.signer(), stamp.good_until());
    format!("{documents} documents {what} by one time stamp of {at} by {by}; its certificate ends at {end}")
}

fn lease_end(ctx: &Context) -> Timestamp {
    let lease = SignedDuration::from_millis(ctx.limits.lease_ms);
    ctx.clock.now().saturating_add(lease).unwrap_or(Timestamp::MAX)
}

fn is_full(claimed: usize) -> bool {
    u32::try_from(claimed).is_ok_and(|claimed| claimed >= BATCH)
}

fn unusable(error: SealError) -> FlowError {
    unstamped(with_causes(&error))
}

fn unstamped(detail: String) -> FlowError {
    FlowError::TimeStamps { detail }
}

/// Every suite's authorities take it.
const DIGEST: DigestAlgorithm = DigestAlgorithm::Sha256;
const CODE: &str = "flow.time_stamps";
/// When a document is tried again that could not be read by a fault of ours.
const AN_HOUR: SignedDuration = SignedDuration::from_hours(1);
/// When it is seen again whether the authority has a certificate that lasts longer.
const A_DAY: SignedDuration = SignedDuration::from_hours(24);
/// So many documents are stamped together at most.
const BATCH: u32 = 256;
