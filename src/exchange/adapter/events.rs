//! Periods drawn from events of employment (hire opens, dismissal closes, a cancellation undoes).

use super::local::EventForm;
use super::local::LabourEvent;
use crate::base::Finding;
use crate::base::Findings;
use crate::exchange::canonical::Coded;
use crate::exchange::canonical::Employer;
use crate::exchange::canonical::InsurancePeriod;
use crate::exchange::canonical::Interval;
use crate::exchange::canonical::Number;
use crate::exchange::canonical::Position;
use crate::exchange::canonical::RecordId;
use crate::exchange::canonical::SpecialCondition;
use crate::exchange::canonical::State;
use crate::exchange::canonical::Title;
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::collections::HashMap;
use std::collections::HashSet;

/// An event and the place where it was read.
#[derive(Debug, Clone)]
pub(super) struct PlacedEvent {
    pub(super) event: LabourEvent,
    pub(super) place: String,
}

/// The periods that the events of one person make, cancelled ones included, and what is odd about the events.
pub(super) fn periods_of(events: &[PlacedEvent], state: State) -> (Vec<InsurancePeriod>, Findings) {
    let mut findings = Findings::new();
    let mut entries: Vec<&PlacedEvent> =
        events.iter().filter(|one| one.event.form == EventForm::Entry).collect();
    entries.sort_by_key(|one| one.event.date);
    let mut cancelled: HashMap<&RecordId, Date> = HashMap::new();
    for one in events.iter().filter(|one| one.event.form == EventForm::Cancellation) {
        cancelled.insert(&one.event.id, one.event.cancelled_on.unwrap_or(one.event.date));
        if !entries.iter().any(|entry| entry.event.id == one.event.id) {
            findings.push(odd(one, "adapter.cancellation", "cancels an event that is not there"));
        }
    }
    // the employer's file and the citizen's copy may both tell of one event
    let mut seen = HashSet::new();
    entries.retain(|one| seen.insert((&one.event.id, one.event.kind.clone(), one.event.date)));
    let standing: Vec<&PlacedEvent> =
        entries.iter().copied().filter(|one| !cancelled.contains_key(&one.event.id)).collect();
    let mut periods = draw(&standing, state, &mut findings);
    // what a cancelled event once made is kept as history
    let as_it_was = draw(&entries, state, &mut Findings::new());
    periods.extend(as_it_was.into_iter().filter_map(|mut period| {
        period.cancelled_on = Some(*cancelled.get(&period.id)?);
        Some(period)
    }));
    periods.sort_by(|a, b| (a.interval, &a.id).cmp(&(b.interval, &b.id)));
    (periods, findings)
}

fn draw(entries: &[&PlacedEvent], state: State, findings: &mut Findings) -> Vec<InsurancePeriod> {
    let mut jobs: BTreeMap<JobKey<'_>, Job> = BTreeMap::new();
    let mut alone = Vec::new();
    for one in entries {
        if one.event.kind.as_str() == MILITARY_SERVICE
            && let Some(period) = served(&one.event, state)
        {
            alone.push(period);
            continue;
        }
        if BESIDE_WORK.contains(&one.event.kind.as_str()) {
            findings.push(odd(one, "adapter.event_kind", "an event from which no period is drawn"));
            continue;
        }
        let job = jobs.entry(job_key(&one.event)).or_insert_with(|| Job::new(state));
        if let Some(oddity) = job.follow(&one.event) {
            findings.push(odd(one, "adapter.event_order", oddity));
        }
    }
    alone.extend(jobs.into_values().flat_map(Job::into_periods));
    alone
}

/// Military service that has its days in its own event.
fn served(event: &LabourEvent, state: State) -> Option<InsurancePeriod> {
    let interval = Interval::new(event.from?, event.to).ok()?;
    let open = Open {
        id: event.id.clone(),
        from: interval.from(),
        kind: MILITARY_SERVICE,
        employer: None,
        position: event.position.clone(),
        until: None,
        is_suspended: false,
    };
    open.to_period(state, interval.to())
}

/// One job: the employer by its number, else its name; the main job, a second one and a civil contract apart.
type JobKey<'e> = (&'e str, &'e str);

fn job_key(event: &LabourEvent) -> JobKey<'_> {
    let employer = event.employer.as_ref();
    let number = employer.and_then(|employer| employer.number.as_ref()).map(|number| number.value.as_str());
    let name = || employer.and_then(|employer| employer.name.as_ref()).map(Title::as_str);
    let work = match event.kind.as_str() {
        CIVIL_START | CIVIL_END => CIVIL_CONTRACT,
        _ => event.work.as_ref().map_or("main", Coded::as_str),
    };
    (number.or_else(name).unwrap_or_default(), work)
}

struct Job {
    state: State,
    open: Option<Open>,
    closed: Vec<InsurancePeriod>,
}

#[derive(Clone)]
struct Open {
    id: RecordId,
    from: Date,
    kind: &'static str,
    employer: Option<Employer>,
    position: Option<Position>,
    /// The end of a fixed term, unless something ends it earlier.
    until: Option<Date>,
    is_suspended: bool,
}

impl Job {
    fn new(state: State) -> Self {
        Self { state, open: None, closed: Vec::new() }
    }

    /// Takes one event into account; says what is odd about it.
    fn follow(&mut self, event: &LabourEvent) -> Option<&'static str> {
        match event.kind.as_str() {
            "hire" => self.open(event, WORK),
            CIVIL_START => self.open(event, CIVIL_CONTRACT),
            "transfer" => self.go_on(event, false),
            "suspension" => self.go_on(event, true),
            "resumption" => self.go_on(event, false),
            "dismissal" | CIVIL_END => {
                let is_open = self.open.is_some();
                self.close(event.date);
                (!is_open).then_some("ends work that was not begun")
            }
            "rename" => {
                let name = event.details.as_ref().or(event.employer.as_ref().and_then(|e| e.name.as_ref()));
                let employer = self.open.as_mut().and_then(|open| open.employer.as_mut());
                if let (Some(employer), Some(name)) = (employer, name) {
                    employer.name = Some(name.clone());
                }
                None
            }
            // a qualification or a ban begins and ends no period; an unknown kind was told when it was read
            _ => None,
        }
    }

    fn open(&mut self, event: &LabourEvent, kind: &'static str) -> Option<&'static str> {
        let was_open = self.open.is_some();
        self.close_before(event.date);
        self.open = Some(Open {
            id: event.id.clone(),
            from: event.date,
            kind,
            employer: event.employer.clone(),
            position: event.position.clone(),
            until: event.to.filter(|to| *to >= event.date),
            is_suspended: false,
        });
        was_open.then_some("begins work that was not ended")
    }

    /// The work goes on in another post, is suspended or resumed: one period ends, the next begins.
    fn go_on(&mut self, event: &LabourEvent, is_suspended: bool) -> Option<&'static str> {
        let Some(before) = self.open.clone() else {
            let _ = self.open(event, WORK); // nothing was open, so nothing is odd about that
            if let Some(open) = &mut self.open {
                open.is_suspended = is_suspended;
            }
            return Some("changes work that was not begun");
        };
        self.close_before(event.date);
        self.open = Some(Open {
            id: event.id.clone(),
            from: event.date,
            position: event.position.clone().or(before.position),
            until: event.to.filter(|to| *to >= event.date).or(before.until),
            is_suspended,
            ..before
        });
        None
    }

    /// Ends what is open on the eve of a day; what began on that day leaves nothing.
    fn close_before(&mut self, day: Date) {
        let until = self.open.as_ref().and_then(|open| open.until);
        match day.yesterday() {
            Ok(eve) => self.close(until.map_or(eve, |until| until.min(eve))),
            Err(_before_all_days) => self.open = None,
        }
    }

    fn close(&mut self, last: Date) {
        let closed = self.open.take().and_then(|open| open.to_period(self.state, Some(last)));
        self.closed.extend(closed);
    }

    fn into_periods(self) -> Vec<InsurancePeriod> {
        let Self { state, open, mut closed } = self;
        closed.extend(open.and_then(|open| open.to_period(state, open.until)));
        closed
    }
}

impl Open {
    /// None if it would end before it begins.
    fn to_period(&self, state: State, last: Option<Date>) -> Option<InsurancePeriod> {
        Some(InsurancePeriod {
            id: self.id.clone(),
            state,
            interval: Interval::new(self.from, last).ok()?,
            kind: self.kind.parse().ok()?,
            employer: self.employer.clone(),
            position: self.position.clone(),
            special_conditions: if self.is_suspended { suspended() } else { Vec::new() },
            evidence: Vec::new(),
            supersedes: None,
            cancelled_on: None,
        })
    }
}

/// An inner interval: the contract lives, the work rests. Whether it counts is for the clerk's law to say.
fn suspended() -> Vec<SpecialCondition> {
    let kind: Option<Coded> = "counting".parse().ok();
    let code: Option<Number> = SUSPENDED.parse().ok();
    kind.map(|kind| SpecialCondition { kind, code, coefficient: None }).into_iter().collect()
}

fn odd(one: &PlacedEvent, code: &'static str, what: &str) -> Finding {
    let message = format!("{what}; compare it with the work book");
    Finding::error(code, &one.place, "labour events in order", "", message).as_warning()
}

const WORK: &str = "work";
const CIVIL_CONTRACT: &str = "civil-contract";
const MILITARY_SERVICE: &str = "military-service";
/// Older entries of a work book, and what is told beside the work itself.
const BESIDE_WORK: [&str; 7] =
    [MILITARY_SERVICE, "education", "training", "award", "exclusion", "restoration", "correction"];
const CIVIL_START: &str = "civil-start";
const CIVIL_END: &str = "civil-end";
/// The state's own word for the inner interval, as the form names the event.
const SUSPENDED: &str = "ПРИОСТАНОВЛЕНИЕ";

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// `kind date [what]`, the id is the kind's place; `!n date` cancels the n-th.
    fn draw(told: &[&str]) -> (Vec<String>, Vec<String>) {
        let event = |(n, line): (usize, &&str)| {
            let words: Vec<&str> = line.split(' ').collect();
            let is_cancelling = words[0].starts_with('!');
            let id = words[0].strip_prefix('!').map_or(n.to_string(), str::to_owned);
            let event = serde_json::from_value(json!({
                "id": id, "form": if is_cancelling { "cancellation" } else { "entry" },
                "kind": if is_cancelling { "hire" } else { words[0] }, "date": words[1],
                "employer": { "name": "Завод", "number": { "kind": "inn", "value": "7707083893" } },
                "position": words.get(2).filter(|_| words[0] != "rename"),
                "details": words.get(2).filter(|_| words[0] == "rename"),
                "work": words.get(3).unwrap_or(&"main"),
                "to": words.get(4),
            }));
            PlacedEvent { event: event.unwrap(), place: format!("f:{n}") }
        };
        let events: Vec<PlacedEvent> = told.iter().enumerate().map(event).collect();
        let (periods, findings) = periods_of(&events, State::Ru);
        let show = |p: InsurancePeriod| {
            let name = p.employer.and_then(|e| e.name).map_or(String::new(), |n| n.as_str().to_owned());
            let to = p.interval.to().map_or("…".to_owned(), |to| to.to_string());
            let marks =
                [(!p.special_conditions.is_empty(), " suspended"), (p.cancelled_on.is_some(), " cancelled")];
            let marks: String = marks.iter().filter(|(is, _)| *is).map(|(_, mark)| *mark).collect();
            let position = p.position.map_or("-".to_owned(), |p| p.as_str().to_owned());
            format!(
                "{} {}..{to} {} {position} {name}{marks}",
                p.id.as_str(),
                p.interval.from(),
                p.kind.as_str()
            )
        };
        (periods.into_iter().map(show).collect(), findings.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn hire_transfer_rename_and_dismissal_make_periods() {
        let (periods, findings) = draw(&[
            "hire 2020-01-10 Токарь",
            "dismissal 2021-05-31",
            "transfer 2020-03-01 Мастер",
            "rename 2020-06-01 Комбинат",
            "qualification 2020-07-01",
            "hire 2022-01-01",
        ]);
        assert_eq!(findings, [""; 0]);
        assert_eq!(
            periods,
            [
                "0 2020-01-10..2020-02-29 work Токарь Завод",
                "2 2020-03-01..2021-05-31 work Мастер Комбинат",
                "5 2022-01-01..… work - Завод",
            ]
        );
    }

    #[test]
    fn a_suspension_marks_an_inner_interval() {
        let (periods, findings) =
            draw(&["hire 2022-01-10 Слесарь", "suspension 2022-10-01", "resumption 2023-10-01"]);
        assert_eq!(findings, [""; 0]);
        assert_eq!(
            periods,
            [
                "0 2022-01-10..2022-09-30 work Слесарь Завод",
                "1 2022-10-01..2023-09-30 work Слесарь Завод suspended",
                "2 2023-10-01..… work Слесарь Завод",
            ]
        );
    }

    #[test]
    fn a_cancelled_hire_is_kept_as_history_and_a_cancelled_dismissal_reopens() {
        let (periods, findings) = draw(&["hire 2020-03-01 А", "hire 2020-03-05 Б", "!0 2020-03-06"]);
        assert_eq!(findings, [""; 0]);
        assert_eq!(
            periods,
            ["0 2020-03-01..2020-03-04 work А Завод cancelled", "1 2020-03-05..… work Б Завод"]
        );
        let (periods, findings) = draw(&["hire 2020-03-01 А", "dismissal 2021-01-01", "!1 2021-01-05"]);
        assert_eq!(findings, [""; 0]);
        assert_eq!(periods, ["0 2020-03-01..… work А Завод"]);
    }

    #[test]
    fn a_second_job_and_a_civil_contract_stand_beside_the_main_one() {
        let (periods, findings) = draw(&[
            "hire 2020-01-01 А main",
            "hire 2020-02-01 Б secondary",
            "civil-start 2020-03-01 В",
            "dismissal 2020-04-01 - secondary",
            "civil-end 2020-05-01",
        ]);
        assert_eq!(findings, [""; 0]);
        assert_eq!(
            periods,
            [
                "0 2020-01-01..… work А Завод",
                "1 2020-02-01..2020-04-01 work Б Завод",
                "2 2020-03-01..2020-05-01 civil-contract В Завод",
            ]
        );
    }

    #[test]
    fn a_fixed_term_ends_work_that_nothing_ended_earlier() {
        let told = |events: &[&str]| draw(events).0;
        assert_eq!(
            told(&["hire 2020-01-10 А main 2020-12-31", "hire 2021-03-01 Б"]),
            ["0 2020-01-10..2020-12-31 work А Завод", "1 2021-03-01..… work Б Завод"]
        );
        assert_eq!(
            told(&["hire 2020-01-10 А main 2020-12-31", "dismissal 2020-06-30"]),
            ["0 2020-01-10..2020-06-30 work А Завод"]
        );
        assert_eq!(
            told(&["hire 2020-01-10 А main 2020-12-31", "transfer 2020-12-01 А main 2021-12-31"]),
            ["0 2020-01-10..2020-11-30 work А Завод", "1 2020-12-01..2021-12-31 work А Завод"]
        );
    }

    #[test]
    fn what_is_told_twice_is_one_event_and_older_entries_are_for_a_person() {
        let hire = |place: &str| PlacedEvent {
            event: serde_json::from_value(json!({
                "id": "u", "form": "entry", "kind": "hire", "date": "2020-01-10",
                "employer": { "name": if place == "copy" { "ЗАВОД" } else { "Завод" } },
            }))
            .unwrap(),
            place: place.to_owned(),
        };
        let (periods, findings) = periods_of(&[hire("file"), hire("copy")], State::Ru);
        assert_eq!((periods.len(), findings), (1, vec![]));
        let served = json!({
            "id": "m", "form": "entry", "kind": "military-service", "date": "1990-01-01",
            "from": "1988-05-10", "to": "1990-05-09",
        });
        let of = |json: serde_json::Value| {
            let event = PlacedEvent { event: serde_json::from_value(json).unwrap(), place: "f:1".to_owned() };
            periods_of(&[event], State::Ru)
        };
        let (periods, findings) = of(served.clone());
        assert_eq!((periods[0].kind.as_str(), findings.len()), ("military-service", 0));
        let mut without_days = served;
        without_days.as_object_mut().unwrap().remove("from");
        let (periods, findings) = of(without_days);
        assert_eq!((periods.len(), findings[0].code.as_str()), (0, "adapter.event_kind"));
    }

    #[test]
    fn events_out_of_order_are_told() {
        let (periods, findings) = draw(&[
            "dismissal 2019-01-01",
            "transfer 2020-01-01 А",
            "hire 2020-01-01 Б",
            "!77 2020-01-01",
            "hunting 2021-01-01",
        ]);
        assert_eq!(periods, ["2 2020-01-01..… work Б Завод"]);
        let told = |at: &str, what: &str, code: &str| {
            format!(
                "{at}: {what}; compare it with the work book ({code}; rule labour events in order; found empty)"
            )
        };
        assert_eq!(
            findings,
            [
                told("f:3", "cancels an event that is not there", "adapter.cancellation"),
                told("f:0", "ends work that was not begun", "adapter.event_order"),
                told("f:1", "changes work that was not begun", "adapter.event_order"),
                told("f:2", "begins work that was not ended", "adapter.event_order"),
            ]
        );
    }
}
