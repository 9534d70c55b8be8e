//! Files to typed records, row by row, in memory that no file makes grow.

use super::csv;
use super::csv::Encoding;
use super::decoding::Decoded;
use super::decoding::Decoding;
use super::decoding::Set;
use super::error::FormatError;
use super::fixed;
use super::json;
use super::json_rows;
use super::lines::Lines;
use super::local::KnownPerson;
use super::local::LocalRecord;
use super::nested::Nested;
use super::nested::Shape;
use super::profile::Format;
use super::profile::Profile;
use super::rows::Each;
use super::rows::HEADER_AGAIN;
use super::rows::Met;
use super::scan::Scan;
use super::value::Map;
use super::value::Row;
use super::value::Text;
use super::value::Value;
use super::xml_rows;
use crate::base::Finding;
use crate::base::Findings;
use crate::base::Limits;
use std::fmt::Write;
use std::io::BufRead;
use std::ops::ControlFlow;

/// One row as it was read.
#[derive(Debug)]
pub struct RowRead {
    /// Where it begins: `file:line`.
    pub place: String,
    /// What it says; none if the row is set aside.
    pub record: Option<LocalRecord>,
    /// Whom a row that is set aside is about, as far as it tells.
    pub whose: Option<KnownPerson>,
    /// What is wrong or odd about it, never with a value. One that is set aside has an error.
    pub findings: Findings,
}

/// What was read of a file.
#[derive(Debug, Default)]
pub struct Tally {
    /// Rows that were taken.
    pub rows: u64,
    /// Rows that were set aside.
    pub aside: u64,
    /// What is wrong or odd, in the order of the places: of each row the first time it is told, and not more than
    /// 10,000 of a file.
    pub findings: Findings,
    /// How many findings are errors, and how many warnings; those that are not kept too.
    pub errors: u64,
    /// As above.
    pub warnings: u64,
    /// Of each row that was set aside the error that did it; not more than 1,000 of a file.
    pub set_aside: Findings,
    last: Findings,
}

/// Takes rows as they are read; it may have had enough.
pub type EachRead<'e> = &'e mut dyn FnMut(RowRead) -> ControlFlow<()>;

impl Profile {
    /// Reads a file of this form, row by row. A row that is not lawful is set aside with its findings.
    ///
    /// # Errors
    /// A file that cannot be read, or is not of the profile's format at all.
    pub fn read_rows(
        &self,
        file: &str,
        input: &mut dyn BufRead,
        limits: &Limits,
        each: EachRead<'_>,
    ) -> Result<(), FormatError> {
        self.meet(file, input, limits, &mut |met| each(self.read_met(file, met)))
    }

    /// Reads one row of named columns, as a query gives them; a column without a value is none. `source` names the query
    /// in findings, with the number of the row.
    pub fn read_columns<'c>(
        &self,
        source: &str,
        number: usize,
        columns: impl IntoIterator<Item = (&'c str, Option<String>)>,
    ) -> RowRead {
        let mut map = Map::at(number);
        for (name, text) in columns {
            if let Some(text) = text {
                map.add(name, Value::Text(Text::new(text, number)));
            }
        }
        self.read_met(source, Met::Row(Row { name: "", map: &map, above: &[] }))
    }

    /// Reads a whole file: gives the rows that are taken, each with its place, and tells the rest.
    ///
    /// # Errors
    /// As [`Profile::read_rows`].
    pub fn read(
        &self,
        file: &str,
        mut input: impl BufRead,
        limits: &Limits,
        each: &mut dyn FnMut(LocalRecord, &str),
    ) -> Result<Tally, FormatError> {
        let mut told = Tally::default();
        self.read_rows(file, &mut input, limits, &mut |row| {
            if let Some((record, place)) = told.take(row) {
                each(record, &place);
            }
            ControlFlow::Continue(())
        })?;
        Ok(told.finished(file))
    }

    /// The same, with what set each place of a record; findings are told elsewhere.
    pub(super) fn read_traced(
        &self,
        file: &str,
        input: &mut dyn BufRead,
        limits: &Limits,
        each: &mut dyn FnMut(LocalRecord, Vec<Set>),
    ) -> Result<(), FormatError> {
        self.meet(file, input, limits, &mut |met| {
            if let Met::Row(row) = met {
                let decoded = Decoding::new(self, file, row).traced().finish();
                if let Some(record) = decoded.record {
                    each(record, decoded.set);
                }
            }
            ControlFlow::Continue(())
        })
    }

    fn read_met(&self, file: &str, met: Met<'_>) -> RowRead {
        match met {
            Met::Row(row) => {
                let mut place = String::with_capacity(file.len() + LINE_BYTES);
                let _ = write!(place, "{file}:{}", row.map.line()); // a string takes all
                let Decoded { record, whose, findings, .. } = Decoding::new(self, file, row).finish();
                RowRead { place, record, whose, findings }
            }
            Met::Aside(finding) => {
                let whose = (finding.code != HEADER_AGAIN).then(KnownPerson::default);
                RowRead { place: finding.path.clone(), record: None, whose, findings: vec![finding] }
            }
        }
    }

    /// Gives all that is met in a file.
    fn meet(
        &self,
        file: &str,
        input: &mut dyn BufRead,
        limits: &Limits,
        each: Each<'_>,
    ) -> Result<(), FormatError> {
        let bytes_max = limits.local_row_bytes_max;
        let head = &self.head;
        match head.format {
            Format::Csv => {
                let mut lines = Lines::new(input, head.encoding, bytes_max)?;
                let required = self.required_columns();
                csv::read(file, &mut lines, (head.delimiter, bytes_max), &required, each)
            }
            Format::Fixed => {
                let mut lines = Lines::new(input, head.encoding, bytes_max)?;
                fixed::read(file, &mut lines, (&head.columns, bytes_max), each)
            }
            Format::Jsonl => {
                let mut lines = Lines::new(input, head.encoding, bytes_max)?;
                json::read_lines(file, &mut lines, bytes_max, each)
            }
            Format::Json => {
                let shape = self.shape();
                let mut nested = Nested::new(file, &shape, bytes_max, each);
                json_rows::read(file, &mut Scan::new(input, bytes_max)?, &mut nested, &|| shape.first())
            }
            Format::Xml => {
                let shape = self.shape();
                let mut nested = Nested::new(file, &shape, bytes_max, each);
                let scan = &mut Scan::new(input, bytes_max)?;
                xml_rows::read(file, (scan, limits), &head.namespaces, &mut nested, &|| shape.first())
            }
        }
    }

    /// Where the rows stand, and which fields around them are read.
    fn shape(&self) -> Shape {
        Shape::new(&self.head.rows, self.locals().into_iter())
    }
}

/// Gives the first rows of a sample, whose form is only guessed.
pub(super) fn sample(
    format: Format,
    bytes: &[u8],
    each: &mut dyn FnMut(Row<'_>) -> ControlFlow<()>,
) -> Result<(), FormatError> {
    let bytes_max = Limits::default().local_row_bytes_max;
    let mut input = bytes;
    let mut each = |met: Met<'_>| match met {
        Met::Row(row) => each(row),
        Met::Aside(_) => ControlFlow::Continue(()),
    };
    match format {
        Format::Csv => {
            let mut lines = Lines::new(&mut input, Encoding::Auto, bytes_max)?;
            csv::read("sample", &mut lines, (None, bytes_max), &[], &mut each)
        }
        Format::Jsonl => {
            let mut lines = Lines::new(&mut input, Encoding::Auto, bytes_max)?;
            json::read_lines("sample", &mut lines, bytes_max, &mut each)
        }
        Format::Json => {
            let shape = Shape::new("rows", std::iter::empty());
            let mut nested = Nested::new("sample", &shape, bytes_max, &mut each);
            json_rows::read("sample", &mut Scan::new(&mut input, bytes_max)?, &mut nested, &|| shape.first())
        }
        Format::Xml | Format::Fixed => Err(FormatError::NoSample),
    }
}

impl Tally {
    /// Counts a row, and keeps what is to be told of it. The record, if the row is taken.
    pub fn take(&mut self, row: RowRead) -> Option<(LocalRecord, String)> {
        let RowRead { place, record, whose: _, findings } = row;
        // a field of an enclosing level is read with each of its rows, and told once
        for finding in findings.iter().filter(|one| !self.last.contains(one)) {
            if finding.is_error() {
                self.errors += 1;
            } else {
                self.warnings += 1;
            }
            if self.findings.len() < FINDINGS_MAX {
                self.findings.push(finding.clone());
            }
        }
        if record.is_some() {
            self.rows += 1;
        } else {
            self.put_aside(findings.iter().find(|one| one.is_error()).cloned());
        }
        if !findings.is_empty() || !self.last.is_empty() {
            self.last = findings;
        }
        record.map(|record| (record, place))
    }

    /// Counts a row that is not used, and keeps why.
    pub(super) fn put_aside(&mut self, why: Option<Finding>) {
        self.aside += 1;
        if self.set_aside.len() < ASIDE_MAX {
            self.set_aside.extend(why);
        }
    }

    /// What is told of a whole file, in the order of its lines.
    pub fn finished(mut self, file: &str) -> Self {
        let line_of = |finding: &Finding| {
            let place = finding.path.strip_prefix(file).and_then(|rest| rest.strip_prefix(':'));
            place.and_then(|place| place.split(' ').next()?.parse::<usize>().ok())
        };
        self.findings.sort_by_key(|one| (line_of(one), one.path.clone(), one.code.clone()));
        self.findings.dedup();
        self.last.clear();
        self
    }
}

/// A colon and the number of a line.
const LINE_BYTES: usize = 12;
/// A file with more is broken as a whole.
const FINDINGS_MAX: usize = 10_000;
/// More are counted, and shown when these are mended.
const ASIDE_MAX: usize = 1_000;
