//! libxmlsec1 in its own process, through Debian's python3-xmlsec: each answer is the time of one piece of work, taken
//! inside Python from bytes to bytes, or to a verdict.

use super::{Instant, ROUNDS, ratio, report};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

/// We are at least twice as fast, in sealing and in verifying.
pub(crate) fn claims(
    (sealed, key_pem, anchor_pem): (&[u8], &[u8], &[u8]),
    seal: &mut dyn FnMut(),
    verify: &mut dyn FnMut(),
) {
    let Some(mut peer) = Peer::start([sealed, key_pem, anchor_pem]) else {
        println!("  libxmlsec1 is not measured: deploy/prerequisites --bench installs python3-xmlsec");
        return;
    };
    for (name, work) in [("sealing", "s"), ("verifying", "c"), ("verifying", "v")] {
        let mut ours = || if work == "s" { seal() } else { verify() };
        let (mut of_us, mut of_them) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let begun = Instant::now();
            ours();
            of_us.push(begun.elapsed());
            of_them.push(peer.time(work));
        }
        of_us.sort();
        of_them.sort();
        let speed = ratio(of_them[ROUNDS / 2], of_us[ROUNDS / 2]);
        match work {
            "v" => {
                println!("  the same, if libxmlsec1 is given the key and asks for no certificate: {speed:.2}")
            }
            _ => report(&format!("  {name} speed / libxmlsec1"), speed, 2.0, false),
        }
    }
}

struct Peer {
    _process: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Peer {
    fn start(given: [&[u8]; 3]) -> Option<Self> {
        let started = Command::new("/usr/bin/python3")
            .args(["-c", PROGRAM])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut process = started.ok()?;
        let (mut to, from) = (process.stdin.take()?, BufReader::new(process.stdout.take()?));
        for bytes in given {
            to.write_all(&u32::try_from(bytes.len()).unwrap().to_be_bytes()).ok()?;
            to.write_all(bytes).ok()?;
        }
        let mut peer = Self { _process: process, to, from };
        (peer.line()? == "ready").then_some(peer)
    }

    fn time(&mut self, work: &str) -> Duration {
        writeln!(self.to, "{work}").unwrap();
        Duration::from_nanos(self.line().unwrap().parse().unwrap())
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        self.from.read_line(&mut line).ok()?;
        Some(line.trim_end().to_owned())
    }
}

const PROGRAM: &str = r#"
import struct, sys, time
from lxml import etree
import xmlsec
def take():
    return sys.stdin.buffer.read(struct.unpack(">I", sys.stdin.buffer.read(4))[0])
sealed, pem, anchor = take(), take(), take()
key = xmlsec.Key.from_memory(pem, xmlsec.KeyFormat.PEM)
manager = xmlsec.KeysManager()
trusted = xmlsec.constants.KeyDataTypeTrusted
manager.load_cert_from_memory(anchor, xmlsec.KeyFormat.PEM, trusted)
def work(kind):
    root = etree.fromstring(sealed)
    node = xmlsec.tree.find_node(root, xmlsec.Node.SIGNATURE)
    context = xmlsec.SignatureContext(manager)
    context.register_id(root[0][1], "Id")
    if kind != b"c":
        context.key = key
    if kind == b"s":
        context.sign(node)
        etree.tostring(root)
    else:
        context.verify(node)
work(b"v"), work(b"c")
print("ready", flush=True)
for line in sys.stdin.buffer:
    begun = time.perf_counter_ns()
    work(line.strip())
    print(time.perf_counter_ns() - begun, flush=True)
"#;
