// The pack as a guest: what it costs, where it is shown, in which language, and what happens when it cannot load.

import assert from "node:assert/strict";

import { flow } from "../flow.mjs";
import { OURS } from "../page.mjs";
import { until } from "../wait.mjs";

/** Bytes of the one script that ComfyUI loads at its start. */
const LOADER = 6 * 1024;

flow(
  "booting ComfyUI loads one script of at most 6 KB and asks the server at most once",
  async ({ open }) => {
    const ours = [];
    const panel = await open({
      prepare: (page) => page.on("response", (response) => OURS.test(response.url()) && ours.push(response)),
    });
    await panel.page.waitForLoadState("networkidle");
    const paths = ours.map((response) => new URL(response.url()).pathname);
    const scripts = ours.filter((_, index) => paths[index].endsWith("/openclaw.js"));
    assert.equal(scripts.length, 1, paths.join("\n"));
    const size = (await scripts[0].body()).length;
    assert.ok(size <= LOADER, `it has ${size} bytes`);
    const others = paths.filter((path) => !path.endsWith("/openclaw.js"));
    assert.ok(
      others.length <= 1 && others.every((path) => path === "/api/openclaw/health"),
      others.join("\n"),
    );

    await panel.open();
    assert.ok(
      ours.some((response) => response.url().endsWith(".wasm")),
      "the panel comes when it is opened",
    );
  },
);

flow("switching tabs and moving the sidebar leaves exactly one live panel", async ({ open }) => {
  const panel = await open();
  const { page } = panel;
  await page.evaluate(() => {
    const at = window.app.extensionManager;
    const other = { id: "other", icon: "pi pi-star", title: "Other", tooltip: "Other pack", type: "custom" };
    at.registerSidebarTab({ ...other, render: (el) => el.append("another pack") });
  });
  const alive = async () => {
    await panel.root.waitFor();
    assert.equal(await panel.root.count(), 1);
    await panel.ready();
    await panel.tab("settings");
    await panel.id("setting-provider").waitFor();
    await panel.tab("planner");
    assert.equal(await panel.text("planner-requirements"), "kept");
  };
  await panel.open();
  await panel.id("planner-requirements").fill("kept");
  await page.locator('[aria-label="Other pack"]').click();
  await page.getByText("another pack").waitFor();
  assert.equal(await panel.root.count(), 0, "nothing of the panel stays in another pack's tab");
  await panel.icon.click();
  await alive();
  assert.equal(await page.getByText("another pack").count(), 0, "nothing of another pack stays in the panel");
  for (const side of ["right", "left"]) {
    await page.evaluate(
      (side) => window.app.extensionManager.setting.set("Comfy.Sidebar.Location", side),
      side,
    );
    await until(`the sidebar is on the ${side}`, async () => {
      const { x, width } = await panel.root.boundingBox();
      return x + width / 2 > 720 === (side === "right");
    });
    await alive();
  }
});

flow(
  "the panel speaks ComfyUI's language, also when it cannot be loaded, and its retry works",
  async ({ host, open }) => {
    const spoken = {
      ja: { failed: "パネルを読み込めませんでした。", retry: "再試行", tabs: ["プランナー", "バリエーション", "リファイン", "ジョブモニター", "設定"] },
      zh: { failed: "面板无法加载。", retry: "重试", tabs: ["规划", "变体", "改进", "任务监视", "设置"] },
    };
    try {
      for (const [locale, { failed, retry, tabs }] of Object.entries(spoken)) {
        await host.set({ "Comfy.Locale": locale });
        const panel = await open();
        const { page } = panel;
        page.faults.expect(/wasm/i);
        await page.route("**/*.wasm", (route) => route.abort());
        await panel.icon.click();
        const message = page.getByRole("alert").filter({ hasText: failed });
        await message.waitFor();
        await page.unroute("**/*.wasm");
        await message.getByRole("button", { name: retry }).click();
        await panel.ready();
        assert.equal(await message.count(), 0);
        const names = (buttons) => buttons.map((button) => button.title);
        assert.deepEqual(await panel.root.getByRole("tab").evaluateAll(names), tabs);
      }
    } finally {
      await host.set({ "Comfy.Locale": "en" });
    }
  },
);

flow("a tab that cannot be downloaded says so, and comes when it is tried again", async ({ open }) => {
  const panel = await open();
  const { page } = panel;
  await panel.open();
  page.faults.expect(/wasm/i);
  await page.route("**/*.wasm", (route) => route.abort());
  await panel.id("tab-settings").click();
  const message = panel.root.getByText("This tab could not be loaded");
  await message.waitFor();
  await panel.tab("planner");
  await panel.id("planner-requirements").waitFor();
  await panel.tab("settings");
  await message.waitFor();
  await page.unroute("**/*.wasm");
  await panel.root.getByRole("button", { name: "Try again" }).click();
  await panel.id("setting-provider").waitFor();
  assert.equal(await message.count(), 0);
});
