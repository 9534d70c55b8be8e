//! Short texts with a bound: codes of classifiers, ids of records, titles.

use crate::base::{self, Finding};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
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

            /// The text that a value of it holds.
            ///
            /// # Errors
            /// None does.
            pub(in crate::exchange) fn judge(text: &str) -> Result<Cow<'_, str>, Finding> {
                let token = collapsed(text, $what)?;
                if (1..=$max).contains(&token.chars().count()) {
                    return Ok(token);
                }
                let message = concat!("not a ", $what, " of 1 to ", $max, " characters; correct it in the source");
                Err(Finding::error("canonical.text_length", $what, concat!("1–", $max), text, message))
            }
        }

        impl FromStr for $name {
            type Err = Finding;

            fn from_str(text: &str) -> Result<Self, Finding> {
                Self::judge(text).map(|token| Self(token.into_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = Finding;

            fn try_from(text: String) -> Result<Self, Finding> {
                kept(text, Self::judge).map(Self)
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

/// The text with its white space collapsed, as the schema's tokens are.
///
/// # Errors
/// A character that a document cannot hold: it would be found only when the document is written.
pub(super) fn collapsed<'t>(text: &'t str, what: &str) -> Result<Cow<'t, str>, Finding> {
    let token = base::collapsed(text);
    if token.chars().any(|c| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}')) {
        let message = "holds a control character; remove it in the source";
        return Err(Finding::error("canonical.text_character", what, "characters of XML 1.0", text, message));
    }
    Ok(token)
}

/// What is judged of a text: the text itself where nothing of it changes.
pub(super) fn kept(
    text: String,
    judge: impl FnOnce(&str) -> Result<Cow<'_, str>, Finding>,
) -> Result<String, Finding> {
    let changed = match judge(&text)? {
        Cow::Borrowed(_) => None,
        Cow::Owned(token) => Some(token),
    };
    Ok(changed.unwrap_or(text))
}

token!(
    /// A code of a classifier; which classifier follows from the field, which codes from `schemas/codelists`.
    Coded, "code", 20, |text| text
);
token!(
    /// The id of a shared resource, given by the body that keeps it.
    ResourceId, "resource id", 20, |text| text
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
    /// What an attachment is, such as `application/pdf` (RFC 6838).
    MediaType, "media type", 255, |text| text
);
token!(
    /// The name of a post.
    Position, "position", 120, |_| "…"
);
token!(
    /// Words of a person: an explanation, a question, an address. Never shown in a log.
    Remark, "remark", 4000, |_| "…"
);
token!(
    /// The number of an organisation in a register.
    RegisterNumber, "register number", 20, |_| "…"
);
token!(
    /// The number of a document, or a state's own code.
    Number, "number", 50, |_| "…"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_its_length_and_no_control_characters() {
        assert_eq!(" ТОО \n «Сарыарка» ".parse::<Title>().unwrap().as_str(), "ТОО «Сарыарка»");
        assert_eq!(
            "a\u{1}b".parse::<Title>().unwrap_err().to_string(),
            "title: holds a control character; remove it in the source \
             (canonical.text_character; rule characters of XML 1.0; found 3 mixed characters)"
        );
        assert_eq!(
            " ".parse::<Coded>().unwrap_err().to_string(),
            "code: not a code of 1 to 20 characters; correct it in the source \
             (canonical.text_length; rule 1–20; found 1 blanks)"
        );
        assert!("9".repeat(20).parse::<Coded>().is_ok());
        assert!("9".repeat(21).parse::<Coded>().is_err());
    }

    #[test]
    fn a_text_that_is_taken_over_is_judged_as_one_that_is_read() {
        for text in ["a", " a\u{a0} b ", "", " ", "a\u{1}", &"ж".repeat(300), &"ж".repeat(301)] {
            assert_eq!(Title::try_from(text.to_owned()), text.parse::<Title>(), "{text:?}");
        }
    }

    #[test]
    fn only_codes_and_ids_are_shown() {
        assert_eq!(format!("{:?}", "opv".parse::<Coded>().unwrap()), "Coded(opv)");
        assert_eq!(format!("{:?}", "ТОО".parse::<Title>().unwrap()), "Title(…)");
        assert_eq!(format!("{:?}", "ГПХ-7".parse::<Number>().unwrap()), "Number(…)");
    }
}
