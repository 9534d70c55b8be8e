//! `stazh demo --states`: each state seals by its own algorithm, and each other one verifies it through its third party.

use super::init::{self, NodePlan};
use super::pair::{completed, free_address, journal, kill, send, start, start_third_party};
use super::progress::Progress;
use super::{Exit, Misused, show};
use crate::base::{Clock, SystemClock};
use crate::exchange::canonical::State;
use crate::exchange::seal::{KeyKind, ThrowAwayAuthority};
use anyhow::{Context, Result, bail};
use comfy_table::presets;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The states of a demonstration, at least two.
pub(super) fn read(words: &[String]) -> Result<Vec<State>> {
    let mut states: Vec<State> = Vec::new();
    for word in words {
        let state = word.trim().to_uppercase().parse();
        let state = state.map_err(|finding| Misused(format!("read --states {word}: {finding}")))?;
        if states.contains(&state) {
            return Err(Misused(format!("read --states: {state} stands twice")).into());
        }
        states.push(state);
    }
    if states.len() < 2 {
        return Err(Misused("read --states: name two or more of AM, BY, KG, KZ, RU".to_owned()).into());
    }
    Ok(states)
}

/// Plays it; what came of it.
pub(super) async fn play(root: &Path, states: &[State], is_silent: bool) -> Result<Matrix> {
    let begun_at = SystemClock.now();
    let mut matrix = Matrix { states: states.to_vec(), ..Matrix::default() };
    let say = |text: &str| {
        if !is_silent {
            show::line(text);
        }
    };
    for state in states {
        let kind = seal_of(*state);
        if kind != wanted(*state) {
            say(&format!(
                "{state} would seal by {}, but the GOST engine is not loaded; set OPENSSL_CONF to deploy/openssl-gost.cnf",
                name_of(wanted(*state))
            ));
        }
        matrix.seals.insert(*state, name_of(kind));
    }
    make(root, states)?;
    say(&format!(
        "{} nodes and {} third parties start, each with keys of its own",
        states.len(),
        states.len()
    ));
    let mut running = Vec::new();
    for state in states {
        running.push(start_third_party(&party(root, *state)).await?);
        running.push(start(&node(root, *state)).await?);
    }
    say("each state asks each other for a worker's record; no node knows the others' authorities");
    for asking in states {
        let inquiries = inquiries(root, *asking, states)?;
        send(&node(root, *asking), &inquiries).await?;
    }
    let pairs = states.len() * (states.len() - 1);
    let mut progress = Progress::of("answers", u64::try_from(pairs).unwrap_or_default());
    for look in 0.. {
        let mut ended = 0;
        for state in states {
            ended += completed(&node(root, *state)).await?;
        }
        let ended = usize::try_from(ended).unwrap_or_default() / 2; // each conversation has two sides
        progress.reach(u64::try_from(ended).unwrap_or_default());
        matrix.conversations = pairs;
        matrix.completed = ended;
        if ended >= pairs {
            break;
        }
        if look > LOOKS_MAX {
            bail!("see {pairs} answers within {} seconds; {ended} came", LOOKS_MAX / 5);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    drop(progress);
    for judge in states {
        for row in journal(&node(root, *judge), 0).await? {
            let entry = row.entry;
            let sealer = entry.peer.as_deref().and_then(|peer| peer.parse::<State>().ok());
            let Some(sealer) = sealer.filter(|_| entry.kind == "from_third_party") else { continue };
            let cell = matrix.cells.entry((sealer, *judge)).or_default();
            if entry.detail.starts_with("confirmed") { cell.confirmed += 1 } else { cell.refused += 1 }
        }
    }
    for process in running {
        kill(process).await?;
    }
    matrix.elapsed_ms = SystemClock.now().as_millisecond() - begun_at.as_millisecond();
    Ok(matrix)
}

/// Who sealed, who judged, and what came of it.
#[derive(Default)]
pub(super) struct Matrix {
    states: Vec<State>,
    seals: BTreeMap<State, &'static str>,
    cells: BTreeMap<(State, State), Cell>,
    conversations: usize,
    completed: usize,
    elapsed_ms: i64,
}

#[derive(Default)]
struct Cell {
    confirmed: u32,
    refused: u32,
}

impl Matrix {
    /// Whether every state confirmed the inquiry and the answer of every other.
    pub(super) fn exit(&self) -> Exit {
        let pairs = self.states.len() * (self.states.len() - 1);
        let is_whole = self.cells.len() == pairs
            && self.cells.values().all(|cell| cell.refused == 0 && cell.confirmed == DOCUMENTS);
        if is_whole { Exit::Done } else { Exit::Refused }
    }

    pub(super) fn as_json(&self) -> serde_json::Value {
        let seals: serde_json::Map<_, _> =
            self.seals.iter().map(|(state, name)| (state.to_string(), (*name).into())).collect();
        let cells: Vec<_> = self
            .cells
            .iter()
            .map(|((sealer, judge), cell)| {
                serde_json::json!({
                    "sealed_by": sealer, "judged_by": judge,
                    "confirmed": cell.confirmed, "refused": cell.refused,
                })
            })
            .collect();
        serde_json::json!({
            "seals": seals,
            "conversations": self.conversations,
            "completed": self.completed,
            "judged": cells,
            "elapsed_ms": self.elapsed_ms,
        })
    }

    pub(super) fn as_text(&self) -> String {
        let mut table = show::table(presets::UTF8_FULL_CONDENSED);
        let judges = self.states.iter().map(|state| format!("judged by {state}"));
        table.set_header(["sealed by".to_owned(), "algorithm".to_owned()].into_iter().chain(judges));
        for sealer in &self.states {
            let seal = self.seals.get(sealer).copied().unwrap_or_default().to_owned();
            let cells = self.states.iter().map(|judge| match self.cells.get(&(*sealer, *judge)) {
                None if sealer == judge => String::new(),
                None => "not judged".to_owned(),
                Some(Cell { confirmed, refused: 0 }) => format!("{confirmed} confirmed"),
                Some(Cell { confirmed, refused }) => format!("{confirmed} confirmed, {refused} NOT"),
            });
            table.add_row([sealer.to_string(), seal].into_iter().chain(cells));
        }
        format!(
            "{table}\n\n{} conversations, {} completed, in {}.{} s",
            self.conversations,
            self.completed,
            self.elapsed_ms / 1000,
            self.elapsed_ms % 1000 / 100
        )
    }
}

fn make(root: &Path, states: &[State]) -> Result<()> {
    let mut addresses = BTreeMap::new();
    for state in states {
        addresses.insert(*state, (free_address()?, free_address()?));
    }
    let own = SocketAddr::from(([127, 0, 0, 1], 0));
    for (state, (listen, party_listen)) in &addresses {
        let peers = addresses.iter().filter(|(peer, _)| *peer != state);
        let peers = peers.map(|(peer, (at, _))| (*peer, format!("https://{at}/"))).collect();
        let kind = seal_of(*state);
        let plan = |listen, peers| NodePlan {
            state: *state,
            listen,
            health: own,
            peers,
            kind,
            has_third_party: true,
            rehearsal_days: 0,
        };
        init::make(&node(root, *state), &plan(*listen, peers))?;
        init::make_third_party(&party(root, *state), &plan(*party_listen, Vec::new()))?;
    }
    for state in states {
        // a third party knows its own state's authorities, and the third parties of the others
        init::trust(&party(root, *state), &node(root, *state))?;
        init::trust(&node(root, *state), &party(root, *state))?;
        for other in states.iter().filter(|other| *other != state) {
            init::trust(&party(root, *state), &party(root, *other))?;
            init::trust(&node(root, *state), &node(root, *other))?;
        }
    }
    Ok(())
}

/// An inquiry to each other state.
fn inquiries(root: &Path, asking: State, states: &[State]) -> Result<Vec<PathBuf>> {
    let mut inquiry: serde_json::Value = serde_json::from_str(INQUIRY).context("read the example inquiry")?;
    let mut paths = Vec::new();
    for asked in states.iter().filter(|asked| **asked != asking) {
        if let Some(fields) = inquiry.as_object_mut() {
            fields.insert("asking".to_owned(), asking.as_code().into());
            fields.insert("asked".to_owned(), asked.as_code().into());
        }
        let path = root.join(format!("inquiry-{asking}-{asked}.json"));
        std::fs::write(&path, inquiry.to_string()).with_context(|| format!("write {}", path.display()))?;
        paths.push(path);
    }
    Ok(paths)
}

/// By which algorithm a state seals here. Those of Belarus and Russia are the ones their services use; of the others none
/// is known, and they take what OpenSSL has.
fn wanted(state: State) -> KeyKind {
    match state {
        State::By => KeyKind::Bign,
        State::Ru => KeyKind::Gost256,
        State::Kz => KeyKind::P384,
        State::Kg => KeyKind::Rsa2048,
        State::Am => KeyKind::P256,
    }
}

/// The same, or another where the GOST engine is not loaded.
fn seal_of(state: State) -> KeyKind {
    let kind = wanted(state);
    let made = ThrowAwayAuthority::of_kind(kind, "look", state.as_code(), SystemClock.now());
    if made.is_ok() { kind } else { KeyKind::P256 }
}

fn name_of(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Rsa2048 => "RSA-2048",
        KeyKind::P256 => "ECDSA P-256",
        KeyKind::P384 => "ECDSA P-384",
        KeyKind::Gost256 => "GOST R 34.10-2012 256",
        KeyKind::Gost512 => "GOST R 34.10-2012 512",
        KeyKind::Bign => "bign with belt-hash",
    }
}

fn node(root: &Path, state: State) -> PathBuf {
    root.join(state.as_code().to_lowercase())
}

fn party(root: &Path, state: State) -> PathBuf {
    root.join(format!("ttp-{}", state.as_code().to_lowercase()))
}

const INQUIRY: &str = include_str!("../../fixtures/demo/inquiry-1.json");
/// Of each pair: the inquiry of one, and its answer to the other's.
const DOCUMENTS: u32 = 2;
const LOOK_EVERY: Duration = Duration::from_millis(200);
const LOOKS_MAX: u32 = 600;
