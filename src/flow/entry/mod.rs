//! How people and programs come in, what they may, and how their accounts live (A1-A48).
//!
//! Every act and every refusal is journalled in the transaction in which it happens (A2). No value of a person stands in an act:
//! he is told by a keyed digest.

mod acts;
mod error;
mod password;
mod policy;
mod sessions;
mod sign_in;

pub use acts::{permit, permit_in};
pub use error::EntryError;
pub use password::change_password;
pub use policy::{EntryPolicy, RulesOfTheDay, day_in, subject_of};
pub use sessions::{session_of, sign_out};
pub use sign_in::{SignIn, SignedIn, sign_in};
