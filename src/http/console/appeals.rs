//! Appeals, incidents and the notice board.

use super::field::{Field, FileKind, Kind};
use super::route::{Answer, Call, Done, FileBytes, For, Route, Trouble, Verb, handler};
use super::view::View;
use crate::base::Language;
use crate::flow::{
    Appeal, AppealPage, NewAppeal, answer_appeal, appeal, appeal_attachment, appeals, file_appeal,
    own_appeals, publish_notice, take_appeal,
};
use crate::store::{AppealSource, AppealState};
use jiff::Timestamp;
use maud::{Markup, html};
use schemars::schema_for;

pub(super) const ROUTES: &[Route] = &[
    Route {
        verb: Verb::Get,
        path: "/appeals/new",
        command: "appeal-file",
        purpose: For::Nothing,
        is_open: false,
        fields: &[],
        answer: || schema_for!(AppealPage),
        call: handler!(new),
        again: None,
    },
    Route {
        verb: Verb::Post,
        path: "/appeals/new",
        command: "appeal-file",
        purpose: For::Nothing,
        is_open: false,
        fields: NEW,
        answer: || schema_for!(Appeal),
        call: handler!(file),
        again: Some(handler!(new)),
    },
    Route {
        verb: Verb::Get,
        path: "/appeals",
        command: "appeal-list",
        purpose: For::Nothing,
        is_open: false,
        fields: LISTED,
        answer: || schema_for!(AppealPage),
        call: handler!(list),
        again: None,
    },
    Route {
        verb: Verb::Get,
        path: "/appeals/{appeal}",
        command: "appeal-list",
        purpose: For::Nothing,
        is_open: false,
        fields: &[],
        answer: || schema_for!(Appeal),
        call: handler!(one),
        again: None,
    },
    Route {
        verb: Verb::Get,
        path: "/appeals/{appeal}/file",
        command: "appeal-list",
        purpose: For::Nothing,
        is_open: false,
        fields: &[],
        answer: || schema_for!(FileBytes),
        call: handler!(attachment),
        again: None,
    },
    Route {
        verb: Verb::Post,
        path: "/appeals/{appeal}/take",
        command: "appeal-answer",
        purpose: For::Nothing,
        is_open: false,
        fields: &[],
        answer: || schema_for!(()),
        call: handler!(take),
        again: None,
    },
    Route {
        verb: Verb::Post,
        path: "/appeals/{appeal}/answer",
        command: "appeal-answer",
        purpose: For::Nothing,
        is_open: false,
        fields: ANSWER,
        answer: || schema_for!(()),
        call: handler!(answered),
        again: Some(handler!(one)),
    },
    Route {
        verb: Verb::Get,
        path: "/notices/new",
        command: "notice-publish",
        purpose: For::Nothing,
        is_open: false,
        fields: &[],
        answer: || schema_for!(()),
        call: handler!(new_notice),
        again: None,
    },
    Route {
        verb: Verb::Post,
        path: "/notices/new",
        command: "notice-publish",
        purpose: For::Nothing,
        is_open: false,
        fields: NOTICE,
        answer: || schema_for!(()),
        call: handler!(publish),
        again: Some(handler!(new_notice)),
    },
];

const KINDS: &[&str] = &["failure", "breach", "question", "refusal", "feedback"];
const NEW: &[Field] = &[
    Field { name: "appeal_kind", kind: Kind::Choice(KINDS), is_required: true },
    Field { name: "subject", kind: Kind::Line(200), is_required: true },
    Field { name: "text", kind: Kind::Text(10_000), is_required: true },
    Field { name: "contact", kind: Kind::Line(200), is_required: true },
    Field {
        name: "source",
        kind: Kind::Choice(&["user", "administrator", "monitoring", "journal"]),
        is_required: false,
    },
    Field { name: "channel", kind: Kind::Choice(&["form", "e_mail", "telephone"]), is_required: false },
    Field { name: "attachment", kind: Kind::File(5 * 1024 * 1024, FileKind::SCANS), is_required: false },
];
const LISTED: &[Field] = &[
    Field { name: "state", kind: Kind::Choice(&["open", "taken", "answered"]), is_required: false },
    Field { name: "before", kind: Kind::Line(64), is_required: false },
];
const ANSWER: &[Field] = &[Field { name: "answer", kind: Kind::Text(10_000), is_required: true }];
const NOTICE: &[Field] = &[
    Field { name: "ends_on", kind: Kind::Date, is_required: true },
    Field { name: "text_ru", kind: Kind::Text(5_000), is_required: true },
    Field { name: "text_kk", kind: Kind::Text(5_000), is_required: true },
    Field { name: "text_ky", kind: Kind::Text(5_000), is_required: false },
    Field { name: "text_hy", kind: Kind::Text(5_000), is_required: false },
    Field { name: "text_be", kind: Kind::Text(5_000), is_required: false },
    Field { name: "text_en", kind: Kind::Text(5_000), is_required: false },
];

async fn new(call: Call) -> Done {
    let actor = call.actor()?;
    let page = own_appeals(&actor.login, None, &call.ctx).await?;
    let keeps = matches!(
        actor.role,
        crate::access::Role::SystemAdministrator | crate::access::Role::CyberAdministrator
    );
    let own = page.appeals.clone();
    Answer::page(call.view.say("appeal-new"), &page, move |view| {
        // a user's own appeal came by this form; what was told otherwise is put down by an administrator (A45)
        let fields: Vec<Field> = NEW
            .iter()
            .copied()
            .filter(|field| keeps || !["source", "channel"].contains(&field.name))
            .collect();
        html! {
            p { (view.say("appeal-new-told")) }
            (view.form("/console/appeals/new", &fields, "appeal-send"))
            @if !own.is_empty() {
                h2 { (view.say("appeal-own")) }
                @for appeal in &own { (told(view, appeal)) }
            }
        }
    })
}

async fn file(call: Call) -> Done {
    let given = &call.given;
    let source = match given.text("source") {
        "" => AppealSource::User,
        word => word.parse().map_err(Trouble::defect)?,
    };
    let channel = Some(given.text("channel")).filter(|word| !word.is_empty()).unwrap_or("form").to_owned();
    let text = |name: &str| given.text(name).to_owned();
    let attached = given.files.get("attachment").map(|file| (file.name.clone(), file.bytes.clone()));
    let new = NewAppeal {
        kind: text("appeal_kind"),
        source,
        channel,
        contact: text("contact"),
        subject: text("subject"),
        body: text("text"),
        file: attached,
    };
    let kept = file_appeal(new, Some(&call.actor()?.login), &call.ctx).await?;
    Answer::done("/console/appeals/new", &kept)
}

async fn list(call: Call) -> Done {
    let state = match call.given.text("state") {
        "" => AppealState::Open,
        word => word.parse().map_err(Trouble::defect)?,
    };
    let before = Some(call.given.text("before")).filter(|before| !before.is_empty());
    let page = appeals(call.permit()?, state, before, &call.ctx).await?;
    let shown = page.clone();
    Answer::page(call.view.say("menu-appeal-list"), &page, move |view| {
        let rows = shown.appeals.iter().map(|appeal| {
            let term = if appeal.is_late {
                view.badge("late", &day(view, &appeal.due_on))
            } else {
                html! { (day(view, &appeal.due_on)) }
            };
            vec![
                view.link(&format!("/console/appeals/{}", appeal.id), &appeal.subject),
                html! { (view.choice("appeal_kind", &appeal.kind)) },
                instant(view, &appeal.filed_at),
                term,
                html! { (view.choice("source", &appeal.source)) },
            ]
        });
        let heads = ["field-subject", "field-appeal-kind", "appeal-filed", "appeal-due", "field-source"];
        let next = shown
            .next
            .as_ref()
            .map(|next| format!("/console/appeals?state={}&before={next}", state.as_str()));
        html! {
            p {
                @for word in ["open", "taken", "answered"] {
                    a href={ "/console/appeals?state=" (word) } aria-current=[(word == state.as_str()).then_some("true")] {
                        (view.choice("state", word))
                    }
                    " "
                }
            }
            (view.table(&view.choice("state", state.as_str()), &heads, rows.collect()))
            (view.more(next))
            p { (view.link("/console/appeals/new", &view.say("appeal-new"))) }
            @if view.may("notice-publish") { p { (view.link("/console/notices/new", &view.say("notice-new"))) } }
        }
    })
}

async fn one(call: Call) -> Done {
    let found = appeal(call.segment("appeal"), &call.ctx).await?.ok_or_else(Trouble::not_found)?;
    let shown = found.clone();
    Answer::page(found.subject.clone(), &found, move |view| {
        let at = format!("/console/appeals/{}", shown.id);
        html! {
            (told(view, &shown))
            @if let Some(file) = &shown.file { p { (view.link(&format!("{at}/file"), file)) } }
            @if shown.state == "open" { (view.button(&format!("{at}/take"), &[], "appeal-take")) }
            @if shown.state != "answered" { (view.form(&format!("{at}/answer"), ANSWER, "appeal-answer")) }
        }
    })
}

fn told(view: &View, appeal: &Appeal) -> Markup {
    let mut facts = vec![
        ("field-subject", html! { (appeal.subject) }),
        ("field-appeal-kind", html! { (view.choice("appeal_kind", &appeal.kind)) }),
        ("appeal-filed", instant(view, &appeal.filed_at)),
        (
            "appeal-due",
            html! { (day(view, &appeal.due_on)) @if appeal.is_late { " " (view.badge("late", &view.say("late"))) } },
        ),
        ("field-state", html! { (view.choice("state", &appeal.state)) }),
        ("field-contact", html! { (appeal.contact) }),
        ("field-text", html! { (appeal.body) }),
    ];
    if let Some(minutes) = appeal.first_reaction_minutes {
        facts.push((
            "appeal-reaction",
            html! { (view.say_with("minutes", &[("count", &view.number(minutes))])) },
        ));
    }
    if let Some(answer) = &appeal.answer {
        facts.push(("field-answer", html! { (answer) }));
    }
    view.facts(facts)
}

async fn attachment(call: Call) -> Done {
    let found = appeal_attachment(call.segment("appeal"), &call.ctx).await?;
    let (name, bytes) = found.ok_or_else(Trouble::not_found)?;
    Ok(Answer::File { name, media: "application/octet-stream", bytes })
}

async fn take(call: Call) -> Done {
    let id = call.segment("appeal");
    if appeal(id, &call.ctx).await?.is_none() {
        return Err(Trouble::not_found());
    }
    take_appeal(call.permit()?, id, &call.ctx).await?;
    Answer::done(format!("/console/appeals/{id}"), &())
}

async fn answered(call: Call) -> Done {
    let id = call.segment("appeal");
    if appeal(id, &call.ctx).await?.is_none() {
        return Err(Trouble::not_found());
    }
    if !answer_appeal(call.permit()?, id, call.given.text("answer"), &call.ctx).await? {
        return Err(Trouble::field("answer", "fault-answered"));
    }
    Answer::done(format!("/console/appeals/{id}"), &())
}

async fn new_notice(call: Call) -> Done {
    Answer::page(call.view.say("notice-new"), &(), |view| {
        view.form("/console/notices/new", NOTICE, "notice-send")
    })
}

async fn publish(call: Call) -> Done {
    let texts = Language::ALL.into_iter().filter_map(|language| {
        let text = call.given.text(&format!("text_{language}"));
        (!text.is_empty()).then(|| (language.code().to_owned(), text.to_owned()))
    });
    let ends_on = call.given.text("ends_on").parse().map_err(Trouble::defect)?;
    publish_notice(call.permit()?, texts.collect(), ends_on, &call.ctx).await?;
    Answer::done("/console", &())
}

/// An instant of a model as the reader sees it.
pub(super) fn instant(view: &View, text: &str) -> Markup {
    match text.parse::<Timestamp>() {
        Ok(at) => view.instant(at),
        Err(_not_one) => html! { (text) },
    }
}

/// A day of a model as the reader sees it.
pub(super) fn day(view: &View, text: &str) -> String {
    text.parse().map_or_else(|_not_one| text.to_owned(), |day| view.date(day))
}
