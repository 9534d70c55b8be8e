//! The personal identifiers of the five states, with their check digits (SNILS, IIN, BY number, PIN, PSN).
//!
//! Checking has three outcomes. A number of the right form whose check digit does not fit is kept, since it
//! is what the issuing state sent; its standing says so, and a finding tells the clerk.

use super::State;
use crate::base::Finding;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// Which state's numbering a personal identifier belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdentifierKind {
    /// Russia: insurance number of the individual account, 11 digits, two of them control.
    Snils,
    /// Kazakhstan: individual identification number, 12 digits.
    Iin,
    /// Belarus: identification number, 14 digits and Latin capitals.
    ByNumber,
    /// Kyrgyzstan: personal identification number, 14 digits, no public check rule; may change.
    Pin,
    /// Armenia: public services number, 10 digits, check rule unpublished; may be absent.
    Psn,
}

impl IdentifierKind {
    /// The state that issues numbers of this kind.
    pub fn state(&self) -> State {
        match self {
            Self::Snils => State::Ru,
            Self::Iin => State::Kz,
            Self::ByNumber => State::By,
            Self::Pin => State::Kg,
            Self::Psn => State::Am,
        }
    }

    /// All of them.
    pub const ALL: [Self; 5] = [Self::Snils, Self::Iin, Self::ByNumber, Self::Pin, Self::Psn];

    /// The code of the list of identifier kinds.
    pub fn as_code(&self) -> &'static str {
        match self {
            Self::Snils => "snils",
            Self::Iin => "iin",
            Self::ByNumber => "by-number",
            Self::Pin => "pin",
            Self::Psn => "psn",
        }
    }

    fn rule(self) -> &'static str {
        match self {
            Self::Snils => "SNILS: 11 digits, control = weighted sum mod 101",
            Self::Iin => "IIN: 12 digits, birth date first, check digit mod 11",
            Self::ByNumber => "BY number: 14 Latin characters, check digit of weights 7 3 1",
            Self::Pin => "PIN: 14 digits, sex and birth date first",
            Self::Psn => "PSN: 10 digits, day with sex and birth date first",
        }
    }
}

impl std::str::FromStr for IdentifierKind {
    type Err = Finding;

    fn from_str(text: &str) -> Result<Self, Finding> {
        Self::ALL.into_iter().find(|kind| kind.as_code() == text).ok_or_else(|| {
            let message = "not a kind of identifier; write one of snils iin by-number pin psn";
            Finding::error("canonical.identifier_kind", "kind", "identifier kinds", text, message)
        })
    }
}

/// Whether an identifier's check digit fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// The form is right and the check digit fits, or the state publishes no check rule.
    Sound,
    /// The form is right, the check digit does not fit.
    ChecksumMismatch,
}

/// A personal identifier in its stored form: no blanks, no dashes.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Identifier {
    kind: IdentifierKind,
    value: String,
    standing: Standing,
}

impl Identifier {
    /// Reads a number in its printed or stored form.
    ///
    /// # Errors
    /// A number of the wrong form. A wrong check digit is not an error: ask [`Identifier::finding`].
    pub fn parse(kind: IdentifierKind, text: &str) -> Result<Self, Finding> {
        let value = stored(kind, text);
        let standing = standing_of(kind, &value, text)?;
        Ok(Self { kind, value: value.into_owned(), standing })
    }

    /// The same of a text that is taken over.
    ///
    /// # Errors
    /// As [`Identifier::parse`].
    pub(super) fn take(kind: IdentifierKind, text: String) -> Result<Self, Finding> {
        match stored(kind, &text) {
            Cow::Borrowed(value) if value.len() == text.len() => {
                let standing = standing_of(kind, value, &text)?;
                Ok(Self { kind, value: text, standing })
            }
            Cow::Borrowed(_) | Cow::Owned(_) => Self::parse(kind, &text),
        }
    }

    /// The number itself, as [`Identifier::as_str`] shows it.
    pub(in crate::exchange) fn into_value(self) -> String {
        self.value
    }

    /// Whose numbering it is.
    pub fn kind(&self) -> IdentifierKind {
        self.kind
    }

    /// The number itself. A person's data: never log it.
    pub fn as_str(&self) -> &str {
        &self.value
    }

    /// Whether the check digit fits.
    pub fn standing(&self) -> Standing {
        self.standing
    }

    /// The day of birth that the number tells; none where its scheme tells none. Of a Belarusian number it is no more
    /// than a hint: the scheme changed in 2012.
    pub fn birth_date(&self) -> Option<Date> {
        self.told().map(|told| told.birth_date)
    }

    /// The sex that the number tells, as a code of the list of sexes.
    pub fn sex(&self) -> Option<&'static str> {
        self.told().map(|told| if told.is_male { "1" } else { "2" })
    }

    /// The warning that the number tells another day of birth or another sex than is known, for `path`. What is known
    /// stands. None of a Belarusian number, whose scheme changed in 2012.
    pub fn conflict(&self, birth_date: Option<Date>, sex: Option<&str>, path: &str) -> Option<Finding> {
        let told = self.told().filter(|_| self.kind != IdentifierKind::ByNumber)?;
        let is_other_day = birth_date.is_some_and(|day| day != told.birth_date);
        let is_other_sex =
            sex.is_some_and(|sex| matches!(sex, "1" | "2") && self.sex().is_some_and(|own| own != sex));
        let message = match (is_other_day, is_other_sex) {
            (false, false) => return None,
            (true, false) => "the number tells another day of birth; compare it with the person's document",
            (_, true) => "the number tells another sex; compare it with the person's document",
        };
        let rule = self.kind.rule();
        Some(Finding::error("canonical.identifier_conflict", path, rule, &self.value, message).as_warning())
    }

    fn told(&self) -> Option<Told> {
        match self.kind {
            IdentifierKind::Snils => None,
            IdentifierKind::Iin => iin_told(&self.value),
            IdentifierKind::ByNumber => by_number_told(&self.value),
            IdentifierKind::Pin => pin_told(&self.value),
            IdentifierKind::Psn => psn_told(&self.value),
        }
    }

    /// The finding that a check digit does not fit, for `path`; none when it does.
    pub fn finding(&self, path: &str) -> Option<Finding> {
        match self.standing {
            Standing::Sound => None,
            Standing::ChecksumMismatch => Some(
                Finding::error(
                    "canonical.identifier_checksum",
                    path,
                    self.kind.rule(),
                    &self.value,
                    "the check digit does not fit; ask the body that issued the number",
                )
                .as_warning(),
            ),
        }
    }
}

/// What a number tells of the person beside itself.
struct Told {
    birth_date: Date,
    is_male: bool,
}

impl fmt::Debug for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identifier({:?}, …)", self.kind)
    }
}

/// A number as it is stored.
fn stored(kind: IdentifierKind, text: &str) -> Cow<'_, str> {
    match kind {
        IdentifierKind::Snils if text.contains([' ', '-']) => text.replace([' ', '-'], "").into(),
        IdentifierKind::Snils => text.into(),
        IdentifierKind::Iin | IdentifierKind::ByNumber | IdentifierKind::Pin | IdentifierKind::Psn => {
            text.trim().into()
        }
    }
}

/// Whether the check digit of a stored number fits; `text` is what it was read of.
fn standing_of(kind: IdentifierKind, value: &str, text: &str) -> Result<Standing, Finding> {
    let standing = match kind {
        IdentifierKind::Snils => snils(value),
        IdentifierKind::Iin => iin(value),
        IdentifierKind::ByNumber => by_number(value),
        IdentifierKind::Pin => pin(value),
        IdentifierKind::Psn => psn(value),
    };
    let message = "not a number of this kind; compare it with the person's document";
    standing.ok_or_else(|| {
        Finding::error("canonical.identifier_malformed", "identifier", kind.rule(), text, message)
    })
}

/// The digits of a string that is nothing else, of the length asked for.
fn digits<const N: usize>(value: &str) -> Option<[u32; N]> {
    let (mut all, mut chars) = ([0; N], value.chars());
    for digit in &mut all {
        *digit = chars.next()?.to_digit(10)?;
    }
    chars.next().is_none().then_some(all)
}

fn weighted(digits: &[u32], weights: impl Iterator<Item = u32>) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum()
}

fn standing(is_sound: bool) -> Standing {
    if is_sound { Standing::Sound } else { Standing::ChecksumMismatch }
}

fn number(text: Option<&str>) -> Option<i16> {
    text?.parse().ok()
}

fn calendar(year: i16, month: i16, day: i16) -> Option<Date> {
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// Numbers up to 001-001-998 carry no control.
fn snils(value: &str) -> Option<Standing> {
    let all: [u32; 11] = digits(value)?;
    let (body, control) = all.split_at_checked(9)?;
    if value.get(..9)? <= "001001998" {
        return Some(Standing::Sound);
    }
    let expected = weighted(body, (1..=9).rev()) % 101 % 100;
    Some(standing(weighted(control, [10, 1].into_iter()) == expected))
}

/// The century and the sex in the seventh digit of an IIN and the first of a Belarusian number.
fn century_and_sex(digit: &str) -> Option<(i16, bool)> {
    Some(match digit {
        "1" => (1800, true),
        "2" => (1800, false),
        "3" => (1900, true),
        "4" => (1900, false),
        "5" => (2000, true),
        "6" => (2000, false),
        _ => return None,
    })
}

fn iin_told(value: &str) -> Option<Told> {
    let (century, is_male) = century_and_sex(value.get(6..7)?)?;
    let year = century + number(value.get(..2))?;
    let birth_date = calendar(year, number(value.get(2..4))?, number(value.get(4..6))?)?;
    Some(Told { birth_date, is_male })
}

fn iin(value: &str) -> Option<Standing> {
    let all: [u32; 12] = digits(value)?;
    let (body, check) = all.split_at_checked(11)?;
    iin_told(value)?;
    let mut expected = weighted(body, 1..=11) % 11;
    if expected == 10 {
        expected = weighted(body, (3..=11).chain(1..=2)) % 11;
    }
    Some(standing(check == [expected]))
}

fn by_number_told(value: &str) -> Option<Told> {
    let (century, is_male) = century_and_sex(value.get(..1)?)?;
    let year = century + number(value.get(5..7))?;
    let birth_date = calendar(year, number(value.get(3..5))?, number(value.get(1..3))?)?;
    Some(Told { birth_date, is_male })
}

fn by_number(value: &str) -> Option<Standing> {
    let (mut all, mut chars) = ([0_u32; 14], value.chars());
    for (place, number) in all.iter_mut().enumerate() {
        let c = chars.next()?;
        let is_letter = matches!(place, 7 | 11 | 12);
        let fits = if is_letter { c.is_ascii_uppercase() } else { c.is_ascii_digit() };
        if !fits {
            return None;
        }
        *number = c.to_digit(36)?;
    }
    chars.next().is_none().then_some(())?;
    let (body, check) = all.split_at_checked(13)?;
    by_number_told(value)?;
    Some(standing(check == [weighted(body, [7, 3, 1].into_iter().cycle()) % 10]))
}

fn pin_told(value: &str) -> Option<Told> {
    let year = number(value.get(5..9)).filter(|year| (1800..=2099).contains(year))?;
    let is_male = match value.get(..1)? {
        "1" => false,
        "2" => true,
        _ => return None,
    };
    let birth_date = calendar(year, number(value.get(3..5))?, number(value.get(1..3))?)?;
    Some(Told { birth_date, is_male })
}

fn pin(value: &str) -> Option<Standing> {
    let _all: [u32; 14] = digits(value)?;
    pin_told(value).map(|_told| Standing::Sound)
}

fn psn_told(value: &str) -> Option<Told> {
    let (day, is_male) = match number(value.get(..2))? {
        male @ 11..=41 => (male - 10, true),
        female @ 51..=81 => (female - 50, false),
        _ => return None,
    };
    let (month, century) = match number(value.get(2..4))? {
        month @ 1..=12 => (month, 1900),
        month @ 21..=32 => (month - 20, 2000),
        month @ 41..=52 => (month - 40, 2100),
        month @ 61..=72 => (month - 60, 2200),
        month @ 81..=92 => (month - 80, 1800),
        _ => return None,
    };
    let birth_date = calendar(century + number(value.get(4..6))?, month, day)?;
    Some(Told { birth_date, is_male })
}

fn psn(value: &str) -> Option<Standing> {
    let _all: [u32; 10] = digits(value)?;
    if value.get(6..9)? == "000" {
        return None;
    }
    psn_told(value).map(|_told| Standing::Sound)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn standing_of(kind: IdentifierKind, text: &str) -> Option<Standing> {
        Identifier::parse(kind, text).ok().map(|id| id.standing())
    }

    #[test]
    fn a_small_letter_in_the_place_of_a_digit_is_no_belarusian_number() {
        assert!(Identifier::parse(IdentifierKind::ByNumber, "3150385Aa01PB6").is_err());
    }

    #[test]
    fn worked_numbers_of_every_state_are_sound() {
        use IdentifierKind::{ByNumber, Iin, Pin, Psn, Snils};
        let worked = [
            (Snils, "112-233-445 95"),
            (Snils, "123-456-789 64"),
            (Snils, "100-018-999 00"),
            (Snils, "100-019-899 00"),
            (Snils, "087-654-302 00"),
            (Snils, "087-654-303 00"),
            (Snils, "001-001-999 65"),
            (Snils, "001-001-998 11"),
            (Iin, "850315300019"),
            (Iin, "900722400456"),
            (Iin, "051105600120"),
            (Iin, "850315301801"),
            (ByNumber, "3150385A001PB6"),
            (ByNumber, "4220790M045PB7"),
            (ByNumber, "5010105K012PB9"),
            (Pin, "21503198500017"),
            (Pin, "12207199000456"),
            (Psn, "2503850017"),
            (Psn, "7227050453"),
        ];
        for (kind, text) in worked {
            assert_eq!(standing_of(kind, text), Some(Standing::Sound), "{kind:?} {text}");
        }
    }

    #[test]
    fn a_wrong_check_digit_is_a_warning_and_the_number_is_kept() {
        let id = Identifier::parse(IdentifierKind::Snils, "112-233-445 96").unwrap();
        assert_eq!(id.as_str(), "11223344596");
        let finding = id.finding("/person/identifier").unwrap();
        assert!(!finding.is_error());
        assert!(!finding.to_string().contains("112233"));
        assert!(!format!("{id:?}").contains("112233"));
    }

    #[test]
    fn a_number_tells_birth_and_sex_where_its_scheme_does() {
        use IdentifierKind::{ByNumber, Iin, Pin, Psn, Snils};
        for (kind, text, day, sex) in [
            (Iin, "850315300019", "1985-03-15", "1"),
            (Iin, "051105600120", "2005-11-05", "2"),
            (ByNumber, "4220790M045PB7", "1990-07-22", "2"),
            (Pin, "12207199000456", "1990-07-22", "2"),
            (Psn, "2503850017", "1985-03-15", "1"),
            (Psn, "7227050453", "2005-07-22", "2"),
            (Psn, "1181850017", "1885-01-01", "1"),
        ] {
            let id = Identifier::parse(kind, text).unwrap();
            assert_eq!((id.birth_date().unwrap().to_string().as_str(), id.sex()), (day, Some(sex)), "{text}");
        }
        assert_eq!(Identifier::parse(Snils, "11223344595").unwrap().birth_date(), None);
    }

    #[test]
    fn a_number_that_tells_otherwise_is_a_warning_but_not_of_belarus() {
        let conflict = |kind, text, day: &str, sex| {
            Identifier::parse(kind, text).unwrap().conflict(day.parse().ok(), Some(sex), "p")
        };
        assert_eq!(conflict(IdentifierKind::Iin, "850315300019", "1985-03-15", "1"), None);
        let finding = conflict(IdentifierKind::Iin, "850315300019", "1985-03-16", "1").unwrap();
        assert!(!finding.is_error() && finding.message.contains("another day"));
        let finding = conflict(IdentifierKind::Pin, "12207199000456", "1990-07-22", "1").unwrap();
        assert!(finding.message.contains("another sex"));
        assert_eq!(conflict(IdentifierKind::ByNumber, "4220790M045PB7", "1999-01-01", "1"), None);
        assert_eq!(conflict(IdentifierKind::Iin, "850315300019", "1985-03-15", "9"), None, "sex not known");
    }

    #[test]
    fn the_number_of_an_organisation_is_no_iin() {
        assert!(Identifier::parse(IdentifierKind::Iin, "051140000018").is_err(), "its day is none");
        assert_eq!(
            standing_of(IdentifierKind::Psn, "2503856667"),
            Some(Standing::Sound),
            "666 is only said to be unused"
        );
    }

    #[test]
    fn an_iin_that_could_never_be_issued_fits_no_check_digit() {
        for digit in 0..10 {
            let text = format!("85031530260{digit}");
            assert_eq!(standing_of(IdentifierKind::Iin, &text), Some(Standing::ChecksumMismatch));
        }
    }

    #[test]
    fn numbers_of_the_wrong_form_are_refused() {
        use IdentifierKind::{ByNumber, Iin, Pin, Psn, Snils};
        for (kind, text) in [
            (Snils, "112-233-445"),
            (Iin, "851315300019"),
            (Iin, "850315700019"),
            (Iin, "8503153000१9"),
            (ByNumber, "3150385А001РВ6"),
            (ByNumber, "0000000A000PB2"),
            (Pin, "31503198500017"),
            (Pin, "23002198500017"),
            (Psn, "2503850007"),
            (Psn, "4503850017"),
        ] {
            assert_eq!(standing_of(kind, text), None, "{kind:?} {text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_a_validator_panic(text in "\\PC{0,20}") {
            for kind in [
                IdentifierKind::Snils, IdentifierKind::Iin, IdentifierKind::ByNumber,
                IdentifierKind::Pin, IdentifierKind::Psn,
            ] {
                let _ = Identifier::parse(kind, &text); // only that it returns
            }
        }

        #[test]
        fn any_single_wrong_digit_of_a_snils_is_seen(body in 1_001_999_u32..999_999_999, place in 0_usize..9, bump in 1_u32..10) {
            let text = format!("{body:09}");
            let sum: u32 = text.bytes().zip((1..=9).rev()).map(|(d, w)| u32::from(d - b'0') * w).sum();
            let sound = format!("{text}{:02}", sum % 101 % 100);
            prop_assert_eq!(standing_of(IdentifierKind::Snils, &sound), Some(Standing::Sound));
            let mut wrong: Vec<u8> = sound.clone().into_bytes();
            wrong[place] = b'0' + (wrong[place] - b'0' + u8::try_from(bump).unwrap()) % 10;
            let wrong = String::from_utf8(wrong).unwrap();
            // 100 and 0 share the control 00, so one weighted difference may hide; no other does.
            let seen = standing_of(IdentifierKind::Snils, &wrong) != Some(Standing::Sound);
            prop_assert!(seen || matches!(sum % 101, 0 | 100) || wrong.as_str() < "001001999");
        }
    }
}
