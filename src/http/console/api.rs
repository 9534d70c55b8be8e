//! The interface for programs: the routes of the console in JSON, who calls by a signed token.

use super::field::{Fault, Field, Given, Kind};
use super::route::{Answer, Call, Trouble, Verb};
use super::routes::{allowed, find, is_path};
use super::{Console, bring, frame, gate, once, openapi};
use crate::access::{Session, Via};
use crate::base::{explain, phrases, with_causes};
use crate::flow::entry::{self as entries, EntryError};
use crate::http::problem::Problem;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, Response, StatusCode, header};
use serde_json::{Value, json};
use std::net::IpAddr;

pub(super) async fn answer(
    request: Request,
    path: &str,
    address: IpAddr,
    console: &Console,
) -> Response<Body> {
    let mut response = answered(request, path, address, console).await;
    if response.status() == StatusCode::METHOD_NOT_ALLOWED
        && let Ok(verbs) = HeaderValue::from_str(&allowed(path, true))
    {
        response.headers_mut().insert(header::ALLOW, verbs);
    }
    frame::shield(&mut response);
    response
}

async fn answered(request: Request, path: &str, address: IpAddr, console: &Console) -> Response<Body> {
    if path == "/openapi.json" {
        return told(StatusCode::OK, "application/json", &openapi::described());
    }
    let language = gate::bare_view(request.headers(), "/api/v1", console).language;
    match done(request, path, address, console).await {
        Ok(Answer::Page { status, model, .. }) => told(status, "application/json", &object(model)),
        Ok(Answer::Done { model, .. }) => told(StatusCode::OK, "application/json", &object(model)),
        Ok(Answer::Entered { .. }) => told(StatusCode::OK, "application/json", &json!({})),
        Ok(Answer::File { name: _, media, bytes }) => {
            let mut response = Response::new(Body::from(bytes));
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
            response
        }
        Err(Trouble::SignIn) => {
            let detail = "send Authorization: Bearer with a token signed by the account's key";
            Problem::new(StatusCode::UNAUTHORIZED, "http.token", "Authorization", detail).answer(language)
        }
        Err(Trouble::Fields(faults)) => {
            let known = explain("http.fields");
            let say = |fault: &Fault| {
                let told = phrases(language).say_with(fault.phrase, &[("bound", &fault.bound)]);
                json!({ "field": fault.field, "fault": fault.phrase, "text": told })
            };
            let problem = json!({
                "type": "urn:x-stazh:error:http.fields",
                "title": known.map(|known| known.cause.of(language)),
                "status": 422,
                "code": "http.fields",
                "remedy": known.map(|known| known.remedy.of(language)),
                "faults": faults.iter().map(say).collect::<Vec<_>>(),
            });
            told(StatusCode::UNPROCESSABLE_ENTITY, "application/problem+json", &problem)
        }
        Err(Trouble::Problem(problem)) => {
            if problem.status.is_server_error() {
                tracing::warn!(code = problem.code, detail = problem.detail, "a program's call failed");
            }
            problem.answer(language)
        }
    }
}

async fn done(request: Request, path: &str, address: IpAddr, console: &Console) -> Result<Answer, Trouble> {
    let ctx = &console.ctx;
    let (parts, body) = request.into_parts();
    let headers = &parts.headers;
    let verb = match parts.method {
        Method::GET => Verb::Get,
        Method::POST => Verb::Post,
        _ if is_path(path) => return Err(no_such_method()),
        _ => return Err(Trouble::not_found()),
    };
    let Some((route, segments)) = find(verb, path).filter(|(route, _)| route.is_for_programs()) else {
        return Err(if is_path(path) { no_such_method() } else { Trouble::not_found() });
    };
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = bearer.and_then(|value| value.strip_prefix("Bearer ")).ok_or(Trouble::SignIn)?;
    let session = session_of(bearer.trim(), console).await?;
    let mut given = Given::default();
    bring::pairs(parts.uri.query().unwrap_or_default().as_bytes(), &mut given)?;
    bring::flags(route.fields, &mut given);
    let mut faults = match verb {
        Verb::Get => Vec::new(),
        Verb::Post => bring::json(headers, body, route.fields, &mut given).await?,
    };
    // a form sends what was left out as an empty value; a program leaves it out
    for field in route.fields {
        let is_word = matches!(field.kind, Kind::Date | Kind::Number(_, _) | Kind::Choice(_) | Kind::Flag);
        if is_word && given.all(field.name).iter().any(String::is_empty) {
            faults.push(Fault::new(field.name, "fault-choice"));
        }
    }
    faults.extend(given.check(route.fields));
    // who may not is told so, and journalled, whatever he sent (A2)
    let permit = gate::permit(&session, route, &segments, &given, console).await?;
    if !faults.is_empty() {
        let refused = Trouble::Fields(faults);
        gate::note_outcome(route, Some(&permit), Some(refused.code()), console).await;
        return Err(refused);
    }
    let mut view = gate::bare_view(headers, "/api/v1", console);
    view.session = Some(session.clone());
    let key = headers.get("idempotency-key").map(|key| key.to_str().unwrap_or_default());
    if key.is_some_and(|key| key.is_empty() || key.len() > KEY_BYTES_MAX) {
        let told = format!("an Idempotency-Key has 1 to {KEY_BYTES_MAX} printable characters");
        let refused = Trouble::new(StatusCode::BAD_REQUEST, "http.key", told);
        gate::note_outcome(route, Some(&permit), Some(refused.code()), console).await;
        return Err(refused);
    }
    view.form_id = key.unwrap_or_default().to_owned(); // without one it is done each time
    let call = Call {
        ctx: ctx.clone(),
        permit: Some(permit.clone()),
        given,
        segments,
        address,
        agent: gate::agent(headers),
        via: Via::Api,
        view,
        is_tls: console.is_tls,
        session: Some(session.clone()),
    };
    let done = once::call(route, call).await;
    let code = done.as_ref().err().map(Trouble::code);
    gate::note_outcome(route, Some(&permit), code, console).await;
    done
}

/// Who shows this token; a token that does not hold is told by its code, as one that is not there.
async fn session_of(bearer: &str, console: &Console) -> Result<Session, Trouble> {
    let error = match entries::token_session(bearer, &console.ctx).await {
        Ok(session) => return Ok(session),
        Err(error) => error,
    };
    if matches!(error, EntryError::Token { .. } | EntryError::Blocked { .. })
        && let Some(code) = error.code()
    {
        let told = with_causes(&error);
        return Err(Trouble::Problem(Problem::new(StatusCode::UNAUTHORIZED, code, "Authorization", told)));
    }
    Err(error.into())
}

fn told(status: StatusCode, media: &'static str, model: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(model.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    response
}

/// Where there is nothing to tell, an object without anything.
fn object(model: Value) -> Value {
    if model.is_null() { json!({}) } else { model }
}

const KEY_BYTES_MAX: usize = 100;

fn no_such_method() -> Trouble {
    Trouble::new(StatusCode::METHOD_NOT_ALLOWED, "http.not_found", "this is not for this path")
}

impl Field {
    /// Its schema in the description of the interface.
    pub(super) fn schema(self) -> Value {
        let line = |max: usize| json!({ "type": "string", "maxLength": max, "pattern": LINE });
        let mut schema = match self.kind {
            Kind::Line(max) => line(max),
            Kind::Text(max) => json!({ "type": "string", "maxLength": max, "pattern": TEXT }),
            Kind::Secret => json!({ "type": "string", "maxLength": 512, "format": "password" }),
            Kind::Choice(words) => json!({ "type": "string", "enum": words }),
            Kind::Many(words) => {
                json!({ "type": "array", "items": { "type": "string", "enum": words } })
            }
            Kind::Words => json!({ "type": "array", "items": line(200) }),
            Kind::Date => json!({ "type": "string", "format": "date" }),
            Kind::Number(min, max) => json!({ "type": "integer", "minimum": min, "maximum": max }),
            Kind::Flag => json!({ "type": "boolean" }),
            Kind::File(_, _) => json!({
                "type": "object",
                "required": ["name", "base64"],
                "additionalProperties": false,
                "properties": { "name": { "type": "string" }, "base64": { "type": "string", "contentEncoding": "base64" } },
            }),
        };
        if self.is_required
            && let Value::Object(schema) = &mut schema
            && matches!(self.kind, Kind::Line(_) | Kind::Text(_))
        {
            // more than blanks
            schema.insert("minLength".to_owned(), json!(1));
            let pattern = if matches!(self.kind, Kind::Line(_)) { SAID_LINE } else { SAID_TEXT };
            schema.insert("pattern".to_owned(), json!(pattern));
        }
        schema
    }
}

/// No signs that cannot be printed; in texts of lines, line ends and tabs.
const LINE: &str = r"^[^\u0000-\u001f\u007f-\u009f]*$";
const TEXT: &str = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$";
const SAID_LINE: &str =
    r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$";
const SAID_TEXT: &str = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$";
