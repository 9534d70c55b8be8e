//! The little of DER that OpenSSL does not give us: the parts of a certificate octet by octet.

use der::asn1::AnyRef;
use der::{Decode, Encode, Reader, SliceReader, Tag};

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
