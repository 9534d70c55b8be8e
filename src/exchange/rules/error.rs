//! Rules that cannot be used: a schema, list or rule file of ours is at fault, never a document.

use crate::base::Verdict;
use std::path::PathBuf;

/// Why the rules cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// A folder or file of schemas cannot be read.
    #[error("read {path}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file is not what a code list or a rule file looks like; the source names line and key.
    #[error("understand schema file {file}")]
    Parse {
        /// Which.
        file: String,
        /// Why, with the line.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// A structure schema does not compile, or one it imports is absent.
    #[error("compile schema {file}")]
    Compile {
        /// Which.
        file: String,
        /// Why.
        #[source]
        source: Box<xsd_schema::SchemaError>,
    },
    /// A file names something that is not there, or defines something twice.
    #[error("use schema file {file}: {reason}")]
    Unfit {
        /// Which.
        file: String,
        /// What, and where.
        reason: String,
    },
}

impl RulesError {
    /// What becomes of the work: our configuration is at fault.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Read { .. } | Self::Parse { .. } | Self::Compile { .. } | Self::Unfit { .. } => {
                Verdict::Park { code: "rules.schemas" }
            }
        }
    }
}
