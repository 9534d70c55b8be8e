//! What waits for a second pair of eyes.

use super::field::{Field, Kind};
use super::route::{Answer, Call, Done, For, Route, Trouble, Verb, handler};
use super::view::View;
use crate::flow::entry::{self, ApprovalPage, ApprovalView};
use crate::flow::upkeep::is_open_here;
use crate::store::ApprovalState;
use maud::{Markup, html};
use schemars::schema_for;
use uuid::Uuid;

pub(super) const ROUTES: &[Route] = &[
    Route {
        verb: Verb::Get,
        path: "/approvals",
        command: "approval-list",
        purpose: For::Nothing,
        is_open: false,
        fields: LISTED,
        answer: || schema_for!(ApprovalPage),
        call: handler!(list),
        again: None,
    },
    Route {
        verb: Verb::Get,
        path: "/approvals/{approval}",
        command: "approval-list",
        purpose: For::Nothing,
        is_open: false,
        fields: &[],
        answer: || schema_for!(ApprovalView),
        call: handler!(one),
        again: None,
    },
];

const LISTED: &[Field] = &[
    Field {
        name: "approval_state",
        kind: Kind::Choice(&["waiting", "approved", "rejected", "withdrawn"]),
        is_required: false,
    },
    Field { name: "after", kind: Kind::Line(64), is_required: false },
];

async fn list(call: Call) -> Done {
    let state: ApprovalState = match call.given.text("approval_state") {
        "" => ApprovalState::Waiting,
        word => word.parse().map_err(Trouble::defect)?,
    };
    let after = call.given.text("after").parse::<Uuid>().ok();
    let page = entry::approvals(call.permit()?, state, after, call.actor()?, &call.ctx).await?;
    let shown = page.clone();
    Answer::page(call.view.say("menu-approval-list"), &page, move |view| {
        let next = shown
            .next
            .map(|next| format!("/console/approvals?approval_state={}&after={next}", state.as_str()));
        let rows = shown.approvals.iter().map(|waiting| {
            vec![
                view.link(
                    &format!("/console/approvals/{}", waiting.id),
                    &view.say(&format!("command-{}", waiting.command)),
                ),
                html! { span class="id" { (waiting.object) } },
                html! { (waiting.asked_by) },
                view.instant(waiting.asked_at),
                html! { (view.choice("approval_state", waiting.state)) },
            ]
        });
        let heads =
            ["act-command", "field-object", "approval-asked-by", "appeal-filed", "field-approval-state"];
        html! {
            p {
                @for word in ["waiting", "approved", "rejected", "withdrawn"] {
                    a href={ "/console/approvals?approval_state=" (word) } aria-current=[(word == state.as_str()).then_some("true")] {
                        (view.choice("approval_state", word))
                    }
                    " "
                }
            }
            (view.table(&view.say("menu-approval-list"), &heads, rows.collect()))
            (view.more(next))
        }
    })
}

async fn one(call: Call) -> Done {
    let id = call.segment("approval").parse().map_err(|_none| Trouble::not_found())?;
    let found = entry::approval(call.permit()?, id, call.actor()?, &call.ctx).await?;
    let is_open = is_open_here((found.id, &found.command, &found.object), &call.ctx).await?;
    let shown = found.clone();
    Answer::page(call.view.say(&format!("command-{}", found.command)), &found, move |view| {
        html! {
            @if is_open { p class="notice" { (view.say("change-later")) } }
            (told(view, &shown))
            @if shown.is_mine_to_decide {
                p { a class="act" href={ "/console/approvals/" (shown.id) "/decide" } { (view.say("send-decide-open")) } }
            }
        }
    })
}

pub(super) fn told(view: &View, shown: &ApprovalView) -> Markup {
    let mut body = shown.body.clone();
    // a text is read as its lines
    let text = body.as_object_mut().and_then(|body| body.remove("text"));
    let text = text.and_then(|text| text.as_str().map(str::to_owned));
    let body = serde_json::to_string_pretty(&body).unwrap_or_default();
    html! {
        (view.facts(vec![
            ("field-approval-state", html! { (view.choice("approval_state", shown.state)) }),
            ("field-object", html! { span class="id" { (shown.object) } }),
            ("approval-asked-by", html! { (shown.asked_by) ", " (view.instant(shown.asked_at)) }),
        ]))
        @if let Some(reason) = &shown.reason { p { (view.say("field-ground")) ": " (reason) } }
        h2 { (view.say("approval-exactly")) }
        div class="scroll" role="region" tabindex="0" aria-label=(view.say("approval-exactly")) {
            pre { (body) }
            @if let Some(text) = &text { pre { (text) } }
        }
    }
}
