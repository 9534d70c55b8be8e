//! Whose document of which case: the head of each document of a case.

use super::HOME;
use crate::base::Finding;
use crate::exchange::canonical::case::{CaseHead, Filing};
use crate::exchange::document::CanonicalWriter;
use crate::exchange::document::codec::dice::Dice;
use crate::exchange::document::codec::field::{At, Inside, Reading, Slot, at};
use crate::exchange::document::codec::fields::Fields;
use crate::exchange::document::codec::namespaces::CSDO;
use crate::exchange::document::codec::parts::{COUNTRIES, coded};

/// By hand, since what it is about stands in the header of the document.
impl Inside for CaseHead {
    fn write_inside(&self, writer: &mut CanonicalWriter) {
        self.case.write(writer, &CASE_ID);
        coded(writer, "csdo", "UnifiedCountryCode", COUNTRIES, self.state.as_code());
        Slot::write(&self.body, writer, &BODY);
        self.filing.write(writer, &FILING);
    }

    fn read_inside(fields: &Fields<'_>, reading: &mut Reading<'_, '_>) -> Option<Self> {
        let case = Slot::read(fields, &CASE_ID, reading);
        let state = fields.require(CSDO, "UnifiedCountryCode", reading.findings);
        let body = Slot::read(fields, &BODY, reading);
        let filing = Option::<Filing>::read(fields, &FILING, reading);
        Some(Self { case: case?, state: state?, body: body?, filing: filing?, about: None })
    }

    fn invent_inside(dice: &mut Dice<'_>) -> Result<Self, Finding> {
        let (case, filing) = (Some(dice.words(30)?), Some(Filing::invent_inside(dice)?));
        Ok(Self { case, state: dice.state()?, body: Slot::invent(&BODY, dice)?, filing, about: None })
    }
}

const CASE_ID: At = at!("CaseId");
const BODY: At = at!("BodyDetails");
const FILING: At = at!("FilingDetails");
