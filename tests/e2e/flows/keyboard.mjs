// Everything without a mouse.

import assert from "node:assert/strict";

import { flow } from "../flow.mjs";
import { GRAPH, loadGraph, values } from "../graph.mjs";
import { SLOWLY } from "../provider.mjs";
import { until } from "../wait.mjs";

flow(
  "the keyboard alone opens the panel, moves between tabs, plans, applies and cancels",
  async ({ host, provider, open }) => {
    const panel = await open();
    const { page } = panel;
    const { keyboard } = page;
    const queued = [];
    page.on(
      "request",
      (request) => request.url().endsWith("/prompt") && request.method() === "POST" && queued.push(request),
    );
    const focused = () => page.evaluate(() => document.activeElement.dataset.testid);
    const focus = async (testid, key = "Tab") => {
      for (let press = 0; press < 80 && (await focused()) !== testid; press++) await keyboard.press(key);
      assert.equal(await focused(), testid, `${key} reaches ${testid}`);
      const ring = await panel.id(testid).evaluate((element) => {
        const { outlineStyle, boxShadow } = getComputedStyle(element);
        return outlineStyle !== "none" || boxShadow !== "none";
      });
      assert.ok(ring, `${testid} shows that it has the focus`);
    };

    await loadGraph(page, GRAPH);
    await keyboard.press("Control+Shift+L");
    await panel.ready();
    await focus("tab-planner");
    for (const [key, tab, shows] of [
      ["ArrowRight", "tab-variants", "variants-positive"],
      ["ArrowRight", "tab-refiner", "refiner-file"],
      ["ArrowRight", "tab-jobs", "jobs-status"],
      ["End", "tab-settings", "setting-provider"],
      ["Home", "tab-planner", "planner-requirements"],
    ]) {
      await keyboard.press(key);
      await panel.id(shows).waitFor();
      assert.equal(await focused(), tab);
    }

    await focus("planner-requirements");
    await keyboard.type("a wren in a quiet wood, no people");
    await keyboard.press("Control+Enter");
    const plan = await panel.planned();
    assert.match(plan.positive, /wren/);
    assert.equal(await focused(), "planner-requirements", "the focus stays where it was");
    await focus("apply-all");
    await keyboard.press("Enter");
    await until("the plan is applied", async () => (await values(page, 3)).text === plan.positive);
    await keyboard.press("Control+z");
    await until("and taken back", async () => (await values(page, 3)).text === "old positive");

    await host.configure(provider.openai);
    await focus("planner-requirements", "Shift+Tab");
    await keyboard.press("Control+a");
    await keyboard.type(`waves ${SLOWLY}`);
    await keyboard.press("Control+Enter");
    await panel.streaming();
    const before = provider.abandoned;
    await keyboard.press("Escape");
    await until("the provider's connection is closed", () => provider.abandoned > before);
    assert.match(await panel.id("planner-stage").innerText(), /Cancelled/);
    assert.equal(queued.length, 0, "Ctrl+Enter never queues the graph");

    await keyboard.press("Control+Shift+L");
    await panel.root.waitFor({ state: "detached" });
  },
);
