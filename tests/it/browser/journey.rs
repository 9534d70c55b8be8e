//! A clerk's work in a browser: the periods of a worker on one time line, and a case from the inbox to its decision, which one
//! person writes and another approves.

use super::axe::look;
use super::driver::{Browser, Scripts};
use super::sign_out;
use crate::fixtures::fixture;
use crate::office::{OfficeHouse, open_house};
use serde_json::{Value, json};
use stazh::access::Role;
use stazh::base::{Language, phrases};
use stazh::exchange::canonical::RecordId;
use std::time::{Duration, Instant};

impl Browser {
    /// Goes to the one case of the board by its links.
    async fn open_case(&self, case: &RecordId) {
        self.press("nav a[href='/console/cases']").await;
        assert!(self.text().await.contains(case.as_str()), "{}", self.text().await);
        self.press("main table a").await;
    }

    /// Puts a text into a field at once: a document is too long to be typed letter by letter.
    async fn put(&self, name: &str, text: &str) {
        let field =
            json!({ "element-6066-11e4-a52e-4f735466cecf": self.find(&format!("[name={name}]")).await.id });
        self.eval_with(&format!("arguments[0].value = {}", json!(text)), field).await;
    }

    async fn shows(&self, text: &str) {
        assert!(self.text().await.contains(text), "{text} is not in\n{}", self.text().await);
    }

    async fn count(&self, css: &str) -> u64 {
        self.eval(&format!("document.querySelectorAll({}).length", json!(css))).await.as_u64().unwrap()
    }
}

/// T22: what several states tell of the same days is drawn as it is told, and counts once.
async fn the_periods_of_a_worker_are_laid_out(test: &str, scripts: Scripts) {
    let (of, mut browser) = tokio::join!(open_house(), Browser::open(test, scripts));
    let house = &of.house;
    house.employ("a.clerk", Role::Clerk).await;
    browser.hold(house, "a.clerk").await;
    browser.go(&format!("{}/console", house.url)).await;
    browser.open_case(&of.case).await;
    look(&mut browser, "case").await;
    browser.press("a.act[href$='/workbench']").await;
    look(&mut browser, "before-the-record").await;
    let alone = browser.count("main svg [class~='segment'], main svg rect").await;
    // the record that came names no case: the page says how it is found
    browser.press("form[action$='/records/gather'] button").await;
    look(&mut browser, "laid-out").await;
    let both = browser.count("main svg [class~='segment'], main svg rect").await;
    assert!(both > alone, "the other state's periods are drawn too: {alone}, {both}");
    for phrase in ["workbench-overlaps", "workbench-gaps", "workbench-totals"] {
        browser.shows(&phrases(Language::En).say(phrase)).await;
    }
    for rule in ["T8", "T21", "T22"] {
        browser.shows(rule).await;
    }
    // the law's demand is stated, and the right is judged, with its steps
    browser.fill("needed_years", "10").await;
    browser.press("main form:has([name=needed_years]) button[type=submit]").await;
    look(&mut browser, "reckoned").await;
    assert_eq!(
        browser.find("[name=needed_years]").await.property("value").await,
        "10",
        "nothing typed is lost"
    );
    assert!(browser.count("#totals ~ * li, #totals ~ * tr").await > 3, "each step of the reckoning is told");
    // the same in the state language, without leaving the page
    let option = "#language option[value=ky]";
    match scripts {
        Scripts::On => browser.press(option).await,
        Scripts::Off => {
            browser.find(option).await.click().await;
            browser.press("form.languages button").await;
        }
    }
    assert_eq!(browser.find("html").await.property("lang").await, "ky");
    browser.shows(&phrases(Language::Ky).say("workbench-overlaps")).await;
    look(&mut browser, "in-kyrgyz").await;
    // a record is printed as its form
    let link = browser.eval("document.querySelector(\"a[href$='/form']\").getAttribute('href')").await;
    let form = house.let_in("a.clerk").await.get(link.as_str().unwrap()).await;
    assert!(form.status.is_success() && form.text.starts_with("%PDF-"), "{link}: {}", form.status);
    of.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_periods_of_a_worker_are_laid_out_and_reckoned() {
    the_periods_of_a_worker_are_laid_out("workbench", Scripts::On).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_periods_of_a_worker_are_laid_out_and_reckoned_without_scripts() {
    the_periods_of_a_worker_are_laid_out("workbench-without-scripts", Scripts::Off).await;
}

/// The decision that a clerk writes into what the form begins with.
fn decision(begun: &Value) -> Value {
    let text = std::fs::read_to_string(fixture("cases/pension-decision.json")).unwrap();
    let mut decision: Value = serde_json::from_str(&text).unwrap();
    for part in ["head", "person", "kind"] {
        decision[part] = begun[part].clone();
    }
    decision["head"]["body"] = json!({ "name": "Социальный фонд" });
    decision
}

/// Waits until the other state's system has been told of so many documents.
async fn has_left(of: &OfficeHouse, count: usize) {
    let begun = Instant::now();
    while of.other_desk.cases.lock().unwrap().len() < count {
        assert!(begun.elapsed() < Duration::from_secs(120), "the decision did not come");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Four eyes: the clerk writes, the senior clerk approves, and only then the document leaves.
#[tokio::test(flavor = "multi_thread")]
async fn a_case_goes_from_the_inbox_to_its_decision_under_four_eyes() {
    let (of, mut browser) = tokio::join!(open_house(), Browser::open("decision", Scripts::On));
    let house = &of.house;
    house.employ("a.clerk", Role::Clerk).await;
    house.employ("b.senior", Role::SeniorClerk).await;
    browser.hold(house, "a.clerk").await;
    browser.go(&format!("{}/console", house.url)).await;
    browser.open_case(&of.case).await;
    let writing = "main a[href*='document_kind=pension-decision']";
    browser.press(writing).await;
    look(&mut browser, "writing").await;
    let begun = browser.find("[name=document_text]").await.property("value").await;
    let begun: Value = serde_json::from_str(begun.as_str().unwrap()).unwrap();
    assert_eq!(begun["kind"], "kg-old-age", "the form begins with what follows from the case");
    // what the rules refuse comes back with all that is wrong, and nothing typed is lost
    let mut wrong = decision(&begun);
    wrong["kind"] = "ru-old-age".into();
    browser.put("document_text", &wrong.to_string()).await;
    browser.choose("recipient", "RU").await;
    browser.send().await;
    browser.shows("case.kind_not_covered").await;
    look(&mut browser, "refused-by-the-rules").await;
    let kept = browser.find("[name=document_text]").await.property("value").await;
    assert_eq!(serde_json::from_str::<Value>(kept.as_str().unwrap()).unwrap(), wrong);
    let before = of.other_desk.cases.lock().unwrap().len();
    browser.put("document_text", &decision(&begun).to_string()).await;
    browser.send().await;
    look(&mut browser, "asked").await;
    browser.shows(&phrases(Language::En).say("send-sendings")).await;
    // he sees what he asked for, and may take it back; he does
    browser.press("nav a[href='/console/asked']").await;
    look(&mut browser, "asked-by-me").await;
    browser.press("main table a").await;
    browser.press("main form.inline button").await;
    browser.shows(&phrases(Language::En).say("choice-approval-state-withdrawn")).await;
    // and asks again
    browser.open_case(&of.case).await;
    browser.press(writing).await;
    browser.put("document_text", &decision(&begun).to_string()).await;
    browser.choose("recipient", "RU").await;
    browser.send().await;
    sign_out(&browser).await;
    // the other pair of eyes
    browser.hold(house, "b.senior").await;
    browser.go(&format!("{}/console", house.url)).await;
    browser.press("nav a[href='/console/approvals']").await;
    look(&mut browser, "queue").await;
    browser.press("main table a").await;
    browser.press("main a.act").await;
    look(&mut browser, "to-be-approved").await;
    browser.press("main a.act[href*='/drafts/']").await;
    browser.shows("Социальный фонд").await;
    look(&mut browser, "draft").await;
    browser.run("/back", json!({})).await;
    assert_eq!(of.other_desk.cases.lock().unwrap().len(), before, "nothing has left");
    browser.choose("verdict", "approve").await;
    browser.send().await;
    assert_eq!(browser.at().await, "/console/approvals");
    has_left(&of, before + 1).await;
    browser.open_decided(&of.case, &house.url).await;
    look(&mut browser, "decided").await;
    let acts = house.acts_of("a.clerk").await;
    let stages: Vec<_> = acts
        .iter()
        .rev()
        .filter(|act| act.command == "case-send")
        .filter_map(|act| act.stage.as_deref())
        .collect();
    assert_eq!(stages, ["asked", "failed", "asked", "waiting", "asked", "waiting"]);
    of.close().await;
}

impl Browser {
    async fn open_decided(&self, case: &RecordId, url: &str) {
        let number: String = form_urlencoded::byte_serialize(case.as_str().as_bytes()).collect();
        self.go(&format!("{url}/console/cases/{}", number.replace('+', "%20"))).await;
        self.shows(&phrases(Language::En).say("choice-stage-decided")).await;
    }
}
