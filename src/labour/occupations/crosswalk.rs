//! From the code of a national list to ISCO-08: only through a table that says so, and says how sure it is.

use super::scheme::Scheme;
use crate::base::{Finding, Findings};
use crate::exchange::canonical::Coded;
use crate::exchange::canonical::job::{IscoCode, Occupation, Relation};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::LazyLock;
use toml::Spanned;

/// The table of one edition of a national list.
#[derive(Debug, Clone)]
pub struct Crosswalk {
    scheme: Coded,
    edition: Coded,
    source: String,
    valid: Validity,
    is_by_digits: bool,
    rows: BTreeMap<String, Vec<Row>>,
}

/// From which day to which a table or a row counts; both days are within.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Validity {
    from: Option<Date>,
    to: Option<Date>,
}

#[derive(Debug, Clone)]
struct Row {
    isco: BTreeSet<IscoCode>,
    relation: Option<Relation>,
    source: Option<String>,
    valid: Validity,
}

/// A table as its file has it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    scheme: Spanned<Coded>,
    edition: Coded,
    #[serde(rename = "title")]
    _title: String,
    source: Spanned<String>,
    valid_from: Option<Date>,
    valid_to: Option<Date>,
    by_digits: Option<ByDigits>,
    #[serde(default)]
    code: Vec<WrittenRow>,
}

/// Whether the digits of a code are those of the group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ByDigits {
    /// They are: the list takes over the unit groups of ISCO-08 as they are.
    Exact,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRow {
    code: Spanned<String>,
    isco: Vec<String>,
    relation: Option<Relation>,
    source: Option<String>,
    valid_from: Option<Date>,
    valid_to: Option<Date>,
}

/// What a code is mapped to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mapping {
    /// One group or more.
    Mapped(Vec<Target>),
    /// None, and why.
    Unmapped(Unmapped),
}

/// A group that a code is mapped to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Target {
    /// The group.
    pub isco: IscoCode,
    /// How the code relates to it.
    pub relation: Relation,
    /// The edition of the table.
    pub edition: Coded,
    /// Who says so.
    pub source: String,
}

/// Why a code is mapped to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unmapped {
    /// No table of the list is at hand that counts on the day.
    NoTable,
    /// The tables do not know the code.
    UnknownCode,
    /// A table knows the code and says that no group stands for it.
    NoTarget,
}

impl Crosswalk {
    /// The table of a file; `name` stands in the findings. Without it, at least one finding is an error.
    ///
    /// Findings have the codes `labour.crosswalk_form`, `code_shape`, `isco_unknown`, `relation`, `code_twice`, `validity`
    /// and, as warnings, `control_digit` and `count_differs`; each tells its line.
    pub fn read(name: &str, text: &str, is_unit: impl Fn(IscoCode) -> bool) -> (Option<Self>, Findings) {
        let at = |span: &Range<usize>| {
            let before = text.get(..span.start).unwrap_or_default();
            format!("{name}:{}", before.matches('\n').count() + 1)
        };
        let written: Written = match toml::from_str(text) {
            Ok(written) => written,
            Err(error) => {
                let message = format!("not a crosswalk: {}; see schemas/labour/crosswalks", error.message());
                let place = at(&error.span().unwrap_or_default());
                return (
                    None,
                    vec![Finding::error("labour.crosswalk_form", place, "crosswalk", "", message)],
                );
            }
        };
        let mut findings = Findings::new();
        let valid = Validity { from: written.valid_from, to: written.valid_to };
        let (scheme, head) = (Scheme::of(written.scheme.get_ref()), at(&written.scheme.span()));
        findings.extend(valid.off(&head));
        if written.source.get_ref().trim().is_empty() {
            let message = "no source; say which act, table or body maps these codes";
            let place = at(&written.source.span());
            findings.push(Finding::error("labour.crosswalk_form", place, "source", "", message));
        }
        let mut rows: BTreeMap<String, Vec<Row>> = BTreeMap::new();
        for row in written.code {
            let (place, code) = (at(&row.code.span()), row.code.into_inner());
            findings.extend(scheme.off(&code, &place));
            let mut isco = BTreeSet::new();
            for target in &row.isco {
                match target.parse::<IscoCode>().ok().filter(|code| is_unit(*code)) {
                    Some(group) if isco.insert(group) => {}
                    Some(_) | None => {
                        let message = "not a unit group of ISCO-08, or named twice; write its four digits";
                        findings.push(Finding::error(
                            "labour.isco_unknown",
                            &place,
                            "ISCO-08",
                            target,
                            message,
                        ));
                    }
                }
            }
            let named = row.isco.len();
            let message = match (row.relation, named) {
                (None, 1..) => "groups without a relation; write exact, broader, narrower or close",
                (Some(_), 0) => "a relation to no group; leave it out where nothing stands for the code",
                (Some(Relation::Exact), 2..) => "exact, and more than one group; only one can mean the same",
                _ => "",
            };
            if !message.is_empty() {
                findings.push(Finding::error("labour.relation", &place, "SKOS mapping", "", message));
            }
            let valid = Validity { from: row.valid_from, to: row.valid_to };
            findings.extend(valid.off(&place));
            let same = rows.entry(scheme.bare(&code).to_owned()).or_default();
            if same.iter().any(|other| other.valid.meets(&valid)) {
                let message = "the code stands twice for the same days; put its groups into one row";
                findings.push(Finding::error("labour.code_twice", &place, "one row a code", &code, message));
            }
            same.push(Row { isco, relation: row.relation, source: row.source, valid });
        }
        findings.extend(scheme.count(rows.keys().map(String::as_str), &head));
        let is_whole = !findings.iter().any(Finding::is_error);
        let table = Self {
            scheme: written.scheme.into_inner(),
            edition: written.edition,
            source: written.source.into_inner(),
            valid,
            is_by_digits: written.by_digits == Some(ByDigits::Exact),
            rows,
        };
        (is_whole.then_some(table), findings)
    }

    /// The list it is of.
    pub fn scheme(&self) -> &Coded {
        &self.scheme
    }

    /// The edition of the list.
    pub fn edition(&self) -> &Coded {
        &self.edition
    }

    /// How many codes it has rows for.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it maps nothing.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && !self.is_by_digits
    }

    fn map(&self, code: &str, on: Date, is_unit: impl Fn(IscoCode) -> bool) -> Mapping {
        let bare = Scheme::of(&self.scheme).bare(code);
        let rows = self.rows.get(bare).map_or(&[][..], Vec::as_slice);
        if let Some(row) = rows.iter().find(|row| row.valid.holds(on)) {
            let Some(relation) = row.relation else { return Mapping::Unmapped(Unmapped::NoTarget) };
            let target = |isco: &IscoCode| Target {
                isco: *isco,
                relation,
                edition: self.edition.clone(),
                source: row.source.as_ref().unwrap_or(&self.source).clone(),
            };
            return Mapping::Mapped(row.isco.iter().map(target).collect());
        }
        let by_digits = bare.parse().ok().filter(|group| self.is_by_digits && is_unit(*group));
        match by_digits {
            Some(isco) => Mapping::Mapped(vec![Target {
                isco,
                relation: Relation::Exact,
                edition: self.edition.clone(),
                source: self.source.clone(),
            }]),
            None => Mapping::Unmapped(Unmapped::UnknownCode),
        }
    }
}

impl Validity {
    fn holds(&self, on: Date) -> bool {
        self.from.is_none_or(|from| from <= on) && self.to.is_none_or(|to| on <= to)
    }

    /// Whether a day is of both.
    fn meets(&self, other: &Self) -> bool {
        let ends_before = |one: &Self, two: &Self| one.to.zip(two.from).is_some_and(|(to, from)| to < from);
        !ends_before(self, other) && !ends_before(other, self)
    }

    fn off(&self, place: &str) -> Option<Finding> {
        let is_off = self.from.zip(self.to).is_some_and(|(from, to)| from > to);
        let message = "it ends before it begins; correct one of the two days";
        is_off.then(|| Finding::error("labour.validity", place, "valid_from ≤ valid_to", "", message))
    }
}

/// The tables at hand.
#[derive(Debug, Clone, Default)]
pub struct Crosswalks {
    tables: Vec<Crosswalk>,
    units: BTreeSet<IscoCode>,
}

impl Crosswalks {
    /// The tables compiled into the program.
    #[expect(clippy::expect_used, reason = "the tables are compiled in, and a test reads them")]
    pub fn built_in() -> &'static Self {
        static BUILT_IN: LazyLock<Crosswalks> = LazyLock::new(|| {
            let units: BTreeSet<IscoCode> =
                super::OccupationTree::built_in().units().map(|group| group.code).collect();
            let mut all = Crosswalks { tables: Vec::new(), units };
            for (name, text) in TABLES {
                all.add(name, text).expect("the tables are in order");
            }
            all
        });
        &BUILT_IN
    }

    /// Takes in a table of an operator; it is asked before those that were there. What is told with success are warnings.
    ///
    /// # Errors
    /// All findings of a table that has at least one error; see [`Crosswalk::read`].
    pub fn add(&mut self, name: &str, text: &str) -> Result<Findings, Findings> {
        let (table, findings) = Crosswalk::read(name, text, |code| self.units.contains(&code));
        match table {
            Some(table) => {
                self.tables.insert(0, table);
                Ok(findings)
            }
            None => Err(findings),
        }
    }

    /// The tables, the last one that was taken in first.
    pub fn tables(&self) -> &[Crosswalk] {
        &self.tables
    }

    /// What the code of a list is mapped to on a day: by the first table of the list that counts then and knows it.
    pub fn map(&self, scheme: &str, code: &str, on: Date) -> Mapping {
        let of_scheme = |table: &&Crosswalk| {
            table.scheme.as_str() == scheme && table.valid.holds(on) && !table.is_empty()
        };
        let mut why = Unmapped::NoTable;
        for table in self.tables.iter().filter(of_scheme) {
            match table.map(code, on, |group| self.units.contains(&group)) {
                Mapping::Unmapped(Unmapped::UnknownCode) => why = Unmapped::UnknownCode,
                known @ (Mapping::Mapped(_) | Mapping::Unmapped(Unmapped::NoTable | Unmapped::NoTarget)) => {
                    return known;
                }
            }
        }
        Mapping::Unmapped(why)
    }

    /// The occupations that a code of a source stands for: one for each group it is mapped to, else one without a group.
    /// The code stays as it is.
    pub fn occupations(&self, scheme: &Coded, edition: &Coded, code: &Coded, on: Date) -> Vec<Occupation> {
        let one = |target: Option<&Target>| Occupation {
            scheme: scheme.clone(),
            edition: edition.clone(),
            code: code.clone(),
            isco: target.map(|target| target.isco),
            relation: target.map(|target| target.relation),
        };
        match self.map(scheme.as_str(), code.as_str(), on) {
            Mapping::Mapped(targets) => targets.iter().map(|target| one(Some(target))).collect(),
            Mapping::Unmapped(_) => vec![one(None)],
        }
    }
}

macro_rules! tables {
    ($($name:literal)+) => {
        [$(($name, include_str!(concat!("../../../schemas/labour/crosswalks/", $name)))),+]
    };
}

/// The tables of this repository.
const TABLES: [(&str, &str); 5] =
    tables!("isco-08.toml" "okz.toml" "okpdtr.toml" "nkrk-01.toml" "okrb-014.toml");
