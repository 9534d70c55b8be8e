//! `stazh check`: which persons two states both pay, without telling the others.

mod permit;
mod table;

use super::progress::Progress;
use super::{Exit, local, noted, show};
use crate::base::{Language, Written};
use crate::exchange::canonical::{Coded, RecordId, State};
use crate::flow::{CheckPlan, Context, KnownCheck, begin_check, check_of, checks, end_check};
use crate::store::CheckState;
use anyhow::Result;
use jiff::civil::Date;
use std::path::{Path, PathBuf};
use std::time::Duration;
use table::{check_json, checks_table, state_in_words};

/// Find the persons whom two states both pay (T15), up to a million and more at once.
///
/// Each side keeps a list of persons in payment: one JSON object a line with reference,
/// person and pensions, named as persons of the section checks of its settings. What
/// crosses are values under the secrets of both; only hits are told, and nobody of the
/// others. The running node goes on with a check by itself, also after it was killed.
/// The outcome of every row stands in handed-over/checks/NUMBER/outcomes.csv.
///
///   stazh check begin kz --with RU --wait
///   stazh check list kz
///   stazh check show kz KZ-RU-2026-11-30-4f1c
///   stazh check permit kz KZ-RU-2026-11-30-4f1c --by "A. Clerk" --reason "case 17" --send
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct CheckCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Open a check with a peer; the running node carries it on.
    Begin {
        /// The node's folder, or its settings file.
        node: PathBuf,
        /// The state to check with.
        #[arg(long, value_parser = parsed::<State>)]
        with: State,
        /// The day on which a pension is in payment; today if absent.
        #[arg(long, value_name = "DAY")]
        as_of: Option<Date>,
        /// Only pensions of this kind; may be named several times.
        #[arg(long = "kind", value_name = "CODE", value_parser = parsed::<Coded>)]
        kinds: Vec<Coded>,
        /// On which ground: simultaneous-payment or overpayment.
        #[arg(long, default_value = "simultaneous-payment", value_parser = parsed::<Coded>)]
        ground: Coded,
        /// Wait for its end, and show how far it is.
        #[arg(long)]
        wait: bool,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// List the checks, the latest first.
    List {
        /// The node's folder, or its settings file.
        node: PathBuf,
        /// In which language: en or ru.
        #[arg(long, default_value = "en")]
        language: Language,
        /// Print one JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Show where a check stands.
    Show {
        /// The node's folder, or its settings file.
        node: PathBuf,
        /// Its number.
        #[arg(value_parser = parsed::<RecordId>)]
        number: RecordId,
        /// Wait for its end, and show how far it is.
        #[arg(long)]
        wait: bool,
        /// In which language: en or ru.
        #[arg(long, default_value = "en")]
        language: Language,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    Permit(permit::PermitCommand),
    /// End a check that does not come to its end: its secret is wiped.
    End {
        /// The node's folder, or its settings file.
        node: PathBuf,
        /// Its number.
        #[arg(value_parser = parsed::<RecordId>)]
        number: RecordId,
        /// Who ends it.
        #[arg(long, value_name = "NAME")]
        by: String,
        /// Why.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

impl CheckCommand {
    pub(super) fn run(self) -> Result<Exit> {
        match self.action {
            Action::Begin { node, with, as_of, kinds, ground, wait, json } => {
                let plan = CheckPlan { peer: with, as_of, kinds, ground };
                begin(&node, &plan, wait, json)
            }
            Action::List { node, language, json } => list(&node, language, json),
            Action::Show { node, number, wait, language, json } => local::with_flows(&node, async |ctx| {
                if wait {
                    until_its_end(&number, ctx).await?;
                }
                tell(&check_of(&number, ctx).await?, language, json)
            }),
            Action::Permit(permit) => permit.run(),
            Action::End { node, number, by, reason } => {
                let object = format!("check:{}", number.as_str());
                noted::with_flows_noted(&node, ("check-run", &object), async |ctx| {
                    end_check(&number, (&by, &reason), ctx).await?;
                    show::line(&format!("check {} is ended, and its secret is wiped", number.as_str()));
                    Ok(Exit::Done)
                })
            }
        }
    }
}

fn begin(node: &Path, plan: &CheckPlan, wait: bool, as_json: bool) -> Result<Exit> {
    let with = format!("with:{}", plan.peer);
    noted::with_flows_noted(node, ("check-run", &with), async |ctx| {
        let number = begin_check(plan, ctx).await?;
        if !wait {
            if as_json {
                show::json_line(&serde_json::json!({ "check": number.as_str() }));
            } else {
                let text = format!(
                    "check {} with {} is begun; the running node carries it on",
                    number.as_str(),
                    plan.peer
                );
                show::line(&text);
            }
            return Ok(Exit::Done);
        }
        if !as_json {
            show::line(&format!("check {} with {} is begun", number.as_str(), plan.peer));
        }
        until_its_end(&number, ctx).await?;
        tell(&check_of(&number, ctx).await?, Language::En, as_json)
    })
}

/// Shows batches while they are exchanged: a bar in a terminal, plain lines elsewhere.
async fn until_its_end(number: &RecordId, ctx: &Context) -> Result<()> {
    let mut progress: Option<Progress> = None;
    let mut said = None;
    loop {
        let known = check_of(number, ctx).await?;
        let state = known.row.state;
        match state {
            CheckState::Running => {
                let total = u64::from(known.batches());
                let progress = progress.get_or_insert_with(|| Progress::of("batches", total));
                progress.reach(u64::from(known.answered()));
            }
            CheckState::Preparing | CheckState::Ready | CheckState::Opened | CheckState::Told => {
                if said != Some(state) {
                    show::aside(state_in_words(&known, Language::En));
                }
            }
            CheckState::Closed | CheckState::Refused | CheckState::Ended | CheckState::Expired => {
                return Ok(());
            }
        }
        said = Some(state);
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn list(node: &Path, language: Language, as_json: bool) -> Result<Exit> {
    local::with_flows(node, async |ctx| {
        let all = checks(ctx).await?;
        if as_json {
            all.iter().for_each(|known| show::json_line(&check_json(known)));
        } else if all.is_empty() {
            show::line(pick(language, "сверок не было", "no check was opened"));
        } else {
            show::line(&checks_table(&all, language));
        }
        Ok(Exit::Done)
    })
}

fn tell(known: &KnownCheck, language: Language, as_json: bool) -> Result<Exit> {
    if as_json {
        show::json(&check_json(known));
    } else {
        show::line(&checks_table(std::slice::from_ref(known), language));
        show::line(state_in_words(known, language));
        if let Some(code) = &known.row.code {
            show::line(&format!("{code}; stazh explain {code}"));
        }
        if known.row.state == CheckState::Closed {
            let place = format!("handed-over/checks/{}/outcomes.csv", known.row.draft.number.as_str());
            let text = pick(language, "исход каждой строки", "the outcome of each row");
            show::line(&format!("{text}: {place}"));
        }
    }
    Ok(match known.row.state {
        CheckState::Refused | CheckState::Ended | CheckState::Expired => Exit::Refused,
        CheckState::Preparing
        | CheckState::Ready
        | CheckState::Opened
        | CheckState::Running
        | CheckState::Told
        | CheckState::Closed => Exit::Done,
    })
}

/// In which language a text is shown.
fn pick<'t>(language: Language, ru: &'t str, en: &'t str) -> &'t str {
    match language.written() {
        Written::Ru => ru,
        Written::En => en,
    }
}

/// A value of an option, with what is wrong with it.
fn parsed<T: std::str::FromStr<Err = crate::base::Finding>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|finding: crate::base::Finding| finding.message)
}

const LOOK_EVERY: Duration = Duration::from_millis(200);
