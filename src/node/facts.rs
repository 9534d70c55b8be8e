//! Which facts a node exchanges, by its settings: each named, known, enabled, and one that its state may give or take.

use super::StartError;
use crate::exchange::canonical::{Coded, State};
use crate::exchange::rules::{FactCatalogue, FactKind};
use crate::flow::Facts;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The kinds of facts that the node exchanges: the section `[facts]`; none until they are named.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FactSettings {
    /// Those that are answered, and offered.
    pub gives: BTreeSet<Coded>,
    /// Those that are asked for, and taken when they are offered.
    pub takes: BTreeSet<Coded>,
    /// How often life events, and what people said to offers, are looked for.
    pub every_ms: u64,
}

impl Default for FactSettings {
    fn default() -> Self {
        Self { gives: BTreeSet::new(), takes: BTreeSet::new(), every_ms: 60_000 }
    }
}

impl FactSettings {
    /// The catalogue, and what of it the node of a state exchanges.
    ///
    /// # Errors
    /// A kind that the catalogue does not know, that is off, that this state does not keep, or may not ask for.
    pub(super) fn of(&self, state: State) -> Result<Facts, StartError> {
        let catalogue = FactCatalogue::built_in()?;
        let unfit =
            |kind: &Coded, reason: String| StartError::Fact { kind: kind.as_str().to_owned(), reason };
        let known = |code: &Coded| {
            let kind = catalogue.kind(code.as_str());
            let kind = kind.ok_or_else(|| unfit(code, "no such kind; see stazh fact kinds".to_owned()))?;
            let off = "it is off, since who keeps it is no member state; take it out";
            if kind.enabled { Ok::<&FactKind, StartError>(kind) } else { Err(unfit(code, off.to_owned())) }
        };
        for code in &self.gives {
            if !known(code)?.is_held_by(state) {
                return Err(unfit(code, format!("{state} does not keep it; take it out of gives")));
            }
        }
        for code in &self.takes {
            if !known(code)?.grounds.iter().any(|ground| ground.asking.contains(&state)) {
                return Err(unfit(
                    code,
                    format!("on no ground may {state} ask for it; take it out of takes"),
                ));
            }
        }
        let (gives, takes) = (self.gives.clone(), self.takes.clone());
        Ok(Facts { catalogue: Arc::new(catalogue), gives, takes, every_ms: self.every_ms })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_must_be_known_on_and_the_states_own() {
        let facts = |text: &str| toml::from_str::<FactSettings>(text).unwrap();
        let told = |text: &str, state| facts(text).of(state).unwrap_err().to_string();
        assert!(facts("").of(State::Kg).unwrap().gives.is_empty());
        assert!(facts("gives = [\"X-LARGE-FAMILY\"]").of(State::By).is_ok());
        for (text, state, expected) in [
            ("gives = [\"X-NOTHING\"]", State::By, "no such kind"),
            ("takes = [\"X-UZ-CATEGORY\"]", State::By, "it is off"),
            ("gives = [\"X-LARGE-FAMILY\"]", State::Ru, "RU does not keep it"),
            ("takes = [\"X-PARENT-ABROAD\"]", State::Ru, "on no ground may RU ask for it"),
        ] {
            let told = told(text, state);
            assert!(told.contains(expected), "{told}");
        }
        assert!(toml::from_str::<FactSettings>("give = []").is_err());
    }
}
