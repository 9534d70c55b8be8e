//! The little of DER that OpenSSL does not give us: the parts of a certificate octet by octet.

use der::asn1::{AnyRef, GeneralizedTime, Utf8StringRef};
use der::{Decode, Encode, Reader, SliceReader, Tag, TagNumber};
use jiff::Timestamp;
use std::time::Duration;

/// The elements of a SEQUENCE, each whole.
pub(super) fn parts(sequence: &[u8]) -> der::Result<Vec<&[u8]>> {
    let content = AnyRef::from_der(sequence)?;
    content.header().tag().assert_eq(Tag::Sequence)?;
    let mut reader = SliceReader::new(content.value())?;
    let mut parts = Vec::new();
    while !reader.is_finished() {
        parts.push(reader.tlv_bytes()?);
    }
    Ok(parts)
}

/// A SEQUENCE of such elements.
pub(super) fn sequence(parts: &[&[u8]]) -> der::Result<Vec<u8>> {
    AnyRef::new(Tag::Sequence, &parts.concat())?.to_der()
}

/// The octets of a certificate that its authority signed.
pub(super) fn signed_part(certificate: &[u8]) -> Option<Vec<u8>> {
    parts(certificate).ok()?.first().map(|part| part.to_vec())
}

/// A tag of the context.
pub(super) const fn context(number: u32, constructed: bool) -> Tag {
    Tag::ContextSpecific { constructed, number: TagNumber(number) }
}

/// The same element under another tag, as IMPLICIT has it.
pub(super) fn retagged(element: &[u8], tag: Tag) -> der::Result<Vec<u8>> {
    AnyRef::new(tag, AnyRef::from_der(element)?.value())?.to_der()
}

/// Octets of a number without needless zeros in front, of which DER allows none.
pub(super) fn trimmed(number: &[u8]) -> &[u8] {
    let mut number = number;
    while let [0, rest @ ..] = number
        && rest.first().is_some_and(|next| *next < 0x80)
    {
        number = rest;
    }
    number
}

/// An instant to the second.
pub(super) fn time(at: Timestamp) -> der::Result<Vec<u8>> {
    let since = Duration::from_secs(u64::try_from(at.as_second()).unwrap_or_default());
    GeneralizedTime::from_unix_duration(since)?.to_der()
}

/// The strings of a `PKIFreeText`, cut to a printable length.
pub(super) fn strings(texts: &[u8]) -> Vec<String> {
    let texts = parts(texts).unwrap_or_default();
    let text = |der: &&[u8]| <Utf8StringRef<'_>>::from_der(der).ok().map(|text| text.as_str().to_owned());
    let printable = |text: String| text.chars().filter(|c| !c.is_control()).take(TEXT_CHARS_MAX).collect();
    texts.iter().take(TEXTS_MAX).filter_map(text).map(printable).collect()
}

const TEXT_CHARS_MAX: usize = 500;
const TEXTS_MAX: usize = 8;
