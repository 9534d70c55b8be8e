//! The bytes of a document, in the order in which they come, with the line they stand on.

use super::error::FormatError;
use super::lines::BYTE_ORDER_MARK;
use memchr::memchr_iter;
use std::io::BufRead;

/// Passes over a document and keeps what it is told to keep, up to a limit.
pub(super) struct Scan<'i> {
    input: &'i mut dyn BufRead,
    offset: usize,
    line: usize,
    column: usize,
    bytes_max: usize,
    kept: Vec<u8>,
    /// How many bytes would have been kept without the limit.
    length: usize,
}

impl<'i> Scan<'i> {
    /// Begins at the first byte; a byte order mark is passed over.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(super) fn new(input: &'i mut dyn BufRead, bytes_max: usize) -> Result<Self, FormatError> {
        if input.fill_buf()?.starts_with(BYTE_ORDER_MARK) {
            input.consume(BYTE_ORDER_MARK.len());
        }
        Ok(Self { input, offset: 0, line: 1, column: 1, bytes_max, kept: Vec::new(), length: 0 })
    }

    /// How many bytes were passed over, a byte order mark not counted.
    pub(super) fn offset(&self) -> usize {
        self.offset
    }

    /// The line of the next byte.
    pub(super) fn line(&self) -> usize {
        self.line
    }

    /// The place of the next byte on its line, counted from 1 in bytes.
    pub(super) fn column(&self) -> usize {
        self.column
    }

    /// The next byte; none at the end.
    pub(super) fn peek(&mut self) -> Result<Option<u8>, FormatError> {
        Ok(self.input.fill_buf()?.first().copied())
    }

    /// Passes over the next byte.
    pub(super) fn pass(&mut self) -> Result<Option<u8>, FormatError> {
        let byte = self.peek()?;
        if let Some(byte) = byte {
            self.input.consume(1);
            self.offset += 1;
            (self.line, self.column) = moved((self.line, self.column), &[byte]);
        }
        Ok(byte)
    }

    /// Begins to keep anew.
    pub(super) fn begin(&mut self) {
        self.kept.clear();
        self.length = 0;
    }

    /// Keeps bytes as long as `goes_on` says so of the next one. False at the end of the file.
    pub(super) fn keep_while(&mut self, goes_on: &mut dyn FnMut(u8) -> bool) -> Result<bool, FormatError> {
        loop {
            let chunk = self.input.fill_buf()?;
            if chunk.is_empty() {
                return Ok(false);
            }
            let end = chunk.iter().position(|byte| !goes_on(*byte));
            let piece = chunk.get(..end.unwrap_or(chunk.len())).unwrap_or_default();
            self.length = self.length.saturating_add(piece.len());
            if self.length <= self.bytes_max {
                self.kept.extend_from_slice(piece);
            }
            (self.line, self.column) = moved((self.line, self.column), piece);
            let taken = piece.len();
            self.offset += taken;
            self.input.consume(taken);
            if end.is_some() {
                return Ok(true);
            }
        }
    }

    /// Keeps one more byte. False at the end of the file.
    pub(super) fn keep(&mut self) -> Result<bool, FormatError> {
        let Some(byte) = self.pass()? else { return Ok(false) };
        self.length = self.length.saturating_add(1);
        if self.length <= self.bytes_max {
            self.kept.push(byte);
        }
        Ok(true)
    }

    /// What was kept; none if it was more than the limit.
    pub(super) fn kept(&self) -> Option<&[u8]> {
        (self.length <= self.bytes_max).then_some(&*self.kept)
    }

    /// How many bytes were passed over since [`Scan::begin`] and would be kept.
    pub(super) fn length(&self) -> usize {
        self.length
    }

    /// The most that is kept.
    pub(super) fn bytes_max(&self) -> usize {
        self.bytes_max
    }
}

fn moved((line, column): (usize, usize), piece: &[u8]) -> (usize, usize) {
    let mut ends = memchr_iter(b'\n', piece);
    match ends.next_back() {
        None => (line, column + piece.len()),
        Some(last) => (line + 1 + ends.count(), piece.len() - last),
    }
}
