//! By which numbers, rules and key people are let in; and which day it is where they are.

use super::EntryError;
use crate::access::{KeptFactor, Numbers, SecondFactor};
use crate::base::{Digest256, Random, Secret, random_octets};
use crate::exchange::canonical::{Identifier, State};
use crate::exchange::seal::{LockKey, SealError, keyed_digest};
use crate::flow::Context;
use crate::store::{Store, StoreError, Subject, subject_key};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use serde::Deserialize;

/// How people and programs are let in.
#[derive(Debug, Clone)]
pub struct EntryPolicy {
    /// Terms of the Rules, and what the node decides itself.
    pub numbers: Numbers,
    /// The rules of cyber security that everybody acknowledges, if the settings name any (A36).
    pub rules: Option<RulesOfTheDay>,
    /// The key with which persons are digested in acts.
    subject_key: Secret<Vec<u8>>,
    /// The key under which second factors are locked; none where nobody comes in.
    factor_key: Option<LockKey>,
}

/// Rules of cyber security, as the owner's policy has them (A13, A36).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RulesOfTheDay {
    /// Number or version: who acknowledged another one acknowledges anew.
    pub version: String,
    /// Its date.
    pub date: Date,
    /// What it is called.
    pub title: String,
}

impl EntryPolicy {
    /// The policy of the program, with a key of persons.
    pub fn new(subject_key: Secret<Vec<u8>>) -> Self {
        Self { numbers: Numbers::built_in().clone(), rules: None, subject_key, factor_key: None }
    }

    /// The same with the key of a database, which is drawn at the first start.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn of(store: &Store, random: &dyn Random) -> Result<Self, StoreError> {
        let mut tx = store.begin().await?;
        let key = subject_key(&mut tx, &random_octets::<32>(random)).await?;
        tx.commit().await?;
        Ok(Self::new(key))
    }

    /// The same with the key under which second factors are locked.
    pub fn with_factor_key(self, key: LockKey) -> Self {
        Self { factor_key: Some(key), ..self }
    }

    /// A second factor as it is kept.
    pub(super) fn lock_factor(
        &self,
        login: &str,
        factor: &SecondFactor,
        random: &dyn Random,
    ) -> Result<KeptFactor, EntryError> {
        let key = self.factor_key.as_ref().ok_or(EntryError::FactorKey)?;
        Ok(KeptFactor::of(key.lock(factor.octets(), login, random)?))
    }

    /// A second factor that was kept.
    pub(super) fn open_factor(&self, login: &str, kept: &KeptFactor) -> Result<SecondFactor, EntryError> {
        if kept.is_bare() {
            return Ok(SecondFactor::kept(kept.octets().to_vec()));
        }
        let opened = self.factor_key.as_ref().and_then(|key| key.open(kept.octets(), login));
        opened.map(|octets| SecondFactor::kept(octets.expose().clone())).ok_or(EntryError::FactorKey)
    }

    /// How a person is told in acts: by a keyed digest of a number of his.
    ///
    /// # Errors
    /// The library of digests refuses.
    pub fn subject(&self, number: &Identifier) -> Result<Subject, EntryError> {
        self.digest(number.kind().as_code(), number.as_str())
    }

    pub(super) fn digest(&self, kind: &str, value: &str) -> Result<Subject, EntryError> {
        Ok(Subject::of(self.person_digest(kind, value)?))
    }

    /// The keyed digest of what a person is known by: the same in acts and in the notes of documents by person.
    pub(in crate::flow) fn person_digest(&self, kind: &str, value: &str) -> Result<Digest256, SealError> {
        keyed_digest(self.subject_key.expose(), format!("{kind}:{value}").as_bytes())
    }
}

/// How a person is told in acts: by a keyed digest of a number of his.
///
/// # Errors
/// The library of digests refuses.
pub fn subject_of(number: &Identifier, ctx: &Context) -> Result<Subject, EntryError> {
    ctx.entry.subject(number)
}

/// The day of an instant in the state of a node, as its clerks count days.
pub fn day_in(state: State, at: Timestamp) -> Date {
    // None of the five changes its clocks in summer; where a state has several zones, it is that of its capital.
    let hours = match state {
        State::Am => 4,
        State::By | State::Ru => 3,
        State::Kg => 6,
        State::Kz => 5,
    };
    at.to_zoned_datetime(TimeZone::fixed(Offset::constant(hours))).date()
}
