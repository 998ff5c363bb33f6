// The server's wire formats against aimock, which nobody here wrote: answers, streams, pictures, models, failures, chaos.
// Run it with `cargo xtask test --only providers`.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, beforeEach, describe, test } from "node:test";

import { LLMock } from "@copilotkit/aimock";

const ROOT = new URL("../..", import.meta.url);
const SERVER = process.env.OPENCLAW_SERVER_BIN ?? new URL("target/debug/comfyui-openclaw", ROOT).pathname;
const PICTURE = readFileSync(new URL("tests/fixtures/gradient.png.b64", ROOT), "utf8").trim();

const PLAN = {
  positive_prompt: "a lighthouse, storm, dramatic light",
  negative_prompt: "people",
  params: { width: 896, height: 1152, steps: 31, cfg: 5.5, sampler_name: "dpmpp_2m", scheduler: "karras" },
};
const CAPTION = { caption: "An orange field.", tags: ["orange", "gradient"], prompt_suggestion: "orange" };

/** A row of the catalogue for each format and each way of holding an answer to a shape; the API below aimock's root. */
const PROVIDERS = [
  // A look-alike is not asked to count: some refuse the wish.
  { provider: "custom", path: "/v1", image: /image_url.*data:image/, counts: false },
  { provider: "openai", path: "/v1", tool: true, image: /image_url.*data:image/ },
  { provider: "anthropic", path: "", tool: true, image: /image/ },
  { provider: "antigravity_proxy", path: "", image: /image/ },
  // aimock has no list of models in Gemini's form.
  { provider: "gemini", path: "/v1beta", image: /image/, models: false },
  { provider: "ollama", path: "", image: /image|iVBOR|\/9j\// },
];

class Server {
  static async start() {
    const server = new Server();
    server.state = mkdtempSync(join(tmpdir(), "openclaw-providers-"));
    const env = {
      PATH: process.env.PATH,
      OPENCLAW_LLM_API_KEY: "sk-contract",
      OPENCLAW_LLM_ALLOWED_HOSTS: "127.0.0.1",
      OPENCLAW_LLM_ALLOW_PRIVATE_NETWORK: "1",
    };
    const options = ["serve", "--listen", "127.0.0.1:0", "--exit-on-stdin-eof", "--state-dir", server.state];
    server.child = spawn(SERVER, options, { env, stdio: ["pipe", "pipe", "pipe"] });
    server.log = [];
    createInterface({ input: server.child.stderr }).on("line", (line) => server.log.push(line));
    const lines = createInterface({ input: server.child.stdout });
    const { value } = await lines[Symbol.asyncIterator]().next();
    server.url = JSON.parse(value).url;
    return server;
  }

  async call(method, path, body) {
    const options = { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
    const response = await fetch(`${this.url}/openclaw${path}`, options);
    const text = await response.text();
    return path.endsWith("/stream") && response.ok ? events(text) : JSON.parse(text);
  }

  async stop() {
    const gone = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.stdin.end();
    await gone;
    rmSync(this.state, { recursive: true });
  }
}

function events(text) {
  const parse = (block) => {
    const [name, data] = block.split("\n");
    return { name: name.slice("event: ".length), data: JSON.parse(data.slice("data: ".length)) };
  };
  return text.split("\n\n").filter(Boolean).map(parse);
}

let mock, server;
before(async () => {
  mock = new LLMock({ port: 0, logLevel: "silent" });
  await mock.start();
  server = await Server.start();
});
after(async () => {
  await server.stop();
  await mock.stop();
});

/** aimock keeps one journal; a request for a list of models is no call to a model. */
const calls = () => mock.getRequests().filter(({ method }) => method === "POST");

for (const { provider, path, tool, image, counts = true, models = true } of PROVIDERS) {
  const reply = (answer, name) =>
    tool
      ? { toolCalls: [{ id: "call_1", name, arguments: JSON.stringify(answer) }] }
      : { content: JSON.stringify(answer) };

  describe(provider, () => {
    beforeEach(async () => {
      mock.reset();
      mock.on({}, reply(PLAN, "openclaw_planner_output"), { chunkSize: 7 });
      const settings = { provider, base_url: `${mock.url}${path}`, model: "", max_retries: 0, timeout_sec: 5 };
      const { apply } = await server.call("PUT", "/config", settings);
      assert.ok(apply, "the settings are taken");
      await server.call("DELETE", "/llm/health");
    });

    const plan = () => server.call("POST", "/assist/planner", { requirements: "a lighthouse", seed: 5 });

    test("plans, and counts what it cost", async () => {
      const heard = server.log.length;
      const { positive, negative, params } = await plan();
      assert.deepEqual([positive, negative], [PLAN.positive_prompt, PLAN.negative_prompt]);
      assert.deepEqual({ ...params, extra: undefined }, { ...PLAN.params, seed: 5, extra: undefined });
      assert.equal(calls().length, 1);
      const line = () => server.log.slice(heard).find((line) => line.includes("model call"));
      while (!line()) await new Promise(setImmediate);
      assert.match(line(), /outcome="answered"/);
      if (counts) assert.match(line(), /output_tokens=\d+/);
    });

    test("streams in pieces and ends with the same", async () => {
      const told = await server.call("POST", "/assist/planner/stream", { requirements: "a lighthouse" });
      const deltas = told.filter(({ name, data }) => name === "delta" && data.field === "positive");
      assert.ok(deltas.length > 2, "it comes in pieces");
      assert.equal(deltas.map(({ data }) => data.text).join(""), PLAN.positive_prompt);
      assert.equal(told.at(-1).name, "final");
      assert.equal(told.at(-1).data.result.positive, PLAN.positive_prompt);
    });

    test("is shown a picture", async () => {
      mock.clearFixtures();
      mock.on({}, reply(CAPTION, "openclaw_image_output"));
      const { caption, tags } = await server.call("POST", "/assist/image-to-prompt", { image_b64: PICTURE });
      assert.deepEqual([caption, tags], [CAPTION.caption, "orange, gradient"]);
      assert.match(JSON.stringify(calls()[0].body), image);
    });

    test("tells failures apart and asks once", async () => {
      for (const [status, code] of [
        [401, "provider_auth_failed"],
        [403, "provider_auth_failed"],
        [404, "provider_model_not_found"],
        [400, "provider_invalid_request"],
        [500, "provider_unavailable"],
        [503, "provider_unavailable"],
        [429, "provider_rate_limited"],
      ]) {
        mock.clearRequests();
        mock.nextRequestError(status, { message: "on purpose", type: "test_error" });
        const { error, message } = await plan();
        assert.equal(error, code, `${status}: ${message}`);
        assert.match(message, /on purpose/);
        assert.equal(calls().length, 1, `${status}`);
        await server.call("DELETE", "/llm/health");
      }
    });

    test("survives every kind of chaos", async () => {
      for (const [chaos, codes] of [
        [{ dropRate: 1 }, ["provider_unavailable"]],
        [{ malformedRate: 1 }, ["provider_bad_response"]],
        [{ disconnectRate: 1 }, ["provider_bad_response", "provider_unreachable"]],
        [{ rateLimitRate: 1 }, ["provider_rate_limited"]],
        [{ latencyMs: 8000 }, ["provider_timeout"]],
      ]) {
        mock.setChaos(chaos);
        const { error, message } = await plan();
        assert.ok(codes.includes(error), `${JSON.stringify(chaos)}: ${error}: ${message}`);
        mock.clearChaos();
        await server.call("DELETE", "/llm/health");
        assert.equal((await plan()).positive, PLAN.positive_prompt, "and goes on afterwards");
      }
    });

    test("is waited for when it limits requests for a moment", async () => {
      await server.call("PUT", "/config", { max_retries: 1 });
      mock.setChaos({ rateLimitRate: 1 });
      const planned = plan();
      while (calls().length === 0) await new Promise(setImmediate);
      mock.clearChaos();
      assert.equal((await planned).positive, PLAN.positive_prompt);
      assert.equal(calls().length, 2);
    });

    test("lists its models", { skip: !models }, async () => {
      const { models, error } = await server.call("GET", "/llm/models?refresh=true");
      assert.ok(models?.length > 0, error);
    });
  });
}
