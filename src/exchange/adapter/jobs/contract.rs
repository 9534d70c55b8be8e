//! The extract of the Kazakh register of employment contracts (ЕСУТД, `labour.md` 3.2): one row tells a contract, what was
//! changed in it, or its end. What becomes of it as a record of employment is not decided here.

use super::clean::day;
use super::fields::{Fields, Notes};
use super::vacancy::Taken;
use crate::base::Finding;
use crate::exchange::canonical::{
    Coded, Employer, EmployerNumber, Identifier, IdentifierKind, Number, Position, Remark, Standing, State,
    Title,
};
use jiff::civil::Date;
use serde_json::Value;
use std::fmt;

/// A row of the register, as it stands there.
#[derive(Clone, PartialEq, Eq)]
pub struct ContractRow {
    /// Contract, amendment or termination, as the register writes it.
    pub kind: Option<Title>,
    /// Who employs, by BIN.
    pub employer: Employer,
    /// The worker's number.
    pub iin: Identifier,
    /// The worker's name, as written.
    pub full_name: Option<Title>,
    /// The number of the contract.
    pub number: Option<Number>,
    /// The day it was signed.
    pub signed_on: Option<Date>,
    /// The day work starts.
    pub starts_on: Option<Date>,
    /// The last day of a contract for a time.
    pub ends_on: Option<Date>,
    /// The day it was ended.
    pub terminated_on: Option<Date>,
    /// The article of the Labour Code by which it was ended.
    pub ground: Option<Number>,
    /// Indefinite, fixed term, seasonal or task based, as the register writes it.
    pub term: Option<Title>,
    /// As what.
    pub position: Option<Position>,
    /// Its code of the national list (НКЗ), never changed.
    pub position_code: Option<Coded>,
    /// The post as the employer's staff list calls it.
    pub established_post: Option<Position>,
    /// The region.
    pub region: Option<Title>,
    /// The place by its code of KATO, if that is what the register writes.
    pub kato: Option<Coded>,
    /// The place in words.
    pub place: Option<Title>,
    /// The address in words.
    pub address: Option<Remark>,
    /// Whether it is for a part of the time.
    pub is_part_time: bool,
    /// Whether it is from afar.
    pub is_remote: bool,
    /// How many hours, as the register writes it.
    pub hours: Option<Title>,
}

impl fmt::Debug for ContractRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContractRow(…)")
    }
}

impl ContractRow {
    /// Reads a row that stands at a place, such as `contracts.csv:12`. A number of a worker that a spreadsheet cut its
    /// leading zero of gets it back if its check digit then fits.
    ///
    /// # Errors
    /// Why it is set aside: no number of worker or employer, or neither a day of the contract nor one of its end.
    pub fn read(entry: &Value, place: &str) -> Result<Taken<Self>, Finding> {
        let fields = Fields::within(entry);
        let mut notes = Notes::at(place);
        let iin = iin(&fields, &mut notes)?;
        let employer = employer(&fields, &mut notes)?;
        let mut day_of = |field: &str, names: &[&str]| {
            let text = fields.text(names)?;
            let read = day(&text);
            if read.is_none() {
                notes.warn("adapter.job_date", field, "YYYY-MM-DD", &text, "not a day; it is left out");
            }
            read
        };
        let signed_on = day_of("contract_date", &["contractdate", "dateofcontract"]);
        let starts_on = day_of("start_date", &["startdate", "workstartdate", "datestart"]);
        let ends_on = day_of("end_date", &["enddate", "dateend"]);
        let terminated_on = day_of("termination_date", &["terminationdate", "dateoftermination"]);
        if signed_on.or(starts_on).or(terminated_on).is_none() {
            let message = "it has neither a day of the contract nor one of its end; correct it in the source";
            return Err(refuse(&notes, "contract_date", "a day", "", message));
        }
        let place_text = fields.text(&["workplacekatoname", "kato", "workplacekato", "katoname"]);
        let is_code = |text: &str| text.len() == 9 && text.bytes().all(|byte| byte.is_ascii_digit());
        let (kato, place) = match place_text.as_deref() {
            Some(text) if is_code(text) => (text.parse().ok(), None),
            Some(text) => (None, notes.kept("workplace", text.parse())),
            None => (None, None),
        };
        let record = Self {
            kind: token(&fields, &["kind", "recordkind", "type"], "kind", &mut notes),
            employer,
            iin,
            full_name: token(&fields, &["fullname", "fio", "employeename"], "full_name", &mut notes),
            number: token(&fields, &["contractnumber", "number"], "contract_number", &mut notes),
            signed_on,
            starts_on,
            ends_on,
            terminated_on,
            ground: token(
                &fields,
                &["terminationground", "ground", "terminationreason"],
                "ground",
                &mut notes,
            ),
            term: token(&fields, &["contracttype", "contractterm"], "contract_type", &mut notes),
            position: token(&fields, &["positionname", "position"], "position_name", &mut notes),
            position_code: token(&fields, &["positioncode", "nkz"], "position_code", &mut notes),
            established_post: token(&fields, &["establishedpost"], "established_post", &mut notes),
            region: token(&fields, &["region"], "region", &mut notes),
            kato,
            place,
            address: token(&fields, &["workplaceaddress", "addresstext", "address"], "address", &mut notes),
            is_part_time: fields.is_true(&["parttime", "isparttime"]),
            is_remote: fields.is_true(&["remotework", "isremote"]),
            hours: token(&fields, &["workinghours"], "working_hours", &mut notes),
        };
        Ok(Taken { record, findings: notes.findings })
    }
}

fn iin(fields: &Fields<'_>, notes: &mut Notes) -> Result<Identifier, Finding> {
    let text = fields.text(&["iin", "employeeiin"]).unwrap_or_default();
    let padded = padded(&text);
    let message = "not a number of a worker; correct it in the source";
    let iin = Identifier::parse(IdentifierKind::Iin, padded.as_deref().unwrap_or(&text))
        .map_err(|_cause| refuse(notes, "iin", "IIN: 12 digits", &text, message))?;
    match (padded.is_some(), iin.standing()) {
        (_, Standing::Sound) => Ok(iin),
        (true, Standing::ChecksumMismatch) => {
            let message = "it has 11 digits, and no leading zero makes it a number of a worker; correct it in the source";
            Err(refuse(notes, "iin", "IIN: 12 digits, check digit mod 11", &text, message))
        }
        (false, Standing::ChecksumMismatch) => {
            if let Some(finding) = iin.finding("iin") {
                notes.left_out("iin", finding);
            }
            Ok(iin)
        }
    }
}

fn employer(fields: &Fields<'_>, notes: &mut Notes) -> Result<Employer, Finding> {
    let text = fields.text(&["bin", "orgbin", "employerbin"]).unwrap_or_default();
    let bin = padded(&text).unwrap_or_else(|| text.clone().into_owned());
    if bin.len() != 12 || !bin.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(refuse(
            notes,
            "bin",
            "BIN: 12 digits",
            &text,
            "not a number of an employer; correct it in the source",
        ));
    }
    let kind = "bin".parse()?;
    let name = fields.text(&["orgname", "employer", "employername", "orgbinname"]);
    let name = name.and_then(|name| notes.kept("employer", name.parse()));
    Ok(Employer {
        state: Some(State::Kz.into()),
        name,
        number: Some(EmployerNumber { kind, value: bin.parse()? }),
    })
}

/// Twelve digits out of the eleven that a spreadsheet leaves; none of another text.
fn padded(text: &str) -> Option<String> {
    let is_cut = text.len() == 11 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_cut.then(|| format!("0{text}"))
}

fn token<T: std::str::FromStr<Err = Finding>>(
    fields: &Fields<'_>,
    names: &[&str],
    field: &str,
    notes: &mut Notes,
) -> Option<T> {
    let text = fields.text(names)?;
    notes.kept(field, text.parse())
}

fn refuse(notes: &Notes, field: &str, rule: &str, value: &str, message: &str) -> Finding {
    notes.error("adapter.contract_row", field, rule, value, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn row(iin: &str) -> Value {
        json!({ "bin": "012345678901", "iin": iin, "contract_date": "01.02.2024", "position_code": "7212-1",
            "position_name": "Сварщик", "part_time": "нет", "remote_work": true, "termination_date": "" })
    }

    #[test]
    fn a_number_that_lost_its_zero_gets_it_back_if_it_then_fits() {
        // 031231 + serial, whose check digit is computed here as the register's rule says
        let sound = (0..10).map(|digit| format!("03123150001{digit}")).find(|number| {
            Identifier::parse(IdentifierKind::Iin, number).is_ok_and(|iin| iin.standing() == Standing::Sound)
        });
        let sound = sound.unwrap();
        let cut = sound.strip_prefix('0').unwrap();
        let taken = ContractRow::read(&row(cut), "c.csv:2").unwrap();
        assert_eq!((taken.record.iin.as_str(), taken.findings.len()), (sound.as_str(), 0));
        assert_eq!(taken.record.signed_on.map(|day| day.to_string()).as_deref(), Some("2024-02-01"));
        assert!(taken.record.is_remote && !taken.record.is_part_time && taken.record.terminated_on.is_none());
        assert_eq!(taken.record.position_code.as_ref().map(Coded::as_str), Some("7212-1"));
        let last = cut.chars().last().and_then(|c| c.to_digit(10)).unwrap();
        let wrong = format!("{}{}", &cut[..10], (last + 1) % 10);
        let finding = ContractRow::read(&row(&wrong), "c.csv:3").unwrap_err();
        assert_eq!((finding.code.as_str(), finding.path.as_str()), ("adapter.contract_row", "c.csv:3 iin"));
        assert!(!finding.to_string().contains(&wrong));
    }

    #[test]
    fn a_row_without_what_it_is_about_is_set_aside() {
        for (field, value) in [("iin", json!("")), ("bin", json!("12")), ("contract_date", json!("вчера"))]
        {
            let mut entry = row("850315300018");
            entry[field] = value;
            assert!(ContractRow::read(&entry, "c.csv:2").is_err(), "{field}");
        }
    }
}
