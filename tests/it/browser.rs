//! The pages for people in a real browser: with scripts and without, on a narrow screen, by the keyboard alone.

mod access;
mod axe;
mod driver;
mod journey;
mod labour;
mod walk;

use crate::people::{House, PASSWORD, account};
use axe::look;
use driver::{Browser, Key, Scripts};
use serde_json::json;
use stazh::access::{Role, Standing};
use stazh::base::{Language, phrases};
use stazh::store::{AppealRow, AppealState, appeal_page, session_end, session_list};

const OWN: &str = "семь-Жёлтых-трамваев-9";

impl Browser {
    /// Types login and password where they are asked for, and sends them.
    async fn sign_in(&self, login: &str, password: &str) {
        self.fill("login", login).await;
        self.fill("password", password).await;
        self.send().await;
    }

    /// Has a session that was begun elsewhere.
    async fn hold(&self, house: &House, login: &str) {
        let token = house.let_in(login).await.token;
        if !self.at().await.starts_with("/console") {
            self.go(&format!("{}/console/help", house.url)).await;
        }
        self.put_cookie("stazh", &token).await;
    }
}

async fn appeals(house: &House) -> Vec<AppealRow> {
    let mut tx = house.store().read().await.unwrap();
    let mut all = Vec::new();
    for state in [AppealState::Open, AppealState::Taken, AppealState::Answered] {
        all.extend(appeal_page(&mut tx, (state, None), LAST, 100).await.unwrap());
    }
    all
}

/// After every number of an appeal.
const LAST: &str = "~";

/// A27, A30: the temporary password opens the change of it alone, and once.
async fn somebody_enters_for_the_first_time(test: &str, scripts: Scripts) {
    let (house, mut browser) = tokio::join!(House::open(), Browser::open(test, scripts));
    let mut row = account("a.first", Role::Clerk);
    row.standing = Standing::Issued;
    house.employ_as(row).await;
    browser.go(&format!("{}/console/cases", house.url)).await;
    look(&mut browser, "asked-to-sign-in").await;
    browser.sign_in("a.first", "wrong-Password-1").await;
    assert!(browser.text().await.contains("do not fit together"), "{}", browser.text().await);
    assert_eq!(
        browser.find("[name=password]").await.property("value").await,
        "",
        "a password is not shown again"
    );
    look(&mut browser, "wrong-password").await;
    browser.sign_in("a.first", PASSWORD).await;
    assert_eq!(browser.at().await, "/console/password");
    look(&mut browser, "first-password").await;
    for place in ["/console", "/console/appeals/new", "/console/cases"] {
        browser.go(&format!("{}{place}", house.url)).await;
        assert_eq!(browser.at().await, "/console/password", "{place} before the password is changed");
    }
    browser.change_password(PASSWORD, "short", "short").await;
    look(&mut browser, "weak-password").await;
    browser.change_password(PASSWORD, OWN, OWN).await;
    assert_eq!(browser.at().await, "/console");
    look(&mut browser, "home").await;
    sign_out(&browser).await;
    browser.sign_in("a.first", OWN).await;
    assert_eq!(browser.at().await, "/console");
}

async fn sign_out(browser: &Browser) {
    browser.press("header form[action='/console/sign-out'] button").await;
    assert_eq!(browser.at().await, "/console/sign-in");
}

impl Browser {
    async fn change_password(&self, old: &str, new: &str, again: &str) {
        self.fill("password", old).await;
        self.fill("new_password", new).await;
        self.fill("new_password_again", again).await;
        self.send().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a30_somebody_enters_for_the_first_time() {
    somebody_enters_for_the_first_time("first-entry", Scripts::On).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a30_somebody_enters_for_the_first_time_without_scripts() {
    somebody_enters_for_the_first_time("first-entry-without-scripts", Scripts::Off).await;
}

/// A14: the state language and Russian, and four more.
async fn a_page_is_read_in_all_languages(test: &str, scripts: Scripts) {
    let (house, mut browser) = tokio::join!(House::open(), Browser::open(test, scripts));
    browser.go(&format!("{}/console/help", house.url)).await;
    for language in Language::ALL.into_iter().rev() {
        let is_chosen = browser.find("html").await.property("lang").await == language.code();
        let option = format!("#language option[value={}]", language.code());
        match scripts {
            _ if is_chosen => {}
            Scripts::On => browser.press(&option).await,
            Scripts::Off => {
                browser.find(&option).await.click().await;
                browser.press("form.languages button").await;
            }
        }
        assert_eq!(browser.at().await, "/console/help", "the same page");
        assert_eq!(browser.find("html").await.property("lang").await, language.code());
        for phrase in ["help-keyboard", "security-rules"] {
            let wanted = phrases(language).say(phrase);
            assert!(browser.text().await.contains(&wanted), "{language}: {wanted}");
        }
        look(&mut browser, language.code()).await;
    }
    let asked = browser.asked_for().await;
    assert!(!asked.is_empty() && asked.iter().all(|url| is_own(url, &house)), "{asked:?}");
}

/// Whether a browser stayed at home: what it brings itself is no call.
fn is_own(url: &str, house: &House) -> bool {
    url.starts_with(&format!("{}/", house.url))
        || ["data:", "about:", "chrome:", "chrome-untrusted:"].iter().any(|own| url.starts_with(own))
}

#[tokio::test(flavor = "multi_thread")]
async fn a14_a_page_is_read_in_all_languages() {
    a_page_is_read_in_all_languages("languages", Scripts::On).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a14_a_page_is_read_in_all_languages_without_scripts() {
    a_page_is_read_in_all_languages("languages-without-scripts", Scripts::Off).await;
}

/// A8, A17, A41: filed with a file, taken up, answered; and nothing is asked of any other machine.
async fn an_appeal_is_filed_and_answered(test: &str, scripts: Scripts) {
    let (house, mut browser) = tokio::join!(House::open(), Browser::open(test, scripts));
    house.employ("a.clerk", Role::Clerk).await;
    house.employ("a.system", Role::SystemAdministrator).await;
    browser.hold(&house, "a.clerk").await;
    browser.go(&format!("{}/console/appeals/new", house.url)).await;
    look(&mut browser, "form").await;
    let scan = tempfile::Builder::new().suffix(".pdf").tempfile().unwrap();
    std::fs::write(scan.path(), b"%PDF-1.7\n% a scan").unwrap();
    browser.choose("appeal_kind", "failure").await;
    browser.fill("subject", "<b>Печать</b> & \"форма\"").await;
    browser.fill("text", "The form of page 2 is empty.").await;
    browser.fill("contact", "room 12").await;
    browser.fill("attachment", scan.path().to_str().unwrap()).await;
    // who is not sure presses twice
    let root = browser.find("html").await.id;
    browser.double_click("main form button[type=submit]").await;
    browser.until_left(&root).await;
    browser.go(&format!("{}/console/appeals/new", house.url)).await;
    assert!(browser.text().await.contains("<b>Печать</b> & \"форма\""), "{}", browser.text().await);
    look(&mut browser, "filed").await;
    browser.reload().await;
    browser.accept().await;
    assert_eq!(appeals(&house).await.len(), 1, "sent twice, and one");
    browser.hold(&house, "a.system").await;
    browser.go(&format!("{}/console/appeals", house.url)).await;
    look(&mut browser, "list").await;
    browser.press("table a").await;
    look(&mut browser, "appeal").await;
    browser.press("main form.inline button").await;
    look(&mut browser, "taken").await;
    browser.fill("answer", "It is mended.").await;
    browser.send().await;
    look(&mut browser, "answered").await;
    let answered = &appeals(&house).await[0];
    assert_eq!(answered.state, AppealState::Answered);
    assert_eq!(
        answered.answered.as_ref().map(|(text, _, by)| (text.as_str(), by.as_str())),
        Some(("It is mended.", "a.system"))
    );
    assert_eq!(answered.file_name.as_deref(), scan.path().file_name().unwrap().to_str());
    let asked = browser.asked_for().await;
    assert!(asked.len() > 10 && asked.iter().all(|url| is_own(url, &house)), "{asked:?}");
}

impl Browser {
    async fn put_cookie(&self, name: &str, value: &str) {
        let cookie =
            json!({ "cookie": { "name": name, "value": value, "path": "/console", "httpOnly": true } });
        self.run("/cookie", cookie).await;
    }

    async fn double_click(&self, css: &str) {
        let element = json!({ "element-6066-11e4-a52e-4f735466cecf": self.find(css).await.id });
        self.eval_with("arguments[0].scrollIntoView()", element.clone()).await;
        let press =
            [json!({ "type": "pointerDown", "button": 0 }), json!({ "type": "pointerUp", "button": 0 })];
        let to = json!({ "type": "pointerMove", "origin": element, "x": 0, "y": 0 });
        let [down, up] = press;
        let actions = json!([{ "type": "pointer", "id": "mouse", "actions": [to, down, up, down, up] }]);
        self.run("/actions", json!({ "actions": actions })).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a17_an_appeal_is_filed_and_answered() {
    an_appeal_is_filed_and_answered("appeal", Scripts::On).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a17_an_appeal_is_filed_and_answered_without_scripts() {
    an_appeal_is_filed_and_answered("appeal-without-scripts", Scripts::Off).await;
}

/// Nothing that was typed is lost: not with a session, not with a page that is out of date.
async fn what_was_typed_outlives_the_session(test: &str, scripts: Scripts) {
    let (house, mut browser) = tokio::join!(House::open(), Browser::open(test, scripts));
    house.employ("a.clerk", Role::Clerk).await;
    browser.hold(&house, "a.clerk").await;
    browser.go(&format!("{}/console/appeals/new", house.url)).await;
    let long = "Line one, \"quoted\" <i>& more</i>\nЖол екі";
    let typed = async |browser: &Browser| {
        browser.choose("appeal_kind", "question").await;
        browser.fill("subject", "Kept").await;
        browser.fill("text", long).await;
        browser.fill("contact", "room 12").await;
    };
    typed(&browser).await;
    {
        let mut tx = house.store().begin().await.unwrap();
        for session in session_list(&mut tx, "a.clerk").await.unwrap() {
            assert!(session_end(&mut tx, "a.clerk", &session.id).await.unwrap());
        }
        tx.commit().await.unwrap();
    }
    browser.send().await;
    assert!(appeals(&house).await.is_empty());
    look(&mut browser, "session-over").await;
    browser.sign_in("a.clerk", PASSWORD).await;
    assert!(browser.text().await.contains("Жол екі"), "{}", browser.text().await);
    look(&mut browser, "sent-again").await;
    browser.send().await;
    let kept = appeals(&house).await;
    assert_eq!(kept.iter().map(|kept| kept.draft.body.as_str()).collect::<Vec<_>>(), [long]);
    assert_eq!((kept[0].draft.kind.as_str(), kept[0].draft.subject.as_str()), ("question", "Kept"));
    // a page that was opened before another session began
    browser.go(&format!("{}/console/appeals/new", house.url)).await;
    typed(&browser).await;
    browser.hold(&house, "a.clerk").await;
    browser.send().await;
    assert_eq!(browser.find("textarea").await.property("value").await, long);
    assert_eq!(browser.find("[name=appeal_kind]").await.property("value").await, "question");
    look(&mut browser, "stale").await;
    browser.send().await;
    assert_eq!(appeals(&house).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_outlives_the_session_and_a_stale_page() {
    what_was_typed_outlives_the_session("session-over", Scripts::On).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_outlives_the_session_and_a_stale_page_without_scripts() {
    what_was_typed_outlives_the_session("session-over-without-scripts", Scripts::Off).await;
}

/// WCAG 2.1.1, 2.4.1, 2.4.3, 2.4.7: Tab reaches everything in order, and where it is can be seen.
#[tokio::test(flavor = "multi_thread")]
async fn the_keyboard_alone_reaches_everything() {
    let (house, browser) = tokio::join!(House::open(), Browser::open("keyboard", Scripts::On));
    house.employ("a.system", Role::SystemAdministrator).await;
    browser.hold(&house, "a.system").await;
    browser.go(&format!("{}/console/appeals/new", house.url)).await;
    let wanted = browser.eval(REACHABLE).await;
    let wanted: Vec<&str> = wanted.as_array().unwrap().iter().map(|place| place.as_str().unwrap()).collect();
    assert!(wanted.len() > 15, "{wanted:?}");
    let mut reached = Vec::new();
    for _ in &wanted {
        browser.key(Key::Tab).await;
        let seen = browser.eval(FOCUSED).await;
        assert_eq!(seen["isSeen"], true, "the focus cannot be seen: {seen}");
        reached.push(seen["place"].as_str().unwrap().to_owned());
    }
    assert_eq!(reached, wanted, "in the order of the page");
    // the first Tab of a page leads past the menu
    browser.go(&format!("{}/console/appeals/new", house.url)).await;
    browser.key(Key::Tab).await;
    assert!(browser.eval("document.activeElement.classList.contains('skip')").await == true);
    browser.key(Key::Enter).await;
    assert_eq!(browser.eval("document.activeElement.id").await, "main");
    browser.key(Key::Tab).await;
    assert_eq!(browser.eval("document.activeElement.name").await, "appeal_kind");
}

/// Everything that can be used, in the order of the page.
const REACHABLE: &str = "[...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, [tabindex=\"0\"]')]\
    .filter((it) => it.getClientRects().length > 0 && !it.disabled)\
    .map((it) => it.tagName + ' ' + (it.name || it.getAttribute('href') || it.textContent).trim())";

/// What has the focus, and whether that is seen: by an outline, on the screen.
const FOCUSED: &str = "(() => { const it = document.activeElement; const box = it.getBoundingClientRect();\
    const style = getComputedStyle(it);\
    return { place: it.tagName + ' ' + (it.name || it.getAttribute('href') || it.textContent).trim(),\
      isSeen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 && box.width > 0\
        && box.right > 0 && box.left < innerWidth && box.bottom > 0 && box.top < innerHeight }; })()";
