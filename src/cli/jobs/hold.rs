//! `stazh jobs hold`: a court or an authority has a record kept beyond its time.

use super::{Exit, local, noted, show};
use crate::base::Finding;
use crate::exchange::canonical::RecordId;
use crate::flow::labour::{HoldOn, lift_hold, set_hold};
use crate::store::{HoldRow, hold_list};
use anyhow::{Result, anyhow};
use jiff::civil::Date;
use serde_json::{Value, json};
use std::path::PathBuf;
use uuid::Uuid;

/// Hold records that would be erased or deleted, by the number that a court or an
/// authority gave; lift a hold before its end; list all.
///
/// A hold keeps a record whose time is over. It keeps nothing published: what a person
/// takes back is erased at every peer all the same.
///
///   stazh jobs hold set kg C-12/2027 --consent 0d8e... --reason "complaint" --until 2028-03-01
///   stazh jobs hold lift kg C-12/2027
///   stazh jobs hold list kg
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct HoldCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Hold a record: a consent with what is left of it, a reveal, or a vacancy.
    Set(Set),
    /// Lift every hold of a number.
    Lift {
        /// The node's folder, or its settings file.
        node: PathBuf,
        /// The number of the hold.
        #[arg(value_parser = parsed)]
        number: RecordId,
    },
    /// List the holds, the latest first.
    List {
        /// The node's folder, or its settings file.
        node: PathBuf,
        /// Print one JSON object a line.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, clap::Args)]
struct Set {
    /// The node's folder, or its settings file.
    node: PathBuf,
    /// The number that the court or the authority gave.
    #[arg(value_parser = parsed)]
    number: RecordId,
    #[command(flatten)]
    on: On,
    /// Why.
    #[arg(long)]
    reason: String,
    /// The last day of the hold.
    #[arg(long, value_name = "DAY")]
    until: Date,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct On {
    /// A consent, with what is left of its profiles and its reveals.
    #[arg(long, value_name = "ID")]
    consent: Option<Uuid>,
    /// A reveal.
    #[arg(long, value_name = "ID")]
    reveal: Option<Uuid>,
    /// A vacancy of this state, as peers call it: KG/source/id.
    #[arg(long, value_name = "NAME")]
    vacancy: Option<String>,
}

impl HoldCommand {
    pub(super) fn run(self) -> Result<Exit> {
        match self.action {
            Action::Set(set) => set.run(),
            Action::Lift { node, number } => {
                let object = format!("hold:{}", number.as_str());
                noted::with_flows_noted(&node, ("jobs-hold", &object), async |ctx| {
                    let lifted = lift_hold(&number, ctx).await?;
                    show::line(&format!("hold {} is lifted from {lifted} records", number.as_str()));
                    Ok(Exit::Done)
                })
            }
            Action::List { node, json } => local::with_flows(&node, async |ctx| {
                let holds = hold_list(&mut ctx.store.read().await?, HOLDS_MAX).await?;
                if holds.is_empty() && !json {
                    show::line("no hold was ever set");
                }
                for hold in &holds {
                    if json {
                        show::json_line(&as_json(hold));
                    } else {
                        let lifted = hold.lifted_at.map_or(String::new(), |at| format!(", lifted at {at}"));
                        let HoldRow { number, kind, record, reason, until, .. } = hold;
                        show::line(&format!("{number}: {kind} {record} until {until}: {reason}{lifted}"));
                    }
                }
                Ok(Exit::Done)
            }),
        }
    }
}

impl Set {
    fn run(self) -> Result<Exit> {
        let on = match self.on {
            On { consent: Some(id), .. } => HoldOn::Consent(id),
            On { reveal: Some(id), .. } => HoldOn::Reveal(id),
            On { vacancy: Some(name), .. } => HoldOn::Vacancy(name),
            On { .. } => return Err(anyhow!("name what is held: --consent, --reveal or --vacancy")),
        };
        let object = format!("hold:{}", self.number.as_str());
        noted::with_flows_noted(&self.node, ("jobs-hold", &object), async |ctx| {
            let row = set_hold(&self.number, on, (&self.reason, self.until), ctx).await?;
            show::line(&format!("hold {} keeps {} {} until {}", row.number, row.kind, row.record, row.until));
            Ok(Exit::Done)
        })
    }
}

fn as_json(hold: &HoldRow) -> Value {
    json!({
        "number": hold.number, "kind": hold.kind.as_str(), "record": hold.record, "reason": hold.reason,
        "until": hold.until.to_string(), "set_at": hold.set_at.to_string(),
        "lifted_at": hold.lifted_at.map(|at| at.to_string()),
    })
}

/// A value of an option, with what is wrong with it.
fn parsed(text: &str) -> Result<RecordId, String> {
    text.parse().map_err(|finding: Finding| finding.message)
}

const HOLDS_MAX: u32 = 10_000;
