//! The files of our keys for seals, and those that are to take their place.
//!
//! Who has new keys puts each file beside the one it replaces, under its name and `.next`. They take their place when two
//! persons have said so; the watch over keys then takes them up. What was there before stays as `.before`.

use super::{SealPlan, Settings, StartError};
use crate::base::{Clock, Verdict, WholeFile, with_causes};
use crate::exchange::seal::{SealError, SignerPlan, Signers, certificates_in};
use crate::flow::FlowError;
use crate::flow::upkeep::{KeyPlace, NewCertificate, WaitingKeys};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Our keys for seals in their files.
pub(super) struct SealFiles {
    plan: SealPlan,
    clock: Arc<dyn Clock>,
    /// What tells a start which files have still to be moved.
    mark: PathBuf,
}

impl SealFiles {
    /// Those of a node.
    pub(super) fn of(settings: &Settings) -> Self {
        let mark = settings.data.join("seal-keys.replacing");
        Self { plan: settings.seal.clone(), clock: settings.clock(), mark }
    }

    /// Moves what was to be moved when the program was cut off.
    ///
    /// # Errors
    /// The disk.
    pub(super) fn complete(&self) -> Result<(), StartError> {
        let told = match fs::read_to_string(&self.mark) {
            Ok(told) => told,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(source) => return Err(StartError::File { path: self.mark.clone(), source }),
        };
        let refuse = |source| StartError::File { path: self.mark.clone(), source };
        for file in told.lines().map(Path::new) {
            take_place(file).map_err(refuse)?;
        }
        fs::remove_file(&self.mark).map_err(refuse)
    }

    /// The files of keys that have another beside them.
    fn replaced(&self) -> Vec<PathBuf> {
        let has_next = |file: &&Path| beside(file, NEXT).exists();
        let files = self.plan.plans().filter(|plan| matches!(plan, SignerPlan::Files { .. }));
        files.flat_map(SignerPlan::files).filter(has_next).map(Path::to_owned).collect()
    }

    /// The signers as they would be with the files that are to take their place.
    fn next(&self) -> Result<Signers, SealError> {
        let at = |file: &PathBuf| {
            let next = beside(file, NEXT);
            if next.exists() { next } else { file.clone() }
        };
        let next = self.plan.plans().map(|plan| match plan {
            SignerPlan::Files { key, certificate, password } => SignerPlan::Files {
                key: at(key),
                certificate: certificate.as_ref().map(at),
                password: password.as_ref().map(at),
            },
            SignerPlan::Token(plan) => SignerPlan::Token(plan.clone()),
        });
        Signers::new(next.map(|plan| plan.signer()).collect::<Result<_, _>>()?)
    }
}

impl KeyPlace for SealFiles {
    fn waiting(&self) -> Result<Option<WaitingKeys>, FlowError> {
        let files = self.replaced();
        if files.is_empty() {
            return Ok(None);
        }
        let signers = self.next().map_err(|error| unfit(with_causes(&error)))?;
        let now = self.clock.now();
        let mut certificates = Vec::new();
        for signer in signers.all() {
            let facts = certificates_in(&signer.certificates_pem()?)?;
            // its own is the first
            let Some(own) = facts.first() else { continue };
            if own.not_after <= now || own.not_before > now || !own.may_sign {
                let text =
                    "a certificate that has ended, does not count yet, or is not made for signing documents";
                return Err(unfit(format!("take {text}")));
            }
            certificates
                .push(NewCertificate { fingerprint: own.fingerprint.to_string(), ends_at: own.not_after });
        }
        let name = |file: &PathBuf| file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Some(WaitingKeys { certificates, files: files.iter().map(name).collect() }))
    }

    fn replace(&self, approved: &WaitingKeys) -> Result<(), FlowError> {
        if self.waiting()?.as_ref() != Some(approved) {
            return Err(unfit("find the keys that were approved: other files lie there by now".to_owned()));
        }
        let files = self.replaced();
        let told: String = files.iter().map(|file| format!("{}\n", file.display())).collect();
        let part = self.mark.with_extension("part");
        let marked = WholeFile::create(part, self.mark.clone()).and_then(|mut mark| {
            mark.write_all(told.as_bytes())?;
            mark.finish()
        });
        let moved = marked.and_then(|()| {
            files.iter().try_for_each(|file| take_place(file))?;
            fs::remove_file(&self.mark)
        });
        moved.map_err(|error| FlowError::Local {
            verdict: Verdict::Retry { not_before: None },
            detail: format!("move the files of keys: {error}"),
        })
    }
}

/// Moves the file beside another to its place; what was there stays under a name of its own. Again, it changes nothing.
fn take_place(file: &Path) -> std::io::Result<()> {
    let next = beside(file, NEXT);
    if !next.exists() {
        return Ok(());
    }
    let before = beside(file, BEFORE);
    match fs::remove_file(&before) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    if file.exists() {
        fs::hard_link(file, &before)?; // there is no moment without a file at its place
    }
    fs::rename(next, file)?;
    fs::File::open(file.parent().unwrap_or(Path::new(".")))?.sync_all()
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(ending);
    file.with_file_name(name)
}

fn unfit(detail: String) -> FlowError {
    FlowError::Local { verdict: Verdict::Return { code: "seal.next_keys" }, detail }
}

const NEXT: &str = ".next";
const BEFORE: &str = ".before";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_takes_its_place_once_and_the_old_one_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("seal.key");
        fs::write(&file, "old").unwrap();
        take_place(&file).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "old");
        fs::write(beside(&file, NEXT), "new").unwrap();
        take_place(&file).unwrap();
        take_place(&file).unwrap();
        let read = |ending| fs::read_to_string(beside(&file, ending)).unwrap();
        assert_eq!((read("").as_str(), read(BEFORE).as_str()), ("new", "old"));
        assert!(!beside(&file, NEXT).exists());
    }

    #[test]
    fn a_start_moves_what_was_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let (key, certificate) = (folder.path().join("seal.key"), folder.path().join("seal.pem"));
        for (file, text) in [(&key, "new key"), (&certificate, "old certificate")] {
            fs::write(file, text).unwrap();
        }
        fs::write(beside(&certificate, NEXT), "new certificate").unwrap();
        let mark = folder.path().join("mark");
        fs::write(&mark, format!("{}\n{}\n", key.display(), certificate.display())).unwrap();
        let plan = SealPlan { own: SignerPlan::pem(&key, &certificate), also: Vec::new() };
        let files = SealFiles { plan, clock: Arc::new(crate::base::SystemClock), mark: mark.clone() };
        files.complete().unwrap();
        assert_eq!(fs::read_to_string(&certificate).unwrap(), "new certificate");
        assert_eq!(fs::read_to_string(&key).unwrap(), "new key");
        assert!(!mark.exists());
        files.complete().unwrap();
    }
}
