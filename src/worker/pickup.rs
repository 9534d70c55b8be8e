//! Takes what lies in the folder of a peer that is reached by files.

use crate::base::with_causes;
use crate::exchange::wire::{FolderWire, Lying, Wire, WireError};
use crate::flow::{Arrived, Caller, Context, NotTaken, receive, take_package};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::watch;

/// Looks into the folder of `peer` until `stop` turns true.
pub async fn run_pickup(
    peer: String,
    folders: FolderWire,
    mut stop: watch::Receiver<bool>,
    ctx: Arc<Context>,
) {
    let mut pickup = Pickup { peer, folders, stuck: HashMap::new(), is_silent: false };
    loop {
        pickup.look(&stop, &ctx).await;
        tokio::select! {
            _ = stop.wait_for(|is_over| *is_over) => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

struct Pickup {
    peer: String,
    folders: FolderWire,
    /// Files that could not be dealt with, each told once: one that cannot be read is left alone until it changes, one
    /// that is stored and cannot be moved is not stored again.
    stuck: HashMap<PathBuf, Stuck>,
    /// A disk that is not plugged in is told once, not at each look.
    is_silent: bool,
}

impl Pickup {
    async fn look(&mut self, stop: &watch::Receiver<bool>, ctx: &Context) {
        let (folders, peer) = (self.folders.clone(), self.peer.clone());
        let Ok(found) = tokio::task::spawn_blocking(move || folders.look(&peer)).await else { return };
        let paths = match found {
            Ok(paths) => paths,
            Err(error) => {
                if !self.is_silent {
                    tracing::warn!(error = %with_causes(&error), peer = self.peer, "the folder of a peer cannot be read");
                }
                self.is_silent = true;
                return;
            }
        };
        self.is_silent = false;
        self.stuck.retain(|path, _| paths.contains(path));
        for path in paths {
            if *stop.borrow() {
                return;
            }
            let known = self.stuck.get(&path).filter(|known| known.written == written(&path));
            match known {
                Some(Stuck { is_stored: false, .. }) => continue,
                Some(Stuck { is_stored: true, .. }) => {
                    if self.folders.take(&self.peer, &path).is_ok() {
                        self.stuck.remove(&path);
                    }
                    continue;
                }
                None => {}
            }
            match self.pick_up(&path, ctx).await {
                Picked::Taken => {}
                Picked::NotStored => return, // it lies there for the next look
                Picked::Stuck { is_stored, error } => {
                    let error = with_causes(&error);
                    tracing::warn!(error, peer = self.peer, is_stored, "a file is left where it lies");
                    self.stuck.insert(path.clone(), Stuck { written: written(&path), is_stored });
                }
            }
        }
    }

    async fn pick_up(&self, path: &Path, ctx: &Context) -> Picked {
        let (folders, file, bytes_max) = (self.folders.clone(), path.to_owned(), ctx.limits.body_bytes_max);
        let read = tokio::task::spawn_blocking(move || folders.read(&file, bytes_max)).await;
        let arrived: Arrived = match read {
            Ok(Ok(Lying::Envelope(came))) => came.into(),
            Ok(Ok(Lying::Package { content_type, body })) => {
                match take_package(&content_type, body, Arc::default(), ctx).await {
                    Ok(arrived) => arrived,
                    Err(NotTaken::Read(source)) => {
                        let error = WireError::Folder { path: path.to_owned(), source };
                        return Picked::Stuck { is_stored: false, error };
                    }
                    Err(error @ NotTaken::Store(_)) => {
                        error.tell();
                        return Picked::NotStored;
                    }
                }
            }
            Ok(Err(error)) => return Picked::Stuck { is_stored: false, error },
            Err(_stopping) => return Picked::NotStored,
        };
        let reply = receive(Caller::Road(&self.peer), arrived, ctx).await;
        if reply.status == 503 {
            return Picked::NotStored;
        }
        // A fault: on a line it would be the reply.
        if !reply.body.is_empty()
            && let Err(error) = self.folders.post(&self.peer, reply.body.into()).await
        {
            tracing::warn!(error = %with_causes(&error), peer = self.peer, "a fault could not be told to its sender");
        }
        match self.folders.take(&self.peer, path) {
            Ok(()) => Picked::Taken,
            Err(error) => Picked::Stuck { is_stored: true, error },
        }
    }
}

/// What became of a file.
enum Picked {
    Taken,
    NotStored,
    Stuck { is_stored: bool, error: WireError },
}

/// A file that could not be dealt with, as it was then.
struct Stuck {
    written: Option<SystemTime>,
    is_stored: bool,
}

fn written(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|file| file.modified()).ok()
}

const LOOK_EVERY: Duration = Duration::from_millis(500);
