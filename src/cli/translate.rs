//! `stazh translate`: from a state's local forms to the canonical record and the interstate document, and back.

use super::progress::Progress;
use super::{Exit, Misused, local, show};
use crate::base::{Clock, DocumentId, Limits, OsRandom, Random, SystemClock};
use crate::exchange::adapter::{Found, Lineage, ProfileBook, ReadFrom, Sink, Source};
use crate::exchange::canonical::{Inquiry, InsuranceRecord, State};
use crate::exchange::document::codec::{Header, HeaderText, Origin, encode_record, origins};
use crate::exchange::rules::{Carries, Catalogue};
use anyhow::{Context, Result};
use comfy_table::presets;
use std::path::PathBuf;
use std::sync::Arc;

/// Translate local records, without sending anything.
///
/// What a folder of local files says, with every finding:
///
///   stazh translate fixtures/local/kz --state KZ
///
/// The record that would answer an inquiry, as canonical JSON or as the
/// interstate document:
///
///   stazh translate fixtures/local/kz --state KZ --to xml \
///     --inquiry fixtures/inquiries/ru-kz-by-number.json
///
/// Where each element of that document comes from:
///
///   stazh translate fixtures/local/kz --state KZ --trace \
///     --inquiry fixtures/inquiries/ru-kz-by-number.json
///
/// A canonical record in a state's local form:
///
///   stazh translate record.json --state RU --to local --out folder
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Translate {
    /// A folder of local files; with --to local, a canonical record as JSON.
    input: PathBuf,
    /// Whose forms they are: AM, BY, KG, KZ or RU.
    #[arg(long)]
    state: String,
    /// A folder of profiles of one's own; one replaces the built-in of its name.
    #[arg(long, value_name = "FOLDER")]
    profiles: Option<PathBuf>,
    /// The inquiry to answer, as JSON.
    #[arg(long)]
    inquiry: Option<PathBuf>,
    /// What to translate to.
    #[arg(long, value_enum, default_value_t = Target::Json)]
    to: Target,
    /// In place of the document, where each element of it comes from: which value of
    /// the record, and which field of which local file by which profile. Shows no value.
    #[arg(long, requires = "inquiry")]
    trace: bool,
    /// With --to local, the folder to write into.
    #[arg(long)]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Target {
    /// The canonical record.
    Json,
    /// The interstate document.
    Xml,
    /// The local form of --state.
    Local,
}

impl Translate {
    pub(super) fn run(self) -> Result<Exit> {
        let state: State =
            self.state.parse().map_err(|finding| Misused(format!("read --state: {finding}")))?;
        if self.to == Target::Local {
            return self.write_local(state);
        }
        let source = self.open(state)?;
        let findings = source.findings();
        let errors = findings.iter().filter(|finding| finding.is_error()).count();
        for finding in &findings {
            show::aside(&finding.to_string());
        }
        let Some(inquiry) = &self.inquiry else {
            if self.to == Target::Xml {
                return Err(Misused("write the document: name the inquiry with --inquiry".to_owned()).into());
            }
            let warnings = findings.len() - errors;
            show::line(&format!("{} persons, {errors} rows refused, {warnings} warnings", source.count()));
            return Ok(if errors == 0 { Exit::Done } else { Exit::Refused });
        };
        let inquiry: Inquiry = local::read_json(inquiry, "inquiry")?;
        let as_of = SystemClock.now().to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
        match source.find(&inquiry, as_of)? {
            Found::Record(record, _) if self.trace => trace(&record, &source.lineage(&record)?),
            Found::Record(record, _) => self.print(&record),
            Found::Nobody => {
                show::aside("nobody in these files is the person of the inquiry");
                Ok(Exit::Refused)
            }
            Found::Unsure(reasons) => {
                show::aside("it is not certain who is meant; see stazh match. Somebody resembles him:");
                reasons.iter().for_each(|reason| show::aside(&format!("  {reason}")));
                Ok(Exit::Refused)
            }
            Found::Several => {
                show::aside("more than one person may be meant; add an identifier to the inquiry");
                Ok(Exit::Refused)
            }
        }
    }

    /// Reads the folder; how far it has come is shown where it takes long.
    fn open(&self, state: State) -> Result<Source> {
        let mut progress: Option<Progress> = None;
        let mut told = |done: u64, total: u64| {
            if total >= LONG_BYTES {
                progress
                    .get_or_insert_with(|| Progress::of("megabytes", total / MEGABYTE))
                    .reach(done / MEGABYTE);
            }
        };
        Ok(Source::open_telling(self.book(state), &self.input, Limits::default(), &mut told)?)
    }

    fn book(&self, state: State) -> Arc<ProfileBook> {
        Arc::new(ProfileBook::new(state, self.profiles.clone()))
    }

    fn print(&self, record: &InsuranceRecord) -> Result<Exit> {
        if self.to == Target::Json {
            show::json(&serde_json::to_value(record).context("write the record")?);
            return Ok(Exit::Done);
        }
        let document = encode_record(record, &header()?)?;
        show::line(&String::from_utf8(document).context("write the document")?);
        Ok(Exit::Done)
    }

    fn write_local(&self, state: State) -> Result<Exit> {
        let Some(out) = &self.out else {
            return Err(Misused("write the local form: name a folder with --out".to_owned()).into());
        };
        let record: InsuranceRecord = local::read_json(&self.input, "record")?;
        std::fs::create_dir_all(out).with_context(|| format!("make {}", out.display()))?;
        let id = DocumentId::from_uuid(OsRandom::default().uuid());
        Sink::open(self.book(state), out)?.hand_over(id, &record)?;
        show::line(&format!("written to {} as {id}", out.display()));
        Ok(Exit::Done)
    }
}

/// The header that an answer would have.
fn header() -> Result<Header> {
    let catalogue = Catalogue::built_in()?;
    let (process, transaction) = catalogue.beginning_with(Carries::Inquiry)?;
    let message = process.response(transaction, Carries::InsuranceRecord)?;
    Ok(Header {
        message: message.code.clone(),
        structure: message.structure.clone(),
        document_id: DocumentId::from_uuid(OsRandom::default().uuid()),
        // Stands for the inquiry's own id: nothing is sent, and a lawful answer names what it answers.
        answers: Some(DocumentId::from_uuid(OsRandom::default().uuid())),
        made_at: HeaderText::of(SystemClock.now()),
    })
}

/// Prints where each element of the document comes from.
fn trace(record: &InsuranceRecord, lineage: &Lineage) -> Result<Exit> {
    let mut table = show::table(presets::UTF8_FULL_CONDENSED);
    table.set_header(["element", "record", "local", "how"]);
    for Origin { element, places } in origins(record, &header()?)? {
        let from: Vec<&ReadFrom> = places.iter().filter_map(|place| lineage.get(place)).flatten().collect();
        let told = from.iter().take(FIELDS_MAX);
        let mut local: Vec<String> = told.map(|one| format!("{} {}", one.place, one.local)).collect();
        if from.len() > FIELDS_MAX {
            local.push(format!("and {} more", from.len() - FIELDS_MAX));
        }
        let mut how: Vec<String> = from.iter().map(|one| format!("{} ({})", one.how, one.profile)).collect();
        how.dedup();
        if from.is_empty() {
            how.push(made(&places).to_owned());
        }
        table.add_row([element, places.join("\n"), local.join("\n"), how.join("\n")]);
    }
    show::line(&table.to_string());
    Ok(Exit::Done)
}

/// What makes a value that no field of a local file holds.
fn made(places: &[String]) -> &'static str {
    match places.first().map(String::as_str) {
        None => "by the message",
        Some("state") => "the state whose records they are",
        Some("as_of") => "the day on which the record is drawn up",
        Some(place) if place.ends_with(".supersedes") => "the row that this one corrects",
        Some(place) if place.ends_with(".cancelled_on") => "the row that cancels it",
        Some(_) => "drawn from the events of the person",
    }
}

/// Shorter files are read before a bar is.
const LONG_BYTES: u64 = 64 * MEGABYTE;
const MEGABYTE: u64 = 1_000_000;
/// How many fields that say the same are shown.
const FIELDS_MAX: usize = 3;
