//! One step of the advice: its rule, what it counted, what came of it; its sentences are data.

use super::agreement::PeriodClass;
use super::days::Stretch;
use super::length::Length;
use crate::base::{Language, Texts, Written};
use crate::exchange::canonical::State;
use jiff::civil::Date;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// One step of the advice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The rule it follows, such as `T22`.
    pub rule: &'static str,
    /// Which step it is: the key of its sentence.
    pub key: &'static str,
    /// What the sentence names.
    #[serde(skip)]
    values: Vec<(&'static str, Value)>,
    /// What was counted, stretch by stretch.
    pub parts: Vec<Part>,
    /// What came of it, where that is a length.
    pub result: Option<Length>,
}

/// A stretch of days that was counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Part {
    /// Where it was acquired.
    #[schemars(with = "String")]
    pub state: State,
    /// Its class.
    pub class: PeriodClass,
    /// Its days.
    pub stretch: Stretch,
    /// How long it is.
    pub length: Length,
}

/// What a sentence may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    State(State),
    Day(Date),
    Length(Length),
    Number(Decimal),
    Count(i64),
    Texts(Texts),
    Class(PeriodClass),
}

impl Step {
    pub(super) fn new(rule: &'static str, key: &'static str) -> Self {
        Self { rule, key, values: Vec::new(), parts: Vec::new(), result: None }
    }

    pub(super) fn with(mut self, name: &'static str, value: Value) -> Self {
        self.values.push((name, value));
        self
    }

    pub(super) fn of(mut self, parts: Vec<Part>) -> Self {
        self.parts = parts;
        self
    }

    pub(super) fn giving(mut self, result: Length) -> Self {
        self.result = Some(result);
        self
    }

    /// The step in words.
    pub fn sentence(&self, language: Language) -> String {
        let template = SENTENCES.get(self.key).map_or(self.key, |texts| texts.of(language));
        self.values.iter().fold(template.to_owned(), |sentence, (name, value)| {
            sentence.replace(&format!("{{{name}}}"), &value.in_words(language))
        })
    }
}

impl Value {
    fn in_words(&self, language: Language) -> String {
        match self {
            Self::State(state) => state_name(*state, language).to_owned(),
            Self::Day(day) => day.to_string(),
            Self::Length(length) => length_in_words(*length, language),
            Self::Number(number) => number.round_dp(6).normalize().to_string(),
            Self::Count(count) => count.to_string(),
            Self::Texts(texts) => texts.of(language).to_owned(),
            Self::Class(class) => format!("{class:?}"),
        }
    }
}

/// A length as people write it.
pub fn length_in_words(length: Length, language: Language) -> String {
    let [years, months, days] = match language.written() {
        Written::En => ["y", "m", "d"],
        Written::Ru => ["л", "мес", "дн"],
    };
    format!("{} {years} {} {months} {} {days}", length.years(), length.months(), length.days())
}

/// What a member state is called.
pub fn state_name(state: State, language: Language) -> &'static str {
    let (en, ru) = match state {
        State::Am => ("Armenia", "Армения"),
        State::By => ("Belarus", "Беларусь"),
        State::Kz => ("Kazakhstan", "Казахстан"),
        State::Kg => ("Kyrgyzstan", "Кыргызстан"),
        State::Ru => ("Russia", "Россия"),
    };
    language.en_or_ru(en, ru)
}

#[expect(clippy::expect_used, reason = "they are compiled in, and a test reads them")]
static SENTENCES: LazyLock<BTreeMap<String, Texts>> = LazyLock::new(|| {
    toml::from_str(include_str!("../../schemas/treaty/advice.toml")).expect("the sentences are readable")
});

/// Every key that has a sentence.
#[cfg(test)]
pub(super) fn keys() -> impl Iterator<Item = &'static str> {
    SENTENCES.keys().map(String::as_str)
}
