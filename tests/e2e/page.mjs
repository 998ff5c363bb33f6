// A browser, and pages of the host in it that report every fault of ours.

import { chromium } from "playwright-core";

import { CHROMIUM } from "./environment.mjs";
import { PATIENCE } from "./wait.mjs";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Everything of the pack has its name in the address: scripts, styles, WASM and endpoints. */
export const OURS = /openclaw|moltbot/i;
/** ComfyUI 1.27.10 throws this at boot, with or without packs. */
const CORE_BUG = "Cannot read properties of undefined (reading 'id')";

export function launch() {
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
}

/** A page with storage of its own, not yet opened. */
export async function newPage(browser, host, options = {}) {
  const context = await browser.newContext({
    baseURL: host.url,
    viewport: { width: 1440, height: 900 },
    permissions: ["clipboard-read", "clipboard-write"],
    reducedMotion: "reduce",
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  page.faults = watch(page);
  return page;
}

/** Opens the host's page, or leaves it and opens it again, and waits until a graph can be edited. */
export async function boot(page) {
  page.faults.leaving = true;
  await page.goto("/", { waitUntil: "domcontentloaded" });
  page.faults.leaving = false;
  await page.locator(OPENCLAW_ICON).waitFor();
  await page.waitForFunction(
    () => window.app?.graph && window.app.extensionManager?.workflow?.activeWorkflow,
  );
}

export const OPENCLAW_ICON = 'nav.side-tool-bar-container [aria-label="OpenClaw"]';

/** Collects errors of the console, exceptions and failed requests, as far as they are ours. */
function watch(page) {
  const faults = { seen: [], expected: [], leaving: false };
  const note = (text) => faults.seen.push(text);
  page.on("console", (message) => {
    const { url } = message.location();
    if (message.type() === "error" && OURS.test(url + message.text()))
      note(`console: ${message.text()} (${url})`);
  });
  page.on("pageerror", (error) => {
    if (!error.message.includes(CORE_BUG) || OURS.test(error.stack)) note(`exception: ${error.stack}`);
  });
  page.on("requestfailed", (request) => {
    const reason = request.failure()?.errorText;
    // A cancelled plan ends its request, and so does a Job Monitor that nobody looks at any more; a page that is left
    // ends all of its own.
    const cancelled = reason === "net::ERR_ABORTED" && (faults.leaving || /\/stream(\?|$)/.test(request.url()));
    if (OURS.test(request.url()) && !cancelled) note(`request: ${request.url()} ${reason}`);
  });
  page.on("crash", () => note("the page crashed"));
  /** Failures that a test causes on purpose. */
  faults.expect = (pattern) => faults.expected.push(pattern);
  faults.unexpected = () => faults.seen.filter((text) => !faults.expected.some((known) => known.test(text)));
  return faults;
}
