// A server that tells of jobs what a test says and when: a stream that is really open, and the answers beside it.

import { once } from "node:events";
import { createServer } from "node:http";

const HOST = { connected: true, queue_remaining: 0 };
const STATUS = { running: "in_progress", succeeded: "completed", failed: "failed", cancelled: "cancelled" };

/** A job as the server gives it; the rest of it by `more`. */
export function job(id, state, more = {}) {
  return {
    ...{ id, state, status: STATUS[state] ?? "pending", source: "webhook", tenant_id: "default" },
    ...{ title: id, trace_id: `trace-${id}`, outputs: [], outputs_count: 0, create_time: Date.now(), ...more },
  };
}

export class Feed {
  /** Takes over what a page asks about jobs; `jobs` are the newest first. */
  static async start(page, jobs) {
    const feed = new Feed();
    Object.assign(feed, { jobs, asked: [], streams: new Set(), told: new Map(), seq: 100 });
    feed.server = createServer((request, response) => {
      feed.asked.push(request.url);
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      feed.streams.add(response);
      response.once("close", () => feed.streams.delete(response));
      feed.send("ready", { latest_seq: feed.seq, cursor_status: "ok", host: HOST }, response);
    }).listen(0, "127.0.0.1");
    await once(feed.server, "listening");
    const own = `http://127.0.0.1:${feed.server.address().port}`;
    await page.route(/\/openclaw\/events\/stream/, (route) =>
      route.continue({ url: own + new URL(route.request().url()).search }),
    );
    await page.route(/\/openclaw\/jobs(\?|\/)/, (route) => {
      feed.asked.push(`${route.request().method()} ${route.request().url()}`);
      return route.fulfill(feed.answer(new URL(route.request().url())));
    });
    page.once("close", () => feed.stop());
    return feed;
  }

  /** The answer to a question about jobs: a page of the list, or one job. */
  answer(url) {
    const id = /\/jobs\/([^/]+)/.exec(url.pathname)?.[1];
    if (id) {
      const job = this.jobs.find((job) => job.id === id);
      const events = this.told.get(id) ?? [];
      const trace = { prompt_id: id, trace_id: job.trace_id, traceparent: "", created_at: 0, events };
      return { json: { ok: true, job, trace, deliveries: [] } };
    }
    const [status, source] = ["status", "source"].map((name) => url.searchParams.get(name));
    const wanted = this.jobs.filter(
      (job) => (!status || job.status === status) && (!source || job.source === source),
    );
    const [limit, offset] = [200, Number(url.searchParams.get("cursor") ?? 0)];
    const next = offset + limit < wanted.length ? { next_cursor: String(offset + limit) } : {};
    const jobs = wanted.slice(offset, offset + limit).map((job) => ({ ...job, outputs: job.outputs.slice(0, 8) }));
    const pagination = { limit, offset: 0, total: wanted.length, total_is_more: false, has_more: !!next.next_cursor };
    return { json: { ok: true, contract_version: 1, jobs, pagination: { ...pagination, ...next }, host: HOST } };
  }

  /** Tells every open stream, or one. */
  send(name, data, ...streams) {
    for (const stream of streams.length ? streams : this.streams) {
      stream.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
    }
  }

  /** Tells that something happened to a job. */
  event(name, job) {
    this.jobs = [job, ...this.jobs.filter((known) => known.id !== job.id)];
    this.jobs.sort((a, b) => b.create_time - a.create_time);
    const told = { ts: Date.now() / 1000, event: name, meta: {} };
    this.told.set(job.id, [...(this.told.get(job.id) ?? []), told]);
    const seq = ++this.seq;
    const about = { prompt_id: job.id, trace_id: job.trace_id, timestamp: Date.now() / 1000, data: {} };
    this.send(name, { seq, event_type: name, ...about, job });
  }

  /** Ends every stream in the middle of a message. */
  cut() {
    for (const stream of this.streams) {
      stream.write("event: progress\ndata: {");
      stream.destroy();
    }
  }

  stop() {
    this.server.close();
    this.server.closeAllConnections();
  }
}
