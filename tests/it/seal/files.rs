//! Keys in files: PKCS#12 as OpenSSL and older programs write it, PEM under a password.

use super::keys::{self, Identity};
use super::{check, document, document_id};
use openssl::symm::Cipher;
use stazh::base::Verdict;
use stazh::exchange::seal::{SealError, Signer, SignerPlan, seal_unchecked};
use std::path::{Path, PathBuf};
use std::process::Command;

const PASSWORD: &str = "пароль, 42";

/// A folder with the key and the certificates of an identity, and the password.
struct Folder(tempfile::TempDir);

impl Folder {
    fn of(identity: &Identity) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.write("own.key", &identity.key_pem());
        folder.write("own.pem", &identity.certificate_pem());
        folder.write("above.pem", &keys::authority().certificate_pem());
        folder.write("password", format!("{PASSWORD}\r\n").as_bytes());
        folder
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        std::fs::write(self.at(name), bytes).unwrap();
        self.at(name)
    }

    /// A PKCS#12 file as OpenSSL writes it.
    fn pkcs12(&self, more: &[&str]) -> PathBuf {
        let run = Command::new("openssl")
            .args(["pkcs12", "-export", "-in", "own.pem", "-inkey", "own.key", "-certfile", "above.pem"])
            .args(["-passout", &format!("pass:{PASSWORD}"), "-out", "own.p12"])
            .args(more)
            .current_dir(self.0.path())
            .output()
            .unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        self.at("own.p12")
    }

    fn signer(&self, key: &Path, password: Option<&Path>) -> Result<Signer, SealError> {
        let (key, password) = (key.to_owned(), password.map(Path::to_owned));
        SignerPlan::Files { key, certificate: None, password }.signer()
    }
}

/// The reason of a refusal, which names the file and never the password.
fn reason(refused: Result<Signer, SealError>) -> String {
    let error = refused.map(drop).unwrap_err();
    assert_eq!(error.verdict(), Verdict::Park { code: "seal.key" });
    let told = format!("{error} {error:?}");
    assert!(!told.contains(PASSWORD) && !told.contains("BEGIN"), "{told}");
    error.to_string()
}

#[test]
fn a_key_with_its_chain_in_one_file_signs_whatever_modern_protection_it_has() {
    let modern: [&[&str]; 4] = [
        &[],
        &["-keypbe", "AES-128-CBC", "-certpbe", "AES-256-CBC", "-macalg", "sha512"],
        &["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"],
        &["-keypbe", "AES-256-CBC", "-certpbe", "NONE"],
    ];
    for identity in [keys::ec(), keys::rsa()] {
        let folder = Folder::of(identity);
        for more in modern {
            let signer = folder.signer(&folder.pkcs12(more), Some(&folder.at("password"))).unwrap();
            assert_eq!(signer.chain_pem().unwrap(), keys::authority().certificate_pem());
            let sealed = seal_unchecked(&document(), document_id(), &signer).unwrap().into_bytes();
            assert_eq!(
                check(std::str::from_utf8(&sealed).unwrap()).unwrap().signer(),
                Some("C=KZ, CN=Test fund")
            );
        }
    }
}

#[test]
fn what_is_wrong_with_such_a_file_is_told() {
    let folder = Folder::of(keys::ec());
    let password = folder.at("password");
    let good = folder.pkcs12(&[]);
    assert!(folder.signer(&good, Some(&password)).is_ok());
    let wrong = folder.write("wrong", b"another");
    assert!(
        reason(folder.signer(&good, Some(&wrong)))
            .ends_with("own.p12: its password is wrong, or it was changed")
    );
    assert!(reason(folder.signer(&good, None)).ends_with("it is under a password; name its password_file"));
    let mut changed = std::fs::read(&good).unwrap();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    let changed = folder.write("changed.p12", &changed);
    reason(folder.signer(&changed, Some(&password)));
    let half = std::fs::read(&good).unwrap();
    let half = folder.write("half.p12", &half[..half.len() / 2]);
    assert!(reason(folder.signer(&half, Some(&password))).contains("neither PEM nor PKCS#12"));
    let bare = folder.pkcs12(&["-nomac"]);
    assert!(reason(folder.signer(&bare, Some(&password))).contains("it has no MAC"));
    let old = folder.pkcs12(&["-legacy", "-certpbe", "PBE-SHA1-RC2-40", "-keypbe", "PBE-SHA1-3DES"]);
    assert!(reason(folder.signer(&old, Some(&password))).contains("RC2 of old programs"));
    let binary = folder.write("binary", b"a\xffb");
    assert!(reason(folder.signer(&good, Some(&binary))).ends_with("binary: the password is no text"));
    let certificate = folder.at("own.p12");
    folder.pkcs12(&["-nokeys"]);
    assert!(reason(folder.signer(&certificate, Some(&password))).ends_with("it holds no key"));
    let missing = folder.signer(&folder.at("missing.p12"), None).map(drop).unwrap_err();
    assert_eq!(missing.code(), "seal.read_file");
}

#[test]
fn a_key_whose_certificate_stands_beside_it_needs_none_inside() {
    let folder = Folder::of(keys::ec());
    let key = folder.pkcs12(&[]);
    let plan = |certificate: &Path| SignerPlan::Files {
        key: key.clone(),
        certificate: Some(certificate.to_owned()),
        password: Some(folder.at("password")),
    };
    assert!(plan(&folder.at("own.pem")).signer().is_ok());
    let other = folder.write("other.pem", &keys::rsa().certificate_pem());
    assert_eq!(plan(&other).signer().map(drop).unwrap_err().code(), "seal.key");
}

#[test]
fn a_pem_key_under_a_password_is_opened_by_its_file_alone() {
    let folder = Folder::of(keys::ec());
    let locked =
        keys::ec().key.private_key_to_pem_pkcs8_passphrase(Cipher::aes_256_cbc(), PASSWORD.as_bytes());
    let locked = folder.write("locked.key", &locked.unwrap());
    let plan = |password: Option<&str>| SignerPlan::Files {
        key: locked.clone(),
        certificate: Some(folder.at("own.pem")),
        password: password.map(|name| folder.at(name)),
    };
    assert!(plan(Some("password")).signer().is_ok());
    folder.write("wrong", b"another");
    assert!(reason(plan(Some("wrong")).signer()).contains("its password does not open it"));
    assert!(reason(plan(None).signer()).contains("under a password; name its password_file"));
    let alone = folder.signer(&folder.at("own.key"), None);
    assert!(reason(alone).contains("a PEM file holds a key alone; name its certificate"));
}

#[test]
fn neither_a_signer_nor_its_plan_shows_a_key() {
    let folder = Folder::of(keys::ec());
    let plan = SignerPlan::Files {
        key: folder.pkcs12(&[]),
        certificate: None,
        password: Some(folder.at("password")),
    };
    let told = format!("{plan:?} {:?}", plan.signer().unwrap());
    assert!(!told.contains(PASSWORD) && !told.contains("PRIVATE"), "{told}");
}
