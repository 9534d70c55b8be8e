//! Which documents are about whom. Each document is noted in the transaction that stores it, under keyed digests of the
//! person's numbers and of his folded name with his day of birth: who has the notes alone learns nothing of anybody.

use super::entry::EntryPolicy;
use super::{Context, FlowError};
use crate::base::Digest256;
use crate::exchange::canonical::{Identifier, IdentifierKind, Matcher, Name, Person};
use crate::exchange::document::Scope;
use crate::exchange::kept_subject;
use crate::exchange::transit::{Action, MessageCode};
use crate::exchange::wire::Envelope;
use crate::store::{
    Direction, InboxId, JournalDraft, OutboxId, PersonFill, PersonRef, Subject, Tx, inbox_find,
    journal_append, ledger_of_inbox, outbox_find, person_fill, person_fill_move, person_fill_rows,
    person_forget, person_ref_put,
};
use jiff::civil::Date;

/// Everything by which a person is known, as keyed digests.
///
/// # Errors
/// The cryptographic library fails.
pub fn person_digests(person: &Person, key: &EntryPolicy) -> Result<Vec<Digest256>, FlowError> {
    let mut digests = Vec::new();
    for held in &person.identifiers {
        digests.extend(of_number(&held.identifier, key)?);
    }
    let original = person.original_name.iter().map(|own| (&own.name, Some(own.language.as_str())));
    for (name, language) in std::iter::once((&person.name, None)).chain(original) {
        let digest = of_name((name, language), person.birth_date, key)?;
        if !digests.contains(&digest) {
            digests.push(digest);
        }
    }
    Ok(digests)
}

/// A number; none for what is written where a number is not known, such as zeros: it would be everybody's.
fn of_number(number: &Identifier, key: &EntryPolicy) -> Result<Option<Digest256>, FlowError> {
    let text = number.as_str();
    let first = text.chars().next();
    if text.chars().all(|letter| Some(letter) == first) {
        return Ok(None);
    }
    Ok(Some(key.person_digest(number.kind().as_code(), text)?))
}

/// A name with a day of birth: in the folded letters of passports, and as it is written where a part is absent or a letter
/// is in no table.
fn of_name(
    (name, language): (&Name, Option<&str>),
    born: Date,
    key: &EntryPolicy,
) -> Result<Digest256, FlowError> {
    let folded = Matcher::built_in().ok().and_then(|matcher| matcher.folded_name(name, language));
    let plain = |part: Option<&str>| part.unwrap_or_default().to_lowercase().replace('ё', "е");
    let (kind, family, given) = match folded {
        Some((family, given)) => ("name", family, given),
        None => ("name-as-written", plain(name.family()), plain(name.given())),
    };
    // no part of a name holds a control character
    Ok(key.person_digest(kind, &format!("{family}\u{1f}{given}\u{1f}{born}"))?)
}

/// Whom somebody looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PersonQuery {
    /// Who has a number: of any state whose numbers look so.
    Number(Vec<Identifier>),
    /// Who has a name and was born on a day.
    Name {
        /// Family and given name, in any letters.
        name: Name,
        /// The day of birth.
        born: Date,
    },
}

impl PersonQuery {
    /// By a number as somebody typed it; none if it is no number of any of the five states.
    pub fn of_number(text: &str) -> Option<Self> {
        let all = IdentifierKind::ALL.into_iter();
        let numbers: Vec<_> = all.filter_map(|kind| Identifier::parse(kind, text).ok()).collect();
        (!numbers.is_empty()).then_some(Self::Number(numbers))
    }

    /// Under what he may stand.
    ///
    /// # Errors
    /// The cryptographic library fails.
    pub fn digests(&self, key: &EntryPolicy) -> Result<Vec<Digest256>, FlowError> {
        let mut digests = Vec::new();
        match self {
            Self::Number(numbers) => {
                for number in numbers {
                    digests.extend(of_number(number, key)?);
                }
            }
            Self::Name { name, born } => {
                for language in LANGUAGES {
                    let digest = of_name((name, language), *born, key)?;
                    if !digests.contains(&digest) {
                        digests.push(digest);
                    }
                }
            }
        }
        Ok(digests)
    }

    /// How he is told in acts: the same for the same query.
    ///
    /// # Errors
    /// The cryptographic library fails.
    pub fn subject(&self, ctx: &Context) -> Result<Option<Subject>, FlowError> {
        Ok(self.digests(&ctx.entry)?.first().map(|digest| Subject::of(*digest)))
    }
}

/// Forgets which documents are about a person, and says so in the journal, by the digest alone; tells how many notes there
/// were. The documents stay, and are found by their ids.
///
/// # Errors
/// The database does not answer.
pub async fn forget_person(query: &PersonQuery, ctx: &Context) -> Result<u64, FlowError> {
    let subjects = query.digests(&ctx.entry)?;
    let mut tx = ctx.store.begin().await?;
    let gone = person_forget(&mut tx, &subjects).await?;
    let detail = format!("{gone} notes of which documents are about a person were erased");
    journal_append(&mut tx, &JournalDraft::at(ctx.clock.now(), "person_forgotten", detail)).await?;
    tx.commit().await?;
    Ok(gone)
}

/// How far the documents of before are noted.
///
/// # Errors
/// The database does not answer.
pub async fn persons_noted(ctx: &Context) -> Result<Vec<PersonFill>, FlowError> {
    Ok(person_fill(&mut ctx.store.read().await?).await?)
}

/// Notes whom some documents are about that were stored before that was noted; tells whether more are left. It goes on
/// where it was, after a stop too, and several replicas may do it at once.
///
/// # Errors
/// The database does not answer.
pub async fn note_persons_of_before(ctx: &Context) -> Result<bool, FlowError> {
    let mut tx = ctx.store.read().await?;
    let fill = person_fill(&mut tx).await?;
    let Some(at) = fill.into_iter().find(|fill| fill.place < fill.last) else { return Ok(false) };
    let rows = person_fill_rows(&mut tx, at.side, (at.place, at.last), BATCH).await?;
    let mut kept = Vec::new();
    for row in &rows {
        kept.extend(match at.side {
            Direction::Out => kept_out(&mut tx, *row, ctx).await?,
            Direction::In => kept_in(&mut tx, *row, ctx).await?,
        });
    }
    drop(tx);
    let is_last = u32::try_from(rows.len()).is_ok_and(|found| found < BATCH);
    let place = if is_last { at.last } else { rows.last().copied().unwrap_or(at.last) };
    let (limits, key) = (ctx.limits, ctx.entry.clone());
    let (noted, unread) = Context::aside(move || {
        let (mut noted, mut unread) = (Vec::new(), 0_i64);
        for Kept { bytes, scope, digest, of } in kept {
            let read = kept_subject((&bytes, &scope), digest, &limits).map_err(FlowError::from);
            match read.and_then(|(_, person)| person.map(|person| person_digests(&person, &key)).transpose())
            {
                Ok(Some(subjects)) => noted.push((of, subjects)),
                Ok(None) => {}
                Err(_unreadable) => unread += 1,
            }
        }
        (noted, unread)
    })
    .await?;
    let mut tx = ctx.store.begin().await?;
    if !person_fill_move(&mut tx, at, place, unread).await? {
        return Ok(true); // another replica does it
    }
    for (of, subjects) in &noted {
        person_ref_put(&mut tx, subjects, of).await?;
    }
    if place == at.last {
        let unread = at.unread + unread;
        let detail = format!(
            "the documents of before that {} are noted by person; {unread} of them could not be read",
            if at.side == Direction::In { "came" } else { "left" }
        );
        journal_append(&mut tx, &JournalDraft::at(ctx.clock.now(), "persons_noted", detail)).await?;
    }
    tx.commit().await?;
    tracing::info!(side = %at.side, place, last = at.last, "documents of before are noted by person");
    Ok(true)
}

/// Under what a document is noted that is being stored.
pub(super) fn subjects_of(person: Option<&Person>, ctx: &Context) -> Result<Vec<Digest256>, FlowError> {
    person.map_or(Ok(Vec::new()), |person| person_digests(person, &ctx.entry))
}

/// A document as it stands in the database.
struct Kept {
    bytes: Vec<u8>,
    scope: Scope,
    digest: Digest256,
    of: PersonRef,
}

async fn kept_out(tx: &mut Tx, row: i64, ctx: &Context) -> Result<Option<Kept>, FlowError> {
    let Some(row) = outbox_find(tx, OutboxId::of_number(row)).await? else { return Ok(None) };
    let draft = row.draft;
    let Some(document_id) = draft.document_id.filter(|_| is_signed(&draft.action, ctx)) else {
        return Ok(None);
    };
    let conversation_id = Some(draft.conversation_id);
    let of = PersonRef { document_id, conversation_id, at: draft.created_at };
    Ok(Some(Kept { bytes: draft.body, scope: Scope::default(), digest: draft.digest, of }))
}

async fn kept_in(tx: &mut Tx, row: i64, ctx: &Context) -> Result<Option<Kept>, FlowError> {
    let id = InboxId::of_number(row);
    let Some((document_id, digest)) = ledger_of_inbox(tx, id).await? else { return Ok(None) };
    let Some(row) = inbox_find(tx, id).await? else { return Ok(None) };
    if !is_signed(&row.action, ctx) {
        return Ok(None);
    }
    let Ok(envelope) = Envelope::read(&row.raw, &ctx.limits) else { return Ok(None) };
    let bytes = row.raw.get(envelope.body.clone()).unwrap_or_default().to_vec();
    let of = PersonRef { document_id, conversation_id: row.conversation_id, at: row.received_at };
    Ok(Some(Kept { bytes, scope: envelope.scope, digest, of }))
}

/// Whether a message is a sealed one; others tell of nobody.
fn is_signed(action: &str, ctx: &Context) -> bool {
    let Ok(Action { process, message: MessageCode::Application(code), .. }) = action.parse::<Action>() else {
        return false;
    };
    let process = ctx.catalogue.process(&process);
    process.and_then(|process| process.message(&code)).is_ok_and(|message| message.signed)
}

/// In which a typed name may be written.
const LANGUAGES: [Option<&str>; 5] = [None, Some("kk"), Some("ky"), Some("hy"), Some("be")];
/// So many documents are read for one transaction.
const BATCH: u32 = 50;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Secret;
    use jiff::civil::date;

    fn person(text: serde_json::Value) -> Person {
        serde_json::from_value(text).unwrap()
    }

    fn name(family: &str, given: &str) -> Name {
        serde_json::from_value(serde_json::json!({ "family": family, "given": given })).unwrap()
    }

    fn key(octet: u8) -> EntryPolicy {
        EntryPolicy::new(Secret::new(vec![octet; 32]))
    }

    #[test]
    fn a_person_is_found_by_each_number_and_by_his_name_in_other_letters() {
        let key = key(1);
        let somebody = person(serde_json::json!({
            "name": { "family": "Ахметов", "given": "Ерлан" }, "birth_date": "1985-03-15",
            "original_name": { "language": "kk", "name": { "family": "Ахметов", "given": "Ерлан" } },
            "identifiers": [{ "kind": "iin", "value": "850315300019" }, { "kind": "snils", "value": "11223344595" }],
        }));
        let known = person_digests(&somebody, &key).unwrap();
        let finds = |query: PersonQuery| query.digests(&key).unwrap().iter().any(|it| known.contains(it));
        assert!(finds(PersonQuery::of_number("850315300019").unwrap()));
        assert!(finds(PersonQuery::of_number("112-233-445 95").unwrap()));
        assert!(!finds(PersonQuery::of_number("850315300027").unwrap()));
        let named = |family, given, born| finds(PersonQuery::Name { name: name(family, given), born });
        assert!(named("АХМЕТОВ", "ерлан", date(1985, 3, 15)));
        assert!(!named("Ахметов", "Ерлан", date(1985, 3, 16)));
        assert!(!named("Ахмедов", "Руслан", date(1985, 3, 15)));
        assert_eq!(PersonQuery::of_number("Ахметов"), None);
        let others = person_digests(&somebody, &super::tests::key(2)).unwrap();
        assert!(others.iter().all(|other| !known.contains(other)), "another key, other digests");
    }

    #[test]
    fn a_filler_is_nobodys_number_and_half_a_name_is_a_name() {
        let one = person(serde_json::json!({
            "name": { "family": "Ким" }, "birth_date": "1990-01-01",
            "identifiers": [{ "kind": "snils", "value": "000-000-000 00" }],
        }));
        let known = person_digests(&one, &key(1)).unwrap();
        assert_eq!(known.len(), 1, "his name alone");
        let query = PersonQuery::Name { name: one.name.clone(), born: one.birth_date };
        assert_eq!(query.digests(&key(1)).unwrap(), known);
    }
}
