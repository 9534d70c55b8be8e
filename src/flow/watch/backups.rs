//! When the database was copied last (A21, A25).

use crate::access::Via;
use crate::base::{Clock, Random};
use crate::store::{Act, ActStage, ActsBy, Store, StoreError, Tx, act_append, act_page};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// A copy of the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BackupTold {
    /// When it was made.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// By whom.
    pub by: String,
    /// Which file, of what digest; or what was told of one that was made by other means.
    pub told: String,
}

/// Journals that a copy was made.
///
/// # Errors
/// The database does not answer.
pub async fn note_backup(
    (user, told): (&str, &str),
    store: &Store,
    (clock, random): (&dyn Clock, &dyn Random),
) -> Result<(), StoreError> {
    let at = clock.now();
    let act = Act {
        id: random.id(at),
        at,
        login: user.to_owned(),
        role: None,
        via: Via::CommandLine.word().to_owned(),
        command: BACKUP_COMMAND.to_owned(),
        object: BACKUP_OBJECT.to_owned(),
        subject: None,
        purpose: None,
        served: Some(told.to_owned()),
        code: None,
        stage: Some(ActStage::Done.as_str().to_owned()),
        flag: None,
    };
    let mut tx = store.begin().await?;
    act_append(&mut tx, &act).await?;
    tx.commit().await
}

/// The last copy; none if none is known.
///
/// # Errors
/// The database does not answer.
pub async fn last_backup(tx: &mut Tx) -> Result<Option<BackupTold>, StoreError> {
    let acts = act_page(tx, ActsBy::Object(BACKUP_OBJECT), None, LOOKED_AT).await?;
    let made = acts.into_iter().find(|act| act.code.is_none() && act.served.is_some());
    Ok(made.map(|act| BackupTold { at: act.at, by: act.login, told: act.served.unwrap_or_default() }))
}

/// The command of the catalogue.
pub const BACKUP_COMMAND: &str = "backup-make";
/// What it is done to.
pub const BACKUP_OBJECT: &str = "backup";
/// Tries that failed stand before the last that did not.
const LOOKED_AT: u32 = 100;
