//! `stazh demo`: the main job, watched from the inside.

mod exchange;
mod labour;
mod labour_facts;
mod pension;
mod people;
mod stage;

use super::pair::kill;
use super::{Exit, show, states};
use crate::base::{Clock, SystemClock};
use crate::exchange::canonical::State;
use crate::exchange::rules::Catalogue;
use anyhow::{Context, Result};
use exchange::Exchange;
use jiff::Timestamp;
use labour::Search;
use pension::Story;
use stage::Stage;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use tokio::process::Child;

/// Watch national nodes exchange insurance records and decide on a pension.
///
/// A Russian and a Kazakh node start on this machine with throw-away keys.
/// Russia asks for the records of four workers; the Kazakh node is killed on
/// the way and started again; every answer arrives exactly once.
///
/// Then three nodes rehearse the year 2028: Azamat, a citizen of Kyrgyzstan who
/// worked there, in Kazakhstan and in Russia, claims his pension in Russia. And
/// the autumn before: Bakyt, a welder in Bishkek, finds work in Kazakhstan by
/// consent, and takes the consent back. The persons are invented.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Demo {
    /// Instead, let these states ask each other, each with a seal and a third
    /// party of its own: AM, BY, KG, KZ, RU, with commas between them.
    #[arg(long, value_delimiter = ',', conflicts_with_all = ["keep", "once"])]
    states: Vec<String>,
    /// Leave the nodes of both stories up until Ctrl-C, Moscow's and Bishkek's with their consoles for a browser. In a terminal
    /// they stay up anyway.
    #[arg(long)]
    keep: bool,
    /// In a terminal, too, end when the story is told.
    #[arg(long, conflicts_with = "keep")]
    once: bool,
    /// Print one summary object instead of the stages.
    #[arg(long)]
    json: bool,
    /// Where to make the nodes' folders; a folder that is removed at the end if absent.
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

impl Demo {
    pub(super) fn run(self) -> Result<Exit> {
        let states = match self.states.is_empty() {
            true => None,
            false => Some(states::read(&self.states)?),
        };
        let chosen = self.folder.clone();
        let root = match &chosen {
            Some(folder) => folder.clone(),
            None => std::env::temp_dir().join(format!("stazh-demo-{}", std::process::id())),
        };
        std::fs::create_dir_all(&root).with_context(|| format!("make {}", root.display()))?;
        let outcome = super::local::block_on(self.play(&root, states));
        if chosen.is_none() {
            let _ = std::fs::remove_dir_all(&root); // a leftover folder harms nobody
        }
        outcome
    }

    /// Whether the nodes stay up for somebody who looks at them.
    fn stays(&self) -> bool {
        let is_watched = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
        self.keep || (is_watched && !self.once && !self.json)
    }

    async fn play(&self, root: &Path, states: Option<Vec<State>>) -> Result<Exit> {
        if let Some(states) = states {
            let matrix = states::play(root, &states, self.json).await?;
            if self.json {
                show::json(&matrix.as_json());
            } else {
                show::line(&matrix.as_text());
            }
            return Ok(matrix.exit());
        }
        let narrator = Narrator { begun_at: SystemClock.now(), is_silent: self.json };
        let catalogue = Catalogue::built_in()?;
        let (narrator, catalogue) = (&narrator, &catalogue);
        let exchange = Exchange { root: root.to_owned(), narrator, catalogue }.play().await?;
        narrator.show(&exchange.as_text());
        let stage = |name| Stage { root: root.join(name), narrator };
        let story = Story { stage: stage("pension") };
        let (pension, nodes) = story.play().await?;
        narrator.show(&pension.as_text());
        let nodes = if self.stays() { nodes } else { end(nodes).await? };
        let search = Search { stage: stage("labour") };
        let (labour, seekers) = search.play().await?;
        narrator.show(&labour.as_text());
        let seekers = if self.stays() { seekers } else { end(seekers).await? };
        if self.json {
            let mut told = exchange.as_json();
            if let Some(object) = told.as_object_mut() {
                object.insert("pension".to_owned(), pension.as_json());
                object.insert("labour".to_owned(), labour.as_json());
            }
            show::json(&told);
        }
        if self.stays() {
            search.show_console().await?;
            story.stay().await?;
        }
        end(seekers).await?;
        end(nodes).await?;
        let is_whole = exchange.is_whole() && pension.is_whole() && labour.is_whole();
        Ok(if is_whole { Exit::Done } else { Exit::Refused })
    }
}

/// Ends nodes; none are left.
async fn end(nodes: Vec<Child>) -> Result<Vec<Child>> {
    for node in nodes {
        kill(node).await?;
    }
    Ok(Vec::new())
}

/// Who tells what is seen, with the time since the beginning.
struct Narrator {
    begun_at: Timestamp,
    is_silent: bool,
}

impl Narrator {
    fn say(&self, text: &str) {
        self.show("");
        self.tell(SystemClock.now(), text);
    }

    fn tell(&self, at: Timestamp, text: &str) {
        let since = at.as_millisecond() - self.begun_at.as_millisecond();
        self.show(&format!("{:>4}.{:03}s  {text}", since / 1000, since.rem_euclid(1000)));
    }

    fn show(&self, text: &str) {
        if !self.is_silent {
            show::line(text);
        }
    }
}
