//! Whom a document of the labour half is about, where it names nobody: his home node knows him by a profile, a consent or a reveal.

use crate::base::Digest256;
use crate::exchange::canonical::job::JobDocument;
use crate::labour::sync::StreamKind;
use crate::store::{StoreError, Tx, consent_find, published_find, reveal_find};
use uuid::Uuid;

/// Under which digest his consents stand; none where this is not his home node. `peer` is the other node.
pub(in crate::flow) async fn subject_of_job(
    tx: &mut Tx,
    document: &JobDocument,
    peer: &str,
) -> Result<Option<Digest256>, StoreError> {
    let consent = match document {
        JobDocument::Interest(interest) => {
            let name = interest.profile.to_string();
            let of = (peer, StreamKind::Profile);
            let found = published_find(tx, of, std::slice::from_ref(&name)).await?;
            found.get(&name).and_then(|one| one.consent_id)
        }
        JobDocument::Reveal(reveal) => Some(reveal.consent),
        JobDocument::RevealEnd(end) => of_reveal(tx, end.reveal.0).await?,
        JobDocument::JobOffer(offer) => of_reveal(tx, offer.application.reveal.0).await?,
        JobDocument::Vacancy(_) | JobDocument::CandidateProfile(_) | JobDocument::EmploymentRecord(_) => None,
    };
    let Some(consent) = consent else { return Ok(None) };
    Ok(consent_find(tx, consent).await?.map(|consent| consent.terms().subject))
}

async fn of_reveal(tx: &mut Tx, reveal: Uuid) -> Result<Option<Uuid>, StoreError> {
    Ok(reveal_find(tx, reveal).await?.map(|row| row.consent_id))
}
