//! The pieces that pages of the labour half share: places, pay, a profile, and a score drawn part by part.

use super::labour_vacancies::day;
use super::view::View;
use crate::flow::posts::{
    JobSource, LanguageTold, NameTold, OccupationTold, PayTold, PlaceTold, PublishedProfile, Reckoned,
    Removed, ScoreTold, VacancyLine, WarningTold,
};
use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// The page of a vacancy.
pub(super) fn address(line: &VacancyLine) -> String {
    let part = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    format!("/console/vacancies/{}/{}/{}", part(&line.state), part(&line.source), part(&line.id))
}

pub(super) fn places(line: &VacancyLine) -> Markup {
    let told: Vec<&str> = line.places.iter().map(|place| place.told.as_str()).collect();
    html! { @if told.is_empty() { "—" } @else { (told.join("; ")) } }
}

/// Pay as its source says it, and for the reader with the day of the rate.
pub(super) fn pay(view: &View, pay: Option<&PayTold>) -> Markup {
    let Some(pay) = pay else { return html! { (view.say("pay-not-told")) } };
    html! {
        (pay.told)
        @if let Some(monthly) = &pay.monthly {
            @if monthly != &pay.told {
                " ≈ " (monthly)
                @if let Some(on) = &pay.rate_on {
                    " (" (view.say_with("pay-rate-on", &[("day", &day(view, on))]))
                    @if pay.is_rate_old { ", " (view.say("pay-rate-old")) }
                    ")"
                }
            }
        }
    }
}

pub(super) fn occupations(occupations: &[OccupationTold]) -> Markup {
    html! {
        @for one in occupations { (one.name) " (" (one.scheme) " " (one.code) "). " }
    }
}

/// What the search was made in: how old it is, and which peers' data are missing or old.
pub(super) fn reckoned(view: &View, of: &Reckoned) -> Markup {
    html! {
        @if !of.is_on {
            p class="notice" { (view.say("labour-off")) }
        } @else if let Some(indexed) = of.indexed {
            p class="hint" {
                (view.say_with("index-holds", &[("count", &view.number(i64::try_from(indexed).unwrap_or(i64::MAX)))]))
                @if let Some(at) = of.made_at { " " (view.say("index-made")) " " (view.instant(at)) "." }
                @match &of.rates_on {
                    Some(on) => { " " (view.say_with("rates-on", &[("currency", &of.currency), ("day", &day(view, on))])) }
                    None => { " " (view.say_with("rates-none", &[("currency", &of.currency)])) }
                }
            }
        } @else {
            p class="notice" { (view.say("index-none")) }
        }
        (sources(view, &of.sources))
    }
}

/// A peer that answers is told in a word, one that does not in a notice.
fn sources(view: &View, sources: &[JobSource]) -> Markup {
    let state = |source: &JobSource| view.choice("peer", &source.state);
    html! {
        @if sources.iter().any(|source| !source.answers) {
            div class="notice" role="note" {
                @for source in sources.iter().filter(|source| !source.answers) {
                    p {
                        @match source.heard_at {
                            None => (view.say_with("source-never", &[("state", &state(source))])),
                            Some(at) => { (view.say_with("source-late", &[("state", &state(source))])) " " (view.instant(at)) "." }
                        }
                        @if let Some(code) = &source.code { " " code { (code) } }
                    }
                }
            }
        }
        @if sources.iter().any(|source| source.answers) {
            p class="hint" {
                @for source in sources.iter().filter(|source| source.answers) {
                    @if let Some(at) = source.heard_at {
                        (view.say_with("source-fresh", &[("state", &state(source))])) " " (view.instant(at)) ". "
                    }
                }
            }
        }
    }
}

/// Where nothing was found: what keeps how many out.
pub(super) fn removed(view: &View, removed: &[Removed]) -> Markup {
    let kept: Vec<&Removed> = removed.iter().filter(|one| one.all > 0).collect();
    html! {
        @if !kept.is_empty() {
            section {
                h2 { (view.say("removed-title")) }
                ul {
                    @for one in kept {
                        @let all = one.all.to_string();
                        @let alone = one.by_it_alone.to_string();
                        li { (one.name) ": " (view.say_with("removed-by", &[("all", &all), ("alone", &alone)])) }
                    }
                }
            }
        }
    }
}

pub(super) fn told_warnings(view: &View, warnings: &[WarningTold]) -> Markup {
    html! {
        @if !warnings.is_empty() {
            ul class="warnings" {
                @for warning in warnings {
                    li { (view.badge(if warning.is_hard { "late" } else { "warn" }, &view.say("warning"))) " " (warning.told) }
                }
            }
        }
    }
}

/// A score: each part as a bar of how much it gives of what it may give, and in words beside it.
pub(super) fn score(view: &View, score: &ScoreTold, is_open: bool) -> Markup {
    let points = score.points.to_string();
    html! {
        (told_warnings(view, &score.warnings))
        details class="reasons" open[is_open] {
            summary { (view.say_with("score-points", &[("points", &points)])) " " (bar(score.points, 1000)) }
            ul class="parts" {
                @for part in &score.parts {
                    li {
                        strong { (view.choice("part", &part.kind)) } " " (bar(part.points, part.most)) " "
                        span class="of" { (part.points) "/" (part.most) }
                        span class="why" { (part.told) }
                    }
                }
            }
        }
    }
}

/// A bar; what it says stands in digits beside it.
fn bar(points: u16, most: u16) -> Markup {
    let width = if most == 0 { 0 } else { u32::from(points) * BAR / u32::from(most) };
    html! {
        svg class="bar" viewBox="0 0 100 10" width="100" height="10" aria-hidden="true" focusable="false" {
            rect class="most" x="0" y="0" width="100" height="10" {}
            rect class="given" x="0" y="0" width=(width) height="10" {}
        }
    }
}

const BAR: u32 = 100;

/// A profile as facts: it has no field for a name.
pub(super) fn profile(view: &View, profile: &PublishedProfile) -> Markup {
    let names = |names: &[NameTold]| {
        let names: Vec<&str> = names.iter().map(|one| one.name.as_str()).collect();
        names.join(", ")
    };
    let language = |one: &LanguageTold| {
        let level = one.level.as_ref().map(|level| format!(" {}", view.choice("level", level)));
        format!("{}{}", one.name, level.unwrap_or_default())
    };
    let work = html! {
        @for worked in &profile.work {
            (worked.occupation.name) " (" (worked.occupation.code) ")"
            @if let Some(experience) = &worked.experience { ", " (experience.name) }
            br;
        }
    };
    let mut facts = vec![("profile-work", work)];
    let mut put = |key: &'static str, text: String| {
        if !text.is_empty() {
            facts.push((key, html! { (text) }));
        }
    };
    put("profile-skills", names(&profile.skills));
    put("profile-languages", profile.languages.iter().map(language).collect::<Vec<_>>().join(", "));
    put("profile-schooling", profile.schooling.as_ref().map(|one| one.name.clone()).unwrap_or_default());
    put("profile-licences", profile.licences.join(", "));
    put("profile-certificates", profile.certificates.join(", "));
    put("profile-home", profile.home.as_ref().map(|home| home.told.clone()).unwrap_or_default());
    let wishes = &profile.wishes;
    let told =
        |places: &[PlaceTold]| places.iter().map(|place| place.told.clone()).collect::<Vec<_>>().join("; ");
    put("profile-states", names(&wishes.states));
    put("profile-regions", told(&wishes.places));
    put("profile-pay", wishes.pay.as_ref().map(|pay| pay.told.clone()).unwrap_or_default());
    put("profile-schedules", names(&wishes.schedules));
    put("profile-moves", view.say(if wishes.would_move { "profile-moves-yes" } else { "profile-moves-no" }));
    view.facts(facts)
}
