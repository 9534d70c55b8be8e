//! One row of a local file on its way to a record: each value read, checked and put in its place.

use super::convert;
use super::convert::Convert;
use super::convert::Read;
use super::explain;
use super::local::Entry;
use super::local::KnownPerson;
use super::local::LocalRecord;
use super::local::RowForm;
use super::local::placed;
use super::made::Made;
use super::mapping::ROW_NAME;
use super::profile::Field;
use super::profile::FieldList;
use super::profile::Profile;
use super::profile::RecordKind;
use super::profile::When;
use super::target::Target;
use super::value::Map;
use super::value::Row;
use super::value::Texts;
use super::value::split_ups;
use crate::base::Finding;
use crate::base::Findings;
use crate::exchange::canonical::Coded;
use crate::exchange::canonical::HeldIdentifier;
use crate::exchange::canonical::Interval;
use serde::de::DeserializeOwned;

/// One row on its way to a record.
pub(super) struct Decoding<'v> {
    profile: &'v Profile,
    file: &'v str,
    row: Row<'v>,
    /// On which it begins.
    line: usize,
    made: Made<'v>,
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

impl<'v> Decoding<'v> {
    /// A row of `file`, nothing read of it yet.
    pub(super) fn new(profile: &'v Profile, file: &'v str, row: Row<'v>) -> Self {
        let made = Made::Parts(vec![("person", Made::with_room(PERSON_PARTS))]);
        Self { profile, file, row, line: row.map.line(), made, findings: Findings::new(), set: None }
    }

    /// With what sets each place.
    pub(super) fn traced(self) -> Self {
        Self { set: Some(Vec::new()), ..self }
    }

    /// The record, unless a finding refuses the row.
    pub(super) fn finish(mut self) -> Decoded {
        if let Some(left_out) = self.left_out() {
            return Decoded { record: None, whose: None, findings: vec![left_out], set: Vec::new() };
        }
        let profile = self.profile;
        for is_fallback in [false, true] {
            for field in profile.fields.iter().filter(|field| field.is_fallback == is_fallback) {
                self.field(field);
            }
        }
        for list in &profile.lists {
            self.list(list);
        }
        if let Some(left_out) = self.left_out() {
            return Decoded {
                record: None,
                whose: Some(self.whose()),
                findings: vec![left_out],
                set: Vec::new(),
            };
        }
        self.check_interval();
        let form = self.form();
        self.check_terms();
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
        self.made.take("person").unwrap_or_default()
    }

    fn field(&mut self, field: &'v Field) {
        let Some((path, target)) = &field.canonical else { return };
        let is_elsewhere = field.only.as_ref().is_some_and(|only| only != self.row.name)
            || field.when.as_ref().is_some_and(|when| !self.is_so(when));
        let is_set = !target.is_list() && self.made.at(path).is_some();
        if is_elsewhere || is_set {
            return;
        }
        match (&field.convert, field.local.as_deref()) {
            (Convert::Constant(_), None) => {
                self.put((field, path, *target), field.convert.decode("", *target), (self.line, ""));
            }
            (Convert::Digest(of), _) => {
                let read = convert::drawn(&self.digest(of), *target);
                self.put((field, path, *target), read, (self.line, ""));
            }
            (_, Some(local)) => {
                let texts = self.texts(local);
                if texts.is_many() && !target.is_list() {
                    let message = "stands more than once; leave one in the source";
                    self.refuse(Finding::error("adapter.repeated", "", "at most one", "", message), local);
                    return;
                }
                for (text, line) in texts.iter() {
                    self.put((field, path, *target), field.convert.decode(text, *target), (line, local));
                }
                if texts.first().is_none() {
                    self.absent(field, path, *target, local);
                }
            }
            (_, None) => {}
        }
    }

    /// The finding that the row is not one of those that are taken.
    fn left_out(&self) -> Option<Finding> {
        let when = self.profile.head.taken.as_ref().filter(|when| !self.is_so(when))?;
        let line = self.line_of(&when.local);
        let message = "says that nothing is to be taken of this row; a person should look";
        let place = self.place(line, &when.local);
        Some(Finding::error("adapter.row_left", place, when.is.join(" or "), "", message).as_warning())
    }

    /// Whether the row was registered in time.
    fn check_terms(&mut self) {
        for term in &self.profile.head.term {
            if term.when.as_ref().is_some_and(|when| !self.is_so(when)) {
                continue;
            }
            let (from, until) = (self.texts(&term.from), self.texts(&term.until));
            let (Some((from, _)), Some((until, line))) = (from.first(), until.first()) else { continue };
            if let Some(late) = term.late((from, until)) {
                let place = self.place(line, &term.until);
                self.findings.push(placed(late, place));
            }
        }
    }

    fn is_so(&self, when: &When) -> bool {
        self.texts(&when.local).iter().any(|(text, _)| when.is.iter().any(|one| one == text))
    }

    /// Whether the row tells, corrects or cancels; a cancelling row must have its day.
    fn form(&mut self) -> RowForm {
        let profile = self.profile;
        let Some(words) = &profile.head.revision else { return RowForm::Original };
        let form = match self.texts(&words.local).first().map(|(text, _)| text) {
            None => RowForm::Original,
            Some(word) if word == words.original => RowForm::Original,
            Some(word) if word == words.correcting => RowForm::Correcting,
            Some(word) if word == words.cancelling => RowForm::Cancelling,
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
                    let path = [profile.head.record.part(), "cancelled_on"];
                    match convert::date(text, &words.pattern) {
                        Ok(day) => self.made.set(path.into_iter(), Made::shown(&day), false),
                        Err(finding) => {
                            let place = self.place(line, &words.date);
                            self.findings.push(placed(finding, place));
                        }
                    }
                }
            }
        }
        form
    }

    fn absent(&mut self, field: &'v Field, path: &'v str, target: Target, local: &str) {
        if self.row.bare_on_the_way(local).is_some() {
            let message = "a bare value where parts should stand; correct it in the source";
            self.refuse(Finding::error("adapter.row_form", "", "parts", "", message), local);
            return;
        }
        match &field.default {
            Some(default) => {
                self.put((field, path, target), field.convert.decode(default, target), (self.line, local));
            }
            None if field.is_optional || field.is_fallback => {}
            None => {
                let message = "absent; fill it in the source";
                self.refuse(Finding::error("adapter.missing", "", "required", "", message), local);
            }
        }
    }

    fn put(
        &mut self,
        (field, path, target): (&Field, &'v str, Target),
        read: Read<'v>,
        (line, local): (usize, &str),
    ) {
        match read {
            Ok((value, warnings)) => {
                self.made.set(path.split('.'), value, target.is_list());
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

    fn list(&mut self, list: &'v FieldList) {
        for node in self.row.all(&list.local) {
            let row = Row { name: self.row.name, map: node.as_map().unwrap_or(Map::NONE), above: &[] };
            let mut inner = Decoding::new(self.profile, self.file, row);
            (inner.line, inner.made) = (node.line(), Made::with_room(list.fields.len()));
            inner.set = self.set.is_some().then(Vec::new);
            for field in &list.fields {
                inner.field(field);
            }
            self.findings.append(&mut inner.findings);
            if let Some(all) = &mut self.set {
                let at = self.made.at(&list.canonical).map_or(0, Made::count);
                all.extend(inner.set.into_iter().flatten().map(|one| Set {
                    canonical: format!("{}[{at}].{}", list.canonical, one.canonical),
                    local: format!("{}/{}", list.local, one.local),
                    ..one
                }));
            }
            self.made.set(list.canonical.split('.'), inner.made, true);
        }
    }

    /// Ends in the wrong order are a finding of their own, with the place of the later field.
    fn check_interval(&mut self) {
        let part = self.profile.head.record.part();
        let Some(interval) = self.made.at(part).and_then(|part| part.at("interval")) else { return };
        let end = |name: &str| interval.at(name)?.as_str()?.parse().ok();
        let Some(from) = end("from") else { return };
        if let Err(finding) = Interval::new(from, end("to")) {
            let path = format!("{part}.interval.to");
            let is_it = |field: &&Field| {
                let sets = field.canonical.as_ref().is_some_and(|(own, _)| *own == path);
                let is_read = |local: &str| self.texts(local).first().is_some();
                sets && field.local.as_deref().is_some_and(is_read)
            };
            let local = self.profile.fields.iter().find(is_it).and_then(|field| field.local.clone());
            self.refuse(finding, &local.unwrap_or_default());
        }
    }

    fn record(&mut self, form: RowForm) -> Option<LocalRecord> {
        let kind = self.profile.head.record;
        let person: KnownPerson = self.typed("person")?;
        let sex = person.sex.as_ref().map(Coded::as_str);
        for (_, held) in person
            .identifiers
            .iter()
            .enumerate()
            .filter(|(at, _)| HeldIdentifier::is_last(&person.identifiers, *at))
        {
            let conflict = held.identifier.conflict(person.birth_date, sex, "");
            self.findings.extend(conflict.map(|finding| placed(finding, self.place(self.line, ""))));
        }
        let entry = match kind {
            RecordKind::Person => Entry::Person,
            RecordKind::Contribution => Entry::Contribution(self.typed(kind.part())?),
            RecordKind::Period => Entry::Period(self.typed(kind.part())?),
            RecordKind::Event => Entry::Event(self.typed(kind.part())?),
            RecordKind::Fact => Entry::Fact(self.typed(kind.part())?),
            RecordKind::LifeEvent => Entry::LifeEvent(self.typed(kind.part())?),
        };
        Some(LocalRecord { person, entry, form })
    }

    /// The values were checked one by one, so only their sum can be unlawful here.
    fn typed<T: DeserializeOwned>(&mut self, part: &str) -> Option<T> {
        let typed = self.made.take(part);
        if typed.is_err() {
            let message =
                format!("the row makes no lawful {part}; something in it is absent or contradictory");
            let finding = Finding::error("adapter.row", "", "canonical record", "", message);
            self.refuse(finding, "");
        }
        typed.ok()
    }

    /// The texts at a local path that are not empty, each with its line.
    fn texts(&self, local: &str) -> Texts<'v> {
        if local == ROW_NAME {
            let mut name = Texts::default();
            name.add(self.row.name, self.line);
            return name;
        }
        self.row.texts(local)
    }

    /// The line of what stands first at a local path, or of the row.
    fn line_of(&self, local: &str) -> usize {
        let mut line = None;
        self.row.each(local, &mut |value| line = line.or(Some(value.line())));
        line.unwrap_or(self.line)
    }

    fn digest(&self, of: &[String]) -> String {
        let of_field = |hash, local: &String| {
            let hash = self.texts(local).iter().fold(hash, |hash, (text, _)| fnv(hash, text.as_bytes()));
            fnv(hash, b"\x1f")
        };
        format!("{:032x}", of.iter().fold(FNV_BASIS, of_field))
    }

    fn refuse(&mut self, finding: Finding, local: &str) {
        let place = self.place(self.line_of(local), local);
        self.findings.push(placed(finding, place));
    }

    fn place(&self, line: usize, local: &str) -> String {
        let (_, local) = split_ups(local);
        format!("{}:{line} {local}", self.file).trim_end().to_owned()
    }
}

/// FNV-1a of 128 bits: an id must be the same after every reading, and need not withstand an enemy.
fn fnv(hash: u128, bytes: &[u8]) -> u128 {
    bytes.iter().fold(hash, |hash, byte| (hash ^ u128::from(*byte)).wrapping_mul(FNV_PRIME))
}

const FNV_BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const FNV_PRIME: u128 = 0x0100_0000_0000_0000_0000_013b;
/// What most rows say of a person: name, birth date, sex, citizenships, numbers.
const PERSON_PARTS: usize = 6;
