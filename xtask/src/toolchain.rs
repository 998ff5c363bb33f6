//! Compilers for other targets. A machine that can use rustup needs none of this; the last route is for
//! Debian machines that reach no Rust server, where the standard library is built from a Debian package.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::sh::{self, cmd, step};
use crate::{cache, tools};

pub const WASM: &str = "wasm32-unknown-unknown";
const DEBIAN: &[&str] = &["rustc-web", "cargo-web", "rust-web-src", "rust-web-llvm", "lld-22"];
const DEBIAN_SOURCE: &str = "/usr/lib/rustlib/src/rust/library";

/// A way to compile for one target: how it was found, and the folder whose `bin` goes first on the PATH.
pub struct Toolchain {
    pub route: String,
    bin: Option<PathBuf>,
}

impl Toolchain {
    /// The first of three routes that works.
    pub fn find(target: &str) -> Result<Self> {
        if has_std(target) {
            return Ok(Self { route: "the active toolchain".into(), bin: None });
        }
        if sh::works(cmd("rustup").args(["target", "add", target])) && has_std(target) {
            return Ok(Self { route: "the active toolchain, after rustup target add".into(), bin: None });
        }
        let folder = debian_sysroot(target)?;
        let route = format!("Debian's rustc with a standard library in {}", folder.display());
        Ok(Self { route, bin: Some(folder.join("bin")) })
    }

    /// Whether the standard library is one that this module built.
    pub fn is_debian(&self) -> bool {
        self.bin.is_some()
    }

    /// Makes a program and all that it starts use this compiler.
    pub fn apply(&self, command: &mut Command) {
        if let Some(bin) = &self.bin {
            sh::prepend_path(command, bin);
            for inherited in ["RUSTUP_TOOLCHAIN", "RUSTC", "CARGO", "RUSTC_WRAPPER"] {
                command.env_remove(inherited);
            }
        }
    }
}

fn has_std(target: &str) -> bool {
    let folder = sh::read(cmd("rustc").args(["--print", "target-libdir", "--target", target]));
    folder.is_ok_and(|folder| Path::new(&folder).exists())
}

/// A folder that Debian's rustc takes for its home and that holds `target` besides the machine's own.
fn debian_sysroot(target: &str) -> Result<PathBuf> {
    let missing = || !Path::new(DEBIAN_SOURCE).exists() || !sh::works(cmd("/usr/bin/rustc").arg("-V"));
    tools::debian(DEBIAN, "Compiling for another target without rustup", missing)?;
    let version = sh::read(cmd("/usr/bin/rustc").arg("-V"))?;
    let version = version.split_whitespace().nth(1).context("rustc did not print its version")?.to_owned();
    cache::once(&format!("std-{version}-{target}"), |sysroot| {
        step(&format!("building Rust's standard library for {target}, about a minute"), || {
            build_std(target, sysroot)?;
            write_wrapper(sysroot)
        })
    })
}

fn build_std(target: &str, sysroot: &Path) -> Result<()> {
    let source = sysroot.join("source");
    // `cp -L`, because Debian links the vendored crates from elsewhere and Cargo writes beside its manifest.
    sh::run(cmd("cp").arg("-rL").arg(DEBIAN_SOURCE).arg(&source))?;
    // Nobody links the dynamic library, so it need not be linked here.
    let manifest = source.join("std/Cargo.toml");
    fs::write(&manifest, fs::read_to_string(&manifest)?.replace("\"dylib\", \"rlib\"", "\"rlib\""))?;
    let wasm = target == WASM;
    let mut flags = "-Cembed-bitcode=yes -Zforce-unstable-if-unmarked".to_owned();
    flags.push_str(if wasm { " -Cpanic=abort" } else { "" });
    let mut build = if wasm { cmd("/usr/bin/cargo") } else { tools::zig("cargo-zigbuild")? };
    build.current_dir(&source).env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO_TARGET_DIR");
    build.env("CARGO", "/usr/bin/cargo").env("RUSTC", "/usr/bin/rustc").env("RUSTC_BOOTSTRAP", "1");
    build.env("RUSTFLAGS", flags);
    build.env("__CARGO_DEFAULT_LIB_METADATA", "openclaw");
    build.args([
        "build",
        "--quiet",
        "--release",
        "--target",
        target,
        "--manifest-path",
        "sysroot/Cargo.toml",
    ]);
    build.args(["--features", if wasm { "compiler-builtins-mem" } else { "panic-unwind" }]);
    sh::run(&mut build)?;

    let library = sysroot.join("lib/rustlib").join(target).join("lib");
    fs::create_dir_all(&library)?;
    for entry in fs::read_dir(source.join("target").join(target).join("release/deps"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rlib") {
            fs::copy(&path, library.join(path.file_name().expect("a directory entry has a name")))?;
        }
    }
    cache::clear(&source)
}

/// `rustc` learns its new home from a wrapper, so that wasm-pack, trunk and maturin need no flag.
fn write_wrapper(sysroot: &Path) -> Result<()> {
    let bin = sysroot.join("bin");
    fs::create_dir_all(&bin)?;
    let rustc = bin.join("rustc");
    fs::write(
        &rustc,
        "#!/bin/sh\nexec /usr/bin/rustc --sysroot \"$(dirname \"$(dirname \"$0\")\")\" \"$@\"\n",
    )?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::{PermissionsExt, symlink};
        fs::set_permissions(&rustc, fs::Permissions::from_mode(0o755))?;
        symlink("/usr/bin/cargo", bin.join("cargo"))?;
        let host = format!("lib/rustlib/{}-unknown-linux-gnu", std::env::consts::ARCH);
        symlink(Path::new("/usr").join(&host), sysroot.join(&host))?;
    }
    Ok(())
}

/// The version of a package in Cargo.lock's text.
pub fn locked_version<'a>(lock: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?;
    rest.split('"').next()
}
