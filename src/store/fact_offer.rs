//! Offers of facts that events in people's lives make: each once, waiting for consent, sent, answered, ended.

use super::StoreError;
use super::Tx;
use super::row::RowReader;
use super::state::word_enum;
use super::tx::change;
use super::tx::on;
use crate::base::ConversationId;
use jiff::Timestamp;
use uuid::Uuid;

word_enum!(
    /// How far an offer has come.
    FactOfferState {
        /// The person has not said whether he agrees.
        Waiting = "waiting",
        /// It may be sent.
        Ready = "ready",
        /// It is on its way to the peer.
        Sent = "sent",
        /// The peer took it.
        Accepted = "accepted",
        /// The peer did not take it.
        Refused = "refused",
        /// The peer never answered; its transaction may be begun again.
        Unanswered = "unanswered",
        /// The person did not agree.
        Declined = "declined",
        /// Nobody said anything in time.
        Expired = "expired",
        /// There was nothing to offer.
        Empty = "empty",
    }
);

/// An offer to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactOfferDraft {
    /// Its number.
    pub id: Uuid,
    /// By what its event is known.
    pub event: String,
    /// The kind of fact.
    pub kind: String,
    /// The peer it goes to.
    pub peer: String,
    /// Whether it waits for the person.
    pub state: FactOfferState,
    /// When it was made.
    pub made_at: Timestamp,
    /// Until when it stands.
    pub expires_at: Timestamp,
    /// Whose, for what. A person's data: never log it.
    pub body: String,
}

/// An offer that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactOfferRow {
    /// What was made; its state is the present one.
    pub draft: FactOfferDraft,
    /// The transaction by which it was sent.
    pub conversation_id: Option<ConversationId>,
}

/// Makes an offer, unless its event made it before; tells whether it is new.
pub async fn fact_offer_put(tx: &mut Tx, draft: &FactOfferDraft) -> Result<bool, StoreError> {
    let rows = change!(
        tx,
        "make an offer",
        sqlx::query(PUT)
            .bind(draft.id.to_string())
            .bind(&draft.event)
            .bind(&draft.kind)
            .bind(&draft.peer)
            .bind(draft.state.as_str())
            .bind(draft.made_at.as_millisecond())
            .bind(draft.expires_at.as_millisecond())
            .bind(&draft.body)
    )?;
    Ok(rows == 1)
}

/// The offers in a state, the earliest first.
pub async fn fact_offer_list(tx: &mut Tx, state: FactOfferState) -> Result<Vec<FactOfferRow>, StoreError> {
    let rows: Vec<Columns> = on!(tx, "list offers", connection =>
        sqlx::query_as(LIST).bind(state.as_str()).fetch_all(connection))?;
    rows.into_iter().map(row).collect()
}

/// An offer by its number.
pub async fn fact_offer_find(tx: &mut Tx, id: Uuid) -> Result<Option<FactOfferRow>, StoreError> {
    let found: Option<Columns> = on!(tx, "find an offer", connection =>
        sqlx::query_as(FIND).bind(id.to_string()).fetch_optional(connection))?;
    found.map(row).transpose()
}

/// Takes an offer from one state to another, with another body; false if it is not in the first one.
pub async fn fact_offer_move(
    tx: &mut Tx,
    id: Uuid,
    (from, to): (FactOfferState, FactOfferState),
    body: &str,
) -> Result<bool, StoreError> {
    let rows = change!(
        tx,
        "move an offer",
        sqlx::query(MOVE).bind(id.to_string()).bind(from.as_str()).bind(to.as_str()).bind(body)
    )?;
    Ok(rows == 1)
}

/// Notes by which transaction an offer leaves; false if it is not ready, as when another replica sent it.
pub async fn fact_offer_sent(
    tx: &mut Tx,
    id: Uuid,
    conversation_id: ConversationId,
) -> Result<bool, StoreError> {
    let conversation = conversation_id.as_uuid().to_string();
    let rows = change!(tx, "send an offer", sqlx::query(SENT).bind(id.to_string()).bind(conversation))?;
    Ok(rows == 1)
}

/// Notes what a peer said of the offer that a transaction carried.
pub async fn fact_offer_answered(
    tx: &mut Tx,
    conversation_id: ConversationId,
    to: FactOfferState,
) -> Result<bool, StoreError> {
    let conversation = conversation_id.as_uuid().to_string();
    let rows = change!(
        tx,
        "note the answer to an offer",
        sqlx::query(ANSWERED).bind(conversation).bind(to.as_str())
    )?;
    Ok(rows == 1)
}

/// Follows an offer whose transaction was begun again as another.
pub async fn fact_offer_resent(
    tx: &mut Tx,
    before: ConversationId,
    again: ConversationId,
) -> Result<bool, StoreError> {
    let (before, again) = (before.as_uuid().to_string(), again.as_uuid().to_string());
    let rows = change!(tx, "follow an offer", sqlx::query(RESENT).bind(before).bind(again))?;
    Ok(rows == 1)
}

type Columns = (String, String, String, String, String, i64, i64, Option<String>, String);

fn row(columns: Columns) -> Result<FactOfferRow, StoreError> {
    let (id, event, kind, peer, state, made_at, expires_at, conversation, body) = columns;
    let reader = RowReader { table: "fact_offer", id: &id };
    let conversation: Option<Uuid> = reader.text_if_any("conversation_id", conversation.as_deref())?;
    let draft = FactOfferDraft {
        id: reader.text("id", &id)?,
        event,
        kind,
        peer,
        state: reader.text("state", &state)?,
        made_at: reader.instant("made_at", made_at)?,
        expires_at: reader.instant("expires_at", expires_at)?,
        body,
    };
    Ok(FactOfferRow { draft, conversation_id: conversation.map(ConversationId::from_uuid) })
}

const PUT: &str = "
    INSERT INTO fact_offer (id, event, kind, peer, state, made_at, expires_at, body)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (event, kind, peer) DO NOTHING";

const LIST: &str = "
    SELECT id, event, kind, peer, state, made_at, expires_at, conversation_id, body FROM fact_offer
    WHERE state = $1 ORDER BY made_at, id";

const FIND: &str = "
    SELECT id, event, kind, peer, state, made_at, expires_at, conversation_id, body FROM fact_offer
    WHERE id = $1";

const MOVE: &str = "UPDATE fact_offer SET state = $3, body = $4 WHERE id = $1 AND state = $2";

const SENT: &str = "
    UPDATE fact_offer SET state = 'sent', conversation_id = $2, body = '' WHERE id = $1 AND state = 'ready'";

const RESENT: &str = "
    UPDATE fact_offer SET state = 'sent', conversation_id = $2
    WHERE conversation_id = $1 AND state IN ('sent', 'unanswered')";

const ANSWERED: &str = "UPDATE fact_offer SET state = $2 WHERE conversation_id = $1 AND state = 'sent'";
