//! `stazh occupation` and `stazh eval titles`, as somebody calls them.

use serde_json::Value;
use std::process::Command;

fn stazh(args: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_stazh")).args(args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_title_and_a_code_are_told() {
    let (code, told, _) =
        stazh(&["occupation", "электрогазосварщик 5 разряда", "вахта 60/30", "--json", "--language", "ru"]);
    let lines: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(code, Some(0));
    assert_eq!(lines[0]["answer"]["group"], "7212");
    assert_eq!(lines[0]["answer"]["title"], "Сварщики и газорезчики");
    assert_eq!(lines[0]["title"], "электрогазосварщик");
    assert_eq!((&lines[1]["answer"], &lines[1]["title"]), (&Value::Null, &Value::from("")));
    let (code, told, _) = stazh(&["occupation", "7212", "--language", "kk"]);
    assert!(code == Some(0) && told.contains("Дәнекерлеушілер") && told.contains("721"), "{told}");
    let (code, told, wrong) = stazh(&["occupation", "7219"]);
    assert!(code == Some(2) && told.is_empty() && wrong.contains("find group 7219"), "{wrong}");
}

#[test]
fn a_code_of_a_list_is_mapped_by_a_table_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("okpdtr.toml");
    let table = "scheme = \"okpdtr\"\nedition = \"016-94\"\ntitle = \"t\"\nsource = \"a ministry\"\n\n[[code]]\ncode = \"100657\"\nisco = [\"7212\"]\nrelation = \"broader\"\n";
    std::fs::write(&file, table).unwrap();
    let (file, tables) = (file.to_str().unwrap(), folder.path().to_str().unwrap());
    let (_, told, _) = stazh(&["occupation", "--scheme", "okpdtr", "100657"]);
    assert!(told.contains("no table of this list"), "{told}");
    let (code, told, aside) =
        stazh(&["occupation", "--scheme", "okpdtr", "100657", "--tables", tables, "--json"]);
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(
        (code, &told["groups"][0]["group"], &told["groups"][0]["relation"]),
        (Some(0), &"7212".into(), &"broader".into())
    );
    assert!(aside.contains("okpdtr.toml:7") && aside.contains("labour.control_digit"), "{aside}");
    let (code, told, _) = stazh(&["occupation", "check", file]);
    assert!(code == Some(0) && told.contains("codes: 1, errors: 0, warnings: 1"), "{told}");
    std::fs::write(file, table.replace("7212", "7219")).unwrap();
    let (code, told, _) = stazh(&["occupation", "check", file]);
    assert!(
        code == Some(1) && told.contains("labour.isco_unknown") && told.contains("okpdtr.toml:7"),
        "{told}"
    );
    let (code, _, aside) = stazh(&["occupation", "--scheme", "okz", "7212.3", "--tables", tables]);
    assert!(
        code == Some(1) && aside.contains("labour.isco_unknown"),
        "a table that is off is not half used: {aside}"
    );
}

#[test]
fn an_evaluation_of_a_copy_of_esco_tells_the_goals() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("occupations.csv");
    let rows = [
        "7212,welder,\"arc welder\ngas welder\npipe welder\"",
        "5120,cook,\"head cook\nship cook\nschool cook\"",
    ];
    std::fs::write(&file, format!("iscoGroup,preferredLabel,altLabels\n{}\n", rows.join("\n"))).unwrap();
    let (code, told, _) = stazh(&["eval", "titles", "--json", "--esco", file.to_str().unwrap()]);
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(code, Some(0), "{told}");
    assert_eq!((&told["questions"], &told["goals"]["mrr"]["is_met"]), (&2.into(), &true.into()));
    assert_eq!(told["baseline"]["acc_at_1"]["mean"], 1.0);
}
