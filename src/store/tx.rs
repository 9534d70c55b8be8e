//! A transaction of the database, whichever engine it is.

use super::StoreError;

/// A transaction. Dropped without [`Tx::commit`], it leaves no trace.
///
/// Never hold one while talking to a peer or to the local system.
#[derive(Debug)]
pub enum Tx {
    /// On an embedded SQLite file.
    Sqlite(sqlx::Transaction<'static, sqlx::Sqlite>),
    /// On a PostgreSQL server.
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>),
}

impl Tx {
    /// Makes all of it durable, or nothing.
    pub async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(inner) => inner.commit().await,
            // On a task of its own, like the begin: what was begun to commit is committed, whoever gives up.
            Self::Postgres(inner) => match tokio::spawn(inner.commit()).await {
                Ok(committed) => committed,
                Err(_stopping) => Err(sqlx::Error::PoolClosed),
            },
        }
        .map_err(|source| StoreError::Commit { source })
    }

    /// The text for this engine: SQLite has one writer at a time and no row locks, PostgreSQL has both.
    pub(super) fn text(&self, plain: &'static str, locking: &'static str) -> &'static str {
        match self {
            Self::Sqlite(_) => plain,
            Self::Postgres(_) => locking,
        }
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
            $crate::store::tx::Tx::Postgres(inner) => {
                let $connection = &mut **inner;
                $run.await
            }
        }
        .map_err(|source| $crate::store::StoreError::Query { action: $action, source })
    };
}

/// The same for a statement of which only the number of changed rows is wanted.
macro_rules! change {
    ($tx:expr, $action:literal, $query:expr) => {
        match $tx {
            $crate::store::tx::Tx::Sqlite(inner) => {
                $query.execute(&mut **inner).await.map(|done| done.rows_affected())
            }
            $crate::store::tx::Tx::Postgres(inner) => {
                $query.execute(&mut **inner).await.map(|done| done.rows_affected())
            }
        }
        .map_err(|source| $crate::store::StoreError::Query { action: $action, source })
    };
}

pub(super) use change;
pub(super) use on;
