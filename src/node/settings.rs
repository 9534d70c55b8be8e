//! The node's settings: typed early, refused when unknown, explained by `deploy/node.example.toml`.
//!
//! What is written ([`Written`]) and what is used ([`Settings`]) are two types. A path is relative to the file
//! it stands in, so a node can be started from anywhere.

use super::{
    AccessSettings, CaseSettings, CheckSettings, ConsoleSettings, FactSettings, HandOverSettings,
    LabourSettings, LiveSettings, LocalApiSettings, PollSettings, ProactiveSettings, RehearsalSettings,
    RevocationSettings, SealPlan, TreatySettings,
};
use crate::base::Limits;
use crate::exchange::canonical::State;
use crate::exchange::seal::SignerPlan;
use crate::exchange::transit::Schedule;
use crate::flow::CertificateFile;
use serde::{Deserialize, Deserializer};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// All a node is told before it starts.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Whose node it is.
    pub state: State,
    /// Where its files are, and its database if no server keeps it.
    pub data: PathBuf,
    /// The server that keeps its database, if one does.
    pub database: Option<Server>,
    /// Where the local records are.
    pub local: PathBuf,
    /// Where records are handed over.
    pub handed_over: PathBuf,
    /// Where the node's own profiles of local forms are.
    pub profiles: PathBuf,
    /// The folder whose files are inquiries, if one is watched.
    pub inquiries: Option<PathBuf>,
    /// The door for the peers.
    pub listen: SocketAddr,
    /// The door for the machine's own watchers.
    pub health: SocketAddr,
    /// Our identity on the wire.
    pub wire: WireFiles,
    /// Our identity on documents.
    pub seal: SealPlan,
    /// The broker by whose queues peers are reached, if any are.
    pub broker: Option<Broker>,
    /// Our trusted third party, which judges the seals of other states.
    pub third_party: Option<ThirdPartySettings>,
    /// Who stamps what we exchanged.
    pub time_stamps: Option<TimeStampSettings>,
    /// Who tells which certificates are revoked.
    pub revocation: Option<RevocationSettings>,
    /// The door for the local system, if it has one.
    pub local_api: Option<LocalApiSettings>,
    /// The door for people and their programs, if it has one.
    pub console: Option<ConsoleSettings>,
    /// The queries that feed local records, by their names.
    pub sources: BTreeMap<String, PollSettings>,
    /// The queries about one person that are asked while an inquiry waits, by their names.
    pub live: BTreeMap<String, LiveSettings>,
    /// How what the peers answered reaches the local system, if not by files.
    pub hand_over: HandOverSettings,
    /// Which facts this node gives and takes.
    pub facts: FactSettings,
    /// How far the clock runs ahead, if this is a rehearsal.
    pub rehearsal: Option<RehearsalSettings>,
    /// What it does by itself in pension cases.
    pub cases: CaseSettings,
    /// Terms and working days of its own.
    pub treaty: TreatySettings,
    /// Whether inquiries are prepared for workers who near a pension age.
    pub proactive: Option<ProactiveSettings>,
    /// With whom persons in payment are checked.
    pub checks: CheckSettings,
    /// How it exchanges jobs.
    pub labour: LabourSettings,
    /// How people and programs are let in.
    pub access: AccessSettings,
    /// The other nodes, at most one a state.
    pub peers: Vec<Peer>,
    /// Bounds on everything.
    pub limits: Limits,
    /// How tries are spaced when a peer cannot be reached.
    pub retry: Schedule,
}

/// A PostgreSQL server that keeps the node's database; several replicas of the node may share it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// `postgresql://user@host/database`, without a password; the primary and its standbys, in any order.
    #[serde(rename = "url", deserialize_with = "one_or_more")]
    pub urls: Vec<String>,
    /// A file that holds the password, if one is asked for.
    pub password_file: Option<PathBuf>,
}

/// An AMQP 0-9-1 broker, as of an integration gateway.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Broker {
    /// `amqp://user@host:port/vhost` or `amqps://…`, without a password; `%2f` is the virtual host `/`.
    pub url: String,
    /// A file that holds the password, if one is asked for.
    pub password_file: Option<PathBuf>,
    /// The queue that we read; what nobody takes in time comes back to the queue of this name with `.EXPIRED`.
    #[serde(default = "gateway_in")]
    pub inbound: String,
    /// How long a message may wait in a queue (D5 App.1 names 4 hours).
    #[serde(default = "four_hours")]
    pub expiry_ms: u64,
}

/// Our own state's trusted third party.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThirdPartySettings {
    /// Its `https://` address.
    pub url: String,
    /// The authorities whose receipts count.
    pub authorities: PathBuf,
    /// The subject of its certificate, as `stazh verify` shows it, or a list of them while it changes; one issued for
    /// RFC 3029 if absent.
    #[serde(rename = "signer", default, deserialize_with = "one_or_more")]
    pub signers: Vec<String>,
    /// Whether documents of ours leave with its receipt.
    #[serde(default = "yes")]
    pub receipts: bool,
}

/// A time-stamping authority, and when it is asked.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeStampSettings {
    /// Its `https://` address, where it knows who asks, or its `http://` address: what comes is signed.
    pub url: String,
    /// The authorities whose time stamps count.
    pub authorities: PathBuf,
    /// The subject of its certificate; any that is made for time stamps alone if absent.
    pub signer: Option<String>,
    /// What is exchanged in so much time is stamped together.
    #[serde(default = "a_minute")]
    pub every_ms: u64,
    /// How long before the end of its certificate a time stamp is stamped again.
    #[serde(default = "two_months")]
    pub renew_before_days: u32,
}

/// The files of our identity on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WireFiles {
    /// PEM certificate chain, leaf first.
    pub certificate: PathBuf,
    /// Its PKCS#8 key.
    pub key: PathBuf,
    /// The authorities of the peers' wire certificates.
    pub authorities: PathBuf,
}

/// Another node.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Peer {
    /// Whose node it is.
    pub state: State,
    /// Its `https://` address, or `file://` and the folder by which envelopes are carried to and from it, or `amqp:`
    /// and its queue at the broker.
    pub url: String,
    /// The DNS name in its wire certificate; no other certificate speaks for this state.
    pub certificate_name: String,
    /// The authorities whose seals are accepted from this state, and from no other; needed where no third party judges
    /// them.
    pub seal_authorities: Option<PathBuf>,
    /// The subject of the certificate that seals for this state, as `stazh verify` shows it, or a list of them while it
    /// changes; any signer of the authorities if absent.
    #[serde(rename = "seal_signer", default, deserialize_with = "one_or_more")]
    pub seal_signers: Vec<String>,
    /// How many times longer than the process says its terms are for this peer, for one that is reached by files.
    #[serde(default = "once")]
    pub term_factor: u32,
    /// The common processes it takes part in; a message of another one is refused. All of the catalogue if absent.
    pub processes: Option<BTreeSet<String>>,
}

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("read {}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is not what the example shows; the source names line and key.
    #[error("understand {}; compare it with deploy/node.example.toml", path.display())]
    Parse {
        /// Which.
        path: PathBuf,
        /// Why, with the line.
        #[source]
        source: toml::de::Error,
    },
    /// The parts do not fit together.
    #[error("use {}: {reason}", path.display())]
    Unfit {
        /// Which.
        path: PathBuf,
        /// What, and what to do.
        reason: String,
    },
}

impl Settings {
    /// Reads settings from a file.
    ///
    /// # Errors
    /// A file that cannot be read, an unknown or absent key, parts that do not fit.
    pub fn read(path: &Path) -> Result<Self, SettingsError> {
        Self::parse(&read_text(path)?, path)
    }

    fn parse(text: &str, path: &Path) -> Result<Self, SettingsError> {
        let written: Written =
            toml::from_str(text).map_err(|source| SettingsError::Parse { path: path.to_owned(), source })?;
        if let Some(reason) = written.misfit() {
            return Err(SettingsError::Unfit { path: path.to_owned(), reason });
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        let at = |file: PathBuf| folder.join(file);
        let Written {
            node,
            database,
            broker,
            third_party,
            time_stamps,
            revocation,
            local_api,
            console,
            sources,
            live,
            hand_over,
            facts,
            rehearsal,
            cases,
            treaty,
            proactive,
            checks,
            labour,
            access,
            wire,
            seal,
            peer,
            limits,
            retry,
        } = written;
        let broker = broker.map(|broker| Broker { password_file: broker.password_file.map(at), ..broker });
        let database =
            database.map(|server| Server { password_file: server.password_file.map(at), ..server });
        let third_party =
            third_party.map(|third| ThirdPartySettings { authorities: at(third.authorities), ..third });
        let time_stamps =
            time_stamps.map(|stamps| TimeStampSettings { authorities: at(stamps.authorities), ..stamps });
        let peers = peer
            .into_iter()
            .map(|p| Peer { seal_authorities: p.seal_authorities.map(at), url: placed(p.url, folder), ..p })
            .collect();
        Ok(Self {
            state: node.state,
            data: at(node.data),
            database,
            local: at(node.local),
            handed_over: at(node.handed_over),
            profiles: at(node.profiles),
            inquiries: node.inquiries.map(at),
            listen: node.listen,
            health: node.health,
            wire: WireFiles {
                certificate: at(wire.certificate),
                key: at(wire.key),
                authorities: at(wire.authorities),
            },
            seal: seal.within(folder),
            broker,
            third_party,
            time_stamps,
            revocation: revocation.map(|revocation| revocation.within(folder)),
            local_api: local_api.map(|door| door.within(folder)),
            console: console.map(|door| door.within(folder)),
            sources: sources.into_iter().map(|(name, source)| (name, source.within(folder))).collect(),
            live: live.into_iter().map(|(name, live)| (name, live.within(folder))).collect(),
            hand_over: hand_over.within(folder),
            facts,
            rehearsal,
            cases,
            treaty: treaty.within(folder),
            proactive: proactive.map(|plan| plan.within(folder)),
            checks: checks.within(folder),
            labour: labour.within(folder),
            access: access.within(folder),
            peers,
            limits,
            retry,
        })
    }
}

impl Settings {
    /// The files with certificates that the node works with.
    pub fn certificates(&self) -> Vec<CertificateFile> {
        let file = |what: String, path: &Path| CertificateFile { what, path: path.to_owned() };
        let seals = self.seal.plans().filter_map(SignerPlan::certificate_file);
        let mut files: Vec<_> = seals.map(|path| file("our seal".to_owned(), path)).collect();
        files.extend([
            file("our wire".to_owned(), &self.wire.certificate),
            file("an authority of the wire".to_owned(), &self.wire.authorities),
        ]);
        for peer in &self.peers {
            let what = format!("an authority of the seals of {}", peer.state);
            files.extend(peer.seal_authorities.as_deref().map(|path| file(what, path)));
        }
        let third = self.third_party.as_ref();
        files.extend(third.map(|third| file("an authority of receipts".to_owned(), &third.authorities)));
        let stamps = self.time_stamps.as_ref();
        files.extend(stamps.map(|own| file("an authority of time stamps".to_owned(), &own.authorities)));
        for source in self.revocation.iter().flat_map(|revocation| &revocation.sources) {
            files.push(file("an authority of revocation".to_owned(), &source.authority));
            let signer = source.signer.as_deref();
            files.extend(signer.map(|path| file("a responder of revocation".to_owned(), path)));
        }
        files.extend(self.local_api.iter().flat_map(LocalApiSettings::certificates));
        files.extend(self.console.iter().flat_map(ConsoleSettings::certificates));
        for (name, source) in &self.sources {
            let what = format!("an authority of the source {name}");
            files.extend(source.authorities.as_deref().map(|path| file(what, path)));
        }
        for (name, live) in &self.live {
            let what = format!("an authority of the database of [live.{name}]");
            files.extend(live.authorities.as_deref().map(|path| file(what, path)));
        }
        files.extend(self.hand_over.certificates());
        files
    }
}

pub(super) fn read_text(path: &Path) -> Result<String, SettingsError> {
    std::fs::read_to_string(path).map_err(|source| SettingsError::Read { path: path.to_owned(), source })
}

/// A folder is relative to the file that names it, like every path.
fn placed(url: String, folder: &Path) -> String {
    match url.strip_prefix("file://") {
        Some(path) => format!("file://{}", folder.join(path).display()),
        None => url,
    }
}

/// The file as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    node: WrittenNode,
    database: Option<Server>,
    broker: Option<Broker>,
    third_party: Option<ThirdPartySettings>,
    time_stamps: Option<TimeStampSettings>,
    revocation: Option<RevocationSettings>,
    local_api: Option<LocalApiSettings>,
    console: Option<ConsoleSettings>,
    #[serde(default)]
    sources: BTreeMap<String, PollSettings>,
    #[serde(default)]
    live: BTreeMap<String, LiveSettings>,
    #[serde(default)]
    hand_over: HandOverSettings,
    #[serde(default)]
    facts: FactSettings,
    rehearsal: Option<RehearsalSettings>,
    #[serde(default)]
    cases: CaseSettings,
    #[serde(default)]
    treaty: TreatySettings,
    proactive: Option<ProactiveSettings>,
    #[serde(default)]
    checks: CheckSettings,
    #[serde(default)]
    labour: LabourSettings,
    #[serde(default)]
    access: AccessSettings,
    wire: WireFiles,
    seal: SealPlan,
    #[serde(default)]
    peer: Vec<Peer>,
    #[serde(default)]
    limits: Limits,
    #[serde(default)]
    retry: Schedule,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenNode {
    state: State,
    data: PathBuf,
    #[serde(default = "local")]
    local: PathBuf,
    #[serde(default = "handed_over")]
    handed_over: PathBuf,
    #[serde(default = "profiles")]
    profiles: PathBuf,
    inquiries: Option<PathBuf>,
    listen: SocketAddr,
    health: SocketAddr,
}

fn gateway_in() -> String {
    "GATEWAY.INT.IN".to_owned()
}

fn four_hours() -> u64 {
    4 * 60 * 60 * 1000
}

fn a_minute() -> u64 {
    60_000
}

fn two_months() -> u32 {
    60
}

impl Server {
    /// The first thing that does not fit, if any.
    fn misfit(&self) -> Option<String> {
        if self.urls.is_empty() {
            return Some("the database has no url; write postgresql://user@host/database".to_owned());
        }
        for (number, url) in self.urls.iter().enumerate() {
            let rest = url.strip_prefix("postgresql://").or_else(|| url.strip_prefix("postgres://"));
            let Some(rest) = rest else {
                return Some("the url of the database is not postgresql://user@host/database".to_owned());
            };
            let authority = rest.split('/').next().unwrap_or_default();
            if authority.rsplit_once('@').is_some_and(|(user, _host)| user.contains(':'))
                || rest.contains("password=")
            {
                return Some("the url of the database holds a password; name a password_file".to_owned());
            }
            if authority.contains(',') {
                return Some("the url of the database names several hosts; write a list of urls".to_owned());
            }
            if self.urls.iter().take(number).any(|other| other == url) {
                return Some("a url of the database stands twice".to_owned());
            }
        }
        None
    }
}

/// One word, or a list of them.
fn one_or_more<'de, D: Deserializer<'de>>(written: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "one text, or a list of them")]
    enum Words {
        One(String),
        More(Vec<String>),
    }
    Ok(match Words::deserialize(written)? {
        Words::One(word) => vec![word],
        Words::More(words) => words,
    })
}

fn yes() -> bool {
    true
}

fn once() -> u32 {
    1
}

fn local() -> PathBuf {
    PathBuf::from("local")
}

fn profiles() -> PathBuf {
    PathBuf::from("profiles")
}

fn handed_over() -> PathBuf {
    PathBuf::from("handed-over")
}

impl Written {
    /// The first thing that does not fit, if any.
    fn misfit(&self) -> Option<String> {
        if let Some(reason) = self.database.as_ref().and_then(Server::misfit) {
            return Some(reason);
        }
        let lease_ms = u64::try_from(self.limits.lease_ms).unwrap_or(0);
        if self.limits.sweep_ms == 0 || self.limits.sweep_ms > lease_ms / 4 {
            return Some(
                "sweep_ms is not from 1 to a quarter of lease_ms, and leases could not go on".to_owned(),
            );
        }
        if let Some(Broker { url, .. }) = &self.broker {
            let rest = url.strip_prefix("amqp://").or_else(|| url.strip_prefix("amqps://"));
            let Some(rest) = rest else {
                return Some("the url of the broker is not amqp://user@host:port/vhost".to_owned());
            };
            if rest
                .split('/')
                .next()
                .is_some_and(|to| to.rsplit_once('@').is_some_and(|(user, _)| user.contains(':')))
            {
                return Some("the url of the broker holds a password; name a password_file".to_owned());
            }
        }
        if lease_ms <= self.limits.post_timeout_ms {
            return Some(
                "lease_ms must exceed post_timeout_ms, or a slow delivery is begun twice".to_owned(),
            );
        }
        if self.third_party.as_ref().is_some_and(|third| !third.url.starts_with("https://")) {
            return Some(
                "the url of the third party is not https; its callers are authenticated by TLS".to_owned(),
            );
        }
        if let Some(stamps) = &self.time_stamps {
            if !["https://", "http://"].iter().any(|start| stamps.url.starts_with(start)) {
                return Some("the url of [time_stamps] is neither https nor http".to_owned());
            }
            if stamps.every_ms == 0 {
                return Some("every_ms of [time_stamps] is 0; write 1 or more".to_owned());
            }
        }
        if self.rehearsal.is_some() && (self.third_party.is_some() || self.time_stamps.is_some()) {
            return Some(
                "a [rehearsal] has no [third_party] and no [time_stamps]: their clocks do not run ahead"
                    .to_owned(),
            );
        }
        let of_revocation = self.revocation.as_ref().and_then(RevocationSettings::misfit);
        let of_sources = self.sources.iter().find_map(|(name, source)| source.misfit(name));
        let of_sources = of_sources.or_else(|| self.live.iter().find_map(|(name, live)| live.misfit(name)));
        let of_ages = self.proactive.as_ref().and_then(|plan| plan.misfit(self.node.state));
        let of_door = self.local_api.as_ref().and_then(LocalApiSettings::misfit);
        let of_door = of_door.or_else(|| self.console.as_ref().and_then(ConsoleSettings::misfit));
        if let Some(reason) = of_revocation
            .or(of_door)
            .or(of_sources)
            .or(of_ages)
            .or(self.labour.misfit())
            .or_else(|| self.hand_over.misfit())
        {
            return Some(reason);
        }
        let mut seen = vec![self.node.state];
        for Peer { state, url, term_factor, seal_authorities, processes, .. } in &self.peer {
            if processes.as_ref().is_some_and(BTreeSet::is_empty) {
                return Some(format!(
                    "peer {state} takes part in no process; name some, or leave processes out"
                ));
            }
            if seal_authorities.is_none() && self.third_party.is_none() {
                return Some(format!(
                    "peer {state} has no seal_authorities, and no [third_party] judges its seals"
                ));
            }
            if *term_factor == 0 {
                return Some(format!("the term_factor of peer {state} is 0; write 1 or more"));
            }
            if seen.contains(state) {
                return Some(format!("{state} stands twice; a state has one node, its own is not its peer"));
            }
            if url.strip_prefix("amqp:").is_some_and(|queue| queue.is_empty() || queue.starts_with('/')) {
                return Some(format!(
                    "the url of peer {state} is not amqp:QUEUE; the address of the broker stands in [broker]"
                ));
            }
            if url.starts_with("amqp:") && self.broker.is_none() {
                return Some(format!("peer {state} is reached by a queue, but there is no [broker]"));
            }
            if !["https://", "file://", "amqp:"].iter().any(|start| url.starts_with(start)) {
                return Some(format!(
                    "the url of peer {state} is neither https nor file nor amqp; peers are authenticated by TLS"
                ));
            }
            seen.push(*state);
        }
        None
    }
}

#[cfg(test)]
mod tests;
