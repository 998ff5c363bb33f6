// A template run from the Job Monitor: a form typed from its inputs, a dry run, and then one run.

import assert from "node:assert/strict";

import { flow } from "../flow.mjs";
import { boot } from "../page.mjs";
import { until } from "../wait.mjs";

async function form(panel, template) {
  await panel.tab("jobs");
  await panel.id("template-open").click();
  await panel.id("template-which").selectOption(template);
}

/** Fills a field and leaves it. */
async function type(panel, input, text) {
  await panel.id(`template-${input}`).fill(text);
  await panel.id(`template-${input}`).press("Tab");
}

const ours = async (host) => (await host.get("/api/openclaw/jobs?source=sidebar")).jobs;

flow("a template is typed in, checked, run once by a double click, and its job is opened", async ({ host, open }) => {
  const panel = await open();
  const { page } = panel;
  await panel.open();
  await form(panel, "blank_image");
  assert.equal(await panel.text("template-width"), "512", "defaults are filled in");
  assert.equal(await panel.id("template-width").getAttribute("max"), "4096");
  await type(panel, "width", "5");
  await panel.root.getByText("Enter a whole number from 16 to 4096.").waitFor();
  assert.equal(await panel.id("template-width").getAttribute("aria-invalid"), "true");
  await panel.id("template-run").click();
  assert.equal(await panel.id("template-ready").count(), 0);
  await panel.id("template-width").fill("40");
  await page.keyboard.press("Control+Enter");
  await panel.id("template-ready").getByText("40").waitFor();
  await type(panel, "width", "48");

  await boot(page);
  await panel.icon.click();
  await panel.id("template-open").click();
  await until("what was typed is kept", async () => (await panel.text("template-width")) === "48");
  const before = (await ours(host)).length;
  await panel.id("template-run").click();
  const ready = panel.id("template-ready");
  await ready.waitFor();
  assert.match(await ready.innerText(), /2 nodes.*Width\s+48.*Height\s+512/s);
  await ready.locator("summary").click();
  assert.match(await panel.id("template-reach").innerText(), /Width → EmptyImage #1 · width/);
  assert.equal((await ours(host)).length, before, "a dry run runs nothing");

  await panel.id("template-run").dblclick();
  await panel.id("job-detail").getByText("Done").first().waitFor();
  assert.match(await panel.id("job-detail").innerText(), /Blank image/);
  await panel.id("job-output").first().click();
  await until("it is as wide as was typed", () =>
    panel.id("lightbox").locator("img").evaluate((image) => image.naturalWidth === 48),
  );
  await page.keyboard.press("Escape");
  await panel.id("jobs-back").click();
  await panel.id("jobs-list").getByTestId("job").filter({ hasText: "Blank image" }).first().waitFor();
  assert.equal((await ours(host)).length, before + 1, "a double click runs once");
});

flow("what a template lacks is said, and a failed run leads back to its form", async ({ host, open }) => {
  const panel = await open();
  const { page } = panel;
  await panel.open();
  await form(panel, "sdxl_basic");
  assert.match(await panel.id("template").innerText(), /Prompt \(needed\)/);
  await panel.id("template-run").click();
  await panel.root.getByText("This is needed.").waitFor();
  await panel.id("template-text").first().fill("a lighthouse");
  await panel.id("template-sampler").selectOption("euler");
  await panel.id("template-run").click();
  await panel.id("template-ready").waitFor();
  assert.match(await panel.id("template-ready").innerText(), /Seed\s+\d+ \(random\)/);
  const seed = /Seed\s+(\d+)/.exec(await panel.id("template-ready").innerText())[1];

  const asked = [];
  const answer = {
    ...{ ok: false, error: "budget_exceeded", message: "Too many jobs are open.", type: "about:blank" },
    ...{ title: "Busy", status: 429, request_id: "r1", retry_after_sec: 7 },
  };
  await page.route(/\/templates\/sdxl_basic\/run/, (route) => {
    asked.push(route.request().postDataJSON());
    return asked.length === 1 ? route.fulfill({ status: 429, json: answer }) : route.continue();
  });
  page.faults.expect(/sdxl_basic\/run/);
  await panel.id("template-run").click();
  const { text } = await panel.error();
  assert.match(text, /Too many jobs are open.*Try again in 7 s/s);
  await panel.id("template-run").click();
  await panel.id("job-error").first().waitFor();
  assert.equal(asked[0].idempotency_key, asked[1].idempotency_key, "trying again asks for the same run");
  assert.equal(String(asked[1].inputs.seed), seed, "what was shown is what runs");
  assert.match(await panel.id("job-error").first().innerText(), /CheckpointLoaderSimple|sd_xl_base/);
  const [job] = await ours(host);
  assert.equal(job.template_id, "sdxl_basic");

  await panel.id("job-change").click();
  await until("the form is as it was", async () => (await panel.id("template-text").first().inputValue()) === "a lighthouse");
  assert.equal(await panel.text("template-sampler"), "euler");
});
