//! A worker consents before a clerk: somebody who is kept already, or who is brought field by field or as his national system writes
//! him.

use super::field::{Fault, Field, Kind};
use super::labour_matches::worker;
use super::route::{Answer, Call, Done, For, Route, Trouble, Verb, handler};
use super::view::View;
use crate::base::Language;
use crate::exchange::canonical::State;
use crate::flow::FlowError;
use crate::flow::labour::NewConsent;
use crate::flow::posts::{
    ConsentGiven, ConsentText, Misfit, NewWorker, WorkerView, candidate_of_text, consent_text, give,
    shown_text, worker_view,
};
use crate::labour::consent::{EmployerClass, Purpose, Section, SignatureLevel};
use maud::{Markup, html};
use schemars::schema_for;
use std::collections::BTreeSet;

pub(super) const ROUTES: &[Route] = &[
    Route {
        verb: Verb::Get,
        path: "/workers/new",
        command: "consent-give",
        purpose: For::Named("consent", "worker"),
        is_open: false,
        fields: &[],
        answer: || schema_for!(Vec<ConsentText>),
        call: handler!(ask_new),
        again: None,
    },
    Route {
        verb: Verb::Post,
        path: "/workers/new",
        command: "consent-give",
        purpose: For::Named("consent", "worker"),
        is_open: false,
        fields: NEW,
        answer: || schema_for!(ConsentGiven),
        call: handler!(given),
        again: Some(handler!(ask_new)),
    },
    Route {
        verb: Verb::Get,
        path: "/workers/{worker}/consents/new",
        command: "consent-give",
        purpose: For::Named("consent", "worker"),
        is_open: false,
        fields: &[],
        answer: || schema_for!(Vec<ConsentText>),
        call: handler!(ask_more),
        again: None,
    },
    Route {
        verb: Verb::Post,
        path: "/workers/{worker}/consents/new",
        command: "consent-give",
        purpose: For::Named("consent", "worker"),
        is_open: false,
        fields: TERMS,
        answer: || schema_for!(ConsentGiven),
        call: handler!(given),
        again: Some(handler!(ask_more)),
    },
];

const STATES: &[&str] = &["AM", "BY", "KZ", "KG", "RU"];
const SECTIONS: &[&str] = &[
    "occupation",
    "experience_years",
    "experience_history",
    "education",
    "languages",
    "licences",
    "certificates",
    "skills",
    "location",
    "relocation",
    "salary_wish",
    "schedule",
    "summary",
];
const BANDS: &[&str] = &["A", "B", "C", "D", "E"];
const SCHOOLING: &[&str] = &["0", "1", "2", "3", "4", "5", "6", "7", "8"];
const LANGUAGES: &[&str] = &["ru", "kk", "ky", "hy", "be", "en"];

macro_rules! terms {
    ($($before:expr,)*) => {
        &[
            $($before,)*
            Field {
                name: "consent_purpose",
                kind: Kind::Choice(&["cv_search", "reveal", "alert", "mobility_case"]),
                is_required: true,
            },
            Field { name: "sections", kind: Kind::Many(SECTIONS), is_required: true },
            Field { name: "target_states", kind: Kind::Many(STATES), is_required: true },
            Field {
                name: "employer_class",
                kind: Kind::Choice(&["public_employment_service", "verified_employer"]),
                is_required: true,
            },
            Field { name: "no_agencies", kind: Kind::Flag, is_required: false },
            Field { name: "consent_days", kind: Kind::Number(1, 3_660), is_required: true },
            Field { name: "text_language", kind: Kind::Choice(LANGUAGES), is_required: true },
            Field {
                name: "signature_level",
                kind: Kind::Choice(&["qualified_signature", "one_time_sms", "in_person"]),
                is_required: true,
            },
            Field { name: "evidence", kind: Kind::Line(60), is_required: false },
            Field { name: "legal_basis", kind: Kind::Line(200), is_required: true },
            Field { name: "text_was_shown", kind: Kind::Flag, is_required: true },
        ]
    };
}

/// What is agreed to.
const TERMS: &[Field] = terms![];
/// The same with who agrees, where he is not kept yet: field by field, or as his national system writes him.
const NEW: &[Field] = terms![
    Field { name: "candidate", kind: Kind::Text(60_000), is_required: false },
    Field { name: "family", kind: Kind::Line(120), is_required: false },
    Field { name: "given_name", kind: Kind::Line(120), is_required: false },
    Field { name: "patronymic", kind: Kind::Line(120), is_required: false },
    Field { name: "born", kind: Kind::Date, is_required: false },
    Field { name: "number", kind: Kind::Line(30), is_required: false },
    Field { name: "telephone", kind: Kind::Line(40), is_required: false },
    Field { name: "email", kind: Kind::Line(120), is_required: false },
    Field { name: "occupation", kind: Kind::Line(200), is_required: false },
    Field { name: "experience_band", kind: Kind::Choice(BANDS), is_required: false },
    Field { name: "skills", kind: Kind::Line(600), is_required: false },
    Field { name: "worker_languages", kind: Kind::Line(200), is_required: false },
    Field { name: "schooling", kind: Kind::Choice(SCHOOLING), is_required: false },
    Field { name: "licences", kind: Kind::Line(60), is_required: false },
    Field { name: "region", kind: Kind::Line(20), is_required: false },
    Field { name: "would_move", kind: Kind::Flag, is_required: false },
    Field { name: "pay_from", kind: Kind::Number(1, 1_000_000_000), is_required: false },
];
/// The fields of a person, which stand before those of the terms.
const OF_PERSON: usize = 17;

/// All texts that are shown: one for each purpose and language.
fn texts() -> Vec<ConsentText> {
    let of = |purpose: &Purpose| Language::ALL.map(|language| consent_text(*purpose, language));
    Purpose::ALL.iter().flat_map(of).collect()
}

async fn ask_new(call: Call) -> Done {
    if !call.ctx.labour.is_enabled {
        return Err(off());
    }
    Answer::page(call.view.say("worker-new"), &texts(), |view| {
        let (person, terms) = NEW.split_at(OF_PERSON);
        html! {
            p { (view.say("worker-new-told")) }
            (view.faults_told())
            form method="post" action="/console/workers/new" {
                (view.hidden())
                fieldset { legend { (view.say("worker-person")) } @for field in person.iter().skip(1) { (view.field(*field)) } }
                details {
                    summary { (view.say("worker-by-file")) }
                    @for field in person.iter().take(1) { (view.field(*field)) }
                }
                fieldset { legend { (view.say("consent-terms")) } (read(view)) @for field in terms { (view.field(*field)) } }
                p { button type="submit" { (view.say("consent-give-button")) } }
            }
        }
    })
}

async fn ask_more(call: Call) -> Done {
    let worker = worker(&call)?;
    let found = worker_view(call.permit()?, worker, call.view.language, &call.ctx).await?;
    // without a consent to be found nobody is kept who could consent to more
    let found = found.filter(|found| found.profile.is_some()).ok_or_else(Trouble::not_found)?;
    Answer::page(call.view.say("consent-give"), &texts(), move |view| {
        html! {
            (whom(view, &found))
            p { (view.say("consent-give-told")) }
            (read(view))
            (view.form(&format!("/console/workers/{}/consents/new", found.worker), TERMS, "consent-give-button"))
        }
    })
}

/// Who it is about, as the ledger has it.
pub(super) fn whom(view: &View, found: &WorkerView) -> Markup {
    let here = format!("/console/workers/{}", found.worker);
    html! {
        p { (view.say("ledger-name")) ": " strong { (found.name.clone().unwrap_or_default()) } }
        p { (view.link(&here, &view.say("match-ledger"))) }
    }
}

/// The texts that the person reads, in the languages of the Union; the one that he is shown is noted by its digest.
fn read(view: &View) -> Markup {
    html! {
        @for purpose in Purpose::ALL {
            details {
                summary { (view.say("consent-text")) ": " (view.choice("consent-purpose", purpose.as_str())) }
                @for language in Language::ALL {
                    p lang=(language) { strong { (language.own_name()) } " — " (consent_text(*purpose, language).text) }
                }
            }
        }
    }
}

async fn given(call: Call) -> Done {
    let language = call.view.language;
    let worker = match call.segment("worker") {
        "" => None,
        _ => Some(worker(&call)?),
    };
    let new = agreed(&call)?;
    let targets: Vec<State> = new.target_states.iter().copied().collect();
    let candidate = match worker {
        Some(_) => None,
        None if !call.ctx.labour.is_enabled => return Err(off()),
        None => Some(match call.given.text("candidate") {
            "" => new_worker(&call).candidate(&targets, &call.ctx).map_err(misfits)?,
            text => candidate_of_text(text).map_err(|fault| {
                Trouble::Fields(vec![Fault {
                    field: "candidate".to_owned(),
                    phrase: "fault-document",
                    bound: fault,
                }])
            })?,
        }),
    };
    let decided = give(call.permit()?, (worker, candidate), new, &call.ctx)
        .await
        .map_err(|error| told(error, language))?;
    let decided = decided.ok_or_else(Trouble::not_found)?;
    Answer::done(format!("/console/workers/{}", decided.worker), &decided)
}

fn new_worker(call: &Call) -> NewWorker<'_> {
    let given = &call.given;
    NewWorker {
        family: given.text("family"),
        given_name: given.text("given_name"),
        patronymic: given.text("patronymic"),
        born: given.text("born").parse().ok(),
        number: given.text("number"),
        telephone: given.text("telephone"),
        email: given.text("email"),
        occupation: given.text("occupation"),
        experience: given.text("experience_band"),
        skills: given.text("skills"),
        languages: given.text("worker_languages"),
        schooling: given.text("schooling"),
        licences: given.text("licences"),
        region: given.text("region"),
        states: Vec::new(),
        would_move: given.text("would_move") == "yes",
        pay_from: given.text("pay_from"),
    }
}

fn misfits(misfits: Vec<Misfit>) -> Trouble {
    let fault = |(field, bound): Misfit| {
        let phrase = match (field, bound.is_empty()) {
            ("number", _) => "fault-person-number",
            ("occupation", _) => "fault-occupation",
            (_, true) => "fault-missing",
            (_, false) => "fault-not-known",
        };
        Fault { field: field.to_owned(), phrase, bound }
    };
    Trouble::Fields(misfits.into_iter().map(fault).collect())
}

/// What is agreed to, out of the fields: the check of them has let through words of the lists alone.
fn agreed(call: &Call) -> Result<NewConsent, Trouble> {
    let given = &call.given;
    let refuse = |field: &'static str| move |_fault| Trouble::field(field, "fault-choice");
    let purpose: Purpose = given.text("consent_purpose").parse().map_err(refuse("consent_purpose"))?;
    let language: Language = given
        .text("text_language")
        .parse()
        .map_err(|_fault| Trouble::field("text_language", "fault-choice"))?;
    let sections: BTreeSet<Section> =
        given.all("sections").iter().filter_map(|word| word.parse().ok()).collect();
    let target_states: BTreeSet<State> =
        given.all("target_states").iter().filter_map(|word| word.parse().ok()).collect();
    let employer_class: EmployerClass =
        given.text("employer_class").parse().map_err(refuse("employer_class"))?;
    let signature_level: SignatureLevel =
        given.text("signature_level").parse().map_err(refuse("signature_level"))?;
    let evidence = match given.text("evidence") {
        "" => None,
        text => Some(text.parse().map_err(|_finding| Trouble::field("evidence", "fault-sign"))?),
    };
    Ok(NewConsent {
        purpose,
        sections,
        target_states,
        employer_class,
        is_agency_excluded: given.text("no_agencies") == "yes",
        text: shown_text(purpose, language)?,
        days: given.text("consent_days").parse().unwrap_or(1),
        signature_level,
        evidence,
        legal_basis: given
            .text("legal_basis")
            .parse()
            .map_err(|_finding| Trouble::field("legal_basis", "fault-sign"))?,
    })
}

/// What speaks against a consent or a reveal is shown at the form, with what was typed.
pub(super) fn told(error: FlowError, language: Language) -> Trouble {
    use crate::base::{Verdict, explain};
    let FlowError::Labour(_) = &error else { return error.into() };
    match error.verdict() {
        Verdict::Return { code } | Verdict::Quarantine { code } => {
            let known = explain(code);
            let known =
                known.map(|known| format!("{} {}", known.cause.of(language), known.remedy.of(language)));
            let bound = format!("{} ({error})", known.unwrap_or_else(|| code.to_owned()));
            Trouble::Fields(vec![Fault { field: String::new(), phrase: "fault-labour", bound }])
        }
        Verdict::Retry { .. } | Verdict::Park { .. } => error.into(),
    }
}

fn off() -> Trouble {
    FlowError::from(crate::flow::labour::LabourError::Off).into()
}
