//! Consents given and ended. A profile is published, and erased, in the transaction in which its consent says so.

use super::retention::sweep_profiles;
use super::reveals::Ends;
use super::{Ended, LabourError, enabled};
use crate::base::{Digest256, Random, random_octets};
use crate::exchange::canonical::job::{Candidate, ProfileRef};
use crate::exchange::canonical::{Person, RecordId, State, Title};
use crate::exchange::seal::sha256;
use crate::flow::{Context, FlowError, person_digests};
use crate::labour::consent::{
    Consent, ConsentFault, ConsentState, ConsentStep, ConsentTerms, ConsentText, EmployerClass, Purpose,
    Section, SignatureLevel,
};
use crate::labour::retention::{Clocked, Dates, profile_since, renewal_at};
use crate::labour::sync::StreamKind;
use crate::labour::{CellCounts, Known, Withheld, groups_of, leaks, profile_for};
use crate::store::{
    JournalDraft, Published, PublishedState, Tx, cell_counts, cell_put, consent_active, consent_candidate,
    consent_due, consent_end, consent_find, consent_lock, consent_put, journal_append, published_erase,
    published_put, reveal_end, stream_lock, stream_open, stream_put, target_erased, target_list,
    target_oldest, target_put, target_tried, target_waiting,
};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use uuid::Uuid;

/// What a person agrees to.
#[derive(Debug, Clone)]
pub struct NewConsent {
    /// For what.
    pub purpose: Purpose,
    /// Which parts.
    pub sections: BTreeSet<Section>,
    /// To which states.
    pub target_states: BTreeSet<State>,
    /// To which employers.
    pub employer_class: EmployerClass,
    /// Whether agencies are left out.
    pub is_agency_excluded: bool,
    /// The text that was shown.
    pub text: ConsentText,
    /// For how many days.
    pub days: u32,
    /// How the person said yes.
    pub signature_level: SignatureLevel,
    /// What shows that.
    pub evidence: Option<RecordId>,
    /// Act and article.
    pub legal_basis: Title,
}

/// What came of a consent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Its number.
    pub id: Uuid,
    /// The one that it stands in place of.
    pub superseded: Option<Uuid>,
    /// To which peers the profile is published.
    pub published: Vec<String>,
    /// Where it waits, with the code of the reason.
    pub waiting: Vec<(String, &'static str)>,
}

/// Under which digest a person's consents stand: only this node can make it.
///
/// # Errors
/// The cryptographic library fails.
pub fn subject_of(person: &Person, ctx: &Context) -> Result<Digest256, FlowError> {
    let digests = person_digests(person, &ctx.entry)?;
    Ok(digests.first().copied().unwrap_or(Digest256([0; 32]))) // every person has a name
}

/// Notes a consent that a person gave, in place of the one before for the same purpose, and publishes the profile.
///
/// # Errors
/// Unlawful terms; a profile that tells who the person is, with the places; the database. Then nothing is changed.
pub async fn give_consent(candidate: &Candidate, new: NewConsent, ctx: &Context) -> Result<Given, FlowError> {
    let plan = enabled(ctx)?;
    let now = ctx.clock.now();
    let subject = subject_of(&candidate.person, ctx)?;
    let terms = ConsentTerms {
        id: ctx.random.uuid(),
        subject,
        purpose: new.purpose,
        sections: new.sections,
        target_states: new.target_states,
        employer_class: new.employer_class,
        is_agency_excluded: new.is_agency_excluded,
        text: new.text,
        given_at: now,
        expires_at: now.saturating_add(SignedDuration::from_hours(i64::from(new.days) * 24)).unwrap_or(now),
        signature_level: new.signature_level,
        evidence: new.evidence,
        legal_basis: new.legal_basis,
    };
    let (id, publishes) = (terms.id, terms.purpose == Purpose::CvSearch);
    let draft = Consent::draft(terms, ctx.state, plan.consent_days_max).map_err(LabourError::from)?;
    let consent = draft.step(ConsentStep::Sign, now).map_err(LabourError::from)?;
    let since = profile_since(now, candidate.profile.changed);
    let renew_at = renewal_at(now, consent.terms().expires_at, plan.renewal_days);
    if publishes {
        if (Dates::PublishedProfile { since }).judge(&plan.terms, None, now) == Clocked::Due {
            return Err(LabourError::from(ConsentFault::Stale).into());
        }
        let written = serde_json::to_value(&candidate.profile).map_err(|_cause| LabourError::Unwritable)?;
        let findings = leaks(&written, &Known::of(candidate));
        if !findings.is_empty() {
            return Err(LabourError::from(Withheld::Identity(findings)).into());
        }
    }
    let purpose = consent.terms().purpose;
    let standing = consent_active(&mut ctx.store.read().await?, subject, purpose).await?;
    let ends = match &standing {
        Some(standing) => Some((standing.terms().id, Ends::of(standing.terms().id, ctx).await?)),
        None => None,
    };
    let mut tx = ctx.store.begin().await?;
    let before = consent_active(&mut tx, subject, purpose).await?;
    let superseded = before.map(|before| before.terms().id);
    if superseded != ends.as_ref().map(|(id, _)| *id) {
        return Err(LabourError::Overtaken.into());
    }
    if let Some((before, ends)) = &ends {
        end(&mut tx, *before, Ended { state: ConsentState::Superseded, channel: None }, ctx).await?;
        ends.put(&mut tx, ctx).await?;
    }
    let made_of = publishes.then_some((candidate, since));
    consent_put(&mut tx, &consent, ConsentState::Active, made_of, renew_at).await?;
    let mut later = Vec::new();
    if publishes {
        let has = |section| consent.terms().sections.contains(&section);
        if has(Section::Occupation) {
            let region = candidate.profile.home.as_ref().and_then(|home| home.region.as_ref());
            let region = region.filter(|_| has(Section::Location));
            let own = candidate.profile.work.iter().filter_map(|worked| worked.occupation.isco);
            cell_put(&mut tx, id, region, groups_of(own)).await?;
        }
        for state in &consent.terms().target_states {
            // each by itself, so that peers that compare do not find by that whose profile it is
            let publish_at = publish_at(now, plan.publish_within_minutes, ctx.random.as_ref());
            target_put(&mut tx, id, state.as_code(), (now, publish_at)).await?;
            if publish_at > now {
                later.push(*state);
            }
        }
    }
    let detail = format!("consent {id} for {}", consent.terms().purpose.as_str());
    journal_append(&mut tx, &JournalDraft::at(now, "consent_given", detail)).await?;
    tx.commit().await?;
    if let Some((_, ends)) = &ends {
        ends.wake(ctx);
    }
    let mut given = Given { id, superseded, published: Vec::new(), waiting: Vec::new() };
    if publishes {
        for state in &consent.terms().target_states {
            let peer = state.to_string();
            if later.contains(state) {
                given.waiting.push((peer, "labour.publish_later"));
                continue;
            }
            match publish(id, &peer, ctx).await? {
                Ok(()) => given.published.push(peer),
                Err(code) => given.waiting.push((peer, code)),
            }
        }
    }
    Ok(given)
}

/// Takes a consent back: it ends, its profiles are blanked with their hashes, and every peer that had one is told, in one
/// transaction; so is the node of each employer whom the person showed himself to by it.
///
/// # Errors
/// No consent of this number is in force; the database.
pub async fn withdraw_consent(id: Uuid, channel: &RecordId, ctx: &Context) -> Result<(), FlowError> {
    enabled(ctx)?;
    let ends = Ends::of(id, ctx).await?;
    let mut tx = ctx.store.begin().await?;
    let Some(consent) = consent_find(&mut tx, id).await? else { return Err(LabourError::NoConsent.into()) };
    consent.step(ConsentStep::Withdraw, ctx.clock.now()).map_err(LabourError::from)?;
    if !end(&mut tx, id, Ended { state: ConsentState::Withdrawn, channel: Some(channel) }, ctx).await? {
        return Err(LabourError::NoConsent.into());
    }
    ends.put(&mut tx, ctx).await?;
    tx.commit().await?;
    ends.wake(ctx);
    Ok(())
}

/// Notes that consents have expired, or their profiles are too old, as many as are due up to a bound; how many.
///
/// # Errors
/// The database.
pub async fn end_expired(ctx: &Context) -> Result<usize, FlowError> {
    let now = ctx.clock.now();
    let due = consent_due(&mut ctx.store.read().await?, now, AT_ONCE).await?;
    for id in &due {
        let mut tx = ctx.store.begin().await?;
        end(&mut tx, *id, Ended { state: ConsentState::Expired, channel: None }, ctx).await?;
        tx.commit().await?;
    }
    let aged = sweep_profiles(ctx).await?;
    Ok(due.len().saturating_add(usize::try_from(aged).unwrap_or(usize::MAX)))
}

/// Publishes profiles that wait: for a peer, for others who share their cell, or for the end of a suspension.
///
/// # Errors
/// The database.
pub async fn publish_waiting(ctx: &Context) -> Result<(), FlowError> {
    let waiting = target_waiting(&mut ctx.store.read().await?, ctx.clock.now(), AT_ONCE).await?;
    for (id, peer) in waiting {
        let _waits_on = publish(id, &peer, ctx).await?; // its turn comes again
    }
    Ok(())
}

/// Publishes a profile to a peer; the code of the reason if it waits on.
async fn publish(id: Uuid, peer: &str, ctx: &Context) -> Result<Result<(), &'static str>, FlowError> {
    let now = ctx.clock.now();
    let mut tx = ctx.store.begin().await?;
    if !consent_lock(&mut tx, id).await? {
        return Ok(Err("labour.consent"));
    }
    let (consent, candidate) = (consent_find(&mut tx, id).await?, consent_candidate(&mut tx, id).await?);
    let (Some(consent), Some(candidate)) = (consent, candidate) else { return Ok(Err("labour.consent")) };
    let targets = target_list(&mut tx, id).await?;
    if targets.iter().any(|target| target.peer == peer && target.reference.is_some()) {
        return Ok(Ok(()));
    }
    let reference = ProfileRef(ctx.random.uuid());
    let made = match ctx.peers.of_name(peer) {
        Err(_unknown) => Err("flow.unknown_peer"),
        Ok(_) if is_suspended(&mut tx, peer, ctx).await? => Err("labour.suspended"),
        Ok(known) => {
            let counts = counts(&mut tx, &candidate).await?;
            profile_for(&candidate, &consent, (known.state, reference), (&counts, ctx.labour.k), now)
                .map_err(|withheld| withheld.code())
        }
    };
    let profile = match made {
        Ok(profile) => profile,
        Err(code) => {
            target_tried(&mut tx, (id, peer), None, now).await?;
            tx.commit().await?;
            return Ok(Err(code));
        }
    };
    let text = serde_json::to_string(&profile).map_err(|_cause| LabourError::Unwritable)?;
    let hash = sha256(text.as_bytes());
    let name = reference.to_string();
    stream_open(&mut tx, peer, StreamKind::Profile, ctx.random.uuid()).await?;
    let head = stream_lock(&mut tx, peer, StreamKind::Profile).await?;
    let record = Published {
        kind: StreamKind::Profile,
        reference: name.clone(),
        peer: peer.to_owned(),
        state: PublishedState::Active,
        content: Some((text, hash)),
        consent_id: Some(id),
        changed_at: now,
    };
    published_put(&mut tx, &record).await?;
    let change = [(name.as_str(), PublishedState::Active, Some(hash))];
    stream_put(&mut tx, (peer, StreamKind::Profile, head), &change, now).await?;
    target_tried(&mut tx, (id, peer), Some(&name), now).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

async fn counts(tx: &mut Tx, candidate: &Candidate) -> Result<CellCounts, FlowError> {
    let mut all = Vec::new();
    for group in groups_of(candidate.profile.work.iter().filter_map(|worked| worked.occupation.isco)) {
        all.extend(cell_counts(tx, group).await?);
    }
    Ok(CellCounts::new(all))
}

/// Whether a peer has left an erasure unconfirmed for too long.
pub(super) async fn is_suspended(tx: &mut Tx, peer: &str, ctx: &Context) -> Result<bool, FlowError> {
    let oldest = target_oldest(tx, peer).await?;
    let term = SignedDuration::from_hours(i64::from(ctx.labour.suspend_days) * 24);
    Ok(oldest.is_some_and(|at: Timestamp| ctx.clock.now().duration_since(at) > term))
}

/// When a profile is published: at a random instant, so that it does not tell when the person consented.
fn publish_at(now: Timestamp, within_minutes: u32, random: &dyn Random) -> Timestamp {
    let span_ms = u64::from(within_minutes) * 60_000;
    let drawn = u64::from_be_bytes(random_octets(random)).checked_rem(span_ms).unwrap_or(0);
    let wait = SignedDuration::from_millis(i64::try_from(drawn).unwrap_or(0));
    now.checked_add(wait).unwrap_or(now)
}

/// Ends a consent with all that was published by it; false if it is not in force any more.
pub(super) async fn end(
    tx: &mut Tx,
    id: Uuid,
    Ended { state, channel }: Ended<'_>,
    ctx: &Context,
) -> Result<bool, FlowError> {
    let now = ctx.clock.now();
    if !consent_end(tx, id, (state, channel), now).await? {
        return Ok(false);
    }
    let targets = target_list(tx, id).await?; // in the order of peers, so that streams are locked in it
    let erased = published_erase(tx, id, now).await?;
    for target in &targets {
        let mut last = None;
        for (_, reference) in erased.iter().filter(|(peer, _)| *peer == target.peer) {
            let head = stream_lock(tx, &target.peer, StreamKind::Profile).await?;
            let change = [(reference.as_str(), PublishedState::Erased, None)];
            last = Some(stream_put(tx, (&target.peer, StreamKind::Profile, head), &change, now).await?);
        }
        target_erased(tx, (id, &target.peer), last, now).await?;
    }
    reveal_end(tx, id, now).await?;
    let detail = format!("consent {id} is {}; erased at {} peers", state.as_str(), erased.len());
    journal_append(tx, &JournalDraft::at(now, "consent_ended", detail)).await?;
    Ok(true)
}

/// So many are looked at in one pass.
const AT_ONCE: u32 = 200;
