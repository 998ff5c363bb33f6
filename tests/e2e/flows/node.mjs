// The planner as a node of a graph.

import assert from "node:assert/strict";

import { flow } from "../flow.mjs";
import { events, happened, loadGraph, nodes, plannerGraph, run } from "../graph.mjs";
import { PLAN, SLOWLY } from "../provider.mjs";
import { until } from "../wait.mjs";

flow(
  "the planner node runs in a graph, shows its progress, and Interrupt stops it at the provider",
  async ({ host, provider, open }) => {
    await host.configure(provider.openai);
    const { page } = await open();

    await loadGraph(page, plannerGraph("a lighthouse"));
    await run(page);
    await happened(page, "execution_success");
    const shown = (await events(page, "executed")).find(({ detail }) => detail.node === "2");
    assert.deepEqual(shown.detail.output.text, [PLAN.positive_prompt]);
    const [preview] = (await nodes(page)).filter((node) => node.type === "PreviewAny");
    assert.ok(Object.values(preview.values).includes(PLAN.positive_prompt), "the preview node shows it");

    const before = provider.abandoned;
    await loadGraph(page, plannerGraph(`waves ${SLOWLY}`));
    await run(page);
    const progress = await happened(page, "progress");
    assert.ok(progress.every(({ detail }) => detail.node === "1" && detail.max === 100));
    await happened(page, "progress_text");
    await until("the provider is asked", () =>
      JSON.stringify(provider.requests.at(-1)?.body).includes(SLOWLY),
    );
    await page.evaluate(() => window.app.api.interrupt());
    await happened(page, "execution_interrupted");
    await until("the provider's connection is closed", () => provider.abandoned > before);
    assert.deepEqual(await events(page, "execution_error"), []);
  },
);
