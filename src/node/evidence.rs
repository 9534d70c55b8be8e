//! Copies of documents as files: those that prove our people's work, and those that came with records of other states.
//!
//! Ours lie in `evidence/<number of the person>/` of the local folder, each named after what it is:
//! `<kind>[_<number>[_<date>]].<ending>`, such as `workbook_AT-VII-123_2010-01-11.pdf`, where the kind is a code of the list
//! of evidence; a file of any other name is told as another document under that name. Those that came lie in `copies` of
//! the folder of handed-over records, each under its SHA-256, which the record names.

use crate::base::{Digest256, DocumentId, Verdict, WholeFile};
use crate::exchange::canonical::{CopyOfDocument, Evidence, Person};
use crate::exchange::seal::sha256_hasher;
use crate::flow::{CopyWriter, FlowError};
use jiff::civil::Date;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// The folder with the documents that prove our people's work.
#[derive(Debug)]
pub(super) struct EvidenceFolder {
    folder: PathBuf,
    /// The codes that a file name may begin with.
    kinds: Vec<String>,
}

impl EvidenceFolder {
    /// The folder `evidence` of `local`; it need not be there.
    pub(super) fn of(local: &Path, kinds: Vec<String>) -> Self {
        Self { folder: local.join("evidence"), kinds }
    }

    /// What proves the work of a person, in the order of the file names.
    pub(super) fn find(&self, person: &Person) -> Result<Vec<Evidence>, FlowError> {
        self.files(person)?.into_iter().map(|path| self.told(&path)).collect()
    }

    /// Opens the file that a copy is of.
    pub(super) fn open(&self, person: &Person, copy: &CopyOfDocument) -> Result<File, FlowError> {
        for path in self.files(person)? {
            let is_as_long = path.metadata().is_ok_and(|file| file.len() == copy.bytes);
            if is_as_long && digest_of(&path)?.0 == copy.sha256 {
                return File::open(&path).map_err(|error| unreadable(&path, &error));
            }
        }
        Err(FlowError::Local {
            verdict: Verdict::Retry { not_before: None },
            detail: "a copy of a document is not there any more; the record is made anew".to_owned(),
        })
    }

    /// The files of a person, under any of his numbers.
    fn files(&self, person: &Person) -> Result<Vec<PathBuf>, FlowError> {
        let mut files = Vec::new();
        for held in &person.identifiers {
            let number = held.identifier.as_str();
            if !number.chars().all(char::is_alphanumeric) {
                continue; // such a number would lead out of the folder
            }
            let folder = self.folder.join(number);
            let entries = match std::fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => return Err(unreadable(&self.folder, &error)),
            };
            for entry in entries {
                let path = entry.map_err(|error| unreadable(&self.folder, &error))?.path();
                let facts = path.metadata().map_err(|error| unreadable(&path, &error))?;
                if facts.is_file() && facts.len() > 0 && !is_unfinished(&path) {
                    files.push(path);
                }
            }
        }
        files.sort();
        Ok(files)
    }

    /// What the name of a file says, and what is in it.
    fn told(&self, path: &Path) -> Result<Evidence, FlowError> {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let (sha256, bytes) = digest_of(path)?;
        let media_type = media_type_of(&ending(path)).parse().ok();
        let copy = Some(CopyOfDocument { media_type, bytes, sha256 });
        let evidence = self.named(&stem).or_else(|| other(&stem)).ok_or_else(|| unnamed(path))?;
        Ok(Evidence { copy, ..evidence })
    }

    /// What a name says that is made as it should be.
    fn named(&self, stem: &str) -> Option<Evidence> {
        let mut words = stem.split('_');
        let kind = words.next().filter(|kind| self.kinds.iter().any(|known| known == kind))?;
        let number = words.next().map(|word| word.parse().ok());
        let date = words.next().map(|word| word.parse().ok().filter(is_of_our_times));
        let is_whole = number != Some(None) && date != Some(None) && words.next().is_none();
        is_whole.then_some(Evidence {
            kind: kind.parse().ok()?,
            number: number.flatten(),
            date: date.flatten(),
            title: None,
            copy: None,
        })
    }
}

/// A document of which the name of the file says no more than the name.
fn other(stem: &str) -> Option<Evidence> {
    let title = Some(stem.parse().ok()?);
    Some(Evidence { kind: "other".parse().ok()?, number: None, date: None, title, copy: None })
}

/// The years that the rules of the record allow.
fn is_of_our_times(date: &Date) -> bool {
    (1900..=2100).contains(&date.year())
}

/// The folder of the copies that came.
#[derive(Debug)]
pub(super) struct CopyFolder(PathBuf);

impl CopyFolder {
    /// The folder `copies` of `handed_over`; it is made when the first one comes.
    pub(super) fn of(handed_over: &Path) -> Self {
        Self(handed_over.join("copies"))
    }

    /// Where a copy is to be written; nothing if it is there.
    pub(super) fn take(
        &self,
        id: DocumentId,
        copy: &CopyOfDocument,
    ) -> Result<Option<Box<dyn CopyWriter>>, FlowError> {
        let kind = copy.media_type.as_ref().map_or("", |kind| kind.as_str());
        let path = self.0.join(format!("{}.{}", copy.sha256, ending_of(kind)));
        if path.try_exists().map_err(|error| unwritable(&path, &error))? {
            return Ok(None);
        }
        let part = self.0.join(format!("{}.{id}.part", copy.sha256));
        let opened = std::fs::create_dir_all(&self.0).and_then(|()| WholeFile::create(part, path.clone()));
        let file = opened.map_err(|error| unwritable(&path, &error))?;
        Ok(Some(Box::new(CopyFile { file, path })))
    }
}

/// A copy that is being written.
struct CopyFile {
    file: WholeFile,
    path: PathBuf,
}

impl Write for CopyFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

impl CopyWriter for CopyFile {
    fn finish(self: Box<Self>) -> Result<(), FlowError> {
        let Self { file, path } = *self;
        file.finish().map_err(|error| unwritable(&path, &error))
    }
}

fn digest_of(path: &Path) -> Result<(Digest256, u64), FlowError> {
    let mut hasher = sha256_hasher();
    let copied = File::open(path).and_then(|mut file| {
        let mut buffer = vec![0; BUFFER_BYTES];
        let mut bytes = 0_u64;
        loop {
            let read = file.read(&mut buffer)?;
            let piece = buffer.get(..read).unwrap_or_default();
            if piece.is_empty() {
                return Ok(bytes);
            }
            hasher.write_all(piece)?;
            bytes = bytes.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
        }
    });
    copied.map(|bytes| (hasher.finish(), bytes)).map_err(|error| unreadable(path, &error))
}

/// A file that somebody is still writing, or that an editor left.
fn is_unfinished(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with('.') || name.ends_with('~') || matches!(ending(path).as_str(), "part" | "tmp")
}

fn ending(path: &Path) -> String {
    path.extension().unwrap_or_default().to_string_lossy().to_lowercase()
}

fn media_type_of(ending: &str) -> &'static str {
    MEDIA_TYPES.iter().find(|(known, _)| *known == ending).map_or(UNKNOWN, |(_, kind)| kind)
}

fn ending_of(media_type: &str) -> &'static str {
    MEDIA_TYPES.iter().find(|(_, kind)| *kind == media_type).map_or("bin", |(ending, _)| ending)
}

/// The folder of a person bears his number, and a file may bear his name: neither is told, the message tells whose it is.
fn unreadable(path: &Path, error: &std::io::Error) -> FlowError {
    let kind = media_type_of(&ending(path));
    local(format!("read the folder evidence, in it a file of the person asked about ({kind}): {error}"))
}

fn unnamed(path: &Path) -> FlowError {
    let kind = media_type_of(&ending(path));
    local(format!(
        "in the folder evidence the name of a file of the person asked about ({kind}) is no title of 1 to 300 \
         characters; rename it"
    ))
}

fn unwritable(path: &Path, error: &std::io::Error) -> FlowError {
    local(format!("write {}: {error}", path.display()))
}

fn local(detail: String) -> FlowError {
    FlowError::Local { verdict: Verdict::Retry { not_before: None }, detail }
}

const MEDIA_TYPES: [(&str, &str); 8] = [
    ("pdf", "application/pdf"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("png", "image/png"),
    ("tif", "image/tiff"),
    ("tiff", "image/tiff"),
    ("xml", "application/xml"),
    ("zip", "application/zip"),
];
const UNKNOWN: &str = "application/octet-stream";
const BUFFER_BYTES: usize = 256 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::canonical::InsuranceRecord;
    use std::fs;

    fn person() -> Person {
        let text = include_str!("../../fixtures/shared/insurance-record.json");
        serde_json::from_str::<InsuranceRecord>(text).unwrap().person
    }

    fn folder() -> (tempfile::TempDir, EvidenceFolder, PathBuf) {
        let local = tempfile::tempdir().unwrap();
        let number = person().identifiers.first().unwrap().identifier.as_str().to_owned();
        let own = local.path().join("evidence").join(number);
        fs::create_dir_all(&own).unwrap();
        let evidence = EvidenceFolder::of(local.path(), vec!["workbook".to_owned(), "court".to_owned()]);
        (local, evidence, own)
    }

    #[test]
    fn the_name_of_a_file_says_what_it_is() {
        let (_local, evidence, own) = folder();
        for name in [
            "court_7-11_2010-01-11.pdf",
            "court_7-11_2010-13-11.PDF",
            "workbook.tiff",
            "workbook_AT 12.png",
            "Скан трудовой.x",
            ".hidden",
            "half.part",
        ] {
            fs::write(own.join(name), name).unwrap();
        }
        fs::write(own.join("court_empty.pdf"), "").unwrap();
        let told = evidence.find(&person()).unwrap();
        let words = |one: &Evidence| {
            let number = one.number.as_ref().map_or("", |number| number.as_str());
            let date = one.date.map(|date| date.to_string()).unwrap_or_default();
            let title = one.title.as_ref().map_or("", |title| title.as_str());
            let media_type = one.copy.as_ref().and_then(|copy| copy.media_type.as_ref());
            format!(
                "{}|{number}|{date}|{title}|{}",
                one.kind.as_str(),
                media_type.map_or("", |one| one.as_str())
            )
        };
        assert_eq!(
            told.iter().map(words).collect::<Vec<_>>(),
            [
                "court|7-11|2010-01-11||application/pdf",
                "other|||court_7-11_2010-13-11|application/pdf",
                "workbook||||image/tiff",
                "workbook|AT 12|||image/png",
                "other|||Скан трудовой|application/octet-stream",
            ]
        );
        for one in &told {
            let copy = one.copy.as_ref().unwrap();
            let mut content = String::new();
            evidence.open(&person(), copy).unwrap().read_to_string(&mut content).unwrap();
            assert_eq!(u64::try_from(content.len()).unwrap(), copy.bytes);
        }
    }

    #[test]
    fn nobody_without_documents_has_any_and_a_file_that_changed_is_not_opened() {
        let (local, evidence, own) = folder();
        fs::write(own.join("court.pdf"), "abc").unwrap();
        let told = evidence.find(&person()).unwrap();
        fs::write(own.join("court.pdf"), "abd").unwrap();
        assert!(evidence.open(&person(), told[0].copy.as_ref().unwrap()).is_err());
        fs::remove_dir_all(local.path().join("evidence")).unwrap();
        assert_eq!(evidence.find(&person()).unwrap(), []);
    }

    #[test]
    fn a_copy_that_came_is_written_whole_and_once() {
        let folder = tempfile::tempdir().unwrap();
        let copies = CopyFolder::of(folder.path());
        let id = "7d2a1c58-0c5e-4f0f-9b8e-2f7f0d5b6a77".parse().unwrap();
        let media_type = Some("image/jpeg".parse().unwrap());
        let copy = CopyOfDocument { media_type, bytes: 3, sha256: Digest256([0xab; 32]) };
        let mut broken = copies.take(id, &copy).unwrap().unwrap();
        broken.write_all(b"ab").unwrap();
        drop(broken);
        let mut writer = copies.take(id, &copy).unwrap().unwrap();
        writer.write_all(b"abc").unwrap();
        writer.finish().unwrap();
        assert!(copies.take(id, &copy).unwrap().is_none());
        let path = folder.path().join("copies").join(format!("{}.jpg", "ab".repeat(32)));
        assert_eq!(fs::read(path).unwrap(), b"abc");
    }
}
