//! Documents about a person, by a number or by his name with his day of birth. What is typed stands in no address.

use super::accounts::PURPOSES;
use super::field::{Field, Given, Kind};
use super::route::{Answer, Call, Done, For, Route, Trouble, Verb, handler};
use super::view::View;
use crate::exchange::canonical::{Name, NameParts};
use crate::flow::watch::{PersonDocument, PersonFound, find_person};
use crate::flow::{Context, FlowError, PersonQuery};
use crate::store::Subject;
use maud::{Markup, html};
use schemars::schema_for;

pub(super) const ROUTES: &[Route] = &[
    Route {
        verb: Verb::Get,
        path: "/persons",
        // the form alone: the search is another command, and names its purpose
        command: "home-view",
        purpose: For::Nothing,
        is_open: false,
        fields: &[],
        answer: || schema_for!(()),
        call: handler!(ask),
        again: None,
    },
    Route {
        verb: Verb::Post,
        path: "/persons",
        command: COMMAND,
        purpose: For::Asked,
        is_open: false,
        fields: SOUGHT,
        answer: || schema_for!(PersonFound),
        call: handler!(search),
        again: Some(handler!(ask)),
    },
];

/// By what a person is looked for, and why.
pub(super) const SOUGHT: &[Field] = &[
    Field { name: "number", kind: Kind::Line(30), is_required: false },
    Field { name: "family", kind: Kind::Line(120), is_required: false },
    Field { name: "given_name", kind: Kind::Line(120), is_required: false },
    Field { name: "born", kind: Kind::Date, is_required: false },
    Field { name: "purpose", kind: Kind::Choice(PURPOSES), is_required: true },
    Field { name: "reason", kind: Kind::Line(200), is_required: true },
];

const COMMAND: &str = "message-find-person";

/// What names a person by the fields of a search.
const OF_FIELDS: [&str; 3] = [COMMAND, "worker-find-person", "consent-give"];

/// How the person of a search is told in acts, if this is one.
pub(super) fn subject_of(command: &str, given: &Given, ctx: &Context) -> Result<Option<Subject>, FlowError> {
    if !OF_FIELDS.contains(&command) {
        return Ok(None);
    }
    query(given).ok().map_or(Ok(None), |query| query.subject(ctx))
}

/// Whom the fields name.
pub(super) fn query(given: &Given) -> Result<PersonQuery, Trouble> {
    let text = |name: &str| Some(given.text(name).trim()).filter(|text| !text.is_empty());
    if let Some(number) = text("number") {
        return PersonQuery::of_number(number).ok_or_else(|| Trouble::field("number", "fault-person-number"));
    }
    let (family, given_name) = (text("family").map(str::to_owned), text("given_name").map(str::to_owned));
    let parts = NameParts { family, given: given_name, patronymic: None };
    let name = Name::try_from(parts).map_err(|_empty| Trouble::field("number", "fault-person"))?;
    let born = text("born").and_then(|day| day.parse().ok());
    let born = born.ok_or_else(|| Trouble::field("born", "fault-person-born"))?;
    Ok(PersonQuery::Name { name, born })
}

async fn ask(call: Call) -> Done {
    Answer::page(call.view.say("menu-message-find-person"), &(), form)
}

fn form(view: &View) -> Markup {
    html! {
        p { (view.say("person-told")) }
        (view.form("/console/persons", SOUGHT, "person-search"))
    }
}

async fn search(call: Call) -> Done {
    let query = query(&call.given)?;
    let found = find_person(call.permit()?, &query, &call.ctx).await?;
    let shown = found.clone();
    Answer::page(call.view.say("menu-message-find-person"), &found, move |view| {
        let rows = shown.documents.iter().map(|it| row(view, it)).collect();
        let heads = ["message-at", "message-code", "field-peer", "field-message-state", "field-case"];
        html! {
            @if shown.unread_rows > 0 {
                p class="notice" {
                    (view.say_with("person-unread", &[("count", &view.number(shown.unread_rows))]))
                }
            }
            (view.table(&view.say("person-documents"), &heads, rows))
            @if view.may("mobility-institution-view") && !shown.subject.is_empty() {
                p { (view.link(&format!("/console/workers/{}/record", shown.subject), &view.say("way-of-treaty"))) }
            }
            @if shown.has_more { p { (view.say("person-more")) } }
            p { (view.link("/console/persons", &view.say("person-again"))) }
        }
    })
}

fn row(view: &View, it: &PersonDocument) -> Vec<Markup> {
    let of = it.message.as_ref();
    vec![
        html! {
            @if let Some(message) = of {
                a href={ "/console/messages/" (message.row) } { (view.instant(it.at)) }
            } @else { (view.instant(it.at)) }
        },
        html! { @if let Some(message) = of { (message.code) } @else { span class="id" { (it.document) } } },
        html! {
            @if let Some(message) = of {
                (view.choice("direction", &message.direction)) ", " (view.choice("peer", &message.peer))
            }
        },
        html! { @if let Some(message) = of { (view.choice("message-state", &message.state)) } },
        html! {
            @if let Some(case) = &it.case { a href={ "/console/cases/" (case) } { (case) } } @else { "—" }
        },
    ]
}
