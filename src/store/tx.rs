//! A transaction of the database, whichever engine it is.

use super::StoreError;

/// A transaction. Dropped without [`Tx::commit`], it leaves no trace.
///
/// Never hold one while talking to a peer or to the local system.
#[derive(Debug)]
pub enum Tx {
    /// On an embedded SQLite file.
    Sqlite(sqlx::Transaction<'static, sqlx::Sqlite>),
}

impl Tx {
    /// Makes all of it durable, or nothing.
    pub async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(inner) => inner.commit().await,
        }
        .map_err(|source| StoreError::Commit { source })
    }
}

/// Runs one statement on whichever engine the transaction is of: one text, one place that knows the arms.
macro_rules! on {
    ($tx:expr, $action:literal, $connection:ident => $run:expr) => {
        match $tx {
            $crate::store::tx::Tx::Sqlite(inner) => {
                let $connection = &mut **inner;
                $run.await
            }
        }
        .map_err(|source| $crate::store::StoreError::Query { action: $action, source })
    };
}

pub(super) use on;
