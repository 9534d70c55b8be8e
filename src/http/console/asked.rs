//! What one has asked others to approve, and may take back.

use super::approvals::told;
use super::field::{Field, Kind};
use super::route::{Answer, Call, Done, For, Route, Trouble, Verb, handler};
use crate::flow::entry::{self, ApprovalPage, ApprovalView};
use maud::html;
use schemars::schema_for;
use uuid::Uuid;

pub(super) const ROUTES: &[Route] = &[
    Route {
        verb: Verb::Get,
        path: "/asked",
        command: "approval-own",
        purpose: For::Nothing,
        is_open: false,
        fields: BEFORE,
        answer: || schema_for!(ApprovalPage),
        call: handler!(list),
        again: None,
    },
    Route {
        verb: Verb::Get,
        path: "/asked/{approval}",
        command: "approval-own",
        purpose: For::Nothing,
        is_open: false,
        fields: &[],
        answer: || schema_for!(ApprovalView),
        call: handler!(one),
        again: None,
    },
    Route {
        verb: Verb::Post,
        path: "/asked/{approval}/withdraw",
        command: "approval-withdraw",
        purpose: For::Nothing,
        is_open: false,
        fields: &[],
        answer: || schema_for!(()),
        call: handler!(withdraw),
        again: None,
    },
];

const BEFORE: &[Field] = &[Field { name: "before", kind: Kind::Line(64), is_required: false }];

async fn list(call: Call) -> Done {
    let before = call.given.text("before").parse::<Uuid>().ok();
    let page = entry::own_approvals(call.permit()?, before, call.actor()?, &call.ctx).await?;
    let shown = page.clone();
    Answer::page(call.view.say("menu-approval-own"), &page, move |view| {
        let rows = shown.approvals.iter().map(|asked| {
            vec![
                view.link(
                    &format!("/console/asked/{}", asked.id),
                    &view.say(&format!("command-{}", asked.command)),
                ),
                html! { span class="id" { (asked.object) } },
                view.instant(asked.asked_at),
                html! { (view.choice("approval_state", asked.state)) },
            ]
        });
        let heads = ["act-command", "field-object", "appeal-filed", "field-approval-state"];
        html! {
            (view.table(&view.say("menu-approval-own"), &heads, rows.collect()))
            (view.more(shown.next.map(|next| format!("/console/asked?before={next}"))))
        }
    })
}

async fn one(call: Call) -> Done {
    let found = entry::own_approval(call.permit()?, id(&call)?, call.actor()?, &call.ctx).await?;
    let shown = found.clone();
    Answer::page(call.view.say(&format!("command-{}", found.command)), &found, move |view| {
        html! {
            (told(view, &shown))
            @if shown.state == "waiting" {
                (view.button(&format!("/console/asked/{}/withdraw", shown.id), &[], "approval-withdraw"))
            }
        }
    })
}

async fn withdraw(call: Call) -> Done {
    let id = id(&call)?;
    entry::withdraw_approval(call.permit()?, call.actor()?, id, &call.ctx).await?;
    Answer::done(format!("/console/asked/{id}"), &())
}

fn id(call: &Call) -> Result<Uuid, Trouble> {
    call.segment("approval").parse().map_err(|_none| Trouble::not_found())
}
