//! Cuts lines of CSV into rows: a row goes over several lines where a quote is open at the end of one.

use super::error::FormatError;
use super::lines::Line;
use super::lines::Lines;
use super::lines::trimmed;
use csv_core::ReadRecordResult;
use std::collections::VecDeque;
use std::sync::Arc;

/// The rows of one file.
pub(super) struct Rows<'l, 'i> {
    lines: &'l mut Lines<'i>,
    delimiter: Option<u8>,
    bytes_max: usize,
    parser: Parser,
    /// Lines that were taken for a row and turned out to be none of it, each with its number.
    waiting: VecDeque<(usize, String)>,
}

/// What was cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// A row of as many fields as it should have; they are [`Rows::fields`].
    Row,
    /// An empty line.
    Blank,
    /// A row of so many fields.
    Length(usize),
    /// A line with a quote that is not closed where it should be.
    Open,
    /// More bytes than are read.
    TooLong,
    /// A line that is not of the file's encoding.
    NotEncoded(&'static str),
}

/// Where a row that was begun is at the end of a line.
enum Fed {
    /// It is whole; the rest of the line is the beginning of another.
    Whole(usize),
    /// A quote is open.
    Open,
}

impl<'l, 'i> Rows<'l, 'i> {
    /// The delimiter is told from the first line if it is not given.
    pub(super) fn new(lines: &'l mut Lines<'i>, delimiter: Option<char>, bytes_max: usize) -> Self {
        let delimiter = delimiter.and_then(|own| u8::try_from(own).ok());
        let parser = Parser::new(delimiter.unwrap_or(b','));
        Self { lines, delimiter, bytes_max, parser, waiting: VecDeque::new() }
    }

    /// The names of the columns.
    ///
    /// # Errors
    /// There are none, one of them twice, or one that is required is not there.
    pub(super) fn header(&mut self, required: &[&str]) -> Result<Vec<Arc<str>>, FormatError> {
        let (_, cut) = loop {
            match self.cut(usize::MAX)?.ok_or(FormatError::Header)? {
                (_, Cut::Blank) => {}
                other => break other,
            }
        };
        match cut {
            Cut::NotEncoded(encoding) => return Err(FormatError::NotEncoded { encoding, line: 1 }),
            Cut::Blank | Cut::Open | Cut::TooLong => return Err(FormatError::Header),
            Cut::Row | Cut::Length(_) => {}
        }
        let columns: Vec<Arc<str>> = self.fields()?.iter().map(Arc::from).collect();
        let is_twice =
            columns.iter().enumerate().any(|(at, name)| columns.iter().take(at).any(|one| one == name));
        if is_twice || columns.iter().any(|name| name.is_empty()) {
            return Err(FormatError::Header);
        }
        if let Some(name) = required.iter().find(|name| !columns.iter().any(|own| own.as_ref() == **name)) {
            return Err(FormatError::Column { name: (*name).to_owned() });
        }
        Ok(columns)
    }

    /// The next row, with the number of its first line; none at the end.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(super) fn cut(&mut self, columns: usize) -> Result<Option<(usize, Cut)>, FormatError> {
        self.parser.begin();
        let (number, rest) = match self.waiting.pop_front() {
            Some((number, line)) => match self.parser.feed(&line) {
                Fed::Whole(end) => (number, Some(line.get(end..).unwrap_or_default().to_owned())),
                Fed::Open => return self.go_on(number, line, columns).map(Some),
            },
            None => {
                let Some((number, line)) = self.lines.next_line()? else { return Ok(None) };
                let line = match line {
                    Line::Text(line) => line,
                    Line::TooLong => return Ok(Some((number, Cut::TooLong))),
                    Line::NotEncoded(encoding) => return Ok(Some((number, Cut::NotEncoded(encoding)))),
                };
                if self.delimiter.is_none() {
                    let told = sniff(line);
                    self.delimiter = Some(told);
                    self.parser = Parser::new(told);
                }
                if line.trim_matches(['\r', '\n']).is_empty() {
                    return Ok(Some((number, Cut::Blank)));
                }
                match self.parser.feed(line) {
                    // the end of the line is what most rows leave
                    Fed::Whole(end) if trimmed(line).len() <= end => (number, None),
                    Fed::Whole(end) => (number, Some(line.get(end..).unwrap_or_default().to_owned())),
                    Fed::Open => {
                        let line = line.to_owned();
                        return self.go_on(number, line, columns).map(Some);
                    }
                }
            }
        };
        if let Some(rest) = rest.filter(|rest| !rest.trim_matches(['\r', '\n']).is_empty()) {
            self.waiting.push_front((number, rest));
        }
        Ok(Some((number, self.judged(columns))))
    }

    /// A row whose quote is open at the end of its first line: the lines after it belong to it, unless one of them is
    /// a row of its own. Then the quote was not closed where it should have been, and only the first line is lost.
    fn go_on(&mut self, number: usize, first: String, columns: usize) -> Result<(usize, Cut), FormatError> {
        let mut length = first.len();
        let mut taken: Vec<(usize, String)> = Vec::new();
        let mut alone = Parser::new(self.delimiter.unwrap_or(b','));
        let cut = loop {
            let next = match self.waiting.pop_front() {
                Some(next) => next,
                None => match self.lines.next_line()? {
                    Some((at, Line::Text(line))) => (at, line.to_owned()),
                    // what cannot be read belongs to this row as far as anyone can tell
                    Some((_, Line::TooLong | Line::NotEncoded(_))) | None => break Cut::Open,
                },
            };
            length += next.1.len();
            alone.begin();
            let is_row =
                columns > 1 && matches!(alone.feed(&next.1), Fed::Whole(_)) && alone.count() == columns;
            let fed = if is_row || length > self.bytes_max { None } else { Some(self.parser.feed(&next.1)) };
            let rest = match &fed {
                Some(Fed::Whole(end)) => next.1.get(*end..).unwrap_or_default().to_owned(),
                Some(Fed::Open) | None => String::new(),
            };
            let at = next.0;
            taken.push(next);
            match fed {
                None => break Cut::Open,
                Some(Fed::Open) => {}
                Some(Fed::Whole(_)) => {
                    let cut = self.judged(columns);
                    if cut != Cut::Row {
                        break cut;
                    }
                    if !rest.trim_matches(['\r', '\n']).is_empty() {
                        self.waiting.push_front((at, rest));
                    }
                    return Ok((number, Cut::Row));
                }
            }
        };
        for line in taken.into_iter().rev() {
            self.waiting.push_front(line);
        }
        Ok((number, cut))
    }

    fn judged(&self, columns: usize) -> Cut {
        match self.parser.count() {
            count if count == columns => Cut::Row,
            1 if self.parser.is_blank() => Cut::Blank,
            count => Cut::Length(count),
        }
    }

    /// Whether the rows are of another encoding than the file should be.
    ///
    /// # Errors
    /// All of them are.
    pub(super) fn check_encoding(&self) -> Result<(), FormatError> {
        self.lines.check_encoding(1)
    }

    /// The fields of the row that was cut last.
    ///
    /// # Errors
    /// Never: what was text is text in pieces.
    pub(super) fn fields(&self) -> Result<Fields<'_>, FormatError> {
        self.parser.fields().ok_or(FormatError::Header)
    }
}

/// The fields of a row, without the blanks around them.
#[derive(Clone, Copy)]
pub(super) struct Fields<'p> {
    text: &'p str,
    ends: &'p [usize],
}

impl<'p> Fields<'p> {
    /// One after the other.
    pub(super) fn iter(self) -> impl Iterator<Item = &'p str> {
        let mut begin = 0;
        self.ends.iter().map(move |end| {
            let field = self.text.get(begin..*end).unwrap_or_default();
            begin = *end;
            field.trim()
        })
    }
}

/// One row at a time, fed with lines.
struct Parser {
    core: csv_core::Reader,
    is_open: bool,
    output: Vec<u8>,
    written: usize,
    ends: Vec<usize>,
    ended: usize,
}

impl Parser {
    fn new(delimiter: u8) -> Self {
        let core = csv_core::ReaderBuilder::new().delimiter(delimiter).build();
        Self { core, is_open: false, output: vec![0; 1024], written: 0, ends: vec![0; 64], ended: 0 }
    }

    fn begin(&mut self) {
        if self.is_open {
            // a row that was given up is no beginning of the next one
            self.core.reset();
        }
        (self.written, self.ended, self.is_open) = (0, 0, false);
    }

    /// Goes on with a line, its end included. Says how much of it the row took.
    fn feed(&mut self, line: &str) -> Fed {
        let mut rest = line.as_bytes();
        // the last line of a file may lack its end
        let mut has_end = line.ends_with('\n');
        loop {
            let (result, read) = self.step(rest);
            rest = rest.get(read..).unwrap_or_default();
            match result {
                ReadRecordResult::Record | ReadRecordResult::End => {
                    return Fed::Whole(line.len().saturating_sub(rest.len()));
                }
                ReadRecordResult::InputEmpty
                | ReadRecordResult::OutputFull
                | ReadRecordResult::OutputEndsFull => {}
            }
            if rest.is_empty() {
                if has_end {
                    return Fed::Open;
                }
                (rest, has_end) = (b"\n", true);
            }
        }
    }

    fn step(&mut self, input: &[u8]) -> (ReadRecordResult, usize) {
        if self.written == self.output.len() {
            self.output.resize(self.output.len() * 2, 0);
        }
        if self.ended == self.ends.len() {
            self.ends.resize(self.ends.len() * 2, 0);
        }
        let output = self.output.get_mut(self.written..).unwrap_or_default();
        let ends = self.ends.get_mut(self.ended..).unwrap_or_default();
        let (result, read, written, ended) = self.core.read_record(input, output, ends);
        self.written += written;
        self.ended += ended;
        self.is_open = result != ReadRecordResult::Record;
        (result, read)
    }

    fn count(&self) -> usize {
        self.ended
    }

    fn is_blank(&self) -> bool {
        self.output.get(..self.written).unwrap_or_default().trim_ascii().is_empty()
    }

    fn fields(&self) -> Option<Fields<'_>> {
        let text = std::str::from_utf8(self.output.get(..self.written)?).ok()?;
        Some(Fields { text, ends: self.ends.get(..self.ended)? })
    }
}

/// The delimiter that stands most often in the header.
fn sniff(header: &str) -> u8 {
    let count = |delimiter: &u8| header.bytes().filter(|byte| byte == delimiter).count();
    // of equals the last is taken: the comma
    [b'\t', b';', b','].into_iter().max_by_key(count).unwrap_or(b',')
}
