//! Whether an inquiry or an offer may be: the kind, the ground, the state, the consent.

use super::{FactCatalogue, FactKind};
use crate::base::Code;
use crate::exchange::canonical::{Channel, Consent, Fact, FactInquiry, Ground, State};
use jiff::civil::Date;

/// Why a fact is not given or not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// The catalogue does not know the kind.
    Unknown,
    /// The kind is off: a holder is no member state.
    Disabled,
    /// The state does not keep such facts.
    NotHeld,
    /// The settings of the node do not name the kind.
    NotConfigured,
    /// Data of a special category, in the channel of consent.
    SpecialByConsent,
    /// The kind is not asked for this purpose.
    Purpose,
    /// Not by this right.
    Channel,
    /// Not on this act.
    Basis,
    /// Not by this state.
    Asker,
    /// The channel is consent, and there is none.
    NoConsent,
    /// It does not count on this day.
    ConsentExpired,
    /// It counts for longer than a consent may.
    ConsentTooLong,
    /// It is for another purpose.
    ConsentPurpose,
    /// It does not name the state that is told.
    ConsentState,
    /// The value is not of the shape of its kind, or the fact is not valid on this day.
    Value,
}

impl Refusal {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Unknown,
        Self::Disabled,
        Self::NotHeld,
        Self::NotConfigured,
        Self::SpecialByConsent,
        Self::Purpose,
        Self::Channel,
        Self::Basis,
        Self::Asker,
        Self::NoConsent,
        Self::ConsentExpired,
        Self::ConsentTooLong,
        Self::ConsentPurpose,
        Self::ConsentState,
        Self::Value,
    ];

    /// By which journal and peer know it.
    pub fn code(self) -> Code {
        match self {
            Self::Unknown => "rules.fact_unknown",
            Self::Disabled => "rules.fact_disabled",
            Self::NotHeld => "rules.fact_not_held",
            Self::NotConfigured => "rules.fact_not_configured",
            Self::SpecialByConsent => "rules.fact_special_by_consent",
            Self::Purpose => "rules.fact_purpose",
            Self::Channel => "rules.fact_channel",
            Self::Basis => "rules.fact_basis",
            Self::Asker => "rules.fact_asker",
            Self::NoConsent => "rules.fact_no_consent",
            Self::ConsentExpired => "rules.fact_consent_expired",
            Self::ConsentTooLong => "rules.fact_consent_too_long",
            Self::ConsentPurpose => "rules.fact_consent_purpose",
            Self::ConsentState => "rules.fact_consent_state",
            Self::Value => "rules.fact_value",
        }
    }

    /// The refusal of a code, such as a peer's notice tells.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|refusal| refusal.code() == code)
    }
}

impl FactCatalogue {
    /// The kind that is asked for, if this inquiry may be answered on this day.
    ///
    /// # Errors
    /// The first reason against it.
    pub fn judge(&self, inquiry: &FactInquiry, today: Date) -> Result<&FactKind, Refusal> {
        let kind = self.kind(inquiry.kind.as_str()).ok_or(Refusal::Unknown)?;
        kind.judge((inquiry.asked, inquiry.asking), &inquiry.ground, today)?;
        Ok(kind)
    }

    /// The kind of a fact that `told` is told, if it may be on this day.
    ///
    /// # Errors
    /// The first reason against it.
    pub fn judge_fact(&self, fact: &Fact, told: State, today: Date) -> Result<&FactKind, Refusal> {
        let kind = self.kind(fact.kind.as_str()).ok_or(Refusal::Unknown)?;
        kind.judge((fact.state, told), &fact.ground, today)?;
        let is_lawful = fact.value.shape() == kind.shape && fact.validity.until() >= today;
        if is_lawful { Ok(kind) } else { Err(Refusal::Value) }
    }
}

impl FactKind {
    fn judge(&self, (holder, told): (State, State), ground: &Ground, today: Date) -> Result<(), Refusal> {
        if !self.enabled {
            return Err(Refusal::Disabled);
        }
        if !self.is_held_by(holder) {
            return Err(Refusal::NotHeld);
        }
        if self.special.is_some() && ground.channel == Channel::Consent {
            return Err(Refusal::SpecialByConsent);
        }
        if !self.grounds.iter().any(|own| own.purpose == ground.purpose) {
            return Err(Refusal::Purpose);
        }
        let mut own = self.grounds.iter().filter(|own| own.purpose == ground.purpose);
        let own = own.find(|own| own.channel == ground.channel).ok_or(Refusal::Channel)?;
        if !own.bases.contains(&ground.basis) {
            return Err(Refusal::Basis);
        }
        if !own.asking.contains(&told) {
            return Err(Refusal::Asker);
        }
        match (ground.channel, &ground.consent) {
            (Channel::Treaty | Channel::Statute, _) => Ok(()),
            (Channel::Consent, None) => Err(Refusal::NoConsent),
            (Channel::Consent, Some(consent)) => judge_consent(consent, ground, told, today),
        }
    }
}

fn judge_consent(consent: &Consent, ground: &Ground, told: State, today: Date) -> Result<(), Refusal> {
    let days = consent.validity.until() - consent.validity.from();
    if consent.purpose != ground.purpose {
        Err(Refusal::ConsentPurpose)
    } else if !consent.states.contains(&told) {
        Err(Refusal::ConsentState)
    } else if !consent.validity.holds(today) {
        Err(Refusal::ConsentExpired)
    } else if days.get_days() > CONSENT_DAYS_MAX {
        Err(Refusal::ConsentTooLong)
    } else {
        Ok(())
    }
}

/// A year, a leap year among them.
const CONSENT_DAYS_MAX: i32 = 366;
