// What goes wrong, and that nothing is lost by it.

import assert from "node:assert/strict";

import { flow } from "../flow.mjs";
import { happened, loadGraph, plannerGraph, run } from "../graph.mjs";
import { Host, freePort } from "../host.mjs";
import { IN_PROSE, Provider, REFUSED_KEY, SLOWLY } from "../provider.mjs";
import { until } from "../wait.mjs";

flow(
  "a refused key, a dead provider and an unusable answer say what to do, with an id",
  async ({ host, provider, open }) => {
    const strict = await Provider.start({ keys: ["sk-accepted"] });
    const panel = await open();
    await panel.open();
    const fails = async (settings, requirements, sentence) => {
      await host.configure(settings);
      await panel.start(requirements);
      await until(`the card says ${sentence}`, async () => sentence.test((await panel.error()).text));
      assert.match((await panel.error()).id, /\w{6,}/);
      assert.equal(await panel.text("planner-requirements"), requirements, "what was typed stays");
    };
    const refused = { provider: "custom", base_url: `${strict.mock.url}/v1`, allow_private_network: true };
    await fails(refused, "a cat", /refused the API key.*OPENCLAW_CUSTOM_API_KEY/);
    assert.ok(!(await panel.root.innerHTML()).includes(REFUSED_KEY), "the key itself is never shown");
    await strict.stop();
    const dead = { provider: "lmstudio", base_url: `http://127.0.0.1:${await freePort()}/v1` };
    await fails(dead, "a cat", /could not be reached/);
    await fails(provider.openai, `a cat ${IN_PROSE}`, /was not usable/);

    await host.configure();
    await panel.id("error-card").getByRole("button", { name: "Try again" }).click();
    assert.match((await panel.planned()).positive, /cat/);
    assert.equal(await panel.id("error-card").count(), 0);
  },
);

flow(
  "Cancel ends the run at the provider, keeps what has arrived, and the next run works",
  async ({ host, provider, open }) => {
    await host.configure(provider.openai);
    const panel = await open();
    await panel.open();
    await panel.start(`waves ${SLOWLY}`);
    await panel.streaming();
    const before = provider.abandoned;
    await panel.id("planner-cancel").click();
    await until("the provider's connection is closed", () => provider.abandoned > before);
    assert.match(await panel.id("planner-stage").innerText(), /Cancelled/);
    assert.match(await panel.text("plan-positive"), /^a lighthouse/);
    assert.equal(await panel.id("error-card").count(), 0);
    const plan = await panel.plan("a lighthouse");
    assert.match(plan.positive, /dramatic light/);
  },
);

flow(
  "a killed server is noticed, comes back within two seconds, and the next run works",
  async ({ host, provider, open }) => {
    await host.configure(provider.openai);
    const panel = await open();
    panel.page.faults.expect(/openclaw\/assist\/planner\/stream/);
    await panel.open();
    await panel.start(`waves ${SLOWLY}`);
    await panel.streaming();

    const first = host.serverPid();
    process.kill(first, "SIGKILL");
    const killed = Date.now();
    await until("the server answers again", () => host.get("/api/openclaw/health"), 5_000);
    const healed = Date.now() - killed;
    assert.ok(healed < 2_000, `it took ${healed} ms`);
    assert.notEqual(host.serverPid(), first);
    assert.ok(await host.get("/system_stats"), "the host stayed up");

    assert.match((await panel.error()).text, /connection ended before the plan was complete/);
    const plan = await panel.plan("a lighthouse");
    assert.match(plan.positive, /dramatic light/);
  },
);

flow(
  "without the server program ComfyUI boots, and the panel and the node say what is wrong",
  async ({ open }) => {
    const nowhere = "/nowhere/comfyui-openclaw";
    const host = await Host.start({ OPENCLAW_SERVER_BIN: nowhere });
    try {
      const panel = await open({ at: host });
      panel.page.faults.expect(/503/);
      await panel.icon.click();
      const sentence = `OPENCLAW_SERVER_BIN names ${nowhere}, which is not a program that can be run.`;
      await panel.id("first-run-backend").getByText(sentence).waitFor();

      await loadGraph(panel.page, plannerGraph("a cat"));
      await run(panel.page);
      const [{ detail }] = await happened(panel.page, "execution_error");
      assert.equal(detail.exception_message.trim(), sentence);
      assert.equal(detail.node_type, "MoltbotPromptPlanner");
    } finally {
      await host.stop();
    }
  },
);
