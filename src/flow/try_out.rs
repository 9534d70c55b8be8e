//! Would a peer accept this? What would be sent, judged by our own rules and by what the peer announces. Nothing is sent.

use super::compose::{Begin, Encoded, encoded};
use super::{Context, FlowError};
use crate::base::Findings;
use crate::exchange::document::Element;
use crate::exchange::wire::View;
use std::collections::BTreeSet;

/// What would be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// To whom.
    pub peer: String,
    /// The common process and its version.
    pub process: (String, String),
    /// The structure of the document and the version of its rules.
    pub structure: (String, String),
    /// The code lists that the document names, each with our edition.
    pub lists: Vec<(String, String)>,
    /// How long the document is, before it is sealed.
    pub bytes: u64,
    /// What our own rules say of it, and do not refuse.
    pub warnings: Findings,
}

/// What speaks against a peer's taking it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// Whether it is refused, or only may be.
    pub is_certain: bool,
    /// What it is.
    pub told: String,
}

/// Writes and checks the first message of a transaction as [`super::begin`] does, and stops there.
///
/// # Errors
/// As [`super::begin`]; what our own rules refuse is one of them.
pub async fn try_out(what: Begin<'_>, ctx: &Context) -> Result<Tried, FlowError> {
    let Encoded { peer, process, transaction: _, message, document_id: _, document, parts: _ } =
        encoded(&what, ctx).await?;
    let process = (process.code.clone(), process.version.clone());
    let (rules, message, limits) = (ctx.rules.clone(), message.clone(), ctx.limits);
    Context::aside(move || {
        let valid = rules.check(&document, &message).map_err(FlowError::Unlawful)?;
        let mut named = BTreeSet::new();
        if let Ok(root) = Element::parse(valid.as_bytes(), &limits) {
            root.visit(&mut |_, element| named.extend(element.attribute("codeListId").map(str::to_owned)));
        }
        let versions = rules.versions();
        let with_version = |code: &str| {
            let version = versions.get(code).copied().unwrap_or_default();
            (code.to_owned(), version.to_owned())
        };
        Ok(Tried {
            peer,
            process,
            structure: with_version(&message.structure),
            lists: named.iter().map(|list| with_version(list)).collect(),
            bytes: u64::try_from(valid.as_bytes().len()).unwrap_or(u64::MAX),
            warnings: valid.warnings().to_vec(),
        })
    })
    .await?
}

impl Tried {
    /// What speaks against it in the view of the peer; None if the peer announces nothing to judge by.
    pub fn misfits(&self, view: &View) -> Option<Vec<Misfit>> {
        let announced = view.announced.as_ref()?;
        let mut misfits = Vec::new();
        let mut tell = |is_certain: bool, told: String| misfits.push(Misfit { is_certain, told });
        let (process, version) = &self.process;
        if !view.processes.contains(process) {
            tell(true, format!("it does not let us take part in {process}"));
        }
        match announced.processes.get(process) {
            Some(theirs) if theirs == version => {}
            Some(theirs) => tell(true, format!("it has {process} in version {theirs}, we send {version}")),
            None => tell(true, format!("it does not know {process}")),
        }
        let (structure, version) = &self.structure;
        match announced.versions.get(structure) {
            Some(theirs) if theirs == version => {}
            Some(theirs) => {
                tell(true, format!("it judges {structure} by version {theirs}, we write {version}"))
            }
            None => tell(true, format!("it does not know the structure {structure}")),
        }
        for (list, edition) in &self.lists {
            match announced.versions.get(list) {
                Some(theirs) if theirs == edition => {}
                Some(theirs) => {
                    tell(false, format!("it has edition {theirs} of code list {list}, we {edition}"))
                }
                None => tell(true, format!("it does not know the code list {list}")),
            }
        }
        // what is sealed is longer: signature and certificate come to it
        if self.bytes > announced.message_bytes_max {
            let (ours, most) = (self.bytes, announced.message_bytes_max);
            tell(true, format!("the document has {ours} bytes, and it takes {most}"));
        }
        Some(misfits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::wire::Announced;

    fn tried() -> Tried {
        let pair = |code: &str, version: &str| (code.to_owned(), version.to_owned());
        Tried {
            peer: "KZ".to_owned(),
            process: pair("P.XP.01", "1.0.0"),
            structure: pair("R.XP.XP.01.001", "1.0.0"),
            lists: vec![pair("2021", "3")],
            bytes: 1_000,
            warnings: Vec::new(),
        }
    }

    fn view() -> View {
        let map = |all: &[(&str, &str)]| {
            all.iter().map(|(code, version)| ((*code).to_owned(), (*version).to_owned())).collect()
        };
        View {
            node: "KZ".to_owned(),
            caller: Some("RU".to_owned()),
            processes: vec!["P.XP.01".to_owned()],
            announced: Some(Announced {
                processes: map(&[("P.XP.01", "1.0.0")]),
                versions: map(&[("R.XP.XP.01.001", "1.0.0"), ("2021", "3")]),
                message_bytes_max: 1_000,
            }),
        }
    }

    #[test]
    fn a_peer_of_the_same_versions_takes_it_and_each_difference_is_told() {
        assert_eq!(tried().misfits(&view()), Some(vec![]));
        let told = |change: &dyn Fn(&mut View)| {
            let mut view = view();
            change(&mut view);
            let misfits = tried().misfits(&view).unwrap();
            misfits
                .iter()
                .map(|one| format!("{} {}", one.is_certain, one.told))
                .collect::<Vec<_>>()
                .join("; ")
        };
        let announced =
            |change: &dyn Fn(&mut Announced)| told(&|view| change(view.announced.as_mut().unwrap()));
        assert_eq!(told(&|view| view.processes.clear()), "true it does not let us take part in P.XP.01");
        assert_eq!(
            announced(&|it| drop(it.versions.insert("R.XP.XP.01.001".to_owned(), "2.0.0".to_owned()))),
            "true it judges R.XP.XP.01.001 by version 2.0.0, we write 1.0.0"
        );
        assert_eq!(
            announced(&|it| drop(it.versions.insert("2021".to_owned(), "4".to_owned()))),
            "false it has edition 4 of code list 2021, we 3"
        );
        assert_eq!(
            announced(&|it| it.message_bytes_max = 999),
            "true the document has 1000 bytes, and it takes 999"
        );
        assert_eq!(announced(&|it| it.processes.clear()), "true it does not know P.XP.01");
    }

    #[test]
    fn a_node_of_another_program_announces_nothing() {
        let silent = View { announced: None, ..view() };
        assert_eq!(tried().misfits(&silent), None);
        let old = r#"{ "node": "KZ", "caller": "RU", "processes": ["P.XP.01"] }"#;
        assert_eq!(serde_json::from_str::<View>(old).unwrap(), silent);
    }
}
