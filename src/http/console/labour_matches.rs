//! Profiles of our state that were published by consent, and the posts that each may take, with the reasons.

use super::field::{Field, Kind};
use super::labour_told::{profile, reckoned, removed};
use super::labour_vacancies::{CURRENCIES, lines};
use super::route::{Answer, Call, Done, For, Route, Trouble, Verb, handler};
use super::view::View;
use crate::base::Digest256;
use crate::flow::posts::{MatchList, OwnProfile, OwnProfiles, match_vacancies, own_profiles, worker_of};
use maud::{Markup, html};
use schemars::schema_for;

pub(super) const ROUTES: &[Route] = &[
    Route {
        verb: Verb::Get,
        path: "/matches",
        command: "match-list",
        purpose: For::Nothing,
        is_open: false,
        fields: LISTED,
        answer: || schema_for!(OwnProfiles),
        call: handler!(list),
        again: None,
    },
    Route {
        verb: Verb::Get,
        path: "/workers/{worker}/matches",
        command: "match-view",
        purpose: For::Named("consent", "worker"),
        is_open: false,
        fields: CHOSEN,
        answer: || schema_for!(MatchList),
        call: handler!(matches),
        again: None,
    },
];

const LISTED: &[Field] = &[
    Field { name: "profile_reference", kind: Kind::Line(60), is_required: false },
    Field { name: "cursor", kind: Kind::Line(80), is_required: false },
];
const CHOSEN: &[Field] = &[
    Field { name: "peer", kind: Kind::Choice(&["AM", "BY", "KG", "KZ", "RU"]), is_required: false },
    Field { name: "currency", kind: Kind::Choice(CURRENCIES), is_required: false },
    Field { name: "cursor", kind: Kind::Line(80), is_required: false },
];

/// The worker whom a path names.
pub(super) fn worker(call: &Call) -> Result<Digest256, Trouble> {
    call.segment("worker").parse().map_err(|_none| Trouble::not_found())
}

async fn list(call: Call) -> Done {
    let reference = call.given.text("profile_reference");
    let text = |name: &str| Some(call.given.text(name)).filter(|text| !text.is_empty());
    let mut page = own_profiles(call.permit()?, text("cursor"), call.view.language, &call.ctx).await?;
    if !reference.is_empty() {
        let found = worker_of(call.permit()?, reference, &call.ctx).await?;
        let found = found.ok_or_else(|| Trouble::field("profile_reference", "fault-profile-reference"))?;
        // the leave to see his matches is another one, which is asked there
        page.profiles.retain(|one| one.worker == found.to_string());
        page.next = None;
        return Answer::done(format!("/console/workers/{found}/matches"), &page);
    }
    let shown = page.clone();
    Answer::page(call.view.say("menu-match-list"), &page, move |view| {
        html! {
            @if !shown.is_on { p class="notice" { (view.say("labour-off")) } }
            p { (view.say("match-told")) }
            form method="get" action="/console/matches" class="filter" role="search" {
                @for field in LISTED.iter().take(1) { (view.field(*field)) }
                p { button type="submit" { (view.say("match-find")) } }
            }
            (own(view, &shown.profiles))
            (view.more(shown.next.as_ref().map(|next| format!("/console/matches?cursor={next}"))))
        }
    })
}

fn own(view: &View, profiles: &[OwnProfile]) -> Markup {
    let rows = profiles.iter().map(|one| {
        let work: Vec<String> = one
            .profile
            .work
            .iter()
            .map(|worked| {
                let experience = worked.experience.as_ref().map(|band| format!(", {}", band.name));
                format!("{}{}", worked.occupation.name, experience.unwrap_or_default())
            })
            .collect();
        let title = if work.is_empty() { view.say("match-no-work") } else { work.join("; ") };
        let peer = |(peer, reference): &(String, Option<String>)| match reference {
            Some(_) => view.choice("peer", peer),
            None => format!("{} ({})", view.choice("peer", peer), view.say("target-waits")),
        };
        vec![
            view.link(&format!("/console/workers/{}/matches", one.worker), &title),
            html! { (one.profile.home.as_ref().map(|home| home.told.clone()).unwrap_or_default()) },
            html! { (one.peers.iter().map(peer).collect::<Vec<_>>().join("; ")) },
            view.instant(one.expires_at),
            html! {
                @if view.may("consent-view") {
                    (view.link(&format!("/console/workers/{}", one.worker), &view.say("match-ledger")))
                }
            },
        ]
    });
    let heads = ["profile-work", "profile-home", "match-peers", "consent-until", "match-ledger"];
    view.table(&view.say("match-profiles"), &heads, rows.collect())
}

async fn matches(call: Call) -> Done {
    let of = worker(&call)?;
    let given = &call.given;
    let chosen = (
        given.text("peer").parse().ok(),
        given.text("currency").parse().ok(),
        Some(given.text("cursor")).filter(|cursor| !cursor.is_empty()),
    );
    let list = match_vacancies(call.permit()?, of, chosen, call.view.language, &call.ctx).await?;
    let list = list.ok_or_else(Trouble::not_found)?;
    let shown = list.clone();
    Answer::page(call.view.say("matches-title"), &list, move |view| {
        let here = format!("/console/workers/{}/matches", shown.worker);
        let count = view.number(i64::try_from(shown.hits).unwrap_or(i64::MAX));
        let next = shown.next.as_ref().map(|next| {
            let mut query = form_urlencoded::Serializer::new(String::new());
            for name in ["peer", "currency"] {
                if !view.given.text(name).is_empty() {
                    query.append_pair(name, view.given.text(name));
                }
            }
            query.append_pair("cursor", next);
            format!("{here}?{}", query.finish())
        });
        html! {
            details { summary { (view.say("matches-by")) } (profile(view, &shown.profile)) }
            form method="get" action=(here) class="filter" {
                @for field in CHOSEN.iter().take(2) { (view.field(*field)) }
                p { button type="submit" { (view.say("matches-choose")) } }
            }
            (reckoned(view, &shown.reckoned))
            p { (view.say("matches-told")) }
            p role="status" { (view.say_with("vacancy-hits", &[("count", &count)])) }
            (lines(view, &shown.vacancies))
            (removed(view, &shown.removed))
            (view.more(next))
            @if view.may("consent-view") {
                p { (view.link(&format!("/console/workers/{}", shown.worker), &view.say("match-ledger"))) }
            }
        }
    })
}
