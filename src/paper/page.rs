//! A page as it is drawn: texts and bars, and the measures of an A4 sheet.

use super::font::{Fonts, Style, Twips};

/// A text at its place; `y` is its base line, from the top of the sheet.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) x: Twips,
    pub(super) y: Twips,
    pub(super) size: Twips,
    pub(super) style: Style,
    pub(super) text: String,
}

/// A black rectangle; `y` is its upper edge, from the top of the sheet.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Bar {
    pub(super) x: Twips,
    pub(super) y: Twips,
    pub(super) width: Twips,
    pub(super) height: Twips,
}

/// What is on one page.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) pieces: Vec<Piece>,
    pub(super) bars: Vec<Bar>,
}

impl Page {
    /// A thin line from left to right.
    pub(super) fn rule(&mut self, x: Twips, y: Twips, width: Twips) {
        self.bars.push(Bar { x, y, width, height: LINE });
    }

    /// A thin line downwards.
    pub(super) fn post(&mut self, x: Twips, y: Twips, height: Twips) {
        self.bars.push(Bar { x, y, width: LINE, height });
    }

    /// Whether all of it lies within the margins.
    pub(super) fn is_within_margins(&self, fonts: &Fonts) -> bool {
        let is_within = |x: Twips, y: Twips, width: Twips, height: Twips| {
            x >= LEFT && x + width <= RIGHT && y >= TOP && y + height <= BOTTOM
        };
        let pieces = self.pieces.iter().all(|piece| {
            let width = fonts.width(&piece.text, piece.style, piece.size);
            is_within(piece.x, piece.y - piece.size, width, piece.size + piece.size / 4)
        });
        pieces && self.bars.iter().all(|bar| is_within(bar.x, bar.y, bar.width, bar.height))
    }
}

/// A4, 210 mm and 297 mm.
pub(super) const SHEET: (Twips, Twips) = (11_906, 16_838);
/// 20 mm for whoever files it.
pub(super) const LEFT: Twips = 1_134;
pub(super) const RIGHT: Twips = SHEET.0 - 850;
/// 15 mm.
pub(super) const TOP: Twips = 850;
pub(super) const BOTTOM: Twips = SHEET.1 - 850;
const LINE: Twips = 10;
