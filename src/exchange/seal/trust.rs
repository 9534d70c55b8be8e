//! Whom we trust: the authorities whose certificates may stand behind a signature.

use super::error::SealError;
use super::signer::read;
use jiff::Timestamp;
use openssl::stack::Stack;
use openssl::x509::X509;
use openssl::x509::X509Ref;
use openssl::x509::X509StoreContext;
use openssl::x509::X509VerifyResult;
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::X509VerifyParam;
use std::fmt;
use std::path::Path;

/// Trust anchors (self-signed) and the certificates of authorities below them.
pub struct TrustStore {
    anchors: Vec<X509>,
    intermediates: Vec<X509>,
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
        let (anchors, intermediates): (Vec<_>, Vec<_>) =
            certificates.into_iter().partition(|c| c.issued(c) == X509VerifyResult::OK);
        if anchors.is_empty() {
            return Err(SealError::TrustBundle { reason: "no self-signed certificate among them" });
        }
        Ok(Self { anchors, intermediates })
    }

    /// Sees that `certificate` may sign documents and leads to an anchor, all of it valid at `now`.
    pub(super) fn check(&self, certificate: &X509Ref, now: Timestamp) -> Result<(), SealError> {
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
        let outcome = context.init(&store, certificate, &between, |context| {
            Ok(if context.verify_cert()? { X509VerifyResult::OK } else { context.error() })
        })?;
        if outcome != X509VerifyResult::OK {
            return Err(error_of(outcome));
        }
        if certificate.key_usage().is_some_and(|usage| usage.contains(DIGITAL_SIGNATURE)) {
            Ok(())
        } else {
            Err(SealError::KeyUsage)
        }
    }
}

impl fmt::Debug for TrustStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TrustStore({} anchors, {} below them)", self.anchors.len(), self.intermediates.len())
    }
}

fn error_of(outcome: X509VerifyResult) -> SealError {
    match outcome.as_raw() {
        9 => SealError::NotYetValid,
        10 => SealError::Expired,
        // no issuer found, in the five forms the library tells apart, or one of the same name with another key
        2 | 7 | 18..=21 => SealError::Foreign,
        _ => SealError::Chain { reason: outcome.error_string() },
    }
}

const DIGITAL_SIGNATURE: openssl::x509::X509KeyUsage = openssl::x509::X509KeyUsage::DIGITAL_SIGNATURE;
const CHAIN_DEPTH_MAX: i32 = 8;
/// 112 bits of security: no SHA-1, no RSA below 2048 bits.
const AUTH_LEVEL: i32 = 2;
