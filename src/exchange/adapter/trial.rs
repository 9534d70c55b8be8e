//! A file taken there and back by a profile: what is read of it, and what does not come back.

use super::convert::Convert;
use super::error::FormatError;
use super::local::LocalRecord;
use super::mapping::to_json;
use super::profile::Field;
use super::profile::Profile;
use crate::base::Findings;
use crate::base::Limits;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// What became of a file on the way local -> canonical -> local -> canonical.
#[derive(Debug)]
pub struct Trial {
    /// Rows that could be read.
    pub rows: usize,
    /// What is wrong or odd about the rows.
    pub findings: Findings,
    /// Whether the same bytes are written again.
    pub is_same: bool,
    /// What could not be written.
    pub lost: Findings,
    /// The places of the record that come back otherwise, and in how many rows.
    pub differing: BTreeMap<String, usize>,
}

impl Profile {
    /// Takes a file there and back.
    ///
    /// # Errors
    /// A file that is not of this form, or rows that it cannot hold.
    pub fn try_out(&self, file: &str, bytes: &[u8], limits: &Limits) -> Result<Trial, FormatError> {
        let read = |bytes: &[u8]| {
            let mut rows = Vec::new();
            let told = self.read(file, bytes, limits, &mut |row, _| rows.push(row))?;
            Ok::<_, FormatError>((rows, told.findings))
        };
        let (rows, findings) = read(bytes)?;
        let (written, lost) = self.write(&rows)?;
        let (again, _) = read(&written)?;
        let mut differing = BTreeMap::new();
        if again.len() != rows.len() {
            differing.insert("rows".to_owned(), rows.len().abs_diff(again.len()));
        }
        for (own, other) in rows.iter().zip(&again) {
            let (own, other) = (self.leaves(own), self.leaves(other));
            let is_other = |place: &&String| own.get(*place) != other.get(*place) && !self.is_drawn(place);
            for place in own.keys().filter(is_other) {
                *differing.entry(place.clone()).or_default() += 1;
            }
        }
        Ok(Trial { rows: rows.len(), findings, is_same: written == bytes, lost, differing })
    }

    /// Whether a place is drawn from others; with one of them not kept in the record it is another every time.
    fn is_drawn(&self, place: &str) -> bool {
        let sets = |field: &&Field| field.canonical.as_ref().is_some_and(|(own, _)| own == place);
        self.fields.iter().filter(sets).any(|field| matches!(field.convert, Convert::Digest(_)))
    }

    fn leaves(&self, row: &LocalRecord) -> BTreeMap<String, Json> {
        let mut leaves = BTreeMap::new();
        gather("", &to_json(row, self.head.record), &mut leaves);
        leaves
    }
}

fn gather(path: &str, json: &Json, leaves: &mut BTreeMap<String, Json>) {
    match json {
        Json::Object(map) => {
            for (name, value) in map {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                gather(&path, value, leaves);
            }
        }
        Json::Array(_) | Json::String(_) | Json::Number(_) | Json::Bool(_) => {
            leaves.insert(path.to_owned(), json.clone());
        }
        Json::Null => {}
    }
}
