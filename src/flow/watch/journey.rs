//! The journey of one message, stage by stage, with what became of each and what to do about it.

use super::super::{Context, FlowError};
use super::messages::{Message, Sought, of_conversation};
use crate::access::Permit;
use crate::base::{Language, MessageId, explain};
use crate::store::{
    Conversation, ConversationState, Direction, Hop, JournalBy, JournalChoice, JournalDraft, JournalRow,
    MessageBy, MessageChoice, MessageRow, MessageSort, Role, RowId, Tx, conversation_find, deliveries_of,
    handover_find, journal_latest, journal_list, message_find, message_page,
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeSet;

/// The journey of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Journey {
    /// The message.
    pub message: Message,
    /// Its stages in order.
    pub stages: Vec<Stage>,
    /// Of one that leaves, each sending; it has a message id of its own.
    pub tries: Vec<Try>,
    /// What the journal tells of it and of what answers it, the oldest first.
    pub entries: Vec<JourneyEntry>,
    /// The other messages of its conversation, the oldest first.
    pub beside: Vec<Message>,
    /// Where its conversation stands: `open`, `completed`, `failed` or `expired`.
    pub conversation_state: Option<String>,
    /// Whether its conversation ended without its result and may be begun again.
    pub may_resend: bool,
    /// Why a person must act, or why it ended.
    pub fault: Option<Explained>,
}

/// One stage of a journey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Stage {
    /// Which: the page names it by the phrase `message-stage-NAME`.
    pub name: String,
    /// What became of it.
    pub is: StageIs,
    /// When it was reached.
    #[schemars(with = "Option<String>")]
    pub at: Option<Timestamp>,
    /// How many milliseconds after the stage before.
    pub after_ms: Option<i64>,
}

/// What became of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StageIs {
    /// It was reached.
    Done,
    /// The message stopped before it.
    Failed,
    /// It comes next.
    Waiting,
    /// It comes later.
    Ahead,
    /// The transaction does not use it, or it is not told.
    Unused,
}

/// One sending of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Try {
    /// Its message id.
    pub message: String,
    /// When.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// What became of it: `sent`, `missed`, `faulted`, `parked`; nothing while it is under way.
    pub outcome: Option<String>,
    /// Why it failed.
    pub fault: Option<Explained>,
}

/// What the journal tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct JourneyEntry {
    /// Its number in the journal.
    pub entry: i64,
    /// When.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// What happened.
    pub kind: String,
    /// The number of the event in Decision 5, App. 4, if it is one.
    pub event: Option<u8>,
    /// The code of the message it is about.
    pub code: String,
    /// `in` or `out`.
    pub direction: Option<String>,
    /// Why it failed.
    pub fault: Option<Explained>,
    /// A sentence for the operator.
    pub detail: String,
}

/// A code with what it means, in the reader's language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Explained {
    /// The code of the catalogue.
    pub code: String,
    /// What happened.
    pub cause: Option<String>,
    /// What to do.
    pub remedy: Option<String>,
    /// Whose turn it is.
    pub turn: Option<String>,
}

impl Explained {
    /// A code as the catalogue explains it.
    pub fn of(code: &str, language: Language) -> Self {
        let known = explain(code);
        Self {
            code: code.to_owned(),
            cause: known.map(|it| it.cause.of(language).to_owned()),
            remedy: known.map(|it| it.remedy.of(language).to_owned()),
            turn: known.map(|it| it.turn.in_words(language).to_owned()),
        }
    }
}

/// The journey of a message by its row, as `out_12`, or by any of its ids; nothing if there is none.
///
/// # Errors
/// The database does not answer.
pub async fn journey(
    _permit: &Permit,
    id: &str,
    language: Language,
    ctx: &Context,
) -> Result<Option<Journey>, FlowError> {
    let mut tx = ctx.store.read().await?;
    let Some(row) = find(&mut tx, id).await? else { return Ok(None) };
    let (mut beside, mut conversation) = (Vec::new(), None);
    let entries = match row.conversation_id {
        Some(id) => {
            beside = of_conversation(&mut tx, id).await?;
            let own = conversation_find(&mut tx, id, Role::Initiator).await?;
            conversation = match own {
                Some(own) => Some(own),
                None => conversation_find(&mut tx, id, Role::Respondent).await?,
            };
            entries_of(&mut tx, JournalBy::Conversation(id)).await?
        }
        None => match row.message_id {
            Some(id) => entries_of(&mut tx, JournalBy::Message(id)).await?,
            None => Vec::new(),
        },
    };
    let deliveries = match row.id {
        RowId::Outbox(id) => deliveries_of(&mut tx, id, TRIES_MAX).await?,
        RowId::Inbox(_) => Vec::new(),
    };
    let own: BTreeSet<MessageId> = match row.id {
        RowId::Outbox(_) => deliveries.iter().map(|(id, _)| *id).collect(),
        RowId::Inbox(_) => row.message_id.into_iter().collect(),
    };
    let told = Told { row: &row, own: &own, entries: &entries, beside: &beside };
    let handed_over = match told.document_handed() {
        Some(document) => handover_find(&mut tx, document).await?,
        None => None,
    };
    drop(tx);
    let is_over = conversation.as_ref().is_none_or(|it| it.state != ConversationState::Open);
    let stages = marked(told.stages(handed_over), &row, is_over);
    let explained = |code: &Option<String>| code.as_deref().map(|code| Explained::of(code, language));
    let tries = deliveries.iter().map(|(id, at)| told.a_try(*id, *at, language)).collect();
    let is_about = |entry: &&JournalRow| told.is_about(&entry.entry);
    let entries = entries.iter().filter(is_about).map(|row| JourneyEntry {
        entry: row.id,
        at: row.entry.at,
        kind: row.entry.kind.clone(),
        event: Hop::of(&row.entry).map(Hop::number),
        code: last(row.entry.action.as_deref()),
        direction: row.entry.direction.map(|it| it.to_string()),
        fault: explained(&row.entry.code),
        detail: row.entry.detail.clone(),
    });
    Ok(Some(Journey {
        stages,
        tries,
        entries: entries.collect(),
        beside: beside.iter().filter(|it| it.id != row.id).map(Message::of).collect(),
        may_resend: conversation.as_ref().is_some_and(may_resend),
        conversation_state: conversation.map(|it| it.state.to_string()),
        fault: explained(&row.code),
        message: Message::of(&row),
    }))
}

async fn find(tx: &mut Tx, id: &str) -> Result<Option<MessageRow>, FlowError> {
    if let Ok(id) = id.parse::<RowId>() {
        return Ok(message_find(tx, id).await?);
    }
    for sought in Sought::all(id) {
        let choice = MessageChoice {
            by: sought.by(),
            peer: None,
            direction: None,
            state: None,
            sort: matches!(sought.by(), MessageBy::Conversation(_) | MessageBy::Procedure(_))
                .then_some(MessageSort::Application),
            since: None,
        };
        let mut rows = message_page(tx, &choice, None, SOUGHT_MAX).await?.rows;
        if let Some(first) = rows.pop() {
            return Ok(Some(first)); // what a conversation began with
        }
    }
    Ok(None)
}

/// The first and the latest entries: one that is tried for weeks has thousands.
async fn entries_of(tx: &mut Tx, by: JournalBy<'_>) -> Result<Vec<JournalRow>, FlowError> {
    let mut rows = journal_list(tx, by, 0, ENTRIES_MAX).await?;
    let choice = JournalChoice { by, peer: None, since: None };
    rows.extend(journal_latest(tx, choice, ENTRIES_MAX).await?);
    rows.sort_by_key(|row| row.id);
    rows.dedup_by_key(|row| row.id);
    Ok(rows)
}

fn may_resend(conversation: &Conversation) -> bool {
    conversation.role == Role::Initiator
        && matches!(conversation.state, ConversationState::Failed | ConversationState::Expired)
        && conversation.outcome.as_deref() != Some("resent")
}

/// What is known of a message.
struct Told<'a> {
    row: &'a MessageRow,
    /// Its message ids: of one that leaves, one for each try.
    own: &'a BTreeSet<MessageId>,
    entries: &'a [JournalRow],
    beside: &'a [MessageRow],
}

impl Told<'_> {
    fn is_own(&self, id: Option<MessageId>) -> bool {
        id.is_some_and(|id| self.own.contains(&id))
    }

    /// Whether an entry is about this message, about its making, or about what answers it.
    fn is_about(&self, entry: &JournalDraft) -> bool {
        let is_made = entry.document_id.is_some() && entry.document_id == self.row.document_id;
        self.is_own(entry.message_id) || self.is_own(entry.relates_to) || is_made
    }

    fn first(&self, is_it: impl Fn(&JournalDraft) -> bool) -> Option<Timestamp> {
        self.entries.iter().find(|row| is_it(&row.entry)).map(|row| row.entry.at)
    }

    /// When a signal about this message came.
    fn signalled(&self, ending: &str) -> Option<Timestamp> {
        self.first(|entry| {
            entry.direction == Some(Direction::In)
                && self.is_own(entry.relates_to)
                && entry.action.as_deref().is_some_and(|action| action.ends_with(ending))
        })
    }

    /// The message of the other side that answers this one with a document.
    fn answer(&self) -> Option<&MessageRow> {
        self.beside.iter().find(|other| {
            other.sort == MessageSort::Application
                && other.direction() != self.row.direction()
                && self.is_own(other.relates_to)
        })
    }

    /// The document that the local system is handed at the end of the journey.
    fn document_handed(&self) -> Option<crate::base::DocumentId> {
        match self.row.direction() {
            Direction::Out => self.answer().and_then(|answer| answer.document_id),
            Direction::In => self.row.document_id,
        }
    }

    fn stages(&self, handed_over: Option<Timestamp>) -> Vec<(&'static str, Option<Timestamp>)> {
        let row = self.row;
        let of_own = |kind: &str| self.first(|entry| entry.kind == kind && self.is_own(entry.message_id));
        let is_document = row.sort == MessageSort::Application;
        match row.direction() {
            Direction::Out => {
                let sent = of_own("sent").or_else(|| of_own("faulted"));
                let mut stages = vec![];
                if is_document {
                    // all three in one transaction: what is not sealed is not put, and what is put is queued
                    stages.extend([("composed", Some(row.at)), ("sealed", Some(row.at))]);
                }
                stages.extend([("queued", Some(row.at)), ("sent", sent)]);
                if is_document {
                    let came = self.answer().map(|answer| answer.at);
                    stages.push(("received", self.signalled("/P.MSG.RCV")));
                    stages.push(("accepted", self.signalled("/P.MSG.PRS")));
                    if row.relates_to.is_none() {
                        stages.extend([("answered", came), ("handed-over", handed_over)]);
                    }
                }
                stages
            }
            Direction::In => {
                let mut stages = vec![("arrived", Some(row.at))];
                if is_document {
                    stages.extend([("received", of_own("received")), ("accepted", of_own("accepted"))]);
                    if row.relates_to.is_none() {
                        let answer = self.answer();
                        let left = answer.and_then(|answer| {
                            let of = |entry: &JournalDraft| {
                                entry.kind == "sent" && entry.document_id == answer.document_id
                            };
                            self.first(of)
                        });
                        stages.extend([("answering", of_own("answering")), ("answer-sent", left)]);
                    }
                    stages.push(("handed-over", handed_over));
                }
                let is_settled = row.state == "settled";
                let ended = ["answered", "taken", "signal", "fault", "repeated", "answering"];
                let ended = ended.iter().find_map(|kind| of_own(kind)).or(Some(row.at));
                stages.push(("settled", ended.filter(|_| is_settled)));
                stages
            }
        }
    }

    fn a_try(&self, id: MessageId, at: Timestamp, language: Language) -> Try {
        let of_try = self
            .entries
            .iter()
            .find(|row| row.entry.message_id == Some(id) && OUTCOMES.contains(&row.entry.kind.as_str()));
        let code = of_try.and_then(|row| row.entry.code.as_deref());
        Try {
            message: id.as_uuid().to_string(),
            at,
            outcome: of_try.map(|row| row.entry.kind.clone()),
            fault: code.map(|code| Explained::of(code, language)),
        }
    }
}

/// What became of each stage: behind the last one that was reached the message stopped, or waits, or it is over.
fn marked(stages: Vec<(&'static str, Option<Timestamp>)>, row: &MessageRow, is_over: bool) -> Vec<Stage> {
    let is_stopped = matches!(row.state, "returned" | "quarantined" | "parked");
    let reached = stages.iter().rposition(|(_, at)| at.is_some());
    let (mut before, mut is_first) = (None, true);
    let mut marked = Vec::new();
    for (place, (name, at)) in stages.into_iter().enumerate() {
        let is = match at {
            Some(_) => StageIs::Done,
            None if reached.is_some_and(|reached| place < reached) => StageIs::Unused,
            None if is_first && is_stopped => StageIs::Failed,
            None if is_over || is_stopped => StageIs::Unused,
            None if is_first => StageIs::Waiting,
            None => StageIs::Ahead,
        };
        is_first = is_first && matches!(is, StageIs::Done | StageIs::Unused);
        let after_ms = at.zip(before).map(|(at, before): (Timestamp, Timestamp)| {
            at.as_millisecond().saturating_sub(before.as_millisecond()).max(0)
        });
        before = at.or(before);
        marked.push(Stage { name: name.to_owned(), is, at, after_ms });
    }
    marked
}

fn last(action: Option<&str>) -> String {
    action.and_then(|action| action.rsplit('/').next()).unwrap_or_default().to_owned()
}

const OUTCOMES: [&str; 4] = ["sent", "missed", "faulted", "parked"];
const TRIES_MAX: u32 = 100;
const ENTRIES_MAX: u32 = 300;
const SOUGHT_MAX: u32 = 50;

#[cfg(test)]
mod tests {
    use super::*;
    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + second).unwrap()
    }

    fn row(state: &'static str) -> MessageRow {
        MessageRow {
            id: "out_1".parse().unwrap(),
            peer: "KZ".to_owned(),
            sort: MessageSort::Application,
            at: at(0),
            action: String::new(),
            state,
            code: None,
            attempts: 0,
            next_try_at: at(0),
            message_id: None,
            relates_to: None,
            conversation_id: None,
            procedure_id: None,
            document_id: None,
        }
    }

    #[test]
    fn behind_the_last_stage_a_message_waits_stops_or_is_over() {
        let some =
            || vec![("queued", Some(at(0))), ("sent", Some(at(2))), ("received", None), ("accepted", None)];
        let is = |stages: Vec<Stage>| stages.into_iter().map(|stage| stage.is).collect::<Vec<_>>();
        use StageIs::*;
        let sent = row("sent");
        assert_eq!(is(marked(some(), &sent, false)), [Done, Done, Waiting, Ahead]);
        assert_eq!(is(marked(some(), &sent, true)), [Done, Done, Unused, Unused]);
        assert_eq!(is(marked(some(), &row("returned"), true)), [Done, Done, Failed, Unused]);
        let gap = vec![("queued", Some(at(0))), ("sent", None), ("received", Some(at(3)))];
        let stages = marked(gap, &sent, false);
        assert_eq!(stages[1].is, Unused);
        assert_eq!(stages[2].after_ms, Some(3_000));
    }
}
