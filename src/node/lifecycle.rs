//! Start and stop of a node. A node that is killed needs nothing but a start.

use super::archive::ArchiveFolder;
use super::doctor::Examination;
use super::dropped::{Dropped, run_dropped};
use super::keys::{keys_on_disk, watch_keys};
use super::polls::{Poll, run_poll};
use super::rule_files::RuleFiles;
use super::seal_files::SealFiles;
use super::{ProactiveSettings, Server, Settings, StartError, os_user, password};
use crate::base::{Clock, OsRandom, Random, Shelf};
use crate::exchange::rules::{Catalogue, Rules};
use crate::exchange::seal::{ReceiptTrust, StampTrust, TrustStore};
use crate::exchange::wire::{
    BrokerPlan, BrokerWire, FolderWire, HttpsThirdParty, HttpsWire, NodeIdentity, PeerEndpoint, Roads,
    TlsListener,
};
use crate::flow::entry::note_command;
use crate::flow::{
    Context, Desk, OwnThirdParty, OwnTimeStamps, Peer, Peers, Wake, load_statuses, note_local_findings,
    take_back_leases,
};
use crate::http::{ConsoleListener, LocalListener, serve_console, serve_health, serve_local, serve_peers};
use crate::store::{ActsBy, Store, act_page, schema_version};
use crate::worker::{run_endings, run_workers};
use jiff::SignedDuration;
use std::fs::File;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// The opened doors of a node that does not answer yet; with port 0 they tell which ports were free.
pub struct Door {
    peers: TlsListener,
    health: TcpListener,
    local: Option<LocalListener>,
    console: Option<ConsoleListener>,
    identity: NodeIdentity,
}

/// A running node.
pub struct Node {
    ctx: Arc<Context>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
    _lock: File,
}

impl Door {
    /// Opens both doors.
    ///
    /// # Errors
    /// An address is taken, or our identity on the wire is unusable.
    pub async fn open(settings: &Settings) -> Result<Self, StartError> {
        let files = &settings.wire;
        let identity = NodeIdentity::read(&files.certificate, &files.key, &files.authorities)?;
        let peers =
            TlsListener::bind(settings.listen, settings.limits.handshake_timeout_ms, &identity).await?;
        let refuse = |source| StartError::Health { address: settings.health, source };
        let health = TcpListener::bind(settings.health).await.map_err(refuse)?;
        let local = match &settings.local_api {
            Some(door) => Some(door.open(settings.limits.handshake_timeout_ms).await?),
            None => None,
        };
        let console = match &settings.console {
            Some(door) => Some(door.open(settings.limits.handshake_timeout_ms).await?),
            None => None,
        };
        Ok(Self { peers, health, local, console, identity })
    }

    /// Where the peers call.
    ///
    /// # Errors
    /// The operating system does not tell.
    pub fn address(&self) -> Result<SocketAddr, StartError> {
        Ok(self.peers.address()?)
    }

    /// Where the local system calls, if it has a door.
    ///
    /// # Errors
    /// The operating system does not tell.
    pub fn local_url(&self) -> Result<Option<String>, StartError> {
        let refuse = |source| StartError::LocalDoor { address: SocketAddr::from(([0, 0, 0, 0], 0)), source };
        self.local.as_ref().map(LocalListener::url).transpose().map_err(refuse)
    }

    /// Where people call, if there is a door for them.
    ///
    /// # Errors
    /// The operating system does not tell.
    pub fn console_url(&self) -> Result<Option<String>, StartError> {
        let refuse = |source| StartError::LocalDoor { address: SocketAddr::from(([0, 0, 0, 0], 0)), source };
        self.console.as_ref().map(ConsoleListener::url).transpose().map_err(refuse)
    }

    /// Where the watchers call.
    ///
    /// # Errors
    /// The operating system does not tell.
    pub fn health_address(&self) -> Result<SocketAddr, StartError> {
        let refuse = |source| StartError::Health { address: SocketAddr::from(([0, 0, 0, 0], 0)), source };
        self.health.local_addr().map_err(refuse)
    }
}

impl Node {
    /// Wires a node's flows without starting it: for commands that compose or look.
    ///
    /// # Errors
    /// A file of the settings is unusable.
    pub async fn context(
        settings: &Settings,
        identity: &NodeIdentity,
        desk: Arc<dyn Desk>,
    ) -> Result<Context, StartError> {
        settings.check_rehearsal()?;
        make_folder(&settings.data)?;
        let catalogue = Catalogue::built_in()?;
        let mut endpoints = Vec::new();
        let mut peers = Vec::new();
        let (clock, random): (Arc<dyn Clock>, Arc<dyn Random>) =
            (settings.clock(), Arc::new(OsRandom::default()));
        let revocation = settings.revocation.as_ref().map(|revocation| {
            let timeout_ms = settings.limits.post_timeout_ms;
            revocation.open(timeout_ms, settings.retry, (clock.clone(), random.clone())).map(Arc::new)
        });
        let revocation = revocation.transpose()?;
        let watched = |trust: TrustStore| match &revocation {
            Some(sources) => trust.with_statuses(sources.statuses().clone()),
            None => trust,
        };
        for peer in &settings.peers {
            let name = peer.state.to_string();
            if !peer.url.starts_with(FILE) && !peer.url.starts_with(QUEUE) {
                let url = peer.url.parse().map_err(|_cause| StartError::Url { peer: name.clone() })?;
                endpoints.push(PeerEndpoint { name, url });
            }
            for process in peer.processes.iter().flatten() {
                catalogue.process(process).map_err(|_unknown| StartError::UnknownProcess {
                    peer: peer.state.to_string(),
                    process: process.clone(),
                })?;
            }
            let trust =
                peer.seal_authorities.as_ref().map(|file| TrustStore::from_files(&[file])).transpose()?;
            peers.push(Peer {
                state: peer.state,
                certificate_name: peer.certificate_name.clone(),
                trust: trust.map(|trust| Shelf::new(watched(trust))),
                signers: peer.seal_signers.clone(),
                term_factor: peer.term_factor,
                processes: peer.processes.clone(),
            });
        }
        let labour_peers = endpoints.clone();
        let store = Self::store(settings).await?;
        let entry = settings.access.policy(&settings.data, &store, random.as_ref()).await?;
        let ctx = Context {
            state: settings.state,
            clock,
            random,
            limits: settings.limits,
            retry: settings.retry,
            store,
            examiner: Some(Arc::new(Examination(settings.clone()))),
            keys: Some(Arc::new(SealFiles::of(settings))),
            archive: Some(Arc::new(ArchiveFolder::of(settings))),
            own_rules: Some(Arc::new(RuleFiles::of(settings))),
            certificates: settings.certificates(),
            wire: Arc::new(Roads::new(
                Self::folders(settings)?,
                Self::broker(settings, identity)?,
                HttpsWire::new(endpoints, settings.limits.post_timeout_ms, identity)?,
            )),
            peers: Peers::new(peers),
            catalogue,
            rules: Arc::new(Rules::built_in(settings.limits)?),
            signers: Shelf::new(settings.seal.signers()?),
            third_party: Self::third_party(settings, identity, watched)?,
            time_stamps: Self::time_stamps(settings, identity)?,
            revocation,
            facts: settings.facts.of(settings.state)?,
            cases: settings.treaty.policy(settings.cases)?,
            proactive: settings.proactive.as_ref().map(ProactiveSettings::plan),
            labour: settings.labour.of(labour_peers, settings, identity)?,
            checks: settings.checks.of(&settings.peers.iter().map(|peer| peer.state).collect())?,
            entry,
            desk,
            wake: Wake::default(),
        };
        load_statuses(&ctx).await?;
        Ok(ctx)
    }

    /// The way to our third party, and whose receipts count.
    fn third_party(
        settings: &Settings,
        identity: &NodeIdentity,
        watched: impl Fn(TrustStore) -> TrustStore,
    ) -> Result<Option<OwnThirdParty>, StartError> {
        let Some(third) = &settings.third_party else { return Ok(None) };
        let url = third.url.parse().map_err(|_cause| StartError::Url { peer: "third-party".to_owned() })?;
        let wire = HttpsThirdParty::new("third-party", url, settings.limits.post_timeout_ms, identity)?;
        let trust = watched(TrustStore::from_files(&[&third.authorities])?);
        Ok(Some(OwnThirdParty {
            wire: Box::new(wire),
            trust: Shelf::new(ReceiptTrust::new(trust, third.signers.clone())),
            gives_receipts: third.receipts,
        }))
    }

    /// The way to our time-stamping authority, and whose time stamps count.
    fn time_stamps(
        settings: &Settings,
        identity: &NodeIdentity,
    ) -> Result<Option<OwnTimeStamps>, StartError> {
        let Some(stamps) = &settings.time_stamps else { return Ok(None) };
        let url = stamps.url.parse().map_err(|_cause| StartError::Url { peer: "time-stamps".to_owned() })?;
        let wire = HttpsThirdParty::new("time-stamps", url, settings.limits.post_timeout_ms, identity)?;
        let trust = TrustStore::from_files(&[&stamps.authorities])?;
        Ok(Some(OwnTimeStamps {
            wire: Box::new(wire),
            trust: Shelf::new(StampTrust::new(trust, stamps.signer.clone())),
            every_ms: stamps.every_ms,
            renew_before: SignedDuration::from_hours(i64::from(stamps.renew_before_days) * 24),
        }))
    }

    /// The folders of the peers that are reached by files.
    fn folders(settings: &Settings) -> Result<FolderWire, StartError> {
        let folder = |peer: &super::Peer| Some((peer.state.to_string(), peer.url.strip_prefix(FILE)?.into()));
        Ok(FolderWire::new(settings.peers.iter().filter_map(folder).collect())?)
    }

    /// The broker by whose queues some peers are reached; it connects when it is used.
    fn broker(settings: &Settings, identity: &NodeIdentity) -> Result<Option<BrokerWire>, StartError> {
        let Some(broker) = &settings.broker else { return Ok(None) };
        let queue =
            |peer: &super::Peer| Some((peer.state.to_string(), peer.url.strip_prefix(QUEUE)?.to_owned()));
        Ok(Some(BrokerWire::new(BrokerPlan {
            url: broker.url.clone(),
            password: password(broker.password_file.as_deref())?,
            inbound: broker.inbound.clone(),
            expiry_ms: broker.expiry_ms,
            identity: identity.clone(),
            queues: settings.peers.iter().filter_map(queue).collect(),
            timeout_ms: settings.limits.post_timeout_ms,
        })))
    }

    /// Opens the database of a node: its file, or that of the server in its settings.
    ///
    /// # Errors
    /// It cannot be opened, or is not fit to keep what was acknowledged.
    pub async fn store(settings: &Settings) -> Result<Store, StartError> {
        let Some(Server { urls, password_file }) = &settings.database else {
            return Ok(Store::open(settings.data.join("stazh.db")).await?);
        };
        let password = password(password_file.as_deref())?;
        let password = password.as_ref().map(|password| password.expose().trim_end_matches('\n'));
        Ok(Store::connect(urls, password).await?)
    }

    /// Starts a node behind its opened doors.
    ///
    /// # Errors
    /// Another node runs on the same data, or a file of the settings is unusable.
    pub async fn start(door: Door, settings: &Settings, desk: Arc<dyn Desk>) -> Result<Self, StartError> {
        make_folder(&settings.data)?;
        let lock = lock(&settings.data)?;
        SealFiles::of(settings).complete()?;
        let keys = keys_on_disk(settings);
        let ctx = Arc::new(Self::context(settings, &door.identity, desk).await?);
        if !ctx.store.is_shared() {
            take_back_leases(&ctx.store).await?; // the lock says that no other process holds a lease here
        }
        note_start(&ctx).await?;
        if let Some(gap) = ctx.store.failover_gap() {
            tracing::warn!("{gap}");
        }
        let (stop, stopping) = watch::channel(false);
        let mut tasks = JoinSet::new();
        tasks.spawn(serve_peers(door.peers, stopping.clone(), ctx.clone()));
        let (health, watched) = (door.health, ctx.clone());
        let until = stopping.clone();
        tasks.spawn(async move {
            if let Err(error) = serve_health(health, until, watched).await {
                tracing::error!(%error, "the door for the watchers broke");
            }
        });
        if let (Some(listener), Some(door)) = (door.local, &settings.local_api) {
            let (callers, until) = (door.callers()?, stopping.clone());
            tasks.spawn(named(
                "the door for the local system",
                serve_local(listener, callers, until, ctx.clone()),
            ));
        }
        if let (Some(listener), Some(console)) = (door.console, &settings.console) {
            let (plan, until) = (console.plan(settings.state)?, stopping.clone());
            tasks.spawn(named("the door for people", serve_console(listener, plan, until, ctx.clone())));
        }
        if let Some(dropped) = Dropped::open(settings)? {
            let watching = run_dropped(dropped, stopping.clone(), ctx.clone());
            tasks.spawn(named("the watch over the folder of inquiries", watching));
        }
        for poll in Poll::all(settings)? {
            tasks.spawn(named("the poll of a source", run_poll(poll, stopping.clone(), ctx.clone())));
        }
        let broker = Self::broker(settings, &door.identity)?;
        tasks.spawn(run_workers(stopping.clone(), Self::folders(settings)?, broker, ctx.clone()));
        tasks.spawn(named(
            "the watch over the ends of certificates",
            run_endings(settings.certificates(), stopping.clone(), ctx.clone()),
        ));
        let of = (Arc::new(settings.clone()), door.identity.clone());
        tasks.spawn(named("the watch over keys", watch_keys(keys, of, stopping.clone(), ctx.clone())));
        let reading = ctx.clone();
        tasks.spawn(async move {
            if let Err(error) = note_local_findings(&reading).await {
                tracing::error!(%error, "the findings in the local records could not be journalled");
            }
        });
        Ok(Self { ctx, stop, tasks, _lock: lock })
    }

    /// What its flows are handed.
    pub fn flows(&self) -> &Arc<Context> {
        &self.ctx
    }

    /// Stops it: no new callers, what was begun is finished, the database is closed.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        while self.tasks.join_next().await.is_some() {}
        self.ctx.store.close().await;
    }
}

/// Runs work of the node; who reads the log learns if it ends by a defect.
async fn named(what: &'static str, work: impl Future<Output = ()> + Send + 'static) {
    if let Err(error) = tokio::spawn(work).await {
        tracing::error!(%error, "{what} ended by a defect; restart the node and report it");
    }
}

/// Journals who starts which program, and that it is another one than before.
async fn note_start(ctx: &Context) -> Result<(), StartError> {
    let object = format!("stazh:{}/{}", env!("CARGO_PKG_VERSION"), schema_version());
    let user = os_user();
    let started = act_page(&mut ctx.store.read().await?, ActsBy::Object(&object), None, 1).await?;
    let of = (ctx.clock.as_ref(), ctx.random.as_ref());
    if started.is_empty() {
        note_command((&user, "node-upgrade", &object), None, &ctx.store, of).await?;
    }
    Ok(note_command((&user, "node-start", &object), None, &ctx.store, of).await?)
}

fn make_folder(path: &Path) -> Result<(), StartError> {
    std::fs::create_dir_all(path).map_err(|source| StartError::Folder { path: path.to_owned(), source })
}

fn lock(data: &Path) -> Result<File, StartError> {
    let path = data.join("node.lock");
    let file = File::create(&path).map_err(|source| StartError::Folder { path: path.clone(), source })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(_taken) => Err(StartError::InUse { path: data.to_owned() }),
    }
}

/// The beginning of an address that is a queue.
const QUEUE: &str = "amqp:";
/// The beginning of an address that is a folder.
const FILE: &str = "file://";
