// The graph of a page, read and written as ComfyUI's own scripts do.

import { until } from "./wait.mjs";

/** Two texts, a latent and a sampler to apply plans to, and an image that needs no model to run. */
export const GRAPH = {
  1: { class_type: "EmptyImage", inputs: { width: 64, height: 64, batch_size: 1, color: 0x336699 } },
  2: { class_type: "SaveImage", inputs: { images: ["1", 0], filename_prefix: "e2e" } },
  3: { class_type: "CLIPTextEncode", inputs: { text: "old positive" } },
  4: { class_type: "CLIPTextEncode", inputs: { text: "old negative" } },
  5: { class_type: "EmptyLatentImage", inputs: { width: 512, height: 512, batch_size: 1 } },
  6: {
    class_type: "KSampler",
    inputs: {
      ...{ seed: 1, steps: 20, cfg: 8, sampler_name: "euler", scheduler: "normal", denoise: 1 },
      ...{ positive: ["3", 0], negative: ["4", 0], latent_image: ["5", 0] },
    },
  },
};

/** The same with a picture that depends on every value: the stand-in host samples without a model. */
export const SAMPLED = {
  ...GRAPH,
  5: { class_type: "EmptyLatentImage", inputs: { width: 128, height: 128, batch_size: 1 } },
  1: { class_type: "VAEDecode", inputs: { samples: ["6", 0] } },
};

/** The planner node and something that shows what it wrote. */
export const plannerGraph = (requirements) => ({
  1: {
    class_type: "MoltbotPromptPlanner",
    inputs: { profile: "SDXL-v1", requirements, style_directives: "", seed: 7 },
  },
  2: { class_type: "PreviewAny", inputs: { source: ["1", 0] } },
});

/** Replaces the graph by one in API format. */
export async function loadGraph(page, prompt) {
  await page.evaluate((prompt) => window.app.loadApiJson(prompt, "e2e.json"), prompt);
  await until("the graph is loaded", async () => (await nodes(page)).length === Object.keys(prompt).length);
}

/** Type and widget values of every node; ids are text in newer hosts and numbers in older ones. */
export function nodes(page) {
  return page.evaluate(() =>
    window.app.graph._nodes.map((node) => ({
      id: String(node.id),
      type: node.type,
      values: Object.fromEntries((node.widgets ?? []).map((widget) => [widget.name, widget.value])),
    })),
  );
}

/** Widget values of one node of `GRAPH`. */
export async function values(page, id) {
  return (await nodes(page)).find((node) => node.id === String(id)).values;
}

/** Every prompt that has run, newest last, with what came out. */
export async function history(host) {
  return Object.values(await host.get("/api/history"));
}

const EVENTS = [
  "progress",
  "progress_text",
  "executed",
  "execution_success",
  "execution_error",
  "execution_interrupted",
];

/** Queues the graph as the Run button does, and records what the host tells the page from then on. */
export async function run(page) {
  await page.evaluate((names) => {
    const isFirst = !window.events;
    window.events = [];
    for (const name of isFirst ? names : []) {
      window.app.api.addEventListener(name, ({ detail }) => window.events.push({ name, detail }));
    }
    return window.app.queuePrompt(0, 1);
  }, EVENTS);
}

/** The events of that name, once there is one. */
export function happened(page, name) {
  return until(`${name} happens`, async () => {
    const found = await events(page, name);
    return found.length && found;
  });
}

export function events(page, name) {
  return page.evaluate((name) => window.events.filter((event) => event.name === name), name);
}
