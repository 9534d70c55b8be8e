//! Jobs of national systems: the portal with all its quirks behind a server of our own, drops, exports; no network.

mod portal;

use portal::{Portal, entry, page};
use serde_json::{Value, json};
use stazh::base::SeededRandom;
use stazh::exchange::transit::Schedule;
use stazh::exchange::wire::{Fetched, JobPortal, PortalError, PortalPlan};
use std::fs;
use std::path::Path;

fn plan(portal: &Portal) -> PortalPlan {
    let schedule = Schedule { first_ms: 1, longest_ms: 2, ..Schedule::default() };
    PortalPlan { base: portal.base().parse().unwrap(), timeout_ms: 5_000, tries: 3, schedule, since: None }
}

/// What is read of a region, the ids in the order in which they came.
async fn region(plan: PortalPlan, region: &str) -> (Result<(), PortalError>, Fetched, Vec<String>) {
    let random = SeededRandom::new(1);
    let mut reader = JobPortal::new(plan, &random).unwrap();
    let mut ids = Vec::new();
    let read = reader
        .region(region, &mut |entry, place, _| {
            assert!(place.contains('#'), "{place}");
            ids.push(entry["vacancy"]["id"].as_str().unwrap().to_owned());
        })
        .await;
    (read, reader.fetched().clone(), ids)
}

fn entries(ids: std::ops::Range<u64>) -> Vec<Value> {
    ids.map(|id| entry(id, 1)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_numbered_from_zero_and_the_last_is_told_by_the_total() {
    let portal = Portal::start(|ask| {
        let from = ask.offset * 100;
        (200, page(&entries(from..(from + 100).min(250)), 250))
    })
    .await;
    let (read, fetched, ids) = region(plan(&portal), "77").await;
    read.unwrap();
    assert_eq!((ids.len(), fetched.pages, fetched.repeated), (250, 3, 0));
    assert!(fetched.warnings.is_empty(), "{fetched:?}");
    assert_eq!(portal.asked()[0], "/api/v1/vacancies/region/7700000000000?limit=100&offset=0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_that_is_empty_has_no_list_and_a_wrong_one_is_not_asked_for() {
    let portal =
        Portal::start(|_| (200, r#"{"status":"200","meta":{"total":0},"results":{}}"#.to_owned())).await;
    let (read, fetched, ids) = region(plan(&portal), "7700000000000").await;
    read.unwrap();
    assert_eq!((ids.len(), fetched.warnings.len()), (0, 0));
    let (read, ..) = region(plan(&portal), "../7").await;
    assert!(matches!(read, Err(PortalError::Region { .. })));
    assert_eq!(portal.asked().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passing_failure_is_tried_again_and_the_status_of_the_body_counts() {
    for failure in [429, 500, 502, 503, 504, 0, 1, 2] {
        let portal = Portal::start(move |ask| match (ask.times, failure) {
            (0, 0) => (200, r#"{"status":"500","meta":{"error":"внутри"}}"#.to_owned()),
            (0, 1) => (200, "<html>".to_owned()),
            (0, 2) => (200, r#"{"meta":{"error":"внутри"}}"#.to_owned()),
            (0, status) => (status, String::new()),
            _ => (200, page(&entries(0..3), 3)),
        })
        .await;
        let (read, _, ids) = region(plan(&portal), "77").await;
        assert!(read.is_ok() && ids.len() == 3, "{failure}: {read:?}");
        assert_eq!(portal.asked().len(), 2, "{failure}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_of_the_first_page_is_an_error_and_one_of_a_later_page_a_warning() {
    let portal = Portal::start(|_| (503, String::new())).await;
    let (read, _, ids) = region(plan(&portal), "77").await;
    assert!(matches!(read, Err(PortalError::Status { status: 503, .. })) && ids.is_empty());
    assert_eq!(portal.asked().len(), 3, "as often as it may be tried");
    let refused = Portal::start(|_| (404, String::new())).await;
    assert!(region(plan(&refused), "77").await.0.is_err());
    assert_eq!(refused.asked().len(), 1, "what will not pass is not tried again");
    let portal = Portal::start(|ask| match ask.offset {
        0 | 1 => (200, page(&entries(ask.offset * 100..ask.offset * 100 + 100), 450)),
        _ => (500, String::new()),
    })
    .await;
    let (read, fetched, ids) = region(plan(&portal), "77").await;
    read.unwrap();
    assert_eq!((ids.len(), fetched.warnings.len()), (200, 1), "what was read is kept");
    assert!(fetched.warnings[0].contains("up to page 2 only, 200 of 450"), "{:?}", fetched.warnings);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_by_http_500_is_no_failure_and_is_not_tried_again() {
    let portal = Portal::start(|ask| match ask.offset {
        0 | 1 => {
            let list = json!(entries(ask.offset * 100..ask.offset * 100 + 100));
            (200, json!({ "status": "200", "results": { "vacancies": list } }).to_string())
        }
        _ => (500, String::new()),
    })
    .await;
    let (read, fetched, ids) = region(plan(&portal), "77").await;
    read.unwrap();
    assert_eq!((ids.len(), fetched.warnings.len(), portal.asked().len()), (200, 0, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_repeated_for_ever_ends_the_reading_and_a_shifted_one_only_repeats() {
    let portal = Portal::start(|_| (200, page(&entries(0..100), 100_000))).await;
    let (read, fetched, ids) = region(plan(&portal), "77").await;
    read.unwrap();
    assert_eq!((ids.len(), portal.asked().len(), fetched.repeated), (100, 2, 100));
    assert!(fetched.warnings[0].contains("repeats a page"), "{:?}", fetched.warnings);
    let shifted = Portal::start(|ask| {
        let from = ask.offset * 90;
        (200, page(&entries(from..(from + 100).min(190)), 200))
    })
    .await;
    let (read, fetched, ids) = region(plan(&shifted), "77").await;
    read.unwrap();
    assert_eq!((ids.len(), fetched.repeated), (190, 10));
    assert!(fetched.warnings[0].contains("190 of 200"), "{:?}", fetched.warnings);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_region_with_more_than_its_pages_show_each_employer_is_asked() {
    let portal = Portal::start(|ask| match ask.company.as_deref() {
        None => {
            let from = ask.offset * 100;
            let page_of = (from..from + 100).map(|id| entry(id, id % 2)).collect::<Vec<_>>();
            (200, page(&page_of, 10_050))
        }
        Some("1000000000") => (200, page(&[entry(20_000, 0), entry(0, 0)], 2)),
        Some(_) => (404, String::new()),
    })
    .await;
    let (read, fetched, ids) = region(plan(&portal), "50").await;
    read.unwrap();
    assert_eq!((ids.len(), fetched.repeated), (10_001, 1));
    let asked = portal.asked();
    assert!(
        !asked.iter().any(|path| path.contains("offset=100&") || path.ends_with("offset=100")),
        "page 100 is never asked for"
    );
    assert!(asked.iter().any(|path| path.contains("/vacancies/company/inn/1000000000?")), "{}", asked.len());
    assert_eq!(
        fetched.warnings.len(),
        2,
        "one employer is missing, and 49 vacancies are: {:?}",
        fetched.warnings
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_filter_by_day_is_asked_for_and_not_believed() {
    let portal = Portal::start(|_| {
        let mut old = entry(1, 1);
        old["vacancy"]["date_modify"] = json!("2026-01-01T00:00:00+0300");
        (200, page(&[entry(0, 1), old], 2))
    })
    .await;
    let since = Some("2026-07-01T00:00:00Z".parse().unwrap());
    let (read, fetched, ids) = region(PortalPlan { since, ..plan(&portal) }, "77").await;
    read.unwrap();
    assert_eq!((ids.len(), fetched.outside), (1, 1));
    assert!(portal.asked()[0].contains("modifiedFrom=2026-07-01T00%3A00%3A00Z"), "{:?}", portal.asked());
}

fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn stazh(args: &[&str]) -> std::process::Output {
    crate::processes::stazh().args(args).output().unwrap()
}

fn said(output: &std::process::Output) -> String {
    String::from_utf8([&*output.stdout, &*output.stderr].concat()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_fetched_is_imported_again_and_exported_and_no_contact_is_told_unasked() {
    let portal = Portal::start(|_| {
        let mut page_of = entries(0..3);
        page_of[2]["vacancy"]["job-name"] = json!("");
        (200, page(&page_of, 3))
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let base = portal.base();
    let run = |args: Vec<String>| {
        tokio::task::spawn_blocking(move || stazh(&args.iter().map(String::as_str).collect::<Vec<_>>()))
    };
    let of = |args: &[&str]| args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>();
    let out = path("ru");
    let fetch = run(of(&["jobs", "fetch", "trudvsem", "--base", &base, "--region", "77", "--out", &out]))
        .await
        .unwrap();
    assert_eq!(fetch.status.code(), Some(0), "{}", said(&fetch));
    assert!(said(&fetch).contains("3 entries: 2 taken"), "{}", said(&fetch));
    let fetched = lines(&folder.path().join("ru/vacancies.jsonl"));
    assert_eq!((fetched.len(), fetched[0].get("contacts")), (2, None));
    let report: Value =
        serde_json::from_slice(&fs::read(folder.path().join("ru/report.json")).unwrap()).unwrap();
    assert_eq!(report["entries"]["aside"][0]["code"], "adapter.job_unreadable");
    assert_eq!(report["fetched"]["pages"], 1);
    let own = path("ru/vacancies.jsonl");
    let import =
        run(of(&["jobs", "import", &own, "--state", "RU", "--out", &path("again"), "--fold"])).await.unwrap();
    assert_eq!(import.status.code(), Some(0), "{}", said(&import));
    assert!(said(&import).contains("1 duplicates folded"), "{}", said(&import));
    assert_eq!(lines(&folder.path().join("again/vacancies.jsonl")).len(), 1);
    assert_eq!(lines(&folder.path().join("again/duplicates.jsonl"))[0]["reason"], "same");
    for (target, name) in [("hr-xml", "vacancy-0000001.xml"), ("job-posting", "postings.jsonl")] {
        let export =
            run(of(&["jobs", "export", &own, "--as", target, "--out", &path(target)])).await.unwrap();
        assert_eq!(export.status.code(), Some(0), "{}", said(&export));
        let text = fs::read_to_string(folder.path().join(target).join(name)).unwrap();
        assert!(text.contains("Электромонтажник") && !text.contains("hr@example"), "{text}");
    }
    let back = run(of(&[
        "jobs",
        "import",
        &path("hr-xml"),
        "--state",
        "RU",
        "--form",
        "hr-xml",
        "--out",
        &path("back"),
    ]))
    .await
    .unwrap();
    assert_eq!(back.status.code(), Some(0), "{}", said(&back));
    assert_eq!(lines(&folder.path().join("back/vacancies.jsonl")), fetched);
    let dead = run(of(&[
        "jobs",
        "fetch",
        "trudvsem",
        "--base",
        "http://127.0.0.1:9/",
        "--region",
        "77",
        "--tries",
        "1",
        "--out",
        &path("no"),
    ]))
    .await
    .unwrap();
    assert_eq!(dead.status.code(), Some(4), "{}", said(&dead));
    assert!(!folder.path().join("no/vacancies.jsonl").exists());
}

#[test]
fn a_drop_is_refused_whole_where_its_manifest_disagrees_and_an_entry_is_set_aside_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let drop = folder.path().join("gsz.jsonl");
    let good = json!({ "id": "b-1", "title": "Сварщик", "posted_on": "2026-07-01", "changed_at": "2026-07-02T10:00:00Z" });
    fs::write(&drop, format!("{good}\n{{\n")).unwrap();
    let name = drop.display().to_string();
    let import = |more: &[&str]| stazh(&[&["jobs", "import", &name, "--state", "BY"], more].concat());
    assert_eq!(import(&[]).status.code(), Some(2), "neither manifest nor source");
    let told = import(&["--source", "gsz"]);
    assert_eq!(told.status.code(), Some(1));
    assert!(
        said(&told).contains("2 entries: 1 taken") && said(&told).contains("gsz.jsonl:2"),
        "{}",
        said(&told)
    );
    let manifest = json!({ "source": "gsz", "state": "BY", "produced_at": "2026-07-02T10:00:00Z", "count": 2,
        "sha256": "0".repeat(64), "schema_version": "1" });
    fs::write(folder.path().join("gsz.manifest.json"), manifest.to_string()).unwrap();
    let told = import(&["--out", &folder.path().join("by").display().to_string()]);
    assert_eq!(told.status.code(), Some(1));
    assert!(
        said(&told).contains("adapter.job_manifest") && !folder.path().join("by/vacancies.jsonl").exists(),
        "{}",
        said(&told)
    );
}
