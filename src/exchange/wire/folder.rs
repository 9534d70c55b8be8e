//! The road of sites that may not be online: envelopes as files in a folder, carried by whoever may carry them.
//!
//! A peer's folder has `out` for what we send and `in` for what came; one of the two ends may be a removable disk.
//! A file is there whole or not at all: it is written under another name, synced and renamed. Whoever can write into
//! `in` speaks on the wire for that peer, so the folder needs the protection that a certificate gives elsewhere;
//! documents are vouched for by their seals on every road.

use super::{BrokerWire, Came, Parcel, Reply, Wire, WireError};
use crate::exchange::seal::sha256;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt, Stream, StreamExt};
use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use tokio::sync::mpsc;

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

    /// Reads one file; one that is larger than the limit is not read to its end, and a package only as it is taken
    /// apart.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(&self, path: &Path, bytes_max: usize) -> Result<Lying, WireError> {
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

    fn put(
        &self,
        peer: &str,
        name: &str,
        head: &str,
        mut pieces: mpsc::Receiver<std::io::Result<Bytes>>,
    ) -> Result<Reply, WireError> {
        let out = self.folder(peer)?.join(OUT);
        let path = out.join(format!("{name}.{ENDING}"));
        let part = path.with_extension("part");
        let mut write = || -> std::io::Result<()> {
            let mut file = File::create(&part)?;
            file.write_all(head.as_bytes())?;
            while let Some(piece) = pieces.blocking_recv() {
                file.write_all(&piece?)?;
            }
            file.sync_all()?;
            std::fs::rename(&part, &path)?;
            File::open(&out)?.sync_all()
        };
        write().map_err(|source| WireError::Folder { path: path.clone(), source })?;
        Ok(Reply { status: 202, body: Bytes::new() })
    }
}

impl Wire for FolderWire {
    fn post<'a>(&'a self, peer: &'a str, parcel: Parcel) -> BoxFuture<'a, Result<Reply, WireError>> {
        async move {
            let (own, name) = (self.clone(), peer.to_owned());
            let (sender, pieces) = mpsc::channel(1);
            // Every try has its own message id, so its own name; the same bytes twice are one file.
            let hash = sha256(parcel.envelope()).to_string();
            let head = match parcel.alone() {
                Some(_) => String::new(),
                None => format!("{PACKAGE_HEAD}{}\r\n\r\n", parcel.content_type()),
            };
            let put = tokio::task::spawn_blocking(move || own.put(&name, &hash, &head, pieces));
            let mut stream = parcel.stream();
            while let Some(piece) = stream.next().await {
                if sender.send(piece).await.is_err() {
                    break; // the disk refused; it says so below
                }
            }
            drop(sender);
            let stopping = || WireError::Timeout { peer: peer.to_owned(), timeout_ms: 0 };
            put.await.unwrap_or_else(|_cut_off| Err(stopping()))
        }
        .boxed()
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
    fn post<'a>(&'a self, peer: &'a str, parcel: Parcel) -> BoxFuture<'a, Result<Reply, WireError>> {
        match &self.broker {
            _ if self.folders.knows(peer) => self.folders.post(peer, parcel),
            Some(broker) if broker.knows(peer) => broker.post(peer, parcel),
            Some(_) | None => self.others.post(peer, parcel),
        }
    }
}

/// What lies in a file.
pub enum Lying {
    /// An envelope; or what cannot be one.
    Envelope(Came),
    /// An envelope with attachments.
    Package {
        /// Its media type.
        content_type: String,
        /// Its bytes, read as they are wanted.
        body: BoxStream<'static, std::io::Result<Bytes>>,
    },
}

fn read(path: &Path, bytes_max: usize) -> std::io::Result<Lying> {
    let mut file = File::open(path)?;
    let announced = file.metadata()?.len();
    let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX);
    if announced <= limit
        && let Some(content_type) = package_head(&mut file)?
    {
        return Ok(Lying::Package { content_type, body: pieces(file).boxed() });
    }
    file.seek(SeekFrom::Start(0))?;
    let mut bytes = Vec::new();
    file.take(limit).read_to_end(&mut bytes)?;
    let kept = Bytes::from(bytes);
    Ok(Lying::Envelope(match announced > limit {
        true => Came::TooLarge { kept, announced: Some(announced) },
        false => Came::Whole(kept),
    }))
}

/// The media type of a package, behind which its body stands; nothing for an envelope.
fn package_head(file: &mut File) -> std::io::Result<Option<String>> {
    let mut head = Vec::new();
    file.take(PACKAGE_HEAD_MAX).read_to_end(&mut head)?;
    let text = String::from_utf8_lossy(&head);
    let content_type = text.strip_prefix(PACKAGE_HEAD).and_then(|text| text.split_once("\r\n\r\n"));
    let Some((content_type, _)) = content_type else { return Ok(None) };
    let length = PACKAGE_HEAD.len() + content_type.len() + "\r\n\r\n".len();
    file.seek(SeekFrom::Start(u64::try_from(length).unwrap_or_default()))?;
    Ok(Some(content_type.to_owned()))
}

/// The rest of a file, read on threads that may block.
fn pieces(file: File) -> impl Stream<Item = std::io::Result<Bytes>> + Send + 'static {
    stream::try_unfold(file, |mut file| async move {
        let read = tokio::task::spawn_blocking(move || {
            let mut piece = Vec::with_capacity(PIECE_BYTES);
            let limit = u64::try_from(PIECE_BYTES).unwrap_or(u64::MAX);
            Read::by_ref(&mut file).take(limit).read_to_end(&mut piece)?;
            Ok((!piece.is_empty()).then_some((Bytes::from(piece), file)))
        });
        read.await.unwrap_or_else(|_cut_off| Err(std::io::Error::from(std::io::ErrorKind::Interrupted)))
    })
}

/// How a file begins that holds a package: as a MIME message does.
const PACKAGE_HEAD: &str = "MIME-Version: 1.0\r\nContent-Type: ";
const PACKAGE_HEAD_MAX: u64 = 1024;
const PIECE_BYTES: usize = 256 * 1024;
/// What came.
const IN: &str = "in";
/// What we send.
const OUT: &str = "out";
/// What came and is stored.
const TAKEN: &str = "taken";
const ENDING: &str = "xml";
