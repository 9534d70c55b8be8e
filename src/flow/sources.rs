//! Asks the sources of the settings which certificates are revoked: before a document is judged, and on a schedule.
//!
//! No address that came in a message or a certificate is ever called. Whoever wants the same answer at the same time
//! waits for one question; a source that is away is asked again by the schedule of the peers.

use super::note::calls_a_person;
use crate::base::{Clock, Random, with_causes};
use crate::exchange::seal::{Ask, FoundRevoked, SealError, StatusAnswer, StatusKind, Statuses, Taken};
use crate::exchange::transit::Schedule;
use crate::exchange::wire::{StatusPlace, StatusWire};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, StreamExt};
use jiff::{Timestamp, ToSpan};
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Where a source is asked; one of the two at least.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourcePlaces {
    /// Its list.
    pub list: Option<StatusPlace>,
    /// Its responder.
    pub responder: Option<StatusPlace>,
}

/// The sources of the settings, in the order of those in [`Statuses`].
pub struct StatusSources {
    statuses: Arc<Statuses>,
    places: Vec<SourcePlaces>,
    wire: Box<dyn StatusWire>,
    retry: Schedule,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    flights: Mutex<HashMap<Key, Arc<Flight>>>,
    turns: Mutex<HashMap<(usize, StatusKind), Turn>>,
    untold: Mutex<Vec<News>>,
}

/// What is asked at most once at a time: a list, or an answer about one certificate.
type Key = (usize, Option<Ask>);

#[derive(Default)]
struct Flight {
    ended: AtomicU64,
    turn: tokio::sync::Mutex<()>,
}

/// How it went with a source, and when it is asked again by itself.
#[derive(Clone, Copy)]
struct Turn {
    failures: u32,
    /// While it is away, nobody asks it before.
    next_at: Timestamp,
}

/// What came of asking that is worth telling or keeping.
#[derive(Debug)]
pub enum News {
    /// An answer to be kept.
    Kept(StatusAnswer),
    /// A source gives no answer that can be used.
    Away {
        /// Its address.
        place: String,
        /// How often in a row.
        failures: u32,
        /// Why not.
        detail: String,
    },
    /// A source gives answers again.
    Back {
        /// Its address.
        place: String,
    },
    /// A certificate that was met before turns out to be revoked.
    Revoked(FoundRevoked),
}

impl fmt::Display for News {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kept(answer) => write!(f, "an answer about certificate {} is kept", answer.serial),
            Self::Away { place, detail, .. } => {
                write!(f, "{place} does not tell which certificates are revoked: {detail}")
            }
            Self::Back { place } => write!(f, "{place} tells again which certificates are revoked"),
            Self::Revoked(FoundRevoked { serial, revoked }) => {
                let (since, reason) = (revoked.since, revoked.reason.as_str());
                write!(
                    f,
                    "a certificate that seals documents is revoked: serial {serial}, since {since}, {reason}"
                )
            }
        }
    }
}

impl StatusSources {
    /// Sources that nobody has asked yet.
    pub fn new(
        (statuses, places): (Arc<Statuses>, Vec<SourcePlaces>),
        wire: Box<dyn StatusWire>,
        retry: Schedule,
        (clock, random): (Arc<dyn Clock>, Arc<dyn Random>),
    ) -> Self {
        let (flights, turns, untold) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self { statuses, places, wire, retry, clock, random, flights, turns, untold }
    }

    /// What they told so far.
    pub fn statuses(&self) -> &Arc<Statuses> {
        &self.statuses
    }

    /// All that is not told yet, for whoever tells it. What he does not tell in the end stays untold.
    pub fn untold(&self) -> Untold<'_> {
        let news = std::mem::take(&mut *self.untold.lock().unwrap_or_else(PoisonError::into_inner));
        Untold { sources: self, news }
    }

    /// Asks about certificates that must be known now.
    pub async fn ask(&self, asks: &[Ask]) {
        for ask in asks {
            let Some(places) = self.places.get(ask.source()) else { continue };
            let mut is_answered = false;
            if let Some(responder) = &places.responder {
                let key = (ask.source(), Some(ask.clone()));
                is_answered = self.once(key, self.ask_responder(responder, ask)).await;
            }
            // two voices where the first is not heard
            if !is_answered && let Some(list) = &places.list {
                let brought = self.once((ask.source(), None), self.bring_list(list, ask.source()));
                // a long list over a slow line is brought by the schedule
                let _ = tokio::time::timeout(PATIENCE, brought).await;
            }
        }
    }

    /// Asks every source, its list and its responder, whether anything is due or not.
    pub async fn ask_each(&self) {
        for (source, places) in self.places.iter().enumerate() {
            if let Some(list) = &places.list {
                self.bring_list(list, source).await;
            }
            if let Some((responder, ask)) = places.responder.as_ref().zip(self.statuses.ask_of_itself(source))
            {
                self.ask_responder(responder, &ask).await;
            }
        }
    }

    /// Asks again what is due by the schedule.
    pub async fn refresh(&self) {
        let now = self.clock.now();
        let mut asking: Vec<BoxFuture<'_, bool>> = Vec::new();
        for (source, places) in self.places.iter().enumerate() {
            if let Some(place) = &places.list
                && self.is_due((source, StatusKind::Crl), now)
            {
                asking.push(self.once((source, None), self.bring_list(place, source)).boxed());
            }
        }
        for ask in self.statuses.due(now) {
            let of = (ask.source(), StatusKind::Ocsp);
            let place = self.places.get(ask.source()).and_then(|places| places.responder.as_ref());
            if let Some(place) = place.filter(|_| !self.rests(of)) {
                let key = (ask.source(), Some(ask.clone()));
                let asked = async move { self.ask_responder(place, &ask).await };
                asking.push(self.once(key, asked).boxed());
            }
        }
        stream::iter(asking).buffer_unordered(AT_ONCE).for_each(async |_| {}).await;
    }

    /// Asks, unless somebody else does already: then his answer is waited for. While its source is away and its next try
    /// is not due, nobody asks and nobody waits. Tells whether its source is there.
    async fn once(&self, key: Key, asking: impl Future<Output = ()> + Send) -> bool {
        let of = (key.0, if key.1.is_some() { StatusKind::Ocsp } else { StatusKind::Crl });
        if self.rests(of) {
            return false;
        }
        let flight = {
            let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
            if flights.len() >= FLIGHTS_MAX {
                flights.retain(|_, flight| Arc::strong_count(flight) > 1);
            }
            flights.entry(key).or_default().clone()
        };
        let ended = flight.ended.load(Ordering::Acquire);
        let _turn = flight.turn.lock().await;
        if flight.ended.load(Ordering::Acquire) == ended && self.begins(of) {
            asking.await;
            flight.ended.fetch_add(1, Ordering::Release);
        }
        !self.is_away(of)
    }

    fn rests(&self, of: (usize, StatusKind)) -> bool {
        self.is_away(of) && !self.is_due(of, self.clock.now())
    }

    /// Whether it may be asked now. Of a source that is away one tries for all: others stay away from it meanwhile.
    fn begins(&self, of: (usize, StatusKind)) -> bool {
        let now = self.clock.now();
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(turn) = turns.get_mut(&of).filter(|turn| turn.failures > 0) else { return true };
        let is_due = turn.next_at <= now;
        if is_due {
            turn.next_at = now.checked_add(TRY_SECONDS.seconds()).unwrap_or(Timestamp::MAX);
        }
        is_due
    }

    async fn ask_responder(&self, place: &StatusPlace, ask: &Ask) {
        let before = self.failures((ask.source(), StatusKind::Ocsp));
        let nonce = [self.random.uuid().into_bytes(), self.random.uuid().into_bytes()].concat();
        let taken = match self.statuses.question(ask, nonce) {
            Ok(question) => match self.wire.ask(place, question.request.clone()).await {
                Ok(answer) => {
                    self.statuses.take_answer(ask, Some(&question), &answer, self.clock.now()).map_err(told)
                }
                Err(error) => Err(with_causes(&error)),
            },
            Err(error) => Err(told(error)),
        };
        self.came_of((ask.source(), StatusKind::Ocsp), place, (taken, before));
    }

    async fn bring_list(&self, place: &StatusPlace, source: usize) {
        let before = self.failures((source, StatusKind::Crl));
        let taken = match self.wire.list(place).await {
            Ok(list) => {
                let (statuses, now) = (self.statuses.clone(), self.clock.now());
                // a long list takes its time
                let taking = tokio::task::spawn_blocking(move || statuses.take_list(source, &list, now));
                taking.await.map_or_else(|stopping| Err(stopping.to_string()), |taken| taken.map_err(told))
            }
            Err(error) => Err(with_causes(&error)),
        };
        self.came_of((source, StatusKind::Crl), place, (taken, before));
    }

    /// What came of asking a source that had failed so often `before`.
    fn came_of(
        &self,
        of: (usize, StatusKind),
        place: &StatusPlace,
        (taken, before): (Result<Taken, String>, u32),
    ) {
        let now = self.clock.now();
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = turns.entry(of).or_insert(Turn { failures: 0, next_at: now });
        let place = place.to_string();
        let news: Vec<News> = match taken {
            Ok(Taken { kept, found, ask_again_at }) => {
                *turn = Turn { failures: 0, next_at: ask_again_at };
                let back = self.statuses.set_away(of.0, of.1, false).then_some(News::Back { place });
                let found = found.into_iter().map(News::Revoked);
                kept.map(News::Kept).into_iter().chain(back).chain(found).collect()
            }
            // about another certificate somebody found out already
            Err(_) if turn.failures != before => Vec::new(),
            Err(detail) => {
                let failures = turn.failures.saturating_add(1);
                *turn = Turn { failures, next_at: self.retry.next_at(failures, self.random.permille(), now) };
                self.statuses.set_away(of.0, of.1, true);
                let is_worth_it = failures == 1 || calls_a_person(failures);
                is_worth_it.then_some(News::Away { place, failures, detail }).into_iter().collect()
            }
        };
        drop(turns);
        let mut untold = self.untold.lock().unwrap_or_else(PoisonError::into_inner);
        news.into_iter().for_each(|one| add(&mut untold, one));
    }

    fn is_due(&self, of: (usize, StatusKind), now: Timestamp) -> bool {
        let turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        turns.get(&of).is_none_or(|turn| turn.next_at <= now)
    }

    fn is_away(&self, of: (usize, StatusKind)) -> bool {
        self.failures(of) > 0
    }

    fn failures(&self, of: (usize, StatusKind)) -> u32 {
        let turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        turns.get(&of).map_or(0, |turn| turn.failures)
    }
}

/// News until somebody has told them.
#[must_use]
pub struct Untold<'a> {
    sources: &'a StatusSources,
    news: Vec<News>,
}

impl Untold<'_> {
    /// The oldest first.
    pub fn news(&self) -> &[News] {
        &self.news
    }

    /// They are told.
    pub fn told(mut self) {
        self.news.clear();
    }
}

impl Drop for Untold<'_> {
    fn drop(&mut self) {
        let mut untold = self.sources.untold.lock().unwrap_or_else(PoisonError::into_inner);
        let later = std::mem::replace(&mut *untold, std::mem::take(&mut self.news));
        later.into_iter().for_each(|one| add(&mut untold, one));
    }
}

/// Only the last answer about a certificate is to be kept.
fn add(untold: &mut Vec<News>, one: News) {
    if let News::Kept(answer) = &one {
        let is_same = |before: &StatusAnswer| {
            (before.kind, before.issuer, &before.serial) == (answer.kind, answer.issuer, &answer.serial)
        };
        untold.retain(|before| !matches!(before, News::Kept(before) if is_same(before)));
    }
    untold.push(one);
}

fn told(error: SealError) -> String {
    with_causes(&error)
}

/// So many sources are asked at once by the schedule.
const AT_ONCE: usize = 4;
const FLIGHTS_MAX: usize = 4_096;
/// Nobody who must know something now waits longer for a list.
const PATIENCE: Duration = Duration::from_secs(10);
/// So long others stay away from a source that one of them tries: longer than a question takes.
const TRY_SECONDS: i64 = 30;

#[cfg(test)]
pub(super) mod tests;
