//! Workers and their consents: who is looked for, and the ledger of one.

use super::labour_matches::worker;
use super::labour_told::{pay, profile};
use super::labour_vacancies::day;
use super::persons::{SOUGHT, query};
use super::route::{Answer, Call, Done, For, Route, Trouble, Verb, handler};
use super::view::View;
use crate::flow::posts::{
    ConsentView, InterestView, NameTold, RevealView, TargetIs, TargetView, WorkerView, find_worker,
    worker_view,
};
use maud::{Markup, html};
use schemars::{JsonSchema, schema_for};
use serde::Serialize;

pub(super) const ROUTES: &[Route] = &[
    Route {
        verb: Verb::Get,
        path: "/workers",
        command: "worker-list",
        purpose: For::Nothing,
        is_open: false,
        fields: &[],
        answer: || schema_for!(()),
        call: handler!(ask),
        again: None,
    },
    Route {
        verb: Verb::Post,
        path: "/workers",
        command: "worker-find-person",
        purpose: For::Asked,
        is_open: false,
        fields: SOUGHT,
        answer: || schema_for!(WorkerFound),
        call: handler!(search),
        again: Some(handler!(ask)),
    },
    Route {
        verb: Verb::Get,
        path: "/workers/{worker}",
        command: "consent-view",
        purpose: For::Named("consent", "worker"),
        is_open: false,
        fields: &[],
        answer: || schema_for!(WorkerView),
        call: handler!(ledger),
        again: None,
    },
];

/// Who was found.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct WorkerFound {
    /// The digest under which his consents stand; nothing if he gave none.
    worker: Option<String>,
}

async fn ask(call: Call) -> Done {
    let is_on = call.ctx.labour.is_enabled;
    Answer::page(call.view.say("menu-worker-list"), &(), move |view| {
        html! {
            @if is_on {
                p { (view.say("worker-told")) }
                @if view.may("consent-give") {
                    p { a class="act" href="/console/workers/new" { (view.say("worker-new")) } }
                }
                @if view.may("worker-find-person") { (view.form("/console/workers", SOUGHT, "worker-find")) }
            } @else {
                p class="notice" { (view.say("labour-off")) }
            }
        }
    })
}

async fn search(call: Call) -> Done {
    let query = query(&call.given)?;
    let found = find_worker(call.permit()?, &query, &call.ctx).await?;
    let model = WorkerFound { worker: found.map(|found| found.to_string()) };
    match found {
        Some(found) => Answer::done(format!("/console/workers/{found}"), &model),
        None => Answer::page(call.view.say("menu-worker-list"), &model, |view| {
            html! {
                p class="notice" { (view.say("worker-none")) }
                p { (view.link("/console/workers", &view.say("worker-again"))) }
            }
        }),
    }
}

async fn ledger(call: Call) -> Done {
    let of = worker(&call)?;
    let found = worker_view(call.permit()?, of, call.view.language, &call.ctx).await?;
    let found = found.ok_or_else(Trouble::not_found)?;
    let shown = found.clone();
    Answer::page(call.view.say("ledger-title"), &found, move |view| drawn(view, &shown))
}

fn drawn(view: &View, shown: &WorkerView) -> Markup {
    let here = format!("/console/workers/{}", shown.worker);
    let is_found = shown.profile.is_some();
    html! {
        (view.facts(vec![
            ("ledger-name", html! { (shown.name.clone().unwrap_or_else(|| view.say("ledger-no-name"))) }),
            ("ledger-worker", html! { span class="id" { (shown.worker) } }),
        ]))
        nav class="tabs" aria-label=(view.say("ledger-more")) {
            ul {
                @if is_found && view.may("match-view") { li { (view.link(&format!("{here}/matches"), &view.say("matches-title"))) } }
                @if view.may("mobility-view") { li { (view.link(&format!("{here}/way"), &view.say("way-title"))) } }
                @if is_found && view.may("consent-give") { li { (view.link(&format!("{here}/consents/new"), &view.say("consent-give"))) } }
            }
        }
        @if !is_found { p class="notice" { (view.say("ledger-blank")) } }
        @if let Some(own) = &shown.profile { details { summary { (view.say("ledger-profile")) } (profile(view, own)) } }
        @if !shown.interests.is_empty() { (interests(view, &shown.interests)) }
        @for consent in &shown.consents { (one(view, consent, &here, !shown.interests.is_empty())) }
    }
}

pub(super) fn interests(view: &View, interests: &[InterestView]) -> Markup {
    let rows = interests.iter().map(|one| {
        let (source, id) = &one.vacancy;
        vec![
            html! { (one.employer) },
            html! { (one.title) },
            html! { (one.state.name) ", " (source) " " span class="id" { (id) } },
            html! { (pay(view, one.pay.as_ref())) },
            view.instant(one.came_at),
            html! { @if let Some(on) = &one.closes_on { (day(view, on)) } @else { "—" } },
        ]
    });
    let heads = [
        "interest-employer",
        "interest-post",
        "interest-vacancy",
        "vacancy-pay",
        "interest-came",
        "interest-closes",
    ];
    view.table(&view.say("interest-title"), &heads, rows.collect())
}

fn one(view: &View, consent: &ConsentView, here: &str, has_interest: bool) -> Markup {
    let names = |names: &[NameTold]| names.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(", ");
    let is_active = consent.state.code == "active";
    let place = format!("{here}/consents/{}", consent.id);
    let agencies = if consent.is_agency_excluded { "consent-no-agencies" } else { "consent-agencies" };
    html! {
        section class="consent" {
            h2 {
                (consent.purpose.name) " "
                (view.badge(if is_active { "good" } else { "plain" }, &consent.state.name))
            }
            (view.facts(vec![
                ("consent-number", html! { span class="id" { (consent.id) } }),
                ("field-sections", html! { (names(&consent.sections)) }),
                ("field-target-states", html! { (names(&consent.target_states)) }),
                ("field-employer-class", html! { (consent.employer_class.name) "; " (view.say(agencies)) }),
                ("consent-given", html! { (view.instant(consent.given_at)) ", " (consent.signature_level.name) }),
                ("consent-until", html! {
                    (view.instant(consent.expires_at))
                    @if consent.is_renewal_due { " " (view.badge("warn", &view.say("consent-renew"))) }
                }),
                ("consent-ended", html! { @if let Some(at) = consent.ended_at { (view.instant(at)) } @else { "—" } }),
                ("consent-text-shown", html! {
                    (consent.text_version) ", " (consent.text_language) ", SHA-256 " span class="id" { (consent.text_sha256) }
                }),
                ("consent-basis", html! {
                    (consent.legal_basis) @if let Some(evidence) = &consent.evidence { "; " (evidence) }
                }),
            ]))
            @if !consent.targets.is_empty() { (targets(view, consent)) }
            @if !consent.reveals.is_empty() { (reveals(view, consent, here)) }
            @if is_active {
                p {
                    @if consent.purpose.code == "reveal" && has_interest && view.may("consent-reveal") {
                        a class="act" href={ (place) "/reveal" } { (view.say("reveal-open")) } " "
                    }
                    @if view.may("consent-withdraw") {
                        a class="act" href={ (place) "/withdraw" } { (view.say("withdraw-open")) }
                    }
                }
            }
        }
    }
}

/// What tells the tables of one consent from those of another.
fn short(consent: &ConsentView) -> &str {
    consent.id.get(..8).unwrap_or(&consent.id)
}

fn targets(view: &View, consent: &ConsentView) -> Markup {
    let row = |target: &TargetView| {
        let kind = match target.is {
            TargetIs::Published | TargetIs::Confirmed => "good",
            TargetIs::Late => "late",
            TargetIs::Waits | TargetIs::Outstanding => "warn",
            TargetIs::NeverPublished => "plain",
        };
        let at = |at: Option<jiff::Timestamp>| html! { @if let Some(at) = at { (view.instant(at)) } @else { "—" } };
        vec![
            html! { (target.state.name) },
            view.badge(kind, &view.say(&format!("target-{}", target.is.word().replace('_', "-")))),
            html! { span class="id" { (target.reference.as_deref().unwrap_or("—")) } },
            at(target.erased_at),
            at(target.confirmed_at),
            html! { (target.signer.as_deref().unwrap_or("—")) },
        ]
    };
    let heads = [
        "field-peer",
        "target-standing",
        "target-reference",
        "target-erased",
        "target-confirmed-at",
        "target-signer",
    ];
    view.table(
        &view.say_with("target-title", &[("consent", short(consent))]),
        &heads,
        consent.targets.iter().map(row).collect(),
    )
}

fn reveals(view: &View, consent: &ConsentView, here: &str) -> Markup {
    let row = |reveal: &RevealView| {
        let fields: Vec<&str> = reveal.fields.iter().map(|field| field.name.as_str()).collect();
        vec![
            html! { (reveal.employer) },
            html! { (reveal.state.name) ", " span class="id" { (reveal.vacancy) } },
            html! { (fields.join(", ")) },
            view.instant(reveal.given_at),
            html! {
                @if let Some(at) = reveal.ended_at { (view.say("reveal-ended")) " " (view.instant(at)) }
                @else { (view.instant(reveal.expires_at)) }
            },
            html! {
                @if reveal.is_open && view.may("reveal-end") {
                    (view.link(&format!("{here}/reveals/{}/end", reveal.id), &view.say("reveal-end-open")))
                }
            },
        ]
    };
    let heads = [
        "interest-employer",
        "interest-vacancy",
        "reveal-fields",
        "reveal-given",
        "consent-until",
        "reveal-act",
    ];
    view.table(
        &view.say_with("reveal-title", &[("consent", short(consent))]),
        &heads,
        consent.reveals.iter().map(row).collect(),
    )
}
