//! National cryptography from end to end, on nodes of the real program.

use crate::processes::{
    Process, also_set, assert_handed_over, completed, inquiries, keep_local, run, stazh,
    two_nodes_sealing_by, waiting, with_engine,
};
use std::path::Path;
use std::time::{Duration, Instant};

async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what} does not come");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Seals by one algorithm ask, seals by another answer.
async fn cross(root: &Path, seals: [&str; 2]) {
    let (ru, kz) = two_nodes_sealing_by(root, seals);
    keep_local(&kz, 0..3);
    let start = |folder| Process::start_with(with_engine(stazh().arg("serve")), folder);
    let _nodes = [start(&ru), start(&kz)];
    run(with_engine(&mut stazh()).arg("send").arg(&ru).args(inquiries(root, "KZ", 0..3)));
    until("the answer", async || completed(&ru).await == 3).await;
    assert_handed_over(&ru, 0..3).await;
    let journal = with_engine(stazh().args(["journal", "verify"])).arg(&kz).output().unwrap();
    assert!(journal.status.success(), "its head is sealed too: {journal:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_gost_asks_bign_answers() {
    cross(tempfile::tempdir().unwrap().path(), ["gost256", "bign"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_bign_asks_gost_of_512_bits_answers() {
    cross(tempfile::tempdir().unwrap().path(), ["bign", "gost512"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_engine_a_node_says_what_to_do_and_no_document_is_called_bad() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes_sealing_by(root.path(), ["gost256", "p384"]);
    let remedy = "the GOST engine is not loaded; set OPENSSL_CONF to deploy/openssl-gost.cnf and start again";
    for (folder, why) in [(&ru, "its own key"), (&kz, "the authority of its peer")] {
        let refused = stazh().arg("serve").arg(folder).output().unwrap();
        let told = String::from_utf8(refused.stderr).unwrap();
        assert!(!refused.status.success() && told.contains(remedy), "{why}: {told}");
    }
    let document = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/documents/inquiry.xml");
    let sealed = root.path().join("sealed.xml");
    let (key, certificate) = (ru.join("keys/seal.key.pem"), ru.join("keys/seal.pem"));
    run(with_engine(stazh().args(["sign", document]))
        .arg("--key")
        .arg(key)
        .arg("--certificate")
        .arg(certificate)
        .arg("--out")
        .arg(&sealed));
    let verify = |command: &mut std::process::Command| {
        let trust = kz.join("keys").join("ru-seal-authorities.pem");
        let output = command.arg("verify").arg(&sealed).arg("--trust").arg(trust).output().unwrap();
        let told = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(told).unwrap())
    };
    let (code, told) = verify(with_engine(&mut stazh()));
    assert_eq!(code, Some(0), "{told}");
    let (code, told) = verify(&mut stazh());
    assert!(code != Some(0) && told.contains("GOST engine is not loaded"), "{told}");
}

#[test]
fn a_gost_key_on_a_curve_for_tests_signs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let document = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/documents/inquiry.xml");
    for (algorithm, parameters, is_taken) in [
        ("gost2012_256", "A", true),
        ("gost2012_256", "TCB", true),
        ("gost2012_512", "B", true),
        ("gost2012_256", "0", false),
    ] {
        let (key, certificate) = (folder.path().join("key.pem"), folder.path().join("own.pem"));
        run(with_engine(&mut std::process::Command::new("openssl"))
            .args(["req", "-x509", "-nodes", "-subj", "/CN=fund", "-config", "/dev/null"])
            .args(["-newkey", algorithm, "-pkeyopt", &format!("paramset:{parameters}")])
            .arg("-keyout")
            .arg(&key)
            .arg("-out")
            .arg(&certificate));
        let signed = with_engine(stazh().args(["sign", document]))
            .arg("--key")
            .arg(&key)
            .arg("--certificate")
            .arg(&certificate)
            .output()
            .unwrap();
        let told = String::from_utf8(signed.stderr).unwrap();
        assert_eq!(signed.status.success(), is_taken, "{algorithm} {parameters}: {told}");
        assert!(is_taken || told.contains("a curve that is not one for signing"), "{told}");
    }
}

#[test]
fn a_gost_key_in_pkcs12_is_taken_where_the_engine_is_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let document = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/documents/inquiry.xml");
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("password"), "secret 7\n").unwrap();
    run(with_engine(&mut std::process::Command::new("openssl"))
        .args(["req", "-x509", "-nodes", "-subj", "/CN=fund", "-config", "/dev/null"])
        .args(["-newkey", "gost2012_256", "-pkeyopt", "paramset:A", "-keyout", "key.pem", "-out", "own.pem"])
        .current_dir(folder.path()));
    run(with_engine(&mut std::process::Command::new("openssl"))
        .args(["pkcs12", "-export", "-inkey", "key.pem", "-in", "own.pem", "-out", "own.p12"])
        .args(["-passout", "pass:secret 7"])
        .current_dir(folder.path()));
    let sign = |command: &mut std::process::Command| {
        let command = command.args(["sign", document]).arg("--pkcs12").arg(at("own.p12"));
        let output = command.arg("--password-file").arg(at("password")).output().unwrap();
        (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    let (is_signed, told) = sign(with_engine(&mut stazh()));
    assert!(is_signed && told.contains("gostr34102012-gostr34112012-256"), "{told}");
    let (is_signed, told) = sign(&mut stazh());
    assert!(
        !is_signed && told.contains("a GOST key without the engine") && !told.contains("secret 7"),
        "{told}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_seals_by_two_signers_of_two_algorithms_and_its_peer_demands_both() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes_sealing_by(root.path(), ["p256", "p384"]);
    let chief = root.path().join("chief");
    run(stazh().arg("init").arg(&chief).args(["--state", "RU", "--seal-key", "bign"]));
    let keys = chief.join("keys");
    let also = format!(
        "[[seal.also]]\ncertificate = {:?}\nkey = {:?}",
        keys.join("seal.pem"),
        keys.join("seal.key.pem")
    );
    also_set(&ru, &also);
    keep_local(&kz, 0..2);
    let _ru = Process::start(&ru);
    let mut node = Process::start(&kz);
    run(stazh().arg("send").arg(&ru).args(inquiries(root.path(), "KZ", 0..1)));
    until("the refusal", async || waiting(&kz).iter().any(|row| row["code"] == "seal.foreign")).await;
    let trusted = kz.join("keys/ru-seal-authorities.pem");
    let more = std::fs::read(keys.join("own-seal-authority.pem")).unwrap();
    std::fs::write(&trusted, [std::fs::read(&trusted).unwrap(), more].concat()).unwrap();
    node.stop_and_start_again();
    run(stazh().arg("send").arg(&ru).args(inquiries(root.path(), "KZ", 1..2)));
    until("the answer", async || completed(&ru).await == 1).await;
    assert_handed_over(&ru, 1..2).await;
}
