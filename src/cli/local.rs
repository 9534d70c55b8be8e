//! What several commands share: the settings of a folder, a runtime.

use crate::exchange::canonical::Person;
use crate::exchange::wire::NodeIdentity;
use crate::node::{FolderDesk, Node, Settings};
use crate::store::Store;
use anyhow::{Context, Result, anyhow, bail};
use serde::de::DeserializeOwned;
use serde_json::error::Category;
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
    let text = std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    serde_json::from_str(&text).map_err(|error| {
        let kind = match error.classify() {
            Category::Io | Category::Syntax | Category::Eof => "it is not JSON".to_owned(),
            Category::Data => without_value(&error.to_string()),
        };
        let (line, column) = (error.line(), error.column());
        anyhow!("understand the {what} in {}: line {line}, column {column}: {kind}", path.display())
    })
}

/// The person that a JSON file holds: itself, or whom an inquiry or a record in it is about.
pub(super) fn read_person(path: &Path) -> Result<Person> {
    let whole: serde_json::Value = read_json(path, "person")?;
    let person = whole.get("person").cloned().unwrap_or(whole);
    serde_json::from_value(person).map_err(|error| {
        anyhow!("understand the person in {}: {}", path.display(), without_value(&error.to_string()))
    })
}

/// What is wrong with a value: the library shows the value where it says `invalid` or `unknown variant`.
fn without_value(message: &str) -> String {
    let message = message.rsplit_once(" at line ").map_or(message, |(text, _place)| text);
    let shows_value = ["invalid ", "unknown variant"].iter().any(|start| message.starts_with(start));
    match message.rsplit_once("expected ") {
        Some((_, expected)) if shows_value => format!("expected {expected}"),
        None if shows_value => "a value that is not of this kind".to_owned(),
        Some(_) | None => message.to_owned(),
    }
}

/// What the flows of a node need, for a command that begins something; the running node carries it on.
pub(super) async fn context(settings: &Settings) -> Result<crate::flow::Context> {
    let files = &settings.wire;
    let identity = NodeIdentity::read(&files.certificate, &files.key, &files.authorities)?;
    let desk = Arc::new(FolderDesk::open(settings)?);
    Ok(Node::context(settings, &identity, desk).await?)
}

/// Runs a future to its end.
pub(super) fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.context("start the runtime")?.block_on(work)
}
