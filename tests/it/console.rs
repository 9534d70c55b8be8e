//! The pages and the interface, called by hand: who may what, and what an adversary may not.

mod adversary;
pub(crate) mod audit;
mod changes;
mod interface;
mod matrix;
mod sessions;
