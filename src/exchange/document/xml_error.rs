//! What is wrong with bytes that should be an XML document, and where.

use crate::base::Code;
use crate::base::Verdict;

/// Bytes that are not a document we accept. Never shows their content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("read XML at byte {offset}, line {line}: {kind}")]
pub struct XmlError {
    /// Bytes before the place, from the first byte of the document.
    pub offset: usize,
    /// The line of the place, counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub kind: XmlErrorKind,
}

/// The ways in which a document is refused by the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum XmlErrorKind {
    /// More bytes than allowed.
    #[error("larger than {limit} bytes")]
    TooLarge {
        /// The most that is read.
        limit: usize,
    },
    /// Elements nested deeper than allowed.
    #[error("elements nested deeper than {limit}")]
    TooDeep {
        /// The deepest that is read.
        limit: usize,
    },
    /// More attributes on one element than allowed.
    #[error("more than {limit} attributes on one element")]
    TooManyAttributes {
        /// The most that are read.
        limit: usize,
    },
    /// More elements than allowed.
    #[error("more than {limit} elements")]
    TooManyElements {
        /// The most that are read.
        limit: usize,
    },
    /// More namespace declarations in scope than allowed.
    #[error("more than {limit} namespaces in scope")]
    TooManyNamespaces {
        /// The most that are kept.
        limit: usize,
    },
    /// Not UTF-8, or declared to be something else.
    #[error("not UTF-8")]
    NotUtf8,
    /// A document type declaration, which is never read.
    #[error("a document type declaration is not accepted")]
    Dtd,
    /// A declaration that is not that of XML 1.0, or not in its place.
    #[error("not an XML 1.0 declaration, or not at the start")]
    Declaration,
    /// A character that XML 1.0 does not allow, literal or by number.
    #[error("a character XML does not allow")]
    Character,
    /// A reference to anything but a character or one of the five predefined entities.
    #[error("an unknown or unfinished reference")]
    Reference,
    /// A name that is not one.
    #[error("not a name")]
    Name,
    /// A tag, a comment, a section or an attribute that is not written as XML demands.
    #[error("{0}")]
    Markup(&'static str),
    /// A prefix that is bound to no namespace here.
    #[error("an undeclared prefix")]
    UndeclaredPrefix,
    /// A namespace declaration that is forbidden or names no absolute URI.
    #[error("a namespace declaration that is not accepted")]
    Namespace,
    /// One attribute twice, by its written or by its expanded name.
    #[error("an attribute twice on one element")]
    DuplicateAttribute,
    /// An end tag that closes another element than the open one.
    #[error("an end tag without its start tag")]
    EndTag,
    /// No root element, or one that is never closed.
    #[error("the document ends before its root element does")]
    Unfinished,
    /// A second root, or text beside the root.
    #[error("content outside the root element")]
    OutsideRoot,
}

impl XmlError {
    /// The stable code of the failure.
    pub fn code(&self) -> Code {
        match self.kind {
            XmlErrorKind::TooLarge { .. } => "document.too_large",
            XmlErrorKind::TooDeep { .. } => "document.too_deep",
            XmlErrorKind::TooManyAttributes { .. } => "document.too_many_attributes",
            XmlErrorKind::TooManyElements { .. } => "document.too_many_elements",
            XmlErrorKind::TooManyNamespaces { .. } => "document.too_many_namespaces",
            XmlErrorKind::NotUtf8 => "document.not_utf8",
            XmlErrorKind::Dtd => "document.dtd",
            XmlErrorKind::UndeclaredPrefix | XmlErrorKind::Namespace => "document.namespace",
            XmlErrorKind::Declaration
            | XmlErrorKind::Character
            | XmlErrorKind::Reference
            | XmlErrorKind::Name
            | XmlErrorKind::Markup(_)
            | XmlErrorKind::DuplicateAttribute
            | XmlErrorKind::EndTag
            | XmlErrorKind::Unfinished
            | XmlErrorKind::OutsideRoot => "document.malformed",
        }
    }

    /// Always told to the sender: the document is theirs.
    pub fn verdict(&self) -> Verdict {
        Verdict::Return { code: self.code() }
    }
}
