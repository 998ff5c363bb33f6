//! `cargo xtask dist`: what people install who have no Rust. A zip for custom_nodes and a wheel, for every platform
//! from one Linux machine, because zig brings the linkers and C libraries.

mod check;

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use zip::write::SimpleFileOptions;

use crate::sh::{self, root, step};
use crate::toolchain::Toolchain;
use crate::{cache, tools, web};

const PACK: &[&str] =
    &["__init__.py", "python_shim", "web", "locales", "pyproject.toml", "LICENSE", "README.md"];

#[derive(clap::Args)]
pub struct Args {
    /// Platforms to build for: linux, windows, macos.
    #[arg(long, value_delimiter = ',', default_value = "linux")]
    pub targets: Vec<String>,
    /// Also install the Linux zip and wheel into empty places and plan a prompt with each.
    #[arg(long)]
    pub check: bool,
}

/// A platform by the name of its folder in `bin`, Rust's name for it, and the tags of its wheel.
struct Platform {
    folder: &'static str,
    target: &'static str,
    wheel_tag: Option<&'static str>,
}

impl Platform {
    fn named(name: &str) -> Result<Self> {
        let (folder, target, wheel_tag) = match name {
            // The program is static, so one wheel serves every C library.
            "linux" => (
                "linux-x86_64",
                "x86_64-unknown-linux-musl",
                Some("manylinux_2_17_x86_64.manylinux2014_x86_64.musllinux_1_1_x86_64"),
            ),
            "windows" => ("windows-x86_64", "x86_64-pc-windows-gnu", None),
            "macos" => ("macos-aarch64", "aarch64-apple-darwin", None),
            other => bail!("there is no platform {other}: the platforms are linux, windows, macos"),
        };
        Ok(Self { folder, target, wheel_tag })
    }

    fn program(&self) -> PathBuf {
        let name =
            if self.folder.starts_with("windows") { "comfyui-openclaw.exe" } else { "comfyui-openclaw" };
        target_dir().join(self.target).join("release").join(name)
    }
}

/// The files that people download.
struct Built {
    wheel: PathBuf,
    zip: PathBuf,
}

pub fn run(args: &Args) -> Result<()> {
    for name in &args.targets {
        let built = build(name)?;
        if args.check && name == "linux" {
            check::run(&built)?;
        }
    }
    Ok(())
}

fn build(name: &str) -> Result<Built> {
    web::build()?;
    let platform = Platform::named(name)?;
    let wheel = step(&format!("compiling and packing the wheel for {name}"), || wheel(&platform))?;
    let zip = step(&format!("packing the zip for {name}"), || zip(&platform))?;
    println!("{}\n{}", zip.display(), wheel.display());
    Ok(Built { wheel, zip })
}

fn target_dir() -> PathBuf {
    root().join("target/dist")
}

/// Compiles the server by way of maturin, which leaves the program where Cargo puts it, and returns the wheel.
fn wheel(platform: &Platform) -> Result<PathBuf> {
    let toolchain = Toolchain::find(platform.target)?;
    println!("compiling with {}", toolchain.route);
    let wheels = target_dir().join("wheels").join(platform.folder);
    cache::clear(&wheels)?;

    let mut maturin = tools::zig("maturin")?;
    toolchain.apply(&mut maturin);
    maturin.current_dir(root().join("xtask/wheel")).env("CARGO_TARGET_DIR", target_dir());
    maturin.args([
        "build",
        "--release",
        "--locked",
        "--zig",
        "--auditwheel",
        "skip",
        "--target",
        platform.target,
    ]);
    maturin.arg("--out").arg(&wheels);
    sh::run(maturin.arg("--").args(linker_flags(platform, &toolchain)?))?;

    if let Some(tag) = platform.wheel_tag {
        let built = only_file(&wheels)?;
        let mut retag = tools::zig("wheel")?;
        retag.args(["tags", "--remove", "--platform-tag", tag]).arg(built);
        sh::run(retag.stdout(Stdio::null()))?;
    }
    let wheel = only_file(&wheels)?;
    let out = dist_dir()?.join(wheel.file_name().context("a wheel has a name")?);
    fs::copy(wheel, &out)?;
    Ok(out)
}

/// What the linker needs to be told because this is not the machine that the program is for.
fn linker_flags(platform: &Platform, toolchain: &Toolchain) -> Result<Vec<String>> {
    let stubs = target_dir().join("stubs");
    let mut flags = Vec::new();
    if platform.folder.starts_with("macos") && cfg!(not(target_os = "macos")) {
        // Apple's frameworks come with Xcode only. Named like this, they are bound when the program starts.
        for name in ["CoreFoundation", "Security"] {
            let folder = stubs.join(format!("{name}.framework"));
            fs::create_dir_all(&folder)?;
            let installed = format!("/System/Library/Frameworks/{name}.framework/Versions/A/{name}");
            let stub = format!(
                "--- !tapi-tbd\ntbd-version: 4\ntargets: [ arm64-macos ]\ninstall-name: '{installed}'\n...\n"
            );
            fs::write(folder.join(format!("{name}.tbd")), stub)?;
        }
        flags.push(format!("-Lframework={}", stubs.display()));
        flags.push("-Clink-arg=-Wl,-undefined,dynamic_lookup".to_owned());
    } else if toolchain.is_debian() {
        // The standard library that was built from source has no start files of its own: zig's take their place.
        flags.push("-Clink-self-contained=no".to_owned());
    }
    if platform.folder.starts_with("windows") && toolchain.is_debian() {
        // Rust asks for MinGW's stack protector, which zig has inside its compiler runtime: empty archives answer.
        fs::create_dir_all(&stubs)?;
        for name in ["libssp.a", "libssp_nonshared.a", "libssp.dll.a"] {
            fs::write(stubs.join(name), "!<arch>\n")?;
        }
        flags.push(format!("-Lnative={}", stubs.display()));
    }
    Ok(flags)
}

fn zip(platform: &Platform) -> Result<PathBuf> {
    let path =
        dist_dir()?.join(format!("comfyui-openclaw-{}-{}.zip", env!("CARGO_PKG_VERSION"), platform.folder));
    let mut zip = zip::ZipWriter::new(File::create(&path)?);
    let mut add = |name: &str, path: &Path, mode: u32| -> Result<()> {
        let options = SimpleFileOptions::default().unix_permissions(mode);
        zip.start_file(format!("comfyui-openclaw/{name}"), options)?;
        Ok(zip.write_all(&fs::read(path).with_context(|| format!("{} is missing", path.display()))?)?)
    };
    for part in PACK.iter().map(|part| root().join(part)).filter(|part| part.exists()) {
        for file in sh::files(&part)? {
            let name = file.strip_prefix(root())?.to_string_lossy().replace('\\', "/");
            if !name.contains("__pycache__") {
                add(&name, &file, 0o644)?;
            }
        }
    }
    let program = platform.program();
    let name = program.file_name().context("a program has a name")?.to_string_lossy();
    add(&format!("bin/{}/{name}", platform.folder), &program, 0o755)?;
    zip.finish()?;
    Ok(path)
}

fn dist_dir() -> Result<PathBuf> {
    let folder = root().join("dist");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn only_file(folder: &Path) -> Result<PathBuf> {
    sh::files(folder)?.pop().with_context(|| format!("{} is empty", folder.display()))
}
