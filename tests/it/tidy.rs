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

#[test]
fn every_fixture_is_used() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = String::new();
    for folder in ["src", "tests", "benches", "fuzz/fuzz_targets"] {
        read_all(&root.join(folder), &mut |path, text| {
            if path.extension().is_some_and(|ending| ending == "rs") {
                texts.push_str(&text);
            }
        });
    }
    read_all(&root.join("fixtures"), &mut |path, _| {
        let inside = path.strip_prefix(root).unwrap();
        let is_named = |part: &std::ffi::OsStr| texts.contains(part.to_str().unwrap());
        // a file is used by its own name, or with its folder
        let is_used = inside.components().skip(1).any(|part| is_named(part.as_os_str()));
        assert!(is_used || inside.ends_with("README.md"), "{} is used by nothing", inside.display());
    });
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
