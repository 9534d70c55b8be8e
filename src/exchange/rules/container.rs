//! What stands in a container (R.010): whole documents, each judged by the rules of its own structure.

use super::MessageKind;
use super::StructureRules;
use super::check::{FINDINGS_MAX, Rules};
use crate::base::{Finding, Findings};
use crate::exchange::document::Element;

/// A document in a container, where it stands, and the rules of its structure, if it is one that may be held.
struct Held<'r, 'e> {
    document: &'e Element<'e>,
    path: String,
    rules: Option<&'r StructureRules>,
}

impl Rules {
    /// What is wrong with the container's parts as a whole: too many, or no documents of a known structure. The
    /// schema of `xs:any` is content with any element that some schema defines.
    pub(super) fn structure_of_held(&self, root: &Element) -> Findings {
        let mut findings = Findings::new();
        let held = self.held_in(root);
        let limit = self.limits().container_documents_max;
        if held.len() > limit {
            let message = "more documents than a container may hold; make several containers";
            let path = format!("/{}", root.local);
            findings.push(Finding::error(
                "rules.held_count",
                path,
                format!("1–{limit} documents"),
                "",
                message,
            ));
        }
        let strangers = held.into_iter().filter(|held| held.rules.is_none()).take(FINDINGS_MAX);
        findings.extend(strangers.map(|held| {
            let message = "no structure that may be held has this root element; send a structure and version the catalogue names";
            Finding::error("rules.held_root", held.path, "known structures", &held.document.local, message)
        }));
        findings
    }

    /// What the fill rules find in the documents held, of which each must be of one of the structures `allowed`.
    pub(super) fn content_of_held(
        &self,
        root: &Element,
        message: &MessageKind,
        allowed: &[String],
    ) -> Findings {
        let mut kept = Kept::default();
        for Held { document, path, rules } in self.held_in(root) {
            let Some(rules) = rules.filter(|rules| allowed.contains(&rules.structure)) else {
                let text = if allowed.is_empty() {
                    "this message may hold no document; send another message".to_owned()
                } else {
                    format!("this message may not hold the document; send one of {}", allowed.join(", "))
                };
                kept.keep(Finding::error(
                    "rules.held",
                    path,
                    "structures of the message",
                    &document.local,
                    text,
                ));
                continue;
            };
            for finding in rules.judge(document, message, self.lists()) {
                let below = finding.path.strip_prefix('/').and_then(|rest| rest.split_once('/'));
                let inner = below.map_or(String::new(), |(_, rest)| format!("/{rest}"));
                kept.keep(Finding { path: format!("{path}{inner}"), ..finding });
            }
        }
        kept.findings
    }

    /// The documents in a container: all that follows its header.
    fn held_in<'r, 'e>(&'r self, root: &'e Element<'e>) -> Vec<Held<'r, 'e>> {
        let mut all = Vec::new();
        let mut is_first = true;
        root.visit_children(&mut |path, document| {
            let is_header = std::mem::take(&mut is_first) && document.local == "EDocHeader";
            if !is_header {
                let rules = self.rules_of(document).filter(|rules| !rules.container);
                all.push(Held { document, path: path.to_owned(), rules });
            }
        });
        all
    }
}

/// The first findings of each weight: an error is told however many warnings stand before it.
#[derive(Default)]
struct Kept {
    findings: Findings,
    errors: usize,
    warnings: usize,
}

impl Kept {
    fn keep(&mut self, finding: Finding) {
        let alike = if finding.is_error() { &mut self.errors } else { &mut self.warnings };
        if *alike < FINDINGS_MAX {
            *alike += 1;
            self.findings.push(finding);
        }
    }
}
