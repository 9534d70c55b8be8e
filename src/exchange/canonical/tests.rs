//! Every record that can be held survives JSON, and JSON holds nothing that cannot be held.

use super::*;
use crate::base::Digest256;
use jiff::civil::{Date, date};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::str::FromStr;

fn survives<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) -> Result<(), TestCaseError> {
    let json = serde_json::to_string(value).unwrap();
    let read: T = serde_json::from_str(&json).unwrap();
    prop_assert_eq!(serde_json::to_string(&read).unwrap(), json);
    prop_assert_eq!(&read, value);
    Ok(())
}

fn token<T: FromStr<Err: Debug> + Debug>(pattern: &'static str) -> impl Strategy<Value = T> {
    pattern.prop_map(|text| text.parse().unwrap())
}

fn day() -> impl Strategy<Value = Date> {
    (0_i32..50_000).prop_map(|days| date(1930, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap())
}

fn interval() -> impl Strategy<Value = Interval> {
    (day(), option::of(0_i32..9000)).prop_map(|(from, days)| {
        let to = days.map(|n| from.checked_add(jiff::Span::new().days(n)).unwrap());
        Interval::new(from, to).unwrap()
    })
}

fn country() -> impl Strategy<Value = Country> {
    prop::sample::select(vec!["KZ", "RU", "UA", "TR"]).prop_map(|code| code.parse().unwrap())
}

fn state() -> impl Strategy<Value = State> {
    prop::sample::select(State::ALL.to_vec())
}

fn name() -> impl Strategy<Value = Name> {
    let part = || option::of("[А-ЯЁа-яёA-ZҚқӘә'-]{1,12}");
    ("[А-ЯЁA-Z][а-яёa-z]{1,20}", part(), part()).prop_map(|(family, given, patronymic)| {
        Name::try_from(NameParts { family: Some(family), given, patronymic }).unwrap()
    })
}

fn held() -> impl Strategy<Value = HeldIdentifier> {
    let numbers = [
        (IdentifierKind::Snils, "112-233-445 95"),
        (IdentifierKind::Iin, "850315300019"),
        (IdentifierKind::Iin, "850315300018"),
        (IdentifierKind::ByNumber, "3150385A001PB6"),
        (IdentifierKind::Pin, "21503198500017"),
        (IdentifierKind::Psn, "2503850017"),
    ];
    (prop::sample::select(numbers.to_vec()), option::of(interval())).prop_map(|((kind, text), validity)| {
        HeldIdentifier { identifier: Identifier::parse(kind, text).unwrap(), validity }
    })
}

prop_compose! {
    fn person()(
        name in name(),
        original_name in option::of((token("[a-z]{2}"), name())),
        birth_date in day(),
        sex in option::of(token("[12]")),
        citizenships in vec(country(), 0..3),
        identifiers in vec(held(), 0..4),
    ) -> Person {
        let original_name = original_name.map(|(language, name)| OriginalName { language, name });
        Person { name, original_name, birth_date, sex, citizenships, identifiers }
    }
}

prop_compose! {
    fn money()(units in -1_000_000_000_i64..1_000_000_000, scale in 0_u32..=4, currency in token("[A-Z]{3}")) -> Money {
        Money::new(Decimal::new(units, scale), currency).unwrap()
    }
}

prop_compose! {
    fn employer()(
        state in option::of(country()),
        name in option::of(token("[А-Яа-я«»&\"<>]{1,40}")),
        number in option::of((token("bin|inn"), token("[0-9]{10,12}"))),
    ) -> Employer {
        Employer { state, name, number: number.map(|(kind, value)| EmployerNumber { kind, value }) }
    }
}

prop_compose! {
    fn condition()(
        kind in token("territory|counting"),
        code in option::of(token("[0-9А-Я-]{1,20}")),
        coefficient in option::of((0_i64..500).prop_map(|c| Decimal::new(c, 2))),
    ) -> SpecialCondition {
        SpecialCondition { kind, code, coefficient }
    }
}

prop_compose! {
    fn evidence()(
        kind in token("contract|archive"),
        number in option::of(token("[0-9/]{1,20}")),
        date in option::of(day()),
        title in option::of(token("[а-я]{1,30}")),
        copy in option::of((option::of(token("image/(png|jpeg)")), any::<u64>(), any::<[u8; 32]>())),
    ) -> Evidence {
        let copy = copy.map(|(media_type, bytes, octets)| {
            CopyOfDocument { media_type, bytes, sha256: Digest256(octets) }
        });
        Evidence { kind, number, date, title, copy }
    }
}

prop_compose! {
    fn period()(
        (id, state, interval, kind) in (token("[a-z0-9-]{1,40}"), state(), interval(), token("work|study")),
        employer in option::of(employer()),
        position in option::of(token("[А-Яа-я]{1,20}")),
        special_conditions in vec(condition(), 0..3),
        evidence in vec(evidence(), 0..3),
        supersedes in option::of(token("[a-z0-9-]{1,40}")),
        cancelled_on in option::of(day()),
    ) -> InsurancePeriod {
        InsurancePeriod {
            id, state, interval, kind, employer, position, special_conditions, evidence, supersedes, cancelled_on,
        }
    }
}

prop_compose! {
    fn contribution()(
        id in token("[a-z0-9-]{1,40}"),
        month in (1900_i16..=2100, 1_i8..=12).prop_map(|(year, month)| YearMonth::new(year, month).unwrap()),
        kind in token("opv|oppv"),
        employer in option::of(employer()),
        base in option::of(money()),
        amount in money(),
        supersedes in option::of(token("[a-z0-9-]{1,40}")),
        cancelled_on in option::of(day()),
    ) -> Contribution {
        Contribution { id, month, kind, employer, base, amount, supersedes, cancelled_on }
    }
}

proptest! {
    #[test]
    fn an_inquiry_survives_json(
        person in person(),
        (asking, asked) in (state(), state()),
        interval in option::of(interval()),
        purpose in token("[a-z-]{1,20}"),
    ) {
        survives(&Inquiry { asking, asked, person, interval, purpose })?;
    }

    #[test]
    fn a_record_survives_json_and_stands_as_before(
        (person, state, as_of) in (person(), state(), day()),
        periods in vec(period(), 0..4),
        contributions in vec(contribution(), 0..4),
        evidence in vec(evidence(), 0..3),
    ) {
        let record = InsuranceRecord { state, as_of, person, periods, contributions, evidence };
        survives(&record)?;
        prop_assert!(record.standing_periods().all(|one| one.cancelled_on.is_none()));
        prop_assert!(record.standing_contributions().all(|one| one.cancelled_on.is_none()));
        prop_assert!(record.standing_periods().count() <= record.periods.len());
    }

    #[test]
    fn no_text_is_read_as_an_amount_it_does_not_write(text in "[-+0-9., _eE]{0,32}") {
        if let Ok(money) = Money::parse(&text, "KZT") {
            prop_assert_eq!(Money::parse(&money.amount.to_string(), "KZT"), Ok(money));
            survives(&money)?;
        }
    }

    #[test]
    fn no_text_makes_a_constructor_panic(text in "\\PC{0,40}|[\\x00-\\x20а-я]{0,10}") {
        let _ = text.parse::<YearMonth>(); // only that it returns
        let _ = text.parse::<Title>(); // likewise
        let _ = Money::parse(&text, &text); // likewise
        let parts = NameParts { family: Some(text.clone()), ..NameParts::default() };
        if let Ok(name) = Name::try_from(parts) {
            prop_assert!(!name.family().unwrap_or_default().contains(char::is_control));
        }
    }
}
