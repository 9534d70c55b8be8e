//! The check of a document before it is signed and after it is verified.

use super::structure::StructureSchema;
use super::vocabulary::Vocabulary;
use super::{CodeLists, MessageKind, RulesError, SchemaFiles, StructureRules};
use crate::base::{Finding, Findings, Limits};
use crate::exchange::document::Element;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The rules of all messages: schemas, code lists, fill rules. A copy is cheap and shares them.
#[derive(Debug, Clone)]
pub struct Rules {
    limits: Limits,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    lists: CodeLists,
    structures: Vec<(StructureRules, StructureSchema)>,
    vocabulary: Vocabulary,
}

/// A document that its message's rules accept. Only [`Rules::check`] makes one:
///
/// ```compile_fail
/// # use stazh::exchange::rules::ValidDocument;
/// # fn not_checked(document: Vec<u8>) {
/// let valid = ValidDocument { bytes: document, warnings: Vec::new() };
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ValidDocument {
    bytes: Vec<u8>,
    warnings: Findings,
}

impl ValidDocument {
    /// Its canonical bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What does not refuse it, and what a person should look at.
    pub fn warnings(&self) -> &[Finding] {
        &self.warnings
    }
}

impl std::fmt::Debug for ValidDocument {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ValidDocument({} bytes, {} warnings)", self.bytes.len(), self.warnings.len())
    }
}

/// The most findings of one kind of control that are told; a document with more is broken as a whole.
pub(super) const FINDINGS_MAX: usize = 500;

impl Rules {
    /// The rules compiled into the program, for documents within `limits`.
    ///
    /// # Errors
    /// Never for the files of this repository; a test reads them.
    pub fn built_in(limits: Limits) -> Result<Self, RulesError> {
        Self::of(&SchemaFiles::built_in(), limits)
    }

    /// The rules in these files.
    ///
    /// # Errors
    /// A list or rule file that cannot be understood, a schema that does not compile, a name that leads nowhere.
    pub fn of(files: &SchemaFiles, limits: Limits) -> Result<Self, RulesError> {
        let lists = CodeLists::read(files)?;
        let all = StructureRules::read_all(files, &lists)?;
        let schemas = all
            .iter()
            .map(|rules| {
                // What stands in a container may be of any other structure.
                let held = all.iter().filter(|held| rules.container && !held.container);
                StructureSchema::compile(files, &rules.schema, held.map(|held| held.schema.as_str()))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let structures = all.into_iter().zip(schemas).collect();
        let vocabulary = Vocabulary::of(files);
        Ok(Self { limits, shared: Arc::new(Shared { lists, structures, vocabulary }) })
    }

    /// The code lists, for whoever shows a code to a person.
    pub fn lists(&self) -> &CodeLists {
        &self.shared.lists
    }

    /// The rules of a structure, for whoever shows a finding to a person.
    pub fn of_structure(&self, code: &str) -> Option<&StructureRules> {
        self.shared.structures.iter().map(|(rules, _)| rules).find(|rules| rules.structure == code)
    }

    /// The version of each structure's rules and the edition of each code list, by their codes: by what a document was
    /// judged.
    pub fn versions(&self) -> BTreeMap<&str, &str> {
        let structures = self.shared.structures.iter().map(|(rules, _)| rules);
        let structures = structures.map(|rules| (rules.structure.as_str(), rules.version.as_str()));
        structures.chain(self.shared.lists.editions()).collect()
    }

    /// What a numbered rule such as `R.006/4` demands, in Russian; none if no rule has this name.
    pub fn text_of(&self, rule: &str) -> Option<&str> {
        let (structure, number) = rule.rsplit_once('/')?;
        let rule = self.of_structure(structure)?.rule(number.parse().ok()?)?;
        Some(&rule.text.ru)
    }

    /// Checks a document of ours by all rules of its message. A container is refused: see [`Rules::check_holding`].
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn check(&self, document: &[u8], message: &MessageKind) -> Result<ValidDocument, Findings> {
        self.check_holding(document, message, &[])
    }

    /// The same, where a container may hold documents of the structures `allowed`, such as `R.XP.XP.01.002`.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn check_holding(
        &self,
        document: &[u8],
        message: &MessageKind,
        allowed: &[String],
    ) -> Result<ValidDocument, Findings> {
        let root = self.parse(document)?;
        let mut findings = self.structure_of(document, &root);
        findings.extend(self.content_of(&root, message, allowed));
        if findings.iter().any(Finding::is_error) {
            Err(findings)
        } else {
            Ok(ValidDocument { bytes: document.to_vec(), warnings: findings })
        }
    }

    /// Structural control: is it a document of a known structure, whole and in order.
    pub fn structure(&self, document: &[u8]) -> Findings {
        match self.parse(document) {
            Ok(root) => self.structure_of(document, &root),
            Err(findings) => findings,
        }
    }

    /// Format-logical control: do document and envelope say the same, are codes known and fields filled. A container
    /// is refused: see [`Rules::content_holding`].
    pub fn content(&self, document: &[u8], message: &MessageKind) -> Findings {
        self.content_holding(document, message, &[])
    }

    /// The same, where a container may hold documents of the structures `allowed`, such as `R.XP.XP.01.002`. The
    /// header of each names the message of the container, as the container's own does.
    pub fn content_holding(&self, document: &[u8], message: &MessageKind, allowed: &[String]) -> Findings {
        match self.parse(document) {
            Ok(root) => self.content_of(&root, message, allowed),
            Err(findings) => findings,
        }
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The rules of the structure that has this root element.
    pub(super) fn rules_of(&self, root: &Element) -> Option<&StructureRules> {
        let mut all = self.shared.structures.iter().map(|(rules, _)| rules);
        all.find(|rules| root.is(&rules.namespace, &rules.root))
    }

    fn parse(&self, document: &[u8]) -> Result<Element, Findings> {
        Element::parse(document, &self.limits)
            .map_err(|error| vec![Finding::error(error.code(), "/", "XML 1.0", "", error.to_string())])
    }

    fn structure_of(&self, document: &[u8], root: &Element) -> Findings {
        let known = self.shared.structures.iter().find(|(rules, _)| root.is(&rules.namespace, &rules.root));
        let Some((rules, schema)) = known else {
            let text =
                "no known structure has this root element; send a structure and version the catalogue names";
            return vec![Finding::error("rules.root", "/", "known structures", &root.local, text)];
        };
        let mut findings = schema.validate(document, root, &self.limits, &self.shared.vocabulary);
        if rules.container {
            // What no schema defines is told by the schema's finding.
            let mut held = Findings::new();
            self.shown(&mut held, self.structure_of_held(root));
            held.retain(|finding| !findings.iter().any(|told| told.path == finding.path));
            findings.append(&mut held);
        }
        findings
    }

    fn content_of(&self, root: &Element, message: &MessageKind, allowed: &[String]) -> Findings {
        let shared = &self.shared;
        if !root.is(&message.namespace, &message.root) {
            let text = "the root element is not that of the message; send the structure and version the catalogue names";
            return vec![Finding::error("rules.root", "/", "message structure", &root.local, text)];
        }
        let Some(rules) = self.of_structure(&message.structure) else {
            let text = "the structure of this message has no rule file; add one to schemas";
            return vec![Finding::error("rules.no_rules", "/", message.structure.as_str(), "", text)];
        };
        let mut findings = Findings::new();
        self.shown(&mut findings, rules.judge(root, message, &shared.lists));
        if rules.container {
            self.shown(&mut findings, self.content_of_held(root, message, allowed));
        }
        findings
    }

    /// Adds findings, with only known names in their paths.
    fn shown(&self, findings: &mut Findings, more: Findings) {
        let path = |finding: &Finding| self.shared.vocabulary.path(&finding.path);
        findings.extend(more.into_iter().map(|finding| Finding { path: path(&finding), ..finding }));
    }
}
