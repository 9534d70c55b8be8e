//! One node: its settings, its wiring, its life from start to stop.

mod desk;
mod error;
mod evidence;
mod lifecycle;
mod settings;

pub use desk::FolderDesk;
pub use error::StartError;
pub use lifecycle::{Door, Node};
pub use settings::{Broker, Peer, SealFiles, Server, Settings, SettingsError, WireFiles};
