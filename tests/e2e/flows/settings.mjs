// Settings: who writes, with which model and key, and what the providers are up to.

import assert from "node:assert/strict";

import { flow } from "../flow.mjs";
import { Host, freePort } from "../host.mjs";
import { REFUSED_KEY } from "../provider.mjs";
import { until } from "../wait.mjs";

const unfold = async (panel) => {
  const folded = panel.root.locator("details:not([open]) > summary");
  while (await folded.count()) await folded.first().click();
};

flow(
  "a model is searched in the provider's list or typed, and both are saved",
  async ({ host, provider, open }) => {
    await host.configure(provider.openai);
    const panel = await open();
    await panel.open();
    await panel.tab("settings");
    const field = panel.id("setting-model");
    const options = panel.root.locator("[role=listbox] [role=option]");
    await field.click();
    const listed = (await host.get("/api/openclaw/llm/models?provider=lmstudio")).models;
    assert.ok(listed.length > 1, "the provider has models");
    await until("the list is the provider's", async () => (await options.count()) === Math.min(50, listed.length));
    assert.equal(await field.getAttribute("aria-expanded"), "true");

    await field.press("ArrowDown");
    await field.press("Enter");
    assert.equal(await field.inputValue(), listed[0]);
    assert.equal(await options.count(), 0);
    await field.fill(listed.at(-1).slice(1));
    await options.filter({ hasText: listed.at(-1) }).first().click();
    assert.equal(await field.inputValue(), listed.at(-1));

    await field.fill("my-own-model");
    await panel.root.getByText("Nothing matches").waitFor();
    await field.press("Tab");
    await panel.id("settings-save").click();
    await until("it is stored", async () => (await host.get("/api/openclaw/config")).config.model === "my-own-model");
    await field.click();
    await field.press("Escape");
    assert.equal(await field.inputValue(), "my-own-model");
  },
);

flow("keys go in and never come out, and those of the environment say so", async ({ host, open }) => {
  const panel = await open();
  const { page } = panel;
  await panel.open();
  await panel.tab("settings");
  await unfold(panel);
  const key = "sk-canary-0123456789";
  await panel.id("key-provider").selectOption("openai");
  await panel.id("key-value").fill(key);
  await panel.id("key-store").click();
  const row = (text) => panel.id("keys").locator("li").filter({ hasText: text }).first();
  await row("OpenAI").getByText("Stored on this server").waitFor();
  assert.equal(await panel.text("key-value"), "");
  const html = await page.content();
  assert.ok(!html.includes(key) && !html.includes(REFUSED_KEY), "no key is in the page");
  const { secrets } = await host.get("/api/openclaw/secrets/status");
  assert.equal(secrets.openai.source, "server_store");
  await panel.id("keys").getByText("Set by OPENCLAW_CUSTOM_API_KEY").waitFor();

  await row("OpenAI").getByTestId("key-forget").click();
  await page.getByRole("button", { name: "Confirm" }).click();
  await until("it is gone", async () => !(await host.get("/api/openclaw/secrets/status")).secrets.openai);
  await row("OpenAI").getByText("No key").waitFor();
});

flow("a failed test names what failed, and a resting provider is asked again", async ({ host, open }) => {
  const dead = { provider: "lmstudio", base_url: `http://127.0.0.1:${await freePort()}/v1`, model: "m" };
  await host.configure(dead);
  const panel = await open();
  panel.page.faults.expect(/openclaw\/llm\/test/);
  await panel.open();
  await panel.start("a cat");
  await panel.error();
  await panel.tab("settings");
  await panel.id("settings-test").click();
  const card = panel.id("settings-test-result");
  await card.getByText("The test failed: no connection").waitFor();
  const health = panel.id("provider-health");
  await health.getByText(/no connection/).first().waitFor();
  await panel.id("health-reset").click();
  await health.getByText("No failure lately").first().waitFor();
});

flow("a setting that the environment holds is locked and names its variable", async ({ open }) => {
  const host = await Host.start({ OPENCLAW_LLM_TIMEOUT: "77" });
  try {
    const panel = await open({ at: host });
    await panel.open();
    await panel.tab("settings");
    await unfold(panel);
    const field = panel.id("setting-timeout_sec");
    assert.equal(await field.inputValue(), "77");
    assert.ok(await field.isDisabled());
    await panel.root.getByText("Set by OPENCLAW_LLM_TIMEOUT").waitFor();
  } finally {
    await host.stop();
  }
});
