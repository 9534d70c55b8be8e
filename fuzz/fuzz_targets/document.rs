//! A verified document before the rules: structure, code lists and fill rules always come to an end.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stazh::base::Limits;
use stazh::exchange::rules::{Carries, Catalogue, MessageKind, Rules};
use std::sync::LazyLock;

static RULES: LazyLock<Rules> = LazyLock::new(|| Rules::built_in(Limits::default()).expect("built in"));
static MESSAGES: LazyLock<Vec<MessageKind>> = LazyLock::new(|| {
    let catalogue = Catalogue::built_in().expect("built in");
    let (process, transaction) = catalogue.beginning_with(Carries::Inquiry).expect("built in");
    let codes = std::iter::once(&transaction.request).chain(&transaction.responses);
    let mut all: Vec<MessageKind> =
        codes.map(|code| process.message(code).expect("built in").clone()).collect();
    let facts = catalogue.process("P.XP.06").expect("built in");
    for code in ["P.XP.06.MSG.001", "P.XP.06.MSG.002", "P.XP.06.MSG.004"] {
        all.push(facts.message(code).expect("built in").clone());
    }
    let checks = catalogue.process("P.XP.07").expect("built in");
    for code in
        ["P.XP.07.MSG.001", "P.XP.07.MSG.002", "P.XP.07.MSG.003", "P.XP.07.MSG.004", "P.XP.07.MSG.005"]
    {
        all.push(checks.message(code).expect("built in").clone());
    }
    // the shared structures in the message of their fixtures
    for structure in ["R.007", CONTAINER] {
        let rules = RULES.of_structure(structure).expect("built in");
        let (namespace, root) = (rules.namespace.clone(), rules.root.clone());
        let (code, structure) = ("P.XP.90.MSG.001".to_owned(), structure.to_owned());
        all.push(MessageKind { code, structure, namespace, root, ..all[0].clone() });
    }
    all
});
static ALLOWED: LazyLock<Vec<String>> =
    LazyLock::new(|| MESSAGES.iter().map(|message| message.structure.clone()).collect());

const CONTAINER: &str = "R.010";

fuzz_target!(|bytes: &[u8]| {
    let _ = RULES.structure(bytes); // only that it returns
    for message in MESSAGES.iter() {
        if let Ok(valid) = RULES.check_holding(bytes, message, &ALLOWED) {
            assert_eq!(valid.as_bytes(), bytes);
            let is_container = message.structure == CONTAINER;
            assert_eq!(
                RULES.check(bytes, message).is_err(),
                is_container,
                "a container holds what it is allowed"
            );
        }
    }
});
