//! The settings that name who tells which certificates are revoked, of nodes and of third parties alike.

use super::StartError;
use crate::base::{Clock, Digest256, Random};
use crate::exchange::seal::{SealError, StatusSource, Statuses, Terms, certificates_in};
use crate::exchange::transit::Schedule;
use crate::exchange::wire::{HttpStatus, StatusPlace};
use crate::flow::{SourcePlaces, StatusSources};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Who tells which certificates are revoked, and how long that counts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevocationSettings {
    /// How long the last answer counts beyond its time while its source is away; then documents wait.
    #[serde(default = "a_day")]
    pub grace_ms: u64,
    /// How often sources are asked again.
    #[serde(default = "an_hour")]
    pub refresh_ms: u64,
    /// The sources, one for each authority.
    #[serde(default, rename = "source")]
    pub sources: Vec<RevocationSource>,
}

/// Who tells which certificates of one authority are revoked.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevocationSource {
    /// The authority's one certificate, as PEM.
    pub authority: PathBuf,
    /// Where its list lies: `http://`, `https://`, or `file:` and a path.
    pub crl: Option<String>,
    /// Its responder: `http://` or `https://`. It is asked first.
    pub ocsp: Option<String>,
    /// The certificate of a responder that answers without one of this authority, as PEM.
    pub signer: Option<PathBuf>,
}

impl RevocationSource {
    /// The SHA-256 of each certificate it names.
    ///
    /// # Errors
    /// A file cannot be read, or holds no certificates, or those of more than one authority.
    pub(super) fn fingerprints(&self) -> Result<Vec<Digest256>, SealError> {
        let authority = read(&self.authority)?;
        let signer = self.signer.as_deref().map(read).transpose()?;
        StatusSource::new(&authority, signer.as_deref(), self.ocsp.is_some())?;
        let all = [certificates_in(&authority)?, signer.as_deref().map_or(Ok(Vec::new()), certificates_in)?];
        Ok(all.iter().flatten().map(|facts| facts.fingerprint).collect())
    }
}

fn read(path: &Path) -> Result<Vec<u8>, SealError> {
    std::fs::read(path).map_err(|source| SealError::ReadFile { path: path.to_owned(), source })
}

impl RevocationSettings {
    /// The first thing that does not fit, if any.
    pub(super) fn misfit(&self) -> Option<String> {
        if self.refresh_ms < 1000 {
            return Some("refresh_ms of [revocation] is less than a second".to_owned());
        }
        let is_web = |url: &&String| ["http://", "https://"].iter().any(|start| url.starts_with(start));
        for (place, source) in self.sources.iter().enumerate() {
            let of = source.authority.display();
            if self.sources.iter().take(place).any(|one| one.authority == source.authority) {
                return Some(format!("{TWICE}: {of}"));
            }
            if source.crl.is_none() && source.ocsp.is_none() {
                return Some(format!("the source of [revocation] for {of} has neither crl nor ocsp"));
            }
            if source.ocsp.as_ref().is_some_and(|url| !is_web(&url)) {
                return Some(format!("the ocsp of [revocation] for {of} is neither http nor https"));
            }
            if source.crl.as_ref().is_some_and(|url| !is_web(&url) && !url.starts_with(FILE)) {
                return Some(format!("the crl of [revocation] for {of} is neither http nor https nor file:"));
            }
        }
        None
    }

    /// The same with paths that are relative to a folder.
    pub(super) fn within(self, folder: &Path) -> Self {
        let sources = self.sources.into_iter().map(|source| RevocationSource {
            authority: folder.join(source.authority),
            signer: source.signer.map(|signer| folder.join(signer)),
            crl: source.crl.map(|crl| match crl.strip_prefix(FILE) {
                Some(path) => format!("{FILE}{}", folder.join(path).display()),
                None => crl,
            }),
            ocsp: source.ocsp,
        });
        Self { sources: sources.collect(), ..self }
    }

    /// The sources, ready to be asked.
    pub(super) fn open(
        &self,
        timeout_ms: u64,
        retry: Schedule,
        given: (Arc<dyn Clock>, Arc<dyn Random>),
    ) -> Result<StatusSources, StartError> {
        let place = |url: &String| match url.strip_prefix(FILE) {
            Some(path) => Ok(StatusPlace::In(path.into())),
            None => {
                let url = url.parse().map_err(|_cause| StartError::Url { peer: "revocation".to_owned() })?;
                Ok::<_, StartError>(StatusPlace::At(url))
            }
        };
        let (mut sources, mut places) = (Vec::new(), Vec::new());
        for source in &self.sources {
            let signer = source.signer.as_deref().map(read).transpose()?;
            let authority = read(&source.authority)?;
            let fresh = StatusSource::new(&authority, signer.as_deref(), source.ocsp.is_some())?;
            if sources.iter().any(|one: &StatusSource| one.authority() == fresh.authority()) {
                return Err(SealError::TrustBundle { reason: TWICE }.into()); // only the first would be heard
            }
            sources.push(fresh);
            places.push(SourcePlaces {
                list: source.crl.as_ref().map(place).transpose()?,
                responder: source.ocsp.as_ref().map(place).transpose()?,
            });
        }
        let seconds = |ms: u64| i64::try_from(ms / 1000).unwrap_or(i64::MAX);
        let terms =
            Terms { grace: seconds(self.grace_ms), refresh: seconds(self.refresh_ms), is_required: false };
        let statuses = Arc::new(Statuses::new(sources, terms));
        let wire = Box::new(HttpStatus::new(timeout_ms.min(TIMEOUT_MS_MAX))?);
        Ok(StatusSources::new((statuses, places), wire, retry, given))
    }
}

fn a_day() -> u64 {
    24 * 60 * 60 * 1000
}

fn an_hour() -> u64 {
    60 * 60 * 1000
}

const TWICE: &str =
    "two sources of [revocation] are for one authority; write its crl and its ocsp into one source";
const FILE: &str = "file:";
/// A document is not kept waiting longer by a responder that hangs.
const TIMEOUT_MS_MAX: u64 = 10_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{OsRandom, SystemClock};
    use crate::exchange::seal::{KeyKind, ThrowAwayAuthority};

    fn settings(authorities: &[&Path]) -> RevocationSettings {
        let source = |authority: &&Path| RevocationSource {
            authority: authority.to_path_buf(),
            crl: Some("file:own.crl".to_owned()),
            ocsp: None,
            signer: None,
        };
        let sources = authorities.iter().map(source).collect();
        RevocationSettings { grace_ms: a_day(), refresh_ms: an_hour(), sources }
    }

    #[test]
    fn two_sources_for_one_authority_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, pem: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, pem).unwrap();
            path
        };
        let authority =
            |name| ThrowAwayAuthority::of_kind(KeyKind::P256, name, "KZ", SystemClock.now()).unwrap();
        let pem = authority("seals").pem().unwrap();
        let (one, copy) = (file("one.pem", &pem), file("copy.pem", &pem));
        let other = file("other.pem", &authority("others").pem().unwrap());
        let told = settings(&[&one, &other, &one]).misfit().unwrap();
        assert!(told.contains("two sources of [revocation] are for one authority"), "{told}");
        assert_eq!(settings(&[&one, &copy]).misfit(), None, "it does not read them");
        let open = |authorities: &[&Path]| {
            let given: (Arc<dyn Clock>, Arc<dyn Random>) =
                (Arc::new(SystemClock), Arc::new(OsRandom::default()));
            settings(authorities).open(1_000, Schedule::default(), given).map(drop)
        };
        let refused = crate::base::with_causes(&open(&[&one, &copy]).unwrap_err());
        assert!(refused.contains("two sources of [revocation] are for one authority"), "{refused}");
        open(&[&one, &other]).unwrap();
    }
}
