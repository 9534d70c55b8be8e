//! Rules that a state has of its own: terms of answers and working days.

use super::field::{Field, Kind};
use super::keys::{RESOLVES_FIELD, unfit};
use super::route::{Answer, Call, Done, For, Route, Verb, handler};
use crate::flow::upkeep::{AskedToChange, OwnRule, ask_rule_change, own_rules};
use maud::html;
use schemars::schema_for;

pub(super) const ROUTES: &[Route] = &[
    Route {
        verb: Verb::Get,
        path: "/own-rules",
        command: "profile-list",
        purpose: For::Nothing,
        is_open: false,
        fields: &[],
        answer: || schema_for!(Vec<OwnRule>),
        call: handler!(shown),
        again: None,
    },
    Route {
        verb: Verb::Get,
        path: "/own-rules/change",
        command: "profile-change",
        purpose: For::Nothing,
        is_open: false,
        fields: NAMED,
        answer: || schema_for!(()),
        call: handler!(write),
        again: None,
    },
    Route {
        verb: Verb::Post,
        path: "/own-rules/change",
        command: "profile-change",
        purpose: For::Resolving,
        is_open: false,
        fields: CHANGED,
        answer: || schema_for!(AskedToChange),
        call: handler!(change),
        again: Some(handler!(write)),
    },
];

const RULES: Kind = Kind::Choice(&["terms", "working-days"]);
const NAMED: &[Field] = &[Field { name: "rule_name", kind: RULES, is_required: false }];
const CHANGED: &[Field] = &[
    Field { name: "rule_name", kind: RULES, is_required: true },
    RESOLVES_FIELD,
    Field { name: "rule_text", kind: Kind::Text(200_000), is_required: true },
];

async fn shown(call: Call) -> Done {
    let found = own_rules(call.permit()?, &call.ctx).await?;
    let it = found.clone();
    Answer::page(call.view.say("own-rules"), &found, move |view| {
        html! {
            p { (view.say("own-rules-told")) }
            @if it.is_empty() { p class="empty" { (view.say("own-rules-none")) } }
            @for rule in &it {
                section {
                    h2 { (view.choice("rule_name", &rule.name)) }
                    p {
                        @if rule.is_own { (view.say("own-rules-own")) } @else { (view.say("own-rules-built-in")) }
                    }
                    @if view.may("profile-change") {
                        p { a class="act" href={ "/console/own-rules/change?rule_name=" (rule.name) } { (view.say("own-rules-change")) } }
                    }
                    details {
                        summary { (view.say("own-rules-text")) }
                        div class="scroll" role="region" tabindex="0" aria-label=(view.choice("rule_name", &rule.name)) {
                            pre { (rule.text) }
                        }
                    }
                }
            }
        }
    })
}

/// The form in which a rule is written; begun with the one in force.
async fn write(call: Call) -> Done {
    let mut view = call.view.clone();
    let name = call.given.text("rule_name");
    if call.given.text("rule_text").is_empty() && !name.is_empty() {
        let rules = own_rules(call.permit()?, &call.ctx).await?;
        let text = rules.into_iter().find(|rule| rule.name == name).map(|rule| rule.text);
        view.given.put("rule_text", text.unwrap_or_default());
    }
    Answer::page(call.view.say("own-rules-change"), &(), move |_view| {
        html! {
            p { (view.say("own-rules-change-told")) }
            (view.form("/console/own-rules/change", CHANGED, "send-ask"))
        }
    })
}

async fn change(call: Call) -> Done {
    let given = (call.given.text("rule_name"), call.given.text("rule_text"));
    let asked = ask_rule_change(call.permit()?, given, &call.ctx).await?;
    match &asked {
        AskedToChange::Waits { approval } => Answer::done(format!("/console/asked/{approval}"), &asked),
        AskedToChange::Unfit(why) => Err(unfit("rule_text", why)),
    }
}
