use super::*;
use crate::trust::pin::Origin;
use rcgen::{CertificateParams, DistinguishedName, IsCa, Issuer, KeyPair, date_time_ymd};
use std::time::Duration;
use tokio_rustls::rustls::crypto::ring;

/// 2026-11-23.
const NOW_S: u64 = 1_795_392_000;

fn params(from_year: i32, to_year: i32) -> CertificateParams {
    let mut params = CertificateParams::new(vec!["lanchat".to_owned()]).unwrap();
    (params.not_before, params.not_after) = (date_time_ymd(from_year, 1, 1), date_time_ymd(to_year, 1, 1));
    params
}

fn own(params: &CertificateParams) -> CertificateDer<'static> {
    params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().clone()
}

fn look(certificate: &CertificateDer<'_>, pin: Option<Pin>) -> Result<(), Distrust> {
    let algorithms = ring::default_provider().signature_verification_algorithms;
    let now = UnixTime::since_unix_epoch(Duration::from_secs(NOW_S));
    Verifier { pin, algorithms }.look(certificate, now)
}

#[test]
fn a_certificate_that_holds_is_taken_whoever_has_signed_it() {
    assert_eq!(look(&own(&params(2026, 2027)), None), Ok(()));
    let mut authority = params(2020, 2030);
    authority.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    assert_eq!(look(&own(&authority), None), Ok(()), "one that could sign others");
    authority.distinguished_name = DistinguishedName::new();
    let issuer = Issuer::new(authority, KeyPair::generate().unwrap());
    let signed = params(2026, 2027).signed_by(&KeyPair::generate().unwrap(), &issuer).unwrap();
    assert_eq!(look(signed.der(), None), Ok(()), "one that another has signed");
}

#[test]
fn dates_count_whoever_has_signed() {
    assert!(matches!(look(&own(&params(2000, 2026)), None), Err(Distrust::Expired { .. })));
    let Err(Distrust::NotYetValid { start, now }) = look(&own(&params(2027, 2030)), None) else { panic!() };
    assert_eq!((start.to_string().as_str(), now.as_second()), ("2027-01-01T00:00:00Z", NOW_S.cast_signed()));
    let issuer = Issuer::new(params(2000, 3000), KeyPair::generate().unwrap());
    let signed = params(2000, 2026).signed_by(&KeyPair::generate().unwrap(), &issuer).unwrap();
    assert!(matches!(look(signed.der(), None), Err(Distrust::Expired { .. })));
    let reversed = own(&params(2027, 2025));
    assert!(look(&reversed, None).is_err());
}

#[test]
fn another_key_is_told_before_a_date() {
    let old = own(&params(2000, 2001));
    let other = Fingerprint::of_hash([7; 32]);
    let pin = |origin| Some(Pin { fingerprint: other, origin });
    let told = look(&old, pin(Origin::Given)).unwrap_err();
    assert_eq!(told, Distrust::NotTheGiven { given: other, shown: fingerprint(&old).unwrap() });
    let told = look(&old, pin(Origin::Remembered("2026-11-23".to_owned()))).unwrap_err();
    assert!(matches!(told, Distrust::Changed { .. }));
    let own = Pin { fingerprint: fingerprint(&old).unwrap(), origin: Origin::Given };
    assert!(matches!(look(&old, Some(own)), Err(Distrust::Expired { .. })));
}

#[test]
fn what_is_no_certificate_is_refused() {
    let good = own(&params(2026, 2027));
    for length in 0..good.len() {
        let cut = CertificateDer::from(good[..length].to_vec());
        assert!(matches!(look(&cut, None), Err(Distrust::Unreadable(_))), "{length}");
    }
}
