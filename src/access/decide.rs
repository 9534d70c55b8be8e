//! Whether somebody may do something now.

use super::{Command, CommandError, Commands, Role};
use crate::base::Code;
use jiff::Timestamp;
use std::collections::BTreeSet;

/// Who acts: established by a session, a certificate or a signed token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The login: one person's, or one program's (A6, A40).
    pub login: String,
    /// What he is here.
    pub role: Role,
    /// The functions that requests have granted him (A10).
    pub functions: BTreeSet<String>,
    /// Whether his registration is complete: the temporary password is changed (A30), the rules of the day are acknowledged (A36).
    pub is_complete: bool,
    /// By which door he came.
    pub via: Via,
}

/// By which door an act comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Via {
    /// The pages for people.
    Console,
    /// The interface for programs.
    Api,
    /// The command line of the machine.
    CommandLine,
}

impl Via {
    /// The word by which it is journalled.
    pub fn word(self) -> &'static str {
        match self {
            Self::Console => "console",
            Self::Api => "api",
            Self::CommandLine => "command_line",
        }
    }
}

/// For what data of a person are used (A5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purpose {
    /// A code of list `access-purposes`.
    pub code: String,
    /// The case it serves, or the reason if there is none.
    pub case: String,
}

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ask<'a> {
    /// The id of the command.
    pub command: &'a str,
    /// To what: an id, never a value of a person.
    pub object: &'a str,
    /// For what, where the command demands it.
    pub purpose: Option<&'a Purpose>,
    /// When.
    pub at: Timestamp,
}

/// Leave to do one act. Only [`decide`] makes one; who reads what belongs to a person must show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permit {
    login: String,
    role: Role,
    via: Via,
    command: String,
    object: String,
    purpose: Option<Purpose>,
    at: Timestamp,
    needs_approval: bool,
}

impl Permit {
    /// Whose it is.
    pub fn login(&self) -> &str {
        &self.login
    }

    /// What he is.
    pub fn role(&self) -> Role {
        self.role
    }

    /// By which door he came.
    pub fn via(&self) -> Via {
        self.via
    }

    /// The id of the command.
    pub fn command(&self) -> &str {
        &self.command
    }

    /// To what.
    pub fn object(&self) -> &str {
        &self.object
    }

    /// For what.
    pub fn purpose(&self) -> Option<&Purpose> {
        self.purpose.as_ref()
    }

    /// When it was given.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// Whether another person must approve before it is done.
    pub fn needs_approval(&self) -> bool {
        self.needs_approval
    }
}

/// Why somebody may not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No such command.
    #[error(transparent)]
    Unknown(#[from] CommandError),
    /// His registration is not complete (A30, A36).
    #[error("the registration is not complete: the password is temporary, or the rules are not acknowledged")]
    Incomplete,
    /// It is not for what he is (A1).
    #[error("this is not for the role {role}")]
    Role {
        /// What he is.
        role: Role,
    },
    /// No request has granted him the function (A3, A10).
    #[error("the function {function} is not granted")]
    Function {
        /// Which one.
        function: String,
    },
    /// Data of a person are not used without a purpose (A5).
    #[error("no purpose and case are named")]
    Purpose,
    /// The second pair of eyes is the first.
    #[error("who asked for it cannot approve it")]
    SameEyes,
}

impl Refusal {
    /// Its stable code.
    pub fn code(&self) -> Code {
        match self {
            Self::Unknown(_) => "access.no_command",
            Self::Incomplete => "access.incomplete",
            Self::Role { .. } => "access.role",
            Self::Function { .. } => "access.function",
            Self::Purpose => "access.purpose",
            Self::SameEyes => "access.same_eyes",
        }
    }
}

/// Whether an actor may do what he asks.
///
/// # Errors
/// He may not, with the reason; a refusal is journalled like an act (A2).
pub fn decide(commands: &Commands, actor: &Actor, ask: Ask<'_>) -> Result<Permit, Refusal> {
    let command = commands.find(ask.command)?;
    if !command.roles.contains(&actor.role) {
        return Err(Refusal::Role { role: actor.role });
    }
    if !actor.is_complete && !FIRST_ENTRY.contains(&command.id) {
        return Err(Refusal::Incomplete);
    }
    if command.function != Commands::OWN && !actor.functions.contains(command.function) {
        return Err(Refusal::Function { function: command.function.to_owned() });
    }
    let named = ask.purpose.filter(|purpose| !purpose.code.is_empty() && !purpose.case.trim().is_empty());
    if command.is_personal && named.is_none() {
        return Err(Refusal::Purpose);
    }
    Ok(Permit {
        login: actor.login.clone(),
        role: actor.role,
        via: actor.via,
        command: command.id.to_owned(),
        object: ask.object.to_owned(),
        purpose: named.cloned(),
        at: ask.at,
        needs_approval: !command.approvers.is_empty(),
    })
}

/// Whether somebody may approve what another asked for.
///
/// # Errors
/// He is the one who asked, or it is not for his role.
pub fn may_approve(command: Command<'_>, asked_by: &str, approver: &Actor) -> Result<(), Refusal> {
    if !command.approvers.contains(&approver.role) {
        return Err(Refusal::Role { role: approver.role });
    }
    if asked_by == approver.login {
        return Err(Refusal::SameEyes);
    }
    Ok(())
}

/// What a temporary password opens (A30).
const FIRST_ENTRY: [&str; 4] =
    ["session-sign-in", "session-sign-out", "password-change", "rules-acknowledge"];

#[cfg(test)]
mod tests {
    use super::*;

    fn actor(role: Role, functions: &[&str]) -> Actor {
        Actor {
            login: "a.akhmetova".to_owned(),
            role,
            functions: functions.iter().map(|&function| function.to_owned()).collect(),
            is_complete: true,
            via: Via::Console,
        }
    }

    fn ask<'a>(command: &'a str, purpose: Option<&'a Purpose>) -> Ask<'a> {
        Ask { command, object: "case-1", purpose, at: Timestamp::UNIX_EPOCH }
    }

    fn told(actor: &Actor, ask: Ask<'_>) -> Result<(), &'static str> {
        decide(Commands::built_in(), actor, ask).map(drop).map_err(|refusal| refusal.code())
    }

    /// A5, A10: a role alone opens nothing; a function and a purpose are needed too.
    #[test]
    fn a5_a10_what_is_not_granted_or_has_no_purpose_is_refused() {
        let purpose = Purpose { code: "claim".to_owned(), case: "KZ-1".to_owned() };
        let clerk = actor(Role::Clerk, &["cases"]);
        assert_eq!(told(&clerk, ask("case-view", Some(&purpose))), Ok(()));
        assert_eq!(told(&clerk, ask("case-view", None)), Err("access.purpose"));
        let unnamed = Purpose { case: " ".to_owned(), ..purpose.clone() };
        assert_eq!(told(&clerk, ask("case-view", Some(&unnamed))), Err("access.purpose"));
        assert_eq!(told(&actor(Role::Clerk, &[]), ask("case-list", None)), Err("access.function"));
        assert_eq!(told(&clerk, ask("request-decide", None)), Err("access.role"));
        assert_eq!(told(&clerk, ask("case-burn", None)), Err("access.no_command"));
        assert_eq!(told(&actor(Role::Auditor, &[]), ask("home-view", None)), Ok(()));
    }

    /// A30: a temporary password opens nothing but the change form.
    #[test]
    fn a30_an_incomplete_registration_opens_the_change_form_alone() {
        let new = Actor { is_complete: false, ..actor(Role::Clerk, &["cases"]) };
        for command in Commands::built_in().all().filter(|command| command.roles.contains(&Role::Clerk)) {
            let purpose = Purpose { code: "claim".to_owned(), case: "KZ-1".to_owned() };
            let wanted = FIRST_ENTRY.contains(&command.id);
            assert_eq!(told(&new, ask(command.id, Some(&purpose))).is_ok(), wanted, "{}", command.id);
        }
    }

    #[test]
    fn two_pairs_of_eyes_are_two_persons() {
        let command = Commands::built_in().find("case-send").unwrap();
        let senior = actor(Role::SeniorClerk, &["approvals"]);
        assert_eq!(may_approve(command, "b.serik", &senior), Ok(()));
        assert_eq!(may_approve(command, "a.akhmetova", &senior), Err(Refusal::SameEyes));
        assert!(may_approve(command, "b.serik", &actor(Role::Auditor, &[])).is_err());
    }
}
