//! Rows to typed records and back, as a profile says.

use super::convert::Convert;
use super::csv;
use super::error::FormatError;
use super::json;
use super::local::Entry;
use super::local::LocalRecord;
use super::local::placed;
use super::profile::Field;
use super::profile::FieldList;
use super::profile::Format;
use super::profile::Profile;
use super::profile::RecordKind;
use super::target::Target;
use super::value::LocalRow;
use super::value::Map;
use super::value::Row;
use super::value::Value;
use super::value::join;
use super::value::split_ups;
use super::value::walk;
use super::xml;
use crate::base::Finding;
use crate::base::Findings;
use crate::base::Limits;
use crate::exchange::canonical::Interval;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

impl Profile {
    /// Reads a file of this form. A row that is not lawful is a finding; the others are given to `each`
    /// with the place of the row.
    ///
    /// # Errors
    /// A file that is not of the profile's format at all.
    pub fn read(
        &self,
        file: &str,
        bytes: &[u8],
        limits: &Limits,
        each: &mut dyn FnMut(LocalRecord, &str),
    ) -> Result<Findings, FormatError> {
        let mut findings = Findings::new();
        let mut row = |row: Row<'_>| {
            let line = row.map.line();
            if let Some(record) = Decoding::new(self, file, row).finish(&mut findings) {
                each(record, &format!("{file}:{line}"));
            }
        };
        let lost = match self.head.format {
            Format::Csv => csv::read(file, &self.head.encoding.decode(bytes)?, &mut row)?,
            Format::Json => {
                let text = csv::Encoding::Utf8.decode(bytes)?;
                walk(&json::read(&text)?, &self.head.rows, &mut row);
                Findings::new()
            }
            Format::Xml => {
                walk(&xml::read(bytes, &self.head.namespaces, limits)?, &self.head.rows, &mut row);
                Findings::new()
            }
        };
        findings.extend(lost);
        Ok(findings)
    }

    /// Writes records in this form, with findings of what could not be said in it.
    ///
    /// # Errors
    /// A character or a name that the format cannot hold.
    pub fn write(&self, records: &[LocalRecord]) -> Result<(Vec<u8>, Findings), FormatError> {
        let mut findings = Findings::new();
        let rows: Vec<LocalRow> = records.iter().map(|record| self.row_of(record, &mut findings)).collect();
        let bytes = match self.head.format {
            Format::Csv => csv::write(&self.columns(), &rows, self.head.encoding)?,
            Format::Json => json::write(&join(rows, &self.head.rows))?,
            Format::Xml => xml::write(&self.document_of(rows), &self.head.namespaces)?,
        };
        Ok((bytes, findings))
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
        let count = if self.head.format == Format::Csv { 1 } else { 1 + self.head.rows.split('/').count() };
        let mut row = LocalRow { name: None, levels: vec![Map::default(); count] };
        if let Some(name) = self.fields.iter().find(|field| field.local.as_deref() == Some(ROW_NAME)) {
            row.name = encoded(name, &json, ROW_NAME, findings);
        }
        for field in &self.fields {
            let Some(local) = field.local.as_deref().filter(|local| *local != ROW_NAME) else { continue };
            if field.only.as_ref().is_some_and(|only| row.name.as_ref() != Some(only)) {
                continue;
            }
            let Some(text) = encoded(field, &json, local, findings) else { continue };
            let (ups, path) = split_ups(local);
            let level = row.levels.len().checked_sub(1 + ups).and_then(|at| row.levels.get_mut(at));
            if let Some(level) = level {
                let _ = level.set(path, &text); // what an earlier field has set stands
            }
        }
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

/// One row on its way to a record.
struct Decoding<'p, 'r> {
    profile: &'p Profile,
    file: &'p str,
    row: Row<'r>,
    json: Json,
    findings: Findings,
}

impl<'p, 'r> Decoding<'p, 'r> {
    fn new(profile: &'p Profile, file: &'p str, row: Row<'r>) -> Self {
        let json = serde_json::json!({ "person": {} });
        Self { profile, file, row, json, findings: Findings::new() }
    }

    /// The record, unless a finding refuses the row; the findings are kept either way.
    fn finish(mut self, findings: &mut Findings) -> Option<LocalRecord> {
        for is_fallback in [false, true] {
            for field in self.profile.fields.iter().filter(|field| field.is_fallback == is_fallback) {
                self.field(field);
            }
        }
        for list in &self.profile.lists {
            self.list(list);
        }
        self.check_interval();
        let is_refused = self.findings.iter().any(Finding::is_error);
        let record = if is_refused { None } else { self.record() };
        findings.append(&mut self.findings);
        record
    }

    fn field(&mut self, field: &Field) {
        let Some((path, target)) = &field.canonical else { return };
        let is_elsewhere = field.only.as_ref().is_some_and(|only| only != self.row.name);
        let is_set = !target.is_list() && at(&self.json, path).is_some();
        if is_elsewhere || is_set {
            return;
        }
        match (&field.convert, field.local.as_deref()) {
            (Convert::Constant(_), None) => self.put(field, path, *target, "", (self.row.map.line(), "")),
            (Convert::Digest(of), _) => {
                let id = self.digest(of);
                self.put(field, path, *target, &id, (self.row.map.line(), ""));
            }
            (_, Some(local)) => {
                let texts = self.texts(local);
                let is_many = texts.len() > 1 && !target.is_list();
                if is_many {
                    let message = "stands more than once; leave one in the source";
                    self.refuse(Finding::error("adapter.repeated", "", "at most one", "", message), local);
                    return;
                }
                for (text, line) in &texts {
                    self.put(field, path, *target, text, (*line, local));
                }
                if texts.is_empty() {
                    self.absent(field, path, *target, local);
                }
            }
            (_, None) => {}
        }
    }

    fn absent(&mut self, field: &Field, path: &str, target: Target, local: &str) {
        match &field.default {
            Some(default) => self.put(field, path, target, default, (self.row.map.line(), local)),
            None if field.is_optional || field.is_fallback => {}
            None => {
                let message = "absent; fill it in the source";
                self.refuse(Finding::error("adapter.missing", "", "required", "", message), local);
            }
        }
    }

    fn put(&mut self, field: &Field, path: &str, target: Target, text: &str, at: (usize, &str)) {
        let (line, local) = at;
        match field.convert.decode(text, target) {
            Ok((value, warnings)) => {
                set(&mut self.json, path, value, target.is_list());
                for warning in warnings {
                    self.findings.push(placed(warning, self.place(line, local)));
                }
            }
            Err(finding) => {
                let place = self.place(line, local);
                self.findings.push(placed(finding, place));
            }
        }
    }

    fn list(&mut self, list: &FieldList) {
        for node in self.row.all(&list.local) {
            let empty = Map::at(node.line());
            let map = node.as_map().unwrap_or(&empty);
            let row = Row { name: self.row.name, map, above: &[] };
            let mut inner = Decoding::new(self.profile, self.file, row);
            inner.json = serde_json::json!({});
            for field in &list.fields {
                inner.field(field);
            }
            self.findings.append(&mut inner.findings);
            set(&mut self.json, &list.canonical, inner.json, true);
        }
    }

    /// Ends in the wrong order are a finding of their own, with the place of the later field.
    fn check_interval(&mut self) {
        let part = self.profile.head.record.part();
        let end = |name: &str| at(&self.json, part)?.get("interval")?.get(name)?.as_str()?.parse().ok();
        let Some(from) = end("from") else { return };
        if let Err(finding) = Interval::new(from, end("to")) {
            let path = format!("{part}.interval.to");
            let is_it = |field: &&Field| {
                let sets = field.canonical.as_ref().is_some_and(|(own, _)| *own == path);
                let is_read = |local: &str| !self.texts(local).is_empty();
                sets && field.local.as_deref().is_some_and(is_read)
            };
            let local = self.profile.fields.iter().find(is_it).and_then(|field| field.local.clone());
            self.refuse(finding, &local.unwrap_or_default());
        }
    }

    fn record(&mut self) -> Option<LocalRecord> {
        let kind = self.profile.head.record;
        let person = self.typed("person")?;
        let entry = match kind {
            RecordKind::Person => Entry::Person,
            RecordKind::Contribution => Entry::Contribution(self.typed(kind.part())?),
            RecordKind::Period => Entry::Period(self.typed(kind.part())?),
            RecordKind::Event => Entry::Event(self.typed(kind.part())?),
        };
        Some(LocalRecord { person, entry })
    }

    /// The values were checked one by one, so only their sum can be unlawful here.
    fn typed<T: DeserializeOwned>(&mut self, part: &str) -> Option<T> {
        let json = self.json.get_mut(part).map(Json::take).unwrap_or_default();
        let typed = serde_json::from_value(json);
        if typed.is_err() {
            let message =
                format!("the row makes no lawful {part}; something in it is absent or contradictory");
            let finding = Finding::error("adapter.row", "", "canonical record", "", message);
            self.refuse(finding, "");
        }
        typed.ok()
    }

    /// The texts at a local path that are not empty, each with its line.
    fn texts(&self, local: &str) -> Vec<(String, usize)> {
        if local == ROW_NAME {
            return vec![(self.row.name.to_owned(), self.row.map.line())];
        }
        let found = self.row.all(local).into_iter().filter_map(Value::as_text);
        found.filter(|t| !t.as_str().is_empty()).map(|t| (t.as_str().to_owned(), t.line())).collect()
    }

    fn digest(&self, of: &[String]) -> String {
        let mut whole = String::new();
        for local in of {
            for (text, _) in self.texts(local) {
                whole.push_str(&text);
            }
            whole.push('\u{1f}');
        }
        format!("{:032x}", fnv(whole.as_bytes()))
    }

    fn refuse(&mut self, finding: Finding, local: &str) {
        let line = self.row.all(local).first().map_or(self.row.map.line(), |value| value.line());
        let place = self.place(line, local);
        self.findings.push(placed(finding, place));
    }

    fn place(&self, line: usize, local: &str) -> String {
        format!("{}:{line} {local}", self.file).trim_end().to_owned()
    }
}

/// The record as JSON, entry beside person.
fn to_json(record: &LocalRecord, kind: RecordKind) -> Json {
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
fn at<'j>(json: &'j Json, path: &str) -> Option<&'j Json> {
    path.split('.').try_fold(json, |here, step| here.get(step))
}

/// Sets the value at a path, making what is on the way; in a list it is added.
fn set(json: &mut Json, path: &str, value: Json, is_list: bool) {
    let mut here = json;
    for step in path.split('.') {
        if !here.is_object() {
            *here = Json::Object(serde_json::Map::new());
        }
        let Some(map) = here.as_object_mut() else { return };
        here = map.entry(step).or_insert(Json::Null);
    }
    if let Json::Array(items) = here {
        items.push(value);
    } else {
        *here = if is_list { Json::Array(vec![value]) } else { value };
    }
}

/// FNV-1a of 128 bits: an id must be the same after every reading, and need not withstand an enemy.
fn fnv(bytes: &[u8]) -> u128 {
    bytes.iter().fold(FNV_BASIS, |hash, byte| (hash ^ u128::from(*byte)).wrapping_mul(FNV_PRIME))
}

const FNV_BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const FNV_PRIME: u128 = 0x0100_0000_0000_0000_0000_013b;
/// The local path of the name of the row's own element.
const ROW_NAME: &str = "name()";
