//! The page around every page: head, navigation, language, foot, and the headers that keep browsers safe.

use super::routes::MENU;
use super::view::View;
use crate::access::{Commands, Role};
use crate::base::Language;
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use maud::{DOCTYPE, Markup, html};

/// A whole page as it is sent.
pub(super) fn page(view: &View, status: StatusCode, title: &str, body: &Markup) -> Response<Body> {
    let markup = html! {
        (DOCTYPE)
        html lang=(view.language) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " — Stazh" }
                link rel="stylesheet" href="/console/style.css";
                link rel="icon" type="image/svg+xml" href="/console/icon.svg";
                script src="/console/small.js" defer {}
            }
            body {
                a class="skip" href="#main" { (view.say("skip")) }
                header {
                    a class="brand" href="/console" { "Stazh" }
                    @if let Some(session) = &view.session {
                        span class="who" {
                            (session.name) ", " (role_named(view, session.actor.role))
                        }
                        (view.button("/console/sign-out", &[], "sign-out"))
                    }
                    (languages(view))
                }
                @if let Some(session) = &view.session {
                    @if session.first.is_none() {
                        nav aria-label=(view.say("menu")) {
                            ul {
                                @for (to, command) in MENU.iter().filter(|(_, command)| may(session, command)) {
                                    li {
                                        a href=(to) aria-current=[view.path.starts_with(to).then_some("page")] {
                                            (view.say(&format!("menu-{command}")))
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
                main id="main" tabindex="-1" {
                    h1 { (title) }
                    (body)
                }
                footer {
                    (view.link("/console/help", &view.say("help")))
                    " · " (view.link("/console/rules", &view.say("security-rules")))
                    " · " (view.link("/console/interface", &view.say("interface-title")))
                    @if view.session.is_some() { " · " (view.link("/console/appeals/new", &view.say("report"))) }
                    @if view.session.is_some() { " · " (view.link("/console/sessions", &view.say("own-sessions"))) }
                }
            }
        }
    };
    let mut response = Response::new(Body::from(markup.into_string()));
    *response.status_mut() = status;
    guard(&mut response, "text/html; charset=utf-8");
    response
}

/// What a role is called.
pub(super) fn role_named(view: &View, role: Role) -> String {
    view.say(&format!("role-{}", role.word().replace('_', "-")))
}

/// Whether a command is open to somebody: what is not is offered nowhere.
pub(super) fn may(session: &crate::access::Session, command: &str) -> bool {
    Commands::built_in().find(command).is_ok_and(|command| {
        let is_granted =
            command.function == Commands::OWN || session.actor.functions.contains(command.function);
        command.roles.contains(&session.actor.role) && is_granted
    })
}

fn languages(view: &View) -> Markup {
    html! {
        form class="languages" method="get" action="/console/language" {
            input type="hidden" name="to" value=(view.path);
            label for="language" class="aside" { (view.say("language")) }
            select id="language" name="language" {
                @for language in Language::ALL {
                    option value=(language) lang=(language) selected[language == view.language] { (language.own_name()) }
                }
            }
            button type="submit" { (view.say("language-choose")) }
        }
    }
}

/// Headers of everything that a browser is given: nothing from elsewhere, in no frame, kept nowhere.
pub(super) fn guard(response: &mut Response<Body>, media: &'static str) {
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    shield(response);
}

/// The same for what has its media type.
pub(super) fn shield(response: &mut Response<Body>) {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
     form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
