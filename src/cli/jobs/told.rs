//! How what was found is told: each vacancy with the parts of its score.

use super::show;
use crate::exchange::canonical::Coded;
use crate::exchange::canonical::job::{Pay, Vacancy};
use crate::labour::matching::{Asked, Facets, Monthly, Part, PlaceStanding, Warning, Why};
use crate::store::job_index::{Found, FoundVacancy};
use anyhow::Result;
use rust_decimal::Decimal;

/// One object: the page, counts, and what filters removed.
pub(super) fn as_json(found: &Found, indexed: u64) -> Result<serde_json::Value> {
    let page: Vec<serde_json::Value> = found
        .page
        .iter()
        .map(|one| serde_json::json!({ "vacancy": one.vacancy, "score": one.score }))
        .collect();
    Ok(serde_json::json!({
        "indexed": indexed, "hits": found.hits, "ranked": found.ranked, "page": page,
        "facets": found.facets, "removed": found.removed,
    }))
}

/// The page in a terminal; `before` stand on earlier pages.
pub(super) fn tell(found: &Found, before: usize, with_facets: bool, indexed: u64) {
    for (at, one) in (before + 1..).zip(&found.page) {
        vacancy(at, one);
    }
    if found.page.is_empty() && found.ranked > 0 {
        show::line(&format!("nothing on this page; {} are ranked", found.ranked));
    } else if found.page.is_empty() {
        show::line(&format!("nothing of {indexed} vacancies is found"));
        for (name, removed) in &found.removed {
            let alone = match removed.by_it_alone {
                0 => String::new(),
                more => format!("; without it there would be {more}"),
            };
            show::line(&format!("  {}: keeps out {}{alone}", plain(name), removed.all));
        }
    } else {
        show::line(&format!(
            "{} of {indexed} vacancies meet the filters; {} are ranked",
            found.hits, found.ranked
        ));
    }
    if with_facets {
        for name in Facets::NAMES {
            let counts = found.facets.counts(name).iter().map(|(value, count)| format!("{value} {count}"));
            show::line(&format!("{}: {}", plain(name), counts.collect::<Vec<_>>().join(", ")));
        }
    }
}

fn vacancy(at: usize, one: &FoundVacancy) {
    let FoundVacancy { vacancy, score } = one;
    let points = score.as_ref().map_or(String::new(), |score| format!("{:>4}  ", score.points));
    show::line(&format!("{at:>3}. {points}{}", heading(vacancy)));
    let reference = &vacancy.reference;
    let page = vacancy.page.as_deref().map_or(String::new(), |page| format!("  {page}"));
    show::line(&format!(
        "      {}/{}/{}  posted {}{page}",
        reference.state,
        reference.source.as_str(),
        reference.id.as_str(),
        vacancy.posted_on
    ));
    let Some(score) = score else { return };
    for part in &score.parts {
        show::line(&format!("      {}", told_part(part)));
    }
    for warning in &score.warnings {
        show::line(&format!("      ! {}", told_warning(warning)));
    }
}

fn heading(vacancy: &Vacancy) -> String {
    let place = vacancy.places.first().map(|place| {
        let name = place.name.as_ref().map(|name| name.as_str());
        let name = name.or(place.region.as_ref().map(Coded::as_str));
        name.map_or(place.country.to_string(), |name| format!("{} {name}", place.country))
    });
    let place = place.unwrap_or_else(|| vacancy.reference.state.to_string());
    let pay = vacancy.pay.as_ref().map_or("pay not told".to_owned(), told_pay);
    format!("{} · {place} · {pay}", vacancy.title.as_str())
}

fn told_part(part: &Part) -> String {
    format!("{:<10} {:>3}/{:<3} {}", part.kind.name(), part.points, part.most, told_why(&part.why))
}

fn told_why(why: &Why) -> String {
    match why {
        Why::Unknown => "not told".to_owned(),
        Why::Occupation { own, offered, shared_levels, experience, is_guessed } => {
            let lasting = experience.map_or(String::new(), |band| format!(", experience {band}"));
            let guessed = if *is_guessed { ", by the title" } else { "" };
            format!("{own} and {offered}{guessed}: {shared_levels} of 4 levels shared{lasting}")
        }
        Why::Skills { had, near, missing } => {
            let near: Vec<String> =
                near.iter().map(|(asked, own)| format!("{} by {}", asked.as_str(), own.as_str())).collect();
            let list = |name: &str, codes: Vec<&str>| {
                if codes.is_empty() { None } else { Some(format!("{name} {}", codes.join(" "))) }
            };
            let parts = [
                list("had", had.iter().map(Coded::as_str).collect()),
                if near.is_empty() { None } else { Some(format!("near {}", near.join(", "))) },
                list("missing", missing.iter().map(Coded::as_str).collect()),
            ];
            parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
        }
        Why::Languages(seen) => {
            let one = |seen: &crate::labour::matching::LanguageSeen| {
                let asked = seen.asked.map_or(String::new(), |level| format!(" {level}"));
                let own = match (seen.is_known, seen.own) {
                    (false, _) => "not known".to_owned(),
                    (true, None) => "known".to_owned(),
                    (true, Some(level)) => format!("known at {level}"),
                };
                format!("{}{asked}: {own}", seen.language)
            };
            seen.iter().map(one).collect::<Vec<_>>().join(", ")
        }
        Why::Place { standing, .. } => told_standing(*standing).to_owned(),
        Why::Pay { offered, wished } => {
            let shown = offered.monthly.as_ref().map_or("not comparable".to_owned(), told_monthly);
            let wished = wished
                .as_ref()
                .map_or("nothing wished".to_owned(), |wish| format!("wished {}", told_monthly(wish)));
            format!("{} = {shown}; {wished}", told_pay(&offered.offered))
        }
        Why::Experience { asked_months, own } => format!("{asked_months} months asked, band {own}"),
        Why::Schooling { asked, own } => {
            let asked = asked.map_or("none asked".to_owned(), |asked| format!("{asked} asked"));
            format!("{asked}, {own} there (ISCED)")
        }
        Why::Terms { schedule, offering } => {
            let one =
                |name: String, is_wished: bool| if is_wished { name } else { format!("{name} not wished") };
            let schedule = schedule.map(|(schedule, is)| one(schedule.to_string(), is));
            let offering = offering.map(|(offering, is)| one(offering.to_string(), is));
            let parts: Vec<String> = schedule.into_iter().chain(offering).collect();
            if parts.is_empty() { "not told".to_owned() } else { parts.join(", ") }
        }
        Why::Freshness { days } => format!("{days} days ago"),
        Why::Text { likeness } => format!("{likeness} of 1000 of the best"),
    }
}

fn told_standing(standing: PlaceStanding) -> &'static str {
    match standing {
        PlaceStanding::AnotherRegion => "another region than wished",
        PlaceStanding::Unknown => "no nearer than the country",
        PlaceStanding::WishedState => "in a wished state",
        PlaceStanding::HomeState => "in the home state",
        PlaceStanding::Afar => "from afar",
        PlaceStanding::WishedRegion => "in a wished region",
        PlaceStanding::HomeRegion => "in the home region",
    }
}

fn told_warning(warning: &Warning) -> String {
    match warning {
        Warning::Recognition { state, group, asked, source } => {
            let asked = match asked {
                Asked::Mandatory => "takes nobody without its certificate for",
                Asked::Voluntary => "offers a voluntary assessment for",
                Asked::None => "asks no certificate for",
            };
            format!("{state} {asked} {group} ({source})")
        }
        Warning::OldRate { on } => format!("the rate is old, of {on}"),
        Warning::NoRate => "no rate of this currency: pay is not compared".to_owned(),
        Warning::TaxDiffers => "one amount is before taxes, or it is not said".to_owned(),
        Warning::PayReckoned => "pay for a month is reckoned from another span".to_owned(),
        Warning::OccupationGuessed => "the occupation is understood from the title".to_owned(),
    }
}

fn told_pay(pay: &Pay) -> String {
    let tax = pay.tax().map_or(String::new(), |tax| format!(" {tax}"));
    format!("{} {}/{}{tax}", told_ends(pay.min(), pay.max()), pay.currency(), pay.interval())
}

fn told_monthly(pay: &Monthly) -> String {
    let rate = pay.rate_on.map_or(String::new(), |on| format!(" at the rate of {on}"));
    let tax = pay.tax.map_or(String::new(), |tax| format!(" {tax}"));
    format!("{} {}/month{tax}{rate}", told_ends(pay.min, pay.max), pay.currency)
}

fn told_ends(min: Option<Decimal>, max: Option<Decimal>) -> String {
    match (min, max) {
        (Some(min), Some(max)) if min == max => min.to_string(),
        (Some(min), Some(max)) => format!("{min}–{max}"),
        (Some(min), None) => format!("from {min}"),
        (None, Some(max)) => format!("up to {max}"),
        (None, None) => String::new(),
    }
}

fn plain(name: &str) -> String {
    name.replace('_', " ")
}
