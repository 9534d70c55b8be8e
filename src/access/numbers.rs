//! The numbers of access, each with its unit and its source (`schemas/access/numbers.toml`), and the wordings of the Rules.

use crate::base::WorkingDays;
use jiff::civil::Date;
use jiff::{SignedDuration, ToSpan};
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// All of them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Numbers {
    /// What the Rules demand.
    pub law: Law,
    /// What the node decides.
    pub policy: Policy,
    #[serde(rename = "wording")]
    wordings: Vec<Wording>,
}

/// Numbers of the Rules.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Law {
    /// Within what an access request is answered (A28).
    pub request_answer: Number,
    /// Within what an appeal is executed (A18).
    pub appeal_execution: Number,
    /// How old the order may be on which a request rests (A29).
    pub basis_age: Number,
    /// How long an account may be without an entry (A33).
    pub idle: Number,
    /// Within what a recipient reports changes (A37).
    pub changes_report: Number,
}

/// Numbers that the Rules leave to the node.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// After what a password is to be changed (A7).
    pub password_age: Number,
    /// How many passwords before may not be taken again.
    pub password_history: Number,
    /// How short a password may be.
    pub password_length: Number,
    /// How long a temporary password waits for its first entry.
    pub temporary_password: Number,
    /// After how many failed tries an account is locked for a while.
    pub lockout_tries: Number,
    /// For how long.
    pub lockout: Number,
    /// How long the last administrator is delayed at the most.
    pub delay_max: Number,
    /// After what without a request a session ends.
    pub session_idle: Number,
    /// After what a session ends in any case.
    pub session_total: Number,
    /// How far ahead the end of a program's token may lie (A40).
    pub token: Number,
}

/// One number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Number {
    /// How many.
    pub count: u32,
    /// Of what.
    pub unit: Unit,
    /// By which rule.
    pub source: String,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Days that are worked in the state of the node.
    WorkingDays,
    /// Days.
    CalendarDays,
    /// Years.
    Years,
    /// Minutes.
    Minutes,
    /// Seconds.
    Seconds,
    /// Tries to sign in.
    Tries,
    /// Letters of a password.
    Letters,
    /// Passwords.
    Passwords,
}

/// A wording of the Rules.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wording {
    id: String,
    from: Option<Date>,
}

/// A file of numbers that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum NumbersError {
    /// It is not of the form of `schemas/access/numbers.toml`.
    #[error("understand numbers of access")]
    Form(#[from] Box<toml::de::Error>),
    /// A number of another unit, or none at all.
    #[error("use the number {name}: it is at least 1 and counted in {unit:?}")]
    Unit {
        /// Which.
        name: &'static str,
        /// In what it is counted.
        unit: Unit,
    },
}

impl Numbers {
    /// Those of this program.
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    /// The same with an operator's policy: a file that has the table `policy` alone, whole.
    ///
    /// # Errors
    /// A file of another form.
    pub fn with_policy(&self, text: &str) -> Result<Self, NumbersError> {
        let own: OwnPolicy = toml::from_str(text).map_err(Box::new)?;
        let numbers = Self { policy: own.policy, ..self.clone() };
        numbers.check()?;
        Ok(numbers)
    }

    /// By which wording of the Rules a request of a day is judged (A47).
    pub fn wording(&self, filed_on: Date) -> &str {
        let in_force =
            self.wordings.iter().filter(|wording| wording.from.is_none_or(|from| from <= filed_on));
        in_force.max_by_key(|wording| wording.from).map_or("", |wording| &wording.id)
    }

    fn check(&self) -> Result<(), NumbersError> {
        let (law, policy) = (&self.law, &self.policy);
        let wanted = [
            (&law.request_answer, "request_answer", Unit::WorkingDays),
            (&law.appeal_execution, "appeal_execution", Unit::WorkingDays),
            (&law.basis_age, "basis_age", Unit::Years),
            (&law.idle, "idle", Unit::CalendarDays),
            (&law.changes_report, "changes_report", Unit::CalendarDays),
            (&policy.password_age, "password_age", Unit::CalendarDays),
            (&policy.password_history, "password_history", Unit::Passwords),
            (&policy.password_length, "password_length", Unit::Letters),
            (&policy.temporary_password, "temporary_password", Unit::CalendarDays),
            (&policy.lockout_tries, "lockout_tries", Unit::Tries),
            (&policy.lockout, "lockout", Unit::Minutes),
            (&policy.delay_max, "delay_max", Unit::Seconds),
            (&policy.session_idle, "session_idle", Unit::Minutes),
            (&policy.session_total, "session_total", Unit::Minutes),
            (&policy.token, "token", Unit::Minutes),
        ];
        let wrong = wanted.into_iter().find(|(number, _, unit)| number.unit != *unit || number.count == 0);
        wrong.map_or(Ok(()), |(_, name, unit)| Err(NumbersError::Unit { name, unit }))
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnPolicy {
    policy: Policy,
}

impl Number {
    /// The length of a number of minutes, seconds or days; nothing of what is no time.
    pub fn duration(&self) -> SignedDuration {
        let count = i64::from(self.count);
        match self.unit {
            Unit::CalendarDays => SignedDuration::from_hours(count * 24),
            Unit::Minutes => SignedDuration::from_mins(count),
            Unit::Seconds => SignedDuration::from_secs(count),
            Unit::WorkingDays | Unit::Years | Unit::Tries | Unit::Letters | Unit::Passwords => {
                SignedDuration::ZERO
            }
        }
    }

    /// The last day of a term that begins on `start`, which does not count itself; none of what is no term.
    pub fn last_day(&self, start: Date, days: &dyn WorkingDays) -> Option<Date> {
        let count = i64::from(self.count);
        match self.unit {
            Unit::WorkingDays => days.after(start, self.count),
            Unit::CalendarDays => start.checked_add(count.days()).ok(),
            Unit::Years => start.checked_add(count.years()).ok(),
            Unit::Minutes | Unit::Seconds | Unit::Tries | Unit::Letters | Unit::Passwords => None,
        }
    }
}

#[expect(clippy::expect_used, reason = "it is compiled in, and a test reads it")]
static BUILT_IN: LazyLock<Numbers> = LazyLock::new(|| {
    toml::from_str(include_str!("../../schemas/access/numbers.toml")).expect("the numbers are readable")
});

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::{Weekday, date};

    struct Week;

    impl WorkingDays for Week {
        fn is_working(&self, day: Date) -> bool {
            let is_holiday = (day.month(), day.day()) == (12, 16);
            !is_holiday && !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
        }
    }

    #[test]
    fn the_numbers_of_the_program_are_of_their_units() {
        Numbers::built_in().check().unwrap();
    }

    /// A28, A18: three working days; a weekend and a holiday do not count.
    #[test]
    fn a28_three_working_days_pass_over_weekends_and_holidays() {
        let law = &Numbers::built_in().law;
        let friday = date(2026, 12, 11);
        // Monday 14, Tuesday 15, Wednesday 16 is a holiday, Thursday 17
        assert_eq!(law.request_answer.last_day(friday, &Week), Some(date(2026, 12, 17)));
        assert_eq!(law.appeal_execution.last_day(friday, &Week), Some(date(2026, 12, 17)));
        assert_eq!(law.request_answer.last_day(date(2026, 12, 12), &Week), Some(date(2026, 12, 17)));
        // A37 and A33 count every day
        assert_eq!(law.changes_report.last_day(friday, &Week), Some(date(2026, 12, 21)));
        assert_eq!(law.idle.last_day(friday, &Week), Some(date(2027, 1, 10)));
    }

    /// A47: the wording is that of the day of filing.
    #[test]
    fn a47_a_request_is_judged_by_the_wording_of_its_day() {
        let numbers = Numbers::built_in();
        assert_eq!(numbers.wording(date(2026, 7, 11)), "419-of-2025-12-26");
        assert_eq!(numbers.wording(date(2026, 7, 12)), "213-of-2026-05-28");
        assert_eq!(numbers.wording(date(2030, 1, 1)), "213-of-2026-05-28");
    }

    /// A7: a policy is a parameter; the law is not.
    #[test]
    fn a7_an_operator_replaces_the_policy_and_not_the_law() {
        let text = include_str!("../../schemas/access/numbers.toml");
        let (_, policy) = text.split_once("[policy.password_age]").unwrap();
        let (policy, _) = policy.split_once("[[wording]]").unwrap();
        let policy = format!("[policy.password_age]{policy}");
        let built_in = Numbers::built_in();
        assert_eq!(&built_in.with_policy(&policy).unwrap(), built_in);
        let longer = policy.replace("count = 12", "count = 20");
        assert_eq!(built_in.with_policy(&longer).unwrap().policy.password_length.count, 20);
        for wrong in [
            text.to_owned(),
            policy.replace("count = 5\n", "count = 0\n"),
            policy.replace("\"minutes\"", "\"years\""),
        ] {
            assert!(built_in.with_policy(&wrong).is_err());
        }
    }
}
