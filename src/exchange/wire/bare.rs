//! What TLS alone takes, for measuring: bytes there and a few back over one open connection, both ends of which are here.

use super::{NodeIdentity, TlsListener, WireError};
use openssl::error::ErrorStack;
use openssl::pkey::PKey;
use openssl::ssl::{Ssl, SslConnector, SslMethod};
use openssl::x509::X509;
use openssl::x509::store::X509StoreBuilder;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::AbortHandle;
use tokio_openssl::SslStream;

/// A connection from one node to another, on which nothing is spoken but lengths.
pub struct BareLine {
    near: SslStream<TcpStream>,
    far: AbortHandle,
}

impl BareLine {
    /// Connects as `near` to a door of `far`.
    ///
    /// # Errors
    /// An identity is unusable, or they do not trust each other.
    pub async fn open(near: &NodeIdentity, far: &NodeIdentity) -> Result<Self, WireError> {
        let door = TlsListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), HANDSHAKE_MS, far).await?;
        let address = door.address()?;
        let far = tokio::spawn(async move {
            let (mut stream, _certificate) = door.accept().await?.finish().await?;
            let mut message = Vec::new();
            while let Ok(length) = stream.read_u64().await {
                message.resize(usize::try_from(length).unwrap_or_default(), 0);
                let answered = async {
                    stream.read_exact(&mut message).await?;
                    stream.write_all(&REPLY).await
                };
                if answered.await.is_err() {
                    break;
                }
            }
            Ok::<(), WireError>(())
        });
        let library = |source| WireError::Identity { what: "the TLS library", source };
        let stream = TcpStream::connect(address).await.map_err(WireError::Listen)?;
        let _ = stream.set_nodelay(true); // a broken one is found out by the handshake
        let ssl = ssl(near).map_err(library)?;
        let mut near = SslStream::new(ssl, stream).map_err(library)?;
        let caller = address;
        Pin::new(&mut near).connect().await.map_err(|source| WireError::Handshake { caller, source })?;
        Ok(Self { near, far: far.abort_handle() })
    }

    /// Sends so many bytes and waits for the few that come back.
    ///
    /// # Errors
    /// The connection is broken.
    pub async fn cross(&mut self, message: &[u8]) -> std::io::Result<()> {
        let length = u64::try_from(message.len()).unwrap_or_default();
        let whole = [&length.to_be_bytes(), message].concat();
        self.near.write_all(&whole).await?;
        self.near.read_exact(&mut [0; REPLY.len()]).await.map(drop)
    }
}

impl Drop for BareLine {
    fn drop(&mut self) {
        self.far.abort();
    }
}

fn ssl(identity: &NodeIdentity) -> Result<Ssl, ErrorStack> {
    let keys = identity.keys();
    let mut builder = SslConnector::builder(SslMethod::tls_client())?;
    builder.set_private_key(&*PKey::private_key_from_pem(keys.key_pem.expose())?)?;
    let mut chain = X509::stack_from_pem(&keys.certificate_pem)?.into_iter();
    if let Some(leaf) = chain.next() {
        builder.set_certificate(&leaf)?;
    }
    for issuer in chain {
        builder.add_extra_chain_cert(issuer)?;
    }
    let mut store = X509StoreBuilder::new()?;
    for authority in X509::stack_from_pem(&keys.authorities_pem)? {
        store.add_cert(authority)?;
    }
    builder.set_verify_cert_store(store.build())?;
    builder.build().configure()?.verify_hostname(false).into_ssl("localhost")
}

/// As long as the answer of a node that holds a message.
const REPLY: [u8; 128] = [0; 128];
const HANDSHAKE_MS: u64 = 5_000;
