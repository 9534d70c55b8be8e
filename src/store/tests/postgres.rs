//! The suite on a server, in a database of each test's own.

mod fixture {
    use crate::store::Store;
    use crate::store::tests::postgres_server;
    pub(in crate::store::tests) use crate::store::tests::rows::*;

    /// A store, and where it is.
    pub(in crate::store::tests) async fn store() -> (String, Store) {
        let url = postgres_server::database();
        let store = again(&url).await;
        (url, store)
    }

    /// The same database, connected to a second time.
    pub(in crate::store::tests) async fn again(url: &str) -> Store {
        Store::connect(&[url.to_owned()], None).await.unwrap()
    }
}

#[path = "suite/mod.rs"]
mod suite;
