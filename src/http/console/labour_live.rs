//! The search for vacancies in what peers tell at once: what each of them did stands above what was found.

use super::field::{Field, Kind};
use super::labour_told::{address, occupations, pay, places, reckoned, removed, score};
use super::labour_vacancies::{CURRENCIES, STATES, day, query_of};
use super::route::{Answer, Call, Done, For, Route, Verb, handler};
use super::view::View;
use crate::exchange::canonical::State;
use crate::flow::posts::{LiveLine, LiveList, LivePeer, seek_live};
use maud::{Markup, html};
use schemars::schema_for;

pub(super) const ROUTES: &[Route] = &[Route {
    verb: Verb::Get,
    path: "/vacancies/live",
    command: "vacancy-live-search",
    purpose: For::Nothing,
    is_open: false,
    fields: FIELDS,
    answer: || schema_for!(LiveList),
    call: handler!(live),
    again: Some(handler!(live)),
}];

const ASK: Field = Field { name: "ask", kind: Kind::Many(STATES), is_required: false };
const FIELDS: &[Field] = &[
    Field { name: "words", kind: Kind::Line(200), is_required: false },
    Field { name: "occupation", kind: Kind::Line(200), is_required: false },
    Field { name: "peer", kind: Kind::Choice(STATES), is_required: false },
    Field { name: "pay_from", kind: Kind::Number(1, 1_000_000_000), is_required: false },
    Field { name: "currency", kind: Kind::Choice(CURRENCIES), is_required: false },
    Field { name: "order_by", kind: Kind::Choice(&["match", "recent"]), is_required: false },
    ASK,
    Field { name: "major", kind: Kind::Number(0, 9), is_required: false },
];
/// What is filled in by hand.
const SHOWN: usize = 7;

async fn live(call: Call) -> Done {
    let ask: Vec<State> = call.given.all(ASK.name).iter().filter_map(|code| code.parse().ok()).collect();
    let query = query_of(&call.given);
    let list = seek_live(call.permit()?, &query, &ask, call.view.language, &call.ctx).await?;
    let shown = list.clone();
    Answer::page(call.view.say("live-title"), &list, move |view| {
        html! {
            (view.faults_told())
            p { (view.say("live-told")) }
            form method="get" action="/console/vacancies/live" class="filter" role="search" {
                @for field in FIELDS.iter().take(SHOWN) { (view.field(*field)) }
                p { button type="submit" { (view.say("live-ask")) } }
            }
            (standing(view, &shown))
            @if let Some(occupation) = &shown.occupation {
                p { (view.say_with("vacancy-understood", &[("code", &occupation.code), ("name", &occupation.name)])) }
            } @else if !view.given.text("occupation").is_empty() {
                p class="notice" { (view.say("vacancy-not-understood")) }
            }
            (lines(view, &shown.vacancies))
            (removed(view, &shown.removed))
            (reckoned(view, &shown.reckoned))
            p { (view.link("/console/vacancies", &view.say("vacancy-back"))) }
        }
    })
}

/// Whether this is all, in words, and what each peer did.
fn standing(view: &View, shown: &LiveList) -> Markup {
    let number = |of: u64| view.number(i64::try_from(of).unwrap_or(i64::MAX));
    html! {
        p role="status" { (view.say_with("live-hits", &[("count", &number(shown.hits))])) }
        @if shown.is_whole {
            p class="hint" { (view.say("live-whole")) }
        } @else {
            div class="notice" role="note" {
                p { strong { (view.say("live-partial")) } }
                @if shown.is_cut { p { (view.say("live-cut")) } }
            }
        }
        @if shown.folded > 0 {
            p class="hint" { (view.say_with("live-folded", &[("count", &number(shown.folded))])) }
        }
        @if !shown.peers.is_empty() { (peers(view, &shown.peers)) }
    }
}

fn peers(view: &View, peers: &[LivePeer]) -> Markup {
    let number = |of: u64| view.number(i64::try_from(of).unwrap_or(i64::MAX));
    let rows = peers.iter().map(|peer| {
        let kind = if peer.is == "answered" { "good" } else { "late" };
        let told = [("told", &*number(peer.told)), ("hits", &*number(peer.hits))];
        vec![
            html! { (view.choice("peer", &peer.state)) },
            html! {
                (view.badge(kind, &view.choice("live", &peer.is)))
                @if let Some(code) = &peer.code { " " code { (code) } }
            },
            html! {
                @if peer.as_of.is_some() { (view.say_with("live-told-of", &told)) } @else { "—" }
                @if peer.refused > 0 {
                    " " (view.say_with("live-not-taken", &[("count", &number(peer.refused))]))
                }
            },
            html! { @if let Some(at) = peer.as_of { (view.instant(at)) } @else { "—" } },
            html! { @if let Some(at) = peer.heard_at { (view.instant(at)) } @else { "—" } },
        ]
    });
    let heads = ["live-node", "live-outcome", "live-count", "live-as-of", "live-copy-of"];
    view.table(&view.say("live-peers"), &heads, rows.collect())
}

fn lines(view: &View, vacancies: &[LiveLine]) -> Markup {
    html! {
        @if vacancies.is_empty() { p class="empty" { (view.say("table-empty")) } }
        ol class="posts" {
            @for one in vacancies {
                @let line = &one.line;
                li {
                    h2 lang=[line.language.as_deref()] {
                        @if one.is_here { a href=(address(line)) { (line.title) } } @else { (line.title) }
                    }
                    p {
                        (view.choice("peer", &line.state)) " · " (places(line))
                        @if let Some(employer) = &line.employer { " · " (employer) }
                    }
                    p { strong { (pay(view, line.pay.as_ref())) } }
                    p class="hint" {
                        (occupations(&line.occupations)) " " (view.say("vacancy-posted")) " " (day(view, &line.posted_on))
                        ". " (view.choice("live-from", &one.told))
                        @if !one.is_here { ". " (view.say("live-not-here")) }
                    }
                    @if let (Some(page), false) = (&one.page, one.is_here) {
                        p { a href=(page) rel="external noreferrer" { (view.say("vacancy-page")) } }
                    }
                    @if let Some(found) = &line.score { (score(view, found, false)) }
                }
            }
        }
    }
}
