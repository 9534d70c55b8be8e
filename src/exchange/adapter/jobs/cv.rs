//! A curriculum vitae of the open set of trudvsem. The set names nobody, so that no candidate comes of it but his coded
//! profile and the times he worked. Day of birth, age, sex and citizenship stand in the set and are not read.

use super::clean::{Cleaner, Texts, ToldPay, day, instant, pay};
use super::fields::{Fields, Notes};
use super::vacancy::{Taken, licences, skills};
use crate::base::Finding;
use crate::exchange::canonical::job::{
    CandidateProfile, ExperienceBand, LanguageLevel, PastWork, PayInterval, Place, ProfileRef, Schooling,
    Wishes, Worked,
};
use crate::exchange::canonical::{Coded, Country, Interval, State, YearMonth};
use serde_json::Value;
use uuid::Uuid;

/// What the set tells of somebody: as much of a candidate as it has fields for.
#[derive(Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamelessCandidate {
    /// The coded profile, by the id of the set.
    pub profile: CandidateProfile,
    /// Where the person worked; it tells who that is, and never leaves the node.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<PastWork>,
}

impl std::fmt::Debug for NamelessCandidate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NamelessCandidate({}, …)", self.profile.reference)
    }
}

impl Cleaner {
    /// Reads an entry of the set that stands at a place, such as `cv.csv:12`.
    ///
    /// # Errors
    /// Why it is set aside: it has no id of the form of the set, or no day.
    pub fn trudvsem_cv(&self, entry: &Value, place: &str) -> Result<Taken<NamelessCandidate>, Finding> {
        let fields = Fields::within(entry);
        let mut notes = Notes::at(place);
        let id = fields.text(&["id", "idcv"]).unwrap_or_default();
        let refuse = |notes: &Notes, field: &str, value: &str, message: &str| {
            notes.error("adapter.job_unreadable", field, "id and day of a curriculum vitae", value, message)
        };
        let reference = Uuid::parse_str(&id)
            .map_err(|_cause| refuse(&notes, "id", &id, "the id is not that of an entry"))?;
        let changed = fields.text(&["datemodify", "publisheddate", "datecreate"]).unwrap_or_default();
        let month = instant(&changed).map(|at| at.to_zoned_datetime(jiff::tz::TimeZone::UTC).date());
        let month = month.and_then(|day| YearMonth::new(day.year(), day.month()).ok());
        let month = month
            .ok_or_else(|| refuse(&notes, "dateModify", &changed, "it does not say when it was changed"))?;
        let hidden = fields.inner(&["innerinfo"]);
        let is_gone = hidden.is_true(&["deleted"]) || fields.is_true(&["deleted", "inactive"]);
        let visibility = hidden.text(&["visibility"]).or_else(|| fields.text(&["visibility"]));
        if is_gone || visibility.is_some_and(|word| self.words.portal.visibility(&word).is_none()) {
            let message = "the person took it back or shows it to some only, so it is not read";
            return Err(notes.error("adapter.job_hidden", "innerInfo", "visible to all", "", message));
        }
        let mut texts = Texts { cleaner: self, persons: Vec::new(), contacts: Vec::new() };
        let profile = CandidateProfile {
            reference: ProfileRef(reference),
            state: State::Ru,
            work: self.worked(&fields, &mut notes),
            skills: skills(&fields, &mut texts, &mut notes),
            schooling: self.highest(&fields, &mut notes),
            languages: self.known(&fields, &mut notes),
            licences: licences(&fields, &mut notes),
            certificates: Vec::new(),
            home: region(fields.text(&["stateregioncode", "regioncode"]).as_deref()),
            wishes: self.wishes(&fields, &mut notes),
            changed: month,
        };
        let history = fields.objects(&["workexperiencelist"]);
        let history = history.iter().filter_map(|told| past(told, &mut texts, &mut notes)).collect();
        Ok(Taken { record: NamelessCandidate { profile, history }, findings: notes.findings })
    }

    /// The professions that are wished for; the years of work belong to all of them alike, as the set tells one number.
    fn worked(&self, fields: &Fields<'_>, notes: &mut Notes) -> Vec<Worked> {
        let years = fields.text(&["experience"]);
        let months = years
            .as_deref()
            .and_then(|years| years.parse::<u16>().ok())
            .map(|years| years.saturating_mul(12));
        if let (Some(text), None) = (&years, months) {
            notes.unknown("experience", text);
        }
        let mut all: Vec<Worked> = Vec::new();
        for told in fields.objects(&["professionlist"]) {
            let Some(code) = told.text(&["codeprofession"]) else { continue };
            let Some(occupation) = self.occupation(&code, notes) else { continue };
            let worked = Worked { occupation, experience: months.map(ExperienceBand::of_months) };
            if !all.contains(&worked) {
                all.push(worked);
            }
        }
        all
    }

    fn highest(&self, fields: &Fields<'_>, notes: &mut Notes) -> Option<Schooling> {
        let mut highest = None;
        for told in fields.objects(&["educationlist"]) {
            let Some(word) = told.text(&["level", "type"]) else { continue };
            match self.words.portal.education(&word) {
                Some(level) => highest = highest.max(level),
                None => notes.unknown("educationList/level", &word),
            }
        }
        highest
    }

    fn known(
        &self,
        fields: &Fields<'_>,
        notes: &mut Notes,
    ) -> Vec<crate::exchange::canonical::job::LanguageSkill> {
        let mut all = self.languages(fields, notes);
        for told in
            fields.objects(&["languageknowledge"]).iter().filter(|told| told.is_true(&["ispreferred"]))
        {
            let language = told.text(&["codelanguage"]).and_then(|name| self.words.language(&name));
            all.iter_mut()
                .filter(|own| Some(own.language) == language)
                .for_each(|own| own.level = Some(LanguageLevel::Native));
        }
        all
    }

    fn wishes(&self, fields: &Fields<'_>, notes: &mut Notes) -> Wishes {
        let (offering, schedule, remote) = self.work(fields, notes);
        let salary = fields.text(&["salary"]);
        let told = ToldPay {
            min: salary.as_deref(),
            max: None,
            currency: Some("RUB"),
            interval: PayInterval::Month,
            tax: None,
        };
        let pay = pay(&told, &self.words, notes);
        let regions = fields.objects(&["desirablerelocationregions"]);
        Wishes {
            states: vec![State::Ru],
            places: regions.iter().filter_map(|told| region(told.text(&["regioncode"]).as_deref())).collect(),
            would_move: fields.is_true(&["relocation"]),
            remote,
            offerings: offering.into_iter().collect(),
            schedules: schedule.into_iter().collect(),
            pay,
            from: None,
        }
    }
}

fn past(told: &Fields<'_>, texts: &mut Texts<'_>, notes: &mut Notes) -> Option<PastWork> {
    let from = told.text(&["datefrom"]).unwrap_or_default();
    let begin = day(&from);
    if begin.is_none() {
        let message = "it does not say when the work began; the work is left out";
        notes.warn("adapter.job_date", "workExperienceList", "YYYY-MM-DD", &from, message);
    }
    let to = told.text(&["dateto"]).as_deref().and_then(day);
    let interval = notes.kept("workExperienceList", Interval::new(begin?, to))?;
    let employer = told.text(&["companyname"]).and_then(|name| texts.title("companyName", &name, notes));
    let position = told.text(&["jobtitle"]).and_then(|name| texts.title("jobTitle", &name, notes));
    Some(PastWork { interval, employer, position, occupation: None })
}

fn region(code: Option<&str>) -> Option<Place> {
    let code = code.filter(|code| code.len() >= 2 && code.bytes().all(|byte| byte.is_ascii_digit()));
    let region: Coded = code?.get(..2)?.parse().ok()?;
    Some(Place { country: Country::from(State::Ru), region: Some(region), name: None })
}
