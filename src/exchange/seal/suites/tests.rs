//! Every suite by the same properties, and the names of all of them. Those of GOST run in a process of their own, that
//! loads the engine; the process of the other tests is the one that has none.

use super::super::{Issued, KeyKind, SealError, Signer, ThrowAwayAuthority, TrustStore};
use super::names::DIGESTS;
use super::*;
use openssl::x509::X509;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::io::Write;
use std::process::Command;

const SHA256_URI: &str = "http://www.w3.org/2001/04/xmlenc#sha256";

/// A key with all suites that fit it.
struct Pair {
    private: PrivateKey,
    public: PublicKey,
    suites: Vec<&'static Suite>,
}

impl Pair {
    fn of(kind: KeyKind) -> Self {
        let Issued { chain_pem, key_pem } = authority().issue_seal("fund", kind).unwrap();
        let own = X509::stack_from_pem(&chain_pem).unwrap().remove(0);
        let public = PublicKey::of(&own).unwrap();
        let suites = SUITES.iter().filter(|suite| suite.scheme.is_fit(&public)).collect();
        Self { private: PrivateKey::from_pem(&key_pem).unwrap(), public, suites }
    }
}

fn authority() -> ThrowAwayAuthority {
    ThrowAwayAuthority::new("test", "KZ", "2026-11-23T00:00:00Z".parse().unwrap()).unwrap()
}

/// What is signed verifies, by this key and suite alone, and no bit of it may change.
fn suites_keep_apart(kinds: &[KeyKind]) {
    let pairs: Vec<Pair> = kinds.iter().map(|kind| Pair::of(*kind)).collect();
    let cases = Config { cases: 8, failure_persistence: None, ..Config::default() };
    let bytes = prop::collection::vec(any::<u8>(), 1..200);
    TestRunner::new(cases)
        .run(&(bytes, any::<prop::sample::Index>()), |(bytes, at)| {
            for pair in &pairs {
                for suite in &pair.suites {
                    let signature = suite.scheme.sign(&pair.private, &bytes).unwrap();
                    prop_assert!(suite.scheme.is_signature(&pair.public, &bytes, &signature));
                    let mut other = bytes.clone();
                    other[at.index(bytes.len())] ^= 1 << at.index(8);
                    prop_assert!(!suite.scheme.is_signature(&pair.public, &other, &signature));
                    for other in &pairs {
                        for its in
                            other.suites.iter().filter(|its| its.signature_uri() != suite.signature_uri())
                        {
                            prop_assert!(!its.scheme.is_signature(&other.public, &bytes, &signature));
                            prop_assert!(!its.scheme.is_signature(&pair.public, &bytes, &signature));
                        }
                        if !std::ptr::eq(pair, other) {
                            prop_assert!(!suite.scheme.is_fit(&other.public));
                            prop_assert!(!suite.scheme.is_signature(&other.public, &bytes, &signature));
                            prop_assert!(!other.public.is_of(&pair.private));
                        }
                    }
                }
            }
            Ok(())
        })
        .unwrap();
    for pair in &pairs {
        for suite in &pair.suites {
            let signature = suite.scheme.sign(&pair.private, b"content").unwrap();
            for bit in 0..signature.len() * 8 {
                let mut altered = signature.clone();
                altered[bit / 8] ^= 1 << (bit % 8);
                assert!(
                    !suite.scheme.is_signature(&pair.public, b"content", &altered),
                    "bit {bit}, {suite:?}"
                );
            }
            let (longer, shorter) = ([signature.as_slice(), &[0]].concat(), &signature[1..]);
            assert!(!suite.scheme.is_signature(&pair.public, b"content", &longer), "{suite:?}");
            assert!(!suite.scheme.is_signature(&pair.public, b"content", shorter), "{suite:?}");
            assert!(!suite.scheme.is_signature(&pair.public, b"content", &[]), "{suite:?}");
        }
    }
}

#[test]
fn a_signature_verifies_by_its_own_key_and_suite_alone_and_to_the_bit() {
    suites_keep_apart(&[KeyKind::Rsa2048, KeyKind::P256, KeyKind::P384, KeyKind::Bign]);
}

/// One signature of 256 begins with a zero octet, and means the same number without it.
#[test]
fn a_signature_of_rsa_is_as_long_as_its_key() {
    let pair = Pair::of(KeyKind::Rsa2048);
    for suite in &pair.suites {
        let begins_with_zero = |number: u32| {
            let (bytes, signature) =
                (number.to_be_bytes(), suite.scheme.sign(&pair.private, &number.to_be_bytes()));
            let signature = signature.unwrap();
            (signature[0] == 0).then_some((bytes, signature))
        };
        let (bytes, signature) = (0..100_000).find_map(begins_with_zero).unwrap();
        assert!(suite.scheme.is_signature(&pair.public, &bytes, &signature), "{suite:?}");
        assert!(!suite.scheme.is_signature(&pair.public, &bytes, &signature[1..]), "{suite:?}");
    }
}

#[test]
fn no_name_is_given_twice_and_every_alias_is_read() {
    let mut names = Vec::new();
    for suite in &SUITES {
        assert!(suite.reads.contains(&suite.writes), "{suite:?} does not read what it writes");
        for uri in std::iter::once(&suite.uris.writes).chain(suite.uris.reads) {
            let found = suite_named(uri).unwrap();
            assert_eq!(found.signature_uri(), suite.signature_uri());
            names.push(*uri);
        }
    }
    for row in &DIGESTS {
        assert_eq!(row.digest.uri(), row.uris.writes);
        for uri in std::iter::once(&row.uris.writes).chain(row.uris.reads) {
            assert_eq!(DigestAlgorithm::named(uri).unwrap(), row.digest);
            names.push(*uri);
        }
    }
    let given = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), given);
}

#[test]
fn an_unknown_algorithm_is_undecided_and_its_name_is_cut() {
    for signature in [
        "http://www.w3.org/2001/04/xmldsig-more#gostr34102001-gostr3411",
        "http://www.w3.org/2007/05/xmldsig-more#rsa-pss",
        "urn:EAEU:Signature:gost",
    ] {
        let found = suite_of(signature, SHA256_URI).unwrap_err();
        assert_eq!(found.code(), "seal.unknown_algorithm");
        assert!(found.is_undecided());
    }
    let long = unknown(&"x\n".repeat(1000)).to_string();
    assert!(long.len() < 200 && !long.contains('\n'));
}

#[test]
fn a_digest_of_another_family_does_not_belong_to_a_suite() {
    let bign = "http://www.w3.org/2009/xmldsig11#bign-with-hbelt";
    assert!(suite_of(bign, "urn:EAEU:Digest:belt-hash256").is_ok());
    assert_eq!(suite_of(bign, SHA256_URI).unwrap_err().code(), "seal.unknown_algorithm");
    let rsa512 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512";
    assert!(suite_of(rsa512, SHA256_URI).is_ok());
    assert!(suite_of(rsa512, "urn:EAEU:Digest:belt-hash256").is_err());
    assert!(suite_of(rsa512, "http://www.w3.org/2000/09/xmldsig#sha1").is_err());
}

#[test]
fn the_ledger_knows_every_content_by_sha256() {
    for (algorithm, octets) in [
        (DigestAlgorithm::Sha256, 32),
        (DigestAlgorithm::Sha384, 48),
        (DigestAlgorithm::Sha512, 64),
        (DigestAlgorithm::Belt, 32),
    ] {
        let digests = digests_of(algorithm, b"content");
        assert_eq!(digests.ledger, sha256(b"content"));
        let ledger = digests.ledger.0;
        let told = digests.take(algorithm).unwrap();
        assert_eq!(told.len(), octets);
        assert_eq!(told == ledger, algorithm == DigestAlgorithm::Sha256);
    }
}

#[test]
fn one_pass_gives_every_digest_that_was_asked_for_and_no_other() {
    use DigestAlgorithm::{Belt, Sha256, Sha384, Sha512};
    let mut hasher = ContentHasher::of([Sha384, Belt, Sha256, Sha384]).unwrap();
    hasher.write_all(b"content").unwrap();
    let digests = hasher.finish().unwrap();
    for algorithm in [Sha256, Sha384, Belt] {
        assert_eq!(digests.by(algorithm).map(<[u8]>::to_vec), Some(algorithm.of(b"content").unwrap()));
    }
    assert_eq!(digests.by(Sha512), None);
}

fn digests_of(algorithm: DigestAlgorithm, content: &[u8]) -> ContentDigests {
    let mut hasher = algorithm.hasher().unwrap();
    for piece in content.chunks(3) {
        hasher.write_all(piece).unwrap();
    }
    hasher.finish().unwrap()
}

fn octets(hex: &str) -> Vec<u8> {
    let hex: Vec<char> = hex.chars().filter(|c| !c.is_whitespace()).collect();
    hex.chunks(2).map(|pair| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap()).collect()
}

/// STB 34.101.31, annex A: the table H, of which 13, 32 and 48 octets are hashed.
const BELT_H: &str = "B194BAC8 0A08F53B 366D008E 584A5DE4 8504FA9D 1BB6C7AC 252E72C2 02FDCE0D
    5BE3D612 17B96181 FE6786AD 716B890B";

#[test]
fn belt_hash_gives_the_values_of_its_standard() {
    for (length, expected) in [
        (13, "ABEF9725 D4C5A835 97A367D1 4494CC25 42F20F65 9DDFECC9 61A3EC55 0CBA8C75"),
        (32, "749E4C36 53AECE5E 48DB4761 227742EB 6DBE13F4 A80F7BEF F1A9CF8D 10EE7786"),
        (48, "9D02EE44 6FB6A29F E5C982D4 B13AF9D3 E90861BC 4CEF27CF 306BFB0B 174A154A"),
    ] {
        let digests = digests_of(DigestAlgorithm::Belt, &octets(BELT_H)[..length]);
        assert_eq!(digests.by(DigestAlgorithm::Belt), Some(octets(expected).as_slice()), "{length}");
    }
}

#[test]
fn bign_gives_the_values_of_its_standard() {
    // STB 34.101.45, annex G, and its methodical material: one key, three signatures
    let key = octets("1F66B5B8 4B733967 4533F032 9C74F218 34281FED 0732429E 0C79235F C273E269");
    let public = octets(
        "BD1A5650 179D79E0 3FCEE49D 4C2BD5DD F54CE46D 0CF11E4F F87BF7A8 90857FD0
         7AC6A603 61E8C817 3491686D 461B2826 190C2EDA 5909054A 9AB84D2A B9D99A90",
    );
    let private = bignp256::SecretKey::from_slice(&key).unwrap();
    assert_eq!(private.public_key().to_bytes().as_ref(), public);
    let public = PublicKey::Bign(bignp256::PublicKey::from_bytes(&public).unwrap());
    let scheme = &bign::BIGN;
    for (length, signature) in [
        (
            13,
            "E36B7F03 77AE4C52 4027C387 FADF1B20 CE72F153 0B71F2B5 FD3A8C58 4FE2E1AE D20082E3 0C8AF650 11F4FB54 649DFD3D",
        ),
        (
            48,
            "47A63C8B 9C936E94 B5FAB3D9 CBD78366 290F3210 E163EEC8 DB4E921E 8479D413 8F112CC2 3E6DCE65 EC5FF21D F4231C28",
        ),
        (
            13,
            "19D32B7E 01E25BAE 4A70EB6B CA42602C CA6A1394 4451BCC5 D4C54CFD 8737619C 328B8A58 FB9C68FD 17D569F7 D06495FB",
        ),
    ] {
        let message = &octets(BELT_H)[..length];
        assert!(scheme.is_signature(&public, message, &octets(signature)), "{signature}");
    }
    let ours = scheme.sign(&PrivateKey::Bign(private), &octets(BELT_H)[..13]).unwrap();
    assert!(scheme.is_signature(&public, &octets(BELT_H)[..13], &ours));
}

#[test]
fn without_the_engine_gost_is_undecided_and_a_key_is_refused_with_the_remedy() {
    assert!(gost_digest(STREEBOG256).is_err(), "this process must have no engine; unset OPENSSL_CONF");
    let found = suite_of(GOST256_URI, STREEBOG256_URI).unwrap_err();
    assert_eq!(found.code(), "seal.gost_engine");
    assert!(found.is_undecided() && found.to_string().contains("set OPENSSL_CONF"), "{found}");
    for kind in [KeyKind::Gost256, KeyKind::Gost512] {
        let error = authority().issue_seal("fund", kind).map(|_| ()).unwrap_err();
        assert!(matches!(error, SealError::Key { reason } if reason == ENGINE_MISSING), "{error}");
    }
}

const GOST256_URI: &str = "urn:ietf:params:xml:ns:cpxmlsec:algorithms:gostr34102012-gostr34112012-256";
const STREEBOG256_URI: &str = "urn:ietf:params:xml:ns:cpxmlsec:algorithms:gostr34112012-256";

#[test]
fn gost_holds_to_the_same_properties() {
    in_a_process_with_the_engine(module_path!(), "with_the_engine_gost_keeps_apart");
    in_a_process_with_the_engine(module_path!(), "streebog_gives_the_values_of_its_standard");
}

#[test]
#[ignore = "gost_holds_to_the_same_properties runs it where the engine is loaded"]
fn with_the_engine_gost_keeps_apart() {
    suites_keep_apart(&[KeyKind::Gost256, KeyKind::Gost512, KeyKind::P256, KeyKind::Bign]);
    assert!(suite_of(GOST256_URI, STREEBOG256_URI).is_ok());
    for (kind, digest) in
        [(KeyKind::Gost256, DigestAlgorithm::Streebog256), (KeyKind::Gost512, DigestAlgorithm::Streebog512)]
    {
        let now = "2026-11-23T00:00:00Z".parse().unwrap();
        let authority = ThrowAwayAuthority::of_kind(kind, "test", "RU", now).unwrap();
        let issued = authority.issue_seal("fund", kind).unwrap();
        TrustStore::from_pem(&authority.pem().unwrap()).unwrap();
        assert_eq!(Signer::from_pem(&issued.key_pem, &issued.chain_pem).unwrap().suite().digest(), digest);
    }
}

#[test]
#[ignore = "gost_holds_to_the_same_properties runs it where the engine is loaded"]
fn streebog_gives_the_values_of_its_standard() {
    // RFC 6986, 10.1; the RFC writes numbers, the octets are in the other order
    let message = b"012345678901234567890123456789012345678901234567890123456789012";
    let expected = "9d151eefd8590b89daa6ba6cb74af9275dd051026bb149a452fd84e5e57b5500";
    assert_eq!(
        digests_of(DigestAlgorithm::Streebog256, message).take(DigestAlgorithm::Streebog256).unwrap(),
        octets(expected)
    );
    let expected = "1b54d01a4af5b9d5cc3d86d68d285462b19abc2475222f35c085122be4ba1ffa\
                    00ad30f8767b3a82384c6574f024c311e2a481332b08ef7f41797891c1646f48";
    assert_eq!(
        digests_of(DigestAlgorithm::Streebog512, message).take(DigestAlgorithm::Streebog512).unwrap(),
        octets(expected)
    );
    assert_eq!(digests_of(DigestAlgorithm::Streebog512, message).ledger, sha256(message));
}

/// Runs one test of a module in another process. Fails where the engine is not installed: deploy/prerequisites does.
pub(in super::super) fn in_a_process_with_the_engine(module: &str, test: &str) {
    let name = format!("{}::{test}", module.split_once("::").unwrap().1);
    let output = Command::new(std::env::current_exe().unwrap())
        .args([&name, "--exact", "--ignored"])
        .env("OPENSSL_CONF", concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/openssl-gost.cnf"))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("1 passed"), "{told}");
}
