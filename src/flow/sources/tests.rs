//! One source that can be switched off, and what becomes of those who ask it.

use super::*;
use crate::base::{FixedClock, OsRandom};
use crate::exchange::seal::{KeyKind, StatusSource, Terms, ThrowAwayAuthority};
use crate::exchange::wire::WireError;
use bytes::Bytes;
use jiff::ToSpan;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, AtomicUsize};

pub(in crate::flow) fn now() -> Timestamp {
    "2026-11-24T10:00:00Z".parse().unwrap()
}

struct Authority {
    pem: Vec<u8>,
    list: Vec<u8>,
}

static AUTHORITY: LazyLock<Authority> = LazyLock::new(|| {
    let authority = ThrowAwayAuthority::of_kind(KeyKind::P256, "seals", "KZ", now()).unwrap();
    let list = authority.issue_list(&[], 1, (now(), now().checked_add(24.hours()).unwrap())).unwrap();
    Authority { pem: authority.pem().unwrap(), list }
});

/// Where a list lies, and a responder that never gives an answer.
#[derive(Clone, Default)]
pub(in crate::flow) struct Place(Arc<Inside>);

#[derive(Default)]
struct Inside {
    is_there: AtomicBool,
    lists: AtomicUsize,
    questions: AtomicUsize,
    /// Held by whoever lets callers hang.
    hangs: tokio::sync::RwLock<()>,
}

impl Place {
    /// Sources that ask here, for the list alone or the responder as well.
    pub(in crate::flow) fn sources(&self, has_responder: bool) -> (StatusSources, Arc<FixedClock>) {
        let source = StatusSource::new(&AUTHORITY.pem, None, has_responder).unwrap();
        let statuses = Arc::new(Statuses::new(vec![source], Terms::default()));
        let clock = Arc::new(FixedClock::at(now()));
        let places = SourcePlaces {
            list: Some(StatusPlace::In("list".into())),
            responder: has_responder.then(|| StatusPlace::In("responder".into())),
        };
        let given = (statuses, vec![places]);
        let of_time: (Arc<dyn Clock>, Arc<dyn Random>) = (clock.clone(), Arc::new(OsRandom::default()));
        (StatusSources::new(given, Box::new(self.clone()), Schedule::default(), of_time), clock)
    }

    pub(in crate::flow) fn set_there(&self, is_there: bool) {
        self.0.is_there.store(is_there, Ordering::Relaxed);
    }

    pub(in crate::flow) fn list(&self) -> &'static Vec<u8> {
        &AUTHORITY.list
    }

    pub(in crate::flow) fn refused(&self) -> WireError {
        WireError::Status { place: "it".to_owned(), detail: "it is away".to_owned() }
    }

    /// How often the list was fetched, and how many questions came.
    fn calls(&self) -> (usize, usize) {
        (self.0.lists.load(Ordering::Relaxed), self.0.questions.load(Ordering::Relaxed))
    }
}

impl StatusWire for Place {
    fn list<'a>(&'a self, _: &'a StatusPlace) -> BoxFuture<'a, Result<Bytes, WireError>> {
        self.0.lists.fetch_add(1, Ordering::Relaxed);
        let is_there = self.0.is_there.load(Ordering::Relaxed);
        let told = if is_there { Ok(Bytes::from_static(&AUTHORITY.list)) } else { Err(self.refused()) };
        std::future::ready(told).boxed()
    }

    fn ask<'a>(&'a self, _: &'a StatusPlace, _: Vec<u8>) -> BoxFuture<'a, Result<Bytes, WireError>> {
        self.0.questions.fetch_add(1, Ordering::Relaxed);
        async {
            let _in_the_end = self.0.hangs.read().await;
            Err(self.refused())
        }
        .boxed()
    }
}

fn failures(sources: &StatusSources) -> Vec<u32> {
    let untold = sources.untold();
    let away = untold.news().iter().filter_map(|one| match one {
        News::Away { failures, .. } => Some(*failures),
        News::Kept(_) | News::Back { .. } | News::Revoked(_) => None,
    });
    let failures = away.collect();
    untold.told();
    failures
}

#[tokio::test]
async fn whoever_must_know_something_does_not_wait_for_a_source_that_is_away() {
    let place = Place::default();
    let (sources, clock) = place.sources(true);
    sources.ask(&[Ask::about(0, 1)]).await;
    assert_eq!(place.calls(), (1, 1));
    for serial in 1..50 {
        sources.ask(&[Ask::about(0, serial)]).await;
    }
    sources.refresh().await;
    assert_eq!(place.calls(), (1, 1), "its next try is not due");
    clock.advance_ms(301);
    sources.ask(&[Ask::about(0, 2), Ask::about(0, 3)]).await;
    assert_eq!(place.calls(), (2, 2), "one tries for all");
    assert_eq!(failures(&sources), [1, 1], "of each kind");
    place.set_there(true);
    clock.advance_ms(601);
    sources.ask(&[Ask::about(0, 2)]).await;
    assert!(!sources.is_away((0, StatusKind::Crl)));
}

#[tokio::test]
async fn many_certificates_that_one_hanging_source_is_asked_about_are_one_failure() {
    let place = Place::default();
    let (sources, clock) = place.sources(true);
    for round in 1..=2 {
        let hangs = place.0.hangs.write().await;
        let asks: Vec<Ask> = (0..30).map(|serial| Ask::about(0, serial)).collect();
        let all =
            futures_util::future::join_all(asks.iter().map(|ask| sources.ask(std::slice::from_ref(ask))));
        let mut all = std::pin::pin!(all);
        assert!(all.as_mut().now_or_never().is_none(), "they hang");
        drop(hangs);
        all.await;
        let turns = sources.turns.lock().unwrap();
        assert_eq!(turns.get(&(0, StatusKind::Ocsp)).map(|turn| turn.failures), Some(round));
        drop(turns);
        clock.advance_ms(1_000);
    }
    assert_eq!(place.calls().1, 31, "while it is away one tries for all");
    assert_eq!(failures(&sources), [1, 1], "no person is asked for");
}
