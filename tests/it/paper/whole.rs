//! That a renderer shows the forms of pension provision whole.

use super::{assert_white_margins, drawn, keep, output, printed};
use crate::fixtures::every_file_of;
use stazh::base::{Language, Limits};
use stazh::exchange::canonical::case::CaseDocumentKind;
use stazh::exchange::document::Element;
use std::path::Path;
use std::process::Command;

/// A renderer shows each form whole: every word lies within its page and its margins, no word lies on another, and nothing
/// is drawn in a margin.
#[test]
fn every_document_of_pension_provision_is_shown_whole() {
    let root = tempfile::tempdir().unwrap();
    let is_of_pension = |name: &str| {
        let named = ["inquiry", "insurance-record", "insurance-record-copies", "notice"];
        name.starts_with("case-") || name.starts_with("check-") || named.contains(&name)
    };
    let mut seen = 0;
    for file in every_file_of("documents") {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        if file.extension().is_none_or(|ending| ending != "xml") || !is_of_pension(&name) {
            continue;
        }
        let xml = std::fs::read(&file).unwrap();
        let document = Element::parse(&xml, &Limits::default()).unwrap();
        for language in [Language::Ru, Language::En] {
            let pdf = keep(root.path(), "form.pdf", &printed(document.clone(), language));
            let words = words_of(&pdf);
            assert!(words.len() > 20, "{name}: {} words", words.len());
            for word in &words {
                assert!(word.is_within_margins(), "{name}: out of its margins: {word:?}");
            }
            for (number, word) in words.iter().enumerate() {
                let over = words.iter().skip(number + 1).find(|other| word.is_under(other));
                assert!(over.is_none(), "{name}: {word:?} lies under {over:?}");
            }
        }
        let pdf = root.path().join("form.pdf");
        let pictures = drawn(&pdf, root.path(), 60);
        pictures
            .iter()
            .for_each(|picture| assert_white_margins(&image::open(picture).unwrap().into_luma8(), 60));
        std::fs::remove_dir_all(root.path().join("form-60")).unwrap();
        seen += 1;
    }
    assert_eq!(seen, CaseDocumentKind::ALL.len() + 6 + 4);
}

/// A word on a page, in points from the upper left corner.
#[derive(Debug)]
struct Word {
    page: usize,
    size: (f64, f64),
    from: (f64, f64),
    to: (f64, f64),
}

impl Word {
    fn is_within_margins(&self) -> bool {
        const MARGIN: f64 = 14.0 / 25.4 * 72.0;
        self.from.0 >= MARGIN
            && self.from.1 >= MARGIN
            && self.to.0 <= self.size.0 - MARGIN
            && self.to.1 <= self.size.1 - MARGIN
    }

    /// Whether another word covers a good part of it; lines stand close together.
    fn is_under(&self, other: &Self) -> bool {
        let shared =
            |from: f64, to: f64, other_from: f64, other_to: f64| to.min(other_to) - from.max(other_from);
        let wide = shared(self.from.0, self.to.0, other.from.0, other.to.0);
        let high = shared(self.from.1, self.to.1, other.from.1, other.to.1);
        self.page == other.page && wide > 1.0 && high > (self.to.1 - self.from.1) / 2.0
    }
}

/// Every word of a form, and where poppler draws it.
fn words_of(pdf: &Path) -> Vec<Word> {
    let told = output(Command::new("pdftotext").args(["-bbox", "-enc", "UTF-8"]).arg(pdf).arg("-"));
    let number = |line: &str, name: &str| -> f64 {
        let (_, rest) = line.split_once(&format!(" {name}=\"")).unwrap_or_else(|| panic!("{name}: {line}"));
        rest.split_once('"').unwrap().0.parse().unwrap()
    };
    let (mut page, mut size, mut words) = (0, (0.0, 0.0), Vec::new());
    for line in told.lines().map(str::trim) {
        if line.starts_with("<page ") {
            page += 1;
            size = (number(line, "width"), number(line, "height"));
        } else if line.starts_with("<word ") {
            let (from, to) =
                ((number(line, "xMin"), number(line, "yMin")), (number(line, "xMax"), number(line, "yMax")));
            words.push(Word { page, size, from, to });
        }
    }
    words
}
