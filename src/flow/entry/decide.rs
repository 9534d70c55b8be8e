//! Decisions about access requests: logins and temporary passwords issued, rights changed, accounts blocked and opened (A28).

use super::acts::{act_by, id, note_failure, shown};
use super::reply::refused;
use super::requests::number_of;
use super::{EntryError, subject_of};
use crate::access::{
    AccessRequest, AccountError, Action, Event, Granted, PasswordHash, Permit, RequestedUser, Role, Standing,
    temporary_password,
};
use crate::base::{Secret, random_octets};
use crate::flow::Context;
use crate::store::{
    AccountDetails, AccountRow, Act, LoginLine, RequestRow, RequestState, Tx, account_find, account_lock,
    account_of_person, account_put, account_role_lock, account_update, act_append, entry_try_forget,
    login_line_put, reply_put, reply_wipe, request_decide, request_find, session_end_others,
};
use std::sync::Arc;
use uuid::Uuid;

/// How a request is decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It is executed.
    Grant,
    /// It is refused: the basis for access is absent, the only ground that the Rules name.
    Refuse {
        /// What is absent.
        words: String,
    },
}

/// What was issued by a decision; shown once, and written into the answer.
#[derive(Debug)]
pub struct Issued {
    /// The login.
    pub login: String,
    /// The temporary password; a program has none.
    pub temporary: Option<Secret<String>>,
}

/// Decides a request, and writes the answers to its corporate address.
///
/// # Errors
/// He may not, he is the one who filed it or whom it is about, it was decided before, or an account is not where the request
/// would have it.
pub async fn decide_request(
    permit: &Permit,
    id: Uuid,
    decision: &Decision,
    ctx: &Context,
) -> Result<Vec<Issued>, EntryError> {
    shown(permit, &["request-decide"])?;
    let users = match decision {
        Decision::Grant => {
            let asked = request_find(&mut ctx.store.read().await?, id).await?;
            asked.map_or(0, |asked| asked.body.users.len())
        }
        Decision::Refuse { .. } => 0,
    };
    let fresh = passwords(users, ctx).await?;
    let mut tx = ctx.store.begin().await?;
    match decide(&mut tx, permit, (id, decision), fresh, ctx).await {
        Ok(issued) => {
            tx.commit().await?;
            Ok(issued)
        }
        Err(error) => {
            drop(tx); // nothing of it happened but the try
            note_failure(permit, &id.to_string(), &error, ctx).await?;
            Err(error)
        }
    }
}

/// Temporary passwords and what is kept of them; worked out before the transaction, since it takes its time.
pub(super) async fn passwords(
    count: usize,
    ctx: &Context,
) -> Result<Vec<(Secret<String>, PasswordHash)>, EntryError> {
    let random = Arc::clone(&ctx.random);
    let drawing = Context::aside(move || {
        let draw = |_| {
            let password = temporary_password(random.as_ref());
            PasswordHash::of(&password, random.as_ref()).map(|hash| (password, hash))
        };
        (0..count).map(draw).collect::<Result<Vec<_>, _>>()
    });
    Ok(drawing.await??)
}

async fn decide(
    tx: &mut Tx,
    permit: &Permit,
    (id, decision): (Uuid, &Decision),
    fresh: Vec<(Secret<String>, PasswordHash)>,
    ctx: &Context,
) -> Result<Vec<Issued>, EntryError> {
    let now = ctx.clock.now();
    let row = request_find(tx, id).await?.ok_or(EntryError::NotThere { what: "the request" })?;
    let own = account_find(tx, permit.login()).await?;
    if row.filed_by == permit.login() {
        return Err(EntryError::OneSelf);
    }
    let (state, ground) = match decision {
        Decision::Grant => (RequestState::Granted, None),
        Decision::Refuse { words } => (RequestState::Refused, Some(format!("no basis: {}", words.trim()))),
    };
    if !request_decide(tx, id, state, (permit.login(), now), ground.as_deref()).await? {
        return Err(EntryError::Decided);
    }
    if let Some(ground) = ground {
        reply_put(tx, &refused(&row, &ground, ctx)).await?;
        return Ok(Vec::new());
    }
    let name = own.as_ref().map_or(permit.login(), |own| own.name.as_str());
    let by = act_by(permit, "", ctx);
    execute(tx, (&by, name), &row, fresh, ctx).await
}

/// Executes a request for each of its users; `by` is the act of whoever decides, who is called `administrator`.
pub(super) async fn execute(
    tx: &mut Tx,
    (by, administrator): (&Act, &str),
    row: &RequestRow,
    fresh: Vec<(Secret<String>, PasswordHash)>,
    ctx: &Context,
) -> Result<Vec<Issued>, EntryError> {
    account_role_lock(tx, row.body.role).await?;
    let granted = Granted::of(row.id, &row.body);
    let mut issued = Vec::new();
    for (user, fresh) in row.body.users.iter().zip(fresh) {
        let (account, is_issued, password) = apply(tx, &granted, (&row.body, user), fresh, ctx).await?;
        if account.login == by.login {
            return Err(EntryError::OneSelf);
        }
        let act = Act {
            id: id(ctx),
            object: account.login.clone(),
            subject: account.person.clone(),
            served: Some(row.id.to_string()),
            ..by.clone()
        };
        act_append(tx, &act).await?;
        let temporary = password.filter(|_| is_issued);
        if is_issued {
            login_line_put(tx, &line(row, &account, administrator, ctx)).await?;
        }
        reply_put(tx, &super::reply::granted(row, &account.login, temporary.as_ref(), ctx)).await?;
        issued.extend(is_issued.then(|| Issued { login: account.login.clone(), temporary }));
    }
    Ok(issued)
}

/// What became of an account, whether login and password were issued, and the password.
type Applied = (AccountRow, bool, Option<Secret<String>>);

async fn apply(
    tx: &mut Tx,
    granted: &Granted,
    (request, user): (&AccessRequest, &RequestedUser),
    (password, hash): (Secret<String>, PasswordHash),
    ctx: &Context,
) -> Result<Applied, EntryError> {
    let now = ctx.clock.now();
    let is_program = request.role == Role::Integration;
    let person = match (is_program, number_of(user, ctx.state)) {
        (true, _) => None,
        (false, Ok(number)) => Some(subject_of(&number, ctx)?.as_str().to_owned()),
        (false, Err(finding)) => return Err(EntryError::NotInOrder(vec![finding])),
    };
    let before = find(tx, user, person.as_deref(), request.action).await?;
    let standing =
        Standing::after(before.as_ref().map(|account| account.standing), &Event::Granted(granted.clone()))?;
    let is_issued = standing == Standing::Issued
        && (request.action != Action::Change || before.as_ref().is_some_and(|old| old.standing != standing));
    let mut account = match before {
        Some(account) => account,
        None => blank(login_for(user, ctx), request, user, ctx),
    };
    account.standing = standing;
    account.request_id = granted.request();
    account.person = person.or(account.person);
    match request.action {
        Action::Grant | Action::Change => {
            account.role = request.role;
            account.details = details(request, user);
        }
        Action::Unblock | Action::Reissue => {
            account.details.reply_email.clone_from(&request.reply_email);
        }
        Action::Block => {}
    }
    if is_issued {
        account.history.extend(account.password.take());
        account.password = (!is_program).then_some(hash);
        (account.password_at, account.made_at, account.used_at) = (now, now, now);
        (account.tries, account.shut_until) = (0, None);
        (account.factor, account.factor_step, account.factor_offered) = (None, None, None);
        if let Some(key) = user.key() {
            account.public_key = Some(key.to_vec());
        }
        reply_wipe(tx, &account.login, now).await?; // a password that was issued before and not used is dead
    }
    if request.action == Action::Grant {
        if !account_put(tx, &account).await? {
            return Err(AccountError::There.into());
        }
    } else {
        account_update(tx, &account).await?;
        session_end_others(tx, &account.login, "").await?;
        entry_try_forget(tx, &account.login).await?;
    }
    Ok((account, is_issued, (!is_program).then_some(password)))
}

/// The account that a request is about: by its login, or by its person where the login is lost. Both must agree (A6).
async fn find(
    tx: &mut Tx,
    user: &RequestedUser,
    person: Option<&str>,
    action: Action,
) -> Result<Option<AccountRow>, EntryError> {
    let of_person = match person {
        Some(person) => account_of_person(tx, person).await?,
        None => None,
    };
    let login = match (&of_person, user.login.as_str()) {
        (Some(account), "") => account.login.clone(),
        (Some(account), login) if account.login == login => account.login.clone(),
        (Some(_), _) => return Err(AccountError::There.into()), // he has another one
        (None, "") => return Ok(None),
        (None, login) => login.to_owned(),
    };
    let account = account_lock(tx, &login).await?;
    let is_anothers = account.as_ref().is_some_and(|account| {
        account.person.as_deref() != person && !(account.person.is_none() && person.is_none())
    });
    match account {
        Some(_) if is_anothers && action == Action::Grant => Err(AccountError::There.into()),
        Some(_) if is_anothers => Err(AccountError::None.into()),
        found => Ok(found),
    }
}

fn blank(login: String, request: &AccessRequest, user: &RequestedUser, ctx: &Context) -> AccountRow {
    let now = ctx.clock.now();
    AccountRow {
        login,
        role: request.role,
        standing: Standing::Issued,
        person: None,
        name: user.name.trim().to_owned(),
        details: details(request, user),
        password: None,
        password_at: now,
        history: Vec::new(),
        factor: None,
        factor_step: None,
        factor_offered: None,
        public_key: None,
        tries: 0,
        shut_until: None,
        rules: None,
        rules_at: None,
        request_id: Uuid::nil(),
        made_at: now,
        used_at: now,
    }
}

fn details(request: &AccessRequest, user: &RequestedUser) -> AccountDetails {
    AccountDetails {
        position: user.position.clone(),
        unit: user.unit.clone(),
        office: user.office.clone(),
        mobile: user.mobile.clone(),
        address: user.address.clone(),
        reply_email: request.reply_email.clone(),
        applicant: request.applicant.name.clone(),
        language: user.language,
        systems: request.systems.clone(),
        functions: request.functions.clone(),
    }
}

/// The login that the request names, or one that nobody has.
fn login_for(user: &RequestedUser, ctx: &Context) -> String {
    if !user.login.is_empty() {
        return user.login.clone();
    }
    let letters = random_octets::<8>(ctx.random.as_ref()).map(|octet| char::from(b'a' + octet % 26));
    format!("u-{}", letters.iter().collect::<String>())
}

/// The line of form App. 1 (A31).
pub(super) fn line(row: &RequestRow, account: &AccountRow, administrator: &str, ctx: &Context) -> LoginLine {
    let (of, basis) = (&row.body.applicant, &row.body.basis);
    let out = of.letter.as_ref().map(|letter| format!("{} {}", letter.number, letter.date));
    let letter = [
        of.region.clone(),
        out.unwrap_or_default(),
        format!("{} {}", row.id, super::day_in(ctx.state, row.filed_at)),
    ];
    LoginLine {
        id: id(ctx),
        letter: letter.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" / "),
        systems: account.details.systems.iter().cloned().collect::<Vec<_>>().join(", "),
        issued_at: ctx.clock.now(),
        basis: format!("{} {} {}", basis.kind.word(), basis.number, basis.date),
        administrator: administrator.to_owned(),
        note: format!("{} {}", row.body.action.word(), row.body.reason.word()),
        request_id: row.id,
        login: account.login.clone(),
    }
}
