//! The adapter judged: profiles there and back, exact findings, source and sink.

mod profile;
mod there_and_back;
