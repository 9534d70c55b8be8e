//! The synchronisation of jobs at the door for the peers. Who calls is known by the certificate of the line; the header says it
//! once more, so that a node that was set up as another is found out.

use super::problem::Problem;
use crate::base::{Language, with_causes};
use crate::exchange::canonical::State as MemberState;
use crate::exchange::wire::{GZIP, PeerCertificate, deflate, takes_gzip};
use crate::flow::Context;
use crate::flow::labour::{
    PAGE_MAX, Refusal, answer_changes, answer_details, answer_ping, answer_snapshot, take_receipt,
};
use crate::flow::posts::answer_search;
use crate::labour::live::LiveQuestion;
use crate::labour::sync::{DetailsAsked, NODE_SCHEME, StreamKind, SyncReceipt};
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use axum::routing::{get, post};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// The routes for one caller.
pub(super) fn sync_routes(certificate: PeerCertificate, ctx: Arc<Context>) -> Router {
    let caller = Arc::new(SyncCaller { certificate, ctx });
    Router::new()
        .route("/sync/v1/ping", get(ping))
        .route("/sync/v1/snapshot", get(snapshot))
        .route("/sync/v1/changes", get(changes))
        .route("/sync/v1/details", post(details))
        .route("/sync/v1/receipts", post(receipts))
        .route("/sync/v1/search", post(search))
        .with_state(caller)
}

/// A caller and who answers him.
struct SyncCaller {
    certificate: PeerCertificate,
    ctx: Arc<Context>,
}

impl SyncCaller {
    /// Which peer calls, by its certificate.
    fn peer(&self, headers: &HeaderMap) -> Result<MemberState, Problem> {
        let said = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let said = said.and_then(|said| said.split_once(' ')).filter(|(scheme, _)| *scheme == NODE_SCHEME);
        let Some((_, said)) = said else {
            let detail = "the header Authorization does not say whose node calls; write Stazh-Node and the code of its state";
            return Err(Problem::new(
                StatusCode::UNAUTHORIZED,
                "labour.sync_caller",
                "authorization",
                detail,
            ));
        };
        let peer = self.ctx.peers.of_certificate(&self.certificate).map(|peer| peer.state);
        match peer {
            Some(peer) if peer.as_code() == said => Ok(peer),
            Some(_) => {
                let detail = "the certificate is of another state than the header says";
                Err(Problem::new(StatusCode::FORBIDDEN, "labour.sync_caller", "authorization", detail))
            }
            None => {
                let detail = "the certificate belongs to no peer of this node";
                Err(Problem::new(StatusCode::FORBIDDEN, "labour.sync_caller", "certificate", detail))
            }
        }
    }
}

type Caller = State<Arc<SyncCaller>>;

async fn ping(State(caller): Caller, request: Request) -> Response<Body> {
    let headers = request.headers().clone();
    let answered = async {
        let peer = caller.peer(&headers)?;
        answer_ping(peer, &caller.ctx).await.map_err(|refusal| problem(&refusal))
    };
    answer(answered.await, &headers).await
}

async fn snapshot(State(caller): Caller, request: Request) -> Response<Body> {
    let (headers, query) = (request.headers().clone(), request.uri().query().unwrap_or_default().to_owned());
    let answered = async {
        let peer = caller.peer(&headers)?;
        let (kind, place) = page_of(&query, "cursor")?;
        answer_snapshot(peer, kind, place, &caller.ctx).await.map_err(|refusal| problem(&refusal))
    };
    answer(answered.await, &headers).await
}

async fn changes(State(caller): Caller, request: Request) -> Response<Body> {
    let (headers, query) = (request.headers().clone(), request.uri().query().unwrap_or_default().to_owned());
    let answered = async {
        let peer = caller.peer(&headers)?;
        let (kind, place) = page_of(&query, "since")?;
        answer_changes(peer, kind, place, &caller.ctx).await.map_err(|refusal| problem(&refusal))
    };
    answer(answered.await, &headers).await
}

async fn details(State(caller): Caller, request: Request) -> Response<Body> {
    let headers = request.headers().clone();
    let answered = async {
        let peer = caller.peer(&headers)?;
        let asked: DetailsAsked = body_of(request).await?;
        answer_details(peer, &asked, &caller.ctx).await.map_err(|refusal| problem(&refusal))
    };
    answer(answered.await, &headers).await
}

async fn receipts(State(caller): Caller, request: Request) -> Response<Body> {
    let headers = request.headers().clone();
    let answered = async {
        let peer = caller.peer(&headers)?;
        let receipt: SyncReceipt = body_of(request).await?;
        let taken = take_receipt(peer, &receipt, &caller.ctx).await;
        taken
            .map(|confirmed| serde_json::json!({ "confirmed": confirmed }))
            .map_err(|refusal| problem(&refusal))
    };
    answer(answered.await, &headers).await
}

async fn search(State(caller): Caller, request: Request) -> Response<Body> {
    let headers = request.headers().clone();
    let answered = async {
        let peer = caller.peer(&headers)?;
        let asked: LiveQuestion = body_of(request).await?;
        answer_search(peer, &asked, &caller.ctx).await.map_err(|refusal| problem(&refusal))
    };
    answer(answered.await, &headers).await
}

/// Which stream, from where, and how much.
fn page_of(query: &str, place: &str) -> Result<(StreamKind, (u64, u32)), Problem> {
    let (mut kind, mut from, mut limit) = (None, 0, PAGE_MAX);
    let malformed = |what: &str| {
        let detail =
            format!("{what} is not what it should be; kind is vacancy or profile, the others are numbers");
        Problem::new(StatusCode::BAD_REQUEST, "labour.sync_request", what, detail)
    };
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        match key.as_ref() {
            "kind" => kind = Some(value.parse::<StreamKind>().map_err(|_fault| malformed("kind"))?),
            "limit" => limit = value.parse().map_err(|_fault| malformed("limit"))?,
            key if key == place => {
                from = value
                    .parse::<u64>()
                    .ok()
                    .filter(|from| i64::try_from(*from).is_ok())
                    .ok_or_else(|| malformed(place))?;
            }
            _ => return Err(malformed("the query")),
        }
    }
    if limit > PAGE_MAX {
        return Err(too_many(usize::try_from(PAGE_MAX).unwrap_or(usize::MAX)));
    }
    Ok((kind.ok_or_else(|| malformed("kind"))?, (from, limit)))
}

fn too_many(max: usize) -> Problem {
    let detail = format!("more was asked for at once than is answered; ask for {max} at most");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "labour.too_many", "", detail)
}

async fn body_of<T: DeserializeOwned>(request: Request) -> Result<T, Problem> {
    let read = to_bytes(request.into_body(), BODY_BYTES_MAX);
    let read = tokio::time::timeout(BODY_PATIENCE, read).await;
    let Ok(Ok(bytes)) = read else {
        let detail = format!("the body is larger than {BODY_BYTES_MAX} bytes, broke off or came too slowly");
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "labour.too_many", "body", detail));
    };
    serde_json::from_slice(&bytes).map_err(|_cause| {
        // not the cause: it would show what came
        let detail = "the body is not the JSON of this call";
        Problem::new(StatusCode::BAD_REQUEST, "labour.sync_request", "body", detail)
    })
}

fn problem(refusal: &Refusal) -> Problem {
    let new = |status, detail: &str| Problem::new(status, refusal.code(), "", detail);
    match refusal {
        Refusal::Off => new(StatusCode::NOT_FOUND, "this node exchanges no jobs"),
        Refusal::TooMany { max } => too_many(*max),
        Refusal::OtherEpoch => {
            new(StatusCode::CONFLICT, "the receipt is of another epoch, or beyond the head of the stream")
        }
        Refusal::Question(fault) => new(StatusCode::BAD_REQUEST, &fault.to_string()),
        Refusal::NoIndex => new(StatusCode::SERVICE_UNAVAILABLE, "there is no index of vacancies yet"),
        Refusal::Failed(error) => {
            tracing::warn!(error = %with_causes(error), "a peer's question about jobs could not be answered");
            new(StatusCode::SERVICE_UNAVAILABLE, "it cannot be answered now")
        }
    }
}

async fn answer<T: Serialize>(answered: Result<T, Problem>, headers: &HeaderMap) -> Response<Body> {
    let told = match answered {
        Ok(told) => told,
        Err(problem) => return problem.answer(Language::En),
    };
    let Ok(plain) = serde_json::to_vec(&told).map(Bytes::from) else {
        return Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "http.later", "", "").answer(Language::En);
    };
    let codings = headers.get_all(header::ACCEPT_ENCODING);
    let takes = codings.iter().any(|value| value.to_str().is_ok_and(takes_gzip));
    let mut deflated = None;
    if takes && plain.len() > PLAIN_BYTES_MAX {
        let whole = plain.clone();
        deflated = tokio::task::spawn_blocking(move || deflate(&whole).ok()).await.ok().flatten();
    }
    let is_deflated = deflated.is_some();
    let mut response = Response::new(Body::from(deflated.unwrap_or(plain)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if is_deflated {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(GZIP));
    }
    response
}

/// A question names a thousand records at most.
const BODY_BYTES_MAX: usize = 512 * 1024;
const BODY_PATIENCE: std::time::Duration = std::time::Duration::from_secs(15);
/// A smaller answer fits in two packets as it is.
const PLAIN_BYTES_MAX: usize = 2 * 1024;
