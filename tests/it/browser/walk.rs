//! Every page that a role comes to by links: looked at, on a wide screen, a narrow one, and at twice the size.

use super::axe::look;
use super::driver::{Browser, Scripts};
use crate::people::{Caller, House};
use reqwest::Method;
use stazh::access::Role;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

#[tokio::test(flavor = "multi_thread")]
async fn everybody_can_use_every_page_of_every_role() {
    let (house, mut browser) = tokio::join!(House::open_with_cases(), Browser::open("walk", Scripts::On));
    let roles = Role::ALL.into_iter().filter(|role| *role != Role::Integration);
    walk(&house, &mut browser, roles).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_can_use_every_page_of_the_labour_half() {
    let (jobs, mut browser) =
        tokio::join!(House::open_with_jobs(), Browser::open("walk-labour", Scripts::On));
    jobs.interest().await;
    let seen = walk(&jobs.house, &mut browser, [Role::Clerk, Role::Auditor].into_iter()).await;
    for page in [
        "/vacancies/KZ/enbek/*",
        "/vacancies",
        "/vacancies/live",
        "/matches",
        "/workers",
        "/workers/*",
        "/workers/*/matches",
        "/workers/*/way",
    ] {
        assert!(seen.contains(&format!("/console{page}")), "{page} was not come to: {seen:?}");
    }
}

/// Looks at every page that each of some roles comes to by links; tells which kinds there were.
async fn walk(house: &House, browser: &mut Browser, roles: impl Iterator<Item = Role>) -> BTreeSet<String> {
    browser.go(&format!("{}/console/help", house.url)).await;
    let (mut dead, mut looked, mut kinds) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for role in roles {
        let login = format!("w.{}", role.word().replace('_', "-"));
        house.employ(&login, role).await;
        let caller = house.let_in(&login).await;
        browser.hold(house, &login).await;
        let (mut queue, mut seen) = (VecDeque::from(["/console".to_owned()]), BTreeMap::new());
        seen.insert(kind_of("/console"), 2);
        while let Some(path) = queue.pop_front() {
            if !is_page(&path, &caller, &mut dead).await {
                continue;
            }
            browser.go(&format!("{}{path}", house.url)).await;
            // what is everybody's is the same for all
            if !EVERYBODYS.contains(&path.as_str()) || looked.insert(path.clone()) {
                look(browser, &format!("{}-{}", role.word(), name_of(&path))).await;
                fits_narrow(browser, &path).await;
            }
            let links = browser
                .eval("[...document.querySelectorAll('a[href]')].map((it) => it.getAttribute('href'))")
                .await;
            for link in links.as_array().unwrap().iter().filter_map(|link| link.as_str()) {
                let link = link.split('#').next().unwrap();
                // of pages of one kind one is enough
                let like = seen.entry(kind_of(link)).or_insert(0);
                if link.starts_with("/console") && *like < 1 {
                    *like += 1;
                    queue.push_back(link.to_owned());
                }
            }
        }
        kinds.extend(seen.into_keys());
    }
    assert!(dead.is_empty(), "links that lead nowhere: {dead:?}");
    kinds
}

/// Pages that look alike whoever reads them.
const EVERYBODYS: &[&str] = &[
    "/console/appeals/new",
    "/console/help",
    "/console/password",
    "/console/requests/new",
    "/console/rules",
    "/console/second-factor",
    "/console/sessions",
];

/// Whether a link leads to a page; a file is none.
async fn is_page(path: &str, caller: &Caller, dead: &mut Vec<String>) -> bool {
    let answer = caller.call(Method::GET, path).send().await.unwrap();
    if answer.status().is_client_error() || answer.status().is_server_error() {
        // the accounts of this house were made without the request that their page names
        if !path.starts_with("/console/requests/") || path.ends_with("/new") {
            dead.push(path.to_owned());
        }
        return false;
    }
    answer.headers()["content-type"].to_str().unwrap().starts_with("text/html")
}

/// WCAG 1.4.10 and 1.4.4: no page is wider than a narrow screen, nor than half of a desktop at twice the size.
async fn fits_narrow(browser: &Browser, path: &str) {
    for (width, scale) in [(320, 2), (640, 2)] {
        browser.be_wide(width, scale).await;
        let over = browser.eval(OVER).await;
        assert_eq!(over.as_array().map(Vec::len), Some(0), "{path} at {width} px: {over:#}");
    }
    browser.be_wide(1280, 1).await;
}

/// What stands beyond the right edge of a page that is too wide.
const OVER: &str = "document.documentElement.scrollWidth <= document.documentElement.clientWidth ? []\
    : [...document.querySelectorAll('body *')].filter((it) => it.getBoundingClientRect().right > innerWidth + 1\
      && !it.closest('.scroll')).map((it) => it.outerHTML.slice(0, 200)).slice(0, 5)\
      .concat(['width ' + document.documentElement.scrollWidth])";

fn name_of(path: &str) -> String {
    let name: String = path.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    name.trim_matches('-').chars().take(60).collect()
}

/// A path without what differs between things of one kind, and without its query.
fn kind_of(path: &str) -> String {
    let segments = path.split('?').next().unwrap().split('/');
    let kinds =
        segments.map(|segment| if segment.chars().any(|c| c.is_ascii_digit()) { "*" } else { segment });
    kinds.collect::<Vec<_>>().join("/")
}
