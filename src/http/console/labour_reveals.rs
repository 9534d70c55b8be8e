//! A worker takes a consent back, shows himself to one employer, and ends that: each a form that says what will happen, and is done
//! when it is sent.

use super::field::{Field, Kind};
use super::labour_consents::{told, whom};
use super::labour_matches::worker;
use super::labour_workers::interests;
use super::route::{Answer, Call, Done, For, Route, Trouble, Verb, handler};
use crate::flow::posts::{ConsentView, InterestView, WorkerView, end_reveal, show_to, withdraw, worker_view};
use maud::html;
use schemars::{JsonSchema, schema_for};
use serde::Serialize;
use uuid::Uuid;

pub(super) const ROUTES: &[Route] = &[
    Route {
        verb: Verb::Get,
        path: "/workers/{worker}/consents/{consent}/withdraw",
        command: "consent-withdraw",
        purpose: For::Named("consent", "worker"),
        is_open: false,
        fields: &[],
        answer: || schema_for!(ConsentView),
        call: handler!(ask_withdraw),
        again: None,
    },
    Route {
        verb: Verb::Post,
        path: "/workers/{worker}/consents/{consent}/withdraw",
        command: "consent-withdraw",
        purpose: For::Named("consent", "worker"),
        is_open: false,
        fields: WITHDRAWN,
        answer: || schema_for!(()),
        call: handler!(withdrawn),
        again: Some(handler!(ask_withdraw)),
    },
    Route {
        verb: Verb::Get,
        path: "/workers/{worker}/consents/{consent}/reveal",
        command: "consent-reveal",
        purpose: For::Named("consent", "worker"),
        is_open: false,
        fields: &[],
        answer: || schema_for!(Vec<InterestView>),
        call: handler!(ask_reveal),
        again: None,
    },
    Route {
        verb: Verb::Post,
        path: "/workers/{worker}/consents/{consent}/reveal",
        command: "consent-reveal",
        purpose: For::Named("consent", "worker"),
        is_open: false,
        fields: REVEALED,
        answer: || schema_for!(WorkerShown),
        call: handler!(revealed),
        again: Some(handler!(ask_reveal)),
    },
    Route {
        verb: Verb::Get,
        path: "/workers/{worker}/reveals/{reveal}/end",
        command: "reveal-end",
        purpose: For::Named("consent", "worker"),
        is_open: false,
        fields: &[],
        answer: || schema_for!(()),
        call: handler!(ask_end),
        again: None,
    },
    Route {
        verb: Verb::Post,
        path: "/workers/{worker}/reveals/{reveal}/end",
        command: "reveal-end",
        purpose: For::Named("consent", "worker"),
        is_open: false,
        fields: &[],
        answer: || schema_for!(()),
        call: handler!(ended),
        again: Some(handler!(ask_end)),
    },
];

const WITHDRAWN: &[Field] = &[Field {
    name: "withdrawn_by",
    kind: Kind::Choice(&["in-person", "letter", "telephone", "portal"]),
    is_required: true,
}];
const REVEALED: &[Field] = &[
    Field { name: "interest", kind: Kind::Line(60), is_required: true },
    Field {
        name: "revealed",
        kind: Kind::Many(&["name", "contacts", "summary", "experience_history"]),
        is_required: true,
    },
    Field { name: "reveal_days", kind: Kind::Number(1, 3_660), is_required: true },
    Field { name: "text_was_shown", kind: Kind::Flag, is_required: true },
];

/// What came of a reveal.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct WorkerShown {
    /// Its number.
    reveal: String,
}

/// A consent of a worker, and who he is.
async fn found(call: &Call) -> Result<(WorkerView, ConsentView), Trouble> {
    let found = worker_view(call.permit()?, worker(call)?, call.view.language, &call.ctx).await?;
    let found = found.ok_or_else(Trouble::not_found)?;
    let consent = found.consents.iter().find(|one| one.id == call.segment("consent")).cloned();
    let consent = consent.ok_or_else(Trouble::not_found)?;
    Ok((found, consent))
}

fn consent_id(call: &Call) -> Result<Uuid, Trouble> {
    call.segment("consent").parse().map_err(|_none| Trouble::not_found())
}

async fn ask_withdraw(call: Call) -> Done {
    let (found, consent) = found(&call).await?;
    let shown = consent.clone();
    Answer::page(call.view.say("withdraw-title"), &consent, move |view| {
        let there: Vec<&str> = shown
            .targets
            .iter()
            .filter(|target| target.reference.is_some())
            .map(|target| target.state.name.as_str())
            .collect();
        let open = shown.reveals.iter().filter(|reveal| reveal.is_open).count();
        html! {
            (whom(view, &found))
            p { strong { (shown.purpose.name) } ", " (view.say("consent-until")) " " (view.instant(shown.expires_at)) }
            p { (view.say("withdraw-told")) }
            ul {
                li { (view.say("withdraw-peers")) ": " (if there.is_empty() { "—".to_owned() } else { there.join(", ") }) }
                li { (view.say("withdraw-reveals")) ": " (open) }
                li { (view.say("withdraw-record")) }
            }
            (view.form(
                &format!("/console/workers/{}/consents/{}/withdraw", found.worker, shown.id),
                WITHDRAWN,
                "withdraw-button",
            ))
        }
    })
}

async fn withdrawn(call: Call) -> Done {
    let language = call.view.language;
    let (worker, id) = (worker(&call)?, consent_id(&call)?);
    let channel = call.given.text("withdrawn_by").parse();
    let channel = channel.map_err(|_finding| Trouble::field("withdrawn_by", "fault-choice"))?;
    if !withdraw(call.permit()?, (worker, id), &channel, &call.ctx)
        .await
        .map_err(|error| told(error, language))?
    {
        return Err(Trouble::not_found());
    }
    Answer::done(format!("/console/workers/{worker}"), &())
}

async fn ask_reveal(call: Call) -> Done {
    let (found, consent) = found(&call).await?;
    let (model, listed) = (found.interests.clone(), found.interests.clone());
    Answer::page(call.view.say("reveal-form-title"), &model, move |view| {
        let chosen = view.given.text("interest");
        let action = format!("/console/workers/{}/consents/{}/reveal", found.worker, consent.id);
        html! {
            (whom(view, &found))
            p { (view.say("reveal-told")) }
            @if listed.is_empty() {
                p class="notice" { (view.say("reveal-no-interest")) }
            } @else {
                (interests(view, &listed))
                (view.faults_told())
                form method="post" action=(action) {
                    (view.hidden())
                    fieldset class="field" id="f-interest" {
                        legend { (view.label("interest")) }
                        @for one in &listed {
                            label class="flag" {
                                input type="radio" name="interest" value=(one.document) required checked[chosen == one.document];
                                " " (one.employer) " — " (one.title) ", " (one.state.name)
                            }
                        }
                    }
                    @for field in REVEALED.iter().skip(1) { (view.field(*field)) }
                    p { button type="submit" { (view.say("reveal-button")) } }
                }
            }
        }
    })
}

async fn revealed(call: Call) -> Done {
    let language = call.view.language;
    let (worker, consent) = (worker(&call)?, consent_id(&call)?);
    let interest = call.given.text("interest").parse::<Uuid>();
    let interest = interest.map_err(|_none| Trouble::field("interest", "fault-choice"))?;
    let days = call.given.text("reveal_days").parse().unwrap_or(1);
    let fields = call.given.all("revealed");
    let shown = show_to(call.permit()?, (worker, consent, interest), (fields, days), &call.ctx).await;
    let reveal = shown.map_err(|error| told(error, language))?.ok_or_else(Trouble::not_found)?;
    Answer::done(format!("/console/workers/{worker}"), &WorkerShown { reveal: reveal.to_string() })
}

async fn ask_end(call: Call) -> Done {
    let found = worker_view(call.permit()?, worker(&call)?, call.view.language, &call.ctx).await?;
    let found = found.ok_or_else(Trouble::not_found)?;
    let reveals = found.consents.iter().flat_map(|consent| &consent.reveals);
    let reveal = reveals.into_iter().find(|one| one.id == call.segment("reveal")).cloned();
    let reveal = reveal.ok_or_else(Trouble::not_found)?;
    Answer::page(call.view.say("reveal-end-title"), &(), move |view| {
        let fields: Vec<&str> = reveal.fields.iter().map(|field| field.name.as_str()).collect();
        html! {
            (whom(view, &found))
            (view.facts(vec![
                ("interest-employer", html! { (reveal.employer) }),
                ("interest-vacancy", html! { (reveal.state.name) ", " span class="id" { (reveal.vacancy) } }),
                ("reveal-fields", html! { (fields.join(", ")) }),
                ("reveal-given", view.instant(reveal.given_at)),
            ]))
            p { (view.say("reveal-end-told")) }
            (view.form(&format!("/console/workers/{}/reveals/{}/end", found.worker, reveal.id), &[], "reveal-end-button"))
        }
    })
}

async fn ended(call: Call) -> Done {
    let language = call.view.language;
    let worker = worker(&call)?;
    let id = call.segment("reveal").parse::<Uuid>().map_err(|_none| Trouble::not_found())?;
    if !end_reveal(call.permit()?, (worker, id), &call.ctx).await.map_err(|error| told(error, language))? {
        return Err(Trouble::field("reveal", "fault-reveal-over"));
    }
    Answer::done(format!("/console/workers/{worker}"), &())
}
