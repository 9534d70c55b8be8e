//! The lines of a local file, one at a time and within a limit; each is decoded for itself.

use super::csv::Encoding;
use super::error::FormatError;
use memchr::memchr;
use std::borrow::Cow;
use std::io::BufRead;

/// The lines of one file.
pub(super) struct Lines<'i> {
    input: &'i mut dyn BufRead,
    encoding: Known,
    bytes_max: usize,
    number: usize,
    /// How many lines were text and not blank.
    told: usize,
    /// The first line that was not of the encoding.
    spoilt: Option<(usize, &'static str)>,
    bytes: Vec<u8>,
    text: String,
}

/// What is known of the encoding by now.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    Utf8,
    Windows1251,
    /// Every line so far was ASCII.
    NotYet,
}

/// One line, its end included if it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line<'l> {
    /// Its text.
    Text(&'l str),
    /// It is not of the file's encoding, which is named.
    NotEncoded(&'static str),
    /// It has more bytes than are read.
    TooLong,
}

impl<'i> Lines<'i> {
    /// Begins at the first byte of a file; a byte order mark says that it is UTF-8.
    ///
    /// # Errors
    /// The file cannot be read, or its mark is that of UTF-16.
    pub(super) fn new(
        input: &'i mut dyn BufRead,
        encoding: Encoding,
        bytes_max: usize,
    ) -> Result<Self, FormatError> {
        let begin = input.fill_buf()?;
        let is_marked = begin.starts_with(BYTE_ORDER_MARK);
        if begin.starts_with(b"\xff\xfe") || begin.starts_with(b"\xfe\xff") {
            let encoding = if encoding == Encoding::Windows1251 { WINDOWS_1251 } else { UTF_8 };
            return Err(FormatError::NotEncoded { encoding, line: 1 });
        }
        if is_marked {
            input.consume(BYTE_ORDER_MARK.len());
        }
        let encoding = match encoding {
            Encoding::Windows1251 if !is_marked => Known::Windows1251,
            Encoding::Auto if !is_marked => Known::NotYet,
            Encoding::Utf8 | Encoding::Windows1251 | Encoding::Auto => Known::Utf8,
        };
        Ok(Self {
            input,
            encoding,
            bytes_max,
            number: 0,
            told: 0,
            spoilt: None,
            bytes: Vec::new(),
            text: String::new(),
        })
    }

    /// The next line with its number, counted from 1; none at the end.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(super) fn next_line(&mut self) -> Result<Option<(usize, Line<'_>)>, FormatError> {
        self.bytes.clear();
        let Some(length) = self.take_bytes()? else { return Ok(None) };
        self.number += 1;
        if length > self.bytes_max {
            return Ok(Some((self.number, Line::TooLong)));
        }
        let number = self.number;
        let text = match decoded(&mut self.encoding, &self.bytes) {
            Ok(Cow::Borrowed(text)) => text,
            Ok(Cow::Owned(text)) => {
                self.text = text;
                &self.text
            }
            Err(encoding) => {
                self.spoilt = self.spoilt.or(Some((number, encoding)));
                return Ok(Some((number, Line::NotEncoded(encoding))));
            }
        };
        self.told += usize::from(!text.trim_ascii().is_empty());
        Ok(Some((number, Line::Text(text))))
    }

    /// Whether all lines are of another encoding, but for so many of a header: then it is that of the file.
    ///
    /// # Errors
    /// They are.
    pub(super) fn check_encoding(&self, headers: usize) -> Result<(), FormatError> {
        match self.spoilt.filter(|_| self.told <= headers) {
            Some((line, encoding)) => Err(FormatError::NotEncoded { encoding, line }),
            None => Ok(()),
        }
    }

    /// Takes bytes up to the end of a line; those over the limit are passed over. None at the end of the file.
    fn take_bytes(&mut self) -> Result<Option<usize>, FormatError> {
        let mut length = 0_usize;
        loop {
            let chunk = self.input.fill_buf()?;
            if chunk.is_empty() {
                return Ok((length > 0).then_some(length));
            }
            let end = memchr(b'\n', chunk).map(|at| at + 1);
            let piece = chunk.get(..end.unwrap_or(chunk.len())).unwrap_or_default();
            length = length.saturating_add(piece.len());
            if length <= self.bytes_max {
                self.bytes.extend_from_slice(piece);
            }
            let taken = piece.len();
            self.input.consume(taken);
            if end.is_some() {
                return Ok(Some(length));
            }
        }
    }
}

/// The text of a line. The first one that is not ASCII tells an unknown encoding: text of windows-1251 is no UTF-8 but by a
/// rare chance.
fn decoded<'l>(encoding: &mut Known, bytes: &'l [u8]) -> Result<Cow<'l, str>, &'static str> {
    let text = std::str::from_utf8(bytes);
    if *encoding == Known::NotYet && !bytes.is_ascii() {
        *encoding = if text.is_ok() { Known::Utf8 } else { Known::Windows1251 };
    }
    match (*encoding, text) {
        (Known::Utf8 | Known::NotYet, Ok(text)) => Ok(Cow::Borrowed(text)),
        (Known::Windows1251, Ok(text)) if text.is_ascii() => Ok(Cow::Borrowed(text)),
        (Known::Utf8 | Known::NotYet, Err(_)) => Err(UTF_8),
        (Known::Windows1251, _) => encoding_rs::WINDOWS_1251
            .decode_without_bom_handling_and_without_replacement(bytes)
            .ok_or(WINDOWS_1251),
    }
}

/// A line without its end.
pub(super) fn trimmed(line: &str) -> &str {
    let line = line.strip_suffix('\n').unwrap_or(line);
    line.strip_suffix('\r').unwrap_or(line)
}

pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
const UTF_8: &str = "UTF-8";
const WINDOWS_1251: &str = "windows-1251";

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufReader;

    /// The lines of a file that comes in pieces of `piece` bytes.
    fn lines(bytes: &[u8], encoding: Encoding, piece: usize) -> Vec<(usize, String)> {
        let mut input = BufReader::with_capacity(piece, bytes);
        let mut lines = Lines::new(&mut input, encoding, 12).unwrap();
        let mut all = Vec::new();
        while let Some((number, line)) = lines.next_line().unwrap() {
            all.push((
                number,
                if let Line::Text(text) = line { text.to_owned() } else { format!("{line:?}") },
            ));
        }
        all
    }

    #[test]
    fn a_line_over_the_limit_and_one_of_another_encoding_leave_the_others() {
        for piece in [3, 4, 7, 100] {
            let text = b"a\r\n123456789012\n12345678901\n\xca\xe8\xec\n\nz";
            let seen = lines(text, Encoding::Utf8, piece);
            let expected = ["a\r\n", "TooLong", "12345678901\n", "NotEncoded(\"UTF-8\")", "\n", "z"];
            let expected: Vec<_> = (1..).zip(expected.map(str::to_owned)).collect();
            assert_eq!(seen, expected, "in pieces of {piece}");
        }
    }

    #[test]
    fn encodings_are_told_apart_by_the_mark_or_the_first_line_that_shows_it() {
        let text = |bytes: &[u8], encoding| lines(bytes, encoding, 64).remove(1).1;
        assert_eq!(text(b"a\n\xca\xe8\xec", Encoding::Auto), "Ким");
        assert_eq!(text("a\nКим".as_bytes(), Encoding::Auto), "Ким");
        assert_eq!(text("\u{feff}a\nКим".as_bytes(), Encoding::Windows1251), "Ким");
        assert_eq!(text(b"a\n\xca\xe8\xec", Encoding::Windows1251), "Ким");
        assert_eq!(lines("Ким\n".as_bytes(), Encoding::Auto, 64).len(), 1);
        assert_eq!(lines(b"\xca\n\xd0\x9a", Encoding::Auto, 64)[1].1, "Рљ", "it stays what it was");
        let mut wide = &b"\xff\xfea\0"[..];
        assert!(Lines::new(&mut wide, Encoding::Auto, 12).is_err());
    }
}
