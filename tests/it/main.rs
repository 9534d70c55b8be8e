//! The one integration binary; its modules are the tests.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail by panic")]

mod architecture;
mod attachments;
mod broker;
mod cases;
mod cli;
mod clusters;
mod doctor;
mod door;
mod dropped;
mod errors;
mod evidence;
mod exchange;
mod facts;
mod failover;
mod faults;
mod fixtures;
mod folders;
mod full_disk;
mod golden;
mod hand_over;
mod hints;
mod journal;
mod keys;
mod kill;
mod link;
mod live;
mod local_api;
mod national;
mod nodes;
mod paper;
mod patterns;
mod polls;
#[path = "../../src/store/tests/postgres_server.rs"]
mod postgres_server;
mod processes;
mod profiles;
mod race;
mod refusals;
mod revocation;
mod rollover;
mod rules;
mod seal;
mod set_aside;
mod shared;
mod simulation;
mod soak;
mod sources;
mod stamper;
mod third_party;
mod tidy;
mod time_stamps;
mod token;
mod totalise;
mod wire;
