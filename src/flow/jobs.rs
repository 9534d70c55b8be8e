//! Documents of the labour half, as far as flows treat them in ways of their own: an interest is answered by what the person
//! decided, an employment record reaches the pension side too.

use super::answer::{Remark, Said, notice};
use super::document::Case;
use super::labour::take_back;
use super::{Context, FlowError, Origin};
use crate::base::{Digest256, Finding, Findings, Limits, explanations};
use crate::exchange::canonical::job::{EmploymentRecord, Interest, JobDocument, Reveal};
use crate::exchange::canonical::{InsuranceRecord, State};
use crate::exchange::document::codec::NoticeCode;
use crate::exchange::rules::Carries;
use crate::exchange::{OwnError, own_job_document};
use crate::labour::{doubts, insurance_record, through_the_wall};
use crate::store::{Role, outbox_of_conversation};
use std::borrow::Cow;

/// What the local system has to say to an employer's interest.
#[derive(Debug)]
pub enum SaidToInterest {
    /// The person decided before, and shows himself.
    Revealed(Box<Reveal>),
    /// The person will be asked; if he shows himself, it is told in a transaction of its own.
    Later,
    /// The person, or what he consented to, does not allow it.
    Declined,
    /// No profile that is open is called so.
    Unknown,
}

/// What is said to a document of the labour half that begins a transaction.
pub(super) async fn say_of_job(
    document: &JobDocument,
    remarks: &mut Vec<Remark>,
    ctx: &Context,
) -> Result<Said, FlowError> {
    match document {
        JobDocument::Interest(interest) => {
            let (desk, asked) = (ctx.desk.clone(), interest.clone());
            let said = Context::aside(move || desk.say_to_interest(&asked)).await??;
            Ok(match said {
                SaidToInterest::Revealed(reveal) => {
                    // another's data must not leave by a mistake of the local system
                    let findings = of_reveal(&reveal, interest);
                    if !findings.is_empty() {
                        return Err(FlowError::Unlawful(findings));
                    }
                    Said::Job(Box::new(JobDocument::Reveal(reveal)))
                }
                SaidToInterest::Later => notice(NoticeCode::received(), "Интерес передан соискателю"),
                SaidToInterest::Declined => notice(NoticeCode::refused(), "Соискатель отклонил интерес"),
                SaidToInterest::Unknown => notice(NoticeCode::no_data(), "Профиль не найден или закрыт"),
            })
        }
        JobDocument::EmploymentRecord(record) => {
            remarks.extend(remarks_on(record));
            Ok(notice(NoticeCode::received(), "Сведения получены"))
        }
        JobDocument::Vacancy(_)
        | JobDocument::CandidateProfile(_)
        | JobDocument::Reveal(_)
        | JobDocument::RevealEnd(_)
        | JobDocument::JobOffer(_) => Ok(notice(NoticeCode::received(), "Документ получен")),
    }
}

/// What a person should look at in an employment record; it is taken all the same.
fn remarks_on(record: &EmploymentRecord) -> Vec<Remark> {
    let doubts = doubts(&[record]);
    let more = doubts.len().saturating_sub(REMARKS_MAX);
    let told = doubts.iter().take(REMARKS_MAX).map(|doubt| {
        let code = explanations().map(|(code, _)| code).find(|code| *code == doubt.code);
        (code, Cow::Owned(doubt.to_string()))
    });
    let rest =
        (more > 0).then(|| (None, Cow::Owned(format!("and {more} more of the kind in the same record"))));
    told.chain(rest).map(|(code, text)| Remark { kind: "ask_person", code, text }).collect()
}

impl Case<'_> {
    /// What speaks against a document of the labour half: it is another state's, or shows another person than was asked for.
    pub(super) async fn job_misfits(
        &self,
        document: &JobDocument,
        peer: State,
    ) -> Result<Findings, FlowError> {
        let mut findings = super::fit::of_state(document.state(), peer);
        if let (JobDocument::Reveal(reveal), Role::Initiator) = (document, self.plan.role)
            && let Some(JobDocument::Interest(interest)) = self.asked(own_job).await?
        {
            findings.extend(of_reveal(reveal, &interest));
        }
        Ok(findings)
    }

    /// Tells the labour side, and of an employment record the pension side, which takes it as any insurance record.
    pub(super) async fn hand_over_job(
        &self,
        origin: Origin,
        document: &JobDocument,
    ) -> Result<(), FlowError> {
        if let JobDocument::RevealEnd(end) = document {
            take_back((&self.row.peer, end.reveal.0), None, self.ctx).await?;
        }
        if let JobDocument::Reveal(reveal) = document {
            take_back((&self.row.peer, reveal.id.0), Some(origin.document_id), self.ctx).await?;
        }
        let (desk, told) = (self.ctx.desk.clone(), document.clone());
        // what came by consent goes to the labour side alone
        let record = through_the_wall(document).ok().map(insurance_of).transpose()?;
        Context::aside(move || {
            if let Some(record) = &record {
                desk.hand_over(&origin, record)?;
            }
            desk.hand_over_job(&origin, &told)
        })
        .await??;
        Ok(())
    }
}

impl Case<'_> {
    /// An employment record of ours that a peer has received is with our own pension side too, under the id under which it was
    /// sent: both count the same entries.
    pub(super) async fn hand_over_own_job(&self) -> Result<(), FlowError> {
        let carries = self.process.message(&self.transaction.request)?.carries;
        if self.plan.role != Role::Initiator || carries != Carries::JobDocument {
            return Ok(());
        }
        let mut tx = self.ctx.store.read_single().await?;
        let sent = outbox_of_conversation(&mut tx, self.headers.conversation_id, Role::Initiator).await?;
        drop(tx);
        let Some(sent) = sent.map(|sent| sent.draft) else { return Ok(()) };
        let Some(document_id) = sent.document_id else { return Ok(()) };
        let origin = Origin {
            document_id,
            conversation_id: self.headers.conversation_id,
            sender: self.ctx.state.to_string(),
            message: self.transaction.request.clone(),
            digest: sent.digest,
        };
        let (desk, limits) = (self.ctx.desk.clone(), self.ctx.limits);
        Context::aside(move || {
            let document = own_job_document(&sent.body, sent.digest, &limits)?;
            if let Ok(record) = through_the_wall(&document) {
                desk.hand_over(&origin, &insurance_of(record)?)?;
            }
            Ok::<_, FlowError>(())
        })
        .await?
    }
}

/// The insurance record of an employment record.
pub(super) fn insurance_of(record: &EmploymentRecord) -> Result<InsuranceRecord, FlowError> {
    insurance_record(record).map_err(|finding| FlowError::Unlawful(vec![finding]))
}

fn own_job(
    sealed: &[u8],
    digest: Digest256,
    _asked: State,
    limits: &Limits,
) -> Result<JobDocument, OwnError> {
    own_job_document(sealed, digest, limits)
}

/// A reveal answers the interest in one profile for one vacancy of one employer.
fn of_reveal(reveal: &Reveal, interest: &Interest) -> Findings {
    let is_same = reveal.profile == interest.profile
        && reveal.vacancy == interest.vacancy
        && reveal.employer == interest.employer;
    if is_same {
        return Findings::new();
    }
    let message =
        "the reveal is of another profile, vacancy or employer than the interest; answer what was asked";
    vec![Finding::error(
        "flow.reveal_other",
        "/Reveal",
        "profile, vacancy and employer of the interest",
        "",
        message,
    )]
}

/// More doubts about one record would only hide each other in the journal.
const REMARKS_MAX: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reveal_is_of_the_profile_the_vacancy_and_the_employer_of_the_interest() {
        let read = |text: &str| serde_json::from_str::<JobDocument>(text).unwrap();
        let interest = read(include_str!("../../fixtures/jobs/interest.json"));
        let reveal = read(include_str!("../../fixtures/jobs/reveal.json"));
        let (JobDocument::Interest(interest), JobDocument::Reveal(reveal)) = (interest, reveal) else {
            panic!()
        };
        assert_eq!(of_reveal(&reveal, &interest), []);
        for change in [
            |it: &mut Interest| it.profile.0 = uuid::Uuid::nil(),
            |it: &mut Interest| it.vacancy.id = "other".parse().unwrap(),
            |it: &mut Interest| it.employer.name = "Other".parse().ok(),
        ] {
            let mut other = interest.clone();
            change(&mut other);
            assert_eq!(of_reveal(&reveal, &other)[0].code, "flow.reveal_other");
        }
    }
}
