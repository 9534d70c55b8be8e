//! Findings: everything that is wrong with a document or a record, each with its place and its rule.
//!
//! A finding never carries the offending value, only its class ("11 digits", "empty"), since values
//! are a person's data and findings travel to logs and peers.

use serde::{Deserialize, Serialize};

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The document or record is refused.
    Error,
    /// It is accepted, and a person should look.
    Warning,
}

/// One thing that is wrong, where, and by which rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// How much it weighs.
    pub severity: Severity,
    /// Stable dotted code, such as `canonical.date_reversed` or `rules.structure`.
    pub code: String,
    /// Where: an XPath-like path, or `file:line` with the column's name.
    pub path: String,
    /// The rule that is violated: a schema facet, a fill-rule number, a paragraph.
    pub rule: String,
    /// The class of the value found, never the value.
    pub value_class: String,
    /// A sentence fragment for a person: what is wrong and what to do.
    pub message: String,
}

/// All findings of one document or record, never only the first.
pub type Findings = Vec<Finding>;

impl Finding {
    /// A finding that refuses what it was found in.
    pub fn error(
        code: impl Into<String>,
        path: impl Into<String>,
        rule: impl Into<String>,
        value: &str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Error,
            code: code.into(),
            path: path.into(),
            rule: rule.into(),
            value_class: class_of(value),
            message: message.into(),
        }
    }

    /// The same, as a warning.
    pub fn as_warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// Whether this finding refuses the document.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}: {} ({}; rule {}; found {})",
            self.path, self.message, self.code, self.rule, self.value_class
        )
    }
}

/// Names the class of a value without showing it: `empty`, `12 digits`, `10 characters with letters`.
fn class_of(value: &str) -> String {
    let count = value.chars().count();
    if count == 0 {
        return "empty".to_owned();
    }
    let kind = if value.chars().all(|c| c.is_ascii_digit()) {
        "digits"
    } else if value.chars().all(char::is_alphabetic) {
        "letters"
    } else if value.chars().all(char::is_whitespace) {
        "blanks"
    } else {
        "mixed characters"
    };
    format!("{count} {kind}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_names_the_class_and_never_the_value() {
        let finding = Finding::error("x", "/a", "r", "850315300018", "wrong check digit");
        assert_eq!(finding.value_class, "12 digits");
        assert!(!finding.to_string().contains("850315300018"));
        assert_eq!(class_of(""), "empty");
        assert_eq!(class_of("2020-01-01"), "10 mixed characters");
    }
}
