//! A trusted third party of a sandbox: its settings, its start and stop. A state's own is run by its certification
//! authority.

use super::settings::read_text;
use super::{RevocationSettings, SealPlan, SettingsError, StartError, WireFiles};
use crate::base::{Clock, Limits, OsRandom, Random, SystemClock};
use crate::exchange::canonical::State;
use crate::exchange::seal::{ReceiptTrust, StampAuthority, ThirdParty, TrustStore};
use crate::exchange::transit::Schedule;
use crate::exchange::wire::{NodeIdentity, TlsListener};
use crate::http::{ThirdPartyDoor, serve_third_party};
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// All a third party is told before it starts.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThirdPartyPlan {
    /// Whose it is, and where it is called.
    pub third_party: Place,
    /// Its identity on the wire.
    pub wire: WireFiles,
    /// Its identity on receipts.
    pub seal: SealPlan,
    /// Its identity on time stamps, if it gives any.
    pub time_stamps: Option<SealPlan>,
    /// Whom it may judge.
    #[serde(default)]
    pub registered: Vec<Registered>,
    /// Who tells which certificates are revoked.
    pub revocation: Option<RevocationSettings>,
    /// Bounds on everything.
    #[serde(default)]
    pub limits: Limits,
}

/// Whose a third party is, and where it is called.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Whose it is.
    pub state: State,
    /// Where it is called.
    pub listen: SocketAddr,
}

/// A state whose signatures may be judged: by its authorities, by its third party, or by both.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registered {
    /// Which; for who reads the settings.
    pub state: State,
    /// The authorities behind its signatures.
    pub seal_authorities: Option<PathBuf>,
    /// The authorities behind the receipts of its third party.
    pub third_party: Option<PathBuf>,
    /// The subject of that one's certificate; one issued for RFC 3029 if absent.
    pub third_party_signer: Option<String>,
}

impl ThirdPartyPlan {
    /// Reads settings from a file.
    ///
    /// # Errors
    /// A file that cannot be read, or an unknown or absent key.
    pub fn read(path: &Path) -> Result<Self, SettingsError> {
        let text = read_text(path)?;
        let plan: Self =
            toml::from_str(&text).map_err(|source| SettingsError::Parse { path: path.to_owned(), source })?;
        if plan.registered.iter().all(|one| one.seal_authorities.is_none()) {
            let reason =
                "nobody is registered with it; add a state by stazh init TTP --trust NODE".to_owned();
            return Err(SettingsError::Unfit { path: path.to_owned(), reason });
        }
        if !plan.seal.also.is_empty() {
            let reason = "a receipt has one signer; take [[seal.also]] out".to_owned();
            return Err(SettingsError::Unfit { path: path.to_owned(), reason });
        }
        if let Some(reason) = plan.revocation.as_ref().and_then(RevocationSettings::misfit) {
            return Err(SettingsError::Unfit { path: path.to_owned(), reason });
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        let at = |file: PathBuf| folder.join(file);
        let WireFiles { certificate, key, authorities } = plan.wire;
        let registered = plan.registered.into_iter().map(|one| Registered {
            seal_authorities: one.seal_authorities.map(at),
            third_party: one.third_party.map(at),
            ..one
        });
        Ok(Self {
            wire: WireFiles { certificate: at(certificate), key: at(key), authorities: at(authorities) },
            seal: plan.seal.within(folder),
            time_stamps: plan.time_stamps.map(|plan| plan.within(folder)),
            registered: registered.collect(),
            revocation: plan.revocation.map(|revocation| revocation.within(folder)),
            ..plan
        })
    }
}

/// A running third party.
pub struct ThirdPartyNode {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl ThirdPartyNode {
    /// Starts it.
    ///
    /// # Errors
    /// The address is taken, or a file of the settings is unusable.
    pub async fn start(plan: &ThirdPartyPlan) -> Result<Self, StartError> {
        let files = &plan.wire;
        let identity = NodeIdentity::read(&files.certificate, &files.key, &files.authorities)?;
        let (clock, random): (Arc<dyn Clock>, Arc<dyn Random>) =
            (Arc::new(SystemClock), Arc::new(OsRandom::default()));
        let sources = plan.revocation.as_ref().map(|revocation| {
            let given = (clock.clone(), random.clone());
            revocation.open(plan.limits.post_timeout_ms, Schedule::default(), given).map(Arc::new)
        });
        let sources = sources.transpose()?;
        let watched = |trust: TrustStore| match &sources {
            Some(sources) => trust.with_statuses(sources.statuses().clone()),
            None => trust,
        };
        let authorities: Vec<&PathBuf> =
            plan.registered.iter().filter_map(|one| one.seal_authorities.as_ref()).collect();
        let others = plan.registered.iter().filter_map(|one| {
            let trust = TrustStore::from_files(&[one.third_party.as_ref()?]);
            Some(trust.map(|trust| ReceiptTrust::new(watched(trust), one.third_party_signer.clone())))
        });
        let party = ThirdParty::new(
            plan.seal.own.signer()?,
            watched(TrustStore::from_files(&authorities)?),
            others.collect::<Result<_, _>>()?,
            plan.limits,
        );
        let stamps = plan.time_stamps.as_ref().map(|files| StampAuthority::new(files.own.signer()?));
        let stamps = stamps.transpose()?;
        let place = &plan.third_party;
        let listener = TlsListener::bind(place.listen, plan.limits.handshake_timeout_ms, &identity).await?;
        let address = listener.address()?;
        let (stop, stopping) = watch::channel(false);
        let door = ThirdPartyDoor::new((party, stamps), (clock, random), sources, plan.limits);
        let task = tokio::spawn(serve_third_party(listener, stopping, Arc::new(door)));
        Ok(Self { address, stop, task })
    }

    /// Where it is called.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops it: no new callers, what was begun is finished.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        let _ = self.task.await; // it is over either way
    }
}
