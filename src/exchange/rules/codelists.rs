//! Code lists: which codes a classifier knows, and what they are called.

use super::{FactCatalogue, Names, RulesError, SchemaFiles};
use crate::base::Language;
use crate::exchange::canonical::State;
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::BTreeMap;

/// One classifier.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeList {
    /// Stands in documents as codeListId; ours begin with X.
    pub id: String,
    /// Which edition of it this is.
    pub edition: String,
    /// Where its codes come from.
    pub origin: String,
    /// Which reference book of Board Decision No. 60 of 28.05.2024 it stands for, by its number there.
    pub decision60: Option<u8>,
    /// The first day this edition counts; none where nobody knows.
    from: Option<Date>,
    /// The last day it counts; none while it does, or where a later edition ends it.
    to: Option<Date>,
    /// Whether a code tells so much of a person that no finding may name one.
    #[serde(default, rename = "private")]
    is_private: bool,
    #[serde(skip)]
    file: String,
    /// What the list is called.
    #[serde(flatten)]
    pub name: Names,
    codes: BTreeMap<String, Code>,
}

/// One code of a classifier.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Code {
    /// What it is called.
    #[serde(flatten)]
    pub names: Names,
    /// In Armenian.
    pub hy: Option<String>,
    /// In Belarusian.
    pub be: Option<String>,
    /// In Kazakh.
    pub kk: Option<String>,
    /// In Kyrgyz.
    pub ky: Option<String>,
    /// The member state it belongs to; none where it is common to all.
    pub state: Option<State>,
    /// The rule of the Agreement it serves, such as `T14`.
    pub rule: Option<String>,
    /// The first day it counts; none where it always did.
    from: Option<Date>,
    /// The last day it counts; none while it does.
    to: Option<Date>,
    /// The code that stands in its place since.
    replaced_by: Option<String>,
}

/// All classifiers: the editions of each by its id, the oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CodeLists(BTreeMap<String, Vec<CodeList>>);

/// What a code is worth on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing<'l> {
    /// It counts.
    Valid,
    /// It will count from a day on.
    Early { from: Date },
    /// It has not counted since a day; what takes its place, where that is known and may be told.
    Expired { since: Date, replaced_by: Option<&'l str> },
    /// No edition knows it.
    Unknown,
}

impl CodeList {
    /// A list that is drawn from other data of the program.
    pub(super) fn drawn(id: &str, name: Names, codes: BTreeMap<String, Names>) -> Self {
        let (edition, origin) = ("1".to_owned(), "authored by the project".to_owned());
        let codes = codes.into_iter().map(|(code, names)| (code, Code::of(names))).collect();
        Self {
            id: id.to_owned(),
            edition,
            origin,
            decision60: None,
            from: None,
            to: None,
            is_private: false,
            file: String::new(),
            name,
            codes,
        }
    }

    /// The list in one file.
    pub(super) fn of_file(files: &SchemaFiles, file: &str) -> Result<Self, RulesError> {
        let text = files.text(file).unwrap_or_default();
        let list: Self = toml::from_str(text)
            .map_err(|source| RulesError::Parse { file: file.to_owned(), source: Box::new(source) })?;
        Ok(Self { file: file.to_owned(), ..list })
    }

    /// What is known of a code; none if the list does not know it.
    pub fn code(&self, code: &str) -> Option<&Code> {
        self.codes.get(code)
    }

    /// All its codes, each with what is known of it.
    pub fn codes(&self) -> impl Iterator<Item = (&str, &Code)> {
        self.codes.iter().map(|(code, known)| (code.as_str(), known))
    }

    fn unfit(&self, reason: String) -> RulesError {
        RulesError::Unfit { file: self.file.clone(), reason }
    }

    /// What stands in the place of a code, where that may be told.
    fn instead_of<'l>(&self, code: &'l Code) -> Option<&'l str> {
        code.replaced_by.as_deref().filter(|_| !self.is_private)
    }
}

impl Code {
    /// A code of which no more is known than what it is called.
    fn of(names: Names) -> Self {
        Self {
            names,
            hy: None,
            be: None,
            kk: None,
            ky: None,
            state: None,
            rule: None,
            from: None,
            to: None,
            replaced_by: None,
        }
    }

    /// What it is called in a language: in Russian where no name in that one is known.
    pub fn called(&self, language: Language) -> &str {
        let own = match language {
            Language::En => return &self.names.en,
            Language::Ru => None,
            Language::Kk => self.kk.as_deref(),
            Language::Ky => self.ky.as_deref(),
            Language::Hy => self.hy.as_deref(),
            Language::Be => self.be.as_deref(),
        };
        own.unwrap_or(&self.names.ru)
    }
}

impl CodeLists {
    /// A list by its id, in its latest edition.
    pub fn list(&self, id: &str) -> Option<&CodeList> {
        self.0.get(id)?.last()
    }

    /// The latest edition of each list, by its id.
    pub fn editions(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.values().flat_map(|all| all.last()).map(|list| (list.id.as_str(), list.edition.as_str()))
    }

    /// What a code of a list is worth on a day, or, where no day is known, whether any edition knows it.
    pub(super) fn standing<'l>(&'l self, id: &str, code: &str, day: Option<Date>) -> Standing<'l> {
        let editions = self.0.get(id).map(Vec::as_slice).unwrap_or_default();
        let known = || editions.iter().filter_map(|list| list.codes.get(code).map(|known| (list, known)));
        let Some(day) = day else {
            return if known().next().is_some() { Standing::Valid } else { Standing::Unknown };
        };
        let has_begun = |from: Option<Date>| from.is_none_or(|from| from <= day);
        let has_ended = |to: Option<Date>| to.is_some_and(|to| to < day);
        let counting = known().find(|(list, _)| has_begun(list.from) && !has_ended(list.to));
        let ended = || known().rfind(|(list, _)| has_ended(list.to));
        match counting.or_else(ended).or_else(|| known().next()) {
            None => Standing::Unknown,
            Some((list, code)) => match (list.from.max(code.from), earlier(list.to, code.to)) {
                (Some(from), _) if day < from => Standing::Early { from },
                (_, Some(to)) if to < day => Standing::Expired {
                    since: to.tomorrow().unwrap_or(to),
                    replaced_by: list.instead_of(code),
                },
                (_, _) => Standing::Valid,
            },
        }
    }

    /// The lists compiled into the program.
    ///
    /// # Errors
    /// Never for the files of this repository; a test reads them.
    pub fn built_in() -> Result<Self, RulesError> {
        Self::read(&SchemaFiles::built_in())
    }

    /// Reads every list. Several files may hold editions of one, each from its day on.
    pub(super) fn read(files: &SchemaFiles) -> Result<Self, RulesError> {
        let mut lists: BTreeMap<String, Vec<CodeList>> = BTreeMap::new();
        if files.text("facts/kinds.toml").is_some() {
            let drawn = FactCatalogue::read(files)?.lists();
            lists.extend(drawn.into_iter().map(|list| (list.id.clone(), vec![list])));
        }
        for (file, _) in files.ending_in(".toml").filter(|(file, _)| file.starts_with("codelists/")) {
            let list = CodeList::of_file(files, file)?;
            lists.entry(list.id.clone()).or_default().push(list);
        }
        for editions in lists.values_mut() {
            in_order(editions)?;
        }
        Ok(Self(lists))
    }
}

/// Puts the editions of a list in order, each up to the day before the next.
fn in_order(editions: &mut [CodeList]) -> Result<(), RulesError> {
    editions.sort_by_key(|list| list.from);
    let mut ends = Vec::new();
    for pair in editions.windows(2) {
        let [older, newer] = pair else { continue };
        let Some(from) = newer.from else {
            return Err(newer.unfit(format!("code list {} stands in two files", newer.id)));
        };
        if older.from == newer.from || older.to.is_some_and(|to| from <= to) {
            return Err(newer.unfit(format!("two editions of code list {} count on {from}", newer.id)));
        }
        ends.push(older.to.or_else(|| from.yesterday().ok()));
    }
    for (older, to) in editions.iter_mut().zip(ends) {
        older.to = to;
    }
    let is_known = |code: &String| editions.iter().any(|list| list.codes.contains_key(code));
    for list in editions.iter() {
        if is_reversed(list.from, list.to) {
            return Err(list.unfit("it ends before it begins".to_owned()));
        }
        for (code, known) in &list.codes {
            if is_reversed(known.from, known.to) {
                return Err(list.unfit(format!("code {code} ends before it begins")));
            }
            if let Some(other) = known.replaced_by.as_ref().filter(|other| !is_known(other)) {
                return Err(list.unfit(format!("code {code} is replaced by {other}, which no edition knows")));
            }
        }
    }
    Ok(())
}

fn is_reversed(from: Option<Date>, to: Option<Date>) -> bool {
    from.zip(to).is_some_and(|(from, to)| to < from)
}

/// The earlier of two last days, where none means that there is no end.
fn earlier(one: Option<Date>, other: Option<Date>) -> Option<Date> {
    one.into_iter().chain(other).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_name_their_codes_in_both_languages() {
        let lists = CodeLists::read(&SchemaFiles::built_in()).unwrap();
        let countries = lists.list("2021").unwrap();
        assert_eq!(countries.codes().count(), 249);
        assert_eq!(countries.code("KG").unwrap().names.ru, "Кыргызстан");
        assert!(countries.code("XX").is_none() && lists.list("2022").is_none());
        for list in lists.0.values().flatten() {
            let is_whole = |names: &Names| !names.ru.is_empty() && !names.en.is_empty();
            assert!(
                is_whole(&list.name) && list.codes().all(|(_, code)| is_whole(&code.names)),
                "{}",
                list.id
            );
            assert!(list.codes().all(|(code, _)| (1..=20).contains(&code.chars().count())), "{}", list.id);
        }
    }

    #[test]
    fn each_reference_book_of_decision_60_has_one_list() {
        let lists = CodeLists::built_in().unwrap();
        let mut books: Vec<u8> = lists.0.values().flatten().filter_map(|list| list.decision60).collect();
        books.sort_unstable();
        assert_eq!(books, (1..=13).collect::<Vec<u8>>());
    }

    #[test]
    fn a_code_is_called_as_the_state_calls_it_where_that_is_known() {
        let lists = CodeLists::built_in().unwrap();
        let kind = lists.list("XPT").unwrap().code("by-old-age").unwrap();
        assert_eq!(kind.state, Some(State::By));
        assert_eq!(kind.called(Language::Be), "працоўная пенсія па ўзросце");
        assert_eq!(kind.called(Language::Kk), kind.names.ru, "the language of another state");
        assert_eq!(kind.called(Language::En), kind.names.en);
    }

    #[test]
    fn every_identifier_kind_and_state_we_know_is_in_its_list() {
        use crate::exchange::canonical::IdentifierKind;
        let lists = CodeLists::read(&SchemaFiles::built_in()).unwrap();
        let kinds = [
            IdentifierKind::Snils,
            IdentifierKind::Iin,
            IdentifierKind::ByNumber,
            IdentifierKind::Pin,
            IdentifierKind::Psn,
        ];
        assert!(kinds.iter().all(|kind| lists.list("XIK").unwrap().code(kind.as_code()).is_some()));
        assert!(State::ALL.iter().all(|state| lists.list("2021").unwrap().code(state.as_code()).is_some()));
    }

    const OLD: &str = r#"
        id = "XTT"
        edition = "1"
        origin = "a test"
        to = "2026-06-30"
        ru = "Список"
        en = "List"
        [codes]
        first = { ru = "Первый", en = "First", replaced_by = "second" }
        second = { ru = "Второй", en = "Second", to = "2025-12-31" }
    "#;
    const NEW: &str = r#"
        id = "XTT"
        edition = "2"
        origin = "a test"
        from = "2026-07-01"
        ru = "Список"
        en = "List"
        [codes]
        second = { ru = "Второй", en = "Second" }
        third = { ru = "Третий", en = "Third", from = "2027-01-01" }
    "#;

    fn with(files: &[(&str, &str)]) -> Result<CodeLists, RulesError> {
        let with = |all: SchemaFiles, (path, text): &(&str, &str)| all.with(path, text);
        CodeLists::read(&files.iter().fold(SchemaFiles::built_in(), with))
    }

    #[test]
    fn a_code_counts_in_the_edition_of_the_day() {
        // the newer one stands in the first file: the order of files means nothing
        for old in [OLD.to_owned(), OLD.replace("to = \"2026-06-30\"", "")] {
            let lists = with(&[("codelists/a.toml", NEW), ("codelists/b.toml", &old)]).unwrap();
            let on = |code, day: &str| lists.standing("XTT", code, Some(day.parse().unwrap()));
            let expired =
                |since: &str, replaced_by| Standing::Expired { since: since.parse().unwrap(), replaced_by };
            assert_eq!(on("first", "2026-06-30"), Standing::Valid);
            assert_eq!(on("first", "2026-07-01"), expired("2026-07-01", Some("second")));
            assert_eq!(on("second", "2025-12-31"), Standing::Valid);
            assert_eq!(on("second", "2026-01-01"), expired("2026-01-01", None));
            assert_eq!(on("second", "2026-07-01"), Standing::Valid);
            assert_eq!(on("third", "2026-06-30"), Standing::Early { from: "2027-01-01".parse().unwrap() });
            assert_eq!(on("third", "2026-12-31"), Standing::Early { from: "2027-01-01".parse().unwrap() });
            assert_eq!(on("third", "2027-01-01"), Standing::Valid);
            assert_eq!(on("fourth", "2027-01-01"), Standing::Unknown);
            assert_eq!(lists.standing("XTT", "first", None), Standing::Valid);
            assert_eq!(lists.standing("XTU", "first", None), Standing::Unknown);
            assert_eq!(lists.list("XTT").unwrap().edition, "2");
        }
    }

    #[test]
    fn a_list_that_is_over_has_no_code_that_counts() {
        let lists = with(&[("codelists/b.toml", &OLD.replace("2025-12-31", "2026-05-31"))]).unwrap();
        let on = |code, day: &str| lists.standing("XTT", code, Some(day.parse().unwrap()));
        let since = |day: &str, replaced_by| Standing::Expired { since: day.parse().unwrap(), replaced_by };
        assert_eq!(on("first", "2030-01-01"), since("2026-07-01", Some("second")));
        assert_eq!(on("second", "2030-01-01"), since("2026-06-01", None));
    }

    #[test]
    fn what_a_private_code_became_is_not_told() {
        let private = OLD.replace("origin", "private = true\norigin");
        let lists = with(&[("codelists/b.toml", &private)]).unwrap();
        let day = Some("2030-01-01".parse().unwrap());
        let Standing::Expired { replaced_by, .. } = lists.standing("XTT", "first", day) else { panic!() };
        assert_eq!(replaced_by, None);
    }

    #[test]
    fn editions_that_do_not_follow_each_other_are_refused_with_their_file() {
        let told = |old: &str, new: &str| {
            with(&[("codelists/a.toml", old), ("codelists/b.toml", new)]).unwrap_err().to_string()
        };
        let b = |reason: &str| format!("use schema file codelists/b.toml: {reason}");
        let a = |reason: &str| format!("use schema file codelists/a.toml: {reason}");
        let cases = [
            (OLD.to_owned(), OLD.to_owned(), b("code list XTT stands in two files")),
            (
                OLD.to_owned(),
                NEW.replace("2026-07-01", "2026-06-30"),
                b("two editions of code list XTT count on 2026-06-30"),
            ),
            (
                OLD.replace("\"second\"", "\"fifth\""),
                NEW.to_owned(),
                a("code first is replaced by fifth, which no edition knows"),
            ),
            (
                OLD.to_owned(),
                NEW.replace("from = \"2027-01-01\"", "from = \"2027-01-01\", to = \"2026-12-31\""),
                b("code third ends before it begins"),
            ),
            (
                OLD.to_owned(),
                NEW.replacen("from =", "to = \"2026-06-30\"\nfrom =", 1),
                b("it ends before it begins"),
            ),
        ];
        for (old, new, reason) in cases {
            assert_eq!(told(&old, &new), reason);
        }
    }
}
