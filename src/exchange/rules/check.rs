//! The check of a document before it is signed and after it is verified.

use super::plain::PlainSchema;
use super::plain_schema::Declared;
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
    structures: Vec<Structure>,
    vocabulary: Vocabulary,
}

/// A structure that is known.
#[derive(Debug)]
struct Structure {
    rules: StructureRules,
    schema: StructureSchema,
    /// What is plainly in order; none where its schema says more than can be told so.
    plain: Option<PlainSchema>,
}

/// A document that was read.
struct Parsed<'d> {
    root: Element<'d>,
    /// Whether it has attributes that the tree does not keep.
    has_foreign: bool,
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
        let declared = Declared::of(files);
        let structure = |(rules, schema): (StructureRules, StructureSchema)| {
            let declared = declared.as_ref().filter(|_| !rules.container);
            let plain = declared.and_then(|all| PlainSchema::compile(all, &rules.namespace, &rules.root));
            Structure { plain, rules, schema }
        };
        let structures = all.into_iter().zip(schemas).map(structure).collect();
        let vocabulary = Vocabulary::of(files);
        Ok(Self { limits, shared: Arc::new(Shared { lists, structures, vocabulary }) })
    }

    /// The code lists, for whoever shows a code to a person.
    pub fn lists(&self) -> &CodeLists {
        &self.shared.lists
    }

    /// The rules of a structure, for whoever shows a finding to a person.
    pub fn of_structure(&self, code: &str) -> Option<&StructureRules> {
        self.shared.structures.iter().map(|one| &one.rules).find(|rules| rules.structure == code)
    }

    /// The version of each structure's rules and the edition of each code list, by their codes: by what a document was
    /// judged.
    pub fn versions(&self) -> BTreeMap<&str, &str> {
        let structures = self.shared.structures.iter().map(|one| &one.rules);
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
        let parsed = self.parse(document)?;
        let mut findings = self.structure_of(document, &parsed);
        findings.extend(self.content_of(&parsed.root, message, allowed));
        if findings.iter().any(Finding::is_error) {
            Err(findings)
        } else {
            Ok(ValidDocument { bytes: document.to_vec(), warnings: findings })
        }
    }

    /// Structural control: is it a document of a known structure, whole and in order.
    pub fn structure(&self, document: &[u8]) -> Findings {
        match self.parse(document) {
            Ok(parsed) => self.structure_of(document, &parsed),
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
            Ok(parsed) => self.content_of(&parsed.root, message, allowed),
            Err(findings) => findings,
        }
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The rules of the structure that has this root element.
    pub(super) fn rules_of(&self, root: &Element) -> Option<&StructureRules> {
        let mut all = self.shared.structures.iter().map(|one| &one.rules);
        all.find(|rules| root.is(&rules.namespace, &rules.root))
    }

    fn parse<'d>(&self, document: &'d [u8]) -> Result<Parsed<'d>, Findings> {
        Element::parse_noting(document, &self.limits)
            .map(|(root, has_foreign)| Parsed { root, has_foreign })
            .map_err(|error| vec![Finding::error(error.code(), "/", "XML 1.0", "", error.to_string())])
    }

    fn structure_of(&self, document: &[u8], Parsed { root, has_foreign }: &Parsed<'_>) -> Findings {
        let known = self.shared.structures.iter().find(|one| root.is(&one.rules.namespace, &one.rules.root));
        let Some(Structure { rules, schema, plain }) = known else {
            let text =
                "no known structure has this root element; send a structure and version the catalogue names";
            return vec![Finding::error("rules.root", "/", "known structures", &root.local, text)];
        };
        if !has_foreign && plain.as_ref().is_some_and(|plain| plain.accepts(root)) {
            return Findings::new();
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_structure_but_the_container_and_the_facts_can_be_told_to_be_plainly_in_order() {
        let rules = Rules::built_in(Limits::default()).unwrap();
        // a fact has one of several values, which is not known there: the processor judges it
        let has_choice = ["R.XP.XP.06.002", "R.XP.XP.06.003"];
        for one in &rules.shared.structures {
            let of = one.rules.structure.as_str();
            assert_eq!(one.plain.is_some(), !one.rules.container && !has_choice.contains(&of), "{of}");
        }
    }

    /// Leaves of a document replaced, dropped, repeated, given other attributes, one at a time.
    fn mutants(document: &str) -> Vec<String> {
        let values = [
            "",
            "  ",
            " x ",
            "0",
            "-1.23456",
            "12345678901234567890.1234",
            "123456789012345678901.12345",
            "2020-02-30",
            "2020-02-29Z",
            "02020-01-01",
            "2020-13",
            "2020-12+06:00",
            "2020-01-01T25:00:00",
            "KZ",
            "kz",
            "XQJ",
            "2020-01-01",
            "2020-01",
            "2020-01-01T23:59:59Z",
            "2020-01-01T23:59:59.25-14:00",
            "2020-01-01T23:59:59+14:01",
            "QUI=",
            "QR==",
            "1.5",
            "a  b",
            "QUJD",
        ];
        let long = "ж".repeat(301);
        let leaf = regex::Regex::new(r"<([^ <>/]+)([^<>]*)>([^<]*)</[^<>]+>").unwrap();
        let attribute = regex::Regex::new(r#" ([a-zA-Z]+)="([^"]*)""#).unwrap();
        let mut all = Vec::new();
        for found in leaf.captures_iter(document) {
            let whole = found.get(0).unwrap();
            let (name, attributes, text) = (&found[1], &found[2], &found[3]);
            let mut put = |with: String| {
                all.push(format!("{}{with}{}", &document[..whole.start()], &document[whole.end()..]));
            };
            put(String::new());
            put(whole.as_str().repeat(2));
            put(format!("<{name}{attributes}>{text}<b/></{name}>"));
            put(format!("{}<c xmlns=\"urn:c\"/>", whole.as_str()));
            put(format!("{} words ", whole.as_str()));
            put(format!("<{name}{attributes} other=\"1\">{text}</{name}>"));
            let nil = "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:nil=\"true\"";
            put(format!("<{name}{attributes} {nil}>{text}</{name}>"));
            for value in values.iter().copied().chain([long.as_str()]) {
                put(format!("<{name}{attributes}>{value}</{name}>"));
                for one in attribute.captures_iter(attributes).filter(|one| !one[1].starts_with("xmlns")) {
                    let changed = attributes.replacen(&one[0], &format!(" {}=\"{value}\"", &one[1]), 1);
                    put(format!("<{name}{changed}>{text}</{name}>"));
                    put(format!("<{name}{}>{text}</{name}>", attributes.replacen(&one[0], "", 1)));
                }
            }
        }
        all
    }

    /// A sound document need not be shown to the schema processor, which takes several times as long.
    #[test]
    fn every_sound_document_is_plainly_in_order() {
        let rules = Rules::built_in(Limits::default()).unwrap();
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/documents");
        let mut told = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let Ok(document) = std::fs::read(&path) else { continue };
            let Parsed { root, has_foreign } = rules.parse(&document).unwrap();
            let mut all = rules.shared.structures.iter();
            let known = all.find(|one| root.is(&one.rules.namespace, &one.rules.root)).unwrap();
            if let Some(plain) = &known.plain {
                assert!(!has_foreign && plain.accepts(&root), "{}", path.display());
                told += 1;
            }
        }
        assert!(told > 30, "{told}");
    }

    #[test]
    fn what_is_plainly_in_order_is_so_for_the_schema_processor_too() {
        are_so_for_the_processor(include_str!("../../../fixtures/case-kz-to-ru/3-document.xml"));
        are_so_for_the_processor(include_str!("../../../fixtures/documents/case-pension-claim.xml"));
    }

    #[test]
    fn what_is_plainly_in_order_with_a_copy_is_so_for_the_schema_processor_too() {
        are_so_for_the_processor(include_str!("../../../fixtures/documents/insurance-record-copies.xml"));
    }

    fn are_so_for_the_processor(document: &str) {
        let rules = Rules::built_in(Limits::default()).unwrap();
        let (mut accepted, all) = (0, mutants(document));
        for mutant in all.iter().map(String::as_str).chain([document]) {
            let Ok(Parsed { root, has_foreign }) = rules.parse(mutant.as_bytes()) else { continue };
            let known =
                rules.shared.structures.iter().find(|one| root.is(&one.rules.namespace, &one.rules.root));
            let Structure { schema, plain, .. } = known.unwrap();
            if !has_foreign && plain.as_ref().is_some_and(|plain| plain.accepts(&root)) {
                accepted += 1;
                let findings =
                    schema.validate(mutant.as_bytes(), &root, &rules.limits, &rules.shared.vocabulary);
                assert_eq!(findings, [], "{mutant}");
            }
        }
        let is_told = rules.parse(document.as_bytes()).is_ok_and(|parsed| {
            let of = &rules.shared.structures;
            of.iter().any(|one| one.plain.as_ref().is_some_and(|plain| plain.accepts(&parsed.root)))
        });
        assert!(is_told, "a sound document is plainly in order");
        assert!(all.len() > 500 && accepted > 20 && accepted < all.len() / 2, "{accepted} of {}", all.len());
    }

    #[test]
    fn a_schema_that_says_more_is_left_to_the_schema_processor() {
        let schema = include_str!("../../../schemas/pension/X_R_XP_XP_01_InsuranceRecord_v1.0.0.xsd");
        let folder = tempfile::tempdir().unwrap();
        for (from, to) in [
            ("minOccurs=\"0\"", "minOccurs=\"0\" nillable=\"true\""),
            ("<xs:sequence>", "<xs:sequence><xs:any namespace=\"##any\"/>"),
            ("elementFormDefault=\"qualified\"", "elementFormDefault=\"unqualified\""),
        ] {
            std::fs::create_dir_all(folder.path().join("pension")).unwrap();
            std::fs::write(folder.path().join("pension/a.xsd"), schema.replacen(from, to, 1)).unwrap();
            let files = SchemaFiles::from_folder(folder.path()).unwrap();
            let namespace = "urn:x-stazh:R:XP:XP:01:InsuranceRecord:v1.0.0";
            assert!(
                Declared::of(&files).is_none_or(|all| PlainSchema::compile(
                    &all,
                    namespace,
                    "InsuranceRecord"
                )
                .is_none()),
                "{to}"
            );
        }
    }
}
