//! Does what the clocks of the labour half say (`privacy.md` §7): a bounded sweep, again and again. Each record is judged by its
//! dates and its holds under its own lock, in the transaction in which it goes; so replicas do nothing twice, and one that is killed
//! leaves nothing half done. The journal tells hashes and numbers, never what was there.

use super::Ended;
use super::consents::end;
use crate::base::ConversationId;
use crate::base::{Digest256, DocumentId};
use crate::exchange::canonical::job::{JobDocument, RevealEnd, RevealId};
use crate::exchange::seal::sha256;
use crate::flow::{Context, FlowError, Origin};
use crate::labour::consent::ConsentState;
use crate::labour::retention::{Clocked, Dates, RecordClass, Terms};
use crate::labour::sync::StreamKind;
use crate::store::{
    HoldKind, JournalDraft, ShownRow, Tx, clock_counts, consent_delete, consent_find, consent_touch,
    consents_since, hash_count, hash_put, hold_list, hold_until, journal_append, mirror_forget,
    profiles_since, published_find, reveal_delete, reveal_find, reveals_since, shown_erase, shown_find,
    shown_open, shown_since, shown_touch, stream_lock, target_list, tombstone_delete, tombstones_since,
    vacancies_since, vacancy_blank, vacancy_touch,
};
use jiff::Timestamp;
use uuid::Uuid;

/// What a sweep did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Profiles that became tombstones.
    pub profiles: u64,
    /// Consents whose tombstones went.
    pub tombstones: u64,
    /// Consents that went.
    pub consents: u64,
    /// Records of reveals that went.
    pub reveals: u64,
    /// What was shown to employers of ours, and is erased.
    pub shown: u64,
    /// Vacancies that are blank.
    pub vacancies: u64,
    /// What was left of records of peers, and went.
    pub mirrored: u64,
}

/// A class of records as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassView {
    /// Which.
    pub class: RecordClass,
    /// How many are kept.
    pub kept: u64,
    /// How many holds keep some of them now.
    pub holds: u64,
    /// When the first of them is due; none while no clock of them runs.
    pub next_due: Option<Timestamp>,
    /// How many were deleted whose hash is kept.
    pub hashes: u64,
}

/// Does what is due, up to a bound of each class.
///
/// # Errors
/// The database, or a local system that cannot be told. What was done before stands.
pub async fn sweep_retention(ctx: &Context) -> Result<Swept, FlowError> {
    let mut swept = Swept { profiles: sweep_profiles(ctx).await?, ..Swept::default() };
    swept.tombstones = sweep_tombstones(ctx).await?;
    swept.reveals = sweep_reveals(ctx).await?;
    swept.consents = sweep_consents(ctx).await?;
    swept.shown = sweep_shown(ctx).await?;
    swept.vacancies = sweep_vacancies(ctx).await?;
    let before = ctx.labour.terms.tombstone.look_before(ctx.clock.now());
    let before = before.checked_sub(jiff::SignedDuration::from_hours(24 * SLACK_DAYS)).unwrap_or(before);
    let mut tx = ctx.store.begin().await?;
    swept.mirrored = mirror_forget(&mut tx, before, AT_ONCE).await?;
    tx.commit().await?;
    Ok(swept)
}

/// Ends consents whose profiles are too old, as many as are due up to a bound; how many.
///
/// # Errors
/// The database.
pub(super) async fn sweep_profiles(ctx: &Context) -> Result<u64, FlowError> {
    let (now, terms) = (ctx.clock.now(), &ctx.labour.terms);
    let before = terms.published_profile.look_before(now);
    let found = profiles_since(&mut ctx.store.read().await?, before, (now, AT_ONCE)).await?;
    let mut done = 0;
    for (id, since) in found {
        let dates = Dates::PublishedProfile { since };
        if dates.judge(terms, None, now) != Clocked::Due {
            continue;
        }
        let mut tx = ctx.store.begin().await?;
        let is_due = consent_touch(&mut tx, id).await?
            && is_due(&mut tx, &dates, &[(HoldKind::Consent, &id.to_string())], ctx).await?;
        if is_due && end(&mut tx, id, Ended { state: ConsentState::Expired, channel: None }, ctx).await? {
            let detail = format!("the profile by consent {id} is as old as it may become");
            journal_append(&mut tx, &JournalDraft::at(now, "retention", detail)).await?;
            tx.commit().await?;
            done += 1;
        }
    }
    Ok(done)
}

async fn sweep_tombstones(ctx: &Context) -> Result<u64, FlowError> {
    let (now, terms) = (ctx.clock.now(), &ctx.labour.terms);
    let before = terms.tombstone.look_before(now);
    let found = tombstones_since(&mut ctx.store.read().await?, before, (now, AT_ONCE)).await?;
    let mut done = 0;
    for (id, confirmed_at) in found {
        if (Dates::Tombstone { confirmed_at: Some(confirmed_at) }).judge(terms, None, now) != Clocked::Due {
            continue;
        }
        let mut tx = ctx.store.begin().await?;
        if !consent_touch(&mut tx, id).await? {
            continue;
        }
        let targets = target_list(&mut tx, id).await?; // in the order of peers, so that streams are locked in it
        let erased: Vec<_> = targets.iter().filter(|target| target.erased_seq.is_some()).collect();
        let last = erased.iter().map(|target| target.confirmed_at).min().flatten();
        let last = last.and(erased.iter().filter_map(|target| target.confirmed_at).max());
        let dates = Dates::Tombstone { confirmed_at: last };
        if erased.iter().all(|target| target.reference.is_none())
            || !is_due(&mut tx, &dates, &[(HoldKind::Consent, &id.to_string())], ctx).await?
        {
            continue; // another replica was quicker, or it is held
        }
        let mut gone = 0;
        for target in erased {
            let Some(reference) = &target.reference else { continue };
            stream_lock(&mut tx, &target.peer, StreamKind::Profile).await?;
            gone += u32::from(tombstone_delete(&mut tx, (id, &target.peer, reference)).await?);
        }
        let detail =
            format!("{gone} tombstones of consent {id} are deleted, long after the receipts of all peers");
        journal_append(&mut tx, &JournalDraft::at(now, "retention", detail)).await?;
        tx.commit().await?;
        done += 1;
    }
    Ok(done)
}

async fn sweep_consents(ctx: &Context) -> Result<u64, FlowError> {
    let (now, terms) = (ctx.clock.now(), &ctx.labour.terms);
    let before = terms.consent.look_before(now);
    let found = consents_since(&mut ctx.store.read().await?, before, (now, AT_ONCE)).await?;
    let mut done = 0;
    for (id, ended_at) in found {
        if (Dates::Consent { ended_at: Some(ended_at) }).judge(terms, None, now) != Clocked::Due {
            continue;
        }
        let mut tx = ctx.store.begin().await?;
        if !consent_touch(&mut tx, id).await? {
            continue; // another replica was quicker
        }
        let Some(consent) = consent_find(&mut tx, id).await? else { continue };
        let dates = Dates::Consent { ended_at: consent.ended_at() };
        if !is_due(&mut tx, &dates, &[(HoldKind::Consent, &id.to_string())], ctx).await? {
            continue;
        }
        let targets = target_list(&mut tx, id).await?;
        let receipts: Vec<_> = targets
            .iter()
            .map(|target| {
                serde_json::json!([target.peer, target.erased_seq, target.signature, target.signer])
            })
            .collect();
        let whole = serde_json::json!({
            "terms": consent.terms(), "ended_at": consent.ended_at().map(|at| at.to_string()), "receipts": receipts,
        });
        if consent_delete(&mut tx, id).await? {
            keep_hash(&mut tx, RecordClass::Consent, sha256(whole.to_string().as_bytes()), now).await?;
            tx.commit().await?;
            done += 1;
        }
    }
    Ok(done)
}

async fn sweep_reveals(ctx: &Context) -> Result<u64, FlowError> {
    let (now, terms) = (ctx.clock.now(), &ctx.labour.terms);
    let before = terms.reveal_record.look_before(now);
    let found = reveals_since(&mut ctx.store.read().await?, before, (now, AT_ONCE)).await?;
    let mut done = 0;
    for id in found {
        let mut tx = ctx.store.begin().await?;
        let Some(row) = reveal_find(&mut tx, id).await? else { continue };
        consent_touch(&mut tx, row.consent_id).await?;
        let dates = Dates::RevealRecord { ended_at: row.ended_at, expires_at: row.expires_at };
        let (own, of) = (id.to_string(), row.consent_id.to_string());
        let holds = [(HoldKind::Reveal, own.as_str()), (HoldKind::Consent, of.as_str())];
        if dates.judge(terms, None, now) != Clocked::Due || !is_due(&mut tx, &dates, &holds, ctx).await? {
            continue;
        }
        let whole = serde_json::json!({
            "id": own, "consent": of, "body": row.body, "given_at": row.given_at.to_string(),
            "expires_at": row.expires_at.to_string(), "ended_at": row.ended_at.map(|at| at.to_string()),
        });
        if reveal_delete(&mut tx, id).await? {
            keep_hash(&mut tx, RecordClass::RevealRecord, sha256(whole.to_string().as_bytes()), now).await?;
            tx.commit().await?;
            done += 1;
        }
    }
    Ok(done)
}

async fn sweep_shown(ctx: &Context) -> Result<u64, FlowError> {
    let now = ctx.clock.now();
    let closed_before = ctx.labour.terms.revealed_contacts.look_before(now);
    let found = shown_since(&mut ctx.store.read().await?, closed_before, (now, AT_ONCE)).await?;
    let mut done = 0;
    for row in found {
        if dates_of(&row).judge(&ctx.labour.terms, None, now) != Clocked::Due {
            continue;
        }
        tell_local(&row, ctx).await?; // told twice after a crash, once in effect
        let mut tx = ctx.store.begin().await?;
        if erase_shown(&mut tx, (&row.peer, row.reveal), ctx).await? {
            tx.commit().await?;
            done += 1;
        }
    }
    Ok(done)
}

/// Erases what a person showed an employer of ours, if its time is over and no hold keeps it.
pub(in crate::flow) async fn erase_shown(
    tx: &mut Tx,
    (peer, reveal): (&str, Uuid),
    ctx: &Context,
) -> Result<bool, FlowError> {
    let now = ctx.clock.now();
    shown_touch(tx, reveal).await?;
    let Some(row) = shown_find(tx, (peer, reveal)).await? else { return Ok(false) };
    let dates = dates_of(&row);
    let record = reveal.to_string();
    match judged(tx, &dates, &[(HoldKind::Reveal, &record)], ctx).await? {
        Clocked::Due => {}
        Clocked::Held(until) => {
            let detail = format!("what {peer} showed by reveal {reveal} is held until {until}");
            journal_append(tx, &JournalDraft::at(now, "retention", detail)).await?;
            return Ok(false);
        }
        Clocked::NotYet | Clocked::Until(_) => return Ok(false),
    }
    let is_erased = shown_erase(tx, &row, now).await?;
    if is_erased {
        let detail = format!("what {peer} showed by reveal {reveal} is erased");
        let entry =
            JournalDraft { peer: Some(peer.to_owned()), ..JournalDraft::at(now, "shown_erased", detail) };
        journal_append(tx, &entry).await?;
    }
    Ok(is_erased)
}

/// Tells the local system that what it was handed is over, as if the person had ended it: his node need not say so.
async fn tell_local(row: &ShownRow, ctx: &Context) -> Result<(), FlowError> {
    let Some(document) = row.document_id else { return Ok(()) };
    let desk = ctx.desk.clone();
    let end = RevealEnd {
        reveal: RevealId(row.reveal),
        state: ctx.peers.of_name(&row.peer)?.state,
        ended_at: dates_of(row).due_at(&ctx.labour.terms).unwrap_or_else(|| ctx.clock.now()),
    };
    let origin = Origin {
        document_id: DocumentId::from_uuid(row.reveal), // the same however often it is told
        conversation_id: ConversationId::from_uuid(row.conversation_id.unwrap_or(row.reveal)),
        sender: ctx.state.to_string(),
        message: "retention".to_owned(),
        digest: Digest256([0; 32]),
    };
    let is_of_person = row.ended_at.is_some();
    Context::aside(move || {
        desk.take_back_job(document)?;
        if !is_of_person {
            desk.hand_over_job(&origin, &JobDocument::RevealEnd(Box::new(end)))?;
        }
        Ok::<_, FlowError>(())
    })
    .await?
}

/// Takes what a person showed, and shows no more or by another document, back from where the local system finds it, unless a hold
/// keeps it.
pub(in crate::flow) async fn take_back(
    (peer, reveal): (&str, Uuid),
    by_now: Option<DocumentId>,
    ctx: &Context,
) -> Result<(), FlowError> {
    let mut tx = ctx.store.read().await?;
    let Some(row) = shown_find(&mut tx, (peer, reveal)).await? else { return Ok(()) };
    let held = hold_until(&mut tx, (HoldKind::Reveal, &reveal.to_string()), ctx.clock.now()).await?;
    drop(tx);
    let (Some(document), None) = (row.document_id.filter(|id| Some(*id) != by_now), held) else {
        return Ok(());
    };
    let desk = ctx.desk.clone();
    Context::aside(move || desk.take_back_job(document)).await?
}

async fn sweep_vacancies(ctx: &Context) -> Result<u64, FlowError> {
    let (now, terms) = (ctx.clock.now(), &ctx.labour.terms);
    let before = terms.vacancy.look_before(now);
    let found = vacancies_since(&mut ctx.store.read().await?, before, (now, AT_ONCE)).await?;
    let due: Vec<_> = found
        .into_iter()
        .filter(|(_, closed_at)| {
            (Dates::Vacancy { closed_at: Some(*closed_at) }).judge(terms, None, now) == Clocked::Due
        })
        .collect();
    if due.is_empty() {
        return Ok(0);
    }
    let (mut done, mut tx) = (0, ctx.store.begin().await?);
    for (reference, closed_at) in due {
        vacancy_touch(&mut tx, &reference).await?;
        // it may have been opened and closed again meanwhile
        let now_is =
            published_find(&mut tx, ("", StreamKind::Vacancy), std::slice::from_ref(&reference)).await?;
        let is_same = now_is.get(&reference).is_some_and(|record| record.changed_at == closed_at);
        let dates = Dates::Vacancy { closed_at: Some(closed_at) };
        if is_same && is_due(&mut tx, &dates, &[(HoldKind::Vacancy, &reference)], ctx).await? {
            done += u64::from(vacancy_blank(&mut tx, &reference).await?);
        }
    }
    if done > 0 {
        let detail = format!("{done} vacancies that closed long ago are blank");
        journal_append(&mut tx, &JournalDraft::at(now, "retention", detail)).await?;
    }
    tx.commit().await?;
    Ok(done)
}

/// Each class with how many are kept and when the first is due.
///
/// # Errors
/// The database.
pub async fn retention_view(ctx: &Context) -> Result<Vec<ClassView>, FlowError> {
    let (now, terms) = (ctx.clock.now(), &ctx.labour.terms);
    let mut tx = ctx.store.read().await?;
    let counts = clock_counts(&mut tx).await?;
    let shown = shown_open(&mut tx, SHOWN_MAX).await?;
    let holds = hold_list(&mut tx, HOLDS_MAX).await?;
    let mut views = Vec::new();
    for (class, (kept, first)) in RecordClass::ALL.iter().zip(counts) {
        let next_due = match class {
            RecordClass::RevealedContacts => shown.iter().filter_map(|row| dates_of(row).due_at(terms)).min(),
            RecordClass::PublishedProfile
            | RecordClass::Tombstone
            | RecordClass::Consent
            | RecordClass::RevealRecord
            | RecordClass::Vacancy => first.map(|first| terms.of(*class).after(first)),
        };
        let keeps = |kind: HoldKind| match class {
            RecordClass::PublishedProfile | RecordClass::Tombstone | RecordClass::Consent => {
                kind == HoldKind::Consent
            }
            RecordClass::RevealRecord => kind != HoldKind::Vacancy,
            RecordClass::RevealedContacts => kind == HoldKind::Reveal,
            RecordClass::Vacancy => kind == HoldKind::Vacancy,
        };
        let in_force =
            holds.iter().filter(|hold| hold.lifted_at.is_none() && hold.until > now && keeps(hold.kind));
        views.push(ClassView {
            class: *class,
            kept,
            holds: u64::try_from(in_force.count()).unwrap_or(u64::MAX),
            next_due,
            hashes: hash_count(&mut tx, class.as_str()).await?,
        });
    }
    Ok(views)
}

fn dates_of(row: &ShownRow) -> Dates {
    Dates::RevealedContacts {
        ended_at: row.ended_at,
        expires_at: row.expires_at,
        vacancy_closed_at: row.vacancy_closed_at,
    }
}

async fn is_due(
    tx: &mut Tx,
    dates: &Dates,
    holds: &[(HoldKind, &str)],
    ctx: &Context,
) -> Result<bool, FlowError> {
    Ok(judged(tx, dates, holds, ctx).await? == Clocked::Due)
}

/// What the clock of a record says that is locked.
async fn judged(
    tx: &mut Tx,
    dates: &Dates,
    holds: &[(HoldKind, &str)],
    ctx: &Context,
) -> Result<Clocked, FlowError> {
    let (now, terms): (_, &Terms) = (ctx.clock.now(), &ctx.labour.terms);
    let mut until = None;
    for (kind, record) in holds {
        until = until.max(hold_until(tx, (*kind, record), now).await?);
    }
    Ok(dates.judge(terms, until, now))
}

async fn keep_hash(
    tx: &mut Tx,
    class: RecordClass,
    hash: Digest256,
    now: Timestamp,
) -> Result<(), FlowError> {
    hash_put(tx, class.as_str(), hash, now).await?;
    let detail = format!("a record of class {} is deleted; its SHA-256 is {hash}", class.as_str());
    journal_append(tx, &JournalDraft::at(now, "retention", detail)).await?;
    Ok(())
}

/// So many of each class are looked at in one pass.
const AT_ONCE: u32 = 200;
const SHOWN_MAX: u32 = 10_000;
const HOLDS_MAX: u32 = 10_000;
/// What is not judged one by one goes so many days later, never earlier.
const SLACK_DAYS: i64 = 8;
