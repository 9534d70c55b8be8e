//! What the journal says of keys that changed while the node runs.

use super::{Context, FlowError};
use crate::access::Via;
use crate::base::{Code, Digest256};
use crate::store::{Act, JournalDraft, act_append, journal_append};

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
    act_append(&mut tx, &taken_up(what, code, ctx)).await?;
    tx.commit().await?;
    Ok(())
}

/// The act of whoever put other keys on the disk, who is not known: the node takes them up.
fn taken_up(what: &str, code: Option<Code>, ctx: &Context) -> Act {
    let now = ctx.clock.now();
    Act {
        id: ctx.random.id(now),
        at: now,
        login: "node".to_owned(),
        role: None,
        via: Via::CommandLine.word().to_owned(),
        command: "keys-reload".to_owned(),
        object: what.to_owned(),
        subject: None,
        purpose: None,
        served: None,
        code: code.map(str::to_owned),
        stage: None,
        flag: None,
    }
}
