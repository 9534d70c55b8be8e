//! The search for vacancies: words, an occupation, a state, pay in the reader's currency; how many there are of what.

use super::shelf::JobShelf;
use super::sources::{JobSource, job_sources};
use super::told::{OccupationTold, group_says, group_told};
use super::vacancy::{VacancyLine, barrier_says, line};
use super::{Removed, told::choice};
use crate::access::Permit;
use crate::base::Language;
use crate::exchange::canonical::job::IscoCode;
use crate::exchange::canonical::{Currency, Money, State};
use crate::flow::{Context, FlowError};
use crate::labour::matching::{BuiltInTables, Matching, Rates, Recognition, Sought, Weights};
use crate::labour::occupations::Coder;
use crate::store::job_index::{Found, Keys, Order};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;
use std::sync::Arc;

/// What is sought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VacancyQuery {
    /// Words that a reader typed, in any of the six languages.
    pub words: String,
    /// An occupation: a code of ISCO-08, or what it is called.
    pub occupation: String,
    /// In which state.
    pub state: Option<State>,
    /// In which major group, one digit.
    pub major: Option<IscoCode>,
    /// The least pay for a month.
    pub pay_from: Option<u32>,
    /// In which currency pay is told; that of the node's state if none is named.
    pub currency: Option<Currency>,
    /// Whether the newest come first, and not the best.
    pub is_newest_first: bool,
    /// Where to go on, as an earlier page said.
    pub cursor: Option<String>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct VacancyList {
    /// What was searched.
    pub reckoned: Reckoned,
    /// The occupation that was understood, if one was named.
    pub occupation: Option<OccupationTold>,
    /// A page of them.
    pub vacancies: Vec<VacancyLine>,
    /// How many meet what was asked.
    pub hits: u64,
    /// How many of those can be paged through.
    pub ranked: u64,
    /// How many there are of each state.
    pub states: Vec<Facet>,
    /// How many there are of each major group of occupations.
    pub majors: Vec<Facet>,
    /// Where nothing was found: how many each condition keeps out.
    pub removed: Vec<Removed>,
    /// Where to go on, unless these are the last.
    pub next: Option<String>,
}

/// What a search was made in, and by which rates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Reckoned {
    /// Whether this node exchanges jobs.
    pub is_on: bool,
    /// How many vacancies the index holds; nothing where there is no index yet.
    pub indexed: Option<u64>,
    /// When the index was made.
    #[schemars(with = "Option<String>")]
    pub made_at: Option<Timestamp>,
    /// In which currency pay is told.
    pub currency: String,
    /// The day of the newest rate; nothing where there are none.
    pub rates_on: Option<String>,
    /// How old what is here of each peer is.
    pub sources: Vec<JobSource>,
}

/// How many there are of a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Facet {
    /// The value.
    pub code: String,
    /// What it is called.
    pub name: String,
    /// How many.
    pub count: u64,
}

/// By what is matched, held together.
pub(super) struct By {
    weights: &'static Weights,
    recognition: &'static Recognition,
    rates: Option<Arc<Rates>>,
    currency: Currency,
    today: Date,
    sought: Sought,
}

impl By {
    /// For a reader who thinks in a currency, or in that of our state.
    pub(super) fn of(currency: Option<Currency>, ctx: &Context) -> Result<Self, FlowError> {
        let refuse = |finding| FlowError::Unlawful(vec![finding]);
        let own = own_currency(ctx.state).parse().map_err(refuse)?;
        Ok(Self {
            weights: Weights::built_in().map_err(refuse)?,
            recognition: Recognition::built_in().map_err(refuse)?,
            rates: ctx.labour.shelf.as_ref().and_then(|shelf| shelf.rates()),
            currency: currency.unwrap_or(own),
            today: ctx.clock.now().to_zoned_datetime(TimeZone::UTC).date(),
            sought: Sought::Vacancies,
        })
    }

    /// The same where persons are sought.
    pub(super) fn for_profiles(self) -> Self {
        Self { sought: Sought::Profiles, ..self }
    }

    pub(super) fn matching(&self) -> Matching<'_> {
        Matching {
            weights: self.weights,
            recognition: self.recognition,
            tables: &BuiltInTables,
            rates: self.rates.as_deref(),
            currency: self.currency,
            today: self.today,
            sought: self.sought,
        }
    }
}

/// Finds vacancies among what this node published and what it has of its peers.
///
/// # Errors
/// The index cannot be read; the database does not answer.
pub async fn seek_vacancies(
    _permit: &Permit,
    query: &VacancyQuery,
    language: Language,
    ctx: &Context,
) -> Result<VacancyList, FlowError> {
    let by = By::of(query.currency, ctx)?;
    let (shelf, reckoned) = reckoned(&by, ctx).await?;
    let page = page_of(query.cursor.as_deref());
    let mut keys = Keys { page, ..keys_of(query, &by) };
    let asked = query.occupation.clone();
    let list = Context::aside(move || -> Result<VacancyList, FlowError> {
        let understood = understood(&asked);
        let group = understood.flatten();
        keys.groups.extend(group);
        let occupation = group.map(|group| group_told(language, group));
        let index = match &shelf {
            Some(shelf) => shelf.index()?,
            None => None,
        };
        // an occupation that nobody understands finds nothing rather than everything
        let index = index.filter(|_| understood.is_some());
        let reckoned = counted(reckoned, shelf.as_deref())?;
        let Some(index) = index else { return Ok(VacancyList::nothing(reckoned, occupation)) };
        let found = index.search(None, &keys, &by.matching())?;
        let (next, removed) = (next_of(&found, page), removed(&found, language));
        let lines = found.page.iter();
        let vacancies = lines.map(|one| line(&one.vacancy, one.score.as_ref(), &by.matching(), language));
        let facet = |name: &str, called: &dyn Fn(&str) -> String| -> Vec<Facet> {
            let counts = found.facets.counts(name).iter();
            counts
                .map(|(code, count)| Facet { code: code.clone(), name: called(code), count: *count })
                .collect()
        };
        let mut majors = facet("major", &|code| {
            code.parse().map_or_else(|_finding| code.to_owned(), |group| group_says(language, group))
        });
        majors.sort_by(|one, other| one.code.cmp(&other.code));
        Ok(VacancyList {
            reckoned,
            occupation,
            vacancies: vacancies.collect(),
            hits: count(found.hits),
            ranked: count(found.ranked),
            states: facet("state", &|code| choice(language, "peer", code)),
            majors,
            removed,
            next,
        })
    });
    list.await?
}

impl VacancyList {
    fn nothing(reckoned: Reckoned, occupation: Option<OccupationTold>) -> Self {
        Self {
            reckoned,
            occupation,
            vacancies: Vec::new(),
            hits: 0,
            ranked: 0,
            states: Vec::new(),
            majors: Vec::new(),
            removed: Vec::new(),
            next: None,
        }
    }
}

/// What a reader asks, as keys of the index, without the occupation.
pub(super) fn keys_of(query: &VacancyQuery, by: &By) -> Keys {
    Keys {
        words: query.words.clone(),
        states: query.state.into_iter().collect(),
        majors: query.major.into_iter().collect(),
        pay_from: query.pay_from.and_then(|least| Money::new(Decimal::from(least), by.currency).ok()),
        order: if query.is_newest_first { Order::Recent } else { Order::Match },
        per_page: PER_PAGE,
        ..Keys::default()
    }
}

/// What is searched, and how old it is.
pub(super) async fn reckoned(by: &By, ctx: &Context) -> Result<(Option<Arc<JobShelf>>, Reckoned), FlowError> {
    let shelf = ctx.labour.shelf.clone().filter(|_| ctx.labour.is_enabled);
    let sources = if ctx.labour.is_enabled { job_sources(ctx).await? } else { Vec::new() };
    let rates_on = by.rates.as_ref().and_then(|rates| rates.rate.iter().map(|rate| rate.on).max());
    let reckoned = Reckoned {
        is_on: ctx.labour.is_enabled,
        indexed: None,
        made_at: None,
        currency: by.currency.to_string(),
        rates_on: rates_on.map(|on| on.to_string()),
        sources,
    };
    Ok((shelf, reckoned))
}

/// The same with what the index says of itself.
pub(super) fn counted(reckoned: Reckoned, shelf: Option<&JobShelf>) -> Result<Reckoned, FlowError> {
    let Some(shelf) = shelf else { return Ok(reckoned) };
    let indexed = shelf.index()?.map(|index| index.count());
    Ok(Reckoned { indexed, made_at: shelf.made().map(|made| made.at), ..reckoned })
}

pub(super) fn removed(found: &Found, language: Language) -> Vec<Removed> {
    let told = |(name, removed): (&&'static str, &crate::labour::matching::Removed)| Removed {
        barrier: (*name).to_owned(),
        name: barrier_says(language, name),
        all: count(removed.all),
        by_it_alone: count(removed.by_it_alone),
    };
    found.removed.iter().map(told).collect()
}

/// A page by its cursor: a reader who changes it begins anew.
pub(super) fn page_of(cursor: Option<&str>) -> usize {
    cursor.and_then(|cursor| cursor.parse().ok()).filter(|page| *page <= PAGES_MAX).unwrap_or_default()
}

pub(super) fn next_of(found: &Found, page: usize) -> Option<String> {
    let seen = page.saturating_add(1).saturating_mul(PER_PAGE);
    (seen < found.ranked).then(|| page.saturating_add(1).to_string())
}

pub(super) fn count(of: usize) -> u64 {
    u64::try_from(of).unwrap_or(u64::MAX)
}

/// A group by its code, or by what somebody calls it; none was named where `Some(None)`, and `None` if nobody can tell.
pub(super) fn understood(asked: &str) -> Option<Option<IscoCode>> {
    let asked = asked.trim();
    if asked.is_empty() {
        return Some(None);
    }
    if let Ok(code) = asked.parse() {
        return Some(Some(code));
    }
    let coding = Coder::built_in().code(asked);
    let likely = coding.candidates.first().filter(|one| one.confidence >= UNDERSTOOD_FROM);
    coding.answer.or(likely.map(|one| one.group)).map(Some)
}

/// What is paid in, where a node stands.
pub(super) fn own_currency(state: State) -> &'static str {
    match state {
        State::Am => "AMD",
        State::By => "BYN",
        State::Kz => "KZT",
        State::Kg => "KGS",
        State::Ru => "RUB",
    }
}

pub(super) const PER_PAGE: usize = 10;
const PAGES_MAX: usize = 1_000;
/// A title that is understood less surely is not searched by.
const UNDERSTOOD_FROM: f64 = 0.3;
