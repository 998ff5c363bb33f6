// Where everything is: what `cargo xtask test` names in the environment, or what it leaves in its cache.

import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const env = process.env;

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const CACHE = join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "comfyui-openclaw");

/** The pack under test: this checkout, or an unpacked release. */
export const PACK = resolve(ROOT, env.E2E_PACK ?? ".");

/** `comfyui` for a real one, else the stand-in host. */
export const HOST = env.E2E_HOST ?? "stand-in";
export const IS_COMFYUI = HOST === "comfyui";
export const COMFYUI = env.COMFYUI_DIR;

/** A directory that pip filled with comfyui-frontend-package; a real ComfyUI brings its own unless one is named. */
export const FRONTEND = env.E2E_FRONTEND ?? (IS_COMFYUI ? undefined : newestFrontend());
/** Names the run in messages and folders. */
export const LABEL = IS_COMFYUI
  ? "comfyui"
  : (env.E2E_FRONTEND_VERSION ?? FRONTEND.replace(/.*frontend-/, ""));

export const PYTHON = env.E2E_PYTHON ?? join(CACHE, "venv/bin/python");
export const SERVER = env.OPENCLAW_SERVER_BIN ?? join(ROOT, "target/debug/comfyui-openclaw");
export const CHROMIUM = env.E2E_CHROMIUM ?? "/usr/bin/chromium";

/** Pictures of the panel, and of pages in which a test failed. */
export const SCREENSHOTS = resolve(ROOT, env.E2E_SCREENSHOTS ?? join("target/e2e", LABEL));
mkdirSync(SCREENSHOTS, { recursive: true });

function newestFrontend() {
  const found = existsSync(CACHE) ? readdirSync(CACHE).filter((name) => name.startsWith("frontend-")) : [];
  const newest = found.sort((a, b) => a.localeCompare(b, "en", { numeric: true })).at(-1);
  if (!newest) {
    throw new Error(
      "No frontend of ComfyUI: run `cargo xtask test --only browser-1.58.1`, or name one in E2E_FRONTEND.",
    );
  }
  return join(CACHE, newest);
}
