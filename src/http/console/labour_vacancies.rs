//! Vacancies of all states: the search, one vacancy, and the profiles that peers published for one of ours.

use super::field::{Field, Given, Kind};
use super::labour_told::{
    address, occupations, pay, places, profile, reckoned, removed, score, told_warnings,
};
use super::route::{Answer, Call, Done, For, Route, Trouble, Verb, handler};
use super::view::View;
use crate::exchange::canonical::job::VacancyRef;
use crate::flow::posts::{
    Facet, PeerProfiles, VacancyLine, VacancyList, VacancyQuery, VacancyView, match_profiles, seek_vacancies,
    vacancy_view,
};
use maud::{Markup, html};
use schemars::schema_for;

pub(super) const ROUTES: &[Route] = &[
    Route {
        verb: Verb::Get,
        path: "/vacancies",
        command: "vacancy-list",
        purpose: For::Nothing,
        is_open: false,
        fields: SOUGHT,
        answer: || schema_for!(VacancyList),
        call: handler!(list),
        again: Some(handler!(list)),
    },
    Route {
        verb: Verb::Get,
        path: "/vacancies/{state}/{source}/{vacancy}",
        command: "vacancy-view",
        purpose: For::Nothing,
        is_open: false,
        fields: &[],
        answer: || schema_for!(VacancyView),
        call: handler!(one),
        again: None,
    },
    Route {
        verb: Verb::Get,
        path: "/vacancies/{state}/{source}/{vacancy}/profiles",
        command: "vacancy-profiles-view",
        purpose: For::Named("vacancy", "vacancy"),
        is_open: false,
        fields: FURTHER,
        answer: || schema_for!(PeerProfiles),
        call: handler!(profiles),
        again: None,
    },
];

pub(super) const STATES: &[&str] = &["AM", "BY", "KG", "KZ", "RU"];
pub(super) const CURRENCIES: &[&str] = &["AMD", "BYN", "KGS", "KZT", "RUB"];
const SOUGHT: &[Field] = &[
    Field { name: "words", kind: Kind::Line(200), is_required: false },
    Field { name: "occupation", kind: Kind::Line(200), is_required: false },
    Field { name: "peer", kind: Kind::Choice(STATES), is_required: false },
    Field { name: "pay_from", kind: Kind::Number(1, 1_000_000_000), is_required: false },
    Field { name: "currency", kind: Kind::Choice(CURRENCIES), is_required: false },
    Field { name: "order_by", kind: Kind::Choice(&["match", "recent"]), is_required: false },
    Field { name: "major", kind: Kind::Number(0, 9), is_required: false },
    Field { name: "cursor", kind: Kind::Line(80), is_required: false },
];
pub(super) const FURTHER: &[Field] = &[Field { name: "cursor", kind: Kind::Line(400), is_required: false }];
/// What is filled in by hand.
const SHOWN: usize = 6;

/// What is asked; a value that does not fit is told, and the others are searched by.
pub(super) fn query_of(given: &Given) -> VacancyQuery {
    VacancyQuery {
        words: given.text("words").to_owned(),
        occupation: given.text("occupation").to_owned(),
        state: given.text("peer").parse().ok(),
        major: given.text("major").parse().ok(),
        pay_from: given.text("pay_from").parse().ok(),
        currency: given.text("currency").parse().ok(),
        is_newest_first: given.text("order_by") == "recent",
        cursor: Some(given.text("cursor").to_owned()),
    }
}

async fn list(call: Call) -> Done {
    let query = query_of(&call.given);
    let list = seek_vacancies(call.permit()?, &query, call.view.language, &call.ctx).await?;
    let shown = list.clone();
    Answer::page(call.view.say("menu-vacancy-list"), &list, move |view| {
        html! {
            @if shown.reckoned.is_on {
                (view.faults_told())
                form method="get" action="/console/vacancies" class="filter" role="search" {
                    @for field in SOUGHT.iter().take(SHOWN) { (view.field(*field)) }
                    p {
                        button type="submit" { (view.say("vacancy-seek")) }
                        @if view.may("vacancy-live-search") {
                            " " button type="submit" class="plain" formaction="/console/vacancies/live" { (view.say("live-ask")) }
                        }
                    }
                }
            }
            @if shown.reckoned.is_on && view.may("vacancy-live-search") {
                p { (view.link("/console/vacancies/live", &view.say("live-title"))) }
            }
            (reckoned(view, &shown.reckoned))
            @if shown.reckoned.indexed.is_some() { (found(view, &shown)) }
        }
    })
}

fn found(view: &View, shown: &VacancyList) -> Markup {
    let count = i64::try_from(shown.hits).unwrap_or(i64::MAX);
    html! {
        p role="status" { (view.say_with("vacancy-hits", &[("count", &view.number(count))])) }
        @if let Some(occupation) = &shown.occupation {
            p { (view.say_with("vacancy-understood", &[("code", &occupation.code), ("name", &occupation.name)])) }
        } @else if !view.given.text("occupation").is_empty() {
            p class="notice" { (view.say("vacancy-not-understood")) }
        }
        @if !shown.states.is_empty() {
            nav class="facets" aria-label=(view.say("vacancy-facets")) {
                (facets(view, "peer", "field-peer", &shown.states))
                (facets(view, "major", "field-major", &shown.majors))
            }
        }
        (lines(view, &shown.vacancies))
        (removed(view, &shown.removed))
        (view.more(shown.next.as_ref().map(|next| with(view, &[("cursor", next)]))))
    }
}

/// The same search with other values.
fn with(view: &View, values: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for field in SOUGHT {
        let changed = values.iter().find(|(name, _)| *name == field.name).map(|(_, value)| *value);
        // who narrows begins at the first page
        let kept = if field.name == "cursor" { "" } else { view.given.text(field.name) };
        let value = changed.unwrap_or(kept);
        if !value.is_empty() {
            query.append_pair(field.name, value);
        }
    }
    format!("/console/vacancies?{}", query.finish())
}

/// How many there are of what, each a link that narrows; the chosen one leads back.
fn facets(view: &View, field: &str, title: &str, facets: &[Facet]) -> Markup {
    let chosen = view.given.text(field);
    html! {
        section {
            h2 { (view.say(title)) }
            ul {
                @for facet in facets {
                    @let is_chosen = facet.code == chosen;
                    li {
                        a href=(with(view, &[(field, if is_chosen { "" } else { &facet.code })]))
                            aria-current=[is_chosen.then_some("true")] { (facet.name) }
                        " " (view.number(i64::try_from(facet.count).unwrap_or(i64::MAX)))
                        @if is_chosen { " " span class="hint-inline" { (view.say("vacancy-facet-chosen")) } }
                    }
                }
            }
        }
    }
}

/// Vacancies as a list, each with its reasons if it has any.
pub(super) fn lines(view: &View, vacancies: &[VacancyLine]) -> Markup {
    html! {
        @if vacancies.is_empty() { p class="empty" { (view.say("table-empty")) } }
        ol class="posts" {
            @for line in vacancies {
                li {
                    h2 { a href=(address(line)) lang=[line.language.as_deref()] { (line.title) } }
                    p {
                        (view.choice("peer", &line.state)) " · " (places(line))
                        @if let Some(employer) = &line.employer { " · " (employer) }
                    }
                    p { strong { (pay(view, line.pay.as_ref())) } }
                    p class="hint" {
                        (occupations(&line.occupations)) " " (view.say("vacancy-posted")) " " (day(view, &line.posted_on))
                    }
                    @if let Some(found) = &line.score { (score(view, found, false)) }
                }
            }
        }
    }
}

/// A day as the reader writes it.
pub(super) fn day(view: &View, day: &str) -> String {
    day.parse().map_or_else(|_other| day.to_owned(), |day| view.date(day))
}

fn reference(call: &Call) -> Result<VacancyRef, Trouble> {
    let no = |_finding| Trouble::not_found();
    Ok(VacancyRef {
        state: call.segment("state").parse().map_err(no)?,
        source: call.segment("source").parse().map_err(no)?,
        id: call.segment("vacancy").parse().map_err(no)?,
    })
}

async fn one(call: Call) -> Done {
    let found = vacancy_view(call.permit()?, &reference(&call)?, call.view.language, &call.ctx).await?;
    let found = found.ok_or_else(Trouble::not_found)?;
    let shown = found.clone();
    Answer::page(found.line.title.clone(), &found, move |view| {
        html! {
            (told_warnings(view, &shown.warnings))
            (facts(view, &shown))
            @if let Some(text) = &shown.description {
                h2 { (view.say("vacancy-description")) }
                p class="told" lang=[shown.line.language.as_deref()] { (text) }
            }
            h2 { (view.say("vacancy-occupation")) }
            (occupation_table(view, &shown))
            @if let Some(page) = &shown.page {
                p { a href=(page) rel="external noreferrer" { (view.say("vacancy-page")) } }
            }
            @if shown.is_own && view.may("vacancy-profiles-view") {
                p { a class="act" href={ (address(&shown.line)) "/profiles" } { (view.say("vacancy-find-profiles")) } }
            }
            p { (view.link("/console/vacancies", &view.say("vacancy-back"))) }
        }
    })
}

fn facts(view: &View, shown: &VacancyView) -> Markup {
    let line = &shown.line;
    let names = |names: &[crate::flow::posts::NameTold]| {
        let names: Vec<&str> = names.iter().map(|one| one.name.as_str()).collect();
        html! { (names.join(", ")) }
    };
    let languages: Vec<String> = shown
        .languages
        .iter()
        .map(|one| {
            let level = one.level.as_ref().map(|level| format!(" {}", view.choice("level", level)));
            let must =
                if one.is_required { format!(" ({})", view.say("vacancy-must")) } else { String::new() };
            format!("{}{}{must}", one.name, level.unwrap_or_default())
        })
        .collect();
    let mut facts: Vec<(&str, Markup)> = vec![
        (
            "vacancy-employer",
            html! {
                (line.employer.as_deref().unwrap_or("—"))
                @if let Some(number) = &shown.employer_number { ", " span class="id" { (number) } }
                @if shown.is_of_agency { " (" (view.say("vacancy-agency")) ")" }
            },
        ),
        ("vacancy-place", places(line)),
        ("vacancy-pay", pay(view, line.pay.as_ref())),
        ("vacancy-posts", html! { (view.number(i64::from(shown.posts))) }),
    ];
    let named = [
        ("vacancy-remote", &shown.remote),
        ("vacancy-offering", &shown.offering),
        ("vacancy-schedule", &shown.schedule),
        ("vacancy-schooling", &shown.schooling),
    ];
    facts.extend(named.into_iter().filter_map(|(key, one)| Some((key, html! { (one.as_ref()?.name) }))));
    if let Some(months) = shown.experience_months {
        facts.push(("vacancy-experience", html! { (months) }));
    }
    let lists = [
        ("vacancy-skills", (!shown.skills.is_empty()).then(|| names(&shown.skills))),
        ("vacancy-languages", (!languages.is_empty()).then(|| html! { (languages.join("; ")) })),
        ("vacancy-licences", text_of(&shown.licences)),
        ("vacancy-certificates", text_of(&shown.certificates)),
        ("vacancy-quotas", text_of(&shown.quotas)),
        ("vacancy-benefits", text_of(&shown.benefits)),
        ("vacancy-industries", text_of(&shown.industries)),
        ("vacancy-closes", shown.closes_on.as_ref().map(|on| html! { (day(view, on)) })),
    ];
    facts.extend(lists.into_iter().filter_map(|(key, told)| Some((key, told?))));
    facts.push((
        "vacancy-source",
        html! {
            (view.choice("peer", &line.state)) ", " (line.source) ", " span class="id" { (line.id) }
            @if shown.is_own { " (" (view.say("vacancy-own")) ")" }
        },
    ));
    facts.push(("vacancy-posted", html! { (day(view, &line.posted_on)) }));
    facts.push(("vacancy-changed", view.instant(shown.changed_at)));
    facts.push(("vacancy-taken", view.instant(shown.taken_at)));
    if let Some(at) = shown.confirmed_at {
        facts.push(("vacancy-confirmed", view.instant(at)));
    }
    view.facts(facts)
}

fn text_of(list: &[String]) -> Option<Markup> {
    (!list.is_empty()).then(|| html! { (list.join(", ")) })
}

fn occupation_table(view: &View, shown: &VacancyView) -> Markup {
    let mut rows: Vec<Vec<Markup>> = shown
        .line
        .occupations
        .iter()
        .map(|one| {
            let relation = one.relation.as_ref().map(|relation| view.choice("relation", relation));
            vec![
                html! { (one.scheme) " " span class="id" { (one.code) } },
                html! { (one.isco.as_deref().unwrap_or("—")) },
                html! { (one.name) },
                html! { (relation.unwrap_or_default()) },
            ]
        })
        .collect();
    if rows.is_empty() {
        rows.extend(shown.guesses.iter().map(|(group, certainty)| {
            let sure = view.say_with("vacancy-guess", &[("certainty", &certainty.to_string())]);
            vec![
                html! { (view.say("vacancy-by-title")) },
                html! { (group.code) },
                html! { (group.name) },
                html! { (sure) },
            ]
        }));
    }
    let heads = ["vacancy-list-code", "vacancy-isco", "vacancy-occupation-name", "vacancy-relation"];
    view.table(&view.say("vacancy-occupation"), &heads, rows)
}

async fn profiles(call: Call) -> Done {
    let of = reference(&call)?;
    let cursor = Some(call.given.text("cursor")).filter(|cursor| !cursor.is_empty());
    let found = match_profiles(call.permit()?, &of, cursor, call.view.language, &call.ctx).await?;
    let found = found.ok_or_else(Trouble::not_found)?;
    let shown = found.clone();
    let back = format!("/console/vacancies/{}/{}/{}", of.state, of.source.as_str(), of.id.as_str());
    Answer::page(call.view.say("profiles-title"), &found, move |view| {
        let count = view.number(i64::try_from(shown.looked_at).unwrap_or(i64::MAX));
        let next = shown.next.as_ref().map(|next| {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.append_pair("cursor", next);
            format!("{back}/profiles?{}", query.finish())
        });
        html! {
            p { (view.link(&back, &shown.title)) }
            p { (view.say("profiles-told")) }
            p role="status" { (view.say_with("profiles-looked-at", &[("count", &count)])) }
            @if shown.profiles.is_empty() { p class="empty" { (view.say("table-empty")) } }
            ol class="posts" {
                @for one in &shown.profiles {
                    li {
                        h2 { (view.choice("peer", &one.profile.state)) ", " span class="id" { (one.reference) } }
                        (profile(view, &one.profile))
                        (score(view, &one.score, false))
                    }
                }
            }
            (view.more(next))
        }
    })
}
