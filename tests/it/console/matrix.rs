//! Every route and every role: allowed or refused exactly as `schemas/access/commands.toml` says, and each time one act is
//! journalled (A2, A39).

use crate::people::{Caller, House, Told, account, told};
use reqwest::{Method, StatusCode};
use stazh::access::{Commands, Role, Standing};
use stazh::http::{ConsoleRoute, console_routes};
use stazh::store::Act;

/// The path of a route with something in its braces, of which there is nothing.
fn path_of(route: &ConsoleRoute) -> String {
    let segments = route.path.split('/');
    let path = segments.map(|segment| if segment.starts_with('{') { "none-there" } else { segment });
    let path = path.collect::<Vec<_>>().join("/");
    // purpose and reason are given where they are asked for: this is about who may, not about what for
    let is_asked = route.is_asked && route.verb == "GET";
    if is_asked { format!("{path}?purpose=case&reason=KZ-1") } else { path }
}

async fn call(route: &ConsoleRoute, caller: &Caller) -> Told {
    let path = format!("/console{}", path_of(route));
    match route.verb {
        "GET" => caller.get(&path).await,
        _ if route.is_asked => caller.post(&path, &[("purpose", "case"), ("reason", "KZ-1")]).await,
        _ => caller.post(&path, &[]).await,
    }
}

/// The acts that are new since so many.
async fn since(house: &House, login: &str, count: usize) -> Vec<Act> {
    let mut acts = house.acts_of(login).await;
    acts.truncate(acts.len() - count);
    acts
}

#[tokio::test(flavor = "multi_thread")]
async fn a39_each_role_may_what_the_catalogue_says_and_each_act_is_journalled_once() {
    let house = House::open().await;
    let routes: Vec<_> = console_routes().into_iter().filter(|route| !route.is_open).collect();
    assert!(routes.len() > 10);
    let mut wrong = Vec::new();
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Integration) {
        let login = format!("a.{}", role.word().replace('_', "-"));
        house.employ(&login, role).await;
        let callers = house.let_in_often(&login, routes.len()).await;
        for (route, caller) in routes.iter().zip(callers) {
            let command = Commands::built_in().find(route.command).unwrap();
            let count = house.acts_of(&login).await.len();
            let answer = call(route, &caller).await;
            let acts = since(&house, &login, count).await;
            let may = command.roles.contains(&role);
            let is_refused = answer.status == StatusCode::FORBIDDEN;
            let wanted = if may { None } else { Some("access.role") };
            // a value that does not fit, or nothing of this id, is told after the leave
            let is_journalled = acts.iter().any(|act| {
                act.command == route.command && act.code.as_deref() == wanted && act.via == "console"
            });
            // what is posted has an outcome beside the leave to do it
            let is_posted = may && route.verb == "POST";
            let is_whole = acts.len() == if is_posted { 2 } else { 1 };
            let has_stages = !is_posted
                || (acts.iter().any(|act| act.stage.as_deref() == Some("asked"))
                    && acts.iter().any(|act| {
                        ["failed", "done", "waiting"].contains(&act.stage.as_deref().unwrap_or_default())
                    }));
            if is_refused == may
                || answer.status.is_server_error()
                || !is_journalled
                || !is_whole
                || !has_stages
            {
                let acts: Vec<_> = acts.iter().map(|act| (&act.command, &act.code)).collect();
                wrong.push(format!("{role} {} {}: {} {acts:?}", route.verb, route.path, answer.status));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A10: a role is not enough; a request must have granted the function.
#[tokio::test(flavor = "multi_thread")]
async fn a10_what_was_not_granted_is_refused() {
    let house = House::open().await;
    let routes = console_routes();
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Integration) {
        let login = format!("b.{}", role.word().replace('_', "-"));
        let mut row = account(&login, role);
        row.details.functions.clear();
        house.employ_as(row).await;
        let caller = house.let_in(&login).await;
        for route in routes.iter().filter(|route| !route.is_open) {
            let command = Commands::built_in().find(route.command).unwrap();
            if command.function == Commands::OWN || !command.roles.contains(&role) {
                continue;
            }
            let answer = call(route, &caller).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{role} {} {}", route.verb, route.path);
            let act = house.acts_of(&login).await.remove(0);
            assert_eq!((act.command.as_str(), act.code.as_deref()), (route.command, Some("access.function")));
        }
    }
}

/// A27: nothing but signing in and help is open to those who have no session.
#[tokio::test(flavor = "multi_thread")]
async fn a27_a_stranger_is_asked_to_sign_in() {
    let house = House::open().await;
    let stranger = house.stranger();
    let forged = Caller { token: "AAAA".to_owned(), ..stranger.clone() };
    for route in console_routes() {
        for caller in [&stranger, &forged] {
            let answer = call(&route, caller).await;
            let place = format!("{} {}: {}", route.verb, route.path, answer.status);
            assert_eq!(answer.status == StatusCode::UNAUTHORIZED, !route.is_open, "{place}");
            assert!(!answer.status.is_server_error(), "{place}");
            assert_eq!(answer.header("set-cookie"), "", "{place}");
        }
        if route.is_for_programs {
            let url = format!("{}/api/v1{}", house.url, path_of(&route));
            let method: Method = route.verb.parse().unwrap();
            let answer = told(crate::people::CLIENT.request(method, url)).await;
            assert_eq!((answer.status, answer.code().as_str()), (StatusCode::UNAUTHORIZED, "http.token"));
        }
    }
    let opened = ["/console", "/console/help", "/console/rules", "/console/sign-in"];
    for path in opened {
        let wanted = if path == "/console" { StatusCode::UNAUTHORIZED } else { StatusCode::OK };
        assert_eq!(stranger.get(path).await.status, wanted, "{path}");
    }
}

/// A30: a temporary password opens the change of it and nothing else, and what was tried is journalled.
#[tokio::test(flavor = "multi_thread")]
async fn a30_a_temporary_password_opens_the_change_form_alone() {
    let house = House::open().await;
    let mut row = account("a.new", Role::SystemAdministrator);
    row.standing = Standing::Entered;
    house.employ_as(row).await;
    let routes = console_routes();
    let callers = house.let_in_often("a.new", routes.len()).await;
    for (route, caller) in routes.iter().zip(callers).filter(|(route, _)| !route.is_open) {
        let place = format!("{} {}", route.verb, route.path);
        let answer = call(route, &caller).await;
        match route.command {
            "password-change" => assert_ne!(answer.status, StatusCode::SEE_OTHER, "{place}"),
            "session-sign-out" => assert_eq!(answer.header("location"), "/console/sign-in", "{place}"),
            "rules-acknowledge" => {}
            _ => {
                let to = answer.header("location");
                assert_eq!((answer.status, to), (StatusCode::SEE_OTHER, "/console/password"), "{place}");
                let act = house.acts_of("a.new").await.remove(0);
                assert_eq!(act.command, route.command, "{place}");
                assert!(
                    ["access.incomplete", "access.role"].contains(&act.code.as_deref().unwrap()),
                    "{place}"
                );
            }
        }
    }
}

/// A40: a program may what its role may, by a token of its own.
#[tokio::test(flavor = "multi_thread")]
async fn a40_a_program_may_what_the_catalogue_says() {
    let house = House::open().await;
    let program = house.employ_program("x.funds").await;
    for route in console_routes().iter().filter(|route| route.is_for_programs) {
        let command = Commands::built_in().find(route.command).unwrap();
        let count = house.acts_of("x.funds").await.len();
        let answer = match route.verb {
            "GET" => told(program.call(Method::GET, &path_of(route))).await,
            _ => {
                let asked = r#"{"purpose":"case","reason":"KZ-1"}"#;
                program.json(&path_of(route), if route.is_asked { asked } else { "{}" }).await
            }
        };
        let place = format!("{} {}: {} {}", route.verb, route.path, answer.status, answer.text);
        let may = command.roles.contains(&Role::Integration);
        assert_eq!(answer.status == StatusCode::FORBIDDEN, !may, "{place}");
        assert!(!answer.status.is_server_error(), "{place}");
        let acts = since(&house, "x.funds", count).await;
        assert_eq!(acts.len(), if may && route.verb == "POST" { 2 } else { 1 }, "{place}");
        let leave = acts.last().unwrap();
        assert_eq!((leave.command.as_str(), leave.via.as_str()), (route.command, "api"), "{place}");
        assert_eq!(leave.code.is_none(), may, "{place}");
    }
}
