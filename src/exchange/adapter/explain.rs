//! What a profile says, for a person: each value in words, and which places of a record it holds.

use super::convert::Convert;
use super::convert::Unknown;
use super::profile::Field;
use super::profile::Profile;
use super::target;

/// One value of a form in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Where it stands in the row; empty for what is not written there.
    pub local: String,
    /// Where it stands in the record; empty for what is not read.
    pub canonical: String,
    /// How the one becomes the other.
    pub how: String,
    /// When it may be absent, and on what it depends.
    pub when: String,
}

/// Whether a place of a record comes out of a form, and goes into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Covered {
    /// The place.
    pub place: &'static str,
    /// From the form to the record.
    pub is_read: bool,
    /// From the record to the form.
    pub is_written: bool,
    /// Whether a row says it: what is the same in every row need not be said.
    pub is_said: bool,
}

impl Profile {
    /// Each value of the form in words, in the order of the profile.
    pub fn told(&self) -> Vec<Told> {
        let lists = self.lists.iter().flat_map(|list| {
            list.fields.iter().map(|field| {
                let told = told(field);
                let local = [list.local.as_str(), &told.local].join("/");
                Told {
                    local: local.trim_end_matches('/').to_owned(),
                    canonical: format!("{}[].{}", list.canonical, told.canonical),
                    ..told
                }
            })
        });
        let revision = self.head.revision.iter().map(|words| Told {
            local: words.local.clone(),
            canonical: String::new(),
            how: format!(
                "«{}» tells, «{}» replaces, «{}» takes back as of {}",
                words.original, words.correcting, words.cancelling, words.date
            ),
            when: format!("what is meant is known by {}", words.key.join(", ")),
        });
        let taken = self.head.taken.iter().map(|when| Told {
            local: when.local.clone(),
            canonical: String::new(),
            how: format!("«{}» is taken, every other row is told and left out", when.is.join("» or «")),
            when: String::new(),
        });
        let terms = self.head.term.iter().map(|term| Told {
            local: term.until.clone(),
            canonical: String::new(),
            how: format!("{} {:?} days after {}, {}", term.days, term.unit, term.from, term.basis),
            when: term
                .when
                .iter()
                .map(|when| format!("only where {} is {}", when.local, when.is.join(" or ")))
                .collect(),
        });
        self.fields.iter().map(told).chain(lists).chain(revision).chain(taken).chain(terms).collect()
    }

    /// Every place of the record that the form tells of, and whether it holds it.
    pub fn coverage(&self) -> Vec<Covered> {
        let part = self.head.record.part();
        let has_revision = self.head.revision.is_some();
        let of = |place: &'static str| {
            let whole = place.rsplit_once('.').map_or(place, |(whole, _)| whole);
            let fields: Vec<&Field> = self
                .fields
                .iter()
                .filter(|field| field.canonical.as_ref().is_some_and(|(own, _)| own == place || own == whole))
                .collect();
            let is_listed = self.lists.iter().any(|list| list.canonical == place);
            let is_revised = has_revision
                && (place == format!("{part}.supersedes") || place == format!("{part}.cancelled_on"));
            let is_said = fields.iter().any(|field| field.local.is_some()) || is_listed || is_revised;
            let is_written = is_said || fields.iter().any(|field| is_constant(field));
            Covered { place, is_read: !fields.is_empty() || is_listed || is_revised, is_written, is_said }
        };
        target::places(self.head.record).into_iter().map(of).collect()
    }
}

/// What is the same in every row need not be written to be known.
fn is_constant(field: &Field) -> bool {
    matches!(field.convert, Convert::Constant(_))
}

fn told(field: &Field) -> Told {
    let mut when = Vec::new();
    match (&field.default, field.is_optional) {
        (Some(default), _) => when.push(format!("absent means «{default}»")),
        (None, true) => when.push("may be absent".to_owned()),
        (None, false) => {}
    }
    if field.is_fallback {
        when.push("only if nothing before it is there".to_owned());
    }
    if let Some(only) = &field.only {
        when.push(format!("only in {only}"));
    }
    if let Some(condition) = &field.when {
        when.push(format!("only where {} is {}", condition.local, condition.is.join(" or ")));
    }
    Told {
        local: field.local.clone().unwrap_or_default(),
        canonical: field.canonical.as_ref().map(|(path, _)| path.clone()).unwrap_or_default(),
        how: how(&field.convert),
        when: when.join("; "),
    }
}

/// A conversion in words.
pub(super) fn how(convert: &Convert) -> String {
    match convert {
        Convert::Text => "as it is".to_owned(),
        Convert::Date { pattern } => format!("a day, {pattern}"),
        Convert::Month { pattern } => format!("a month, {pattern}"),
        Convert::Decimal { currency: Some(currency) } => format!("an amount in {currency}"),
        Convert::Decimal { currency: None } => "a decimal".to_owned(),
        Convert::Codes { read, unknown, .. } => {
            let pairs: Vec<String> =
                read.iter().map(|(local, code)| format!("{local} = {}", code.as_str())).collect();
            let other = match unknown {
                Unknown::Refuse => "others refuse the row".to_owned(),
                Unknown::Keep => "others are kept, with a warning".to_owned(),
                Unknown::As(code) => format!("others are {}, with a warning", code.as_str()),
            };
            format!("a code: {}; {other}", pairs.join(", "))
        }
        Convert::Identifier { kind, is_former: true, .. } => format!("the former number, {}", kind.as_code()),
        Convert::Identifier { kind, pad: Some(pad), .. } => {
            format!("a personal number, {}, one lost zero put back up to {pad}", kind.as_code())
        }
        Convert::Identifier { kind, pad: None, .. } => format!("a personal number, {}", kind.as_code()),
        Convert::Number { kind, .. } => format!("the number of an employer, {}", kind.as_str()),
        Convert::Name => "family name, given name, patronymic".to_owned(),
        Convert::Latin { language } => {
            format!("in the letters of passports, from {}", language.as_str())
        }
        Convert::Constant(value) => format!("always «{value}»"),
        Convert::Digest(of) => format!("drawn from {}", of.join(", ")),
    }
}
