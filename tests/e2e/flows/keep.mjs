// Nothing is lost when the panel closes or the page reloads.

import assert from "node:assert/strict";

import { flow } from "../flow.mjs";
import { boot } from "../page.mjs";
import { STEADILY, PLAN } from "../provider.mjs";
import { until } from "../wait.mjs";

flow(
  "drafts, the plan, its edits and the history survive closing the panel and reloading the page",
  async ({ open }) => {
    const panel = await open();
    await panel.open();
    await panel.id("planner-style").fill("oil painting");
    const first = await panel.plan("a red fox in the snow");
    const second = await panel.plan("a lighthouse at night");
    await panel.id("plan-positive").fill(`${second.positive}, edited`);
    await panel.id("planner-requirements").fill("a draft that nobody has planned");

    const kept = async () => {
      assert.equal(await panel.text("planner-requirements"), "a draft that nobody has planned");
      assert.equal(await panel.text("planner-style"), "oil painting");
      assert.equal(await panel.text("plan-positive"), `${second.positive}, edited`);
      assert.equal(await panel.id("history-item").count(), 2);
    };
    await panel.close();
    await panel.open();
    await kept();
    await boot(panel.page);
    await panel.open();
    await kept();

    await panel.id("history-list").locator("xpath=..").locator("summary").click();
    await panel.id("history-item").last().click();
    assert.equal(await panel.text("planner-requirements"), "a red fox in the snow");
    assert.deepEqual(await panel.shown(), first);
  },
);

flow(
  "a plan that runs while the panel is closed is there when it opens again",
  async ({ host, provider, open }) => {
    await host.configure(provider.openai);
    const panel = await open();
    await panel.open();
    await panel.start(`waves ${STEADILY}`);
    await panel.streaming();
    const before = provider.completed;
    await panel.close();
    await until("the provider has answered", () => provider.completed > before);
    await panel.open();
    assert.equal((await panel.planned()).positive, PLAN.positive_prompt);
    assert.equal(await panel.id("history-item").count(), 1);
  },
);
