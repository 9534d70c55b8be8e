//! The reader takes nothing that libxml2 calls malformed.

use super::canonical::grown::PIECES;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::sample::select;
use stazh::base::Limits;
use stazh::exchange::seal::canonicalize;
use std::io::Write;
use std::process::Command;
use std::process::Stdio;

const SOUND: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<!-- c --><a:r xmlns:a=\"urn:1\" \
    xmlns=\"http://x.example/2\" a:k='v' k=\"&lt;&#x436;\"><e><![CDATA[<&]]>ж &amp; x</e><?p q?><a:f\n g=\"1\" /></a:r>\n";

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_the_reader_takes_libxml2_takes_too(edits in prop::collection::vec((any::<Index>(), 0_usize..6, select(&PIECES)), 1..3)) {
        let mut text: Vec<char> = SOUND.chars().collect();
        for (place, removed, piece) in edits {
            let at = place.index(text.len() + 1);
            let end = text.len().min(at + removed);
            text.splice(at..end, piece.chars());
        }
        let text: String = text.into_iter().collect();
        if canonicalize(text.as_bytes(), &Limits::default()).is_ok() {
            prop_assert_eq!(complaints(&text), "", "{}", text);
        }
    }
}

/// What libxml2 calls malformed; its warnings are no complaints, nor what it says of validity (xml:id with no name).
fn complaints(text: &str) -> String {
    let mut run = Command::new("xmllint")
        .args(["--noout", "-"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    run.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let told = String::from_utf8(run.wait_with_output().unwrap().stderr).unwrap();
    told.lines().filter(|line| line.contains("error") && !line.contains("validity error")).collect()
}
