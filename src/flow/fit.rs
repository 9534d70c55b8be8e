//! Does what came fit him who sent it and what was asked? A seal says who wrote a document, not that it is about
//! the right person.

use super::cases::Belonging;
use super::document::{Case, Content};
use super::facts::day_of;
use super::{Context, FlowError};
use crate::base::{Digest256, Finding, Findings, Limits};
use crate::exchange::canonical::case::CaseDocument;
use crate::exchange::canonical::{Fact, FactInquiry, Inquiry, InsuranceRecord, State};
use crate::exchange::document::codec::Header;
use crate::exchange::{OwnError, own_fact_inquiry, own_inquiry};
use crate::store::{InboxState, Role, outbox_of_conversation};

impl Case<'_> {
    /// What speaks against using the content.
    pub(super) async fn misfits(&self, header: &Header, content: &Content) -> Result<Findings, FlowError> {
        let peer = self.ctx.peers.of_name(&self.row.peer)?.state;
        match content {
            Content::Inquiry(inquiry) => Ok(of_asking(inquiry.asking, peer)),
            Content::FactInquiry(inquiry) => Ok(of_asking(inquiry.asking, peer)),
            Content::Fact(fact) => {
                let asked = self.asked(own_fact_inquiry).await?;
                let mut findings = of_fact(fact, asked.as_ref(), peer);
                findings.extend(self.unlawful(fact));
                Ok(findings)
            }
            Content::FactOffer(offer) => Ok(of_fact(&offer.fact, None, peer)),
            Content::Record(record) => {
                let asked = match self.plan.role {
                    Role::Initiator => self.asked(own_inquiry).await?,
                    Role::Respondent => None, // it comes unasked
                };
                Ok(of_record(record, asked.as_ref(), peer))
            }
            Content::Case(document) => {
                let mut findings = of_state(document.head().state, peer);
                // what was accepted is not judged by what came after it
                if self.row.state != InboxState::Accepted {
                    let belonging = self.belonging(document, header);
                    findings.extend(belonging.judged(&mut self.ctx.store.read().await?).await?);
                }
                Ok(findings)
            }
            Content::Check(document) => self.check_misfits(header, document, peer).await,
            Content::Job(document) => self.job_misfits(document, peer).await,
            Content::Notice(_) | Content::Status(_) => Ok(Findings::new()),
        }
    }

    /// Where a document of a case belongs.
    pub(super) fn belonging(&self, document: &CaseDocument, header: &Header) -> Belonging {
        Belonging::of(document, (header.document_id, self.ctx.state), self.row.received_at, self.ctx)
    }

    /// Why a fact that was asked for may not be taken after all, as when it says something else than its kind does.
    fn unlawful(&self, fact: &Fact) -> Option<Finding> {
        let (ctx, came) = (self.ctx, day_of(self.row.received_at));
        let refusal = ctx.facts.catalogue.judge_fact(fact, ctx.state, came).err()?;
        let message =
            "the fact is not lawful for this kind and ground; give it as the catalogue of facts says";
        Some(Finding::error(refusal.code(), "/FactDetails", "catalogue of facts", "", message))
    }

    /// The inquiry that began this conversation, out of the document we sealed.
    pub(super) async fn asked<T: Send + 'static>(&self, read: ReadOwn<T>) -> Result<Option<T>, FlowError> {
        let mut tx = self.ctx.store.read_single().await?;
        let request = outbox_of_conversation(&mut tx, self.headers.conversation_id, Role::Initiator).await?;
        let Some(request) = request else { return Ok(None) };
        drop(tx);
        let peer = self.ctx.peers.of_name(&self.row.peer)?.state;
        let limits = self.ctx.limits;
        let read = Context::aside(move || read(&request.draft.body, request.draft.digest, peer, &limits));
        Ok(Some(read.await??))
    }
}

/// Reads the question out of a document that we sealed.
pub(super) type ReadOwn<T> = fn(&[u8], Digest256, State, &Limits) -> Result<T, OwnError>;

fn of_asking(asking: State, peer: State) -> Findings {
    let message =
        "the inquiry is of another state than the one whose node sent it; let each state ask by its own node";
    let finding = Finding::error("flow.asking", "/asking", "one state, one node", asking.as_code(), message);
    if asking == peer { Findings::new() } else { vec![finding] }
}

fn of_record(record: &InsuranceRecord, asked: Option<&Inquiry>, peer: State) -> Findings {
    let mut findings = of_state(record.state, peer);
    if asked.is_some_and(|asked| !record.person.is_same(&asked.person)) {
        let message = "the record is of another person than the one who was asked about; look for that person and answer again";
        let rule = "a shared identifier, or name and birth date";
        findings.push(Finding::error("flow.record_person", "/person", rule, "", message));
    }
    findings
}

/// What is written by a state comes from its node.
pub(super) fn of_state(state: State, peer: State) -> Findings {
    if state == peer {
        return Findings::new();
    }
    let message =
        "this is of another state than the one whose node sent it; send what the state itself has or writes";
    vec![Finding::error("flow.record_state", "/state", "one state, one node", state.as_code(), message)]
}

fn of_fact(fact: &Fact, asked: Option<&FactInquiry>, peer: State) -> Findings {
    let mut findings = Findings::new();
    let mut refuse = |code: &str, path: &str, rule: &str, message: &str| {
        findings.push(Finding::error(code, path, rule, "", message));
    };
    if fact.state != peer {
        let message =
            "the fact is of another state than the one whose node sent it; give the state's own facts";
        refuse("flow.record_state", "/state", "one state, one node", message);
    }
    let Some(asked) = asked else { return findings };
    if !fact.person.is_same(&asked.person) {
        let message = "the fact is of another person than the one who was asked about; look for that person and answer again";
        refuse("flow.record_person", "/person", "a shared identifier, or name and birth date", message);
    }
    if fact.kind != asked.kind || fact.ground != asked.ground {
        let message =
            "the fact is of another kind or on another ground than was asked; answer what was asked";
        refuse(
            "flow.fact_other",
            "/kind",
            "kind, purpose, channel, basis and consent of the question",
            message,
        );
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_must_be_of_the_peer_and_of_the_person() {
        let asked: Inquiry =
            serde_json::from_str(include_str!("../../fixtures/demo/inquiry-1.json")).unwrap();
        let record: InsuranceRecord =
            serde_json::from_str(include_str!("../../fixtures/case-kz-to-ru/2-record.json")).unwrap();
        let mut own = record.clone();
        own.person = asked.person.clone();
        let codes = |record: &InsuranceRecord, peer| -> Vec<String> {
            of_record(record, Some(&asked), peer).into_iter().map(|finding| finding.code).collect()
        };
        assert_eq!(codes(&own, State::Kz), [""; 0]);
        assert_eq!(codes(&own, State::Am), ["flow.record_state"]);
        let mut other = own.clone();
        other.person.identifiers.clear();
        assert_eq!(codes(&other, State::Kz), [""; 0], "name and birth date are enough");
        other.person.birth_date = jiff::civil::date(1900, 1, 2);
        assert_eq!(codes(&other, State::Kz), ["flow.record_person"]);
        assert_eq!(of_asking(asked.asking, State::Ru), []);
        assert_eq!(of_asking(asked.asking, State::By).first().map(|f| f.code.as_str()), Some("flow.asking"));
    }
}
