//! The door for the machine's own watchers: is the process up, can its database be written.

use crate::base::with_causes;
use crate::flow::Context;
use crate::store::probe;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
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
    let watch = Arc::new(Watch { ctx, is_known: AtomicBool::new(false) });
    axum::serve(listener, router.with_state(watch))
        .with_graceful_shutdown(async move {
            let _ = stop.wait_for(|is_over| *is_over).await; // a lost sender means the node is over too
        })
        .await
}

/// Ready is who can store what comes. What peers meet meanwhile is told by their door; here it is told once.
async fn ready(State(watch): State<Arc<Watch>>) -> (StatusCode, &'static str) {
    let (ctx, is_known) = (&watch.ctx, &watch.is_known);
    let written = async {
        let mut tx = ctx.store.begin().await?;
        probe(&mut tx, ctx.clock.now()).await?;
        tx.commit().await
    };
    let Err(error) = written.await else {
        if is_known.swap(false, Ordering::Relaxed) {
            tracing::warn!("the database can be written again");
        }
        return (StatusCode::OK, "ready\n");
    };
    if !error.is_told() && !is_known.swap(true, Ordering::Relaxed) {
        tracing::error!(error = %with_causes(&error), "the node is not ready: its database cannot be written");
    }
    (StatusCode::SERVICE_UNAVAILABLE, "the database cannot be written\n")
}

/// What the watchers look at.
struct Watch {
    ctx: Arc<Context>,
    /// Whether it was told that the database cannot be written.
    is_known: AtomicBool,
}
