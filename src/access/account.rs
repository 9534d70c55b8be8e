//! The life of an account: requested, issued, first entry, active, blocked. Pure.
//!
//! Rights begin and widen by a granted request alone (A3); blocking alone may come by itself (A33).

use super::request::Granted;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// Where an account stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state", content = "ground")]
pub enum Standing {
    /// Login and temporary password are issued; nobody has entered (A27).
    Issued,
    /// The temporary password was used; it opens the change form alone, and not again (A30).
    Entered,
    /// The registration is complete.
    Active,
    /// Closed until a request opens it (A33, A34).
    Blocked(Ground),
}

/// Why an account is blocked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// It was not entered for longer than the Rules allow (A33).
    Idle,
    /// His duties changed, and the request that says how has not come (A32).
    Duties,
    /// A violation of cyber security was found (A33).
    Violation,
    /// He was dismissed (A32).
    Dismissal,
}

impl Ground {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Idle, Self::Duties, Self::Violation, Self::Dismissal];

    /// The word by which it is stored.
    pub fn word(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Duties => "duties",
            Self::Violation => "violation",
            Self::Dismissal => "dismissal",
        }
    }
}

impl FromStr for Ground {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|ground| ground.word() == word);
        known.ok_or_else(|| {
            format!("{word} is no ground; write one of {}", Self::ALL.map(Self::word).join(", "))
        })
    }
}

/// What happens to an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A request about it was granted.
    Granted(Granted),
    /// The temporary password was used.
    FirstEntry,
    /// He chose a password.
    PasswordChosen,
    /// The temporary password is issued once more, since the registration was cut off: the same request is executed again.
    Again,
    /// It is blocked.
    Blocked(Ground),
}

/// What an account cannot go through.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// There is no account.
    #[error("there is no such account; ask for its registration")]
    None,
    /// There is one already (A6).
    #[error("there is an account already; one person has one login")]
    There,
    /// It is blocked.
    #[error("the account is blocked; ask to unblock it")]
    Blocked,
    /// It is not blocked.
    #[error("the account is not blocked")]
    Open,
    /// The step is not the next one.
    #[error("the registration is at another step")]
    Step,
}

impl Standing {
    /// Whether its registration is complete, and it is not blocked.
    pub fn is_active(self) -> bool {
        matches!(self, Self::Active)
    }

    /// Whether it may be entered at all.
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Blocked(_))
    }

    /// The word by which it is stored; the ground stands beside it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Entered => "entered",
            Self::Active => "active",
            Self::Blocked(_) => "blocked",
        }
    }

    /// Why it is blocked.
    pub fn ground(self) -> Option<Ground> {
        match self {
            Self::Blocked(ground) => Some(ground),
            Self::Issued | Self::Entered | Self::Active => None,
        }
    }

    /// From what is stored.
    pub fn stored(word: &str, ground: Option<Ground>) -> Option<Self> {
        match (word, ground) {
            ("issued", None) => Some(Self::Issued),
            ("entered", None) => Some(Self::Entered),
            ("active", None) => Some(Self::Active),
            ("blocked", Some(ground)) => Some(Self::Blocked(ground)),
            _ => None,
        }
    }

    /// Where an account stands after something happened to it; `before` is nothing where there is none.
    ///
    /// # Errors
    /// It cannot happen there.
    pub fn after(before: Option<Self>, event: &Event) -> Result<Self, AccountError> {
        match event {
            Event::Granted(granted) => Self::after_request(before, granted),
            Event::FirstEntry => match before.ok_or(AccountError::None)? {
                Self::Issued => Ok(Self::Entered),
                Self::Blocked(_) => Err(AccountError::Blocked),
                Self::Entered | Self::Active => Err(AccountError::Step),
            },
            Event::PasswordChosen => match before.ok_or(AccountError::None)? {
                Self::Entered | Self::Active => Ok(Self::Active),
                Self::Blocked(_) => Err(AccountError::Blocked),
                Self::Issued => Err(AccountError::Step),
            },
            Event::Again => match before.ok_or(AccountError::None)? {
                Self::Issued | Self::Entered | Self::Active => Ok(Self::Issued),
                Self::Blocked(_) => Err(AccountError::Blocked),
            },
            Event::Blocked(ground) => Ok(before.ok_or(AccountError::None)?.closed(*ground)),
        }
    }

    fn after_request(before: Option<Self>, granted: &Granted) -> Result<Self, AccountError> {
        use super::request::Action;
        match (granted.action(), before) {
            (Action::Grant, None) => Ok(Self::Issued),
            (Action::Grant, Some(_)) => Err(AccountError::There),
            (Action::Change | Action::Block | Action::Unblock | Action::Reissue, None) => {
                Err(AccountError::None)
            }
            (Action::Block, Some(standing)) => Ok(standing.closed(granted.ground())),
            // what was suspended until this request is entered anew
            (Action::Change, Some(Self::Blocked(Ground::Duties))) => Ok(Self::Issued),
            (Action::Change | Action::Reissue, Some(Self::Blocked(_))) => Err(AccountError::Blocked),
            (Action::Change, Some(standing)) => Ok(standing),
            (Action::Reissue, Some(Self::Issued | Self::Entered | Self::Active))
            | (Action::Unblock, Some(Self::Blocked(_))) => Ok(Self::Issued),
            (Action::Unblock, Some(Self::Issued | Self::Entered | Self::Active)) => Err(AccountError::Open),
        }
    }

    /// Blocked; the graver ground stays.
    fn closed(self, ground: Ground) -> Self {
        match self {
            Self::Blocked(before) => Self::Blocked(before.max(ground)),
            Self::Issued | Self::Entered | Self::Active => Self::Blocked(ground),
        }
    }
}

/// The form of a login: what is typed, without blanks and in small letters; nothing if it is none.
pub fn login_of(text: &str) -> Option<String> {
    let login = text.trim().to_ascii_lowercase();
    let is_letter =
        |octet: u8| octet.is_ascii_lowercase() || octet.is_ascii_digit() || b"._-".contains(&octet);
    let begins = login.bytes().next().is_some_and(|octet| octet.is_ascii_lowercase());
    let is_login = (3..=64).contains(&login.len()) && begins && login.bytes().all(is_letter);
    is_login.then_some(login)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::request::{Action, Reason};
    use proptest::prelude::*;

    fn granted(action: Action, reason: Reason) -> Event {
        Event::Granted(Granted::for_tests(action, reason))
    }

    fn any_event() -> impl Strategy<Value = Event> {
        let ground = prop::sample::select(Ground::ALL.to_vec());
        let request =
            (prop::sample::select(Action::ALL.to_vec()), prop::sample::select(Reason::ALL.to_vec()));
        prop_oneof![
            request.prop_map(|(action, reason)| granted(action, reason)),
            Just(Event::FirstEntry),
            Just(Event::PasswordChosen),
            Just(Event::Again),
            ground.prop_map(Event::Blocked),
        ]
    }

    fn opens(event: &Event) -> bool {
        match event {
            Event::Granted(granted) => granted.action() != Action::Block,
            Event::FirstEntry | Event::PasswordChosen | Event::Again | Event::Blocked(_) => false,
        }
    }

    proptest! {
        /// A3, A30: no path gives rights without a request, a first entry and a password of one's own.
        #[test]
        fn a3_no_path_gives_rights_without_a_request(events in prop::collection::vec(any_event(), 0..40)) {
            let mut standing = None;
            // what has happened since it was last closed, or not there
            let (mut was_asked_for, mut was_entered, mut was_chosen) = (false, false, false);
            for event in &events {
                let Ok(after) = Standing::after(standing, event) else { continue };
                if opens(event) && !matches!((standing, after), (Some(before), after) if before == after) {
                    (was_asked_for, was_entered, was_chosen) = (true, false, false);
                }
                was_entered |= matches!(event, Event::FirstEntry);
                was_chosen |= was_entered && matches!(event, Event::PasswordChosen);
                if !after.is_open() {
                    (was_asked_for, was_entered, was_chosen) = (false, false, false);
                }
                if after.is_active() {
                    prop_assert!(was_asked_for && was_entered && was_chosen, "{:?}", events);
                }
                if after.is_open() {
                    prop_assert!(was_asked_for, "{:?}", events);
                }
                standing = Some(after);
            }
        }
    }

    fn walk(events: &[Event]) -> Result<Standing, AccountError> {
        let mut standing = None;
        for event in events {
            standing = Some(Standing::after(standing, event)?);
        }
        standing.ok_or(AccountError::None)
    }

    /// A30: requested, issued, first entry, active.
    #[test]
    fn a30_registration_is_complete_after_the_password_is_changed() {
        let new = granted(Action::Grant, Reason::New);
        assert_eq!(walk(std::slice::from_ref(&new)), Ok(Standing::Issued));
        assert_eq!(walk(&[new.clone(), Event::PasswordChosen]), Err(AccountError::Step));
        assert_eq!(walk(&[new.clone(), Event::FirstEntry]), Ok(Standing::Entered));
        assert_eq!(walk(&[new.clone(), Event::FirstEntry, Event::FirstEntry]), Err(AccountError::Step));
        assert_eq!(walk(&[new, Event::FirstEntry, Event::PasswordChosen]), Ok(Standing::Active));
        assert_eq!(walk(&[Event::FirstEntry]), Err(AccountError::None));
    }

    /// A34: a blocked account opens on a repeated request alone, with a first entry.
    #[test]
    fn a34_a_blocked_account_opens_on_a_repeated_request() {
        let before = [granted(Action::Grant, Reason::New), Event::FirstEntry, Event::PasswordChosen];
        let with = |more: &[Event]| walk(&[&before[..], more].concat());
        let idle = Event::Blocked(Ground::Idle);
        assert_eq!(with(&[idle.clone(), Event::FirstEntry]), Err(AccountError::Blocked));
        assert_eq!(with(&[idle.clone(), Event::PasswordChosen]), Err(AccountError::Blocked));
        let unblock = granted(Action::Unblock, Reason::BlockedIdle);
        assert_eq!(with(&[idle.clone(), unblock.clone()]), Ok(Standing::Issued));
        assert_eq!(with(&[unblock]), Err(AccountError::Open));
        let lost = granted(Action::Reissue, Reason::LostPassword);
        assert_eq!(with(std::slice::from_ref(&lost)), Ok(Standing::Issued));
        assert_eq!(with(&[idle.clone(), lost]), Err(AccountError::Blocked));
        let graver = Ok(Standing::Blocked(Ground::Violation));
        assert_eq!(with(&[Event::Blocked(Ground::Violation), idle]), graver);
    }

    /// A32: a personnel event suspends until the request arrives.
    #[test]
    fn a32_changed_duties_suspend_until_the_request_comes() {
        let before = [granted(Action::Grant, Reason::New), Event::FirstEntry, Event::PasswordChosen];
        let with = |more: &[Event]| walk(&[&before[..], more].concat());
        let change = granted(Action::Change, Reason::DutyChange);
        assert_eq!(with(std::slice::from_ref(&change)), Ok(Standing::Active));
        assert_eq!(with(&[Event::Blocked(Ground::Duties), change.clone()]), Ok(Standing::Issued));
        assert_eq!(with(&[Event::Blocked(Ground::Violation), change]), Err(AccountError::Blocked));
        let dismissed = granted(Action::Block, Reason::Dismissal);
        assert_eq!(with(&[dismissed]), Ok(Standing::Blocked(Ground::Dismissal)));
    }

    #[test]
    fn every_standing_is_read_as_it_is_stored() {
        let blocked = Ground::ALL.map(Standing::Blocked);
        for standing in [Standing::Issued, Standing::Entered, Standing::Active].into_iter().chain(blocked) {
            assert_eq!(Standing::stored(standing.word(), standing.ground()), Some(standing));
        }
        assert_eq!(Standing::stored("blocked", None), None);
        assert_eq!(Standing::stored("active", Some(Ground::Idle)), None);
    }

    #[test]
    fn a_login_is_small_letters_digits_and_dots() {
        assert_eq!(login_of(" A.Akhmetova ").as_deref(), Some("a.akhmetova"));
        for wrong in ["", "ab", "1abc", "a b c", "а.ахметова", "a'--", "<b>x", &"a".repeat(65)] {
            assert_eq!(login_of(wrong), None, "{wrong}");
        }
    }
}
