//! Callers that are turned away: the first of a source and cause is journalled at once, all that follow it in the
//! same window by one row with their number. A flood fills no disk.

use super::Context;
use crate::base::{Code, with_causes};
use crate::exchange::wire::WireError;
use crate::store::{JournalDraft, StoreError, journal_append};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Who was turned away since the last summing up.
#[derive(Debug, Default)]
pub struct TurnedAway(Mutex<BTreeMap<Key, Tally>>);

/// Whether a case is new in its window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// It is: it deserves a row of its own.
    First,
    /// It is one more; the sum will tell.
    OneMore,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    source: String,
    code: Code,
}

#[derive(Debug, Default)]
struct Tally {
    /// After the first.
    more: u64,
    last: String,
}

impl TurnedAway {
    /// Counts a case. `source` is an address or a name, `detail` its cause for the operator.
    pub fn count(&self, source: &str, code: Code, detail: &str) -> Told {
        let mut tallies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = Key { source: source.to_owned(), code };
        let is_known = tallies.contains_key(&key);
        let key = match is_known || tallies.len() < SOURCES_MAX {
            true => key,
            false => Key { source: ELSEWHERE.to_owned(), code },
        };
        let is_first = !tallies.contains_key(&key);
        let tally = tallies.entry(key).or_default();
        detail.clone_into(&mut tally.last);
        if is_first {
            return Told::First;
        }
        tally.more += 1;
        Told::OneMore
    }

    /// Counts a caller whose call came to nothing; the first is journalled.
    pub async fn turn_away(&self, error: &WireError, ctx: &Context) {
        let detail = with_causes(error);
        let code = error.verdict().code().unwrap_or("wire.handshake");
        let source = error.caller().map_or("an unknown address".to_owned(), |caller| caller.to_string());
        if self.count(&source, code, &detail) == Told::OneMore {
            return;
        }
        tracing::warn!(error = %detail, "a caller was turned away");
        let entry = JournalDraft::at(ctx.clock.now(), "turned_away", detail).coded(Some(code));
        if let Err(error) = journal(&[entry], ctx).await {
            tracing::error!(error = ?error, "the journal could not be written");
        }
    }

    /// Journals how many there were beside the first ones, and begins a new window.
    pub async fn sum_up(&self, ctx: &Context) {
        let tallies = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let entries: Vec<JournalDraft> = tallies
            .iter()
            .filter(|(_, tally)| tally.more > 0)
            .map(|(key, tally)| {
                let Tally { more, last } = tally;
                let detail = format!("{more} more from {} were turned away; the last: {last}", key.source);
                JournalDraft::at(ctx.clock.now(), "turned_away", detail).coded(Some(key.code))
            })
            .collect();
        if entries.is_empty() {
            return;
        }
        if let Err(error) = journal(&entries, ctx).await {
            tracing::error!(error = ?error, "the journal could not be written");
            let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            for (key, tally) in tallies {
                now.entry(key).or_default().more += tally.more; // told with the next sum
            }
        }
    }
}

async fn journal(entries: &[JournalDraft], ctx: &Context) -> Result<(), StoreError> {
    let mut tx = ctx.store.begin().await?;
    for entry in entries {
        journal_append(&mut tx, entry).await?;
    }
    tx.commit().await
}

/// More sources than this in one window are told as one.
const SOURCES_MAX: usize = 32;

/// The source of those that are.
const ELSEWHERE: &str = "other addresses";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_from_everywhere_is_few_rows() {
        let turned_away = TurnedAway::default();
        let count = |n: u32| turned_away.count(&format!("10.0.0.{n}"), "wire.handshake", "no certificate");
        let firsts = (0..10_000).filter(|n| count(*n) == Told::First).count();
        assert_eq!(firsts, SOURCES_MAX + 1);
        assert_eq!(count(0), Told::OneMore);
        let tallies = turned_away.0.lock().unwrap();
        let all: u64 = tallies.values().map(|tally| tally.more + 1).sum();
        assert_eq!(all, 10_001);
    }
}
