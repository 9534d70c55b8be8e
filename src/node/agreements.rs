//! What people said to offers, as files of the local system: one a offer, in the folder `agreements` of the local records.

use crate::base::{Finding, Findings};
use crate::exchange::adapter::AdapterError;
use crate::exchange::canonical::Consent;
use crate::flow::{Agreement, AgreementOf};
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// The folder, which need not be there.
#[derive(Debug)]
pub(super) struct AgreementFolder {
    folder: PathBuf,
}

/// A file of it: `{ "offer": "…", "agreed": true, "consent": { … } }`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    offer: Uuid,
    agreed: bool,
    consent: Option<Consent>,
}

impl AgreementFolder {
    /// That beside the local records.
    pub(super) fn of(local: &Path) -> Self {
        Self { folder: local.join("agreements") }
    }

    /// What all its JSON files say; a file that cannot be used is a finding.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub(super) fn read(&self) -> Result<(Vec<AgreementOf>, Findings), AdapterError> {
        let refuse = |source| AdapterError::Read { path: self.folder.clone(), source };
        let (mut all, mut findings) = (Vec::new(), Findings::new());
        if !self.folder.try_exists().map_err(refuse)? {
            return Ok((all, findings));
        }
        let mut paths = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(refuse)? {
            paths.push(entry.map_err(refuse)?.path());
        }
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
        paths.sort();
        for path in paths {
            let text = fs::read_to_string(&path)
                .map_err(|source| AdapterError::Read { path: path.clone(), source })?;
            match agreement(&text) {
                Some(said) => all.push(said),
                None => {
                    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                    let place = format!("agreements/{name}");
                    findings.push(Finding::error("flow.agreement", place, FORM, "", MESSAGE));
                }
            }
        }
        Ok((all, findings))
    }
}

/// What a file says; nothing if it agrees without a consent, or declines with one.
fn agreement(text: &str) -> Option<AgreementOf> {
    let Written { offer, agreed, consent } = serde_json::from_str(text).ok()?;
    let agreement = match (agreed, consent) {
        (true, Some(consent)) => Agreement::Agreed(consent),
        (false, None) => Agreement::Declined,
        (true, None) | (false, Some(_)) => return None,
    };
    Some(AgreementOf { offer, agreement })
}

const FORM: &str = "offer, agreed, and a consent if agreed";
const MESSAGE: &str = "not what a person said to an offer; write { \"offer\": \"…\", \"agreed\": false }, or agreed true with a consent";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_agrees_has_a_consent_and_who_declines_has_none() {
        let id = "5b0c1f4e-7d7c-4f56-9a53-0c4a1f3f2b11";
        let consent = r#"{"id":"5b0c1f4e-7d7c-4f56-9a53-0c4a1f3f2b12","purpose":"proactive-service","states":["KZ"],
            "validity":{"from":"2026-11-01","to":"2027-10-31"},"level":"one-time-sms"}"#;
        let read = |rest: &str| agreement(&format!(r#"{{"offer":"{id}",{rest}}}"#));
        assert_eq!(read(r#""agreed":false"#).unwrap().agreement, Agreement::Declined);
        let agreed = read(&format!(r#""agreed":true,"consent":{consent}"#)).unwrap();
        assert!(matches!(agreed.agreement, Agreement::Agreed(_)));
        assert_eq!(read(r#""agreed":true"#), None);
        assert_eq!(read(&format!(r#""agreed":false,"consent":{consent}"#)), None);
        assert_eq!(read(r#""agreed":false,"why":"no""#), None);
        assert_eq!(agreement(""), None);
    }

    #[test]
    fn a_file_that_says_nothing_is_told_by_its_name_and_keeps_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let agreements = AgreementFolder::of(folder.path());
        assert_eq!(agreements.read().unwrap(), (Vec::new(), Findings::new()));
        fs::create_dir(folder.path().join("agreements")).unwrap();
        let put =
            |name: &str, text: &str| fs::write(folder.path().join("agreements").join(name), text).unwrap();
        put("1.json", r#"{"offer":"5b0c1f4e-7d7c-4f56-9a53-0c4a1f3f2b11","agreed":false}"#);
        put("2.json", "{}");
        put("3.txt", "not looked at");
        let (all, findings) = agreements.read().unwrap();
        assert_eq!((all.len(), findings.len()), (1, 1));
        assert_eq!(findings[0].path, "agreements/2.json");
    }
}
