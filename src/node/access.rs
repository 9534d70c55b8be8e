//! The section `[access]`: how people and programs are let in.

use super::StartError;
use super::settings::read_text;
use crate::access::{Numbers, NumbersError};
use crate::base::{Random, with_causes};
use crate::flow::entry::{EntryPolicy, RulesOfTheDay};
use crate::store::Store;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// How people and programs are let in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccessSettings {
    /// Numbers of the node's own policy, in place of those of the program (A7).
    pub policy: Option<PathBuf>,
    /// The rules of cyber security that everybody acknowledges (A13, A36).
    pub rules: Option<RulesOfTheDay>,
}

impl AccessSettings {
    /// With its paths beside the file that names them.
    pub(super) fn within(self, folder: &Path) -> Self {
        Self { policy: self.policy.map(|file| folder.join(file)), ..self }
    }

    /// The policy that they describe.
    ///
    /// # Errors
    /// The file of numbers cannot be read or is not of its form; the database does not answer.
    pub async fn policy(&self, store: &Store, random: &dyn Random) -> Result<EntryPolicy, StartError> {
        let mut policy = EntryPolicy::of(store, random).await?;
        policy.rules.clone_from(&self.rules);
        if let Some(file) = &self.policy {
            let text = read_text(file).map_err(|error| unfit(file, &error))?;
            let numbers = Numbers::built_in().with_policy(&text);
            policy.numbers = numbers.map_err(|error: NumbersError| unfit(file, &error))?;
        }
        Ok(policy)
    }
}

fn unfit(path: &Path, error: &(dyn std::error::Error + 'static)) -> StartError {
    StartError::Access { path: path.to_owned(), reason: with_causes(error) }
}
