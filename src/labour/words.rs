//! Enumerations whose values are written as words, alike in JSON, in a column and in a command.

/// An enumeration with its words.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$value_doc:meta])* $value:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub enum $name {
            $($(#[$value_doc])* $value,)+
        }

        impl $name {
            /// All values, in order.
            pub const ALL: &[Self] = &[$(Self::$value,)+];

            /// Its word.
            pub fn as_str(&self) -> &'static str {
                match self {
                    $(Self::$value => $word,)+
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::labour::WordFault;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let found = Self::ALL.iter().copied().find(|value| value.as_str() == text);
                found.ok_or($crate::labour::WordFault { words: concat!($($word, " ",)+) })
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::labour::WordFault;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.as_str().to_owned()
            }
        }
    };
}
pub(super) use words;

/// A word that is none of its enumeration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("read a word; write one of: {words}")]
pub struct WordFault {
    /// All that there are.
    pub(super) words: &'static str,
}
