//! Documents of the labour half (structures R.XL.XL.01–03).

mod leaf;
mod places;

use super::CodecError;
use super::dice::Dice;
use super::field::{Home, Inside, Reading};
use super::fields::{Fields, finish};
use super::header::Header;
use super::namespaces::{CCDO, CSDO, XLDO, XPDO};
use super::record::Attachments;
use crate::base::{Digest256, Finding, Findings, Limits};
use crate::exchange::canonical::job::{JobDocument, JobDocumentKind};
use crate::exchange::document::{CanonicalWriter, Element};

/// Where a document stands: its root element, and the namespace of that.
macro_rules! roots {
    ($($name:ident: $process:literal;)*) => {
        /// The root element of a document, and its namespace.
        pub fn job_root(kind: JobDocumentKind) -> (&'static str, &'static str) {
            match kind {
                $(JobDocumentKind::$name => (
                    stringify!($name),
                    concat!("urn:x-stazh:R:XL:XL:", $process, ":", stringify!($name), ":v1.0.0"),
                ),)*
            }
        }

        fn write(document: &JobDocument, writer: &mut CanonicalWriter) {
            match document {
                $(JobDocument::$name(it) => it.write_inside(writer),)*
            }
        }

        fn read(
            kind: JobDocumentKind,
            fields: &Fields<'_>,
            reading: &mut Reading<'_, '_>,
        ) -> Option<JobDocument> {
            match kind {
                $(JobDocumentKind::$name => {
                    Inside::read_inside(fields, reading).map(|it| JobDocument::$name(Box::new(it)))
                })*
            }
        }

        /// A lawful document of a kind, as the dice fall.
        ///
        /// # Errors
        /// A code list is empty.
        pub fn invent_job(kind: JobDocumentKind, dice: &mut Dice<'_>) -> Result<JobDocument, Finding> {
            Ok(match kind {
                $(JobDocumentKind::$name => JobDocument::$name(Box::new(Inside::invent_inside(dice)?)),)*
            })
        }
    };
}

roots! {
    Vacancy: "01";
    CandidateProfile: "01";
    Interest: "01";
    Reveal: "01";
    RevealEnd: "01";
    JobOffer: "02";
    EmploymentRecord: "03";
}

/// The document as canonical XML. The contacts of a vacancy have no place in it.
///
/// # Errors
/// A value holds a character XML does not allow.
pub fn encode_job(document: &JobDocument, header: &Header) -> Result<Vec<u8>, CodecError> {
    let (root, namespace) = job_root(document.kind());
    let prefixes = [("doc", namespace), ("ccdo", CCDO), ("csdo", CSDO), ("xpdo", XPDO), ("xldo", XLDO)];
    let mut writer = CanonicalWriter::new(&prefixes);
    writer.start("doc", root);
    header.encode(&mut writer);
    write(document, &mut writer);
    writer.end();
    Ok(writer.finish()?)
}

/// The document of the labour half in one that was found acceptable.
///
/// # Errors
/// Values that no schema can judge and that mean nothing.
pub(in crate::exchange) fn decode_job(
    document: &[u8],
    limits: &Limits,
) -> Result<(Header, JobDocument), CodecError> {
    let root = Element::parse(document, limits)?;
    let fields = Fields::of_root(&root);
    let mut findings = Findings::new();
    let is_root = |kind: &&JobDocumentKind| {
        let (local, namespace) = job_root(**kind);
        root.is(namespace, local)
    };
    let Some(kind) = JobDocumentKind::ALL.iter().find(is_root) else {
        let text = "no document of the labour half has this root element";
        let finding = Finding::error("document.value", fields.path(), "structures R.XL.XL.01–03", "", text);
        return Err(CodecError::Values(vec![finding]));
    };
    let header = Header::decode(&fields, &mut findings);
    // none of these carries copies: its rules say so
    let mut parts = Attachments::new(&[], |_| Digest256([0; 32]));
    let mut reading = Reading { findings: &mut findings, parts: &mut parts };
    let read = read(*kind, &fields, &mut reading);
    finish(header.zip(read), findings)
}

/// The model whose elements these documents name.
const HOME: Home = ("xldo", XLDO);
