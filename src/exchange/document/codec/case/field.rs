//! How values, aggregates and persons stand in elements: each written, read and invented in one place.

use super::Dice;
use crate::base::{Finding, Findings};
use crate::exchange::canonical::case::{CaseHead, Filing};
use crate::exchange::canonical::{
    Coded, Country, Evidence, Interval, Money, Number, Person, RecordId, RegisterNumber, Remark, State,
    Title, WrittenInstant, YearMonth,
};
use crate::exchange::document::CanonicalWriter;
use crate::exchange::document::codec::fields::Fields;
use crate::exchange::document::codec::namespaces::{CSDO, XCDO, XPDO};
use crate::exchange::document::codec::parts::{
    COUNTRIES, coded, decode_interval, encode_interval, encode_money, encode_person, read_money, read_person,
};
use crate::exchange::document::codec::record::{Attachments, decode_evidence, encode_evidence};
use jiff::civil::Date;
use rust_decimal::Decimal;
use std::str::FromStr;
use uuid::Uuid;

/// The element of a field.
pub(super) struct At {
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
    /// Of the element.
    const NAMESPACE: &str = XCDO;

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
        let Some(child) = parent.child(T::NAMESPACE, at.local) else {
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
        Some(parent.child(T::NAMESPACE, at.local).and_then(|child| T::read(&child, reading)))
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
        let children = parent.children(T::NAMESPACE, at.local);
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
        writer.start("xcdo", at.local);
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
    Coded: |it| it.as_str().to_owned(), |at, dice| dice.code(at.list.unwrap_or_default());
    State: |it| it.as_code().to_owned(), |_at, dice| dice.state();
    Country: ToString::to_string, |_at, dice| dice.state().map(Into::into);
    Title: |it| it.as_str().to_owned(), |_at, dice| dice.words(40);
    Remark: |it| it.as_str().to_owned(), |_at, dice| dice.words(200);
    Number: |it| it.as_str().to_owned(), |_at, dice| dice.words(20);
    RecordId: |it| it.as_str().to_owned(), |_at, dice| dice.words(30);
    RegisterNumber: |it| it.as_str().to_owned(), |_at, dice| dice.words(12);
    WrittenInstant: ToString::to_string, |_at, dice| dice.instant();
    u16: ToString::to_string, |_at, dice| Ok(dice.number());
    Uuid: ToString::to_string, |_at, dice| Ok(dice.uuid());
    Decimal: ToString::to_string, |_at, dice| Ok(dice.decimal());
}

fn leaf(writer: &mut CanonicalWriter, at: &At, text: &str) {
    match at.list {
        Some(list) => coded(writer, "xcdo", at.local, list, text),
        None => {
            writer.leaf("xcdo", at.local, text);
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
        encode_money(writer, ("xcdo", at.local), self);
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
        writer.start("xcdo", at.local);
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
    const NAMESPACE: &str = XPDO;

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
    const NAMESPACE: &str = XPDO;

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

/// By hand, since what it is about stands in the header of the document.
impl Inside for CaseHead {
    fn write_inside(&self, writer: &mut CanonicalWriter) {
        self.case.write(writer, &CASE_ID);
        coded(writer, "csdo", "UnifiedCountryCode", COUNTRIES, self.state.as_code());
        Slot::write(&self.body, writer, &BODY);
        self.filing.write(writer, &FILING);
    }

    fn read_inside(fields: &Fields<'_>, reading: &mut Reading<'_, '_>) -> Option<Self> {
        let case = Slot::read(fields, &CASE_ID, reading);
        let state = fields.require(CSDO, "UnifiedCountryCode", reading.findings);
        let body = Slot::read(fields, &BODY, reading);
        let filing = Option::<Filing>::read(fields, &FILING, reading);
        Some(Self { case: case?, state: state?, body: body?, filing: filing?, about: None })
    }

    fn invent_inside(dice: &mut Dice<'_>) -> Result<Self, Finding> {
        let (case, filing) = (Some(dice.words(30)?), Some(Filing::invent_inside(dice)?));
        Ok(Self { case, state: dice.state()?, body: Slot::invent(&BODY, dice)?, filing, about: None })
    }
}

const CASE_ID: At = At { local: "CaseId", list: None, is_some: false };
const BODY: At = At { local: "BodyDetails", list: None, is_some: false };
const FILING: At = At { local: "FilingDetails", list: None, is_some: false };
