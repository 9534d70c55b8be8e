//! Our keys and those whom we trust.

use super::{Check, NodeIdentity, Settings};
use crate::exchange::canonical::State;
use crate::exchange::seal::{
    CertificateFacts, SealError, SignerPlan, TrustStore, certificates_in, is_gost_loaded,
};
use jiff::{SignedDuration, Timestamp};
use std::path::Path;

/// Which national algorithms this process can compute.
pub(super) fn engines(settings: &Settings, tell: &mut (dyn FnMut(Check) + Send)) {
    const OF: &str = "the algorithms";
    let needs_gost =
        settings.third_party.is_none() && settings.peers.iter().any(|peer| peer.state == State::Ru);
    tell(match (is_gost_loaded(), needs_gost) {
        (true, _) => Check::good(OF, "RSA, ECDSA, bign and GOST can be computed"),
        (false, false) => {
            Check::good(OF, "RSA, ECDSA and bign can be computed; GOST cannot, and is not needed")
        }
        (false, true) => {
            let told = "GOST cannot be computed, and no third party judges the seals of Russia";
            Check::warning(OF, "seal.gost_engine", told)
        }
    });
}

/// Our seals: whether each key fits, works, and may sign, and whether others can follow its chain.
pub(super) fn seal(settings: &Settings, now: Timestamp, tell: &mut (dyn FnMut(Check) + Send)) {
    for plan in settings.seal.plans() {
        seal_of(plan, now, tell);
    }
}

fn seal_of(plan: &SignerPlan, now: Timestamp, tell: &mut (dyn FnMut(Check) + Send)) {
    const OF: &str = "our seal";
    let tried = plan.signer().and_then(|signer| {
        signer.try_out()?;
        Ok(signer)
    });
    let pem = match (&tried, plan.certificate_file()) {
        (_, Some(_)) => plan.certificate_pem(),
        (Ok(signer), None) => signer.certificates_pem(),
        // it is not asked for again: a token counts who tries
        (Err(_), None) => Ok(Vec::new()),
    };
    match tried {
        Ok(signer) => {
            let told =
                format!("the key fits its certificate and signs by {}", signer.suite().signature_uri());
            tell(Check::good(OF, told));
        }
        Err(error) => tell(Check::failed(OF, error.code(), &error)),
    }
    let facts = match pem.and_then(|pem| if pem.is_empty() { Ok(Vec::new()) } else { certificates_in(&pem) })
    {
        Ok(facts) if facts.is_empty() => return,
        Ok(facts) => facts,
        Err(error) => return tell(Check::failed(OF, error.code(), &error)),
    };
    if let Some(own) = facts.first() {
        tell(match own.may_sign {
            true => Check::good(OF, "its certificate is made for signing documents"),
            false => Check::bad(OF, "seal.key_usage", "its certificate is not made for signing documents"),
        });
    }
    tell(match facts.iter().all(|one| one.is_issuer_beside) {
        true => Check::good(OF, "each certificate of its chain is issued by the next one"),
        false => {
            let told = "the certificate that issued the last of its file is not beside it";
            Check::warning(OF, "doctor.chain", told)
        }
    });
    validity(OF, &facts, now, tell);
}

/// Our identity on the wire.
pub(super) fn wire(
    settings: &Settings,
    now: Timestamp,
    tell: &mut (dyn FnMut(Check) + Send),
) -> Option<NodeIdentity> {
    const OF: &str = "our wire";
    let files = &settings.wire;
    let read = NodeIdentity::read(&files.certificate, &files.key, &files.authorities);
    let identity = match read.and_then(|identity| identity.try_out().map(|()| identity)) {
        Ok(identity) => identity,
        Err(error) => {
            tell(Check::failed(OF, "wire.identity", &error));
            return None;
        }
    };
    tell(Check::good(OF, "the key fits its certificate"));
    if let Some(facts) = facts_of(OF, &files.certificate, tell) {
        validity(OF, &facts, now, tell);
    }
    Some(identity)
}

/// The authorities of others.
pub(super) fn trusted(settings: &Settings, now: Timestamp, tell: &mut (dyn FnMut(Check) + Send)) {
    let seals = settings.seal.plans().filter_map(SignerPlan::certificate_file);
    let own: Vec<&Path> = seals.chain([settings.wire.certificate.as_path()]).collect();
    for file in settings.certificates().iter().filter(|file| !own.contains(&file.path.as_path())) {
        if let Err(error) = TrustStore::from_files(&[&file.path]) {
            tell(Check::failed(&file.what, error.code(), &error));
        } else if let Some(facts) = facts_of(&file.what, &file.path, tell) {
            validity(&file.what, &facts, now, tell);
        }
    }
}

fn facts_of(of: &str, path: &Path, tell: &mut (dyn FnMut(Check) + Send)) -> Option<Vec<CertificateFacts>> {
    let read = std::fs::read(path).map_err(|source| SealError::ReadFile { path: path.to_owned(), source });
    match read.and_then(|pem| certificates_in(&pem)) {
        Ok(facts) => Some(facts),
        Err(error) => {
            tell(Check::failed(of, error.code(), &error));
            None
        }
    }
}

/// Tells of certificates that have ended, have not begun, or end soon; of the next end if all is well.
pub(super) fn validity(
    of: &str,
    facts: &[CertificateFacts],
    now: Timestamp,
    tell: &mut (dyn FnMut(Check) + Send),
) {
    let mut is_good = true;
    for one in facts {
        let left = one.not_after.duration_since(now);
        let days = left.as_hours() / 24;
        let told = if left <= SignedDuration::ZERO {
            Check::bad(of, "seal.ends_soon", format!("{} ended at {}", one.name, one.not_after))
        } else if one.not_before > now {
            Check::bad(of, "seal.not_yet_valid", format!("{} begins at {}", one.name, one.not_before))
        } else if left < SOON {
            let told = format!("{} ends at {}, in {days} days", one.name, one.not_after);
            Check::warning(of, "seal.ends_soon", told)
        } else {
            continue;
        };
        is_good = false;
        tell(told);
    }
    if is_good && let Some(first) = facts.iter().map(|one| one.not_after).min() {
        let days = first.duration_since(now).as_hours() / 24;
        tell(Check::good(of, format!("valid until {first}, {days} days more")));
    }
}

const SOON: SignedDuration = SignedDuration::from_hours(60 * 24);
