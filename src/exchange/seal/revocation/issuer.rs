//! Who answers for whom: an authority, and the certificates below it.

use super::super::error::SealError;
use super::super::suites::{PublicKey, sha256};
use super::super::trust::unix_seconds;
use crate::base::Digest256;
use der::{Decode, Encode};
use openssl::x509::{X509, X509Ref};
use std::sync::Arc;
use x509_cert::Certificate;
use x509_cert::ext::pkix::name::DistributionPointName;
use x509_cert::ext::pkix::{BasicConstraints, CrlDistributionPoints};

/// An authority, known by its name and its key whatever certificate it shows.
pub(super) struct Issuer {
    pub(super) id: Digest256,
    pub(super) certificate: X509,
    pub(super) key: PublicKey,
    /// Its name, in DER.
    pub(super) name: Vec<u8>,
    /// The octets of its key alone, as OCSP digests them.
    pub(super) key_bits: Vec<u8>,
}

impl Issuer {
    pub(super) fn of(certificate: &X509Ref) -> Result<Self, SealError> {
        let read = read(certificate)?;
        let subject = read.tbs_certificate().subject().to_der().map_err(unreadable)?;
        let info = read.tbs_certificate().subject_public_key_info();
        let whole = info.to_der().map_err(unreadable)?;
        Ok(Self {
            id: sha256(&[subject.as_slice(), &whole].concat()),
            certificate: certificate.to_owned(),
            key: PublicKey::of(certificate)?,
            name: subject,
            key_bits: info.subject_public_key.raw_bytes().to_vec(),
        })
    }
}

/// A certificate with the authority that issued it.
pub(crate) struct Link {
    pub(super) issuer: Arc<Issuer>,
    pub(super) serial: Vec<u8>,
    /// A second.
    pub(super) not_after: i64,
    pub(super) is_authority: bool,
    /// The names of the places where its list lies: they say which of several lists is its own, and nobody calls there.
    pub(super) points: Vec<Vec<u8>>,
}

/// The links of a chain, from the signer's own certificate up to below the anchor.
pub(crate) fn links(chain: &[X509]) -> Result<Arc<[Link]>, SealError> {
    let pairs = chain.iter().zip(chain.iter().skip(1));
    pairs.map(|(own, above)| Link::of(own, Arc::new(Issuer::of(above)?))).collect()
}

impl Link {
    pub(super) fn of(certificate: &X509Ref, issuer: Arc<Issuer>) -> Result<Self, SealError> {
        let read = read(certificate)?;
        let tbs = read.tbs_certificate();
        let constraints = tbs.get_extension::<BasicConstraints>().map_err(unreadable)?;
        Ok(Self {
            issuer,
            serial: tbs.serial_number().as_bytes().to_vec(),
            not_after: unix_seconds(certificate.not_after())?,
            is_authority: constraints.is_some_and(|(_, constraints)| constraints.ca),
            points: points(&read).map_err(unreadable)?,
        })
    }

    /// The serial number for a person.
    pub(super) fn shown(&self) -> String {
        shown(&self.serial)
    }
}

pub(super) fn shown(serial: &[u8]) -> String {
    serial.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn points(certificate: &Certificate) -> der::Result<Vec<Vec<u8>>> {
    let Some((_, points)) = certificate.tbs_certificate().get_extension::<CrlDistributionPoints>()? else {
        return Ok(Vec::new());
    };
    let names = points.0.iter().filter_map(|point| point.distribution_point.as_ref());
    names.map(full_names).collect::<der::Result<Vec<_>>>().map(|names| names.concat())
}

/// Each name of a place in DER; a name relative to the issuer's is compared with nothing.
pub(super) fn full_names(point: &DistributionPointName) -> der::Result<Vec<Vec<u8>>> {
    match point {
        DistributionPointName::FullName(names) => names.iter().map(Encode::to_der).collect(),
        DistributionPointName::NameRelativeToCRLIssuer(_) => Ok(Vec::new()),
    }
}

pub(super) fn read(certificate: &X509Ref) -> Result<Certificate, SealError> {
    let der = certificate.to_der()?;
    Certificate::from_der(&der).map_err(unreadable)
}

fn unreadable(_cause: der::Error) -> SealError {
    SealError::Certificate { reason: "it cannot be read" }
}
