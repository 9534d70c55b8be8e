//! Invented documents: lawful ones, out of octets, so that fewer octets make a simpler one.

use crate::base::Finding;
use crate::exchange::canonical::{
    Coded, Contribution, Employer, EmployerNumber, Evidence, HeldIdentifier, Identifier, IdentifierKind,
    Interval, Money, Name, NameParts, OriginalName, Person, SpecialCondition, State, WrittenInstant,
    YearMonth,
};
use jiff::civil::{Date, date};
use jiff::{Span, Timestamp};
use rust_decimal::Decimal;
use std::str::FromStr;
use uuid::Uuid;

/// Octets that decide what is invented, and the codes there are. Where the octets end, the simplest is taken.
pub struct Dice<'d> {
    octets: std::slice::Iter<'d, u8>,
    codes: &'d dyn Fn(&str) -> Vec<String>,
}

impl<'d> Dice<'d> {
    /// Dice that fall as the octets say; `codes` tells the codes of a list.
    pub fn new(octets: &'d [u8], codes: &'d dyn Fn(&str) -> Vec<String>) -> Self {
        Self { octets: octets.iter(), codes }
    }

    /// A code that no list of the program knows.
    pub(super) fn mark(&mut self) -> Result<Coded, Finding> {
        format!("X{:04}", self.below(10_000)).parse()
    }

    /// An instant, to the second.
    pub(super) fn moment(&mut self) -> Result<Timestamp, Finding> {
        let seconds = i64::from(self.below(65_536)) * 20_000 + 700_000_000;
        let none = |_cause| Finding::error("document.value", "dice", "an instant", "", "no instant");
        Timestamp::from_second(seconds).map_err(none)
    }

    pub(super) fn employer(&mut self) -> Result<Employer, Finding> {
        let state = self.is_so().then(|| self.state()).transpose()?.map(Into::into);
        let name = Some(self.words(40)?);
        let number = match self.is_so() {
            true => Some(EmployerNumber { kind: self.code("XER")?, value: self.words(12)? }),
            false => None,
        };
        Ok(Employer { state, name, number })
    }

    pub(super) fn condition(&mut self) -> Result<SpecialCondition, Finding> {
        let kind = self.code("XSK")?;
        let code = self.is_so().then(|| self.words(12)).transpose()?;
        let coefficient = self.is_so().then(|| self.decimal());
        Ok(SpecialCondition { kind, code, coefficient })
    }

    pub(super) fn contribution(&mut self) -> Result<Contribution, Finding> {
        Ok(Contribution {
            id: self.words(30)?,
            month: self.month()?,
            kind: self.code("XCK")?,
            employer: self.is_so().then(|| self.employer()).transpose()?,
            base: self.is_so().then(|| self.money()).transpose()?,
            amount: self.money()?,
            supersedes: self.is_so().then(|| self.words(30)).transpose()?,
            cancelled_on: self.is_so().then(|| self.day()),
        })
    }

    fn octet(&mut self) -> u8 {
        self.octets.next().copied().unwrap_or_default()
    }

    pub(super) fn below(&mut self, end: u32) -> u32 {
        let low = u32::from(self.octet());
        let high = if end > 256 { u32::from(self.octet()) } else { 0 };
        (low + high * 256) % end.max(1)
    }

    pub(super) fn is_so(&mut self) -> bool {
        self.octet() % 2 == 1
    }

    pub(super) fn number(&mut self) -> u16 {
        u16::from(self.octet()) * 7
    }

    pub(super) fn pick<'a, T>(&mut self, all: &'a [T]) -> Result<&'a T, Finding> {
        let at = self.below(u32::try_from(all.len()).unwrap_or(u32::MAX));
        let none = || Finding::error("document.value", "dice", "one at least", "", "nothing to pick from");
        usize::try_from(at).ok().and_then(|at| all.get(at)).ok_or_else(none)
    }

    pub(super) fn state(&mut self) -> Result<State, Finding> {
        self.pick(&State::ALL).copied()
    }

    pub(super) fn code(&mut self, list: &str) -> Result<Coded, Finding> {
        let codes = (self.codes)(list);
        self.pick(&codes)?.parse()
    }

    /// Words of up to `max` letters, of every script that documents hold and of what XML must escape.
    pub(super) fn words<T: FromStr<Err = Finding>>(&mut self, max: u32) -> Result<T, Finding> {
        let length = 1 + self.below(max);
        let letters: Vec<char> = LETTERS.chars().collect();
        let mut text = String::new();
        for _ in 0..length {
            text.push(*self.pick(&letters)?);
        }
        if text.trim().is_empty() { "а".parse() } else { text.parse() }
    }

    pub(super) fn day(&mut self) -> Date {
        after(date(1992, 3, 13), self.below(14_000))
    }

    pub(super) fn month(&mut self) -> Result<YearMonth, Finding> {
        let day = self.day();
        YearMonth::new(day.year(), day.month())
    }

    pub(super) fn interval(&mut self) -> Result<Interval, Finding> {
        let from = self.day();
        let to = self.is_so().then(|| after(from, self.below(9_000)));
        Interval::new(from, to)
    }

    /// In one of the zones of the five states, and never in the future of a document.
    pub(super) fn instant(&mut self) -> Result<WrittenInstant, Finding> {
        let day = after(date(1992, 3, 13), self.below(9_000));
        let zone = *self.pick(&["Z", "+03:00", "+04:00", "+05:00", "+06:00"])?;
        format!("{day}T{:02}:{:02}:00{zone}", self.below(24), self.below(60)).parse()
    }

    pub(super) fn uuid(&mut self) -> Uuid {
        Uuid::from_bytes(std::array::from_fn(|_| self.octet()))
    }

    pub(super) fn decimal(&mut self) -> Decimal {
        Decimal::new(i64::from(self.below(65_536)), self.below(5))
    }

    pub(super) fn money(&mut self) -> Result<Money, Finding> {
        let currency = *self.pick(&["RUB", "KZT", "KGS", "BYN", "AMD"])?;
        Money::new(Decimal::new(i64::from(self.below(65_536)), self.below(5)), currency.parse()?)
    }

    pub(super) fn name(&mut self) -> Result<Name, Finding> {
        let word = |dice: &mut Self| dice.pick(NAMES).map(|name| (*name).to_owned());
        let family = Some(word(self)?);
        let given = self.is_so().then(|| word(self)).transpose()?;
        let patronymic = self.is_so().then(|| word(self)).transpose()?;
        Name::try_from(NameParts { given, patronymic, family })
    }

    pub(super) fn person(&mut self) -> Result<Person, Finding> {
        let name = self.name()?;
        let original_name = match self.is_so() {
            true => {
                let language = self.pick(&["kk", "hy", "ky", "be"])?.parse()?;
                Some(OriginalName { language, name: self.name()? })
            }
            false => None,
        };
        // before any day of a document
        let birth_date = after(date(1930, 1, 1), self.below(22_000));
        let sex = self.is_so().then(|| self.pick(&["1", "2"]).and_then(|sex| sex.parse())).transpose()?;
        let citizenships =
            (0..self.below(3)).map(|_| Ok(self.state()?.into())).collect::<Result<_, Finding>>()?;
        let mut identifiers = Vec::new();
        for _ in 0..self.below(3) {
            let (kind, value) = self.pick(NUMBERS)?;
            let validity = self.is_so().then(|| self.interval()).transpose()?;
            identifiers.push(HeldIdentifier { identifier: Identifier::parse(*kind, value)?, validity });
        }
        Ok(Person { name, original_name, birth_date, sex, citizenships, identifiers })
    }

    pub(super) fn evidence(&mut self) -> Result<Evidence, Finding> {
        let kind = self.code("XEK")?;
        let number = self.is_so().then(|| self.words(20)).transpose()?;
        let date = self.is_so().then(|| self.day());
        let title = self.is_so().then(|| self.words(60)).transpose()?;
        Ok(Evidence { kind, number, date, title, copy: None })
    }
}

fn after(day: Date, days: u32) -> Date {
    day.checked_add(Span::new().days(days)).unwrap_or(day)
}

const LETTERS: &str = "абвгдежзиклмнопрст АӘБҒҚҢӨҰҮҺІ ՀայաստանՆ ў'і Oo\"<>&/-№«»0123456789";
const NAMES: &[&str] =
    &["Иванов", "Әлихан", "Қасымова", "Арман", "Ўладзімір", "Һакоб", "Осмонова", "Жүсүп", "D'Artagnan"];
const NUMBERS: &[(IdentifierKind, &str)] = &[
    (IdentifierKind::Snils, "11223344595"),
    (IdentifierKind::Iin, "850315300019"),
    (IdentifierKind::ByNumber, "3150385A001PB6"),
    (IdentifierKind::Pin, "21503198500017"),
    (IdentifierKind::Psn, "2503850017"),
];
