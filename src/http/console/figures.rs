//! Figures as charts, each with a table beside it, and as files for a spreadsheet.

use super::field::{Field, Kind};
use super::messages::lasted;
use super::route::{Answer, Call, Done, FileBytes, For, Route, Trouble, Verb, handler};
use super::view::View;
use crate::base::explain;
use crate::flow::watch::{ByPeer, Delays, Figures, Span, Volume, figures};
use jiff::ToSpan;
use jiff::civil::Date;
use maud::{Markup, html};
use schemars::schema_for;
use std::collections::BTreeMap;

pub(super) const ROUTES: &[Route] = &[
    Route {
        verb: Verb::Get,
        path: "/figures",
        command: "dashboard-view",
        purpose: For::Nothing,
        is_open: false,
        fields: SPAN,
        answer: || schema_for!(Figures),
        call: handler!(shown),
        again: None,
    },
    Route {
        verb: Verb::Get,
        path: "/figures/days.csv",
        command: "dashboard-view",
        purpose: For::Nothing,
        is_open: false,
        fields: SPAN,
        answer: || schema_for!(FileBytes),
        call: handler!(days_file),
        again: None,
    },
    Route {
        verb: Verb::Get,
        path: "/figures/peers.csv",
        command: "dashboard-view",
        purpose: For::Nothing,
        is_open: false,
        fields: SPAN,
        answer: || schema_for!(FileBytes),
        call: handler!(peers_file),
        again: None,
    },
];

const SPAN: &[Field] = &[
    Field { name: "from_day", kind: Kind::Date, is_required: false },
    Field { name: "to_day", kind: Kind::Date, is_required: false },
];

fn span_of(call: &Call) -> Result<Span, Trouble> {
    let day = |name: &str| call.given.text(name).parse::<Date>().ok();
    let month = Span::month_before(call.ctx.clock.now());
    let to = day("to_day").unwrap_or(month.to);
    let span = Span { from: day("from_day").unwrap_or(to.saturating_sub(29.days())), to };
    if span.is_sound() { Ok(span) } else { Err(Trouble::field("from_day", "fault-span")) }
}

async fn shown(call: Call) -> Done {
    let found = figures(call.permit()?, span_of(&call)?, &call.ctx).await?;
    let it = found.clone();
    Answer::page(call.view.say("menu-dashboard-view"), &found, move |view| {
        let asked = format!("from_day={}&to_day={}", it.from, it.to);
        html! {
            form method="get" action="/console/figures" class="filter" {
                @for field in SPAN { (view.field(*field)) }
                p { button type="submit" { (view.say("figures-show")) } }
            }
            p { (view.say("figures-span")) " " (view.date(it.from)) " – " (view.date(it.to)) }
            @if it.uncounted_days > 0 {
                p class="notice" {
                    (view.say_with("figures-uncounted", &[("count", &view.number(it.uncounted_days))]))
                }
            }
            h2 { (view.say("figures-volumes")) }
            (chart(view, &it))
            (volumes(view, &it.volumes))
            p { (view.link(&format!("/console/figures/days.csv?{asked}"), &view.say("figures-days-file"))) }
            h2 { (view.say("figures-terms")) }
            (terms_chart(view, &it.peers))
            (terms(view, &it.peers))
            p { (view.link(&format!("/console/figures/peers.csv?{asked}"), &view.say("figures-peers-file"))) }
            h2 { (view.say("figures-delays")) }
            (delays(view, &it.peers))
            h2 { (view.say("figures-waiting")) }
            (waiting(view, &it))
            h2 { (view.say("figures-faults")) }
            (faults(view, &it))
            h2 { (view.say("figures-overdue")) }
            (overdue(view, &it))
            h2 { (view.say("figures-local")) }
            (local(view, &it))
        }
    })
}

/// Documents by day, those that came above those that left.
fn chart(view: &View, it: &Figures) -> Markup {
    let mut days: BTreeMap<Date, (i64, i64)> = BTreeMap::new();
    for volume in &it.volumes {
        let day = days.entry(volume.day).or_default();
        day.0 += volume.came;
        day.1 += volume.left;
    }
    let most = days.values().map(|(came, left)| (*came).max(*left)).max().unwrap_or(0);
    if most == 0 {
        return html! {};
    }
    let span = it.from.until(it.to).map_or(1, |span| i64::from(span.get_days()) + 1);
    let step = WIDTH / span.max(1);
    let bar = step.saturating_sub(step / 4).max(1);
    let place =
        |day: Date| it.from.until(day).map_or(0, |span| i64::from(span.get_days())) * WIDTH / span.max(1);
    let high = |number: i64| number * HALF / most;
    let bars: Vec<_> =
        days.iter().map(|(day, (came, left))| (place(*day), high(*came), high(*left))).collect();
    html! {
        figure {
            svg viewBox={ "0 0 " (WIDTH) " " (2 * HALF + 2) } role="img" aria-labelledby="volumes-title volumes-desc" class="chart" {
                title id="volumes-title" { (view.say("figures-volumes")) }
                desc id="volumes-desc" { (view.say("figures-volumes-desc")) }
                @for (x, came, left) in bars {
                    rect class="came" x=(x) y=(HALF - came) width=(bar) height=(came) {}
                    rect class="left" x=(x) y=(HALF + 2) width=(bar) height=(left) {}
                }
                line x1="0" x2=(WIDTH) y1=(HALF + 1) y2=(HALF + 1) class="axis" {}
            }
            figcaption {
                (view.say("figures-volumes-desc")) " "
                (view.say_with("figures-most", &[("count", &view.number(most))]))
            }
        }
    }
}

fn volumes(view: &View, volumes: &[Volume]) -> Markup {
    let row = |it: &Volume| {
        vec![
            html! { (view.date(it.day)) },
            html! { (view.choice("peer", &it.peer)) },
            html! { (view.number(it.came)) },
            html! { (view.number(it.left)) },
        ]
    };
    let heads = ["figures-day", "field-peer", "figures-came", "figures-left"];
    let table = view.table(&view.say("figures-volumes"), &heads, volumes.iter().rev().map(row).collect());
    html! { details { summary { (view.say("figures-as-table")) } (table) } }
}

/// For each peer, how many of a hundred transactions ended in time.
fn terms_chart(view: &View, peers: &[ByPeer]) -> Markup {
    let rows: Vec<_> = peers
        .iter()
        .map(|it| (it, it.met + it.late + it.expired + it.failed))
        .filter(|(_, all)| *all > 0)
        .collect();
    if rows.is_empty() {
        return html! {};
    }
    let count = i64::try_from(rows.len()).unwrap_or(1);
    html! {
        figure {
            svg viewBox={ "0 0 " (WIDTH) " " (count * ROW) } role="img" aria-labelledby="terms-title terms-desc" class="chart" {
                title id="terms-title" { (view.say("figures-terms")) }
                desc id="terms-desc" { (view.say("figures-terms-desc")) }
                @for (place, (it, all)) in (0_i64..).zip(&rows) {
                    @let wide = |number: i64| number * (WIDTH - NAME) / all;
                    text x="0" y=(place * ROW + ROW * 2 / 3) class="name" { (it.peer) }
                    rect class="met" x=(NAME) y=(place * ROW + 4) width=(wide(it.met)) height=(ROW - 8) {}
                    rect class="late" x=(NAME + wide(it.met)) y=(place * ROW + 4) width=(wide(it.late)) height=(ROW - 8) {}
                    rect class="expired" x=(NAME + wide(it.met) + wide(it.late)) y=(place * ROW + 4)
                        width=(wide(it.expired + it.failed)) height=(ROW - 8) {}
                }
            }
            figcaption { (view.say("figures-terms-desc")) }
        }
    }
}

fn terms(view: &View, peers: &[ByPeer]) -> Markup {
    let row = |it: &ByPeer| {
        let mut cells = vec![html! { (view.choice("peer", &it.peer)) }];
        let numbers = [it.met, it.late, it.expired, it.failed, it.open, it.open_late, it.answered];
        cells.extend(numbers.map(|number| html! { (view.number(number)) }));
        cells
    };
    let heads = [
        "field-peer",
        "figures-met",
        "figures-late",
        "figures-expired",
        "figures-failed",
        "figures-open",
        "figures-open-late",
        "figures-answered",
    ];
    view.table(&view.say("figures-terms"), &heads, peers.iter().map(row).collect())
}

fn delays(view: &View, peers: &[ByPeer]) -> Markup {
    let told = |ms: Option<i64>| html! { @if let Some(ms) = ms { "≤ " (lasted(ms)) } @else { "—" } };
    let row = |it: &ByPeer, delays: &Delays, of: &str| {
        vec![
            html! { (view.choice("peer", &it.peer)) },
            html! { (view.say(of)) },
            html! { (view.number(delays.number)) },
            told(delays.median_ms),
            told(delays.p95_ms),
        ]
    };
    let rows = peers.iter().flat_map(|it| {
        [row(it, &it.delays, "figures-we-asked"), row(it, &it.answer_delays, "figures-they-asked")]
    });
    let heads = ["field-peer", "figures-who-asked", "figures-number", "figures-median", "figures-p95"];
    view.table(&view.say("figures-delays"), &heads, rows.collect())
}

fn waiting(view: &View, it: &Figures) -> Markup {
    let rows = it.waiting.iter().map(|it| {
        let to = format!("/console/messages?peer={}&message_state={}", it.peer, it.state);
        vec![
            html! { (view.choice("peer", &it.peer)) },
            view.link(&to, &view.choice("message-state", &it.state)),
            html! { (view.number(it.number)) },
        ]
    });
    let heads = ["field-peer", "field-message-state", "figures-number"];
    view.table(&view.say("figures-waiting"), &heads, rows.collect())
}

fn faults(view: &View, it: &Figures) -> Markup {
    let rows = it.faults.iter().take(FAULTS_MAX).map(|it| {
        let cause = explain(&it.code).map(|known| known.cause.of(view.language));
        vec![
            html! { code { (it.code) } @if let Some(cause) = cause { " " (cause) } },
            html! { (view.choice("peer", &it.peer)) },
            html! { (view.choice("message-state", &it.state)) },
            html! { (view.number(it.number)) },
        ]
    });
    let heads = ["message-why", "field-peer", "field-message-state", "figures-number"];
    view.table(&view.say("figures-faults"), &heads, rows.collect())
}

fn overdue(view: &View, it: &Figures) -> Markup {
    let rows = it.overdue.iter().map(|it| {
        vec![
            html! { (view.choice("peer", &it.state)) },
            html! { (view.number(it.number)) },
            view.instant(it.at),
        ]
    });
    view.table(
        &view.say("figures-overdue"),
        &["figures-who-answers", "figures-number", "figures-counted"],
        rows.collect(),
    )
}

fn local(view: &View, it: &Figures) -> Markup {
    let rows = it.local.iter().map(|it| {
        vec![
            html! { @if it.what == "records" { (view.say("figures-records")) } @else { (it.what) } },
            html! { @if let Some(at) = it.as_of { (view.instant(at)) } @else { "—" } },
            html! { @if let Some(hours) = it.hours { (view.say_with("figures-hours", &[("count", &view.number(hours))])) } },
        ]
    });
    view.table(&view.say("figures-local"), &["figures-what", "figures-as-of", "figures-age"], rows.collect())
}

async fn days_file(call: Call) -> Done {
    let found = figures(call.permit()?, span_of(&call)?, &call.ctx).await?;
    let lines = found.volumes.iter().map(|it| format!("{},{},{},{}", it.day, it.peer, it.came, it.left));
    Ok(file("days", &found, "day,peer,came,left", lines))
}

async fn peers_file(call: Call) -> Done {
    let found = figures(call.permit()?, span_of(&call)?, &call.ctx).await?;
    let ms = |ms: Option<i64>| ms.map_or_else(String::new, |ms| ms.to_string());
    let lines = found.peers.iter().map(|it| {
        let numbers = [
            it.came,
            it.left,
            it.signals_came,
            it.signals_left,
            it.met,
            it.late,
            it.expired,
            it.failed,
            it.answered,
            it.open,
            it.open_late,
        ];
        let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
        let (asked, answered) = (&it.delays, &it.answer_delays);
        let times = [asked.median_ms, asked.p95_ms, answered.median_ms, answered.p95_ms].map(ms);
        format!("{},{},{}", it.peer, numbers.join(","), times.join(","))
    });
    let head = "peer,came,left,signals_came,signals_left,met,late,expired,failed,answered,open,open_late,\
        asked_median_ms,asked_p95_ms,answered_median_ms,answered_p95_ms";
    Ok(file("peers", &found, head, lines))
}

/// Lines of values that need no quotes (RFC 4180): codes, days and numbers.
fn file(what: &str, of: &Figures, head: &str, lines: impl Iterator<Item = String>) -> Answer {
    let mut text = format!("{head}\r\n");
    lines.for_each(|line| text.push_str(&format!("{line}\r\n")));
    Answer::File {
        name: format!("{what}-{}-{}.csv", of.from, of.to),
        media: "text/csv; charset=utf-8",
        bytes: text.into_bytes(),
    }
}

const WIDTH: i64 = 720;
const HALF: i64 = 80;
const ROW: i64 = 28;
const NAME: i64 = 40;
const FAULTS_MAX: usize = 50;
