//! Time stamps against `openssl ts`, and on nodes of the real program: asked for in batches, missed, made up for, renewed.

use crate::evidence::{documents_of, verify};
use crate::processes::{
    Process, assert_handed_over, completed, free_port, inquiries, keep_local, run, stazh, two_nodes,
};
use crate::third_party::{journal, until};
use futures_util::StreamExt;
use stazh::base::{Clock, OsRandom, Random, SystemClock};
use stazh::exchange::seal::{
    DigestAlgorithm, Imprint, Issued, KeyKind, Signer, StampAnswer, StampAuthority, StampOutcome,
    StampQuestion, StampTrust, ThrowAwayAuthority, TrustStore,
};
use stazh::exchange::wire::{AskedBy, HttpsThirdParty, Inquest, ThirdPartyWire};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const KINDS: [KeyKind; 3] = [KeyKind::Rsa2048, KeyKind::P256, KeyKind::P384];

/// An authority for time stamps, as files for openssl and as ours.
struct Clockmaker {
    folder: tempfile::TempDir,
    authority: ThrowAwayAuthority,
    own: StampAuthority,
}

impl Clockmaker {
    fn of(kind: KeyKind) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = ThrowAwayAuthority::of_kind(kind, "time", "KZ", SystemClock.now()).unwrap();
        let Issued { chain_pem, key_pem } = authority.issue_time_stamping("clock", kind).unwrap();
        std::fs::write(folder.path().join("chain.pem"), &chain_pem).unwrap();
        std::fs::write(folder.path().join("key.pem"), &key_pem).unwrap();
        std::fs::write(folder.path().join("anchor.pem"), authority.pem().unwrap()).unwrap();
        let own = StampAuthority::new(Signer::from_pem(&key_pem, &chain_pem).unwrap()).unwrap();
        Self { folder, authority, own }
    }

    fn trust(&self) -> StampTrust {
        StampTrust::new(TrustStore::from_pem(&self.authority.pem().unwrap()).unwrap(), None)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn keep(&self, name: &str, bytes: &[u8]) -> PathBuf {
        std::fs::write(self.path(name), bytes).unwrap();
        self.path(name)
    }

    fn openssl(&self, words: &[&str]) -> Output {
        Command::new("openssl").arg("ts").args(words).current_dir(self.folder.path()).output().unwrap()
    }
}

#[test]
fn openssl_answers_our_request_and_we_take_its_time_stamp() {
    for (kind, binding) in
        [(KINDS[0], "sha256"), (KINDS[0], "sha1"), (KINDS[1], "sha256"), (KINDS[2], "sha384")]
    {
        let maker = Clockmaker::of(kind);
        let digest = if kind == KeyKind::P384 { "sha384" } else { "sha256" };
        let settings = format!(
            "[tsa]\ndefault_tsa = one\n[one]\nserial = serial\nsigner_cert = chain.pem\ncerts = anchor.pem\n\
             signer_key = key.pem\nsigner_digest = {digest}\ndefault_policy = 1.2.3.4.1\ndigests = sha256, sha384\n\
             accuracy = secs:1, millisecs:500\nclock_precision_digits = 3\nordering = yes\ntsa_name = yes\n\
             ess_cert_id_chain = yes\ness_cert_id_alg = {binding}\n"
        );
        maker.keep("tsa.cnf", settings.as_bytes());
        let imprint = Imprint::of(DigestAlgorithm::Sha256, b"a document").unwrap();
        let question = StampQuestion::new(imprint.clone(), OsRandom::default().uuid(), SystemClock.now());
        maker.keep("request.tsq", &question.to_der().unwrap());
        let answered = maker.openssl(&[
            "-reply",
            "-config",
            "tsa.cnf",
            "-queryfile",
            "request.tsq",
            "-out",
            "answer.tsr",
        ]);
        assert!(answered.status.success(), "{}", String::from_utf8_lossy(&answered.stderr));
        let answer = std::fs::read(maker.path("answer.tsr")).unwrap();
        let read = question.read_answer(&answer, &maker.trust(), SystemClock.now()).unwrap();
        let StampAnswer::Stamped(stamp) = read else { panic!("{kind:?}: it refuses") };
        assert_eq!((stamp.policy(), stamp.signer()), ("1.2.3.4.1", "C=KZ, CN=clock"));
        let mut changed = answer.clone();
        let place = answer.windows(32).position(|octets| octets == imprint.digest).unwrap();
        changed[place] ^= 1;
        assert!(question.read_answer(&changed, &maker.trust(), SystemClock.now()).is_err());
        // a digest that it does not take is refused, which is no failure to answer
        let other = Imprint::of(DigestAlgorithm::Sha512, b"a document").unwrap();
        let question = StampQuestion::new(other, OsRandom::default().uuid(), SystemClock.now());
        maker.keep("request.tsq", &question.to_der().unwrap());
        maker.openssl(&["-reply", "-config", "tsa.cnf", "-queryfile", "request.tsq", "-out", "answer.tsr"]);
        let answer = std::fs::read(maker.path("answer.tsr")).unwrap();
        let read = question.read_answer(&answer, &maker.trust(), SystemClock.now()).unwrap();
        let StampAnswer::Refused(refusal) = read else { panic!("it stamps everything") };
        assert_eq!(refusal.failures, ["badAlg"], "{refusal}");
    }
}

#[test]
fn openssl_accepts_the_time_stamp_that_we_give_and_refuses_it_after_one_changed_byte() {
    for (kind, more) in KINDS.into_iter().flat_map(|kind| [(kind, Some("-cert")), (kind, None)]) {
        let maker = Clockmaker::of(kind);
        maker.keep("document", b"a document");
        let query = ["-query", "-data", "document", "-sha256", "-out", "request.tsq"];
        let asked = maker.openssl(&[query.as_slice(), more.as_slice()].concat());
        assert!(asked.status.success(), "{}", String::from_utf8_lossy(&asked.stderr));
        let request = std::fs::read(maker.path("request.tsq")).unwrap();
        let (answer, outcome) =
            maker.own.answer(&request, (OsRandom::default().uuid(), SystemClock.now())).unwrap();
        assert_eq!(outcome, StampOutcome::Granted);
        let judge = |answer: &[u8], against: &[&str]| {
            maker.keep("answer.tsr", answer);
            let base = ["-verify", "-in", "answer.tsr", "-CAfile", "anchor.pem", "-untrusted", "chain.pem"];
            maker.openssl(&[base.as_slice(), against].concat())
        };
        for against in [["-queryfile", "request.tsq"], ["-data", "document"]] {
            let judged = judge(&answer, &against);
            assert!(judged.status.success(), "{kind:?}: {}", String::from_utf8_lossy(&judged.stderr));
        }
        let digest = Imprint::of(DigestAlgorithm::Sha256, b"a document").unwrap().digest;
        let place = answer.windows(32).position(|octets| octets == digest).unwrap();
        let mut changed = answer;
        changed[place] ^= 1;
        assert!(!judge(&changed, &["-data", "document"]).status.success(), "the judge accepts everything");
    }
}

/// Writes other lines in place of these into the settings of a node.
/// Answers one request over a plain line as a public authority does.
fn answer_once(maker: Clockmaker) -> String {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut line, _) = listener.accept().unwrap();
        let mut asked = Vec::new();
        let body = loop {
            let mut piece = [0; 4096];
            let read = line.read(&mut piece).unwrap();
            asked.extend_from_slice(&piece[..read]);
            let Some(end) = asked.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
            let head = String::from_utf8(asked[..end].to_vec()).unwrap().to_lowercase();
            assert!(head.contains("content-type: application/timestamp-query"), "{head}");
            let length = head.split_once("content-length: ").unwrap().1;
            let length: usize = length.split("\r\n").next().unwrap().parse().unwrap();
            if asked.len() >= end + 4 + length {
                break asked.split_off(end + 4);
            }
        };
        let now = SystemClock.now();
        let (answer, _) = maker.own.answer(&body, (OsRandom::default().uuid(), now)).unwrap();
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", answer.len());
        line.write_all(&[head.as_bytes(), &answer].concat()).unwrap();
    });
    url
}

#[tokio::test]
async fn a_public_authority_is_asked_over_a_plain_line() {
    let maker = Clockmaker::of(KeyKind::P256);
    let trust = maker.trust();
    let url = answer_once(maker).parse().unwrap();
    let world = crate::nodes::World::new();
    let identity = crate::refusals::Stage::identity_of(&world.settle("KZ", "RU"));
    let wire = HttpsThirdParty::new("time-stamps", url, 5_000, &identity).unwrap();
    let imprint = Imprint::of(DigestAlgorithm::Sha256, b"a document").unwrap();
    let question = StampQuestion::new(imprint, OsRandom::default().uuid(), SystemClock.now());
    let request = question.to_der().unwrap();
    let bytes = u64::try_from(request.len()).unwrap();
    let body = futures_util::stream::once(async move { Ok(bytes::Bytes::from(request)) }).boxed();
    let answer = wire.ask(Inquest { form: AskedBy::TimeStamp, bytes, body }).await.unwrap();
    let stamped = question.read_answer(&answer, &trust, SystemClock.now()).unwrap();
    assert!(matches!(stamped, StampAnswer::Stamped(_)), "{stamped:?}");
}

fn change(folder: &Path, from: &str, to: &str) {
    let settings = folder.join("node.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    assert!(text.contains(from), "{from} in {text}");
    std::fs::write(settings, text.replace(from, to)).unwrap();
}

fn make_party(folder: &Path, (state, listen): (&str, &str), node: &Path) {
    let what = ["--third-party", "--state", state, "--seal-key", "p256", "--listen", listen];
    run(stazh().arg("init").arg(folder).args(what));
    run(stazh().arg("init").arg(folder).arg("--trust").arg(node));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_exchanged_is_stamped_together_when_the_authority_is_back_and_again_before_its_end() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    let listen = format!("127.0.0.1:{}", free_port());
    let (party, later) = (root.path().join("ttp-kz"), root.path().join("later"));
    make_party(&party, ("KZ", &listen), &kz);
    run(stazh().arg("init").arg(&kz).arg("--trust").arg(&party));
    let text = std::fs::read_to_string(kz.join("node.toml")).unwrap();
    let third = &text[text.find("[third_party]").unwrap()..text.find("[time_stamps]").unwrap()];
    change(&kz, third, ""); // who gives time stamps judges nobody here
    change(&kz, "[time_stamps]\n", "[time_stamps]\nevery_ms = 100\n");
    keep_local(&kz, 0..4);
    let mut node = Process::start(&kz);
    let _asking = Process::start(&ru);
    run(stazh().arg("send").arg(&ru).args(inquiries(root.path(), "KZ", 0..3)));
    until("the answers", async || completed(&ru).await == 3).await;
    assert_handed_over(&ru, 0..3).await;
    assert!(!journal(&kz).contains("time_stamped"), "nobody gives any");

    let authorities = kz.join("keys/own-seal-authority.pem");
    let theirs = ru.join("keys/own-seal-authority.pem");
    let stamps = kz.join("keys/kz-time-stamp-authorities.pem");
    let container = root.path().join("case.asice");
    let judge = || verify(&container, &[&authorities, &theirs], &["--time-stamps", stamps.to_str().unwrap()]);
    let answer = documents_of(&kz, "sent").remove(0);
    let output = stazh().arg("evidence").arg(&kz).arg(&answer).arg("--out").arg(&container).output().unwrap();
    let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success() && told.contains("it lacks a time stamp"), "{told}");
    let (code, told) = judge();
    assert!(code == Some(1) && told.contains("there is none in the container"), "{told}");

    {
        let _party = Process::start_with(stazh().arg("ttp"), &party);
        until("the time stamp", async || journal(&kz).contains("time_stamped")).await;
        let told = journal(&kz);
        assert!(told.contains("6 documents were stamped by one time stamp"), "{told}");
        assert_eq!(told.matches("time_stamped").count(), 1, "one request for all: {told}");
        run(stazh().arg("evidence").arg(&kz).arg(&answer).arg("--out").arg(&container));
        let (code, told) = judge();
        assert!(code == Some(0) && told.contains("a time stamp shows that the document was there"), "{told}");
        assert!(told.contains("judged as of the time stamp"), "{told}");
        retraced(&container, &stamps, root.path());
        // one that came, too
        let inquiry = documents_of(&ru, "composed").remove(0);
        run(stazh().arg("evidence").arg(&kz).arg(inquiry).arg("--out").arg(&container));
        assert_eq!(judge().0, Some(0), "{}", judge().1);
        retraced(&container, &stamps, root.path());
        assert_eq!(journal(&kz).matches("time_stamped").count(), 1, "both had their records");
        let (code, told) =
            verify(&container, &[&authorities, &theirs], &["--time-stamps", theirs.to_str().unwrap()]);
        assert!(
            code == Some(1) && told.contains("NO   trust a certificate of an unknown authority"),
            "{told}"
        );
    }

    // another authority, whose certificate lasts a little longer
    make_party(&later, ("RU", &listen), &kz);
    let both = [
        std::fs::read(&stamps).unwrap(),
        std::fs::read(later.join("keys/own-time-stamp-authority.pem")).unwrap(),
    ];
    let settings = std::fs::read(kz.join("node.toml")).unwrap();
    run(stazh().arg("init").arg(&kz).arg("--trust").arg(&later));
    std::fs::write(kz.join("node.toml"), settings).unwrap(); // only the wire and the authorities are new
    std::fs::write(&stamps, both.concat()).unwrap();
    change(&kz, "every_ms = 100\n", "every_ms = 100\nrenew_before_days = 365\n");
    let _later = Process::start_with(stazh().arg("ttp"), &later);
    node.stop_and_start_again();
    until("the second time stamp", async || journal(&kz).contains("6 documents were stamped again")).await;
    until("the word about its end", async || journal(&kz).contains("time stamps cannot be prolonged")).await;
    run(stazh().arg("evidence").arg(&kz).arg(&answer).arg("--out").arg(&container));
    let (code, told) = judge();
    assert!(code == Some(0) && told.contains("stamped again at"), "{told}");
}

/// Python climbs from the document to the root of its batch by the text of RFC 4998, and openssl judges the time stamp
/// of that root.
fn retraced(container: &Path, authorities: &Path, root: &Path) {
    let out = root.join("retraced");
    std::fs::create_dir_all(&out).unwrap();
    let climb = |bit: &str| {
        Command::new("python3").args(["-c", CLIMB]).arg(container).arg(&out).arg(bit).output().unwrap()
    };
    let climbed = climb("0");
    assert!(climbed.status.success(), "{}", String::from_utf8_lossy(&climbed.stderr));
    assert!(!climb("1").status.success(), "the judge accepts everything");
    let digest = String::from_utf8(climbed.stdout).unwrap();
    let judge = |digest: &str| {
        let mut judge = Command::new("openssl");
        judge.args(["ts", "-verify", "-token_in", "-digest", digest, "-in"]).arg(out.join("token"));
        judge.arg("-CAfile").arg(authorities).output().unwrap()
    };
    let judged = judge(digest.trim());
    assert!(judged.status.success(), "{}", String::from_utf8_lossy(&judged.stderr));
    assert!(!judge(&"07".repeat(32)).status.success(), "the judge accepts everything");
}

const CLIMB: &str = "
import sys, zipfile, hashlib
def parts(der):
    found, at = [], 0
    while at < len(der):
        head, length = 2, der[at + 1]
        if length > 127:
            head += length - 128
            length = int.from_bytes(der[at + 2:at + head], 'big')
        found.append((der[at], der[at + head:at + head + length], der[at:at + head + length]))
        at += head + length
    return found
case = zipfile.ZipFile(sys.argv[1])
document = bytearray(case.read('document.xml'))
document[-2] ^= int(sys.argv[3])
record = parts(parts(case.read('META-INF/evidencerecord001.ers'))[0][1])
stamp = parts(parts(parts(record[2][1])[0][1])[0][1])
assert [tag for tag, _, _ in stamp] == [0xa0, 0xa2, 0x30], stamp
reached = hashlib.sha256(document).digest()
lists = [[octets for _, octets, _ in parts(some)] for _, some, _ in parts(stamp[1][1])]
if reached not in lists[0]:
    sys.exit('it is not in the first list')
for number, some in enumerate(lists):
    reached = hashlib.sha256(b''.join(sorted(some + [reached] if number else some))).digest()
open(sys.argv[2] + '/token', 'wb').write(stamp[2][2])
print(reached.hex())
";
