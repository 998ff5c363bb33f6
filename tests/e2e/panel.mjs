// The panel as people use it.

import { OPENCLAW_ICON } from "./page.mjs";
import { until } from "./wait.mjs";

export class Panel {
  constructor(page) {
    this.page = page;
    this.icon = page.locator(OPENCLAW_ICON);
    this.root = page.getByTestId("openclaw-root");
  }

  id(testid) {
    return this.root.getByTestId(testid);
  }

  async open() {
    await this.icon.click();
    await this.ready();
  }

  /** Waits until the server's first answers are in. */
  async ready() {
    await this.root.locator(".oc-status.oc-up").waitFor();
    await this.id("planner-profile").locator("option").first().waitFor({ state: "attached" });
  }

  async close() {
    await this.icon.click();
    await this.root.waitFor({ state: "detached" });
  }

  /** Opens a tab and waits until it is there: most are downloaded when they are first shown. */
  async tab(name) {
    await this.id(`tab-${name}`).click();
    const shown = `[role=tabpanel][aria-labelledby$=tab-${name}]`;
    await this.root.locator(`${shown}:not(:has([data-testid=tab-wait]))`).waitFor();
  }

  /** Types a request and starts the run. */
  async start(requirements) {
    await this.id("planner-requirements").fill(requirements);
    await this.id("planner-run").click();
  }

  /** Makes a plan and returns it when it is complete. */
  async plan(requirements) {
    await this.start(requirements);
    return this.planned();
  }

  /** The plan, once a run has ended with one. */
  async planned() {
    await until("the plan is done", async () => /^Done/.test(await this.id("planner-stage").innerText()));
    return this.shown();
  }

  /** The plan on the screen. */
  async shown() {
    await this.id("apply-all").waitFor();
    const params = {};
    for (const name of ["width", "height", "steps", "cfg", "sampler_name", "scheduler", "seed"]) {
      const value = await this.id(`param-${name}`).inputValue();
      params[name] = Number.isNaN(Number(value)) ? value : Number(value);
    }
    return { positive: await this.text("plan-positive"), negative: await this.text("plan-negative"), params };
  }

  text(testid) {
    return this.id(testid).inputValue();
  }

  /** Waits until words of a run arrive, and then more of them. */
  async streaming() {
    const length = async () => (await this.text("plan-positive")).length;
    const first = await until("the first words arrive", length);
    await until("more words arrive", async () => (await length()) > first);
    await this.id("planner-cancel").waitFor();
  }

  /** Changes settings in the Settings tab, tries them out and saves them. */
  async configure(host, { provider, base_url }) {
    await this.tab("settings");
    await this.id("setting-provider").selectOption(provider);
    await this.id("setting-base_url").fill(base_url);
    await this.id("setting-base_url").press("Tab");
    await this.id("settings-test").click();
    const result = this.id("settings-test-result");
    await result.locator(".oc-good, [role=alert]").waitFor();
    const said = await result.innerText();
    await this.id("settings-save").click();
    await until("the settings are stored", async () => {
      const { config } = await host.get("/api/openclaw/config");
      return config.provider === provider && config.base_url === base_url;
    });
    await this.tab("planner");
    return said;
  }

  /** What the error card says. */
  async error() {
    const card = this.id("error-card");
    await card.waitFor();
    const id = card.getByTestId("error-id");
    return { text: await card.innerText(), id: (await id.count()) ? await id.innerText() : null };
  }
}
