//! What authorities last told of revoked certificates: the latest of each kind, about each certificate.

use super::StoreError;
use super::Tx;
use super::row::RowReader;
use super::tx::change;
use super::tx::on;
use super::word_enum;
use crate::base::Digest256;
use jiff::Timestamp;

word_enum!(
    /// The two kinds of answers.
    RevocationKind {
        /// A list of all that are revoked.
        List = "crl",
        /// An answer about one.
        Answer = "ocsp",
    }
);

/// An answer of an authority, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevocationRow {
    /// Which kind.
    pub kind: RevocationKind,
    /// The authority: a digest of its name and key.
    pub issuer: Digest256,
    /// The certificate; empty for a list.
    pub serial: String,
    /// The answer.
    pub answer: Vec<u8>,
    /// When what it says was known to be right.
    pub this_update: Timestamp,
    /// When it came.
    pub came_at: Timestamp,
}

/// Keeps an answer in place of the one before; one that was made earlier changes nothing, whenever it came.
pub async fn revocation_put(tx: &mut Tx, row: &RevocationRow) -> Result<(), StoreError> {
    change!(
        tx,
        "keep an answer about revocation",
        sqlx::query(PUT)
            .bind(row.kind.as_str())
            .bind(row.issuer.to_string())
            .bind(row.serial.as_str())
            .bind(row.answer.as_slice())
            .bind(row.this_update.as_millisecond())
            .bind(row.came_at.as_millisecond())
    )?;
    Ok(())
}

/// All answers that are kept.
pub async fn revocation_list(tx: &mut Tx) -> Result<Vec<RevocationRow>, StoreError> {
    type Stored = (String, String, String, Vec<u8>, i64, i64);
    let rows: Vec<Stored> = on!(tx, "list the answers about revocation", connection =>
        sqlx::query_as(LIST).fetch_all(connection))?;
    let parsed = rows.into_iter().map(|(kind, issuer, serial, answer, this_update, came_at)| {
        let reader = RowReader { table: "revocation", id: &serial };
        Ok(RevocationRow {
            kind: reader.text("kind", &kind)?,
            issuer: reader.text("issuer", &issuer)?,
            this_update: reader.instant("this_update", this_update)?,
            came_at: reader.instant("came_at", came_at)?,
            serial,
            answer,
        })
    });
    parsed.collect()
}

/// Forgets the answers about single certificates that came before an instant; returns how many.
pub async fn revocation_forget(tx: &mut Tx, before: Timestamp) -> Result<u64, StoreError> {
    change!(tx, "forget answers about revocation", sqlx::query(FORGET).bind(before.as_millisecond()))
}

const PUT: &str = "INSERT INTO revocation (kind, issuer, serial, answer, this_update, came_at) \
     VALUES ($1, $2, $3, $4, $5, $6) \
     ON CONFLICT (kind, issuer, serial) DO UPDATE \
     SET answer = excluded.answer, this_update = excluded.this_update, came_at = excluded.came_at \
     WHERE revocation.this_update <= excluded.this_update";
const LIST: &str = "SELECT kind, issuer, serial, answer, this_update, came_at FROM revocation \
     ORDER BY kind, issuer, serial";
const FORGET: &str = "DELETE FROM revocation WHERE kind = 'ocsp' AND came_at < $1";
