//! Who may do what: actor, command, object, purpose and time make a [`Permit`] or a [`Refusal`]. Pure.
//!
//! The matrix is data (`schemas/access/commands.toml`), the rules are those of the Rules of work, maintenance and access of
//! Kazakhstan (A1-A48). Who somebody is was established above; here is decided what he may.

mod command;
mod decide;
mod role;
mod session;

pub use command::{Command, CommandError, Commands};
pub use decide::{Actor, Ask, Permit, Purpose, Refusal, Via, decide, may_approve};
pub use role::Role;
pub use session::{First, Session};
