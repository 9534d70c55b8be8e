//! Blocks onto pages: columns, line breaks, page breaks, table heads that are repeated.

use super::blocks::{Block, Row};
use super::font::{Fonts, Style, Twips};
use super::page::{LEFT, Page, Piece, RIGHT};
use std::ops::Range;

/// Lines in columns that stand beside each other.
#[derive(Debug, Clone)]
pub(super) struct Slab {
    columns: Vec<Column>,
    face: Look,
    /// The blank above it.
    above: Twips,
    /// A rule below it, from where.
    rule_from: Option<Twips>,
    /// It is not parted from what follows.
    is_kept: bool,
    /// Which table head stands above it on a new page.
    head: Option<usize>,
}

#[derive(Debug, Clone)]
struct Column {
    x: Twips,
    style: Style,
    lines: Vec<String>,
}

/// Size and distance of lines.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    pub(super) size: Twips,
    pub(super) leading: Twips,
}

impl Slab {
    fn height(&self) -> Twips {
        self.above + self.face.height(self.lines())
    }

    fn lines(&self) -> usize {
        self.columns.iter().map(|column| column.lines.len()).max().unwrap_or_default()
    }
}

impl Look {
    pub(super) fn height(self, lines: usize) -> Twips {
        self.leading.saturating_mul(Twips::try_from(lines).unwrap_or(Twips::MAX))
    }
}

/// What is to be laid out.
pub(super) struct Sheet<'f> {
    fonts: &'f Fonts,
    slabs: Vec<Slab>,
    heads: Vec<Slab>,
}

impl<'f> Sheet<'f> {
    pub(super) fn new(fonts: &'f Fonts) -> Self {
        Self { fonts, slabs: Vec::new(), heads: Vec::new() }
    }

    /// The title over the first page.
    pub(super) fn title(&mut self, text: &str) {
        self.heading_in(text, 0, TITLE, 60);
    }

    /// A block of the document.
    pub(super) fn block(&mut self, block: &Block) {
        match block {
            Block::Heading { depth, text } => self.heading_in(text, *depth, HEADING, 140),
            Block::Field { depth, label, value } => self.field(*depth, label, value),
            Block::Table { depth, head, rows } => self.table(*depth, head, rows),
        }
    }

    fn heading_in(&mut self, text: &str, depth: u16, face: Look, above: Twips) {
        let x = LEFT + indent(depth);
        let columns = vec![self.column(x, RIGHT, text, (Style::Bold, face))];
        self.slabs.push(Slab { columns, face, above, rule_from: None, is_kept: true, head: None });
    }

    fn field(&mut self, depth: u16, label: &str, value: &str) {
        let (x, middle) = (LEFT + indent(depth), LEFT + LABELS_WIDTH);
        let columns = vec![
            self.column(x, middle - GAP, label, (Style::Regular, TEXT)),
            self.column(middle, RIGHT, value, (Style::Regular, TEXT)),
        ];
        self.slabs.push(Slab { columns, face: TEXT, above: 20, rule_from: None, is_kept: false, head: None });
    }

    fn table(&mut self, depth: u16, head: &[String], rows: &[Row]) {
        let left = LEFT + indent(depth);
        let edges = self.edges(left, head, rows);
        let number = self.heads.len();
        let head = Slab {
            columns: self.cells(&edges, head, Style::Bold),
            face: TEXT,
            above: 40,
            rule_from: Some(left),
            is_kept: true,
            head: None,
        };
        self.heads.push(head.clone());
        self.slabs.push(head);
        for row in rows {
            let part = |columns, above, is_last: bool| Slab {
                columns,
                face: TEXT,
                above,
                rule_from: is_last.then_some(left),
                is_kept: !is_last,
                head: Some(number),
            };
            let cells = part(self.cells(&edges, &row.cells, Style::Regular), 20, row.notes.is_empty());
            self.slabs.push(cells);
            let indented = left + NOTE_INDENT;
            for (at, text) in row.notes.iter().enumerate() {
                let column = self.column(indented, RIGHT, text, (Style::Regular, TEXT));
                let note = part(vec![column], 0, at + 1 == row.notes.len());
                self.slabs.push(note);
            }
        }
    }

    /// Where the columns of a table begin and end: as wide as their longest words at least, and as their texts if there
    /// is room.
    fn edges(&self, left: Twips, head: &[String], rows: &[Row]) -> Vec<Range<Twips>> {
        let count = Twips::try_from(head.len()).unwrap_or(Twips::MAX).max(1);
        let room = RIGHT - left - GAP * (count - 1);
        let (mut least, mut full) = (Vec::new(), Vec::new());
        for (at, name) in head.iter().enumerate() {
            let cells = || rows.iter().filter_map(|row| row.cells.get(at)).map(|text| (text, Style::Regular));
            let all = || std::iter::once((name, Style::Bold)).chain(cells());
            let printable = |text: &str| self.fonts.printable(text);
            let word =
                all().map(|(text, style)| self.fonts.widest_word(&printable(text), style, TEXT.size)).max();
            // a head may break, a cell would rather not
            let whole =
                cells().map(|(text, style)| self.fonts.width(&printable(text), style, TEXT.size)).max();
            let word = word.unwrap_or_default();
            least.push(word);
            full.push(whole.unwrap_or_default().max(word));
        }
        let widths = shared(&least, &full, room);
        let mut x = left;
        let edge = |width: Twips| {
            let edge = x..x + width;
            x = edge.end + GAP;
            edge
        };
        widths.into_iter().map(edge).collect()
    }

    fn cells(&self, edges: &[Range<Twips>], texts: &[String], style: Style) -> Vec<Column> {
        let cells = edges.iter().zip(texts);
        cells.map(|(edge, text)| self.column(edge.start, edge.end, text, (style, TEXT))).collect()
    }

    fn column(&self, x: Twips, end: Twips, text: &str, (style, face): (Style, Look)) -> Column {
        let text = self.fonts.printable(text);
        Column { x, style, lines: self.fonts.lines(&text, style, face.size, end - x) }
    }

    /// All of it on pages whose bodies lie between these.
    pub(super) fn pages(&self, (top, bottom): (Twips, Twips)) -> Vec<Page> {
        let mut filling =
            Filling { pages: Vec::new(), page: Page::default(), y: top, is_blank: true, top, bottom };
        for (at, slab) in self.slabs.iter().enumerate() {
            let kept = self.slabs.get(at..).unwrap_or_default();
            let chain = kept.iter().position(|slab| !slab.is_kept).map_or(kept.len(), |last| last + 1);
            let needed: Twips = kept.iter().take(chain).map(Slab::height).sum();
            let head = slab.head.and_then(|head| self.heads.get(head));
            let room = bottom - top - head.map_or(0, Slab::height);
            // what no page holds together begins where it is, or on a page of its own if not even it fits here
            let needed = if needed <= room { needed } else { slab.height() };
            if filling.y + needed > bottom && !filling.is_blank {
                filling.turn(head);
            }
            filling.place(slab, head);
        }
        filling.end()
    }
}

/// Pages that are being filled.
struct Filling {
    pages: Vec<Page>,
    page: Page,
    y: Twips,
    is_blank: bool,
    top: Twips,
    bottom: Twips,
}

impl Filling {
    /// To the next page, beginning with a table's head.
    fn turn(&mut self, head: Option<&Slab>) {
        self.pages.push(std::mem::take(&mut self.page));
        (self.y, self.is_blank) = (self.top, true);
        if let Some(head) = head {
            self.put(head, 0..head.lines());
        }
        self.is_blank = true;
    }

    fn place(&mut self, slab: &Slab, head: Option<&Slab>) {
        let all = slab.lines();
        let mut from = 0;
        loop {
            let room = (self.bottom - self.y - slab.above) / slab.face.leading;
            let room = usize::try_from(room).unwrap_or_default();
            if room == 0 && !self.is_blank {
                self.turn(head);
                continue;
            }
            let to = all.min(from + room.max(1));
            self.put(slab, from..to);
            if to == all {
                return;
            }
            from = to;
            self.turn(head);
        }
    }

    /// Some lines of a slab: cell by cell, as they are read.
    fn put(&mut self, slab: &Slab, lines: Range<usize>) {
        let Look { size, leading } = slab.face;
        let y = self.y + slab.above;
        for column in &slab.columns {
            for (at, text) in column.lines.iter().enumerate().take(lines.end).skip(lines.start) {
                let down = slab.face.height(at - lines.start);
                let y = y + down + size + (leading - size) / 4;
                let (x, style, text) = (column.x, column.style, text.clone());
                if !text.is_empty() {
                    self.page.pieces.push(Piece { x, y, size, style, text });
                }
            }
        }
        self.y = y + slab.face.height(lines.len());
        self.is_blank = false;
        if let Some(x) = slab.rule_from.filter(|_| lines.end == slab.lines()) {
            self.page.rule(x, self.y, RIGHT - x);
        }
    }

    fn end(mut self) -> Vec<Page> {
        self.pages.push(self.page);
        self.pages
    }
}

/// Shares a room among columns: each its least, then what it lacks, in proportion.
fn shared(least: &[Twips], full: &[Twips], room: Twips) -> Vec<Twips> {
    let sum = |widths: &[Twips]| widths.iter().sum::<Twips>();
    if sum(least) > room {
        // long words are broken: those columns share what the others leave
        let count = Twips::try_from(least.len()).unwrap_or(Twips::MAX).max(1);
        let mut cap = room / count;
        loop {
            let narrow: Twips = least.iter().filter(|width| **width <= cap).sum();
            let wide =
                Twips::try_from(least.iter().filter(|width| **width > cap).count()).unwrap_or(1).max(1);
            let next = (room - narrow) / wide;
            if next <= cap {
                return least.iter().map(|width| (*width).min(cap)).collect();
            }
            cap = next;
        }
    }
    let lacked = (sum(full) - sum(least)).max(1);
    let spare = (room - sum(least)).min(lacked);
    let share = |(least, full): (&Twips, &Twips)| {
        let more = i64::from(full - least) * i64::from(spare) / i64::from(lacked);
        least + Twips::try_from(more).unwrap_or_default()
    };
    least.iter().zip(full).map(share).collect()
}

fn indent(depth: u16) -> Twips {
    Twips::from(depth.min(DEPTH_MAX)) * INDENT
}

const TEXT: Look = Look { size: 180, leading: 230 };
const HEADING: Look = Look { size: 210, leading: 270 };
const TITLE: Look = Look { size: 300, leading: 370 };
const LABELS_WIDTH: Twips = 3_600;
const GAP: Twips = 130;
const INDENT: Twips = 240;
const NOTE_INDENT: Twips = 330;
const DEPTH_MAX: u16 = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_share_the_room_and_never_more() {
        for (least, full, room) in [
            (vec![100, 200], vec![100, 200], 1000),
            (vec![100, 200], vec![5000, 200], 1000),
            (vec![100, 9000, 9000], vec![100, 9000, 9000], 1000),
            (vec![9000], vec![9000], 1000),
            (vec![400, 400, 400], vec![400, 400, 400], 1000),
        ] {
            let widths = shared(&least, &full, room);
            assert!(
                widths.iter().sum::<Twips>() <= room && widths.iter().all(|width| *width > 0),
                "{widths:?}"
            );
        }
        assert_eq!(shared(&[100, 9000], &[100, 9000], 1000), [100, 900]);
    }

    #[test]
    fn a_table_flows_over_pages_and_its_head_is_repeated() {
        let fonts = Fonts::built_in().unwrap();
        let mut sheet = Sheet::new(&fonts);
        let row = |number: usize| Row {
            cells: vec![number.to_string(), "слово ".repeat(9)],
            notes: vec![format!("note {number}")],
        };
        sheet.block(&Block::Heading { depth: 0, text: "Heading".into() });
        let head = vec!["No.".into(), "What".into()];
        sheet.block(&Block::Table { depth: 1, head, rows: (1..=300).map(row).collect() });
        let pages = sheet.pages((2_000, 13_000));
        assert!(pages.len() > 5, "{}", pages.len());
        for page in &pages {
            assert!(page.is_within_margins(&fonts));
            let texts: Vec<&str> = page.pieces.iter().map(|piece| piece.text.as_str()).collect();
            assert_eq!(texts.iter().filter(|text| **text == "What").count(), 1);
            let last = texts.last().unwrap();
            assert!(last.starts_with("note"), "a row is not parted: {last}");
            assert!(page.pieces.iter().all(|piece| (2_000..13_000).contains(&piece.y)));
        }
    }

    #[test]
    fn what_is_longer_than_a_page_goes_on_over_the_next() {
        let fonts = Fonts::built_in().unwrap();
        let mut sheet = Sheet::new(&fonts);
        let value: String = (0..3_000).map(|number| format!("w{number} ")).collect();
        sheet.block(&Block::Heading { depth: 0, text: "Heading".into() });
        sheet.block(&Block::Field { depth: 2, label: "label".into(), value: value.clone() });
        let pages = sheet.pages((2_000, 6_000));
        assert!(pages.len() > 3 && pages.iter().all(|page| page.is_within_margins(&fonts)));
        let pieces = pages.iter().flat_map(|page| &page.pieces);
        let words: Vec<&str> = pieces.flat_map(|piece| piece.text.split(' ')).collect();
        assert!(value.split_whitespace().all(|word| words.contains(&word)));
    }
}
