//! Which value of a record each element of its document comes from.
//!
//! Nothing is written down about the encoder: each value of the record is changed in turn, the document is written
//! again, and the elements that became others come from it. So what is told here is what the encoder does.

use super::CodecError;
use super::header::Header;
use super::record::encode_record;
use crate::base::Limits;
use crate::exchange::canonical::InsuranceRecord;
use crate::exchange::document::Element;
use serde_json::Value as Json;
use serde_json::json;
use std::collections::BTreeSet;

/// An element without children, and the values it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Where it stands in the document.
    pub element: String,
    /// Places of the record such as `periods[0].interval.from`; none if the message or the document makes it.
    pub places: Vec<String>,
}

/// Where each element of a record's document comes from, in the order of the document.
///
/// # Errors
/// A value holds a character XML does not allow.
pub fn origins(record: &InsuranceRecord, header: &Header) -> Result<Vec<Origin>, CodecError> {
    let bare = InsuranceRecord {
        periods: Vec::new(),
        contributions: Vec::new(),
        evidence: Vec::new(),
        ..record.clone()
    };
    let mut all = changed(&bare, header, "", &["periods", "contributions", "evidence"])?;
    for (at, period) in record.periods.iter().enumerate() {
        let one = InsuranceRecord { periods: vec![period.clone()], ..bare.clone() };
        let own = changed(&one, header, "/periods/0", &[])?;
        all.extend(placed(own, ("InsurancePeriodDetails", "periods"), (at, record.periods.len())));
    }
    for (at, contribution) in record.contributions.iter().enumerate() {
        let one = InsuranceRecord { contributions: vec![contribution.clone()], ..bare.clone() };
        let own = changed(&one, header, "/contributions/0", &[])?;
        all.extend(placed(own, ("ContributionDetails", "contributions"), (at, record.contributions.len())));
    }
    for (at, evidence) in record.evidence.iter().enumerate() {
        let one = InsuranceRecord { evidence: vec![evidence.clone()], ..bare.clone() };
        let own = changed(&one, header, "/evidence/0", &[])?;
        all.extend(placed(own, ("EvidenceDetails", "evidence"), (at, record.evidence.len())));
    }
    Ok(all)
}

/// The elements of one entry, with its number among those of its kind.
fn placed(
    own: Vec<Origin>,
    (element, list): (&str, &str),
    (at, count): (usize, usize),
) -> impl Iterator<Item = Origin> {
    let (step, first) = (format!("/{element}/"), format!("{list}[0]"));
    let numbered = if count > 1 { format!("/{element}[{}]/", at + 1) } else { step.clone() };
    let place = format!("{list}[{at}]");
    own.into_iter().filter(move |origin| origin.element.contains(&step)).map({
        let step = format!("/{element}/");
        move |origin| Origin {
            element: origin.element.replacen(&step, &numbered, 1),
            places: origin.places.iter().map(|own| own.replacen(&first, &place, 1)).collect(),
        }
    })
}

/// Changes every value below `part` in turn, but for the lists left out.
fn changed(
    record: &InsuranceRecord,
    header: &Header,
    part: &str,
    left_out: &[&str],
) -> Result<Vec<Origin>, CodecError> {
    let before = elements(record, header)?;
    let mut origins: Vec<Origin> =
        before.iter().map(|(element, _)| Origin { element: element.clone(), places: Vec::new() }).collect();
    let Ok(whole) = serde_json::to_value(record) else { return Ok(origins) };
    let mut leaves = Vec::new();
    if let Some(json) = whole.pointer(part) {
        gather(part, json, left_out, &mut leaves);
    }
    for pointer in leaves {
        let Some(value) = whole.pointer(&pointer) else { continue };
        let mut found = BTreeSet::new();
        for other in others(value) {
            let mut json = whole.clone();
            if let Some(place) = json.pointer_mut(&pointer) {
                *place = other;
            }
            let Ok(record) = serde_json::from_value::<InsuranceRecord>(json) else { continue };
            let Ok(after) = elements(&record, header) else { continue };
            let is_comparable =
                after.len() == before.len() && before.iter().zip(&after).all(|(one, two)| one.0 == two.0);
            if is_comparable {
                found.extend(
                    (0..)
                        .zip(before.iter().zip(&after))
                        .filter(|(_, (one, two))| one != two)
                        .map(|(at, _)| at),
                );
                if !value.is_object() {
                    break; // a number is told with its kind and country
                }
            }
        }
        for at in found {
            let origin: Option<&mut Origin> = origins.get_mut::<usize>(at);
            origin.into_iter().for_each(|origin| origin.places.push(as_place(&pointer)));
        }
    }
    Ok(origins)
}

/// Each element without children: its place, and all that it says.
fn elements(record: &InsuranceRecord, header: &Header) -> Result<Vec<(String, String)>, CodecError> {
    let document = encode_record(record, header)?;
    let root = Element::parse(&document, &Limits::default())?;
    let mut all = Vec::new();
    root.visit(&mut |path, element| {
        if element.children.is_empty() {
            all.push((path.to_owned(), format!("{:?}{}", element.attributes, element.text)));
        }
    });
    Ok(all)
}

/// The pointers of all values; a personal number is one value with its kind.
fn gather(pointer: &str, json: &Json, left_out: &[&str], leaves: &mut Vec<String>) {
    match json {
        Json::Object(map) if map.contains_key("kind") && pointer.contains("/identifiers/") => {
            leaves.push(pointer.to_owned());
        }
        Json::Object(map) => {
            for (name, value) in map.iter().filter(|(name, _)| !left_out.contains(&name.as_str())) {
                gather(&format!("{pointer}/{name}"), value, left_out, leaves);
            }
        }
        Json::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                gather(&format!("{pointer}/{at}"), item, left_out, leaves);
            }
        }
        Json::String(_) | Json::Number(_) | Json::Bool(_) => leaves.push(pointer.to_owned()),
        Json::Null => {}
    }
}

/// Other values of the same sort, as far as can be told from the value; who cannot be read is passed over.
fn others(value: &Json) -> Vec<Json> {
    if let Json::Object(map) = value {
        let number = |(kind, number): (&str, &str)| {
            let mut other = map.clone();
            other.insert("kind".to_owned(), json!(kind));
            other.insert("value".to_owned(), json!(number));
            Json::Object(other)
        };
        return NUMBERS.into_iter().map(number).filter(|other| other != value).collect();
    }
    let Some(text) = value.as_str() else { return Vec::new() };
    let mut others: Vec<String> = Vec::new();
    if let Ok(day) = text.parse::<jiff::civil::Date>() {
        others.extend(day.yesterday().into_iter().chain(day.tomorrow()).map(|day| day.to_string()));
    }
    others.extend(WORDS.into_iter().map(str::to_owned));
    others.push(format!("{text}x"));
    others.into_iter().filter(|other| other != text).map(Json::String).collect()
}

/// `/periods/0/interval/from` as `periods[0].interval.from`.
fn as_place(pointer: &str) -> String {
    let mut place = String::new();
    for step in pointer.split('/').skip(1) {
        match step.parse::<usize>() {
            Ok(number) => place.push_str(&format!("[{number}]")),
            Err(_name) if place.is_empty() => place.push_str(step),
            Err(_name) => {
                place.push('.');
                place.push_str(step);
            }
        }
    }
    place
}

/// Sound numbers of nobody.
const NUMBERS: [(&str, &str); 3] =
    [("iin", "850315300019"), ("iin", "900722400456"), ("snils", "11223344595")];

/// Months, amounts, countries, currencies and codes.
const WORDS: [&str; 9] = ["2001-01", "2001-02", "1.25", "2.5", "RU", "KZ", "RUB", "KZT", "zz"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::DocumentId;

    const RECORD: &str = r#"{
        "state": "KZ", "as_of": "2026-11-24",
        "person": { "name": { "family": "Ахметов", "given": "Ерлан" }, "birth_date": "1985-03-15", "sex": "1",
            "citizenships": ["KZ"], "identifiers": [{ "kind": "iin", "value": "850315300019" }] },
        "periods": [
            { "id": "a", "state": "KZ", "interval": { "from": "2010-01-11", "to": "2012-02-01" }, "kind": "work",
              "employer": { "state": "KZ", "name": "ТОО", "number": { "kind": "bin", "value": "051140000018" } } },
            { "id": "b", "state": "KZ", "interval": { "from": "2013-01-11" }, "kind": "work", "supersedes": "a",
              "special_conditions": [{ "kind": "territory", "code": "27", "coefficient": "1.5" }] } ],
        "contributions": [
            { "id": "m", "month": "2010-02", "kind": "opv", "base": { "amount": "1", "currency": "KZT" },
              "amount": { "amount": "12000.00", "currency": "KZT" }, "cancelled_on": "2014-01-01" } ]
    }"#;

    #[test]
    fn every_element_has_its_origin_and_every_value_its_element() {
        let record: InsuranceRecord = serde_json::from_str(RECORD).unwrap();
        let id: DocumentId = "0190d0b2-1111-4000-8000-000000000001".parse().unwrap();
        let at = "2026-11-24T00:00:00Z".parse().unwrap();
        let header = Header::new(("P.XP.01.MSG.002", "R.XP.XP.01.002"), id, Some(id), at);
        let origins = origins(&record, &header).unwrap();
        let without: Vec<&str> = origins
            .iter()
            .filter(|one| one.places.is_empty() && !one.element.contains("/EDocHeader/"))
            .map(|one| one.element.as_str())
            .collect();
        assert_eq!(without, [""; 0]);
        let of = |ending: &str| {
            let one = origins.iter().find(|one| one.element.ends_with(ending)).unwrap();
            one.places.join(" ")
        };
        assert_eq!(of("/InsurancePeriodDetails[2]/RecordId"), "periods[1].id");
        assert_eq!(of("/ContributionDetails/ContributionMonth"), "contributions[0].month");
        assert_eq!(of("/BirthDate"), "person.birth_date");
        let document = encode_record(&record, &header).unwrap();
        let root = Element::parse(&document, &Limits::default()).unwrap();
        let mut leaves = Vec::new();
        root.visit(&mut |path, element| {
            if element.children.is_empty() {
                leaves.push(path.to_owned());
            }
        });
        let told: Vec<String> = origins.iter().map(|one| one.element.clone()).collect();
        assert_eq!(told, leaves, "each element once, in the order of the document");
        let mut values = Vec::new();
        gather("", &serde_json::to_value(&record).unwrap(), &[], &mut values);
        let told: BTreeSet<String> = origins.into_iter().flat_map(|one| one.places).collect();
        let missing: Vec<String> =
            values.iter().map(|one| as_place(one)).filter(|one| !told.contains(one)).collect();
        assert_eq!(missing, [""; 0]);
    }
}
