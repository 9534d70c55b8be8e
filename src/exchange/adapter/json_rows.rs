//! The rows of a JSON document, one at a time: where a row begins and ends is found by its braces, what it says is
//! read by the parser.

use super::error::FormatError;
use super::json;
use super::nested::Nested;
use super::nested::Part;
use super::room::Room;
use super::rows::cut;
use super::rows::no_row;
use super::rows::not_encoded;
use super::rows::too_long;
use super::scan::Scan;
use super::value::Value;
use std::cell::RefCell;
use std::ops::ControlFlow;

/// Reads a document; a bare list is that of the name `rows`.
///
/// # Errors
/// A file of which no row can be read, or that cannot be read at all.
pub(super) fn read(
    file: &str,
    scan: &mut Scan<'_>,
    nested: &mut Nested<'_, '_>,
    first: &dyn Fn() -> String,
) -> Result<(), FormatError> {
    let mut reading = Reading { file, scan, nested, room: RefCell::default(), is_empty: true };
    match reading.document() {
        Ok(()) | Err(Stop::Enough) => {}
        Err(Stop::Error(error)) => return Err(error),
        Err(Stop::Spoilt { line, column }) => {
            if !reading.nested.has_rows() {
                return Err(FormatError::Json { line, column });
            }
            let _ = reading.nested.cut(cut(file, line)); // it is the last thing either way
            return Ok(());
        }
    }
    if !reading.is_empty && !reading.nested.has_first() {
        return Err(FormatError::Rows { expected: first() });
    }
    Ok(())
}

struct Reading<'r, 'i, 'n, 'e> {
    file: &'r str,
    scan: &'r mut Scan<'i>,
    nested: &'r mut Nested<'n, 'e>,
    room: RefCell<Room>,
    is_empty: bool,
}

/// Why the reading ends before the file does.
enum Stop {
    Error(FormatError),
    Spoilt { line: usize, column: usize },
    Enough,
}

impl From<FormatError> for Stop {
    fn from(error: FormatError) -> Self {
        Self::Error(error)
    }
}

fn going_on(flow: ControlFlow<()>) -> Result<(), Stop> {
    if flow.is_break() { Err(Stop::Enough) } else { Ok(()) }
}

impl Reading<'_, '_, '_, '_> {
    fn document(&mut self) -> Result<(), Stop> {
        match self.next()? {
            b'{' => self.level()?,
            b'[' => {
                self.nested.enter(self.scan.line());
                match self.nested.part("rows") {
                    Part::Other | Part::Field => {
                        self.skip()?;
                        self.is_empty = false;
                    }
                    part @ (Part::Level | Part::Row) => {
                        self.is_empty = false;
                        self.list("rows", part)?;
                    }
                }
                going_on(self.nested.leave())?;
            }
            _ => return Err(self.spoilt()),
        }
        match self.scan_blanks()? {
            None => Ok(()),
            Some(_) => Err(self.spoilt()),
        }
    }

    /// An object that encloses rows.
    fn level(&mut self) -> Result<(), Stop> {
        self.nested.enter(self.scan.line());
        self.scan.pass()?;
        let mut seen: Vec<String> = Vec::new();
        if self.next()? == b'}' {
            self.scan.pass()?;
            return going_on(self.nested.leave());
        }
        loop {
            let name = self.name()?;
            if self.next()? != b':' {
                return Err(self.spoilt());
            }
            self.scan.pass()?;
            self.is_empty = false;
            let part = self.nested.part(&name);
            if part != Part::Other {
                if seen.contains(&name) {
                    return Err(self.spoilt());
                }
                seen.push(name.clone());
            }
            match part {
                Part::Other => self.skip()?,
                Part::Field => self.field(&name)?,
                Part::Level | Part::Row => {
                    if self.next()? == b'[' {
                        self.list(&name, part)?;
                    } else {
                        self.item(&name, part)?;
                    }
                }
            }
            if self.comma(b'}')? {
                return going_on(self.nested.leave());
            }
        }
    }

    /// A list of rows, or of levels that enclose rows.
    fn list(&mut self, name: &str, part: Part) -> Result<(), Stop> {
        self.scan.pass()?;
        self.nested.meet_first();
        if self.next()? == b']' {
            self.scan.pass()?;
            return Ok(());
        }
        loop {
            self.item(name, part)?;
            if self.comma(b']')? {
                return Ok(());
            }
        }
    }

    fn item(&mut self, name: &str, part: Part) -> Result<(), Stop> {
        let is_object = self.next()? == b'{';
        if part == Part::Level && is_object {
            return self.level();
        }
        let line = self.scan.line();
        let met = match self.value()? {
            Some(Ok(Some(Value::Map(map)))) if part == Part::Row => {
                return going_on(self.nested.row(name, map, self.scan.length()));
            }
            Some(Ok(None)) => return Ok(()),
            Some(Ok(Some(Value::Text(text)))) if text.as_str().trim().is_empty() => return Ok(()),
            Some(Ok(Some(Value::Map(_) | Value::Text(_) | Value::List(_)))) => {
                return going_on(self.nested.bare(line));
            }
            Some(Err(Unread::Json(at))) => {
                no_row(self.file, at, "JSON", "the row is not JSON; correct it in the source")
            }
            Some(Err(Unread::Encoding)) => not_encoded(self.file, line, "UTF-8"),
            None => too_long(self.file, line, self.scan.bytes_max()),
        };
        going_on(self.nested.aside(met))
    }

    /// A field of a level: without it none of its rows can be read.
    fn field(&mut self, name: &str) -> Result<(), Stop> {
        self.next()?;
        let begin = self.spoilt();
        match self.value()? {
            Some(Ok(Some(value))) => Ok(self.nested.field(name, value)?),
            Some(Ok(None)) => Ok(()),
            Some(Err(_)) | None => Err(begin),
        }
    }

    /// A value that nobody reads.
    fn skip(&mut self) -> Result<(), Stop> {
        self.next()?;
        let begin = self.spoilt();
        match self.value()? {
            Some(Ok(_)) | None => Ok(()),
            Some(Err(_)) => Err(begin),
        }
    }

    /// The next value; none if it is longer than is read.
    fn value(&mut self) -> Result<Option<Result<Option<Value>, Unread>>, Stop> {
        let first = self.next()?;
        let line = self.scan.line();
        self.scan.begin();
        self.scan.keep()?;
        let is_whole = match first {
            b'"' => self.rest_of_string()?,
            b'{' | b'[' => self.rest_of_nested()?,
            _ => {
                let ends = |byte: u8| byte.is_ascii_whitespace() || matches!(byte, b',' | b']' | b'}' | b':');
                self.scan.keep_while(&mut |byte| !ends(byte))?;
                true
            }
        };
        if !is_whole {
            return Err(self.spoilt());
        }
        let Some(bytes) = self.scan.kept() else { return Ok(None) };
        let Ok(text) = std::str::from_utf8(bytes) else { return Ok(Some(Err(Unread::Encoding))) };
        let read = json::tree(text, line, &self.room);
        Ok(Some(read.map_err(|error| Unread::Json(line + error.line().saturating_sub(1)))))
    }

    /// Up to the quote that ends a string.
    fn rest_of_string(&mut self) -> Result<bool, Stop> {
        let mut is_escaped = false;
        let mut goes_on = |byte: u8| {
            let ends = byte == b'"' && !is_escaped;
            is_escaped = byte == b'\\' && !is_escaped;
            !ends
        };
        Ok(self.scan.keep_while(&mut goes_on)? && self.scan.keep()?)
    }

    /// Up to the brace or bracket that ends what was begun by the first.
    fn rest_of_nested(&mut self) -> Result<bool, Stop> {
        let (mut depth, mut is_text, mut is_escaped) = (1_usize, false, false);
        let mut goes_on = |byte: u8| {
            if is_text {
                let ends = byte == b'"' && !is_escaped;
                is_escaped = byte == b'\\' && !is_escaped;
                is_text = !ends;
                return true;
            }
            match byte {
                b'"' => is_text = true,
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            depth > 0
        };
        Ok(self.scan.keep_while(&mut goes_on)? && self.scan.keep()?)
    }

    /// The name of a field.
    fn name(&mut self) -> Result<String, Stop> {
        if self.next()? != b'"' {
            return Err(self.spoilt());
        }
        match self.value()? {
            Some(Ok(Some(Value::Text(text)))) => Ok(text.as_str().to_owned()),
            Some(Ok(_) | Err(_)) | None => Err(self.spoilt()),
        }
    }

    /// Passes over a comma, or over what ends the list; then it is true.
    fn comma(&mut self, end: u8) -> Result<bool, Stop> {
        let byte = self.next()?;
        if byte != b',' && byte != end {
            return Err(self.spoilt());
        }
        self.scan.pass()?;
        Ok(byte == end)
    }

    /// The next byte that is no blank.
    fn next(&mut self) -> Result<u8, Stop> {
        match self.scan_blanks()? {
            Some(byte) => Ok(byte),
            None => Err(self.spoilt()),
        }
    }

    fn scan_blanks(&mut self) -> Result<Option<u8>, Stop> {
        loop {
            match self.scan.peek()? {
                Some(b' ' | b'\t' | b'\n' | b'\r') => {
                    self.scan.pass()?;
                }
                other => return Ok(other),
            }
        }
    }

    fn spoilt(&self) -> Stop {
        Stop::Spoilt { line: self.scan.line(), column: self.scan.column() }
    }
}

/// Why a value cannot be read; the line is that of the place.
enum Unread {
    Json(usize),
    Encoding,
}
