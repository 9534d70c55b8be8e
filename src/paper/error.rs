//! Why nothing was printed or read.

use crate::base::{Code, Verdict};

/// Why a form was not made, or a page was not read.
#[derive(Debug, thiserror::Error)]
pub enum PaperError {
    /// The document does not say its id.
    #[error("print a document that does not tell its id")]
    NoId,
    /// A font or a label file of the program is spoilt.
    #[error("use the fonts of forms")]
    Font,
    /// What was given is no picture that is read here.
    #[error("read the picture")]
    Picture {
        /// Why.
        #[source]
        source: image::ImageError,
    },
    /// A PDF holds no scanned picture.
    #[error("find a scanned picture in the PDF")]
    NoPicture,
    /// There is no code of ours on the page.
    #[error("find the code of a form on the page")]
    NoCode,
    /// There is a code of ours, and it is not what was printed.
    #[error("understand the code on the page: it is spoilt, or of a later version")]
    SpoiltCode,
}

impl PaperError {
    /// The code that `stazh explain` tells about.
    pub fn code(&self) -> Code {
        match self {
            Self::NoId => "paper.no_id",
            Self::Font => "paper.font",
            Self::Picture { .. } => "paper.picture",
            Self::NoPicture => "paper.no_picture",
            Self::NoCode => "paper.no_code",
            Self::SpoiltCode => "paper.spoilt_code",
        }
    }

    /// What becomes of the work.
    pub fn verdict(&self) -> Verdict {
        let code = self.code();
        match self {
            Self::NoId | Self::Picture { .. } | Self::NoPicture | Self::NoCode | Self::SpoiltCode => {
                Verdict::Return { code }
            }
            Self::Font => Verdict::Park { code },
        }
    }
}
