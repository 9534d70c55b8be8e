//! Reading columns: parsed, never trusted; and the ids that rows have.

use super::StoreError;
use crate::base::Digest256;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use std::fmt;
use std::str::FromStr;

/// A row of the outbox; ids grow in the order of putting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OutboxId(pub(super) i64);

/// A row of the inbox; ids grow in the order of arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InboxId(pub(super) i64);

impl OutboxId {
    /// That of this number, if there is such a row.
    pub(crate) fn of_number(number: i64) -> Self {
        Self(number)
    }
}

impl InboxId {
    /// That of this number, if there is such a row.
    pub(crate) fn of_number(number: i64) -> Self {
        Self(number)
    }
}

impl fmt::Display for OutboxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "out_{}", self.0)
    }
}

impl fmt::Display for InboxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "in_{}", self.0)
    }
}

/// Names the row that columns are read from, for the error.
pub(super) struct RowReader<'r> {
    pub(super) table: &'static str,
    pub(super) id: &'r (dyn fmt::Display + Sync),
}

impl RowReader<'_> {
    pub(super) fn text<T: FromStr>(&self, column: &'static str, text: &str) -> Result<T, StoreError> {
        text.parse().map_err(|_cause| self.fault(column))
    }

    pub(super) fn text_if_any<T: FromStr>(
        &self,
        column: &'static str,
        text: Option<&str>,
    ) -> Result<Option<T>, StoreError> {
        text.map(|text| self.text(column, text)).transpose()
    }

    pub(super) fn json<T: DeserializeOwned>(
        &self,
        column: &'static str,
        text: &str,
    ) -> Result<T, StoreError> {
        serde_json::from_str(text).map_err(|_cause| self.fault(column))
    }

    pub(super) fn instant(&self, column: &'static str, ms: i64) -> Result<Timestamp, StoreError> {
        Timestamp::from_millisecond(ms).map_err(|_cause| self.fault(column))
    }

    pub(super) fn instant_if_any(
        &self,
        column: &'static str,
        ms: Option<i64>,
    ) -> Result<Option<Timestamp>, StoreError> {
        ms.map(|ms| self.instant(column, ms)).transpose()
    }

    pub(super) fn digest(&self, column: &'static str, bytes: &[u8]) -> Result<Digest256, StoreError> {
        bytes.try_into().map(Digest256).map_err(|_cause| self.fault(column))
    }

    pub(super) fn count(&self, column: &'static str, count: i64) -> Result<u32, StoreError> {
        u32::try_from(count).map_err(|_cause| self.fault(column))
    }

    pub(super) fn length(&self, column: &'static str, bytes: i64) -> Result<u64, StoreError> {
        u64::try_from(bytes).map_err(|_cause| self.fault(column))
    }

    pub(super) fn fault(&self, column: &'static str) -> StoreError {
        StoreError::Row { table: self.table, id: self.id.to_string(), column }
    }
}
