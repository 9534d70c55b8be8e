//! What the score reads of a vacancy, in a few words of 64 bits that lie in a column of the index: a query judges hundreds
//! of vacancies and shows ten, so only those ten are read whole.
//!
//! A form of our own: the first byte is its version, numbers are LEB128, texts stand behind their lengths, a value of a
//! list is its place there, counted from 1 where it may be absent. Bytes fill words from the lowest; zeros fill the last.

use crate::exchange::canonical::job::{
    Certificate, DrivingLicence, IscoCode, LanguageCode, LanguageLevel, LanguageSkill, Occupation, Offering,
    Pay, PayInterval, PayTax, Place, Remote, Schedule, Schooling, Skill, Vacancy, VacancyRef, VacancyStatus,
};
use crate::exchange::canonical::{Coded, State};
use crate::labour::matching::Guess;
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use std::str::FromStr;

/// The brief of a vacancy and of what its title may mean.
pub(super) fn words(vacancy: &Vacancy, guesses: &[Guess]) -> Vec<u64> {
    let mut bytes = Vec::with_capacity(USUAL_BYTES);
    bytes.push(VERSION);
    write(&mut bytes, vacancy, guesses);
    bytes
        .chunks(WORD_BYTES)
        .map(|chunk| {
            let mut word = [0; WORD_BYTES];
            word.iter_mut().zip(chunk).for_each(|(place, byte)| *place = *byte);
            u64::from_le_bytes(word)
        })
        .collect()
}

/// The vacancy of a brief: what the score does not read is empty or a blank. None if it is not of this version and form.
pub(super) fn read(words: impl Iterator<Item = u64>) -> Option<(Vacancy, Vec<Guess>)> {
    let bytes: Vec<u8> = words.flat_map(u64::to_le_bytes).collect();
    let mut rest = Rest(&bytes);
    if rest.byte()? != VERSION {
        return None;
    }
    let found = vacancy(&mut rest)?;
    let is_whole = rest.0.len() < WORD_BYTES && rest.0.iter().all(|byte| *byte == 0);
    is_whole.then_some(found)
}

fn write(out: &mut Vec<u8>, vacancy: &Vacancy, guesses: &[Guess]) {
    put_one(out, &State::ALL, Some(vacancy.reference.state));
    put_text(out, vacancy.reference.source.as_str());
    put_text(out, vacancy.reference.id.as_str());
    put_one(out, VacancyStatus::ALL, Some(vacancy.status));
    put_one(out, Remote::ALL, vacancy.remote);
    put_one(out, Offering::ALL, vacancy.offering);
    put_one(out, Schedule::ALL, vacancy.schedule);
    put_one(out, Schooling::ALL, vacancy.schooling);
    put_text(out, vacancy.language.as_ref().map_or("", LanguageCode::as_code));
    put(out, vacancy.experience_months.map_or(0, |months| u128::from(months) + 1));
    put(out, day(vacancy.posted_on));
    put(out, vacancy.closes_on.map_or(0, day));
    put_pay(out, vacancy.pay.as_ref());
    put_all(out, &vacancy.places, |out, place| {
        put_text(out, place.country.as_code());
        put_text(out, place.region.as_ref().map_or("", Coded::as_str));
    });
    let groups: Vec<IscoCode> = vacancy.isco().collect();
    put_all(out, &groups, |out, group| put_text(out, group.as_code()));
    put_all(out, guesses, |out, guess| {
        put_text(out, guess.group.as_code());
        put(out, guess.certainty.into());
    });
    let skills: Vec<(&Coded, bool)> =
        vacancy.skills.iter().filter_map(|skill| Some((skill.code.as_ref()?, skill.is_required))).collect();
    put_all(out, &skills, |out, (code, is_required)| {
        put_text(out, code.as_str());
        out.push(u8::from(*is_required));
    });
    put_all(out, &vacancy.languages, |out, one| {
        put_text(out, one.language.as_code());
        put_one(out, LanguageLevel::ALL, one.level);
        out.push(u8::from(one.is_required));
    });
    put_all(out, &vacancy.licences, |out, licence| put_one(out, DrivingLicence::ALL, Some(*licence)));
    put_all(out, &vacancy.certificates, |out, one| put_text(out, one.code.as_str()));
}

fn vacancy(rest: &mut Rest<'_>) -> Option<(Vacancy, Vec<Guess>)> {
    let reference = VacancyRef { state: rest.one(&State::ALL)??, source: rest.parsed()?, id: rest.parsed()? };
    let (status, remote) = (rest.one(VacancyStatus::ALL)??, rest.one(Remote::ALL)?);
    let (offering, schedule) = (rest.one(Offering::ALL)?, rest.one(Schedule::ALL)?);
    let (schooling, language) = (rest.one(Schooling::ALL)?, rest.parsed_if_any()?);
    let experience_months = match rest.number()? {
        0 => None,
        more => Some(u16::try_from(more - 1).ok()?),
    };
    let posted_on = rest.day()??;
    let (closes_on, pay) = (rest.day()?, rest.pay()?);
    let places =
        rest.all(|rest| Some(Place { country: rest.parsed()?, region: rest.parsed_if_any()?, name: None }))?;
    let blank: Coded = BLANK.parse().ok()?;
    let occupations = rest.all(|rest| {
        let isco: Option<IscoCode> = Some(rest.parsed()?);
        let (scheme, edition, code) = (blank.clone(), blank.clone(), blank.clone());
        Some(Occupation { scheme, edition, code, isco, relation: None })
    })?;
    let guesses = rest
        .all(|rest| Some(Guess { group: rest.parsed()?, certainty: u16::try_from(rest.number()?).ok()? }))?;
    let skills =
        rest.all(|rest| Some(Skill { code: Some(rest.parsed()?), name: None, is_required: rest.is_so()? }))?;
    let languages = rest.all(|rest| {
        let (language, level) = (rest.parsed()?, rest.one(LanguageLevel::ALL)?);
        Some(LanguageSkill { language, level, is_required: rest.is_so()? })
    })?;
    let licences = rest.all(|rest| rest.one(DrivingLicence::ALL)?)?;
    let certificates = rest.all(|rest| Some(Certificate { code: rest.parsed()?, valid_to: None }))?;
    let vacancy = Vacancy {
        reference,
        status,
        title: BLANK.parse().ok()?,
        language,
        description: None,
        occupations,
        employer: None,
        is_of_agency: false,
        places,
        remote,
        pay,
        offering,
        schedule,
        skills,
        languages,
        licences,
        certificates,
        schooling,
        experience_months,
        posts: 1,
        quotas: Vec::new(),
        benefits: Vec::new(),
        industries: Vec::new(),
        posted_on,
        changed_at: Timestamp::UNIX_EPOCH,
        closes_on,
        page: None,
        contacts: Vec::new(),
    };
    Some((vacancy, guesses))
}

fn put(out: &mut Vec<u8>, mut number: u128) {
    loop {
        let low = u8::try_from(number & 0x7f).unwrap_or_default();
        number >>= 7;
        if number == 0 {
            return out.push(low);
        }
        out.push(low | 0x80);
    }
}

fn put_length(out: &mut Vec<u8>, length: usize) {
    put(out, u128::try_from(length).unwrap_or_default());
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    put_length(out, text.len());
    out.extend_from_slice(text.as_bytes());
}

/// The place of a value in a list, from 1; 0 where there is none.
fn put_one<T: PartialEq>(out: &mut Vec<u8>, list: &[T], value: Option<T>) {
    let place = value.and_then(|value| list.iter().position(|one| *one == value));
    put_length(out, place.map_or(0, |place| place + 1));
}

fn put_all<T>(out: &mut Vec<u8>, all: &[T], each: impl Fn(&mut Vec<u8>, &T)) {
    put_length(out, all.len());
    all.iter().for_each(|one| each(out, one));
}

/// Neither end is below zero, and at least one is there.
fn put_pay(out: &mut Vec<u8>, pay: Option<&Pay>) {
    let Some(pay) = pay else { return put(out, 0) };
    put_one(out, PayInterval::ALL, Some(pay.interval()));
    put_one(out, PayTax::ALL, pay.tax());
    put_text(out, pay.currency().as_code());
    for end in [pay.min(), pay.max()] {
        let end = end.map(|end| (end.scale(), end.mantissa().unsigned_abs()));
        put(out, end.map_or(0, |(scale, _)| u128::from(scale) + 1));
        if let Some((_, mantissa)) = end {
            put(out, mantissa);
        }
    }
}

/// A day as a number above zero.
fn day(day: Date) -> u128 {
    let part = |part: i8| u128::try_from(part).unwrap_or_default();
    let year = u128::try_from(i32::from(day.year()) + YEARS_BEFORE).unwrap_or_default();
    (year * 16 + part(day.month())) * 32 + part(day.day())
}

/// What is not read yet.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn number(&mut self) -> Option<u128> {
        let mut number = 0_u128;
        for at in 0..NUMBER_BYTES_MAX {
            let byte = self.byte()?;
            number |= u128::from(byte & 0x7f) << (7 * at);
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn is_so(&mut self) -> Option<bool> {
        match self.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    fn text(&mut self) -> Option<&str> {
        let length = usize::try_from(self.number()?).ok()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(text).ok()
    }

    fn parsed<T: FromStr>(&mut self) -> Option<T> {
        self.text()?.parse().ok()
    }

    /// An empty text is none.
    fn parsed_if_any<T: FromStr>(&mut self) -> Option<Option<T>> {
        match self.text()? {
            "" => Some(None),
            text => Some(Some(text.parse().ok()?)),
        }
    }

    fn one<T: Copy>(&mut self, list: &[T]) -> Option<Option<T>> {
        match self.number()? {
            0 => Some(None),
            place => Some(Some(*list.get(usize::try_from(place - 1).ok()?)?)),
        }
    }

    fn all<T>(&mut self, mut each: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = usize::try_from(self.number()?).ok()?;
        let mut all = Vec::with_capacity(count.min(self.0.len())); // each takes a byte at least
        for _ in 0..count {
            all.push(each(self)?);
        }
        Some(all)
    }

    fn pay(&mut self) -> Option<Option<Pay>> {
        let Some(interval) = self.one(PayInterval::ALL)? else { return Some(None) };
        let (tax, currency) = (self.one(PayTax::ALL)?, self.parsed()?);
        let ends = (self.amount()?, self.amount()?);
        Some(Some(Pay::new(ends, currency, interval, tax).ok()?))
    }

    fn amount(&mut self) -> Option<Option<Decimal>> {
        let scale = match self.number()? {
            0 => return Some(None),
            more => u32::try_from(more - 1).ok()?,
        };
        let mantissa = i128::try_from(self.number()?).ok()?;
        Decimal::try_from_i128_with_scale(mantissa, scale).ok().map(Some)
    }

    fn day(&mut self) -> Option<Option<Date>> {
        let number = self.number()?;
        if number == 0 {
            return Some(None);
        }
        let part = |part: u128| i8::try_from(part).ok();
        let year = i32::try_from(number / 512).ok()? - YEARS_BEFORE;
        let (month, day) = (part(number / 32 % 16)?, part(number % 32)?);
        Date::new(i16::try_from(year).ok()?, month, day).ok().map(Some)
    }
}

const VERSION: u8 = 1;
const WORD_BYTES: usize = 8;
const USUAL_BYTES: usize = 192;
/// So many bytes hold any number that is written.
const NUMBER_BYTES_MAX: u32 = 18;
/// A year is counted from here, so that none is below zero.
const YEARS_BEFORE: i32 = 10_000;
/// Stands where a text must stand and nobody reads it.
const BLANK: &str = "-";

#[cfg(test)]
mod tests;
