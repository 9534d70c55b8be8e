//! Tells a person of answers that are due: ours when a reminder comes and when it is late, theirs when it is late.

use super::cases::{KnownCase, cases_watched, leave};
use super::facts::day_of;
use super::reminders::{Late, Looking, OwnReminder, late, remind};
use super::{Context, FlowError};
use crate::base::Code;
use crate::pension::{CaseStage, Provisional, Waiting, agreement, is_overdue};
use crate::store::{JournalDraft, journal_append, told_once};
use std::collections::HashSet;

/// Journals each answer that is due or late, once for each reminder, however many replicas look; in a closed case nothing
/// is. Where the settings let the node, it reminds a peer itself. A case that waits for others alone is hinted at once
/// their part is late. `told` keeps what needs not be looked for again.
///
/// # Errors
/// The database does not answer.
pub async fn note_due(told: &mut HashSet<String>, ctx: &Context) -> Result<(), FlowError> {
    let (book, today) = (ctx.cases.book.get(), day_of(ctx.clock.now()));
    let looking = Looking { ours: ctx.state, reminds: ctx.cases.reminds, book: &book, today };
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
            let mut sentences = Vec::new();
            for waiting in case.file.waiting() {
                match due(case, &waiting, looking) {
                    Some(Told::Sentence(sentence)) => sentences.push(sentence),
                    Some(Told::Remind(own)) => {
                        let key = format!("{own:?} {}", waiting.document_id.as_uuid());
                        if !told.contains(&key) && remind(case, &waiting, own, ctx).await? {
                            told.insert(key);
                        }
                    }
                    None => {}
                }
            }
            sentences.extend(hint(case, looking));
            for sentence in sentences {
                tell(sentence, told, ctx).await?;
            }
        }
    }
}

/// Journals a sentence, unless somebody was told before.
async fn tell(
    Sentence { kind, code, text }: Sentence,
    told: &mut HashSet<String>,
    ctx: &Context,
) -> Result<(), FlowError> {
    if told.contains(&text) {
        return Ok(());
    }
    let now = ctx.clock.now();
    let mut tx = ctx.store.begin().await?;
    if told_once(&mut tx, &text, now).await? {
        journal_append(&mut tx, &JournalDraft::at(now, kind, &text).coded(Some(code))).await?;
    }
    tx.commit().await?;
    told.insert(text);
    Ok(())
}

/// What a person is told: it stays the same until the next reminder.
#[derive(Debug, PartialEq, Eq)]
struct Sentence {
    kind: &'static str,
    code: Code,
    text: String,
}

/// What comes of an answer that is due or late.
#[derive(Debug, PartialEq, Eq)]
enum Told {
    Sentence(Sentence),
    /// The node reminds.
    Remind(OwnReminder),
}

fn due(case: &KnownCase, waiting: &Waiting, looking: Looking<'_>) -> Option<Told> {
    let Looking { ours, book, today, .. } = looking;
    let due = waiting.is_due(case.file.filed(), book)?;
    let what = format!("case {}: {} is to answer {}", case.id.as_str(), waiting.who, waiting.kind.as_code());
    let what = format!("{what} {} by {}", waiting.document_id.as_uuid(), due.day);
    let ask = |code, text| Some(Told::Sentence(Sentence { kind: ASK, code, text }));
    if is_overdue(due.day, today) {
        let over = |what_to_do: &str| ask("case.overdue", format!("{what}; that is over, {what_to_do}"));
        if waiting.who == ours {
            return over("answer it");
        }
        return match late(waiting, &due, looking) {
            Late::Person => over("remind them"),
            Late::Patience => None,
            Late::Remind(own) => Some(Told::Remind(own)),
            Late::Last(count) => over(&format!("they were reminded {count} times, ask them by other means")),
        };
    }
    let days = book.terms.reminders(due.start, due.day, book.calendars.of(waiting.who)?);
    let number = days.iter().filter(|day| **day <= today).count();
    let is_told = waiting.who == ours && number > 0;
    let text = format!("{what}; reminder {number} of {}", days.len());
    if is_told { ask("case.due", text) } else { None }
}

/// That a provisional award is possible, once the part of others is late.
fn hint(case: &KnownCase, looking: Looking<'_>) -> Option<Sentence> {
    let Looking { ours, book, today, .. } = looking;
    let Provisional { pensions, awaited, rules } = case.file.provisional(ours, agreement())?;
    let is_late = |it: &Waiting| {
        let due = it.is_due(case.file.filed(), book);
        it.who != ours && due.is_some_and(|due| is_overdue(due.day, today))
    };
    case.file.waiting().iter().any(is_late).then(|| {
        let states: Vec<&str> = awaited.iter().map(|state| state.as_code()).collect();
        let pensions: Vec<&str> = pensions.iter().map(|pension| pension.as_str()).collect();
        let text = format!(
            "case {}: only the part of {} is missing, and late; a provisional award of {} is possible if the law of \
             {ours} knows one, a person decides ({})",
            case.id.as_str(),
            states.join(", "),
            pensions.join(", "),
            rules.join(", ")
        );
        Sentence { kind: "hint", code: "case.provisional", text }
    })
}

const ASK: &str = "ask_person";
/// Cases that are read at once.
const PAGE: u32 = 500;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::DocumentId;
    use crate::exchange::canonical::State;
    use crate::exchange::canonical::case::CaseDocumentKind;
    use crate::pension::{CaseEntry, CaseFile, Said, TermBook};
    use jiff::ToSpan;
    use jiff::civil::{Date, date};

    /// Russia asked Kyrgyzstan on Monday 2 March; the answer is due on Wednesday 1 April.
    fn case() -> KnownCase {
        let asked = CaseEntry {
            document_id: DocumentId::from_uuid(uuid::Uuid::from_u128(1)),
            kind: CaseDocumentKind::AmountsInquiry,
            from: State::Ru,
            to: State::Kg,
            about: None,
            at: "2026-03-02T08:00:00Z".parse().unwrap(),
            said: Said { due: Some(date(2026, 4, 1)), ..Said::default() },
        };
        KnownCase { id: "RU-1".parse().unwrap(), file: CaseFile::new(vec![asked]) }
    }

    /// What comes of it on a day, after reminders of which the last was on another.
    fn told(ours: State, reminds: bool, reminded: Option<(usize, Date)>, today: Date) -> Option<Told> {
        let (case, book) = (case(), TermBook::built_in());
        let reminders = reminded.map_or(0, |(count, _)| count);
        let at = |day: Date| day.at(9, 0, 0, 0).in_tz("UTC").unwrap().timestamp();
        let reminded_at = reminded.map(|(_, day)| at(day));
        let waiting = Waiting { reminders, reminded_at, ..case.file.waiting().remove(0) };
        due(&case, &waiting, Looking { ours, reminds, book: &book, today })
    }

    fn code(told: Option<Told>) -> Option<Code> {
        told.map(|told| match told {
            Told::Sentence(Sentence { code, .. }) => code,
            Told::Remind(..) => "reminds",
        })
    }

    #[test]
    fn an_answer_is_told_at_each_reminder_and_when_it_is_late() {
        let on = |ours, month, day| code(told(ours, false, None, date(2026, month, day)));
        assert_eq!(on(State::Kg, 3, 3), None);
        assert_eq!(on(State::Kg, 4, 1), Some("case.due"), "the last day is not over");
        assert_eq!(on(State::Ru, 4, 1), None, "it is theirs to answer");
        assert_eq!(on(State::Kg, 4, 2), Some("case.overdue"));
        assert_eq!(on(State::Ru, 4, 2), Some("case.overdue"));
        let book = TermBook::built_in();
        let sentences: HashSet<String> = (0..60)
            .filter_map(|day| told(State::Kg, false, None, date(2026, 3, 2) + day.days()))
            .map(|told| format!("{told:?}"))
            .collect();
        let calendar = book.calendars.of(State::Kg).unwrap();
        let reminders = book.terms.reminders(date(2026, 3, 2), date(2026, 4, 1), calendar);
        assert_eq!(sentences.len(), reminders.len() + 1, "once each, not each day");
    }

    #[test]
    fn a_peer_is_reminded_at_each_stated_day_and_a_person_asks_after_the_last() {
        let on = |reminded, month, day| told(State::Ru, true, reminded, date(2026, month, day));
        let reminds = |number, day| {
            let (due, stated) = (date(2026, 4, 1), date(2026, 4, day));
            Some(Told::Remind(OwnReminder { number, due, stated }))
        };
        assert_eq!(on(None, 4, 1), None);
        assert_eq!(on(None, 4, 2), reminds(1, 2), "one working day after");
        assert_eq!(on(Some((1, date(2026, 3, 30))), 4, 2), reminds(2, 2), "it was not late then");
        let once = Some((1, date(2026, 4, 2)));
        assert_eq!(on(once, 4, 2), None, "whoever reminded");
        assert_eq!(on(once, 4, 14), None);
        assert_eq!(on(once, 4, 15), reminds(2, 15), "ten working days after");
        assert_eq!(on(None, 6, 1), reminds(1, 15));
        let away = Some((1, date(2026, 6, 1)));
        assert_eq!(code(on(away, 6, 1)), Some("case.overdue"), "who was away for both reminds once");
        let last = on(Some((2, date(2026, 4, 15))), 4, 15);
        let Some(Told::Sentence(Sentence { text, .. })) = &last else { panic!("{last:?}") };
        assert!(text.contains("they were reminded 2 times, ask them by other means"), "{text}");
        let by_them = told(State::Kg, true, None, date(2026, 4, 2));
        assert_eq!(code(by_them), Some("case.overdue"), "our own answer is ours");
    }
}
