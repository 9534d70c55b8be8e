//! What the reader takes, what it refuses, and where it says so.

use super::*;

/// The events as one line, or the kind of the error.
fn read(text: &str) -> Result<String, XmlErrorKind> {
    read_within(text.as_bytes(), &Limits::default())
}

fn read_within(bytes: &[u8], limits: &Limits) -> Result<String, XmlErrorKind> {
    let mut reader = XmlReader::new(bytes, limits).map_err(|error| error.kind)?;
    let mut seen = String::new();
    loop {
        match reader.next_event().map_err(|error| error.kind)? {
            Event::Start(tag) => {
                seen.push_str(&format!("<{{{}}}{}", tag.namespace(), tag.local()));
                for a in tag.attributes() {
                    seen.push_str(&format!(" {{{}}}{}={}", a.namespace, a.local, a.value));
                }
                seen.push('>');
            }
            Event::End { qname } => seen.push_str(&format!("</{qname}>")),
            Event::Text(text) => seen.push_str(&text),
            Event::Pi { target, content } => seen.push_str(&format!("?{target}:{content}?")),
            Event::Done => return Ok(seen),
        }
    }
}

#[test]
fn names_are_resolved_and_text_is_joined() {
    let text = "\u{feff}<?xml version='1.0' encoding=\"utf-8\"?>\n<!-- c --><a xmlns='urn:x' xmlns:p=\"urn:y\" \
                p:k='1&lt;2' k='2'><p:b/>x&#x436;<![CDATA[<&]]><!-- d -->\r\ny<c xmlns=''/></a ><?pi  z?>\n";
    assert_eq!(
        read(text).unwrap(),
        "<{urn:x}a {urn:y}k=1<2 {}k=2><{urn:y}b></p:b>xж<&\ny<{}c></c></a>?pi:z?"
    );
}

#[test]
fn what_is_not_well_formed_is_refused() {
    use XmlErrorKind::*;
    for (text, kind) in [
        ("", Unfinished),
        ("  ", Unfinished),
        ("<a>", Unfinished),
        ("<a/><b/>", OutsideRoot),
        ("<a/>x", OutsideRoot),
        ("x<a/>", OutsideRoot),
        ("<a/>&#32;", OutsideRoot),
        ("<a/><![CDATA[]]>", OutsideRoot),
        ("<a></b>", EndTag),
        ("<a></a x='1'>", EndTag),
        ("</a>", EndTag),
        ("<!DOCTYPE a><a/>", Dtd),
        ("<a><!DOCTYPE a></a>", Dtd),
        ("<!doctype a><a/>", Dtd),
        ("<a>&nbsp;</a>", Reference),
        ("<a>& </a>", Reference),
        ("<a>&#0;</a>", Character),
        ("<a>\u{1}</a>", Character),
        ("<a b='\u{fffe}'/>", Character),
        ("\u{feff}\u{feff}<a/>", Character),
        ("<1a/>", Name),
        ("<a:b:c xmlns:a='urn:a'/>", Name),
        ("<:a/>", Name),
        ("<a:/>", Name),
        ("<a b:='1'/>", Name),
        ("<p:a/>", UndeclaredPrefix),
        ("<a p:b=''/>", UndeclaredPrefix),
        ("<xmlns:a/>", UndeclaredPrefix),
        ("<a xmlns:p=''/>", Namespace),
        ("<a xmlns='relative'/>", Namespace),
        ("<a xmlns='http://x&amp;y'/>", Namespace),
        ("<a xmlns:xml='urn:x'/>", Namespace),
        ("<a xmlns:q='http://www.w3.org/XML/1998/namespace'/>", Namespace),
        ("<a xmlns:xmlns='urn:x'/>", Namespace),
        ("<a b='1' b='2'/>", DuplicateAttribute),
        ("<a xmlns:p='urn:x' xmlns:q='urn:x' p:b='' q:b=''/>", DuplicateAttribute),
        ("<a xmlns='urn:x' xmlns='urn:y'/>", DuplicateAttribute),
        (" <?xml version='1.0'?><a/>", Declaration),
        ("<a><?xml version='1.0'?></a>", Declaration),
        ("<?xml?><a/>", Declaration),
        ("<?xml version='1.1'?><a/>", Declaration),
        ("<?xml version='1.0' en5oding='UTF-8'?><a/>", Declaration),
        ("<?xml version='1.0' standalone='maybe'?><a/>", Declaration),
        ("<?xml version='1.0' standalone='yes' encoding='UTF-8'?><a/>", Declaration),
        ("<?xml version='1.0' encoding='koi8-r'?><a/>", NotUtf8),
        ("<?XML x?><a/>", Name),
        ("<??><a/>", Name),
        ("<a b='<'/>", Markup("")),
        ("<a b=\"1\"c=\"2\"/>", Markup("")),
        ("<a b/>", Markup("")),
        ("<a b=1/>", Markup("")),
        ("<a b='1/>", Markup("")),
        ("<a / >", Markup("")),
        ("<a>]]></a>", Markup("")),
        ("<a><!-- -- --></a>", Markup("")),
        ("<a><!-- ---></a>", Markup("")),
        ("<a><!ELEMENT x></a>", Markup("")),
        ("<a", Markup("")),
        ("<", Markup("")),
    ] {
        match (read(text), kind) {
            (Err(Markup(_)), Markup(_)) => {}
            (found, kind) => assert_eq!(found, Err(kind), "{text}"),
        }
    }
    assert_eq!(read_within(b"<a>\xff</a>", &Limits::default()), Err(NotUtf8));
}

#[test]
fn each_limit_holds_at_its_boundary() {
    let base = Limits::default();
    let limits = Limits { xml_bytes_max: 8, xml_depth_max: 2, xml_attributes_max: 2, ..base };
    assert!(read_within(b"<a></a> ", &limits).is_ok());
    assert_eq!(read_within(b"<a></a>  ", &limits), Err(XmlErrorKind::TooLarge { limit: 8 }));
    let limits = Limits { xml_bytes_max: 1000, ..limits };
    assert!(read_within(b"<a><b/></a>", &limits).is_ok());
    assert_eq!(read_within(b"<a><b><c/></b></a>", &limits), Err(XmlErrorKind::TooDeep { limit: 2 }));
    assert!(read_within(b"<a b='' xmlns='urn:x'/>", &limits).is_ok());
    assert_eq!(
        read_within(b"<a b='' c='' xmlns='urn:x'/>", &limits),
        Err(XmlErrorKind::TooManyAttributes { limit: 2 })
    );
    let limits = Limits { xml_attributes_max: 1, xml_depth_max: 9, ..limits };
    let nested = "<a xmlns:b='urn:1'><a xmlns:b='urn:1'><a xmlns:b='urn:1'><a xmlns:b='urn:1'/></a></a></a>";
    assert_eq!(read_within(nested.as_bytes(), &limits), Err(XmlErrorKind::TooManyNamespaces { limit: 4 }));
}

#[test]
fn an_error_says_where() {
    let text = "<a>\n  <p:b/>\n</a>";
    let mut reader = XmlReader::new(text.as_bytes(), &Limits::default()).unwrap();
    let error = loop {
        if let Err(error) = reader.next_event() {
            break error;
        }
    };
    assert_eq!((error.offset, error.line), (6, 2));
    assert_eq!(error.to_string(), "read XML at byte 6, line 2: an undeclared prefix");
}

#[test]
fn an_element_cut_out_keeps_its_namespaces() {
    let text = "<s:e xmlns:s='urn:s' xmlns:r='urn:r' xmlns='urn:d'><r:x><y/></r:x></s:e>";
    let mut reader = XmlReader::new(text.as_bytes(), &Limits::default()).unwrap();
    reader.next_event().unwrap();
    let scope = reader.scope();
    let begin = reader.position();
    while reader.next_event().is_ok_and(|event| !matches!(event, Event::End { qname: "r:x" })) {}
    let cut = &text.as_bytes()[begin..reader.position()];
    let mut inner = XmlReader::within(cut, &scope, &Limits::default()).unwrap();
    assert!(matches!(inner.next_event().unwrap(), Event::Start(tag) if tag.is("urn:r", "x")));
    assert!(matches!(inner.next_event().unwrap(), Event::Start(tag) if tag.is("urn:d", "y")));
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(0_u8..=255, 0..40)) {
        let _ = read_within(&bytes, &Limits::default()); // only that it returns
    }

    #[test]
    fn no_markup_makes_the_reader_panic(text in "([<>/&;!?='\" \\-\\[\\]a:x]|<a|</a>|<!--|-->|<!\\[CDATA\\[|\\]\\]>|xmlns){0,24}") {
        let _ = read(&text); // only that it returns
    }
}

#[test]
fn a_long_namespace_and_too_many_elements_are_refused() {
    let read = |text: &str, limits: &Limits| -> Result<(), XmlError> {
        let mut reader = XmlReader::new(text.as_bytes(), limits)?;
        while !matches!(reader.next_event()?, Event::Done) {}
        Ok(())
    };
    let long = |length: usize| format!("<a xmlns:p=\"urn:{}\"/>", "a".repeat(length - 4));
    assert!(read(&long(1_024), &Limits::default()).is_ok());
    assert_eq!(read(&long(1_025), &Limits::default()).unwrap_err().code(), "document.namespace");
    let limits = Limits { xml_elements_max: 3, ..Limits::default() };
    assert!(read("<a><b/><b/></a>", &limits).is_ok());
    assert_eq!(read("<a><b/><b/><b/></a>", &limits).unwrap_err().code(), "document.too_many_elements");
}
