//! Terms and working days of one's own: checked at the start, with the line, and taken when they change while the node runs.

use crate::cases::waits_until;
use crate::doctor::findings;
use crate::nodes::{TestDesk, World};
use crate::refusals::{Stage, entry_where};
use jiff::civil::date;
use stazh::base::with_causes;
use stazh::exchange::canonical::State;
use stazh::node::{Door, Node, Settings, TreatySettings};
use stazh::pension::TermBook;
use std::path::Path;
use std::sync::Arc;

/// The built-in terms, with an answer about amounts due in so many working days.
fn terms(days: u16) -> String {
    let text = include_str!("../../schemas/treaty/terms.toml");
    let (head, rest) = text.split_once("kind = \"amounts\"\ncount = 10\n").unwrap();
    format!("{head}kind = \"amounts\"\ncount = {days}\n{rest}")
}

fn count(book: &TermBook) -> u16 {
    book.terms.term("amounts", State::Ru, State::Kg).unwrap().count
}

fn is_worked(book: &TermBook) -> bool {
    book.calendars.of(State::Kg).unwrap().is_working(date(2026, 11, 30))
}

/// Settings that name both files; they are read as the program reads them.
fn settings(world: &World, terms: &str, calendars: &str) -> Settings {
    world.settle("RU", "KG");
    world.settle("KG", "RU");
    let folder = world.folder("RU");
    let path = folder.join("node.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let section = "[treaty]\nterms = \"terms.toml\"\ncalendars = \"calendars.toml\"\n";
    std::fs::write(&path, format!("{section}{text}")).unwrap();
    std::fs::write(folder.join("terms.toml"), terms).unwrap();
    std::fs::write(folder.join("calendars.toml"), calendars).unwrap();
    let settings = Settings::read(&path).unwrap();
    let at = |name: &str| Some(folder.join(name));
    let treaty =
        TreatySettings { terms: at("terms.toml"), calendars: at("calendars.toml"), beside: folder.clone() };
    assert_eq!(settings.treaty, treaty, "beside the file that names them");
    settings
}

const DAY_OFF: &str = "[KG]\noff = [\"2026-11-30\"]\n";

#[tokio::test]
async fn a_file_that_is_not_of_its_form_is_refused_at_the_start_with_its_line() {
    let whole = terms(10);
    let only_russia = whole.replace("kind = \"amounts\"\ncount", "kind = \"amounts\"\nto = \"RU\"\ncount");
    let cases = [
        (whole.replace("\"amounts\"", "\"amount\""), "", "terms.toml", "line ", "no such kind of message"),
        (terms(0), "", "terms.toml", "line ", "one day or month at least"),
        (only_russia, "", "terms.toml", "amounts", "write a [[term]] of this kind without between and to"),
        (whole.clone(), "[KG]\nof = []\n", "calendars.toml", "line ", "unknown field `of`"),
        (whole.clone(), "[KG]\nholidays = [\"02-30\"]\n", "calendars.toml", "line ", "month and day"),
    ];
    for (terms, calendars, file, line, why) in cases {
        let world = World::new();
        let settings = settings(&world, &terms, calendars);
        let identity = Stage::identity_of(&settings);
        let refused = Node::context(&settings, &identity, Arc::new(TestDesk::default())).await;
        let told = with_causes(&refused.err().unwrap_or_else(|| panic!("{why}")));
        for word in [file, line, why] {
            assert!(told.contains(word), "{word}: {told}");
        }
    }
    let world = World::new();
    let settings = settings(&world, &whole, "");
    let examined = || {
        let (_, found) = findings(&world.folder("RU"));
        let one = found.into_iter().find(|one| one.of == "the files of [treaty]").unwrap();
        (one.code, one.told)
    };
    assert_eq!(examined().0, "");
    std::fs::write(world.folder("RU").join("calendars.toml"), "[KG]\nof = []\n").unwrap();
    let (code, told) = examined();
    assert!(code == "pension.terms" && told.contains("line "), "{code}: {told}");
    std::fs::remove_file(world.folder("RU").join("terms.toml")).unwrap();
    let identity = Stage::identity_of(&settings);
    let refused = Node::context(&settings, &identity, Arc::new(TestDesk::default())).await;
    assert!(with_causes(&refused.err().unwrap()).contains("terms.toml"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_node_takes_what_changes_and_keeps_what_it_had_where_that_is_unfit() {
    let world = World::new();
    let settings = settings(&world, &terms(7), "");
    let door = Door::open(&settings).await.unwrap();
    let node = Node::start(door, &settings, Arc::new(TestDesk::default())).await.unwrap();
    let book = || node.flows().cases.book.get();
    assert_eq!((count(&book()), is_worked(&book())), (7, true));
    let put =
        |name: &str, text: &str| std::fs::write(Path::new(&world.folder("RU")).join(name), text).unwrap();
    put("terms.toml", &terms(12));
    waits_until("the new term is used", || count(&book()) == 12).await;
    put("calendars.toml", DAY_OFF);
    waits_until("the day off is known", || !is_worked(&book())).await;
    let said = entry_where(&node, |row| row.entry.kind == "keys_changed").await.entry.detail;
    assert!(said.starts_with("[treaty]: sha-256 "), "{said}");
    put("terms.toml", &terms(0));
    let entry = entry_where(&node, |row| row.entry.code.as_deref() == Some("pension.terms")).await.entry;
    assert!(entry.kind == "keys_unfit" && entry.detail.contains("line "), "{}", entry.detail);
    assert_eq!((count(&book()), is_worked(&book())), (12, false), "it is used on");
    node.stop().await;
}
