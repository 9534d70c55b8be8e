//! Is it acceptable: structure (XSD), code lists and fill rules, all findings at once.
//!
//! What is demanded stands in `schemas/`, as data; the catalogue of common processes says which message may stand
//! where. What a document means is not decided here.

mod catalogue;
mod check;
mod codelists;
mod container;
mod days;
mod error;
mod facts;
mod files;
mod fill;
mod judge;
mod pattern;
mod place;
mod plain;
mod plain_schema;
mod structure;
mod text;
mod vocabulary;

pub use catalogue::{Carries, Catalogue, CatalogueError, MessageKind, Names, Process, Transaction};
pub use check::{Rules, ValidDocument};
pub use codelists::{Code, CodeList, CodeLists};
pub use error::RulesError;
pub use facts::{
    Confidence, FactCatalogue, FactGround, FactKind, LegalBasis, LifeEventKind, OfferRule, Refusal, Special,
    SystemRow,
};
pub use files::SchemaFiles;
pub use fill::{Rule, StructureRules};
pub use pattern::Pattern;
