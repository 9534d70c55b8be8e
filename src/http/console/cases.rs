//! The board of cases: what is due first, and whose turn it is.

use super::field::{Field, Kind};
use super::route::{Answer, Call, Done, For, Route, Trouble, Verb, handler};
use super::view::View;
use crate::exchange::canonical::State;
use crate::flow::Context;
use crate::flow::office::{Board, BoardCase, BoardFilter, BoardNext, Turn, Wait, case_board, document_says};
use crate::pension::{Branch, CaseSort, CaseStage, state_name};
use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use schemars::schema_for;

pub(super) const ROUTES: &[Route] = &[Route {
    verb: Verb::Get,
    path: "/cases",
    command: "case-list",
    purpose: For::Nothing,
    is_open: false,
    fields: LISTED,
    answer: || schema_for!(Board),
    call: handler!(list),
    again: None,
}];

const LISTED: &[Field] = &[
    Field {
        name: "stage",
        kind: Kind::Choice(&["waiting", "open", "decided", "closed"]),
        is_required: false,
    },
    Field { name: "turn", kind: Kind::Choice(&["ours", "theirs"]), is_required: false },
    Field { name: "overdue", kind: Kind::Flag, is_required: false },
    Field { name: "after_due", kind: Kind::Date, is_required: false },
    Field { name: "after_case", kind: Kind::Line(100), is_required: false },
];

async fn list(call: Call) -> Done {
    let given = &call.given;
    let filter = BoardFilter {
        stage: stage(given.text("stage")),
        turn: match given.text("turn") {
            "ours" => Some(Turn::Ours),
            "theirs" => Some(Turn::Theirs),
            _ => None,
        },
        is_overdue: given.text("overdue") == "yes",
    };
    let after = match given.text("after_case") {
        "" => None,
        case => Some(BoardNext {
            after_due: given.text("after_due").parse().ok(),
            after: case.parse().map_err(|_fault| Trouble::field("after_case", "fault-choice"))?,
        }),
    };
    let board = case_board(call.permit()?, &filter, after.as_ref(), call.view.language, &call.ctx).await?;
    let (shown, ctx) = (board.clone(), call.ctx.clone());
    Answer::page(call.view.say("menu-case-list"), &board, move |view| drawn(view, &shown, &filter, &ctx))
}

fn drawn(view: &View, board: &Board, filter: &BoardFilter, ctx: &Context) -> Markup {
    let counts = &board.counts;
    let all = filter == &BoardFilter::default();
    let tabs = [
        ("case-all", String::new(), None, all),
        ("case-overdue", "overdue=yes".to_owned(), Some(counts.overdue), filter.is_overdue),
        ("case-ours", "turn=ours".to_owned(), Some(counts.ours), filter.turn == Some(Turn::Ours)),
        ("case-theirs", "turn=theirs".to_owned(), Some(counts.theirs), filter.turn == Some(Turn::Theirs)),
        (
            "choice-stage-open",
            "stage=open".to_owned(),
            Some(counts.open),
            filter.stage == Some(CaseStage::Open),
        ),
        (
            "choice-stage-decided",
            "stage=decided".to_owned(),
            Some(counts.decided),
            filter.stage == Some(CaseStage::Decided),
        ),
        (
            "choice-stage-closed",
            "stage=closed".to_owned(),
            Some(counts.closed),
            filter.stage == Some(CaseStage::Closed),
        ),
    ];
    let rows = board.cases.iter().map(|case| row(view, case, ctx)).collect();
    let heads = ["case-number", "case-sort", "case-stage", "case-waits", "case-last"];
    html! {
        p { (view.say_with("case-board-told", &[("day", &view.date(board.today))])) }
        nav class="tabs" aria-label=(view.say("case-filter")) {
            ul {
                @for (phrase, query, count, is_here) in &tabs {
                    li {
                        a href={ "/console/cases" @if !query.is_empty() { "?" (query) } } aria-current=[is_here.then_some("true")] {
                            (view.say(phrase))
                            @if let Some(count) = count { ": " (view.number(i64::try_from(*count).unwrap_or(i64::MAX))) }
                        }
                    }
                }
            }
        }
        (view.table(&view.say("case-board"), &heads, rows))
        (view.more(board.next.as_ref().map(|next| further(next, filter))))
    }
}

fn row(view: &View, case: &BoardCase, ctx: &Context) -> Vec<Markup> {
    let waits = html! {
        @if case.waits.is_empty() { (view.say("case-waits-nothing")) }
        @for wait in &case.waits { div { (wait_told(view, wait, ctx)) } }
        @if case.is_provisional { div { (view.badge("plain", &view.say("case-provisional"))) } }
    };
    let last = html! {
        @if let Ok(kind) = case.last_kind.parse() { (document_says(kind, view.language, &ctx.catalogue)) }
        @if let Some(from) = case.last_from { ", " (state(view, from)) }
        @if let Some(at) = case.last_at { br; (view.instant(at)) }
    };
    vec![
        view.link(&address(case.case.as_str()), case.case.as_str()),
        html! { (sort(view, (case.sort, &case.branches))) },
        html! { (view.choice("stage", stage_word(case.stage))) },
        waits,
        last,
    ]
}

/// What waits, for whom and until when.
pub(super) fn wait_told(view: &View, wait: &Wait, ctx: &Context) -> Markup {
    let who = if wait.is_ours { view.say("case-turn-ours") } else { state(view, wait.who).to_owned() };
    html! {
        strong { (who) } ": " (document_says(wait.kind, view.language, &ctx.catalogue))
        @if let Some(day) = wait.due_on { ", " (view.say("case-until")) " " (view.date(day)) }
        " "
        @match wait.days_left {
            Some(days) if wait.is_overdue => {
                (view.badge("late", &view.say_with("case-late-days", &[("days", &view.number(days.saturating_neg()))])))
            },
            Some(days) if days <= SOON => {
                (view.badge("warn", &view.say_with("case-days-left", &[("days", &view.number(days))])))
            },
            Some(_) | None => {},
        }
    }
}

/// The page of a case.
pub(super) fn address(case: &str) -> String {
    format!("/console/cases/{}", utf8_percent_encode(case, NON_ALPHANUMERIC))
}

/// What a state is called.
pub(super) fn state(view: &View, state: State) -> &'static str {
    state_name(state, view.language)
}

/// What a case is about.
pub(super) fn sort(view: &View, (sort, branches): (CaseSort, &[Branch])) -> String {
    let said = view.say(match sort {
        CaseSort::Claim => "case-sort-claim",
        CaseSort::Inquiry => "case-sort-inquiry",
        CaseSort::Change => "case-sort-change",
        CaseSort::Overpayment => "case-sort-overpayment",
        CaseSort::BulkCheck => "case-sort-check",
    });
    let branches: Vec<String> = branches.iter().map(|it| branch(view, *it)).collect();
    if branches.is_empty() { said } else { format!("{said}: {}", branches.join(", ")) }
}

/// For what a pension is paid.
pub(super) fn branch(view: &View, branch: Branch) -> String {
    view.say(match branch {
        Branch::OldAge => "case-branch-old-age",
        Branch::LongService => "case-branch-long-service",
        Branch::Disability => "case-branch-disability",
        Branch::Survivors => "case-branch-survivors",
        Branch::Funded => "case-branch-funded",
    })
}

/// The word of a stage.
pub(super) fn stage_word(stage: CaseStage) -> &'static str {
    match stage {
        CaseStage::Waiting => "waiting",
        CaseStage::Open => "open",
        CaseStage::Decided => "decided",
        CaseStage::Closed => "closed",
    }
}

fn stage(word: &str) -> Option<CaseStage> {
    let all = [CaseStage::Waiting, CaseStage::Open, CaseStage::Decided, CaseStage::Closed];
    all.into_iter().find(|stage| stage_word(*stage) == word)
}

fn further(next: &BoardNext, filter: &BoardFilter) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    if let Some(stage) = filter.stage {
        query.append_pair("stage", stage_word(stage));
    }
    if let Some(turn) = filter.turn {
        query.append_pair("turn", if turn == Turn::Ours { "ours" } else { "theirs" });
    }
    if filter.is_overdue {
        query.append_pair("overdue", "yes");
    }
    if let Some(day) = next.after_due {
        query.append_pair("after_due", &day.to_string());
    }
    query.append_pair("after_case", next.after.as_str());
    format!("/console/cases?{}", query.finish())
}

/// Days before a term ends in which it is marked.
const SOON: i64 = 7;
