//! The adapter judged: profiles there and back, exact findings, source and sink.

mod bad_input;
mod fixtures;
mod hostile;
mod journey;
mod profile;
mod revisions;
mod sink;
mod source;
mod streaming;
mod there_and_back;
