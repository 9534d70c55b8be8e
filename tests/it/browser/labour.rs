//! From a post to a consent taken back, as a clerk goes through it with a welder who sits before him.

use super::axe::look;
use super::driver::{Browser, Scripts};
use crate::people::{House, JobsHouse, until};
use stazh::access::Role;
use stazh::exchange::canonical::job::{JobDocument, JobDocumentKind};

impl Browser {
    async fn tick_box(&self, name: &str, word: &str) {
        self.find(&format!("[name={name}][value='{word}']")).await.click().await;
    }

    /// Loads the page anew until it tells something.
    async fn reads(&self, text: &str) {
        until(text, async || {
            self.reload().await;
            self.text().await.contains(text)
        })
        .await;
    }
}

async fn a_welder_finds_a_post_shows_himself_and_takes_it_back(test: &str, scripts: Scripts) {
    let (jobs, mut browser) = tokio::join!(House::open_with_jobs(), Browser::open(test, scripts));
    let house = &jobs.house;
    house.employ("a.clerk", Role::Clerk).await;
    browser.hold(house, "a.clerk").await;
    browser.go(&format!("{}/console/vacancies", house.url)).await;
    look(&mut browser, "all-posts").await;
    browser.fill("occupation", "welder").await;
    browser.choose("peer", "KZ").await;
    browser.press("form.filter button").await;
    look(&mut browser, "posts-of-welders").await;
    assert!(browser.text().await.contains("Occupation understood as: 7212"), "{}", browser.text().await);
    browser.press("ol.posts a[href*='K%2D201']").await;
    look(&mut browser, "post").await;
    assert!(browser.text().await.contains("takes nobody as this without its certificate"));
    // the posts for this welder, with the reasons
    browser.go(&format!("{}/console/matches", house.url)).await;
    look(&mut browser, "profiles").await;
    browser.press("table a").await;
    browser.find("details.reasons summary").await.click().await;
    look(&mut browser, "reasons").await;
    let text = browser.text().await;
    assert!(text.contains("had: ") && text.contains("levels of the tree in common"), "{text}");
    consents_and_shows_himself(&jobs, &mut browser).await;
    takes_it_back(&jobs, &mut browser).await;
}

async fn consents_and_shows_himself(jobs: &JobsHouse, browser: &mut Browser) {
    jobs.interest().await;
    browser.go(&format!("{}{}", jobs.house.url, jobs.at(""))).await;
    browser.reads("Employers who are interested").await;
    look(browser, "ledger").await;
    browser.press("nav.tabs a[href$='/consents/new']").await;
    look(browser, "consent-form").await;
    for (name, word) in [
        ("consent_purpose", "reveal"),
        ("employer_class", "verified_employer"),
        ("text_language", "ky"),
        ("signature_level", "in_person"),
    ] {
        browser.choose(name, word).await;
    }
    browser.tick_box("sections", "experience_history").await;
    browser.tick_box("target_states", "KZ").await;
    browser.fill("consent_days", "90").await;
    browser.fill("legal_basis", "KG 58, art. 9").await;
    browser.tick_box("text_was_shown", "yes").await;
    browser.send().await;
    look(browser, "consented").await;
    browser.press("a.act[href$='/reveal']").await;
    look(browser, "reveal-form").await;
    browser.find("[name=interest]").await.click().await;
    browser.tick_box("revealed", "name").await;
    browser.tick_box("revealed", "contacts").await;
    browser.fill("reveal_days", "30").await;
    browser.tick_box("text_was_shown", "yes").await;
    browser.send().await;
    assert_eq!(browser.at().await, jobs.at(""));
    look(browser, "shown").await;
    let JobDocument::Reveal(came) = jobs.told_to_kz(JobDocumentKind::Reveal).await else { panic!() };
    assert_eq!(came.revealed.fields(), ["name", "contacts"]);
    browser.press("nav.tabs a[href$='/way']").await;
    look(browser, "way").await;
    assert!(browser.text().await.contains("Shown to the employer"));
}

async fn takes_it_back(jobs: &JobsHouse, browser: &mut Browser) {
    for at in ["first", "second"] {
        browser.go(&format!("{}{}", jobs.house.url, jobs.at(""))).await;
        browser.press("a.act[href$='/withdraw']").await;
        look(browser, &format!("withdraw-{at}")).await;
        browser.choose("withdrawn_by", "in-person").await;
        browser.send().await;
    }
    browser.reads("erased and confirmed").await;
    look(browser, "taken-back").await;
    jobs.told_to_kz(JobDocumentKind::RevealEnd).await;
    assert!(browser.text().await.contains("nothing is kept of who it is"), "{}", browser.text().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_welder_finds_a_post_and_takes_his_consents_back() {
    a_welder_finds_a_post_shows_himself_and_takes_it_back("labour", Scripts::On).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_welder_finds_a_post_and_takes_his_consents_back_without_scripts() {
    a_welder_finds_a_post_shows_himself_and_takes_it_back("labour-without-scripts", Scripts::Off).await;
}
