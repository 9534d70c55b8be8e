//! libxml2 as a judge of canonical form: one long-lived process of Python's lxml, asked over pipes.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The process; it ends when its input does.
pub(crate) struct Libxml2 {
    _process: Child,
    to: ChildStdin,
    from: ChildStdout,
}

/// What libxml2 says of some bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Judged {
    /// It reads them, and this is their exclusive canonical form without comments.
    Canonical(Vec<u8>),
    /// It does not read them, for this reason.
    Refused(String),
}

impl Libxml2 {
    /// Starts it under the first Python that has lxml: Debian's, where another comes first in the path.
    pub(crate) fn start() -> Self {
        let has_lxml = |python: &&&str| {
            let run = Command::new(python).args(["-c", "import lxml.etree"]).stderr(Stdio::null()).status();
            run.is_ok_and(|status| status.success())
        };
        let python = PYTHONS.iter().find(has_lxml);
        let python = python.unwrap_or_else(|| panic!("lxml is missing: run deploy/prerequisites"));
        let started =
            Command::new(python).args(["-c", PROGRAM]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut process = started.unwrap();
        let (to, from) = (process.stdin.take(), process.stdout.take());
        Self { to: to.unwrap(), from: from.unwrap(), _process: process }
    }

    /// Asks about one document.
    pub(crate) fn judge(&mut self, document: &[u8]) -> Judged {
        let length = u32::try_from(document.len()).unwrap();
        let question = [&length.to_be_bytes(), document].concat();
        self.to.write_all(&question).unwrap();
        let mut head = [0; 5];
        self.from.read_exact(&mut head).unwrap();
        let [kind, length @ ..] = head;
        let mut answer = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap()];
        self.from.read_exact(&mut answer).unwrap();
        match kind {
            b'c' => Judged::Canonical(answer),
            _ => Judged::Refused(String::from_utf8_lossy(&answer).into_owned()),
        }
    }
}

const PYTHONS: [&str; 2] = ["/usr/bin/python3", "python3"];
const PROGRAM: &str = r#"
import struct, sys
from lxml import etree
to, back = sys.stdin.buffer, sys.stdout.buffer
def parser(recover):
    return etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True, recover=recover)
strict, lenient = parser(False), parser(True)
def read(document):
    try:
        return etree.fromstring(document, strict)
    except etree.XMLSyntaxError:
        again = parser(True)
        etree.fromstring(document, again)
        # an xml:id that is no name, or is taken, makes a document invalid and not malformed
        invalid = ("DTD_XMLID_VALUE", "DTD_ID_REDEFINED")
        if any(entry.type_name not in invalid for entry in again.error_log.filter_from_errors()):
            raise
        return etree.fromstring(document, lenient)
while True:
    head = to.read(4)
    if len(head) < 4:
        break
    document = to.read(struct.unpack(">I", head)[0])
    try:
        tree = read(document).getroottree()
        kind, answer = b"c", etree.tostring(tree, method="c14n", exclusive=True, with_comments=False)
    except Exception as error:
        kind, answer = b"r", str(error).encode()
    back.write(kind + struct.pack(">I", len(answer)) + answer)
    back.flush()
"#;
