//! Takes what lies in the folder of a peer that is reached by files.

use crate::base::with_causes;
use crate::exchange::wire::{FolderWire, Parcel, PeerCertificate, Wire, WireError};
use crate::flow::{Context, receive};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Looks into the folder of `peer` until `stop` turns true.
pub async fn run_pickup(
    peer: String,
    folders: FolderWire,
    mut stop: watch::Receiver<bool>,
    ctx: Arc<Context>,
) {
    let mut is_silent = false;
    loop {
        match pick_up(&peer, &folders, &ctx).await {
            Ok(()) => is_silent = false,
            // a disk that is not plugged in is told once, not every second
            Err(error) if !is_silent => {
                is_silent = true;
                tracing::warn!(error = %with_causes(&error), peer, "the folder of a peer cannot be read");
            }
            Err(_known) => {}
        }
        tokio::select! {
            _ = stop.wait_for(|is_over| *is_over) => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

async fn pick_up(peer: &str, folders: &FolderWire, ctx: &Context) -> Result<(), WireError> {
    let (own, name, bytes_max) = (folders.clone(), peer.to_owned(), ctx.limits.body_bytes_max);
    let Ok(found) = tokio::task::spawn_blocking(move || own.look(&name, bytes_max)).await else {
        return Ok(()); // the node is stopping
    };
    let Ok(known) = ctx.peers.of_name(peer) else { return Ok(()) };
    // Who may write into the folder speaks for the peer; see the road.
    let caller = PeerCertificate {
        common_name: known.certificate_name.clone(),
        dns_names: vec![known.certificate_name.clone()],
        fingerprint: [0; 32],
    };
    for Parcel { path, came } in found? {
        let reply = receive(&caller, came, ctx).await;
        if reply.status >= 500 {
            return Ok(()); // it could not be stored; it lies there for the next look
        }
        if !reply.body.is_empty() {
            folders.post(peer, reply.body).await?; // a fault: on a line it would be the reply
        }
        folders.take(peer, &path)?;
    }
    Ok(())
}

const LOOK_EVERY: Duration = Duration::from_millis(500);
