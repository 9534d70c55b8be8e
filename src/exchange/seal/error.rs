//! Why a document could not be sealed, opened or verified.

use super::breach::Breach;
use super::revocation::Ask;
use crate::base::Code;
use crate::base::Verdict;
use crate::exchange::document::XmlError;
use crate::exchange::document::XmlErrorKind;
use jiff::Timestamp;
use std::path::PathBuf;

/// A failure of this stage. Never shows content, a key or a certificate's subject.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The bytes are no XML that we read.
    #[error("open the sealed document")]
    Xml(#[from] XmlError),
    /// Another element, or none, stands where the profile wants this one.
    #[error("find {expected} at byte {offset} of the sealed document")]
    WrongElement {
        /// What the profile wants there.
        expected: &'static str,
        /// Where.
        offset: usize,
    },
    /// A rule of the profile that is not about elements.
    #[error("read the sealed document at byte {offset}: {rule}")]
    Profile {
        /// The rule.
        rule: &'static str,
        /// Where.
        offset: usize,
    },
    /// A breach of the profile that is known from attacks.
    #[error(transparent)]
    Breach(#[from] Breach),
    /// Two elements with one Id.
    #[error("read the sealed document at byte {offset}: an Id that is already taken")]
    DuplicateId {
        /// Where the second one stands.
        offset: usize,
    },
    /// The reference leads out of the document.
    #[error("follow a reference that leads out of the document")]
    ExternalReference,
    /// The reference leads to another element than the content that is processed.
    #[error("match the reference with the signed content")]
    WrongReference,
    /// An algorithm we do not have: neither valid nor invalid, it cannot be verified here.
    #[error("verify by an algorithm that is not known here ({uri})")]
    UnknownAlgorithm {
        /// Its name, cut to a printable length.
        uri: String,
    },
    /// The algorithm is known here, but what computes it is not loaded: neither valid nor invalid.
    #[error(
        "verify by GOST: the GOST engine is not loaded; set OPENSSL_CONF to deploy/openssl-gost.cnf and start again"
    )]
    GostEngine,
    /// The content is not what was signed.
    #[error("match the digest of the signed content; it was changed after it was signed")]
    DigestMismatch,
    /// The signature is not that of the certificate's key.
    #[error("match the signature; it was made by another key or changed")]
    SignatureMismatch,
    /// The enclosed certificate cannot be read, or its key does not fit the algorithm.
    #[error("use the enclosed certificate: {reason}")]
    Certificate {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The certificate, or one above it, is past its time.
    #[error("trust a certificate that has expired; the signer needs a new one and must send again")]
    Expired,
    /// The certificate, or one above it, is before its time.
    #[error("trust a certificate that is not valid yet; compare both clocks with the certificate")]
    NotYetValid,
    /// The certificate leads to none of our trust anchors.
    #[error(
        "trust a certificate of an unknown authority; if it is lawful, add it to the peer's seal authorities"
    )]
    Foreign,
    /// A lawful certificate, but not of him who seals for this peer.
    #[error(
        "trust the certificate of another signer than the peer's seal_signer; if he is lawful, correct the settings"
    )]
    OtherSigner,
    /// A receipt of somebody who is no third party of ours.
    #[error(
        "rely on a receipt of another signer than the third party: its certificate must be the configured signer's, or issued for DVCS"
    )]
    OtherThirdParty,
    /// The certificate is not made for signing documents.
    #[error(
        "trust a certificate without the key usage digitalSignature; the signer needs one issued for signing"
    )]
    KeyUsage,
    /// The certificate, or one above it, was revoked before the signature is judged.
    #[error(
        "trust a certificate that its authority revoked (serial {serial}, since {since}, {reason}); the signer needs a new one and must send again"
    )]
    Revoked {
        /// Its serial number.
        serial: String,
        /// Since when.
        since: Timestamp,
        /// Why, in the words of RFC 5280.
        reason: &'static str,
    },
    /// Whether the certificate, or one above it, was revoked is not known now.
    #[error("find out whether a certificate was revoked (serial {serial}): {reason}")]
    StatusUnknown {
        /// Its serial number.
        serial: String,
        /// Why not.
        reason: &'static str,
        /// What is to be asked so that it is known.
        asks: Vec<Ask>,
    },
    /// A list of revoked certificates, or an answer about one, cannot be used.
    #[error("use an answer about revoked certificates: {reason}")]
    StatusAnswer {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The chain above the certificate breaks a rule.
    #[error("trust the chain of the certificate: {reason}")]
    Chain {
        /// The rule, in the words of the library.
        reason: &'static str,
    },
    /// A file of ours cannot be read.
    #[error("read {path}")]
    ReadFile {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file of our key or certificate is unusable.
    #[error("use the signing key in {}: {reason}", path.display())]
    KeyFile {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The token with our key cannot be reached now.
    #[error("reach the token of the signing key; documents wait for it: {detail}")]
    TokenAway {
        /// What the token or its module says.
        detail: String,
    },
    /// The token does not let us in; it is not asked again with the same PIN.
    #[error("log in to the token of the signing key: {reason}")]
    TokenPin {
        /// What it says, and what to do.
        reason: &'static str,
    },
    /// The token, its module or the key on it is not what the settings say.
    #[error("sign by the token of the signing key: {detail}")]
    Token {
        /// What is wrong with it.
        detail: String,
    },
    /// Our key or certificate is unusable.
    #[error("use the signing key: {reason}")]
    Key {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Our bundle of trust anchors is unusable.
    #[error("use the trust bundle: {reason}")]
    TrustBundle {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A document that refers to parts was to be judged without them, or with one too many.
    #[error("compute the digest of a document with its attachments; each belongs into one place of it")]
    Hole,
    /// An attachment that the document refers to did not come with it.
    #[error("find the attachment {content_id}; the message refers to it and does not bring it")]
    NoPart {
        /// Its Content-ID, cut to a printable length.
        content_id: String,
    },
    /// A container of evidence is none, or was changed.
    #[error("rely on a container of evidence: {reason}")]
    Container {
        /// What is wrong with it.
        reason: String,
    },
    /// Our third party does not confirm the signature.
    #[error("have the signature confirmed by the third party: {reason}")]
    NotConfirmed {
        /// Its reason.
        reason: String,
    },
    /// Our third party could not decide: neither good nor bad.
    #[error("have the signature judged by the third party: {reason}")]
    NotDecided {
        /// Why not.
        reason: String,
    },
    /// A certificate has ended or was revoked, and the time stamp that could show that the signature is older cannot be
    /// checked here.
    #[error("judge a certificate as of its time stamp, which cannot be checked here")]
    TimeUnknown,
    /// The receipt of a third party is none of this document, or of no form that is taken.
    #[error("rely on the receipt of a third party: {reason}")]
    Receipt {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A time stamp, or what was answered to a request for one, is none that is taken.
    #[error("rely on a time stamp: {reason}")]
    TimeStamp {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// What should be signed content of CMS is none that is taken.
    #[error("read signed content: {reason}")]
    Cms {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Our own document is not in the form that can be sealed.
    #[error("seal a document: {reason}")]
    Unsealable {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The cryptographic library failed.
    #[error("compute with the cryptographic library")]
    Crypto(#[from] openssl::error::ErrorStack),
}

impl SealError {
    /// The stable code of the failure.
    pub fn code(&self) -> Code {
        match self {
            Self::Xml(xml) => code_of(&xml.kind),
            Self::WrongElement { .. } => "seal.wrong_element",
            Self::Profile { .. } => "seal.profile",
            Self::Breach(breach) => breach.code(),
            Self::DuplicateId { .. } => "seal.duplicate_id",
            Self::ExternalReference => "seal.external_reference",
            Self::WrongReference => "seal.wrong_reference",
            Self::UnknownAlgorithm { .. } => "seal.unknown_algorithm",
            Self::GostEngine => "seal.gost_engine",
            Self::DigestMismatch => "seal.digest_mismatch",
            Self::SignatureMismatch => "seal.signature_mismatch",
            Self::Certificate { .. } => "seal.certificate",
            Self::Expired => "seal.expired",
            Self::NotYetValid => "seal.not_yet_valid",
            Self::Foreign => "seal.foreign",
            Self::OtherSigner => "seal.other_signer",
            Self::OtherThirdParty => "seal.other_third_party",
            Self::KeyUsage => "seal.key_usage",
            Self::Revoked { .. } => "seal.revoked",
            Self::StatusUnknown { .. } => "seal.status_unknown",
            Self::StatusAnswer { .. } => "seal.status_answer",
            Self::Chain { .. } => "seal.chain",
            Self::ReadFile { .. } => "seal.read_file",
            Self::Key { .. } | Self::KeyFile { .. } => "seal.key",
            Self::TokenAway { .. } => "seal.token_away",
            Self::TokenPin { .. } => "seal.token_pin",
            Self::Token { .. } => "seal.token",
            Self::TrustBundle { .. } => "seal.trust_bundle",
            Self::Hole => "seal.hole",
            Self::NoPart { .. } => "seal.no_part",
            Self::Container { .. } => "seal.container",
            Self::NotConfirmed { .. } => "seal.not_confirmed",
            Self::NotDecided { .. } => "seal.not_decided",
            Self::TimeUnknown => "seal.time_unknown",
            Self::Receipt { .. } => "seal.receipt",
            Self::TimeStamp { .. } => "seal.time_stamp",
            Self::Cms { .. } => "seal.cms",
            Self::Unsealable { .. } => "seal.unsealable",
            Self::Crypto(_) => "seal.crypto",
        }
    }

    /// Bytes that are no XML go back to their sender; what touches identity or signature is kept and
    /// looked at; our own key, bundle or bug stops the lane.
    pub fn verdict(&self) -> Verdict {
        let code = self.code();
        match self {
            Self::Xml(xml) if xml.kind == XmlErrorKind::Dtd => Verdict::Quarantine { code },
            Self::Xml(_) | Self::NoPart { .. } => Verdict::Return { code },
            Self::TokenAway { .. } => Verdict::Retry { not_before: None },
            Self::WrongElement { .. }
            | Self::Profile { .. }
            | Self::Breach(_)
            | Self::DuplicateId { .. }
            | Self::ExternalReference
            | Self::WrongReference
            | Self::UnknownAlgorithm { .. }
            | Self::DigestMismatch
            | Self::SignatureMismatch
            | Self::Certificate { .. }
            | Self::Expired
            | Self::NotYetValid
            | Self::Foreign
            | Self::OtherSigner
            | Self::KeyUsage
            | Self::OtherThirdParty
            | Self::Container { .. }
            | Self::NotConfirmed { .. }
            | Self::Receipt { .. }
            | Self::TimeStamp { .. }
            | Self::Cms { .. }
            | Self::Revoked { .. }
            | Self::Chain { .. } => Verdict::Quarantine { code },
            // it waits, and its authority is asked again
            Self::NotDecided { .. }
            | Self::TimeUnknown
            | Self::StatusUnknown { .. }
            | Self::StatusAnswer { .. } => Verdict::Retry { not_before: None },
            Self::ReadFile { .. }
            | Self::Key { .. }
            | Self::KeyFile { .. }
            | Self::TokenPin { .. }
            | Self::Token { .. }
            | Self::TrustBundle { .. }
            | Self::GostEngine
            | Self::Unsealable { .. }
            | Self::Hole
            | Self::Crypto(_) => Verdict::Park { code },
        }
    }

    /// One of two reasons why nothing is decided: the earlier one, with all that must be asked.
    pub(super) fn with(self, earlier: Option<Self>) -> Self {
        match (earlier, self) {
            (
                Some(Self::StatusUnknown { serial, reason, mut asks }),
                Self::StatusUnknown { asks: more, .. },
            ) => {
                asks.extend(more);
                Self::StatusUnknown { serial, reason, asks }
            }
            (Some(earlier), _) => earlier,
            (None, error) => error,
        }
    }

    /// Whether the signature was neither proved nor disproved.
    pub fn is_undecided(&self) -> bool {
        matches!(
            self,
            Self::UnknownAlgorithm { .. }
                | Self::GostEngine
                | Self::StatusUnknown { .. }
                | Self::StatusAnswer { .. }
                | Self::NotDecided { .. }
                | Self::TimeUnknown
        ) || matches!(self, Self::Breach(breach) if breach.is_undecided())
    }
}

/// What the reader refuses, as a sealed document.
fn code_of(kind: &XmlErrorKind) -> Code {
    match kind {
        XmlErrorKind::Dtd => "seal.dtd",
        XmlErrorKind::TooLarge { .. } => "seal.too_large",
        XmlErrorKind::TooDeep { .. } => "seal.too_deep",
        XmlErrorKind::TooManyAttributes { .. } => "seal.too_many_attributes",
        XmlErrorKind::TooManyElements { .. } => "seal.too_many_elements",
        XmlErrorKind::TooManyNamespaces { .. } => "seal.too_many_namespaces",
        XmlErrorKind::UndeclaredPrefix | XmlErrorKind::Namespace => "seal.namespace",
        XmlErrorKind::DuplicateAttribute => "seal.duplicate_attribute",
        XmlErrorKind::Reference => "seal.entity",
        XmlErrorKind::NotUtf8
        | XmlErrorKind::Declaration
        | XmlErrorKind::Character
        | XmlErrorKind::Name
        | XmlErrorKind::Markup(_)
        | XmlErrorKind::EndTag
        | XmlErrorKind::Unfinished
        | XmlErrorKind::OutsideRoot => "seal.malformed",
    }
}
