//! What is fetched or built once for a machine lives in one folder outside the checkout.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// `~/.cache/comfyui-openclaw`, or its like on Windows and under `XDG_CACHE_HOME`.
pub fn dir() -> PathBuf {
    let from = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = from("XDG_CACHE_HOME")
        .or_else(|| from("LOCALAPPDATA"))
        .or_else(|| from("HOME").map(|home| home.join(".cache")))
        .unwrap_or_else(std::env::temp_dir);
    base.join("comfyui-openclaw")
}

/// The folder `name` of the cache, made by `fill` unless it is there. It appears whole or not at all,
/// because `fill` works on a neighbour that is renamed at the end; two commands at once wait for each other.
pub fn once(name: &str, fill: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let ready = dir().join(name);
    if ready.exists() {
        return Ok(ready);
    }
    let _lock = lock(name)?;
    if !ready.exists() {
        let draft = ready.with_file_name(format!("{name}.part"));
        clear(&draft)?;
        fs::create_dir_all(&draft)?;
        fill(&draft)?;
        fs::rename(&draft, &ready).with_context(|| format!("could not finish {}", ready.display()))?;
    }
    Ok(ready)
}

/// Held until dropped: only one process at a time works on `name`.
pub fn lock(name: &str) -> Result<File> {
    let locks = dir().join("locks");
    fs::create_dir_all(&locks).with_context(|| format!("could not make {}", locks.display()))?;
    let file = File::create(locks.join(name))?;
    file.lock()?;
    Ok(file)
}

/// Removes a folder or file if it is there.
pub fn clear(path: &Path) -> Result<()> {
    if path.is_dir() && !path.is_symlink() {
        fs::remove_dir_all(path)?;
    } else if path.exists() || path.is_symlink() {
        fs::remove_file(path)?;
    }
    Ok(())
}
