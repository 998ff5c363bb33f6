// Language models that nobody here wrote: aimock speaks the protocols of OpenAI and of Anthropic.

import { subscribe } from "node:diagnostics_channel";

import { LLMock } from "@copilotkit/aimock";

/** What the models plan; every number is within what SDXL can run. */
export const PLAN = {
  positive_prompt: "a lighthouse on a cliff in a storm, waves, dramatic light",
  negative_prompt: "people, text, watermark",
  params: { width: 896, height: 1152, steps: 31, cfg: 5.5, sampler_name: "dpmpp_2m", scheduler: "karras" },
};

/** what the models answer about a picture. */
export const REFINED = {
  refined_positive: "old positive, detailed natural hands",
  refined_negative: "old negative, extra fingers",
  param_patch: { steps: 34, cfg: 6.5 },
  rationale: "The hands have six fingers.",
};

/** Words in the requirements that choose an answer. */
export const SLOWLY = "slowly";
export const STEADILY = "steadily";
export const IN_PROSE = "in prose";
export const REFUSED_KEY = "sk-refused";

const slow = { ...PLAN, positive_prompt: `a lighthouse, ${"and another wave, ".repeat(200)}the end` };

/** How many answers were sent whole, and how many clients left before theirs was. */
const answers = { completed: 0, abandoned: 0 };
subscribe("http.server.request.start", ({ response }) => {
  response.once("close", () => answers[response.writableFinished ? "completed" : "abandoned"]++);
});

export class Provider {
  /** With `keys` it refuses every other key. */
  static async start({ keys } = {}) {
    const provider = new Provider();
    const auth = keys && { apiKeys: keys };
    provider.mock = new LLMock({ port: 0, logLevel: "silent", auth });
    const plan = (words, answer, options) => provider.mock.onMessage(words, { content: answer }, options);
    plan("Answer with the one word", "ready");
    plan(SLOWLY, JSON.stringify(slow), { latency: 100, chunkSize: 10 });
    plan(STEADILY, JSON.stringify(PLAN), { latency: 60, chunkSize: 6 });
    plan(IN_PROSE, "I would rather talk about the weather.");
    plan("original_positive", JSON.stringify(REFINED), { latency: 5, chunkSize: 12 });
    plan("requirements", `Here it is:\n\`\`\`json\n${JSON.stringify(PLAN, null, 1)}\n\`\`\``, {
      latency: 5,
      chunkSize: 8,
    });
    await provider.mock.start();
    return provider;
  }

  /** Settings of the pack that lead here. */
  get openai() {
    return { provider: "lmstudio", base_url: `${this.mock.url}/v1` };
  }

  get anthropic() {
    return { provider: "antigravity_proxy", base_url: this.mock.url };
  }

  get requests() {
    return this.mock.getRequests();
  }

  get completed() {
    return answers.completed;
  }

  get abandoned() {
    return answers.abandoned;
  }

  stop() {
    return this.mock.stop();
  }
}
