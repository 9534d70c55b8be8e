//! EDocHeader: what a document is, its id, the document it answers, when it was made.

use super::CodecError;
use super::fields::{Fields, finish};
use super::namespaces::{CCDO, CSDO};
use crate::base::{DocumentId, Findings, Limits};
use crate::exchange::document::{CanonicalWriter, Element};
use jiff::Timestamp;

/// The header of an electronic document (data model, EDocHeader).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The message code, such as `P.XP.01.MSG.001`.
    pub message: String,
    /// The structure code, such as `R.006`.
    pub structure: String,
    /// The document's id.
    pub document_id: DocumentId,
    /// The id of the document that this one answers.
    pub answers: Option<DocumentId>,
    /// When it was made, as it was written: a zone is never guessed.
    pub made_at: HeaderText,
}

/// A date and time in its lexical form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderText(pub String);

impl HeaderText {
    /// The text of an instant, in UTC with its zone.
    pub fn of(at: Timestamp) -> Self {
        Self(at.to_string())
    }

    /// The instant, if the text names its zone.
    pub fn instant(&self) -> Option<Timestamp> {
        self.0.parse().ok()
    }
}

impl Header {
    /// The header of a document that is made now; `structure` is what the catalogue says its message carries.
    pub fn new(
        (message, structure): (&str, &str),
        document_id: DocumentId,
        answers: Option<DocumentId>,
        now: Timestamp,
    ) -> Self {
        Self {
            message: message.to_owned(),
            structure: structure.to_owned(),
            document_id,
            answers,
            made_at: HeaderText::of(now),
        }
    }

    /// Reads the header alone.
    ///
    /// # Errors
    /// It is absent, or a field of it cannot be read.
    pub fn read(document: &[u8], limits: &Limits) -> Result<Self, CodecError> {
        let root = Element::parse(document, limits)?;
        let mut findings = Findings::new();
        let header = Self::decode(&Fields::of_root(&root), &mut findings);
        finish(header, findings)
    }

    pub(super) fn encode(&self, writer: &mut CanonicalWriter) {
        writer.start("ccdo", "EDocHeader");
        writer.leaf("csdo", "InfEnvelopeCode", &self.message);
        writer.leaf("csdo", "EDocCode", &self.structure);
        writer.leaf_shown("csdo", "EDocId", &self.document_id.as_uuid());
        if let Some(answers) = self.answers {
            writer.leaf_shown("csdo", "EDocRefId", &answers.as_uuid());
        }
        writer.leaf("csdo", "EDocDateTime", &self.made_at.0);
        writer.end();
    }

    pub(super) fn decode(root: &Fields<'_>, findings: &mut Findings) -> Option<Self> {
        let Some(fields) = root.child(CCDO, "EDocHeader") else {
            findings.push(root.missing("EDocHeader"));
            return None;
        };
        let message = fields.require(CSDO, "InfEnvelopeCode", findings);
        let structure = fields.require(CSDO, "EDocCode", findings);
        let document_id = fields.require(CSDO, "EDocId", findings);
        let answers = fields.read(CSDO, "EDocRefId", findings);
        let made_at = fields.require::<String>(CSDO, "EDocDateTime", findings).map(HeaderText);
        Some(Self {
            message: message?,
            structure: structure?,
            document_id: document_id?,
            answers,
            made_at: made_at?,
        })
    }
}
