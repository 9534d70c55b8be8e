//! A rehearsal: the clock of a node runs ahead, so that its clerks see what weeks of terms and reminders do.

use super::{Settings, StartError};
use crate::base::{AheadClock, Clock, SystemClock};
use crate::exchange::seal::{SignerPlan, certificates_in};
use serde::Deserialize;
use std::sync::Arc;

/// How far the clock runs ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RehearsalSettings {
    /// In days.
    pub days_ahead: u32,
}

impl Settings {
    /// The clock of the node: the machine's, or in a rehearsal one that runs ahead.
    pub fn clock(&self) -> Arc<dyn Clock> {
        match self.rehearsal {
            Some(RehearsalSettings { days_ahead }) => Arc::new(AheadClock { days: days_ahead }),
            None => Arc::new(SystemClock),
        }
    }

    /// Only documents that nobody can take for real are signed with a day that has not come.
    ///
    /// # Errors
    /// A rehearsal with a key that `stazh init` did not make.
    pub(super) fn check_rehearsal(&self) -> Result<(), StartError> {
        if self.rehearsal.is_none() {
            return Ok(());
        }
        for plan in self.seal.plans() {
            if !is_thrown_away(plan)? {
                return Err(StartError::RealRehearsal);
            }
        }
        Ok(())
    }
}

fn is_thrown_away(plan: &SignerPlan) -> Result<bool, StartError> {
    let Some(path) = plan.certificate_file() else { return Ok(false) };
    let pem = std::fs::read(path);
    let pem = pem.map_err(|source| StartError::File { path: path.to_owned(), source })?;
    let own = certificates_in(&pem)?.into_iter().next();
    Ok(own.is_some_and(|own| own.name.contains(THROW_AWAY)))
}

/// What `stazh init` writes into the subject of each certificate.
const THROW_AWAY: &str = "(throw-away)";
