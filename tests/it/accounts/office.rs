//! A node with its first two administrators, on a clock that the test moves.

use crate::nodes::World;
use crate::refusals::Stage;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use stazh::access::{
    AccessRequest, Action, Applicant, Ask, Basis, BasisKind, Permit, Purpose, Reason, RequestedUser, Role,
    Session,
};
use stazh::base::{Clock, FixedClock, Secret};
use stazh::exchange::canonical::{Identifier, IdentifierKind, Standing};
use stazh::flow::Context;
use stazh::flow::entry::{
    Decision, EntryError, Issued, SentFile, SignIn, SignedIn, change_password, decide_request, file_request,
    permit, register_first, session_of, sign_in,
};
use stazh::node::{FolderDesk, Node};
use stazh::store::{Act, ActsBy, act_page};
use std::net::IpAddr;
use std::sync::Arc;
use uuid::Uuid;

pub(super) const PASSWORD: &str = "a horse that is correct";
/// Where the computers of all users of these tests are.
pub(super) const HERE: &str = "10.0.0.7";
const ORDER: &[u8] = b"%PDF-1.7 an order";

pub(super) struct Office {
    pub(super) ctx: Context,
    pub(super) clock: Arc<FixedClock>,
    _world: World,
}

impl Office {
    /// A node of Kazakhstan without any account.
    pub(super) async fn empty(now: &str) -> Self {
        let world = World::new();
        world.settle("RU", "KZ");
        let settings = world.settle("KZ", "RU");
        let clock = Arc::new(FixedClock::at(now.parse().unwrap()));
        let desk = Arc::new(FolderDesk::open(&settings).unwrap());
        let mut ctx = Node::context(&settings, &Stage::identity_of(&settings), desk).await.unwrap();
        ctx.clock = clock.clone();
        Self { ctx, clock, _world: world }
    }

    /// The same with the first administrators: `cyber` and `system` have entered.
    pub(super) async fn new() -> Self {
        Self::at("2026-11-30T05:00:00Z").await
    }

    pub(super) async fn at(now: &str) -> Self {
        let office = Self::empty(now).await;
        for (number, login, role) in
            [(1, "cyber", Role::CyberAdministrator), (2, "system", Role::SystemAdministrator)]
        {
            let issued = office.first(login, role, number).await.unwrap();
            office.complete(&issued[0]).await;
        }
        office
    }

    pub(super) async fn first(
        &self,
        login: &str,
        role: Role,
        number: u32,
    ) -> Result<Vec<Issued>, EntryError> {
        self.tick();
        let request = self.asked(login, role, number);
        register_first("root", request, order(), &self.ctx).await
    }

    pub(super) fn today(&self) -> Date {
        stazh::flow::entry::day_in(self.ctx.state, self.clock.now())
    }

    /// A request in order for a new user.
    pub(super) fn asked(&self, login: &str, role: Role, number: u32) -> AccessRequest {
        let functions = stazh::access::Commands::built_in().functions_of(role);
        AccessRequest {
            action: Action::Grant,
            reason: Reason::New,
            basis: Basis {
                kind: BasisKind::Employment,
                number: "17-к".to_owned(),
                date: self.today().saturating_sub(jiff::ToSpan::days(20)),
                file: None,
            },
            applicant: Applicant {
                number: "123456789012".to_owned(),
                name: "Департамент".to_owned(),
                region: "Алматы".to_owned(),
                head_name: "Серик Болат".to_owned(),
                signed_on: Some(self.today()),
                letter: None,
                is_state_body: true,
                exception_act: None,
            },
            users: vec![RequestedUser {
                name: format!("Досанов Ерлан {number}"),
                number: iin(number),
                login: login.to_owned(),
                office: "12".to_owned(),
                mobile: "+77010000000".to_owned(),
                address: HERE.to_owned(),
                position: "Специалист".to_owned(),
                unit: "Отдел".to_owned(),
                language: None,
                public_key: None,
            }],
            role,
            systems: ["X-NODE".to_owned()].into(),
            functions: functions.into_iter().map(str::to_owned).collect(),
            reply_email: "staff@gov.example".to_owned(),
        }
    }

    /// Files a request as the system administrator does, and lets the cyber-security administrator grant it.
    pub(super) async fn granted(&self, request: AccessRequest) -> Result<Vec<Issued>, EntryError> {
        let system = self.session("system").await;
        let filing = self.permit(&system, "request-file").await;
        let id = file_request(&filing, request, Some(order()), &self.ctx).await?.id;
        self.decide(id, &Decision::Grant).await
    }

    pub(super) async fn decide(&self, id: Uuid, decision: &Decision) -> Result<Vec<Issued>, EntryError> {
        let cyber = self.session("cyber").await;
        decide_request(&self.permit(&cyber, "request-decide").await, id, decision, &self.ctx).await
    }

    /// A user who has entered and chosen his password.
    pub(super) async fn user(&self, login: &str, role: Role, number: u32) -> Session {
        let issued = self.granted(self.asked(login, role, number)).await.unwrap();
        self.complete(&issued[0]).await
    }

    /// The first entry, and the password of one's own.
    pub(super) async fn complete(&self, issued: &Issued) -> Session {
        let temporary = issued.temporary.as_ref().unwrap();
        let entered = self.enter(&issued.login, temporary.expose()).await.unwrap();
        let new = Secret::new(PASSWORD.to_owned());
        change_password(&entered.session, temporary, &new, &self.ctx).await.unwrap();
        session_of(entered.token.expose(), &self.ctx).await.unwrap().unwrap()
    }

    pub(super) async fn enter(&self, login: &str, password: &str) -> Result<SignedIn, EntryError> {
        self.try_door(login, password, None, HERE).await
    }

    pub(super) async fn try_door(
        &self,
        login: &str,
        password: &str,
        code: Option<&str>,
        address: &str,
    ) -> Result<SignedIn, EntryError> {
        self.tick();
        let password = Secret::new(password.to_owned());
        let address: IpAddr = address.parse().unwrap();
        let asked = SignIn { login, password: &password, code, address, agent: "a test" };
        sign_in(asked, &self.ctx).await
    }

    /// A session of an account whose password is that of all.
    pub(super) async fn session(&self, login: &str) -> Session {
        self.enter(login, PASSWORD).await.unwrap().session
    }

    pub(super) async fn permit(&self, session: &Session, command: &str) -> Permit {
        self.ask(session, command).await.unwrap()
    }

    pub(super) async fn ask(&self, session: &Session, command: &str) -> Result<Permit, EntryError> {
        self.tick();
        let purpose = Purpose { code: "claim".to_owned(), case: "KZ-1".to_owned() };
        let ask = Ask { command, object: "o", purpose: Some(&purpose), at: self.clock.now() };
        permit(&session.actor, ask, None, &self.ctx).await
    }

    /// The latest acts, the latest first.
    pub(super) async fn acts(&self, by: ActsBy<'_>) -> Vec<Act> {
        act_page(&mut self.ctx.store.read().await.unwrap(), by, None, 1_000).await.unwrap()
    }

    /// What comes later has a later instant, and so a greater number.
    pub(super) fn tick(&self) {
        self.clock.advance_ms(1);
    }

    pub(super) fn pass_days(&self, days: i64) {
        self.clock.advance_ms(days * 24 * 3_600_000);
    }

    pub(super) fn set(&self, now: &str) {
        let to: Timestamp = now.parse().unwrap();
        self.clock.advance_ms(to.as_millisecond() - self.clock.now().as_millisecond());
    }
}

pub(super) fn order() -> SentFile<'static> {
    SentFile { name: "приказ 17.pdf", bytes: ORDER }
}

/// A sound number of the n-th person.
pub(super) fn iin(number: u32) -> String {
    let born = date(1985, 3, 15);
    let body = format!("{}3{number:04}", born.strftime("%y%m%d"));
    let sound = (0..10).map(|digit| format!("{body}{digit}")).find(|text| {
        Identifier::parse(IdentifierKind::Iin, text).is_ok_and(|iin| iin.standing() == Standing::Sound)
    });
    sound.unwrap()
}

/// The code of a refusal.
pub(super) fn code<T>(outcome: &Result<T, EntryError>) -> Option<&'static str> {
    outcome.as_ref().err().and_then(EntryError::code)
}
