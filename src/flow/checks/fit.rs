//! Does a document of a check fit what both sides know of it?

use super::batches;
use super::finish::is_whole;
use crate::base::{Finding, Findings};
use crate::exchange::canonical::{
    CheckAnswer, CheckBatch, CheckDocument, CheckOpening, CheckReply, CheckResult, CheckSaid, State,
};
use crate::exchange::document::codec::Header;
use crate::flow::FlowError;
use crate::flow::document::Case;
use crate::store::{CheckRow, CheckState, CheckStep, Role, check_find, check_steps};

impl Case<'_> {
    /// What speaks against a document of a check.
    pub(in crate::flow) async fn check_misfits(
        &self,
        header: &Header,
        document: &CheckDocument,
        peer: State,
    ) -> Result<Findings, FlowError> {
        let mut tx = self.ctx.store.read().await?;
        let known = check_find(&mut tx, document.number()).await?;
        let steps = check_steps(&mut tx, document.number()).await?;
        drop(tx);
        let found = match document {
            CheckDocument::Opening(opening) => of_opening(opening, (known.as_ref(), &steps), (header, peer)),
            CheckDocument::Answer(_)
            | CheckDocument::Batch(_)
            | CheckDocument::Reply(_)
            | CheckDocument::Result(_) => {
                let row =
                    known.filter(|row| row.draft.peer == self.row.peer && row.draft.role == self.plan.role);
                let values_max = self.ctx.checks.values_max;
                match row {
                    None => Some(misfit(UNKNOWN)),
                    Some(row) => of_known(document, (&row, &steps), (header, values_max)),
                }
            }
        };
        Ok(found.into_iter().collect())
    }
}

fn of_opening(
    opening: &CheckOpening,
    (known, steps): (Option<&CheckRow>, &[CheckStep]),
    (header, peer): (&Header, State),
) -> Option<Finding> {
    // a folder is named by it
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let number = opening.number.as_str();
    let is_theirs = opening.state == peer
        && number.starts_with(&format!("{peer}-"))
        && number.len() <= NUMBER_CHARS_MAX
        && number.chars().all(is_plain);
    let is_same = |row: &CheckRow| {
        row.draft.role == Role::Respondent && is_of(steps, CheckStep::OPENING, Some(header.document_id))
    };
    (!is_theirs || known.is_some_and(|row| !is_same(row))).then(|| misfit(NUMBER))
}

fn of_known(
    document: &CheckDocument,
    (row, steps): (&CheckRow, &[CheckStep]),
    (header, values_max): (&Header, u32),
) -> Option<Finding> {
    let is_open = match row.draft.role {
        Role::Respondent => row.state == CheckState::Ready,
        Role::Initiator => matches!(row.state, CheckState::Opened | CheckState::Running),
    };
    if !is_open {
        return Some(misfit(CLOSED));
    }
    let peer_size = row.draft.peer_size;
    match document {
        CheckDocument::Opening(_) => None,
        CheckDocument::Answer(CheckAnswer { said, .. }) => {
            let is_too_large = matches!(said, CheckSaid::Accepted { size } if *size > values_max);
            match () {
                () if !is_of(steps, CheckStep::OPENING, header.answers) => Some(misfit(OTHER)),
                () => is_too_large.then(|| misfit(COUNT)),
            }
        }
        CheckDocument::Batch(CheckBatch { place, points, .. }) => {
            let is_taken = steps
                .iter()
                .any(|step| step.place == i64::from(*place) && step.document_id != header.document_id);
            match () {
                () if is_taken || *place >= batches(row) => Some(misfit(PLACE)),
                () => (!is_whole(points, *place, peer_size, row)).then(|| misfit(COUNT)),
            }
        }
        CheckDocument::Reply(CheckReply { place, raised, own, .. }) => {
            let is_whole =
                is_whole(raised, *place, row.own_size, row) && is_whole(own, *place, peer_size, row);
            match () {
                () if !is_of(steps, i64::from(*place), header.answers) => Some(misfit(OTHER)),
                () => (!is_whole).then(|| misfit(COUNT)),
            }
        }
        CheckDocument::Result(CheckResult { marks, .. }) => {
            let answered = steps.iter().filter(|step| step.place >= 0).count();
            match () {
                () if u32::try_from(answered).ok() != Some(batches(row)) => Some(misfit(EARLY)),
                () => (marks.count() != row.own_size).then(|| misfit(COUNT)),
            }
        }
    }
}

fn is_of(steps: &[CheckStep], place: i64, document: Option<crate::base::DocumentId>) -> bool {
    steps.iter().any(|step| step.place == place && Some(step.document_id) == document)
}

/// A longer number would be no name of a folder, nor leave room for those of the cases of its hits.
const NUMBER_CHARS_MAX: usize = 60;

/// Its code, where it is seen, its rule and what to do.
type Misfit = (&'static str, &'static str, &'static str, &'static str);

fn misfit((code, path, rule, message): Misfit) -> Finding {
    Finding::error(code, path, rule, "", message)
}

const NUMBER: Misfit = (
    "check.number",
    "/CheckId",
    "begins with the state that opens it; 60 letters, digits and hyphens at most; used once",
    "the number is not one that this state may give, or was used before; open the check under another",
);
const UNKNOWN: Misfit = (
    "check.unknown",
    "/CheckId",
    "a check that both sides know",
    "there is no such check with this state; open it first",
);
const CLOSED: Misfit = (
    "check.closed",
    "/CheckId",
    "a check that is open",
    "the check is not open for this document: it has ended, or is not so far; open another",
);
const OTHER: Misfit = (
    "check.other_answer",
    "/EDocHeader/EDocRefId",
    "an answer to the document of its place",
    "this answers another document than the one of its place; answer what was sent",
);
const COUNT: Misfit = (
    "check.count",
    "/ValueQuantity",
    "as many values as were stated",
    "the number of values is not the one that was stated for this place; send as many as were stated",
);
const PLACE: Misfit = (
    "check.place",
    "/BatchOrdinal",
    "each place once",
    "a batch of this place was answered before, or there is no such place; no value is raised twice",
);
const EARLY: Misfit = (
    "check.early",
    "/MarksBinaryText",
    "all batches first",
    "the result comes before all batches were exchanged; send the others first",
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{DocumentId, Secret};
    use crate::exchange::canonical::{Marks, Points};
    use crate::flow::checks::values_at;
    use crate::store::{CheckDraft, CheckTerms};
    use jiff::Timestamp;
    use uuid::Uuid;

    fn id(n: u128) -> DocumentId {
        DocumentId::from_uuid(Uuid::from_u128(n))
    }

    fn row(role: Role, state: CheckState) -> CheckRow {
        let terms = CheckTerms {
            as_of: "2026-11-30".parse().unwrap(),
            kinds: Vec::new(),
            ground: "overpayment".parse().unwrap(),
            batch: 10,
        };
        let draft = CheckDraft {
            number: "KZ-RU-1".parse().unwrap(),
            peer: "KZ".to_owned(),
            role,
            terms,
            secret: Secret::new([0; 32]),
            peer_size: 25,
            opened_at: Timestamp::UNIX_EPOCH,
        };
        CheckRow {
            draft,
            state,
            own_size: 12,
            rows: 0,
            aside: 0,
            hits: 0,
            weak: 0,
            code: None,
            changed_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn step(place: i64, n: u128) -> CheckStep {
        let conversation_id = crate::base::ConversationId::from_uuid(Uuid::from_u128(n));
        CheckStep { place, document_id: id(n), conversation_id, is_answered: true }
    }

    fn points(count: usize) -> Points {
        Points::new(vec![[1; 32]; count])
    }

    fn header(answers: u128) -> Header {
        Header::new(("m", "s"), id(100), Some(id(answers)), Timestamp::UNIX_EPOCH)
    }

    fn code(found: Option<Finding>) -> String {
        found.map_or_else(String::new, |finding| finding.code)
    }

    #[test]
    fn the_last_batch_has_what_is_left_and_those_behind_it_nothing() {
        let terms = row(Role::Initiator, CheckState::Running).draft.terms;
        let counts: Vec<u32> = (0..4).map(|place| values_at(place, 25, &terms)).collect();
        assert_eq!(counts, [10, 10, 5, 0]);
        assert_eq!((values_at(0, 0, &terms), values_at(u32::MAX, 25, &terms)), (0, 0));
    }

    #[test]
    fn an_opening_has_a_number_of_its_state_that_names_a_folder_and_is_new() {
        let judged = |number: &str, state, known: Option<&CheckRow>, steps: &[CheckStep]| {
            let opening = CheckOpening {
                number: number.parse().unwrap(),
                state,
                as_of: "2026-11-30".parse().unwrap(),
                kinds: Vec::new(),
                ground: "overpayment".parse().unwrap(),
                scheme: "X".parse().unwrap(),
                size: 1,
                batch: 1,
            };
            code(of_opening(&opening, (known, steps), (&header(0), State::Kz)))
        };
        let long = format!("KZ-{}", "1".repeat(60));
        assert_eq!(judged("KZ-RU-1", State::Kz, None, &[]), "");
        for number in ["RU-1", "KZ-../../x", "KZ-a b", "KZ1", long.as_str()] {
            assert_eq!(judged(number, State::Kz, None, &[]), "check.number", "{number}");
        }
        assert_eq!(judged("KZ-RU-1", State::Ru, None, &[]), "check.number");
        let known = row(Role::Respondent, CheckState::Preparing);
        let own = row(Role::Initiator, CheckState::Preparing);
        let (same, other) = ([step(CheckStep::OPENING, 100)], [step(CheckStep::OPENING, 7)]);
        assert_eq!(judged("KZ-RU-1", State::Kz, Some(&known), &same), "");
        assert_eq!(judged("KZ-RU-1", State::Kz, Some(&known), &other), "check.number");
        assert_eq!(judged("KZ-RU-1", State::Kz, Some(&own), &same), "check.number");
    }

    /// No side raises more values than were stated, nor those of one place twice: guesses cannot be tried beside a list.
    #[test]
    fn batches_are_of_their_place_and_size_and_come_once() {
        let number = || "KZ-RU-1".parse().unwrap();
        let ready = row(Role::Respondent, CheckState::Ready);
        let judged = |place, count, row: &CheckRow, steps: &[CheckStep]| {
            let batch = CheckBatch { number: number(), place, points: points(count) };
            code(of_known(&CheckDocument::Batch(batch), (row, steps), (&header(0), 100)))
        };
        assert_eq!(judged(0, 10, &ready, &[]), "");
        assert_eq!(judged(2, 5, &ready, &[step(0, 1), step(1, 2)]), "");
        assert_eq!(
            (judged(0, 11, &ready, &[]), judged(0, 9, &ready, &[])),
            ("check.count".into(), "check.count".into())
        );
        assert_eq!(judged(2, 6, &ready, &[]), "check.count");
        assert_eq!(judged(3, 0, &ready, &[]), "check.place");
        assert_eq!(judged(0, 10, &ready, &[step(0, 1)]), "check.place", "another document has this place");
        assert_eq!(judged(0, 10, &ready, &[step(0, 100)]), "", "it comes again");
        let closed = row(Role::Respondent, CheckState::Closed);
        assert_eq!(judged(0, 10, &closed, &[]), "check.closed");
        let result = |count, steps: &[CheckStep]| {
            let result = CheckResult { number: number(), hits: 0, marks: Marks::none_of(count) };
            code(of_known(&CheckDocument::Result(result), (&ready, steps), (&header(0), 100)))
        };
        let all = [step(CheckStep::OPENING, 9), step(0, 1), step(1, 2), step(2, 3)];
        assert_eq!((result(12, &all), result(13, &all)), (String::new(), "check.count".to_owned()));
        assert_eq!(result(12, &all[..3]), "check.early");
    }

    #[test]
    fn answers_answer_what_was_sent_and_are_whole() {
        let number = || "KZ-RU-1".parse().unwrap();
        let running = row(Role::Initiator, CheckState::Running);
        let steps = [step(CheckStep::OPENING, 1), step(0, 2), step(1, 3)];
        let reply = |place, raised, own, answers| {
            let reply = CheckReply { number: number(), place, raised: points(raised), own: points(own) };
            code(of_known(&CheckDocument::Reply(reply), (&running, &steps), (&header(answers), 100)))
        };
        assert_eq!((reply(0, 10, 10, 2), reply(1, 2, 10, 3)), (String::new(), String::new()));
        assert_eq!((reply(0, 10, 9, 2), reply(1, 3, 10, 3)), ("check.count".into(), "check.count".into()));
        assert_eq!(
            (reply(0, 10, 10, 3), reply(2, 0, 5, 2)),
            ("check.other_answer".into(), "check.other_answer".into())
        );
        let answer = |size, answers| {
            let answer = CheckAnswer { number: number(), said: CheckSaid::Accepted { size } };
            let opened = row(Role::Initiator, CheckState::Opened);
            code(of_known(&CheckDocument::Answer(answer), (&opened, &steps), (&header(answers), 100)))
        };
        assert_eq!((answer(100, 1), answer(101, 1)), (String::new(), "check.count".to_owned()));
        assert_eq!(answer(5, 2), "check.other_answer");
    }
}
