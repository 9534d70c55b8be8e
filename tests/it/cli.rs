//! The real program, as a newcomer uses it: what it prints and how it ends.

use stazh::base::{Clock, SystemClock};
use stazh::exchange::seal::{KeyKind, ThrowAwayAuthority};
use std::path::Path;
use std::process::{Command, Output};

pub(crate) fn stazh(folder: &Path, words: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } =
        Command::new(env!("CARGO_BIN_EXE_stazh")).current_dir(folder).args(words).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

#[test]
fn the_demo_tells_what_came_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let (code, out, err) = stazh(folder.path(), &["demo", "--json"]);
    assert_eq!(code, Some(0), "{err}");
    let summary: serde_json::Value = serde_json::from_str(&out).unwrap();
    for (name, expected) in [
        ("conversations", 4),
        ("documents_sent", 8),
        ("documents_received", 8),
        ("handed_over", 3),
        ("duplicates", 0),
        ("lost", 0),
    ] {
        assert_eq!(summary[name], expected, "{name} of {out}");
    }
    assert!(summary["elapsed_ms"].as_i64().unwrap() > 0);
    let pension = &summary["pension"];
    assert_eq!(pension["service"], serde_json::json!({ "years": 19, "months": 0, "days": 0 }));
    for (name, expected) in [("right", "added"), ("stage", "decided")] {
        assert_eq!(pension[name], expected, "{name} of {out}");
    }
    assert_eq!((&pension["records"], &pension["documents"]), (&3.into(), &9.into()), "{out}");
    let labour = &summary["labour"];
    for (name, expected) in [
        ("profiles_waited", 8),
        ("profiles_at_peers", 2),
        ("files_with_name_before_reveal", 0),
        ("files_with_name_where_not_revealed", 0),
        ("insurance_records", 2),
        ("links_by_consent", 3),
        ("links_by_treaty", 2),
        ("erasures_proven", 2),
        ("tombstones", 2),
        ("profiles_left", 0),
    ] {
        assert_eq!(labour[name], expected, "{name} of {out}");
    }
    for name in ["certificate_warned", "scores_explained", "revealed_to_employer", "offered", "reveal_ended"]
    {
        assert_eq!(labour[name], true, "{name} of {out}");
    }
    assert!(labour["found"]["RU"].as_u64() >= Some(1) && labour["found"]["KZ"].as_u64() >= Some(1), "{out}");
    let (code, out, err) = stazh(folder.path(), &["demo", "--folder", "kept"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(std::fs::read(folder.path().join("kept/pension/notice.pdf")).unwrap().starts_with(b"%PDF"));
    // what treaty.md lets one reckon by hand: 9 years, 4 of which one overlaps, 7; 16.2 and 10 years elsewhere
    for told in [
        "Filed on 2028-02-10: the day of filing in every state.",
        "At least 12 full months on its own territory: there are 9 y 0 m 0 d.",
        "Not added from Kazakhstan, for it overlaps in time with what is counted already: 1 y 0 m 0 d.",
        "Service in all: 19 y 0 m 0 d; 15 y 0 m 0 d needed.",
        "16.2 + 10 = 26.2; 25 needed.",
        "20 days on its way are not counted (T9)",
        "T14  Not paid while the claimant lives in Kyrgyzstan: fixed payment",
        "case RU-2028-000417: claim (old-age, funded), decided",
        "KZ takes nobody without its certificate for 7212",
        "in 0 files of both nodes stands his name, number, telephone or day of birth",
        "name, contacts, experience_history are on the way to ТОО «Сарыарка Монтаж» in KZ, and to nobody else",
        "found 1 in KZ, 3 in RU",
    ] {
        assert!(out.contains(told), "{told} in {out}");
    }
    assert!(out.contains("Ахметов Ерлан") && out.contains("0 duplicates, 0 lost"), "{out}");
    assert!(out.contains("the Kazakh node is killed (SIGKILL)"), "{out}");
}

#[test]
fn a_clock_that_runs_ahead_is_only_for_throw_away_keys() {
    let folder = tempfile::tempdir().unwrap();
    let at = |words: &[&str]| stazh(folder.path(), words);
    let init = ["init", "ru", "--state", "RU", "--seal-key", "p256", "--rehearsal-days", "400"];
    assert_eq!(at(&init).0, Some(0));
    assert_eq!(at(&["case", "list", "ru"]).0, Some(0));
    let (_, out, _) = at(&["doctor", "ru"]);
    assert!(!out.contains("has ended"), "the keys are valid as long as the clock may show: {out}");
    let now = SystemClock.now();
    let authority = ThrowAwayAuthority::lasting(900, KeyKind::P256, "RU fund", "RU", now).unwrap();
    let real = authority.issue_seal("RU pension fund", KeyKind::P256).unwrap();
    std::fs::write(folder.path().join("ru/keys/seal.pem"), &real.chain_pem).unwrap();
    std::fs::write(folder.path().join("ru/keys/seal.key.pem"), &*real.key_pem).unwrap();
    let (code, _, err) = at(&["case", "list", "ru"]);
    assert!(code != Some(0) && err.contains("take [rehearsal] out of the settings"), "{err}");
    let settings = folder.path().join("ru/node.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    let stamps = "\n[time_stamps]\nurl = \"https://tsa.example/\"\nauthorities = \"keys/tsa.pem\"\n";
    std::fs::write(&settings, format!("{text}{stamps}")).unwrap();
    let (code, _, err) = at(&["case", "list", "ru"]);
    assert!(code != Some(0) && err.contains("their clocks do not run ahead"), "{err}");
    std::fs::write(&settings, text.replace("days_ahead = 400", "days_ahead = -1")).unwrap();
    assert_ne!(at(&["case", "list", "ru"]).0, Some(0));
}

#[test]
fn several_sign_one_document_and_each_is_told_of() {
    let folder = tempfile::tempdir().unwrap();
    let at = |words: &[&str]| stazh(folder.path(), words);
    for (name, state) in [("ru", "RU"), ("kz", "KZ")] {
        assert_eq!(at(&["init", name, "--state", state, "--seal-key", "p256"]).0, Some(0));
    }
    std::fs::write(folder.path().join("a.xml"), "<a b='1'/>").unwrap();
    let sign = ["sign", "a.xml", "--out", "s.xml", "--key", "ru/keys/seal.key.pem", "--certificate"];
    let second = ["ru/keys/seal.pem", "--key", "kz/keys/seal.key.pem", "--certificate", "kz/keys/seal.pem"];
    assert_eq!(at(&[&sign[..], &second[..]].concat()), (Some(0), String::new(), String::new()));
    assert_eq!(at(&[&sign[..], &second[..3]].concat()).0, Some(2), "a key without its certificate");
    let verify = ["verify", "s.xml", "--trust", "ru/keys/own-seal-authority.pem"];
    let both = ["--trust", "kz/keys/own-seal-authority.pem"];
    let (code, out, _) = at(&[&verify[..], &both].concat());
    assert_eq!(code, Some(0), "{out}");
    for told in
        ["sealed by C=RU, CN=RU pension fund (throw-away) (1)", "(throw-away) (2)", "yes  signature 2: "]
    {
        assert!(out.contains(told), "{out}");
    }
    let (code, out, _) = at(&verify);
    assert_eq!(code, Some(1));
    let wrong: Vec<&str> = out.lines().filter(|line| line.starts_with("  NO")).collect();
    assert!(
        matches!(wrong[..], [line] if line.contains("signature 2: ") && line.contains("seal.foreign")),
        "{out}"
    );
}

#[test]
fn what_is_sealed_is_verified_and_a_change_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let at = |words: &[&str]| stazh(folder.path(), words);
    assert_eq!(at(&["init", "ru", "--state", "RU", "--seal-key", "p256"]).0, Some(0));
    std::fs::write(folder.path().join("a.xml"), "<?xml version=\"1.0\"?>\n<a b='1'/>\n").unwrap();
    let sign = [
        "sign",
        "a.xml",
        "--key",
        "ru/keys/seal.key.pem",
        "--certificate",
        "ru/keys/seal.pem",
        "--out",
        "s.xml",
    ];
    assert_eq!(at(&sign), (Some(0), String::new(), String::new()));
    let verify = ["verify", "s.xml", "--trust", "ru/keys/own-seal-authority.pem"];
    let (code, out, _) = at(&verify);
    assert_eq!(code, Some(0));
    assert!(out.starts_with("s.xml: valid\n  sealed by C=RU, CN=RU pension fund (throw-away)\n"), "{out}");
    let changed = std::fs::read_to_string(folder.path().join("s.xml")).unwrap().replace("b=\"1\"", "b=\"2\"");
    std::fs::write(folder.path().join("s.xml"), changed).unwrap();
    let (code, out, _) = at(&verify);
    assert_eq!(code, Some(1));
    assert!(out.starts_with("s.xml: NOT valid\n") && out.contains("(seal.digest_mismatch)"), "{out}");
    let (code, out, _) = at(&[&verify[..], &["--json"]].concat());
    assert_eq!(code, Some(1));
    let outcome: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (outcome["outcome"].as_str(), outcome["code"].as_str()),
        (Some("invalid"), Some("seal.digest_mismatch"))
    );
    let late = at(&[&verify[..], &["--at", "2099-01-01T00:00:00Z"]].concat()).1;
    for told in ["(seal.digest_mismatch)", "(seal.expired)", "yes  the signature was made by the key"] {
        assert!(late.contains(told), "not the first thing alone: {late}");
    }
}

#[test]
fn an_error_names_the_file_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let at = |words: &[&str]| stazh(folder.path(), words);
    assert_eq!(
        at(&["init", "ru", "--state", "RU", "--seal-key", "p256", "--peer", "KZ=https://127.0.0.1:1/"]).0,
        Some(0)
    );
    let again = "stazh: failed to make ru: a node is there already; choose another folder\n";
    assert_eq!(at(&["init", "ru", "--state", "RU"]), (Some(3), String::new(), again.to_owned()));
    let (code, _, err) = at(&["serve", "nowhere"]);
    assert_eq!(
        (code, err.as_str()),
        (Some(3), "stazh: failed to read nowhere\n  because: No such file or directory (os error 2)\n")
    );
    let (code, _, err) = at(&["serve", "ru"]);
    assert_eq!(code, Some(3));
    assert!(err.contains("kz-seal-authorities.pem"), "{err}");
    std::fs::write(folder.path().join("bad.json"), "{ \"asking\": \"RU\",\n \"asked\": \"UZ\" }").unwrap();
    let (code, _, err) = at(&["send", "ru", "bad.json"]);
    assert_eq!(code, Some(3));
    assert_eq!(
        err,
        "stazh: failed to understand the inquiry in bad.json: line 2, column 14: expected one of `AM`, `BY`, `KZ`, `KG`, `RU`\n"
    );
    assert_eq!(at(&["send"]).0, Some(2));
    assert_eq!(at(&["--help"]).0, Some(0));
    let (_, _, err) = at(&["init", "kz", "--state", "Kz"]);
    assert!(err.contains("not a member state; write one of AM BY KG KZ RU"), "{err}");
}

#[test]
fn a_key_is_readable_by_its_owner_alone_and_is_never_printed() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let (_, out, err) = stazh(folder.path(), &["init", "ru", "--state", "RU", "--seal-key", "p256"]);
    assert!(!out.contains("PRIVATE") && !err.contains("PRIVATE"));
    for name in ["wire.key.pem", "seal.key.pem"] {
        let mode = std::fs::metadata(folder.path().join("ru/keys").join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn local_records_are_translated_to_a_lawful_document_and_into_the_other_states_form() {
    let folder = tempfile::tempdir().unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let at = |path: &str| fixtures.join(path).to_str().unwrap().to_owned();
    let (local, inquiry) = (at("local/kz"), at("inquiries/ru-kz-by-number.json"));
    let run = |words: &[&str]| stazh(folder.path(), words);
    let (code, out, err) = run(&["translate", &local, "--state", "KZ"]);
    assert_eq!((code, out.as_str()), (Some(0), "210 persons, 0 rows refused, 0 warnings\n"), "{err}");
    let answer = ["translate", &local, "--state", "KZ", "--inquiry", &inquiry, "--to"];
    let (code, document, err) = run(&[&answer[..], &["xml"]].concat());
    assert_eq!(code, Some(0), "{err}");
    std::fs::write(folder.path().join("record.xml"), &document).unwrap();
    assert_eq!(run(&["validate", "record.xml"]), (Some(0), "record.xml: lawful\n".to_owned(), String::new()));
    std::fs::write(folder.path().join("broken.xml"), document.replace("<xpdo:AsOfDate", "<xpdo:AsOf"))
        .unwrap();
    let (code, out, _) = run(&["validate", "broken.xml"]);
    assert_eq!(code, Some(1));
    assert!(out.contains("/") && out.contains("findings"), "{out}");
    let (_, record, _) = run(&[&answer[..], &["json"]].concat());
    std::fs::write(folder.path().join("record.json"), record).unwrap();
    let (code, out, err) =
        run(&["translate", "record.json", "--state", "RU", "--to", "local", "--out", "ru"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.starts_with("written to ru as doc_"), "{out}");
    let written = std::fs::read_dir(folder.path().join("ru")).unwrap().count();
    assert_eq!(written, 2, "the record as JSON and in the local form");
    let nobody = at("inquiries/ru-kz-nobody.json");
    let (code, _, err) = run(&["translate", &local, "--state", "KZ", "--inquiry", &nobody]);
    assert_eq!((code, err.as_str()), (Some(1), "nobody in these files is the person of the inquiry\n"));
    let (code, out, err) = run(&["translate", &at("local/ugly"), "--state", "KZ"]);
    assert_eq!(code, Some(1), "{out}");
    assert!(err.contains("contributions.csv:"), "{err}");
}

#[test]
fn the_bench_of_translation_measures_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let (code, out, err) = stazh(folder.path(), &["bench", "translate", "--persons", "100", "--json"]);
    assert_eq!(code, Some(0), "{err}");
    let told: serde_json::Value = serde_json::from_str(&out).unwrap();
    let whats: Vec<&str> =
        told["rates"].as_array().unwrap().iter().map(|one| one["what"].as_str().unwrap()).collect();
    for part in ["csv rows", "jsonl rows", "txt rows", "xml rows", "written", "validated"] {
        assert!(whats.iter().any(|what| what.contains(part)), "{part}: {whats:?}");
    }
    assert!(told["rates"].as_array().unwrap().iter().all(|one| one["count"].as_u64() >= Some(100)));
}

#[test]
fn the_bench_measures_two_nodes_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    // How fast is not a test's business: a loaded machine may break a limit, which ends with 1.
    let (code, out, err) = stazh(folder.path(), &["bench", "--conversations", "60", "--json"]);
    assert!(matches!(code, Some(0 | 1)), "{err}");
    let measured: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(measured["conversations"], 60);
    for name in ["start_ms", "idle_kib", "busy_kib", "elapsed_ms"] {
        assert!(measured[name].as_u64().unwrap() > 0, "{name} of {out}");
    }
    assert!(err.ends_with("records: 60 of 60\n"), "no terminal, so plain lines: {err}");
}

#[test]
fn the_status_tells_what_waits_and_the_journal_what_happened() {
    let folder = tempfile::tempdir().unwrap();
    let run = |words: &[&str]| stazh(folder.path(), words);
    assert_eq!(
        run(&["init", "ru", "--state", "RU", "--seal-key", "p256", "--peer", "KZ=https://127.0.0.1:1/"]).0,
        Some(0)
    );
    assert_eq!(run(&["init", "kz", "--state", "KZ", "--seal-key", "p256"]).0, Some(0));
    assert_eq!(run(&["init", "ru", "--trust", "kz"]).0, Some(0));
    let (code, out, err) = run(&["status", "ru"]);
    assert_eq!((code, out.as_str()), (Some(3), ""));
    assert!(err.contains("the node has never been started"), "{err}");
    let inquiry = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo/inquiry-1.json");
    let inquiry = inquiry.to_str().unwrap();
    let (code, out, err) = run(&["send", "ru", inquiry, inquiry, "--json"]);
    assert_eq!(code, Some(0), "{err}");
    let sent: Vec<serde_json::Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(sent.len(), 2, "one object a line: {out}");
    let (_, out, _) = run(&["status", "ru", "--json"]);
    let status: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (&status["conversations"]["open"], &status["outbox"]["queued"]),
        (&2.into(), &2.into()),
        "{out}"
    );
    let chained = &status["journal"];
    assert_eq!((&chained["linked"], &chained["unlinked"]), (&0.into(), &4.into()), "the node does not run");
    let (_, out, _) = run(&["journal", "list", "ru", "--json", "--limit", "1"]);
    let entry: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(entry["conversation"], sent[1]["conversation"]);
    let conversation = sent[0]["conversation"].as_str().unwrap();
    let (_, out, _) = run(&["journal", "list", "ru", "--conversation", conversation]);
    assert!(out.contains("composed") && out.contains("P.XP.01.MSG.001"), "{out}");
    let (_, out, _) = run(&["status", "ru"]);
    assert!(out.contains("none yet") && out.contains("0 entries linked, 4 not yet; never sealed"), "{out}");
    let (code, _, err) = run(&["journal", "list", "ru", "--message", "7"]);
    assert!(code == Some(2) && err.contains("understand --message"), "{err}");
    assert_eq!(run(&["journal", "list", "ru", "--message", "7", "--document", "8"]).0, Some(2));
    assert_eq!(run(&["journal", "verify"]).0, Some(2));
}

#[test]
fn wrong_usage_ends_with_2_and_a_value_of_a_person_is_never_printed() {
    let folder = tempfile::tempdir().unwrap();
    let run = |words: &[&str]| stazh(folder.path(), words);
    for words in [
        &["init", "x", "--state", "Kz"][..],
        &["init", "x", "--state", "KZ", "--peer", "RU"],
        &["--log", "stazh=loud", "init", "y", "--state", "KZ"],
        &["translate", ".", "--state", "KZ", "--to", "local"],
        &["nonsense"],
    ] {
        let (code, out, err) = run(words);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{words:?}: {err}");
    }
    assert_eq!(
        run(&["init", "ru", "--state", "RU", "--seal-key", "p256", "--peer", "KZ=https://127.0.0.1:1/"]).0,
        Some(0)
    );
    assert_eq!(run(&["init", "kz", "--state", "KZ", "--seal-key", "p256"]).0, Some(0));
    assert_eq!(run(&["init", "ru", "--trust", "kz"]).0, Some(0));
    let inquiry = r#"{ "asking": "RU", "asked": "KZ", "person": { "name": "Ахметов Ерлан" } }"#;
    std::fs::write(folder.path().join("inquiry.json"), inquiry).unwrap();
    let (code, out, err) = run(&["send", "ru", "inquiry.json"]);
    assert_eq!((code, out.as_str()), (Some(3), ""));
    assert_eq!(
        err,
        "stazh: failed to understand the inquiry in inquiry.json: line 1, column 80: expected struct NameParts\n"
    );
    std::fs::write(folder.path().join("a.xml"), "<a/>").unwrap();
    let sign = |file: &str, out: &str| {
        run(&[
            "sign",
            file,
            "--key",
            "ru/keys/seal.key.pem",
            "--certificate",
            "ru/keys/seal.pem",
            "--out",
            out,
        ])
        .0
    };
    assert_eq!(sign("a.xml", "sealed.xml"), Some(0));
    assert_eq!(sign("sealed.xml", "twice.xml"), Some(1), "a sealed document is not sealed again");
}

#[test]
fn a_seed_is_played_again_with_a_trace_and_a_planted_defect_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let run = |words: &[&str]| stazh(folder.path(), words);
    let (code, first, err) = run(&["simulate", "--seed", "7"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(first.starts_with("seed 7\n") && first.contains("peace"), "{first}");
    assert_eq!(run(&["simulate", "--seed", "7"]).1, first, "one seed is one story");
    let (code, out, _) = run(&["--log", "off", "simulate", "--runs", "40", "--without-ledger"]);
    assert_eq!(code, Some(1));
    assert!(out.contains("BROKEN: ") && out.contains("times with one document"), "{out}");
}

#[test]
fn the_exchange_is_measured() {
    let folder = tempfile::tempdir().unwrap();
    let words = ["bench", "exchange", "--conversations", "100", "--json"];
    let (code, out, err) = stazh(folder.path(), &words);
    assert_eq!(code, Some(0), "{err}");
    let measured: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert!(measured["latency_p99_us"].as_u64().unwrap() > 0, "{out}");
}
