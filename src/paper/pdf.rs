//! Pages as a PDF file: fonts inside, cut down to the letters that are used; no clock and no chance in it.

use super::PaperError;
use super::font::{Face, Fonts, Style, Twips};
use super::page::{Page, SHEET};
use crate::base::{Language, Written};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Content, Filter, Name, Pdf, Rect, Ref, Str, TextStr};
use std::collections::BTreeMap;
use std::io::Write;
use subsetter::GlyphRemapper;

/// Writes the file.
pub(super) fn to_pdf(
    pages: &[Page],
    title: &str,
    language: Language,
    fonts: &Fonts,
) -> Result<Vec<u8>, PaperError> {
    let mut pdf = Pdf::new();
    let mut next = 1;
    let mut reference = || {
        let reference = Ref::new(next);
        next += 1;
        reference
    };
    let (catalog, tree, about) = (reference(), reference(), reference());
    let mut subsets: BTreeMap<Style, Subset<'_>> = BTreeMap::new();
    for piece in pages.iter().flat_map(|page| &page.pieces) {
        let subset = subsets.entry(piece.style).or_insert_with(|| Subset::of(fonts.face(piece.style)));
        piece.text.chars().for_each(|letter| subset.add(letter));
    }
    let mut resources = Vec::new();
    for (style, subset) in &subsets {
        let ids = [reference(), reference(), reference(), reference(), reference()];
        subset.write(&mut pdf, ids)?;
        resources.push((name_of(*style), ids));
    }
    let (media, mut kids) = (Rect::new(0.0, 0.0, points(SHEET.0), points(SHEET.1)), Vec::new());
    for page in pages {
        let (id, content) = (reference(), reference());
        kids.push(id);
        let packed = packed(&drawn(page, &subsets))?;
        pdf.stream(content, &packed).filter(Filter::FlateDecode);
        let mut written = pdf.page(id);
        written.parent(tree).media_box(media).contents(content);
        let mut used = written.resources();
        let mut named = used.fonts();
        for (name, [font, ..]) in &resources {
            named.pair(*name, *font);
        }
    }
    pdf.pages(tree).count(i32::try_from(kids.len()).unwrap_or(i32::MAX)).kids(kids);
    let code = match language.written() {
        Written::Ru => "ru",
        Written::En => "en",
    };
    pdf.catalog(catalog).pages(tree).lang(TextStr(code));
    pdf.document_info(about).title(TextStr(title)).producer(TextStr("stazh"));
    Ok(pdf.finish())
}

/// What a page draws. Texts first, in the order in which they are read.
fn drawn(page: &Page, subsets: &BTreeMap<Style, Subset<'_>>) -> Vec<u8> {
    let mut content = Content::new();
    for piece in &page.pieces {
        let Some(subset) = subsets.get(&piece.style) else { continue };
        let codes: Vec<u8> =
            piece.text.chars().flat_map(|letter| subset.code(letter).to_be_bytes()).collect();
        content.begin_text();
        content.set_font(name_of(piece.style), points(piece.size));
        content.next_line(points(piece.x), points(SHEET.1 - piece.y));
        content.show(Str(&codes));
        content.end_text();
    }
    for bar in &page.bars {
        content.rect(
            points(bar.x),
            points(SHEET.1 - bar.y - bar.height),
            points(bar.width),
            points(bar.height),
        );
    }
    content.fill_nonzero();
    content.finish().to_vec()
}

/// The letters of a font that a form uses.
struct Subset<'f> {
    face: &'f Face,
    glyphs: GlyphRemapper,
    letters: BTreeMap<u16, char>,
}

impl<'f> Subset<'f> {
    fn of(face: &'f Face) -> Self {
        Self { face, glyphs: GlyphRemapper::new(), letters: BTreeMap::new() }
    }

    fn add(&mut self, letter: char) {
        if let Some(glyph) = self.face.glyph(letter) {
            let code = self.glyphs.remap(glyph);
            self.letters.entry(code).or_insert(letter);
        }
    }

    fn code(&self, letter: char) -> u16 {
        self.face.glyph(letter).and_then(|glyph| self.glyphs.get(glyph)).unwrap_or_default()
    }

    fn write(
        &self,
        pdf: &mut Pdf,
        [font, descendant, descriptor, unicode, file]: [Ref; 5],
    ) -> Result<(), PaperError> {
        let face = self.face;
        let name = format!("STAZHA+{}", face.name);
        let name = Name(name.as_bytes());
        let system = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };
        pdf.type0_font(font)
            .base_font(name)
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(descendant)
            .to_unicode(unicode);
        let mut cid = pdf.cid_font(descendant);
        cid.subtype(CidFontType::Type2).base_font(name).system_info(system).font_descriptor(descriptor);
        cid.default_width(0.0).cid_to_gid_map_predefined(Name(b"Identity"));
        let widths = self.glyphs.remapped_gids().map(|glyph| face.thousandths(face.glyph_advance(glyph)));
        cid.widths().consecutive(0, widths);
        drop(cid);
        let thousandths = |units: i16| face.signed_thousandths(units);
        let [left, bottom, right, top] = face.bounds.map(thousandths);
        pdf.font_descriptor(descriptor)
            .name(name)
            .flags(FontFlags::SYMBOLIC)
            .bbox(Rect::new(left, bottom, right, top))
            .italic_angle(0.0)
            .ascent(thousandths(face.ascent))
            .descent(thousandths(face.descent))
            .cap_height(thousandths(face.ascent))
            .stem_v(80.0)
            .font_file2(file);
        let mut letters = UnicodeCmap::<u16>::new(Name(b"Custom"), system);
        self.letters.iter().for_each(|(code, letter)| letters.pair(*code, *letter));
        let letters = letters.finish();
        pdf.cmap(unicode, &letters);
        let cut = subsetter::subset(face.bytes, 0, &self.glyphs).map_err(|_cause| PaperError::Font)?;
        pdf.stream(file, &packed(&cut)?).filter(Filter::FlateDecode);
        Ok(())
    }
}

impl Face {
    /// Units of the font as thousandths of the letter's size.
    fn thousandths(&self, units: u16) -> f32 {
        whole(i32::from(units) * 1000 / self.units_per_em)
    }

    fn signed_thousandths(&self, units: i16) -> f32 {
        whole(i32::from(units) * 1000 / self.units_per_em)
    }
}

fn packed(bytes: &[u8]) -> Result<Vec<u8>, PaperError> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).map_err(|_never| PaperError::Font)?;
    encoder.finish().map_err(|_never| PaperError::Font)
}

fn name_of(style: Style) -> Name<'static> {
    match style {
        Style::Regular => Name(b"R"),
        Style::Bold => Name(b"B"),
    }
}

fn points(twips: Twips) -> f32 {
    whole(twips) / 20.0
}

fn whole(number: i32) -> f32 {
    f32::from(i16::try_from(number).unwrap_or(i16::MAX))
}
