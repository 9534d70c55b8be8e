//! How what the peers answered reaches the local system: the section `[hand_over]` of the settings.
//!
//! Files are the default. A webhook is told at least once, and drops by the document's id what it was told before; a
//! table has the id under a unique index.

use super::national::Columns;
use super::{StartError, TableSettings, file_of, secret_of};
use crate::base::{Clock, Code, Secret, SystemClock, Verdict, with_causes};
use crate::exchange::wire::{Taken, Webhook, WebhookKey, WebhookPlan};
use crate::flow::{CertificateFile, Done, FlowError, Origin};
use crate::store::Put;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use tokio::runtime::Handle;

/// How records are handed over, and for what.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandOverSettings {
    /// What the local system needs them for; told with each record.
    pub purpose: Option<String>,
    /// By which law it may have them; told with each record.
    pub legal_basis: Option<String>,
    /// The address that is told of each record, in place of files.
    pub webhook: Option<WebhookSettings>,
    /// The table that each record is put into, in place of files.
    pub sql: Option<TableSettings>,
}

/// A local system that takes records by HTTP.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookSettings {
    /// Its `https://` address; `http://` on this machine alone.
    pub url: String,
    /// The authorities of its certificate.
    pub authorities: Option<PathBuf>,
    /// Our certificate for it, if it wants to see one.
    pub certificate: Option<PathBuf>,
    /// The key of that.
    pub key: Option<PathBuf>,
    /// The file with our Ed25519 key (PEM) by which requests are signed; its taker has the public half. Read at the start.
    pub signing_key: Option<PathBuf>,
    /// In its place, the file with a secret that the taker has too, at least 32 bytes.
    pub secret_file: Option<PathBuf>,
    /// The name of the key or secret, for its taker.
    #[serde(default = "stazh")]
    pub key_id: String,
    /// How long one call may take.
    #[serde(default = "half_a_minute")]
    pub timeout_ms: u64,
    /// Whether only an answer that names the document counts, so that nobody else's 200 is taken for one.
    #[serde(default)]
    pub must_confirm: bool,
}

impl HandOverSettings {
    /// The first thing that does not fit, if any.
    pub(super) fn misfit(&self) -> Option<String> {
        if self.webhook.is_some() && self.sql.is_some() {
            return Some("[hand_over] has a webhook and a table; records go one way".to_owned());
        }
        let of_webhook = self.webhook.as_ref().and_then(WebhookSettings::misfit);
        of_webhook.or_else(|| self.sql.as_ref().and_then(TableSettings::misfit))
    }

    /// The same with paths that are relative to a folder.
    pub(super) fn within(self, folder: &Path) -> Self {
        let webhook = self.webhook.map(|webhook| WebhookSettings {
            authorities: webhook.authorities.map(|file| folder.join(file)),
            certificate: webhook.certificate.map(|file| folder.join(file)),
            key: webhook.key.map(|file| folder.join(file)),
            signing_key: webhook.signing_key.map(|file| folder.join(file)),
            secret_file: webhook.secret_file.map(|file| folder.join(file)),
            ..webhook
        });
        let sql = self.sql.map(|sql| sql.within(folder));
        Self { webhook, sql, ..self }
    }

    /// The files with certificates that are worked with.
    pub(super) fn certificates(&self) -> Vec<CertificateFile> {
        let file = |what: &str, path: &PathBuf| CertificateFile { what: what.to_owned(), path: path.clone() };
        let webhook = self.webhook.as_ref();
        let authority = webhook.and_then(|webhook| webhook.authorities.as_ref());
        let own = webhook.and_then(|webhook| webhook.certificate.as_ref());
        let sql = self.sql.as_ref().and_then(|sql| sql.authorities.as_ref());
        let named = [
            authority.map(|path| file("an authority of the webhook", path)),
            own.map(|path| file("our certificate for the webhook", path)),
            sql.map(|path| file("an authority of the national database", path)),
        ];
        named.into_iter().flatten().collect()
    }
}

impl WebhookSettings {
    fn misfit(&self) -> Option<String> {
        let plain = self.url.strip_prefix("http://").map(|rest| rest.split(['/', ':']).next());
        let is_near = plain.flatten().is_some_and(|host| ["127.0.0.1", "localhost"].contains(&host));
        if self.url.contains('@') {
            return Some("the url of [hand_over.webhook] holds a name or password; leave it out".to_owned());
        }
        if !self.url.starts_with("https://") && !is_near {
            let told = "the url of [hand_over.webhook] is not https; only this machine is told by plain http";
            return Some(told.to_owned());
        }
        if self.url.starts_with("https://") && self.authorities.is_none() {
            return Some(
                "[hand_over.webhook] names no authorities; name those of its certificate".to_owned(),
            );
        }
        if self.certificate.is_some() != self.key.is_some() {
            return Some(
                "[hand_over.webhook] has a certificate without its key, or the other way".to_owned(),
            );
        }
        if self.signing_key.is_some() == self.secret_file.is_some() {
            let told = "[hand_over.webhook] signs by a signing_key or under a secret_file; name one of them";
            return Some(told.to_owned());
        }
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if self.key_id.is_empty() || !self.key_id.chars().all(is_name) {
            return Some("the key_id of [hand_over.webhook] is not of letters, digits, - _ .".to_owned());
        }
        (self.timeout_ms == 0).then(|| "timeout_ms of [hand_over.webhook] is 0; write 1 or more".to_owned())
    }

    /// The way to it.
    ///
    /// # Errors
    /// A file of these settings is unusable.
    pub(super) fn open(&self) -> Result<Webhook, StartError> {
        let key = match (&self.signing_key, &self.secret_file) {
            (Some(file), _) => WebhookKey::Own(Secret::new(file_of(file)?)),
            (None, Some(file)) => WebhookKey::Shared(secret_of(file)?),
            // settings without either are refused before
            (None, None) => WebhookKey::Own(Secret::new(Vec::new())),
        };
        let identity = match (&self.certificate, &self.key) {
            (Some(certificate), Some(key)) => Some((file_of(certificate)?, Secret::new(file_of(key)?))),
            (Some(_), None) | (None, Some(_)) | (None, None) => None,
        };
        Ok(Webhook::new(WebhookPlan {
            url: self
                .url
                .parse()
                .map_err(|_cause| StartError::Url { peer: "hand_over.webhook".to_owned() })?,
            authorities_pem: self.authorities.as_deref().map(file_of).transpose()?,
            identity_pem: identity,
            key_id: self.key_id.clone(),
            key,
            timeout_ms: self.timeout_ms,
            must_confirm: self.must_confirm,
        })?)
    }
}

/// A record as the local system is told of it.
#[derive(Debug, Serialize)]
pub(super) struct Handed<'a, R> {
    document_id: String,
    conversation_id: String,
    sender: &'a str,
    message: &'a str,
    /// SHA-256 of what was sealed, in hexadecimal.
    digest: String,
    purpose: Option<&'a str>,
    legal_basis: Option<&'a str>,
    record: &'a R,
}

impl<'a, R> Handed<'a, R> {
    /// What is told of a record that came.
    pub(super) fn of(settings: &'a HandOverSettings, origin: &'a Origin, record: &'a R) -> Self {
        Self {
            document_id: origin.document_id.as_uuid().to_string(),
            conversation_id: origin.conversation_id.as_uuid().to_string(),
            sender: &origin.sender,
            message: &origin.message,
            digest: origin.digest.to_string(),
            purpose: settings.purpose.as_deref(),
            legal_basis: settings.legal_basis.as_deref(),
            record,
        }
    }
}

/// A local system that is told over a line, by which a record waits until it is told.
pub(super) struct Teller {
    settings: HandOverSettings,
    way: Way,
}

enum Way {
    Webhook(Webhook),
    Table(Columns),
}

impl Teller {
    /// The way of the settings, if they name another one than files.
    ///
    /// # Errors
    /// A file of the settings is unusable.
    pub(super) fn open(settings: &HandOverSettings) -> Result<Option<Self>, StartError> {
        let way = match (&settings.webhook, &settings.sql) {
            (Some(webhook), _) => Way::Webhook(webhook.open()?),
            (None, Some(table)) => Way::Table(table.open()?),
            (None, None) => return Ok(None),
        };
        Ok(Some(Self { settings: settings.clone(), way }))
    }

    /// Sees that it can take records, as far as that can be seen without one; tells what was seen.
    ///
    /// # Errors
    /// It cannot, or is away: the verdict says which.
    pub(super) async fn look(&self) -> Result<String, FlowError> {
        match &self.way {
            Way::Webhook(webhook) => {
                let looked = webhook.look().await.map_err(|error| failed(error.verdict(), &error))?;
                Ok(format!("the webhook is there ({looked} to a question without a record)"))
            }
            Way::Table(columns) => {
                let looked = columns.table.check().await;
                looked.map_err(|error| failed(error.verdict(), &error))?;
                Ok("the table is there, with its columns and our rights".to_owned())
            }
        }
    }

    /// Whether it takes documents of any kind: a table has columns for records alone.
    pub(super) fn takes_all(&self) -> bool {
        match self.way {
            Way::Webhook(_) => true,
            Way::Table(_) => false,
        }
    }

    /// Tells of a record and waits for the answer; for threads that may wait.
    ///
    /// # Errors
    /// It is not taken; the verdict says whether it may be later.
    pub(super) fn hand_over<R: Serialize>(&self, origin: &Origin, record: &R) -> Result<Done, FlowError> {
        let handed = Handed::of(&self.settings, origin, record);
        let runtime = Handle::try_current().map_err(|_outside| FlowError::CutOff)?;
        match &self.way {
            Way::Webhook(webhook) => {
                let body = serde_json::to_vec(&handed).map_err(|_never| unwritable())?;
                match runtime.block_on(webhook.give(origin.document_id, body, SystemClock.now())) {
                    Ok(Taken::Now) => Ok(Done::First),
                    Ok(Taken::Before) => Ok(Done::AlreadyThere),
                    Err(error) => Err(failed(error.verdict(), &error)),
                }
            }
            Way::Table(columns) => {
                let told = serde_json::to_value(&handed).map_err(|_never| unwritable())?;
                match runtime.block_on(columns.table.put(&columns.values(&told))) {
                    Ok(Put::First) => Ok(Done::First),
                    Ok(Put::AlreadyThere) => Ok(Done::AlreadyThere),
                    Err(error) => Err(failed(error.verdict(), &error)),
                }
            }
        }
    }
}

fn failed(verdict: Verdict, error: &dyn std::error::Error) -> FlowError {
    FlowError::Local { verdict, detail: with_causes(error) }
}

fn unwritable() -> FlowError {
    let code: Code = "adapter.encode";
    FlowError::Local { verdict: Verdict::Park { code }, detail: "the record makes no JSON".to_owned() }
}

fn stazh() -> String {
    "stazh".to_owned()
}

fn half_a_minute() -> u64 {
    30_000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(lines: &str) -> HandOverSettings {
        toml::from_str(&format!("[webhook]\nsecret_file = \"s\"\n{lines}")).unwrap()
    }

    #[test]
    fn personal_data_leave_this_machine_by_tls_alone_and_to_a_named_authority() {
        let misfit = |lines: &str| settings(lines).misfit().unwrap_or_default();
        assert_eq!(misfit("url = \"https://a.example/x\"\nauthorities = \"a.pem\""), "");
        assert_eq!(misfit("url = \"http://127.0.0.1:80/x\""), "");
        assert_eq!(misfit("url = \"http://localhost/x\""), "");
        for url in ["http://a.example/", "http://127.0.0.1.example/", "ftp://a"] {
            assert!(misfit(&format!("url = \"{url}\"")).contains("is not https"), "{url}");
        }
        assert!(misfit("url = \"http://127.0.0.1:80@a.example/\"").contains("holds a name"));
        let told = misfit("url = \"https://a.example/x\"");
        assert!(told.contains("names no authorities"), "{told}");
        let half = "url = \"https://a.example/x\"\nauthorities = \"a.pem\"\n";
        assert!(misfit(&format!("{half}key = \"k\"")).contains("without its key"));
        assert!(misfit(&format!("{half}key_id = \"a\\\"b\"")).contains("key_id"));
        assert!(misfit(&format!("{half}timeout_ms = 0")).contains("timeout_ms"));
        assert!(misfit(&format!("{half}signing_key = \"k\"")).contains("name one of them"));
    }

    #[test]
    fn a_secret_that_is_short_is_refused_without_showing_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = settings("url = \"http://127.0.0.1/\"").within(folder.path());
        let webhook = settings.webhook.take().unwrap();
        let file = webhook.secret_file.clone().unwrap();
        std::fs::write(&file, "hunter2hunter2hunter2hunter2hunt\n").unwrap();
        assert!(webhook.open().is_ok(), "32 bytes");
        std::fs::write(&file, "hunter2hunter2hunter2hunter2hun\n").unwrap();
        let told = with_causes(&webhook.open().map(drop).unwrap_err());
        assert!(told.contains("32 bytes") && !told.contains("hunter2"), "{told}");
    }
}
