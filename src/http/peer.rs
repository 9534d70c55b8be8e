//! The door for the peers: takes one envelope at a time and answers once it is stored.

use crate::exchange::wire::{Came, Handshake, PeerCertificate, Reply, TlsListener};
use crate::flow::{Context, receive, turn_away};
use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, Request, State};
use axum::http::{Response, header};
use axum::routing::post;
use bytes::BytesMut;
use http_body_util::BodyExt;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Takes callers until `stop` turns true; a call that began is finished.
pub async fn serve_peers(listener: TlsListener, mut stop: watch::Receiver<bool>, ctx: Arc<Context>) {
    let router = Router::new().route("/", post(take)).with_state(ctx.clone());
    let mut calls = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            () = until(&mut stop) => break,
            caller = listener.accept() => match caller {
                Ok(caller) => { calls.spawn(serve_caller(caller, router.clone(), stop.clone(), ctx.clone())); }
                Err(error) => {
                    tracing::warn!(error = ?error, "a caller could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            Some(_) = calls.join_next() => {}
        }
    }
    while calls.join_next().await.is_some() {}
}

async fn serve_caller(caller: Handshake, router: Router, mut stop: watch::Receiver<bool>, ctx: Arc<Context>) {
    let (stream, certificate) = match caller.finish().await {
        Ok(known) => known,
        Err(error) => return turn_away(&error, &ctx).await,
    };
    let service = TowerToHyperService::new(router.layer(Extension(certificate)));
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
    let mut call = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        outcome = call.as_mut() => Some(outcome),
        () = until(&mut stop) => None,
    };
    let outcome = match ended {
        Some(outcome) => outcome,
        None => {
            call.as_mut().graceful_shutdown();
            call.await
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
    State(ctx): State<Arc<Context>>,
    Extension(caller): Extension<PeerCertificate>,
    request: Request,
) -> Response<Body> {
    let came = collect(request, ctx.limits.body_bytes_max).await;
    let Reply { status, body } = receive(&caller, came, &ctx).await;
    let mut response = Response::new(Body::from(body));
    *response.status_mut() =
        axum::http::StatusCode::from_u16(status).unwrap_or(axum::http::StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static("application/soap+xml; charset=utf-8"),
    );
    response
}

/// Reads a body as far as it goes and as far as the limit allows; an announced excess is not read at all.
async fn collect(request: Request, bytes_max: usize) -> Came {
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse::<u64>().ok());
    let excess = announced.is_some_and(|length| usize::try_from(length).map_or(true, |n| n > bytes_max));
    let mut kept = BytesMut::new();
    if excess {
        return Came::TooLarge { kept: kept.freeze(), announced };
    }
    let mut body = request.into_body();
    loop {
        match body.frame().await {
            None => return Came::Whole(kept.freeze()),
            Some(Err(_broken)) => return Came::Broken { kept: kept.freeze(), announced },
            Some(Ok(frame)) => {
                let Ok(data) = frame.into_data() else { continue };
                if kept.len() + data.len() > bytes_max {
                    return Came::TooLarge { kept: kept.freeze(), announced };
                }
                kept.extend_from_slice(&data);
            }
        }
    }
}

/// How long a caller may take to send its headers.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);

/// A pause when the system runs out of descriptors, so that the loop does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
