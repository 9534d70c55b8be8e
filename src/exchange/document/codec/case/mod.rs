//! Documents of a pension case: needs A to M, and what every case system needs (structures R.XP.XP.03–05).

mod head;
mod places;

use super::CodecError;
use super::dice::Dice;
use super::field::{At, Home, Inside, Reading, Slot, at};
use super::fields::{Fields, finish};
use super::header::Header;
use super::namespaces::{CCDO, CSDO, XCDO, XPDO};
use super::record::Attachments;
use crate::base::{Digest256, Finding, Findings, Limits};
use crate::exchange::canonical::case::{CaseDocument, CaseDocumentKind, CaseHead};
use crate::exchange::document::{CanonicalWriter, Element};

/// Where a document stands: its root element, and the namespace of that.
macro_rules! roots {
    ($($name:ident: $process:literal;)*) => {
        /// The root element of a document, and its namespace.
        pub fn case_root(kind: CaseDocumentKind) -> (&'static str, &'static str) {
            match kind {
                $(CaseDocumentKind::$name => (
                    stringify!($name),
                    concat!("urn:x-stazh:R:XP:XP:", $process, ":", stringify!($name), ":v1.0.0"),
                ),)*
            }
        }

        fn write(document: &CaseDocument, writer: &mut CanonicalWriter) {
            match document {
                $(CaseDocument::$name(it) => it.write_inside(writer),)*
            }
        }

        fn read(
            kind: CaseDocumentKind,
            fields: &Fields<'_>,
            reading: &mut Reading<'_, '_>,
        ) -> Option<CaseDocument> {
            match kind {
                $(CaseDocumentKind::$name => {
                    Inside::read_inside(fields, reading).map(|it| CaseDocument::$name(Box::new(it)))
                })*
            }
        }

        /// A lawful document of a kind, as the dice fall.
        ///
        /// # Errors
        /// A code list is empty.
        pub fn invent_case(kind: CaseDocumentKind, dice: &mut Dice<'_>) -> Result<CaseDocument, Finding> {
            Ok(match kind {
                $(CaseDocumentKind::$name => CaseDocument::$name(Box::new(Inside::invent_inside(dice)?)),)*
            })
        }
    };
}

roots! {
    PensionClaim: "03";
    PensionDecision: "03";
    ExaminationRequest: "03";
    ExaminationRecord: "03";
    DisabilityDecision: "03";
    FamilyInquiry: "03";
    FamilyRecord: "03";
    CircumstanceNotice: "04";
    AmountsInquiry: "04";
    AmountsRecord: "04";
    WithholdingRequest: "04";
    WithholdingAnswer: "04";
    VerificationRequest: "03";
    VerificationRecord: "03";
    RelocationNotice: "03";
    CertificateRequest: "04";
    PaymentCertificate: "04";
    BodyDirectory: "05";
    LawChange: "05";
    CommissionInquiry: "05";
    CommissionAnswer: "05";
    Clarification: "03";
    ClarificationAnswer: "03";
    Rejection: "03";
    Reminder: "03";
    Update: "03";
    Invalidation: "03";
    Forwarding: "03";
    Closure: "03";
}

/// The document as canonical XML; what it is about is in the header.
///
/// # Errors
/// A value holds a character XML does not allow.
pub fn encode_case(document: &CaseDocument, header: &Header) -> Result<Vec<u8>, CodecError> {
    let (root, namespace) = case_root(document.kind());
    let prefixes = [("doc", namespace), ("ccdo", CCDO), ("csdo", CSDO), ("xpdo", XPDO), ("xcdo", XCDO)];
    let mut writer = CanonicalWriter::new(&prefixes);
    writer.start("doc", root);
    header.encode(&mut writer);
    write(document, &mut writer);
    writer.end();
    Ok(writer.finish()?)
}

/// Whose document of which case one is that was written here, without what it says: its attachments may be elsewhere.
///
/// # Errors
/// It has no head.
pub(in crate::exchange) fn decode_case_head(
    document: &[u8],
    limits: &Limits,
) -> Result<CaseHead, CodecError> {
    let root = Element::parse(document, limits)?;
    let fields = Fields::of_root(&root);
    let mut findings = Findings::new();
    let header = Header::decode(&fields, &mut findings);
    let mut parts = Attachments::new(&[], |_| Digest256([0; 32]));
    let mut reading = Reading { findings: &mut findings, parts: &mut parts };
    let head = <CaseHead as Slot>::read(&fields, &at!("CaseHeadDetails"), &mut reading);
    let about = header.and_then(|header| header.answers);
    finish(head.map(|head| CaseHead { about, ..head }), findings)
}

/// The document of a case in one that was found acceptable.
///
/// # Errors
/// Values that no schema can judge and that mean nothing.
pub(in crate::exchange) fn decode_case(
    document: &[u8],
    mut parts: Attachments<'_>,
    limits: &Limits,
) -> Result<(Header, CaseDocument), CodecError> {
    let root = Element::parse(document, limits)?;
    let fields = Fields::of_root(&root);
    let mut findings = Findings::new();
    let is_root = |kind: &&CaseDocumentKind| {
        let (local, namespace) = case_root(**kind);
        root.is(namespace, local)
    };
    let Some(kind) = CaseDocumentKind::ALL.iter().find(is_root) else {
        let text = "no document of a case has this root element";
        let finding = Finding::error("document.value", fields.path(), "structures R.XP.XP.03–05", "", text);
        return Err(CodecError::Values(vec![finding]));
    };
    let header = Header::decode(&fields, &mut findings);
    let mut reading = Reading { findings: &mut findings, parts: &mut parts };
    let mut read = read(*kind, &fields, &mut reading);
    findings.extend(parts.without_place(&fields));
    if let (Some(header), Some(document)) = (&header, &mut read) {
        document.head_mut().about = header.answers;
    }
    finish(header.zip(read), findings)
}

/// The model whose elements these documents name.
const HOME: Home = ("xcdo", XCDO);
