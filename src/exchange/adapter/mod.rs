//! The two ends of the journey: local files become canonical records, canonical records local files.
//!
//! What a local form looks like is data (`schemas/profiles`); this module reads and writes files of
//! the local system and nothing else. Whether a record is acceptable to the peer is not decided here.

mod convert;
mod csv;
mod decoding;
mod error;
mod events;
mod json;
mod local;
mod mapping;
mod people;
mod profile;
mod sink;
mod source;
mod spec;
mod target;
mod value;
mod xml;

pub use csv::Encoding;
pub use error::{AdapterError, FormatError, ProfileError};
pub use local::{Entry, EventForm, KnownPerson, LabourEvent, LocalRecord};
pub use profile::{Format, Head, Partial, Profile, RecordKind};
pub use sink::{HandedOver, Sink};
pub use source::{Found, Source};
pub use xml::Namespaces;

#[cfg(test)]
mod tests;
