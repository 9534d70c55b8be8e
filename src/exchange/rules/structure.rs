//! Structural control: a document before its XSD, every violation as a finding without a value.

use super::check::FINDINGS_MAX;
use super::vocabulary::Vocabulary;
use super::{RulesError, SchemaFiles};
use crate::base::{Finding, Findings, Limits, Severity};
use crate::exchange::document::Element;
use std::fmt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use xsd_schema::validation::{
    SchemaValidator, ValidationError, ValidationFlags, ValidationSink, ValidationWarning, drive_quick_xml,
};
use xsd_schema::xml::ParseLimits;
use xsd_schema::{SchemaError, SchemaLoader, SchemaResult, SchemaSet, SchemaSetBuilder};

/// The compiled schema of one structure.
///
/// A compiled set may move between threads but not be shared by them, so each check takes one from the pool and
/// puts it back; the pool grows to as many as ever worked at once.
pub(super) struct StructureSchema {
    files: SchemaFiles,
    path: String,
    /// The schemas of what it may hold.
    held: Vec<String>,
    idle: Mutex<Vec<SchemaSet>>,
}

impl fmt::Debug for StructureSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StructureSchema({})", self.path)
    }
}

impl StructureSchema {
    /// The schema at `path` with all that it imports, and those of what it may hold. Those of the program are compiled
    /// when the first document needs it, which few do; files of one's own at once, so that a mistake is told at the start.
    pub(super) fn compile<'p>(
        files: &SchemaFiles,
        path: &str,
        held: impl Iterator<Item = &'p str>,
    ) -> Result<Self, RulesError> {
        let held = held.map(str::to_owned).collect();
        let schema = Self { files: files.clone(), path: path.to_owned(), held, idle: Mutex::new(Vec::new()) };
        if files.has_own() {
            let first = schema.compile_set()?;
            schema.put_back(first);
        }
        Ok(schema)
    }

    /// Everything in `document`, of which `root` is the tree, that the schema forbids.
    pub(super) fn validate(
        &self,
        document: &[u8],
        root: &Element,
        limits: &Limits,
        vocabulary: &Vocabulary,
    ) -> Findings {
        let set = match self.take() {
            Ok(set) => set,
            Err(error) => {
                return vec![Finding::error("rules.schemas", "/", self.path.as_str(), "", error.to_string())];
            }
        };
        let mut sink = Collected::default();
        let validator = SchemaValidator::new(&set, ValidationFlags::empty());
        let mut run = validator.start_run(&mut sink);
        run.set_parse_limits(ParseLimits::none().with_max_depth(limits.xml_depth_max));
        let driven = drive_quick_xml(document, &mut run, &set);
        drop(run);
        let tell = |error: &ValidationError| finding(error, root, vocabulary);
        let mut findings: Findings = sink.0.iter().map(tell).collect();
        if driven.is_err() && findings.is_empty() {
            let text =
                "the document could not be read to its end; send well-formed XML 1.0 within the limits";
            findings.push(Finding::error("rules.structure", "/", "XML 1.0", "", text));
        }
        drop(validator);
        self.put_back(set);
        findings
    }

    fn take(&self) -> Result<SchemaSet, RulesError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.map_or_else(|| self.compile_set(), Ok)
    }

    fn put_back(&self, set: SchemaSet) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(set);
    }

    fn compile_set(&self) -> Result<SchemaSet, RulesError> {
        let failed = |source| RulesError::Compile { file: self.path.clone(), source: Box::new(source) };
        let mut builder = SchemaSetBuilder::with_loader(Box::new(Loader(self.files.clone())));
        for path in std::iter::once(&self.path).chain(&self.held) {
            let Some(text) = self.files.text(path) else {
                let reason = "the schema is not there".to_owned();
                return Err(RulesError::Unfit { file: path.clone(), reason });
            };
            builder = builder.add_source(text, &format!("{ROOT}{path}")).map_err(failed)?;
        }
        let compiled = builder.compile().map_err(failed)?;
        if let Some(absent) = compiled.directive_failures().first() {
            let reason =
                format!("it imports {}, which is not there", absent.schema_location().unwrap_or("a schema"));
            return Err(RulesError::Unfit { file: self.path.clone(), reason });
        }
        Ok(compiled.into_schema_set())
    }
}

/// A place in no file system: imports lead to files of ours or nowhere.
const ROOT: &str = "/x-stazh-schemas/";

/// Gives the compiler our files and nothing else.
#[derive(Debug)]
struct Loader(SchemaFiles);

impl SchemaLoader for Loader {
    fn load(&self, location: &str) -> SchemaResult<String> {
        let ours = location.strip_prefix(ROOT).and_then(|path| self.0.text(path));
        ours.map(str::to_owned).ok_or_else(|| {
            let name = Path::new(location).file_name().unwrap_or_default().to_string_lossy().into_owned();
            SchemaError::resolution(format!("{name} is not among the schema files"))
        })
    }

    fn can_load(&self, _location: &str) -> bool {
        true
    }
}

/// Keeps the first violations.
#[derive(Default)]
struct Collected(Vec<ValidationError>);

impl ValidationSink for &mut Collected {
    fn on_error(&mut self, error: ValidationError) {
        if self.0.len() < FINDINGS_MAX {
            self.0.push(error);
        }
    }

    fn on_warning(&mut self, _warning: ValidationWarning) {}
}

/// The message of the validator may quote the document, so ours is made anew from the constraint's name.
fn finding(error: &ValidationError, root: &Element, vocabulary: &Vocabulary) -> Finding {
    let (path, element, attribute) = place(error, root, vocabulary);
    let value = match (element, attribute) {
        (Some(element), Some(name)) => element.attribute(name).unwrap_or_default().to_owned(),
        (Some(element), None) => element.token(),
        (None, _) => String::new(),
    };
    let (text, is_of_content) = explanation(error.constraint);
    let mut message = text.to_owned();
    if is_of_content && let Some(name) = quoted(&error.message).filter(|name| vocabulary.name(name) == *name)
    {
        message.push_str(&format!("; look at {name}"));
    }
    let mut finding = Finding::error("rules.structure", path, error.constraint, &value, message);
    if is_of_content {
        let count = element.map_or(0, |element| element.children.len());
        finding = Finding { severity: Severity::Error, value_class: format!("{count} elements"), ..finding };
    }
    finding
}

/// Path, element and attribute that a violation is about, in the form in which fill rules tell paths.
fn place<'e, 'n>(
    error: &'n ValidationError,
    root: &'e Element<'e>,
    vocabulary: &Vocabulary,
) -> (String, Option<&'e Element<'e>>, Option<&'n str>) {
    let (mut path, mut here, mut attribute) = (String::new(), None, None);
    for step in error.instance_path().into_iter().flat_map(|path| path.steps()) {
        let name = step.name().local_name();
        let shown = vocabulary.name(name);
        match step.position() {
            None => {
                attribute = Some(name);
                path.push_str(&format!("/@{shown}"));
            }
            Some(_) if path.is_empty() => {
                here = Some(root);
                path.push_str(&format!("/{shown}"));
            }
            Some(position) => {
                let namespace = step.name().namespace_uri();
                let siblings = |parent: &'e Element<'e>| {
                    parent.children.iter().filter(|child| child.is(namespace, name))
                };
                let count = here.map_or(0, |parent| siblings(parent).count());
                here = here.and_then(|parent| siblings(parent).nth(position.saturating_sub(1)));
                path.push_str(&format!("/{shown}"));
                if count > 1 {
                    path.push_str(&format!("[{position}]"));
                }
            }
        }
    }
    if path.is_empty() {
        path.push('/');
    }
    (path, here, attribute)
}

/// What a constraint of the schema language means for the one who must mend the document, and whether it is about
/// elements rather than a value.
fn explanation(constraint: &str) -> (&'static str, bool) {
    match constraint {
        "cvc-pattern-valid" => {
            ("the value has not the form of its type; write it as the structure prescribes", false)
        }
        "cvc-minLength-valid" => ("the value is too short; fill it or leave the element out", false),
        "cvc-maxLength-valid" | "cvc-length-valid" => ("the value is too long; shorten it", false),
        "cvc-totalDigits-valid" | "cvc-fractionDigits-valid" => {
            ("the number has too many digits; round it", false)
        }
        "cvc-datatype-valid" | "cvc-datatype-valid.1" | "cvc-simple-type" | "cvc-type.3.1.3" => {
            ("the value is not one of its type; write a date as 2020-12-31, a number as 1234.56", false)
        }
        "cvc-elt.1" => {
            ("no schema defines this element; send a structure and version the catalogue names", true)
        }
        _ if constraint.starts_with("cvc-complex-type.2.4") => {
            ("an element is missing, unknown or in the wrong place; follow the order of the structure", true)
        }
        _ if constraint.starts_with("cvc-complex-type.2") => {
            ("the element holds what it must not; follow the structure", true)
        }
        _ if constraint.starts_with("cvc-complex-type.4") => {
            ("a mandatory attribute is absent; add it", true)
        }
        _ if constraint.starts_with("cvc-complex-type.3") => {
            ("an attribute is not known here; leave it out", true)
        }
        _ if constraint.starts_with("cvc-id") => ("an id stands twice or leads nowhere; correct it", false),
        _ => ("the structure is violated; follow its schema", false),
    }
}

/// The name that the validator's message puts between its first quotes.
fn quoted(message: &str) -> Option<&str> {
    message.split('\'').nth(1)
}
