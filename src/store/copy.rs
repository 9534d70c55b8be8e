//! A copy of the database, taken while others work on it.

use super::{Engine, Store, StoreError};
use std::path::Path;

impl Store {
    /// Copies all of the database into a new file, as of one instant, while it is read and written; false if it is kept by a
    /// server, whose own tools copy it. What the copy keeps is on the disk when its file is synced.
    ///
    /// # Errors
    /// The file is there already, or the disk.
    pub async fn copy_to(&self, file: &Path) -> Result<bool, StoreError> {
        let Engine::Sqlite(own) = &self.0 else { return Ok(false) };
        let failed = |source| StoreError::Query { action: "copy the database", source };
        let mut connection = own.readers.acquire().await.map_err(failed)?.detach();
        // it is this connection's last work: its readers' ban on writing would hold for the copy too
        sqlx::query("PRAGMA query_only = OFF").execute(&mut connection).await.map_err(failed)?;
        let copied =
            sqlx::query("VACUUM INTO $1").bind(file.to_string_lossy()).execute(&mut connection).await;
        let _ = sqlx::Connection::close(connection).await; // what it read is read
        copied.map(|_done| true).map_err(failed)
    }

    /// What is wrong with the file of a database, page by page and index by index; nothing if all is well.
    ///
    /// # Errors
    /// It cannot be read as a database.
    pub async fn faults_of(file: &Path) -> Result<Vec<String>, StoreError> {
        let place = || file.display().to_string();
        let options =
            sqlx::sqlite::SqliteConnectOptions::new().filename(file).read_only(true).immutable(true);
        let mut connection = sqlx::ConnectOptions::connect(&options)
            .await
            .map_err(|source| StoreError::Open { place: place(), source })?;
        let told: Result<Vec<String>, _> =
            sqlx::query_scalar("PRAGMA integrity_check").fetch_all(&mut connection).await;
        let _ = sqlx::Connection::close(connection).await; // it was only read
        let told = told.map_err(|source| StoreError::Open { place: place(), source })?;
        Ok(told.into_iter().filter(|line| line != "ok").collect())
    }
}
