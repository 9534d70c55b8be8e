//! The board: cases by what is due first.

use super::cases::{Look, Wait};
use crate::access::Permit;
use crate::base::Language;
use crate::exchange::canonical::{RecordId, State};
use crate::flow::cases::KnownCase;
use crate::flow::facts::today;
use crate::flow::{Context, FlowError};
use crate::pension::{Branch, CaseFile, CaseSort, CaseStage, agreement};
use crate::store::{
    BoardChoice, BoardPlace, BoardRow, Tx, case_board_counts, case_board_page, case_board_put,
    case_board_renew, case_board_take, case_board_waiting, case_entries,
};
use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Ours.
    Ours,
    /// That of others.
    Theirs,
}

/// Which cases are wanted; nothing chosen is all that are not closed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BoardFilter {
    /// At this stage.
    pub stage: Option<CaseStage>,
    /// Something waits for us, or for others.
    pub turn: Option<Turn>,
    /// Something is over.
    pub is_overdue: bool,
}

/// The board: what is overdue first, then by the day on which something is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Board {
    /// The day it was looked at, in UTC.
    #[schemars(with = "String")]
    pub today: Date,
    /// How many cases there are of each sort.
    pub counts: BoardCounts,
    /// The cases.
    pub cases: Vec<BoardCase>,
    /// Where the next page begins; none at the end.
    pub next: Option<BoardNext>,
}

/// How many cases there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BoardCounts {
    /// In which something is over.
    pub overdue: u64,
    /// In which something waits for us.
    pub ours: u64,
    /// In which something waits for others.
    pub theirs: u64,
    /// In which nothing waits and nothing was decided.
    pub open: u64,
    /// That are decided.
    pub decided: u64,
    /// That are closed.
    pub closed: u64,
}

/// One case on the board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BoardCase {
    /// Its number.
    #[schemars(with = "String")]
    pub case: RecordId,
    /// What it is about.
    pub sort: CaseSort,
    /// For what is claimed in it.
    pub branches: Vec<Branch>,
    /// How far it is.
    pub stage: CaseStage,
    /// Where the claim was filed.
    #[schemars(with = "Option<String>")]
    pub filed_in: Option<State>,
    /// When, as it was written (T8).
    #[schemars(with = "Option<String>")]
    pub filed_on: Option<Date>,
    /// How many documents it has.
    pub documents: usize,
    /// The kind of its last one.
    pub last_kind: String,
    /// Who wrote that.
    #[schemars(with = "Option<String>")]
    pub last_from: Option<State>,
    /// When it left or came.
    #[schemars(with = "Option<String>")]
    pub last_at: Option<Timestamp>,
    /// What waits for its answer, what is due first before the others.
    pub waits: Vec<Wait>,
    /// Whether a provisional award may be possible.
    pub is_provisional: bool,
}

/// Where the next page begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BoardNext {
    /// The day of the last case of this page; none if it has none.
    #[schemars(with = "Option<String>")]
    pub after_due: Option<Date>,
    /// Its number.
    #[schemars(with = "String")]
    pub after: RecordId,
}

/// A page of the board, for who may list cases.
///
/// # Errors
/// The database does not answer.
pub async fn case_board(
    _permit: &Permit,
    filter: &BoardFilter,
    after: Option<&BoardNext>,
    language: Language,
    ctx: &Context,
) -> Result<Board, FlowError> {
    renew_board(ctx).await?;
    let (book, today) = (ctx.cases.book.get(), today(ctx));
    let look = Look { ours: ctx.state, book: &book, today, language };
    let choice = BoardChoice {
        stage: filter.stage.map(word),
        is_ours: filter.turn == Some(Turn::Ours),
        is_theirs: filter.turn == Some(Turn::Theirs),
        due_before: filter.is_overdue.then_some(today),
    };
    let after = after.map(|next| BoardPlace { due_on: next.after_due, case: next.after.clone() });
    let mut tx = ctx.store.read().await?;
    let mut places = case_board_page(&mut tx, &choice, after.as_ref(), PAGE + 1).await?;
    let has_more = places.len() > usize::try_from(PAGE).unwrap_or(usize::MAX);
    places.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let last = places.last().filter(|_| has_more);
    let next = last.map(|last| BoardNext { after_due: last.due_on, after: last.case.clone() });
    let mut cases = Vec::with_capacity(places.len());
    for place in places {
        let file = CaseFile::new(case_entries(&mut tx, &place.case).await?);
        cases.push(listed(&KnownCase { id: place.case, file }, look));
    }
    Ok(Board { today, counts: counted(&mut tx, today).await?, cases, next })
}

/// Draws anew where cases stand that somebody has written to since: up to as many as one look may.
///
/// # Errors
/// The database does not answer.
pub async fn renew_board(ctx: &Context) -> Result<(), FlowError> {
    renew(AT_ONCE, ctx).await?;
    Ok(())
}

/// Draws every case anew in which something waits, since the terms may have changed.
///
/// # Errors
/// The database does not answer.
pub async fn renew_whole_board(ctx: &Context) -> Result<(), FlowError> {
    let mut tx = ctx.store.begin().await?;
    case_board_renew(&mut tx).await?;
    tx.commit().await?;
    while renew(AT_ONCE, ctx).await? {}
    Ok(())
}

/// Tells whether there may be more.
async fn renew(limit: u32, ctx: &Context) -> Result<bool, FlowError> {
    let waiting = case_board_waiting(&mut ctx.store.read().await?, limit).await?;
    if waiting.is_empty() {
        return Ok(false);
    }
    let book = ctx.cases.book.get();
    let look = Look { ours: ctx.state, book: &book, today: today(ctx), language: Language::En };
    let mut tx = ctx.store.begin().await?;
    for case in &waiting {
        if case_board_take(&mut tx, case).await? {
            let file = CaseFile::new(case_entries(&mut tx, case).await?);
            case_board_put(&mut tx, case, &stands(&file, look)).await?;
        }
    }
    tx.commit().await?;
    Ok(waiting.len() >= usize::try_from(limit).unwrap_or(usize::MAX))
}

fn stands(file: &CaseFile, look: Look<'_>) -> BoardRow {
    let waiting = if file.stage() == CaseStage::Closed { Vec::new() } else { file.waiting() };
    let due = waiting.iter().filter_map(|it| Some(it.is_due(file.filed(), look.book)?.day)).min();
    BoardRow {
        stage: if file.entries().is_empty() { NO_CASE.to_owned() } else { word(file.stage()) },
        due_on: due,
        is_ours: waiting.iter().any(|it| it.who == look.ours),
        is_theirs: waiting.iter().any(|it| it.who != look.ours),
    }
}

fn listed(case: &KnownCase, look: Look<'_>) -> BoardCase {
    let (file, last) = (&case.file, case.file.entries().last());
    BoardCase {
        case: case.id.clone(),
        sort: file.sort(),
        branches: file.branches(agreement()),
        stage: file.stage(),
        filed_in: file.filed().map(|filed| filed.state),
        filed_on: file.filed().and_then(|filed| filed.at.day()),
        documents: file.entries().len(),
        last_kind: last.map_or_else(String::new, |entry| entry.kind.as_code().to_owned()),
        last_from: last.map(|entry| entry.from),
        last_at: last.map(|entry| entry.at),
        waits: Wait::all(file, look),
        is_provisional: file.provisional(look.ours, agreement()).is_some(),
    }
}

async fn counted(tx: &mut Tx, today: Date) -> Result<BoardCounts, FlowError> {
    let mut counts = BoardCounts::default();
    for row in case_board_counts(tx, today).await? {
        let add = |to: &mut u64, is_it: bool| *to += if is_it { row.count } else { 0 };
        add(&mut counts.overdue, row.is_overdue);
        add(&mut counts.ours, row.is_ours);
        add(&mut counts.theirs, row.is_theirs);
        add(&mut counts.open, row.stage == word(CaseStage::Open));
        add(&mut counts.decided, row.stage == word(CaseStage::Decided));
        add(&mut counts.closed, row.stage == word(CaseStage::Closed));
    }
    Ok(counts)
}

/// The word of a stage, as JSON has it.
fn word(stage: CaseStage) -> String {
    match stage {
        CaseStage::Waiting => "waiting",
        CaseStage::Open => "open",
        CaseStage::Decided => "decided",
        CaseStage::Closed => "closed",
    }
    .to_owned()
}

/// The stage of a case of which no document counts.
const NO_CASE: &str = "none";
/// Cases on one page.
const PAGE: u32 = 50;
/// Cases that are drawn anew in one transaction.
const AT_ONCE: u32 = 200;
