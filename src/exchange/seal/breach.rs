//! Breaches of the strict profile that known attacks make, each with a code of its own.

use super::container::{SIGNATURE_NAMESPACE, SIGNED_DATA_NAMESPACE};
use super::error::SealError;
use crate::base::Code;
use crate::exchange::document::StartTag;

/// What an honest signer of this profile never writes. Nothing of the document is relied on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Breach {
    /// There is content, and no signature before it.
    #[error("find a signature before the content at byte {offset}; the sender must sign the document")]
    Unsigned {
        /// Where the content stands.
        offset: usize,
    },
    /// A part of the container or of a signature where the profile has another one, or none.
    #[error("find {expected} at byte {offset}: {part} stands where none may, as when a signature is wrapped")]
    Misplaced {
        /// What the profile wants there.
        expected: &'static str,
        /// What stands there.
        part: Piece,
        /// Where.
        offset: usize,
    },
    /// A comment or a processing instruction among what is read.
    #[error(
        "read the signature at byte {offset}: a comment or an instruction in it could hide a part of a value"
    )]
    Inserted {
        /// Behind which byte.
        offset: usize,
    },
    /// A value that is empty or not base64.
    #[error("read a value of the signature at byte {offset}: it is not base64")]
    NotBase64 {
        /// Where it ends.
        offset: usize,
    },
    /// An attribute that the profile does not name, or that is of another namespace.
    #[error("read the element at byte {offset}: it has an attribute that the profile does not name")]
    StrayAttribute {
        /// Where the element stands.
        offset: usize,
    },
    /// Ids of the known form that are not of one document.
    #[error("match the Ids of the container with each other; a part of it is of another document")]
    MixedIds,
    /// Two signatures by one certificate: one signer counts once.
    #[error("count two signatures by one certificate; several signatures are of several signers")]
    SameSigner,
    /// Several signatures that nobody could tell apart.
    #[error("tell several signatures apart; each needs an Id of its own")]
    UnnamedSignature,
    /// More signatures than a document may have.
    #[error("read the signatures at byte {offset}: there are more than eight")]
    TooManySignatures {
        /// Where the ninth stands.
        offset: usize,
    },
    /// Anything but one certificate.
    #[error("find one certificate and nothing else in the KeyInfo at byte {offset}")]
    KeyInfo {
        /// Where.
        offset: usize,
    },
    /// Something inside an algorithm: a list of prefixes, a script, a shorter output.
    #[error("take the algorithm at byte {offset} with parameters; the profile has none")]
    Parameter {
        /// Where.
        offset: usize,
    },
    /// A transform that runs, selects or decodes: what is signed would not be what is read.
    #[error("follow the transform {uri}; only exclusive canonical XML may stand between content and digest")]
    Transform {
        /// Its name.
        uri: &'static str,
    },
    /// A keyed hash is nobody's signature: whoever can check it can make it.
    #[error("take the keyed hash {uri} for a signature; the signer must sign with a private key")]
    KeyedHash {
        /// Its name.
        uri: &'static str,
    },
    /// An algorithm that is known, and no longer safe.
    #[error("rely on {uri}, which is no longer safe; the signer must use a stronger algorithm")]
    WeakAlgorithm {
        /// Its name.
        uri: &'static str,
    },
    /// An `xop:Include` where no attachment belongs, or one that names no attachment of the message.
    #[error(
        "take the xop:Include at byte {offset}: it must stand alone in an element for binary content, and name a part of its own by cid"
    )]
    Include {
        /// Where.
        offset: usize,
    },
    /// The certificate can be read in another way than it is written.
    #[error("use the enclosed certificate: it is not in DER")]
    NotDer,
    /// The key is good, and of another algorithm than the signature tells.
    #[error("use the enclosed certificate: its key does not fit the algorithm")]
    UnfitKey,
    /// A key that no algorithm takes: too short, too long, or on a curve that is not for this.
    #[error("use the enclosed certificate: its key is too weak or of a kind that is not taken")]
    WeakKey,
    /// Somebody who is no authority vouches for the signer.
    #[error("trust the chain of the certificate: one of the issuers is no authority")]
    NoAuthority,
    /// An authority vouches for another one and may not.
    #[error("trust the chain of the certificate: it is longer than an authority in it allows")]
    ChainLength,
    /// A critical extension that is not known here.
    #[error("trust the chain of the certificate: it has a critical extension that is not known here")]
    CriticalExtension,
    /// A certificate of the chain is signed with a digest, or by a key, that is too weak.
    #[error("trust the chain of the certificate: a digest or key in it is too weak")]
    WeakChain,
    /// An authority vouches for a name outside of those it may.
    #[error("trust the chain of the certificate: an authority in it may not vouch for this name")]
    NameConstraint,
}

/// A part of the container or of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// `SignedDoc` or `Data`.
    Container,
    /// `SignedContent`.
    Content,
    /// `Signature`.
    Signature,
    /// `SignedInfo`.
    SignedInfo,
    /// `Reference`.
    Reference,
    /// `Object` or `Manifest`, which may hold anything.
    Object,
    /// Any other element or attribute of the two namespaces.
    Other,
}

impl std::fmt::Display for Piece {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Container => "a container",
            Self::Content => "the content of a container",
            Self::Signature => "a signature",
            Self::SignedInfo => "a SignedInfo",
            Self::Reference => "a reference",
            Self::Object => "an object of a signature",
            Self::Other => "a part of a container or of a signature",
        })
    }
}

impl Breach {
    /// The stable code of the breach.
    pub fn code(&self) -> Code {
        match self {
            Self::Unsigned { .. } => "seal.unsigned",
            Self::Misplaced { part, .. } => match part {
                Piece::Container => "seal.misplaced_container",
                Piece::Content => "seal.misplaced_content",
                Piece::Signature => "seal.misplaced_signature",
                Piece::SignedInfo => "seal.misplaced_signed_info",
                Piece::Reference => "seal.misplaced_reference",
                Piece::Object => "seal.misplaced_object",
                Piece::Other => "seal.misplaced",
            },
            Self::Inserted { .. } => "seal.inserted",
            Self::NotBase64 { .. } => "seal.base64",
            Self::StrayAttribute { .. } => "seal.stray_attribute",
            Self::MixedIds => "seal.mixed_ids",
            Self::SameSigner => "seal.same_signer",
            Self::UnnamedSignature => "seal.unnamed_signature",
            Self::TooManySignatures { .. } => "seal.too_many_signatures",
            Self::KeyInfo { .. } => "seal.key_info",
            Self::Parameter { .. } => "seal.parameter",
            Self::Transform { .. } => "seal.transform",
            Self::KeyedHash { .. } => "seal.keyed_hash",
            Self::WeakAlgorithm { .. } => "seal.weak_algorithm",
            Self::Include { .. } => "seal.include",
            Self::NotDer => "seal.not_der",
            Self::UnfitKey => "seal.unfit_key",
            Self::WeakKey => "seal.weak_key",
            Self::NoAuthority => "seal.no_authority",
            Self::ChainLength => "seal.chain_length",
            Self::CriticalExtension => "seal.critical_extension",
            Self::WeakChain => "seal.weak_chain",
            Self::NameConstraint => "seal.name_constraint",
        }
    }

    /// Whether it is the certificate, or one above it, that is at fault.
    pub(super) fn is_of_certificate(&self) -> bool {
        match self {
            Self::NotDer
            | Self::UnfitKey
            | Self::WeakKey
            | Self::NoAuthority
            | Self::ChainLength
            | Self::CriticalExtension
            | Self::WeakChain
            | Self::NameConstraint => true,
            Self::Unsigned { .. }
            | Self::Misplaced { .. }
            | Self::Inserted { .. }
            | Self::NotBase64 { .. }
            | Self::StrayAttribute { .. }
            | Self::MixedIds
            | Self::SameSigner
            | Self::UnnamedSignature
            | Self::TooManySignatures { .. }
            | Self::KeyInfo { .. }
            | Self::Parameter { .. }
            | Self::Transform { .. }
            | Self::KeyedHash { .. }
            | Self::WeakAlgorithm { .. }
            | Self::Include { .. } => false,
        }
    }

    /// Whether it leaves open what the signature is worth.
    pub(super) fn is_undecided(&self) -> bool {
        matches!(self, Self::WeakAlgorithm { .. })
    }
}

/// The error for an element that stands where the profile wants `expected`.
pub(super) fn out_of_place(tag: &StartTag<'_>, expected: &'static str) -> SealError {
    let offset = tag.offset();
    let is_own = [SIGNED_DATA_NAMESPACE, SIGNATURE_NAMESPACE].contains(&tag.namespace());
    if !is_own {
        return SealError::WrongElement { expected, offset };
    }
    let part = match tag.local() {
        "SignedDoc" | "Data" => Piece::Container,
        "SignedContent" => Piece::Content,
        "Signature" => Piece::Signature,
        "SignedInfo" => Piece::SignedInfo,
        "Reference" => Piece::Reference,
        "Object" | "Manifest" => Piece::Object,
        _ => Piece::Other,
    };
    Breach::Misplaced { expected, part, offset }.into()
}

/// The same where a signature should have come first.
pub(super) fn unsigned(error: SealError) -> SealError {
    let SealError::Breach(Breach::Misplaced { part: Piece::Content, offset, .. }) = error else {
        return error;
    };
    Breach::Unsigned { offset }.into()
}

/// What stands inside of something that holds nothing of the kind.
pub(super) fn inside(breach: fn(usize) -> Breach) -> impl Fn(SealError) -> SealError {
    move |error| {
        if let SealError::WrongElement { offset, .. } | SealError::Breach(Breach::Misplaced { offset, .. }) =
            error
        {
            return breach(offset).into();
        }
        error
    }
}

/// The breach of naming this algorithm, if it is one that is known and refused.
pub(super) fn refused_algorithm(uri: &str) -> Option<Breach> {
    let known = |all: &[&'static str]| all.iter().copied().find(|known| *known == uri);
    known(&TRANSFORMS)
        .map(|uri| Breach::Transform { uri })
        .or(known(&KEYED_HASHES).map(|uri| Breach::KeyedHash { uri }))
        .or(known(&WEAK).map(|uri| Breach::WeakAlgorithm { uri }))
}

/// XSLT, XPath and its filter, the enveloped signature, base64, decryption (with `here()` in them), tokens, pointers.
const TRANSFORMS: [&str; 10] = [
    "http://www.w3.org/TR/1999/REC-xslt-19991116",
    "http://www.w3.org/TR/1999/REC-xpath-19991116",
    "http://www.w3.org/2002/06/xmldsig-filter2",
    "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
    "http://www.w3.org/2000/09/xmldsig#base64",
    "http://www.w3.org/2002/07/decrypt#XML",
    "http://www.w3.org/2002/07/decrypt#Binary",
    "http://www.w3.org/2001/04/decrypt#",
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#STR-Transform",
    "http://www.w3.org/2001/04/xmldsig-more/xptr",
];

/// HMAC of every digest.
const KEYED_HASHES: [&str; 7] = [
    "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
    "http://www.w3.org/2001/04/xmldsig-more#hmac-md5",
    "http://www.w3.org/2001/04/xmldsig-more#hmac-ripemd160",
    "http://www.w3.org/2001/04/xmldsig-more#hmac-sha224",
    "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
    "http://www.w3.org/2001/04/xmldsig-more#hmac-sha384",
    "http://www.w3.org/2001/04/xmldsig-more#hmac-sha512",
];

/// MD5, SHA-1 and RIPEMD-160, alone and under RSA, DSA and ECDSA; the last five as CMS names them.
const WEAK: [&str; 16] = [
    "http://www.w3.org/2000/09/xmldsig#sha1",
    "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
    "http://www.w3.org/2000/09/xmldsig#dsa-sha1",
    "http://www.w3.org/2001/04/xmldsig-more#md5",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-md5",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-ripemd160",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-ripemd160",
    "http://www.w3.org/2001/04/xmlenc#ripemd160",
    "http://www.w3.org/2007/05/xmldsig-more#sha1-rsa-MGF1",
    "http://www.w3.org/2007/05/xmldsig-more#md5-rsa-MGF1",
    "1.3.14.3.2.26",
    "1.2.840.113549.2.5",
    "1.2.840.113549.1.1.4",
    "1.2.840.113549.1.1.5",
    "1.2.840.10045.4.1",
];
