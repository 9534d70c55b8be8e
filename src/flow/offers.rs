//! Offers: what happens in a person's life makes a state offer a fact to another, once, and by consent where the ground is
//! one. To decline has no effect on anything else.

use super::compose::{Begin, Opening, begin};
use super::facts::{SaidOfFact, day_of, find_own, today};
use super::note::tell_once;
use super::{Context, Desk, Facts, FlowError};
use crate::base::{ConversationId, with_causes};
use crate::exchange::adapter::PersonEvent;
use crate::exchange::canonical::{Channel, Coded, Consent, FactInquiry, FactOffer, Ground, Person, State};
use crate::exchange::rules::{Carries, OfferRule};
use crate::exchange::seal::sha256;
use crate::store::{
    ConversationState, FactOfferDraft, FactOfferRow, FactOfferState, JournalDraft, Role, Tx,
    conversation_find, fact_offer_answered, fact_offer_find, fact_offer_list, fact_offer_move,
    fact_offer_put, journal_append,
};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use uuid::Uuid;

/// What a person said to an offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Agreement {
    /// He agrees.
    Agreed(Consent),
    /// He does not.
    Declined,
}

/// What was said to which offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgreementOf {
    /// The number of the offer.
    pub offer: Uuid,
    /// What was said.
    pub agreement: Agreement,
}

/// Whether what was said had an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// Yes.
    Done,
    /// The offer waits for nobody, or there is none of this number.
    NotWaiting,
}

/// Whose fact is offered, and on what ground: what is kept of an offer until it leaves.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Draft {
    event: Coded,
    person: Person,
    ground: Ground,
}

/// Makes the offers of events that are new; `seen` keeps what needs not be looked for again. Tells how many were made.
///
/// # Errors
/// The local system cannot be asked, the database does not answer.
pub async fn note_life_events(seen: &mut HashSet<String>, ctx: &Context) -> Result<usize, FlowError> {
    if ctx.facts.gives.is_empty() {
        return Ok(0);
    }
    let desk = ctx.desk.clone();
    let events = Context::aside(move || desk.life_events()).await??;
    let now = ctx.clock.now();
    let mut made = 0;
    for one in events {
        let key = key_of(&one);
        if !seen.insert(key.clone()) {
            continue;
        }
        let drafts = drafts_of(&one, &key, now, ctx)?;
        if drafts.is_empty() {
            continue;
        }
        let mut tx = ctx.store.begin().await?;
        for draft in &drafts {
            if fact_offer_put(&mut tx, draft).await? {
                made += 1;
                let event = one.event.kind.as_str();
                let detail = format!(
                    "{} of {} after {event}, for {}: {}",
                    draft.id, draft.kind, draft.peer, draft.state
                );
                journal_append(&mut tx, &JournalDraft::at(now, "offer", detail)).await?;
            }
        }
        tx.commit().await?;
    }
    Ok(made)
}

/// The offers that the rules draw from an event: to a peer, of a kind that this node gives, while the event is new.
fn drafts_of(
    one: &PersonEvent,
    key: &str,
    now: Timestamp,
    ctx: &Context,
) -> Result<Vec<FactOfferDraft>, FlowError> {
    let catalogue = &ctx.facts.catalogue;
    let rules = catalogue.event(&one.event.kind).map(|event| event.offers.as_slice()).unwrap_or_default();
    let is_peer = ctx.peers.of_name(one.event.state.as_code()).is_ok();
    let age = (day_of(now) - one.event.date).get_days();
    let is_meant = |rule: &&OfferRule| {
        let is_held = catalogue.kind(rule.fact.as_str()).is_some_and(|kind| kind.is_held_by(ctx.state));
        rule.to.contains(&one.event.state)
            && is_held
            && ctx.facts.gives.contains(&rule.fact)
            && (0..=rule.days).contains(&age)
    };
    let draft = |rule: &OfferRule| {
        let (purpose, channel, basis) = (rule.purpose.clone(), rule.channel, rule.basis.clone());
        let ground = Ground { purpose, channel, basis, consent: None };
        let body = Draft { event: one.event.kind.clone(), person: one.person.clone(), ground };
        let days = SignedDuration::from_hours(i64::from(rule.days) * 24);
        Ok(FactOfferDraft {
            id: ctx.random.uuid(),
            event: key.to_owned(),
            kind: rule.fact.as_str().to_owned(),
            peer: one.event.state.to_string(),
            state: if channel == Channel::Consent { FactOfferState::Waiting } else { FactOfferState::Ready },
            made_at: now,
            expires_at: now.saturating_add(days).unwrap_or(now),
            body: written(&body)?,
        })
    };
    rules.iter().filter(|_| is_peer).filter(is_meant).map(draft).collect()
}

/// Tells once of each feed that is older than it may be; nobody need have asked (the feed must be timely).
///
/// # Errors
/// The local system cannot be asked, the database does not answer.
pub async fn note_late_feeds(ctx: &Context) -> Result<(), FlowError> {
    let (facts, desk, today) = (ctx.facts.clone(), ctx.desk.clone(), today(ctx));
    for told in Context::aside(move || late_feeds(&facts, &*desk, today)).await?? {
        tell_once(&told, "flow.fact_feed_late", ctx).await?;
    }
    Ok(())
}

/// A sentence for each kind that is given and whose feed is older than it may be on a day.
///
/// # Errors
/// The local system cannot be asked.
pub fn late_feeds(facts: &Facts, desk: &dyn Desk, today: Date) -> Result<Vec<String>, FlowError> {
    let mut told = Vec::new();
    for code in &facts.gives {
        let Some(kind) = facts.catalogue.kind(code.as_str()) else { continue };
        let as_of = desk.fed_on(code)?;
        if as_of.is_none_or(|day| (today - day).get_days() > kind.age_days) {
            told.push(late(code.as_str(), as_of, kind.age_days));
        }
    }
    Ok(told)
}

/// Takes what a person said. What he agreed to must let the peer be told.
///
/// # Errors
/// The consent is for another purpose or state, or does not count today; the database does not answer.
pub async fn settle_offer(said: &AgreementOf, ctx: &Context) -> Result<Settled, FlowError> {
    let now = ctx.clock.now();
    let mut tx = ctx.store.begin().await?;
    let found = fact_offer_find(&mut tx, said.offer).await?;
    let Some(row) = found.filter(|row| row.draft.state == FactOfferState::Waiting) else {
        return Ok(Settled::NotWaiting);
    };
    let (to, body) = match &said.agreement {
        Agreement::Declined => (FactOfferState::Declined, String::new()),
        Agreement::Agreed(consent) => {
            let mut draft = read(&row)?;
            draft.ground.consent = Some(consent.clone());
            judge(&row, &draft, ctx)?;
            (FactOfferState::Ready, written(&draft)?)
        }
    };
    if !fact_offer_move(&mut tx, said.offer, (FactOfferState::Waiting, to), &body).await? {
        return Ok(Settled::NotWaiting);
    }
    tell(&mut tx, &row, to, None, now).await?;
    tx.commit().await?;
    Ok(Settled::Done)
}

/// Takes what the local system tells that people said; tells of each once what cannot be used.
///
/// # Errors
/// The local system cannot be asked, the database does not answer.
pub async fn take_agreements(seen: &mut HashSet<Uuid>, ctx: &Context) -> Result<(), FlowError> {
    let desk = ctx.desk.clone();
    let (all, findings) = Context::aside(move || desk.agreements()).await??;
    for finding in findings {
        tell_once(&finding.to_string(), &finding.code, ctx).await?;
    }
    for said in all {
        if seen.contains(&said.offer) {
            continue;
        }
        match settle_offer(&said, ctx).await {
            Ok(_) => drop(seen.insert(said.offer)),
            Err(FlowError::Fact { kind, refusal }) => {
                let detail = format!("what was said to offer {} of {kind} cannot be used", said.offer);
                tell_once(&detail, refusal.code(), ctx).await?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Sends the offers that are ready, and ends those that nobody spoke to in time.
///
/// # Errors
/// The database does not answer. What speaks against one offer does not keep the others.
pub async fn send_offers(ctx: &Context) -> Result<(), FlowError> {
    let now = ctx.clock.now();
    let mut tx = ctx.store.read().await?;
    let mut open = fact_offer_list(&mut tx, FactOfferState::Waiting).await?;
    open.extend(fact_offer_list(&mut tx, FactOfferState::Ready).await?);
    let mut unanswered = Vec::new();
    for row in fact_offer_list(&mut tx, FactOfferState::Sent).await? {
        let Some(id) = row.conversation_id else { continue };
        let state = conversation_find(&mut tx, id, Role::Initiator).await?.map(|known| known.state);
        if matches!(state, Some(ConversationState::Failed | ConversationState::Expired)) {
            unanswered.push(row);
        }
    }
    drop(tx);
    for row in &unanswered {
        end(row, FactOfferState::Unanswered, None, ctx).await?;
    }
    for row in open {
        if row.draft.expires_at <= now {
            end(&row, FactOfferState::Expired, None, ctx).await?;
        } else if row.draft.state == FactOfferState::Ready {
            match send(&row, ctx).await {
                Ok(()) | Err(FlowError::OfferGone) => {}
                Err(FlowError::Store(error)) => return Err(error.into()),
                Err(FlowError::Fact { refusal, .. }) => {
                    end(&row, FactOfferState::Empty, Some(refusal.code()), ctx).await?;
                }
                Err(error) => {
                    let detail = format!(
                        "offer {} of {} waits: {}",
                        row.draft.id,
                        row.draft.kind,
                        with_causes(&error)
                    );
                    tell_once(&detail, "flow.offer_waits", ctx).await?;
                }
            }
        }
    }
    Ok(())
}

/// All offers that are kept, by their state.
///
/// # Errors
/// The database does not answer.
pub async fn open_offers(ctx: &Context) -> Result<Vec<FactOfferRow>, FlowError> {
    let mut tx = ctx.store.read().await?;
    let mut all = Vec::new();
    for state in FactOfferState::ALL {
        all.extend(fact_offer_list(&mut tx, *state).await?);
    }
    Ok(all)
}

/// Notes what the peer said of an offer.
pub(super) async fn answered(
    tx: &mut Tx,
    conversation_id: ConversationId,
    is_taken: bool,
) -> Result<(), FlowError> {
    let to = if is_taken { FactOfferState::Accepted } else { FactOfferState::Refused };
    // false: the notice is of a question, or the offer was not made by an event
    let _is_offer = fact_offer_answered(tx, conversation_id, to).await?;
    Ok(())
}

async fn send(row: &FactOfferRow, ctx: &Context) -> Result<(), FlowError> {
    let draft = read(row)?;
    let to = judge(row, &draft, ctx)?;
    let kind = ctx.facts.catalogue.kind(&row.draft.kind).ok_or(FlowError::KeptFact)?;
    let said = find_own(kind, (&draft.person, &draft.ground), today(ctx), ctx).await?;
    let fact = match said {
        SaidOfFact::Fact(fact, _read_by) => *fact,
        SaidOfFact::None { .. } => return end(row, FactOfferState::Empty, None, ctx).await,
        SaidOfFact::Refused(refusal) => {
            return end(row, FactOfferState::Empty, Some(refusal.code()), ctx).await;
        }
        SaidOfFact::Late { as_of, age_days } => {
            let detail = late(&row.draft.kind, as_of, age_days);
            return tell_once(&detail, "flow.fact_feed_late", ctx).await;
        }
    };
    let offer = FactOffer { event: draft.event, fact };
    let (_process, transaction) = ctx.catalogue.beginning_with(Carries::FactOffer)?;
    let opening = Opening::FactOffer { offer: &offer, to, row: Some(row.draft.id) };
    begin(Begin { opening, to, transaction: &transaction.code, within: None, refers_to: None }, ctx).await?;
    Ok(())
}

/// Whether the peer may be told, and which it is.
fn judge(row: &FactOfferRow, draft: &Draft, ctx: &Context) -> Result<State, FlowError> {
    let to = ctx.peers.of_name(&row.draft.peer)?.state;
    let kind: Coded = row.draft.kind.parse().map_err(|_finding| FlowError::KeptFact)?;
    let (person, ground) = (draft.person.clone(), draft.ground.clone());
    let as_asked = FactInquiry { asking: to, asked: ctx.state, person, kind, ground };
    let judged = ctx.facts.catalogue.judge(&as_asked, today(ctx));
    judged.map_err(|refusal| FlowError::Fact { kind: row.draft.kind.clone(), refusal })?;
    Ok(to)
}

async fn end(
    row: &FactOfferRow,
    to: FactOfferState,
    code: Option<&str>,
    ctx: &Context,
) -> Result<(), FlowError> {
    let mut tx = ctx.store.begin().await?;
    if fact_offer_move(&mut tx, row.draft.id, (row.draft.state, to), "").await? {
        tell(&mut tx, row, to, code, ctx.clock.now()).await?;
    }
    Ok(tx.commit().await?)
}

async fn tell(
    tx: &mut Tx,
    row: &FactOfferRow,
    to: FactOfferState,
    code: Option<&str>,
    now: Timestamp,
) -> Result<(), FlowError> {
    let detail = format!("{} of {} for {}: {to}", row.draft.id, row.draft.kind, row.draft.peer);
    journal_append(tx, &JournalDraft::at(now, "offer", detail).coded(code)).await?;
    Ok(())
}

/// The alarm of a feed that is older than it may be.
pub(super) fn late(kind: &str, as_of: Option<Date>, age_days: i32) -> String {
    match as_of {
        Some(day) => format!("the feed of {kind} is of {day}, older than {age_days} days"),
        None => format!("nothing was ever fed of {kind}; put a file of its form into the local folder"),
    }
}

/// By what an event is known: its register, its id, and whose it is.
fn key_of(one: &PersonEvent) -> String {
    let who = one.person.identifiers.first().map(|held| held.identifier.as_str()).unwrap_or_default();
    let parts = [one.event.kind.as_str(), one.event.id.as_str(), who];
    sha256(parts.join("\u{1f}").as_bytes()).to_string()
}

fn read(row: &FactOfferRow) -> Result<Draft, FlowError> {
    serde_json::from_str(&row.draft.body).map_err(|_cause| FlowError::KeptFact)
}

fn written(draft: &Draft) -> Result<String, FlowError> {
    serde_json::to_string(draft).map_err(|_cause| FlowError::KeptFact)
}
