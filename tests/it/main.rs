//! The one integration binary; its modules are the tests.

#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

mod architecture;
mod keys;
mod seal;
mod sources;
mod tidy;
mod wire;
