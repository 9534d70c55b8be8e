//! The two ends of the journey: local files become canonical records, canonical records local files.
//!
//! What a local form looks like is data (`schemas/profiles`); this module reads and writes files of
//! the local system and nothing else. Whether a record is acceptable to the peer is not decided here.

mod book;
mod code_list;
mod convert;
mod csv;
mod csv_rows;
mod decoding;
mod draft;
mod error;
mod events;
mod everybody;
mod explain;
mod fact_forms;
mod facts;
mod fixed;
mod folder;
mod guess;
mod home;
pub mod jobs;
mod json;
mod json_rows;
mod lineage;
mod lines;
mod live;
mod local;
mod local_fact;
mod made;
mod mapping;
mod markup;
mod nested;
mod odd;
mod payments;
mod people;
mod place;
mod profile;
mod reading;
mod revised;
mod room;
mod rows;
mod scan;
mod sink;
mod source;
mod spec;
mod spill;
mod spilled;
mod synthetic;
mod target;
mod term;
mod trial;
mod value;
mod xml;
mod xml_rows;

pub use book::ProfileBook;
pub use code_list::OwnLists;
pub use csv::Encoding;
pub use error::{AdapterError, FormatError, ProfileError};
pub use explain::{Covered, Told};
pub use facts::{FactFound, FactQuestion, FactSource, KnownFact, PersonEvent};
pub use lineage::{Lineage, ReadFrom};
pub use live::{LIVE_NAMES, LiveAnswer, live_sets};
pub use local::{Entry, EventForm, KnownPerson, LabourEvent, LocalRecord, RowForm};
pub use local_fact::{LocalFact, LocalLifeEvent};
pub use payments::{EachRows, PaymentRow, payment_rows};
pub use place::{Place, PlaceError};
pub use profile::{Column, Format, Head, Partial, Profile, RecordKind, RevisionWords, When};
pub use reading::{EachRead, RowRead, Tally};
pub use sink::{HandedOver, Sink};
pub use source::{Answered, EachBytes, FileRead, Found, LocalReading, Source};
pub use synthetic::Synthetic;
pub use term::{Fresh, Term, Unit, late_feeds};
pub use trial::Trial;
pub use xml::Namespaces;

#[cfg(test)]
mod tests;
