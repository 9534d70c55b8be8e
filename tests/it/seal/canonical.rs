//! Canonical form, with libxml2 as the judge.

pub(crate) mod grown;
pub(crate) mod libxml2;

use grown::grown;
use libxml2::{Judged, Libxml2};
use proptest::prelude::*;
use stazh::base::Limits;
use stazh::exchange::seal::canonicalize;
use std::sync::{LazyLock, Mutex};

static JUDGE: LazyLock<Mutex<Libxml2>> = LazyLock::new(|| Mutex::new(Libxml2::start()));

fn judged(document: &[u8]) -> Judged {
    JUDGE.lock().unwrap().judge(document)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn canonical_form_is_that_of_libxml2(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let (document, must_be_taken) = grown(&bytes);
        let text = String::from_utf8_lossy(&document);
        match canonicalize(&document, &Limits::default()) {
            Ok(ours) => {
                prop_assert_eq!(&judged(&document), &Judged::Canonical(ours.clone()), "{}", text);
                prop_assert_eq!(canonicalize(&ours, &Limits::default()).unwrap(), ours);
            }
            Err(error) => prop_assert!(!must_be_taken, "{error}: {}", text),
        }
    }
}

#[test]
fn the_judge_tells_canonical_forms_apart_and_refuses() {
    let canonical = |text: &str| match judged(text.as_bytes()) {
        Judged::Canonical(bytes) => String::from_utf8(bytes).unwrap(),
        Judged::Refused(reason) => panic!("{reason}"),
    };
    let text = "<?b c?>\n<a xmlns:p='urn:p' xmlns:q='urn:q' z='&#9;' b='1'><!-- c --><p:e/>\r\n</a>";
    let expected = "<?b c?>\n<a b=\"1\" z=\"&#x9;\"><p:e xmlns:p=\"urn:p\"></p:e>\n</a>";
    assert_eq!(canonical(text), expected);
    assert!(matches!(judged(b"<a><b></a>"), Judged::Refused(_)));
    assert!(matches!(judged(b"<p:a/>"), Judged::Refused(_)));
    let invalid = "<a><b xml:id=\" 1 \"></b><b xml:id=\" 1 \"></b></a>";
    assert_eq!(canonical(invalid), invalid);
}
