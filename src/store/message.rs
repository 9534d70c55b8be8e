//! Messages of both queues for whoever looks for one: by time, the newest first, page by page.
//!
//! A page is found by an index, or by a walk of a bounded length: with a choice that few rows fit it may end early, and
//! says how far it has looked.

use super::row::RowReader;
use super::sqlite_query::row_struct;
use super::tx::on;
use super::{
    Direction, InboxId, InboxState, OutboxId, OutboxState, RowId, StoreError, Tx, WordError, word_enum,
};
use crate::base::{ConversationId, DocumentId, MessageId, ProcedureId};
use jiff::Timestamp;
use std::fmt;
use std::str::FromStr;

word_enum!(
    /// What a message is.
    MessageSort {
        /// A document.
        Application = "application",
        /// RCV, PRS or ERR.
        Signal = "signal",
        /// A fault of an envelope.
        Fault = "fault",
        /// A question for a journal, or its answer.
        Service = "service",
    }
);

/// Of what messages are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageBy<'a> {
    /// All.
    All,
    /// Under this message id; of those that leave, one of their tries.
    Message(MessageId),
    /// Of a conversation.
    Conversation(ConversationId),
    /// Of a procedure, by its whole chain.
    Procedure(&'a ProcedureId),
    /// That carry a document.
    Document(DocumentId),
}

/// Which messages are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageChoice<'a> {
    /// Of what.
    pub by: MessageBy<'a>,
    /// Only those with this peer.
    pub peer: Option<&'a str>,
    /// Only those that come, or that leave.
    pub direction: Option<Direction>,
    /// Only those in this state, by its word.
    pub state: Option<&'a str>,
    /// Only those of this sort.
    pub sort: Option<MessageSort>,
    /// Only those from this instant on.
    pub since: Option<Timestamp>,
}

/// A message without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageRow {
    /// Which.
    pub id: RowId,
    /// The other node.
    pub peer: String,
    /// What it is.
    pub sort: MessageSort,
    /// When it was put, or came.
    pub at: Timestamp,
    /// The action of its addressing header.
    pub action: String,
    /// Where it stands, in the word of its queue.
    pub state: &'static str,
    /// Why it was returned, quarantined or parked.
    pub code: Option<String>,
    /// How many tries have failed.
    pub attempts: u32,
    /// The earliest instant of the next try.
    pub next_try_at: Timestamp,
    /// Its message id; of one that leaves, that of its last try.
    pub message_id: Option<MessageId>,
    /// The message it answers.
    pub relates_to: Option<MessageId>,
    /// Its conversation.
    pub conversation_id: Option<ConversationId>,
    /// Its chain of procedures.
    pub procedure_id: Option<ProcedureId>,
    /// The document inside, once it was received.
    pub document_id: Option<DocumentId>,
}

/// A place in the order of the messages: newer ones are before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MessagePlace {
    at_ms: i64,
    /// 1 for those that leave, which stand before those that came in the same millisecond.
    rank: i64,
    id: i64,
}

/// Some messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessagePage {
    /// The newest first.
    pub rows: Vec<MessageRow>,
    /// Where to go on, unless these are the last.
    pub next: Option<MessagePlace>,
    /// If the walk ended before the page was full: up to when it has looked.
    pub looked_until: Option<Timestamp>,
}

impl MessageRow {
    /// Whether it waits for a person.
    pub fn needs_person(&self) -> bool {
        matches!(self.state, "parked" | "quarantined")
    }

    /// Whether it comes or goes.
    pub fn direction(&self) -> Direction {
        match self.id {
            RowId::Outbox(_) => Direction::Out,
            RowId::Inbox(_) => Direction::In,
        }
    }

    fn place(&self) -> MessagePlace {
        let at_ms = self.at.as_millisecond();
        match self.id {
            RowId::Outbox(id) => MessagePlace { at_ms, rank: OUT, id: id.0 },
            RowId::Inbox(id) => MessagePlace { at_ms, rank: IN, id: id.0 },
        }
    }
}

impl MessagePlace {
    /// Its key in a queue: rows before it in that queue's own order come after it here.
    fn key_for(self, rank: i64) -> (i64, i64) {
        match self.rank.cmp(&rank) {
            std::cmp::Ordering::Equal => (self.at_ms, self.id),
            std::cmp::Ordering::Greater => (self.at_ms, i64::MAX),
            std::cmp::Ordering::Less => (self.at_ms, i64::MIN),
        }
    }
}

impl fmt::Display for MessagePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.at_ms, self.rank, self.id)
    }
}

impl FromStr for MessagePlace {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        let mut numbers = text.split('.').map(str::parse);
        match (numbers.next(), numbers.next(), numbers.next(), numbers.next()) {
            (Some(Ok(at_ms)), Some(Ok(rank @ (IN | OUT))), Some(Ok(id)), None) => {
                Ok(Self { at_ms, rank, id })
            }
            _ => Err(WordError::of("MessagePlace")),
        }
    }
}

/// Up to `limit` messages of a choice behind a place, the newest first. Going on from page to page, whoever walks meets
/// each message once that was there when he began, whatever comes meanwhile.
pub async fn message_page(
    tx: &mut Tx,
    choice: &MessageChoice<'_>,
    after: Option<MessagePlace>,
    limit: u32,
) -> Result<MessagePage, StoreError> {
    let after = after.unwrap_or(MessagePlace { at_ms: i64::MAX, rank: OUT, id: i64::MAX });
    let out = walk(tx, &OUTBOX, choice, after, limit).await?;
    let inside = walk(tx, &INBOX, choice, after, limit).await?;
    // below the shallower end the other queue may have more
    let end = out.end.max(inside.end);
    let mut rows: Vec<MessageRow> = out.rows.into_iter().chain(inside.rows).collect();
    rows.retain(|row| end.is_none_or(|end| row.place() >= end));
    rows.sort_by_key(|row| std::cmp::Reverse(row.place()));
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let is_cut = rows.len() > limit;
    rows.truncate(limit);
    let is_full = rows.len() == limit;
    let next = if is_cut { rows.last().map(MessageRow::place) } else { end };
    let looked_until = next.filter(|_| !is_full).map(|end| Timestamp::from_millisecond(end.at_ms));
    Ok(MessagePage { rows, next, looked_until: looked_until.and_then(Result::ok) })
}

/// One message.
pub async fn message_find(tx: &mut Tx, id: RowId) -> Result<Option<MessageRow>, StoreError> {
    let (queue, key) = match id {
        RowId::Outbox(id) => (&OUTBOX, id.0),
        RowId::Inbox(id) => (&INBOX, id.0),
    };
    let found = run(tx, queue.one, &key.to_string(), Window::whole(1), &Rest::default()).await?;
    found.into_iter().next().map(|raw| raw.parse(queue)).transpose()
}

/// What a walk through one queue met.
struct Walk {
    rows: Vec<MessageRow>,
    /// How far it has come; nothing if it met all.
    end: Option<MessagePlace>,
}

/// The texts of one queue.
struct Queue {
    table: &'static str,
    rank: i64,
    all: Texts,
    peer: Texts,
    state: Texts,
    /// Of states of which there are few, by an index of their own.
    work: &'static str,
    message: &'static str,
    conversation: &'static str,
    procedure: &'static str,
    document: &'static str,
    one: &'static str,
}

/// A text that walks, and one that finds where so long a walk ends.
struct Texts {
    walk: &'static str,
    end: &'static str,
}

/// What is walked: from an instant on, behind a key, so many rows; and how many of them are wanted.
struct Window {
    since: i64,
    before: (i64, i64),
    walked: i64,
    wanted: i64,
}

impl Window {
    fn whole(wanted: i64) -> Self {
        Self { since: i64::MIN, before: (i64::MAX, i64::MAX), walked: WALK_MAX, wanted }
    }
}

/// What of a choice is looked at row by row.
#[derive(Default)]
struct Rest {
    peer: String,
    state: &'static str,
    sort: &'static str,
}

async fn walk(
    tx: &mut Tx,
    queue: &Queue,
    choice: &MessageChoice<'_>,
    after: MessagePlace,
    limit: u32,
) -> Result<Walk, StoreError> {
    let nothing = Walk { rows: Vec::new(), end: None };
    let own = if queue.rank == OUT { Direction::Out } else { Direction::In };
    if choice.direction.is_some_and(|direction| direction != own) {
        return Ok(nothing);
    }
    let state = match choice.state.map(|word| queue.state_of(word)) {
        Some(None) => return Ok(nothing), // a state of the other queue
        Some(Some(state)) => state,
        None => "",
    };
    let peer = choice.peer.unwrap_or_default().to_owned();
    let mut rest = Rest { peer, state, sort: choice.sort.map_or("", MessageSort::as_str) };
    let is_work = queue.rank == IN && matches!(state, "held" | "leased" | "received" | "accepted");
    let is_apart = queue.rank == OUT || matches!(state, "deferred" | "returned" | "quarantined" | "parked");
    let (text, end, key) = match choice.by {
        MessageBy::Message(id) => (queue.message, None, id.as_uuid().to_string()),
        MessageBy::Conversation(id) => (queue.conversation, None, id.as_uuid().to_string()),
        MessageBy::Procedure(id) => (queue.procedure, None, id.to_string()),
        MessageBy::Document(id) => (queue.document, None, id.as_uuid().to_string()),
        MessageBy::All if is_work => (queue.work, None, String::new()),
        MessageBy::All if !state.is_empty() && is_apart => {
            (queue.state.walk, Some(queue.state.end), std::mem::take(&mut rest.state).to_owned())
        }
        MessageBy::All if !rest.peer.is_empty() => {
            (queue.peer.walk, Some(queue.peer.end), std::mem::take(&mut rest.peer))
        }
        MessageBy::All => (queue.all.walk, Some(queue.all.end), String::new()),
    };
    let wanted = i64::from(limit).saturating_add(1);
    let since = choice.since.map_or(i64::MIN, Timestamp::as_millisecond);
    let is_filtered = !(rest.peer.is_empty() && rest.state.is_empty() && rest.sort.is_empty());
    let walked = if is_filtered || end.is_none() { WALK_MAX } else { wanted };
    let window = Window { since, before: after.key_for(queue.rank), walked, wanted };
    let found = run(tx, text, &key, window, &rest).await?;
    let mut rows = found.into_iter().map(|raw| raw.parse(queue)).collect::<Result<Vec<_>, _>>()?;
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    if rows.len() > most {
        rows.truncate(most);
        let end = rows.last().map(MessageRow::place).or(Some(after));
        return Ok(Walk { rows, end });
    }
    let Some(end) = end.filter(|_| is_filtered) else { return Ok(Walk { rows, end: None }) };
    let before = after.key_for(queue.rank);
    let end: Option<(i64, i64)> = on!(tx, "find where a walk through messages ends", connection =>
        sqlx::query_as(end).bind(since).bind(before.0).bind(before.1).bind(WALK_MAX - 1).bind(&key)
            .fetch_optional(connection))?;
    Ok(Walk { rows, end: end.map(|(at_ms, id)| MessagePlace { at_ms, rank: queue.rank, id }) })
}

async fn run(
    tx: &mut Tx,
    text: &'static str,
    key: &str,
    window: Window,
    rest: &Rest,
) -> Result<Vec<RawMessage>, StoreError> {
    on!(tx, "list messages", connection => sqlx::query_as(text)
        .bind(window.since)
        .bind(window.before.0)
        .bind(window.before.1)
        .bind(window.walked)
        .bind(key)
        .bind(&rest.peer)
        .bind(rest.state)
        .bind(rest.sort)
        .bind(window.wanted)
        .fetch_all(connection))
}

impl Queue {
    /// The state of this queue that has this word.
    fn state_of(&self, word: &str) -> Option<&'static str> {
        if self.rank == OUT {
            word.parse().ok().map(OutboxState::as_str)
        } else {
            word.parse().ok().map(InboxState::as_str)
        }
    }
}

row_struct! {
    struct RawMessage {
        id: i64,
        peer: String,
        sort: String,
        at: i64,
        action: String,
        state: String,
        code: Option<String>,
        attempts: i64,
        next_try_at: i64,
        message_id: Option<String>,
        relates_to: Option<String>,
        conversation_id: Option<String>,
        procedure_id: Option<String>,
        document_id: Option<String>,
    }
}

impl RawMessage {
    fn parse(self, queue: &Queue) -> Result<MessageRow, StoreError> {
        let reader = RowReader { table: queue.table, id: &self.id };
        let id =
            if queue.rank == OUT { RowId::Outbox(OutboxId(self.id)) } else { RowId::Inbox(InboxId(self.id)) };
        Ok(MessageRow {
            id,
            sort: reader.text("kind", &self.sort)?,
            at: reader.instant("at", self.at)?,
            state: queue.state_of(&self.state).ok_or_else(|| reader.fault("state"))?,
            attempts: reader.count("attempts", self.attempts)?,
            next_try_at: reader.instant("next_try_at", self.next_try_at)?,
            message_id: reader.text_if_any("message_id", self.message_id.as_deref())?,
            relates_to: reader.text_if_any("relates_to", self.relates_to.as_deref())?,
            conversation_id: reader.text_if_any("conversation_id", self.conversation_id.as_deref())?,
            procedure_id: reader.text_if_any("procedure_id", self.procedure_id.as_deref())?,
            document_id: reader.text_if_any("document_id", self.document_id.as_deref())?,
            peer: self.peer,
            action: self.action,
            code: self.code,
        })
    }
}

/// Of the rows of a walk, those of the rest of the choice; what is asked of each is asked of those alone.
macro_rules! walk {
    ($inner:expr, $message_id:literal, $document_id:literal) => {
        concat!(
            "SELECT p.id, p.peer, p.sort, p.at, p.action, p.state, p.code, p.attempts, p.next_try_at, ",
            $message_id,
            " AS message_id, p.relates_to, p.conversation_id, p.procedure_id, ",
            $document_id,
            " AS document_id
    FROM (SELECT * FROM (",
            $inner,
            " LIMIT $4) AS walked
        WHERE ($6 = '' OR peer = $6) AND ($7 = '' OR state = $7) AND ($8 = '' OR sort = $8)
        ORDER BY at DESC, id DESC LIMIT $9) AS p
    ORDER BY p.at DESC, p.id DESC"
        )
    };
}

macro_rules! out {
    ($condition:literal) => {
        out!($condition, "")
    };
    ($condition:literal, $first:literal) => {
        walk!(
            concat!(
                "SELECT id, peer, kind AS sort, created_at AS at, action, state, code, attempts, next_try_at,
                    relates_to, conversation_id, procedure_id, document_id
             FROM outbox WHERE ",
                $condition,
                " AND created_at >= $1 AND (created_at, id) < ($2, $3) ORDER BY ",
                $first,
                "created_at DESC, id DESC"
            ),
            "(SELECT d.message_id FROM delivery AS d WHERE d.outbox_id = p.id
                ORDER BY d.at DESC, d.message_id DESC LIMIT 1)",
            "p.document_id"
        )
    };
}

macro_rules! inside {
    ($from:literal, $condition:literal) => {
        inside!($from, $condition, "")
    };
    ($from:literal, $condition:literal, $first:literal) => {
        walk!(
            concat!(
                "SELECT inbox.id, inbox.peer, CASE WHEN inbox.action = '' THEN 'fault'
                     WHEN inbox.action LIKE '%/P.MSG.%' THEN 'signal'
                     WHEN inbox.action LIKE 'int://SR/%' THEN 'service' ELSE 'application' END AS sort,
                    inbox.received_at AS at, inbox.action, inbox.state, inbox.code, inbox.attempts, inbox.next_try_at,
                    inbox.message_id, inbox.relates_to, inbox.conversation_id, inbox.procedure_id
             FROM ",
                $from,
                " WHERE ",
                $condition,
                " AND inbox.received_at >= $1 AND (inbox.received_at, inbox.id) < ($2, $3) ORDER BY ",
                $first,
                "inbox.received_at DESC, inbox.id DESC"
            ),
            "p.message_id",
            "(SELECT l.document_id FROM ledger AS l WHERE l.inbox_id = p.id)"
        )
    };
}

macro_rules! end {
    ($table:literal, $at:literal, $condition:literal) => {
        end!($table, $at, $condition, "")
    };
    ($table:literal, $at:literal, $condition:literal, $first:literal) => {
        concat!(
            "SELECT ",
            $at,
            ", id FROM ",
            $table,
            " WHERE ",
            $at,
            " >= $1 AND (",
            $at,
            ", id) < ($2, $3) AND ",
            $condition,
            " ORDER BY ",
            $first,
            $at,
            " DESC, id DESC LIMIT 1 OFFSET $4"
        )
    };
}

// The key is bound in every case; without one it is the empty text, which equals itself. Those of one peer, or in one state,
// are a stretch of the index that begins with it: by a plain equality a server that plans for all values at once walks by
// time instead, through everything if the value is rare.
static OUTBOX: Queue = Queue {
    table: "outbox",
    rank: OUT,
    all: Texts { walk: out!("$5 = ''"), end: end!("outbox", "created_at", "$5 = ''") },
    peer: Texts {
        walk: out!("(peer, created_at) >= ($5, $1) AND (peer, created_at, id) < ($5, $2, $3)", "peer DESC, "),
        end: end!(
            "outbox",
            "created_at",
            "(peer, created_at) >= ($5, $1) AND (peer, created_at, id) < ($5, $2, $3)",
            "peer DESC, "
        ),
    },
    state: Texts {
        walk: out!(
            "(state, created_at) >= ($5, $1) AND (state, created_at, id) < ($5, $2, $3)",
            "state DESC, "
        ),
        end: end!(
            "outbox",
            "created_at",
            "(state, created_at) >= ($5, $1) AND (state, created_at, id) < ($5, $2, $3)",
            "state DESC, "
        ),
    },
    work: out!("state = $5"),
    message: out!("id IN (SELECT d.outbox_id FROM delivery AS d WHERE d.message_id = $5)"),
    conversation: out!("conversation_id = $5"),
    procedure: out!(
        "conversation_id IN (SELECT j.conversation_id FROM journal AS j WHERE j.procedure_id = $5)"
    ),
    document: out!("document_id = $5"),
    one: out!("id = CAST($5 AS BIGINT)"),
};

static INBOX: Queue = Queue {
    table: "inbox",
    rank: IN,
    all: Texts { walk: inside!("inbox", "$5 = ''"), end: end!("inbox", "received_at", "$5 = ''") },
    peer: Texts {
        walk: inside!("inbox", "(inbox.peer, inbox.received_at) >= ($5, $1) AND (inbox.peer, inbox.received_at, inbox.id) < ($5, $2, $3)", "inbox.peer DESC, "),
        end: end!("inbox", "received_at", "(peer, received_at) >= ($5, $1) AND (peer, received_at, id) < ($5, $2, $3)", "peer DESC, "),
    },
    state: Texts {
        walk: inside!(
            "inbox",
            "inbox.state IN ('deferred', 'returned', 'quarantined', 'parked') AND inbox.state = $5"
        ),
        end: end!(
            "inbox",
            "received_at",
            "state IN ('deferred', 'returned', 'quarantined', 'parked') AND state = $5"
        ),
    },
    // of those at work the oldest: they are stuck, if any is
    work: inside!(
        "(SELECT due.id AS due_id FROM inbox AS due WHERE due.state IN ('held', 'leased', 'received', 'accepted')
          ORDER BY due.id LIMIT 10000) AS open CROSS JOIN inbox",
        "inbox.id = open.due_id AND $5 = ''"
    ),
    message: inside!("inbox", "inbox.message_id = $5"),
    conversation: inside!("inbox", "inbox.conversation_id = $5"),
    procedure: inside!(
        "inbox",
        "inbox.conversation_id IN (SELECT j.conversation_id FROM journal AS j WHERE j.procedure_id = $5)"
    ),
    // by each of the five states, for the ledger is kept by peer
    document: inside!(
        "inbox",
        "inbox.id IN (SELECT l.inbox_id FROM ledger AS l
            WHERE l.peer IN ('AM', 'BY', 'KG', 'KZ', 'RU') AND l.document_id = $5)"
    ),
    one: inside!("inbox", "inbox.id = CAST($5 AS BIGINT)"),
};

/// Each text that walks, with the index it is to find its rows by.
#[cfg(test)]
pub(super) fn plans() -> Vec<(&'static str, &'static str)> {
    let (o, i) = (&OUTBOX, &INBOX);
    vec![
        (o.all.walk, "outbox_time"),
        (o.peer.walk, "outbox_peer_time"),
        (o.state.walk, "outbox_state"),
        (o.all.end, "outbox_time"),
        (o.peer.end, "outbox_peer_time"),
        (o.state.end, "outbox_state"),
        (o.message, "delivery"),
        (o.conversation, "outbox_conversation"),
        (o.procedure, "journal_procedure"),
        (o.document, "outbox_document"),
        (i.all.walk, "inbox_time"),
        (i.peer.walk, "inbox_peer_time"),
        (i.state.walk, "inbox_apart"),
        (i.all.end, "inbox_time"),
        (i.peer.end, "inbox_peer_time"),
        (i.state.end, "inbox_apart"),
        (i.work, "inbox_claimable"),
        (i.message, "inbox_message"),
        (i.conversation, "inbox_conversation"),
        (i.procedure, "journal_procedure"),
        (i.document, "ledger"),
    ]
}

const OUT: i64 = 1;
const IN: i64 = 0;
/// So many rows are looked at for one page: few milliseconds on either engine.
const WALK_MAX: i64 = 5_000;
