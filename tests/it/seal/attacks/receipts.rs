//! Receipts and answers of third parties: of another document, of another signature, of nobody, told again.

use super::super::{document, document_id};
use super::*;
use stazh::base::{DocumentId, Random, SeededRandom};
use stazh::exchange::document::Scope;
use stazh::exchange::seal::{
    DigestAlgorithm, Judged, KeyKind, Outcome, Question, ReceiptTrust, Signer as Sealer, ThirdParty,
    ThrowAwayAuthority, open_receipt, seal_unchecked,
};
use uuid::Uuid;

/// A state with somebody who seals and a third party that knows his authority.
struct Land {
    authority: ThrowAwayAuthority,
    fund: Sealer,
}

impl Land {
    fn new(state: &str) -> Self {
        let authority = ThrowAwayAuthority::new("seals", state, now()).unwrap();
        let issued = authority.issue_seal("fund", KeyKind::P256).unwrap();
        let fund = Sealer::from_pem(&issued.key_pem, &issued.chain_pem).unwrap();
        Self { authority, fund }
    }

    fn trust(&self) -> TrustStore {
        TrustStore::from_pem(&self.authority.pem().unwrap()).unwrap()
    }

    fn receipts(&self) -> ReceiptTrust {
        ReceiptTrust::new(self.trust(), None)
    }

    fn third_party(&self) -> ThirdParty {
        let issued = self.authority.issue_third_party("ttp", KeyKind::P256).unwrap();
        let signer = Sealer::from_pem(&issued.key_pem, &issued.chain_pem).unwrap();
        ThirdParty::new(signer, self.trust(), Vec::new(), Limits::default())
    }

    /// A third party by its own word: its certificate is only for sealing.
    fn false_party(&self) -> ThirdParty {
        let issued = self.authority.issue_seal("fund", KeyKind::P256).unwrap();
        let signer = Sealer::from_pem(&issued.key_pem, &issued.chain_pem).unwrap();
        ThirdParty::new(signer, self.trust(), Vec::new(), Limits::default())
    }

    fn sealed(&self, id: DocumentId) -> String {
        String::from_utf8(seal_unchecked(&document(), id, &self.fund).unwrap().into_bytes()).unwrap()
    }
}

fn receipt(party: &ThirdParty, sealed: &str) -> String {
    let id = SeededRandom::new(11).uuid();
    party.receipt(sealed.as_bytes(), (id, now())).unwrap().0.unwrap()
}

fn with_receipt(sealed: &str, receipt: &str) -> String {
    sealed.replace("</doc:SignedDoc>", &format!("{receipt}</doc:SignedDoc>"))
}

/// What the receipt in the document says of it.
fn said(document: &str, trust: &ReceiptTrust) -> Result<Outcome, SealError> {
    let (subject, receipt) = open_receipt(document.as_bytes(), &Scope::default(), &Limits::default())?;
    let receipt = receipt.ok_or(SealError::Receipt { reason: "none" })?;
    let filled = receipt.filling(&subject)?.finish()?;
    Ok(receipt.verify((&subject, &filled), trust, now())?.outcome)
}

#[test]
fn a_receipt_confirms_the_document_and_the_signature_it_was_given_for() {
    let (own, abroad) = (Land::new("KZ"), Land::new("BY"));
    let (party, trust) = (own.third_party(), own.receipts());
    let sealed = own.sealed(document_id());
    let honest = receipt(&party, &sealed);
    let whole = with_receipt(&sealed, &honest);
    assert_eq!(said(&whole, &trust).unwrap(), Outcome::Confirmed);
    let other = own.sealed(DocumentId::from_uuid(SeededRandom::new(8).uuid()));
    let again = own.sealed(document_id());
    let content = between(&sealed, "<doc:SignedContent ", "</doc:SignedContent>");
    let object = between(&honest, "<ds:Object>", "</ds:Object>");
    let bad = receipt(&party, &sealed.replace("1985", "1986"));
    let success = between(&honest, "<rcpt:Success", "</rcpt:Success>");
    let failure = between(&bad, "<rcpt:Error", "</rcpt:Error>");
    let change = |from: &str, to: &str| {
        let changed = whole.replace(from, to);
        assert_ne!(changed, whole, "{from}");
        changed
    };
    let rows = [
        ("of another document", with_receipt(&other, &honest), "seal.receipt"),
        ("of another signature of the same document", with_receipt(&again, &honest), "seal.receipt"),
        ("of a document that was changed afterwards", change("1985", "1986"), "seal.receipt"),
        (
            "of a third party abroad",
            with_receipt(&sealed, &receipt(&abroad_party(&abroad, &own), &sealed)),
            "seal.foreign",
        ),
        (
            "of one who only seals",
            with_receipt(&sealed, &receipt(&own.false_party(), &sealed)),
            "seal.other_third_party",
        ),
        (
            "that says another thing than was signed",
            with_receipt(&sealed.replace("1985", "1986"), &bad.replace(&failure, &success)),
            "seal.receipt",
        ),
        (
            "inside the content",
            sealed.replace("</doc:SignedContent>", &format!("{honest}</doc:SignedContent>")),
            "seal.receipt",
        ),
        (
            "inside the container, and not behind Data",
            sealed.replace("</doc:Data>", &format!("{honest}</doc:Data>")),
            "seal.receipt",
        ),
        ("twice", with_receipt(&whole, &honest), "seal.misplaced_signature"),
        ("without what it says", change(&object, ""), "seal.wrong_element"),
        ("with two sayings", change(&object, &object.repeat(2)), "seal.wrong_element"),
        ("with two entries of its report", change(&success, &success.repeat(2)), "seal.receipt"),
        ("with no entry in its report", change(&success, ""), "seal.receipt"),
        ("with a comment", change("<rcpt:DocId>", "<rcpt:DocId><!-- c -->"), "seal.receipt"),
        ("with an instruction", change("<rcpt:DocId>", "<rcpt:DocId><?c?>"), "seal.inserted"),
        (
            "with the wrapped content of another",
            change(
                "</rcpt:Report>",
                &format!(
                    "</rcpt:Report><rcpt:AttachedData>{}</rcpt:AttachedData>",
                    content.replace(" Id=\"c", " Id=\"e")
                ),
            ),
            "seal.receipt",
        ),
        ("of another time", change("<xades:SigningTime>2026", "<xades:SigningTime>2025"), "seal.receipt"),
        ("of an external document", change(" URI=\"#d", " URI=\"http://127.0.0.1:9/#d"), "seal.receipt"),
        ("by a script", change_behind(&whole, TRANSFORM, XSLT), "seal.transform"),
        ("by SHA-1", change_behind(&whole, SHA256, SHA1), "seal.weak_algorithm"),
    ];
    let mut wrong = Vec::new();
    for (name, document, code) in rows {
        let told =
            said(&document, &trust).map_or_else(|error| error.code().to_owned(), |said| format!("{said:?}"));
        if told != code {
            wrong.push(format!("{name}: {told} in the place of {code}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A third party of another state that knows the authority of ours.
fn abroad_party(abroad: &Land, own: &Land) -> ThirdParty {
    let issued = abroad.authority.issue_third_party("ttp", KeyKind::P256).unwrap();
    let signer = Sealer::from_pem(&issued.key_pem, &issued.chain_pem).unwrap();
    ThirdParty::new(signer, own.trust(), Vec::new(), Limits::default())
}

/// Changes the part behind Data alone.
fn change_behind(whole: &str, from: &str, to: &str) -> String {
    let (data, behind) = whole.split_once("</doc:Data>").unwrap();
    assert!(behind.contains(from));
    format!("{data}</doc:Data>{}", behind.replace(from, to))
}

const TRANSFORM: &str = "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\">";
const XSLT: &str = "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\">";
const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
const SHA1: &str = "http://www.w3.org/2000/09/xmldsig#sha1";

#[test]
fn what_stands_in_the_place_of_a_receipt_is_never_read() {
    let honest = Honest::new();
    let signature = "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">";
    let wrapped = format!(
        "</doc:Data>{signature}<ds:Object><doc:Data Id=\"e\">{}</doc:Data></ds:Object></ds:Signature>",
        honest.evil_apart()
    );
    let attack = honest.with("</doc:Data>", &wrapped);
    let verified = check_bytes(attack.as_bytes()).unwrap();
    assert_eq!(verified.document(), check_bytes(honest.whole.as_bytes()).unwrap().document());
    let trust = ReceiptTrust::new(keys::authority().trust(), None);
    assert!(said(&attack, &trust).is_err());
}

/// By RFC 3029: an answer counts for the question it answers, and for the document it was asked about.
#[test]
fn an_answer_is_not_told_twice() {
    let (own, abroad) = (Land::new("KZ"), Land::new("BY"));
    let trust = own.receipts();
    let sealed = own.sealed(document_id());
    let question = |id: u128, at: jiff::Timestamp| Question::new(Uuid::from_u128(id), at).unwrap();
    let request = |question: &Question, document: &str| {
        let (before, after) = question.frame(document.len().try_into().unwrap()).unwrap();
        [before.as_slice(), document.as_bytes(), &after].concat()
    };
    let asked = question(7, now());
    let serial = (Uuid::from_u128(9), now());
    let (answer, outcome) = own.third_party().answer(&request(&asked, &sealed), serial).unwrap();
    assert_eq!(outcome, Outcome::Confirmed);
    let read = |question: &Question, answer: &[u8], document: &str| -> Result<Judged, SealError> {
        let answer = question.read_answer(answer, &trust, now())?;
        let digest = answer
            .digest()
            .map(|digest| {
                assert_eq!(digest, DigestAlgorithm::Sha256);
                openssl::sha::sha256(document.as_bytes()).to_vec()
            })
            .unwrap_or_default();
        answer.of_document(&digest)
    };
    assert!(matches!(read(&asked, &answer, &sealed), Ok(Judged::Confirmed(_))));
    let second = now() + jiff::SignedDuration::from_secs(1);
    let (of_stranger, _) = abroad_party(&abroad, &own).answer(&request(&asked, &sealed), serial).unwrap();
    let (of_sealer, _) = own.false_party().answer(&request(&asked, &sealed), serial).unwrap();
    let evil = sealed.replace("1985", "1999");
    for (name, question, answer, document, code) in [
        ("to a later question", &question(7, second), &answer, &sealed, "seal.cms"),
        ("about another document", &asked, &answer, &evil, "seal.cms"),
        ("of a stranger", &asked, &of_stranger, &sealed, "seal.foreign"),
        ("of one who only seals", &asked, &of_sealer, &sealed, "seal.other_third_party"),
        ("with something behind it", &asked, &[answer.as_slice(), &[0]].concat(), &sealed, "seal.cms"),
        ("cut short", &asked, &answer[..answer.len() - 1].to_vec(), &sealed, "seal.cms"),
    ] {
        let error = read(question, answer, document).map(drop).expect_err(name);
        assert_eq!(error.code(), code, "{name}: {error}");
    }
    let negative = own.third_party().answer(&request(&asked, &evil), serial).unwrap().0;
    assert!(matches!(read(&asked, &negative, &evil), Ok(Judged::NotConfirmed { .. })));
    // a question of another id in the same second has the same information: the id is told to the third party alone
    let nobody = read(&asked, b"", &sealed);
    assert!(!matches!(nobody, Ok(Judged::Confirmed(_))));
}
