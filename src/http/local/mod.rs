//! The door for the local system: it brings inquiries and rows, and fetches what was handed over.
//!
//! It listens beside the door for the peers, never on it. Who calls shows a certificate of the settings, or a token on
//! this machine. Nothing of a person stands in an address.

mod routes;

use super::line::serve_line;
use super::problem::Problem;
use super::seats::Share;
use crate::base::Digest256;
use crate::exchange::seal::sha256;
use crate::exchange::wire::{PeerCertificate, TlsListener};
use crate::flow::Context;
use axum::Extension;
use axum::http::{HeaderMap, StatusCode, header};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

/// Where the local system calls.
pub enum LocalListener {
    /// On this machine, without TLS.
    Plain(TcpListener),
    /// Both sides authenticated.
    Tls(TlsListener),
}

/// Who may call.
#[derive(Debug, Clone, Default)]
pub struct LocalCallers {
    /// SHA-256 of the token that each call must bear, if one is asked for.
    pub token: Option<Digest256>,
    /// The DNS names one of which must stand in the caller's certificate; any of the authorities if there are none.
    pub names: Vec<String>,
}

/// The door.
struct LocalDoor {
    ctx: Arc<Context>,
    callers: LocalCallers,
    share: Arc<Share>,
}

/// The certificate of a caller, if he shows one.
#[derive(Clone)]
struct Shown(Option<Arc<PeerCertificate>>);

impl LocalListener {
    /// Where it listens, as an address to call.
    ///
    /// # Errors
    /// The operating system does not tell.
    pub fn url(&self) -> std::io::Result<String> {
        Ok(match self {
            Self::Plain(socket) => format!("http://{}", socket.local_addr()?),
            Self::Tls(listener) => {
                format!("https://{}", listener.address().map_err(std::io::Error::other)?)
            }
        })
    }
}

/// Answers the local system until `stop` turns true; a call that began is finished.
pub async fn serve_local(
    listener: LocalListener,
    callers: LocalCallers,
    mut stop: watch::Receiver<bool>,
    ctx: Arc<Context>,
) {
    let bytes = ctx.limits.bodies_bytes_per_peer_max.max(ctx.limits.body_bytes_max);
    let share = Arc::new(Share::new("the local system".to_owned(), CALLERS_MAX, bytes));
    let door = Arc::new(LocalDoor { ctx, callers, share });
    let router = routes::router(door.clone());
    let places = Arc::new(Semaphore::new(CALLERS_MAX));
    let idle = Duration::from_millis(door.ctx.limits.idle_ms);
    let mut calls = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            _ = stop.wait_for(|is_over| *is_over) => break,
            Some(_) = calls.join_next() => continue,
            accepted = accept(&listener) => accepted,
        };
        let Some(caller) = accepted else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        // a caller without a place is let go: it calls again
        let Ok(place) = places.clone().try_acquire_owned() else { continue };
        let (router, stop) = (router.clone(), stop.clone());
        calls.spawn(async move {
            match caller {
                Caller::Plain(stream) => {
                    serve_line(stream, router.layer(Extension(Shown(None))), idle, stop).await;
                }
                Caller::Tls(handshake) => {
                    let address: SocketAddr = handshake.caller();
                    match handshake.finish().await {
                        Ok((stream, certificate)) => {
                            let shown = Shown(Some(Arc::new(certificate)));
                            serve_line(stream, router.layer(Extension(shown)), idle, stop).await;
                        }
                        Err(error) => {
                            tracing::warn!(%address, error = ?error, "a caller of the local door was turned away");
                        }
                    }
                }
            }
            drop(place);
        });
    }
    while calls.join_next().await.is_some() {}
}

enum Caller {
    Plain(tokio::net::TcpStream),
    Tls(crate::exchange::wire::Handshake),
}

async fn accept(listener: &LocalListener) -> Option<Caller> {
    let accepted = match listener {
        LocalListener::Plain(socket) => {
            socket.accept().await.map(|(stream, _)| Caller::Plain(stream)).map_err(|error| error.to_string())
        }
        LocalListener::Tls(listener) => {
            listener.accept().await.map(Caller::Tls).map_err(|error| error.to_string())
        }
    };
    accepted.inspect_err(|error| tracing::warn!(error, "a caller of the local door was not accepted")).ok()
}

impl LocalDoor {
    /// Whether this caller may call.
    fn admit(&self, headers: &HeaderMap, shown: &Shown) -> Result<(), Problem> {
        let LocalCallers { token, names } = &self.callers;
        if let Some(wanted) = token {
            let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
            let given = given.and_then(|given| given.strip_prefix("Bearer "));
            // digests are compared: how long that takes tells nothing of the token
            if given.map(|given| sha256(given.trim().as_bytes())) != Some(*wanted) {
                let told = "send Authorization: Bearer with the token of the settings";
                return Err(Problem::new(StatusCode::UNAUTHORIZED, "http.token", "Authorization", told));
            }
        }
        let is_named = |certificate: &PeerCertificate| {
            names.is_empty() || certificate.dns_names.iter().any(|name| names.contains(name))
        };
        match &shown.0 {
            Some(certificate) if !is_named(certificate) => {
                let told = "its certificate has none of the names in the settings";
                Err(Problem::new(StatusCode::FORBIDDEN, "http.stranger", "the certificate", told))
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// One system calls, by a few connections.
const CALLERS_MAX: usize = 64;
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
