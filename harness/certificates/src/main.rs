//! Makes the certificates that `secure_channel` is played with.
//!
//! ```text
//! cargo run -p certificates -- harness/ch01/src/secure_channel/identities
//! ```
//!
//! They are made once and checked in, so that nobody who takes the course has to compile what makes them, and so that every
//! run sees the same bytes. All are valid from 1975 to 4096 but for the expired ones, which ended in 2000: no clock that
//! could run this course decides otherwise.

use std::path::Path;
use std::process::ExitCode;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, Error, ExtendedKeyUsagePurpose,
    IsCa, KeyPair, KeyUsagePurpose, PKCS_ED25519, date_time_ymd,
};

/// Signs certificates.
type Issuer = CertifiedIssuer<'static, KeyPair>;

fn main() -> ExitCode {
    let Some(folder) = std::env::args().nth(1) else {
        eprintln!("Where to? cargo run -p certificates -- harness/ch01/src/secure_channel/identities");
        return ExitCode::from(2);
    };
    match files() {
        Ok(files) => write(Path::new(&folder), &files),
        Err(error) => {
            eprintln!("no certificates: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write(folder: &Path, files: &[(&str, String)]) -> ExitCode {
    for (name, pem) in files {
        let path = folder.join(format!("{name}.pem"));
        let note = "Made by `cargo run -p certificates`. The key in it protects nothing.\n";
        if let Err(error) = std::fs::write(&path, format!("{note}{}", pem.replace('\r', ""))) {
            eprintln!("{} can't be written: {error}. Does the folder exist?", path.display());
            return ExitCode::FAILURE;
        }
        println!("{}", path.display());
    }
    ExitCode::SUCCESS
}

/// Names of files, and what goes into them: an authority's certificate, or a key, its certificate and the issuer's.
fn files() -> Result<Vec<(&'static str, String)>, Error> {
    let authority = Issuer::self_signed(issuer("Faultlines authority"), key()?)?;
    let issuing = Issuer::signed_by(issuer("Faultlines issuer 1"), key()?, &authority)?;
    let stranger = Issuer::self_signed(issuer("Somebody's authority"), key()?)?;
    let server = ExtendedKeyUsagePurpose::ServerAuth;
    let client = ExtendedKeyUsagePurpose::ClientAuth;
    Ok(vec![
        ("authority", authority.pem()),
        ("bank", identity("bank.example", &server, false, &issuing)?),
        ("bank_expired", identity("bank.example", &server, true, &issuing)?),
        ("bank_of_stranger", identity("bank.example", &server, false, &stranger)?),
        ("shop", identity("shop.example", &server, false, &issuing)?),
        ("till", identity("till.example", &client, false, &issuing)?),
        ("till_expired", identity("till.example", &client, true, &issuing)?),
        ("till_of_stranger", identity("till.example", &client, false, &stranger)?),
    ])
}

fn key() -> Result<KeyPair, Error> {
    KeyPair::generate_for(&PKCS_ED25519)
}

fn named(params: &mut CertificateParams, name: &str) {
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
}

fn issuer(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    named(&mut params, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

fn identity(name: &str, usage: &ExtendedKeyUsagePurpose, expired: bool, issuer: &Issuer) -> Result<String, Error> {
    let mut params = CertificateParams::new([name.to_owned()])?;
    named(&mut params, name);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![usage.clone()];
    if expired {
        params.not_after = date_time_ymd(2000, 1, 1);
    }
    let key = key()?;
    let certificate = params.signed_by(&key, issuer)?;
    Ok([key.serialize_pem(), certificate.pem(), issuer.pem()].concat())
}
