//! Skills that a text names: a vacancy tells in words what its codes leave out.

use super::tables::Tables;
use super::words::{plain_words, stem};
use crate::exchange::canonical::Coded;
use crate::exchange::canonical::job::{Skill, Vacancy};
use std::borrow::Cow;
use std::collections::HashMap;

/// Names, found in a text by the beginnings of their words, so that another case of a word is the same word. A name of one
/// word is found only as it is.
#[derive(Debug, Default)]
pub struct Names {
    /// By the beginning of its first word, the longest first.
    by_first: HashMap<String, Vec<Name>>,
}

#[derive(Debug)]
struct Name {
    words: Vec<String>,
    code: Coded,
}

impl Names {
    /// Names with what they name.
    pub fn of<'n>(names: impl Iterator<Item = (&'n str, Coded)>) -> Self {
        let mut by_first: HashMap<String, Vec<Name>> = HashMap::new();
        for (name, code) in names {
            let mut words = plain_words(name);
            if words.len() > 1 {
                words = words.iter().map(|word| stem(word)).collect();
            }
            let Some(first) = words.first() else { continue };
            by_first.entry(stem(first)).or_default().push(Name { words, code });
        }
        for names in by_first.values_mut() {
            names.sort_by(|a, b| b.words.len().cmp(&a.words.len()).then_with(|| a.words.cmp(&b.words)));
        }
        Self { by_first }
    }

    /// What a text names, each once, in the order of the text. Where one name holds another, the longer one counts.
    pub fn find(&self, text: &str) -> Vec<Coded> {
        let words = plain_words(text);
        let stems: Vec<String> = words.iter().map(|word| stem(word)).collect();
        let mut found: Vec<Coded> = Vec::new();
        let mut at = 0;
        while let (Some(first), Some(word)) = (stems.get(at), words.get(at)) {
            let is_here = |name: &&Name| match name.words.as_slice() {
                [one] => one == word,
                several => stems.get(at..).is_some_and(|rest| rest.starts_with(several)),
            };
            match self.by_first.get(first).into_iter().flatten().find(is_here) {
                Some(name) => {
                    if !found.contains(&name.code) {
                        found.push(name.code.clone());
                    }
                    at += name.words.len();
                }
                None => at += 1,
            }
        }
        found
    }
}

/// The vacancy with the skills that its text names beside those that it has codes for: nobody says that those are demanded.
pub fn with_named_skills<'v>(vacancy: &'v Vacancy, tables: &dyn Tables) -> Cow<'v, Vacancy> {
    let Some(text) = vacancy.description.as_ref() else { return Cow::Borrowed(vacancy) };
    let is_told = |code: &Coded| vacancy.skills.iter().any(|skill| skill.code.as_ref() == Some(code));
    let more: Vec<Coded> =
        tables.named_skills(text.as_str()).into_iter().filter(|code| !is_told(code)).collect();
    if more.is_empty() {
        return Cow::Borrowed(vacancy);
    }
    let mut vacancy = vacancy.clone();
    vacancy.skills.extend(more.into_iter().map(|code| Skill {
        code: Some(code),
        name: None,
        is_required: false,
    }));
    Cow::Owned(vacancy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_in_another_case_and_the_longer_one_counts() {
        let code = |code: &str| code.parse::<Coded>().unwrap();
        let names =
            [("ручная дуговая сварка", "X1"), ("дуговая сварка", "X2"), ("пайка", "X3"), ("1С", "X4")];
        let names = Names::of(names.into_iter().map(|(name, of)| (name, code(of))));
        let found = names.find("Опыт ручной дуговой сварки; дуговая сварка, пайка. Знание 1С, пайка");
        assert_eq!(found, ["X1", "X2", "X3", "X4"].map(code));
        assert_eq!(names.find("пайки и сварки, дуговой"), []);
        assert_eq!(names.find(""), []);
    }
}
