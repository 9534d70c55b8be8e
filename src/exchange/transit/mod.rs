//! The life of a message and of a conversation: addresses, actions, signals, timers, repeats.
//!
//! It does no I/O and reads no clock: a step is a function of state, event and instant.

mod action;
mod address;
mod course;
mod fault;
mod headers;
mod journal;
mod plan;
mod schedule;
mod service;
mod signal;

pub use action::{Action, ActionError, MessageCode, Signal};
pub use address::{AddressError, LogicalAddress, Space};
pub use course::{Course, Effect, Event, Stage, Step};
pub use fault::{Fault, FaultClass, Subcode};
pub use headers::{Headers, RawHeaders};
pub use journal::{
    GetJournal, JournalError, JournalOf, JournalRecord, MessageDetail, ProcessInfo, PutJournal, Routing,
    ThirdPartyReceipt,
};
pub use plan::{Plan, Role, RoleError, Signals, Terms};
pub use schedule::Schedule;
pub use service::{ServiceAction, ServiceHeaders};
pub use signal::{ErrorCode, SignalBody, SignalBodyError, SignalError};
