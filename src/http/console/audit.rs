//! The state of the node for an auditor (A25), and looking it over.

use super::route::{Answer, Call, Done, FileBytes, For, Route, Verb, handler};
use super::view::View;
use crate::base::explain;
use crate::flow::watch::{AuditView, audit_file, audit_view};
use crate::flow::{Examined, examine_node};
use maud::{Markup, html};
use schemars::schema_for;

pub(super) const ROUTES: &[Route] = &[
    Route {
        verb: Verb::Get,
        path: "/audit",
        command: "audit-export",
        purpose: For::Nothing,
        is_open: false,
        fields: &[],
        answer: || schema_for!(AuditView),
        call: handler!(shown),
        again: None,
    },
    Route {
        verb: Verb::Get,
        path: "/audit/file",
        command: "audit-export",
        purpose: For::Nothing,
        is_open: false,
        fields: &[],
        answer: || schema_for!(FileBytes),
        call: handler!(file),
        again: None,
    },
    Route {
        verb: Verb::Post,
        path: "/peers/examine",
        command: "doctor-run",
        purpose: For::Nothing,
        is_open: false,
        fields: &[],
        answer: || schema_for!(Vec<Examined>),
        call: handler!(examine),
        again: None,
    },
];

async fn shown(call: Call) -> Done {
    let found = audit_view(call.permit()?, &call.ctx).await?;
    let it = found.clone();
    Answer::page(call.view.say("menu-audit-export"), &found, move |view| drawn(view, &it))
}

fn drawn(view: &View, it: &AuditView) -> Markup {
    let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let accounts = it.accounts.iter().map(|one| {
        vec![
            html! { (view.choice("role", &one.role)) },
            html! { (one.state) },
            html! { (view.number(count(one.count))) },
            html! { (view.number(count(one.with_second_factor))) },
        ]
    });
    let incidents = it.incidents.iter().map(|one| {
        vec![
            view.link(&format!("/console/appeals/{}", one.id), &view.choice("appeal_kind", &one.kind)),
            html! { (view.choice("source", &one.source)) },
            view.instant(one.filed_at),
            html! {
                (view.date(one.due_on)) " "
                @if one.is_overdue { (view.badge("late", &view.say("audit-overdue"))) }
            },
        ]
    });
    let settings =
        it.configuration.iter().map(|(name, value)| vec![html! { code { (name) } }, html! { (value) }]);
    html! {
        p { a class="act" href="/console/audit/file" { (view.say("audit-file")) } }
        p class="hint" { (view.say("signed-told")) }
        (view.facts(vec![
            ("audit-program", html! { (it.program) " / " (it.database_form) }),
            ("audit-journal", html! {
                (view.number(it.journal_link))
                @if let Some(at) = it.journal_sealed_at { ", " (view.say("audit-sealed")) " " (view.instant(at)) }
            }),
            ("audit-backup", match &it.last_backup {
                Some(made) => html! { (view.instant(made.at)) ", " (made.by) ": " span class="id" { (made.told) } },
                None => html! { (view.say("audit-backup-none")) },
            }),
            ("audit-waiting", html! { (view.number(count(it.approvals_waiting))) }),
        ]))
        (view.table(&view.say("audit-accounts"), &["field-role", "account-state", "audit-count", "audit-factor"], accounts.collect()))
        (view.table(&view.say("audit-incidents"), &["audit-incident", "audit-source", "appeal-filed", "audit-due"], incidents.collect()))
        (view.table(&view.say("audit-configuration"), &["audit-setting", "audit-value"], settings.collect()))
    }
}

async fn file(call: Call) -> Done {
    let bytes = audit_file(call.permit()?, &call.ctx).await?;
    let name = format!("audit-{}.jsonl", call.ctx.clock.now().as_second());
    Ok(Answer::File { name, media: "application/x-ndjson", bytes })
}

async fn examine(call: Call) -> Done {
    let found = examine_node(call.permit()?, &call.ctx).await?;
    let shown = found.clone();
    Answer::page(call.view.say("doctor-title"), &found, move |view| {
        let rows = shown.iter().map(|it| {
            let (badge, phrase) = match it.grade {
                "good" => ("good", "doctor-good"),
                "warning" => ("warn", "doctor-warning"),
                _ => ("late", "doctor-bad"),
            };
            vec![
                html! { (it.of) },
                view.badge(badge, &view.say(phrase)),
                html! {
                    (it.told)
                    @if let Some(code) = it.code {
                        br;
                        @if let Some(known) = explain(code) { (known.remedy.of(view.language)) " " }
                        code { (code) }
                    }
                },
            ]
        });
        html! {
            (view.table(&view.say("doctor-title"), &["doctor-of", "doctor-grade", "doctor-found"], rows.collect()))
            p { (view.link("/console/peers", &view.say("menu-peer-list"))) }
        }
    })
}
