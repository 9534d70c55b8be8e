//! Inquiries that are prepared for workers who near a pension age: what the settings say of them, and the folder of their files.

use crate::base::{Verdict, WholeFile, from_json};
use crate::exchange::canonical::{Inquiry, InsuranceRecord, State};
use crate::flow::{FlowError, Proactive};
use crate::pension::PensionAge;
use serde::Deserialize;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// The section `[proactive]`: nothing is prepared without it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProactiveSettings {
    /// How long before the day of an age, in months.
    pub before_months: u16,
    /// Whether what is prepared is sent without being asked.
    #[serde(default)]
    pub sends: bool,
    /// How often the local files are looked through.
    #[serde(default = "an_hour")]
    pub every_ms: u64,
    /// The folder of the prepared inquiries.
    #[serde(default = "prepared")]
    pub folder: PathBuf,
    /// The ages of the law of this state, by kind of pension and by sex.
    #[serde(rename = "age")]
    pub ages: Vec<PensionAge>,
}

impl ProactiveSettings {
    /// Paths relative to a folder.
    pub(super) fn within(self, folder: &Path) -> Self {
        Self { folder: folder.join(self.folder), ..self }
    }

    /// The first thing that does not fit the node of a state, if any.
    pub(super) fn misfit(&self, state: State) -> Option<String> {
        if self.ages.is_empty() {
            return Some("[proactive] names no [[proactive.age]]; name one or leave it out".to_owned());
        }
        if self.before_months == 0 || self.before_months > MONTHS_MAX {
            return Some(format!("before_months of [proactive] is not from 1 to {MONTHS_MAX}; correct it"));
        }
        if self.every_ms == 0 {
            return Some("every_ms of [proactive] is 0; write 1 or more".to_owned());
        }
        let of_age = |age: &PensionAge| age.misfit(state).map(|why| format!("[[proactive.age]]: {why}"));
        self.ages.iter().find_map(of_age)
    }

    /// What the flows need of it.
    pub(super) fn plan(&self) -> Proactive {
        let Self { before_months, sends, every_ms, .. } = *self;
        Proactive { ages: self.ages.clone().into(), before_months, sends, every_ms }
    }
}

/// The folder of the prepared inquiries: `<number>.json` while one waits, in the folder `sent` after that.
#[derive(Debug)]
pub(super) struct PreparedFolder(PathBuf);

impl PreparedFolder {
    pub(super) fn of(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// Writes a file unless it is there: a clerk may have corrected it.
    pub(super) fn keep(&self, id: Uuid, inquiry: &Inquiry) -> Result<(), FlowError> {
        let path = self.waiting(id);
        let told = |source| fault(&path, &source);
        if path.try_exists().map_err(told)? {
            return Ok(());
        }
        fs::create_dir_all(&self.0).map_err(told)?;
        // two replicas may share the folder, and write the same
        let part = self.0.join(format!(".{id}.{}.part", std::process::id()));
        let mut file = WholeFile::create(part, path.clone()).map_err(told)?;
        let text = serde_json::to_string_pretty(inquiry).map_err(|error| fault(&path, &error.into()))?;
        file.write_all(text.as_bytes()).and_then(|()| file.write_all(b"\n")).map_err(told)?;
        file.finish().map_err(told)
    }

    /// What is asked in the file of one that waits; nothing if it is not there.
    pub(super) fn find(&self, id: Uuid) -> Result<Option<Inquiry>, FlowError> {
        let path = self.waiting(id);
        let Some(bytes) = read(&path)? else { return Ok(None) };
        let unfit = |what| FlowError::Local {
            verdict: Verdict::Return { code: "flow.prepared_unfit" },
            detail: format!("understand {}: {what}", path.display()),
        };
        from_json(&bytes).map(Some).map_err(|fault| unfit(fault.to_string()))
    }

    /// The numbers of those whose files wait, in their order.
    pub(super) fn here(&self) -> Result<Vec<Uuid>, FlowError> {
        let told = |source| fault(&self.0, &source);
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()), // none was made yet
            Err(error) => return Err(told(error)),
        };
        let mut found = Vec::new();
        for entry in entries {
            let name = entry.map_err(told)?.file_name();
            let name = name.to_str().unwrap_or_default();
            if let Some(id) = name.strip_suffix(".json").and_then(|number| Uuid::parse_str(number).ok()) {
                found.push(id);
            } else if let Some(id) = id_of_part(name)
                && (self.waiting(id).exists() || self.sent(id).exists())
            {
                // whoever was writing it was killed, and it was written again
                forget(&self.0.join(name))?;
            }
        }
        found.sort();
        Ok(found)
    }

    /// Puts the file of one that was sent into the folder `sent`; takes away that of one that was dropped.
    pub(super) fn end(&self, id: Uuid, is_sent: bool) -> Result<(), FlowError> {
        let path = self.waiting(id);
        if !is_sent {
            return forget(&path);
        }
        let told = |source| fault(&path, &source);
        if !path.try_exists().map_err(told)? {
            return Ok(()); // it was put away before
        }
        fs::create_dir_all(self.0.join(SENT)).map_err(told)?;
        match fs::rename(&path, self.sent(id)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(told(error)),
            Ok(()) | Err(_) => Ok(()), // another replica was faster
        }
    }

    fn sent(&self, id: Uuid) -> PathBuf {
        self.0.join(SENT).join(format!("{id}.json"))
    }

    fn waiting(&self, id: Uuid) -> PathBuf {
        self.0.join(format!("{id}.json"))
    }
}

/// Whose file was being written under a name.
fn id_of_part(name: &str) -> Option<Uuid> {
    let (id, _writer) = name.strip_prefix('.')?.strip_suffix(".part")?.split_once('.')?;
    Uuid::parse_str(id).ok()
}

/// Takes a file away; that it is not there is as well.
fn forget(path: &Path) -> Result<(), FlowError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(fault(path, &error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Gives the records that peers sent and that still lie in a folder; a file that is no record is left alone.
pub(super) fn each_record(folder: &Path, give: &mut dyn FnMut(InsuranceRecord)) -> Result<(), FlowError> {
    let told = |source| fault(folder, &source);
    for entry in fs::read_dir(folder).map_err(told)? {
        let path = entry.map_err(told)?.path();
        if path.extension().is_none_or(|ending| ending != "json") {
            continue;
        }
        // the local system may have taken it away since
        let Some(bytes) = read(&path)? else { continue };
        if let Ok(record) = from_json(&bytes) {
            give(record);
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, FlowError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(fault(path, &error)),
    }
}

fn fault(path: &Path, error: &std::io::Error) -> FlowError {
    let (verdict, detail) = (Verdict::Retry { not_before: None }, format!("{}: {error}", path.display()));
    FlowError::Local { verdict, detail }
}

fn an_hour() -> u64 {
    3_600_000
}

fn prepared() -> PathBuf {
    PathBuf::from("prepared")
}

const SENT: &str = "sent";
const MONTHS_MAX: u16 = 120;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_meant_is_told() {
        let told = |text: &str| {
            let settings: ProactiveSettings = toml::from_str(text).unwrap();
            settings.misfit(State::Ru)
        };
        assert_eq!(told("before_months = 12\nage = [{ kind = 'ru-old-age', years = 60 }]"), None);
        for (text, expected) in [
            ("before_months = 12\nage = []", "names no [[proactive.age]]"),
            ("before_months = 0\nage = [{ kind = 'ru-old-age', years = 60 }]", "not from 1 to 120"),
            ("before_months = 12\nevery_ms = 0\nage = [{ kind = 'ru-old-age', years = 60 }]", "every_ms"),
            ("before_months = 12\nage = [{ kind = 'kg-old-age', years = 60 }]", "is of KG"),
        ] {
            let told = told(text).unwrap();
            assert!(told.contains(expected), "{told}");
        }
        assert!(toml::from_str::<ProactiveSettings>("before_months = 12").is_err(), "no age is a default");
    }

    #[test]
    fn what_a_killed_writer_left_is_taken_away_once_the_file_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let (prepared, id) = (PreparedFolder::of(folder.path().join("prepared")), Uuid::from_u128(7));
        assert!(prepared.here().unwrap().is_empty());
        let inquiry = include_str!("../../fixtures/demo/inquiry-1.json");
        let inquiry: Inquiry = serde_json::from_str(inquiry).unwrap();
        fs::create_dir(folder.path().join("prepared")).unwrap();
        let part = folder.path().join(format!("prepared/.{id}.1.part"));
        fs::write(&part, "{").unwrap();
        assert_eq!((prepared.here().unwrap().len(), part.exists()), (0, true), "it may be written just now");
        prepared.keep(id, &inquiry).unwrap();
        assert_eq!((prepared.here().unwrap(), part.exists()), (vec![id], false));
        assert_eq!(prepared.find(id).unwrap(), Some(inquiry));
        for _ in 0..2 {
            prepared.end(id, true).unwrap();
            assert_eq!((prepared.here().unwrap().len(), prepared.find(id).unwrap()), (0, None));
        }
        assert!(folder.path().join(format!("prepared/sent/{id}.json")).exists());
        prepared.end(id, false).unwrap();
    }

    #[test]
    fn the_example_shows_it_with_its_defaults() {
        let example = include_str!("../../deploy/node.example.toml");
        let (_, section) = example.split_once("\n# [proactive]\n").unwrap();
        let lines = section.lines().map_while(|line| line.strip_prefix("# "));
        let shown =
            lines.map(|line| line.replace("[[proactive.age]]", "[[age]]")).collect::<Vec<_>>().join("\n");
        let shown: ProactiveSettings = toml::from_str(&shown).unwrap();
        assert_eq!(shown.misfit(State::Ru), None);
        let bare = "before_months = 12\nage = [{ kind = 'ru-old-age', years = 60 }]";
        let bare: ProactiveSettings = toml::from_str(bare).unwrap();
        assert_eq!(ProactiveSettings { ages: bare.ages.clone(), ..shown }, bare);
    }
}
