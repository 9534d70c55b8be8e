//! The initiator's side of the pattern request/response (D5 ¶127–130): a pure machine of (state, event, now).
//!
//! A term that is blank in the process catalogue disables its signal (D5 ¶105–107). Only the sender of the
//! request watches the terms (D5 ¶108). When the repeats are exhausted a person is asked (D5 ¶110).

use jiff::Timestamp;

/// The parameters of a transaction (D5 ¶104–110); a blank term is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// T1: from sending to the receipt of RCV.
    pub t1_ms: Option<i64>,
    /// T2: from sending to the receipt of PRS.
    pub t2_ms: Option<i64>,
    /// T3: from sending to the receipt of the response.
    pub t3_ms: Option<i64>,
    /// N: how often the request may be repeated; at most N+1 sends.
    pub repeats: u32,
}

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// To be sent, for the first time or again.
    Queued,
    /// Sent; nothing came back yet.
    Asked,
    /// RCV came.
    Received,
    /// PRS came.
    Accepted,
    /// The response came: the transaction is complete.
    Answered,
    /// ERR came: the peer refused the document.
    Refused,
    /// Every repeat was spent without an answer; a person must act.
    Unanswered,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The request left for the peer.
    Sent,
    /// Signal "Получено".
    Rcv,
    /// Signal "Принято в обработку".
    Prs,
    /// Signal "Ошибка".
    Err,
    /// A technological fault about the request (D5 ¶100: permits a resend).
    Fault,
    /// The response.
    Response,
    /// Nothing but time.
    Tick,
}

/// What is to be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    Rest,
    /// Send the request again, under a new MessageID.
    Resend,
    /// Hand the response on; the transaction is complete.
    Complete,
    /// Answer with ERR `Common:UnexpectedMessage` (D5 ¶117).
    Unexpected,
    /// Too late: the transaction is over. Keep it in the journal, do nothing.
    Late,
    /// Ask a person (D5 ¶103, ¶110).
    AskPerson,
}

/// A request that awaits its response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    stage: Stage,
    sends: u32,
    sent_at: Option<Timestamp>,
}

/// The request after an event, and what is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The request as it stands now.
    pub request: Request,
    /// The one thing to do.
    pub effect: Effect,
}

impl Stage {
    /// All of them, in the order of the journey.
    pub const ALL: [Self; 7] = [
        Self::Queued,
        Self::Asked,
        Self::Received,
        Self::Accepted,
        Self::Answered,
        Self::Refused,
        Self::Unanswered,
    ];

    /// The word that is stored and shown.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Asked => "asked",
            Self::Received => "received",
            Self::Accepted => "accepted",
            Self::Answered => "answered",
            Self::Refused => "refused",
            Self::Unanswered => "unanswered",
        }
    }

    /// The stage of a stored word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == word)
    }
}

impl Request {
    /// A request that is about to be sent.
    pub fn start() -> Self {
        Self { stage: Stage::Queued, sends: 0, sent_at: None }
    }

    /// A request as it was stored.
    pub fn restore(stage: Stage, sends: u32, sent_at: Option<Timestamp>) -> Self {
        Self { stage, sends, sent_at }
    }

    /// When it was last sent, unless it waits to be sent again.
    pub fn sent_at(&self) -> Option<Timestamp> {
        self.sent_at
    }

    /// Where it stands.
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// How often it was sent.
    pub fn sends(&self) -> u32 {
        self.sends
    }

    /// The instant of the nearest term that is still open; wake up then.
    pub fn due_at(&self, terms: &Terms) -> Option<Timestamp> {
        let sent_at = self.sent_at?;
        let (t1, t2, t3) = (terms.t1_ms, terms.t2_ms, terms.t3_ms);
        let open = match self.stage {
            Stage::Asked => [t1, t2, t3],
            Stage::Received => [None, t2, t3],
            Stage::Accepted => [None, None, t3],
            Stage::Queued | Stage::Answered | Stage::Refused | Stage::Unanswered => [None; 3],
        };
        let nearest = open.into_iter().flatten().min()?;
        sent_at.checked_add(jiff::SignedDuration::from_millis(nearest)).ok()
    }

    /// The next state and the one thing to do about `event`.
    pub fn step(self, event: Event, now: Timestamp, terms: &Terms) -> Step {
        if matches!(self.stage, Stage::Answered | Stage::Refused | Stage::Unanswered) {
            let effect = if event == Event::Tick { Effect::Rest } else { Effect::Late };
            return Step { request: self, effect };
        }
        match event {
            Event::Sent => {
                let sent = Self { stage: Stage::Asked, sends: self.sends + 1, sent_at: Some(now) };
                Step { request: sent, effect: Effect::Rest }
            }
            Event::Rcv if terms.t1_ms.is_none() => self.with(Effect::Unexpected),
            Event::Prs if terms.t2_ms.is_none() => self.with(Effect::Unexpected),
            // It is about to be sent anyway; only the terms of a request on its way may move it.
            Event::Rcv | Event::Prs | Event::Fault if self.stage == Stage::Queued => self.with(Effect::Rest),
            Event::Rcv => self.reach(Stage::Received),
            Event::Prs => self.reach(Stage::Accepted),
            Event::Response => Step { request: self.at(Stage::Answered), effect: Effect::Complete },
            Event::Err => Step { request: self.at(Stage::Refused), effect: Effect::AskPerson },
            Event::Fault => self.repeat(terms),
            Event::Tick if self.due_at(terms).is_some_and(|due| due <= now) => self.repeat(terms),
            Event::Tick => self.with(Effect::Rest),
        }
    }

    /// A signal never moves a request back: RCV may overtake or be overtaken by PRS on the way.
    fn reach(self, stage: Stage) -> Step {
        let is_ahead = matches!((self.stage, stage), (Stage::Accepted, Stage::Received));
        let request = if is_ahead { self } else { self.at(stage) };
        request.with(Effect::Rest)
    }

    fn repeat(self, terms: &Terms) -> Step {
        if self.sends > terms.repeats {
            return Step { request: self.at(Stage::Unanswered), effect: Effect::AskPerson };
        }
        Step { request: Self { stage: Stage::Queued, sent_at: None, ..self }, effect: Effect::Resend }
    }

    fn at(self, stage: Stage) -> Self {
        Self { stage, ..self }
    }

    fn with(self, effect: Effect) -> Step {
        Step { request: self, effect }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TERMS: Terms =
        Terms { t1_ms: Some(120_000), t2_ms: Some(300_000), t3_ms: Some(600_000), repeats: 3 };

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(ms).unwrap()
    }

    /// Walks a request through events and returns it with the last effect.
    fn walk(terms: &Terms, events: &[(Event, i64)]) -> (Request, Effect) {
        let mut request = Request::start();
        let mut effect = Effect::Rest;
        for (event, ms) in events {
            let step = request.step(*event, at(*ms), terms);
            (request, effect) = (step.request, step.effect);
        }
        (request, effect)
    }

    #[test]
    fn a_request_is_received_accepted_and_answered() {
        use Event::{Prs, Rcv, Response, Sent};
        let (request, effect) = walk(&TERMS, &[(Sent, 0), (Rcv, 10), (Prs, 20), (Response, 30)]);
        assert_eq!((request.stage(), effect), (Stage::Answered, Effect::Complete));
        assert_eq!(request.due_at(&TERMS), None);
    }

    #[test]
    fn each_term_is_measured_from_sending() {
        use Event::{Prs, Rcv, Sent};
        assert_eq!(walk(&TERMS, &[(Sent, 5)]).0.due_at(&TERMS), Some(at(120_005)));
        assert_eq!(walk(&TERMS, &[(Sent, 5), (Rcv, 50)]).0.due_at(&TERMS), Some(at(300_005)));
        assert_eq!(walk(&TERMS, &[(Sent, 5), (Prs, 50)]).0.due_at(&TERMS), Some(at(600_005)));
    }

    #[test]
    fn prs_that_overtakes_rcv_is_not_taken_back() {
        use Event::{Prs, Rcv, Sent};
        assert_eq!(walk(&TERMS, &[(Sent, 0), (Prs, 1), (Rcv, 2)]).0.stage(), Stage::Accepted);
    }

    #[test]
    fn a_signal_whose_term_is_blank_must_not_be_used() {
        let blank = Terms { t1_ms: None, t2_ms: None, ..TERMS };
        for signal in [Event::Rcv, Event::Prs] {
            let (request, effect) = walk(&blank, &[(Event::Sent, 0), (signal, 1)]);
            assert_eq!((request.stage(), effect), (Stage::Asked, Effect::Unexpected));
        }
    }

    #[test]
    fn a_missed_term_repeats_and_then_asks_a_person() {
        let mut request = Request::start();
        for round in 0..=TERMS.repeats {
            request = request.step(Event::Sent, at(0), &TERMS).request;
            assert_eq!(request.step(Event::Tick, at(119_999), &TERMS).effect, Effect::Rest);
            let step = request.step(Event::Tick, at(120_000), &TERMS);
            let expected = if round < TERMS.repeats { Effect::Resend } else { Effect::AskPerson };
            assert_eq!(step.effect, expected);
            request = step.request;
        }
        assert_eq!((request.stage(), request.sends()), (Stage::Unanswered, TERMS.repeats + 1));
    }

    #[test]
    fn a_fault_permits_a_resend_and_an_error_ends_the_request() {
        assert_eq!(walk(&TERMS, &[(Event::Sent, 0), (Event::Fault, 1)]).1, Effect::Resend);
        let (request, effect) = walk(&TERMS, &[(Event::Sent, 0), (Event::Err, 1)]);
        assert_eq!((request.stage(), effect), (Stage::Refused, Effect::AskPerson));
    }

    #[test]
    fn what_comes_after_the_end_is_late() {
        use Event::{Err, Response, Sent};
        assert_eq!(walk(&TERMS, &[(Sent, 0), (Err, 1), (Response, 2)]).1, Effect::Late);
        assert_eq!(walk(&TERMS, &[(Sent, 0), (Response, 1), (Response, 2)]).1, Effect::Late);
    }

    #[test]
    fn a_signal_or_fault_about_a_request_that_is_queued_changes_nothing() {
        for event in [Event::Rcv, Event::Prs, Event::Fault] {
            let (request, effect) = walk(&TERMS, &[(event, 0)]);
            assert_eq!((request, effect), (Request::start(), Effect::Rest));
        }
    }

    fn event() -> impl Strategy<Value = Event> {
        use Event::{Err, Fault, Prs, Rcv, Response, Sent, Tick};
        prop::sample::select(vec![Sent, Rcv, Prs, Err, Fault, Response, Tick])
    }

    proptest! {
        #[test]
        fn a_request_completes_at_most_once_and_an_end_is_final(
            events in prop::collection::vec((event(), 0_i64..1_000_000), 0..40)
        ) {
            let mut request = Request::start();
            let (mut completed, mut resent) = (0_u32, 0_u32);
            for (event, ms) in events {
                let before = request;
                let step = request.step(event, at(ms), &TERMS);
                let was_final = matches!(before.stage(), Stage::Answered | Stage::Refused | Stage::Unanswered);
                prop_assert!(!was_final || step.request == before);
                completed += u32::from(step.effect == Effect::Complete);
                resent += u32::from(step.effect == Effect::Resend);
                prop_assert!(step.effect != Effect::Resend || (1..=TERMS.repeats).contains(&before.sends()));
                request = step.request;
            }
            prop_assert!(completed <= 1);
            prop_assert_eq!(completed == 1, request.stage() == Stage::Answered);
            prop_assert!(resent <= request.sends());
            prop_assert!(request.stage() == Stage::Queued || request.sends() > 0 || resent == 0);
        }
    }
}
