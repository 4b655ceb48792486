//! Certificates and keys that were made for this.

use super::*;

macro_rules! sample {
    ($name:literal) => {
        include_bytes!(concat!("samples/", $name))
    };
}

#[test]
fn a_chain_is_read_in_its_order() {
    let found = chain(sample!("leaf.pem")).unwrap();
    let [leaf, authority] = &found[..] else { panic!("{found:?}") };
    assert_eq!(leaf.names, ["example.test", "*.example.test"]);
    assert_eq!(leaf.addresses, ["192.0.2.1".parse::<IpAddr>().unwrap()]);
    assert_eq!((leaf.from_s, leaf.until_s), (1_793_491_200, 4_949_164_800));
    assert!(leaf.is_signed_by(authority) && !authority.is_signed_by(leaf));
    assert!(!leaf.is_root() && leaf.names_authority && !leaf.is_forgeable);
    assert_eq!(leaf.signed_by, "CN=Sample Intermediate");
    assert_eq!((leaf.key.kind, leaf.key.rsa_bits()), (Kind::Ec, None));
    let weak = &chain(sample!("weak.pem")).unwrap()[0];
    assert!(weak.is_root() && weak.is_forgeable);
    assert_eq!(weak.key.rsa_bits(), Some(1024));
}

#[test]
fn what_is_none_is_told() {
    let broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for (file, expected) in [
        (&b""[..], "there is no certificate in it"),
        (b"hello", "there is no certificate in it"),
        (sample!("leaf.key"), "there is no certificate in it"),
        (broken, "certificate 1 in it cannot be read"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n", "what stands in it is no PEM"),
    ] {
        assert_eq!(chain(file).unwrap_err(), expected);
    }
}

#[test]
fn names_are_covered_as_clients_see_it() {
    let leaf = &chain(sample!("leaf.pem")).unwrap()[0];
    for (host, expected) in [
        ("example.test", true),
        ("www.example.test", true),
        ("a.b.example.test", false),
        ("xexample.test", false),
        ("test", false),
        ("192.0.2.1", true),
        ("192.0.2.2", false),
        ("::1", false),
    ] {
        assert_eq!(leaf.covers(host), expected, "{host}");
    }
    // A common name counts for nothing.
    assert!(!chain(sample!("nameless.pem")).unwrap()[0].covers("example.test"));
}

#[test]
fn a_key_belongs_to_its_certificate_alone() {
    let leaf = &chain(sample!("leaf.pem")).unwrap()[0].key;
    let rsa = &chain(sample!("rsa.pem")).unwrap()[0].key;
    let ed25519 = &chain(sample!("ed25519.pem")).unwrap()[0].key;
    for (file, belongs_to) in [
        (&sample!("leaf.key")[..], Some(leaf)),
        (sample!("leaf-sec1.key"), Some(leaf)),
        (sample!("rsa.key"), Some(rsa)),
        (sample!("rsa-pkcs1.key"), Some(rsa)),
        // It does not say which it is.
        (sample!("ed25519.key"), Some(ed25519)),
        (sample!("other.key"), None),
        (sample!("weak.key"), None),
    ] {
        let key = private_key(file).unwrap();
        for other in [leaf, rsa, ed25519] {
            let expected = belongs_to.is_some_and(|it| std::ptr::eq(it, other));
            assert_eq!(other.may_be(&key), expected, "{}", String::from_utf8_lossy(file));
        }
    }
}

#[test]
fn what_is_no_key_is_told() {
    let old = b"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n";
    let broken = b"-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n";
    for (file, expected) in [
        (&sample!("encrypted.key")[..], KeyFault::Encrypted),
        (old, KeyFault::Encrypted),
        (sample!("leaf.pem"), KeyFault::None),
        (b"", KeyFault::None),
        (broken, KeyFault::Broken),
    ] {
        assert_eq!(private_key(file).unwrap_err(), expected);
    }
}

/// Whatever stands in a file, nothing worse than an error comes of it.
#[test]
fn bytes_that_are_changed_do_no_harm() {
    for sample in [&sample!("leaf.pem")[..], sample!("leaf.key"), sample!("rsa-pkcs1.key")] {
        for at in (0..sample.len()).step_by(3) {
            let mut changed = sample.to_vec();
            changed[at] ^= 1;
            let _ = (chain(&changed), private_key(&changed));
            let _ = (chain(&sample[..at]), private_key(&sample[..at]));
        }
    }
}
