//! What is kept of the rows of a list: which they are, without who they are about.

use super::CheckError;
use crate::pension::KeyKinds;

/// A row of the local list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRow {
    /// Its line.
    pub line: u32,
    /// The state's own reference; empty where it could not be read.
    pub reference: String,
    /// The first half of the SHA-256 of its text, by which it is found again.
    pub digest: [u8; 16],
    /// Why it was set aside; empty if it was not.
    pub why: String,
    /// By which keys it is a hit.
    pub kinds: KeyKinds,
}

impl KeptRow {
    /// What becomes of it.
    pub fn outcome(&self) -> &'static str {
        match () {
            () if !self.why.is_empty() => "set aside",
            () if self.kinds.is_empty() => "none",
            () if self.kinds.is_weak() => "weak",
            () => "hit",
        }
    }

    /// Adds it to a piece.
    pub(super) fn put(&self, piece: &mut Vec<u8>) {
        piece.extend(self.line.to_be_bytes());
        piece.push(self.kinds.as_bits());
        piece.extend(self.digest);
        for text in [&self.reference, &self.why] {
            let bytes = text.as_bytes();
            let length = u16::try_from(bytes.len()).unwrap_or_default(); // both are bounded, see prepare
            piece.extend(length.to_be_bytes());
            piece.extend(bytes.iter().take(usize::from(length)));
        }
    }

    /// The rows of a piece.
    pub(super) fn all_of(mut piece: &[u8]) -> Result<Vec<Self>, CheckError> {
        let mut rows = Vec::new();
        while !piece.is_empty() {
            let (line, [bits]) = (take::<4>(&mut piece)?, take::<1>(&mut piece)?);
            let digest = take::<16>(&mut piece)?;
            let (reference, why) = (text(&mut piece)?, text(&mut piece)?);
            let (line, kinds) = (u32::from_be_bytes(line), KeyKinds::of_bits(bits));
            rows.push(Self { line, reference, digest, why, kinds });
        }
        Ok(rows)
    }
}

fn take<const N: usize>(piece: &mut &[u8]) -> Result<[u8; N], CheckError> {
    let (taken, rest) = piece.split_first_chunk::<N>().ok_or(CheckError::Kept)?;
    *piece = rest;
    Ok(*taken)
}

fn text(piece: &mut &[u8]) -> Result<String, CheckError> {
    let length = usize::from(u16::from_be_bytes(take::<2>(piece)?));
    let (taken, rest) = piece.split_at_checked(length).ok_or(CheckError::Kept)?;
    *piece = rest;
    String::from_utf8(taken.to_vec()).map_err(|_cause| CheckError::Kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rows_are_read_as_they_were_kept(
            rows in prop::collection::vec((any::<u32>(), "\\PC{0,50}", any::<[u8; 16]>(), "[a-z. ]{0,80}", 0_u8..64), 0..20),
        ) {
            let rows: Vec<KeptRow> = rows
                .into_iter()
                .map(|(line, reference, digest, why, bits)| KeptRow {
                    line, reference, digest, why, kinds: KeyKinds::of_bits(bits),
                })
                .collect();
            let mut piece = Vec::new();
            rows.iter().for_each(|row| row.put(&mut piece));
            prop_assert_eq!(&KeptRow::all_of(&piece).unwrap(), &rows);
            if !piece.is_empty() {
                prop_assert!(KeptRow::all_of(&piece[..piece.len() - 1]).is_err());
            }
        }
    }
}
