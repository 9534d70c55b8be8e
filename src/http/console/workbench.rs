//! The period workbench of a case, or of one conversation.

use super::case::{number, person_told};
use super::cases::{address, state};
use super::field::{Fault, Field, Kind};
use super::route::{Answer, Call, Done, For, Route, Trouble, Verb, handler};
use super::timeline::{length, marks, periods, picture, stretch};
use super::view::View;
use crate::base::{ConversationId, DocumentId};
use crate::exchange::canonical::{Coded, State};
use crate::flow::Context;
use crate::flow::office::{
    Gathered, Linked, LocalRecord, Reckoning, Totals, Workbench, WorkbenchOf, gather_records, kinds_of,
    link_record, period_says, unlink_record, workbench,
};
use crate::pension::{Choice, Convention, Length, Needed};
use maud::{Markup, html};
use rust_decimal::Decimal;
use schemars::schema_for;
use std::collections::BTreeSet;

pub(super) const ROUTES: &[Route] = &[
    Route {
        verb: Verb::Get,
        path: "/cases/{case}/workbench",
        command: "case-workbench",
        purpose: For::Case("case"),
        is_open: false,
        fields: CHOSEN,
        answer: || schema_for!(Workbench),
        call: handler!(of_case),
        again: None,
    },
    Route {
        verb: Verb::Post,
        path: "/cases/{case}/workbench",
        command: "case-workbench",
        purpose: For::Case("case"),
        is_open: false,
        fields: STATED,
        answer: || schema_for!(Workbench),
        call: handler!(of_case),
        again: Some(handler!(of_case)),
    },
    Route {
        verb: Verb::Post,
        path: "/cases/{case}/records/gather",
        command: "case-workbench",
        purpose: For::Case("case"),
        is_open: false,
        fields: &[],
        answer: || schema_for!(Gathered),
        call: handler!(gather),
        again: None,
    },
    Route {
        verb: Verb::Post,
        path: "/cases/{case}/records",
        command: "case-workbench",
        purpose: For::Case("case"),
        is_open: false,
        fields: LINKED,
        answer: || schema_for!(Linked),
        call: handler!(link),
        again: Some(handler!(of_case)),
    },
    Route {
        verb: Verb::Post,
        path: "/cases/{case}/records/{document}/take-out",
        command: "case-workbench",
        purpose: For::Case("case"),
        is_open: false,
        fields: &[],
        answer: || schema_for!(()),
        call: handler!(take_out),
        again: None,
    },
    Route {
        verb: Verb::Get,
        path: "/conversations/{conversation}/workbench",
        command: "case-list",
        purpose: For::Nothing,
        is_open: false,
        fields: &[],
        answer: || schema_for!(()),
        call: handler!(ask_purpose),
        again: None,
    },
    Route {
        verb: Verb::Post,
        path: "/conversations/{conversation}/workbench",
        command: "case-workbench",
        purpose: For::Asked,
        is_open: false,
        fields: ASKED,
        answer: || schema_for!(Workbench),
        call: handler!(of_conversation),
        again: Some(handler!(ask_purpose)),
    },
];

const STATES: &[&str] = &["AM", "BY", "KZ", "KG", "RU"];
const STATES_FIELD: Field = Field { name: "states", kind: Kind::Many(STATES), is_required: false };
const KINDS_FIELD: Field = Field { name: "kinds", kind: Kind::Words, is_required: false };
const CHOSEN: &[Field] = &[STATES_FIELD, KINDS_FIELD];
/// Why somebody looks who names no case (A5).
const PURPOSES: &[&str] = &["claim", "verification", "appeal", "control"];
const ASKED: &[Field] = &[
    Field { name: "purpose", kind: Kind::Choice(PURPOSES), is_required: true },
    Field { name: "reason", kind: Kind::Line(200), is_required: true },
    STATES_FIELD,
];
const STATED: &[Field] = &[
    STATES_FIELD,
    KINDS_FIELD,
    Field { name: "version", kind: Kind::Line(64), is_required: false },
    Field { name: "pension_kind", kind: Kind::Line(20), is_required: false },
    Field { name: "residence", kind: Kind::Choice(STATES), is_required: false },
    Field { name: "needed_years", kind: Kind::Number(0, 60), is_required: false },
    Field { name: "needed_months", kind: Kind::Number(0, 11), is_required: false },
    Field { name: "needed_coefficient", kind: Kind::Line(12), is_required: false },
    Field { name: "own_coefficient", kind: Kind::Line(12), is_required: false },
    Field { name: "died_on", kind: Kind::Date, is_required: false },
    Field { name: "convention", kind: Kind::Choice(&["thirty", "calendar"]), is_required: false },
];
const LINKED: &[Field] = &[
    Field { name: "conversation", kind: Kind::Line(60), is_required: true },
    Field { name: "version", kind: Kind::Line(64), is_required: false },
];

async fn of_case(call: Call) -> Done {
    let of = WorkbenchOf::Case(number(&call)?);
    shown(call, of).await
}

async fn of_conversation(call: Call) -> Done {
    let id: ConversationId = call.segment("conversation").parse().map_err(|_fault| Trouble::not_found())?;
    shown(call, WorkbenchOf::Conversation(id)).await
}

/// What is told of a person is shown for a purpose alone; it stands in no address, since that is kept in logs.
async fn ask_purpose(call: Call) -> Done {
    let id: ConversationId = call.segment("conversation").parse().map_err(|_fault| Trouble::not_found())?;
    let action = format!("/console/conversations/{}/workbench", id.as_uuid());
    Answer::page(call.view.say("workbench-title-conversation"), &(), move |view| {
        html! {
            p { (view.say("workbench-purpose-told")) }
            (view.form(&action, ASKED, "workbench-show"))
        }
    })
}

async fn shown(call: Call, of: WorkbenchOf) -> Done {
    let is_again = !call.view.faults.is_empty();
    // a form that is shown again for its faults is not reckoned with
    let reckoning = if is_again { Reckoning::default() } else { stated(&call)? };
    let choice = chosen(&call);
    let found = workbench(call.permit()?, &of, (&choice, &reckoning), call.view.language, &call.ctx).await?;
    let bench = found.ok_or_else(Trouble::not_found)?;
    let version = call.given.text("version");
    if !is_again && !version.is_empty() && version != bench.version {
        return Err(Trouble::field("version", "fault-case-changed"));
    }
    let title = match &of {
        WorkbenchOf::Case(case) => call.view.say_with("workbench-title", &[("case", case.as_str())]),
        WorkbenchOf::Conversation(_) => call.view.say("workbench-title-conversation"),
    };
    let (shown, ctx) = (bench.clone(), call.ctx.clone());
    Answer::page(title, &bench, move |view| drawn(view, &shown, &ctx))
}

async fn gather(call: Call) -> Done {
    let case = number(&call)?;
    let gathered = gather_records(call.permit()?, &case, &call.ctx).await?.ok_or_else(Trouble::not_found)?;
    Answer::done(format!("{}/workbench", address(case.as_str())), &gathered)
}

async fn link(call: Call) -> Done {
    let case = number(&call)?;
    let fault = |_unread| Trouble::field("conversation", "fault-conversation");
    let conversation: ConversationId = call.given.text("conversation").parse().map_err(fault)?;
    let version = call.given.text("version");
    if !version.is_empty() {
        let (of, nothing) = (WorkbenchOf::Case(case.clone()), (Choice::default(), Reckoning::default()));
        let now =
            workbench(call.permit()?, &of, (&nothing.0, &nothing.1), call.view.language, &call.ctx).await?;
        if now.is_some_and(|now| now.version != version) {
            return Err(Trouble::field("version", "fault-case-changed"));
        }
    }
    let linked = link_record(call.permit()?, &case, conversation, &call.ctx).await?;
    match linked.ok_or_else(Trouble::not_found)? {
        linked @ (Linked::Now | Linked::Before) => {
            Answer::done(format!("{}/workbench", address(case.as_str())), &linked)
        }
        Linked::NoRecord => Err(Trouble::field("conversation", "fault-no-record")),
        Linked::OtherPerson => Err(Trouble::field("conversation", "fault-other-person")),
    }
}

async fn take_out(call: Call) -> Done {
    let case = number(&call)?;
    let document: DocumentId = call.segment("document").parse().map_err(|_fault| Trouble::not_found())?;
    if !unlink_record(call.permit()?, &case, document, &call.ctx).await? {
        return Err(Trouble::not_found());
    }
    Answer::done(format!("{}/workbench", address(case.as_str())), &())
}

fn chosen(call: &Call) -> Choice {
    let states = call.given.all("states").iter().filter_map(|code| code.parse::<State>().ok());
    let kinds = call.given.all("kinds").iter().filter(|kind| !kind.is_empty()).cloned();
    Choice { states: states.collect(), kinds: kinds.collect() }
}

/// What a clerk states; everything that does not fit at once.
fn stated(call: &Call) -> Result<Reckoning, Trouble> {
    let (given, mut faults) = (&call.given, Vec::new());
    let some = |name: &str| Some(given.text(name)).filter(|text| !text.is_empty());
    let mut decimal = |name: &str| {
        let number = some(name).map(|text| text.replace(',', ".").parse::<Decimal>());
        match number {
            Some(Ok(number)) if (Decimal::ZERO..=Decimal::from(1_000)).contains(&number) => Some(number),
            Some(_) => {
                faults.push(Fault {
                    field: name.to_owned(),
                    phrase: "fault-number",
                    bound: "0–1000".to_owned(),
                });
                None
            }
            None => None,
        }
    };
    let (coefficient, own_coefficient) = (decimal("needed_coefficient"), decimal("own_coefficient"));
    let number = |name: &str| some(name).and_then(|text| text.parse::<u16>().ok());
    let (years, months) = (number("needed_years"), number("needed_months"));
    let service = (years.is_some() || months.is_some())
        .then(|| Length::new(years.unwrap_or_default(), months.unwrap_or_default(), 0));
    if service.is_none() && coefficient.is_some() {
        faults.push(Fault::new("needed_years", "fault-missing"));
    }
    let kind = some("pension_kind").map(str::parse::<Coded>).transpose();
    let is_ours = |kind: &Coded| {
        kinds_of(call.ctx.state, call.view.language).iter().any(|(code, _)| code == kind.as_str())
    };
    let kind = match kind {
        Ok(kind) if kind.as_ref().is_none_or(is_ours) => kind,
        Ok(_) | Err(_) => {
            faults.push(Fault::new("pension_kind", "fault-choice"));
            None
        }
    };
    if !faults.is_empty() {
        return Err(Trouble::Fields(faults));
    }
    Ok(Reckoning {
        kind,
        residence: some("residence").and_then(|code| code.parse().ok()),
        died_on: some("died_on").and_then(|day| day.parse().ok()),
        needed: service.map(|service| Needed { service, coefficient }),
        own_coefficient,
        convention: match given.text("convention") {
            "calendar" => Convention::Calendar,
            _ => Convention::Thirty,
        },
    })
}

fn drawn(view: &View, bench: &Workbench, ctx: &Context) -> Markup {
    let at = match &bench.of {
        WorkbenchOf::Case(case) => Some(address(case.as_str())),
        WorkbenchOf::Conversation(_) => None,
    };
    html! {
        (view.faults_told())
        @if let Some(at) = &at { p { (view.link(at, &view.say("workbench-to-case"))) } }
        (person_told(view, &bench.person, ctx))
        @if let Some(filed_on) = bench.filed_on { p { (view.say("workbench-filed")) ": " (view.date(filed_on)) " (T8)" } }
        (local_told(view, bench))
        @if let Some(at) = at.as_deref().filter(|_| bench.records.is_empty()) {
            div class="notice" { p { (view.say("workbench-no-records")) } (gather_button(view, at)) }
        }
        @if at.is_some() { (filters(view, bench, ctx)) }
        @if bench.timeline.span.is_none() { p class="empty" { (view.say("workbench-nothing")) } }
        (picture(view, &bench.timeline, bench.filed_on, ctx.rules.lists()))
        h2 { (view.say("workbench-periods")) }
        (periods(view, &bench.timeline, ctx.rules.lists()))
        (marks(view, &bench.timeline))
        h2 id="totals" { (view.say("workbench-totals")) }
        p { (view.say("workbench-totals-told")) }
        @for totals in &bench.totals { (totals_told(view, totals)) }
        @if let Some(at) = &at {
            (stated_form(view, bench, at, ctx))
            (records(view, bench, at))
        }
        p class="hint" { (view.say("case-version")) ": " code { (bench.version) } }
    }
}

fn local_told(view: &View, bench: &Workbench) -> Markup {
    let phrase = match bench.local {
        LocalRecord::Found => "workbench-local-found",
        LocalRecord::Nobody => "workbench-local-nobody",
        LocalRecord::Several => "workbench-local-several",
        LocalRecord::Unsure => "workbench-local-unsure",
        LocalRecord::Away => "workbench-local-away",
    };
    html! {
        p { (view.say(phrase)) }
        @if bench.rows_aside > 0 {
            p class="notice" { (view.say_with("workbench-aside", &[("count", &bench.rows_aside.to_string())])) }
        }
        @for id in &bench.unread {
            p class="notice" { (view.say("workbench-unread")) " " code { (id.as_uuid()) } }
        }
    }
}

/// What is drawn, as links: each puts in or takes out one state or kind.
fn filters(view: &View, bench: &Workbench, ctx: &Context) -> Markup {
    let choice = &bench.choice;
    let path = view.path.split('?').next().unwrap_or_default();
    let to = |states: &BTreeSet<State>, kinds: &BTreeSet<String>| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(states.iter().map(|state| ("states", state.as_code())));
        query.extend_pairs(kinds.iter().map(|kind| ("kinds", kind)));
        format!("{path}?{}", query.finish())
    };
    let toggled_state = |state: State| {
        let mut states = choice.states.clone();
        if !states.remove(&state) {
            states.insert(state);
        }
        to(&states, &choice.kinds)
    };
    let toggled_kind = |kind: &String| {
        let mut kinds = choice.kinds.clone();
        if !kinds.remove(kind) {
            kinds.insert(kind.clone());
        }
        to(&choice.states, &kinds)
    };
    html! {
        nav class="tabs" aria-label=(view.say("workbench-choose")) {
            ul {
                li {
                    a href=(to(&BTreeSet::new(), &BTreeSet::new())) aria-current=[(choice == &Choice::default()).then_some("true")] {
                        (view.say("workbench-all"))
                    }
                }
                @for one in &bench.timeline.states {
                    li { a href=(toggled_state(*one)) aria-current=[choice.states.contains(one).then_some("true")] { (state(view, *one)) } }
                }
                @for kind in &bench.timeline.kinds {
                    li {
                        a href=(toggled_kind(kind)) aria-current=[choice.kinds.contains(kind).then_some("true")] {
                            (period_says(kind, view.language, ctx.rules.lists()))
                        }
                    }
                }
            }
        }
        @if choice != &Choice::default() { p class="hint" { (view.say("workbench-chosen")) } }
    }
}

fn totals_told(view: &View, totals: &Totals) -> Markup {
    let rows = totals.steps.iter().map(|step| {
        let parts = step.parts.iter().map(|part| {
            html! { div { (state(view, part.state)) ": " (stretch(view, &part.stretch)) " — " (length(part.length, view.language)) } }
        });
        vec![
            html! { (step.rule) },
            html! { (step.says) },
            html! { @for part in parts { (part) } },
            html! { @if let Some(result) = step.result { (length(result, view.language)) } },
        ]
    });
    let heads = ["workbench-rule", "workbench-says", "workbench-counted", "workbench-length"];
    html! {
        section {
            h3 { (totals.kind_says) ": " (totals.right_says) }
            @if totals.is_assumed { p class="hint" { (view.say("workbench-assumed")) } }
            @if totals.needed.is_none() { p class="hint" { (view.say("workbench-no-need")) } }
            (view.table(&view.say("workbench-steps"), &heads, rows.collect()))
            @if !totals.findings.is_empty() {
                h4 { (view.say("workbench-findings")) }
                ul { @for finding in &totals.findings { li { code { (finding.code) } " " (finding.path) ": " (finding.message) } } }
            }
        }
    }
}

fn stated_form(view: &View, bench: &Workbench, at: &str, ctx: &Context) -> Markup {
    let typed = view.given.text("pension_kind");
    let claimed = bench.totals.first().map(|totals| totals.kind.as_str());
    let chosen = Some(typed).filter(|typed| !typed.is_empty()).or(claimed).unwrap_or_default();
    let (_, shown) = STATED.split_at(4);
    html! {
        h3 id="f-version" { (view.say("workbench-state-needs")) }
        form method="post" action={ (at) "/workbench#totals" } {
            (view.hidden())
            input type="hidden" name="version" value=(bench.version);
            @for state in &bench.choice.states { input type="hidden" name="states" value=(state); }
            @for kind in &bench.choice.kinds { input type="hidden" name="kinds" value=(kind); }
            div class="field" {
                label for="f-pension_kind" { (view.label("pension_kind")) }
                select id="f-pension_kind" name="pension_kind" {
                    @for (code, name) in kinds_of(ctx.state, view.language) {
                        option value=(code) selected[code == chosen] { (name) }
                    }
                }
            }
            @for field in shown { (view.field(*field)) }
            p { button type="submit" { (view.say("workbench-reckon")) } }
        }
    }
}

fn gather_button(view: &View, at: &str) -> Markup {
    view.button(&format!("{at}/records/gather"), &[], "workbench-gather")
}

fn records(view: &View, bench: &Workbench, at: &str) -> Markup {
    let rows = bench.records.iter().map(|record| {
        let id = record.document_id.as_uuid();
        vec![
            html! { (record.peer) },
            view.instant(record.put_at),
            html! { (record.put_by) },
            html! { code class="id" { (id) } br; a href={ (at) "/documents/" (id) "/form" } { (view.say("case-print")) } },
            view.button(&format!("{at}/records/{id}/take-out"), &[], "workbench-take-out"),
        ]
    });
    let heads =
        ["workbench-peer", "workbench-put-at", "workbench-put-by", "workbench-document", "workbench-act"];
    let (shown, _) = LINKED.split_at(1);
    html! {
        h2 { (view.say("workbench-records")) }
        (view.table(&view.say("workbench-records"), &heads, rows.collect()))
        p { (view.say("workbench-gather-told")) }
        @if !bench.records.is_empty() { (gather_button(view, at)) }
        h3 { (view.say("workbench-link")) }
        form method="post" action={ (at) "/records" } {
            (view.hidden())
            input type="hidden" name="version" value=(bench.version);
            @for field in shown { (view.field(*field)) }
            p { button type="submit" { (view.say("workbench-link-send")) } }
        }
    }
}
