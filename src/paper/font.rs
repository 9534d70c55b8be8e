//! The fonts of forms: which letters they have, how wide a text is, where its lines break.
//!
//! All lengths are twentieths of a point, in whole numbers, so that a form is the same on every machine.

use super::PaperError;
use read_fonts::tables::cmap::Cmap;
use read_fonts::tables::hmtx::Hmtx;
use read_fonts::types::GlyphId;
use read_fonts::{FontRef, TableProvider};

/// Twentieths of a point.
pub(super) type Twips = i32;

/// How letters look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Style {
    Regular,
    Bold,
}

/// The fonts of a form.
pub(super) struct Fonts {
    regular: Face,
    bold: Face,
}

/// One font.
pub(super) struct Face {
    /// The font file.
    pub(super) bytes: &'static [u8],
    /// What a PDF calls it.
    pub(super) name: &'static str,
    pub(super) units_per_em: i32,
    pub(super) ascent: i16,
    pub(super) descent: i16,
    /// Left, bottom, right, top of the largest letter.
    pub(super) bounds: [i16; 4],
    cmap: Cmap<'static>,
    hmtx: Hmtx<'static>,
}

impl Fonts {
    /// The fonts compiled into the program.
    pub(super) fn built_in() -> Result<Self, PaperError> {
        Ok(Self {
            regular: Face::read(REGULAR, "DejaVuSansCondensed")?,
            bold: Face::read(BOLD, "DejaVuSansCondensed-Bold")?,
        })
    }

    /// The font of a style.
    pub(super) fn face(&self, style: Style) -> &Face {
        match style {
            Style::Regular => &self.regular,
            Style::Bold => &self.bold,
        }
    }

    /// A text in letters that the fonts have; one they lack is told by its number, and none is lost.
    pub(super) fn printable(&self, text: &str) -> String {
        let mut told = String::with_capacity(text.len());
        for letter in text.chars() {
            let is_blank = letter != '\u{a0}' && (letter.is_whitespace() || letter.is_control());
            if is_blank {
                told.push(' ');
            } else if self.regular.glyph(letter).is_some() && self.bold.glyph(letter).is_some() {
                told.push(letter);
            } else {
                told.push_str(&format!("[U+{:04X}]", u32::from(letter)));
            }
        }
        told
    }

    /// How wide a printable text is.
    pub(super) fn width(&self, text: &str, style: Style, size: Twips) -> Twips {
        let face = self.face(style);
        let units: i32 = text.chars().map(|letter| face.advance(letter)).sum();
        units.saturating_mul(size).div_euclid(face.units_per_em) + 1
    }

    /// The lines of a printable text within a width; a word that is longer than a line is broken.
    pub(super) fn lines(&self, text: &str, style: Style, size: Twips, width: Twips) -> Vec<String> {
        let fits = |line: &str| self.width(line, style, size) <= width;
        let mut lines = Vec::new();
        let mut line = String::new();
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if fits(&longer) {
                line = longer;
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            for letter in word.chars() {
                line.push(letter);
                if line.chars().nth(1).is_some() && !fits(&line) {
                    line.pop();
                    lines.push(std::mem::replace(&mut line, letter.to_string()));
                }
            }
        }
        if !line.is_empty() || lines.is_empty() {
            lines.push(line);
        }
        lines
    }

    /// The width of the widest word.
    pub(super) fn widest_word(&self, text: &str, style: Style, size: Twips) -> Twips {
        text.split(' ').map(|word| self.width(word, style, size)).max().unwrap_or_default()
    }
}

impl Face {
    fn read(bytes: &'static [u8], name: &'static str) -> Result<Self, PaperError> {
        let unreadable = |_cause| PaperError::Font;
        let font = FontRef::new(bytes).map_err(unreadable)?;
        let (head, hhea) = (font.head().map_err(unreadable)?, font.hhea().map_err(unreadable)?);
        Ok(Self {
            bytes,
            name,
            units_per_em: i32::from(head.units_per_em()).max(1),
            ascent: hhea.ascender().to_i16(),
            descent: hhea.descender().to_i16(),
            bounds: [head.x_min(), head.y_min(), head.x_max(), head.y_max()],
            cmap: font.cmap().map_err(unreadable)?,
            hmtx: font.hmtx().map_err(unreadable)?,
        })
    }

    /// The number of a letter's picture.
    pub(super) fn glyph(&self, letter: char) -> Option<u16> {
        let glyph = self.cmap.map_codepoint(letter)?;
        u16::try_from(glyph.to_u32()).ok().filter(|glyph| *glyph != 0)
    }

    /// How wide a picture is, in units of the font.
    pub(super) fn glyph_advance(&self, glyph: u16) -> u16 {
        self.hmtx.advance(GlyphId::from(glyph)).unwrap_or_default()
    }

    fn advance(&self, letter: char) -> i32 {
        self.glyph(letter).map_or(0, |glyph| self.glyph_advance(glyph).into())
    }
}

const REGULAR: &[u8] = include_bytes!("../../schemas/forms/DejaVuSansCondensed.ttf");
const BOLD: &[u8] = include_bytes!("../../schemas/forms/DejaVuSansCondensed-Bold.ttf");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_letters_of_all_five_states_are_there() {
        let fonts = Fonts::built_in().unwrap();
        let armenian = ('Ա'..='Ֆ').chain('ա'..='և');
        let cyrillic = ('А'..='я').chain("ЁёӘәҒғҚқҢңӨөҰұҮүҺһІіЎўЇїЄєҐґ№«»–—…’₽₸".chars());
        let text: String = armenian.chain(cyrillic).chain(' '..='~').collect();
        assert_eq!(fonts.printable(&text), text);
        assert_eq!(fonts.printable("a\t漢\u{1F600}"), "a [U+6F22][U+1F600]");
    }

    #[test]
    fn lines_keep_every_letter_and_their_width() {
        let fonts = Fonts::built_in().unwrap();
        let text = format!("слово {} ещё — конец", "длинное".repeat(40));
        for width in [200, 900, 5000] {
            let lines = fonts.lines(&text, Style::Bold, 180, width);
            assert!(lines.iter().all(|line| fonts.width(line, Style::Bold, 180) <= width), "{width}");
            let squeezed = |text: &str| text.replace(' ', "");
            assert_eq!(squeezed(&lines.concat()), squeezed(&text));
        }
        assert_eq!(fonts.lines("", Style::Regular, 180, 900), [""]);
        assert_eq!(fonts.lines("WW", Style::Regular, 180, 1), ["W", "W"], "it ends in any width");
    }
}
