//! Lets a call in: who calls, in which language, with which values, and whether he may; then it is done and told.

use super::field::{Fault, Field, Given, Kind};
use super::route::{Answer, Call, Done, For, Route, Trouble, Verb};
use super::routes::{allowed, find, is_path};
use super::view::View;
use super::{Console, api, bring, entry, frame, once, openapi, persons};
use crate::access::{Ask, First, Permit, Purpose, Session, Via};
use crate::base::{Code, Language, explain, with_causes};
use crate::flow::entry as entries;
use crate::http::problem::Problem;
use crate::store::Subject;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use maud::html;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

/// Everything that is answered on a connection from an address.
pub(super) fn router(console: Arc<Console>, address: IpAddr) -> Router {
    Router::new().fallback(move |request: Request| {
        let console = console.clone();
        async move {
            let mut response = answer(request, address, &console).await;
            if console.is_tls {
                // a browser that was here once does not come in the clear again
                let kept = HeaderValue::from_static("max-age=31536000");
                response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, kept);
            }
            response
        }
    })
}

async fn answer(request: Request, address: IpAddr, console: &Console) -> Response<Body> {
    let path = request.uri().path().trim_end_matches('/').to_owned();
    let address = caller(request.headers(), address, console);
    if let Some(rest) = path.strip_prefix("/api/v1") {
        return api::answer(request, rest, address, console).await;
    }
    match path.as_str() {
        "" => away("/console"),
        "/console/style.css" => asset(include_str!("assets/style.css"), "text/css; charset=utf-8"),
        "/console/small.js" => asset(include_str!("assets/small.js"), "text/javascript; charset=utf-8"),
        "/console/icon.svg" => asset(include_str!("assets/icon.svg"), "image/svg+xml"),
        "/console/openapi.json" => {
            let mut response = Response::new(Body::from(openapi::described().to_string()));
            frame::guard(&mut response, "application/json");
            response
        }
        "/console/language" => language_chosen(&request, console),
        _ => match path.strip_prefix("/console") {
            Some(rest) => page(request, rest.to_owned(), address, console).await,
            None => {
                let view = bare_view(request.headers(), "/console", console);
                told(&view, &Trouble::not_found())
            }
        },
    }
}

/// A page: the trouble of one is a page too.
async fn page(request: Request, path: String, address: IpAddr, console: &Console) -> Response<Body> {
    let query = request.uri().query().filter(|_| request.method() == Method::GET);
    let at = match query {
        Some(query) => format!("/console{path}?{query}"),
        None => format!("/console{path}"),
    };
    let mut view = bare_view(request.headers(), &at, console);
    match done(request, &path, address, &mut view, console).await {
        Ok(Answer::Page { status, title, model: _, body }) => {
            let body = body(&view);
            frame::page(&view, status, &title, &body)
        }
        Ok(Answer::Done { to, model: _ }) => away(&to),
        Ok(Answer::Entered { to, page, cookies }) => {
            let mut response = match page {
                Some((title, body)) => frame::page(&view, StatusCode::OK, &title, &body),
                None => away(&to),
            };
            for cookie in cookies {
                if let Ok(cookie) = HeaderValue::from_str(&cookie) {
                    response.headers_mut().append(header::SET_COOKIE, cookie);
                }
            }
            response
        }
        Ok(Answer::File { name, media, bytes }) => file(&name, media, bytes),
        Err(Trouble::SignIn) => entry::asked_to_sign_in(&view),
        Err(trouble @ (Trouble::Fields(_) | Trouble::Problem(_))) => {
            let mut response = told(&view, &trouble);
            if response.status() == StatusCode::METHOD_NOT_ALLOWED
                && let Ok(verbs) = HeaderValue::from_str(&allowed(&path, false))
            {
                response.headers_mut().insert(header::ALLOW, verbs);
            }
            response
        }
    }
}

async fn done(request: Request, path: &str, address: IpAddr, view: &mut View, console: &Console) -> Done {
    let ctx = &console.ctx;
    let (parts, body) = request.into_parts();
    let headers = &parts.headers;
    let verb = match parts.method {
        Method::GET | Method::HEAD => Verb::Get,
        Method::POST => Verb::Post,
        _ => return Err(no_such_method()),
    };
    if let Some(token) = cookie(headers, session_cookie(console.is_tls)) {
        view.session = entries::session_of(token, ctx).await?;
    }
    if let Some(session) = &view.session
        && cookie(headers, LANGUAGE_COOKIE).is_none()
    {
        view.language = session.language;
    }
    let Some((route, segments)) = find(verb, path) else {
        return Err(if is_path(path) { no_such_method() } else { Trouble::not_found() });
    };
    let mut given = Given::default();
    bring::pairs(parts.uri.query().unwrap_or_default().as_bytes(), &mut given)?;
    if verb == Verb::Post {
        let bytes_max =
            if view.session.is_some() { bring::BODY_BYTES_MAX } else { bring::STRANGER_BYTES_MAX };
        bring::form(headers, (body, bytes_max), &mut given).await?;
    }
    let marks = [given.texts.remove("csrf"), given.texts.remove("form_id")];
    let [csrf, form_id] = marks.map(|mark| mark.and_then(|mark| mark.into_iter().next()));
    if let Some(form_id) = form_id.filter(|id| uuid::Uuid::try_parse(id).is_ok()) {
        view.form_id = form_id;
    }
    if !route.is_open && view.session.is_none() {
        if verb == Verb::Post {
            view.given = kept(given, route.fields); // nothing typed is lost with a session
        }
        return Err(Trouble::SignIn);
    }
    if let Some(session) = &view.session
        && let Some(first) = session.first
        && !route.is_open
        && !FIRST.contains(&route.command)
    {
        let to = match first {
            First::Password => "/console/password",
            First::Rules => "/console/rules",
        };
        // it is refused, and that is journalled (A2)
        return match permit(session, route, &segments, &given, console).await {
            Err(Trouble::Problem(problem)) if problem.status.is_server_error() => {
                Err(Trouble::Problem(problem))
            }
            Ok(_) | Err(_) => Answer::done(to, &()),
        };
    }
    let mut faults = given.check(route.fields);
    if verb == Verb::Post {
        let is_ours = match &view.session {
            Some(session) => csrf.as_deref() == Some(session.csrf.as_str()),
            None => true,
        };
        if !is_same_site(headers) {
            return Err(Trouble::new(
                StatusCode::FORBIDDEN,
                "http.other_site",
                "the form is not of this site",
            ));
        }
        if !is_ours {
            faults.insert(0, Fault::new("", "fault-stale"));
        }
    }
    let permit = match (&view.session, route.is_open) {
        (Some(session), false) => Some(permit(session, route, &segments, &given, console).await?),
        (Some(_) | None, _) => None,
    };
    view.given = given.clone();
    let call = Call {
        ctx: ctx.clone(),
        session: view.session.clone(),
        permit,
        given,
        segments,
        address,
        agent: agent(headers),
        via: Via::Console,
        view: view.clone(),
        is_tls: console.is_tls,
    };
    let again = call.again(route);
    let permit = call.permit.clone();
    let outcome =
        if faults.is_empty() { once::call(route, call).await } else { Err(Trouble::Fields(faults)) };
    let code = outcome.as_ref().err().map(Trouble::code);
    note_outcome(route, permit.as_ref(), code, console).await;
    match outcome {
        Err(Trouble::Fields(faults)) => match again {
            Some((handler, mut call)) => {
                view.faults.clone_from(&faults);
                call.view.faults = faults;
                let answer = handler(call).await?;
                Ok(match answer {
                    Answer::Page { title, model, body, status: _ } => {
                        Answer::Page { status: StatusCode::UNPROCESSABLE_ENTITY, title, model, body }
                    }
                    other @ (Answer::Done { .. } | Answer::Entered { .. } | Answer::File { .. }) => other,
                })
            }
            None => Err(Trouble::Fields(faults)),
        },
        Err(Trouble::Problem(problem)) => {
            if problem.status == StatusCode::NOT_FOUND && !route.is_open {
                // a forged id is worth a line
                if let Some(session) = &view.session {
                    tracing::info!(
                        login = session.actor.login,
                        command = route.command,
                        "nothing of this id"
                    );
                }
            }
            Err(Trouble::Problem(problem))
        }
        other @ (Ok(_) | Err(Trouble::SignIn)) => other,
    }
}

impl Call {
    /// The page that shows the form of this call again, with the same values.
    fn again(&self, route: &Route) -> Option<(super::route::Handler, Self)> {
        let handler = route.again?;
        let call = Self {
            ctx: self.ctx.clone(),
            session: self.session.clone(),
            permit: self.permit.clone(),
            given: self.given.clone(),
            segments: self.segments.clone(),
            address: self.address,
            agent: self.agent.clone(),
            via: self.via,
            view: self.view.clone(),
            is_tls: self.is_tls,
        };
        Some((handler, call))
    }
}

/// Asks for leave, which is journalled either way (A2).
pub(super) async fn permit(
    session: &Session,
    route: &Route,
    segments: &BTreeMap<String, String>,
    given: &Given,
    console: &Console,
) -> Result<Permit, Trouble> {
    let object: Vec<String> = segments.iter().map(|(name, value)| format!("{name}:{value}")).collect();
    let object = object.join(" ");
    let purpose = match route.purpose {
        For::Nothing => None,
        For::Case(segment) => {
            segments.get(segment).map(|case| Purpose { code: "case".to_owned(), case: case.clone() })
        }
        For::Named(code, segment) => {
            let about = segments.get(segment).map_or("new", |value| value.as_str());
            Some(Purpose { code: code.to_owned(), case: about.to_owned() })
        }
        For::Asked => {
            Some(Purpose { code: given.text("purpose").to_owned(), case: given.text("reason").to_owned() })
        }
        For::Resolving => Some(given.text("resolves").trim().to_owned())
            .filter(|number| !number.is_empty())
            .map(|case| Purpose { code: "maintenance".to_owned(), case }),
    };
    let at = console.ctx.clock.now();
    let ask = Ask { command: route.command, object: &object, purpose: purpose.as_ref(), at };
    let subject = match segments.get("worker") {
        Some(worker) => worker.parse().ok().map(Subject::of),
        None => persons::subject_of(route.command, given, &console.ctx)?,
    };
    Ok(entries::permit_at(&session.actor, ask, (subject.as_ref(), route.stage()), &console.ctx).await?)
}

/// Journals what came of a posted act that there was leave for; if it cannot be, that it was asked for stands there.
pub(super) async fn note_outcome(
    route: &Route,
    permit: Option<&Permit>,
    code: Option<Code>,
    console: &Console,
) {
    let (Verb::Post, Some(permit)) = (route.verb, permit) else { return };
    if let Err(error) = entries::note_outcome(permit, code, &console.ctx).await {
        tracing::error!(command = route.command, error = %with_causes(&error), "the outcome of an act is not journalled");
    }
}

/// What was typed, but for secrets and files: it goes through the page of signing in and comes back.
fn kept(given: Given, fields: &[Field]) -> Given {
    let is_kept = |name: &str| {
        fields
            .iter()
            .any(|field| field.name == name && !matches!(field.kind, Kind::Secret | Kind::File(_, _)))
    };
    Given { texts: given.texts.into_iter().filter(|(name, _)| is_kept(name)).collect(), ..Given::default() }
}

/// A trouble as a page.
pub(super) fn told(view: &View, trouble: &Trouble) -> Response<Body> {
    match trouble {
        Trouble::SignIn => entry::asked_to_sign_in(view),
        Trouble::Fields(faults) => {
            let view = View { faults: faults.clone(), ..view.clone() };
            let body = view.faults_told();
            frame::page(&view, StatusCode::UNPROCESSABLE_ENTITY, &view.say("trouble-fields"), &body)
        }
        Trouble::Problem(Problem { status, code, detail, place: _ }) => {
            if status.is_server_error() {
                tracing::warn!(code, detail, "a page could not be shown");
            }
            let known = explain(code);
            let title = match *status {
                StatusCode::NOT_FOUND => view.say("trouble-not-found"),
                StatusCode::FORBIDDEN => view.say("trouble-forbidden"),
                _ => view.say("trouble"),
            };
            let body = html! {
                @if let Some(known) = known {
                    p { (known.cause.of(view.language)) }
                    p { strong { (view.say("trouble-remedy")) } " " (known.remedy.of(view.language)) }
                }
                p class="hint" { (view.say("trouble-code")) " " code { (code) } }
                p { (view.link("/console", &view.say("to-home"))) }
            };
            frame::page(view, *status, &title, &body)
        }
    }
}

/// To another page, by a fresh request (RFC 9110, 303).
pub(super) fn away(to: &str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let to = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/console"));
    response.headers_mut().insert(header::LOCATION, to);
    frame::guard(&mut response, "text/plain; charset=utf-8");
    response
}

fn file(name: &str, media: &'static str, bytes: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::from(bytes));
    frame::guard(&mut response, media);
    let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect();
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

fn asset(text: &'static str, media: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=300"));
    frame::guard(&mut response, media);
    response
}

/// The language that a reader chooses stands in a cookie: it holds for those too who have not signed in.
fn language_chosen(request: &Request, console: &Console) -> Response<Body> {
    let mut given = Given::default();
    let query = request.uri().query().unwrap_or_default();
    let to = match bring::pairs(query.as_bytes(), &mut given) {
        Ok(()) => given.text("to"),
        Err(_too_much) => "",
    };
    let is_ours = to.starts_with("/console") && !to.contains(['\\', '\r', '\n']) && !to.contains("//");
    let mut response = away(if is_ours { to } else { "/console" });
    if let Ok(language) = given.text("language").parse::<Language>() {
        let secure = if console.is_tls { "; Secure" } else { "" };
        let cookie =
            format!("{LANGUAGE_COOKIE}={language}; Path=/console; Max-Age=31536000; SameSite=Lax{secure}");
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    response
}

pub(super) fn bare_view(headers: &HeaderMap, path: &str, console: &Console) -> View {
    let chosen = cookie(headers, LANGUAGE_COOKIE).and_then(|code| code.parse().ok());
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|wanted| wanted.to_str().ok());
    let language = chosen.or_else(|| accepted.and_then(Language::accepted)).unwrap_or(Language::Ru);
    let now = console.ctx.clock.now();
    View {
        language,
        zone: console.plan.zone.clone(),
        session: None,
        path: path.to_owned(),
        given: Given::default(),
        faults: Vec::new(),
        form_id: console.ctx.random.id(now).to_string(),
    }
}

pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(';')).find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then_some(value)
    })
}

/// A browser says where a form comes from; one that does not is let through, since each form bears a mark besides.
fn is_same_site(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let is_own_origin = || {
        let (Some(origin), Some(host)) = (text("origin"), text("host")) else { return true };
        origin.split_once("://").is_some_and(|(_, of)| of == host)
    };
    match text("sec-fetch-site") {
        Some(site) => site == "same-origin" || site == "none",
        None => is_own_origin(),
    }
}

pub(super) fn agent(headers: &HeaderMap) -> String {
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    agent.chars().take(200).collect()
}

pub(super) fn caller(headers: &HeaderMap, address: IpAddr, console: &Console) -> IpAddr {
    let told = console.plan.caller_header.as_ref().and_then(|name| headers.get(name));
    let told = told.and_then(|told| told.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
    told.unwrap_or(address)
}

fn no_such_method() -> Trouble {
    Trouble::new(StatusCode::METHOD_NOT_ALLOWED, "http.not_found", "this is not for this path")
}

/// What the browser holds a session by; bound to TLS where there is TLS.
pub(super) fn session_cookie(is_tls: bool) -> &'static str {
    if is_tls { "__Host-stazh" } else { "stazh" }
}

const LANGUAGE_COOKIE: &str = "stazh-language";
/// What is open while a registration is not complete.
const FIRST: [&str; 3] = ["session-sign-out", "password-change", "rules-acknowledge"];
