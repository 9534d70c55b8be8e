//! The adapter judged: profiles there and back, exact findings, source and sink.

mod bad_input;
mod facts;
mod fixtures;
mod forms;
mod hostile;
mod journey;
mod likeness;
mod live;
mod profile;
mod revisions;
mod sink;
mod source;
mod spilled;
mod streaming;
mod there_and_back;
