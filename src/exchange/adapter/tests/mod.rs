//! The adapter judged: profiles there and back, exact findings, source and sink.

mod facts;
mod fixtures;
mod hostile;
mod journey;
mod profile;
mod revisions;
mod sink;
mod source;
mod there_and_back;
