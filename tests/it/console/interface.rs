//! What an adversary sends to the interface for programs: tokens, JSON, keys.

use crate::people::{CLIENT, House, Program, told};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use stazh::access::Role;
use stazh::base::{Clock, SystemClock};
use stazh::store::{AppealState, appeal_page};

async fn count(house: &House) -> usize {
    let mut tx = house.store().read().await.unwrap();
    appeal_page(&mut tx, (AppealState::Open, None), "~", 1_000).await.unwrap().len()
}

fn appeal() -> Value {
    json!({ "appeal_kind": "failure", "subject": "Feed", "text": "It is late.", "contact": "funds@kz.example" })
}

/// A40: a token is of this program, for this node, for now, and for one call.
#[tokio::test(flavor = "multi_thread")]
async fn a40_a_token_is_good_for_one_call_of_its_program() {
    let house = House::open().await;
    let program = house.employ_program("x.funds").await;
    let other = house.employ_program("x.other").await;
    house.employ("a.clerk", Role::Clerk).await;
    let now = SystemClock.now().as_second();
    let status = async |token: &str| {
        let answer = told(CLIENT.get(format!("{}/api/v1/", house.url)).bearer_auth(token)).await;
        assert_eq!(answer.status == StatusCode::UNAUTHORIZED, answer.header("www-authenticate") == "Bearer");
        (answer.status.as_u16(), answer.code())
    };
    let token = program.token();
    assert_eq!(status(&token).await.0, 200);
    let refused = (401, "access.token".to_owned());
    assert_eq!(status(&token).await, refused, "shown twice");
    let head = json!({ "alg": "EdDSA" });
    let claims = |sub: &str, exp: i64, jti: &str| json!({ "sub": sub, "exp": exp, "jti": jti });
    let wrong = [
        ("of another", program.signed(&head, &claims("x.other", now + 60, "1"))),
        ("of a person", program.signed(&head, &claims("a.clerk", now + 60, "2"))),
        ("of nobody", program.signed(&head, &claims("x.nobody", now + 60, "3"))),
        ("over", program.signed(&head, &claims("x.funds", now - 1, "4"))),
        ("too long", program.signed(&head, &claims("x.funds", now + 3_600, "5"))),
        ("no end", program.signed(&head, &json!({ "sub": "x.funds", "jti": "6" }))),
        ("no number", program.signed(&head, &json!({ "sub": "x.funds", "exp": now + 60 }))),
        ("an endless number", program.signed(&head, &claims("x.funds", now + 60, &"7".repeat(1_000)))),
        ("no algorithm", program.signed(&json!({ "alg": "none" }), &claims("x.funds", now + 60, "8"))),
        ("a shared secret", program.signed(&json!({ "alg": "HS256" }), &claims("x.funds", now + 60, "9"))),
        (
            "of another node",
            program
                .signed(&head, &json!({ "sub": "x.funds", "exp": now + 60, "jti": "a", "aud": "stazh:RU" })),
        ),
        ("an end beyond all time", program.signed(&head, &claims("x.funds", i64::MAX, "b"))),
    ];
    for (why, token) in wrong {
        assert_eq!(status(&token).await, refused, "{why}");
    }
    let good = other.token();
    let (front, _) = good.rsplit_once('.').unwrap();
    for token in [
        format!("{front}."),
        format!("{front}.AAAA"),
        front.to_owned(),
        "a.b.c".to_owned(),
        "....".to_owned(),
        "x".repeat(8_000),
    ] {
        assert_eq!(status(&token).await, refused, "{token}");
    }
    // what a browser holds is no token, and a token is nothing to a page
    let held = house.let_in("a.clerk").await.token;
    assert_eq!(status(&held).await.0, 401);
    let page =
        CLIENT.get(format!("{}/console", house.url)).header("Cookie", format!("stazh={}", program.token()));
    assert_eq!(told(page).await.status, StatusCode::UNAUTHORIZED);
}

/// Every body that is not what the description says is refused by its code, and changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn json_is_what_the_description_says_or_refused() {
    let house = House::open().await;
    let program = house.employ_program("x.funds").await;
    let good = appeal().to_string();
    let with = |name: &str, value: &str| good.replacen('{', &format!("{{\"{name}\":{value},"), 1);
    let changed = |name: &str, value: Value| {
        let mut changed = appeal();
        changed[name] = value;
        changed.to_string()
    };
    let deep = "[".repeat(100_000);
    let bad: Vec<(u16, &str, Vec<u8>)> = vec![
        (400, "http.not_json", b"{".to_vec()),
        (400, "http.not_json", b"[]".to_vec()),
        (400, "http.not_json", b"null".to_vec()),
        (400, "http.not_json", b"\xff\xfe{}".to_vec()),
        (400, "http.not_json", good.replace("Feed", "\u{1}").into_bytes()),
        (400, "http.not_json", [&good.as_bytes()[..good.len() - 1], b"\"\xc3\x28\"}"].concat()),
        (400, "http.not_json", format!("{good}{good}").into_bytes()),
        (400, "http.not_json", with("subject", "\"twice\"").into_bytes()),
        (400, "http.not_json", with("source", &deep).into_bytes()),
        (400, "http.not_json", with("source", "1e999999").into_bytes()),
        (400, "http.not_json", with("source", "NaN").into_bytes()),
        (422, "http.fields", with("source", "123456789012345678901234567890").into_bytes()),
        (422, "http.fields", with("stranger", "1").into_bytes()),
        (422, "http.fields", with("__proto__", "{}").into_bytes()),
        (422, "http.fields", with("", "\"\"").into_bytes()),
        (422, "http.fields", with("csrf", "\"x\"").into_bytes()),
        (422, "http.fields", changed("subject", json!(7)).into_bytes()),
        (422, "http.fields", changed("subject", json!(["a"])).into_bytes()),
        (422, "http.fields", changed("subject", json!(["a", "b"])).into_bytes()),
        (422, "http.fields", changed("subject", json!({ "name": "a", "base64": "" })).into_bytes()),
        (422, "http.fields", changed("subject", Value::Null).into_bytes()),
        (422, "http.fields", changed("subject", json!(true)).into_bytes()),
        (422, "http.fields", changed("subject", json!("   ")).into_bytes()),
        (422, "http.fields", changed("subject", json!("a\u{0}b")).into_bytes()),
        (422, "http.fields", changed("subject", json!("a".repeat(201))).into_bytes()),
        (422, "http.fields", changed("appeal_kind", json!("Failure")).into_bytes()),
        (422, "http.fields", changed("attachment", json!("scan.pdf")).into_bytes()),
        (422, "http.fields", changed("attachment", json!({ "name": "a.pdf" })).into_bytes()),
        (422, "http.fields", changed("attachment", json!({ "name": "a.pdf", "base64": "?" })).into_bytes()),
        (422, "http.fields", changed("attachment", json!({ "name": 7, "base64": "" })).into_bytes()),
        (
            422,
            "http.fields",
            changed("attachment", json!({ "name": "a.pdf", "base64": "TVqQ" })).into_bytes(),
        ),
        (422, "http.fields", b"{}".to_vec()),
        (422, "http.fields", Vec::new()),
        (413, "http.too_large", vec![b' '; 12 * 1024 * 1024 + 1]),
    ];
    for (status, code, body) in bad {
        let shown: String = String::from_utf8_lossy(&body).chars().take(200).collect();
        let answer = program.json("/appeals/new", body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (status, code),
            "{shown}: {}",
            answer.text
        );
        assert_eq!(answer.header("content-type"), "application/problem+json", "{shown}");
        let problem: Value = serde_json::from_str(&answer.text).unwrap();
        for field in ["type", "title", "code", "remedy"] {
            assert!(problem[field].is_string(), "{field} of {problem}");
        }
        assert_eq!(problem["status"], status);
    }
    for media in ["text/plain", "application/xml", "application/x-www-form-urlencoded", ""] {
        let request = program.call(Method::POST, "/appeals/new").header("Content-Type", media);
        assert_eq!(
            told(request.body(good.clone())).await.status,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "{media}"
        );
    }
    assert_eq!(count(&house).await, 0, "nothing was done");
    let answer = program.json("/appeals/new", changed("source", Value::Null)).await;
    assert_eq!(answer.status, StatusCode::OK, "what is not demanded may be null: {}", answer.text);
    assert_eq!(count(&house).await, 1);
}

async fn under(program: &Program, key: &str, body: &Value) -> (u16, Value) {
    let request = program.call(Method::POST, "/appeals/new").header("Idempotency-Key", key);
    let answer = told(request.header("Content-Type", "application/json").body(body.to_string())).await;
    (answer.status.as_u16(), serde_json::from_str(&answer.text).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_again_under_its_key_is_done_once() {
    let house = House::open().await;
    let program = house.employ_program("x.funds").await;
    let other = house.employ_program("x.other").await;
    let first = under(&program, "case-1", &appeal()).await;
    assert_eq!(first.0, 200);
    assert_eq!(under(&program, "case-1", &appeal()).await, first);
    // in another order it is the same
    let mut turned = serde_json::Map::new();
    turned.extend(
        appeal().as_object().unwrap().iter().rev().map(|(name, value)| (name.clone(), value.clone())),
    );
    assert_eq!(under(&program, "case-1", &Value::Object(turned)).await, first);
    assert_eq!(count(&house).await, 1);
    let mut changed = appeal();
    changed["text"] = json!("Something else.");
    let (status, problem) = under(&program, "case-1", &changed).await;
    assert_eq!((status, &problem["code"]), (422, &json!("http.key_reused")));
    assert_eq!(count(&house).await, 1);
    // what failed may come again under its key, mended
    assert_eq!(under(&program, "case-2", &json!({})).await.0, 422);
    assert_eq!(under(&program, "case-2", &appeal()).await.0, 200);
    assert_eq!(under(&other, "case-1", &appeal()).await.0, 200, "a key is its program's own");
    assert_eq!(count(&house).await, 3);
    for key in ["", "é", &"k".repeat(101)] {
        let (status, problem) = under(&program, key, &appeal()).await;
        assert_eq!((status, &problem["code"]), (400, &json!("http.key")), "{key}");
    }
    let all = futures_util::future::join_all(
        (0..8).map(|_| async { under(&program, "at-once", &appeal()).await.0 }),
    );
    assert!(all.await.iter().all(|status| [200, 409].contains(status)));
    assert_eq!(count(&house).await, 4);
}
