//! Places of vaults: a folder with one, a host with many.

use super::*;
use crate::records::{HistoryEntry, HistoryKind};
use crate::vault::Wanted;

const LONG_AGO: i64 = 31 * 86_400;

struct Host {
    clock: Arc<ManualClock>,
    environment: Environment,
    vaults: Vaults,
}

impl Host {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::from_seconds(1_795_000_000)));
        let environment = Environment::new(clock.clone(), Arc::new(SeededRandomness::new(7)));
        let vaults = Vaults::of_host_on(Arc::new(store::memory::Memory::new()), &environment);
        Self { clock, environment, vaults }
    }

    fn id(&self) -> VaultId {
        VaultId::fresh(self.environment.randomness())
    }

    async fn made(&self, words: &str) -> (VaultId, Vault) {
        let id = self.id();
        let vault = self.vaults.make(&id, &by(&passphrase(words)), None).await.unwrap();
        (id, vault)
    }

    async fn is_there(&self, id: &VaultId) -> bool {
        self.vaults.find(id).await.unwrap().is_some()
    }
}

fn name(text: &str) -> VaultName {
    VaultName::parse(text).unwrap()
}

#[test]
fn a_vault_is_named_by_what_its_owner_can_type_and_by_nothing_else() {
    assert_eq!(VaultName::parse("  Blue.Heron-7 ").unwrap().as_str(), "blue.heron-7");
    for text in ["ab", "two words", "", "a\u{202e}bc", "a/b/c", &"x".repeat(61)] {
        assert_eq!(VaultName::parse(text), Err(NotAVaultName), "{text}");
    }
    assert!(VaultName::parse(&"x".repeat(60)).is_ok() && VaultName::parse("äöü").is_ok());
    assert_eq!(VaultId::parse("wallet"), None, "no text means the only vault of a place");
    let id = VaultId::fresh(environment().randomness());
    assert_eq!(VaultId::parse(id.as_str()), Some(id));
}

#[tokio::test]
async fn vaults_of_a_host_share_nothing() {
    let host = Host::new();
    let ((one, first), (two, second)) = (host.made("first words").await, host.made("other words").await);
    first.put(&note("a")).await.unwrap();
    assert_eq!(second.get::<Note>("a").await.unwrap(), None);
    let locked = host.vaults.find(&two).await.unwrap().unwrap();
    let wrong = locked.unlock(Secret::Passphrase(&passphrase("first words"))).await;
    assert!(matches!(wrong, Err(VaultError::WrongSecret)));
    // Tries at one make nobody wait at the other.
    for _ in 0..6 {
        let _ = locked.unlock_at_the_door(&passphrase("wrong words")).await;
    }
    let tried = locked.unlock_at_the_door(&passphrase("other words")).await;
    assert!(matches!(tried, Err(VaultError::TooManyTries { .. })));
    let other = host.vaults.find(&one).await.unwrap().unwrap();
    assert!(other.unlock_at_the_door(&passphrase("first words")).await.is_ok());
    let again = host.vaults.make(&one, &by(&passphrase("third words")), None).await;
    assert!(matches!(again, Err(VaultError::AlreadyThere(_))));
    assert!(!host.is_there(&host.id()).await);
}

#[tokio::test]
async fn a_name_that_nobody_has_is_as_much_work_slowed_alike_and_answered_alike() {
    let host = Host::new();
    let (id, vault) = host.made("right words").await;
    host.vaults.name(&id, &vault, &name("heron")).await.unwrap();
    assert_eq!(vault.called_here().await.unwrap().as_deref(), Some("heron"));
    let mut said = Vec::new();
    for typed in ["heron", "nobody"] {
        let named = host.vaults.named(&name(typed)).await.unwrap();
        assert_eq!(named.id.is_some(), typed == "heron");
        let mut answers = Vec::new();
        for _ in 0..7 {
            let answer = named.unlock(&passphrase("wrong words"), Cost::LEAST).await;
            answers.push(answer.unwrap_err().to_string());
        }
        said.push(answers);
    }
    assert_eq!(said[0], said[1]);
    assert!(said[0][5].contains("tried too often"), "{said:?}");
    host.clock.advance(2);
    let named = host.vaults.named(&name("Heron")).await.unwrap();
    assert!(named.unlock(&passphrase("right words"), Cost::LEAST).await.is_ok());
}

#[tokio::test]
async fn a_name_and_an_invitation_are_one_vaults_and_free_again_if_nothing_came_of_it() {
    let host = Host::new();
    let ((one, first), (two, second)) = (host.made("first words").await, host.made("other words").await);
    host.vaults.name(&one, &first, &name("heron")).await.unwrap();
    let taken = host.vaults.name(&two, &second, &name("Heron")).await;
    assert!(matches!(taken, Err(NotClaimed::Taken)));
    assert_eq!(second.called_here().await.unwrap(), None);
    host.vaults.name(&one, &first, &name("stork")).await.unwrap();
    host.vaults.name(&two, &second, &name("heron")).await.unwrap();
    host.vaults.claim_invitation("a long invitation", &one).await.unwrap();
    host.vaults.claim_invitation("a long invitation", &one).await.unwrap();
    let taken = host.vaults.claim_invitation("a long invitation", &two).await;
    assert!(matches!(taken, Err(NotClaimed::Taken)));
    // Whoever claimed something and made nothing with it.
    let (three, four) = (host.id(), host.id());
    host.vaults.claim_name(&name("crane"), &three).await.unwrap();
    assert!(matches!(host.vaults.claim_name(&name("crane"), &four).await, Err(NotClaimed::Taken)));
    host.clock.advance(601);
    host.vaults.claim_name(&name("crane"), &four).await.unwrap();
    assert!(matches!(host.vaults.claim_name(&name("stork"), &four).await, Err(NotClaimed::Taken)));
}

#[tokio::test]
async fn what_was_never_used_goes_after_30_days_and_nothing_else_does() {
    let host = Host::new();
    let (unused, vault) = host.made("first words").await;
    // A network that was joined as it was made, and a look into the history.
    let joined = HistoryEntry::new(HistoryEntry::id_of_network(0), 1_795_000_000, HistoryKind::Network);
    vault.put(&joined).await.unwrap();
    assert_eq!(vault.listed::<HistoryEntry>(&Wanted::default(), 0, 50).await.unwrap().records.len(), 1);
    let (asked, vault) = host.made("words of somebody").await;
    let entry = HistoryEntry::new("asked".to_owned(), 1_795_000_000, HistoryKind::Request);
    vault.put(&entry).await.unwrap();
    let (used, vault) = host.made("other words").await;
    vault.put(&note("a")).await.unwrap();
    host.clock.advance(10 * 86_400);
    let (opened, vault) = host.made("third words").await;
    host.clock.advance(LONG_AGO - 10 * 86_400 - 1);
    vault.note_opening().await.unwrap();
    assert_eq!(host.vaults.remove_unused().await.unwrap(), 1);
    assert!(!host.is_there(&unused).await && host.is_there(&used).await && host.is_there(&opened).await);
    assert!(host.is_there(&asked).await, "somebody asked something there");
    assert_eq!(host.vaults.remove_unused().await.unwrap(), 0);
    // Somebody is at it, however long ago it was opened.
    let keys = crate::vault::sessions::fresh_keys(&host.environment);
    let endless = Lifetime { idle: 10 * LONG_AGO, longest: 10 * LONG_AGO };
    vault.begin_session(&keys, endless, Device::Own, "a browser").await.unwrap();
    host.clock.advance(LONG_AGO);
    assert_eq!(host.vaults.remove_unused().await.unwrap(), 0);
    vault.locked().end_sessions().await.unwrap();
    assert_eq!(host.vaults.remove_unused().await.unwrap(), 1);
    assert!(!host.is_there(&opened).await && host.is_there(&used).await);
}

#[tokio::test]
async fn a_folder_is_touched_when_its_vault_is_made_and_holds_one_kind_of_vaults() {
    let root = TempDir::new().unwrap();
    let (folder, environment) = (root.path().join("own"), environment());
    let vaults = Vaults::in_folder(&folder, &environment).unwrap();
    assert!(vaults.find(&VaultId::only()).await.unwrap().is_none() && !folder.exists());
    vaults.make(&VaultId::only(), &by(&passphrase("some words")), None).await.unwrap();
    let again = vaults.make(&VaultId::only(), &by(&passphrase("some words")), None).await;
    assert!(matches!(again, Err(VaultError::AlreadyThere(_))));
    drop(vaults);
    // It is a vault as any other, with the terminal's commands too.
    assert!(Vault::open(&folder, Secret::Passphrase(&passphrase("some words")), &environment).await.is_ok());
    let found = Vaults::in_folder(&folder, &environment).unwrap();
    assert!(found.find(&VaultId::only()).await.unwrap().is_some());
    assert!(matches!(Vaults::of_host(&folder, &environment), Err(VaultError::AlreadyThere(_))));
    let many = root.path().join("many");
    drop(Vaults::of_host(&many, &environment).unwrap());
    assert!(matches!(Vaults::in_folder(&many, &environment), Err(VaultError::OfHost(_))));
    assert!(matches!(Vault::look_for_room(&many), Err(VaultError::OfHost(_))));
    assert!(Vaults::of_host(&many, &environment).is_ok());
}
