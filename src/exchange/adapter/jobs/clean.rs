//! Values of any source, made canonical: texts, days and instants, pay, places, driving licences.

use super::contacts::ContactFinder;
use super::fields::Notes;
use super::html;
use super::words::{Words, WordsError};
use crate::base::Finding;
use crate::exchange::canonical::job::{Contact, DrivingLicence, Pay, PayInterval, PayTax};
use crate::exchange::canonical::{Coded, Employer, EmployerNumber, Money, Remark, Title};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

/// By what entries are read.
#[derive(Debug, Clone)]
pub struct Cleaner {
    pub(super) words: Words,
    pub(super) contacts: ContactFinder,
    /// The day on which it is read: what is older than a source may serve is set aside.
    pub(super) today: Date,
}

/// What entries cannot be read by: the program is damaged.
#[derive(Debug, thiserror::Error)]
pub enum CleanerError {
    /// A table.
    #[error(transparent)]
    Words(#[from] WordsError),
    /// A pattern of contacts.
    #[error("look for contacts in texts")]
    Contacts(#[from] regex::Error),
}

impl Cleaner {
    /// By the tables compiled into the program, as of a day.
    ///
    /// # Errors
    /// A table or pattern is damaged.
    pub fn built_in(today: Date) -> Result<Self, CleanerError> {
        Ok(Self { words: Words::built_in()?, contacts: ContactFinder::new()?, today })
    }
}

/// Texts of one entry, and what is taken out of them.
pub(super) struct Texts<'c> {
    pub(super) cleaner: &'c Cleaner,
    /// Names of persons to take out.
    pub(super) persons: Vec<String>,
    pub(super) contacts: Vec<Contact>,
}

impl Texts<'_> {
    /// Plain text without contacts.
    pub(super) fn plain(&mut self, text: &str) -> String {
        self.cleaner.contacts.strip(&html::plain(text), &self.persons, &mut self.contacts)
    }

    /// A title, cut at a word if it is longer than titles are; none of an empty one.
    pub(super) fn title(&mut self, field: &str, text: &str, notes: &mut Notes) -> Option<Title> {
        let text = self.plain(text);
        let text = crate::base::collapsed(&text);
        let cut = within(&text, TITLE_CHARS, field, notes);
        if cut.is_empty() { None } else { notes.kept(field, cut.parse()) }
    }

    /// A description out of several pieces, cut at a word if it is longer than descriptions are; none if all are empty.
    pub(super) fn description(
        &mut self,
        field: &str,
        pieces: &[String],
        notes: &mut Notes,
    ) -> Option<Remark> {
        let mut told: Vec<String> = Vec::new();
        for piece in pieces {
            let piece = self.plain(piece);
            if !piece.is_empty() && !told.contains(&piece) {
                told.push(piece);
            }
        }
        let text = told.join("\n");
        let text = crate::base::collapsed(&text);
        let cut = within(&text, REMARK_CHARS, field, notes);
        if cut.is_empty() { None } else { notes.kept(field, cut.parse()) }
    }
}

/// As much of a text as may stand, up to the end of a word.
fn within<'t>(text: &'t str, chars_max: usize, field: &str, notes: &mut Notes) -> &'t str {
    let Some((end, _)) = text.char_indices().nth(chars_max) else { return text };
    notes.warn(
        "adapter.job_text",
        field,
        &format!("at most {chars_max} characters"),
        text,
        "the text is cut at its limit",
    );
    let head = text.get(..end).unwrap_or_default();
    head.rsplit_once(' ').map_or(head, |(whole, _)| whole)
}

/// A day, as ISO 8601 has it or as offices write it (`31.12.2026`); of an instant its day where it was written.
pub(super) fn day(text: &str) -> Option<Date> {
    let text = text.trim();
    let head = text.get(..10).unwrap_or(text);
    let by_dots = || {
        let mut parts = head.split('.');
        let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
        Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
    };
    head.parse::<Date>().ok().or_else(by_dots)
}

/// An instant, whose offset may lack its colon (`+0300`) or may be written behind a blank; of a day or a time without an
/// offset as of Greenwich, since the source says no more.
pub(super) fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    let joined = text.replacen(' ', "T", 1);
    if let Some(at) = joined.len().checked_sub(4)
        && joined.get(at.checked_sub(1)?..at).is_some_and(|sign| sign == "+" || sign == "-")
        && let (Some(head), Some(hours), Some(minutes)) =
            (joined.get(..at), joined.get(at..at + 2), joined.get(at + 2..))
        && let Ok(at) = format!("{head}{hours}:{minutes}").parse::<Timestamp>()
    {
        return Some(at);
    }
    if let Ok(at) = joined.parse::<Timestamp>() {
        return Some(at);
    }
    let civil = joined
        .parse::<DateTime>()
        .ok()
        .or_else(|| Some(day(text).filter(|_| text.len() <= 10)?.at(0, 0, 0, 0)));
    civil?.to_zoned_datetime(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

/// Pay as a source tells it.
pub(super) struct ToldPay<'t> {
    pub(super) min: Option<&'t str>,
    pub(super) max: Option<&'t str>,
    pub(super) currency: Option<&'t str>,
    pub(super) interval: PayInterval,
    pub(super) tax: Option<PayTax>,
}

/// The pay; none, with a note, if it makes no sense. Zero is an end that is not told.
pub(super) fn pay(told: &ToldPay<'_>, words: &Words, notes: &mut Notes) -> Option<Pay> {
    let mut ends = [None, None];
    for (end, (field, text)) in ends.iter_mut().zip([("salary_min", told.min), ("salary_max", told.max)]) {
        let Some(text) = text else { continue };
        match amount(text) {
            Some(amount) if amount.is_zero() => {}
            Some(amount) => *end = Some(amount),
            None => {
                let message = "not an amount; the pay is left out";
                notes.warn("adapter.job_pay", field, "an amount such as 60000", text, message);
                return None;
            }
        }
    }
    if let [None, None] = ends {
        return None;
    }
    let written = told.currency.unwrap_or_default();
    let Some(currency) = words.currency(written) else {
        let message = "the currency is not known, and the vacancy is kept without its pay; put it into schemas/labour/sources";
        notes.warn(
            "adapter.job_currency",
            "currency",
            "schemas/labour/sources/common.toml",
            written,
            message,
        );
        return None;
    };
    let [min, max] = ends;
    let pay = Pay::new((min, max), currency, told.interval, told.tax);
    let refused = |finding: Finding| {
        let message = format!("{}; the pay is left out", finding.message);
        Finding { code: "adapter.job_pay".to_owned(), message, ..finding }
    };
    notes.kept("salary_min", pay.map_err(refused))
}

fn amount(text: &str) -> Option<Decimal> {
    Money::parse(text, "RUB").ok().map(|money| money.amount)
}

/// A driving licence, whose letters may be Cyrillic ones that look alike.
pub(super) fn licence(text: &str) -> Option<DrivingLicence> {
    let latin: String = text
        .trim()
        .to_uppercase()
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| LOOKALIKES.iter().find(|(cyrillic, _)| *cyrillic == c).map_or(c, |(_, latin)| *latin))
        .collect();
    latin.parse().ok()
}

/// A settlement out of an address: what stands before street and house.
pub(super) fn settlement(address: &str) -> String {
    let is_street = |part: &str| {
        let mut words = part.split(|c: char| c.is_whitespace() || c == '.').filter(|word| !word.is_empty());
        let is_index = part.len() == 6 && part.bytes().all(|byte| byte.is_ascii_digit());
        !is_index && words.any(|word| STREET.contains(&word.to_lowercase().as_str()) || starts_as_house(word))
    };
    let parts = address.split(',').map(str::trim).filter(|part| !part.is_empty());
    let kept = parts.take_while(|part| !is_street(part));
    kept.filter(|part| !part.bytes().all(|byte| byte.is_ascii_digit())).collect::<Vec<_>>().join(", ")
}

fn starts_as_house(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit()) && word.chars().count() <= 5
}

/// An employer, as far as it is told.
pub(super) fn employer(
    state: crate::exchange::canonical::State,
    name: Option<Title>,
    number: Option<(&str, &str)>,
    notes: &mut Notes,
) -> Option<Employer> {
    let number = number.and_then(|(kind, value)| {
        let kind: Coded = kind.parse().ok()?;
        let value = notes.kept("inn", value.parse())?;
        Some(EmployerNumber { kind, value })
    });
    (name.is_some() || number.is_some()).then(|| Employer { state: Some(state.into()), name, number })
}

const LOOKALIKES: [(char, char); 4] = [('А', 'A'), ('В', 'B'), ('С', 'C'), ('Е', 'E')];
const STREET: &[&str] = &[
    "ул",
    "улица",
    "пр-кт",
    "пр-т",
    "пр",
    "проспект",
    "пер",
    "переулок",
    "проезд",
    "ш",
    "шоссе",
    "б-р",
    "бульвар",
    "наб",
    "набережная",
    "пл",
    "площадь",
    "д",
    "дом",
    "стр",
    "строение",
    "корп",
    "корпус",
    "к",
    "кв",
    "квартира",
    "офис",
    "оф",
    "тупик",
    "аллея",
    "мкр",
    "микрорайон",
    "кв-л",
    "квартал",
    "вул",
    "завулак",
    "көшесі",
    "көчөсү",
];
const TITLE_CHARS: usize = 300;
const REMARK_CHARS: usize = 4000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_with_and_without_the_colon_of_their_offset() {
        for text in [
            "2022-11-29T11:32:32+0300",
            "2022-11-29T11:32:32+03:00",
            "2022-11-29 08:32:32Z",
            "2022-11-29T08:32:32",
        ] {
            assert_eq!(
                instant(text).map(|at| at.to_string()).as_deref(),
                Some("2022-11-29T08:32:32Z"),
                "{text}"
            );
        }
        assert_eq!(instant("2026-07-16").map(|at| at.to_string()).as_deref(), Some("2026-07-16T00:00:00Z"));
        assert_eq!(day("2022-11-30T00:00:00+0300").map(|day| day.to_string()).as_deref(), Some("2022-11-30"));
        assert_eq!(instant("2022-11-29T11:32:32+9900x"), None);
        assert_eq!(day("31.12.2026").map(|day| day.to_string()).as_deref(), Some("2026-12-31"));
        for wrong in [
            "",
            "вчера",
            "2026-13-01",
            "32.01.2026",
            "2022-13-29T11:32:32+9900x",
            "+0300",
            "обновлено 5 дней назад",
        ] {
            assert_eq!((instant(wrong), day(wrong)), (None, None), "{wrong}");
        }
    }

    #[test]
    fn pay_that_makes_no_sense_is_left_out_with_a_note() {
        let words = Words::built_in().unwrap();
        let read = |min, max, currency| {
            let mut notes = Notes::at("f:1");
            let told = ToldPay { min, max, currency, interval: PayInterval::Month, tax: None };
            let pay = pay(&told, &words, &mut notes);
            (pay.map(|pay| (pay.min(), pay.max())), notes.findings.first().map(|one| one.code.clone()))
        };
        let sixty = Some(Decimal::from(60_000));
        assert_eq!(read(Some("60000"), Some("0"), Some("«руб.»")), (Some((sixty, None)), None));
        assert_eq!(read(Some("60 000"), Some("60000.00"), Some("RUR")), (Some((sixty, sixty)), None));
        assert_eq!(read(Some("0"), Some("0"), None), (None, None));
        assert_eq!(read(Some("2"), Some("1"), Some("RUB")), (None, Some("adapter.job_pay".to_owned())));
        assert_eq!(read(Some("-2"), None, Some("RUB")), (None, Some("adapter.job_pay".to_owned())));
        assert_eq!(read(Some("много"), None, Some("RUB")), (None, Some("adapter.job_pay".to_owned())));
        assert_eq!(read(Some("1"), None, Some("фантик")), (None, Some("adapter.job_currency".to_owned())));
        assert_eq!(read(Some("1"), None, None), (None, Some("adapter.job_currency".to_owned())));
    }

    #[test]
    fn a_place_is_no_nearer_than_a_settlement() {
        for (address, place) in [
            ("г Москва", "г Москва"),
            ("г Москва, ул Ленина, д 5", "г Москва"),
            ("300000, Тульская область, г. Тула, пр-кт. Мира, 1, оф. 3", "Тульская область, г. Тула"),
            ("Тульская область, г Тула, 12а", "Тульская область, г Тула"),
        ] {
            assert_eq!(settlement(address), place);
        }
    }

    #[test]
    fn licences_are_read_in_letters_that_look_alike() {
        assert_eq!(licence(" в "), Some(DrivingLicence::B));
        assert_eq!(licence("С1 Е"), Some(DrivingLicence::C1e));
        assert_eq!(licence("трактор"), None);
    }
}
