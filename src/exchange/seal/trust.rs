//! Whom we trust: the authorities whose certificates may stand behind a signature.

use super::breach::Breach;
use super::error::SealError;
use super::path::{climb, is_beyond_library, is_signed_by};
use super::revocation::{Coverage, Link, Standings, StatusKind, Statuses, Terms, links};
use super::signer::read;
use super::suites::{ENGINE_MISSING, PublicKey, sha256};
use super::verify::SignerCertificate;
use crate::base::Digest256;
use jiff::Timestamp;
use openssl::asn1::Asn1Time;
use openssl::asn1::Asn1TimeRef;
use openssl::error::ErrorStack;
use openssl::stack::Stack;
use openssl::x509::X509;
use openssl::x509::X509KeyUsage;
use openssl::x509::X509Ref;
use openssl::x509::X509StoreContext;
use openssl::x509::X509VerifyResult;
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::X509VerifyParam;
use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

/// Trust anchors (self-signed) and the certificates of authorities below them.
///
/// A signer whose chain was found good is remembered for as long as every certificate in it is valid, since reading
/// and checking one costs more than the document; what was refused is looked at again each time.
pub struct TrustStore {
    anchors: Vec<X509>,
    intermediates: Vec<X509>,
    good: Mutex<HashMap<Vec<u8>, Good>>,
    /// What is known of revoked certificates, if anybody was told whom to ask.
    statuses: Option<Arc<Statuses>>,
    /// As of when revocation is judged at the latest: only a time stamp shows that.
    as_of: Option<Timestamp>,
    /// As of when answers must be fresh at the latest.
    fresh_at: Option<Timestamp>,
}

/// A signer with a good chain.
struct Good {
    signer: Arc<SignerCertificate>,
    validity: Validity,
    /// What must not have been revoked; nothing if nobody was told whom to ask.
    links: Arc<[Link]>,
    /// After which change of what is known it was judged, and up to which second that holds.
    judged: (u64, i64),
}

/// A way from a certificate up to an anchor.
#[derive(Debug)]
pub(super) struct Chain {
    /// The certificate, those above it, the anchor.
    pub(super) certificates: Vec<X509>,
    pub(super) validity: Validity,
}

impl Chain {
    pub(super) fn of_anchor(anchor: &X509Ref, validity: Validity) -> Self {
        Self { certificates: vec![anchor.to_owned()], validity }
    }

    /// The same from a certificate below.
    pub(super) fn with(mut self, certificate: &X509Ref, own: Validity) -> Self {
        self.certificates.insert(0, certificate.to_owned());
        let Validity { from, to } = self.validity;
        Self { validity: Validity { from: from.max(own.from), to: to.min(own.to) }, ..self }
    }
}

/// The seconds in which every certificate of a chain is valid.
#[derive(Debug, Clone, Copy)]
pub(super) struct Validity {
    pub(super) from: i64,
    pub(super) to: i64,
}

impl TrustStore {
    /// Reads PEM bundles; every self-signed certificate in them is an anchor.
    pub fn from_files<P: AsRef<Path>>(bundles: &[P]) -> Result<Self, SealError> {
        let mut pem = Vec::new();
        for bundle in bundles {
            pem.extend(read(bundle.as_ref())?);
            pem.push(b'\n');
        }
        Self::from_pem(&pem)
    }

    /// The same from PEM text.
    pub fn from_pem(bundle: &[u8]) -> Result<Self, SealError> {
        let certificates = X509::stack_from_pem(bundle)
            .map_err(|_cause| SealError::TrustBundle { reason: "not PEM certificates" })?;
        let (mut anchors, mut intermediates) = (Vec::new(), Vec::new());
        for certificate in certificates {
            if is_anchor(&certificate)? { anchors.push(certificate) } else { intermediates.push(certificate) }
        }
        if anchors.is_empty() {
            return Err(SealError::TrustBundle { reason: "no self-signed certificate among them" });
        }
        Ok(Self {
            anchors,
            intermediates,
            good: Mutex::default(),
            statuses: None,
            as_of: None,
            fresh_at: None,
        })
    }

    /// The SHA-256 of each certificate.
    ///
    /// # Errors
    /// The cryptographic library fails.
    pub fn fingerprints(&self) -> Result<Vec<Digest256>, SealError> {
        let all = self.anchors.iter().chain(&self.intermediates);
        all.map(|certificate| Ok(sha256(&certificate.to_der()?))).collect()
    }

    /// The same, and no certificate below the anchors may be revoked.
    pub fn with_statuses(self, statuses: Arc<Statuses>) -> Self {
        Self { statuses: Some(statuses), ..self }
    }

    /// The same as of a time that is shown: what was revoked afterwards, for no theft, was good then.
    pub(super) fn as_of_stamp(&self, shown: Timestamp) -> Self {
        Self { as_of: Some(shown), ..self.beside(&[], Vec::new(), (None, None)) }
    }

    /// The same with what came beside something to be judged: certificates that prove nothing by themselves, and
    /// answers whether they were revoked. It is judged as of when something is shown to have been there, and the answers
    /// must have been fresh then or when it says that it was made, which nobody shows.
    pub(super) fn beside(
        &self,
        certificates: &[X509],
        answers: Vec<(StatusKind, Vec<u8>)>,
        (shown, told): (Option<Timestamp>, Option<Timestamp>),
    ) -> Self {
        let statuses = match &self.statuses {
            Some(statuses) => Some(Arc::new(statuses.beside(answers))),
            None if answers.is_empty() => None,
            None => Some(Arc::new(Statuses::of_answers(answers, Terms::default()))),
        };
        Self {
            anchors: self.anchors.clone(),
            intermediates: [self.intermediates.as_slice(), certificates].concat(),
            good: Mutex::default(),
            statuses,
            as_of: shown,
            fresh_at: shown.or(told),
        }
    }

    /// The signer of this certificate, if its chain was found good, all of it is valid at `now`, and nothing is known
    /// since that speaks against it.
    pub(super) fn recall(&self, der: &[u8], now: Timestamp) -> Option<Arc<SignerCertificate>> {
        let mut good = self.good.lock().unwrap_or_else(PoisonError::into_inner);
        let known = good.get_mut(der)?;
        if !(known.validity.from..known.validity.to).contains(&now.as_second()) {
            return None;
        }
        if let Some(statuses) = &self.statuses {
            let (changes, until) = known.judged;
            if changes != statuses.changes() || now.as_second() >= until {
                known.judged = self.judge(statuses, &known.links, now).ok()?.1;
            }
        }
        Some(known.signer.clone())
    }

    /// As of when revocation is judged.
    pub(super) fn as_of(&self, now: Timestamp) -> Timestamp {
        self.as_of.map_or(now, |as_of| as_of.min(now))
    }

    /// What is known of the certificates of a chain, as of which change, and up to which second that holds.
    fn judge(
        &self,
        statuses: &Statuses,
        links: &Arc<[Link]>,
        now: Timestamp,
    ) -> Result<(Coverage, (u64, i64)), SealError> {
        let changes = statuses.changes(); // before: what comes meanwhile is looked at next time
        let Standings { coverage, until } =
            statuses.judge(links, self.as_of(now), self.fresh_at.map_or(now, |at| at.min(now)))?;
        Ok((coverage, (changes, until)))
    }

    /// Sees that no certificate of a chain is revoked; tells how many were looked at.
    pub(super) fn standings(&self, chain: &Chain, now: Timestamp) -> Result<Coverage, SealError> {
        match &self.statuses {
            Some(statuses) => Ok(self.judge(statuses, &links(&chain.certificates)?, now)?.0),
            None => Ok(Coverage { checked: 0, of: chain.certificates.len().saturating_sub(1) }),
        }
    }

    /// All answers that are known about the certificates of a chain.
    pub(super) fn answers_about(&self, chain: &Chain) -> Result<Vec<(StatusKind, Vec<u8>)>, SealError> {
        let links = links(&chain.certificates)?;
        Ok(self.statuses.as_ref().map(|statuses| statuses.answers_about(&links)).unwrap_or_default())
    }

    /// The way from a certificate up to an anchor, all of it valid at `now`.
    pub(super) fn chain(&self, signer: &SignerCertificate, now: Timestamp) -> Result<Chain, SealError> {
        if is_beyond_library(&signer.certificate, &signer.key) {
            climb(&signer.certificate, &self.anchors, &self.intermediates, now)
        } else {
            self.build_chain(&signer.certificate, now)
        }
    }

    /// Sees that a signer may sign documents and leads to an anchor, all of it valid at `now`; remembers him if so.
    pub(super) fn check(
        &self,
        der: Vec<u8>,
        signer: Arc<SignerCertificate>,
        now: Timestamp,
    ) -> Result<(), SealError> {
        let chain = self.chain(&signer, now)?;
        if !may_sign(&signer.certificate) {
            return Err(SealError::KeyUsage);
        }
        let (links, judged) = match &self.statuses {
            Some(statuses) => {
                let links = links(&chain.certificates)?;
                let (_, judged) = self.judge(statuses, &links, now)?;
                (links, judged)
            }
            None => (Arc::default(), (0, i64::MAX)),
        };
        let mut good = self.good.lock().unwrap_or_else(PoisonError::into_inner);
        if good.len() >= GOOD_MAX {
            good.clear();
        }
        good.insert(der, Good { signer, validity: chain.validity, links, judged });
        Ok(())
    }

    /// Until when the chain of a certificate that was found good last is valid.
    pub(super) fn good_until(&self, der: &[u8]) -> Option<Timestamp> {
        let good = self.good.lock().unwrap_or_else(PoisonError::into_inner);
        good.get(der).and_then(|known| Timestamp::from_second(known.validity.to).ok())
    }

    fn build_chain(&self, certificate: &X509Ref, now: Timestamp) -> Result<Chain, SealError> {
        let mut param = X509VerifyParam::new()?;
        param.set_time(now.as_second());
        param.set_depth(CHAIN_DEPTH_MAX);
        param.set_auth_level(AUTH_LEVEL);
        let mut store = X509StoreBuilder::new()?;
        for anchor in &self.anchors {
            store.add_cert(anchor.clone())?;
        }
        store.set_param(&param)?;
        let mut between = Stack::new()?;
        for intermediate in &self.intermediates {
            between.push(intermediate.clone())?;
        }
        let store = store.build();
        let mut context = X509StoreContext::new()?;
        let mut chain =
            Chain { certificates: Vec::new(), validity: Validity { from: i64::MIN, to: i64::MAX } };
        let outcome = context.init(&store, certificate, &between, |context| {
            let outcome = if context.verify_cert()? { X509VerifyResult::OK } else { context.error() };
            for link in context.chain().into_iter().flatten() {
                chain.validity.from = chain.validity.from.max(unix_seconds(link.not_before())?);
                chain.validity.to = chain.validity.to.min(unix_seconds(link.not_after())?);
                chain.certificates.push(link.to_owned());
            }
            Ok(outcome)
        })?;
        if outcome == X509VerifyResult::OK { Ok(chain) } else { Err(error_of(outcome)) }
    }
}

impl fmt::Debug for TrustStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TrustStore({} anchors, {} below them)", self.anchors.len(), self.intermediates.len())
    }
}

/// Whether a certificate is made for signing documents.
pub(super) fn may_sign(certificate: &X509Ref) -> bool {
    certificate.key_usage().is_some_and(|usage| usage.contains(X509KeyUsage::DIGITAL_SIGNATURE))
}

/// Whether a certificate of our bundle is self-signed.
fn is_anchor(certificate: &X509) -> Result<bool, SealError> {
    match PublicKey::of(certificate) {
        Ok(PublicKey::Bign(_)) => is_signed_by(certificate, certificate),
        Err(SealError::GostEngine) => Err(SealError::TrustBundle { reason: ENGINE_MISSING }),
        // a key that cannot be read is found out when a signature needs it
        Ok(PublicKey::Library(_)) | Err(_) => Ok(certificate.issued(certificate) == X509VerifyResult::OK),
    }
}

pub(super) fn unix_seconds(time: &Asn1TimeRef) -> Result<i64, ErrorStack> {
    let since = Asn1Time::from_unix(0)?.diff(time)?;
    Ok(i64::from(since.days) * SECONDS_A_DAY + i64::from(since.secs))
}

fn error_of(outcome: X509VerifyResult) -> SealError {
    match outcome.as_raw() {
        9 => SealError::NotYetValid,
        10 => SealError::Expired,
        // no issuer found, in the five forms the library tells apart, or one of the same name with another key
        2 | 7 | 18..=21 => SealError::Foreign,
        32 | 79 => Breach::NoAuthority.into(),
        22 | 25 => Breach::ChainLength.into(),
        34 => Breach::CriticalExtension.into(),
        66..=68 => Breach::WeakChain.into(),
        47..=49 | 51..=53 => Breach::NameConstraint.into(),
        _ => SealError::Chain { reason: outcome.error_string() },
    }
}

const SECONDS_A_DAY: i64 = 86_400;
/// How many good chains are remembered.
const GOOD_MAX: usize = 1_024;
const CHAIN_DEPTH_MAX: i32 = 8; // as in `path`
/// 112 bits of security: no SHA-1, no RSA below 2048 bits.
const AUTH_LEVEL: i32 = 2;
