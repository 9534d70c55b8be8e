//! The one content coding of the wire: gzip, for a peer that says it takes it (RFC 9110 §8.4, §12.5.3).
//!
//! Inflating stops at a bound that counts what comes out, so a small body cannot become a large one.

use bytes::Bytes;
use flate2::Compression;
use flate2::write::{GzEncoder, MultiGzDecoder};
use std::io::Write;

/// The name of the coding.
pub const GZIP: &str = "gzip";

/// Inflates a body as it comes.
pub struct Inflater {
    decoder: MultiGzDecoder<Bounded>,
    is_empty: bool,
}

/// A body that cannot be inflated.
#[derive(Debug, thiserror::Error)]
pub enum InflateError {
    /// It becomes larger than the bound.
    #[error("inflate a body within {bytes_max} bytes")]
    TooLarge {
        /// The bound.
        bytes_max: usize,
    },
    /// It is no gzip, or not all of it.
    #[error("inflate a body: it is not whole gzip")]
    Spoilt(#[source] std::io::Error),
}

impl Inflater {
    /// An inflater that gives out at most `bytes_max`.
    pub fn new(bytes_max: usize) -> Self {
        let sink = Bounded { kept: Vec::new(), bytes_max, is_over: false };
        Self { decoder: MultiGzDecoder::new(sink), is_empty: true }
    }

    /// Takes the next bytes that came. A slice of 8 kB becomes 8 MB at most.
    ///
    /// # Errors
    /// Too much comes out, or the bytes are no gzip.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), InflateError> {
        self.is_empty &= bytes.is_empty();
        self.decoder.write_all(bytes).map_err(|source| self.failure(source))
    }

    /// How much has come out.
    pub fn len(&self) -> usize {
        self.decoder.get_ref().kept.len()
    }

    /// Whether nothing has come out.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The whole body.
    ///
    /// # Errors
    /// The end is missing, or does not fit the rest.
    pub fn finish(&mut self) -> Result<Bytes, InflateError> {
        if self.is_empty {
            let nothing = std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
            return Err(InflateError::Spoilt(nothing));
        }
        self.decoder.try_finish().map_err(|source| self.failure(source))?;
        Ok(self.take())
    }

    /// What has come out since the last time.
    pub fn take(&mut self) -> Bytes {
        std::mem::take(&mut self.decoder.get_mut().kept).into()
    }

    fn failure(&self, source: std::io::Error) -> InflateError {
        let sink = self.decoder.get_ref();
        match sink.is_over {
            true => InflateError::TooLarge { bytes_max: sink.bytes_max },
            false => InflateError::Spoilt(source),
        }
    }
}

/// Whether a list of codings, such as `br, gzip;q=0.5`, takes gzip (RFC 9110 §12.5.3).
pub fn takes_gzip(codings: &str) -> bool {
    codings.split(',').any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let weight =
            parts.find_map(|part| part.strip_prefix("q=")).and_then(|q| q.trim().parse::<f32>().ok());
        (name.eq_ignore_ascii_case(GZIP) || name.eq_ignore_ascii_case("x-gzip")) && weight != Some(0.0)
    })
}

/// Deflates a body.
///
/// # Errors
/// None, in memory.
pub fn deflate(body: &[u8]) -> std::io::Result<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 2), Compression::fast());
    encoder.write_all(body)?;
    encoder.finish().map(Bytes::from)
}

/// Takes no more than it may.
struct Bounded {
    kept: Vec<u8>,
    bytes_max: usize,
    is_over: bool,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.kept.len() + bytes.len() > self.bytes_max {
            self.is_over = true;
            return Err(std::io::Error::from(std::io::ErrorKind::FileTooLarge));
        }
        self.kept.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inflate(gzip: &[u8], bytes_max: usize) -> Result<Bytes, InflateError> {
        let mut inflater = Inflater::new(bytes_max);
        gzip.chunks(7).try_for_each(|part| inflater.push(part))?;
        inflater.finish()
    }

    #[test]
    fn a_body_comes_out_as_it_went_in_up_to_the_bound() {
        let body = "стаж ".repeat(1_000).into_bytes();
        let gzip = deflate(&body).unwrap();
        assert!(gzip.len() * 10 < body.len());
        assert_eq!(inflate(&gzip, body.len()).unwrap(), body);
        let error = inflate(&gzip, body.len() - 1).unwrap_err();
        assert!(matches!(error, InflateError::TooLarge { .. }), "{error}");
        let twice = [gzip.as_ref(), gzip.as_ref()].concat();
        assert_eq!(inflate(&twice, 2 * body.len()).unwrap().len(), 2 * body.len());
        assert!(matches!(inflate(&twice, 2 * body.len() - 1).unwrap_err(), InflateError::TooLarge { .. }));
    }

    #[test]
    fn every_cut_and_every_spoilt_byte_that_matters_is_found() {
        let body: Vec<u8> = (0..200_u32).flat_map(|n| (n * 7_919).to_le_bytes()).collect();
        let gzip = deflate(&body).unwrap();
        for end in 0..gzip.len() {
            assert!(inflate(&gzip[..end], 1 << 20).is_err(), "cut at {end} of {}", gzip.len());
        }
        for at in 10..gzip.len() {
            let mut spoilt = gzip.to_vec();
            spoilt[at] ^= 0x40;
            let changed = inflate(&spoilt, 1 << 20).is_ok_and(|out| out != body);
            assert!(!changed, "a changed byte at {at} passed for another body");
        }
        let tail = [gzip.as_ref(), b"tail"].concat();
        assert!(inflate(&tail, 1 << 20).is_err(), "bytes after the end");
    }

    #[test]
    fn who_takes_gzip_says_so() {
        for yes in ["gzip", "br, GZIP;q=0.5", "x-gzip"] {
            assert!(takes_gzip(yes), "{yes}");
        }
        for no in ["", "br", "gzip;q=0", "gzip; q=0.0, br", "gzipped"] {
            assert!(!takes_gzip(no), "{no}");
        }
    }
}
