// What the pack costs the page and how fast the panel opens; prints one JSON object.

import { readFileSync } from "node:fs";
import { brotliCompressSync } from "node:zlib";
import { join } from "node:path";

import { jobList } from "./jobs.mjs";
import { LABEL, PACK } from "./environment.mjs";
import { Host } from "./host.mjs";
import { OPENCLAW_ICON, OURS, boot, launch, newPage } from "./page.mjs";
import { Panel } from "./panel.mjs";
import { until } from "./wait.mjs";

const PAGES = Number(process.env.E2E_BENCH_PAGES ?? 9);

const [browser, host] = await Promise.all([launch(), Host.start()]);
try {
  const samples = [];
  for (let index = 0; index < PAGES; index++) samples.push(await measure());
  const times = (name) => {
    const sorted = samples.map((sample) => sample[name]).sort((a, b) => a - b);
    return { median: sorted[sorted.length >> 1], min: sorted[0], max: sorted.at(-1) };
  };
  const report = {
    host: LABEL,
    pages: PAGES,
    boot: samples[0].boot,
    panel: samples[0].panel,
    panel_brotli_bytes: brotliBytes(),
    first_open_ms: times("first"),
    second_open_ms: times("second"),
    first_streamed_field_ms: times("field"),
    scroll_10000_jobs: await scroll(),
  };
  console.log(JSON.stringify(report, null, 2));
} finally {
  await Promise.all([browser.close(), host.stop()]);
}

/** One fresh page: boots, opens the panel twice, and makes a plan. */
async function measure() {
  const page = await newPage(browser, host);
  const panel = new Panel(page);
  let requests = [];
  page.on("requestfinished", (request) => OURS.test(request.url()) && requests.push(request));
  const loaded = async () => {
    await page.waitForLoadState("networkidle");
    const own = requests;
    requests = [];
    const sizes = await Promise.all(own.map((request) => request.sizes()));
    return {
      requests: own.length,
      bytes: sizes.reduce((sum, { responseBodySize }) => sum + responseBodySize, 0),
      paths: own.map((request) => new URL(request.url()).pathname),
    };
  };
  await boot(page);
  const sample = { boot: await loaded() };
  sample.first = await time(page, OPENCLAW_ICON, "usable");
  sample.panel = await loaded();
  await panel.close();
  sample.second = await time(page, OPENCLAW_ICON, "usable");
  await panel.id("planner-requirements").fill("a lighthouse on a cliff");
  sample.field = await time(page, "[data-testid=planner-run]", "streaming");
  await page.context().close();
  return sample;
}

/** Milliseconds from a click until the panel is usable (it takes the focus and the server has answered) or streams. */
function time(page, selector, goal) {
  return page.evaluate(
    ([selector, goal]) =>
      new Promise((resolve) => {
        const find = (testid) => document.querySelector(`[data-testid=${testid}]`);
        const reached = {
          usable() {
            const field = find("planner-requirements");
            field?.focus();
            return field && document.activeElement === field && document.querySelector(".oc-status.oc-up");
          },
          streaming: () => find("plan-positive")?.value,
        }[goal];
        const started = performance.now();
        const check = () =>
          reached() ? resolve(Math.round((performance.now() - started) * 10) / 10) : setTimeout(check);
        document.querySelector(selector).click();
        check();
      }),
    [selector, goal],
  );
}

/** Frames while a list of 10,000 jobs scrolls by five rows a frame, beside the same list when nothing of it is drawn anew. */
async function scroll() {
  const page = await newPage(browser, host);
  const panel = new Panel(page);
  const jobs = jobList(10_000);
  // It is asked for once more when the stream is there.
  let lists = 0;
  await page.route(/\/openclaw\/jobs\?/, (route) => route.fulfill({ json: jobs }).then(() => lists++));
  await boot(page);
  await panel.open();
  await panel.tab("jobs");
  await panel.root.getByText("Job 0", { exact: true }).waitFor();
  await until("both lists are there", () => lists === 2);
  await page.evaluate(() => new Promise((done) => requestIdleCallback(done)));
  const region = panel.root.getByRole("tabpanel");
  const live = await region.evaluate(frames);
  await region.evaluate((region) => {
    const still = region.cloneNode(true);
    still.style.height = `${region.clientHeight}px`;
    region.replaceWith(still);
  });
  const still = await panel.root.getByRole("tabpanel").evaluate(frames);
  await page.context().close();
  return { live, still };
}

/** Scrolls a region down for 300 frames and returns how long they took, in milliseconds. */
function frames(region) {
  return new Promise((resolve) => {
    const times = [];
    let last;
    region.scrollTop = 0;
    const step = (now) => {
      if (last !== undefined) times.push(now - last);
      last = now;
      region.scrollTop += 5 * 56;
      if (times.length < 300) return requestAnimationFrame(step);
      times.sort((a, b) => a - b);
      const at = (share) => Math.round(times[Math.floor(share * (times.length - 1))] * 10) / 10;
      resolve({ median: at(0.5), p99: at(0.99), max: at(1), over_50_ms: times.filter((time) => time > 50).length });
    };
    requestAnimationFrame(step);
  });
}

/** What the panel's files weigh when a server compresses them as well as it can. */
function brotliBytes() {
  const { js, wasm, css } = JSON.parse(readFileSync(join(PACK, "web/pkg/manifest.json"), "utf8"));
  const size = (file) => brotliCompressSync(readFileSync(join(PACK, "web/pkg", file))).length;
  return { js: size(js), wasm: size(wasm), css: size(css), all: size(js) + size(wasm) + size(css) };
}
