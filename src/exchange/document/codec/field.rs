//! How values, aggregates and persons stand in elements: each written, read and invented in one place. What stands where
//! in which document is told by tables of [`fields!`].

use super::dice::Dice;
use super::fields::Fields;
use super::namespaces::{CCDO, CSDO, XPDO};
use super::parts::{
    coded, decode_interval, encode_employer, encode_interval, encode_money, encode_name, encode_person,
    read_employer, read_money, read_name, read_person,
};
use super::record::{
    Attachments, decode_condition, decode_contribution, decode_evidence, encode_condition,
    encode_contribution, encode_evidence,
};
use crate::base::{Finding, Findings};
use crate::exchange::canonical::{
    Coded, Contribution, Country, Employer, Evidence, Interval, Money, Name, Number, Person, Position,
    RecordId, RegisterNumber, Remark, SpecialCondition, State, Title, WrittenInstant, YearMonth,
};
use crate::exchange::document::CanonicalWriter;
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use std::str::FromStr;
use uuid::Uuid;

/// The model whose elements a table names: the prefix that we write, and its namespace.
pub(super) type Home = (&'static str, &'static str);

/// The element of a field.
pub(super) struct At {
    /// The model of the element, unless what fills it has one of its own.
    pub(super) home: Home,
    pub(super) local: &'static str,
    /// The list whose id the element names.
    pub(super) list: Option<&'static str>,
    /// Whether there is one at least.
    pub(super) is_some: bool,
}

/// What reading needs beside the element.
pub(super) struct Reading<'r, 'p> {
    pub(super) findings: &'r mut Findings,
    pub(super) parts: &'r mut Attachments<'p>,
}

/// What fills one element.
pub(super) trait Part: Sized {
    /// The namespace of the element, of what has an element of its own.
    const NAMESPACE: Option<&str> = None;

    fn write(&self, writer: &mut CanonicalWriter, at: &At);
    fn read(fields: &Fields<'_>, reading: &mut Reading<'_, '_>) -> Option<Self>;
    fn invent(at: &At, dice: &mut Dice<'_>) -> Result<Self, Finding>;
}

/// A field: one element, at most one, or several.
pub(super) trait Slot: Sized {
    fn write(&self, writer: &mut CanonicalWriter, at: &At);
    /// None is told in the findings.
    fn read(parent: &Fields<'_>, at: &At, reading: &mut Reading<'_, '_>) -> Option<Self>;
    fn invent(at: &At, dice: &mut Dice<'_>) -> Result<Self, Finding>;
}

/// What stands inside an aggregate or a document, in the order of its schema.
pub(super) trait Inside: Sized {
    fn write_inside(&self, writer: &mut CanonicalWriter);
    fn read_inside(fields: &Fields<'_>, reading: &mut Reading<'_, '_>) -> Option<Self>;
    fn invent_inside(dice: &mut Dice<'_>) -> Result<Self, Finding>;
}

impl<T: Part> Slot for T {
    fn write(&self, writer: &mut CanonicalWriter, at: &At) {
        Part::write(self, writer, at);
    }

    fn read(parent: &Fields<'_>, at: &At, reading: &mut Reading<'_, '_>) -> Option<Self> {
        let Some(child) = parent.child(T::NAMESPACE.unwrap_or(at.home.1), at.local) else {
            reading.findings.push(parent.missing(at.local));
            return None;
        };
        T::read(&child, reading)
    }

    fn invent(at: &At, dice: &mut Dice<'_>) -> Result<Self, Finding> {
        Part::invent(at, dice)
    }
}

impl<T: Part> Slot for Option<T> {
    fn write(&self, writer: &mut CanonicalWriter, at: &At) {
        self.iter().for_each(|value| value.write(writer, at));
    }

    fn read(parent: &Fields<'_>, at: &At, reading: &mut Reading<'_, '_>) -> Option<Self> {
        Some(
            parent
                .child(T::NAMESPACE.unwrap_or(at.home.1), at.local)
                .and_then(|child| T::read(&child, reading)),
        )
    }

    fn invent(at: &At, dice: &mut Dice<'_>) -> Result<Self, Finding> {
        dice.is_so().then(|| T::invent(at, dice)).transpose()
    }
}

impl<T: Part> Slot for Vec<T> {
    fn write(&self, writer: &mut CanonicalWriter, at: &At) {
        self.iter().for_each(|value| value.write(writer, at));
    }

    fn read(parent: &Fields<'_>, at: &At, reading: &mut Reading<'_, '_>) -> Option<Self> {
        let children = parent.children(T::NAMESPACE.unwrap_or(at.home.1), at.local);
        if at.is_some && children.is_empty() {
            reading.findings.push(parent.missing(at.local));
        }
        Some(children.iter().filter_map(|child| T::read(child, reading)).collect())
    }

    fn invent(at: &At, dice: &mut Dice<'_>) -> Result<Self, Finding> {
        let count = dice.below(3) + u32::from(at.is_some);
        (0..count).map(|_| T::invent(at, dice)).collect()
    }
}

impl<T: Inside> Part for T {
    fn write(&self, writer: &mut CanonicalWriter, at: &At) {
        writer.start(at.home.0, at.local);
        self.write_inside(writer);
        writer.end();
    }

    fn read(fields: &Fields<'_>, reading: &mut Reading<'_, '_>) -> Option<Self> {
        T::read_inside(fields, reading)
    }

    fn invent(_at: &At, dice: &mut Dice<'_>) -> Result<Self, Finding> {
        T::invent_inside(dice)
    }
}

/// A value and its text.
macro_rules! leaf {
    ($($name:ty: $text:expr, $invent:expr;)*) => {
        $(impl Part for $name {
            fn write(&self, writer: &mut CanonicalWriter, at: &At) {
                let text: fn(&Self) -> String = $text;
                leaf(writer, at, &text(self));
            }

            fn read(fields: &Fields<'_>, reading: &mut Reading<'_, '_>) -> Option<Self> {
                fields.parse(reading.findings)
            }

            fn invent(at: &At, dice: &mut Dice<'_>) -> Result<Self, Finding> {
                let invent: fn(&At, &mut Dice<'_>) -> Result<Self, Finding> = $invent;
                invent(at, dice)
            }
        })*
    };
}

leaf! {
    Coded: |it| it.as_str().to_owned(), |at, dice| match at.list {
        Some(list) => dice.code(list),
        None => dice.mark(),
    };
    State: |it| it.as_code().to_owned(), |_at, dice| dice.state();
    Country: ToString::to_string, |_at, dice| dice.state().map(Into::into);
    Title: |it| it.as_str().to_owned(), |_at, dice| dice.words(40);
    Remark: |it| it.as_str().to_owned(), |_at, dice| dice.words(200);
    Position: |it| it.as_str().to_owned(), |_at, dice| dice.words(40);
    Number: |it| it.as_str().to_owned(), |_at, dice| dice.words(20);
    RecordId: |it| it.as_str().to_owned(), |_at, dice| dice.words(30);
    RegisterNumber: |it| it.as_str().to_owned(), |_at, dice| dice.words(12);
    WrittenInstant: ToString::to_string, |_at, dice| dice.instant();
    u16: ToString::to_string, |_at, dice| Ok(dice.number());
    u32: ToString::to_string, |_at, dice| Ok(dice.below(65_536));
    String: Clone::clone, |_at, dice| dice.mark().map(|mark| mark.as_str().to_owned());
    Timestamp: ToString::to_string, |_at, dice| dice.moment();
    Uuid: ToString::to_string, |_at, dice| Ok(dice.uuid());
    Decimal: ToString::to_string, |_at, dice| Ok(dice.decimal());
}

pub(super) fn leaf(writer: &mut CanonicalWriter, at: &At, text: &str) {
    match at.list {
        Some(list) => coded(writer, at.home.0, at.local, list, text),
        None => {
            writer.leaf(at.home.0, at.local, text);
        }
    }
}

/// A day or month, whose zone moves nothing.
macro_rules! days {
    ($($name:ty: $invent:expr;)*) => {
        $(impl Part for $name {
            fn write(&self, writer: &mut CanonicalWriter, at: &At) {
                leaf(writer, at, &self.to_string());
            }

            fn read(fields: &Fields<'_>, reading: &mut Reading<'_, '_>) -> Option<Self> {
                fields.parse_day(reading.findings)
            }

            fn invent(_at: &At, dice: &mut Dice<'_>) -> Result<Self, Finding> {
                let invent: fn(&mut Dice<'_>) -> Result<Self, Finding> = $invent;
                invent(dice)
            }
        })*
    };
}

days! {
    Date: |dice| Ok(dice.day());
    YearMonth: |dice| dice.month();
}

/// As XML Schema spells it: `1` and `0` are read as well.
struct Indicator(bool);

impl FromStr for Indicator {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "true" | "1" => Ok(Self(true)),
            "false" | "0" => Ok(Self(false)),
            _ => Err("neither true nor false"),
        }
    }
}

impl Part for bool {
    fn write(&self, writer: &mut CanonicalWriter, at: &At) {
        leaf(writer, at, if *self { "true" } else { "false" });
    }

    fn read(fields: &Fields<'_>, reading: &mut Reading<'_, '_>) -> Option<Self> {
        fields.parse::<Indicator>(reading.findings).map(|it| it.0)
    }

    fn invent(_at: &At, dice: &mut Dice<'_>) -> Result<Self, Finding> {
        Ok(dice.is_so())
    }
}

impl Part for Money {
    fn write(&self, writer: &mut CanonicalWriter, at: &At) {
        encode_money(writer, (at.home.0, at.local), self);
    }

    fn read(fields: &Fields<'_>, reading: &mut Reading<'_, '_>) -> Option<Self> {
        read_money(fields, reading.findings)
    }

    fn invent(_at: &At, dice: &mut Dice<'_>) -> Result<Self, Finding> {
        dice.money()
    }
}

impl Part for Interval {
    fn write(&self, writer: &mut CanonicalWriter, at: &At) {
        writer.start(at.home.0, at.local);
        encode_interval(writer, self);
        writer.end();
    }

    fn read(fields: &Fields<'_>, reading: &mut Reading<'_, '_>) -> Option<Self> {
        if fields.child(CSDO, "StartDate").is_none() {
            reading.findings.push(fields.missing("StartDate"));
        }
        decode_interval(fields, reading.findings)
    }

    fn invent(_at: &At, dice: &mut Dice<'_>) -> Result<Self, Finding> {
        dice.interval()
    }
}

impl Part for Person {
    const NAMESPACE: Option<&str> = Some(XPDO);

    fn write(&self, writer: &mut CanonicalWriter, _at: &At) {
        encode_person(writer, self);
    }

    fn read(fields: &Fields<'_>, reading: &mut Reading<'_, '_>) -> Option<Self> {
        read_person(fields, reading.findings)
    }

    fn invent(_at: &At, dice: &mut Dice<'_>) -> Result<Self, Finding> {
        dice.person()
    }
}

impl Part for Evidence {
    const NAMESPACE: Option<&str> = Some(XPDO);

    fn write(&self, writer: &mut CanonicalWriter, _at: &At) {
        encode_evidence(writer, self);
    }

    fn read(fields: &Fields<'_>, reading: &mut Reading<'_, '_>) -> Option<Self> {
        decode_evidence(fields, reading.parts, reading.findings)
    }

    fn invent(_at: &At, dice: &mut Dice<'_>) -> Result<Self, Finding> {
        dice.evidence()
    }
}

/// What has an element of its own, whatever model it stands in.
macro_rules! own_elements {
    ($($name:ty: $namespace:expr, $write:expr, $read:expr, $invent:expr;)*) => {
        $(impl Part for $name {
            const NAMESPACE: Option<&str> = Some($namespace);

            fn write(&self, writer: &mut CanonicalWriter, _at: &At) {
                $write(writer, self);
            }

            fn read(fields: &Fields<'_>, reading: &mut Reading<'_, '_>) -> Option<Self> {
                $read(fields, reading.findings)
            }

            fn invent(_at: &At, dice: &mut Dice<'_>) -> Result<Self, Finding> {
                $invent(dice)
            }
        })*
    };
}

own_elements! {
    Name: CCDO, write_name, read_name, Dice::name;
    Employer: CCDO, encode_employer, read_employer, Dice::employer;
    SpecialCondition: XPDO, encode_condition, decode_condition, Dice::condition;
    Contribution: XPDO, encode_contribution, decode_contribution, Dice::contribution;
}

fn write_name(writer: &mut CanonicalWriter, name: &Name) {
    writer.start("ccdo", "FullNameDetails");
    encode_name(writer, name);
    writer.end();
}

/// Where each field of a type stands, in the order of its schema; what stands in no document has its default. `HOME` is
/// the model of the module that calls it.
macro_rules! fields {
    ($($name:ident { $($field:ident: $($some:ident)? $local:literal $(in $list:literal)?),* $(,)? $(; absent $($absent:ident),*)? })*) => {
        $(impl Inside for $name {
            fn write_inside(&self, writer: &mut CanonicalWriter) {
                $(Slot::write(&self.$field, writer, &at!($local $(, in $list)? $(, $some)?));)*
            }

            fn read_inside(fields: &Fields<'_>, reading: &mut Reading<'_, '_>) -> Option<Self> {
                $(let $field = Slot::read(fields, &at!($local $(, in $list)? $(, $some)?), reading);)*
                Some(Self { $($field: $field?,)* $($($absent: Default::default(),)*)? })
            }

            fn invent_inside(dice: &mut Dice<'_>) -> Result<Self, Finding> {
                Ok(Self {
                    $($field: Slot::invent(&at!($local $(, in $list)? $(, $some)?), dice)?,)*
                    $($($absent: Default::default(),)*)?
                })
            }
        })*
    };
}

/// The element of a field, of the model `HOME`.
macro_rules! at {
    ($local:literal) => {
        At { home: HOME, local: $local, list: None, is_some: false }
    };
    ($local:literal, in $list:literal) => {
        At { home: HOME, local: $local, list: Some($list), is_some: false }
    };
    ($local:literal $(, in $list:literal)?, some) => {
        At { is_some: true, ..at!($local $(, in $list)?) }
    };
}

pub(super) use {at, fields};
