//! The first page, help, and the rules of cyber security that everybody can read (A16, A19, A42).

use super::route::{Answer, Call, Done, For, Route, Verb, handler};
use super::routes::MENU;
use crate::access::Commands;
use crate::flow::{NoticeText, notices};
use maud::html;
use schemars::{JsonSchema, schema_for};
use serde::Serialize;

pub(super) const ROUTES: &[Route] = &[
    Route {
        verb: Verb::Get,
        path: "",
        command: "home-view",
        purpose: For::Nothing,
        is_open: false,
        fields: &[],
        answer: || schema_for!(Home),
        call: handler!(home),
        again: None,
    },
    Route {
        verb: Verb::Get,
        path: "/help",
        command: "help-read",
        purpose: For::Nothing,
        is_open: true,
        fields: &[],
        answer: || schema_for!(Help),
        call: handler!(help),
        again: None,
    },
];

/// Who one is here, and what one may.
#[derive(Debug, Serialize, JsonSchema)]
struct Home {
    /// The login.
    login: String,
    /// The role.
    role: String,
    /// The state whose node this is.
    state: String,
    /// The commands of the catalogue that the account may use.
    commands: Vec<String>,
    /// What hangs on the notice board.
    notices: Vec<NoticeText>,
}

async fn home(call: Call) -> Done {
    let actor = call.actor()?;
    let may: Vec<&str> = Commands::built_in()
        .all()
        .filter(|command| command.roles.contains(&actor.role))
        .filter(|command| command.function == Commands::OWN || actor.functions.contains(command.function))
        .map(|command| command.id)
        .collect();
    let model = Home {
        login: actor.login.clone(),
        role: actor.role.word().to_owned(),
        state: call.ctx.state.to_string(),
        commands: may.iter().map(|&id| id.to_owned()).collect(),
        notices: notices(call.view.language, &call.ctx).await?,
    };
    let board = model.notices.clone();
    let pages: Vec<(&str, &str)> =
        MENU.iter().copied().filter(|(_, command)| may.contains(command)).collect();
    Answer::page(call.view.say("home"), &model, move |view| {
        html! {
            @for notice in &board {
                section class="notice" aria-label=(view.say("notice")) { p { (notice.text) } }
            }
            p { (view.say("home-told")) }
            @if pages.is_empty() { p { (view.say("home-nothing")) } }
            ul class="pages" {
                @for (to, command) in &pages {
                    li {
                        (view.link(to, &view.say(&format!("menu-{command}"))))
                        " — " (view.say(&format!("menu-{command}-told")))
                    }
                }
                @if view.may("journal-view") { li { (view.link("/console/acts?flagged=yes", &view.say("home-flagged"))) " — " (view.say("field-flagged-hint")) } }
                @if view.may("request-file") { li { (view.link("/console/requests/new", &view.say("menu-request-file"))) " — " (view.say("menu-request-file-told")) } }
            }
        }
    })
}

/// How to use the pages.
#[derive(Debug, Serialize, JsonSchema)]
struct Help {
    /// What is explained, by the keys of its phrases.
    topics: Vec<String>,
}

/// What is explained: each has a title and a text.
const TOPICS: [&str; 10] = [
    "sign-in",
    "access",
    "case",
    "workbench",
    "approval",
    "message",
    "vacancy",
    "worker",
    "trouble",
    "keyboard",
];

async fn help(call: Call) -> Done {
    let model = Help { topics: TOPICS.map(str::to_owned).to_vec() };
    Answer::page(call.view.say("help"), &model, |view| {
        html! {
            @for topic in TOPICS {
                section {
                    h2 id=(topic) { (view.say(&format!("help-{topic}"))) }
                    p { (view.say(&format!("help-{topic}-told"))) }
                }
            }
        }
    })
}
