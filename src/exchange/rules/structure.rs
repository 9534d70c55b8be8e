//! Structural control: a document against the schemas of this repository, all findings at once.
//!
//! A compiled schema set may be used by one thread at a time, and compiling one takes a while: a few are kept and
//! lent out. The validator's own texts quote the offending value; ours never do.

use crate::base::{Finding, Findings, Limits, Verdict};
use crate::exchange::document::Element;
use std::sync::{Mutex, PoisonError};
use xsd_schema::validation::{
    CollectingValidationSink, SchemaValidator, ValidationError, ValidationFlags, drive_quick_xml,
};
use xsd_schema::xml::ParseLimits;
use xsd_schema::{SchemaSet, parse_schema_only, process_loaded_schemas};

/// The schemas of all structures, ready to judge.
pub struct Structures {
    idle: Mutex<Vec<SchemaSet>>,
    limits: Limits,
}

/// Schemas that cannot be used; a defect of this program.
#[derive(Debug, thiserror::Error)]
#[error("compile the schemas: {detail}")]
pub struct StructureError {
    detail: String,
}

impl StructureError {
    /// What becomes of the document: our schemas are at fault.
    pub fn verdict(&self) -> Verdict {
        Verdict::Park { code: "rules.schemas" }
    }
}

impl std::fmt::Debug for Structures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Structures({} schemas)", SCHEMAS.len())
    }
}

impl Structures {
    /// Compiles the schemas once, to find out now whether they can be used.
    ///
    /// # Errors
    /// Never for the files of this repository; a test compiles them.
    pub fn built_in(limits: Limits) -> Result<Self, StructureError> {
        Ok(Self { idle: Mutex::new(vec![compile()?]), limits })
    }

    /// Everything that the schemas find wrong with a canonical document.
    pub fn check(&self, document: &[u8]) -> Findings {
        let lent = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let set = match lent.map_or_else(compile, Ok) {
            Ok(set) => set,
            Err(error) => return vec![Finding::error("rules.schemas", "/", "XSD", "", error.to_string())],
        };
        let findings = self.judge(document, &set);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(set);
        findings
    }

    fn judge(&self, document: &[u8], set: &SchemaSet) -> Findings {
        let root = match Element::parse(document, &self.limits) {
            Ok(root) => root,
            Err(error) => return vec![Finding::error(error.code(), "/", "XML 1.0", "", error.to_string())],
        };
        let (mut errors, mut warnings) = (Vec::new(), Vec::new());
        let sink = CollectingValidationSink { errors: &mut errors, warnings: &mut warnings };
        let flags = ValidationFlags::default() & !ValidationFlags::BUILD_PSVI_TYPED_VALUES;
        let validator = SchemaValidator::new(set, flags);
        let mut run = validator.start_run(sink);
        run.set_parse_limits(ParseLimits::none().with_max_depth(self.limits.xml_depth_max));
        let driven = drive_quick_xml(document, &mut run, set);
        drop(run);
        let mut findings: Findings = errors.iter().map(|error| finding(error, &root)).collect();
        if let Err(error) = driven {
            findings.push(Finding::error("rules.structure", "/", "XML 1.0", "", error.to_string()));
        }
        findings
    }
}

fn compile() -> Result<SchemaSet, StructureError> {
    let mut set = SchemaSet::new();
    for (name, text) in SCHEMAS {
        parse_schema_only(text.as_bytes(), name, &mut set)
            .map_err(|error| StructureError { detail: format!("{name}: {error}") })?;
    }
    process_loaded_schemas(&mut set).map_err(|error| StructureError { detail: error.to_string() })?;
    Ok(set)
}

/// The validator's error in our words: its place, its rule, the class of the value.
fn finding(error: &ValidationError, root: &Element) -> Finding {
    let positional = error.instance_path().map(|path| path.to_string()).unwrap_or_default();
    let (path, element) = place(&positional, root);
    let value = match element {
        Some(element) if element.children.is_empty() => element.token(),
        Some(_) | None => String::new(),
    };
    Finding::error("rules.structure", path, error.constraint, &value, advice(error.constraint))
}

/// From `/Q{urn:a}Root[1]/Q{urn:b}Item[2]` to `/Root/Item[2]` and the element there.
fn place<'e>(positional: &str, root: &'e Element) -> (String, Option<&'e Element>) {
    let mut path = String::new();
    let mut here: Option<&Element> = None;
    for step in steps(positional) {
        let (name, place) = match step.rsplit_once('[') {
            Some((name, place)) => (name, place.trim_end_matches(']').parse::<usize>().unwrap_or(1)),
            None => (step, 1),
        };
        let local = name.rsplit_once('}').map_or(name, |(_, local)| local);
        if name.starts_with('@') {
            path.push_str(&format!("/@{local}"));
            return (path, None);
        }
        let same = |child: &&Element| child.local == local;
        let (next, is_alone) = match here {
            None => (Some(root).filter(|root| root.local == local), true),
            Some(parent) => {
                let mut all = parent.children.iter().filter(same);
                (all.nth(place.saturating_sub(1)), parent.children.iter().filter(same).count() < 2)
            }
        };
        path.push('/');
        path.push_str(local);
        if !is_alone {
            path.push_str(&format!("[{place}]"));
        }
        let Some(next) = next else { return (path, None) };
        here = Some(next);
    }
    (if path.is_empty() { "/".to_owned() } else { path }, here)
}

/// The steps of a path whose names hold namespaces in braces, where a slash does not divide.
fn steps(path: &str) -> Vec<&str> {
    let mut steps = Vec::new();
    let (mut begin, mut depth) = (0, 0_u32);
    for (at, c) in path.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            '/' if depth == 0 => {
                steps.extend(path.get(begin..at).filter(|step| !step.is_empty()));
                begin = at + 1;
            }
            _ => {}
        }
    }
    steps.extend(path.get(begin..).filter(|step| !step.is_empty()));
    steps
}

/// What to do about a violated constraint of XML Schema.
fn advice(constraint: &str) -> &'static str {
    const ADVICE: [(&str, &str); 12] = [
        ("cvc-elt", "the root element is not of a structure and version known here"),
        (
            "cvc-complex-type.2.4",
            "an element is missing here, stands in the wrong order or does not belong here",
        ),
        ("cvc-complex-type.3", "an attribute does not belong here"),
        ("cvc-complex-type.4", "a required attribute is missing"),
        ("cvc-complex-type", "the content does not fit the element's type"),
        ("cvc-attribute", "the attribute's value does not fit its type"),
        ("cvc-pattern", "the value does not have the form its type demands"),
        ("cvc-minLength", "the value is too short"),
        ("cvc-maxLength", "the value is too long"),
        ("cvc-totalDigits", "the number has too many digits"),
        ("cvc-fractionDigits", "the number has too many digits after the point"),
        ("cvc-datatype", "the value is not of its type; write it as the type demands"),
    ];
    let known = ADVICE.iter().find(|(prefix, _)| constraint.starts_with(prefix));
    known.map_or("it violates this constraint of the schema", |(_, advice)| advice)
}

const SCHEMAS: [(&str, &str); 8] = [
    (
        "base/EEC_M_BaseDataTypes_v0.4.12.xsd",
        include_str!("../../../schemas/base/EEC_M_BaseDataTypes_v0.4.12.xsd"),
    ),
    (
        "base/EEC_M_SimpleDataObjects_v0.4.12.xsd",
        include_str!("../../../schemas/base/EEC_M_SimpleDataObjects_v0.4.12.xsd"),
    ),
    (
        "base/EEC_M_ComplexDataObjects_v0.4.12.xsd",
        include_str!("../../../schemas/base/EEC_M_ComplexDataObjects_v0.4.12.xsd"),
    ),
    (
        "base/EEC_R_ProcessingResultDetails_v1.0.7.xsd",
        include_str!("../../../schemas/base/EEC_R_ProcessingResultDetails_v1.0.7.xsd"),
    ),
    ("envelope/EEC_Signal_v1.0.xsd", include_str!("../../../schemas/envelope/EEC_Signal_v1.0.xsd")),
    (
        "pension/X_M_PensionDataObjects_v1.0.0.xsd",
        include_str!("../../../schemas/pension/X_M_PensionDataObjects_v1.0.0.xsd"),
    ),
    (
        "pension/X_R_XP_XP_01_InsuranceRecordInquiry_v1.0.0.xsd",
        include_str!("../../../schemas/pension/X_R_XP_XP_01_InsuranceRecordInquiry_v1.0.0.xsd"),
    ),
    (
        "pension/X_R_XP_XP_01_InsuranceRecord_v1.0.0.xsd",
        include_str!("../../../schemas/pension/X_R_XP_XP_01_InsuranceRecord_v1.0.0.xsd"),
    ),
];
