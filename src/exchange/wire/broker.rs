//! The road by queues: envelopes as persistent messages of an AMQP 0-9-1 broker, as the integration gateways exchange
//! them (D5 App.1).
//!
//! A message is sent when the broker has confirmed that a queue keeps it. It expires after 4 hours and comes back whole
//! to a queue of ours, which the header `REPORT_TO` names: each node declares for its own queue that what expires there
//! is handed to the exchange [`EXPIRED`], and binds its own reports there. Whoever may write into the queue speaks on
//! the wire for any peer that is reached by one, so the broker needs the protection that a certificate gives elsewhere; documents are
//! vouched for by their seals on every road.

use super::{Envelope, NodeIdentity, Parcel, Reply, Wire, WireError, is_package};
use crate::base::{Limits, Secret};
use crate::exchange::transit::LogicalAddress;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt};
use lapin::message::Delivery;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicNackOptions, BasicPublishOptions, BasicQosOptions,
    ConfirmSelectOptions, ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable, LongString, ShortString};
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties, ExchangeKind};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// Where the queues are and what they are called.
#[derive(Debug, Clone)]
pub struct BrokerPlan {
    /// `amqp://user@host:port/vhost` or `amqps://…`, without a password.
    pub url: String,
    /// The password.
    pub password: Option<Secret<String>>,
    /// The queue that we read.
    pub inbound: String,
    /// How long a message may wait in a queue.
    pub expiry_ms: u64,
    /// Whose authorities may vouch for the broker, for `amqps`.
    pub identity: NodeIdentity,
    /// The queue of each peer that is reached so.
    pub queues: HashMap<String, String>,
    /// How long the broker may take to confirm a message.
    pub timeout_ms: u64,
}

/// The broker; a copy shares the connection.
#[derive(Clone)]
pub struct BrokerWire(Arc<Inner>);

struct Inner {
    plan: BrokerPlan,
    sending: Mutex<Option<(Connection, Channel)>>,
}

/// What waits in one of our queues.
pub struct Letters {
    _connection: Connection,
    consumer: lapin::Consumer,
}

/// One message out of a queue; it stays there until it is taken.
pub struct Letter(Delivery);

impl BrokerWire {
    /// A road that connects when it is used.
    pub fn new(plan: BrokerPlan) -> Self {
        Self(Arc::new(Inner { plan, sending: Mutex::new(None) }))
    }

    /// Whether a peer is reached by a queue.
    pub fn knows(&self, peer: &str) -> bool {
        self.0.plan.queues.contains_key(peer)
    }

    /// What comes from the peers.
    ///
    /// # Errors
    /// The broker cannot be reached, or its queues are declared otherwise.
    pub async fn inbound(&self) -> Result<Letters, WireError> {
        self.letters(&self.0.plan.inbound).await
    }

    /// What nobody took in time.
    ///
    /// # Errors
    /// As [`BrokerWire::inbound`].
    pub async fn expired(&self) -> Result<Letters, WireError> {
        self.letters(&self.reports()).await
    }

    fn reports(&self) -> String {
        format!("{}.EXPIRED", self.0.plan.inbound)
    }

    async fn letters(&self, queue: &str) -> Result<Letters, WireError> {
        let opened = async {
            let connection = self.connect().await?;
            let channel = connection.create_channel().await?;
            self.declare(&channel).await?;
            channel.basic_qos(PREFETCH, BasicQosOptions::default()).await?;
            let options = BasicConsumeOptions::default();
            let consumer = channel
                .basic_consume(queue.into(), ShortString::default(), options, FieldTable::default())
                .await?;
            Ok(Letters { _connection: connection, consumer })
        };
        opened.await.map_err(|source| self.failed(source))
    }

    /// Our own queues, durable: what comes for us, and what comes back to us.
    async fn declare(&self, channel: &Channel) -> Result<(), lapin::Error> {
        let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        let exchange = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
        let none = FieldTable::default;
        channel.exchange_declare(EXPIRED.into(), ExchangeKind::Headers, exchange, none()).await?;
        let mut inbound = FieldTable::default();
        inbound.insert("x-dead-letter-exchange".into(), text(EXPIRED));
        channel.queue_declare(self.0.plan.inbound.as_str().into(), durable, inbound).await?;
        let reports = self.reports();
        channel.queue_declare(reports.as_str().into(), durable, none()).await?;
        let mut ours = FieldTable::default();
        ours.insert("x-match".into(), text("all"));
        ours.insert(REPORT_TO.into(), text(&reports));
        let bind = QueueBindOptions::default();
        channel.queue_bind(reports.as_str().into(), EXPIRED.into(), ShortString::default(), bind, ours).await
    }

    async fn connect(&self) -> Result<Connection, lapin::Error> {
        let plan = &self.0.plan;
        let mut uri: lapin::uri::AMQPUri =
            plan.url.parse().map_err(|why: String| std::io::Error::other(why))?;
        if let Some(password) = &plan.password {
            uri.authority.userinfo.password = password.expose().trim_end_matches('\n').to_owned();
        }
        let chain = String::from_utf8_lossy(&plan.identity.keys().authorities_pem).into_owned();
        let tls = lapin::tcp::OwnedTLSConfig { identity: None, cert_chain: Some(chain) };
        let properties = ConnectionProperties::default().with_connection_name("stazh".into());
        let runtime = lapin::runtime::default_runtime()?;
        let connecting = Connection::connect_uri_with_config(uri, properties, tls, runtime);
        match tokio::time::timeout(self.timeout(), connecting).await {
            Ok(connected) => connected,
            Err(_late) => Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()),
        }
    }

    fn timeout(&self) -> Duration {
        Duration::from_millis(self.0.plan.timeout_ms)
    }

    fn failed(&self, source: lapin::Error) -> WireError {
        WireError::Broker { url: self.0.plan.url.clone(), source: Box::new(source) }
    }

    async fn publish(&self, queue: &str, parcel: &Parcel) -> Result<Confirmation, lapin::Error> {
        let plan = &self.0.plan;
        let mut sending = self.0.sending.lock().await;
        let channel = match sending.as_ref().filter(|(connection, _)| connection.status().connected()) {
            Some((_connection, channel)) => channel.clone(),
            None => {
                let connection = self.connect().await?;
                let channel = connection.create_channel().await?;
                channel.confirm_select(ConfirmSelectOptions::default()).await?;
                self.declare(&channel).await?;
                *sending = Some((connection, channel.clone()));
                channel
            }
        };
        drop(sending);
        // MQRFH2 has it without parameters for an envelope alone (App.1 ¶10)
        let content_type =
            if parcel.alone().is_some() { ENVELOPE_TYPE.to_owned() } else { parcel.content_type() };
        let body = parcel.collect().await?; // a message of this protocol is sent from memory
        let mut headers = FieldTable::default();
        headers.insert(REPORT_TO.into(), text(&self.reports()));
        let properties = BasicProperties::default()
            .with_content_type(content_type.into())
            .with_delivery_mode(PERSISTENT)
            .with_expiration(plan.expiry_ms.to_string().into())
            .with_reply_to(self.reports().into())
            .with_headers(headers);
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        channel.basic_publish(ShortString::default(), queue.into(), options, &body, properties).await?.await
    }

    async fn send(&self, peer: &str, parcel: Parcel) -> Result<Reply, WireError> {
        let unknown = || WireError::UnknownPeer { peer: peer.to_owned() };
        let queue = self.0.plan.queues.get(peer).ok_or_else(unknown)?;
        let timeout = self.timeout() + Duration::from_millis(parcel.slowest_ms());
        let confirmed = match tokio::time::timeout(timeout, self.publish(queue, &parcel)).await {
            Ok(confirmed) => confirmed,
            Err(_late) => {
                self.0.sending.lock().await.take();
                return Err(WireError::Timeout { peer: peer.to_owned(), timeout_ms: self.0.plan.timeout_ms });
            }
        };
        match confirmed {
            Ok(Confirmation::Ack(None)) => Ok(Reply { status: 202, body: Bytes::new() }),
            Ok(Confirmation::Ack(Some(_)) | Confirmation::Nack(Some(_))) => {
                Err(WireError::NoQueue { queue: queue.clone() })
            }
            Ok(Confirmation::Nack(None) | Confirmation::NotRequested) => {
                Err(WireError::Unconfirmed { queue: queue.clone() })
            }
            Err(error) => {
                self.0.sending.lock().await.take();
                Err(self.failed(error))
            }
        }
    }
}

impl Wire for BrokerWire {
    fn post<'a>(&'a self, peer: &'a str, parcel: Parcel) -> BoxFuture<'a, Result<Reply, WireError>> {
        self.send(peer, parcel).boxed()
    }
}

impl Letters {
    /// The next message; none when the broker is gone.
    pub async fn next(&mut self) -> Option<Letter> {
        self.consumer.next().await?.ok().map(Letter)
    }
}

impl Letter {
    /// The media type of a package; none of an envelope alone.
    pub fn package_type(&self) -> Option<&str> {
        let content_type = self.0.properties.content_type().as_ref().map(ShortString::as_str);
        content_type.filter(|content_type| is_package(content_type))
    }

    /// The message without copying it again; it stays in the queue until it is taken.
    pub fn take_bytes(&mut self) -> Bytes {
        std::mem::take(&mut self.0.data).into()
    }

    /// Whose an envelope is, as its header says: the segment of ReplyTo, of From in a fault.
    pub fn sender(envelope: &[u8], limits: &Limits) -> Option<String> {
        let limits = Limits { xml_bytes_max: envelope.len(), ..*limits };
        let headers = Envelope::read(envelope, &limits).ok()?.headers;
        let address: LogicalAddress = headers.reply_to.or(headers.from)?.parse().ok()?;
        Some(address.segment().to_owned())
    }

    /// It is stored with us, and leaves the queue.
    pub async fn take(self) {
        let _ = self.0.ack(BasicAckOptions::default()).await; // a broker that is gone brings it again
    }

    /// It is not stored, and stays in the queue.
    pub async fn leave(self) {
        let _ = self.0.nack(BasicNackOptions { requeue: true, ..BasicNackOptions::default() }).await; // as above
    }
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(LongString::from(value))
}

/// Where what nobody took in time is handed to.
const EXPIRED: &str = "stazh.expired";
/// The queue that a message which expires is reported to.
const REPORT_TO: &str = "stazh-report-to";
const ENVELOPE_TYPE: &str = "application/soap+xml";
/// MQPER_PERSISTENT.
const PERSISTENT: u8 = 2;
/// How many messages the broker hands us before we take one.
const PREFETCH: u16 = 16;
