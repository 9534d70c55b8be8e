//! `stazh fact kinds`: the catalogue of facts for a person.

use super::{pick, state};
use crate::base::{Language, Written};
use crate::cli::{Exit, show};
use crate::exchange::canonical::State;
use crate::exchange::rules::{FactCatalogue, FactGround, FactKind};
use anyhow::Result;
use comfy_table::presets;
use serde_json::json;

#[derive(Debug, clap::Args)]
pub(super) struct Kinds {
    /// Only those that this state keeps or may ask for.
    #[arg(long)]
    state: Option<String>,
    /// In which language: en or ru.
    #[arg(long, default_value = "en")]
    language: Language,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

impl Kinds {
    pub(super) fn run(self) -> Result<Exit> {
        let wanted = self.state.as_deref().map(state).transpose()?;
        let catalogue = FactCatalogue::built_in()?;
        let concerns = |kind: &&FactKind| wanted.is_none_or(|state| is_of(kind, state));
        if self.json {
            let all = catalogue.kinds().filter(concerns);
            all.for_each(|kind| show::json_line(&as_json(kind, self.language)));
            return Ok(Exit::Done);
        }
        let header = match self.language.written() {
            Written::En => {
                ["kind", "says", "kept by", "asked by, for, on which act", "counts", "no older than"]
            }
            Written::Ru => {
                ["вид", "что", "у кого", "кто спрашивает, зачем, по какому акту", "действует", "не старше"]
            }
        };
        let mut table = show::table(presets::UTF8_HORIZONTAL_ONLY);
        if table.width().is_none() {
            table.set_width(PAGE_CHARS);
        }
        table.set_header(header);
        for kind in catalogue.kinds().filter(concerns) {
            table.add_row(self.row(kind, &catalogue));
        }
        show::line(&table.to_string());
        Ok(Exit::Done)
    }

    fn row(&self, kind: &FactKind, catalogue: &FactCatalogue) -> [String; 6] {
        let ground = |ground: &FactGround| {
            let asking: Vec<&str> = ground.asking.iter().map(State::as_code).collect();
            let act =
                |code| catalogue.basis(code).map_or("", |basis| pick(self.language, &basis.ru, &basis.en));
            let acts: Vec<&str> = ground.bases.iter().map(act).collect();
            let (purpose, channel) = (ground.purpose.as_str(), ground.channel.as_code());
            format!("{}: {purpose} ({channel}; {})", asking.join(" "), acts.join("; "))
        };
        let grounds: Vec<String> = kind.grounds.iter().map(ground).collect();
        let off =
            pick(self.language, "выключен: государство не является членом", "off: the state is no member");
        let grounds = if kind.enabled { grounds.join("\n") } else { off.to_owned() };
        let holders: Vec<String> = kind.holders.iter().map(ToString::to_string).collect();
        let days = |days: i32| format!("{days} {}", pick(self.language, "дн.", "days"));
        let says = pick(self.language, &kind.ru, &kind.en).to_owned();
        let code = kind.code.as_str().to_owned();
        [code, says, holders.join(" "), grounds, days(kind.valid_days), days(kind.age_days)]
    }
}

fn is_of(kind: &FactKind, state: State) -> bool {
    kind.is_held_by(state) || kind.grounds.iter().any(|ground| ground.asking.contains(&state))
}

fn as_json(kind: &FactKind, language: Language) -> serde_json::Value {
    let ground = |ground: &FactGround| {
        json!({
            "purpose": ground.purpose.as_str(), "channel": ground.channel, "asking": ground.asking,
            "bases": ground.bases.iter().map(|basis| basis.as_str()).collect::<Vec<_>>(),
        })
    };
    json!({
        "kind": kind.code.as_str(), "says": pick(language, &kind.ru, &kind.en), "shape": kind.shape,
        "holders": kind.holders.iter().map(ToString::to_string).collect::<Vec<_>>(), "enabled": kind.enabled,
        "valid_days": kind.valid_days, "age_days": kind.age_days, "systems": kind.rows,
        "grounds": kind.grounds.iter().map(ground).collect::<Vec<_>>(),
    })
}

const PAGE_CHARS: u16 = 140;
