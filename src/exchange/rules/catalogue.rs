//! The catalogue of common processes, read from `schemas/processes`: roles, transactions, messages, terms.
//!
//! Codes and terms are data: replacing ours by official ones is an edit of a file.

use super::pattern::Pattern;
use crate::base::Verdict;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The common processes a node takes part in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalogue {
    processes: BTreeMap<String, Process>,
}

/// A common process.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Process {
    /// Such as `P.XP.01`.
    pub code: String,
    /// Stands in every `wsa:Action`.
    pub version: String,
    /// What it is called.
    pub name: Names,
    #[serde(rename = "actor")]
    actors: Vec<Actor>,
    #[serde(rename = "transaction")]
    transactions: Vec<Transaction>,
    #[serde(rename = "message")]
    messages: Vec<MessageKind>,
}

/// A name in the languages known.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Names {
    /// In Russian, the language of interaction.
    pub ru: String,
    /// In English.
    pub en: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Actor {
    code: String,
    name: Names,
}

/// The card of a transaction (D5 ¶104–110): who, which pattern, which terms, which messages.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transaction {
    /// Such as `P.XP.01.TRN.001`.
    pub code: String,
    /// The procedure it belongs to.
    pub procedure: String,
    /// What it is called.
    pub name: Names,
    /// The pattern its messages follow.
    pub pattern: Pattern,
    /// The role that begins.
    pub initiator: String,
    /// The role that answers.
    pub respondent: String,
    /// T1; blank disables RCV.
    pub t1_ms: Option<i64>,
    /// T2; blank disables PRS.
    pub t2_ms: Option<i64>,
    /// T3; blank means that no response is awaited.
    pub t3_ms: Option<i64>,
    /// N: how often a message may be repeated; blank means not at all.
    #[serde(default)]
    pub repeats: u32,
    /// The message that begins.
    pub request: String,
    /// The messages that may answer.
    #[serde(default)]
    pub responses: Vec<String>,
}

/// A message of a process: its structure and whether it is signed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessageKind {
    /// Such as `P.XP.01.MSG.001`; stands in EDocHeader as InfEnvelopeCode.
    pub code: String,
    /// What it is called.
    pub name: Names,
    /// Which rule of the Agreement it serves.
    pub serves: Option<Names>,
    /// Which record it carries.
    pub carries: Carries,
    /// Such as `R.006`; stands in EDocHeader as EDocCode.
    pub structure: String,
    /// The namespace of its root element.
    pub namespace: String,
    /// The root element.
    pub root: String,
    /// "Признак ЭЦП": whether the document is signed.
    pub signed: bool,
}

/// The records that a message may carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Carries {
    /// A document of a pension case; which one, its root element says.
    CaseDocument,
    /// A document of a bulk check; which one, its root element says.
    CheckDocument,
    /// A fact about a person.
    Fact,
    /// The question for a fact.
    FactInquiry,
    /// The offer of a fact.
    FactOffer,
    /// The inquiry for an insurance record.
    Inquiry,
    /// The insurance record.
    InsuranceRecord,
    /// A document of the labour half; which one, its root element says.
    JobDocument,
    /// The notice of a processing result.
    Notice,
    /// The state of a shared resource: when it was last brought up to date.
    Status,
}

/// A catalogue that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// A file is not what a process looks like; the source names line and key.
    #[error("understand process file {file}")]
    Parse {
        /// Which.
        file: String,
        /// Why, with the line.
        #[source]
        source: toml::de::Error,
    },
    /// A file names something it does not define, or defines something twice.
    #[error("use process file {file}: {reason}")]
    Unfit {
        /// Which.
        file: String,
        /// What, and where.
        reason: String,
    },
    /// A process or transaction that is not in the catalogue is asked for.
    #[error("find {code} in the catalogue of common processes; add its file to schemas/processes")]
    Unknown {
        /// Its code.
        code: String,
    },
}

impl CatalogueError {
    /// What becomes of the message: our configuration is at fault.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Parse { .. } | Self::Unfit { .. } | Self::Unknown { .. } => {
                Verdict::Park { code: "rules.catalogue" }
            }
        }
    }
}

impl Catalogue {
    /// The catalogue compiled into the program.
    ///
    /// # Errors
    /// Never for the files of this repository; a test reads them.
    pub fn built_in() -> Result<Self, CatalogueError> {
        Self::parse(&[
            ("P.XP.01.toml", include_str!("../../../schemas/processes/P.XP.01.toml")),
            ("P.XP.02.toml", include_str!("../../../schemas/processes/P.XP.02.toml")),
            ("P.XP.03.toml", include_str!("../../../schemas/processes/P.XP.03.toml")),
            ("P.XP.04.toml", include_str!("../../../schemas/processes/P.XP.04.toml")),
            ("P.XP.05.toml", include_str!("../../../schemas/processes/P.XP.05.toml")),
            ("P.XP.06.toml", include_str!("../../../schemas/processes/P.XP.06.toml")),
            ("P.XL.01.toml", include_str!("../../../schemas/processes/P.XL.01.toml")),
            ("P.XL.02.toml", include_str!("../../../schemas/processes/P.XL.02.toml")),
            ("P.XL.03.toml", include_str!("../../../schemas/processes/P.XL.03.toml")),
            ("P.XP.07.toml", include_str!("../../../schemas/processes/P.XP.07.toml")),
        ])
    }

    /// Reads process files, each with its name.
    ///
    /// # Errors
    /// A file that is not TOML, has an unknown key, or names what it does not define.
    pub fn parse(files: &[(&str, &str)]) -> Result<Self, CatalogueError> {
        let mut processes = BTreeMap::new();
        for (file, text) in files {
            let process: Process = toml::from_str(text)
                .map_err(|source| CatalogueError::Parse { file: (*file).to_owned(), source })?;
            let unfit = |reason| CatalogueError::Unfit { file: (*file).to_owned(), reason };
            if let Some(reason) = process.misfit() {
                return Err(unfit(reason));
            }
            if let Some(twice) = processes.insert(process.code.clone(), process) {
                return Err(unfit(format!("process {} stands in two files", twice.code)));
            }
        }
        Ok(Self { processes })
    }

    /// The transaction that begins with a record of this kind, and its process.
    ///
    /// # Errors
    /// No process has one.
    pub fn beginning_with(&self, carries: Carries) -> Result<(&Process, &Transaction), CatalogueError> {
        self.beginning(|message| message.carries == carries).ok_or_else(|| CatalogueError::Unknown {
            code: format!("a transaction that begins with {carries:?}"),
        })
    }

    /// The transaction that begins with a document of this root element, and its process.
    ///
    /// # Errors
    /// No process has one.
    pub fn beginning_with_root(
        &self,
        (root, namespace): (&str, &str),
    ) -> Result<(&Process, &Transaction), CatalogueError> {
        let is_it = |message: &MessageKind| message.root == root && message.namespace == namespace;
        self.beginning(is_it)
            .ok_or_else(|| CatalogueError::Unknown { code: format!("a transaction that begins with {root}") })
    }

    fn beginning(&self, is_meant: impl Fn(&MessageKind) -> bool) -> Option<(&Process, &Transaction)> {
        let mut all = self
            .processes
            .values()
            .flat_map(|process| process.transactions.iter().map(move |transaction| (process, transaction)));
        all.find(|(process, transaction)| process.message(&transaction.request).is_ok_and(&is_meant))
    }

    /// A transaction by its code, and its process.
    ///
    /// # Errors
    /// No process has it.
    pub fn transaction(&self, code: &str) -> Result<(&Process, &Transaction), CatalogueError> {
        let find = |process: &'_ Process| process.transactions.iter().position(|t| t.code == code);
        let found = self.processes.values().find(|process| find(process).is_some());
        let process = found.ok_or_else(|| CatalogueError::Unknown { code: code.to_owned() })?;
        Ok((process, process.transaction(code)?))
    }

    /// The message whose document has this root element.
    pub fn message_of_root(&self, namespace: &str, root: &str) -> Option<&MessageKind> {
        let mut all = self.processes.values().flat_map(|process| &process.messages);
        all.find(|message| message.namespace == namespace && message.root == root)
    }

    /// A process by its code.
    ///
    /// # Errors
    /// It is not in the catalogue.
    pub fn process(&self, code: &str) -> Result<&Process, CatalogueError> {
        self.processes.get(code).ok_or_else(|| CatalogueError::Unknown { code: code.to_owned() })
    }

    /// The codes of all processes.
    pub fn processes(&self) -> impl Iterator<Item = &str> {
        self.processes.keys().map(String::as_str)
    }
}

impl Process {
    /// A transaction by its code.
    ///
    /// # Errors
    /// The process has none of this code.
    pub fn transaction(&self, code: &str) -> Result<&Transaction, CatalogueError> {
        let unknown = || CatalogueError::Unknown { code: code.to_owned() };
        self.transactions.iter().find(|transaction| transaction.code == code).ok_or_else(unknown)
    }

    /// The message that answers in this transaction with a record of this kind.
    ///
    /// # Errors
    /// None does.
    pub fn response(
        &self,
        transaction: &Transaction,
        carries: Carries,
    ) -> Result<&MessageKind, CatalogueError> {
        let mut answers = transaction.responses.iter().filter_map(|code| self.message(code).ok());
        let unknown = || CatalogueError::Unknown {
            code: format!("an answer of {} with {carries:?}", transaction.code),
        };
        answers.find(|message| message.carries == carries).ok_or_else(unknown)
    }

    /// A message by its code.
    ///
    /// # Errors
    /// The process has none of this code.
    pub fn message(&self, code: &str) -> Result<&MessageKind, CatalogueError> {
        let unknown = || CatalogueError::Unknown { code: code.to_owned() };
        self.messages.iter().find(|message| message.code == code).ok_or_else(unknown)
    }

    /// The first thing that does not fit, if any.
    fn misfit(&self) -> Option<String> {
        let mut codes: Vec<&str> = Vec::new();
        let own = self.actors.iter().map(|a| &a.code).chain(self.transactions.iter().map(|t| &t.code));
        for code in own.chain(self.messages.iter().map(|m| &m.code)) {
            if codes.contains(&code.as_str()) {
                return Some(format!("{code} is defined twice"));
            }
            codes.push(code);
        }
        for transaction in &self.transactions {
            let named = [&transaction.initiator, &transaction.respondent, &transaction.request];
            for code in named.into_iter().chain(&transaction.responses) {
                if !codes.contains(&code.as_str()) {
                    return Some(format!("{} names {code}, which is not defined", transaction.code));
                }
            }
            let (code, pattern) = (&transaction.code, transaction.pattern);
            if pattern.has_response() && transaction.responses.is_empty() {
                return Some(format!("{code} names no response, but its pattern has one"));
            }
            let awaits = !transaction.responses.is_empty() || transaction.t3_ms.is_some();
            if awaits && !pattern.has_response() {
                return Some(format!("{code} awaits a response, but its pattern has none"));
            }
            if pattern == Pattern::Notification && transaction.t1_ms.is_none() {
                return Some(format!(
                    "{code} has no t1_ms, but a notification is always confirmed (D5 ¶137)"
                ));
            }
            let terms = [transaction.t1_ms, transaction.t2_ms, transaction.t3_ms];
            if terms.into_iter().flatten().any(|ms| ms <= 0) {
                return Some(format!(
                    "{} has a term that is not positive; leave a blank term out",
                    transaction.code
                ));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTICES: &str = include_str!("../../../schemas/processes/P.XP.02.toml");
    const FILE: &str = include_str!("../../../schemas/processes/P.XP.01.toml");

    fn refusal(text: &str) -> String {
        let error = Catalogue::parse(&[("x.toml", text)]).unwrap_err();
        std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string)
    }

    #[test]
    fn the_catalogue_of_this_repository_is_whole() {
        let catalogue = Catalogue::built_in().unwrap();
        let process = catalogue.process("P.XP.01").unwrap();
        let transaction = process.transaction("P.XP.01.TRN.001").unwrap();
        assert_eq!((transaction.t1_ms, transaction.repeats), (Some(120_000), 3));
        assert!(process.message(&transaction.request).unwrap().signed);
        for code in &transaction.responses {
            assert!(process.message(code).is_ok());
        }
        assert!(matches!(catalogue.process("P.XP.99"), Err(CatalogueError::Unknown { .. })));
    }

    /// What every case system needs beside the Agreement names no rule of it.
    #[test]
    fn every_message_of_pension_says_what_it_serves_and_by_which_rule() {
        let engine: [&str; 8] = [
            "Clarification",
            "ClarificationAnswer",
            "Rejection",
            "Reminder",
            "Update",
            "Invalidation",
            "Forwarding",
            "Closure",
        ];
        let catalogue = Catalogue::built_in().unwrap();
        let pension = catalogue.processes.values().filter(|process| process.code.starts_with("P.XP."));
        for message in pension.flat_map(|process| &process.messages) {
            let serves = message.serves.as_ref().unwrap_or_else(|| panic!("{} says nothing", message.code));
            let rules = |text: &str| -> Vec<String> {
                let named =
                    text.split(|c: char| !c.is_alphanumeric()).filter_map(|word| word.strip_prefix('T'));
                named
                    .filter(|rule| rule.parse::<u8>().is_ok_and(|rule| (1..=48).contains(&rule)))
                    .map(str::to_owned)
                    .collect()
            };
            assert_eq!(rules(&serves.en), rules(&serves.ru), "{}", message.code);
            let is_engine = engine.contains(&message.root.as_str());
            assert!(is_engine || !rules(&serves.en).is_empty(), "{} names no rule", message.code);
        }
    }

    #[test]
    fn a_file_that_does_not_fit_is_refused_with_its_place() {
        assert!(refusal(&FILE.replace("repeats =", "repeat =")).contains("line"));
        let named = refusal(&FILE.replace("request = \"P.XP.01.MSG.001\"", "request = \"P.XP.01.MSG.009\""));
        assert_eq!(
            named,
            "use process file x.toml: P.XP.01.TRN.001 names P.XP.01.MSG.009, which is not defined"
        );
        let twice = refusal(&FILE.replace("code = \"P.XP.01.ACT.002\"", "code = \"P.XP.01.ACT.001\""));
        assert_eq!(twice, "use process file x.toml: P.XP.01.ACT.001 is defined twice");
        let mute = refusal(&FILE.replace("responses = [\"P.XP.01.MSG.002\", \"P.XP.01.MSG.003\"]", ""));
        assert!(mute.contains("names no response"), "{mute}");
        let wordy = refusal(&FILE.replace("request-response", "distribution"));
        assert!(wordy.contains("its pattern has none"), "{wordy}");
        let loose = "t1_ms = 120000                    # blank: RCV must not be used";
        let unconfirmed = NOTICES.replace("t1_ms = 180000", "");
        assert!(refusal(&unconfirmed).contains("always confirmed"), "{unconfirmed}");
        assert!(Catalogue::parse(&[("x", &FILE.replace(loose, ""))]).is_ok(), "a term may be blank");
        let term = refusal(&FILE.replace("t1_ms = 120000", "t1_ms = 0"));
        assert!(term.contains("a term that is not positive"), "{term}");
        assert!(Catalogue::parse(&[("a", FILE), ("b", FILE)]).is_err());
    }
}
