//! Profiles: those of our own state that were published by consent, and those that peers published, for a vacancy of ours. None
//! has a field for a name.

use super::scored::{ScoreTold, score_told};
use super::seek::By;
use super::told::{PublishedProfile, profile_told};
use super::vacancy::{found, guesses_of, offer};
use crate::access::Permit;
use crate::base::{Digest256, Language, from_json};
use crate::exchange::canonical::job::{CandidateProfile, IscoCode, ProfileRef, VacancyRef};
use crate::flow::{Context, FlowError};
use crate::labour::matching::{Guess, meant_occupations, rank_profiles};
use crate::labour::sync::StreamKind;
use crate::store::{consent_candidate, consent_find, consent_page, mirror_page, published_find, target_list};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

/// Profiles of our state.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct OwnProfiles {
    /// Whether this node exchanges jobs.
    pub is_on: bool,
    /// Those first whose consent ends first.
    pub profiles: Vec<OwnProfile>,
    /// Where to go on, unless these are the last.
    pub next: Option<String>,
}

/// A profile of our state.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct OwnProfile {
    /// The worker, by the digest under which he is kept.
    pub worker: String,
    /// By which consent.
    pub consent: String,
    /// Until when.
    #[schemars(with = "String")]
    pub expires_at: Timestamp,
    /// What it tells.
    pub profile: PublishedProfile,
    /// At which peers it is, each with how it is called there; where it waits it has no name.
    pub peers: Vec<(String, Option<String>)>,
}

/// A page of the profiles of our state that are published or wait to be.
///
/// # Errors
/// The database does not answer.
pub async fn own_profiles(
    _permit: &Permit,
    cursor: Option<&str>,
    language: Language,
    ctx: &Context,
) -> Result<OwnProfiles, FlowError> {
    let mut page = OwnProfiles { is_on: ctx.labour.is_enabled, profiles: Vec::new(), next: None };
    if !page.is_on {
        return Ok(page);
    }
    let by = By::of(None, ctx)?;
    let mut tx = ctx.store.read().await?;
    let consents = consent_page(&mut tx, cursor.and_then(place), ROWS).await?;
    for consent in &consents {
        let terms = consent.terms();
        let Some(candidate) = consent_candidate(&mut tx, terms.id).await? else { continue };
        let targets = target_list(&mut tx, terms.id).await?;
        page.profiles.push(OwnProfile {
            worker: terms.subject.to_string(),
            consent: terms.id.to_string(),
            expires_at: terms.expires_at,
            profile: profile_told(language, &candidate.profile, |pay| by.matching().pay_shown(pay)),
            peers: targets.into_iter().map(|target| (target.peer, target.reference)).collect(),
        });
    }
    let is_full = u32::try_from(consents.len()).is_ok_and(|count| count >= ROWS);
    page.next = consents.last().filter(|_| is_full).map(|consent| {
        let terms = consent.terms();
        format!("{}.{}", terms.expires_at.as_millisecond(), terms.id)
    });
    Ok(page)
}

fn place(cursor: &str) -> Option<(Timestamp, Uuid)> {
    let (at, id) = cursor.split_once('.')?;
    Some((Timestamp::from_millisecond(at.parse().ok()?).ok()?, id.parse().ok()?))
}

/// Whose profile is called so at a peer; none if it is no name of a profile of ours.
///
/// # Errors
/// The database does not answer.
pub async fn worker_of(
    _permit: &Permit,
    reference: &str,
    ctx: &Context,
) -> Result<Option<Digest256>, FlowError> {
    let bare = reference.trim().trim_start_matches("prf_");
    let Ok(reference) = bare.parse::<ProfileRef>() else { return Ok(None) };
    let name = reference.to_string();
    let mut tx = ctx.store.read().await?;
    for peer in ctx.peers.names() {
        let found =
            published_find(&mut tx, (&peer, StreamKind::Profile), std::slice::from_ref(&name)).await?;
        let consent = found.get(&name).and_then(|one| one.consent_id);
        if let Some(id) = consent {
            return Ok(consent_find(&mut tx, id).await?.map(|consent| consent.terms().subject));
        }
    }
    Ok(None)
}

/// Persons for a vacancy.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct PeerProfiles {
    /// What the post is called.
    pub title: String,
    /// The best first, of those that were looked at.
    pub profiles: Vec<PeerProfile>,
    /// How many profiles were looked at.
    pub looked_at: u64,
    /// Where to look on, unless these were all.
    pub next: Option<String>,
}

/// A profile that a peer published.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct PeerProfile {
    /// How it is called between the two nodes.
    pub reference: String,
    /// What it tells.
    pub profile: PublishedProfile,
    /// How it fits.
    pub score: ScoreTold,
}

/// The profiles that peers published to our state, ranked for a vacancy of our own: of other states' vacancies the persons did not
/// consent that we look for them. None if it is no open vacancy of ours.
///
/// # Errors
/// The database does not answer.
pub async fn match_profiles(
    _permit: &Permit,
    reference: &VacancyRef,
    cursor: Option<&str>,
    language: Language,
    ctx: &Context,
) -> Result<Option<PeerProfiles>, FlowError> {
    if reference.state != ctx.state {
        return Ok(None);
    }
    let Some(found) = found(reference, ctx).await? else { return Ok(None) };
    let now = ctx.clock.now();
    let (first, first_after) = cursor.and_then(|at| at.split_once('.')).unwrap_or_default();
    let (mut contents, mut next) = (Vec::new(), None);
    let mut tx = ctx.store.read().await?;
    let mut peers = ctx.peers.names();
    peers.sort();
    'peers: for peer in peers.iter().filter(|peer| peer.as_str() >= first) {
        let mut after = if peer == first { first_after } else { "" }.to_owned();
        loop {
            let page = mirror_page(&mut tx, (peer, StreamKind::Profile), (&after, PAGE), now).await?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.reference);
            contents.extend(page.into_iter().filter_map(|one| one.content.map(|(content, _hash)| content)));
            if contents.len() >= LOOKED_AT_MAX {
                next = Some(format!("{peer}.{after}"));
                break 'peers;
            }
        }
    }
    drop(tx);
    let by = By::of(None, ctx)?.for_profiles();
    let list = Context::aside(move || {
        let matching = by.matching();
        let vacancy = &found.vacancy;
        let guesses: Vec<Guess> = guesses_of(vacancy, matching.tables);
        let meant = meant_occupations(vacancy, &guesses, matching.tables, matching.weights);
        let wide: Vec<IscoCode> = meant.iter().filter_map(|meant| meant.group.at_level(1)).collect();
        let read =
            contents.iter().filter_map(|content| from_json::<CandidateProfile>(content.as_bytes()).ok());
        // who works as something wholly else is not scored
        let is_near = |profile: &CandidateProfile| {
            let mut own = profile.work.iter().filter_map(|worked| worked.occupation.isco?.at_level(1));
            wide.is_empty() || profile.work.is_empty() || own.any(|own| wide.contains(&own))
        };
        let profiles: Vec<CandidateProfile> = read.filter(is_near).collect();
        let ranked = rank_profiles(&offer(vacancy, &guesses), &profiles, &matching);
        let shown = ranked.found.iter().take(SHOWN_MAX).map(|matched| PeerProfile {
            reference: matched.item.reference.to_string(),
            profile: profile_told(language, matched.item, |pay| matching.pay_shown(pay)),
            score: score_told(language, &matched.score),
        });
        PeerProfiles {
            title: vacancy.title.as_str().to_owned(),
            profiles: shown.collect(),
            looked_at: super::seek::count(contents.len()),
            next,
        }
    });
    Ok(Some(list.await?))
}

const ROWS: u32 = 25;
const PAGE: u32 = 500;
/// Profiles that are read for one page; more are looked at by going on.
const LOOKED_AT_MAX: usize = 2_000;
const SHOWN_MAX: usize = 20;
