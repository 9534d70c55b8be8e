//! An access request, in the fields of form App. 2 of the Rules (F2), and all that is wrong with it.

use super::{Commands, Ground, Numbers, Role, Systems, login_of};
use crate::base::{Digest256, Finding, Findings, Language};
use jiff::ToSpan;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;
use uuid::Uuid;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum $name { $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)+ }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word by which it is stored and told.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            fn from_str(word: &str) -> Result<Self, String> {
                let all = Self::ALL.iter().copied();
                all.clone().find(|known| known.word() == word).ok_or_else(|| {
                    let words: Vec<&str> = all.map(Self::word).collect();
                    format!("{word} is not known here; write one of {}", words.join(", "))
                })
            }
        }
    };
}

words!(
    /// What is asked for.
    Action {
        /// Register a user and give him rights.
        Grant = "grant",
        /// Change rights.
        Change = "change",
        /// Block an account.
        Block = "block",
        /// Open a blocked account.
        Unblock = "unblock",
        /// A new temporary password.
        Reissue = "reissue",
    }
);

words!(
    /// Why.
    Reason {
        /// A new user.
        New = "new",
        /// The password is lost (A34 b).
        LostPassword = "lost_password",
        /// The login is lost (A34 b).
        LostLogin = "lost_login",
        /// Login or password were not kept safe (A34 c).
        Compromised = "compromised",
        /// The account was blocked since nobody entered (A34 a).
        BlockedIdle = "blocked_idle",
        /// The account was blocked for a violation (A34 a).
        BlockedViolation = "blocked_violation",
        /// Duties were extended, reduced or changed (A32).
        DutyChange = "duty_change",
        /// He was dismissed (A32).
        Dismissal = "dismissal",
    }
);

words!(
    /// What order the request rests on (A29).
    BasisKind {
        /// Of employment.
        Employment = "employment",
        /// Of a move to another position.
        Transfer = "transfer",
        /// Of dismissal.
        Dismissal = "dismissal",
    }
);

/// A request to register users, to give or change rights, to block or open accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessRequest {
    /// What is asked for.
    pub action: Action,
    /// Why.
    pub reason: Reason,
    /// The order it rests on.
    pub basis: Basis,
    /// Who asks: a legal entity (A4).
    pub applicant: Applicant,
    /// For whom.
    pub users: Vec<RequestedUser>,
    /// What they are to be; one role for all of a request.
    pub role: Role,
    /// Ids of the register of systems (A43).
    #[serde(default)]
    pub systems: BTreeSet<String>,
    /// Functions of the catalogue (A39).
    #[serde(default)]
    pub functions: BTreeSet<String>,
    /// The corporate address to which the answer goes (A28).
    pub reply_email: String,
}

/// An order on employment, move or dismissal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Basis {
    /// Of what.
    pub kind: BasisKind,
    /// Its number.
    pub number: String,
    /// When it was approved.
    #[schemars(with = "String")]
    pub date: Date,
    /// The SHA-256 of its copy, which is attached.
    #[schemars(with = "Option<String>")]
    pub file: Option<Digest256>,
}

/// The legal entity that asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Applicant {
    /// Its number in the register of legal entities (BIN).
    pub number: String,
    /// Its name.
    pub name: String,
    /// Its region (F1).
    #[serde(default)]
    pub region: String,
    /// Full name of its head.
    pub head_name: String,
    /// When the head signed.
    #[schemars(with = "Option<String>")]
    pub signed_on: Option<Date>,
    /// Number and date of its letter, where there is one (F1).
    pub letter: Option<Letter>,
    /// Whether it is a state body or public institution (A35).
    pub is_state_body: bool,
    /// The act by which one that is none may have access (A35).
    pub exception_act: Option<String>,
}

/// A letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Letter {
    /// Its number.
    pub number: String,
    /// Its date.
    #[schemars(with = "String")]
    pub date: Date,
}

/// A user in a request: columns 1 and 2 of the form.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestedUser {
    /// Full name; of a program, what it is called.
    pub name: String,
    /// His number, as the state of the node has it (IIN); a program has none.
    #[serde(default)]
    pub number: String,
    /// His login; a new user may leave it to the administrator.
    #[serde(default)]
    pub login: String,
    /// Number of his office.
    #[serde(default)]
    pub office: String,
    /// Mobile phone.
    #[serde(default)]
    pub mobile: String,
    /// IP address of his computer.
    #[serde(default)]
    pub address: String,
    /// Position.
    pub position: String,
    /// Structural unit.
    pub unit: String,
    /// The language he reads.
    #[serde(default)]
    pub language: Option<Language>,
    /// Of a program: its Ed25519 public key, 32 octets in Base64 (A40).
    #[serde(default)]
    pub public_key: Option<String>,
}

impl fmt::Debug for RequestedUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RequestedUser(…)")
    }
}

/// Leave to do to accounts what a request asks; only a decision about a stored request makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    request: Uuid,
    action: Action,
    reason: Reason,
}

impl Granted {
    /// Of a request that stands in the store and was found good.
    pub fn of(request: Uuid, asked: &AccessRequest) -> Self {
        Self { request, action: asked.action, reason: asked.reason }
    }

    /// The number of the request.
    pub fn request(&self) -> Uuid {
        self.request
    }

    /// What it grants.
    pub fn action(&self) -> Action {
        self.action
    }

    /// For which reason an account is blocked by it.
    pub fn ground(&self) -> Ground {
        match self.reason {
            Reason::Dismissal => Ground::Dismissal,
            Reason::BlockedViolation | Reason::Compromised => Ground::Violation,
            Reason::BlockedIdle => Ground::Idle,
            Reason::New | Reason::LostPassword | Reason::LostLogin | Reason::DutyChange => Ground::Duties,
        }
    }

    #[cfg(test)]
    pub(super) fn for_tests(action: Action, reason: Reason) -> Self {
        Self { request: Uuid::nil(), action, reason }
    }
}

impl AccessRequest {
    /// All that is wrong with it, on the day on which it is filed.
    pub fn findings(&self, filed_on: Date, numbers: &Numbers, systems: &Systems) -> Findings {
        let mut look = Look(Vec::new());
        self.look_at_basis(filed_on, numbers, &mut look);
        self.look_at_applicant(&mut look);
        self.look_at_rights(systems, &mut look);
        look.that(
            is_address(&self.reply_email),
            ("reply_email", "Rules, item 22 (A28)"),
            &self.reply_email,
            || "name the corporate e-mail to which the answer goes".to_owned(),
        );
        look.that(!self.users.is_empty(), ("users", "App. 2, column 1"), "", || {
            "name at least one user".to_owned()
        });
        look.that(self.users.len() <= USERS_MAX, ("users", "App. 2"), "", || {
            format!("name no more than {USERS_MAX} users in one request")
        });
        let (mut logins, mut numbers_seen) = (BTreeSet::new(), BTreeSet::new());
        for (at, user) in self.users.iter().enumerate() {
            self.look_at_user(user, &format!("users[{at}]"), &mut look);
            let is_new = user.login.is_empty() || logins.insert(&user.login);
            look.that(is_new, (&format!("users[{at}].login"), "Rules, item 5(3) (A6)"), &user.login, || {
                "one login is one person's; it stands in the request twice".to_owned()
            });
            let is_new = user.number.is_empty() || numbers_seen.insert(&user.number);
            look.that(
                is_new,
                (&format!("users[{at}].number"), "Rules, item 5(3) (A6)"),
                &user.number,
                || "one person has one login; he stands in the request twice".to_owned(),
            );
        }
        look.0
    }

    /// A29: an order approved within one year before the filing, and its copy.
    fn look_at_basis(&self, filed_on: Date, numbers: &Numbers, look: &mut Look) {
        let Basis { kind, number, date, file } = &self.basis;
        look.filled("basis.number", "Rules, item 23 (A29)", number);
        look.that(file.is_some(), ("basis.file", "Rules, item 23 (A29)"), "", || {
            "attach a copy of the order".to_owned()
        });
        look.that(*date <= filed_on, ("basis.date", "Rules, item 23 (A29)"), &date.to_string(), || {
            "the order is approved after the request is filed; correct its date".to_owned()
        });
        let years = i64::from(numbers.law.basis_age.count);
        let oldest = filed_on.checked_sub(years.years()).unwrap_or(Date::MIN);
        look.that(*date >= oldest, ("basis.date", "Rules, item 23 (A29)"), &date.to_string(), || {
            "the order was approved more than one year before the filing; attach a newer one".to_owned()
        });
        let fits = match self.action {
            Action::Grant | Action::Unblock => *kind != BasisKind::Dismissal,
            Action::Change | Action::Reissue => *kind != BasisKind::Dismissal,
            Action::Block => true,
        };
        look.that(fits, ("basis.kind", "Rules, item 27 (A32)"), kind.word(), || {
            "an order of dismissal gives no rights; name the order of employment or move".to_owned()
        });
        let goes = match self.action {
            Action::Grant => self.reason == Reason::New,
            Action::Change => self.reason == Reason::DutyChange,
            Action::Block => {
                matches!(self.reason, Reason::Dismissal | Reason::DutyChange | Reason::Compromised)
            }
            Action::Unblock => {
                matches!(
                    self.reason,
                    Reason::BlockedIdle | Reason::BlockedViolation | Reason::DutyChange | Reason::New
                )
            }
            Action::Reissue => {
                matches!(self.reason, Reason::LostPassword | Reason::LostLogin | Reason::Compromised)
            }
        };
        look.that(goes, ("reason", "Rules, items 27, 29 (A32, A34)"), self.reason.word(), || {
            format!("this is no reason for {}", self.action.word())
        });
    }

    /// A4: a legal entity, with name and signature of its head. A35: a state body, or the act that provides otherwise.
    fn look_at_applicant(&self, look: &mut Look) {
        let of = &self.applicant;
        let is_number = of.number.len() == 12 && of.number.bytes().all(|octet| octet.is_ascii_digit());
        let is_other = (8..=15).contains(&of.number.len()) && of.number.bytes().all(|o| o.is_ascii_digit());
        look.that(is_number || is_other, ("applicant.number", "Rules, item 3(9) (A4)"), &of.number, || {
            "name the number of the legal entity (BIN); a person cannot ask in his own name".to_owned()
        });
        look.filled("applicant.name", "Rules, item 3(9) (A4)", &of.name);
        look.filled("applicant.head_name", "App. 2 (A4)", &of.head_name);
        look.that(of.signed_on.is_some(), ("applicant.signed_on", "App. 2 (A4)"), "", || {
            "the head of the legal entity must sign the request".to_owned()
        });
        let has_act = of.exception_act.as_deref().is_some_and(|act| !act.trim().is_empty());
        look.that(
            of.is_state_body || has_act,
            ("applicant.exception_act", "Rules, item 30 (A35)"),
            "",
            || "name the act by which one that is no state body may have access".to_owned(),
        );
    }

    /// A43, A39: systems and functions are picked from the register and the catalogue; A10: no function beyond the role's.
    fn look_at_rights(&self, systems: &Systems, look: &mut Look) {
        let gives = matches!(self.action, Action::Grant | Action::Change);
        look.that(!gives || !self.systems.is_empty(), ("systems", "App. 2, column 3 (A43)"), "", || {
            "name the digital systems".to_owned()
        });
        for system in &self.systems {
            look.that(systems.has(system), ("systems", "App. 2, column 3 (A43)"), system, || {
                "a system is not in the register; pick it from the list".to_owned()
            });
        }
        let of_role = Commands::built_in().functions_of(self.role);
        look.that(!gives || !self.functions.is_empty(), ("functions", "App. 2, column 4 (A39)"), "", || {
            "name the functions".to_owned()
        });
        for function in &self.functions {
            look.that(
                of_role.contains(function.as_str()),
                ("functions", "App. 2, column 4 (A39)"),
                function,
                || format!("a function is not one of {}", self.role),
            );
        }
    }

    fn look_at_user(&self, user: &RequestedUser, path: &str, look: &mut Look) {
        let at = |field: &str| format!("{path}.{field}");
        let is_program = self.role == Role::Integration;
        look.filled(&at("name"), "App. 2, column 1", &user.name);
        look.filled(&at("position"), "App. 2, column 2", &user.position);
        look.filled(&at("unit"), "App. 2, column 2", &user.unit);
        look.that(
            is_program || !user.number.trim().is_empty(),
            (&at("number"), "App. 2, column 1"),
            "",
            || "name his identification number".to_owned(),
        );
        let is_old = !matches!(self.action, Action::Grant);
        let knows_login = !matches!(self.reason, Reason::LostLogin);
        look.that(
            !(is_old && knows_login && user.login.is_empty()),
            (&at("login"), "App. 2, column 1"),
            "",
            || "name the login; only a new user, or one who lost it, may leave it out".to_owned(),
        );
        let is_form = user.login.is_empty() || login_of(&user.login).as_deref() == Some(&user.login);
        look.that(is_form, (&at("login"), "App. 2, column 1"), &user.login, || {
            "write a login with 3 to 64 small Latin letters, digits, dots or dashes".to_owned()
        });
        let is_ip = user.address.parse::<IpAddr>().is_ok();
        let may_lack = !matches!(self.action, Action::Grant | Action::Change);
        look.that(
            is_ip || may_lack && user.address.is_empty(),
            (&at("address"), "App. 2, column 1"),
            &user.address,
            || "write the IP address of his computer".to_owned(),
        );
        let needs_key = is_program && matches!(self.action, Action::Grant | Action::Reissue);
        look.that(!needs_key || user.key().is_some(), (&at("public_key"), "Rules, item 2 (A40)"), "", || {
            "give the program's Ed25519 public key: 32 octets in Base64".to_owned()
        });
    }
}

impl RequestedUser {
    /// Its public key; nothing if there is none, or it is not 32 octets.
    pub fn key(&self) -> Option<[u8; 32]> {
        use base64::Engine;
        let octets = base64::engine::general_purpose::STANDARD.decode(self.public_key.as_deref()?).ok()?;
        octets.try_into().ok()
    }
}

/// Gathers findings.
struct Look(Findings);

impl Look {
    fn that(
        &mut self,
        holds: bool,
        (path, rule): (&str, &str),
        value: &str,
        message: impl FnOnce() -> String,
    ) {
        if !holds {
            self.0.push(Finding::error("access.request", path, rule, value, message()));
        }
    }

    fn filled(&mut self, path: &str, rule: &str, value: &str) {
        let length = value.trim().chars().count();
        self.that(length > 0, (path, rule), value, || "fill it in".to_owned());
        self.that(length <= TEXT_MAX, (path, rule), value, || format!("use no more than {TEXT_MAX} letters"));
    }
}

fn is_address(text: &str) -> bool {
    let (Some((name, host)), 3..=254) = (text.split_once('@'), text.len()) else { return false };
    let is_plain = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "._+-".contains(c))
    };
    is_plain(name) && is_plain(host) && host.contains('.') && !host.starts_with('.') && !host.ends_with('.')
}

const USERS_MAX: usize = 50;
const TEXT_MAX: usize = 500;

#[cfg(test)]
mod tests;
