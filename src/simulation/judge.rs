//! What a run promised, and whether it was kept.

use super::node::FAMILY;
use super::{Asked, Run, SimulationError};
use crate::exchange::canonical::InsuranceRecord;
use crate::store::{
    Conversation, ConversationState, InboxState, JournalBy, OutboxState, Role, conversation_find,
    inbox_counts, journal_list, outbox_counts,
};

/// Whether nothing is left to do: every conversation has ended and every row has come to rest.
pub(super) async fn is_quiet(run: &Run) -> Result<bool, SimulationError> {
    for asked in &run.asked {
        if conversation(run, asked, Role::Initiator).await?.is_none_or(|found| is_open(&found)) {
            return Ok(false);
        }
    }
    Ok(restless(run).await?.is_empty())
}

/// How many conversations came to their good end.
pub(super) async fn completed(run: &Run) -> Result<u32, SimulationError> {
    let mut completed = 0;
    for asked in &run.asked {
        let ours = conversation(run, asked, Role::Initiator).await?;
        completed += u32::from(ours.is_some_and(|found| found.state == ConversationState::Completed));
    }
    Ok(completed)
}

/// The promises that were not kept.
pub(super) async fn judge(run: &Run) -> Result<Vec<String>, SimulationError> {
    let mut broken = restless(run).await?;
    for asked in &run.asked {
        if let Some(text) = judge_one(run, asked).await? {
            broken.push(format!("{} asked {} about person {}: {text}", asked.from, asked.to, asked.number));
        }
    }
    Ok(broken)
}

fn is_open(conversation: &Conversation) -> bool {
    conversation.state == ConversationState::Open
}

async fn conversation(run: &Run, asked: &Asked, role: Role) -> Result<Option<Conversation>, SimulationError> {
    let state = if role == Role::Initiator { asked.from } else { asked.to };
    let Some(node) = run.nodes.iter().find(|node| node.state() == state) else { return Ok(None) };
    let mut tx = node.flows().store.read().await?;
    Ok(conversation_find(&mut tx, asked.id, role).await?)
}

/// Rows that are still on their way, which in peace means lost.
async fn restless(run: &Run) -> Result<Vec<String>, SimulationError> {
    let mut found = Vec::new();
    for node in &run.nodes {
        let mut tx = node.flows().store.read().await?;
        for (state, count) in outbox_counts(&mut tx).await? {
            if matches!(state, OutboxState::Queued | OutboxState::Leased | OutboxState::Parked) {
                found.push(format!("{} has {count} messages {state} in its outbox", node.state()));
            }
        }
        for (state, count) in inbox_counts(&mut tx).await? {
            let is_at_rest =
                matches!(state, InboxState::Settled | InboxState::Returned | InboxState::Quarantined);
            if !is_at_rest {
                found.push(format!("{} has {count} messages {state} in its inbox", node.state()));
            }
        }
    }
    Ok(found)
}

async fn judge_one(run: &Run, asked: &Asked) -> Result<Option<String>, SimulationError> {
    let Some(ours) = conversation(run, asked, Role::Initiator).await? else {
        return Ok(Some("the conversation is lost".to_owned()));
    };
    let theirs = conversation(run, asked, Role::Respondent).await?;
    let family = format!("{FAMILY}{}", asked.number);
    let is_his = |record: &InsuranceRecord| record.person.name.family() == Some(&family);
    let (mut told, mut told_elsewhere) = (0_usize, 0_usize);
    for node in &run.nodes {
        let count = node.told().values().filter(|record| is_his(record)).count();
        if node.state() == asked.from { told = count } else { told_elsewhere += count }
    }
    if told_elsewhere > 0 {
        return Ok(Some(format!("{told_elsewhere} documents were handed over to others")));
    }
    let is_known = asked.number % 4 != 3;
    Ok(match (ours.state, told) {
        (ConversationState::Open, _) => Some("the conversation never ended".to_owned()),
        (_, 2..) => Some(format!("{told} documents were handed over")),
        (ConversationState::Completed, 0) if is_known => Some("the record was not handed over".to_owned()),
        (ConversationState::Completed, 1) if !is_known => {
            Some("a record of nobody was handed over".to_owned())
        }
        (ConversationState::Completed, _) => {
            let agrees = theirs.is_some_and(|found| found.state == ConversationState::Completed);
            (!agrees).then(|| "the other side does not know that it answered".to_owned())
        }
        (ConversationState::Expired | ConversationState::Failed, _) => {
            let was_asked = was_person_asked(run, asked).await?;
            (!was_asked).then(|| format!("it ended {} and no person was asked", ours.state))
        }
    })
}

async fn was_person_asked(run: &Run, asked: &Asked) -> Result<bool, SimulationError> {
    let Some(node) = run.nodes.iter().find(|node| node.state() == asked.from) else { return Ok(false) };
    let mut tx = node.flows().store.read().await?;
    let rows = journal_list(&mut tx, JournalBy::Conversation(asked.id), 0, 1_000).await?;
    Ok(rows.iter().any(|row| row.entry.kind == "ask_person"))
}
