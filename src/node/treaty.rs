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
///
/// Those that it does not name are `terms.toml` and `calendars.toml` beside the settings, if they are there: two persons put
/// them there by the console.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TreatySettings {
    /// Legal terms and reminders, in place of those of the program.
    pub terms: Option<PathBuf>,
    /// Working days of states, beside and before those of the program.
    pub calendars: Option<PathBuf>,
    /// Where those are that it does not name.
    #[serde(skip)]
    pub beside: PathBuf,
}

impl TreatySettings {
    /// With its paths beside the file that names them.
    pub(super) fn within(self, folder: &Path) -> Self {
        let at = |file: PathBuf| folder.join(file);
        Self { terms: self.terms.map(at), calendars: self.calendars.map(at), beside: folder.to_owned() }
    }

    /// Its files, those first that it names; none need be there that it does not.
    pub(super) fn files(&self) -> [PathBuf; 2] {
        [self.terms_file(), self.calendars_file()]
    }

    /// Where terms of one's own are, or would be.
    pub(super) fn terms_file(&self) -> PathBuf {
        self.terms.clone().unwrap_or_else(|| self.beside.join(TERMS))
    }

    /// The same of working days.
    pub(super) fn calendars_file(&self) -> PathBuf {
        self.calendars.clone().unwrap_or_else(|| self.beside.join(CALENDARS))
    }

    /// Whether there are any files.
    pub(super) fn is_of_ones_own(&self) -> bool {
        self.terms.is_some() || self.calendars.is_some() || self.files().iter().any(|file| file.exists())
    }

    /// The terms and working days that the node goes by.
    ///
    /// # Errors
    /// A file cannot be read, or is not of its form.
    pub fn book(&self) -> Result<TermBook, StartError> {
        let (terms, calendars) = (self.terms_text()?, self.calendars_text()?);
        let book = TermBook::built_in().with(terms.as_deref(), None).map_err(unfit(&self.terms_file()))?;
        book.with(None, calendars.as_deref()).map_err(unfit(&self.calendars_file()))
    }

    /// Terms of one's own, if there are any.
    pub(super) fn terms_text(&self) -> Result<Option<String>, StartError> {
        text(&self.terms_file(), self.terms.is_some())
    }

    /// Working days of one's own, if there are any.
    pub(super) fn calendars_text(&self) -> Result<Option<String>, StartError> {
        text(&self.calendars_file(), self.calendars.is_some())
    }

    /// The same, with the SHA-256 of each file, by which the operator knows it.
    pub(super) fn book_and_digests(&self) -> Result<(TermBook, Vec<Digest256>), StartError> {
        let texts = [self.terms_text()?, self.calendars_text()?];
        Ok((self.book()?, texts.into_iter().flatten().map(|text| sha256(text.as_bytes())).collect()))
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

/// What a file says; one that is not named need not be there.
fn text(file: &Path, is_named: bool) -> Result<Option<String>, StartError> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if !is_named && error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(StartError::File { path: file.to_owned(), source }),
    }
}

fn unfit(file: &Path) -> impl Fn(crate::pension::TermsError) -> StartError {
    let path = file.to_owned();
    move |source| StartError::Terms { path: path.clone(), source }
}

const TERMS: &str = "terms.toml";
const CALENDARS: &str = "calendars.toml";
