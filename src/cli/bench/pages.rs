//! `stazh bench pages`: how long a node takes to show what it knows, when it has exchanged for years.

use super::super::pair;
use super::super::progress::Progress;
use super::super::{Exit, local, show};
use super::clerks::{Plan, work};
use crate::access::{Actor, Ask, Commands, Permit, Purpose, Role, Via, decide};
use crate::base::{ConversationId, DocumentId, Language, MessageId, OsRandom, ProcedureId, Random};
use crate::exchange::canonical::{Inquiry, Person};
use crate::flow::watch::{
    MessageFilter, Span, close_days, figures, find_person, journey, messages, peers_view,
};
use crate::flow::{Context, PersonQuery, person_digests};
use crate::node::{Server, Settings};
use crate::store::{Direction, MessageSort, PastExchange, bulk_end, bulk_put};
use anyhow::{Context as _, Result};
use jiff::{SignedDuration, Timestamp};
use std::path::Path;
use std::time::{Duration, Instant};

/// Measure the server time of lists, journeys, figures and of the search by
/// person, with so many messages stored over the last year.
///
/// The rows are those that an exchange leaves: six messages for each question
/// and answer, with their bytes, sendings, ledger, journal and notes by person;
/// every fiftieth answer was returned. Each page is asked for many times, with
/// other ids each time; of the times the middle and the one of 95 in 100 are
/// told.
///
/// With --clerks so many work at the node at once, over HTTP, each with a session
/// of his own, and each act is journalled; what is told then is what they wait.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Pages {
    /// How many messages are stored.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(600..=10_000_000))]
    messages: u32,
    /// How often each page is asked for.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(10..=10_000))]
    times: u32,
    /// An empty PostgreSQL database instead of a file.
    #[arg(long)]
    database: Option<String>,
    /// So many clerks work at once after that; none if 0.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=1_000))]
    clerks: u32,
    /// How long they work.
    #[arg(long, default_value_t = 30, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=3_600))]
    clerks_for: u32,
    /// How long a clerk reads a page before he asks for the next, in milliseconds.
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(0..=600_000))]
    think_ms: u32,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// What was measured of one page.
struct Measured {
    page: &'static str,
    limit: Duration,
    /// Sorted.
    times: Vec<Duration>,
}

/// What clerks waited for, how many answers were none, and how many pages a second there were.
type Waited = (Vec<Measured>, u64, f64);

impl Pages {
    pub(super) fn run(self) -> Result<Exit> {
        let root = std::env::temp_dir().join(format!("stazh-bench-{}", std::process::id()));
        let outcome = local::block_on(self.measure(&root));
        let _ = std::fs::remove_dir_all(&root); // a leftover folder harms nobody
        let (measured, filling, worked) = outcome?;
        if self.json {
            let pages: Vec<_> = measured.iter().map(Measured::as_json).collect();
            let clerks = worked.as_ref().map(|worked| {
                let pages: Vec<_> = worked.0.iter().map(Measured::as_json).collect();
                serde_json::json!({
                    "clerks": self.clerks, "think_ms": self.think_ms, "pages": pages,
                    "pages_a_second": worked.2, "failed": worked.1,
                })
            });
            show::json(&serde_json::json!({ "messages": self.messages, "pages": pages, "clerks": clerks }));
        } else {
            let seconds = filling.as_secs_f64();
            show::line(&format!("{} messages stored in {seconds:.0} s", self.messages));
            measured.iter().for_each(|page| show::line(&page.as_text()));
            if let Some((waited, failed, rate)) = &worked {
                let (clerks, think) = (self.clerks, self.think_ms);
                show::line(&format!(
                    "{clerks} clerks, each reading {think} ms: {rate:.0} pages a second, {failed} not answered"
                ));
                waited.iter().for_each(|page| show::line(&page.as_text()));
            }
        }
        let waited = worked.iter().flat_map(|(waited, _, _)| waited);
        let is_answered = worked.as_ref().is_none_or(|(_, failed, _)| *failed == 0);
        let is_within = is_answered && measured.iter().chain(waited).all(|page| page.at(950) <= page.limit);
        Ok(if is_within { Exit::Done } else { Exit::Refused })
    }

    async fn measure(&self, root: &Path) -> Result<(Vec<Measured>, Duration, Option<Waited>)> {
        let (ru, kz) = (root.join("ru"), root.join("kz"));
        pair::make(&ru, &kz)?;
        let mut settings = Settings::read(&ru.join("node.toml"))?;
        if let Some(url) = &self.database {
            settings.database = Some(Server { urls: vec![url.clone()], password_file: None });
        }
        let ctx = local::context(&settings).await?;
        let begun = Instant::now();
        let past = self.fill(&ctx).await?;
        let filling = begun.elapsed();
        let mut progress = Progress::of("days counted", 366);
        let mut days = 0;
        while close_days(1, &ctx).await? {
            days += 1;
            progress.reach(days);
        }
        drop(progress);
        let measured = self.pages(&past, &ctx).await?;
        ctx.store.close().await;
        let worked = if self.clerks > 0 { Some(self.clerks(&settings, &past).await?) } else { None };
        Ok((measured, filling, worked))
    }

    /// Lets clerks work at once.
    async fn clerks(&self, settings: &Settings, past: &[(PastExchange, Person)]) -> Result<Waited> {
        let numbers = past.iter().filter_map(|(_, person)| person.identifiers.first());
        let plan = Plan {
            clerks: self.clerks,
            seconds: self.clerks_for,
            think_ms: self.think_ms,
            conversations: past.iter().map(|(it, _)| it.conversation_id.as_uuid().to_string()).collect(),
            numbers: numbers.map(|number| number.identifier.as_str().to_owned()).collect(),
        };
        let worked = work(settings, plan).await?;
        let pages: usize = worked.times.iter().map(|(_, times)| times.len()).sum();
        let rate = f64::from(u32::try_from(pages)?) / worked.elapsed.as_secs_f64();
        let waited = worked.times.into_iter().map(|(page, times)| Measured { page, limit: WAIT_MAX, times });
        Ok((waited.collect(), worked.failed, rate))
    }

    /// Stores the past; tells of some exchanges by which pages are asked for.
    async fn fill(&self, ctx: &Context) -> Result<Vec<(PastExchange, Person)>> {
        let count = i64::from(self.messages / MESSAGES_EACH);
        let now = ctx.clock.now();
        let between = SignedDuration::from_hours(365 * 24).as_millis() / i128::from(count);
        let between = i64::try_from(between)?;
        let mut progress = Progress::of("messages", u64::from(self.messages));
        let mut known = Vec::new();
        let mut some = Vec::new();
        let mut first = 1;
        for number in 0..count {
            let ago = SignedDuration::from_millis((count - number) * between);
            let at = now.checked_sub(ago)?;
            let (exchange, person) = past(number, at, ctx)?;
            if number % (count / KNOWN).max(1) == 0 {
                known.push((exchange.clone(), person));
            }
            some.push(exchange);
            if some.len() == EXCHANGES_AT_ONCE || number + 1 == count {
                let mut tx = ctx.store.begin().await?;
                bulk_put(&mut tx, first, &some).await?;
                tx.commit().await?;
                first += i64::try_from(some.len())? * 3;
                some.clear();
                progress.reach(u64::try_from(number)? * u64::from(MESSAGES_EACH));
            }
        }
        let mut tx = ctx.store.begin().await?;
        bulk_end(&mut tx).await?;
        tx.commit().await?;
        Ok(known)
    }

    async fn pages(&self, past: &[(PastExchange, Person)], ctx: &Context) -> Result<Vec<Measured>> {
        let permit = |command| permit(command, ctx.clock.now());
        let list = permit("message-list")?;
        let filter = MessageFilter::default;
        let mut measured = Vec::new();
        let mut cursor = None;
        measured.push(
            self.timed("messages, page by page", PAGE_MAX, past, async |_| {
                let page = messages(&list, &filter(), cursor.as_deref(), ROWS, ctx).await?;
                cursor = page.next;
                Ok(page.messages.len() == usize::try_from(ROWS)?)
            })
            .await?,
        );
        let of_peer = || MessageFilter { peer: Some("KZ".to_owned()), ..filter() };
        let returned = || MessageFilter { state: Some("returned".to_owned()), ..of_peer() };
        let rare =
            || MessageFilter { sort: Some(MessageSort::Fault), direction: Some(Direction::In), ..filter() };
        for (name, chosen) in [
            ("messages of a peer", of_peer()),
            ("messages returned to a peer", returned()),
            ("messages of a sort that is not there", rare()),
        ] {
            let page = self.timed(name, PAGE_MAX, past, async |_| {
                messages(&list, &chosen, None, ROWS, ctx).await?;
                Ok(true)
            });
            measured.push(page.await?);
        }
        measured.push(
            self.timed("messages by any of the four ids", PAGE_MAX, past, async |(it, _)| {
                let [question, answer] = &it.documents;
                let mut found = 0;
                for id in [
                    it.conversation_id.as_uuid().to_string(),
                    question.as_uuid().to_string(),
                    answer.as_uuid().to_string(),
                    it.procedure_id.to_string(),
                ] {
                    let wanted = MessageFilter { id: Some(id), ..filter() };
                    found += messages(&list, &wanted, None, ROWS, ctx).await?.messages.len();
                }
                Ok(found == 14)
            })
            .await?,
        );
        let view = permit("message-view")?;
        measured.push(
            self.timed("journey", PAGE_MAX, past, async |(it, _)| {
                let id = it.conversation_id.as_uuid().to_string();
                Ok(journey(&view, &id, Language::Ru, ctx).await?.is_some_and(|it| it.stages.len() == 8))
            })
            .await?,
        );
        let search = permit("message-find-person")?;
        measured.push(
            self.timed("search by number", SEARCH_MAX, past, async |(_, person)| {
                let number =
                    person.identifiers.first().context("find a number")?.identifier.as_str().to_owned();
                let query = PersonQuery::of_number(&number).context("read a number")?;
                Ok(find_person(&search, &query, ctx).await?.documents.len() == 2)
            })
            .await?,
        );
        measured.push(
            self.timed("search by name and birth", SEARCH_MAX, past, async |(_, person)| {
                let query = PersonQuery::Name { name: person.name.clone(), born: person.birth_date };
                Ok(find_person(&search, &query, ctx).await?.documents.len() == 2)
            })
            .await?,
        );
        let look = permit("dashboard-view")?;
        let month = Span::month_before(ctx.clock.now());
        let year = Span { from: month.to.saturating_sub(jiff::Span::new().days(365)), to: month.to };
        for (name, span) in [("figures of a month", month), ("figures of a year", year)] {
            let page = self.timed(name, PAGE_MAX, past, async |_| {
                Ok(!figures(&look, span, ctx).await?.volumes.is_empty())
            });
            measured.push(page.await?);
        }
        let peers = permit("peer-list")?;
        measured.push(
            self.timed("peers", PAGE_MAX, past, async |_| {
                Ok(!peers_view(&peers, ctx).await?.peers.is_empty())
            })
            .await?,
        );
        Ok(measured)
    }

    /// Asks for a page as often as is wanted, each time for another of the exchanges that are known.
    async fn timed(
        &self,
        page: &'static str,
        limit: Duration,
        past: &[(PastExchange, Person)],
        mut ask: impl AsyncFnMut(&(PastExchange, Person)) -> Result<bool>,
    ) -> Result<Measured> {
        let mut times = Vec::new();
        for of in past.iter().cycle().take(usize::try_from(self.times)?) {
            let begun = Instant::now();
            let is_as_wanted = ask(of).await?;
            times.push(begun.elapsed());
            anyhow::ensure!(is_as_wanted, "show {page}: what was stored is not found");
        }
        times.sort();
        Ok(Measured { page, limit, times })
    }
}

impl Measured {
    /// So many of a thousand took no longer.
    fn at(&self, of_thousand: usize) -> Duration {
        let place = (self.times.len() * of_thousand / 1_000).min(self.times.len().saturating_sub(1));
        self.times.get(place).copied().unwrap_or_default()
    }

    fn as_text(&self) -> String {
        let ms = |of| self.at(of).as_secs_f64() * 1_000.0;
        let kept = if self.at(950) <= self.limit { "kept" } else { "BROKEN" };
        let limit = self.limit.as_millis();
        format!(
            "{:<38} {:>7.1} ms, 95 of 100: {:>7.1} ms (at most {limit}) {kept}",
            self.page,
            ms(500),
            ms(950)
        )
    }

    fn as_json(&self) -> serde_json::Value {
        let micros = |of| u64::try_from(self.at(of).as_micros()).unwrap_or(u64::MAX);
        serde_json::json!({
            "page": self.page, "p50_us": micros(500), "p95_us": micros(950), "limit_ms": self.limit.as_millis(),
        })
    }
}

/// The leave of somebody who may all that is measured.
fn permit(command: &str, at: Timestamp) -> Result<Permit> {
    let commands = Commands::built_in();
    let asked = commands.find(command)?;
    let role = asked.roles.iter().copied().find(|role| *role == Role::Auditor).context("find a role")?;
    let actor = Actor {
        login: "bench".to_owned(),
        role,
        functions: [asked.function.to_owned()].into(),
        is_complete: true,
        via: Via::CommandLine,
    };
    let purpose = Purpose { code: "case".to_owned(), case: "bench".to_owned() };
    Ok(decide(commands, &actor, Ask { command, object: "", purpose: Some(&purpose), at })?)
}

/// One exchange, about a person of its own.
fn past(number: i64, at: Timestamp, ctx: &Context) -> Result<(PastExchange, Person)> {
    let inquiry: Inquiry = super::load::inquiry(u32::try_from(number)?)?;
    let mut person = inquiry.person;
    let serial = number % 1_000_000;
    // ten digits, of which any are a number of the form
    let snils =
        serde_json::json!([{ "kind": "snils", "value": format!("{:011}", 10_000_000_000 + serial * 7_919) }]);
    person.identifiers = serde_json::from_value(snils)?;
    let random = OsRandom::default();
    let action = |code: &str| format!("int://CP/P.XP.01/1.0.0/P.XP.01.PRC.001/P.XP.01.TRN.001/{code}");
    let exchange = PastExchange {
        peer: "KZ".to_owned(),
        conversation_id: ConversationId::from_uuid(random.id(at)),
        procedure_id: ProcedureId::start(random.id(at)),
        documents: [0; 2].map(|_| DocumentId::from_uuid(random.id(at))),
        messages: [0; 6].map(|_| MessageId::from_uuid(random.id(at))),
        began_at: at,
        took_ms: 400 + number % 97 * 61,
        body: vec![b'x'; BODY_BYTES],
        subjects: person_digests(&person, &ctx.entry)?,
        code: (number % RETURNED_EACH == 0).then(|| "rules.content".to_owned()),
        actions: [
            action("P.XP.01.MSG.001"),
            action("P.XP.01.MSG.002"),
            action("P.MSG.RCV"),
            action("P.MSG.PRS"),
        ],
    };
    Ok((exchange, person))
}

const MESSAGES_EACH: u32 = 6;
const RETURNED_EACH: i64 = 50;
/// So many exchanges are asked for by their ids.
const KNOWN: i64 = 500;
const ROWS: u32 = 50;
/// A signal has about as many; a document more, of which no page reads a byte.
const BODY_BYTES: usize = 600;
const EXCHANGES_AT_ONCE: usize = 1_000;
const PAGE_MAX: Duration = Duration::from_millis(50);
const SEARCH_MAX: Duration = Duration::from_millis(100);
/// What a clerk waits among many: he does not lose his thread within a second.
const WAIT_MAX: Duration = Duration::from_secs(1);
