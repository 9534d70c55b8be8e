//! The catalogue of commands: no action exists outside it (A39).

use super::Role;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// Everything that can be done, by id.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commands {
    command: BTreeMap<String, Written>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    function: String,
    roles: BTreeSet<Role>,
    #[serde(default)]
    personal: bool,
    #[serde(default)]
    approvers: BTreeSet<Role>,
}

/// One thing that can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Command<'a> {
    /// Its stable id, as `case-view`.
    pub id: &'a str,
    /// The function by which an access request asks for it; `own` is everybody's who has an account.
    pub function: &'a str,
    /// Whose it can be.
    pub roles: &'a BTreeSet<Role>,
    /// Whether it shows or uses data of a person (A5).
    pub is_personal: bool,
    /// Who must approve it, another person; nobody if empty.
    pub approvers: &'a BTreeSet<Role>,
}

/// An id that the catalogue does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no command of this program; schemas/access/commands.toml has them all")]
pub struct CommandError(pub String);

impl Commands {
    /// Those of this program.
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    /// The function that everybody has who has an account.
    pub const OWN: &'static str = "own";

    /// One of them.
    ///
    /// # Errors
    /// There is no such command.
    pub fn find(&self, id: &str) -> Result<Command<'_>, CommandError> {
        self.all().find(|command| command.id == id).ok_or_else(|| CommandError(id.to_owned()))
    }

    /// All of them, by id.
    pub fn all(&self) -> impl Iterator<Item = Command<'_>> {
        self.command.iter().map(|(id, written)| Command {
            id,
            function: &written.function,
            roles: &written.roles,
            is_personal: written.personal,
            approvers: &written.approvers,
        })
    }

    /// The functions that a role can be granted, by an access request (App. 2, column 4).
    pub fn functions_of(&self, role: Role) -> BTreeSet<&str> {
        let of_role = self.all().filter(|command| command.roles.contains(&role));
        of_role.map(|command| command.function).filter(|function| *function != Self::OWN).collect()
    }
}

#[expect(clippy::expect_used, reason = "the catalogue is compiled in, and a test reads it")]
static BUILT_IN: LazyLock<Commands> = LazyLock::new(|| {
    toml::from_str(include_str!("../../schemas/access/commands.toml")).expect("the commands are readable")
});

#[cfg(test)]
mod tests {
    use super::*;

    /// A1: nothing that grants is a system administrator's, nothing that operates is a cyber-security administrator's.
    #[test]
    fn a1_the_two_administrators_do_not_do_each_others_work() {
        let commands = Commands::built_in();
        for id in ["request-decide", "account-block"] {
            let roles = commands.find(id).unwrap().roles;
            assert_eq!(roles.iter().collect::<Vec<_>>(), [&Role::CyberAdministrator], "{id}");
        }
        for id in ["message-release", "message-resend", "profile-change", "key-replace", "notice-publish"] {
            let roles = commands.find(id).unwrap().roles;
            assert_eq!(roles.iter().collect::<Vec<_>>(), [&Role::SystemAdministrator], "{id}");
        }
    }

    #[test]
    fn an_auditor_changes_nothing() {
        let reads = ["list", "view", "run", "who-saw", "export", "workbench", "find-person", "read"];
        for command in Commands::built_in().all().filter(|command| command.roles.contains(&Role::Auditor)) {
            let act = command.id;
            assert!(
                command.function == Commands::OWN || reads.iter().any(|read| act.ends_with(read)),
                "{}",
                command.id
            );
            assert!(command.approvers.is_empty(), "{}", command.id);
        }
    }

    #[test]
    fn a_command_of_nobody_is_none() {
        for command in Commands::built_in().all() {
            assert!(!command.roles.is_empty(), "{}", command.id);
            assert!(
                !command.approvers.contains(&Role::Integration),
                "{}: a program approves nothing",
                command.id
            );
        }
        assert!(Commands::built_in().find("case-burn").is_err());
    }
}
