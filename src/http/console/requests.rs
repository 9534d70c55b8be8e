//! Access requests (form App. 2 of the Rules): filed, read, executed or refused (A3, A28, A29).

use super::appeals::day;
use super::field::{Fault, Field, FileKind, Kind};
use super::route::{Answer, Call, Done, FileBytes, For, Route, Trouble, Verb, handler};
use super::view::View;
use crate::access::{AccessRequest, Applicant, Basis, Letter, RequestedUser, Systems};
use crate::base::Finding;
use crate::flow::entry::{self, Decision, EntryError, RequestLine, RequestPage, RequestView, SentFile};
use crate::store::RequestState;
use maud::{Markup, html};
use schemars::{JsonSchema, schema_for};
use serde::Serialize;
use uuid::Uuid;

pub(super) const ROUTES: &[Route] = &[
    Route {
        verb: Verb::Get,
        path: "/requests/new",
        command: "request-file",
        purpose: For::Nothing,
        is_open: false,
        fields: FILED,
        answer: || schema_for!(()),
        call: handler!(new),
        again: None,
    },
    Route {
        verb: Verb::Post,
        path: "/requests/new",
        command: "request-file",
        purpose: For::Nothing,
        is_open: false,
        fields: NEW,
        answer: || schema_for!(Filed),
        call: handler!(file),
        again: Some(handler!(new)),
    },
    Route {
        verb: Verb::Get,
        path: "/requests",
        command: "request-list",
        purpose: For::Nothing,
        is_open: false,
        fields: LISTED,
        answer: || schema_for!(RequestPage),
        call: handler!(list),
        again: None,
    },
    Route {
        verb: Verb::Get,
        path: "/requests/{request}",
        command: "request-view",
        purpose: For::Nothing,
        is_open: false,
        fields: &[],
        answer: || schema_for!(RequestView),
        call: handler!(one),
        again: None,
    },
    Route {
        verb: Verb::Get,
        path: "/requests/{request}/file",
        command: "request-view",
        purpose: For::Nothing,
        is_open: false,
        fields: &[],
        answer: || schema_for!(FileBytes),
        call: handler!(order),
        again: None,
    },
    Route {
        verb: Verb::Post,
        path: "/requests/{request}/decide",
        command: "request-decide",
        purpose: For::Nothing,
        is_open: false,
        fields: DECIDED,
        answer: || schema_for!(Decided),
        call: handler!(decide),
        again: Some(handler!(one)),
    },
];

const FUNCTIONS: &[&str] = &[
    "access",
    "journal",
    "cases",
    "export",
    "decisions",
    "approvals",
    "messages",
    "persons",
    "operation",
    "figures",
    "appeals",
    "jobs",
    "workers",
];
const ROLES: &[&str] =
    &["clerk", "senior_clerk", "system_administrator", "cyber_administrator", "auditor", "integration"];
const fn line(name: &'static str, max: usize, is_required: bool) -> Field {
    Field { name, kind: Kind::Line(max), is_required }
}
const NEW: &[Field] = &[
    Field {
        name: "action",
        kind: Kind::Choice(&["grant", "change", "block", "unblock", "reissue"]),
        is_required: true,
    },
    Field {
        name: "why",
        kind: Kind::Choice(&[
            "new",
            "lost_password",
            "lost_login",
            "compromised",
            "blocked_idle",
            "blocked_violation",
            "duty_change",
            "dismissal",
        ]),
        is_required: true,
    },
    Field {
        name: "basis_kind",
        kind: Kind::Choice(&["employment", "transfer", "dismissal"]),
        is_required: true,
    },
    line("basis_number", 100, true),
    Field { name: "basis_date", kind: Kind::Date, is_required: true },
    Field { name: "order", kind: Kind::File(8 * 1024 * 1024, FileKind::SCANS), is_required: true },
    line("applicant_number", 15, true),
    line("applicant_name", 300, true),
    line("applicant_region", 100, false),
    line("head_name", 200, true),
    Field { name: "head_signed_on", kind: Kind::Date, is_required: true },
    line("letter_number", 100, false),
    Field { name: "letter_date", kind: Kind::Date, is_required: false },
    Field { name: "is_state_body", kind: Kind::Flag, is_required: false },
    line("exception_act", 300, false),
    line("user_name", 200, true),
    line("user_number", 20, false),
    line("user_login", 64, false),
    line("user_office", 50, false),
    line("user_mobile", 50, false),
    line("user_address", 50, false),
    line("user_position", 200, true),
    line("user_unit", 200, true),
    Field {
        name: "user_language",
        kind: Kind::Choice(&["ru", "kk", "ky", "hy", "be", "en"]),
        is_required: false,
    },
    line("public_key", 64, false),
    Field { name: "role", kind: Kind::Choice(ROLES), is_required: true },
    Field { name: "systems", kind: Kind::Words, is_required: false },
    Field { name: "functions", kind: Kind::Many(FUNCTIONS), is_required: false },
    line("reply_email", 200, true),
];
const FILED: &[Field] = &[Field { name: "filed", kind: Kind::Flag, is_required: false }];
const LISTED: &[Field] = &[
    Field {
        name: "request_state",
        kind: Kind::Choice(&["waiting", "granted", "refused"]),
        is_required: false,
    },
    line("before", 64, false),
];
const DECIDED: &[Field] = &[
    Field { name: "decision", kind: Kind::Choice(&["grant", "refuse"]), is_required: true },
    Field { name: "ground", kind: Kind::Line(500), is_required: false },
];

/// A request that was filed.
#[derive(Debug, Serialize, JsonSchema)]
struct Filed {
    /// Its number.
    id: String,
    /// The last day of its answer.
    due_on: String,
}

/// What a decision has issued: shown this once.
#[derive(Debug, Serialize, JsonSchema)]
struct Decided {
    /// For each user.
    issued: Vec<Issued>,
}

/// What one user was given.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct Issued {
    /// The login.
    login: String,
    /// The temporary password, for the first entry; a program has none.
    temporary_password: Option<String>,
}

async fn new(call: Call) -> Done {
    let is_filed = call.given.text("filed") == "yes";
    Answer::page(call.view.say("menu-request-file"), &(), move |view| {
        let (before, after) = NEW.split_at(NEW.len() - 3);
        let systems = html! {
            fieldset class="field" id="f-systems" {
                legend { (view.label("systems")) }
                @for (id, system) in Systems::built_in().all() {
                    label class="flag" {
                        input type="checkbox" name="systems" value=(id)
                            checked[view.given.all("systems").is_empty() || view.given.all("systems").iter().any(|given| given == id)];
                        " " (system.name.of(view.language))
                    }
                }
            }
            @for field in after { (view.field(*field)) }
        };
        html! {
            @if is_filed { div class="notice" role="status" { p { (view.say("request-filed")) } } }
            p { (view.say("request-told")) }
            (view.form_with("/console/requests/new", before, "request-send", systems))
        }
    })
}

async fn file(call: Call) -> Done {
    let given = &call.given;
    let text = |name: &str| given.text(name).to_owned();
    let some = |name: &str| Some(text(name)).filter(|text| !text.is_empty());
    let date = |name: &str| given.text(name).parse::<jiff::civil::Date>();
    let word = |name: &str| given.text(name).to_owned();
    let letter = match (some("letter_number"), date("letter_date")) {
        (Some(number), Ok(date)) => Some(Letter { number, date }),
        (Some(_), Err(_)) => return Err(Trouble::field("letter_date", "fault-missing")),
        (None, _) => None,
    };
    let request = AccessRequest {
        action: word("action").parse().map_err(Trouble::defect)?,
        reason: word("why").parse().map_err(Trouble::defect)?,
        basis: Basis {
            kind: word("basis_kind").parse().map_err(Trouble::defect)?,
            number: text("basis_number"),
            date: date("basis_date").map_err(Trouble::defect)?,
            file: None,
        },
        applicant: Applicant {
            number: text("applicant_number"),
            name: text("applicant_name"),
            region: text("applicant_region"),
            head_name: text("head_name"),
            signed_on: date("head_signed_on").ok(),
            letter,
            is_state_body: given.text("is_state_body") == "yes",
            exception_act: some("exception_act"),
        },
        users: vec![RequestedUser {
            name: text("user_name"),
            number: text("user_number"),
            login: text("user_login"),
            office: text("user_office"),
            mobile: text("user_mobile"),
            address: text("user_address"),
            position: text("user_position"),
            unit: text("user_unit"),
            language: given.text("user_language").parse().ok(),
            public_key: some("public_key"),
        }],
        role: word("role").parse().map_err(Trouble::defect)?,
        systems: given.all("systems").iter().filter(|id| !id.is_empty()).cloned().collect(),
        functions: given.all("functions").iter().filter(|id| !id.is_empty()).cloned().collect(),
        reply_email: text("reply_email"),
    };
    let sent = given.files.get("order").map(|file| SentFile { name: &file.name, bytes: &file.bytes });
    let row = match entry::file_request(call.permit()?, request, sent, &call.ctx).await {
        Ok(row) => row,
        Err(EntryError::NotInOrder(findings)) => {
            return Err(Trouble::Fields(findings.iter().map(fault_of).collect()));
        }
        Err(error) => return Err(error.into()),
    };
    let filed = Filed { id: row.id.to_string(), due_on: row.due_on.to_string() };
    Answer::done("/console/requests/new?filed=yes", &filed)
}

/// A finding at the field of the form that it is about.
fn fault_of(finding: &Finding) -> Fault {
    let path = finding.path.rsplit(']').next().unwrap_or_default().trim_start_matches('.');
    let is_of_user = finding.path.starts_with("users[");
    let field = match path {
        "basis.kind" => "basis_kind",
        "basis.number" => "basis_number",
        "basis.date" => "basis_date",
        "basis.file" => "order",
        "reason" => "why",
        "applicant.number" => "applicant_number",
        "applicant.name" => "applicant_name",
        "applicant.head_name" => "head_name",
        "applicant.signed_on" => "head_signed_on",
        "applicant.exception_act" => "exception_act",
        "name" if is_of_user => "user_name",
        "number" if is_of_user => "user_number",
        "login" if is_of_user => "user_login",
        "address" if is_of_user => "user_address",
        "position" if is_of_user => "user_position",
        "unit" if is_of_user => "user_unit",
        other => other,
    };
    let phrase = match field {
        "basis_kind" | "why" => "fault-request-reason",
        "basis_date" => "fault-request-order-age",
        "order" => "fault-request-order",
        "applicant_number" => "fault-request-applicant",
        "exception_act" => "fault-request-act",
        "user_number" => "fault-request-number",
        "user_login" => "fault-request-login",
        "user_address" => "fault-request-address",
        "systems" | "functions" => "fault-request-functions",
        "public_key" => "fault-request-key",
        "reply_email" => "fault-request-email",
        _ => "fault-missing",
    };
    Fault::new(field, phrase)
}

async fn list(call: Call) -> Done {
    let state: Option<RequestState> = match call.given.text("request_state") {
        "" => None,
        word => Some(word.parse().map_err(Trouble::defect)?),
    };
    let before = call.given.text("before").parse::<Uuid>().ok();
    let page = entry::requests(call.permit()?, state, before, &call.ctx).await?;
    let shown = page.clone();
    let chosen = call.given.text("request_state").to_owned();
    Answer::page(call.view.say("menu-request-list"), &page, move |view| {
        let rows = shown.requests.iter().map(|line| {
            vec![
                view.link(&format!("/console/requests/{}", line.id), &line.applicant),
                html! { (view.choice("action", line.action)) },
                html! { (view.choice("role", line.role.word())) },
                view.instant(line.filed_at),
                due(view, line),
                html! { (view.choice("request_state", line.state)) },
            ]
        });
        let heads = [
            "field-applicant-name",
            "field-action",
            "field-role",
            "appeal-filed",
            "request-due",
            "field-request-state",
        ];
        let next = shown.next.map(|next| format!("/console/requests?request_state={chosen}&before={next}"));
        html! {
            p {
                @for word in ["waiting", "granted", "refused"] {
                    a href={ "/console/requests?request_state=" (word) } aria-current=[(word == chosen).then_some("true")] {
                        (view.choice("request_state", word))
                    }
                    " "
                }
            }
            (view.table(&view.say("menu-request-list"), &heads, rows.collect()))
            (view.more(next))
            @if view.may("request-file") { p { (view.link("/console/requests/new", &view.say("menu-request-file"))) } }
        }
    })
}

fn due(view: &View, line: &RequestLine) -> Markup {
    html! {
        (day(view, &line.due_on.to_string()))
        @if line.is_overdue { " " (view.badge("late", &view.say("late"))) }
    }
}

async fn one(call: Call) -> Done {
    let id = id_of(&call)?;
    let found = entry::request(call.permit()?, id, &call.ctx).await?;
    let shown = found.clone();
    Answer::page(call.view.say("request-title"), &found, move |view| {
        let (line, request) = (&shown.line, &shown.request);
        let at = format!("/console/requests/{}", line.id);
        let functions: Vec<String> =
            request.functions.iter().map(|function| view.choice("functions", function)).collect();
        let basis = format!(
            "{}: № {}, {}",
            view.choice("basis_kind", request.basis.kind.word()),
            request.basis.number,
            view.date(request.basis.date)
        );
        html! {
            (view.facts(vec![
                ("field-request-state", html! { (view.choice("request_state", line.state)) }),
                ("field-action", html! { (view.choice("action", line.action)) }),
                ("field-why", html! { (view.choice("why", line.reason)) }),
                ("request-basis", html! { (basis) }),
                ("field-order", html! { @if let Some(file) = &shown.file { (view.link(&format!("{at}/file"), &file.name)) } }),
                ("field-applicant-name", html! { (request.applicant.name) ", " (request.applicant.number) }),
                ("field-head-name", html! { (request.applicant.head_name) }),
                ("field-role", html! { (view.choice("role", line.role.word())) }),
                ("field-functions", html! { (functions.join(", ")) }),
                ("field-reply-email", html! { (request.reply_email) }),
                ("request-filed-by", html! { (line.filed_by) ", " (view.instant(line.filed_at)) }),
                ("request-due", due(view, line)),
                ("request-wording", html! { (shown.wording) }),
            ]))
            @for user in &request.users {
                h2 { (user.name) }
                (view.facts(vec![
                    ("field-user-number", html! { (user.number) }),
                    ("field-user-login", html! { (user.login) }),
                    ("field-user-position", html! { (user.position) }),
                    ("field-user-unit", html! { (user.unit) }),
                    ("field-user-address", html! { (user.address) }),
                ]))
            }
            @if let Some(ground) = &shown.ground { p { (view.say("field-ground")) ": " (ground) } }
            @if line.state == "waiting" {
                h2 { (view.say("command-request-decide")) }
                p class="hint" { (view.say("function-access-note")) }
                (view.form(&format!("{at}/decide"), DECIDED, "request-decide"))
            }
        }
    })
}

async fn order(call: Call) -> Done {
    let file = entry::request_file(call.permit()?, id_of(&call)?, &call.ctx).await?;
    Ok(Answer::File { name: file.name, media: "application/octet-stream", bytes: file.bytes })
}

async fn decide(call: Call) -> Done {
    let id = id_of(&call)?;
    let ground = call.given.text("ground");
    let decision = match call.given.text("decision") {
        "grant" => Decision::Grant,
        _ if ground.is_empty() => return Err(Trouble::field("ground", "fault-missing")),
        _ => Decision::Refuse { words: ground.to_owned() },
    };
    let issued = match entry::decide_request(call.permit()?, id, &decision, &call.ctx).await {
        Ok(issued) => issued,
        Err(EntryError::Decided) => return Err(Trouble::field("decision", "fault-decided")),
        Err(EntryError::OneSelf) => return Err(Trouble::field("decision", "fault-oneself")),
        Err(error) => return Err(error.into()),
    };
    let issued: Vec<Issued> = issued
        .into_iter()
        .map(|one| Issued {
            login: one.login,
            temporary_password: one.temporary.map(|temporary| temporary.expose().clone()),
        })
        .collect();
    let model = Decided { issued: issued.clone() };
    Answer::page(call.view.say("request-decided"), &model, move |view| {
        let rows = issued.into_iter().map(|one| {
            let temporary = one.temporary_password.unwrap_or_default();
            vec![html! { code { (one.login) } }, html! { code { (temporary) } }]
        });
        html! {
            @if rows.len() > 0 {
                p { (view.say("request-issued-told")) }
                (view.table(&view.say("request-issued"), &["field-login", "request-temporary"], rows.collect()))
            }
            p { (view.link("/console/requests", &view.say("menu-request-list"))) }
        }
    })
}

fn id_of(call: &Call) -> Result<Uuid, Trouble> {
    call.segment("request").parse().map_err(|_none| Trouble::not_found())
}
