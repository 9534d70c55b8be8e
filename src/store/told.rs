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

const NOTE: &str = "INSERT INTO told (sentence, at) VALUES ($1, $2) ON CONFLICT (sentence) DO NOTHING";
