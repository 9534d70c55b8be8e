//! `stazh case`: pension cases, out of the documents that left and came.

use super::{Exit, Misused, local, show};
use crate::base::{Clock, Finding, Language, Written};
use crate::exchange::canonical::case::CaseDocumentKind;
use crate::exchange::canonical::{RecordId, State};
use crate::exchange::document::codec::case_root;
use crate::exchange::rules::Catalogue;
use crate::flow::{KnownCase, case_of, cases_after, day_of, pages_of, voided_of};
use crate::pension::{
    CaseEntry, CaseFile, CaseStage, Due, Lacking, Provisional, TermBook, Waiting, agreement, is_overdue,
};
use crate::store::CasePage;
use anyhow::Result;
use comfy_table::{Table, presets};
use jiff::civil::Date;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Pension cases: the documents that two states wrote each other, where a case
/// stands, and what waits for its answer.
///
/// A document is a JSON file that says which it is; it is sent with stazh send,
/// and those that came lie in handed-over/cases. An answer names in "about" the
/// document that it answers.
///
///   stazh case kinds
///   stazh send ru claim.json --to KG
///   stazh case list ru --stage waiting
///   stazh case list ru --overdue
///   stazh case show ru RU-2028-000417
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct CaseCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// List the documents of cases: what each is for, and the transaction that carries it.
    Kinds {
        /// In which language: en or ru.
        #[arg(long, default_value = "en")]
        language: Language,
        /// Print one JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// List the cases, and where each stands.
    List {
        /// The node's folder, or its settings file.
        node: PathBuf,
        /// Only those that stand there: waiting, open, decided or closed.
        #[arg(long, value_name = "STAGE", value_parser = stage)]
        stage: Option<CaseStage>,
        /// Only those with an answer that is overdue.
        #[arg(long)]
        overdue: bool,
        /// Print one JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Show a case: its documents in their order, and what waits.
    Show {
        /// The node's folder, or its settings file.
        node: PathBuf,
        /// The number of the case.
        case: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

impl CaseCommand {
    pub(super) fn run(self) -> Result<Exit> {
        match self.action {
            Action::Kinds { language, json } => kinds(language, json),
            Action::List { node, stage, overdue, json } => list(&node, (stage, overdue), json),
            Action::Show { node, case, json } => show_one(&node, &case, json),
        }
    }
}

fn kinds(language: Language, as_json: bool) -> Result<Exit> {
    let catalogue = Catalogue::built_in()?;
    let mut table = table(match language.written() {
        Written::En => ["document", "what it is", "what it is for", "transaction"],
        Written::Ru => ["документ", "что это", "для чего", "транзакция"],
    });
    for kind in CaseDocumentKind::ALL {
        let (process, transaction) = catalogue.beginning_with_root(case_root(*kind))?;
        let message = process.message(&transaction.request)?;
        let serves = message.serves.as_ref();
        let (name, serves) = match language.written() {
            Written::En => (&message.name.en, serves.map_or("", |serves| &serves.en)),
            Written::Ru => (&message.name.ru, serves.map_or("", |serves| &serves.ru)),
        };
        if as_json {
            show::json_line(&json!({
                "document": kind, "name": name, "serves": serves, "transaction": transaction.code,
                "structure": message.structure,
            }));
        } else {
            table.add_row([kind.as_code(), name.as_str(), serves, transaction.code.as_str()]);
        }
    }
    if !as_json {
        show::line(&table.to_string());
    }
    Ok(Exit::Done)
}

fn list(node: &Path, (stage, overdue): (Option<CaseStage>, bool), as_json: bool) -> Result<Exit> {
    local::with_flows(node, async |ctx| {
        let book = ctx.cases.book.get();
        let by = By::today((ctx.state, ctx.clock.as_ref()), &book);
        let mut table = table(["case", "about", "stands", "documents", "the last", "waits for"]);
        let (mut after, mut count) = (String::new(), 0_u64);
        let is_meant = |case: &&KnownCase| {
            stage.is_none_or(|stage| case.file.stage() == stage)
                && (!overdue || case.file.waiting().iter().any(|it| is_late(case, it, by)))
        };
        loop {
            let cases = cases_after(&after, PAGE, ctx).await?;
            let Some(last) = cases.last() else { break };
            last.id.as_str().clone_into(&mut after);
            for case in cases.iter().filter(is_meant) {
                count += 1;
                if as_json {
                    show::json_line(&summary(case, by));
                } else {
                    table.add_row(row(case, by));
                }
            }
        }
        match (as_json, count) {
            (true, _) => {}
            (false, 0) if overdue || stage.is_some() => show::line("no case stands so"),
            (false, 0) => show::line("no document of a case left or came"),
            (false, _) => show::line(&table.to_string()),
        }
        Ok(Exit::Done)
    })
}

fn show_one(node: &Path, case: &str, as_json: bool) -> Result<Exit> {
    let id: RecordId = case.parse().map_err(|finding: Finding| Misused(finding.message))?;
    local::with_flows(node, async |ctx| {
        let voided = voided_of(&id, ctx).await?;
        let Some(case) = case_of(&id, ctx).await? else {
            voided.iter().for_each(|entry| show::aside(&without_effect(entry)));
            show::aside(&format!("no document of case {} left or came", id.as_str()));
            return Ok(Exit::Refused);
        };
        let book = ctx.cases.book.get();
        let by = By::today((ctx.state, ctx.clock.as_ref()), &book);
        if as_json {
            let voided: Vec<Value> = voided.iter().map(entry_json).collect();
            let documents: Vec<Value> = case.file.entries().iter().map(entry_json).collect();
            let pages: Vec<Value> = pages_of(&id, &ctx.store).await?.iter().map(page_json).collect();
            show::json(
                &json!({ "case": summary(&case, by), "entries": documents, "pages": pages, "without_effect": voided }),
            );
            return Ok(Exit::Done);
        }
        show::line(&format!("case {}: {}, {}", id.as_str(), about(&case.file), word(&case.file.stage())));
        if let Some(filed) = case.file.filed() {
            show::line(&format!("filed in {} at {}", filed.state, filed.at));
        }
        let mut table = table(["at", "from", "document", "says", "id", "about"]);
        for entry in case.file.entries() {
            table.add_row([
                entry.at.to_string(),
                format!("{} to {}", entry.from, entry.to),
                entry.kind.as_code().to_owned(),
                said(entry),
                entry.document_id.as_uuid().to_string(),
                entry.about.map_or_else(String::new, |about| about.as_uuid().to_string()),
            ]);
        }
        show::line(&table.to_string());
        for waiting in case.file.waiting() {
            show::line(&waits(&case, &waiting, by));
        }
        voided.iter().for_each(|entry| show::line(&without_effect(entry)));
        if let Some(possible) = case.file.provisional(by.ours, agreement()) {
            show::line(&hint(&possible));
        }
        for lacking in case.file.lacks(agreement()) {
            show::line(&lacks(&lacking));
        }
        for page in pages_of(&id, &ctx.store).await? {
            show::line(&on_paper(&case, &page));
        }
        Ok(Exit::Done)
    })
}

/// A document of ours that the peer refused, or whose transaction was cancelled.
fn without_effect(entry: &CaseEntry) -> String {
    let (kind, id) = (entry.kind.as_code(), entry.document_id.as_uuid());
    format!(
        "without effect: {kind} {id} of {}, which {} refused or whose transaction was cancelled; stazh journal list tells \
         why",
        entry.at, entry.to
    )
}

/// A hint, which decides nothing.
fn hint(possible: &Provisional) -> String {
    let Provisional { pensions, awaited, rules } = possible;
    let pensions: Vec<&str> = pensions.iter().map(|pension| pension.as_str()).collect();
    let states: Vec<&str> = awaited.iter().map(|state| state.as_code()).collect();
    format!(
        "hint: only the part of {} is missing; a provisional award of {} is possible if our law knows one, a person \
         decides ({}: each state decides by its own law, from its own service, on its own amount)",
        states.join(", "),
        pensions.join(", "),
        rules.join(", ")
    )
}

/// A page that came on paper: nothing follows from it.
fn on_paper(case: &KnownCase, page: &CasePage) -> String {
    let CasePage { document_id, page: number, pages, noted_at, .. } = page;
    let wire = match case.file.entry(*document_id) {
        Some(_) => "the document itself came or left",
        None => "the document itself is not in this case",
    };
    format!("on paper: page {number} of {pages} of {}, noted at {noted_at}; {wire}", document_id.as_uuid())
}

fn page_json(page: &CasePage) -> Value {
    json!({
        "document": page.document_id.as_uuid(), "digest": page.digest.map(|digest| digest.to_string()),
        "page": page.page, "of": page.pages, "noted_at": page.noted_at.to_string(),
    })
}

fn row(case: &KnownCase, by: By<'_>) -> [String; 6] {
    let (file, waiting) = (&case.file, case.file.waiting());
    let last = file.entries().last();
    [
        case.id.as_str().to_owned(),
        about(file),
        word(&file.stage()),
        file.entries().len().to_string(),
        last.map_or_else(String::new, |entry| format!("{} of {}", entry.kind.as_code(), entry.from)),
        waiting.iter().map(|it| waits_for(case, it, by)).collect::<Vec<_>>().join("\n"),
    ]
}

/// What a case is about: of a claim, for which branches.
fn about(file: &CaseFile) -> String {
    let branches: Vec<String> = file.branches(agreement()).iter().map(word).collect();
    let sort = word(&file.sort());
    if branches.is_empty() { sort } else { format!("{sort} ({})", branches.join(", ")) }
}

/// A hint, which decides nothing.
fn lacks(lacking: &Lacking) -> String {
    let Lacking { branch, told_by, asked_by, rules } = lacking;
    format!(
        "hint: a claim for {} rests on {} as well, which nobody has told; {} asks for it ({})",
        word(branch),
        told_by.as_code(),
        asked_by.as_code(),
        rules.join(", ")
    )
}

/// A word of the program as JSON has it.
pub(super) fn word(of: &impl serde::Serialize) -> String {
    let value = serde_json::to_value(of).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

fn said(entry: &CaseEntry) -> String {
    let pensions: Vec<&str> = entry.said.pensions.iter().map(|kind| kind.as_str()).collect();
    let decision = entry.said.decision.as_ref().map(|decision| decision.as_str());
    let due = entry.said.due.map(|day| format!("until {day}"));
    decision
        .map(str::to_owned)
        .into_iter()
        .chain(pensions.into_iter().map(str::to_owned))
        .chain(due)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Whose node shows cases, by which terms, and on which day: of the node's clock in UTC, so that a term that ends
/// today is not over.
#[derive(Clone, Copy)]
pub(super) struct By<'b> {
    ours: State,
    book: &'b TermBook,
    today: Date,
}

impl<'b> By<'b> {
    pub(super) fn today((ours, clock): (State, &dyn Clock), book: &'b TermBook) -> Self {
        Self { ours, book, today: day_of(clock.now()) }
    }
}

fn due_of<'b>(case: &KnownCase, waiting: &Waiting, by: By<'b>) -> Option<Due<'b>> {
    waiting.is_due(case.file.filed(), by.book)
}

fn is_late(case: &KnownCase, waiting: &Waiting, by: By<'_>) -> bool {
    due_of(case, waiting, by).is_some_and(|due| is_overdue(due.day, by.today))
}

fn waits_for(case: &KnownCase, waiting: &Waiting, by: By<'_>) -> String {
    let due = due_of(case, waiting, by).map_or_else(String::new, |due| format!(" until {}", due.day));
    let late = if is_late(case, waiting, by) { ", overdue" } else { "" };
    format!("{}: {}{due}{late}", waiting.who, waiting.kind.as_code())
}

pub(super) fn waits(case: &KnownCase, waiting: &Waiting, by: By<'_>) -> String {
    let Waiting { document_id, kind, who, since, reminders, .. } = waiting;
    let due = due_of(case, waiting, by).map_or_else(String::new, |due| {
        let basis = due.basis.map_or("as it says itself", |basis| basis.of(Language::En));
        let transit = match due.transit {
            0 => String::new(),
            days => format!("; {days} days on its way are not counted (T9)"),
        };
        let late = if is_late(case, waiting, by) { ", overdue" } else { "" };
        format!(", due {}{late} ({basis}{transit})", due.day)
    });
    let reminded = match reminders {
        0 => String::new(),
        count => format!(", reminded {count} times"),
    };
    format!("waits for {who} since {since}{due}{reminded}: {} {}", kind.as_code(), document_id.as_uuid())
}

pub(super) fn summary(case: &KnownCase, by: By<'_>) -> Value {
    let waiting = |it: &Waiting| {
        let due = due_of(case, it, by);
        json!({
            "document": it.document_id.as_uuid(), "kind": it.kind, "who": it.who, "since": it.since.to_string(),
            "due": due.as_ref().map(|due| due.day), "transit_days": due.as_ref().map(|due| due.transit),
            "is_overdue": is_late(case, it, by), "reminders": it.reminders,
        })
    };
    json!({
        "case": case.id.as_str(), "sort": case.file.sort(), "branches": case.file.branches(agreement()),
        "stage": case.file.stage(), "filed": case.file.filed(),
        "documents": case.file.entries().len(),
        "waiting": case.file.waiting().iter().map(waiting).collect::<Vec<_>>(),
        "provisional": case.file.provisional(by.ours, agreement()), "lacks": case.file.lacks(agreement()),
    })
}

fn entry_json(entry: &CaseEntry) -> Value {
    json!({
        "document": entry.document_id.as_uuid(), "kind": entry.kind, "from": entry.from, "to": entry.to,
        "about": entry.about.map(|about| about.as_uuid()), "at": entry.at.to_string(), "said": entry.said,
    })
}

fn table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = show::table(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header(header);
    table
}

fn stage(text: &str) -> Result<CaseStage, String> {
    let all = [CaseStage::Waiting, CaseStage::Open, CaseStage::Decided, CaseStage::Closed];
    let found = all.into_iter().find(|stage| word(stage) == text);
    found.ok_or_else(|| "write waiting, open, decided or closed".to_owned())
}

/// Cases that are read at once.
const PAGE: u32 = 500;
