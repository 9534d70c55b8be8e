//! Messages of both queues, and the journey of one: what waits for a person can be let go, what ended can be begun again.

use super::field::{Field, Kind};
use super::route::{Answer, Call, Done, For, Route, Trouble, Verb, handler};
use super::view::View;
use crate::base::ConversationId;
use crate::flow::watch::{
    Explained, Journey, Message, MessageFilter, MessageList, Stage, StageIs, journey, messages,
};
use crate::flow::{Released, Resent, release, resend};
use crate::store::RowId;
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil::Date};
use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use schemars::schema_for;

pub(super) const ROUTES: &[Route] = &[
    Route {
        verb: Verb::Get,
        path: "/messages",
        command: "message-list",
        purpose: For::Nothing,
        is_open: false,
        fields: FILTER,
        answer: || schema_for!(MessageList),
        call: handler!(list),
        again: None,
    },
    Route {
        verb: Verb::Get,
        path: "/messages/{message}",
        command: "message-view",
        purpose: For::Nothing,
        is_open: false,
        fields: &[],
        answer: || schema_for!(Journey),
        call: handler!(one),
        again: None,
    },
    Route {
        verb: Verb::Get,
        path: "/messages/{message}/release",
        command: "message-release",
        purpose: For::Nothing,
        is_open: false,
        fields: &[],
        answer: || schema_for!(Message),
        call: handler!(ask_release),
        again: None,
    },
    Route {
        verb: Verb::Post,
        path: "/messages/{message}/release",
        command: "message-release",
        purpose: For::Nothing,
        is_open: false,
        fields: &[],
        answer: || schema_for!(()),
        call: handler!(released),
        again: Some(handler!(ask_release)),
    },
    Route {
        verb: Verb::Get,
        path: "/messages/{message}/resend",
        command: "message-resend",
        purpose: For::Nothing,
        is_open: false,
        fields: &[],
        answer: || schema_for!(Message),
        call: handler!(ask_resend),
        again: None,
    },
    Route {
        verb: Verb::Post,
        path: "/messages/{message}/resend",
        command: "message-resend",
        purpose: For::Nothing,
        is_open: false,
        fields: &[],
        answer: || schema_for!(String),
        call: handler!(resent),
        again: Some(handler!(ask_resend)),
    },
];

const FILTER: &[Field] = &[
    Field { name: "id", kind: Kind::Line(400), is_required: false },
    Field { name: "peer", kind: Kind::Choice(&["AM", "BY", "KG", "KZ", "RU"]), is_required: false },
    Field { name: "direction", kind: Kind::Choice(&["in", "out"]), is_required: false },
    Field { name: "message_state", kind: Kind::Choice(STATES), is_required: false },
    Field {
        name: "sort",
        kind: Kind::Choice(&["application", "signal", "fault", "service"]),
        is_required: false,
    },
    Field { name: "since", kind: Kind::Date, is_required: false },
    Field { name: "cursor", kind: Kind::Line(80), is_required: false },
];

/// Of both queues.
const STATES: &[&str] = &[
    "queued",
    "leased",
    "sent",
    "confirmed",
    "held",
    "received",
    "accepted",
    "deferred",
    "settled",
    "returned",
    "quarantined",
    "parked",
];

/// What is filled in by hand.
const SHOWN: usize = 6;

async fn list(call: Call) -> Done {
    let given = &call.given;
    let text = |name: &str| Some(given.text(name)).filter(|text| !text.is_empty()).map(str::to_owned);
    // a day of the reader begins where he is
    let since = text("since").and_then(|day| day.parse::<Date>().ok());
    let since = since.and_then(|day| start_of(day, &call.view.zone));
    let filter = MessageFilter {
        id: text("id"),
        peer: text("peer"),
        direction: text("direction").and_then(|word| word.parse().ok()),
        state: text("message_state"),
        sort: text("sort").and_then(|word| word.parse().ok()),
        since,
    };
    let page = messages(call.permit()?, &filter, text("cursor").as_deref(), ROWS, &call.ctx).await?;
    let kept: Vec<(&'static str, String)> =
        FILTER.iter().take(SHOWN).filter_map(|field| Some((field.name, text(field.name)?))).collect();
    let shown = page.clone();
    Answer::page(call.view.say("menu-message-list"), &page, move |view| {
        let next = shown.next.as_ref().map(|next| {
            let chosen: String = kept
                .iter()
                .map(|(name, text)| format!("&{name}={}", utf8_percent_encode(text, NON_ALPHANUMERIC)))
                .collect();
            format!("/console/messages?cursor={next}{chosen}")
        });
        html! {
            form method="get" action="/console/messages" class="filter" role="search" {
                @for field in FILTER.iter().take(SHOWN) { (view.field(*field)) }
                p { button type="submit" { (view.say("message-search")) } }
            }
            (rows(view, &view.say("menu-message-list"), &shown.messages))
            @if let Some(at) = shown.looked_until {
                p { (view.say("message-looked-until")) " " (view.instant(at)) }
            }
            (view.more(next))
        }
    })
}

fn start_of(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    zone.to_timestamp(day.at(0, 0, 0, 0)).ok()
}

/// A table of messages, each a link to its journey.
pub(super) fn rows(view: &View, caption: &str, all: &[Message]) -> Markup {
    let heads =
        ["message-at", "field-direction", "field-peer", "message-code", "field-message-state", "message-why"];
    let row = |it: &Message| {
        vec![
            html! { a href={ "/console/messages/" (it.row) } { (view.instant(it.at)) } },
            html! { (view.choice("direction", &it.direction)) },
            html! { (view.choice("peer", &it.peer)) },
            html! { (it.code) " " span class="hint" { (view.choice("sort", &it.sort)) } },
            state(view, it),
            html! { @if let Some(code) = &it.fault { code { (code) } } },
        ]
    };
    view.table(caption, &heads, all.iter().map(row).collect())
}

fn state(view: &View, it: &Message) -> Markup {
    let kind = match it.state.as_str() {
        "confirmed" | "settled" => "good",
        "returned" => "warn",
        _ if it.needs_person => "late",
        _ => "plain",
    };
    html! {
        (view.badge(kind, &view.choice("message-state", &it.state)))
        @if let Some(at) = it.next_try_at { " " (view.say("message-next-try")) " " (view.instant(at)) }
    }
}

async fn found(call: &Call) -> Result<Journey, Trouble> {
    let of = call.segment("message");
    journey(call.permit()?, of, call.view.language, &call.ctx).await?.ok_or_else(Trouble::not_found)
}

async fn one(call: Call) -> Done {
    let found = found(&call).await?;
    let may = |command: &str| {
        call.actor().is_ok_and(|actor| {
            crate::access::Commands::built_in()
                .find(command)
                .is_ok_and(|it| it.roles.contains(&actor.role) && actor.functions.contains(it.function))
        })
    };
    let (may_release, may_resend) = (may("message-release"), may("message-resend"));
    let shown = found.clone();
    let title = format!("{} {}", call.view.say("message"), found.message.code);
    Answer::page(title, &found, move |view| {
        let it = &shown.message;
        let id =
            |id: &Option<String>| html! { @if let Some(id) = id { span class="id" { (id) } } @else { "—" } };
        html! {
            (view.facts(vec![
                ("field-message-state", state(view, it)),
                ("field-direction", html! { (view.choice("direction", &it.direction)) ", " (view.choice("peer", &it.peer)) }),
                ("message-at", view.instant(it.at)),
                ("message-id", id(&it.message)),
                ("message-conversation", id(&it.conversation)),
                ("message-procedure", id(&it.procedure)),
                ("message-document", id(&it.document)),
                ("message-row", html! { span class="id" { (it.row) } }),
            ]))
            @if let Some(fault) = &shown.fault { (explained(view, fault)) }
            @if it.needs_person && may_release {
                p { (view.link(&format!("/console/messages/{}/release", it.row), &view.say("message-release"))) }
            }
            @if shown.may_resend && may_resend {
                p { (view.link(&format!("/console/messages/{}/resend", it.row), &view.say("message-resend"))) }
            }
            h2 { (view.say("message-journey")) }
            (drawn(view, &shown.stages))
            @if !shown.tries.is_empty() { (tries(view, &shown)) }
            h2 { (view.say("message-beside")) }
            (rows(view, &view.say("message-beside"), &shown.beside))
            h2 { (view.say("message-entries")) }
            (entries(view, &shown))
        }
    })
}

/// A code with what happened and what to do.
fn explained(view: &View, fault: &Explained) -> Markup {
    html! {
        div class="faults" {
            p { code { (fault.code) } @if let Some(cause) = &fault.cause { " " (cause) } }
            @if let Some(remedy) = &fault.remedy { p { strong { (view.say("trouble-remedy")) } " " (remedy) } }
            @if let Some(turn) = &fault.turn { p { (view.say("message-turn")) " " (turn) } }
        }
    }
}

/// The stages as a list that is drawn as a line of stops; without styles it is a list.
fn drawn(view: &View, stages: &[Stage]) -> Markup {
    html! {
        ol class="journey" {
            @for stage in stages {
                li class=(word(stage.is)) {
                    span class="stop" aria-hidden="true" { (mark(stage.is)) }
                    strong { (view.say(&format!("message-stage-{}", stage.name))) }
                    " " span class="hint" {
                        (view.say(&format!("message-stage-is-{}", word(stage.is))))
                        @if let Some(at) = stage.at { ", " (view.instant(at)) }
                        @if let Some(ms) = stage.after_ms { ", " (view.say_with("message-after", &[("time", &lasted(ms))])) }
                    }
                }
            }
        }
    }
}

fn word(is: StageIs) -> &'static str {
    match is {
        StageIs::Done => "done",
        StageIs::Failed => "failed",
        StageIs::Waiting => "waiting",
        StageIs::Ahead => "ahead",
        StageIs::Unused => "unused",
    }
}

/// Told apart by more than colour.
fn mark(is: StageIs) -> &'static str {
    match is {
        StageIs::Done => "✓",
        StageIs::Failed => "✗",
        StageIs::Waiting => "…",
        StageIs::Ahead => "○",
        StageIs::Unused => "–",
    }
}

/// A duration in the unit that is read most easily; the signs of the units are the same in all six languages of the pages.
pub(super) fn lasted(ms: i64) -> String {
    match ms {
        ..1_000 => format!("{ms} ms"),
        1_000..120_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        120_000..7_200_000 => format!("{} min", ms / 60_000),
        7_200_000..172_800_000 => format!("{} h", ms / 3_600_000),
        _ => format!("{} d", ms / 86_400_000),
    }
}

fn tries(view: &View, shown: &Journey) -> Markup {
    let row = |it: &crate::flow::watch::Try| {
        vec![
            view.instant(it.at),
            html! { span class="id" { (it.message) } },
            html! { @if let Some(outcome) = &it.outcome { (view.choice("outcome", outcome)) } @else { "…" } },
            html! { @if let Some(fault) = &it.fault { code { (fault.code) } @if let Some(cause) = &fault.cause { " " (cause) } } },
        ]
    };
    let heads = ["message-at", "message-id", "message-outcome", "message-why"];
    let rows = shown.tries.iter().map(row).collect();
    view.table(&view.say("message-tries"), &heads, rows)
}

fn entries(view: &View, shown: &Journey) -> Markup {
    let row = |it: &crate::flow::watch::JourneyEntry| {
        vec![
            view.instant(it.at),
            html! { (it.kind) },
            html! { (it.code) },
            html! { @if let Some(fault) = &it.fault { code { (fault.code) } @if let Some(cause) = &fault.cause { " " (cause) } } },
            html! { (it.detail) },
        ]
    };
    let heads = ["message-at", "message-happened", "message-code", "message-why", "message-detail"];
    view.table(&view.say("message-entries"), &heads, shown.entries.iter().map(row).collect())
}

async fn ask_release(call: Call) -> Done {
    let found = found(&call).await?;
    let shown = found.message.clone();
    Answer::page(call.view.say("message-release"), &found.message, move |view| {
        html! {
            (rows(view, &view.say("message"), std::slice::from_ref(&shown)))
            p { (view.say("message-release-told")) }
            (view.form(&format!("/console/messages/{}/release", shown.row), &[], "message-release"))
            p { (view.link(&format!("/console/messages/{}", shown.row), &view.say("message-back"))) }
        }
    })
}

async fn released(call: Call) -> Done {
    let row = found(&call).await?.message.row;
    let id: RowId = row.parse().map_err(|_not_one| Trouble::not_found())?;
    match release(id, &call.ctx.store, &*call.ctx.clock).await? {
        Released::GoesOn => {
            call.ctx.wake.outbox();
            call.ctx.wake.inbox();
            Answer::done(format!("/console/messages/{row}"), &())
        }
        Released::NotWaiting => Err(Trouble::field("message", "fault-not-waiting")),
    }
}

async fn ask_resend(call: Call) -> Done {
    let found = found(&call).await?;
    let shown = found.message.clone();
    Answer::page(call.view.say("message-resend"), &found.message, move |view| {
        html! {
            (rows(view, &view.say("message"), std::slice::from_ref(&shown)))
            p { (view.say("message-resend-told")) }
            (view.form(&format!("/console/messages/{}/resend", shown.row), &[], "message-resend"))
            p { (view.link(&format!("/console/messages/{}", shown.row), &view.say("message-back"))) }
        }
    })
}

async fn resent(call: Call) -> Done {
    let conversation = found(&call).await?.message.conversation;
    let id: Option<ConversationId> = conversation.and_then(|id| id.parse().ok());
    let id = id.ok_or_else(|| Trouble::field("message", "fault-not-ended"))?;
    match resend(id, &call.ctx).await? {
        Resent::As(new) => {
            let new = new.as_uuid().to_string();
            Answer::done(format!("/console/messages/{new}"), &new)
        }
        Resent::NotEnded => Err(Trouble::field("message", "fault-not-ended")),
    }
}

const ROWS: u32 = 50;
