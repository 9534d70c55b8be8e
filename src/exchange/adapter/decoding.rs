//! One row of a local file on its way to a record: each value read, checked and put in its place.

use super::convert::Convert;
use super::explain;
use super::local::Entry;
use super::local::KnownPerson;
use super::local::LocalRecord;
use super::local::RowForm;
use super::local::placed;
use super::mapping::ROW_NAME;
use super::mapping::at;
use super::profile::Field;
use super::profile::FieldList;
use super::profile::Profile;
use super::profile::RecordKind;
use super::profile::When;
use super::target::Target;
use super::value::Map;
use super::value::Row;
use super::value::Value;
use super::value::split_ups;
use crate::base::Finding;
use crate::base::Findings;
use crate::exchange::canonical::Interval;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

/// One row on its way to a record.
pub(super) struct Decoding<'p, 'r> {
    profile: &'p Profile,
    file: &'p str,
    row: Row<'r>,
    json: Json,
    findings: Findings,
    /// Which place was set from where, if that is asked.
    set: Option<Vec<Set>>,
}

/// What became of a row.
pub(super) struct Decoded {
    /// What it says; none if it is refused.
    pub(super) record: Option<LocalRecord>,
    /// Of a row that is refused: whom it is about, as far as it tells.
    pub(super) whose: Option<KnownPerson>,
    /// What is wrong or odd about it.
    pub(super) findings: Findings,
    /// What set each place, if that was asked.
    pub(super) set: Vec<Set>,
}

/// A place of the record and the field of the row that set it.
#[derive(Debug, Clone)]
pub(super) struct Set {
    /// Such as `period.interval.from`.
    pub(super) canonical: String,
    /// Where the field stands in the row; empty for what is made of others.
    pub(super) local: String,
    /// On which line.
    pub(super) line: usize,
    /// How it was read.
    pub(super) how: String,
}

impl<'p, 'r> Decoding<'p, 'r> {
    /// A row of `file`, nothing read of it yet.
    pub(super) fn new(profile: &'p Profile, file: &'p str, row: Row<'r>) -> Self {
        let json = serde_json::json!({ "person": {} });
        Self { profile, file, row, json, findings: Findings::new(), set: None }
    }

    /// With what sets each place.
    pub(super) fn traced(self) -> Self {
        Self { set: Some(Vec::new()), ..self }
    }

    /// The record, unless a finding refuses the row.
    pub(super) fn finish(mut self) -> Decoded {
        for is_fallback in [false, true] {
            for field in self.profile.fields.iter().filter(|field| field.is_fallback == is_fallback) {
                self.field(field);
            }
        }
        for list in &self.profile.lists {
            self.list(list);
        }
        self.check_interval();
        let form = self.form();
        let is_refused = self.findings.iter().any(Finding::is_error);
        let mut whose = is_refused.then(|| self.whose());
        let record = if is_refused { None } else { self.record(form) };
        if record.is_none() {
            whose.get_or_insert_default();
        }
        Decoded { record, whose, findings: self.findings, set: self.set.unwrap_or_default() }
    }

    /// Whom a row that is refused is about, as far as it tells.
    fn whose(&mut self) -> KnownPerson {
        let person = self.json.get("person").cloned().unwrap_or_default();
        serde_json::from_value(person).unwrap_or_default()
    }

    fn field(&mut self, field: &Field) {
        let Some((path, target)) = &field.canonical else { return };
        let is_elsewhere = field.only.as_ref().is_some_and(|only| only != self.row.name)
            || field.when.as_ref().is_some_and(|when| !self.is_so(when));
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

    fn is_so(&self, when: &When) -> bool {
        self.texts(&when.local).iter().any(|(text, _)| when.is.contains(text))
    }

    /// Whether the row tells, corrects or cancels; a cancelling row must have its day.
    fn form(&mut self) -> RowForm {
        let Some(words) = &self.profile.head.revision else { return RowForm::Original };
        let told = self.texts(&words.local);
        let form = match told.first().map(|(text, _)| text) {
            None => RowForm::Original,
            Some(word) if *word == words.original => RowForm::Original,
            Some(word) if *word == words.correcting => RowForm::Correcting,
            Some(word) if *word == words.cancelling => RowForm::Cancelling,
            Some(word) => {
                let message = "neither original, correcting nor cancelling; correct it in the source";
                let rule = format!("{}, {} or {}", words.original, words.correcting, words.cancelling);
                self.refuse(Finding::error("adapter.form", "", rule, word, message), &words.local);
                RowForm::Original
            }
        };
        if form == RowForm::Cancelling {
            match self.texts(&words.date).first() {
                None => {
                    let message = "absent, and the row cancels; fill in the day on which it does";
                    self.refuse(Finding::error("adapter.missing", "", "required", "", message), &words.date);
                }
                Some((text, line)) => {
                    let convert = Convert::Date { pattern: words.pattern.clone() };
                    let path = format!("{}.cancelled_on", self.profile.head.record.part());
                    match convert.decode(text, Target::Date) {
                        Ok((day, _)) => set(&mut self.json, &path, day, false),
                        Err(finding) => {
                            let place = self.place(*line, &words.date);
                            self.findings.push(placed(finding, place));
                        }
                    }
                }
            }
        }
        form
    }

    fn absent(&mut self, field: &Field, path: &str, target: Target, local: &str) {
        if self.row.bare_on_the_way(local).is_some() {
            let message = "a bare value where parts should stand; correct it in the source";
            self.refuse(Finding::error("adapter.row_form", "", "parts", "", message), local);
            return;
        }
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
                if let Some(all) = &mut self.set {
                    all.push(Set {
                        canonical: path.to_owned(),
                        local: local.to_owned(),
                        line,
                        how: explain::how(&field.convert),
                    });
                }
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
            inner.set = self.set.is_some().then(Vec::new);
            for field in &list.fields {
                inner.field(field);
            }
            self.findings.append(&mut inner.findings);
            if let Some(all) = &mut self.set {
                let at = at(&self.json, &list.canonical).and_then(Json::as_array).map_or(0, Vec::len);
                all.extend(inner.set.into_iter().flatten().map(|one| Set {
                    canonical: format!("{}[{at}].{}", list.canonical, one.canonical),
                    local: format!("{}/{}", list.local, one.local),
                    ..one
                }));
            }
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

    fn record(&mut self, form: RowForm) -> Option<LocalRecord> {
        let kind = self.profile.head.record;
        let person = self.typed("person")?;
        let entry = match kind {
            RecordKind::Person => Entry::Person,
            RecordKind::Contribution => Entry::Contribution(self.typed(kind.part())?),
            RecordKind::Period => Entry::Period(self.typed(kind.part())?),
            RecordKind::Event => Entry::Event(self.typed(kind.part())?),
        };
        Some(LocalRecord { person, entry, form })
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
        let (_, local) = split_ups(local);
        format!("{}:{line} {local}", self.file).trim_end().to_owned()
    }
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
