//! Acts at the command line are journalled like all others: before they are done, and once more if they are not (A2).

use super::{Exit, local};
use crate::base::{Clock, Code, OsRandom};
use crate::flow::FlowError;
use crate::flow::entry::{EntryError, note_command};
use crate::node::os_user;
use crate::store::Store;
use anyhow::{Context, Error, Result};
use std::path::Path;

/// Does something with the flows of a node that may be running, as an act of the catalogue on an object.
pub(super) fn with_flows_noted(
    node: &Path,
    act: (&str, &str),
    work: impl AsyncFnOnce(&crate::flow::Context) -> Result<Exit>,
) -> Result<Exit> {
    local::with_flows(node, async |ctx| noted(act, (&ctx.store, ctx.clock.as_ref()), work(ctx)).await)
}

/// Does something with the database of a node, as an act of the catalogue on an object.
pub(super) async fn noted<T>(
    (command, object): (&str, &str),
    (store, clock): (&Store, &dyn Clock),
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    let user = os_user();
    let note = async |code: Option<Code>| {
        let noted = note_command((&user, command, object), code, store, (clock, &OsRandom::default())).await;
        noted.with_context(|| format!("journal the act {command}"))
    };
    note(None).await?;
    let done = work.await;
    if let Err(error) = &done {
        note(Some(code_of(error))).await?;
    }
    done
}

/// The code of a failure; one that has none of its own is told by its exit.
fn code_of(error: &Error) -> Code {
    let code = error.chain().find_map(|cause| {
        let of_flow = cause.downcast_ref::<FlowError>().and_then(|error| error.verdict().code());
        of_flow.or_else(|| cause.downcast_ref::<EntryError>().and_then(EntryError::code))
    });
    code.unwrap_or("access.failed")
}
