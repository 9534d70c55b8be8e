//! Rows that are set aside: counted, shown with what to do, and taken once they are mended.

use crate::cli::stazh;
use std::path::Path;

const HEAD: &str = "iin,family,given,patronymic,birth_date,sex,citizenship\n";
const ANNA: &str = "850315300019,Ким,Анна,,15.03.1985,Ж,KZ\n";

fn node(folder: &Path) {
    let (code, _, err) = stazh(folder, &["init", "kz", "--state", "KZ", "--seal-key", "p256"]);
    assert_eq!(code, Some(0), "{err}");
    std::fs::create_dir_all(folder.join("kz/local")).unwrap();
}

#[test]
fn what_is_set_aside_is_counted_shown_with_its_remedy_and_taken_after_the_fix() {
    let folder = tempfile::tempdir().unwrap();
    node(folder.path());
    let run = |words: &[&str]| stazh(folder.path(), words);
    let put =
        |name: &str, text: &str| std::fs::write(folder.path().join("kz/local").join(name), text).unwrap();
    let bad = "900722400456,Ли,Олег,,31.02.1990,М,KZ\n051105600120,Пак\n";
    put("depositors.csv", &format!("{HEAD}{ANNA}{bad}"));

    let (code, out, err) = run(&["replay", "kz"]);
    assert_eq!((code, err.as_str()), (Some(1), ""));
    assert_eq!(
        out,
        "depositors.csv: 0 rows were set aside, 2 are now; 1 rows are taken, 0 before\n\
         depositors.csv: 1 rows taken, 2 set aside\n\
         \u{20} depositors.csv:3 birth_date: not a day of the years 1900–2100 in this form; correct it in the source (adapter.date; rule %d.%m.%Y; found 10 mixed characters)\n\
         \u{20} depositors.csv:4: the row has 2 fields; check its delimiters and quotes (adapter.row_length; rule 7 columns, as in the header; found empty)\n\
         adapter.date: Mend the named value; the pattern is named.\n\
         adapter.row_length: Mend the named row; often a delimiter stands inside a value.\n"
    );
    let (code, out, _) = run(&["status", "kz"]);
    assert_eq!(code, Some(0));
    assert!(out.contains(": 1 rows taken, 2 set aside; stazh status --aside shows why"), "{out}");
    let (code, shown, _) = run(&["status", "kz", "--aside"]);
    assert_eq!(code, Some(0));
    assert!(shown.starts_with("depositors.csv: 1 rows taken, 2 set aside\n"), "{shown}");
    assert!(!shown.contains("Олег") && !shown.contains("900722400456"), "no value is shown: {shown}");

    // One row is mended, the other is not.
    put("depositors.csv", &format!("{HEAD}{ANNA}{}", bad.replace("31.02", "22.07")));
    let (code, out, _) = run(&["replay", "kz", "--json"]);
    assert_eq!(code, Some(1));
    let told: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (&told["before"]["depositors.csv"], &told["files"][0]["aside"]),
        (&2.into(), &1.into()),
        "{out}"
    );
    assert_eq!(told["set_aside"][0]["finding"]["code"], "adapter.row_length");

    put("depositors.csv", &format!("{HEAD}{ANNA}"));
    let (code, out, _) = run(&["replay", "kz"]);
    assert_eq!(code, Some(0));
    assert_eq!(
        out,
        "depositors.csv: 1 rows were set aside, 0 are now; 1 rows are taken, 2 before\nno row is set aside\n"
    );
    let (_, journal, _) = run(&["journal", "list", "kz"]);
    assert!(journal.contains("replayed") && journal.contains("1 rows taken, 0 set aside"), "{journal}");

    // A file of another form is told as such until it is mended or gone.
    put("contracts.json", "[{");
    let (code, out, _) = run(&["replay", "kz"]);
    assert_eq!(code, Some(1));
    assert!(out.contains("contracts.json is refused; inquiries wait"), "{out}");
    assert!(run(&["status", "kz"]).1.contains("1 files refused"));
    std::fs::remove_file(folder.path().join("kz/local/contracts.json")).unwrap();
    let (code, out, _) = run(&["replay", "kz"]);
    assert_eq!((code, out.as_str()), (Some(0), "contracts.json is gone\nno row is set aside\n"));
}
