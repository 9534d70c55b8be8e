//! Facts: asked for once and kept while they count; given only where the catalogue, the settings and the law let them.

use super::compose::{Begin, Composed, Opening, begin};
use super::{Context, FlowError};
use crate::base::{Code, DocumentId, Language, explain};
use crate::exchange::adapter::{FactFound, FactQuestion, KnownFact};
use crate::exchange::canonical::{
    Coded, Fact, FactInquiry, FactOffer, FactShape, FactValue, Ground, IdentityAnswer, Person, State,
    Validity,
};
use crate::exchange::rules::{Carries, FactCatalogue, FactKind, Refusal};
use crate::exchange::seal::sha256;
use crate::store::{FactDraft, Tx, fact_find, fact_forget, fact_list, fact_put};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The catalogue of facts, and which of them this node exchanges. Off until the settings name them.
#[derive(Debug, Clone)]
pub struct Facts {
    /// What there is.
    pub catalogue: Arc<FactCatalogue>,
    /// The kinds that are answered and offered.
    pub gives: BTreeSet<Coded>,
    /// The kinds that are asked for, and taken when they are offered.
    pub takes: BTreeSet<Coded>,
    /// How often life events, and what people said to offers, are looked for.
    pub every_ms: u64,
}

/// What became of a question of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactAsked {
    /// A fact that came before still counts; nobody was asked.
    Kept(Box<Fact>),
    /// The question is in the outbox.
    Sent(Composed),
}

/// What the node has to say to a question for a fact.
pub(super) enum SaidOfFact {
    /// The fact.
    Fact(Box<Fact>, Arc<[String]>),
    /// There is none.
    None {
        /// Whether several persons may be meant.
        is_unclear: bool,
    },
    /// It is refused.
    Refused(Refusal),
    /// The feed is older than it may be.
    Late {
        /// As of when it is.
        as_of: Option<Date>,
        /// The limit.
        age_days: i32,
    },
}

/// Asks a peer for a fact, unless one that counts is kept; `fresh` asks in any case.
///
/// # Errors
/// The catalogue or the settings do not let it be asked; as [`begin`].
pub async fn ask_fact(inquiry: &FactInquiry, fresh: bool, ctx: &Context) -> Result<FactAsked, FlowError> {
    let opening = Opening::FactInquiry(inquiry);
    may_begin(opening, ctx)?;
    if !fresh && let Some(fact) = kept(inquiry, ctx).await? {
        return Ok(FactAsked::Kept(Box::new(fact)));
    }
    let (_process, transaction) = ctx.catalogue.beginning_with(Carries::FactInquiry)?;
    let transaction = &transaction.code;
    let what = Begin { opening, to: inquiry.asked, transaction, within: None, refers_to: None };
    Ok(FactAsked::Sent(begin(what, ctx).await?))
}

/// The facts that are kept and still count, the latest first.
///
/// # Errors
/// The database does not answer.
pub async fn kept_facts(ctx: &Context) -> Result<Vec<Fact>, FlowError> {
    let mut tx = ctx.store.read().await?;
    let bodies = fact_list(&mut tx, &today(ctx).to_string()).await?;
    bodies.iter().map(|body| read_kept(body)).collect()
}

/// Forgets the facts that do not count any more.
///
/// # Errors
/// The database does not answer.
pub async fn forget_facts(ctx: &Context) -> Result<u64, FlowError> {
    let mut tx = ctx.store.begin().await?;
    let forgotten = fact_forget(&mut tx, &today(ctx).to_string()).await?;
    tx.commit().await?;
    Ok(forgotten)
}

async fn kept(inquiry: &FactInquiry, ctx: &Context) -> Result<Option<Fact>, FlowError> {
    let key = key_of((inquiry.asked, &inquiry.kind), &inquiry.ground, &inquiry.person);
    let mut tx = ctx.store.read().await?;
    let body = fact_find(&mut tx, &key, &today(ctx).to_string()).await?;
    body.map(|body| read_kept(&body)).transpose()
}

/// Keeps a fact until it ends, for its purpose and ground alone.
pub(super) async fn keep(
    tx: &mut Tx,
    document_id: DocumentId,
    fact: &Fact,
    now: Timestamp,
) -> Result<(), FlowError> {
    let ends = [Some(fact.validity), fact.ground.consent.as_ref().map(|consent| consent.validity)];
    let until = ends.into_iter().flatten().map(|validity| validity.until()).min();
    let body = serde_json::to_string(fact).map_err(|_cause| unreadable())?;
    let draft = FactDraft {
        key: key_of((fact.state, &fact.kind), &fact.ground, &fact.person),
        peer: fact.state.to_string(),
        kind: fact.kind.as_str().to_owned(),
        document_id,
        valid_until: until.unwrap_or_else(|| fact.validity.until()).to_string(),
        kept_at: now,
        body,
    };
    Ok(fact_put(tx, &draft).await?)
}

fn read_kept(body: &str) -> Result<Fact, FlowError> {
    serde_json::from_str(body).map_err(|_cause| unreadable())
}

fn unreadable() -> FlowError {
    FlowError::KeptFact
}

/// By what a fact is found again: who said it, of what kind, on what ground, about whom. No name or number can be read
/// out of it.
fn key_of((state, kind): (State, &Coded), ground: &Ground, person: &Person) -> String {
    let mut who: Vec<String> = person
        .identifiers
        .iter()
        .map(|held| format!("{}:{}", held.identifier.kind().as_code(), held.identifier.as_str()))
        .collect();
    who.sort();
    who.dedup();
    if who.is_empty() {
        let name = [person.name.family(), person.name.given(), person.name.patronymic()];
        who.extend(name.into_iter().flatten().map(str::to_lowercase));
        who.push(person.birth_date.to_string());
    }
    let ground = [ground.purpose.as_str(), ground.channel.as_code(), ground.basis.as_str()];
    let head = [state.as_code(), kind.as_str()];
    let parts = head.into_iter().chain(ground).map(str::to_owned).chain(who);
    sha256(parts.collect::<Vec<_>>().join("\u{1f}").as_bytes()).to_string()
}

/// Whether the catalogue and the settings let a transaction about facts begin.
pub(super) fn may_begin(opening: Opening<'_>, ctx: &Context) -> Result<(), FlowError> {
    let (kind, judged) = match opening {
        Opening::FactInquiry(inquiry) => (&inquiry.kind, judge_question(inquiry, ctx)),
        Opening::FactOffer { offer, to, .. } => (&offer.fact.kind, judge_own(&offer.fact, to, ctx)),
        Opening::Inquiry(_)
        | Opening::Record(_)
        | Opening::Status(_)
        | Opening::Case(_)
        | Opening::Job(_)
        | Opening::Check(_) => return Ok(()),
    };
    judged.map_err(|refusal| FlowError::Fact { kind: kind.as_str().to_owned(), refusal })
}

fn judge_question(inquiry: &FactInquiry, ctx: &Context) -> Result<(), Refusal> {
    ctx.facts.catalogue.judge(inquiry, today(ctx))?;
    configured(&ctx.facts.takes, &inquiry.kind)
}

fn judge_own(fact: &Fact, to: State, ctx: &Context) -> Result<(), Refusal> {
    ctx.facts.catalogue.judge_fact(fact, to, today(ctx))?;
    configured(&ctx.facts.gives, &fact.kind)
}

/// Why a fact that a peer offers is declined, if it is; `came` is the day on which it came.
pub(super) fn declined(offer: &FactOffer, came: Timestamp, ctx: &Context) -> Option<Refusal> {
    let judged = ctx.facts.catalogue.judge_fact(&offer.fact, ctx.state, day_of(came));
    judged.and_then(|_kind| configured(&ctx.facts.takes, &offer.fact.kind)).err()
}

fn configured(kinds: &BTreeSet<Coded>, kind: &Coded) -> Result<(), Refusal> {
    if kinds.contains(kind) { Ok(()) } else { Err(Refusal::NotConfigured) }
}

/// What this node has to say to a question.
pub(super) async fn say(inquiry: &FactInquiry, ctx: &Context) -> Result<SaidOfFact, FlowError> {
    let today = today(ctx);
    let judged = ctx.facts.catalogue.judge(inquiry, today);
    let kind = match judged.and_then(|kind| configured(&ctx.facts.gives, &kind.code).map(|()| kind)) {
        Ok(kind) => kind,
        Err(refusal) => return Ok(SaidOfFact::Refused(refusal)),
    };
    find_own(kind, (&inquiry.person, &inquiry.ground), today, ctx).await
}

/// What our own forms say of a person.
pub(super) async fn find_own(
    kind: &FactKind,
    (person, ground): (&Person, &Ground),
    today: Date,
    ctx: &Context,
) -> Result<SaidOfFact, FlowError> {
    let person = person.told_apart();
    let (code, age_days) = (kind.code.clone(), kind.age_days);
    let question = FactQuestion { kind: code, shape: kind.shape, age_days, person: person.clone() };
    let desk = ctx.desk.clone();
    let found = Context::aside(move || desk.find_fact(&question, today)).await??;
    super::note_local_findings(ctx).await?;
    let known = |answer| KnownFact {
        value: FactValue::Match(answer),
        from: None,
        until: None,
        as_of: today,
        read_by: Arc::default(),
    };
    let known = match (found, kind.shape) {
        (FactFound::Known(known), _) => known,
        (FactFound::Nobody, FactShape::Match) => known(IdentityAnswer::No),
        (FactFound::Several, FactShape::Match) => known(IdentityAnswer::Ambiguous),
        (FactFound::Nobody, _) => return Ok(SaidOfFact::None { is_unclear: false }),
        (FactFound::Several, _) => return Ok(SaidOfFact::None { is_unclear: true }),
        (FactFound::Late { as_of }, _) => return Ok(SaidOfFact::Late { as_of, age_days }),
    };
    let Some(validity) = validity(&known, ground, kind, today) else {
        return Ok(SaidOfFact::None { is_unclear: false });
    };
    let KnownFact { value, as_of, read_by, .. } = known;
    let (state, kind, ground) = (ctx.state, kind.code.clone(), ground.clone());
    Ok(SaidOfFact::Fact(Box::new(Fact { state, kind, person, value, validity, as_of, ground }), read_by))
}

/// For which days an answer may be relied on: no longer than its kind, the fact itself and the consent let it.
fn validity(known: &KnownFact, ground: &Ground, kind: &FactKind, today: Date) -> Option<Validity> {
    let longest = today.checked_add(jiff::Span::new().days(kind.valid_days)).ok()?;
    let consent = ground.consent.as_ref().map(|consent| consent.validity.until());
    let until = [Some(longest), known.until, consent].into_iter().flatten().min()?;
    let from = known.from.filter(|from| *from <= today).unwrap_or(today);
    Validity::new(from, until).ok().filter(|validity| validity.holds(today))
}

/// The day of an instant, as terms of facts count days.
pub fn day_of(at: Timestamp) -> Date {
    at.to_zoned_datetime(TimeZone::UTC).date()
}

/// Today.
pub(super) fn today(ctx: &Context) -> Date {
    day_of(ctx.clock.now())
}

/// How a refusal is told to a peer: its code, and what it means.
pub(super) fn refusal_text(code: Code) -> String {
    let told = explain(code).map(|entry| entry.cause.of(Language::Ru)).unwrap_or_default();
    format!("[{code}] {told}")
}

/// The refusal that a peer's notice tells; nothing else of its text is believed.
pub(super) fn refusal_in(text: &str) -> Option<Refusal> {
    let (code, _) = text.strip_prefix('[')?.split_once(']')?;
    Refusal::of_code(code)
}
