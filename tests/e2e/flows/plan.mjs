// From words to an image, with each kind of planner.

import assert from "node:assert/strict";

import { flow } from "../flow.mjs";
import { GRAPH, history, loadGraph, nodes, values } from "../graph.mjs";
import { PLAN } from "../provider.mjs";
import { until } from "../wait.mjs";

flow(
  "a first-time user plans with the built-in planner, applies, undoes, inserts and queues",
  async ({ host, open }) => {
    const panel = await open();
    await loadGraph(panel.page, GRAPH);
    await panel.open();
    assert.equal(await panel.id("first-run").count(), 0, "nothing is left to set up");
    const plan = await panel.plan("a lighthouse on a cliff in a storm, no people");
    assert.match(plan.positive, /lighthouse/);
    assert.match(plan.negative, /people/);
    await useInGraph(host, panel, plan);
  },
);

flow("the same with an OpenAI-compatible server, chosen and tested in Settings", ({ host, open, provider }) =>
  planWith(provider.openai, "/v1/chat/completions", { host, open, provider }),
);

flow(
  "the same with an Anthropic-compatible server, chosen and tested in Settings",
  ({ host, open, provider }) => planWith(provider.anthropic, "/v1/messages", { host, open, provider }),
);

async function planWith(settings, path, { host, open, provider }) {
  const panel = await open();
  await loadGraph(panel.page, GRAPH);
  await panel.open();
  assert.match(await panel.configure(host, settings), /ready/, "the test shows what the model said");
  await panel.start("a lighthouse on a cliff");
  const plan = await panel.planned();
  assert.equal(plan.positive, PLAN.positive_prompt);
  assert.equal(plan.negative, PLAN.negative_prompt);
  assert.deepEqual({ ...plan.params, seed: 0 }, { ...PLAN.params, seed: 0 });
  const asked = provider.requests.at(-1);
  assert.equal(asked.path, path);
  assert.match(JSON.stringify(asked.body), /a lighthouse on a cliff/);
  await useInGraph(host, panel, plan);
}

/** Applies each part, takes it back, inserts the plan as nodes and runs the graph. */
async function useInGraph(host, panel, plan) {
  const { page } = panel;
  const text = (id) => async () => (await values(page, id)).text;
  const becomes = (what, read, expected) => until(what, async () => (await read()) === expected);
  const undo = () => page.keyboard.press("Control+z");

  assert.match(await panel.id("plan-diff").innerText(), /old positive/);
  await panel.id("apply-positive").click();
  await becomes("the node has the prompt", text(3), plan.positive);
  assert.equal(await text(4)(), "old negative");
  await undo();
  await becomes("the node has its old text again", text(3), "old positive");

  await panel.id("apply-negative").click();
  await becomes("the other node has the negative prompt", text(4), plan.negative);
  await undo();
  await becomes("the other node has its old text again", text(4), "old negative");

  const { width, height, ...sampling } = plan.params;
  const numbers = async () => {
    const [latent, sampler] = [await values(page, 5), await values(page, 6)];
    const applied = Object.keys(sampling).map((name) => [name, sampler[name]]);
    return JSON.stringify({ width: latent.width, height: latent.height, ...Object.fromEntries(applied) });
  };
  const before = await numbers();
  await panel.id("apply-params").click();
  await becomes(
    "the sampler and the latent have the parameters",
    numbers,
    JSON.stringify({ width, height, ...sampling }),
  );
  await undo();
  await becomes("one undo takes all parameters back", numbers, before);

  await panel.id("apply-all").click();
  await becomes("everything is applied", text(4), plan.negative);
  assert.equal(await text(3)(), plan.positive);
  await undo();
  await becomes("one undo takes everything back", text(3), "old positive");
  assert.equal(await text(4)(), "old negative");

  const count = Object.keys(GRAPH).length;
  await panel.id("insert-nodes").click();
  const inserted = await until("nodes are inserted", async () => {
    const all = await nodes(page);
    return all.length > count && all;
  });
  assert.ok(
    inserted.some((node) => node.values.text === plan.positive),
    "one has the prompt",
  );
  assert.ok(
    inserted.some((node) => node.values.text === plan.negative),
    "one has the negative prompt",
  );
  await undo();
  await until("the inserted nodes are gone", async () => (await nodes(page)).length === count);

  const runs = (await history(host)).length;
  await panel.id("queue-now").click();
  const run = await until("the graph has run", async () => {
    const all = await history(host);
    return (
      all.length > runs && all.find((entry) => entry.prompt[0] === Math.max(...all.map((e) => e.prompt[0])))
    );
  });
  assert.equal(run.status.status_str, "success");
  const [image] = run.outputs[2].images;
  const answer = await fetch(`${host.url}/view?${new URLSearchParams(image)}`);
  assert.equal(answer.headers.get("content-type"), "image/png");
}
