//! Titles, labels and words of forms: `schemas/forms/labels.toml`.

use crate::base::{Language, Texts};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// All that is written on a form beside its document.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Labels {
    titles: BTreeMap<String, Texts>,
    elements: BTreeMap<String, Texts>,
    attributes: BTreeMap<String, Texts>,
    languages: BTreeMap<String, Texts>,
    pub(super) words: Words,
}

/// The form's own words.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    pub(super) page: Texts,
    pub(super) of: Texts,
    pub(super) document: Texts,
    pub(super) made: Texts,
    pub(super) from: Texts,
    pub(super) to: Texts,
    pub(super) conversation: Texts,
    pub(super) case: Texts,
    pub(super) sealed: Texts,
    pub(super) is_sealed: Texts,
    pub(super) is_not_sealed: Texts,
    pub(super) foot_sealed: Texts,
    pub(super) foot_bare: Texts,
    pub(super) stamp: Texts,
    pub(super) number: Texts,
    pub(super) file: Texts,
    pub(super) bytes: Texts,
    pub(super) nothing: Texts,
    pub(super) yes: Texts,
    pub(super) no: Texts,
}

impl Labels {
    /// The label of an element; its bare name where there is none.
    pub(super) fn element<'a>(&'a self, local: &'a str, language: Language) -> &'a str {
        self.elements.get(local).map_or(local, |texts| texts.of(language))
    }

    /// The title of a structure, by its root.
    pub(super) fn title<'a>(&'a self, root: &'a str, language: Language) -> &'a str {
        self.titles.get(root).map_or(root, |texts| texts.of(language))
    }

    /// The label of an attribute.
    pub(super) fn attribute<'a>(&'a self, name: &'a str, language: Language) -> &'a str {
        self.attributes.get(name).map_or(name, |texts| texts.of(language))
    }

    /// What a language is called.
    pub(super) fn language<'a>(&'a self, code: &'a str, language: Language) -> &'a str {
        self.languages.get(code).map_or(code, |texts| texts.of(language))
    }
}

#[expect(clippy::expect_used, reason = "the labels are compiled in, and a test reads them")]
pub(super) static LABELS: LazyLock<Labels> = LazyLock::new(|| {
    toml::from_str(include_str!("../../schemas/forms/labels.toml")).expect("the labels are readable")
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Limits;
    use crate::exchange::document::Element;
    use crate::exchange::rules::SchemaFiles;

    /// Structures and elements that the schemas of documents define.
    fn defined() -> (Vec<String>, Vec<String>) {
        let (mut titles, mut elements) = (Vec::new(), Vec::new());
        let files = SchemaFiles::built_in();
        let is_of_documents = |path: &str| {
            let folder = path.split('/').next().unwrap_or_default();
            path.ends_with(".xsd") && !["seal", "envelope"].contains(&folder)
        };
        for (path, text) in files.all().filter(|(path, _)| is_of_documents(path)) {
            let is_structure = path.contains("_R_");
            let root = Element::parse(text.as_bytes(), &Limits::default()).unwrap();
            let top: Vec<&Element> = root.children.iter().collect();
            root.visit(&mut |_, element| {
                let Some(name) = element.attribute("name").filter(|_| element.local == "element") else {
                    return;
                };
                let is_root = is_structure && top.iter().any(|one| std::ptr::eq(*one, element));
                if is_root { &mut titles } else { &mut elements }.push(name.to_owned());
            });
        }
        (titles, elements)
    }

    #[test]
    fn every_element_of_every_structure_has_a_label_in_both_languages() {
        let (titles, elements) = defined();
        assert!(titles.len() >= 8 && elements.len() > 90, "the schemas are not found any more");
        let lacks = |known: &BTreeMap<String, Texts>, names: Vec<String>| -> Vec<String> {
            names.into_iter().filter(|name| !known.contains_key(name)).collect()
        };
        let missing = (lacks(&LABELS.titles, titles), lacks(&LABELS.elements, elements));
        assert_eq!(missing, (vec![], vec![]), "put titles and labels into schemas/forms/labels.toml");
    }

    #[test]
    fn no_label_is_blank_and_russian_is_russian() {
        let all = [&LABELS.titles, &LABELS.elements, &LABELS.attributes, &LABELS.languages];
        for (name, texts) in all.into_iter().flatten() {
            let (ru, en) = (texts.of(Language::Ru), texts.of(Language::En));
            assert!(ru.chars().any(|c| ('а'..='я').contains(&c)), "{name}: {ru}");
            assert!(en.is_ascii() && !en.trim().is_empty(), "{name}: {en}");
        }
    }
}
