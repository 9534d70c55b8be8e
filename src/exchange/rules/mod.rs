//! Is it acceptable: the catalogue of common processes says which message may stand where.

mod catalogue;
mod check;
mod structure;

pub use catalogue::{Carries, Catalogue, CatalogueError, MessageKind, Names, Pattern, Process, Transaction};
pub use check::{Rules, ValidDocument};
pub use structure::{StructureError, Structures};
