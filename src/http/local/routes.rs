//! What may be called, each as `schemas/local-api.json` describes it.

use super::{LocalDoor, Shown};
use crate::base::{ConversationId, Language, from_json};
use crate::exchange::canonical::Inquiry;
use crate::exchange::rules::Carries;
use crate::exchange::seal::sha256;
use crate::exchange::wire::Came;
use crate::flow::{
    Asked, Begin, Composed, HandedPage, KeptRows, Opening, acknowledge_handed_over, begin_once,
    conversation_of, handed_over, keep_rows,
};
use crate::http::body::{Unread, read_body};
use crate::http::problem::Problem;
use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, header};
use axum::routing::{MethodRouter, get, post, put};
use bytes::Bytes;
use http_body_util::BodyExt;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

type Door = State<Arc<LocalDoor>>;
type Done = Result<Response<Body>, Problem>;

/// Every call there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    Inquiries,
    Records,
    HandedOver,
    Acknowledged,
    Conversation,
    Description,
}

impl Route {
    pub(super) const ALL: [Self; 6] = [
        Self::Inquiries,
        Self::Records,
        Self::HandedOver,
        Self::Acknowledged,
        Self::Conversation,
        Self::Description,
    ];

    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Inquiries => "/local/v1/inquiries",
            Self::Records => "/local/v1/records/{file}",
            Self::HandedOver => "/local/v1/handed-over",
            Self::Acknowledged => "/local/v1/handed-over/acknowledged",
            Self::Conversation => "/local/v1/conversations/{conversation}",
            Self::Description => "/local/v1/openapi.json",
        }
    }

    fn call(self) -> MethodRouter<Arc<LocalDoor>> {
        match self {
            Self::Inquiries => post(ask),
            Self::Records => put(bring).post(bring),
            Self::HandedOver => get(fetch),
            Self::Acknowledged => post(acknowledge),
            Self::Conversation => get(follow),
            Self::Description => get(describe),
        }
    }
}

pub(super) fn router(door: Arc<LocalDoor>) -> Router {
    let nothing = || async { Problem::new(StatusCode::NOT_FOUND, "http.not_found", "the path", NO_PATH) };
    let mut router = Router::new();
    for route in Route::ALL {
        router = router.route(route.path(), route.call());
    }
    let missing = async move |headers: HeaderMap| nothing().await.answer(language(&headers));
    let refused = async |method: Method, headers: HeaderMap| {
        let told = format!("{method} is not for this path");
        let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "http.not_found", "the method", told);
        problem.answer(language(&headers))
    };
    router.fallback(missing).method_not_allowed_fallback(refused).with_state(door)
}

/// Lets a caller in, does his call, and tells him in his language what is wrong with it.
async fn admitted(
    door: &LocalDoor,
    (headers, shown): (&HeaderMap, &Shown),
    call: impl Future<Output = Done>,
) -> Response<Body> {
    let done = match door.admit(headers, shown) {
        Ok(()) => call.await,
        Err(problem) => Err(problem),
    };
    done.unwrap_or_else(|problem| {
        if problem.status.is_server_error() {
            tracing::warn!(code = problem.code, detail = problem.detail, "a call of the local system failed");
        }
        problem.answer(language(headers))
    })
}

/// An inquiry: what is sent is sealed and stored before this is answered.
async fn ask(State(door): Door, Extension(shown): Extension<Shown>, request: Request) -> Response<Body> {
    let headers = request.headers().clone();
    let call = async {
        let key = key_of(&headers)?;
        let body = json_body(request, INQUIRY_BYTES_MAX, &door).await?;
        let inquiry: Inquiry = read(&body)?;
        let ctx = &door.ctx;
        let (_process, transaction) =
            ctx.catalogue.beginning_with(Carries::Inquiry).map_err(|error| Problem::of(&error.into()))?;
        let (opening, to) = (Opening::Inquiry(&inquiry), inquiry.asked);
        let what = Begin { opening, to, transaction: &transaction.code, within: None, refers_to: None };
        let asked = begin_once(what, (&key, sha256(&body)), ctx).await;
        match asked.map_err(|error| Problem::of(&error))? {
            Asked::First(composed) => Ok(begun(&composed, false)),
            Asked::Again(composed) => Ok(begun(&composed, true)),
            Asked::OtherBody => {
                let told = "something else was asked under this key; take a new key for a new inquiry";
                Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "http.key_reused", KEY, told))
            }
        }
    };
    admitted(&door, (&headers, &shown), call).await
}

/// Local rows: a whole file of a form that a profile describes. It takes the place of the file of its name.
async fn bring(
    State(door): Door,
    Extension(shown): Extension<Shown>,
    Path(file): Path<String>,
    request: Request,
) -> Response<Body> {
    let headers = request.headers().clone();
    let call = async {
        let bytes_max = door.ctx.limits.body_bytes_max.min(door.ctx.limits.local_bytes_max);
        let bytes = body(request, bytes_max, &door).await?;
        let kept = keep_rows(file.clone(), bytes.into(), &door.ctx).await;
        let KeptRows { rows, findings } = kept.map_err(|error| Problem::of(&error))?;
        let more = findings.len().saturating_sub(FINDINGS_MAX);
        let findings: Vec<_> = findings.into_iter().take(FINDINGS_MAX).collect();
        let told = json!({ "file": file, "rows": rows, "findings": findings, "findings_more": more });
        Ok(answer(StatusCode::OK, &told))
    };
    admitted(&door, (&headers, &shown), call).await
}

/// What the query of a pull may say.
#[derive(Debug, Default, PartialEq, Eq)]
struct Pull {
    after: Option<i64>,
    limit: Option<u32>,
}

impl Pull {
    fn parse(query: &str) -> Result<Self, Problem> {
        let wrong = |place: &str| {
            let told = "write after=NUMBER and limit=NUMBER, each once, or leave them out";
            Problem::new(StatusCode::BAD_REQUEST, "http.query", place, told)
        };
        let mut pull = Self::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("after", value)) if pull.after.is_none() => {
                    let after = value.parse().ok().filter(|after| *after >= 0);
                    pull.after = Some(after.ok_or_else(|| wrong("after"))?);
                }
                Some(("limit", value)) if pull.limit.is_none() => {
                    let limit = value.parse().ok().filter(|limit| (1..=PAGE_MAX).contains(limit));
                    pull.limit = Some(limit.ok_or_else(|| wrong("limit"))?);
                }
                Some(_) | None => return Err(wrong("the query")),
            }
        }
        Ok(pull)
    }
}

#[derive(Serialize)]
struct Item<'a> {
    cursor: i64,
    document_id: String,
    handed_over_at: String,
    record: Option<&'a serde_json::value::RawValue>,
}

#[derive(Serialize)]
struct Page<'a> {
    items: Vec<Item<'a>>,
    next: i64,
    has_more: bool,
}

/// What was handed over, in order: again and again, until it is acknowledged or asked for from further on.
async fn fetch(
    State(door): Door,
    Extension(shown): Extension<Shown>,
    uri: Uri,
    headers: HeaderMap,
) -> Response<Body> {
    let call = async {
        let Pull { after, limit } = Pull::parse(uri.query().unwrap_or_default())?;
        let page = handed_over(after, (limit.unwrap_or(PAGE_DEFAULT), PAGE_BYTES), &door.ctx).await;
        let HandedPage { items, next, has_more } = page.map_err(|error| Problem::of(&error))?;
        let mut told = Vec::with_capacity(items.len());
        for item in &items {
            let record =
                item.record.as_deref().map(serde_json::from_slice).transpose().map_err(|_spoilt| {
                    let file = format!("the file of document {} is no JSON any more", item.over.document_id);
                    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "http.spoilt", "handed-over", file)
                })?;
            told.push(Item {
                cursor: item.over.number,
                document_id: item.over.document_id.as_uuid().to_string(),
                handed_over_at: item.over.at.to_string(),
                record,
            });
        }
        let page = serde_json::to_string(&Page { items: told, next, has_more });
        Ok(json_answer(StatusCode::OK, page.unwrap_or_default())) // texts and numbers
    };
    admitted(&door, (&headers, &shown), call).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Acknowledged {
    cursor: i64,
}

async fn acknowledge(
    State(door): Door,
    Extension(shown): Extension<Shown>,
    request: Request,
) -> Response<Body> {
    let headers = request.headers().clone();
    let call = async {
        let Acknowledged { cursor } = read(&json_body(request, SMALL_BYTES_MAX, &door).await?)?;
        let is_there = acknowledge_handed_over(cursor, &door.ctx).await;
        if is_there.map_err(|error| Problem::of(&error))? {
            return Ok(answer(StatusCode::OK, &json!({ "cursor": cursor })));
        }
        let told = "no record has this cursor; acknowledge one that a page showed";
        Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "http.cursor", "/cursor", told))
    };
    admitted(&door, (&headers, &shown), call).await
}

async fn follow(
    State(door): Door,
    Extension(shown): Extension<Shown>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response<Body> {
    let call = async {
        let nothing = |told| Problem::new(StatusCode::NOT_FOUND, "http.not_found", "conversation", told);
        let id: ConversationId = id.parse().map_err(|_no_id| nothing("it is no id of a conversation"))?;
        let found = conversation_of(id, &door.ctx).await.map_err(|error| Problem::of(&error))?;
        let found = found.ok_or_else(|| nothing("there is no such conversation"))?;
        let document = found.request_document_id.map(|id| id.as_uuid().to_string());
        let told = json!({
            "conversation_id": found.id.as_uuid().to_string(),
            "peer": found.peer,
            "process": found.process,
            "transaction": found.transaction,
            "document_id": document,
            "state": found.state.as_str(),
            "step": found.step,
            "outcome": found.outcome,
            "started_at": found.started_at.to_string(),
            "finished_at": found.finished_at.map(|at| at.to_string()),
        });
        Ok(answer(StatusCode::OK, &told))
    };
    admitted(&door, (&headers, &shown), call).await
}

async fn describe(
    State(door): Door,
    Extension(shown): Extension<Shown>,
    headers: HeaderMap,
) -> Response<Body> {
    let call = async { Ok(json_answer(StatusCode::OK, DESCRIPTION.to_owned())) };
    admitted(&door, (&headers, &shown), call).await
}

/// The key of a request: a structured string, or bare.
fn key_of(headers: &HeaderMap) -> Result<String, Problem> {
    let wrong = |told| Problem::new(StatusCode::BAD_REQUEST, "http.key", KEY, told);
    let mut values = headers.get_all(KEY).iter();
    let value = values.next().ok_or_else(|| wrong("send one, such as a new UUID for each inquiry"))?;
    let value = value.to_str().unwrap_or_default();
    let bare = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
    let is_fit =
        (1..=KEY_CHARS_MAX).contains(&bare.len()) && bare.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_fit || bare.contains(['"', '\\']) || values.next().is_some() {
        return Err(wrong("send one of 1 to 200 visible ASCII characters, without quotes inside"));
    }
    Ok(bare.to_owned())
}

async fn json_body(request: Request, bytes_max: usize, door: &LocalDoor) -> Result<Bytes, Problem> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.map(|kind| kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
    if kind.as_deref() != Some("application/json") {
        let told = "send application/json";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "http.body", "Content-Type", told));
    }
    body(request, bytes_max, door).await
}

async fn body(request: Request, bytes_max: usize, door: &LocalDoor) -> Result<Bytes, Problem> {
    let problem = |status, told: String| Problem::new(status, "http.body", "the body", told);
    let announced =
        request.headers().get(header::CONTENT_LENGTH).and_then(|it| it.to_str().ok()?.parse().ok());
    if announced.is_some_and(|announced: usize| announced > bytes_max) {
        let stall = Duration::from_millis(door.ctx.limits.body_stall_ms);
        let _ = tokio::time::timeout(stall, drain(request.into_body())).await; // as far as it comes
        return Err(problem(StatusCode::PAYLOAD_TOO_LARGE, format!("it has more than {bytes_max} bytes")));
    }
    let read = read_body(request, (bytes_max, false), &door.share, &door.ctx).await;
    match read.map(|(arrived, _held)| arrived.came) {
        Ok(Came::Whole(bytes)) => Ok(bytes),
        Ok(Came::TooLarge { .. }) => {
            Err(problem(StatusCode::PAYLOAD_TOO_LARGE, format!("it has more than {bytes_max} bytes")))
        }
        Ok(Came::TooSlow { .. }) => {
            Err(problem(StatusCode::REQUEST_TIMEOUT, "it comes too slowly".to_owned()))
        }
        Ok(Came::UnknownCoding { .. }) => {
            Err(problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, "send it as it is, or by gzip".to_owned()))
        }
        Ok(Came::Broken { .. } | Came::Spoilt { .. } | Came::Unpackable { .. }) => {
            Err(problem(StatusCode::BAD_REQUEST, "it breaks off, or its gzip is spoilt".to_owned()))
        }
        Err(Unread::Busy | Unread::Unkept(_)) => {
            let told = "other bodies take all memory for it; call again";
            Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "http.later", "the body", told))
        }
    }
}

/// Reads some of a body that is not taken: a caller whose sending breaks off would not hear why.
async fn drain(mut body: Body) {
    let mut left = DRAINED_BYTES_MAX;
    while let Some(Ok(frame)) = body.frame().await {
        left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
        if left == 0 {
            return;
        }
    }
}

fn read<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    from_json(body).map_err(|fault| {
        let place = format!("line {}, column {}", fault.line, fault.column);
        Problem::new(StatusCode::BAD_REQUEST, "http.not_json", &place, fault.what)
    })
}

fn begun(composed: &Composed, is_repeat: bool) -> Response<Body> {
    let conversation = composed.conversation_id.as_uuid();
    let told = json!({
        "conversation_id": conversation.to_string(),
        "document_id": composed.document_id.as_uuid().to_string(),
        "procedure_id": composed.procedure_id.to_string(),
    });
    let mut response = answer(StatusCode::ACCEPTED, &told);
    let place = HeaderValue::from_str(&format!("/local/v1/conversations/{conversation}"));
    response.headers_mut().extend(place.ok().map(|place| (header::LOCATION, place)));
    if is_repeat {
        response.headers_mut().insert("Idempotency-Replayed", HeaderValue::from_static("true"));
    }
    response
}

fn answer(status: StatusCode, told: &serde_json::Value) -> Response<Body> {
    json_answer(status, told.to_string())
}

fn json_answer(status: StatusCode, text: String) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn language(headers: &HeaderMap) -> Language {
    let wanted = headers.get(header::ACCEPT_LANGUAGE).and_then(|wanted| wanted.to_str().ok());
    wanted.and_then(Language::accepted).unwrap_or_default()
}

const DESCRIPTION: &str = include_str!("../../../schemas/local-api.json");
const KEY: &str = "Idempotency-Key";
const KEY_CHARS_MAX: usize = 200;
const NO_PATH: &str = "there is nothing here; /local/v1/openapi.json tells what there is";
const INQUIRY_BYTES_MAX: usize = 1024 * 1024;
const DRAINED_BYTES_MAX: usize = 16 * 1024 * 1024;
const SMALL_BYTES_MAX: usize = 64 * 1024;
const FINDINGS_MAX: usize = 100;
const PAGE_DEFAULT: u32 = 50;
const PAGE_MAX: u32 = 500;
/// A page ends with the record that goes beyond this.
const PAGE_BYTES: usize = 8 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_names_every_call_and_no_other() {
        let description: serde_json::Value = serde_json::from_str(DESCRIPTION).unwrap();
        let paths = description["paths"].as_object().unwrap();
        let told: Vec<&str> = paths.keys().map(String::as_str).collect();
        assert_eq!(told, Route::ALL.map(Route::path));
    }

    #[test]
    fn a_query_says_what_it_may_and_each_thing_once() {
        let pull = |query| Pull::parse(query).map_err(|problem| problem.place);
        assert_eq!(pull(""), Ok(Pull::default()));
        assert_eq!(pull("after=7&limit=500"), Ok(Pull { after: Some(7), limit: Some(500) }));
        for (query, place) in [
            ("after=", "after"),
            ("after=-1", "after"),
            ("after=99999999999999999999", "after"),
            ("limit=0", "limit"),
            ("limit=501", "limit"),
            ("after=1&after=2", "the query"),
            ("x=1", "the query"),
            ("after", "the query"),
        ] {
            assert_eq!(pull(query), Err(place.to_owned()), "{query}");
        }
    }

    #[test]
    fn a_key_is_bare_or_quoted_and_bounded() {
        let key = |value: &str| {
            let headers = HeaderMap::from_iter([(
                header::HeaderName::from_static("idempotency-key"),
                HeaderValue::from_str(value).unwrap(),
            )]);
            key_of(&headers).ok()
        };
        assert_eq!((key("a-1").as_deref(), key("\"a-1\"").as_deref()), (Some("a-1"), Some("a-1")));
        assert_eq!(key(&"k".repeat(200)).map(|key| key.len()), Some(200));
        for wrong in ["", "\"", "\"\"", "a b", "a\"b", "ключ", &"k".repeat(201)] {
            assert_eq!(key(wrong), None, "{wrong}");
        }
        assert!(key_of(&HeaderMap::new()).is_err());
    }
}
