//! What is kept of persons who seek work ends by its clock and not a moment before; a hold keeps it; a peer that comes late is told all
//! the same; and nobody tells by the time of a profile when the person consented.

use crate::labour_sync::{Direct, PLANTED, candidate, journal, new_consent, two, vacancy};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use stazh::base::{Clock, DocumentId, FixedClock, SeededRandom};
use stazh::exchange::canonical::job::Candidate;
use stazh::flow::Context;
use stazh::flow::labour::{
    ClassView, HoldOn, Swept, ask_renewals, give_consent, lift_hold, publish_vacancies, publish_waiting,
    pull, retention_view, set_hold, sweep_retention, withdraw_consent,
};
use stazh::labour::consent::ConsentState;
use stazh::labour::retention::RecordClass;
use stazh::labour::sync::StreamKind;
use stazh::store::{
    Cursor, MirrorMove, MirrorState, ShownRow, consent_find, cursor_find, cursor_move, mirror_find,
    mirror_put, published_find, shown_find, shown_put, stream_find, target_list,
};
use std::sync::Arc;
use uuid::Uuid;

const DAY_MS: i64 = 86_400_000;

fn after(start: Timestamp, span: Span) -> Timestamp {
    start.to_zoned_datetime(TimeZone::UTC).checked_add(span).unwrap().timestamp()
}

fn years(count: i64) -> Span {
    Span::new().years(count)
}

/// One millisecond before an instant nothing happens, at the instant it does, and once.
async fn swept_at(due: Timestamp, clock: &FixedClock, ctx: &Context) -> Swept {
    let before = due.as_millisecond() - 1 - clock.now().as_millisecond();
    assert!(before >= 0, "the clock goes on");
    clock.advance_ms(before);
    assert_eq!(sweep_retention(ctx).await.unwrap(), Swept::default(), "one moment before {due} all is kept");
    clock.advance_ms(1);
    let swept = sweep_retention(ctx).await.unwrap();
    assert_eq!(sweep_retention(ctx).await.unwrap(), Swept::default(), "once");
    swept
}

fn own() -> Candidate {
    serde_json::from_value(candidate()).unwrap()
}

async fn class(class: RecordClass, ctx: &Context) -> ClassView {
    let views = retention_view(ctx).await.unwrap();
    views.into_iter().find(|view| view.class == class).unwrap()
}

async fn cursor(follower: &Context) -> Cursor {
    let mut tx = follower.store.read().await.unwrap();
    cursor_find(&mut tx, "RU", StreamKind::Profile).await.unwrap().unwrap()
}

/// From a consent to its hash, each on its day; and a peer that was restored to a day on which it had the profile loses it again,
/// though what told it so is deleted.
#[tokio::test]
async fn a_tombstone_and_a_consent_go_on_their_days_and_who_comes_late_is_told_all_the_same() {
    let (_world, clock, server, mut follower) = two().await;
    follower.labour.road = Some(Direct::to(&server, None));
    let given = give_consent(&own(), new_consent(30), &server).await.unwrap();
    pull("RU", &follower).await.unwrap();
    let of_before = cursor(&follower).await;
    let target = target_list(&mut server.store.read().await.unwrap(), given.id).await.unwrap().remove(0);
    let name = target.reference.unwrap();
    let of = ("RU", StreamKind::Profile, name.as_str());
    let held = mirror_find(&mut follower.store.read().await.unwrap(), of).await.unwrap().unwrap();
    assert!(class(RecordClass::PublishedProfile, &server).await.next_due.is_some());

    clock.advance_ms(DAY_MS);
    withdraw_consent(given.id, &"console".parse().unwrap(), &server).await.unwrap();
    let ended_at = clock.now();
    // the peer confirms after a hundred days: the tombstone waits for that
    clock.advance_ms(100 * DAY_MS);
    assert_eq!(class(RecordClass::Tombstone, &server).await.next_due, None, "a receipt is missing");
    pull("RU", &follower).await.unwrap();
    let confirmed_at = clock.now();
    assert_eq!(class(RecordClass::Tombstone, &server).await.next_due, Some(after(confirmed_at, years(1))));
    let swept = swept_at(after(confirmed_at, years(1)), &clock, &server).await;
    assert_eq!(swept, Swept { tombstones: 1, ..Swept::default() });
    let (mut tx, names) = (server.store.read().await.unwrap(), [name.clone()]);
    assert!(published_find(&mut tx, ("KZ", StreamKind::Profile), &names).await.unwrap().is_empty());
    drop(tx);
    let row = stream_find(&mut server.store.read().await.unwrap(), "KZ", StreamKind::Profile)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((row.floor_seq, row.head.head_seq), (2, 2));
    assert_eq!(
        pull("RU", &follower).await.unwrap().pages,
        2,
        "who is up to date goes on: one page of each stream"
    );

    // the peer is restored to the day on which it had the profile
    let mut tx = follower.store.begin().await.unwrap();
    let (content, hash) = held.content.unwrap();
    mirror_put(&mut tx, of, (&MirrorMove::Hold { content, hash, until: None }, 1), clock.now())
        .await
        .unwrap();
    let moves = cursor(&follower).await.moves;
    assert!(cursor_move(&mut tx, &Cursor { moves, ..of_before }).await.unwrap());
    tx.commit().await.unwrap();
    for _ in 0..2 {
        pull("RU", &follower).await.unwrap();
    }
    let blank = mirror_find(&mut follower.store.read().await.unwrap(), of).await.unwrap().unwrap();
    assert_eq!((blank.state, blank.content), (MirrorState::Erased, None), "it learns that it is gone");

    let swept = swept_at(after(ended_at, years(3)), &clock, &server).await;
    assert_eq!(swept, Swept { consents: 1, ..Swept::default() });
    assert!(consent_find(&mut server.store.read().await.unwrap(), given.id).await.unwrap().is_none());
    let view = class(RecordClass::Consent, &server).await;
    assert_eq!((view.kept, view.hashes), (0, 1));
    let told = journal(&server, "retention").await;
    assert!(told.len() == 2 && told.iter().any(|line| line.contains("its SHA-256 is ")), "{told:?}");
    assert!(PLANTED.iter().all(|value| !told.join("").contains(value)));
    // at the peer what is left goes too
    let swept = sweep_retention(&follower).await.unwrap();
    assert_eq!(swept, Swept { mirrored: 1, ..Swept::default() });
}

/// A consent that lasts longer than a profile may: the profile is erased at its age, by what it was made of or by the consent.
#[tokio::test]
async fn a_profile_is_erased_at_its_age_whatever_its_consent_says() {
    let (_world, clock, mut server, _follower) = two().await;
    Arc::get_mut(&mut server).unwrap().labour.consent_days_max = 1_000;
    let mut candidate = own();
    candidate.profile.changed = "2026-06".parse().unwrap();
    let given = give_consent(&candidate, new_consent(900), &server).await.unwrap();
    set_hold(
        &"C-1".parse().unwrap(),
        HoldOn::Consent(given.id),
        ("court", "2027-08-01".parse().unwrap()),
        &server,
    )
    .await
    .unwrap();
    let due: Timestamp = "2027-07-01T00:00:00Z".parse().unwrap();
    assert_eq!(class(RecordClass::PublishedProfile, &server).await.next_due, Some(due));
    clock.advance_ms(due.as_millisecond() - clock.now().as_millisecond());
    assert_eq!(sweep_retention(&server).await.unwrap(), Swept::default(), "it is held");
    assert_eq!(class(RecordClass::PublishedProfile, &server).await.holds, 1);
    lift_hold(&"C-1".parse().unwrap(), &server).await.unwrap();
    assert_eq!(sweep_retention(&server).await.unwrap(), Swept { profiles: 1, ..Swept::default() });
    let kept = consent_find(&mut server.store.read().await.unwrap(), given.id).await.unwrap().unwrap();
    assert_eq!((kept.state(clock.now()), kept.ended_at()), (ConsentState::Expired, Some(due)));
    let told = give_consent(&candidate, new_consent(30), &server).await.unwrap_err().to_string();
    assert!(told.contains("looked through since"), "an old one is not published anew: {told}");
}

/// A withdrawal is done whatever holds there are; what is left of it is held until the end of the last day, and no hold is set on
/// what is gone.
#[tokio::test]
async fn a_hold_keeps_what_is_left_until_its_last_day_is_over_and_keeps_nothing_published() {
    let (_world, clock, server, mut follower) = two().await;
    follower.labour.road = Some(Direct::to(&server, None));
    let given = give_consent(&own(), new_consent(30), &server).await.unwrap();
    let number = "C-7/2026".parse().unwrap();
    let hold = async |until: &str, reason: &str| {
        set_hold(&number, HoldOn::Consent(given.id), (reason, until.parse().unwrap()), &server).await
    };
    assert!(hold("2026-11-29", "complaint").await.unwrap_err().to_string().contains("last day"));
    assert!(hold("2030-01-31", " ").await.unwrap_err().to_string().contains("reason"));
    hold("2030-01-31", "complaint").await.unwrap();
    let nobody = HoldOn::Consent(Uuid::from_u128(1));
    assert!(set_hold(&number, nobody, ("x", "2030-01-31".parse().unwrap()), &server).await.is_err());
    withdraw_consent(given.id, &"console".parse().unwrap(), &server).await.unwrap();
    pull("RU", &follower).await.unwrap();
    let target = target_list(&mut server.store.read().await.unwrap(), given.id).await.unwrap().remove(0);
    assert!(target.confirmed_at.is_some(), "what was taken back is gone at the peer");
    let swept = swept_at("2030-02-01T00:00:00Z".parse().unwrap(), &clock, &server).await;
    // of one pass the tombstone is first, so that nothing stands in the way of the consent
    assert_eq!(swept, Swept { tombstones: 1, consents: 1, ..Swept::default() });
    assert!(hold("2031-01-31", "too late").await.unwrap_err().to_string().contains("no record"));
    let told = journal(&server, "hold_set").await;
    assert!(told.len() == 1 && told[0].contains("C-7/2026"), "{told:?}");
}

#[tokio::test]
async fn vacancies_and_what_was_shown_for_them_go_on_their_days() {
    let (_world, clock, server, _follower) = two().await;
    publish_vacancies(&[vacancy(1, "Пост", true), vacancy(2, "Пост", true)], &server).await.unwrap();
    clock.advance_ms(DAY_MS);
    publish_vacancies(&[vacancy(1, "Пост", false)], &server).await.unwrap();
    let closed_at = clock.now();
    let shown = |n: u128, of: u32, expires_at: Timestamp| ShownRow {
        peer: "KZ".to_owned(),
        reveal: Uuid::from_u128(n),
        document_id: Some(DocumentId::from_uuid(Uuid::from_u128(100 + n))),
        conversation_id: None,
        vacancy: Some(format!("RU/trudvsem/v-{of}")),
        expires_at,
        ended_at: None,
        vacancy_closed_at: None,
    };
    let (soon, far) = (after(closed_at, Span::new().days(40)), after(closed_at, years(5)));
    let mut tx = server.store.begin().await.unwrap();
    for row in [shown(1, 1, soon), shown(2, 1, far), shown(3, 2, far)] {
        shown_put(&mut tx, &row).await.unwrap();
    }
    tx.commit().await.unwrap();
    let one = Swept { shown: 1, ..Swept::default() };
    assert_eq!(swept_at(soon, &clock, &server).await, one, "its reveal is over");
    let half = after(closed_at, Span::new().months(6));
    assert_eq!(class(RecordClass::RevealedContacts, &server).await.next_due, Some(half));
    assert_eq!(swept_at(half, &clock, &server).await, one, "the vacancy closed six months ago");
    let swept = swept_at(after(closed_at, years(1)), &clock, &server).await;
    assert_eq!(swept, Swept { vacancies: 1, ..Swept::default() });
    let names = ["RU/trudvsem/v-1".to_owned(), "RU/trudvsem/v-2".to_owned()];
    let found = published_find(&mut server.store.read().await.unwrap(), ("", StreamKind::Vacancy), &names)
        .await
        .unwrap();
    assert!(found[&names[0]].content.is_none() && found[&names[1]].content.is_some());
    // it may be opened again, and runs anew then
    publish_vacancies(&[vacancy(1, "Пост", true)], &server).await.unwrap();
    assert_eq!(swept_at(far, &clock, &server).await, one, "the last one ends by itself");
    let left = shown_find(&mut server.store.read().await.unwrap(), ("KZ", Uuid::from_u128(3))).await.unwrap();
    assert!(left.is_none());
    assert_eq!(journal(&server, "shown_erased").await.len(), 3);
}

/// Two replicas at the same time: each thing is done once.
#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_that_sweep_at_once_do_nothing_twice() {
    let (_world, clock, server, mut follower) = two().await;
    follower.labour.road = Some(Direct::to(&server, None));
    let given = give_consent(&own(), new_consent(30), &server).await.unwrap();
    withdraw_consent(given.id, &"console".parse().unwrap(), &server).await.unwrap();
    pull("RU", &follower).await.unwrap();
    clock.advance_ms(4 * 366 * DAY_MS);
    let (one, other) = tokio::join!(sweep_retention(&server), sweep_retention(&server));
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!((one.tombstones + other.tombstones, one.consents + other.consents), (1, 1));
    assert_eq!(class(RecordClass::Consent, &server).await.hashes, 1);
}

#[tokio::test]
async fn a_renewal_is_asked_once_thirty_days_before_the_end_and_not_after_a_withdrawal() {
    let (_world, clock, server, _follower) = two().await;
    let given = give_consent(&own(), new_consent(365), &server).await.unwrap();
    clock.advance_ms(335 * DAY_MS - 1);
    assert_eq!(ask_renewals(&server).await.unwrap(), 0, "one moment before");
    clock.advance_ms(1);
    assert_eq!((ask_renewals(&server).await.unwrap(), ask_renewals(&server).await.unwrap()), (1, 0));
    let told = journal(&server, "ask_person").await;
    assert!(told.len() == 1 && told[0].contains("labour.renewal") && told[0].contains(&given.id.to_string()));
    // the new consent is asked about by its own time; one that was taken back never
    let mut again = own();
    again.profile.changed = "2027-10".parse().unwrap();
    let second = give_consent(&again, new_consent(365), &server).await.unwrap();
    assert_eq!(second.superseded, Some(given.id));
    withdraw_consent(second.id, &"console".parse().unwrap(), &server).await.unwrap();
    clock.advance_ms(400 * DAY_MS);
    assert_eq!(ask_renewals(&server).await.unwrap(), 0);
    assert_eq!(journal(&server, "ask_person").await.len(), 1);
}

/// For many persons: a profile comes at an instant of its own within the span, the same for the same seed; what is taken back
/// before that never comes, and what was published is erased at once.
#[tokio::test]
async fn the_time_of_a_profile_does_not_tell_that_of_the_consent_and_a_withdrawal_waits_for_nothing() {
    let mut delays = Vec::new();
    for seed in [3, 3, 4, 5, 6, 7, 8, 9] {
        let (_world, clock, mut server, _follower) = two().await;
        let ctx = Arc::get_mut(&mut server).unwrap();
        ctx.random = Arc::new(SeededRandom::new(seed));
        ctx.labour.publish_within_minutes = 60;
        let given = give_consent(&own(), new_consent(30), &server).await.unwrap();
        assert_eq!(given.waiting, [("KZ".to_owned(), "labour.publish_later")]);
        let is_there = async || {
            publish_waiting(&server).await.unwrap();
            let target =
                target_list(&mut server.store.read().await.unwrap(), given.id).await.unwrap().remove(0);
            target.reference.is_some()
        };
        let mut minutes = 0;
        while !is_there().await {
            clock.advance_ms(60_000);
            minutes += 1;
            assert!(minutes <= 60, "within the span");
        }
        delays.push(minutes);
        withdraw_consent(given.id, &"console".parse().unwrap(), &server).await.unwrap();
        let target = target_list(&mut server.store.read().await.unwrap(), given.id).await.unwrap().remove(0);
        assert_eq!(target.erased_at, Some(clock.now()), "at once");
        let second = give_consent(&own(), new_consent(30), &server).await.unwrap();
        withdraw_consent(second.id, &"console".parse().unwrap(), &server).await.unwrap();
        clock.advance_ms(DAY_MS);
        publish_waiting(&server).await.unwrap();
        let target = target_list(&mut server.store.read().await.unwrap(), second.id).await.unwrap().remove(0);
        assert_eq!((target.reference, target.erased_seq), (None, None), "it never came");
    }
    assert_eq!(delays[0], delays[1], "the same seed");
    let several: std::collections::BTreeSet<_> = delays.iter().collect();
    assert!(several.len() >= 5, "{delays:?}");
}
