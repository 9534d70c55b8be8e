//! The record both countries mean: person, period, contribution, insurance record, inquiry.
//!
//! Values are parsed at the border: whoever holds one holds a lawful one. It knows no file format
//! and no XML.

mod identifier;
mod state;

pub use identifier::{Identifier, IdentifierKind, Standing};
pub use state::State;
