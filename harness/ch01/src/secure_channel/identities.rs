//! Who takes part: the certificates in `identities/`, which `cargo run -p certificates` has made.

use std::sync::OnceLock;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};

use super::contract::Credentials;

/// The name of the server that clients ask for.
pub const BANK: &str = "bank.example";

macro_rules! pem {
    ($name:literal) => {
        include_str!(concat!("identities/", $name, ".pem"))
    };
}

/// Somebody with a key and a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// The server that clients want to reach.
    Bank,
    /// The same server; its certificate ended in 2000.
    ExpiredBank,
    /// A server that calls itself by the same name; an authority that nobody trusts says so, too.
    StrangeBank,
    /// A server with another name.
    Shop,
    /// A client.
    Till,
    /// The same client; its certificate ended in 2000.
    ExpiredTill,
    /// A client that an authority vouches for that nobody trusts.
    StrangeTill,
}

impl Identity {
    fn pem(self) -> &'static str {
        match self {
            Identity::Bank => pem!("bank"),
            Identity::ExpiredBank => pem!("bank_expired"),
            Identity::StrangeBank => pem!("bank_of_stranger"),
            Identity::Shop => pem!("shop"),
            Identity::Till => pem!("till"),
            Identity::ExpiredTill => pem!("till_expired"),
            Identity::StrangeTill => pem!("till_of_stranger"),
        }
    }

    /// What it has to show, and the one authority that everybody trusts.
    pub fn credentials(self) -> Credentials {
        static READ: [OnceLock<Credentials>; 7] = [const { OnceLock::new() }; 7];
        READ[self as usize].get_or_init(|| self.read()).clone()
    }

    fn read(self) -> Credentials {
        let key = PrivatePkcs8KeyDer::from_pem_slice(self.pem().as_bytes()).expect("each file begins with a key");
        Credentials {
            chain: certificates(self.pem()),
            key: key.secret_pkcs8_der().to_vec(),
            authorities: certificates(pem!("authority")),
        }
    }
}

fn certificates(pem: &str) -> Vec<Vec<u8>> {
    CertificateDer::pem_slice_iter(pem.as_bytes())
        .map(|certificate| certificate.expect("the files are well-formed").to_vec())
        .collect()
}
