//! Whom an account belongs to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// What a person, or a program, is at this node; one account has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Works on cases.
    Clerk,
    /// The same, and approves what leaves the node.
    SeniorClerk,
    /// Keeps the node working, and grants nobody anything (A1).
    SystemAdministrator,
    /// Executes access requests, and changes nothing of the node (A1).
    CyberAdministrator,
    /// Sees, and changes nothing.
    Auditor,
    /// A program of the national system (A40).
    Integration,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Clerk,
        Self::SeniorClerk,
        Self::SystemAdministrator,
        Self::CyberAdministrator,
        Self::Auditor,
        Self::Integration,
    ];

    /// The word by which it is stored and told.
    pub fn word(self) -> &'static str {
        match self {
            Self::Clerk => "clerk",
            Self::SeniorClerk => "senior_clerk",
            Self::SystemAdministrator => "system_administrator",
            Self::CyberAdministrator => "cyber_administrator",
            Self::Auditor => "auditor",
            Self::Integration => "integration",
        }
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|role| role.word() == word);
        known.ok_or_else(|| {
            format!("{word} is no role; write one of {}", Self::ALL.map(Self::word).join(", "))
        })
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}
