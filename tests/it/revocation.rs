//! Revoked certificates: the authority and its responder are those of `openssl`, and nodes of the real program ask them.

use crate::evidence::{documents_of, verify};
use crate::processes::{
    Process, also_set, assert_handed_over, completed, free_port, inquiries, keep_local, run, stazh, two_nodes,
};
use crate::third_party::{journal, until, with_third_party};
use stazh::base::{Clock, DocumentId, OsRandom, Random, SystemClock};
use stazh::exchange::seal::{
    KeyKind, Reason, Revocation, Signer, StatusKind, StatusSource, Statuses, Terms, ThrowAwayAuthority,
    TrustStore, open, seal_unchecked, verify as verify_seal,
};
use stazh::exchange::wire::{HttpStatus, StatusPlace, StatusWire};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};

/// An authority kept by `openssl ca`, with a responder certificate of its own.
struct Authority {
    folder: PathBuf,
    port: u16,
}

/// `openssl ocsp`, as long as this lives.
struct Responder(Child, #[expect(dead_code, reason = "it must be able to tell")] BufReader<ChildStderr>);

impl Drop for Responder {
    fn drop(&mut self) {
        let _ = self.0.kill(); // it may be dead already
        let _ = self.0.wait(); // as above
    }
}

impl Authority {
    fn new(root: &Path, key: &[&str]) -> Self {
        let folder = root.join("authority");
        std::fs::create_dir_all(&folder).unwrap();
        let authority = Self { folder, port: free_port() };
        let config = "[ca]\ndefault_ca=own\n[own]\ndatabase=index.txt\nnew_certs_dir=.\nserial=serial\n\
            crlnumber=number\ndefault_md=sha256\ndefault_days=30\npolicy=any\nunique_subject=no\n\
            certificate=ca.pem\nprivate_key=ca.key\n[any]\ncountryName=optional\ncommonName=supplied\n\
            [seal]\nbasicConstraints=CA:false\nkeyUsage=critical,digitalSignature\n\
            [responder]\nbasicConstraints=CA:false\nkeyUsage=critical,digitalSignature\n\
            extendedKeyUsage=OCSPSigning\nnoCheck=ignored\n[req]\ndistinguished_name=name\n[name]\n";
        for (name, content) in [("ca.cnf", config), ("index.txt", ""), ("serial", "1000"), ("number", "01")] {
            std::fs::write(authority.file(name), content).unwrap();
        }
        let mut make = authority.openssl(&["req", "-x509", "-nodes", "-keyout", "ca.key", "-out", "ca.pem"]);
        make.args(["-days", "30", "-subj", "/C=RU/CN=authority", "-config", "ca.cnf"]);
        make.args([
            "-addext",
            "basicConstraints=critical,CA:true",
            "-addext",
            "keyUsage=critical,keyCertSign,cRLSign",
        ]);
        run(make.args(key));
        authority.issue("responder", "responder");
        authority
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn openssl(&self, words: &[&str]) -> Command {
        let mut openssl = Command::new("openssl");
        openssl.args(words).current_dir(&self.folder).env_remove("OPENSSL_CONF");
        openssl
    }

    /// A certificate of this name and its key, as files.
    fn issue(&self, name: &str, kind: &str) {
        let [key, request, certificate] = ["key", "req", "pem"].map(|ending| format!("{name}.{ending}"));
        let subject = format!("/C=RU/CN={name}");
        let mut ask = self.openssl(&["req", "-new", "-nodes", "-config", "ca.cnf", "-subj", &subject]);
        run(ask.args([
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-keyout",
            &key,
            "-out",
            &request,
        ]));
        let mut sign = self.openssl(&["ca", "-batch", "-notext", "-config", "ca.cnf", "-extensions", kind]);
        run(sign.args(["-in", &request, "-out", &certificate]));
    }

    fn revoke(&self, name: &str, reason: &str) {
        let certificate = format!("{name}.pem");
        run(&mut self.openssl(&["ca", "-config", "ca.cnf", "-revoke", &certificate, "-crl_reason", reason]));
    }

    /// Its list of now.
    fn list(&self, options: &[&str]) -> PathBuf {
        run(self.openssl(&["ca", "-config", "ca.cnf", "-gencrl", "-out", "made.crl"]).args(options));
        std::fs::rename(self.file("made.crl"), self.file("own.crl")).unwrap(); // nobody reads half of it
        self.file("own.crl")
    }

    /// Starts `openssl ocsp` and waits until it answers.
    fn responder(&self) -> Responder {
        let port = self.port.to_string();
        let mut serve = self.openssl(&["ocsp", "-index", "index.txt", "-port", &port, "-CA", "ca.pem"]);
        serve.args(["-rsigner", "responder.pem", "-rkey", "responder.key"]);
        let mut child = serve.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        // a caller who says nothing would keep it from all others
        let mut told = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("waiting for OCSP client connections") {
            line.clear();
            assert!(told.read_line(&mut line).unwrap() > 0, "it has ended");
        }
        Responder(child, told)
    }

    /// Lets a node seal by the certificate `fund`, and another one accept it.
    fn seals(&self, node: &Path, trusting: &Path) {
        self.issue("fund", "seal");
        let keys = node.join("keys");
        for (from, to) in [("fund.pem", "seal.pem"), ("fund.key", "seal.key.pem")] {
            std::fs::copy(self.file(from), keys.join(to)).unwrap();
        }
        std::fs::copy(self.file("ca.pem"), trusting.join("keys/ru-seal-authorities.pem")).unwrap();
    }

    /// Settings that name it as a source.
    fn source(&self, grace_ms: u64, place: &str) -> String {
        let authority = self.file("ca.pem");
        format!(
            "[revocation]\ngrace_ms = {grace_ms}\nrefresh_ms = 1000\n[[revocation.source]]\nauthority = {authority:?}\n{place}"
        )
    }
}

const P256: [&str; 4] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
const DAY_MS: u64 = 86_400_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_seal_counts_while_its_authority_calls_it_good_and_waits_while_nobody_says() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    let authority = Authority::new(root.path(), &P256);
    authority.seals(&ru, &kz);
    let place = format!("ocsp = \"http://127.0.0.1:{}/\"", authority.port);
    also_set(&kz, &authority.source(DAY_MS, &place));
    keep_local(&kz, 0..4);
    let asked = inquiries(root.path(), "KZ", 0..4);
    let ask = |number: usize| run(stazh().arg("send").arg(&ru).arg(&asked[number]));
    let responder = authority.responder();
    let _ru = Process::start(&ru);
    let mut node = Process::start(&kz);
    ask(0);
    until("an answer to a good seal", async || completed(&ru).await == 1).await;
    let case = root.path().join("case.asice");
    let inquiry = documents_of(&ru, "composed").remove(0);
    run(stazh().arg("evidence").arg(&kz).arg(inquiry).arg("--out").arg(&case));

    drop(responder);
    until("the source to be missed", async || {
        journal(&kz).contains("does not tell which certificates are revoked")
    })
    .await;
    node.kill_and_start_again(); // what the authority said is in the database
    ask(1);
    until("an answer within the grace", async || completed(&ru).await == 2).await;

    let settings = std::fs::read_to_string(kz.join("node.toml")).unwrap();
    let impatient = settings.replace(&format!("grace_ms = {DAY_MS}"), "grace_ms = 0");
    std::fs::write(kz.join("node.toml"), impatient).unwrap();
    node.kill_and_start_again();
    ask(2);
    until("a document that waits", async || {
        journal(&kz).contains("find out whether a certificate was revoked")
    })
    .await;
    let meanwhile = journal(&kz);
    assert!(!meanwhile.contains("quarantined") && !meanwhile.contains("returned"), "{meanwhile}");
    assert_eq!(completed(&ru).await, 2);

    let responder = authority.responder();
    until("the answer that waited", async || completed(&ru).await == 3).await;
    assert_handed_over(&ru, 0..3).await;
    until("the news", async || journal(&kz).contains("tells again which certificates are revoked")).await;

    drop(responder);
    authority.revoke("fund", "superseded");
    let _responder = authority.responder();
    until("a person to be asked", async || {
        journal(&kz).contains("a certificate that seals documents is revoked")
    })
    .await;
    ask(3);
    until("the refusal", async || journal(&ru).contains("P.MSG.ERR")).await;
    let told = journal(&kz);
    assert!(
        told.contains("seal.revoked") && told.contains("superseded") && told.contains("quarantined"),
        "{told}"
    );
    assert_eq!(completed(&ru).await, 3);
    shown_offline(&case, &authority, (&ru, &kz));
}

/// The container that was made while the seal was good is judged by what is in it; by what is known since it is refused,
/// for want of a time stamp.
fn shown_offline(case: &Path, authority: &Authority, (_ru, kz): (&Path, &Path)) {
    let (own, theirs) = (kz.join("keys/own-seal-authority.pem"), authority.file("ca.pem"));
    let names = Command::new("python3").args(["-m", "zipfile", "-l"]).arg(case).output().unwrap();
    let names = String::from_utf8(names.stdout).unwrap();
    assert!(
        names.contains("revocation/") && names.contains(".ocsp") && names.contains("certificates/"),
        "{names}"
    );
    let (code, told) = verify(case, &[&own, &theirs], &[]);
    assert!(code == Some(0) && told.contains("no certificate was known to be revoked at"), "{told}");
    let (code, told) = verify(case, &[&own, &theirs], &["--require-revocation"]);
    assert!(
        code == Some(1) && told.contains("nobody was told of who could answer"),
        "our own authority: {told}"
    );
    let list = authority.list(&["-crlhours", "1"]);
    let newer = ["--crl", list.to_str().unwrap()];
    let (code, told) = verify(case, &[&own, &theirs], &newer);
    assert!(
        code == Some(1) && told.contains("superseded") && told.contains("seal.revoked"),
        "no time stamp shows that the container is older: {told}"
    );
    authority.issue("other", "seal");
    let stolen =
        std::fs::read_to_string(authority.file("index.txt")).unwrap().replace("superseded", "keyCompromise");
    std::fs::write(authority.file("index.txt"), stolen).unwrap();
    authority.list(&["-crlhours", "1"]);
    let (code, told) = verify(case, &[&own, &theirs], &newer);
    assert!(
        code == Some(1) && told.contains("keyCompromise") && told.contains("NO   trust a certificate"),
        "{told}"
    );
    let (_, told) = verify(case, &[&own, &theirs], &[newer[0], newer[1], "--json"]);
    let json: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!((&json["revocation"], &json["code"]), (&"revoked".into(), &"seal.revoked".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_in_a_file_is_taken_again_and_a_signer_that_was_known_is_refused_then() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    let authority = Authority::new(root.path(), &P256);
    authority.seals(&ru, &kz);
    let list = authority.list(&["-crlhours", "1"]);
    also_set(&kz, &authority.source(0, &format!("crl = \"file:{}\"", list.display())));
    keep_local(&kz, 0..2);
    let examined = || {
        let output = stazh().arg("doctor").arg(&kz).arg("--json").output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(examined().contains("every source answers (1)"), "{}", examined());
    std::fs::rename(&list, authority.file("away.crl")).unwrap();
    assert!(examined().contains("doctor.revocation"), "{}", examined());
    std::fs::rename(authority.file("away.crl"), &list).unwrap();
    let asked = inquiries(root.path(), "KZ", 0..2);
    let _nodes = [Process::start(&ru), Process::start(&kz)];
    run(stazh().arg("send").arg(&ru).arg(&asked[0]));
    until("an answer to a good seal", async || completed(&ru).await == 1).await;
    authority.revoke("fund", "cessationOfOperation");
    authority.list(&["-crlhours", "1"]);
    until("the news", async || journal(&kz).contains("a certificate that seals documents is revoked")).await;
    run(stazh().arg("send").arg(&ru).arg(&asked[1]));
    until("the refusal", async || journal(&ru).contains("P.MSG.ERR")).await;
    let told = journal(&kz);
    assert!(told.contains("quarantined") && told.contains("cessationOfOperation"), "{told}");
    let another = Authority::new(&root.path().join("another"), &P256);
    std::fs::copy(another.file("ca.pem"), authority.file("ca.pem")).unwrap();
    until("the change to be told", async || journal(&kz).contains("start the node again")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_third_party_calls_a_revoked_seal_bad_and_an_unknown_one_impossible_to_check() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    let party = with_third_party(root.path(), ("KZ", &kz), &ru);
    let authority = Authority::new(root.path(), &P256);
    authority.seals(&ru, &party);
    let source = authority.source(0, &format!("crl = \"file:{}\"", authority.file("own.crl").display()));
    let settings = party.join("ttp.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, format!("{text}\n{source}\n")).unwrap();
    keep_local(&kz, 0..2);
    let asked = inquiries(root.path(), "KZ", 0..2);
    let _party = Process::start_with(stazh().arg("ttp"), &party);
    let _nodes = [Process::start(&ru), Process::start(&kz)];
    run(stazh().arg("send").arg(&ru).arg(&asked[0]));
    until("the third outcome", async || journal(&kz).contains("find out whether a certificate was revoked"))
        .await;
    let meanwhile = journal(&kz);
    assert!(meanwhile.contains("impossible to check") && !meanwhile.contains("quarantined"), "{meanwhile}");
    authority.list(&["-crlhours", "1"]);
    until("the answer", async || completed(&ru).await == 1).await;
    authority.revoke("fund", "superseded");
    authority.list(&["-crlhours", "1"]);
    until("the refusal", async || {
        // the third party takes the list within a second, and nobody sees from outside when it did
        if !journal(&ru).contains("P.MSG.ERR") {
            run(stazh().arg("send").arg(&ru).arg(&asked[1]));
        }
        journal(&kz).contains("Signature.BadCertificate")
    })
    .await;
}

#[test]
fn openssl_accepts_the_lists_and_answers_of_throw_away_authorities() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let now = SystemClock.now(); // other programs have no other time
    let until = now.checked_add(jiff::SignedDuration::from_hours(1)).unwrap();
    for kind in [KeyKind::Rsa2048, KeyKind::P256, KeyKind::P384] {
        let authority = ThrowAwayAuthority::of_kind(kind, "seals", "KZ", now).unwrap();
        let issued = authority.issue_seal("fund", kind).unwrap();
        let anchor = file("anchor.pem", &authority.pem().unwrap());
        let own = file("own.pem", &issued.chain_pem);
        let revoked = Revocation::of_pem(&issued.chain_pem, now, Reason::Superseded).unwrap();
        let list = authority.issue_list(std::slice::from_ref(&revoked), 7, (now, until)).unwrap();
        let judge = |list: &[u8]| {
            let mut judge = Command::new("openssl");
            judge
                .args(["crl", "-verify", "-noout", "-text", "-inform", "DER", "-in"])
                .arg(file("list", list));
            let output = judge.arg("-CAfile").arg(&anchor).output().unwrap();
            String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
        };
        let told = judge(&list);
        assert!(told.contains("verify OK") && told.contains("Superseded"), "{kind:?}: {told}");
        let mut changed = list;
        *changed.last_mut().unwrap() ^= 1;
        assert!(!judge(&changed).contains("verify OK"), "the judge accepts everything");
        let request = folder.path().join("request");
        let mut ask = Command::new("openssl");
        ask.args(["ocsp", "-issuer"]).arg(&anchor).arg("-cert").arg(&own).arg("-reqout").arg(&request);
        run(&mut ask);
        let request = std::fs::read(&request).unwrap();
        let responder = authority.issue_responder("responder", kind, false).unwrap();
        for (revoked, by, words) in
            [(&[][..], None, "good"), (std::slice::from_ref(&revoked), Some(&responder), "revoked")]
        {
            let answer = authority.answer_status(&request, revoked, (now, Some(until)), by).unwrap();
            let judge = |answer: &[u8]| {
                let mut judge = Command::new("openssl");
                judge
                    .args(["ocsp", "-no_nonce", "-respin"])
                    .arg(file("answer", answer))
                    .arg("-CAfile")
                    .arg(&anchor);
                judge.arg("-issuer").arg(&anchor).arg("-cert").arg(&own);
                let output = judge.output().unwrap();
                String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
            };
            let told = judge(&answer);
            assert!(told.contains("verify OK") && told.contains(words), "{kind:?}: {told}");
            let place = answer.windows(4).position(|window| window == b"fund").unwrap_or(60);
            let mut changed = answer;
            changed[place] ^= 1;
            assert!(!judge(&changed).contains("verify OK"), "the judge accepts everything");
        }
    }
}

#[test]
fn the_lists_and_answers_of_openssl_are_taken_whatever_its_authority_signs_by() {
    let (p384, rsa) = (["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"], ["-newkey", "rsa:2048"]);
    let pss = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"];
    for (key, options) in [(&P256[..], &[][..]), (&p384, &[]), (&rsa, &[]), (&rsa, &pss)] {
        let root = tempfile::tempdir().unwrap();
        let authority = Authority::new(root.path(), key);
        authority.issue("fund", "seal");
        let pem = std::fs::read(authority.file("ca.pem")).unwrap();
        let source = StatusSource::new(&pem, None, true).unwrap();
        let statuses = std::sync::Arc::new(Statuses::new(vec![source], Terms::default()));
        let trust = TrustStore::from_pem(&pem).unwrap().with_statuses(statuses.clone());
        let read = |name: &str| std::fs::read(authority.file(name)).unwrap();
        let signer = Signer::from_pem(&read("fund.key"), &read("fund.pem")).unwrap();
        let sealed =
            seal_unchecked(b"<a></a>", DocumentId::from_uuid(OsRandom::default().uuid()), &signer).unwrap();
        let judged =
            || verify_seal(open(sealed.as_bytes(), &Default::default()).unwrap(), &trust, SystemClock.now());
        assert!(judged().is_err(), "nobody has said anything");
        let list = std::fs::read(authority.list(&[options, &["-crlhours", "1"]].concat())).unwrap();
        statuses.take_list(0, &list, SystemClock.now()).unwrap();
        judged().unwrap();
        assert!(statuses.set_away(0, StatusKind::Ocsp, true));
        authority.revoke("fund", "keyCompromise");
        let list = std::fs::read(authority.list(&[options, &["-crlhours", "1"]].concat())).unwrap();
        statuses.take_list(0, &list, SystemClock.now()).unwrap();
        assert_eq!(judged().unwrap_err().code(), "seal.revoked");
        let mut shown = stazh();
        let document = root.path().join("sealed.xml");
        std::fs::write(&document, sealed.as_bytes()).unwrap();
        shown.arg("verify").arg(&document).arg("--trust").arg(authority.file("ca.pem"));
        let bare = String::from_utf8(shown.output().unwrap().stdout).unwrap();
        assert!(bare.contains("valid") && bare.contains("revocation was not checked"), "{bare}");
        let asked = authority.file("answer");
        let _responder = authority.responder();
        let url = format!("http://127.0.0.1:{}/", authority.port);
        let mut ask = authority.openssl(&["ocsp", "-issuer", "ca.pem", "-cert", "fund.pem", "-url", &url]);
        run(ask.arg("-respout").arg(&asked).args(["-CAfile", "ca.pem"]));
        let told = shown.arg("--ocsp").arg(&asked).output().unwrap();
        let told = (told.status.code(), String::from_utf8(told.stdout).unwrap());
        assert!(told.0 == Some(1) && told.1.contains("seal.revoked"), "{told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_leads_elsewhere_or_gives_no_end_is_left() {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let served = std::thread::spawn(move || {
        for place in 0..3 {
            let (mut caller, _) = listener.accept().unwrap();
            let (mut asked, mut octet) = (Vec::new(), [0]);
            while !asked.ends_with(b"\r\n\r\n\x01") {
                caller.read_exact(&mut octet).unwrap(); // closed before its end the line would be reset
                asked.push(octet[0]);
            }
            let head = match place {
                0 => {
                    "HTTP/1.1 302 Found\r\nConnection: close\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
                }
                1 => "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
                _ => "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
            };
            caller.write_all(head.as_bytes()).unwrap();
            let noise = [7; 64 * 1024];
            while place == 2 && caller.write_all(&noise).is_ok() {}
        }
    });
    let wire = HttpStatus::new(5_000).unwrap();
    let place = StatusPlace::At(format!("http://127.0.0.1:{port}/").parse().unwrap());
    for why in ["it answers 302", "it answers 404", "it gives more than"] {
        let refused = wire.ask(&place, vec![1]).await.unwrap_err().to_string();
        assert!(refused.contains(why), "{refused}");
    }
    served.join().unwrap();
    let absent = StatusPlace::In("/nonexistent/own.crl".into());
    assert!(wire.list(&absent).await.unwrap_err().to_string().contains("own.crl"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_may_take_longer_than_an_answer_but_not_stand_still() {
    use std::io::{Read, Write};
    const STALL_MS: u64 = 1_000;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (is_over, over) = std::sync::mpsc::channel::<()>();
    let served = std::thread::spawn(move || {
        let piece = std::time::Duration::from_millis(STALL_MS / 4);
        for stands_still in [false, false, true] {
            let (mut caller, _) = listener.accept().unwrap();
            let _ = caller.read(&mut [0; 1024]).unwrap();
            caller.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 6\r\n\r\n").unwrap();
            for _ in 0..6 {
                std::thread::sleep(piece);
                if caller.write_all(b"x").is_err() {
                    break; // he has left
                }
                if stands_still {
                    let _ = over.recv(); // the line stays open until the caller has given up
                }
            }
        }
    });
    let wire = HttpStatus::new(STALL_MS).unwrap();
    let place = StatusPlace::At(format!("http://127.0.0.1:{port}/").parse().unwrap());
    assert_eq!(wire.list(&place).await.unwrap(), "xxxxxx", "it took one and a half times as long");
    assert!(wire.ask(&place, vec![1]).await.is_err(), "an answer is short");
    let refused = wire.list(&place).await.unwrap_err().to_string();
    assert!(refused.contains("nothing came for 1000 ms"), "{refused}");
    drop(is_over);
    served.join().unwrap();
}
