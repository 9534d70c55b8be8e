//! One caller's connection, from its first request to its last.

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

/// Answers on a connection until it is idle or the node stops; a call that began is finished.
pub(super) async fn serve_line(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    router: Router,
    idle: Duration,
    mut stop: watch::Receiver<bool>,
) {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(idle);
    let call = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut call = std::pin::pin!(call);
    let ended = tokio::select! {
        ended = call.as_mut() => Some(ended),
        _ = stop.wait_for(|is_over| *is_over) => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            call.as_mut().graceful_shutdown();
            tokio::time::timeout(idle, call).await.unwrap_or(Ok(())) // it asks again
        }
    };
    if let Err(error) = ended {
        tracing::debug!(error = ?error, "a caller's connection ended early");
    }
}
