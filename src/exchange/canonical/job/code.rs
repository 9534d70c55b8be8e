//! Codes of work: occupations, languages and their levels, schooling, licences, kinds of contract.

use crate::base::Finding;
use crate::exchange::canonical::{Coded, Title, YearMonth};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// An enumeration whose values are written as codes.
macro_rules! coded {
    ($(#[$doc:meta])* $name:ident, $what:literal, $rule:literal,
     { $($(#[$value_doc:meta])* $value:ident = $code:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub enum $name {
            $($(#[$value_doc])* $value,)+
        }

        impl $name {
            /// All values, in order.
            pub const ALL: &[Self] = &[$(Self::$value,)+];

            /// Its code.
            pub fn as_code(&self) -> &'static str {
                match self {
                    $(Self::$value => $code,)+
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_code())
            }
        }

        impl FromStr for $name {
            type Err = Finding;

            fn from_str(text: &str) -> Result<Self, Finding> {
                Self::ALL.iter().copied().find(|value| value.as_code() == text).ok_or_else(|| {
                    let codes = [$($code,)+].join(" ");
                    let message = format!(concat!("not a ", $what, "; write one of {}"), codes);
                    Finding::error("canonical.job_code", $what, $rule, text, message)
                })
            }
        }

        impl TryFrom<String> for $name {
            type Error = Finding;

            fn try_from(text: String) -> Result<Self, Finding> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.as_code().to_owned()
            }
        }
    };
}
pub(super) use coded;

/// A group of ISCO-08 at any of its four levels: as many digits as its level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IscoCode {
    digits: [u8; 4],
    level: u8,
}

impl IscoCode {
    /// The levels of the tree: major, sub-major, minor and unit groups.
    pub const LEVELS: u8 = 4;

    /// 1 for a major group, 4 for a unit group.
    pub fn level(&self) -> u8 {
        self.level
    }

    /// Its digits.
    pub fn as_code(&self) -> &str {
        let digits = self.digits.get(..usize::from(self.level)).unwrap_or_default();
        std::str::from_utf8(digits).unwrap_or_default() // digits of ASCII, as they were read
    }

    /// The group above; none above a major one.
    pub fn parent(&self) -> Option<Self> {
        self.at_level(self.level.checked_sub(1)?)
    }

    /// The group of a level that it belongs to; none below its own.
    pub fn at_level(&self, level: u8) -> Option<Self> {
        if level == 0 || level > self.level {
            return None;
        }
        let mut digits = [0; 4];
        let kept = usize::from(level);
        digits.iter_mut().zip(self.digits).take(kept).for_each(|(place, digit)| *place = digit);
        Some(Self { digits, level })
    }

    /// How many levels two groups share: 0 for none, 4 for one unit group.
    pub fn shared_levels(&self, other: &Self) -> u8 {
        let both = self.level.min(other.level);
        let alike = self.digits.iter().zip(other.digits).take_while(|(a, b)| **a == *b).count();
        u8::try_from(alike).unwrap_or(both).min(both)
    }
}

impl fmt::Display for IscoCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_code())
    }
}

impl FromStr for IscoCode {
    type Err = Finding;

    fn from_str(text: &str) -> Result<Self, Finding> {
        let message = "not a group of ISCO-08; write one to four digits";
        let refuse = || Finding::error("canonical.isco", "occupation", "ISCO-08", text, message);
        if !(1..=4).contains(&text.len()) || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(refuse());
        }
        let mut digits = [0; 4];
        digits.iter_mut().zip(text.bytes()).for_each(|(place, digit)| *place = digit);
        let level = u8::try_from(text.len()).map_err(|_cause| refuse())?;
        Ok(Self { digits, level })
    }
}

impl TryFrom<String> for IscoCode {
    type Error = Finding;

    fn try_from(text: String) -> Result<Self, Finding> {
        text.parse()
    }
}

impl From<IscoCode> for String {
    fn from(code: IscoCode) -> Self {
        code.to_string()
    }
}

/// An occupation as the source codes it, and the group of ISCO-08 that a table maps it to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Occupation {
    /// The list of the source, such as `isco-08`, `okz`, `okpdtr`, `nkrk-01`, `okrb-014`.
    pub scheme: Coded,
    /// Its edition.
    pub edition: Coded,
    /// The code in that list, never changed.
    pub code: Coded,
    /// The group; none where no table maps the code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub isco: Option<IscoCode>,
    /// How the code of the source relates to the group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relation: Option<Relation>,
}

coded! {
    /// How a code relates to the one it is mapped to, in the words of SKOS.
    Relation, "relation", "SKOS mapping", {
        /// They mean the same.
        Exact = "exact",
        /// The target means more.
        Broader = "broader",
        /// The target means less.
        Narrower = "narrower",
        /// They are near.
        Close = "close",
    }
}

coded! {
    /// What contract is offered (HR-XML `PositionOfferingTypeCode`). What a source says and nobody knows is absent, never guessed.
    Offering, "kind of contract", "HR-XML 3.2", {
        /// For an indefinite time.
        DirectHire = "DirectHire",
        /// For a time.
        Temporary = "Temporary",
        /// For a time, then for good.
        TemporaryToHire = "TemporaryToHire",
        /// A civil contract, then for good.
        ContractToHire = "ContractToHire",
        /// A civil contract.
        Contract = "Contract",
        /// Work to learn it, paid or not.
        Internship = "Internship",
        /// Learning a trade in an enterprise.
        Apprenticeship = "Apprenticeship",
        /// For a season.
        Seasonal = "Seasonal",
        /// When called.
        OnCall = "OnCall",
        /// No post now.
        RecruitmentReserve = "RecruitmentReserve",
        /// On one's own account.
        SelfEmployed = "SelfEmployed",
        /// Without pay.
        Volunteer = "Volunteer",
    }
}

coded! {
    /// How much of the time (HR-XML `PositionScheduleTypeCode`), and the two patterns of the region that it has no code for.
    Schedule, "schedule", "HR-XML 3.2", {
        /// Full time.
        FullTime = "FullTime",
        /// A part of the time.
        PartTime = "PartTime",
        /// Flexible hours.
        FlexTime = "FlexTime",
        /// In shifts; HR-XML has no code for it.
        Shift = "X-Shift",
        /// Away from home for weeks (вахта); HR-XML has no code for it.
        Rotation = "X-Rotation",
        /// Any.
        Any = "Any",
    }
}

coded! {
    /// How well a language is known (CEFR).
    LanguageLevel, "language level", "CEFR", {
        /// Beginner.
        A1 = "A1",
        /// Elementary.
        A2 = "A2",
        /// Intermediate.
        B1 = "B1",
        /// Upper intermediate.
        B2 = "B2",
        /// Advanced.
        C1 = "C1",
        /// Mastery.
        C2 = "C2",
        /// First language.
        Native = "native",
    }
}

coded! {
    /// What schooling (ISCED 2011).
    Schooling, "schooling", "ISCED 2011", {
        /// Early childhood.
        EarlyChildhood = "0",
        /// Primary.
        Primary = "1",
        /// Lower secondary.
        LowerSecondary = "2",
        /// Upper secondary.
        UpperSecondary = "3",
        /// After secondary, not tertiary.
        PostSecondary = "4",
        /// Short-cycle tertiary.
        ShortTertiary = "5",
        /// Bachelor.
        Bachelor = "6",
        /// Master.
        Master = "7",
        /// Doctoral.
        Doctoral = "8",
    }
}

coded! {
    /// A category of driving licence.
    DrivingLicence, "driving licence", "EURES list", {
        /// Moped.
        Am = "AM",
        /// Light motorcycle.
        A1 = "A1",
        /// Medium motorcycle.
        A2 = "A2",
        /// Motorcycle.
        A = "A",
        /// Quadricycle.
        B1 = "B1",
        /// Car.
        B = "B",
        /// Car with trailer.
        Be = "BE",
        /// Small lorry.
        C1 = "C1",
        /// Small lorry with trailer.
        C1e = "C1E",
        /// Lorry.
        C = "C",
        /// Lorry with trailer.
        Ce = "CE",
        /// Small bus.
        D1 = "D1",
        /// Small bus with trailer.
        D1e = "D1E",
        /// Bus.
        D = "D",
        /// Bus with trailer.
        De = "DE",
    }
}

/// A language by its two letters (ISO 639-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LanguageCode([u8; 2]);

impl LanguageCode {
    /// Its two letters.
    pub fn as_code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default() // two letters of ASCII, as they were read
    }
}

impl fmt::Display for LanguageCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_code())
    }
}

impl FromStr for LanguageCode {
    type Err = Finding;

    fn from_str(text: &str) -> Result<Self, Finding> {
        let message = "not a language; write its two small letters, such as kk";
        let refuse = || Finding::error("canonical.job_code", "language", "ISO 639-1", text, message);
        let letters: [u8; 2] = text.as_bytes().try_into().map_err(|_cause| refuse())?;
        if letters.iter().all(u8::is_ascii_lowercase) { Ok(Self(letters)) } else { Err(refuse()) }
    }
}

impl TryFrom<String> for LanguageCode {
    type Error = Finding;

    fn try_from(text: String) -> Result<Self, Finding> {
        text.parse()
    }
}

impl From<LanguageCode> for String {
    fn from(language: LanguageCode) -> Self {
        language.to_string()
    }
}

/// A language and how well it is known, or must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LanguageSkill {
    /// Which.
    pub language: LanguageCode,
    /// How well; not said by many sources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<LanguageLevel>,
    /// Of a vacancy: whether nobody without it is taken.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_required: bool,
}

/// A skill, by the code of a list; a text of the source that no list knows has none.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Skill {
    /// A code of `schemas/labour/skills.toml`; only coded skills leave the home node in a profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Coded>,
    /// As the source writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Title>,
    /// Of a vacancy: whether it is demanded rather than wished for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_required: bool,
}

/// A proof of a skill or of a right to work in a trade, such as a welder's class.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// A code of the list of certificates.
    pub code: Coded,
    /// The last month it is valid in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<YearMonth>,
}
