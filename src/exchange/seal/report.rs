//! What the receipt of a third party reports: one entry for each signature of the document that was checked.

use super::error::SealError;
use super::open::Walk;
use super::receipt::{RECEIPT, escaped, name};
use super::third_party::{Outcome, ReasonCode};

/// The entries of a receipt, as they stand in it.
pub(super) struct Report(Vec<Entry>);

struct Entry {
    /// The Id of the signature, if it is told.
    signature: Option<String>,
    outcome: Outcome,
}

impl Report {
    /// Reads the entries up to the end of the report.
    ///
    /// # Errors
    /// It is not of the profile.
    pub(super) fn read(walk: &mut Walk<'_>) -> Result<Self, SealError> {
        let mut entries = Vec::new();
        while let Some((kind, tag)) = walk.enter_one_of(RECEIPT, &["Success", "Error"], &["Reference"])? {
            let signature = tag.value("Reference").map(|uri| uri.trim_start_matches('#').to_owned());
            let mut outcome = Outcome::Confirmed;
            if kind == "Error" {
                let code = walk.text(RECEIPT, "ReasonCode")?;
                let text = walk.text(RECEIPT, "ReasonText")?;
                outcome = Outcome::NotConfirmed { code: code.parse().ok(), text };
            }
            walk.leave("the end of an entry of the report")?;
            entries.push(Entry { signature, outcome });
        }
        Ok(Self(entries))
    }

    /// What it says of each signature of a document, by their Ids in their order.
    ///
    /// # Errors
    /// It is about other signatures. One that it says nothing of is impossible to check.
    pub(super) fn of(mut self, signatures: &[Option<String>]) -> Result<Vec<Outcome>, SealError> {
        let refused = |reason| Err(SealError::Receipt { reason });
        let mut each = Vec::new();
        for signature in signatures {
            let is_its = |entry: &Entry| match &entry.signature {
                Some(id) => Some(id) == signature.as_ref(),
                None => signatures.len() == 1,
            };
            each.push(match self.0.iter().position(is_its) {
                Some(place) => self.0.swap_remove(place).outcome,
                None => Outcome::Impossible { text: "its receipt does not report on it".to_owned() },
            });
        }
        if !self.0.is_empty() {
            return refused("it is about another signature of the document");
        }
        Ok(each)
    }

    /// Writes what is said of each signature, by their Ids in their order; nothing of one that could not be checked.
    ///
    /// # Errors
    /// There is nothing to say.
    pub(super) fn write(each: &[Outcome], signatures: &[Option<String>]) -> Result<String, SealError> {
        if matches!(Outcome::of_all(each), Outcome::Impossible { .. }) {
            return Err(SealError::Receipt { reason: "it would say nothing" });
        }
        let mut report = String::new();
        for (outcome, signature) in each.iter().zip(signatures) {
            let reference = match signature {
                Some(id) => format!(" Reference=\"#{}\"", name(id)?),
                None => String::new(),
            };
            match outcome {
                Outcome::Confirmed => {
                    report.push_str(&format!("<rcpt:Success{reference}></rcpt:Success>"));
                }
                Outcome::NotConfirmed { code, text } => {
                    let code = code.unwrap_or(ReasonCode::SignatureError).as_str();
                    report.push_str(&format!(
                        "<rcpt:Error{reference}><rcpt:ReasonCode>{code}</rcpt:ReasonCode>\
                         <rcpt:ReasonText>{}</rcpt:ReasonText></rcpt:Error>",
                        escaped(text)
                    ));
                }
                Outcome::Impossible { .. } => {}
            }
        }
        Ok(report)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        KeyKind, ReceiptTrust, Said, SealError, Signer, ThirdParty, ThrowAwayAuthority, TrustStore,
        open_receipt, seal_unchecked, with_receipt,
    };
    use super::*;
    use crate::base::{DocumentId, Limits};
    use crate::exchange::document::Scope;
    use jiff::Timestamp;
    use uuid::Uuid;

    fn now() -> Timestamp {
        "2026-11-24T10:00:00Z".parse().unwrap()
    }

    struct Land {
        authority: ThrowAwayAuthority,
        signers: Vec<Signer>,
        party: ThirdParty,
    }

    fn land() -> Land {
        let authority = ThrowAwayAuthority::new("seals", "BY", now()).unwrap();
        let signer =
            |issued: super::super::Issued| Signer::from_pem(&issued.key_pem, &issued.chain_pem).unwrap();
        let signers = [("fund", KeyKind::P256), ("chief", KeyKind::Bign)];
        let signers = signers.map(|(name, kind)| signer(authority.issue_seal(name, kind).unwrap())).into();
        let own = signer(authority.issue_third_party("ttp", KeyKind::P256).unwrap());
        let trust = TrustStore::from_pem(&authority.pem().unwrap()).unwrap();
        let party = ThirdParty::new(own, trust, Vec::new(), Limits::default());
        Land { authority, signers, party }
    }

    impl Land {
        fn sealed(&self) -> String {
            let id: DocumentId = "7d2a1c58-0c5e-4f0f-9b8e-2f7f0d5b6a77".parse().unwrap();
            let sealed = seal_unchecked(b"<a>&lt;&gt;</a>", id, &self.signers).unwrap();
            String::from_utf8(sealed.into_bytes()).unwrap()
        }

        /// The document with the receipt that its third party gives.
        fn receipted(&self, sealed: &str) -> String {
            let (receipt, _) = self.party.receipt(sealed.as_bytes(), (Uuid::from_u128(5), now())).unwrap();
            sealed.replace("</doc:SignedDoc>", &format!("{}</doc:SignedDoc>", receipt.unwrap()))
        }

        fn said(&self, document: &str) -> Result<Said, SealError> {
            let (subject, receipt) =
                open_receipt(document.as_bytes(), &Scope::default(), &Limits::default())?;
            let receipt = receipt.unwrap();
            let filled = receipt.filling(&subject)?.finish()?;
            let trust = TrustStore::from_pem(&self.authority.pem().unwrap()).unwrap();
            receipt.verify((&subject, &filled), &ReceiptTrust::new(trust, None), now())
        }
    }

    #[test]
    fn a_receipt_has_an_entry_for_each_signature() {
        let land = land();
        let whole = land.receipted(&land.sealed());
        assert_eq!(whole.matches("<rcpt:Success Reference=\"#xmldsig-").count(), 2);
        assert_eq!(land.said(&whole).unwrap().outcome, Outcome::Confirmed);
        let abroad = self::land();
        let trust = TrustStore::from_pem(&land.authority.pem().unwrap()).unwrap();
        let issued = abroad.authority.issue_third_party("ttp", KeyKind::P256).unwrap();
        let own = Signer::from_pem(&issued.key_pem, &issued.chain_pem).unwrap();
        let known = TrustStore::from_pem(&abroad.authority.pem().unwrap()).unwrap();
        let party = ThirdParty::new(own, known, vec![ReceiptTrust::new(trust, None)], Limits::default());
        assert_eq!(party.judge(whole.as_bytes(), now()), Outcome::Confirmed);
    }

    #[test]
    fn the_signature_that_is_bad_is_named() {
        let land = land();
        let sealed = land.sealed();
        let bad = sealed.replace("-2-ref0", "-2-ref1");
        assert_ne!(bad, sealed);
        let whole = land.receipted(&bad);
        assert_eq!(whole.matches("<rcpt:Success Reference").count(), 1);
        let error = whole.split_once("<rcpt:Error Reference=\"#").unwrap().1;
        assert!(error.starts_with("xmldsig-7d2a1c58-0c5e-4f0f-9b8e-2f7f0d5b6a77-2\""), "{error}");
        let said = land.said(&whole).unwrap();
        assert!(matches!(said.outcome, Outcome::NotConfirmed { code: Some(ReasonCode::SignatureError), .. }));
        assert_eq!(said.each[0], Outcome::Confirmed);
    }

    #[test]
    fn one_that_cannot_be_judged_leaves_nothing_confirmed() {
        let (by, kz) = (land(), land());
        let signers = [by.signers.into_iter().next().unwrap(), kz.signers.into_iter().next().unwrap()];
        let id: DocumentId = "7d2a1c58-0c5e-4f0f-9b8e-2f7f0d5b6a77".parse().unwrap();
        let sealed = seal_unchecked(b"<a></a>", id, &signers).unwrap();
        for party in [&by.party, &kz.party] {
            let (receipt, outcome) = party.receipt(sealed.as_bytes(), (Uuid::from_u128(5), now())).unwrap();
            assert!(matches!(outcome, Outcome::Impossible { .. }), "{outcome:?}");
            assert_eq!(receipt, None);
        }
    }

    #[test]
    fn a_report_that_leaves_one_out_decides_nothing_and_one_of_another_document_is_none() {
        let ids = |ids: &[&str]| ids.iter().map(|id| Some((*id).to_owned())).collect::<Vec<_>>();
        let report = |told: &[Option<&str>]| {
            let entry =
                |id: &Option<&str>| Entry { signature: id.map(str::to_owned), outcome: Outcome::Confirmed };
            Report(told.iter().map(entry).collect())
        };
        let both = ids(&["a", "b"]);
        assert!(report(&[Some("b"), Some("a")]).of(&both).is_ok());
        assert!(report(&[None]).of(&ids(&["a"])).is_ok());
        assert!(report(&[None]).of(&[None]).is_ok());
        let of = |told: &[Option<&str>], signatures: &[Option<String>]| {
            report(told).of(signatures).map(|each| Outcome::of_all(&each))
        };
        // of one it says nothing: that is impossible to check, and neither good nor bad
        for told in [vec![], vec![Some("a")], vec![Some("b")]] {
            let said = of(&told, &both).unwrap();
            assert!(matches!(said, Outcome::Impossible { .. }), "{told:?}: {said:?}");
        }
        assert!(matches!(of(&[], &[None]).unwrap(), Outcome::Impossible { .. }));
        for told in [
            vec![Some("a"), Some("a")],
            vec![Some("a"), None],
            vec![Some("a"), Some("b"), Some("b")],
            vec![Some("a"), Some("c")],
        ] {
            assert!(of(&told, &both).is_err(), "{told:?}");
        }
        assert!(of(&[Some("b")], &ids(&["a"])).is_err());
        assert!(of(&[Some("a")], &[None]).is_err());
    }

    #[test]
    fn a_receipt_for_one_signature_stands_in_no_document_of_two() {
        let land = land();
        let id: DocumentId = "7d2a1c58-0c5e-4f0f-9b8e-2f7f0d5b6a77".parse().unwrap();
        let one = seal_unchecked(b"<a>&lt;&gt;</a>", id, &land.signers[..1]).unwrap();
        let (receipt, _) = land.party.receipt(one.as_bytes(), (Uuid::from_u128(5), now())).unwrap();
        let two = seal_unchecked(b"<a>&lt;&gt;</a>", id, &land.signers).unwrap();
        let moved = with_receipt(two, &receipt.unwrap(), &Limits::default()).unwrap();
        assert!(land.said(std::str::from_utf8(moved.as_bytes()).unwrap()).is_err());
    }
}
