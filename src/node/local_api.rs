//! The settings of the door for the local system.

use super::{StartError, secret_of};
use crate::exchange::seal::sha256;
use crate::exchange::wire::{NodeIdentity, TlsListener};
use crate::flow::CertificateFile;
use crate::http::{LocalCallers, LocalListener};
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use tokio::net::TcpListener;

/// Where the local system calls, and how it shows that it may.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalApiSettings {
    /// Never the address of the door for the peers.
    pub listen: SocketAddr,
    /// The file with the token that each call must bear, at least 32 bytes.
    pub token_file: Option<PathBuf>,
    /// Our certificate for it.
    pub certificate: Option<PathBuf>,
    /// The key of that.
    pub key: Option<PathBuf>,
    /// The authorities of the certificates that may call.
    pub authorities: Option<PathBuf>,
    /// The DNS names one of which must stand in a caller's certificate; any of the authorities if absent.
    #[serde(default)]
    pub names: Vec<String>,
}

impl LocalApiSettings {
    /// The first thing that does not fit, if any.
    pub(super) fn misfit(&self) -> Option<String> {
        let given = [&self.certificate, &self.key, &self.authorities].map(Option::is_some);
        let told = match given {
            [true, true, true] => return None,
            [false, false, false] if !self.listen.ip().is_loopback() => {
                "[local_api] listens to other machines without TLS; name certificate, key and authorities"
            }
            [false, false, false] if self.token_file.is_none() => {
                "[local_api] lets anybody in; name a token_file, or certificate, key and authorities"
            }
            [false, false, false] if !self.names.is_empty() => {
                "[local_api] has names, but no certificates in which they could stand"
            }
            [false, false, false] => return None,
            [_, _, _] => "[local_api] needs certificate, key and authorities together",
        };
        Some(told.to_owned())
    }

    /// The same with paths that are relative to a folder.
    pub(super) fn within(self, folder: &Path) -> Self {
        let at = |file: Option<PathBuf>| file.map(|file| folder.join(file));
        Self {
            token_file: at(self.token_file),
            certificate: at(self.certificate),
            key: at(self.key),
            authorities: at(self.authorities),
            ..self
        }
    }

    pub(super) fn certificates(&self) -> impl Iterator<Item = CertificateFile> {
        let file = |what: &str, path: &PathBuf| CertificateFile { what: what.to_owned(), path: path.clone() };
        let own = self.certificate.as_ref().map(|path| file("our certificate for the local system", path));
        let authority = self.authorities.as_ref().map(|path| file("an authority of the local system", path));
        own.into_iter().chain(authority)
    }

    /// Opens the door.
    ///
    /// # Errors
    /// The address is taken, or a file is unusable.
    pub(super) async fn open(&self, handshake_timeout_ms: u64) -> Result<LocalListener, StartError> {
        if let (Some(certificate), Some(key), Some(authorities)) =
            (&self.certificate, &self.key, &self.authorities)
        {
            let identity = NodeIdentity::read(certificate, key, authorities)?;
            let listener = TlsListener::bind(self.listen, handshake_timeout_ms, &identity).await?;
            return Ok(LocalListener::Tls(listener));
        }
        let refuse = |source| StartError::LocalDoor { address: self.listen, source };
        Ok(LocalListener::Plain(TcpListener::bind(self.listen).await.map_err(refuse)?))
    }

    /// Who may call.
    ///
    /// # Errors
    /// The token cannot be read, or could be guessed.
    pub(super) fn callers(&self) -> Result<LocalCallers, StartError> {
        let token = self.token_file.as_deref().map(secret_of).transpose()?;
        Ok(LocalCallers { token: token.map(|token| sha256(token.expose())), names: self.names.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_let_in_unseen() {
        let misfit = |lines: &str| {
            let settings: LocalApiSettings = toml::from_str(lines).unwrap();
            settings.misfit().unwrap_or_default()
        };
        let tls = "certificate = \"c\"\nkey = \"k\"\nauthorities = \"a\"";
        assert_eq!(misfit("listen = \"127.0.0.1:1\"\ntoken_file = \"t\""), "");
        assert_eq!(misfit(&format!("listen = \"0.0.0.0:1\"\n{tls}\nnames = [\"a\"]")), "");
        assert!(misfit("listen = \"0.0.0.0:1\"\ntoken_file = \"t\"").contains("without TLS"));
        assert!(misfit("listen = \"[::1]:1\"").contains("lets anybody in"));
        assert!(misfit("listen = \"127.0.0.1:1\"\ntoken_file = \"t\"\nkey = \"k\"").contains("together"));
        assert!(
            misfit("listen = \"127.0.0.1:1\"\ntoken_file = \"t\"\nnames = [\"a\"]").contains("has names")
        );
    }
}
