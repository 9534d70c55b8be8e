//! Stazh: the node of one member state.
#![doc = include_str!("ARCHITECTURE.md")]

pub mod access;
pub mod base;
pub mod cli;
pub mod exchange;
pub mod flow;
pub mod http;
pub mod labour;
pub mod node;
pub mod paper;
pub mod pension;
pub mod simulation;
pub mod store;
pub mod worker;
