//! The four ids, never mixed: message, conversation, procedure, document (D5 ¶36, ¶39, ¶40).

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// An id that could not be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("read {kind}: expected {expected}")]
pub struct IdError {
    kind: &'static str,
    expected: &'static str,
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID made by a [`super::Random`].
            pub fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The bare UUID, as EDocHeader and signals write it.
            pub fn as_uuid(&self) -> Uuid {
                self.0
            }

            /// `urn:uuid:…`, as the addressing headers write it.
            pub fn to_urn(self) -> String {
                self.0.urn().to_string()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            /// Reads a bare UUID, `urn:uuid:…` or our own prefixed form.
            fn from_str(text: &str) -> Result<Self, IdError> {
                let text = text.trim();
                let bare = text.strip_prefix(concat!($prefix, "_")).unwrap_or(text);
                Uuid::try_parse(bare)
                    .map(Self)
                    .map_err(|_cause| IdError { kind: stringify!($name), expected: "a UUID, urn:uuid: allowed" })
            }
        }
    };
}

uuid_id!(
    /// New for every send, a resend included (D5 ¶36, ¶100).
    MessageId, "msg"
);
uuid_id!(
    /// One instance of a transaction of a common process (D5 ¶40).
    ConversationId, "cnv"
);
uuid_id!(
    /// The EDocId of an electronic document.
    DocumentId, "doc"
);

/// The chain of procedures, outermost first, joined by `/` (D5 ¶39).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ProcedureId(Vec<Uuid>);

impl ProcedureId {
    /// The first link, set by the starter of a procedure.
    pub fn start(uuid: Uuid) -> Self {
        Self(vec![uuid])
    }

    /// The chain of a procedure nested in this one.
    pub fn nest(&self, uuid: Uuid) -> Self {
        let mut chain = self.0.clone();
        chain.push(uuid);
        Self(chain)
    }
}

impl fmt::Display for ProcedureId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, link) in self.0.iter().enumerate() {
            if place > 0 {
                f.write_str("/")?;
            }
            write!(f, "{}", link.urn())?;
        }
        Ok(())
    }
}

impl FromStr for ProcedureId {
    type Err = IdError;

    /// White space around a `/` is trimmed: printed samples wrap there.
    fn from_str(text: &str) -> Result<Self, IdError> {
        text.split('/')
            .map(|link| Uuid::try_parse(link.trim()))
            .collect::<Result<Vec<_>, _>>()
            .map(Self)
            .map_err(|_cause| IdError { kind: "ProcedureId", expected: "UUIDs joined by /" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_in_all_three_forms_and_written_in_each() {
        let bare = "eaddf37f-70db-45ee-9a08-542d2c5589c3";
        let id: MessageId = bare.parse().unwrap();
        assert_eq!(id, format!("urn:uuid:{bare}").parse().unwrap());
        assert_eq!(id, id.to_string().parse().unwrap());
        assert_eq!(id.to_urn(), format!("urn:uuid:{bare}"));
        assert!("eaddf37f".parse::<MessageId>().is_err());
    }

    #[test]
    fn a_procedure_chain_survives_a_line_wrap() {
        let a = "urn:uuid:f8a30dda-8443-4ef9-a367-c36fa39ee1f1";
        let b = "urn:uuid:9273bfae-5269-4e0c-83f0-8ce8b7cd75f6";
        let chain: ProcedureId = format!("{a}/\n   {b}").parse().unwrap();
        assert_eq!(chain.to_string(), format!("{a}/{b}"));
    }
}
