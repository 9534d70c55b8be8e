//! A vacancy of trudvsem, by the API or by a bulk set of either generation, as the vacancy that all states mean.

use super::clean::{Cleaner, Texts, ToldPay, day, employer, instant, licence, pay, settlement};
use super::contacts;
use super::fields::{Fields, Notes};
use crate::base::{Finding, Findings};
use crate::exchange::canonical::job::{
    Contact, ContactChannel, LanguageSkill, Occupation, Offering, PayInterval, Place, Remote, Schedule,
    Schooling, Skill, Vacancy, VacancyRef, VacancyStatus,
};
use crate::exchange::canonical::{Coded, Country, Employer, State};
use serde_json::Value;

/// What an entry is read as: the vacancy, and what was left out of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken<T> {
    /// What was read.
    pub record: T,
    /// What is left out, none of which refuses it.
    pub findings: Findings,
}

impl Cleaner {
    /// Reads an entry of trudvsem that stands at a place, such as `vacancies.json:12`.
    ///
    /// # Errors
    /// Why it is set aside: it has no id, no title or no day, nobody may see it, or it is too old to be true.
    pub fn trudvsem(&self, entry: &Value, place: &str) -> Result<Taken<Vacancy>, Finding> {
        let outer = Fields::within(entry);
        let inner = outer.inner(&["vacancy"]);
        let fields = if inner.value(&["id"]).is_some() { inner } else { outer };
        let mut notes = Notes::at(place);
        let record = self.vacancy(&fields, &mut notes)?;
        Ok(Taken { record, findings: notes.findings })
    }

    fn vacancy(&self, fields: &Fields<'_>, notes: &mut Notes) -> Result<Vacancy, Finding> {
        let id = fields.text(&["id", "identifier"]).unwrap_or_default();
        let source = SOURCE.parse()?;
        let id = id
            .parse()
            .map_err(|_cause| refuse(notes, "id", &id, "the entry has no id; correct it in the source"))?;
        let (posted_on, changed_at) = self.times(fields, notes)?;
        if fields.text(&["visibility"]).is_some_and(|word| self.words.portal.visibility(&word).is_none()) {
            let message = "the source shows it to some only, so it is not published";
            return Err(notes.error("adapter.job_hidden", "visibility", "visible to all", "", message));
        }
        let persons = fields.texts(&["contactperson"]).iter().map(|name| name.clone().into_owned()).collect();
        let mut texts = Texts { cleaner: self, persons, contacts: Vec::new() };
        self.contacts_of(fields, &mut texts.contacts);
        let name = fields.text(&["jobname", "vacancyname", "title"]).unwrap_or_default();
        let title = texts.title("job-name", &name, notes);
        let title = title.ok_or_else(|| refuse(notes, "job-name", &name, "the entry has no title"))?;
        let (offering, schedule, remote) = self.work(fields, notes);
        let vacancy = Vacancy {
            reference: VacancyRef { state: State::Ru, source, id },
            status: self.status(fields, notes),
            title,
            language: "ru".parse().ok(),
            description: texts.description("duty", &told(fields), notes),
            occupations: self.occupations(fields, notes),
            employer: self.employer_of(fields, &mut texts, notes),
            is_of_agency: fields.inner(&["company"]).is_true(&["hragency"]),
            places: self.places(fields, notes),
            remote,
            pay: self.pay_of(fields, notes),
            offering,
            schedule,
            skills: skills(fields, &mut texts, notes),
            languages: self.languages(fields, notes),
            licences: licences(fields, notes),
            certificates: Vec::new(),
            schooling: self.schooling(fields, notes),
            experience_months: self.experience(fields, notes),
            posts: posts(fields, notes),
            quotas: self.quotas(fields, notes),
            benefits: benefits(fields),
            industries: Vec::new(),
            posted_on,
            changed_at,
            closes_on: closes_on(fields, notes),
            page: fields.text(&["vacurl", "vacancyurl"]).filter(|page| is_page(page)).map(Into::into),
            contacts: texts.contacts,
        };
        Ok(vacancy)
    }

    /// When it was posted and changed last. What says neither, or nothing for longer than the portal may serve it, is set
    /// aside.
    fn times(
        &self,
        fields: &Fields<'_>,
        notes: &mut Notes,
    ) -> Result<(jiff::civil::Date, jiff::Timestamp), Finding> {
        let posted = fields.text(&["creationdate", "datecreate", "datepublished", "publisheddate"]);
        let changed = fields.text(&["datemodify", "changetime", "datelastupdated"]);
        let changed = changed.as_deref().or(posted.as_deref()).unwrap_or_default();
        let message = "it says neither when it was posted nor when it was changed";
        let changed_at = instant(changed).ok_or_else(|| refuse(notes, "date_modify", changed, message))?;
        let changed_on = changed_at.to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
        let posted_on = posted.as_deref().and_then(day).unwrap_or(changed_on);
        let days = i64::from(self.words.portal.fresh_days);
        let oldest = self.today.saturating_sub(jiff::ToSpan::days(days));
        if changed_on < oldest {
            let message = "nothing was changed in it for so long that it is not believed; ask the source whether it is open";
            return Err(notes.error(
                "adapter.job_stale",
                "date_modify",
                &format!("changed within {days} days"),
                changed,
                message,
            ));
        }
        Ok((posted_on.min(changed_on), changed_at))
    }

    /// Open unless something says otherwise; a word that nobody knows closes it, so that nobody applies in vain.
    fn status(&self, fields: &Fields<'_>, notes: &mut Notes) -> VacancyStatus {
        let is_over =
            ["deleted", "archived", "isinvalid", "isclosed"].iter().any(|flag| fields.is_true(&[flag]));
        let expires = fields.text(&["expirationdate"]).as_deref().and_then(day);
        if is_over || expires.is_some_and(|last| last < self.today) {
            return VacancyStatus::Closed;
        }
        let words = ["status", "state"].iter().filter_map(|name| fields.text(&[name]));
        let mut status = VacancyStatus::Open;
        for word in words {
            match self.words.portal.status(&word) {
                Some(VacancyStatus::Open) => {}
                Some(VacancyStatus::Closed) => status = VacancyStatus::Closed,
                None => {
                    notes.unknown("status", &word);
                    status = VacancyStatus::Closed;
                }
            }
        }
        status
    }

    /// Schedule and contract, of which each of two fields may tell either; what stands in the field of the schedule counts
    /// more.
    pub(super) fn work(
        &self,
        fields: &Fields<'_>,
        notes: &mut Notes,
    ) -> (Option<Offering>, Option<Schedule>, Option<Remote>) {
        let (mut offering, mut schedule, mut remote) = (None, None, None);
        for names in [&["schedule", "scheduletype"][..], &["employment", "busytype"]] {
            for word in fields.texts(names) {
                let Some(work) = self.words.portal.work(&word) else {
                    notes.unknown(names.first().unwrap_or(&""), &word);
                    continue;
                };
                offering = offering.or(work.offering);
                schedule = schedule.or(work.schedule);
                remote = remote.or(work.remote);
            }
        }
        (offering, schedule, remote)
    }

    fn occupations(&self, fields: &Fields<'_>, notes: &mut Notes) -> Vec<Occupation> {
        fields.texts(&["codeprofession"]).iter().filter_map(|code| self.occupation(code, notes)).collect()
    }

    /// A code of the list of the portal, as it stands there; what it means abroad is told by crosswalks, not here.
    pub(super) fn occupation(&self, code: &str, notes: &mut Notes) -> Option<Occupation> {
        if !is_sound(code) {
            let message = "its control digit does not fit; the code is kept as the source has it";
            notes.warn(
                "adapter.job_control_digit",
                "code_profession",
                "OK 016-94: weights 1 to 5, mod 11",
                code,
                message,
            );
        }
        let code = notes.kept("code_profession", code.parse())?;
        let portal = &self.words.portal;
        Some(Occupation {
            scheme: portal.scheme.clone(),
            edition: portal.edition.clone(),
            code,
            isco: None,
            relation: None,
        })
    }

    fn employer_of(&self, fields: &Fields<'_>, texts: &mut Texts<'_>, notes: &mut Notes) -> Option<Employer> {
        let company = fields.inner(&["company"]);
        let name = fields.text(&["company"]).or_else(|| fields.text(&["fullcompanyname", "companyname"]));
        // an employer who is a person is named as one: his name stays, since he employs
        let name = name.and_then(|name| texts.title("company", &name, notes));
        let inn = company.text(&["inn"]).or_else(|| fields.text(&["companyinn"]));
        let ogrn = company.text(&["ogrn"]);
        let number = inn.as_deref().map(|inn| ("inn", inn)).or(ogrn.as_deref().map(|ogrn| ("ogrn", ogrn)));
        employer(State::Ru, name, number, notes)
    }

    /// Where the work is done; the region of the source is where the employer is registered, and is not asked.
    fn places(&self, fields: &Fields<'_>, notes: &mut Notes) -> Vec<Place> {
        let addresses = fields.inner(&["addresses"]);
        let mut told: Vec<String> = Vec::new();
        for address in addresses.objects(&["address"]) {
            told.extend(address.text(&["location"]).map(Into::into));
        }
        if told.is_empty() {
            told.extend(addresses.texts(&["address"]).into_iter().map(Into::into));
        }
        told.extend(fields.text(&["vacancyaddress"]).map(Into::into));
        let coded = fields.text(&["vacancyaddresscode", "addresscode"]);
        let coded = coded.as_deref().and_then(region_of_kladr);
        let mut places: Vec<Place> = Vec::new();
        for address in told {
            let name = settlement(&address);
            let region = coded.clone().or_else(|| self.words.portal.region(&name).cloned());
            if region.is_none() {
                notes.unknown("addresses", &name);
            }
            let place = Place { country: Country::from(State::Ru), region, name: name.parse().ok() };
            if !places.contains(&place) {
                places.push(place);
            }
        }
        if places.is_empty() && coded.is_some() {
            places.push(Place { country: Country::from(State::Ru), region: coded, name: None });
        }
        places
    }

    fn pay_of(&self, fields: &Fields<'_>, notes: &mut Notes) -> Option<crate::exchange::canonical::job::Pay> {
        let (min, max) = (fields.text(&["salarymin"]), fields.text(&["salarymax"]));
        let currency = fields.text(&["currency"]);
        // the bulk sets name no currency: theirs is the one of the state
        let currency = currency.as_deref().or(Some("RUB"));
        let (min, max) = (min.as_deref(), max.as_deref());
        pay(&ToldPay { min, max, currency, interval: PayInterval::Month, tax: None }, &self.words, notes)
    }

    pub(super) fn languages(&self, fields: &Fields<'_>, notes: &mut Notes) -> Vec<LanguageSkill> {
        let mut all: Vec<LanguageSkill> = Vec::new();
        for told in fields.objects(&["languageknowledge"]) {
            let name = told.text(&["codelanguage", "language", "name"]).unwrap_or_default();
            let Some(language) = self.words.language(&name) else {
                notes.unknown("languageKnowledge", &name);
                continue;
            };
            let word = told.text(&["level"]);
            let level = word.as_deref().and_then(|word| self.words.level(word));
            if let (Some(word), None) = (&word, level) {
                notes.unknown("languageKnowledge/level", word);
            }
            if !all.iter().any(|own| own.language == language) {
                all.push(LanguageSkill { language, level, is_required: false });
            }
        }
        all
    }

    fn schooling(&self, fields: &Fields<'_>, notes: &mut Notes) -> Option<Schooling> {
        let inner = fields.inner(&["requirement"]);
        let formal = fields.inner(&["educationrequirements"]);
        let word = inner.text(&["education"]).or_else(|| fields.text(&["education"]));
        let word = word
            .or_else(|| formal.text(&["educationtype"]))
            .or_else(|| fields.text(&["educationrequirements"]))?;
        let meant = self.words.portal.education(&word);
        if meant.is_none() {
            notes.unknown("education", &word);
        }
        meant.flatten()
    }

    fn experience(&self, fields: &Fields<'_>, notes: &mut Notes) -> Option<u16> {
        let word = fields.inner(&["requirement"]).text(&["experience"]);
        let word = word.or_else(|| fields.text(&["requiredexperience", "experiencerequirements"]))?;
        let meant = self.words.portal.experience(&word);
        if meant.is_none() {
            notes.unknown("experience", &word);
        }
        meant
    }

    fn quotas(&self, fields: &Fields<'_>, notes: &mut Notes) -> Vec<Coded> {
        let kinds = fields.inner(&["workplacetype"]);
        let mut told: Vec<String> = Vec::new();
        let lists =
            [&["socialprotected", "socialprotecteds", "socialprotectedidslist", "socialprotectedids"][..]];
        told.extend(lists.iter().flat_map(|names| fields.texts(names)).map(Into::into));
        told.extend(kinds.texts(&["workplacesocialprotected"]).into_iter().map(Into::into));
        if kinds.is_true(&["workplacequota"]) || fields.is_true(&["isquoted", "workplacequota"]) {
            told.push("квота".to_owned());
        }
        let mut all: Vec<Coded> = Vec::new();
        for word in told.iter().flat_map(|text| text.split(';')).filter(|word| !word.trim().is_empty()) {
            match self.words.portal.quota(word) {
                Some(code) if !all.contains(code) => all.push(code.clone()),
                Some(_) => {}
                None => notes.unknown("social_protected", word),
            }
        }
        all
    }

    /// Contacts that stand in fields of their own.
    fn contacts_of(&self, fields: &Fields<'_>, all: &mut Vec<Contact>) {
        let company = fields.inner(&["company"]);
        for name in fields.texts(&["contactperson"]) {
            contacts::add(all, ContactChannel::Person, &name);
        }
        for contact in fields.objects(&["contactlist"]) {
            let kind = contact.text(&["contacttype", "type"]).unwrap_or_default();
            let value = contact.text(&["contactvalue", "value"]).unwrap_or_default();
            let by_value =
                if value.contains('@') { ContactChannel::Email } else { ContactChannel::Telephone };
            contacts::add(all, self.words.channel(&kind).unwrap_or(by_value), &value);
        }
        for (name, channel) in [("email", ContactChannel::Email), ("phone", ContactChannel::Telephone)] {
            for from in [&company, fields] {
                from.texts(&[name]).iter().for_each(|value| contacts::add(all, channel, value));
            }
        }
    }
}

/// The pieces of its description, in the order in which they are shown.
fn told(fields: &Fields<'_>) -> Vec<String> {
    let requirement = fields.value(&["requirement"]).and_then(Value::as_str);
    let inner = fields.inner(&["requirement"]);
    let names = [
        "duty",
        "responsibilities",
        "positionresponsibilities",
        "requirements",
        "positionrequirements",
        "additionalrequirements",
    ];
    let mut pieces: Vec<String> =
        names.iter().filter_map(|name| fields.text(&[name])).map(Into::into).collect();
    pieces.extend(requirement.map(Into::into));
    let qualification =
        fields.text(&["qualification", "qualifications"]).or_else(|| inner.text(&["qualification"]));
    pieces.extend(qualification.map(Into::into));
    pieces.extend(fields.text(&["othervacancybenefit"]).map(Into::into));
    pieces
}

/// Skills as the source writes them: a list, or a text of several with commas.
pub(super) fn skills(fields: &Fields<'_>, texts: &mut Texts<'_>, notes: &mut Notes) -> Vec<Skill> {
    let mut all: Vec<Skill> = Vec::new();
    for names in [["skills"], ["hardskills"], ["softskills"]] {
        let is_list = matches!(fields.value(&names), Some(Value::Array(_)));
        for text in fields.texts(&names) {
            let pieces: Vec<&str> =
                if is_list { vec![&text] } else { text.split([',', ';', '\n']).collect() };
            for piece in pieces.into_iter().filter(|piece| !piece.trim().is_empty()) {
                let name = texts.title("skills", piece, notes);
                let skill = Skill { code: None, name, is_required: false };
                if skill.name.is_some() && !all.contains(&skill) {
                    all.push(skill);
                }
            }
        }
    }
    all
}

pub(super) fn licences(
    fields: &Fields<'_>,
    notes: &mut Notes,
) -> Vec<crate::exchange::canonical::job::DrivingLicence> {
    let mut all = Vec::new();
    for text in fields.texts(&["requireddrivelicense", "drivelicenses", "drivelicences"]) {
        for word in text.split([',', ';']).filter(|word| !word.trim().is_empty()) {
            match licence(word) {
                Some(one) if !all.contains(&one) => all.push(one),
                Some(_) => {}
                None => notes.unknown("required_drive_license", word),
            }
        }
    }
    all
}

fn posts(fields: &Fields<'_>, notes: &mut Notes) -> u32 {
    let Some(text) = fields.text(&["workplaces"]) else { return 1 };
    match text.parse::<u32>() {
        Ok(0) | Err(_) => {
            notes.warn(
                "adapter.job_code",
                "work_places",
                "a number from 1",
                &text,
                "not a number of posts; one is taken",
            );
            1
        }
        Ok(posts) => posts,
    }
}

fn benefits(fields: &Fields<'_>) -> Vec<Coded> {
    let has_lodging = fields.is_true(&["accommodationcapability"]);
    has_lodging.then(|| ACCOMMODATION.parse().ok()).flatten().into_iter().collect()
}

fn closes_on(fields: &Fields<'_>, notes: &mut Notes) -> Option<jiff::civil::Date> {
    let text = fields.text(&["expirationdate"])?;
    let day = day(&text);
    if day.is_none() {
        notes.warn("adapter.job_date", "expiration-date", "YYYY-MM-DD", &text, "not a day; it is left out");
    }
    day
}

/// The two digits of a region at the head of a code of KLADR; `99` and the like are none of the table.
fn region_of_kladr(code: &str) -> Option<Coded> {
    let is_code =
        matches!(code.len(), 2 | 11 | 13 | 17 | 19) && code.bytes().all(|byte| byte.is_ascii_digit());
    code.get(..2).filter(|_| is_code)?.parse().ok()
}

/// Whether the control digit of a code of OK 016-94 fits (`labour.md` 4.2): five digits and the control digit.
fn is_sound(code: &str) -> bool {
    let digits: Vec<u32> = code.chars().filter_map(|c| c.to_digit(10)).collect();
    let (Some((control, body)), true) = (digits.split_last(), digits.len() == code.chars().count()) else {
        return false;
    };
    let sum = |from: u32| body.iter().zip(from..).map(|(digit, weight)| digit * weight).sum::<u32>() % 11;
    let remainder = if sum(1) == 10 { sum(3) } else { sum(1) };
    body.len() == 5 && remainder % 10 == *control
}

fn is_page(text: &str) -> bool {
    text.starts_with("https://") && !text.contains(char::is_whitespace) && text.len() <= PAGE_BYTES_MAX
}

const SOURCE: &str = "trudvsem";
/// EURES benefit: accommodation.
const ACCOMMODATION: &str = "1";
const PAGE_BYTES_MAX: usize = 500;

fn refuse(notes: &Notes, field: &str, value: &str, message: &str) -> Finding {
    notes.error("adapter.job_unreadable", field, "id, title and day of a vacancy", value, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_control_digit_is_that_of_published_codes() {
        for code in ["100656", "233699", "198067"] {
            assert!(is_sound(code), "{code}");
        }
        for code in ["100657", "10065", "", "10065а", "1006566"] {
            assert!(!is_sound(code), "{code}");
        }
    }

    #[test]
    fn a_region_is_the_head_of_a_code_of_kladr() {
        assert_eq!(region_of_kladr("7100000000000").as_ref().map(Coded::as_str), Some("71"));
        assert_eq!(region_of_kladr("REDACTED"), None);
        assert_eq!(region_of_kladr("710"), None);
    }
}
