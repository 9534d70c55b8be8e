//! Canonical form, with libxml2 as the judge.

use proptest::prelude::*;
use proptest::sample::select;
use stazh::base::Limits;
use stazh::exchange::seal::canonicalize;
use std::io::Write;
use std::process::Command;
use std::process::Stdio;

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn canonical_form_is_that_of_libxml2(root in element(), before in prop::option::of(Just("<?a  b c?>\n")), after in prop::option::of(Just("\n<?z?> "))) {
        // the judge keeps comments, so only our text has them
        let text = |comments| {
            let all = "xmlns:a='urn:1' xmlns:b='urn:2' xmlns:c='urn:3'";
            format!("{}<r {all}>{}</r>{}", before.unwrap_or(""), write(&root, comments), after.unwrap_or(""))
        };
        let ours = canonicalize(text(true).as_bytes(), &Limits::default()).unwrap();
        prop_assert_eq!(String::from_utf8(ours.clone()).unwrap(), xmllint(&text(false)), "{}", text(true));
        prop_assert_eq!(canonicalize(&ours, &Limits::default()).unwrap(), ours);
    }
}

#[derive(Debug, Clone)]
enum Node {
    Element {
        prefix: &'static str,
        declared: Vec<(&'static str, &'static str)>,
        attributes: Vec<(&'static str, &'static str)>,
        children: Vec<Node>,
    },
    Text(&'static str),
    Comment,
}

const PREFIXES: [&str; 4] = ["", "a", "b", "c"];
const ATTRIBUTE_PREFIXES: [&str; 5] = ["", "a", "b", "c", "xml"];
const NAMESPACES: [&str; 4] = ["", "urn:1", "urn:2", "http://x.example/a?b=(c)#d"];
const VALUES: [&str; 6] =
    ["", "a  b", "&lt;&amp;&quot;&apos;>", "x\t\ny\r\nz\r", "&#9;&#10;&#13;&#x436;", "Айгүл"];
const TEXTS: [&str; 8] = [
    "plain",
    "&lt;&gt;&amp;&quot;",
    "a\r\nb\rc\n\td",
    "&#13;&#x1F600;",
    "<![CDATA[<&>\r\n\"]]>",
    "Қазақстан",
    "<?pi  some  thing ?>",
    "<?pi?>",
];

fn element() -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![4 => select(&TEXTS).prop_map(Node::Text), 1 => Just(Node::Comment)];
    let node = leaf.prop_recursive(4, 24, 4, |inner| element_of(inner.boxed()));
    element_of(node.boxed())
}

fn element_of(inner: BoxedStrategy<Node>) -> impl Strategy<Value = Node> {
    (
        select(&PREFIXES),
        prop::collection::vec((select(&PREFIXES), select(&NAMESPACES)), 0..3),
        prop::collection::vec((select(&ATTRIBUTE_PREFIXES), select(&VALUES)), 0..4),
        prop::collection::vec(inner, 0..4),
    )
        .prop_map(|(prefix, declared, attributes, children)| Node::Element {
            prefix,
            declared,
            attributes,
            children,
        })
}

fn write(node: &Node, comments: bool) -> String {
    let (prefix, declared, attributes, children) = match node {
        Node::Text(text) => return (*text).to_owned(),
        Node::Comment if comments => return "<!-- - c -->".to_owned(),
        Node::Comment => return String::new(),
        Node::Element { prefix, declared, attributes, children } => (*prefix, declared, attributes, children),
    };
    let qualified = |prefix: &str, local: &str| match prefix {
        "" => local.to_owned(),
        _ => format!("{prefix}:{local}"),
    };
    let name = qualified(prefix, "e");
    let mut text = format!("<{name}");
    let mut done = Vec::new();
    for (prefix, namespace) in declared {
        let is_undeclaring = !prefix.is_empty() && namespace.is_empty();
        if !done.contains(prefix) && !is_undeclaring {
            done.push(*prefix);
            let declaration = if prefix.is_empty() { "xmlns".to_owned() } else { qualified("xmlns", prefix) };
            text.push_str(&format!(" {declaration}='{namespace}'"));
        }
    }
    for (place, (prefix, value)) in attributes.iter().enumerate() {
        // names fall as places rise, so that sorting has work to do
        text.push_str(&format!("\n {}=\"{value}\"", qualified(prefix, &format!("k{}", 9 - place))));
    }
    if children.is_empty() {
        return text + "/>";
    }
    let inner: String = children.iter().map(|child| write(child, comments)).collect();
    format!("{text}>{inner}</{name}>")
}

fn xmllint(text: &str) -> String {
    let mut run = Command::new("xmllint")
        .args(["--exc-c14n", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    run.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = run.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}
