//! Those whom the node calls: peers, and the third party.

use super::keys::validity;
use super::{Check, NodeIdentity, OtherClock, Settings};
use crate::base::{OsRandom, Random, with_causes};
use crate::exchange::canonical::State;
use crate::exchange::seal::{Question, ReceiptTrust, TrustStore, certificates_in};
use crate::exchange::wire::{
    AskedBy, HttpsThirdParty, HttpsWire, Inquest, PeerEndpoint, PeerLook, ThirdPartyWire, View,
};
use crate::node::Peer;
use bytes::Bytes;
use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;

/// Looks at every peer, at all of them at once.
pub(super) async fn peers(
    settings: &Settings,
    identity: &NodeIdentity,
    tell: &mut (dyn FnMut(Check) + Send),
) -> Vec<OtherClock> {
    let looks = settings.peers.iter().map(|peer| async move {
        let mut told = Vec::new();
        let clock = look(peer, settings, identity, &mut |check| told.push(check)).await;
        (told, clock)
    });
    let mut clocks = Vec::new();
    for (told, clock) in join_all(looks).await {
        told.into_iter().for_each(&mut *tell);
        clocks.extend(clock);
    }
    clocks
}

async fn look(
    peer: &Peer,
    settings: &Settings,
    identity: &NodeIdentity,
    tell: &mut (dyn FnMut(Check) + Send),
) -> Option<OtherClock> {
    let (of, name) = (format!("peer {}", peer.state), peer.state.to_string());
    if let Some(folder) = peer.url.strip_prefix("file://") {
        tell(match std::fs::read_dir(folder) {
            Ok(_) => Check::good(&of, format!("it is reached by the folder {folder}, which is there")),
            Err(error) => Check::warning(&of, "doctor.peer_away", format!("the folder {folder}: {error}")),
        });
        return None;
    }
    if peer.url.starts_with("amqp:") {
        tell(Check::good(&of, "it is reached by a queue of the broker, which is not looked at"));
        return None;
    }
    match look_at(peer, settings, identity).await {
        Ok(seen) => {
            let ours = settings.clock().now();
            judge((&of, ours), peer, settings.state, &seen, tell);
            seen.clock.map(|theirs| OtherClock { of: name, theirs, ours })
        }
        Err(why) => {
            tell(Check::bad(&of, "doctor.peer_away", why));
            None
        }
    }
}

/// Looks at a peer that is reached by HTTPS.
///
/// # Errors
/// In words: it is away, or one of us does not accept the other.
pub async fn look_at(peer: &Peer, settings: &Settings, identity: &NodeIdentity) -> Result<PeerLook, String> {
    let name = peer.state.to_string();
    let url = peer.url.parse().map_err(|_cause| "its url is none".to_owned())?;
    let endpoint = PeerEndpoint { name: name.clone(), url };
    let wire = HttpsWire::new(vec![endpoint], settings.limits.post_timeout_ms, identity);
    wire.map_err(|error| with_causes(&error))?.look(&name).await.map_err(|error| with_causes(&error))
}

/// What was seen of a peer, and how it sees us.
fn judge(
    (of, now): (&str, Timestamp),
    peer: &Peer,
    own: State,
    seen: &PeerLook,
    tell: &mut (dyn FnMut(Check) + Send),
) {
    if seen.dns_names.contains(&peer.certificate_name) {
        tell(Check::good(of, format!("it is there, and its certificate names {}", peer.certificate_name)));
    } else {
        let told = format!("its certificate names {:?}, not {}", seen.dns_names, peer.certificate_name);
        tell(Check::bad(of, "doctor.peer_name", told));
    }
    if let Ok(facts) = certificates_in(&seen.certificate_pem) {
        validity(of, &facts, now, tell);
    }
    let state = own.to_string();
    tell(match &seen.view {
        None => {
            let told = format!("it does not tell how it sees us (it answers {})", seen.status);
            Check::warning(of, "doctor.peer_silent", told)
        }
        Some(View { node, .. }) if *node != peer.state.to_string() => {
            Check::bad(of, "doctor.peer_name", format!("it is the node of {node}"))
        }
        Some(View { caller: None, .. }) => Check::bad(of, "doctor.peer_stranger", "we are a stranger to it"),
        Some(View { caller: Some(caller), .. }) if *caller != state => {
            Check::bad(of, "doctor.peer_stranger", format!("it takes us for {caller}"))
        }
        Some(View { processes, .. }) => {
            Check::good(of, format!("it knows us, and lets us take part in {}", processes.join(", ")))
        }
    });
}

/// Asks our third party about something that is no document: a lawful answer says that it cannot be judged.
pub(super) async fn third_party(
    settings: &Settings,
    identity: &NodeIdentity,
    tell: &mut (dyn FnMut(Check) + Send),
) -> Option<OtherClock> {
    const OF: &str = "the third party";
    let third = settings.third_party.as_ref()?;
    let asked = async {
        let url = third.url.parse().map_err(|_cause| "its url is none".to_owned())?;
        let words = |error: &dyn std::error::Error| with_causes(error);
        let wire = HttpsThirdParty::new("third-party", url, settings.limits.post_timeout_ms, identity);
        let wire = wire.map_err(|error| words(&error))?;
        let now = whole_second(settings.clock().now());
        let question = Question::new(OsRandom::default().uuid(), now).map_err(|error| words(&error))?;
        let length = u64::try_from(PROBE.len()).unwrap_or_default();
        let (before, after) = question.frame(length).map_err(|error| words(&error))?;
        let bytes = length + u64::try_from(before.len() + after.len()).unwrap_or_default();
        let pieces = [Bytes::from(before), Bytes::from_static(PROBE), Bytes::from(after)];
        let body = stream::iter(pieces.map(Ok)).boxed();
        let answer = wire.ask(Inquest { form: AskedBy::Dvcs, bytes, body }).await;
        let answer = answer.map_err(|error| words(&error))?;
        let trust = TrustStore::from_files(&[&third.authorities]).map_err(|error| words(&error))?;
        let trust = ReceiptTrust::new(trust, third.signers.clone());
        let ours = settings.clock().now();
        let answer = question.read_answer(&answer, &trust, ours).map_err(|error| words(&error))?;
        Ok::<_, String>((answer.said_at(), ours))
    };
    match asked.await {
        Ok((said_at, ours)) => {
            tell(Check::good(OF, "it answers, and its answer is signed by whom the settings name"));
            said_at.map(|theirs| OtherClock { of: OF.to_owned(), theirs, ours })
        }
        Err(why) => {
            tell(Check::bad(OF, "doctor.third_party_away", why));
            None
        }
    }
}

fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// No document: nothing can be said of its signatures.
const PROBE: &[u8] = b"<probe xmlns=\"urn:x-stazh:doctor\"></probe>";
