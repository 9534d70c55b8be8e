//! The trusted third party of a state: who may judge a signature for it, and what may come of that.
//!
//! A state does not judge a foreign signature by itself: it asks its own third party, which knows the authorities of
//! the others, or theirs. Three things may come of it, and the third is neither of the other two.

use super::cms::SignedContent;
use super::dvcs::{Asked, refusal};
use super::error::SealError;
use super::open::{OpenedDocument, open};
use super::receipt::{Said, open_receipt};
use super::revocation::{Ask, StatusKind};
use super::signer::Signer;
use super::trust::TrustStore;
use super::verify::{SignerCertificate, judge_each};
use crate::base::{Digest256, Limits, with_causes};
use crate::exchange::document::Scope;
use der::asn1::ObjectIdentifier;
use jiff::Timestamp;
use openssl::x509::X509;
use std::str::FromStr;
use std::sync::Arc;
use uuid::Uuid;

/// What a third party says of a signed document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// «Проверено»: its signatures are good. Nothing else confirms one.
    Confirmed,
    /// «Не проверено»: one of them is not.
    NotConfirmed {
        /// Why, if it is told by a code.
        code: Option<ReasonCode>,
        /// The same in words.
        text: String,
    },
    /// «Невозможно проверить»: neither good nor bad.
    Impossible {
        /// Why not.
        text: String,
    },
}

impl Outcome {
    /// What comes of several signatures: one that is bad is enough, and nothing is confirmed before all are.
    pub(super) fn of_all(each: &[Self]) -> Self {
        let is_bad = |outcome: &&Self| matches!(outcome, Self::NotConfirmed { .. });
        let is_open = |outcome: &&Self| matches!(outcome, Self::Impossible { .. });
        let first = each.iter().find(is_bad).or_else(|| each.iter().find(is_open)).or(each.first());
        let none = || Self::Impossible { text: "there is no signature".to_owned() };
        first.cloned().unwrap_or_else(none)
    }
}

/// Why a signature was not confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReasonCode {
    /// The signature is not that of the key.
    SignatureError,
    /// The certificate is not good.
    BadCertificate,
    /// The document is not the one that was signed.
    AuthenticityError,
}

impl ReasonCode {
    /// As it is written in a receipt.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::SignatureError => "Signature.Error",
            Self::BadCertificate => "Signature.BadCertificate",
            Self::AuthenticityError => "Document.AuthenticityError",
        }
    }
}

impl FromStr for ReasonCode {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let all = [Self::SignatureError, Self::BadCertificate, Self::AuthenticityError];
        all.into_iter().find(|code| code.as_str() == text).ok_or(())
    }
}

/// Whose receipts count.
///
/// Below the same authority others may stand who sign documents; a receipt of theirs is none. The third party is
/// known by the name of its certificate, or by the purpose that RFC 3029 gives such certificates.
#[derive(Debug)]
pub struct ReceiptTrust {
    trust: TrustStore,
    signers: Vec<String>,
}

impl ReceiptTrust {
    /// Authorities, and the subjects of the third party's certificates if they are known: two, while it changes its key.
    pub fn new(trust: TrustStore, signers: impl IntoIterator<Item = String>) -> Self {
        Self { trust, signers: signers.into_iter().collect() }
    }

    /// The SHA-256 of each certificate of the authorities.
    ///
    /// # Errors
    /// The cryptographic library fails.
    pub fn fingerprints(&self) -> Result<Vec<Digest256>, SealError> {
        self.trust.fingerprints()
    }

    /// The authorities.
    pub(super) fn trust(&self) -> &TrustStore {
        &self.trust
    }

    /// The same with what came beside something to be judged, as [`TrustStore::beside`].
    pub(super) fn beside(
        &self,
        certificates: &[X509],
        answers: Vec<(StatusKind, Vec<u8>)>,
        times: (Option<Timestamp>, Option<Timestamp>),
    ) -> Self {
        Self { trust: self.trust.beside(certificates, answers, times), signers: self.signers.clone() }
    }

    /// What was signed, if a third party signed it.
    pub(super) fn content_of(&self, signed: SignedContent, now: Timestamp) -> Result<Vec<u8>, SealError> {
        let (content, certificate) = signed.verify(&self.trust, now)?;
        self.check_purpose(&certificate)?;
        Ok(content)
    }

    /// Sees that a certificate is one of those we trust, and of the third party.
    pub(super) fn check(
        &self,
        der: Vec<u8>,
        signer: Arc<SignerCertificate>,
        now: Timestamp,
    ) -> Result<(), SealError> {
        self.trust.check(der, signer.clone(), now)?;
        self.check_purpose(&signer)
    }

    fn check_purpose(&self, signer: &SignerCertificate) -> Result<(), SealError> {
        let is_his = match self.signers.as_slice() {
            [] => signer.is_for(DVCS_PURPOSE),
            names => names.contains(&signer.name),
        };
        if is_his { Ok(()) } else { Err(SealError::OtherThirdParty) }
    }
}

/// A third party itself: it judges, and says so under its key.
#[derive(Debug)]
pub struct ThirdParty {
    signer: Signer,
    /// Those of the states whose signatures it may judge; one that is not among them is not bad, it is not registered.
    authorities: TrustStore,
    /// The third parties of other states that it relies on.
    others: Vec<ReceiptTrust>,
    limits: Limits,
}

impl ThirdParty {
    /// A third party with a key of its own, the authorities and the third parties that are registered with it.
    pub fn new(signer: Signer, authorities: TrustStore, others: Vec<ReceiptTrust>, limits: Limits) -> Self {
        Self { signer, authorities, others, limits }
    }

    /// Answers a request by RFC 3029; one that cannot be read, too.
    ///
    /// # Errors
    /// Its key refuses.
    pub fn answer(
        &self,
        request: &[u8],
        (serial, now): (Uuid, Timestamp),
    ) -> Result<(Vec<u8>, Outcome), SealError> {
        let asked = match Asked::read(request) {
            Ok(asked) => asked,
            Err(error) => {
                let text = with_causes(&error);
                return Ok((refusal(&text)?, Outcome::Impossible { text }));
            }
        };
        let outcome = self.judge(asked.document(), now);
        Ok((asked.answer(&outcome, (serial, now), &self.signer)?, outcome))
    }

    /// The receipt for a document that was sent as it is; none if it is impossible to judge.
    ///
    /// # Errors
    /// Its key refuses.
    pub fn receipt(
        &self,
        document: &[u8],
        (id, now): (Uuid, Timestamp),
    ) -> Result<(Option<String>, Outcome), SealError> {
        let each = self.judge_each(document, now);
        let outcome = Outcome::of_all(&each);
        if let Outcome::Impossible { .. } = outcome {
            return Ok((None, outcome));
        }
        let (subject, _) = open_receipt(document, &Scope::default(), &self.limits)?;
        Ok((Some(subject.receipt(&each, (id, now), &self.signer)?), outcome))
    }

    /// Judges a signed document: by the receipt of another state's third party if that is known here, or else by the
    /// authority that stands behind the signature.
    pub fn judge(&self, document: &[u8], now: Timestamp) -> Outcome {
        Outcome::of_all(&self.judge_each(document, now))
    }

    /// What must be asked about revoked certificates before a document can be judged.
    pub fn wanted(&self, document: &[u8], now: Timestamp) -> Vec<Ask> {
        let wanted = || {
            let opened = open(document, &self.limits)?;
            if opened.has_receipt() && self.said_by_another(document, now)?.is_some() {
                return Ok(Vec::new());
            }
            let filled = opened.filling()?.finish()?;
            judge_each(&opened, &filled, &self.authorities, now)
        };
        let unknown = |error: SealError| {
            if let SealError::StatusUnknown { asks, .. } = error { asks } else { Vec::new() }
        };
        match wanted() {
            Ok(each) => each.into_iter().filter_map(Result::err).flat_map(unknown).collect(),
            Err(error) => unknown(error),
        }
    }

    /// What is to be said of each signature, in their order; of a document that cannot be opened, one thing.
    fn judge_each(&self, document: &[u8], now: Timestamp) -> Vec<Outcome> {
        let opened = match open(document, &self.limits) {
            Ok(opened) => opened,
            Err(error) => return vec![outcome_of(&error)],
        };
        self.try_judge_each(&opened, document, now)
            .unwrap_or_else(|error| vec![outcome_of(&error); opened.signatures.len()])
    }

    fn try_judge_each(
        &self,
        opened: &OpenedDocument,
        document: &[u8],
        now: Timestamp,
    ) -> Result<Vec<Outcome>, SealError> {
        if opened.has_receipt()
            && let Some(said) = self.said_by_another(document, now)?
        {
            return Ok(said.each);
        }
        if let Some(hole) = opened.holes.first() {
            return Err(SealError::NoPart { content_id: hole.content_id.clone() });
        }
        let filled = opened.filling()?.finish()?;
        let judged = judge_each(opened, &filled, &self.authorities, now)?;
        let outcome =
            |judged: Result<_, SealError>| judged.map_or_else(|e| outcome_of(&e), |_| Outcome::Confirmed);
        Ok(judged.into_iter().map(outcome).collect())
    }

    /// What the third party of another state says, if it is one that is known here.
    fn said_by_another(&self, document: &[u8], now: Timestamp) -> Result<Option<Said>, SealError> {
        let scope = Scope::default();
        for other in &self.others {
            let (subject, receipt) = open_receipt(document, &scope, &self.limits)?;
            let Some(receipt) = receipt else { return Ok(None) };
            let filled = receipt.filling(&subject)?.finish()?;
            match receipt.verify((&subject, &filled), other, now) {
                Ok(said) => return Ok(Some(said)),
                Err(SealError::Foreign | SealError::OtherThirdParty) => {} // another one's
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }
}

/// What a failure to verify says of the document.
fn outcome_of(error: &SealError) -> Outcome {
    let text = with_causes(error);
    let code = match error {
        SealError::DigestMismatch | SealError::Receipt { .. } => ReasonCode::AuthenticityError,
        SealError::SignatureMismatch => ReasonCode::SignatureError,
        SealError::Certificate { .. }
        | SealError::Expired
        | SealError::NotYetValid
        | SealError::KeyUsage
        | SealError::Revoked { .. }
        | SealError::Chain { .. } => ReasonCode::BadCertificate,
        SealError::Breach(breach) if breach.is_of_certificate() => ReasonCode::BadCertificate,
        // no SignedDoc, an algorithm or a status that is not known, an authority that is not registered, trouble of our own
        SealError::Xml(_)
        | SealError::Breach(_)
        | SealError::WrongElement { .. }
        | SealError::Profile { .. }
        | SealError::DuplicateId { .. }
        | SealError::ExternalReference
        | SealError::WrongReference
        | SealError::UnknownAlgorithm { .. }
        | SealError::GostEngine
        | SealError::StatusUnknown { .. }
        | SealError::StatusAnswer { .. }
        | SealError::Foreign
        | SealError::OtherSigner
        | SealError::OtherThirdParty
        | SealError::ReadFile { .. }
        | SealError::Key { .. }
        | SealError::KeyFile { .. }
        | SealError::TokenAway { .. }
        | SealError::TokenPin { .. }
        | SealError::Token { .. }
        | SealError::TrustBundle { .. }
        | SealError::Hole
        | SealError::NoPart { .. }
        | SealError::Cms { .. }
        | SealError::TimeStamp { .. }
        | SealError::NotConfirmed { .. }
        | SealError::NotDecided { .. }
        | SealError::TimeUnknown
        | SealError::Container { .. }
        | SealError::Unsealable { .. }
        | SealError::Crypto(_) => return Outcome::Impossible { text },
    };
    Outcome::NotConfirmed { code: Some(code), text }
}

/// `id-kp-dvcs`.
pub(super) const DVCS_PURPOSE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.10");

#[cfg(test)]
mod tests {
    use super::super::{
        Judged, KeyKind, Question, SealedDocument, ThrowAwayAuthority, seal_unchecked, with_receipt,
    };
    use super::*;
    use crate::base::DocumentId;
    use jiff::ToSpan;
    use proptest::prelude::*;

    fn now() -> Timestamp {
        "2026-11-24T10:00:00Z".parse().unwrap()
    }

    /// A state with an authority, somebody who seals, and a third party.
    struct Land {
        authority: ThrowAwayAuthority,
        fund: Signer,
        kind: KeyKind,
    }

    impl Land {
        fn new(state: &str, kind: KeyKind) -> Self {
            let authority = ThrowAwayAuthority::of_kind(kind, "seals", state, now()).unwrap();
            let issued = authority.issue_seal("fund", kind).unwrap();
            let fund = Signer::from_pem(&issued.key_pem, &issued.chain_pem).unwrap();
            Self { authority, fund, kind }
        }

        fn trust(&self) -> TrustStore {
            TrustStore::from_pem(&self.authority.pem().unwrap()).unwrap()
        }

        fn receipts(&self) -> ReceiptTrust {
            ReceiptTrust::new(self.trust(), None)
        }

        fn third_party(&self, known: &[&Land], others: &[&Land]) -> ThirdParty {
            let issued = self.authority.issue_third_party("ttp", self.kind).unwrap();
            let signer = Signer::from_pem(&issued.key_pem, &issued.chain_pem).unwrap();
            let bundle: Vec<u8> = known.iter().flat_map(|land| land.authority.pem().unwrap()).collect();
            let others = others.iter().map(|land| land.receipts()).collect();
            ThirdParty::new(signer, TrustStore::from_pem(&bundle).unwrap(), others, Limits::default())
        }

        fn sealed(&self) -> SealedDocument {
            let id: DocumentId = "7d2a1c58-0c5e-4f0f-9b8e-2f7f0d5b6a77".parse().unwrap();
            seal_unchecked(b"<a>&lt;&gt;</a>", id, &self.fund).unwrap()
        }
    }

    /// Asks by RFC 3029.
    fn asked(party: &ThirdParty, trust: &ReceiptTrust, document: &[u8]) -> Result<Outcome, SealError> {
        let question = Question::new(Uuid::from_u128(7), now()).unwrap();
        let (before, after) = question.frame(document.len().try_into().unwrap()).unwrap();
        let request = [&before, document, &after].concat();
        let (answer, outcome) = party.answer(&request, (Uuid::from_u128(9), now())).unwrap();
        let answer = question.read_answer(&answer, trust, now())?;
        let digest = answer.digest().map(|digest| digest.of(document).unwrap()).unwrap_or_default();
        let told = match answer.of_document(&digest)? {
            Judged::Confirmed(_) => Outcome::Confirmed,
            Judged::NotConfirmed { code, text } => Outcome::NotConfirmed { code, text },
            Judged::Impossible { text } => Outcome::Impossible { text },
        };
        assert_eq!(told, outcome);
        Ok(told)
    }

    const KINDS: [KeyKind; 4] = [KeyKind::Rsa2048, KeyKind::P256, KeyKind::P384, KeyKind::Bign];

    #[test]
    fn each_kind_of_key_answers_for_each_other() {
        for (own, foreign) in KINDS.into_iter().flat_map(|own| KINDS.map(|foreign| (own, foreign))) {
            let (kz, by) = (Land::new("KZ", own), Land::new("BY", foreign));
            let party = kz.third_party(&[&by], &[]);
            let sealed = by.sealed();
            assert_eq!(
                asked(&party, &kz.receipts(), sealed.as_bytes()).unwrap(),
                Outcome::Confirmed,
                "{own:?} {foreign:?}"
            );
        }
    }

    #[test]
    fn the_three_outcomes_are_kept_apart() {
        let (kz, by, ru) =
            (Land::new("KZ", KeyKind::P256), Land::new("BY", KeyKind::P256), Land::new("RU", KeyKind::P256));
        let party = kz.third_party(&[&by], &[]);
        let text = String::from_utf8(by.sealed().into_bytes()).unwrap();
        let of = |document: &str| asked(&party, &kz.receipts(), document.as_bytes()).unwrap();
        assert_eq!(of(&text), Outcome::Confirmed);
        let changed = of(&text.replace("&lt;&gt;", "&lt;!&gt;"));
        assert!(
            matches!(changed, Outcome::NotConfirmed { code: Some(ReasonCode::AuthenticityError), .. }),
            "{changed:?}"
        );
        let at = text.find("SignatureValue Id").unwrap() + 75;
        let mut other = text.clone().into_bytes();
        other[at] = if other[at] == b'A' { b'B' } else { b'A' };
        let other = of(std::str::from_utf8(&other).unwrap());
        assert!(
            matches!(other, Outcome::NotConfirmed { code: Some(ReasonCode::SignatureError), .. }),
            "{other:?}"
        );
        let unknown = of(std::str::from_utf8(ru.sealed().as_bytes()).unwrap());
        assert!(
            matches!(&unknown, Outcome::Impossible { text } if text.contains("unknown authority")),
            "{unknown:?}"
        );
        assert!(matches!(of("no document"), Outcome::Impossible { .. }));
        let algorithm = of(&text.replace("ecdsa-sha256", "ecdsa-sha999"));
        assert!(
            matches!(&algorithm, Outcome::Impossible { text } if text.contains("sha999")),
            "{algorithm:?}"
        );
        let later = now().checked_add((24 * 100).hours()).unwrap();
        assert!(matches!(
            party.judge(text.as_bytes(), later),
            Outcome::NotConfirmed { code: Some(ReasonCode::BadCertificate), .. }
        ));
    }

    #[test]
    fn a_request_that_is_none_is_told_so() {
        let kz = Land::new("KZ", KeyKind::P256);
        let party = kz.third_party(&[&kz], &[]);
        let question = Question::new(Uuid::from_u128(7), now()).unwrap();
        let (answer, _) = party.answer(b"GET / HTTP/1.1", (Uuid::from_u128(9), now())).unwrap();
        let answer = question.read_answer(&answer, &kz.receipts(), now()).unwrap();
        assert!(matches!(answer.of_document(b"").unwrap(), Judged::Impossible { .. }));
    }

    #[test]
    fn an_answer_counts_for_its_question_its_document_and_from_its_third_party_alone() {
        let (kz, by) = (Land::new("KZ", KeyKind::P256), Land::new("BY", KeyKind::P256));
        let party = kz.third_party(&[&by], &[]);
        let sealed = by.sealed();
        let question = Question::new(Uuid::from_u128(7), now()).unwrap();
        let (before, after) = question.frame(sealed.as_bytes().len().try_into().unwrap()).unwrap();
        let request = [&before, sealed.as_bytes(), &after].concat();
        let (answer, _) = party.answer(&request, (Uuid::from_u128(9), now())).unwrap();
        let read = question.read_answer(&answer, &kz.receipts(), now()).unwrap();
        assert_eq!(read.said_at(), Some(now()));
        assert!(matches!(read.of_document(b"another"), Err(SealError::Cms { .. })));
        let later = Question::new(Uuid::from_u128(7), now().checked_add(1.second()).unwrap()).unwrap();
        assert!(matches!(later.read_answer(&answer, &kz.receipts(), now()), Err(SealError::Cms { .. })));
        assert!(matches!(question.read_answer(&answer, &by.receipts(), now()), Err(SealError::Foreign)));
        // one who seals under the same authority is no third party
        let false_party = ThirdParty::new(
            {
                let issued = kz.authority.issue_seal("fund", KeyKind::P256).unwrap();
                Signer::from_pem(&issued.key_pem, &issued.chain_pem).unwrap()
            },
            by.trust(),
            Vec::new(),
            Limits::default(),
        );
        let (forged, _) = false_party.answer(&request, (Uuid::from_u128(9), now())).unwrap();
        assert!(matches!(
            question.read_answer(&forged, &kz.receipts(), now()),
            Err(SealError::OtherThirdParty)
        ));
        let named = ReceiptTrust::new(kz.trust(), Some("C=KZ, CN=ttp".to_owned()));
        assert!(question.read_answer(&answer, &named, now()).is_ok());
        let other_name = ReceiptTrust::new(kz.trust(), Some("C=KZ, CN=other".to_owned()));
        assert!(matches!(question.read_answer(&answer, &other_name, now()), Err(SealError::OtherThirdParty)));
        for at in 0..answer.len() {
            let mut changed = answer.clone();
            changed[at] ^= 1;
            let read = question.read_answer(&changed, &kz.receipts(), now());
            let is_same = read
                .as_ref()
                .is_ok_and(|read| *read == question.read_answer(&answer, &kz.receipts(), now()).unwrap());
            let is_nothing = read.as_ref().is_ok_and(|read| read.digest().is_none());
            assert!(read.is_err() || is_same || is_nothing, "byte {at}: {read:?}");
        }
    }

    #[test]
    fn a_receipt_travels_with_its_document_and_with_no_other() {
        for kind in KINDS {
            let (by, kz) = (Land::new("BY", kind), Land::new("KZ", KeyKind::P256));
            let sealed = by.sealed();
            let home = by.third_party(&[&by], &[]);
            let (receipt, outcome) = home.receipt(sealed.as_bytes(), (Uuid::from_u128(5), now())).unwrap();
            assert_eq!(outcome, Outcome::Confirmed);
            let receipt = receipt.unwrap();
            let whole = with_receipt(sealed.clone(), &receipt, &Limits::default()).unwrap();
            // the authority is not known abroad, its third party is
            let abroad = kz.third_party(&[&kz], &[&by]);
            assert_eq!(abroad.judge(whole.as_bytes(), now()), Outcome::Confirmed, "{kind:?}");
            assert!(matches!(abroad.judge(sealed.as_bytes(), now()), Outcome::Impossible { .. }));
            // by those who look at the signature alone it is let be
            assert!(
                super::super::verify(open(whole.as_bytes(), &Limits::default()).unwrap(), &by.trust(), now())
                    .is_ok()
            );
            let again = by.sealed();
            if again.as_bytes() != sealed.as_bytes() {
                let moved = with_receipt(again, &receipt, &Limits::default()).unwrap();
                let said = abroad.judge(moved.as_bytes(), now());
                assert!(matches!(said, Outcome::NotConfirmed { .. }), "of another signature: {said:?}");
            }
            let text = std::str::from_utf8(whole.as_bytes()).unwrap();
            for (from, to) in [
                ("&lt;&gt;", "&lt;?&gt;"),
                ("<rcpt:Success", "<rcpt:Success "),
                (
                    "urn:uuid:00000000-0000-0000-0000-000000000005",
                    "urn:uuid:00000000-0000-0000-0000-000000000006",
                ),
                ("2026-11-24T10:00:00Z", "2026-11-24T10:00:01Z"),
                (" Id=\"d7d2a", " Id=\"e7d2a"),
            ] {
                let changed = text.replace(from, to);
                assert_ne!(changed, text, "{from}");
                let said = abroad.judge(changed.as_bytes(), now());
                let is_same = from == "<rcpt:Success"; // space that canonical XML does not know
                assert_eq!(said == Outcome::Confirmed, is_same, "{from}: {said:?}");
            }
            let is_bad = text.replace("rcpt:Success", "rcpt:Error");
            assert!(abroad.judge(is_bad.as_bytes(), now()) != Outcome::Confirmed);
        }
    }

    #[test]
    fn a_bad_signature_gets_a_receipt_that_says_so() {
        let (by, kz) = (Land::new("BY", KeyKind::P256), Land::new("KZ", KeyKind::P256));
        let text = String::from_utf8(by.sealed().into_bytes()).unwrap().replace("&lt;&gt;", "&lt;?&gt;");
        let home = by.third_party(&[&by], &[]);
        let (receipt, _) = home.receipt(text.as_bytes(), (Uuid::from_u128(5), now())).unwrap();
        let whole = text.replace("</doc:SignedDoc>", &format!("{}</doc:SignedDoc>", receipt.unwrap()));
        let said = kz.third_party(&[&kz], &[&by]).judge(whole.as_bytes(), now());
        let Outcome::NotConfirmed { code, text } = said else { panic!("{said:?}") };
        assert_eq!(code, Some(ReasonCode::AuthenticityError));
        assert!(text.contains("changed after it was signed"), "{text}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let question = Question::new(Uuid::from_u128(7), now()).unwrap();
            let trust = ReceiptTrust::new(TrustStore::from_pem(ANCHOR.as_slice()).unwrap(), None);
            prop_assert!(question.read_answer(&bytes, &trust, now()).map_or(true, |answer| answer.digest().is_none()));
            let _ = Asked::read(&bytes); // it returns
        }
    }

    static ANCHOR: std::sync::LazyLock<Vec<u8>> =
        std::sync::LazyLock::new(|| ThrowAwayAuthority::new("a", "KZ", now()).unwrap().pem().unwrap());
}
