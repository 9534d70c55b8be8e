//! The seal: a document signed so that the other state can rely on it, and such documents verified.
//!
//! A strict profile of XML Signature, and nothing beside it: a `SignedDoc` with one `Data`, one to eight
//! signatures before one `SignedContent`, in each one reference to it, exclusive canonical XML as the only
//! transform. [`seal`] makes a [`SealedDocument`]; [`open()`] and [`verify()`] make a [`VerifiedDocument`],
//! which shows only the bytes that were digested. Neither can be made in any other way:
//!
//! ```compile_fail
//! use stazh::exchange::seal::SealedDocument;
//! let forged = SealedDocument { bytes: Vec::new() };
//! ```
//!
//! ```compile_fail
//! use stazh::exchange::seal::VerifiedDocument;
//! let forged = VerifiedDocument { content: Vec::new() };
//! ```
//!
//! What a node sends is signed only after its rules accepted it:
//!
//! ```compile_fail
//! use stazh::{base::DocumentId, exchange::seal::{Signer, seal}};
//! fn send(document: &[u8], id: DocumentId, signer: &Signer) {
//!     seal(document, id, signer);
//! }
//! ```
//!
//! An opened document shows nothing of its content before it is verified:
//!
//! ```compile_fail
//! fn read(opened: stazh::exchange::seal::OpenedDocument) -> Vec<u8> {
//!     opened.document().to_vec()
//! }
//! ```

mod asn1;
mod attest;
mod breach;
mod c14n;
mod cms;
mod container;
mod dvcs;
mod error;
mod evidence;
mod evidence_record;
mod facts;
mod filling;
mod grounds;
mod hash_tree;
mod inspect;
mod issue;
mod locked;
mod open;
mod path;
mod pkcs12;
mod plan;
mod receipt;
mod report;
mod revocation;
mod signature;
mod signer;
mod signers;
mod stamping;
mod suites;
mod third_party;
mod time_stamp;
mod token;
mod trust;
mod verify;

pub use attest::{Witness, attest, is_attested};
pub use breach::{Breach, Piece};
pub use c14n::{Canonicalizer, canonicalize};
pub use container::{SIGNED_DATA_NAMESPACE, SealedDocument, Sealing, includes, seal, seal_unchecked};
pub use dvcs::{Answer, Asked, Confirmation, Judged, Question, refusal};
pub use error::SealError;
pub use evidence::{
    EVIDENCE_ANSWER, EVIDENCE_DOCUMENT, EVIDENCE_QUESTION, EVIDENCE_RECORD, EvidenceQuestion, Judges, Packed,
    inspect_container, is_container,
};
pub use evidence_record::{EvidenceRecord, StampBatch, Stamped};
pub use facts::{CertificateFacts, certificates_in};
pub use filling::{Filled, Filling, Hole};
pub use grounds::{Grounding, grounds};
pub use inspect::{Aspect, InspectedSignature, Inspection, inspect};
pub use issue::{Issued, KeyKind, ThrowAwayAuthority};
pub use locked::LockKey;
pub use open::{OpenedDocument, open, open_within};
pub use plan::SignerPlan;
pub use receipt::{OpenedReceipt, ReceiptSubject, Said, open_receipt, with_receipt};
pub use revocation::{
    Ask, Coverage, FoundRevoked, Reason, Revocation, Revoked, StatusAnswer, StatusKind, StatusQuestion,
    StatusSource, Statuses, Taken, Terms,
};
pub use signer::Signer;
pub use signers::Signers;
pub use stamping::{StampAuthority, StampOutcome};
pub use suites::{
    ContentDigests, ContentHasher, DigestAlgorithm, PrivateKey, PublicKey, RawSignature, Scheme,
    Sha256Hasher, Suite, is_ed25519, is_gost_loaded, keyed_digest, sha256, sha256_hasher, suite_of,
};
pub use third_party::{Outcome, ReasonCode, ReceiptTrust, ThirdParty};
pub use time_stamp::{Imprint, StampAnswer, StampQuestion, StampRefusal, StampTrust, TimeStamp};
pub use token::{TokenName, TokenPlan};
pub use trust::TrustStore;
pub use verify::{UnsignedDocument, VerifiedDocument, confirm, take_unsigned, verify, verify_filled};
