//! Keys, authorities, and terms of one's own, that change on disk while the node runs: the next document, or the next connection, uses the new
//! ones.
//!
//! A change is taken when the files have stood still for one look, so that none is read half-written, and only if it is
//! fit: a key without its certificate, or a bundle that is none, leaves what is in use as it is, and the operator is told
//! once.

use super::{RevocationSource, Settings, StartError};
use crate::base::{Code, Digest256, Verdict, with_causes};
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
        // a disk may hang, and so may a token
        let files: Vec<_> = watched.iter().map(|keys| keys.files.clone()).collect();
        let looked = move || files.iter().map(|files| stamps(files)).collect::<Vec<_>>();
        let Some(Ok(looked)) = aside(looked, &mut stop).await else { continue };
        for (keys, now) in watched.iter_mut().zip(looked) {
            if !keys.has_settled(now) {
                continue;
            }
            let (what, settings, identity, context) =
                (keys.what.clone(), settings.clone(), identity.clone(), ctx.clone());
            match aside(move || what.take(&settings, &identity, &context), &mut stop).await {
                None => return,
                Some(Ok(taken)) => keys.learn(taken),
                Some(Err(error)) => {
                    tracing::error!(%error, "changed keys could not be read: a defect; report it")
                }
            }
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

/// Does what may block on a thread of its own; nothing if the node stops meanwhile.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
    stop: &mut watch::Receiver<bool>,
) -> Option<Result<T, tokio::task::JoinError>> {
    tokio::select! {
        _ = stop.wait_for(|is_over| *is_over) => None,
        done = tokio::task::spawn_blocking(work) => Some(done),
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
    /// Terms and working days of one's own.
    Treaty,
    /// Who tells which certificates of an authority are revoked, as it was at the start.
    Revocation { source: RevocationSource, before: Vec<Digest256> },
}

impl std::fmt::Display for What {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Seal => f.write_str("[seal]"),
            Self::Wire => f.write_str("[wire]"),
            Self::Peer(state, _) => write!(f, "seal_authorities of {state}"),
            Self::ThirdParty => f.write_str("authorities of [third_party]"),
            Self::TimeStamps => f.write_str("authorities of [time_stamps]"),
            Self::Treaty => f.write_str("[treaty]"),
            Self::Revocation { source, .. } => {
                write!(f, "the source of [revocation] for {}", source.authority.display())
            }
        }
    }
}

/// Why something new is not taken.
struct Unfit {
    code: Code,
    reason: String,
    /// Whether it may be taken as it is, later: a token that is away, a file that cannot be read now.
    is_passing: bool,
}

impl From<SealError> for Unfit {
    fn from(error: SealError) -> Self {
        let is_passing =
            matches!(error, SealError::ReadFile { .. }) || matches!(error.verdict(), Verdict::Retry { .. });
        Self { code: error.code(), reason: with_causes(&error), is_passing }
    }
}

impl From<WireError> for Unfit {
    fn from(error: WireError) -> Self {
        let is_passing = matches!(error, WireError::ReadFile { .. });
        Self { code: "wire.identity", reason: with_causes(&error), is_passing }
    }
}

impl From<StartError> for Unfit {
    fn from(error: StartError) -> Self {
        let is_passing = matches!(error, StartError::File { .. });
        Self { code: "pension.terms", reason: with_causes(&error), is_passing }
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
            Self::Revocation { source, before } => {
                if source.fingerprints()? == *before {
                    return Ok(None);
                }
                // nobody would be asked about the certificates of an authority that no source is known for
                let reason = "use another authority or signer of a source at once; start the node again";
                return Err(Unfit {
                    code: "seal.trust_bundle",
                    reason: reason.to_owned(),
                    is_passing: false,
                });
            }
            Self::Treaty => {
                let (book, after) = settings.treaty.book_and_digests()?;
                let before = ctx.cases.book.put(book.clone());
                return Ok((*before != book).then_some(after));
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
    /// What it told last.
    told: Option<KeysChange>,
    /// How many looks to let pass before what could not be read is tried again.
    rest: u32,
}

/// Length, and when it was written, of each file that is there.
type Stamps = Vec<Option<(u64, Option<SystemTime>)>>;

impl Keys {
    fn new(what: What, files: Vec<&Path>) -> Self {
        let files: Vec<PathBuf> = files.into_iter().map(Path::to_owned).collect();
        let stamps = stamps(&files);
        let (taken, seen) = (stamps.clone(), stamps);
        Self { what, files, taken, seen, untold: None, told: None, rest: 0 }
    }

    /// Whether the files, as they are `now`, are others than those that were taken, and stand still since the last look.
    fn has_settled(&mut self, now: Stamps) -> bool {
        let is_still = now == self.seen;
        self.seen = now;
        if !is_still {
            self.rest = 0;
        }
        self.rest = self.rest.saturating_sub(1);
        is_still && self.rest == 0 && self.seen != self.taken
    }

    /// What came of taking them. What may pass is tried again after a while, and told once.
    fn learn(&mut self, taken: Result<Option<Vec<Digest256>>, Unfit>) {
        let is_passing = matches!(&taken, Err(unfit) if unfit.is_passing);
        if is_passing {
            self.rest = LOOKS_OF_REST;
        } else {
            self.taken = self.seen.clone();
        }
        let change = match taken {
            Ok(None) => None,
            Ok(Some(fingerprints)) => Some(KeysChange::Taken { fingerprints }),
            Err(Unfit { code, reason, .. }) => Some(KeysChange::Unfit { code, reason }),
        };
        if change != self.told || !is_passing {
            self.untold = change.clone();
        }
        self.told = change;
    }
}

/// Half a minute by the default sweep.
const LOOKS_OF_REST: u32 = 60;

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
    let own = settings.treaty.files();
    all.push(Keys::new(What::Treaty, own.iter().map(PathBuf::as_path).collect()));
    for source in settings.revocation.iter().flat_map(|revocation| &revocation.sources) {
        let files = [Some(&source.authority), source.signer.as_ref()];
        let before = source.fingerprints().unwrap_or_default();
        let what = What::Revocation { source: source.clone(), before };
        all.push(Keys::new(what, files.into_iter().flatten().map(PathBuf::as_path).collect()));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_pass_is_tried_again_after_a_while_and_told_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("seal.pem");
        std::fs::write(&file, "old").unwrap();
        let mut keys = Keys::new(What::Seal, vec![&file]);
        std::fs::write(&file, "new one").unwrap();
        let look = |keys: &mut Keys| keys.has_settled(stamps(&keys.files.clone()));
        assert!(!look(&mut keys), "it may be half written");
        assert!(look(&mut keys));
        let away = |reason: &str, is_passing| {
            Err(Unfit { code: "seal.token_away", reason: reason.to_owned(), is_passing })
        };
        keys.learn(away("reach the token", true));
        assert!(keys.untold.take().is_some());
        let looks = (0..LOOKS_OF_REST * 2).filter(|_| look(&mut keys)).count();
        assert!(looks > 0, "it is never tried again");
        keys.learn(away("reach the token", true));
        assert_eq!(keys.untold, None, "it is told again and again");
        let again = (0..LOOKS_OF_REST).position(|_| look(&mut keys)).unwrap();
        assert!(again > 10, "a token that is away is asked all the time");
        keys.learn(Ok(Some(vec![Digest256([1; 32])])));
        assert!(matches!(keys.untold.take(), Some(KeysChange::Taken { .. })));
        assert!(!look(&mut keys) && !look(&mut keys));
        std::fs::write(&file, "half").unwrap();
        assert!(!look(&mut keys) && look(&mut keys));
        keys.learn(away("it does not fit", false));
        assert!(
            keys.untold.take().is_some() && !look(&mut keys),
            "it is told once and waits for another file"
        );
    }
}
