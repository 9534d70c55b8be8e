//! Notices between the replicas on one database that there is work: a hint, never the carrier of anything.
//!
//! They are sent outside of every transaction of work, since a notice takes a lock of the whole database when it
//! is committed. A notice that is lost costs a wait until the next sweep.

use super::StoreError;
use super::primary::Primary;
use sqlx::PgPool;
use sqlx::postgres::{PgListener, PgPoolOptions};
use std::io;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// Where there is work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint {
    /// Something waits to be sent.
    Outbox,
    /// Something waits to be settled.
    Inbox,
}

/// A connection of a replica's own, to tell the others and to hear them.
#[derive(Debug)]
pub struct HintLine {
    listener: PgListener,
    pool: PgPool,
    own: String,
}

impl Hint {
    const ALL: [Self; 2] = [Self::Outbox, Self::Inbox];

    fn as_str(self) -> &'static str {
        match self {
            Self::Outbox => "outbox",
            Self::Inbox => "inbox",
        }
    }
}

impl HintLine {
    pub(super) async fn open(primary: &Primary, own: &str) -> Result<Self, StoreError> {
        primary.pool(Instant::now()).await?; // while there is no primary, there is nobody to tell
        // nothing of it need be on a disk, here or on a standby
        let options = primary.place().1.options([("synchronous_commit", "off")]);
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .max_lifetime(None)
            .idle_timeout(None)
            .acquire_timeout(PATIENCE)
            .connect_lazy_with(options);
        let listen = async {
            let mut listener = PgListener::connect_with(&pool).await?;
            listener.eager_reconnect(false);
            listener.listen(CHANNEL).await?;
            Ok(listener)
        };
        let listener = in_time(listen).await?;
        Ok(Self { listener, pool, own: own.to_owned() })
    }

    /// Tells the other replicas.
    ///
    /// # Errors
    /// The connection is lost.
    pub async fn tell(&mut self, hint: Hint) -> Result<(), StoreError> {
        let words = format!("{}:{}", self.own, hint.as_str());
        let tell = sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(words);
        in_time(tell.execute(&mut self.listener)).await?;
        Ok(())
    }

    /// Waits until another replica tells something. Nothing is lost if the wait is given up.
    ///
    /// # Errors
    /// The connection is lost.
    pub async fn hear(&mut self) -> Result<Hint, StoreError> {
        loop {
            let heard = self.listener.try_recv().await.map_err(|source| StoreError::Hint { source })?;
            let Some(heard) = heard else {
                let lost = io::Error::new(io::ErrorKind::ConnectionAborted, "the connection is lost");
                return Err(StoreError::Hint { source: sqlx::Error::Io(lost) });
            };
            let Some((who, what)) = heard.payload().split_once(':') else { continue };
            if let Some(hint) = Hint::ALL.into_iter().find(|hint| hint.as_str() == what)
                && who != self.own
            {
                return Ok(hint);
            }
        }
    }

    /// Finds out whether the connection still stands.
    ///
    /// # Errors
    /// It does not.
    pub async fn ask(&mut self) -> Result<(), StoreError> {
        in_time(sqlx::query("SELECT 1").execute(&mut self.listener)).await?;
        Ok(())
    }
}

impl Drop for HintLine {
    fn drop(&mut self) {
        let pool = self.pool.clone();
        tokio::spawn(async move { pool.close().await });
    }
}

async fn in_time<T>(step: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, StoreError> {
    let done = timeout(PATIENCE, step).await.unwrap_or(Err(sqlx::Error::PoolTimedOut));
    done.map_err(|source| StoreError::Hint { source })
}

const CHANNEL: &str = "stazh";
const PATIENCE: Duration = Duration::from_secs(5);
