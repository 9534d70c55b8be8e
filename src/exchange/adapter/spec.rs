//! A profile as it is written, and its compilation into one that can only be right.

mod codes;

use super::code_list::OwnLists;
use super::convert::Convert;
use super::error::ProfileError;
use super::profile::Field;
use super::profile::FieldList;
use super::profile::Format;
use super::profile::Head;
use super::profile::Profile;
use super::profile::RecordKind;
use super::profile::RevisionWords;
use super::profile::When;
use super::target::Target;
use super::value::split_ups;
use crate::exchange::canonical::Coded;
use crate::exchange::canonical::Currency;
use crate::exchange::canonical::IdentifierKind;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    profile: Spanned<Head>,
    map: Vec<Spanned<WrittenField>>,
    #[serde(default)]
    list: Vec<Spanned<WrittenList>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenList {
    local: String,
    canonical: String,
    map: Vec<Spanned<WrittenField>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenField {
    local: Option<String>,
    canonical: Option<String>,
    #[serde(default)]
    convert: Conversion,
    pattern: Option<String>,
    currency: Option<Currency>,
    #[serde(default)]
    table: BTreeMap<String, Coded>,
    list: Option<String>,
    #[serde(default)]
    keep_unknown: bool,
    unknown_as: Option<Coded>,
    kind: Option<Coded>,
    pad: Option<usize>,
    #[serde(default)]
    digits: Vec<usize>,
    #[serde(default)]
    of: Vec<String>,
    value: Option<String>,
    default: Option<String>,
    #[serde(default)]
    optional: bool,
    #[serde(default)]
    fallback: bool,
    only: Option<String>,
    when: Option<When>,
    #[serde(default)]
    also: BTreeMap<String, Coded>,
    #[serde(default)]
    former: bool,
    language: Option<Coded>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Conversion {
    #[default]
    Text,
    Date,
    Month,
    Decimal,
    Codes,
    Identifier,
    Number,
    Name,
    Latin,
    Constant,
    Digest,
}

/// Reads and checks a profile.
pub(super) fn compile(file: &str, text: &str, lists: &OwnLists) -> Result<Profile, ProfileError> {
    let written: Written = toml::from_str(text).map_err(|source| parse_error(file, text, source))?;
    let source = Source { file, text };
    let at = written.profile.span().start;
    let head = written.profile.into_inner();
    check_head(&head).map_err(|unfit| source.unfit(at, unfit))?;
    let mut fields = Vec::new();
    for field in written.map {
        let at = field.span().start;
        let target = |path: &str| Target::of(path, head.record);
        let field =
            compile_field(field.into_inner(), &target, lists).map_err(|unfit| source.unfit(at, unfit))?;
        check_place(&field, &head).map_err(|unfit| source.unfit(at, unfit))?;
        check_condition(&field, &fields).map_err(|unfit| source.unfit(at, unfit))?;
        fields.push(field);
    }
    let mut groups = Vec::new();
    for list in written.list {
        let at = list.span().start;
        let list = list.into_inner();
        if Target::of(&list.canonical, head.record) != Some(Target::SpecialConditions) {
            let reason = "not a list of the record; write period.special_conditions";
            return Err(source.unfit(at, Unfit::new("canonical", reason)));
        }
        let mut fields = Vec::new();
        for field in list.map {
            let at = field.span().start;
            let compiled = compile_field(field.into_inner(), &Target::of_special_condition, lists);
            let compiled = compiled.map_err(|unfit| source.unfit(at, unfit))?;
            if compiled.when.is_some() {
                return Err(source.unfit(at, Unfit::new("when", "not in a list; leave it out")));
            }
            fields.push(compiled);
        }
        groups.push(FieldList { local: list.local, canonical: list.canonical, fields });
    }
    if let Some(lacking) = lacking(&head, &fields) {
        let reason = format!("no map sets {lacking}, which every {} needs", head.record.part());
        return Err(source.unfit(at, Unfit { key: "record", reason }));
    }
    Ok(Profile { file: file.to_owned(), head, fields, lists: groups })
}

/// A key that makes no sense, and why.
struct Unfit {
    key: &'static str,
    reason: String,
}

impl Unfit {
    fn new(key: &'static str, reason: impl Into<String>) -> Self {
        Self { key, reason: reason.into() }
    }
}

struct Source<'a> {
    file: &'a str,
    text: &'a str,
}

impl Source<'_> {
    /// The error at the place of the key, or of the section that lacks it.
    fn unfit(&self, section: usize, unfit: Unfit) -> ProfileError {
        let rest = self.text.get(section..).unwrap_or_default();
        let mut begin = section;
        let mut at = section;
        for (number, line) in rest.split_inclusive('\n').enumerate() {
            let is_next_section = number > 0 && line.starts_with('[');
            if is_next_section {
                break;
            }
            if let Some(offset) = key_in(line, unfit.key) {
                at = begin + offset;
                break;
            }
            begin += line.len();
        }
        let (line, column) = place_of(self.text, at);
        let (file, key) = (self.file.to_owned(), unfit.key.to_owned());
        ProfileError::Unfit { file, line, column, key, reason: unfit.reason }
    }
}

/// Where a key is set in a line, alone or among others in braces.
fn key_in(line: &str, key: &str) -> Option<usize> {
    let is_set = |at: &usize| {
        let after = line.get(at + key.len()..).unwrap_or_default().trim_start();
        let before = line.get(..*at).unwrap_or_default().trim_end();
        after.starts_with('=') && (before.is_empty() || before.ends_with(['{', ',']))
    };
    line.match_indices(key).map(|(at, _)| at).find(is_set)
}

impl ProfileError {
    /// A key whose value does not fit in, though the profile is sound.
    pub(super) fn of_key(file: &str, text: &str, key: &'static str, reason: String) -> Self {
        Source { file, text }.unfit(0, Unfit { key, reason })
    }
}

impl ProfileError {
    /// A text that is not the TOML it should be.
    pub(super) fn of_toml(file: &str, text: &str, source: toml::de::Error) -> Self {
        parse_error(file, text, source)
    }
}

fn parse_error(file: &str, text: &str, source: toml::de::Error) -> ProfileError {
    let at = source.span().map_or(0, |span| span.start);
    let (line, column) = place_of(text, at);
    let whole = text.lines().nth(line - 1).unwrap_or_default().trim();
    let key = whole.split(['=', '#']).next().unwrap_or_default().trim().to_owned();
    ProfileError::Parse { file: file.to_owned(), line, column, key, source: Box::new(source) }
}

/// The line and the column of a byte, both from 1.
fn place_of(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let begin = before.rfind('\n').map_or(0, |end| end + 1);
    let column = before.get(begin..).unwrap_or_default().chars().count();
    (1 + before.matches('\n').count(), 1 + column)
}

fn check_head(head: &Head) -> Result<(), Unfit> {
    let format = head.format;
    match (format.has_rows_path(), head.rows.is_empty()) {
        (false, false) => return Err(Unfit::new("rows", "each line is a row; leave out the path")),
        (true, true) => {
            return Err(Unfit::new("rows", "empty; write the path from the document to its rows"));
        }
        (true, false) | (false, true) => {}
    }
    if format != Format::Xml && !head.namespaces.is_empty() {
        return Err(Unfit::new("format", "only XML has namespaces"));
    }
    match head.delimiter {
        Some(_) if format != Format::Csv => return Err(Unfit::new("delimiter", "only CSV has one")),
        Some(other) if !other.is_ascii() || matches!(other, '"' | '\n' | '\r') => {
            return Err(Unfit::new("delimiter", "not one ASCII character that can stand between fields"));
        }
        Some(_) | None => {}
    }
    if (format == Format::Fixed) == head.columns.is_empty() {
        let reason = "a form of fixed width, and no other, has columns; write { name = \"…\", width = 14 }";
        return Err(Unfit::new("columns", reason));
    }
    let is_twice = |(at, one): (usize, &super::profile::Column)| {
        one.width == 0 || head.columns.iter().take(at).any(|other| other.name == one.name)
    };
    if head.columns.iter().enumerate().any(is_twice) {
        return Err(Unfit::new("columns", "a name twice, or a width of 0"));
    }
    let terms = head.term.iter().flat_map(|term| [&term.from, &term.until]);
    let conditions = head.term.iter().filter_map(|term| term.when.as_ref()).chain(&head.taken);
    for local in terms.chain(conditions.map(|when| &when.local)) {
        check_local(local, head)?;
    }
    head.revision.iter().try_for_each(|words| check_revision(words, head))
}

fn check_revision(words: &RevisionWords, head: &Head) -> Result<(), Unfit> {
    let RevisionWords { original, correcting, cancelling, key, .. } = words;
    if !matches!(head.record, RecordKind::Contribution | RecordKind::Period) {
        let reason = "only contributions and periods are corrected so; an event has its own form";
        return Err(Unfit::new("revision", reason));
    }
    if original == correcting || original == cancelling || correcting == cancelling {
        return Err(Unfit::new("original", "two of the three words are the same"));
    }
    if key.is_empty() {
        return Err(Unfit::new(
            "key",
            "empty; write by which places a row and its correction know each other",
        ));
    }
    if let Some(path) = key.iter().find(|path| Target::of(path, head.record).is_none()) {
        return Err(Unfit::new("key", format!("{path} is not a place of this record")));
    }
    for local in [&words.local, &words.date] {
        check_local(local, head)?;
    }
    Ok(())
}

/// Whether the row's format has such a place.
fn check_place(field: &Field, head: &Head) -> Result<(), Unfit> {
    let condition = field.when.iter().map(|when| &when.local);
    field.local.iter().chain(condition).try_for_each(|local| check_local(local, head))
}

/// A row is written in the order of the maps: what a condition looks at must be there before.
fn check_condition(field: &Field, before: &[Field]) -> Result<(), Unfit> {
    let Some(when) = &field.when else { return Ok(()) };
    let is_set = before.iter().any(|earlier| earlier.local.as_ref() == Some(&when.local));
    let reason = || format!("no map before this one sets {}, so no row could be written", when.local);
    if is_set { Ok(()) } else { Err(Unfit::new("when", reason())) }
}

fn check_local(local: &str, head: &Head) -> Result<(), Unfit> {
    let (ups, rest) = split_ups(local);
    let levels = if head.format.has_rows_path() { head.rows.split('/').count() } else { 0 };
    if ups > levels || rest.is_empty() {
        return Err(Unfit::new("local", format!("goes out {ups} levels, the rows path has {levels}")));
    }
    if head.format.is_flat() && local.contains('/') {
        return Err(Unfit::new("local", "a column has no path"));
    }
    if head.format == Format::Fixed && !head.columns.iter().any(|column| column.name == local) {
        return Err(Unfit::new("local", "not one of the columns of the form"));
    }
    Ok(())
}

fn compile_field(
    written: WrittenField,
    target: &dyn Fn(&str) -> Option<Target>,
    lists: &OwnLists,
) -> Result<Field, Unfit> {
    let canonical = match written.canonical.clone() {
        None => None,
        Some(path) => {
            let target = target(&path);
            let reason = "not a place of this record; see the list in schemas/profiles/README.md";
            Some((path, target.ok_or_else(|| Unfit::new("canonical", reason))?))
        }
    };
    let convert = conversion(&written, lists)?;
    if let Some((_, target)) = &canonical
        && !convert.fits(*target)
    {
        return Err(Unfit::new("convert", format!("does not yield what stands there: {target:?}")));
    }
    let is_local = !matches!(convert, Convert::Constant(_) | Convert::Digest(_));
    match (&written.local, &canonical) {
        (None, None) => return Err(Unfit::new("local", "neither local nor canonical; write at least one")),
        (None, Some(_)) if is_local => {
            return Err(Unfit::new("local", "absent; write where the value stands"));
        }
        (Some(_), None) if is_local => {
            return Err(Unfit::new("canonical", "absent; write what the value means"));
        }
        (Some(_), Some(_)) if !is_local => {
            return Err(Unfit::new(
                "convert",
                "a constant or digest has one side; leave out local or canonical",
            ));
        }
        (None | Some(_), None | Some(_)) => {}
    }
    Ok(Field {
        local: written.local,
        canonical,
        convert,
        default: written.default,
        is_optional: written.optional,
        is_fallback: written.fallback,
        only: written.only,
        when: written.when,
    })
}

fn conversion(written: &WrittenField, lists: &OwnLists) -> Result<Convert, Unfit> {
    check_extras(written)?;
    let pattern = || written.pattern.clone().ok_or_else(|| Unfit::new("pattern", "absent; such as %Y-%m-%d"));
    let kind =
        || written.kind.clone().ok_or_else(|| Unfit::new("kind", "absent; write which kind of number"));
    Ok(match written.convert {
        Conversion::Text => Convert::Text,
        Conversion::Date => Convert::Date { pattern: pattern()? },
        Conversion::Month => Convert::Month { pattern: pattern()? },
        Conversion::Decimal => Convert::Decimal { currency: written.currency },
        Conversion::Codes => codes::codes(written, lists)?,
        Conversion::Identifier => {
            let kind = serde_json::Value::String(kind()?.into());
            let kind: IdentifierKind = serde_json::from_value(kind)
                .map_err(|_cause| Unfit::new("kind", "write one of snils iin by-number pin psn"))?;
            Convert::Identifier { kind, pad: written.pad, is_former: written.former }
        }
        Conversion::Number => Convert::Number { kind: kind()?, digits: written.digits.clone() },
        Conversion::Name => Convert::Name,
        Conversion::Latin => {
            let absent = || Unfit::new("language", "absent; write the two letters of ISO 639-1");
            Convert::Latin { language: written.language.clone().ok_or_else(absent)? }
        }
        Conversion::Constant => {
            let absent = || Unfit::new("value", "absent; write the constant");
            Convert::Constant(written.value.clone().ok_or_else(absent)?)
        }
        Conversion::Digest if written.of.is_empty() => {
            return Err(Unfit::new("of", "empty; write of which local fields"));
        }
        Conversion::Digest => Convert::Digest(written.of.clone()),
    })
}

/// A key of another conversion is a mistake, not an ornament.
fn check_extras(written: &WrittenField) -> Result<(), Unfit> {
    use Conversion::{Codes, Constant, Date, Decimal, Digest, Identifier, Latin, Month, Number};
    let extras: [(&'static str, bool, &[Conversion]); 14] = [
        ("list", written.list.is_some(), &[Codes]),
        ("language", written.language.is_some(), &[Latin]),
        ("pattern", written.pattern.is_some(), &[Date, Month]),
        ("currency", written.currency.is_some(), &[Decimal]),
        ("table", !written.table.is_empty(), &[Codes]),
        ("keep_unknown", written.keep_unknown, &[Codes]),
        ("unknown_as", written.unknown_as.is_some(), &[Codes]),
        ("kind", written.kind.is_some(), &[Identifier, Number]),
        ("also", !written.also.is_empty(), &[Codes]),
        ("pad", written.pad.is_some(), &[Identifier]),
        ("former", written.former, &[Identifier]),
        ("digits", !written.digits.is_empty(), &[Number]),
        ("of", !written.of.is_empty(), &[Digest]),
        ("value", written.value.is_some(), &[Constant]),
    ];
    let extra = extras.into_iter().find(|(_, is_there, of)| *is_there && !of.contains(&written.convert));
    match extra {
        None => Ok(()),
        Some((key, _, _)) => Err(Unfit::new(key, "means nothing for this conversion; leave it out")),
    }
}

/// The first place that no map sets although the record cannot be without it.
fn lacking(head: &Head, fields: &[Field]) -> Option<&'static str> {
    let needed: &[&'static str] = match head.record {
        RecordKind::Person => &["person.birth_date", "person.identifiers"],
        RecordKind::Contribution => {
            &["contribution.id", "contribution.month", "contribution.kind", "contribution.amount"]
        }
        RecordKind::Period => &["period.id", "period.state", "period.interval.from", "period.kind"],
        RecordKind::Event => &["event.id", "event.form", "event.kind", "event.date"],
        RecordKind::Fact => &["person.identifiers", "fact.kind"],
        RecordKind::LifeEvent => {
            &["person.identifiers", "life_event.id", "life_event.kind", "life_event.date", "life_event.state"]
        }
    };
    let is_set = |path: &str| fields.iter().filter_map(|f| f.canonical.as_ref()).any(|(own, _)| own == path);
    needed.iter().copied().find(|path| !is_set(path))
}
