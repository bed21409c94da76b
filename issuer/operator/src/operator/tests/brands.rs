//! Brands that admit their own spaces: within the operator's limits, and no further.

use did::jwk;
use trust::Brand;
use trust::registration::ClaimPath;

use super::*;
use crate::brand::{BrandRecord, sign_admission};
use crate::{BrandError, BrandLimits, LimitError};

struct Kiln {
    scene: Scene,
    key: SigningKey,
    did: String,
}

fn limits() -> BrandLimits {
    BrandLimits {
        hosts: vec!["*.kiln.localhost".to_owned(), "kiln.localhost".to_owned()],
        spaces: 2,
        uses: Some(vec!["join".to_owned()]),
        claims: Some(vec![ClaimPath::name("email"), ClaimPath::name("address")]),
        until: NOW.plus(365 * A_DAY).seconds(),
    }
}

fn kiln() -> Kiln {
    let scene = Scene::new();
    let key = scene.key();
    let did = jwk::did(key.public_jwk()).unwrap().as_str().to_owned();
    let kiln = Kiln { scene, key, did };
    kiln.scene.operator.add_brand(kiln.record()).unwrap();
    kiln
}

impl Kiln {
    fn record(&self) -> BrandRecord {
        let brand = Brand { id: "kiln".to_owned(), name: "Kiln".to_owned() };
        BrandRecord { brand, did: self.did.clone(), limits: limits(), standing: Standing::Admitted }
    }

    /// A space that names the brand.
    fn space(&self, host: &str) -> Admission {
        let party = self.scene.party("space", &format!("did:web:{host}"), host);
        Admission { brand: Some(self.record().brand), ..party.proven(self.scene.now()) }
    }

    fn signed(&self, admission: &Admission) -> String {
        let network = self.scene.operator.descriptor().network();
        sign_admission(admission, &self.did, network, &self.key, self.scene.now()).unwrap()
    }

    fn admits(&self, admission: &Admission) -> Result<Bundle, OperatorError> {
        self.scene.operator.admit_by_brand(&self.signed(admission))
    }

    /// Refused, and nothing changed.
    fn refuses(&self, compact: &str) -> BrandError {
        let before = self.scene.state();
        let answer = self.scene.operator.admit_by_brand(compact);
        assert_eq!(self.scene.state(), before);
        match answer {
            Err(OperatorError::Brand(error)) => error,
            other => panic!("expected a refusal, got {other:?}"),
        }
    }

    fn limit(&self, admission: &Admission) -> LimitError {
        match self.refuses(&self.signed(admission)) {
            BrandError::Limit(limit) => limit,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_space_that_its_brand_admits_is_listed_and_certified_by_the_operator_alone() {
    let kiln = kiln();
    let space = kiln.space("north.kiln.localhost");
    let bundle = kiln.admits(&space).unwrap();
    let list = kiln.scene.list();
    let member = list.by_did(&space.did).unwrap();
    assert_eq!((member.standing, &member.brand), (Standing::Admitted, &Some(kiln.record().brand)));
    let root = kiln.scene.operator.descriptor().root();
    assert!(path::verify(&bundle.request, root, Purpose::RequestSigning, kiln.scene.now()).is_ok());
    // The same again gives the same, also when the message itself comes again.
    assert_eq!(kiln.admits(&space).unwrap(), bundle);
    let seen = kiln.scene.operator.brands().unwrap();
    assert_eq!((seen[0].spaces_now, seen.len()), (1, 1));
}

#[test]
fn over_a_limit_the_limit_is_named() {
    let kiln = kiln();
    for host in
        ["harbour.localhost", "evilkiln.localhost", "kiln.localhost.example.org", "north.kiln.localhost.x"]
    {
        assert_eq!(kiln.limit(&kiln.space(host)), LimitError::Host(host.to_owned()), "{host}");
    }
    let mut beyond = kiln.space("north.kiln.localhost");
    beyond.registration.intended_uses[0].id = "marketing".to_owned();
    assert_eq!(kiln.limit(&beyond), LimitError::Use("marketing".to_owned()));
    let mut beyond = kiln.space("north.kiln.localhost");
    beyond.registration.intended_uses[0].claims[0].path = ClaimPath::name("birthdate");
    assert_eq!(kiln.limit(&beyond), LimitError::Claim("birthdate".to_owned()));
    let mut below = kiln.space("north.kiln.localhost");
    below.registration.intended_uses[0].claims[0].path = ClaimPath::names(["address", "locality"]).unwrap();
    kiln.admits(&below).unwrap();
    kiln.admits(&kiln.space("kiln.localhost")).unwrap();
    assert_eq!(kiln.limit(&kiln.space("south.kiln.localhost")), LimitError::Spaces(2));
    // One that is there already is none more.
    kiln.admits(&Admission { display_name: "Kiln North".to_owned(), ..below }).unwrap();
    kiln.scene.clock.set(NOW.plus(365 * A_DAY - 1));
    kiln.scene.operator.limit_brand("kiln", BrandLimits { spaces: 3, ..limits() }).unwrap();
    kiln.admits(&kiln.space("south.kiln.localhost")).unwrap();
    kiln.scene.clock.advance(1);
    assert_eq!(kiln.limit(&kiln.space("south.kiln.localhost")), LimitError::Until);
}

#[test]
fn a_brand_admits_spaces_that_name_it_and_nobody_else() {
    let kiln = kiln();
    let space = kiln.space("north.kiln.localhost");
    let unbranded = Admission { brand: None, ..space.clone() };
    let renamed = Brand { id: "kiln".to_owned(), name: "Oven".to_owned() };
    let misnamed = Admission { brand: Some(renamed), ..space.clone() };
    let office = Admission { role: Role::Office, ..space.clone() };
    for (case, other) in [("no brand", unbranded), ("another name", misnamed), ("an office", office)] {
        assert_eq!(kiln.refuses(&kiln.signed(&other)), BrandError::NotItsSpace, "{case}");
    }
    // A space that the operator admitted on its own does not become the brand's.
    let independent = Admission { brand: None, ..space.clone() };
    kiln.scene.operator.admit(&independent).unwrap();
    assert_eq!(kiln.refuses(&kiln.signed(&space)), BrandError::NotItsSpace);
}

#[test]
fn only_the_brands_own_key_signs_for_this_network_and_now() {
    let kiln = kiln();
    let space = kiln.space("north.kiln.localhost");
    let network = kiln.scene.operator.descriptor().network();
    let other = kiln.scene.key();
    let other_did = jwk::did(other.public_jwk()).unwrap();
    for (case, compact) in [
        ("another key", sign_admission(&space, &kiln.did, network, &other, NOW).unwrap()),
        (
            "a brand that there is not",
            sign_admission(&space, other_did.as_str(), network, &other, NOW).unwrap(),
        ),
        ("another network", sign_admission(&space, &kiln.did, "urn:uuid:other", &kiln.key, NOW).unwrap()),
    ] {
        assert_eq!(kiln.refuses(&compact), BrandError::NotFromABrand, "{case}");
    }
    for ahead in [A_DAY, 61, -361, -A_DAY] {
        let compact = sign_admission(&space, &kiln.did, network, &kiln.key, NOW.plus(ahead)).unwrap();
        assert_eq!(kiln.refuses(&compact), BrandError::Time, "{ahead}");
    }
    assert_eq!(kiln.refuses("a.b.c"), BrandError::Malformed);
    assert!(kiln.admits(&space).is_ok());
}

#[test]
fn with_a_brand_its_spaces_are_suspended_and_come_back() {
    let kiln = kiln();
    let (north, south) = (kiln.space("north.kiln.localhost"), kiln.space("south.kiln.localhost"));
    kiln.admits(&north).unwrap();
    // Also one that the operator admitted by hand.
    kiln.scene.operator.admit(&south).unwrap();
    let harbour = kiln.scene.space().admission;
    kiln.scene.operator.admit(&harbour).unwrap();
    let before = kiln.scene.list().version();
    let standing = |did: &str| kiln.scene.list().by_did(did).unwrap().standing;
    kiln.scene.operator.set_brand_standing("kiln", true).unwrap();
    assert!(kiln.scene.list().version() > before);
    assert_eq!([&north, &south].map(|space| standing(&space.did)), [Standing::Suspended; 2]);
    assert_eq!(standing(&harbour.did), Standing::Admitted);
    assert_eq!(kiln.refuses(&kiln.signed(&north)), BrandError::Suspended);
    assert_eq!(kiln.scene.refusal(&south), AdmissionError::BrandSuspended);
    // Who was expelled alone stays so when the brand comes back.
    kiln.scene.operator.set_standing(&south.did, Standing::Expelled).unwrap();
    kiln.scene.operator.set_brand_standing("kiln", false).unwrap();
    assert_eq!((standing(&north.did), standing(&south.did)), (Standing::Admitted, Standing::Expelled));
    let unknown = kiln.scene.operator.set_brand_standing("oven", true);
    assert!(matches!(unknown, Err(OperatorError::Brand(BrandError::Unknown))));
}

#[test]
fn a_space_that_came_to_lie_beyond_the_limits_is_renewed_no_more() {
    let kiln = kiln();
    let party = kiln.scene.party("space", "did:web:north.kiln.localhost", "north.kiln.localhost");
    let admission = Admission { brand: Some(kiln.record().brand), ..party.proven(NOW) };
    kiln.admits(&admission).unwrap();
    let address = crate::renewal::address(kiln.scene.operator.descriptor());
    let asked = || {
        let renewal = crate::Renewal {
            did: &admission.did,
            network: kiln.scene.operator.descriptor().network(),
            address: &address,
            request: &party.request,
            issuing: party.issuing.public_jwk(),
        };
        kiln.scene.operator.renew_asked(&renewal.sign(kiln.scene.now()).unwrap())
    };
    assert!(asked().is_ok());
    let narrower = BrandLimits { claims: Some(vec![ClaimPath::name("address")]), ..limits() };
    kiln.scene.operator.limit_brand("kiln", narrower).unwrap();
    let refused = asked();
    assert!(
        matches!(&refused, Err(OperatorError::Brand(BrandError::Limit(LimitError::Claim(claim)))) if claim == "email"),
        "{refused:?}"
    );
    kiln.scene.operator.limit_brand("kiln", limits()).unwrap();
    kiln.scene.operator.set_brand_standing("kiln", true).unwrap();
    assert!(matches!(asked(), Err(OperatorError::Brand(BrandError::Suspended))));
}

#[test]
fn brands_that_cannot_be_meant_are_not_added() {
    let kiln = kiln();
    let other = kiln.scene.key();
    let good = BrandRecord {
        brand: Brand { id: "oven".to_owned(), name: "Oven".to_owned() },
        did: jwk::did(other.public_jwk()).unwrap().as_str().to_owned(),
        ..kiln.record()
    };
    let refused = |change: &dyn Fn(&mut BrandRecord)| {
        let mut brand = good.clone();
        change(&mut brand);
        match kiln.scene.operator.add_brand(brand) {
            Err(OperatorError::Brand(error)) => error,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(refused(&|brand| brand.brand.id = "Oven".to_owned()), BrandError::Name);
    assert_eq!(refused(&|brand| brand.brand.name = " ".to_owned()), BrandError::Name);
    for did in ["did:web:oven.example.org", "oven", "did:jwk:e30"] {
        assert_eq!(refused(&|brand| brand.did = did.to_owned()), BrandError::Did, "{did}");
    }
    for host in ["*.org", "*", "*oven.example.org", "https://oven.example.org", "10.0.0.1", ""] {
        assert_eq!(
            refused(&|brand| brand.limits.hosts = vec![host.to_owned()]),
            BrandError::Limits,
            "{host}"
        );
    }
    assert_eq!(refused(&|brand| brand.limits.hosts.clear()), BrandError::Limits);
    assert_eq!(refused(&|brand| brand.brand.id = "kiln".to_owned()), BrandError::Known);
    assert_eq!(refused(&|brand| brand.did = kiln.did.clone()), BrandError::Known);
    assert!(kiln.scene.operator.add_brand(good).is_ok());
}

#[test]
fn a_brand_takes_no_strangers_key_nor_a_did_at_another_host() {
    let kiln = kiln();
    let owner = kiln.scene.party("space", "did:web:south.kiln.localhost", "south.kiln.localhost");
    let squatter = kiln.scene.party("space", "did:web:north.kiln.localhost", "north.kiln.localhost");
    let branded = |admission: Admission| Admission { brand: Some(kiln.record().brand), ..admission };
    let refused = |admission: Admission| match kiln.admits(&branded(admission)) {
        Err(OperatorError::Admission(error)) => error,
        other => panic!("{other:?}"),
    };
    let missing = AdmissionError::Proof(ProofError::Missing);
    assert_eq!(refused(squatter.admission.clone()), missing);
    // The owner's key, with whatever proofs its squatter can make or pick up.
    let mut squatted = squatter.proven(NOW);
    squatted.keys.request = owner.request.public_jwk().clone();
    let bad_signature = AdmissionError::Proof(ProofError::Jws(jose::jws::JwsError::BadSignature));
    assert_eq!(refused(squatted.clone()), bad_signature);
    squatted.proofs.as_mut().unwrap().request = owner.proven(NOW).proofs.unwrap().request;
    assert_eq!(refused(squatted.clone()), AdmissionError::Proof(ProofError::OtherParty));
    squatted.proofs.as_mut().unwrap().request = None;
    assert_eq!(refused(squatted), missing);
    let mut half = squatter.proven(NOW);
    half.proofs.as_mut().unwrap().issuing = None;
    assert_eq!(refused(half), missing);
    let old = squatter.proven(NOW.minus(30 * A_DAY + 1));
    assert!(matches!(refused(old), AdmissionError::Proof(ProofError::Claim(_))));
    for did in ["did:web:evil.example", "did:web:south.kiln.localhost", kiln.did.as_str()] {
        let elsewhere = kiln.scene.party("space", did, "north.kiln.localhost");
        assert_eq!(refused(elsewhere.proven(NOW)), AdmissionError::HostOfDid, "{did}");
    }
    assert_eq!(kiln.scene.operator.members().unwrap(), []);
    kiln.admits(&branded(squatter.proven(NOW))).unwrap();
    kiln.admits(&branded(owner.proven(NOW))).unwrap();
}
