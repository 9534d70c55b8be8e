//! Layering: imports point downwards, and each foreign crate has its few users.

use crate::sources::sources;

/// From the top of the house to its ground; a module may import only what stands lower.
const LAYERS: [&[&str]; 7] = [
    &["main"],
    &["cli"],
    &["node", "simulation"],
    &["http", "worker"],
    &["flow"],
    &["store", "paper"],
    &["exchange", "pension", "labour", "access"],
];

/// The stages inside `exchange`, from the last to the first; `adapter` stands beside `document`.
const STAGES: [&[&str]; 7] =
    [&["wire"], &["transit"], &["seal"], &["rules"], &["document", "adapter"], &["canonical"], &[]];

/// Which modules may name which crate.
const OWNERS: [(&str, &[&str]); 23] = [
    ("argon2", &["access/password"]),
    ("totp_rs", &["access/totp"]),
    ("sqlx", &["store"]),
    ("openssl", &["exchange/seal", "exchange/wire"]),
    ("cryptoki", &["exchange/seal"]),
    ("quick_xml", &["exchange/document", "exchange/seal", "exchange/wire/envelope"]),
    ("axum", &["http"]),
    ("lapin", &["exchange/wire"]),
    ("clap", &["cli"]),
    ("tantivy", &["store/job_index"]),
    ("cms", &["exchange/seal"]),
    ("curve25519_dalek", &["pension/check/blind"]),
    ("sha2", &["pension/check"]),
    ("zip", &["exchange/seal"]),
    ("pdf_writer", &["paper/pdf"]),
    ("subsetter", &["paper/pdf"]),
    ("read_fonts", &["paper/font"]),
    ("qrcode", &["paper/code"]),
    ("rqrr", &["paper/scan"]),
    ("image", &["paper/scan", "paper/error"]),
    ("reqwest", &["exchange/wire", "cli"]),
    ("snowball_stemmers_rs", &["labour/occupations/coder"]),
    ("anyhow", &["main", "cli"]),
];

#[test]
fn imports_point_downwards() {
    let wrong: Vec<String> = sources().iter().flat_map(|(file, text)| upward_imports(file, text)).collect();
    assert!(wrong.is_empty(), "imports that point up:\n{}", wrong.join("\n"));
}

#[test]
fn an_upward_import_is_seen() {
    let found = |file, text| upward_imports(file, text).len();
    assert_eq!(found("base/clock.rs", "use crate::exchange::canonical::State;"), 1);
    assert_eq!(found("exchange/canonical/state.rs", "use crate::exchange::document::Reader;"), 1);
    assert_eq!(found("exchange/document/reader.rs", "let x = crate::store::Store::open();"), 1);
    assert_eq!(found("exchange/seal/mod.rs", "use crate::exchange::rules::ValidDocument;"), 0);
    assert_eq!(found("pension/case.rs", "use crate::exchange::seal::Signer;"), 1);
    assert_eq!(found("pension/case.rs", "use crate::exchange::canonical::State;"), 0);
    assert_eq!(found("paper/form.rs", "use crate::store::Store;"), 1);
    assert_eq!(found("exchange/seal/mod.rs", "//! see [`crate::flow`]"), 0);
}

#[test]
fn each_foreign_crate_has_its_few_users() {
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        for (krate, owners) in OWNERS {
            let is_owner = owners.iter().any(|owner| {
                file.strip_prefix(owner).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
            });
            let names_it = code_lines(&text).any(|line| line.contains(&format!("{krate}::")));
            if names_it && !is_owner {
                wrong.push(format!("{file} names {krate}, which only {owners:?} may"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A form is drawn from any document, and knows nothing of who sealed it or how it came.
#[test]
fn paper_knows_documents_and_lists_alone() {
    for (file, text) in sources().iter().filter(|(file, _)| file.starts_with("paper/")) {
        for line in code_lines(text).filter(|line| line.contains("crate::exchange::")) {
            let may = ["crate::exchange::document", "crate::exchange::rules"];
            assert!(may.iter().any(|stage| line.contains(stage)), "{file}: {line}");
        }
    }
}

#[test]
fn no_node_seals_what_the_rules_have_not_accepted() {
    for (file, text) in sources() {
        let may = file.starts_with("cli/") || file.starts_with("exchange/seal/");
        let names_it = code_lines(&text).any(|line| line.contains("seal_unchecked"));
        assert!(may || !names_it, "{file} seals an unchecked document; use seal and a ValidDocument");
    }
}

fn upward_imports(file: &str, text: &str) -> Vec<String> {
    let here = place(file.trim_end_matches(".rs").trim_end_matches("/mod"), '/');
    let mut wrong = Vec::new();
    for line in code_lines(text) {
        for (at, _) in line.match_indices("crate::") {
            if line[..at].ends_with("pub(in ") {
                continue; // whom it is shown to, not what it imports
            }
            let path: String = line[at + "crate::".len()..]
                .chars()
                .take_while(|c| c.is_alphanumeric() || matches!(c, '_' | ':'))
                .collect();
            let there = place(&path.replace("::", "/"), '/');
            let same_side = matches!(here.0, 6) && here.1 == there.1;
            let into_canonical = there.1 == "exchange" && there.2 == Some(5) && here.0 < 7;
            let is_down =
                here.0 < there.0 || same_side && stage_allows(&here, &there) || into_canonical && !same_side;
            let is_same_module = here.0 == there.0 && here.1 == there.1 && !matches!(here.0, 6);
            if !(is_down || is_same_module) {
                wrong.push(format!("{file}: {}", line.trim()));
            }
        }
    }
    wrong
}

/// Rank of the layer, name of the module, rank of the stage inside `exchange`.
type Place = (usize, String, Option<usize>);

fn place(path: &str, separator: char) -> Place {
    let mut parts = path.split(separator);
    let module = parts.next().unwrap_or_default();
    let layer = LAYERS.iter().position(|names| names.contains(&module)).unwrap_or(match module {
        "lib" => 0,
        _ => LAYERS.len(),
    });
    let stage = (module == "exchange")
        .then(|| parts.next().and_then(|name| STAGES.iter().position(|names| names.contains(&name))))
        .flatten();
    (layer, module.to_owned(), stage)
}

/// The module `exchange` itself (no stage) may name its stages; `document` and `adapter` not each other.
fn stage_allows(here: &Place, there: &Place) -> bool {
    match (here.2, there.2) {
        (Some(here), Some(there)) => here <= there,
        (None, _) => true,
        (Some(_), None) => false,
    }
}

/// Lines of code: comments left out.
fn code_lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim_start().starts_with("//"))
}
