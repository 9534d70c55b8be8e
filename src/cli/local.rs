//! What several commands share: the settings of a folder, a runtime.

use super::Exit;
use crate::base::from_json;
use crate::exchange::canonical::Person;
use crate::exchange::wire::NodeIdentity;
use crate::node::{FolderDesk, Node, Settings};
use crate::store::Store;
use anyhow::{Context, Result, anyhow, bail};
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Settings from a node's folder or from its settings file.
pub(super) fn settings(place: &Path) -> Result<Settings> {
    let file = if place.is_dir() { place.join("node.toml") } else { PathBuf::from(place) };
    Ok(Settings::read(&file)?)
}

/// Opens the database of a node that was started before; `what` is to be done with it.
pub(super) async fn store(settings: &Settings, what: &str) -> Result<Store> {
    let path = settings.data.join("stazh.db");
    if settings.database.is_none() && !path.exists() {
        bail!("{what}: {} is not there; the node has never been started", path.display());
    }
    Ok(Node::store(settings).await?)
}

/// Reads a JSON file of the canonical model. What does not fit is told by its place, never by its value.
pub(super) fn read_json<T: DeserializeOwned>(path: &Path, what: &str) -> Result<T> {
    let text = std::fs::read(path).with_context(|| format!("read {}", path.display()))?;
    from_json(&text).map_err(|fault| anyhow!("understand the {what} in {}: {fault}", path.display()))
}

/// The person that a JSON file holds: itself, or whom an inquiry or a record in it is about.
pub(super) fn read_person(path: &Path) -> Result<Person> {
    let whole: serde_json::Value = read_json(path, "person")?;
    let person = whole.get("person").cloned().unwrap_or(whole);
    from_json(person.to_string().as_bytes())
        .map_err(|fault| anyhow!("understand the person in {}: {fault}", path.display()))
}

/// What the flows of a node need, for a command that begins something; the running node carries it on.
pub(super) async fn context(settings: &Settings) -> Result<crate::flow::Context> {
    let files = &settings.wire;
    let identity = NodeIdentity::read(&files.certificate, &files.key, &files.authorities)?;
    let desk = Arc::new(FolderDesk::open(settings)?);
    Ok(Node::context(settings, &identity, desk).await?)
}

/// Does something with the flows of a node that may be running.
pub(super) fn with_flows(
    node: &Path,
    work: impl AsyncFnOnce(&crate::flow::Context) -> Result<Exit>,
) -> Result<Exit> {
    let settings = settings(node)?;
    block_on(async {
        let ctx = context(&settings).await?;
        let exit = work(&ctx).await;
        ctx.store.close().await;
        exit
    })
}

/// Runs a future to its end.
pub(super) fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.context("start the runtime")?.block_on(work)
}
