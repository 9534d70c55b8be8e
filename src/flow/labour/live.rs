//! Asks peers for vacancies at once, beside the streams. Every peer has the same term and the same share, beside each other, so
//! that one that is slow or lies delays and displaces nobody; of an answer is believed what the mirror would believe.

use super::pull::{Line, fit_vacancy};
use super::{Labour, LabourError};
use crate::exchange::canonical::State;
use crate::exchange::canonical::job::{Vacancy, VacancyStatus};
use crate::exchange::seal::sha256;
use crate::exchange::wire::{SyncRoad, WireError};
use crate::flow::{Context, FlowError};
use crate::labour::live::{AnswerFault, LiveAnswer, LiveIs, LiveQuestion};
use crate::labour::sync::{Detail, DetailOutcome};
use futures_util::future::join_all;
use jiff::Timestamp;
use std::time::Duration;
use tokio::sync::Semaphore;

/// What came of asking one peer.
#[derive(Debug, Clone)]
pub struct LiveAsked {
    /// Which.
    pub peer: State,
    /// What.
    pub is: LiveIs,
    /// What it told and may tell: its own, open, under their names, without contacts.
    pub vacancies: Vec<Vacancy>,
    /// How many records of its answer were not taken.
    pub refused: u64,
    /// How many it says that it has.
    pub hits: u64,
    /// Since when what it searched in is as it is; never later than now.
    pub as_of: Option<Timestamp>,
    /// How long it took to answer, or not to.
    pub took_ms: u64,
    /// Why it has not answered.
    pub code: Option<String>,
}

/// Asks peers, all that there are if none is chosen; what came of each, in the order of their states.
///
/// # Errors
/// This node exchanges no jobs; the question is too large, or tells of a person.
pub async fn ask_peers(
    question: &LiveQuestion,
    chosen: &[State],
    ctx: &Context,
) -> Result<Vec<LiveAsked>, FlowError> {
    let plan = super::enabled(ctx)?;
    question.judge().map_err(LabourError::Question)?;
    let leave = plan.live.turns.try_acquire();
    let reached = plan.road.as_ref().map(|road| road.peers()).unwrap_or_default();
    let mut asks = Vec::new();
    for name in ctx.peers.names() {
        let peer = ctx.peers.of_name(&name)?.state;
        let is_chosen = chosen.is_empty() || chosen.contains(&peer);
        let is = match (is_chosen && leave.is_ok(), reached.contains(&name)) {
            (false, true | false) => Some(LiveIs::NotAsked),
            (true, false) => Some(LiveIs::NoRoad),
            (true, true) => None,
        };
        let busy = (is_chosen && leave.is_err()).then(|| "http.later".to_owned());
        asks.push(ask_one(peer, (is, busy), question, plan, ctx));
    }
    Ok(join_all(asks).await)
}

/// Asks one peer within its term, if nothing is known of it before.
async fn ask_one(
    peer: State,
    (is, code): (Option<LiveIs>, Option<String>),
    question: &LiveQuestion,
    plan: &Labour,
    ctx: &Context,
) -> LiveAsked {
    let nothing = |is, code| LiveAsked {
        peer,
        is,
        vacancies: Vec::new(),
        refused: 0,
        hits: 0,
        as_of: None,
        took_ms: 0,
        code,
    };
    let (Some(road), None) = (plan.road.as_deref(), is) else {
        return nothing(is.unwrap_or(LiveIs::NoRoad), code);
    };
    let begun = ctx.clock.now();
    let term = Duration::from_millis(plan.live.term_ms);
    let asked = tokio::time::timeout(term, ask(road, peer, question, begun)).await;
    let took_ms = ctx.clock.now().duration_since(begun).as_millis();
    let told = match asked {
        Ok(Ok(told)) => told,
        Ok(Err(error)) => {
            let (is, code) = failed(&error);
            nothing(is, code)
        }
        Err(_over) => nothing(LiveIs::Late, None),
    };
    LiveAsked { took_ms: u64::try_from(took_ms).unwrap_or_default(), ..told }
}

async fn ask(
    road: &dyn SyncRoad,
    peer: State,
    question: &LiveQuestion,
    now: Timestamp,
) -> Result<LiveAsked, FlowError> {
    let line = Line { road, peer: peer.as_code() };
    let answer: LiveAnswer = line.post("search", question, "a question for vacancies").await?;
    answer.judge(question.limit).map_err(LabourError::Answer)?;
    // to read some hundred vacancies keeps a processor busy
    Context::aside(move || told(peer, answer, now)).await
}

fn told(peer: State, answer: LiveAnswer, now: Timestamp) -> LiveAsked {
    let is = if answer.is_cut() { LiveIs::CutOff } else { LiveIs::Answered };
    let (hits, as_of) = (answer.hits, answer.as_of.min(now));
    let count = answer.results.len();
    let vacancies: Vec<Vacancy> =
        answer.results.into_iter().filter_map(|detail| taken(peer, detail)).collect();
    let refused = u64::try_from(count.saturating_sub(vacancies.len())).unwrap_or(u64::MAX);
    // of what is not taken it is not known what it was
    let is = if refused > 0 { LiveIs::CutOff } else { is };
    LiveAsked { peer, is, vacancies, refused, hits, as_of: Some(as_of), took_ms: 0, code: None }
}

/// A record of an answer, if it is what it says: the same is asked of those of the streams.
fn taken(peer: State, detail: Detail) -> Option<Vacancy> {
    let DetailOutcome::Ok { content, hash, until: _ } = detail.outcome else { return None };
    let is_whole = sha256(content.get().as_bytes()) == hash;
    let vacancy = fit_vacancy(peer, &detail.reference, content.get()).filter(|_| is_whole)?;
    (vacancy.status == VacancyStatus::Open).then_some(vacancy)
}

/// What a failure says of a peer.
fn failed(error: &FlowError) -> (LiveIs, Option<String>) {
    let code = || error.verdict().code().map(str::to_owned);
    let FlowError::Labour(error) = error else { return (LiveIs::Unreachable, code()) };
    match error {
        LabourError::Answer(_) | LabourError::Reply { .. } => {
            (LiveIs::Unlawful, Some(AnswerFault::Unclear.code().to_owned()))
        }
        LabourError::Refused { told, status, .. } => {
            let why = if told.is_empty() { status.to_string() } else { told.clone() };
            (LiveIs::Refused, Some(why))
        }
        LabourError::Wire(error) => (of_wire(error), code()),
        LabourError::Off
        | LabourError::Vacancy(_)
        | LabourError::Consent(_)
        | LabourError::Withheld(_)
        | LabourError::NoConsent
        | LabourError::Reveal(_)
        | LabourError::Overtaken
        | LabourError::Unwritable
        | LabourError::Question(_)
        | LabourError::Hold(_)
        | LabourError::Stuck { .. }
        | LabourError::Raced => (LiveIs::Unreachable, code()),
    }
}

fn of_wire(error: &WireError) -> LiveIs {
    match error {
        WireError::Timeout { .. } | WireError::ReplyTimeout { .. } => LiveIs::Late,
        WireError::ReplyBroken { .. } => LiveIs::CutOff,
        WireError::ReplyTooLarge { .. } => LiveIs::Unlawful,
        WireError::UnknownPeer { .. } => LiveIs::NoRoad,
        WireError::Unreachable { .. }
        | WireError::Broker { .. }
        | WireError::NoQueue { .. }
        | WireError::Unconfirmed { .. }
        | WireError::Redirected { .. }
        | WireError::ThirdParty { .. }
        | WireError::Status { .. }
        | WireError::Folder { .. }
        | WireError::ReadFile { .. }
        | WireError::Identity { .. }
        | WireError::Client { .. }
        | WireError::Listen(_)
        | WireError::Handshake { .. }
        | WireError::HandshakeTimeout { .. }
        | WireError::PushedOut { .. }
        | WireError::NoSeat { .. } => LiveIs::Unreachable,
    }
}

/// How peers are asked at once.
#[derive(Debug)]
pub struct LivePlan {
    /// The term for all of them.
    pub term_ms: u64,
    /// How many records each is asked for.
    pub records: u32,
    /// How many questions go out at once; who comes to none of these turns sees what is here.
    turns: Semaphore,
}

impl LivePlan {
    /// With a term and a share.
    pub fn new(term_ms: u64, records: u32) -> Self {
        Self { term_ms, records, turns: Semaphore::new(TURNS) }
    }
}

impl Default for LivePlan {
    fn default() -> Self {
        Self::new(5_000, 50)
    }
}

const TURNS: usize = 8;
