//! The two ends of the journey: local files become canonical records, canonical records local files.
//!
//! What a local form looks like is data (`schemas/profiles`); this module reads and writes files of
//! the local system and nothing else. Whether a record is acceptable to the peer is not decided here.

mod book;
mod convert;
mod csv;
mod decoding;
mod draft;
mod error;
mod events;
mod explain;
mod fact_forms;
mod facts;
mod fixed;
mod folder;
mod guess;
mod home;
mod json;
mod lineage;
mod local;
mod local_fact;
mod mapping;
mod people;
mod profile;
mod revised;
mod sink;
mod source;
mod spec;
mod synthetic;
mod target;
mod trial;
mod value;
mod xml;

pub use book::ProfileBook;
pub use csv::Encoding;
pub use error::{AdapterError, FormatError, ProfileError};
pub use explain::{Covered, Told};
pub use facts::{FactFound, FactQuestion, FactSource, KnownFact, PersonEvent};
pub use lineage::{Lineage, ReadFrom};
pub use local::{Entry, EventForm, KnownPerson, LabourEvent, LocalRecord, RowForm};
pub use local_fact::{LocalFact, LocalLifeEvent};
pub use profile::{Column, Format, Head, Partial, Profile, RecordKind, RevisionWords};
pub use sink::{HandedOver, Sink};
pub use source::{Found, Source};
pub use synthetic::Synthetic;
pub use trial::Trial;
pub use xml::Namespaces;

#[cfg(test)]
mod tests;
