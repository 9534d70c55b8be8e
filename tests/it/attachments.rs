//! Copies of documents cross with the records they prove: inside their documents or beside them, on every road.

use crate::door::{Line, assert_refused, gzip, hear, say};
use crate::exchange::iin;
use crate::processes::{
    Process, also_set, assert_handed_over, completed, inquiries, keep_local, run, stazh, two_nodes,
};
use crate::refusals::Stage;
use stazh::base::{Random, SeededRandom};
use stazh::exchange::canonical::InsuranceRecord;
use stazh::store::InboxState;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;

/// Bytes that nothing compresses and that hold every kind of line end.
pub(crate) fn noise(bytes: usize) -> Vec<u8> {
    let random = SeededRandom::new(20_261_124);
    let mut noise = Vec::with_capacity(bytes + 16);
    while noise.len() < bytes {
        noise.extend_from_slice(random.uuid().as_bytes());
    }
    noise.truncate(bytes);
    noise
}

/// Puts a document that proves the work of a worker among the local records.
pub(crate) fn prove(kz: &Path, number: u32, name: &str, content: &[u8]) {
    let folder = kz.join("local/evidence").join(iin(number));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(name), content).unwrap();
}

fn record_of(ru: &Path, number: u32) -> InsuranceRecord {
    let records = std::fs::read_dir(ru.join("handed-over")).unwrap().filter_map(|file| {
        let path = file.unwrap().path();
        let is_record = path.extension().is_some_and(|ending| ending == "json");
        is_record.then(|| serde_json::from_slice::<InsuranceRecord>(&std::fs::read(path).unwrap()).unwrap())
    });
    let own = |record: &InsuranceRecord| record.person.identifiers[0].identifier.as_str() == iin(number);
    records.into_iter().find(own).unwrap()
}

/// The copies that came with the record of a worker, by what they are told to be.
pub(crate) fn copies_of(ru: &Path, number: u32) -> BTreeMap<String, Vec<u8>> {
    let of = |evidence: &stazh::exchange::canonical::Evidence| {
        let copy = evidence.copy.as_ref()?;
        let found = std::fs::read_dir(ru.join("handed-over/copies")).unwrap().find_map(|file| {
            let path = file.unwrap().path();
            path.file_stem().is_some_and(|stem| *stem == *copy.sha256.to_string()).then_some(path)
        });
        let ending = found.as_ref()?.extension()?.to_str()?.to_owned();
        Some((format!("{} {ending}", evidence.kind.as_str()), std::fs::read(found?).unwrap()))
    };
    record_of(ru, number).evidence.iter().filter_map(of).collect()
}

async fn cross(root: &Path, (ru, kz): (&Path, &Path), count: u32) {
    keep_local(kz, 0..count);
    let inquiries = inquiries(root, "KZ", 0..count);
    run(stazh().arg("send").arg(ru).args(&inquiries));
    let begun = Instant::now();
    while completed(ru).await < i64::from(count) {
        assert!(begun.elapsed() < Duration::from_secs(120), "{} of {count}", completed(ru).await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_handed_over(ru, 0..count).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_comes_with_the_documents_that_prove_it() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    let (small, large) = (noise(30_000), noise(5_000_001));
    prove(&kz, 0, "workbook_AT-1_2010-01-11.pdf", &large);
    prove(&kz, 0, "court_7.png", &small);
    prove(&kz, 1, "archive.tif", &large[1..]);
    let (_ru, _kz) = (Process::start(&ru), Process::start(&kz));
    cross(root.path(), (&ru, &kz), 3).await;
    let expected =
        BTreeMap::from([("court png".to_owned(), small), ("workbook pdf".to_owned(), large.clone())]);
    assert!(copies_of(&ru, 0) == expected);
    assert!(copies_of(&ru, 1) == BTreeMap::from([("archive tif".to_owned(), large[1..].to_vec())]));
    assert!(record_of(&ru, 2).evidence.is_empty());
    let workbook = &record_of(&ru, 0).evidence[1];
    assert_eq!(workbook.number.as_ref().unwrap().as_str(), "AT-1");
    assert_eq!(workbook.date, Some(jiff::civil::date(2010, 1, 11)));
}

/// The most memory a process ever had, in bytes.
fn most_memory(process: &Process) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.child.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_nearly_a_hundred_megabytes_takes_little_memory_on_both_sides() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    let scan = noise(98_000_000);
    prove(&kz, 0, "workbook.pdf", &scan);
    let (ru_node, kz_node) = (Process::start(&ru), Process::start(&kz));
    cross(root.path(), (&ru, &kz), 1).await;
    assert!(copies_of(&ru, 0) == BTreeMap::from([("workbook pdf".to_owned(), scan)]));
    for node in [&ru_node, &kz_node] {
        let most = most_memory(node);
        assert!(most < 256 << 20, "{} MiB", most >> 20);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_too_large_for_one_message_are_left_out_and_a_person_is_told() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    also_set(&kz, "[limits]\nbody_bytes_max = 6000000");
    prove(&kz, 0, "archive.pdf", &noise(3_000_000));
    prove(&kz, 0, "court.pdf", &noise(3_000_001));
    let (_ru, _kz) = (Process::start(&ru), Process::start(&kz));
    cross(root.path(), (&ru, &kz), 1).await;
    assert_eq!(copies_of(&ru, 0).keys().collect::<Vec<_>>(), ["archive pdf"]);
    assert_eq!(record_of(&ru, 0).evidence.len(), 2, "the other document is told of");
    let journal = stazh().args(["journal", "list", "--json"]).arg(&kz).output().unwrap();
    let journal = String::from_utf8(journal.stdout).unwrap();
    assert!(journal.contains("not all copies of documents fit into one message"), "{journal}");
}

/// The packages that lie in a folder, by an independent reader of MIME: the envelope with the base64 of each part in
/// its place, as XOP has it.
fn restored(package: &Path, to: &Path) {
    let script = "
import base64, email, re, sys, urllib.parse
message = email.message_from_bytes(open(sys.argv[1], 'rb').read())
assert message.get_content_type() == 'multipart/related', message.get_content_type()
parts = message.get_payload()
assert parts[0]['Content-ID'] == '<' + message.get_param('start')[1:-1] + '>'
assert parts[0].get_content_type() == 'application/xop+xml'
content = {part['Content-ID'][1:-1]: part.get_payload(decode=True) for part in parts[1:]}
def put(found):
    return base64.b64encode(content.pop(urllib.parse.unquote(found.group(1).decode())))
envelope = parts[0].get_payload(decode=True)
envelope = re.sub(rb'<xop:Include[^>]*href=\"cid:([^\"]*)\"></xop:Include>', put, envelope)
assert not content, content.keys()
open(sys.argv[2], 'wb').write(envelope)
";
    run(Command::new("python3").args(["-c", script]).arg(package).arg(to));
}

/// Sends bytes of a media type as they are, with more headers if need be; the reply.
async fn post_typed(line: &mut Line, content_type: &str, more: &str, body: &[u8]) -> String {
    let head = format!(
        "POST / HTTP/1.1\r\nhost: kz\r\ncontent-type: {content_type}\r\n{more}content-length: {}\r\n\r\n",
        body.len()
    );
    say(line, &head).await;
    let _ = line.write_all(body).await; // the node may have heard enough
    hear(line).await
}

/// A package as a program of another make writes it.
fn package(envelope: &[u8], parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes =
        b"this is for readers without MIME\r\n--b o\r\nContent-Type: application/xop+xml\r\n\r\n".to_vec();
    bytes.extend_from_slice(envelope);
    for (name, content) in parts {
        bytes.extend_from_slice(format!("\r\n--b o\r\ncontent-id: <{name}>\r\n\r\n").as_bytes());
        bytes.extend_from_slice(content);
    }
    bytes.extend_from_slice(b"\r\n--b o--\r\nand this too");
    bytes
}

const PACKAGE: &str = "Multipart/Related; type=\"application/xop+xml\"; boundary=\"b o\"";

#[tokio::test(flavor = "multi_thread")]
async fn a_package_of_any_make_is_taken_and_a_bad_one_is_refused_with_the_reason() {
    let stage = Stage::set_within(|limits| limits.body_bytes_max = 1_000_000).await;
    let lawful = stage.message(&stage.sealed(&stage.signer()));
    let mut line = stage.connect().await;
    let before = stage.count(InboxState::Settled).await;
    let whole = package(&lawful, &[("scan@ru", &noise(300_000))]);
    let reply = post_typed(&mut line, PACKAGE, "", &whole).await;
    assert!(reply.starts_with("HTTP/1.1 202"), "{reply}");
    assert!(stage.settles_more_than(before).await);
    let reply = post_typed(&mut line, PACKAGE, "content-encoding: gzip\r\n", &gzip(&whole)).await;
    assert!(reply.starts_with("HTTP/1.1 202"), "deflated, as we say that we take it: {reply}");
    let bomb = gzip(&package(&lawful, &[("zero", &vec![0; 50_000_000])]));
    let large = package(&lawful, &[("a", &noise(600_000)), ("b", &noise(600_000))]);
    let cut = &whole[..whole.len() - 40];
    let no_name = b"--b o\r\nA: b\r\n\r\n<a/>\r\n--b o\r\nA: b\r\n\r\nabc\r\n--b o--";
    let (plain, deflated) = ("", "content-encoding: gzip\r\n");
    let other_start = "multipart/related; boundary=\"b o\"; start=\"<x>\"";
    let alone = package(&lawful, &[]);
    for (content_type, more, body, told) in [
        (PACKAGE, plain, cut, "incomplete"),
        (PACKAGE, plain, b"no package", "incomplete"),
        (PACKAGE, plain, no_name, "an attachment has no Content-ID"),
        ("multipart/related", plain, &whole, "boundary"),
        (other_start, plain, &alone, "Content-ID"),
        (PACKAGE, plain, &large, "exceeds the limit of 1000000"),
        (PACKAGE, deflated, &bomb, "a body exceeds the limit of 1000000 bytes"),
    ] {
        let mut line = stage.connect().await;
        let reply = post_typed(&mut line, content_type, more, body).await;
        let is_large = told.contains("exceeds");
        let (status, code) = if is_large { ("413", "wire.body_too_large") } else { ("400", "wire.package") };
        assert_refused(&stage, &reply, status, code, told).await;
    }
    assert!(stage.is_well().await);
}

/// Carries what lies in `from` to `to`; what is large goes through the hands of `with`.
fn carry(from: &Path, to: &Path, with: &mut dyn FnMut(Vec<u8>) -> Vec<u8>) {
    for file in std::fs::read_dir(from.join("out")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "xml") {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let bytes = if bytes.len() > 2_000_000 { with(bytes) } else { bytes };
        let part = to.join("in").join("under-way.part");
        std::fs::write(&part, bytes).unwrap();
        std::fs::rename(part, to.join("in").join(path.file_name().unwrap())).unwrap();
    }
}

/// What a Russian node says of a package whose road was not a good one.
async fn judged(root: &Path, mut spoil: impl FnMut(Vec<u8>) -> Vec<u8>) -> String {
    let (ru, kz) = two_nodes(root);
    let (ru_road, kz_road) = by_files(root, &ru, &kz);
    prove(&kz, 0, "workbook.pdf", &noise(2_500_000));
    keep_local(&kz, 0..1);
    let (_ru, _kz) = (Process::start(&ru), Process::start(&kz));
    run(stazh().arg("send").arg(&ru).args(inquiries(root, "KZ", 0..1)));
    let begun = Instant::now();
    loop {
        assert!(begun.elapsed() < Duration::from_secs(120));
        carry(&ru_road, &kz_road, &mut |bytes| bytes);
        carry(&kz_road, &ru_road, &mut spoil);
        let journal = stazh().args(["journal", "list", "--json"]).arg(&ru).output().unwrap();
        let journal = String::from_utf8(journal.stdout).unwrap();
        let entries = journal.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        let entries: Vec<_> = entries.flat_map(|one| one.as_array().cloned().unwrap_or(vec![one])).collect();
        let judged = entries.iter().find(|one| {
            matches!(one["kind"].as_str(), Some("returned" | "quarantined")) && one["peer"] == "KZ"
        });
        if let Some(entry) = judged {
            assert_eq!(std::fs::read_dir(ru.join("handed-over")).unwrap().count(), 0);
            return entry["code"].as_str().unwrap().to_owned();
        }
        tokio::time::sleep(Duration::from_millis(50)).await; // the way
    }
}

fn replaced(mut bytes: Vec<u8>, old: &[u8], new: &[u8]) -> Vec<u8> {
    let at = bytes.windows(old.len()).rposition(|here| here == old).unwrap();
    bytes.splice(at..at + old.len(), new.iter().copied());
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attachment_that_was_changed_or_lost_on_the_way_is_not_taken() {
    let changed = |bytes: Vec<u8>| {
        let at = bytes.len() - 1_000_000;
        let mut bytes = bytes;
        bytes[at] ^= 1;
        bytes
    };
    let root = || tempfile::tempdir().unwrap();
    assert_eq!(judged(root().path(), changed).await, "seal.digest_mismatch");
    let renamed = |bytes| replaced(bytes, b"@stazh>\r\n\r\n", b"@other>\r\n\r\n");
    assert_eq!(judged(root().path(), renamed).await, "seal.no_part");
    let cut = |bytes: Vec<u8>| bytes[..bytes.len() / 2].to_vec();
    assert_eq!(judged(root().path(), cut).await, "wire.package");
}

/// The road between two nodes as folders.
fn by_files(root: &Path, ru: &Path, kz: &Path) -> (PathBuf, PathBuf) {
    let roads = (root.join("ru-road"), root.join("kz-road"));
    for (node, road) in [(ru, &roads.0), (kz, &roads.1)] {
        let settings = node.join("node.toml");
        let text = std::fs::read_to_string(&settings).unwrap();
        let url = text.lines().find(|line| line.starts_with("url")).unwrap();
        let text = text.replace(url, &format!("url = \"file://{}\"", road.display()));
        std::fs::write(settings, text).unwrap();
    }
    roads
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_is_mime_and_xop_to_programs_that_are_not_ours() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    let (ru_road, kz_road) = by_files(root.path(), &ru, &kz);
    let scan = noise(2_500_000);
    prove(&kz, 0, "workbook.pdf", &scan);
    keep_local(&kz, 0..1);
    let (_ru, _kz) = (Process::start(&ru), Process::start(&kz));
    run(stazh().arg("send").arg(&ru).args(inquiries(root.path(), "KZ", 0..1)));
    let package = root.path().join("package.eml");
    let begun = Instant::now();
    while completed(&ru).await < 1 {
        assert!(begun.elapsed() < Duration::from_secs(120));
        carry(&ru_road, &kz_road, &mut |bytes| bytes);
        carry(&kz_road, &ru_road, &mut |bytes| {
            std::fs::write(&package, &bytes).unwrap();
            bytes
        });
        tokio::time::sleep(Duration::from_millis(50)).await; // the way
    }
    assert_handed_over(&ru, 0..1).await;
    assert!(copies_of(&ru, 0) == BTreeMap::from([("workbook pdf".to_owned(), scan)]));
    let envelope = root.path().join("envelope.xml");
    restored(&package, &envelope);
    let verified = Command::new("xmlsec1")
        .args(["--verify", "--insecure", "--id-attr:Id", "urn:EEC:SignedData:v1.0:EDoc:SignedContent"])
        .arg(&envelope)
        .output()
        .unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
}
