//! What settings are taken, and how a mistake in them is told.

use super::*;

const EXAMPLE: &str = include_str!("../../../deploy/node.example.toml");

fn parse(text: &str) -> Result<Settings, SettingsError> {
    Settings::parse(text, Path::new("etc/node.toml"))
}

fn cause(error: &SettingsError) -> String {
    std::error::Error::source(error).map(ToString::to_string).unwrap_or_default()
}

#[test]
fn the_example_says_the_defaults() {
    let settings = parse(EXAMPLE).unwrap();
    assert_eq!(settings.limits, Limits::default());
    assert_eq!(settings.retry, Schedule::default());
    assert_eq!(settings.wire.key, Path::new("etc/keys/wire.key.pem"));
    let (required, _defaults) = EXAMPLE.split_once("[limits]").unwrap();
    assert_eq!(parse(required).unwrap(), settings);
}

#[test]
fn an_unknown_key_is_refused_with_its_line() {
    let error = parse(&EXAMPLE.replace("listen =", "lisen =")).unwrap_err();
    assert_eq!(error.to_string(), "understand etc/node.toml; compare it with deploy/node.example.toml");
    assert!(cause(&error).contains("lisen"), "{}", cause(&error));
    assert!(cause(&error).contains("line"), "{}", cause(&error));
}

#[test]
fn parts_that_do_not_fit_are_named() {
    let own = parse(&EXAMPLE.replace("state = \"KZ\"", "state = \"RU\"")).unwrap_err();
    assert!(own.to_string().contains("RU stands twice"), "{own}");
    let plain = parse(&EXAMPLE.replace("https://", "http://")).unwrap_err();
    assert!(plain.to_string().contains("the url of peer KZ is neither https nor file nor amqp"), "{plain}");
}

#[test]
fn the_example_shows_how_revocation_is_asked_for_with_its_defaults() {
    let (_, section) = EXAMPLE.split_once("\n# [revocation]\n").unwrap();
    let section = section.lines().map_while(|line| line.strip_prefix("# ")).collect::<Vec<_>>().join("\n");
    let with =
        |section: &str| parse(&EXAMPLE.replace("[wire] ", &format!("[revocation]\n{section}\n[wire] ")));
    let shown = with(&section).unwrap().revocation.unwrap();
    let of = |source: &str| with(source).map(|settings| settings.revocation.unwrap());
    let bare = of("").unwrap();
    assert_eq!((shown.grace_ms, shown.refresh_ms), (bare.grace_ms, bare.refresh_ms));
    let source = &shown.sources[0];
    assert_eq!(source.authority, Path::new("etc/keys/kz-authority.pem"));
    let file = of("[[revocation.source]]\nauthority = \"a.pem\"\ncrl = \"file:keys/kz.crl\"").unwrap();
    assert_eq!(file.sources[0].crl.as_deref(), Some("file:etc/keys/kz.crl"));
    for (source, why) in [
        ("authority = \"a.pem\"", "neither crl nor ocsp"),
        ("authority = \"a.pem\"\nocsp = \"file:a\"", "neither http nor https"),
        ("authority = \"a.pem\"\ncrl = \"ftp://a\"", "nor file:"),
    ] {
        let error = of(&format!("[[revocation.source]]\n{source}")).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
    assert!(of("refresh_ms = 10").is_err());
}

#[test]
fn a_server_is_named_without_its_password() {
    let with = |url: &str| {
        let database = format!("[database]\nurl = \"{url}\"\npassword_file = \"pw\"\n\n[wire]");
        parse(&EXAMPLE.replace("[wire]", &database))
    };
    let server = with("postgresql://stazh@db.example/stazh").unwrap().database.unwrap();
    assert_eq!(server.password_file.as_deref(), Some(Path::new("etc/pw")));
    for url in ["postgresql://stazh:secret@db/stazh", "postgresql://db/stazh?user=a&password=secret"] {
        let error = with(url).unwrap_err().to_string();
        assert!(error.contains("name a password_file") && !error.contains("secret"), "{error}");
    }
    let error = with("mysql://db/stazh").unwrap_err();
    assert!(error.to_string().contains("not postgresql://"), "{error}");
    let error = with("postgresql://a,b/stazh").unwrap_err();
    assert!(error.to_string().contains("write a list of urls"), "{error}");
}

#[test]
fn the_primary_and_its_standbys_are_a_list() {
    let with = |urls: &str| parse(&EXAMPLE.replace("[wire]", &format!("[database]\nurl = {urls}\n\n[wire]")));
    let server = with("[\"postgresql://a/stazh\", \"postgresql://b/stazh\"]").unwrap().database.unwrap();
    assert_eq!(server.urls, ["postgresql://a/stazh", "postgresql://b/stazh"]);
    for (urls, reason) in [
        ("[]", "has no url"),
        ("[\"postgresql://a/stazh\", \"postgresql://u:secret@b/stazh\"]", "name a password_file"),
        ("[\"postgresql://a/stazh\", \"postgresql://a/stazh\"]", "stands twice"),
    ] {
        let error = with(urls).unwrap_err().to_string();
        assert!(error.contains(reason) && !error.contains("secret"), "{error}");
    }
    assert!(cause(&with("7").unwrap_err()).contains("one text, or a list of them"));
}

#[test]
fn a_broker_is_named_without_its_password_and_a_queue_needs_one() {
    let queue = EXAMPLE.replace("https://kz.node.example:8443/", "amqp:KZ.GATEWAY.INT.IN");
    assert_ne!(queue, EXAMPLE, "the example has changed");
    let missing = parse(&queue).unwrap_err().to_string();
    assert!(missing.contains("there is no [broker]"), "{missing}");
    let with = |url: &str| parse(&queue.replace("[wire]", &format!("[broker]\nurl = \"{url}\"\n\n[wire]")));
    let broker = with("amqp://stazh@mq.example:5672/%2f").unwrap().broker.unwrap();
    assert_eq!((broker.inbound.as_str(), broker.expiry_ms), ("GATEWAY.INT.IN", 14_400_000));
    let told = with("amqp://stazh:secret@mq.example/").unwrap_err().to_string();
    assert!(told.contains("name a password_file") && !told.contains("secret"), "{told}");
    assert!(with("mq://mq.example/").is_err());
    let no_queue = queue.replace("amqp:KZ.GATEWAY.INT.IN", "amqp://mq.example/");
    assert!(parse(&no_queue).unwrap_err().to_string().contains("is not amqp:QUEUE"));
}

#[test]
fn several_may_sign_and_old_and_new_may_stand_side_by_side() {
    let also = "[[seal.also]]\ncertificate = \"b.pem\"\nkey = \"b.key\"\n\n[[peer]]\nseal_signer = ";
    let with = |names: &str| {
        let peer = format!("{also}{names}");
        parse(&EXAMPLE.replacen("[[peer]]", &peer, 1))
    };
    let settings = with("\"CN=one\"").unwrap();
    assert_eq!(settings.seal.also.len(), 1);
    assert_eq!(settings.seal.also[0], SignerPlan::pem(Path::new("etc/b.key"), Path::new("etc/b.pem")));
    assert_eq!(settings.peers[0].seal_signers, ["CN=one"]);
    let settings = with("[\"CN=one\", \"CN=two\"]").unwrap();
    assert_eq!(settings.peers[0].seal_signers, ["CN=one", "CN=two"]);
    assert!(parse(EXAMPLE).unwrap().peers[0].seal_signers.is_empty());
    assert!(with("7").is_err());
}

#[test]
fn time_stamps_have_an_authority_and_a_pace() {
    let with = |lines: &str| {
        let section = format!("[time_stamps]\nauthorities = \"keys/tsa.pem\"\n{lines}\n[wire]");
        parse(&EXAMPLE.replace("[wire]", &section))
    };
    let stamps = with("url = \"https://tsa.example/\"").unwrap().time_stamps.unwrap();
    assert_eq!(stamps.authorities, Path::new("etc/keys/tsa.pem"));
    assert_eq!((stamps.every_ms, stamps.renew_before_days), (60_000, 60));
    let told = EXAMPLE.lines().filter_map(|line| line.strip_prefix("# "));
    assert!(told.clone().any(|line| line.starts_with("every_ms = 60000 ")));
    assert!(told.clone().any(|line| line.starts_with("renew_before_days = 60 ")));
    assert!(with("url = \"http://tsa.example/\"").is_ok(), "what comes is signed");
    let other = with("url = \"ftp://tsa.example/\"").unwrap_err().to_string();
    assert!(other.contains("neither https nor http"), "{other}");
    let still = with("url = \"https://tsa.example/\"\nevery_ms = 0").unwrap_err().to_string();
    assert!(still.contains("write 1 or more"), "{still}");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = Settings::read(Path::new("absent/node.toml")).unwrap_err();
    assert_eq!(error.to_string(), "read absent/node.toml");
}

#[test]
fn the_example_shows_how_jobs_are_exchanged_with_its_defaults_and_what_is_no_term_is_refused() {
    let (_, section) = EXAMPLE.split_once("\n# [labour]\n").unwrap();
    let line = |line: &'static str| line.strip_prefix('#').map(str::trim_start);
    let section =
        section.lines().map_while(line).filter(|line| line.starts_with('[') || line.contains(" = "));
    let section = section.collect::<Vec<_>>().join("\n");
    let with = |section: &str| parse(&EXAMPLE.replace("[wire] ", &format!("[labour]\n{section}\n[wire] ")));
    let shown = with(&section).unwrap().labour;
    let bare = with("").unwrap().labour;
    assert_eq!(LabourSettings { enabled: false, rates: None, ..shown }, bare);
    let of = |keep: &str| with(&format!("[labour.keep]\n{keep}"));
    assert_eq!(of("vacancy = \"90 days\"").unwrap().labour.keep.vacancy.to_string(), "90 days");
    for keep in ["vacancy = \"soon\"", "vacancy = \"0 days\"", "vacancy = 3", "consents = \"1 year\""] {
        assert!(of(keep).is_err(), "{keep}");
    }
    let late = with("publish_within_minutes = 10081").unwrap_err().to_string();
    assert!(late.contains("from 0 to 10080"), "{late}");
}
