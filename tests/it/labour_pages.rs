//! The labour half at the door for people and for programs: vacancies, matches with their reasons, the ledger of a worker, and his
//! way with the wall in it.

use crate::people::{Caller, House, JobsHouse, candidate, read, until};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use stazh::access::Role;
use stazh::exchange::canonical::job::{JobDocument, JobDocumentKind, Vacancy, VacancyStatus};
use stazh::flow::labour::publish_vacancies;
use stazh::store::{MirrorState, mirror_counts};

/// What a program is answered.
async fn told(house: &House, path: &str) -> (u16, Value) {
    let program = house
        .employ_program(&format!(
            "x.{}",
            stazh::base::Random::uuid(&stazh::base::OsRandom::default()).simple()
        ))
        .await;
    let answer = crate::people::told(program.call(Method::GET, path)).await;
    (answer.status.as_u16(), serde_json::from_str(&answer.text).unwrap())
}

async fn found(house: &House, query: &str) -> Value {
    let (status, told) = told(house, &format!("/vacancies?{query}")).await;
    assert_eq!(status, 200, "{told}");
    told
}

fn titles(list: &Value) -> Vec<&str> {
    list["vacancies"].as_array().unwrap().iter().map(|one| one["title"].as_str().unwrap()).collect()
}

async fn clerk(house: &House) -> Caller {
    house.employ("a.clerk", Role::Clerk).await;
    house.let_in("a.clerk").await
}

#[tokio::test(flavor = "multi_thread")]
async fn posts_of_all_states_are_found_counted_and_narrowed() {
    let jobs = House::open_with_jobs().await;
    let house = &jobs.house;
    let all = found(house, "").await;
    assert_eq!((all["hits"].as_u64(), all["reckoned"]["indexed"].as_u64()), (Some(9), Some(9)), "{all}");
    let counts = |list: &Value, facet: &str| -> Vec<(String, u64)> {
        let facets = list[facet].as_array().unwrap().iter();
        facets.map(|one| (one["code"].as_str().unwrap().to_owned(), one["count"].as_u64().unwrap())).collect()
    };
    assert_eq!(counts(&all, "states"), [("KZ".to_owned(), 8), ("KG".to_owned(), 1)]);
    // each count is what one finds who narrows by it
    for (facet, field) in [("states", "peer"), ("majors", "major")] {
        let counts = counts(&all, facet);
        assert!(!counts.is_empty());
        for (code, count) in counts {
            let narrowed = found(house, &format!("{field}={code}")).await;
            assert_eq!(narrowed["hits"].as_u64(), Some(count), "{field} {code}");
        }
    }
    let own = found(house, "words=%D1%81%D0%B2%D0%B0%D1%80%D1%89%D0%B8%D0%BA&peer=KG").await;
    assert_eq!(titles(&own), ["Сварщик на стройку"]);
    // an occupation by its code and by what it is called, in another language than the vacancies
    for asked in ["7212", "welder"] {
        let welders = found(house, &format!("occupation={asked}")).await;
        assert_eq!(welders["occupation"]["code"], "7212", "{asked}");
        let of = welders["vacancies"].as_array().unwrap();
        assert!(of.len() > 2 && of.iter().all(|one| one["occupations"][0]["isco"] == "7212"), "{welders}");
    }
    let nonsense = found(house, "occupation=qwrtpsdf").await;
    assert_eq!((nonsense["hits"].as_u64(), &nonsense["occupation"]), (Some(0), &Value::Null));
    // pay in the reader's currency, by the rates of the file
    let shown = found(house, "peer=KZ&occupation=7212").await;
    let pay = &shown["vacancies"][0]["pay"];
    assert!(pay["currency"] == "KZT" && pay["monthly"].as_str().unwrap().contains("KGS"), "{pay}");
    assert!(pay["rate_on"].is_string());
    let paid = found(house, "pay_from=70000&currency=KGS").await["hits"].as_u64().unwrap();
    assert!(paid > 0 && paid < 9, "{paid}");
    let rich = found(house, "pay_from=9000000").await;
    let removed: Vec<&str> =
        rich["removed"].as_array().unwrap().iter().map(|one| one["barrier"].as_str().unwrap()).collect();
    assert!(rich["hits"] == 0 && removed.contains(&"pay"), "{rich}");
    // page by page each stands once
    let source = &all["reckoned"]["sources"][0];
    assert!(source["state"] == "KZ" && source["answers"] == true, "{source}");
    for bad in ["peer=DE", "pay_from=-1", "currency=USD", "major=11", "stranger=1"] {
        let (status, problem) = told(house, &format!("/vacancies?{bad}")).await;
        assert_eq!((status, &problem["code"]), (422, &json!("http.fields")), "{bad}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_goes_on_by_its_cursor_and_each_vacancy_stands_once() {
    let jobs = House::open_with_jobs().await;
    let more: Vec<Vacancy> = (0..25)
        .map(|number| {
            let mut one = read_vacancy();
            one["reference"]["id"] = format!("M-{number:02}").into();
            serde_json::from_value(one).unwrap()
        })
        .collect();
    publish_vacancies(&more, &jobs.kz()).await.unwrap();
    jobs.house.has_index(34).await;
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = found(&jobs.house, &format!("peer=KZ&{cursor}")).await;
        let of = page["vacancies"].as_array().unwrap().iter();
        seen.extend(of.map(|one| one["id"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => cursor = format!("cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen.len(), 33);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 33);
    // what closes there is found no more, and nobody made the index by hand
    let closed: Vec<Vacancy> =
        more.into_iter().map(|one| Vacancy { status: VacancyStatus::Closed, ..one }).collect();
    publish_vacancies(&closed, &jobs.kz()).await.unwrap();
    jobs.house.has_index(9).await;
    assert_eq!(found(&jobs.house, "").await["hits"], 9);
}

/// M22: the peer is asked at once, and what is shown is never called whole when it is not.
#[tokio::test(flavor = "multi_thread")]
async fn nodes_are_asked_at_once_and_a_partial_answer_is_never_shown_as_whole() {
    let mut jobs = House::open_with_jobs().await;
    let house = &jobs.house;
    until("an index in Kazakhstan", async || {
        jobs.kz().labour.shelf.as_ref().unwrap().made().is_some_and(|made| made.taken == 9)
    })
    .await;
    let live = async |query: &str| told(house, &format!("/vacancies/live?{query}")).await;
    let (status, all) = live("occupation=welder").await;
    assert_eq!(status, 200, "{all}");
    assert_eq!(
        (&all["peers"][0]["is"], &all["peers"][0]["state"]),
        (&json!("answered"), &json!("KZ")),
        "{all}"
    );
    assert!(all["is_whole"] == true && all["is_cut"] == false, "{all}");
    let from = |list: &Value, told: &str| {
        list["vacancies"].as_array().unwrap().iter().filter(|one| one["told"] == told).count()
    };
    assert!(from(&all, "live") > 2 && from(&all, "own") == 1 && from(&all, "copy") == 0, "{all}");
    assert_eq!(from(&all, "live"), usize::try_from(all["peers"][0]["told"].as_u64().unwrap()).unwrap());
    // each once, though it was told and is here
    let mut ids: Vec<String> =
        all["vacancies"].as_array().unwrap().iter().map(|one| one["line"]["id"].to_string()).collect();
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count);
    let local = found(house, "occupation=welder").await;
    assert_eq!(local["hits"], all["hits"], "the same question has the same answer where all is current");
    let words = "words=%D1%81%D0%B2%D0%B0%D1%80%D1%89%D0%B8%D0%BA"; // сварщик
    let (_, chosen) = live(&format!("{words}&ask=RU")).await;
    assert!(chosen["is_whole"] == false && chosen["peers"][0]["is"] == "not_asked", "{chosen}");
    assert!(from(&chosen, "copy") > 0 && chosen["peers"][0]["heard_at"].is_string(), "{chosen}");
    let (status, refused) = live("words=%2B7%20905%20765-43-21").await;
    assert_eq!((status, &refused["code"]), (422, &json!("labour.live_question")), "{refused}");
    let clerk = clerk(house).await;
    let page = clerk.get(&format!("/console/vacancies/live?{words}")).await;
    assert_eq!(page.status, StatusCode::OK);
    for told in ["What each node did", "answered, all of it", "told by its node now"] {
        assert!(page.text.contains(told), "{told}: {}", page.text);
    }
    let local = clerk.get("/console/vacancies").await;
    assert!(local.text.contains("formaction=\"/console/vacancies/live\""), "it is one button away");
    // the peer is gone: what is here is shown, and that it is not all
    jobs.kz_stops().await;
    let (_, partial) = told(&jobs.house, &format!("/vacancies/live?{words}")).await;
    assert!(partial["is_whole"] == false && partial["peers"][0]["is"] == "unreachable", "{partial}");
    assert!(from(&partial, "copy") > 0 && from(&partial, "live") == 0, "{partial}");
}

fn read_vacancy() -> Value {
    let text = std::fs::read_to_string(crate::fixtures::fixture("demo/bakyt/vacancies-kz.jsonl")).unwrap();
    serde_json::from_str(text.lines().next().unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vacancy_is_shown_whole_with_its_source_and_what_its_state_demands() {
    let jobs = House::open_with_jobs().await;
    let (status, one) = told(&jobs.house, "/vacancies/KZ/enbek/K-201").await;
    assert_eq!(status, 200);
    assert!(one["confirmed_at"].is_string() && one["is_own"] == false, "{one}");
    let warning = &one["warnings"][0];
    assert!(warning["kind"] == "recognition" && warning["is_hard"] == true, "{one}");
    assert_eq!(one["line"]["occupations"][0]["name"], "Workers who weld and cut metal by flame", "{one}");
    for none in ["KZ/enbek/K-999", "RU/trudvsem/1", "DE/x/1", "KZ/enbek/..%2f"] {
        assert_eq!(told(&jobs.house, &format!("/vacancies/{none}")).await.0, 404, "{none}");
    }
    let page = clerk(&jobs.house).await.get("/console/vacancies/KZ/enbek/K-201").await;
    assert_eq!(page.status, StatusCode::OK);
    for told in
        ["Электросварщик ручной сварки", "enbek", "K-201", "takes nobody as this without its certificate"]
    {
        assert!(page.text.contains(told), "{told}: {}", page.text);
    }
    // profiles are sought for vacancies of our own alone, and have no name
    let (status, profiles) = told(&jobs.house, "/vacancies/KG/zanyatost/G-1/profiles").await;
    assert_eq!((status, profiles["looked_at"].as_u64()), (200, Some(1)), "{profiles}");
    let text = profiles.to_string();
    assert!(text.contains("prf_") || text.contains("7212"), "{text}");
    for word in ["Токтосунов", "Бакыт", "1985", "123456"] {
        assert!(!text.contains(word), "{word}: {text}");
    }
    assert_eq!(told(&jobs.house, "/vacancies/KZ/enbek/K-201/profiles").await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_match_is_told_part_by_part_and_the_parts_add_up() {
    let jobs = House::open_with_jobs().await;
    let (status, list) = told(&jobs.house, "/matches").await;
    assert_eq!((status, list["profiles"].as_array().unwrap().len()), (200, 1), "{list}");
    assert_eq!(list["profiles"][0]["worker"], jobs.worker.to_string());
    assert!(!list.to_string().contains("Токтосунов"), "a list of profiles names nobody");
    let (status, list) = told(&jobs.house, &format!("/workers/{}/matches", jobs.worker)).await;
    assert_eq!(status, 200, "{list}");
    assert!(!list.to_string().contains("Токтосунов"), "a match names nobody");
    let vacancies = list["vacancies"].as_array().unwrap();
    assert!(!vacancies.is_empty(), "{list}");
    for one in vacancies {
        let parts = one["score"]["parts"].as_array().unwrap();
        let sum: u64 = parts.iter().map(|part| part["points"].as_u64().unwrap()).sum();
        assert_eq!(Some(sum), one["score"]["points"].as_u64(), "{one}");
        assert!(parts.iter().all(|part| !part["told"].as_str().unwrap().is_empty()));
    }
    let best = &vacancies[0]["score"];
    assert!(best["warnings"].to_string().contains("Kazakhstan takes nobody"), "{best}");
    let skills = vacancies[0]["score"]["parts"].as_array().unwrap().iter().find(|it| it["kind"] == "skills");
    assert!(skills.unwrap()["told"].as_str().unwrap().contains("had: "), "{skills:?}");
    // by the reference that a peer knows him by
    let caller = clerk(&jobs.house).await;
    let led = caller.get(&format!("/console/matches?profile_reference={}", jobs.profile)).await;
    assert_eq!(led.header("location"), jobs.at("/matches"));
    let none = caller.get("/console/matches?profile_reference=prf_0").await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = caller.get(&jobs.at("/matches")).await;
    assert!(
        page.text.contains("class=\"bar\"") && !page.text.contains("style="),
        "bars are drawn within the policy"
    );
    assert_eq!(
        caller.get(&format!("/console/workers/{}/matches", "0".repeat(64))).await.status,
        StatusCode::NOT_FOUND
    );
    // who saw whom: an act about the worker, with the consent as its purpose
    let act =
        jobs.house.acts_of("a.clerk").await.into_iter().find(|act| act.command == "match-view").unwrap();
    assert_eq!(act.purpose.as_deref(), Some("consent"));
    assert!(act.subject.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_whose_data_are_missing_is_named_and_a_node_without_jobs_says_so() {
    let house = House::open().await;
    let list = found(&house, "").await;
    assert_eq!((&list["reckoned"]["is_on"], &list["reckoned"]["indexed"]), (&json!(false), &Value::Null));
    let caller = clerk(&house).await;
    for path in ["/console/vacancies", "/console/matches", "/console/workers"] {
        let page = caller.get(path).await;
        assert!(
            page.status == StatusCode::OK && page.text.contains("exchanges no jobs"),
            "{path}: {}",
            page.text
        );
    }
    assert_eq!(caller.get("/console/workers/new").await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

/// The fields of a consent, as a form brings them.
fn terms<'f>(purpose: &'f str, sections: &[&'f str]) -> Vec<(&'f str, &'f str)> {
    let mut fields = vec![
        ("consent_purpose", purpose),
        ("target_states", "KZ"),
        ("employer_class", "verified_employer"),
        ("consent_days", "90"),
        ("text_language", "ky"),
        ("signature_level", "in_person"),
        ("legal_basis", "KG 58, art. 9"),
        ("text_was_shown", "yes"),
    ];
    fields.extend(sections.iter().map(|section| ("sections", *section)));
    fields
}

async fn ledger(jobs: &JobsHouse) -> Value {
    let (status, ledger) = told(&jobs.house, &format!("/workers/{}", jobs.worker)).await;
    assert_eq!(status, 200, "{ledger}");
    ledger
}

fn consent<'l>(ledger: &'l Value, purpose: &str) -> &'l Value {
    let consents = ledger["consents"].as_array().unwrap();
    consents.iter().find(|one| one["purpose"]["code"] == purpose).unwrap_or_else(|| panic!("{ledger:#}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_is_shown_to_one_employer_and_takes_everything_back_by_forms() {
    let jobs = House::open_with_jobs().await;
    let caller = clerk(&jobs.house).await;
    // he is found by his number, for a purpose
    let number = [("number", "21503198500017"), ("purpose", "request_of_person"), ("reason", "12/3")];
    let led = caller.post("/console/workers", &number).await;
    assert_eq!(led.header("location"), jobs.at(""), "{}", led.text);
    let stranger = [("number", "21503198500025"), ("purpose", "check"), ("reason", "1")];
    assert!(!caller.post("/console/workers", &stranger).await.text.contains(&jobs.worker.to_string()));
    // a text that was not shown is no consent, nor one without a section or to the home state
    let give = jobs.at("/consents/new");
    let told_of = |answer: crate::people::Told| (answer.status, answer.text);
    let mut unshown = terms("reveal", &["experience_history"]);
    unshown.retain(|(name, _)| *name != "text_was_shown");
    for bad in [unshown, terms("reveal", &[]), {
        let mut home = terms("reveal", &["summary"]);
        home.retain(|(name, _)| *name != "target_states");
        home.push(("target_states", "KG"));
        home
    }] {
        let (status, text) = told_of(caller.post(&give, &bad).await);
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{text}");
        assert!(text.contains("id=\"faults\""), "{text}");
    }
    let given = caller.post(&give, &terms("reveal", &["experience_history"])).await;
    assert_eq!(
        (given.status, given.header("location")),
        (StatusCode::SEE_OTHER, jobs.at("").as_str()),
        "{}",
        given.text
    );
    let shown = ledger(&jobs).await;
    let reveal = consent(&shown, "reveal");
    assert_eq!(
        (reveal["text_language"].as_str(), reveal["text_version"].as_str()),
        (Some("ky"), Some("X-1"))
    );
    let id = reveal["id"].as_str().unwrap().to_owned();
    let form = jobs.at(&format!("/consents/{id}/reveal"));
    assert!(caller.get(&form).await.text.contains("No employer has told an interest yet"));
    jobs.interest().await;
    until("the interest is in the ledger", async || {
        !ledger(&jobs).await["interests"].as_array().unwrap().is_empty()
    })
    .await;
    let interest = ledger(&jobs).await["interests"][0]["document"].as_str().unwrap().to_owned();
    assert!(caller.get(&form).await.text.contains("Сарыарка Монтаж"));
    // to be found is not to be shown: the other consent does not do
    let fields = |interest: &str| {
        let fields = [
            ("interest", interest),
            ("revealed", "name"),
            ("revealed", "contacts"),
            ("reveal_days", "30"),
            ("text_was_shown", "yes"),
        ];
        fields.map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    let pairs = fields(&interest);
    let pairs: Vec<(&str, &str)> =
        pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let by_other = caller.post(&jobs.at(&format!("/consents/{}/reveal", jobs.consent)), &pairs).await;
    assert_eq!(by_other.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", by_other.text);
    let done = caller.post(&form, &pairs).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    let JobDocument::Reveal(came) = jobs.told_to_kz(JobDocumentKind::Reveal).await else { panic!() };
    assert_eq!(came.revealed.fields(), ["name", "contacts"], "what was chosen, and no more");
    let shown = ledger(&jobs).await;
    let row = &consent(&shown, "reveal")["reveals"][0];
    assert_eq!(
        (row["vacancy"].as_str(), row["is_open"].as_bool()),
        (Some("KZ/enbek/K-201"), Some(true)),
        "{row}"
    );
    // he ends that one reveal; the consent stays
    let end = jobs.at(&format!("/reveals/{}/end", row["id"].as_str().unwrap()));
    assert!(
        caller.get(&end).await.text.contains("Сарыарка")
            || caller.get(&end).await.text.contains("051140000018")
    );
    assert_eq!(caller.post(&end, &[]).await.status, StatusCode::SEE_OTHER);
    jobs.told_to_kz(JobDocumentKind::RevealEnd).await;
    assert_eq!(caller.post(&end, &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY, "it is over");
    let shown = ledger(&jobs).await;
    assert_eq!(consent(&shown, "reveal")["state"]["code"], "active");
    // and takes both consents back: the peer proves that it has erased
    for id in [id.as_str(), &jobs.consent.to_string()] {
        let path = jobs.at(&format!("/consents/{id}/withdraw"));
        assert!(caller.get(&path).await.text.contains("cannot be undone"));
        assert_eq!(caller.post(&path, &[("withdrawn_by", "letter")]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(
            caller.post(&path, &[("withdrawn_by", "letter")]).await.status,
            StatusCode::UNPROCESSABLE_ENTITY
        );
    }
    until("the receipt comes", async || {
        let shown = ledger(&jobs).await;
        consent(&shown, "cv_search")["targets"][0]["is"] == "confirmed"
    })
    .await;
    let shown = ledger(&jobs).await;
    assert!(shown["name"].is_null() && shown["profile"].is_null(), "{shown}");
    let mut tx = jobs.kz().store.read().await.unwrap();
    let left = mirror_counts(&mut tx).await.unwrap();
    let left: Vec<_> =
        left.iter().filter(|(peer, kind, ..)| peer == "KG" && kind.as_str() == "profile").collect();
    assert!(left.iter().all(|(_, _, state, _)| *state == MirrorState::Erased), "{left:?}");
    assert_eq!(caller.get(&jobs.at("/matches")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        caller.get(&give).await.status,
        StatusCode::NOT_FOUND,
        "nobody is kept who could consent to more"
    );
    // another worker's consent is none of this one
    let other = format!("/console/workers/{}/consents/{id}/withdraw", "1".repeat(64));
    assert_eq!(caller.get(&other).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_consent_is_noted_field_by_field_or_as_the_national_system_writes_it() {
    let jobs = House::open_with_jobs().await;
    let caller = clerk(&jobs.house).await;
    let mut fields = terms("cv_search", &["occupation", "skills", "languages"]);
    fields.extend([
        ("family", "Асанова"),
        ("given_name", "Айгүл"),
        ("born", "1990-05-06"),
        ("occupation", "сварщик"),
        ("experience_band", "D"),
        ("skills", "X0101"),
        ("worker_languages", "ky native, ru B2"),
        ("would_move", "yes"),
    ]);
    let answer = caller.post("/console/workers/new", &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    let page = caller.get(answer.header("location")).await;
    assert!(page.text.contains("Асанова Айгүл") && page.text.contains("weld and cut"), "{}", page.text);
    // all that does not fit is told at once, and what was typed stays
    let mut bad = terms("cv_search", &["occupation"]);
    bad.extend([
        ("family", "<b>Асанова</b>"),
        ("number", "12"),
        ("occupation", "qwrtpsdf"),
        ("worker_languages", "ru Z9"),
    ]);
    let answer = caller.post("/console/workers/new", &bad).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for field in ["given_name", "born", "number", "occupation", "worker_languages"] {
        assert!(answer.text.contains(&format!("href=\"#f-{field}\"")), "{field}: {}", answer.text);
    }
    assert!(answer.text.contains("&lt;b&gt;Асанова"), "{}", answer.text);
    let program = jobs.house.employ_program("x.portal").await;
    let mut person = serde_json::to_value(candidate("welder.json")).unwrap();
    person["person"]["identifiers"] = json!([]);
    person["person"]["name"]["given"] = "Другой".into();
    let body = |candidate: String| {
        json!({
            "candidate": candidate, "consent_purpose": "cv_search", "sections": ["occupation"], "target_states": ["KZ"],
            "employer_class": "verified_employer", "consent_days": 30, "text_language": "ru",
            "signature_level": "one_time_sms", "legal_basis": "KG 58", "text_was_shown": true,
        })
        .to_string()
    };
    let given = program.json("/workers/new", body(person.to_string())).await;
    assert_eq!(given.status, StatusCode::OK, "{}", given.text);
    let given: Value = serde_json::from_str(&given.text).unwrap();
    assert_eq!(given["published"], json!(["KZ"]));
    let refused = program.json("/workers/new", body("{\"person\":{\"name\":\"Тайна\"}}".to_owned())).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!refused.text.contains("Тайна"), "a fault shows no value: {}", refused.text);
}

/// What came by consent never reaches the institution, and what came by the Agreement reaches the labour side only by a consent to
/// one file.
#[tokio::test(flavor = "multi_thread")]
async fn the_wall_stands_in_the_way_from_a_post_to_a_pension() {
    let jobs = House::open_with_jobs().await;
    jobs.interest().await;
    let mut record = read("employment-record.json").to_string();
    record = record.replace("2028-", "2026-").replace("2027-", "2025-");
    jobs.send(&serde_json::from_str(&record).unwrap()).await;
    let caller = clerk(&jobs.house).await;
    let (way, institution) =
        (format!("/workers/{}/way", jobs.worker), format!("/workers/{}/record", jobs.worker));
    let channels = |way: &Value| -> Vec<String> {
        let stages = way["stages"].as_array().unwrap().iter().filter(|stage| stage["is"] == "done");
        stages
            .map(|stage| {
                format!("{} {}", stage["channel"].as_str().unwrap(), stage["name"].as_str().unwrap())
            })
            .collect()
    };
    let treaty = ["treaty employment", "treaty contributions"];
    until("the record is noted", async || told(&jobs.house, &institution).await.0 == 200).await;
    let (_, seen) = told(&jobs.house, &institution).await;
    assert_eq!(channels(&seen), treaty);
    let text = seen.to_string();
    assert!(
        !text.contains("consent to be") && !text.contains("K-201") && seen["has_consent_channel"] == false,
        "{text}"
    );
    until("the interest is noted", async || channels(&told(&jobs.house, &way).await.1).len() == 1).await;
    let (_, seen) = told(&jobs.house, &way).await;
    assert_eq!(
        (channels(&seen), &seen["has_treaty_channel"]),
        (vec!["consent interest".to_owned()], &json!(false))
    );
    let page = caller.get(&jobs.at("/way")).await;
    assert!(page.text.contains("has not consented to one file"), "{}", page.text);
    // he consents to one file
    let one_file = caller.post(&jobs.at("/consents/new"), &terms("mobility_case", &["occupation"])).await;
    assert_eq!(one_file.status, StatusCode::SEE_OTHER, "{}", one_file.text);
    let (_, seen) = told(&jobs.house, &way).await;
    assert_eq!(channels(&seen), ["consent interest", "treaty employment", "treaty contributions"]);
    // who works for the one side alone does not see the other's
    for (login, functions, may, may_not) in
        [("a.labour", ["workers"], "/way", "/record"), ("a.pension", ["cases"], "/record", "/way")]
    {
        let mut row = crate::people::account(login, Role::Clerk);
        row.details.functions = functions.iter().map(|&function| function.to_owned()).collect();
        jobs.house.employ_as(row).await;
        let caller = jobs.house.let_in(login).await;
        assert_eq!(caller.get(&jobs.at(may)).await.status, StatusCode::OK, "{login}");
        assert_eq!(caller.get(&jobs.at(may_not)).await.status, StatusCode::FORBIDDEN, "{login}");
    }
    // all consents end: the interest is gone from the way, the record stays with the institution
    let shown = ledger(&jobs).await;
    for one in shown["consents"].as_array().unwrap() {
        let path = jobs.at(&format!("/consents/{}/withdraw", one["id"].as_str().unwrap()));
        assert_eq!(caller.post(&path, &[("withdrawn_by", "in-person")]).await.status, StatusCode::SEE_OTHER);
    }
    assert_eq!(channels(&told(&jobs.house, &way).await.1), Vec::<String>::new());
    assert_eq!(channels(&told(&jobs.house, &institution).await.1), treaty);
}
