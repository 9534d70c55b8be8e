//! The digest of content with holes: attachments that travel beside a document and belong into it.
//!
//! By XOP the document is what it would be with the base64 of each part in its place, so that is what is signed; a part
//! is fed through in pieces and never in memory as a whole. Where parts come from is the caller's matter.

use super::error::SealError;
use super::suites::{ContentDigests, ContentHasher};
use crate::base::HeldPart;
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::STANDARD;
use base64::write::EncoderWriter;
use std::io::Write;

/// A place in canonical bytes where the base64 of a part belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hole {
    /// Before which byte.
    pub at: usize,
    /// The Content-ID of the part, as `cid:` names it (RFC 2392).
    pub content_id: String,
}

/// All parts of a content were fed through it; only [`Filling::finish`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filled {
    pub(super) digests: ContentDigests,
    pub(super) parts: Vec<HeldPart>,
}

/// A digest that is being computed.
pub struct Filling<'a> {
    /// What comes behind the hole that is open.
    rest: &'a [u8],
    /// Where `rest` begins.
    from: usize,
    holes: std::slice::Iter<'a, Hole>,
    open: Option<&'a Hole>,
    hasher: EncoderOrNot,
    parts: Vec<HeldPart>,
}

enum EncoderOrNot {
    Plain(Box<ContentHasher>),
    Base64(Box<EncoderWriter<'static, GeneralPurpose, Box<ContentHasher>>>),
    /// Between the two, and never seen.
    Gone,
}

impl<'a> Filling<'a> {
    /// Begins with the bytes before the first hole. `holes` stand in order.
    pub(super) fn new(
        content: &'a [u8],
        holes: &'a [Hole],
        hasher: ContentHasher,
    ) -> Result<Self, SealError> {
        let hasher = EncoderOrNot::Plain(Box::new(hasher));
        let mut filling =
            Self { rest: content, from: 0, holes: holes.iter(), open: None, hasher, parts: Vec::new() };
        filling.advance()?;
        Ok(filling)
    }

    /// The hole that waits for its part; none when all are filled.
    pub fn open_hole(&self) -> Option<&'a Hole> {
        self.open
    }

    /// Takes the next bytes of the part.
    ///
    /// # Errors
    /// No hole is open.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), SealError> {
        match &mut self.hasher {
            EncoderOrNot::Base64(encoder) => encoder.write_all(bytes).map_err(|_never| SealError::Hole),
            EncoderOrNot::Plain(_) | EncoderOrNot::Gone => Err(SealError::Hole),
        }
    }

    /// The part has ended; goes on to the next hole.
    ///
    /// # Errors
    /// No hole is open.
    pub fn close_hole(&mut self, part: HeldPart) -> Result<(), SealError> {
        let EncoderOrNot::Base64(mut encoder) = std::mem::replace(&mut self.hasher, EncoderOrNot::Gone)
        else {
            return Err(SealError::Hole);
        };
        self.hasher = EncoderOrNot::Plain(encoder.finish().map_err(|_never| SealError::Hole)?);
        self.parts.push(part);
        self.advance()
    }

    /// The digests of all of it.
    ///
    /// # Errors
    /// A hole is open, or the cryptographic library failed.
    pub fn finish(self) -> Result<Filled, SealError> {
        match self.hasher {
            EncoderOrNot::Plain(hasher) => Ok(Filled { digests: hasher.finish()?, parts: self.parts }),
            EncoderOrNot::Base64(_) | EncoderOrNot::Gone => Err(SealError::Hole),
        }
    }

    /// Takes the bytes up to the next hole, or to the end.
    fn advance(&mut self) -> Result<(), SealError> {
        self.open = self.holes.next();
        let to = self.open.map_or(self.rest.len(), |hole| hole.at.saturating_sub(self.from));
        let (before, rest) = self.rest.split_at_checked(to).ok_or(SealError::Hole)?;
        let EncoderOrNot::Plain(mut hasher) = std::mem::replace(&mut self.hasher, EncoderOrNot::Gone) else {
            return Err(SealError::Hole);
        };
        hasher.write_all(before).map_err(|_never| SealError::Hole)?;
        self.hasher = match self.open {
            Some(_) => EncoderOrNot::Base64(Box::new(EncoderWriter::new(hasher, &STANDARD))),
            None => EncoderOrNot::Plain(hasher),
        };
        (self.rest, self.from) = (rest, self.from + to);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::suites::{DigestAlgorithm, sha256};
    use super::*;
    use base64::Engine;
    use proptest::prelude::*;

    fn hasher() -> ContentHasher {
        DigestAlgorithm::Sha256.hasher().unwrap()
    }

    fn hole(at: usize) -> Hole {
        Hole { at, content_id: String::new() }
    }

    proptest! {
        #[test]
        fn it_is_the_digest_of_the_content_with_the_base64_in_its_place(
            texts in prop::collection::vec("[a-z]{0,9}", 1..5),
            parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 4),
            piece in 1_usize..9,
        ) {
            let (mut content, mut whole, mut holes) = (String::new(), String::new(), Vec::new());
            let between = texts.len() - 1;
            for (at, text) in texts.iter().enumerate() {
                content.push_str(text);
                whole.push_str(text);
                if at < between {
                    holes.push(hole(content.len()));
                    whole.push_str(&STANDARD.encode(&parts[at]));
                }
            }
            let mut filling = Filling::new(content.as_bytes(), &holes, hasher()).unwrap();
            for part in &parts[..between] {
                prop_assert!(filling.open_hole().is_some());
                part.chunks(piece).for_each(|piece| filling.push(piece).unwrap());
                filling.close_hole(HeldPart { digest: sha256(part), bytes: 0 }).unwrap();
            }
            prop_assert!(filling.open_hole().is_none());
            prop_assert!(filling.push(b"more").is_err());
            let filled = filling.finish().unwrap();
            prop_assert_eq!(filled.digests.ledger, sha256(whole.as_bytes()));
            prop_assert_eq!(filled.parts.len(), between);
        }
    }

    #[test]
    fn an_open_hole_has_no_digest() {
        let holes = [hole(1)];
        let filling = Filling::new(b"ab", &holes, hasher()).unwrap();
        assert!(filling.finish().is_err());
        let outside = [hole(3)];
        assert!(Filling::new(b"ab", &outside, hasher()).is_err());
        let backwards = [hole(1), hole(0)];
        let mut filling = Filling::new(b"ab", &backwards, hasher()).unwrap();
        let part = HeldPart { digest: sha256(b""), bytes: 0 };
        filling.close_hole(part).unwrap();
        assert_eq!(filling.open_hole().map(|hole| hole.at), Some(0), "its bytes are those behind the first");
    }
}
