//! Documents about a person, by a number or by his name with his day of birth.

use super::super::{Context, FlowError, PersonQuery};
use super::messages::Message;
use crate::access::Permit;
use crate::store::{MessageBy, MessageChoice, case_of_document, message_page, person_fill, person_refs};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// What is here about a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PersonFound {
    /// The keyed digest under which he was looked for: by it journals name him.
    pub subject: String,
    /// Documents about him, the newest first.
    pub documents: Vec<PersonDocument>,
    /// Whether there are more than are shown.
    pub has_more: bool,
    /// Of documents that were here before they were noted by person, how many rows are still to be read.
    pub unread_rows: i64,
}

/// A document about a person, and the message that carries it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PersonDocument {
    /// Its id.
    pub document: String,
    /// When it was stored.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// The case it belongs to, if it is of one.
    pub case: Option<String>,
    /// The message that carries it, if it is still here.
    pub message: Option<Message>,
}

/// Finds the documents about a person. Who gave the leave has journalled it, by the digest alone.
///
/// # Errors
/// The database does not answer.
pub async fn find_person(
    _permit: &Permit,
    query: &PersonQuery,
    ctx: &Context,
) -> Result<PersonFound, FlowError> {
    let subjects = query.digests(&ctx.entry)?;
    let mut tx = ctx.store.read().await?;
    let mut refs = person_refs(&mut tx, &subjects, SHOWN_MAX.saturating_add(1)).await?;
    let shown = usize::try_from(SHOWN_MAX).unwrap_or(usize::MAX);
    let has_more = refs.len() > shown;
    refs.truncate(shown);
    let mut documents = Vec::new();
    for of in refs {
        let choice = MessageChoice {
            by: MessageBy::Document(of.document_id),
            peer: None,
            direction: None,
            state: None,
            sort: None,
            since: None,
        };
        // a document that was begun again left more than once: the first is the one that was stored then
        let carried = message_page(&mut tx, &choice, None, CARRIED_MAX).await?;
        documents.push(PersonDocument {
            document: of.document_id.as_uuid().to_string(),
            at: of.at,
            case: case_of_document(&mut tx, of.document_id).await?.map(|case| case.as_str().to_owned()),
            message: carried.rows.last().map(Message::of),
        });
    }
    let unread_rows = person_fill(&mut tx).await?;
    let unread_rows = unread_rows.iter().map(|fill| fill.last.saturating_sub(fill.place)).sum();
    drop(tx);
    let subject = query.subject(ctx)?.map_or_else(String::new, |subject| subject.as_str().to_owned());
    Ok(PersonFound { subject, documents, has_more, unread_rows })
}

const SHOWN_MAX: u32 = 50;
const CARRIED_MAX: u32 = 5;
