//! From an access request to the first day at work (A3, A27-A30), as three people go through it.

use super::axe::look;
use super::driver::{Browser, Scripts};
use super::{OWN, sign_out};
use crate::people::House;
use serde_json::json;
use stazh::access::Role;
use stazh::base::{Clock, SystemClock};

impl Browser {
    /// Chooses a day; how a browser lets one type it differs by its language.
    async fn day(&self, name: &str, day: &str) {
        let field =
            json!({ "element-6066-11e4-a52e-4f735466cecf": self.find(&format!("[name={name}]")).await.id });
        self.eval_with(&format!("arguments[0].value = '{day}'"), field).await;
    }

    async fn tick(&self, name: &str, word: &str) {
        self.find(&format!("[name={name}][value='{word}']")).await.click().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a3_from_an_access_request_to_the_first_entry() {
    let (house, mut browser) = tokio::join!(House::open(), Browser::open("access-request", Scripts::On));
    house.employ("a.senior", Role::SeniorClerk).await;
    house.employ("a.cyber", Role::CyberAdministrator).await;
    let at = |days: i64| {
        let then = SystemClock.now().checked_sub(jiff::SignedDuration::from_hours(24 * days)).unwrap();
        jiff::tz::TimeZone::UTC.to_datetime(then).date().to_string()
    };
    browser.hold(&house, "a.senior").await;
    browser.go(&format!("{}/console/requests/new", house.url)).await;
    let scan = tempfile::Builder::new().suffix(".pdf").tempfile().unwrap();
    std::fs::write(scan.path(), b"%PDF-1.7\n% an order").unwrap();
    let texts = [
        ("basis_number", "17-к"),
        ("applicant_number", "123456789012"),
        ("applicant_name", "Вымышленный департамент"),
        ("head_name", "Серик Болат"),
        ("user_name", "Ахметова Айгуль"),
        ("user_number", "850315300019"),
        ("user_login", "a.akhmetova"),
        ("user_address", "127.0.0.1"),
        ("user_position", "Главный специалист"),
        ("user_unit", "Отдел назначений"),
        ("reply_email", "a.akhmetova@gov.example"),
    ];
    for (name, text) in texts {
        browser.fill(name, text).await;
    }
    for (name, word) in [("action", "grant"), ("why", "new"), ("basis_kind", "employment"), ("role", "clerk")]
    {
        browser.choose(name, word).await;
    }
    for (name, word) in [("is_state_body", "yes"), ("functions", "cases")] {
        browser.tick(name, word).await;
    }
    browser.choose("user_language", "en").await;
    browser.day("head_signed_on", &at(5)).await;
    browser.fill("order", scan.path().to_str().unwrap()).await;
    // A29: an order of two years ago is no basis; nothing else that was typed is lost
    browser.day("basis_date", &at(800)).await;
    browser.send().await;
    assert_eq!(browser.find("[name=basis_date]").await.property("ariaInvalid").await, "true");
    assert_eq!(
        browser.find("[name=applicant_name]").await.property("value").await,
        "Вымышленный департамент"
    );
    look(&mut browser, "refused-order").await;
    browser.day("basis_date", &at(10)).await;
    browser.fill("order", scan.path().to_str().unwrap()).await;
    browser.send().await;
    assert_eq!(browser.at().await, "/console/requests/new?filed=yes");
    look(&mut browser, "filed").await;
    sign_out(&browser).await;
    browser.hold(&house, "a.cyber").await;
    browser.go(&format!("{}/console/requests", house.url)).await;
    browser.press("table a").await;
    look(&mut browser, "request").await;
    browser.choose("decision", "grant").await;
    browser.send().await;
    look(&mut browser, "granted").await;
    let login = browser.find("table tbody th code").await.text().await;
    let temporary = browser.find("table tbody td code").await.text().await;
    assert_eq!(login, "a.akhmetova");
    sign_out(&browser).await;
    browser.sign_in(&login, &temporary).await;
    assert_eq!(browser.at().await, "/console/password");
    browser.change_password(&temporary, OWN, OWN).await;
    assert_eq!(browser.at().await, "/console");
    browser.press("a[href='/console/cases']").await;
    look(&mut browser, "first-day").await;
    // A10: what the request did not name is refused
    browser.go(&format!("{}/console/messages", house.url)).await;
    assert!(browser.text().await.contains("You may not do this"), "{}", browser.text().await);
    look(&mut browser, "not-granted").await;
}
