//! The road of sites that may not be online: envelopes as files in a folder, carried by whoever may carry them.
//!
//! A peer's folder has `out` for what we send and `in` for what came; one of the two ends may be a removable disk.
//! A file is there whole or not at all: it is written under another name, synced and renamed. Whoever can write into
//! `in` speaks on the wire for that peer, so the folder needs the protection that a certificate gives elsewhere;
//! documents are vouched for by their seals on every road.

use super::{BrokerWire, Came, Reply, Wire, WireError};
use crate::exchange::seal::sha256;
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// The folders of the peers that are reached by one.
#[derive(Debug, Clone, Default)]
pub struct FolderWire(HashMap<String, PathBuf>);

impl FolderWire {
    /// The folders by the names of the peers; `in`, `out` and `taken` are made in each.
    ///
    /// # Errors
    /// A folder cannot be made.
    pub fn new(peers: HashMap<String, PathBuf>) -> Result<Self, WireError> {
        for folder in peers.values() {
            for part in [IN, OUT, TAKEN] {
                let path = folder.join(part);
                std::fs::create_dir_all(&path).map_err(|source| WireError::Folder { path, source })?;
            }
        }
        Ok(Self(peers))
    }

    /// Whether a peer is reached by a folder.
    pub fn knows(&self, peer: &str) -> bool {
        self.0.contains_key(peer)
    }

    /// The peers that are.
    pub fn peers(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    /// What lies in the folder of a peer, by name: regular files only, since a pipe would be waited for without end.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn look(&self, peer: &str) -> Result<Vec<PathBuf>, WireError> {
        let inbound = self.folder(peer)?.join(IN);
        let refuse = |source| WireError::Folder { path: inbound.clone(), source };
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(&inbound).map_err(refuse)? {
            let entry = entry.map_err(refuse)?;
            let path = entry.path();
            let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
            if is_file && path.extension().is_some_and(|ending| ending == ENDING) {
                paths.push(path);
            }
        }
        paths.sort();
        Ok(paths)
    }

    /// Reads one file; one that is larger than the limit is not read to its end.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(&self, path: &Path, bytes_max: usize) -> Result<Came, WireError> {
        read(path, bytes_max).map_err(|source| WireError::Folder { path: path.to_owned(), source })
    }

    /// Puts a file that is stored with us aside; it is kept until a person clears `taken`.
    ///
    /// # Errors
    /// The file cannot be moved.
    pub fn take(&self, peer: &str, path: &Path) -> Result<(), WireError> {
        let name = path.file_name().unwrap_or_default();
        let taken = self.folder(peer)?.join(TAKEN);
        let aside = taken.join(name);
        let moved = match std::fs::rename(path, &aside) {
            // `taken` is on another disk
            Err(error) if error.kind() == std::io::ErrorKind::CrossesDevices => std::fs::copy(path, &aside)
                .and_then(|_bytes| File::open(&aside)?.sync_all())
                .and_then(|()| File::open(&taken)?.sync_all())
                .and_then(|()| std::fs::remove_file(path)),
            moved => moved,
        };
        moved.map_err(|source| WireError::Folder { path: path.to_owned(), source })
    }

    fn folder(&self, peer: &str) -> Result<&PathBuf, WireError> {
        self.0.get(peer).ok_or_else(|| WireError::UnknownPeer { peer: peer.to_owned() })
    }

    fn put(&self, peer: &str, envelope: &[u8]) -> Result<Reply, WireError> {
        let out = self.folder(peer)?.join(OUT);
        // Every try has its own message id, so its own name; the same bytes twice are one file.
        let name: String = sha256(envelope).0.iter().map(|byte| format!("{byte:02x}")).collect();
        let path = out.join(format!("{name}.{ENDING}"));
        let part = path.with_extension("part");
        let write = || -> std::io::Result<()> {
            let mut file = File::create(&part)?;
            file.write_all(envelope)?;
            file.sync_all()?;
            std::fs::rename(&part, &path)?;
            File::open(&out)?.sync_all()
        };
        write().map_err(|source| WireError::Folder { path: path.clone(), source })?;
        Ok(Reply { status: 202, body: Bytes::new() })
    }
}

impl Wire for FolderWire {
    fn post<'a>(&'a self, peer: &'a str, envelope: Bytes) -> BoxFuture<'a, Result<Reply, WireError>> {
        let (own, name) = (self.clone(), peer.to_owned());
        let put = tokio::task::spawn_blocking(move || own.put(&name, &envelope));
        let stopping = || WireError::Timeout { peer: peer.to_owned(), timeout_ms: 0 };
        async move { put.await.unwrap_or_else(|_cut_off| Err(stopping())) }.boxed()
    }
}

/// A road for each peer: the folder or queue of those that have one, HTTPS for all others.
pub struct Roads<W> {
    folders: FolderWire,
    broker: Option<BrokerWire>,
    others: W,
}

impl<W> Roads<W> {
    /// Joins them.
    pub fn new(folders: FolderWire, broker: Option<BrokerWire>, others: W) -> Self {
        Self { folders, broker, others }
    }
}

impl<W: Wire> Wire for Roads<W> {
    fn post<'a>(&'a self, peer: &'a str, envelope: Bytes) -> BoxFuture<'a, Result<Reply, WireError>> {
        match &self.broker {
            _ if self.folders.knows(peer) => self.folders.post(peer, envelope),
            Some(broker) if broker.knows(peer) => broker.post(peer, envelope),
            Some(_) | None => self.others.post(peer, envelope),
        }
    }
}

fn read(path: &Path, bytes_max: usize) -> std::io::Result<Came> {
    let file = File::open(path)?;
    let announced = file.metadata()?.len();
    let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    file.take(limit).read_to_end(&mut bytes)?;
    let kept = Bytes::from(bytes);
    if announced > limit {
        return Ok(Came::TooLarge { kept, announced: Some(announced) });
    }
    Ok(Came::Whole(kept))
}

/// What came.
const IN: &str = "in";
/// What we send.
const OUT: &str = "out";
/// What came and is stored.
const TAKEN: &str = "taken";
const ENDING: &str = "xml";
