//! The search for vacancies in what peers tell at once, beside what is here: one pool, judged by the same question and set in order
//! by the same score, whoever told it. What a peer did not tell is never passed over in silence.

use super::Removed;
use super::seek::{By, Reckoned, VacancyQuery, count, counted, keys_of, reckoned, removed, understood};
use super::sources::JobSource;
use super::told::OccupationTold;
use super::vacancy::{VacancyLine, line};
use crate::access::Permit;
use crate::base::Language;
use crate::exchange::canonical::State;
use crate::exchange::canonical::job::{CandidateProfile, Vacancy};
use crate::flow::labour::{LiveAsked, ask_peers, vacancy_name};
use crate::flow::{Context, FlowError};
use crate::labour::duplicates;
use crate::labour::matching::{BuiltInTables, Matching};
use crate::labour::sync::StreamKind;
use crate::store::job_index::{Found, JobIndex, JobIndexError, Keys};
use crate::store::mirror_hashes;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What was found in what peers told and in what is here.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct LiveList {
    /// What is here, and how old it is.
    pub reckoned: Reckoned,
    /// Whether every peer told all that it has, and all of it is shown. Where not, more may fit than is shown.
    pub is_whole: bool,
    /// What came of asking each peer.
    pub peers: Vec<LivePeer>,
    /// The occupation that was understood, if one was named.
    pub occupation: Option<OccupationTold>,
    /// The best of all.
    pub vacancies: Vec<LiveLine>,
    /// How many fit, of what was told and the first of what is here.
    pub hits: u64,
    /// How many were left out that tell what another one of the same state tells.
    pub folded: u64,
    /// Whether more fit than are shown.
    pub is_cut: bool,
    /// Where nothing was found: how many each condition keeps out.
    pub removed: Vec<Removed>,
}

/// What came of asking a peer, and how old what is shown of it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LivePeer {
    /// Whose node it is.
    pub state: String,
    /// `answered`, `cut_off`, `late`, `refused`, `unreachable`, `unlawful`, `not_asked` or `no_road`.
    pub is: String,
    /// How many vacancies were taken of what it told.
    pub told: u64,
    /// How many it says that it has.
    pub hits: u64,
    /// How many records that it told were not taken.
    pub refused: u64,
    /// Since when what it searched in is as it is, as it says.
    #[schemars(with = "Option<String>")]
    pub as_of: Option<Timestamp>,
    /// When the copy of its vacancies that is here was confirmed last.
    #[schemars(with = "Option<String>")]
    pub heard_at: Option<Timestamp>,
    /// How old that copy is, in seconds.
    pub age_s: Option<i64>,
    /// For how many milliseconds it was waited.
    pub took_ms: u64,
    /// Why it has not answered.
    pub code: Option<String>,
}

/// A vacancy, and who told it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct LiveLine {
    /// What stands in a list.
    pub line: VacancyLine,
    /// `live`: its node told it now; `copy`: it is of the copy that is here; `own`: this node published it.
    pub told: String,
    /// Whether it can be read here as a whole.
    pub is_here: bool,
    /// The page of the national system.
    pub page: Option<String>,
}

/// Finds vacancies in what peers tell at once and in what is here.
///
/// # Errors
/// This node exchanges no jobs; the words tell of a person; the index cannot be read; the database does not answer.
pub async fn seek_live(
    _permit: &Permit,
    query: &VacancyQuery,
    ask: &[State],
    language: Language,
    ctx: &Context,
) -> Result<LiveList, FlowError> {
    let by = By::of(query.currency, ctx)?;
    let (shelf, reckoned) = reckoned(&by, ctx).await?;
    if !reckoned.is_on {
        return Ok(LiveList::nothing(reckoned));
    }
    let asked = query.occupation.clone();
    let Some(group) = Context::aside(move || understood(&asked)).await? else {
        // what nobody understands is not asked of others
        return Ok(LiveList::nothing(reckoned));
    };
    let mut keys = keys_of(query, &by);
    keys.groups.extend(group);
    let asked = ask_peers(&keys.question(ctx.labour.live.records), ask, ctx).await?;
    let here = names_here(&asked, ctx).await?;
    let own = ctx.state;
    let list = Context::aside(move || -> Result<LiveList, FlowError> {
        let index = shelf.as_ref().map(|shelf| shelf.index()).transpose()?.flatten();
        let reckoned = counted(reckoned, shelf.as_deref())?;
        let pool = pool(index.as_deref(), None, &keys, &asked, &by.matching())?;
        let found = pool.first(None, &keys, SHOWN_MAX, &by.matching())?;
        let lines = found.page.iter().map(|one| {
            let name = vacancy_name(&one.vacancy.reference);
            let is_live = pool.live.contains(&name);
            let is_own = one.vacancy.reference.state == own;
            LiveLine {
                line: line(&one.vacancy, one.score.as_ref(), &by.matching(), language),
                told: if is_own {
                    "own"
                } else if is_live {
                    "live"
                } else {
                    "copy"
                }
                .to_owned(),
                is_here: !is_live || here.contains(&name),
                page: one.vacancy.page.clone().filter(|page| page.starts_with("https://")),
            }
        });
        let vacancies: Vec<LiveLine> = lines.collect();
        let is_cut = pool.is_cut || found.hits > vacancies.len();
        let peers: Vec<LivePeer> = asked.iter().map(|one| live_peer(one, &reckoned.sources)).collect();
        Ok(LiveList {
            is_whole: !is_cut && asked.iter().all(|one| one.is.is_whole()),
            occupation: group.map(|group| super::told::group_told(language, group)),
            removed: removed(&found, language),
            hits: count(found.hits),
            folded: pool.folded,
            reckoned,
            peers,
            vacancies,
            is_cut,
        })
    });
    list.await?
}

impl LiveList {
    fn nothing(reckoned: Reckoned) -> Self {
        Self {
            reckoned,
            is_whole: false,
            peers: Vec::new(),
            occupation: None,
            vacancies: Vec::new(),
            hits: 0,
            folded: 0,
            is_cut: false,
            removed: Vec::new(),
        }
    }
}

fn live_peer(asked: &LiveAsked, sources: &[JobSource]) -> LivePeer {
    let source = sources.iter().find(|source| source.state == asked.peer.as_code());
    LivePeer {
        state: asked.peer.to_string(),
        is: asked.is.as_str().to_owned(),
        told: count(asked.vacancies.len()),
        hits: asked.hits,
        refused: asked.refused,
        as_of: asked.as_of,
        heard_at: source.and_then(|source| source.heard_at),
        age_s: source.and_then(|source| source.age_s),
        took_ms: asked.took_ms,
        code: asked.code.clone(),
    }
}

/// Those of what peers told that are here too, by their names.
async fn names_here(asked: &[LiveAsked], ctx: &Context) -> Result<BTreeSet<String>, FlowError> {
    let mut here = BTreeSet::new();
    let mut tx = ctx.store.read().await?;
    for one in asked {
        let names: Vec<String> = one.vacancies.iter().map(|it| vacancy_name(&it.reference)).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let found = mirror_hashes(&mut tx, (one.peer.as_code(), StreamKind::Vacancy), &names).await?;
        here.extend(found.into_keys());
    }
    Ok(here)
}

/// What peers told and the first of what is here, in an index of its own.
pub struct LivePool {
    index: JobIndex,
    /// The names of those that a peer told now.
    pub live: BTreeSet<String>,
    /// How many tell what another one tells.
    pub folded: u64,
    /// Whether more of what is here fits than is in it.
    pub is_cut: bool,
}

impl LivePool {
    /// The best of it.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn first(
        &self,
        profile: Option<&CandidateProfile>,
        keys: &Keys,
        limit: usize,
        by: &Matching<'_>,
    ) -> Result<Found, JobIndexError> {
        self.index.first(profile, keys, limit, by)
    }

    /// How many are in it.
    pub fn count(&self) -> u64 {
        self.index.count()
    }
}

/// Puts what peers told beside the first of what is here.
///
/// # Errors
/// The index cannot be read.
pub fn pool(
    here: Option<&JobIndex>,
    profile: Option<&CandidateProfile>,
    keys: &Keys,
    asked: &[LiveAsked],
    by: &Matching<'_>,
) -> Result<LivePool, JobIndexError> {
    let first = here.map(|index| index.first(profile, keys, HERE_MAX, by)).transpose()?;
    let is_cut = first.as_ref().is_some_and(|first| first.hits > first.page.len());
    let of_here = first.into_iter().flat_map(|first| first.page).map(|one| one.vacancy);
    let of_peers = asked.iter().flat_map(|one| &one.vacancies).cloned();
    let Merged { vacancies, live, folded } = merge(of_here.collect(), of_peers.collect());
    let index = JobIndex::of_few(&vacancies, by.weights, &BuiltInTables)?;
    Ok(LivePool { index, live, folded, is_cut })
}

#[derive(Debug, PartialEq)]
struct Merged {
    vacancies: Vec<Vacancy>,
    live: BTreeSet<String>,
    folded: u64,
}

/// Each once: of two under one name the one that was changed last, what was told now if they are of one instant. Reposts are folded
/// within a state alone, so that no node can put its own in the place of another's.
fn merge(here: Vec<Vacancy>, told: Vec<Vacancy>) -> Merged {
    let mut each: BTreeMap<String, Vacancy> = BTreeMap::new();
    for vacancy in here {
        each.insert(vacancy_name(&vacancy.reference), vacancy);
    }
    let mut live = BTreeSet::new();
    for vacancy in told {
        let name = vacancy_name(&vacancy.reference);
        let is_older = each.get(&name).is_some_and(|known| known.changed_at > vacancy.changed_at);
        if !is_older {
            live.insert(name.clone());
            each.insert(name, vacancy);
        }
    }
    let mut out = BTreeSet::new();
    for state in State::ALL {
        let of_state = each.values().filter(|vacancy| vacancy.reference.state == state);
        out.extend(duplicates(of_state).iter().map(|one| vacancy_name(&one.folded)));
    }
    each.retain(|name, _| !out.contains(name));
    live.retain(|name| !out.contains(name));
    Merged { vacancies: each.into_values().collect(), live, folded: count(out.len()) }
}

/// So many are shown: who wants others narrows the search.
pub const SHOWN_MAX: usize = 50;
/// So many of what is here stand beside what peers told.
const HERE_MAX: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn vacancy(state: &str, id: u32, changed: i64) -> Vacancy {
        serde_json::from_value(json!({
            "reference": { "state": state, "source": "x", "id": format!("v-{id}") }, "status": "open",
            "title": format!("Сварщик {id}"), "posts": 1, "posted_on": "2026-11-01",
            "changed_at": Timestamp::from_second(changed).unwrap(),
        }))
        .unwrap()
    }

    /// The same post of the same employer, under another name.
    fn repost(of: &Vacancy, state: &str, id: u32, changed: i64) -> Vacancy {
        let other = vacancy(state, id, changed);
        let employer = serde_json::from_value(json!({ "name": "Завод" })).unwrap();
        Vacancy {
            title: of.title.clone(),
            employer: Some(employer),
            description: of.description.clone(),
            ..other
        }
    }

    #[test]
    fn what_was_told_now_stands_for_the_copy_unless_it_is_older() {
        let here = vec![vacancy("KZ", 1, 10), vacancy("KZ", 2, 10), vacancy("KG", 3, 10)];
        let told = vec![vacancy("KZ", 1, 9), vacancy("KZ", 2, 10), vacancy("KZ", 4, 1)];
        let merged = merge(here, told);
        assert_eq!(merged.vacancies.len(), 4);
        let live: Vec<&str> = merged.live.iter().map(String::as_str).collect();
        assert_eq!(live, ["KZ/x/v-2", "KZ/x/v-4"]);
    }

    #[test]
    fn reposts_are_folded_within_a_state_and_never_across() {
        let first = repost(&vacancy("KZ", 1, 10), "KZ", 1, 10);
        let again = repost(&first, "KZ", 2, 20);
        let foreign = repost(&first, "RU", 3, 30);
        let merged = merge(vec![first], vec![again, foreign]);
        let names: Vec<String> = merged.vacancies.iter().map(|one| vacancy_name(&one.reference)).collect();
        assert_eq!((names, merged.folded), (vec!["KZ/x/v-2".to_owned(), "RU/x/v-3".to_owned()], 1));
    }

    proptest! {
        /// Whatever is here and told: each stands once, the newest, and what is called live was told.
        #[test]
        fn each_stands_once_and_is_the_newest(
            here in proptest::collection::vec((0..6_u32, 0..5_i64), 0..12),
            told in proptest::collection::vec((0..6_u32, 0..5_i64), 0..12),
        ) {
            let of = |list: &[(u32, i64)]| -> Vec<Vacancy> {
                let each: BTreeMap<u32, i64> = list.iter().copied().collect();
                each.into_iter().map(|(id, changed)| vacancy("KZ", id, changed)).collect()
            };
            let (here, told) = (of(&here), of(&told));
            let merged = merge(here.clone(), told.clone());
            let mut names: Vec<String> = merged.vacancies.iter().map(|one| vacancy_name(&one.reference)).collect();
            names.dedup();
            prop_assert_eq!(names.len(), merged.vacancies.len());
            for one in &merged.vacancies {
                let same = || here.iter().chain(&told).filter(|it| it.reference == one.reference);
                prop_assert_eq!(Some(one.changed_at), same().map(|it| it.changed_at).max());
                let is_live = merged.live.contains(&vacancy_name(&one.reference));
                prop_assert_eq!(is_live, told.contains(one));
            }
            let all: BTreeSet<String> = here.iter().chain(&told).map(|it| vacancy_name(&it.reference)).collect();
            prop_assert_eq!(all.len(), names.len());
        }
    }
}
