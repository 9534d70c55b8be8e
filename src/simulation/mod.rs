//! The whole exchange on one thread, driven by one seed: real flows and databases, a clock that jumps, a wire that drops,
//! repeats, delays, truncates and partitions, databases that die between any two statements.
//!
//! A run ends with peace: the wire heals, nobody dies any more, and time passes until nothing is left to do. Then it
//! is judged: nothing lost, nothing handed over twice, every conversation at exactly one end that both sides agree on
//! or that a person was asked about. Whatever a seed finds, the same seed finds again.

mod judge;
mod node;
mod wire;

use self::node::{SimNode, Trouble};
use self::wire::SimWire;
use crate::base::{Clock, ConversationId, FixedClock, Random, SeededRandom};
use crate::exchange::canonical::{ResourceStatus, State};
use crate::exchange::rules::{Rules, RulesError};
use crate::flow::{Begin, FlowError, Opening, Room, begin, claim, claim_inbox, deliver, settle, watch_terms};
use crate::store::{JournalBy, StoreError, journal_list, ledger_forget};
use jiff::Timestamp;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Everything that is left to chance follows from it.
    pub seed: u64,
    /// How many records are asked for.
    pub conversations: u32,
    /// How many things happen before peace.
    pub steps: u32,
    /// Where the databases are.
    pub folder: PathBuf,
    /// A defect made on purpose: no node remembers what it has seen.
    pub without_ledger: bool,
}

/// What came of a run.
#[derive(Debug)]
pub struct Report {
    /// What happened, in order, for a person.
    pub trace: Vec<String>,
    /// How often a node died.
    pub deaths: u32,
    /// How often the wire did something to a message.
    pub mishaps: u32,
    /// How many conversations came to their good end.
    pub completed: u32,
    /// What was promised and not kept; nothing, if all is well.
    pub broken: Vec<String>,
}

/// A run that could not be made; it says nothing about the promises.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    /// A folder or key of the run.
    #[error("set the stage in {}", path.display())]
    Stage {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A key or certificate.
    #[error("make the keys")]
    Seal(#[from] crate::exchange::seal::SealError),
    /// The rules or processes built into the program.
    #[error("read the rules")]
    Rules(#[from] RulesError),
    /// The processes built into the program.
    #[error("read the processes")]
    Catalogue(#[from] crate::exchange::rules::CatalogueError),
    /// A database, in peace.
    #[error("look into a database")]
    Store(#[from] StoreError),
    /// A flow, in peace.
    #[error("go on in peace")]
    Flow(#[from] FlowError),
    /// An invented person that cannot be.
    #[error("invent a person")]
    Person(#[from] serde_json::Error),
}

/// One transaction that was begun; each is about a person of its own.
struct Asked {
    what: What,
    number: u32,
    from: State,
    to: State,
    id: ConversationId,
}

/// Which transaction: one of each pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    /// Request/response: an inquiry, answered by a record or a notice.
    Inquiry,
    /// Question/answer: as of when the records are.
    Question,
    /// Request/confirmation: the same, confirmed.
    Confirmed,
    /// Notification: a record that was changed.
    Changed,
    /// Distribution: word of an update.
    Word,
    /// Mutual obligations: a record that both sides enter or none.
    Transfer,
}

impl What {
    fn code(self) -> &'static str {
        match self {
            Self::Inquiry => "P.XP.01.TRN.001",
            Self::Question => "P.XP.02.TRN.001",
            Self::Confirmed => "P.XP.02.TRN.002",
            Self::Changed => "P.XP.02.TRN.003",
            Self::Word => "P.XP.02.TRN.004",
            Self::Transfer => "P.XP.02.TRN.005",
        }
    }
}

/// A run under way.
struct Run {
    plan: Plan,
    random: SeededRandom,
    clock: Arc<FixedClock>,
    wire: Arc<SimWire>,
    nodes: Vec<SimNode>,
    asked: Vec<Asked>,
    /// How many persons were asked about, those included whose inquiry may or may not have been stored.
    persons: u32,
    trace: Vec<String>,
    deaths: u32,
}

/// Makes one run; `rules` may be shared by many.
///
/// # Errors
/// The run could not be made.
pub async fn simulate(plan: Plan, rules: Rules) -> Result<Report, SimulationError> {
    let begun_at: Timestamp = Timestamp::from_second(BEGUN_AT).unwrap_or(Timestamp::UNIX_EPOCH);
    let clock = Arc::new(FixedClock::at(begun_at));
    let wire = Arc::new(SimWire::new(plan.seed));
    let nodes = node::make(&plan.folder, plan.seed, &clock, &wire, &rules).await?;
    let random = SeededRandom::new(plan.seed);
    let mut run =
        Run { plan, random, clock, wire, nodes, asked: Vec::new(), persons: 0, trace: Vec::new(), deaths: 0 };
    run.trouble();
    for _ in 0..run.plan.steps {
        run.step().await?;
    }
    while run.persons < run.plan.conversations {
        run.ask().await?;
    }
    run.peace().await?;
    let broken = judge::judge(&run).await?;
    run.tell_troubles().await?;
    let completed = judge::completed(&run).await?;
    let mishaps = run.wire.mishaps();
    for node in &run.nodes {
        node.close().await;
    }
    Ok(Report { trace: run.trace, deaths: run.deaths, mishaps, completed, broken })
}

/// The rules that runs share.
///
/// # Errors
/// Never for the files of this repository.
pub fn rules() -> Result<Rules, SimulationError> {
    Ok(Rules::built_in(crate::base::Limits::default())?)
}

impl Run {
    /// A number below `end`.
    fn chance(&self, end: u32) -> u32 {
        u32::try_from(self.random.uuid().as_u128() >> 64 & 0xffff_ffff).unwrap_or(0) % end.max(1)
    }

    fn note(&mut self, text: String) {
        let since = self.clock.now().as_millisecond() - BEGUN_AT * 1_000;
        self.trace.push(format!("{:>9}.{:03}s  {text}", since / 1_000, since % 1_000));
    }

    fn any_node(&self) -> usize {
        usize::try_from(self.chance(u32::try_from(self.nodes.len()).unwrap_or(1))).unwrap_or(0)
    }

    /// In half of all runs something is wrong with one node, for good.
    fn trouble(&mut self) {
        let trouble = match self.chance(6) {
            0 => Trouble::Mute,
            1 => Trouble::Hung,
            2 => Trouble::Forgetful,
            _ => return,
        };
        let at = self.any_node();
        let state = self.state_of(at);
        if let Some(node) = self.nodes.get_mut(at) {
            node.get_into(trouble);
            self.note(format!("{state} is {trouble:?} for as long as this lasts"));
        }
    }

    async fn forget(&self) {
        for node in &self.nodes {
            let forgets = self.plan.without_ledger || node.trouble() == Some(Trouble::Forgetful);
            if forgets && let Ok(mut tx) = node.flows().store.begin().await {
                let _ = ledger_forget(&mut tx).await; // a dying database forgets by itself
                let _ = tx.commit().await; // as above
            }
        }
    }

    /// One thing happens.
    async fn step(&mut self) -> Result<(), SimulationError> {
        let at = self.any_node();
        match self.chance(100) {
            0..15 => self.ask().await?,
            15..45 => self.deliver_from(at, 1 + self.chance(3)).await,
            45..75 => self.settle_at(at, 1 + self.chance(3)).await,
            75..80 => self.watch(at).await,
            80..90 => {
                let ms = [1, 40, 300, 1_000, 20_000, 130_000, 400_000];
                let which = usize::try_from(self.chance(7)).unwrap_or(0);
                self.clock.advance_ms(ms.get(which).copied().unwrap_or(1));
            }
            90..94 => {
                let told = self.wire.late().await;
                self.trace_wire(told);
            }
            94..96 => {
                let other = self.any_node();
                let (a, b) = (self.state_of(at), self.state_of(other));
                let is_cut = self.wire.cut_or_join(a, b);
                self.note(format!("{a} and {b} are {}", if is_cut { "cut off" } else { "joined again" }));
            }
            _ => {
                let statements = self.chance(12);
                if let Some(node) = self.nodes.get(at) {
                    node.fate().die_after(statements);
                }
                let state = self.state_of(at);
                self.note(format!("{state} will die after {statements} statements"));
            }
        }
        self.forget().await;
        self.bury_and_raise().await
    }

    fn state_of(&self, at: usize) -> State {
        self.nodes.get(at).map_or(State::Ru, SimNode::state)
    }

    async fn ask(&mut self) -> Result<(), SimulationError> {
        let number = self.persons;
        if number >= self.plan.conversations {
            return Ok(());
        }
        self.persons += 1;
        let from = self.any_node();
        let (from, to) = (self.state_of(from), self.state_of((from + 1) % self.nodes.len().max(1)));
        let what = match self.chance(10) {
            0..4 => What::Inquiry,
            4 => What::Question,
            5 => What::Confirmed,
            6 => What::Changed,
            7 => What::Word,
            _ => What::Transfer,
        };
        self.send(what, from, to, number).await
    }

    async fn send(&mut self, what: What, from: State, to: State, number: u32) -> Result<(), SimulationError> {
        let Some(node) = self.nodes.iter().find(|node| node.state() == from) else { return Ok(()) };
        let (inquiry, record) = (node::inquiry(from, to, number)?, node::own_record(from, number)?);
        let status = ResourceStatus::default();
        let opening = match what {
            What::Inquiry => Opening::Inquiry(&inquiry),
            What::Changed | What::Transfer => Opening::Record(&record),
            What::Question | What::Confirmed | What::Word => Opening::Status(&status),
        };
        match begin(
            Begin { opening, to, transaction: what.code(), within: None, refers_to: None },
            node.flows(),
        )
        .await
        {
            Ok(composed) => {
                self.asked.push(Asked { what, number, from, to, id: composed.conversation_id });
                let id = composed.conversation_id;
                self.note(format!("{from} begins {what:?} with {to} about person {number}: {id}"));
            }
            Err(error) => self.note(format!("{from} cannot begin: {}", crate::base::with_causes(&error))),
        }
        Ok(())
    }

    async fn deliver_from(&mut self, at: usize, limit: u32) {
        let Some(node) = self.nodes.get(at) else { return };
        let (ctx, state) = (node.flows().clone(), node.state());
        for peer in ctx.peers.names() {
            let Ok(rows) = claim(&peer, Room::For(limit), &ctx).await else { continue };
            for (row, message_id) in rows {
                self.wire.speak_as(state);
                let outcome = deliver(&row, message_id, &ctx).await;
                let told = self.wire.told();
                self.trace_wire(told);
                if let Err(error) = outcome {
                    self.note(format!(
                        "{state} cannot record {}: {}",
                        row.id,
                        crate::base::with_causes(&error)
                    ));
                }
            }
        }
    }

    async fn settle_at(&mut self, at: usize, limit: u32) {
        let Some(node) = self.nodes.get(at).filter(|node| node.trouble() != Some(Trouble::Mute)) else {
            return;
        };
        let (ctx, state) = (node.flows().clone(), node.state());
        let Ok(rows) = claim_inbox(limit, &[], &ctx).await else { return };
        for row in rows {
            let (id, action) = (row.id, row.action.rsplit('/').next().unwrap_or_default().to_owned());
            match settle(row, &ctx).await {
                Ok(()) => self.note(format!("{state} settles {id} {action}")),
                Err(error) => {
                    self.note(format!("{state} cannot settle {id}: {}", crate::base::with_causes(&error)));
                }
            }
        }
    }

    async fn watch(&mut self, at: usize) {
        let Some(node) = self.nodes.get(at) else { return };
        let _ = watch_terms(node.flows()).await; // a dead database is buried below
    }

    fn trace_wire(&mut self, told: Vec<String>) {
        for text in told {
            self.note(text);
        }
    }

    /// What the nodes journalled with a code: why something was refused, and what a person was asked.
    async fn tell_troubles(&mut self) -> Result<(), SimulationError> {
        let mut told = Vec::new();
        for node in &self.nodes {
            let mut tx = node.flows().store.read().await?;
            for row in journal_list(&mut tx, JournalBy::All, 0, JOURNAL_ROWS).await? {
                let entry = row.entry;
                if let Some(code) = entry.code.filter(|code| !MUTED.contains(&code.as_str())) {
                    told.push(format!(
                        "{} journalled {} [{code}] {}",
                        node.state(),
                        entry.kind,
                        entry.detail
                    ));
                }
            }
        }
        self.trace_wire(told);
        Ok(())
    }

    /// A node whose database has died is started again on the same file.
    async fn bury_and_raise(&mut self) -> Result<(), SimulationError> {
        for at in 0..self.nodes.len() {
            let Some(node) = self.nodes.get_mut(at) else { continue };
            if node.fate().is_dead() {
                node.restart().await?;
                let state = node.state();
                self.deaths += 1;
                self.note(format!("{state} has died and is started again"));
            }
        }
        Ok(())
    }

    /// The wire heals, nobody dies, time passes until nothing is left to do.
    async fn peace(&mut self) -> Result<(), SimulationError> {
        self.note("peace".to_owned());
        for node in &mut self.nodes {
            node.restart().await?;
        }
        self.wire.heal();
        for _ in 0..PEACE_ROUNDS {
            let told = self.wire.late().await;
            self.trace_wire(told);
            for at in 0..self.nodes.len() {
                self.deliver_from(at, 100).await;
                self.settle_at(at, 100).await;
                self.watch(at).await;
                self.forget().await;
            }
            self.clock.advance_ms(PEACE_MS);
            if judge::is_quiet(self).await? {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// Where a database of a run is.
fn database(folder: &Path, state: State) -> PathBuf {
    folder.join(format!("{state}.db"))
}

/// 1 November 2026: an instant as good as any.
const BEGUN_AT: i64 = 1_793_491_200;
/// Longer than all terms of a conversation with all its repeats.
const PEACE_ROUNDS: u32 = 400;
const PEACE_MS: i64 = 15_000;
const JOURNAL_ROWS: u32 = 10_000;
/// What the wire has told already, and with numbers that follow from no seed.
const MUTED: [&str; 2] = ["wire.unreachable", "wire.body_broken"];
