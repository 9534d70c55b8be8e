//! A worker's way from a post to his pension, drawn stage by stage, with the wall between what came by consent and what came by the
//! Agreement.

use super::labour_matches::worker;
use super::labour_vacancies::day;
use super::route::{Answer, Call, Done, For, Route, Trouble, Verb, handler};
use super::view::View;
use crate::flow::posts::{Way, WayStage, WayStageIs, institution_way, worker_way};
use maud::{Markup, html};
use schemars::schema_for;

pub(super) const ROUTES: &[Route] = &[
    Route {
        verb: Verb::Get,
        path: "/workers/{worker}/way",
        command: "mobility-view",
        purpose: For::Named("consent", "worker"),
        is_open: false,
        fields: &[],
        answer: || schema_for!(Way),
        call: handler!(of_labour),
        again: None,
    },
    Route {
        verb: Verb::Get,
        path: "/workers/{worker}/record",
        command: "mobility-institution-view",
        purpose: For::Named("agreement", "worker"),
        is_open: false,
        fields: &[],
        answer: || schema_for!(Way),
        call: handler!(of_institution),
        again: None,
    },
];

async fn of_labour(call: Call) -> Done {
    let found = worker_way(call.permit()?, worker(&call)?, call.view.language, &call.ctx).await?;
    page(&call, found, true)
}

async fn of_institution(call: Call) -> Done {
    let found = institution_way(call.permit()?, worker(&call)?, call.view.language, &call.ctx).await?;
    page(&call, found, false)
}

fn page(call: &Call, found: Option<Way>, is_labour: bool) -> Done {
    let found = found.ok_or_else(Trouble::not_found)?;
    let shown = found.clone();
    Answer::page(call.view.say("way-title"), &found, move |view| {
        html! {
            p { (view.say(if is_labour { "way-told" } else { "way-told-institution" })) }
            @if is_labour && !shown.has_treaty_channel { p class="notice" { (view.say("way-wall-closed")) } }
            (stages(view, &shown))
            @if is_labour && view.may("consent-view") {
                p { (view.link(&format!("/console/workers/{}", shown.worker), &view.say("match-ledger"))) }
            }
        }
    })
}

fn stages(view: &View, shown: &Way) -> Markup {
    let (consent, treaty): (Vec<&WayStage>, Vec<&WayStage>) =
        shown.stages.iter().partition(|stage| stage.channel == "consent");
    html! {
        @if shown.has_consent_channel {
            section class="channel" { h2 { (view.say("way-consent")) } ol class="journey" { @for stage in consent { (one(view, stage)) } } }
        }
        @if shown.has_consent_channel && shown.has_treaty_channel { p class="wall" { (view.say("way-wall")) } }
        @if shown.has_treaty_channel {
            section class="channel" { h2 { (view.say("way-treaty")) } ol class="journey" { @for stage in treaty { (one(view, stage)) } } }
        }
    }
}

fn one(view: &View, stage: &WayStage) -> Markup {
    let (class, mark) = match stage.is {
        WayStageIs::Done => ("done", "✓"),
        WayStageIs::Ahead => ("ahead", "·"),
    };
    html! {
        li class=(class) {
            span class="stop" aria-hidden="true" { (mark) }
            strong { (view.say(&format!("way-{}", stage.name.word()))) }
            @if stage.is == WayStageIs::Done { " " (view.badge("good", &view.say("way-done"))) } @else { " " (view.badge("plain", &view.say("way-ahead"))) }
            br;
            (stage.told)
            @if let Some(source) = &stage.source { br; (view.say("way-source")) " " (source) }
            @if let Some(on) = &stage.on { ", " (day(view, on)) }
            @if !stage.basis.is_empty() { br; span class="hint-inline" { (stage.basis) } }
        }
    }
}
