//! The public research release of «Работа в России» (data set 186): who applied for what, and who was invited.
//!
//! Its tables are CSV with semicolons. The columns are known from public loaders only, so a table is read by the names of its
//! columns; others are let be.

use crate::exchange::canonical::job::{
    CandidateProfile, ExperienceBand, Occupation, Pay, PayInterval, Place, ProfileRef, Vacancy, VacancyRef,
    VacancyStatus, Wishes, Worked,
};
use crate::exchange::canonical::{Currency, State, YearMonth};
use crate::labour::matching::Tables;
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use std::collections::HashMap;
use std::io::Read;
use uuid::Uuid;

/// What the release holds of use.
#[derive(Default)]
pub struct Responses {
    /// All vacancies that could be read; their ids are those of the release.
    pub vacancies: Vec<Vacancy>,
    places: HashMap<String, usize>,
    people: HashMap<String, (CandidateProfile, String)>,
    grades: HashMap<String, HashMap<usize, u8>>,
    /// Rows that could not be used, by table.
    pub set_aside: HashMap<&'static str, u64>,
}

/// One person who applied or was invited.
pub struct Applied {
    /// What the release says of him, without a name.
    pub profile: CandidateProfile,
    /// His post and skills in his own words.
    pub words: String,
    /// By the place of a vacancy: 2 where he applied, 3 where he was invited.
    pub grades: HashMap<usize, u8>,
}

/// Which of the two tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Response {
    /// `responses`.
    Applied,
    /// `invitations`.
    Invited,
}

/// Why a table is not read.
#[derive(Debug, thiserror::Error)]
pub enum ResponseFault {
    /// It lacks a column.
    #[error("find the column {column} in the table {table}; the release has other columns than are known")]
    Column {
        /// Which table.
        table: &'static str,
        /// Which column.
        column: &'static str,
    },
    /// It is not CSV.
    #[error("read the table {table}")]
    Csv {
        /// Which table.
        table: &'static str,
        /// Why not.
        source: csv::Error,
    },
}

/// A table read row by row.
struct Table<R: Read> {
    name: &'static str,
    reader: csv::Reader<R>,
    places: HashMap<String, usize>,
}

impl<R: Read> Table<R> {
    fn open(name: &'static str, input: R, needed: &[&'static str]) -> Result<Self, ResponseFault> {
        let mut reader = csv::ReaderBuilder::new().delimiter(b';').flexible(true).from_reader(input);
        let headers = reader.headers().map_err(|source| ResponseFault::Csv { table: name, source })?;
        let plain = |header: &str| header.trim_start_matches('\u{feff}').trim().to_owned();
        let places: HashMap<String, usize> =
            headers.iter().enumerate().map(|(at, header)| (plain(header), at)).collect();
        match needed.iter().find(|column| !places.contains_key(**column)) {
            Some(column) => Err(ResponseFault::Column { table: name, column }),
            None => Ok(Self { name, reader, places }),
        }
    }

    /// The values of some columns of each row; those that are not there are empty.
    fn rows(
        &mut self,
        columns: &[&'static str],
        mut see: impl FnMut(Vec<&str>),
    ) -> Result<(), ResponseFault> {
        let mut row = csv::StringRecord::new();
        let fault = |source| ResponseFault::Csv { table: self.name, source };
        while self.reader.read_record(&mut row).map_err(fault)? {
            let of = |column: &&'static str| {
                self.places.get(*column).and_then(|at| row.get(*at)).unwrap_or("").trim()
            };
            see(columns.iter().map(of).collect());
        }
        Ok(())
    }
}

impl Responses {
    /// Reads the table of vacancies.
    ///
    /// # Errors
    /// No CSV, or a column that is lacking. A row that cannot be used is counted.
    pub fn read_vacancies(&mut self, input: impl Read) -> Result<(), ResponseFault> {
        let mut table = Table::open("vacancies", input, &["identifier", "title"])?;
        let columns = [
            "identifier",
            "title",
            "requirements_qualifications",
            "responsibilities",
            "region",
            "date_last_updated",
        ];
        table.rows(&columns, |row| {
            let [id, title, demands, duties, region, updated] = row.as_slice() else { return };
            match vacancy([id, title, demands, duties, region, updated]) {
                Some(vacancy) if !self.places.contains_key(*id) => {
                    self.places.insert((*id).to_owned(), self.vacancies.len());
                    self.vacancies.push(vacancy);
                }
                Some(_) | None => *self.set_aside.entry("vacancies").or_default() += 1,
            }
        })
    }

    /// Reads the table of résumés; occupations are understood from the post that a person wishes.
    ///
    /// # Errors
    /// No CSV, or a column that is lacking. A row that cannot be used is counted.
    pub fn read_people(&mut self, input: impl Read, tables: &dyn Tables) -> Result<(), ResponseFault> {
        let mut table = Table::open("curricula_vitae", input, &["id_cv", "position_name"])?;
        let columns = ["id_cv", "position_name", "skills", "salary", "experience", "region_code"];
        table.rows(&columns, |row| {
            let [id, position, skills, pay, experience, region] = row.as_slice() else { return };
            let number = u128::try_from(self.people.len()).unwrap_or_default();
            match profile(number, [position, pay, experience, region], tables) {
                Some(profile) if !id.is_empty() => {
                    let words = format!("{position} {}", without_marks(skills));
                    self.people.insert((*id).to_owned(), (profile, words));
                }
                Some(_) | None => *self.set_aside.entry("curricula_vitae").or_default() += 1,
            }
        })
    }

    /// Reads who applied, or who was invited. A pair of which one side is not known is counted as set aside.
    ///
    /// # Errors
    /// No CSV, or a column that is lacking.
    pub fn read_pairs(&mut self, input: impl Read, which: Response) -> Result<(), ResponseFault> {
        let (name, grade) = match which {
            Response::Applied => ("responses", 2),
            Response::Invited => ("invitations", 3),
        };
        let mut table = Table::open(name, input, &["id_cv", "id_vacancy"])?;
        table.rows(&["id_cv", "id_vacancy"], |row| {
            let [cv, vacancy] = row.as_slice() else { return };
            match self.places.get(*vacancy).filter(|_| self.people.contains_key(*cv)) {
                Some(place) => {
                    let kept = self.grades.entry((*cv).to_owned()).or_default().entry(*place).or_default();
                    *kept = grade.max(*kept);
                }
                None => *self.set_aside.entry(name).or_default() += 1,
            }
        })
    }

    /// Those of whom a pair is known, in the order of their ids.
    pub fn applied(&self) -> Vec<Applied> {
        let mut ids: Vec<&String> = self.grades.keys().collect();
        ids.sort();
        ids.into_iter()
            .filter_map(|id| {
                let (profile, words) = self.people.get(id)?.clone();
                Some(Applied { profile, words, grades: self.grades.get(id)?.clone() })
            })
            .collect()
    }
}

fn vacancy([id, title, demands, duties, region, updated]: [&str; 6]) -> Option<Vacancy> {
    let text = format!("{} {}", without_marks(duties), without_marks(demands));
    let text: String = text.chars().take(TEXT_LETTERS_MAX).collect();
    let day = updated.get(..10).and_then(|day| day.parse::<Date>().ok());
    Some(Vacancy {
        reference: VacancyRef { state: State::Ru, source: "X-RCSI-186".parse().ok()?, id: id.parse().ok()? },
        status: VacancyStatus::Open,
        title: without_marks(title).parse().ok()?,
        language: "ru".parse().ok(),
        description: text.parse().ok(),
        occupations: Vec::new(),
        employer: None,
        is_of_agency: false,
        places: vec![place(region)],
        remote: None,
        pay: None,
        offering: None,
        schedule: None,
        skills: Vec::new(),
        languages: Vec::new(),
        licences: Vec::new(),
        certificates: Vec::new(),
        schooling: None,
        experience_months: None,
        posts: 1,
        quotas: Vec::new(),
        benefits: Vec::new(),
        industries: Vec::new(),
        posted_on: day.unwrap_or(Date::constant(2020, 1, 1)),
        changed_at: Timestamp::UNIX_EPOCH,
        closes_on: None,
        page: None,
        contacts: Vec::new(),
    })
}

fn profile(
    number: u128,
    [position, pay, experience, region]: [&str; 4],
    tables: &dyn Tables,
) -> Option<CandidateProfile> {
    if position.is_empty() {
        return None;
    }
    let years: Option<u16> = experience.split(['.', ',']).next().and_then(|years| years.parse().ok());
    let band = years.map(|years| ExperienceBand::of_months(years.saturating_mul(12)));
    let mut work = Vec::new();
    for guess in tables.guesses(position, "ru".parse().ok()) {
        let occupation = Occupation {
            scheme: "isco-08".parse().ok()?,
            edition: "2008".parse().ok()?,
            code: guess.group.as_code().parse().ok()?,
            isco: Some(guess.group),
            relation: None,
        };
        work.push(Worked { occupation, experience: band });
    }
    let rouble: Currency = "RUB".parse().ok()?;
    let least = pay.replace(',', ".").parse::<Decimal>().ok();
    Some(CandidateProfile {
        reference: ProfileRef(Uuid::from_u128(number)),
        state: State::Ru,
        work,
        skills: Vec::new(),
        schooling: None,
        languages: vec![],
        licences: Vec::new(),
        certificates: Vec::new(),
        home: Some(place(region)),
        wishes: Wishes {
            would_move: true, // the release does not say; nothing is left out for it
            pay: Pay::new((least, None), rouble, PayInterval::Month, None).ok(),
            ..Wishes::default()
        },
        changed: YearMonth::new(2020, 1).ok()?,
    })
}

/// A region by the first two digits of its code (KLADR); a name of a region is none.
fn place(region: &str) -> Place {
    let head = region.get(..2).filter(|head| head.bytes().all(|byte| byte.is_ascii_digit()));
    Place { country: State::Ru.into(), region: head.and_then(|head| head.parse().ok()), name: None }
}

/// The text without mark-up.
fn without_marks(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut is_inside = false;
    for letter in text.chars() {
        match letter {
            '<' => is_inside = true,
            '>' => {
                is_inside = false;
                plain.push(' ');
            }
            _ if !is_inside => plain.push(letter),
            _ => {}
        }
    }
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

const TEXT_LETTERS_MAX: usize = 4_000;
