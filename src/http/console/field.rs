//! What a form may bring: one description for the page, for the check and for the interface's description.

use std::collections::BTreeMap;

/// One value that a route takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field {
    /// Its name, in forms, queries and JSON; its label is the phrase `field-NAME`, its hint `field-NAME-hint`.
    pub(super) name: &'static str,
    /// What it may be.
    pub(super) kind: Kind,
    /// Whether it must be there.
    pub(super) is_required: bool,
}

/// What a value may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// One line of at most so many characters.
    Line(usize),
    /// Lines of at most so many characters.
    Text(usize),
    /// What is not shown while it is typed, and never shown again.
    Secret,
    /// One of these words; the label of each is the phrase `choice-FIELD-WORD`.
    Choice(&'static [&'static str]),
    /// Any of these words.
    Many(&'static [&'static str]),
    /// Any words that the handler knows: drawn by its page.
    Words,
    /// A day, YYYY-MM-DD.
    Date,
    /// A whole number between the two.
    Number(i64, i64),
    /// Yes, or not there.
    Flag,
    /// A file of at most so many bytes, of one of these kinds by its first bytes.
    File(usize, &'static [FileKind]),
}

/// A kind of file that is taken; by its first bytes, whatever its name says (A11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileKind {
    Pdf,
    Jpeg,
    Png,
}

impl FileKind {
    pub(super) const SCANS: &'static [Self] = &[Self::Pdf, Self::Jpeg, Self::Png];

    pub(super) fn media(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }

    fn begins(self, bytes: &[u8]) -> bool {
        match self {
            Self::Pdf => bytes.starts_with(b"%PDF-"),
            Self::Jpeg => bytes.starts_with(&[0xff, 0xd8, 0xff]),
            Self::Png => bytes.starts_with(b"\x89PNG\r\n\x1a\n"),
        }
    }
}

/// A file that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GivenFile {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

/// What came with a call, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Given {
    pub(super) texts: BTreeMap<String, Vec<String>>,
    pub(super) files: BTreeMap<String, GivenFile>,
}

/// What is wrong with one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// Of which field.
    pub(super) field: String,
    /// The phrase that says it.
    pub(super) phrase: &'static str,
    /// What stands in its gap.
    pub(super) bound: String,
}

impl Fault {
    pub(super) fn new(field: &str, phrase: &'static str) -> Self {
        Self { field: field.to_owned(), phrase, bound: String::new() }
    }
}

impl Given {
    /// The text of a field; empty if it is not there.
    pub(super) fn text(&self, name: &str) -> &str {
        self.texts.get(name).and_then(|texts| texts.first()).map_or("", |text| text.as_str())
    }

    /// All texts of a field.
    pub(super) fn all(&self, name: &str) -> &[String] {
        self.texts.get(name).map_or(&[], Vec::as_slice)
    }

    pub(super) fn put(&mut self, name: &str, text: impl Into<String>) {
        self.texts.entry(name.to_owned()).or_default().push(text.into());
    }

    /// Everything that does not fit the fields, all at once; what fits is trimmed.
    pub(super) fn check(&mut self, fields: &[Field]) -> Vec<Fault> {
        let mut faults = Vec::new();
        for field in fields {
            if let Kind::Secret = field.kind {
            } else if let Some(texts) = self.texts.get_mut(field.name) {
                for text in texts {
                    // what the description forbids is told, also at the edge
                    let is_edge = |c: char| c.is_whitespace() && !c.is_control();
                    let is_blank = |c: char| is_edge(c) || matches!(c, '\r' | '\n' | '\t');
                    *text = if let Kind::Line(_) = field.kind {
                        text.trim_matches(is_edge).to_owned()
                    } else {
                        text.trim_matches(is_blank).replace("\r\n", "\n")
                    };
                }
            }
            faults.extend(self.fault_of(*field));
        }
        let is_file = |name: &str| {
            let field = fields.iter().find(|field| field.name == name);
            field.map(|field| matches!(field.kind, Kind::File(_, _)))
        };
        for (name, texts) in &self.texts {
            match is_file(name) {
                None => faults.push(Fault::new(name, "fault-unknown")),
                // the name of a file is no file
                Some(true) if texts.iter().any(|text| !text.is_empty()) => {
                    faults.push(Fault::new(name, "fault-file-missing"));
                }
                Some(_) => {}
            }
        }
        let strays = self.files.keys().filter(|name| is_file(name) != Some(true));
        faults.extend(strays.map(|name| Fault::new(name, "fault-unknown")));
        faults
    }

    fn fault_of(&self, field: Field) -> Option<Fault> {
        let fault = |phrase, bound: String| Some(Fault { field: field.name.to_owned(), phrase, bound });
        if let Kind::File(bytes_max, kinds) = field.kind {
            return match self.files.get(field.name) {
                None if field.is_required => fault("fault-file-missing", String::new()),
                None => None,
                Some(file) if file.bytes.len() > bytes_max => {
                    fault("fault-file-large", (bytes_max / 1024).to_string())
                }
                Some(file) if !kinds.iter().any(|kind| kind.begins(&file.bytes)) => {
                    fault("fault-file-kind", String::new())
                }
                Some(_) => None,
            };
        }
        let texts = self.all(field.name);
        let is_list = matches!(field.kind, Kind::Many(_) | Kind::Words);
        if texts.iter().all(String::is_empty) {
            return if field.is_required { fault("fault-missing", String::new()) } else { None };
        }
        if texts.len() > 1 && !is_list {
            return fault("fault-twice", String::new());
        }
        texts.iter().find_map(|text| {
            // a line has no tab, as the description says; of its end of line it is told below
            let may_be = |c: char| c == '\n' || (c == '\t' && !matches!(field.kind, Kind::Line(_)));
            let has_control = text.chars().any(|c| c.is_control() && !may_be(c));
            if has_control {
                return fault("fault-control", String::new());
            }
            match field.kind {
                Kind::Line(max) if text.chars().count() > max || text.contains('\n') => {
                    fault("fault-long", max.to_string())
                }
                Kind::Text(max) if text.chars().count() > max => fault("fault-long", max.to_string()),
                Kind::Secret if text.len() > SECRET_BYTES_MAX => {
                    fault("fault-long", SECRET_BYTES_MAX.to_string())
                }
                Kind::Words if text.len() > WORD_BYTES_MAX => fault("fault-long", WORD_BYTES_MAX.to_string()),
                Kind::Choice(words) | Kind::Many(words) if !words.contains(&text.as_str()) => {
                    fault("fault-choice", String::new())
                }
                Kind::Date if text.parse::<jiff::civil::Date>().is_err() => {
                    fault("fault-date", String::new())
                }
                Kind::Number(min, max) if !text.parse::<i64>().is_ok_and(|it| (min..=max).contains(&it)) => {
                    fault("fault-number", format!("{min}–{max}"))
                }
                Kind::Flag if text != "yes" => fault("fault-choice", String::new()),
                Kind::Line(_)
                | Kind::Text(_)
                | Kind::Secret
                | Kind::Words
                | Kind::Choice(_)
                | Kind::Many(_)
                | Kind::Date
                | Kind::Number(_, _)
                | Kind::Flag
                | Kind::File(_, _) => None,
            }
        })
    }
}

const SECRET_BYTES_MAX: usize = 512;
const WORD_BYTES_MAX: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: &[Field] = &[
        Field { name: "name", kind: Kind::Line(5), is_required: true },
        Field { name: "kind", kind: Kind::Choice(&["a", "b"]), is_required: false },
        Field { name: "on", kind: Kind::Date, is_required: false },
        Field { name: "some", kind: Kind::Number(1, 9), is_required: false },
        Field { name: "scan", kind: Kind::File(8, FileKind::SCANS), is_required: false },
    ];

    fn faults(pairs: &[(&str, &str)]) -> Vec<String> {
        let mut given = Given::default();
        for (name, text) in pairs {
            given.put(name, *text);
        }
        given.check(FIELDS).into_iter().map(|fault| format!("{} {}", fault.field, fault.phrase)).collect()
    }

    #[test]
    fn all_that_does_not_fit_is_told_at_once() {
        assert!(faults(&[("name", " abc "), ("kind", "b"), ("on", "2026-02-28"), ("some", "9")]).is_empty());
        let wrong = [("name", "abcdef"), ("kind", "c"), ("on", "2026-02-30"), ("some", "10"), ("more", "")];
        let told = [
            "name fault-long",
            "kind fault-choice",
            "on fault-date",
            "some fault-number",
            "more fault-unknown",
        ];
        assert_eq!(faults(&wrong), told);
        assert_eq!(faults(&[("name", "  ")]), ["name fault-missing"]);
        assert_eq!(faults(&[("name", "a"), ("name", "b")]), ["name fault-twice"]);
        assert_eq!(faults(&[("name", "a\u{0}")]), ["name fault-control"]);
    }

    #[test]
    fn a_file_is_known_by_its_first_bytes_and_has_a_size() {
        let told = |bytes: &[u8]| {
            let mut given = Given::default();
            given.put("name", "a");
            let file = GivenFile { name: "order.pdf".to_owned(), bytes: bytes.to_vec() };
            given.files.insert("scan".to_owned(), file);
            given.check(FIELDS).first().map(|fault| fault.phrase)
        };
        assert_eq!(told(b"%PDF-1.7"), None);
        assert_eq!(told(b"MZ\x90"), Some("fault-file-kind"));
        assert_eq!(told(b"%PDF-1.7 and more"), Some("fault-file-large"));
    }
}
