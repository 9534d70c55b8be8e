//! One answer of the API of trudvsem (v1): the entries of a page, and what it says of itself.

use super::fields::{Fields, text_of};
use serde_json::Value;

/// A page of vacancies.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    /// The status in the body, which may differ from that of HTTP.
    pub status: Option<u16>,
    /// What the service says went wrong.
    pub has_error: bool,
    /// How many vacancies there are on all pages, if it is said.
    pub total: Option<u64>,
    /// The entries; none where the service leaves the list out.
    pub entries: Vec<Value>,
}

/// A body that is no answer of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the body is not the JSON of an answer")]
pub struct PageError;

impl Page {
    /// Reads a body.
    ///
    /// # Errors
    /// It is not a JSON object.
    pub fn read(body: &[u8]) -> Result<Self, PageError> {
        let mut whole: Value = serde_json::from_slice(body).map_err(|_cause| PageError)?;
        let entries = whole.pointer_mut("/results/vacancies").map(Value::take);
        let outer = Fields::of(whole.as_object().ok_or(PageError)?);
        let meta = outer.inner(&["meta"]);
        let number = |text: std::borrow::Cow<'_, str>| text.parse::<u64>().ok();
        Ok(Self {
            status: outer.text(&["status"]).and_then(number).and_then(|status| u16::try_from(status).ok()),
            has_error: meta.value(&["error"]).is_some() || outer.value(&["error"]).is_some(),
            total: meta.text(&["total"]).and_then(number),
            entries: match entries {
                Some(Value::Array(all)) => all,
                Some(one @ Value::Object(_)) => vec![one],
                Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | None => Vec::new(),
            },
        })
    }
}

/// By what an entry is known again, whatever is wrong with the rest of it.
pub fn entry_id(entry: &Value) -> Option<String> {
    let inner = entry.get("vacancy").unwrap_or(entry);
    inner.get("id").and_then(text_of).map(Into::into)
}

/// The number by which vacancies of the employer of an entry can be asked for: `inn` or `ogrn`, and the number.
pub fn entry_company(entry: &Value) -> Option<(&'static str, String)> {
    let fields = Fields::within(entry.get("vacancy").unwrap_or(entry));
    let company = fields.inner(&["company"]);
    let is_number =
        |text: &str| (10..=15).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let of = |kind: &'static str| {
        let number = company.text(&[kind]).filter(|number| is_number(number));
        number.map(|number| (kind, number.into_owned()))
    };
    of("inn").or_else(|| of("ogrn"))
}

/// When an entry says that it was changed.
pub fn entry_changed(entry: &Value) -> Option<jiff::Timestamp> {
    let fields = Fields::within(entry.get("vacancy").unwrap_or(entry));
    fields.text(&["datemodify", "changetime"]).as_deref().and_then(super::clean::instant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_may_have_no_list_and_its_status_may_be_a_text_or_a_number() {
        let read = |text: &str| Page::read(text.as_bytes());
        let page = read(
            r#"{"status":"200","meta":{"total":1,"limit":100},"results":{"vacancies":[{"vacancy":{"id":"a"}}]}}"#,
        );
        let page = page.unwrap();
        assert_eq!(
            (page.status, page.total, page.entries.len(), page.has_error),
            (Some(200), Some(1), 1, false)
        );
        assert_eq!(page.entries.first().and_then(entry_id).as_deref(), Some("a"));
        let empty = read(r#"{"status":200,"meta":{"total":"0"},"results":{}}"#).unwrap();
        assert_eq!((empty.status, empty.total, empty.entries.len()), (Some(200), Some(0), 0));
        assert!(read(r#"{"status":"500","meta":{"error":"…"}}"#).unwrap().has_error);
        for wrong in ["", "[]", "<html>", "null"] {
            assert_eq!(read(wrong), Err(PageError), "{wrong}");
        }
    }
}
