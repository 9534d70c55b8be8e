//! The door for the peers: accepts a connection and tells whose it is.

use super::identity::{Made, WireKeys};
use super::{NodeIdentity, PeerCertificate, WireError};
use openssl::ssl::{Ssl, SslAcceptor};
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio_openssl::SslStream;

/// A listening socket that demands a certificate of every caller, but of people who sign in.
pub struct TlsListener {
    socket: TcpListener,
    acceptor: Made<SslAcceptor>,
    make: fn(&WireKeys) -> Result<SslAcceptor, WireError>,
    handshake_timeout_ms: u64,
}

/// A caller that has yet to prove who it is. Finish it in a task of its own: a slow caller delays nobody.
pub struct Handshake {
    stream: TcpStream,
    caller: SocketAddr,
    acceptor: SslAcceptor,
    timeout_ms: u64,
}

impl TlsListener {
    /// Opens the door at `address`; port 0 takes a free one.
    ///
    /// # Errors
    /// The address is taken, or our identity is unusable.
    pub async fn bind(
        address: SocketAddr,
        handshake_timeout_ms: u64,
        identity: &NodeIdentity,
    ) -> Result<Self, WireError> {
        Self::bind_by(address, handshake_timeout_ms, identity, WireKeys::acceptor).await
    }

    /// The same for browsers: we show our certificate and ask for none.
    ///
    /// # Errors
    /// The address is taken, or our identity is unusable.
    pub async fn bind_for_people(
        address: SocketAddr,
        handshake_timeout_ms: u64,
        identity: &NodeIdentity,
    ) -> Result<Self, WireError> {
        Self::bind_by(address, handshake_timeout_ms, identity, WireKeys::acceptor_of_people).await
    }

    async fn bind_by(
        address: SocketAddr,
        handshake_timeout_ms: u64,
        identity: &NodeIdentity,
        make: fn(&WireKeys) -> Result<SslAcceptor, WireError>,
    ) -> Result<Self, WireError> {
        let acceptor = Made::new(identity, make)?;
        let socket = TcpListener::bind(address).await.map_err(WireError::Listen)?;
        Ok(Self { socket, acceptor, make, handshake_timeout_ms })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// The operating system does not tell.
    pub fn address(&self) -> Result<SocketAddr, WireError> {
        self.socket.local_addr().map_err(WireError::Listen)
    }

    /// Waits for the next caller.
    ///
    /// # Errors
    /// The socket is broken, or out of descriptors for a while.
    pub async fn accept(&self) -> Result<Handshake, WireError> {
        let (stream, caller) = self.socket.accept().await.map_err(WireError::Listen)?;
        let _ = stream.set_nodelay(true); // a caller that has hung up already is found out by its handshake
        Ok(Handshake {
            stream,
            caller,
            acceptor: self.acceptor.current(self.make),
            timeout_ms: self.handshake_timeout_ms,
        })
    }
}

impl Handshake {
    /// Where the caller calls from.
    pub fn caller(&self) -> SocketAddr {
        self.caller
    }

    /// Finishes TLS and tells whose certificate the caller proved to own: the leaf, never its issuer.
    ///
    /// # Errors
    /// No certificate, one of an unknown authority, no TLS, or too slow.
    pub async fn finish(self) -> Result<(SslStream<TcpStream>, PeerCertificate), WireError> {
        let stream = self.finish_unknown().await?;
        let leaf = stream.ssl().peer_certificate().ok_or_else(|| WireError::Identity {
            what: "the caller's certificate",
            source: openssl::error::ErrorStack::get(),
        })?;
        let certificate = PeerCertificate::of(&leaf)?;
        Ok((stream, certificate))
    }

    /// Finishes TLS with a caller of whom no certificate is asked.
    ///
    /// # Errors
    /// No TLS, or too slow.
    pub async fn finish_unknown(self) -> Result<SslStream<TcpStream>, WireError> {
        let Self { stream, caller, acceptor, timeout_ms } = self;
        let library = |source| WireError::Identity { what: "the TLS library", source };
        let ssl = Ssl::new(acceptor.context()).map_err(library)?;
        let mut stream = SslStream::new(ssl, stream).map_err(library)?;
        tokio::time::timeout(Duration::from_millis(timeout_ms), Pin::new(&mut stream).accept())
            .await
            .map_err(|_elapsed| WireError::HandshakeTimeout { caller, timeout_ms })?
            .map_err(|source| WireError::Handshake { caller, source })?;
        Ok(stream)
    }
}
