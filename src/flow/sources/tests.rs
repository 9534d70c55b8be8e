//! One source that can be switched off.

use super::*;
use crate::base::{FixedClock, OsRandom};
use crate::exchange::seal::{KeyKind, StatusSource, Terms, ThrowAwayAuthority};
use crate::exchange::wire::WireError;
use bytes::Bytes;
use jiff::ToSpan;
use std::sync::LazyLock;
use std::sync::atomic::AtomicBool;

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
        let of_time = (clock.clone() as Arc<dyn Clock>, Arc::new(OsRandom) as Arc<dyn Random>);
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
}

impl StatusWire for Place {
    fn list<'a>(&'a self, _: &'a StatusPlace) -> BoxFuture<'a, Result<Bytes, WireError>> {
        let is_there = self.0.is_there.load(Ordering::Relaxed);
        let told = if is_there { Ok(Bytes::from_static(&AUTHORITY.list)) } else { Err(self.refused()) };
        std::future::ready(told).boxed()
    }

    fn ask<'a>(&'a self, _: &'a StatusPlace, _: Vec<u8>) -> BoxFuture<'a, Result<Bytes, WireError>> {
        std::future::ready(Err(self.refused())).boxed()
    }
}
