//! Watches over the certificates of the settings.

use super::complain;
use crate::flow::{CertificateFile, Context, note_endings};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Looks at the certificates each hour until `stop` turns true.
pub async fn run_endings(files: Vec<CertificateFile>, mut stop: watch::Receiver<bool>, ctx: Arc<Context>) {
    let mut told = HashSet::new();
    loop {
        if let Err(error) = note_endings(&files, &mut told, &ctx).await {
            complain(&error, "the ends of certificates could not be told");
        }
        tokio::select! {
            _ = stop.wait_for(|is_over| *is_over) => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

const LOOK_EVERY: Duration = Duration::from_secs(3_600);
