//! One node: its settings, its wiring, its life from start to stop.

mod desk;
mod doctor;
mod error;
mod evidence;
mod lifecycle;
mod revocation;
mod settings;
mod third_party;

pub use desk::FolderDesk;
pub use doctor::{Check, Grade, examine};
pub use error::StartError;
pub use lifecycle::{Door, Node};
pub use revocation::{RevocationSettings, RevocationSource};
pub use settings::{Broker, Peer, SealFiles, Server, Settings, SettingsError, ThirdPartySettings, WireFiles};
pub use third_party::{Place, Registered, ThirdPartyNode, ThirdPartyPlan};
