//! `stazh synth`: local files of invented persons, for a first try and for load.

use super::progress::Progress;
use super::{Exit, Misused, show};
use crate::base::SeededRandom;
use crate::exchange::adapter::{ProfileBook, Synthetic};
use crate::exchange::canonical::State;
use anyhow::{Context, Result};
use std::path::PathBuf;

/// Make local files of invented persons in every form of a state.
///
///   stazh synth by/local --state BY --persons 1000
///
/// Nobody is real; numbers of persons are sound by the rules of their state. The
/// same seed makes the same files.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Synth {
    /// The folder to write into; files of the same names are replaced.
    folder: PathBuf,
    /// Whose forms: AM, BY, KG, KZ or RU.
    #[arg(long)]
    state: String,
    /// Of how many persons.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    persons: u32,
    /// From what everything follows.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A folder of profiles of one's own; one replaces the built-in of its name.
    #[arg(long, value_name = "FOLDER")]
    profiles: Option<PathBuf>,
}

impl Synth {
    pub(super) fn run(self) -> Result<Exit> {
        let state: State =
            self.state.parse().map_err(|finding| Misused(format!("read --state: {finding}")))?;
        let profiles = ProfileBook::new(state, self.profiles.clone()).current()?;
        std::fs::create_dir_all(&self.folder).with_context(|| format!("make {}", self.folder.display()))?;
        let mut progress = Progress::of("persons", u64::from(self.persons));
        let mut made = |done| progress.reach(u64::from(done));
        let files = Synthetic::files(&profiles, self.persons, &SeededRandom::new(self.seed), &mut made)?;
        drop(progress);
        for (profile, (name, bytes, lost)) in profiles.iter().zip(files) {
            let path = self.folder.join(name);
            std::fs::write(&path, &bytes).with_context(|| format!("write {}", path.display()))?;
            show::line(&format!("{}: {} bytes, by {profile}", path.display(), bytes.len()));
            if let Some(first) = lost.first() {
                show::aside(&format!("{} values the form cannot say, such as: {first}", lost.len()));
            }
        }
        Ok(Exit::Done)
    }
}
