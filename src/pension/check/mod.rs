//! Bulk checks: which persons two states both pay (T15), found without telling the others. Pure.
//!
//! Each side draws a secret for the one check. A person becomes some values of a group (ristretto255): one for each of his
//! numbers, and one for his name with his day of birth. What travels is a value under a secret; what is compared is a value
//! under both, so neither side can try a guess alone, as it could with a digest or a digest under a shared key. This is
//! Diffie-Hellman private set intersection (Meadows 1986; Huberman, Franklin and Hogg 1999).
//!
//! What it gives, and what it does not:
//!
//! - Both sides follow the protocol (they are bodies of states, and every document is sealed and kept); then each learns
//!   which of its own persons are hits, and how many values the other has. Nothing else of the other's list.
//! - A side that puts guesses into its own list learns whether they are in the other's. No scheme of this kind prevents
//!   that: so the size is stated at the opening and bounded, no value is raised beyond it, a pair of states checks once in
//!   so many days, and all of it is journalled.
//! - The secrets are kept with the check, and overwritten when it ends; what was sent then says nothing to anybody, also not
//!   to who has both databases, unless he has a copy of one from before that end.

mod blind;
mod compare;
mod keys;
mod own;

pub use blind::{CheckSecret, PointFault, in_parallel};
pub use compare::RaisedTable;
pub use keys::{CheckKey, KeyKind, KeyKinds, keys_of};
pub use own::{OwnValue, OwnValues, Owner};

/// How persons become values: the group, the hash and the version of the keys. Both sides must have the same.
pub const CHECK_SCHEME: &str = "X-R255-SHA512-1";

#[cfg(test)]
mod tests;
