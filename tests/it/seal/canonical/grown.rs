//! Documents grown from bytes: each choice takes one byte, so whoever shrinks or mutates the bytes shrinks or mutates
//! the document. What is grown is well-formed, whatever the bytes.

/// Draws choices; when the bytes are used up, each choice is the first.
pub(crate) struct Grower<'b> {
    bytes: std::slice::Iter<'b, u8>,
    out: String,
    /// Prefix and namespace, the innermost last.
    scope: Vec<(&'static str, &'static str)>,
    elements: usize,
    long_texts: usize,
}

/// A document; and whether it is as it was grown, so that it must be taken.
pub(crate) fn grown(bytes: &[u8]) -> (Vec<u8>, bool) {
    let scope = vec![("xml", XML), ("", "")];
    let mut grower = Grower { bytes: bytes.iter(), out: String::new(), scope, elements: 0, long_texts: 0 };
    grower.document();
    let edits = grower.below(8).saturating_sub(4);
    let mut text: Vec<char> = std::mem::take(&mut grower.out).chars().collect();
    for _ in 0..edits {
        let (high, low) = (grower.below(256), grower.below(256));
        let at = (high * 256 + low) % (text.len() + 1);
        let end = text.len().min(at + grower.below(5));
        let piece = grower.pick(&PIECES);
        text.splice(at..end, piece.chars());
    }
    (text.into_iter().collect::<String>().into_bytes(), edits == 0)
}

impl Grower<'_> {
    fn below(&mut self, most: usize) -> usize {
        self.bytes.next().map_or(0, |byte| usize::from(*byte) % most)
    }

    fn pick(&mut self, of: &[&'static str]) -> &'static str {
        of[self.below(of.len())]
    }

    fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn document(&mut self) {
        let head = self.pick(&HEADS);
        self.push(head);
        self.beside();
        self.element(0);
        self.beside();
    }

    /// What may stand beside the root.
    fn beside(&mut self) {
        for _ in 0..self.below(4) {
            match self.below(3) {
                0 => self.push(" \r\n\t"),
                1 => self.instruction(),
                _ => self.comment(),
            }
        }
    }

    fn element(&mut self, depth: usize) {
        self.elements += 1;
        let outer = self.scope.len();
        let mut tag = self.declarations();
        let attributes = self.attributes();
        for attribute in attributes {
            let at = self.below(tag.len() + 1);
            tag.insert(at, attribute);
        }
        let prefixes: Vec<&'static str> =
            PREFIXES.into_iter().filter(|prefix| self.bound(prefix).is_some()).collect();
        let prefix = self.pick(&prefixes);
        let name = qualified(prefix, self.pick(&NAMES));
        self.push(&format!("<{name}"));
        for attribute in tag {
            let space = self.pick(&SPACES);
            self.push(space);
            self.push(&attribute);
        }
        let space = self.pick(&["", " ", "\n"]);
        self.push(space);
        let children = self.below(6);
        if children == 0 && self.below(2) == 0 {
            self.push("/>");
        } else {
            self.push(">");
            for _ in 0..children {
                self.child(depth);
            }
            let space = self.pick(&["", "\t", "\r\n"]);
            self.push(&format!("</{name}{space}>"));
        }
        self.scope.truncate(outer);
    }

    fn child(&mut self, depth: usize) {
        match self.below(8) {
            0 | 1 if depth < DEPTH && self.elements < ELEMENTS => self.element(depth + 1),
            2 => {
                let section = self.pick(&SECTIONS);
                self.push(&format!("<![CDATA[{section}]]>"));
            }
            3 => self.instruction(),
            4 => self.comment(),
            5 if self.long_texts < LONG_TEXTS => {
                self.long_texts += 1;
                let (text, times) =
                    (self.pick(&["Ж", "қ ", "աշ", "😀", "a&amp;", "\r\n", "x]"]), self.below(256));
                self.push(&text.repeat(times * 17));
                self.push(" ");
            }
            _ => {
                let text = self.pick(&TEXTS);
                self.push(text);
            }
        }
    }

    fn declarations(&mut self) -> Vec<String> {
        let mut all = Vec::new();
        let mut done: Vec<&str> = Vec::new();
        for _ in 0..self.below(4) {
            let (prefix, namespace) = (self.pick(&PREFIXES), self.pick(&NAMESPACES));
            let is_allowed = (prefix == "xml") == (namespace == XML);
            let is_undeclaring = !prefix.is_empty() && namespace.is_empty();
            if is_allowed && !is_undeclaring && !done.contains(&prefix) {
                done.push(prefix);
                let name = if prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{prefix}") };
                all.push(self.assigned(&name, namespace));
                self.scope.push((prefix, namespace));
            }
        }
        all
    }

    fn attributes(&mut self) -> Vec<String> {
        let mut all = Vec::new();
        let mut done = Vec::new();
        for _ in 0..self.below(6) {
            let (prefix, local) = (self.pick(&PREFIXES), self.pick(&NAMES));
            let Some(namespace) = self.bound(prefix) else { continue };
            let namespace = if prefix.is_empty() { "" } else { namespace };
            if !done.contains(&(namespace, local)) {
                done.push((namespace, local));
                let (first, second) = (self.pick(&VALUES), self.pick(&VALUES));
                all.push(self.assigned(&qualified(prefix, local), &format!("{first}{second}")));
            }
        }
        all
    }

    fn assigned(&mut self, name: &str, value: &str) -> String {
        let equals = self.pick(&["=", " = ", "=\n"]);
        let quote = self.pick(&["\"", "'"]);
        let value = value.replace(quote, if quote == "'" { "&apos;" } else { "&#x22;" });
        format!("{name}{equals}{quote}{value}{quote}")
    }

    fn bound(&self, prefix: &str) -> Option<&'static str> {
        self.scope.iter().rfind(|(known, _)| *known == prefix).map(|(_, namespace)| *namespace)
    }

    fn instruction(&mut self) {
        let (target, content) = (self.pick(&NAMES), self.pick(&INSTRUCTIONS));
        self.push(&format!("<?{target}{content}?>"));
    }

    fn comment(&mut self) {
        let comment = self.pick(&["<!---->", "<!-- - c\r\n-->", "<!-- &amp; < ж ]]> -->"]);
        self.push(comment);
    }
}

fn qualified(prefix: &str, local: &str) -> String {
    if prefix.is_empty() { local.to_owned() } else { format!("{prefix}:{local}") }
}

const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// Limits of the reader are another test's matter.
const DEPTH: usize = 60;
const ELEMENTS: usize = 60;
/// A few are enough to cross the borders of anybody's buffers.
const LONG_TEXTS: usize = 2;
const HEADS: [&str; 5] = [
    "",
    "<?xml version='1.0'?>",
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone='yes' ?>\r\n",
    "\u{feff}",
    "\u{feff}<?xml version=\"1.0\" encoding='utf-8'?>",
];
const PREFIXES: [&str; 7] = ["", "a", "b", "c", "xml", "ж", "a-1"];
const NAMESPACES: [&str; 8] = [
    "",
    "urn:1",
    "urn:2",
    "urn:x:a%20b",
    "http://x.example/a?b=(c)#d",
    "http://x.example/a",
    "http://www.w3.org/2000/09/xmldsig#",
    XML,
];
const NAMES: [&str; 15] = [
    "e",
    "Id",
    "id",
    "lang",
    "space",
    "base",
    "стаж",
    "Қызмет",
    "աշխատանք",
    "a.b-c_1",
    "𐐀x",
    "é\u{301}",
    "xmlx",
    "E",
    "_",
];
const SPACES: [&str; 4] = [" ", "\n", "\r\n\t", "  "];
const VALUES: [&str; 11] = [
    "",
    "a  b",
    "&lt;&amp;&quot;&apos;&gt;>",
    "x\t\ny\r\nz\r",
    "&#9;&#10;&#13;&#x20;&#x436;",
    "Айгүл",
    "Նարեկ",
    "😀&#x1F600;",
    "\"'",
    "\u{85}\u{2028}\u{a0}",
    "]]>",
];
const TEXTS: [&str; 12] = [
    "plain",
    "&lt;&gt;&amp;&quot;&apos;\"'",
    "a\r\nb\rc\n\td",
    "\r",
    "&#13;&#10;&#9;",
    "&#x1F600;&#1078;",
    "Қазақстан",
    "Հայաստան",
    "\u{85}\u{2028}\u{feff}\u{fffd}",
    "a>b",
    "]] ",
    "&#x5D;&#x5D;>",
];
const SECTIONS: [&str; 6] = ["", "<&>\r\n\"", "]]", "&amp;", "<!-- -->", "Ж\r"];
const INSTRUCTIONS: [&str; 7] = ["", " ", " a  b ", " ж\r\nx\r", " ?a?", " <&>\"]]>", "\t\n&amp;"];
/// What an edit puts in.
pub(crate) const PIECES: [&str; 44] = [
    "",
    "<",
    ">",
    "/",
    "%",
    "#",
    "%2",
    "@",
    "&",
    ";",
    "\"",
    "'",
    "=",
    " ",
    "!",
    "?",
    "-",
    "]",
    ":",
    "a",
    "1",
    "ж",
    "\u{0}",
    "]]>",
    "--",
    "<!--",
    "-->",
    "<![CDATA[",
    "<?xml ?>",
    "&#0;",
    "&#x1;",
    "&x;",
    " xmlns:b=\"\"",
    " xmlns:a=\"urn:2\"",
    " a:k=\"\"",
    "<b:x/>",
    "<!DOCTYPE r>",
    "\u{feff}",
    "<?xml",
    "\u{ffff}",
    "\r",
    "xmlns",
    " xmlns=\"\"",
    " xml:id='1'",
];
