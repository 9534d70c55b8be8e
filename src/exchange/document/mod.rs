//! The document: XML as it crosses the border, read with care and written once, already canonical.
//!
//! [`XmlReader`] reads bytes of a stranger in one pass and within [`crate::base::Limits`];
//! [`CanonicalWriter`] writes our own documents in exclusive canonical form, so that nothing has to be
//! parsed again before it is signed. Whether a document is acceptable is not decided here.

mod chars;
pub mod codec;
pub mod hr_xml;
mod reader;
mod tag;
mod tree;
mod writer;
mod xml_error;

pub use reader::{Event, Scope, XmlReader};
pub use tag::{AttributeRef, StartTag};
pub use tree::{Element, Trail};
pub use writer::{CanonicalWriter, WriteError, escape_attribute, escape_text};
pub use xml_error::{XmlError, XmlErrorKind};

/// The namespace of the prefix `xml`, bound in every document.
pub const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";
