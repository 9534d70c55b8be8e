//! Reads what a call brings: query, form, files, or the JSON of a program, all within bounds.

use super::field::{Fault, Field, Given, GivenFile, Kind};
use super::route::Trouble;
use crate::base::{JsonFault, from_json};
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use std::fmt;
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

/// Flags of a query, which programs write as `true` and `false`, as forms do.
pub(super) fn flags(fields: &[Field], given: &mut Given) {
    for field in fields.iter().filter(|field| matches!(field.kind, Kind::Flag)) {
        let Some(texts) = given.texts.get_mut(field.name) else { continue };
        texts.retain(|text| text != "false");
        texts.iter_mut().filter(|text| *text == "true").for_each(|text| *text = "yes".to_owned());
    }
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

/// The JSON object of a program; tells which of its values are of another type than their fields. Each name stands once.
pub(super) async fn json(
    headers: &HeaderMap,
    body: Body,
    fields: &[Field],
    given: &mut Given,
) -> Result<Vec<Fault>, Trouble> {
    let bytes = whole(body, BODY_BYTES_MAX).await?;
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    let media = headers.get(header::CONTENT_TYPE).and_then(|media| media.to_str().ok()).unwrap_or_default();
    if media.split(';').next().is_none_or(|media| media.trim() != "application/json") {
        return Err(unknown_media());
    }
    let wrong = |fault: JsonFault| {
        Trouble::new(StatusCode::BAD_REQUEST, "http.not_json", format!("the body is not in order: {fault}"))
    };
    let Pairs(values) = from_json(&bytes).map_err(wrong)?;
    if values.len() > VALUES_MAX {
        return Err(too_much());
    }
    let mut faults = Vec::new();
    for (name, value) in values {
        let Some(field) = fields.iter().find(|field| field.name == name) else {
            given.put(&name, ""); // the check of the fields tells it
            continue;
        };
        if take(*field, value, given).is_none() {
            faults.push(Fault::new(field.name, "fault-type"));
        }
    }
    Ok(faults)
}

/// Takes a value that is of the type of its field.
fn take(field: Field, value: Value, given: &mut Given) -> Option<()> {
    let name = field.name;
    match (field.kind, value) {
        (_, Value::Null) if !field.is_required => {}
        (Kind::Flag, Value::Bool(true)) => given.put(name, "yes"),
        (Kind::Flag, Value::Bool(false)) => {}
        (Kind::Number(_, _), Value::Number(number)) => {
            let text = number.to_string();
            given.put(name, text.strip_suffix(".0").unwrap_or(&text));
        }
        (
            Kind::Line(_) | Kind::Text(_) | Kind::Secret | Kind::Choice(_) | Kind::Date,
            Value::String(text),
        ) => given.put(name, text),
        (Kind::Many(_) | Kind::Words, Value::Array(items)) if items.len() <= VALUES_MAX => {
            for item in items {
                given.put(name, item.as_str()?);
            }
        }
        (Kind::File(_, _), Value::Object(file)) => {
            let text = |key: &str| file.get(key)?.as_str();
            let bytes = STANDARD.decode(text("base64")?).ok()?;
            let file_name = plain_name(text("name").filter(|_| file.len() == 2)?);
            given.files.insert(name.to_owned(), GivenFile { name: file_name, bytes });
        }
        (
            Kind::Line(_)
            | Kind::Text(_)
            | Kind::Secret
            | Kind::Choice(_)
            | Kind::Many(_)
            | Kind::Words
            | Kind::Date
            | Kind::Number(_, _)
            | Kind::Flag
            | Kind::File(_, _),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_),
        ) => return None,
    }
    Some(())
}

/// The members of an object, none of which stands twice.
struct Pairs(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PairsVisitor)
    }
}

struct PairsVisitor;

impl<'de> Visitor<'de> for PairsVisitor {
    type Value = Pairs;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
        let mut pairs: Vec<(String, Value)> = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            if pairs.len() > VALUES_MAX {
                break; // there are too many, and that is told
            }
            if pairs.iter().any(|(known, _)| *known == name) {
                return Err(serde::de::Error::custom("a name stands twice"));
            }
            pairs.push((name, value));
        }
        Ok(Pairs(pairs))
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
