//! What a state asks of a qualification got elsewhere (goal J11 of the domain reference).

use crate::base::Finding;
use crate::exchange::canonical::State;
use crate::exchange::canonical::job::IscoCode;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The rules of `schemas/labour/recognition.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recognition {
    rule: Vec<Rule>,
}

#[derive(Debug, Clone, Deserialize)]
struct Rule {
    groups: Vec<IscoCode>,
    source: String,
    #[serde(flatten)]
    states: BTreeMap<State, Asked>,
}

/// Whether a proof of qualification is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// Nobody works as this without it.
    Mandatory,
    /// An assessment may be passed.
    Voluntary,
    /// None is asked.
    None,
}

impl Recognition {
    /// The rules compiled into the program.
    ///
    /// # Errors
    /// Never for the file of this repository; a test reads it.
    pub fn built_in() -> Result<&'static Self, Finding> {
        static BUILT_IN: LazyLock<Result<Recognition, Finding>> =
            LazyLock::new(|| Recognition::parse(include_str!("../../../schemas/labour/recognition.toml")));
        BUILT_IN.as_ref().map_err(Clone::clone)
    }

    /// Reads rules.
    ///
    /// # Errors
    /// A file that is not of this form.
    pub fn parse(text: &str) -> Result<Self, Finding> {
        toml::from_str(text).map_err(|error| {
            let message = error.message().to_owned();
            Finding::error("canonical.match_table", "recognition", "groups and states", "", message)
        })
    }

    /// What a state asks of those who work as this, and who says so; none where no rule is known.
    pub fn asked(&self, state: State, group: IscoCode) -> Option<(Asked, &str)> {
        let covers = |rule: &&Rule| {
            rule.groups.iter().any(|of| of.level() <= group.level() && of.shared_levels(&group) == of.level())
        };
        let rule = self.rule.iter().filter(covers).find(|rule| rule.states.contains_key(&state))?;
        Some((*rule.states.get(&state)?, &rule.source))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn welders_are_certified_as_the_commission_says() {
        let rules = Recognition::built_in().unwrap();
        let asked = |state, code: &str| rules.asked(state, code.parse().unwrap()).map(|(asked, _)| asked);
        assert_eq!(asked(State::Kz, "7212"), Some(Asked::Mandatory));
        assert_eq!([State::Ru, State::Kg].map(|state| asked(state, "7212")), [Some(Asked::Voluntary); 2]);
        assert_eq!([State::Am, State::By].map(|state| asked(state, "7212")), [Some(Asked::None); 2]);
        assert_eq!((asked(State::Kz, "7211"), asked(State::Kz, "721")), (None, None));
    }
}
