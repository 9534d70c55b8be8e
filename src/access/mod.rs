//! Who may do what: actor, command, object, purpose and time make a [`Permit`] or a [`Refusal`]. Pure.
//!
//! The matrix is data (`schemas/access/commands.toml`), the rules are those of the Rules of work, maintenance and access of
//! Kazakhstan (A1-A48). Who somebody is was established above; here is decided what he may, and how an account lives.

mod account;
mod command;
mod decide;
mod lockout;
mod numbers;
mod password;
mod request;
mod role;
mod session;
mod systems;
mod totp;

pub use account::{AccountError, Event, Ground, Standing, login_of};
pub use command::{Command, CommandError, Commands};
pub use decide::{Actor, Ask, Permit, Purpose, Refusal, Via, decide, may_approve};
pub use lockout::{Door, wait_after};
pub use numbers::{Law, Number, Numbers, NumbersError, Policy, Unit};
pub use password::{Against, PasswordError, PasswordHash, Weakness, temporary_password, weaknesses};
pub use request::{
    AccessRequest, Action, Applicant, Basis, BasisKind, Granted, Letter, Reason, RequestedUser,
};
pub use role::Role;
pub use session::{First, Session};
pub use systems::{System, Systems};
pub use totp::{KeptFactor, SecondFactor};
