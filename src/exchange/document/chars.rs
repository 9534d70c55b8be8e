//! Which characters XML 1.0 allows where, and what its references mean.

use super::xml_error::XmlErrorKind;
use std::borrow::Cow;

/// White space as XML knows it.
pub(super) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// The place of the first character that no XML document may hold.
pub(super) fn find_illegal(text: &str) -> Option<usize> {
    let suspect = |byte: u8| (byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r')) || byte == 0xef;
    if !text.as_bytes().chunks(BLOCK).any(|block| has_any(block, suspect)) {
        return None;
    }
    text.char_indices().find(|(_, c)| !is_char(*c)).map(|(at, _)| at)
}

/// Whether a text may stand between tags as it is, and certainly holds nothing that XML does not allow.
pub(super) fn is_plain_text(text: &str) -> bool {
    !has_any(text.as_bytes(), |byte| byte < 0x20 || matches!(byte, b'&' | b'<' | b'>' | 0xef))
}

/// Whether a byte is among these; without a branch for each it looks at many of them in one instruction.
pub(super) fn has_any(bytes: &[u8], is_wanted: impl Fn(u8) -> bool) -> bool {
    bytes.iter().fold(false, |found, byte| found | is_wanted(*byte))
}

/// Whether `text` is a name without a colon (Namespaces in XML 1.0, production 4).
pub(super) fn is_ncname(text: &str) -> bool {
    let mut bytes = text.bytes();
    let is_plain = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
    let mut chars = text.chars();
    is_plain || (chars.next().is_some_and(is_name_start) && chars.all(is_name_char))
}

/// Text with the line ends of XML: carriage returns become line feeds.
pub(super) fn with_line_feeds(text: &str) -> Cow<'_, str> {
    if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(text)
    }
}

/// What stands for `&body;`.
pub(super) fn resolve(body: &str) -> Result<Cow<'static, str>, XmlErrorKind> {
    let named = match body {
        "lt" => "<",
        "gt" => ">",
        "amp" => "&",
        "quot" => "\"",
        "apos" => "'",
        _ => return numbered(body).map(|c| Cow::Owned(c.to_string())),
    };
    Ok(Cow::Borrowed(named))
}

/// The value of an attribute: references resolved, white space made blanks (XML 1.0, 3.3.3).
pub(super) fn attribute_value(raw: &str) -> Result<Cow<'_, str>, XmlErrorKind> {
    if !has_any(raw.as_bytes(), |byte| matches!(byte, b'<' | b'&' | b'\t' | b'\r' | b'\n')) {
        return Ok(Cow::Borrowed(raw));
    }
    if raw.contains('<') {
        return Err(XmlErrorKind::Markup("a < in an attribute"));
    }
    let mut value = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((plain, after)) = rest.split_once('&') {
        push_blanked(&mut value, plain);
        let (body, tail) = after.split_once(';').ok_or(XmlErrorKind::Reference)?;
        value.push_str(&resolve(body)?);
        rest = tail;
    }
    push_blanked(&mut value, rest);
    Ok(Cow::Owned(value))
}

fn push_blanked(value: &mut String, plain: &str) {
    value.extend(with_line_feeds(plain).chars().map(|c| if is_space(c) { ' ' } else { c }));
}

fn numbered(body: &str) -> Result<char, XmlErrorKind> {
    let number = match (body.strip_prefix("#x"), body.strip_prefix('#')) {
        (Some(hex), _) if hex.bytes().all(|b| b.is_ascii_hexdigit()) => u32::from_str_radix(hex, 16),
        (None, Some(decimal)) if decimal.bytes().all(|b| b.is_ascii_digit()) => decimal.parse(),
        _ => return Err(XmlErrorKind::Reference),
    };
    let number = number.map_err(|_not_a_number| XmlErrorKind::Reference)?;
    char::from_u32(number).filter(|c| is_char(*c)).ok_or(XmlErrorKind::Character)
}

fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}')
}

fn is_name_start(c: char) -> bool {
    matches!(c,
        'A'..='Z' | '_' | 'a'..='z' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}'
        | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}' | '\u{200c}'..='\u{200d}' | '\u{2070}'..='\u{218f}'
        | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}'
        | '\u{10000}'..='\u{effff}')
}

fn is_name_char(c: char) -> bool {
    is_name_start(c)
        || matches!(c, '-' | '.' | '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}')
}

const BLOCK: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_five_names_and_legal_numbers() {
        for (body, meant) in
            [("lt", "<"), ("#1078", "ж"), ("#x436", "ж"), ("#xD", "\r"), ("#x10FFFF", "\u{10ffff}")]
        {
            assert_eq!(resolve(body).unwrap(), meant);
        }
        for body in ["nbsp", "", "#", "#x", "#+1", "#x+1", "#X41", " lt", "#12 ", "#99999999999999"] {
            assert_eq!(resolve(body), Err(XmlErrorKind::Reference), "{body}");
        }
        for body in ["#0", "#1", "#xD800", "#xFFFE", "#x110000"] {
            assert_eq!(resolve(body), Err(XmlErrorKind::Character), "{body}");
        }
    }

    #[test]
    fn literal_white_space_of_an_attribute_becomes_blanks_and_numbered_stays() {
        assert_eq!(attribute_value("a\tb\r\nc\rd&#10;&#x9;e").unwrap(), "a b c d\n\te");
        assert!(attribute_value("a<b").is_err());
        assert!(attribute_value("a & b").is_err());
    }

    #[test]
    fn forbidden_characters_are_found() {
        assert_eq!(find_illegal("стаж\u{fffd}\t\r\n"), None);
        assert_eq!(find_illegal("ab\u{1}"), Some(2));
        assert_eq!(find_illegal("a\u{ffff}"), Some(1));
        assert_eq!(find_illegal("\u{ff21}"), None);
    }
}
