//! Cuts the bytes of an XML document into tags and what stands between them, and keeps what it is told to keep.
//!
//! It finds where things begin and end; whether they are well-formed is judged by the bounded reader.

use super::error::FormatError;
use super::scan::Scan;

/// What was passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// A start tag, that of an empty element if it says so.
    Start { is_empty: bool },
    /// An end tag.
    End,
    /// Text that is not blank, or a section of it.
    Text,
    /// Blanks, a comment, or an instruction.
    Other,
    /// `<?xml … ?>`.
    Declaration,
    /// A declaration that no document of ours has, such as that of a document type.
    Forbidden,
    /// Something that does not end before the file does.
    Cut,
    /// The end of the file.
    Done,
}

/// Passes over the next thing and keeps it behind what is kept already; `name` is the one in a tag, as it is written.
pub(super) fn next(scan: &mut Scan<'_>, name: &mut Vec<u8>) -> Result<Mark, FormatError> {
    name.clear();
    match scan.peek()? {
        None => return Ok(Mark::Done),
        Some(b'<') => {}
        Some(_) => {
            let mut is_blank = true;
            scan.keep_while(&mut |byte| {
                is_blank &= byte.is_ascii_whitespace() || byte == b'<';
                byte != b'<'
            })?;
            return Ok(if is_blank { Mark::Other } else { Mark::Text });
        }
    }
    scan.keep()?;
    match scan.peek()? {
        Some(b'!') => {
            scan.keep()?;
            match scan.peek()? {
                Some(b'-') => until(scan, b"-->", 2, Mark::Other),
                Some(b'[') => until(scan, b"]]>", 7, Mark::Text),
                Some(_) | None => Ok(Mark::Forbidden),
            }
        }
        Some(b'?') => instruction(scan),
        Some(b'/') => {
            scan.keep()?;
            start(scan, name).map(|mark| if mark == Mark::Cut { mark } else { Mark::End })
        }
        Some(_) => start(scan, name),
        None => Ok(Mark::Cut),
    }
}

/// Up to and with an ending, which cannot begin within the first bytes.
fn until(scan: &mut Scan<'_>, ending: &[u8], begin: usize, mark: Mark) -> Result<Mark, FormatError> {
    for _ in 0..begin {
        if !scan.keep()? {
            return Ok(Mark::Cut);
        }
    }
    let mut last = [0_u8; 3];
    let mut goes_on = |byte: u8| {
        last.rotate_left(1);
        if let Some(place) = last.last_mut() {
            *place = byte;
        }
        !last.ends_with(ending)
    };
    let is_whole = scan.keep_while(&mut goes_on)? && scan.keep()?;
    Ok(if is_whole { mark } else { Mark::Cut })
}

fn instruction(scan: &mut Scan<'_>) -> Result<Mark, FormatError> {
    let mut head = Vec::new();
    let mut last = 0_u8;
    let mut goes_on = |byte: u8| {
        if head.len() < DECLARATION.len() {
            head.push(byte);
        }
        let ends = byte == b'>' && last == b'?';
        last = byte;
        !ends
    };
    let is_whole = scan.keep_while(&mut goes_on)? && scan.keep()?;
    let is_declaration = head.starts_with(b"?xml") && head.last().is_some_and(u8::is_ascii_whitespace);
    Ok(match (is_whole, is_declaration) {
        (false, _) => Mark::Cut,
        (true, true) => Mark::Declaration,
        (true, false) => Mark::Other,
    })
}

fn start(scan: &mut Scan<'_>, name: &mut Vec<u8>) -> Result<Mark, FormatError> {
    let mut quote = None;
    let mut last = 0_u8;
    let mut is_name = true;
    let mut goes_on = |byte: u8| {
        is_name &= !(byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>'));
        if is_name && name.len() <= NAME_BYTES_MAX {
            name.push(byte);
        }
        match quote {
            Some(own) if own == byte => quote = None,
            Some(_) => {}
            None if matches!(byte, b'"' | b'\'') => quote = Some(byte),
            None if byte == b'>' => return false,
            None => {}
        }
        last = byte;
        true
    };
    let is_whole = scan.keep_while(&mut goes_on)? && scan.keep()?;
    Ok(if is_whole { Mark::Start { is_empty: last == b'/' } } else { Mark::Cut })
}

const DECLARATION: &[u8] = b"?xml ";
/// Longer than any name; what goes on after it is not compared.
const NAME_BYTES_MAX: usize = 1_024;
