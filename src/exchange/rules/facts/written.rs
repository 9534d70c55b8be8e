//! The catalogue as it is written, and its checks: what makes no sense is refused with file and line.

use super::{FactCatalogue, FactGround, FactKind, LegalBasis, LifeEventKind, OfferRule, SystemRow};
use crate::exchange::canonical::{Channel, Coded, Country, State};
use crate::exchange::rules::{CodeList, RulesError, SchemaFiles};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Kinds {
    kind: Vec<Spanned<FactKind>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bases {
    basis: Vec<Spanned<LegalBasis>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Events {
    event: Vec<Spanned<LifeEventKind>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rows {
    row: Vec<Spanned<SystemRow>>,
}

impl FactCatalogue {
    /// Reads the files of `facts/`.
    pub(in crate::exchange::rules) fn read(files: &SchemaFiles) -> Result<Self, RulesError> {
        let purposes = CodeList::of_file(files, PURPOSES)?;
        let bases = File::of(files, "facts/bases.toml")?;
        let bases = bases.table(bases.parsed::<Bases>()?.basis, |one| &one.code, LegalBasis::misfit)?;
        let rows_file = File::of(files, "facts/rows.toml")?;
        let rows = rows_file.parsed::<Rows>()?.row;
        let rows = rows_file.checked(rows, |one| one.id.clone(), SystemRow::misfit)?;
        let kinds = File::of(files, "facts/kinds.toml")?;
        let is_row = |id: &String| rows.iter().any(|row| row.id == *id);
        let kinds = kinds.table(
            kinds.parsed::<Kinds>()?.kind,
            |one| &one.code,
            |kind| {
                let unknown = kind.rows.iter().find(|id| !is_row(id));
                let unknown = unknown.map(|id| format!("rows names {id}, which is not in rows.toml"));
                let grounds =
                    || kind.grounds.iter().find_map(|ground| ground.misfit(kind, &bases, &purposes));
                kind.misfit().or(unknown).or_else(grounds)
            },
        )?;
        let events = File::of(files, "facts/events.toml")?;
        let events = events.table(
            events.parsed::<Events>()?.event,
            |one| &one.code,
            |event| event.offers.iter().find_map(|offer| offer.misfit(&kinds)),
        )?;
        Ok(Self { kinds, bases, events, rows })
    }
}

/// One file of the catalogue.
struct File<'f> {
    name: &'static str,
    text: &'f str,
}

impl<'f> File<'f> {
    fn of(files: &'f SchemaFiles, name: &'static str) -> Result<Self, RulesError> {
        let absent = || RulesError::Unfit { file: name.to_owned(), reason: "it is not there".to_owned() };
        Ok(Self { name, text: files.text(name).ok_or_else(absent)? })
    }

    fn parsed<T: DeserializeOwned>(&self) -> Result<T, RulesError> {
        toml::from_str(self.text)
            .map_err(|source| RulesError::Parse { file: self.name.to_owned(), source: Box::new(source) })
    }

    /// The entries, each of a code of its own and fit.
    fn checked<T>(
        &self,
        entries: Vec<Spanned<T>>,
        code: impl Fn(&T) -> String,
        misfit: impl Fn(&T) -> Option<String>,
    ) -> Result<Vec<T>, RulesError> {
        let mut all: Vec<T> = Vec::new();
        for entry in entries {
            let before = self.text.get(..entry.span().start).unwrap_or_default();
            let line = 1 + before.matches('\n').count();
            let entry = entry.into_inner();
            let own = code(&entry);
            let twice = all.iter().any(|known| code(known) == own).then(|| "stands twice".to_owned());
            if let Some(reason) = twice.or_else(|| misfit(&entry)) {
                let reason = format!("line {line}: {own}: {reason}");
                return Err(RulesError::Unfit { file: self.name.to_owned(), reason });
            }
            all.push(entry);
        }
        Ok(all)
    }

    fn table<T>(
        &self,
        entries: Vec<Spanned<T>>,
        code: impl Fn(&T) -> &Coded,
        misfit: impl Fn(&T) -> Option<String>,
    ) -> Result<BTreeMap<Coded, T>, RulesError> {
        let all = self.checked(entries, |one| code(one).as_str().to_owned(), misfit)?;
        Ok(all.into_iter().map(|one| (code(&one).clone(), one)).collect())
    }
}

impl FactKind {
    fn misfit(&self) -> Option<String> {
        let is_member =
            |holder: &Country| State::ALL.into_iter().any(|state| Country::from(state) == *holder);
        let say = |text: &str| Some(text.to_owned());
        if !self.code.as_str().starts_with("X-") {
            return say("the code is ours and must begin with X-");
        }
        if self.holders.is_empty() {
            return say("holders is empty; name a state that keeps such facts");
        }
        if self.enabled && !self.holders.iter().all(is_member) {
            return say("a holder is no member state; write enabled = false");
        }
        if self.enabled && self.grounds.is_empty() {
            return say("it has no ground; add [[kind.ground]], or write enabled = false");
        }
        if self.valid_days < 1 || self.age_days < 1 {
            return say("valid_days and age_days must be 1 at least");
        }
        if self.special.is_some() && self.grounds.iter().any(|ground| ground.channel == Channel::Consent) {
            return say("data of a special category never go by consent; leave that ground out");
        }
        None
    }
}

impl FactGround {
    fn misfit(
        &self,
        kind: &FactKind,
        bases: &BTreeMap<Coded, LegalBasis>,
        purposes: &CodeList,
    ) -> Option<String> {
        if purposes.code(self.purpose.as_str()).is_none() {
            return Some(format!("purpose {} is not in the list {PURPOSES}", self.purpose.as_str()));
        }
        if self.bases.is_empty() || self.asking.is_empty() {
            return Some("a ground names one basis and one asking state at least".to_owned());
        }
        let others = kind.grounds.iter().filter(|other| other.purpose == self.purpose);
        if others.filter(|other| other.channel == self.channel).count() > 1 {
            return Some("two grounds have one purpose and channel; join them".to_owned());
        }
        for code in self.bases.iter().chain(&self.under) {
            let Some(basis) = bases.get(code) else {
                return Some(format!("basis {} is not in bases.toml", code.as_str()));
            };
            if self.bases.contains(code) && basis.channel != self.channel {
                let channel = basis.channel.as_code();
                return Some(format!("basis {} opens the channel {channel}, not this one", code.as_str()));
            }
        }
        None
    }
}

impl LegalBasis {
    fn misfit(&self) -> Option<String> {
        let is_ours = self.code.as_str().starts_with("XB-");
        (!is_ours).then(|| "the code is ours and must begin with XB-".to_owned())
    }
}

impl OfferRule {
    /// The offer of an event is lawful as an answer would be.
    fn misfit(&self, kinds: &BTreeMap<Coded, FactKind>) -> Option<String> {
        let fact = self.fact.as_str();
        let Some(kind) = kinds.get(&self.fact) else {
            return Some(format!("fact {fact} is not in kinds.toml"));
        };
        if self.days < 1 {
            return Some("days must be 1 at least".to_owned());
        }
        let ground = kind.grounds.iter().find(|ground| {
            (&ground.purpose, ground.channel) == (&self.purpose, self.channel)
                && ground.bases.contains(&self.basis)
        });
        let Some(ground) = ground else {
            return Some(format!("{fact} has no ground of this purpose, channel and basis"));
        };
        let stranger = self.to.iter().find(|state| !ground.asking.contains(state));
        stranger.map(|state| format!("{state} may not ask for {fact} on this ground"))
    }
}

impl SystemRow {
    fn misfit(&self) -> Option<String> {
        let is_half = self.issue.is_some() != self.reason.is_some();
        is_half.then(|| "issue and reason go together; write both".to_owned())
    }
}

const PURPOSES: &str = "codelists/fact-purposes.toml";
