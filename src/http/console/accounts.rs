//! Accounts, the journal of logins issued (form App. 1), the journal of acts, and who saw a person's data.

use super::field::{Field, Kind};
use super::route::{Answer, Call, Done, FileBytes, For, Route, Trouble, Verb, handler};
use super::view::View;
use crate::exchange::canonical::{Identifier, IdentifierKind};
use crate::flow::entry::{
    self, AccountLine, AccountPage, AccountView, ActPage, EntryError, Exported, LoginJournalLine,
};
use crate::store::ActsBy;
use jiff::ToSpan;
use jiff::civil::Date;
use maud::{Markup, html};
use schemars::schema_for;
use uuid::Uuid;

pub(super) const ROUTES: &[Route] = &[
    Route {
        verb: Verb::Get,
        path: "/accounts",
        command: "account-list",
        purpose: For::Nothing,
        is_open: false,
        fields: AFTER,
        answer: || schema_for!(AccountPage),
        call: handler!(list),
        again: None,
    },
    Route {
        verb: Verb::Get,
        path: "/accounts/{login}",
        command: "account-view",
        purpose: For::Nothing,
        is_open: false,
        fields: &[],
        answer: || schema_for!(AccountView),
        call: handler!(one),
        again: None,
    },
    Route {
        verb: Verb::Post,
        path: "/accounts/{login}/block",
        command: "account-block",
        purpose: For::Nothing,
        is_open: false,
        fields: BLOCK,
        answer: || schema_for!(()),
        call: handler!(block),
        again: Some(handler!(one)),
    },
    Route {
        verb: Verb::Get,
        path: "/logins",
        command: "login-journal-view",
        purpose: For::Nothing,
        is_open: false,
        fields: AFTER,
        answer: || schema_for!(Vec<LoginJournalLine>),
        call: handler!(logins),
        again: None,
    },
    Route {
        verb: Verb::Get,
        path: "/acts",
        command: "journal-view",
        purpose: For::Nothing,
        is_open: false,
        fields: ACTS,
        answer: || schema_for!(ActPage),
        call: handler!(acts),
        again: None,
    },
    Route {
        verb: Verb::Get,
        path: "/acts/export",
        command: "journal-export",
        purpose: For::Nothing,
        is_open: false,
        fields: SPAN,
        answer: || schema_for!(FileBytes),
        call: handler!(export),
        again: None,
    },
    Route {
        verb: Verb::Get,
        path: "/acts/of-person",
        command: "journal-view",
        purpose: For::Nothing,
        is_open: false,
        fields: &[],
        answer: || schema_for!(()),
        call: handler!(ask_who_saw),
        again: None,
    },
    Route {
        verb: Verb::Post,
        path: "/acts/of-person",
        command: "journal-who-saw",
        purpose: For::Asked,
        is_open: false,
        fields: WHO_SAW,
        answer: || schema_for!(ActPage),
        call: handler!(who_saw),
        again: Some(handler!(ask_who_saw)),
    },
];

const AFTER: &[Field] = &[Field { name: "after", kind: Kind::Line(64), is_required: false }];
const BLOCK: &[Field] = &[Field { name: "violation", kind: Kind::Line(500), is_required: true }];
const ACTS: &[Field] = &[
    Field { name: "login", kind: Kind::Line(64), is_required: false },
    Field { name: "object", kind: Kind::Line(200), is_required: false },
    Field { name: "flagged", kind: Kind::Flag, is_required: false },
    Field { name: "before", kind: Kind::Line(64), is_required: false },
];
const SPAN: &[Field] = &[
    Field { name: "from_day", kind: Kind::Date, is_required: false },
    Field { name: "to_day", kind: Kind::Date, is_required: false },
];
const WHO_SAW: &[Field] = &[
    Field {
        name: "number_kind",
        kind: Kind::Choice(&["IIN", "SNILS", "PIN", "PSN", "BY"]),
        is_required: true,
    },
    Field { name: "number", kind: Kind::Line(30), is_required: true },
    Field { name: "purpose", kind: Kind::Choice(PURPOSES), is_required: true },
    Field { name: "reason", kind: Kind::Line(200), is_required: true },
];
/// For what data of a person may be used.
pub(super) const PURPOSES: &[&str] = &["case", "appeal", "check", "court", "request_of_person"];

async fn list(call: Call) -> Done {
    let page = entry::accounts(call.permit()?, call.given.text("after"), &call.ctx).await?;
    let shown = page.clone();
    Answer::page(call.view.say("menu-account-list"), &page, move |view| {
        let rows = shown.accounts.iter().map(|line| {
            vec![
                view.link(&format!("/console/accounts/{}", line.login), &line.login),
                html! { (line.name) },
                html! { (view.choice("role", line.role.word())) },
                state(view, line),
                view.instant(line.used_at),
                html! { (view.number(i64::from(line.idle_days))) },
            ]
        });
        let heads =
            ["field-login", "field-user-name", "field-role", "account-state", "account-used", "account-idle"];
        html! {
            (view.table(&view.say("menu-account-list"), &heads, rows.collect()))
            (view.more(shown.next.as_ref().map(|next| format!("/console/accounts?after={next}"))))
            p { (view.link("/console/logins", &view.say("logins"))) }
        }
    })
}

fn state(view: &View, line: &AccountLine) -> Markup {
    let told = view.choice("account_state", line.state);
    let kind = match line.state {
        "active" => "good",
        "blocked" => "late",
        _ => "warn",
    };
    html! {
        (view.badge(kind, &told))
        @if let Some(ground) = line.ground { " " (view.choice("account_ground", ground.word())) }
    }
}

async fn one(call: Call) -> Done {
    let found = entry::account(call.permit()?, call.segment("login"), &call.ctx).await?;
    let shown = found.clone();
    Answer::page(found.line.name.clone(), &found, move |view| {
        let functions: Vec<String> =
            shown.functions.iter().map(|function| view.choice("functions", function)).collect();
        let line = &shown.line;
        html! {
            (view.facts(vec![
                ("field-login", html! { code { (line.login) } }),
                ("field-role", html! { (view.choice("role", line.role.word())) }),
                ("account-state", state(view, line)),
                ("account-used", view.instant(line.used_at)),
                ("field-user-position", html! { (shown.position) }),
                ("field-user-unit", html! { (shown.unit) }),
                ("field-applicant-name", html! { (shown.applicant) }),
                ("field-user-address", html! { (shown.address) }),
                ("field-functions", html! { (functions.join(", ")) }),
                ("account-request", view.link(&format!("/console/requests/{}", line.request_id), &line.request_id.to_string())),
                ("account-sessions", html! { (shown.sessions) }),
            ]))
            p { (view.link(&format!("/console/acts?login={}", line.login), &view.say("account-acts"))) }
            @if line.state != "blocked" {
                h2 { (view.say("command-account-block")) }
                p class="hint" { (view.say("account-block-told")) }
                (view.form(&format!("/console/accounts/{}/block", line.login), BLOCK, "account-block"))
            }
        }
    })
}

async fn block(call: Call) -> Done {
    let login = call.segment("login");
    match entry::block_for_violation(call.permit()?, login, call.given.text("violation"), &call.ctx).await {
        Ok(()) => Answer::done(format!("/console/accounts/{login}"), &()),
        Err(EntryError::OneSelf) => Err(Trouble::field("violation", "fault-oneself")),
        Err(error) => Err(error.into()),
    }
}

async fn logins(call: Call) -> Done {
    let after = call.given.text("after").parse::<Uuid>().ok();
    let lines = entry::login_journal(call.permit()?, after, &call.ctx).await?;
    let shown = lines.clone();
    Answer::page(call.view.say("logins"), &lines, move |view| {
        let next = shown.last().map(|line| format!("/console/logins?after={}", line.id));
        let rows = shown.into_iter().map(|line| {
            vec![
                html! { (line.letter) },
                html! { (line.systems) },
                view.instant(line.issued_at),
                html! { (line.basis) },
                html! { (line.administrator) },
                html! { (line.note) },
                html! { code { (line.login) } },
            ]
        });
        let heads = [
            "logins-letter",
            "field-systems",
            "logins-issued",
            "request-basis",
            "logins-administrator",
            "logins-note",
            "field-login",
        ];
        html! {
            (view.table(&view.say("logins"), &heads, rows.collect()))
            (view.more(next))
        }
    })
}

async fn acts(call: Call) -> Done {
    let (login, object) = (call.given.text("login"), call.given.text("object"));
    let is_flagged = call.given.text("flagged") == "yes";
    let by = match (login, object) {
        _ if is_flagged => ActsBy::Flagged,
        ("", "") => ActsBy::All,
        ("", object) => ActsBy::Object(object),
        (login, _) => ActsBy::Login(login),
    };
    let before = call.given.text("before").parse::<Uuid>().ok();
    let page = entry::acts(call.permit()?, by, before, &call.ctx).await?;
    let shown = page.clone();
    let (login, object) = (login.to_owned(), object.to_owned());
    Answer::page(call.view.say("menu-journal-view"), &page, move |view| {
        let next = shown.next.map(|next| {
            let of = if is_flagged {
                "flagged=yes".to_owned()
            } else if login.is_empty() {
                format!("object={object}")
            } else {
                format!("login={login}")
            };
            format!("/console/acts?{of}&before={next}")
        });
        html! {
            p { (view.link("/console/acts/of-person", &view.say("who-saw"))) }
            @if view.may("journal-export") {
                details {
                    summary { (view.say("acts-export")) }
                    p { (view.say("signed-told")) }
                    form method="get" action="/console/acts/export" class="filter" {
                        @for field in SPAN { (view.field(*field)) }
                        p { button type="submit" { (view.say("acts-export")) } }
                    }
                }
            }
            form method="get" action="/console/acts" class="filter" {
                @for field in ACTS.iter().take(3) { (view.field(*field)) }
                p { button type="submit" { (view.say("filter")) } }
            }
            (told(view, shown))
            (view.more(next))
        }
    })
}

async fn export(call: Call) -> Done {
    let zone = &call.view.zone;
    let today = zone.to_datetime(call.ctx.clock.now()).date();
    let day = |name: &str, other: Date| call.given.text(name).parse::<Date>().unwrap_or(other);
    let to = day("to_day", today);
    let from = day("from_day", to.saturating_sub(29.days()));
    let start = |day: Date| zone.to_timestamp(day.at(0, 0, 0, 0));
    let after = to.tomorrow().and_then(start);
    let (Ok(begin), Ok(end)) = (start(from), after) else {
        return Err(Trouble::field("to_day", "fault-choice"));
    };
    if end <= begin {
        return Err(Trouble::field("from_day", "fault-span"));
    }
    match entry::export_acts(call.permit()?, (begin, end), &call.ctx).await? {
        Exported::File(bytes) => {
            let name = format!("acts-{from}-{to}.jsonl");
            Ok(Answer::File { name, media: "application/x-ndjson", bytes })
        }
        Exported::TooMany => Err(Trouble::field("from_day", "fault-too-many-acts")),
    }
}

fn told(view: &View, page: ActPage) -> Markup {
    let rows = page.acts.into_iter().map(|act| {
        let served = [act.purpose, act.served].into_iter().flatten().collect::<Vec<_>>().join(": ");
        let (badge, phrase) = match (act.stage.as_deref(), &act.code) {
            (Some("failed"), _) => ("late", "act-failed"),
            (Some(_) | None, Some(_)) => ("late", "act-refused"),
            (Some("opened"), None) => ("plain", "act-opened"),
            (Some("waiting"), None) => ("plain", "act-waiting"),
            (Some("asked"), None) => ("plain", "act-asked"),
            (Some(_) | None, None) => ("good", "act-done"),
        };
        let outcome = html! {
            (view.badge(badge, &view.say(phrase)))
            @if let Some(code) = &act.code { " " code { (code) } }
            @if let Some(flag) = &act.flag { " " (view.badge("warn", &view.say("act-flagged"))) " " code { (flag) } }
        };
        vec![
            view.instant(act.at),
            html! { code { (act.login) } },
            html! { (view.say(&format!("command-{}", act.command))) },
            html! { span class="id" { (act.object) } },
            html! { (served) },
            html! { (view.say(&format!("via-{}", act.via.replace('_', "-")))) },
            outcome,
        ]
    });
    let heads =
        ["act-at", "field-login", "act-command", "field-object", "act-served", "act-via", "act-outcome"];
    view.table(&view.say("menu-journal-view"), &heads, rows.collect())
}

async fn ask_who_saw(call: Call) -> Done {
    Answer::page(call.view.say("who-saw"), &(), |view| {
        html! {
            p { (view.say("who-saw-told")) }
            (view.form("/console/acts/of-person", WHO_SAW, "who-saw-send"))
        }
    })
}

async fn who_saw(call: Call) -> Done {
    let number = number_of(&call)?;
    let page = entry::who_saw(call.permit()?, &number, None, &call.ctx).await?;
    let shown = page.clone();
    Answer::page(call.view.say("who-saw"), &page, move |view| told(view, shown))
}

/// The number of a person in the fields `number_kind` and `number`.
pub(super) fn number_of(call: &Call) -> Result<Identifier, Trouble> {
    let kind = match call.given.text("number_kind") {
        "SNILS" => IdentifierKind::Snils,
        "PIN" => IdentifierKind::Pin,
        "PSN" => IdentifierKind::Psn,
        "BY" => IdentifierKind::ByNumber,
        _ => IdentifierKind::Iin,
    };
    Identifier::parse(kind, call.given.text("number"))
        .map_err(|_none| Trouble::field("number", "fault-request-number"))
}
