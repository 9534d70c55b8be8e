//! The door for the local system, called as its program calls it.

use crate::exchange::{iin, inquiry_between};
use crate::keys::Authority;
use crate::processes::{
    Process, also_set, completed, free_port, handed_over, keep_local, stazh, two_nodes, waiting,
};
use futures_util::future::join_all;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// A local system that knows the token.
struct Caller {
    client: Client,
    url: String,
}

impl Caller {
    /// Gives a node a door for the local system.
    fn of(node: &Path) -> Self {
        std::fs::write(node.join("keys/local.token"), format!("{TOKEN}\n")).unwrap();
        let port = free_port();
        let section =
            format!("[local_api]\nlisten = \"127.0.0.1:{port}\"\ntoken_file = \"keys/local.token\"");
        also_set(node, &section);
        Self {
            client: Client::builder().no_proxy().build().unwrap(),
            url: format!("http://127.0.0.1:{port}/local/v1"),
        }
    }

    fn call(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url)).bearer_auth(TOKEN)
    }

    async fn told(&self, request: reqwest::RequestBuilder) -> (StatusCode, Value) {
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
        let told: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        if !status.is_success() {
            assert_eq!(kind, "application/problem+json");
            for field in ["type", "title", "detail", "code", "where", "remedy"] {
                assert!(told[field].is_string(), "{field} of {told}");
            }
            assert_eq!(told["status"], status.as_u16());
        }
        (status, told)
    }

    fn ask(&self, key: &str, body: impl Into<reqwest::Body>) -> reqwest::RequestBuilder {
        let request = self.call(Method::POST, "/inquiries").header("Idempotency-Key", key);
        request.header("Content-Type", "application/json").body(body)
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.told(self.call(Method::GET, path)).await
    }
}

fn question(number: u32) -> String {
    serde_json::to_string(&inquiry_between("RU", "KZ", number)).unwrap()
}

/// Two nodes; the first has a door for the local system.
fn beside(root: &Path, count: u32) -> (PathBuf, PathBuf, Caller) {
    let (ru, kz) = two_nodes(root);
    keep_local(&kz, 0..count);
    let caller = Caller::of(&ru);
    (ru, kz, caller)
}

async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < Duration::from_secs(100), "{what}");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_local_system_asks_follows_fetches_in_order_and_acknowledges() {
    const COUNT: u32 = 12;
    let root = tempfile::tempdir().unwrap();
    let (ru, kz, caller) = beside(root.path(), COUNT);
    let _nodes = [Process::start(&ru), Process::start(&kz)];
    let mut conversations = Vec::new();
    for number in 0..COUNT {
        let answer = caller.ask(&format!("case-{number}"), question(number)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::ACCEPTED);
        let place = answer.headers()["location"].to_str().unwrap().to_owned();
        let told: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        let conversation = told["conversation_id"].as_str().unwrap().to_owned();
        assert!(place.ends_with(&format!("/local/v1/conversations/{conversation}")));
        conversations.push(conversation);
    }
    for conversation in &conversations {
        let path = format!("/conversations/{conversation}");
        until("it is answered", async || caller.get(&path).await.1["state"] == "completed").await;
        let (_, told) = caller.get(&path).await;
        assert_eq!((&told["peer"], &told["transaction"]), (&"KZ".into(), &"P.XP.01.TRN.001".into()));
    }
    until("all is handed over", async || handed_over(&ru).len() == 12).await;
    until("all can be fetched", async || {
        caller.get("/handed-over?after=0&limit=500").await.1["items"].as_array().unwrap().len() == 12
    })
    .await;
    // page by page, and each page again until it is acknowledged
    let (mut seen, mut pages) = (Vec::new(), 0);
    loop {
        let (_, page) = caller.get("/handed-over?limit=5").await;
        let (_, again) = caller.get("/handed-over?limit=5").await;
        assert_eq!(page, again);
        seen.extend(page["items"].as_array().unwrap().clone());
        pages += 1;
        let acknowledged = json!({ "cursor": page["next"] }).to_string();
        let request = caller.call(Method::POST, "/handed-over/acknowledged");
        let request = request.header("Content-Type", "application/json").body(acknowledged);
        assert_eq!(caller.told(request).await.0, StatusCode::OK);
        if page["has_more"] == false {
            break;
        }
    }
    assert_eq!(pages, 3);
    let cursors: Vec<i64> = seen.iter().map(|item| item["cursor"].as_i64().unwrap()).collect();
    assert_eq!(cursors, (1..=i64::from(COUNT)).collect::<Vec<_>>());
    let mut workers: Vec<String> = seen
        .iter()
        .map(|item| item["record"]["person"]["identifiers"][0]["value"].as_str().unwrap().to_owned())
        .collect();
    workers.sort();
    let mut all: Vec<String> = (0..COUNT).map(iin).collect();
    all.sort();
    assert_eq!(workers, all);
    let (_, rest) = caller.get("/handed-over").await;
    assert_eq!(rest, json!({ "items": [], "next": 12, "has_more": false }));
    // what the local system took away is told, and its place is kept
    let first = seen[0]["document_id"].as_str().unwrap();
    let file = std::fs::read_dir(ru.join("handed-over")).unwrap().map(|entry| entry.unwrap().path());
    let file = file.filter(|path| path.extension().is_some_and(|ending| ending == "json"));
    let file = file.filter(|path| path.display().to_string().contains(first)).collect::<Vec<_>>();
    std::fs::remove_file(&file[0]).unwrap();
    let (_, page) = caller.get("/handed-over?after=0&limit=1").await;
    assert_eq!((&page["items"][0]["record"], &page["items"][0]["cursor"]), (&Value::Null, &1.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_has_one_effect_however_often_and_at_once_it_is_sent() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz, caller) = beside(root.path(), 3);
    let _nodes = [Process::start(&ru), Process::start(&kz)];
    let calls = (0..20).map(|_| async { caller.told(caller.ask("k", question(1))).await });
    let answers = join_all(calls).await;
    assert!(answers.iter().all(|answer| *answer == answers[0] && answer.0 == StatusCode::ACCEPTED));
    let again = caller.ask("\"k\"", question(1)).send().await.unwrap();
    assert_eq!(again.headers()["idempotency-replayed"], "true", "a quoted key is the same");
    let (status, told) = caller.told(caller.ask("k", question(2))).await;
    assert_eq!((status, &told["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &"http.key_reused".into()));
    until("it is answered", async || completed(&ru).await == 1).await;
    let status = stazh().arg("status").arg(&ru).arg("--json").output().unwrap();
    let status: Value = serde_json::from_slice(&status.stdout).unwrap();
    assert_eq!(status["conversations"], json!({ "completed": 1 }), "and nothing else was begun");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_killed_while_it_is_asked_begins_each_inquiry_once() {
    const COUNT: u32 = 60;
    let root = tempfile::tempdir().unwrap();
    let (ru, kz, caller) = beside(root.path(), COUNT);
    let (mut node, _other) = (Process::start(&ru), Process::start(&kz));
    let asking = async {
        for number in 0..COUNT {
            // a caller that got no answer calls again under the same key
            until("it is taken", async || {
                let answer = caller.ask(&format!("case-{number}"), question(number)).send().await;
                answer.is_ok_and(|answer| answer.status() == StatusCode::ACCEPTED)
            })
            .await;
        }
    };
    let mut asking = std::pin::pin!(asking);
    let mut kills = 0;
    loop {
        tokio::select! {
            () = asking.as_mut() => break,
            () = tokio::time::sleep(Duration::from_millis(220)) => {
                node.kill_and_start_again();
                kills += 1;
            }
        }
    }
    assert!(kills >= 2, "only {kills} kills: the test proves nothing");
    until("all are answered", async || completed(&ru).await == i64::from(COUNT)).await;
    until("all are handed over", async || handed_over(&ru).len() == 60).await; // none twice: it looks
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_brought_count_at_once_and_bad_ones_are_named_without_their_values() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    let (asks, caller) = (Caller::of(&ru), Caller::of(&kz));
    let _nodes = [Process::start(&ru), Process::start(&kz)];
    keep_local(&kz, 0..2);
    let contracts = std::fs::read(kz.join("local/contracts.json")).unwrap();
    std::fs::remove_file(kz.join("local/contracts.json")).unwrap();
    let put = |name: &str, body: Vec<u8>| caller.call(Method::PUT, &format!("/records/{name}")).body(body);
    let (status, told) = caller.told(put("contracts.json", contracts.clone())).await;
    assert_eq!((status, &told["rows"], &told["findings_more"]), (StatusCode::OK, &2.into(), &0.into()));
    assert_eq!(std::fs::read(kz.join("local/contracts.json")).unwrap(), contracts);
    assert_eq!(asks.told(asks.ask("1", question(1))).await.0, StatusCode::ACCEPTED);
    until("it is answered by them", async || handed_over(&ru).len() == 1).await;
    // one bad row is left out and named; a file of another form is not taken, and the one before it stays
    let bad = String::from_utf8(contracts.clone()).unwrap().replacen("2010-01-11", "2010-02-31", 1);
    let (status, told) = caller.told(put("contracts-2.json", bad.into_bytes())).await;
    assert_eq!((status, &told["rows"]), (StatusCode::OK, &1.into()));
    let finding = told["findings"].to_string();
    assert!(finding.contains("contracts-2.json:") && !finding.contains("2010-02-31"), "{finding}");
    let (status, told) = caller.told(put("contracts.json", "[{ \"iin\": \"Ким\"".into())).await;
    assert_eq!((status, &told["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &"adapter.format".into()));
    assert!(!told.to_string().contains("Ким"), "{told}");
    assert_eq!(std::fs::read(kz.join("local/contracts.json")).unwrap(), contracts);
    for name in ["unknown.csv", "contracts%2F..%2F..%2Fx.json", ".contracts.json", "contracts%00.json"] {
        let (status, told) = caller.told(put(name, contracts.clone())).await;
        assert_eq!((status, &told["code"]), (StatusCode::NOT_FOUND, &"adapter.no_form".into()), "{name}");
    }
    let files: Vec<_> =
        std::fs::read_dir(kz.join("local")).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert_eq!(files.len(), 3, "{files:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_calls_are_told_what_where_and_what_to_do_and_show_no_value() {
    let root = tempfile::tempdir().unwrap();
    let (ru, _kz, caller) = beside(root.path(), 0);
    let _node = Process::start(&ru);
    let code = async |request| {
        let (status, told) = caller.told(request).await;
        let text = told.to_string();
        assert!(!text.contains("Тестов") && !text.contains("850315"), "{text}");
        (status.as_u16(), told["code"].as_str().unwrap().to_owned())
    };
    let told = |status: u16, code: &str| (status, code.to_owned());
    let good = question(1);
    assert_eq!(code(caller.ask("a", "{")).await, told(400, "http.not_json"));
    assert_eq!(code(caller.ask("a", good.replace("1985-03-15", "Тестов"))).await, told(400, "http.not_json"));
    assert_eq!(code(caller.ask("a", vec![0xff])).await, told(400, "http.not_json"));
    assert_eq!(code(caller.ask("a", " ".repeat(1024 * 1024 + 1))).await, told(413, "http.body"));
    assert_eq!(code(caller.ask("a", good.replace("\"RU\"", "\"BY\""))).await, told(422, "flow.not_ours"));
    assert_eq!(code(caller.ask("a", good.replace("\"KZ\"", "\"AM\""))).await, told(422, "flow.unknown_peer"));
    let plain = caller.call(Method::POST, "/inquiries").header("Idempotency-Key", "a").body(good.clone());
    assert_eq!(code(plain).await, told(415, "http.body"));
    let keyless = caller.call(Method::POST, "/inquiries").header("Content-Type", "application/json");
    assert_eq!(code(keyless.body(good.clone())).await, told(400, "http.key"));
    assert_eq!(code(caller.call(Method::GET, "/handed-over?limit=0")).await, told(400, "http.query"));
    assert_eq!(code(caller.call(Method::GET, "/nothing")).await, told(404, "http.not_found"));
    assert_eq!(code(caller.call(Method::DELETE, "/handed-over")).await, told(405, "http.not_found"));
    assert_eq!(code(caller.call(Method::GET, "/conversations/x")).await, told(404, "http.not_found"));
    let cursor =
        caller.call(Method::POST, "/handed-over/acknowledged").header("Content-Type", "application/json");
    assert_eq!(code(cursor.body("{\"cursor\": 7}")).await, told(422, "http.cursor"));
    for token in ["", "Bearer", "Bearer x", &format!("Bearer {TOKEN}x"), &format!("Basic {TOKEN}")] {
        let request = caller.client.get(format!("{}/handed-over", caller.url)).header("Authorization", token);
        assert_eq!(code(request).await, told(401, "http.token"), "{token}");
    }
    let russian = caller.call(Method::GET, "/nothing").header("Accept-Language", "ru-RU,ru");
    let (_, told_in_russian) = caller.told(russian).await;
    assert!(told_in_russian["title"].as_str().unwrap().contains("ничего нет"), "{told_in_russian}");
    assert_eq!(caller.get("/handed-over").await.0, StatusCode::OK, "and it is well");
    assert_eq!(waiting(&ru), Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_is_served_and_tells_every_answer_that_is_given() {
    let root = tempfile::tempdir().unwrap();
    let (ru, _kz, caller) = beside(root.path(), 0);
    let _node = Process::start(&ru);
    let (status, description) = caller.get("/openapi.json").await;
    assert_eq!(status, StatusCode::OK);
    for (path, methods) in description["paths"].as_object().unwrap() {
        let path = path.strip_prefix("/local/v1").unwrap();
        let path = path.replace("{file}", "x").replace("{conversation}", "x");
        for (method, told) in methods.as_object().unwrap() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let known = caller.told(caller.call(method.clone(), &path)).await;
            let stranger = caller.client.request(method, format!("{}{path}", caller.url));
            for (status, answer) in [known, caller.told(stranger).await] {
                assert!(told["responses"].get(status.as_str()).is_some(), "{path}: {status} {answer}");
                assert_ne!(status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_machine_shows_a_certificate_of_the_settings_and_the_peers_door_knows_nothing_of_it() {
    let root = tempfile::tempdir().unwrap();
    let (ru, _kz) = two_nodes(root.path());
    let (own, callers) = (Authority::new("Own"), Authority::new("Callers"));
    let issued = own.issue("node.example");
    for (name, bytes) in
        [("local.pem", &issued.certificate), ("local.key.pem", &issued.key), ("callers.pem", &callers.pem())]
    {
        std::fs::write(ru.join("keys").join(name), bytes).unwrap();
    }
    let port = free_port();
    also_set(
        &ru,
        &format!(
            "[local_api]\nlisten = \"127.0.0.1:{port}\"\ncertificate = \"keys/local.pem\"\nkey = \"keys/local.key.pem\"\n\
             authorities = \"keys/callers.pem\"\nnames = [\"pensions.example\"]"
        ),
    );
    let _node = Process::start(&ru);
    let client = |shown: Option<crate::keys::Issued>| {
        let authority = reqwest::Certificate::from_pem(&own.pem()).unwrap();
        let builder = Client::builder().no_proxy().tls_backend_native().tls_certs_only([authority]);
        let identity = shown.map(|it| reqwest::Identity::from_pkcs8_pem(&it.certificate, &it.key).unwrap());
        match identity {
            Some(identity) => builder.identity(identity),
            None => builder,
        }
        .build()
        .unwrap()
    };
    let status = async |shown| {
        let url = format!("https://127.0.0.1:{port}/local/v1/handed-over");
        client(shown).get(url).send().await.map(|answer| answer.status().as_u16()).ok()
    };
    assert_eq!(status(Some(callers.issue("pensions.example"))).await, Some(200));
    assert_eq!(status(Some(callers.issue("other.example"))).await, Some(403));
    assert_eq!(status(Some(own.issue("pensions.example"))).await, None, "of another authority");
    assert_eq!(status(None).await, None);
    let peers = std::fs::read_to_string(ru.join("node.toml")).unwrap();
    let peers = peers.lines().find(|line| line.starts_with("listen")).unwrap();
    let address = peers.split('"').nth(1).unwrap();
    let wire = |name: &str| std::fs::read(ru.join("keys").join(name)).unwrap();
    let identity = reqwest::Identity::from_pkcs8_pem(&wire("wire.pem"), &wire("wire.key.pem")).unwrap();
    let authority = reqwest::Certificate::from_pem(&wire("own-wire-authority.pem")).unwrap();
    let builder = Client::builder().no_proxy().tls_backend_native().tls_certs_only([authority]);
    let peer = builder.identity(identity).tls_danger_accept_invalid_hostnames(true).build().unwrap();
    let answer = peer.get(format!("https://{address}/local/v1/handed-over")).send().await;
    assert!(answer.map_or(true, |answer| answer.status() == StatusCode::NOT_FOUND));
}
