//! Queries of the settings that feed local records: rows that are new since the last time become a file of JSON lines in
//! the folder of the local forms, where a profile reads them as any other.
//!
//! A file is numbered: a poll that is killed before its cursor is kept writes the same file again, and corrections
//! come after what they correct.

use super::national::{half_a_minute, url_misfit};
use super::{Settings, StartError, password};
use crate::base::{WholeFile, with_causes};
use crate::flow::{Context, note_polled};
use crate::store::{NationalError, NationalPlan, NationalQuery};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// A query that is asked again and again.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PollSettings {
    /// `postgresql://user@host/database`, without a password.
    pub url: String,
    /// A file that holds the password, if one is asked for.
    pub password_file: Option<PathBuf>,
    /// The authorities of its certificate; without, only a server on this machine is spoken to.
    pub authorities: Option<PathBuf>,
    /// One SELECT with `$cursor`, in the order of the cursor.
    pub query: String,
    /// The column from whose value in the last row the next poll goes on; no two rows may share one.
    pub cursor: String,
    /// Where the first poll begins.
    pub start: String,
    /// How often it is asked.
    #[serde(default = "a_minute")]
    pub every_ms: u64,
    /// How long a statement may take.
    #[serde(default = "half_a_minute")]
    pub statement_timeout_ms: u64,
}

impl PollSettings {
    /// The first thing that does not fit, if any.
    pub(super) fn misfit(&self, name: &str) -> Option<String> {
        let of = format!("[sources.{name}]");
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || !name.chars().all(is_name) {
            return Some(format!("the name of {of} is not of small letters, digits and -"));
        }
        if !self.query.contains("$cursor") {
            return Some(format!("the query of {of} has no $cursor; it would bring all rows each time"));
        }
        if self.every_ms == 0 || self.statement_timeout_ms == 0 {
            return Some(format!("every_ms or statement_timeout_ms of {of} is 0; write 1 or more"));
        }
        url_misfit(&self.url, &of)
    }

    /// The same with paths that are relative to a folder.
    pub(super) fn within(self, folder: &Path) -> Self {
        let at = |file: PathBuf| folder.join(file);
        Self { password_file: self.password_file.map(at), authorities: self.authorities.map(at), ..self }
    }
}

/// Up to where a source was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    cursor: String,
    at: Timestamp,
    /// How many files there are.
    files: u64,
}

/// A source, ready to be asked.
pub(super) struct Poll {
    name: String,
    settings: PollSettings,
    query: NationalQuery,
    local: PathBuf,
    /// Where its cursor is kept.
    state: PathBuf,
}

/// What a poll came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Polled {
    pub(super) rows: usize,
    /// Whether it ended at the bound, so that there may be more.
    pub(super) is_full: bool,
}

/// Why a source could not be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum PollError {
    /// Its database.
    #[error(transparent)]
    National(#[from] NationalError),
    /// The folder of the local forms, or that of the cursors.
    #[error("keep the rows of a source in {}", path.display())]
    Disk {
        /// Where.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The query does not give its cursor.
    #[error("find the cursor: the query gives no column {column}, or it is null; correct cursor or query")]
    NoCursor {
        /// Which.
        column: String,
    },
}

impl Poll {
    /// Every source of the settings. Call it within a runtime.
    ///
    /// # Errors
    /// A password cannot be read, or nobody would vouch for a server.
    pub(super) fn all(settings: &Settings) -> Result<Vec<Self>, StartError> {
        let open = |(name, source): (&String, &PollSettings)| {
            let server = NationalPlan {
                url: source.url.clone(),
                password: password(source.password_file.as_deref())?,
                authorities: source.authorities.clone(),
                statement_timeout_ms: source.statement_timeout_ms,
            };
            Ok(Self {
                name: name.clone(),
                settings: source.clone(),
                query: NationalQuery::new(&server, &source.query)?,
                local: settings.local.clone(),
                state: settings.data.join("sources").join(format!("{name}.json")),
            })
        };
        settings.sources.iter().map(open).collect()
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Up to where it was read and when, if ever.
    fn kept(&self) -> Result<Option<Kept>, PollError> {
        let disk = |source| PollError::Disk { path: self.state.clone(), source };
        match std::fs::read(&self.state) {
            Ok(text) => serde_json::from_slice(&text).map(Some).map_err(|error| disk(error.into())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(disk(error)),
        }
    }

    /// When it brought rows last, if ever.
    pub(super) fn changed_at(&self) -> Option<Timestamp> {
        self.kept().ok().flatten().map(|kept| kept.at)
    }

    /// Reads what is new, up to `rows_max` rows, into a file; then keeps the cursor.
    ///
    /// # Errors
    /// The database, the disk, or a query without its cursor; the next poll goes on from where the last one ended.
    pub(super) async fn poll(&self, rows_max: usize, now: Timestamp) -> Result<Polled, PollError> {
        let (cursor, files) = match self.kept()? {
            Some(kept) => (kept.cursor, kept.files.saturating_add(1)),
            None => (self.settings.start.clone(), 1),
        };
        let place = self.local.join(format!("{}-{files:09}.jsonl", self.name));
        let disk = |source| PollError::Disk { path: place.clone(), source };
        let part = self.local.join(format!(".{}-{files:09}.{}.part", self.name, std::process::id()));
        let mut file = std::io::BufWriter::new(WholeFile::create(part.clone(), place.clone()).map_err(disk)?);
        let (mut rows, mut last) = (0, None);
        let mut each = |row: String| {
            last = Some(self.cursor_of(&row)?);
            file.write_all(row.as_bytes()).and_then(|()| file.write_all(b"\n")).map_err(disk)?;
            rows += 1;
            Ok(rows < rows_max)
        };
        let asked = self.query.rows(&cursor, &mut each).await;
        let asked = asked.map_err(PollError::National).and_then(|told| told);
        let (Ok(()), Some(cursor)) = (&asked, last) else {
            drop(file);
            let _ = std::fs::remove_file(part); // it holds nothing, or the rows of a poll that failed
            return asked.map(|()| Polled { rows: 0, is_full: false });
        };
        file.into_inner().map_err(|error| disk(error.into_error()))?.finish().map_err(disk)?;
        self.keep(&Kept { cursor, at: now, files })?;
        Ok(Polled { rows, is_full: rows >= rows_max })
    }

    fn cursor_of(&self, row: &str) -> Result<String, PollError> {
        let column = &self.settings.cursor;
        let row: serde_json::Value = serde_json::from_str(row).unwrap_or_default();
        let cursor = row.get(column).and_then(|cursor| cursor.as_str());
        cursor.map(str::to_owned).ok_or_else(|| PollError::NoCursor { column: column.clone() })
    }

    fn keep(&self, kept: &Kept) -> Result<(), PollError> {
        let disk = |source| PollError::Disk { path: self.state.clone(), source };
        if let Some(folder) = self.state.parent() {
            std::fs::create_dir_all(folder).map_err(disk)?;
        }
        let text = serde_json::to_vec(kept).map_err(|error| disk(error.into()))?;
        let mut file =
            WholeFile::create(self.state.with_extension("part"), self.state.clone()).map_err(disk)?;
        file.write_all(&text).and_then(|()| file.finish()).map_err(disk)
    }

    /// Sees that the query can be asked and gives its cursor; nothing is kept.
    pub(super) async fn look(&self) -> Result<(), PollError> {
        let cursor = self.kept()?.map_or_else(|| self.settings.start.clone(), |kept| kept.cursor);
        let mut look = |row: String| self.cursor_of(&row).map(|_cursor| false);
        self.query.rows(&cursor, &mut look).await?
    }
}

/// Asks a source until `stop` turns true; one that is away is told of once, and asked on.
pub(super) async fn run_poll(poll: Poll, mut stop: watch::Receiver<bool>, ctx: Arc<Context>) {
    let mut is_told = false;
    loop {
        let mut is_full = false;
        match poll.poll(ROWS_AT_ONCE, ctx.clock.now()).await {
            Ok(Polled { rows, is_full: more }) => {
                if is_told {
                    tracing::info!(source = poll.name, "a source can be read again");
                }
                (is_told, is_full) = (false, more);
                if rows > 0
                    && let Err(error) = note_polled(&poll.name, rows, &ctx).await
                {
                    tracing::error!(%error, "what a source brought could not be journalled");
                }
            }
            Err(error) if !is_told => {
                tracing::warn!(source = poll.name, error = %with_causes(&error), "a source cannot be read; it is tried on");
                is_told = true;
            }
            Err(_told) => {}
        }
        let wait = if is_full { Duration::ZERO } else { Duration::from_millis(poll.settings.every_ms) };
        tokio::select! {
            _ = stop.wait_for(|is_over| *is_over) => return,
            () = tokio::time::sleep(wait) => {}
        }
    }
}

fn a_minute() -> u64 {
    60_000
}

/// A file of the first poll of a large table stays of a size that is read soon.
const ROWS_AT_ONCE: usize = 100_000;
