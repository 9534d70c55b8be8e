//! Reads what a call brings: query, form, files, or the JSON of a program, all within bounds.

use super::field::{Given, GivenFile};
use super::route::Trouble;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use std::time::Duration;

/// The largest body: a scan and some fields.
pub(super) const BODY_BYTES_MAX: usize = 12 * 1024 * 1024;
/// The same of somebody who has not signed in: what he typed is kept through the page of signing in, files are not.
pub(super) const STRANGER_BYTES_MAX: usize = 512 * 1024;
/// How long a body may take to come.
const PATIENCE: Duration = Duration::from_secs(60);
/// How many values one call may bring.
const VALUES_MAX: usize = 1_000;

/// The values of a query or of a plain form.
pub(super) fn pairs(text: &[u8], given: &mut Given) -> Result<(), Trouble> {
    for (at, (name, value)) in form_urlencoded::parse(text).enumerate() {
        if at >= VALUES_MAX {
            return Err(too_much());
        }
        given.put(&name, value.into_owned());
    }
    Ok(())
}

/// The body of a posted form of at most so many bytes, with its files.
pub(super) async fn form(
    headers: &HeaderMap,
    (body, bytes_max): (Body, usize),
    given: &mut Given,
) -> Result<(), Trouble> {
    let bytes = whole(body, bytes_max).await?;
    let media = headers.get(header::CONTENT_TYPE).and_then(|media| media.to_str().ok()).unwrap_or_default();
    if let Ok(boundary) = multer::parse_boundary(media) {
        return parts(bytes, boundary, given).await;
    }
    if media.split(';').next().is_some_and(|media| media.trim() == "application/x-www-form-urlencoded") {
        return pairs(&bytes, given);
    }
    if bytes.is_empty() {
        return Ok(());
    }
    Err(unknown_media())
}

async fn parts(bytes: Bytes, boundary: String, given: &mut Given) -> Result<(), Trouble> {
    let stream = futures_util::stream::once(async move { Ok::<_, std::convert::Infallible>(bytes) });
    let mut parts = multer::Multipart::new(stream, boundary);
    let broken = |error: multer::Error| {
        Trouble::new(StatusCode::BAD_REQUEST, "http.form", format!("the form is cut off or broken: {error}"))
    };
    let mut count = 0;
    while let Some(part) = parts.next_field().await.map_err(broken)? {
        count += 1;
        if count > VALUES_MAX {
            return Err(too_much());
        }
        let name = part.name().unwrap_or_default().to_owned();
        let file = part.file_name().map(str::to_owned);
        let bytes = part.bytes().await.map_err(broken)?;
        match file {
            Some(file) if !bytes.is_empty() => {
                given.files.insert(name, GivenFile { name: plain_name(&file), bytes: bytes.to_vec() });
            }
            Some(_) => {} // no file was chosen
            None => {
                let text = String::from_utf8(bytes.to_vec()).map_err(|_cause| not_text())?;
                given.put(&name, text);
            }
        }
    }
    Ok(())
}

/// The JSON object of a program: texts, numbers, true, lists of texts, and files as `{"name", "base64"}`.
pub(super) async fn json(headers: &HeaderMap, body: Body, given: &mut Given) -> Result<(), Trouble> {
    let bytes = whole(body, BODY_BYTES_MAX).await?;
    if bytes.is_empty() {
        return Ok(());
    }
    let media = headers.get(header::CONTENT_TYPE).and_then(|media| media.to_str().ok()).unwrap_or_default();
    if media.split(';').next().is_none_or(|media| media.trim() != "application/json") {
        return Err(unknown_media());
    }
    let wrong = |told: String| Trouble::new(StatusCode::BAD_REQUEST, "http.not_json", told);
    let value: serde_json::Value =
        serde_json::from_slice(&bytes).map_err(|error| wrong(format!("the body is no JSON: {error}")))?;
    let serde_json::Value::Object(values) = value else {
        return Err(wrong("the body is no JSON object".to_owned()));
    };
    for (name, value) in values {
        match value {
            serde_json::Value::Object(file) => {
                let text = |key: &str| file.get(key).and_then(serde_json::Value::as_str);
                let bytes = text("base64").and_then(|text| STANDARD.decode(text).ok());
                let Some(bytes) = bytes else {
                    return Err(wrong(format!("{name} is no file: write {{\"name\": …, \"base64\": …}}")));
                };
                let file = GivenFile { name: plain_name(text("name").unwrap_or_default()), bytes };
                given.files.insert(name, file);
            }
            serde_json::Value::Array(items) => {
                for item in items.iter().take(VALUES_MAX) {
                    given.put(
                        &name,
                        word(item).ok_or_else(|| wrong(format!("{name} holds what is no text")))?,
                    );
                }
            }
            serde_json::Value::Null => {}
            serde_json::Value::Bool(false) => {}
            serde_json::Value::Bool(true) => given.put(&name, "yes"),
            other @ (serde_json::Value::String(_) | serde_json::Value::Number(_)) => {
                given.put(&name, word(&other).unwrap_or_default());
            }
        }
    }
    Ok(())
}

fn word(value: &serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::String(text) => Some(text.clone()),
        serde_json::Value::Number(number) => Some(number.to_string()),
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Array(_)
        | serde_json::Value::Object(_) => None,
    }
}

async fn whole(body: Body, bytes_max: usize) -> Result<Bytes, Trouble> {
    let read = tokio::time::timeout(PATIENCE, Limited::new(body, bytes_max).collect()).await;
    match read {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.downcast_ref::<http_body_util::LengthLimitError>().is_some() => {
            let told = format!("more than {} KiB came", bytes_max / 1024);
            Err(Trouble::new(StatusCode::PAYLOAD_TOO_LARGE, "http.too_large", told))
        }
        Ok(Err(error)) => Err(Trouble::new(StatusCode::BAD_REQUEST, "http.form", error.to_string())),
        Err(_elapsed) => {
            Err(Trouble::new(StatusCode::REQUEST_TIMEOUT, "http.form", "the body did not come in time"))
        }
    }
}

/// The last segment of a name, without what a file system or a header could stumble over.
fn plain_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    last.chars().filter(|c| !c.is_control() && !"\"<>|*?:".contains(*c)).take(100).collect()
}

fn too_much() -> Trouble {
    Trouble::new(StatusCode::BAD_REQUEST, "http.form", format!("more than {VALUES_MAX} values came"))
}

fn not_text() -> Trouble {
    Trouble::new(StatusCode::BAD_REQUEST, "http.form", "a value is no UTF-8")
}

fn unknown_media() -> Trouble {
    let told = "send application/x-www-form-urlencoded or multipart/form-data to a page, application/json to the interface";
    Trouble::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "http.media_type", told)
}
