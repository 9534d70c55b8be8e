//! `stazh release`: lets go what waits for a person.

use super::{Exit, Misused, local, noted, show};
use crate::flow::{Released, release};
use crate::node::Node;
use crate::store::{RowId, Tx, waiting_list};
use anyhow::{Context, Result};
use std::path::PathBuf;

/// Let go what waits for a person: messages that are parked or quarantined.
///
/// They go on from the stage they had reached, as if for the first time, and
/// the journal says so. Mend the cause first: what is wrong still is refused
/// again. See them with `stazh status ru --waiting`.
///
///   stazh release ru out_12 in_7
///   stazh release ru --all --code seal.foreign
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Release {
    /// The node's folder, or its settings file.
    node: PathBuf,
    /// The rows, as status shows them.
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    rows: Vec<String>,
    /// All that wait for a person.
    #[arg(long)]
    all: bool,
    /// With --all, only those with this code.
    #[arg(long, requires = "all")]
    code: Option<String>,
}

impl Release {
    pub(super) fn run(self) -> Result<Exit> {
        let settings = local::settings(&self.node)?;
        let named = self
            .rows
            .iter()
            .map(|row| row.parse().map_err(|error| Misused(format!("read {row}: {error}"))))
            .collect::<Result<Vec<RowId>, _>>()?;
        local::block_on(async {
            let store = Node::store(&settings).await?;
            let mut exit = Exit::Done;
            let rows = if self.all { self.found(&mut store.read().await?).await? } else { named };
            for id in &rows {
                let (clock, object) = (settings.clock(), id.to_string());
                let work = async {
                    let released = release(*id, &store, clock.as_ref()).await;
                    released.with_context(|| format!("release {id}"))
                };
                match noted::noted(("message-release", &object), (&store, clock.as_ref()), work).await? {
                    Released::GoesOn => show::line(&format!("{id} goes on")),
                    Released::NotWaiting => {
                        exit = Exit::Refused;
                        show::aside(&format!(
                            "{id} does not wait for a person; stazh status --waiting shows what does"
                        ));
                    }
                }
            }
            if rows.is_empty() {
                show::line("nothing waits for a person");
            }
            store.close().await;
            Ok(exit)
        })
    }

    async fn found(&self, tx: &mut Tx) -> Result<Vec<RowId>> {
        let fits = |code: &Option<String>| self.code.is_none() || *code == self.code;
        let waiting = waiting_list(tx, ROWS_MAX).await?;
        Ok(waiting
            .into_iter()
            .filter(|row| row.needs_person() && fits(&row.code))
            .map(|row| row.id)
            .collect())
    }
}

/// More than this at once is done by calling again.
const ROWS_MAX: u32 = 10_000;
