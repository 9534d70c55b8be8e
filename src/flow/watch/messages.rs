//! Messages of both queues, the newest first; and those of any of the four ids.

use super::super::{Context, FlowError};
use crate::access::Permit;
use crate::base::{ConversationId, DocumentId, MessageId, ProcedureId};
use crate::store::{
    Direction, InboxState, MessageBy, MessageChoice, MessagePlace, MessageRow, MessageSort, OutboxState, Tx,
    message_page,
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// Which messages are wanted. What is empty is not asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessageFilter {
    /// Of this message, conversation, procedure or document: somebody who has an id need not know of what it is.
    pub id: Option<String>,
    /// Only those with this peer, by its code.
    pub peer: Option<String>,
    /// Only those that come, or that leave.
    pub direction: Option<Direction>,
    /// Only those in this state, by the word of either queue.
    pub state: Option<String>,
    /// Only those of this sort.
    pub sort: Option<MessageSort>,
    /// Only those from this instant on.
    pub since: Option<Timestamp>,
}

/// Some messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MessageList {
    /// The newest first.
    pub messages: Vec<Message>,
    /// Where to go on, unless these are the last.
    pub next: Option<String>,
    /// If few fit: up to when it was looked; going on looks further.
    #[schemars(with = "Option<String>")]
    pub looked_until: Option<Timestamp>,
}

/// A message without its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Message {
    /// Its row, such as `out_12` or `in_7`.
    pub row: String,
    /// `in` or `out`.
    pub direction: String,
    /// The code of the other node's state.
    pub peer: String,
    /// `application`, `signal`, `fault` or `service`.
    pub sort: String,
    /// When it was put into the outbox, or came.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// Its code in the process, such as `P.XP.01.MSG.001`.
    pub code: String,
    /// Where it stands.
    pub state: String,
    /// Why it was returned, quarantined or parked: a code of the catalogue.
    pub fault: Option<String>,
    /// Whether a person must act.
    pub needs_person: bool,
    /// How many tries have failed.
    pub attempts: u32,
    /// When it is tried next, if it waits for that.
    #[schemars(with = "Option<String>")]
    pub next_try_at: Option<Timestamp>,
    /// Its message id; of one that leaves, that of its last try.
    pub message: Option<String>,
    /// The message it answers.
    pub relates_to: Option<String>,
    /// Its conversation.
    pub conversation: Option<String>,
    /// Its chain of procedures.
    pub procedure: Option<String>,
    /// The document inside, once it is known.
    pub document: Option<String>,
}

/// A page of messages behind a cursor that an earlier page gave.
///
/// # Errors
/// The database does not answer. A cursor that is none begins at the newest.
pub async fn messages(
    _permit: &Permit,
    filter: &MessageFilter,
    cursor: Option<&str>,
    limit: u32,
    ctx: &Context,
) -> Result<MessageList, FlowError> {
    let after: Option<MessagePlace> = cursor.and_then(|cursor| cursor.parse().ok());
    let mut tx = ctx.store.read().await?;
    let all = MessageChoice {
        by: MessageBy::All,
        peer: filter.peer.as_deref(),
        direction: filter.direction,
        state: filter.state.as_deref(),
        sort: filter.sort,
        since: filter.since,
    };
    let page = match filter.id.as_deref().filter(|id| !id.trim().is_empty()) {
        None => message_page(&mut tx, &all, after, limit).await?,
        Some(id) => {
            let mut found = None;
            for sought in Sought::all(id) {
                let page =
                    message_page(&mut tx, &MessageChoice { by: sought.by(), ..all }, after, limit).await?;
                if !page.rows.is_empty() {
                    found = Some(page);
                    break;
                }
            }
            let Some(page) = found else {
                return Ok(MessageList { messages: Vec::new(), next: None, looked_until: None });
            };
            page
        }
    };
    Ok(MessageList {
        messages: page.rows.iter().map(Message::of).collect(),
        next: page.next.map(|next| next.to_string()),
        looked_until: page.looked_until,
    })
}

impl MessageFilter {
    /// Whether a word is that of a state of either queue.
    pub fn is_state(word: &str) -> bool {
        word.parse::<OutboxState>().is_ok() || word.parse::<InboxState>().is_ok()
    }
}

/// What an id may be of.
pub(super) enum Sought {
    Message(MessageId),
    Conversation(ConversationId),
    Document(DocumentId),
    Procedure(ProcedureId),
}

impl Sought {
    /// Everything that a text may be the id of, in the order in which it is looked for.
    pub(super) fn all(text: &str) -> Vec<Self> {
        let text = text.trim();
        let message = text.parse().ok().map(Self::Message);
        let conversation = text.parse().ok().map(Self::Conversation);
        let document = text.parse().ok().map(Self::Document);
        let procedure = text.parse().ok().map(Self::Procedure);
        [message, conversation, document, procedure].into_iter().flatten().collect()
    }

    pub(super) fn by(&self) -> MessageBy<'_> {
        match self {
            Self::Message(id) => MessageBy::Message(*id),
            Self::Conversation(id) => MessageBy::Conversation(*id),
            Self::Document(id) => MessageBy::Document(*id),
            Self::Procedure(id) => MessageBy::Procedure(id),
        }
    }
}

/// All messages of a conversation, the oldest first, as many as a person reads.
pub(super) async fn of_conversation(tx: &mut Tx, id: ConversationId) -> Result<Vec<MessageRow>, FlowError> {
    let choice = MessageChoice {
        by: MessageBy::Conversation(id),
        peer: None,
        direction: None,
        state: None,
        sort: None,
        since: None,
    };
    let mut rows = message_page(tx, &choice, None, OF_ONE_MAX).await?.rows;
    rows.reverse();
    Ok(rows)
}

impl Message {
    pub(super) fn of(row: &MessageRow) -> Self {
        let waits = matches!(row.state, "queued" | "held" | "received" | "accepted") && row.attempts > 0;
        Self {
            row: row.id.to_string(),
            direction: row.direction().to_string(),
            peer: row.peer.clone(),
            sort: row.sort.to_string(),
            at: row.at,
            code: row.action.rsplit('/').next().unwrap_or_default().to_owned(),
            state: row.state.to_owned(),
            fault: row.code.clone(),
            needs_person: row.needs_person(),
            attempts: row.attempts,
            next_try_at: waits.then_some(row.next_try_at),
            message: row.message_id.map(|id| id.as_uuid().to_string()),
            relates_to: row.relates_to.map(|id| id.as_uuid().to_string()),
            conversation: row.conversation_id.map(|id| id.as_uuid().to_string()),
            procedure: row.procedure_id.as_ref().map(ToString::to_string),
            document: row.document_id.map(|id| id.as_uuid().to_string()),
        }
    }
}

const OF_ONE_MAX: u32 = 200;
