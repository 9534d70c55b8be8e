//! Rows to typed records and back, as a profile says.

use super::convert::Convert;
use super::csv;
use super::error::FormatError;
use super::fixed;
use super::json;
use super::local::Entry;
use super::local::LocalRecord;
use super::local::RowForm;
use super::local::placed;
use super::profile::Field;
use super::profile::FieldList;
use super::profile::Format;
use super::profile::Profile;
use super::profile::RecordKind;
use super::profile::When;
use super::value::LocalRow;
use super::value::Map;
use super::value::Value;
use super::value::join;
use super::value::split_ups;
use super::xml;
use crate::base::Finding;
use crate::base::Findings;
use serde_json::Value as Json;

impl Profile {
    /// Writes records in this form, with findings of what could not be said in it.
    ///
    /// # Errors
    /// A character or a name that the format cannot hold.
    pub fn write(&self, records: &[LocalRecord]) -> Result<(Vec<u8>, Findings), FormatError> {
        let mut findings = Findings::new();
        let rows: Vec<LocalRow> = records.iter().map(|record| self.row_of(record, &mut findings)).collect();
        let bytes = match self.head.format {
            Format::Csv => csv::write(&self.columns(), &rows, self.head.delimiter, self.head.encoding)?,
            Format::Fixed => {
                let (text, mut cut) = fixed::write(&self.head.columns, &rows);
                findings.append(&mut cut);
                self.head.encoding.encode(&text)?
            }
            Format::Jsonl => self.head.encoding.encode(&json::write_lines(&rows)?)?,
            Format::Json => json::write(&join(rows, &self.head.rows))?,
            Format::Xml => xml::write(&self.document_of(rows), &self.head.namespaces)?,
        };
        Ok((bytes, findings))
    }

    /// The columns without which no row can be read.
    pub(super) fn required_columns(&self) -> Vec<&str> {
        let is_required = |field: &&Field| {
            field.canonical.is_some() && !field.is_optional && !field.is_fallback && field.default.is_none()
        };
        self.fields.iter().filter(is_required).filter_map(|field| field.local.as_deref()).collect()
    }

    /// A document has a root even without rows.
    fn document_of(&self, rows: Vec<LocalRow>) -> Map {
        let mut document = join(rows, &self.head.rows);
        if document.is_empty() {
            let root = self.head.rows.split(['/', '|']).next().unwrap_or_default();
            document.add(root, Value::Map(Map::default()));
        }
        document
    }

    fn row_of(&self, record: &LocalRecord, findings: &mut Findings) -> LocalRow {
        let json = to_json(record, self.head.record);
        let outer = if self.head.format.has_rows_path() { self.head.rows.split('/').count() } else { 0 };
        let count = 1 + outer;
        let mut row = LocalRow { name: None, levels: vec![Map::default(); count] };
        if let Some(name) = self.fields.iter().find(|field| field.local.as_deref() == Some(ROW_NAME)) {
            row.name = encoded(name, &json, ROW_NAME, findings);
        }
        findings.extend(self.fields.iter().filter_map(|field| contradicted(field, &json)));
        for field in &self.fields {
            let Some(local) = field.local.as_deref().filter(|local| *local != ROW_NAME) else { continue };
            if field.only.as_ref().is_some_and(|only| row.name.as_ref() != Some(only)) {
                continue;
            }
            if field.when.as_ref().is_some_and(|when| !row.says(when)) {
                continue;
            }
            let Some(text) = encoded(field, &json, local, findings) else { continue };
            row.put(local, &text);
        }
        self.revise(&mut row, record, &json, findings);
        for list in &self.lists {
            let items = at(&json, &list.canonical).and_then(Json::as_array);
            for item in items.into_iter().flatten().filter(|item| list.holds(item)) {
                if let Some(level) = row.levels.last_mut() {
                    list.add_to(level, item, findings);
                }
            }
        }
        row
    }
}

impl Profile {
    /// Writes whether the row tells, corrects or cancels.
    fn revise(&self, row: &mut LocalRow, record: &LocalRecord, json: &Json, findings: &mut Findings) {
        let Some(words) = &self.head.revision else {
            if record.form != RowForm::Original {
                let message = "the form cannot say that a row corrects or cancels another; tell it on paper";
                findings.push(Finding::error("adapter.form", "", "original rows only", "", message));
            }
            return;
        };
        let word = match record.form {
            RowForm::Original => &words.original,
            RowForm::Correcting => &words.correcting,
            RowForm::Cancelling => {
                let path = format!("{}.cancelled_on", self.head.record.part());
                let convert = Convert::Date { pattern: words.pattern.clone() };
                let day = at(json, &path).and_then(|day| convert.encode(day).ok().flatten());
                row.put(&words.date, &day.unwrap_or_default());
                &words.cancelling
            }
        };
        row.put(&words.local, word);
    }

    /// By what a row and the one that replaces it know each other, beside the person.
    pub(super) fn key_of(&self, record: &LocalRecord) -> Option<String> {
        let words = self.head.revision.as_ref()?;
        let json = to_json(record, self.head.record);
        let parts = words.key.iter().map(|path| at(&json, path).map(Json::to_string).unwrap_or_default());
        Some(parts.collect::<Vec<_>>().join("\u{1f}"))
    }
}

impl LocalRow {
    /// Sets the leaf at a local path; what an earlier field has set stands.
    fn put(&mut self, local: &str, text: &str) {
        let (ups, path) = split_ups(local);
        let level = self.levels.len().checked_sub(1 + ups).and_then(|at| self.levels.get_mut(at));
        if let Some(level) = level {
            let _ = level.set(path, text); // false: it is set already
        }
    }

    /// Whether a condition on a field that stands before holds.
    fn says(&self, when: &When) -> bool {
        let (ups, path) = split_ups(&when.local);
        let level = self.levels.len().checked_sub(1 + ups).and_then(|at| self.levels.get(at));
        let texts = level.map(|level| level.all(path)).unwrap_or_default();
        texts
            .into_iter()
            .filter_map(Value::as_text)
            .any(|text| when.is.iter().any(|one| one == text.as_str()))
    }
}

impl FieldList {
    /// Whether an item has the constants of this list.
    fn holds(&self, item: &Json) -> bool {
        self.fields.iter().all(|field| match (&field.convert, &field.canonical) {
            (Convert::Constant(value), Some((path, _))) => {
                at(item, path).and_then(Json::as_str) == Some(value)
            }
            (_, _) => true,
        })
    }

    /// Writes an item; each gets its own outermost node, so that none is mixed with another.
    fn add_to(&self, level: &mut Map, item: &Json, findings: &mut Findings) {
        let mut inner = Map::default();
        for field in &self.fields {
            let Some(local) = field.local.as_deref() else { continue };
            if let Some(text) = encoded(field, item, local, findings) {
                let _ = inner.set(local, &text); // what an earlier field has set stands
            }
        }
        let mut steps: Vec<&str> = self.local.split('/').collect();
        let outermost = steps.first().copied().unwrap_or_default();
        let mut node = Value::Map(inner);
        while steps.len() > 1 {
            let mut around = Map::default();
            around.add(steps.pop().unwrap_or_default(), node);
            node = Value::Map(around);
        }
        level.add(outermost, node);
    }
}

/// What every row of the form means without saying it, and this record does not.
fn contradicted(field: &Field, json: &Json) -> Option<Finding> {
    let (Convert::Constant(constant), Some((path, _))) = (&field.convert, &field.canonical) else {
        return None;
    };
    let is_it = |value: &Json| value.as_str() == Some(constant);
    let held = at(json, path)?;
    let is_contradicted = match held.as_array() {
        Some(items) => !items.iter().all(is_it),
        None => !is_it(held),
    };
    is_contradicted.then(|| {
        let message = "the form means another value and cannot say this one; tell it on paper";
        Finding::error("adapter.constant", path, format!("always {constant}"), "", message)
    })
}

fn encoded(field: &Field, json: &Json, local: &str, findings: &mut Findings) -> Option<String> {
    if let (Convert::Constant(value), None) = (&field.convert, &field.canonical) {
        return Some(value.clone());
    }
    let (path, _) = field.canonical.as_ref()?;
    match field.convert.encode(at(json, path)?) {
        Ok(text) => text.filter(|text| field.default.as_ref() != Some(text) && !text.is_empty()),
        Err(finding) => {
            findings.push(placed(finding, local.to_owned()));
            None
        }
    }
}

/// The record as JSON, entry beside person.
pub(super) fn to_json(record: &LocalRecord, kind: RecordKind) -> Json {
    let mut json = serde_json::json!({ "person": record.person });
    let entry = match &record.entry {
        Entry::Person => return json,
        Entry::Contribution(contribution) => serde_json::to_value(contribution),
        Entry::Period(period) => serde_json::to_value(period),
        Entry::Event(event) => serde_json::to_value(event),
    };
    if let (Some(map), Ok(entry)) = (json.as_object_mut(), entry) {
        map.insert(kind.part().to_owned(), entry);
    }
    json
}

/// The value at a path such as `period.interval.from`.
pub(super) fn at<'j>(json: &'j Json, path: &str) -> Option<&'j Json> {
    path.split('.').try_fold(json, |here, step| here.get(step))
}

/// The local path of the name of the row's own element.
pub(super) const ROW_NAME: &str = "name()";
