//! The names of algorithms, as data: each has one URI that we write and any number that we read.
//!
//! A URI that is in no row here is no fault of the document: what it names cannot be verified by us. None is guessed;
//! where a state is not known to have a name of its own, it has none.

use super::digests::DigestAlgorithm::{self, Belt, Sha256, Sha384, Sha512, Streebog256, Streebog512};
use super::{Suite, bign, ecdsa, gost, rsa};

/// The names of one algorithm.
#[derive(Debug)]
pub(super) struct Uris {
    pub(super) writes: &'static str,
    pub(super) reads: &'static [&'static str],
}

impl Uris {
    pub(super) fn has(&self, uri: &str) -> bool {
        self.writes == uri || self.reads.contains(&uri)
    }
}

/// A digest with its names.
pub(super) struct DigestRow {
    pub(super) digest: DigestAlgorithm,
    pub(super) uris: &'static Uris,
    /// As CMS and certificates name it.
    pub(super) oid: &'static str,
}

/// A signature algorithm as CMS names it, with the digest that stands beside it there.
pub(super) struct CmsRow {
    pub(super) oid: &'static str,
    pub(super) digest: DigestAlgorithm,
    /// The URI that is written for the suite.
    pub(super) suite: &'static str,
}

const fn only(writes: &'static str) -> Uris {
    Uris { writes, reads: &[] }
}

pub(super) static SHA256: Uris = only("http://www.w3.org/2001/04/xmlenc#sha256");
pub(super) static SHA384: Uris = only("http://www.w3.org/2001/04/xmldsig-more#sha384");
pub(super) static SHA512: Uris = only("http://www.w3.org/2001/04/xmlenc#sha512");
pub(super) static STREEBOG256: Uris = only("urn:ietf:params:xml:ns:cpxmlsec:algorithms:gostr34112012-256");
pub(super) static STREEBOG512: Uris = only("urn:ietf:params:xml:ns:cpxmlsec:algorithms:gostr34112012-512");
pub(super) static BELT: Uris = only("urn:EAEU:Digest:belt-hash256");

/// All digests.
pub(super) static DIGESTS: [DigestRow; 6] = [
    DigestRow { digest: Sha256, uris: &SHA256, oid: "2.16.840.1.101.3.4.2.1" },
    DigestRow { digest: Sha384, uris: &SHA384, oid: "2.16.840.1.101.3.4.2.2" },
    DigestRow { digest: Sha512, uris: &SHA512, oid: "2.16.840.1.101.3.4.2.3" },
    DigestRow { digest: Streebog256, uris: &STREEBOG256, oid: "1.2.643.7.1.1.2.2" },
    DigestRow { digest: Streebog512, uris: &STREEBOG512, oid: "1.2.643.7.1.1.2.3" },
    DigestRow { digest: Belt, uris: &BELT, oid: "1.2.112.0.2.0.34.101.31.81" },
];

/// Any of the family: a signature over SHA-512 may well stand over content digested by SHA-256.
const SHA2: &[DigestAlgorithm] = &[Sha256, Sha384, Sha512];

/// All suites. Where several fit one key, the first of them is written unless another is asked for.
pub(super) static SUITES: [Suite; 11] = [
    Suite {
        scheme: &rsa::PKCS1_SHA256,
        uris: only("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"),
        writes: Sha256,
        reads: SHA2,
    },
    Suite {
        scheme: &rsa::PKCS1_SHA384,
        uris: only("http://www.w3.org/2001/04/xmldsig-more#rsa-sha384"),
        writes: Sha384,
        reads: SHA2,
    },
    Suite {
        scheme: &rsa::PKCS1_SHA512,
        uris: only("http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"),
        writes: Sha512,
        reads: SHA2,
    },
    Suite {
        scheme: &rsa::PSS_SHA256,
        uris: only("http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1"),
        writes: Sha256,
        reads: SHA2,
    },
    Suite {
        scheme: &rsa::PSS_SHA384,
        uris: only("http://www.w3.org/2007/05/xmldsig-more#sha384-rsa-MGF1"),
        writes: Sha384,
        reads: SHA2,
    },
    Suite {
        scheme: &rsa::PSS_SHA512,
        uris: only("http://www.w3.org/2007/05/xmldsig-more#sha512-rsa-MGF1"),
        writes: Sha512,
        reads: SHA2,
    },
    Suite {
        scheme: &ecdsa::P256,
        uris: only("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"),
        writes: Sha256,
        reads: SHA2,
    },
    Suite {
        scheme: &ecdsa::P384,
        uris: only("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384"),
        writes: Sha384,
        reads: SHA2,
    },
    Suite {
        scheme: &gost::GOST256,
        uris: only("urn:ietf:params:xml:ns:cpxmlsec:algorithms:gostr34102012-gostr34112012-256"),
        writes: Streebog256,
        reads: &[Streebog256, Streebog512],
    },
    Suite {
        scheme: &gost::GOST512,
        uris: only("urn:ietf:params:xml:ns:cpxmlsec:algorithms:gostr34102012-gostr34112012-512"),
        writes: Streebog512,
        reads: &[Streebog256, Streebog512],
    },
    Suite {
        scheme: &bign::BIGN,
        uris: Uris {
            writes: "urn:EAEU:Signature:bign-with-hbelt",
            reads: &[
                "urn:oid:1.2.112.0.2.0.34.101.45.12-bign-with-hbelt",
                "http://www.w3.org/2009/xmldsig11#bign-with-hbelt",
            ],
        },
        writes: Belt,
        reads: &[Belt],
    },
];

/// Names of a key's algorithm, which leave the digest open.
pub(super) static KEYS_ALONE: [&str; 3] = ["1.2.840.113549.1.1.1", "1.2.643.7.1.1.1.1", "1.2.643.7.1.1.1.2"];

/// The suites as CMS names them; the first row of a suite is written. Some name the key's algorithm alone and let the
/// digest tell the rest.
pub(super) static CMS: [CmsRow; 13] = [
    CmsRow {
        oid: "1.2.840.113549.1.1.11",
        digest: Sha256,
        suite: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    },
    CmsRow {
        oid: "1.2.840.113549.1.1.12",
        digest: Sha384,
        suite: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
    },
    CmsRow {
        oid: "1.2.840.113549.1.1.13",
        digest: Sha512,
        suite: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
    },
    CmsRow {
        oid: "1.2.840.113549.1.1.1",
        digest: Sha256,
        suite: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    },
    CmsRow {
        oid: "1.2.840.113549.1.1.1",
        digest: Sha384,
        suite: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
    },
    CmsRow {
        oid: "1.2.840.113549.1.1.1",
        digest: Sha512,
        suite: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
    },
    CmsRow {
        oid: "1.2.840.10045.4.3.2",
        digest: Sha256,
        suite: "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    },
    CmsRow {
        oid: "1.2.840.10045.4.3.3",
        digest: Sha384,
        suite: "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
    },
    CmsRow {
        oid: "1.2.643.7.1.1.3.2",
        digest: Streebog256,
        suite: "urn:ietf:params:xml:ns:cpxmlsec:algorithms:gostr34102012-gostr34112012-256",
    },
    CmsRow {
        oid: "1.2.643.7.1.1.3.3",
        digest: Streebog512,
        suite: "urn:ietf:params:xml:ns:cpxmlsec:algorithms:gostr34102012-gostr34112012-512",
    },
    CmsRow {
        oid: "1.2.643.7.1.1.1.1",
        digest: Streebog256,
        suite: "urn:ietf:params:xml:ns:cpxmlsec:algorithms:gostr34102012-gostr34112012-256",
    },
    CmsRow {
        oid: "1.2.643.7.1.1.1.2",
        digest: Streebog512,
        suite: "urn:ietf:params:xml:ns:cpxmlsec:algorithms:gostr34102012-gostr34112012-512",
    },
    CmsRow { oid: "1.2.112.0.2.0.34.101.45.12", digest: Belt, suite: "urn:EAEU:Signature:bign-with-hbelt" },
];
