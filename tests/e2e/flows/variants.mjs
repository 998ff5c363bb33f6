// Variants: what they would be, taken out as files and nodes, and one of them in the graph.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

import { flow } from "../flow.mjs";
import { GRAPH, loadGraph, nodes, values } from "../graph.mjs";
import { until } from "../wait.mjs";

flow("variants are computed while typing, exported, applied, undone and inserted as nodes", async ({ host, open }) => {
  const panel = await open();
  const { page } = panel;
  await loadGraph(page, GRAPH);
  await panel.open();
  await panel.tab("variants");
  const asked = [];
  page.on("request", (request) => /\/openclaw\/assist/.test(request.url()) && asked.push(request.url()));
  const count = () => panel.id("variants-count").innerText();
  const rows = () => panel.id("variants-list").locator("li");

  await panel.id("from-graph").click();
  assert.equal(await panel.text("variants-positive"), "old positive");
  assert.equal(await panel.text("variants-negative"), "old negative");
  assert.equal(await count(), "4 variants");

  await panel.id("variants-policy").selectOption("cfg_sweep");
  assert.match(await rows().first().innerText(), /CFG 4\b/);
  assert.match(await rows().last().innerText(), /CFG 10\b/);
  await panel.id("variants-to").fill("8");
  await panel.id("variants-to").press("Tab");
  assert.match(await rows().last().innerText(), /CFG 8\b/);

  await panel.id("variants-positive").fill("a {red|blue} fox in the {snow|rain}, quick");
  await panel.id("variants-policy").selectOption("prompt_slots");
  assert.equal(await count(), "4 variants");
  await panel.id("variants-number").fill("3");
  await panel.id("variants-number").press("Tab");
  assert.equal(await count(), "3 of 4 variants");
  await panel.id("variants-all").click();
  assert.match(await rows().nth(2).innerText(), /a blue fox in the snow, quick/);

  const saved = async (testid) => {
    const [download] = await Promise.all([page.waitForEvent("download"), panel.id(testid).click()]);
    return readFile(await download.path(), "utf8");
  };
  const json = JSON.parse(await saved("variants-json"));
  assert.equal(json.length, 4);
  assert.equal(json[3].positive, "a blue fox in the rain, quick");
  const csv = (await saved("variants-csv")).split("\r\n");
  assert.match(csv[0], /^positive,negative,width/);
  assert.match(csv[4], /^"a blue fox in the rain, quick",old negative,512,512,20,8/);
  const server = await host.call("POST", "/api/openclaw/assist/variants", {
    positive: "a {red|blue} fox in the {snow|rain}, quick",
    negative: "old negative",
    count: 4,
    seed_base: 1,
    variant_policy: "prompt_slots",
    params_json: await panel.text("variants-params"),
  });
  assert.deepEqual(
    json.map(({ params }) => params),
    server.params_json_list.map((text) => JSON.parse(text)),
    "the panel and the server compute the same",
  );

  await panel.id("variants-apply").nth(1).click();
  const text = async () => (await values(page, 3)).text;
  await until("one variant is applied", async () => (await text()) === "a red fox in the rain, quick");
  assert.equal((await values(page, 6)).seed, 2);
  await page.keyboard.press("Control+z");
  await until("and taken back as one step", async () => (await text()) === "old positive");
  assert.equal((await values(page, 6)).seed, 1);

  const before = (await nodes(page)).length;
  await panel.id("variants-insert").click();
  const inserted = await until("the list node is inserted", async () => {
    const all = await nodes(page);
    return all.length > before && all.find((node) => node.type === "MoltbotBatchVariants");
  });
  assert.equal(inserted.values.positive, "a {red|blue} fox in the {snow|rain}, quick");
  assert.equal(inserted.values.count, 4);
  assert.equal(inserted.values.variant_policy, "prompt_slots");
  await page.keyboard.press("Control+z");
  await until("and gone again", async () => (await nodes(page)).length === before);
  assert.deepEqual(asked, [], "the server was not asked");

  await panel.id("send-planner").click();
  assert.equal(await panel.text("planner-requirements"), "a {red|blue} fox in the {snow|rain}, quick");
  await panel.close();
  await panel.open();
  await panel.tab("variants");
  assert.equal(await count(), "4 variants", "nothing is lost");
});
