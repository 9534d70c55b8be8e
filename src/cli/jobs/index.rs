//! `stazh jobs index`: the index out of files of vacancies.

use super::local_index::is_node;
use super::{Exit, local_index, show, tables, unusable};
use crate::base::from_json;
use crate::cli::exit::Misused;
use crate::cli::progress::Progress;
use crate::exchange::canonical::job::Vacancy;
use crate::labour::matching::{Tables, Weights};
use crate::store::job_index::JobIndex;
use anyhow::{Context, Result};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

/// Put vacancies into the index of a folder: what it has under a reference is replaced,
/// what is closed is taken out. One vacancy on a line, as JSON (UTF-8). A line that
/// cannot be used is told by its place and left out; contacts are never kept.
///
/// Of a node alone, the index in its data folder is made anew: what it published itself,
/// and what it has of its peers.
///
///   stazh jobs index ru.jsonl kz.jsonl jobs
///   stazh jobs index kg
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(in crate::cli) struct IndexCommand {
    /// Files of vacancies, and last the folder of the index; or a node's folder, or its settings file.
    #[arg(required = true, num_args = 1.., value_name = "FILE… DIR")]
    paths: Vec<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// What came of it.
pub(in crate::cli) struct Indexed {
    /// How many lines were put in or taken out.
    pub(in crate::cli) taken: u64,
    /// How many could not be used.
    pub(in crate::cli) refused: u64,
}

impl IndexCommand {
    pub(super) fn run(self) -> Result<Exit> {
        let Some((folder, files)) = self.paths.split_last() else { return Ok(Exit::Usage) };
        if files.is_empty() && is_node(folder) {
            return local_index::make(folder, self.json);
        }
        if files.is_empty() {
            let why = format!("{} is no node; name files of vacancies before the folder", folder.display());
            return Err(Misused(why).into());
        }
        let index = JobIndex::open(folder)?;
        let Indexed { taken, refused } = index_files(&index, files, tables())?;
        if self.json {
            let told = serde_json::json!({ "taken": taken, "refused": refused, "vacancies": index.count() });
            show::json(&told);
        } else {
            let folder = folder.display();
            show::line(&format!(
                "{taken} taken, {refused} refused; {folder} holds {} vacancies",
                index.count()
            ));
        }
        Ok(if refused == 0 { Exit::Done } else { Exit::Refused })
    }
}

/// Puts the vacancies of files into an index.
pub(in crate::cli) fn index_files(
    index: &JobIndex,
    files: &[PathBuf],
    tables: &dyn Tables,
) -> Result<Indexed> {
    let weights = Weights::built_in().map_err(unusable)?;
    let mut writer = index.writer(weights, tables)?;
    let mut indexed = Indexed { taken: 0, refused: 0 };
    let sizes =
        files.iter().map(|file| std::fs::metadata(file).with_context(|| format!("read {}", file.display())));
    let total: u64 = sizes.map(|size| size.map(|size| size.len())).sum::<Result<u64>>()?;
    let mut progress = Progress::of("bytes of vacancies", total);
    let mut read = 0;
    for file in files {
        let input = File::open(file).with_context(|| format!("read {}", file.display()))?;
        let mut input = BufReader::with_capacity(BUFFER_BYTES, input);
        let mut line = Vec::new();
        for number in 1_u64.. {
            line.clear();
            let bytes =
                input.read_until(b'\n', &mut line).with_context(|| format!("read {}", file.display()))?;
            if bytes == 0 {
                break;
            }
            read += u64::try_from(bytes)?;
            progress.reach(read);
            if line.trim_ascii().is_empty() {
                continue;
            }
            match from_json::<Vacancy>(&line) {
                Ok(vacancy) => {
                    writer.put(&vacancy)?;
                    indexed.taken += 1;
                }
                Err(fault) => {
                    indexed.refused += 1;
                    refuse(file, number, indexed.refused, &fault.to_string());
                }
            }
        }
    }
    writer.commit()?;
    Ok(indexed)
}

fn refuse(file: &Path, number: u64, refused: u64, why: &str) {
    match refused {
        ..TOLD_MAX => show::aside(&format!("{}:{number}: not a vacancy: {why}", file.display())),
        TOLD_MAX => show::aside("more lines are refused; they are counted"),
        _ => {}
    }
}

const BUFFER_BYTES: usize = 256 * 1024;
/// More refusals are not told one by one.
const TOLD_MAX: u64 = 20;
