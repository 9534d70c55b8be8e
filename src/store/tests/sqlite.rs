//! The suite on an embedded file of each test's own.

mod fixture {
    use crate::store::Store;
    pub(in crate::store::tests) use crate::store::tests::rows::*;
    use tempfile::TempDir;

    /// A store, and the folder that must live as long as it.
    pub(in crate::store::tests) async fn store() -> (TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = again(&folder).await;
        (folder, store)
    }

    /// The same database, opened a second time.
    pub(in crate::store::tests) async fn again(folder: &TempDir) -> Store {
        Store::open(folder.path().join("node.db")).await.unwrap()
    }
}

#[path = "suite/mod.rs"]
mod suite;
