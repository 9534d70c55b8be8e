//! The road of sites that may not be online: envelopes as files in a folder, carried by whoever may carry them.
//!
//! A peer's folder has `out` for what we send and `in` for what came; one of the two ends may be a removable disk.
//! A file is there whole or not at all: it is written under another name, synced and renamed. Whoever can write into
//! `in` speaks on the wire for that peer, so the folder needs the protection that a certificate gives elsewhere;
//! documents are vouched for by their seals on every road.

use super::{Came, Reply, Wire, WireError};
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

/// An envelope that lies in a folder.
#[derive(Debug)]
pub struct Parcel {
    /// Where.
    pub path: PathBuf,
    /// What.
    pub came: Came,
}

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

    /// What lies in the folder of a peer, by name. A file that is larger than the limit is not read.
    ///
    /// # Errors
    /// The folder or a file cannot be read.
    pub fn look(&self, peer: &str, bytes_max: usize) -> Result<Vec<Parcel>, WireError> {
        let inbound = self.folder(peer)?.join(IN);
        let refuse = |source| WireError::Folder { path: inbound.clone(), source };
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(&inbound).map_err(refuse)? {
            let path = entry.map_err(refuse)?.path();
            if path.extension().is_some_and(|ending| ending == ENDING) && paths.len() < LOOK_MAX {
                paths.push(path);
            }
        }
        paths.sort();
        paths.into_iter().map(|path| read(path, bytes_max)).collect()
    }

    /// Puts a file that is stored with us aside; it is kept until a person clears `taken`.
    ///
    /// # Errors
    /// The file cannot be moved.
    pub fn take(&self, peer: &str, path: &Path) -> Result<(), WireError> {
        let name = path.file_name().unwrap_or_default();
        let aside = self.folder(peer)?.join(TAKEN).join(name);
        std::fs::rename(path, &aside).map_err(|source| WireError::Folder { path: path.to_owned(), source })
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

/// A road for each peer: the folder of those that have one, HTTPS for all others.
pub struct Roads<W> {
    folders: FolderWire,
    others: W,
}

impl<W> Roads<W> {
    /// Joins both.
    pub fn new(folders: FolderWire, others: W) -> Self {
        Self { folders, others }
    }
}

impl<W: Wire> Wire for Roads<W> {
    fn post<'a>(&'a self, peer: &'a str, envelope: Bytes) -> BoxFuture<'a, Result<Reply, WireError>> {
        if self.folders.knows(peer) {
            self.folders.post(peer, envelope)
        } else {
            self.others.post(peer, envelope)
        }
    }
}

fn read(path: PathBuf, bytes_max: usize) -> Result<Parcel, WireError> {
    let refuse = |source| WireError::Folder { path: path.clone(), source };
    let file = File::open(&path).map_err(refuse)?;
    let announced = file.metadata().map_err(refuse)?.len();
    let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    file.take(limit).read_to_end(&mut bytes).map_err(refuse)?;
    let kept = Bytes::from(bytes);
    let came = if announced > limit {
        Came::TooLarge { kept, announced: Some(announced) }
    } else {
        Came::Whole(kept)
    };
    Ok(Parcel { path, came })
}

/// What came.
const IN: &str = "in";
/// What we send.
const OUT: &str = "out";
/// What came and is stored.
const TAKEN: &str = "taken";
const ENDING: &str = "xml";
/// How many files are read in one look; the rest follow in the next.
const LOOK_MAX: usize = 64;
