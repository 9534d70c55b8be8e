//! The profiles of local forms, with the places of a record that each holds.

use super::field::{Field, Kind};
use super::keys::{RESOLVES_FIELD, unfit};
use super::route::{Answer, Call, Done, For, Route, Verb, handler};
use super::view::View;
use crate::flow::upkeep::{AskedToChange, ask_profile_change, profile_text};
use crate::flow::watch::{ProfileTold, ProfilesView, profiles_view};
use maud::{Markup, html};
use schemars::schema_for;

pub(super) const ROUTES: &[Route] = &[
    Route {
        verb: Verb::Get,
        path: "/profiles",
        command: "profile-list",
        purpose: For::Nothing,
        is_open: false,
        fields: &[],
        answer: || schema_for!(ProfilesView),
        call: handler!(shown),
        again: None,
    },
    Route {
        verb: Verb::Get,
        path: "/profiles/change",
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
        path: "/profiles/change",
        command: "profile-change",
        purpose: For::Resolving,
        is_open: false,
        fields: CHANGED,
        answer: || schema_for!(AskedToChange),
        call: handler!(change),
        again: Some(handler!(write)),
    },
];

const NAMED: &[Field] = &[Field { name: "profile_name", kind: Kind::Line(64), is_required: false }];
const CHANGED: &[Field] = &[
    Field { name: "profile_name", kind: Kind::Line(64), is_required: true },
    RESOLVES_FIELD,
    Field { name: "profile_text", kind: Kind::Text(200_000), is_required: true },
];

/// The form in which a profile is written; begun with the one of this name, if it is one's own.
async fn write(call: Call) -> Done {
    let mut view = call.view.clone();
    let name = call.given.text("profile_name");
    if call.given.text("profile_text").is_empty() && !name.is_empty() {
        let text = profile_text(call.permit()?, name, &call.ctx).await?;
        view.given.put("profile_text", text.unwrap_or_default());
    }
    Answer::page(call.view.say("profile-change"), &(), move |_view| {
        html! {
            p { (view.say("profile-change-told")) }
            (view.form("/console/profiles/change", CHANGED, "send-ask"))
        }
    })
}

async fn change(call: Call) -> Done {
    let given = (call.given.text("profile_name"), call.given.text("profile_text"));
    let asked = ask_profile_change(call.permit()?, given, &call.ctx).await?;
    match &asked {
        AskedToChange::Waits { approval } => Answer::done(format!("/console/asked/{approval}"), &asked),
        AskedToChange::Unfit(why) => Err(unfit("profile_text", why)),
    }
}

async fn shown(call: Call) -> Done {
    let found = profiles_view(call.permit()?, &call.ctx).await?;
    let it = found.clone();
    Answer::page(call.view.say("menu-profile-list"), &found, move |view| {
        html! {
            p { (view.say("profile-told")) }
            p {
                @if view.may("profile-change") { a class="act" href="/console/profiles/change" { (view.say("profile-change")) } " " }
                a class="act" href="/console/own-rules" { (view.say("own-rules")) }
            }
            @if it.profiles.is_empty() { p class="empty" { (view.say("profile-none")) } }
            @for profile in &it.profiles { (told(view, profile)) }
        }
    })
}

fn told(view: &View, it: &ProfileTold) -> Markup {
    let yes = |is: bool| html! { @if is { (view.say("yes")) } @else { "—" } };
    let rows = it
        .places
        .iter()
        .map(|place| vec![html! { (place.place) }, yes(place.is_read), yes(place.is_written)]);
    let held = view.say_with(
        "profile-held",
        &[("count", &it.both_ways.to_string()), ("all", &it.places.len().to_string())],
    );
    html! {
        section {
            h2 { (it.file) }
            @if view.may("profile-change") {
                p { a href={ "/console/profiles/change?profile_name=" (it.file.rsplit('/').next().unwrap_or_default()) } { (view.say("profile-change")) } }
            }
            (view.facts(vec![
                ("profile-version", html! { (it.version) }),
                ("profile-files", html! { code { (it.files) } }),
                ("profile-row", html! { (it.record) }),
                ("profile-coverage", html! { (held) }),
            ]))
            @if !it.not_read.is_empty() { p { (view.say("profile-not-read")) " " (it.not_read) } }
            @if !it.not_written.is_empty() { p { (view.say("profile-not-written")) " " (it.not_written) } }
            details {
                summary { (view.say("profile-places")) }
                (view.table(&it.file, &["profile-place", "profile-read", "profile-written"], rows.collect()))
            }
        }
    }
}
