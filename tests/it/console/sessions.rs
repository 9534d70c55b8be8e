//! Coming in and going out: cookies, ends that are at once, tries that cost.

use crate::nodes::{TestDesk, World};
use crate::people::{Caller, House, PASSWORD, account, told};
use reqwest::{Method, StatusCode};
use stazh::access::{Ground, Role, Standing};
use stazh::base::{Clock, SystemClock};
use stazh::node::{ConsoleSettings, Door, Node};
use stazh::store::{account_lock, account_put, account_update};
use std::sync::Arc;

/// The session that a sign-in began, out of its cookie.
async fn sign_in(house: &House, login: &str, password: &str) -> Result<Caller, String> {
    let stranger = house.stranger();
    let answer = stranger.post("/console/sign-in", &[("login", login), ("password", password)]).await;
    match answer.header("set-cookie").strip_prefix("stazh=").and_then(|cookie| cookie.split(';').next()) {
        Some(token) => Ok(Caller { token: token.to_owned(), ..stranger }),
        None => Err(answer.text),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_held_by_a_cookie_that_no_script_and_no_other_site_can_use() {
    let house = House::open().await;
    house.employ("a.clerk", Role::Clerk).await;
    let stranger = house.stranger();
    let fields = [("login", "A.Clerk "), ("password", PASSWORD), ("to", "/console/help?x=1")];
    let answer = stranger.post("/console/sign-in", &fields).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/console/help?x=1"));
    let cookie = answer.header("set-cookie");
    assert!(cookie.ends_with("; Path=/console; HttpOnly; SameSite=Strict"), "{cookie}");
    assert!(cookie.len() > 80, "{cookie} can be guessed");
    for to in
        ["https://evil.example", "//evil.example", "/console//evil.example", "/console\\evil", "/", "/api/v1"]
    {
        let fields = [("login", "a.clerk"), ("password", PASSWORD), ("to", to)];
        let answer = stranger.post("/console/sign-in", &fields).await;
        assert_eq!(answer.header("location"), "/console", "{to}");
        let escaped: String = form_urlencoded::byte_serialize(to.as_bytes()).collect();
        let answer = stranger.get(&format!("/console/language?language=kk&to={escaped}")).await;
        assert_eq!(answer.header("location"), "/console", "{to}");
    }
    let acts = house.acts_of("a.clerk").await;
    assert_eq!(acts.iter().filter(|act| act.command == "session-sign-in" && act.code.is_none()).count(), 7);
    assert!(acts.iter().any(|act| act.code.as_deref() == Some("access.parallel")), "A6: an alert");
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_the_cookie_is_bound_to_it() {
    let world = World::new();
    let (key, certificate) = world.issue("node.example");
    let mut settings = world.settle("KZ", "RU");
    world.settle("RU", "KZ"); // whose seals it trusts
    settings.console = Some(ConsoleSettings {
        listen: "127.0.0.1:0".parse().unwrap(),
        certificate: Some(certificate),
        key: Some(key),
        caller_header: None,
        time_zone: None,
    });
    let door = Door::open(&settings).await.unwrap();
    let url = door.console_url().unwrap().unwrap();
    let node = Node::start(door, &settings, Arc::new(TestDesk::default())).await.unwrap();
    let mut tx = node.flows().store.begin().await.unwrap();
    assert!(account_put(&mut tx, &account("a.clerk", Role::Clerk)).await.unwrap());
    tx.commit().await.unwrap();
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_danger_accept_invalid_certs(true)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("login", "a.clerk"), ("password", PASSWORD)])
        .finish();
    let request = client.post(format!("{url}/console/sign-in"));
    let answer = told(request.header("Content-Type", "application/x-www-form-urlencoded").body(body)).await;
    let cookie = answer.header("set-cookie").to_owned();
    assert!(cookie.starts_with("__Host-stazh="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict; Secure"), "{cookie}");
    assert!(answer.header("strict-transport-security").starts_with("max-age="));
    let held = cookie.split(';').next().unwrap();
    let answer = told(client.get(format!("{url}/console")).header("Cookie", held)).await;
    assert_eq!(answer.status, StatusCode::OK);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_at_once() {
    let house = House::open().await;
    house.employ("a.clerk", Role::Clerk).await;
    let is_in = async |caller: &Caller| caller.get("/console").await.status == StatusCode::OK;
    let callers = house.let_in_often("a.clerk", 3).await;
    let [one, two, three] = &callers[..] else { panic!("three sessions") };
    assert!(is_in(one).await && is_in(two).await);
    let gone = one.post("/console/sign-out", &[]).await;
    assert!(gone.header("set-cookie").contains("Max-Age=0"), "{:?}", gone.headers);
    assert!(!is_in(one).await && is_in(two).await);
    // who changes his password is alone with his account
    let new = "Новый-пароль-шести-слов";
    let fields = [("password", PASSWORD), ("new_password", new), ("new_password_again", new)];
    assert_eq!(two.post("/console/password", &fields).await.status, StatusCode::SEE_OTHER);
    assert!(is_in(two).await && !is_in(three).await);
    // A33: who is blocked is out
    let mut tx = house.store().begin().await.unwrap();
    let mut row = account_lock(&mut tx, "a.clerk").await.unwrap().unwrap();
    row.standing = Standing::Blocked(Ground::Violation);
    account_update(&mut tx, &row).await.unwrap();
    tx.commit().await.unwrap();
    assert!(!is_in(two).await);
    assert!(sign_in(&house, "a.clerk", new).await.unwrap_err().contains("blocked"));
}

/// A7, A12: which of login and password is wrong is not told, and tries cost.
#[tokio::test(flavor = "multi_thread")]
async fn a12_tries_cost_and_tell_nothing() {
    let house = House::open().await;
    house.employ("a.clerk", Role::Clerk).await;
    let what = async |login: &str, password: &str| {
        let text = sign_in(&house, login, password).await.unwrap_err();
        text.split("role=\"alert\"").nth(1).unwrap().split("</div>").next().unwrap().to_owned()
    };
    let known = what("a.clerk", "wrong").await;
    assert_eq!(known, what("nobody.here", "wrong").await);
    assert_eq!(known, what("' OR 1=1 --", "wrong").await);
    assert!(known.contains("do not fit together"), "{known}");
    // the fifth in a row shuts the door for a while, whatever is typed then
    let mut tx = house.store().begin().await.unwrap();
    let mut row = account_lock(&mut tx, "a.clerk").await.unwrap().unwrap();
    assert_eq!(row.tries, 1);
    row.tries = 4;
    account_update(&mut tx, &row).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(known, what("a.clerk", "wrong again").await);
    assert!(what("a.clerk", PASSWORD).await.contains("Too many tries"));
    let acts = house.acts_of("a.clerk").await;
    let codes: Vec<_> = acts.iter().rev().map(|act| act.code.as_deref().unwrap_or_default()).collect();
    assert_eq!(codes, ["access.credentials", "access.credentials", "access.wait"]);
}

/// A7: a password that has had its time opens the change of it alone.
#[tokio::test(flavor = "multi_thread")]
async fn a7_an_old_password_is_to_be_changed() {
    let house = House::open().await;
    let mut row = account("a.clerk", Role::Clerk);
    let long_ago = jiff::SignedDuration::from_hours(24 * 91);
    row.password_at = SystemClock.now().checked_sub(long_ago).unwrap();
    house.employ_as(row).await;
    let caller = house.let_in("a.clerk").await;
    let answer = caller.get("/console/appeals/new").await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/console/password"));
    assert_eq!(told(caller.call(Method::GET, "/console/password")).await.status, StatusCode::OK);
}
