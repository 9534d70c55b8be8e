//! Values under both secrets, compared: in as many passes as keep the memory bounded.

use crate::exchange::canonical::{POINT_BYTES, Points};

/// Our own values under both secrets, of one pass.
#[derive(Debug)]
pub struct RaisedTable {
    pass: u32,
    passes: u32,
    entries: Vec<([u8; POINT_BYTES], u32)>,
}

impl RaisedTable {
    /// In how many passes so many values are compared.
    pub fn passes(size: u32) -> u32 {
        size.div_ceil(VALUES_A_PASS).max(1)
    }

    /// Begins a pass, counted from 0.
    pub fn begin(pass: u32, passes: u32) -> Self {
        Self { pass, passes, entries: Vec::new() }
    }

    /// Adds those values that are of this pass; `first` is the place of the first of them in our order.
    pub fn add(&mut self, first: u32, points: &Points) {
        let (pass, passes) = (self.pass, self.passes);
        let numbered = points.as_slice().iter().zip(first..);
        self.entries
            .extend(numbered.filter(|(point, _)| pass_of(point, passes) == pass).map(|(p, at)| (*p, at)));
    }

    /// Ends adding; only then values are found.
    pub fn finish(&mut self) {
        self.entries.sort_unstable();
    }

    /// The place of our value that is this one of the peer's, if it is of this pass and there is one.
    pub fn find(&self, point: &[u8; POINT_BYTES]) -> Option<u32> {
        let found = self.entries.binary_search_by(|(own, _)| own.cmp(point)).ok()?;
        self.entries.get(found).map(|(_, at)| *at)
    }
}

/// By bytes of the middle, where no bit is fixed.
fn pass_of(point: &[u8; POINT_BYTES], passes: u32) -> u32 {
    let [_, _, _, _, a, b, c, d, ..] = *point;
    u32::from_be_bytes([a, b, c, d]) % passes.max(1)
}

/// 36 MiB.
const VALUES_A_PASS: u32 = 1_000_000;
