//! Folding loses no day, overlaps are the same from both sides, and gaps with periods cover the span.

//! What the time line keeps: each day of each period, whichever way it is folded.

use super::*;
use crate::exchange::canonical::Interval;
use jiff::ToSpan;
use jiff::civil::date;
use proptest::prelude::*;

const KINDS: [&str; 3] = ["work", "study", "childcare"];

fn day(number: i64) -> Date {
    date(2000, 1, 1).checked_add(number.days()).unwrap()
}

/// A period: state, kind, first and last day, whether it goes on, whether it is special.
type Drawn = (usize, usize, (i64, i64), bool, bool);

fn record(state: State, as_of: Date, periods: &[Drawn]) -> InsuranceRecord {
    let period = |(number, (place, kind, (one, two), goes_on, is_special)): (usize, &Drawn)| {
        let to = (!goes_on).then(|| day(*one.max(two)));
        let mut period = serde_json::json!({
            "id": format!("{state}-{number}"),
            "state": State::ALL[place % State::ALL.len()],
            "interval": Interval::new(day(*one.min(two)), to).unwrap(),
            "kind": KINDS[kind % KINDS.len()],
        });
        if *is_special {
            period["special_conditions"] = serde_json::json!([{ "kind": "working-conditions" }]);
        }
        period
    };
    let periods: Vec<_> = periods.iter().enumerate().map(period).collect();
    let record = serde_json::json!({
        "state": state, "as_of": as_of,
        "person": { "name": { "family": "Осмонов", "given": "Азамат" }, "birth_date": "1965-02-01", "sex": "1" },
        "periods": periods,
    });
    serde_json::from_value(record).unwrap()
}

fn received(record: &InsuranceRecord) -> Told<'_> {
    let id = uuid::Uuid::from_u128(7);
    let source = Source::Document {
        document_id: DocumentId::from_uuid(id),
        conversation_id: ConversationId::from_uuid(id),
    };
    Told { record, source }
}

fn local(record: &InsuranceRecord) -> Told<'_> {
    Told { record, source: Source::Local }
}

fn drawn(told: &[Told<'_>]) -> Timeline {
    Timeline::of(told, &Choice::default(), (day(500), Convention::Thirty))
}

fn all_days<'s>(stretches: impl IntoIterator<Item = &'s Stretch>) -> Days {
    stretches.into_iter().fold(Days::NONE, |all, stretch| all.union(&Days::from(*stretch)))
}

fn periods() -> impl Strategy<Value = Vec<Drawn>> {
    let ends = (0_i64..400, 0_i64..400);
    prop::collection::vec((0_usize..5, 0_usize..3, ends, any::<bool>(), any::<bool>()), 0..10)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Every period stands under exactly one segment of its lane, which has its days and no other.
    #[test]
    fn folding_loses_no_day_and_adds_none(one in periods(), two in periods()) {
        let (one, two) = (record(State::Kg, day(500), &one), record(State::Ru, day(500), &two));
        let line = drawn(&[received(&one), local(&two)]);
        for (record, side) in [(&one, Side::Received), (&two, Side::Local)] {
            for period in record.standing_periods() {
                let lane = line.lanes.iter().find(|lane| (lane.state, lane.side) == (period.state, side)).unwrap();
                let pieces = lane.segments.iter().filter(|segment| segment.kind == period.kind)
                    .flat_map(|segment| &segment.pieces).filter(|piece| piece.id == period.id);
                let pieces: Vec<_> = pieces.collect();
                prop_assert_eq!(pieces.len(), 1);
                let to = period.interval.to().unwrap_or(day(500));
                prop_assert_eq!(pieces[0].stretch, Stretch { from: period.interval.from(), to });
                prop_assert_eq!(pieces[0].special.is_empty(), period.special_conditions.is_empty());
            }
        }
        let told = one.periods.len() + two.periods.len();
        let pieces: usize = line.lanes.iter().flat_map(|lane| &lane.segments).map(|it| it.pieces.len()).sum();
        prop_assert_eq!(told, pieces);
        for lane in &line.lanes {
            prop_assert_eq!(&all_days(lane.segments.iter().map(|it| &it.stretch)), &lane.days);
            for segment in &lane.segments {
                prop_assert_eq!(&all_days(segment.pieces.iter().map(|it| &it.stretch)), &Days::from(segment.stretch));
                prop_assert!(segment.special.without(&Days::from(segment.stretch)).is_empty());
                prop_assert_eq!(segment.goes_on, segment.pieces.iter().any(|it| it.goes_on));
                let alike = lane.segments.iter().filter(|other| other.kind == segment.kind && *other != segment);
                prop_assert!(alike.into_iter().all(|other| !other.stretch.touches(&segment.stretch)));
            }
        }
    }

    /// What overlaps is the same from both states, whoever is named first; it is in both, and in nothing else.
    #[test]
    fn an_overlap_is_the_same_from_both_sides(one in periods(), two in periods()) {
        let (one, two) = (record(State::Kg, day(500), &one), record(State::Ru, day(500), &two));
        let line = drawn(&[received(&one), local(&two)]);
        prop_assert!(line.overlaps == drawn(&[local(&two), received(&one)]).overlaps);
        let of = |state| line.lanes.iter().filter(move |lane| lane.state == state);
        let days = |state| of(state).fold(Days::NONE, |all, lane| all.union(&lane.days));
        for (at, one) in State::ALL.into_iter().enumerate() {
            for two in State::ALL.into_iter().skip(at + 1) {
                let marked = line.overlaps.iter().filter(|it| it.states == [one.min(two), one.max(two)]);
                let marked: Vec<_> = marked.map(|it| it.days.clone()).collect();
                let both = days(one).within(&days(two));
                prop_assert_eq!(marked, if both.is_empty() { vec![] } else { vec![both] });
            }
        }
        for lane in &line.lanes {
            let marked = line.overlaps.iter().filter(|it| it.states.contains(&lane.state));
            let marked = marked.fold(Days::NONE, |all, it| all.union(&it.days));
            prop_assert_eq!(&lane.shared, &lane.days.within(&marked));
        }
    }

    /// Each day of the span is told of by somebody or marked as a gap, and none is both.
    #[test]
    fn gaps_and_periods_cover_the_span(one in periods(), two in periods(), kind in prop::option::of(0_usize..3)) {
        let (one, two) = (record(State::Kg, day(500), &one), record(State::Ru, day(500), &two));
        let kinds = kind.map(|kind| KINDS[kind].to_owned()).into_iter().collect();
        let choice = Choice { kinds, ..Choice::default() };
        let line = Timeline::of(&[received(&one), local(&two)], &choice, (day(500), Convention::Thirty));
        let told = line.lanes.iter().fold(Days::NONE, |all, lane| all.union(&lane.days));
        prop_assert!(told.within(&line.gaps).is_empty());
        let whole = line.span.map_or(Days::NONE, Days::from);
        prop_assert_eq!(told.union(&line.gaps), whole);
        prop_assert_eq!(line.span.is_none(), line.lanes.is_empty());
    }
}

#[test]
fn periods_that_follow_each_other_are_one_segment_with_its_pieces() {
    let record = record(
        State::Kg,
        day(100),
        &[(0, 0, (0, 9), false, false), (0, 0, (10, 20), false, true), (0, 0, (22, 30), false, false)],
    );
    let line = drawn(&[received(&record)]);
    let segments = &line.lanes[0].segments;
    assert_eq!(segments.len(), 2, "a day lies between the second and the third");
    assert_eq!(segments[0].stretch, Stretch { from: day(0), to: day(20) });
    assert_eq!(segments[0].pieces.len(), 2);
    assert_eq!(segments[0].special, Days::from(Stretch { from: day(10), to: day(20) }));
    assert_eq!(line.gaps, Days::from(Stretch { from: day(21), to: day(21) }));
    assert!(line.lanes[0].repeated.is_empty() && line.overlaps.is_empty() && line.differences.is_empty());
}

#[test]
fn a_later_record_stands_in_the_place_of_an_earlier_one_of_its_state() {
    let old = record(State::Kg, day(100), &[(0, 0, (0, 9), false, false)]);
    let new = record(State::Kg, day(200), &[(0, 1, (50, 60), false, false)]);
    for order in [[&old, &new], [&new, &old]] {
        let line = drawn(&order.map(received));
        assert_eq!(line.kinds, BTreeSet::from(["study".to_owned()]));
        let replaced: Vec<_> = line.records.iter().filter(|it| it.is_replaced).map(|it| it.as_of).collect();
        assert_eq!(replaced, [day(100)]);
    }
}

#[test]
fn what_the_local_system_knows_of_another_state_stands_beside_what_that_state_tells() {
    let place = State::ALL.iter().position(|state| *state == State::Kg).unwrap();
    let theirs = record(State::Kg, day(100), &[(place, 0, (0, 9), false, false)]);
    let ours = record(State::Ru, day(100), &[(place, 0, (5, 14), false, false)]);
    let line = drawn(&[received(&theirs), local(&ours)]);
    assert_eq!(line.lanes.iter().map(|lane| lane.side).collect::<Vec<_>>(), [Side::Received, Side::Local]);
    let [difference] = line.differences.as_slice() else { panic!("one difference") };
    assert!(!difference.is_none());
    assert_eq!(difference.only_received, Days::from(Stretch { from: day(0), to: day(4) }));
    assert_eq!(difference.only_local, Days::from(Stretch { from: day(10), to: day(14) }));
    assert!(line.overlaps.is_empty(), "it is one state");
}
