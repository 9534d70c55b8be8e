//! The door for people, and the interface for programs that does all the same.
//!
//! One table of routes ([`routes`]) serves both: the pages below `/console` are drawn by the server and need no script, the
//! interface below `/api/v1` speaks JSON. Before anything is done the gate asks [`crate::access`], and journals the answer.

mod accounts;
mod api;
mod appeals;
mod approvals;
mod asked;
mod audit;
mod bring;
mod case;
mod cases;
mod entry;
mod field;
mod figures;
mod frame;
mod gate;
mod help;
mod interface;
mod keys;
mod labour_consents;
mod labour_live;
mod labour_matches;
mod labour_reveals;
mod labour_told;
mod labour_vacancies;
mod labour_way;
mod labour_workers;
mod listed;
mod messages;
mod once;
mod openapi;
mod own_rules;
mod peers;
mod persons;
mod profiles;
mod requests;
mod route;
mod routes;
mod send;
mod timeline;
mod view;
mod workbench;

pub use listed::{ConsoleRoute, console_routes};

use super::line::serve_line;
use crate::exchange::wire::TlsListener;
use crate::flow::Context;
use jiff::tz::TimeZone;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

/// Where browsers call.
pub enum ConsoleListener {
    /// On this machine, without TLS: a gateway of the body stands before it.
    Plain(TcpListener),
    /// With our certificate.
    Tls(TlsListener),
}

/// How the pages are.
#[derive(Debug, Clone)]
pub struct ConsolePlan {
    /// In whose time they tell.
    pub zone: TimeZone,
    /// The header in which the gateway before the door tells who called, if one stands there.
    pub caller_header: Option<String>,
}

/// The door.
struct Console {
    ctx: Arc<Context>,
    plan: ConsolePlan,
    is_tls: bool,
}

impl ConsoleListener {
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

/// Answers browsers and programs until `stop` turns true; a call that began is finished.
pub async fn serve_console(
    listener: ConsoleListener,
    plan: ConsolePlan,
    mut stop: watch::Receiver<bool>,
    ctx: Arc<Context>,
) {
    let is_tls = matches!(listener, ConsoleListener::Tls(_));
    let idle = Duration::from_millis(ctx.limits.idle_ms);
    let console = Arc::new(Console { ctx, plan, is_tls });
    let places = Arc::new(Semaphore::new(CALLERS_MAX));
    let mut calls = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            _ = stop.wait_for(|is_over| *is_over) => break,
            Some(_) = calls.join_next() => continue,
            accepted = accept(&listener) => accepted,
        };
        let Some((caller, address)) = accepted else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        // a caller without a place is let go: a browser tries again
        let Ok(place) = places.clone().try_acquire_owned() else { continue };
        let (router, stop) = (gate::router(console.clone(), address), stop.clone());
        calls.spawn(async move {
            match caller {
                Caller::Plain(stream) => serve_line(stream, router, idle, stop).await,
                Caller::Tls(handshake) => match handshake.finish_unknown().await {
                    Ok(stream) => serve_line(stream, router, idle, stop).await,
                    Err(error) => tracing::debug!(%address, error = ?error, "a browser did not finish TLS"),
                },
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

async fn accept(listener: &ConsoleListener) -> Option<(Caller, IpAddr)> {
    let accepted = match listener {
        ConsoleListener::Plain(socket) => socket
            .accept()
            .await
            .map(|(stream, from)| (Caller::Plain(stream), from.ip()))
            .map_err(|error| error.to_string()),
        ConsoleListener::Tls(listener) => listener
            .accept()
            .await
            .map(|handshake| {
                let from = handshake.caller().ip();
                (Caller::Tls(handshake), from)
            })
            .map_err(|error| error.to_string()),
    };
    accepted.inspect_err(|error| tracing::warn!(error, "a browser was not accepted")).ok()
}

/// Clerks of a state at their desks, each with a few connections.
const CALLERS_MAX: usize = 2_000;
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
