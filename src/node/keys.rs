//! Keys and authorities that change on disk while the node runs: the next document, or the next connection, uses the new
//! ones.
//!
//! A change is taken when the files have stood still for one look, so that none is read half-written, and only if it is
//! fit: a key without its certificate, or a bundle that is none, leaves what is in use as it is, and the operator is told
//! once.

use super::Settings;
use crate::base::{Code, Digest256, with_causes};
use crate::exchange::canonical::State;
use crate::exchange::seal::{ReceiptTrust, SealError, StampTrust, TrustStore};
use crate::exchange::wire::{NodeIdentity, WireError};
use crate::flow::{Context, KeysChange, note_keys};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::watch;

/// Looks at the files until `stop` turns true.
pub(super) async fn watch_keys(
    mut watched: Vec<Keys>,
    (settings, identity): (Arc<Settings>, NodeIdentity),
    mut stop: watch::Receiver<bool>,
    ctx: Arc<Context>,
) {
    loop {
        tokio::select! {
            _ = stop.wait_for(|is_over| *is_over) => return,
            () = tokio::time::sleep(Duration::from_millis(ctx.limits.sweep_ms)) => {}
        }
        for keys in &mut watched {
            if !keys.has_settled() {
                continue;
            }
            let (what, settings, identity, context) =
                (keys.what.clone(), settings.clone(), identity.clone(), ctx.clone());
            let taken = tokio::task::spawn_blocking(move || what.take(&settings, &identity, &context)).await;
            let Ok(taken) = taken else { return }; // the node is stopping
            keys.untold = match taken {
                Ok(None) => None,
                Ok(Some(fingerprints)) => Some(KeysChange::Taken { fingerprints }),
                Err(Unfit(code, reason)) => Some(KeysChange::Unfit { code, reason }),
            };
        }
        for keys in &mut watched {
            let Some(change) = &keys.untold else { continue };
            match note_keys(&keys.what.to_string(), change, &ctx).await {
                Ok(()) => keys.untold = None,
                Err(error) => {
                    tracing::warn!(error = %with_causes(&error), "a change of keys is journalled later")
                }
            }
        }
    }
}

/// What is read from some files.
#[derive(Debug, Clone)]
enum What {
    /// Our keys for documents.
    Seal,
    /// Our key for the wire, and whom we let in.
    Wire,
    /// Whose seals are accepted from a state.
    Peer(State, PathBuf),
    /// Whose receipts count.
    ThirdParty,
    /// Whose time stamps count.
    TimeStamps,
    /// Who tells which certificates are revoked.
    Revocation,
}

impl std::fmt::Display for What {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Seal => f.write_str("[seal]"),
            Self::Wire => f.write_str("[wire]"),
            Self::Peer(state, _) => write!(f, "seal_authorities of {state}"),
            Self::ThirdParty => f.write_str("authorities of [third_party]"),
            Self::TimeStamps => f.write_str("authorities of [time_stamps]"),
            Self::Revocation => f.write_str("authorities of [revocation]"),
        }
    }
}

/// Why something new is not taken.
struct Unfit(Code, String);

impl From<SealError> for Unfit {
    fn from(error: SealError) -> Self {
        Self(error.code(), with_causes(&error))
    }
}

impl From<WireError> for Unfit {
    fn from(error: WireError) -> Self {
        Self("wire.identity", with_causes(&error))
    }
}

impl What {
    /// Reads it anew and puts it in place of what was there; tells the certificates if they are others.
    fn take(
        &self,
        settings: &Settings,
        identity: &NodeIdentity,
        ctx: &Context,
    ) -> Result<Option<Vec<Digest256>>, Unfit> {
        let (before, after) = match self {
            Self::Seal => {
                let signers = settings.seal.signers()?;
                let after = signers.fingerprints()?;
                (ctx.signers.put(signers).fingerprints()?, after)
            }
            Self::Wire => {
                let files = &settings.wire;
                let fresh = NodeIdentity::read(&files.certificate, &files.key, &files.authorities)?;
                let of = |identity: &NodeIdentity| {
                    identity.fingerprints().map(|(own, authorities)| [vec![own], authorities].concat())
                };
                let before = of(identity)?;
                identity.renew(&fresh)?;
                (before, of(&fresh)?)
            }
            Self::Peer(state, file) => {
                let peer = ctx.peers.of_name(state.as_code()).ok().and_then(|peer| peer.trust.as_ref());
                let Some(shelf) = peer else { return Ok(None) };
                let trust = ctx.with_statuses(TrustStore::from_files(&[file])?);
                let after = trust.fingerprints()?;
                (shelf.put(trust).fingerprints()?, after)
            }
            Self::Revocation => {
                // nobody would be asked about the certificates of an authority that no source is known for
                let reason = "the authority or the signer of a source has changed; start the node again";
                return Err(Unfit("seal.trust_bundle", reason.to_owned()));
            }
            Self::ThirdParty => {
                let Some((third, used)) = settings.third_party.as_ref().zip(ctx.third_party.as_ref()) else {
                    return Ok(None);
                };
                let trust = ctx.with_statuses(TrustStore::from_files(&[&third.authorities])?);
                let after = trust.fingerprints()?;
                let trust = ReceiptTrust::new(trust, third.signers.clone());
                (used.trust.put(trust).fingerprints()?, after)
            }
            Self::TimeStamps => {
                let Some((stamps, used)) = settings.time_stamps.as_ref().zip(ctx.time_stamps.as_ref()) else {
                    return Ok(None);
                };
                let trust =
                    StampTrust::new(TrustStore::from_files(&[&stamps.authorities])?, stamps.signer.clone());
                let after = trust.fingerprints()?;
                (used.trust.put(trust).fingerprints()?, after)
            }
        };
        Ok((before != after).then_some(after))
    }
}

/// Files with how they were when they were last taken.
pub(super) struct Keys {
    what: What,
    files: Vec<PathBuf>,
    taken: Stamps,
    seen: Stamps,
    /// What the journal does not tell yet.
    untold: Option<KeysChange>,
}

/// Length, and when it was written, of each file that is there.
type Stamps = Vec<Option<(u64, Option<SystemTime>)>>;

impl Keys {
    fn new(what: What, files: Vec<&Path>) -> Self {
        let files: Vec<PathBuf> = files.into_iter().map(Path::to_owned).collect();
        let stamps = stamps(&files);
        Self { what, files, taken: stamps.clone(), seen: stamps, untold: None }
    }

    /// Whether the files are others than those that were taken, and stand still since the last look.
    fn has_settled(&mut self) -> bool {
        let now = stamps(&self.files);
        let is_still = now == self.seen;
        self.seen = now;
        let has_changed = self.seen != self.taken;
        if is_still && has_changed {
            self.taken = self.seen.clone();
        }
        is_still && has_changed
    }
}

fn stamps(files: &[PathBuf]) -> Stamps {
    let stamp =
        |file: &PathBuf| std::fs::metadata(file).ok().map(|facts| (facts.len(), facts.modified().ok()));
    files.iter().map(stamp).collect()
}

/// All that may change, as it is now.
pub(super) fn keys_on_disk(settings: &Settings) -> Vec<Keys> {
    let wire = &settings.wire;
    let mut all = vec![
        Keys::new(What::Seal, settings.seal.files()),
        Keys::new(What::Wire, vec![&wire.certificate, &wire.key, &wire.authorities]),
    ];
    for peer in &settings.peers {
        if let Some(file) = &peer.seal_authorities {
            all.push(Keys::new(What::Peer(peer.state, file.clone()), vec![file]));
        }
    }
    if let Some(third) = &settings.third_party {
        all.push(Keys::new(What::ThirdParty, vec![&third.authorities]));
    }
    if let Some(stamps) = &settings.time_stamps {
        all.push(Keys::new(What::TimeStamps, vec![&stamps.authorities]));
    }
    for source in settings.revocation.iter().flat_map(|revocation| &revocation.sources) {
        let files = [Some(&source.authority), source.signer.as_ref()];
        all.push(Keys::new(What::Revocation, files.into_iter().flatten().map(PathBuf::as_path).collect()));
    }
    all
}
