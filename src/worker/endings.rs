//! Watches over what comes to its end in days: the certificates of the settings, accounts that nobody enters (A33), and the
//! terms of pension cases.

use super::complain;
use crate::base::with_causes;
use crate::flow::entry::block_idle;
use crate::flow::office::renew_whole_board;
use crate::flow::{CertificateFile, Context, forget_cases, note_due, note_endings};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Looks at the certificates and cases each hour until `stop` turns true.
pub async fn run_endings(files: Vec<CertificateFile>, mut stop: watch::Receiver<bool>, ctx: Arc<Context>) {
    let (mut told, mut due) = (HashSet::new(), HashSet::new());
    loop {
        if let Err(error) = note_endings(&files, &mut told, &ctx).await {
            complain(&error, "the ends of certificates could not be told");
        }
        if let Err(error) = block_idle(&ctx).await {
            tracing::error!(error = %with_causes(&error), "idle accounts could not be blocked");
        }
        if let Err(error) = note_due(&mut due, &ctx).await {
            complain(&error, "answers that are due could not be told");
        }
        if let Err(error) = renew_whole_board(&ctx).await {
            complain(&error, "the board of cases could not be drawn anew");
        }
        if let Err(error) = forget_cases(&ctx).await {
            complain(&error, "cases that ended could not be forgotten");
        }
        tokio::select! {
            _ = stop.wait_for(|is_over| *is_over) => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

const LOOK_EVERY: Duration = Duration::from_secs(3_600);
