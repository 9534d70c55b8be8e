//! The door for the peers: takes one envelope at a time and answers once it is stored.
//!
//! Nobody is let to take all of it: handshakes are few and short, each peer has its own share of connections and
//! memory, a body must keep a pace, and a connection without a message is closed.

use super::body::{Unread, read_body};
use super::seats::{Seat, Seats};
use super::sync::sync_routes;
use super::trouble::Trouble;
use crate::exchange::wire::{
    Announced, GZIP, Handshake, PeerCertificate, Reply, TlsListener, VIEW_PATH, View, WireError,
};
use crate::flow::{Caller, Context, Told, TurnedAway, answer_stranger, try_receive, unstored};
use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::routing::{get, post};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

/// Takes callers until `stop` turns true; a call that began is finished.
pub async fn serve_peers(listener: TlsListener, mut stop: watch::Receiver<bool>, ctx: Arc<Context>) {
    let door = Arc::new(Door {
        seats: Seats::new(&ctx.peers, &ctx.limits),
        turned_away: TurnedAway::default(),
        trouble: Trouble::default(),
        ctx,
    });
    let mut sums = tokio::time::interval(Duration::from_millis(door.ctx.limits.turned_away_every_ms.max(1)));
    let mut handshakes = JoinSet::new();
    let mut queue = Queue::default();
    let mut calls = JoinSet::new();
    loop {
        tokio::select! {
            () = until(&mut stop) => break,
            caller = listener.accept() => match caller {
                Ok(caller) => {
                    if let Some(error) = queue.make_room(handshakes.len(), door.ctx.limits.handshakes_max) {
                        calls.spawn(turn_away(error, door.clone()));
                    }
                    let address = caller.caller();
                    queue.0.push_back((handshakes.spawn(shake(caller)), address));
                }
                Err(error) => {
                    tracing::warn!(error = ?error, "a caller could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            Some(shaken) = handshakes.join_next() => {
                // one that was pushed out is told of where it was
                let Ok(shaken) = shaken else { continue };
                match shaken {
                    Ok((stream, certificate, address)) => match door.seat(&certificate, address) {
                        Ok(seat) => {
                            let guest = Arc::new(Guest { certificate, seat });
                            calls.spawn(serve_caller(stream, guest, stop.clone(), door.clone()));
                        }
                        Err(error) => { calls.spawn(turn_away(error, door.clone())); }
                    },
                    Err(error) => { calls.spawn(turn_away(error, door.clone())); }
                }
            }
            Some(_) = calls.join_next() => {}
            _ = sums.tick() => {
                let door = door.clone();
                calls.spawn(async move { door.turned_away.sum_up(&door.ctx).await });
            }
        }
    }
    drop(handshakes);
    while calls.join_next().await.is_some() {}
    door.turned_away.sum_up(&door.ctx).await;
}

/// What all callers meet.
struct Door {
    ctx: Arc<Context>,
    seats: Seats,
    turned_away: TurnedAway,
    trouble: Trouble,
}

/// A caller that proved who it is and has a place.
struct Guest {
    certificate: PeerCertificate,
    seat: Seat,
}

/// The handshakes that go on, oldest first.
#[derive(Default)]
struct Queue(VecDeque<(AbortHandle, SocketAddr)>);

impl Queue {
    /// Pushes the oldest out if there is no room for one more: an honest caller is quick, a flood only waits.
    fn make_room(&mut self, going: usize, handshakes_max: usize) -> Option<WireError> {
        while self.0.front().is_some_and(|(handshake, _)| handshake.is_finished()) {
            self.0.pop_front();
        }
        if going < handshakes_max {
            return None;
        }
        let (oldest, caller) = self.0.pop_front()?;
        oldest.abort();
        Some(WireError::PushedOut { caller, handshakes_max })
    }
}

impl Door {
    fn seat(&self, certificate: &PeerCertificate, caller: SocketAddr) -> Result<Seat, WireError> {
        let peer = self.ctx.peers.of_certificate(certificate).map(|peer| peer.state.to_string());
        self.seats.take(peer.as_deref()).map_err(|share| WireError::NoSeat {
            caller,
            name: share.name.clone(),
            callers_max: share.callers_max,
        })
    }

    /// Takes one message of a guest.
    async fn take(&self, guest: &Guest, request: Request) -> Reply {
        let Guest { certificate, seat } = guest;
        let limits = &self.ctx.limits;
        if !seat.is_peer {
            let source = certificate.as_stranger();
            let cause = "its certificate belongs to no configured peer";
            if self.turned_away.count(&source, "wire.unknown_caller", cause) == Told::OneMore {
                return answer_stranger(certificate, &self.ctx);
            }
        }
        let bytes_max = if seat.is_peer { limits.body_bytes_max } else { limits.stranger_bytes_max };
        let (arrived, _held) =
            match read_body(request, (bytes_max, seat.is_peer), &seat.share, &self.ctx).await {
                Ok(read) => read,
                Err(Unread::Unkept(error)) => {
                    self.trouble.met(&error, &self.ctx);
                    return unstored();
                }
                Err(Unread::Busy) => {
                    tracing::warn!(
                        peer = seat.share.name,
                        "a peer sends more at once than is taken; it tries again"
                    );
                    return unstored();
                }
            };
        match try_receive(Caller::Certificate(certificate), arrived, &self.ctx).await {
            Ok(reply) => {
                self.trouble.passed(&self.ctx).await;
                reply
            }
            Err(error) => {
                self.trouble.met(&error, &self.ctx);
                unstored()
            }
        }
    }
}

async fn shake(
    caller: Handshake,
) -> Result<(impl AsyncRead + AsyncWrite + Unpin + Send, PeerCertificate, SocketAddr), WireError> {
    let address = caller.caller();
    let (stream, certificate) = caller.finish().await?;
    Ok((stream, certificate, address))
}

async fn turn_away(error: WireError, door: Arc<Door>) {
    door.turned_away.turn_away(&error, &door.ctx).await;
}

async fn serve_caller(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    guest: Arc<Guest>,
    mut stop: watch::Receiver<bool>,
    door: Arc<Door>,
) {
    let limits = &door.ctx.limits;
    let idle = Duration::from_millis(limits.idle_ms);
    let grace = Duration::from_millis(limits.body_stall_ms);
    let is_peer = guest.seat.is_peer;
    let router = Router::new().route("/", post(take)).route(VIEW_PATH, get(view)).with_state(door.clone());
    let jobs = sync_routes(guest.certificate.clone(), door.ctx.clone());
    let service = TowerToHyperService::new(router.layer(Extension(guest)).merge(jobs));
    let mut builder = http1::Builder::new();
    // the time for a header runs from the end of the message before it, so it closes an idle connection too
    builder.timer(TokioTimer::new()).header_read_timeout(idle).max_buf_size(BUFFER_BYTES).keep_alive(is_peer);
    let mut call = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        outcome = call.as_mut() => Some(outcome),
        () = until(&mut stop) => None,
    };
    let outcome = match ended {
        Some(outcome) => outcome,
        None => {
            call.as_mut().graceful_shutdown();
            tokio::time::timeout(grace, call).await.unwrap_or(Ok(())) // its sender tries again
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(error = ?error, "a caller's connection ended early");
    }
}

/// Waits until the node stops; a lost sender means so too.
async fn until(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|is_over| *is_over).await; // see above
}

async fn take(
    State(door): State<Arc<Door>>,
    Extension(guest): Extension<Arc<Guest>>,
    request: Request,
) -> Response<Body> {
    let Reply { status, body } = door.take(&guest, request).await;
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/soap+xml; charset=utf-8"));
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(GZIP));
    response
}

/// Tells a caller how this node sees him. A stranger learns whose node it is, as its certificate tells too.
async fn view(State(door): State<Arc<Door>>, Extension(guest): Extension<Arc<Guest>>) -> Response<Body> {
    let ctx = &door.ctx;
    let peer = ctx.peers.of_certificate(&guest.certificate);
    let processes =
        ctx.catalogue.processes().filter(|code| peer.is_some_and(|peer| peer.may_take_part(code)));
    let view = View {
        node: ctx.state.to_string(),
        caller: peer.map(|peer| peer.state.to_string()),
        processes: processes.map(str::to_owned).collect(),
        announced: peer.map(|_known| announced(ctx)),
    };
    let told = serde_json::to_vec(&view).unwrap_or_default(); // text, and keys of text
    let mut response = Response::new(Body::from(told));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// By what this node judges what comes to it.
fn announced(ctx: &Context) -> Announced {
    let process = |code: &str| Some((code.to_owned(), ctx.catalogue.process(code).ok()?.version.clone()));
    let text = |(code, version): (&str, &str)| (code.to_owned(), version.to_owned());
    Announced {
        processes: ctx.catalogue.processes().filter_map(process).collect(),
        versions: ctx.rules.versions().into_iter().map(text).collect(),
        message_bytes_max: u64::try_from(ctx.limits.body_bytes_max).unwrap_or(u64::MAX),
    }
}

/// A pause when the system runs out of descriptors, so that the loop does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The largest header, and the largest part of a body taken at once.
const BUFFER_BYTES: usize = 64 * 1024;
