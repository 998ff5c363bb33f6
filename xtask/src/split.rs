//! The panel's module taken apart: one download for the first opening, and one for each part that is shown later.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, ensure};

use crate::sh::{self, cmd};
use crate::{cache, tools};

/// What the module that is instantiated first is called among the outputs.
const MAIN: &str = "main";

pub struct Panel {
    /// The glue of wasm-bindgen, with what loads the parts in it.
    pub js: String,
    pub main: PathBuf,
    pub parts: Vec<Part>,
}

pub struct Part {
    pub wasm: PathBuf,
    /// Whether it is what others have in common.
    pub is_shared: bool,
}

impl Panel {
    pub fn modules(&self) -> impl Iterator<Item = &Path> {
        std::iter::once(&self.main).chain(self.parts.iter().map(|part| &part.wasm)).map(PathBuf::as_path)
    }
}

/// `wasm` is what the compiler wrote, with the relocations of the linker in it; `name` is the glue's.
pub fn split(wasm: &Path, out: &Path, name: &str) -> Result<Panel> {
    cache::clear(out)?;
    let wasm = fs::read(wasm)?;
    let main = out.join(MAIN).with_extension("wasm");
    let mut options = wasm_split_cli_support::Options::new(&wasm);
    options.output_dir = out;
    options.main_out_path = &main;
    let link = options.link_name;
    let parts =
        wasm_split_cli_support::transform(options).map_err(|error| anyhow!("{error:?}"))?.split_modules;
    let mut bindgen = cmd(tools::wasm_bindgen()?);
    bindgen.args([
        "--target",
        "web",
        "--no-typescript",
        "--keep-lld-exports",
        "--out-name",
        name,
        "--out-dir",
    ]);
    sh::run(bindgen.arg(out).arg(&main))?;
    let js = fs::read_to_string(out.join(name).with_extension("js"))?;
    let js = join(&js, &fs::read_to_string(out.join(link))?, link)?;
    let is_shared =
        |wasm: &Path| wasm.file_name().is_some_and(|name| name.to_string_lossy().starts_with("chunk_"));
    let parts = parts.into_iter().map(|wasm| Part { is_shared: is_shared(&wasm), wasm }).collect();
    Ok(Panel { js, main: out.join(format!("{name}_bg.wasm")), parts })
}

/// One script of two that import each other. A page that starts the panel anew imports the script once more under
/// another address, and then both have to be new.
fn join(glue: &str, loader: &str, link: &str) -> Result<String> {
    let (imported, loader) = loader.split_once('\n').context("the loader is empty")?;
    ensure!(imported.starts_with("import { initSync } from"), "the loader begins with {imported}");
    let loads: Vec<_> =
        loader.lines().filter_map(|line| line.strip_prefix("export const ")?.split(' ').next()).collect();
    let of_link = |line: &str| line.contains(&format!("\"{link}\""));
    let mut joined: Vec<String> = Vec::new();
    for line in glue.lines().filter(|line| !(line.starts_with("import ") && of_link(line))) {
        if !of_link(line) {
            joined.push(line.to_owned());
        } else if !joined.iter().any(|line| of_link(line)) {
            joined.push(format!("\"{link}\": {{ {} }},", loads.join(", ")));
        }
    }
    ensure!(joined.iter().any(|line| of_link(line)) && !loads.is_empty(), "the glue does not load the parts");
    joined.push(loader.replace("export const ", "const "));
    Ok(joined.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_glue_and_what_loads_the_parts_become_one_script() {
        let glue = "import * as import1 from \"./link.js\"\nimport * as import2 from \"./link.js\"\nimports = {\n\
                    \"./link.js\": import1,\n\"./link.js\": import2,\n};\nfunction initSync() {}";
        let loader = "import { initSync } from \"./main.js\";\ninitSync();\nexport const load_a = 1;\nexport const load_b = 2;";
        let joined = "imports = {\n\"./link.js\": { load_a, load_b },\n};\nfunction initSync() {}\ninitSync();\n\
                      const load_a = 1;\nconst load_b = 2;";
        assert_eq!(join(glue, loader, "./link.js").unwrap(), joined);
        assert!(join("imports = {};", loader, "./link.js").is_err());
        assert!(join(glue, "initSync();\n", "./link.js").is_err());
    }
}
