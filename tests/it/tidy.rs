//! Tidiness: no banned names, every module introduces itself, every link of the README leads somewhere.

use crate::sources::sources;
use std::fs;
use std::path::Path;

#[test]
fn no_type_has_a_name_that_says_nothing() {
    let banned = ["Manager", "Helper", "Util", "Processor", "Handler", "Service"];
    for (file, text) in sources() {
        for line in text.lines() {
            let mut words = line.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
            if words.any(|word| matches!(word, "struct" | "enum" | "trait")) {
                let name = words.next().unwrap_or_default();
                assert!(!banned.iter().any(|ending| name.ends_with(ending)), "{file}: {name}");
            }
        }
    }
}

#[test]
fn every_module_says_what_it_is() {
    for (file, text) in sources() {
        assert!(text.starts_with("//!"), "{file} does not introduce itself");
    }
}

#[test]
fn every_folder_and_file_the_readme_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let named = readme.split('`').skip(1).step_by(2).filter(|name| name.contains('/') && !name.contains(' '));
    for name in named {
        assert!(root.join(name).exists(), "README.md names {name}, which is not there");
    }
}

/// A file is used if code names its path below `fixtures`, or if one function names its folder and takes every file of
/// it. A case is walked by `golden`, which refuses a file that is no stage.
#[test]
fn every_fixture_is_used() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut code = String::new();
    for folder in ["src", "tests", "benches", "fuzz/fuzz_targets"] {
        read_all(&root.join(folder), &mut |path, text| {
            if path.extension().is_some_and(|ending| ending == "rs") {
                let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
                lines.for_each(|line| code.extend([line, "\n"]));
            }
        });
    }
    let mut unused = Vec::new();
    read_all(&root.join("fixtures"), &mut |path, _| {
        let inside = path.strip_prefix(root.join("fixtures")).unwrap();
        let is_of_case = path.with_file_name("case.toml").exists();
        if !is_of_case && !is_used(&code, inside) && inside != Path::new("README.md") {
            unused.push(inside.display().to_string());
        }
    });
    assert!(unused.is_empty(), "used by nothing: {unused:#?}");
}

fn is_used(code: &str, inside: &Path) -> bool {
    let folder = format!("\"{}\"", inside.parent().unwrap().display());
    let mut functions = code.split("\nfn ");
    let is_whole = |at: usize| {
        let (before, after) = (&code[..at], &code[at + inside.as_os_str().len()..]);
        (before.ends_with('"') || before.ends_with("fixtures/")) && after.starts_with('"')
    };
    code.match_indices(inside.to_str().unwrap()).any(|(at, _)| is_whole(at))
        || functions.any(|text| text.contains("every_file_of(") && text.contains(&folder))
}

#[test]
fn a_fixture_that_only_shares_a_name_is_not_used() {
    let code = "\nfn a() { open(\"demo/x.json\") }\nfn b() { let f = \"walked\"; every_file_of(f) }\nfn c() { \"named\" }";
    let is_used = |path: &str| is_used(code, Path::new(path));
    assert!(is_used("demo/x.json") && is_used("walked/y.xml"));
    assert!(
        !is_used("demo/x.jso") && !is_used("other/demo/x.json") && !is_used("x.json") && !is_used("x/y.json")
    );
    assert!(!is_used("named/y.xml") && !is_used("walked/below/y.xml"));
}

/// The schema processor ties only the first alternative of a pattern to the beginning and only the last to the end, so
/// `A|B` would take what begins with A: alternatives stand in brackets.
#[test]
fn no_pattern_of_a_schema_has_an_alternative_outside_brackets() {
    assert!(
        has_bare_alternative("A|B")
            && has_bare_alternative("(A|B)|C")
            && !has_bare_alternative("(A|B)[|]\\|")
    );
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    read_all(&root, &mut |path, text| {
        for value in text.split("pattern value=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(!has_bare_alternative(value), "{}: {value}", path.display());
        }
    });
}

fn has_bare_alternative(pattern: &str) -> bool {
    let (mut depth, mut is_class, mut is_escaped) = (0, false, false);
    for c in pattern.chars() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            ']' => is_class = false,
            '[' => is_class = true,
            _ if is_class => {}
            '(' => depth += 1,
            ')' => depth -= 1,
            '|' if depth == 0 => return true,
            _ => {}
        }
    }
    false
}

fn read_all(folder: &Path, see: &mut dyn FnMut(&Path, String)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(&path, see);
        } else {
            see(&path, fs::read_to_string(&path).unwrap_or_default());
        }
    }
}
