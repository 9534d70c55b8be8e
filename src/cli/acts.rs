//! `stazh acts`: who did what, who saw whom, and the feed for the centre of cyber security.

use super::{Exit, Misused, local, noted, show};
use crate::base::OsRandom;
use crate::exchange::canonical::{Identifier, IdentifierKind};
use crate::flow::entry::{ActView, EntryPolicy, acts_at_machine, check_acts, feed, feed_told};
use crate::store::{Act, ActsBy, Store};
use anyhow::Result;
use comfy_table::presets;
use std::path::PathBuf;
use uuid::Uuid;

/// Show the acts of people and programs, refusals included, the latest first.
///
/// With --person: who saw a person's data, by a number of his (KIND:NUMBER).
/// With --cef: what the feed of this name has not told yet, one line an act in CEF
/// inside syslog (RFC 5424), oldest first; run it again and it goes on. With
/// --check: whether the table of acts is what the journal says; that the journal
/// was not changed is said by stazh journal verify.
///
///   stazh acts kz --login a.akhmetova
///   stazh acts kz --case KZ-2026-000417
///   stazh acts kz --person iin:850315300018
///   stazh acts kz --cef soc | logger --server soc.example --tcp --port 6514
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
#[command(group = clap::ArgGroup::new("of").args(["login", "case", "person", "cef", "check"]))]
pub(super) struct Acts {
    /// The node's folder, or its settings file.
    node: PathBuf,
    /// Those of a login.
    #[arg(long)]
    login: Option<String>,
    /// Those on a case, by its number.
    #[arg(long)]
    case: Option<String>,
    /// Those about a person: snils, iin, by-number, pin or psn, a colon, and the number.
    #[arg(long, value_name = "KIND:NUMBER")]
    person: Option<String>,
    /// The feed of this name.
    #[arg(long, value_name = "NAME")]
    cef: Option<String>,
    /// Compare the table with the journal.
    #[arg(long)]
    check: bool,
    /// How many are shown.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

impl Acts {
    pub(super) fn run(self) -> Result<Exit> {
        let settings = local::settings(&self.node)?;
        let person = self.person.as_deref().map(number).transpose()?;
        local::block_on(async {
            let store = local::store(&settings, "list the acts").await?;
            let clock = settings.clock();
            let command = match (&self.cef, &self.person) {
                (Some(_), _) => "journal-export",
                (None, Some(_)) => "journal-who-saw",
                (None, None) => "journal-view",
            };
            let work = async {
                match (&self.cef, self.check) {
                    (Some(name), _) => tell_feed(name, &store).await,
                    (None, true) => tell_checked(&store).await,
                    (None, false) => self.list(person.as_ref(), &store).await,
                }
            };
            let exit = noted::noted((command, ""), (&store, clock.as_ref()), work).await;
            store.close().await;
            exit
        })
    }

    async fn list(&self, person: Option<&Identifier>, store: &Store) -> Result<Exit> {
        let subject = match person {
            Some(number) => Some(EntryPolicy::of(store, &OsRandom::default()).await?.subject(number)?),
            None => None,
        };
        let case = self.case.as_ref().map(|case| format!("case:{case}"));
        let by = match (&subject, &self.login, &case) {
            (Some(subject), _, _) => ActsBy::Subject(subject.as_str()),
            (None, Some(login), _) => ActsBy::Login(login),
            (None, None, Some(case)) => ActsBy::Object(case),
            (None, None, None) => ActsBy::All,
        };
        let wanted = usize::try_from(self.limit)?;
        let (mut shown, mut before): (Vec<ActView>, Option<Uuid>) = (Vec::new(), None);
        loop {
            let page = acts_at_machine(store, by, before).await?;
            shown.extend(page.acts);
            before = page.next;
            if before.is_none() || shown.len() >= wanted {
                break;
            }
        }
        shown.truncate(wanted);
        self.tell(&shown)?;
        Ok(Exit::Done)
    }

    fn tell(&self, acts: &[ActView]) -> Result<()> {
        if self.json {
            for act in acts {
                show::json_line(&serde_json::to_value(act)?);
            }
            return Ok(());
        }
        if acts.is_empty() {
            show::line("no such act");
            return Ok(());
        }
        let mut table = show::table(presets::UTF8_HORIZONTAL_ONLY);
        table.set_header(["when", "who", "by", "command", "object", "purpose", "outcome"]);
        for act in acts {
            let purpose: Vec<&str> =
                [act.purpose.as_deref(), act.served.as_deref()].into_iter().flatten().collect();
            table.add_row([
                act.at.to_string(),
                act.login.clone(),
                act.via.clone(),
                act.command.clone(),
                act.object.clone(),
                purpose.join(": "),
                outcome(act),
            ]);
        }
        show::line(&table.to_string());
        Ok(())
    }
}

/// How far it came, and why not further.
fn outcome(act: &ActView) -> String {
    let word = match (&act.stage, &act.code) {
        (Some(stage), _) => stage.as_str(),
        (None, Some(_)) => "refused",
        (None, None) => "done",
    };
    let more = [&act.code, &act.flag].into_iter().flatten().map(|code| format!(" {code}"));
    format!("{word}{}", more.collect::<String>())
}

/// Prints what a feed has not told, page by page; a page is noted when it is printed.
async fn tell_feed(name: &str, store: &Store) -> Result<Exit> {
    loop {
        let (acts, number) = feed(store, name).await?;
        acts.iter().for_each(|act| show::line(&cef(act)));
        let before = crate::store::feed_find(&mut store.read().await?, name).await?;
        if number <= before {
            return Ok(Exit::Done);
        }
        feed_told(store, name, number).await?;
    }
}

async fn tell_checked(store: &Store) -> Result<Exit> {
    let checked = check_acts(store).await?;
    for id in &checked.differ {
        show::line(&format!("act {id} is not in the table as the journal has it"));
    }
    if checked.strangers > 0 {
        show::line(&format!("{} acts are in the table and not in the journal", checked.strangers));
    }
    show::line(&format!("{} acts are as the journal has them", checked.agree));
    let is_well = checked.differ.is_empty() && checked.strangers == 0;
    Ok(if is_well { Exit::Done } else { Exit::Refused })
}

fn number(text: &str) -> Result<Identifier> {
    let misused = |text: String| Misused(format!("read --person: {text}"));
    let (kind, number) =
        text.split_once(':').ok_or_else(|| misused("write KIND:NUMBER, such as iin:…".to_owned()))?;
    let kind: IdentifierKind =
        kind.parse().map_err(|finding: crate::base::Finding| misused(finding.message))?;
    Ok(Identifier::parse(kind, number).map_err(|finding| misused(finding.message))?)
}

/// An act as a line of syslog (RFC 5424) with its content in CEF.
fn cef(act: &Act) -> String {
    // facility 13, log audit; a refusal is a warning
    let (priority, severity) =
        if act.code.is_some() || act.flag.is_some() { (13 * 8 + 4, 6) } else { (13 * 8 + 6, 3) };
    let version = env!("CARGO_PKG_VERSION");
    let mut text = format!(
        "<{priority}>1 {} - stazh - act - CEF:0|Stazh|stazh|{version}|{}|{}|{severity}|rt={} externalId={} suser={}",
        act.at,
        head(&act.command),
        head(&act.command),
        act.at.as_millisecond(),
        act.id,
        value(&act.login),
    );
    let outcome = if act.code.is_some() { "failure" } else { "success" };
    let more = [
        ("spriv", act.role.as_deref()),
        ("deviceCustomString1Label", Some("object")),
        ("deviceCustomString1", Some(act.object.as_str())),
        ("deviceCustomString2Label", act.subject.as_ref().map(|_| "person")),
        ("deviceCustomString2", act.subject.as_deref()),
        ("requestContext", act.purpose.as_deref()),
        ("app", Some(act.via.as_str())),
        ("outcome", Some(outcome)),
        ("reason", act.code.as_deref()),
        ("deviceCustomString3Label", act.stage.as_ref().map(|_| "stage")),
        ("deviceCustomString3", act.stage.as_deref()),
        ("deviceCustomString4Label", act.flag.as_ref().map(|_| "flag")),
        ("deviceCustomString4", act.flag.as_deref()),
    ];
    for (key, told) in more {
        if let Some(told) = told.filter(|told| !told.is_empty()) {
            text.push_str(&format!(" {key}={}", value(told)));
        }
    }
    text
}

/// A field of the head: a bar and a backslash would end it.
fn head(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|").replace(['\r', '\n'], " ")
}

/// A value of the extension: an equals sign would begin the next one.
fn value(text: &str) -> String {
    text.replace('\\', "\\\\").replace('=', "\\=").replace(['\r', '\n'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn act(object: &str, code: Option<&str>) -> Act {
        Act {
            id: Uuid::nil(),
            at: "2026-11-30T05:00:00Z".parse().unwrap(),
            login: "a=b".to_owned(),
            role: Some("clerk".to_owned()),
            via: "console".to_owned(),
            command: "case-view".to_owned(),
            object: object.to_owned(),
            subject: None,
            purpose: Some("claim".to_owned()),
            served: None,
            code: code.map(str::to_owned),
            stage: None,
            flag: None,
        }
    }

    /// A26: CEF inside syslog; nothing that somebody wrote can end a field or a line.
    #[test]
    fn a26_an_act_is_one_line_of_cef() {
        let line = cef(&act("case:1", None));
        let wanted = format!(
            "<110>1 2026-11-30T05:00:00Z - stazh - act - CEF:0|Stazh|stazh|{}|case-view|case-view|3|\
             rt=1796014800000 externalId=00000000-0000-0000-0000-000000000000 suser=a\\=b spriv=clerk \
             deviceCustomString1Label=object deviceCustomString1=case:1 requestContext=claim app=console \
             outcome=success",
            env!("CARGO_PKG_VERSION")
        );
        assert_eq!(line, wanted);
        let refused = cef(&act("x\\y = 1\nCEF:0|forged", Some("access.role")));
        assert!(refused.starts_with("<108>1 ") && refused.ends_with("outcome=failure reason=access.role"));
        assert!(!refused.contains('\n') && refused.contains("x\\\\y \\= 1 CEF:0|forged"));
    }

    #[test]
    fn a_person_is_named_by_kind_and_number() {
        assert!(number("iin:850315300018").is_ok());
        for wrong in ["850315300018", "iin:1", "bin:850315300018"] {
            let text = number(wrong).unwrap_err().to_string();
            assert!(text.starts_with("read --person") && !text.contains("850315300018"), "{text}");
        }
    }
}
