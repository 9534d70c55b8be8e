//! The course of a transaction, seen from one of its sides: a pure machine of (state, event, now) for all six
//! patterns (D5 ¶97–139).
//!
//! A side watches the terms of the message it sends and of no other (D5 ¶108): the initiator of its request, the
//! respondent of its response where the pattern has it confirmed. When the repeats are exhausted a person is asked
//! (D5 ¶110).

use super::plan::{Plan, Role};
use jiff::{SignedDuration, Timestamp};

/// Where a side stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// The peer's message is here, and what answers it is being made.
    Working,
    /// Our message is to be sent, for the first time or again.
    Queued,
    /// It was sent; nothing came back yet.
    Sent,
    /// RCV came.
    Received,
    /// PRS came.
    Accepted,
    /// The response is here and accepted; the peer may object for one more T2 (D5 ¶124).
    Objectable,
    /// The transaction is complete.
    Completed,
    /// ERR came: the peer refused our message.
    Refused,
    /// We refused the peer's message.
    Rejected,
    /// Every repeat was spent and what was awaited did not come.
    Unanswered,
    /// One side could not do its part, so neither did anything (D5 ¶122).
    Cancelled,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Our message left for the peer.
    Sent,
    /// Signal "Получено" about our message.
    Rcv,
    /// Signal "Принято в обработку" about our message.
    Prs,
    /// Signal "Ошибка".
    Err,
    /// A technological fault about our message (D5 ¶100: permits a resend).
    Fault,
    /// The response came and is accepted.
    Response,
    /// Our part is done: the response is in the outbox, or there is none to give.
    Replied,
    /// The peer's message is refused.
    Reject,
    /// Nothing but time.
    Tick,
}

/// What is to be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    Rest,
    /// Send our message again, under a new MessageID.
    Resend,
    /// The transaction is complete: what came may have its effect.
    Complete,
    /// Answer with ERR `Common:UnexpectedMessage` (D5 ¶117).
    Unexpected,
    /// Too late: the transaction is over. Keep it in the journal.
    Late,
    /// Ask a person (D5 ¶103, ¶110).
    AskPerson,
    /// Tell the peer by ERR that nothing of it has effect, and ask a person (D5 ¶122, ¶124).
    Cancel,
}

/// One side's course so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Course {
    stage: Stage,
    sends: u32,
    /// Since when the terms of this stage run: the sending of our message, or the beginning of the objection time.
    since: Option<Timestamp>,
}

/// The course after an event, and the one thing to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The course as it stands now.
    pub course: Course,
    /// The one thing to do.
    pub effect: Effect,
}

impl Stage {
    /// All of them, in the order of the journey.
    pub const ALL: [Self; 11] = [
        Self::Working,
        Self::Queued,
        Self::Sent,
        Self::Received,
        Self::Accepted,
        Self::Objectable,
        Self::Completed,
        Self::Refused,
        Self::Rejected,
        Self::Unanswered,
        Self::Cancelled,
    ];

    /// The word that is stored and shown.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Working => "working",
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Received => "received",
            Self::Accepted => "accepted",
            Self::Objectable => "objectable",
            Self::Completed => "completed",
            Self::Refused => "refused",
            Self::Rejected => "rejected",
            Self::Unanswered => "unanswered",
            Self::Cancelled => "cancelled",
        }
    }

    /// The stage of a stored word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == word)
    }

    /// Whether nothing moves it any more.
    pub fn is_end(&self) -> bool {
        match self {
            Self::Completed | Self::Refused | Self::Rejected | Self::Unanswered | Self::Cancelled => true,
            Self::Working
            | Self::Queued
            | Self::Sent
            | Self::Received
            | Self::Accepted
            | Self::Objectable => false,
        }
    }
}

impl Course {
    /// Where a side begins: the initiator with a message to send, the respondent with one to deal with.
    pub fn start(role: Role) -> Self {
        let stage = match role {
            Role::Initiator => Stage::Queued,
            Role::Respondent => Stage::Working,
        };
        Self { stage, sends: 0, since: None }
    }

    /// A course as it was stored.
    pub fn restore(stage: Stage, sends: u32, since: Option<Timestamp>) -> Self {
        Self { stage, sends, since }
    }

    /// Where it stands.
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// How often our message was sent.
    pub fn sends(&self) -> u32 {
        self.sends
    }

    /// Since when the terms of this stage run.
    pub fn since(&self) -> Option<Timestamp> {
        self.since
    }

    /// The terms that are open, in milliseconds from [`since`](Self::since): of RCV, of PRS (or of an objection), of
    /// the response.
    pub fn open_terms(&self, plan: &Plan) -> [Option<i64>; 3] {
        let awaited = plan.awaited();
        let response = plan.terms.t3_ms.filter(|_| plan.awaits_response());
        match self.stage {
            Stage::Sent => [awaited.rcv_ms, awaited.prs_ms, response],
            Stage::Received => [None, awaited.prs_ms, response],
            Stage::Accepted => [None, None, response],
            Stage::Objectable => [None, plan.objection_ms(), None],
            Stage::Working
            | Stage::Queued
            | Stage::Completed
            | Stage::Refused
            | Stage::Rejected
            | Stage::Unanswered
            | Stage::Cancelled => [None; 3],
        }
    }

    /// The instant of the nearest term that is open; wake up then.
    pub fn due_at(&self, plan: &Plan) -> Option<Timestamp> {
        let nearest = self.open_terms(plan).into_iter().flatten().min()?;
        self.since?.checked_add(SignedDuration::from_millis(nearest)).ok()
    }

    /// The next state and the one thing to do about `event`.
    pub fn step(self, event: Event, now: Timestamp, plan: &Plan) -> Step {
        if self.stage.is_end() {
            return self.with(self.after_the_end(event));
        }
        match event {
            Event::Sent => self.sent(now, plan),
            Event::Rcv | Event::Prs if self.stage == Stage::Working => self.with(Effect::Unexpected),
            Event::Rcv if plan.awaited().rcv_ms.is_none() => self.with(Effect::Unexpected),
            Event::Prs if plan.awaited().prs_ms.is_none() => self.with(Effect::Unexpected),
            Event::Rcv => self.reach(Stage::Received, now, plan),
            Event::Prs => self.reach(Stage::Accepted, now, plan),
            Event::Response => self.response(now, plan),
            Event::Replied if self.stage == Stage::Working => self.replied(plan),
            Event::Replied => self.with(Effect::Rest),
            Event::Reject => self.at(Stage::Rejected).with(Effect::Rest),
            Event::Err if plan.is_atomic() => self.at(Stage::Cancelled).with(Effect::AskPerson),
            Event::Err => self.at(Stage::Refused).with(Effect::AskPerson),
            // Only what is on its way can have met a fault.
            Event::Fault if matches!(self.stage, Stage::Sent | Stage::Received | Stage::Accepted) => {
                self.again(plan)
            }
            Event::Fault => self.with(Effect::Rest),
            Event::Tick if self.due_at(plan).is_none_or(|due| now < due) => self.with(Effect::Rest),
            Event::Tick if self.stage == Stage::Objectable => self.complete(),
            // The initiator of mutual obligations begins again; its respondent gives up for both (D5 ¶122, ¶124).
            Event::Tick if plan.is_atomic() && plan.role == Role::Respondent => {
                self.at(Stage::Cancelled).with(Effect::Cancel)
            }
            Event::Tick => self.again(plan),
        }
    }

    /// An end is final. A refusal after it is a disagreement, so it is a person's business: a distribution is over
    /// right after sending, and its receiver may still say ERR (D5 ¶139).
    fn after_the_end(&self, event: Event) -> Effect {
        match (event, self.stage) {
            (Event::Err, Stage::Completed) => Effect::AskPerson,
            (Event::Tick | Event::Sent | Event::Replied | Event::Reject, _) => Effect::Rest,
            (Event::Rcv | Event::Prs | Event::Err | Event::Fault | Event::Response, _) => Effect::Late,
        }
    }

    fn sent(self, now: Timestamp, plan: &Plan) -> Step {
        // What the peer says of it may be recorded before our own sending is.
        if !matches!(self.stage, Stage::Queued | Stage::Sent) {
            return self.with(Effect::Rest);
        }
        let sent = Self { stage: Stage::Sent, sends: self.sends.saturating_add(1), since: Some(now) };
        if plan.awaited().is_empty() && !plan.awaits_response() {
            return sent.complete();
        }
        sent.with(Effect::Rest)
    }

    /// A signal never moves a course back: RCV may overtake or be overtaken by PRS on the way. One about a message
    /// that is still to be sent proves that it was sent, only the reply to that was lost.
    fn reach(self, stage: Stage, now: Timestamp, plan: &Plan) -> Step {
        let is_behind = matches!(
            (self.stage, stage),
            (Stage::Queued | Stage::Sent, _) | (Stage::Received, Stage::Accepted)
        );
        if !is_behind {
            return self.with(Effect::Rest);
        }
        let reached = Self { stage, sends: self.sends.max(1), since: self.since.or(Some(now)) };
        let is_last = stage == Stage::Accepted || plan.awaited().prs_ms.is_none();
        if is_last && !plan.awaits_response() {
            return reached.complete();
        }
        reached.with(Effect::Rest)
    }

    fn response(self, now: Timestamp, plan: &Plan) -> Step {
        if !plan.awaits_response() {
            return self.with(Effect::Unexpected);
        }
        match (self.stage, plan.objection_ms()) {
            (Stage::Objectable, _) => self.with(Effect::Late),
            (_, Some(_)) => Self { since: Some(now), sends: self.sends.max(1), ..self }
                .at(Stage::Objectable)
                .with(Effect::Rest),
            (_, None) => Self { sends: self.sends.max(1), ..self }.complete(),
        }
    }

    fn replied(self, plan: &Plan) -> Step {
        if plan.pattern.has_response() && (plan.is_atomic() || !plan.awaited().is_empty()) {
            return self.at(Stage::Queued).with(Effect::Rest);
        }
        self.complete()
    }

    /// What was awaited did not come in time, or the peer could not take what we sent (D5 ¶100).
    fn again(self, plan: &Plan) -> Step {
        if self.sends > plan.terms.repeats {
            return match (plan.is_atomic(), plan.role) {
                (true, Role::Respondent) => self.at(Stage::Cancelled).with(Effect::Cancel),
                (true, Role::Initiator) | (false, _) => self.at(Stage::Unanswered).with(Effect::AskPerson),
            };
        }
        Self { stage: Stage::Queued, since: None, ..self }.with(Effect::Resend)
    }

    fn complete(self) -> Step {
        self.at(Stage::Completed).with(Effect::Complete)
    }

    fn at(self, stage: Stage) -> Self {
        Self { stage, ..self }
    }

    fn with(self, effect: Effect) -> Step {
        Step { course: self, effect }
    }
}

#[cfg(test)]
mod tests;
