//! A host that keeps a thousand wallets: what it takes in memory while nobody is there, and while everybody is.

use std::sync::Arc;

use axum::Router;
use environment::Environment;
use wallet::{Cost, Lifetime, Vaults};
use wallet_web::{Desks, Making, WalletWeb, router};

use crate::browser::{Browser, HOST};
use crate::{Opener, environment, measured, remembered};

const WALLETS: u32 = 1_000;
/// Wallets that are made at pages of one process within an hour.
const AN_HOUR: u32 = 250;

/// Makes them at the pages, and looks.
pub async fn run() {
    let folder = tempfile::tempdir().unwrap();
    let environment = environment();
    let vaults = Vaults::of_host(&folder.path().join("wallets"), &environment).unwrap();
    let desks = Arc::new(Desks::new(vaults, Arc::new(Opener(environment.clone())), Lifetime::USUAL));
    remembered("a host without wallets", resident());
    let mut browsers = Vec::new();
    let mut pages = served(&desks, &environment);
    for number in 0..WALLETS {
        if number > 0 && number % AN_HOUR == 0 {
            pages = served(&desks, &environment);
        }
        let mut browser = Browser::new(&pages, number + 10);
        browser.make(&format!("member-{number}")).await;
        browsers.push(browser);
    }
    // The last pages have made the fewest forms; all go on at one.
    let pages = served(&desks, &environment);
    let mut browsers: Vec<Browser> = browsers.into_iter().map(|browser| browser.at(&pages)).collect();
    assert_eq!(desks.manned_now(), WALLETS as usize);
    remembered("1,000 wallets, all of them open", resident());
    let mut turn = 0..;
    measured("home of one of 1,000 open wallets", async || {
        let next = turn.next().unwrap_or(0_usize) * 97 % browsers.len();
        browsers.get_mut(next).unwrap().page("/").await;
    })
    .await;
    measured("looking at all 1,000 for what is due", async || {
        desks.keep_fresh(&environment).await.unwrap();
    })
    .await;
    for browser in &mut browsers {
        browser.lock().await;
    }
    desks.lock_where_nobody_is().await.unwrap();
    assert_eq!(desks.manned_now(), 0);
    remembered("1,000 wallets, none of them open", resident());
}

fn served(desks: &Arc<Desks>, environment: &Environment) -> Router {
    let site = WalletWeb::new(Arc::clone(desks), environment.clone());
    let site = site.with_cost(Cost::LEAST).with_making(Making::by_anybody(), &[]);
    web::Party::new(HOST, router(site)).into_router()
}

/// Kilobytes that this process has in memory.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}
