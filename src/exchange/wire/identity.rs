//! Who we are on the wire, and who the other side is.

use super::WireError;
use super::client::client;
use crate::base::{Digest256, Secret, Shelf};
use crate::exchange::seal::sha256;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::ssl::{
    SslAcceptor, SslAcceptorBuilder, SslMethod, SslOptions, SslSessionCacheMode, SslVerifyMode, SslVersion,
};
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::{X509, X509Ref};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Our key and certificate for the wire, and the authorities whose certificates we let in. A copy is the same identity:
/// when it changes, whoever has one uses the new keys for the next connection.
#[derive(Clone, Debug)]
pub struct NodeIdentity(Arc<Shelf<WireKeys>>);

/// The keys of an identity as they are now.
#[derive(Debug)]
pub(super) struct WireKeys {
    pub(super) certificate_pem: Vec<u8>,
    pub(super) key_pem: Secret<Vec<u8>>,
    pub(super) authorities_pem: Vec<u8>,
}

/// What is made of an identity at some cost, and made anew when its keys have changed.
pub(super) struct Made<T> {
    identity: NodeIdentity,
    held: Mutex<(Arc<WireKeys>, T)>,
}

impl<T: Clone> Made<T> {
    pub(super) fn new<E>(
        identity: &NodeIdentity,
        make: impl FnOnce(&WireKeys) -> Result<T, E>,
    ) -> Result<Self, E> {
        let keys = identity.keys();
        let made = make(&keys)?;
        Ok(Self { identity: identity.clone(), held: Mutex::new((keys, made)) })
    }

    /// What is made of the keys of now; of those before, if nothing can be made of them.
    pub(super) fn current<E>(&self, make: impl FnOnce(&WireKeys) -> Result<T, E>) -> T {
        let keys = self.identity.keys();
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if !Arc::ptr_eq(&held.0, &keys)
            && let Ok(made) = make(&keys)
        {
            *held = (keys, made);
        }
        held.1.clone()
    }
}

/// The certificate a caller proved to own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerCertificate {
    /// Its common name.
    pub common_name: String,
    /// Its DNS names.
    pub dns_names: Vec<String>,
    /// SHA-256 of the whole certificate.
    pub fingerprint: [u8; 32],
}

impl NodeIdentity {
    /// Reads a PEM certificate chain (leaf first), its PKCS#8 key, and the authorities of the peers.
    ///
    /// # Errors
    /// A file that cannot be read; it is named. Whether they fit is found when they are used.
    pub fn read(certificate: &Path, key: &Path, authorities: &Path) -> Result<Self, WireError> {
        let read = |path: &Path| {
            std::fs::read(path).map_err(|source| WireError::ReadFile { path: path.to_owned(), source })
        };
        Ok(Self(Arc::new(Shelf::new(WireKeys {
            certificate_pem: read(certificate)?,
            key_pem: Secret::new(read(key)?),
            authorities_pem: read(authorities)?,
        }))))
    }

    /// Sees that key, certificate and authorities can be used.
    ///
    /// # Errors
    /// One of them cannot, or they do not fit.
    pub fn try_out(&self) -> Result<(), WireError> {
        self.keys().acceptor().map(drop)
    }

    pub(super) fn keys(&self) -> Arc<WireKeys> {
        self.0.get()
    }

    /// Takes the keys of another identity from now on, if they fit together.
    ///
    /// # Errors
    /// They do not; nothing has changed.
    pub fn renew(&self, fresh: &Self) -> Result<(), WireError> {
        let keys = fresh.keys();
        keys.acceptor()?;
        let refused = |source| WireError::Client { peer: "the peers".to_owned(), source };
        client(CHECK_MS, &keys).map_err(refused)?;
        self.0.put(keys);
        Ok(())
    }

    /// The SHA-256 of our certificate, and those of the authorities.
    ///
    /// # Errors
    /// One of them cannot be read.
    pub fn fingerprints(&self) -> Result<(Digest256, Vec<Digest256>), WireError> {
        let keys = self.keys();
        let what = |what| move |source| WireError::Identity { what, source };
        let of = |pem: &[u8]| {
            let print = |certificate: X509| certificate.to_der().map(|der| sha256(&der));
            X509::stack_from_pem(pem)?.into_iter().map(print).collect::<Result<Vec<_>, _>>()
        };
        let own = of(&keys.certificate_pem).map_err(what("the wire certificate"))?;
        let none = || what("the wire certificate")(openssl::error::ErrorStack::get());
        let own = own.into_iter().next().ok_or_else(none)?;
        Ok((own, of(&keys.authorities_pem).map_err(what("the authorities"))?))
    }
}

impl WireKeys {
    /// The acceptor of callers: TLS 1.2 or newer, a certificate of a known authority required.
    pub(super) fn acceptor(&self) -> Result<SslAcceptor, WireError> {
        let what = |what| move |source| WireError::Identity { what, source };
        let mut builder = self.shown()?;
        let mut store = X509StoreBuilder::new().map_err(what("the TLS library"))?;
        for authority in X509::stack_from_pem(&self.authorities_pem).map_err(what("the authorities"))? {
            builder.add_client_ca(&authority).map_err(what("an authority of the peers"))?;
            store.add_cert(authority).map_err(what("an authority of the peers"))?;
        }
        builder.set_verify_cert_store(store.build()).map_err(what("the authorities"))?;
        builder.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
        Ok(builder.build())
    }

    /// The acceptor of browsers, whose people sign in: no certificate is asked of them.
    pub(super) fn acceptor_of_people(&self) -> Result<SslAcceptor, WireError> {
        Ok(self.shown()?.build())
    }

    /// What every acceptor shows: our certificate, and no session that could be resumed.
    fn shown(&self) -> Result<SslAcceptorBuilder, WireError> {
        let what = |what| move |source| WireError::Identity { what, source };
        let key = PKey::private_key_from_pem(self.key_pem.expose()).map_err(what("the wire key"))?;
        let mut chain =
            X509::stack_from_pem(&self.certificate_pem).map_err(what("the wire certificate"))?.into_iter();
        let mut builder =
            SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).map_err(what("the TLS library"))?;
        builder.set_min_proto_version(Some(SslVersion::TLS1_2)).map_err(what("the TLS library"))?;
        builder.set_private_key(&key).map_err(what("the wire key"))?;
        if let Some(leaf) = chain.next() {
            builder.set_certificate(&leaf).map_err(what("the wire certificate"))?;
        }
        for issuer in chain {
            builder.add_extra_chain_cert(issuer).map_err(what("the wire certificate's chain"))?;
        }
        builder.check_private_key().map_err(what("the wire key with its certificate"))?;
        // No session is resumed: a resumed one would carry a certificate that was checked long ago, perhaps against
        // authorities that are known no more. A caller that offers one gets a whole handshake.
        builder.set_session_id_context(b"stazh").map_err(what("the TLS library"))?;
        builder.set_session_cache_mode(SslSessionCacheMode::OFF);
        builder.set_options(SslOptions::NO_TICKET);
        builder.set_num_tickets(0).map_err(what("the TLS library"))?;
        Ok(builder)
    }
}

impl PeerCertificate {
    /// The name of a caller that is no peer. Anyone may be called `RU`: the mark keeps it from being taken for one.
    pub fn as_stranger(&self) -> String {
        let name = self.common_name.chars().filter(|c| !c.is_control()).take(NAME_CHARS_MAX);
        format!("stranger {}", name.collect::<String>())
    }

    pub(super) fn of(certificate: &X509Ref) -> Result<Self, WireError> {
        let common_name = certificate
            .subject_name()
            .entries_by_nid(Nid::COMMONNAME)
            .next()
            .and_then(|entry| entry.data().to_string().ok())
            .unwrap_or_default();
        let names = certificate.subject_alt_names();
        let dns_names = names.iter().flatten().filter_map(|name| name.dnsname()).map(str::to_owned).collect();
        let digest = certificate
            .digest(MessageDigest::sha256())
            .map_err(|source| WireError::Identity { what: "the caller's certificate", source })?;
        let mut fingerprint = [0; 32];
        for (to, from) in fingerprint.iter_mut().zip(digest.iter()) {
            *to = *from;
        }
        Ok(Self { common_name, dns_names, fingerprint })
    }
}

/// A client that is made to see whether it can be is never used.
const CHECK_MS: u64 = 1_000;
/// The longest common name that X.520 allows.
const NAME_CHARS_MAX: usize = 64;
