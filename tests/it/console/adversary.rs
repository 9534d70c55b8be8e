//! What an adversary sends to the pages: forms of other sites, forged ids, markup and SQL in every field, files that are
//! none, bodies that never end, everybody at once.

use crate::people::{Caller, House, Told, told};
use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use stazh::access::Role;
use stazh::http::console_routes;
use stazh::store::{AppealRow, AppealState, appeal_file, appeal_page};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

async fn appeals(house: &House) -> Vec<AppealRow> {
    let mut tx = house.store().read().await.unwrap();
    appeal_page(&mut tx, (AppealState::Open, None), "~", 1_000).await.unwrap()
}

async fn one_of(house: &House, login: &str, role: Role) -> Caller {
    house.employ(login, role).await;
    house.let_in(login).await
}

const APPEAL: [(&str, &str); 4] =
    [("appeal_kind", "failure"), ("subject", "Printer"), ("text", "It is out."), ("contact", "room 1")];

fn body(fields: &[(&str, &str)], marks: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).extend_pairs(marks).finish()
}

/// A form of files, as a browser sends it.
async fn send_files(caller: &Caller, parts: &[(&str, Option<&str>, &[u8])]) -> Told {
    let mut body = Vec::new();
    let csrf: (&str, Option<&str>, &[u8]) = ("csrf", None, caller.csrf.as_bytes());
    let fields = APPEAL.iter().map(|(name, value)| (*name, None, value.as_bytes()));
    for (name, file, bytes) in fields.chain([csrf]).chain(parts.iter().copied()) {
        let file = file
            .map_or(String::new(), |file| format!("; filename=\"{file}\"\r\nContent-Type: application/pdf"));
        let head = format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
        body.extend(head.as_bytes());
        body.extend(bytes);
        body.extend(b"\r\n");
    }
    body.extend(b"--XX--\r\n");
    let request = caller.call(Method::POST, "/console/appeals/new");
    told(request.header("Content-Type", "multipart/form-data; boundary=XX").body(body)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_another_site_does_nothing() {
    let house = House::open().await;
    let caller = one_of(&house, "a.clerk", Role::Clerk).await;
    let path = "/console/appeals/new";
    let (csrf, other) = (caller.csrf.clone(), house.let_in("a.clerk").await.csrf);
    for marks in [&[][..], &[("csrf", "")], &[("csrf", "AAAA")], &[("csrf", other.as_str())]] {
        let answer = told(caller.form(path, body(&APPEAL, marks))).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{marks:?}");
        assert!(answer.text.contains("value=\"Printer\""), "what was typed is kept: {}", answer.text);
    }
    let good = || caller.form(path, body(&APPEAL, &[("csrf", &csrf)]));
    for site in ["cross-site", "same-site", "nonsense"] {
        assert_eq!(told(good().header("Sec-Fetch-Site", site)).await.status, StatusCode::FORBIDDEN, "{site}");
    }
    for origin in ["https://evil.example", "null", "http://127.0.0.1", "http://127.0.0.1:1", "about:blank"] {
        assert_eq!(told(good().header("Origin", origin)).await.status, StatusCode::FORBIDDEN, "{origin}");
    }
    assert_eq!(appeals(&house).await.len(), 0);
    let own = good().header("Sec-Fetch-Site", "same-origin").header("Origin", &house.url);
    assert_eq!(told(own).await.status, StatusCode::SEE_OTHER);
    assert_eq!(appeals(&house).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_tells_browsers_to_be_careful() {
    let house = House::open().await;
    let caller = one_of(&house, "a.system", Role::SystemAdministrator).await;
    let mut answers = Vec::new();
    for path in [
        "/",
        "/console",
        "/console/nothing",
        "/nothing",
        "/console/style.css",
        "/console/small.js",
        "/console/icon.svg",
        "/console/openapi.json",
        "/console/language?language=kk",
        "/console/cases/%00",
        "/api/v1",
        "/api/v1/openapi.json",
        "/api/v1/nothing",
        "/api/v1/appeals",
    ] {
        answers.push((path.to_owned(), caller.get(path).await));
    }
    for route in console_routes() {
        let path = format!("/console{}", route.path.replace(['{', '}'], ""));
        answers.push((path.clone(), caller.get(&path).await));
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::TRACE, Method::OPTIONS] {
            let answer = told(caller.call(method.clone(), &path)).await;
            let is_known = answer.status == StatusCode::METHOD_NOT_ALLOWED;
            assert!(method == Method::POST || is_known, "{method} {path}: {}", answer.status);
            assert!(!is_known || answer.header("allow").contains(route.verb), "{method} {path}");
            answers.push((format!("{method} {path}"), answer));
        }
    }
    for (path, answer) in answers {
        assert!(!answer.status.is_server_error(), "{path}: {}", answer.status);
        let policy = answer.header("content-security-policy");
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        let wanted = [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ];
        for (name, value) in wanted {
            assert_eq!(answer.header(name), value, "{path}: {name}");
        }
        assert!(!answer.header("content-type").is_empty(), "{path}");
        let is_asset = [".css", ".js", ".svg"].iter().any(|ending| path.ends_with(ending));
        assert!(
            is_asset || answer.header("cache-control") == "no-store",
            "{path}: {}",
            answer.header("cache-control")
        );
        assert!(answer.headers.get("server").is_none() && answer.headers.get("x-powered-by").is_none());
    }
}

/// A2: nothing of a forged id is shown, and that it was tried is in the journal.
#[tokio::test(flavor = "multi_thread")]
async fn a_forged_id_shows_nothing_and_is_journalled() {
    let house = House::open().await;
    let caller = one_of(&house, "a.system", Role::SystemAdministrator).await;
    for id in [
        "none",
        "018f0000-0000-7000-8000-000000000000",
        "..%2f..%2fetc%2fpasswd",
        "%27%20OR%201=1--",
        "%3Cscript%3E",
    ] {
        for ending in ["", "/file"] {
            let answer = caller.get(&format!("/console/appeals/{id}{ending}")).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{id}");
            assert!(!answer.text.contains("<script>"), "{}", answer.text);
            let act = house.acts_of("a.system").await.remove(0);
            let plain = percent_encoding::percent_decode_str(id).decode_utf8().unwrap();
            assert_eq!((act.command.as_str(), act.object), ("appeal-list", format!("appeal:{plain}")));
        }
    }
    for path in
        ["/console/appeals/a%00b", "/console/appeals/%ff", "/console/appeals/a%0ab", "/console/appeals//file"]
    {
        assert_eq!(caller.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

/// What is typed is kept as it is and shown as text, whatever it would be elsewhere.
#[tokio::test(flavor = "multi_thread")]
async fn markup_and_sql_in_every_field_are_text() {
    let house = House::open().await;
    let clerk = one_of(&house, "a.clerk", Role::Clerk).await;
    let keeper = one_of(&house, "a.system", Role::SystemAdministrator).await;
    let ugly = [
        "'; DROP TABLE appeal; --",
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "${7*7} {{7*7}} %s %n",
        "{ $bound } { DATETIME($x) }",
        "javascript:alert(1)",
        "ӘҒҚҢӨҰҮҺІ Ձեզ \u{202e}txt",
        "a\u{feff}\u{200b}b",
        "😀",
    ];
    for text in ugly {
        let fields = [("appeal_kind", "failure"), ("subject", text), ("text", text), ("contact", text)];
        assert_eq!(clerk.post("/console/appeals/new", &fields).await.status, StatusCode::SEE_OTHER, "{text}");
        let kept = appeals(&house).await.remove(0);
        assert_eq!(
            (kept.draft.subject.as_str(), kept.draft.body.as_str(), kept.draft.contact.as_str()),
            (text, text, text)
        );
        let pages = ["/console/appeals".to_owned(), format!("/console/appeals/{}", kept.draft.id)];
        let mut shown = vec![clerk.get("/console/appeals/new").await];
        for page in pages {
            shown.push(keeper.get(&page).await);
        }
        for page in shown {
            let escaped =
                text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
            assert!(page.text.contains(&escaped), "{text}: {}", page.text);
            assert!(!page.text.contains("<script>") && !page.text.contains("<img"), "{text}");
        }
        // and a value that does not fit comes back as text, too
        let wrong = [("appeal_kind", text), ("subject", text), ("text", ""), ("contact", text), (text, text)];
        let again = clerk.post("/console/appeals/new", &wrong).await;
        assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(!again.text.contains("<script>") && !again.text.contains("<img"), "{text}: {}", again.text);
        let listed = keeper
            .get(&format!(
                "/console/appeals?before={}",
                form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>()
            ))
            .await;
        assert!(!listed.status.is_server_error(), "{text}: {}", listed.status);
    }
    assert_eq!(appeals(&house).await.len(), ugly.len());
    for text in ["a\0b", "a\u{1b}[31m", "a\rb", "a\u{7f}"] {
        let fields = [("appeal_kind", "failure"), ("subject", text), ("text", "t"), ("contact", "c")];
        let answer = clerk.post("/console/appeals/new", &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{text:?}");
    }
    let long = "ы".repeat(201);
    let fields = [("appeal_kind", "failure"), ("subject", long.as_str()), ("text", "t"), ("contact", "c")];
    assert!(clerk.post("/console/appeals/new", &fields).await.text.contains("at most 200"));
}

/// A11: a file is what its first bytes say, of a bounded size, and its name is a name.
#[tokio::test(flavor = "multi_thread")]
async fn a11_a_file_is_what_it_is() {
    let house = House::open().await;
    let clerk = one_of(&house, "a.clerk", Role::Clerk).await;
    let keeper = one_of(&house, "a.system", Role::SystemAdministrator).await;
    let refused: [(&[u8], &str); 4] = [
        (b"MZ\x90\0 not a pdf", "is no PDF"),
        (b"<html>%PDF-1.7", "is no PDF"),
        (b"#!/bin/sh", "is no PDF"),
        (&[b"%PDF-1.7".as_slice(), &vec![b' '; 5 * 1024 * 1024]].concat(), "too large"),
    ];
    for (bytes, told) in refused {
        let answer = send_files(&clerk, &[("attachment", Some("scan.pdf"), bytes)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{told}");
        assert!(answer.text.contains(told), "{}", answer.text);
        assert!(answer.text.contains("value=\"Printer\""), "what was typed is kept");
    }
    let whole = vec![b' '; 13 * 1024 * 1024];
    let answer = send_files(&clerk, &[("attachment", Some("scan.pdf"), &whole)]).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(appeals(&house).await.len(), 0);
    // a file where a text is asked for, and a text where a file is
    for part in [
        ("subject2", Some("x.pdf"), b"%PDF-1.7".as_slice()),
        ("source", Some("x.pdf"), b"%PDF-1.7"),
        ("attachment", None, b"x.pdf"),
    ] {
        assert_eq!(send_files(&clerk, &[part]).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{part:?}");
    }
    let names = [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\\\scans\\\\Скан 1.pdf", "Скан 1.pdf"),
        ("a<b>;c.pdf", "ab;c.pdf"),
    ];
    for (name, kept) in names {
        let answer = send_files(&clerk, &[("attachment", Some(name), b"%PDF-1.7 content")]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{name}: {}", answer.text);
        let appeal = appeals(&house).await.remove(0);
        assert_eq!(appeal.file_name.as_deref(), Some(kept));
        let bytes = appeal_file(&mut house.store().read().await.unwrap(), appeal.draft.id).await.unwrap();
        assert_eq!(bytes.as_deref(), Some(b"%PDF-1.7 content".as_slice()));
        let file = keeper.get(&format!("/console/appeals/{}/file", appeal.draft.id)).await;
        assert_eq!(
            (file.text.as_str(), file.header("content-type")),
            ("%PDF-1.7 content", "application/octet-stream")
        );
        let placed = file.header("content-disposition");
        assert!(
            placed.starts_with("attachment; filename=\"") && !placed.contains(['<', ';'].as_slice())
                || placed.matches(';').count() == 1,
            "{placed}"
        );
        assert_eq!(file.header("x-content-type-options"), "nosniff");
    }
    for broken in [
        "--XX\r\nContent-Disposition: form-data; name=\"subject\"\r\n\r\nab",
        "--XX",
        "",
        "nothing of the kind",
    ] {
        let request = clerk.call(Method::POST, "/console/appeals/new");
        let answer =
            told(request.header("Content-Type", "multipart/form-data; boundary=XX").body(broken)).await;
        assert!(answer.status.is_client_error(), "{broken:?}: {}", answer.status);
    }
    let request =
        clerk.call(Method::POST, "/console/appeals/new").header("Content-Type", "text/xml").body("<a/>");
    assert_eq!(told(request).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

/// A form sent twice is one: at once, after a while, with something else in it.
#[tokio::test(flavor = "multi_thread")]
async fn a_form_sent_twice_is_one() {
    let house = House::open().await;
    let clerk = one_of(&house, "a.clerk", Role::Clerk).await;
    let page = clerk.get("/console/appeals/new").await.text;
    let form_id = page.split("name=\"form_id\" value=\"").nth(2).unwrap().split('"').next().unwrap();
    let marks = [("csrf", clerk.csrf.as_str()), ("form_id", form_id)];
    let send = || told(clerk.form("/console/appeals/new", body(&APPEAL, &marks)));
    for answer in join_all((0..8).map(|_| send())).await {
        assert!([StatusCode::SEE_OTHER, StatusCode::CONFLICT].contains(&answer.status), "{}", answer.status);
    }
    assert_eq!(send().await.status, StatusCode::SEE_OTHER);
    assert_eq!(appeals(&house).await.len(), 1);
    let other: Vec<_> =
        APPEAL.iter().map(|(name, value)| (*name, if *name == "text" { "Other." } else { *value })).collect();
    let answer = told(clerk.form("/console/appeals/new", body(&other, &marks))).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(appeals(&house).await.len(), 1);
    // the key of one is nothing to another
    let second = one_of(&house, "b.clerk", Role::Clerk).await;
    let marks = [("csrf", second.csrf.as_str()), ("form_id", form_id)];
    assert_eq!(
        told(second.form("/console/appeals/new", body(&APPEAL, &marks))).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(appeals(&house).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_never_ends_hinders_nobody() {
    let house = House::open().await;
    let clerk = one_of(&house, "a.clerk", Role::Clerk).await;
    let endless = futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b'a'; 64 * 1024]));
    let answer = clerk.form("/console/appeals/new", reqwest::Body::wrap_stream(endless)).send().await;
    // it is cut off; whether the answer is read before the line is closed is a matter of luck
    assert!(answer.is_err() || answer.unwrap().status() == StatusCode::PAYLOAD_TOO_LARGE);
    let address = house.url.strip_prefix("http://").unwrap();
    let mut lines = Vec::new();
    for head in [
        "POST /console/sign-in HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nlogin=",
        "GET /console HTTP/1.1\r\nHost:",
        "POST /console/sign-in HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nlo",
    ] {
        for _ in 0..30 {
            let mut line = tokio::net::TcpStream::connect(address).await.unwrap();
            line.write_all(head.as_bytes()).await.unwrap();
            lines.push(line);
        }
    }
    let begun = Instant::now();
    assert_eq!(clerk.get("/console").await.status, StatusCode::OK);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_http_is_refused() {
    let house = House::open().await;
    let address = house.url.strip_prefix("http://").unwrap();
    let long = format!("GET /console?{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(1_000_000));
    let heads = format!("GET /console HTTP/1.1\r\nHost: a\r\n{}\r\n", "x: y\r\n".repeat(500));
    let both = "POST /console/sign-in HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /console/help HTTP/1.1\r\n\r\n";
    for text in
        ["\u{16}\u{3}\u{1}\r\n\r\n", "GET\r\n\r\n", &long, &heads, both, "GET /console HTTP/9.9\r\n\r\n"]
    {
        let mut line = tokio::net::TcpStream::connect(address).await.unwrap();
        let _ = line.write_all(text.as_bytes()).await; // it may be closed before all is read
        let _ = line.shutdown().await; // as above
        let mut answer = Vec::new();
        let _ = line.read_to_end(&mut answer).await; // as above
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{}", answer.lines().next().unwrap());
    }
    assert_eq!(house.stranger().get("/console/help").await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_call_at_once_and_each_is_answered_and_journalled() {
    const COUNT: usize = 200;
    let house = House::open().await;
    house.employ("a.clerk", Role::Clerk).await;
    let callers = house.let_in_often("a.clerk", COUNT).await;
    let calls = callers.iter().enumerate().map(|(at, caller)| async move {
        let (ok, to) = (StatusCode::OK, StatusCode::SEE_OTHER);
        match at % 2 {
            0 => (caller.get("/console").await.status, ok),
            _ => (caller.post("/console/appeals/new", &APPEAL).await.status, to),
        }
    });
    for (status, wanted) in join_all(calls).await {
        assert_eq!(status, wanted);
    }
    assert_eq!(appeals(&house).await.len(), COUNT / 2);
    // a posted act tells what came of it, too
    assert_eq!(house.acts_of("a.clerk").await.len(), COUNT + COUNT / 2);
}
