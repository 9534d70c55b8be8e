//! The code on every page: a short text that names the document, and its picture (QR).
//!
//! `STAZH1:<document id>:<SHA-256 of what was sealed, base64url>:<page>/<of>:<CRC-32 of all before it>`; a document
//! without a seal has `-` in place of the digest. A person can read it with any telephone.

use super::PaperError;
use crate::base::{Digest256, DocumentId};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use qrcode::{Color, EcLevel, QrCode};
use std::fmt;
use std::str::FromStr;

/// What the code on a page says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PageCode {
    /// The document the page belongs to.
    pub document: DocumentId,
    /// The SHA-256 of what was sealed; none if it bore no seal when it was printed.
    pub digest: Option<PageDigest>,
    /// Which page it is, from 1.
    pub page: u32,
    /// Of how many.
    pub of: u32,
}

/// A digest that can be ordered.
type PageDigest = [u8; 32];

impl PageCode {
    /// The digest it tells.
    pub fn digest(&self) -> Option<Digest256> {
        self.digest.map(Digest256)
    }
}

impl fmt::Display for PageCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digest = self.digest.map_or_else(|| "-".to_owned(), |digest| URL_SAFE_NO_PAD.encode(digest));
        let text = format!("{MARK}1:{}:{digest}:{}/{}", self.document.as_uuid(), self.page, self.of);
        write!(f, "{text}:{:08x}", check(&text))
    }
}

impl FromStr for PageCode {
    type Err = PaperError;

    /// Reads a code; one that is of no form at all is [`PaperError::NoCode`].
    fn from_str(code: &str) -> Result<Self, PaperError> {
        if !code.starts_with(MARK) {
            return Err(PaperError::NoCode);
        }
        parse(code).ok_or(PaperError::SpoiltCode)
    }
}

fn parse(code: &str) -> Option<PageCode> {
    let (text, told) = code.rsplit_once(':')?;
    if format!("{:08x}", check(text)) != told {
        return None;
    }
    let mut fields = text.strip_prefix(MARK)?.strip_prefix("1:")?.split(':');
    let document = fields.next()?.parse().ok()?;
    let digest = match fields.next()? {
        "-" => None,
        digest => Some(URL_SAFE_NO_PAD.decode(digest).ok()?.try_into().ok()?),
    };
    let (page, of) = fields.next()?.split_once('/')?;
    let (page, of) = (page.parse().ok()?, of.parse().ok()?);
    let is_whole = fields.next().is_none() && (1..=of).contains(&page);
    is_whole.then_some(PageCode { document, digest, page, of })
}

/// CRC-32, which sees what was mistyped; it is no proof of anything.
fn check(text: &str) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(text.as_bytes());
    crc.sum()
}

/// The picture of a code: its width in modules, and for each row which of them are dark.
pub(super) fn picture(code: &PageCode) -> Result<Vec<Vec<bool>>, PaperError> {
    // a seventh of the picture may be lost to dirt or a stamp's edge
    let drawn = QrCode::with_error_correction_level(code.to_string(), EcLevel::M);
    let drawn = drawn.map_err(|_cause| PaperError::Font)?;
    let width = drawn.width();
    let dark: Vec<bool> = drawn.to_colors().into_iter().map(|color| color == Color::Dark).collect();
    Ok(dark.chunks(width).map(<[bool]>::to_vec).collect())
}

const MARK: &str = "STAZH";

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_code_is_read_as_it_is_written(id: u128, digest: Option<[u8; 32]>, page in 1_u32..500, more in 0_u32..500) {
            let document = DocumentId::from_uuid(uuid::Uuid::from_u128(id));
            let code = PageCode { document, digest, page, of: page + more };
            prop_assert_eq!(code.to_string().parse::<PageCode>().unwrap(), code);
            prop_assert!(picture(&code).unwrap().len() <= 45, "it grows finer than a scanner sees");
        }

        #[test]
        fn a_code_with_another_letter_is_refused(at in 6_usize..90, letter in "[0-9a-zA-Z]") {
            let code = PageCode {
                document: DocumentId::from_uuid(uuid::Uuid::from_u128(7)), digest: Some([7; 32]), page: 2, of: 3
            };
            let mut text = code.to_string();
            text.replace_range(at..=at, &letter);
            prop_assume!(text != code.to_string());
            prop_assert!(matches!(text.parse::<PageCode>(), Err(PaperError::SpoiltCode)));
        }
    }

    #[test]
    fn what_is_no_code_of_a_form_is_told_apart_from_a_spoilt_one() {
        let read = |text: &str| text.parse::<PageCode>();
        assert!(matches!(read("https://example.org"), Err(PaperError::NoCode)));
        assert!(matches!(read("STAZH2:whatever"), Err(PaperError::SpoiltCode)));
        assert!(matches!(read("STAZH1:::"), Err(PaperError::SpoiltCode)));
    }
}
