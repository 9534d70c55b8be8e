//! What the journal says of keys that changed while the node runs.

use super::{Context, FlowError};
use crate::base::{Code, Digest256};
use crate::store::{JournalDraft, journal_append};

/// What came of a change on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeysChange {
    /// These certificates are used from now on.
    Taken {
        /// By their SHA-256.
        fingerprints: Vec<Digest256>,
    },
    /// What is there is unfit; what was there before is used on.
    Unfit {
        /// The code of the reason.
        code: Code,
        /// The reason, without a key.
        reason: String,
    },
}

/// Tells the operator, in the log and in the journal.
///
/// # Errors
/// The database does not answer.
pub async fn note_keys(what: &str, change: &KeysChange, ctx: &Context) -> Result<(), FlowError> {
    let (kind, code, detail) = match change {
        KeysChange::Taken { fingerprints } => {
            let prints: Vec<String> = fingerprints.iter().map(ToString::to_string).collect();
            ("keys_changed", None, format!("{what}: sha-256 {}", prints.join(", ")))
        }
        KeysChange::Unfit { code, reason } => (
            "keys_unfit",
            Some(*code),
            format!("{what}: what was there before is used on, failed to {reason}"),
        ),
    };
    match change {
        KeysChange::Taken { .. } => tracing::info!(%detail, "keys were changed"),
        KeysChange::Unfit { .. } => tracing::warn!(%detail, "changed keys are unfit"),
    }
    let mut tx = ctx.store.begin().await?;
    let entry = JournalDraft::at(ctx.clock.now(), kind, detail).coded(code);
    journal_append(&mut tx, &entry).await?;
    tx.commit().await?;
    Ok(())
}
