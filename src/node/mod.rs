//! One node: its settings, its wiring, its life from start to stop.

mod access;
mod agreements;
mod archive;
mod checks;
mod console;
mod desk;
mod doctor;
mod dropped;
mod error;
mod evidence;
mod facts;
mod hand_over;
mod keys;
mod labour;
mod lifecycle;
mod live;
mod local_api;
mod national;
mod os_user;
mod polls;
mod proactive;
mod rehearsal;
mod revocation;
mod rule_files;
mod seal;
mod seal_files;
mod settings;
mod third_party;
mod treaty;

pub use access::AccessSettings;
pub use checks::CheckSettings;
pub use console::ConsoleSettings;
pub use desk::FolderDesk;
pub use doctor::{Check, Grade, examine, look_at};
pub use error::StartError;
pub use facts::FactSettings;
pub use hand_over::{HandOverSettings, WebhookSettings};
pub use labour::LabourSettings;
pub use lifecycle::{Door, Node};
pub use live::LiveSettings;
pub use local_api::LocalApiSettings;
pub use national::TableSettings;
pub use os_user::os_user;
pub use polls::PollSettings;
pub use proactive::ProactiveSettings;
pub use rehearsal::RehearsalSettings;
pub use revocation::{RevocationSettings, RevocationSource};
pub use seal::SealPlan;
pub use settings::{
    Broker, Peer, Server, Settings, SettingsError, ThirdPartySettings, TimeStampSettings, WireFiles,
};
pub use third_party::{Place, Registered, ThirdPartyNode, ThirdPartyPlan};
pub use treaty::{CaseSettings, TreatySettings};

use crate::base::Secret;
use std::path::Path;

/// A file of the settings.
fn file_of(path: &Path) -> Result<Vec<u8>, StartError> {
    std::fs::read(path).map_err(|source| StartError::File { path: path.to_owned(), source })
}

/// A secret by which others are known, or we are: long enough, without the end of its line.
fn secret_of(path: &Path) -> Result<Secret<Vec<u8>>, StartError> {
    let secret = password(Some(path))?.unwrap_or_else(|| Secret::new(String::new()));
    let secret = Secret::new(secret.expose().trim_end_matches(['\r', '\n']).as_bytes().to_vec());
    if secret.expose().len() < SECRET_BYTES_MIN {
        return Err(StartError::WeakSecret { path: path.to_owned() });
    }
    Ok(secret)
}

/// As long as what HMAC-SHA256 computes.
const SECRET_BYTES_MIN: usize = 32;

/// The secret in a file of the settings, if they name one.
fn password(file: Option<&Path>) -> Result<Option<Secret<String>>, StartError> {
    let read = |path: &Path| {
        let text = std::fs::read_to_string(path).map(Secret::new);
        text.map_err(|source| StartError::Password { path: path.to_owned(), source })
    };
    file.map(read).transpose()
}
