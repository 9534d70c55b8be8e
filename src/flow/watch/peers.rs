//! The other nodes: when there was an exchange last, what waits, and how long certificates last.

use super::super::{CertificateFile, Context, FlowError};
use crate::access::Permit;
use crate::exchange::seal::{CertificateFacts, certificates_in};
use crate::store::{figure_last, figure_open, figure_waiting};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// The other nodes, and the certificates this one works with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PeersView {
    /// By state.
    pub peers: Vec<PeerTold>,
    /// The next to end first.
    pub certificates: Vec<CertificateTold>,
    /// Files of certificates that cannot be read, by what they are.
    pub unreadable: Vec<String>,
}

/// Another node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PeerTold {
    /// Whose it is.
    pub state: String,
    /// When a message was last put into the outbox for it.
    #[schemars(with = "Option<String>")]
    pub last_left: Option<Timestamp>,
    /// When one last came from it.
    #[schemars(with = "Option<String>")]
    pub last_came: Option<Timestamp>,
    /// The DNS name in its certificate on the wire.
    pub certificate_name: String,
    /// How many times longer its terms are than the processes say.
    pub term_factor: u32,
    /// The common processes it takes part in; nothing if all.
    pub processes: Option<Vec<String>>,
    /// Messages with it that wait for a person.
    pub waiting: i64,
    /// Transactions that we began with it and that go on.
    pub open: i64,
    /// Of these, those a term of which has run out.
    pub open_late: i64,
}

/// A certificate that this node works with. No subject: it may be a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CertificateTold {
    /// What it is for.
    pub what: String,
    /// The first half of its SHA-256.
    pub fingerprint: String,
    /// Until when it is valid.
    #[schemars(with = "String")]
    pub ends_at: Timestamp,
    /// How many whole days are left; fewer than none when it has ended.
    pub days_left: i64,
}

/// The other nodes.
///
/// # Errors
/// The database does not answer.
pub async fn peers_view(_permit: &Permit, ctx: &Context) -> Result<PeersView, FlowError> {
    let now = ctx.clock.now();
    let mut tx = ctx.store.read().await?;
    let waiting = figure_waiting(&mut tx).await?;
    let open = figure_open(&mut tx, now).await?;
    let mut peers = Vec::new();
    for name in ctx.peers.names() {
        let peer = ctx.peers.of_name(&name)?;
        let (last_left, last_came) = figure_last(&mut tx, &name).await?;
        let of_peer = open.iter().find(|(peer, _, _)| *peer == name);
        peers.push(PeerTold {
            last_left,
            last_came,
            certificate_name: peer.certificate_name.clone(),
            term_factor: peer.term_factor,
            processes: peer.processes.as_ref().map(|all| all.iter().cloned().collect()),
            waiting: waiting.iter().filter(|(peer, _, _)| *peer == name).map(|(_, _, number)| number).sum(),
            open: of_peer.map_or(0, |(_, number, _)| *number),
            open_late: of_peer.map_or(0, |(_, _, late)| *late),
            state: name,
        });
    }
    drop(tx);
    let (files, signers) = (ctx.certificates.clone(), ctx.signers.get());
    let (certificates, unreadable) = Context::aside(move || {
        let (mut certificates, mut unreadable) = (Vec::new(), Vec::new());
        for signer in signers.all() {
            let facts = signer.certificates_pem().and_then(|pem| certificates_in(&pem));
            certificates.extend(facts.unwrap_or_default().iter().map(|it| told("our seal", it, now)));
        }
        for CertificateFile { what, path } in files {
            match std::fs::read(&path).ok().and_then(|pem| certificates_in(&pem).ok()) {
                Some(facts) => certificates.extend(facts.iter().map(|facts| told(&what, facts, now))),
                None => unreadable.push(what),
            }
        }
        certificates
            .sort_by(|a, b| (a.ends_at, &a.fingerprint, &a.what).cmp(&(b.ends_at, &b.fingerprint, &b.what)));
        certificates.dedup();
        (certificates, unreadable)
    })
    .await?;
    Ok(PeersView { peers, certificates, unreadable })
}

fn told(what: &str, facts: &CertificateFacts, now: Timestamp) -> CertificateTold {
    let left = facts.not_after.as_second().saturating_sub(now.as_second());
    CertificateTold {
        what: what.to_owned(),
        fingerprint: facts.fingerprint.to_string().chars().take(32).collect(),
        ends_at: facts.not_after,
        days_left: left.div_euclid(86_400),
    }
}
