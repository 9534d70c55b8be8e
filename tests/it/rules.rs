//! What the rules accept and refuse, and that a second, older validator judges structure as we do.

pub(crate) mod dates;
mod mutants;
mod refused;
mod written;

use crate::fixtures::every_file_of;
use crate::shared::{CONTAINER, allowed, container};
use mutants::{Changed, Mutant, mutants};
use stazh::base::{Finding, Findings, Limits};
use stazh::exchange::canonical::case::CaseDocumentKind;
use stazh::exchange::canonical::job::JobDocumentKind;
use stazh::exchange::document::Element;
use stazh::exchange::document::codec::{case_root, job_root};
use stazh::exchange::rules::{Catalogue, MessageKind, Rules, SchemaFiles};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The sample documents, each with the message that carries it (a container, with its structure) and the schema of its structure.
const SAMPLES: [(&str, &str, &str); 24] = [
    ("inquiry", "P.XP.01.MSG.001", "pension/X_R_XP_XP_01_InsuranceRecordInquiry_v1.0.0.xsd"),
    ("insurance-record", "P.XP.01.MSG.002", "pension/X_R_XP_XP_01_InsuranceRecord_v1.0.0.xsd"),
    ("insurance-record-empty", "P.XP.01.MSG.002", "pension/X_R_XP_XP_01_InsuranceRecord_v1.0.0.xsd"),
    ("insurance-record-copies", "P.XP.01.MSG.002", "pension/X_R_XP_XP_01_InsuranceRecord_v1.0.0.xsd"),
    ("notice", "P.XP.01.MSG.003", "base/EEC_R_ProcessingResultDetails_v1.0.7.xsd"),
    ("resource-status", "P.XP.02.MSG.002", "base/EEC_R_ResourceStatusDetails_v1.0.0.xsd"),
    ("container", CONTAINER, "base/EEC_R_GenericEDocDetails_v1.0.0.xsd"),
    ("fact-inquiry-account", "P.XP.06.MSG.001", "facts/X_R_XP_XP_06_FactInquiry_v1.0.0.xsd"),
    ("fact-inquiry-wage-summary", "P.XP.06.MSG.001", "facts/X_R_XP_XP_06_FactInquiry_v1.0.0.xsd"),
    ("fact-disability", "P.XP.06.MSG.002", FACT),
    ("fact-identity", "P.XP.06.MSG.002", FACT),
    ("fact-pension", "P.XP.06.MSG.002", FACT),
    ("fact-residence", "P.XP.06.MSG.002", FACT),
    ("fact-wage-summary", "P.XP.06.MSG.002", FACT),
    ("fact-wallet", "P.XP.06.MSG.002", FACT),
    ("fact-offer", "P.XP.06.MSG.004", "facts/X_R_XP_XP_06_FactOffer_v1.0.0.xsd"),
    ("fact-notice", "P.XP.06.MSG.003", "base/EEC_R_ProcessingResultDetails_v1.0.7.xsd"),
    ("check-opening", "P.XP.07.MSG.001", "pension/X_R_XP_XP_07_CheckOpening_v1.0.0.xsd"),
    ("check-answer", "P.XP.07.MSG.002", "pension/X_R_XP_XP_07_CheckAnswer_v1.0.0.xsd"),
    ("check-refusal", "P.XP.07.MSG.002", "pension/X_R_XP_XP_07_CheckAnswer_v1.0.0.xsd"),
    ("check-batch", "P.XP.07.MSG.003", "pension/X_R_XP_XP_07_CheckBatch_v1.0.0.xsd"),
    ("check-reply", "P.XP.07.MSG.004", "pension/X_R_XP_XP_07_CheckReply_v1.0.0.xsd"),
    ("check-result", "P.XP.07.MSG.005", "pension/X_R_XP_XP_07_CheckResult_v1.0.0.xsd"),
    ("resource-question", "P.XP.02.MSG.001", "base/EEC_R_ResourceStatusDetails_v1.0.0.xsd"),
];

/// Samples that say little beside their headers.
const POOR: [&str; 7] = [
    "notice",
    "fact-notice",
    "resource-status",
    "resource-question",
    "check-answer",
    "check-refusal",
    "check-result",
];

const FACT: &str = "facts/X_R_XP_XP_06_Fact_v1.0.0.xsd";

/// These, and one of each document of a pension case and of the labour half.
fn samples() -> Vec<(String, String, String)> {
    let catalogue = Catalogue::built_in().unwrap();
    let named =
        |(name, code, schema): (&str, &str, &str)| (name.to_owned(), code.to_owned(), schema.to_owned());
    let of_case = |kind: &CaseDocumentKind| {
        let (process, transaction) = catalogue.beginning_with_root(case_root(*kind)).unwrap();
        let message = process.message(&transaction.request).unwrap();
        let number = process.code.strip_prefix("P.XP.").unwrap();
        let schema = format!("pension/X_R_XP_XP_{number}_{}_v1.0.0.xsd", message.root);
        (format!("case-{}", kind.as_code()), message.code.clone(), schema)
    };
    let of_job = |kind: &JobDocumentKind| {
        let (root, namespace) = job_root(*kind);
        let message = catalogue.message_of_root(namespace, root).unwrap();
        let number = &message.code["P.XL.".len().."P.XL.01".len()];
        let schema = format!("labour/X_R_XL_XL_{number}_{root}_v1.0.0.xsd");
        (format!("job-{}", kind.as_code()), message.code.clone(), schema)
    };
    let of_cases = CaseDocumentKind::ALL.iter().map(of_case);
    let of_jobs = JobDocumentKind::ALL.iter().map(of_job);
    SAMPLES.into_iter().map(named).chain(of_cases).chain(of_jobs).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

pub(crate) fn sample(name: &str) -> String {
    fs::read_to_string(root().join(format!("fixtures/documents/{name}.xml"))).unwrap()
}

pub(crate) fn message(code: &str) -> MessageKind {
    if code == CONTAINER {
        return container();
    }
    let process = &code[..code.find(".MSG").unwrap()];
    Catalogue::built_in().unwrap().process(process).unwrap().message(code).unwrap().clone()
}

fn rules() -> Rules {
    Rules::built_in(Limits::default()).unwrap()
}

/// A schema that imports those of all structures, since what stands in a container may be of any.
fn write_schema_of_all(path: &Path) {
    let mut text = "<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\">".to_owned();
    for folder in ["base", "facts", "labour", "pension"] {
        for entry in fs::read_dir(root().join("schemas").join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if name.ends_with(".xsd") && name.contains("_R_") {
                let schema = fs::read_to_string(&path).unwrap();
                let (_, rest) = schema.split_once("targetNamespace=\"").unwrap();
                let (namespace, _) = rest.split_once('"').unwrap();
                let location = path.display();
                text.push_str(&format!(
                    "<xs:import namespace=\"{namespace}\" schemaLocation=\"{location}\"/>"
                ));
            }
        }
    }
    fs::write(path, text + "</xs:schema>").unwrap();
}

/// Which of the documents libxml2 accepts by a schema.
fn accepted_by_xmllint(documents: &[String], schema: &str) -> Vec<bool> {
    let folder = tempfile::tempdir().unwrap();
    let schema = if schema.contains("GenericEDocDetails") {
        let all = folder.path().join("all.xsd");
        write_schema_of_all(&all);
        all
    } else {
        root().join("schemas").join(schema)
    };
    let mut accepted = Vec::new();
    for part in documents.chunks(500) {
        let names: Vec<String> = (0..part.len()).map(|number| format!("{number}.xml")).collect();
        for (name, document) in names.iter().zip(part) {
            fs::write(folder.path().join(name), document).unwrap();
        }
        let mut run = Command::new("xmllint");
        run.current_dir(folder.path()).args(["--nonet", "--noout", "--schema"]).arg(&schema).args(&names);
        let told = String::from_utf8(run.output().unwrap().stderr).unwrap();
        assert!(!told.contains("Schemas parser error"), "{told}");
        let is_valid = |name: &String| told.lines().any(|line| line == format!("{name} validates"));
        accepted.extend(names.iter().map(is_valid));
    }
    accepted
}

#[test]
fn every_sample_document_is_one_of_these() {
    for path in every_file_of("documents") {
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(samples().iter().any(|(sample, _, _)| *sample == name), "{name}");
    }
}

#[test]
fn the_sample_documents_are_accepted_without_a_warning() {
    let rules = rules();
    for (name, code, schema) in samples() {
        let document = sample(&name);
        let valid = rules.check_holding(document.as_bytes(), &message(&code), &allowed());
        let valid = valid.unwrap_or_else(|findings| panic!("{name}: {findings:#?}"));
        assert_eq!(valid.as_bytes(), document.as_bytes());
        assert_eq!(valid.warnings(), []);
        assert_eq!(accepted_by_xmllint(&[document], &schema), [true], "{name}");
    }
}

#[test]
fn structure_is_judged_as_libxml2_judges_it() {
    let rules = rules();
    let (mut refused, mut accepted) = (0, 0);
    let mut changed = Changed::default();
    for (name, _, schema) in samples() {
        let mutants = mutants(&sample(&name), &mut changed);
        let texts: Vec<String> = mutants.iter().map(|mutant| mutant.text.clone()).collect();
        let verdicts = accepted_by_xmllint(&texts, &schema);
        let mut differing = Vec::new();
        for (Mutant { text, change, .. }, is_accepted) in mutants.iter().zip(verdicts) {
            let mut findings = rules.structure(text.as_bytes());
            // libxml2 is content with any element that a schema defines, and with any number of them
            findings.retain(|finding| !finding.code.starts_with("rules.held_"));
            // nor does it mind what is no base64 in base64, which XML Schema part 2 (§3.2.16) refuses
            if change.ends_with("BinaryText") && is_accepted {
                continue;
            }
            *if is_accepted { &mut accepted } else { &mut refused } += 1;
            if findings.is_empty() != is_accepted {
                differing.push(format!("{change}: libxml2 accepts: {is_accepted}, ours finds {findings:?}"));
            }
        }
        assert!(differing.is_empty(), "{name}:\n{}", differing.join("\n"));
    }
    assert!(refused > 3_000 && accepted > 1_500, "{refused} refused, {accepted} accepted");
}

#[test]
fn every_finding_has_a_place_and_no_value() {
    let rules = rules();
    let mut changed = Changed::default();
    for (name, code, _) in samples() {
        let (document, message) = (sample(&name), message(&code));
        let mut values = Vec::new();
        let tree = Element::parse(document.as_bytes(), &Limits::default()).unwrap();
        tree.visit(&mut |path, element| {
            // these are words of lists that messages use too, such as "contract"
            let is_word = ["/FactChannelCode", "/EmploymentBasisCode", "/EvidenceKindCode"]
                .iter()
                .any(|end| path.ends_with(end));
            let is_of_person = !path.contains("EDocHeader") && !is_word;
            if element.children.is_empty() && is_of_person && element.text.chars().count() > 5 {
                values.push(element.text.clone().into_owned());
            }
        });
        assert!(values.len() > 1 || POOR.contains(&name.as_str()));
        for Mutant { text, change, secret } in mutants(&document, &mut changed) {
            let findings =
                rules.check_holding(text.as_bytes(), &message, &allowed()).err().unwrap_or_default();
            for finding in &findings {
                let shown = format!("{finding} {finding:?}");
                assert!(finding.path.starts_with('/'), "{change}: {shown}");
                assert!(!finding.rule.is_empty() && !finding.value_class.is_empty(), "{change}: {shown}");
                let leaked = values.iter().chain(&secret).find(|value| shown.contains(value.as_str()));
                assert_eq!(leaked, None, "{change}: {shown}");
            }
        }
    }
}

/// What the rules say of a sample in which one text is replaced.
fn findings(name: &str, from: &str, to: &str) -> Findings {
    let (_, code, _) = samples().into_iter().find(|(sample, _, _)| sample == name).unwrap();
    let text = sample(name);
    assert!(text.contains(from), "{from} is not in {name}");
    let text = text.replacen(from, to, 1);
    match rules().check(text.as_bytes(), &message(&code)) {
        Ok(valid) => valid.warnings().to_vec(),
        Err(findings) => findings,
    }
}

fn told(findings: &[Finding]) -> Vec<(&str, &str, &str)> {
    findings.iter().map(|f| (f.code.as_str(), f.rule.as_str(), f.path.as_str())).collect()
}

#[test]
fn each_fill_rule_tells_its_number_and_place() {
    let record = "insurance-record";
    let period = "/InsuranceRecord/InsurancePeriodDetails";
    let cases = [
        (
            record,
            "P.XP.01.MSG.002",
            "P.XP.01.MSG.001",
            "rules.fill",
            "R.XP.XP.01.002/1",
            "/InsuranceRecord/EDocHeader/InfEnvelopeCode".to_owned(),
        ),
        (
            record,
            "R.XP.XP.01.002",
            "R.XP.XP.01.001",
            "rules.fill",
            "R.XP.XP.01.002/2",
            "/InsuranceRecord/EDocHeader/EDocCode".to_owned(),
        ),
        (
            record,
            "2026-11-23T10",
            "12026-11-23T10",
            "rules.fill",
            "R.XP.XP.01.002/4",
            "/InsuranceRecord/EDocHeader/EDocDateTime".to_owned(),
        ),
        (
            record,
            ">1985-03-15<",
            ">1785-03-15<",
            "rules.fill",
            "R.XP.XP.01.002/9",
            "/InsuranceRecord/PersonDetails/BirthDate".to_owned(),
        ),
        (
            record,
            "\"XSX\">1<",
            "\"XSX\">7<",
            "rules.code_list",
            "R.XP.XP.01.002/10",
            "/InsuranceRecord/PersonDetails/UnifiedSexCode".to_owned(),
        ),
        (
            record,
            "\"XSX\"",
            "\"XIK\"",
            "rules.code_list_id",
            "R.XP.XP.01.002/10",
            "/InsuranceRecord/PersonDetails/UnifiedSexCode/@codeListId".to_owned(),
        ),
        (
            record,
            ">2013-08-31<",
            ">2008-08-31<",
            "rules.fill",
            "R.XP.XP.01.002/18",
            format!("{period}[1]/EndDate"),
        ),
        (
            record,
            ">military-service<",
            ">ДЕТИПРЛ<",
            "rules.code_list",
            "R.XP.XP.01.002/20",
            format!("{period}[4]/InsurancePeriodKindCode"),
        ),
        (
            record,
            ">kz-2024-9<",
            ">kz-2009-14<",
            "rules.fill",
            "R.XP.XP.01.002/26",
            format!("{period}[4]/RecordId"),
        ),
        (
            record,
            "currencyCode=\"KZT\"",
            "currencyCode=\"XYZ\"",
            "rules.code_list",
            "R.XP.XP.01.002/31",
            "/InsuranceRecord/ContributionDetails[1]/BaseAmount/@currencyCode".to_owned(),
        ),
        (
            "inquiry",
            ">old-age<",
            ">curiosity<",
            "rules.code_list",
            "R.XP.XP.01.001/17",
            "/InsuranceRecordInquiry/InquiryPurposeCode".to_owned(),
        ),
        (
            "inquiry",
            ">2026-10-31<",
            ">2008-10-31<",
            "rules.fill",
            "R.XP.XP.01.001/19",
            "/InsuranceRecordInquiry/EndDate".to_owned(),
        ),
        (
            "notice",
            "V2Code xmlns:csdo=\"urn:EEC:M:SimpleDataObjects:v0.4.12\">1<",
            "V2Code xmlns:csdo=\"urn:EEC:M:SimpleDataObjects:v0.4.12\">77<",
            "rules.code_list",
            "R.006/6",
            "/ProcessingResultDetails/ProcessingResultV2Code".to_owned(),
        ),
        (
            "resource-status",
            ">KZ<",
            ">XX<",
            "rules.code_list",
            "R.007/8",
            "/ResourceStatusDetails/UnifiedCountryCode".to_owned(),
        ),
        (
            "resource-question",
            "<csdo:UnifiedCountryCode",
            "<csdo:UpdateDateTime xmlns:csdo=\"urn:EEC:M:SimpleDataObjects:v0.4.12\">2026-11-22T18:30:00Z</csdo:UpdateDateTime><csdo:UnifiedCountryCode",
            "rules.fill",
            "R.007/6",
            "/ResourceStatusDetails/UpdateDateTime".to_owned(),
        ),
        (
            "resource-status",
            "<csdo:UpdateDateTime xmlns:csdo=\"urn:EEC:M:SimpleDataObjects:v0.4.12\">2026-11-22T18:30:00Z</csdo:UpdateDateTime>",
            "",
            "rules.fill",
            "R.007/5",
            "/ResourceStatusDetails/UpdateDateTime".to_owned(),
        ),
    ];
    for (name, from, to, code, rule, path) in cases {
        assert_eq!(told(&findings(name, from, to)), [(code, rule, path.as_str())], "{from} -> {to}");
    }
}

#[test]
fn a_kind_of_period_nobody_knows_is_a_warning_and_a_reversed_one_an_error() {
    let warnings = findings("insurance-record", ">military-service<", ">ДЕТИПРЛ<");
    assert!(warnings.iter().all(|finding| !finding.is_error()) && warnings.len() == 1);
    assert!(findings("insurance-record", ">2013-08-31<", ">2008-08-31<")[0].is_error());
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let text = sample("insurance-record")
        .replacen(">2013-08-31<", ">2008-08-31<", 1)
        .replacen(">1985-03-15<", ">1985-02-30<", 1)
        .replacen("\"XSX\">1<", "\"XSX\">7<", 1)
        .replacen(">2009-06<", ">2009-13<", 1);
    let findings = rules().check(text.as_bytes(), &message("P.XP.01.MSG.002")).unwrap_err();
    let codes: Vec<&str> = findings.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!(
        codes,
        ["rules.structure", "rules.structure", "rules.code_list", "rules.fill"],
        "{findings:#?}"
    );
}

#[test]
fn a_rule_may_be_for_some_of_the_messages_that_carry_a_structure() {
    let start = "<csdo:EDocRefId";
    let end = "</csdo:EDocRefId>";
    let record = sample("insurance-record").replace("P.XP.01.MSG.002", "P.XP.02.MSG.007");
    let unasked =
        [&record[..record.find(start).unwrap()], &record[record.find(end).unwrap() + end.len()..]].concat();
    assert!(rules().check(unasked.as_bytes(), &message("P.XP.02.MSG.007")).is_ok());
    let answer = unasked.replace("P.XP.02.MSG.007", "P.XP.01.MSG.002");
    let findings = rules().check(answer.as_bytes(), &message("P.XP.01.MSG.002")).unwrap_err();
    assert_eq!(findings[0].rule, "R.XP.XP.01.002/3");
}

#[test]
fn a_document_of_another_message_or_of_no_structure_is_refused() {
    let rules = rules();
    let notice = sample("notice");
    let wrong = rules.check(notice.as_bytes(), &message("P.XP.01.MSG.001")).unwrap_err();
    assert_eq!(told(&wrong), [("rules.root", "message structure", "/")]);
    assert_eq!(told(&rules.structure(b"<Akhmetov></Akhmetov>")), [("rules.root", "known structures", "/")]);
    assert_eq!(rules.structure(b"<a>").len(), 1);
}

#[test]
fn rules_are_shared_by_threads() {
    let rules = rules();
    let document = sample("insurance-record");
    std::thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| {
                for _ in 0..5 {
                    assert_eq!(rules.structure(document.as_bytes()), []);
                }
            });
        }
    });
}

#[test]
fn a_folder_of_schemas_that_does_not_fit_is_refused_with_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    for part in ["base", "codelists"] {
        for entry in fs::read_dir(root().join("schemas").join(part)).unwrap() {
            let path = entry.unwrap().path();
            let name = format!("{part}/{}", path.file_name().unwrap().to_str().unwrap());
            write(&name, &fs::read_to_string(&path).unwrap());
        }
    }
    let read = || Rules::of(&SchemaFiles::from_folder(folder.path()).unwrap(), Limits::default());
    assert!(read().is_ok());
    let good = fs::read_to_string(folder.path().join("base/R.006.rules.toml")).unwrap();
    let cases = [
        (
            "\"XPR\"",
            "\"XXX\"",
            "use schema file base/R.006.rules.toml: rule 6 names code list XXX, which is not there",
        ),
        ("number = 5", "number = 3", "use schema file base/R.006.rules.toml: rule 3 is defined twice"),
        (
            "number = 5",
            "number = 4",
            "use schema file base/R.006.rules.toml: rule 4 is defined twice, in base/header.rules.part.toml too",
        ),
        (
            "includes = [",
            "includes = [\"base/person.rules.part.toml\", ",
            "use schema file base/R.006.rules.toml: rule 5 is defined twice, in base/person.rules.part.toml too",
        ),
        (
            "header.rules.part",
            "head.rules.part",
            "use schema file base/R.006.rules.toml: base/head.rules.part.toml is not there",
        ),
        (
            "base/header.rules.part.toml",
            "base/R.007.rules.toml",
            "use schema file base/R.006.rules.toml: base/R.007.rules.toml does not end in .rules.part.toml",
        ),
        ("kind = \"required\"", "kind = \"requird\"", "understand schema file base/R.006.rules.toml"),
        ("from = 1900", "since = 1900", "understand schema file base/R.006.rules.toml"),
        (
            "v1.0.7.xsd",
            "v9.xsd",
            "use schema file base/EEC_R_ProcessingResultDetails_v9.xsd: the schema is not there",
        ),
    ];
    for (from, to, text) in cases {
        assert!(good.contains(from), "{from}");
        write("base/R.006.rules.toml", &good.replacen(from, to, 1));
        assert_eq!(read().unwrap_err().to_string(), text);
    }
    write("base/R.006.rules.toml", &good);
    fs::remove_file(folder.path().join("base/EEC_M_BaseDataTypes_v0.4.12.xsd")).unwrap();
    assert!(read().is_err());
}
