//! Golden cases: every stage of a record's journey as a file, walked down and up.
//!
//! A folder of `fixtures` with a `case.toml` is a case. `STAZH_UPDATE=1` writes the stages anew; read what changed.

use stazh::base::Limits;
use stazh::exchange::accept;
use stazh::exchange::adapter::{Found, Source};
use stazh::exchange::canonical::{Inquiry, InsuranceRecord, State};
use stazh::exchange::document::codec::{Header, HeaderText, encode_record};
use stazh::exchange::rules::{Catalogue, Rules};
use stazh::exchange::seal::{Signer, TrustStore, open_within, seal, verify};
use stazh::exchange::transit::{Action, Headers, LogicalAddress, MessageCode};
use stazh::exchange::wire::Envelope;
use std::fs;
use std::path::{Path, PathBuf};

/// A case and what its `case.toml` says.
struct Case {
    folder: PathBuf,
    words: toml::Table,
}

impl Case {
    fn word(&self, key: &str) -> &str {
        self.words[key].as_str().unwrap()
    }

    fn stage(&self, name: &str) -> String {
        let path = self.folder.join(name);
        fs::read_to_string(&path).unwrap_or_else(|_| panic!("stage {} is missing", path.display()))
    }

    /// Compares a stage with its file, or writes it.
    fn hold(&self, name: &str, made: &str) {
        if std::env::var_os("STAZH_UPDATE").is_some() {
            fs::write(self.folder.join(name), made).unwrap();
        }
        assert!(self.stage(name) == made, "{}/{name} is not what is made now", self.folder.display());
    }

    /// The local files under the names their profiles know.
    fn local(&self) -> tempfile::TempDir {
        let local = tempfile::tempdir().unwrap();
        for file in fs::read_dir(&self.folder).unwrap() {
            let path = file.unwrap().path();
            if let Some(name) = path.file_name().unwrap().to_str().unwrap().strip_prefix("1-local.") {
                fs::copy(&path, local.path().join(name)).unwrap();
            }
        }
        local
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

fn cases() -> Vec<Case> {
    let folders = fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path());
    let cases: Vec<Case> = folders
        .filter(|folder| folder.join("case.toml").exists())
        .map(|folder| Case {
            words: fs::read_to_string(folder.join("case.toml")).unwrap().parse().unwrap(),
            folder,
        })
        .collect();
    assert!(!cases.is_empty());
    cases
}

/// What a case consists of; `1-local.` may stand before several.
const STAGES: [&str; 5] = ["case.toml", "2-record.json", "3-document.xml", "4-sealed.xml", "5-envelope.xml"];

#[test]
fn every_file_of_a_case_is_a_stage() {
    for case in cases() {
        let known = fs::read_dir(case.local().path()).unwrap().count() + STAGES.len();
        let is_stage = |name: &str| STAGES.contains(&name) || name.starts_with("1-local.");
        for file in fs::read_dir(&case.folder).unwrap() {
            let name = file.unwrap().file_name().into_string().unwrap();
            assert!(is_stage(&name), "{}/{name} belongs to no stage", case.folder.display());
        }
        assert_eq!(fs::read_dir(&case.folder).unwrap().count(), known, "{}", case.folder.display());
    }
}

#[test]
fn every_case_is_walked_down_from_the_local_record_to_the_envelope() {
    let (rules, catalogue) = (Rules::built_in(Limits::default()).unwrap(), Catalogue::built_in().unwrap());
    let signer =
        Signer::from_files(&root().join("keys/seal.key.pem"), &root().join("keys/seal.pem")).unwrap();
    for case in cases() {
        let state: State = case.word("state").parse().unwrap();
        let local = case.local();
        let inquiry: Inquiry =
            serde_json::from_str(&fs::read_to_string(case.folder.join(case.word("inquiry"))).unwrap())
                .unwrap();
        let source = Source::open(state, local.path()).unwrap();
        let Found::Record(record, _) = source.find(&inquiry, case.word("as_of").parse().unwrap()).unwrap()
        else {
            panic!("the local files of {} do not answer", case.folder.display());
        };
        case.hold("2-record.json", &(serde_json::to_string_pretty(&record).unwrap() + "\n"));
        let process = catalogue.process("P.XP.01").unwrap();
        let transaction = process.transaction("P.XP.01.TRN.001").unwrap();
        let message = process.message(case.word("message")).unwrap();
        let header = Header {
            message: message.code.clone(),
            structure: message.structure.clone(),
            document_id: case.word("document_id").parse().unwrap(),
            answers: case.word("answers").parse().ok(),
            made_at: HeaderText::of(case.word("at").parse().unwrap()),
        };
        let document = encode_record(&record, &header).unwrap();
        let valid = rules.check(&document, message).unwrap();
        case.hold("3-document.xml", std::str::from_utf8(valid.as_bytes()).unwrap());
        let sealed = seal(&valid, header.document_id, &signer).unwrap();
        case.hold("4-sealed.xml", std::str::from_utf8(sealed.as_bytes()).unwrap());
        let headers = Headers {
            to: LogicalAddress::of_actor("RU", &process.code, &transaction.initiator),
            reply_to: LogicalAddress::of_actor("KZ", &process.code, &transaction.respondent),
            action: Action {
                process: process.code.clone(),
                version: process.version.clone(),
                procedure: transaction.procedure.clone(),
                transaction: transaction.code.clone(),
                message: MessageCode::Application(message.code.clone()),
            },
            message_id: case.word("message_id").parse().unwrap(),
            relates_to: case.word("relates_to").parse().ok(),
            procedure_id: case.word("conversation_id").parse().unwrap(),
            conversation_id: case.word("conversation_id").parse().unwrap(),
        };
        let envelope = Envelope::write(&headers, sealed.as_bytes()).unwrap();
        case.hold("5-envelope.xml", std::str::from_utf8(&envelope).unwrap());
    }
}

#[test]
fn every_case_is_walked_up_from_the_envelope_to_the_record() {
    let limits = Limits::default();
    let (rules, catalogue) = (Rules::built_in(limits).unwrap(), Catalogue::built_in().unwrap());
    let trust = TrustStore::from_files(&[root().join("keys/authority.pem")]).unwrap();
    for case in cases() {
        let bytes = case.stage("5-envelope.xml");
        let envelope = Envelope::read(bytes.as_bytes(), &limits).unwrap();
        let headers = Headers::parse(&envelope.headers).unwrap();
        let sealed = &bytes[envelope.body.clone()];
        assert!(sealed == case.stage("4-sealed.xml"));
        let opened = open_within(sealed.as_bytes(), &envelope.scope, &limits).unwrap();
        let verified = verify(opened, &trust, case.word("at").parse().unwrap()).unwrap();
        assert!(verified.document() == case.stage("3-document.xml").as_bytes());
        assert_eq!(rules.structure(verified.document()), []);
        let message =
            catalogue.process("P.XP.01").unwrap().message(&headers.action.message.to_string()).unwrap();
        let (header, record) = accept(&verified, message, &rules).unwrap().record(&limits).unwrap();
        assert_eq!(header.document_id, case.word("document_id").parse().unwrap());
        let expected: InsuranceRecord = serde_json::from_str(&case.stage("2-record.json")).unwrap();
        assert!(record == expected);
    }
}
