//! What two states write each other in a bulk check: which persons both of them pay (need G, T15), told by values that say
//! nothing without the secrets of both.

use super::{Coded, Number, Person, RecordId, State};
use crate::base::Finding;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A person to whom a state pays pensions: one row of the local list.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonInPayment {
    /// The state's own reference of the row, which its outcome names.
    pub reference: Number,
    /// Who.
    pub person: Person,
    /// What is paid.
    pub pensions: Vec<PaidPension>,
}

/// A pension in payment.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaidPension {
    /// A code of the list of pensions (T3).
    pub kind: Coded,
    /// Since when it is paid.
    pub since: Date,
    /// The last day for which it was paid, if payment has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}

impl PersonInPayment {
    /// The pensions paid on a day, of these kinds, or of any if none is named.
    pub fn paid_on<'p>(&'p self, day: Date, kinds: &'p [Coded]) -> impl Iterator<Item = &'p PaidPension> {
        self.pensions.iter().filter(move |paid| {
            paid.since <= day
                && paid.until.is_none_or(|until| until >= day)
                && (kinds.is_empty() || kinds.contains(&paid.kind))
        })
    }
}

impl fmt::Debug for PersonInPayment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PersonInPayment(…, {} pensions)", self.pensions.len())
    }
}

impl fmt::Debug for PaidPension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PaidPension({:?}, …)", self.kind)
    }
}

/// A document of a bulk check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckDocument {
    /// Asks whether the peer takes part.
    Opening(CheckOpening),
    /// Says whether it does.
    Answer(CheckAnswer),
    /// Values of the state that opened it.
    Batch(CheckBatch),
    /// Those values under both secrets, and values of the other state.
    Reply(CheckReply),
    /// Which values of the other state are hits.
    Result(CheckResult),
}

impl CheckDocument {
    /// The check that it belongs to.
    pub fn number(&self) -> &RecordId {
        match self {
            Self::Opening(it) => &it.number,
            Self::Answer(it) => &it.number,
            Self::Batch(it) => &it.number,
            Self::Reply(it) => &it.number,
            Self::Result(it) => &it.number,
        }
    }

    /// As the journal names it.
    pub fn as_word(&self) -> &'static str {
        match self {
            Self::Opening(_) => "the opening",
            Self::Answer(_) => "the answer to the opening",
            Self::Batch(_) => "a batch",
            Self::Reply(_) => "the reply to a batch",
            Self::Result(_) => "the result",
        }
    }
}

/// Opens a check: what is compared, by which scheme, and how much of it there is at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckOpening {
    /// Begins with the code of the state that opens it.
    pub number: RecordId,
    /// The state that opens it.
    pub state: State,
    /// The day on which a pension is in payment.
    pub as_of: Date,
    /// Of which pensions; none means all.
    pub kinds: Vec<Coded>,
    /// A code of the list of grounds.
    pub ground: Coded,
    /// How persons become values, with its version.
    pub scheme: Coded,
    /// How many values will come, no more.
    pub size: u32,
    /// How many of them in a batch; the last may have fewer.
    pub batch: u32,
}

/// Takes part in a check, or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckAnswer {
    /// Of the check.
    pub number: RecordId,
    /// What is answered.
    pub said: CheckSaid,
}

/// What is answered to an opening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckSaid {
    /// The other state takes part, with so many values.
    Accepted {
        /// How many.
        size: u32,
    },
    /// It does not, by a code of the list of refusals.
    Refused {
        /// Which.
        reason: Coded,
    },
}

/// Values of the state that opened a check, each under its own secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckBatch {
    /// Of the check.
    pub number: RecordId,
    /// The place of the batch, from 0.
    pub place: u32,
    /// The values; none where only those of the peer are still to come.
    pub points: Points,
}

/// The values of a batch under both secrets, in their order, and as many of the peer's under its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckReply {
    /// Of the check.
    pub number: RecordId,
    /// The place of the batch, from 0.
    pub place: u32,
    /// The values of the batch, under both secrets.
    pub raised: Points,
    /// The peer's own batch of this place; none where all of them have come.
    pub own: Points,
}

/// Which values of the other state are hits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckResult {
    /// Of the check.
    pub number: RecordId,
    /// How many are marked.
    pub hits: u32,
    /// One mark for each value of the other state, in the order in which it told them.
    pub marks: Marks,
}

/// Values as they travel, 32 bytes each. That each is a point of the group is found when it is used.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Points(Vec<[u8; POINT_BYTES]>);

impl Points {
    /// These values.
    pub fn new(points: Vec<[u8; POINT_BYTES]>) -> Self {
        Self(points)
    }

    /// The values in bytes that were concatenated.
    ///
    /// # Errors
    /// Bytes of another length than so many values have.
    pub fn of_bytes(bytes: &[u8]) -> Result<Self, Finding> {
        let (points, rest) = bytes.as_chunks::<POINT_BYTES>();
        if rest.is_empty() {
            return Ok(Self(points.to_vec()));
        }
        let message = "the values are not of 32 bytes each; send them anew";
        Err(Finding::error("canonical.points", "points", "32 bytes each", "", message))
    }

    /// The values, concatenated.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.concat()
    }

    /// The values.
    pub fn as_slice(&self) -> &[[u8; POINT_BYTES]] {
        &self.0
    }

    /// How many they are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Points {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Points({})", self.0.len())
    }
}

/// A mark for each of so many values: the first stands in the highest bit of the first byte.
#[derive(Clone, PartialEq, Eq)]
pub struct Marks {
    count: u32,
    bits: Vec<u8>,
}

impl Marks {
    /// None of so many is marked.
    pub fn none_of(count: u32) -> Self {
        Self { count, bits: vec![0; bytes_for(count)] }
    }

    /// The marks of so many values.
    ///
    /// # Errors
    /// Another number of bytes, or a mark behind the last value.
    pub fn of_bytes(count: u32, bits: Vec<u8>) -> Result<Self, Finding> {
        let marks = Self { count, bits };
        let unused = (count..count.next_multiple_of(8)).any(|at| marks.bit(at));
        if marks.bits.len() == bytes_for(count) && !unused {
            return Ok(marks);
        }
        let message = "the marks are not one for each value; send them anew";
        Err(Finding::error("canonical.marks", "marks", "one bit a value", "", message))
    }

    /// Marks a value; one that there is not is passed over.
    pub fn mark(&mut self, at: u32) {
        let (byte, bit) = split(at);
        if let Some(byte) = self.bits.get_mut(byte).filter(|_| at < self.count) {
            *byte |= bit;
        }
    }

    /// Whether a value is marked.
    pub fn has(&self, at: u32) -> bool {
        at < self.count && self.bit(at)
    }

    fn bit(&self, at: u32) -> bool {
        let (byte, bit) = split(at);
        self.bits.get(byte).is_some_and(|byte| byte & bit != 0)
    }

    /// How many values there are.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// How many are marked.
    pub fn marked(&self) -> u32 {
        self.bits.iter().map(|byte| byte.count_ones()).sum()
    }

    /// The marks as they travel.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bits
    }
}

fn bytes_for(count: u32) -> usize {
    usize::try_from(count.div_ceil(8)).unwrap_or(usize::MAX)
}

/// In which byte a mark stands, and the byte with it alone.
fn split(at: u32) -> (usize, u8) {
    (usize::try_from(at / 8).unwrap_or(usize::MAX), 0x80 >> (at % 8))
}

impl fmt::Debug for Marks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Marks(… of {})", self.count)
    }
}

/// How long a value is.
pub const POINT_BYTES: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_have_32_bytes_each_and_marks_one_bit_each() {
        let bytes: Vec<u8> = (0..64).collect();
        let points = Points::of_bytes(&bytes).unwrap();
        assert_eq!((points.len(), points.to_bytes()), (2, bytes.clone()));
        assert_eq!(Points::of_bytes(&bytes[1..]).unwrap_err().code, "canonical.points");
        assert!(Points::of_bytes(&[]).unwrap().is_empty());
        assert_eq!(Marks::of_bytes(9, vec![0; 1]).unwrap_err().code, "canonical.marks");
        assert_eq!(Marks::of_bytes(9, vec![0, 0x40]).unwrap_err().code, "canonical.marks");
        assert!(Marks::of_bytes(9, vec![0, 0x80]).unwrap().has(8));
        let mut marks = Marks::none_of(9);
        marks.mark(9);
        assert_eq!((marks.marked(), marks.has(9)), (0, false));
    }

    #[test]
    fn a_pension_counts_on_the_days_on_which_it_is_paid() {
        let row: PersonInPayment = serde_json::from_str(
            r#"{ "reference": "7", "person": { "name": { "family": "Ким" }, "birth_date": "1960-01-01" },
                "pensions": [{ "kind": "ru-old-age", "since": "2020-01-01", "until": "2026-11-30" }] }"#,
        )
        .unwrap();
        let count = |day: &str, kinds: &[&str]| {
            let kinds: Vec<Coded> = kinds.iter().map(|kind| kind.parse().unwrap()).collect();
            row.paid_on(day.parse().unwrap(), &kinds).count()
        };
        assert_eq!((count("2019-12-31", &[]), count("2020-01-01", &[])), (0, 1));
        assert_eq!((count("2026-11-30", &["ru-old-age"]), count("2026-12-01", &[])), (1, 0));
        assert_eq!(count("2026-11-30", &["kz-lump-sum"]), 0);
        assert!(!format!("{row:?}").contains("Ким"));
    }

    proptest! {
        #[test]
        fn marks_are_read_as_they_were_made(count in 1_u32..200, at in prop::collection::btree_set(0_u32..200, 0..40)) {
            let mut marks = Marks::none_of(count);
            at.iter().for_each(|at| marks.mark(*at));
            let again = Marks::of_bytes(count, marks.as_bytes().to_vec()).unwrap();
            prop_assert_eq!(&again, &marks);
            prop_assert!((0..220).all(|place| again.has(place) == (place < count && at.contains(&place))));
            prop_assert_eq!(u32::try_from(at.iter().filter(|at| **at < count).count()).unwrap(), again.marked());
        }
    }
}
