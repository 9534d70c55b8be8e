//! What the forms of a state count persons, employers and money by.

use crate::exchange::canonical::IdentifierKind;
use crate::exchange::canonical::State;

/// The numbers and the currency of a state.
pub(super) struct Home {
    /// Of persons.
    pub(super) identifier: IdentifierKind,
    /// The register of employers, and how many digits its numbers have.
    pub(super) register: &'static str,
    pub(super) digits: usize,
    /// The currency of today.
    pub(super) currency: &'static str,
}

/// Those of a state.
pub(super) fn home(state: State) -> Home {
    let (identifier, register, digits, currency) = match state {
        State::Am => (IdentifierKind::Psn, "am-tin", 8, "AMD"),
        State::By => (IdentifierKind::ByNumber, "unp", 9, "BYN"),
        State::Kg => (IdentifierKind::Pin, "kg-inn", 14, "KGS"),
        State::Kz => (IdentifierKind::Iin, "bin", 12, "KZT"),
        State::Ru => (IdentifierKind::Snils, "inn", 10, "RUB"),
    };
    Home { identifier, register, digits, currency }
}
