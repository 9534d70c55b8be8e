//! Whose signature is taken, when, and what the refusal is called.

use super::check;
use super::document;
use super::document_id;
use super::keys;
use super::keys::Identity;
use super::keys::WIDE;
use super::keys::now;
use stazh::base::Limits;
use stazh::base::Verdict;
use stazh::exchange::seal::SealError;
use stazh::exchange::seal::Signer;
use stazh::exchange::seal::TrustStore;
use stazh::exchange::seal::open;
use stazh::exchange::seal::seal_unchecked;
use stazh::exchange::seal::verify;

#[test]
fn a_certificate_past_or_before_its_time_is_refused() {
    for (span, code) in [
        (("2020-01-01T00:00:00Z", "2026-05-31T23:59:59Z"), "seal.expired"),
        (("2026-06-01T00:00:01Z", "2030-01-01T00:00:00Z"), "seal.not_yet_valid"),
    ] {
        let late = keys::make("Late fund", keys::ec_key(), Some(keys::authority()), span, true);
        let error = judged(&late, &keys::authority().trust());
        assert_eq!(error.unwrap_err().verdict(), Verdict::Quarantine { code });
    }
    let edge = ("2026-06-01T00:00:00Z", "2026-06-01T00:00:01Z");
    let edge = keys::make("Edge fund", keys::ec_key(), Some(keys::authority()), edge, true);
    judged(&edge, &keys::authority().trust()).unwrap();
}

#[test]
fn a_certificate_of_another_authority_is_foreign() {
    let stranger = keys::make("Test authority", keys::ec_key(), None, WIDE, true);
    let theirs = keys::make("Test fund", keys::ec_key(), Some(&stranger), WIDE, true);
    assert_eq!(judged(&theirs, &keys::authority().trust()).unwrap_err().code(), "seal.foreign");
    let stranger = keys::make("Unknown authority", keys::ec_key(), None, WIDE, true);
    let theirs = keys::make("Test fund", keys::ec_key(), Some(&stranger), WIDE, true);
    assert_eq!(judged(&theirs, &keys::authority().trust()).unwrap_err().code(), "seal.foreign");
    let own = keys::make("Self", keys::ec_key(), None, WIDE, true);
    assert_eq!(judged(&own, &keys::authority().trust()).unwrap_err().code(), "seal.foreign");
}

#[test]
fn a_certificate_that_is_not_for_signing_is_refused() {
    let other = keys::make("Test fund", keys::ec_key(), Some(keys::authority()), WIDE, false);
    assert_eq!(judged(&other, &keys::authority().trust()).unwrap_err().code(), "seal.key_usage");
}

#[test]
fn a_signature_of_another_key_is_refused() {
    let ours = super::sealed_by(keys::ec());
    let other = keys::make("Test fund", keys::ec_key(), Some(keys::authority()), WIDE, true);
    let theirs = super::sealed_by(&other);
    let certificate = |text: &str| {
        let (_, after) = text.split_once("<ds:X509Certificate>").unwrap();
        after.split_once('<').unwrap().0.to_owned()
    };
    let mixed = ours.replace(&certificate(&ours), &certificate(&theirs));
    assert_eq!(check(&mixed).unwrap_err().code(), "seal.signature_mismatch");
    let mixed = ours.replace(&certificate(&ours), &certificate(&super::sealed_by(keys::rsa())));
    assert_eq!(check(&mixed).unwrap_err().code(), "seal.unfit_key");
}

#[test]
fn our_own_mistakes_park() {
    let refused = |key: &[u8], certificate: &[u8]| Signer::from_pem(key, certificate).unwrap_err().verdict();
    let parked = Verdict::Park { code: "seal.key" };
    assert_eq!(refused(b"no key", &keys::ec().certificate_pem()), parked);
    assert_eq!(refused(&keys::ec().key_pem(), &keys::rsa().certificate_pem()), parked);
    assert_eq!(refused(&keys::ec().key_pem(), b""), parked);
    let locked =
        keys::ec().key.private_key_to_pem_pkcs8_passphrase(openssl::symm::Cipher::aes_256_cbc(), b"x");
    assert_eq!(refused(&locked.unwrap(), &keys::ec().certificate_pem()), parked);
    assert_eq!(TrustStore::from_pem(&keys::ec().certificate_pem()).unwrap_err().code(), "seal.trust_bundle");
    for unfit in
        ["", "text", "<?xml version=\"1.0\"?><a></a>", "<a xmlns=\"urn:EEC:SignedData:v1.0:EDoc\"></a>"]
    {
        let error = seal_unchecked(unfit.as_bytes(), document_id(), &keys::ec().signer()).unwrap_err();
        assert_eq!(error.verdict(), Verdict::Park { code: "seal.unsealable" });
    }
    let missing = std::path::Path::new("no-such-file.pem");
    assert_eq!(Signer::from_files(missing, missing).unwrap_err().code(), "seal.read_file");
}

fn judged(identity: &Identity, trust: &TrustStore) -> Result<(), SealError> {
    let sealed = seal_unchecked(&document(), document_id(), &identity.signer()).unwrap();
    verify(open(sealed.as_bytes(), &Limits::default()).unwrap(), trust, now()).map(drop)
}

#[test]
fn a_good_chain_is_remembered_only_while_all_of_it_is_valid() {
    let span = ("2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z");
    let brief = keys::make("Brief fund", keys::ec_key(), Some(keys::authority()), span, true);
    let trust = keys::authority().trust();
    let sealed = super::sealed_by(&brief);
    let at = |moment: &str| {
        let opened = open(sealed.as_bytes(), &Limits::default()).unwrap();
        verify(opened, &trust, moment.parse().unwrap()).map(|_verified| ()).map_err(|error| error.code())
    };
    for _ in 0..2 {
        assert_eq!(at("2026-06-01T12:00:00Z"), Ok(()));
        assert_eq!(at("2026-06-02T00:00:01Z"), Err("seal.expired"));
        assert_eq!(at("2026-05-31T23:59:59Z"), Err("seal.not_yet_valid"));
    }
}
