// The Job Monitor by our server's stream alone: what it tells, in what order, and what people do meanwhile.

import assert from "node:assert/strict";

import { Feed, job } from "../feed.mjs";
import { flow } from "../flow.mjs";
import { GRAPH, loadGraph, run } from "../graph.mjs";
import { frames, until } from "../wait.mjs";

const rows = (panel) => panel.id("jobs-list").getByTestId("job");

/** A panel that shows these jobs, told by `feed`. */
async function monitor(open, jobs, prepare = () => {}) {
  let feed;
  const panel = await open({
    prepare: async (page) => {
      // ComfyUI itself tells nothing.
      await page.route(/\/api\/(history|queue)\b/, (route) => route.abort());
      feed = await Feed.start(page, jobs);
      await prepare(page);
    },
  });
  await panel.open();
  await panel.tab("jobs");
  await panel.id("jobs-feed").getByText("Live").waitFor();
  return { panel, page: panel.page, feed };
}

const PICTURE = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

/** A job of that age: the lower, the newer. */
const aged = (age, ...about) => ({ ...job(...about), create_time: 1_700_000_000_000 - age });

flow("the stream alone tells places, nodes, shares and previews, and the monitor keeps what people do", async ({ open }) => {
  const [one, two] = [aged(2, "one", "submitted", { queue_position: 1 }), aged(3, "two", "submitted", { queue_position: 4 })];
  const { panel, page, feed } = await monitor(open, [one, two]);
  await rows(panel).nth(1).getByText("Number 5 in the queue").waitFor();
  feed.send("positions", { positions: { one: 0, two: 3 } });
  await rows(panel).nth(1).getByText("Number 4 in the queue").waitFor();
  await rows(panel).nth(0).getByText("Number 1 in the queue").waitFor();
  await rows(panel).nth(1).click();
  await panel.id("job-detail").getByText("Number 4 in the queue").waitFor();
  feed.send("positions", { positions: { two: 2 } });
  await panel.id("job-detail").getByText("Number 3 in the queue").waitFor();

  feed.event("running", { ...two, state: "running", status: "in_progress", queue_position: undefined });
  const at = { prompt_id: "two", node_id: "6", node_title: "Sampler", value: 3, max: 10, nodes_done: 1, nodes_total: 4 };
  feed.send("progress", { ...at, percent: 30 });
  const detail = panel.id("job-detail");
  await detail.getByText("30% · Sampler").waitFor();
  feed.send("preview", { prompt_id: "two", media_type: "image/png", base64: PICTURE.toString("base64") });
  await detail.locator("img.oc-picture").waitFor();

  await detail.locator("summary").click();
  await panel.id("job-cancel").focus();
  for (const percent of [40, 50]) feed.send("progress", { ...at, percent });
  await detail.getByText("50% · Sampler").waitFor();
  assert.ok(await panel.id("job-timeline").isVisible(), "the timeline stays open");
  assert.equal(await page.evaluate(() => document.activeElement.dataset.testid), "job-cancel", "the focus stays");

  feed.event("completed", { ...two, state: "succeeded", status: "completed", queue_position: undefined });
  await detail.getByText("Done").first().waitFor();
  assert.equal(await detail.locator("img.oc-picture").count(), 0);
});

flow("a filter finds what lies beyond the first page, and leaves what is shown as it was", async ({ open }) => {
  const jobs = Array.from({ length: 450 }, (_, age) => aged(age, `job-${age}`, age % 400 === 399 ? "failed" : "succeeded"));
  const { panel } = await monitor(open, jobs);
  await panel.id("jobs-status").selectOption("failed");
  await rows(panel).getByText("job-399", { exact: true }).waitFor();
  assert.equal(await rows(panel).count(), 1);
  assert.equal(await panel.id("jobs-more").count(), 0, "there are no older ones of that kind");
  await panel.id("jobs-status").selectOption("");
  await rows(panel).getByText("job-0", { exact: true }).waitFor();
  await panel.id("jobs-more").click();
  await panel.id("jobs-more").click();
  await panel.id("jobs-more").waitFor({ state: "detached" });
  const region = panel.root.getByRole("tabpanel");
  await region.evaluate((region) => (region.scrollTop = region.scrollHeight));
  await rows(panel).getByText("job-449", { exact: true }).waitFor();
});

flow("Tab goes from job to job through a long list, and new jobs leave the focus where it was", async ({ open }) => {
  const { panel, page, feed } = await monitor(open, Array.from({ length: 150 }, (_, age) => aged(age, `job-${age}`, "succeeded")));
  const focused = () => page.evaluate(() => document.activeElement.innerText.split("\n")[0]);
  await panel.id("jobs-source").focus();
  for (let at = 0; at < 60; at++) {
    await page.keyboard.press("Tab");
    await frames(page);
    assert.equal(await focused(), `job-${at}`);
  }
  for (let at = 58; at > 30; at--) {
    await page.keyboard.press("Shift+Tab");
    await frames(page);
    assert.equal(await focused(), `job-${at}`);
  }
  feed.event("queued", aged(-1, "newer", "queued"));
  await until("it is listed", () => page.evaluate(() => document.querySelector("[data-testid=jobs-list]").style.height === `${151 * 56}px`));
  await frames(page);
  assert.equal(await focused(), "job-31");
  await page.keyboard.press("Enter");
  await panel.id("job-detail").getByText("job-31").first().waitFor();
});

flow("a hidden page ends its stream and a cut one comes back, and both catch up without losing the place", async ({ open }) => {
  const jobs = Array.from({ length: 450 }, (_, age) => aged(age, `job-${age}`, "succeeded"));
  const { panel, page, feed } = await monitor(open, jobs);
  await panel.id("jobs-more").click();
  const region = panel.root.getByRole("tabpanel");
  await until("more are there", () => region.evaluate((region) => region.scrollHeight > 390 * 56));
  await region.evaluate((region) => (region.scrollTop = 56 * 300));
  await rows(panel).getByText("job-303", { exact: true }).waitFor();
  const hide = (hidden) =>
    page.evaluate((hidden) => {
      Object.defineProperty(document, "hidden", { configurable: true, value: hidden });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
  await hide(true);
  await until("the stream is closed", () => feed.streams.size === 0);
  await panel.id("jobs-feed").getByText("Paused").waitFor();
  feed.event("queued", aged(-1, "newer", "queued"));
  await hide(false);
  await panel.id("jobs-feed").getByText("Live").waitFor();
  assert.ok(await rows(panel).getByText("job-303", { exact: true }).count(), "the place in the list is kept");
  page.faults.expect(/events\/stream/);
  feed.cut();
  await until("another stream is open", () => feed.streams.size === 1);
  await panel.id("jobs-feed").getByText("Live").waitFor();
  assert.ok(await rows(panel).getByText("job-303", { exact: true }).count(), "the place in the list is kept");
  await region.evaluate((region) => (region.scrollTop = 0));
  await rows(panel).getByText("newer", { exact: true }).waitFor();
  assert.ok(feed.asked.some((path) => /previews=true&since=\d+/.test(path)), "the stream goes on where it ended");
});

flow("buttons pressed twice ask once, and a slow answer shows nothing of another job", async ({ open }) => {
  const { panel, page, feed } = await monitor(open, [aged(1, "one", "running"), aged(2, "two", "failed"), aged(3, "three", "failed")]);
  const slow = [];
  const later = (route, answer) => new Promise((done) => slow.push(() => done(route.fulfill(answer))));
  const asked = [];
  await page.route(/\/jobs\/\w+\/(cancel|retry)/, (route) => {
    asked.push(new URL(route.request().url()).pathname);
    return later(route, { json: { ok: true, job: aged(0, "again", "queued", { retry_of: "two" }) } });
  });
  await rows(panel).filter({ hasText: "two" }).click();
  await panel.id("job-retry").dblclick();
  await until("it is asked for", () => slow.length);
  await frames(page);
  assert.equal(asked.length, 1);
  slow.splice(0).forEach((answer) => answer());
  await panel.id("job-detail").getByText("again").first().waitFor();
  await panel.id("jobs-back").click();

  await page.route(/\/logs\/tail/, (route) => later(route, { json: { ok: true, content: ["a line of two"] } }));
  await rows(panel).filter({ hasText: "two" }).click();
  await panel.id("job-log-show").click();
  await until("the log is asked for", () => slow.length);
  await panel.id("jobs-back").click();
  await rows(panel).filter({ hasText: "three" }).click();
  await panel.id("job-log-show").waitFor();
  // The answer of before an event comes after that of the event.
  const before = feed.answer(new URL("http://host/jobs/one"));
  const overtaken = async (route) => {
    await page.unroute(/\/jobs\/one$/, overtaken);
    return later(route, before);
  };
  await page.route(/\/jobs\/one$/, overtaken);
  await panel.id("jobs-back").click();
  await rows(panel).filter({ hasText: "one" }).click();
  await until("it is asked for", () => slow.length === 2);
  feed.event("cancel_requested", aged(1, "one", "running", { cancel_requested: true }));
  await panel.id("job-detail").locator("summary").click();
  await panel.id("job-timeline").getByText("Cancel asked for").waitFor();
  const late = page.waitForResponse(/jobs\/one$/);
  slow.pop()();
  await (await late).finished();
  await frames(page);
  assert.ok(await panel.id("job-timeline").getByText("Cancel asked for").isVisible(), "nothing is taken back");
  assert.ok(await panel.id("job-cancel").isDisabled());
  await panel.id("jobs-back").click();
  await rows(panel).filter({ hasText: "three" }).click();
  await panel.id("job-log-show").waitFor();

  const answered = page.waitForResponse(/logs\/tail/);
  slow.splice(0).forEach((answer) => answer());
  await (await answered).finished();
  await frames(page);
  assert.equal(await panel.id("job-log").count(), 0, "no log of another job");
});

const output = (kind, filename, more = {}) => ({
  ...{ node_id: "9", kind, filename },
  view: `/view?filename=${encodeURIComponent(filename)}&subfolder=&type=output`,
  ...more,
});

flow("every kind of output opens, whatever it is called and however many there are", async ({ open }) => {
  const evil = `<img src=x onerror="window.hacked=1">&"'.png`;
  const outputs = [
    output("image", evil),
    output("video", "a clip.webm"),
    output("audio", "a sound.wav"),
    { node_id: "9", kind: "text", text: `<script>window.hacked=1</script>\n${"猫".repeat(1365)}` },
    output("model3d", "shape.glb"),
    output("file", "data.json"),
    output("image", "gone.png"),
    ...Array.from({ length: 200 }, (_, at) => output("image", `frame ${at}.png`)),
  ];
  const made = aged(1, "made", "succeeded", { outputs, outputs_count: outputs.length, title: evil });
  const { panel, page } = await monitor(open, [made], (page) =>
    page.route(/\/api\/view\?/, (route) => {
      const name = new URL(route.request().url()).searchParams.get("filename");
      return name === "gone.png" ? route.fulfill({ status: 404 }) : route.fulfill({ body: PICTURE, contentType: "image/png" });
    }),
  );
  await rows(panel).first().getByText(evil, { exact: true }).waitFor();
  await rows(panel).first().click();
  await until("all outputs are there", async () => (await panel.id("job-output").count()) === outputs.length);
  await panel.id("job-output").first().click();
  const box = panel.id("lightbox");
  const next = () => panel.id("lightbox-next").click();
  assert.equal(await box.locator("img").getAttribute("alt"), evil);
  await box.getByText(`1 / ${outputs.length}`).waitFor();
  await next();
  assert.match(await box.locator("video").getAttribute("src"), /a%20clip\.webm/);
  await next();
  assert.match(await box.locator("audio").getAttribute("src"), /a%20sound\.wav/);
  await next();
  const text = await box.locator("pre").innerText();
  assert.deepEqual([text.slice(0, 34), text.at(-1)], ["<script>window.hacked=1</script>\n猫", "…"], "cut, and said so");
  for (const name of ["shape.glb", "data.json"]) {
    await next();
    const link = box.getByRole("link", { name });
    assert.equal(await link.getAttribute("download"), name);
  }
  await next();
  await box.getByText("gone").first().waitFor();
  assert.match(await box.innerText(), /not there any more/, "a file that was deleted is told");
  await next();
  await until("the next picture is there", () => box.locator("img").evaluate((image) => image.naturalWidth === 1));
  assert.doesNotMatch(await box.innerText(), /not there any more/);
  await page.keyboard.press("Escape");
  await box.waitFor({ state: "detached" });
  assert.equal(await page.evaluate(() => document.activeElement.dataset.testid), "job-output", "the focus comes back");
  assert.equal(await page.evaluate(() => window.hacked), undefined);
});

flow("a server that dies and comes back is told, and the monitor goes on by itself", async ({ host, open }) => {
  const panel = await open();
  const { page } = panel;
  page.faults.expect(/openclaw\/(jobs|events|health)/);
  await panel.open();
  await panel.tab("jobs");
  await panel.id("jobs-feed").getByText("Live").waitFor();
  const before = await host.call("POST", "/api/openclaw/templates/blank_image/run", { title: "before" });
  await rows(panel).filter({ hasText: "before" }).first().getByText("Done").waitFor();
  let away = true;
  await page.route(/\/openclaw\//, (route) => (away ? route.abort() : route.continue()));
  process.kill(host.serverPid(), "SIGKILL");
  await panel.id("jobs-feed").getByText("Only what ComfyUI tells this page").waitFor();
  await panel.root.locator(".oc-status.oc-down").waitFor();
  assert.ok(await rows(panel).filter({ hasText: "before" }).count(), "what is known stays");
  // ComfyUI's own events go on.
  await loadGraph(page, GRAPH);
  const known = await rows(panel).filter({ hasText: "ComfyUI" }).count();
  await run(page);
  await until("it is listed", async () => (await rows(panel).filter({ hasText: "ComfyUI" }).count()) > known);
  await rows(panel).first().getByText("Done").waitFor();
  await rows(panel).filter({ hasText: "before" }).first().click();
  await panel.id("job-detail").getByText("before").first().waitFor();
  await panel.id("jobs-back").click();

  await until("the server answers again", () => host.get("/api/openclaw/health"));
  const meanwhile = await host.call("POST", "/api/openclaw/templates/blank_image/run", { title: "meanwhile" });
  assert.notEqual(meanwhile.prompt_id, before.prompt_id);
  away = false;
  await panel.id("jobs-feed").getByText("Live").waitFor();
  await rows(panel).filter({ hasText: "meanwhile" }).first().getByText("Done").waitFor();
  await panel.root.locator(".oc-status.oc-up").waitFor();
});

flow("while ComfyUI's connection is down nothing is forgotten, and it is told when the server has none", async ({ open }) => {
  const { panel, page, feed } = await monitor(open, [aged(1, "one", "running")]);
  feed.send("host", { connected: false, queue_remaining: 0, problem: "ComfyUI cannot be reached." });
  await panel.id("jobs-feed").getByText("ComfyUI cannot be reached.").waitFor();
  assert.ok(await rows(panel).getByText("one", { exact: true }).count());
  feed.send("host", { connected: true, queue_remaining: 3 });
  await panel.id("jobs-feed").getByText("3 in the queue").waitFor();
  // Only ComfyUI tells, and then does not answer either.
  page.faults.expect(/openclaw\/(jobs|events)/);
  await page.route(/\/openclaw\/(jobs|events)/, (route) => route.abort());
  feed.cut();
  await panel.id("jobs-feed").getByText("Only what ComfyUI tells this page").waitFor();
  const tell = (name, detail) =>
    page.evaluate(([name, detail]) => window.app.api.dispatchEvent(new CustomEvent(name, { detail })), [name, detail]);
  await tell("execution_start", { prompt_id: "two" });
  await until("it runs", async () => (await rows(panel).count()) === 2);
  const asked = page.waitForEvent("requestfailed", (request) => /\/api\/queue$/.test(request.url()));
  await tell("status", { exec_info: { queue_remaining: 1 } });
  await asked;
  await frames(page);
  assert.equal(await rows(panel).count(), 2, "no answer says nothing about any job");
  await panel.id("jobs-status").selectOption("completed");
  await tell("execution_success", { prompt_id: "two" });
  await rows(panel).getByText("Done").waitFor();
  assert.equal(await rows(panel).count(), 1);
});

flow("a job opens at its top, and going back leads to its row, by the keyboard too", async ({ open }) => {
  const outputs = Array.from({ length: 200 }, (_, at) => output("file", `frame ${at}.bin`));
  const jobs = Array.from({ length: 150 }, (_, age) => aged(age, `job-${age}`, "succeeded", { outputs, outputs_count: 200 }));
  const { panel, page } = await monitor(open, jobs);
  const region = panel.root.getByRole("tabpanel");
  const top = () => region.evaluate((region) => region.scrollTop);
  const focused = () => page.evaluate(() => document.activeElement.dataset.testid ?? document.activeElement.role);
  await region.evaluate((region) => (region.scrollTop = 56 * 100));
  await rows(panel).filter({ hasText: "job-103" }).focus();
  const before = await top();
  await page.keyboard.press("Enter");
  await until("all outputs are there", async () => (await panel.id("job-output").count()) === 200);
  assert.equal(await top(), 0);
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "jobs-back");
  await page.keyboard.press("Enter");
  await until("the focus is on a row", async () => (await focused()) === "job");
  assert.match(await page.evaluate(() => document.activeElement.innerText), /^job-103\n/);
  assert.equal(await top(), before);
  await panel.tab("planner");
  await panel.tab("jobs");
  await rows(panel).filter({ hasText: "job-103" }).waitFor();
  assert.equal(await top(), before);
  assert.equal(await focused(), "tab-jobs", "a tab keeps the focus");
  await panel.id("template-open").focus();
  await page.keyboard.press("Enter");
  await panel.id("template-back").waitFor();
  await until("it is shown from its top", async () => (await top()) === 0);
  assert.equal(await focused(), "template-back");
});
