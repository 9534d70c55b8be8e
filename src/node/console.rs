//! The settings of the door for people.

use super::StartError;
use crate::exchange::canonical::State;
use crate::exchange::wire::{NodeIdentity, TlsListener};
use crate::flow::CertificateFile;
use crate::http::{ConsoleListener, ConsolePlan};
use jiff::tz::TimeZone;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use tokio::net::TcpListener;

/// Where browsers call, and how the pages are.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsoleSettings {
    /// Never the address of the door for the peers.
    pub listen: SocketAddr,
    /// Our certificate for it; without, it listens to this machine alone, and a gateway of the body stands before it.
    pub certificate: Option<PathBuf>,
    /// The key of that.
    pub key: Option<PathBuf>,
    /// The header in which that gateway tells who called.
    pub caller_header: Option<String>,
    /// In whose time the pages tell, by its name in the IANA list; that of the state's capital if absent.
    pub time_zone: Option<String>,
}

impl ConsoleSettings {
    /// The first thing that does not fit, if any.
    pub(super) fn misfit(&self) -> Option<String> {
        let told = match (&self.certificate, &self.key) {
            (Some(_), Some(_)) if self.caller_header.is_some() => {
                "[console] has a certificate and a caller_header; a gateway ends TLS, or the node does"
            }
            (Some(_), Some(_)) => return None,
            (None, None) if !self.listen.ip().is_loopback() => {
                "[console] listens to other machines without TLS; name certificate and key, or listen on 127.0.0.1 behind a gateway"
            }
            (None, None) => return None,
            (Some(_), None) | (None, Some(_)) => "[console] needs certificate and key together",
        };
        Some(told.to_owned())
    }

    /// The same with paths that are relative to a folder.
    pub(super) fn within(self, folder: &Path) -> Self {
        let at = |file: Option<PathBuf>| file.map(|file| folder.join(file));
        Self { certificate: at(self.certificate), key: at(self.key), ..self }
    }

    pub(super) fn certificates(&self) -> impl Iterator<Item = CertificateFile> {
        let what = "our certificate for the console".to_owned();
        self.certificate.iter().map(move |path| CertificateFile { what: what.clone(), path: path.clone() })
    }

    /// Opens the door.
    ///
    /// # Errors
    /// The address is taken, or a file is unusable.
    pub(super) async fn open(&self, handshake_timeout_ms: u64) -> Result<ConsoleListener, StartError> {
        if let (Some(certificate), Some(key)) = (&self.certificate, &self.key) {
            // nobody is asked for a certificate, so whose authorities these are does not matter
            let identity = NodeIdentity::read(certificate, key, certificate)?;
            let listener = TlsListener::bind_for_people(self.listen, handshake_timeout_ms, &identity).await?;
            return Ok(ConsoleListener::Tls(listener));
        }
        let refuse = |source| StartError::LocalDoor { address: self.listen, source };
        Ok(ConsoleListener::Plain(TcpListener::bind(self.listen).await.map_err(refuse)?))
    }

    /// How the pages are; in universal time where the machine does not know the zone of the state.
    ///
    /// # Errors
    /// The zone of the settings is not known to this machine.
    pub(super) fn plan(&self, state: State) -> Result<ConsolePlan, StartError> {
        let zone = match &self.time_zone {
            Some(name) => {
                TimeZone::get(name).map_err(|_cause| StartError::TimeZone { name: name.clone() })?
            }
            None => TimeZone::get(capital(state)).unwrap_or(TimeZone::UTC),
        };
        Ok(ConsolePlan { zone, caller_header: self.caller_header.clone() })
    }
}

fn capital(state: State) -> &'static str {
    match state {
        State::Am => "Asia/Yerevan",
        State::By => "Europe/Minsk",
        State::Kz => "Asia/Almaty",
        State::Kg => "Asia/Bishkek",
        State::Ru => "Europe/Moscow",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_crosses_a_network_in_the_clear() {
        let misfit = |lines: &str| {
            let settings: ConsoleSettings = toml::from_str(lines).unwrap();
            settings.misfit().unwrap_or_default()
        };
        assert_eq!(misfit("listen = \"127.0.0.1:1\"\ncaller_header = \"x-real-ip\""), "");
        assert_eq!(misfit("listen = \"0.0.0.0:1\"\ncertificate = \"c\"\nkey = \"k\""), "");
        assert!(misfit("listen = \"0.0.0.0:1\"").contains("without TLS"));
        assert!(misfit("listen = \"127.0.0.1:1\"\nkey = \"k\"").contains("together"));
        let both = "listen = \"127.0.0.1:1\"\ncertificate = \"c\"\nkey = \"k\"\ncaller_header = \"a\"";
        assert!(misfit(both).contains("a gateway ends TLS"));
    }
}
