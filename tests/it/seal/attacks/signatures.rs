//! Signature values: out of range, in another form, longer or shorter than they are.

use super::*;
use openssl::bn::{BigNum, BigNumContext};

#[test]
fn a_signature_of_rsa_has_one_form() {
    let honest = Honest::new();
    let (_, own) = signed_octets(&honest.whole);
    let value = |octets: &[u8]| with_signature(&honest.whole, octets);
    let modulus = keys::rsa().key.rsa().unwrap().n().to_vec();
    let mut sum = BigNum::new().unwrap();
    sum.checked_add(&BigNum::from_slice(&own).unwrap(), &BigNum::from_slice(&modulus).unwrap()).unwrap();
    refused(vec![
        attack("with a zero before it", value(&[&[0], own.as_slice()].concat()), "seal.signature_mismatch"),
        attack("with a zero behind it", value(&[own.as_slice(), &[0]].concat()), "seal.signature_mismatch"),
        attack("without its last octet", value(&own[..255]), "seal.signature_mismatch"),
        attack("without its first octet", value(&own[1..]), "seal.signature_mismatch"),
        attack("twice", value(&own.repeat(2)), "seal.signature_mismatch"),
        attack("and the modulus on top", value(&sum.to_vec()), "seal.signature_mismatch"),
        attack("zero", value(&[0; 256]), "seal.signature_mismatch"),
        attack("one", value(&[&[0; 255][..], &[1]].concat()), "seal.signature_mismatch"),
        attack("the modulus", value(&modulus), "seal.signature_mismatch"),
        attack("one octet", value(&[0]), "seal.signature_mismatch"),
        attack("ten million octets", value(&vec![7; 10_000_000]), "seal.signature_mismatch"),
        attack(
            "of other octets",
            value(&raw_signature(&keys::rsa().key, b"other")),
            "seal.signature_mismatch",
        ),
        attack(
            "of the same octets by another key",
            value(&raw_signature(&keys::rsa_key(), &signed_octets(&honest.whole).0)),
            "seal.signature_mismatch",
        ),
    ]);
}

/// With the exponent 3 a signature can be made without the key, for whoever does not look at all of the padding.
#[test]
fn a_forged_cube_is_no_signature() {
    let honest = Honest::new();
    let three = BigNum::from_u32(3).unwrap();
    let rsa = openssl::rsa::Rsa::generate_with_e(2048, &three).unwrap();
    let identity = identity_of(PKey::from_rsa(rsa).unwrap());
    let whole = with_certificate(&honest.whole, &identity.certificate.to_der().unwrap());
    check_bytes(signed_by(&identity.key, &whole, str::to_owned).as_bytes()).unwrap();
    let digest = openssl::sha::sha256(&signed_octets(&whole).0);
    let prefix = [0x30, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20];
    // 00 01 ff 00 digest, and the rest whatever the cube gives
    let head = [&[0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0], &prefix[..], &digest].concat();
    let block = [head.as_slice(), &vec![0xff; 256 - head.len()]].concat();
    let root = cube_root(&BigNum::from_slice(&block).unwrap());
    let mut context = BigNumContext::new().unwrap();
    let mut cube = BigNum::new().unwrap();
    cube.exp(&root, &three, &mut context).unwrap();
    assert!(cube.to_vec_padded(256).unwrap().starts_with(&head), "the forger's cube has the head it wants");
    let forged = with_signature(&whole, &root.to_vec_padded(256).unwrap());
    refused(vec![attack("a cube (Bleichenbacher 2006)", forged, "seal.signature_mismatch")]);
}

/// The largest number whose cube is not above this one.
fn cube_root(number: &BigNum) -> BigNum {
    let mut context = BigNumContext::new().unwrap();
    let mut root = BigNum::new().unwrap();
    for bit in (0..number.num_bits() / 3 + 1).rev() {
        root.set_bit(bit).unwrap();
        let mut cube = BigNum::new().unwrap();
        cube.exp(&root, &BigNum::from_u32(3).unwrap(), &mut context).unwrap();
        if cube > *number {
            root.clear_bit(bit).unwrap();
        }
    }
    root
}

#[test]
fn a_signature_of_ecdsa_is_two_numbers_in_their_range() {
    let whole = sealed_by(keys::ec());
    let (_, own) = signed_octets(&whole);
    let value = |octets: &[u8]| with_signature(&whole, octets);
    let (r, s) = own.split_at(32);
    let pair = |r: &[u8], s: &[u8]| value(&[r, s].concat());
    let ec = keys::ec().key.ec_key().unwrap();
    let mut context = BigNumContext::new().unwrap();
    let mut order = BigNum::new().unwrap();
    ec.group().order(&mut order, &mut context).unwrap();
    let order = order.to_vec_padded(32).unwrap();
    let halves =
        EcdsaSig::from_private_components(BigNum::from_slice(r).unwrap(), BigNum::from_slice(s).unwrap());
    let der = halves.unwrap().to_der().unwrap();
    let zero = [0; 32];
    let one = [&[0; 31][..], &[1]].concat();
    refused(vec![
        attack("r is zero", pair(&zero, s), "seal.signature_mismatch"),
        attack("s is zero", pair(r, &zero), "seal.signature_mismatch"),
        attack("both are zero (CVE-2022-21449)", pair(&zero, &zero), "seal.signature_mismatch"),
        attack("both are one", pair(&one, &one), "seal.signature_mismatch"),
        attack("r is the order", pair(&order, s), "seal.signature_mismatch"),
        attack("s is the order", pair(r, &order), "seal.signature_mismatch"),
        attack("both are the order", pair(&order, &order), "seal.signature_mismatch"),
        attack("both are all ones", pair(&[0xff; 32], &[0xff; 32]), "seal.signature_mismatch"),
        attack("s before r", pair(s, r), "seal.signature_mismatch"),
        attack("in DER", value(&der), "seal.signature_mismatch"),
        attack(
            "with zeros before both",
            pair(&[&[0], r].concat(), &[&[0], s].concat()),
            "seal.signature_mismatch",
        ),
        attack("with a zero behind", value(&[own.as_slice(), &[0]].concat()), "seal.signature_mismatch"),
        attack("without the last octet", value(&own[..63]), "seal.signature_mismatch"),
        attack("one half", value(r), "seal.signature_mismatch"),
        attack(
            "in the width of P-384",
            pair(&[&[0; 16], r].concat(), &[&[0; 16], s].concat()),
            "seal.signature_mismatch",
        ),
    ]);
}

/// Of each pair (r, s) there is the mirror (r, order - s), by the same key over the same octets: nothing to refuse. So the
/// octets of a signature must not tell one document from another, and here they do not.
#[test]
fn the_mirror_of_a_signature_makes_no_other_document() {
    let whole = sealed_by(keys::ec());
    let (_, own) = signed_octets(&whole);
    let (r, s) = own.split_at(32);
    let ec = keys::ec().key.ec_key().unwrap();
    let mut order = BigNum::new().unwrap();
    ec.group().order(&mut order, &mut BigNumContext::new().unwrap()).unwrap();
    let mut mirror = BigNum::new().unwrap();
    mirror.checked_sub(&order, &BigNum::from_slice(s).unwrap()).unwrap();
    let mirrored = with_signature(&whole, &[r, &mirror.to_vec_padded(32).unwrap()].concat());
    assert_ne!(mirrored, whole);
    assert_eq!(check_bytes(mirrored.as_bytes()).unwrap(), check_bytes(whole.as_bytes()).unwrap());
}
