//! Wrong tries at the one wallet of a machine that others can reach, too: strangers make each other wait by where they come from, and
//! keep nobody out of a browser that was let in before.

use std::net::SocketAddr;

use super::*;

const WAITS: &str = "Try again in";
const WRONG: &str = "some wrong words";

impl<'a> Browser<'a> {
    fn coming_from(mut self, address: &str) -> Self {
        self.from = Some(SocketAddr::new(address.parse().unwrap(), 40_000));
        self
    }

    async fn locks(&mut self) {
        let csrf = self.get("/").await.csrf("/lock");
        self.post("/lock", &[("csrf", &csrf)]).await;
    }
}

/// So many wrong tries, each by a browser that brings nothing.
async fn strangers_try(scene: &Scene, address: &str, times: u32) {
    for _ in 0..times {
        scene.browser().coming_from(address).unlock(WRONG).await;
    }
}

#[tokio::test]
async fn a_stranger_waits_for_their_own_wrong_tries_and_not_for_those_of_another() {
    let scene = Scene::new().await;
    strangers_try(&scene, "192.0.2.1", 5).await;
    let again = scene.browser().coming_from("192.0.2.1").unlock(PASSPHRASE).await;
    assert!(again.text.contains(WAITS), "{}", again.text);
    // Of one network of IPv6 somebody has as many addresses as they like.
    strangers_try(&scene, "2001:db8:0:1::1", 3).await;
    strangers_try(&scene, "2001:db8:0:1::2", 2).await;
    let again = scene.browser().coming_from("2001:db8:0:1::3").unlock(PASSPHRASE).await;
    assert!(again.text.contains(WAITS), "{}", again.text);
    let owner = scene.browser().coming_from("198.51.100.7").unlock(PASSPHRASE).await;
    assert_eq!(owner.status, StatusCode::SEE_OTHER, "{}", owner.text);
}

#[tokio::test]
async fn a_browser_that_was_let_in_before_waits_for_its_own_wrong_tries_alone() {
    let scene = Scene::new().await;
    let mut owner = scene.browser().coming_from("192.0.2.1");
    let opened = owner.unlock(PASSPHRASE).await;
    let set = opened.headers.get_all(SET_COOKIE).iter().map(|one| one.to_str().unwrap());
    let known = set.into_iter().find(|one| one.starts_with("__Host-known=")).unwrap();
    for part in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax", "; Max-Age=34560000"] {
        assert!(known.contains(part), "{part}");
    }
    owner.locks().await;
    // Strangers behind the same address, as behind one proxy.
    strangers_try(&scene, "192.0.2.1", 6).await;
    assert!(scene.browser().coming_from("192.0.2.1").unlock(PASSPHRASE).await.text.contains(WAITS));
    let name = owner.known.clone();
    assert_eq!(owner.unlock(PASSPHRASE).await.status, StatusCode::SEE_OTHER);
    assert_eq!(owner.known, name, "it keeps its name");
    owner.locks().await;
    // Whoever has its cookie guesses no faster by it.
    for _ in 0..5 {
        owner.unlock(WRONG).await;
    }
    assert!(owner.unlock(PASSPHRASE).await.text.contains("Try again in 1 second"));
    // The cookie opens nothing, and another one is as good as none.
    let mut thief = scene.browser().coming_from("203.0.113.9");
    thief.known.clone_from(&name);
    assert_eq!(thief.get("/").await.location.as_deref(), Some("/unlock"));
    for planted in ["__Host-known=AAAAAAAAAAAAAAAAAAAAAA", "__Host-known=x", "__Host-known="] {
        let mut planted_in = scene.browser().coming_from("192.0.2.1");
        planted_in.known = Some(planted.to_owned());
        assert!(planted_in.unlock(PASSPHRASE).await.text.contains(WAITS), "{planted}");
    }
    // What was planted is not the name by which a browser is known from then on.
    let mut planted_in = scene.browser().coming_from("198.51.100.7");
    planted_in.known = Some("__Host-known=AAAAAAAAAAAAAAAAAAAAAA".to_owned());
    planted_in.unlock(PASSPHRASE).await;
    assert!(!planted_in.known.unwrap().ends_with("AAAAAAAAAAAAAAAAAAAAAA"));
}

#[tokio::test]
async fn a_device_that_is_not_the_members_is_not_known_afterwards() {
    let scene = Scene::new().await;
    let mut borrowed = scene.browser().coming_from("192.0.2.1");
    assert_eq!(borrowed.unlock_borrowed(PASSPHRASE).await.status, StatusCode::SEE_OTHER);
    assert_eq!(borrowed.known, None);
    let mut own = scene.browser();
    own.unlock(PASSPHRASE).await;
    assert!(own.known.is_some(), "the near miss");
}
