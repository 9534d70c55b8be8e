//! What a person is told of once, whichever replica comes first.

use super::StoreError;
use super::Tx;
use super::tx::change;
use jiff::Timestamp;

/// Notes that a person is told of this; false if somebody was told of it before.
pub async fn told_once(tx: &mut Tx, sentence: &str, at: Timestamp) -> Result<bool, StoreError> {
    let rows = change!(
        tx,
        "note that a person was told",
        sqlx::query(NOTE).bind(sentence).bind(at.as_millisecond())
    )?;
    Ok(rows == 1)
}

/// Writes something that nobody reads: whoever commits it knows that the database can be written.
pub async fn probe(tx: &mut Tx, at: Timestamp) -> Result<(), StoreError> {
    change!(tx, "see whether the database can be written", sqlx::query(PROBE).bind(at.as_millisecond()))?;
    Ok(())
}

const PROBE: &str =
    "INSERT INTO probe (id, at) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET at = excluded.at";

const NOTE: &str = "INSERT INTO told (sentence, at) VALUES ($1, $2) ON CONFLICT (sentence) DO NOTHING";
