//! The index of a node, made anew beside the old one of what it published and what it has of its peers: what was withdrawn
//! meanwhile is in no part of it.

use super::shelf::{JobShelf, MADE, Made};
use crate::base::from_json;
use crate::exchange::canonical::job::Vacancy;
use crate::flow::labour::LabourError;
use crate::flow::{Context, FlowError};
use crate::labour::matching::{BuiltInTables, Weights};
use crate::labour::sync::StreamKind;
use crate::store::job_index::{JobIndex, JobIndexError};
use crate::store::{cursor_list, mirror_page, mirror_wanted, published_page, stream_list};
use std::fmt::Write;
use std::io::ErrorKind;
use std::path::Path;
use tokio::sync::mpsc;

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Renewed {
    /// How many vacancies are in the index.
    pub taken: u64,
    /// How many could not be used.
    pub refused: u64,
    /// The first of those, each with what is wrong.
    pub unread: Vec<(String, String)>,
}

/// What the one who writes is fed with.
enum Fed {
    /// Some records: reference and content.
    Page(Vec<(String, String)>),
    /// That was all; where the streams stood, and when it was begun.
    All(Made),
}

/// Whether the index is of what the streams are now.
///
/// # Errors
/// The database does not answer.
pub async fn is_current(ctx: &Context) -> Result<bool, FlowError> {
    let of = standing(ctx).await?;
    Ok(shelf(ctx)?.made().is_some_and(|made| made.of == of))
}

/// Makes the index anew in a folder beside it, and puts it in its place. Who makes it at the same time does so beside it
/// under another word.
///
/// # Errors
/// This node exchanges no jobs; the database does not answer; the disk is full. The old index stays then.
pub async fn renew_index(beside: &'static str, ctx: &Context) -> Result<Renewed, FlowError> {
    let shelf = shelf(ctx)?;
    let weights = Weights::built_in().map_err(|finding| FlowError::Unlawful(vec![finding]))?;
    let (at, of) = (ctx.clock.now(), standing(ctx).await?);
    let (pages, fed) = mpsc::channel(PAGES_AHEAD);
    let folder = shelf.folder().to_owned();
    let filling = tokio::task::spawn_blocking(move || fill((&folder, beside), weights, fed));
    let all = match feed(&pages, ctx).await {
        Ok(()) => {
            let took_ms = ctx.clock.now().duration_since(at).as_millis();
            let took_ms = u64::try_from(took_ms).unwrap_or_default();
            let made = Made { of, at, took_ms, taken: 0, refused: 0 };
            let _ = pages.send(Fed::All(made)).await; // if he is gone he says why
            Ok(())
        }
        Err(error) => Err(error),
    };
    drop(pages);
    let filled = filling.await.map_err(|_stopping| FlowError::CutOff)?;
    all?;
    filled?.ok_or(FlowError::CutOff)
}

fn shelf(ctx: &Context) -> Result<&JobShelf, FlowError> {
    let shelf = ctx.labour.shelf.as_deref().filter(|_| ctx.labour.is_enabled);
    shelf.ok_or_else(|| LabourError::Off.into())
}

/// Where all streams of vacancies stand, ours and those of peers, in a text that is another one when anything has changed.
async fn standing(ctx: &Context) -> Result<String, FlowError> {
    let mut tx = ctx.store.read().await?;
    let mut told = String::new();
    for row in stream_list(&mut tx).await?.iter().filter(|row| row.kind == StreamKind::Vacancy) {
        let _ = write!(told, "to {} {} {};", row.peer, row.head.stream_epoch, row.head.head_seq); // a text takes all
    }
    for cursor in cursor_list(&mut tx).await?.iter().filter(|one| one.kind == StreamKind::Vacancy) {
        let wanted = mirror_wanted(&mut tx, (&cursor.peer, cursor.kind), WANTED_MAX).await?.len();
        let anew = cursor.snapshot_after.map_or(String::new(), |after| format!(" anew {after}"));
        let (peer, epoch, seq, generation) = (&cursor.peer, &cursor.epoch, cursor.seq, cursor.generation);
        let _ = write!(told, "of {peer} {epoch} {seq} {generation} {wanted}{anew};"); // as above
    }
    Ok(told)
}

async fn feed(pages: &mpsc::Sender<Fed>, ctx: &Context) -> Result<(), FlowError> {
    let now = ctx.clock.now();
    let mut after = String::new();
    loop {
        // a page at a time: a database that is read for minutes cannot tidy up
        let page = published_page(&mut ctx.store.read().await?, &after, PAGE).await?;
        let Some((last, _)) = page.last() else { break };
        after.clone_from(last);
        if pages.send(Fed::Page(page)).await.is_err() {
            return Ok(()); // who writes has given up, and says why
        }
    }
    let cursors = cursor_list(&mut ctx.store.read().await?).await?;
    for cursor in cursors.iter().filter(|cursor| cursor.kind == StreamKind::Vacancy) {
        after.clear();
        loop {
            let of = (cursor.peer.as_str(), StreamKind::Vacancy);
            let page = mirror_page(&mut ctx.store.read().await?, of, (&after, PAGE), now).await?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.reference);
            let held = page.into_iter().filter_map(|one| Some((one.reference, one.content?.0)));
            if pages.send(Fed::Page(held.collect())).await.is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Writes what it is fed with; nothing if it was not all.
fn fill(
    (folder, beside): (&Path, &str),
    weights: &Weights,
    mut fed: mpsc::Receiver<Fed>,
) -> Result<Option<Renewed>, JobIndexError> {
    let fresh = folder.with_extension(beside);
    remove(&fresh)?;
    let index = JobIndex::open(&fresh)?;
    let mut writer = index.writer(weights, &BuiltInTables)?;
    let mut renewed = Renewed::default();
    let made = loop {
        match fed.blocking_recv() {
            None => return Ok(None),
            Some(Fed::All(made)) => break made,
            Some(Fed::Page(page)) => {
                for (reference, content) in page {
                    match from_json::<Vacancy>(content.as_bytes()) {
                        Ok(vacancy) => {
                            writer.put(&vacancy)?;
                            renewed.taken += 1;
                        }
                        Err(fault) => {
                            renewed.refused += 1;
                            if renewed.unread.len() < UNREAD_MAX {
                                renewed.unread.push((reference, fault.to_string()));
                            }
                        }
                    }
                }
            }
        }
    };
    writer.commit()?;
    drop(writer);
    drop(index);
    let made = Made { taken: renewed.taken, refused: renewed.refused, ..made };
    let text = serde_json::to_vec(&made).map_err(|source| JobIndexError::Kept { source })?;
    std::fs::write(fresh.join(MADE), text).map_err(of_folder(&fresh))?;
    put_in_place(&fresh, folder, &folder.with_extension(format!("old-{beside}")))?;
    Ok(Some(renewed))
}

/// Puts a new folder in the place of the old one. Who does so at the same time takes the same way: the last one stays.
fn put_in_place(fresh: &Path, folder: &Path, old: &Path) -> Result<(), JobIndexError> {
    let mut tries = 0;
    loop {
        remove(old)?;
        match std::fs::rename(folder, old) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(source) => return Err(of_folder(folder)(source)),
        }
        match std::fs::rename(fresh, folder) {
            Ok(()) => return remove(old),
            Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty && tries < TRIES_MAX => tries += 1,
            Err(source) => return Err(of_folder(folder)(source)),
        }
    }
}

fn remove(folder: &Path) -> Result<(), JobIndexError> {
    if folder.exists() { std::fs::remove_dir_all(folder).map_err(of_folder(folder)) } else { Ok(()) }
}

fn of_folder(path: &Path) -> impl FnOnce(std::io::Error) -> JobIndexError {
    let path = path.to_owned();
    move |source| JobIndexError::Folder { path, source }
}

const PAGE: u32 = 500;
const TRIES_MAX: u32 = 100;
const PAGES_AHEAD: usize = 2;
const WANTED_MAX: u32 = 1_000;
/// More that could not be used are counted and not told.
const UNREAD_MAX: usize = 20;
