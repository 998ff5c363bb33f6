// The Job Monitor: jobs appear by themselves, whoever tells of them, and nothing is asked while nobody looks.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";

import { flow } from "../flow.mjs";
import { GRAPH, loadGraph, plannerGraph, run } from "../graph.mjs";
import { Host, freePort } from "../host.mjs";
import { jobList } from "../jobs.mjs";
import { SLOWLY } from "../provider.mjs";
import { until } from "../wait.mjs";

/** The server does not tell of jobs: its store is locked. */
async function locked(page) {
  const problem = {
    ...{ ok: false, error: "jobs_locked", message: "The job store is locked.", type: "about:blank" },
    ...{ title: "Locked", status: 503, request_id: "r" },
  };
  await page.route(/\/openclaw\/(jobs|events)/, (route) => route.fulfill({ status: 503, json: problem }));
  page.faults.expect(/openclaw\/(jobs|events)/);
}

const rows = (panel) => panel.id("jobs-list").getByTestId("job");

flow("ComfyUI's own events fill the monitor when the server tells nothing", async ({ host, open }) => {
  const panel = await open({ prepare: locked });
  const { page } = panel;
  await loadGraph(page, GRAPH);
  await panel.open();
  await panel.tab("jobs");
  await panel.id("jobs-feed").getByText("Only what ComfyUI tells this page").waitFor();
  const before = await rows(panel).count();
  await run(page);
  const done = rows(panel).first();
  await until("the run appears", async () => (await rows(panel).count()) === before + 1);
  await done.getByText("Done").waitFor();
  await done.locator("img").waitFor();
  assert.match(await done.innerText(), /ComfyUI/);

  await done.click();
  await panel.id("job-output").first().click();
  const box = panel.id("lightbox");
  await until("the picture is shown large", () =>
    box.locator("img").evaluate((image) => image.complete && image.naturalWidth === 64),
  );
  await page.keyboard.press("Escape");
  await box.waitFor({ state: "detached" });
  await panel.id("jobs-back").click();

  await host.configure({ provider: "lmstudio", base_url: `http://127.0.0.1:${await freePort()}/v1` });
  await loadGraph(page, plannerGraph("a cat"));
  await run(page);
  await rows(panel).first().getByText("Failed").waitFor();
  await until("the job is opened", async () => {
    // Older hosts cover everything with a dialog of their own.
    if (await page.locator(".p-dialog-mask").count()) await page.keyboard.press("Escape");
    await rows(panel).first().click({ timeout: 1000 });
    return true;
  });
  assert.match(await panel.id("job-error").innerText(), /could not be reached/);
  await panel.id("job-locate").click();
  await until("the node is selected", () =>
    page.evaluate(() => Object.keys(window.app.canvas.selected_nodes).join() === "1"),
  );
  await panel.id("jobs-back").click();
  await panel.id("jobs-status").selectOption("failed");
  await until("only failed ones are left", async () => {
    const shown = await rows(panel).allInnerTexts();
    return shown.length > 0 && shown.every((row) => row.includes("Failed"));
  });
  await panel.id("jobs-source").selectOption("webhook");
  await panel.root.getByText("No job matches the filter.").waitFor();
});

flow(
  "a running job shows its node, its share and its preview, and Cancel stops it at the provider",
  async ({ host, provider, open }) => {
    await host.configure(provider.openai);
    const panel = await open({ prepare: locked });
    const { page } = panel;
    await loadGraph(page, plannerGraph(`waves ${SLOWLY}`));
    await panel.open();
    await panel.tab("jobs");
    await panel.id("jobs-feed").getByText("Only what ComfyUI").waitFor();
    await run(page);
    const row = rows(panel).first();
    await row.getByText(/\d+%.*Planner/).waitFor();
    await row.click();
    await page.evaluate(async () => {
      const canvas = Object.assign(document.createElement("canvas"), { width: 8, height: 8 });
      const blob = await new Promise((done) => canvas.toBlob(done));
      window.app.api.dispatchEvent(new CustomEvent("b_preview", { detail: blob }));
    });
    const detail = panel.id("job-detail");
    await detail.locator("img.oc-picture").waitFor();
    assert.ok(Number(await detail.getByRole("progressbar").getAttribute("aria-valuenow")) >= 0);
    const before = provider.abandoned;
    await panel.id("job-cancel").click();
    await detail.getByText("Stopped").first().waitFor();
    await until("the provider's connection is closed", () => provider.abandoned > before);
    assert.equal(await detail.locator("img.oc-picture").count(), 0);
  },
);

flow("ten thousand jobs are a list of a few rows, and scrolling keeps them in step", async ({ open }) => {
  const list = jobList(10_000);
  const panel = await open({
    prepare: async (page) => {
      await locked(page);
      await page.route(/\/openclaw\/jobs\?/, (route) => route.fulfill({ json: list }));
    },
  });
  await panel.open();
  await panel.tab("jobs");
  // Without what earlier tests have left in ComfyUI's history.
  await panel.id("jobs-source").selectOption("webhook");
  await rows(panel).getByText("Job 0", { exact: true }).waitFor();
  assert.ok((await rows(panel).count()) < 60, "few rows are in the page");
  const region = panel.root.getByRole("tabpanel");
  await region.evaluate((region) => (region.scrollTop = 56 * 5000));
  await panel.root.getByText("Job 5003", { exact: true }).waitFor();
  assert.ok((await rows(panel).count()) < 60);
  await region.evaluate((region) => (region.scrollTop = region.scrollHeight));
  await panel.root.getByText("Job 9999", { exact: true }).waitFor();
});

flow("nothing is asked while nobody looks", async ({ open }) => {
  const panel = await open({ prepare: locked });
  const { page } = panel;
  await panel.open();
  await panel.tab("jobs");
  await panel.id("jobs-feed").getByText("Only what ComfyUI").waitFor();
  await panel.tab("planner");
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  await loadGraph(page, GRAPH);
  await run(page);
  await until("it has run", () =>
    page.evaluate(() => window.events.some((event) => event.name === "execution_success")),
  );
  const ours = asked.filter((url) => /openclaw\/(jobs|events)/.test(url));
  assert.deepEqual(ours, []);
  await panel.tab("jobs");
  await rows(panel).first().getByText("Done").waitFor();
});

flow("jobs of our server appear by its stream alone, with their trace, and can be run again", async ({ host, open }) => {
  const panel = await open({
    // What ComfyUI tells is not heard.
    prepare: (page) => page.route(/\/api\/(history|queue)\b/, (route) => route.abort()),
  });
  const { page } = panel;
  await panel.open();
  await panel.tab("jobs");
  await panel.id("jobs-feed").getByText("Live").waitFor();
  const started = await host.call("POST", "/api/openclaw/templates/blank_image/run", {});
  const row = rows(panel).filter({ hasText: "Sidebar" }).first();
  await row.getByText("Done").waitFor();
  await row.locator("img").waitFor();
  await row.click();
  await panel.id("job-trace").click();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), started.trace_id);
  await panel.id("job-log-show").click();
  await panel.id("job-log").waitFor();
  await panel.id("job-retry").click();
  await until("another job runs", async () => {
    const { jobs } = await host.get("/api/openclaw/jobs?source=sidebar");
    return jobs.some((job) => job.retry_of === started.prompt_id && job.state === "succeeded");
  });
  await panel.id("job-detail").getByText("Done").first().waitFor();
  await panel.id("jobs-back").click();
  await rows(panel).filter({ hasText: "Sidebar" }).nth(1).click();
  await panel.id("job-detail").locator("summary").click();
  await until("the timeline is the server's", async () => {
    const lines = await panel.id("job-timeline").locator("li").allInnerTexts();
    return ["Queued", "Done", "Run again as another job"].every((words) => lines.some((line) => line.includes(words)));
  });
});

flow("a result that was not taken is told, and can be sent again", async ({ open }) => {
  const answers = [410, 204];
  const ids = [];
  const receiver = createServer((request, response) => {
    ids.push(request.headers["webhook-id"]);
    request.resume().on("end", () => response.writeHead(answers.shift()).end());
  }).listen(0, "127.0.0.1");
  await once(receiver, "listening");
  const target = `127.0.0.1:${receiver.address().port}`;
  const host = await Host.start({
    OPENCLAW_CALLBACK_ALLOW_HOSTS: target,
    OPENCLAW_DANGEROUS_PRIVATE_CALLBACKS: "1",
    OPENCLAW_WEBHOOK_BEARER_TOKEN: "sender",
  });
  try {
    const panel = await open({ at: host });
    await panel.open();
    await panel.tab("jobs");
    await panel.id("jobs-feed").getByText("Live").waitFor();
    const sent = await fetch(`${host.url}/api/openclaw/webhook/submit`, {
      method: "POST",
      headers: { Authorization: "Bearer sender", "Content-Type": "application/json" },
      body: JSON.stringify({
        ...{ version: 1, template_id: "blank_image", profile_id: "p", inputs: {} },
        callback: { url: `http://${target}/results` },
      }),
    });
    assert.equal(sent.status, 200, await sent.text());
    const row = rows(panel).filter({ hasText: "Webhook" });
    await row.getByText("Result not delivered").waitFor();
    await row.click();
    const delivery = panel.id("job-delivery");
    await delivery.getByText(`http://${target} did not take the result`).waitFor();
    await panel.id("delivery-again").click();
    await delivery.getByText(`Result delivered to http://${target}`).waitFor();
    assert.equal(ids.length, 2);
    assert.equal(ids[0], ids[1], "the receiver can tell that it is the same result");
    await panel.page.close();
  } finally {
    receiver.close();
    await host.stop();
  }
});
