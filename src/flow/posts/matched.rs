//! The vacancies that a worker may take, the best first, each with the reasons.

use super::seek::{By, PER_PAGE, Reckoned, count, counted, next_of, page_of, reckoned, removed};
use super::told::{PublishedProfile, profile_told};
use super::vacancy::{VacancyLine, line};
use crate::access::Permit;
use crate::base::{Digest256, Language};
use crate::exchange::canonical::{Currency, State};
use crate::flow::{Context, FlowError};
use crate::labour::consent::Purpose;
use crate::store::job_index::Keys;
use crate::store::{consent_active, consent_candidate};
use schemars::JsonSchema;
use serde::Serialize;

/// What a condition keeps out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Removed {
    /// Its stable name.
    pub barrier: String,
    /// In words.
    pub name: String,
    /// How many it keeps out.
    pub all: u64,
    /// How many more there would be without it.
    pub by_it_alone: u64,
}

/// What a worker may take.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct MatchList {
    /// The worker, by the digest under which he is kept.
    pub worker: String,
    /// By what he is matched: what his node knows of his work, without a name.
    pub profile: PublishedProfile,
    /// What was searched.
    pub reckoned: Reckoned,
    /// A page of vacancies, the best first.
    pub vacancies: Vec<VacancyLine>,
    /// How many he may take at all.
    pub hits: u64,
    /// How many of those can be paged through.
    pub ranked: u64,
    /// Where nothing was found: how many each condition keeps out.
    pub removed: Vec<Removed>,
    /// Where to go on, unless these are the last.
    pub next: Option<String>,
}

/// Matches a worker whose consent to be found is in force; none if there is none.
///
/// # Errors
/// The index cannot be read; the database does not answer.
pub async fn match_vacancies(
    _permit: &Permit,
    worker: Digest256,
    (state, currency, cursor): (Option<State>, Option<Currency>, Option<&str>),
    language: Language,
    ctx: &Context,
) -> Result<Option<MatchList>, FlowError> {
    if !ctx.labour.is_enabled {
        return Ok(None);
    }
    let mut tx = ctx.store.read().await?;
    let now = ctx.clock.now();
    let consent = consent_active(&mut tx, worker, Purpose::CvSearch).await?;
    let consent = consent.filter(|consent| consent.terms().expires_at > now);
    let Some(consent) = consent else { return Ok(None) };
    let Some(candidate) = consent_candidate(&mut tx, consent.terms().id).await? else { return Ok(None) };
    drop(tx);
    let by = By::of(currency, ctx)?;
    let (shelf, reckoned) = reckoned(&by, ctx).await?;
    let page = page_of(cursor);
    let keys = Keys { states: state.into_iter().collect(), page, per_page: PER_PAGE, ..Keys::default() };
    let profile = candidate.profile; // who he is goes no further
    let list = Context::aside(move || -> Result<MatchList, FlowError> {
        let matching = by.matching();
        let index = match &shelf {
            Some(shelf) => shelf.index()?,
            None => None,
        };
        let mut list = MatchList {
            worker: worker.to_string(),
            profile: profile_told(language, &profile, |pay| matching.pay_shown(pay)),
            reckoned: counted(reckoned, shelf.as_deref())?,
            vacancies: Vec::new(),
            hits: 0,
            ranked: 0,
            removed: Vec::new(),
            next: None,
        };
        let Some(index) = index else { return Ok(list) };
        let found = index.search(Some(&profile), &keys, &matching)?;
        list.next = next_of(&found, page);
        list.removed = removed(&found, language);
        (list.hits, list.ranked) = (count(found.hits), count(found.ranked));
        let lines = found.page.iter();
        list.vacancies =
            lines.map(|one| line(&one.vacancy, one.score.as_ref(), &matching, language)).collect();
        Ok(list)
    });
    Ok(Some(list.await??))
}
