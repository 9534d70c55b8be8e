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
            Self::Sqlite(inner) => inner.commit().await,
            Self::SqliteReading(inner) => {
                inner.commit().await.map_err(|source| StoreError::Commit { source: Arc::new(source) })
            }
            Self::Postgres(inner) => inner.commit().await,
        }
    }

    /// The text for this engine: SQLite has one writer at a time and no row locks, PostgreSQL has both.
    pub(super) fn text(&self, plain: &'static str, locking: &'static str) -> &'static str {
        match self {
            Self::Sqlite(_) | Self::SqliteReading(_) => plain,
            Self::Postgres(_) => locking,
        }
    }
}

/// Runs one statement on whichever engine the transaction is of: one text, one place that knows the arms. On the
/// connection that writes to an SQLite file the words of `sqlx` are those of `sqlite_query`.
macro_rules! on {
    ($tx:expr, $action:literal, $connection:ident => $run:expr) => {
        $crate::store::tx::run!($tx, $action, ready, $connection => $run)
    };
}

/// The same for one that reads nothing of what the transaction has put off: it need not wait for that.
macro_rules! beside {
    ($tx:expr, $action:literal, $connection:ident => $run:expr) => {
        $crate::store::tx::run!($tx, $action, ready_beside, $connection => $run)
    };
}

/// See [`on`] and [`beside`].
macro_rules! run {
    ($tx:expr, $action:literal, $ready:ident, $connection:ident => $run:expr) => {{
        let failed = |source| $crate::store::StoreError::Query { action: $action, source };
        match $tx {
            $crate::store::tx::Tx::Sqlite(inner) => match inner.ready().await {
                Ok($connection) => {
                    use $crate::store::sqlite_query as sqlx;
                    $run.await.map_err(failed)
                }
                Err(closed) => Err(failed(closed)),
            },
            $crate::store::tx::Tx::SqliteReading(inner) => {
                let $connection = &mut **inner;
                $run.await.map_err(failed)
            }
            $crate::store::tx::Tx::Postgres(inner) => match inner.$ready($action).await {
                Ok($connection) => {
                    let outcome = $crate::store::postgres::in_time($run).await;
                    inner.learn(outcome).map_err(failed)
                }
                Err(error) => Err(error),
            },
        }
    }};
}

/// The same for a statement of which only the number of changed rows is wanted.
macro_rules! change {
    ($tx:expr, $action:literal, $query:expr) => {{
        let failed = |source| $crate::store::StoreError::Query { action: $action, source };
        match $tx {
            $crate::store::tx::Tx::Sqlite(inner) => {
                use $crate::store::statement as sqlx;
                let statement = $query;
                match inner.ready().await {
                    Ok(connection) => statement.execute(connection).map_err(failed),
                    Err(closed) => Err(failed(closed)),
                }
            }
            $crate::store::tx::Tx::SqliteReading(inner) => {
                let outcome = $query.execute(&mut **inner).await;
                outcome.map(|done| done.rows_affected()).map_err(failed)
            }
            $crate::store::tx::Tx::Postgres(inner) => {
                use $crate::store::statement as sqlx;
                let statement = $query;
                inner.change($action, statement).await
            }
        }
    }};
}

/// Inserts a row into a table, of which nothing is asked. On a server it goes with what is asked next, or with the commit;
/// there it fails, if it does.
macro_rules! later {
    ($tx:expr, $action:literal, $table:literal, $text:expr, [$($value:expr),+ $(,)?]) => {
        match &mut *$tx {
            $crate::store::tx::Tx::Postgres(inner) => {
                let statement = $crate::store::statement::query($text)$(.bind($value))+;
                inner.later(|later| later.put($table, statement))
            }
            tx @ ($crate::store::tx::Tx::Sqlite(_) | $crate::store::tx::Tx::SqliteReading(_)) => {
                $crate::store::tx::change!(tx, $action, sqlx::query($text)$(.bind($value))+).map(drop)
            }
        }
    };
}

pub(super) use beside;
pub(super) use change;
pub(super) use later;
pub(super) use on;
pub(super) use run;
