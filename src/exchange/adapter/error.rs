//! What the adapter can fail at, and what becomes of it.

use crate::base::Code;
use crate::base::DocumentId;
use crate::base::Finding;
use crate::base::Verdict;
use crate::exchange::canonical::State;
use crate::exchange::document::WriteError;
use crate::exchange::document::XmlError;
use std::io;
use std::path::Path;
use std::path::PathBuf;

/// A local file that is not what its profile says. Never shows its content.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// A sample from which no profile can be drafted.
    #[error(
        "no profile can be drafted of this form; name the sample .csv, .json or .jsonl, and write profiles of XML and of columns of a fixed width by hand, as schemas/profiles explains"
    )]
    NoSample,
    /// An invented record that is not lawful.
    #[error("an invented record is not lawful; report it: {0}")]
    Invented(Finding),
    /// Bytes of another encoding.
    #[error("not {encoding} on line {line}")]
    NotEncoded {
        /// Which one the profile names.
        encoding: &'static str,
        /// Where it ceases to be that.
        line: usize,
    },
    /// A character the code page lacks.
    #[error("a character that windows-1251 lacks; let the profile say utf-8")]
    CodePage,
    /// No header, an unnamed column, or one twice.
    #[error("the header does not name each column once")]
    Header,
    /// Nothing in the file is where its rows should be.
    #[error(
        "nothing stands at {expected}, where this form has its rows; a newer version needs a profile of its own"
    )]
    Rows {
        /// The beginning of the path to the rows.
        expected: String,
    },
    /// The file cannot be read.
    #[error("read on")]
    Io(#[from] io::Error),
    /// A field that was needed before it came.
    #[error(
        "{name} stands on line {line}, after more rows than are held for it; put it before the rows it belongs to"
    )]
    Late {
        /// Its name, as the profile has it.
        name: String,
        /// Where it stands.
        line: usize,
    },
    /// A column that every row needs.
    #[error("the column {name} is missing in the header")]
    Column {
        /// Which.
        name: String,
    },
    /// Not JSON, or neither a list nor a map.
    #[error("not JSON on line {line}, column {column}")]
    Json {
        /// The line.
        line: usize,
        /// The column.
        column: usize,
    },
    /// Not XML that we accept.
    #[error("not acceptable XML")]
    Xml(#[from] XmlError),
    /// Rows that this format cannot hold.
    #[error("rows that the format cannot hold")]
    Write,
    /// XML that cannot be written.
    #[error("write rows as XML")]
    WriteXml(#[from] WriteError),
}

impl FormatError {
    /// That of the operating system, if it is one.
    pub(super) fn into_io(self) -> Result<io::Error, Self> {
        if let Self::Io(source) = self { Ok(source) } else { Err(self) }
    }
}

/// What the adapter could not do.
#[derive(Debug, thiserror::Error)]
pub enum AdapterError {
    /// A folder or file of the local system cannot be read.
    #[error("read {path}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file cannot be written for the local system.
    #[error("write {path}")]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A local file is larger than we read.
    #[error("read {path}: larger than {limit} bytes")]
    TooLarge {
        /// Which.
        path: PathBuf,
        /// The most that is read.
        limit: usize,
    },
    /// A local file is not of the form its profile names.
    #[error("understand {path}")]
    Format {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: FormatError,
    },
    /// A record cannot be written in the local form.
    #[error("write document {document} in the local form")]
    Encode {
        /// Which document it came in.
        document: DocumentId,
        /// What is wrong.
        #[source]
        source: FormatError,
    },
    /// A profile that cannot be used.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The tables by which persons are compared cannot be read: the program is damaged.
    #[error("compare persons: {0}")]
    Letters(Finding),
    /// What a query about one person brings is not what its profile reads.
    #[error("read what {source_name} brings: {reason}")]
    Live {
        /// Which.
        source_name: String,
        /// What is missing, and what to do.
        reason: String,
    },
    /// The inquiry is for another state than the one whose records these are.
    #[error("answer an inquiry to {asked} from the records of {state}")]
    NotAsked {
        /// Who is asked.
        asked: State,
        /// Whose records these are.
        state: State,
    },
}

/// A profile that cannot be used: our configuration is at fault.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// Not TOML, or a key that profiles do not know.
    #[error("understand profile {file}, line {line}, column {column}, key {key}")]
    Parse {
        /// Which file.
        file: String,
        /// Which line.
        line: usize,
        /// Which character of it.
        column: usize,
        /// What the line sets.
        key: String,
        /// What is wrong.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// A key whose value makes no sense here.
    #[error("use profile {file}, line {line}, column {column}, key {key}: {reason}")]
    Unfit {
        /// Which file.
        file: String,
        /// Which line.
        line: usize,
        /// Which character of it.
        column: usize,
        /// Which key.
        key: String,
        /// What is wrong and what to write.
        reason: String,
    },
}

impl AdapterError {
    /// The local folder or file that is at fault.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Read { path, .. }
            | Self::Write { path, .. }
            | Self::TooLarge { path, .. }
            | Self::Format { path, .. } => Some(path),
            Self::Encode { .. }
            | Self::Profile(_)
            | Self::Letters(_)
            | Self::Live { .. }
            | Self::NotAsked { .. } => None,
        }
    }

    /// Its stable code.
    pub fn code(&self) -> Code {
        match self {
            Self::Read { .. } => "adapter.read",
            Self::Write { .. } => "adapter.write",
            Self::TooLarge { .. } => "adapter.too_large",
            Self::Format { .. } => "adapter.format",
            Self::Encode { .. } => "adapter.encode",
            Self::Profile(_) => "adapter.profile",
            Self::Letters(_) => "canonical.letters",
            Self::Live { .. } => "adapter.live",
            Self::NotAsked { .. } => "adapter.not_asked",
        }
    }

    /// What becomes of the work that failed.
    pub fn verdict(&self) -> Verdict {
        let code = self.code();
        match self {
            Self::Read { source, .. } | Self::Write { source, .. } => of_io(source, code),
            // Who mends the file need not tell us: what waited for it is tried again.
            Self::TooLarge { .. } | Self::Format { .. } | Self::Profile(_) => {
                Verdict::Retry { not_before: None }
            }
            Self::Encode { .. } | Self::Letters(_) | Self::Live { .. } => Verdict::Park { code },
            Self::NotAsked { .. } => Verdict::Return { code },
        }
    }
}

/// A disk may come back by itself; a missing folder or right does not.
fn of_io(source: &io::Error, code: Code) -> Verdict {
    let needs_person = [
        io::ErrorKind::NotFound,
        io::ErrorKind::PermissionDenied,
        io::ErrorKind::NotADirectory,
        io::ErrorKind::IsADirectory,
        io::ErrorKind::ReadOnlyFilesystem,
    ];
    if needs_person.contains(&source.kind()) {
        Verdict::Park { code }
    } else {
        Verdict::Retry { not_before: None }
    }
}
