//! `stazh profile`: tools for the engineer who connects a national system.

mod draft;

use super::{Exit, Misused, show};
use crate::base::Limits;
use crate::exchange::adapter::{Covered, OwnLists, Profile};
use crate::exchange::canonical::State;
use anyhow::{Context, Result};
use comfy_table::presets;
use std::path::{Path, PathBuf};

/// Write, check and understand profiles: the text files that say what a file of a
/// national system looks like and what its fields mean.
///
///   stazh profile new accounts.csv --state KG --record contribution > accounts.toml
///   stazh profile check accounts.toml
///   stazh profile test accounts.toml accounts.csv
///
/// The language is explained in schemas/profiles/README.md.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct ProfileCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Read profiles; a mistake is told with file, line and column.
    Check {
        /// Profiles.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Tell what a profile says, value by value.
    Explain {
        /// A file, or a built-in one such as kz/contracts.
        profile: String,
    },
    /// Show which places of a record the forms of a state hold, and what is lost.
    Coverage {
        /// Whose built-in forms: AM, BY, KG, KZ or RU.
        #[arg(long, required_unless_present = "profile")]
        state: Option<String>,
        /// A file, or a built-in one such as kz/contracts.
        #[arg(conflicts_with = "state")]
        profile: Option<String>,
        /// Print one JSON object a profile.
        #[arg(long)]
        json: bool,
    },
    /// Take a local file there and back: what is read, and what does not return.
    Test {
        /// A file, or a built-in one such as kz/contracts.
        profile: String,
        /// A local file of this form.
        file: PathBuf,
    },
    /// Make a first profile from a sample of a file, to be completed by hand.
    New(draft::New),
}

impl ProfileCommand {
    pub(super) fn run(self) -> Result<Exit> {
        match self.action {
            Action::Check { files } => check(&files),
            Action::Explain { profile } => explain(&find(&profile)?),
            Action::Coverage { state, profile, json } => coverage(state.as_deref(), profile.as_deref(), json),
            Action::Test { profile, file } => test(&find(&profile)?, &file),
            Action::New(new) => new.run(),
        }
    }
}

fn check(files: &[PathBuf]) -> Result<Exit> {
    let mut exit = Exit::Done;
    for file in files {
        match read(file) {
            Ok(profile) => {
                let head = profile.head();
                let told = profile.told().len();
                show::line(&format!("{}: sound, version {}, {told} values", file.display(), head.version));
            }
            Err(error) => {
                exit = Exit::Refused;
                show::error(&error);
            }
        }
    }
    Ok(exit)
}

fn explain(profile: &Profile) -> Result<Exit> {
    let head = profile.head();
    show::line(&format!(
        "{profile}: {} of {}, each row a {}, in {}",
        head.files,
        head.state,
        head.record.part(),
        head.format.ending()
    ));
    let mut table = show::table(presets::UTF8_FULL_CONDENSED);
    table.set_header(["local", "canonical", "how", "when"]);
    for told in profile.told() {
        table.add_row([told.local, told.canonical, told.how, told.when]);
    }
    show::line(&table.to_string());
    for (way, lost) in [("read", &head.partial.decode), ("written", &head.partial.encode)] {
        if !lost.is_empty() {
            show::line(&format!("not {way}: {lost}"));
        }
    }
    Ok(Exit::Done)
}

fn coverage(state: Option<&str>, profile: Option<&str>, json: bool) -> Result<Exit> {
    let profiles = match (state, profile) {
        (_, Some(profile)) => vec![find(profile)?],
        (Some(state), None) => {
            let state: State =
                state.parse().map_err(|finding| Misused(format!("read --state: {finding}")))?;
            Profile::built_in(state)?
        }
        (None, None) => Vec::new(),
    };
    for profile in profiles {
        let covered = profile.coverage();
        let head = profile.head();
        if json {
            let place = |one: &Covered| serde_json::json!({ "place": one.place, "read": one.is_read, "written": one.is_written });
            show::json_line(&serde_json::json!({
                "profile": profile.file(), "version": head.version,
                "places": covered.iter().map(place).collect::<Vec<_>>(),
                "not_read": head.partial.decode, "not_written": head.partial.encode,
            }));
            continue;
        }
        let held = covered.iter().filter(|one| one.is_read && one.is_written).count();
        show::line(&format!("{profile}: {held} of {} places both ways", covered.len()));
        let mut table = show::table(presets::UTF8_FULL_CONDENSED);
        table.set_header(["place", "read", "written"]);
        let mark = |is: bool| if is { "yes" } else { "—" };
        for one in covered {
            table.add_row([one.place, mark(one.is_read), mark(one.is_written)]);
        }
        show::line(&table.to_string());
        for (way, lost) in [("read", &head.partial.decode), ("written", &head.partial.encode)] {
            if !lost.is_empty() {
                show::line(&format!("not {way}: {lost}"));
            }
        }
        show::line("");
    }
    Ok(Exit::Done)
}

fn test(profile: &Profile, file: &Path) -> Result<Exit> {
    let bytes = std::fs::read(file).with_context(|| format!("read {}", file.display()))?;
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let trial = profile
        .try_out(&name, &bytes, &Limits::default())
        .with_context(|| format!("read {} by {profile}", file.display()))?;
    if !profile.is_of(&name) {
        let files = &profile.head().files;
        show::aside(&format!("a node would not take {name} for this form: its files are named {files}"));
    }
    for finding in trial.findings.iter().chain(&trial.lost) {
        show::aside(&finding.to_string());
    }
    let errors = trial.findings.iter().filter(|one| one.is_error()).count();
    let warnings = trial.findings.len() - errors;
    show::line(&format!("{} rows read, {errors} mistakes, {warnings} warnings", trial.rows));
    for (place, count) in &trial.differing {
        show::line(&format!("{place} does not come back in {count} rows"));
    }
    let is_whole = trial.differing.is_empty() && trial.lost.is_empty();
    show::line(match (is_whole, trial.is_same) {
        (true, true) => "written again: the same bytes",
        (true, false) => "written again: the same records, otherwise spelt",
        (false, _) => "written again: not the same records",
    });
    Ok(if errors == 0 && is_whole { Exit::Done } else { Exit::Refused })
}

/// A profile of a file, or a built-in one by its name.
fn find(name: &str) -> Result<Profile> {
    let path = Path::new(name);
    if path.is_file() {
        return read(path);
    }
    let built_in = Profile::named(name.trim_end_matches(".toml"));
    Ok(built_in.with_context(|| format!("find the profile {name}: neither a file nor built in"))??)
}

fn read(path: &Path) -> Result<Profile> {
    let text = std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    // while a profile is written, its lists may lie beside itself
    let beside = path.parent().unwrap_or(Path::new("")).join("codelists");
    let folder = if beside.is_dir() { beside } else { OwnLists::folder_of(path.parent().unwrap_or(path)) };
    Ok(Profile::parse_with(&path.display().to_string(), &text, &OwnLists::read(&folder)?)?)
}
