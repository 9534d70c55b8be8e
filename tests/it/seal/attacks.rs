//! Known attacks on XML signatures, each told by name and made from an honest document; each must end with its own code.
//!
//! An attack that its signature value would stop is signed again, by the honest key: only the profile stands in its way.

mod algorithms;
mod bombs;
mod certificates;
mod ids;
mod key_info;
mod receipts;
mod references;
mod signatures;
mod values;
mod wrapping;

use super::keys::{self, Identity, now};
use super::{check_bytes, sealed_by};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openssl::ecdsa::EcdsaSig;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::sign::Signer;
use stazh::base::{Limits, Verdict};
use stazh::exchange::seal::{SealError, TrustStore, canonicalize, inspect};

/// One attack: what it is called, what is sent, and the code of the refusal.
struct Attack {
    name: &'static str,
    document: Vec<u8>,
    code: &'static str,
}

fn attack(name: &'static str, document: impl Into<Vec<u8>>, code: &'static str) -> Attack {
    Attack { name, document: document.into(), code }
}

/// Sees that each is refused with its code and for good, by who verifies and by who inspects; prints them all if not.
fn refused(attacks: Vec<Attack>) {
    refused_by(attacks, &keys::authority().trust(), &Limits::default());
}

fn refused_by(attacks: Vec<Attack>, trust: &TrustStore, limits: &Limits) {
    let honest = sealed_by(keys::rsa());
    check_bytes(honest.as_bytes()).unwrap();
    let (mut table, mut wrong) = (String::new(), 0);
    for Attack { name, document, code } in &attacks {
        assert_ne!(document, honest.as_bytes(), "{name} changes nothing");
        let told = match judged(document, trust, limits) {
            Ok(()) => "TAKEN".to_owned(),
            Err(error) => {
                let is_final = matches!(error.verdict(), Verdict::Quarantine { .. } | Verdict::Return { .. });
                let is_good = inspect(document, trust, None, now(), limits).is_good();
                match (is_final, is_good) {
                    (true, false) => error.code().to_owned(),
                    (false, _) => format!("{} is not final", error.code()),
                    (true, true) => "found good by inspection".to_owned(),
                }
            }
        };
        let mark = if told == *code { ' ' } else { '!' };
        wrong += usize::from(mark == '!');
        table.push_str(&format!("{mark} {name:<60} {code:<30} {told}\n"));
    }
    assert_eq!(wrong, 0, "{wrong} of {} attacks are not refused as told:\n{table}", attacks.len());
}

fn judged(document: &[u8], trust: &TrustStore, limits: &Limits) -> Result<(), SealError> {
    let opened = stazh::exchange::seal::open(document, limits)?;
    stazh::exchange::seal::verify(opened, trust, now()).map(drop)
}

/// An honest document, taken apart where attackers do.
struct Honest {
    whole: String,
    /// The container up to the signature.
    head: String,
    signature: String,
    content: String,
    tail: &'static str,
}

impl Honest {
    fn new() -> Self {
        let whole = sealed_by(keys::rsa());
        let (head, _) = whole.split_once("<ds:Signature ").unwrap();
        let signature = between(&whole, "<ds:Signature ", "</ds:Signature>");
        let content = between(&whole, "<doc:SignedContent ", "</doc:SignedContent>");
        let head = head.to_owned();
        let tail = "</doc:Data></doc:SignedDoc>";
        assert_eq!(whole, format!("{head}{signature}{content}{tail}"));
        Self { whole, head, signature, content, tail }
    }

    /// What the attacker wants to be read.
    fn evil(&self) -> String {
        self.content.replace("1985", "1999")
    }

    /// The same under an Id of its own.
    fn evil_apart(&self) -> String {
        self.evil().replacen(" Id=\"c", " Id=\"e", 1)
    }

    /// The container with other things inside.
    fn holding(&self, inside: &[&str]) -> String {
        format!("{}{}{}", self.head, inside.concat(), self.tail)
    }

    /// The document with this replaced, which must stand in it.
    fn with(&self, from: &str, to: &str) -> String {
        assert!(self.whole.contains(from), "{from} is not in the document");
        self.whole.replace(from, to)
    }

    /// The signature with something put before its end.
    fn signature_with(&self, more: &str) -> String {
        self.signature.replace("</ds:Signature>", &format!("{more}</ds:Signature>"))
    }
}

/// The document with its `SignedInfo` changed and signed again by the same key: a lawful signer who attacks.
fn resigned(whole: &str, change: impl Fn(&str) -> String) -> String {
    signed_by(&keys::rsa().key, whole, change)
}

fn signed_by(key: &PKey<Private>, whole: &str, change: impl Fn(&str) -> String) -> String {
    let info = between(whole, "<ds:SignedInfo", "</ds:SignedInfo>");
    let changed = change(&info);
    let alone = changed.replacen("<ds:SignedInfo", &format!("<ds:SignedInfo{DECLARE_DS}"), 1);
    let canonical = canonicalize(alone.as_bytes(), &Limits::default()).unwrap();
    with_signature(&whole.replace(&info, &changed), &raw_signature(key, &canonical))
}

/// As XML Signature writes it.
fn raw_signature(key: &PKey<Private>, bytes: &[u8]) -> Vec<u8> {
    let digest = if key.id() == openssl::pkey::Id::ED25519 { None } else { Some(MessageDigest::sha256()) };
    let mut signer = match digest {
        Some(digest) => Signer::new(digest, key).unwrap(),
        None => Signer::new_without_digest(key).unwrap(),
    };
    let signature = signer.sign_oneshot_to_vec(bytes).unwrap();
    let Ok(ec) = key.ec_key() else { return signature };
    let half = i32::try_from(ec.group().degree().div_ceil(8)).unwrap();
    let pair = EcdsaSig::from_der(&signature).unwrap();
    [pair.r().to_vec_padded(half).unwrap(), pair.s().to_vec_padded(half).unwrap()].concat()
}

/// The document with these octets for a signature.
fn with_signature(whole: &str, octets: &[u8]) -> String {
    with_value(whole, "-sign0\">", &STANDARD.encode(octets))
}

/// The document with this certificate.
fn with_certificate(whole: &str, der: &[u8]) -> String {
    with_value(whole, "<ds:X509Certificate>", &STANDARD.encode(der))
}

/// The document with what stands behind `place`, up to the next tag, replaced.
fn with_value(whole: &str, place: &str, value: &str) -> String {
    let (before, after) = whole.split_once(place).unwrap();
    let (_, rest) = after.split_once('<').unwrap();
    format!("{before}{place}{value}<{rest}")
}

/// The octets that were signed, and the signature over them.
fn signed_octets(whole: &str) -> (Vec<u8>, Vec<u8>) {
    let info = between(whole, "<ds:SignedInfo", "</ds:SignedInfo>");
    let alone = info.replacen("<ds:SignedInfo", &format!("<ds:SignedInfo{DECLARE_DS}"), 1);
    let (_, after) = whole.split_once("-sign0\">").unwrap();
    (alone.into_bytes(), STANDARD.decode(after.split_once('<').unwrap().0).unwrap())
}

fn identity_of(key: PKey<Private>) -> Identity {
    keys::make("Test fund", key, Some(keys::authority()), keys::WIDE, true)
}

fn between(text: &str, from: &str, to: &str) -> String {
    let begin = text.find(from).unwrap();
    let end = begin + from.len() + text[begin + from.len()..].find(to).unwrap() + to.len();
    text[begin..end].to_owned()
}

fn insert_after(text: &str, place: &str, skip: usize, what: &str) -> String {
    let at = text.find(place).unwrap() + place.len() + skip;
    format!("{}{what}{}", &text[..at], &text[at..])
}

const DECLARE_DS: &str = " xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"";
const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
const ECDSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";

#[test]
fn what_is_signed_again_is_signed_well() {
    let honest = Honest::new();
    let again = resigned(&honest.whole, |info| info.replace("<ds:Transforms>", "<ds:Transforms >"));
    assert_ne!(again, honest.whole);
    check_bytes(again.as_bytes()).unwrap();
    let nameless = resigned(&honest.whole, |info| {
        info.replace(&between(info, " Id=\"xmldsig", "\""), "").replace("Id=\"xmldsig-", "Id=\"")
    });
    assert!(check_bytes(nameless.as_bytes()).is_ok(), "a reference needs no Id");
}
