//! `stazh account first`: the first administrators.

use super::{Exit, local, show};
use crate::access::{
    AccessRequest, Action, Applicant, Basis, BasisKind, Commands, Reason, RequestedUser, Role,
};
use crate::base::Language;
use crate::cli::exit::Misused;
use crate::flow::entry::{EntryError, SentFile, day_in, register_first};
use crate::node::os_user;
use anyhow::{Context, Result};
use jiff::civil::Date;
use std::path::PathBuf;

/// Register the first administrator of cyber security, or the first system
/// administrator, on a request that is recorded like any other.
///
/// Refused while one of the kind can enter. Login and temporary password are shown
/// once; at the first entry the password is changed, and only then the registration
/// is complete. All others are registered on the pages.
///
///   stazh account first kz --login a.serik --role cyber_administrator \
///     --name "Серик Айдар" --number 850315300018 --position "администратор КБ" \
///     --unit "отдел ИБ" --address 10.0.0.7 --email security@body.example \
///     --body "Департамент" --bin 123456789012 --head "Болат Ержан" \
///     --basis employment --basis-number 17-к --basis-date 2026-11-02 --order order.pdf
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct First {
    /// The node's folder, or its settings file.
    node: PathBuf,
    /// His login.
    #[arg(long)]
    login: String,
    /// cyber_administrator or system_administrator.
    #[arg(long)]
    role: Role,
    /// Full name.
    #[arg(long)]
    name: String,
    /// His identification number, of the kind that the state of the node gives.
    #[arg(long)]
    number: String,
    /// Position.
    #[arg(long)]
    position: String,
    /// Structural unit.
    #[arg(long)]
    unit: String,
    /// IP address of his computer.
    #[arg(long)]
    address: String,
    /// Corporate e-mail for the answer.
    #[arg(long)]
    email: String,
    /// The legal entity that asks.
    #[arg(long, value_name = "NAME")]
    body: String,
    /// Its number in the register of legal entities.
    #[arg(long, value_name = "NUMBER")]
    bin: String,
    /// Full name of its head, who has signed the order.
    #[arg(long, value_name = "NAME")]
    head: String,
    /// employment or transfer.
    #[arg(long)]
    basis: BasisKind,
    /// Number of the order.
    #[arg(long)]
    basis_number: String,
    /// When it was approved: at most one year ago.
    #[arg(long)]
    basis_date: Date,
    /// The act by which a body that is no state body may have access.
    #[arg(long, value_name = "ACT")]
    exception_act: Option<String>,
    /// A copy of the order: PDF, PNG or JPEG.
    #[arg(long, value_name = "FILE")]
    order: PathBuf,
    /// The language he reads.
    #[arg(long, default_value = "ru")]
    language: Language,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Tells login and temporary password, once.
pub(super) fn tell(json: bool, login: &str, password: &str) {
    if json {
        show::json_line(&serde_json::json!({ "login": login, "temporary_password": password }));
    } else {
        show::line(&format!("login               {login}"));
        show::line(&format!("temporary password  {password}"));
        show::aside("it is shown once, and opens the change of the password once");
    }
}

impl First {
    pub(super) fn run(self) -> Result<Exit> {
        if !matches!(self.role, Role::CyberAdministrator | Role::SystemAdministrator) {
            let text = "the machine registers cyber_administrator and system_administrator; all others are \
                        registered on the pages, by an access request";
            return Err(Misused(text.to_owned()).into());
        }
        let order = std::fs::read(&self.order).with_context(|| format!("read {}", self.order.display()))?;
        let name = self.order.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        local::with_flows(&self.node, async |ctx| {
            let request = self.request(day_in(ctx.state, ctx.clock.now()));
            let file = SentFile { name: &name, bytes: &order };
            match register_first(&os_user(), request, file, ctx).await {
                Ok(issued) => {
                    for one in issued {
                        let password = one.temporary.as_ref().map(|password| password.expose().as_str());
                        tell(self.json, &one.login, password.unwrap_or_default());
                    }
                    Ok(Exit::Done)
                }
                Err(EntryError::NotInOrder(found)) => {
                    found.iter().for_each(|finding| show::aside(&finding.to_string()));
                    Ok(Exit::Refused)
                }
                Err(error) => Err(error.into()),
            }
        })
    }

    fn request(&self, today: Date) -> AccessRequest {
        let functions = Commands::built_in().functions_of(self.role);
        AccessRequest {
            action: Action::Grant,
            reason: Reason::New,
            basis: Basis {
                kind: self.basis,
                number: self.basis_number.clone(),
                date: self.basis_date,
                file: None,
            },
            applicant: Applicant {
                number: self.bin.clone(),
                name: self.body.clone(),
                region: String::new(),
                head_name: self.head.clone(),
                signed_on: Some(today),
                letter: None,
                is_state_body: self.exception_act.is_none(),
                exception_act: self.exception_act.clone(),
            },
            users: vec![RequestedUser {
                name: self.name.clone(),
                number: self.number.clone(),
                login: self.login.clone(),
                office: String::new(),
                mobile: String::new(),
                address: self.address.clone(),
                position: self.position.clone(),
                unit: self.unit.clone(),
                language: Some(self.language),
                public_key: None,
            }],
            role: self.role,
            systems: ["X-NODE".to_owned()].into(),
            functions: functions.into_iter().map(str::to_owned).collect(),
            reply_email: self.email.clone(),
        }
    }
}
