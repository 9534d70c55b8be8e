//! What every engine must do: included once for each, with a fixture of its own above.

mod account;
mod appeal;
mod asked;
mod case;
mod case_board;
mod chain;
mod check;
mod concurrency;
mod conversation;
mod fact;
mod figure;
mod inbox;
mod journal;
mod labour;
mod later;
mod ledger;
mod local;
mod message;
mod model;
mod outbox;
mod part;
mod person;
mod prepared;
mod receipt;
mod retention;
mod revocation;
mod time_stamp;
mod told;
mod waiting;

use super::fixture;
