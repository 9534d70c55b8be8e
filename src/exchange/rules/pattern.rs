//! The six transaction patterns (D5 ¶122–139).

use serde::Deserialize;

/// How the messages of a transaction follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pattern {
    /// "Взаимные обязательства": both sides have duties; all of it takes effect, or nothing (D5 ¶122–124).
    MutualObligations,
    /// "Вопрос/ответ": the data are at hand (D5 ¶125, ¶126).
    QuestionAnswer,
    /// "Запрос/ответ": the data must be collected (D5 ¶127–130).
    RequestResponse,
    /// "Запрос/подтверждение": a question of status, whose answer is confirmed (D5 ¶131–135).
    RequestConfirmation,
    /// "Оповещение": the official notice of what cannot be undone (D5 ¶136, ¶137).
    Notification,
    /// "Распространение информации": nothing is awaited (D5 ¶138, ¶139).
    Distribution,
}

impl Pattern {
    /// All of them, in the order of the Rules.
    pub const ALL: [Self; 6] = [
        Self::MutualObligations,
        Self::QuestionAnswer,
        Self::RequestResponse,
        Self::RequestConfirmation,
        Self::Notification,
        Self::Distribution,
    ];

    /// Whether the first message is answered by another.
    pub fn has_response(&self) -> bool {
        match self {
            Self::MutualObligations
            | Self::QuestionAnswer
            | Self::RequestResponse
            | Self::RequestConfirmation => true,
            Self::Notification | Self::Distribution => false,
        }
    }
}
