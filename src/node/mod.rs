//! One node: its settings, its wiring, its life from start to stop.

mod agreements;
mod desk;
mod doctor;
mod error;
mod evidence;
mod facts;
mod hand_over;
mod keys;
mod lifecycle;
mod national;
mod revocation;
mod seal;
mod settings;
mod third_party;

pub use desk::FolderDesk;
pub use doctor::{Check, Grade, examine};
pub use error::StartError;
pub use facts::FactSettings;
pub use hand_over::{HandOverSettings, WebhookSettings};
pub use lifecycle::{Door, Node};
pub use national::TableSettings;
pub use revocation::{RevocationSettings, RevocationSource};
pub use seal::SealPlan;
pub use settings::{
    Broker, Peer, Server, Settings, SettingsError, ThirdPartySettings, TimeStampSettings, WireFiles,
};
pub use third_party::{Place, Registered, ThirdPartyNode, ThirdPartyPlan};

use crate::base::Secret;
use std::path::Path;

/// A file of the settings.
fn file_of(path: &Path) -> Result<Vec<u8>, StartError> {
    std::fs::read(path).map_err(|source| StartError::File { path: path.to_owned(), source })
}

/// The secret in a file of the settings, if they name one.
fn password(file: Option<&Path>) -> Result<Option<Secret<String>>, StartError> {
    let read = |path: &Path| {
        let text = std::fs::read_to_string(path).map(Secret::new);
        text.map_err(|source| StartError::Password { path: path.to_owned(), source })
    };
    file.map(read).transpose()
}
