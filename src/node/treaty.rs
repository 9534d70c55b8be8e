//! The settings of pension cases: terms and working days of one's own, and what the node does by itself.

use super::StartError;
use crate::base::{Digest256, Shelf};
use crate::exchange::seal::sha256;
use crate::flow::CasePolicy;
use crate::pension::TermBook;
use serde::Deserialize;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

/// The section `[cases]`: what the node does by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CaseSettings {
    /// Whether it reminds a peer whose answer is late, on the days that the terms state; else a person is asked to.
    pub reminds: bool,
    /// How many days after its last document a closed case is forgotten, as the law of this state has it (T43); never if absent.
    pub keep_days: Option<NonZeroU32>,
}

/// The section `[treaty]`: files in place of what the program knows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TreatySettings {
    /// Legal terms and reminders, in place of those of the program.
    pub terms: Option<PathBuf>,
    /// Working days of states, beside and before those of the program.
    pub calendars: Option<PathBuf>,
}

impl TreatySettings {
    /// With its paths beside the file that names them.
    pub(super) fn within(self, folder: &Path) -> Self {
        let at = |file: PathBuf| folder.join(file);
        Self { terms: self.terms.map(at), calendars: self.calendars.map(at) }
    }

    /// The files that it names.
    pub(super) fn files(&self) -> Vec<&Path> {
        self.terms.iter().chain(&self.calendars).map(PathBuf::as_path).collect()
    }

    /// The terms and working days that the node goes by.
    ///
    /// # Errors
    /// A file cannot be read, or is not of its form.
    pub fn book(&self) -> Result<TermBook, StartError> {
        let book = match &self.terms {
            Some(file) => TermBook::built_in().with(Some(&text(file)?), None).map_err(unfit(file))?,
            None => TermBook::built_in(),
        };
        match &self.calendars {
            Some(file) => book.with(None, Some(&text(file)?)).map_err(unfit(file)),
            None => Ok(book),
        }
    }

    /// The same, with the SHA-256 of each file, by which the operator knows it.
    pub(super) fn book_and_digests(&self) -> Result<(TermBook, Vec<Digest256>), StartError> {
        let digest = |file: &Path| Ok(sha256(text(file)?.as_bytes()));
        Ok((self.book()?, self.files().into_iter().map(digest).collect::<Result<_, StartError>>()?))
    }

    /// How the node deals with answers that are due.
    ///
    /// # Errors
    /// As [`Self::book`].
    pub(super) fn policy(&self, cases: CaseSettings) -> Result<CasePolicy, StartError> {
        let keep_days = cases.keep_days.map(NonZeroU32::get);
        Ok(CasePolicy { book: Shelf::new(self.book()?), reminds: cases.reminds, keep_days })
    }
}

fn text(file: &Path) -> Result<String, StartError> {
    std::fs::read_to_string(file).map_err(|source| StartError::File { path: file.to_owned(), source })
}

fn unfit(file: &Path) -> impl Fn(crate::pension::TermsError) -> StartError {
    let path = file.to_owned();
    move |source| StartError::Terms { path: path.clone(), source }
}
