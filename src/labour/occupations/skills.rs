//! Skills: our own list, with names in six languages (`schemas/labour/skills.toml`).

use super::coder::folded;
use crate::base::{Finding, Findings, Language};
use crate::exchange::canonical::job::IscoCode;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// The skills, by code and by name.
#[derive(Debug)]
pub struct SkillList {
    skills: BTreeMap<String, SkillEntry>,
    by_name: BTreeMap<String, String>,
    by_group: BTreeMap<IscoCode, BTreeSet<String>>,
}

/// A skill.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SkillEntry {
    names: BTreeMap<Language, Vec<String>>,
    /// The unit groups that need it.
    pub groups: BTreeSet<IscoCode>,
    /// Codes of skills that are near: who has one learns the other soon. Each is near in return.
    #[serde(default)]
    pub kin: BTreeSet<String>,
}

impl SkillEntry {
    /// What it is called, the usual name first.
    pub fn names(&self, language: Language) -> &[String] {
        self.names.get(&language).map_or(&[], Vec::as_slice)
    }

    /// Its usual name.
    pub fn name(&self, language: Language) -> &str {
        self.names(language).first().map_or("", String::as_str) // each has a name in each language
    }
}

impl SkillList {
    /// The list compiled into the program.
    #[expect(clippy::expect_used, reason = "the list is compiled in, and a test reads it")]
    pub fn built_in() -> &'static Self {
        static BUILT_IN: LazyLock<SkillList> =
            LazyLock::new(|| SkillList::of_table(TABLE).expect("the list is in order"));
        &BUILT_IN
    }

    /// The skills of a table.
    ///
    /// # Errors
    /// All that is wrong with it: `labour.skill_table`, with the code.
    pub fn of_table(text: &str) -> Result<Self, Findings> {
        let off = |at: &str, message: &str| Finding::error("labour.skill_table", at, "skills", "", message);
        let skills: BTreeMap<String, SkillEntry> = toml::from_str(text)
            .map_err(|error| vec![off("skills", &format!("not a table of skills: {}", error.message()))])?;
        let (mut by_name, mut findings) = (BTreeMap::new(), Findings::new());
        for (code, skill) in &skills {
            let is_ours =
                code.len() == 5 && code.starts_with('X') && code.bytes().skip(1).all(|b| b.is_ascii_digit());
            if !is_ours {
                findings.push(off(code, "not a code of ours: X and four digits"));
            }
            if skill.groups.is_empty() || skill.groups.iter().any(|group| group.level() != IscoCode::LEVELS) {
                findings.push(off(code, "it is needed by no unit group, or by a group of another level"));
            }
            for language in
                Language::ALL.into_iter().filter(|language| skill.name(*language).trim().is_empty())
            {
                findings.push(off(code, &format!("no name in {language}")));
            }
            let knows = |kin: &String| skills.get(kin).is_some_and(|other| other.kin.contains(code));
            if skill.kin.iter().any(|kin| kin == code || !knows(kin)) {
                findings.push(off(code, "a skill near it is not there, or not in return"));
            }
            for name in skill.names.values().flatten() {
                let other = by_name.insert(folded(name), code.clone()).filter(|other| other != code);
                if let Some(other) = other {
                    findings.push(off(code, &format!("a name of it is also one of {other}")));
                }
            }
        }
        let mut by_group: BTreeMap<IscoCode, BTreeSet<String>> = BTreeMap::new();
        for (code, skill) in &skills {
            for group in &skill.groups {
                by_group.entry(*group).or_default().insert(code.clone());
            }
        }
        if findings.is_empty() { Ok(Self { skills, by_name, by_group }) } else { Err(findings) }
    }

    /// A skill by its code.
    pub fn skill(&self, code: &str) -> Option<&SkillEntry> {
        self.skills.get(code)
    }

    /// All skills by their codes, in order.
    pub fn all(&self) -> impl Iterator<Item = (&str, &SkillEntry)> {
        self.skills.iter().map(|(code, skill)| (code.as_str(), skill))
    }

    /// The code of a skill that a text names, in any of the languages; letters as [`super::Coder`] folds them.
    pub fn code_of(&self, text: &str) -> Option<&str> {
        self.by_name.get(&folded(text)).map(String::as_str)
    }

    /// The skills that a unit group needs.
    pub fn of_group(&self, group: IscoCode) -> impl Iterator<Item = (&str, &SkillEntry)> {
        let codes = self.by_group.get(&group).into_iter().flatten();
        codes.filter_map(|code| Some((code.as_str(), self.skills.get(code)?)))
    }
}

const TABLE: &str = include_str!("../../../schemas/labour/skills.toml");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labour::occupations::OccupationTree;

    #[test]
    fn the_list_is_in_order_and_every_group_has_skills() {
        let list = SkillList::of_table(TABLE).unwrap_or_else(|findings| panic!("{findings:#?}"));
        assert!(list.all().count() > 400);
        let tree = OccupationTree::built_in();
        for (code, skill) in list.all() {
            assert!(skill.groups.iter().all(|group| tree.group(*group).is_some()), "{code} names no group");
        }
        for unit in tree.units().filter(|unit| !unit.code.as_code().starts_with('0')) {
            assert!(list.of_group(unit.code).count() >= 4, "{}", unit.code);
        }
    }

    #[test]
    fn a_skill_is_found_by_a_name_in_any_language() {
        let list = SkillList::built_in();
        for text in
            ["MMA welding", "ручная дуговая сварка", "  РУЧНАЯ  дуговая сварка", "қолмен доғалап дәнекерлеу"]
        {
            assert_eq!(list.code_of(text), Some("X0101"), "{text}");
        }
        assert_eq!(list.code_of("nothing of the kind"), None);
        assert_eq!(list.skill("X0101").unwrap().name(Language::En), "manual metal arc welding");
    }

    #[test]
    fn a_list_that_is_off_is_told_with_the_code() {
        let skill = |code: &str, name: &str, rest: &str| {
            let names =
                Language::ALL.map(|language| format!("{language} = [\"{name} {language}\"]")).join(", ");
            format!("[{code}]\nnames = {{ {names} }}\n{rest}\n")
        };
        let whole = skill("X0101", "a", "groups = [\"7212\"]\nkin = [\"X0102\"]")
            + &skill("X0102", "b", "groups = [\"7212\"]\nkin = [\"X0101\"]");
        assert!(SkillList::of_table(&whole).is_ok());
        for (from, to, found) in [
            ("[X0102]", "[Y0102]", "not a code of ours"),
            ("kin = [\"X0101\"]", "", "not in return"),
            ("[\"b ", "[\"a ", "also one of"),
            ("groups = [\"7212\"]", "groups = [\"72\"]", "no unit group"),
            ("hy = [\"b hy\"]", "hy = []", "no name in hy"),
            ("kin", "kith", "not a table of skills"),
        ] {
            let findings = SkillList::of_table(&whole.replace(from, to)).unwrap_err();
            assert!(findings.iter().any(|finding| finding.message.contains(found)), "{found}: {findings:?}");
        }
    }
}
