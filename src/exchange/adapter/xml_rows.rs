//! The rows of an XML document, one at a time: each element is cut out by its tags and read by the bounded reader, with
//! the namespaces that are declared around it.

use super::error::FormatError;
use super::markup;
use super::markup::Mark;
use super::nested::Nested;
use super::nested::Part;
use super::rows::cut;
use super::rows::no_row;
use super::rows::too_long;
use super::scan::Scan;
use super::value::Value;
use super::xml;
use super::xml::Namespaces;
use super::xml::Opening;
use crate::base::Limits;
use crate::exchange::document::Scope;
use crate::exchange::document::XmlError;
use crate::exchange::document::XmlErrorKind;
use std::ops::ControlFlow;

/// Reads a document whose root is the first step of the path to its rows.
///
/// # Errors
/// A file of which no row can be read, or that cannot be read at all.
pub(super) fn read(
    file: &str,
    (scan, limits): (&mut Scan<'_>, &Limits),
    namespaces: &Namespaces,
    nested: &mut Nested<'_, '_>,
    first: &dyn Fn() -> String,
) -> Result<(), FormatError> {
    let limits = Limits { xml_bytes_max: scan.bytes_max().saturating_mul(2), ..*limits };
    let namespaces = xml::in_ascii(namespaces);
    let around = Vec::new();
    let mut reading =
        Reading { file, limits, scan, nested, namespaces, around, name: Vec::new(), has_root: false };
    reading.nested.enter(1);
    match reading.document() {
        Ok(()) => {
            let _ = reading.nested.leave(); // it is the last thing either way
        }
        Err(Stop::Enough) => return Ok(()),
        Err(Stop::Error(error)) => return Err(error),
        Err(Stop::Spoilt(error)) => {
            if !reading.nested.has_rows() {
                return Err(error.into());
            }
            let _ = reading.nested.cut(cut(file, error.line)); // as above
            return Ok(());
        }
    }
    if reading.nested.has_first() { Ok(()) } else { Err(FormatError::Rows { expected: first() }) }
}

struct Reading<'r, 'i, 'n, 'e> {
    file: &'r str,
    limits: Limits,
    scan: &'r mut Scan<'i>,
    nested: &'r mut Nested<'n, 'e>,
    namespaces: Namespaces,
    /// The elements that enclose what is read next, each as it is written, with its declarations.
    around: Vec<(Vec<u8>, Scope)>,
    /// The name in the last tag.
    name: Vec<u8>,
    has_root: bool,
}

/// Why the reading ends before the file does.
enum Stop {
    Error(FormatError),
    Spoilt(XmlError),
    Enough,
}

/// How an element ended.
enum Ended {
    /// By its own end tag.
    Whole,
    /// By that of the element around it.
    ByOuter,
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
        let mut is_begin = true;
        loop {
            self.scan.begin();
            let line = self.scan.line();
            let offset = self.scan.offset();
            let spoilt = |kind| Stop::Spoilt(XmlError { offset, line, kind });
            match markup::next(self.scan, &mut self.name)? {
                Mark::Done if self.around.is_empty() && self.has_root => return Ok(()),
                Mark::Done | Mark::Cut => return Err(spoilt(XmlErrorKind::Unfinished)),
                Mark::Forbidden => return Err(spoilt(XmlErrorKind::Dtd)),
                Mark::Declaration if is_begin => self.declaration()?,
                Mark::Declaration => return Err(spoilt(XmlErrorKind::Declaration)),
                Mark::Text if self.around.is_empty() => return Err(spoilt(XmlErrorKind::OutsideRoot)),
                Mark::Start { .. } if self.around.is_empty() && self.has_root => {
                    return Err(spoilt(XmlErrorKind::OutsideRoot));
                }
                Mark::Text | Mark::Other => {}
                Mark::End => {
                    if self.around.last().is_none_or(|(name, _)| *name != self.name) {
                        return Err(spoilt(XmlErrorKind::EndTag));
                    }
                    self.leave()?;
                }
                Mark::Start { is_empty } => self.element(line, is_empty)?,
            }
            is_begin = false;
        }
    }

    fn declaration(&mut self) -> Result<(), Stop> {
        let text = [self.scan.kept().unwrap_or_default(), b"<a/>"].concat();
        let read = xml::element(&text, (&self.namespaces, &Scope::default()), 1, &self.limits);
        read.map(drop).map_err(Stop::Spoilt)
    }

    fn leave(&mut self) -> Result<(), Stop> {
        self.around.pop();
        going_on(self.nested.leave())
    }

    /// An element whose start tag was just kept.
    fn element(&mut self, line: usize, is_empty: bool) -> Result<(), Stop> {
        self.has_root = true;
        let begin = self.scan.offset() - self.scan.length().min(self.scan.offset());
        let Some(tag) = self.scan.kept() else {
            return Err(self.spoilt(XmlErrorKind::TooLarge { limit: self.scan.bytes_max() }));
        };
        let qname = self.name.clone();
        let end = if is_empty { 2 } else { 1 };
        let tag = tag.get(..tag.len().saturating_sub(end)).unwrap_or_default();
        let none = Scope::default();
        let scope = self.around.last().map_or(&none, |(_, scope)| scope);
        let opening = match xml::opening(tag, (&self.namespaces, scope), line, &self.limits) {
            Ok(opening) => opening,
            // its name may be that of a row: the others are read
            Err(_) if self.nested.has_rows() => {
                let ended = self.whole(&qname, is_empty)?;
                let message = "the element is not well-formed XML; correct it in the source";
                going_on(self.nested.aside(no_row(self.file, line, "well-formed XML", message)))?;
                return self.ended(ended);
            }
            Err(error) => return Err(Self::placed(error, begin)),
        };
        match self.nested.part(&opening.name) {
            Part::Level => self.level(line, (qname, opening), is_empty),
            part @ (Part::Row | Part::Field | Part::Other) => {
                self.node(line, (qname, opening), is_empty, part)
            }
        }
    }

    fn level(
        &mut self,
        line: usize,
        (qname, opening): (Vec<u8>, Opening),
        is_empty: bool,
    ) -> Result<(), Stop> {
        self.nested.enter(line);
        for (name, value) in opening.attributes.entries() {
            if self.nested.part(name) == Part::Field {
                self.nested.field(name, value.clone())?;
            }
        }
        self.around.push((qname, opening.scope));
        if is_empty { self.leave() } else { Ok(()) }
    }

    /// A row, a field, or what nobody reads: an element as a whole.
    fn node(
        &mut self,
        line: usize,
        (qname, opening): (Vec<u8>, Opening),
        is_empty: bool,
        part: Part,
    ) -> Result<(), Stop> {
        let ended = self.whole(&qname, is_empty)?;
        let none = Scope::default();
        let scope = self.around.last().map_or(&none, |(_, scope)| scope);
        let length = self.scan.length();
        let read = self.scan.kept().map(|bytes| {
            // what the outer tag ended is not whole, and the reader says so
            xml::element(bytes, (&self.namespaces, scope), line, &self.limits)
        });
        match (part, read) {
            (Part::Row, None) => {
                going_on(self.nested.aside(too_long(self.file, line, self.scan.bytes_max())))?
            }
            (Part::Row, Some(Err(error))) => {
                let message = format!("{}; correct it in the source", error.kind);
                going_on(self.nested.aside(no_row(self.file, error.line, "well-formed XML", &message)))?;
            }
            (Part::Row, Some(Ok(node))) => match node.value {
                Value::Map(map) => going_on(self.nested.row(&opening.name, map, length))?,
                Value::Text(text) if text.as_str().trim().is_empty() => {}
                Value::Text(_) | Value::List(_) => going_on(self.nested.bare(line))?,
            },
            (Part::Field, Some(Ok(node))) => self.nested.field(&node.name, node.value)?,
            (Part::Other | Part::Level, Some(Ok(_)) | None) => {}
            (Part::Field | Part::Other | Part::Level, Some(Err(error))) => {
                return Err(Self::placed(error, self.scan.offset().saturating_sub(length)));
            }
            (Part::Field, None) => {
                return Err(self.spoilt(XmlErrorKind::TooLarge { limit: self.scan.bytes_max() }));
            }
        }
        self.ended(ended)
    }

    /// The error at the place that is reached.
    fn spoilt(&self, kind: XmlErrorKind) -> Stop {
        Stop::Spoilt(XmlError { offset: self.scan.offset(), line: self.scan.line(), kind })
    }

    /// The error of an element that begins so many bytes into the document.
    fn placed(error: XmlError, begin: usize) -> Stop {
        Stop::Spoilt(XmlError { offset: begin + error.offset, ..error })
    }

    fn ended(&mut self, ended: Ended) -> Result<(), Stop> {
        match ended {
            Ended::Whole => Ok(()),
            Ended::ByOuter => self.leave(),
        }
    }

    /// Keeps an element up to its end, behind its start tag.
    fn whole(&mut self, qname: &[u8], is_empty: bool) -> Result<Ended, Stop> {
        if is_empty {
            return Ok(Ended::Whole);
        }
        let mut open = vec![qname.to_vec()];
        loop {
            match markup::next(self.scan, &mut self.name)? {
                Mark::Done | Mark::Cut => return Err(self.spoilt(XmlErrorKind::Unfinished)),
                Mark::Start { is_empty: false } => {
                    if open.len() >= NESTED_MAX {
                        return Err(self.spoilt(XmlErrorKind::TooDeep { limit: NESTED_MAX }));
                    }
                    open.push(self.name.clone());
                }
                Mark::End => match open.iter().rposition(|name| *name == self.name) {
                    Some(0) => return Ok(Ended::Whole),
                    Some(at) => open.truncate(at),
                    None if self.around.last().is_some_and(|(name, _)| *name == self.name) => {
                        return Ok(Ended::ByOuter);
                    }
                    None => {}
                },
                Mark::Start { is_empty: true }
                | Mark::Text
                | Mark::Other
                | Mark::Declaration
                | Mark::Forbidden => {}
            }
        }
    }
}

/// Deeper is refused by the bounded reader long before.
const NESTED_MAX: usize = 4_096;
