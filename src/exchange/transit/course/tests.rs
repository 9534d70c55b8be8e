//! Each rule of D5 ¶97–139 that a course can break, by its paragraph.

use super::super::plan::Terms;
use super::*;
use crate::exchange::rules::Pattern;
use proptest::prelude::*;

const TERMS: Terms = Terms { t1_ms: Some(120_000), t2_ms: Some(300_000), t3_ms: Some(600_000), repeats: 3 };
const BLANK: Terms = Terms { t1_ms: None, t2_ms: None, t3_ms: None, repeats: 0 };

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap()
}

fn plan(role: Role, pattern: Pattern) -> Plan {
    Plan { role, pattern, terms: TERMS }
}

fn ours(pattern: Pattern) -> Plan {
    plan(Role::Initiator, pattern)
}

fn theirs(pattern: Pattern) -> Plan {
    plan(Role::Respondent, pattern)
}

/// Walks one side through events; tells where it stands and what was to be done last.
fn walk(plan: &Plan, events: &[(Event, i64)]) -> (Course, Effect) {
    let mut course = Course::start(plan.role);
    let mut effect = Effect::Rest;
    for (event, ms) in events {
        let step = course.step(*event, at(*ms), plan);
        (course, effect) = (step.course, step.effect);
    }
    (course, effect)
}

fn ends(plan: &Plan, events: &[(Event, i64)]) -> (Stage, Effect) {
    let (course, effect) = walk(plan, events);
    (course.stage(), effect)
}

use Event::{Err, Fault, Prs, Rcv, Reject, Replied, Response, Sent, Tick};

#[test]
fn d5_100_a_fault_permits_a_resend_in_every_pattern() {
    for pattern in Pattern::ALL {
        let (course, effect) = walk(&ours(pattern), &[(Sent, 0), (Fault, 1)]);
        let over = pattern == Pattern::Distribution; // it is complete right after sending
        assert_eq!(effect, if over { Effect::Late } else { Effect::Resend }, "{pattern:?}");
        assert_eq!(course.stage() == Stage::Queued, !over, "{pattern:?}");
    }
}

#[test]
fn d5_105_106_a_signal_whose_term_is_blank_must_not_be_used() {
    for pattern in Pattern::ALL {
        for role in [Role::Initiator, Role::Respondent] {
            let plan = Plan { role, pattern, terms: Terms { t1_ms: None, t2_ms: None, ..TERMS } };
            assert!(plan.awaited().is_empty() && plan.sent().is_empty(), "{pattern:?} {role}");
            if pattern.has_response() && role == Role::Initiator {
                for signal in [Rcv, Prs] {
                    let (stage, effect) = ends(&plan, &[(Sent, 0), (signal, 1)]);
                    assert_eq!((stage, effect), (Stage::Sent, Effect::Unexpected), "{pattern:?}");
                }
            }
        }
    }
}

#[test]
fn d5_104_the_parameters_do_not_depend_on_the_pattern() {
    // P.MM.01.TRN.009: request/response with T1 set and T2 blank; TRN.008: mutual obligations with T1 blank.
    let odd = Plan { terms: Terms { t2_ms: None, ..TERMS }, ..ours(Pattern::RequestResponse) };
    assert_eq!(walk(&odd, &[(Sent, 0), (Rcv, 5)]).0.due_at(&odd), Some(at(600_000)));
    let odd = Plan { terms: Terms { t1_ms: None, ..TERMS }, ..ours(Pattern::MutualObligations) };
    assert_eq!(walk(&odd, &[(Sent, 0)]).0.due_at(&odd), Some(at(300_000)));
    let step = [(Sent, 0), (Prs, 1), (Response, 2)];
    assert_eq!(ends(&odd, &step), (Stage::Objectable, Effect::Rest));
    // Nothing is awaited in time, yet the response completes it.
    let blank = Plan { terms: BLANK, ..ours(Pattern::RequestResponse) };
    assert_eq!(walk(&blank, &[(Sent, 0)]).0.due_at(&blank), None);
    assert_eq!(ends(&blank, &[(Sent, 0), (Response, 1)]), (Stage::Completed, Effect::Complete));
}

#[test]
fn d5_108_each_term_is_measured_from_sending_and_by_the_sender_alone() {
    let plan = ours(Pattern::RequestResponse);
    assert_eq!(walk(&plan, &[(Sent, 5)]).0.due_at(&plan), Some(at(120_005)));
    assert_eq!(walk(&plan, &[(Sent, 5), (Rcv, 50)]).0.due_at(&plan), Some(at(300_005)));
    assert_eq!(walk(&plan, &[(Sent, 5), (Prs, 50)]).0.due_at(&plan), Some(at(600_005)));
    for pattern in Pattern::ALL {
        let taking = theirs(pattern);
        assert_eq!(Course::start(Role::Respondent).due_at(&taking), None, "{pattern:?}");
    }
}

#[test]
fn d5_110_spent_repeats_are_a_persons_business() {
    let plan = ours(Pattern::RequestResponse);
    let mut course = Course::start(plan.role);
    for round in 0..=TERMS.repeats {
        course = course.step(Sent, at(0), &plan).course;
        assert_eq!(course.step(Tick, at(119_999), &plan).effect, Effect::Rest);
        let step = course.step(Tick, at(120_000), &plan);
        let expected = if round < TERMS.repeats { Effect::Resend } else { Effect::AskPerson };
        assert_eq!(step.effect, expected);
        course = step.course;
    }
    assert_eq!((course.stage(), course.sends()), (Stage::Unanswered, TERMS.repeats + 1));
}

#[test]
fn d5_116_an_error_ends_the_course_whatever_the_pattern() {
    for pattern in Pattern::ALL {
        let (stage, effect) = ends(&ours(pattern), &[(Sent, 0), (Err, 1)]);
        assert_eq!(effect, Effect::AskPerson, "{pattern:?}");
        let expected = match pattern {
            Pattern::MutualObligations => Stage::Cancelled,
            Pattern::Distribution => Stage::Completed,
            Pattern::QuestionAnswer
            | Pattern::RequestResponse
            | Pattern::RequestConfirmation
            | Pattern::Notification => Stage::Refused,
        };
        assert_eq!(stage, expected, "{pattern:?}");
    }
}

#[test]
fn d5_122_mutual_obligations_are_cancelled_on_both_sides() {
    let plan = theirs(Pattern::MutualObligations);
    for missed in [vec![(Replied, 0), (Sent, 1)], vec![(Replied, 0), (Sent, 1), (Rcv, 2)]] {
        let events = [missed, vec![(Tick, 400_000)]].concat();
        assert_eq!(ends(&plan, &events), (Stage::Cancelled, Effect::Cancel));
    }
    let answered = [(Sent, 0), (Rcv, 1), (Prs, 2), (Response, 3), (Err, 4)];
    assert_eq!(
        ends(&ours(Pattern::MutualObligations), &answered),
        (Stage::Cancelled, Effect::AskPerson),
        "the respondent objects"
    );
    assert!(plan.is_atomic(), "nothing has effect before the end");
}

#[test]
fn d5_124_mutual_obligations_end_one_more_t2_after_the_response() {
    let plan = ours(Pattern::MutualObligations);
    let answered = [(Sent, 0), (Rcv, 1), (Prs, 2), (Response, 1_000)];
    let (course, effect) = walk(&plan, &answered);
    assert_eq!((course.stage(), effect), (Stage::Objectable, Effect::Rest));
    assert_eq!(course.due_at(&plan), Some(at(301_000)));
    assert_eq!(course.step(Tick, at(300_999), &plan).effect, Effect::Rest);
    assert_eq!(course.step(Tick, at(301_000), &plan).effect, Effect::Complete);
    let respondent = theirs(Pattern::MutualObligations);
    let confirmed = [(Replied, 0), (Sent, 1), (Rcv, 2), (Prs, 3)];
    assert_eq!(ends(&respondent, &confirmed), (Stage::Completed, Effect::Complete));
    let without_t2 = Plan { terms: Terms { t2_ms: None, ..TERMS }, ..plan };
    assert_eq!(ends(&without_t2, &answered), (Stage::Completed, Effect::Complete));
}

#[test]
fn d5_126_a_question_is_complete_with_its_answer_and_has_no_signals() {
    let plan = ours(Pattern::QuestionAnswer);
    assert!(plan.awaited().is_empty() && theirs(Pattern::QuestionAnswer).sent().is_empty());
    assert_eq!(walk(&plan, &[(Sent, 0)]).0.due_at(&plan), Some(at(600_000)));
    assert_eq!(ends(&plan, &[(Sent, 0), (Response, 1)]), (Stage::Completed, Effect::Complete));
    assert_eq!(ends(&theirs(plan.pattern), &[(Replied, 0)]), (Stage::Completed, Effect::Complete));
}

#[test]
fn d5_129_130_a_request_is_complete_with_its_response() {
    let plan = ours(Pattern::RequestResponse);
    let (course, effect) = walk(&plan, &[(Sent, 0), (Rcv, 10), (Prs, 20), (Response, 30)]);
    assert_eq!((course.stage(), effect), (Stage::Completed, Effect::Complete));
    assert_eq!(course.due_at(&plan), None);
    let taking = theirs(Pattern::RequestResponse);
    assert_eq!((taking.sent().rcv_ms, taking.sent().prs_ms), (TERMS.t1_ms, TERMS.t2_ms));
    assert_eq!(ends(&taking, &[(Replied, 0)]), (Stage::Completed, Effect::Complete));
}

#[test]
fn d5_134_135_the_answer_of_a_guaranteed_request_for_confirmation_is_confirmed() {
    let taking = theirs(Pattern::RequestConfirmation);
    assert_eq!(ends(&taking, &[(Replied, 0)]), (Stage::Queued, Effect::Rest));
    assert_eq!(ends(&taking, &[(Replied, 0), (Sent, 1), (Rcv, 2)]), (Stage::Completed, Effect::Complete));
    let missed = [(Replied, 0), (Sent, 1), (Tick, 120_001)];
    assert_eq!(ends(&taking, &missed), (Stage::Queued, Effect::Resend));
    let asking = ours(Pattern::RequestConfirmation);
    assert!(asking.awaited().is_empty(), "the request itself is not signalled");
    assert_eq!(asking.sent().rcv_ms, TERMS.t1_ms, "the response is");
    let unguaranteed = Plan { terms: Terms { t1_ms: None, ..TERMS }, ..taking };
    assert_eq!(ends(&unguaranteed, &[(Replied, 0)]), (Stage::Completed, Effect::Complete));
}

#[test]
fn d5_136_137_a_notification_is_complete_with_rcv_and_repeated_without_it() {
    let plan = ours(Pattern::Notification);
    assert_eq!(ends(&plan, &[(Sent, 0), (Rcv, 1)]), (Stage::Completed, Effect::Complete));
    assert_eq!(ends(&plan, &[(Sent, 0), (Prs, 1)]).1, Effect::Unexpected);
    assert_eq!(ends(&plan, &[(Sent, 0), (Response, 1)]).1, Effect::Unexpected);
    assert_eq!(ends(&plan, &[(Sent, 0), (Tick, 120_000)]), (Stage::Queued, Effect::Resend));
    let once = Plan { terms: Terms { repeats: 0, ..TERMS }, ..plan };
    assert_eq!(ends(&once, &[(Sent, 0), (Tick, 120_000)]), (Stage::Unanswered, Effect::AskPerson));
    assert_eq!(ends(&theirs(plan.pattern), &[(Replied, 0)]), (Stage::Completed, Effect::Complete));
}

#[test]
fn d5_138_139_a_distribution_is_complete_right_after_sending() {
    let plan = ours(Pattern::Distribution);
    assert!(plan.awaited().is_empty() && theirs(plan.pattern).sent().is_empty());
    assert_eq!(ends(&plan, &[(Sent, 0)]), (Stage::Completed, Effect::Complete));
    assert_eq!(ends(&plan, &[(Sent, 0), (Err, 9)]), (Stage::Completed, Effect::AskPerson));
}

#[test]
fn prs_that_overtakes_rcv_is_not_taken_back() {
    let plan = ours(Pattern::RequestResponse);
    assert_eq!(ends(&plan, &[(Sent, 0), (Prs, 1), (Rcv, 2)]).0, Stage::Accepted);
}

#[test]
fn a_signal_about_what_is_queued_proves_that_it_was_sent_and_starts_its_terms() {
    let plan = ours(Pattern::RequestResponse);
    let (course, effect) = walk(&plan, &[(Rcv, 7)]);
    assert_eq!((course.stage(), course.sends(), effect), (Stage::Received, 1, Effect::Rest));
    assert_eq!(course.due_at(&plan), Some(at(300_007)));
    let (course, _) = walk(&plan, &[(Rcv, 7), (Sent, 9)]);
    assert_eq!((course.stage(), course.sends()), (Stage::Received, 1), "its own record comes too late");
    let (course, _) = walk(&plan, &[(Sent, 0), (Tick, 120_000), (Prs, 120_007)]);
    assert_eq!((course.stage(), course.due_at(&plan)), (Stage::Accepted, Some(at(720_007))));
    assert_eq!(ends(&plan, &[(Fault, 0)]), (Stage::Queued, Effect::Rest), "a fault proves nothing");
}

#[test]
fn what_comes_after_the_end_is_late_and_a_refusal_then_is_a_persons_business() {
    let plan = ours(Pattern::RequestResponse);
    assert_eq!(ends(&plan, &[(Sent, 0), (Err, 1), (Response, 2)]).1, Effect::Late);
    assert_eq!(ends(&plan, &[(Sent, 0), (Response, 1), (Response, 2)]).1, Effect::Late);
    let taking = theirs(Pattern::RequestResponse);
    assert_eq!(ends(&taking, &[(Replied, 0), (Err, 1)]), (Stage::Completed, Effect::AskPerson));
    assert_eq!(ends(&taking, &[(Reject, 0), (Err, 1)]), (Stage::Rejected, Effect::Late));
}

fn event() -> impl Strategy<Value = Event> {
    prop::sample::select(vec![Sent, Rcv, Prs, Err, Fault, Response, Replied, Reject, Tick])
}

fn any_plan() -> impl Strategy<Value = Plan> {
    let term = |ms: i64| prop::option::weighted(0.7, Just(ms));
    let role = prop::sample::select(vec![Role::Initiator, Role::Respondent]);
    let pattern = prop::sample::select(Pattern::ALL.to_vec());
    (role, pattern, term(120_000), term(300_000), term(600_000), 0_u32..4).prop_map(
        |(role, pattern, t1_ms, t2_ms, t3_ms, repeats)| Plan {
            role,
            pattern,
            terms: Terms { t1_ms, t2_ms, t3_ms, repeats },
        },
    )
}

proptest! {
    #[test]
    fn a_course_completes_at_most_once_and_an_end_is_final(
        plan in any_plan(),
        events in prop::collection::vec((event(), 0_i64..1_000_000), 0..40)
    ) {
        let mut course = Course::start(plan.role);
        let mut completed = 0_u32;
        for (event, ms) in events {
            let before = course;
            let step = course.step(event, at(ms), &plan);
            prop_assert!(!before.stage().is_end() || step.course == before);
            completed += u32::from(step.effect == Effect::Complete);
            prop_assert!(step.effect != Effect::Resend || before.sends() <= plan.terms.repeats);
            prop_assert!(step.effect != Effect::Cancel || plan.is_atomic());
            course = step.course;
        }
        prop_assert!(completed <= 1);
        prop_assert_eq!(completed == 1, course.stage() == Stage::Completed);
    }

    /// Whatever is lost: both sides come to an end, and where the ends differ somebody was asked.
    #[test]
    fn both_sides_agree_or_a_person_is_asked(
        (plan, losses) in (any_plan(), prop::collection::vec(any::<bool>(), 0..64))
    ) {
        let terms = Terms { t3_ms: Some(600_000), ..plan.terms };
        let asking = Plan { role: Role::Initiator, terms, ..plan };
        let asked = Plan { role: Role::Respondent, ..asking };
        let mut world = World::new(asking, asked, losses);
        world.run();
        let (ours, theirs) = (world.ours.stage(), world.theirs.map(|course| course.stage()));
        prop_assert!(ours.is_end(), "{ours:?} {theirs:?}");
        // A respondent that is not confirmed, and whose pattern confirms it, comes to its end by its own terms.
        if let Some(theirs) = theirs {
            prop_assert!(theirs.is_end(), "{ours:?} {theirs:?}");
        }
        let agree = (ours == Stage::Completed) == (theirs == Some(Stage::Completed));
        // Nobody learns whether it arrived: a distribution, or a notice whose T1 is blank.
        let sent_only = asking.awaited().is_empty() && !asking.awaits_response();
        prop_assert!(agree || world.persons > 0 || sent_only, "{ours:?} {theirs:?}");
        // What is atomic has effect on both sides or a person knows.
        prop_assert!(world.effects.0 <= 1 && world.effects.1 <= 1);
    }
}

/// Both sides with a wire that loses what the list says; the respondent remembers what it answered.
struct World {
    plans: (Plan, Plan),
    ours: Course,
    theirs: Option<Course>,
    losses: std::vec::IntoIter<bool>,
    now: i64,
    persons: u32,
    effects: (u32, u32),
    /// What is on its way: to the respondent or not, and what.
    way: std::collections::VecDeque<(bool, Letter)>,
}

#[derive(Clone, Copy)]
enum Letter {
    First,
    Signal(Event),
    Second,
}

impl World {
    fn new(asking: Plan, asked: Plan, losses: Vec<bool>) -> Self {
        Self {
            plans: (asking, asked),
            ours: Course::start(Role::Initiator),
            theirs: None,
            losses: losses.into_iter(),
            now: 0,
            persons: 0,
            effects: (0, 0),
            way: std::collections::VecDeque::new(),
        }
    }

    fn run(&mut self) {
        for _ in 0..400 {
            self.send_what_is_queued();
            while let Some((to_them, letter)) = self.way.pop_front() {
                if !self.losses.next().unwrap_or(false) {
                    self.take(to_them, letter);
                }
                self.send_what_is_queued();
            }
            let dues = [
                self.ours.due_at(&self.plans.0),
                self.theirs.and_then(|course| course.due_at(&self.plans.1)),
            ];
            let Some(due) = dues.into_iter().flatten().min() else { return };
            self.now = self.now.max(due.as_millisecond());
            self.step(true, Tick);
            self.step(false, Tick);
        }
    }

    fn send_what_is_queued(&mut self) {
        if self.ours.stage() == Stage::Queued {
            self.way.push_back((true, Letter::First));
            self.step(true, Sent);
        }
        if self.theirs.is_some_and(|course| course.stage() == Stage::Queued) {
            self.way.push_back((false, Letter::Second));
            self.step(false, Sent);
        }
    }

    fn take(&mut self, to_them: bool, letter: Letter) {
        match letter {
            Letter::Signal(event) => self.step(!to_them, event),
            Letter::First => {
                let signals = self.plans.1.sent();
                self.signal(false, signals);
                let pattern = self.plans.1.pattern;
                if let Some(known) = self.theirs {
                    // A repeat gets the stored answers again.
                    if pattern.has_response() {
                        self.way.push_back((false, Letter::Second));
                    }
                    if known.stage() == Stage::Cancelled {
                        self.way.push_back((false, Letter::Signal(Err)));
                    }
                    return;
                }
                self.theirs = Some(Course::start(Role::Respondent));
                self.step(false, Replied);
                if pattern.has_response() && self.theirs.is_some_and(|c| c.stage() == Stage::Completed) {
                    self.way.push_back((false, Letter::Second));
                }
            }
            Letter::Second => {
                if self.ours.stage().is_end() && self.ours.stage() != Stage::Completed {
                    self.way.push_back((true, Letter::Signal(Err)));
                    return;
                }
                let signals = self.plans.0.sent();
                self.signal(true, signals);
                self.step(true, Response);
            }
        }
    }

    fn signal(&mut self, to_them: bool, signals: super::super::plan::Signals) {
        for (event, term) in [(Rcv, signals.rcv_ms), (Prs, signals.prs_ms)] {
            if term.is_some() {
                self.way.push_back((to_them, Letter::Signal(event)));
            }
        }
    }

    fn step(&mut self, is_ours: bool, event: Event) {
        let (course, plan) = match (is_ours, self.theirs) {
            (true, _) => (self.ours, self.plans.0),
            (false, Some(course)) => (course, self.plans.1),
            (false, None) => return,
        };
        let step = course.step(event, at(self.now), &plan);
        match step.effect {
            Effect::AskPerson => self.persons += 1,
            Effect::Cancel => {
                self.persons += 1;
                self.way.push_back((!is_ours, Letter::Signal(Err)));
            }
            Effect::Complete if is_ours => self.effects.0 += 1,
            Effect::Complete => self.effects.1 += 1,
            Effect::Rest | Effect::Resend | Effect::Unexpected | Effect::Late => {}
        }
        if is_ours {
            self.ours = step.course;
        } else {
            self.theirs = Some(step.course);
        }
    }
}
