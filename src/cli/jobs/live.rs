//! The search in what peers tell at once, beside what is here; and what each of them did.

use super::search::SearchCommand;
use super::{Exit, local, show, told};
use crate::exchange::canonical::job::CandidateProfile;
use crate::flow::labour::{LiveAsked, ask_peers, vacancy_name};
use crate::flow::posts::{JobSource, SHOWN_MAX, job_sources, pool};
use crate::labour::matching::Matching;
use crate::store::job_index::{Found, JobIndex, Keys};
use anyhow::Result;
use serde_json::{Value, json};
use std::path::Path;

/// What is searched by.
pub(super) struct Sought<'a> {
    pub(super) profile: Option<&'a CandidateProfile>,
    pub(super) keys: &'a Keys,
    pub(super) by: &'a Matching<'a>,
    pub(super) index: Option<&'a JobIndex>,
}

/// Asks the peers and tells what is found. The profile stays here: it sets in order what was told.
pub(super) fn run(command: &SearchCommand, node: &Path, sought: &Sought<'_>) -> Result<Exit> {
    local::with_flows(node, async |ctx| {
        let question = sought.keys.question(ctx.labour.live.records);
        let asked = ask_peers(&question, &command.ask, ctx).await?;
        let sources = job_sources(ctx).await?;
        let Sought { profile, keys, by, index } = *sought;
        let pool = pool(index, profile, keys, &asked, by)?;
        let found = pool.first(profile, keys, SHOWN_MAX, by)?;
        let is_cut = pool.is_cut || found.hits > found.page.len();
        let is_whole = !is_cut && asked.iter().all(|one| one.is.is_whole());
        let is_live = |one: &crate::store::job_index::FoundVacancy| {
            pool.live.contains(&vacancy_name(&one.vacancy.reference))
        };
        if command.json {
            let mut object = told::as_json(&found, pool.count())?;
            if let Some(object) = object.as_object_mut() {
                let names = found.page.iter().filter(|one| is_live(one));
                let names: Vec<String> = names.map(|one| vacancy_name(&one.vacancy.reference)).collect();
                object.insert("live".to_owned(), json!(names));
                object.insert("is_whole".to_owned(), is_whole.into());
                object.insert("folded".to_owned(), pool.folded.into());
                object.insert("peers".to_owned(), asked.iter().map(as_json).collect::<Vec<_>>().into());
                object.insert("sources".to_owned(), serde_json::to_value(&sources)?);
            }
            show::json(&object);
        } else {
            told::tell(&found, 0, command.facets, pool.count());
            asked.iter().for_each(|one| show::line(&as_text(one, &sources)));
            show::line(whole(is_whole, &found));
        }
        Ok(if found.page.is_empty() { Exit::Refused } else { Exit::Done })
    })
}

fn whole(is_whole: bool, found: &Found) -> &'static str {
    match (is_whole, found.page.is_empty()) {
        (true, true) => "every peer answered: nothing fits",
        (true, false) => "every peer answered, and all that fits is shown",
        (false, true | false) => "! this is not all: more may fit than is shown",
    }
}

fn as_json(asked: &LiveAsked) -> Value {
    json!({
        "state": asked.peer.as_code(), "is": asked.is.as_str(), "told": asked.vacancies.len(), "hits": asked.hits,
        "refused": asked.refused, "as_of": asked.as_of.map(|at| at.to_string()), "took_ms": asked.took_ms,
        "code": asked.code,
    })
}

/// What came of one peer, as a line.
fn as_text(asked: &LiveAsked, sources: &[JobSource]) -> String {
    let (state, is) = (asked.peer, asked.is.as_str().replace('_', " "));
    let mark = if asked.is.is_whole() { "" } else { "! " };
    let why = asked.code.as_ref().map_or(String::new(), |code| format!(" ({code})"));
    let told = match asked.as_of {
        Some(as_of) => format!(": {} of {}, as of {as_of}", asked.vacancies.len(), asked.hits),
        None => {
            let copy = sources.iter().find(|source| source.state == state.as_code());
            copy.and_then(|copy| copy.age_s).map_or_else(
                || ": nothing of it is shown".to_owned(),
                |age| format!(": what is shown of it is {age} s old"),
            )
        }
    };
    let refused = match asked.refused {
        0 => String::new(),
        refused => format!("; {refused} records were not taken"),
    };
    format!("{mark}{state} {is}{why}{told}{refused}")
}
