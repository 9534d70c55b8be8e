//! `stazh explain`: what an error code means and what to do.

use super::{Exit, Misused, show};
use crate::base::{Explanation, Language, Written, explain, explanations};
use anyhow::Result;
use comfy_table::{Table, presets};

/// Tell what an error code means, whose turn it is and what to do.
///
/// Codes stand in the journal, in stazh status --waiting, in the output of
/// stazh verify and validate, and in what peers are answered.
///
///   stazh explain seal.expired
///   stazh explain seal.expired --language ru
///   stazh explain                     all of them
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Explain {
    /// The codes, such as seal.expired, or their beginnings, such as seal; all of them if absent.
    codes: Vec<String>,
    /// In which language: en or ru.
    #[arg(long, default_value = "en")]
    language: Language,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

impl Explain {
    pub(super) fn run(self) -> Result<Exit> {
        let mut found: Vec<(&str, &Explanation)> = Vec::new();
        for wanted in &self.codes {
            let stage = format!("{wanted}.");
            let of_stage = explanations().filter(|(code, _)| code.starts_with(&stage));
            let of_code = explanations().filter(|(code, _)| code == wanted);
            let before = found.len();
            found.extend(of_code.chain(of_stage));
            if found.len() == before {
                let reason = "no code of this program; stazh explain lists all of them";
                return Err(Misused(format!("explain {wanted}: {reason}")).into());
            }
        }
        if self.codes.is_empty() {
            found.extend(explanations());
        }
        if self.json {
            found.iter().for_each(|(code, it)| show::json_line(&as_json(code, it, self.language)));
        } else if let [(code, it)] = found.as_slice() {
            show::line(&as_text(code, it, self.language));
        } else {
            show::line(&as_table(&found, self.language));
        }
        Ok(Exit::Done)
    }
}

/// What to do about a code, for the commands that show one.
pub(super) fn remedy(code: &str, language: Language) -> Option<&'static str> {
    explain(code).map(|it| it.remedy.of(language))
}

fn as_json(code: &str, it: &Explanation, language: Language) -> serde_json::Value {
    serde_json::json!({
        "code": code, "turn": it.turn, "retry": it.again,
        "cause": it.cause.of(language), "remedy": it.remedy.of(language),
    })
}

fn as_text(code: &str, it: &Explanation, language: Language) -> String {
    let [cause, remedy, turn, again] = match language.written() {
        Written::En => ["what happened", "what to do", "whose turn", "again"],
        Written::Ru => ["что случилось", "что делать", "кто действует", "повтор"],
    };
    let mut table = table_of(presets::NOTHING);
    table.add_row([cause, it.cause.of(language)]);
    table.add_row([remedy, it.remedy.of(language)]);
    table.add_row([turn, it.turn.in_words(language)]);
    table.add_row([again, it.again.in_words(language)]);
    format!("{code}\n{table}")
}

fn as_table(found: &[(&str, &Explanation)], language: Language) -> String {
    let header = match language.written() {
        Written::En => ["code", "what happened", "what to do", "whose turn"],
        Written::Ru => ["код", "что случилось", "что делать", "кто действует"],
    };
    let mut table = table_of(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header(header);
    for (code, it) in found {
        table.add_row([code, it.cause.of(language), it.remedy.of(language), it.turn.in_words(language)]);
    }
    table.to_string()
}

/// A table of sentences: as wide as the terminal, or as a page where there is none.
fn table_of(preset: &str) -> Table {
    let mut table = show::table(preset);
    if table.width().is_none() {
        table.set_width(PAGE_CHARS);
    }
    table
}

const PAGE_CHARS: u16 = 110;
