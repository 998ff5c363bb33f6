//! `cargo xtask web`: the panel, ready to be served from web/pkg.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use openclaw_words::Locale;

use crate::sh::{self, cmd, files, root, step};
use crate::split::{Panel, split};
use crate::toolchain::{Toolchain, WASM};
use crate::{cache, tools};

const NAME: &str = "openclaw_ui";
const INPUTS: &[&str] = &["Cargo.lock", "Cargo.toml", "ui", "shared", "locales", "xtask/src/web.rs"];

/// Brotli bytes of WASM, glue and styles: 300 KB, what the panel may cost on its first opening, whichever tab it shows.
const MOST_BYTES: u64 = 300 * 1024;

pub fn build() -> Result<()> {
    let _lock = cache::lock("web")?;
    let toolchain = Toolchain::find(WASM)?;
    let stamp = root().join("target/wasm/web.stamp");
    let inputs = format!("{:016x} {}", hash_inputs()?, toolchain.route);
    if fs::read_to_string(&stamp).is_ok_and(|last| last == inputs) && is_complete() {
        println!("web/pkg is up to date");
        return Ok(());
    }
    println!("compiling the panel with {}", toolchain.route);
    let wasm = step("wasm-pack", || wasm_pack(&toolchain))?;
    let panel = step("taking the parts apart", || split(&wasm, &root().join("target/wasm/split"), NAME))?;
    step("wasm-opt -Oz", || panel.modules().try_for_each(wasm_opt))?;
    step("web/pkg", || publish(&panel))?;
    fs::write(stamp, inputs)?;
    Ok(())
}

/// The environment in which wasm-pack and plain Cargo both compile the panel.
pub fn wasm_command(
    toolchain: &Toolchain,
    program: impl AsRef<std::ffi::OsStr>,
) -> Result<std::process::Command> {
    let bindgen = tools::wasm_bindgen()?;
    let mut command = cmd(program);
    sh::prepend_path(&mut command, bindgen.parent().context("a program lies in a folder")?);
    toolchain.apply(&mut command);
    command.env("CARGO_TARGET_DIR", root().join("target/wasm"));
    command.env("CARGO_ENCODED_RUSTFLAGS", rustc_flags()?.join(ENCODED_SEPARATOR));
    Ok(command)
}

/// What Cargo splits `CARGO_ENCODED_RUSTFLAGS` at.
const ENCODED_SEPARATOR: &str = "\u{1f}";

fn rustc_flags() -> Result<[String; 4]> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home =
        home.or_else(|| Some(std::env::home_dir()?.join(".cargo"))).context("there is no home folder")?;
    let sources = home.join("registry/src");
    Ok([
        // Leptos then compiles one type for all views instead of one for each.
        "--cfg".into(),
        "erase_components".into(),
        // Messages of panics name files. Where they lay on the builder's disk is nobody's business, and long.
        format!("--remap-path-prefix={}=", sources.display()),
        // What is taken apart has to be found first.
        "-Clink-args=--emit-relocs".into(),
    ])
}

/// Returns what the compiler wrote. The glue that wasm-pack makes is for a module in one piece, and only looked at.
fn wasm_pack(toolchain: &Toolchain) -> Result<PathBuf> {
    let program = tools::cargo_tool("wasm-pack", "0.15.1", "wasm-pack", &[])?;
    let out = root().join("target/wasm/pkg");
    cache::clear(&out)?;
    let mut build = wasm_command(toolchain, program)?;
    build.args(["build", "ui", "--target", "web", "--mode", "no-install", "--no-opt", "--no-pack"]);
    build.args(["--no-typescript", "--profile", "wasm", "--out-name", NAME, "--out-dir"]).arg(&out);
    build.args(["--", "--features", "split"]);
    sh::run(&mut build)?;
    ensure!(
        !out.join("snippets").exists(),
        "a crate of the panel brings its own JavaScript files (target/wasm/pkg/snippets), which ComfyUI would load as extensions"
    );
    Ok(root().join("target/wasm").join(WASM).join("wasm").join(NAME).with_extension("wasm"))
}

/// Functions with one caller are kept apart unless they are tiny: code with fewer local variables compresses so much
/// better that the panel is a twelfth smaller to download, although it is a little larger once unpacked.
const INLINE: &str = "--one-caller-inline-max-function-size=20";

fn wasm_opt(wasm: &Path) -> Result<()> {
    let binaryen = tools::npm_package("binaryen", "132.0.0")?;
    let mut opt = cmd("node");
    opt.arg(binaryen.join("bin/wasm-opt")).args(["-Oz", INLINE]);
    sh::run(opt.arg(wasm).arg("-o").arg(wasm))
}

/// Writes the files under names that change with their content, then the manifest, then removes the old ones:
/// whoever reads the manifest at any moment finds the files it names.
fn publish(panel: &Panel) -> Result<()> {
    let folder = root().join("web/pkg");
    fs::create_dir_all(&folder)?;
    let mut js = panel.js.clone();
    let mut put_module = |wasm: &Path| -> Result<(String, u64)> {
        let name = put(&folder, "wasm", &fs::read(wasm)?)?;
        let called = wasm.file_name().context("a module is a file")?.to_string_lossy();
        js = js.replace(&*called, &name);
        let weight = weight(&folder, &name)?;
        Ok((name, weight))
    };
    let (wasm, _) = put_module(&panel.main)?;
    let (mut parts, mut shared, mut heaviest) = (Vec::new(), 0, 0);
    for part in &panel.parts {
        let (name, weight) = put_module(&part.wasm)?;
        if part.is_shared {
            shared += weight;
        } else {
            heaviest = weight.max(heaviest);
        }
        parts.push(name);
    }
    let js = put(&folder, "mjs", js.as_bytes())?;
    let css = put(&folder, "css", stylesheet()?.as_bytes())?;
    let first: u64 = [&js, &wasm, &css]
        .iter()
        .try_fold(0, |sum, name| Ok::<_, std::io::Error>(sum + weight(&folder, name)?))?;
    let most = first + shared + heaviest;
    println!(
        "    the first opening: {first} bytes of brotli, at most {most} when it shows another tab, of {MOST_BYTES}"
    );
    ensure!(
        most <= MOST_BYTES,
        "the first opening takes {most} bytes of brotli, which is more than {MOST_BYTES}"
    );
    let mut words = BTreeMap::new();
    for locale in Locale::ALL.into_iter().filter(|locale| *locale != Locale::En) {
        words.insert(locale.tag(), put(&folder, "txt", locale.messages().to_lines().as_bytes())?);
    }
    let version = env!("CARGO_PKG_VERSION");
    let manifest = serde_json::json!({ "version": version, "js": js, "wasm": wasm, "css": css, "parts": parts, "words": words });
    let draft = folder.join("manifest.json.part");
    fs::write(&draft, format!("{manifest:#}\n"))?;
    fs::rename(draft, folder.join("manifest.json"))?;

    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let mut current = [&js, &wasm, &css].into_iter().chain(&parts).chain(words.values());
        let is_current = name == "manifest.json" || current.any(|now| name.starts_with(now));
        if !is_current {
            cache::clear(&path)?;
        }
    }
    Ok(())
}

/// What a browser downloads for it.
fn weight(folder: &Path, name: &str) -> std::io::Result<u64> {
    Ok(fs::metadata(folder.join(format!("{name}.br")))?.len())
}

/// Writes one file with its compressed siblings and returns the name it got.
fn put(folder: &Path, extension: &str, bytes: &[u8]) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    let name = format!("{NAME}-{:016x}.{extension}", hasher.finish());
    fs::write(folder.join(&name), bytes)?;

    let mut brotli = Vec::new();
    let best = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 24, ..Default::default() };
    brotli::BrotliCompress(&mut &bytes[..], &mut brotli, &best)?;
    fs::write(folder.join(format!("{name}.br")), &brotli)?;

    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(bytes)?;
    let gzip = gzip.finish()?;
    fs::write(folder.join(format!("{name}.gz")), &gzip)?;
    println!("    {name}: {} bytes, gzip {}, brotli {}", bytes.len(), gzip.len(), brotli.len());
    Ok(name)
}

/// ui/styles/*.css in the order of their names, without comments and indentation.
fn stylesheet() -> Result<String> {
    let mut css = String::new();
    let folder = root().join("ui/styles");
    for path in if folder.exists() { files(&folder)? } else { Vec::new() } {
        let text = fs::read_to_string(&path)?;
        let mut parts = text.split("/*");
        let kept = parts
            .next()
            .into_iter()
            .chain(parts.filter_map(|part| part.split_once("*/").map(|(_, css)| css)));
        let kept: String = kept.collect();
        kept.lines().map(str::trim).filter(|line| !line.is_empty()).for_each(|line| {
            css.push_str(line);
            css.push('\n');
        });
    }
    Ok(css)
}

fn hash_inputs() -> Result<u64> {
    let mut hasher = DefaultHasher::new();
    for input in INPUTS.iter().map(|input| root().join(input)).filter(|input| input.exists()) {
        for path in files(&input)? {
            path.hash(&mut hasher);
            fs::read(&path)?.hash(&mut hasher);
        }
    }
    Ok(hasher.finish())
}

/// Whether web/pkg holds all that its manifest names.
fn is_complete() -> bool {
    let folder = root().join("web/pkg");
    let manifest = fs::read(folder.join("manifest.json")).unwrap_or_default();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap_or_default();
    let words = Locale::ALL.iter().filter(|locale| **locale != Locale::En);
    let words = words.map(|locale| &manifest["words"][locale.tag()]);
    let parts = manifest["parts"].as_array().into_iter().flatten();
    ["js", "wasm", "css"].iter().map(|&key| &manifest[key]).chain(parts).chain(words).all(|name| {
        let name = name.as_str().unwrap_or("missing");
        ["", ".br", ".gz"].iter().all(|suffix| folder.join(format!("{name}{suffix}")).exists())
    })
}
