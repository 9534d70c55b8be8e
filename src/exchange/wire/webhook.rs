//! The way to a national system that takes what is handed over by HTTP: a signed POST, and what its answer means.
//!
//! It may come more than once under one `Idempotency-Key`, which is the document id; its taker drops repeats by that.
//! No redirect is followed: personal data go where the settings say and nowhere else.

use super::WireError;
use super::client::{builder, finish, not_sent};
use super::http_signature::{Signable, SigningKey, sign};
use crate::base::{DocumentId, Secret, Verdict};
use jiff::{SignedDuration, Timestamp};
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};

/// Where to, and by which keys.
#[derive(Debug)]
pub struct WebhookPlan {
    /// Its address: https, or http on this machine.
    pub url: reqwest::Url,
    /// PEM of the authorities one of which certified it; those of the system if absent.
    pub authorities_pem: Option<Vec<u8>>,
    /// PEM of our certificate and key, where it wants to see one.
    pub identity_pem: Option<(Vec<u8>, Secret<Vec<u8>>)>,
    /// The name of the key.
    pub key_id: String,
    /// By what requests are signed.
    pub key: WebhookKey,
    /// How long one call may take.
    pub timeout_ms: u64,
    /// Whether a 2xx counts only if it names the document.
    pub must_confirm: bool,
}

/// By what the requests of a webhook are signed.
#[derive(Debug)]
pub enum WebhookKey {
    /// PEM of our own Ed25519 key; the taker has its public half.
    Own(Secret<Vec<u8>>),
    /// A secret that both sides know.
    Shared(Secret<Vec<u8>>),
}

/// A taker of records.
pub struct Webhook {
    plan: WebhookPlan,
    key: SigningKey,
    client: reqwest::Client,
}

/// What became of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It has it now.
    Now,
    /// It had it before.
    Before,
}

/// Why a record is not taken.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// The way to it.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// It will not take this, or not from us.
    #[error(
        "give a record to the webhook of [hand_over]: it answers {status}, which no further try will change"
    )]
    Refused {
        /// Its answer.
        status: u16,
    },
    /// It cannot take it now.
    #[error("give a record to the webhook of [hand_over]: it answers {status}")]
    NotNow {
        /// Its answer.
        status: u16,
        /// When it wants to be asked again, if it says so.
        not_before: Option<Timestamp>,
    },
    /// It answers well, but not about this document; somebody else may be answering.
    #[error(
        "give a record to the webhook of [hand_over]: it answers {status} without {{\"document_id\": …}} of this document"
    )]
    NotConfirmed {
        /// Its answer.
        status: u16,
    },
}

impl WebhookError {
    /// What becomes of the hand-over.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Wire(error) => error.verdict(),
            Self::Refused { .. } => Verdict::Park { code: "wire.webhook_refused" },
            Self::NotNow { not_before, .. } => Verdict::Retry { not_before: *not_before },
            Self::NotConfirmed { .. } => Verdict::Retry { not_before: None },
        }
    }
}

impl Webhook {
    /// Prepares the way.
    ///
    /// # Errors
    /// A certificate or key of the plan is unusable.
    pub fn new(plan: WebhookPlan) -> Result<Self, WireError> {
        let client = client(&plan).map_err(|source| WireError::Client { peer: NAME.to_owned(), source })?;
        let key = match &plan.key {
            WebhookKey::Own(pem) => SigningKey::own(pem.expose())
                .map_err(|source| WireError::Identity { what: "the Ed25519 key of the webhook", source })?,
            WebhookKey::Shared(secret) => SigningKey::Shared(secret.clone()),
        };
        Ok(Self { plan, key, client })
    }

    /// Gives a record, as JSON.
    ///
    /// # Errors
    /// It is not taken; the verdict says whether it may be later.
    pub async fn give(&self, id: DocumentId, body: Vec<u8>, now: Timestamp) -> Result<Taken, WebhookError> {
        let WebhookPlan { url, key_id, timeout_ms, .. } = &self.plan;
        let key = format!("\"{}\"", id.as_uuid());
        let request = Signable { method: "POST", url: url.as_str(), key: &key, body: &body };
        let signed = sign(&request, (key_id, &self.key), now)
            .map_err(|source| WireError::Identity { what: "the key of the webhook", source })?;
        let request = self.client.post(url.clone()).header(CONTENT_TYPE, "application/json");
        let request = request
            .header("Idempotency-Key", &key)
            .header("Content-Digest", signed.content_digest)
            .header("Signature-Input", signed.signature_input)
            .header("Signature", signed.signature);
        let response = request.body(body).send().await;
        let response = response.map_err(|source| not_sent(NAME, *timeout_ms, source))?;
        let asked_back =
            response.headers().get(RETRY_AFTER).and_then(|after| after.to_str().ok()?.parse().ok());
        let reply = finish(NAME, *timeout_ms, response).await?;
        let not_before = asked_back.and_then(|seconds| at_most_an_hour(seconds, now));
        judge((reply.status, &reply.body), (id, self.plan.must_confirm), not_before)
    }

    /// Whether anybody answers there, whatever he says to a question without a record; his status.
    ///
    /// # Errors
    /// Nobody does, or he is not the one of the authorities.
    pub async fn look(&self) -> Result<u16, WireError> {
        let WebhookPlan { url, timeout_ms, .. } = &self.plan;
        let response = self.client.request(reqwest::Method::OPTIONS, url.clone()).send().await;
        let response = response.map_err(|source| not_sent(NAME, *timeout_ms, source))?;
        Ok(finish(NAME, *timeout_ms, response).await?.status)
    }
}

fn client(plan: &WebhookPlan) -> Result<reqwest::Client, reqwest::Error> {
    let mut builder = builder(plan.timeout_ms).https_only(plan.url.scheme() == "https");
    if let Some(authorities) = &plan.authorities_pem {
        builder = builder.tls_certs_only(reqwest::Certificate::from_pem_bundle(authorities)?);
    }
    if let Some((certificate, key)) = &plan.identity_pem {
        builder = builder.identity(reqwest::Identity::from_pkcs8_pem(certificate, key.expose())?);
    }
    builder.build()
}

/// What an answer means. Nothing of its text is shown: it may hold a person's data.
fn judge(
    (status, body): (u16, &[u8]),
    (id, must_confirm): (DocumentId, bool),
    not_before: Option<Timestamp>,
) -> Result<Taken, WebhookError> {
    let said = || serde_json::from_slice::<serde_json::Value>(body).unwrap_or_default();
    match StatusCode::from_u16(status) {
        Ok(StatusCode::CONFLICT) => Ok(Taken::Before),
        Ok(code) if code.is_success() => {
            let said = said();
            let named = said.get("document_id").and_then(|named| named.as_str()?.parse().ok());
            if must_confirm && named != Some(id) {
                return Err(WebhookError::NotConfirmed { status });
            }
            let is_repeat = said.get("already").and_then(serde_json::Value::as_bool) == Some(true);
            Ok(if is_repeat { Taken::Before } else { Taken::Now })
        }
        Ok(StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS) => {
            Err(WebhookError::NotNow { status, not_before })
        }
        Ok(code) if code.is_client_error() => Err(WebhookError::Refused { status }),
        Ok(_) | Err(_) => Err(WebhookError::NotNow { status, not_before }),
    }
}

/// A taker may ask for patience, not for silence.
fn at_most_an_hour(seconds: i64, now: Timestamp) -> Option<Timestamp> {
    now.checked_add(SignedDuration::from_secs(seconds.clamp(0, 3600))).ok()
}

/// What errors call it.
const NAME: &str = "webhook of [hand_over]";

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "01933b5e-7c1f-7000-8000-000000000001";

    #[test]
    fn each_answer_has_its_meaning() {
        let id: DocumentId = ID.parse().unwrap();
        let judged = |status, body: &str, must_confirm| {
            judge((status, body.as_bytes()), (id, must_confirm), None).map_err(|error| error.verdict())
        };
        let named = format!("{{\"document_id\": \"{ID}\"}}");
        let (later, refused) =
            (Err(Verdict::Retry { not_before: None }), Err(Verdict::Park { code: "wire.webhook_refused" }));
        assert_eq!(judged(200, "<html>", false), Ok(Taken::Now));
        assert_eq!(judged(204, "", false), Ok(Taken::Now));
        assert_eq!(judged(200, "{\"already\": true}", false), Ok(Taken::Before));
        assert_eq!(judged(409, "", true), Ok(Taken::Before));
        for garbage in ["<html>", "", "{}", "[1]", "{\"document_id\": 7}", &named.replace("01933", "01934")] {
            assert_eq!(judged(200, garbage, true), later, "{garbage}");
        }
        assert_eq!(judged(201, &named, true), Ok(Taken::Now));
        for status in [400, 401, 403, 404, 410, 413, 415, 422, 451] {
            assert_eq!(judged(status, "", false), refused, "{status}");
        }
        for status in [100, 304, 408, 425, 429, 500, 502, 503, 599, 999] {
            assert_eq!(judged(status, "", false), later, "{status}");
        }
    }

    #[test]
    fn patience_is_given_for_an_hour_at_most() {
        let now: Timestamp = "2026-11-30T00:00:00Z".parse().unwrap();
        let after = |seconds| at_most_an_hour(seconds, now).unwrap().duration_since(now).as_secs();
        assert_eq!([after(-5), after(30), after(i64::MAX)], [0, 30, 3600]);
    }
}
