//! A Chromium without a window, driven by the W3C WebDriver protocol through a chromedriver of its own.

use crate::people::CLIENT;
use reqwest::Method;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A browser, and where its pictures go.
pub(crate) struct Browser {
    driver: Child,
    /// The number of the browser's own process.
    process: u64,
    /// `http://127.0.0.1:PORT/session/ID`.
    session: String,
    pub(crate) scripts: Scripts,
    screens: PathBuf,
    shots: u32,
    _profile: tempfile::TempDir,
}

/// Whether scripts of pages run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scripts {
    On,
    Off,
}

impl Browser {
    /// Opens one; `test` names the folder of its pictures.
    pub(crate) async fn open(test: &str, scripts: Scripts) -> Self {
        let mut driver = Command::new("chromedriver")
            .args(["--port=0", "--log-level=SEVERE"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("start chromedriver, which deploy/prerequisites installs: {error}")
            });
        let told = BufReader::new(driver.stdout.take().unwrap());
        let port = told.lines().map_while(Result::ok).find_map(|line| {
            line.rsplit_once("successfully on port ").map(|(_, port)| port.trim_end_matches('.').to_owned())
        });
        let url = format!("http://127.0.0.1:{}/session", port.unwrap());
        let profile = tempfile::tempdir().unwrap();
        let mut args = vec![
            "--headless=new".to_owned(),
            format!("--user-data-dir={}", profile.path().display()),
            "--disable-dev-shm-usage".to_owned(),
            "--disable-gpu".to_owned(),
            "--no-first-run".to_owned(),
            "--disable-background-networking".to_owned(),
            "--lang=en".to_owned(),
            "--window-size=1280,900".to_owned(),
            // nothing but this machine can be reached, so that what is asked for elsewhere fails, and is seen
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1".to_owned(),
        ];
        if is_root() {
            args.push("--no-sandbox".to_owned());
        }
        let javascript = if scripts == Scripts::On { 1 } else { 2 };
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": {
                "args": args,
                "prefs": {
                    "intl.accept_languages": "en",
                    "profile.managed_default_content_settings.javascript": javascript,
                },
            },
            "goog:loggingPrefs": { "performance": "ALL", "browser": "ALL" },
        } } });
        let told = ask(Method::POST, &url, Some(&wanted)).await.unwrap();
        let id = told["sessionId"].as_str().unwrap();
        let process = told["capabilities"]["goog:processID"].as_u64().unwrap();
        let screens = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screens").join(test);
        let _ = std::fs::remove_dir_all(&screens); // the first time there is none
        std::fs::create_dir_all(&screens).unwrap();
        Self {
            driver,
            process,
            session: format!("{url}/{id}"),
            scripts,
            screens,
            shots: 0,
            _profile: profile,
        }
    }

    async fn try_to(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, String> {
        ask(method, &format!("{}{path}", self.session), body).await
    }

    async fn get(&self, path: &str) -> Value {
        self.try_to(Method::GET, path, None).await.unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let done = self.try_to(Method::POST, path, Some(&body)).await;
        done.unwrap_or_else(|error| panic!("{path} {body}: {error}"))
    }

    /// Goes to a page.
    pub(crate) async fn go(&self, url: &str) {
        self.post("/url", json!({ "url": url })).await;
    }

    /// Where it is, without the origin.
    pub(crate) async fn at(&self) -> String {
        let url = self.get("/url").await;
        let url = url.as_str().unwrap();
        url.splitn(4, '/').nth(3).map(|path| format!("/{path}")).unwrap_or_default()
    }

    pub(crate) async fn reload(&self) {
        self.post("/refresh", json!({})).await;
    }

    /// Answers the question whether a form is to be sent again, if the browser asks it.
    pub(crate) async fn accept(&self) {
        let _ = self.try_to(Method::POST, "/alert/accept", Some(&json!({}))).await; // not each browser asks
    }

    /// An element, waited for: a click returns before its page has come.
    pub(crate) async fn find(&self, css: &str) -> Element<'_> {
        let begun = Instant::now();
        loop {
            let wanted = json!({ "using": "css selector", "value": css });
            match self.try_to(Method::POST, "/element", Some(&wanted)).await {
                Ok(found) => return Element { browser: self, id: id_of(&found) },
                Err(error) if begun.elapsed() > PATIENCE => {
                    panic!("{css} at {}: {error}\n{}", self.at().await, self.text().await)
                }
                Err(_not_yet) => tokio::time::sleep(Duration::from_millis(30)).await,
            }
        }
    }

    /// Types into a field what is to stand there.
    pub(crate) async fn fill(&self, name: &str, text: &str) {
        let field = self.find(&format!("[name={name}]:not([type=hidden])")).await;
        field.clear().await;
        field.keys(text).await;
    }

    /// Chooses a word of a list.
    pub(crate) async fn choose(&self, name: &str, word: &str) {
        self.find(&format!("select[name={name}] option[value='{word}']")).await.click().await;
    }

    /// Sends a form, by the button of the main part, and waits until another page is there.
    pub(crate) async fn send(&self) {
        self.press("main form button[type=submit]").await;
    }

    /// Presses what leads to another page, and waits for it.
    pub(crate) async fn press(&self, css: &str) {
        let before = self.find("html").await.id;
        self.find(css).await.click().await;
        self.until_left(&before).await;
    }

    /// Waits until the page of this root element is not there any more.
    pub(crate) async fn until_left(&self, root: &str) {
        let begun = Instant::now();
        while self.try_to(Method::GET, &format!("/element/{root}/name"), None).await.is_ok() {
            assert!(begun.elapsed() < PATIENCE, "no other page came\n{}", self.text().await);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.find("body").await;
    }

    /// The text of the page, as it is seen.
    pub(crate) async fn text(&self) -> String {
        let body = json!({ "using": "css selector", "value": "body" });
        let Ok(found) = self.try_to(Method::POST, "/element", Some(&body)).await else {
            return String::new();
        };
        let text = self.try_to(Method::GET, &format!("/element/{}/text", id_of(&found)), None).await;
        text.ok().and_then(|text| text.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// The value of an expression in the page.
    pub(crate) async fn eval(&self, expression: &str) -> Value {
        self.post("/execute/sync", json!({ "script": format!("return {expression}"), "args": [] })).await
    }

    /// Runs a script on an element.
    pub(crate) async fn eval_with(&self, script: &str, argument: Value) -> Value {
        self.post("/execute/sync", json!({ "script": script, "args": [argument] })).await
    }

    /// Another command of the protocol.
    pub(crate) async fn run(&self, path: &str, body: Value) -> Value {
        self.post(path, body).await
    }

    /// Runs a script that calls back.
    pub(crate) async fn eval_async(&self, script: &str) -> Value {
        self.post("/execute/async", json!({ "script": script, "args": [] })).await
    }

    /// Presses a key wherever the focus is.
    pub(crate) async fn key(&self, key: Key) {
        let value = key.code();
        let press = json!({ "actions": [{ "type": "key", "id": "keys", "actions": [
            { "type": "keyDown", "value": value }, { "type": "keyUp", "value": value },
        ] }] });
        self.post("/actions", press).await;
    }

    /// The same as a phone, or as a desktop at a zoom: so many CSS pixels wide, each of so many real ones.
    pub(crate) async fn be_wide(&self, width: u32, scale: u32) {
        let metrics = json!({ "width": width, "height": 700, "deviceScaleFactor": scale, "mobile": false });
        let command = json!({ "cmd": "Emulation.setDeviceMetricsOverride", "params": metrics });
        self.post("/goog/cdp/execute", command).await;
    }

    /// Everything that was asked for over the network since the last time.
    pub(crate) async fn asked_for(&self) -> Vec<String> {
        let entries = self.post("/se/log", json!({ "type": "performance" })).await;
        let events = entries.as_array().unwrap().iter().filter_map(|entry| {
            let event: Value = serde_json::from_str(entry["message"].as_str()?).ok()?;
            let is_request = event["message"]["method"] == "Network.requestWillBeSent";
            is_request.then(|| event["message"]["params"]["request"]["url"].as_str().map(str::to_owned))?
        });
        events.collect()
    }

    /// What the browser complains about: policies that were broken, scripts that failed.
    pub(crate) async fn complaints(&self) -> Vec<String> {
        let entries = self.post("/se/log", json!({ "type": "browser" })).await;
        let messages = entries.as_array().unwrap().iter().filter_map(|entry| entry["message"].as_str());
        // a page that says no is no fault of the page
        messages
            .filter(|told| !told.contains("the server responded with a status of 4"))
            .map(str::to_owned)
            .collect()
    }

    /// Keeps a picture of the page.
    pub(crate) async fn shoot(&mut self, name: &str) {
        let picture = self.get("/screenshot").await;
        let bytes =
            base64::Engine::decode(&base64::engine::general_purpose::STANDARD, picture.as_str().unwrap());
        self.shots += 1;
        let file = self.screens.join(format!("{:02}-{name}.png", self.shots));
        std::fs::write(file, bytes.unwrap()).unwrap();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // the browser goes with its helpers, also after a test that failed; the driver would leave it
        let _ = Command::new("kill").args(["-KILL", &self.process.to_string()]).status();
        let _ = self.driver.kill(); // it may be gone already
        let _ = self.driver.wait(); // as above
    }
}

/// One element of the page that is there.
pub(crate) struct Element<'a> {
    browser: &'a Browser,
    pub(crate) id: String,
}

impl Element<'_> {
    pub(crate) async fn click(&self) {
        self.browser.post(&format!("/element/{}/click", self.id), json!({})).await;
    }

    pub(crate) async fn clear(&self) {
        let _ = self // a file field has nothing to clear
            .browser
            .try_to(Method::POST, &format!("/element/{}/clear", self.id), Some(&json!({})))
            .await;
    }

    pub(crate) async fn text(&self) -> String {
        let text = self.browser.get(&format!("/element/{}/text", self.id)).await;
        text.as_str().unwrap_or_default().to_owned()
    }

    pub(crate) async fn keys(&self, text: &str) {
        self.browser.post(&format!("/element/{}/value", self.id), json!({ "text": text })).await;
    }

    pub(crate) async fn property(&self, name: &str) -> Value {
        self.browser.get(&format!("/element/{}/property/{name}", self.id)).await
    }
}

/// A key that is pressed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Key {
    Tab,
    Enter,
}

impl Key {
    fn code(self) -> &'static str {
        match self {
            Self::Tab => "\u{e004}",
            Self::Enter => "\u{e007}",
        }
    }
}

async fn ask(method: Method, url: &str, body: Option<&Value>) -> Result<Value, String> {
    let request = CLIENT.request(method, url).timeout(Duration::from_secs(60));
    let request = match body {
        Some(body) => request.header("Content-Type", "application/json").body(body.to_string()),
        None => request,
    };
    let answer = request.send().await.map_err(|error| error.to_string())?;
    let is_done = answer.status().is_success();
    let text = answer.text().await.map_err(|error| error.to_string())?;
    let told: Value = serde_json::from_str(&text).map_err(|error| format!("{error}: {text}"))?;
    if is_done { Ok(told["value"].clone()) } else { Err(told["value"]["message"].to_string()) }
}

fn id_of(found: &Value) -> String {
    found["element-6066-11e4-a52e-4f735466cecf"].as_str().unwrap_or_default().to_owned()
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

const PATIENCE: Duration = Duration::from_secs(20);
