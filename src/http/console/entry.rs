//! Signing in and out, the first password, the rules of the day, the second factor, one's own sessions.

use super::field::{Fault, Field, Given, Kind};
use super::route::{Answer, Call, Done, For, Route, Trouble, Verb, handler};
use super::view::View;
use super::{frame, gate};
use crate::access::{First, Weakness};
use crate::base::Secret;
use crate::flow::entry as entries;
use crate::flow::entry::OwnSession;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use maud::{Markup, html};
use schemars::schema_for;
use std::collections::BTreeMap;

pub(super) const ROUTES: &[Route] = &[
    Route {
        verb: Verb::Get,
        path: "/sign-in",
        command: "session-sign-in",
        purpose: For::Nothing,
        is_open: true,
        fields: &[],
        answer: || schema_for!(()),
        call: handler!(sign_in_page),
        again: None,
    },
    Route {
        verb: Verb::Post,
        path: "/sign-in",
        command: "session-sign-in",
        purpose: For::Nothing,
        is_open: true,
        fields: SIGN_IN,
        answer: || schema_for!(()),
        call: handler!(sign_in),
        again: Some(handler!(sign_in_page)),
    },
    Route {
        verb: Verb::Post,
        path: "/sign-out",
        command: "session-sign-out",
        purpose: For::Nothing,
        is_open: false,
        fields: &[],
        answer: || schema_for!(()),
        call: handler!(sign_out),
        again: None,
    },
    Route {
        verb: Verb::Get,
        path: "/password",
        command: "password-change",
        purpose: For::Nothing,
        is_open: false,
        fields: &[],
        answer: || schema_for!(()),
        call: handler!(password_page),
        again: None,
    },
    Route {
        verb: Verb::Post,
        path: "/password",
        command: "password-change",
        purpose: For::Nothing,
        is_open: false,
        fields: PASSWORD,
        answer: || schema_for!(()),
        call: handler!(change_password),
        again: Some(handler!(password_page)),
    },
    Route {
        verb: Verb::Get,
        path: "/rules",
        command: "help-read",
        purpose: For::Nothing,
        is_open: true,
        fields: &[],
        answer: || schema_for!(()),
        call: handler!(rules_page),
        again: None,
    },
    Route {
        verb: Verb::Post,
        path: "/rules",
        command: "rules-acknowledge",
        purpose: For::Nothing,
        is_open: false,
        fields: RULES,
        answer: || schema_for!(()),
        call: handler!(acknowledge),
        again: Some(handler!(rules_page)),
    },
    Route {
        verb: Verb::Get,
        path: "/second-factor",
        command: "second-factor-set",
        purpose: For::Nothing,
        is_open: false,
        fields: &[],
        answer: || schema_for!(()),
        call: handler!(second_factor_page),
        again: None,
    },
    Route {
        verb: Verb::Post,
        path: "/second-factor",
        command: "second-factor-set",
        purpose: For::Nothing,
        is_open: false,
        fields: FACTOR_PASSWORD,
        answer: || schema_for!(()),
        call: handler!(offer_second_factor),
        again: Some(handler!(second_factor_page)),
    },
    Route {
        verb: Verb::Post,
        path: "/second-factor/code",
        command: "second-factor-set",
        purpose: For::Nothing,
        is_open: false,
        fields: FACTOR_CODE,
        answer: || schema_for!(()),
        call: handler!(set_second_factor),
        again: Some(handler!(second_factor_page)),
    },
    Route {
        verb: Verb::Get,
        path: "/sessions",
        command: "session-list",
        purpose: For::Nothing,
        is_open: false,
        fields: &[],
        answer: || schema_for!(Vec<OwnSession>),
        call: handler!(sessions),
        again: None,
    },
    Route {
        verb: Verb::Post,
        path: "/sessions/{session}/end",
        command: "session-end",
        purpose: For::Nothing,
        is_open: false,
        fields: &[],
        answer: || schema_for!(()),
        call: handler!(end_session),
        again: None,
    },
];

const SIGN_IN: &[Field] = &[
    Field { name: "login", kind: Kind::Line(64), is_required: true },
    Field { name: "password", kind: Kind::Secret, is_required: true },
    Field { name: "code", kind: Kind::Line(6), is_required: false },
    Field { name: "to", kind: Kind::Line(500), is_required: false },
    Field { name: "kept", kind: Kind::Text(200_000), is_required: false },
];
const PASSWORD: &[Field] = &[
    Field { name: "password", kind: Kind::Secret, is_required: true },
    Field { name: "new_password", kind: Kind::Secret, is_required: true },
    Field { name: "new_password_again", kind: Kind::Secret, is_required: true },
];
const RULES: &[Field] = &[
    Field { name: "read_rules", kind: Kind::Flag, is_required: true },
    Field { name: "version", kind: Kind::Line(100), is_required: true },
];
const FACTOR_PASSWORD: &[Field] = &[Field { name: "password", kind: Kind::Secret, is_required: true }];
const FACTOR_CODE: &[Field] = &[Field { name: "code", kind: Kind::Line(6), is_required: true }];

/// The page of a call by somebody who has not signed in; what he had typed goes through it.
pub(super) fn asked_to_sign_in(view: &View) -> Response<Body> {
    let body = sign_in_form(view, &view.path, &view.given);
    frame::page(view, StatusCode::UNAUTHORIZED, &view.say("sign-in"), &body)
}

fn sign_in_form(view: &View, to: &str, kept: &Given) -> Markup {
    let kept = (!kept.texts.is_empty()).then(|| serde_json::to_string(&kept.texts).unwrap_or_default());
    let more = html! {
        input type="hidden" name="to" value=(to);
        @if let Some(kept) = &kept { input type="hidden" name="kept" value=(kept); }
    };
    let (shown, _) = SIGN_IN.split_at(3);
    html! {
        @if kept.is_some() { div class="notice" { p { (view.say("sign-in-kept")) } } }
        (view.form_with("/console/sign-in", shown, "sign-in-send", more))
        p class="hint" { (view.say("sign-in-no-account")) }
    }
}

async fn sign_in_page(call: Call) -> Done {
    let kept: BTreeMap<String, Vec<String>> =
        serde_json::from_str(call.given.text("kept")).unwrap_or_default(); // what a browser changed is not kept
    let to = call.given.text("to").to_owned();
    Answer::page(call.view.say("sign-in"), &(), move |view| {
        let kept = Given { texts: kept, ..Given::default() };
        sign_in_form(view, &to, &kept)
    })
}

async fn sign_in(call: Call) -> Done {
    let given = &call.given;
    let password = Secret::new(given.text("password").to_owned());
    let code = Some(given.text("code")).filter(|code| !code.is_empty());
    let asked = entries::SignIn {
        login: given.text("login"),
        password: &password,
        code,
        address: call.address,
        agent: &call.agent,
    };
    let entered = match entries::sign_in(asked, &call.ctx).await {
        Ok(entered) => entered,
        Err(error) => return Err(refused(error, &call.view)),
    };
    let secure = if call.is_tls { "; Secure" } else { "" };
    let path = if call.is_tls { "/" } else { "/console" };
    let name = gate::session_cookie(call.is_tls);
    let token = entered.token.expose();
    let cookies = vec![format!("{name}={token}; Path={path}; HttpOnly; SameSite=Strict{secure}")];
    let to = Some(given.text("to")).filter(|to| is_ours(to)).unwrap_or("/console").to_owned();
    let kept: BTreeMap<String, Vec<String>> = serde_json::from_str(given.text("kept")).unwrap_or_default();
    let page = (!kept.is_empty()).then(|| {
        let view = View { session: Some(entered.session), ..call.view.clone() };
        (view.say("go-on"), go_on(&view, &to, &kept))
    });
    Ok(Answer::Entered { to, page, cookies })
}

/// What was typed before the session ended, to be sent now.
fn go_on(view: &View, to: &str, kept: &BTreeMap<String, Vec<String>>) -> Markup {
    html! {
        p { (view.say("go-on-told")) }
        form method="post" action=(to) {
            (view.hidden())
            @for (name, texts) in kept {
                @for text in texts { input type="hidden" name=(name) value=(text); }
            }
            dl {
                @for (name, texts) in kept {
                    div { dt { (view.label(name)) } dd { (texts.join(", ")) } }
                }
            }
            p { button type="submit" { (view.say("go-on-send")) } }
        }
    }
}

fn is_ours(to: &str) -> bool {
    to.starts_with("/console") && !to.contains(['\\', '\r', '\n']) && !to.contains("//")
}

/// What is told of a try that failed: which of login, password and code did not fit is not.
fn refused(error: entries::EntryError, view: &View) -> Trouble {
    let fault = |phrase, bound| Trouble::Fields(vec![Fault { field: "login".to_owned(), phrase, bound }]);
    match error {
        entries::EntryError::Credentials => fault("fault-sign-in", String::new()),
        entries::EntryError::CodeWanted => Trouble::field("code", "fault-code-wanted"),
        entries::EntryError::Wait { until } => {
            let local = view.zone.to_datetime(until);
            fault("fault-later", local.strftime("%H:%M:%S").to_string())
        }
        entries::EntryError::Blocked { .. } => fault("fault-blocked", String::new()),
        entries::EntryError::TemporaryOver => fault("fault-temporary-over", String::new()),
        other @ (entries::EntryError::Store(_)
        | entries::EntryError::Flow(_)
        | entries::EntryError::Seal(_)
        | entries::EntryError::Password(_)
        | entries::EntryError::Refused(_)
        | entries::EntryError::Account(_)
        | entries::EntryError::Weak(_)
        | entries::EntryError::NotInOrder(_)
        | entries::EntryError::NotThere { .. }
        | entries::EntryError::Decided
        | entries::EntryError::OneSelf
        | entries::EntryError::FactorKey
        | entries::EntryError::Token { .. }) => Trouble::from(other),
    }
}

async fn sign_out(call: Call) -> Done {
    entries::sign_out(call.session()?, &call.ctx).await?;
    let name = gate::session_cookie(call.is_tls);
    let (secure, path) = if call.is_tls { ("; Secure", "/") } else { ("", "/console") };
    let cookies = vec![format!("{name}=; Path={path}; Max-Age=0; HttpOnly; SameSite=Strict{secure}")];
    Ok(Answer::Entered { to: "/console/sign-in".to_owned(), page: None, cookies })
}

async fn password_page(call: Call) -> Done {
    let is_first = call.session()?.first.is_some();
    let shortest = call.ctx.entry.numbers.policy.password_length.count.to_string();
    Answer::page(call.view.say("password-title"), &(), move |view| {
        html! {
            @if is_first { p { (view.say("password-first")) } }
            p class="hint" { (view.say_with("password-policy", &[("count", &shortest)])) }
            (view.form("/console/password", PASSWORD, "password-send"))
        }
    })
}

async fn change_password(call: Call) -> Done {
    let secret = |name: &str| Secret::new(call.given.text(name).to_owned());
    if call.given.text("new_password") != call.given.text("new_password_again") {
        return Err(Trouble::field("new_password_again", "fault-again"));
    }
    let (old, new) = (secret("password"), secret("new_password"));
    let shortest = call.ctx.entry.numbers.policy.password_length.count;
    match entries::change_password(call.session()?, &old, &new, &call.ctx).await {
        Ok(()) => Answer::done("/console", &()),
        Err(entries::EntryError::Credentials) => Err(Trouble::field("password", "fault-old-password")),
        Err(entries::EntryError::Weak(weak)) => {
            let told = weak.into_iter().map(|weakness| {
                let bound = shortest.to_string();
                Fault { field: "new_password".to_owned(), phrase: weakness_told(weakness), bound }
            });
            Err(Trouble::Fields(told.collect()))
        }
        Err(error) => Err(error.into()),
    }
}

/// The phrase of a weakness.
fn weakness_told(weakness: Weakness) -> &'static str {
    match weakness {
        Weakness::Short => "fault-password-short",
        Weakness::Long => "fault-password-long",
        Weakness::Named => "fault-password-login",
        Weakness::Monotonous => "fault-password-monotonous",
        Weakness::Used => "fault-password-used",
    }
}

async fn rules_page(call: Call) -> Done {
    let is_to_be_read = call.session.as_ref().is_some_and(|session| session.first == Some(First::Rules));
    let of_day = call.ctx.entry.rules.clone();
    Answer::page(call.view.say("security-rules"), &(), move |view| {
        html! {
            @if let Some(rules) = &of_day {
                p { (rules.title) ", " (rules.version) ", " (view.date(rules.date)) }
            }
            @for rule in ["own-login", "password", "purpose", "export", "report", "blocked"] {
                p { (view.say(&format!("rule-{rule}"))) }
            }
            @if let (true, Some(rules)) = (is_to_be_read, &of_day) {
                @let (shown, _) = RULES.split_at(1);
                (view.form_with("/console/rules", shown, "rules-send",
                    html! { input type="hidden" name="version" value=(rules.version); }))
            }
        }
    })
}

async fn acknowledge(call: Call) -> Done {
    entries::acknowledge_rules(call.session()?, call.given.text("version"), &call.ctx).await?;
    Answer::done("/console", &())
}

async fn second_factor_page(call: Call) -> Done {
    Answer::page(call.view.say("second-factor"), &(), |view| {
        html! {
            p { (view.say("second-factor-first")) }
            (view.form("/console/second-factor", FACTOR_PASSWORD, "second-factor-draw"))
        }
    })
}

async fn offer_second_factor(call: Call) -> Done {
    let password = Secret::new(call.given.text("password").to_owned());
    let factor = match entries::offer_second_factor(call.session()?, &password, &call.ctx).await {
        Ok(factor) => factor,
        Err(entries::EntryError::Credentials) => {
            return Err(Trouble::field("password", "fault-old-password"));
        }
        Err(error) => return Err(error.into()),
    };
    let (words, login, state) = (factor.words(), call.actor()?.login.clone(), call.ctx.state.to_string());
    let uri = factor.uri(&login, &state);
    Answer::page(call.view.say("second-factor"), &(), move |view| {
        html! {
            p { (view.say("second-factor-told")) }
            (view.facts(vec![
                ("second-factor-secret", html! { code { (words.expose()) } }),
                ("second-factor-address", html! { code { (uri.expose()) } }),
            ]))
            (view.form("/console/second-factor/code", FACTOR_CODE, "second-factor-send"))
        }
    })
}

async fn set_second_factor(call: Call) -> Done {
    match entries::set_second_factor(call.session()?, call.given.text("code"), &call.ctx).await {
        Ok(()) => Answer::done("/console/sessions", &()),
        Err(entries::EntryError::Credentials) => Err(Trouble::field("code", "fault-code")),
        Err(error) => Err(error.into()),
    }
}

async fn sessions(call: Call) -> Done {
    let listed = entries::sessions_of(call.session()?, &call.ctx).await?;
    let model = listed.clone();
    Answer::page(call.view.say("own-sessions"), &model, move |view| {
        let rows = listed.into_iter().map(|session| {
            let act = if session.is_this {
                html! { (view.say("session-this")) }
            } else {
                view.button(&format!("/console/sessions/{}/end", session.id), &[], "session-end")
            };
            vec![view.instant(session.began_at), html! { (session.address) }, html! { (session.agent) }, act]
        });
        let heads = ["session-began", "session-address", "session-agent", "session-act"];
        html! {
            (view.table(&view.say("own-sessions"), &heads, rows.collect()))
            p { (view.link("/console/password", &view.say("password-title"))) }
            p { (view.link("/console/second-factor", &view.say("second-factor"))) }
        }
    })
}

async fn end_session(call: Call) -> Done {
    entries::end_session(call.session()?, call.segment("session"), &call.ctx).await?;
    Answer::done("/console/sessions", &())
}
