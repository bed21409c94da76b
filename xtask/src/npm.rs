//! Installs what the scripts of a folder need, exactly as its lock file says.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::stage::command;

/// Copied here after an installation; the installation is current as long as it equals the lock file.
const SEEN: &str = "node_modules/.installed-lock.json";

/// Runs `npm ci` in the folder unless what is there came from this very lock file.
pub(crate) fn install(root: &Path, folder: &str) -> Result<()> {
    let place = root.join(folder);
    let lock = fs::read(place.join("package-lock.json"))
        .with_context(|| format!("{folder} has no package-lock.json"))?;
    if fs::read(place.join(SEEN)).is_ok_and(|seen| seen == lock) {
        println!("{folder}: already installed");
        return Ok(());
    }
    println!("in {folder}:");
    if let Some(reason) = command(&place, "npm", &["ci", "--no-audit", "--no-fund"])?.failure {
        bail!("{folder}: {reason}");
    }
    fs::create_dir_all(place.join("node_modules"))
        .with_context(|| format!("{folder}/node_modules cannot be made"))?;
    fs::write(place.join(SEEN), lock).with_context(|| format!("{folder}/{SEEN} cannot be written"))
}
