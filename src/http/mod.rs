//! The doors of a node: one for the peers, one for the local system, one for the machine's own watchers; and that of a
//! third party.
//!
//! Identity is established here, by certificate; what a message means is decided in `flow`.

mod body;
mod console;
mod health;
mod line;
mod local;
mod peer;
mod problem;
mod seats;
mod sync;
mod third_party;
mod trouble;

pub use console::{ConsoleListener, ConsolePlan, ConsoleRoute, console_routes, serve_console};
pub use health::serve_health;
pub use local::{LocalCallers, LocalListener, serve_local};
pub use peer::serve_peers;
pub use third_party::{ThirdPartyDoor, serve_third_party};
