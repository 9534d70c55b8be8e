//! The server engine: a pool of connections to PostgreSQL, which several replicas of a node may share.

use super::StoreError;
use super::Tx;
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use std::time::Duration;

/// Connects and brings the tables up to date; replicas that start together do so one after the other.
pub(super) async fn connect(url: &str, password: Option<&str>) -> Result<PgPool, StoreError> {
    let place = "PostgreSQL".to_owned();
    let options: PgConnectOptions =
        url.parse().map_err(|source| StoreError::Open { place: place.clone(), source })?;
    let options = match password {
        Some(password) => options.password(password),
        None => options,
    };
    let place = format!("{} at {}", options.get_database().unwrap_or("the database"), options.get_host());
    let open_error = |source| StoreError::Open { place: place.clone(), source };
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_with(options.application_name("stazh"))
        .await
        .map_err(open_error)?;
    let facts: (String, String, String, String) = sqlx::query_as(FACTS)
        .fetch_one(&pool)
        .await
        .map_err(|source| StoreError::Open { place: place.clone(), source })?;
    if let Some((found, needed)) = unfit(&facts) {
        return Err(StoreError::Engine { found, needed });
    }
    MIGRATIONS.run(&pool).await.map_err(|source| StoreError::Migrate { place, source })?;
    Ok(pool)
}

/// Begins a transaction on a task of its own: a caller that gives up in the middle would leave the connection in a
/// transaction that the library does not know of, and the next to use it would be in that one.
pub(super) async fn begin(pool: &PgPool, how: &'static str) -> Result<Tx, sqlx::Error> {
    let pool = pool.clone();
    let begun = tokio::spawn(async move { pool.begin_with(how).await }).await;
    begun.map_err(|_stopping| sqlx::Error::PoolClosed)?.map(Tx::Postgres)
}

/// What a server must promise: a commit is on its disk when it returns, and every character can be stored.
pub(super) fn unfit(
    (version, fsync, commit, encoding): &(String, String, String, String),
) -> Option<(String, &'static str)> {
    let is_recent = version.parse::<u32>().is_ok_and(|version| version >= 140_000);
    if !is_recent {
        return Some((format!("PostgreSQL {version}"), "PostgreSQL 14"));
    }
    if fsync != "on" {
        return Some((
            format!("fsync = {fsync}"),
            "fsync = on, or a power cut takes back what was acknowledged",
        ));
    }
    if commit == "off" {
        let needed = "synchronous_commit = on or more, or a power cut takes back what was acknowledged";
        return Some((format!("synchronous_commit = {commit}"), needed));
    }
    (encoding != "UTF8").then(|| (format!("the encoding {encoding}"), "a database in the encoding UTF8"))
}

const FACTS: &str = "
    SELECT current_setting('server_version_num'), current_setting('fsync'),
           current_setting('synchronous_commit'), current_setting('server_encoding')";

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("src/store/migrations/postgres");
const CONNECTIONS: u32 = 16;
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// How often the server has synced its log.
pub(super) async fn syncs(pool: &PgPool) -> Result<u64, StoreError> {
    let syncs: i64 = sqlx::query_scalar("SELECT wal_sync FROM pg_stat_wal")
        .fetch_one(pool)
        .await
        .map_err(|source| StoreError::Query { action: "count the syncs of the server", source })?;
    Ok(u64::try_from(syncs).unwrap_or(0))
}
