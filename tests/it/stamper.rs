//! The stamper against an authority whose every word a test decides: what it forgoes, how often it asks, when it calls a
//! person.

use crate::exchange::inquiry;
use crate::nodes::{TestDesk, World};
use crate::refusals::Stage;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, TryStreamExt};
use jiff::SignedDuration;
use sqlx::{Connection, SqliteConnection};
use stazh::base::{Clock, FixedClock, OsRandom, Random, Shelf, SystemClock};
use stazh::exchange::seal::{
    Issued, KeyKind, Signer, StampAuthority, StampTrust, ThrowAwayAuthority, TrustStore,
};
use stazh::exchange::wire::{Inquest, ThirdPartyWire, WireError};
use stazh::flow::{Context, OwnTimeStamps, compose};
use stazh::node::Node;
use stazh::store::{JournalBy, journal_list, time_stamp_claim, time_stamp_free};
use stazh::worker::Stamper;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// A time-stamping authority that may be away, and counts who comes.
struct Authority {
    own: StampAuthority,
    clock: Arc<FixedClock>,
    is_away: AtomicBool,
    asked: AtomicUsize,
}

struct Line(Arc<Authority>);

impl ThirdPartyWire for Line {
    fn ask(&self, question: Inquest) -> BoxFuture<'_, Result<Bytes, WireError>> {
        async move {
            let Authority { own, clock, is_away, asked } = &*self.0;
            asked.fetch_add(1, Ordering::Relaxed);
            if is_away.load(Ordering::Relaxed) {
                return Err(WireError::Timeout { peer: "time-stamps".to_owned(), timeout_ms: 1 });
            }
            let request: Vec<Bytes> = question.body.try_collect().await.unwrap();
            let (answer, _) =
                own.answer(&request.concat(), (OsRandom::default().uuid(), clock.now())).unwrap();
            Ok(answer.into())
        }
        .boxed()
    }
}

/// A node that does nothing by itself, and its authority.
struct Desert {
    world: World,
    ctx: Context,
    clock: Arc<FixedClock>,
    authority: Arc<Authority>,
    own: OwnTimeStamps,
    composed: u32,
}

impl Desert {
    async fn make() -> Self {
        let world = World::new();
        let settings = world.settle("RU", "KZ");
        world.settle("KZ", "RU"); // its authority is trusted
        let identity = Stage::identity_of(&settings);
        let mut ctx = Node::context(&settings, &identity, Arc::new(TestDesk::default())).await.unwrap();
        let clock = Arc::new(FixedClock::at(SystemClock.now()));
        ctx.clock = clock.clone();
        let anchor = ThrowAwayAuthority::of_kind(KeyKind::P256, "time", "RU", clock.now()).unwrap();
        let Issued { chain_pem, key_pem } = anchor.issue_time_stamping("clock", KeyKind::P256).unwrap();
        let authority = Arc::new(Authority {
            own: StampAuthority::new(Signer::from_pem(&key_pem, &chain_pem).unwrap()).unwrap(),
            clock: clock.clone(),
            is_away: AtomicBool::new(false),
            asked: AtomicUsize::new(0),
        });
        let own = OwnTimeStamps {
            wire: Box::new(Line(authority.clone())),
            trust: Shelf::new(StampTrust::new(TrustStore::from_pem(&anchor.pem().unwrap()).unwrap(), None)),
            every_ms: 1,
            renew_before: SignedDuration::ZERO,
        };
        Self { world, ctx, clock, authority, own, composed: 0 }
    }

    /// One more document that leaves.
    async fn document(&mut self) {
        self.composed += 1;
        compose(&inquiry(self.composed), &self.ctx).await.unwrap();
    }

    async fn round(&self, stamper: &mut Stamper) {
        stamper.round(&self.own, || true, &self.ctx).await;
    }

    fn asked(&self) -> usize {
        self.authority.asked.load(Ordering::Relaxed)
    }

    fn database(&self) -> PathBuf {
        self.world.folder("RU").join("data/stazh.db")
    }

    async fn count(&self, what: &str) -> i64 {
        let mut connection = self.connection().await;
        let text = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {what}"));
        sqlx::query_scalar(text).fetch_one(&mut connection).await.unwrap()
    }

    async fn change(&self, text: &'static str) {
        let mut connection = self.connection().await;
        sqlx::query(text).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    async fn connection(&self) -> SqliteConnection {
        SqliteConnection::connect(&format!("sqlite://{}", self.database().display())).await.unwrap()
    }

    /// What a person is asked in the journal.
    async fn calls(&self) -> Vec<String> {
        let mut tx = self.ctx.store.read().await.unwrap();
        let rows = journal_list(&mut tx, JournalBy::All, 0, 10_000).await.unwrap();
        let calls = rows.into_iter().filter(|row| row.entry.kind == "ask_person");
        calls.map(|row| row.entry.detail).collect()
    }
}

const HOUR_MS: i64 = 3_600_000;

#[tokio::test]
async fn a_document_that_we_cannot_read_by_a_fault_of_ours_waits_and_a_person_is_asked_once() {
    let mut desert = Desert::make().await;
    for _ in 0..3 {
        desert.document().await;
    }
    desert.change("UPDATE outbox SET role = 'nobody' WHERE id = 2").await;
    let mut stamper = Stamper::default();
    for _ in 0..3 {
        desert.round(&mut stamper).await;
    }
    assert_eq!((desert.count("time_stamp").await, desert.count("time_stamp_due").await), (2, 1));
    for _ in 0..2 {
        desert.clock.advance_ms(HOUR_MS);
        desert.round(&mut stamper).await;
    }
    let calls = desert.calls().await;
    assert!(calls.len() == 1 && calls[0].contains("documents wait for their time stamps"), "{calls:?}");
    desert.change("UPDATE outbox SET role = 'initiator' WHERE id = 2").await;
    desert.clock.advance_ms(HOUR_MS);
    desert.round(&mut stamper).await;
    assert_eq!((desert.count("time_stamp").await, desert.count("time_stamp_due").await), (3, 0));
    // a document that is none is forgone, and a person told of it
    desert.document().await;
    desert.change("UPDATE outbox_body SET body = '<!DOCTYPE a><a/>' WHERE outbox_id = 4").await;
    desert.round(&mut stamper).await;
    assert_eq!((desert.count("time_stamp").await, desert.count("time_stamp_due").await), (3, 0));
    let calls = desert.calls().await;
    assert!(calls.len() == 2 && calls[1].contains("can get no time stamp"), "{calls:?}");
    assert_eq!(desert.asked(), 2);
}

#[tokio::test]
async fn an_authority_near_its_end_is_asked_once_a_day_and_a_person_once() {
    let mut desert = Desert::make().await;
    desert.own.renew_before = SignedDuration::from_hours(24 * 10_000);
    let mut stamper = Stamper::default();
    for _ in 0..2 {
        desert.document().await;
        desert.round(&mut stamper).await;
    }
    // one for each document, and one by which it was seen that none lasts longer
    assert_eq!((desert.count("time_stamp").await, desert.asked()), (2, 3));
    // more than a batch holds: those of one certificate end together
    desert.change(MANY).await;
    for round in 0..4 {
        desert.document().await;
        desert.round(&mut stamper).await;
        assert_eq!(desert.asked(), 4 + round);
    }
    let calls = desert.calls().await;
    assert!(calls.len() == 1 && calls[0].contains("time stamps cannot be prolonged"), "{calls:?}");
    desert.clock.advance_ms(24 * HOUR_MS);
    for _ in 0..3 {
        desert.round(&mut stamper).await;
    }
    assert_eq!((desert.asked(), desert.calls().await.len()), (8, 2), "it is seen again each day");
}

const MANY: &str =
    "WITH RECURSIVE number(n) AS (SELECT 1000 UNION ALL SELECT n + 1 FROM number WHERE n < 2000)
    INSERT INTO time_stamp (side, row_id, record, stamped_at, good_until, lease_until)
    SELECT 'outbox', number.n, record, stamped_at, good_until, 0 FROM number, time_stamp WHERE row_id = 1";

#[tokio::test]
async fn misses_are_counted_on_when_another_replica_has_claimed_all_and_no_longer_when_nothing_waits() {
    let mut desert = Desert::make().await;
    desert.authority.is_away.store(true, Ordering::Relaxed);
    let store = desert.ctx.store.clone();
    let beside_another = async |desert: &Desert, stamper: &mut Stamper| {
        let now = desert.clock.now();
        let later = now.checked_add(SignedDuration::from_mins(1)).unwrap();
        let mut tx = store.begin().await.unwrap();
        let claimed = time_stamp_claim(&mut tx, now, later, 9).await.unwrap();
        tx.commit().await.unwrap();
        desert.round(stamper).await;
        let mut tx = store.begin().await.unwrap();
        for of in &claimed {
            time_stamp_free(&mut tx, *of, now).await.unwrap();
        }
        tx.commit().await.unwrap();
        claimed.len()
    };
    let mut stamper = Stamper::default();
    desert.document().await;
    for miss in 1..=20 {
        assert_eq!(desert.calls().await.len(), 0, "after {miss}");
        assert_eq!(beside_another(&desert, &mut stamper).await, 1);
        desert.round(&mut stamper).await;
        assert_eq!(desert.asked(), miss);
    }
    let calls = desert.calls().await;
    assert!(calls.len() == 1 && calls[0].contains("no time stamp was had 20 times in a row"), "{calls:?}");
    // another has stamped it: the next misses are counted from the first
    let mut stamper = Stamper::default();
    for _ in 0..19 {
        desert.round(&mut stamper).await;
    }
    desert.authority.is_away.store(false, Ordering::Relaxed);
    desert.round(&mut Stamper::default()).await;
    desert.round(&mut stamper).await;
    desert.authority.is_away.store(true, Ordering::Relaxed);
    desert.document().await;
    desert.round(&mut stamper).await;
    assert_eq!(desert.calls().await.len(), 1);
}
