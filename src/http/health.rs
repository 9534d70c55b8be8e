//! The door for the machine's own watchers: is the process up, does its database answer.

use crate::flow::Context;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Answers `/live` and `/ready` until `stop` turns true.
///
/// # Errors
/// The socket broke.
pub async fn serve_health(
    listener: TcpListener,
    mut stop: watch::Receiver<bool>,
    ctx: Arc<Context>,
) -> std::io::Result<()> {
    let router = Router::new().route("/live", get(|| async { "live\n" })).route("/ready", get(ready));
    axum::serve(listener, router.with_state(ctx))
        .with_graceful_shutdown(async move {
            let _ = stop.wait_for(|is_over| *is_over).await; // a lost sender means the node is over too
        })
        .await
}

async fn ready(State(ctx): State<Arc<Context>>) -> (StatusCode, &'static str) {
    match ctx.store.read().await {
        Ok(_tx) => (StatusCode::OK, "ready\n"),
        Err(error) => {
            if !error.is_told() {
                tracing::error!(error = ?error, "the database does not answer");
            }
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n")
        }
    }
}
