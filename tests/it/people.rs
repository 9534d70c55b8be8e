//! A node with a door for people, accounts of every role, and callers who come by plain HTTP.

mod jobs;
mod program;

use crate::nodes::{TestDesk, World};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use stazh::access::{Commands, PasswordHash, Role, Standing};
use stazh::base::{Clock, Language, OsRandom, Random, Secret, SystemClock};
use stazh::exchange::canonical::State;
use stazh::exchange::seal::sha256;
use stazh::flow::{Context, Desk};
use stazh::node::{ConsoleSettings, Door, FolderDesk, Node, Settings};
use stazh::store::{
    AccountDetails, AccountRow, Act, ActsBy, SessionRow, Store, account_put, act_page, session_put,
};
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

pub(crate) use jobs::{JobsHouse, candidate, read, until};
pub(crate) use program::Program;

/// What everybody of these tests has as his password.
pub(crate) const PASSWORD: &str = "четыре-Лошади-в-поле-7";

/// A node with a door for people, all by itself.
pub(crate) struct House {
    node: Node,
    /// Where it is called, without a path.
    pub(crate) url: String,
    /// The node of another state, if there is one.
    peer: Option<Node>,
    /// Keeps its folder.
    world: World,
}

impl House {
    /// Opens one.
    pub(crate) async fn open() -> Self {
        Self::open_with(|_settings| Arc::new(TestDesk::default())).await
    }

    /// The same with the forms of a local system.
    pub(crate) async fn open_with_forms() -> Self {
        Self::open_with(|settings| Arc::new(FolderDesk::open(settings).unwrap())).await
    }

    async fn open_with(desk: impl FnOnce(&Settings) -> Arc<dyn Desk>) -> Self {
        let world = World::new();
        let mut settings = world.settle("KZ", "RU");
        world.settle("RU", "KZ"); // whose seals it trusts
        settings.console = Some(plain());
        let door = Door::open(&settings).await.unwrap();
        let url = door.console_url().unwrap().unwrap();
        let node = Node::start(door, &settings, desk(&settings)).await.unwrap();
        Self { node, url, peer: None, world }
    }

    /// One that was opened elsewhere, with its peer.
    pub(crate) fn of(node: Node, url: String, peer: Node, world: World) -> Self {
        Self { node, url, peer: Some(peer), world }
    }

    pub(crate) async fn close(self) {
        self.node.stop().await;
        if let Some(peer) = self.peer {
            peer.stop().await;
        }
    }

    /// Where it has its settings and its data.
    pub(crate) fn folder(&self) -> PathBuf {
        self.world.folder("KZ")
    }

    /// A key for its seals, of the authority that others know.
    pub(crate) fn issue_for_seals(&self, name: &str) -> crate::keys::Issued {
        self.world.seals.lock().unwrap()["KZ"].issue_for_seals(name)
    }

    pub(crate) fn flows(&self) -> &Context {
        self.node.flows()
    }

    /// The same of a node to which another state has sent a document of each kind.
    pub(crate) async fn open_with_cases() -> Self {
        let world = World::new();
        let (mut own, mut other) = (world.settle("KZ", "RU"), world.settle("RU", "KZ"));
        own.console = Some(plain());
        let (door, other_door) = (Door::open(&own).await.unwrap(), Door::open(&other).await.unwrap());
        own.peers[0].url = format!("https://{}/", other_door.address().unwrap());
        other.peers[0].url = format!("https://{}/", door.address().unwrap());
        let url = door.console_url().unwrap().unwrap();
        let desk = Arc::new(TestDesk::default());
        let node = Node::start(door, &own, desk.clone()).await.unwrap();
        let peer = Node::start(other_door, &other, Arc::new(TestDesk::default())).await.unwrap();
        let sent = crate::cases::send_all(&peer, (State::Ru, State::Kz)).await;
        crate::cases::all_came(&desk, &sent).await;
        Self { node, url, peer: Some(peer), world }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.node.flows().store
    }

    /// Gives somebody an account with all functions of his role.
    pub(crate) async fn employ(&self, login: &str, role: Role) -> AccountRow {
        self.employ_as(account(login, role)).await
    }

    /// Gives somebody an account that is like this.
    pub(crate) async fn employ_as(&self, row: AccountRow) -> AccountRow {
        let mut tx = self.store().begin().await.unwrap();
        assert!(account_put(&mut tx, &row).await.unwrap(), "{} is there", row.login);
        tx.commit().await.unwrap();
        row
    }

    /// Lets somebody who has an account in, without the form.
    pub(crate) async fn let_in(&self, login: &str) -> Caller {
        self.let_in_often(login, 1).await.remove(0)
    }

    /// The same in so many browsers.
    pub(crate) async fn let_in_often(&self, login: &str, count: usize) -> Vec<Caller> {
        let mut callers = Vec::new();
        let mut tx = self.store().begin().await.unwrap();
        for _ in 0..count {
            let token = OsRandom::default().uuid().simple().to_string();
            let now = SystemClock.now();
            let row = SessionRow {
                token: sha256(token.as_bytes()),
                id: OsRandom::default().uuid().to_string(),
                login: login.to_owned(),
                csrf: OsRandom::default().uuid().simple().to_string(),
                address: "127.0.0.1".to_owned(),
                agent: "test".to_owned(),
                began_at: now,
                used_at: now,
                ends_at: now.checked_add(jiff::SignedDuration::from_hours(8)).unwrap(),
            };
            session_put(&mut tx, &row).await.unwrap();
            callers.push(Caller { url: self.url.clone(), token, csrf: row.csrf });
        }
        tx.commit().await.unwrap();
        callers
    }

    /// Somebody who has no session.
    pub(crate) fn stranger(&self) -> Caller {
        let none = String::new;
        Caller { url: self.url.clone(), token: none(), csrf: none() }
    }

    /// The acts of a login, the latest first.
    pub(crate) async fn acts_of(&self, login: &str) -> Vec<Act> {
        let mut tx = self.store().read().await.unwrap();
        act_page(&mut tx, ActsBy::Login(login), None, 1_000).await.unwrap()
    }
}

/// A door on a free port of this machine.
pub(crate) fn plain() -> ConsoleSettings {
    ConsoleSettings {
        listen: "127.0.0.1:0".parse().unwrap(),
        certificate: None,
        key: None,
        caller_header: None,
        time_zone: None,
    }
}

/// An account that is complete, with all functions of its role.
pub(crate) fn account(login: &str, role: Role) -> AccountRow {
    let now = SystemClock.now();
    let functions = Commands::built_in().functions_of(role).into_iter().map(str::to_owned).collect();
    AccountRow {
        login: login.to_owned(),
        role,
        standing: Standing::Active,
        person: None,
        name: "Вымышленная Личность".to_owned(),
        details: AccountDetails {
            functions,
            language: Some(Language::En),
            address: "127.0.0.1".to_owned(),
            ..AccountDetails::default()
        },
        password: Some(KEPT.clone()),
        password_at: now,
        history: Vec::new(),
        factor: None,
        factor_step: None,
        factor_offered: None,
        public_key: None,
        tries: 0,
        shut_until: None,
        rules: None,
        rules_at: None,
        request_id: OsRandom::default().uuid(),
        made_at: now,
        used_at: now,
    }
}

static KEPT: LazyLock<PasswordHash> =
    LazyLock::new(|| PasswordHash::of(&Secret::new(PASSWORD.to_owned()), &OsRandom::default()).unwrap());

/// One client for all: it follows no redirect, so that each answer is seen.
pub(crate) static CLIENT: LazyLock<Client> = LazyLock::new(|| {
    Client::builder()
        .no_proxy()
        .pool_max_idle_per_host(0)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
});

/// Somebody with a session, or without.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) url: String,
    pub(crate) token: String,
    pub(crate) csrf: String,
}

/// What he is told.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Caller {
    /// A call of a page.
    pub(crate) fn call(&self, method: Method, path: &str) -> RequestBuilder {
        let request = CLIENT.request(method, format!("{}{path}", self.url));
        let request = request.header("Accept-Language", "en");
        if self.token.is_empty() {
            request
        } else {
            request.header("Cookie", format!("stazh={}", self.token))
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Told {
        told(self.call(Method::GET, path)).await
    }

    /// Sends a form with its marks.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Told {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("csrf", &self.csrf).extend_pairs(fields);
        told(self.form(path, form.finish())).await
    }

    /// Sends whatever as a form.
    pub(crate) fn form(&self, path: &str, body: impl Into<reqwest::Body>) -> RequestBuilder {
        let request = self.call(Method::POST, path);
        request.header("Content-Type", "application/x-www-form-urlencoded").body(body)
    }
}

pub(crate) async fn told(request: RequestBuilder) -> Told {
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    Told { status, headers, text: String::from_utf8_lossy(&answer.bytes().await.unwrap()).into_owned() }
}

impl Told {
    /// A header as text; empty if it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The code of a problem.
    pub(crate) fn code(&self) -> String {
        let problem: serde_json::Value = serde_json::from_str(&self.text).unwrap_or_default();
        problem["code"].as_str().unwrap_or_default().to_owned()
    }
}
