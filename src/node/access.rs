//! The section `[access]`: how people and programs are let in.

use super::StartError;
use super::settings::read_text;
use crate::access::{Numbers, NumbersError};
use crate::base::{Random, Secret, with_causes};
use crate::exchange::seal::LockKey;
use crate::flow::entry::{EntryPolicy, RulesOfTheDay, lock_factors};
use crate::store::Store;
use serde::Deserialize;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

/// How people and programs are let in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccessSettings {
    /// Numbers of the node's own policy, in place of those of the program (A7).
    pub policy: Option<PathBuf>,
    /// The rules of cyber security that everybody acknowledges (A13, A36).
    pub rules: Option<RulesOfTheDay>,
    /// The file of the key under which second factors are locked in the database; `factor.key` beside the data if absent.
    pub factor_key: Option<PathBuf>,
}

impl AccessSettings {
    /// With its paths beside the file that names them.
    pub(super) fn within(self, folder: &Path) -> Self {
        let at = |file: Option<PathBuf>| file.map(|file| folder.join(file));
        Self { policy: at(self.policy), factor_key: at(self.factor_key), ..self }
    }

    /// The policy that they describe.
    ///
    /// # Errors
    /// A file cannot be read or is not of its form; the database does not answer.
    pub async fn policy(
        &self,
        data: &Path,
        store: &Store,
        random: &dyn Random,
    ) -> Result<EntryPolicy, StartError> {
        let file = self.factor_key.clone().unwrap_or_else(|| data.join("factor.key"));
        let key = factor_key(&file, random)?;
        let name = key.name();
        let mut policy = EntryPolicy::of(store, random).await?.with_factor_key(key);
        match lock_factors(&policy, store, random).await.map_err(|error| unfit(&file, &error))? {
            0 => {}
            count => tracing::warn!(
                count,
                key = name,
                "second factors are locked under another key than this: put its file back, or issue the logins anew"
            ),
        }
        policy.rules.clone_from(&self.rules);
        if let Some(file) = &self.policy {
            let text = read_text(file).map_err(|error| unfit(file, &error))?;
            let numbers = Numbers::built_in().with_policy(&text);
            policy.numbers = numbers.map_err(|error: NumbersError| unfit(file, &error))?;
        }
        Ok(policy)
    }
}

/// The key in a file, which is made if there is none.
fn factor_key(file: &Path, random: &dyn Random) -> Result<LockKey, StartError> {
    let refuse = |source| StartError::File { path: file.to_owned(), source };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(file) {
        Ok(mut made) => {
            let key = LockKey::draw(random);
            let text = key.to_text();
            made.write_all(text.expose().as_bytes()).and_then(|()| made.sync_all()).map_err(refuse)?;
            return Ok(key);
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(source) => return Err(refuse(source)),
    }
    let text = Secret::new(std::fs::read_to_string(file).map_err(refuse)?);
    LockKey::parse(text.expose()).ok_or_else(|| StartError::Access {
        path: file.to_owned(),
        reason: "it is no key: 64 hexadecimal digits".to_owned(),
    })
}

fn unfit(path: &Path, error: &(dyn std::error::Error + 'static)) -> StartError {
    StartError::Access { path: path.to_owned(), reason: with_causes(error) }
}
