//! The check of a document before it is signed and after it is verified.

use super::{MessageKind, StructureError, Structures};
use crate::base::{Finding, Findings, Limits};
use crate::exchange::document::Element;

/// The rules of all messages.
#[derive(Debug)]
pub struct Rules {
    structures: Structures,
    limits: Limits,
}

/// A document that its message's rules accept. Only [`Rules::check`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidDocument(Vec<u8>);

impl ValidDocument {
    /// Its canonical bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Rules {
    /// The rules of this repository, for documents within `limits`.
    ///
    /// # Errors
    /// Never for the schemas of this repository; a test compiles them.
    pub fn built_in(limits: Limits) -> Result<Self, StructureError> {
        Ok(Self { structures: Structures::built_in(limits)?, limits })
    }

    /// Checks a document of ours by all rules of its message.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn check(&self, document: &[u8], message: &MessageKind) -> Result<ValidDocument, Findings> {
        let mut findings = self.structure(document);
        findings.extend(self.content(document, message));
        if findings.iter().any(Finding::is_error) {
            Err(findings)
        } else {
            Ok(ValidDocument(document.to_vec()))
        }
    }

    /// Structural control: the document against its schema.
    pub fn structure(&self, document: &[u8]) -> Findings {
        self.structures.check(document)
    }

    /// Format-logical control: do document and envelope say the same.
    pub fn content(&self, document: &[u8], message: &MessageKind) -> Findings {
        let Ok(root) = Element::parse(document, &self.limits) else { return self.structure(document) };
        let mut findings = Findings::new();
        let path = format!("/{}", root.local);
        if !root.is(&message.namespace, &message.root) {
            let text = "the root element is not that of the message; send the structure and version the catalogue names";
            findings.push(Finding::error("rules.root", path.clone(), "message structure", &root.local, text));
        }
        let header = root.children.iter().find(|child| child.local == "EDocHeader");
        for (local, expected) in [("InfEnvelopeCode", &message.code), ("EDocCode", &message.structure)] {
            let field = header.and_then(|header| header.children.iter().find(|child| child.local == local));
            let value = field.map(Element::token).unwrap_or_default();
            if value != *expected {
                let text = format!("the header does not say {expected}, as the message's action does");
                let path = format!("{path}/EDocHeader/{local}");
                findings.push(Finding::error("rules.header", path, "EDocHeader = wsa:Action", &value, text));
            }
        }
        findings
    }
}
