//! What is wrong with a call, as a program and its engineer read it (RFC 9457).

use crate::base::{Code, Language, Verdict, explain, with_causes};
use crate::flow::FlowError;
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};

/// A call that is not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) status: StatusCode,
    pub(super) code: Code,
    /// What this time, without a value.
    pub(super) detail: String,
    /// Where in the request.
    pub(super) place: String,
}

impl Problem {
    pub(super) fn new(status: StatusCode, code: Code, place: &str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), place: place.to_owned() }
    }

    /// A failure of a flow.
    pub(super) fn of(error: &FlowError) -> Self {
        let (status, code) = match error.verdict() {
            Verdict::Retry { .. } => (StatusCode::SERVICE_UNAVAILABLE, "http.later"),
            Verdict::Return { code: "flow.no_place" } => (StatusCode::CONFLICT, "flow.no_place"),
            Verdict::Return { code: "adapter.no_form" } => (StatusCode::NOT_FOUND, "adapter.no_form"),
            Verdict::Return { code } | Verdict::Quarantine { code } => {
                (StatusCode::UNPROCESSABLE_ENTITY, code)
            }
            Verdict::Park { code: "flow.unknown_peer" } => {
                (StatusCode::UNPROCESSABLE_ENTITY, "flow.unknown_peer")
            }
            Verdict::Park { code } => (StatusCode::INTERNAL_SERVER_ERROR, code),
        };
        Self::new(status, code, "", with_causes(error))
    }

    /// As it is sent, in the language that the caller reads.
    pub(super) fn answer(&self, language: Language) -> Response<Body> {
        let known = explain(self.code);
        let told = serde_json::json!({
            "type": format!("urn:x-stazh:error:{}", self.code),
            "title": known.map(|known| known.cause.of(language)),
            "status": self.status.as_u16(),
            "detail": self.detail,
            "code": self.code,
            "where": self.place,
            "remedy": known.map(|known| known.remedy.of(language)),
        });
        let mut response = Response::new(Body::from(told.to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
