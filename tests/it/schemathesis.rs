//! The interface for programs against its own description, by schemathesis: whatever it is sent, it answers as it says.

use crate::people::{House, told};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use stazh::access::{Commands, Role};
use stazh::http::console_routes;
use std::path::{Path, PathBuf};
use std::process::Command;

fn tool(name: &str) -> Command {
    let tool: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/venv/bin").join(name);
    assert!(tool.exists(), "{} is missing: run deploy/prerequisites", tool.display());
    Command::new(tool)
}

/// The description is of OpenAPI 3.1 and tells every route; nothing that is sent breaks the node or its word.
#[tokio::test(flavor = "multi_thread")]
async fn the_interface_keeps_the_word_of_its_description() {
    let house = House::open().await;
    let program = house.employ_program("x.funds").await;
    let description = told(house.stranger().call(Method::GET, "/api/v1/openapi.json")).await;
    assert_eq!(description.status, StatusCode::OK);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("openapi.json");
    std::fs::write(&file, &description.text).unwrap();
    let checked = tool("openapi-spec-validator").args(["--schema", "3.1"]).arg(&file).output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
    let value: Value = serde_json::from_str(&description.text).unwrap();
    for route in console_routes().iter().filter(|route| route.is_for_programs) {
        let path = if route.path.is_empty() { "/" } else { route.path };
        let told = &value["paths"][format!("/api/v1{path}")][route.verb.to_lowercase()];
        // what no program may ever call is not described
        let may = Commands::built_in().find(route.command).unwrap().roles.contains(&Role::Integration);
        assert_eq!(told["x-command"].as_str(), may.then_some(route.command), "{} {path}", route.verb);
    }
    let tokens: Vec<String> = (0..TOKENS).map(|_| program.token()).collect();
    let token_file = folder.path().join("tokens");
    std::fs::write(&token_file, tokens.join("\n")).unwrap();
    let mut run = tool("st");
    // one worker: with two the parser of Python 3.11 now and then loses count of its depth
    run.args(["run", "--no-color", "--workers", "1", "--phases", "examples,coverage,fuzzing"])
        .args(["--checks", CHECKS, "--seed", "20260712", "--max-time", SECONDS, "--continue-on-failure"])
        .args(["--generation-database", "none", "--suppress-health-check", "all", "--request-timeout", "20"])
        .arg("--url")
        .arg(&house.url)
        .arg(&file)
        .current_dir(folder.path())
        .env("STAZH_TOKENS", &token_file)
        .env(
            "SCHEMATHESIS_HOOKS",
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/schemathesis/hooks.py"),
        );
    let done = tokio::task::spawn_blocking(move || run.output().unwrap()).await.unwrap();
    let report = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success(), "{report}\n{}", String::from_utf8_lossy(&done.stderr));
    // a run that reached nothing proves nothing
    let commands: std::collections::BTreeSet<_> = house
        .acts_of("x.funds")
        .await
        .into_iter()
        .filter(|act| act.code.is_none())
        .map(|act| act.command)
        .collect();
    assert!(commands.contains("home-view") && commands.contains("appeal-file"), "{commands:?}\n{report}");
}

const TOKENS: u32 = 20_000;
/// Every operation is reached within them beside other tests, too.
const SECONDS: &str = "40";
/// What holds for every answer: no failure of ours, no status, media type or content that is not described.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,\
    negative_data_rejection,unsupported_method,allow_header_conformance,ignored_auth";
