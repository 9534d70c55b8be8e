//! A form: its pages, and what stands above and below on each of them.

use super::PaperError;
use super::blocks::{Block, blocks_of};
use super::code::{PageCode, picture};
use super::flow::{Look, Sheet};
use super::font::{Fonts, Style, Twips};
use super::labels::LABELS;
use super::page::{BOTTOM, Bar, LEFT, Page, Piece, RIGHT, TOP};
use super::pdf::to_pdf;
use super::value::Telling;
use crate::base::{Digest256, DocumentId, Language};
use crate::exchange::document::Element;
use crate::exchange::rules::CodeLists;

/// What a form is printed of.
#[derive(Debug)]
pub struct Form {
    /// The document, without the seal around it.
    document: Element<'static>,
    id: DocumentId,
    /// The SHA-256 of what was sealed; none if the document bears no seal.
    digest: Option<Digest256>,
    way: Option<Way>,
    /// What stands on every page of who took it; none if it is printed for the body itself.
    mark: Option<String>,
}

/// Which way a document went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The code of the state that sent it.
    pub from: String,
    /// The code of the state that it was sent to.
    pub to: String,
    /// The conversation it belongs to.
    pub conversation: Option<String>,
}

impl Form {
    /// The form of a document as it lies in a file: sealed or not. `digest` is that of what was sealed.
    ///
    /// # Errors
    /// It does not tell its id.
    pub fn of(root: Element<'_>, digest: Option<Digest256>, way: Option<Way>) -> Result<Self, PaperError> {
        let document = unsealed(root).into_owned();
        let id = first(&document, "EDocId").and_then(|id| id.parse().ok()).ok_or(PaperError::NoId)?;
        Ok(Self { document, id, digest, way, mark: None })
    }

    /// The same with a mark on every page: who took it and when (A10).
    pub fn marked(self, mark: impl Into<String>) -> Self {
        Self { mark: Some(mark.into()), ..self }
    }

    /// What it calls itself.
    pub fn id(&self) -> DocumentId {
        self.id
    }
}

/// Prints a form as PDF.
///
/// # Errors
/// A file of the program is spoilt.
pub fn print(form: &Form, lists: &CodeLists, language: Language) -> Result<Vec<u8>, PaperError> {
    let fonts = Fonts::built_in()?;
    let telling = Telling { lists, language };
    let title = LABELS.title(&form.document.local, language);
    to_pdf(&pages(form, telling, &fonts)?, title, language, &fonts)
}

fn pages(form: &Form, telling: Telling<'_>, fonts: &Fonts) -> Result<Vec<Page>, PaperError> {
    let frame = Frame::of(form, telling.language, fonts);
    let mut sheet = Sheet::new(fonts);
    sheet.title(&frame.title);
    for block in opening(form, telling).iter().chain(&body(form, telling)) {
        sheet.block(block);
    }
    let mut pages = sheet.pages((frame.body_top(), BODY_BOTTOM));
    let of = u32::try_from(pages.len()).unwrap_or(u32::MAX);
    for (page, number) in pages.iter_mut().zip(1..) {
        let digest = form.digest.map(|digest| digest.0);
        let code = PageCode { document: form.id, digest, page: number, of };
        frame.draw(page, &code)?;
        debug_assert!(page.is_within_margins(fonts), "something is outside the margins of page {number}");
    }
    Ok(pages)
}

/// What the form says of the document as a whole.
fn opening(form: &Form, telling: Telling<'_>) -> Vec<Block> {
    let (words, language) = (&LABELS.words, telling.language);
    let mut told = Vec::new();
    let mut field = |label: &str, value: String| {
        told.push(Block::Field { depth: 0, label: label.to_owned(), value });
    };
    field(words.document.of(language), form.id.as_uuid().to_string());
    let made = form.document.children.iter().flat_map(|child| &child.children);
    if let Some(made) = made.into_iter().find(|element| element.local == "EDocDateTime") {
        field(words.made.of(language), telling.value(made));
    }
    if let Some(Way { from, to, conversation }) = &form.way {
        field(words.from.of(language), telling.country(from));
        field(words.to.of(language), telling.country(to));
        if let Some(conversation) = conversation {
            field(words.conversation.of(language), conversation.clone());
        }
    }
    if let Some(case) = first(&form.document, "CaseId") {
        field(words.case.of(language), case);
    }
    let is_sealed = if form.digest.is_some() { &words.is_sealed } else { &words.is_not_sealed };
    field(words.sealed.of(language), is_sealed.of(language).to_owned());
    told
}

/// What the document says, its header last.
fn body(form: &Form, telling: Telling<'_>) -> Vec<Block> {
    let mut document = form.document.clone();
    document.children.sort_by_key(|child| child.local == "EDocHeader");
    blocks_of(&document, telling)
}

/// What is on every page.
struct Frame<'f> {
    fonts: &'f Fonts,
    language: Language,
    title: String,
    title_lines: Vec<String>,
    foot: Vec<String>,
    document: String,
    mark: Vec<String>,
}

impl<'f> Frame<'f> {
    fn of(form: &Form, language: Language, fonts: &'f Fonts) -> Self {
        let words = &LABELS.words;
        let title = fonts.printable(LABELS.title(&form.document.local, language));
        let lines = |text: &str, width| fonts.lines(text, Style::Regular, SMALL.size, width);
        let title_lines = fonts.lines(&title, Style::Bold, SMALL.size, RIGHT - LEFT - PAGE_NUMBER_WIDTH);
        let document = format!("{} {}", words.document.of(language), form.id.as_uuid());
        let told = if form.digest.is_some() { &words.foot_sealed } else { &words.foot_bare };
        let mut foot = lines(told.of(language), FOOT_TEXT_WIDTH);
        foot.extend(lines(&document, FOOT_TEXT_WIDTH));
        if let Some(digest) = form.digest {
            foot.extend(lines(&format!("SHA-256 {digest}"), FOOT_TEXT_WIDTH));
        }
        let mark = form.mark.as_ref().map(|mark| fonts.printable(mark));
        let mark =
            mark.map(|mark| fonts.lines(&mark, Style::Bold, SMALL.size, RIGHT - LEFT)).unwrap_or_default();
        Self { fonts, language, title, title_lines, foot, document, mark }
    }

    fn head_height(&self) -> Twips {
        SMALL.height(self.title_lines.len() + 1 + self.mark.len())
    }

    fn body_top(&self) -> Twips {
        TOP + self.head_height() + 120
    }

    fn draw(&self, page: &mut Page, code: &PageCode) -> Result<(), PaperError> {
        self.draw_head(page, code);
        let top = BODY_BOTTOM + 100;
        page.rule(LEFT, top, RIGHT - LEFT);
        let top = top + 60;
        self.draw_lines(page, (LEFT, top), &self.foot, Style::Regular);
        let stamp = LEFT + FOOT_TEXT_WIDTH + 150;
        let box_height = CODE_SIDE - 60;
        page.rule(stamp, top, STAMP_WIDTH);
        page.rule(stamp, top + box_height, STAMP_WIDTH);
        page.post(stamp, top, box_height);
        page.post(stamp + STAMP_WIDTH - 10, top, box_height);
        let words = LABELS.words.stamp.of(self.language);
        let words = self.fonts.lines(words, Style::Regular, SMALL.size, STAMP_WIDTH - 120);
        let below = top + box_height - SMALL.height(words.len()) - 30;
        self.draw_lines(page, (stamp + 60, below), &words, Style::Regular);
        draw_code(page, code, (RIGHT - CODE_SIDE, top))
    }

    fn draw_head(&self, page: &mut Page, code: &PageCode) {
        self.draw_lines(page, (LEFT, TOP), &self.title_lines, Style::Bold);
        let below = TOP + SMALL.height(self.title_lines.len());
        self.draw_lines(page, (LEFT, below), std::slice::from_ref(&self.document), Style::Regular);
        self.draw_lines(page, (LEFT, below + SMALL.height(1)), &self.mark, Style::Bold);
        let words = &LABELS.words;
        let number = format!(
            "{} {} {} {}",
            words.page.of(self.language),
            code.page,
            words.of.of(self.language),
            code.of
        );
        let width = self.fonts.width(&number, Style::Regular, SMALL.size);
        self.draw_lines(page, (RIGHT - width, TOP), &[number], Style::Regular);
        page.rule(LEFT, TOP + self.head_height() + 40, RIGHT - LEFT);
    }

    fn draw_lines(&self, page: &mut Page, (x, top): (Twips, Twips), lines: &[String], style: Style) {
        for (at, text) in lines.iter().enumerate() {
            let y = top + SMALL.height(at) + SMALL.size;
            page.pieces.push(Piece { x, y, size: SMALL.size, style, text: text.clone() });
        }
    }
}

/// The code in its square, with the blank that it needs around it.
fn draw_code(page: &mut Page, code: &PageCode, (x, y): (Twips, Twips)) -> Result<(), PaperError> {
    let rows = picture(code)?;
    let modules = Twips::try_from(rows.len()).unwrap_or(Twips::MAX);
    let side = CODE_SIDE / (modules + 2 * QUIET);
    let start = (CODE_SIDE - modules * side) / 2;
    let mut top = y + start;
    for row in rows {
        let mut left = x + start;
        for run in row.chunk_by(|a, b| a == b) {
            let width = side * Twips::try_from(run.len()).unwrap_or_default();
            if run.first() == Some(&true) {
                page.bars.push(Bar { x: left, y: top, width, height: side });
            }
            left += width;
        }
        top += side;
    }
    Ok(())
}

/// The document inside a `SignedDoc`; another element as it is.
fn unsealed(root: Element<'_>) -> Element<'_> {
    if root.local != "SignedDoc" {
        return root;
    }
    let data = root.children.iter().find(|child| child.local == "Data");
    let content = data.and_then(|data| data.children.iter().find(|child| child.local == "SignedContent"));
    content.and_then(|content| content.children.first()).cloned().unwrap_or(root)
}

/// What the first element of a name says.
fn first(document: &Element, local: &str) -> Option<String> {
    let mut found = None;
    document.walk(&mut |trail| {
        if let Some(element) = trail.from_below().next().filter(|element| element.local == local) {
            found.get_or_insert_with(|| element.token());
        }
    });
    found
}

const SMALL: Look = Look { size: 144, leading: 178 };
/// 33 mm, so that a scan of 150 dpi shows a module in three dots at least.
const CODE_SIDE: Twips = 1_870;
/// What must stay white around a code, in modules.
const QUIET: Twips = 4;
const STAMP_WIDTH: Twips = 2_400;
const FOOT_TEXT_WIDTH: Twips = RIGHT - LEFT - CODE_SIDE - STAMP_WIDTH - 300;
const PAGE_NUMBER_WIDTH: Twips = 2_200;
const BODY_BOTTOM: Twips = BOTTOM - CODE_SIDE - 160;
