//! `make soak`: thousands of conversations of every pattern, both ways, while the processes are killed over and over;
//! not one may be lost, and nothing may have its effect twice.

use crate::exchange::{iin, inquiry_between, record_of};
use crate::link::{Link, address_of};
use crate::nodes::TestDesk;
use crate::processes::{Process, handed_over, keep_local, stazh, two_nodes, with_replicas};
use stazh::base::{ConversationId, Random, SeededRandom, Verdict};
use stazh::exchange::canonical::{ResourceStatus, State};
use stazh::exchange::wire::NodeIdentity;
use stazh::flow::{Begin, Context, Opening, begin};
use stazh::node::{Node, Settings};
use stazh::store::{
    ConversationState, JournalBy, Role, conversation_counts, conversation_find, inbox_counts, journal_list,
    outbox_counts,
};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; make soak"]
async fn conversations_on_sqlite_survive_the_killing_of_both_nodes() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    soak("SQLite, a process a node", (&ru, &kz), &[ru.clone(), kz.clone()]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; make soak"]
async fn conversations_on_a_server_survive_the_killing_of_three_replicas_of_each_node() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    let with_all = |folder: &PathBuf| [vec![folder.clone()], with_replicas(folder, 2)].concat();
    let (russian, kazakh) = (with_all(&ru), with_all(&kz));
    for (from, to) in [(&russian, &kazakh), (&kazakh, &russian)] {
        let line = Link::shared(to.iter().map(|folder| address_of(folder)).collect()).await;
        from.iter().for_each(|folder| line.leads_from(folder));
    }
    soak("PostgreSQL, three replicas a node", (&ru, &kz), &[russian, kazakh].concat()).await;
}

/// What one conversation is: who begins it, by which transaction of the catalogue, and with what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Plan {
    number: u32,
    transaction: &'static str,
    is_from_ru: bool,
}

impl Plan {
    /// Of every eight, three ask for a record; all six patterns are among them, most of them both ways.
    fn of(number: u32) -> Self {
        let turn = number / 8 % 4;
        let (transaction, is_from_ru) = match number % 8 {
            0..3 => ("P.XP.01.TRN.001", true),
            3 => ("P.XP.02.TRN.003", true),
            4 => ("P.XP.02.TRN.003", false),
            5 => (MUTUAL, true),
            6 => (if turn < 2 { "P.XP.02.TRN.001" } else { "P.XP.02.TRN.002" }, matches!(turn, 0 | 2)),
            _ => ("P.XP.02.TRN.004", matches!(turn, 0 | 2)),
        };
        Self { number, transaction, is_from_ru }
    }

    fn is_inquiry(self) -> bool {
        self.transaction == "P.XP.01.TRN.001"
    }

    /// Whether a record of this number is handed over to the Russian side, to the Kazakh, or none is.
    fn hands_over_to_ru(self) -> Option<bool> {
        match self.transaction {
            "P.XP.01.TRN.001" => Some(self.is_from_ru),
            "P.XP.02.TRN.003" | MUTUAL => Some(!self.is_from_ru),
            _ => None,
        }
    }
}

/// One side: its flows, for composing and looking beside the running node.
struct Side {
    folder: PathBuf,
    state: &'static str,
    ctx: Context,
}

impl Side {
    async fn of(folder: &Path, state: &'static str) -> Self {
        let settings = Settings::read(&folder.join("node.toml")).unwrap();
        let files = &settings.wire;
        let identity = NodeIdentity::read(&files.certificate, &files.key, &files.authorities).unwrap();
        let ctx = Node::context(&settings, &identity, Arc::new(TestDesk::default())).await.unwrap();
        Self { folder: folder.to_owned(), state, ctx }
    }

    async fn compose(&self, plan: Plan) -> ConversationId {
        let to = if plan.is_from_ru { State::Kz } else { State::Ru };
        let inquiry = inquiry_between(self.state, to.as_code(), plan.number);
        let record = record_of(self.state, plan.number);
        let updated_at = (plan.transaction == "P.XP.02.TRN.004").then(|| jiff::Timestamp::UNIX_EPOCH.into());
        let status = ResourceStatus { updated_at, ..ResourceStatus::default() };
        let opening = match plan.transaction {
            "P.XP.01.TRN.001" => Opening::Inquiry(&inquiry),
            "P.XP.02.TRN.003" | MUTUAL => Opening::Record(&record),
            _ => Opening::Status(&status),
        };
        loop {
            let what = Begin { opening, to, transaction: plan.transaction, within: None, refers_to: None };
            match begin(what, &self.ctx).await {
                Ok(composed) => return composed.conversation_id,
                // the database is busy; a person would begin again, too
                Err(error) if matches!(error.verdict(), Verdict::Retry { .. }) => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                Err(error) => panic!("{plan:?}: {error:?}"),
            }
        }
    }

    async fn completed(&self) -> u32 {
        let mut tx = self.ctx.store.read().await.unwrap();
        let counts = conversation_counts(&mut tx).await.unwrap();
        u32::try_from(counts.get(&ConversationState::Completed).copied().unwrap_or_default()).unwrap()
    }

    async fn told(&self) -> String {
        let mut tx = self.ctx.store.read().await.unwrap();
        format!(
            "{}: conversations {:?}, outbox {:?}, inbox {:?}",
            self.state,
            conversation_counts(&mut tx).await.unwrap(),
            outbox_counts(&mut tx).await.unwrap(),
            inbox_counts(&mut tx).await.unwrap()
        )
    }

    /// How this side of a conversation stands, and how often its journal has an entry of each kind.
    async fn look(&self, id: ConversationId, role: Role) -> (Option<(ConversationState, String)>, Kinds) {
        let mut tx = self.ctx.store.read().await.unwrap();
        let found = conversation_find(&mut tx, id, role).await.unwrap();
        let mut kinds = Kinds::new();
        for row in journal_list(&mut tx, JournalBy::Conversation(id), 0, 1_000).await.unwrap() {
            *kinds.entry(row.entry.kind).or_default() += 1;
        }
        (found.map(|found| (found.state, found.step)), kinds)
    }
}

type Kinds = BTreeMap<String, u32>;

/// Kills and starts random ones until it is told to stop; tells how often.
async fn reap(folders: Vec<PathBuf>, stop: Arc<AtomicBool>) -> (u32, Vec<Process>) {
    let start = |folder: &PathBuf| {
        let folder = folder.clone();
        let start = move || {
            let mut serve = stazh();
            Process::start_with(serve.args(["--log", "error", "serve"]).stderr(Stdio::null()), &folder)
        };
        tokio::task::spawn_blocking(start)
    };
    let mut nodes = Vec::new();
    for folder in &folders {
        nodes.push(start(folder).await.unwrap());
    }
    let random = SeededRandom::new(20_261_124);
    let mut kills = 0;
    while !stop.load(Ordering::Relaxed) {
        tokio::time::sleep(Duration::from_millis(200 + u64::from(random.permille()))).await; // the random point
        let which = usize::try_from(random.permille()).unwrap() * nodes.len() / 1000;
        nodes[which].kill();
        nodes[which] = start(&folders[which]).await.unwrap();
        kills += 1;
    }
    (kills, nodes)
}

/// Composes as fast as conversations end, so that none waits longer than its terms.
async fn compose_all(
    sides: Arc<[Side; 2]>,
    count: u32,
    ended: Arc<AtomicU32>,
) -> Vec<(Plan, ConversationId)> {
    let mut composed = Vec::new();
    for number in 0..count {
        while number > ended.load(Ordering::Relaxed) + OPEN_MAX {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let plan = Plan::of(number);
        composed.push((plan, sides[usize::from(!plan.is_from_ru)].compose(plan).await));
    }
    composed
}

/// How many `make soak` asks for.
#[expect(clippy::disallowed_methods, reason = "no node is told by it; the one who runs the soak is asked")]
fn conversations() -> u32 {
    let count = std::env::var("SOAK_CONVERSATIONS").map_or(10_000, |text| text.parse().unwrap());
    assert!(count <= 10_000, "there are numbers for 10000 invented persons, not for {count}");
    count
}

#[expect(clippy::print_stdout, reason = "who waits for minutes is told how far it is")]
async fn soak(what: &str, (ru, kz): (&Path, &Path), folders: &[PathBuf]) {
    let count = conversations();
    keep_local(kz, (0..count).filter(|number| Plan::of(*number).is_inquiry()));
    let sides = Arc::new([Side::of(ru, "RU").await, Side::of(kz, "KZ").await]);
    let (stop, ended) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let begun = Instant::now();
    let reaping = tokio::spawn(reap(folders.to_vec(), stop.clone()));
    let composing = tokio::spawn(compose_all(sides.clone(), count, ended.clone()));
    // The initiator of mutual obligations waits five minutes more, for an objection; its respondent is complete.
    let mutual = (0..count).filter(|number| Plan::of(*number).transaction == MUTUAL).count();
    let goal = 2 * count - u32::try_from(mutual).unwrap();
    let records = (0..count).filter(|number| Plan::of(*number).hands_over_to_ru().is_some()).count();
    let goal = goal + u32::try_from(records).unwrap();
    let mut seen = (0, Instant::now(), Instant::now());
    loop {
        let done = done(&sides).await;
        let both = done.min(goal).saturating_mul(count) / goal; // about
        ended.store(both, Ordering::Relaxed);
        if done >= goal {
            break;
        }
        if done > seen.0 {
            (seen.0, seen.1) = (done, Instant::now());
        }
        let told = format!("{} / {}", sides[0].told().await, sides[1].told().await);
        assert!(seen.1.elapsed() < STALL_MAX, "nothing goes on at {done} of {goal}: {told}");
        if seen.2.elapsed() > TELL_EVERY {
            seen.2 = Instant::now();
            println!("{what}: {both} of {count} conversations after {} s", begun.elapsed().as_secs());
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let elapsed = begun.elapsed();
    let composed = composing.await.unwrap();
    stop.store(true, Ordering::Relaxed);
    let (kills, _nodes) = reaping.await.unwrap();
    let found = judge(&sides, &composed).await;
    println!(
        "{what}: {count} conversations in {:.0} s under {kills} kills: {} lost, {} doubled; {} records handed over, \
         {:.0} a second; {} messages came again and were known",
        elapsed.as_secs_f64(),
        found.lost.len(),
        found.doubled.len(),
        found.records,
        f64::from(found.records) / elapsed.as_secs_f64(),
        found.repeated,
    );
    assert_eq!((found.lost, found.doubled), (Vec::new(), Vec::new()));
    assert!(kills > count / 200, "only {kills} kills: the soak proves nothing");
}

/// How many sides of conversations are complete, and how many records are handed over.
async fn done(sides: &[Side; 2]) -> u32 {
    let mut done = 0;
    for side in sides {
        let files = std::fs::read_dir(side.folder.join("handed-over")).unwrap();
        let is_record = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "json");
        let records = files.map(|file| file.unwrap().path()).filter(is_record).count();
        done += side.completed().await + u32::try_from(records).unwrap();
    }
    done
}

/// What became of the conversations.
#[derive(Default)]
struct Judged {
    lost: Vec<String>,
    doubled: Vec<String>,
    records: u32,
    repeated: u32,
}

async fn judge(sides: &[Side; 2], composed: &[(Plan, ConversationId)]) -> Judged {
    let mut judged = Judged::default();
    let handed_over = sides.each_ref().map(|side| handed_over(&side.folder)); // none may be there twice
    judged.records = u32::try_from(handed_over[0].len() + handed_over[1].len()).unwrap();
    let mut awaited = [0, 0];
    for (plan, id) in composed {
        let (ours, theirs) = (&sides[usize::from(!plan.is_from_ru)], &sides[usize::from(plan.is_from_ru)]);
        let ((our_side, our_kinds), (their_side, their_kinds)) =
            (ours.look(*id, Role::Initiator).await, theirs.look(*id, Role::Respondent).await);
        let is_complete = |side: &Option<(ConversationState, String)>| {
            side.as_ref().is_some_and(|(state, _)| *state == ConversationState::Completed)
        };
        let is_objectable = our_side.as_ref().is_some_and(|(_, step)| step == "objectable");
        let is_ended = is_complete(&our_side) || plan.transaction == MUTUAL && is_objectable;
        if !is_ended || !is_complete(&their_side) {
            judged.lost.push(format!("{plan:?} {id}: {our_side:?} {their_side:?}"));
        }
        // Each document has its effect, and the journal's entry of it, once.
        let effects = ["answered", "taken", "answering"];
        for kinds in [&our_kinds, &their_kinds] {
            let times = effects.map(|kind| kinds.get(kind).copied().unwrap_or_default());
            if times.iter().any(|times| *times > 1) {
                judged.doubled.push(format!("{plan:?} {id}: {kinds:?}"));
            }
            judged.repeated += kinds.get("repeated").copied().unwrap_or_default();
        }
        if let Some(to_ru) = plan.hands_over_to_ru() {
            let side = usize::from(!to_ru);
            awaited[side] += 1;
            let amount = handed_over[side].get(&iin(plan.number));
            if amount != Some(&format!("{}.50", plan.number)) {
                judged.lost.push(format!("{plan:?} {id}: its record is {amount:?}"));
            }
        }
    }
    for (side, awaited) in awaited.into_iter().enumerate() {
        let there = handed_over[side].len();
        if there > awaited {
            judged.doubled.push(format!("{there} records are with {}, not {awaited}", sides[side].state));
        }
    }
    judged
}

const MUTUAL: &str = "P.XP.02.TRN.005";
/// How many conversations are open at once.
const OPEN_MAX: u32 = 300;
/// Longer than any term: what a term repairs has gone on by then.
const STALL_MAX: Duration = Duration::from_secs(660);
const TELL_EVERY: Duration = Duration::from_secs(5);
