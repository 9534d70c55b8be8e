//! The names our schemas know: only these are shown, since a stranger may hide a value in the name of an element.

use super::SchemaFiles;
use crate::base::Limits;
use crate::exchange::document::Element;
use std::collections::HashSet;

/// Names of elements and attributes that some schema defines.
#[derive(Debug)]
pub(super) struct Vocabulary(HashSet<String>);

impl Vocabulary {
    /// The names in all schemas; one that is not XML has failed to compile before.
    pub(super) fn of(files: &SchemaFiles) -> Self {
        let mut names = HashSet::new();
        for (_, text) in files.ending_in(".xsd") {
            let Ok(root) = Element::parse(text.as_bytes(), &Limits::default()) else { continue };
            root.visit(&mut |_, element| {
                if matches!(element.local.as_ref(), "element" | "attribute")
                    && let Some(name) = element.attribute("name")
                {
                    names.insert(name.to_owned());
                }
            });
        }
        Self(names)
    }

    /// The name, or `*` for one that no schema knows.
    pub(super) fn name<'n>(&self, name: &'n str) -> &'n str {
        if self.0.contains(name) { name } else { "*" }
    }

    /// A path with only known names in it.
    pub(super) fn path(&self, path: &str) -> String {
        let step = |step: &str| {
            let name_end = step.find('[').unwrap_or(step.len());
            let (name, place) = step.split_at_checked(name_end).unwrap_or((step, ""));
            let (mark, name) = name.strip_prefix('@').map_or(("", name), |name| ("@", name));
            let name = if name.is_empty() { name } else { self.name(name) };
            format!("{mark}{name}{place}")
        };
        path.split('/').map(step).collect::<Vec<_>>().join("/")
    }
}
