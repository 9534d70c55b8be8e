//! What became of the local files when they were read last: how many rows were taken, which are set aside and why.

use super::StoreError;
use super::Tx;
use super::row::RowReader;
use super::tx::change;
use super::tx::on;
use crate::base::Finding;
use crate::base::Findings;
use jiff::Timestamp;

/// A local file as it was read last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalFile {
    /// Its name.
    pub name: String,
    /// Rows that are used.
    pub taken: u64,
    /// Rows that are set aside.
    pub aside: u64,
    /// Why nothing of it is used, if so.
    pub refused: Option<Finding>,
    /// When it was read.
    pub read_at: Timestamp,
}

/// Keeps what became of a file in place of what was kept before; why rows are set aside, of as many as are told.
pub async fn local_put(tx: &mut Tx, file: &LocalFile, why: &[Finding]) -> Result<(), StoreError> {
    let count = |rows: u64| i64::try_from(rows).unwrap_or(i64::MAX);
    change!(
        tx,
        "keep what became of a local file",
        sqlx::query(PUT)
            .bind(file.name.as_str())
            .bind(count(file.taken))
            .bind(count(file.aside))
            .bind(file.refused.as_ref().map(as_text))
            .bind(file.read_at.as_millisecond())
    )?;
    change!(tx, "forget rows set aside", sqlx::query(FORGET_ROWS).bind(file.name.as_str()))?;
    for (number, finding) in (0_i64..).zip(why) {
        change!(
            tx,
            "keep why a row is set aside",
            sqlx::query(PUT_ROW).bind(file.name.as_str()).bind(number).bind(as_text(finding))
        )?;
    }
    Ok(())
}

/// Forgets the files that were not read again at this instant: they are not there any more.
pub async fn local_forget(tx: &mut Tx, read_at: Timestamp) -> Result<(), StoreError> {
    let read_at = read_at.as_millisecond();
    change!(tx, "forget rows of a file that is gone", sqlx::query(FORGET_ROWS_BEFORE).bind(read_at))?;
    change!(tx, "forget a local file that is gone", sqlx::query(FORGET_BEFORE).bind(read_at))?;
    Ok(())
}

/// The files by name.
pub async fn local_files(tx: &mut Tx) -> Result<Vec<LocalFile>, StoreError> {
    let rows: Vec<(String, i64, i64, Option<String>, i64)> = on!(tx, "list local files", connection =>
        sqlx::query_as(FILES).fetch_all(connection))?;
    let file = |(name, taken, aside, refused, read_at): (String, i64, i64, Option<String>, i64)| {
        let reader = RowReader { table: "local_file", id: &name };
        let refused = refused.map(|text| reader.json("refused", &text)).transpose()?;
        let taken = reader.length("taken", taken)?;
        let aside = reader.length("aside", aside)?;
        let read_at = reader.instant("read_at", read_at)?;
        Ok(LocalFile { name, taken, aside, refused, read_at })
    };
    rows.into_iter().map(file).collect()
}

/// Why rows are set aside, by file and place: of up to `limit` rows.
pub async fn local_set_aside(tx: &mut Tx, limit: u32) -> Result<Findings, StoreError> {
    let rows: Vec<(String, String)> = on!(tx, "list rows set aside", connection =>
        sqlx::query_as(ROWS).bind(i64::from(limit)).fetch_all(connection))?;
    let finding =
        |(name, text): (String, String)| RowReader { table: "local_aside", id: &name }.json("finding", &text);
    rows.into_iter().map(finding).collect()
}

/// A finding has nothing that could not be written so.
fn as_text(finding: &Finding) -> String {
    serde_json::to_string(finding).unwrap_or_default()
}

const PUT: &str = "INSERT INTO local_file (name, taken, aside, refused, read_at) VALUES ($1, $2, $3, $4, $5) \
     ON CONFLICT (name) DO UPDATE SET taken = excluded.taken, aside = excluded.aside, \
     refused = excluded.refused, read_at = excluded.read_at";
const FORGET_ROWS: &str = "DELETE FROM local_aside WHERE name = $1";
const PUT_ROW: &str = "INSERT INTO local_aside (name, number, finding) VALUES ($1, $2, $3)";
const FORGET_ROWS_BEFORE: &str =
    "DELETE FROM local_aside WHERE name IN (SELECT name FROM local_file WHERE read_at < $1)";
const FORGET_BEFORE: &str = "DELETE FROM local_file WHERE read_at < $1";
const FILES: &str = "SELECT name, taken, aside, refused, read_at FROM local_file ORDER BY name";
const ROWS: &str = "SELECT name, finding FROM local_aside ORDER BY name, number LIMIT $1";
