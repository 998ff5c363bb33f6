// One test: a page of its own on the shared host, and no fault of ours in it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { join } from "node:path";

import { SCREENSHOTS } from "./environment.mjs";
import { Host } from "./host.mjs";
import { boot, launch, newPage } from "./page.mjs";
import { Panel } from "./panel.mjs";
import { Provider, REFUSED_KEY } from "./provider.mjs";
import { until } from "./wait.mjs";

/** Longest that one test may take on a slow machine. */
const TIMEOUT = 180_000;

const shared = {};

before(
  async () => {
    [shared.browser, shared.host, shared.provider] = await Promise.all([
      launch(),
      Host.start({ OPENCLAW_CUSTOM_API_KEY: REFUSED_KEY, OPENCLAW_LLM_ALLOWED_HOSTS: "127.0.0.1" }),
      Provider.start(),
    ]);
    await until("the pack's server answers", () => shared.host.get("/api/openclaw/health"));
  },
  { timeout: TIMEOUT },
);

after(async () => {
  await Promise.all([shared.browser?.close(), shared.provider?.stop(), shared.host?.stop()]);
});

/** Runs `steps` with the host, a provider, and `open`, which boots a page and gives its panel. */
export function flow(name, steps) {
  test(name, { timeout: TIMEOUT }, async (context) => {
    const { browser, host, provider } = shared;
    const pages = [];
    /** A fresh page; `prepare` sees it before it loads. */
    const open = async ({ at = host, prepare, ...options } = {}) => {
      const page = await newPage(browser, at, options);
      pages.push(page);
      await prepare?.(page);
      await boot(page);
      return new Panel(page);
    };
    try {
      await host.configure();
      await steps({ host, provider, open });
      assert.deepEqual(
        pages.flatMap((page) => page.faults.unexpected()),
        [],
        "faults of ours in the page",
      );
    } catch (error) {
      const file = (index) => join(SCREENSHOTS, "failed", `${name.replace(/\W+/g, "-")}-${index}.png`);
      await Promise.allSettled(pages.map((page, index) => page.screenshot({ path: file(index) })));
      pages.flatMap((page) => page.faults.seen).forEach((fault) => context.diagnostic(fault));
      context.diagnostic(`The host said last:\n${host.log}`);
      throw error;
    } finally {
      await Promise.all(pages.map((page) => page.context().close()));
    }
  });
}
