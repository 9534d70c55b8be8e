//! Keys on a PKCS#11 token: SoftHSM, which is a token of files in a folder.
//!
//! Its folder is named by an environment variable, so that whatever asks it runs in a process of its own.

use crate::processes::{
    Process, assert_handed_over, completed, inquiries, keep_local, run, stazh, two_nodes, waiting,
};
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::object::{Attribute, CertificateType, ObjectClass};
use cryptoki::session::UserType;
use cryptoki::types::AuthPin;
use jiff::Timestamp;
use stazh::base::{Clock, DocumentId, Limits, SystemClock, Verdict};
use stazh::exchange::seal::{
    Issued, KeyKind, SealError, Signer, SignerPlan, ThrowAwayAuthority, TokenName, TokenPlan, TrustStore,
    open, seal_unchecked, verify,
};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
const PIN: &str = "86420975";

/// A token in a folder.
struct Token(PathBuf);

impl Token {
    fn make(folder: &Path) -> Self {
        let token = Self(folder.to_owned());
        std::fs::create_dir_all(token.store()).unwrap();
        let store = token.store().display().to_string();
        let conf = format!("directories.tokendir = {store}\nobjectstore.backend = file\nlog.level = ERROR\n");
        std::fs::write(folder.join("softhsm2.conf"), conf).unwrap();
        std::fs::write(folder.join("pin"), format!("{PIN}\n")).unwrap();
        let so = ["--so-pin", "1357924680", "--pin", PIN];
        run(token.with(
            Command::new("softhsm2-util").args(["--init-token", "--free", "--label", "seal"]).args(so),
        ));
        token
    }

    fn store(&self) -> PathBuf {
        self.0.join("store")
    }

    /// Lets a program find the token.
    fn with<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command.env("SOFTHSM2_CONF", self.0.join("softhsm2.conf"))
    }

    fn import(&self, key: &Path, label: &str, id: &str) {
        let import = ["--import", key.to_str().unwrap(), "--token", "seal", "--label", label, "--id", id];
        run(self.with(Command::new("softhsm2-util").args(import).args(["--pin", PIN])));
    }

    /// Pulls the token out: its files are where nobody looks.
    fn pull(&self) {
        std::fs::rename(self.store(), self.0.join("pulled")).unwrap();
        std::fs::create_dir(self.store()).unwrap();
    }

    fn plug(&self) {
        std::fs::remove_dir(self.store()).unwrap();
        std::fs::rename(self.0.join("pulled"), self.store()).unwrap();
    }

    fn plan(&self, key: &str, certificate: Option<&Path>) -> TokenPlan {
        TokenPlan {
            module: MODULE.into(),
            token: TokenName::Label("seal".to_owned()),
            key: key.to_owned(),
            pin: self.0.join("pin"),
            certificate: certificate.map(Path::to_owned),
        }
    }

    /// A part of this module's tests, in a process of its own.
    fn run(&self, part: &str) {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--ignored", "--exact", "--nocapture", part]).env("TOKEN", &self.0);
        let output = self.with(&mut child).output().unwrap();
        let told = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success() && told.contains("1 passed"), "{told}");
        assert!(!told.contains(PIN), "{told}");
    }

    /// The token that such a part was given.
    fn given() -> Self {
        Self(std::env::var_os("TOKEN").unwrap().into())
    }
}

fn authority() -> (ThrowAwayAuthority, Timestamp) {
    let now = SystemClock.now();
    (ThrowAwayAuthority::new("test", "KZ", now).unwrap(), now)
}

/// A key whose only place will be the token, and its certificates in a file.
fn issue(
    token: &Token,
    authority: &ThrowAwayAuthority,
    kind: KeyKind,
    label: &str,
    id: &str,
) -> (Issued, PathBuf) {
    let issued = authority.issue_seal("fund", kind).unwrap();
    let (key, certificate) = (token.0.join("key.pem"), token.0.join(format!("{label}.pem")));
    std::fs::write(&key, &*issued.key_pem).unwrap();
    std::fs::write(&certificate, &issued.chain_pem).unwrap();
    token.import(&key, label, id);
    std::fs::remove_file(key).unwrap();
    (issued, certificate)
}

fn seal(signer: &Signer) -> Result<Vec<u8>, SealError> {
    let id: DocumentId = "7d2a1c58-0c5e-4f0f-9b8e-2f7f0d5b6a77".parse().unwrap();
    Ok(seal_unchecked(b"<a></a>", id, signer)?.into_bytes())
}

fn assert_good(sealed: &[u8], (authority, now): &(ThrowAwayAuthority, Timestamp)) {
    let trust = TrustStore::from_pem(&authority.pem().unwrap()).unwrap();
    verify(open(sealed, &Limits::default()).unwrap(), &trust, *now).unwrap();
}

#[test]
fn a_token_signs_by_rsa_and_ecdsa_and_what_it_holds_is_found_by_label_and_id() {
    let folder = tempfile::tempdir().unwrap();
    Token::make(folder.path()).run("token::parts::signs_by_every_algorithm");
}

#[test]
fn a_pin_that_is_wrong_is_tried_once_and_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    Token::make(folder.path()).run("token::parts::tries_a_wrong_pin_once");
}

#[test]
fn a_session_that_is_lost_is_begun_again_and_a_token_that_is_away_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    Token::make(folder.path()).run("token::parts::loses_its_session_and_its_token");
}

mod parts {
    use super::*;

    #[test]
    #[ignore = "needs a process of its own, which the tests above give it"]
    fn signs_by_every_algorithm() {
        let (token, land) = (Token::given(), authority());
        let kinds = [(KeyKind::Rsa2048, "01"), (KeyKind::P256, "02"), (KeyKind::P384, "03")];
        for (kind, id) in kinds {
            let label = format!("{kind:?}");
            let (issued, certificate) = issue(&token, &land.0, kind, &label, id);
            let by = |key: &str, certificate: Option<&Path>| {
                SignerPlan::Token(token.plan(key, certificate)).signer()
            };
            for key in [label.as_str(), id] {
                let signer = by(key, Some(&certificate)).unwrap();
                assert_good(&seal(&signer).unwrap(), &land);
                assert!(!format!("{signer:?}").contains(PIN));
            }
            let uris = [
                "2001/04/xmldsig-more#rsa-sha384",
                "2001/04/xmldsig-more#rsa-sha512",
                "2007/05/xmldsig-more#sha256-rsa-MGF1",
                "2007/05/xmldsig-more#sha384-rsa-MGF1",
            ];
            for uri in uris.map(|uri| format!("http://www.w3.org/{uri}")) {
                let signer = by(&label, Some(&certificate)).unwrap().using(&uri);
                assert_eq!(signer.is_ok(), kind == KeyKind::Rsa2048, "{uri}");
                if let Ok(signer) = signer {
                    assert_good(&seal(&signer).unwrap(), &land);
                }
            }
            assert_eq!(
                by(&label, None).map(drop).unwrap_err().code(),
                "seal.token",
                "no certificate there yet"
            );
            put_certificate(&issued, &[u8::from_str_radix(id, 16).unwrap()]);
            assert_good(&seal(&by(&label, None).unwrap()).unwrap(), &land);
        }
        // no key of that name, the certificate of another key, an algorithm that no token has
        let refused = |key: &str, certificate: &Path| {
            let error = SignerPlan::Token(token.plan(key, Some(certificate))).signer().map(drop).unwrap_err();
            assert!(matches!(error.verdict(), Verdict::Park { .. }), "{error}");
            error.to_string()
        };
        let p256 = token.0.join("P256.pem");
        assert!(refused("nobody", &p256).contains("no private key named nobody"));
        let (_, other) = issue(&token, &land.0, KeyKind::P256, "other", "04");
        assert!(refused("P256", &other).contains("not by the key of the certificate"));
        let bign = land.0.issue_seal("fund", KeyKind::Bign).unwrap();
        let file = token.0.join("bign.pem");
        std::fs::write(&file, &bign.chain_pem).unwrap();
        assert!(refused("P256", &file).contains("a token signs by RSA or ECDSA"));
        let module = TokenPlan { module: "/nowhere/module.so".into(), ..token.plan("P256", Some(&p256)) };
        let error = SignerPlan::Token(module).signer().map(drop).unwrap_err();
        assert_eq!(error.verdict(), Verdict::Park { code: "seal.token" });
    }

    #[test]
    #[ignore = "needs a process of its own, which the tests above give it"]
    fn tries_a_wrong_pin_once() {
        let (token, land) = (Token::given(), authority());
        let (_, certificate) = issue(&token, &land.0, KeyKind::P256, "own", "01");
        let plan = SignerPlan::Token(token.plan("own", Some(&certificate)));
        let signer = plan.signer().unwrap();
        let (_, certificate) = issue(&token, &land.0, KeyKind::P256, "second", "02");
        let second = SignerPlan::Token(token.plan("second", Some(&certificate))).signer().unwrap();
        let wrong = "97531864";
        write_later(&token.0.join("pin"), wrong);
        log_out();
        let refused = |signer: &Signer, told: &str| {
            let error = seal(signer).unwrap_err();
            assert_eq!(error.verdict(), Verdict::Park { code: "seal.token_pin" });
            assert!(error.to_string().contains(told) && !format!("{error:?}").contains(wrong), "{error}");
        };
        refused(&signer, "the PIN is wrong");
        // now it would be right; but nobody may know that, so nobody tries
        change_pin(PIN, wrong);
        for _ in 0..5 {
            refused(&signer, "the PIN is wrong");
            refused(&second, "the PIN is wrong"); // it is of the same token
        }
        write_later(&token.0.join("pin"), wrong);
        assert_good(&seal(&signer).unwrap(), &land);
        // a node that starts with a wrong PIN is told so
        write_later(&token.0.join("pin"), PIN);
        log_out();
        assert_eq!(plan.signer().map(drop).unwrap_err().code(), "seal.token_pin");
    }

    #[test]
    #[ignore = "needs a process of its own, which the tests above give it"]
    fn loses_its_session_and_its_token() {
        let (token, land) = (Token::given(), authority());
        let (_, certificate) = issue(&token, &land.0, KeyKind::P256, "own", "01");
        let plan = SignerPlan::Token(token.plan("own", Some(&certificate)));
        let signer = plan.signer().unwrap();
        for lose in [log_out, end_module, log_out, end_module] {
            assert_good(&seal(&signer).unwrap(), &land);
            lose();
        }
        for _ in 0..2 {
            token.pull();
            for _ in 0..2 {
                let error = seal(&signer).unwrap_err();
                assert_eq!(error.verdict(), Verdict::Retry { not_before: None }, "{error}");
                assert_eq!(error.code(), "seal.token_away");
            }
            let early = plan.signer().unwrap(); // a node that starts while it is away waits for it
            assert_eq!(seal(&early).unwrap_err().code(), "seal.token_away");
            token.plug();
            assert_good(&seal(&signer).unwrap(), &land);
            assert_good(&seal(&early).unwrap(), &land);
        }
    }

    /// The module of this process, as somebody else in it has it.
    fn module() -> Pkcs11 {
        let module = Pkcs11::new(MODULE).unwrap();
        let _ = module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)); // or it is already
        module
    }

    /// The token logs everybody out.
    fn log_out() {
        let module = module();
        let slot = module.get_slots_with_initialized_token().unwrap()[0];
        module.open_ro_session(slot).unwrap().logout().unwrap();
    }

    /// The module ends under us, with all sessions.
    fn end_module() {
        module().finalize().unwrap();
    }

    fn put_certificate(issued: &Issued, id: &[u8]) {
        let module = module();
        let slot = module.get_slots_with_initialized_token().unwrap()[0];
        let session = module.open_rw_session(slot).unwrap();
        let _ = session.login(UserType::User, Some(&AuthPin::from(PIN))); // or it is already
        let own = openssl::x509::X509::stack_from_pem(&issued.chain_pem).unwrap().remove(0);
        let subject = own.subject_name().to_der().unwrap();
        let object = [
            Attribute::Class(ObjectClass::CERTIFICATE),
            Attribute::CertificateType(CertificateType::X_509),
            Attribute::Token(true),
            Attribute::Private(false),
            Attribute::Id(id.to_vec()),
            Attribute::Subject(subject),
            Attribute::Value(own.to_der().unwrap()),
        ];
        session.create_object(&object).unwrap();
    }

    fn change_pin(from: &str, to: &str) {
        let module = module();
        let slot = module.get_slots_with_initialized_token().unwrap()[0];
        let session = module.open_rw_session(slot).unwrap();
        session.login(UserType::User, Some(&AuthPin::from(from))).unwrap();
        session.set_pin(&AuthPin::from(from), &AuthPin::from(to)).unwrap();
        session.logout().unwrap();
    }

    /// Writes a file so that it is seen to be another one, however coarse the clock of the disk is.
    fn write_later(file: &Path, text: &str) {
        let before = std::fs::metadata(file).unwrap().modified().unwrap();
        std::fs::write(file, text).unwrap();
        let handle = std::fs::File::options().write(true).open(file).unwrap();
        handle.set_modified(before + Duration::from_secs(2)).unwrap();
    }
}

/// Gives the seal of a node to a token, and leaves its key nowhere else.
fn seal_by_token(folder: &Path, token: &Token) {
    let key = folder.join("keys/seal.key.pem");
    token.import(&key, "seal", "0a0b");
    std::fs::remove_file(&key).unwrap();
    let pin = token.0.join("pin").display().to_string();
    let settings = folder.join("node.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    let place = format!(
        "token = {{ module = \"{MODULE}\", label = \"seal\", key = \"0a:0b\", pin_file = \"{pin}\" }}"
    );
    let changed = text.replace("key = \"keys/seal.key.pem\"", &place);
    assert_ne!(changed, text);
    std::fs::write(settings, changed).unwrap();
}

async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what} does not come");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_seals_by_its_token_and_while_that_is_away_documents_wait() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    keep_local(&kz, 0..4);
    let token = Token::make(&root.path().join("token"));
    seal_by_token(&kz, &token);
    let log = root.path().join("kz.log");
    let start_kz = || {
        let log = std::fs::File::options().create(true).append(true).open(&log).unwrap();
        Process::start_with(token.with(stazh().args(["--log", "debug", "serve"]).stderr(log)), &kz)
    };
    let _ru = Process::start(&ru);
    let mut node = start_kz();
    run(stazh().arg("send").arg(&ru).args(inquiries(root.path(), "KZ", 0..2)));
    until("the answer", async || completed(&ru).await == 2).await;
    token.pull();
    run(stazh().arg("send").arg(&ru).args(inquiries(root.path(), "KZ", 2..3)));
    until("the word of the token", async || journal(&kz).contains("reach the token of the signing key"))
        .await;
    assert!(waiting(&kz).iter().any(|row| row["needs_person"] == false));
    let examined = token.with(stazh().args(["doctor", "--json"]).arg(&kz)).output().unwrap();
    let found = String::from_utf8(examined.stdout).unwrap();
    assert!(found.contains("seal.token_away") && !found.contains(PIN), "{found}");
    assert_eq!(completed(&ru).await, 2, "who answers without a key?");
    token.plug();
    until("the answer after it", async || completed(&ru).await == 3).await;
    // a node that starts while its token is away waits for it too
    token.pull();
    node.kill();
    node = start_kz();
    run(stazh().arg("send").arg(&ru).args(inquiries(root.path(), "KZ", 3..4)));
    until("the last question", async || !waiting(&kz).is_empty()).await;
    token.plug();
    until("the last answer", async || completed(&ru).await == 4).await;
    assert_handed_over(&ru, 0..4).await;
    assert!(node.is_running());
    let verified = token.with(stazh().args(["journal", "verify"]).arg(&kz)).output().unwrap();
    assert!(verified.status.success(), "its head is sealed by the token too: {verified:?}");
    let log = std::fs::read_to_string(&log).unwrap();
    assert!(log.contains("the token of the signing key is away") && !log.contains(PIN), "{log}");
    assert!(!journal(&kz).contains(PIN));
}

fn journal(folder: &Path) -> String {
    let output = stazh().args(["journal", "list", "--json", "--limit", "1000"]).arg(folder).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}
