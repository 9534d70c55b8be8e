//! What the index keeps of a vacancy.

use super::JobIndexError;
use super::brief;
use super::counts::TAG;
use super::search::BRIEF;
use crate::exchange::canonical::job::{ExperienceBand, IscoCode, Pay, Vacancy, VacancyRef};
use crate::labour::matching::{
    Facets, Guess, Need, Tables, Weights, grams, meant_occupations, with_named_skills, word_terms,
};
use jiff::civil::Date;
use rust_decimal::prelude::ToPrimitive;
use tantivy::TantivyDocument;
use tantivy::schema::{
    BytesOptions, Field, IndexRecordOption, NumericOptions, Schema, TextFieldIndexing, TextOptions,
};

/// The fields of the index.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields {
    /// The reference, by which one is taken out.
    pub(super) reference: Field,
    /// Groups of ISCO-08 that it means, at all four levels.
    pub(super) group: Field,
    /// Codes of skills.
    pub(super) skill: Field,
    /// `state:KZ`, `region:KZ/75`, `remote:only` and the like: filters and facets in one.
    pub(super) tag: Field,
    /// Demands that a person meets or not, as [`Need`] writes them.
    pub(super) need: Field,
    /// Words of the title.
    pub(super) title: Field,
    /// Grams of the title.
    pub(super) gram: Field,
    /// Words of title, duties and skills.
    pub(super) text: Field,
    /// The day it was posted.
    pub(super) posted: Field,
    /// The last day to apply.
    pub(super) closes: Field,
    /// The upper end of the pay for a month, in its own currency.
    pub(super) pay: Field,
    /// What the score reads of it.
    pub(super) brief: Field,
    /// The vacancy itself, as JSON without contacts.
    pub(super) kept: Field,
}

impl Fields {
    /// The fields, and the schema of them.
    pub(super) fn build() -> (Self, Schema) {
        let mut schema = Schema::builder();
        let indexing = |tokenizer, option, norms| {
            let indexing = TextFieldIndexing::default().set_tokenizer(tokenizer).set_index_option(option);
            TextOptions::default().set_indexing_options(indexing.set_fieldnorms(norms))
        };
        let code = indexing("raw", IndexRecordOption::Basic, false);
        let words = indexing("whitespace", IndexRecordOption::WithFreqs, true);
        let number = || NumericOptions::default().set_fast();
        let fields = Self {
            reference: schema.add_text_field("reference", code.clone()),
            group: schema.add_text_field("group", code.clone()),
            skill: schema.add_text_field("skill", code.clone()),
            tag: schema.add_text_field(TAG, code.clone().set_fast("raw")),
            need: schema.add_text_field("need", code),
            title: schema.add_text_field("title", words.clone()),
            gram: schema.add_text_field("gram", words.clone()),
            text: schema.add_text_field("text", words),
            posted: schema.add_u64_field("posted", number()),
            closes: schema.add_u64_field("closes", number()),
            pay: schema.add_u64_field("pay", number()),
            brief: schema.add_u64_field(BRIEF, number()),
            kept: schema.add_bytes_field("kept", BytesOptions::default().set_stored()),
        };
        (fields, schema.build())
    }

    /// The row of a vacancy whose title may mean these; its contacts stay out.
    pub(super) fn row(
        &self,
        vacancy: &Vacancy,
        guesses: &[Guess],
        (tables, weights): (&dyn Tables, &Weights),
    ) -> Result<TantivyDocument, JobIndexError> {
        let mut row = TantivyDocument::default();
        row.add_text(self.reference, reference_term(&vacancy.reference));
        let read = with_named_skills(vacancy, tables);
        let meant = meant_occupations(&read, guesses, tables, weights);
        let meant = meant.iter().filter(|meant| meant.share >= MEANT_MIN);
        meant.for_each(|meant| add_levels(&mut row, self.group, meant.group));
        for code in read.skills.iter().filter_map(|skill| skill.code.as_ref()) {
            row.add_text(self.skill, code.as_str());
        }
        tags(vacancy).iter().for_each(|tag| row.add_text(self.tag, tag));
        Need::of(vacancy).for_each(|need| row.add_text(self.need, need.to_string()));
        let title = vacancy.title.as_str();
        let title_terms = word_terms(title).join(" ");
        row.add_text(self.title, &title_terms);
        row.add_text(self.gram, grams(title).join(" "));
        let mut text = title_terms;
        let duties = vacancy.description.iter().map(|duties| duties.as_str());
        let skills = vacancy.skills.iter().filter_map(|skill| skill.name.as_ref()).map(|name| name.as_str());
        for part in duties.chain(skills) {
            for term in word_terms(part) {
                text.push(' ');
                text.push_str(&term);
            }
        }
        row.add_text(self.text, text);
        row.add_u64(self.posted, day_number(vacancy.posted_on));
        if let Some(last) = vacancy.closes_on {
            row.add_u64(self.closes, day_number(last));
        }
        if let Some(pay) = vacancy.pay.as_ref().and_then(|pay| month_units(pay, weights)) {
            row.add_u64(self.pay, pay);
        }
        brief::words(&read, guesses).into_iter().for_each(|word| row.add_u64(self.brief, word));
        let kept = serde_json::to_vec(&vacancy.without_contacts())
            .map_err(|source| JobIndexError::Kept { source })?;
        row.add_bytes(self.kept, &kept);
        Ok(row)
    }
}

/// A vacancy is not found by what it means less than this, of 1000.
const MEANT_MIN: u32 = 150;

fn add_levels(row: &mut TantivyDocument, field: Field, code: IscoCode) {
    for level in (1..=IscoCode::LEVELS).filter_map(|level| code.at_level(level)) {
        row.add_text(field, level.as_code());
    }
}

/// A reference as one term.
pub(super) fn reference_term(reference: &VacancyRef) -> String {
    format!("{}/{}/{}", reference.state, reference.source.as_str(), reference.id.as_str())
}

/// What a vacancy is filtered and counted by: `name:value`.
fn tags(vacancy: &Vacancy) -> Vec<String> {
    let mut tags = Vec::new();
    for name in Facets::NAMES {
        tags.extend(Facets::values(vacancy, name).into_iter().map(|value| format!("{name}:{value}")));
    }
    let unplaced = vacancy.places.iter().filter(|place| place.region.is_none());
    tags.extend(unplaced.map(|place| format!("region:{}/", place.country)));
    if vacancy.places.is_empty() {
        tags.push(format!("region:{}/", vacancy.reference.state));
    }
    tags.extend(vacancy.schooling.map(|asked| format!("schooling:{asked}")));
    tags.extend(vacancy.pay.map(|pay| format!("currency:{}", pay.currency())));
    let band = vacancy.experience_months.map_or(ExperienceBand::None, ExperienceBand::of_months);
    tags.push(format!("experience:{band}"));
    tags.sort();
    tags.dedup();
    tags
}

/// Days since the year 0, for comparisons alone.
pub(super) fn day_number(day: Date) -> u64 {
    let days = day.since(Date::ZERO).map_or(0, |span| span.get_days());
    u64::try_from(days).unwrap_or_default()
}

fn month_units(pay: &Pay, weights: &Weights) -> Option<u64> {
    let most = pay.max().or(pay.min())?;
    let months = weights.months(pay.interval())?;
    most.checked_mul(months)?.round().to_u64()
}
