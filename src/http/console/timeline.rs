//! The time line as a picture, and the same in tables: drawn by the server, told apart by pattern and place, never by colour alone.

use super::cases::state;
use super::view::View;
use crate::base::Language;
use crate::exchange::rules::CodeLists;
use crate::flow::office::{condition_says, period_says};
use crate::pension::{
    Days, Lane, PeriodClass, Piece, Segment, Side, Source, Stretch, Timeline, agreement, length_in_words,
};
use jiff::civil::{Date, date};
use maud::{Markup, html};

/// The picture; nothing where there is no period.
pub(super) fn picture(view: &View, line: &Timeline, filed_on: Option<Date>, lists: &CodeLists) -> Markup {
    let Some(scale) = line.span.and_then(Scale::of) else { return html! {} };
    let height = HEAD + LANE * lanes(line.lanes.len() + 1) + 6;
    let foot = HEAD + LANE * lanes(line.lanes.len());
    let described = told(view, line);
    html! {
        div class="scroll" role="region" tabindex="0" aria-label=(view.say("workbench-picture")) {
            svg class="timeline" viewBox={ "0 0 1000 " (height) } role="img" aria-labelledby="line-title line-told" {
                title id="line-title" { (view.say("workbench-picture")) }
                desc id="line-told" { (described) }
                (patterns())
                (years(&scale, height))
                (borders(view, filed_on, &scale, height))
                @for (at, lane) in line.lanes.iter().enumerate() { (drawn_lane(view, line, lane, HEAD + LANE * lanes(at), &scale, lists)) }
                text x="0" y=(foot + 13) font-size="13" { (view.say("workbench-gaps")) }
                @for gap in line.gaps.stretches() {
                    rect x=(scale.x(gap.from)) y=(foot + 19) width=(scale.width(gap)) height="24"
                        fill="#ffffff" stroke="#9b1c1c" stroke-width="1.5" stroke-dasharray="4 3" { title { (stretch(view, gap)) } }
                }
            }
        }
        (legend(view, line, lists))
    }
}

fn drawn_lane(
    view: &View,
    line: &Timeline,
    lane: &Lane,
    top: i64,
    scale: &Scale,
    lists: &CodeLists,
) -> Markup {
    let bar = top + 19;
    html! {
        g {
            text x="0" y=(top + 13) font-size="13" {
                (state(view, lane.state)) " — " (side(view, lane.side)) ": " (length_in_words(lane.length, view.language))
            }
            line x1="0" x2="1000" y1=(bar + 12) y2=(bar + 12) stroke="#c4c4c4" stroke-width="1" {}
            @for segment in &lane.segments {
                rect x=(scale.x(segment.stretch.from)) y=(bar) width=(scale.width(&segment.stretch)) height="24"
                    fill={ "url(#kind-" (pattern_of(line, segment)) ")" } stroke="#1b1b1b" stroke-width="1" {
                    title { (period_says(segment.kind.as_str(), view.language, lists)) ", " (until(view, segment)) }
                }
                @for days in segment.special.stretches() {
                    rect x=(scale.x(days.from)) y=(bar + 25) width=(scale.width(days)) height="3" fill="#7a4b00" {}
                }
                @if segment.goes_on {
                    path d={ "M" (scale.end(segment.stretch.to)) " " (bar) " l8 12 l-8 12 z" } fill="#1b1b1b" {}
                }
            }
            @for days in lane.shared.stretches() {
                rect x=(scale.x(days.from)) y=(bar - 5) width=(scale.width(days)) height="5" fill="url(#shared)"
                    stroke="#9b1c1c" stroke-width="1" { title { (view.say("workbench-overlap")) ": " (stretch(view, days)) } }
            }
        }
    }
}

/// Years, so many that their numbers do not touch.
fn years(scale: &Scale, height: i64) -> Markup {
    let (first, last) = (scale.span.from.year(), scale.span.to.year());
    let step = [1_i16, 2, 5, 10, 20].into_iter().find(|step| (last - first) / step <= 12).unwrap_or(50);
    let marked =
        (first..=last).filter(|year| year.rem_euclid(step) == 0).map(|year| (year, date(year, 1, 1)));
    html! {
        @for (year, day) in marked.filter(|(_, day)| *day >= scale.span.from) {
            line x1=(scale.x(day)) x2=(scale.x(day)) y1="18" y2=(height) stroke="#d9d9d9" stroke-width="1" {}
            text x=(scale.x(day)) y="13" font-size="12" fill="#4a4a4a" { (year) }
        }
    }
}

/// The day of filing and the bounds of the three classes (T48).
fn borders(view: &View, filed_on: Option<Date>, scale: &Scale, height: i64) -> Markup {
    let classes = [PeriodClass::P2, PeriodClass::P3].map(|class| agreement().bounds(class).0);
    let inside = |day: &Date| (scale.span.from..=scale.span.to).contains(day);
    html! {
        @for day in classes.iter().filter(|day| inside(day)) {
            line x1=(scale.x(*day)) x2=(scale.x(*day)) y1="18" y2=(height) stroke="#4a4a4a" stroke-dasharray="1 4" stroke-width="2" {
                title { (view.say("workbench-class")) " " (view.date(*day)) }
            }
        }
        @if let Some(day) = filed_on.filter(|day| inside(day)) {
            line x1=(scale.x(day)) x2=(scale.x(day)) y1="18" y2=(height) stroke="#0a5c2b" stroke-width="3" {
                title { (view.say("workbench-filed")) " " (view.date(day)) }
            }
        }
    }
}

fn patterns() -> Markup {
    html! {
        defs {
            @for at in 0..PATTERNS.len() { (pattern(at)) }
            pattern id="shared" width="6" height="6" patternUnits="userSpaceOnUse" {
                rect width="6" height="6" fill="#ffffff" {}
                path d="M0 0 L6 6 M6 0 L0 6" stroke="#9b1c1c" stroke-width="1.5" {}
            }
        }
    }
}

fn pattern(at: usize) -> Markup {
    let (ground, stroke, path) = PATTERNS.get(at).copied().unwrap_or(("#ffffff", "#1b1b1b", "M0 0"));
    html! {
        pattern id={ "kind-" (at) } width="8" height="8" patternUnits="userSpaceOnUse" {
            rect width="8" height="8" fill=(ground) {}
            path d=(path) stroke=(stroke) stroke-width="1.5" fill="none" {}
        }
    }
}

fn legend(view: &View, line: &Timeline, lists: &CodeLists) -> Markup {
    html! {
        ul class="legend" {
            @for (at, kind) in line.kinds.iter().enumerate() {
                li {
                    svg class="swatch" viewBox="0 0 32 16" aria-hidden="true" focusable="false" {
                        rect width="32" height="16" fill={ "url(#kind-" (at % PATTERNS.len()) ")" } stroke="#1b1b1b" {}
                    }
                    " " (period_says(kind, view.language, lists))
                }
            }
            li {
                svg class="swatch" viewBox="0 0 32 16" aria-hidden="true" focusable="false" {
                    rect width="32" height="6" y="5" fill="url(#shared)" stroke="#9b1c1c" {}
                }
                " " (view.say("workbench-overlap"))
            }
            li {
                svg class="swatch" viewBox="0 0 32 16" aria-hidden="true" focusable="false" { rect width="32" height="4" y="6" fill="#7a4b00" {} }
                " " (view.say("workbench-special"))
            }
            li {
                svg class="swatch" viewBox="0 0 32 16" aria-hidden="true" focusable="false" {
                    rect x="1" y="1" width="30" height="14" fill="#ffffff" stroke="#9b1c1c" stroke-dasharray="4 3" {}
                }
                " " (view.say("workbench-gap"))
            }
        }
    }
}

/// The same in words, for who does not see it.
fn told(view: &View, line: &Timeline) -> String {
    let mut told: Vec<String> = line
        .lanes
        .iter()
        .map(|lane| {
            let length = length_in_words(lane.length, view.language);
            format!("{}, {}: {length}", state(view, lane.state), side(view, lane.side))
        })
        .collect();
    for overlap in &line.overlaps {
        let [one, two] = overlap.states.map(|it| state(view, it));
        let length = length_in_words(overlap.length, view.language);
        told.push(format!("{}: {one}, {two}, {length}", view.say("workbench-overlap")));
    }
    let gaps: Vec<String> = line.gaps.stretches().iter().map(|gap| stretch(view, gap)).collect();
    let none = view.say("workbench-none");
    told.push(format!(
        "{}: {}",
        view.say("workbench-gaps"),
        if gaps.is_empty() { none } else { gaps.join(", ") }
    ));
    told.push(view.say("workbench-same"));
    told.join(". ")
}

/// Each folded period in a row, with what it is folded of.
pub(super) fn periods(view: &View, line: &Timeline, lists: &CodeLists) -> Markup {
    let rows = line.lanes.iter().flat_map(|lane| {
        lane.segments.iter().map(move |segment| {
            let of_segment = Days::from(segment.stretch);
            let shared = lane.shared.within(&of_segment);
            vec![
                html! { (state(view, lane.state)) },
                html! { (side(view, lane.side)) },
                html! { (period_says(segment.kind.as_str(), view.language, lists)) },
                html! { (view.date(segment.stretch.from)) },
                html! { @if segment.goes_on { (view.say("workbench-goes-on")) } @else { (view.date(segment.stretch.to)) } },
                html! { (length_in_words(segment.length, view.language)) },
                html! {
                    @if !shared.is_empty() { div { (view.badge("warn", &view.say("workbench-overlap"))) " " (stretches(view, &shared)) } }
                    @if !segment.special.is_empty() { div { (view.badge("plain", &view.say("workbench-special"))) " " (stretches(view, &segment.special)) } }
                },
                pieces(view, segment, lists),
            ]
        })
    });
    let heads = [
        "workbench-state",
        "workbench-side",
        "workbench-kind",
        "workbench-from",
        "workbench-to",
        "workbench-length",
        "workbench-marks",
        "workbench-pieces",
    ];
    view.table(&view.say("workbench-periods"), &heads, rows.collect())
}

fn pieces(view: &View, segment: &Segment, lists: &CodeLists) -> Markup {
    html! {
        details open[segment.pieces.len() == 1] {
            summary { (view.say_with("workbench-pieces-count", &[("count", &segment.pieces.len().to_string())])) }
            ul { @for piece in &segment.pieces { li { (piece_told(view, piece, lists)) } } }
        }
    }
}

fn piece_told(view: &View, piece: &Piece, lists: &CodeLists) -> Markup {
    let conditions = piece.special.iter().map(|it| condition_says(it.as_str(), view.language, lists));
    let more = [piece.employer.clone(), piece.position.clone()].into_iter().flatten().chain(conditions);
    html! {
        (stretch(view, &piece.stretch))
        @if piece.goes_on { " (" (view.say("workbench-goes-on")) ")" }
        @for one in more { ", " (one) }
        span class="hint" {
            (view.say("workbench-entry")) " " code { (piece.id.as_str()) } ", "
            @match piece.source {
                Source::Local => (view.say("workbench-local")),
                Source::Document { document_id, .. } => { (view.say("workbench-document")) " " code { (document_id.as_uuid()) } },
            }
        }
    }
}

/// What overlaps, what nobody tells, and how both sides differ.
pub(super) fn marks(view: &View, line: &Timeline) -> Markup {
    let overlaps = line.overlaps.iter().map(|overlap| {
        let [one, two] = overlap.states.map(|it| state(view, it));
        vec![
            html! { (one) ", " (two) },
            html! { (stretches(view, &overlap.days)) },
            html! { (length_in_words(overlap.length, view.language)) },
        ]
    });
    let gaps = line.gaps.stretches().iter().map(|gap| {
        let days = scale_days(gap);
        vec![html! { (stretch(view, gap)) }, html! { (view.number(days)) }]
    });
    let differences = line.differences.iter().map(|it| {
        vec![
            html! { (state(view, it.state)) },
            html! { @if it.is_none() { (view.say("workbench-alike")) } @else { (stretches(view, &it.only_local)) } },
            html! { (stretches(view, &it.only_received)) },
        ]
    });
    let repeated = line.lanes.iter().filter(|lane| !lane.repeated.is_empty()).map(|lane| {
        vec![
            html! { (state(view, lane.state)) ", " (side(view, lane.side)) },
            html! { (stretches(view, &lane.repeated)) },
        ]
    });
    let repeated: Vec<Vec<Markup>> = repeated.collect();
    html! {
        h3 { (view.say("workbench-overlaps")) }
        p class="hint" { (view.say("workbench-overlaps-told")) }
        (view.table(&view.say("workbench-overlaps"), &["workbench-states", "workbench-days", "workbench-length"], overlaps.collect()))
        @if !repeated.is_empty() {
            h3 { (view.say("workbench-repeated")) }
            (view.table(&view.say("workbench-repeated"), &["workbench-state", "workbench-days"], repeated))
        }
        h3 { (view.say("workbench-gaps")) }
        (view.table(&view.say("workbench-gaps"), &["workbench-days", "workbench-day-count"], gaps.collect()))
        h3 { (view.say("workbench-differences")) }
        p class="hint" { (view.say("workbench-differences-told")) }
        (view.table(&view.say("workbench-differences"), &["workbench-state", "workbench-only-local", "workbench-only-received"], differences.collect()))
    }
}

/// Who tells.
pub(super) fn side(view: &View, side: Side) -> String {
    view.say(match side {
        Side::Received => "workbench-received",
        Side::Local => "workbench-local",
    })
}

fn until(view: &View, segment: &Segment) -> String {
    match segment.goes_on {
        true => format!("{} – {}", view.date(segment.stretch.from), view.say("workbench-goes-on")),
        false => stretch(view, &segment.stretch),
    }
}

/// First and last day.
pub(super) fn stretch(view: &View, stretch: &Stretch) -> String {
    match stretch.from == stretch.to {
        true => view.date(stretch.from),
        false => format!("{} – {}", view.date(stretch.from), view.date(stretch.to)),
    }
}

fn stretches(view: &View, days: &Days) -> String {
    days.stretches().iter().map(|one| stretch(view, one)).collect::<Vec<_>>().join("; ")
}

fn pattern_of(line: &Timeline, segment: &Segment) -> usize {
    let place = line.kinds.iter().position(|kind| kind == segment.kind.as_str());
    place.unwrap_or_default() % PATTERNS.len()
}

fn lanes(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn scale_days(stretch: &Stretch) -> i64 {
    between(stretch.from, stretch.to) + 1
}

fn between(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}

/// Where a day stands on a line of a thousand units.
struct Scale {
    span: Stretch,
    days: i64,
}

impl Scale {
    fn of(span: Stretch) -> Option<Self> {
        let days = scale_days(&span);
        (days > 0).then_some(Self { span, days })
    }

    /// The left edge of a day.
    fn x(&self, day: Date) -> String {
        self.units(between(self.span.from, day))
    }

    /// The right edge of a day.
    fn end(&self, day: Date) -> String {
        self.units(between(self.span.from, day) + 1)
    }

    /// Never so narrow that it is not seen.
    fn width(&self, stretch: &Stretch) -> String {
        let tenths = scale_days(stretch) * TENTHS / self.days;
        tenths_told(tenths.max(20))
    }

    fn units(&self, days: i64) -> String {
        tenths_told(days * TENTHS / self.days)
    }
}

fn tenths_told(tenths: i64) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// What a chosen language calls a length, for the page around the picture.
pub(super) fn length(length: crate::pension::Length, language: Language) -> String {
    length_in_words(length, language)
}

const TENTHS: i64 = 10_000;
const HEAD: i64 = 22;
const LANE: i64 = 54;
/// Ground, stroke and path of each pattern: they differ without colour too.
const PATTERNS: [(&str, &str, &str); 6] = [
    ("#9cc3ea", "#9cc3ea", "M0 0"),
    ("#ffffff", "#0b4f9e", "M0 8 L8 0 M-2 2 L2 -2 M6 10 L10 6"),
    ("#ffffff", "#0a5c2b", "M4 0 L4 8"),
    ("#ffffff", "#7a4b00", "M0 4 L8 4"),
    ("#f3e3c3", "#1b1b1b", "M2 2 L2.1 2 M6 6 L6.1 6"),
    ("#ffffff", "#1b1b1b", "M0 0 L8 8 M8 0 L0 8"),
];

#[cfg(test)]
mod tests {
    use super::super::field::Given;
    use super::*;
    use crate::exchange::canonical::InsuranceRecord;
    use crate::exchange::document::Element;
    use crate::pension::{Choice, Convention, Told};
    use jiff::tz::TimeZone;

    fn view(language: Language) -> View {
        View {
            language,
            zone: TimeZone::UTC,
            session: None,
            path: "/console".to_owned(),
            given: Given::default(),
            faults: Vec::new(),
            form_id: String::new(),
        }
    }

    fn record(name: &str) -> InsuranceRecord {
        let path = format!("{}/fixtures/pension/record-{name}.json", env!("CARGO_MANIFEST_DIR"));
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    }

    fn line() -> Timeline {
        let records = ["kg", "kz", "ru"].map(record);
        let told: Vec<Told<'_>> =
            records.iter().map(|record| Told { record, source: Source::Local }).collect();
        Timeline::of(&told, &Choice::default(), (date(2030, 1, 1), Convention::Thirty))
    }

    /// One rectangle for each segment, shared stretch, special stretch and gap; nothing that the pages' policy forbids.
    #[test]
    fn the_picture_shows_every_segment_and_gap_and_is_told_in_words() {
        let (line, lists) = (line(), CodeLists::built_in().unwrap());
        let drawn = picture(&view(Language::Ru), &line, Some(date(2020, 5, 5)), &lists).into_string();
        assert!(!drawn.contains("style="), "the policy forbids it");
        let drawn = format!("<div>{drawn}</div>");
        let root = Element::parse(drawn.as_bytes(), &Default::default());
        let mut rects = 0;
        root.unwrap().walk(&mut |trail| {
            rects += usize::from(trail.from_below().next().is_some_and(|element| element.local == "rect"));
        });
        let lanes = line.lanes.iter().map(|lane| {
            let special: usize = lane.segments.iter().map(|it| it.special.stretches().len()).sum();
            lane.segments.len() + lane.shared.stretches().len() + special
        });
        // a ground for each pattern, and the legend
        let beside = PATTERNS.len() + 1 + line.kinds.len() + 3;
        assert_eq!(rects, lanes.sum::<usize>() + line.gaps.stretches().len() + beside);
        assert!(drawn.contains("role=\"img\"") && drawn.contains("<desc id=\"line-told\">"));
        for lane in &line.lanes {
            assert!(drawn.contains(state(&view(Language::Ru), lane.state)));
        }
        assert!(drawn.contains("Казахстан") && !line.lanes.is_empty());
    }

    /// The table has what the picture has: each period as it was told, too.
    #[test]
    fn the_table_names_every_entry_of_every_record() {
        let (line, lists) = (line(), CodeLists::built_in().unwrap());
        let table = periods(&view(Language::En), &line, &lists).into_string();
        let entries = line.lanes.iter().flat_map(|lane| &lane.segments).flat_map(|segment| &segment.pieces);
        let mut count = 0;
        for piece in entries {
            assert!(table.contains(&format!("<code>{}</code>", piece.id.as_str())), "{}", piece.id.as_str());
            count += 1;
        }
        assert!(count > 3);
        assert!(!table.contains("workbench-"), "a phrase is missing");
    }

    #[test]
    fn days_stand_where_they_belong_and_none_is_too_narrow() {
        let span = Stretch { from: date(2000, 1, 1), to: date(2000, 12, 31) };
        let scale = Scale::of(span).unwrap();
        assert_eq!((scale.x(span.from), scale.end(span.to)), ("0.0".to_owned(), "1000.0".to_owned()));
        assert_eq!(scale.width(&span), "1000.0");
        assert_eq!(scale.width(&Stretch { from: span.from, to: span.from }), "2.7");
        let long = Scale::of(Stretch { from: date(1950, 1, 1), to: date(2030, 1, 1) }).unwrap();
        assert_eq!(long.width(&Stretch { from: span.from, to: span.from }), "2.0");
    }
}
