//! What a peer is answered that asks for vacancies at once: out of those that this node published itself, as they are in the
//! database now. The index tells which may fit, and nothing of the question is kept but how many were told.

use super::seek::{By, count};
use crate::base::Digest256;
use crate::exchange::canonical::State;
use crate::flow::labour::{CONTENT_BYTES_MAX, Refusal, vacancy_name};
use crate::flow::{Context, FlowError};
use crate::labour::live::{LiveAnswer, LiveQuestion};
use crate::labour::sync::{Detail, DetailOutcome, StreamKind};
use crate::store::job_index::{JobIndex, Keys};
use crate::store::{JournalDraft, PublishedState, journal_append, published_find};
use serde_json::value::RawValue;
use std::sync::Arc;

/// Answers a question of a peer.
///
/// # Errors
/// This node exchanges no jobs; the question is too large or tells of a person; there is no index yet; the database.
pub async fn answer_search(
    peer: State,
    question: &LiveQuestion,
    ctx: &Context,
) -> Result<LiveAnswer, Refusal> {
    if !ctx.labour.is_enabled {
        return Err(Refusal::Off);
    }
    question.judge().map_err(Refusal::Question)?;
    let shelf = ctx.labour.shelf.clone().ok_or(Refusal::NoIndex)?;
    let (by, own, asked) = (By::of(None, ctx)?, ctx.state, question.clone());
    let found = Context::aside(move || -> Result<_, FlowError> {
        let (Some(index), Some(made)) = (shelf.index()?, shelf.made()) else { return Ok(None) };
        Ok(Some((names(&index, own, &asked, &by)?, made.at)))
    });
    let ((names, hits), as_of) = found.await??.ok_or(Refusal::NoIndex)?;
    let mut tx = ctx.store.read().await?;
    let mut published = published_find(&mut tx, (peer.as_code(), StreamKind::Vacancy), &names).await?;
    drop(tx);
    let (mut results, mut bytes, mut gone, mut has_more) = (Vec::new(), 0_usize, 0_u64, false);
    for name in names {
        let active = published.remove(&name).filter(|one| one.state == PublishedState::Active);
        let Some((content, hash)) = active.and_then(|one| one.content) else {
            gone += 1; // it was closed since the index was made
            continue;
        };
        bytes = bytes.saturating_add(content.len());
        if bytes > CONTENT_BYTES_MAX {
            has_more = true;
            break;
        }
        results.extend(detail(name, content, hash));
    }
    let hits = hits.saturating_sub(gone);
    note(peer, (results.len(), hits), ctx).await?;
    has_more |= hits > count(results.len());
    Ok(LiveAnswer { as_of, hits, results, has_more })
}

/// The names of our own vacancies that come first, and how many there are.
fn names(
    index: &Arc<JobIndex>,
    own: State,
    question: &LiveQuestion,
    by: &By,
) -> Result<(Vec<String>, u64), FlowError> {
    let mut keys = Keys::of_question(question);
    let wanted = std::mem::take(&mut keys.sources);
    keys.sources = index.sources_of(own)?;
    if !wanted.is_empty() {
        keys.sources.retain(|source| wanted.contains(source));
    }
    if keys.sources.is_empty() {
        return Ok((Vec::new(), 0)); // an empty list would ask for everything, the vacancies of peers too
    }
    let limit = usize::try_from(question.limit).unwrap_or(usize::MAX);
    let found = index.first(None, &keys, limit, &by.matching())?;
    let names = found.page.iter().map(|one| vacancy_name(&one.vacancy.reference)).collect();
    Ok((names, count(found.hits)))
}

fn detail(reference: String, content: String, hash: Digest256) -> Option<Detail> {
    let content = RawValue::from_string(content).ok()?;
    Some(Detail { reference, outcome: DetailOutcome::Ok { content, hash, until: None } })
}

/// Keeps that a peer was answered: counts, and nothing of what it asked for.
async fn note(peer: State, (told, hits): (usize, u64), ctx: &Context) -> Result<(), FlowError> {
    let detail = format!("{peer} asked for vacancies at once, and was told {told} of {hits}");
    let entry = JournalDraft {
        peer: Some(peer.to_string()),
        ..JournalDraft::at(ctx.clock.now(), "jobs_answered", detail)
    };
    let mut tx = ctx.store.begin().await?;
    journal_append(&mut tx, &entry).await?;
    tx.commit().await?;
    Ok(())
}
