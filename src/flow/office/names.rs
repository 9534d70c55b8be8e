//! What codes are called, for who reads them.

use crate::base::Language;
use crate::exchange::canonical::case::CaseDocumentKind;
use crate::exchange::document::codec::case_root;
use crate::exchange::rules::{Catalogue, CodeLists};

/// A kind of document of a case, as its message is called.
pub fn document_says(kind: CaseDocumentKind, language: Language, catalogue: &Catalogue) -> String {
    let found = catalogue.beginning_with_root(case_root(kind)).and_then(|(process, transaction)| {
        let message = process.message(&transaction.request)?;
        Ok(language.en_or_ru(message.name.en.as_str(), message.name.ru.as_str()).to_owned())
    });
    found.unwrap_or_else(|_unknown| kind.as_code().to_owned())
}

/// A kind of period.
pub fn period_says(code: &str, language: Language, lists: &CodeLists) -> String {
    in_list("XPK", code, language, lists)
}

/// A special condition of work.
pub fn condition_says(code: &str, language: Language, lists: &CodeLists) -> String {
    in_list("XSK", code, language, lists)
}

/// A kind of pension.
pub fn pension_says(code: &str, language: Language, lists: &CodeLists) -> String {
    in_list("XPT", code, language, lists)
}

/// What was decided.
pub fn decision_says(code: &str, language: Language, lists: &CodeLists) -> String {
    in_list("XDK", code, language, lists)
}

/// A kind of number of a person.
pub fn number_says(code: &str, language: Language, lists: &CodeLists) -> String {
    in_list("XIK", code, language, lists)
}

fn in_list(list: &str, code: &str, language: Language, lists: &CodeLists) -> String {
    let known = lists.list(list).and_then(|list| list.code(code));
    known.map_or(code, |known| known.called(language)).to_owned()
}
