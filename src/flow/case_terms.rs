//! Tells a person of answers that are due: ours when a reminder comes and when it is late, theirs when it is late.

use super::cases::{KnownCase, cases_watched, leave};
use super::facts::day_of;
use super::{Context, FlowError};
use crate::base::Code;
use crate::exchange::canonical::State;
use crate::pension::{CaseStage, Waiting, calendars, is_overdue, terms};
use crate::store::{JournalDraft, journal_append, told_once};
use jiff::civil::Date;
use std::collections::HashSet;

/// Journals each answer that is due or late, once for each reminder, however many replicas look; in a closed case nothing
/// is. `told` keeps what needs not be looked for again.
///
/// # Errors
/// The database does not answer.
pub async fn note_due(told: &mut HashSet<String>, ctx: &Context) -> Result<(), FlowError> {
    let now = ctx.clock.now();
    let mut after = String::new();
    loop {
        let cases = cases_watched(&after, PAGE, ctx).await?;
        let Some(last) = cases.last() else { return Ok(()) };
        last.id.as_str().clone_into(&mut after);
        for case in &cases {
            if case.file.stage() != CaseStage::Waiting {
                leave(&case.id, ctx).await?;
                continue;
            }
            let waiting = case.file.waiting();
            let sentences = waiting.iter().filter_map(|it| sentence(case, it, (ctx.state, day_of(now))));
            for (code, text) in sentences.filter(|(_, text)| !told.contains(text)).collect::<Vec<_>>() {
                let mut tx = ctx.store.begin().await?;
                if told_once(&mut tx, &text, now).await? {
                    let entry = JournalDraft::at(now, ASK, &text).coded(Some(code));
                    journal_append(&mut tx, &entry).await?;
                }
                tx.commit().await?;
                told.insert(text);
            }
        }
    }
}

/// A sentence that stays the same until the next reminder.
fn sentence(case: &KnownCase, waiting: &Waiting, (ours, today): (State, Date)) -> Option<(Code, String)> {
    let due = waiting.is_due(case.file.filed(), (terms(), calendars()))?;
    let what = format!("case {}: {} is to answer {}", case.id.as_str(), waiting.who, waiting.kind.as_code());
    let what = format!("{what} {} by {}", waiting.document_id.as_uuid(), due.day);
    if is_overdue(due.day, today) {
        let whose = if waiting.who == ours { "answer it" } else { "remind them" };
        return Some(("case.overdue", format!("{what}; that is over, {whose}")));
    }
    let days = terms().reminders(due.start, due.day, calendars().of(waiting.who)?);
    let number = days.iter().filter(|day| **day <= today).count();
    (waiting.who == ours && number > 0)
        .then(|| ("case.due", format!("{what}; reminder {number} of {}", days.len())))
}

const ASK: &str = "ask_person";
/// Cases that are read at once.
const PAGE: u32 = 500;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::DocumentId;
    use crate::exchange::canonical::case::CaseDocumentKind;
    use crate::pension::{CaseEntry, CaseFile, Said};
    use jiff::ToSpan;
    use jiff::civil::date;

    #[test]
    fn an_answer_is_told_at_each_reminder_and_when_it_is_late() {
        let asked = CaseEntry {
            document_id: DocumentId::from_uuid(uuid::Uuid::from_u128(1)),
            kind: CaseDocumentKind::AmountsInquiry,
            from: State::Ru,
            to: State::Kg,
            about: None,
            at: "2026-03-02T08:00:00Z".parse().unwrap(),
            said: Said { due: Some(date(2026, 4, 1)), ..Said::default() },
        };
        let case = KnownCase { id: "RU-1".parse().unwrap(), file: CaseFile::new(vec![asked]) };
        let waiting = case.file.waiting().remove(0);
        let told = |ours, day| sentence(&case, &waiting, (ours, day)).map(|(code, _)| code);
        assert_eq!(told(State::Kg, date(2026, 3, 3)), None);
        assert_eq!(told(State::Kg, date(2026, 4, 1)), Some("case.due"), "the last day is not over");
        assert_eq!(told(State::Ru, date(2026, 4, 1)), None, "it is theirs to answer");
        assert_eq!(told(State::Kg, date(2026, 4, 2)), Some("case.overdue"));
        assert_eq!(told(State::Ru, date(2026, 4, 2)), Some("case.overdue"));
        let sentences: HashSet<String> = (0..60)
            .filter_map(|day| sentence(&case, &waiting, (State::Kg, date(2026, 3, 2) + day.days())))
            .map(|(_, text)| text)
            .collect();
        let reminders =
            terms().reminders(date(2026, 3, 2), date(2026, 4, 1), calendars().of(State::Kg).unwrap());
        assert_eq!(sentences.len(), reminders.len() + 1, "once each, not each day");
    }
}
