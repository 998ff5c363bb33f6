// The refiner: a picture in by every way there is, changes out word by word and number by number.

import assert from "node:assert/strict";

import { flow } from "../flow.mjs";
import { GRAPH, history, loadGraph, run, values } from "../graph.mjs";
import { boot } from "../page.mjs";
import { REFINED } from "../provider.mjs";
import { until } from "../wait.mjs";

/** A real picture, larger than what is sent: made by the page itself. */
const draw = (page) =>
  page.evaluate(async () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 2000, height: 1000 });
    const paint = canvas.getContext("2d");
    for (let x = 0; x < 2000; x += 10) {
      paint.fillStyle = `hsl(${x / 6} 70% 50%)`;
      paint.fillRect(x, 0, 10, 1000);
    }
    const blob = await new Promise((done) => canvas.toBlob(done));
    return Array.from(new Uint8Array(await blob.arrayBuffer()));
  });

/** Gives the picture to a drop or a paste as a browser does. */
const hand = (panel, how, bytes) =>
  panel.id("refiner-drop").evaluate(
    (place, [how, bytes]) => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(bytes)], "drawn.png", { type: "image/png" }));
      const more = { bubbles: true, cancelable: true };
      place.dispatchEvent(
        how === "drop"
          ? new DragEvent("drop", { ...more, dataTransfer: data })
          : new ClipboardEvent("paste", { ...more, clipboardData: data }),
      );
    },
    [how, bytes],
  );

flow(
  "a picture comes by file, drop, paste and from the outputs, and is made small before it is sent",
  async ({ host, open }) => {
    const panel = await open();
    const { page } = panel;
    await loadGraph(page, GRAPH);
    await run(page);
    await until("the graph has run", async () => (await history(host)).some((entry) => entry.outputs[2]));
    await panel.open();
    await panel.tab("refiner");
    const picture = panel.id("refiner-picture");
    const bytes = await draw(page);
    const remove = async () => {
      await panel.id("refiner-remove").click();
      await picture.waitFor({ state: "detached" });
    };
    const file = { name: "drawn.png", mimeType: "image/png", buffer: Buffer.from(bytes) };
    await panel.id("refiner-file").setInputFiles(file);
    await picture.waitFor();
    assert.match(await panel.id("refiner-drop").innerText(), /2000 × 1000/);
    const small = await picture.evaluate(async (image) => {
      await image.decode();
      return [image.naturalWidth, image.naturalHeight, image.src.slice(0, 15)];
    });
    assert.deepEqual(small, [1024, 512, "data:image/jpeg"]);
    for (const how of ["drop", "paste"]) {
      await remove();
      await hand(panel, how, bytes);
      await picture.waitFor();
    }
    await remove();
    await panel.id("refiner-file").setInputFiles({ ...file, buffer: Buffer.from("no picture") });
    await page.getByText("could not be read as a picture").first().waitFor();
    await panel.id("refiner-recent").click();
    await panel.id("refiner-output").first().click();
    await picture.waitFor();
    assert.match(await panel.id("refiner-drop").innerText(), /64 × 64/);
    await boot(page);
    await panel.icon.click();
    assert.match(await panel.id("refiner-drop").innerText(), /64 × 64/, "a reload keeps it");
    assert.equal(await picture.evaluate((image) => image.decode().then(() => image.naturalWidth)), 64);
    await remove();
    await boot(page);
    await panel.icon.click();
    await panel.id("refiner-recent").waitFor();
  },
);

flow(
  "a refinement streams in, is compared, chosen from, applied as one step and goes another round",
  async ({ host, provider, open }) => {
    await host.configure(provider.openai);
    const panel = await open();
    const { page } = panel;
    await loadGraph(page, GRAPH);
    await panel.open();
    await panel.tab("refiner");
    assert.equal(await panel.id("refiner-run").isDisabled(), true);
    assert.match(await panel.id("refiner-stage").innerText(), /Choose the picture/);
    await hand(panel, "drop", await draw(page));
    await panel.id("from-graph").click();
    assert.equal(await panel.text("refiner-positive"), "old positive");
    await panel.id("issue-hands_bad").click();
    await panel.id("issue-low_detail").click();
    assert.equal(await panel.id("issue-hands_bad").getAttribute("aria-pressed"), "true");
    await panel.id("refiner-goal").fill("natural hands");
    await panel.id("refiner-goal").press("Control+Enter");
    await until("it is done", async () => /^Done/.test(await panel.id("refiner-stage").innerText()));

    assert.equal(await panel.text("refined-positive"), REFINED.refined_positive);
    assert.match(await panel.id("refined-diff").innerText(), /old positive/);
    assert.equal(await panel.id("refined-rationale").innerText(), REFINED.rationale);
    const asked = JSON.stringify(provider.requests.at(-1).body);
    assert.match(asked, /data:image\/jpeg;base64/);
    assert.match(asked, /hands_bad,low_detail/);
    assert.match(asked, /natural hands/);

    const rows = await panel.id("refined-params").locator("tbody tr").allInnerTexts();
    assert.deepEqual(
      rows.map((row) => row.split(/\s+/)),
      [["Steps", "20", "34"], ["CFG", "8", "6.5"]],
    );
    await panel.id("patch-cfg").uncheck();
    await panel.id("refiner-apply").click();
    await until("it is applied", async () => (await values(page, 3)).text === REFINED.refined_positive);
    const { steps, cfg } = await values(page, 6);
    assert.deepEqual({ steps, cfg }, { steps: 34, cfg: 8 });
    await page.keyboard.press("Control+z");
    await until("and taken back", async () => (await values(page, 3)).text === "old positive");
    assert.equal((await values(page, 6)).steps, 20);

    await panel.id("send-variants").click();
    assert.equal(await panel.text("variants-positive"), REFINED.refined_positive);
    await panel.tab("refiner");
    await panel.id("refiner-iterate").click();
    assert.equal(await panel.text("refiner-positive"), REFINED.refined_positive);
    assert.equal(await panel.id("refiner-picture").count(), 0);
    assert.match(await panel.id("refiner-stage").innerText(), /Choose the picture/);
  },
);
