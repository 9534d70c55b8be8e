//! What stands between two requests of one person.

use super::Actor;
use crate::base::Language;
use jiff::Timestamp;

/// A person, or a program, who has signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its public id, by which a list of sessions names it; not what the browser holds.
    pub id: String,
    /// Who it is.
    pub actor: Actor,
    /// What he is called.
    pub name: String,
    /// The language he reads.
    pub language: Language,
    /// What each form must bring back.
    pub csrf: String,
    /// What he must do before anything else.
    pub first: Option<First>,
    /// When it began.
    pub began_at: Timestamp,
    /// When it ends at the latest.
    pub ends_at: Timestamp,
}

/// What a person must do before anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum First {
    /// Choose a password: the one he has is temporary (A30), or too old (A7).
    Password,
    /// Read the rules of cyber security of the day, and say so (A36).
    Rules,
}
