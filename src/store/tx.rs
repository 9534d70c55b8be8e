//! A transaction of the database, whichever engine it is.

use super::StoreError;
use super::postgres::PostgresWork;
use super::sqlite_writer::SqliteWriting;
use std::sync::Arc;

/// A transaction. Dropped without [`Tx::commit`], it leaves no trace.
///
/// Never hold one while talking to a peer or to the local system.
#[derive(Debug)]
pub enum Tx {
    /// On the one connection of an SQLite file that writes.
    Sqlite(SqliteWriting),
    /// On one that only reads.
    SqliteReading(sqlx::Transaction<'static, sqlx::Sqlite>),
    /// On a PostgreSQL server.
    Postgres(PostgresWork),
}

impl Tx {
    /// Makes all of it durable, or nothing.
    pub async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(inner) => return inner.commit().await,
            Self::SqliteReading(inner) => inner.commit().await,
            Self::Postgres(inner) => inner.commit().await,
        }
        .map_err(|source| StoreError::Commit { source: Arc::new(source) })
    }

    /// The text for this engine: SQLite has one writer at a time and no row locks, PostgreSQL has both.
    pub(super) fn text(&self, plain: &'static str, locking: &'static str) -> &'static str {
        match self {
            Self::Sqlite(_) | Self::SqliteReading(_) => plain,
            Self::Postgres(_) => locking,
        }
    }
}

/// Runs one statement on whichever engine the transaction is of: one text, one place that knows the arms.
macro_rules! on {
    ($tx:expr, $action:literal, $connection:ident => $run:expr) => {
        match $tx {
            $crate::store::tx::Tx::Sqlite(inner) => match inner.ready().await {
                Ok($connection) => $run.await,
                Err(closed) => Err(closed),
            },
            $crate::store::tx::Tx::SqliteReading(inner) => {
                let $connection = &mut **inner;
                $run.await
            }
            $crate::store::tx::Tx::Postgres(inner) => {
                let outcome = match inner.connection() {
                    Ok($connection) => $crate::store::postgres::in_time($run).await,
                    Err(undone) => Err(undone),
                };
                inner.learn(outcome)
            }
        }
        .map_err(|source| $crate::store::StoreError::Query { action: $action, source })
    };
}

/// The same for a statement of which only the number of changed rows is wanted.
macro_rules! change {
    ($tx:expr, $action:literal, $query:expr) => {
        match $tx {
            $crate::store::tx::Tx::Sqlite(inner) => match inner.ready().await {
                Ok(connection) => $query.execute(connection).await.map(|done| done.rows_affected()),
                Err(closed) => Err(closed),
            },
            $crate::store::tx::Tx::SqliteReading(inner) => {
                $query.execute(&mut **inner).await.map(|done| done.rows_affected())
            }
            $crate::store::tx::Tx::Postgres(inner) => {
                let outcome = match inner.connection() {
                    Ok(connection) => $crate::store::postgres::in_time($query.execute(connection)).await,
                    Err(undone) => Err(undone),
                };
                inner.learn(outcome).map(|done| done.rows_affected())
            }
        }
        .map_err(|source| $crate::store::StoreError::Query { action: $action, source })
    };
}

/// Runs a statement that nobody waits for. On SQLite, where each call crosses to another thread and back, it goes with
/// the next one of its transaction or with the commit; there it fails, if it does.
macro_rules! later {
    ($tx:expr, $action:literal, $text:expr, [$($value:expr),+ $(,)?]) => {
        match $tx {
            $crate::store::tx::Tx::Sqlite(inner) => {
                inner.later.put($text);
                Ok(())$(.and_then(|()| inner.later.bind($value)))+
            }
            $crate::store::tx::Tx::SqliteReading(inner) => {
                sqlx::query($text)$(.bind($value))+.execute(&mut **inner).await.map(drop)
            }
            $crate::store::tx::Tx::Postgres(inner) => {
                let outcome = match inner.connection() {
                    Ok(connection) => {
                        let query = sqlx::query($text)$(.bind($value))+;
                        $crate::store::postgres::in_time(query.execute(connection)).await
                    }
                    Err(undone) => Err(undone),
                };
                inner.learn(outcome).map(drop)
            }
        }
        .map_err(|source| $crate::store::StoreError::Query { action: $action, source })
    };
}

pub(super) use change;
pub(super) use later;
pub(super) use on;
