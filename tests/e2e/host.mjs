// A ComfyUI with the pack in it: the stand-in host with ComfyUI's own frontend, or a real one.

import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { COMFYUI, FRONTEND, IS_COMFYUI, PACK, PYTHON, ROOT, SERVER } from "./environment.mjs";
import { until } from "./wait.mjs";

/** No tutorial, no dialogs, nothing beside the panel. */
const SETTINGS = {
  "Comfy.TutorialCompleted": true,
  "Comfy.InstalledVersion": "1.27.10",
  "Comfy.Workflow.ShowMissingNodesWarning": false,
  "Comfy.Workflow.ShowMissingModelsWarning": false,
  "Comfy.Minimap.Visible": false,
  "Comfy.Locale": "en",
  "Comfy.ColorPalette": "dark",
};

/** Importing torch takes long on a busy machine. */
const BOOT = 120_000;

export class Host {
  /** Starts a host with fresh data; `env` is added to its environment. */
  static async start(env = {}) {
    const host = new Host();
    host.data = mkdtempSync(join(tmpdir(), "openclaw-e2e-"));
    host.state = join(host.data, "openclaw-state");
    const own = IS_COMFYUI ? await comfyui(host.data) : standIn(host.data);
    host.child = spawn(PYTHON, own.args, {
      cwd: own.cwd,
      env: { ...process.env, OPENCLAW_SERVER_BIN: SERVER, OPENCLAW_STATE_DIR: host.state, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    host.exited = new Promise((resolve) => host.child.once("exit", resolve));
    process.once("exit", () => host.child.kill("SIGKILL"));
    host.#log = [];
    const said = (stream) => createInterface({ input: stream }).on("line", (line) => host.#hear(line));
    said(host.child.stdout);
    said(host.child.stderr);
    try {
      host.url = await until(
        "the host serves its page",
        async () => {
          if (host.child.exitCode !== null) throw new Error("it has ended");
          const url = own.url ?? host.#announced;
          return url && (await fetch(url)).ok && url;
        },
        BOOT,
      );
    } catch (error) {
      const log = host.#log.join("\n");
      await host.stop();
      throw new Error(`${error.message}\n${log}`);
    }
    return host;
  }

  #log;
  #announced;

  #hear(line) {
    this.#log.push(line);
    if (this.#log.length > 200) this.#log.shift();
    if (!this.#announced && line.startsWith("{")) this.#announced = JSON.parse(line).url;
  }

  /** The newest lines of its log. */
  get log() {
    return this.#log.join("\n");
  }

  /** Calls an endpoint of the host or the pack; an answer that is not a success is an error. */
  async call(method, path, body) {
    const response = await fetch(this.url + path, {
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : null;
  }

  get(path) {
    return this.call("GET", path);
  }

  /** Stores settings of the page, as its own Settings dialog does. */
  async set(settings) {
    for (const [id, value] of Object.entries(settings)) await this.call("POST", `/api/settings/${id}`, value);
  }

  /** Stores settings of the pack; what is not named goes back to how it began. */
  configure(settings = {}) {
    return this.call("PUT", "/api/openclaw/config", {
      provider: "builtin",
      model: "",
      base_url: "",
      max_retries: 0,
      allow_private_network: false,
      ...settings,
    });
  }

  /** Process id of the server beside the host. */
  serverPid() {
    return JSON.parse(readFileSync(join(this.state, "server.json"), "utf8")).pid;
  }

  async stop() {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill("SIGINT");
    const late = setTimeout(() => this.child.kill("SIGKILL"), 10_000);
    await this.exited;
    clearTimeout(late);
    rmSync(this.data, { recursive: true, force: true, maxRetries: 5 });
  }
}

function standIn(data) {
  const settings = JSON.stringify(SETTINGS);
  const args = [
    "--frontend",
    FRONTEND,
    "--pack",
    PACK,
    "--data",
    data,
    "--port",
    "0",
    "--settings",
    settings,
  ];
  return { args: ["tests/host/host.py", ...args], cwd: ROOT };
}

/** ComfyUI with a base directory of its own, so that nothing in the checkout changes. */
async function comfyui(data) {
  mkdirSync(join(data, "custom_nodes"));
  mkdirSync(join(data, "user/default"), { recursive: true });
  symlinkSync(PACK, join(data, "custom_nodes/comfyui-openclaw"), "junction");
  writeFileSync(join(data, "user/default/comfy.settings.json"), JSON.stringify(SETTINGS));
  const port = await freePort();
  const args = ["main.py", "--cpu", "--disable-api-nodes", "--port", String(port), "--base-directory", data];
  args.push("--database-url", "sqlite:///:memory:");
  if (FRONTEND) args.push("--front-end-root", join(FRONTEND, "comfyui_frontend_package/static"));
  return { args, cwd: COMFYUI, url: `http://127.0.0.1:${port}` };
}

/** A port that nobody listens on now. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
