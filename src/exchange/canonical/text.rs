//! Short texts with a bound: codes of classifiers, ids of records, titles.

use crate::base::Finding;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

macro_rules! token {
    ($(#[$doc:meta])* $name:ident, $what:literal, $max:literal, $debug:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text, its white space collapsed.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = Finding;

            fn from_str(text: &str) -> Result<Self, Finding> {
                let token = text.split_whitespace().collect::<Vec<_>>().join(" ");
                let count = token.chars().count();
                if (1..=$max).contains(&count) {
                    return Ok(Self(token));
                }
                let message = concat!("not a ", $what, " of 1 to ", $max, " characters; correct it in the source");
                Err(Finding::error("canonical.text_length", $what, concat!("1–", $max), text, message))
            }
        }

        impl TryFrom<String> for $name {
            type Error = Finding;

            fn try_from(text: String) -> Result<Self, Finding> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(token: $name) -> Self {
                token.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let show: fn(&str) -> &str = $debug;
                write!(f, "{}({})", stringify!($name), show(&self.0))
            }
        }
    };
}

token!(
    /// A code of a classifier; which classifier follows from the field, which codes from `schemas/codelists`.
    Coded, "code", 20, |text| text
);
token!(
    /// The id of one entry of a person's record, unique within the state that keeps it.
    RecordId, "record id", 100, |text| text
);
token!(
    /// A title: of an employer, a document. May name a person, so it is never shown in a log.
    Title, "title", 300, |_| "…"
);
token!(
    /// The name of a post.
    Position, "position", 120, |_| "…"
);
token!(
    /// The number of an organisation in a register.
    RegisterNumber, "register number", 20, |_| "…"
);
token!(
    /// The number of a document, or a state's own code.
    Number, "number", 50, |_| "…"
);
