// A batch of variants: run from a copy of the graph, seen side by side, and one of them chosen.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

import { IS_COMFYUI } from "../environment.mjs";
import { flow } from "../flow.mjs";
import { GRAPH, SAMPLED, loadGraph, nodes, plannerGraph, values } from "../graph.mjs";
import { boot } from "../page.mjs";
import { Panel } from "../panel.mjs";
import { SLOWLY } from "../provider.mjs";
import { PATIENCE, frames, until } from "../wait.mjs";

const cells = (panel) => panel.id("batch-cell");

const states = (panel) => cells(panel).evaluateAll((all) => all.map((cell) => cell.dataset.state));

const ended = (panel) => until("the batch has ended", async () => !(await panel.id("batch-cancel").count()));

/** The nodes of the graph, without the pictures that older hosts show in them. */
const written = async (page) =>
  (await nodes(page)).map(({ values: { "$$canvas-image-preview": _, ...values }, ...node }) => ({ ...node, values }));

/** The bodies of the prompts that the page queues from now on. */
function queued(page) {
  const bodies = [];
  page.on("request", (request) => {
    if (request.method() === "POST" && /\/api\/prompt$/.test(request.url())) bodies.push(request.postDataJSON());
  });
  return bodies;
}

flow("a batch fills a grid from copies of the graph, pictures are compared, and one is applied", async ({ open }) => {
  const panel = await open();
  const { page } = panel;
  await loadGraph(page, IS_COMFYUI ? GRAPH : SAMPLED);
  const before = await written(page);
  const bodies = queued(page);
  await panel.open();
  await panel.tab("variants");
  await panel.id("from-graph").click();
  await panel.id("variants-positive").fill("a {red|blue} fox in {snow|rain|fog}");
  await panel.id("variants-policy").selectOption("prompt_slots");
  assert.equal(await panel.id("batch-unplaced").count(), 0);
  await panel.id("batch-at-once").selectOption("3");
  await panel.id("batch-run").click();
  const done = async () => (await states(panel)).filter((state) => state === "succeeded").length === 6;
  await until("all six are there", done);
  await ended(panel);

  const head = await panel.id("batch-grid").locator("thead th").allInnerTexts();
  assert.deepEqual(head, ["red", "blue"]);
  const side = await panel.id("batch-grid").locator("tbody th").allInnerTexts();
  assert.deepEqual(side, ["snow", "rain", "fog"]);
  assert.deepEqual(
    bodies.map(({ prompt }) => prompt[3].inputs.text),
    ["red|snow", "red|rain", "red|fog", "blue|snow", "blue|rain", "blue|fog"].map((words) => {
      const [colour, weather] = words.split("|");
      return `a ${colour} fox in ${weather}`;
    }),
  );
  assert.deepEqual(
    bodies.map(({ prompt }) => prompt[6].inputs.seed),
    [1, 2, 3, 4, 5, 6],
  );
  const kept = bodies[4].extra_data.extra_pnginfo.workflow.nodes.find((node) => String(node.id) === "3");
  assert.equal(kept.widgets_values[0], "a blue fox in rain", "a picture carries the graph that made it");
  assert.deepEqual(await written(page), before, "the open graph is untouched");
  const pictures = await cells(panel).locator("img").evaluateAll((all) => all.map((image) => image.src));
  assert.equal(pictures.length, 6);
  if (!IS_COMFYUI) assert.equal(new Set(pictures).size, 6);

  await panel.id("batch-zoom").fill("2");
  const shift = () => panel.id("batch-grid").evaluate((grid) => grid.style.getPropertyValue("--oc-x"));
  assert.equal(await shift(), "0%");
  const box = await cells(panel).first().boundingBox();
  await page.mouse.move(box.x + 10, box.y + 10);
  await page.mouse.down();
  await page.mouse.move(box.x + 40, box.y + 10, { steps: 4 });
  await page.mouse.up();
  await until("all pictures have moved", async () => parseFloat(await shift()) > 20);
  const moved = await cells(panel)
    .locator("img")
    .evaluateAll((all) => all.map((image) => getComputedStyle(image).transform.split(",")[0]));
  assert.deepEqual(new Set(moved), new Set(["matrix(2"]));
  assert.equal(await panel.id("lightbox").count(), 0, "a drag is no press");

  await cells(panel).first().click();
  const large = panel.id("batch-large");
  await large.waitFor();
  await page.keyboard.press("Tab");
  await panel.id("batch-beside").click();
  await until("two are compared", async () => (await large.count()) === 2);
  const captions = () => large.locator("figcaption").allInnerTexts();
  assert.match((await captions())[0], /red.*snow/);
  assert.match((await captions())[1], /red.*rain/);
  await panel.id("lightbox-next").click();
  assert.match((await captions())[0], /red.*snow/, "the one beside stays");
  assert.match((await captions())[1], /red.*fog/);
  await panel.id("lightbox").locator(".oc-beside").focus();
  await page.keyboard.press("ArrowRight");
  assert.match((await captions())[1], /blue.*snow/);
  await large.nth(1).getByTestId("batch-choose").click();
  await panel.id("lightbox-close").click();
  await panel.id("lightbox").waitFor({ state: "detached" });
  const text = async () => (await values(page, 3)).text;
  await until("it is in the graph", async () => (await text()) === "a blue fox in snow");
  assert.equal((await values(page, 6)).seed, 4);
  await page.keyboard.press("Control+z");
  await until("and taken back as one step", async () => (await text()) === before.find((n) => n.id === "3").values.text);

  const saved = async (testid) => {
    const [download] = await Promise.all([page.waitForEvent("download"), panel.id(testid).click()]);
    return readFile(await download.path(), "utf8");
  };
  const csv = (await saved("batch-csv")).trim().split("\r\n");
  assert.match(csv[0], /,state,files,chosen$/);
  assert.match(csv[1], /^a red fox in snow,.*,succeeded,\S+\.png,$/);
  assert.match(csv[4], /,succeeded,\S+\.png,yes$/);
  assert.equal(JSON.parse(await saved("batch-json"))[3].chosen, "yes");

  await boot(page);
  await panel.icon.click();
  await until("a reload loses nothing", done);
  assert.deepEqual(await cells(panel).locator("img").evaluateAll((all) => all.map((image) => image.src)), pictures);
  await panel.id("batch-remove").click();
  await panel.id("batch").waitFor({ state: "detached" });
});

flow(
  "a batch goes on over a reload, is cancelled at ComfyUI, and runs what is missing again",
  async ({ host, provider, open }) => {
    await host.configure(provider.openai);
    const panel = await open();
    const { page } = panel;
    await loadGraph(page, plannerGraph(`waves ${SLOWLY}`));
    await panel.open();
    await panel.tab("variants");
    await panel.id("variants-positive").fill("waves");
    assert.match(await panel.id("batch-unplaced").innerText(), /Positive.*Seed/);
    await panel.id("batch-at-once").selectOption("2");
    await panel.id("batch-run").click();
    const are = (...wanted) =>
      until(`the pictures are ${wanted}`, async () => (await states(panel)).join() === wanted.join());
    await are("running", "submitted", "queued", "queued");
    assert.match(await panel.id("variants-count").innerText(), /0 of 4/);

    await boot(page);
    await panel.icon.click();
    await are("running", "submitted", "queued", "queued");
    const { queue_pending: waiting } = await host.get("/api/queue");
    assert.equal(waiting.length, 1);

    await panel.id("batch-cancel").click();
    await are("interrupted", "cancelled", "cancelled", "cancelled");
    await until("the queue is empty", async () => {
      const queue = await host.get("/api/queue");
      return !queue.queue_running.length && !queue.queue_pending.length;
    });

    await host.configure();
    assert.match(await panel.id("batch-again").innerText(), /4/);
    await panel.id("batch-again").click();
    await are("succeeded", "succeeded", "succeeded", "succeeded");
    await ended(panel);
    assert.match(await cells(panel).first().innerText(), /\w/);
  },
);

flow("a refused picture says why, and one that cannot be sent stops the batch", async ({ open }) => {
  const panel = await open();
  const { page } = panel;
  await loadGraph(page, IS_COMFYUI ? GRAPH : SAMPLED);
  await panel.open();
  await panel.tab("variants");
  let answer = { status: 400, json: { error: { type: "x", message: "No such sampler", details: "" }, node_errors: {} } };
  await page.route(/\/api\/prompt$/, (route) => (answer ? route.fulfill(answer) : route.abort()));
  await panel.id("variants-number").fill("2");
  await panel.id("variants-number").press("Tab");
  await panel.id("batch-run").click();
  await until("both are refused", async () => (await states(panel)).join() === "failed,failed");
  await cells(panel).first().click();
  assert.match(await panel.id("batch-large").innerText(), /No such sampler/);
  await page.keyboard.press("Escape");
  await panel.id("lightbox").waitFor({ state: "detached" });
  answer = null;
  await panel.id("batch-again").click();
  await panel.root.getByText("ComfyUI did not answer").waitFor();
  assert.deepEqual(await states(panel), ["queued", "queued"]);
  await page.unroute(/\/api\/prompt$/);
  await panel.id("batch-again").click();
  await until("both are there", async () => (await states(panel)).join() === "succeeded,succeeded");
});

flow(
  "Cancel pressed twice starts nothing, and one that ComfyUI did not hear can be pressed again",
  async ({ host, provider, open }) => {
    await host.configure(provider.openai);
    const panel = await open();
    const { page } = panel;
    await loadGraph(page, plannerGraph(`tides ${SLOWLY}`));
    await panel.open();
    await panel.tab("variants");
    await panel.id("variants-positive").fill("waves");
    await panel.id("batch-run").click();
    await until("one runs", async () => (await states(panel))[0] === "running");
    await page.route(/\/api\/(queue|interrupt)$/, (route) =>
      route.request().method() === "POST" ? route.abort() : route.continue(),
    );
    await panel.id("batch-cancel").click();
    await page.getByText("The job could not be cancelled.").first().waitFor();
    assert.deepEqual(await states(panel), ["running", "submitted", "cancelled", "cancelled"]);
    await page.unroute(/\/api\/(queue|interrupt)$/);
    const bodies = queued(page);
    const box = await panel.id("batch-cancel").boundingBox();
    await page.mouse.dblclick(box.x + box.width * 0.75, box.y + box.height / 2);
    await until("all is stopped", async () => /^interrupted(,cancelled){3}$/.test((await states(panel)).join()));
    await panel.id("batch-run").waitFor();
    await until("the queue is empty", async () => !(await host.get("/api/queue")).queue_running.length);
    assert.equal(bodies.length, 0, "no other batch");
    assert.equal(await cells(panel).count(), 4);
  },
);

flow(
  "another tab looks on, queues nothing twice, and takes nothing from the batch of the first",
  async ({ host, provider, open }) => {
    await host.configure(provider.openai);
    const panel = await open();
    const { page } = panel;
    await loadGraph(page, IS_COMFYUI ? GRAPH : SAMPLED);
    await panel.open();
    await panel.tab("variants");
    await panel.id("from-graph").click();
    await panel.id("variants-number").fill("4");
    await panel.id("variants-number").press("Tab");
    // What is before it in the queue holds it until the other tab is there.
    const first = await host.call("POST", "/api/prompt", { prompt: plannerGraph(`dunes ${SLOWLY}`) });
    await panel.id("batch-run").click();
    await until("two wait", async () => (await states(panel)).join() === "submitted,submitted,queued,queued");

    const other = new Panel(Object.assign(await page.context().newPage(), { faults: {} }));
    const others = queued(other.page);
    other.page.setDefaultTimeout(PATIENCE);
    await boot(other.page);
    await other.icon.click();
    await other.tab("variants");
    await until("the other tab shows it", async () => (await states(other)).length === 4);
    assert.equal(await other.id("batch-cancel").count(), 0, "it does not run there");
    await host.call("POST", "/api/interrupt", { prompt_id: first.prompt_id });
    const done = "succeeded,succeeded,succeeded,succeeded";
    await until("all four are there", async () => (await states(panel)).join() === done);
    // Whenever it looks: after its connection was down, for instance.
    const looks = other.page.waitForResponse(/\/api\/queue$/);
    await other.page.evaluate(() => window.app.api.dispatchEvent(new CustomEvent("reconnected")));
    await (await looks).finished();
    await until("the other tab has seen its two", async () => /^succeeded,succeeded/.test((await states(other)).join()));
    await frames(other.page);
    assert.equal(others.length, 0);
    await boot(page);
    await panel.icon.click();
    await until("a reload loses nothing", async () => (await states(panel)).join() === done);
    await other.page.close();
  },
);
