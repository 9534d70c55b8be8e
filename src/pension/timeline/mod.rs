//! All states' periods of one worker on one time line: lanes, folded segments, what overlaps, what nobody tells. Pure.
//!
//! A lane is what one side tells of work on the territory of one state. Periods of one lane and kind that touch or share days
//! are folded into one segment, and stand under it as its pieces: nothing is lost, and a clerk sees both. What counts for a
//! claim is not decided here ([`super::advise`] does).

use super::days::{Days, Stretch};
use super::length::{Convention, Length};
use crate::base::{ConversationId, DocumentId};
use crate::exchange::canonical::{Coded, InsurancePeriod, InsuranceRecord, RecordId, State};
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Where a record was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "from")]
pub enum Source {
    /// The local system.
    Local,
    /// A document of a peer.
    Document {
        /// Which.
        #[schemars(with = "String")]
        document_id: DocumentId,
        /// The run of the transaction that brought it.
        #[schemars(with = "String")]
        conversation_id: ConversationId,
    },
}

/// Who tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// A peer, in a document.
    Received,
    /// The local system.
    Local,
}

/// A record to be drawn.
#[derive(Clone, Copy)]
pub struct Told<'r> {
    /// What is told.
    pub record: &'r InsuranceRecord,
    /// Where it was found.
    pub source: Source,
}

/// What is to be drawn; nothing chosen is everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Choice {
    /// Work on the territory of these states alone.
    #[schemars(with = "BTreeSet<String>")]
    pub states: BTreeSet<State>,
    /// Periods of these kinds alone.
    pub kinds: BTreeSet<String>,
}

/// The periods of a worker on one time line. It holds what is known of a person, and is shown nowhere in a log.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Timeline {
    /// From the first day of any period to the last; none where there is no period.
    pub span: Option<Stretch>,
    /// By state; what a peer tells stands before what the local system does.
    pub lanes: Vec<Lane>,
    /// Days that two states tell of both: they count once (T22). Each pair of states stands once.
    pub overlaps: Vec<Overlap>,
    /// Days of the span of which nobody tells.
    pub gaps: Days,
    /// Where both sides tell of one territory, how they differ.
    pub differences: Vec<Difference>,
    /// Every kind of period that is told of, whatever is chosen.
    pub kinds: BTreeSet<String>,
    /// Every state on whose territory there was work, whatever is chosen.
    #[schemars(with = "BTreeSet<String>")]
    pub states: BTreeSet<State>,
    /// The records, in the order in which they were given.
    pub records: Vec<RecordTold>,
}

/// A record on the time line.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RecordTold {
    /// Whose knowledge it is.
    #[schemars(with = "String")]
    pub state: State,
    /// The day it was drawn up.
    #[schemars(with = "String")]
    pub as_of: Date,
    /// Where it was found.
    pub source: Source,
    /// Whether a later record of the same state and side stands in its place; then nothing of it is drawn.
    pub is_replaced: bool,
}

/// What one side tells of work on the territory of one state.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Lane {
    /// On whose territory.
    #[schemars(with = "String")]
    pub state: State,
    /// Who tells.
    pub side: Side,
    /// The folded periods, the earliest first.
    pub segments: Vec<Segment>,
    /// All its days.
    pub days: Days,
    /// How many of them there are, each once.
    pub length: Length,
    /// Those of them on which there was work in another state as well.
    pub shared: Days,
    /// Those of them that several of its periods tell of: they count once (T22).
    pub repeated: Days,
}

/// Periods of one lane and kind that touch or share days.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Segment {
    /// A code of the list of period kinds.
    #[schemars(with = "String")]
    pub kind: Coded,
    /// Its days.
    pub stretch: Stretch,
    /// How long it is.
    pub length: Length,
    /// Whether it has no end yet; it is drawn up to the day of looking.
    pub goes_on: bool,
    /// Its days under special conditions; another state counts them as ordinary (T25).
    pub special: Days,
    /// The periods it is folded of, the earliest first.
    pub pieces: Vec<Piece>,
}

/// A period as it was told.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Piece {
    /// Which entry of the record it is.
    #[schemars(with = "String")]
    pub id: RecordId,
    /// Its days, up to the day of looking.
    pub stretch: Stretch,
    /// Whether it has no end yet.
    pub goes_on: bool,
    /// Codes of the list of special conditions.
    #[schemars(with = "Vec<String>")]
    pub special: Vec<Coded>,
    /// For whom the person worked.
    pub employer: Option<String>,
    /// As what.
    pub position: Option<String>,
    /// Whose knowledge it is.
    #[schemars(with = "String")]
    pub told_by: State,
    /// Where the record was found.
    pub source: Source,
}

/// Days on which two states tell of work.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Overlap {
    /// Which two, in their order.
    #[schemars(with = "[String; 2]")]
    pub states: [State; 2],
    /// The days.
    pub days: Days,
    /// How many there are.
    pub length: Length,
}

/// How what peers tell of work on one territory differs from what the local system does.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Difference {
    /// Whose territory.
    #[schemars(with = "String")]
    pub state: State,
    /// Days of which the local system alone knows.
    pub only_local: Days,
    /// Days of which peers alone know.
    pub only_received: Days,
}

impl Difference {
    /// Whether both tell of the same days.
    pub fn is_none(&self) -> bool {
        self.only_local.is_empty() && self.only_received.is_empty()
    }
}

impl Timeline {
    /// Draws records; a period without an end is drawn up to `until`.
    pub fn of(told: &[Told<'_>], choice: &Choice, (until, convention): (Date, Convention)) -> Self {
        let records: Vec<RecordTold> = told.iter().map(|one| record_told(one, told)).collect();
        let standing = told.iter().zip(&records).filter(|(_, it)| !it.is_replaced).map(|(one, _)| one);
        let periods: Vec<(&Told<'_>, &InsurancePeriod)> =
            standing.flat_map(|one| one.record.standing_periods().map(move |period| (one, period))).collect();
        let kinds = periods.iter().map(|(_, period)| period.kind.as_str().to_owned()).collect();
        let states = periods.iter().map(|(_, period)| period.state).collect();
        let mut lanes: BTreeMap<(State, Side), Vec<(Coded, Piece)>> = BTreeMap::new();
        for (one, period) in periods.into_iter().filter(|(_, period)| choice.has(period)) {
            let lane = lanes.entry((period.state, side(one.source))).or_default();
            lane.push((period.kind.clone(), piece(one, period, until)));
        }
        let lanes = lanes.into_iter().map(|((state, side), told)| lane((state, side), told, convention));
        Self::drawn(lanes.collect(), (kinds, states), records, convention)
    }

    fn drawn(
        mut lanes: Vec<Lane>,
        (kinds, states): (BTreeSet<String>, BTreeSet<State>),
        records: Vec<RecordTold>,
        convention: Convention,
    ) -> Self {
        let mut by_state: BTreeMap<State, Days> = BTreeMap::new();
        for lane in &lanes {
            let days = by_state.entry(lane.state).or_default();
            *days = days.union(&lane.days);
        }
        for lane in &mut lanes {
            let others = by_state.iter().filter(|(state, _)| **state != lane.state);
            let others = others.fold(Days::NONE, |all, (_, days)| all.union(days));
            lane.shared = lane.days.within(&others);
        }
        let all = by_state.values().fold(Days::NONE, |all, days| all.union(days));
        let span = all.stretches().first().zip(all.stretches().last());
        let span = span.map(|(first, last)| Stretch { from: first.from, to: last.to });
        let gaps = span.map_or(Days::NONE, |span| Days::from(span).without(&all));
        let overlaps = overlaps(&by_state, convention);
        let differences = differences(&lanes);
        Self { span, lanes, overlaps, gaps, differences, kinds, states, records }
    }
}

impl Choice {
    fn has(&self, period: &InsurancePeriod) -> bool {
        let is_of_state = self.states.is_empty() || self.states.contains(&period.state);
        is_of_state && (self.kinds.is_empty() || self.kinds.contains(period.kind.as_str()))
    }
}

fn side(source: Source) -> Side {
    match source {
        Source::Local => Side::Local,
        Source::Document { .. } => Side::Received,
    }
}

/// Of several records of one state and side the one that was drawn up last stands, and of those of one day the last that came.
fn record_told(one: &Told<'_>, all: &[Told<'_>]) -> RecordTold {
    let alike =
        |other: &&Told<'_>| other.record.state == one.record.state && side(other.source) == side(one.source);
    let newest = all.iter().filter(alike).max_by_key(|other| other.record.as_of);
    let is_replaced = newest.is_some_and(|newest| !std::ptr::eq(newest, one));
    RecordTold { state: one.record.state, as_of: one.record.as_of, source: one.source, is_replaced }
}

fn piece(told: &Told<'_>, period: &InsurancePeriod, until: Date) -> Piece {
    let from = period.interval.from();
    let to = period.interval.to();
    Piece {
        id: period.id.clone(),
        stretch: Stretch { from, to: to.unwrap_or_else(|| until.max(from)) },
        goes_on: to.is_none(),
        special: period.special_conditions.iter().map(|condition| condition.kind.clone()).collect(),
        employer: period.employer.as_ref().and_then(|it| it.name.as_ref()).map(|it| it.as_str().to_owned()),
        position: period.position.as_ref().map(|it| it.as_str().to_owned()),
        told_by: told.record.state,
        source: told.source,
    }
}

fn lane((state, side): (State, Side), mut told: Vec<(Coded, Piece)>, convention: Convention) -> Lane {
    told.sort_by(|(kind, one), (other_kind, two)| {
        (kind, one.stretch, &one.id).cmp(&(other_kind, two.stretch, &two.id))
    });
    let (mut days, mut repeated) = (Days::NONE, Days::NONE);
    for (_, piece) in &told {
        let of_piece = Days::from(piece.stretch);
        repeated = repeated.union(&days.within(&of_piece));
        days = days.union(&of_piece);
    }
    let mut segments: Vec<Segment> = Vec::new();
    for (kind, piece) in told {
        match segments.last_mut().filter(|last| last.kind == kind && last.stretch.touches(&piece.stretch)) {
            Some(last) => last.fold(piece),
            None => segments.push(Segment::alone(kind, piece)),
        }
    }
    for segment in &mut segments {
        segment.length = convention.of(&segment.stretch);
    }
    segments.sort_by(|one, two| (one.stretch, &one.kind).cmp(&(two.stretch, &two.kind)));
    let length = convention.length(&days);
    Lane { state, side, segments, days, length, shared: Days::NONE, repeated }
}

impl Segment {
    fn alone(kind: Coded, piece: Piece) -> Self {
        let (stretch, goes_on) = (piece.stretch, piece.goes_on);
        let (special, length) = (special(&piece), Length::default());
        Self { kind, stretch, length, goes_on, special, pieces: vec![piece] }
    }

    /// Takes in a period that begins no earlier than this does.
    fn fold(&mut self, piece: Piece) {
        self.stretch.to = self.stretch.to.max(piece.stretch.to);
        self.goes_on |= piece.goes_on;
        self.special = self.special.union(&special(&piece));
        self.pieces.push(piece);
    }
}

fn special(piece: &Piece) -> Days {
    if piece.special.is_empty() { Days::NONE } else { Days::from(piece.stretch) }
}

fn overlaps(by_state: &BTreeMap<State, Days>, convention: Convention) -> Vec<Overlap> {
    let mut overlaps = Vec::new();
    for (one, days) in by_state {
        for (two, others) in by_state.iter().filter(|(two, _)| *two > one) {
            let days = days.within(others);
            if !days.is_empty() {
                let length = convention.length(&days);
                overlaps.push(Overlap { states: [*one, *two], days, length });
            }
        }
    }
    overlaps
}

fn differences(lanes: &[Lane]) -> Vec<Difference> {
    let of = |side: Side| lanes.iter().filter(move |lane| lane.side == side);
    let both = of(Side::Local).filter_map(|local| {
        let received = of(Side::Received).find(|received| received.state == local.state)?;
        Some(Difference {
            state: local.state,
            only_local: local.days.without(&received.days),
            only_received: received.days.without(&local.days),
        })
    });
    both.collect()
}

#[cfg(test)]
mod tests;
