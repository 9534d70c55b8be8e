//! Rows that stand at a path of a document, one at a time, with what encloses them.
//!
//! What a profile reads of an enclosing level may stand after its rows: they are held until the level ends. A level
//! of more bytes than are held gives its rows with what it has said by then; what it says later, and the profile would
//! have read, is an error, never a difference.

use super::error::FormatError;
use super::rows::Each;
use super::rows::Met;
use super::rows::no_row;
use super::value::Map;
use super::value::Row;
use super::value::Value;
use super::value::split_ups;
use std::collections::HashSet;
use std::ops::ControlFlow;
use std::rc::Rc;

/// Where rows stand, and what is read of the levels around them.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    /// The names that each step of the path allows.
    steps: Vec<Vec<String>>,
    /// The fields that are read of each level, the document first.
    wanted: Vec<HashSet<String>>,
}

impl Shape {
    /// Of a path of steps and of the local paths that are read of a row.
    pub(super) fn new<'p>(rows: &str, locals: impl Iterator<Item = &'p str>) -> Self {
        let steps: Vec<Vec<String>> =
            rows.split('/').map(|step| step.split('|').map(str::to_owned).collect()).collect();
        let mut wanted = vec![HashSet::new(); steps.len()];
        for local in locals {
            let (ups, rest) = split_ups(local);
            let level = steps.len().checked_sub(ups).filter(|_| ups > 0);
            if let Some(names) = level.and_then(|level| wanted.get_mut(level)) {
                names.insert(rest.split('/').next().unwrap_or(rest).to_owned());
            }
        }
        Self { steps, wanted }
    }

    /// The names of the first step, as a person reads them.
    pub(super) fn first(&self) -> String {
        self.steps.first().map(|names| names.join("|")).unwrap_or_default()
    }
}

/// What a node is by its name and place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// A level that encloses rows.
    Level,
    /// A row.
    Row,
    /// A field of a level that is read.
    Field,
    /// Nothing that is read.
    Other,
}

/// The levels that are open, and the rows that wait for their ends.
pub(super) struct Nested<'n, 'e> {
    file: &'n str,
    shape: &'n Shape,
    open: Vec<Level>,
    held: Vec<Held>,
    held_bytes: usize,
    bytes_max: usize,
    has_first: bool,
    has_rows: bool,
    each: Each<'e>,
}

#[derive(Default)]
struct Level {
    map: Map,
    /// How many rows were held when it began.
    held_before: usize,
    /// Whether rows of it were given before it ended.
    flows: bool,
}

struct Held {
    name: String,
    map: Map,
    bytes: usize,
    /// The levels around it that have ended, the outermost first.
    around: Vec<Rc<Map>>,
}

impl<'n, 'e> Nested<'n, 'e> {
    /// Nothing is open yet.
    pub(super) fn new(file: &'n str, shape: &'n Shape, bytes_max: usize, each: Each<'e>) -> Self {
        Self {
            file,
            shape,
            open: Vec::new(),
            held: Vec::new(),
            held_bytes: 0,
            bytes_max,
            has_first: false,
            has_rows: false,
            each,
        }
    }

    /// Whether the first step of the path was met.
    pub(super) fn has_first(&self) -> bool {
        self.has_first
    }

    /// The first step of the path is there, if with nothing in it.
    pub(super) fn meet_first(&mut self) {
        self.has_first = true;
    }

    /// Whether anything was given or is held.
    pub(super) fn has_rows(&self) -> bool {
        self.has_rows
    }

    /// What a node of this name is in the innermost open level.
    pub(super) fn part(&self, name: &str) -> Part {
        let Some(level) = self.open.len().checked_sub(1) else { return Part::Other };
        let is_step = self.shape.steps.get(level).is_some_and(|names| names.iter().any(|one| one == name));
        let is_wanted = self.shape.wanted.get(level).is_some_and(|names| names.contains(name));
        match (is_step, is_wanted) {
            (true, _) if level + 1 == self.shape.steps.len() => Part::Row,
            (true, _) => Part::Level,
            (false, true) => Part::Field,
            (false, false) => Part::Other,
        }
    }

    /// A level begins.
    pub(super) fn enter(&mut self, line: usize) {
        self.has_first |= !self.open.is_empty();
        self.open.push(Level { map: Map::at(line), held_before: self.held.len(), flows: false });
    }

    /// A field of the innermost level.
    ///
    /// # Errors
    /// Rows of this level were given without it.
    pub(super) fn field(&mut self, name: &str, value: Value) -> Result<(), FormatError> {
        let Some(level) = self.open.last_mut() else { return Ok(()) };
        if level.flows {
            return Err(FormatError::Late { name: name.to_owned(), line: value.line() });
        }
        level.map.add(name, value);
        Ok(())
    }

    /// A row of `bytes` bytes in the innermost level.
    pub(super) fn row(&mut self, name: &str, map: Map, bytes: usize) -> ControlFlow<()> {
        (self.has_rows, self.has_first) = (true, true);
        if !self.must_hold() && self.held.is_empty() {
            let above: Vec<&Map> = self.open.iter().map(|level| &level.map).collect();
            return (self.each)(Met::Row(Row { name, map: &map, above: &above }));
        }
        self.held.push(Held { name: name.to_owned(), map, bytes, around: Vec::new() });
        self.held_bytes = self.held_bytes.saturating_add(bytes);
        // the outermost level that is waited for may be the whole file: its rows are given with what it has said
        while self.held_bytes > self.bytes_max {
            let mut waited = self.open.iter_mut().zip(&self.shape.wanted);
            let mut next = || waited.find(|(level, names)| !level.flows && !names.is_empty());
            let Some((level, _)) = next() else { return self.give(self.held.len()) };
            level.flows = true;
            let whole = next().map_or(self.held.len(), |(inner, _)| inner.held_before);
            self.give(whole)?;
        }
        ControlFlow::Continue(())
    }

    /// Something in the place of a row that is none.
    pub(super) fn aside(&mut self, met: Met<'_>) -> ControlFlow<()> {
        self.has_first = true;
        (self.each)(met)
    }

    /// A bare value in the place of a row.
    pub(super) fn bare(&mut self, line: usize) -> ControlFlow<()> {
        let message = "a bare value where a row should stand; correct it in the source";
        self.aside(no_row(self.file, line, "a row", message))
    }

    /// The innermost level ends.
    pub(super) fn leave(&mut self) -> ControlFlow<()> {
        let Some(level) = self.open.pop() else { return ControlFlow::Continue(()) };
        let own = self.held.get_mut(level.held_before..).unwrap_or_default();
        if !own.is_empty() {
            let map = Rc::new(level.map);
            own.iter_mut().for_each(|row| row.around.insert(0, map.clone()));
        }
        if self.must_hold() { ControlFlow::Continue(()) } else { self.give(self.held.len()) }
    }

    /// The file ends before its levels do: what is held is given with what is known.
    pub(super) fn cut(&mut self, met: Met<'_>) -> ControlFlow<()> {
        self.give(self.held.len())?;
        (self.each)(met)
    }

    /// Whether an open level may still say something that is read.
    fn must_hold(&self) -> bool {
        self.open.iter().zip(&self.shape.wanted).any(|(level, names)| !level.flows && !names.is_empty())
    }

    /// Gives the first rows of those held.
    fn give(&mut self, count: usize) -> ControlFlow<()> {
        for level in &mut self.open {
            level.held_before = level.held_before.saturating_sub(count);
        }
        let given: Vec<Held> = self.held.drain(..count.min(self.held.len())).collect();
        for row in given {
            self.held_bytes = self.held_bytes.saturating_sub(row.bytes);
            let outer = self.open.len().min(self.shape.steps.len().saturating_sub(row.around.len()));
            let open = self.open.iter().take(outer).map(|level| &level.map);
            let above: Vec<&Map> = open.chain(row.around.iter().map(Rc::as_ref)).collect();
            (self.each)(Met::Row(Row { name: &row.name, map: &row.map, above: &above }))?;
        }
        ControlFlow::Continue(())
    }
}
