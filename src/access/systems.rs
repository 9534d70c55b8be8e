//! The register of digital systems to which access is asked for (A43).

use crate::base::Texts;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// The register.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Systems {
    system: BTreeMap<String, System>,
}

/// One digital system or database.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct System {
    /// Its name.
    pub name: Texts,
    /// Whose it is.
    pub owner: String,
    /// Who has and uses it, and by which act or agreement.
    pub possessor: String,
    /// The functions that it has.
    pub functions: BTreeSet<String>,
}

impl Systems {
    /// Those of this program.
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    /// Whether a system is in the register.
    pub fn has(&self, id: &str) -> bool {
        self.system.contains_key(id)
    }

    /// All of them, by id.
    pub fn all(&self) -> impl Iterator<Item = (&str, &System)> {
        self.system.iter().map(|(id, system)| (id.as_str(), system))
    }
}

#[expect(clippy::expect_used, reason = "the register is compiled in, and a test reads it")]
static BUILT_IN: LazyLock<Systems> = LazyLock::new(|| {
    toml::from_str(include_str!("../../schemas/access/systems.toml")).expect("the systems are readable")
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Commands;

    /// A43: the functions of a system are those of the catalogue, and all of them.
    #[test]
    fn a43_the_register_names_the_functions_of_the_catalogue() {
        let of_catalogue: BTreeSet<&str> =
            Commands::built_in().all().map(|command| command.function).collect();
        let (_, node) = Systems::built_in().all().next().unwrap();
        let named: BTreeSet<&str> = node.functions.iter().map(String::as_str).collect();
        assert_eq!(named, of_catalogue.into_iter().filter(|function| *function != Commands::OWN).collect());
    }
}
