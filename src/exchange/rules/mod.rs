//! Is it acceptable: the catalogue of common processes says which message may stand where.

mod catalogue;

pub use catalogue::{Catalogue, CatalogueError, MessageKind, Names, Pattern, Process, Transaction};
