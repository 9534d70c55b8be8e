//! `stazh backup`: a copy of the database while the node runs, looked over and journalled.

use super::progress::Progress;
use super::{Exit, Misused, local, noted, show};
use crate::base::{OsRandom, WholeFile};
use crate::exchange::seal::sha256_hasher;
use crate::flow::watch::{BACKUP_COMMAND, BACKUP_OBJECT, note_backup};
use crate::node::os_user;
use crate::store::{Store, chain_head};
use anyhow::{Context, Result, bail};
use std::fs::{self, File};
use std::io::copy as pour;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Copy the database of a node while it runs.
///
/// The copy is of one instant and looked over page by page before it stands at
/// its place; what was made, and when, is journalled and told in the audit. Keys,
/// node.toml and the folders beside it are files: copy them as such.
///
///   stazh backup kz --to /safe/kz-2026-12-01.db
///   stazh backup kz --note "pg_basebackup of 2026-12-01 on tape 17"
///
/// A database on PostgreSQL is copied by the tools of its server; --note journals
/// that it was. To restore: stop the node, put the copy in place of data/stazh.db,
/// remove data/stazh.db-wal and -shm, run stazh journal verify, start it again.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
#[command(group = clap::ArgGroup::new("how").args(["to", "note"]).required(true))]
pub(super) struct Backup {
    /// The node's folder, or its settings file.
    node: PathBuf,
    /// Into this file, which must not be there yet.
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    /// It was made by other means: what and where.
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

impl Backup {
    pub(super) fn run(self) -> Result<Exit> {
        let settings = local::settings(&self.node)?;
        if let Some(file) = &self.to {
            check(file, &settings.data)?;
        }
        if self.note.as_ref().is_some_and(|note| note.trim().is_empty() || note.len() > NOTE_MAX) {
            return Err(Misused(format!(
                "read --note: write what was copied and where, in up to {NOTE_MAX} bytes"
            ))
            .into());
        }
        local::block_on(async {
            let store = local::store(&settings, "copy the database").await?;
            let clock = settings.clock();
            let size = fs::metadata(settings.data.join("stazh.db")).map_or(0, |facts| facts.len());
            let work = async {
                let told = match (&self.to, &self.note) {
                    (Some(file), _) => copy(file, &store, size).await?,
                    (None, note) => note.clone().unwrap_or_default(),
                };
                note_backup((&os_user(), &told), &store, (clock.as_ref(), &OsRandom::default())).await?;
                anyhow::Ok(told)
            };
            let told = noted::noted((BACKUP_COMMAND, BACKUP_OBJECT), (&store, clock.as_ref()), work).await;
            store.close().await;
            show::line(&told?);
            Ok(Exit::Done)
        })
    }
}

/// What can be told before anything is done.
fn check(file: &Path, data: &Path) -> Result<()> {
    if file.exists() {
        return Err(Misused(format!("write {}: it is there already; name a new file", file.display())).into());
    }
    let folder = folder_of(file);
    let Ok(folder) = folder.canonicalize() else {
        return Err(
            Misused(format!("write {}: its folder is not there; make it first", file.display())).into()
        );
    };
    if data.canonicalize().is_ok_and(|data| folder.starts_with(data)) {
        let text = "it would lie beside the database, and go with it; name a folder on another disk";
        return Err(Misused(format!("write {}: {text}", file.display())).into());
    }
    Ok(())
}

fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

async fn copy(file: &Path, store: &Store, size: u64) -> Result<String> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let part = folder_of(file).join(format!(".{name}.{}.part", std::process::id()));
    let made = make(&part, file, store, size).await;
    if made.is_err() {
        let _ = fs::remove_file(&part); // what is half made is of no use
    }
    made
}

async fn make(part: &Path, file: &Path, store: &Store, size: u64) -> Result<String> {
    let link = chain_head(&mut store.read().await?).await?.number;
    // nobody else reads it before it is whole; it is made empty here for its mode
    let whole = WholeFile::create(part.to_owned(), file.to_owned())
        .with_context(|| format!("write {}", part.display()))?;
    {
        let mut progress = Progress::of("kilobytes copied", size / 1_024);
        let mut copying = std::pin::pin!(store.copy_to(part));
        let is_file = loop {
            tokio::select! {
                copied = &mut copying => break copied?,
                () = tokio::time::sleep(Duration::from_millis(200)) => {
                    progress.reach(fs::metadata(part).map_or(0, |facts| facts.len()) / 1_024);
                }
            }
        };
        if !is_file {
            bail!(
                "copy the database: a server keeps it; copy it by the server's tools (pg_basebackup, an archive of its log), \
                 and journal that by --note"
            );
        }
    }
    let faults = Store::faults_of(part).await?;
    if let Some(first) = faults.first() {
        bail!(
            "use the copy: {} faults are in it, the first: {first}; look at the disk of the node",
            faults.len()
        );
    }
    let bytes = fs::metadata(part)?.len();
    let mut hasher = sha256_hasher();
    pour(&mut File::open(part)?, &mut hasher)?;
    let digest = hasher.finish();
    whole.finish().with_context(|| format!("put {} in place", file.display()))?;
    Ok(format!("{}: {bytes} bytes, sha-256 {digest}, the journal up to link {link} at least", file.display()))
}

const NOTE_MAX: usize = 500;
