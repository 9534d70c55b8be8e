//! One case: its documents, what waits until when, what may be sent next, and its forms on paper.

use super::cases::{address, branch, sort, stage_word, state, wait_told};
use super::route::{Answer, Call, Done, FileBytes, For, Route, Trouble, Verb, handler};
use super::send::writing;
use super::view::View;
use crate::base::DocumentId;
use crate::exchange::canonical::RecordId;
use crate::flow::Context;
use crate::flow::office::{
    CaseView, DocumentView, Next, PersonView, case_file, decision_says, document_says, number_says,
    pension_says, print_document,
};
use crate::pension::Standing;
use maud::{Markup, html};
use schemars::schema_for;

pub(super) const ROUTES: &[Route] = &[
    Route {
        verb: Verb::Get,
        path: "/cases/{case}",
        command: "case-view",
        purpose: For::Case("case"),
        is_open: false,
        fields: &[],
        answer: || schema_for!(CaseView),
        call: handler!(one),
        again: None,
    },
    Route {
        verb: Verb::Get,
        path: "/cases/{case}/documents/{document}/form",
        command: "case-print",
        purpose: For::Case("case"),
        is_open: false,
        fields: &[],
        answer: || schema_for!(FileBytes),
        call: handler!(form),
        again: None,
    },
];

/// The case of a path.
pub(super) fn number(call: &Call) -> Result<RecordId, Trouble> {
    call.segment("case").parse().map_err(|_fault| Trouble::not_found())
}

async fn one(call: Call) -> Done {
    let found = case_file(call.permit()?, &number(&call)?, call.view.language, &call.ctx).await?;
    let found = found.ok_or_else(Trouble::not_found)?;
    let title = call.view.say_with("case-title", &[("case", found.case.as_str())]);
    let (shown, ctx) = (found.clone(), call.ctx.clone());
    Answer::page(title, &found, move |view| drawn(view, &shown, &ctx))
}

async fn form(call: Call) -> Done {
    let case = number(&call)?;
    let document: DocumentId = call.segment("document").parse().map_err(|_fault| Trouble::not_found())?;
    let printed = print_document(call.permit()?, &case, document, call.view.language, &call.ctx).await?;
    let bytes = printed.ok_or_else(Trouble::not_found)?;
    Ok(Answer::File { name: format!("{}.pdf", document.as_uuid()), media: "application/pdf", bytes })
}

fn drawn(view: &View, case: &CaseView, ctx: &Context) -> Markup {
    let at = address(case.case.as_str());
    html! {
        (view.facts(facts(view, case)))
        @if let Some(person) = &case.person { (person_told(view, person, ctx)) }
        @if case.person.is_some() && view.may("case-workbench") {
            p { a class="act" href={ (at) "/workbench" } { (view.say("workbench-open")) } }
        }

        h2 { (view.say("case-waits")) }
        @if case.waits.is_empty() { p { (view.say("case-waits-nothing")) } }
        @if !case.waits.is_empty() {
            ul {
                @for wait in &case.waits {
                    li {
                        (wait_told(view, wait, ctx))
                        @if let Some(basis) = &wait.basis { span class="hint" { (view.say("case-basis")) ": " (basis) } }
                        @if wait.transit_days > 0 {
                            span class="hint" { (view.say_with("case-transit", &[("days", &wait.transit_days.to_string())])) }
                        }
                        @if wait.reminders > 0 {
                            span class="hint" { (view.say_with("case-reminded", &[("count", &wait.reminders.to_string())])) }
                        }
                    }
                }
            }
        }
        @if let Some(possible) = &case.provisional {
            p class="notice" {
                (view.say_with("case-provisional-told", &[
                    ("pensions", &possible.pensions.iter().map(|it| pension_says(it.as_str(), view.language, ctx.rules.lists())).collect::<Vec<_>>().join(", ")),
                    ("states", &possible.awaited.iter().map(|it| state(view, *it)).collect::<Vec<_>>().join(", ")),
                    ("rules", &possible.rules.join(", ")),
                ]))
            }
        }
        @for lacking in &case.lacks {
            p class="notice" {
                (view.say_with("case-lacks-told", &[
                    ("branch", &branch(view, lacking.branch)),
                    ("told", &document_says(lacking.told_by, view.language, &ctx.catalogue)),
                    ("asked", &document_says(lacking.asked_by, view.language, &ctx.catalogue)),
                    ("rules", &lacking.rules.join(", ")),
                ]))
            }
        }

        h2 { (view.say("case-next")) }
        (next_told(view, case, ctx))

        @if !case.sendings.is_empty() { (sendings(view, case, ctx)) }

        h2 { (view.say("case-documents")) }
        (documents(view, case, &case.documents, "case-documents", ctx))
        @if !case.held.is_empty() {
            p { (view.say("case-held-told")) }
            (documents(view, case, &case.held, "case-held", ctx))
        }
        @if !case.without_effect.is_empty() {
            p { (view.say("case-void-told")) }
            (documents(view, case, &case.without_effect, "case-void", ctx))
        }
        @if !case.pages.is_empty() {
            h2 { (view.say("case-pages")) }
            ul {
                @for page in &case.pages {
                    li {
                        (view.say_with("case-page", &[("page", &page.page.to_string()), ("pages", &page.pages.to_string())]))
                        " " code { (page.document_id.as_uuid()) } ", " (view.instant(page.noted_at))
                    }
                }
            }
        }
        p class="hint" { (view.say("case-version")) ": " code { (case.version) } }
    }
}

fn facts(view: &View, case: &CaseView) -> Vec<(&'static str, Markup)> {
    let mut facts = vec![
        ("case-sort", html! { (sort(view, (case.sort, &case.branches))) }),
        ("case-stage", html! { (view.choice("stage", stage_word(case.stage))) }),
    ];
    if let (Some(filed_in), Some(filed_at)) = (case.filed_in, &case.filed_at) {
        let day = filed_at.get(..10).and_then(|day| day.parse().ok());
        let day = day.map_or_else(|| filed_at.clone(), |day| view.date(day));
        facts.push(("case-filed", html! { (day) ", " (state(view, filed_in)) " (T8)" }));
    }
    facts
}

/// Whom it is about.
pub(super) fn person_told(view: &View, person: &PersonView, ctx: &Context) -> Markup {
    html! {
        dl class="person" {
            div { dt { (view.say("case-person")) } dd { (person.name) } }
            div { dt { (view.say("case-born")) } dd { (view.date(person.birth_date)) } }
            @for (kind, value) in &person.numbers {
                div { dt { (number_says(kind, view.language, ctx.rules.lists())) } dd { (value) } }
            }
            @if !person.citizenships.is_empty() {
                div { dt { (view.say("case-citizen")) } dd { (person.citizenships.join(", ")) } }
            }
        }
    }
}

fn next_told(view: &View, case: &CaseView, ctx: &Context) -> Markup {
    let next = &case.next;
    let to = |it: &Next| {
        writing(case.case.as_str(), it.kind, it.answers, it.to.first().copied().filter(|_| it.to.len() == 1))
    };
    let says = |it: &Next| document_says(it.kind, view.language, &ctx.catalogue);
    let writes = view.may("case-draft");
    let states = |it: &Next| it.to.iter().map(|to| state(view, *to)).collect::<Vec<_>>().join(", ");
    html! {
        @if next.is_empty() { p { (view.say("case-next-nothing")) } }
        @if next.iter().any(|it| it.answers.is_some()) {
            ul {
                @for it in next.iter().filter(|it| it.answers.is_some()) {
                    li {
                        @if writes { a href=(to(it)) { (says(it)) } } @else { (says(it)) } " → " (states(it))
                        @if let Some(day) = it.due_on { ", " (view.say("case-until")) " " (view.date(day)) }
                        @if let Some(id) = it.answers { span class="hint" { (view.say("case-about")) " " code { (id.as_uuid()) } } }
                    }
                }
            }
        }
        @if next.iter().any(|it| it.answers.is_none()) {
            details {
                summary { (view.say("case-next-own")) }
                ul { @for it in next.iter().filter(|it| it.answers.is_none()) { li { @if writes { a href=(to(it)) { (says(it)) } } @else { (says(it)) } " → " (states(it)) } } }
            }
        }
        p class="hint" { (view.say("case-next-how")) }
    }
}

/// What was asked to be sent, and what became of it.
fn sendings(view: &View, case: &CaseView, ctx: &Context) -> Markup {
    let rows = case.sendings.iter().map(|it| {
        let kind = it.kind.parse().map(|kind| document_says(kind, view.language, &ctx.catalogue));
        let draft = format!("{}/drafts/{}", address(case.case.as_str()), it.draft);
        vec![
            view.link(&draft, &kind.unwrap_or_else(|_unknown| it.kind.clone())),
            html! { @if let Ok(to) = it.to.parse() { (state(view, to)) } },
            html! { (it.asked_by) ", " (view.instant(it.asked_at)) },
            html! {
                @if it.state == "waiting" && view.is_me(&it.asked_by) {
                    a href={ "/console/asked/" (it.approval) } { (view.choice("approval_state", &it.state)) }
                } @else if it.state == "waiting" && view.may("approval-decide") { a href={ "/console/approvals/" (it.approval) "/decide" } { (view.choice("approval_state", &it.state)) } }
                @else { (view.choice("approval_state", &it.state)) }
                @if let Some(by) = &it.decided_by { ", " (by) }
                @if let Some(reason) = &it.reason { span class="hint" { (reason) } }
            },
        ]
    });
    let heads = ["case-document", "field-recipient", "send-made-by", "field-approval-state"];
    html! { h2 { (view.say("send-sendings")) } (view.table(&view.say("send-sendings"), &heads, rows.collect())) }
}

fn documents(view: &View, case: &CaseView, listed: &[DocumentView], caption: &str, ctx: &Context) -> Markup {
    let at = address(case.case.as_str());
    let rows = listed.iter().map(|document| {
        let id = document.document_id.as_uuid();
        let mut said: Vec<String> = Vec::new();
        said.extend(document.decision.as_ref().map(|it| decision_says(it, view.language, ctx.rules.lists())));
        said.extend(document.pensions.iter().map(|it| pension_says(it, view.language, ctx.rules.lists())));
        let standing = document.standing.map(|standing| view.say(standing_phrase(standing)));
        vec![
            html! { (document_says(document.kind, view.language, &ctx.catalogue)) },
            html! { (state(view, document.from)) " → " (state(view, document.to)) },
            view.instant(document.at),
            html! { @for (at, one) in said.iter().enumerate() { @if at > 0 { br; } (one) } },
            html! { @if let Some(standing) = &standing { (standing) } },
            html! {
                @if view.may("case-print") { a href={ (at) "/documents/" (id) "/form" } { (view.say("case-print")) } br; }
                code class="id" { (id) }
                @if let Some(about) = document.about { span class="hint" { (view.say("case-about")) " " code { (about.as_uuid()) } } }
            },
        ]
    });
    let heads = ["case-document", "case-way", "case-at", "case-said", "case-standing", "case-form"];
    view.table(&view.say(caption), &heads, rows.collect())
}

fn standing_phrase(standing: Standing) -> &'static str {
    match standing {
        Standing::Waits => "case-standing-waits",
        Standing::Answered => "case-standing-answered",
        Standing::Withdrawn => "case-standing-withdrawn",
        Standing::Stands => "case-standing-stands",
    }
}
