//! The other nodes and the certificates that this one works with.

use super::route::{Answer, Call, Done, For, Route, Verb, handler};
use super::view::View;
use crate::flow::watch::{CertificateTold, PeerTold, PeersView, peers_view};
use maud::{Markup, html};
use schemars::schema_for;

pub(super) const ROUTES: &[Route] = &[Route {
    verb: Verb::Get,
    path: "/peers",
    command: "peer-list",
    purpose: For::Nothing,
    is_open: false,
    fields: &[],
    answer: || schema_for!(PeersView),
    call: handler!(shown),
    again: None,
}];

async fn shown(call: Call) -> Done {
    let found = peers_view(call.permit()?, &call.ctx).await?;
    let it = found.clone();
    Answer::page(call.view.say("menu-peer-list"), &found, move |view| {
        let heads = [
            "field-peer",
            "peer-last-came",
            "peer-last-left",
            "figures-waiting",
            "figures-open",
            "figures-open-late",
            "peer-terms",
            "peer-processes",
        ];
        html! {
            (view.table(&view.say("menu-peer-list"), &heads, it.peers.iter().map(|it| peer(view, it)).collect()))
            @if view.may("doctor-run") { p { (view.button("/console/peers/examine", &[], "doctor-run")) } }
            h2 { (view.say("peer-certificates")) }
            @for what in &it.unreadable { p class="notice" { (view.say("peer-unreadable")) " " (what) } }
            (view.table(
                &view.say("peer-certificates"),
                &["peer-certificate", "peer-fingerprint", "peer-ends", "peer-days-left"],
                it.certificates.iter().map(|it| certificate(view, it)).collect(),
            ))
        }
    })
}

fn peer(view: &View, it: &PeerTold) -> Vec<Markup> {
    let at =
        |at: Option<jiff::Timestamp>| html! { @if let Some(at) = at { (view.instant(at)) } @else { "—" } };
    let waiting = format!("/console/messages?peer={}&message_state=parked", it.state);
    vec![
        html! { (view.choice("peer", &it.state)) " " span class="hint" { (it.certificate_name) } },
        at(it.last_came),
        at(it.last_left),
        if it.waiting > 0 {
            view.link(&waiting, &view.number(it.waiting))
        } else {
            html! { "0" }
        },
        html! { (view.number(it.open)) },
        html! { (view.number(it.open_late)) },
        html! { "× " (it.term_factor) },
        html! { @if let Some(all) = &it.processes { (all.join(", ")) } @else { (view.say("peer-all-processes")) } },
    ]
}

fn certificate(view: &View, it: &CertificateTold) -> Vec<Markup> {
    let left = view.number(it.days_left);
    let left = match it.days_left {
        ..0 => view.badge("late", &view.say("peer-ended")),
        0..30 => view.badge("late", &left),
        30..60 => view.badge("warn", &left),
        _ => html! { (left) },
    };
    vec![html! { (it.what) }, html! { span class="id" { (it.fingerprint) } }, view.instant(it.ends_at), left]
}
