//! What a run promised, and whether it was kept.

use super::node::{FAMILY, SimNode, Trouble};
use super::{Asked, Run, SimulationError, What};
use crate::exchange::canonical::{InsuranceRecord, State};
use crate::store::{
    Conversation, ConversationState, InboxState, JournalBy, JournalRow, OutboxState, Role, conversation_find,
    inbox_counts, journal_list, outbox_counts,
};

/// Whether nothing is left to do: every conversation has ended and every row has come to rest.
pub(super) async fn is_quiet(run: &Run) -> Result<bool, SimulationError> {
    for asked in &run.asked {
        let sides = Sides::of(run, asked).await?;
        if sides.unended(run, asked).is_some() {
            return Ok(false);
        }
    }
    Ok(restless(run).await?.is_empty())
}

/// How many conversations came to their good end.
pub(super) async fn completed(run: &Run) -> Result<u32, SimulationError> {
    let mut completed = 0;
    for asked in &run.asked {
        let ours = Sides::of(run, asked).await?.ours;
        completed += u32::from(ours.is_some_and(|found| found.state == ConversationState::Completed));
    }
    Ok(completed)
}

/// The promises that were not kept.
pub(super) async fn judge(run: &Run) -> Result<Vec<String>, SimulationError> {
    let mut broken = restless(run).await?;
    for asked in &run.asked {
        if let Some(text) = judge_one(run, asked).await? {
            broken.push(format!(
                "{} began {:?} with {} about person {}: {text}",
                asked.from, asked.what, asked.to, asked.number
            ));
        }
    }
    Ok(broken)
}

/// Both sides of one transaction.
struct Sides {
    ours: Option<Conversation>,
    theirs: Option<Conversation>,
}

impl Sides {
    async fn of(run: &Run, asked: &Asked) -> Result<Self, SimulationError> {
        Ok(Self {
            ours: conversation(run, asked.from, asked, Role::Initiator).await?,
            theirs: conversation(run, asked.to, asked, Role::Respondent).await?,
        })
    }

    /// Which side has not come to an end though it could.
    fn unended(&self, run: &Run, asked: &Asked) -> Option<&'static str> {
        let is_open = |side: &Option<Conversation>| {
            side.as_ref().is_some_and(|found| found.state == ConversationState::Open)
        };
        let can_end = |state| !matches!(trouble(run, state), Some(Trouble::Mute));
        if self.ours.is_none() {
            return Some("the conversation is lost");
        }
        if is_open(&self.ours) && can_end(asked.from) {
            return Some("the conversation never ended");
        }
        let needs_its_system = trouble(run, asked.to) == Some(Trouble::Hung);
        if is_open(&self.theirs) && can_end(asked.to) && !needs_its_system {
            return Some("the conversation never ended on the other side");
        }
        None
    }
}

fn node(run: &Run, state: State) -> Option<&SimNode> {
    run.nodes.iter().find(|node| node.state() == state)
}

fn trouble(run: &Run, state: State) -> Option<Trouble> {
    node(run, state).and_then(SimNode::trouble)
}

async fn conversation(
    run: &Run,
    state: State,
    asked: &Asked,
    role: Role,
) -> Result<Option<Conversation>, SimulationError> {
    let Some(node) = node(run, state) else { return Ok(None) };
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
        // What a mute node or a hung local system has not dealt with is still there, not lost.
        let may_wait = matches!(node.trouble(), Some(Trouble::Mute | Trouble::Hung));
        for (state, count) in inbox_counts(&mut tx).await? {
            let is_at_rest =
                matches!(state, InboxState::Settled | InboxState::Returned | InboxState::Quarantined);
            if !is_at_rest && !may_wait {
                found.push(format!("{} has {count} messages {state} in its inbox", node.state()));
            }
        }
    }
    Ok(found)
}

async fn judge_one(run: &Run, asked: &Asked) -> Result<Option<String>, SimulationError> {
    let sides = Sides::of(run, asked).await?;
    if let Some(text) = sides.unended(run, asked) {
        return Ok(Some(text.to_owned()));
    }
    let Some(ours) = &sides.ours else { return Ok(None) };
    let is_troubled = trouble(run, asked.to).is_some();
    // One outcome for each document: the request is accepted once there, its response once here.
    for at in [asked.from, asked.to] {
        let accepted = kinds(run, at, asked, "accepted").await?;
        if accepted > 1 && trouble(run, at) != Some(Trouble::Forgetful) {
            return Ok(Some(format!("{at} dealt {accepted} times with one document")));
        }
    }
    let (told, told_there) = (told(run, asked, asked.from), told(run, asked, asked.to));
    let (here_max, there_max) = match asked.what {
        What::Inquiry => (1, 0),
        What::Changed | What::Transfer => (0, 1),
        What::Question | What::Confirmed | What::Word => (0, 0),
    };
    if told > here_max || told_there > there_max {
        return Ok(Some(format!("{told} documents were handed over here and {told_there} there")));
    }
    let was_completed_there = theirs_is(&sides, ConversationState::Completed);
    if asked.what == What::Transfer && told_there > 0 && !was_completed_there {
        return Ok(Some("it had an effect on the other side, where it is not complete".to_owned()));
    }
    let was_asked =
        was_person_asked(run, asked.from, asked).await? || was_person_asked(run, asked.to, asked).await?;
    if ours.state == ConversationState::Open {
        return Ok(None); // of a mute node
    }
    if ours.state != ConversationState::Completed {
        return Ok((!was_asked).then(|| format!("it ended {} and no person was asked", ours.state)));
    }
    let is_hung_here = trouble(run, asked.from) == Some(Trouble::Hung);
    let has_effect = match asked.what {
        What::Inquiry => told == usize::from(asked.number % 4 != 3) || is_hung_here,
        What::Changed | What::Transfer => told_there == 1 || is_troubled,
        What::Question | What::Confirmed | What::Word => true,
    };
    Ok(match (has_effect, was_completed_there) {
        (false, _) if !was_asked => Some("it is complete and had no effect".to_owned()),
        (_, false) if !was_asked && !is_troubled => {
            Some("the other side does not know that it is complete".to_owned())
        }
        (true | false, true | false) => None,
    })
}

fn theirs_is(sides: &Sides, state: ConversationState) -> bool {
    sides.theirs.as_ref().is_some_and(|found| found.state == state)
}

/// How many records of the person were handed over at a node.
fn told(run: &Run, asked: &Asked, at: State) -> usize {
    let family = format!("{FAMILY}{}", asked.number);
    let is_his = |record: &InsuranceRecord| record.person.name.family() == Some(&family);
    node(run, at).map_or(0, |node| node.told().values().filter(|record| is_his(record)).count())
}

async fn journal(run: &Run, at: State, asked: &Asked) -> Result<Vec<JournalRow>, SimulationError> {
    let Some(node) = node(run, at) else { return Ok(Vec::new()) };
    let mut tx = node.flows().store.read().await?;
    Ok(journal_list(&mut tx, JournalBy::Conversation(asked.id), 0, 1_000).await?)
}

async fn kinds(run: &Run, at: State, asked: &Asked, kind: &str) -> Result<usize, SimulationError> {
    Ok(journal(run, at, asked).await?.iter().filter(|row| row.entry.kind == kind).count())
}

async fn was_person_asked(run: &Run, at: State, asked: &Asked) -> Result<bool, SimulationError> {
    Ok(kinds(run, at, asked, "ask_person").await? > 0)
}
