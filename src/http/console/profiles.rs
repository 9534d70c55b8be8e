//! The profiles of local forms, with the places of a record that each holds.

use super::route::{Answer, Call, Done, For, Route, Verb, handler};
use super::view::View;
use crate::flow::watch::{ProfileTold, ProfilesView, profiles_view};
use maud::{Markup, html};
use schemars::schema_for;

pub(super) const ROUTES: &[Route] = &[Route {
    verb: Verb::Get,
    path: "/profiles",
    command: "profile-list",
    purpose: For::Nothing,
    is_open: false,
    fields: &[],
    answer: || schema_for!(ProfilesView),
    call: handler!(shown),
    again: None,
}];

async fn shown(call: Call) -> Done {
    let found = profiles_view(call.permit()?, &call.ctx).await?;
    let it = found.clone();
    Answer::page(call.view.say("menu-profile-list"), &found, move |view| {
        html! {
            p { (view.say("profile-told")) }
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
