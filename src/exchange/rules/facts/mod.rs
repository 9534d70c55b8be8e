//! The catalogue of facts: which there are, on what ground each may be asked for or offered, and for how long it counts.
//!
//! All of it is data (`schemas/facts`). Here it is read, and an inquiry or an offer is judged by it.

mod judge;
mod written;

pub use judge::Refusal;

use super::{CodeList, Names, RulesError, SchemaFiles};
use crate::exchange::canonical::{Channel, Coded, Country, FactShape, State};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Kinds of facts, legal bases, life events, and what became of each system that the domain names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactCatalogue {
    kinds: BTreeMap<Coded, FactKind>,
    bases: BTreeMap<Coded, LegalBasis>,
    events: BTreeMap<Coded, LifeEventKind>,
    rows: Vec<SystemRow>,
}

/// A kind of fact.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactKind {
    /// Such as `X-PENSION-SINCE`.
    pub code: Coded,
    /// In Russian.
    pub ru: String,
    /// In English.
    pub en: String,
    /// What its value looks like.
    pub shape: FactShape,
    /// The countries that keep such facts.
    pub holders: Vec<Country>,
    /// Whether it may be exchanged at all; never, where a holder is no member state.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Of a category that never goes by consent.
    pub special: Option<Special>,
    /// For how many days an answer may be relied on, at most.
    pub valid_days: i32,
    /// How many days old the data may be.
    pub age_days: i32,
    /// The systems it serves.
    pub rows: Vec<String>,
    /// On what grounds it may be asked for.
    #[serde(default, rename = "ground")]
    pub grounds: Vec<FactGround>,
}

/// Data of which the law is stricter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Special {
    /// Of health.
    Disability,
    /// Of children.
    Children,
}

/// Purpose, channel and bases that go together, and who may state them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactGround {
    /// A code of the list XFP.
    pub purpose: Coded,
    /// By what right.
    pub channel: Channel,
    /// The acts that may be stated.
    pub bases: Vec<Coded>,
    /// The act from which the purpose follows, where people consent.
    pub under: Option<Coded>,
    /// Who may ask.
    pub asking: Vec<State>,
}

/// An act on which an exchange may rest.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LegalBasis {
    /// Such as `XB-AGR-2019`.
    pub code: Coded,
    /// Which channel it opens.
    pub channel: Channel,
    /// Whose act it is; of all, if none.
    pub state: Option<State>,
    /// What it is called in Russian.
    pub ru: String,
    /// The same in English.
    pub en: String,
    /// Its number, as it was published.
    pub number: String,
    /// How sure name and number are.
    pub confidence: Confidence,
}

/// How sure a fact of the law is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Confidence {
    /// The act was read.
    #[serde(rename = "official text")]
    OfficialText,
    /// Seen in published software.
    #[serde(rename = "public code")]
    PublicCode,
    /// Our conclusion.
    #[serde(rename = "inferred")]
    Inferred,
    /// To be confirmed.
    #[serde(rename = "unverified")]
    Unverified,
}

/// A kind of event in a person's life, and what is offered then.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LifeEventKind {
    /// Such as `departure`.
    pub code: Coded,
    /// In Russian.
    pub ru: String,
    /// In English.
    pub en: String,
    /// What is offered, and to whom.
    #[serde(rename = "offer")]
    pub offers: Vec<OfferRule>,
}

/// A fact that an event makes a state offer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfferRule {
    /// Which fact.
    pub fact: Coded,
    /// For what.
    pub purpose: Coded,
    /// By what right.
    pub channel: Channel,
    /// On which act.
    pub basis: Coded,
    /// The states whose body it may go to.
    pub to: Vec<State>,
    /// For how many days the offer stands.
    pub days: i32,
}

/// What became of a system or feature that the domain names.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SystemRow {
    /// Such as `C-BY-FAMILY`.
    pub id: String,
    /// Whose it is.
    pub state: String,
    /// The profiles of local forms that serve it.
    #[serde(default)]
    pub profiles: Vec<String>,
    /// What the node does for it.
    pub feature: Option<String>,
    /// The work it belongs to.
    pub issue: Option<String>,
    /// Why it belongs there.
    pub reason: Option<String>,
}

impl FactCatalogue {
    /// The catalogue compiled into the program.
    ///
    /// # Errors
    /// Never for the files of this repository; a test reads them.
    pub fn built_in() -> Result<Self, RulesError> {
        Self::read(&SchemaFiles::built_in())
    }

    /// All kinds, by their codes.
    pub fn kinds(&self) -> impl Iterator<Item = &FactKind> {
        self.kinds.values()
    }

    /// A kind by its code.
    pub fn kind(&self, code: &str) -> Option<&FactKind> {
        self.kinds.values().find(|kind| kind.code.as_str() == code)
    }

    /// All legal bases.
    pub fn bases(&self) -> impl Iterator<Item = &LegalBasis> {
        self.bases.values()
    }

    /// A legal basis by its code.
    pub fn basis(&self, code: &Coded) -> Option<&LegalBasis> {
        self.bases.get(code)
    }

    /// A life event by its code.
    pub fn event(&self, code: &Coded) -> Option<&LifeEventKind> {
        self.events.get(code)
    }

    /// What became of each system.
    pub fn rows(&self) -> &[SystemRow] {
        &self.rows
    }

    /// Its kinds, bases and events as code lists: documents name them.
    pub(super) fn lists(&self) -> [CodeList; 3] {
        let names = |ru: &str, en: &str| Names { ru: ru.to_owned(), en: en.to_owned() };
        let kinds = self.kinds.values().map(|one| (one.code.as_str().to_owned(), names(&one.ru, &one.en)));
        let bases = self.bases.values().map(|one| (one.code.as_str().to_owned(), names(&one.ru, &one.en)));
        let events = self.events.values().map(|one| (one.code.as_str().to_owned(), names(&one.ru, &one.en)));
        [
            CodeList::drawn("XFK", names("Виды фактов", "Kinds of facts"), kinds.collect()),
            CodeList::drawn("XLB", names("Правовые основания", "Legal bases"), bases.collect()),
            CodeList::drawn("XLE", names("Жизненные события", "Life events"), events.collect()),
        ]
    }
}

impl FactKind {
    /// Whether a state keeps such facts.
    pub fn is_held_by(&self, state: State) -> bool {
        self.holders.contains(&Country::from(state))
    }
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests;
