//! One node: its settings, its wiring, its life from start to stop.

mod desk;
mod doctor;
mod error;
mod evidence;
mod keys;
mod lifecycle;
mod revocation;
mod seal;
mod settings;
mod third_party;

pub use desk::FolderDesk;
pub use doctor::{Check, Grade, examine, look_at};
pub use error::StartError;
pub use lifecycle::{Door, Node};
pub use revocation::{RevocationSettings, RevocationSource};
pub use seal::SealPlan;
pub use settings::{
    Broker, Peer, Server, Settings, SettingsError, ThirdPartySettings, TimeStampSettings, WireFiles,
};
pub use third_party::{Place, Registered, ThirdPartyNode, ThirdPartyPlan};
