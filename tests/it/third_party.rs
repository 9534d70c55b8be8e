//! Trusted third parties: each state's seals judged by each other's, on nodes of the real program; and what becomes of a
//! document when nobody judges it.

use crate::attachments::{copies_of, noise, prove};
use crate::processes::{
    Process, assert_handed_over, completed, free_port, inquiries, keep_local, run, stazh, two_nodes,
    with_engine,
};
use stazh::base::{Clock, DocumentId, Limits, OsRandom, Random, SystemClock};
use stazh::exchange::seal::{
    Issued, KeyKind, Question, Signer, ThirdParty, ThrowAwayAuthority, TrustStore, seal_unchecked,
    with_receipt,
};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

#[test]
fn each_state_seals_by_its_own_algorithm_and_each_other_verifies_it_through_its_third_party() {
    let output =
        with_engine(stazh().args(["demo", "--states", "RU,BY,KZ,KG,AM", "--json"])).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{told}");
    let matrix: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(matrix["seals"]["RU"], "GOST R 34.10-2012 256");
    assert_eq!(matrix["seals"]["BY"], "bign with belt-hash");
    let judged = matrix["judged"].as_array().unwrap();
    assert_eq!(judged.len(), 20, "{matrix}");
    assert!(judged.iter().all(|cell| cell["confirmed"] == 2 && cell["refused"] == 0), "{matrix}");
    assert_eq!((&matrix["conversations"], &matrix["completed"]), (&20.into(), &20.into()));
}

/// A third party for a node: it knows its own state's authorities and the other's; the node knows nobody's.
pub(crate) fn with_third_party(root: &Path, (state, node): (&str, &Path), other: &Path) -> PathBuf {
    let party = beside_third_party(root, (state, node), other);
    let settings = node.join("node.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    let without = text.lines().filter(|line| !line.starts_with("seal_authorities"));
    std::fs::write(&settings, without.map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    party
}

/// The same, and the node knows the other's authorities too.
pub(crate) fn beside_third_party(root: &Path, (state, node): (&str, &Path), other: &Path) -> PathBuf {
    let party = root.join(format!("ttp-{state}"));
    let listen = format!("127.0.0.1:{}", free_port());
    let what = ["--third-party", "--state", state, "--seal-key", "p256", "--listen", &listen];
    run(stazh().arg("init").arg(&party).args(what));
    run(stazh().arg("init").arg(&party).arg("--trust").arg(node).arg("--trust").arg(other));
    run(stazh().arg("init").arg(node).arg("--trust").arg(&party));
    party
}

pub(crate) fn journal(folder: &Path) -> String {
    let output = stazh().args(["journal", "list", "--limit", "1000"]).arg(folder).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what} does not come");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_waits_for_a_third_party_that_is_away_and_is_never_called_bad_meanwhile() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    let party = with_third_party(root.path(), ("KZ", &kz), &ru);
    keep_local(&kz, 0..2);
    let first = inquiries(root.path(), "KZ", 0..2);
    // its own documents leave without a receipt here: nobody could give one
    let text = std::fs::read_to_string(kz.join("node.toml")).unwrap();
    std::fs::write(
        kz.join("node.toml"),
        text.replace("[third_party]\n", "[third_party]\nreceipts = false\n"),
    )
    .unwrap();
    let _nodes = [Process::start(&ru), Process::start(&kz)];
    run(stazh().arg("send").arg(&ru).args(&first));
    until("a postponed document", async || journal(&kz).contains("reach peer third-party")).await;
    assert_eq!(completed(&ru).await, 0);
    let meanwhile = journal(&kz);
    assert!(!meanwhile.contains("quarantined") && !meanwhile.contains("returned"), "{meanwhile}");
    let _party = Process::start_with(stazh().arg("ttp"), &party);
    until("the answers", async || completed(&ru).await == 2).await;
    assert_handed_over(&ru, 0..2).await;
    let told = journal(&kz);
    assert!(told.contains("to_third_party") && told.contains("confirmed at"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_that_is_not_registered_makes_it_impossible_to_check_and_no_worse() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    let party = with_third_party(root.path(), ("KZ", &kz), &ru);
    let settings = party.join("ttp.toml");
    let known = std::fs::read_to_string(&settings).unwrap();
    let (own, ru_too) = known.split_once("\n[[registered]]\nstate = \"RU\"").unwrap();
    assert!(own.contains("state = \"KZ\"") && ru_too.contains("ru-seal"), "{known}");
    std::fs::write(&settings, own).unwrap();
    keep_local(&kz, 0..1);
    let _nodes = [Process::start(&ru), Process::start(&kz)];
    let stranger = Process::start_with(stazh().arg("ttp"), &party);
    run(stazh().arg("send").arg(&ru).args(inquiries(root.path(), "KZ", 0..1)));
    until("the third outcome", async || journal(&kz).contains("impossible to check")).await;
    let meanwhile = journal(&kz);
    assert!(meanwhile.contains("unknown authority") && !meanwhile.contains("quarantined"), "{meanwhile}");
    drop(stranger);
    std::fs::write(&settings, known).unwrap();
    let _party = Process::start_with(stazh().arg("ttp"), &party);
    until("the answer", async || completed(&ru).await == 1).await;
    assert_handed_over(&ru, 0..1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seal_that_is_not_confirmed_is_refused_with_the_reason_of_the_third_party() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    let party = with_third_party(root.path(), ("KZ", &kz), &ru);
    // Moscow seals by a certificate that is not made for it
    let keys = ru.join("keys");
    for (from, to) in [("wire.pem", "seal.pem"), ("wire.key.pem", "seal.key.pem")] {
        std::fs::copy(keys.join(from), keys.join(to)).unwrap();
    }
    std::fs::copy(keys.join("own-wire-authority.pem"), party.join("keys/ru-seal-authorities.pem")).unwrap();
    let _party = Process::start_with(stazh().arg("ttp"), &party);
    let _nodes = [Process::start(&ru), Process::start(&kz)];
    run(stazh().arg("send").arg(&ru).args(inquiries(root.path(), "KZ", 0..1)));
    until("the refusal", async || journal(&ru).contains("P.MSG.ERR")).await;
    let told = journal(&kz);
    assert!(told.contains("Signature.BadCertificate") && told.contains("seal.not_confirmed"), "{told}");
    assert_eq!(completed(&ru).await, 0);
}

#[test]
fn settings_of_a_third_party_that_judges_nobody_say_what_to_do() {
    let root = tempfile::tempdir().unwrap();
    let party = root.path().join("ttp");
    run(stazh().arg("init").arg(&party).args(["--third-party", "--state", "KZ", "--listen", "127.0.0.1:0"]));
    let refused = stazh().arg("ttp").arg(&party).output().unwrap();
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success() && told.contains("stazh init"), "{told}");
    let again = stazh().arg("init").arg(&party).args(["--third-party", "--state", "KZ"]).output().unwrap();
    let told = String::from_utf8(again.stderr).unwrap();
    assert!(told.contains("a third party is there already"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_with_attachments_beside_it_is_judged_as_a_whole() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    let parties =
        [with_third_party(root.path(), ("KZ", &kz), &ru), with_third_party(root.path(), ("RU", &ru), &kz)];
    let scan = noise(5_000_001);
    prove(&kz, 0, "workbook.pdf", &scan);
    keep_local(&kz, 0..1);
    let _parties = parties.each_ref().map(|party| Process::start_with(stazh().arg("ttp"), party));
    let _nodes = [Process::start(&ru), Process::start(&kz)];
    run(stazh().arg("send").arg(&ru).args(inquiries(root.path(), "KZ", 0..1)));
    until("the answer", async || completed(&ru).await == 1).await;
    assert_handed_over(&ru, 0..1).await;
    assert!(copies_of(&ru, 0).into_values().eq([scan]));
    assert!(journal(&ru).contains("confirmed at"), "{}", journal(&ru));
}

/// A third party with a key of this kind, and the authority of its certificate.
fn party_of(kind: KeyKind) -> (ThirdParty, Vec<u8>, Signer) {
    let now = SystemClock.now(); // other programs have no other time
    let authority = ThrowAwayAuthority::of_kind(kind, "receipts", "KZ", now).unwrap();
    let anchor = authority.pem().unwrap();
    let signer = |issued: Issued| Signer::from_pem(&issued.key_pem, &issued.chain_pem).unwrap();
    let fund = signer(authority.issue_seal("fund", kind).unwrap());
    let own = signer(authority.issue_third_party("third party", kind).unwrap());
    let trust = TrustStore::from_pem(&anchor).unwrap();
    (ThirdParty::new(own, trust, Vec::new(), Limits::default()), anchor, fund)
}

const KINDS: [KeyKind; 3] = [KeyKind::Rsa2048, KeyKind::P256, KeyKind::P384];

#[test]
fn openssl_accepts_the_answers_of_a_third_party() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    for kind in KINDS {
        let (party, anchor, fund) = party_of(kind);
        let sealed =
            seal_unchecked(b"<a></a>", DocumentId::from_uuid(OsRandom::default().uuid()), &fund).unwrap();
        let (now, document) = (SystemClock.now(), sealed.as_bytes());
        let question = Question::new(OsRandom::default().uuid(), now).unwrap();
        let (before, after) = question.frame(document.len().try_into().unwrap()).unwrap();
        let request = [&before, document, &after].concat();
        let shown = Command::new("openssl")
            .args(["asn1parse", "-inform", "DER", "-in"])
            .arg(file("asked", &request))
            .output()
            .unwrap();
        let shown = String::from_utf8(shown.stdout).unwrap();
        assert!(shown.contains("DVCSRequestData"), "{shown}");
        let (mut answer, _) = party.answer(&request, (OsRandom::default().uuid(), now)).unwrap();
        let (anchor, content) = (file("anchor.pem", &anchor), folder.path().join("content"));
        let judge = |answer: &[u8]| {
            let mut judge = Command::new("openssl");
            judge
                .args(["cms", "-verify", "-inform", "DER", "-purpose", "any", "-in"])
                .arg(file("answer", answer));
            judge.arg("-CAfile").arg(&anchor).arg("-out").arg(&content).output().unwrap()
        };
        let judged = judge(&answer);
        assert!(judged.status.success(), "{kind:?}: {}", String::from_utf8_lossy(&judged.stderr));
        let place = answer.windows(32).position(|window| window == stazh::exchange::seal::sha256(document).0);
        let place = place.unwrap_or(answer.len() - 20);
        answer[place] ^= 1;
        assert!(!judge(&answer).status.success(), "the judge accepts everything");
    }
}

#[test]
fn xmlsec1_accepts_the_receipts_of_a_third_party() {
    let folder = tempfile::tempdir().unwrap();
    for kind in KINDS {
        let (party, anchor, fund) = party_of(kind);
        let sealed =
            seal_unchecked(b"<a>1985</a>", DocumentId::from_uuid(OsRandom::default().uuid()), &fund).unwrap();
        let (receipt, _) =
            party.receipt(sealed.as_bytes(), (OsRandom::default().uuid(), SystemClock.now())).unwrap();
        let whole = with_receipt(sealed, &receipt.unwrap(), &Limits::default()).unwrap();
        let whole = String::from_utf8(whole.into_bytes()).unwrap();
        let judge = |text: &str| {
            let (document, authority) = (folder.path().join("whole.xml"), folder.path().join("anchor.pem"));
            std::fs::write(&document, text).unwrap();
            std::fs::write(&authority, &anchor).unwrap();
            let mut judge = Command::new("xmlsec1");
            judge.args(["--verify", "--enabled-reference-uris", "same-doc", "--trusted-pem"]).arg(&authority);
            for signed in [
                "urn:EEC:SignedData:v1.0:EDoc:Data",
                "urn:EEC:SignedData:v1.0:EDoc:SignedContent",
                "urn:EEC:TTP:v1.0:receipt:Receipt",
                "http://uri.etsi.org/01903/v1.3.2#:SignedProperties",
            ] {
                judge.args(["--id-attr:Id", signed]);
            }
            judge.args(["--node-xpath", "/*/*[local-name()='Signature']"]).arg(&document).output().unwrap()
        };
        let judged = judge(&whole);
        assert!(judged.status.success(), "{kind:?}: {}", String::from_utf8_lossy(&judged.stderr));
        let ours = |text: &str| {
            let (document, authority) = (folder.path().join("ours.xml"), folder.path().join("anchor.pem"));
            std::fs::write(&document, text).unwrap();
            let mut verify = stazh();
            verify
                .arg("verify")
                .arg(document)
                .arg("--trust")
                .arg(&authority)
                .arg("--receipts")
                .arg(authority);
            let output = verify.output().unwrap();
            (output.status.code(), String::from_utf8(output.stdout).unwrap())
        };
        let (code, told) = ours(&whole);
        assert!(code == Some(0) && told.contains("a trusted third party confirmed this signature"), "{told}");
        let (code, told) = ours(&whole.replace("rcpt:Success", "rcpt:Error"));
        assert!(code == Some(1) && told.contains("NO   find ReasonCode"), "{told}");
        let (code, told) = ours(&whole.replace("1985", "1986"));
        assert!(
            code == Some(1) && told.contains("seal.digest_mismatch") && told.contains("seal.receipt"),
            "{told}"
        );
        assert!(!judge(&whole.replace("1985", "1986")).status.success(), "the judge accepts everything");
        assert!(!judge(&whole.replace("rcpt:Success", "rcpt:Error")).status.success());
    }
}
