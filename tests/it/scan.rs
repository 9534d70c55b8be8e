//! A page is read back into its case: where that stands, and the note that it came on paper.

use crate::cases::waits_until;
use crate::fixtures::fixture;
use crate::paper::{drawn, output, scanned};
use crate::processes::{Process, run, stazh, two_nodes};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, SqliteConnection};
use std::path::Path;

/// What a node tells of the case; nothing if it does not know it.
fn case(node: &Path, case: &str) -> Option<Value> {
    let shown = stazh().args(["case", "show"]).arg(node).args([case, "--json"]).output().unwrap();
    shown.status.success().then(|| serde_json::from_slice(&shown.stdout).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_tells_its_case_and_is_noted_in_one() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    let claim = fixture("cases/pension-claim.json");
    let number =
        serde_json::from_slice::<Value>(&std::fs::read(&claim).unwrap()).unwrap()["head"]["case"].clone();
    let number = number.as_str().unwrap();
    {
        let _nodes = [Process::start(&ru), Process::start(&kz)];
        run(stazh().arg("send").arg(&ru).arg(&claim).args(["--to", "KZ"]));
        waits_until("the claim is there", || case(&kz, number).is_some()).await;
    }
    let known = case(&kz, number).unwrap();
    let id = known["entries"][0]["document"].as_str().unwrap();
    let pdf = root.path().join("claim.pdf");
    run(stazh().args(["print", id, "--node"]).arg(&ru).arg("--out").arg(&pdf));
    let page = drawn(&pdf, root.path(), 150).remove(0);
    for node in [&ru, &kz] {
        let (exit, told) = scanned(&[&page], Some(node), &[]);
        assert_eq!(
            (exit, &told[0]["outcome"], &told[0]["note_code"]),
            (Some(0), &"same".into(), &Value::Null)
        );
        let known = &told[0]["known"];
        assert_eq!((&known["case"]["case"], &known["case"]["stage"]), (&number.into(), &"waiting".into()));
        assert_eq!((&known["stands"], &known["is_held"]), (&"waits".into(), &false.into()));
        assert_eq!(known["case"]["waiting"][0]["who"], "KZ");
    }
    let told = output(stazh().arg("scan").arg(&page).arg("--node").arg(&kz));
    for line in [
        &format!("it belongs to case {number}, which stands: waiting"),
        "it waits for its answer",
        "waits for KZ",
    ] {
        assert!(told.contains(line), "{line}\n{told}");
    }

    // a page of a document that never came by wire, as of a state that is not connected
    let theirs = root.path().join("theirs.pdf");
    run(stazh().arg("print").arg(fixture("case-kz-to-ru/4-sealed.xml")).arg("-o").arg(&theirs));
    let theirs = drawn(&theirs, root.path(), 150).remove(0);
    let noted = |page, case: &str| {
        let (exit, told) = scanned(&[page], Some(&kz), &["--note", case]);
        (exit, told[0]["outcome"].clone(), told[0]["noted"].clone(), told[0]["note_code"].clone())
    };
    let (unknown, same) = (Value::from("unknown"), Value::from("same"));
    assert_eq!(noted(&theirs, "RU-0"), (Some(1), unknown.clone(), false.into(), "paper.no_case".into()));
    assert_eq!(noted(&theirs, number), (Some(0), unknown.clone(), true.into(), Value::Null));
    assert_eq!(noted(&theirs, number), (Some(0), unknown, true.into(), Value::Null), "again");
    assert_eq!(noted(&page, "RU-0"), (Some(1), same.clone(), false.into(), "paper.other_case".into()));
    assert_eq!(noted(&page, number), (Some(0), same, true.into(), Value::Null));
    let now = case(&kz, number).unwrap();
    assert_eq!(
        (&now["case"], &now["entries"]),
        (&known["case"], &known["entries"]),
        "nothing follows from paper"
    );
    let pages: Vec<_> = now["pages"].as_array().unwrap().iter().map(|page| &page["document"]).collect();
    assert!(pages.len() == 2 && pages.contains(&&id.into()), "{pages:?}");
    let shown = output(stazh().args(["case", "show"]).arg(&kz).arg(number));
    assert!(shown.contains("the document itself is not in this case"), "{shown}");
    let journal = output(stazh().args(["journal", "list"]).arg(&kz));
    assert_eq!(journal.matches("came on paper").count(), 2, "{journal}");

    // one whose seal is not that of the document that came is noted nowhere
    let sealed = root.path().join("forged.xml");
    let forged = std::fs::read_to_string(fixture("documents/case-pension-claim.xml")).unwrap();
    let (head, rest) =
        forged.split_once("EDocId xmlns:csdo=\"urn:EEC:M:SimpleDataObjects:v0.4.12\">").unwrap();
    let forged =
        format!("{head}EDocId xmlns:csdo=\"urn:EEC:M:SimpleDataObjects:v0.4.12\">{id}{}", &rest[36..]);
    std::fs::write(root.path().join("plain.xml"), forged).unwrap();
    run(stazh()
        .arg("sign")
        .arg(root.path().join("plain.xml"))
        .arg("--key")
        .arg(ru.join("keys/seal.key.pem"))
        .arg("--certificate")
        .arg(ru.join("keys/seal.pem"))
        .arg("--out")
        .arg(&sealed));
    let forged = root.path().join("forged.pdf");
    run(stazh().arg("print").arg(&sealed).arg("-o").arg(&forged));
    let forged = drawn(&forged, root.path(), 150).remove(0);
    assert_eq!(noted(&forged, number), (Some(1), "other".into(), Value::Null, Value::Null));
    assert_eq!(case(&kz, number).unwrap()["pages"].as_array().unwrap().len(), 2);
    // what is kept is compared with what was sealed, not only with what was stored of that
    for (node, table, column) in [(&ru, "outbox_body", "body"), (&kz, "inbox_raw", "raw")] {
        let database = format!("sqlite:{}", node.join("data/stazh.db").display());
        let mut connection = SqliteConnection::connect(&database).await.unwrap();
        let change = format!(
            "UPDATE {table} SET {column} = CAST(replace(CAST({column} AS TEXT), '>ru-old-age<', '>ru-survivors<') AS BLOB)"
        );
        let changed = sqlx::query(AssertSqlSafe(change)).execute(&mut connection).await.unwrap();
        assert!(changed.rows_affected() > 0);
        connection.close().await.unwrap();
        let (exit, told) = scanned(&[&page], Some(node), &["--note", number]);
        let told = (&told[0]["outcome"], &told[0]["code"], &told[0]["noted"]);
        assert_eq!((exit, told), (Some(1), (&"changed".into(), &"paper.kept_changed".into(), &Value::Null)));
    }
    let misused = stazh().arg("scan").arg(&page).args(["--note", number]).output().unwrap();
    assert_eq!(misused.status.code(), Some(2), "a note needs a node");
}
