//! Forms on paper, read back by programs of others: poppler shows every text and draws every page, zbar reads every code.

mod whole;

use crate::attachments::noise;
use crate::evidence::documents_of;
use crate::fixtures::every_file_of;
use crate::processes::{Process, assert_handed_over, inquiries, keep_local, run, stazh, two_nodes};
use image::{DynamicImage, GrayImage, ImageFormat, Luma};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use stazh::base::{Digest256, Language, Limits};
use stazh::exchange::document::{Element, escape_text};
use stazh::exchange::rules::CodeLists;
use stazh::paper::{Form, PageCode, print, scan};
use std::collections::BTreeSet;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn every_text_of_every_document_is_on_its_form_in_both_languages() {
    let root = tempfile::tempdir().unwrap();
    let mut seen = 0;
    for file in every_file_of("documents") {
        if file.extension().is_none_or(|ending| ending != "xml") {
            continue;
        }
        let (name, xml) = (file.display(), std::fs::read(&file).unwrap());
        let document = Element::parse(&xml, &Limits::default()).unwrap();
        for language in [Language::Ru, Language::En] {
            let pdf = keep(root.path(), "form.pdf", &printed(document.clone(), language));
            let shown = squeezed(&text_of(&pdf));
            for text in texts(&document) {
                assert!(
                    text.split_whitespace().all(|word| shown.contains(word)),
                    "{name}: no {text} on the form"
                );
            }
        }
        seen += 1;
    }
    assert!(seen > 10, "{seen}");
}

#[test]
fn the_letters_of_all_states_are_inside_the_file() {
    let root = tempfile::tempdir().unwrap();
    let words =
        ["Հայաստան", "Қазақстан", "әғқңөұүһі", "ӘҒҚҢӨҰҮҺІ", "Кыргызстан", "өңү", "Беларусь", "ўіё", "Łódź"];
    let names: String =
        words.iter().map(|word| format!("<PositionName>{word}</PositionName>")).collect::<String>();
    let xml = document(&format!(
        "{names}<OriginalFullNameDetails languageCode='hy'><LastName>Աբրահամյան</LastName></OriginalFullNameDetails>"
    ));
    let pdf = keep(root.path(), "form.pdf", &printed(parse(&xml), Language::Ru));
    let shown = text_of(&pdf);
    for word in words.iter().chain(&["Աբրահամյան", "армянский (hy)"]) {
        assert!(shown.contains(word), "{word} is not in {shown}");
    }
    let fonts = output(Command::new("pdffonts").arg(&pdf));
    let rows: Vec<&str> = fonts.lines().skip(2).collect();
    // name, type, encoding, and whether it is embedded, a subset, told in Unicode
    assert!(rows.len() == 2 && rows.iter().all(|row| row.contains("yes yes yes")), "{fonts}");
    let bad = parse(&document("<PositionName>漢字</PositionName>"));
    let pdf = keep(root.path(), "bad.pdf", &printed(bad, Language::Ru));
    assert!(text_of(&pdf).contains("[U+6F22][U+5B57]"), "a letter that is not there is told by its number");
}

#[test]
fn whatever_stands_in_a_record_stands_on_its_form_and_within_its_margins() {
    let root = tempfile::tempdir().unwrap();
    let word = "[A-Za-z0-9А-Яа-яЁёӘәҒғҚқҢңӨөҰұҮүҺһІіЎўԱ-Ֆա-ֆ«».,()№/:-]{1,40}";
    let text = proptest::collection::vec(word, 1..12).prop_map(|words| words.join(" "));
    let long = proptest::string::string_regex("[а-яӘәA-Z0-9]{41,400}").unwrap();
    let text = prop_oneof![9 => text, 1 => long];
    let period = (text.clone(), text.clone(), text.clone(), proptest::option::of(text.clone()));
    let periods = proptest::collection::vec(period, 0..12);
    let record = (text.clone(), text, periods);
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(40) });
    let outcome = runner.run(&record, |(first, last, periods)| {
        let mut inside = format!(
            "<PersonDetails><FullNameDetails>{}{}</FullNameDetails></PersonDetails>",
            leaf("FirstName", &first),
            leaf("LastName", &last)
        );
        for (id, position, employer, evidence) in &periods {
            let evidence = evidence.iter().map(|name| format!("<EvidenceDetails>{}</EvidenceDetails>", leaf("DocName", name)));
            inside.push_str(&format!(
                "<InsurancePeriodDetails>{}<StartDate>2009-06-01</StartDate>{}<EmployerDetails>{}</EmployerDetails>{}\
                 </InsurancePeriodDetails>",
                leaf("RecordId", id),
                leaf("PositionName", position),
                leaf("BusinessEntityName", employer),
                evidence.collect::<String>()
            ));
        }
        let document = parse(&document(&inside));
        let pdf = keep(root.path(), "form.pdf", &printed(document.clone(), Language::Ru));
        let shown = squeezed(&text_of(&pdf));
        for text in texts(&document) {
            let missing = text.split_whitespace().find(|word| !shown.contains(word));
            prop_assert!(missing.is_none(), "{missing:?} is not on the form");
        }
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn a_long_record_flows_over_pages_and_each_of_them_names_it() {
    let root = tempfile::tempdir().unwrap();
    let periods: String = (1..=500)
        .map(|number| {
            format!(
                "<InsurancePeriodDetails><RecordId>r{number}</RecordId>\
                 <UnifiedCountryCode codeListId='2021'>KZ</UnifiedCountryCode><StartDate>2009-06-01</StartDate>\
                 <PositionName>Должность {number}</PositionName></InsurancePeriodDetails>"
            )
        })
        .collect();
    let document = parse(&document(&periods));
    let pdf = printed(document.clone(), Language::Ru);
    assert_eq!(pdf, printed(document, Language::Ru), "the same document, the same bytes");
    let pdf = keep(root.path(), "form.pdf", &pdf);
    let shown = text_of(&pdf);
    let pages: Vec<&str> = shown.trim_end_matches('\u{c}').split('\u{c}').collect();
    assert!(pages.len() > 15, "{}", pages.len());
    for (page, number) in pages.iter().zip(1..) {
        assert!(page.contains(&format!("Страница {number} из {}", pages.len())), "{page}");
        let has_table = page.contains("Казахстан (KZ)");
        assert_eq!(has_table, page.contains("Должность\n") || page.contains("Вид периода"), "{page}");
    }
    assert!((1..=500).all(|number| shown.contains(&format!("Номер записи: r{number}\n"))));
    let drawn = drawn(&pdf, root.path(), 100);
    assert_eq!(drawn.len(), pages.len());
    drawn.iter().for_each(|picture| assert_white_margins(&image::open(picture).unwrap().into_luma8(), 100));
}

#[test]
fn a_page_is_recognised_though_it_is_turned_grey_and_dusty() {
    let root = tempfile::tempdir().unwrap();
    let sealed = fixture("case-kz-to-ru/4-sealed.xml");
    let pdf = root.path().join("form.pdf");
    run(stazh().arg("print").arg(&sealed).arg("-o").arg(&pdf));
    let digest = "93efb195af70b9e20d3c67edddde41364bacf45ca03d7d6fa4640c1e2ac9fb77";
    assert!(squeezed(&text_of(&pdf)).contains(digest));
    // angles of 4.6 and 7.6 degrees, both ways
    let angles: [(u32, &[Angle]); 3] =
        [(150, &[(312, -25, 313), (112, 15, 113)]), (200, &[(112, -15, 113)]), (300, &[])];
    for (dpi, angles) in angles {
        let picture = drawn(&pdf, root.path(), dpi).remove(0);
        let page = image::open(&picture).unwrap().into_luma8();
        let clean = scan(&std::fs::read(&picture).unwrap()).unwrap();
        let [code] = clean[..] else { panic!("{clean:?}") };
        assert_eq!((code.digest().unwrap().to_string().as_str(), code.page), (digest, 1));
        let by_others = output(Command::new("zbarimg").args(["--quiet", "--raw"]).arg(&picture));
        assert_eq!(by_others.trim().parse::<PageCode>().unwrap(), code, "as zbar reads it");
        for angle in angles {
            let turned = dusty(&turned(&page, *angle));
            let found = scan(&encoded(&turned, ImageFormat::Png)).unwrap();
            assert_eq!(found, [code], "{dpi} dpi, turned by {angle:?}");
        }
        let jpeg = encoded(&image::imageops::rotate180(&page), ImageFormat::Jpeg);
        let scanned =
            [b"%PDF-1.4\n1 0 obj <</Filter /DCTDecode>> stream\r\n", &jpeg[..], b"\nendstream\n"].concat();
        assert_eq!(scan(&scanned).unwrap(), [code], "upside down, as a scanner's PDF");
    }
}

#[test]
fn what_is_no_page_of_a_form_is_refused_with_a_code() {
    let root = tempfile::tempdir().unwrap();
    let blank = GrayImage::from_pixel(600, 800, Luma([250]));
    let png = encoded(&blank, ImageFormat::Png);
    for (name, bytes, code) in [
        ("blank.png", &png[..], "paper.no_code"),
        ("cut.png", &png[..png.len() / 2], "paper.picture"),
        ("text.png", b"no picture", "paper.picture"),
        ("written.pdf", b"%PDF-1.7 no stream", "paper.no_picture"),
    ] {
        let file = keep(root.path(), name, bytes);
        let (exit, told) = scanned(&[&file], None, &[]);
        assert_eq!((exit, told[0]["code"].as_str()), (Some(1), Some(code)), "{name}");
    }
    let absent = stazh().arg("scan").arg(root.path().join("absent.png")).output().unwrap();
    assert_eq!(absent.status.code(), Some(3));
    let (exit, told) = {
        let file = keep(root.path(), "no-id.xml", b"<a><b>c</b></a>");
        let output = stazh().arg("print").arg(file).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    assert!(exit == Some(1) && told.contains("does not tell its id"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_finds_its_document_at_both_nodes_and_a_forged_one_is_seen() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    keep_local(&kz, 0..1);
    {
        let _nodes = [Process::start(&ru), Process::start(&kz)];
        run(stazh().arg("send").arg(&ru).args(inquiries(root.path(), "KZ", 0..1)));
        assert_handed_over(&ru, 0..1).await;
    }
    let inquiry = documents_of(&ru, "composed").remove(0);
    let pdf = root.path().join("inquiry.pdf");
    run(stazh().args(["print", &inquiry, "--node"]).arg(&ru).arg("--out").arg(&pdf));
    let shown = text_of(&pdf);
    assert!(shown.contains("Направило государство Россия (RU)"), "{shown}");
    assert!(shown.contains("Получает государство Казахстан (KZ)"), "{shown}");
    let page = drawn(&pdf, root.path(), 150).remove(0);
    for (node, direction) in [(&ru, "out"), (&kz, "in")] {
        let (exit, told) = scanned(&[&page], Some(node), &[]);
        assert_eq!(exit, Some(0), "{told:?}");
        assert_eq!((&told[0]["outcome"], &told[0]["document"]), (&"same".into(), &inquiry.as_str().into()));
        assert_eq!(told[0]["known"]["direction"], direction);
        assert!(!told[0]["known"]["journal"].as_array().unwrap().is_empty());
    }
    let told = output(stazh().arg("scan").arg(&page).arg("--node").arg(&kz));
    assert!(told.contains("it is the same document") && told.contains("P.XP.01.MSG.001"), "{told}");
    // the other node prints the same document
    let theirs = root.path().join("theirs.pdf");
    run(stazh().args(["print", &inquiry, "--node"]).arg(&kz).arg("--out").arg(&theirs));
    assert_eq!(std::fs::read(&theirs).unwrap(), std::fs::read(&pdf).unwrap());
    // another document sealed under its id, one without a seal, one that nobody knows
    let forged = document("<PositionName>forged</PositionName>").replace(ID, &inquiry);
    let forged = keep(root.path(), "forged.xml", forged.as_bytes());
    let sealed = root.path().join("forged-sealed.xml");
    let key = ru.join("keys/seal.key.pem");
    run(stazh()
        .arg("sign")
        .arg(&forged)
        .arg("--key")
        .arg(key)
        .arg("--certificate")
        .arg(ru.join("keys/seal.pem"))
        .arg("--out")
        .arg(&sealed));
    let unknown = fixture("case-kz-to-ru/4-sealed.xml");
    for (file, outcome, code) in [
        (&sealed, "other", "paper.other_digest"),
        (&forged, "unsealed", "paper.unsealed"),
        (&unknown, "unknown", "paper.unknown"),
    ] {
        let pdf = root.path().join(format!("{outcome}.pdf"));
        run(stazh().arg("print").arg(file).arg("-o").arg(&pdf));
        let page = drawn(&pdf, root.path(), 150).remove(0);
        let (exit, told) = scanned(&[&page], Some(&kz), &[]);
        assert_eq!((exit, &told[0]["outcome"], &told[0]["code"]), (Some(1), &outcome.into(), &code.into()));
        assert!(told[0]["remedy"].is_string());
    }
    let nobody = stazh().args(["print", ID, "--node"]).arg(&kz).output().unwrap();
    assert_eq!(nobody.status.code(), Some(1));
}

/// The pages of a PDF as poppler draws them, in order.
pub(crate) fn drawn(pdf: &Path, root: &Path, dpi: u32) -> Vec<PathBuf> {
    let name = pdf.file_stem().unwrap().to_str().unwrap();
    let folder = root.join(format!("{name}-{dpi}"));
    std::fs::create_dir_all(&folder).unwrap();
    let dots = dpi.to_string();
    run(Command::new("pdftoppm").args(["-r", &dots, "-gray", "-png"]).arg(pdf).arg(folder.join("page")));
    let pages: BTreeSet<PathBuf> =
        std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    pages.into_iter().collect()
}

/// All that poppler reads on a form, cell by cell.
fn text_of(pdf: &Path) -> String {
    output(Command::new("pdftotext").args(["-raw", "-enc", "UTF-8"]).arg(pdf).arg("-"))
}

pub(crate) fn scanned(
    files: &[&PathBuf],
    node: Option<&Path>,
    more: &[&str],
) -> (Option<i32>, Vec<serde_json::Value>) {
    let mut command = stazh();
    command.args(["scan", "--json"]).args(files).args(more);
    if let Some(node) = node {
        command.arg("--node").arg(node);
    }
    let output = command.output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    (output.status.code(), lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

pub(crate) fn output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn printed(document: Element<'_>, language: Language) -> Vec<u8> {
    let form = Form::of(document, Some(Digest256([7; 32])), None).unwrap();
    print(&form, &CodeLists::built_in().unwrap(), language).unwrap()
}

fn parse(xml: &str) -> Element<'static> {
    Element::parse(xml.as_bytes(), &Limits::default()).unwrap().into_owned()
}

fn document(inside: &str) -> String {
    format!("<InsuranceRecord><EDocHeader><EDocId>{ID}</EDocId></EDocHeader>{inside}</InsuranceRecord>")
}

fn leaf(name: &str, text: &str) -> String {
    let mut escaped = Vec::new();
    escape_text(&mut escaped, text);
    format!("<{name}>{}</{name}>", String::from_utf8(escaped).unwrap())
}

/// What the names, numbers and descriptions of a document say, and its codes in brackets.
fn texts(document: &Element) -> Vec<String> {
    let mut texts = Vec::new();
    document.visit(&mut |_, element| {
        let is_plain = ["Name", "Id", "DescriptionText"].iter().any(|end| element.local.ends_with(end));
        if !element.children.is_empty() {
        } else if element.attribute("codeListId").is_some() {
            texts.push(format!("({})", element.token()));
        } else if is_plain {
            texts.push(element.token());
        }
    });
    texts
}

/// Without blanks: where lines break means nothing.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}

fn keep(root: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = root.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// Cosine and sine as parts of a radius.
type Angle = (i64, i64, i64);

/// Turned about its middle by a Pythagorean angle, as a page lies on the glass.
fn turned(page: &GrayImage, (cosine, sine, radius): Angle) -> GrayImage {
    let (width, height) = page.dimensions();
    let middle = (i64::from(width) / 2, i64::from(height) / 2);
    let white = Luma([244]);
    // the glass is larger than the page
    GrayImage::from_fn(width + width / 5, height + height / 5, |x, y| {
        let (x, y) = (
            i64::from(x) - middle.0 - i64::from(width) / 10,
            i64::from(y) - middle.1 - i64::from(height) / 10,
        );
        let from = ((cosine * x + sine * y) / radius + middle.0, (cosine * y - sine * x) / radius + middle.1);
        let inside = u32::try_from(from.0).ok().zip(u32::try_from(from.1).ok());
        inside.and_then(|(x, y)| page.get_pixel_checked(x, y).copied()).unwrap_or(white)
    })
}

/// Pale ink on grey paper, with a grain, and a speck in every 200 dots.
fn dusty(page: &GrayImage) -> GrayImage {
    let chances = noise(page.as_raw().len() * 2);
    let mut dusty = page.clone();
    for (dot, chance) in dusty.pixels_mut().zip(chances.chunks(2)) {
        let grain = chance[0] / 6;
        let pale = 30 + dot.0[0] / 5 * 4;
        dot.0[0] = match chance[1] {
            0 => 255 - pale,
            _ => (pale / 8 * 7).saturating_add(grain),
        };
    }
    dusty
}

fn encoded(picture: &GrayImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageLuma8(picture.clone()).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Nothing is drawn within 14 mm of an edge.
fn assert_white_margins(page: &GrayImage, dpi: u32) {
    let (width, height) = page.dimensions();
    let margin = dpi * 14 / 25;
    let dark = page.enumerate_pixels().find(|(x, y, dot)| {
        let is_margin = *x < margin || *y < margin || *x >= width - margin || *y >= height - margin;
        is_margin && dot.0[0] < 200
    });
    assert!(dark.is_none(), "something is drawn in the margin: {dark:?}");
}

const ID: &str = "7d2a1c58-0c5e-4f0f-9b8e-2f7f0d5b6a01";
