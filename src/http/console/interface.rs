//! The interface for programs, described for people: drawn from the same description that programs read, with nothing from
//! elsewhere.

use super::openapi::described;
use super::route::{Answer, Call, Done, For, Route, Verb, handler};
use super::view::View;
use maud::{Markup, html};
use schemars::schema_for;
use serde_json::{Map, Value};

pub(super) const ROUTES: &[Route] = &[Route {
    verb: Verb::Get,
    path: "/interface",
    command: "help-read",
    purpose: For::Nothing,
    is_open: true,
    fields: &[],
    answer: || schema_for!(()),
    call: handler!(shown),
    again: None,
}];

async fn shown(call: Call) -> Done {
    Answer::page(call.view.say("interface-title"), &(), |view| {
        let all = described();
        let schemas = object(&all, "/components/schemas").cloned().unwrap_or_default();
        html! {
            p { (view.say("interface-told")) }
            p { (view.link("/console/openapi.json", &view.say("interface-file"))) }
            @if let Some(scheme) = text(&all, "/components/securitySchemes/token/description") {
                p { code { "Authorization: Bearer …" } " " (scheme) }
            }
            @for (path, calls) in object(&all, "/paths").into_iter().flatten() {
                @for (verb, operation) in calls.as_object().into_iter().flatten() {
                    (told(view, (verb, path), operation))
                }
            }
            h2 { (view.say("interface-models")) }
            @for (name, schema) in &schemas {
                details id={ "model-" (name) } { summary { code { (name) } } (json(name, schema)) }
            }
        }
    })
}

/// One call: what it takes, and what it answers.
fn told(view: &View, (verb, path): (&str, &str), operation: &Value) -> Markup {
    let rows = operation.get("parameters").and_then(Value::as_array).into_iter().flatten().map(|it| {
        let schema = it.get("schema").map(Value::to_string).unwrap_or_default();
        let is_required = it.get("required").and_then(Value::as_bool) == Some(true);
        vec![
            html! { code { (text(it, "/name").unwrap_or_default()) } },
            html! { (text(it, "/in").unwrap_or_default()) },
            html! { @if is_required { (view.say("yes")) } @else { "—" } },
            html! { code { (schema) } },
        ]
    });
    let heads = ["interface-name", "interface-place", "interface-required", "interface-schema"];
    let rows: Vec<_> = rows.collect();
    let body = operation.pointer("/requestBody/content/application~1json/schema");
    let answer = object(operation, "/responses/200/content");
    let codes = object(operation, "/responses").into_iter().flatten();
    let name = format!("{} {path}", verb.to_uppercase());
    let label = |phrase: &str| format!("{}: {name}", view.say(phrase));
    html! {
        details {
            summary { code { (name) } " " (text(operation, "/summary").unwrap_or_default()) }
            @if !rows.is_empty() { (view.table(&name, &heads, rows)) }
            @if let Some(body) = body { p { (view.say("interface-body")) } (json(&label("interface-body"), body)) }
            @for (media, content) in answer.into_iter().flatten() {
                p { (view.say("interface-answer")) " " code { (media) } }
                @if let Some(schema) = content.get("schema") { (json(&label("interface-answer"), schema)) }
            }
            p { (view.say("interface-codes")) }
            ul {
                @for (code, response) in codes {
                    li { code { (code) } " " (text(response, "/description").unwrap_or_default()) }
                }
            }
        }
    }
}

fn json(label: &str, value: &Value) -> Markup {
    html! {
        div class="scroll" role="region" tabindex="0" aria-label=(label) {
            pre { (serde_json::to_string_pretty(value).unwrap_or_default()) }
        }
    }
}

fn object<'v>(value: &'v Value, at: &str) -> Option<&'v Map<String, Value>> {
    value.pointer(at).and_then(Value::as_object)
}

fn text<'v>(value: &'v Value, at: &str) -> Option<&'v str> {
    value.pointer(at).and_then(Value::as_str)
}
