//! Our own values, in the order in which they are told: that of the values themselves, which is as good as drawn by lot to
//! who does not know the secret, so it says nothing of the list they were made of.

use super::KeyKind;
use crate::exchange::canonical::{POINT_BYTES, Points};

/// A value with whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct OwnValue {
    /// Under our secret.
    pub point: [u8; POINT_BYTES],
    /// The row of the local list, counted from 0.
    pub row: u32,
    /// What it was made of, by [`KeyKind::as_number`].
    pub kind: u8,
}

/// Whose a value is; one that several rows share has several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// The value, by its place in our order.
    pub value: u32,
    /// The row of the local list, counted from 0.
    pub row: u32,
    /// What it was made of.
    pub kind: KeyKind,
}

/// All our values, each once.
#[derive(Debug)]
pub struct OwnValues {
    values: Vec<OwnValue>,
    size: u32,
}

impl OwnValues {
    /// Puts values into their order.
    pub fn new(mut values: Vec<OwnValue>) -> Self {
        values.sort_unstable();
        let other = values.windows(2).filter(|pair| pair.first().map(point) != pair.last().map(point));
        let size = other.count() + usize::from(!values.is_empty());
        Self { values, size: u32::try_from(size).unwrap_or(u32::MAX) }
    }

    /// How many there are, each counted once.
    pub fn size(&self) -> u32 {
        self.size
    }

    /// The values in batches, each with whose they are.
    pub fn batches(&self, batch: u32) -> impl Iterator<Item = (Points, Vec<Owner>)> {
        let mut values = self.values.iter().peekable();
        let mut next: u32 = 0;
        std::iter::from_fn(move || {
            let (mut points, mut owners) = (Vec::new(), Vec::new());
            let first = next;
            while let Some(one) = values.peek() {
                let is_new = points.last() != Some(&one.point);
                if is_new && next - first == batch.max(1) {
                    break;
                }
                if is_new {
                    points.push(one.point);
                    next += 1;
                }
                if let Some(kind) = KeyKind::of_number(one.kind) {
                    owners.push(Owner { value: next - 1, row: one.row, kind });
                }
                values.next();
            }
            (!points.is_empty()).then(|| (Points::new(points), owners))
        })
    }
}

fn point(value: &OwnValue) -> [u8; POINT_BYTES] {
    value.point
}

impl Owner {
    /// Nine bytes for it.
    pub fn to_bytes(self) -> [u8; OWNER_BYTES] {
        let (value, row) = (self.value.to_be_bytes(), self.row.to_be_bytes());
        let [a, b, c, d] = value;
        let [e, f, g, h] = row;
        [a, b, c, d, e, f, g, h, self.kind.as_number()]
    }

    /// Those in bytes that were concatenated; none if they are not whole.
    pub fn all_of(bytes: &[u8]) -> Option<Vec<Self>> {
        let (owners, rest) = bytes.as_chunks::<OWNER_BYTES>();
        let read = |bytes: &[u8; OWNER_BYTES]| {
            let [a, b, c, d, e, f, g, h, kind] = *bytes;
            Some(Self {
                value: u32::from_be_bytes([a, b, c, d]),
                row: u32::from_be_bytes([e, f, g, h]),
                kind: KeyKind::of_number(kind)?,
            })
        };
        if rest.is_empty() { owners.iter().map(read).collect() } else { None }
    }
}

/// How long an owner is in bytes.
const OWNER_BYTES: usize = 9;
