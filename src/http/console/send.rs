//! A document of a case is written by one person and approved by another; then it leaves.

use super::approvals::told;
use super::case::number;
use super::cases::{address, state};
use super::field::{Fault, Field, Kind};
use super::keys::unfit as unfit_change;
use super::route::{Answer, Call, Done, For, Route, Trouble, Verb, handler};
use super::view::View;
use crate::base::{DocumentId, Findings};
use crate::exchange::canonical::State;
use crate::exchange::canonical::case::CaseDocumentKind;
use crate::flow::entry::{ApprovalView, Eyes, approval};
use crate::flow::office::{
    AskedToSend, Decided, DraftView, ToSend, ask_to_send, begun_draft, case_file, decide_to_send,
    document_says, draft_of,
};
use crate::flow::upkeep::{Changed, decide_change};
use maud::{Markup, html};
use schemars::schema_for;
use uuid::Uuid;

pub(super) const ROUTES: &[Route] = &[
    Route {
        verb: Verb::Get,
        path: "/cases/{case}/send",
        // to open the form is not to send
        command: "case-draft",
        purpose: For::Case("case"),
        is_open: false,
        fields: BEGUN,
        answer: || schema_for!(()),
        call: handler!(write),
        again: None,
    },
    Route {
        verb: Verb::Post,
        path: "/cases/{case}/send",
        command: "case-send",
        purpose: For::Case("case"),
        is_open: false,
        fields: WRITTEN,
        answer: || schema_for!(AskedToSend),
        call: handler!(ask),
        again: Some(handler!(write)),
    },
    Route {
        verb: Verb::Get,
        path: "/cases/{case}/drafts/{draft}",
        command: "case-view",
        purpose: For::Case("case"),
        is_open: false,
        fields: &[],
        answer: || schema_for!(DraftView),
        call: handler!(draft),
        again: None,
    },
    Route {
        verb: Verb::Get,
        path: "/approvals/{approval}/decide",
        command: "approval-list",
        purpose: For::Nothing,
        is_open: false,
        fields: &[],
        answer: || schema_for!(ApprovalView),
        call: handler!(waiting),
        again: None,
    },
    Route {
        verb: Verb::Post,
        path: "/approvals/{approval}/decide",
        command: "approval-decide",
        purpose: For::Nothing,
        is_open: false,
        fields: DECISION,
        answer: || schema_for!(()),
        call: handler!(decide),
        again: Some(handler!(waiting)),
    },
];

const STATES: &[&str] = &["AM", "BY", "KZ", "KG", "RU"];
const BEGUN: &[Field] = &[
    Field { name: "document_kind", kind: Kind::Line(40), is_required: false },
    Field { name: "about", kind: Kind::Line(60), is_required: false },
    Field { name: "recipient", kind: Kind::Choice(STATES), is_required: false },
];
const WRITTEN: &[Field] = &[
    Field { name: "version", kind: Kind::Line(64), is_required: true },
    Field { name: "recipient", kind: Kind::Choice(STATES), is_required: true },
    Field { name: "document_text", kind: Kind::Text(200_000), is_required: true },
];
const DECISION: &[Field] = &[
    Field { name: "verdict", kind: Kind::Choice(&["approve", "reject"]), is_required: true },
    Field { name: "verdict_reason", kind: Kind::Text(2_000), is_required: false },
];

/// Where a document of a kind is written.
pub(super) fn writing(
    case: &str,
    kind: CaseDocumentKind,
    about: Option<DocumentId>,
    to: Option<State>,
) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("document_kind", kind.as_code());
    if let Some(about) = about {
        query.append_pair("about", &about.as_uuid().to_string());
    }
    if let Some(to) = to {
        query.append_pair("recipient", to.as_code());
    }
    format!("{}/send?{}", address(case), query.finish())
}

async fn write(call: Call) -> Done {
    let (case, permit) = (number(&call)?, call.permit()?);
    let file =
        case_file(permit, &case, call.view.language, &call.ctx).await?.ok_or_else(Trouble::not_found)?;
    let mut view = call.view.clone();
    let kind = call.given.text("document_kind").parse::<CaseDocumentKind>().ok();
    if let (Some(kind), "") = (kind, call.given.text("document_text")) {
        let about = call.given.text("about").parse().ok();
        let begun = begun_draft(permit, &case, (kind, about), &call.ctx).await?;
        let begun = begun.map(|begun| serde_json::to_string_pretty(&begun).unwrap_or_default());
        view.given.put("document_text", begun.unwrap_or_default());
    }
    let title = match kind {
        Some(kind) => document_says(kind, view.language, &call.ctx.catalogue),
        None => view.say("send-title"),
    };
    Answer::page(title, &(), move |_view| {
        let (_, shown) = WRITTEN.split_at(1);
        // the version is that of now: who is told that the case has changed sends it again knowing that
        let more = html! { input type="hidden" name="version" value=(file.version); };
        html! {
            p { (view.link(&address(file.case.as_str()), &view.say("workbench-to-case"))) }
            p { (view.say("send-told")) }
            div id="f-version" { (view.form_with(&format!("{}/send", address(file.case.as_str())), shown, "send-ask", more)) }
        }
    })
}

async fn ask(call: Call) -> Done {
    let case = number(&call)?;
    let given = &call.given;
    let to = given.text("recipient").parse().map_err(|_fault| Trouble::field("recipient", "fault-choice"))?;
    let to_send = ToSend { version: given.text("version"), to, text: given.text("document_text") };
    let asked = ask_to_send(call.permit()?, &case, &to_send, &call.ctx).await?;
    match &asked {
        AskedToSend::Waits { .. } => Answer::done(address(case.as_str()), &asked),
        AskedToSend::Changed => Err(Trouble::field("version", "fault-case-changed")),
        AskedToSend::Unread(why) => Err(unfit(why.clone())),
        AskedToSend::Unfit(findings) => Err(unfit(all(findings))),
    }
}

fn unfit(bound: String) -> Trouble {
    Trouble::Fields(vec![Fault { field: "document_text".to_owned(), phrase: "fault-document", bound }])
}

fn all(findings: &Findings) -> String {
    let told = findings.iter().map(|it| format!("{} {}: {}", it.code, it.path, it.message));
    told.collect::<Vec<_>>().join("; ")
}

async fn draft(call: Call) -> Done {
    let id = call.segment("draft").parse::<Uuid>().map_err(|_none| Trouble::not_found())?;
    let found = draft_of(call.permit()?, &number(&call)?, id, &call.ctx).await?;
    let found = found.ok_or_else(Trouble::not_found)?;
    let kind = found.kind.parse().map(|kind| document_says(kind, call.view.language, &call.ctx.catalogue));
    let title = kind.unwrap_or_else(|_unknown| found.kind.clone());
    let shown = found.clone();
    Answer::page(title, &found, move |view| {
        let text = serde_json::to_string_pretty(&shown.document).unwrap_or_default();
        html! {
            (view.facts(vec![
                ("case-number", view.link(&address(shown.case.as_str()), shown.case.as_str())),
                ("field-recipient", html! { (state(view, shown.to)) }),
                ("send-made-by", html! { (shown.made_by) ", " (view.instant(shown.made_at)) }),
                ("send-digest", html! { code { (shown.sha256) } }),
            ]))
            div class="scroll" role="region" tabindex="0" aria-label=(view.say("field-document-text")) { pre { (text) } }
        }
    })
}

async fn waiting(call: Call) -> Done {
    let found = approval(call.permit()?, id(&call)?, call.actor()?, &call.ctx).await?;
    let shown = found.clone();
    Answer::page(call.view.say(&format!("command-{}", found.command)), &found, move |view| {
        html! {
            (told(view, &shown))
            (draft_link(view, &shown))
            @if shown.is_mine_to_decide {
                (view.form(&format!("/console/approvals/{}/decide", shown.id), DECISION, "send-decide"))
            } @else {
                p class="hint" { (view.say("send-not-yours")) }
            }
        }
    })
}

/// What is approved names a draft: it is read before it is approved.
fn draft_link(view: &View, shown: &ApprovalView) -> Markup {
    let text = |name: &str| shown.body.get(name).and_then(serde_json::Value::as_str);
    html! {
        @if let (Some(case), Some(draft)) = (text("case"), text("draft")) {
            p { a class="act" href={ (address(case)) "/drafts/" (draft) } { (view.say("send-read")) } }
        }
    }
}

async fn decide(call: Call) -> Done {
    let eyes = match call.given.text("verdict") {
        "approve" => Eyes::Approve,
        _ => Eyes::Reject,
    };
    let reason = call.given.text("verdict_reason");
    if eyes == Eyes::Reject && reason.is_empty() {
        return Err(Trouble::field("verdict_reason", "fault-missing"));
    }
    let (by, what) = ((call.permit()?, call.actor()?), (id(&call)?, eyes, reason));
    let waiting = approval(by.0, what.0, by.1, &call.ctx).await?;
    if waiting.command != "case-send" {
        return match decide_change(by, what, &call.ctx).await? {
            Changed::Now | Changed::Kept => Answer::done("/console/approvals", &()),
            Changed::Later => Answer::done(format!("/console/approvals/{}", what.0), &()),
            Changed::Unfit(why) => Err(unfit_change("verdict", &why)),
        };
    }
    match decide_to_send(by, what, &call.ctx).await? {
        Decided::Sent(_) | Decided::Kept => Answer::done("/console/approvals", &()),
        Decided::Unfit(findings) => {
            let (field, phrase, bound) = ("verdict".to_owned(), "fault-document", all(&findings));
            Err(Trouble::Fields(vec![Fault { field, phrase, bound }]))
        }
    }
}

fn id(call: &Call) -> Result<Uuid, Trouble> {
    call.segment("approval").parse().map_err(|_none| Trouble::not_found())
}
