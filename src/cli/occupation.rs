//! `stazh occupation`: what a job title or a code of an occupation means.

use super::{Exit, Misused, show};
use crate::base::{Clock, Finding, Language, SystemClock, Written};
use crate::exchange::canonical::job::IscoCode;
use crate::labour::occupations::{
    Candidate, Coder, Coding, Crosswalks, Group, Mapping, OccupationTree, SkillList, Target, Unmapped,
};
use anyhow::{Context, Result};
use comfy_table::{CellAlignment, Table, presets};
use jiff::civil::Date;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Tell which unit group of ISCO-08 a job title means, or what a code stands for.
///
/// A title may be in Russian, Kazakh (Cyrillic or Latin), Kyrgyz, Armenian, Belarusian
/// or English, with all that an advertisement puts beside it. What is not sure enough
/// is no answer; the nearest groups are shown all the same.
///
///   stazh occupation "электрогазосварщик 5 разряда"
///   stazh occupation 7212 --language kk
///   stazh occupation --scheme okz 7212.3
///   stazh occupation --scheme okpdtr 100656 --tables tables/
///   stazh occupation check tables/okpdtr.toml
///
/// A code of a national list is mapped by a table or not at all: those at hand are in
/// schemas/labour/crosswalks, your own in the folder of --tables.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct OccupationCommand {
    #[command(subcommand)]
    action: Option<Action>,
    /// Titles, or codes of one to four digits.
    #[arg(required = true)]
    texts: Vec<String>,
    /// Read the texts as codes of this list: isco-08, okz, okpdtr, nkrk-01, okrb-014, or one of your tables.
    #[arg(long)]
    scheme: Option<String>,
    /// A folder of tables of your own (*.toml); they are asked first.
    #[arg(long, value_name = "DIR")]
    tables: Option<PathBuf>,
    /// The day of which a table must be; today if absent.
    #[arg(long, value_name = "DAY")]
    on: Option<Date>,
    /// In which language titles are shown: ru, kk, ky, hy, be or en.
    #[arg(long, default_value = "en")]
    language: Language,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Read tables that map a national list to ISCO-08; all that is wrong is told, with its line.
    Check {
        /// Tables.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Print one JSON object a finding.
        #[arg(long)]
        json: bool,
    },
}

impl OccupationCommand {
    pub(super) fn run(self) -> Result<Exit> {
        if let Some(Action::Check { files, json }) = &self.action {
            return check(files, *json);
        }
        let mut tables = Crosswalks::built_in().clone();
        if let Some(folder) = &self.tables
            && let Err(exit) = take_in(&mut tables, folder)?
        {
            return Ok(exit);
        }
        let on =
            self.on.unwrap_or_else(|| SystemClock.now().to_zoned_datetime(jiff::tz::TimeZone::UTC).date());
        let mut exit = Exit::Done;
        for text in &self.texts {
            let code = text.trim();
            let is_code = (1..=4).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit());
            let told = match &self.scheme {
                Some(scheme) => self.tell_mapping(scheme, code, &tables.map(scheme, code, on)),
                None if is_code => self.tell_group(code)?,
                None => self.tell_coding(text, &Coder::built_in().code(text)),
            };
            exit = exit.max(told);
        }
        Ok(exit)
    }

    fn tell_coding(&self, text: &str, coding: &Coding) -> Exit {
        if self.json {
            let candidates: Vec<_> = coding.candidates.iter().map(|one| self.candidate(one)).collect();
            let answer = coding.answer.and(candidates.first());
            show::json_line(&json!({
                "text": text, "title": coding.title, "answer": answer, "answer_from": Coder::ANSWER_FROM,
                "candidates": candidates,
            }));
            return Exit::Done;
        }
        let [no_title, no_answer, group, title, sure, nearest] = match self.language.written() {
            Written::En => [
                "no title is left of it",
                "no answer: none is sure enough; the nearest are",
                "group",
                "title",
                "sure",
                "nearest name",
            ],
            Written::Ru => [
                "названия работы в тексте нет",
                "нет ответа: ни одна группа не достаточно вероятна; ближайшие",
                "группа",
                "название",
                "увер.",
                "ближайшее имя",
            ],
        };
        show::line(&match coding.answer.and_then(|code| OccupationTree::built_in().group(code)) {
            Some(group) => format!("{text}: {} {}", group.code, group.title(self.language)),
            None if coding.title.is_empty() => format!("{text}: {no_title}"),
            None => format!("{text}: {no_answer}"),
        });
        if coding.candidates.is_empty() {
            return Exit::Done;
        }
        let mut table = show::table(presets::UTF8_FULL_CONDENSED);
        table.set_header([group, title, sure, nearest]);
        for one in coding.candidates.iter().take(SHOWN) {
            table.add_row([
                one.group.to_string(),
                title_of(one.group, self.language).to_owned(),
                format!("{:.0} %", one.confidence * 100.0),
                one.nearest.clone(),
            ]);
        }
        align_right(&mut table, 2);
        show::line(&table.to_string());
        Exit::Done
    }

    fn candidate(&self, one: &Candidate) -> serde_json::Value {
        let views =
            Coder::VIEW_NAMES.iter().zip(one.views).map(|(name, view)| ((*name).to_owned(), json!(view)));
        json!({
            "group": one.group, "title": title_of(one.group, self.language),
            "confidence": one.confidence, "nearest": one.nearest,
            "views": views.collect::<serde_json::Map<_, _>>(),
        })
    }

    fn tell_group(&self, code: &str) -> Result<Exit> {
        let tree = OccupationTree::built_in();
        let group = code.parse().ok().and_then(|code: IscoCode| tree.group(code));
        let Some(group) = group else {
            return Err(Misused(format!(
                "find group {code}: ISCO-08 has none; stazh occupation 7 shows a branch"
            ))
            .into());
        };
        let above: Vec<&Group> =
            (1..group.code.level()).filter_map(|level| tree.group(group.code.at_level(level)?)).collect();
        let skills: Vec<_> = SkillList::built_in().of_group(group.code).collect();
        let pair = |group: &&Group| json!({ "group": group.code, "title": group.title(self.language) });
        if self.json {
            let by_language = |of: &dyn Fn(Language) -> serde_json::Value| {
                let all = Language::ALL.map(|language| (language.code().to_owned(), of(language)));
                all.into_iter().collect::<serde_json::Map<_, _>>()
            };
            let skills: Vec<_> = skills
                .iter()
                .map(|(code, skill)| json!({ "code": code, "name": skill.name(self.language) }))
                .collect();
            show::json_line(&json!({
                "group": group.code, "level": group.code.level(), "title": group.title(self.language),
                "titles": by_language(&|language| json!(group.title(language))),
                "names": by_language(&|language| json!(group.names(language))),
                "above": above.iter().map(pair).collect::<Vec<_>>(),
                "below": tree.below(group.code).map(|group| pair(&group)).collect::<Vec<_>>(),
                "skills": skills,
            }));
            return Ok(Exit::Done);
        }
        let mut table = show::table(presets::NOTHING);
        for (depth, group) in above.iter().copied().chain([group]).enumerate() {
            table.add_row([
                group.code.to_string(),
                format!("{}{}", "  ".repeat(depth), group.title(self.language)),
            ]);
        }
        for below in tree.below(group.code) {
            table.add_row([
                below.code.to_string(),
                format!("{}  {}", "  ".repeat(above.len()), below.title(self.language)),
            ]);
        }
        for (what, values) in [
            ("", group.names(self.language).join(", ")),
            (
                "",
                skills
                    .iter()
                    .map(|(code, skill)| format!("{} ({code})", skill.name(self.language)))
                    .collect::<Vec<_>>()
                    .join(", "),
            ),
        ] {
            if !values.is_empty() {
                table.add_row([what.to_owned(), values]);
            }
        }
        show::line(&table.to_string());
        Ok(Exit::Done)
    }

    fn tell_mapping(&self, scheme: &str, code: &str, mapping: &Mapping) -> Exit {
        let targets: &[Target] = match mapping {
            Mapping::Mapped(targets) => targets,
            Mapping::Unmapped(_) => &[],
        };
        if self.json {
            let targets: Vec<_> = targets
                .iter()
                .map(|to| {
                    json!({
                        "group": to.isco, "title": title_of(to.isco, self.language), "relation": to.relation,
                        "edition": to.edition, "source": to.source,
                    })
                })
                .collect();
            let why = match mapping {
                Mapping::Mapped(_) => None,
                Mapping::Unmapped(why) => Some(*why),
            };
            show::json_line(&json!({ "scheme": scheme, "code": code, "groups": targets, "unmapped": why }));
            return Exit::Done;
        }
        for to in targets {
            let title = title_of(to.isco, self.language);
            show::line(&format!(
                "{scheme} {code}: {} {title} ({}; {} {}; {})",
                to.isco,
                to.relation,
                scheme,
                to.edition.as_str(),
                to.source
            ));
        }
        if let Mapping::Unmapped(why) = mapping {
            show::line(&format!("{scheme} {code}: {}", in_words(*why, self.language)));
        }
        Exit::Done
    }
}

fn in_words(why: Unmapped, language: Language) -> &'static str {
    let (en, ru) = match why {
        Unmapped::NoTable => (
            "no mapping: no table of this list is at hand",
            "нет соответствия: таблицы этого классификатора нет",
        ),
        Unmapped::UnknownCode => {
            ("no mapping: the table does not know the code", "нет соответствия: таблица не знает этого кода")
        }
        Unmapped::NoTarget => {
            ("no mapping: no group stands for the code", "нет соответствия: коду не отвечает ни одна группа")
        }
    };
    language.en_or_ru(en, ru)
}

fn title_of(code: IscoCode, language: Language) -> &'static str {
    OccupationTree::built_in().group(code).map_or("", |group| group.title(language))
}

fn align_right(table: &mut Table, column: usize) {
    if let Some(column) = table.column_mut(column) {
        column.set_cell_alignment(CellAlignment::Right);
    }
}

/// How many groups are shown to a person.
const SHOWN: usize = 5;

/// Takes in the tables of a folder, in the order of their names; what is wrong is told.
fn take_in(tables: &mut Crosswalks, folder: &Path) -> Result<Result<(), Exit>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let file = entry.with_context(|| format!("read {}", folder.display()))?.path();
        files.extend(file.extension().is_some_and(|ending| ending == "toml").then_some(file));
    }
    files.sort();
    let mut outcome = Ok(());
    for file in &files {
        match tables.add(&file.display().to_string(), &read(file)?) {
            Ok(warnings) => warnings.iter().for_each(|finding| show::aside(&finding.to_string())),
            Err(findings) => {
                findings.iter().for_each(|finding| show::aside(&finding.to_string()));
                outcome = Err(Exit::Refused);
            }
        }
    }
    Ok(outcome)
}

fn check(files: &[PathBuf], as_json: bool) -> Result<Exit> {
    let mut exit = Exit::Done;
    for file in files {
        let mut tables = Crosswalks::built_in().clone();
        let name = file.display().to_string();
        let outcome = tables.add(&name, &read(file)?);
        let is_taken = outcome.is_ok();
        let (Ok(findings) | Err(findings)) = outcome;
        for finding in &findings {
            if as_json {
                show::json_line(&serde_json::to_value(finding).context("write a finding")?);
            } else {
                show::line(&finding.to_string());
            }
        }
        let errors = findings.iter().filter(|finding| Finding::is_error(finding)).count();
        if !as_json {
            let codes = tables.tables().first().filter(|_| is_taken).map_or(0, |table| table.len());
            let warnings = findings.len() - errors;
            show::line(&format!("{name}: codes: {codes}, errors: {errors}, warnings: {warnings}"));
        }
        if !is_taken {
            exit = Exit::Refused;
        }
    }
    Ok(exit)
}

fn read(file: &Path) -> Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("read {}", file.display()))
}
