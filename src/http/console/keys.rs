//! Our keys for seals, and those that lie beside them to take their place.

use super::field::{Fault, Field, Kind};
use super::route::{Answer, Call, Done, For, Route, Trouble, Verb, handler};
use super::view::View;
use crate::flow::upkeep::{AskedToChange, KeysView, NewCertificate, ask_key_replace, keys_view};
use maud::{Markup, html};
use schemars::schema_for;

pub(super) const ROUTES: &[Route] = &[
    Route {
        verb: Verb::Get,
        path: "/keys",
        command: "key-list",
        purpose: For::Nothing,
        is_open: false,
        fields: &[],
        answer: || schema_for!(KeysView),
        call: handler!(shown),
        again: None,
    },
    Route {
        verb: Verb::Post,
        path: "/keys/replace",
        command: "key-replace",
        purpose: For::Resolving,
        is_open: false,
        fields: RESOLVES,
        answer: || schema_for!(AskedToChange),
        call: handler!(replace),
        again: Some(handler!(shown)),
    },
];

/// Which appeal or defect a change resolves (A22).
pub(super) const RESOLVES_FIELD: Field = Field { name: "resolves", kind: Kind::Line(100), is_required: true };
const RESOLVES: &[Field] = &[RESOLVES_FIELD];

async fn shown(call: Call) -> Done {
    let found = keys_view(call.permit()?, &call.ctx).await?;
    let it = found.clone();
    Answer::page(call.view.say("menu-key-list"), &found, move |view| drawn(view, &it))
}

fn drawn(view: &View, it: &KeysView) -> Markup {
    html! {
        @if it.next.is_none() || !view.may("key-replace") { (view.faults_told()) }
        (certificates(view, "keys-now", &it.now))
        @if it.are_files { p { (view.say("keys-told")) } } @else { p { (view.say("keys-elsewhere")) } }
        @if let Some(unfit) = &it.unfit { p class="notice" { (view.say("keys-unfit")) " " (unfit) } }
        @if let Some(next) = &it.next {
            (certificates(view, "keys-next", &next.certificates))
            p { (view.say("keys-files")) " " (next.files.join(", ")) }
            @if view.may("key-replace") {
                div id="f-keys" { (view.form("/console/keys/replace", RESOLVES, "keys-ask")) }
            }
        }
    }
}

fn certificates(view: &View, caption: &str, all: &[NewCertificate]) -> Markup {
    let rows = all.iter().map(|it| vec![html! { code { (it.fingerprint) } }, view.instant(it.ends_at)]);
    view.table(&view.say(caption), &["keys-fingerprint", "peer-ends"], rows.collect())
}

async fn replace(call: Call) -> Done {
    let asked = ask_key_replace(call.permit()?, &call.ctx).await?;
    match &asked {
        AskedToChange::Waits { approval } => Answer::done(format!("/console/asked/{approval}"), &asked),
        AskedToChange::Unfit(why) => Err(unfit("keys", why)),
    }
}

/// A change that could not be done.
pub(super) fn unfit(field: &str, why: &str) -> Trouble {
    let (field, bound) = (field.to_owned(), why.to_owned());
    Trouble::Fields(vec![Fault { field, phrase: "fault-document", bound }])
}
