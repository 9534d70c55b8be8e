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
