//! What a bulk check is made of: its documents that ask for an answer, and its values in pieces.

use super::StoreError;
use super::Tx;
use super::row::RowReader;
use super::state::word_enum;
use super::tx::change;
use super::tx::on;
use crate::base::{ConversationId, DocumentId};
use crate::exchange::canonical::RecordId;

word_enum!(
    /// What a piece holds.
    CheckPiece {
        /// Our values under our secret, in their order.
        Own = "own",
        /// Whose they are.
        Owners = "owners",
        /// The rows of the local list.
        Rows = "rows",
        /// Our values under both secrets.
        Raised = "raised",
        /// The peer's values under its secret.
        Theirs = "theirs",
        /// The peer's values under both secrets.
        TheirsRaised = "theirs_raised",
        /// Which values of the peer are hits.
        Marks = "marks",
        /// Our rows that are hits; kept when the check has ended.
        Hits = "hits",
    }
);

/// A document of a check that asks for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckStep {
    /// The place of a batch, [`CheckStep::OPENING`] or [`CheckStep::RESULT`].
    pub place: i64,
    /// The document.
    pub document_id: DocumentId,
    /// The transaction that carries it.
    pub conversation_id: ConversationId,
    /// Whether its answer is here, or left.
    pub is_answered: bool,
}

impl CheckStep {
    /// The place of the opening.
    pub const OPENING: i64 = -1;
    /// The place of the result.
    pub const RESULT: i64 = -2;
}

/// Notes a document of a check that asks for an answer; false if one of its place is there.
pub async fn check_step_put(tx: &mut Tx, number: &RecordId, step: &CheckStep) -> Result<bool, StoreError> {
    let rows = change!(
        tx,
        "note a step of a check",
        sqlx::query(PUT_STEP)
            .bind(number.as_str())
            .bind(step.place)
            .bind(step.document_id.as_uuid().to_string())
            .bind(step.conversation_id.as_uuid().to_string())
            .bind(i64::from(step.is_answered))
    )?;
    Ok(rows == 1)
}

/// Notes that a step is answered; false if it is not there, or was answered before.
pub async fn check_step_answered(tx: &mut Tx, number: &RecordId, place: i64) -> Result<bool, StoreError> {
    let rows =
        change!(tx, "note an answer to a step", sqlx::query(ANSWERED).bind(number.as_str()).bind(place))?;
    Ok(rows == 1)
}

/// The check and the place of a document that asks for an answer.
pub async fn check_step_find(
    tx: &mut Tx,
    document_id: DocumentId,
) -> Result<Option<(RecordId, i64)>, StoreError> {
    let document = document_id.as_uuid().to_string();
    let found: Option<(String, i64)> = on!(tx, "find a step of a check", connection =>
        sqlx::query_as(STEP_OF).bind(&document).fetch_optional(connection))?;
    let reader = RowReader { table: "bulk_check_step", id: &document };
    found.map(|(number, place)| Ok((reader.text("number", &number)?, place))).transpose()
}

/// The steps of a check, in the order of their places.
pub async fn check_steps(tx: &mut Tx, number: &RecordId) -> Result<Vec<CheckStep>, StoreError> {
    let rows: Vec<(i64, String, String, i64)> = on!(tx, "list the steps of a check", connection =>
        sqlx::query_as(STEPS).bind(number.as_str()).fetch_all(connection))?;
    let reader = RowReader { table: "bulk_check_step", id: &number.as_str() };
    let step = |(place, document, conversation, answered): (i64, String, String, i64)| {
        Ok(CheckStep {
            place,
            document_id: reader.text("document_id", &document)?,
            conversation_id: reader.text("conversation_id", &conversation)?,
            is_answered: answered == 1,
        })
    };
    rows.into_iter().map(step).collect()
}

/// Follows a step whose transaction was begun again as another.
pub async fn check_step_resent(
    tx: &mut Tx,
    before: ConversationId,
    again: ConversationId,
) -> Result<bool, StoreError> {
    let (before, again) = (before.as_uuid().to_string(), again.as_uuid().to_string());
    let rows = change!(tx, "follow a step of a check", sqlx::query(RESENT).bind(before).bind(again))?;
    Ok(rows == 1)
}

/// Keeps a piece in place of an earlier one.
pub async fn check_piece_put(
    tx: &mut Tx,
    number: &RecordId,
    (kind, place): (CheckPiece, u32),
    content: &[u8],
) -> Result<(), StoreError> {
    change!(
        tx,
        "keep a piece of a check",
        sqlx::query(PUT_PIECE).bind(number.as_str()).bind(kind.as_str()).bind(i64::from(place)).bind(content)
    )?;
    Ok(())
}

/// A piece, if it is there.
pub async fn check_piece(
    tx: &mut Tx,
    number: &RecordId,
    (kind, place): (CheckPiece, u32),
) -> Result<Option<Vec<u8>>, StoreError> {
    on!(tx, "read a piece of a check", connection =>
        sqlx::query_scalar(PIECE)
            .bind(number.as_str())
            .bind(kind.as_str())
            .bind(i64::from(place))
            .fetch_optional(connection))
}

/// The places of which there are pieces of a kind, in their order.
pub async fn check_places(tx: &mut Tx, number: &RecordId, kind: CheckPiece) -> Result<Vec<u32>, StoreError> {
    let places: Vec<i64> = on!(tx, "list the pieces of a check", connection =>
        sqlx::query_scalar(PLACES).bind(number.as_str()).bind(kind.as_str()).fetch_all(connection))?;
    let reader = RowReader { table: "bulk_check_piece", id: &number.as_str() };
    places.into_iter().map(|place| reader.count("place", place)).collect()
}

/// Deletes a piece.
pub async fn check_piece_drop(
    tx: &mut Tx,
    number: &RecordId,
    (kind, place): (CheckPiece, u32),
) -> Result<(), StoreError> {
    let (kind, place) = (kind.as_str(), i64::from(place));
    change!(tx, "delete a piece", sqlx::query(DROP).bind(number.as_str()).bind(kind).bind(place))?;
    Ok(())
}

/// Deletes all pieces, as where preparing begins again.
pub async fn check_pieces_drop(tx: &mut Tx, number: &RecordId) -> Result<(), StoreError> {
    change!(tx, "delete the pieces of a check", sqlx::query(DROP_ALL).bind(number.as_str()))?;
    Ok(())
}

const PUT_STEP: &str = "
    INSERT INTO bulk_check_step (number, place, document_id, conversation_id, answered) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (number, place) DO NOTHING";

const ANSWERED: &str =
    "UPDATE bulk_check_step SET answered = 1 WHERE number = $1 AND place = $2 AND answered = 0";

const STEPS: &str = "
    SELECT place, document_id, conversation_id, answered FROM bulk_check_step WHERE number = $1 ORDER BY place";

const STEP_OF: &str = "SELECT number, place FROM bulk_check_step WHERE document_id = $1";

const RESENT: &str = "UPDATE bulk_check_step SET conversation_id = $2 WHERE conversation_id = $1";

const PUT_PIECE: &str = "
    INSERT INTO bulk_check_piece (number, kind, place, content) VALUES ($1, $2, $3, $4)
    ON CONFLICT (number, kind, place) DO UPDATE SET content = excluded.content";

const PIECE: &str = "SELECT content FROM bulk_check_piece WHERE number = $1 AND kind = $2 AND place = $3";

const PLACES: &str = "SELECT place FROM bulk_check_piece WHERE number = $1 AND kind = $2 ORDER BY place";

const DROP: &str = "DELETE FROM bulk_check_piece WHERE number = $1 AND kind = $2 AND place = $3";

const DROP_ALL: &str = "DELETE FROM bulk_check_piece WHERE number = $1";
