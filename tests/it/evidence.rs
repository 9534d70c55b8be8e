//! Containers of evidence: made by a node, judged by anyone when the node is gone.

use crate::attachments::{noise, prove};
use crate::processes::{
    Process, assert_handed_over, completed, inquiries, keep_local, run, stazh, two_nodes,
};
use crate::third_party::beside_third_party;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// The documents of a node's own in entries of a kind.
pub(crate) fn documents_of(folder: &Path, kind: &str) -> Vec<String> {
    let output = stazh().args(["journal", "list", "--json", "--limit", "1000"]).arg(folder).output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    let entries = lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let of_kind = entries.filter(|entry| entry["kind"] == kind);
    of_kind.filter_map(|entry| entry["document"].as_str().map(str::to_owned)).collect()
}

pub(crate) fn verify(container: &Path, trusted: &[&PathBuf], more: &[&str]) -> (Option<i32>, String) {
    let mut verify = stazh();
    verify.arg("verify").arg(container);
    for authority in trusted {
        verify.arg("--trust").arg(authority);
    }
    let output = verify.args(more).output().unwrap();
    (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_is_judged_when_the_nodes_and_their_databases_are_gone() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    let party = beside_third_party(root.path(), ("KZ", &kz), &ru);
    keep_local(&kz, 0..1);
    let scan = noise(3_000_001);
    prove(&kz, 0, "workbook.pdf", &scan);
    let asked = root.path().join("asked.asice");
    let answered = root.path().join("answered.asice");
    let kept = |name: &str, of: &Path| {
        let kept = root.path().join(name);
        std::fs::copy(of, &kept).unwrap();
        kept
    };
    let own = kept("kz.pem", &kz.join("keys/own-seal-authority.pem"));
    let theirs = kept("ru.pem", &ru.join("keys/own-seal-authority.pem"));
    let receipts = kept("receipts.pem", &party.join("keys/own-seal-authority.pem"));
    {
        let _party = Process::start_with(stazh().arg("ttp"), &party);
        let _nodes = [Process::start(&ru), Process::start(&kz)];
        run(stazh().arg("send").arg(&ru).args(inquiries(root.path(), "KZ", 0..1)));
        let begun = Instant::now();
        while completed(&ru).await < 1 {
            assert!(begun.elapsed() < Duration::from_secs(60), "no answer");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_handed_over(&ru, 0..1).await;
        let inquiry = documents_of(&ru, "composed").remove(0);
        run(stazh().arg("evidence").arg(&kz).arg(inquiry).arg("--out").arg(&asked));
        let answer = documents_of(&kz, "sent").remove(0);
        run(stazh().arg("evidence").arg(&ru).arg(answer).arg("--out").arg(&answered));
    }
    let unknown =
        stazh().arg("evidence").arg(&kz).arg(uuid_of_nobody()).arg("--out").arg(&asked).output().unwrap();
    assert_eq!(unknown.status.code(), Some(1));
    for folder in [&ru, &kz, &party] {
        std::fs::remove_dir_all(folder).unwrap();
    }
    let receipts_too = ["--receipts", receipts.to_str().unwrap()];
    let (code, told) = verify(&asked, &[&own, &theirs], &receipts_too);
    assert_eq!(code, Some(0), "{told}");
    for line in
        ["nothing in the container was changed", "no byte of the content", "a trusted third party confirmed"]
    {
        assert!(told.contains(line), "{told}");
    }
    asks_nobody(&asked, &[&own, &theirs], &receipts_too);
    let (code, told) = verify(&answered, &[&own, &theirs], &[]);
    assert_eq!(code, Some(0), "its attachment is inside: {told}");
    let (code, told) = verify(&asked, &[&theirs], &[]);
    assert!(code == Some(1) && told.contains("NO   trust a certificate of an unknown authority"), "{told}");
    let (code, told) = verify(&answered, &[&own, &theirs], &receipts_too);
    assert!(code == Some(0) && told.contains("a trusted third party confirmed"), "its own receipt: {told}");
    let (code, told) = verify(&answered, &[&own, &theirs], &["--receipts", theirs.to_str().unwrap()]);
    assert!(code == Some(1) && told.contains("NO   trust a certificate of an unknown authority"), "{told}");
    judged_by_others(&asked, &own, root.path());
    spoilt(&asked, &[&own, &theirs], root.path());
}

fn uuid_of_nobody() -> &'static str {
    "00000000-0000-4000-8000-000000000000"
}

/// Python takes the ZIP apart, and openssl judges the signature over its manifest.
fn judged_by_others(container: &Path, authority: &Path, root: &Path) {
    let out = root.join("taken-apart");
    let script = "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; \
                  assert z.infolist()[0].filename == 'mimetype' and z.infolist()[0].compress_type == 0; z.extractall(sys.argv[2])";
    run(Command::new("python3").args(["-c", script]).arg(container).arg(&out));
    let made_by = std::fs::read_to_string(out.join("made-by.json")).unwrap();
    let made_by: serde_json::Value = serde_json::from_str(&made_by).unwrap();
    assert_eq!(
        (&made_by["rules"]["R.XP.XP.01.001"], &made_by["rules"]["2021"]),
        (&"1.1.0".into(), &"1".into())
    );
    let manifest = out.join("META-INF/ASiCManifest.xml");
    let judge = || {
        let mut judge = Command::new("openssl");
        judge.args(["cms", "-verify", "-binary", "-inform", "DER", "-purpose", "any"]);
        judge.arg("-in").arg(out.join("META-INF/signature.p7s")).arg("-content").arg(&manifest);
        judge.arg("-CAfile").arg(authority).arg("-out").arg(root.join("nothing")).output().unwrap()
    };
    let judged = judge();
    assert!(judged.status.success(), "{}", String::from_utf8_lossy(&judged.stderr));
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, text.replace("document.xml", "document.xmk")).unwrap();
    assert!(!judge().status.success(), "the judge accepts everything");
}

/// Whoever judges a container opens no socket, as strace sees it: the network may be down.
fn asks_nobody(container: &Path, trusted: &[&PathBuf], more: &[&str]) {
    if !crate::faults::durable::may_watch() {
        return;
    }
    let seen = container.with_extension("strace");
    let mut watched = Command::new("strace");
    watched.args(["-f", "-e", "trace=socket,connect", "-o"]).arg(&seen).arg(env!("CARGO_BIN_EXE_stazh"));
    watched.arg("verify").arg(container).args(more);
    trusted.iter().for_each(|authority| {
        watched.arg("--trust").arg(authority);
    });
    run(&mut watched);
    let seen = std::fs::read_to_string(seen).unwrap();
    assert!(seen.contains("+++ exited with 0 +++"), "strace saw nothing: {seen}");
    assert!(!seen.contains("socket(") && !seen.contains("connect("), "{seen}");
}

/// No file of a container can be changed, taken out or put in.
fn spoilt(container: &Path, trusted: &[&PathBuf], root: &Path) {
    let script = "import sys, zipfile\n\
        what, source, target = sys.argv[1:]\n\
        old = zipfile.ZipFile(source)\n\
        new = zipfile.ZipFile(target, 'w', zipfile.ZIP_DEFLATED)\n\
        for info in old.infolist():\n    \
            content = old.read(info)\n    \
            if what == 'lose' and info.filename == 'journal.json': continue\n    \
            if what == info.filename: content = content[:-2] + bytes([content[-2] ^ 1]) + content[-1:]\n    \
            new.writestr(info, content)\n\
        if what == 'more': new.writestr('more.txt', 'x')\n\
        new.close()\n";
    let spoilt = root.join("spoilt.asice");
    for (what, why) in [
        ("document.xml", "document.xml was changed"),
        ("journal.json", "journal.json was changed"),
        ("receipt/answer.der", "receipt/answer.der was changed"),
        ("META-INF/signature.p7s", "seal."),
        ("mimetype", "it is no ASiC-E container"),
        ("lose", "journal.json is missing"),
        ("more", "more.txt stands in it"),
    ] {
        run(Command::new("python3").args(["-c", script, what]).arg(container).arg(&spoilt));
        let (code, told) = verify(&spoilt, trusted, &[]);
        assert!(code == Some(1) && told.contains(why), "{what}: {told}");
    }
    std::fs::write(&spoilt, &std::fs::read(container).unwrap()[..500]).unwrap();
    let (code, told) = verify(&spoilt, trusted, &[]);
    assert!(code == Some(1) && told.contains("it cannot be unpacked"), "{told}");
}
