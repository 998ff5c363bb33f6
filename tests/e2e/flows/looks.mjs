// What the panel looks like: in every width and palette, for everybody.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { IS_COMFYUI, ROOT, SCREENSHOTS } from "../environment.mjs";
import { flow } from "../flow.mjs";
import { GRAPH, SAMPLED, loadGraph, run } from "../graph.mjs";
import { IN_PROSE } from "../provider.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const PICTURE = join(ROOT, "docs/screenshots/planner.png");

/** The narrowest that ComfyUI allows, its default, and wide. */
const WIDTHS = [178, 320, 650];

flow(
  "in a dark and a light palette axe finds nothing serious, and nothing is clipped at any width",
  async ({ host, provider, open }) => {
    try {
      for (const palette of ["dark", "light"]) {
        await host.set({ "Comfy.ColorPalette": palette });
        await host.configure();
        const panel = await open({ viewport: { width: 1440, height: 1400 } });
        await loadGraph(panel.page, IS_COMFYUI ? GRAPH : SAMPLED);
        await run(panel.page);
        await panel.open();
        await look(panel, `empty-${palette}`);
        await panel.plan("a lighthouse on a cliff in a storm, seen from the sea, no people, 16:9");
        await look(panel, `plan-${palette}`);
        await host.configure(provider.openai);
        await panel.start(`a lighthouse ${IN_PROSE}`);
        await panel.error();
        await look(panel, `error-${palette}`);
        await panel.tab("variants");
        await panel.id("from-graph").click();
        await panel.id("variants-positive").fill("a {red|blue} fox in the {snow|rain}, soft light, quick brush strokes");
        await panel.id("variants-policy").selectOption("prompt_slots");
        await look(panel, `variants-${palette}`);
        await panel.id("batch-run").click();
        await panel.id("batch-cell").locator("img").nth(3).waitFor();
        await panel.id("batch-again").or(panel.id("batch-remove")).first().waitFor();
        await look(panel, `batch-${palette}`, panel.id("batch"));
        await panel.id("batch-cell").first().click();
        await panel.id("batch-beside").click();
        await panel.id("batch-large").nth(1).waitFor();
        await panel.page.screenshot({ path: join(SCREENSHOTS, `batch-large-${palette}.png`) });
        assert.deepEqual(await violations(panel.page), []);
        await panel.page.keyboard.press("Escape");
        await panel.tab("refiner");
        await look(panel, `refiner-empty-${palette}`);
        await panel.id("from-graph").click();
        await panel.id("refiner-file").setInputFiles(PICTURE);
        await panel.id("issue-hands_bad").click();
        await panel.id("refiner-run").click();
        await panel.id("refined-params").waitFor();
        await look(panel, `refiner-${palette}`);
        await panel.tab("jobs");
        await panel.id("template-open").click();
        await panel.id("template-which").selectOption("sdxl_basic");
        await panel.id("template-run").click();
        await panel.root.getByText("This is needed").waitFor();
        await panel.id("template-text").first().fill("a lighthouse on a cliff in a storm");
        await panel.id("template-run").click();
        await panel.id("template-ready").locator("summary").click();
        await look(panel, `template-${palette}`, panel.id("template"));
        await panel.id("template-back").click();
        await panel.id("jobs-list").getByTestId("job").first().waitFor();
        await look(panel, `jobs-${palette}`);
        await panel.id("jobs-list").getByTestId("job").first().click();
        await panel.id("job-detail").locator("summary").click();
        await look(panel, `job-${palette}`);
        await panel.tab("settings");
        const folded = panel.root.locator("details:not([open]) > summary");
        while (await folded.count()) await folded.first().click();
        await look(panel, `settings-${palette}`);
      }
    } finally {
      await host.set({ "Comfy.ColorPalette": "dark" });
    }
  },
);

/** Checks what is shown now and takes its picture at each width, of a part when one is named. */
async function look(panel, name, part = panel.root) {
  assert.deepEqual(await violations(panel.page), [], name);
  for (const width of WIDTHS) {
    await resize(panel, width);
    const picture = join(SCREENSHOTS, `${name}-${width}.png`);
    await part.screenshot({ path: picture, animations: "disabled" });
    assert.deepEqual(await clipped(panel.root), [], `${name} at ${width} px, see ${picture}`);
  }
}

/** Serious and critical findings of axe in the panel. */
async function violations(page) {
  await page.evaluate(AXE);
  const found = await page.evaluate(() => window.axe.run("[data-testid=openclaw-root]"));
  return found.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`));
}

/** Drags the host's splitter, and sets the width where the host has narrower limits. */
async function resize(panel, width) {
  const { page } = panel;
  const box = await page.locator(".side-bar-panel").boundingBox();
  const edge = box.x + box.width + 1;
  await page.mouse.move(edge, 700);
  await page.mouse.down();
  await page.mouse.move(box.x + width, 700, { steps: 3 });
  await page.mouse.up();
  await page.locator(".side-bar-panel").evaluate((element, width) => {
    if (Math.abs(element.offsetWidth - width) > 2) {
      element.style.cssText += `; flex: 0 0 ${width}px !important; min-width: 0 !important`;
    }
  }, width);
}

/** What sticks out of the panel sideways, or is cut off in it without an ellipsis. */
function clipped(root) {
  return root.evaluate((root) => {
    const name = (element) =>
      `${element.tagName}.${element.className?.baseVal ?? element.className} "${element.textContent.slice(0, 30)}"`;
    const edge = root.getBoundingClientRect();
    const found = root.scrollWidth > root.clientWidth ? ["the panel scrolls sideways"] : [];
    for (const element of root.querySelectorAll("*")) {
      const box = element.getBoundingClientRect();
      const style = getComputedStyle(element);
      const isHidden =
        !box.width || style.visibility === "hidden" || style.clipPath !== "none" || style.clip !== "auto";
      // What scrolls by itself may be wider.
      const isInside = element.parentElement.closest(".oc-across");
      if (isHidden || isInside || element.closest("svg")) continue;
      if (box.left < edge.left - 1 || box.right > edge.right + 1) found.push(`sticks out: ${name(element)}`);
      const isField = /^(INPUT|TEXTAREA|SELECT|OPTION|PRE)$/.test(element.tagName) || element.matches(".oc-across");
      const isCut = element.scrollWidth > element.clientWidth + 1 && style.overflowX !== "visible";
      if (isCut && !isField && style.textOverflow !== "ellipsis") found.push(`is cut off: ${name(element)}`);
    }
    return found;
  });
}
