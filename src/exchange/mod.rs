//! The journey of a record; read its folders down to send, up to receive.

mod accept;
mod kept;

pub mod adapter;
pub mod canonical;
pub mod document;
pub mod rules;
pub mod seal;
pub mod transit;
pub mod wire;

pub use accept::{
    AcceptedDocument, OwnError, accept, accept_holding, kept_subject, own_case_head, own_fact_inquiry,
    own_inquiry, own_job_document,
};

pub use kept::{KeptDocument, KeptError, OnTheWay, RecordOrJob};

#[cfg(test)]
mod job_tests;
#[cfg(test)]
mod tests;
